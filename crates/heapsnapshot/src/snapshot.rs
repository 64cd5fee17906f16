//! A snapshot as it was in its file, to be looked at.

use super::document::Document;
use super::error::HeapSnapshotError;
use super::kind::{EdgeKind, EdgeName, NodeKind};
use super::table::{Edges, Nodes, Strings};
use std::io::Read;
use std::iter::FusedIterator;
use std::ops::Range;

/// A heap snapshot as it was in its file: a table of nodes, a table of edges, strings.
#[derive(Debug)]
pub struct Snapshot {
    pub(super) nodes: Nodes,
    pub(super) edges: Edges,
    pub(super) strings: Strings,
    pub(super) node_kinds: Vec<NodeKind>,
    edge_kinds: Vec<EdgeKind>,
    root: u32,
}

/// A node of a [`Snapshot`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeRow<'a> {
    /// What it is.
    pub kind: &'a NodeKind,
    /// Its class, its text, or whatever else the kind calls a name.
    pub name: &'a str,
    /// Its number, the same in later snapshots of the same process; `None` if the file gives none.
    pub id: Option<u64>,
    /// Its size in bytes without anything that it refers to; `None` if the file gives none.
    pub self_size: Option<u64>,
    /// How many edges it has.
    pub edge_count: usize,
}

/// An edge of a [`Snapshot`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EdgeRow<'a> {
    /// How it refers.
    pub kind: &'a EdgeKind,
    /// The property, variable or index that it stands for.
    pub name: EdgeName<&'a str>,
    /// The node that it leads to.
    pub target: usize,
}

impl Snapshot {
    /// Reads a heap snapshot; its first bytes show whether it is gzip-packed.
    ///
    /// The reader is buffered here. Unpaired surrogates, which JSON can express but a `str` cannot,
    /// become U+FFFD.
    ///
    /// # Errors
    /// If the reader fails, or if the file is not a consistent snapshot: see [`ErrorKind`](super::ErrorKind). The
    /// section `snapshot` must come before `nodes` and `edges`, as it does in every file that
    /// V8 writes.
    ///
    /// Complexity: O(bytes), without recursion.
    ///
    /// # Examples
    /// ```
    /// use understory_heapsnapshot::{ErrorKind, Snapshot};
    ///
    /// let error = Snapshot::read(&b"[]"[..]).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Json);
    /// ```
    pub fn read(reader: impl Read) -> Result<Self, HeapSnapshotError> {
        let Document {
            layout,
            nodes,
            edges,
            strings,
        } = Document::read(reader)?;
        nodes.check(&layout, &strings)?;
        edges.check(&layout, &strings)?;
        Ok(Self {
            nodes,
            edges,
            strings,
            root: layout.root,
            node_kinds: layout.node_kinds,
            edge_kinds: layout.edge_kinds,
        })
    }

    /// How many nodes there are; they are numbered from 0.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory_heapsnapshot::Snapshot;
    ///
    /// # let file = r#"{"snapshot": {"meta": {
    /// #     "node_fields": ["type", "name", "id", "self_size", "edge_count"],
    /// #     "node_types": [["synthetic", "object"], "string", "number", "number", "number"],
    /// #     "edge_fields": ["type", "name_or_index", "to_node"],
    /// #     "edge_types": [["element", "property"], "string_or_number", "node"]},
    /// #   "node_count": 3, "edge_count": 2},
    /// #   "nodes": [0, 0, 1, 0, 1,  1, 1, 3, 24, 1,  1, 2, 5, 16, 0],
    /// #   "edges": [1, 3, 5,  0, 0, 10],
    /// #   "strings": ["", "Forest", "Tree", "the forest"]}"#.as_bytes();
    /// let snapshot = Snapshot::read(file)?;
    /// assert_eq!(snapshot.node_count(), 3);
    /// # Ok::<(), understory_heapsnapshot::HeapSnapshotError>(())
    /// ```
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// How many edges there are.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory_heapsnapshot::Snapshot;
    ///
    /// # let file = r#"{"snapshot": {"meta": {
    /// #     "node_fields": ["type", "name", "id", "self_size", "edge_count"],
    /// #     "node_types": [["synthetic", "object"], "string", "number", "number", "number"],
    /// #     "edge_fields": ["type", "name_or_index", "to_node"],
    /// #     "edge_types": [["element", "property"], "string_or_number", "node"]},
    /// #   "node_count": 3, "edge_count": 2},
    /// #   "nodes": [0, 0, 1, 0, 1,  1, 1, 3, 24, 1,  1, 2, 5, 16, 0],
    /// #   "edges": [1, 3, 5,  0, 0, 10],
    /// #   "strings": ["", "Forest", "Tree", "the forest"]}"#.as_bytes();
    /// let snapshot = Snapshot::read(file)?;
    /// assert_eq!(snapshot.edge_count(), 2);
    /// # Ok::<(), understory_heapsnapshot::HeapSnapshotError>(())
    /// ```
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// The node that everything is reached from; there always is one.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory_heapsnapshot::Snapshot;
    ///
    /// # let file = r#"{"snapshot": {"meta": {
    /// #     "node_fields": ["type", "name", "id", "self_size", "edge_count"],
    /// #     "node_types": [["synthetic", "object"], "string", "number", "number", "number"],
    /// #     "edge_fields": ["type", "name_or_index", "to_node"],
    /// #     "edge_types": [["element", "property"], "string_or_number", "node"]},
    /// #   "node_count": 3, "edge_count": 2},
    /// #   "nodes": [0, 0, 1, 0, 1,  1, 1, 3, 24, 1,  1, 2, 5, 16, 0],
    /// #   "edges": [1, 3, 5,  0, 0, 10],
    /// #   "strings": ["", "Forest", "Tree", "the forest"]}"#.as_bytes();
    /// let snapshot = Snapshot::read(file)?;
    /// assert_eq!(snapshot.root(), 0);
    /// # Ok::<(), understory_heapsnapshot::HeapSnapshotError>(())
    /// ```
    #[must_use]
    pub fn root(&self) -> usize {
        self.root as usize
    }

