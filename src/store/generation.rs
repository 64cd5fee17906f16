//! Generations: which one an object is in, and what collections leave out.

use slotmap::Key;

use crate::config::Generation;
use crate::store::Store;

impl<T, E, K: Key> Store<T, E, K> {
    /// The generation of an object's arena.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<u32>::new();
    /// let tile = store.insert(1);
    /// assert_eq!(store.generation(tile), Some(understory::Generation::Young));
    /// ```
    #[must_use]
    pub fn generation(&self, handle: K) -> Option<Generation> {
        let index = self.objects.resolve(handle.data())?;
        Some(self.objects.heap.generation(index))
    }

    /// How many objects a generation has.
    ///
    /// Computes in O(arenas), and O(arenas × 64) while the dead are swept.
    ///
    /// # Examples
    /// ```
    /// let store: understory::Store<u32> = (0..3).collect();
    /// assert_eq!(store.generation_len(understory::Generation::Young), 3);
    /// ```
    #[must_use]
    pub fn generation_len(&self, generation: Generation) -> usize {
        self.objects.generation_len(generation)
    }

    /// Makes all objects permanent: collections that begin from now on don't examine them, and take
    /// them for roots of what they refer to. They still die by count; one that its finalizer saves stays
    /// permanent, until [`unfreeze`](Self::unfreeze). Useful after a level has been loaded. A collection that is running goes on with what it examines, and what it finds to be
    /// garbage dies; call [`collect`](Self::collect) first, so that none is running and no garbage is
    /// frozen.
    ///
    /// Computes in O(arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = (0..1_000).collect();
    /// store.freeze();
    /// assert_eq!((store.frozen_count(), store.collect().examined), (1_000, 0));
    /// store.unfreeze();
    /// assert_eq!(store.collect().examined, 1_000);
    /// ```
    pub fn freeze(&mut self) {
        self.settle();
        self.objects.heap.freeze();
        self.objects.allocations = 0;
        self.gc.pace.reset_counts();
    }

    /// Makes permanent objects old, so that collections that begin from now on examine them again.
    ///
    /// Computes in O(arenas).
    ///
    /// # Examples
    /// ```
    /// use understory::{Generation, Store};
    ///
    /// let mut store = Store::<&str>::new();
    /// let castle = store.insert("castle");
    /// store.freeze();
    /// assert_eq!(store.generation(castle), Some(Generation::Permanent));
    /// store.unfreeze();
    /// assert_eq!(store.generation(castle), Some(Generation::Old));
    /// ```
    pub fn unfreeze(&mut self) {
        self.settle();
        self.objects.heap.unfreeze();
        // What became garbage while it was frozen can be found now.
        self.objects.graph.suspect_unnamed();
    }

    /// How many objects are permanent.
    ///
    /// Computes in O(arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = (0..100).collect();
    /// assert_eq!(store.frozen_count(), 0);
    /// store.freeze();
    /// assert_eq!(store.frozen_count(), 100);
    /// ```
    #[must_use]
    pub fn frozen_count(&self) -> usize {
        self.generation_len(Generation::Permanent)
    }
}
