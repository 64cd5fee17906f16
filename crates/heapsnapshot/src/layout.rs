//! The first section: which columns there are, what they mean, and how many rows follow.

use super::error::{ErrorKind, HeapSnapshotError};
use super::kind::{EdgeKind, NodeKind};
use super::number::Number;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use std::fmt;

/// How many kinds a file may name: a row keeps its kind in a byte, and one is for those without a name.
const MOST_KINDS: usize = 255;

/// The section `snapshot` as it is written.
#[derive(Deserialize)]
pub(super) struct Header {
    meta: Meta,
    node_count: Number,
    edge_count: Number,
    root_index: Option<Number>,
}

#[derive(Deserialize)]
struct Meta {
    node_fields: Vec<String>,
    node_types: Vec<FieldType>,
    edge_fields: Vec<String>,
    edge_types: Vec<FieldType>,
}

/// What a column holds: one of a list of names, or what a single word says.
enum FieldType {
    OneOf(Vec<String>),
    Word,
}

impl<'de> Deserialize<'de> for FieldType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldTypeVisitor;

        impl<'de> Visitor<'de> for FieldTypeVisitor {
            type Value = FieldType;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the type of a column: a string or a list of strings")
            }

            fn visit_str<E>(self, _: &str) -> Result<FieldType, E> {
                Ok(FieldType::Word)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<FieldType, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element()? {
                    names.push(name);
                }
                Ok(FieldType::OneOf(names))
            }
        }

        deserializer.deserialize_any(FieldTypeVisitor)
    }
}

/// The columns of `nodes` that are read, by their place in a row.
pub(super) struct NodeColumns {
    pub(super) fields: usize,
    pub(super) kind: usize,
    pub(super) name: usize,
    pub(super) id: Option<usize>,
    pub(super) self_size: Option<usize>,
    pub(super) edge_count: usize,
}

/// The columns of `edges` that are read, by their place in a row.
pub(super) struct EdgeColumns {
    pub(super) fields: usize,
    pub(super) kind: usize,
    pub(super) name: usize,
    pub(super) target: usize,
}

/// What the rest of the document is read by.
pub(super) struct Layout {
    pub(super) nodes: NodeColumns,
    pub(super) edges: EdgeColumns,
    pub(super) node_kinds: Vec<NodeKind>,
    pub(super) edge_kinds: Vec<EdgeKind>,
    pub(super) node_count: u32,
    pub(super) edge_count: u32,
    pub(super) root: u32,
}

impl Layout {
    pub(super) fn new(header: &Header) -> Result<Self, HeapSnapshotError> {
        let meta = &header.meta;
        let node = |name| column("node_fields", &meta.node_fields, name);
        let edge = |name| column("edge_fields", &meta.edge_fields, name);
        let nodes = NodeColumns {
            fields: meta.node_fields.len(),
            kind: node("type")?,
            name: node("name")?,
            id: position(&meta.node_fields, "id"),
            self_size: position(&meta.node_fields, "self_size"),
            edge_count: node("edge_count")?,
        };
        let edges = EdgeColumns {
            fields: meta.edge_fields.len(),
            kind: edge("type")?,
            name: edge("name_or_index")?,
            target: edge("to_node")?,
        };
        let node_kinds = kinds("node_types", &meta.node_types, nodes.kind)?;
        let edge_kinds = kinds("edge_types", &meta.edge_types, edges.kind)?;
        let node_count = count("node_count", header.node_count)?;
        let root = header.root_index.unwrap_or(Number::Whole(0));
        Ok(Self {
            root: node_at("root_index", root, nodes.fields, node_count)?,
            node_kinds: NodeKind::table(node_kinds),
            edge_kinds: EdgeKind::table(edge_kinds),
            nodes,
            edges,
            node_count,
            edge_count: count("edge_count", header.edge_count)?,
        })
    }
}

/// The node that a place in the flat array of nodes belongs to.
///
/// `what` names the number for the message.
pub(super) fn node_at(
    what: impl fmt::Display,
    place: Number,
    fields: usize,
    node_count: u32,
) -> Result<u32, HeapSnapshotError> {
    let fields = fields as u64;
    let whole = place.whole();
    if whole.is_some_and(|place| place % fields != 0) {
        let message =
            format!("{what} is {place}, which is not a multiple of {fields}, the length of a node");
        return Err(HeapSnapshotError::new(ErrorKind::Range, message));
    }
    match whole.map(|place| u32::try_from(place / fields)) {
        Some(Ok(node)) if node < node_count => Ok(node),
        _ => {
            let message =
                format!("{what} is {place}, but there are {node_count} nodes of {fields} numbers");
            Err(HeapSnapshotError::new(ErrorKind::Range, message))
        }
    }
}

fn column(list: &str, fields: &[String], name: &str) -> Result<usize, HeapSnapshotError> {
    position(fields, name).ok_or_else(|| {
        HeapSnapshotError::new(ErrorKind::Columns, format!("`{list}` has no `{name}`"))
    })
}

fn position(fields: &[String], name: &str) -> Option<usize> {
    fields.iter().position(|field| field == name)
}

fn kinds<'a>(
    list: &str,
    types: &'a [FieldType],
    column: usize,
) -> Result<&'a [String], HeapSnapshotError> {
    match types.get(column) {
        Some(FieldType::OneOf(names)) if names.len() <= MOST_KINDS => Ok(names),
        Some(FieldType::OneOf(names)) => Err(HeapSnapshotError::new(
            ErrorKind::Columns,
            format!(
                "`{list}` names {} kinds, more than {MOST_KINDS}",
                names.len()
            ),
        )),
        _ => Err(HeapSnapshotError::new(
            ErrorKind::Columns,
            format!("`{list}` names no kinds for the column `type`"),
        )),
    }
}

fn count(name: &str, rows: Number) -> Result<u32, HeapSnapshotError> {
    let Some(whole) = rows.whole() else {
        let message = format!("`{name}` is {rows}, which counts nothing");
        return Err(HeapSnapshotError::new(ErrorKind::Range, message));
    };
    u32::try_from(whole)
        .ok()
        .filter(|rows| *rows < u32::MAX)
        .ok_or_else(|| {
            let message = format!("`{name}` is {rows}, more than 32 bits can count");
            HeapSnapshotError::new(ErrorKind::TooLarge, message)
        })
}
