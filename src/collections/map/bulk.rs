//! What concerns all entries of a map: counting, walking over and dropping them.

use slotmap::Key;

use crate::collections::map::WeakMap;
use crate::store::Store;

impl<K: Key, V> WeakMap<V, K> {
    /// How many entries there are, of objects that are alive: exact at any time.
    ///
    /// Complexity: O(1) if no object of the store has died since entries were last pruned, else
    /// in O(entries).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let mut map = WeakMap::new();
    /// for at in 0..10 {
    ///     let handle = store.insert(at);
    ///     map.insert(&store, handle, at)?;
    /// }
    /// store.retain(|_, at| *at < 4);
    /// assert_eq!(map.len(&store), 4);
    /// # Ok::<(), understory::Rejected<u32, understory::StaleHandle>>(())
    /// ```
    #[must_use]
    pub fn len<T, E>(&self, store: &Store<T, E, K>) -> usize {
        self.table.len(store)
    }

    /// Whether there is no entry of an object that is alive.
    ///
    /// Complexity: O(1), or O(entries of the dead) if these come first.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut alarm = WeakMap::new();
    /// alarm.insert(&store, wolf, 1)?;
    /// assert!(!alarm.is_empty(&store));
    /// store.destroy(wolf);
    /// assert!(alarm.is_empty(&store));
    /// # Ok::<(), understory::Rejected<u32, understory::StaleHandle>>(())
    /// ```
    #[must_use]
    pub fn is_empty<T, E>(&self, store: &Store<T, E, K>) -> bool {
        self.table.is_empty(store)
    }

