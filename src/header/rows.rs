//! Rows that are alike and not written, and the rows of an arena for those who read them all.

use alloc::boxed::Box;

use super::{Block, Node};
use crate::bits::WORD;

/// The slots of an arena that were used, and what stands in a row that is not written: its object
/// is as it was inserted, held by one root, without edges. Such rows are alike, and are written when one
/// of their block changes: a world whose objects are not linked takes no memory for edges.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain {
    /// The last slot without a row that was used. All before it were too.
    pub(super) used: u32,
    /// What stands in each row of an object as it was inserted.
    pub(super) row: Node,
}

impl Plain {
    /// The slots of a block, in which no row is written, that have an object.
    #[inline]
    pub(super) fn occupied(&self, block: usize) -> u64 {
        let first = block * WORD;
        let end = (self.used as usize + 1).saturating_sub(first);
        let used = if end < WORD { (1 << end) - 1 } else { u64::MAX };
        // The first slot of an arena is never used.
        used & !u64::from(first == 0)
    }
}

/// The rows of an arena.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rows<'s> {
    pub(super) blocks: &'s [Option<Box<Block>>],
    pub(super) plain: Option<&'s Plain>,
}

impl Rows<'_> {
    /// The slots of a block that have an object.
    #[inline]
    pub(crate) fn occupied(&self, block: usize) -> u64 {
        match (self.blocks.get(block), self.plain) {
            (Some(Some(block)), _) => block.occupied,
            (Some(None), Some(plain)) => plain.occupied(block),
            _ => 0,
        }
    }

    /// The version in the row of a slot, whose object there is.
    #[inline]
    pub(crate) fn version(&self, slot: usize) -> u32 {
        match (self.blocks.get(slot / WORD), self.plain) {
            (Some(Some(block)), _) => block.version_at(slot),
            (_, Some(plain)) => plain.row.version,
            _ => 0,
        }
    }
}
