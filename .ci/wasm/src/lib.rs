//! The script of `tests/determinism`, for Node to run: the same calls must give the same handles,
//! deaths and order as on this machine.

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../../tests/determinism/script.rs"]
mod script;

use std::time::Duration;

use script::{Run, configs};
use understory::{Budget, Generation};

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
    run.run(OPERATIONS);
    run.world.request_collection(Generation::Old);
    let step = run.world.step(Budget::time(Duration::from_secs(1)));
    assert!(step.units > 0, "{name} has left no work");
    run.world.check_invariants().unwrap();
    let generations = run.world.stats().generations;
    assert!(generations.iter().all(|of| of.time == Duration::ZERO));
    run.result()
}
