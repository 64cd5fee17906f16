//! What concerns all names of a map: counting, walking over and dropping them.

use slotmap::Key;

use crate::collections::values::WeakValueMap;
use crate::store::Store;

impl<N, K: Key> WeakValueMap<N, K> {
    /// How many names have an object that is alive: exact at any time.
    ///
    /// Complexity: O(1) if no object of the store has died since entries were last pruned, else
    /// in O(entries).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let king = store.insert(1);
    /// let mut kings = WeakValueMap::new();
    /// kings.insert(&store, "Ur", king)?;
    /// kings.insert(&store, "Kish", king)?;
    /// assert_eq!(kings.len(&store), 2);
    /// store.destroy(king);
    /// assert_eq!(kings.len(&store), 0);
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
    /// ```
    #[must_use]
    pub fn len<T, E>(&self, store: &Store<T, E, K>) -> usize {
        self.table.len(store)
    }

    /// Whether no name has an object that is alive.
    ///
    /// Complexity: O(1), or O(entries of the dead) if these come first.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let king = store.insert(1);
    /// let mut kings = WeakValueMap::new();
    /// kings.insert(&store, "Ur", king)?;
    /// assert!(!kings.is_empty(&store));
    /// store.destroy(king);
    /// assert!(kings.is_empty(&store));
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
    /// ```
    #[must_use]
    pub fn is_empty<T, E>(&self, store: &Store<T, E, K>) -> bool {
        self.table.is_empty(store)
    }

    /// Names and objects, in the order of insertion.
    ///
    /// Complexity: O(entries) for all.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let king = store.insert(1);
    /// let mut kings = WeakValueMap::new();
    /// kings.insert(&store, "Ur", king)?;
    /// kings.insert(&store, "Kish", king)?;
    /// assert_eq!(kings.iter(&store).collect::<Vec<_>>(), [(&"Ur", king), (&"Kish", king)]);
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
    /// ```
    pub fn iter<'a, T, E>(
        &'a self,
        store: &'a Store<T, E, K>,
    ) -> impl DoubleEndedIterator<Item = (&'a N, K)> + Clone {
        self.table
            .iter(store)
            .map(|named| (&named.name, named.handle))
    }

    /// The names, in the order of insertion.
    ///
    /// Complexity: O(entries) for all.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let king = store.insert(1);
    /// let mut kings = WeakValueMap::new();
    /// kings.insert(&store, "Ur", king)?;
    /// kings.insert(&store, "Kish", king)?;
    /// assert_eq!(kings.keys(&store).collect::<Vec<_>>(), [&"Ur", &"Kish"]);
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
    /// ```
    pub fn keys<'a, T, E>(
        &'a self,
        store: &'a Store<T, E, K>,
    ) -> impl DoubleEndedIterator<Item = &'a N> + Clone {
        self.table.iter(store).map(|named| &named.name)
    }

    /// The objects, in the order of insertion, each as often as it has names.
    ///
    /// Complexity: O(entries) for all.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let king = store.insert(1);
    /// let mut kings = WeakValueMap::new();
    /// kings.insert(&store, "Ur", king)?;
    /// kings.insert(&store, "Kish", king)?;
    /// assert_eq!(kings.values(&store).collect::<Vec<_>>(), [king, king]);
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
    /// ```
    pub fn values<'a, T, E>(
        &'a self,
        store: &'a Store<T, E, K>,
    ) -> impl DoubleEndedIterator<Item = K> + Clone {
        self.table.iter(store).map(|named| named.handle)
    }

    /// Drops the entries that `keep` rejects, and those of the dead, which it is not asked about;
    /// returns how many were dropped. It goes in the order of insertion, and drops each name before it
    /// asks about the next one.
    ///
    /// Complexity: O(entries).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let king = store.insert(1);
    /// let mut kings = WeakValueMap::new();
    /// kings.insert(&store, "Ur", king)?;
    /// kings.insert(&store, "Kish", king)?;
    /// assert_eq!(kings.retain(&store, |name, _| name.len() > 2), 1);
    /// assert_eq!(kings.keys(&store).collect::<Vec<_>>(), [&"Kish"]);
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
    /// ```
    pub fn retain<T, E>(
        &mut self,
        store: &Store<T, E, K>,
        mut keep: impl FnMut(&N, K) -> bool,
    ) -> usize {
        self.table
            .retain(store, |named| keep(&named.name, named.handle))
    }

    /// Drops the entries of the dead, in the order of insertion, and returns how many there were.
    ///
    /// Complexity: O(1) if no object of the store has died since entries were last pruned, else
    /// in O(entries).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let king = store.insert(1);
    /// let mut kings = WeakValueMap::new();
    /// kings.insert(&store, "Ur", king)?;
    /// store.destroy(king);
    /// assert_eq!((kings.prune(&store), kings.prune(&store)), (1, 0));
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
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
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let king = store.insert(1);
    /// let mut kings = WeakValueMap::new();
    /// kings.insert(&store, "Ur", king)?;
    /// kings.clear();
    /// assert!(kings.is_empty(&store) && store.contains(king));
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
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
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let king = store.insert(1);
    /// let mut kings = WeakValueMap::new();
    /// kings.insert(&store, "Ur", king)?;
    /// let before = kings.memory();
    /// kings.remove(&store, "Ur");
    /// kings.shrink(&store);
    /// assert!(before > 0 && kings.memory() == 0);
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
    /// ```
    pub fn shrink<T, E>(&mut self, store: &Store<T, E, K>) {
        self.table.shrink(store);
    }

    /// How many bytes the map has allocated, without what names own.
    ///
    /// Complexity: O(entries / 512).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let king = store.insert(1);
    /// let mut kings = WeakValueMap::new();
    /// kings.insert(&store, "Ur", king)?;
    /// assert!(kings.memory() > 0);
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
    /// ```
    #[must_use]
    pub fn memory(&self) -> usize {
        self.table.memory()
    }
}
