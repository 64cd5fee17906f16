use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::mem;

use slotmap::{Key, KeyData};

use super::fetch::Fetch;
use super::{Query, QueryItem};
use crate::header::ARENA_WORDS;
use crate::live::{Live, LiveArena};

/// Where an iteration is: it goes from block to block, in index order.
///
/// Nothing here is ever lent to a call that is not inlined. So the caller's loop holds what it needs in
/// registers, which makes it twice as fast.
struct Walk<'q, Q: Query> {
    readers: Q::Readers<'q>,
    live: &'q dyn Live,
    arena: LiveArena<'q>,
    next_arena: usize,
    /// The block of the arena that comes next, and the block from which on none can match.
    next_block: usize,
    end: usize,
}

impl<'q, Q: Query> Walk<'q, Q> {
    fn new(readers: Q::Readers<'q>, live: &'q dyn Live) -> Self {
        Self {
            readers,
            live,
            arena: LiveArena::default(),
            next_arena: 0,
            next_block: 0,
            end: 0,
        }
    }

    /// Goes to the next block with a live object that matches, and returns those that it has.
    #[expect(
        clippy::inline_always,
        reason = "see Walk: the loop must own its state"
    )]
    #[inline(always)]
    fn next_match(&mut self) -> Option<u64> {
        loop {
            if self.next_block == self.end {
                if self.next_arena >= self.live.arenas() {
                    return None;
                }
                self.arena = self.live.arena(self.next_arena);
                self.end = Q::enter(&mut self.readers, self.next_arena).min(ARENA_WORDS);
                self.next_block = 0;
                self.next_arena += 1;
            } else {
                let live = self.arena.word(self.next_block);
                let matches = Q::block(&mut self.readers, 0) & live;
                self.next_block += 1;
                if matches != 0 {
                    return Some(matches);
                }
            }
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "see Walk: the loop must own its state"
    )]
    #[inline(always)]
    fn next(&mut self) -> Option<(u64, Q::Cursors<'q>)> {
        let matches = self.next_match()?;
        Some((matches, Q::open(&mut self.readers, matches)))
    }

    /// The handle of the object at a bit of the block that `next` gave.
    #[inline]
    fn key<K: Key>(&self, bit: u32) -> K {
        let slot = (self.next_block - 1) * 64 + bit as usize;
        let index = (self.next_arena - 1) << 12 | slot;
        let version = self.arena.rows.version(slot);
        KeyData::from_ffi(u64::from(version) << 32 | index as u64).into()
    }

    fn count(mut self) -> usize {
        let mut count = 0;
        while let Some(matches) = self.next_match() {
            count += matches.count_ones() as usize;
        }
        count
    }
}

/// Takes the lowest bit off.
#[inline]
fn take_bit(bits: &mut u64) -> u32 {
    let bit = bits.trailing_zeros();
    *bits &= *bits - 1;
    bit
}

/// The items of a query, in the order of the objects' indices.
///
/// [`QueryBorrow::iter`](crate::QueryBorrow::iter) makes one.
pub struct QueryIter<'q, Q: Query> {
    walk: Walk<'q, Q>,
    cursors: Q::Cursors<'q>,
    /// Objects of the block that are still to be given, if not all of them match.
    bits: u64,
    /// Objects of the block that are still to be given, if all of them match: then the values of all
    /// columns follow each other, and no bit needs to be looked at.
    run: u32,
}

impl<'q, Q: Query> QueryIter<'q, Q> {
    pub(super) fn new(readers: Q::Readers<'q>, live: &'q dyn Live) -> Self {
        Self {
            walk: Walk::new(readers, live),
            cursors: Q::Cursors::default(),
            bits: 0,
            run: 0,
        }
    }
}

impl<'q, Q: Query> Iterator for QueryIter<'q, Q> {
    type Item = QueryItem<'q, Q>;

    #[expect(
        clippy::inline_always,
        reason = "see Walk: the loop must own its state"
    )]
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.run == 0 {
            if self.bits == 0 {
                let (matches, cursors) = self.walk.next()?;
                self.cursors = cursors;
                if Q::is_run(&self.cursors, matches) {
                    self.run = matches.count_ones();
                } else {
                    self.bits = matches;
                }
            }
            if self.run == 0 {
                let bit = take_bit(&mut self.bits);
                return Some(Q::take(&mut self.cursors, bit));
            }
        }
        self.run -= 1;
        Some(Q::next(&mut self.cursors))
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B {
        let mut result = init;
        let mut cursors = mem::take(&mut self.cursors);
        loop {
            for _ in 0..self.run {
                result = f(result, Q::next(&mut cursors));
            }
            while self.bits != 0 {
                let bit = take_bit(&mut self.bits);
                result = f(result, Q::take(&mut cursors, bit));
            }
            let Some((matches, next)) = self.walk.next() else {
                return result;
            };
            cursors = next;
            (self.run, self.bits) = if Q::is_run(&cursors, matches) {
                (matches.count_ones(), 0)
            } else {
                (0, matches)
            };
        }
    }

    fn count(self) -> usize {
        self.run as usize + self.bits.count_ones() as usize + self.walk.count()
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
    walk: Walk<'q, Q>,
    cursors: Q::Cursors<'q>,
    bits: u64,
    key: PhantomData<fn() -> K>,
}

impl<'q, Q: Query, K: Key> HandleIter<'q, Q, K> {
    pub(super) fn new(readers: Q::Readers<'q>, live: &'q dyn Live) -> Self {
        Self {
            walk: Walk::new(readers, live),
            cursors: Q::Cursors::default(),
            bits: 0,
            key: PhantomData,
        }
    }
}

impl<'q, Q: Query, K: Key> Iterator for HandleIter<'q, Q, K> {
    type Item = (K, QueryItem<'q, Q>);

    #[expect(
        clippy::inline_always,
        reason = "see Walk: the loop must own its state"
    )]
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.bits == 0 {
            (self.bits, self.cursors) = self.walk.next()?;
        }
        let bit = take_bit(&mut self.bits);
        Some((self.walk.key(bit), Q::take(&mut self.cursors, bit)))
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B {
        let mut result = init;
        let mut cursors = mem::take(&mut self.cursors);
        loop {
            while self.bits != 0 {
                let bit = take_bit(&mut self.bits);
                result = f(result, (self.walk.key(bit), Q::take(&mut cursors, bit)));
            }
            let Some(next) = self.walk.next() else {
                return result;
            };
            (self.bits, cursors) = next;
        }
    }

    fn count(self) -> usize {
        self.bits.count_ones() as usize + self.walk.count()
    }
}

impl<Q: Query, K: Key> FusedIterator for HandleIter<'_, Q, K> {}

impl<Q: Query, K> fmt::Debug for HandleIter<'_, Q, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandleIter").finish_non_exhaustive()
    }
}

/// The item of one object.
pub(super) fn get<'q, Q: Fetch>(
    mut readers: Q::Readers<'q>,
    live: &dyn Live,
    key: KeyData,
) -> Option<Q::Item<'q>> {
    let (arena, block, bit) = crate::columns::place(live.resolve(key)?);
    let wanted = 1 << bit;
    Q::enter(&mut readers, arena);
    if Q::block(&mut readers, block) & wanted == 0 {
        return None;
    }
    let mut cursors = Q::open(&mut readers, wanted);
    Some(Q::take(&mut cursors, bit))
}
