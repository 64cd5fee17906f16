//! What is asked of a garbage collector: the cases of `CPython`'s `test_gc.py` that make sense where
//! edges are explicit, by behaviour. Most run in whole collections, in slices and by tracing back.

mod cycles;
mod finalizers;
mod observers;
mod questions;
mod settings;
mod weak;

use std::sync::{Arc, Mutex};

use understory::{Auto, Budget, Config, Cycles, Handle, Phase, Store};

/// Values are names, and labels say what an edge is for.
pub(crate) type World = Store<&'static str, &'static str>;
/// Collects everything, and returns how much garbage was found.
pub(crate) type Collect = fn(&mut World) -> usize;
pub(crate) type Log = Arc<Mutex<Vec<&'static str>>>;

/// Every survivor is promoted, as in `CPython`, and steps begin collections wherever two objects are
/// new.
pub(crate) fn config() -> Config {
    Config::new()
        .auto(Auto::Off)
        .cycles(Cycles::Manual)
        .thresholds([1, 0, 0])
        .growth(0)
        .record_deaths(true)
        .promote_fill(0)
        .reopen_fill(0)
}

pub(crate) fn world() -> World {
    World::with_config(config())
}

/// How much garbage was found so far.
fn found(world: &World) -> usize {
    let stats = world.stats();
    let freed: u64 = stats.generations.iter().map(|of| of.freed).sum();
    usize::try_from(freed + stats.traced).unwrap()
}

fn whole(world: &mut World) -> usize {
    let before = found(world);
    world.collect();
    world.check_invariants().unwrap();
    found(world) - before
}

/// Steps of few units, until an old collection has begun and ended. New objects make it due.
fn sliced(world: &mut World) -> usize {
    let before = found(world);
    let ended = |world: &World| world.stats().generations[2].collections;
    let until = ended(world) + 1;
    let mut fillers = Vec::new();
    for units in (1..=7).cycle() {
        let step = world.step(Budget::units(units));
        world.check_invariants().unwrap();
        // Suspects wait for `trace`, which is not the steps' to call here.
        let is_idle = step.pending == 0 && step.phase == Phase::Idle;
        if is_idle && ended(world) >= until {
            break;
        }
        if is_idle && step.units == 0 {
            assert!(fillers.len() < 100, "no collection begins");
            fillers.push(world.insert("filler"));
        }
    }
    for filler in fillers {
        world.destroy(filler);
    }
    found(world) - before
}

fn traced(world: &mut World) -> usize {
    let before = found(world);
    world.trace(Budget::unlimited());
    world.check_invariants().unwrap();
    found(world) - before
}

/// Runs a case with whole collections and with collections in slices.
pub(crate) fn collecting(case: fn(World, Collect)) {
    for collect in [whole as Collect, sliced] {
        case(world(), collect);
    }
}

/// Runs a case in each way in which cyclic garbage dies.
pub(crate) fn every_way(case: fn(World, Collect)) {
    collecting(case);
    case(world(), traced);
}

/// Objects in a ring, each with an edge to the next. They keep their roots.
pub(crate) fn rooted_ring(world: &mut World, names: &[&'static str]) -> Vec<Handle> {
    let handles: Vec<Handle> = names.iter().map(|&name| world.insert(name)).collect();
    for (at, &handle) in handles.iter().enumerate() {
        let next = handles[(at + 1) % handles.len()];
        world.link(handle, "next", next).unwrap();
    }
    handles
}

/// The same, without roots: garbage.
pub(crate) fn ring(world: &mut World, names: &[&'static str]) -> Vec<Handle> {
    let handles = rooted_ring(world, names);
    let_go(world, &handles);
    handles
}

pub(crate) fn let_go(world: &mut World, handles: &[Handle]) {
    for &handle in handles {
        world.unroot(handle).unwrap();
    }
}

/// Logs the object's name when it is finalized.
pub(crate) fn log(world: &mut World, log: &Log, handle: Handle) {
    let log = Arc::clone(log);
    let finalizer = move |world: &mut World, this| log.lock().unwrap().push(world[this]);
    world.set_finalizer(handle, finalizer).unwrap();
}

/// Who has died since this was last asked, in order.
pub(crate) fn dead(world: &mut World) -> Vec<&'static str> {
    let dead = world.drain_deaths().map(|death| death.value);
    dead.filter(|name| *name != "filler").collect()
}
