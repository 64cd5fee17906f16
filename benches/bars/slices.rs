//! Steps of a bounded number of units, by the time that each takes: a frame must be able to rely on it.

use std::time::Instant;

use fastrand::Rng;
use hdrhistogram::Histogram;
use understory::{Auto, Budget, Config, Cycles, Generation, Handle, Reclaim, Step, Store};

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
    rows(table, "10^7, a tenth garbage, collected", || {
        heap(scale, Cycles::Manual)
    });
    rows(table, "10^7, a tenth garbage, traced", || {
        heap(scale, Cycles::AtStep)
    });
    rows(table, "10^6 dropped, by count", || level(scale, false));
    rows(table, "10^6 dropped, in cycles", || level(scale, true));
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
        let time = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        if step.units > 0 {
            self.nanoseconds.record(time).expect("it grows");
            self.most_units = self.most_units.max(step.units);
        }
        if std::env::var_os("WORST").is_some() {
            eprintln!(
                "STEP {time} {:?} units {} c {} t {} r {} waiting {} susp {}",
                step.phase,
                step.units,
                step.collected,
                step.traced,
                step.reclaimed,
                step.waiting,
                step.suspects
            );
        }
        step
    }
}

#[expect(clippy::cast_precision_loss, reason = "a step takes less than 2^52 ns")]
fn rows(table: &mut Table, name: &str, run: impl FnOnce() -> Steps) {
    let time = format!("steps, {name}, p99.9:p50");
    let units = format!("steps, {name}, most units");
    if table.skips(&time) && table.skips(&units) {
        return;
    }
    let Steps {
        nanoseconds,
        most_units,
    } = run();
    let quantile = |at| nanoseconds.value_at_quantile(at) as f64;
    eprintln!(
        "steps, {name}: {} of them; p1 {:.0}, p50 {:.0}, p99 {:.0}, p99.9 {:.0}, most {} ns",
        nanoseconds.len(),
        quantile(0.01),
        quantile(0.5),
        quantile(0.99),
        quantile(0.999),
        nanoseconds.max()
    );
    table.times(time, Bar::Ratio(3.0), || {
        Rounds::once(quantile(0.999), quantile(0.5))
    });
    table.compared(units, Unit::Units, Bar::Ratio(1.0), || {
        Rounds::once(most_units as f64, (BUDGET + EXCESS) as f64)
    });
}

/// A large heap, of which a tenth are rings that nothing holds, and a program that goes on changing it
/// while steps take them.
fn heap(scale: Scale, cycles: Cycles) -> Steps {
    let mut rng = Rng::with_seed(1);
    let objects = scale.size(10_000_000);
    let config = Config::new().auto(Auto::Off).cycles(cycles);
    let mut store = Store::with_config(config.thresholds([100, 10, 10]));
    let live = Graph::connected(&mut rng, objects / 10 * 9, 3);
    let mut handles: Vec<Handle> = (0..objects.into()).map(|n| store.insert(n)).collect();
    rng.shuffle(&mut handles);
    // Rings of neighbours, anywhere in the heap.
    let mut rings = handles.split_off(live.nodes as usize);
    rings.sort_unstable();
    live.link_in(&mut store, &handles);
    for ring in rings.chunks_exact(RING) {
        close_ring(&mut store, ring);
    }
    for &handle in handles[1..].iter().chain(&rings) {
        store
            .unroot(handle)
            .expect("it has the root of its insertion");
    }
    let kept = handles.len();
    let garbage = store.len() - kept;
    let mut steps = Steps::new();
    let mut spare = live.spare.into_iter();
    let mut found = 0;
    loop {
        let step = steps.step(&mut store);
        found += step.collected + step.traced;
        if step.is_idle() {
            break;
        }
        // The ring through all nodes is left as it is: so nothing of it dies.
        for [source, target] in spare.by_ref().take(CHANGES) {
            let (source, target) = (handles[source as usize], handles[target as usize]);
            store.unlink(source, target).expect("the edge is there");
            let other = handles[rng.usize(0..handles.len())];
            store.link(source, (), other).expect("both are alive");
        }
        for number in 0..CHANGES as u64 {
            let short_lived = store.insert(number);
            store.unroot(short_lived).expect("it was just made");
        }
    }
    assert_eq!((found, store.len()), (garbage, kept));
    steps
}

fn close_ring(store: &mut Store<u64>, ring: &[Handle]) {
    let next = ring.iter().skip(1).chain(&ring[..1]);
    for (&source, &target) in ring.iter().zip(next) {
        store.link(source, (), target).expect("both are alive");
    }
}

/// A level whose only root goes: a tree in which each object refers to two others besides, further
/// down or, for cycles, anywhere.
fn level(scale: Scale, in_cycles: bool) -> Steps {
    const FAN_OUT: u32 = 8;
    let mut rng = Rng::with_seed(1);
    let objects = scale.size(1_000_000);
    let config = Config::new().auto(Auto::Off).reclaim(Reclaim::AtStep);
    let mut store = Store::with_config(config);
    let world = store.insert(0);
    let handles: Vec<Handle> = (0..objects.into()).map(|n| store.insert(n)).collect();
    store.link(world, (), handles[0]).expect("both are alive");
    for object in 0..objects {
        let first = object * FAN_OUT + 1;
        let children = first.min(objects)..(first + FAN_OUT).min(objects);
        let lowest = if in_cycles { 0 } else { object };
        let others = [rng.u32(lowest..objects), rng.u32(lowest..objects)];
        for target in children.chain(others).filter(|&target| target != object) {
            let (source, target) = (handles[object as usize], handles[target as usize]);
            store.link(source, (), target).expect("both are alive");
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
    if in_cycles {
        store.request_collection(Generation::Old);
    }
    let mut steps = Steps::new();
    while !steps.step(&mut store).is_idle() {
        let short_lived = store.insert(1);
        store.unroot(short_lived).expect("it was just made");
    }
    assert_eq!(store.len(), 1);
    steps
}
