use super::access::Access;
use super::fetch::{Fetch, Term};
use super::items::Append;
use super::read::{Cursor, Following, Lead, Slots};
use super::{With, Without};
use crate::columns::{BorrowError, Columns, Component};
use crate::index::SLOTS;

macro_rules! condition {
    ($condition:ident, $keep:ident, $most:expr, $is_met:ident) => {
        impl<C: Component> Fetch for $condition<C> {
            type Guards<'s> = <&'s C as Access>::Guard<'s>;
            type Readers<'q> = <&'q C as Access>::Parts<'q>;
            type Cursors<'q> = Cursor<'q, &'q C>;
            type Leading<'q> = ();
            type Hot<'q> = ();
            type Item<'q> = ();

            const TERMS: u32 = 1;
            const IS_PLAIN: bool = false;

            fn borrow(columns: &Columns) -> Result<Self::Guards<'_>, BorrowError> {
                columns.borrow()
            }

            fn get<'q>(guards: &'q mut Self::Guards<'_>, index: u32) -> Option<Self::Item<'q>> {
                <&C as Access>::get(guards, index).$is_met().then_some(())
            }

            fn readers<'q>(guards: &'q mut Self::Guards<'_>) -> Self::Readers<'q> {
                <&C as Access>::parts(guards)
            }

            #[cfg(feature = "rollback")]
            fn is_recorded(_: &Self::Guards<'_>) -> bool {
                false
            }

            #[cfg(feature = "rollback")]
            fn record(_: &mut Self::Guards<'_>, _: usize, _: &Slots) {}

            #[cfg(feature = "rayon")]
            fn split_off<'q>(readers: &mut Self::Readers<'q>, arenas: usize) -> Self::Readers<'q> {
                <&C as Access>::split_off(readers, arenas)
            }

            #[inline]
            fn enter<'q>(readers: &mut Self::Readers<'q>, cursor: &mut Self::Cursors<'q>) {
                cursor.open(<&C as Access>::open(readers));
            }

            #[inline]
            fn most(cursor: &Self::Cursors<'_>) -> usize {
                $most(cursor.len())
            }

            fn keep(cursor: &Self::Cursors<'_>, matches: &mut Slots) {
                cursor.$keep(matches);
            }

            #[inline]
            fn rarest<'h>(cursor: &'h Self::Cursors<'_>) -> (usize, Option<Lead<'h>>) {
                (Self::most(cursor), None)
            }

            fn exact<'h>(_: &'h Self::Cursors<'_>, _: &Slots) -> Option<Lead<'h>> {
                None
            }

            #[inline]
            fn follow(_: &Self::Cursors<'_>, _: &Lead<'_>) -> Option<Following> {
                Some(Following::default())
            }

            fn is_direct(_: &Self::Cursors<'_>) -> bool {
                true
            }

            #[inline]
            fn begin<'q>(_: &mut Self::Cursors<'q>, _: u32) -> Self::Leading<'q> {}

            #[inline]
            fn block<'q>(
                _: &mut Self::Leading<'q>,
                _: usize,
            ) -> (Self::Hot<'q>, Option<&'q [u16]>) {
                ((), None)
            }

            fn by_slot<'q>(_: &mut Self::Cursors<'q>, _: usize) -> Self::Hot<'q> {}

            fn take<'q>(_: &mut Self::Cursors<'q>, _: usize) -> Option<Self::Item<'q>> {
                Some(())
            }

            #[inline]
            fn led<'q>(_: &mut Self::Hot<'q>, _: u32, _: usize) -> Option<Self::Item<'q>> {
                Some(())
            }

            #[inline]
            fn trim(_: &mut Self::Hot<'_>, _: u32, _: usize) {}

            #[inline]
            fn at<'h>(
                _: &'h mut Self::Hot<'_>,
                _: u32,
                _: usize,
                _: usize,
            ) -> Option<Self::Item<'h>> {
                Some(())
            }

            #[inline]
            fn seek(_: &mut Self::Hot<'_>, _: usize) {}

            #[inline]
            fn next<'q>(_: &mut Self::Hot<'q>) -> Option<Self::Item<'q>> {
                Some(())
            }
        }

        impl<C: Component> Term for $condition<C> {
            type Appended<'q, Items: Append> = Items;

            #[inline]
            fn append<Items: Append>(items: Items, _: Self::Item<'_>) -> Self::Appended<'_, Items> {
                items
            }
        }
    };
}

condition!(With, keep_with, core::convert::identity, is_some);
condition!(Without, keep_without, |_| SLOTS, is_none);
