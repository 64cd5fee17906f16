//! Many edges at once, between new objects: each list is made in one go.

use super::Edges;
use crate::graph::pool::{Entry, List};

impl<E> Edges<E> {
    /// Whether there is room for lists of so many outgoing, and incoming, edges.
    pub(crate) fn has_room_for(&self, outgoing: &[u32], incoming: &[u32]) -> bool {
        self.outgoing.has_room_for(outgoing) && self.incoming.has_room_for(incoming)
    }

    /// A list of outgoing edges, for which there is room, each with the next of the labels.
    #[inline]
    pub(crate) fn list_outgoing(
        &mut self,
        entries: impl ExactSizeIterator<Item = Entry>,
        labels: &mut impl Iterator<Item = E>,
    ) -> List {
        self.len += entries.len();
        self.outgoing.list(entries, labels)
    }

    /// A list of incoming edges, for which there is room.
    #[inline]
    pub(crate) fn list_incoming(&mut self, entries: &[Entry]) -> List {
        let labels = &mut core::iter::repeat_n((), entries.len());
        self.incoming.list(entries.iter().copied(), labels)
    }
}
