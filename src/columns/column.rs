use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;

use super::loose::Pieces;
use super::{Component, Part};
use crate::bits::{Ones, WORD};
#[cfg(feature = "serde")]
use crate::index::SLOTS;
use crate::index::{ARENA_BITS, arena_of, slot_of};
use crate::journal::Journal;

#[cfg(feature = "rollback")]
mod journal;

#[cfg(feature = "rollback")]
pub(super) use journal::AnyChanges;
#[cfg(feature = "rollback")]
use journal::ComponentLog;

/// Components of one type, by object index.
///
/// Those of objects that have all components of the column's group, if it is in one, are apart: so the groups of
/// all its columns have lists of the same slots.
pub struct Column<C> {
    /// One for each arena; none where no object has such a component.
    pub(crate) parts: Parts<C>,
    pub(crate) grouped: Parts<C>,
    is_grouped: bool,
    /// Indices at which a component came to a block of 64, or, if the column is in a group, came or went at all:
    /// for [`Columns`](super::Columns) to look at.
    news: Vec<u32>,
    /// Components of dead objects whose `Drop` has not run yet, in order of death.
    buried: VecDeque<C>,
    pub(super) journal: Journal<ComponentLog<C>>,
}

/// There is none without the feature `rollback`.
#[cfg(not(feature = "rollback"))]
pub(super) type ComponentLog<C> = core::marker::PhantomData<C>;

/// One for each arena.
type Parts<C> = Vec<Option<Box<Part<C>>>>;

/// What a burial leaves behind.
#[derive(Clone, Copy, Default)]
pub(super) struct Burial {
    /// Whether a component waits for its `Drop`.
    pub(super) waits: bool,
    /// Whether other objects of the same block of 64 have a component of the type.
    pub(super) leaves: bool,
}

impl<C> Default for Column<C> {
    fn default() -> Self {
        Self {
            parts: Vec::new(),
            grouped: Vec::new(),
            is_grouped: false,
            news: Vec::new(),
            buried: VecDeque::new(),
            journal: Journal::default(),
        }
    }
}

fn part_mut<C>(parts: &mut Parts<C>, arena: usize) -> &mut Option<Box<Part<C>>> {
    if parts.len() <= arena {
        parts.resize_with(arena + 1, || None);
    }
    &mut parts[arena]
}

fn find<C>(parts: &Parts<C>, index: u32) -> Option<&C> {
    let part = parts.get(arena_of(index))?.as_ref()?;
    part.get(slot_of(index))
}

fn find_mut<C>(parts: &mut Parts<C>, index: u32) -> Option<&mut C> {
    let part = parts.get_mut(arena_of(index))?.as_mut()?;
    part.get_mut(slot_of(index))
}

fn remove<C>(parts: &mut Parts<C>, index: u32) -> Option<C> {
    let place = parts.get_mut(arena_of(index))?;
    let part = place.as_mut()?;
    let value = part.remove(slot_of(index))?;
    if part.len() == 0 {
        *place = None;
    }
    Some(value)
}

impl<C> Column<C> {
    pub(crate) fn get(&self, index: u32) -> Option<&C> {
        find(&self.parts, index).or_else(|| find(&self.grouped, index))
    }

    pub(crate) fn get_mut(&mut self, index: u32) -> Option<&mut C> {
        self.keep(index);
        find_mut(&mut self.parts, index).or_else(|| find_mut(&mut self.grouped, index))
    }

    /// Notes what a component was, which is about to change, if a snapshot has to know.
    #[expect(clippy::inline_always, reason = "it is asked before each change")]
    #[inline(always)]
    fn keep(&mut self, index: u32) {
        #[cfg(feature = "rollback")]
        if self.journal.is_on() {
            self.keep_slowly(index);
        }
        #[cfg(not(feature = "rollback"))]
        let _ = (&self.journal, index);
    }

    pub(crate) fn insert(&mut self, index: u32, value: C) -> Option<C> {
        self.keep(index);
        if self.is_grouped {
            if let Some(old) = find_mut(&mut self.grouped, index) {
                return Some(mem::replace(old, value));
            }
        }
        let part = part_mut(&mut self.parts, arena_of(index)).get_or_insert_default();
        let old = part.insert(slot_of(index), value);
        if old.is_none() && (self.is_grouped || self.word(index).is_power_of_two()) {
            self.note(index);
        }
        old
    }

    /// Takes the components of an arena, for more to be added to them.
    pub(super) fn take_part(&mut self, arena: usize, more: usize) -> Part<C> {
        #[cfg(feature = "rollback")]
        self.keep_taken(arena);
        let part = part_mut(&mut self.parts, arena).take();
        let mut part = part.map_or_else(Part::default, |part| *part);
        part.reserve(more);
        part
    }

