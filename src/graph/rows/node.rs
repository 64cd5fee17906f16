//! The row of an object: whether a handle is current, what holds the object, and the heads of its lists.

use crate::graph::pool::List;

/// What is read together: whether a handle is current, and what holds its object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// Version of the handle that names the object; even if the slot has none.
    pub(crate) version: u32,
    /// How often the program itself holds the object, above the flags and the root distance.
    word: u32,
    /// The strong edges to the object.
    pub(crate) incoming: List,
}

/// What is known of an object by one look-up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) node: Node,
    /// The strong edges of the object.
    pub(crate) outgoing: List,
}

impl Row {
    /// Whether nothing holds the object, no table has it, and it is no suspect.
    #[inline]
    pub(crate) fn is_unmarked_and_unheld(&self) -> bool {
        self.node.word <= DISTANCE && self.node.incoming.is_empty()
    }

    /// Whether nothing is known of the object but its root distance, so that it has no edges and nothing holds it.
    #[inline]
    pub(crate) fn is_bare(&self) -> bool {
        self.node.word & !DISTANCE == 0 && self.has_no_edges()
    }

    /// The same for an object that one root holds.
    #[inline]
    pub(crate) fn has_one_root_only(&self) -> bool {
        self.node.word & !DISTANCE == 1 << ROOTS && self.has_no_edges()
    }

    #[inline]
    fn has_no_edges(&self) -> bool {
        self.node.incoming.is_empty() && self.outgoing.is_empty()
    }

    /// Ends the version of the row, which no edge needs any more.
    #[inline]
    pub(super) fn vacate(&mut self) {
        debug_assert!(self.node.version % 2 == 1, "only an object can leave");
        *self = Self {
            node: Node::bare(self.node.version.wrapping_add(1)),
            outgoing: List::EMPTY,
        };
    }
}

/// The bits of a node's word that have its root distance, an estimate of how far the object is from a root, over
/// edges: for searches, and never a promise.
const DISTANCE: u32 = 0xff;
/// The bit of a node's word that says that a table beside the rows may have the object, so that the death
/// of any other looks into none.
const NOTED: u32 = 1 << 8;
/// The bit of a node's word that says that the object is a suspect, or was since it was born.
const SUSPECTED: u32 = 1 << 9;
/// The first bit of the root count.
const ROOTS: u32 = 10;
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
    pub(super) fn born(version: u32, roots: u32) -> Self {
        let distance = if roots > 0 { 0 } else { DISTANCE };
        let word = roots << ROOTS | distance;
        Self {
            word,
            ..Self::bare(version)
        }
    }

    /// The row of a new object that one edge holds.
    pub(crate) fn born_linked(version: u32, distance: u8, incoming: List) -> Self {
        Self {
            version,
            word: distance.into(),
            incoming,
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

    /// Whether a table beside the rows may have the object.
    #[inline]
    pub(crate) fn is_noted(&self) -> bool {
        self.word & NOTED != 0
    }

    /// Notes that a table beside the rows has the object.
    pub(super) fn note(&mut self) {
        self.word |= NOTED;
    }

    /// Notes that the object is a suspect.
    pub(super) fn suspect(&mut self) {
        self.word |= SUSPECTED;
    }

    /// Whether more has to be told of the object's death: it is noted, was a suspect, or has roots.
    #[inline]
    pub(crate) fn has_more(&self) -> bool {
        self.word & !DISTANCE != 0
    }

    /// Whether the object is a suspect, or was.
    #[inline]
    pub(crate) fn is_suspected(&self) -> bool {
        self.word & SUSPECTED != 0
    }

    /// How far the object may be from a root.
    #[inline]
    pub(crate) fn distance(&self) -> u8 {
        (self.word & DISTANCE) as u8
    }

    #[inline]
    pub(crate) fn set_distance(&mut self, distance: u8) {
        self.word = self.word & !DISTANCE | u32::from(distance);
    }

    /// Adds a root; false if the count is at its maximum.
    #[inline]
    pub(super) fn add_root(&mut self) -> bool {
        let has_room = self.roots() < MAX_ROOTS;
        if has_room {
            self.word = (self.word & !DISTANCE) + (1 << ROOTS);
        }
        has_room
    }

    /// Takes roots away, at most as many as there are; returns how many are left.
    #[inline]
    pub(super) fn take_roots(&mut self, number: u32) -> u32 {
        debug_assert!(number <= self.roots(), "a root is taken once");
        self.word -= number << ROOTS;
        self.roots()
    }
}
