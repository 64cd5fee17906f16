//! What can be wrong with a heap snapshot.

use std::fmt;
use std::io;

/// What sort of thing is wrong with a heap snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The reader itself failed; [`source`](std::error::Error::source) is its error.
    Read,
    /// The gzip stream is damaged or cut short.
    Gzip,
    /// The document ends in the middle.
    Truncated,
    /// The document is not JSON, or a value in it has the wrong type.
    Json,
    /// A section is missing, occurs twice, or comes before the one that describes it.
    Section,
    /// The description of the columns lacks a column or the names of its kinds.
    Columns,
    /// There are more or fewer rows than the document declares.
    Count,
    /// A number points at a row or a string that does not exist, or counts nothing.
    Range,
    /// There are more rows than 32 bits can count.
    TooLarge,
    /// The store that was to hold the graph refused a part of it.
    Store,
}

/// Why a heap snapshot could not be read or loaded.
///
/// The message says what is wrong and where: the table and the row, or the byte of the (unpacked)
/// document, or both.
#[derive(Debug)]
pub struct HeapSnapshotError {
    kind: ErrorKind,
    offset: Option<u64>,
    message: String,
    source: Option<Box<io::Error>>,
}

impl HeapSnapshotError {
    pub(super) fn new(kind: ErrorKind, message: String) -> Self {
        Self {
            kind,
            offset: None,
            message,
            source: None,
        }
    }

    pub(super) fn at(self, offset: u64) -> Self {
        Self {
            offset: Some(offset),
            ..self
        }
    }

    pub(super) fn caused_by(self, source: io::Error) -> Self {
        Self {
            source: Some(Box::new(source)),
            ..self
        }
    }

    /// What sort of thing is wrong.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory_heapsnapshot::{ErrorKind, Snapshot};
    ///
    /// let error = Snapshot::read(&b"{"[..]).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Truncated);
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// How many bytes of the document, unpacked if it was packed, had been read when the mistake was
    /// seen; `None` if only the document as a whole shows it.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory_heapsnapshot::Snapshot;
    ///
    /// let error = Snapshot::read(&b"{}"[..]).unwrap_err(); // sections are missing
    /// assert_eq!(error.offset(), Some(2));
    /// ```
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        self.offset
    }
}

impl fmt::Display for HeapSnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.offset {
            Some(offset) => write!(f, " (at byte {offset})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for HeapSnapshotError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}
