//! What `tracing` is told: where steps and collections begin and end, and what they did (feature `tracing`). Without
//! the feature nothing of this is there.
//!
//! A subscriber is code of the user, so it is called only where the store is whole: before a call begins its work,
//! between the pieces of a collection, and after a call.

use crate::config::Generation;
use crate::gc::pace::Collected;
use crate::store::Step;

/// Whether there is anyone to be told.
pub(super) const ARE_THERE: bool = cfg!(feature = "tracing");

/// A span that ends when it is told what was done, or at the latest when it goes.
#[must_use]
pub(super) struct Span {
    #[cfg(feature = "tracing")]
    entered: tracing::span::EnteredSpan,
}

#[cfg(feature = "tracing")]
mod told {
    use super::{Collected, Generation, Span, Step};
    use tracing::field::Empty;
    use tracing::{debug, debug_span};

    impl Span {
        /// A step begins.
        pub(in crate::store) fn step() -> Self {
            let span = debug_span!(
                target: "understory",
                "step",
                units = Empty,
                reclaimed = Empty,
                traced = Empty,
                collected = Empty,
                pending = Empty,
                suspects = Empty,
                unswept = Empty,
            );
            Self {
                entered: span.entered(),
            }
        }

        /// What the step did.
        pub(in crate::store) fn end_step(self, step: &Step) {
            self.entered
                .record("units", step.units)
                .record("reclaimed", step.reclaimed)
                .record("traced", step.traced)
                .record("collected", step.collected)
                .record("pending", step.pending)
                .record("suspects", step.suspects)
                .record("unswept", step.unswept);
        }

        /// A collection that runs whole begins.
        pub(in crate::store) fn collection(generation: Generation) -> Self {
            let span = debug_span!(target: "understory", "collection", ?generation, examined = Empty, freed = Empty);
            Self {
                entered: span.entered(),
            }
        }

        /// What the collection did.
        pub(in crate::store) fn end_collection(self, collected: &Collected) {
            self.entered
                .record("examined", collected.examined)
                .record("freed", collected.freed);
        }
    }

    /// A collection has ended, in slices or whole.
    pub(in crate::store) fn tell_collected(collected: &Collected) {
        debug!(
            name: "collected",
            target: "understory",
            generation = ?collected.generation,
            examined = collected.examined,
            freed = collected.freed,
        );
    }
}

#[cfg(not(feature = "tracing"))]
mod told {
    use super::{Collected, Generation, Span, Step};

    impl Span {
        #[inline]
        pub(in crate::store) fn step() -> Self {
            Self {}
        }

        #[inline]
        #[expect(clippy::unused_self, reason = "with the feature it is used")]
        pub(in crate::store) fn end_step(self, _: &Step) {}

        #[inline]
        pub(in crate::store) fn collection(_: Generation) -> Self {
            Self {}
        }

        #[inline]
        #[expect(clippy::unused_self, reason = "with the feature it is used")]
        pub(in crate::store) fn end_collection(self, _: &Collected) {}
    }

    #[inline]
    pub(in crate::store) fn tell_collected(_: &Collected) {}
}

pub(super) use told::tell_collected;