    /// Puts them back.
    pub(super) fn give_part(&mut self, arena: usize, part: Part<C>) {
        if part.len() > 0 {
            self.parts[arena] = Some(Box::new(part));
            #[cfg(feature = "rollback")]
            self.keep_given(arena);
        }
    }

    pub(crate) fn remove(&mut self, index: u32) -> Option<C> {
        let value = self.take(index)?;
        if self.is_grouped {
            self.note(index);
        }
        Some(value)
    }

    pub(super) fn take(&mut self, index: u32) -> Option<C> {
        self.keep(index);
        remove(&mut self.parts, index).or_else(|| remove(&mut self.grouped, index))
    }

    /// The components of the 64 objects around an index, a bit each.
    pub(super) fn word(&self, index: u32) -> u64 {
        let [rest, grouped] = self.words(index);
        rest | grouped
    }

    /// The same for those that are not apart, and for those that are.
    #[inline]
    pub(super) fn words(&self, index: u32) -> [u64; 2] {
        [&self.parts, &self.grouped].map(|parts| match parts.get(arena_of(index)) {
            Some(Some(part)) => part.word(slot_of(index) / WORD),
            _ => 0,
        })
    }

    #[cfg(feature = "check")]
    pub(super) fn is_sound(&self) -> bool {
        let mut parts = self.parts.iter().chain(&self.grouped).flatten();
        parts.all(|part| part.is_sound())
    }

    fn note(&mut self, index: u32) {
        // Views may note the same again and again before anything looks at it.
        if self.news.len() >= 64 && self.news.len() == self.news.capacity() {
            self.news.sort_unstable();
            self.news.dedup();
        }
        self.news.push(index);
    }

    pub(super) fn next_news(&mut self) -> Option<u32> {
        self.news.pop()
    }

    /// From now on, [`regroup`](Self::regroup) says which components are apart.
    pub(super) fn begin_group(&mut self) {
        self.is_grouped = true;
    }

    /// From now on, no component is apart.
    #[cfg(feature = "rollback")]
    pub(super) fn end_group(&mut self) {
        for index in self.indices() {
            self.regroup(index, false);
        }
        self.is_grouped = false;
    }

    /// Moves a component to those that are apart, or back.
    pub(super) fn regroup(&mut self, index: u32, is_apart: bool) {
        let (from, to) = if is_apart {
            (&mut self.parts, &mut self.grouped)
        } else {
            (&mut self.grouped, &mut self.parts)
        };
        if let Some(value) = remove(from, index) {
            let new = || {
                Box::new(if is_apart {
                    Part::listed()
                } else {
                    Part::default()
                })
            };
            let part = part_mut(to, arena_of(index)).get_or_insert_with(new);
            part.insert(slot_of(index), value);
        }
    }

    /// The indices of all objects that have such a component, in order.
    pub(super) fn indices(&self) -> Vec<u32> {
        let mut indices = Vec::new();
        let arenas = self.parts.len().max(self.grouped.len());
        let words = arenas << ARENA_BITS >> WORD.ilog2();
        for first in (0..).step_by(WORD).take(words) {
            indices.extend(Ones(self.word(first)).map(|bit| first + bit));
        }
        indices
    }

    /// Hands out all components, in the order of the indices, until there is an error.
    #[cfg(feature = "serde")]
    pub(super) fn try_each<X>(&self, mut each: impl FnMut(&C) -> Result<(), X>) -> Result<(), X> {
        let arenas = self.parts.len().max(self.grouped.len());
        for arena in 0..arenas {
            let parts = [&self.parts, &self.grouped];
            match parts.map(|parts| parts.get(arena).and_then(Option::as_deref)) {
                [Some(part), None] | [None, Some(part)] => part.try_each(&mut each)?,
                // An object has its component in one of them.
                [Some(rest), Some(grouped)] => {
                    for slot in 0..SLOTS {
                        let component = rest.get(slot).or_else(|| grouped.get(slot));
                        component.map_or(Ok(()), &mut each)?;
                    }
                }
                [None, None] => {}
            }
        }
        Ok(())
    }

    /// Moves a dying object's component aside.
    pub(super) fn bury(&mut self, index: u32) -> Burial {
        let value = self.take(index).filter(|_| mem::needs_drop::<C>());
        let waits = value.is_some();
        self.buried.extend(value);
        Burial {
            waits,
            leaves: self.word(index) != 0,
        }
    }

    /// Takes the components of some objects off, all of whose components go.
    pub(super) fn take_off(&mut self, indices: &[u32]) -> Pieces<C> {
        let mut pieces = Pieces {
            positions: Vec::new(),
            values: Vec::new(),
        };
        for (position, &index) in (0..).zip(indices) {
            if self.word(index) >> (index as usize % WORD) & 1 == 1 {
                pieces.positions.push(position);
                pieces.values.extend(self.take(index));
            }
        }
        pieces
    }

