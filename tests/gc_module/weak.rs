//! Weak edges and watchers around garbage.

use std::sync::{Arc, Mutex};

use understory::{Auto, Budget, Cycles, Generation, Handle};

use super::{World, config, dead, every_way, let_go, ring, rooted_ring, world};

#[test]
fn who_is_told_of_one_death_finds_none_of_the_others_that_died_with_it() {
    every_way(|mut world, collect| {
        let handles = rooted_ring(&mut world, &["a", "b"]);
        let watcher = world.insert("watcher");
        for &handle in &handles {
            world.watch(handle).unwrap();
            world.link_weak(watcher, "sees", handle).unwrap();
        }
        assert_eq!(collect(&mut world), 0);
        assert_eq!(world.drain_notices().len(), 0);
        let_go(&mut world, &handles);
        assert_eq!(collect(&mut world), 2);
        let told: Vec<Handle> = world.drain_notices().map(|notice| notice.handle).collect();
        assert_eq!(told, handles);
        assert!(told.iter().all(|&gone| world.get(gone).is_none()));
        assert_eq!(world.weak_edges().targets(watcher).len(), 0);
    });
}

/// An old object that only young garbage holds, and other young garbage: what dies of the second
/// sees none of the first. Returns the old one and the other garbage.
fn nightmare(world: &mut World) -> (Handle, Handle) {
    let old = rooted_ring(world, &["old"])[0];
    world.collect();
    assert_eq!(world.generation(old), Some(Generation::Old));
    let holder = ring(world, &["holder"])[0];
    world.link(holder, "keeps alive", old).unwrap();
    world.unlink(old, old).unwrap();
    world.unroot(old).unwrap();
    let other = ring(world, &["other"])[0];
    (old, other)
}

/// In what way the young garbage dies: by word, by insertions, by steps, by tracing.
fn run(world: &mut World, way: usize, old: Handle) {
    match way {
        0 => drop(world.collect_generation(Generation::Young)),
        1 | 2 => {
            for at in 0.. {
                assert!(at < 10_000, "no collection begins");
                if !world.contains(old) {
                    break;
                }
                world.insert("junk");
            }
        }
        3 => {
            for at in 0.. {
                assert!(at < 10_000, "no collection begins");
                if !world.contains(old) {
                    break;
                }
                world.step(Budget::units(1 + at % 3));
                if at % 64 == 0 {
                    world.insert("junk");
                }
                world.check_invariants().unwrap();
            }
        }
        _ => drop(world.trace(Budget::unlimited())),
    }
}

fn nightmare_world(way: usize) -> World {
    let auto = [Auto::Off, Auto::Whole, Auto::Assist, Auto::Off, Auto::Off][way];
    let thresholds = if way == 3 {
        [1, 1_000, 1_000]
    } else {
        [1_000, 1_000, 1_000]
    };
    let config = config().auto(auto).thresholds(thresholds);
    World::with_config(config.cycles(Cycles::Manual).growth(u32::MAX))
}

#[test]
fn the_notice_of_an_old_death_finds_no_young_garbage_that_died_with_its_owner() {
    for way in 0..5 {
        let mut world = nightmare_world(way);
        let (old, other) = nightmare(&mut world);
        world.watch(old).unwrap();
        run(&mut world, way, old);
        let told: Vec<Handle> = world.drain_notices().map(|notice| notice.handle).collect();
        assert_eq!(told, [old], "way {way}");
        if way != 4 {
            assert!(!world.contains(other), "way {way}");
        }
        world.check_invariants().unwrap();
    }
}

#[test]
fn the_finalizer_of_an_old_object_cannot_get_at_the_garbage_that_let_go_of_it() {
    for way in 0..5 {
        let mut world = nightmare_world(way);
        let (old, other) = nightmare(&mut world);
        let seer = world.insert("seer");
        world.link_weak(seer, "sees", other).unwrap();
        let found = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&found);
        let finalizer = move |world: &mut World, _| {
            let sees = world.weak_edges().targets(seer).len();
            list.lock().unwrap().push((world.contains(other), sees));
            assert!(way == 4 || world.root(other).is_err());
        };
        world.set_finalizer(old, finalizer).unwrap();
        run(&mut world, way, old);
        // Tracing stops at each piece of garbage that it finds: the other may be next.
        let found = found.lock().unwrap();
        assert_eq!(found.len(), 1, "way {way}");
        assert!(way == 4 || found[0] == (false, 0), "way {way}: {found:?}");
        world.check_invariants().unwrap();
        world.collect();
        assert!(!world.contains(other));
    }
}

#[test]
fn a_weak_edge_within_garbage_tells_nobody() {
    // The weak edge dies with its source, and its target too: nothing is left to be told.
    every_way(|mut world, collect| {
        let handles = ring(&mut world, &["a", "y", "z"]);
        world.link_weak(handles[0], "sees", handles[2]).unwrap();
        world.link_weak(handles[2], "sees", handles[0]).unwrap();
        assert_eq!(collect(&mut world), 3);
        assert_eq!(world.weak_edges().edge_count(), 0);
        assert_eq!(world.drain_notices().len(), 0);
    });
}

#[test]
fn weak_edges_keep_nothing_alive_and_make_no_cycle() {
    every_way(|mut world, collect| {
        let [a, b] = ["a", "b"].map(|name| world.insert(name));
        world.link(a, "has", b).unwrap();
        world.link_weak(b, "owner", a).unwrap();
        world.unroot(b).unwrap();
        world.unroot(a).unwrap();
        assert_eq!(dead(&mut world), ["a", "b"]);
        assert_eq!(collect(&mut world), 0);
    });
}

#[test]
fn watchers_of_who_comes_back_are_told_of_the_second_death() {
    // CPython calls them before the finalizers, so they miss it.
    every_way(|mut world, collect| {
        let handle = ring(&mut world, &["phoenix"])[0];
        let seer = world.insert("seer");
        world.link_weak(seer, "sees", handle).unwrap();
        world.watch(handle).unwrap();
        let saver = |world: &mut World, this| world.root(this).unwrap();
        world.set_finalizer(handle, saver).unwrap();
        collect(&mut world);
        assert_eq!(world.drain_notices().len(), 0);
        assert_eq!(world.weak_edges().targets(seer).len(), 1);
        world.unroot(handle).unwrap();
        collect(&mut world);
        assert_eq!(world.drain_notices().len(), 1);
        assert_eq!(world.weak_edges().targets(seer).len(), 0);
    });
}

#[test]
fn a_weak_edge_that_a_finalizer_makes_goes_with_its_object() {
    every_way(|mut world, collect| {
        let handle = ring(&mut world, &["a"])[0];
        let seer = world.insert("seer");
        let finalizer = move |world: &mut World, this| {
            world.link_weak(seer, "sees", this).unwrap();
            world.watch(this).unwrap();
        };
        world.set_finalizer(handle, finalizer).unwrap();
        assert_eq!(collect(&mut world), 1);
        assert_eq!(world.weak_edges().targets(seer).len(), 0);
        // CPython clears these without a call.
        assert_eq!(world.drain_notices().len(), 1);
    });
}

#[test]
fn notices_come_in_the_order_of_the_deaths_and_the_newest_watch_first() {
    let mut world = world();
    let handles = ring(&mut world, &["a", "b", "c"]);
    let watches: Vec<_> = [2, 0, 1, 0]
        .map(|at| world.watch(handles[at]).unwrap())
        .to_vec();
    world.collect();
    let told: Vec<_> = world.drain_notices().map(|notice| notice.watch).collect();
    assert_eq!(told, [watches[3], watches[1], watches[2], watches[0]]);
}
