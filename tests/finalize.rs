//! Finalizers and watchers.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use understory::{
    Auto, Budget, Config, Cycles, Destroyed, FinalizerError, Generation, Handle, Reclaim, Store,
};

type World = Store<&'static str>;
type Log = Arc<Mutex<Vec<&'static str>>>;

fn world() -> World {
    World::with_config(
        Config::new()
            .auto(Auto::Off)
            .cycles(Cycles::Manual)
            .record_deaths(true),
    )
}

fn ring(world: &mut World, names: &[&'static str]) -> Vec<Handle> {
    let handles: Vec<Handle> = names.iter().map(|&name| world.insert(name)).collect();
    for (at, &handle) in handles.iter().enumerate() {
        world
            .link(handle, (), handles[(at + 1) % handles.len()])
            .unwrap();
    }
    for &handle in &handles {
        world.unroot(handle).unwrap();
    }
    handles
}

/// Logs the object's name when it is finalized.
fn log(world: &mut World, log: &Log, handle: Handle) {
    let log = Arc::clone(log);
    let finalizer = move |world: &mut World, this| log.lock().unwrap().push(world[this]);
    world.set_finalizer(handle, finalizer).unwrap();
}

fn dead(world: &mut World) -> Vec<&'static str> {
    world.check_invariants().unwrap();
    world.drain_deaths().map(|death| death.value).collect()
}

#[test]
fn it_runs_once_before_a_death_by_count() {
    let (mut world, names) = (world(), Log::default());
    let parent = world.insert("parent");
    let child = world.insert_linked(parent, (), "child").unwrap();
    log(&mut world, &names, parent);
    log(&mut world, &names, child);
    assert_eq!(world.is_finalized(parent), Some(false));
    world.unroot(parent).unwrap();
    assert_eq!(*names.lock().unwrap(), ["parent", "child"]);
    assert_eq!(dead(&mut world), ["parent", "child"]);
}

#[test]
fn all_of_a_cycle_is_intact_while_it_is_finalized() {
    let mut world = world();
    let handles = ring(&mut world, &["a", "b", "c"]);
    let seen = Arc::new(AtomicU32::new(0));
    for &handle in &handles {
        let (all, seen) = (handles.clone(), Arc::clone(&seen));
        let finalizer = move |world: &mut World, this| {
            assert!(all.iter().all(|&other| world.contains(other)));
            assert_eq!(world.targets(this).len(), 1);
            assert_eq!(world.collect().freed, 0, "a nested collection does nothing");
            seen.fetch_add(1, Ordering::Relaxed);
        };
        world.set_finalizer(handle, finalizer).unwrap();
    }
    assert_eq!(world.collect().freed, 3);
    assert_eq!(seen.load(Ordering::Relaxed), 3);
    assert_eq!(dead(&mut world), ["a", "b", "c"]);
}

#[test]
fn the_finalizers_of_a_ring_find_each_others_objects_by_handle() {
    for whole in [true, false] {
        let (mut world, found) = (world(), Log::default());
        let handles = ring(&mut world, &["egg", "hen", "nest"]);
        let perch = world.insert("perch");
        world.link_weak(handles[0], (), handles[1]).unwrap();
        for &handle in &handles {
            let (all, found) = (handles.clone(), Arc::clone(&found));
            let finalizer = move |world: &mut World, this| {
                for &peer in &all {
                    // Before and after the peer's own finalizer.
                    found.lock().unwrap().push(world[peer]);
                    assert_eq!(
                        (world.refcount(peer), world.out_degree(peer)),
                        (Some(1), Some(1))
                    );
                }
                assert_eq!(world.weak_edges().targets(all[0]).next(), Some(all[1]));
                assert!(world.contains(this));
            };
            world.set_finalizer(handle, finalizer).unwrap();
        }
        world.unroot(perch).unwrap();
        if whole {
            world.collect();
        } else {
            world.trace(Budget::unlimited());
        }
        let ring = ["egg", "hen", "nest"];
        assert_eq!(*found.lock().unwrap(), [ring, ring, ring].concat());
        assert_eq!(dead(&mut world), ["perch", "egg", "hen", "nest"]);
    }
}

