use super::access::Access;
use super::items::Append;
use super::read::{Cursor, Following, Hot, Lead, Leading, Slots};
use crate::columns::{BorrowError, Columns};
use crate::index::SLOTS;

/// What a query does with its columns: one of the [`Term`]s, or a tuple of them.
///
/// It is read arena by arena; see [`Walk`](super::walk::Walk). Of the `packed` terms of a tuple, one bit each,
/// the values are read along with what leads.
pub trait Fetch {
    type Guards<'s>;
    type Readers<'q>: Send;
    type Cursors<'q>: Default;
    type Leading<'q>;
    type Hot<'q>: Default;
    type Item<'q>;

    /// How many terms it has.
    const TERMS: u32;
    /// Whether each term is a component that objects must have.
    const IS_PLAIN: bool;

    fn borrow(columns: &Columns) -> Result<Self::Guards<'_>, BorrowError>;
    /// The item of one object.
    fn get<'q>(guards: &'q mut Self::Guards<'_>, index: u32) -> Option<Self::Item<'q>>;
    fn readers<'q>(guards: &'q mut Self::Guards<'_>) -> Self::Readers<'q>;
    /// Whether it may change a component of which a snapshot has to know what it was.
    #[cfg(feature = "rollback")]
    fn is_recorded(guards: &Self::Guards<'_>) -> bool;
    /// Notes what the components of some slots of an arena are, as far as it may change them.
    #[cfg(feature = "rollback")]
    fn record(guards: &mut Self::Guards<'_>, arena: usize, slots: &Slots);
    /// Takes off those of the first arenas.
    #[cfg(feature = "rayon")]
    fn split_off<'q>(readers: &mut Self::Readers<'q>, arenas: usize) -> Self::Readers<'q>;
    /// Goes on to the components of the next arena.
    fn enter<'q>(readers: &mut Self::Readers<'q>, cursors: &mut Self::Cursors<'q>);
    /// How many objects of the arena match, at most.
    fn most(cursors: &Self::Cursors<'_>) -> usize;
    /// Leaves only the slots that match.
    fn keep(cursors: &Self::Cursors<'_>, matches: &mut Slots);
    /// How many objects have the rarest component, and the list of it, if it is one.
    fn rarest<'h>(cursors: &'h Self::Cursors<'_>) -> (usize, Option<Lead<'h>>);
    /// A list of exactly these slots.
    fn exact<'h>(cursors: &'h Self::Cursors<'_>, matches: &Slots) -> Option<Lead<'h>>;
    /// See [`Cursor::follow`].
    fn follow(cursors: &Self::Cursors<'_>, lead: &Lead<'_>) -> Option<Following>;
    /// Whether all values can be found by slot.
    fn is_direct(cursors: &Self::Cursors<'_>) -> bool;
    /// See [`Cursor::begin`].
    fn begin<'q>(cursors: &mut Self::Cursors<'q>, grouped: u32) -> Self::Leading<'q>;
    /// See [`Leading::block`].
    fn block<'q>(leading: &mut Self::Leading<'q>, end: usize)
    -> (Self::Hot<'q>, Option<&'q [u16]>);
    /// See [`Cursor::by_slot`].
    fn by_slot<'q>(cursors: &mut Self::Cursors<'q>, end: usize) -> Self::Hot<'q>;
    /// The item of a slot, whatever the forms; slots come in order.
    fn take<'q>(cursors: &mut Self::Cursors<'q>, slot: usize) -> Option<Self::Item<'q>>;
    /// The item of a slot, of which the packed values come next.
    fn led<'q>(hot: &mut Self::Hot<'q>, packed: u32, slot: usize) -> Option<Self::Item<'q>>;
    /// Says how many packed values there are.
    fn trim(hot: &mut Self::Hot<'_>, packed: u32, len: usize);
    /// The item of a slot, of which the packed values are at a place; see [`for_each`](super::each::for_each).
    fn at<'h>(
        hot: &'h mut Self::Hot<'_>,
        packed: u32,
        place: usize,
        slot: usize,
    ) -> Option<Self::Item<'h>>;
    /// Goes to a slot.
    fn seek(hot: &mut Self::Hot<'_>, slot: usize);
    /// The item of the slot that comes next, if all values are found by slot.
    fn next<'q>(hot: &mut Self::Hot<'q>) -> Option<Self::Item<'q>>;
}

/// One element of a query: a component that is read, or a condition.
pub trait Term: Fetch {
    /// The items of the terms before this one, and this one's unless it is a condition.
    type Appended<'q, Items: Append>: Append;

