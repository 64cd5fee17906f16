//! What once broke, one test each.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use understory::{Auto, Budget, Config, Cycles, Generation, Handle, Moment, Phase, Reclaim, Store};

type World = Store<&'static str>;

fn world() -> World {
    World::with_config(config())
}

fn config() -> Config {
    Config::new().auto(Auto::Off).cycles(Cycles::Manual)
}

/// Objects that own each other in a ring, and that the program holds.
fn ring<T>(world: &mut Store<T>, values: impl IntoIterator<Item = T>) -> Vec<Handle> {
    let handles: Vec<Handle> = values
        .into_iter()
        .map(|value| world.insert(value))
        .collect();
    for (at, &handle) in handles.iter().enumerate() {
        let next = handles[(at + 1) % handles.len()];
        world.link(handle, (), next).unwrap();
    }
    handles
}

fn unroot<T>(world: &mut Store<T>, handles: &[Handle]) {
    for &handle in handles {
        world.unroot(handle).unwrap();
    }
}

// An arena that was given back must neither be filled nor given back again.

#[test]
fn reserving_and_shrinking_an_emptied_store_keeps_the_version_floor() {
    let mut world = world();
    let stale = world.insert("dead");
    world.unroot(stale).unwrap();
    world.shrink();
    world.reserve(10);
    world.shrink();
    world.insert("other");
    assert_eq!(world.get(stale), None);
}

#[test]
fn reserving_and_shrinking_an_emptied_store_gives_its_arena_out_once() {
    let mut world: Store<u32> = Store::with_config(config());
    let first = world.insert(0);
    world.unroot(first).unwrap();
    world.shrink();
    world.reserve(10);
    world.shrink();
    let handles: Vec<Handle> = (0..5_000).map(|number| world.insert(number)).collect();
    assert!(
        handles
            .iter()
            .zip(0..)
            .all(|(&handle, number)| world.get(handle) == Some(&number))
    );
}

#[test]
fn a_store_whose_first_insertion_panicked_can_shrink() {
    let mut world = world();
    let insert = || world.insert_with(|_| panic!("no value"));
    catch_unwind(AssertUnwindSafe(insert)).unwrap_err();
    world.shrink();
    world.insert("first");
    world.check_invariants().unwrap();
}

// What dies in the middle of a collection, before its verdict.

/// Garbage that owns itself and a leaf, which its finalizer destroys.
fn destroyer<T: 'static>(world: &mut Store<T>, value: T, leaf: T) {
    let handles = ring(world, [value]);
    let leaf = world.insert_linked(handles[0], (), leaf).unwrap();
    let finalizer = move |world: &mut Store<T>, _| drop(world.destroy(leaf));
    world.set_finalizer(handles[0], finalizer).unwrap();
    unroot(world, &handles);
}

#[test]
fn what_a_finalizer_destroyed_was_not_collected() {
    let mut world = world();
    destroyer(&mut world, "a", "leaf");
    assert_eq!(world.collect().freed, 1);
    assert_eq!((world.stats().collected, world.stats().destroyed), (1, 1));
}

#[test]
fn the_length_is_right_when_a_drop_panics_after_a_finalizer_destroyed() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0, "a drop");
        }
    }
    let mut world: Store<Bomb> = Store::with_config(config());
    destroyer(&mut world, Bomb(true), Bomb(false));
    catch_unwind(AssertUnwindSafe(|| world.collect())).unwrap_err();
    assert_eq!(world.len(), 0);
}

#[test]
fn a_newborn_in_the_slot_of_the_destroyed_is_not_finalized() {
    let mut world = world();
    let handles = ring(&mut world, ["a", "b"]);
    let victim = handles[1];
    let ran = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&ran);
    world
        .set_finalizer(handles[0], move |world: &mut World, _| {
            world.destroy(victim);
            let newborn = world.insert("newborn");
            assert_eq!(newborn.index(), victim.index());
            let count = Arc::clone(&count);
            let finalizer = move |_: &mut World, _| {
                count.fetch_add(1, Ordering::Relaxed);
            };
            world.set_finalizer(newborn, finalizer).unwrap();
        })
        .unwrap();
    unroot(&mut world, &handles);
    world.collect();
    assert_eq!((world.len(), ran.load(Ordering::Relaxed)), (1, 0));
}