    /// The node with that number, or `None` if there is none.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory_heapsnapshot::Snapshot;
    ///
    /// # let file = r#"{"snapshot": {"meta": {
    /// #     "node_fields": ["type", "name", "id", "self_size", "edge_count"],
    /// #     "node_types": [["synthetic", "object"], "string", "number", "number", "number"],
    /// #     "edge_fields": ["type", "name_or_index", "to_node"],
    /// #     "edge_types": [["element", "property"], "string_or_number", "node"]},
    /// #   "node_count": 3, "edge_count": 2},
    /// #   "nodes": [0, 0, 1, 0, 1,  1, 1, 3, 24, 1,  1, 2, 5, 16, 0],
    /// #   "edges": [1, 3, 5,  0, 0, 10],
    /// #   "strings": ["", "Forest", "Tree", "the forest"]}"#.as_bytes();
    /// let snapshot = Snapshot::read(file)?;
    /// assert_eq!(snapshot.node(1).unwrap().name, "Forest");
    /// assert!(snapshot.node(3).is_none());
    /// # Ok::<(), understory_heapsnapshot::HeapSnapshotError>(())
    /// ```
    #[must_use]
    pub fn node(&self, node: usize) -> Option<NodeRow<'_>> {
        let kind = usize::from(*self.nodes.kind.get(node)?);
        Some(NodeRow {
            kind: &self.node_kinds[kind],
            name: self.strings.get(self.nodes.name[node]),
            id: self.nodes.id(node),
            self_size: self.nodes.self_size(node),
            edge_count: self.edge_range(node).len(),
        })
    }

    /// The edges of a node in the file's order; none if there is no such node.
    ///
    /// Complexity: O(1), and O(1) for each edge, or O(log n) if its index takes more than 32 bits.
    ///
    /// # Examples
    /// ```
    /// use understory_heapsnapshot::Snapshot;
    ///
    /// # let file = r#"{"snapshot": {"meta": {
    /// #     "node_fields": ["type", "name", "id", "self_size", "edge_count"],
    /// #     "node_types": [["synthetic", "object"], "string", "number", "number", "number"],
    /// #     "edge_fields": ["type", "name_or_index", "to_node"],
    /// #     "edge_types": [["element", "property"], "string_or_number", "node"]},
    /// #   "node_count": 3, "edge_count": 2},
    /// #   "nodes": [0, 0, 1, 0, 1,  1, 1, 3, 24, 1,  1, 2, 5, 16, 0],
    /// #   "edges": [1, 3, 5,  0, 0, 10],
    /// #   "strings": ["", "Forest", "Tree", "the forest"]}"#.as_bytes();
    /// let snapshot = Snapshot::read(file)?;
    /// let trees = snapshot.edges(1);
    /// assert!(trees.map(|edge| edge.target).eq([2]));
    /// # Ok::<(), understory_heapsnapshot::HeapSnapshotError>(())
    /// ```
    #[must_use]
    pub fn edges(
        &self,
        node: usize,
    ) -> impl ExactSizeIterator<Item = EdgeRow<'_>> + DoubleEndedIterator + FusedIterator + Clone
    {
        self.edge_range(node).map(|edge| self.edge(edge))
    }

    pub(super) fn edge_range(&self, node: usize) -> Range<usize> {
        match self.nodes.first_edge.get(node..) {
            Some([start, end, ..]) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }

    fn edge(&self, edge: usize) -> EdgeRow<'_> {
        EdgeRow {
            kind: self.edge_kind(edge),
            name: self.edge_name(edge).map(|text| self.strings.get(text)),
            target: self.edges.target[edge] as usize,
        }
    }

    pub(super) fn edge_kind(&self, edge: usize) -> &EdgeKind {
        &self.edge_kinds[usize::from(self.edges.kind[edge])]
    }

    /// The name of an edge, with a place in the strings for a text.
    pub(super) fn edge_name(&self, edge: usize) -> EdgeName<u32> {
        let Some(number) = self.edges.number(edge) else {
            return EdgeName::Unknown;
        };
        let text = match self.edge_kind(edge) {
            kind if kind.is_indexed() => None,
            _ => u32::try_from(number).ok(),
        };
        // Only a kind that is not known here may have a number that is no string's.
        match text.filter(|text| (*text as usize) < self.strings.len()) {
            Some(text) => EdgeName::Text(text),
            None => EdgeName::Index(number),
        }
    }
}
