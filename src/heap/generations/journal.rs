//! The arenas as they were when the last snapshot was taken.

use alloc::vec::Vec;

use super::Heap;
use crate::config::Generation;
use crate::heap::arena::{Arena, ArenaChanges, Opened, Usage};
use crate::index::base_of;

/// What a snapshot copies of an arena.
#[derive(Clone, Copy, Debug)]
struct Label {
    generation: Generation,
    in_use: bool,
    listed: bool,
    usage: Usage,
}

/// What a snapshot copies of the arenas.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    labels: Vec<Label>,
    current: Option<u32>,
    young: Vec<u32>,
    sparse: Vec<u32>,
    vacant: Vec<u32>,
    looked_at: usize,
    len: usize,
    has_permanent: bool,
}

/// What the arenas have in one state, and not in another; by their numbers.
pub(crate) struct HeapChanges<T> {
    arenas: Vec<(u32, ArenaChanges<T>)>,
}

impl<T> HeapChanges<T> {
    /// Bytes allocated, without what values own.
    pub(crate) fn memory(&self) -> usize {
        self.arenas
            .iter()
            .map(|(_, changes)| changes.memory())
            .sum()
    }

    /// The objects whose values differ.
    pub(crate) fn indices(&self) -> impl Iterator<Item = u32> {
        let arenas = self.arenas.iter();
        arenas.flat_map(|(number, changes)| {
            let base = base_of(*number as usize);
            changes.slots().map(move |slot| base | u32::from(slot))
        })
    }
}

/// The arenas that are to be made anew, by number.
pub(crate) struct OpenedArenas<T>(Vec<Option<Opened<T>>>);

impl<T> Default for OpenedArenas<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Heap<T> {
    /// Notes what becomes of the last arena too, which is new.
    pub(super) fn record_last(&mut self) {
        if let (Some(&mut copy), Some(arena)) = (self.journal.log(), self.arenas.last_mut()) {
            arena.take_changes(copy);
        }
    }

    /// What a snapshot copies.
    pub(crate) fn outline(&self) -> Outline {
        let label = |arena: &Arena<T>| Label {
            generation: arena.generation,
            in_use: arena.in_use,
            listed: arena.listed,
            usage: arena.usage,
        };
        Outline {
            labels: self.arenas.iter().map(label).collect(),
            current: self.current,
            young: self.young.clone(),
            sparse: self.sparse.clone(),
            vacant: self.vacant.clone(),
            looked_at: self.looked_at,
            len: self.len,
            has_permanent: self.has_permanent,
        }
    }

    /// Takes what has changed since this was called last, and begins to note it anew.
    pub(crate) fn take_changes(&mut self, copy: fn(&T) -> T) -> HeapChanges<T> {
        self.journal.start(|| copy);
        let arenas = self.arenas.iter_mut().zip(0..);
        let changes = arenas.filter_map(|(arena, number)| {
            let changes = arena.take_changes(copy)?;
            Some((number, changes))
        });
        HeapChanges {
            arenas: changes.collect(),
        }
    }

    /// Bytes of the logs.
    pub(crate) fn journal_memory(&self) -> usize {
        self.arenas.iter().map(Arena::journal_memory).sum()
    }

    /// Notes no changes any more.
    pub(crate) fn stop_journal(&mut self) {
        self.journal.stop();
        self.arenas.iter_mut().for_each(Arena::stop_journal);
    }

    /// Exchanges what has changed for what was there. The logs are empty.
    pub(crate) fn exchange(&mut self, opened: &mut OpenedArenas<T>, changes: &mut HeapChanges<T>) {
        let OpenedArenas(opened) = opened;
        for (number, changes) in &mut changes.arenas {
            let at = *number as usize;
            while self.arenas.len() <= at {
                self.arenas.push(Arena::new(0, self.first_floor));
            }
            if opened.len() <= at {
                opened.resize_with(at + 1, || None);
            }
            self.arenas[at].exchange(&mut opened[at], changes);
        }
    }

    /// Takes over what a snapshot has copied, after the last exchange.
    /// `version` is that of the row at an index.
    pub(crate) fn assume(
        &mut self,
        opened: OpenedArenas<T>,
        outline: Outline,
        version: impl Fn(u32) -> u32,
    ) {
        for (number, opened) in opened.0.into_iter().enumerate() {
            if let Some(opened) = opened {
                let base = base_of(number);
                self.arenas[number].close(opened, |slot| version(base | u32::from(slot)));
            }
        }
        let first_floor = self.first_floor;
        let new = || Arena::new(0, first_floor);
        self.arenas.resize_with(outline.labels.len(), new);
        for (arena, label) in self.arenas.iter_mut().zip(outline.labels) {
            arena.generation = label.generation;
            arena.in_use = label.in_use;
            arena.listed = label.listed;
            arena.usage = label.usage;
        }
        self.current = outline.current;
        self.young = outline.young;
        self.sparse = outline.sparse;
        self.vacant = outline.vacant;
        self.looked_at = outline.looked_at;
        self.len = outline.len;
        self.has_permanent = outline.has_permanent;
    }
}
