//! Edges as they were when the last snapshot was taken.

use super::Edges;
use crate::graph::pool::{self, Columns, Pairs, PoolChanges};

/// What a snapshot copies of the edges.
#[derive(Clone, Debug)]
pub(crate) struct Outline<E> {
    outgoing: pool::Outline<E>,
    incoming: pool::Outline<()>,
    len: usize,
}

/// What edges have in one state, and not in another.
pub(crate) struct EdgeChanges<E> {
    outgoing: PoolChanges<Columns<E>>,
    incoming: PoolChanges<Pairs>,
}

impl<E> EdgeChanges<E> {
    /// Bytes allocated, without what labels own.
    pub(crate) fn memory(&self) -> usize {
        self.outgoing.memory() + self.incoming.memory()
    }
}

impl<E> Edges<E> {
    /// Bytes of the logs.
    pub(crate) fn journal_memory(&self) -> usize {
        self.outgoing.journal_memory() + self.incoming.journal_memory()
    }

    /// What a snapshot copies.
    pub(crate) fn outline(&self) -> Outline<E>
    where
        E: Clone,
    {
        Outline {
            outgoing: self.outgoing.outline(),
            incoming: self.incoming.outline(),
            len: self.len,
        }
    }

    /// Takes what has changed since this was called last, and begins to note it anew.
    pub(crate) fn take_changes(&mut self, copy: fn(&E) -> E) -> EdgeChanges<E> {
        EdgeChanges {
            outgoing: self.outgoing.take_changes(copy),
            incoming: self.incoming.take_changes(|()| ()),
        }
    }

    /// Notes no changes any more.
    pub(crate) fn stop_journal(&mut self) {
        self.outgoing.stop_journal();
        self.incoming.stop_journal();
    }

    /// Exchanges what has changed for what was there. The logs are empty.
    pub(crate) fn exchange(&mut self, changes: &mut EdgeChanges<E>) {
        self.outgoing.exchange(&mut changes.outgoing);
        self.incoming.exchange(&mut changes.incoming);
    }

    /// Takes over what a snapshot has copied, after the last exchange.
    pub(crate) fn assume(&mut self, outline: Outline<E>) {
        self.outgoing.assume(outline.outgoing);
        self.incoming.assume(outline.incoming);
        self.len = outline.len;
    }
}
