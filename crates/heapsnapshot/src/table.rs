//! Nodes, edges and strings as flat columns.

use super::error::{ErrorKind, HeapSnapshotError};
use super::kind::EdgeKind;
use super::layout::{Layout, node_at};
use super::number::Number;
use std::fmt;

/// How many rows are reserved on a document's word alone; it must deliver before it gets more.
const TRUSTED_ROWS: usize = 1 << 10;

/// Stands for an id or a size that is not known.
const UNKNOWN: u64 = u64::MAX;

/// Stands for an index that does not fit in 32 bits or is not known.
const WIDE: u32 = u32::MAX;

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
fn below<T: TryFrom<u64>>(place: Place, value: Number, limit: u64) -> Result<T, HeapSnapshotError> {
    value
        .whole()
        .filter(|value| *value < limit)
        .and_then(|value| T::try_from(value).ok())
        .ok_or_else(|| {
            let message = format!("{place} is {value}, but must be less than {limit}");
            HeapSnapshotError::new(ErrorKind::Range, message)
        })
}

/// How many rows to reserve beyond those that are there: as many again, but none that is not declared.
fn more(rows: usize, declared: u32) -> usize {
    (declared as usize - rows).min(rows.max(TRUSTED_ROWS))
}

/// Refuses a row beyond those that are declared.
fn room(table: &str, rows: usize, declared: u32) -> Result<(), HeapSnapshotError> {
    if rows < declared as usize {
        return Ok(());
    }
    let message = format!("`snapshot` declares {declared} {table}, but there are more");
    Err(HeapSnapshotError::new(ErrorKind::Count, message))
}

/// The place of a kind in its table, the last of which is for all that have no name.
fn kind<T>(kinds: &[T], number: Number) -> u8 {
    let last = u8::try_from(kinds.len() - 1).expect("a byte holds every kind");
    let number = number.whole().and_then(|number| u8::try_from(number).ok());
    number.map_or(last, |number| number.min(last))
}

/// The nodes, a column each; node `i` has the edges `first_edge[i]..first_edge[i + 1]`.
#[derive(Debug)]
pub(super) struct Nodes {
    pub(super) kind: Vec<u8>,
    pub(super) name: Vec<u32>,
    id: Vec<u64>,
    self_size: Vec<u64>,
    pub(super) first_edge: Vec<u32>,
}

impl Nodes {
    pub(super) fn new() -> Self {
        Self {
            kind: Vec::new(),
            name: Vec::new(),
            id: Vec::new(),
            self_size: Vec::new(),
            first_edge: vec![0],
        }
    }

    /// Makes room for rows at the first one that has none.
    fn grow(&mut self, declared: u32) {
        if self.kind.len() < self.kind.capacity() {
            return;
        }
        let more = more(self.len(), declared);
        self.kind.reserve_exact(more);
        self.name.reserve_exact(more);
        self.id.reserve_exact(more);
        self.self_size.reserve_exact(more);
        self.first_edge.reserve_exact(more);
    }

    pub(super) fn len(&self) -> usize {
        self.kind.len()
    }

    pub(super) fn id(&self, node: usize) -> Option<u64> {
        Some(self.id[node]).filter(|id| *id != UNKNOWN)
    }

    pub(super) fn self_size(&self, node: usize) -> Option<u64> {
        Some(self.self_size[node]).filter(|size| *size != UNKNOWN)
    }

    /// How many edges the nodes so far say they have.
    pub(super) fn edges(&self) -> u32 {
        self.first_edge[self.len()]
    }

