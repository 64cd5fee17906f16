//! The rows of new objects that have all of their edges.

use super::block::bit;
use super::{Headers, Node, Row};
use crate::bits::WORD;
use crate::graph::pool::List;

impl Row {
    /// The row of a new object that the program holds `roots` times and that has these edges, in and out.
    pub(crate) fn built(
        version: u32,
        (roots, distance): (u32, u8),
        (incoming, outgoing): (List, List),
    ) -> Self {
        let mut node = Node::born(version, roots);
        node.incoming = incoming;
        node.set_distance(distance);
        Self { node, outgoing }
    }
}

impl Headers {
    /// Fills the row of a new object.
    #[inline]
    pub(crate) fn occupy_row(&mut self, index: u32, row: Row) {
        let Row { node, outgoing } = row;
        let roots = node.roots();
        if outgoing.is_empty() && node.incoming.is_empty() {
            self.occupy(index, node.version, roots);
            return;
        }
        let word = index as usize / WORD;
        if word >= self.flags.len() {
            self.extend_further(word);
        }
        self.keep_with_flags(index);
        let block = self.written_block(word);
        *block.node_mut(index) = node;
        *block.outgoing_mut(index) = outgoing;
        let flags = &mut self.flags[word];
        flags.occupied |= bit(index);
        if roots > 0 {
            flags.rooted |= bit(index);
        }
    }
}
