//! `std::rc::Rc`: counts alone.

use std::cell::RefCell;
use std::rc::Rc;

use crate::peers::{Kind, Variant, no_components};
use crate::pointers::{Collector, objects, world};
use crate::workloads::Workload;

objects!(Rc, RefCell, [], []);

struct Nothing;

impl Collector for Nothing {
    fn reclaim() {}
}

fn lacks(workload: Workload) -> Option<&'static str> {
    if workload.is_about_cycles() {
        return Some("cycles leak");
    }
    no_components(workload)
}

pub(crate) const VARIANTS: &[Variant] = &Variant::both("Rc", Kind::Counting, lacks, |slots| {
    world!(Rc, Nothing, slots)
});
