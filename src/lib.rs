//! An object graph for games and simulations.
#![cfg_attr(not(feature = "std"), no_std)]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod handle;
mod error;
mod config;
mod bits;
mod pool;
mod header;
mod arena;
mod generations;
mod edges;
mod weak;
mod roots;
mod suspects;
mod live;
mod columns;
mod query;
mod objects;
mod release;
mod collect;
#[cfg(feature = "check")]
mod check;
mod store;
pub mod interop;

#[cfg(feature = "check")]
pub use check::Violation;
pub use collect::{Collected, pace::GenerationStats};
pub use columns::{BorrowError, Component, ComponentError, ComponentRef};
pub use config::{Auto, Config, Cycles, Generation, Reclaim};
pub use error::{
    InsertLinkedError, Limit, LinkError, Refusal, RootError, StaleHandle, StoreFull, UnlinkError,
};
pub use handle::Handle;
pub use query::{
    ColumnMut, ColumnRef, HandleIter, Query, QueryBorrow, QueryItem, QueryIter, With, Without,
};
#[cfg(feature = "std")]
pub use roots::Root;
pub use slotmap;
pub use store::{
    Applied, Budget, Command, Commands, Drain, DrainDead, Edges, Handles, InEdges, Indices, Iter,
    IterMut, Operand, OutEdges, Pending, Sources, Stats, Step, Store, Targets, Traced, Values,
    ValuesMut, ValuesView,
};
