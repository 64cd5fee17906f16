//! All tests of what is public, but for those that count what an allocator does.

mod format;
mod heaps;
mod inspect;
