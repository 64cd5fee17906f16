//! What the weak collections have in common: entries in the order of insertion, found through an index.
//! Those whose object is dead are passed over, and dropped in the end.

use slotmap::Key;

use crate::collections::index::Index;
use crate::paged::Pages;
use crate::store::Store;

/// An entry that lives as long as an object.
pub(super) trait Entry {
    type Key: Key;

    /// The object.
    fn handle(&self) -> Self::Key;

    /// The hash by which the index knows the entry. No code of the user runs.
    fn hash(&self) -> u64;
}

/// At how many places an insertion or a removal looks, and moves their entries.
///
/// A sweep of n places ends after n / 5 insertions. It leaves at most what was alive and those n / 5,
/// so there are at most 5/4 as many places as entries alive at one time, and 3/2 within a sweep.
const LOOKS: usize = 6;
/// How many gaps at the end one that ends a sweep gives back.
const GIVES_BACK: usize = 64;

/// Entries, without gaps or with gaps that removed ones left.
///
/// - `index` has the place of each entry, and of no gap. So its length is the number of entries.
/// - `seen` is what [`Store::deaths`] said when no entry's object was dead.
///
/// A *sweep* goes through all places, a few in each call, drops the entries of the dead, and moves
/// the others up. From `to` to `from` there are gaps, and `began` is what [`Store::deaths`] said when
/// the sweep began. Between sweeps `from` and `to` are 0.
#[derive(Clone, Debug)]
pub(super) struct Table<X> {
    slots: Pages<Option<X>>,
    index: Index,
    seen: (u64, u64),
    began: (u64, u64),
    from: usize,
    to: usize,
}

impl<X> Default for Table<X> {
    fn default() -> Self {
        Self {
            slots: Pages::default(),
            index: Index::default(),
            seen: (0, 0),
            began: (0, 0),
            from: 0,
            to: 0,
        }
    }
}

impl<X> Table<X> {
    pub(super) fn with_capacity(entries: usize) -> Self {
        Self {
            slots: Pages::with_capacity(entries),
            index: Index::with_capacity(entries),
            ..Self::default()
        }
    }

    /// The place of the entry with this hash for which `is_it` says yes; that may be code of the user.
    pub(super) fn find(&self, hash: u64, mut is_it: impl FnMut(&X) -> bool) -> Option<usize> {
        self.index
            .find(hash, |&at| self.get(at).is_some_and(&mut is_it))
    }

    pub(super) fn get(&self, at: usize) -> Option<&X> {
        self.slots.get(at)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut X> {
        self.slots.get_mut(at)?.as_mut()
    }

    /// All entries, even of the dead, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = &X> {
        self.slots.iter().flatten()
    }

    /// Drops all entries, in order.
    pub(super) fn clear(&mut self) {
        // First the index, so that a panic in a `Drop` leaves no place in it of an entry that is gone.
        self.index.clear();
        self.end_sweep();
        self.slots.clear();
    }

    /// Bytes allocated.
    pub(super) fn memory(&self) -> usize {
        self.slots.memory() + self.index.memory()
    }

    fn end_sweep(&mut self) {
        (self.from, self.to) = (0, 0);
    }

    fn gaps(&self) -> usize {
        self.slots.len() - self.index.len()
    }
}

