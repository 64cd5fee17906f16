//! Budgets of nothing and of everything.

use std::time::Duration;

use understory::{Budget, Cycles, Phase, Reclaim};

use super::{Tally, World, check, config, finish_counted, let_go, ring};

/// A store in which something of every kind is left to do.
fn laden(tally: &Tally) -> World {
    let mut world = World::with_config(config().reclaim(Reclaim::AtStep));
    let handles = ring(&mut world, tally, 3);
    let_go(&mut world, &handles);
    let falling = world.insert(tally.item());
    world.unroot(falling).unwrap();
    world
}

#[test]
fn a_budget_of_nothing_does_nothing_however_often() {
    let nothing = [Budget::units(0), Budget::time(Duration::ZERO)];
    for budget in nothing {
        let tally = Tally::default();
        let mut world = laden(&tally);
        for _ in 0..100 {
            let step = world.step(budget);
            assert_eq!((step.units, step.pending, step.phase), (0, 1, Phase::Idle));
            assert_eq!(world.trace(budget).units, 0);
            assert_eq!(world.len(), 4);
            check(&world);
        }
        finish_counted(&mut world, &tally);
        assert!(world.is_empty());
    }
}

#[test]
fn a_budget_of_nothing_takes_note_of_dropped_roots() {
    for budget in [Budget::units(0), Budget::time(Duration::ZERO)] {
        let tally = Tally::default();
        let mut world = World::with_config(config());
        let handle = world.insert(tally.item());
        let held = world.hold(handle).unwrap();
        world.unroot(handle).unwrap();
        drop(held);
        world.step(budget);
        assert!(world.is_empty());
        check(&world);
    }
}

#[test]
fn a_budget_of_nothing_in_the_middle_of_a_collection_leaves_it_there() {
    let tally = Tally::default();
    let mut world = World::with_config(config().cycles(Cycles::Manual));
    let handles = ring(&mut world, &tally, 3);
    let_go(&mut world, &handles);
    let mut phases = Vec::new();
    loop {
        let step = world.step(Budget::units(1));
        let idle = world.step(Budget::units(0));
        assert_eq!(
            (idle.units, idle.phase, idle.left),
            (0, step.phase, step.left)
        );
        phases.push(step.phase);
        check(&world);
        if step.phase == Phase::Idle {
            break;
        }
    }
    phases.dedup();
    assert!(phases.contains(&Phase::Mark) && phases.contains(&Phase::Sweep));
}

#[test]
fn the_largest_budgets_do_all_there_is() {
    let largest = [
        Budget::units(u64::MAX),
        Budget::units(u64::MAX - 1),
        Budget::unlimited(),
        Budget::time(Duration::MAX),
    ];
    for budget in largest {
        let tally = Tally::default();
        let mut world = laden(&tally);
        let step = world.step(budget);
        assert!(step.is_idle(), "{step:?}");
        assert!(world.is_empty());
        finish_counted(&mut world, &tally);
        let mut world = laden(&tally);
        let traced = world.trace(budget);
        assert_eq!(
            (traced.traced, traced.reclaimed, traced.suspects),
            (3, 1, 0)
        );
        check(&world);
    }
}

#[test]
fn a_budget_of_one_unit_gets_there_in_the_end() {
    for cycles in [Cycles::Prompt, Cycles::AtStep, Cycles::Manual] {
        for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
            let tally = Tally::default();
            let config = config().cycles(cycles).reclaim(reclaim);
            let mut world = World::with_config(config.trace_limit(1));
            let handles = ring(&mut world, &tally, 100);
            let hub = world.insert(tally.item());
            for &handle in &handles {
                world.link(hub, (), handle).unwrap();
                world.link(handle, (), hub).unwrap();
            }
            let_go(&mut world, &handles);
            world.unroot(hub).unwrap();
            for steps in 0.. {
                assert!(steps < 10_000);
                world.step(Budget::units(1));
                check(&world);
                if world.is_empty() {
                    break;
                }
            }
            finish_counted(&mut world, &tally);
        }
    }
}
