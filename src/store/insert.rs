//! New objects, and the limits on them.

use slotmap::{Key, KeyData};

use crate::error::{InsertRefusal, Limit, Rejected};
use crate::gc::schedule::TOGETHER;
use crate::store::Store;

impl<T, E, K: Key> Store<T, E, K> {
    /// Adds an object with one root, the caller's; [`unroot`](Self::unroot) gives it up.
    ///
    /// It may first do a piece of a collection, or a whole one: see
    /// [`Config::auto`](crate::Config::auto).
    ///
    /// # Panics
    /// If the store is full; [`try_insert`](Self::try_insert) answers with an error instead.
    ///
    /// Complexity: O(1) amortised, and at worst copies one arena of at most 4,095 objects, besides at
    /// most 64 × [`Config::assist_limit`](crate::Config::assist_limit) units of work, what finalizers
    /// do, and the death of what only garbage owned; under [`Auto::Whole`](crate::Auto::Whole) besides
    /// a collection that is due.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let tree = store.insert("beech");
    /// assert_eq!(store[tree], "beech");
    /// assert_eq!(store.root_count(tree), Some(1));
    /// ```
    #[inline]
    #[track_caller]
    pub fn insert(&mut self, value: T) -> K {
        let value = if self.is_quiet() {
            match self.objects.insert_rooted(value) {
                Ok(key) => return key.into(),
                Err(value) => value,
            }
        } else {
            value
        };
        self.insert_slowly(value)
    }

    #[inline(never)]
    #[track_caller]
    fn insert_slowly(&mut self, value: T) -> K {
        match self.try_insert(value) {
            Ok(handle) => handle,
            Err(full) => full_panic(full.reason),
        }
    }

    /// Whether no insertion has anything else to do so far. Values are not measured then.
    #[inline]
    pub(super) fn is_quiet(&self) -> bool {
        self.gc.is_quiet(self.objects.inserted) && !self.unsettled.is_any()
    }

    /// Adds the object that `make` builds from its own handle, with one root.
    ///
    /// Nothing has changed when `make` runs, so a panic in it loses nothing. The byte limit is only
    /// checked for the size of `T`, as there is no value to weigh yet.
    ///
    /// # Panics
    /// If the store is full.
    ///
    /// Complexity: O(1) amortised, like [`insert`](Self::insert).
    ///
    /// # Examples
    /// ```
    /// use understory::{Handle, Store};
    ///
    /// let mut store: Store<(Handle, &str)> = Store::new();
    /// let tree = store.insert_with(|this| (this, "alder"));
    /// assert_eq!(store[tree].0, tree);
    /// ```
    #[track_caller]
    pub fn insert_with(&mut self, make: impl FnOnce(K) -> T) -> K {
        if let Err(limit) = self.make_room(size_of::<T>()) {
            full_panic(limit);
        }
        match self.objects.room() {
            Some(arena) => self.objects.insert(arena, 1, |key| make(key.into())).into(),
            None => full_panic(Limit::Handles),
        }
    }

    /// Adds an object with one root, if there is room.
    ///
    /// # Errors
    /// [`Rejected`] with the value, if a limit is reached and a collection has not helped, or could not
    /// be run: see [`Config::max_objects`](crate::Config#structfield.max_objects).
    ///
    /// Complexity: O(1) amortised, like [`insert`](Self::insert); at a limit in
    /// O(objects + edges).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Limit, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().max_objects(1));
    /// store.insert("elder");
    /// let full = store.try_insert("hazel").unwrap_err();
    /// assert_eq!((full.value, full.reason), ("hazel", Limit::Objects));
    /// ```
    #[inline]
    pub fn try_insert(&mut self, value: T) -> Result<K, Rejected<T, Limit>> {
        match self.make_room(self.objects.weight_of(&value)) {
            Ok(()) => self.place(1, value).map(K::from),
            Err(limit) => Err(Rejected::new(value, limit)),
        }
    }

