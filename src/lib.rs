//! An object graph for games and simulations.
#![cfg_attr(not(feature = "std"), no_std)]
extern crate alloc;

mod live;
mod columns;
mod query;
pub use columns::{BorrowError, Component, ComponentError, ComponentRef};
pub use query::{HandleIter, Query, QueryBorrow, QueryItem, QueryIter, With, Without};
