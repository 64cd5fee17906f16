//! Components of one type as they were when the last snapshot was taken.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::mem;

use super::{Column, Component};
use crate::bits::Ones;
use crate::index::{ARENA_WORDS, index_at};
use crate::journal::{Seen, copying};

/// The components that have changed.
pub(in crate::columns) struct ComponentLog<C> {
    seen: Seen,
    components: Vec<(u32, Option<C>)>,
    /// Which slots of an arena had a component before its components were taken for more to be added.
    taken: Vec<(usize, Vec<u64>)>,
    copy: fn(&C) -> C,
}

/// What a column has in one state, and not in another: components by index, or that there are none.
struct Changes<C>(Vec<(u32, Option<C>)>);

/// The same of a column whose type is not known.
pub(in crate::columns) trait AnyChanges: Send + Sync {
    fn as_any_mut(&mut self) -> &mut dyn Any;
    /// The objects whose components differ.
    fn indices(&self) -> Vec<u32>;
    /// Bytes allocated, without what components own.
    fn memory(&self) -> usize;
}

impl<C: Component> AnyChanges for Changes<C> {
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn indices(&self) -> Vec<u32> {
        self.0.iter().map(|&(index, _)| index).collect()
    }

    fn memory(&self) -> usize {
        self.0.capacity() * size_of::<(u32, Option<C>)>()
    }
}

impl<C> Column<C> {
    /// Puts the component of an object into the log, or that it has none, unless it is there.
    #[cold]
    #[inline(never)]
    pub(super) fn keep_slowly(&mut self, index: u32) {
        let log = self.journal.log();
        let Some(copy) = log.and_then(|log| (!log.seen.note(index as usize)).then_some(log.copy))
        else {
            return;
        };
        let component = self.get(index).map(copy);
        if let Some(log) = self.journal.log() {
            log.components.push((index, component));
        }
    }

    /// Puts all components into the log.
    pub(crate) fn keep_all(&mut self) {
        if self.journal.is_on() {
            for index in self.indices() {
                self.keep_slowly(index);
            }
        }
    }

    fn words_of(&self, arena: usize) -> Vec<u64> {
        let words = arena * ARENA_WORDS..(arena + 1) * ARENA_WORDS;
        words.map(|word| self.word(index_at(word, 0))).collect()
    }

    /// Notes which slots of an arena have a component, before it is taken.
    pub(super) fn keep_taken(&mut self, arena: usize) {
        if self.journal.is_on() {
            let words = self.words_of(arena);
            if let Some(log) = self.journal.log() {
                log.taken.push((arena, words));
            }
        }
    }

    /// Notes which slots of an arena have got a component since it was taken.
    pub(super) fn keep_given(&mut self, arena: usize) {
        if !self.journal.is_on() {
            return;
        }
        let words = self.words_of(arena);
        let Some(log) = self.journal.log() else {
            return;
        };
        let at = log.taken.iter().rposition(|(taken, _)| *taken == arena);
        let old = at.map_or_else(Vec::new, |at| log.taken.swap_remove(at).1);
        for (at, word) in words.into_iter().enumerate() {
            for bit in Ones(word & !old.get(at).copied().unwrap_or(0)) {
                let index = index_at(arena * ARENA_WORDS + at, bit);
                if !log.seen.note(index as usize) {
                    log.components.push((index, None));
                }
            }
        }
    }

    /// Whether changes are noted.
    pub(crate) fn is_recorded(&self) -> bool {
        self.journal.is_on()
    }

    /// Puts the components of some slots of an arena into the log.
    pub(crate) fn keep_slots(&mut self, arena: usize, slots: &[u64]) {
        for (at, &word) in slots.iter().enumerate() {
            let first = index_at(arena * ARENA_WORDS + at, 0);
            for bit in Ones(word & self.word(first)) {
                self.keep_slowly(first + bit);
            }
        }
    }
}

impl<C: Component> Column<C> {
    /// Takes what has changed since this was called last, if anything has, and begins to note it anew.
    pub(in crate::columns) fn take_changes(&mut self) -> Option<Box<dyn AnyChanges>> {
        let log = self.journal.start(|| ComponentLog {
            seen: Seen::default(),
            components: Vec::new(),
            taken: Vec::new(),
            copy: |component| copying(|| component.clone_component()),
        });
        for &(index, _) in &log.components {
            log.seen.forget_near(index as usize);
        }
        let changed = mem::take(&mut log.components);
        if changed.is_empty() {
            return None;
        }
        Some(Box::new(Changes(changed)))
    }

    /// The same for a column that has come since, all of whose components are new.
    pub(in crate::columns) fn start_new(&mut self) {
        self.take_changes();
        let indices = self.indices();
        if let Some(log) = self.journal.log() {
            for index in indices {
                log.seen.note(index as usize);
                log.components.push((index, None));
            }
        }
    }

    /// Exchanges what has changed for what was there. Nothing of that goes into the log, which is empty.
    pub(in crate::columns) fn exchange(&mut self, changes: &mut dyn AnyChanges) {
        let changes = changes.as_any_mut().downcast_mut::<Changes<C>>();
        let Some(Changes(changes)) = changes else {
            unreachable!("the changes of a column are of its type");
        };
        let journal = mem::take(&mut self.journal);
        for (index, past) in changes {
            let now = match past.take() {
                Some(component) => self.insert(*index, component),
                None => self.remove(*index),
            };
            *past = now;
        }
        self.journal = journal;
    }
}
