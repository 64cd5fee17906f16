//! An object graph for games and simulations.
#![cfg_attr(not(feature = "std"), no_std)]
extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg_attr(not(test), allow(dead_code, reason = "the store is not there yet"))]
mod columns;
#[cfg_attr(not(test), allow(dead_code, reason = "the store is not there yet"))]
mod live;
#[cfg_attr(not(test), allow(dead_code, reason = "the store is not there yet"))]
mod query;

pub use columns::{BorrowError, Component, ComponentError, ComponentRef};
pub use query::{
    ColumnMut, ColumnRef, HandleIter, Query, QueryBorrow, QueryItem, QueryIter, With, Without,
};
