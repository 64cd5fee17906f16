//! Finalizers that do what they should not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use understory::{
    Auto, Budget, Config, Cycles, FinalizerError, Generation, Handle, Phase, Reclaim,
};

use super::{Tally, World, check, config, finish, insert, let_go, panic_quietly, ring, survives};

type Deed = fn(&mut World, Handle);

/// New garbage, of which each object does the same when it is finalized.
fn never_stop(world: &mut World, _: Handle) {
    if let Some(handle) = insert(world) {
        world.link(handle, (), handle).unwrap();
        world.set_finalizer(handle, never_stop).unwrap();
        world.unroot(handle).unwrap();
    }
}

fn others(world: &World, this: Handle) -> Vec<Handle> {
    world.handles().filter(|&other| other != this).collect()
}

const DEEDS: [(&str, Deed); 31] = [
    ("nothing", |_, _| ()),
    ("collects", |world, _| {
        assert_eq!(world.collect().examined, 0);
    }),
    ("collects the young", |world, _| {
        let collected = world.collect_generation(Generation::Young);
        assert_eq!(collected.examined, 0);
    }),
    ("collects what is due", |world, _| {
        assert!(world.collect_due().is_none());
    }),
    ("steps", |world, _| {
        assert_eq!(world.step(Budget::unlimited()).units, 0);
    }),
    ("steps a little", |world, _| {
        assert_eq!(world.step(Budget::units(1)).units, 0);
    }),
    ("steps for no time", |world, _| {
        assert_eq!(world.step(Budget::time(Duration::ZERO)).units, 0);
    }),
    ("traces", |world, _| {
        assert_eq!(world.trace(Budget::unlimited()).units, 0);
    }),
    ("inserts thousands", |world, _| {
        for _ in 0..2_000 {
            insert(world);
        }
    }),
    ("inserts garbage", |world, this| {
        for _ in 0..20 {
            if let Some(handle) = insert(world) {
                world.link(handle, (), handle).unwrap();
                world.link(handle, (), this).unwrap();
                world.unroot(handle).unwrap();
            }
        }
    }),
    ("destroys itself", |world, this| {
        assert!(world.destroy(this).value().is_some());
        assert!(world.destroy(this).is_stale());
    }),
    ("destroys the next", |world, this| {
        for target in world.targets(this).collect::<Vec<_>>() {
            world.destroy(target);
        }
    }),
    ("destroys its owners", |world, this| {
        for source in world.sources(this).collect::<Vec<_>>() {
            world.destroy(source);
        }
    }),
    ("destroys all", |world, this| {
        for other in others(world, this) {
            world.destroy(other);
        }
    }),
    ("panics", |_, _| panic_quietly()),
    ("destroys the next and panics", |world, this| {
        for target in world.targets(this).collect::<Vec<_>>() {
            world.destroy(target);
        }
        panic_quietly();
    }),
    ("sets finalizers", |world, this| {
        assert_eq!(
            world.set_finalizer(this, |_, _| ()),
            Err(FinalizerError::Finalized)
        );
        for other in others(world, this) {
            let _ = world.set_finalizer(other, |world, this| {
                world.root(this).unwrap();
                world.unroot(this).unwrap();
            });
        }
    }),
    ("goes on with a clone", |world, _| *world = world.clone()),
    ("goes on with a clone, at once", |world, _| {
        *world = world.clone();
        insert(world);
    }),
    ("uses a clone", |world, this| {
        assert!(world.clone().contains(this));
    }),
    ("goes on with a new store", |world, _| {
        *world = World::with_config(world.config().clone());
    }),
    ("lets go of its edges", |world, this| {
        world.unlink_targets(this).unwrap();
    }),
    ("saves itself", |world, this| world.root(this).unwrap()),
    ("saves all", |world, this| {
        for other in others(world, this) {
            world.root(other).unwrap();
        }
    }),
    ("is held by something new", |world, this| {
        if let Some(handle) = insert(world) {
            world.link(handle, (), this).unwrap();
        }
    }),
    ("freezes", |world, _| world.freeze()),
    ("thaws", |world, _| world.unfreeze()),
    ("shrinks", |world, _| world.shrink()),
    ("clears", |world, _| world.clear()),
    ("retains nothing", |world, _| world.retain(|_, _| false)),
    ("ends a scope", |world, this| {
        world.scope(|world| {
            world.root(this).unwrap();
            world.unroot(this).unwrap();
            world.collect();
        });
    }),
];

/// Garbage with finalizers of all kinds of places, and something alive.
struct Scene {
    world: World,
    ring: Vec<Handle>,
}

