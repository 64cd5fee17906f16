//! The document, read in one pass and without a tree of it in memory.

use super::error::{ErrorKind, HeapSnapshotError};
use super::input::Input;
use super::layout::Layout;
use super::number::Number;
use super::table::{Edges, Nodes, Strings};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, Read};

/// Everything that is kept of a document.
pub(super) struct Document {
    pub(super) layout: Layout,
    pub(super) nodes: Nodes,
    pub(super) edges: Edges,
    pub(super) strings: Strings,
}

impl Document {
    pub(super) fn read(reader: impl Read) -> Result<Self, HeapSnapshotError> {
        let offset = Cell::new(0);
        let (input, packed) = Input::new(reader, &offset).map_err(|error| broken(error, false))?;
        let progress = Progress::default();
        let mut json = serde_json::Deserializer::from_reader(input);
        let document = json.deserialize_map(DocumentVisitor(&progress));
        let document = document.and_then(|document| json.end().map(|()| document));
        document.map_err(|error| progress.explain(error, packed).at(offset.get()))
    }
}

/// How far the reading has come, so that a mistake can be told with its place.
#[derive(Default)]
struct Progress {
    section: Cell<Option<&'static str>>,
    row: Cell<usize>,
    failure: RefCell<Option<HeapSnapshotError>>,
}

impl Progress {
    fn enter(&self, section: &'static str) {
        self.section.set(Some(section));
        self.row.set(0);
    }

    /// Keeps `failure` for [`explain`](Self::explain); the JSON reader only has to stop.
    fn fail<E: Error>(&self, failure: HeapSnapshotError) -> E {
        *self.failure.borrow_mut() = Some(failure);
        E::custom("stopped")
    }

    fn explain(&self, error: serde_json::Error, packed: bool) -> HeapSnapshotError {
        if let Some(failure) = self.failure.take() {
            return failure;
        }
        let place = match self.section.get() {
            None => "the document".to_string(),
            Some(section @ "snapshot") => format!("`{section}`"),
            Some(section) => format!("`{section}`, row {}", self.row.get()),
        };
        match error.classify() {
            Category::Io => broken(error.into(), packed),
            Category::Eof => HeapSnapshotError::new(
                ErrorKind::Truncated,
                format!("the file ends inside {place}"),
            ),
            Category::Syntax | Category::Data => {
                HeapSnapshotError::new(ErrorKind::Json, format!("{place}: {error}"))
            }
        }
    }
}

fn broken(error: io::Error, packed: bool) -> HeapSnapshotError {
    let damaged = matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof,
    );
    let (kind, what) = if packed && damaged {
        (ErrorKind::Gzip, "the gzip stream is damaged or cut short")
    } else {
        (ErrorKind::Read, "the file cannot be read")
    };
    HeapSnapshotError::new(kind, format!("{what}: {error}")).caused_by(error)
}

#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Section {
    Snapshot,
    Nodes,
    Edges,
    Strings,
    #[serde(other)]
    Other,
}

/// The whole document.
struct DocumentVisitor<'a>(&'a Progress);

impl<'de> Visitor<'de> for DocumentVisitor<'_> {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a heap snapshot: an object with the sections snapshot, nodes, edges, strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let progress = self.0;
        let (mut layout, mut nodes, mut edges, mut strings) = (None, None, None, None);
        while let Some(section) = map.next_key()? {
            match section {
                Section::Snapshot => {
                    once("snapshot", layout.is_some(), progress)?;
                    let header = map.next_value()?;
                    layout = Some(Layout::new(&header).map_err(|error| progress.fail(error))?);
                }
                Section::Nodes => {
                    once("nodes", nodes.is_some(), progress)?;
                    let layout = known("nodes", layout.as_ref(), progress)?;
                    nodes = Some(map.next_value_seed(NodeRows { layout, progress })?);
                }
                Section::Edges => {
                    once("edges", edges.is_some(), progress)?;
                    let layout = known("edges", layout.as_ref(), progress)?;
                    edges = Some(map.next_value_seed(EdgeRows { layout, progress })?);
                }
                Section::Strings => {
                    once("strings", strings.is_some(), progress)?;
                    strings = Some(map.next_value_seed(StringRows { progress })?);
                }
                Section::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            progress.section.set(None);
        }
        let layout = required("snapshot", layout, progress)?;
        let nodes = required("nodes", nodes, progress)?;
        let edges = required("edges", edges, progress)?;
        let strings = required("strings", strings, progress)?;
        Ok(Document {
            layout,
            nodes,
            edges,
            strings,
        })
    }
}

