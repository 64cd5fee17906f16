//! A set of handles, which go with their objects.

use core::fmt;

use slotmap::Key;

use crate::collections::map::WeakMap;
use crate::error::StaleHandle;
use crate::handle::Handle;
use crate::store::Store;

/// A set of objects that owns none of them: an object that dies is not in it any more.
///
/// It is a plain value outside the store, which each call is given. No call sees the dead. When they
/// are dropped, and what happens with another store or after a panic, is the same as in a [`WeakMap`];
/// here too, iteration goes in the order of insertion. Python's `WeakSet` is the model.
///
/// # Examples
/// ```
/// use understory::{Store, WeakSet};
///
/// let mut store: Store<&str> = Store::new();
/// let [wolf, bear] = [store.insert("wolf"), store.insert("bear")];
/// let mut selected = WeakSet::new();
/// selected.insert(&store, wolf)?;
/// selected.insert(&store, bear)?;
///
/// store.unroot(wolf)?; // the set does not own it
/// assert!(!selected.contains(&store, wolf));
/// assert_eq!(selected.iter(&store).collect::<Vec<_>>(), [bear]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct WeakSet<K = Handle> {
    members: WeakMap<(), K>,
}

impl<K: Key> WeakSet<K> {
    /// An empty set. It allocates nothing.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let store: understory::Store<&str> = understory::Store::new();
    /// assert!(understory::WeakSet::new().is_empty(&store));
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty set with room for `members` members.
    ///
    /// Complexity: O(`members`).
    ///
    /// # Examples
    /// ```
    /// let set: understory::WeakSet = understory::WeakSet::with_capacity(100);
    /// assert!(set.memory() >= 100 * 8);
    /// ```
    #[must_use]
    pub fn with_capacity(members: usize) -> Self {
        Self {
            members: WeakMap::with_capacity(members),
        }
    }

    /// Adds an object, and returns whether it was not in the set before. One that was keeps its place
    /// in the order.
    ///
    /// # Errors
    /// [`StaleHandle`] if the handle names no object.
    ///
    /// Complexity: O(1) amortised, and moves about a thousand places of the index at worst.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakSet};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut selected = WeakSet::new();
    /// assert_eq!(selected.insert(&store, wolf), Ok(true));
    /// assert_eq!(selected.insert(&store, wolf), Ok(false));
    /// store.destroy(wolf);
    /// assert!(selected.insert(&store, wolf).is_err());
    /// ```
    pub fn insert<T, E>(&mut self, store: &Store<T, E, K>, handle: K) -> Result<bool, StaleHandle> {
        match self.members.insert(store, handle, ()) {
            Ok(before) => Ok(before.is_none()),
            Err(refused) => Err(refused.reason),
        }
    }

    /// Takes an object out, and returns whether it was in the set and alive.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakSet};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut selected = WeakSet::new();
    /// selected.insert(&store, wolf)?;
    /// assert!(selected.remove(&store, wolf));
    /// assert!(!selected.remove(&store, wolf));
    /// # Ok::<(), understory::StaleHandle>(())
    /// ```
    pub fn remove<T, E>(&mut self, store: &Store<T, E, K>, handle: K) -> bool {
        self.members.remove(store, handle).is_some()
    }

    /// Whether an object is in the set and alive.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakSet};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut selected = WeakSet::new();
    /// selected.insert(&store, wolf)?;
    /// assert!(selected.contains(&store, wolf));
    /// # Ok::<(), understory::StaleHandle>(())
    /// ```
    #[must_use]
    pub fn contains<T, E>(&self, store: &Store<T, E, K>, handle: K) -> bool {
        self.members.contains_key(store, handle)
    }

    /// How many objects are in the set and alive: exact at any time.
    ///
    /// Complexity: O(1) if no object of the store has died since members were last pruned, else
    /// in O(members).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakSet};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [wolf, bear] = [store.insert("wolf"), store.insert("bear")];
    /// let mut selected = WeakSet::new();
    /// selected.insert(&store, wolf)?;
    /// selected.insert(&store, bear)?;
    /// store.destroy(wolf);
    /// assert_eq!(selected.len(&store), 1);
    /// # Ok::<(), understory::StaleHandle>(())
    /// ```
    #[must_use]
    pub fn len<T, E>(&self, store: &Store<T, E, K>) -> usize {
        self.members.len(store)
    }

