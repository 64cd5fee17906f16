//! The values, apart from the edges.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Index, IndexMut};

use slotmap::Key;

use crate::bits::Bits;
use crate::handle::index_of;
use crate::heap::arena::Arena;
use crate::index::arena_of;
use crate::store::iter::IterMut;
use crate::store::read::stale_panic;

/// The values of a store, to change, apart from its edges and components: one of the [`Parts`](crate::Parts).
pub struct ValuesView<'a, T, K> {
    pub(super) arenas: &'a mut [Arena<T>],
    pub(super) dead: Option<&'a Bits>,
    pub(super) len: usize,
    pub(super) key: PhantomData<fn() -> K>,
}

impl<T, K: Key> ValuesView<'_, T, K> {
    fn is_dead(&self, handle: K) -> bool {
        self.dead
            .is_some_and(|dead| dead.get(index_of(handle.data())))
    }

    /// The value of an object.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let fire = store.insert(100);
    /// let values = store.split_mut().values;
    /// assert_eq!(values.get(fire), Some(&100));
    /// ```
    #[must_use]
    pub fn get(&self, handle: K) -> Option<&T> {
        let value = self
            .arenas
            .get(arena_of(index_of(handle.data())))?
            .get(handle.data());
        value.filter(|_| !self.is_dead(handle))
    }

    /// The value of an object, to change.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let fire = store.insert(100);
    /// let mut values = store.split_mut().values;
    /// *values.get_mut(fire).unwrap() -= 1;
    /// assert_eq!(store[fire], 99);
    /// ```
    #[must_use]
    pub fn get_mut(&mut self, handle: K) -> Option<&mut T> {
        if self.is_dead(handle) {
            return None;
        }
        self.arenas
            .get_mut(arena_of(index_of(handle.data())))?
            .get_mut(handle.data())
    }

    /// All objects, in the order of their indices.
    ///
    /// Complexity: O(arenas × 4,095) for all.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let city = store.insert(0);
    /// store.insert_linked(city, (), 7).unwrap();
    /// let mut parts = store.split_mut();
    /// for (handle, value) in parts.values.iter_mut() {
    ///     *value += 10 * parts.edges.in_degree(handle).unwrap() as u32;
    /// }
    /// assert!(store.values().eq(&[0, 17]));
    /// ```
    pub fn iter_mut(&mut self) -> IterMut<'_, T, K> {
        IterMut::new(self.arenas, self.dead, self.len)
    }
}

impl<T, K: Key> Index<K> for ValuesView<'_, T, K> {
    type Output = T;

    /// The value of an object.
    ///
    /// # Panics
    /// If the handle names no object.
    #[track_caller]
    fn index(&self, handle: K) -> &T {
        match self.get(handle) {
            Some(value) => value,
            None => stale_panic(handle.data()),
        }
    }
}

impl<T, K: Key> IndexMut<K> for ValuesView<'_, T, K> {
    /// The value of an object, to change.
    ///
    /// # Panics
    /// If the handle names no object.
    #[track_caller]
    fn index_mut(&mut self, handle: K) -> &mut T {
        match self.get_mut(handle) {
            Some(value) => value,
            None => stale_panic(handle.data()),
        }
    }
}

impl<T, K> fmt::Debug for ValuesView<'_, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValuesView")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

impl<'a, T, K: Key> IntoIterator for &'a mut ValuesView<'_, T, K> {
    type Item = (K, &'a mut T);
    type IntoIter = IterMut<'a, T, K>;

    fn into_iter(self) -> IterMut<'a, T, K> {
        self.iter_mut()
    }
}
