//! Generations: which one an object is in, and what collections leave out.

use alloc::vec;
use alloc::vec::Vec;

use slotmap::Key;

use crate::config::Generation;
use crate::handle::index_of;
use crate::index::arena_of;
use crate::store::Store;

impl<T, E, K: Key> Store<T, E, K> {
    /// The generation of an object's arena.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
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
    /// Complexity: O(arenas), and O(arenas × 64) while the dead are swept.
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
    /// Complexity: O(arenas).
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
    /// Complexity: O(arenas).
    ///
    /// # Examples
    /// ```
    /// use understory::{Generation, Store};
    ///
    /// let mut store: Store<&str> = Store::new();
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

    /// Freezes a part of the world, such as a level that was streamed in: all that the starts lead to over strong
    /// edges, the starts included. Returns how many objects of the part are permanent now.
    ///
    /// Generations are made of arenas, so the part is frozen as far as it has arenas of 4,095 slots to itself: an
    /// arena that has any other object stays what it is, and nothing else is frozen with the part. A part that was
    /// loaded in one go has whole arenas, but for the first and the last of them. Objects that were inserted one by
    /// one among others, or into the gaps that others left, have few.
    ///
    /// Otherwise it is like [`freeze`](Self::freeze), and so is what it costs: what frozen objects refer to lives,
    /// and each collection of younger objects looks at the edges to these.
    ///
    /// Complexity: O(objects of the part + their edges + arenas).
    ///
    /// # Examples
    /// ```
    /// use understory::{Generation, Store};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let hero = store.insert(0);
    /// let level = store.insert(1);
    /// for number in 0..20_000 {
    ///     store.insert_linked(level, (), number)?;
    /// }
    /// // All but what shares the first and the last arena with other things.
    /// let frozen = store.freeze_from([level]);
    /// assert!(frozen > 10_000 && store.frozen_count() == frozen);
    /// assert_ne!(store.generation(hero), Some(Generation::Permanent));
    ///
    /// assert_eq!(store.unfreeze_from([level]), frozen);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn freeze_from(&mut self, starts: impl IntoIterator<Item = K>) -> usize {
        self.settle();
        let reached = self.reached_by_arena(starts);
        let mut frozen = 0;
        for (number, &reached) in reached.iter().enumerate() {
            let arena = &self.objects.heap.arenas()[number];
            let is_whole = reached > 0 && reached == arena.len();
            if is_whole && arena.generation != Generation::Permanent {
                self.objects.heap.freeze_arena(number);
                frozen += reached;
            }
        }
        frozen
    }

    /// Makes the permanent objects old that are in an arena with anything that the starts lead to over strong edges,
    /// the starts included. Returns how many there are.
    ///
    /// Of what [`freeze_from`](Self::freeze_from) has frozen for the same starts these are all objects, if they still
    /// are all reached. To thaw whatever is frozen, call [`unfreeze`](Self::unfreeze).
    ///
    /// Complexity: O(objects of the part + their edges + arenas).
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let level = store.insert("level");
    /// store.freeze_from([level]);
    /// assert_eq!(store.frozen_count(), 1);
    /// assert_eq!(store.unfreeze_from([level]), 1);
    /// store.unroot(level)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unfreeze_from(&mut self, starts: impl IntoIterator<Item = K>) -> usize {
        self.settle();
        let reached = self.reached_by_arena(starts);
        let before = self.frozen_count();
        self.objects
            .heap
            .unfreeze_if(|number| reached.get(number).is_some_and(|&reached| reached > 0));
        self.objects.graph.suspect_unnamed();
        before - self.frozen_count()
    }

    /// How many objects of each arena the starts lead to.
    fn reached_by_arena(&self, starts: impl IntoIterator<Item = K>) -> Vec<usize> {
        let mut reached = vec![0; self.objects.heap.arenas().len()];
        for (handle, _) in self.breadth_first(starts) {
            reached[arena_of(index_of(handle.data()))] += 1;
        }
        reached
    }

    /// How many objects are permanent.
    ///
    /// Complexity: O(arenas).
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
