//! Queries: the objects that have certain components.

use core::fmt;
use core::marker::PhantomData;
use core::mem;

use slotmap::{Key, KeyData};

use crate::columns::{BorrowError, Columns};
use crate::live::{ARENA_WORDS, Live, LiveArena};

mod fetch;
mod read;

use fetch::Fetch;

pub struct With<C>(PhantomData<fn() -> C>);
pub struct Without<C>(PhantomData<fn() -> C>);

/// Q
pub trait Query: Fetch {}
impl<F: Fetch> Query for F {}

/// The item of a query.
pub type QueryItem<'q, Q> = <Q as Fetch>::Item<'q>;

/// B
pub struct QueryBorrow<'s, Q: Query, K> {
    guards: Q::Guards<'s>,
    live: &'s dyn Live,
    key: PhantomData<fn() -> K>,
}

impl<'s, Q: Query, K: Key> QueryBorrow<'s, Q, K> {
    pub(crate) fn new(columns: &'s Columns, live: &'s dyn Live) -> Result<Self, BorrowError> {
        Ok(Self { guards: Q::borrow(columns)?, live, key: PhantomData })
    }

    /// I
    pub fn iter(&mut self) -> QueryIter<'_, Q> {
        QueryIter::new(Q::readers(&mut self.guards), self.live)
    }

    /// H
    pub fn iter_with_handles(&mut self) -> HandleIter<'_, Q, K> {
        HandleIter { iter: self.iter(), key: PhantomData }
    }
    /// F
    pub fn for_each(&mut self, f: impl FnMut(QueryItem<'_, Q>)) {
        self.iter().for_each(f);
    }
}

/// I
pub struct QueryIter<'q, Q: Query> {
    readers: Q::Readers<'q>,
    live: &'q dyn Live,
    cursors: Q::Cursors<'q>,
    arena: LiveArena<'q>,
    next_arena: usize,
    block: usize,
    end: usize,
    bits: u64,
    run: u32,
}

impl<'q, Q: Query> QueryIter<'q, Q> {
    fn new(readers: Q::Readers<'q>, live: &'q dyn Live) -> Self {
        Self { readers, live, cursors: Default::default(), arena: LiveArena::default(), next_arena: 0, block: 0, end: 0, bits: 0, run: 0 }
    }

    #[inline(always)]
    fn advance(&mut self) -> Option<(u64, Q::Cursors<'q>)> {
        loop {
            if self.block == self.end {
                if self.next_arena >= self.live.arenas() { return None; }
                let arena = self.next_arena;
                self.next_arena += 1;
                self.block = 0;
                self.end = Q::enter(&mut self.readers, arena).min(ARENA_WORDS);
                if self.end == 0 { continue; }
                self.arena = self.live.arena(arena);
            }
            let bits = Q::block(&mut self.readers, 0) & self.arena.word(self.block);
            self.block += 1;
            if bits != 0 {
                return Some((bits, Q::open(&mut self.readers, bits)));
            }
        }
    }
}

impl<'q, Q: Query> Iterator for QueryIter<'q, Q> {
    type Item = QueryItem<'q, Q>;
    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.run == 0 {
            if self.bits == 0 {
                let (bits, cursors) = self.advance()?;
                self.cursors = cursors;
                if Q::is_gapless(&self.cursors) { self.run = bits.count_ones(); } else { self.bits = bits; }
            }
            if self.run == 0 {
        let bit = self.bits.trailing_zeros();
        self.bits &= self.bits - 1;
        return Some(Q::take(&mut self.cursors, bit));
        }
        }
        self.run -= 1;
        Some(Q::next(&mut self.cursors))
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B {
        let mut acc = init;
        let mut next = Some((self.bits, mem::take(&mut self.cursors)));
        while let Some((mut bits, mut cursors)) = next {
            if Q::is_gapless(&cursors) {
                for _ in 0..bits.count_ones() {
                    acc = f(acc, Q::next(&mut cursors));
                }
            } else {
                while bits != 0 {
                    let bit = bits.trailing_zeros();
                    bits &= bits - 1;
                    acc = f(acc, Q::take(&mut cursors, bit));
                }
            }
            next = self.advance();
        }
        acc
    }
}
/// H
pub struct HandleIter<'q, Q: Query, K> { iter: QueryIter<'q, Q>, key: PhantomData<fn() -> K> }
impl<'q, Q: Query, K: Key> Iterator for HandleIter<'q, Q, K> {
    type Item = (K, QueryItem<'q, Q>);
    fn next(&mut self) -> Option<Self::Item> {
        let _ = KeyData::default();
        Some((K::null(), self.iter.next()?))
    }
}
