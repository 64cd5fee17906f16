//! `gc`: marks and sweeps thread-local boxes, whose roots are counted.
#![expect(
    non_local_definitions,
    reason = "the derive macro puts what it makes in constants"
)]

use gc::{Finalize, Gc, GcCell, Trace};

use crate::peers::{Kind, Variant, no_components};
use crate::pointers::{Collector, objects, world};

objects!(Gc, GcCell, [derive(Trace, Finalize)], [unsafe_ignore_trace]);

struct Thread;

impl Collector for Thread {
    fn reclaim() {
        gc::force_collect();
    }

    fn manual() {
        gc::configure(|config| config.threshold = usize::MAX);
    }
}

pub(crate) const VARIANTS: &[Variant] =
    &Variant::both("gc", Kind::Tracing, no_components, |slots| {
        world!(Gc, Thread, slots)
    });
