//! When garbage is looked for, and in pieces of what size, changes nothing of what lives.

mod script;

use quickcheck::TestResult;

use crate::cases::quickcheck;
use script::{Change, Schedule, run};

fn check(script: &[Change], schedules: &[Schedule]) {
    let expected = run(script, &Schedule::at_marks());
    for schedule in schedules {
        assert_eq!(run(script, schedule), expected, "under {schedule:?}");
    }
}

#[test]
fn slices_change_nothing() {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "quickcheck hands values over"
    )]
    fn property(script: Vec<u8>, one: Vec<u8>, other: Vec<u8>) -> TestResult {
        // Long scripts, since a collection takes many small steps.
        let script: Vec<u8> = script
            .iter()
            .copied()
            .cycle()
            .take(script.len() * 6)
            .collect();
        let script = Change::script(&script);
        check(&script, &[Schedule::decode(&one), Schedule::decode(&other)]);
        TestResult::passed()
    }
    quickcheck(200).quickcheck(property as fn(Vec<u8>, Vec<u8>, Vec<u8>) -> TestResult);
}

/// Lists of thousands of edges, which no budget of a step suffices for, while they change.
#[test]
fn hubs_are_read_in_pieces_while_they_change() {
    let mut script = vec![Change::Insert, Change::Insert, Change::Insert];
    for at in 0..40 {
        script.extend([
            Change::Child(at, 0),
            Change::Burst(at % 3, at),
            Change::Link(at, 1, at.wrapping_mul(7)),
            Change::EndBurst(at % 3),
            Change::Unroot(at % 5),
            Change::Insert,
            Change::Unlink(at, at),
            Change::Mark(2),
        ]);
    }
    let budgets = [1, 30, 255];
    let sliced = budgets.map(|units| Schedule::decode(&[0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, units]));
    let traced = Schedule::decode(&[1, 1, 0, 7, 1, 1, 1, 1, 0, 0, 1, 100]);
    check(&script, &sliced);
    check(&script, &[traced]);
}
