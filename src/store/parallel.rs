//! Walks over all objects on the threads of a `rayon` pool, an arena at a time.

use core::fmt;
use core::marker::PhantomData;

use rayon::iter::plumbing::UnindexedConsumer;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use slotmap::Key;

use crate::bits::Bits;
use crate::handle::index_of;
use crate::heap::arena::{Arena, outer_key};
use crate::index::base_of;
use crate::store::Store;

macro_rules! walk {
    (
        $(#[$doc:meta])* $name:ident,
        $arenas:ty, $value:ty, $bound:ident, $enter:ident $(, $mut:tt)?
    ) => {
        $(#[$doc])*
        pub struct $name<'a, T, K> {
            arenas: $arenas,
            dead: Option<&'a Bits>,
            key: PhantomData<fn() -> K>,
        }

        impl<'a, T: $bound, K: Key + Send> ParallelIterator for $name<'a, T, K> {
            type Item = (K, $value);

            fn drive_unindexed<C: UnindexedConsumer<Self::Item>>(self, consumer: C) -> C::Result {
                let dead = self.dead;
                let arenas = self.arenas.into_par_iter().enumerate();
                let objects = arenas.flat_map_iter(|(number, arena)| {
                    let (base, floor) = (base_of(number), arena.floor());
                    arena.$enter().filter_map(move |(key, value)| {
                        let key = outer_key(base, floor, key);
                        let is_dead = dead.is_some_and(|dead| dead.get(index_of(key)));
                        (!is_dead).then(|| (key.into(), & $($mut)? value.0))
                    })
                });
                objects.drive_unindexed(consumer)
            }
        }

        impl<T, K> fmt::Debug for $name<'_, T, K> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("arenas", &self.arenas.len()).finish_non_exhaustive()
            }
        }
    };
}

walk!(
    /// All objects on several threads: handle and value. What [`Store::par_iter`] gives.
    ParIter, &'a [Arena<T>], &'a T, Sync, iter
);
walk!(
    /// All objects on several threads: handle and value, to change. What [`Store::par_iter_mut`]
    /// gives.
    ParIterMut, &'a mut [Arena<T>], &'a mut T, Send, iter_mut, mut
);

impl<T, E, K: Key> Store<T, E, K> {
    /// All objects, on the threads of the `rayon` pool that this is called in: with the feature
    /// `rayon`.
    ///
    /// They are what [`iter`](Self::iter) gives. Collected into a `Vec` they are in the order of their
    /// indices. A thread takes an arena of up to 4,095 objects at a time.
    ///
    /// Complexity: O(arenas × 4,095) for all.
    ///
    /// # Examples
    /// ```
    /// use rayon::iter::ParallelIterator;
    ///
    /// let store: understory::Store<u32> = (0..10_000).collect();
    /// let even = store.par_iter().filter(|(_, value)| *value % 2 == 0);
    /// assert_eq!(even.count(), 5_000);
    /// ```
    pub fn par_iter(&self) -> impl ParallelIterator<Item = (K, &T)>
    where
        T: Sync,
        K: Send,
    {
        self.walk()
    }

    fn walk(&self) -> ParIter<'_, T, K> {
        ParIter {
            arenas: self.objects.heap.arenas(),
            dead: self.dead_bits(),
            key: PhantomData,
        }
    }

    /// All objects, to change, on the threads of the `rayon` pool that this is called in: with the
    /// feature `rayon`. They are what [`iter_mut`](Self::iter_mut) gives.
    ///
    /// Complexity: O(arenas × 4,095) for all.
    ///
    /// # Examples
    /// ```
    /// use rayon::iter::ParallelIterator;
    ///
    /// let mut store: understory::Store<u32> = [1, 2, 3].into_iter().collect();
    /// store.par_iter_mut().for_each(|(_, value)| *value *= 10);
    /// assert!(store.values().eq(&[10, 20, 30]));
    /// ```
    pub fn par_iter_mut(&mut self) -> impl ParallelIterator<Item = (K, &mut T)>
    where
        T: Send,
        K: Send,
    {
        self.walk_mut()
    }

    fn walk_mut(&mut self) -> ParIterMut<'_, T, K> {
        let dead = (self.objects.doomed > 0).then_some(&self.objects.dead);
        ParIterMut {
            arenas: self.objects.heap.arenas_mut(),
            dead,
            key: PhantomData,
        }
    }

    /// The values of all objects, on the threads of the `rayon` pool that this is called in: with
    /// the feature `rayon`. They are what [`values`](Self::values) gives.
    ///
    /// Complexity: O(arenas × 4,095) for all.
    ///
    /// # Examples
    /// ```
    /// use rayon::iter::ParallelIterator;
    ///
    /// let store: understory::Store<u32> = [1, 2, 3].into_iter().collect();
    /// assert_eq!(store.par_values().sum::<u32>(), 6);
    /// ```
    pub fn par_values(&self) -> impl ParallelIterator<Item = &T>
    where
        T: Sync,
        K: Send,
    {
        self.walk().map(|(_, value)| value)
    }

    /// The values of all objects, to change, on the threads of the `rayon` pool that this is called
    /// in: with the feature `rayon`. They are what [`values_mut`](Self::values_mut) gives.
    ///
    /// Complexity: O(arenas × 4,095) for all.
    ///
    /// # Examples
    /// ```
    /// use rayon::iter::ParallelIterator;
    ///
    /// let mut store: understory::Store<u32> = [1, 2, 3].into_iter().collect();
    /// store.par_values_mut().for_each(|value| *value += 1);
    /// assert!(store.values().eq(&[2, 3, 4]));
    /// ```
    pub fn par_values_mut(&mut self) -> impl ParallelIterator<Item = &mut T>
    where
        T: Send,
        K: Send,
    {
        self.walk_mut().map(|(_, value)| value)
    }
}

impl<'a, T: Sync, E, K: Key + Send> IntoParallelIterator for &'a Store<T, E, K> {
    type Item = (K, &'a T);
    type Iter = ParIter<'a, T, K>;

    fn into_par_iter(self) -> ParIter<'a, T, K> {
        self.walk()
    }
}

impl<'a, T: Send, E, K: Key + Send> IntoParallelIterator for &'a mut Store<T, E, K> {
    type Item = (K, &'a mut T);
    type Iter = ParIterMut<'a, T, K>;

    fn into_par_iter(self) -> ParIterMut<'a, T, K> {
        self.walk_mut()
    }
}
