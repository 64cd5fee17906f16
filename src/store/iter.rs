//! Walks over all objects, in the order of their indices.

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;

use slotmap::{DefaultKey, Key, KeyData};

use crate::bits::Bits;
use crate::handle::index_of;
use crate::heap::arena::{Arena, Held};
use crate::index::ARENA_BITS;
use crate::store::Store;

/// What one arena still has to give: its inner iterator, and how its keys become keys of the store.
struct Within<I> {
    items: I,
    base: u32,
    floor: u32,
}

impl<I> Within<I> {
    #[inline]
    fn key(&self, key: DefaultKey) -> KeyData {
        crate::heap::arena::outer_key(self.base, self.floor, key)
    }
}

macro_rules! walk {
    (
        $(#[$doc:meta])* $name:ident, $arenas:ty, $items:ty, $value:ty, $enter:ident $(, $mut:tt)?
    ) => {
        $(#[$doc])*
        pub struct $name<'a, T, K> {
            arenas: core::iter::Zip<core::ops::RangeFrom<u32>, $arenas>,
            within: Option<Within<$items>>,
            dead: Option<&'a Bits>,
            /// Objects to come: those of the arenas that were not entered, or all if some are dead.
            left: usize,
            key: PhantomData<fn() -> K>,
        }

        impl<'a, T, K: Key> Iterator for $name<'a, T, K> {
            type Item = (K, $value);
            #[inline]
            fn next(&mut self) -> Option<Self::Item> {
                loop {
                    if let Some(within) = &mut self.within {
                        while let Some((key, value)) = within.items.next() {
                            let key = within.key(key);
                            let value = & $($mut)? value.0;
                            let Some(dead) = self.dead else {
                                return Some((key.into(), value));
                            };
                            if !dead.get(index_of(key)) {
                                self.left -= 1;
                                return Some((key.into(), value));
                            }
                        }
                    }
                    let (number, arena) = self.arenas.next()?;
                    let floor = arena.floor();
                    if self.dead.is_none() {
                        self.left -= arena.len();
                    }
                    self.within = Some(Within {
                        items: arena.$enter(),
                        base: number << ARENA_BITS,
                        floor,
                    });
                }
            }

            /// Faster than a call of `next` for each object, since each arena is one loop.
            fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
                let dead = self.dead;
                let mut fold_within = |init, within: Within<$items>| {
                    let Within { items, base, floor } = within;
                    items.fold(init, |folded, (key, value)| {
                        let key = crate::heap::arena::outer_key(base, floor, key);
                        if dead.is_some_and(|dead| dead.get(index_of(key))) {
                            return folded;
                        }
                        f(folded, (key.into(), & $($mut)? value.0))
                    })
                };
                let first = match self.within {
                    Some(within) => fold_within(init, within),
                    None => init,
                };
                self.arenas.fold(first, |folded, (number, arena)| {
                    let floor = arena.floor();
                    let base = number << ARENA_BITS;
                    let items = arena.$enter();
                    fold_within(folded, Within { items, base, floor })
                })
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                let within = match (&self.within, self.dead) {
                    (Some(within), None) => within.items.len(),
                    _ => 0,
                };
                let left = self.left + within;
                (left, Some(left))
            }
        }

        impl<T, K: Key> ExactSizeIterator for $name<'_, T, K> {}
        impl<T, K: Key> FusedIterator for $name<'_, T, K> {}

        impl<T, K> fmt::Debug for $name<'_, T, K> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("left", &self.left).finish_non_exhaustive()
            }
        }
    };
}

walk!(
    /// All objects: handle and value. What [`Store::iter`] gives.
    Iter, core::slice::Iter<'a, Arena<T>>, slotmap::basic::Iter<'a, DefaultKey, Held<T>>,
    &'a T, iter
);
walk!(
    /// All objects: handle and value, to change. What [`Store::iter_mut`] gives.
    IterMut, core::slice::IterMut<'a, Arena<T>>, slotmap::basic::IterMut<'a, DefaultKey, Held<T>>,
    &'a mut T, iter_mut, mut
);

impl<'a, T, K> Iter<'a, T, K> {
    pub(super) fn new(arenas: &'a [Arena<T>], dead: Option<&'a Bits>, left: usize) -> Self {
        Self {
            arenas: (0..).zip(arenas),
            within: None,
            dead,
            left,
            key: PhantomData,
        }
    }
}

