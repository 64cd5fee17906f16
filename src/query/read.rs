use core::slice;

use atomic_refcell::{AtomicRef, AtomicRefMut};

use crate::columns::{Block, BorrowError, Chunk, Column, Columns, Component};

/// How a column is read: shared (`&C`) or exclusively (`&mut C`).
pub trait Access {
    /// `None` where there is no such column.
    type Guard<'s>;
    type Chunks<'q>: Default;
    type Blocks<'q>: Default;
    type Block<'q>;
    type Values<'q>: Default + Iterator<Item = Self::Item<'q>>;
    type Item<'q>;

    fn borrow(columns: &Columns) -> Result<Self::Guard<'_>, BorrowError>;
    fn chunks<'q>(guard: &'q mut Self::Guard<'_>) -> Self::Chunks<'q>;
    /// Skips chunks, and gives the blocks of the next one and their number.
    fn blocks<'q>(chunks: &mut Self::Chunks<'q>, skip: usize) -> (Self::Blocks<'q>, usize);
    fn block<'q>(blocks: &mut Self::Blocks<'q>, skip: usize) -> Option<Self::Block<'q>>;
    fn present(block: &Self::Block<'_>) -> u64;
    fn values(block: Self::Block<'_>) -> Self::Values<'_>;
}

macro_rules! access {
    ($guard:ident, $borrow:ident, $as_deref:ident, $slice:ident, $iter:ident $(, $mut:tt)?) => {
        impl<C: Component> Access for &$($mut)? C {
            type Guard<'s> = Option<$guard<'s, Column<C>>>;
            type Chunks<'q> = slice::$slice<'q, Chunk<C>>;
            type Blocks<'q> = slice::$slice<'q, Block<C>>;
            type Block<'q> = &'q $($mut)? Block<C>;
            type Values<'q> = slice::$slice<'q, C>;
            type Item<'q> = &'q $($mut)? C;

            fn borrow(columns: &Columns) -> Result<Self::Guard<'_>, BorrowError> {
                columns.$borrow()
            }

            fn chunks<'q>(guard: &'q mut Self::Guard<'_>) -> Self::Chunks<'q> {
                match guard.$as_deref() {
                    Some(column) => column.chunks.$iter(),
                    None => Default::default(),
                }
            }

            #[inline]
            fn blocks<'q>(chunks: &mut Self::Chunks<'q>, skip: usize) -> (Self::Blocks<'q>, usize) {
                let blocks = match chunks.nth(skip) {
                    Some(chunk) => chunk.blocks.$iter(),
                    None => Default::default(),
                };
                let len = blocks.len();
                (blocks, len)
            }

            #[inline]
            fn block<'q>(blocks: &mut Self::Blocks<'q>, skip: usize) -> Option<Self::Block<'q>> {
                blocks.nth(skip)
            }

            #[inline]
            fn present(block: &Self::Block<'_>) -> u64 {
                block.present
            }

            #[inline]
            fn values(block: Self::Block<'_>) -> Self::Values<'_> {
                block.values.$iter()
            }
        }
    };
}

access!(AtomicRef, borrow, as_deref, Iter, iter);
access!(AtomicRefMut, borrow_mut, as_deref_mut, IterMut, iter_mut, mut);

/// A position in a column, which only goes forward.
pub struct Reader<'q, A: Access> {
    chunks: A::Chunks<'q>,
    /// The chunk that `chunks` would give next.
    next_chunk: usize,
    blocks: A::Blocks<'q>,
    block: Option<A::Block<'q>>,
}

impl<'q, A: Access> Reader<'q, A> {
    pub(crate) fn new(chunks: A::Chunks<'q>) -> Self {
        Self {
            chunks,
            next_chunk: 0,
            blocks: A::Blocks::default(),
            block: None,
        }
    }

    /// Goes before the first block of a later arena, and returns the number of its blocks.
    #[inline]
    pub(super) fn enter(&mut self, arena: usize) -> usize {
        let (blocks, len) = A::blocks(&mut self.chunks, arena - self.next_chunk);
        self.next_chunk = arena + 1;
        self.blocks = blocks;
        len
    }

    /// Skips blocks, goes to the next one, and returns which of its objects have the component.
    #[inline]
    pub(super) fn block(&mut self, skip: usize) -> u64 {
        self.block = A::block(&mut self.blocks, skip);
        self.block.as_ref().map_or(0, A::present)
    }

    /// The values of the block, of which those of `wanted` will be taken.
    #[inline]
    pub(super) fn open(&mut self, wanted: u64) -> Cursor<'q, A> {
        self.block.take().map_or_else(Cursor::default, |block| {
            let present = A::present(&block);
            let first = present.trailing_zeros();
            let beyond = present.checked_shr(first).unwrap_or(0).wrapping_add(1);
            let (gaps, passed) = if present & !wanted == 0 {
                (Gaps::None, 0)
            } else if beyond & beyond.wrapping_sub(1) == 0 {
                (Gaps::Before, first)
            } else {
                (Gaps::Anywhere, 0)
            };
            Cursor { values: A::values(block), present, passed, gaps }
        })
    }
}

/// The values of a block.
pub struct Cursor<'q, A: Access> {
    values: A::Values<'q>,
    /// Objects of the block, a bit each, that have a value.
    present: u64,
    /// Values, or with [`Gaps::Before`] bits, that were passed.
    passed: u32,
    gaps: Gaps,
}

/// Where the value of an object stands among those of its block, of which only some are wanted.
#[derive(Clone, Copy)]
enum Gaps {
    /// All of the values are wanted, so it is always the next one.
    None,
    /// There are none between the objects that have one, so it is as far on as its bit.
    Before,
    /// The bits below its own have to be counted.
    Anywhere,
}

impl<A: Access> Default for Cursor<'_, A> {
    fn default() -> Self {
        Self { values: Default::default(), present: 0, passed: 0, gaps: Gaps::None }
    }
}

impl<'q, A: Access> Cursor<'q, A> {
    /// Whether all of the values are wanted.
    #[inline]
    pub(super) fn is_gapless(&self) -> bool {
        matches!(self.gaps, Gaps::None)
    }

    #[inline]
    pub(super) fn next(&mut self) -> Option<A::Item<'q>> {
        self.values.next()
    }

    /// The value of a wanted object behind the last one that was taken.
    #[inline]
    pub(super) fn take(&mut self, bit: u32) -> Option<A::Item<'q>> {
        let rank = match self.gaps {
            Gaps::None => return self.values.next(),
            Gaps::Before => bit,
            Gaps::Anywhere => (self.present & ((1 << bit) - 1)).count_ones(),
        };
        let gap = rank - self.passed;
        self.passed = rank + 1;
        self.values.nth(gap as usize)
    }

    #[inline]
    pub(super) fn take_if_present(&mut self, bit: u32) -> Option<A::Item<'q>> {
        if self.present >> bit & 1 == 1 {
            self.take(bit)
        } else {
            None
        }
    }
}
