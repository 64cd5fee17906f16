//! What is told of an object's death: finalizers to run, and watches.

use alloc::vec::Vec;

use slotmap::KeyData;

use crate::bits::Bits;
#[cfg(feature = "serde")]
use crate::form;
use crate::handle::index_of;
use crate::index::{ARENA_WORDS, arena_of};
use crate::paged::Pages;
use crate::sparse::Sparse;

/// Names one watch on one object; see [`Store::watch`](crate::Store::watch).
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Watch(u64);

/// What awaits the few objects that have a finalizer or are watched.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deaths {
    /// The object has a finalizer that has not run.
    pub(crate) finalizable: Bits,
    /// How many objects have one, and how many had one. That a bitmap takes memory says nothing: it may have been made
    /// for others.
    finalizers: usize,
    finalized_len: usize,
    /// The object's finalizer has run.
    pub(crate) finalized: Bits,
    /// The object is in `newest`: asked of each object that dies.
    watched: Bits,
    /// The last watch that was set on an object.
    newest: Sparse<Watch>,
    /// The watches that were set on an object before the last one, the oldest first. No list is empty.
    older: Sparse<Vec<Watch>>,
    /// Who let go of an object last, which has or had a finalizer. What it says counts only while nothing
    /// holds the object.
    last_owners: Sparse<KeyData>,
    next_watch: u64,
    pub(crate) notices: Pages<(Watch, KeyData)>,
}

/// Sets a bit; says whether it was set.
fn set(bits: &mut Bits, index: u32) -> bool {
    bits.grow((arena_of(index) + 1) * ARENA_WORDS);
    bits.set(index)
}

impl Deaths {
    /// Notes that an object has a finalizer to run.
    pub(crate) fn await_finalizer(&mut self, index: u32) {
        let is_new = !set(&mut self.finalizable, index);
        self.finalizers += usize::from(is_new);
    }

    /// Notes that an object's finalizer has run.
    pub(crate) fn finish(&mut self, index: u32) {
        self.forget_finalizer(index);
        let is_new = !set(&mut self.finalized, index);
        self.finalized_len += usize::from(is_new);
    }

    /// Whether any object has a finalizer to run.
    #[inline]
    pub(crate) fn has_finalizers(&self) -> bool {
        self.finalizers > 0
    }

    /// Whether any object has or had a finalizer.
    #[inline]
    pub(crate) fn asks_for_owners(&self) -> bool {
        self.finalizers + self.finalized_len > 0
    }

    /// Notes that an object has no finalizer to run any more; says whether it had.
    fn forget_finalizer(&mut self, index: u32) -> bool {
        let had = self.finalizable.clear(index);
        self.finalizers -= usize::from(had);
        had
    }

    /// Notes who has let go of an object, if that has or had a finalizer: an object, or else the program.
    pub(crate) fn let_go(&mut self, index: u32, owner: Option<KeyData>) {
        if !self.finalizable.get(index) && !self.finalized.get(index) {
            return;
        }
        match owner {
            Some(owner) => self.last_owners.insert(index, owner),
            None => self.last_owners.remove(index),
        };
    }

    /// Which object let go of one that nothing holds any more.
    pub(crate) fn last_owner(&self, index: u32) -> Option<KeyData> {
        self.last_owners.get(index).copied()
    }

    pub(crate) fn watch(&mut self, index: u32) -> Watch {
        let watch = Watch(self.next_watch);
        self.next_watch += 1;
        set(&mut self.watched, index);
        if let Some(older) = self.newest.insert(index, watch) {
            self.older.or_default(index).push(older);
        }
        watch
    }

    pub(crate) fn unwatch(&mut self, index: u32, watch: Watch) -> bool {
        let Some(&newest) = self.newest.get(index) else {
            return false;
        };
        if newest != watch {
            let at = |older: &[Watch]| older.binary_search(&watch).ok();
            return self.take_older(index, at).is_some();
        }
        if let Some(older) = self.take_older(index, |older| older.len().checked_sub(1)) {
            self.newest.insert(index, older);
        } else {
            self.newest.remove(index);
            self.watched.clear(index);
        }
        true
    }

    /// Takes a watch out of those that were set before the last one.
    fn take_older(
        &mut self,
        index: u32,
        place: impl FnOnce(&[Watch]) -> Option<usize>,
    ) -> Option<Watch> {
        let older = self.older.get_mut(index)?;
        let at = place(older)?;
        let watch = older.remove(at);
        if older.is_empty() {
            self.older.remove(index);
        }
        Some(watch)
    }

    /// Notes that an object is dead: its watches get notices, the newest first.
    pub(crate) fn died(&mut self, key: KeyData) {
        let index = index_of(key);
        let was_finalized = self.finalized.clear(index);
        self.finalized_len -= usize::from(was_finalized);
        if self.forget_finalizer(index) | was_finalized {
            self.last_owners.remove(index);
        }
        if self.watched.clear(index) {
            let newest = self.newest.remove(index);
            let older = self.older.remove(index).unwrap_or_default();
            let watches = newest.into_iter().chain(older.into_iter().rev());
            self.notices.extend(watches.map(|watch| (watch, key)));
        }
    }

