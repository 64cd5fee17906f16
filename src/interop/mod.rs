//! Bridges to formats and libraries that are not this crate's own, each behind its feature.

#[cfg(feature = "heapsnapshot")]
pub mod heapsnapshot;
