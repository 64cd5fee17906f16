//! The same calls give the same handles, the same deaths and the same order: in another process, and
//! in a clone that goes on from the middle.

pub(crate) mod script;

use std::process::Command;

use script::{Run, configs};
use understory::Config;

use crate::cases::cases;

/// Set where the test runs itself in another process.
const CHILD: &str = "UNDERSTORY_DETERMINISM_CHILD";
/// The length of the longest script.
const OPERATIONS: u32 = 200_000;

fn operations(name: &str) -> u32 {
    // One script is as long as it may be; the others are there for their settings.
    if name == "default" {
        cases(OPERATIONS)
    } else {
        cases(OPERATIONS) / 4
    }
}

fn results() -> Vec<String> {
    let all = configs().into_iter().map(|(name, config)| {
        let mut run = Run::new(config);
        run.run(operations(name));
        run.world.check_invariants().unwrap();
        format!("{name}: {:016x}", run.result())
    });
    all.collect()
}

#[test]
fn another_process_does_the_same() {
    let own = results();
    if std::env::var_os(CHILD).is_some() {
        println!("\n{CHILD}\n{}\n{CHILD}", own.join("\n"));
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "determinism::another_process_does_the_same",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let out = String::from_utf8(child.stdout).unwrap();
    let said = out.split(CHILD).nth(1).unwrap_or_else(|| panic!("{out}"));
    assert_eq!(said.trim().lines().collect::<Vec<_>>(), own);
}

#[test]
fn a_clone_goes_on_as_the_original_does() {
    for (name, config) in configs() {
        let mut run = Run::new(config);
        run.run(operations(name) / 2);
        let mut copy = run.clone();
        run.run(operations(name) / 2);
        copy.run(operations(name) / 2);
        assert_eq!(run.result(), copy.result(), "{name}");
    }
}

#[test]
fn a_clone_may_be_made_anywhere() {
    for (name, config) in configs() {
        let mut run = Run::new(config);
        run.run(operations(name) / 8);
        for at in 0..300 {
            run.run(at % 17);
            if at % 2 == 0 {
                // Under `Cycles::Prompt` this leaves suspects for which the limit did not suffice.
                run.scope();
                run.listen();
            }
            let mut copy = run.clone();
            // The original without the calls that a look at the copy makes.
            let mut twin = copy.clone();
            copy.run(40);
            twin.run(40);
            run.run(40);
            assert_eq!(run.digest, copy.digest, "{name}, clone {at}");
            assert_eq!(run.digest, twin.digest, "{name}, clone of clone {at}");
        }
    }
}

#[test]
fn a_copy_into_a_store_that_was_used_goes_on_as_the_original_does() {
    for (name, config) in configs() {
        let mut run = Run::new(config);
        let mut copy = Run::new(Config::new());
        copy.run(operations(name) / 16);
        for part in 0..4 {
            run.run(operations(name) / 16);
            // It had more, or less, and all of it was in other places.
            let mut world = std::mem::take(&mut copy.world);
            world.clone_from(&run.world);
            copy = run.clone();
            copy.world = world;
            copy.world.check_invariants().unwrap();
            copy.run(operations(name) / 16);
            let mut twin = run.clone();
            twin.run(operations(name) / 16);
            assert_eq!(copy.result(), twin.result(), "{name}, part {part}");
            if part == 1 {
                copy.world.clear();
            }
        }
    }
}

#[test]
fn the_script_does_something_of_everything() {
    let mut ends = Vec::new();
    for (name, config) in configs() {
        let mut run = Run::new(config);
        run.run(operations(name));
        ends.push((name, run.world.stats(), run.world.len()));
    }
    let sum = |of: fn(&understory::Stats) -> u64| ends.iter().map(|end| of(&end.1)).sum::<u64>();
    assert!(sum(|stats| stats.reclaimed) > 10_000, "{ends:?}");
    assert!(sum(|stats| stats.traced) > 1_000, "{ends:?}");
    assert!(sum(|stats| stats.collected) > 1_000, "{ends:?}");
    assert!(sum(|stats| stats.destroyed) > 1_000, "{ends:?}");
    for at in 0..3 {
        let collections =
            |end: &(&str, understory::Stats, usize)| end.1.generations[at].collections;
        assert!(ends.iter().map(collections).sum::<u64>() > 5, "{ends:?}");
    }
}
