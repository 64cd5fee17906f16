//! Code that a store keeps and calls, and that calls stores.
#![expect(
    clippy::assigning_clones,
    reason = "another store comes into the place of the one that was there"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use understory::{
    Auto, Budget, Commands, Config, Cycles, Destroyed, Generation, Handle, MAX_NESTED, Moment,
    Reclaim, Store,
};

type World = Store<u32>;

/// Runs something on a thread with a small stack.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(512 << 10);
    thread.spawn(work).unwrap().join().unwrap();
}

fn config() -> Config {
    Config::new().auto(Auto::Off).cycles(Cycles::Manual)
}

/// Objects of which each destroys the next one in its finalizer.
fn dominoes(world: &mut World, len: u32) -> Vec<Handle> {
    let handles: Vec<Handle> = (0..len).map(|at| world.insert(at)).collect();
    for pair in handles.windows(2) {
        let next = pair[1];
        let finalizer = move |world: &mut World, _| {
            world.destroy(next);
        };
        world.set_finalizer(pair[0], finalizer).unwrap();
    }
    let last = handles[handles.len() - 1];
    world.set_finalizer(last, |_, _| ()).unwrap();
    handles
}

/// A tenth of these would not fit, one in the other.
const MANY: u32 = 20_000;

#[test]
fn any_number_of_objects_that_destroy_each_other_fit_on_a_small_stack() {
    const WAYS: [fn(&mut World, Handle); 6] = [
        |world, first| {
            assert_eq!(world.destroy(first), Destroyed::Now(0));
        },
        |world, first| world.unroot(first).unwrap(),
        |world, first| world.retain(|handle, _| handle != first),
        |world, first| {
            world.link(first, (), first).unwrap();
            world.unroot(first).unwrap();
            world.collect();
        },
        |world, first| {
            world.link(first, (), first).unwrap();
            world.unroot(first).unwrap();
            world.trace(Budget::unlimited());
        },
        |world, first| {
            world.link(first, (), first).unwrap();
            world.unroot(first).unwrap();
            world.step(Budget::unlimited());
        },
    ];
    for die in WAYS {
        on_small_stack(move || {
            let mut world = World::with_config(config());
            let first = dominoes(&mut world, MANY)[0];
            die(&mut world, first);
            assert!(world.is_empty());
            world.check_invariants().unwrap();
        });
    }
}

#[test]
fn large_values_fit_on_a_small_stack_too() {
    on_small_stack(|| {
        let mut store = Store::<[u64; 128]>::with_config(config());
        let handles: Vec<Handle> = (0..500).map(|at| store.insert([at; 128])).collect();
        for pair in handles.windows(2) {
            let next = pair[1];
            let finalizer = move |store: &mut Store<[u64; 128]>, _| {
                let value = store.destroy(next).value();
                assert!(value.is_none_or(|value| value[0] > 0));
            };
            store.set_finalizer(pair[0], finalizer).unwrap();
        }
        store.unroot(handles[0]).unwrap();
        assert!(store.is_empty());
    });
}

#[test]
fn finalizers_nest_as_deep_as_is_said_and_then_deaths_wait() {
    let mut world = World::with_config(config().record_deaths(true));
    let log = Arc::new(Mutex::new(Vec::new()));
    let len = 2 * MAX_NESTED;
    let handles: Vec<Handle> = (0..len).map(|_| world.insert(0)).collect();
    for (at, &handle) in handles.iter().enumerate() {
        let (log, next) = (Arc::clone(&log), handles.get(at + 1).copied());
        let finalizer = move |world: &mut World, _| {
            let Some(next) = next else { return };
            let answer = world.destroy(next);
            // What waits is intact.
            assert_eq!(answer == Destroyed::Later, world.contains(next));
            log.lock().unwrap().push((at, answer == Destroyed::Later));
        };
        world.set_finalizer(handle, finalizer).unwrap();
    }
    assert_eq!(world.destroy(handles[0]), Destroyed::Recorded);
    assert!(world.is_empty());
    let waited: Vec<usize> = log
        .lock()
        .unwrap()
        .iter()
        .filter(|line| line.1)
        .map(|line| line.0)
        .collect();
    assert_eq!(waited, [MAX_NESTED - 1]);
    assert_eq!(world.drain_deaths().count(), len);
}

