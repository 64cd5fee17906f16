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
    /// The object is in `newest`: asked of each object that dies.
    watched: Bits,
    /// The last watch that was set on an object.
    newest: HashMap<u32, Watch, FixedState>,
    /// The watch that was set before another one on the same object.
    before: HashMap<Watch, Watch, FixedState>,
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
        if let Some(older) = self.newest.insert(index, watch) {
            self.before.insert(watch, older);
        }
        watch
    }

    pub(crate) fn unwatch(&mut self, index: u32, watch: Watch) -> bool {
        let Some(&newest) = self.newest.get(&index) else {
            return false;
        };
        if newest == watch {
            if let Some(older) = self.before.remove(&watch) {
                self.newest.insert(index, older);
            } else {
                self.newest.remove(&index);
                self.watched.clear(index);
            }
            return true;
        }
        self.unwatch_older(newest, watch)
    }

    /// Takes a watch out of those that were set before another one.
    fn unwatch_older(&mut self, newest: Watch, watch: Watch) -> bool {
        let mut newer = newest;
        while let Some(&older) = self.before.get(&newer) {
            if older == watch {
                match self.before.remove(&watch) {
                    Some(next) => self.before.insert(newer, next),
                    None => self.before.remove(&newer),
                };
                return true;
            }
            newer = older;
        }
        false
    }

    /// Notes that an object is dead: its watches get notices, the newest first.
    pub(crate) fn died(&mut self, key: KeyData) {
        let index = index_of(key);
        self.finalizable.clear(index);
        self.finalized.clear(index);
        if self.watched.clear(index) {
            let mut next = self.newest.remove(&index);
            while let Some(watch) = next {
                self.notices.push((watch, key));
                next = self.before.remove(&watch);
            }
        }
    }

    /// Gives back what the maps and the notices don't need, and the memory behind the first `arenas`
    /// arenas, where there is nothing.
    pub(crate) fn shrink(&mut self, arenas: usize) {
        let words = arenas * ARENA_WORDS;
        for bits in [
            &mut self.finalizable,
            &mut self.finalized,
            &mut self.watched,
        ] {
            bits.shrink(words);
        }
        self.newest.shrink_to_fit();
        self.before.shrink_to_fit();
        self.notices.shrink_to_fit();
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let bits = [&self.finalizable, &self.finalized, &self.watched];
        let bits: usize = bits.iter().map(|bits| bits.memory()).sum();
        let watches = self.newest.allocation_size() + self.before.allocation_size();
        bits + watches + self.notices.capacity() * size_of::<(Watch, KeyData)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handle::key_of;

    #[test]
    fn notices_come_newest_first_and_without_what_was_ended() {
        let mut mortal = Mortal::default();
        let set: Vec<Watch> = (0..5).map(|_| mortal.watch(7)).collect();
        let other = mortal.watch(8);
        for at in [2, 4, 0] {
            assert!(mortal.unwatch(7, set[at]));
            assert!(!mortal.unwatch(7, set[at]));
        }
        assert!(!mortal.unwatch(7, other) && !mortal.unwatch(9, set[1]));

        mortal.died(key_of(7, 1));
        let told: Vec<Watch> = mortal.notices.drain(..).map(|(watch, _)| watch).collect();
        assert_eq!(told, [set[3], set[1]]);
        assert!(mortal.before.is_empty());

        assert!(mortal.unwatch(8, other) && mortal.newest.is_empty());
        mortal.died(key_of(8, 1));
        assert!(mortal.notices.is_empty());
    }
}