impl<X: Entry> Table<X> {
    /// The entries whose objects are alive, in order.
    pub(super) fn iter<'a, T, E>(
        &'a self,
        store: &'a Store<T, E, X::Key>,
    ) -> impl DoubleEndedIterator<Item = &'a X> + Clone {
        let entries = self.slots.iter().filter_map(Option::as_ref);
        entries.filter(move |entry| store.contains(entry.handle()))
    }

    /// The same, to change.
    pub(super) fn iter_mut<'a, T, E>(
        &'a mut self,
        store: &'a Store<T, E, X::Key>,
    ) -> impl DoubleEndedIterator<Item = &'a mut X> {
        let entries = self.slots.iter_mut().filter_map(Option::as_mut);
        entries.filter(move |entry| store.contains(entry.handle()))
    }

    /// How many entries have objects that are alive.
    pub(super) fn len<T, E>(&self, store: &Store<T, E, X::Key>) -> usize {
        if store.mortality() == self.seen {
            self.index.len()
        } else {
            self.iter(store).count()
        }
    }

    pub(super) fn is_empty<T, E>(&self, store: &Store<T, E, X::Key>) -> bool {
        self.index.is_empty() || self.iter(store).next().is_none()
    }

    /// Adds an entry of a living object at the end. There must be none equal to it.
    pub(super) fn push<T, E>(&mut self, store: &Store<T, E, X::Key>, entry: X) -> usize {
        self.sweep(store);
        let (at, slots) = (self.slots.len(), &mut self.slots);
        let hash = entry.hash();
        slots.push(Some(entry));
        self.index.insert(hash, at, |&at| hash_at(slots, at));
        at
    }

    /// Goes on with the sweep for a few places, or begins one if something has died or was removed.
    pub(super) fn sweep<T, E>(&mut self, store: &Store<T, E, X::Key>) {
        if self.from == 0 {
            if self.gaps() == 0 && store.mortality() == self.seen {
                return;
            }
            self.began = store.mortality();
        }
        for _ in 0..LOOKS {
            let at = self.from;
            let Some(slot) = self.slots.get(at) else {
                let left = self.slots.len().saturating_sub(GIVES_BACK);
                self.slots.truncate(left.max(self.to));
                self.from = self.slots.len();
                if self.from == self.to {
                    // Whatever is there was alive then, or came later.
                    self.seen = self.began;
                    self.end_sweep();
                }
                return;
            };
            self.from += 1;
            match slot {
                None => {}
                Some(entry) if store.contains(entry.handle()) => {
                    self.move_up(at);
                    self.to += 1;
                }
                // It has left when its `Drop` runs.
                Some(_) => drop(self.take(at)),
            }
        }
    }

    /// Moves the entry that the sweep has found to be alive up into the gap before it.
    fn move_up(&mut self, at: usize) {
        if self.to == at {
            return;
        }
        let hash = hash_at(&self.slots, at);
        self.index.replace(hash, at, self.to);
        let entry = self.slots.get_mut(at).and_then(Option::take);
        if let Some(gap) = self.slots.get_mut(self.to) {
            *gap = entry;
        }
    }

    /// Drops the entries of the dead, in order; returns how many these were.
    pub(super) fn prune<T, E>(&mut self, store: &Store<T, E, X::Key>) -> usize {
        if store.mortality() == self.seen {
            return 0;
        }
        self.retain(store, |_| true)
    }

    /// Drops the entries of the dead, and those of the living that `keep` rejects, in order;
    /// returns how many these were.
    pub(super) fn retain<T, E>(
        &mut self,
        store: &Store<T, E, X::Key>,
        mut keep: impl FnMut(&mut X) -> bool,
    ) -> usize {
        let before = self.index.len();
        for at in 0..self.slots.len() {
            let Some(entry) = self.get_mut(at) else {
                continue;
            };
            if !(store.contains(entry.handle()) && keep(entry)) {
                // It has left when its `Drop` runs.
                drop(self.take(at));
            }
        }
        self.seen = store.mortality();
        self.began = self.seen;
        if self.gaps() > self.slots.len() / 2 {
            self.compact();
        }
        before - self.index.len()
    }

    /// Drops the entries of the dead, and gives memory back.
    pub(super) fn shrink<T, E>(&mut self, store: &Store<T, E, X::Key>) {
        self.prune(store);
        self.compact();
        self.slots.shrink();
        let slots = &self.slots;
        self.index.shrink(|&at| hash_at(slots, at));
    }

    /// Takes an entry out, dead or alive, and leaves a gap.
    pub(super) fn take(&mut self, at: usize) -> Option<X> {
        let entry = self.slots.get_mut(at)?.take()?;
        self.index.remove(entry.hash(), at);
        Some(entry)
    }

    fn compact(&mut self) {
        if self.gaps() == 0 {
            return;
        }
        self.end_sweep();
        let mut slots = core::mem::take(&mut self.slots);
        let entries = slots.drain().flatten().map(Some);
        self.slots.extend(entries);
        self.index.clear();
        let slots = &self.slots;
        for at in 0..slots.len() {
            self.index
                .insert(hash_at(slots, at), at, |&at| hash_at(slots, at));
        }
    }
}