    /// Adds an object that only `parent` owns: an edge and no root.
    ///
    /// It is the cheapest way to build a graph: there is no root to give up afterwards, which would
    /// make the new object a suspect.
    ///
    /// # Errors
    /// [`Rejected`] with value and label, if `parent` names no object or there is no room.
    ///
    /// Complexity: O(1) amortised, like [`insert`](Self::insert).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// let oak = store.insert("oak");
    /// let leaf = store.insert_linked(oak, "bears", "leaf")?;
    /// assert_eq!(store.root_count(leaf), Some(0));
    ///
    /// store.unroot(oak)?;
    /// assert!(!store.contains(leaf));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn insert_linked(
        &mut self,
        parent: K,
        label: E,
        value: T,
    ) -> Result<K, Rejected<(T, E), InsertRefusal>> {
        let (label, value) = if self.is_quiet() {
            match self.objects.insert_below(parent.data(), label, value) {
                Ok(key) => return Ok(key.into()),
                Err(refused) => refused,
            }
        } else {
            (label, value)
        };
        self.insert_linked_slowly(parent, label, value)
    }

    #[inline(never)]
    fn insert_linked_slowly(
        &mut self,
        parent: K,
        label: E,
        value: T,
    ) -> Result<K, Rejected<(T, E), InsertRefusal>> {
        let weight = self.objects.weight_of(&value);
        match self.make_room_below(parent, weight) {
            Ok((arena, source)) => {
                let objects = &mut self.objects;
                let key = objects.insert_linked(arena, source, label, (value, weight));
                Ok(key.into())
            }
            Err(reason) => Err(Rejected::new((value, label), reason)),
        }
    }

    /// Makes room for an object and for the edge to it. Returns an arena with room and the index of the
    /// parent.
    #[inline]
    fn make_room_below(&mut self, parent: K, weight: usize) -> Result<(u32, u32), InsertRefusal> {
        self.make_room(weight).map_err(InsertRefusal::Full)?;
        // A collection for room may have taken the parent, if nothing owned it any more.
        let source = self.resolve(parent).map_err(InsertRefusal::Stale)?;
        let objects = &mut self.objects;
        let arena = objects.room().ok_or(InsertRefusal::Full(Limit::Handles))?;
        if objects.graph.make_source_room(source) {
            Ok((arena, source))
        } else {
            Err(InsertRefusal::TooManyEdges)
        }
    }

    /// Adds an object for which there is room, unless no handle is left.
    #[inline]
    fn place(&mut self, roots: u32, value: T) -> Result<KeyData, Rejected<T, Limit>> {
        match self.objects.room() {
            Some(arena) => Ok(self.objects.insert(arena, roots, |_| value)),
            None => Err(Rejected::new(value, Limit::Handles)),
        }
    }

    /// Collects if that is due, or if one more object of this weight would pass a limit.
    #[inline]
    fn make_room(&mut self, weight: usize) -> Result<(), Limit> {
        if self.is_quiet() {
            return Ok(());
        }
        self.make_room_slowly(weight)
    }

    #[inline(never)]
    fn make_room_slowly(&mut self, weight: usize) -> Result<(), Limit> {
        self.settle();
        if self.gc.wants_work(&self.objects) && !self.is_busy() && !self.is_barred() {
            self.assist();
        }
        if self.limit(weight).is_some() {
            return self.make_room_at_limit(weight);
        }
        if !self.objects.is_measured() && !self.is_busy() {
            self.gc.rest(&self.objects, &self.config);
        } else {
            self.gc.wake();
        }
        Ok(())
    }

    /// Collects as far as so many insertions would, or if so many objects, of so many bytes in all, would pass
    /// a limit.
    pub(super) fn make_room_for(&mut self, objects: usize, bytes: usize) -> Result<(), Limit> {
        self.settle();
        self.assist_for(objects);
        if self.limit_of(objects, bytes).is_some() && !self.is_busy() {
            self.sync_roots();
            if self.may_make_room() {
                self.collect();
            }
        }
        match self.limit_of(objects, bytes) {
            None => Ok(()),
            Some(limit) => Err(limit),
        }
    }

    /// Works on collections that are due or run, as far as so many insertions would.
    fn assist_for(&mut self, objects: usize) {
        for _ in 0..objects.div_ceil(TOGETHER) {
            if !self.gc.wants_work(&self.objects) || self.is_busy() || self.is_barred() {
                break;
            }
            self.assist();
            // It is the turn of the next batch.
            self.gc.assist_at_once(&self.objects);
        }
    }

    #[cold]
    fn make_room_at_limit(&mut self, weight: usize) -> Result<(), Limit> {
        if !self.is_busy() {
            self.sync_roots();
            if self.may_make_room() {
                self.collect();
            }
        }
        match self.limit(weight) {
            None => Ok(()),
            Some(limit) => Err(limit),
        }
    }

    /// Whether a collection could free anything: what insists at a limit does not search all each time.
    fn may_make_room(&self) -> bool {
        self.gc.may_free(&self.objects) || self.release.pending() > 0
    }

    /// The limit that one more object of this weight would pass.
    #[inline]
    fn limit(&self, weight: usize) -> Option<Limit> {
        self.limit_of(1, weight)
    }

    /// The limit that so many more objects of this weight in all would pass.
    #[inline]
    pub(super) fn limit_of(&self, objects: usize, bytes: usize) -> Option<Limit> {
        if self.objects.len().saturating_add(objects) > self.config.max_objects {
            Some(Limit::Objects)
        } else if self.objects.bytes().saturating_add(bytes) > self.config.max_bytes {
            Some(Limit::Bytes)
        } else {
            None
        }
    }
}

#[cold]
#[track_caller]
pub(super) fn full_panic(limit: Limit) -> ! {
    panic!("{limit}")
}

impl<T, E, K: Key> Extend<T> for Store<T, E, K> {
    /// Inserts each value, with one root each.
    ///
    /// # Panics
    /// If the store is full.
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        for value in values {
            self.insert(value);
        }
    }
}

impl<T, E, K: Key> FromIterator<T> for Store<T, E, K> {
    /// A store of these values, with one root each.
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut store = Self::default();
        store.extend(values);
        store
    }
}
