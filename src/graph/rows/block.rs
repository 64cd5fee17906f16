//! The rows of 64 slots, and what is kept of each slot as a bit.

use super::{Node, Row};
use crate::bits::WORD;
use crate::graph::pool::List;

/// What is kept of 64 slots as a bit each: apart from their rows, for whatever looks through all slots.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    /// The slots that have an object.
    pub(super) occupied: u64,
    /// The objects that the program holds.
    pub(super) rooted: u64,
    /// The objects that are queued for reclaim, or were when they were last looked at.
    pub(super) pending: u64,
}

/// The rows of 64 slots, by slot. It is found by one look-up, and no position in it can be beyond its
/// end.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    rows: [Row; WORD],
}

/// The bit of a slot within its block.
#[inline]
pub(super) fn bit(index: u32) -> u64 {
    1 << (index % 64)
}

#[inline]
fn at(index: u32) -> usize {
    index as usize % WORD
}

impl Block {
    /// A block with this row for each of the slots that are `occupied`. The others were never used.
    pub(super) fn new(row: Node, occupied: u64) -> Self {
        let empty = Row {
            node: Node::bare(0),
            outgoing: List::EMPTY,
        };
        let mut rows = [empty; WORD];
        for (slot, other) in rows.iter_mut().enumerate() {
            if occupied >> slot & 1 == 1 {
                other.node = row;
            }
        }
        Self { rows }
    }

    /// Forgets both lists of an object.
    #[inline]
    pub(crate) fn empty_lists(&mut self, index: u32) {
        self.node_mut(index).incoming = List::EMPTY;
        *self.outgoing_mut(index) = List::EMPTY;
    }

    #[inline]
    pub(crate) fn row(&self, index: u32) -> Row {
        self.rows[at(index)]
    }

    #[inline]
    pub(super) fn row_mut(&mut self, index: u32) -> &mut Row {
        &mut self.rows[at(index)]
    }

    #[inline]
    pub(crate) fn node(&self, index: u32) -> &Node {
        &self.rows[at(index)].node
    }

    /// The version in the row of a slot.
    #[inline]
    pub(super) fn version_at(&self, slot: usize) -> u32 {
        self.rows[slot % WORD].node.version
    }

    #[inline]
    pub(crate) fn node_mut(&mut self, index: u32) -> &mut Node {
        &mut self.rows[at(index)].node
    }

    #[inline]
    pub(super) fn outgoing(&self, index: u32) -> &List {
        &self.rows[at(index)].outgoing
    }

    #[inline]
    pub(crate) fn outgoing_mut(&mut self, index: u32) -> &mut List {
        &mut self.rows[at(index)].outgoing
    }

    /// Ends the version of a row, which no edge needs any more; returns what it was.
    #[inline]
    pub(super) fn vacate(&mut self, index: u32) -> Row {
        let row = &mut self.rows[at(index)];
        let old = *row;
        row.vacate();
        old
    }

    /// The largest version of a row.
    pub(super) fn last_version(&self) -> u32 {
        let versions = self.rows.iter().map(|row| row.node.version);
        versions.max().unwrap_or(0)
    }
}
