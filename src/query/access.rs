use alloc::boxed::Box;
use core::{mem, slice};

use atomic_refcell::{AtomicRef, AtomicRefMut};

#[cfg(feature = "rollback")]
use super::read::Slots;
use crate::columns::{Block, BorrowError, Column, Columns, Component, Form, Part};

/// How a column is read: shared (`&C`) or exclusively (`&mut C`).
pub trait Access {
    /// `None` if there is no such column.
    type Guard<'s>;
    type Component;
    /// Those of a group are apart.
    type Parts<'q>: Default + Send;
    type Part<'q>;
    /// Values by slot.
    type Options<'q>: Default;
    type Blocks<'q>: Default;
    /// Values without gaps.
    type Values<'q>: Default;
    type Item<'q>;

    fn borrow(columns: &Columns) -> Result<Self::Guard<'_>, BorrowError>;
    fn get<'q>(guard: &'q mut Self::Guard<'_>, index: u32) -> Option<Self::Item<'q>>;
    fn parts<'q>(guard: &'q mut Self::Guard<'_>) -> Self::Parts<'q>;
    /// Whether components that a snapshot has to know may be changed.
    #[cfg(feature = "rollback")]
    fn is_recorded(guard: &Self::Guard<'_>) -> bool;
    /// Notes what the components of some slots of an arena are, if they may be changed.
    #[cfg(feature = "rollback")]
    fn record(guard: &mut Self::Guard<'_>, arena: usize, slots: &Slots);
    /// Takes off those of the first arenas.
    #[cfg(feature = "rayon")]
    fn split_off<'q>(parts: &mut Self::Parts<'q>, arenas: usize) -> Self::Parts<'q>;
    /// The part of the next arena, and that of the group.
    fn open<'q>(parts: &mut Self::Parts<'q>) -> [Option<Self::Part<'q>>; 2];
    fn part<'h>(part: &'h Self::Part<'_>) -> &'h Part<Self::Component>;
    /// The slots that have values, and these.
    fn read(part: Self::Part<'_>) -> (&[u64], Values<'_, Self>);
    /// The slots and the values of a block, before which `skip` others are passed over.
    fn block<'q>(
        blocks: &mut Self::Blocks<'q>,
        skip: usize,
    ) -> Option<(&'q [u16], Self::Values<'q>)>;
    fn next<'q>(values: &mut Self::Values<'q>) -> Option<Self::Item<'q>>;
    fn nth<'q>(values: &mut Self::Values<'q>, skip: usize) -> Option<Self::Item<'q>>;
    /// Takes off all but the first values.
    fn trim(values: &mut Self::Values<'_>, len: usize);
    fn value_at<'h>(values: &'h mut Self::Values<'_>, place: usize) -> Option<Self::Item<'h>>;
    fn option_at<'h>(options: &'h mut Self::Options<'_>, place: usize) -> Option<Self::Item<'h>>;
    /// Takes the first values off, and gives them.
    fn split<'q>(options: &mut Self::Options<'q>, len: usize) -> Self::Options<'q>;
    fn first<'q>(options: &mut Self::Options<'q>) -> Option<Self::Item<'q>>;
    /// Takes the first values off, and gives the one behind them.
    fn skip<'q>(options: &mut Self::Options<'q>, skip: usize) -> Option<Self::Item<'q>>;
}

/// See [`Form`].
pub enum Values<'q, A: Access + ?Sized> {
    Direct(A::Options<'q>),
    Listed { shift: u32, blocks: A::Blocks<'q> },
}

impl<A: Access> Default for Values<'_, A> {
    fn default() -> Self {
        Self::Direct(A::Options::default())
    }
}