#[test]
fn a_frozen_object_that_its_finalizer_saved_stays_permanent_until_it_is_unfrozen() {
    let mut world = world();
    let phoenix = world.insert("phoenix");
    world.link(phoenix, (), phoenix).unwrap();
    world
        .set_finalizer(phoenix, |world, this| world.root(this).unwrap())
        .unwrap();
    world.freeze();
    world.unlink(phoenix, phoenix).unwrap();
    world.unroot(phoenix).unwrap(); // dies by count, and comes back
    assert_eq!(world.is_finalized(phoenix), Some(true));
    assert_eq!(world.generation(phoenix), Some(Generation::Permanent));

    // As a ring it is garbage that no collection looks at …
    world.link(phoenix, (), phoenix).unwrap();
    world.unroot(phoenix).unwrap();
    assert_eq!(world.collect().examined, 0);
    assert!(world.contains(phoenix));

    // … until it is unfrozen.
    world.unfreeze();
    assert_eq!(world.generation(phoenix), Some(Generation::Old));
    assert_eq!(world.collect().freed, 1);
    assert_eq!(dead(&mut world), ["phoenix"]);
}

#[test]
fn what_a_finalizer_saves_lives_with_all_that_it_leads_to() {
    for by_trace in [false, true] {
        let mut world = world();
        let saved = ring(&mut world, &["a", "b"]);
        let rest = ring(&mut world, &["c", "d"]);
        world.link(rest[0], (), saved[0]).unwrap();
        let weak = world.insert("watcher");
        world.link_weak(weak, (), saved[1]).unwrap();
        let finalizer = |world: &mut World, this| world.root(this).unwrap();
        world.set_finalizer(saved[0], finalizer).unwrap();
        if by_trace {
            world.trace(Budget::unlimited());
        } else {
            world.collect();
        }
        assert_eq!(dead(&mut world), ["c", "d"]);
        assert!(world.contains(saved[1]) && world.weak_edges().targets(weak).len() == 1);
        assert_eq!(world.is_finalized(saved[0]), Some(true));
        assert_eq!(world.is_finalized(saved[1]), Some(false));
        let again = world.set_finalizer(saved[0], |_, _| ()).unwrap_err();
        assert_eq!(again, FinalizerError::Finalized);
        world.unroot(saved[0]).unwrap();
        world.collect();
        assert_eq!(dead(&mut world), ["a", "b"]);
        assert_eq!(world.weak_edges().targets(weak).len(), 0);
    }
}

#[test]
fn an_edge_from_a_new_object_saves_too() {
    let mut world = world();
    let handles = ring(&mut world, &["a", "b"]);
    let finalizer = |world: &mut World, this| {
        let keeper = world.insert("keeper");
        world.link(keeper, (), this).unwrap();
    };
    world.set_finalizer(handles[1], finalizer).unwrap();
    assert_eq!(world.collect().freed, 0);
    assert_eq!(world.len(), 3);
}

#[test]
fn a_root_that_is_given_up_again_saves_nothing() {
    let mut world = world();
    let handles = ring(&mut world, &["a", "b"]);
    let finalizer = |world: &mut World, this| {
        world.root(this).unwrap();
        world.unroot(this).unwrap();
    };
    world.set_finalizer(handles[0], finalizer).unwrap();
    assert_eq!(world.collect().freed, 2);
}

#[test]
fn destroy_cannot_be_refused() {
    let mut world = world();
    let handle = world.insert("king");
    let finalizer = |world: &mut World, this| world.root(this).unwrap();
    world.set_finalizer(handle, finalizer).unwrap();
    assert_eq!(world.destroy(handle), Destroyed::Recorded);
    let handle = world.insert("snake");
    let finalizer = |world: &mut World, this| assert_eq!(world.destroy(this), Destroyed::Recorded);
    world.set_finalizer(handle, finalizer).unwrap();
    world.unroot(handle).unwrap();
    assert!(world.is_empty());
    world.check_emptied().unwrap();
}

#[test]
fn finalizers_may_destroy_each_other() {
    let (mut world, names) = (world(), Log::default());
    let handles = ring(&mut world, &["a", "b", "c"]);
    for at in 0..3 {
        let (next, log) = (handles[(at + 1) % 3], Arc::clone(&names));
        let finalizer = move |world: &mut World, this| {
            log.lock().unwrap().push(world[this]);
            world.destroy(next);
        };
        world.set_finalizer(handles[at], finalizer).unwrap();
    }
    world.collect();
    assert!(world.is_empty());
    assert_eq!(*names.lock().unwrap(), ["a", "b", "c"]);
    world.check_emptied().unwrap();
}

