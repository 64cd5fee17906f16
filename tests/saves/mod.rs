//! A store that was saved and loaded goes on as the original does, whatever happens in between, and whatever is read is
//! an error or a store that holds together.

mod bad_input;
pub(crate) mod forever;
pub(crate) mod formats;
mod order;
mod outcomes;
mod usage;
