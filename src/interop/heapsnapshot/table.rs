//! Nodes, edges and strings as flat columns.

use super::error::{ErrorKind, HeapSnapshotError};
use super::layout::{Layout, node_at};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// How many rows are reserved on a document's word alone; it must deliver before it gets more.
const TRUSTED_ROWS: u32 = 1 << 20;

/// A number of a table, for messages.
#[derive(Clone, Copy)]
struct Place {
    table: &'static str,
    row: usize,
    column: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` of row {} of `{}`",
            self.column, self.row, self.table
        )
    }
}

/// `value` as a `T`, if it is less than `limit`.
fn below<T: TryFrom<u64>>(place: Place, value: u64, limit: u64) -> Result<T, HeapSnapshotError> {
    T::try_from(value)
        .ok()
        .filter(|_| value < limit)
        .ok_or_else(|| {
            let message = format!("{place} is {value}, but must be less than {limit}");
            HeapSnapshotError::new(ErrorKind::Range, message)
        })
}

/// The nodes, a column each; node `i` has the edges `first_edge[i]..first_edge[i + 1]`.
#[derive(Debug)]
pub(super) struct Nodes {
    pub(super) kind: Vec<u8>,
    pub(super) name: Vec<u32>,
    pub(super) id: Vec<u64>,
    pub(super) self_size: Vec<u64>,
    pub(super) first_edge: Vec<u32>,
}

impl Nodes {
    pub(super) fn new(layout: &Layout) -> Self {
        let rows = layout.node_count.min(TRUSTED_ROWS) as usize;
        let mut first_edge = Vec::with_capacity(rows + 1);
        first_edge.push(0);
        Self {
            kind: Vec::with_capacity(rows),
            name: Vec::with_capacity(rows),
            id: Vec::with_capacity(rows),
            self_size: Vec::with_capacity(rows),
            first_edge,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.kind.len()
    }

    /// How many edges the nodes so far say they have.
    pub(super) fn edges(&self) -> u32 {
        self.first_edge[self.len()]
    }

    pub(super) fn push(&mut self, layout: &Layout, row: &[u64]) -> Result<(), HeapSnapshotError> {
        let columns = &layout.nodes;
        let place = |column| Place {
            table: "nodes",
            row: self.len(),
            column,
        };
        let kinds = layout.node_kinds.len() as u64;
        let kind = below(place("type"), row[columns.kind], kinds)?;
        let name = below(place("name"), row[columns.name], u64::from(u32::MAX))?;
        let left = u64::from(layout.edge_count - self.edges());
        let edges: u32 = below(place("edge_count"), row[columns.edge_count], left + 1)?;
        self.first_edge.push(self.edges() + edges);
        self.kind.push(kind);
        self.name.push(name);
        self.id.push(row[columns.id]);
        self.self_size.push(row[columns.self_size]);
        Ok(())
    }

    pub(super) fn check(
        &self,
        layout: &Layout,
        strings: &Strings,
    ) -> Result<(), HeapSnapshotError> {
        if self.edges() != layout.edge_count {
            let message = format!(
                "the nodes have {} edges by their `edge_count`, but there are {}",
                self.edges(),
                layout.edge_count,
            );
            return Err(HeapSnapshotError::new(ErrorKind::Count, message));
        }
        for (row, name) in self.name.iter().enumerate() {
            strings.check(
                Place {
                    table: "nodes",
                    row,
                    column: "name",
                },
                *name,
            )?;
        }
        Ok(())
    }
}

/// The edges, a column each, in the order of their sources.
#[derive(Debug)]
pub(super) struct Edges {
    pub(super) kind: Vec<u8>,
    /// An index where the kind is an indexed one, else a place in the strings.
    pub(super) name: Vec<u32>,
    pub(super) target: Vec<u32>,
}

impl Edges {
    pub(super) fn new(layout: &Layout) -> Self {
        let rows = layout.edge_count.min(TRUSTED_ROWS) as usize;
        Self {
            kind: Vec::with_capacity(rows),
            name: Vec::with_capacity(rows),
            target: Vec::with_capacity(rows),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.kind.len()
    }

    pub(super) fn push(&mut self, layout: &Layout, row: &[u64]) -> Result<(), HeapSnapshotError> {
        let columns = &layout.edges;
        let place = |column| Place {
            table: "edges",
            row: self.len(),
            column,
        };
        let kinds = layout.edge_kinds.len() as u64;
        let kind = below(place("type"), row[columns.kind], kinds)?;
        let name = below(place("name_or_index"), row[columns.name], 1 << 32)?;
        let fields = layout.nodes.fields;
        let target = node_at(
            place("to_node"),
            row[columns.target],
            fields,
            layout.node_count,
        )?;
        self.kind.push(kind);
        self.name.push(name);
        self.target.push(target);
        Ok(())
    }

    pub(super) fn check(
        &self,
        layout: &Layout,
        strings: &Strings,
    ) -> Result<(), HeapSnapshotError> {
        for (row, (kind, name)) in self.kind.iter().zip(&self.name).enumerate() {
            if !layout.edge_kinds[usize::from(*kind)].is_indexed() {
                strings.check(
                    Place {
                        table: "edges",
                        row,
                        column: "name_or_index",
                    },
                    *name,
                )?;
            }
        }
        Ok(())
    }
}

/// The strings, one after the other.
#[derive(Debug, Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, index: u32) -> &str {
        let index = index as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }

    /// Adds a string of UTF-8 in which surrogates may stand alone; each becomes a U+FFFD.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if let Ok(text) = core::str::from_utf8(bytes) {
            self.text.push_str(text);
        } else {
            let mut bytes = bytes.to_vec();
            for start in 0..bytes.len().saturating_sub(2) {
                // In UTF-8 as JSON readers extend it, ED A0..=BF is a surrogate's start, and
                // U+FFFD is as long as a surrogate.
                if let [0xed, 0xa0..=0xbf, 0x80..=0xbf] = bytes[start..start + 3] {
                    bytes[start..start + 3].copy_from_slice("\u{fffd}".as_bytes());
                }
            }
            self.text.push_str(&String::from_utf8_lossy(&bytes));
        }
        self.ends.push(self.text.len());
    }

    fn check(&self, place: Place, string: u32) -> Result<(), HeapSnapshotError> {
        below(place, u64::from(string), self.len() as u64).map(|_: u32| ())
    }
}