#[test]
fn what_falls_in_a_finalizer_dies_after_it_and_before_the_rest() {
    let mut world = world();
    let parent = world.insert("parent");
    let first = world.insert_linked(parent, (), "first").unwrap();
    world.insert_linked(parent, (), "last").unwrap();
    let other = world.insert("other");
    let finalizer = move |world: &mut World, _| {
        world.unroot(other).unwrap();
        assert!(world.contains(other));
    };
    world.set_finalizer(first, finalizer).unwrap();
    world.unroot(parent).unwrap();
    assert_eq!(dead(&mut world), ["parent", "other", "first", "last"]);
}

#[test]
fn a_panic_loses_nothing_and_the_finalizer_has_run() {
    for cyclic in [false, true] {
        let mut world = world();
        let (handle, death): (Handle, fn(&mut World, Handle)) = if cyclic {
            (ring(&mut world, &["a", "b"])[0], |world, _| {
                world.collect();
            })
        } else {
            (world.insert("a"), |world, handle| {
                world.unroot(handle).unwrap();
            })
        };
        world
            .set_finalizer(handle, |_, _| panic!("a finalizer"))
            .unwrap();
        catch_unwind(AssertUnwindSafe(|| death(&mut world, handle))).unwrap_err();
        world.check_invariants().unwrap();
        world.insert("next"); // the next call goes on
        assert_eq!(world.len(), 1);
    }
}

#[test]
fn a_chain_of_finalizers_does_not_recurse() {
    let mut world: Store<Cell<u32>> = Store::new();
    let first = world.insert(Cell::new(0));
    let mut last = first;
    for number in 1..200_000 {
        let next = world.insert(Cell::new(number));
        let finalizer = move |world: &mut Store<Cell<u32>>, _| world.unroot(next).unwrap();
        world.set_finalizer(last, finalizer).unwrap();
        last = next;
    }
    world.unroot(first).unwrap();
    assert!(world.is_empty());
}

#[test]
fn endless_resurrection_is_once_only() {
    let mut world = world();
    let handles = ring(&mut world, &["a", "b"]);
    for &handle in &handles {
        let saver = |world: &mut World, this| world.root(this).unwrap();
        world.set_finalizer(handle, saver).unwrap();
    }
    assert_eq!(world.collect().freed, 0);
    for &handle in &handles {
        world.unroot(handle).unwrap();
    }
    assert_eq!(world.collect().freed, 2);
}

#[test]
fn watchers_are_told_the_newest_first_and_not_of_what_came_back() {
    let mut world = world();
    let handle = world.insert("phoenix");
    let old = world.watch(handle).unwrap();
    let gone = world.watch(handle).unwrap();
    let new = world.watch(handle).unwrap();
    assert!(world.unwatch(handle, gone) && !world.unwatch(handle, gone));
    let saver = |world: &mut World, this| world.root(this).unwrap();
    world.set_finalizer(handle, saver).unwrap();
    world.unroot(handle).unwrap();
    assert_eq!(world.drain_notices().len(), 0);
    world.unroot(handle).unwrap();
    let notices: Vec<_> = world.drain_notices().map(|n| (n.watch, n.handle)).collect();
    assert_eq!(notices, [(new, handle), (old, handle)]);
    assert!(world.watch(handle).is_err());
    let next = world.insert("sparrow"); // in the same slot: nobody watches it
    world.unroot(next).unwrap();
    assert_eq!(world.drain_notices().len(), 0);
}

#[test]
fn an_object_in_the_slot_of_one_that_was_destroyed_in_between_is_not_garbage() {
    for by_trace in [false, true] {
        let mut world = world();
        let handles = ring(&mut world, &["a", "b", "c"]);
        let victim = handles[2];
        let finalizer = move |world: &mut World, _| {
            world.destroy(victim);
            let heir = world.insert("heir");
            assert_eq!(heir.index(), victim.index());
            world
                .set_finalizer(heir, |_, _| panic!("it lives"))
                .unwrap();
        };
        world.set_finalizer(victim, |_, _| ()).unwrap();
        world.set_finalizer(handles[0], finalizer).unwrap();
        if by_trace {
            world.trace(Budget::unlimited());
        }
        world.collect();
        world.check_invariants().unwrap();
        assert_eq!(world.values().copied().collect::<Vec<_>>(), ["heir"]);
    }
}

