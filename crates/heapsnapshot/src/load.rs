//! From the tables into a store.

use super::error::{ErrorKind, HeapSnapshotError};
use super::kind::{EdgeKind, EdgeName, NodeKind};
use super::snapshot::{EdgeRow, Snapshot};
use std::mem;
use std::sync::Arc;
use understory::slotmap::Key;
use understory::{Auto, Store};

/// A node of a heap snapshot as the value of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its class, its text, or whatever else the kind calls a name; nodes and edges with the same name
    /// share it.
    pub name: Arc<str>,
    /// Its number, the same in later snapshots of the same process; `None` if the file gives none.
    pub id: Option<u64>,
    /// Its size in bytes without anything that it refers to; `None` if the file gives none.
    pub self_size: Option<u64>,
}

/// An edge of a heap snapshot as the label of an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edge {
    /// How it refers.
    pub kind: EdgeKind,
    /// The property, variable or index that it stands for.
    pub name: EdgeName<Arc<str>>,
}

/// A node that was a root of the heap, and holds one root in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RootGroup<K> {
    /// Its name, such as `(Strong roots)`; several groups may share one.
    pub name: Arc<str>,
    /// Its number in the snapshot.
    pub node: usize,
    /// Its handle in the store.
    pub handle: K,
}

/// What a snapshot has become in a store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Loaded<K> {
    /// The handles of the nodes by their numbers in the snapshot; `None` for the two that only stand
    /// for roots and are left out.
    pub handles: Vec<Option<K>>,
    /// The groups that hold the rest, in the snapshot's order. To let go of them, `unroot` their
    /// handles.
    pub groups: Vec<RootGroup<K>>,
}

impl Snapshot {
    /// The nodes that hold the heap together, in the file's order: all that the root holds, and, in
    /// place of its child `(GC roots)`, what that child holds in turn.
    ///
    /// Complexity: O(n + e), for n nodes and the edges of the root and of `(GC roots)`.
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
    /// assert_eq!(snapshot.root_groups(), [1]);
    /// # Ok::<(), understory_heapsnapshot::HeapSnapshotError>(())
    /// ```
    #[must_use]
    pub fn root_groups(&self) -> Vec<usize> {
        let left_out = self.left_out();
        // What is left out is opened once, however many edges lead to it.
        let mut seen = vec![false; self.node_count()];
        seen[self.root()] = true;
        let mut groups = Vec::new();
        for edge in self.strong_edges(self.root()) {
            if mem::replace(&mut seen[edge.target], true) {
                continue;
            }
            if !left_out[edge.target] {
                groups.push(edge.target);
                continue;
            }
            for edge in self.strong_edges(edge.target) {
                if !left_out[edge.target] && !mem::replace(&mut seen[edge.target], true) {
                    groups.push(edge.target);
                }
            }
        }
        groups
    }

    /// Makes an object of every node and an edge of every edge, weak where that is weak, and roots the
    /// [root groups](Self::root_groups).
    ///
    /// The root and its child `(GC roots)` do not become objects, so that nothing but the
    /// groups keeps the heap alive: let go of one, and what only it held dies. What no group
    /// reaches is dead on arrival. It dies by count before this returns, unless that is put off by
    /// [`Reclaim::AtStep`](understory::Reclaim::AtStep) or a scope; or, in a cycle, by a later step or
    /// collection. No collection starts meanwhile, except where the store reaches a limit; then what
    /// has been loaded lives, as each object has a root until all edges are there.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if the store refuses a part of it, because it is full for example.
    /// What had been loaded is destroyed again.
    ///
    /// Complexity: O(n + e).
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    /// use understory_heapsnapshot::{Edge, Node, Snapshot};
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
    /// let mut store: Store<Node, Edge> = Store::default();
    /// let loaded = snapshot.load_into(&mut store)?;
    /// assert_eq!(store.len(), 2);
    ///
    /// let forest = &loaded.groups[0];
    /// assert_eq!(&*forest.name, "Forest");
    /// store.unroot(forest.handle).unwrap();
    /// assert!(store.is_empty());
    /// # Ok::<(), understory_heapsnapshot::HeapSnapshotError>(())
    /// ```
    pub fn load_into<K: Key>(
        &self,
        store: &mut Store<Node, Edge, K>,
    ) -> Result<Loaded<K>, HeapSnapshotError> {
        let collects = store.config().auto != Auto::Off;
        store.disable();
        let mut handles = vec![None; self.node_count()];
        let loaded = self.fill(store, &mut handles);
        if loaded.is_err() {
            for handle in handles.iter().flatten() {
                store.destroy(*handle);
            }
        }
        if collects {
            store.enable();
        }
        loaded.map(|groups| Loaded { handles, groups })
    }