    /// Moves all components aside; true if any wait for their `Drop`.
    pub(super) fn bury_all(&mut self) -> bool {
        #[cfg(feature = "rollback")]
        self.keep_all();
        let mut parts = mem::take(&mut self.parts);
        let mut grouped = mem::take(&mut self.grouped);
        self.news = Vec::new();
        if mem::needs_drop::<C>() {
            let arenas = parts.len().max(grouped.len());
            parts.resize_with(arenas, || None);
            grouped.resize_with(arenas, || None);
            for (part, grouped) in parts.into_iter().zip(grouped) {
                let parts = part.into_iter().chain(grouped);
                let mut entries: Vec<_> = parts.flat_map(|part| part.into_entries()).collect();
                entries.sort_by_key(|&(slot, _)| slot);
                self.buried
                    .extend(entries.into_iter().map(|(_, value)| value));
            }
        }
        !self.buried.is_empty()
    }

    /// Drops what was buried, in order; what is behind one whose `Drop` panics stays buried.
    pub(super) fn drop_buried(&mut self) {
        while let Some(value) = self.buried.pop_front() {
            drop(value);
        }
    }

    pub(super) fn shrink(&mut self) {
        for parts in [&mut self.parts, &mut self.grouped] {
            let used = parts.iter().rposition(Option::is_some);
            parts.truncate(used.map_or(0, |last| last + 1));
            parts.shrink_to_fit();
            for part in parts.iter_mut().flatten() {
                part.shrink();
            }
        }
        self.news.shrink_to_fit();
        self.buried.shrink_to_fit();
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let buried = self.buried.capacity().saturating_mul(size_of::<C>());
        let news = self.news.capacity() * size_of::<u32>();
        let parts = |parts: &Parts<C>| {
            let table = parts.capacity() * size_of::<Option<Box<Part<C>>>>();
            let parts = parts.iter().flatten();
            let parts = parts.map(|part| size_of::<Part<C>>() + part.memory_bytes());
            table + parts.sum::<usize>()
        };
        buried + news + parts(&self.parts) + parts(&self.grouped)
    }
}

impl<C: Component> Column<C> {
    /// Copies of the components of some objects, whose indices are in order.
    pub(super) fn copy_of(&self, indices: &[u32]) -> Pieces<C> {
        let mut pieces = Pieces {
            positions: Vec::new(),
            values: Vec::new(),
        };
        let (mut unread, mut first) = (indices, 0);
        while let Some(&index) = unread.first() {
            let arena = arena_of(index);
            let len = unread.partition_point(|&index| arena_of(index) == arena);
            let (run, others) = unread.split_at(len);
            unread = others;
            let parts = [&self.parts, &self.grouped];
            let parts = parts.map(|parts| parts.get(arena).and_then(Option::as_deref));
            let most = parts.iter().flatten().map(|part| part.len()).sum();
            pieces.positions.reserve(len.min(most));
            pieces.values.reserve(len.min(most));
            let slots = (first..).zip(run.iter().map(|&index| slot_of(index)));
            let mut add = |position, component: &C| {
                pieces.positions.push(position);
                pieces.values.push(component.clone_component());
            };
            match parts {
                [Some(part), None] | [None, Some(part)] => part.read(slots, add),
                // An object has its component in one of them.
                [Some(rest), Some(grouped)] => {
                    for (position, slot) in slots {
                        let component = rest.get(slot).or_else(|| grouped.get(slot));
                        if let Some(component) = component {
                            add(position, component);
                        }
                    }
                }
                [None, None] => {}
            }
            // There are fewer than 2^32 objects.
            first += u32::try_from(len).unwrap_or(u32::MAX);
        }
        pieces
    }

    /// A copy of the components of the living.
    pub(super) fn copy(&self) -> Self {
        let part = |part: &Part<C>| Box::new(part.copy(C::clone_component));
        let parts = |parts: &Parts<C>| -> Parts<C> {
            parts
                .iter()
                .map(|other| other.as_deref().map(part))
                .collect()
        };
        Self {
            parts: parts(&self.parts),
            grouped: parts(&self.grouped),
            is_grouped: self.is_grouped,
            news: self.news.clone(),
            buried: VecDeque::new(),
            journal: Journal::default(),
        }
    }
}

#[cfg(test)]
impl<C> Column<C> {
    pub(super) fn is_apart(&self, index: u32) -> bool {
        find(&self.grouped, index).is_some()
    }

    pub(super) fn assert_consistent(&self) {
        for part in self.parts.iter().chain(&self.grouped).flatten() {
            part.assert_consistent();
        }
        for index in self.indices() {
            let is_apart = find(&self.grouped, index).is_some();
            assert_ne!(
                is_apart,
                find(&self.parts, index).is_some(),
                "it is in one place"
            );
        }
    }
}