#[test]
fn what_waits_to_be_destroyed_is_not_saved() {
    let mut world = World::with_config(config());
    let victim = world.insert(0);
    let chain: Vec<Handle> = (0..MAX_NESTED).map(|_| world.insert(1)).collect();
    world
        .set_finalizer(victim, |world, this| world.root(this).unwrap())
        .unwrap();
    for (at, &handle) in chain.iter().enumerate() {
        let next = chain.get(at + 1).copied();
        let finalizer = move |world: &mut World, _| {
            world.destroy(next.unwrap_or(victim));
            if next.is_none() {
                assert_eq!(world.destroy(victim), Destroyed::Later);
                world.root(victim).unwrap();
            }
        };
        world.set_finalizer(handle, finalizer).unwrap();
    }
    world.destroy(chain[0]);
    assert!(world.is_empty());
}

#[test]
fn retain_within_finalizers_nests_as_little() {
    on_small_stack(|| {
        let mut world = World::with_config(config());
        let handles: Vec<Handle> = (0..2_500).map(|at| world.insert(at)).collect();
        for &handle in &handles {
            // It takes the next one that is left.
            let finalizer = |world: &mut World, this: Handle| {
                let own = world[this];
                world.retain(|_, other| *other != own + 1);
            };
            world.set_finalizer(handle, finalizer).unwrap();
        }
        world.unroot(handles[0]).unwrap();
        assert!(world.is_empty());
        world.check_invariants().unwrap();
    });
}

#[test]
fn a_finalizer_that_makes_and_destroys_its_like_ends_every_call() {
    fn again(world: &mut World, _: Handle) {
        let handle = world.insert(0);
        world.set_finalizer(handle, again).unwrap();
        world.destroy(handle);
    }
    on_small_stack(|| {
        let mut world = World::with_config(config());
        let first = world.insert(0);
        world.set_finalizer(first, again).unwrap();
        world.destroy(first);
        let inserted = world.stats().inserted;
        assert!(inserted <= 4, "{inserted}");
        // It goes on with each call.
        world.set_thresholds([1, 0, 0]);
        world.insert(1);
        let later = world.stats().inserted;
        assert!(later > inserted && later <= inserted + 4);
        world.check_invariants().unwrap();
    });
}

/// What a finalizer does to its store, which a clone of before takes the place of.
const REPLACE: [fn(&mut World, &World); 8] = [
    |world, before| *world = before.clone(),
    |world, before| {
        *world = before.clone();
        world.insert(0);
    },
    |world, before| {
        *world = before.clone();
        let handles: Vec<Handle> = world.handles().collect();
        for handle in handles {
            let _ = world.unroot(handle);
            world.destroy(handle);
        }
    },
    |world, before| {
        *world = before.clone();
        world.retain(|_, _| false);
    },
    |world, before| {
        *world = before.clone();
        world.collect();
        world.step(Budget::unlimited());
        world.trace(Budget::unlimited());
    },
    |world, before| {
        let mut other = before.clone();
        std::mem::swap(world, &mut other);
        world.insert(0);
        other.insert(0);
        other.collect();
    },
    |world, before| {
        // The store stays where it is.
        let mut other = before.clone();
        other.collect();
        other.retain(|_, _| false);
        let mut other = world.clone();
        other.insert(0);
        other.step(Budget::unlimited());
    },
    |world, before| {
        let mut moved = std::mem::take(world);
        moved.insert(0);
        moved.collect();
        *world = before.clone();
        world.collect_due();
    },
];

#[test]
fn a_clone_of_before_in_the_place_of_the_store_ends_every_call() {
    const WAYS: [fn(&mut World, &[Handle]); 6] = [
        |world, handles| {
            for &handle in handles {
                let _ = world.unroot(handle);
            }
        },
        |world, handles| {
            world.destroy(handles[0]);
        },
        |world, _| world.retain(|_, _| false),
        |world, handles| {
            world.scope(|world| {
                for &handle in handles {
                    let _ = world.unroot(handle);
                }
            });
        },
        |world, handles| {
            for &handle in handles {
                let _ = world.link(handle, (), handle);
                let _ = world.unroot(handle);
            }
            world.collect();
            world.trace(Budget::unlimited());
            world.step(Budget::unlimited());
        },
        |world, _| {
            world.insert(9);
        },
    ];
    for replace in REPLACE {
        for die in WAYS {
            for len in [1_u32, 40] {
                on_small_stack(move || run_replaced(replace, die, len));
            }
        }
    }
}

