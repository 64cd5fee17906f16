use alloc::boxed::Box;
use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;

use slotmap::Key;

use super::piece::{BY_SLOT, MIXED, Piece, Pieces, RUN};
use super::walk::Walk;
use super::{Query, QueryItem};
use crate::live::Live;

/// The slots and the items of a query.
///
/// Nothing here but the pieces is ever lent to a call that is not inlined, and these are in a box: so the caller's
/// loop holds what it needs in registers.
pub(super) struct Steps<'q, Q: Query> {
    pub(super) pieces: Box<Pieces<'q, Q>>,
    piece: Piece<'q, Q>,
}

impl<'q, Q: Query> Steps<'q, Q> {
    pub(super) fn new(readers: Q::Readers<'q>, live: Live<'q>) -> Self {
        Self {
            pieces: Box::new(Pieces::new(Walk::new(readers, live))),
            piece: Piece::default(),
        }
    }

    #[expect(clippy::inline_always, reason = "the loop must own its state")]
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<(usize, Q::Item<'q>)> {
        loop {
            if self.piece.next == self.piece.end {
                self.piece = self.pieces.advance()?;
            }
            // The usual way, apart from the others: a jump by a table costs more than the step.
            let (slot, item) = if self.piece.is_run {
                self.step(RUN)
            } else {
                match self.piece.packed {
                    0b01 => self.step(0b01),
                    0b10 => self.step(0b10),
                    0b11 => self.step(0b11),
                    packed => self.step(packed),
                }
            };
            if let Some(item) = item {
                return Some((slot, item));
            }
        }
    }

    /// Goes to a slot of the piece. `packed` is what the piece says, repeated to the compiler.
    #[expect(clippy::inline_always, reason = "the loop must own its state")]
    #[inline(always)]
    fn step(&mut self, packed: u32) -> (usize, Option<Q::Item<'q>>) {
        let at = self.piece.next;
        self.piece.next += 1;
        if packed == RUN {
            return (at, Q::next(&mut self.piece.hot));
        }
        let slot = self.pieces.slot(at);
        let item = if packed == MIXED {
            self.pieces.take(slot)
        } else {
            Q::led(&mut self.piece.hot, packed, slot)
        };
        (slot, item)
    }

    /// A loop of its own for each way to read.
    #[inline]
    pub(super) fn fold<B>(
        mut self,
        init: B,
        mut f: impl FnMut(B, usize, &Pieces<'q, Q>, Q::Item<'q>) -> B,
    ) -> B {
        let mut result = init;
        loop {
            result = match self.piece.packed {
                RUN => self.fold_piece(RUN, result, &mut f),
                BY_SLOT => self.fold_piece(BY_SLOT, result, &mut f),
                0b01 => self.fold_piece(0b01, result, &mut f),
                0b10 => self.fold_piece(0b10, result, &mut f),
                0b11 => self.fold_piece(0b11, result, &mut f),
                packed => self.fold_piece(packed, result, &mut f),
            };
            match self.pieces.advance() {
                Some(piece) => self.piece = piece,
                None => return result,
            }
        }
    }

    #[expect(clippy::inline_always, reason = "it is repeated to be specialised")]
    #[inline(always)]
    fn fold_piece<B>(
        &mut self,
        packed: u32,
        init: B,
        f: &mut impl FnMut(B, usize, &Pieces<'q, Q>, Q::Item<'q>) -> B,
    ) -> B {
        let mut result = init;
        while self.piece.next != self.piece.end {
            if let (slot, Some(item)) = self.step(packed) {
                result = f(result, slot, &self.pieces, item);
            }
        }
        result
    }

    pub(super) fn count(mut self) -> usize {
        match self.pieces.count() {
            Some(count) => count,
            None => self.fold(0, |count, _, _, _| count + 1),
        }
    }
}

/// The items of a query, in the order of the objects' indices.
///
/// [`QueryBorrow::iter`](crate::QueryBorrow::iter) makes one.
pub struct QueryIter<'q, Q: Query>(Steps<'q, Q>);

impl<'q, Q: Query> QueryIter<'q, Q> {
    pub(super) fn new(readers: Q::Readers<'q>, live: Live<'q>) -> Self {
        Self(Steps::new(readers, live))
    }
}

impl<'q, Q: Query> Iterator for QueryIter<'q, Q> {
    type Item = QueryItem<'q, Q>;

    #[expect(clippy::inline_always, reason = "the loop must own its state")]
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(_, item)| item)
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
        self.0.fold(init, |result, _, _, item| f(result, item))
    }

    fn count(self) -> usize {
        self.0.count()
    }
}

impl<Q: Query> FusedIterator for QueryIter<'_, Q> {}

impl<Q: Query> fmt::Debug for QueryIter<'_, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryIter").finish_non_exhaustive()
    }
}

/// The items of a query with the handles of their objects, in the order of their indices.
///
/// [`QueryBorrow::iter_with_handles`](crate::QueryBorrow::iter_with_handles) makes one, and so do
/// the `iter` of [`ColumnRef`](crate::ColumnRef) and [`ColumnMut`](crate::ColumnMut).
pub struct HandleIter<'q, Q: Query, K> {
    steps: Steps<'q, Q>,
    key: PhantomData<fn() -> K>,
}

impl<'q, Q: Query, K: Key> HandleIter<'q, Q, K> {
    pub(super) fn new(readers: Q::Readers<'q>, live: Live<'q>) -> Self {
        Self {
            steps: Steps::new(readers, live),
            key: PhantomData,
        }
    }
}

impl<'q, Q: Query, K: Key> Iterator for HandleIter<'q, Q, K> {
    type Item = (K, QueryItem<'q, Q>);

    #[expect(clippy::inline_always, reason = "the loop must own its state")]
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let (slot, item) = self.steps.next()?;
        Some((self.steps.pieces.key(slot).into(), item))
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
        let each =
            |result, slot, pieces: &Pieces<'q, Q>, item| f(result, (pieces.key(slot).into(), item));
        self.steps.fold(init, each)
    }

    fn count(self) -> usize {
        self.steps.count()
    }
}

impl<Q: Query, K: Key> FusedIterator for HandleIter<'_, Q, K> {}

impl<Q: Query, K> fmt::Debug for HandleIter<'_, Q, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandleIter").finish_non_exhaustive()
    }
}
