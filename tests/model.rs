//! Random scripts, run on a store and on a naive model that are compared after every operation.

use quickcheck::TestResult;

use crate::cases::quickcheck;
use crate::common::interpreter::run;
use crate::common::op::{EdgePick, Op, Pick, script};
use crate::common::{Setup, setups};

fn setup(name: &str) -> Setup {
    let found = setups().into_iter().find(|setup| setup.name == name);
    found.unwrap_or_else(|| panic!("no configuration is named {name}"))
}

fn matches_the_model(name: &'static str) {
    fn property(name: &'static str, ops: &[Op]) {
        run(ops, &setup(name));
    }
    let mut check = quickcheck(120);
    // A property is a plain function, so the name goes in by way of a constant.
    macro_rules! check {
        ($($name:literal),+) => {
            match name {
                $($name => {
                    fn is_the_same(ops: Vec<Op>) -> TestResult {
                        property($name, &ops);
                        TestResult::passed()
                    }
                    check.quickcheck(is_the_same as fn(Vec<Op>) -> TestResult);
                })+
                _ => panic!("no configuration is named {name}"),
            }
        };
    }
    check!(
        "default",
        "manual",
        "kept dead",
        "at step",
        "at step, automatic",
        "automatic",
        "automatic, promoting",
        "last versions",
        "prompt",
        "untraced",
        "sliced",
        "sliced, at step",
        "sliced, traced",
        "sliced, large"
    );
}

#[test]
fn scripts_match_the_model_by_default() {
    matches_the_model("default");
}

#[test]
fn scripts_match_the_model_without_automatic_collections() {
    matches_the_model("manual");
}

#[test]
fn scripts_match_the_model_where_the_dead_are_kept() {
    matches_the_model("kept dead");
}

#[test]
fn scripts_match_the_model_where_steps_reclaim() {
    matches_the_model("at step");
}

#[test]
fn scripts_match_the_model_where_steps_reclaim_and_insertions_collect() {
    matches_the_model("at step, automatic");
}

#[test]
fn scripts_match_the_model_where_insertions_collect() {
    matches_the_model("automatic");
}

#[test]
fn scripts_match_the_model_where_every_survivor_is_promoted() {
    matches_the_model("automatic, promoting");
}

#[test]
fn scripts_match_the_model_where_versions_run_out() {
    matches_the_model("last versions");
}

#[test]
fn scripts_match_the_model_where_garbage_dies_in_the_call_that_makes_it() {
    matches_the_model("prompt");
}

#[test]
fn scripts_match_the_model_where_suspects_are_traced_by_hand() {
    matches_the_model("untraced");
}

#[test]
fn scripts_match_the_model_where_collections_are_sliced() {
    matches_the_model("sliced");
}

#[test]
fn scripts_match_the_model_where_everything_is_sliced() {
    matches_the_model("sliced, at step");
}

#[test]
fn scripts_match_the_model_where_tracing_is_sliced() {
    matches_the_model("sliced, traced");
}

#[test]
fn scripts_match_the_model_where_slices_are_large() {
    matches_the_model("sliced, large");
}

#[test]
fn the_same_script_gives_the_same_handles_and_deaths() {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "quickcheck hands values over"
    )]
    fn property(ops: Vec<Op>) -> bool {
        setups()
            .iter()
            .all(|setup| run(&ops, setup) == run(&ops, setup))
    }
    quickcheck(20).quickcheck(property as fn(Vec<Op>) -> bool);
}

#[test]
fn every_sequence_of_bytes_is_a_script() {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "quickcheck hands values over"
    )]
    fn property(bytes: Vec<u8>) -> bool {
        let ops = script(&bytes);
        run(&ops, &setup("default"));
        ops.len() <= bytes.len()
    }
    quickcheck(60).quickcheck(property as fn(Vec<u8>) -> bool);
}

/// A frozen object that garbage alone owned dies by its count in the insertion below it.
#[test]
fn a_frozen_parent_may_die_in_an_insertion_that_collects() {
    let [first, second] = [Pick(0), Pick(1)];
    let script = [
        Op::InsertWith,
        Op::Link(first, 0, first),
        Op::Freeze,
        Op::Insert,
        Op::Link(second, 0, second),
        Op::Unroot(first),
        Op::Link(second, 0, first),
        Op::Scope(vec![Op::Insert, Op::Unroot(second)]),
        Op::Unlink(EdgePick(first, first)),
        Op::InsertLinked(first, 0),
        Op::InsertLinked(first, 0),
    ];
    run(&script, &setup("automatic, promoting"));
}

#[test]
fn what_only_garbage_owned_waits_beyond_a_scope() {
    let first = Pick(0);
    let script = [
        Op::Insert,
        Op::InsertWith,
        Op::InsertLinked(first, 0),
        Op::Link(first, 0, first),
        Op::Unroot(first),
        Op::Root(first),
        Op::Scope(vec![]),
    ];
    for setup in setups() {
        run(&script, &setup);
    }
}
