//! The nodes of all lists, apart from the labels: threads may share them whatever the labels are.

use alloc::vec::Vec;

use super::{List, Outgoing, SHORT};

/// The nodes of a pool's blocks, by chunk.
pub(crate) struct Nodes<'a> {
    chunks: Vec<&'a [u32]>,
}

impl<E> Outgoing<E> {
    /// The nodes alone. Computes in O(chunks).
    pub(crate) fn all_nodes(&self) -> Nodes<'_> {
        let chunks = self.blocks.chunks().iter();
        Nodes {
            chunks: chunks.map(|cells| &*cells.nodes).collect(),
        }
    }
}

impl Nodes<'_> {
    /// The first nodes of a list that has a block, and whatever is behind them, if its chunk has as much.
    /// None of it is read.
    #[inline]
    pub(crate) fn first(&self, list: List) -> Option<&[u32; SHORT]> {
        let (chunk, base) = super::blocks::split(list.block());
        self.chunks[chunk].get(base..)?.first_chunk()
    }

    /// The nodes of a list, in order.
    #[inline]
    pub(crate) fn of<'a>(&'a self, list: &'a List) -> &'a [u32] {
        if list.class() == 0 {
            return &core::slice::from_ref(&list.head.node)[..list.len()];
        }
        let (chunk, base) = super::blocks::split(list.block());
        &self.chunks[chunk][base..base + list.len()]
    }
}
