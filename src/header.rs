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
    /// How often the program itself holds the object, above `NOTED` and the hint.
    word: u32,
    /// The strong edges to the object.
    incoming: List,
}

/// The bits of a node's word that hint how far the object may be from a root, over edges: for searches,
/// and never a promise.
const HINT: u32 = 0xff;
/// The bit of a node's word that says that a table beside the columns may have the object: so that the
/// death of all others looks into none.
const NOTED: u32 = 1 << 8;
/// The first bit of the root count.
const ROOTS: u32 = 9;
/// The most roots of an object.
pub(crate) const MAX_ROOTS: u32 = u32::MAX >> ROOTS;

impl Node {
    /// A row that holds a version and nothing else.
    pub(crate) fn bare(version: u32) -> Self {
        Self {
            version,
            word: 0,
            incoming: List::EMPTY,
        }
    }

    /// The row of a new object that the program holds `roots` times.
    fn born(version: u32, roots: u32) -> Self {
        let hint = if roots > 0 { 0 } else { HINT };
        let word = roots << ROOTS | hint;
        Self {
            word,
            ..Self::bare(version)
        }
    }

    /// How often the program itself holds the object.
    #[inline]
    pub(crate) fn roots(&self) -> u32 {
        self.word >> ROOTS
    }

    /// Whether nothing holds the object.
    #[inline]
    pub(crate) fn is_unheld(&self) -> bool {
        self.roots() == 0 && self.incoming.is_empty()
    }

    /// Whether a table beside the columns may have the object.
    #[inline]
    pub(crate) fn is_noted(&self) -> bool {
        self.word & NOTED != 0
    }

    /// How far the object may be from a root.
    #[inline]
    pub(crate) fn hint(&self) -> u8 {
        (self.word & HINT) as u8
    }

    /// Adds a root; false where the count is at its end.
    #[inline]
    pub(crate) fn add_root(&mut self) -> bool {
        let has_room = self.roots() < MAX_ROOTS;
        if has_room {
            self.word = (self.word & !HINT) + (1 << ROOTS);
        }
        has_room
    }

    /// Takes roots away, as many as there are at most; returns how many are left.
    #[inline]
    pub(crate) fn take_roots(&mut self, number: u32) -> u32 {
        debug_assert!(number <= self.roots(), "a root is taken once");
        self.word -= number << ROOTS;
        self.roots()
    }
}

/// The lists of edges of every object, by index.
pub(crate) trait Heads {
    fn outgoing(&self, index: u32) -> &List;
    fn incoming(&self, index: u32) -> &List;
    fn outgoing_mut(&mut self, index: u32) -> &mut List;
    fn incoming_mut(&mut self, index: u32) -> &mut List;

    /// Changes the outgoing list of one object and the incoming list of another together.
    #[inline]
    fn join<R>(
        &mut self,
        source: u32,
        target: u32,
        change: impl FnOnce(&mut List, &mut List) -> R,
    ) -> R {
        let (mut outgoing, mut incoming) = (*self.outgoing(source), *self.incoming(target));
        let result = change(&mut outgoing, &mut incoming);
        *self.outgoing_mut(source) = outgoing;
        *self.incoming_mut(target) = incoming;
        result
    }
}

/// One row for every slot that was ever used, an arena at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers {
    nodes: Vec<Vec<Node>>,
    /// Apart from the nodes, since marking reads nothing else.
    outgoing: Vec<Vec<List>>,
    plain: Vec<Plain>,
}

/// The objects of an arena in which each is as it was inserted: held by one root, without edges.
/// Their rows are alike, and are written when one of them changes: a world whose objects are not
/// linked takes no memory for edges.
#[derive(Clone, Copy, Debug)]
struct Plain {
    /// They are in the slots from 1 to here; none where the rows are written.
    len: usize,
    /// What stands in each of their rows.
    row: Node,
}

/// The list of an object whose row is not written.
pub(crate) static NO_EDGES: List = List::EMPTY;

impl Heads for Headers {
    #[inline]
    fn outgoing(&self, index: u32) -> &List {
        let list = self.outgoing[arena_of(index)].get(slot_of(index));
        list.unwrap_or(&NO_EDGES)
    }

    #[inline]
    fn incoming(&self, index: u32) -> &List {
        &self.node(index).incoming
    }

    #[inline]
    fn outgoing_mut(&mut self, index: u32) -> &mut List {
        let (arena, slot) = (arena_of(index), slot_of(index));
        if slot >= self.outgoing[arena].len() {
            self.write_rows(arena);
        }
        &mut self.outgoing[arena][slot]
    }

    #[inline]
    fn incoming_mut(&mut self, index: u32) -> &mut List {
        &mut self.node_mut(index).incoming
    }

    #[inline]
    fn join<R>(
        &mut self,
        source: u32,
        target: u32,
        change: impl FnOnce(&mut List, &mut List) -> R,
    ) -> R {
        let (from, to) = (arena_of(source), arena_of(target));
        if slot_of(source) >= self.outgoing[from].len() {
            self.write_rows(from);
        }
        if slot_of(target) >= self.nodes[to].len() {
            self.write_rows(to);
        }
        change(
            &mut self.outgoing[from][slot_of(source)],
            &mut self.nodes[to][slot_of(target)].incoming,
        )
    }
}

impl Headers {
    #[inline]
    pub(crate) fn node(&self, index: u32) -> &Node {
        let arena = arena_of(index);
        let node = self.nodes[arena].get(slot_of(index));
        node.unwrap_or(&self.plain[arena].row)
    }