impl<'a, T, K> IterMut<'a, T, K> {
    pub(super) fn new(arenas: &'a mut [Arena<T>], dead: Option<&'a Bits>, left: usize) -> Self {
        Self {
            arenas: (0..).zip(arenas),
            within: None,
            dead,
            left,
            key: PhantomData,
        }
    }
}

macro_rules! project {
    ($(#[$doc:meta])* $name:ident, $walk:ident, $item:ty, $project:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(super) struct $name<'a, T, K>(pub(super) $walk<'a, T, K>);

        impl<'a, T, K: Key> Iterator for $name<'a, T, K> {
            type Item = $item;
            #[inline]
            fn next(&mut self) -> Option<Self::Item> {
                self.0.next().map($project)
            }

            fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
                self.0.fold(init, |folded, item| f(folded, $project(item)))
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.0.size_hint()
            }
        }

        impl<T, K: Key> ExactSizeIterator for $name<'_, T, K> {}
        impl<T, K: Key> FusedIterator for $name<'_, T, K> {}
    };
}

project!(
    /// The handles of all objects. What [`Store::handles`] gives.
    Handles, Iter, K, |(handle, _)| handle
);
macro_rules! values {
    ($(#[$doc:meta])* $name:ident, $walk:ident, $arenas:ty, $items:ty, $item:ty, $enter:ident $(, $mut:tt)?) => {
        $(#[$doc])*
        pub(super) struct $name<'a, T, K> {
            arenas: $arenas,
            items: Option<$items>,
            /// All of the values instead, where some of the arenas' are dead.
            filtered: $walk<'a, T, K>,
        }

        impl<'a, T, K: Key> $name<'a, T, K> {
            /// The values of all arenas, and then those of a walk that passes the dead over: one
            /// of the two is empty. (As an alternative in the loop it would cost every object.)
            pub(super) fn new(arenas: $arenas, filtered: $walk<'a, T, K>) -> Self {
                Self { arenas, items: None, filtered }
            }
        }

        impl<'a, T, K: Key> Iterator for $name<'a, T, K> {
            type Item = $item;
            #[inline]
            fn next(&mut self) -> Option<Self::Item> {
                loop {
                    if let Some(items) = &mut self.items {
                        if let Some(value) = items.next() {
                            return Some(& $($mut)? value.0);
                        }
                    }
                    let Some(arena) = self.arenas.next() else {
                        return self.filtered.next().map(|(_, value)| value);
                    };
                    self.items = Some(arena.$enter());
                }
            }

            /// Faster than a call of `next` for each object, since each arena is one loop.
            fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
                let items = self.items.into_iter().flatten();
                let mut each = |folded, value: &'a $($mut)? Held<T>| {
                    f(folded, & $($mut)? value.0)
                };
                let first = items.fold(init, &mut each);
                let arenas = self.arenas;
                let last = arenas.fold(first, |folded, arena| arena.$enter().fold(folded, &mut each));
                self.filtered.fold(last, |folded, (_, value)| f(folded, value))
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                let entered = self.items.as_ref().map_or(0, |items| items.len());
                let unentered = self.arenas.as_slice().iter().map(Arena::len).sum::<usize>();
                let left = unentered + entered + self.filtered.len();
                (left, Some(left))
            }
        }

        impl<T, K: Key> ExactSizeIterator for $name<'_, T, K> {}
        impl<T, K: Key> FusedIterator for $name<'_, T, K> {}

        impl<T, K: Key> fmt::Debug for $name<'_, T, K> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("left", &self.len()).finish_non_exhaustive()
            }
        }
    };
}

values!(
    /// The values of all objects. What [`Store::values`] gives.
    Values, Iter, core::slice::Iter<'a, Arena<T>>, slotmap::basic::Values<'a, DefaultKey, Held<T>>,
    &'a T, values
);
values!(
    /// The values of all objects, to change. What [`Store::values_mut`] gives.
    ValuesMut, IterMut, core::slice::IterMut<'a, Arena<T>>,
    slotmap::basic::ValuesMut<'a, DefaultKey, Held<T>>, &'a mut T, values_mut, mut
);

impl<'a, T, E, K: Key> IntoIterator for &'a Store<T, E, K> {
    type Item = (K, &'a T);
    type IntoIter = Iter<'a, T, K>;

    fn into_iter(self) -> Iter<'a, T, K> {
        self.iter()
    }
}

impl<'a, T, E, K: Key> IntoIterator for &'a mut Store<T, E, K> {
    type Item = (K, &'a mut T);
    type IntoIter = IterMut<'a, T, K>;

    fn into_iter(self) -> IterMut<'a, T, K> {
        self.iter_mut()
    }
}
