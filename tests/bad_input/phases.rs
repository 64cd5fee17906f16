//! Calls in the middle of every phase of a collection in slices.

use std::collections::{BTreeMap, BTreeSet};

use understory::{Auto, Budget, Config, Cycles, Generation, Handle, Phase, Reclaim};

use crate::cases::cases;

use super::{Tally, World, check, config, finish_counted, insert, let_go, ring};

/// Old, middle and young garbage with finalizers, some of which save what they belong to, a hub, weak
/// edges, what garbage alone owns, and something alive in each generation.
fn scene(config: &Config, tally: &Tally) -> World {
    let mut world = World::with_config(config.clone());
    let mut garbage = Vec::new();
    for generation in [Some(Generation::Old), Some(Generation::Middle), None] {
        let alive = ring(&mut world, tally, 2);
        let handles = ring(&mut world, tally, 4);
        let leaf = world.insert_linked(handles[1], (), tally.item()).unwrap();
        let saved = ring(&mut world, tally, 2);
        for &handle in &handles {
            world.link(handles[3], (), handle).unwrap();
            world.link_weak(alive[0], (), handle).unwrap();
        }
        world.link(handles[2], (), alive[1]).unwrap();
        world.link(handles[2], (), saved[0]).unwrap();
        world.watch(handles[0]).unwrap();
        world.set_finalizer(handles[0], |_, _| ()).unwrap();
        world.set_finalizer(leaf, |_, _| ()).unwrap();
        let saver = |world: &mut World, this| world.root(this).unwrap();
        world.set_finalizer(saved[1], saver).unwrap();
        garbage.extend(handles);
        garbage.extend(saved);
        if let Some(generation) = generation {
            world.collect_generation(generation);
        }
    }
    let hub = world.insert(tally.item());
    for _ in 0..12 {
        world.insert_linked(hub, (), tally.item()).unwrap();
    }
    let_go(&mut world, &garbage);
    // Where deaths wait for steps, it is dead and in pieces for some of them.
    world.unroot(hub).unwrap();
    world
}

type Deed = fn(&mut World);

fn some(world: &World, at: usize) -> Handle {
    let all: Vec<Handle> = world.handles().collect();
    match all.len() {
        0 => Handle::default(),
        len => all[at % len],
    }
}

const DEEDS: [(&str, Deed); 20] = [
    ("collects", |world| {
        world.collect();
        assert_eq!(world.phase(), Phase::Idle);
    }),
    ("collects the young", |world| {
        world.collect_generation(Generation::Young);
    }),
    ("collects the middle", |world| {
        world.collect_generation(Generation::Middle);
    }),
    ("collects what is due", |world| {
        let _ = world.collect_due();
    }),
    ("traces", |world| {
        let _ = world.trace(Budget::unlimited());
    }),
    ("clears", |world| {
        world.clear();
        assert!(world.is_empty());
    }),
    ("drains", |world| {
        let len = world.len();
        assert_eq!(world.drain().count(), len);
    }),
    ("drains and fills", |world| {
        let all: Vec<_> = world.drain().map(|(_, item)| item).collect();
        world.extend(all);
    }),
    ("freezes", |world| world.freeze()),
    ("thaws", |world| world.unfreeze()),
    ("freezes and thaws", |world| {
        world.freeze();
        insert(world);
        check(world);
        world.unfreeze();
    }),
    ("goes on with a clone", |world| *world = world.clone()),
    ("drops a clone that went on", |world| {
        let mut copy = world.clone();
        copy.step(Budget::units(5));
        check(&copy);
        copy.collect();
        check(&copy);
    }),
    ("shrinks", |world| world.shrink()),
    ("retains half", |world| {
        let mut at = 0;
        world.retain(|_, _| {
            at += 1;
            at % 2 == 0
        });
    }),
    ("destroys three", |world| {
        for at in [0, 7, 19] {
            let handle = some(world, at);
            world.destroy(handle);
            check(world);
        }
    }),
    ("saves three", |world| {
        for at in [1, 8, 20] {
            let handle = some(world, at);
            let _ = world.root(handle);
            check(world);
        }
    }),
    ("links all to something new", |world| {
        let all: Vec<Handle> = world.handles().collect();
        if let Some(new) = insert(world) {
            for handle in all {
                world.link(new, (), handle).unwrap();
            }
        }
    }),
    ("lets go of all", |world| {
        for handle in world.handles().collect::<Vec<_>>() {
            while world.unroot(handle).is_ok() {}
        }
    }),
    ("steps in a scope", |world| {
        world.scope(|world| {
            let handle = some(world, 2);
            let _ = world.unroot(handle);
            assert_eq!(world.step(Budget::unlimited()).units, 0);
            world.collect();
            check(world);
        });
    }),
];