#[test]
fn a_newborn_in_the_slot_of_the_destroyed_is_not_finalized_by_a_trace() {
    let mut world = world();
    let handles = ring(&mut world, ["a", "b"]);
    let victim = handles[1];
    let ran = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&ran);
    world.set_finalizer(victim, |_: &mut World, _| ()).unwrap();
    world
        .set_finalizer(handles[0], move |world: &mut World, _| {
            world.destroy(victim);
            let newborn = world.insert("newborn");
            assert_eq!(newborn.index(), victim.index());
            let count = Arc::clone(&count);
            let finalizer = move |_: &mut World, _| {
                count.fetch_add(1, Ordering::Relaxed);
            };
            world.set_finalizer(newborn, finalizer).unwrap();
        })
        .unwrap();
    unroot(&mut world, &handles);
    world.trace(Budget::unlimited());
    assert_eq!((world.len(), ran.load(Ordering::Relaxed)), (1, 0));
}

#[test]
fn a_slot_whose_object_was_destroyed_during_a_trace_is_not_finalized() {
    let mut world = world();
    let handles = ring(&mut world, ["a", "b"]);
    let victim = handles[1];
    let destroyer = move |world: &mut World, _| {
        world.destroy(victim);
    };
    world.set_finalizer(victim, |_: &mut World, _| ()).unwrap();
    world.set_finalizer(handles[0], destroyer).unwrap();
    unroot(&mut world, &handles);
    world.trace(Budget::unlimited());
    for name in ["c", "d"] {
        let newborn = world.insert(name);
        assert_eq!(world.is_finalized(newborn), Some(false));
    }
}

#[test]
fn a_finalizer_may_clear_and_shrink_what_is_collected() {
    type Action = fn(&mut World);
    let actions: [Action; 3] = [
        |world| {
            world.clear();
            world.shrink();
        },
        World::shrink,
        |world| {
            drop(world.drain());
            world.insert("newborn");
        },
    ];
    for action in actions {
        let mut world = world();
        let fill: Vec<Handle> = (0..10_000).map(|_| world.insert("fill")).collect();
        let handles = ring(&mut world, ["a", "b"]);
        let finalizer = move |world: &mut World, _| {
            for &handle in &fill {
                world.destroy(handle);
            }
            action(world);
        };
        world.set_finalizer(handles[0], finalizer).unwrap();
        unroot(&mut world, &handles);
        world.collect();
        world.check_invariants().unwrap();
    }
}

#[test]
fn a_finalizer_that_was_set_by_a_finalizer_runs_too() {
    let mut world = world();
    let handles = ring(&mut world, ["object"; 200]);
    let (first, ran) = (handles[0], Arc::new(AtomicU32::new(0)));
    let count = Arc::clone(&ran);
    world
        .set_finalizer(handles[199], move |world: &mut World, _| {
            let count = Arc::clone(&count);
            let finalizer = move |_: &mut World, _| {
                count.fetch_add(1, Ordering::Relaxed);
            };
            world.set_finalizer(first, finalizer).unwrap();
        })
        .unwrap();
    unroot(&mut world, &handles);
    assert_eq!(world.collect().freed, 200);
    assert_eq!(ran.load(Ordering::Relaxed), 1);
}

#[test]
fn what_became_suspect_in_a_finalizer_stays_suspect() {
    let mut world = world();
    let living = ring(&mut world, ["x", "y"]);
    let handles = ring(&mut world, ["a", "b"]);
    let pets = living.clone();
    let finalizer = move |world: &mut World, _| unroot(world, &pets);
    world.set_finalizer(handles[0], finalizer).unwrap();
    unroot(&mut world, &handles);
    assert_eq!(world.collect().freed, 2);
    assert_eq!(world.trace(Budget::unlimited()).traced, 2);
}

