//! Questions to the graph: a copy that answers them.

use core::fmt;

use slotmap::Key;

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
        crate::inspect::copy::copy(&self.objects, describe)
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
        Some(crate::inspect::alive::why(&self.objects, index))
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
}