fn once<E: Error>(section: &'static str, seen: bool, progress: &Progress) -> Result<(), E> {
    progress.enter(section);
    if seen {
        let message = format!("there are two sections `{section}`");
        return Err(progress.fail(HeapSnapshotError::new(ErrorKind::Section, message)));
    }
    Ok(())
}

fn known<'a, E: Error>(
    section: &str,
    layout: Option<&'a Layout>,
    progress: &Progress,
) -> Result<&'a Layout, E> {
    layout.ok_or_else(|| {
        let message = format!("`{section}` comes before `snapshot`, which names its columns");
        progress.fail(HeapSnapshotError::new(ErrorKind::Section, message))
    })
}

fn required<T, E: Error>(section: &str, value: Option<T>, progress: &Progress) -> Result<T, E> {
    value.ok_or_else(|| {
        let message = format!("there is no section `{section}`");
        progress.fail(HeapSnapshotError::new(ErrorKind::Section, message))
    })
}

/// Reads a flat array of numbers a row at a time.
fn read_rows<'de, A: SeqAccess<'de>>(
    mut numbers: A,
    fields: usize,
    progress: &Progress,
    mut push: impl FnMut(&[Number]) -> Result<(), HeapSnapshotError>,
) -> Result<(), A::Error> {
    let mut row = vec![Number::Other; fields];
    let mut next = numbers.next_element()?;
    while let Some(first) = next {
        row[0] = first;
        for (column, number) in row.iter_mut().enumerate().skip(1) {
            *number = numbers.next_element()?.ok_or_else(|| {
                let (index, section) = (progress.row.get(), progress.section.get().unwrap_or(""));
                let message =
                    format!("row {index} of `{section}` ends after {column} of {fields} numbers");
                progress.fail(HeapSnapshotError::new(ErrorKind::Count, message))
            })?;
        }
        progress.row.set(progress.row.get() + 1);
        // Only what follows a row shows that its last number was not cut short.
        next = numbers.next_element()?;
        push(&row).map_err(|error| progress.fail(error))?;
    }
    Ok(())
}

fn counted<E: Error>(
    section: &str,
    found: usize,
    declared: u32,
    progress: &Progress,
) -> Result<(), E> {
    if found == declared as usize {
        return Ok(());
    }
    let message = format!("`snapshot` declares {declared} {section}, but there are {found}");
    Err(progress.fail(HeapSnapshotError::new(ErrorKind::Count, message)))
}

struct NodeRows<'a> {
    layout: &'a Layout,
    progress: &'a Progress,
}

impl<'de> DeserializeSeed<'de> for NodeRows<'_> {
    type Value = Nodes;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Nodes, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for NodeRows<'_> {
    type Value = Nodes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, numbers: A) -> Result<Nodes, A::Error> {
        let Self { layout, progress } = self;
        let mut nodes = Nodes::new();
        read_rows(numbers, layout.nodes.fields, progress, |row| {
            nodes.push(layout, row)
        })?;
        counted("nodes", nodes.len(), layout.node_count, progress)?;
        Ok(nodes)
    }
}

struct EdgeRows<'a> {
    layout: &'a Layout,
    progress: &'a Progress,
}

impl<'de> DeserializeSeed<'de> for EdgeRows<'_> {
    type Value = Edges;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Edges, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for EdgeRows<'_> {
    type Value = Edges;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, numbers: A) -> Result<Edges, A::Error> {
        let Self { layout, progress } = self;
        let mut edges = Edges::new();
        read_rows(numbers, layout.edges.fields, progress, |row| {
            edges.push(layout, row)
        })?;
        counted("edges", edges.len(), layout.edge_count, progress)?;
        Ok(edges)
    }
}

struct StringRows<'a> {
    progress: &'a Progress,
}

impl<'de> DeserializeSeed<'de> for StringRows<'_> {
    type Value = Strings;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Strings, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for StringRows<'_> {
    type Value = Strings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Strings, A::Error> {
        let mut strings = Strings::default();
        while seq.next_element_seed(StringRow(&mut strings))?.is_some() {
            self.progress.row.set(strings.len());
        }
        Ok(strings)
    }
}

/// One string; read as bytes, because as a `str` a lone surrogate would be refused.
struct StringRow<'a>(&'a mut Strings);

impl<'de> DeserializeSeed<'de> for StringRow<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for StringRow<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<(), E> {
        self.0.push(bytes);
        Ok(())
    }
}
