//! From the tables into a snapshot that can be asked.

use super::error::{ErrorKind, HeapSnapshotError};
use super::kind::{EdgeName, NodeKind};
use super::snapshot::{NodeRow, Snapshot};
use std::borrow::Cow;
use std::collections::HashSet;
use understory::inspect::{HeapBuilder, HeapSnapshot};

impl Snapshot {
    /// The heap as the library's own [`HeapSnapshot`], which tells why an object is alive and what it retains.
    ///
    /// The root and its child `(GC roots)` do not become objects: what they hold has a root, by the name of the edge.
    /// The class of an object is its name, that of other nodes their kind, such as `(string)`. Edges by index have no
    /// label. If the file gives some nodes no id, or several the same, all are numbered as they come.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] if all sizes together take more than 64 bits.
    ///
    /// Complexity: O(n log n + e) for n nodes and e edges.
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
    /// let heap = Snapshot::read(file)?.heap_snapshot()?;
    /// let forest = heap.find_id(3).unwrap();
    /// assert_eq!((heap.class_of(forest), heap.size(forest)), ("Forest", 24));
    /// assert_eq!(heap.roots_of(forest).len(), 1);
    /// # Ok::<(), understory_heapsnapshot::HeapSnapshotError>(())
    /// ```
    pub fn heap_snapshot(&self) -> Result<HeapSnapshot, HeapSnapshotError> {
        let left_out = self.left_out();
        let mut heap = HeapBuilder::new();
        let mut numbers = vec![None; self.node_count()];
        let has_ids = self.has_ids();
        for (node, number) in numbers.iter_mut().enumerate() {
            if let (false, Some(row)) = (left_out[node], self.node(node)) {
                let id = row.id.filter(|_| has_ids).unwrap_or(node as u64);
                *number = Some(heap.object(id, &class(&row), row.self_size.unwrap_or(0)));
            }
        }
        let mut rooted = HashSet::new();
        for (node, number) in numbers.iter().enumerate() {
            for edge in self.edges(node) {
                let Some(target) = numbers[edge.target] else {
                    continue;
                };
                let name = match edge.name {
                    EdgeName::Text(name) => name,
                    EdgeName::Index(_) | EdgeName::Unknown => "",
                };
                match number {
                    Some(source) if edge.kind.is_weak() => heap.weak_edge(*source, name, target),
                    Some(source) => heap.edge(*source, name, target),
                    // Files may say the same twice, in different kinds.
                    None if !edge.kind.is_weak() && rooted.insert((target, name)) => {
                        let name = Some(name).filter(|name| !name.is_empty());
                        heap.root(target, 1, name);
                    }
                    None => {}
                }
            }
        }
        heap.build()
            .map_err(|error| HeapSnapshotError::new(ErrorKind::TooLarge, error.to_string()))
    }

    /// Whether each node has an id, and no other the same.
    fn has_ids(&self) -> bool {
        let ids = (0..self.node_count()).map(|node| self.node(node).and_then(|row| row.id));
        let Some(mut ids) = ids.collect::<Option<Vec<u64>>>() else {
            return false;
        };
        ids.sort_unstable();
        ids.windows(2).all(|pair| pair[0] != pair[1])
    }
}

/// What tools call the class of a node.
fn class<'a>(row: &NodeRow<'a>) -> Cow<'a, str> {
    match row.kind {
        NodeKind::Object | NodeKind::Native | NodeKind::Synthetic => row.name.into(),
        kind => format!("({kind})").into(),
    }
}
