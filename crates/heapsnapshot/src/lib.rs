//! Reads V8's heap snapshots (`.heapsnapshot`), plain or gzip-packed, as Chrome and Node write
//! them.
//!
//! [`Snapshot::read`] takes the file in one pass and keeps it as flat columns, 25 bytes per node and
//! 9 per edge besides the strings. [`Snapshot::node`] and [`Snapshot::edges`] look at them;
//! [`Snapshot::load_into`] turns them into objects and edges of a [`Store`](understory::Store).
//!
//! Columns are found by the names that the file gives them, so files of older and newer engines
//! read alike; kinds that are not known here keep their names. A number that its column should not have
//! is read as what its writer means by it, or as unknown. Only what contradicts itself is an error,
//! which says where.
//!
//! Whatever a file says, time grows with its length, and memory is bounded by it: reading allocates at
//! most 24 bytes for each byte of the unpacked document, loading at most 48, and either 256 KiB
//! besides. A packed document is unpacked as it is read, and may be a thousand times as long as its
//! file.
//!
//! ```
//! use understory_heapsnapshot::{EdgeName, NodeKind, Snapshot};
//!
//! let file = r#"{"snapshot": {"meta": {
//!     "node_fields": ["type", "name", "id", "self_size", "edge_count"],
//!     "node_types": [["synthetic", "object"], "string", "number", "number", "number"],
//!     "edge_fields": ["type", "name_or_index", "to_node"],
//!     "edge_types": [["element", "property"], "string_or_number", "node"]},
//!   "node_count": 2, "edge_count": 1},
//!   "nodes": [0, 0, 1, 0, 1,  1, 1, 3, 24, 0],
//!   "edges": [1, 2, 5],
//!   "strings": ["", "Forest", "the forest"]}"#;
//! let snapshot = Snapshot::read(file.as_bytes())?;
//!
//! let edge = snapshot.edges(snapshot.root()).next().unwrap();
//! assert_eq!(edge.name, EdgeName::Text("the forest"));
//! let forest = snapshot.node(edge.target).unwrap();
//! assert_eq!((forest.kind, forest.name, forest.self_size), (&NodeKind::Object, "Forest", Some(24)));
//! # Ok::<(), understory_heapsnapshot::HeapSnapshotError>(())
//! ```
//!
//! # Map
//!
//! A file uses files above it.
//!
//! ```text
//! error     what can be wrong with a file
//! kind      kinds of nodes and edges, and the names of edges
//! number    a number that may be another than its column promises
//! input     bytes, unpacked and counted
//! layout    the first section: which columns there are
//! table     nodes, edges and strings as flat columns
//! document  the file as a whole, in one pass
//! snapshot  Snapshot: what has been read, to be looked at
//! load      from there into a store
//! heap      from there into a snapshot of understory's, which can be asked
//! ```

mod error;
mod kind;
mod number;
mod input;
mod layout;
mod table;
mod document;
mod snapshot;
mod load;
mod heap;

pub use error::{ErrorKind, HeapSnapshotError};
pub use kind::{EdgeKind, EdgeName, NodeKind};
pub use load::{Edge, Loaded, Node, RootGroup};
pub use snapshot::{EdgeRow, NodeRow, Snapshot};

// The snippets of the README are tests of this crate.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
