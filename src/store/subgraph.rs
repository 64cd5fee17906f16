//! Parts of a world: copied, taken out as stores of their own, and moved in.

mod duplicate;
mod extract;
mod merge;
mod moving;
mod pick;
mod places;
mod remap;

pub use extract::{CutEdge, Extracted};
pub use pick::Subgraph;
pub use remap::{Remap, Remapped, Remapper};
