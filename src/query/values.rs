use core::any::type_name;
use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::slice;

#[cfg(feature = "rayon")]
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
#[cfg(feature = "rayon")]
use rayon::slice::{ParallelSlice, ParallelSliceMut};
use slotmap::basic;
use slotmap::{DefaultKey, Key, KeyData};

use super::each::each_in;
use super::iter::Steps;
use super::piece::BY_SLOT;
use super::walk::{Plan, Walk};
use super::{Query, QueryItem, record};
use crate::bits::WORD;
use crate::columns::{BorrowError, Columns};
use crate::handle::{index_of, key_of};
use crate::heap::arena::{Arena, Held, outer_key};
use crate::index::{SLOTS, arena_of, base_of, narrow_slot};
use crate::live::Live;

/// From how many objects on, for each one that matches, it takes longer to pass over them than to look up the one.
const APART: usize = 8;

/// The objects of an arena, gone through along with slots that come in order.
struct InStep<I> {
    objects: I,
    base: u32,
    floor: u32,
}

impl<V, I: Iterator<Item = (DefaultKey, V)>> InStep<I> {
    #[inline]
    fn find(&mut self, slot: usize) -> Option<(KeyData, V)> {
        for (key, value) in &mut self.objects {
            if index_of(key.data()) as usize >= slot {
                return Some((outer_key(self.base, self.floor, key), value));
            }
        }
        None
    }
}