// Panics and exits.

#[test]
fn a_panic_while_clearing_leaves_the_components_to_the_next_call() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a drop");
        }
    }
    #[derive(Clone)]
    struct Count(#[expect(dead_code)] Arc<()>);
    let mut world: Store<Bomb> = Store::with_config(config());
    let handle = world.insert(Bomb);
    let counted = Arc::new(());
    world
        .insert_component(handle, Count(Arc::clone(&counted)))
        .unwrap();
    catch_unwind(AssertUnwindSafe(|| world.clear())).unwrap_err();
    world.step(Budget::unlimited());
    assert_eq!(Arc::strong_count(&counted), 1);
}

#[test]
fn a_closure_whose_drop_panics_does_not_spoil_clear() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a drop");
        }
    }
    let mut world = World::with_config(config().reclaim(Reclaim::AtStep));
    let pending = world.insert("waiting");
    let mortal = world.insert("mortal");
    let bomb = Bomb;
    let finalizer = move |_: &mut World, _| {
        let _bomb = &bomb;
    };
    world.set_finalizer(mortal, finalizer).unwrap();
    world.unroot(pending).unwrap();
    catch_unwind(AssertUnwindSafe(|| world.clear())).unwrap_err();
    world.check_invariants().unwrap();
    world.step(Budget::unlimited());
    assert!(!world.contains(pending));
}

#[test]
fn what_a_finalizer_let_go_dies_though_it_destroyed_its_own_object() {
    let mut world = world();
    let (handle, other) = (world.insert("a"), world.insert("b"));
    world
        .set_finalizer(handle, move |world: &mut World, this| {
            world.unroot(other).unwrap();
            world.destroy(this);
        })
        .unwrap();
    assert_eq!(world.destroy(handle).value(), None);
    assert!(!world.contains(other));
}

#[test]
fn a_finalizer_and_a_scope_may_replace_the_store() {
    let mut world = world();
    let handle = world.insert("a");
    world
        .set_finalizer(handle, |world: &mut World, _| *world = World::new())
        .unwrap();
    world.unroot(handle).unwrap();
    world.scope(|world| *world = World::new());
    let handle = world.insert("b");
    world.unroot(handle).unwrap();
    assert!(world.is_empty());
}

// Order.

#[test]
fn unlinking_targets_leaves_the_order_of_what_waits() {
    let mut world = World::with_config(config().reclaim(Reclaim::AtStep).record_deaths(true));
    let [a, d, e] = [world.insert("a"), world.insert("d"), world.insert("e")];
    for (parent, name) in [(a, "b"), (a, "c"), (e, "f")] {
        world.insert_linked(parent, (), name).unwrap();
    }
    world.unroot(a).unwrap();
    world.unroot(d).unwrap();
    world.step(Budget::units(1)); // a
    world.unlink_targets(e).unwrap();
    world.step(Budget::unlimited());
    let dead: Vec<_> = world.drain_deaths().map(|death| death.value).collect();
    assert_eq!(dead, ["a", "b", "c", "d", "f"]);
}

#[test]
fn finalizers_are_dropped_in_the_order_of_the_handles() {
    struct Note(u32, Arc<Mutex<Vec<u32>>>);
    impl Drop for Note {
        fn drop(&mut self) {
            self.1.lock().unwrap().push(self.0);
        }
    }
    let mut world = world();
    let log = Arc::default();
    for number in 0..100 {
        let handle = world.insert("object");
        let note = Note(number, Arc::clone(&log));
        let finalizer = move |_: &mut World, _| {
            let _note = &note;
        };
        world.set_finalizer(handle, finalizer).unwrap();
    }
    world.clear();
    assert!(log.lock().unwrap().is_sorted());
}

