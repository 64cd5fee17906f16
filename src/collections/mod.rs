//! Collections beside a store, whose entries go with their objects.
//!
//! They own nothing and change nothing in the store. Each call is given the store, passes over the
//! entries of the dead, and sees from [`Store::deaths`](crate::Store::deaths) whether there can be any.

mod index;
mod table;
mod map;
mod set;
mod values;

pub use map::WeakMap;
pub use set::WeakSet;
pub use values::WeakValueMap;