macro_rules! query_values {
    (
        $(#[$doc:meta])* $query:ident, $(#[$iter_doc:meta])* $iter:ident, $method:literal,
        $slice:ident, $get:ident, $get_noted:ident, $each:ident, $all:ident, $chunks:ident, $bound:ident, $note:ident
        $(, $mut:tt)?
    ) => {
        $(#[$doc])*
        pub struct $query<'s, Q: Query, T, K> {
            guards: Q::Guards<'s>,
            live: Live<'s>,
            arenas: &'s $($mut)? [Arena<T>],
            key: PhantomData<fn() -> K>,
        }

        impl<'s, Q: Query, T, K: Key> $query<'s, Q, T, K> {
            /// # Errors
            /// If a column that the query names is borrowed in a way that excludes it.
            pub(crate) fn try_new(
                columns: &'s Columns,
                live: Live<'s>,
                arenas: &'s $($mut)? [Arena<T>],
            ) -> Result<Self, BorrowError> {
                Ok(Self {
                    guards: Q::borrow(columns)?,
                    live,
                    arenas,
                    key: PhantomData,
                })
            }

            /// # Panics
            /// If a column that the query names is borrowed in a way that excludes it.
            #[track_caller]
            pub(crate) fn new(
                columns: &'s Columns,
                live: Live<'s>,
                arenas: &'s $($mut)? [Arena<T>],
            ) -> Self {
                match Self::try_new(columns, live, arenas) {
                    Ok(query) => query,
                    Err(error) => panic!("{error}"),
                }
            }

            /// The objects that match: handle, value and components of each.
            ///
            /// Complexity: O(slots / 64 + matches) for all. Where values may be changed it is O(slots) in each arena
            /// that has a match; [`for_each`](Self::for_each) is not bound to that.
            ///
            /// # Examples
            /// ```
            /// let mut store: understory::Store<&str> = understory::Store::new();
            /// for (name, price) in [("pear", 3_u32), ("plum", 5)] {
            ///     let fruit = store.insert(name);
            ///     store.insert_component(fruit, price).unwrap();
            /// }
            #[doc = concat!("let mut prices = store.", $method, "::<&u32>();")]
            /// let (dearest, name, _) = prices.iter().max_by_key(|(_, _, price)| **price).unwrap();
            /// assert_eq!(*name, "plum");
            /// # let name = &*name;
            /// # let _ = (dearest, name);
            /// ```
            pub fn iter(&mut self) -> $iter<'_, Q, T, K> {
                record::$note::<Q, T>(&mut self.guards, self.live, self.arenas);
                $iter {
                    steps: Steps::new(record::readers::<Q>(&mut self.guards, self.live), self.live),
                    arenas: self.arenas.$each(),
                    entered: 0,
                    objects: None,
                    key: PhantomData,
                }
            }

            /// Calls `f` on the handle, the value and the components of each object that matches.
            ///
            /// Complexity: O(slots / 64 + matches).
            ///
            /// # Examples
            /// ```
            /// let mut store: understory::Store<f32> = understory::Store::new();
            /// let ball = store.insert(0.5);
            /// store.insert_component(ball, 3.0_f64).unwrap();
            /// let mut sum = 0.0;
            #[doc = concat!("store.", $method, "::<&f64>().for_each(|(_, height, weight)| {")]
            ///     sum += f64::from(*height) * weight;
            /// });
            /// assert_eq!(sum, 1.5);
            /// ```
            pub fn for_each(&mut self, f: impl FnMut((K, & $($mut)? T, QueryItem<'_, Q>))) {
                record::$note::<Q, T>(&mut self.guards, self.live, self.arenas);
                let readers = record::readers::<Q>(&mut self.guards, self.live);
                let walk = Walk::<Q>::new(readers, self.live);
                Self::visit(walk, 0, self.arenas, f);
            }

            /// Calls `f` on the handle, the value and the components of each object that matches, on the threads of
            /// the `rayon` pool that this is called in: with the feature `rayon`.
            ///
            /// A thread takes an arena of up to 4,095 objects at a time. What becomes of each object is the same as
            /// with [`for_each`](Self::for_each), if `f` looks at nothing else; only the order of the calls is not.
            ///
            /// Complexity: O(slots / 64 + matches).
            ///
            /// # Examples
            /// ```
            /// use std::sync::atomic::{AtomicU32, Ordering};
            ///
            /// let mut store: understory::Store<u32> = understory::Store::new();
            /// store.insert_batch((0..10_000).map(|number| (number, (1.0_f32,))));
            /// let even = AtomicU32::new(0);
            #[doc = concat!("store.", $method, "::<&f32>().par_for_each(|(_, number, _)| {")]
            ///     even.fetch_add(u32::from(*number % 2 == 0), Ordering::Relaxed);
            /// });
            /// assert_eq!(even.into_inner(), 5_000);
            /// ```
            #[cfg(feature = "rayon")]
            pub fn par_for_each(&mut self, f: impl Fn((K, & $($mut)? T, QueryItem<'_, Q>)) + Send + Sync)
            where
                T: $bound,
            {
                let live = self.live;
                record::$note::<Q, T>(&mut self.guards, live, self.arenas);
                let readers = Walk::<Q>::split(record::readers::<Q>(&mut self.guards, live), live);
                let arenas = self.arenas.$chunks(1);
                arenas.zip(readers).for_each(|(arena, readers)| {
                    let first = readers.0;
                    Self::visit(Walk::within(readers, live), first, arena, &f);
                });
            }

            /// `arenas` are those from the number `first` on.
            fn visit(
                mut walk: Walk<'_, Q>,
                first: usize,
                arenas: & $($mut)? [Arena<T>],
                mut f: impl FnMut((K, & $($mut)? T, QueryItem<'_, Q>)),
            ) {
                let mut arenas = arenas.$each();
                let mut entered = first;
                while let Some(plan) = walk.enter() {
                    let number = walk.arena();
                    let Some(arena) = arenas.nth(number - entered) else {
                        return;
                    };
                    entered = number + 1;
                    let base = base_of(number);
                    let floor = arena.floor();
                    let most = walk.most(&plan);
                    if most * APART < arena.len() {
                        let rows = walk.rows();
                        each_in(&mut walk, plan, &mut |slot, item| {
                            let key = key_of(base | u32::from(narrow_slot(slot)), rows.version(slot));
                            if let Some(value) = arena.$get_noted(key) {
                                f((key.into(), value, item));
                            }
                        });
                    } else if let Plan::BySlot = plan {
                        // Most objects match, so it is they that lead.
                        let mut hot = Q::by_slot(&mut walk.cursors, SLOTS);
                        let matches = &walk.matches;
                        let slot = |key: DefaultKey| index_of(key.data()) as usize % SLOTS;
                        let is_met = |key| {
                            let slot = slot(key);
                            matches[slot / WORD] >> (slot % WORD) & 1 == 1
                        };
                        let each = |(key, value): (DefaultKey, & $($mut)? Held<T>)| {
                            if let Some(item) = Q::at(&mut hot, BY_SLOT, 0, slot(key)) {
                                f((outer_key(base, floor, key).into(), & $($mut)? value.0, item));
                            }
                        };
                        let all_match = most == arena.len();
                        let objects = arena.$all();
                        // A loop of its own, as fast as one over the values alone.
                        if all_match {
                            objects.for_each(each);
                        } else {
                            objects.filter(|&(key, _)| is_met(key)).for_each(each);
                        }
                    } else {
                        let mut objects = InStep { objects: arena.$all(), base, floor };
                        each_in(&mut walk, plan, &mut |slot, item| {
                            if let Some((key, value)) = objects.find(slot) {
                                f((key.into(), & $($mut)? value.0, item));
                            }
                        });
                    }
                }
            }

            /// The value and the components of one object, or `None` if it does not match or its handle is stale.
            ///
            /// Complexity: O(terms).
            ///
            /// # Examples
            /// ```
            /// let mut store: understory::Store<&str> = understory::Store::new();
            /// let [pear, plum] = [store.insert("pear"), store.insert("plum")];
            /// store.insert_component(plum, 5_u32).unwrap();
            #[doc = concat!("let mut prices = store.", $method, "::<&u32>();")]
            /// assert!(prices.get(pear).is_none());
            /// let (name, price) = prices.get(plum).unwrap();
            /// assert_eq!((*name, *price), ("plum", 5));
            /// ```
            pub fn get(&mut self, handle: K) -> Option<(& $($mut)? T, QueryItem<'_, Q>)> {
                let index = self.live.resolve(handle.data())?;
                let item = Q::get(&mut self.guards, index)?;
                let value = self.arenas.$get(arena_of(index))?.$get(handle.data())?;
                Some((value, item))
            }

            /// How many objects match.
            ///
            /// Complexity: O(slots / 64).
            ///
            /// # Examples
            /// ```
            /// let mut store: understory::Store<&str> = understory::Store::new();
            /// let plum = store.insert("plum");
            /// store.insert_component(plum, 5_u32).unwrap();
            #[doc = concat!("assert_eq!(store.", $method, "::<&u32>().count(), 1);")]
            /// ```
            pub fn count(&mut self) -> usize {
                self.iter().count()
            }
        }

        #[expect(clippy::into_iter_without_iter, reason = "`iter` takes `&mut self`, as that of a query does")]
        impl<'q, Q: Query, T, K: Key> IntoIterator for &'q mut $query<'_, Q, T, K> {
            type Item = (K, &'q $($mut)? T, QueryItem<'q, Q>);
            type IntoIter = $iter<'q, Q, T, K>;

            fn into_iter(self) -> $iter<'q, Q, T, K> {
                self.iter()
            }
        }

        impl<Q: Query, T, K> fmt::Debug for $query<'_, Q, T, K> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}<{}>", stringify!($query), type_name::<Q>())
            }
        }

        $(#[$iter_doc])*
        pub struct $iter<'q, Q: Query, T, K> {
            steps: Steps<'q, Q>,
            arenas: slice::$slice<'q, Arena<T>>,
            /// How many arenas were entered or passed over, and what is left of the last one.
            entered: usize,
            objects: Option<InStep<basic::$slice<'q, DefaultKey, Held<T>>>>,
            key: PhantomData<fn() -> K>,
        }

        impl<'q, Q: Query, T, K: Key> Iterator for $iter<'q, Q, T, K> {
            type Item = (K, &'q $($mut)? T, QueryItem<'q, Q>);

            #[inline]
            fn next(&mut self) -> Option<Self::Item> {
                let (slot, item) = self.steps.next()?;
                let number = self.steps.pieces.arena();
                if number >= self.entered {
                    let arena = self.arenas.nth(number - self.entered)?;
                    self.entered = number + 1;
                    let floor = arena.floor();
                    self.objects = Some(InStep { objects: arena.$all(), base: base_of(number), floor });
                }
                let (key, value) = self.objects.as_mut()?.find(slot)?;
                Some((key.into(), & $($mut)? value.0, item))
            }

            fn count(self) -> usize {
                self.steps.count()
            }
        }

        impl<Q: Query, T, K: Key> FusedIterator for $iter<'_, Q, T, K> {}

        impl<Q: Query, T, K> fmt::Debug for $iter<'_, Q, T, K> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($iter)).finish_non_exhaustive()
            }
        }
    };
}

query_values!(
    /// The objects that a query matches, borrowed: handle, value and components of each.
    ///
    /// [`Store::query_values`](crate::Store::query_values) makes one. What is said of
    /// [`QueryBorrow`](crate::QueryBorrow) holds of it, too; but it borrows the values besides, so it can be sent to
    /// another thread only if they can be shared.
    ///
    /// ```
    /// use understory::{Store, With};
    ///
    /// #[derive(Clone)]
    /// struct Burning;
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [_hut, barn] = [store.insert("hut"), store.insert("barn")];
    /// store.insert_component(barn, Burning).unwrap_or_default();
    ///
    /// let mut names = Vec::new();
    /// for (handle, name, ()) in &mut store.query_values::<With<Burning>>() {
    ///     names.push((handle, *name));
    /// }
    /// assert_eq!(names, [(barn, "barn")]);
    /// ```
    ValueQuery,
    /// The objects that a query matches, in the order of their indices: handle, value and components of each.
    ///
    /// [`ValueQuery::iter`] makes one.
    ValueIter,
    "query_values", Iter, get, get, iter, iter, par_chunks, Sync, nothing
);
query_values!(
    /// The objects that a query matches, borrowed so that their values may be changed: handle, value and components
    /// of each.
    ///
    /// [`Store::query_values_mut`](crate::Store::query_values_mut) makes one. What is said of
    /// [`QueryBorrow`](crate::QueryBorrow) holds of it, too. **[`for_each`](Self::for_each) is the fastest way to
    /// read it**: it goes to the objects that match alone, if they are few, while a `for` loop has to pass over all
    /// the others of each arena in which something matches.
    ///
    /// ```
    /// use understory::Store;
    ///
    /// #[derive(Clone)]
    /// struct Burning(u32);
    ///
    /// struct Unit {
    ///     hp: u32,
    /// }
    ///
    /// let mut store: Store<Unit> = Store::new();
    /// let [knight, archer] = [10, 6].map(|hp| store.insert(Unit { hp }));
    /// store.insert_component(archer, Burning(2)).unwrap();
    ///
    /// for (_, unit, burning) in &mut store.query_values_mut::<&Burning>() {
    ///     unit.hp -= burning.0;
    /// }
    /// assert_eq!((store[knight].hp, store[archer].hp), (10, 4));
    /// ```
    ValueQueryMut,
    /// The objects that a query matches, in the order of their indices: handle, value, to change, and components of
    /// each.
    ///
    /// [`ValueQueryMut::iter`] makes one.
    ValueIterMut,
    "query_values_mut", IterMut, get_mut, get_noted, iter_mut, iter_noted, par_chunks_mut, Send,
    values, mut
);
