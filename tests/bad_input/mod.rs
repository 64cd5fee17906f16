//! Calls that no program should make, and that some program will: each has a defined outcome, ends,
//! and leaves the store whole.

mod budgets;
mod finalizers;
mod observers;
mod phases;
mod settings;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

use understory::{Auto, Budget, Config, Handle, Phase, Store};

pub(crate) type World = Store<Item>;

/// A value of which is known how many there are, in all stores.
#[derive(Debug)]
pub(crate) struct Item(Tally);

#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<AtomicIsize>);

impl Tally {
    pub(crate) fn item(&self) -> Item {
        self.0.fetch_add(1, Ordering::Relaxed);
        Item(self.clone())
    }

    pub(crate) fn count(&self) -> usize {
        usize::try_from(self.0.load(Ordering::Relaxed)).expect("nothing is dropped twice")
    }
}

impl Clone for Item {
    fn clone(&self) -> Self {
        self.0.item()
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(crate) fn config() -> Config {
    Config::new()
        .auto(Auto::Off)
        .thresholds([1, 0, 0])
        .growth(0)
        .promote_fill(0)
        .reopen_fill(0)
}

/// Another object of the same tally as one that is there.
pub(crate) fn insert(world: &mut World) -> Option<Handle> {
    let tally = world.values().next()?.0.clone();
    Some(world.insert(tally.item()))
}

/// Objects that hold each other in a ring, and that the program holds.
pub(crate) fn ring(world: &mut World, tally: &Tally, len: usize) -> Vec<Handle> {
    let handles: Vec<Handle> = (0..len).map(|_| world.insert(tally.item())).collect();
    for (at, &handle) in handles.iter().enumerate() {
        world.link(handle, (), handles[(at + 1) % len]).unwrap();
    }
    handles
}

pub(crate) fn let_go(world: &mut World, handles: &[Handle]) {
    for &handle in handles {
        world.unroot(handle).unwrap();
    }
}

/// Panics without a word.
pub(crate) fn panic_quietly() -> ! {
    resume_unwind(Box::new("on purpose"))
}

/// Runs what may panic; says whether it has not.
pub(crate) fn survives(work: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(work)).is_ok()
}

/// What can be reached from a root.
fn reachable(world: &World) -> BTreeSet<Handle> {
    let rooted = |&handle: &Handle| world.root_count(handle) > Some(0);
    let mut stack: Vec<Handle> = world.handles().filter(rooted).collect();
    let mut seen = BTreeSet::new();
    while let Some(handle) = stack.pop() {
        if seen.insert(handle) {
            stack.extend(world.targets(handle));
        }
    }
    seen
}

/// Every object that was ever inserted lives or has died in one way.
#[track_caller]
pub(crate) fn check(world: &World) {
    world.check_invariants().unwrap();
    let stats = world.stats();
    let died = stats.reclaimed + stats.traced + stats.collected + stats.destroyed;
    assert_eq!(stats.inserted, died + world.len() as u64, "{stats:?}");
    assert_eq!(world.handles().count(), world.len());
    assert!(reachable(world).len() <= world.len());
}

/// Steps until nothing is left to do, and collects: then just that lives which can be reached.
/// Finalizers may have made new garbage, a few times.
#[track_caller]
pub(crate) fn finish(world: &mut World) {
    for units in (1..=7).cycle().take(20_000) {
        let units = if world.len() > 500 { 5_000 } else { units };
        let step = world.step(Budget::units(units));
        if world.len() <= 500 {
            check(world);
        }
        if step.pending == 0 && step.phase == Phase::Idle && step.units == 0 {
            break;
        }
    }
    for _ in 0..4 {
        world.unfreeze();
        world.collect();
        check(world);
    }
    assert_eq!(world.phase(), Phase::Idle);
    assert_eq!(world.handles().collect::<BTreeSet<_>>(), reachable(world));
}

/// The same, and all values that there are, in this store and in no other, are its objects'.
#[track_caller]
pub(crate) fn finish_counted(world: &mut World, tally: &Tally) {
    finish(world);
    assert_eq!(tally.count(), world.len());
}
