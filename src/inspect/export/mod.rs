//! Snapshots for other tools, and for people.
//!
//! Each format of text is a value that can be displayed: `write!(file, "{}", Dot::new(&heap))` writes it a piece at a
//! time, and `to_string` makes a string of it, without the standard library, too.
//!
//! | I want … | it is |
//! |---|---|
//! | to look at the heap in Chrome's developer tools or in memlab | [`DevTools`] |
//! | a drawing of a part of it | [`Dot`] |
//! | the graph in yEd, Gephi or `networkx` | [`GraphMl`] |
//! | to see what takes the memory, and why each object is alive, in a browser | [`Page`] |
//! | tables for `DuckDB`, Spark or a spreadsheet | [`NodesCsv`], [`EdgesCsv`] |
#![cfg_attr(
    feature = "std",
    doc = "| to keep a snapshot, and read it again | [`write_to`](super::HeapSnapshot::write_to), [`read_from`](super::HeapSnapshot::read_from) |"
)]

mod names;
mod text;
mod csv;
mod devtools;
mod dot;
#[cfg(feature = "std")]
mod file;
mod graphml;
mod page;

pub use csv::{EdgesCsv, NodesCsv};
pub use devtools::DevTools;
pub use dot::Dot;
#[cfg(feature = "std")]
pub use file::HeapFileError;
pub use graphml::GraphMl;
pub use page::Page;
