//! An object graph for games and simulations.
#![cfg_attr(not(feature = "std"), no_std)]
extern crate alloc;

mod columns;
mod live;
mod query;
pub use columns::{BorrowError, Component, ComponentError, ComponentRef};
pub use query::{
    ColumnMut, ColumnRef, HandleIter, Query, QueryBorrow, QueryItem, QueryIter, With, Without,
};