    #[inline]
    pub(crate) fn node_mut(&mut self, index: u32) -> &mut Node {
        let (arena, slot) = (arena_of(index), slot_of(index));
        if slot >= self.nodes[arena].len() {
            self.write_rows(arena);
        }
        &mut self.nodes[arena][slot]
    }

    /// Begins an arena without objects, whose versions start above `floor`.
    pub(crate) fn open(&mut self, arena: usize, floor: u32) {
        let row = Node::born(floor.wrapping_add(1), 1);
        let plain = Plain { len: 0, row };
        if arena == self.nodes.len() {
            self.nodes.push(Vec::new());
            self.outgoing.push(Vec::new());
            self.plain.push(plain);
        } else {
            self.plain[arena] = plain;
        }
    }

    /// Writes the rows of an arena's plain objects.
    #[cold]
    fn write_rows(&mut self, arena: usize) {
        let plain = &mut self.plain[arena];
        let rows = core::mem::take(&mut plain.len) + 1;
        // The first arena grows as it fills, so that a small store is small.
        let capacity = if arena == 0 {
            rows.next_power_of_two()
        } else {
            SLOTS
        };
        let (nodes, outgoing) = (&mut self.nodes[arena], &mut self.outgoing[arena]);
        if nodes.is_empty() {
            nodes.reserve_exact(capacity);
            nodes.push(Node::bare(0));
            nodes.resize(rows, plain.row);
            outgoing.reserve_exact(capacity);
            outgoing.resize(rows, List::EMPTY);
        }
    }

    /// Gives the rows of an arena back; returns the floor for the versions that come next.
    pub(crate) fn close(&mut self, arena: usize) -> u32 {
        self.outgoing[arena] = Vec::new();
        let nodes = core::mem::take(&mut self.nodes[arena]);
        nodes.iter().map(|node| node.version).max().unwrap_or(0)
    }

    /// Fills the row of a new object that the program holds `roots` times.
    #[inline]
    pub(crate) fn occupy(&mut self, index: u32, version: u32, roots: u32) {
        let (arena, slot) = (arena_of(index), slot_of(index));
        let nodes = &mut self.nodes[arena];
        if let Some(row) = nodes.get_mut(slot) {
            *row = Node::born(version, roots);
        } else if !nodes.is_empty() && nodes.len() < nodes.capacity() {
            debug_assert_eq!(slot, nodes.len(), "slots are used in order");
            nodes.push(Node::born(version, roots));
            self.outgoing[arena].push(List::EMPTY);
        } else {
            self.occupy_plain(arena, slot, Node::born(version, roots));
        }
    }

    /// Fills a row where the rows are not written, or have no room.
    #[inline(never)]
    fn occupy_plain(&mut self, arena: usize, slot: usize, node: Node) {
        let plain = &mut self.plain[arena];
        let is_plain = (node.version, node.word) == (plain.row.version, plain.row.word);
        if self.nodes[arena].is_empty() && slot == plain.len + 1 && is_plain {
            plain.len = slot;
            return;
        }
        self.write_rows(arena);
        debug_assert_eq!(slot, self.nodes[arena].len(), "slots are used in order");
        self.nodes[arena].push(node);
        self.outgoing[arena].push(List::EMPTY);
    }

    /// How far an object may be from a root.
    #[inline]
    pub(crate) fn hint(&self, index: u32) -> u8 {
        self.node(index).hint()
    }

    #[inline]
    pub(crate) fn set_hint(&mut self, index: u32, hint: u8) {
        let node = self.node_mut(index);
        node.word = node.word & !HINT | u32::from(hint);
    }

    /// Notes that a table beside the columns has an object.
    pub(crate) fn note(&mut self, index: u32) {
        self.node_mut(index).word |= NOTED;
    }

    /// Notes that an object is as near to a root as an edge makes it.
    #[inline]
    pub(crate) fn approach(&mut self, source: u32, target: u32) {
        // No edge brings an object nearer than one step.
        if self.hint(target) > 1 {
            let near = self.hint(source).saturating_add(1);
            if near < self.hint(target) {
                self.set_hint(target, near);
            }
        }
    }

    /// Ends the version of a row.
    #[inline]
    pub(crate) fn vacate(&mut self, index: u32) {
        let node = self.node_mut(index);
        debug_assert!(node.version % 2 == 1, "only an object can leave");
        node.version = node.version.wrapping_add(1);
        node.word = 0;
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
        let (arena, slot) = (arena_of(index), slot_of(index));
        let version = match self.nodes.get(arena)?.get(slot) {
            Some(node) => node.version,
            None if 0 < slot && slot <= self.plain[arena].len => self.plain[arena].row.version,
            None => return None,
        };
        (version == version_of(key)).then_some(index)
    }

    /// The reference count: roots and strong edges.
    #[inline]
    pub(crate) fn count(&self, index: u32) -> usize {
        let node = self.node(index);
        node.roots() as usize + node.incoming.len()
    }

    /// Whether nothing holds an object.
    #[inline]
    pub(crate) fn is_unheld(&self, index: u32) -> bool {
        self.node(index).is_unheld()
    }

    /// The version of those objects of an arena whose rows are not written.
    pub(crate) fn plain_version(&self, arena: usize) -> u32 {
        self.plain[arena].row.version
    }

    /// The rows of an arena, as far as they are written.
    pub(crate) fn nodes(&self, arena: usize) -> &[Node] {
        &self.nodes[arena]
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let nodes: usize = self.nodes.iter().map(Vec::capacity).sum();
        let lists: usize = self.outgoing.iter().map(Vec::capacity).sum();
        nodes * size_of::<Node>()
            + lists * size_of::<List>()
            + self.plain.capacity() * (size_of::<Plain>() + 2 * size_of::<Vec<Node>>())
    }
}