macro_rules! access {
    (
        $guard:ident, $borrow:ident, $get:ident, $as_deref:ident, $as_ref:ident, $slice:ident, $iter:ident,
        $split:ident, $split_at:ident, $split_first:ident, $rest:ident, $recorded:expr, $record:expr
        $(, $mut:tt)?
    ) => {
        impl<C: Component> Access for &$($mut)? C {
            type Component = C;
            type Guard<'s> = Option<$guard<'s, Column<C>>>;
            type Parts<'q> = (
                slice::$slice<'q, Option<Box<Part<C>>>>,
                slice::$slice<'q, Option<Box<Part<C>>>>,
            );
            type Part<'q> = &'q $($mut)? Part<C>;
            type Options<'q> = &'q $($mut)? [Option<C>];
            type Blocks<'q> = slice::$slice<'q, Block<C>>;
            type Values<'q> = &'q $($mut)? [C];
            type Item<'q> = &'q $($mut)? C;

            fn borrow(columns: &Columns) -> Result<Self::Guard<'_>, BorrowError> {
                columns.$borrow()
            }

            fn get<'q>(guard: &'q mut Self::Guard<'_>, index: u32) -> Option<Self::Item<'q>> {
                guard.$as_deref()?.$get(index)
            }

            fn parts<'q>(guard: &'q mut Self::Guard<'_>) -> Self::Parts<'q> {
                match guard.$as_deref() {
                    Some(column) => (column.parts.$iter(), column.grouped.$iter()),
                    None => Default::default(),
                }
            }

            #[cfg(feature = "rollback")]
            fn is_recorded(guard: &Self::Guard<'_>) -> bool {
                guard.as_deref().is_some_and($recorded)
            }

            #[cfg(feature = "rollback")]
            fn record(guard: &mut Self::Guard<'_>, arena: usize, slots: &Slots) {
                if let Some(column) = guard.$as_deref() {
                    $record(column, arena, slots);
                }
            }

            #[cfg(feature = "rayon")]
            fn split_off<'q>(
                (parts, grouped): &mut Self::Parts<'q>,
                arenas: usize,
            ) -> Self::Parts<'q> {
                // There are none in the last arenas of many columns.
                let split = |parts: &mut slice::$slice<'q, _>| {
                    let all = mem::take(parts).$rest();
                    let (first, rest) = all.$split_at(arenas.min(all.len()));
                    *parts = rest.$iter();
                    first.$iter()
                };
                (split(parts), split(grouped))
            }

            #[inline]
            fn open<'q>((parts, grouped): &mut Self::Parts<'q>) -> [Option<Self::Part<'q>>; 2] {
                [parts, grouped].map(|parts| parts.next()?.$as_deref())
            }

            #[inline]
            fn part<'h>(part: &'h Self::Part<'_>) -> &'h Part<C> {
                part
            }

            #[inline]
            fn read(part: Self::Part<'_>) -> (&[u64], Values<'_, Self>) {
                let (words, form) = part.$split();
                let values = match form {
                    Form::Direct(values) => Values::Direct(&$($mut)? values[..]),
                    Form::Listed(list) => Values::Listed {
                        shift: list.shift,
                        blocks: list.blocks.$iter(),
                    },
                };
                (words, values)
            }

            #[inline]
            fn block<'q>(
                blocks: &mut Self::Blocks<'q>,
                skip: usize,
            ) -> Option<(&'q [u16], Self::Values<'q>)> {
                let Block { slots, values } = blocks.nth(skip)?;
                Some((slots, values))
            }

            #[inline]
            fn next<'q>(values: &mut Self::Values<'q>) -> Option<Self::Item<'q>> {
                let (first, rest) = mem::take(values).$split_first()?;
                *values = rest;
                Some(first)
            }

            #[inline]
            fn nth<'q>(values: &mut Self::Values<'q>, skip: usize) -> Option<Self::Item<'q>> {
                let all = mem::take(values);
                if skip >= all.len() {
                    return None;
                }
                let (first, rest) = all.$split_at(skip).1.$split_first()?;
                *values = rest;
                Some(first)
            }

            #[inline]
            fn trim(values: &mut Self::Values<'_>, len: usize) {
                *values = &$($mut)? mem::take(values)[..len];
            }

            #[inline]
            fn value_at<'h>(
                values: &'h mut Self::Values<'_>,
                place: usize,
            ) -> Option<Self::Item<'h>> {
                values.$get(place)
            }

            #[inline]
            fn option_at<'h>(
                options: &'h mut Self::Options<'_>,
                place: usize,
            ) -> Option<Self::Item<'h>> {
                options.$get(place)?.$as_ref()
            }

            #[inline]
            fn split<'q>(options: &mut Self::Options<'q>, len: usize) -> Self::Options<'q> {
                let len = len.min(options.len());
                let (taken, rest) = mem::take(options).$split_at(len);
                *options = rest;
                taken
            }

            #[inline]
            fn first<'q>(options: &mut Self::Options<'q>) -> Option<Self::Item<'q>> {
                let (first, rest) = mem::take(options).$split_first()?;
                *options = rest;
                first.$as_ref()
            }

            #[inline]
            fn skip<'q>(options: &mut Self::Options<'q>, skip: usize) -> Option<Self::Item<'q>> {
                // A branch, where `nth` has a conditional move: so the next item need not wait for it.
                let all = mem::take(options);
                if skip >= all.len() {
                    return None;
                }
                let (first, rest) = all.$split_at(skip).1.$split_first()?;
                *options = rest;
                first.$as_ref()
            }
        }
    };
}

access!(
    AtomicRef,
    borrow,
    get,
    as_deref,
    as_ref,
    Iter,
    iter,
    split,
    split_at,
    split_first,
    as_slice,
    |_: &Column<C>| false,
    |_: &Column<C>, _: usize, _: &Slots| ()
);
access!(
    AtomicRefMut,
    borrow_mut,
    get_mut,
    as_deref_mut,
    as_mut,
    IterMut,
    iter_mut,
    split_mut,
    split_at_mut,
    split_first_mut,
    into_slice,
    Column::is_recorded,
    |column: &mut Column<C>, arena, slots: &Slots| column.keep_slots(arena, slots),
    mut
);