fn run_replaced(replace: fn(&mut World, &World), die: fn(&mut World, &[Handle]), len: u32) {
    let mut world = World::with_config(config());
    let handles: Vec<Handle> = (0..len).map(|at| world.insert(at)).collect();
    let before: Arc<Mutex<Option<World>>> = Arc::default();
    let ran = Arc::new(AtomicUsize::new(0));
    for &handle in &handles {
        let (before, ran) = (Arc::clone(&before), Arc::clone(&ran));
        let finalizer = move |world: &mut World, _| {
            ran.fetch_add(1, Ordering::Relaxed);
            let before = before.lock().unwrap().as_ref().unwrap().clone();
            replace(world, &before);
        };
        world.set_finalizer(handle, finalizer).unwrap();
    }
    // In this clone everything waits for its finalizer, as a scope is open.
    let clone = world.scope(|world| {
        for &handle in &handles {
            world.unroot(handle).unwrap();
        }
        let clone = world.clone();
        for &handle in &handles {
            world.root(handle).unwrap();
        }
        clone
    });
    *before.lock().unwrap() = Some(clone);
    // Each of these is one call, or a few for each object.
    die(&mut world, &handles);
    let ran = ran.load(Ordering::Relaxed);
    assert!(ran <= 12 * (len as usize + 1), "{ran}");
    world.check_invariants().unwrap();
    // No cycle of shared owners is left.
    *before.lock().unwrap() = None;
}

#[test]
fn one_unroot_runs_one_finalizer_that_puts_a_clone_back() {
    let mut world = World::with_config(config());
    let handle = world.insert(0);
    let before: Arc<Mutex<Option<World>>> = Arc::default();
    let ran = Arc::new(AtomicUsize::new(0));
    let (saved, count) = (Arc::clone(&before), Arc::clone(&ran));
    let finalizer = move |world: &mut World, _| {
        count.fetch_add(1, Ordering::Relaxed);
        *world = saved.lock().unwrap().as_ref().unwrap().clone();
    };
    world.set_finalizer(handle, finalizer).unwrap();
    let clone = world.scope(|world| {
        world.unroot(handle).unwrap();
        let clone = world.clone();
        world.root(handle).unwrap();
        clone
    });
    *before.lock().unwrap() = Some(clone);
    for calls in 1..=3 {
        if world.unroot(handle).is_err() {
            assert!(world.contains(handle));
        }
        assert_eq!(ran.load(Ordering::Relaxed), calls);
        assert_eq!(world.len(), 1);
    }
    *before.lock().unwrap() = None;
}

#[test]
fn a_call_ends_with_the_store_that_it_was_made_on() {
    // What is destroyed in one store is not destroyed in the one that its finalizer puts back.
    for die in [
        |world: &mut World, handles: &[Handle; 3]| {
            assert_eq!(world.destroy(handles[1]), Destroyed::Stale);
        },
        |world: &mut World, _: &[Handle; 3]| world.retain(|_, _| false),
    ] {
        let mut world = World::with_config(config().record_deaths(true));
        let handles = [0, 1, 2].map(|at| world.insert(at));
        let before = world.clone();
        let finalizer = move |world: &mut World, _| *world = before.clone();
        world.set_finalizer(handles[1], finalizer).unwrap();
        die(&mut world, &handles);
        assert_eq!(world.handles().collect::<Vec<_>>(), handles);
        assert_eq!(
            world.drain_deaths().count(),
            0,
            "the dead of the other store went with it"
        );
        world.check_invariants().unwrap();
        world.clear();
        assert_eq!(world.drain_deaths().count(), 3);
    }
}

