//! Steps of a bounded number of units, by the time that each takes: a frame must be able to rely on it.

use std::time::Instant;

use fastrand::Rng;
use hdrhistogram::Histogram;
use understory::{Auto, Budget, Config, Cycles, Handle, Reclaim, Step, Store};

use crate::common::Graph;
use crate::measure::{Bar, Rounds, Scale, Table, Unit};

const BUDGET: u64 = 10_000;
/// Units by which a step may exceed its budget, as `Store::step` promises.
const EXCESS: u64 = 600;
/// Objects of a ring.
const RING: usize = 8;
/// What the program does between two steps, so many times each.
const CHANGES: usize = 50;

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    let collected = "steps, 10^7 objects, a tenth garbage, collected";
    rows(table, collected, || heap(scale, Cycles::Manual));
    let traced = "steps, 10^7 objects, a tenth garbage, traced";
    rows(table, traced, || heap(scale, Cycles::AtStep));
    rows(table, "steps, 10^6 objects dropped, by count", || {
        level(scale, false)
    });
    rows(table, "steps, 10^6 objects dropped, in cycles", || {
        level(scale, true)
    });
}

/// What the steps of a run took.
struct Steps {
    nanoseconds: Histogram<u64>,
    most_units: u64,
}

impl Steps {
    fn new() -> Self {
        Self {
            nanoseconds: Histogram::new(3).expect("three digits are few enough"),
            most_units: 0,
        }
    }

    /// Does a step and takes note of it, if it had work.
    fn step(&mut self, store: &mut Store<u64>) -> Step {
        let start = Instant::now();
        let step = store.step(Budget::units(BUDGET));
        let time = start.elapsed();
        if step.units > 0 {
            self.nanoseconds
                .record(nanoseconds(time))
                .expect("the histogram grows");
        }
    }
    for &handle in &handles {
        store
            .unroot(handle)
            .expect("it has the root of its insertion");
    }
    store.step(Budget::unlimited());
    assert_eq!(store.len(), objects as usize + 1);
    store.unlink(world, handles[0]).expect("the edge is there");
    let mut steps = Steps::new();
    while !steps.step(&mut store).is_idle() || store.len() > 1 {
        let short_lived = store.insert(1);
        store.unroot(short_lived).expect("it was just made");
    }
    steps
}