    fn append<Items: Append>(items: Items, item: Self::Item<'_>) -> Self::Appended<'_, Items>;
}

/// What a component that objects must have and one that they may have do alike.
macro_rules! component {
    () => {
        type Guards<'s> = A::Guard<'s>;
        type Readers<'q> = A::Parts<'q>;
        type Cursors<'q> = Cursor<'q, A>;
        type Leading<'q> = Leading<'q, A>;
        type Hot<'q> = Hot<'q, A>;

        fn borrow(columns: &Columns) -> Result<Self::Guards<'_>, BorrowError> {
            A::borrow(columns)
        }

        fn readers<'q>(guards: &'q mut Self::Guards<'_>) -> Self::Readers<'q> {
            A::parts(guards)
        }

        #[cfg(feature = "rollback")]
        fn is_recorded(guards: &Self::Guards<'_>) -> bool {
            A::is_recorded(guards)
        }

        #[cfg(feature = "rollback")]
        fn record(guards: &mut Self::Guards<'_>, arena: usize, slots: &Slots) {
            A::record(guards, arena, slots);
        }

        #[cfg(feature = "rayon")]
        fn split_off<'q>(readers: &mut Self::Readers<'q>, arenas: usize) -> Self::Readers<'q> {
            A::split_off(readers, arenas)
        }

        #[inline]
        fn enter<'q>(readers: &mut Self::Readers<'q>, cursor: &mut Self::Cursors<'q>) {
            cursor.open(A::open(readers));
        }

        fn exact<'h>(cursor: &'h Self::Cursors<'_>, matches: &Slots) -> Option<Lead<'h>> {
            cursor.exact(matches)
        }

        #[inline]
        fn follow(cursor: &Self::Cursors<'_>, lead: &Lead<'_>) -> Option<Following> {
            cursor.follow(lead)
        }

        fn is_direct(cursor: &Self::Cursors<'_>) -> bool {
            cursor.is_direct()
        }

        #[inline]
        fn begin<'q>(cursor: &mut Self::Cursors<'q>, grouped: u32) -> Self::Leading<'q> {
            cursor.begin(grouped & 1 != 0)
        }

        #[inline]
        fn block<'q>(
            leading: &mut Self::Leading<'q>,
            end: usize,
        ) -> (Self::Hot<'q>, Option<&'q [u16]>) {
            leading.block(end)
        }

        fn by_slot<'q>(cursor: &mut Self::Cursors<'q>, end: usize) -> Self::Hot<'q> {
            cursor.by_slot(end)
        }

        #[inline]
        fn trim(hot: &mut Self::Hot<'_>, packed: u32, len: usize) {
            hot.trim(packed & 1 != 0, len);
        }

        #[inline]
        fn seek(hot: &mut Self::Hot<'_>, slot: usize) {
            hot.seek(slot);
        }
    };
}

impl<A: Access> Fetch for A {
    component!();

    type Item<'q> = A::Item<'q>;

    const TERMS: u32 = 1;
    const IS_PLAIN: bool = true;

    fn get<'q>(guards: &'q mut Self::Guards<'_>, index: u32) -> Option<Self::Item<'q>> {
        A::get(guards, index)
    }

    #[inline]
    fn most(cursor: &Self::Cursors<'_>) -> usize {
        cursor.len()
    }

    fn keep(cursor: &Self::Cursors<'_>, matches: &mut Slots) {
        cursor.keep_with(matches);
    }

    #[inline]
    fn rarest<'h>(cursor: &'h Self::Cursors<'_>) -> (usize, Option<Lead<'h>>) {
        (cursor.len(), cursor.lead())
    }

    fn take<'q>(cursor: &mut Self::Cursors<'q>, slot: usize) -> Option<Self::Item<'q>> {
        cursor.take(slot)
    }

    #[inline]
    fn led<'q>(hot: &mut Self::Hot<'q>, packed: u32, slot: usize) -> Option<Self::Item<'q>> {
        hot.led(packed & 1 != 0, slot)
    }

    #[inline]
    fn at<'h>(
        hot: &'h mut Self::Hot<'_>,
        packed: u32,
        place: usize,
        slot: usize,
    ) -> Option<Self::Item<'h>> {
        hot.at(packed & 1 != 0, place, slot)
    }

    #[inline]
    fn next<'q>(hot: &mut Self::Hot<'q>) -> Option<Self::Item<'q>> {
        hot.next_option()
    }
}

impl<A: Access> Term for A {
    type Appended<'q, Items: Append> = Items::With<A::Item<'q>>;

