//! Handles by name, which go with their objects.

mod bulk;

use core::borrow::Borrow;
use core::fmt;
use core::hash::{BuildHasher, Hash};

use slotmap::Key;

use crate::collections::table::{Entry, Table};
use crate::error::{Rejected, StaleHandle};
use crate::handle::Handle;
use crate::sparse::FixedState;
use crate::store::Store;

/// Objects by name, which the map does not own: an entry goes with its object.
///
/// A name is a value of any type `N` that can be hashed and compared: a path, a position, the input of
/// a computation. So the map is a cache or an index of a store. Several names may lead to one object.
///
/// It is a plain value outside the store, which each call is given. **An entry whose object is dead is
/// never seen**: its name is free. When it is dropped, and its name with it, and what happens with
/// another store or after a panic, is the same as in a [`WeakMap`](crate::WeakMap). Python's
/// `WeakValueDictionary` is the model.
///
/// Iteration goes in the order of insertion. A name that gets another object while its old one is alive
/// keeps its place; one whose object has died counts as new. When an object that was replaced dies, the
/// entry stays.
///
/// # Examples
/// ```
/// use understory::{Store, WeakValueMap};
///
/// let mut store: Store<&str> = Store::new();
/// let oak = store.insert("an oak's texture");
/// let mut textures = WeakValueMap::new();
/// textures.insert(&store, "oak.png".to_string(), oak)?;
/// assert_eq!(textures.get(&store, "oak.png"), Some(oak));
///
/// store.unroot(oak)?; // nothing uses it any more
/// assert_eq!(textures.get(&store, "oak.png"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct WeakValueMap<N, K = Handle> {
    table: Table<Named<N, K>>,
}

/// A name and its object. The name's hash is kept, so that only look-ups run code of the user.
#[derive(Clone, Debug)]
struct Named<N, K> {
    hash: u64,
    name: N,
    handle: K,
}

impl<N, K: Key> Entry for Named<N, K> {
    type Key = K;

    fn handle(&self) -> K {
        self.handle
    }

    fn hash(&self) -> u64 {
        self.hash
    }
}

fn hash_of<Q: Hash + ?Sized>(name: &Q) -> u64 {
    FixedState::default().hash_one(name)
}

impl<N: Eq + Hash, K: Key> WeakValueMap<N, K> {
    /// An empty map. It allocates nothing.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let store: understory::Store<u32> = understory::Store::new();
    /// assert!(understory::WeakValueMap::<&str>::new().is_empty(&store));
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
    /// let map = understory::WeakValueMap::<&str>::with_capacity(100);
    /// assert!(map.memory() >= 100 * (16 + 8));
    /// ```
    #[must_use]
    pub fn with_capacity(entries: usize) -> Self {
        Self {
            table: Table::with_capacity(entries),
        }
    }

    /// Names an object, and returns the living one that had this name before; in that case the name
    /// that is in the map stays, and the new one is dropped.
    ///
    /// # Errors
    /// [`Rejected`], with the name in it, where the handle names no object.
    ///
    /// Complexity: O(1) amortised, and moves about a thousand places of the index at worst.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let [first, second] = [store.insert(1), store.insert(2)];
    /// let mut kings = WeakValueMap::new();
    /// assert_eq!(kings.insert(&store, "Ur", first), Ok(None));
    /// assert_eq!(kings.insert(&store, "Ur", second), Ok(Some(first)));
    /// store.destroy(first); // which is not in the map any more
    /// assert_eq!(kings.get(&store, "Ur"), Some(second));
    /// assert_eq!(kings.insert(&store, "Uruk", first).unwrap_err().value, "Uruk");
    /// ```
    pub fn insert<T, E>(
        &mut self,
        store: &Store<T, E, K>,
        name: N,
        handle: K,
    ) -> Result<Option<K>, Rejected<N, StaleHandle>> {
        if !store.contains(handle) {
            let reason = StaleHandle::new(handle.data());
            let value = name;
            return Err(Rejected::new(value, reason));
        }
        // All code of the user but `Drop` runs here, before anything is inserted.
        let hash = hash_of(&name);
        let found = self.table.find(hash, |named| named.name == name);
        let named = found.and_then(|at| self.table.get_mut(at));
        if let Some(named) = named.filter(|named| store.contains(named.handle)) {
            return Ok(Some(core::mem::replace(&mut named.handle, handle)));
        }
        let dead = found.and_then(|at| self.table.take(at));
        let named = Named { hash, name, handle };
        self.table.push(store, named);
        // The map is whole when the name of the dead is dropped.
        drop(dead);
        Ok(None)
    }

