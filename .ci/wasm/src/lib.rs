//! The script of `tests/determinism`, for Node to run: the same calls must give the same handles,
//! deaths and order as on this machine, whether or not the store goes back to snapshots in between.

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../../tests/determinism/script.rs"]
mod script;

use std::time::Duration;

use oorandom::Rand32;
use script::{Run, configs};
use understory::{Budget, Checksum, Generation};

const OPERATIONS: u32 = 50_000;

/// How many configurations there are.
#[unsafe(no_mangle)]
pub extern "C" fn runs() -> usize {
    configs().len()
}

/// The digest of the script with one of the configurations; half of it runs on a clone.
#[unsafe(no_mangle)]
pub extern "C" fn digest(number: usize) -> u64 {
    let (name, config) = configs().into_iter().nth(number).unwrap();
    let mut run = Run::new(config);
    // In Node the store has no clock to begin with.
    if cfg!(not(target_family = "wasm")) {
        run.world.set_clock(None);
    }
    run.run(OPERATIONS);
    run = run.clone();
    run_and_go_back(&mut run, OPERATIONS);
    run.world.request_collection(Generation::Old);
    let step = run.world.step(Budget::time(Duration::from_secs(1)));
    assert!(step.units > 0, "{name} has left no work");
    run.world.check_invariants().unwrap();
    let generations = run.world.stats().generations;
    assert!(generations.iter().all(|of| of.time == Duration::ZERO));
    let sum = Checksum::new().update(&mut run.world).unwrap();
    run.result() ^ sum
}

/// Runs so many operations, and others in between that are undone.
fn run_and_go_back(run: &mut Run, operations: u32) {
    let mut dice = Rand32::new(17);
    let mut plain = run.clone();
    let mut left = operations;
    while left > 0 {
        let before = run.world.snapshot().unwrap();
        let memo = run.memo();
        run.run(dice.rand_range(0..200));
        run.world.restore(&before).unwrap();
        run.recall(&memo);
        let next = dice.rand_range(1..400).min(left);
        run.run(next);
        left -= next;
    }
    plain.run(operations);
    assert_eq!(run.result(), plain.result());
}
