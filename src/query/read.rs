use core::{mem, slice};

use atomic_refcell::{AtomicRef, AtomicRefMut};

use crate::columns::{Block, BorrowError, Chunk, Column, Columns, Component};

/// How a column is read: shared (`&C`) or exclusively (`&mut C`).
pub trait Access {
    /// `None` where there is no such column.
    type Guard<'s>;
    type Chunks<'q>: Default;
    type Blocks<'q>: Default;
    type Block<'q>;
    type Values<'q>: Default;
    type Item<'q>;

    fn borrow(columns: &Columns) -> Result<Self::Guard<'_>, BorrowError>;
    fn chunks<'q>(guard: &'q mut Self::Guard<'_>) -> Self::Chunks<'q>;
    /// Skips chunks, and gives the blocks of the next one and their number.
    fn blocks<'q>(chunks: &mut Self::Chunks<'q>, skip: usize) -> (Self::Blocks<'q>, usize);
    fn block<'q>(blocks: &mut Self::Blocks<'q>, skip: usize) -> Option<Self::Block<'q>>;
    fn present(block: &Self::Block<'_>) -> u64;
    fn values(block: Self::Block<'_>) -> Self::Values<'_>;
    /// Takes the first value off.
    fn first<'q>(values: &mut Self::Values<'q>) -> Option<Self::Item<'q>>;
    /// Takes values off until `left` are left, then the first of these, which it gives.
    fn skip_to<'q>(values: &mut Self::Values<'q>, left: usize) -> Option<Self::Item<'q>>;
}

macro_rules! access {
    ($guard:ident, $borrow:ident, $as_deref:ident, $slice:ident, $iter:ident, $split_at:ident, $split_first:ident $(, $mut:tt)?) => {
        impl<C: Component> Access for &$($mut)? C {
            type Guard<'s> = Option<$guard<'s, Column<C>>>;
            type Chunks<'q> = slice::$slice<'q, Chunk<C>>;
            type Blocks<'q> = slice::$slice<'q, Block<C>>;
            type Block<'q> = &'q $($mut)? Block<C>;
            type Values<'q> = &'q $($mut)? [C];
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
                & $($mut)? block.values
            }

            #[inline]
            fn first<'q>(values: &mut Self::Values<'q>) -> Option<Self::Item<'q>> {
                let (first, rest) = mem::take(values).$split_first()?;
                *values = rest;
                Some(first)
            }

            #[inline]
            fn skip_to<'q>(values: &mut Self::Values<'q>, left: usize) -> Option<Self::Item<'q>> {
                let skip = values.len().checked_sub(left)?;
                let (first, rest) = mem::take(values).$split_at(skip).1.$split_first()?;
                *values = rest;
                Some(first)
            }
        }
    };
}

access!(
    AtomicRef,
    borrow,
    as_deref,
    Iter,
    iter,
    split_at,
    split_first
);
access!(
    AtomicRefMut,
    borrow_mut,
    as_deref_mut,
    IterMut,
    iter_mut,
    split_at_mut,
    split_first_mut,
    mut
);

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
            // One run of ones becomes a power of two, or zero, when its first bit is added.
            let carried = present.wrapping_add(present & present.wrapping_neg());
            let end = if present & !wanted == 0 {
                NEXT
            } else if carried & present == 0 {
                u64::BITS - present.leading_zeros()
            } else {
                RANKED
            };
            Cursor {
                values: A::values(block),
                present,
                end,
            }
        })
    }
}

/// The values of a block.
///
/// All that changes as they are taken is the slice: so a loop over two columns has enough registers.
pub struct Cursor<'q, A: Access> {
    values: A::Values<'q>,
    /// Objects of the block, a bit each, that have a value.
    present: u64,
    /// Where the value of an object stands among those of the block, of which only some are wanted. If there
    /// are no gaps between the objects that have one: the bit behind the last of them, so that a value stands
    /// as far from the end as its bit does. Otherwise [`NEXT`] or [`RANKED`].
    end: u32,
}

/// All of the values are wanted, so it is always the next one.
const NEXT: u32 = 0;
/// The bits above an object's own have to be counted. Less any bit, it is still more than 64.
const RANKED: u32 = 255;

impl<A: Access> Default for Cursor<'_, A> {
    fn default() -> Self {
        Self {
            values: Default::default(),
            present: 0,
            end: NEXT,
        }
    }
}

impl<'q, A: Access> Cursor<'q, A> {
    /// Whether the objects of `wanted` are exactly those that have a value.
    #[inline]
    pub(super) fn is_run(&self, wanted: u64) -> bool {
        self.present == wanted
    }

    /// The same, if all of `wanted` have a value.
    #[inline]
    pub(super) fn has_no_other(&self) -> bool {
        self.end == NEXT
    }

    #[inline]
    pub(super) fn next(&mut self) -> Option<A::Item<'q>> {
        A::first(&mut self.values)
    }

    /// The value of a wanted object after the last one that was taken.
    #[inline]
    pub(super) fn take(&mut self, bit: u32) -> Option<A::Item<'q>> {
        if self.end == NEXT {
            return A::first(&mut self.values);
        }
        let mut left = self.end - bit;
        if left > u64::BITS {
            left = (self.present >> bit).count_ones();
        }
        A::skip_to(&mut self.values, left as usize)
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