    /// The object with a name; `None` if there is none, or it is dead.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let well = store.insert("a well");
    /// let mut places = WeakValueMap::new();
    /// places.insert(&store, (3, 4), well)?;
    /// assert_eq!(places.get(&store, &(3, 4)), Some(well));
    /// assert_eq!(places.get(&store, &(4, 3)), None);
    /// # Ok::<(), understory::Rejected<(i32, i32), understory::StaleHandle>>(())
    /// ```
    #[must_use]
    pub fn get<Q, T, E>(&self, store: &Store<T, E, K>, name: &Q) -> Option<K>
    where
        N: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let handle = self.table.get(self.find(name)?)?.handle;
        store.contains(handle).then_some(handle)
    }

    /// The object with a name. If there is none, or it is dead, `make` inserts it, or says which one it
    /// is. Nothing in the map has changed when `make` runs.
    ///
    /// An object that was there has no more roots than before; one that `make` has inserted has the
    /// roots that `make` gave it. To hold it in either case, link it: see the example.
    ///
    /// # Errors
    /// [`Rejected`], with the name in it, where what `make` returns names no object.
    ///
    /// Complexity: O(1) amortised, besides `make`.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<String> = Store::new();
    /// let [birch, alder] = [store.insert("birch".into()), store.insert("alder".into())];
    /// let mut textures = WeakValueMap::new();
    /// store.scope(|store| {
    ///     for tree in [birch, alder] {
    ///         let bark = textures.get_or_insert_with(store, "bark.png", |store, name| {
    ///             let bark = store.insert(format!("pixels of {name}"));
    ///             store.unroot(bark).unwrap(); // the trees will own it; until then the scope keeps it
    ///             bark
    ///         });
    ///         store.link(tree, (), bark.unwrap()).unwrap();
    ///     }
    /// });
    /// let bark = textures.get(&store, "bark.png").unwrap();
    /// assert_eq!(store.refcount(bark), Some(2)); // loaded once
    /// ```
    pub fn get_or_insert_with<T, E>(
        &mut self,
        store: &mut Store<T, E, K>,
        name: N,
        make: impl FnOnce(&mut Store<T, E, K>, &N) -> K,
    ) -> Result<K, Rejected<N, StaleHandle>> {
        if let Some(handle) = self.get(store, &name) {
            return Ok(handle);
        }
        let handle = make(store, &name);
        self.insert(store, name, handle)?;
        Ok(handle)
    }

    /// Frees a name, and returns the object that had it, if that is alive. The name is dropped.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let king = store.insert(1);
    /// let mut kings = WeakValueMap::new();
    /// kings.insert(&store, "Ur", king)?;
    /// assert_eq!(kings.remove(&store, "Ur"), Some(king));
    /// assert_eq!(kings.remove(&store, "Ur"), None);
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
    /// ```
    pub fn remove<Q, T, E>(&mut self, store: &Store<T, E, K>, name: &Q) -> Option<K>
    where
        N: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.table.sweep(store);
        let handle = self.table.take(self.find(name)?)?.handle;
        store.contains(handle).then_some(handle)
    }

    /// Whether a living object has this name.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, WeakValueMap};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let king = store.insert(1);
    /// let mut kings = WeakValueMap::new();
    /// kings.insert(&store, "Ur", king)?;
    /// assert!(kings.contains_key(&store, "Ur"));
    /// store.destroy(king);
    /// assert!(!kings.contains_key(&store, "Ur"));
    /// # Ok::<(), understory::Rejected<&str, understory::StaleHandle>>(())
    /// ```
    #[must_use]
    pub fn contains_key<Q, T, E>(&self, store: &Store<T, E, K>, name: &Q) -> bool
    where
        N: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.get(store, name).is_some()
    }

    fn find<Q>(&self, name: &Q) -> Option<usize>
    where
        N: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let hash = hash_of(name);
        self.table.find(hash, |named| named.name.borrow() == name)
    }
}

impl<N, K> Default for WeakValueMap<N, K> {
    /// An empty map.
    fn default() -> Self {
        Self {
            table: Table::default(),
        }
    }
}

impl<N: fmt::Debug, K: Key> fmt::Debug for WeakValueMap<N, K> {
    /// All entries. As there is no store to ask, those of the dead that were not pruned are among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.table.all().map(|named| (&named.name, named.handle));
        f.debug_map().entries(entries).finish()
    }
}
