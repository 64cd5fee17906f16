//! Why is this alive? What takes the memory? A copy of the graph to ask, and the questions.
//!
//! [`Store::heap_snapshot`](crate::Store::heap_snapshot) copies what there is of a store into a [`HeapSnapshot`]:
//! which objects there are, how large they are and what they refer to, but none of their values. So the program goes
//! on meanwhile, and another thread can ask. A snapshot of another heap is made with a [`HeapBuilder`].
//!
//! ```
//! use understory::Store;
//! use understory::inspect::Describe;
//!
//! let mut store: Store<&str, &str> = Store::new();
//! let screen = store.insert("screen");
//! let menu = store.insert_linked(screen, "shows", "menu")?;
//!
//! let describe = Describe::new().class(|value: &&'static str| *value).label(|label: &&'static str| *label);
//! let heap = store.heap_snapshot(&describe);
//! let menu = heap.find(menu).unwrap();
//! assert_eq!(heap.class_of(menu), "menu");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod columns;
mod builder;
pub(crate) mod copy;
mod describe;
mod names;
pub(crate) mod named;
mod snapshot;
mod marks;
mod reach;
mod dominators;
mod owners;
mod path;
mod why;
mod flow;
mod table;
mod tree;
mod census;
mod growth;
mod cycles;
mod suspects;
pub(crate) mod alive;
mod timeline;
pub mod export;

pub use alive::{WhyAlive, WhyStep};
pub use builder::{HeapBuilder, HeapError};
pub use census::{Census, ClassCount, Count, Histogram};
pub use cycles::{Cycle, Cycles};
pub use describe::Describe;
pub use dominators::Dominators;
pub use flow::{Cut, Disjoint};
pub use growth::{ClassGrowth, Growth};
pub use owners::{Owner, Owners};
pub use path::Path;
pub use snapshot::{Edge, HeapSnapshot, RootEntry};
pub use suspects::{Suspect, Suspects};
pub use timeline::{Sample, Timeline};
pub use tree::Merged;
pub use why::{Holder, Why};