    /// Gives back what the maps and the notices don't need, and the memory behind the first `arenas`
    /// arenas, if there is nothing.
    pub(crate) fn shrink(&mut self, arenas: usize) {
        let words = arenas * ARENA_WORDS;
        for bits in [
            &mut self.finalizable,
            &mut self.finalized,
            &mut self.watched,
        ] {
            bits.shrink(words);
        }
        self.last_owners.shrink();
        self.newest.shrink();
        self.older.shrink();
        self.older.values_mut().for_each(Vec::shrink_to_fit);
        self.notices.shrink();
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let bits = [&self.finalizable, &self.finalized, &self.watched];
        let bits: usize = bits.iter().map(|bits| bits.memory()).sum();
        let older: usize = self.older.values().map(Vec::capacity).sum();
        let watches = self.newest.memory() + self.older.memory() + older * size_of::<Watch>();
        bits + self.last_owners.memory() + watches + self.notices.memory()
    }
}

#[cfg(feature = "serde")]
impl Deaths {
    /// The names of the finalizers are known to the store.
    pub(crate) fn saved<N>(&self, finalizers: Vec<form::Named<N>>) -> form::Deaths<N> {
        let watches = |object: u32| {
            let older = self.older.get(object).into_iter().flatten();
            let watches = older.chain(self.newest.get(object));
            form::Watches {
                object,
                watches: watches.map(|watch| watch.0).collect(),
            }
        };
        let owner = |object: u32| {
            let owner = self.last_owners.get(object).copied().unwrap_or_default();
            form::Owned { object, owner }
        };
        let notice = |&(Watch(watch), object)| form::Notice { watch, object };
        form::Deaths {
            finalizers,
            finalized: form::indices(&self.finalized),
            watches: self.newest.indices().map(watches).collect(),
            last_owners: self.last_owners.indices().map(owner).collect(),
            next_watch: self.next_watch,
            notices: self.notices.iter().map(notice).collect(),
        }
    }

    /// What is told of the deaths of objects that are `there`, in as many arenas as have tables. Returns the objects
    /// that a table has.
    pub(crate) fn restore<N>(
        form: &form::Deaths<N>,
        finalizable: &[u32],
        is_there: impl Fn(u32) -> bool,
        arenas: usize,
    ) -> Result<(Self, Vec<u32>), form::Fault> {
        let watched: Vec<u32> = form.watches.iter().map(|of| of.object).collect();
        let owned: Vec<u32> = form.last_owners.iter().map(|of| of.object).collect();
        let mut deaths = Self {
            finalizable: form::bits(finalizable, arenas, "finalizers")?,
            finalizers: finalizable.len(),
            finalized_len: form.finalized.len(),
            finalized: form::bits(&form.finalized, arenas, "finalized")?,
            watched: form::bits(&watched, arenas, "watches")?,
            next_watch: form::counter(form.next_watch, "watches")?,
            ..Self::default()
        };
        form::bits(&owned, arenas, "last owners")?;
        let lists = [finalizable, &form.finalized, &watched, &owned];
        let noted: Vec<u32> = lists.into_iter().flatten().copied().collect();
        for &index in &noted {
            form::demand!(
                is_there(index),
                "what is told of deaths: there is no object {index}"
            );
        }
        for form::Owned { object, owner } in &form.last_owners {
            let is_known = deaths.finalizable.get(*object) || deaths.finalized.get(*object);
            form::demand!(
                is_known,
                "object {object} has a last owner, and no finalizer"
            );
            deaths.last_owners.insert(*object, *owner);
        }
        for form::Watches { object, watches } in &form.watches {
            let rises = watches.windows(2).all(|pair| pair[0] < pair[1]);
            let newest = watches.last().filter(|&&last| last < form.next_watch);
            let Some((&newest, true)) = newest.map(|newest| (newest, rises)) else {
                form::demand!(false, "the watches on object {object} are not in order");
                continue;
            };
            deaths.newest.insert(*object, Watch(newest));
            let older: Vec<Watch> = watches[..watches.len() - 1]
                .iter()
                .copied()
                .map(Watch)
                .collect();
            if !older.is_empty() {
                deaths.older.insert(*object, older);
            }
        }
        let notices = form.notices.iter();
        deaths
            .notices
            .extend(notices.map(|of| (Watch(of.watch), of.object)));
        Ok((deaths, noted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handle::key_of;

    #[test]
    fn notices_come_newest_first_and_without_what_was_ended() {
        let mut deaths = Deaths::default();
        let set: Vec<Watch> = (0..5).map(|_| deaths.watch(7)).collect();
        let other = deaths.watch(8);
        for at in [2, 4, 0] {
            assert!(deaths.unwatch(7, set[at]));
            assert!(!deaths.unwatch(7, set[at]));
        }
        assert!(!deaths.unwatch(7, other) && !deaths.unwatch(9, set[1]));

        deaths.died(key_of(7, 1));
        let told: Vec<Watch> = deaths.notices.drain().map(|(watch, _)| watch).collect();
        assert_eq!(told, [set[3], set[1]]);
        assert!(deaths.older.is_empty());

        assert!(deaths.unwatch(8, other) && deaths.newest.is_empty());
        deaths.died(key_of(8, 1));
        assert!(deaths.notices.is_empty());
    }
}
