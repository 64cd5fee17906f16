//! The rows of an arena, for whatever reads them all.

use alloc::boxed::Box;

use super::block::Flags;
use super::{Block, Node};
use crate::bits::WORD;

/// The rows of an arena.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rows<'s> {
    pub(super) blocks: &'s [Option<Box<Block>>],
    pub(super) flags: &'s [Flags],
    /// What each row that is not written would say.
    pub(super) plain: Option<&'s Node>,
}

impl Rows<'_> {
    /// The slots of a block that have an object.
    #[inline]
    pub(crate) fn occupied(&self, block: usize) -> u64 {
        self.flags.get(block).map_or(0, |flags| flags.occupied)
    }

    /// The version in the row of a slot that has an object.
    #[inline]
    pub(crate) fn version(&self, slot: usize) -> u32 {
        match (self.blocks.get(slot / WORD), self.plain) {
            (Some(Some(block)), _) => block.version_at(slot),
            (_, Some(plain)) => plain.version,
            _ => 0,
        }
    }
}
