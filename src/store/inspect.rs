//! Questions to the graph: a copy that answers them.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::panic::Location;

use slotmap::Key;

use crate::error::{RootError, UnrootError};
use crate::inspect::{Describe, HeapSnapshot, WhyAlive};
use crate::store::Store;

impl<T, E, K: Key> Store<T, E, K> {
    /// Copies which objects there are, how large they are and what they refer to, so that it can be asked why an
    /// object is alive and what takes the memory: see [`inspect`](crate::inspect). Values are not copied;
    /// `describe` says how their classes, sizes and the labels of edges are called.
    ///
    /// What waits to be reclaimed, and what is dead but not swept, is copied too, and marked.
    ///
    /// # Panics
    /// If there are 2³² edges or more.
    ///
    /// Complexity: O(objects + edges).
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    /// use understory::inspect::Describe;
    ///
    /// let mut store: Store<&str, &str> = Store::new();
    /// let squad = store.insert("squad");
    /// store.insert_linked(squad, "has", "archer")?;
    ///
    /// let describe = Describe::new().class(|name: &&'static str| *name);
    /// let heap = store.heap_snapshot(&describe);
    /// let answer = std::thread::spawn(move || heap.classes().collect::<Vec<_>>().join(", "));
    /// store.clear(); // meanwhile the program goes on
    /// assert_eq!(answer.join().unwrap(), "squad, archer");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn heap_snapshot(&self, describe: &Describe<T, E>) -> HeapSnapshot {
        crate::inspect::copy::copy(&self.objects, &self.named, describe)
    }

    /// Why an object is alive: the shortest way to it from a root, or what else keeps it; `None` if the handle names
    /// no object. It copies nothing, and searches from the object against the edges, up to the first root.
    ///
    /// For several ways, and for what would have to be cut, ask a [`heap_snapshot`](Self::heap_snapshot).
    ///
    /// Complexity: O(o / 64 + v + e) for a store of o objects and v objects with e edges to them that are no further
    /// from the object than the nearest root.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    /// use understory::inspect::Holder;
    ///
    /// let mut store: Store<&str, &str> = Store::new();
    /// let bus = store.insert("bus");
    /// let menu = store.insert("menu");
    /// let listener = store.insert_linked(menu, "hears by", "listener")?;
    /// store.link(bus, "calls", listener)?;
    /// store.link(listener, "tells", menu)?;
    /// store.unroot(menu)?; // closed, and still there
    ///
    /// let why = store.why_alive(menu).unwrap();
    /// assert_eq!(why.holder, Holder::Root);
    /// assert!(why.steps.iter().map(|step| *step.value).eq(["bus", "listener", "menu"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn why_alive(&self, handle: K) -> Option<WhyAlive<'_, T, E, K>> {
        let index = self.objects.resolve(handle.data())?;
        Some(crate::inspect::alive::why(
            &self.objects,
            &self.named,
            index,
        ))
    }

    /// For tests: does nothing if an object is dead.
    ///
    /// # Panics
    /// If the handle names an object. The message says why it is alive.
    ///
    /// Complexity: O(1), and as [`why_alive`](Self::why_alive) if it panics.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let menu = store.insert("menu");
    /// store.unroot(menu)?;
    /// store.expect_dead(menu);
    /// # Ok::<(), understory::UnrootError>(())
    /// ```
    #[track_caller]
    pub fn expect_dead(&self, handle: K)
    where
        T: fmt::Debug,
        E: fmt::Debug,
    {
        if let Some(why) = self.why_alive(handle) {
            panic!("{why}");
        }
    }

    /// For the end of a test: does nothing if no object is left once dropped `Root`s are taken note of and all garbage
    /// is collected.
    ///
    /// # Panics
    /// If an object is left. The message says how many, and why the first one is alive.
    ///
    /// Complexity: O(objects + edges).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let egg = store.insert("egg");
    /// let hen = store.insert_linked(egg, (), "hen")?;
    /// store.link(hen, (), egg)?;
    /// store.unroot(egg)?;
    /// store.assert_no_leaks(); // a cycle is no leak
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn assert_no_leaks(&mut self)
    where
        T: fmt::Debug,
        E: fmt::Debug,
    {
        self.collect();
        let left = self.len();
        let objects = if left == 1 {
            "object is"
        } else {
            "objects are"
        };
        if let Some(first) = self.handles().next() {
            if let Some(why) = self.why_alive(first) {
                panic!("{left} {objects} left; {why}");
            }
        }
    }

    /// Adds an object as [`insert`](Self::insert) does, and gives its root a name: see
    /// [`root_named`](Self::root_named).
    ///
    /// # Panics
    /// If the store is full.
    ///
    /// Complexity: O(1) amortised, like [`insert`](Self::insert), and in the length of the name.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let menu = store.insert_named("menu", "open screens");
    /// assert!(store.root_names(menu).next().unwrap().starts_with("open screens ("));
    /// ```
    #[track_caller]
    pub fn insert_named<'n>(&mut self, value: T, name: impl Into<Cow<'n, str>>) -> K {
        let handle = self.insert(value);
        self.name_root(handle, name.into(), Location::caller());
        handle
    }

    /// Adds a root as [`root`](Self::root) does, and gives it a name: what holds the object, for those who ask
    /// [why it is alive](Self::why_alive). The place of this call in the program is part of the name.
    ///
    /// Only those who name roots pay for names. They belong to the process and are not saved.
    ///
    /// # Errors
    /// [`RootError`] if the handle names no object, or it has 2²² − 1 roots.
    ///
    /// Complexity: O(1) amortised, and in the length of the name.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let menu = store.insert("menu");
    /// store.root_named(menu, "open screens")?;
    /// store.unroot(menu)?;
    /// let why = store.why_alive(menu).unwrap().to_string();
    /// assert!(why.contains("root open screens ("));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn root_named<'n>(
        &mut self,
        handle: K,
        name: impl Into<Cow<'n, str>>,
    ) -> Result<(), RootError> {
        self.root(handle)?;
        self.name_root(handle, name.into(), Location::caller());
        Ok(())
    }

    /// Takes a root away as [`unroot`](Self::unroot) does, one that has this name. (`unroot` takes roots without a
    /// name first, and then the one that was named last.)
    ///
    /// # Errors
    /// [`UnrootError`] if the handle names no object, or it has no root of this name.
    ///
    /// Complexity: as [`unroot`](Self::unroot), and O(named roots of the object).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let menu = store.insert_named("menu", "open screens");
    /// assert!(store.unroot_named(menu, "cache").is_err());
    /// store.unroot_named(menu, "open screens")?;
    /// store.expect_dead(menu);
    /// # Ok::<(), understory::UnrootError>(())
    /// ```
    pub fn unroot_named(&mut self, handle: K, name: &str) -> Result<(), UnrootError> {
        self.settle();
        let index = self.resolve(handle)?;
        let roots = self.objects.graph.headers().node(index).roots();
        if !self.named.remove(handle.data(), name, roots) {
            let handle = handle.data();
            return Err(UnrootError::NotRooted { handle });
        }
        self.unroot(handle)
    }

    /// The names of an object's roots, each with the place in the program where it was given, in the order in which
    /// they came. Roots without a name are passed over.
    ///
    /// Complexity: O(1), and O(named roots of the object) for all.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let menu = store.insert("menu");
    /// assert_eq!(store.root_names(menu).count(), 0);
    /// store.root_named(menu, "open screens")?;
    /// assert_eq!(store.root_names(menu).count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn root_names(&self, handle: K) -> impl Iterator<Item = String> + use<'_, T, E, K> {
        let key = handle.data();
        let index = self.objects.resolve(key);
        let roots = index.map_or(0, |index| self.objects.graph.headers().node(index).roots());
        self.named.of(key, roots)
    }

    fn name_root(&mut self, handle: K, name: Cow<'_, str>, place: &'static Location<'static>) {
        let Ok(index) = self.resolve(handle) else {
            return;
        };
        let objects = &self.objects;
        let roots = objects.graph.headers().node(index).roots();
        let is_alive = |index: u32, version: u32| {
            let key = crate::handle::key_of(index, version);
            objects.resolve(key).is_some()
        };
        self.named.add(handle.data(), name, place, roots, is_alive);
    }
}
