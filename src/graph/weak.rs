//! Weak edges: they count for nothing and vanish with either end.

use alloc::boxed::Box;
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

/// All weak edges of a store. Without any it takes a word.
#[derive(Clone, Debug)]
pub(crate) struct Weak<E> {
    table: Option<Box<Table<E>>>,
}

#[derive(Clone, Debug)]
struct Table<E> {
    heads: SparseHeads,
    edges: Edges<E>,
}

impl<E> Default for Weak<E> {
    fn default() -> Self {
        Self { table: None }
    }
}

impl<E> Weak<E> {
    /// How many weak edges there are.
    pub(crate) fn len(&self) -> usize {
        self.edges().map_or(0, Edges::len)
    }

    pub(crate) fn link(&mut self, source: u32, label: E, target: u32) -> Result<(), E> {
        let Table { heads, edges } = &mut **self.table.get_or_insert_with(|| {
            Box::new(Table {
                heads: SparseHeads::default(),
                edges: Edges::default(),
            })
        });
        edges.link(heads, source, label, target)
    }

    /// Removes the first weak edge from one object to another.
    pub(crate) fn unlink(&mut self, source: u32, target: u32) -> Option<E> {
        let Table { heads, edges } = self.table.as_deref_mut()?;
        let at = edges.find(heads, source, target)?;
        let (_, label) = edges.unlink(heads, source, at);
        heads.prune(source);
        heads.prune(target);
        Some(label)
    }

    /// How many weak edges an object has, from it and to it.
    pub(crate) fn degree(&self, index: u32) -> usize {
        let degree = |Table { heads, edges }: &Table<E>| {
            let ends = heads.lists.get(index)?;
            Some(edges.degree(ends.outgoing) + ends.incoming.len())
        };
        self.table.as_deref().and_then(degree).unwrap_or(0)
    }

    /// Removes the last `most` weak edges to an object, and then of those from it, as far as there are any;
    /// returns how many it has removed.
    pub(crate) fn detach(&mut self, index: u32, labels: &mut Vec<E>, most: usize) -> usize {
        let table = self.table.as_deref_mut();
        let Some(Table { heads, edges }) = table.filter(|table| table.heads.listed.get(index))
        else {
            return 0;
        };
        let prune = |heads: &mut SparseHeads, other| heads.prune(other);
        let incoming = edges.detach_incoming(heads, index, labels, most, prune);
        let skip = |_| false;
        let outgoing = most - incoming;
        let outgoing = edges.detach_last(heads, index, labels, outgoing, skip, prune);
        heads.prune(index);
        incoming + outgoing
    }

    /// The list of an object's weak edges.
    pub(crate) fn outgoing(&self, index: u32) -> &List {
        match &self.table {
            Some(table) => table.heads.outgoing(index),
            None => &NO_EDGES,
        }
    }

    /// Where the edges of the lists are, if there are any.
    pub(crate) fn edges(&self) -> Option<&Edges<E>> {
        self.table.as_deref().map(|table| &table.edges)
    }

    /// The label of an object's weak edge at a position, if there is any weak edge.
    pub(crate) fn label(&self, index: u32, at: usize) -> Option<&E> {
        let edges = self.edges()?;
        Some(edges.label(*self.outgoing(index), at))
    }

    /// The targets of an object's weak edges, in order; 0 for each hole.
    pub(crate) fn targets(&self, index: u32) -> &[u32] {
        let targets = |edges| Edges::targets(edges, self.outgoing(index));
        self.edges().map_or(&[], targets)
    }

    /// The sources of an object's weak edges.
    pub(crate) fn sources(&self, index: u32) -> &[Entry] {
        match &self.table {
            Some(table) => table.edges.incoming(table.heads.incoming(index)),
            None => &[],
        }
    }

    /// Gives the memory of removed edges back, and that behind the first `arenas` arenas, where there is
    /// nothing.
    pub(crate) fn shrink(&mut self, arenas: usize) {
        if self.len() == 0 {
            self.table = None;
        }
        if let Some(Table { heads, edges }) = self.table.as_deref_mut() {
            let indices: Vec<u32> = heads.lists.indices().collect();
            edges.compact(heads, indices.into_iter());
            heads.lists.shrink();
            heads.listed.shrink(arenas * ARENA_WORDS);
        }
    }

    /// Entries of the pools that are not free.
    #[cfg(feature = "check")]
    pub(crate) fn blocks_in_use(&self) -> usize {
        self.edges().map_or(0, Edges::blocks_in_use)
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.table.as_deref().map_or(0, |Table { heads, edges }| {
            let heads = heads.lists.memory() + heads.listed.memory();
            size_of::<Table<E>>() + edges.memory() + heads
        })
    }

    /// Every object with weak edges.
    #[cfg(feature = "check")]
    pub(crate) fn indices(&self) -> impl Iterator<Item = u32> {
        let indices = |table: &Table<E>| table.heads.lists.indices().collect::<Vec<_>>();
        self.table
            .as_deref()
            .map(indices)
            .unwrap_or_default()
            .into_iter()
    }
}