#[test]
fn a_store_that_is_moved_out_of_a_finalizer_is_in_none_afterwards() {
    let mut world = World::with_config(config());
    let [dying, other] = [0, 1].map(|at| world.insert(at));
    world.link(other, (), other).unwrap();
    let moved: Arc<Mutex<Option<World>>> = Arc::default();
    let place = Arc::clone(&moved);
    let finalizer = move |world: &mut World, _| {
        *place.lock().unwrap() = Some(std::mem::take(world));
    };
    world.set_finalizer(dying, finalizer).unwrap();
    world.unroot(dying).unwrap();
    assert!(world.is_empty());
    let mut moved = moved.lock().unwrap().take().unwrap();
    // It goes on with the death that it was in, and collects.
    moved.unroot(other).unwrap();
    assert!(!moved.contains(dying));
    assert_eq!(moved.collect().freed, 1);
    assert!(moved.is_empty());
}

#[test]
fn a_clone_made_in_a_finalizer_runs_none_until_it_has_returned() {
    let mut world = World::with_config(config());
    let handles = [0, 1].map(|at| world.insert(at));
    let ran = Arc::new(AtomicUsize::new(0));
    let clone: Arc<Mutex<Option<World>>> = Arc::default();
    for handle in handles {
        let (ran, clone) = (Arc::clone(&ran), Arc::clone(&clone));
        let finalizer = move |world: &mut World, _| {
            if ran.fetch_add(1, Ordering::Relaxed) == 0 {
                let mut copy = world.clone();
                copy.unroot(handles[1]).unwrap();
                let plain = copy.insert(2);
                copy.collect();
                assert_eq!(ran.load(Ordering::Relaxed), 1);
                assert!(copy.contains(handles[1]) && copy.contains(plain));
                *clone.lock().unwrap() = Some(copy);
            }
        };
        world.set_finalizer(handle, finalizer).unwrap();
    }
    world.unroot(handles[0]).unwrap();
    assert_eq!(ran.load(Ordering::Relaxed), 1);
    let mut copy = clone.lock().unwrap().take().unwrap();
    copy.insert(3);
    assert_eq!(ran.load(Ordering::Relaxed), 2);
    assert!(handles.iter().all(|&handle| !copy.contains(handle)));
    assert!(world.contains(handles[1]));
}

#[test]
fn stores_that_finalizers_call_in_turn_nest_as_deep_as_is_said() {
    // The finalizer of each store lets go of an object of the next one.
    on_small_stack(|| {
        let ran = Arc::new(AtomicUsize::new(0));
        let stores: Arc<Vec<Mutex<World>>> =
            Arc::new((0..1_000).map(|_| Mutex::default()).collect());
        let handles: Vec<Handle> = stores
            .iter()
            .map(|store| store.lock().unwrap().insert(0))
            .collect();
        for (at, store) in stores.iter().enumerate() {
            let next = handles.get(at + 1).copied();
            let (stores, ran) = (Arc::clone(&stores), Arc::clone(&ran));
            let finalizer = move |_: &mut World, _| {
                ran.fetch_add(1, Ordering::Relaxed);
                if let Some(next) = next {
                    stores[at + 1].lock().unwrap().unroot(next).unwrap();
                }
            };
            store
                .lock()
                .unwrap()
                .set_finalizer(handles[at], finalizer)
                .unwrap();
        }
        stores[0].lock().unwrap().unroot(handles[0]).unwrap();
        assert_eq!(ran.load(Ordering::Relaxed), MAX_NESTED);
        // The next call on the store where it has ended goes on.
        stores[MAX_NESTED].lock().unwrap().insert(0);
        assert_eq!(ran.load(Ordering::Relaxed), 2 * MAX_NESTED);
        for store in stores.iter() {
            store.lock().unwrap().clear();
        }
    });
}

#[test]
fn closures_of_commands_nest_as_deep_as_is_said_and_then_are_refused() {
    fn buffer(depth: usize, ran: &Arc<AtomicUsize>) -> Commands<u32> {
        let mut commands = Commands::new();
        let ran = Arc::clone(ran);
        commands.insert(0);
        commands.run(move |world: &mut World| {
            ran.fetch_add(1, Ordering::Relaxed);
            let applied = world.apply(&mut buffer(depth + 1, &ran));
            assert_eq!(
                applied.refused.len(),
                if depth + 1 < MAX_NESTED { 0 } else { 2 }
            );
            assert!(depth < MAX_NESTED);
        });
        commands
    }
    on_small_stack(|| {
        let ran = Arc::new(AtomicUsize::new(0));
        let mut world = World::default();
        for calls in 1..=2 {
            assert!(world.apply(&mut buffer(0, &ran)).refused.is_empty());
            assert_eq!(ran.load(Ordering::Relaxed), calls * MAX_NESTED);
            assert_eq!(world.len(), calls * MAX_NESTED);
        }
    });
}