    pub(super) fn push(
        &mut self,
        layout: &Layout,
        row: &[Number],
    ) -> Result<(), HeapSnapshotError> {
        let columns = &layout.nodes;
        let place = |column| Place {
            table: "nodes",
            row: self.len(),
            column,
        };
        room("nodes", self.len(), layout.node_count)?;
        let name = below(place("name"), row[columns.name], u64::from(u32::MAX))?;
        let left = u64::from(layout.edge_count - self.edges());
        let edges: u32 = below(place("edge_count"), row[columns.edge_count], left + 1)?;
        self.grow(layout.node_count);
        self.first_edge.push(self.edges() + edges);
        let id = columns.id.and_then(|column| row[column].unsigned());
        let self_size = columns.self_size.and_then(|column| row[column].whole());
        self.kind.push(kind(&layout.node_kinds, row[columns.kind]));
        self.name.push(name);
        self.id.push(id.unwrap_or(UNKNOWN));
        self.self_size.push(self_size.unwrap_or(UNKNOWN));
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
    /// An index where the kind is an indexed one, else a place in the strings; or `WIDE`.
    name: Vec<u32>,
    pub(super) target: Vec<u32>,
    /// By edge in ascending order, the indices that do not fit into `name`. An index that is in neither
    /// is unknown.
    wide: Vec<(u32, u64)>,
}

impl Edges {
    pub(super) fn new() -> Self {
        Self {
            kind: Vec::new(),
            name: Vec::new(),
            target: Vec::new(),
            wide: Vec::new(),
        }
    }

    /// Makes room for rows at the first one that has none.
    fn grow(&mut self, declared: u32) {
        if self.kind.len() < self.kind.capacity() {
            return;
        }
        let more = more(self.len(), declared);
        self.kind.reserve_exact(more);
        self.name.reserve_exact(more);
        self.target.reserve_exact(more);
    }

    pub(super) fn len(&self) -> usize {
        self.kind.len()
    }

    /// The index or the place in the strings; `None` if it is unknown.
    pub(super) fn number(&self, edge: usize) -> Option<u64> {
        match self.name[edge] {
            WIDE => {
                let edge = u32::try_from(edge).ok()?;
                let at = self.wide.binary_search_by_key(&edge, |(edge, _)| *edge);
                at.ok().map(|at| self.wide[at].1)
            }
            name => Some(u64::from(name)),
        }
    }

    pub(super) fn push(
        &mut self,
        layout: &Layout,
        row: &[Number],
    ) -> Result<(), HeapSnapshotError> {
        let columns = &layout.edges;
        let place = |column| Place {
            table: "edges",
            row: self.len(),
            column,
        };
        room("edges", self.len(), layout.edge_count)?;
        let fields = layout.nodes.fields;
        let target = node_at(
            place("to_node"),
            row[columns.target],
            fields,
            layout.node_count,
        )?;
        let kind = kind(&layout.edge_kinds, row[columns.kind]);
        let number = row[columns.name];
        let name = if may_be_indexed(layout, kind) {
            self.index(number.index())
        } else {
            below(place("name_or_index"), number, u64::from(WIDE))?
        };
        self.grow(layout.edge_count);
        self.kind.push(kind);
        self.name.push(name);
        self.target.push(target);
        Ok(())
    }

    /// What stands in `name` for that index of the next edge.
    fn index(&mut self, index: Option<u64>) -> u32 {
        let Some(index) = index else { return WIDE };
        u32::try_from(index)
            .ok()
            .filter(|index| *index != WIDE)
            .unwrap_or_else(|| {
                let edge = u32::try_from(self.len()).expect("edges are counted in 32 bits");
                self.wide.push((edge, index));
                WIDE
            })
    }

    pub(super) fn check(
        &self,
        layout: &Layout,
        strings: &Strings,
    ) -> Result<(), HeapSnapshotError> {
        for (row, (kind, name)) in self.kind.iter().zip(&self.name).enumerate() {
            if !may_be_indexed(layout, *kind) {
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

/// Whether a number need not lead to a string: nothing says what it is in edges of a kind that is not
/// known here.
fn may_be_indexed(layout: &Layout, kind: u8) -> bool {
    let kind = &layout.edge_kinds[usize::from(kind)];
    kind.is_indexed() || matches!(kind, EdgeKind::Other(_))
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
        if let Ok(text) = std::str::from_utf8(bytes) {
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
        let string = Number::Whole(u64::from(string));
        below(place, string, self.len() as u64).map(|_: u32| ())
    }
}
