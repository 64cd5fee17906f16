//! Blocks: the rows of 64 slots, and what is known of each slot by a bit.

use super::{Node, Row};
use crate::bits::WORD;
use crate::pool::List;

/// The rows of 64 slots, by slot.
///
/// What an operation needs to know of an object it finds by one look-up, and behind that at fixed
/// places: no position within a block is beyond its end.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The slots that have an object.
    pub(super) occupied: u64,
    /// The objects that the program holds.
    pub(super) rooted: u64,
    /// The objects that are queued for reclaim, or were when they were last looked at.
    pub(super) waiting: u64,
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
    /// A block whose first `rows` rows are alike, and whose slots of `occupied` have an object that the
    /// program holds. The others were never used.
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
        Self {
            occupied,
            rooted: occupied,
            waiting: 0,
            rows,
        }
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

    /// Fills the row of a new object.
    #[inline]
    pub(super) fn occupy(&mut self, index: u32, node: Node) {
        debug_assert!(
            self.outgoing(index).is_empty(),
            "an empty slot has no edges"
        );
        self.occupied |= bit(index);
        if node.roots() > 0 {
            self.rooted |= bit(index);
        }
        *self.node_mut(index) = node;
    }

    /// Notes that an object is queued for reclaim; returns whether it was.
    #[inline]
    pub(crate) fn set_waiting(&mut self, index: u32) -> bool {
        let was = self.waiting & bit(index) != 0;
        self.waiting |= bit(index);
        was
    }

    /// Ends the version of a row, which no edge needs any more; returns what it was.
    #[inline]
    pub(super) fn vacate(&mut self, index: u32) -> Row {
        let row = self.row(index);
        let old = row.node;
        debug_assert!(old.version % 2 == 1, "only an object can leave");
        *self.outgoing_mut(index) = List::EMPTY;
        *self.node_mut(index) = Node::bare(old.version.wrapping_add(1));
        let others = !bit(index);
        self.occupied &= others;
        self.waiting &= others;
        if old.roots() > 0 {
            self.rooted &= others;
        }
        row
    }

    /// The largest version of a row.
    pub(super) fn last_version(&self) -> u32 {
        let versions = self.rows.iter().map(|row| row.node.version);
        versions.max().unwrap_or(0)
    }
}