fn configs() -> Vec<Config> {
    let manual = || config().cycles(Cycles::Manual);
    vec![
        manual(),
        manual().reclaim(Reclaim::AtStep),
        manual()
            .thresholds([1, 1, 3])
            .growth(u32::MAX)
            .reclaim(Reclaim::AtStep),
        config().cycles(Cycles::Prompt).trace_limit(3),
        manual().promote_fill(75).reopen_fill(50),
        manual().keep_garbage(true),
    ]
}

/// How many steps of one unit lead to the places at which calls are made: all of a phase where it is
/// short, and some.
fn places(config: &Config) -> Vec<(usize, Phase)> {
    let tally = Tally::default();
    let mut world = scene(config, &tally);
    let mut of: BTreeMap<Phase, Vec<usize>> = BTreeMap::new();
    for at in 0..700 {
        of.entry(world.phase()).or_default().push(at);
        world.step(Budget::units(1));
    }
    let few = cases(24) as usize;
    let mut places = Vec::new();
    for (phase, all) in of {
        let every = all.len().div_ceil(few);
        places.extend(all.into_iter().step_by(every).map(|at| (at, phase)));
    }
    places
}

#[test]
fn the_places_are_in_every_phase() {
    let phases = [
        Phase::Idle,
        Phase::Mark,
        Phase::Finalize,
        Phase::Check,
        Phase::Sweep,
    ];
    for config in &configs()[..2] {
        let found: BTreeSet<Phase> = places(config).iter().map(|place| place.1).collect();
        assert_eq!(found, BTreeSet::from(phases), "{config:?}");
    }
}

#[test]
fn any_call_may_come_in_the_middle_of_any_phase() {
    for config in configs() {
        for (at, phase) in places(&config) {
            for (name, deed) in DEEDS {
                let tally = Tally::default();
                let mut world = scene(&config, &tally);
                for _ in 0..at {
                    world.step(Budget::units(1));
                }
                assert_eq!(world.phase(), phase);
                let told = || format!("{name} after {at} steps in {phase:?}: {config:?}");
                deed(&mut world);
                if let Err(violation) = world.check_invariants() {
                    panic!("{violation}: {}", told());
                }
                check(&world);
                for units in 1..20 {
                    world.step(Budget::units(units));
                }
                check(&world);
                world.collect();
                check(&world);
                world.unfreeze();
                world.collect();
                world.collect();
                assert_eq!(tally.count(), world.len(), "{}", told());
                world.clear();
                assert_eq!(tally.count(), 0, "{}", told());
                if let Err(violation) = world.check_emptied() {
                    panic!("{violation}: {}", told());
                }
            }
        }
    }
}

#[test]
fn two_calls_may_come_in_a_row() {
    let config = config().cycles(Cycles::Manual).reclaim(Reclaim::AtStep);
    let mut places = places(&config);
    places.truncate(cases(60) as usize);
    let mut dice = oorandom::Rand32::new(1);
    for (at, _) in places {
        for _ in 0..10 {
            let tally = Tally::default();
            let mut world = scene(&config, &tally);
            for _ in 0..at {
                world.step(Budget::units(1));
            }
            for _ in 0..4 {
                let (_, deed) = DEEDS[dice.rand_range(0..20) as usize];
                deed(&mut world);
                check(&world);
                world.step(Budget::units(u64::from(dice.rand_range(0..9))));
                check(&world);
            }
            finish_counted(&mut world, &tally);
        }
    }
}

#[test]
fn every_place_of_a_collection_is_whole() {
    for config in configs() {
        let tally = Tally::default();
        let mut world = scene(&config, &tally);
        for at in 0..1_500 {
            let step = world.step(Budget::units(1));
            check(&world);
            if step.units == 0 && step.phase == Phase::Idle && at % 50 == 0 {
                // A collection is due once more.
                insert(&mut world);
                insert(&mut world);
            }
        }
        finish_counted(&mut world, &tally);
    }
}

#[test]
fn insertions_that_work_on_collections_leave_every_place_whole() {
    for limit in [1, 2, 30] {
        let config = config().auto(Auto::Assist).cycles(Cycles::Manual);
        let tally = Tally::default();
        let mut world = scene(&config.assist_limit(limit), &tally);
        for at in 0..3_000 {
            let handles = ring(&mut world, &tally, 1);
            if at % 3 > 0 {
                let_go(&mut world, &handles);
            } else {
                world.destroy(handles[0]);
            }
            if at % 7 == 0 {
                check(&world);
            }
        }
        finish_counted(&mut world, &tally);
    }
}