fn scene(config: Config, tally: &Tally, deed: Deed) -> Scene {
    let mut world = World::with_config(config);
    let old = ring(&mut world, tally, 2);
    world.collect();
    let alive = world.insert(tally.item());
    world.insert_linked(alive, (), tally.item()).unwrap();
    let handles = ring(&mut world, tally, 3);
    let leaf = world.insert_linked(handles[1], (), tally.item()).unwrap();
    let over = ring(&mut world, tally, 2);
    world.link(over[0], (), handles[0]).unwrap();
    world.link(handles[2], (), alive).unwrap();
    world.link_weak(alive, (), handles[0]).unwrap();
    world.link_weak(handles[2], (), alive).unwrap();
    world.watch(handles[1]).unwrap();
    for handle in [handles[0], handles[2], leaf, over[1], old[0]] {
        world.set_finalizer(handle, deed).unwrap();
    }
    let garbage = [handles.clone(), over, old].concat();
    world.scope(|world| let_go(world, &garbage));
    Scene {
        world,
        ring: handles,
    }
}

/// Checks a store that is small: it is done often.
fn look(world: &World) {
    if world.len() < 200 {
        check(world);
    }
}

/// How the garbage of a scene dies.
const WAYS: [fn(&mut World, &[Handle]); 9] = [
    |world, _| {
        let _ = world.collect();
    },
    |world, _| {
        let _ = world.collect_generation(Generation::Young);
    },
    |world, _| {
        for units in (1..=3).cycle().take(300) {
            world.step(Budget::units(units));
            look(world);
        }
    },
    |world, _| {
        for _ in 0..40 {
            world.step(Budget::units(40));
            look(world);
        }
    },
    |world, _| {
        let _ = world.trace(Budget::units(100_000));
    },
    |world, _| {
        for _ in 0..30 {
            world.trace(Budget::units(7));
            look(world);
        }
    },
    |world, ring| {
        let _ = world.unlink_sources(ring[0]);
        world.step(Budget::units(1_000));
    },
    |world, ring| {
        let _ = world.destroy(ring[0]);
    },
    |world, ring| world.retain(|handle, _| !ring.contains(&handle)),
];

fn configs() -> Vec<Config> {
    let mut all = Vec::new();
    for cycles in [Cycles::Manual, Cycles::AtStep, Cycles::Prompt] {
        for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
            let config = config().cycles(cycles).reclaim(reclaim);
            all.push(config.trace_limit(500));
        }
    }
    all.push(config().auto(Auto::Whole));
    all.push(config().auto(Auto::Assist).cycles(Cycles::Manual));
    all
}

#[test]
fn a_finalizer_may_do_anything_in_any_kind_of_death() {
    for (name, deed) in DEEDS {
        for config in configs() {
            for (way, die) in WAYS.into_iter().enumerate() {
                let ran = survives(|| run(config.clone(), deed, die));
                assert!(ran, "{name}, way {way}, {config:?}");
            }
        }
    }
}

fn run(config: Config, deed: Deed, die: fn(&mut World, &[Handle])) {
    let tally = Tally::default();
    let mut world = World::default();
    let mut handles = Vec::new();
    survives(|| {
        // Where a cycle dies within the call the finalizers run here.
        let scene = scene(config, &tally, deed);
        (world, handles) = (scene.world, scene.ring);
    });
    if !handles.is_empty() {
        survives(|| die(&mut world, &handles));
        check(&world);
    }
    // Each panic ends a call.
    let is_finished = (0..20).any(|_| survives(|| finish(&mut world)));
    if !is_finished {
        finish(&mut world);
    }
    assert_eq!(tally.count(), world.len());
    world.clear();
    check(&world);
    assert_eq!(tally.count(), 0);
    world.check_emptied().unwrap();
}

#[test]
fn garbage_that_makes_garbage_for_ever_ends_every_call_that_has_an_end() {
    for config in configs() {
        for (way, die) in WAYS.into_iter().enumerate() {
            let tally = Tally::default();
            let Scene { mut world, ring } = scene(config.clone(), &tally, never_stop);
            die(&mut world, &ring);
            check(&world);
            for _ in 0..10 {
                world.collect();
                check(&world);
                // It goes on, and there is no more of it than there were finalizers.
                assert!(world.len() < 20, "way {way}, {config:?}");
            }
            for _ in 0..1_000 {
                world.step(Budget::units(7));
                assert!(world.len() < 20, "way {way}, {config:?}");
            }
            check(&world);
            world.clear();
            assert_eq!(tally.count(), 0);
            world.check_emptied().unwrap();
        }
    }
}