#[test]
fn a_finalizer_may_do_anything_to_the_store() {
    let deeds: [fn(&mut World); 12] = [
        |world| world.clear(),
        |world| drop(world.drain()),
        |world| world.retain(|_, _| false),
        |world| world.shrink(),
        |world| world.freeze(),
        |world| world.unfreeze(),
        |world| world.reserve(10_000),
        |world| assert_eq!(world.step(Budget::unlimited()).units, 0),
        |world| assert_eq!(world.trace(Budget::unlimited()).units, 0),
        |world| assert!(world.collect_due().is_none()),
        |world| world.clone().check_emptied().unwrap(),
        |world| world.extend(std::iter::repeat_n("x", 5_000)),
    ];
    for deed in deeds {
        for way in 0..4 {
            let mut world = world();
            let other = world.insert("other");
            let leaf = world.insert_linked(other, (), "leaf").unwrap();
            let handles = ring(&mut world, &["a", "b", "c"]);
            world.link(handles[1], (), leaf).unwrap();
            for handle in [handles[0], handles[2], other, leaf] {
                world
                    .set_finalizer(handle, move |world, _| deed(world))
                    .unwrap();
            }
            match way {
                0 => {
                    world.collect();
                }
                1 => {
                    world.trace(Budget::unlimited());
                }
                2 => world.unroot(other).unwrap(),
                _ => {
                    world.destroy(other);
                }
            }
            world.check_invariants().unwrap();
            world.collect();
            world.insert("after");
            world.check_invariants().unwrap();
            world.clear(); // a finalizer that freezes would keep a collection from it
            world.check_emptied().unwrap();
        }
    }
}