    /// Handles and values, in the order of insertion.
    ///
    /// Complexity: O(entries) for all.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [wolf, bear] = [store.insert("wolf"), store.insert("bear")];
    /// let mut notes = WeakMap::new();
    /// notes.insert(&store, bear, "brown")?;
    /// notes.insert(&store, wolf, "grey")?;
    /// assert_eq!(notes.iter(&store).collect::<Vec<_>>(), [(bear, &"brown"), (wolf, &"grey")]);
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
    /// ```
    pub fn iter<'a, T, E>(
        &'a self,
        store: &'a Store<T, E, K>,
    ) -> impl DoubleEndedIterator<Item = (K, &'a V)> + Clone {
        self.table
            .iter(store)
            .map(|pair| (pair.handle, &pair.value))
    }

    /// Handles and values, the values to change, in the order of insertion.
    ///
    /// Complexity: O(entries) for all.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut alarm = WeakMap::new();
    /// alarm.insert(&store, wolf, 7)?;
    /// for (_, level) in alarm.iter_mut(&store) {
    ///     *level -= 1;
    /// }
    /// assert_eq!(alarm.get(&store, wolf), Some(&6));
    /// # Ok::<(), understory::Rejected<u32, understory::StaleHandle>>(())
    /// ```
    pub fn iter_mut<'a, T, E>(
        &'a mut self,
        store: &'a Store<T, E, K>,
    ) -> impl DoubleEndedIterator<Item = (K, &'a mut V)> {
        self.table
            .iter_mut(store)
            .map(|pair| (pair.handle, &mut pair.value))
    }

    /// The handles of the objects that a value is kept for, in the order of insertion.
    ///
    /// Complexity: O(entries) for all.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [wolf, bear] = [store.insert("wolf"), store.insert("bear")];
    /// let mut alarm = WeakMap::new();
    /// alarm.insert(&store, bear, 2)?;
    /// alarm.insert(&store, wolf, 1)?;
    /// assert_eq!(alarm.keys(&store).collect::<Vec<_>>(), [bear, wolf]);
    /// # Ok::<(), understory::Rejected<u32, understory::StaleHandle>>(())
    /// ```
    pub fn keys<'a, T, E>(
        &'a self,
        store: &'a Store<T, E, K>,
    ) -> impl DoubleEndedIterator<Item = K> + Clone {
        self.table.iter(store).map(|pair| pair.handle)
    }

    /// The values, in the order of insertion.
    ///
    /// Complexity: O(entries) for all.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [wolf, bear] = [store.insert("wolf"), store.insert("bear")];
    /// let mut alarm = WeakMap::new();
    /// alarm.insert(&store, bear, 2)?;
    /// alarm.insert(&store, wolf, 1)?;
    /// store.destroy(wolf);
    /// assert_eq!(alarm.values(&store).collect::<Vec<_>>(), [&2]);
    /// # Ok::<(), understory::Rejected<u32, understory::StaleHandle>>(())
    /// ```
    pub fn values<'a, T, E>(
        &'a self,
        store: &'a Store<T, E, K>,
    ) -> impl DoubleEndedIterator<Item = &'a V> + Clone {
        self.table.iter(store).map(|pair| &pair.value)
    }

    /// The values, to change, in the order of insertion.
    ///
    /// Complexity: O(entries) for all.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [wolf, bear] = [store.insert("wolf"), store.insert("bear")];
    /// let mut alarm = WeakMap::new();
    /// alarm.insert(&store, bear, 2)?;
    /// alarm.insert(&store, wolf, 1)?;
    /// alarm.values_mut(&store).for_each(|level| *level += 1);
    /// assert_eq!(alarm.values(&store).collect::<Vec<_>>(), [&3, &2]);
    /// # Ok::<(), understory::Rejected<u32, understory::StaleHandle>>(())
    /// ```
    pub fn values_mut<'a, T, E>(
        &'a mut self,
        store: &'a Store<T, E, K>,
    ) -> impl DoubleEndedIterator<Item = &'a mut V> {
        self.table.iter_mut(store).map(|pair| &mut pair.value)
    }

    /// Drops the entries that `keep` rejects, and those of the dead, which it is not asked about;
    /// returns how many were dropped. It goes in the order of insertion, and drops each value before
    /// it asks about the next one.
    ///
    /// Complexity: O(entries).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [wolf, bear] = [store.insert("wolf"), store.insert("bear")];
    /// let mut alarm = WeakMap::new();
    /// alarm.insert(&store, wolf, 1)?;
    /// alarm.insert(&store, bear, 2)?;
    /// assert_eq!(alarm.retain(&store, |_, level| *level > 1), 1);
    /// assert_eq!(alarm.keys(&store).collect::<Vec<_>>(), [bear]);
    /// # Ok::<(), understory::Rejected<u32, understory::StaleHandle>>(())
    /// ```
    pub fn retain<T, E>(
        &mut self,
        store: &Store<T, E, K>,
        mut keep: impl FnMut(K, &mut V) -> bool,
    ) -> usize {
        self.table
            .retain(store, |pair| keep(pair.handle, &mut pair.value))
    }

    /// Drops the entries of the dead, in the order of insertion, and returns how many there were.
    ///
    /// Complexity: O(1) if no object of the store has died since entries were last pruned, else
    /// in O(entries).
    ///
    /// # Examples
    /// ```
    /// use std::rc::Rc;
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let track = Rc::new("in the snow");
    /// let mut tracks = WeakMap::new();
    /// tracks.insert(&store, wolf, track.clone())?;
    ///
    /// store.destroy(wolf);
    /// assert_eq!(tracks.len(&store), 0); // nothing sees it any more
    /// assert_eq!(tracks.prune(&store), 1); // and now it is gone
    /// assert_eq!(Rc::strong_count(&track), 1);
    /// # Ok::<(), understory::Rejected<Rc<&str>, understory::StaleHandle>>(())
    /// ```
    pub fn prune<T, E>(&mut self, store: &Store<T, E, K>) -> usize {
        self.table.prune(store)
    }

    /// Drops all entries, in the order of insertion.
    ///
    /// Complexity: O(entries).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut alarm = WeakMap::new();
    /// alarm.insert(&store, wolf, 1)?;
    /// alarm.clear();
    /// assert!(alarm.is_empty(&store) && store.contains(wolf));
    /// # Ok::<(), understory::Rejected<u32, understory::StaleHandle>>(())
    /// ```
    pub fn clear(&mut self) {
        self.table.clear();
    }

    /// Drops the entries of the dead, and gives back the memory that is not needed.
    ///
    /// Complexity: O(entries).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut alarm = WeakMap::new();
    /// alarm.insert(&store, wolf, 1)?;
    /// let before = alarm.memory();
    /// alarm.remove(&store, wolf);
    /// alarm.shrink(&store);
    /// assert!(before > 0 && alarm.memory() == 0);
    /// # Ok::<(), understory::Rejected<u32, understory::StaleHandle>>(())
    /// ```
    pub fn shrink<T, E>(&mut self, store: &Store<T, E, K>) {
        self.table.shrink(store);
    }

    /// How many bytes the map has allocated, without what values own.
    ///
    /// Complexity: O(entries / 512).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut alarm = WeakMap::new();
    /// alarm.insert(&store, wolf, 1)?;
    /// assert!(alarm.memory() > 0);
    /// # Ok::<(), understory::Rejected<u32, understory::StaleHandle>>(())
    /// ```
    #[must_use]
    pub fn memory(&self) -> usize {
        self.table.memory()
    }
}
