//! A store that has gone back to a snapshot is as it was then, and goes on as it did.

mod checksum;
mod everything;
mod forever;
mod ggrs;
mod history;
mod outcomes;
