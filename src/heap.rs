//! The values of all objects: slotmaps, split by generation.

pub(crate) mod arena;
mod generations;
pub(crate) mod weights;

pub(crate) use generations::{Heap, Marks};
#[cfg(feature = "rollback")]
pub(crate) use generations::{HeapChanges, OpenedArenas, Outline};
