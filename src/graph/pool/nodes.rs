//! The nodes of lists, apart from the labels.

#[cfg(feature = "rayon")]
use alloc::vec::Vec;

use super::{List, Outgoing, SHORT};

/// Where the nodes of lists are found.
pub(crate) trait NodesOf {
    /// The nodes of the chunk that has a block, and where the block begins.
    fn chunk(&self, block: u32) -> (&[u32], usize);

    /// The nodes of a list, in order.
    #[inline]
    fn nodes<'a>(&'a self, list: &'a List) -> &'a [u32] {
        if list.has_no_block() {
            return &core::slice::from_ref(&list.head.node)[..list.len()];
        }
        let (nodes, base) = self.chunk(list.block());
        &nodes[base..base + list.len()]
    }

    /// The first nodes of a list that has a block, and whatever is behind them, if its chunk has as much.
    /// None of it is read.
    #[inline]
    fn first_nodes(&self, list: List) -> Option<&[u32; SHORT]> {
        let (nodes, base) = self.chunk(list.block());
        nodes.get(base..)?.first_chunk()
    }
}

impl<E> NodesOf for Outgoing<E> {
    #[inline]
    fn chunk(&self, block: u32) -> (&[u32], usize) {
        let (cells, base) = self.blocks.at(block);
        (&cells.nodes, base)
    }
}

/// The nodes of a pool's blocks, by chunk: threads may share them whatever the labels are.
#[cfg(feature = "rayon")]
pub(crate) struct Nodes<'a> {
    chunks: Vec<&'a [u32]>,
}

#[cfg(feature = "rayon")]
impl<E> Outgoing<E> {
    /// The nodes alone. Complexity: O(chunks).
    pub(crate) fn all_nodes(&self) -> Nodes<'_> {
        let chunks = self.blocks.chunks().iter();
        Nodes {
            chunks: chunks.map(|cells| &*cells.nodes).collect(),
        }
    }
}

#[cfg(feature = "rayon")]
impl NodesOf for Nodes<'_> {
    #[inline]
    fn chunk(&self, block: u32) -> (&[u32], usize) {
        let (chunk, base) = super::blocks::split(block);
        (self.chunks[chunk], base)
    }
}
