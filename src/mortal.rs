//! What is told of an object's death: finalizers to run, and watches.

use alloc::vec::Vec;

use hashbrown::HashMap;
use slotmap::KeyData;

use crate::bits::Bits;
use crate::handle::index_of;
use crate::header::{ARENA_WORDS, arena_of};
use crate::weak::FixedState;

/// Names one watch on one object; see [`Store::watch`](crate::Store::watch).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Watch(u64);

/// What awaits the few objects that have a finalizer or are watched.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mortal {
    /// The object has a finalizer that has not run.
    pub(crate) finalizable: Bits,
    /// The object's finalizer has run.
    pub(crate) finalized: Bits,
    /// The object is in `watches`: asked of each object that dies.
    watched: Bits,
    watches: HashMap<u32, Vec<Watch>, FixedState>,
    next_watch: u64,
    pub(crate) notices: Vec<(Watch, KeyData)>,
}

fn set(bits: &mut Bits, index: u32) {
    bits.grow((arena_of(index) + 1) * ARENA_WORDS);
    bits.set(index);
}

impl Mortal {
    /// Notes that an object has a finalizer to run.
    pub(crate) fn await_finalizer(&mut self, index: u32) {
        set(&mut self.finalizable, index);
    }

    /// Notes that an object's finalizer has run.
    pub(crate) fn finish(&mut self, index: u32) {
        self.finalizable.clear(index);
        set(&mut self.finalized, index);
    }

    pub(crate) fn watch(&mut self, index: u32) -> Watch {
        let watch = Watch(self.next_watch);
        self.next_watch += 1;
        set(&mut self.watched, index);
        self.watches.entry(index).or_default().push(watch);
        watch
    }

    pub(crate) fn unwatch(&mut self, index: u32, watch: Watch) -> bool {
        let watches = self.watches.get_mut(&index);
        let found = watches.and_then(|all| {
            let at = all.iter().position(|&other| other == watch)?;
            all.remove(at);
            Some(all.is_empty())
        });
        if found == Some(true) {
            self.watches.remove(&index);
            self.watched.clear(index);
        }
        found.is_some()
    }

    /// Notes that an object is dead: its watches get notices, the newest first.
    pub(crate) fn died(&mut self, key: KeyData) {
        let index = index_of(key);
        self.finalizable.clear(index);
        self.finalized.clear(index);
        if self.watched.clear(index) {
            let watches = self.watches.remove(&index).unwrap_or_default();
            self.notices
                .extend(watches.into_iter().rev().map(|watch| (watch, key)));
        }
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let bits = [&self.finalizable, &self.finalized, &self.watched];
        bits.iter()
            .map(|bits| size_of_val(bits.words()))
            .sum::<usize>()
            + self.watches.allocation_size()
    }
}