    /// Whether nothing in the set is alive.
    ///
    /// Complexity: O(1), or O(dead members) where these come first.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakSet};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut selected = WeakSet::new();
    /// selected.insert(&store, wolf)?;
    /// assert!(!selected.is_empty(&store));
    /// store.destroy(wolf);
    /// assert!(selected.is_empty(&store));
    /// # Ok::<(), understory::StaleHandle>(())
    /// ```
    #[must_use]
    pub fn is_empty<T, E>(&self, store: &Store<T, E, K>) -> bool {
        self.members.is_empty(store)
    }

    /// The objects, in the order of insertion.
    ///
    /// Complexity: O(members) for all.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakSet};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [wolf, bear] = [store.insert("wolf"), store.insert("bear")];
    /// let mut selected = WeakSet::new();
    /// selected.insert(&store, bear)?;
    /// selected.insert(&store, wolf)?;
    /// assert_eq!(selected.iter(&store).collect::<Vec<_>>(), [bear, wolf]);
    /// # Ok::<(), understory::StaleHandle>(())
    /// ```
    pub fn iter<'a, T, E>(
        &'a self,
        store: &'a Store<T, E, K>,
    ) -> impl DoubleEndedIterator<Item = K> + Clone {
        self.members.keys(store)
    }

    /// Takes out what `keep` rejects, and the dead, which it is not asked about; returns how many were
    /// taken out. It goes in the order of insertion.
    ///
    /// Complexity: O(members).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakSet};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [wolf, bear] = [store.insert("wolf"), store.insert("bear")];
    /// let mut selected = WeakSet::new();
    /// selected.insert(&store, wolf)?;
    /// selected.insert(&store, bear)?;
    /// selected.retain(&store, |beast| store[beast] != "wolf");
    /// assert_eq!(selected.iter(&store).collect::<Vec<_>>(), [bear]);
    /// # Ok::<(), understory::StaleHandle>(())
    /// ```
    pub fn retain<T, E>(
        &mut self,
        store: &Store<T, E, K>,
        mut keep: impl FnMut(K) -> bool,
    ) -> usize {
        self.members.retain(store, |handle, ()| keep(handle))
    }

    /// Takes the dead out, and returns how many there were.
    ///
    /// Complexity: O(1) if no object of the store has died since members were last pruned, else
    /// in O(members).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakSet};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut selected = WeakSet::new();
    /// selected.insert(&store, wolf)?;
    /// store.destroy(wolf);
    /// assert_eq!((selected.prune(&store), selected.prune(&store)), (1, 0));
    /// # Ok::<(), understory::StaleHandle>(())
    /// ```
    pub fn prune<T, E>(&mut self, store: &Store<T, E, K>) -> usize {
        self.members.prune(store)
    }

    /// Takes everything out.
    ///
    /// Complexity: O(members).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakSet};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut selected = WeakSet::new();
    /// selected.insert(&store, wolf)?;
    /// selected.clear();
    /// assert!(selected.is_empty(&store) && store.contains(wolf));
    /// # Ok::<(), understory::StaleHandle>(())
    /// ```
    pub fn clear(&mut self) {
        self.members.clear();
    }

    /// Takes the dead out, and gives back the memory that is not needed.
    ///
    /// Complexity: O(members).
    ///
    /// # Examples
    /// ```
    /// let store: understory::Store<&str> = understory::Store::new();
    /// let mut set = understory::WeakSet::with_capacity(1_000);
    /// set.shrink(&store);
    /// assert_eq!(set.memory(), 0);
    /// ```
    pub fn shrink<T, E>(&mut self, store: &Store<T, E, K>) {
        self.members.shrink(store);
    }

    /// How many bytes the set has allocated.
    ///
    /// Complexity: O(members / 512).
    ///
    /// # Examples
    /// ```
    /// let set: understory::WeakSet = understory::WeakSet::default();
    /// assert_eq!(set.memory(), 0);
    /// ```
    #[must_use]
    pub fn memory(&self) -> usize {
        self.members.memory()
    }
}

impl<K> Default for WeakSet<K> {
    /// An empty set.
    fn default() -> Self {
        Self {
            members: WeakMap::default(),
        }
    }
}

impl<K: Key> fmt::Debug for WeakSet<K> {
    /// All members. As there is no store to ask, the dead that were not pruned are among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.members.all_keys()).finish()
    }
}