    fn fill<K: Key>(
        &self,
        store: &mut Store<Node, Edge, K>,
        handles: &mut [Option<K>],
    ) -> Result<Vec<RootGroup<K>>, HeapSnapshotError> {
        let mut names = Names {
            snapshot: self,
            shared: vec![None; self.strings.len()],
        };
        self.insert_nodes(store, handles, &mut names)?;
        self.link_edges(store, handles, &mut names)?;
        let mut groups = Vec::new();
        for node in self.root_groups() {
            if let Some(handle) = handles[node] {
                store.root(handle).map_err(|_| refused("a root", node))?;
                groups.push(RootGroup {
                    name: names.share(self.nodes.name[node]),
                    node,
                    handle,
                });
            }
        }
        // Each object has had a root of its own until now, so that none could die half-linked.
        for (node, handle) in handles.iter().enumerate() {
            if let Some(handle) = handle {
                store
                    .unroot(*handle)
                    .map_err(|_| refused("to let go of a root", node))?;
            }
        }
        Ok(groups)
    }

    fn insert_nodes<K: Key>(
        &self,
        store: &mut Store<Node, Edge, K>,
        handles: &mut [Option<K>],
        names: &mut Names<'_>,
    ) -> Result<(), HeapSnapshotError> {
        let left_out = self.left_out();
        for (node, handle) in handles.iter_mut().enumerate() {
            if left_out[node] {
                continue;
            }
            let value = Node {
                kind: self.node_kinds[usize::from(self.nodes.kind[node])].clone(),
                name: names.share(self.nodes.name[node]),
                id: self.nodes.id(node),
                self_size: self.nodes.self_size(node),
            };
            *handle = Some(
                store
                    .try_insert(value)
                    .map_err(|_| refused("an object", node))?,
            );
        }
        Ok(())
    }

    fn link_edges<K: Key>(
        &self,
        store: &mut Store<Node, Edge, K>,
        handles: &[Option<K>],
        names: &mut Names<'_>,
    ) -> Result<(), HeapSnapshotError> {
        for (node, source) in handles.iter().enumerate() {
            let Some(source) = *source else { continue };
            for edge in self.edge_range(node) {
                let Some(target) = handles[self.edges.target[edge] as usize] else {
                    continue;
                };
                let label = names.label(edge);
                let linked = if label.kind.is_weak() {
                    store.link_weak(source, label, target)
                } else {
                    store.link(source, label, target)
                };
                linked.map_err(|_| refused("an edge", node))?;
            }
        }
        Ok(())
    }

    /// Of each node, whether it only stands for roots: the root does, and its child `(GC roots)`.
    pub(super) fn left_out(&self) -> Vec<bool> {
        let mut left_out = vec![false; self.node_count()];
        left_out[self.root()] = true;
        for edge in self.strong_edges(self.root()) {
            left_out[edge.target] |= self
                .node(edge.target)
                .is_some_and(|node| *node.kind == NodeKind::Synthetic && node.name == "(GC roots)");
        }
        left_out
    }

    fn strong_edges(&self, node: usize) -> impl Iterator<Item = EdgeRow<'_>> {
        self.edges(node).filter(|edge| !edge.kind.is_weak())
    }
}

/// The strings of a snapshot, each allocated once, when it is first asked for.
struct Names<'a> {
    snapshot: &'a Snapshot,
    shared: Vec<Option<Arc<str>>>,
}

impl Names<'_> {
    fn share(&mut self, string: u32) -> Arc<str> {
        let shared = &mut self.shared[string as usize];
        shared
            .get_or_insert_with(|| self.snapshot.strings.get(string).into())
            .clone()
    }

    fn label(&mut self, edge: usize) -> Edge {
        let kind = self.snapshot.edge_kind(edge).clone();
        let name = self.snapshot.edge_name(edge).map(|text| self.share(text));
        Edge { kind, name }
    }
}

fn refused(what: &str, node: usize) -> HeapSnapshotError {
    HeapSnapshotError::new(
        ErrorKind::Store,
        format!("the store refused {what} of node {node}"),
    )
}