#[test]
fn a_closure_of_a_command_that_panics_is_left() {
    let mut world = World::default();
    for _ in 0..2 * MAX_NESTED {
        let mut commands = Commands::new();
        commands.run(|_| std::panic::resume_unwind(Box::new("on purpose")));
        let run = std::panic::AssertUnwindSafe(|| world.apply(&mut commands));
        assert!(std::panic::catch_unwind(run).is_err());
    }
    let mut commands = Commands::new();
    commands.run(|_| ());
    assert!(world.apply(&mut commands).refused.is_empty());
}

#[test]
fn an_observer_that_collects_clones_of_its_store_ends() {
    on_small_stack(|| {
        let saved: Arc<Mutex<World>> = Arc::default();
        let told = Arc::new(AtomicUsize::new(0));
        let (place, count) = (Arc::clone(&saved), Arc::clone(&told));
        let mut world = World::default();
        world.observe(move |seen| {
            count.fetch_add(1, Ordering::Relaxed);
            // While observers of its kin are told, it does not collect.
            let mut clone = place.lock().unwrap().clone();
            assert_eq!(clone.collect().examined, 0);
            assert_eq!(clone.step(Budget::unlimited()).units, 0);
            assert_eq!(seen.moment == Moment::Stop, seen.collected.examined == 1);
        });
        world.insert(0);
        *saved.lock().unwrap() = world.clone();
        world.collect();
        assert_eq!(told.load(Ordering::Relaxed), 2);
        *saved.lock().unwrap() = World::default();
    });
}

/// Makes an object with the same finalizer, which nothing owns.
fn again(world: &mut World, _: Handle) {
    let handle = world.insert(0);
    world.set_finalizer(handle, again).unwrap();
    world.unroot(handle).unwrap();
}

