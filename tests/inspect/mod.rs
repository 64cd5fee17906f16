//! Snapshots of heaps and what they answer, beside naive searches.
#![expect(
    clippy::needless_pass_by_value,
    reason = "quickcheck hands values over"
)]

mod snapshot;
