//! What a collector can be asked: which object is where, which refers to which, what it has found.

use alloc::vec::Vec;

use core::fmt;

use slotmap::{Key, KeyData};

use crate::backlog::Backlog;
use crate::config::Generation;
use crate::graph::rows::Heads;
use crate::index::ARENA_WORDS;
use crate::paged::Pages;
use crate::store::Store;

/// The garbage that was kept. What [`Store::drain_garbage`] gives.
struct DrainGarbage<K> {
    garbage: Pages<KeyData>,
    next: usize,
    key: core::marker::PhantomData<fn() -> K>,
}

impl<K: Key> Iterator for DrainGarbage<K> {
    type Item = K;

    fn next(&mut self) -> Option<K> {
        let key = *self.garbage.get(self.next)?;
        self.next += 1;
        Some(K::from(key))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.garbage.len() - self.next;
        (left, Some(left))
    }
}

impl<K: Key> ExactSizeIterator for DrainGarbage<K> {}

impl<K> fmt::Debug for DrainGarbage<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DrainGarbage")
            .field("left", &(self.garbage.len() - self.next))
            .finish_non_exhaustive()
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// The handles of a generation's objects, in the order of their indices.
    ///
    /// Complexity: O(arenas + the generation's objects) for all.
    ///
    /// # Examples
    /// ```
    /// use understory::{Generation, Store};
    ///
    /// let mut store: Store<u32> = (0..3).collect();
    /// assert_eq!(store.handles_in(Generation::Young).count(), 3);
    /// store.freeze();
    /// assert_eq!(store.handles_in(Generation::Young).count(), 0);
    /// ```
    pub fn handles_in(&self, generation: Generation) -> impl Iterator<Item = K> + use<'_, T, E, K> {
        let arenas = self.objects.heap.arenas().iter().enumerate();
        let of_it = arenas.filter(move |(_, arena)| arena.generation == generation);
        of_it.flat_map(move |(number, _)| {
            let live = self.objects.live().arena(number);
            let indices = (0..ARENA_WORDS).flat_map(move |word| {
                let bits = crate::bits::Ones(live.word(word));
                let word = number * ARENA_WORDS + word;
                bits.map(move |bit| crate::index::index_at(word, bit))
            });
            indices.map(|index| self.objects.graph.headers().key(index).into())
        })
    }

    /// The objects that have an edge to at least one of `targets`, each once, in the order of their
    /// indices. Handles that name no object are passed over.
    ///
    /// Complexity: O(s log s) for s sources.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [ann, ben, cat] = ["ann", "ben", "cat"].map(|name| store.insert(name));
    /// for (source, target) in [(ben, ann), (cat, ann), (cat, ben)] {
    ///     store.link(source, (), target)?;
    /// }
    /// assert_eq!(store.referrers([ann, ben]), [ben, cat]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn referrers(&self, targets: impl IntoIterator<Item = K>) -> Vec<K> {
        let sources = targets.into_iter().flat_map(|target| self.sources(target));
        let mut sources: Vec<K> = sources.collect();
        sources.sort_unstable_by_key(|source| crate::handle::index_of(source.data()));
        sources.dedup();
        sources
    }

    /// Whether an object may be part of a cycle: there are edges from it and edges to it.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let tree = store.insert("tree");
    /// let leaf = store.insert_linked(tree, (), "leaf")?;
    /// assert_eq!((store.may_be_cyclic(tree), store.may_be_cyclic(leaf)), (Some(false), Some(false)));
    /// store.link(leaf, (), tree)?;
    /// assert_eq!((store.may_be_cyclic(tree), store.may_be_cyclic(leaf)), (Some(true), Some(true)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn may_be_cyclic(&self, handle: K) -> Option<bool> {
        let index = self.objects.resolve(handle.data())?;
        let headers = self.objects.graph.headers();
        Some(!headers.outgoing(index).is_empty() && !headers.incoming(index).is_empty())
    }

    /// Sets whether collections that begin from now on keep the garbage that they find; see
    /// [`drain_garbage`](Self::drain_garbage). While they do, no suspects are traced.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// store.set_keep_garbage(true);
    /// assert!(store.config().keep_garbage);
    /// ```
    pub fn set_keep_garbage(&mut self, keep: bool) {
        self.config.keep_garbage = keep;
    }

    /// The garbage that collections have found and kept since the last call, to see why it was not let
    /// go of in time. Its finalizers have run. Each object was given a root, which is the caller's from
    /// now on: [`unroot`](Self::unroot) them, and the next collection reclaims what is still garbage.
    ///
    /// Complexity: O(garbage).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().keep_garbage(true));
    /// let [egg, hen] = [store.insert("egg"), store.insert("hen")];
    /// store.link(egg, (), hen)?;
    /// store.link(hen, (), egg)?;
    /// store.unroot(egg)?;
    /// store.unroot(hen)?;
    /// assert_eq!(store.collect().freed, 2); // found, and kept
    ///
    /// store.set_keep_garbage(false);
    /// for handle in store.drain_garbage() {
    ///     println!("{} was leaked", store[handle]);
    ///     store.unroot(handle)?;
    /// }
    /// store.collect();
    /// assert!(store.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drain_garbage(&mut self) -> impl ExactSizeIterator<Item = K> + use<T, E, K> {
        self.settle();
        self.backlogs.see(Backlog::Garbage, 0);
        DrainGarbage {
            garbage: core::mem::take(&mut self.gc.garbage),
            next: 0,
            key: core::marker::PhantomData,
        }
    }
}