type Change = (&'static str, fn(&mut World, Handle));

const CHANGES: [Change; 37] = [
    ("insert", |world, _| {
        let _ = world.insert(1);
    }),
    ("insert_with", |world, _| {
        let _ = world.insert_with(|_| 1);
    }),
    ("insert_linked", |world, it| {
        world.insert_linked(it, (), 1).unwrap();
    }),
    ("root", |world, it| world.root(it).unwrap()),
    ("unroot", |world, it| world.unroot(it).unwrap()),
    ("link", |world, it| world.link(it, (), it).unwrap()),
    ("link_weak", |world, it| {
        world.link_weak(it, (), it).unwrap();
    }),
    ("unlink, refused", |world, it| {
        let _ = world.unlink(it, it);
    }),
    ("unlink_ordered, refused", |world, it| {
        let _ = world.unlink(it, it);
    }),
    ("unlink_weak, refused", |world, it| {
        let _ = world.unlink_weak(it, it);
    }),
    ("unlink by label, refused", |world, it| {
        let _ = world.list_mut(it, &()).unlink(it);
    }),
    ("unlink_sources", |world, it| {
        world.unlink_sources(it).unwrap();
    }),
    ("unlink_targets", |world, it| {
        world.unlink_targets(it).unwrap();
    }),
    ("relink, refused", |world, it| {
        let _ = world.relink((it, it), (it, it));
    }),
    ("set", |world, it| {
        world.set(it, (), it).unwrap();
    }),
    ("hold", |world, it| {
        let _ = world.hold(it);
    }),
    ("sync_roots", |world, _| world.sync_roots()),
    ("release_foreign_roots", |world, _| {
        world.release_foreign_roots();
    }),
    ("scope", |world, _| world.scope(|_| ())),
    ("destroy", |world, it| {
        world.destroy(it);
    }),
    ("destroy, refused", |world, _| {
        world.destroy(Handle::default());
    }),
    ("retain", |world, _| world.retain(|_, _| true)),
    ("set_finalizer", |world, it| {
        world.set_finalizer(it, |_, _| ()).unwrap();
    }),
    ("watch", |world, it| {
        let _ = world.watch(it);
    }),
    ("drain_notices", |world, _| {
        let _ = world.drain_notices();
    }),
    ("drain_deaths", |world, _| {
        let _ = world.drain_deaths();
    }),
    ("drain_garbage", |world, _| {
        let _ = world.drain_garbage();
    }),
    ("insert_component", |world, it| {
        world.insert_component(it, 1_u8).unwrap();
    }),
    ("remove_component", |world, it| {
        world.remove_component::<u8>(it);
    }),
    ("apply", |world, _| {
        let _ = world.apply(&mut Commands::new());
    }),
    ("freeze", |world, _| world.freeze()),
    ("unfreeze", |world, _| world.unfreeze()),
    ("shrink", |world, _| world.shrink()),
    ("trace", |world, _| {
        world.trace(Budget::units(1));
    }),
    ("step", |world, _| {
        world.step(Budget::units(1));
    }),
    ("collect_due", |world, _| {
        let _ = world.collect_due();
    }),
    ("collect", |world, _| {
        world.collect_generation(Generation::Young);
    }),
];

#[test]
fn each_call_that_changes_something_takes_up_what_finalizers_have_left() {
    for (name, change) in CHANGES {
        let mut world = World::with_config(config());
        let it = world.insert(0);
        let first = world.insert(0);
        world.set_finalizer(first, again).unwrap();
        world.unroot(first).unwrap();
        // Each waits for what its finalizer has let go of.
        let pending = |world: &World| {
            let waits = |handle: &Handle| world.refcount(*handle) == Some(0);
            world.handles().filter(waits).count()
        };
        let before = pending(&world);
        assert!(before > 0);
        change(&mut world, it);
        assert!(pending(&world) > before, "{name}");
        let before = pending(&world);
        for _ in 0..12 {
            world.insert(0);
        }
        assert!(pending(&world) >= before + 12, "{name}");
        world.check_invariants().unwrap();
    }
}

/// Makes objects one after the other, each in the finalizer of the one before.
fn more(rounds: &Arc<AtomicUsize>, world: &mut World) {
    if rounds.fetch_add(1, Ordering::Relaxed) < 20 {
        let handle = world.insert(0);
        let rounds = Arc::clone(rounds);
        let finalizer = move |world: &mut World, _| more(&rounds, world);
        world.set_finalizer(handle, finalizer).unwrap();
        world.unroot(handle).unwrap();
    }
}

#[test]
fn what_finalizers_have_left_ends_when_they_do() {
    for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
        let mut world = World::with_config(config().reclaim(reclaim));
        let rounds = Arc::new(AtomicUsize::new(0));
        more(&rounds, &mut world);
        let it = world.insert(0);
        for _ in 0..20 {
            match reclaim {
                Reclaim::AtStep => drop(world.step(Budget::unlimited())),
                Reclaim::Immediate => world.root(it).unwrap(),
            }
        }
        assert_eq!((rounds.load(Ordering::Relaxed), world.len()), (21, 1));
    }
}

/// What the finalizers of 1 and 3 see while 0 to 3 are destroyed one way or another.
fn seen(die: fn(&mut World, &[Handle; 5])) -> Vec<String> {
    let mut world = World::with_config(config().record_deaths(true));
    let handles = [0, 1, 2, 3, 4].map(|at| world.insert(at));
    for &handle in &handles {
        world.watch(handle).unwrap();
    }
    world.insert_linked(handles[0], (), 10).unwrap();
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    for at in [1, 3] {
        let log = Arc::clone(&log);
        let finalizer = move |world: &mut World, _| {
            let alive: Vec<u32> = world.values().copied().collect();
            let notices = world.drain_notices().count();
            let dead: Vec<u32> = world.drain_deaths().map(|death| death.value).collect();
            log.lock()
                .unwrap()
                .push(format!("{alive:?} {dead:?} {notices}"));
        };
        world.set_finalizer(handles[at], finalizer).unwrap();
    }
    die(&mut world, &handles);
    world.check_invariants().unwrap();
    let dead: Vec<u32> = world.drain_deaths().map(|death| death.value).collect();
    let mut lines = std::mem::take(&mut *log.lock().unwrap());
    lines.push(format!("{dead:?}"));
    lines
}