#[test]
fn what_finalizers_of_one_collection_let_go_of_dies_in_their_order() {
    for by_trace in [false, true] {
        let mut world = World::with_config(config().record_deaths(true));
        let handles = ring(&mut world, ["a", "b"]);
        for (&handle, names) in handles.iter().zip([["1", "2"], ["3", "4"]]) {
            let held = names.map(|name| world.insert(name));
            let finalizer = move |world: &mut World, _| unroot(world, &held);
            world.set_finalizer(handle, finalizer).unwrap();
        }
        unroot(&mut world, &handles);
        if by_trace {
            world.trace(Budget::unlimited());
        } else {
            world.collect();
        }
        let dead: Vec<_> = world.drain_deaths().map(|death| death.value).collect();
        assert_eq!(dead, ["1", "2", "3", "4", "a", "b"]);
    }
}

// Steps.

#[test]
fn a_step_goes_on_behind_finalizers_that_leave_nothing_to_finalize() {
    let thresholds = config().thresholds([1, 0, 0]);
    let mut world = World::with_config(thresholds);
    let handles = ring(&mut world, ["a", "b"]);
    let all = handles.clone();
    let finalizer = move |world: &mut World, _| {
        for &handle in &all {
            world.destroy(handle);
        }
    };
    world.set_finalizer(handles[0], finalizer).unwrap();
    unroot(&mut world, &handles);
    assert_eq!(world.step(Budget::unlimited()).phase, Phase::Idle);
}

#[test]
fn steps_of_one_unit_get_past_the_first_object_of_a_young_collection() {
    let thresholds = config().thresholds([1, 9, 9]).growth(u32::MAX);
    let mut world = World::with_config(thresholds.promote_fill(0).reopen_fill(0));
    world.insert("old");
    world.collect();
    let handles = ring(&mut world, ["a", "b", "c"]);
    unroot(&mut world, &handles);
    for _ in 0..1_000 {
        world.step(Budget::units(1));
        world.check_invariants().unwrap();
    }
    assert_eq!((world.len(), world.phase()), (1, Phase::Idle));
}

#[test]
fn what_garbage_owned_dies_though_an_observer_panics() {
    let mut world = world();
    let leaf = world.insert("leaf");
    world.freeze();
    let handles = ring(&mut world, ["a"]);
    world.link(handles[0], (), leaf).unwrap();
    unroot(&mut world, &[leaf, handles[0]]);
    let observer = world.observe(|told| assert_eq!(told.moment, Moment::Start));
    catch_unwind(AssertUnwindSafe(|| world.collect())).unwrap_err();
    world.unobserve(observer);
    world.insert("next"); // the next call goes on
    assert!(!world.contains(leaf));
}

// Memory.

#[test]
fn dead_suspects_do_not_pile_up() {
    let mut world = world();
    let leaf = world.insert("leaf");
    for _ in 0..100_000 {
        let handle = world.insert("brief");
        world.link(handle, (), leaf).unwrap();
        world.root(handle).unwrap();
        world.unroot(handle).unwrap(); // suspect
        world.unroot(handle).unwrap(); // dead
    }
    assert!(world.step(Budget::units(0)).suspects < 1_000);
}

#[test]
fn what_was_traced_counts_though_its_drop_panics() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "a drop");
        }
    }
    let mut world: Store<Bomb> = Store::with_config(config());
    let handles = ring(&mut world, [Bomb]);
    unroot(&mut world, &handles);
    catch_unwind(AssertUnwindSafe(|| world.trace(Budget::unlimited()))).unwrap_err();
    world.step(Budget::unlimited());
    assert_eq!((world.stats().traced, world.stats().destroyed), (1, 0));
}

/// What `reserve` does must not depend on memory, which a clone has less of.
#[test]
fn a_clone_that_reserves_gives_the_same_handles() {
    for objects in [0, 1, 2, 5_000] {
        let mut store = Store::<u32>::with_config(Config::new().promote_fill(0));
        store.reserve(10);
        store.extend(0..objects);
        store.freeze();
        store.insert(0);
        let mut copy = store.clone();
        for store in [&mut store, &mut copy] {
            store.reserve(2);
            store.collect();
            store.shrink();
        }
        for number in 0..5_000 {
            assert_eq!(store.insert(number), copy.insert(number));
        }
    }
}