/// The hash of the entry at a place that the index has, so that it is no gap.
fn hash_at<X: Entry>(slots: &Pages<Option<X>>, at: usize) -> u64 {
    let entry = slots.get(at).and_then(Option::as_ref);
    entry.map_or(0, Entry::hash)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::handle::Handle;

    impl Entry for Handle {
        type Key = Handle;

        fn handle(&self) -> Handle {
            *self
        }

        /// Few of them, so that entries collide.
        fn hash(&self) -> u64 {
            u64::from(self.index() % 7)
        }
    }

    fn check(table: &Table<Handle>) {
        assert!(table.to <= table.from && table.from <= table.slots.len());
        assert!((table.to..table.from).all(|at| table.get(at).is_none()));
        let filled = table.slots.iter().enumerate();
        for (at, handle) in filled.filter_map(|(at, slot)| Some((at, slot.as_ref()?))) {
            assert_eq!(table.find(handle.hash(), |other| other == handle), Some(at));
        }
        assert_eq!(table.all().count(), table.index.len());
    }

    /// A store of 100 objects, and a table of them.
    fn filled() -> (Store<u32>, Vec<Handle>, Table<Handle>) {
        let mut store = Store::new();
        let handles: Vec<Handle> = (0..100).map(|value| store.insert(value)).collect();
        let mut table = Table::default();
        for &handle in &handles {
            table.push(&store, handle);
        }
        (store, handles, table)
    }

    #[test]
    fn no_sweep_begins_where_nothing_has_died() {
        let (store, _, mut table) = filled();
        table.sweep(&store);
        assert_eq!((table.from, table.seen), (0, (0, 0)));
        check(&table);
    }

    #[test]
    fn a_sweep_ends_without_gaps_and_knows_when_nothing_was_dead() {
        let (mut store, handles, mut table) = filled();
        for &handle in handles.iter().step_by(3) {
            store.destroy(handle);
        }
        let began = store.mortality();
        table.sweep(&store);
        assert_eq!((table.from, table.to), (6, 4));
        store.destroy(handles[1]); // behind the sweep
        table.take(2); // what has moved there
        let mut calls = 1;
        while table.from > 0 {
            check(&table);
            table.sweep(&store);
            calls += 1;
        }
        check(&table);
        assert_eq!(calls, 100 / LOOKS + 1);
        assert_eq!((table.seen, table.index.len()), (began, 65));
        assert_eq!((table.gaps(), table.len(&store)), (1, 64));
        // The next one finds the rest.
        while table.gaps() > 0 || table.seen != store.mortality() {
            table.sweep(&store);
        }
        check(&table);
        assert_eq!((table.slots.len(), table.len(&store)), (64, 64));
    }

    #[test]
    fn pruning_within_a_sweep_leaves_it_right() {
        let (mut store, handles, mut table) = filled();
        store.destroy(handles[0]);
        for _ in 0..5 {
            table.sweep(&store);
        }
        store.destroy(handles[1]);
        store.destroy(handles[90]);
        assert_eq!(table.prune(&store), 2);
        check(&table);
        while table.from > 0 {
            table.sweep(&store);
        }
        check(&table);
        assert_eq!((table.seen, table.len(&store)), ((3, 0), 97));
        for &handle in &handles[..80] {
            store.destroy(handle);
        }
        table.sweep(&store);
        table.prune(&store); // closes the gaps, so the sweep is over
        assert_eq!((table.from, table.gaps()), (0, 0));
        check(&table);
    }
}
