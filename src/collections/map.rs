//! Values by handle, which go with their object.

mod bulk;

use core::fmt;
use core::hash::BuildHasher;

use slotmap::Key;

use crate::collections::table::{Entry, Table};
use crate::error::{Rejected, StaleHandle};
use crate::handle::Handle;
use crate::sparse::FixedState;
use crate::store::Store;

/// Values by handle, beside a store: an entry goes with its object.
///
/// It is a plain value outside the store, which each call is given. It owns nothing: neither the map
/// nor a handle in it keeps an object alive. **An entry whose object is dead is never seen** by any
/// look-up, iteration or count, however the object died. Garbage that is part of a cycle is alive until
/// it is traced or collected.
///
/// What belongs to an object's value, or is to be queried, had better be a component: see
/// [`Store::insert_component`]. A map is for data that is not the store's own, of which there may be
/// several of one type, and whose owner comes and goes: a cache, what a view has drawn, what an AI
/// remembers of others. Python's `WeakKeyDictionary` is the model.
///
/// # When entries go
///
/// An entry of the dead is dropped later than its object. [`prune`](Self::prune) drops all of them at
/// once. Besides, each insertion and each [`remove`](Self::remove) looks at the next six entries, going
/// round, and drops those of the dead; so no death and no insertion costs a walk over the map, and the
/// map takes the room of at most half as many entries again as are alive at one time (besides what a
/// growing list reserves). A map that gets no new entries keeps those of the dead until it is told to
/// `prune`.
///
/// Where each entry has to go at once, [watch](Store::watch) the objects, and
/// [`remove`](Self::remove) what the notices name: that costs O(1) for each death.
///
/// # Order
///
/// Iteration goes in the order of insertion, on every machine. A value that replaces another one takes
/// over its place in the order. Entries are dropped in this order, each time round.
///
/// # A value that holds its own key
///
/// **A value that owns a `Root` of its own key's object keeps that object alive for ever**: the root
/// goes with the entry, and the entry with the object. So does a `Root` of anything that leads to
/// the object over edges. Keep a plain handle in the value; if the value has to own something, insert
/// it as an object, to which the key's object has an edge: the store sees that cycle, and collects
/// it. A `Root` of another object is given up when the entry is dropped, not when its object dies.
///
/// # Stores
///
/// A map is for one store. A call that is given another one does not panic; it finds what a handle of
/// the same index and version names there, and may drop entries that name nothing there. Clone the map
/// when you clone the store, and roll it back when you roll the store back. A map that is used with a
/// store of another time still shows no dead object's entry, but [`len`](Self::len) may count it, and
/// [`prune`](Self::prune) may not find it, since they go by the number of [deaths](Store::deaths).
///
/// # Panics in user code
///
/// A panic in a `Drop` or in a closure leaves the map whole. What was to be dropped has left it, and
/// what was to be dropped after it goes in a later call. A value that was being inserted is then
/// dropped as well.
///
/// # Examples
/// ```
/// use understory::{Handle, Store, WeakMap};
///
/// let mut store: Store<&str> = Store::new();
/// let [wolf, bear] = [store.insert("wolf"), store.insert("bear")];
///
/// let mut last_seen = WeakMap::<u32>::new();
/// last_seen.insert(&store, wolf, 12)?;
/// last_seen.insert(&store, bear, 15)?;
/// assert_eq!(last_seen.get(&store, wolf), Some(&12));
///
/// store.unroot(wolf)?; // the map does not own it
/// assert_eq!(last_seen.get(&store, wolf), None);
/// assert_eq!(last_seen.iter(&store).collect::<Vec<_>>(), [(bear, &15)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct WeakMap<V, K = Handle> {
    table: Table<Pair<K, V>>,
}

/// A value and its key.
#[derive(Clone, Debug)]
struct Pair<K, V> {
    handle: K,
    value: V,
}

impl<K: Key, V> Entry for Pair<K, V> {
    type Key = K;

    fn handle(&self) -> K {
        self.handle
    }

    fn hash(&self) -> u64 {
        hash_of(self.handle)
    }
}

fn hash_of<K: Key>(handle: K) -> u64 {
    FixedState::default().hash_one(handle.data().as_ffi())
}

impl<K: Key, V> WeakMap<V, K> {
    /// An empty map. It allocates nothing.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Handle, Store, WeakMap};
    ///
    /// let store: Store<&str> = Store::new();
    /// assert!(WeakMap::<u32>::new().is_empty(&store));
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty map with room for `entries` entries.
    ///
    /// Complexity: O(`entries`).
    ///
    /// # Examples
    /// ```
    /// use understory::{Handle, WeakMap};
    ///
    /// let map = WeakMap::<u32>::with_capacity(100);
    /// assert!(map.memory() >= 100 * (8 + 4));
    /// ```
    #[must_use]
    pub fn with_capacity(entries: usize) -> Self {
        Self {
            table: Table::with_capacity(entries),
        }
    }

