//! What a store takes: room for objects, bytes allocated, what values weigh.

use slotmap::Key;

use crate::gc::Scratch;
use crate::store::Store;

impl<T, E, K: Key> Store<T, E, K> {
    /// How many objects fit in the memory that is allocated; see [`reserve`](Self::reserve).
    ///
    /// Complexity: O(arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::with_capacity(5_000);
    /// let room = store.capacity();
    /// store.extend(0..5_000);
    /// assert_eq!(store.capacity(), room); // no new memory for objects was needed
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.objects.heap.capacity()
    }

    /// Makes room for `objects` more objects.
    ///
    /// Complexity: O(`objects` / 4,095 + arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// store.reserve(5_000);
    /// assert!(store.capacity() >= 5_000);
    /// ```
    pub fn reserve(&mut self, objects: usize) {
        self.objects.reserve(objects);
    }

    /// Gives memory back: empty arenas, what the pools of edges don't need, and what maps, queues and
    /// buffers have room for and don't hold. No object moves. Within a finalizer it does nothing.
    ///
    /// Lists of edges are in blocks of size classes, and a block that is free serves only lists of its class.
    /// So edges take the sum of what each class has needed at its peak, until this call moves all lists into
    /// fresh pools. Call it when the shape of the graph has changed, as after a level.
    ///
    /// Complexity: O(objects + edges + arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = (0..100_000).collect();
    /// let before = store.memory();
    /// store.clear();
    /// store.shrink();
    /// assert!(store.memory() < before / 100);
    /// ```
    pub fn shrink(&mut self) {
        self.settle();
        if self.is_finalizing() {
            return;
        }
        let keep_bits = self.gc.is_collecting();
        self.objects.shrink(keep_bits);
        self.release.shrink();
        self.condemned.shrink();
        self.gc.shrink();
        self.finalizers.shrink();
        self.observers.shrink();
        self.scratch = Scratch::default();
        #[cfg(feature = "std")]
        self.returned.shrink();
    }

    /// How many bytes the store has allocated, without what values, labels and components own. The
    /// closures of finalizers and observers, which clones of the store share, are not counted; nor are
    /// values of type `Root` and the store's own value. What edges have taken is kept for lists of the same
    /// size class until [`shrink`](Self::shrink).
    ///
    /// # Panics
    /// While components are borrowed mutably.
    ///
    /// Complexity: O(arenas + objects that are watched several times).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u64> = understory::Store::new();
    /// assert!(store.memory() < 1_000);
    /// store.extend(0..10_000);
    /// assert!(store.memory() >= 10_000 * size_of::<u64>());
    /// ```
    #[must_use]
    pub fn memory(&self) -> usize {
        #[cfg(feature = "std")]
        let returned = self.returned.memory();
        #[cfg(not(feature = "std"))]
        let returned = 0;
        self.objects.memory()
            + self.release.memory()
            + self.condemned.memory()
            + self.gc.memory()
            + self.finalizers.memory()
            + self.named.memory()
            + self.observers.memory()
            + self.scratch.memory()
            + returned
    }

    /// How many bytes the objects weigh, which [`Config::max_bytes`](crate::Config::max_bytes) limits: each weighs what the
    /// function of [`measure_with`](Self::measure_with) said, or else the size of `T`. What is dead
    /// counts until it is swept.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let store: understory::Store<u64> = (0..10).collect();
    /// assert_eq!(store.bytes(), 80);
    /// ```
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.objects.bytes()
    }

    /// Sets the function that tells how many bytes a value weighs, together with what it owns, and
    /// weighs all values with it. A value is weighed when it is inserted; after its size has changed
    /// call [`measure`](Self::measure). Until this is called each value weighs the size of `T`, so
    /// [`Config::max_bytes`](crate::Config#structfield.max_bytes),
    /// [`Config::young_bytes`](crate::Config#structfield.young_bytes) and
    /// [`Config::growth`](crate::Config#structfield.growth) don't see what values own.
    ///
    /// Complexity: O(objects + arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<String> = understory::Store::new();
    /// store.measure_with(|text| size_of::<String>() + text.capacity());
    /// let text = store.insert(String::with_capacity(1_000));
    /// assert!(store.bytes() >= 1_000);
    /// store[text].shrink_to_fit();
    /// store.measure(text);
    /// assert!(store.bytes() < 100);
    /// ```
    pub fn measure_with(&mut self, measure: fn(&T) -> usize) {
        self.gc.wake();
        self.objects.measure_with(measure);
    }

    /// Weighs a value again, after it has changed, and returns its weight; `None` if the handle names no
    /// object.
    ///
    /// Complexity: O(1), besides the function that weighs.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<Vec<u8>> = understory::Store::new();
    /// store.measure_with(Vec::len);
    /// let map = store.insert(vec![0; 100]);
    /// store[map].truncate(40);
    /// assert_eq!((store.bytes(), store.measure(map), store.bytes()), (100, Some(40), 40));
    /// ```
    pub fn measure(&mut self, handle: K) -> Option<usize> {
        let index = self.objects.resolve(handle.data())?;
        self.objects.measure(index)
    }
}
