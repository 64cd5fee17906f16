//! Weak edges: they count for nothing and vanish with either end.

use alloc::vec::Vec;

use crate::bits::Bits;
use crate::graph::edges::Edges;
use crate::graph::pool::{Entry, List};
use crate::graph::rows::{Heads, NO_EDGES};
use crate::index::{ARENA_WORDS, arena_of};
use crate::sparse::Sparse;

/// The heads of the few objects that have weak edges.
#[derive(Clone, Debug, Default)]
struct SparseHeads {
    lists: Sparse<Ends>,
    /// The object is in `lists`: asked of each object that dies.
    listed: Bits,
}

#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    outgoing: List,
    incoming: List,
}

impl Heads for SparseHeads {
    fn outgoing(&self, index: u32) -> &List {
        self.lists
            .get(index)
            .map_or(&NO_EDGES, |ends| &ends.outgoing)
    }

    fn incoming(&self, index: u32) -> &List {
        self.lists
            .get(index)
            .map_or(&NO_EDGES, |ends| &ends.incoming)
    }

    fn outgoing_mut(&mut self, index: u32) -> &mut List {
        &mut self.enter(index).outgoing
    }

    fn incoming_mut(&mut self, index: u32) -> &mut List {
        &mut self.enter(index).incoming
    }
}

impl SparseHeads {
    fn enter(&mut self, index: u32) -> &mut Ends {
        self.listed.grow((arena_of(index) + 1) * ARENA_WORDS);
        self.listed.set(index);
        self.lists.or_default(index)
    }

    fn prune(&mut self, index: u32) {
        if self.outgoing(index).is_empty() && self.incoming(index).is_empty() {
            self.lists.remove(index);
            self.listed.clear(index);
        }
    }
}

/// All weak edges of a store.
#[derive(Clone, Debug)]
pub(crate) struct Weak<E> {
    heads: SparseHeads,
    edges: Edges<E>,
}

impl<E> Default for Weak<E> {
    fn default() -> Self {
        Self {
            heads: SparseHeads::default(),
            edges: Edges::default(),
        }
    }
}

impl<E> Weak<E> {
    /// How many weak edges there are.
    pub(crate) fn len(&self) -> usize {
        self.edges.len()
    }

    pub(crate) fn link(&mut self, source: u32, label: E, target: u32) -> Result<(), E> {
        self.edges.link(&mut self.heads, source, label, target)
    }

    /// Removes the first weak edge from one object to another.
    pub(crate) fn unlink(&mut self, source: u32, target: u32) -> Option<E> {
        let at = self.edges.find(&self.heads, source, target)?;
        let (_, label) = self.edges.unlink(&mut self.heads, source, at);
        self.heads.prune(source);
        self.heads.prune(target);
        Some(label)
    }

    /// How many weak edges an object has, from it and to it.
    pub(crate) fn degree(&self, index: u32) -> usize {
        let ends = self.heads.lists.get(index);
        ends.map_or(0, |ends| {
            self.edges.degree(ends.outgoing) + ends.incoming.len()
        })
    }

    /// Removes the last `most` weak edges to an object, and then of those from it, as far as there are any;
    /// returns how many it has removed.
    pub(crate) fn detach(&mut self, index: u32, labels: &mut Vec<E>, most: usize) -> usize {
        if !self.heads.listed.get(index) {
            return 0;
        }
        let heads = &mut self.heads;
        let prune = |heads: &mut SparseHeads, other| heads.prune(other);
        let incoming = self
            .edges
            .detach_incoming(heads, index, labels, most, prune);
        let skip = |_| false;
        let outgoing = most - incoming;
        let outgoing = self
            .edges
            .detach_last(heads, index, labels, outgoing, skip, prune);
        heads.prune(index);
        incoming + outgoing
    }

    /// The list of an object's weak edges.
    pub(crate) fn outgoing(&self, index: u32) -> &List {
        self.heads.outgoing(index)
    }

    /// Where the edges of the lists are.
    pub(crate) fn edges(&self) -> &Edges<E> {
        &self.edges
    }

    /// The targets of an object's weak edges, in order; 0 for each hole.
    pub(crate) fn targets(&self, index: u32) -> &[u32] {
        self.edges.targets(self.heads.outgoing(index))
    }

    /// The sources of an object's weak edges.
    pub(crate) fn sources(&self, index: u32) -> &[Entry] {
        self.edges.incoming(self.heads.incoming(index))
    }

    /// The label of an object's weak edge at a position.
    pub(crate) fn label(&self, index: u32, at: usize) -> &E {
        self.edges.label(*self.heads.outgoing(index), at)
    }

    /// Gives the memory of removed edges back, and that behind the first `arenas` arenas, where there is
    /// nothing.
    pub(crate) fn shrink(&mut self, arenas: usize) {
        let indices: Vec<u32> = self.heads.lists.indices().collect();
        self.edges.compact(&mut self.heads, indices.into_iter());
        self.heads.lists.shrink();
        self.heads.listed.shrink(arenas * ARENA_WORDS);
    }

    /// Entries of the pools that are not free.
    #[cfg(feature = "check")]
    pub(crate) fn blocks_in_use(&self) -> usize {
        self.edges.blocks_in_use()
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let heads = self.heads.lists.memory() + self.heads.listed.memory();
        self.edges.memory() + heads
    }

    /// Every object with weak edges.
    #[cfg(feature = "check")]
    pub(crate) fn indices(&self) -> impl Iterator<Item = u32> {
        self.heads.lists.indices()
    }
}
