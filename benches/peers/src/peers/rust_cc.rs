//! `rust-cc`: counts, and trial deletion. Without its feature `finalization`, which traces garbage
//! twice.

use std::cell::RefCell;

use rust_cc::{Cc, Finalize, Trace, collect_cycles, config};

use crate::peers::{Kind, Variant, no_components};
use crate::pointers::{Collector, objects, world};

objects!(Cc, RefCell, [derive(Trace, Finalize)], [rust_cc(ignore)]);

struct Thread;

impl Collector for Thread {
    fn reclaim() {
        collect_cycles();
    }

    fn manual() {
        config::config(|config| config.set_auto_collect(false)).expect("nothing is collecting");
    }
}

pub(crate) const VARIANTS: &[Variant] =
    &Variant::both("rust-cc", Kind::CycleCollector, no_components, |slots| {
        world!(Cc, Thread, slots)
    });