    #[inline]
    fn append<Items: Append>(items: Items, item: Self::Item<'_>) -> Self::Appended<'_, Items> {
        items.with(item)
    }
}

impl<A: Access> Fetch for Option<A> {
    component!();

    type Item<'q> = Option<A::Item<'q>>;

    const TERMS: u32 = 1;
    const IS_PLAIN: bool = false;

    fn get<'q>(guards: &'q mut Self::Guards<'_>, index: u32) -> Option<Self::Item<'q>> {
        Some(A::get(guards, index))
    }

    #[inline]
    fn most(_: &Self::Cursors<'_>) -> usize {
        SLOTS
    }

    fn keep(_: &Self::Cursors<'_>, _: &mut Slots) {}

    #[inline]
    fn rarest<'h>(_: &'h Self::Cursors<'_>) -> (usize, Option<Lead<'h>>) {
        (SLOTS, None)
    }

    fn take<'q>(cursor: &mut Self::Cursors<'q>, slot: usize) -> Option<Self::Item<'q>> {
        Some(cursor.take(slot))
    }

    #[inline]
    fn led<'q>(hot: &mut Self::Hot<'q>, packed: u32, slot: usize) -> Option<Self::Item<'q>> {
        Some(hot.led(packed & 1 != 0, slot))
    }

    #[inline]
    fn at<'h>(
        hot: &'h mut Self::Hot<'_>,
        packed: u32,
        place: usize,
        slot: usize,
    ) -> Option<Self::Item<'h>> {
        Some(hot.at(packed & 1 != 0, place, slot))
    }

    #[inline]
    fn next<'q>(hot: &mut Self::Hot<'q>) -> Option<Self::Item<'q>> {
        Some(hot.next_option())
    }
}

impl<A: Access> Term for Option<A> {
    type Appended<'q, Items: Append> = Items::With<Option<A::Item<'q>>>;

