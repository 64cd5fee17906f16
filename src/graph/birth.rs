//! New objects: their rows, and the edge or the roots that hold them.

use slotmap::KeyData;

use super::Graph;
use super::edges::Edges;
use crate::graph::pool::{Entry, List};
use crate::graph::rows::{Node, Row};
use crate::handle::{index_of, version_of};
use crate::index::ARENA_WORDS;

impl<E> Graph<E> {
    /// Begins an arena without objects, whose versions start above `floor`.
    pub(crate) fn open_arena(&mut self, number: usize, floor: u32) {
        self.headers.open(number, floor);
        self.colours.grow((number + 1) * ARENA_WORDS);
    }

    /// Gives back the rows of an arena without objects; returns the floor for the versions that come next.
    pub(crate) fn close_arena(&mut self, number: usize) -> u32 {
        self.headers.close(number)
    }

    /// A new object that the program holds `roots` times.
    #[inline]
    pub(crate) fn born(&mut self, key: KeyData, roots: u32) {
        self.headers.occupy(index_of(key), version_of(key), roots);
        self.roots.born(roots);
    }

    /// The same for one that it holds once.
    #[inline]
    pub(crate) fn born_rooted(&mut self, key: KeyData) {
        self.headers.occupy_rooted(index_of(key), version_of(key));
        self.roots.born(1);
    }

    /// Makes room for one more edge of an object; false if its list is at its maximum.
    #[inline]
    pub(crate) fn make_source_room(&mut self, source: u32) -> bool {
        self.edges.make_source_room(&mut self.headers, source)
    }

    /// A new object that an edge from a parent holds, and that `place` puts into its slot, if the parent is there
    /// and its list has room; otherwise the label comes back. What `place` refuses it hands back with it.
    #[expect(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub(crate) fn born_below<R>(
        &mut self,
        parent: KeyData,
        label: E,
        place: impl FnOnce() -> Result<KeyData, R>,
    ) -> Result<KeyData, (E, Option<R>)> {
        // The parent's row is looked up once, for all of it.
        let row = self.headers.row_mut(parent);
        let Some(row) = row.filter(|row| Edges::<E>::has_room(row.outgoing)) else {
            return Err((label, None));
        };
        let key = match place() {
            Ok(key) => key,
            Err(refused) => return Err((label, Some(refused))),
        };
        let (source, index) = (index_of(parent), index_of(key));
        let near = row.node.distance().saturating_add(1);
        let incoming = self.edges.link_new(&mut row.outgoing, source, label, index);
        let node = Node::born_linked(version_of(key), near, incoming);
        self.headers.occupy_linked(index, node);
        self.colours.hold(Some(source), index);
        Ok(key)
    }

    /// The same where the object has its slot, and there is room.
    pub(crate) fn born_linked(&mut self, key: KeyData, source: u32, label: E) {
        let index = index_of(key);
        let block = self.headers.block_mut(source);
        let near = block.node(source).distance().saturating_add(1);
        let outgoing = block.outgoing_mut(source);
        let incoming = self.edges.link_new(outgoing, source, label, index);
        let node = Node::born_linked(version_of(key), near, incoming);
        self.headers.occupy_linked(index, node);
        self.colours.hold(Some(source), index);
    }

    /// A list of incoming edges of a new object.
    #[inline]
    pub(crate) fn list_incoming(&mut self, entries: &[Entry]) -> List {
        self.edges.list_incoming(entries)
    }

    /// A list of outgoing edges of a new object, each with the next of the labels.
    #[inline]
    pub(crate) fn list_outgoing(
        &mut self,
        entries: impl ExactSizeIterator<Item = Entry>,
        labels: &mut impl Iterator<Item = E>,
    ) -> List {
        self.edges.list_outgoing(entries, labels)
    }

    /// A new object with all of its edges and roots.
    #[inline]
    pub(crate) fn born_built(&mut self, index: u32, row: Row) {
        let Row { node, .. } = row;
        self.headers.occupy_row(index, row);
        self.roots.born(node.roots());
        if !node.incoming.is_empty() {
            // A collection that is about to make the target white will not read the source.
            self.colours.hold(None, index);
        }
    }
}