/// A new object that does the same when it dies by count, at once.
fn again(world: &mut World, _: Handle) {
    if let Some(handle) = insert(world) {
        world.set_finalizer(handle, again).unwrap();
        world.unroot(handle).unwrap();
    }
}

#[test]
fn finalizers_that_never_end_end_every_call() {
    for deed in [never_stop, again] {
        for config in configs() {
            let tally = Tally::default();
            let Scene { mut world, ring } = scene(config.clone(), &tally, deed);
            for &handle in &ring {
                if world.contains(handle) {
                    let _ = world.unroot(handle);
                }
            }
            for _ in 0..50 {
                world.step(Budget::unlimited());
                world.trace(Budget::unlimited());
                world.collect();
                check(&world);
                assert!(world.len() < 4_000, "{config:?}");
            }
            world.clear();
            assert_eq!(tally.count(), 0);
            world.check_emptied().unwrap();
        }
    }
}

#[test]
fn deaths_by_count_that_go_on_for_ever_end_with_the_budget() {
    let (mut world, tally) = (
        World::with_config(config().reclaim(Reclaim::AtStep)),
        Tally::default(),
    );
    world.insert(tally.item());
    again(&mut world, Handle::default());
    for units in (1..=50).cycle().take(100) {
        let before = world.len();
        let step = world.step(Budget::units(units));
        assert!(step.units <= units + 20, "{step:?}");
        // What falls in a finalizer is to die before its object, so none of them gets there.
        assert!(world.len() as u64 <= before as u64 + units);
        check(&world);
    }
    world.clear();
    assert_eq!(tally.count(), 0);
}

#[test]
fn who_comes_back_with_a_new_companion_each_time_dies_with_the_second_death() {
    // Every finalizer saves its object, and gives it a companion that will do the same.
    fn more(world: &mut World, this: Handle) {
        world.root(this).unwrap();
        if let Some(handle) = insert(world) {
            world.link(handle, (), this).unwrap();
            world.link(this, (), handle).unwrap();
            world.set_finalizer(handle, more).unwrap();
        }
    }
    for config in configs() {
        let tally = Tally::default();
        let mut world = World::with_config(config);
        let first = ring(&mut world, &tally, 1)[0];
        world.set_finalizer(first, more).unwrap();
        let count = |world: &World| world.stats().inserted;
        for round in 0..20 {
            let before = count(&world);
            let all: Vec<Handle> = world.handles().collect();
            world.scope(|world| {
                for handle in all {
                    while world.unroot(handle).is_ok() {}
                }
            });
            for units in (1..=7).cycle().take(200) {
                world.step(Budget::units(units));
            }
            world.collect();
            check(&world);
            assert!(count(&world) - before < 100, "round {round}");
            assert!(!world.is_empty());
        }
        world.clear();
        assert_eq!(tally.count(), 0);
    }
}

#[test]
fn a_finalizer_that_panics_each_time_is_passed_by() {
    let mut left = Vec::new();
    for config in configs() {
        let tally = Tally::default();
        let mut world = World::with_config(config.cycles(Cycles::Manual));
        let handles = ring(&mut world, &tally, 20);
        let ran = Arc::new(AtomicUsize::new(0));
        for &handle in &handles {
            let ran = Arc::clone(&ran);
            let finalizer = move |_: &mut World, _| {
                ran.fetch_add(1, Ordering::Relaxed);
                panic_quietly();
            };
            world.set_finalizer(handle, finalizer).unwrap();
        }
        let_go(&mut world, &handles);
        for _ in 0..200 {
            survives(|| {
                let _ = world.step(Budget::units(5));
            });
            check(&world);
        }
        left.push((ran.load(Ordering::Relaxed), world.len(), tally.count()));
        assert_eq!(world.phase(), Phase::Idle);
    }
    assert!(left.iter().all(|&left| left == (20, 0, 0)), "{left:?}");
}

#[test]
fn clones_that_replace_the_store_in_each_finalizer_go_on_with_the_collection() {
    let (mut world, tally) = (World::with_config(config()), Tally::default());
    let handles = ring(&mut world, &tally, 50);
    for &handle in &handles {
        let finalizer = |world: &mut World, _| {
            *world = world.clone();
            insert(world);
        };
        world.set_finalizer(handle, finalizer).unwrap();
    }
    let_go(&mut world, &handles);
    world.collect();
    check(&world);
    finish(&mut world);
    assert_eq!(tally.count(), world.len());
}
