//! `bacon_rajan_cc`: counts, and trial deletion. It never collects by itself.

use std::cell::RefCell;

use bacon_rajan_cc::{Cc, Trace, Tracer, collect_cycles};

use crate::peers::{Kind, Variant, no_components};
use crate::pointers::{Collector, objects, world};

objects!(Cc, RefCell, [], []);

/// It has no derive macro.
macro_rules! trace {
    ($($name:ident)*) => {$(
        impl Trace for $name {
            fn trace(&self, tracer: &mut Tracer) {
                for target in crate::edges::Edges::iter(&*self.edges.borrow()) {
                    Trace::trace(target, tracer);
                }
            }
        }
    )*};
}

trace!(Many One Two Three);

struct Thread;

impl Collector for Thread {
    fn reclaim() {
        collect_cycles();
    }

    fn tick() {
        collect_cycles();
    }
}

pub(crate) const VARIANTS: &[Variant] = &Variant::both(
    "bacon_rajan_cc",
    Kind::CycleCollector,
    no_components,
    |slots| world!(Cc, Thread, slots),
);
