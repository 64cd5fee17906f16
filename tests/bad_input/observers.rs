//! Observers that panic.

use understory::{Auto, Budget, Config, Cycles, Generation, Moment, Reclaim};

use super::{Tally, World, check, config, finish_counted, let_go, panic_quietly, ring, survives};

/// A store with young, middle and old garbage that holds something alive and something that dies
/// with it, and an observer that panics at one end of each collection.
fn scene(config: Config, tally: &Tally, moment: Moment) -> (World, understory::Observer) {
    let mut world = World::with_config(config);
    let alive = world.insert(tally.item());
    let mut garbage = Vec::new();
    for generation in [Some(Generation::Old), Some(Generation::Young), None] {
        let handles = ring(&mut world, tally, 2);
        world.link(handles[0], (), alive).unwrap();
        let leaf = world.insert_linked(handles[1], (), tally.item()).unwrap();
        world.set_finalizer(leaf, |_, _| ()).unwrap();
        garbage.extend(handles);
        if let Some(generation) = generation {
            world.collect_generation(generation);
        }
    }
    let observer = world.observe(move |told| {
        if told.moment == moment {
            panic_quietly();
        }
    });
    let_go(&mut world, &garbage);
    (world, observer)
}

const CALLS: [fn(&mut World); 6] = [
    |world| {
        let _ = world.collect();
    },
    |world| {
        let _ = world.collect_generation(Generation::Middle);
    },
    |world| {
        let _ = world.collect_due();
    },
    |world| {
        let _ = world.step(Budget::units(3));
    },
    |world| {
        let _ = world.step(Budget::unlimited());
    },
    |world| {
        let _ = super::insert(world);
    },
];

#[test]
fn what_an_observer_interrupts_goes_on() {
    for moment in [Moment::Start, Moment::Stop] {
        for auto in [Auto::Off, Auto::Whole, Auto::Assist] {
            for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
                for at in 0..CALLS.len() {
                    let ran = survives(|| run(moment, auto, reclaim, at));
                    assert!(ran, "{moment:?} {auto:?} {reclaim:?} {at}");
                }
            }
        }
    }
}

fn run(moment: Moment, auto: Auto, reclaim: Reclaim, at: usize) {
    let tally = Tally::default();
    let config = config().reclaim(reclaim).cycles(Cycles::Manual);
    let (mut world, observer) = scene(config.auto(Auto::Off), &tally, moment);
    if auto != Auto::Off {
        world.enable();
    }
    for _ in 0..100 {
        survives(|| CALLS[at](&mut world));
        check(&world);
        survives(|| CALLS[3](&mut world));
        check(&world);
    }
    assert!(world.unobserve(observer));
    finish_counted(&mut world, &tally);
}

#[test]
fn a_collection_whose_start_panics_runs_with_the_next_steps() {
    let tally = Tally::default();
    let config = config().cycles(Cycles::Manual);
    let (mut world, observer) = scene(config, &tally, Moment::Start);
    let mut panics = 0;
    for _ in 0..1_000 {
        panics += usize::from(!survives(|| CALLS[3](&mut world)));
        check(&world);
    }
    assert!((1..20).contains(&panics), "{panics} panics");
    assert_eq!(world.len(), 1);
    world.unobserve(observer);
    finish_counted(&mut world, &tally);
}