    #[inline]
    fn append<Items: Append>(items: Items, item: Self::Item<'_>) -> Self::Appended<'_, Items> {
        items.with(item)
    }
}

/// The items of tuple `$done` and then of the terms that follow.
macro_rules! appended {
    ($lifetime:lifetime, $done:ty;) => { $done };
    ($lifetime:lifetime, $done:ty; $term:ident $($rest:ident)*) => {
        appended!($lifetime, <$term as Term>::Appended<$lifetime, $done>; $($rest)*)
    };
}

macro_rules! tuple {
    ($($term:ident $at:tt)*) => {
        #[expect(non_snake_case, reason = "a variable has the name of its type")]
        impl<$($term: Term),*> Fetch for ($($term,)*) {
            type Guards<'s> = ($($term::Guards<'s>,)*);
            type Readers<'q> = ($($term::Readers<'q>,)*);
            type Cursors<'q> = ($($term::Cursors<'q>,)*);
            type Leading<'q> = ($($term::Leading<'q>,)*);
            type Hot<'q> = ($($term::Hot<'q>,)*);
            type Item<'q> = <appended!('q, (); $($term)*) as Append>::Item;

            const TERMS: u32 = 0 $(+ $term::TERMS)*;
            const IS_PLAIN: bool = $($term::IS_PLAIN)&&*;

            fn borrow(columns: &Columns) -> Result<Self::Guards<'_>, BorrowError> {
                Ok(($($term::borrow(columns)?,)*))
            }

            fn get<'q>(guards: &'q mut Self::Guards<'_>, index: u32) -> Option<Self::Item<'q>> {
                let ($($term,)*) = guards;
                let items = ();
                $(let items = $term::append(items, $term::get($term, index)?);)*
                Some(items.finish())
            }

            fn readers<'q>(guards: &'q mut Self::Guards<'_>) -> Self::Readers<'q> {
                let ($($term,)*) = guards;
                ($($term::readers($term),)*)
            }

            #[cfg(feature = "rollback")]
            fn is_recorded(guards: &Self::Guards<'_>) -> bool {
                let ($($term,)*) = guards;
                $($term::is_recorded($term))||*
            }

            #[cfg(feature = "rollback")]
            fn record(guards: &mut Self::Guards<'_>, arena: usize, slots: &Slots) {
                let ($($term,)*) = guards;
                $($term::record($term, arena, slots);)*
            }

            #[cfg(feature = "rayon")]
            fn split_off<'q>(readers: &mut Self::Readers<'q>, arenas: usize) -> Self::Readers<'q> {
                let ($($term,)*) = readers;
                ($($term::split_off($term, arenas),)*)
            }

            #[inline]
            fn enter<'q>(readers: &mut Self::Readers<'q>, cursors: &mut Self::Cursors<'q>) {
                let ($($term,)*) = readers;
                $($term::enter($term, &mut cursors.$at);)*
            }

            #[inline]
            fn most(cursors: &Self::Cursors<'_>) -> usize {
                let ($($term,)*) = cursors;
                let mut most = SLOTS;
                $(most = most.min($term::most($term));)*
                most
            }

            fn keep(cursors: &Self::Cursors<'_>, matches: &mut Slots) {
                let ($($term,)*) = cursors;
                $($term::keep($term, matches);)*
            }

            #[inline]
            fn rarest<'h>(cursors: &'h Self::Cursors<'_>) -> (usize, Option<Lead<'h>>) {
                let ($($term,)*) = cursors;
                let mut rarest = (usize::MAX, None);
                $(
                    let other = $term::rarest($term);
                    if other.0 < rarest.0 {
                        rarest = other;
                    }
                )*
                rarest
            }

            fn exact<'h>(cursors: &'h Self::Cursors<'_>, matches: &Slots) -> Option<Lead<'h>> {
                let ($($term,)*) = cursors;
                None$(.or_else(|| $term::exact($term, matches)))*
            }

            #[inline]
            fn follow(cursors: &Self::Cursors<'_>, lead: &Lead<'_>) -> Option<Following> {
                let ($($term,)*) = cursors;
                let following = Following::default();
                $(let following = following.with($term::follow($term, lead)?, $at);)*
                Some(following)
            }

            fn is_direct(cursors: &Self::Cursors<'_>) -> bool {
                let ($($term,)*) = cursors;
                $($term::is_direct($term))&&*
            }

            #[inline]
            fn begin<'q>(cursors: &mut Self::Cursors<'q>, grouped: u32) -> Self::Leading<'q> {
                let ($($term,)*) = cursors;
                ($($term::begin($term, grouped >> $at),)*)
            }

            #[inline]
            fn block<'q>(
                leading: &mut Self::Leading<'q>,
                end: usize,
            ) -> (Self::Hot<'q>, Option<&'q [u16]>) {
                let ($($term,)*) = leading;
                $(let $term = $term::block($term, end);)*
                (($($term.0,)*), None$(.or($term.1))*)
            }

            fn by_slot<'q>(cursors: &mut Self::Cursors<'q>, end: usize) -> Self::Hot<'q> {
                let ($($term,)*) = cursors;
                ($($term::by_slot($term, end),)*)
            }

            fn take<'q>(cursors: &mut Self::Cursors<'q>, slot: usize) -> Option<Self::Item<'q>> {
                let ($($term,)*) = cursors;
                let items = ();
                $(let items = $term::append(items, $term::take($term, slot)?);)*
                Some(items.finish())
            }

            #[inline]
            fn led<'q>(hot: &mut Self::Hot<'q>, packed: u32, slot: usize) -> Option<Self::Item<'q>> {
                let ($($term,)*) = hot;
                // All of them first: what is packed keeps step, even if another one is missing.
                $(let $term = $term::led($term, packed >> $at, slot);)*
                let items = ();
                $(let items = $term::append(items, $term?);)*
                Some(items.finish())
            }

            #[inline]
            fn trim(hot: &mut Self::Hot<'_>, packed: u32, len: usize) {
                let ($($term,)*) = hot;
                $($term::trim($term, packed >> $at, len);)*
            }

            #[inline]
            fn at<'h>(
                hot: &'h mut Self::Hot<'_>,
                packed: u32,
                place: usize,
                slot: usize,
            ) -> Option<Self::Item<'h>> {
                let ($($term,)*) = hot;
                let items = ();
                $(let items = $term::append(items, $term::at($term, packed >> $at, place, slot)?);)*
                Some(items.finish())
            }

            #[inline]
            fn seek(hot: &mut Self::Hot<'_>, slot: usize) {
                let ($($term,)*) = hot;
                $($term::seek($term, slot);)*
            }

            #[inline]
            fn next<'q>(hot: &mut Self::Hot<'q>) -> Option<Self::Item<'q>> {
                let ($($term,)*) = hot;
                $(let $term = $term::next($term);)*
                let items = ();
                $(let items = $term::append(items, $term?);)*
                Some(items.finish())
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0 B 1);
tuple!(A 0 B 1 C 2);
tuple!(A 0 B 1 C 2 D 3);
tuple!(A 0 B 1 C 2 D 3 E 4);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);