/// What a limit did not suffice for must not be traced because of the clone.
#[test]
fn a_clone_traces_no_sooner_than_the_original() {
    let mut world = World::with_config(config().cycles(Cycles::Prompt).trace_limit(4));
    let other = world.insert("other");
    let handles: Vec<Handle> = (0..4).flat_map(|_| ring(&mut world, ["a", "b"])).collect();
    world.scope(|world| unroot(world, &handles));
    let mut copy = world.clone();
    for world in [&mut world, &mut copy] {
        world.root(other).unwrap();
    }
    assert_eq!(world.len(), copy.len());
    assert_eq!(world.insert("new"), copy.insert("new"));
}

#[test]
fn a_cancelled_load_leaves_nothing_behind() {
    let mut store: Store<u32> = Store::new();
    for _ in 0..3 {
        store.reserve(100);
        store.shrink();
    }
    let handles: std::collections::BTreeSet<_> = (0..4_096).map(|n| store.insert(n)).collect();
    assert_eq!(handles.len(), 4_096);
    store.check_invariants().unwrap();
}

#[test]
fn a_collection_of_an_empty_store_meets_the_first_objects() {
    for units in 0..8 {
        let mut world = World::with_config(config());
        world.request_collection(Generation::Old);
        world.step(Budget::units(units));
        let handles = ring(&mut world, ["a", "b"]);
        unroot(&mut world, &handles);
        while !world.step(Budget::units(1)).is_idle() {}
        world.collect();
        world.check_emptied().unwrap();
    }
}

#[test]
fn a_collection_may_find_its_first_arena_after_it_has_looked_for_roots() {
    let mut world = World::with_config(config());
    world.request_collection(Generation::Old);
    world.step(Budget::units(1));
    let handles = ring(&mut world, ["a", "b"]);
    world.step(Budget::unlimited());
    assert!(handles.iter().all(|&handle| world.contains(handle)));
    world.check_emptied().unwrap();
}

#[test]
fn a_linked_value_is_weighed_once_and_before_anything_changes() {
    static WEIGHED: AtomicU32 = AtomicU32::new(0);
    let mut world = Store::<u32, u8>::with_config(config());
    world.measure_with(|&value| {
        WEIGHED.fetch_add(1, Ordering::Relaxed);
        assert!(value < 3, "too heavy");
        4
    });
    let parent: Handle = world.insert(1);
    let before = WEIGHED.load(Ordering::Relaxed);
    let insert = AssertUnwindSafe(|| world.insert_linked(parent, 7, 3));
    assert!(catch_unwind(insert).is_err());
    let child = world.insert_linked(parent, 7, 2).unwrap();
    assert_eq!(WEIGHED.load(Ordering::Relaxed) - before, 2);
    world.unlink(parent, child).unwrap();
    let other = world.insert(2);
    for target in [parent, other] {
        world.link(other, 0, target).unwrap();
    }
    world.watch(parent).unwrap();
    for handle in [parent, other] {
        world.unroot(handle).unwrap();
    }
    assert_eq!(world.collect().freed, 2);
    world.check_emptied().unwrap();
}

#[test]
fn an_edge_that_keeps_its_source_takes_no_memory() {
    let mut world = Store::<u32>::with_config(config());
    let handles: Vec<Handle> = (0..1_000).map(|number| world.insert(number)).collect();
    let (from, to) = handles.split_at(500);
    for (&source, &target) in from.iter().zip(to) {
        world.link(source, (), target).unwrap();
    }
    let before = world.memory();
    for (&source, targets) in from.iter().zip(to.windows(2)).rev() {
        world
            .relink((source, targets[0]), (source, targets[1]))
            .unwrap();
    }
    // What has grown is the lists of those that have two sources now, for the moment.
    assert!(
        world.memory() < before + 500,
        "{before} to {}",
        world.memory()
    );
}