/// What a finalizer finds above its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Above {
    /// It is owned, by this one among others.
    Owned(&'static str),
    /// This one let go of it, and lives.
    LetGo(&'static str),
    /// This one let go of it, and has left the store.
    Gone(&'static str),
    Nobody,
}

type Family = Store<&'static str, u8>;

/// A parent that owns a child, with an uncle, each of whom only the program holds; the child has a finalizer
/// that looks up.
fn look_up(config: Config, act: impl FnOnce(&mut Family, [Handle; 3])) -> Above {
    let mut store = Family::with_config(config.auto(Auto::Off));
    let [parent, uncle] = ["parent", "uncle"].map(|name| store.insert(name));
    let child = store.insert_linked(parent, 0, "child").unwrap();
    let found = Arc::new(Mutex::new(None));
    let finds = Arc::clone(&found);
    let names = move |handle| if handle == parent { "parent" } else { "uncle" };
    let look = move |store: &mut Family, child| {
        let above = match store.last_owner(child) {
            None => Above::Nobody,
            Some(owner) if store.has_edge(owner, child) => Above::Owned(names(owner)),
            Some(owner) if store.contains(owner) => Above::LetGo(names(owner)),
            Some(owner) => Above::Gone(names(owner)),
        };
        *finds.lock().unwrap() = Some(above);
    };
    store.set_finalizer(child, look).unwrap();
    act(&mut store, [parent, uncle, child]);
    for _ in 0..10_000 {
        if store.step(Budget::units(1)).is_idle() {
            break;
        }
    }
    store.collect();
    store.step(Budget::unlimited());
    assert!(!store.contains(child));
    found.lock().unwrap().expect("the finalizer has run")
}

type Act = fn(&mut Family, [Handle; 3]);

/// How the child falls, and what its finalizer finds.
const FALLS: &[(&str, Act, Above)] = &[
    (
        "its owner dies by count",
        |store, [parent, ..]| store.unroot(parent).unwrap(),
        Above::Gone("parent"),
    ),
    (
        "its owner dies by count, with more edges than a step has room for",
        |store, [parent, ..]| {
            for _ in 0..100 {
                store.insert_linked(parent, 0, "brother").unwrap();
            }
            store.unroot(parent).unwrap();
        },
        Above::Gone("parent"),
    ),
    (
        "its owner is destroyed",
        |store, [parent, ..]| {
            store.destroy(parent);
        },
        Above::Gone("parent"),
    ),
    (
        "its owner is rejected",
        |store, [parent, ..]| store.retain(|handle, _| handle != parent),
        Above::Gone("parent"),
    ),
    (
        "it is rejected after its owner",
        |store, _| store.retain(|_, name| *name == "uncle"),
        Above::Gone("parent"),
    ),
    (
        "it is rejected",
        |store, [.., child]| store.retain(|handle, _| handle != child),
        Above::Owned("parent"),
    ),
    (
        "it is destroyed",
        |store, [.., child]| {
            store.destroy(child);
        },
        Above::Owned("parent"),
    ),
    (
        "it is in a ring",
        |store, [parent, _, child]| {
            store.link(child, 0, parent).unwrap();
            store.unroot(parent).unwrap();
        },
        Above::Owned("parent"),
    ),
    (
        "only a ring owned it",
        |store, [parent, uncle, _]| {
            store.link(parent, 0, uncle).unwrap();
            store.link(uncle, 0, parent).unwrap();
            store.unroot(parent).unwrap();
            store.unroot(uncle).unwrap();
            store.trace(Budget::unlimited());
        },
        Above::Gone("parent"),
    ),
    (
        "it is let go of",
        |store, [parent, _, child]| {
            store.unlink(parent, child).unwrap();
        },
        Above::LetGo("parent"),
    ),
    (
        "it is let go of, by label",
        |store, [parent, _, child]| {
            store.list_mut(parent, &0).unlink(child).unwrap();
        },
        Above::LetGo("parent"),
    ),
    (
        "its owner lets go of all",
        |store, [parent, ..]| {
            store.unlink_targets(parent).unwrap();
        },
        Above::LetGo("parent"),
    ),
    (
        "all let go of it",
        |store, [.., child]| {
            store.unlink_sources(child).unwrap();
        },
        Above::LetGo("parent"),
    ),
    (
        "another one takes its place",
        |store, [parent, uncle, _]| {
            store.set(parent, 0, uncle).unwrap();
        },
        Above::LetGo("parent"),
    ),
    (
        "the edge to it is moved",
        |store, [parent, uncle, child]| {
            store.relink((parent, child), (uncle, parent)).unwrap();
        },
        Above::LetGo("parent"),
    ),
    (
        "the program lets go of it last",
        |store, [parent, _, child]| {
            store.root(child).unwrap();
            store.destroy(parent);
            store.unroot(child).unwrap();
        },
        Above::Nobody,
    ),
    (
        "one owner dies after the other",
        |store, [parent, uncle, child]| {
            store.link(uncle, 0, child).unwrap();
            store.unroot(uncle).unwrap();
            store.step(Budget::unlimited());
            store.destroy(parent);
        },
        Above::Gone("parent"),
    ),
    (
        "one owner lets go after the other has died",
        |store, [parent, uncle, child]| {
            store.link(uncle, 0, child).unwrap();
            store.unroot(parent).unwrap();
            store.step(Budget::unlimited());
            store.unlink(uncle, child).unwrap();
        },
        Above::LetGo("uncle"),
    ),
    (
        "it is saved from its owner's death, and then let go of",
        |store, [parent, uncle, child]| {
            store.scope(|store| {
                store.unlink(parent, child).unwrap();
                assert_eq!(store.last_owner(child), Some(parent));
                store.link(uncle, 0, child).unwrap();
                assert_eq!(store.last_owner(child), Some(uncle));
            });
            store.unlink(uncle, child).unwrap();
        },
        Above::LetGo("uncle"),
    ),
];

#[test]
fn who_falls_can_name_its_last_owner_however_it_dies() {
    for &(how, act, expected) in FALLS {
        for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
            for cycles in [Cycles::Manual, Cycles::AtStep, Cycles::Prompt] {
                let config = Config::new().reclaim(reclaim).cycles(cycles);
                let found = look_up(config.clone(), act);
                assert_eq!(found, expected, "{how}; {reclaim:?}, {cycles:?}");
                let found = look_up(config, |store, family| {
                    store.scope(|store| act(store, family));
                });
                // Within a scope nothing dies in between.
                let steps = ["one owner", "only a ring"];
                let steps = steps.iter().any(|start| how.starts_with(start));
                assert!(found == expected || steps, "{how}, in a scope: {found:?}");
            }
        }
    }
}

/// Nothing is noted of an object that has no finalizer, nor does a later one hear of an earlier one's owner.
#[test]
fn the_last_owner_is_noted_only_of_what_has_a_finalizer() {
    let mut store = Store::<u32>::with_config(Config::new().reclaim(Reclaim::AtStep));
    for round in 0..3 {
        let parent = store.insert(0);
        let [plain, told] = [1, 2].map(|value| store.insert_linked(parent, (), value).unwrap());
        if round != 1 {
            store.set_finalizer(told, |_, _| ()).unwrap();
        }
        store.unlink_targets(parent).unwrap();
        assert_eq!(store.last_owner(plain), None);
        assert_eq!(store.last_owner(told), (round != 1).then_some(parent));
        store.root(told).unwrap();
        assert_eq!(store.last_owner(told), None, "the program holds it");
        store.unroot(told).unwrap();
        assert_eq!(store.last_owner(told), None, "the program let go last");
        store.unroot(parent).unwrap();
        store.step(Budget::unlimited());
        assert_eq!(store.last_owner(told), None, "it is dead");
    }
    store.shrink();
    assert!(store.memory() < 2_000);
}