#[test]
fn a_finalizer_sees_the_dead_before_it_gone_and_those_after_it_intact() {
    // What 0 owned waits for the end of the call, and is alive until then.
    let retained = seen(|world, _| world.retain(|_, value| *value > 3));
    assert_eq!(
        retained,
        ["[1, 2, 3, 4, 10] [0] 1", "[3, 4, 10] [1, 2] 2", "[3, 10]",]
    );
    let destroyed = seen(|world, handles| {
        for (at, &handle) in handles[..4].iter().enumerate() {
            assert_eq!(world[handle], u32::try_from(at).unwrap());
            assert_eq!(world.destroy(handle), Destroyed::Recorded);
        }
    });
    assert_eq!(
        destroyed,
        ["[1, 2, 3, 4] [0, 10] 1", "[3, 4] [1, 2] 2", "[3]"]
    );
    // These run no finalizer.
    assert_eq!(seen(|world, _| world.clear()), ["[0, 1, 2, 3, 4, 10]"]);
    assert_eq!(seen(|world, _| drop(world.drain())), ["[]"]);
}

#[test]
fn what_a_panic_keeps_from_being_destroyed_is_destroyed_by_the_next_call() {
    #[derive(Clone, Debug)]
    struct Fuse(bool);
    impl Drop for Fuse {
        fn drop(&mut self) {
            if std::mem::take(&mut self.0) {
                std::panic::resume_unwind(Box::new("on purpose"));
            }
        }
    }
    for in_drop in [false, true] {
        for die in [
            |store: &mut Store<Fuse>, handles: &[Handle; 3]| {
                store.destroy(handles[1]).value().map(drop).unwrap();
            },
            |store: &mut Store<Fuse>, handles: &[Handle; 3]| store.retain(|it, _| it == handles[0]),
        ] {
            let mut store = Store::<Fuse>::with_config(config());
            let handles = [0, 1, 2].map(|at| store.insert(Fuse(in_drop && at == 1)));
            let finalizer = move |_: &mut Store<Fuse>, _| {
                if !in_drop {
                    std::panic::resume_unwind(Box::new("on purpose"));
                }
            };
            store.set_finalizer(handles[1], finalizer).unwrap();
            let died = std::panic::AssertUnwindSafe(|| die(&mut store, &handles));
            assert!(std::panic::catch_unwind(died).is_err());
            store.root(handles[0]).unwrap();
            assert!(!store.contains(handles[1]) && store.contains(handles[0]));
            store.retain(|it, _| it == handles[0]);
            assert_eq!(store.len(), 1);
            store.check_invariants().unwrap();
        }
    }
}

#[test]
fn values_that_own_stores_may_call_them_as_they_are_dropped() {
    /// Lets go of an object of a store of its own, whose finalizer makes such a value in turn.
    #[derive(Clone, Default)]
    struct Owner(Store<u32>, Vec<Handle>);
    impl Drop for Owner {
        fn drop(&mut self) {
            for &handle in &self.1 {
                self.0.unroot(handle).unwrap();
            }
        }
    }
    let ran = Arc::new(AtomicUsize::new(0));
    let mut store = Store::<Owner>::with_config(config());
    let handles: Vec<Handle> = (0..100)
        .map(|_| {
            let mut inner = World::with_config(config());
            let handle = inner.insert(0);
            let ran = Arc::clone(&ran);
            let finalizer = move |_: &mut World, _| {
                ran.fetch_add(1, Ordering::Relaxed);
            };
            inner.set_finalizer(handle, finalizer).unwrap();
            store.insert(Owner(inner, vec![handle]))
        })
        .collect();
    // In a finalizer of the outer store too.
    let rest = handles[1..].to_vec();
    let finalizer = move |store: &mut Store<Owner>, _| {
        for &handle in &rest {
            store.destroy(handle);
        }
    };
    store.set_finalizer(handles[0], finalizer).unwrap();
    store.unroot(handles[0]).unwrap();
    assert!(store.is_empty());
    assert_eq!(ran.load(Ordering::Relaxed), 100);
}
