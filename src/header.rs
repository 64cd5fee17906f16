//! The columns beside the objects: versions, root counts and the heads of their lists of edges.

use alloc::vec::Vec;

use slotmap::KeyData;

use crate::handle::{index_of, key_of, version_of};
use crate::pool::List;

/// Bits of an index that name the slot within its arena.
pub(crate) const ARENA_BITS: u32 = 12;
/// Positions of an arena; the first is never used.
pub(crate) const SLOTS: usize = 1 << ARENA_BITS;
/// Words of a bitmap that belong to one arena.
pub(crate) const ARENA_WORDS: usize = SLOTS / crate::bits::WORD;

/// The arena that an index is in.
#[inline]
pub(crate) fn arena_of(index: u32) -> usize {
    (index >> ARENA_BITS) as usize
}

/// The slot of an index within its arena.
#[inline]
pub(crate) fn slot_of(index: u32) -> usize {
    index as usize & (SLOTS - 1)
}

/// What is read together: whether a handle is current, and what holds its object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// Version of the handle that names the object; even where the slot has none.
    pub(crate) version: u32,
    /// How often the program itself holds the object.
    pub(crate) roots: u32,
    /// The strong edges to the object.
    incoming: List,
}

impl Node {
    /// A row that holds a version and nothing else.
    pub(crate) fn bare(version: u32) -> Self {
        Self {
            version,
            roots: 0,
            incoming: List::EMPTY,
        }
    }
}

/// The lists of edges of every object, by index.
pub(crate) trait Heads {
    fn outgoing(&self, index: u32) -> &List;
    fn incoming(&self, index: u32) -> &List;
    fn outgoing_mut(&mut self, index: u32) -> &mut List;
    fn incoming_mut(&mut self, index: u32) -> &mut List;
}

/// One row for every slot that was ever used, an arena at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers {
    nodes: Vec<Vec<Node>>,
    /// Apart from the nodes, since marking reads nothing else.
    outgoing: Vec<Vec<List>>,
    /// How far each object may be from a root, over edges: a hint for searches, never a promise.
    hints: Vec<Vec<u8>>,
}

impl Heads for Headers {
    #[inline]
    fn outgoing(&self, index: u32) -> &List {
        &self.outgoing[arena_of(index)][slot_of(index)]
    }

    #[inline]
    fn incoming(&self, index: u32) -> &List {
        &self.node(index).incoming
    }

    #[inline]
    fn outgoing_mut(&mut self, index: u32) -> &mut List {
        &mut self.outgoing[arena_of(index)][slot_of(index)]
    }

    #[inline]
    fn incoming_mut(&mut self, index: u32) -> &mut List {
        &mut self.node_mut(index).incoming
    }
}

impl Headers {
    #[inline]
    pub(crate) fn node(&self, index: u32) -> &Node {
        &self.nodes[arena_of(index)][slot_of(index)]
    }

    #[inline]
    pub(crate) fn node_mut(&mut self, index: u32) -> &mut Node {
        &mut self.nodes[arena_of(index)][slot_of(index)]
    }

    /// Makes rows for `slots` slots of an arena, which may be one more than there were.
    pub(crate) fn open(&mut self, arena: usize, slots: usize) {
        if arena == self.nodes.len() {
            self.nodes.push(Vec::new());
            self.outgoing.push(Vec::new());
            self.hints.push(Vec::new());
        }
        let (nodes, outgoing) = (&mut self.nodes[arena], &mut self.outgoing[arena]);
        nodes.reserve_exact(slots.saturating_sub(nodes.len()));
        outgoing.reserve_exact(slots.saturating_sub(outgoing.len()));
        let hints = &mut self.hints[arena];
        hints.reserve_exact(slots.saturating_sub(hints.len()));
    }

    /// Gives the rows of an arena back; returns the floor for the versions that come next.
    pub(crate) fn close(&mut self, arena: usize) -> u32 {
        self.outgoing[arena] = Vec::new();
        self.hints[arena] = Vec::new();
        let nodes = core::mem::take(&mut self.nodes[arena]);
        nodes.iter().map(|node| node.version).max().unwrap_or(0)
    }

    /// Fills the row of a new object that the program holds `roots` times.
    #[inline]
    pub(crate) fn occupy(&mut self, index: u32, version: u32, roots: u32) {
        let (arena, slot) = (arena_of(index), slot_of(index));
        let nodes = &mut self.nodes[arena];
        let node = Node {
            roots,
            ..Node::bare(version)
        };
        let hint = if roots > 0 { 0 } else { u8::MAX };
        if let Some(row) = nodes.get_mut(slot) {
            *row = node;
            self.hints[arena][slot] = hint;
        } else {
            // The next slot, or the second, since the first of an arena is never used.
            nodes.resize(slot, Node::bare(0));
            nodes.push(node);
            self.outgoing[arena].resize(slot + 1, List::EMPTY);
            self.hints[arena].resize(slot, u8::MAX);
            self.hints[arena].push(hint);
        }
    }

    /// How far an object may be from a root.
    #[inline]
    pub(crate) fn hint(&self, index: u32) -> u8 {
        self.hints[arena_of(index)][slot_of(index)]
    }

    #[inline]
    pub(crate) fn set_hint(&mut self, index: u32, hint: u8) {
        self.hints[arena_of(index)][slot_of(index)] = hint;
    }

    /// Notes that an object is as near to a root as an edge makes it.
    #[inline]
    pub(crate) fn approach(&mut self, source: u32, target: u32) {
        // No edge brings an object nearer than one step.
        if self.hint(target) > 1 {
            let near = self.hint(source).saturating_add(1);
            let hint = &mut self.hints[arena_of(target)][slot_of(target)];
            *hint = near.min(*hint);
        }
    }

    /// Ends the version of a row.
    #[inline]
    pub(crate) fn vacate(&mut self, index: u32) {
        let node = self.node_mut(index);
        debug_assert!(node.version % 2 == 1, "only an object can leave");
        node.version = node.version.wrapping_add(1);
        node.roots = 0;
    }

    /// The key of the object at an index.
    #[inline]
    pub(crate) fn key(&self, index: u32) -> KeyData {
        key_of(index, self.node(index).version)
    }

    /// The index of the object that a key names, unless it is dead.
    #[inline]
    pub(crate) fn resolve(&self, key: KeyData) -> Option<u32> {
        let index = index_of(key);
        let node = self.nodes.get(arena_of(index))?.get(slot_of(index))?;
        (node.version == version_of(key)).then_some(index)
    }

    /// The reference count: roots and strong edges.
    #[inline]
    pub(crate) fn count(&self, index: u32) -> usize {
        let node = self.node(index);
        node.roots as usize + node.incoming.len()
    }

    /// Whether nothing holds an object.
    #[inline]
    pub(crate) fn is_unheld(&self, index: u32) -> bool {
        let node = self.node(index);
        node.roots == 0 && node.incoming.is_empty()
    }

    /// The rows of an arena.
    pub(crate) fn nodes(&self, arena: usize) -> &[Node] {
        &self.nodes[arena]
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let nodes: usize = self.nodes.iter().map(Vec::capacity).sum();
        let lists: usize = self.outgoing.iter().map(Vec::capacity).sum();
        nodes * size_of::<Node>()
            + lists * size_of::<List>()
            + self.hints.iter().map(Vec::capacity).sum::<usize>()
            + (self.nodes.capacity() + self.outgoing.capacity()) * size_of::<Vec<Node>>()
    }
}