    /// Keeps a value for an object, and returns the one that was kept before.
    ///
    /// # Errors
    /// [`Rejected`], with the value in it, where the handle names no object.
    ///
    /// Complexity: O(1) amortised, and moves about a thousand places of the index at worst.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut notes = WeakMap::new();
    /// assert_eq!(notes.insert(&store, wolf, "grey"), Ok(None));
    /// assert_eq!(notes.insert(&store, wolf, "white"), Ok(Some("grey")));
    ///
    /// store.destroy(wolf);
    /// assert_eq!(notes.insert(&store, wolf, "gone").unwrap_err().value, "gone");
    /// ```
    pub fn insert<T, E>(
        &mut self,
        store: &Store<T, E, K>,
        handle: K,
        value: V,
    ) -> Result<Option<V>, Rejected<V, StaleHandle>> {
        if !store.contains(handle) {
            let reason = StaleHandle::new(handle.data());
            return Err(Rejected::new(value, reason));
        }
        if let Some(pair) = self.find(handle).and_then(|at| self.table.get_mut(at)) {
            return Ok(Some(core::mem::replace(&mut pair.value, value)));
        }
        self.table.push(store, Pair { handle, value });
        Ok(None)
    }

    /// The value that is kept for an object; `None` if there is none, or the object is dead.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [wolf, bear] = [store.insert("wolf"), store.insert("bear")];
    /// let mut notes = WeakMap::new();
    /// notes.insert(&store, wolf, "grey")?;
    /// assert_eq!(notes.get(&store, wolf), Some(&"grey"));
    /// assert_eq!(notes.get(&store, bear), None);
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
    /// ```
    #[must_use]
    pub fn get<T, E>(&self, store: &Store<T, E, K>, handle: K) -> Option<&V> {
        if !store.contains(handle) {
            return None;
        }
        let pair = self.table.get(self.find(handle)?)?;
        Some(&pair.value)
    }

    /// The value that is kept for an object, to change.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut sightings = WeakMap::new();
    /// sightings.insert(&store, wolf, 1)?;
    /// *sightings.get_mut(&store, wolf).unwrap() += 1;
    /// assert_eq!(sightings.get(&store, wolf), Some(&2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get_mut<T, E>(&mut self, store: &Store<T, E, K>, handle: K) -> Option<&mut V> {
        if !store.contains(handle) {
            return None;
        }
        let at = self.find(handle)?;
        let pair = self.table.get_mut(at)?;
        Some(&mut pair.value)
    }

    /// The value that is kept for an object, to change. Only if there is none, `make` runs, before the
    /// map has changed, and what it returns is kept.
    ///
    /// # Errors
    /// [`StaleHandle`] if the handle names no object; then `make` does not run.
    ///
    /// Complexity: O(1) amortised, besides `make`.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut sightings = WeakMap::new();
    /// for _ in 0..3 {
    ///     *sightings.get_or_insert_with(&store, wolf, || 0)? += 1;
    /// }
    /// assert_eq!(sightings.get(&store, wolf), Some(&3));
    /// # Ok::<(), understory::StaleHandle>(())
    /// ```
    pub fn get_or_insert_with<T, E>(
        &mut self,
        store: &Store<T, E, K>,
        handle: K,
        make: impl FnOnce() -> V,
    ) -> Result<&mut V, StaleHandle> {
        let stale = StaleHandle::new(handle.data());
        if !store.contains(handle) {
            return Err(stale);
        }
        let at = if let Some(at) = self.find(handle) {
            at
        } else {
            let value = make();
            self.table.push(store, Pair { handle, value })
        };
        let pair = self.table.get_mut(at).ok_or(stale)?;
        Ok(&mut pair.value)
    }

    /// Takes an object's value out. If the object is dead there is none, and an entry that it has left
    /// is dropped.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// Entries that go with their objects, and not later:
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [wolf, bear] = [store.insert("wolf"), store.insert("bear")];
    /// let mut notes = WeakMap::new();
    /// for beast in [wolf, bear] {
    ///     notes.insert(&store, beast, "seen".to_string())?;
    ///     store.watch(beast)?;
    /// }
    /// store.unroot(wolf)?;
    ///
    /// let dead: Vec<_> = store.drain_notices().map(|notice| notice.handle).collect();
    /// for handle in dead {
    ///     assert_eq!(notes.remove(&store, handle), None);
    /// }
    /// assert_eq!(notes.remove(&store, bear).as_deref(), Some("seen"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove<T, E>(&mut self, store: &Store<T, E, K>, handle: K) -> Option<V> {
        self.table.sweep(store);
        let at = self.find(handle)?;
        let pair = self.table.take(at)?;
        store.contains(handle).then_some(pair.value)
    }

    /// Whether a value is kept for an object that is alive.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let wolf = store.insert("wolf");
    /// let mut notes = WeakMap::new();
    /// notes.insert(&store, wolf, "grey")?;
    /// assert!(notes.contains_key(&store, wolf));
    /// store.destroy(wolf);
    /// assert!(!notes.contains_key(&store, wolf));
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
    /// ```
    #[must_use]
    pub fn contains_key<T, E>(&self, store: &Store<T, E, K>, handle: K) -> bool {
        self.get(store, handle).is_some()
    }

    /// The handles of all entries, even of the dead.
    pub(super) fn all_keys(&self) -> impl Iterator<Item = K> {
        self.table.all().map(|pair| pair.handle)
    }

    fn find(&self, handle: K) -> Option<usize> {
        let hash = hash_of(handle);
        self.table.find(hash, |pair| pair.handle == handle)
    }
}

impl<K, V> Default for WeakMap<V, K> {
    /// An empty map.
    fn default() -> Self {
        Self {
            table: Table::default(),
        }
    }
}

impl<K: Key, V: fmt::Debug> fmt::Debug for WeakMap<V, K> {
    /// All entries. As there is no store to ask, those of the dead that were not pruned are among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.table.all().map(|pair| (pair.handle, &pair.value));
        f.debug_map().entries(entries).finish()
    }
}
