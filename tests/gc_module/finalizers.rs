//! Finalizers in cycles, and what they save.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use understory::{Budget, FinalizerError, Generation, Handle};

use super::{Log, World, collecting, dead, every_way, let_go, log, ring, rooted_ring, world};

/// Roots it, and so saves it.
fn save(world: &mut World, this: Handle) {
    world.root(this).unwrap();
}

#[test]
fn a_finalizer_of_a_cycle_runs_once() {
    every_way(|mut world, collect| {
        let names = Log::default();
        let handle = ring(&mut world, &["a"])[0];
        log(&mut world, &names, handle);
        assert_eq!(collect(&mut world), 1);
        assert_eq!(collect(&mut world), 0);
        assert_eq!(*names.lock().unwrap(), ["a"]);
    });
}

#[test]
fn finalizers_that_break_their_cycle_let_it_die_by_count() {
    // As in CPython, whoever dies by count is not counted as found.
    collecting(|mut world, collect| {
        let handles = ring(&mut world, &["a", "b"]);
        for &handle in &handles {
            let finalizer = |world: &mut World, this| {
                world.unlink_targets(this).unwrap();
            };
            world.set_finalizer(handle, finalizer).unwrap();
        }
        assert_eq!(collect(&mut world), 0);
        assert!(world.is_empty());
        // In slices "b" is finalized as it dies by count, and so "a" dies before it.
        let mut dead = dead(&mut world);
        dead.sort_unstable();
        assert_eq!(dead, ["a", "b"]);
        assert_eq!(world.drain_garbage().len(), 0);
    });
}

#[test]
fn what_finalizers_of_one_collection_let_go_of_dies_in_their_order() {
    collecting(|mut world, collect| {
        let handles = ring(&mut world, &["a", "b", "c"]);
        for (handle, name) in handles.into_iter().zip(["x", "y", "z"]) {
            let held = world.insert(name);
            let more = world.insert("more");
            let finalizer = move |world: &mut World, _| let_go(world, &[held, more]);
            world.set_finalizer(handle, finalizer).unwrap();
        }
        assert_eq!(collect(&mut world), 3);
        let wanted = ["x", "more", "y", "more", "z", "more", "a", "b", "c"];
        assert_eq!(dead(&mut world), wanted);
    });
}

#[test]
fn a_finalizer_that_breaks_its_cycle_lets_it_die_where_it_is_traced_too() {
    let mut world = world();
    let handles = ring(&mut world, &["a", "b"]);
    let finalizer = |world: &mut World, this| {
        world.unlink_targets(this).unwrap();
    };
    world.set_finalizer(handles[0], finalizer).unwrap();
    let traced = world.trace(Budget::unlimited());
    assert_eq!((traced.traced, traced.reclaimed), (0, 2));
    assert!(world.is_empty());
}

#[test]
fn a_finalizer_that_breaks_one_of_two_cycles_leaves_the_other_to_the_collection() {
    collecting(|mut world, collect| {
        let handles = ring(&mut world, &["a", "b"]);
        world.link(handles[0], "self", handles[0]).unwrap();
        let finalizer = |world: &mut World, this| {
            world.list_mut(this, &"self").unlink(this).unwrap();
        };
        world.set_finalizer(handles[0], finalizer).unwrap();
        assert_eq!(collect(&mut world), 2);
        assert_eq!(dead(&mut world), ["a", "b"]);
    });
}

#[test]
fn a_finalizer_that_changes_a_cycle_whose_other_half_has_none_is_safe() {
    // Of a pair one has a finalizer, which drops an edge to a third object.
    every_way(|mut world, collect| {
        let handles = ring(&mut world, &["a", "b"]);
        world.insert_linked(handles[1], "x", "c").unwrap();
        let finalizer = |world: &mut World, this| {
            let child = world.target(this, &"x").unwrap();
            world.unlink(this, child).unwrap();
            let other = world.insert("attr");
            world.link(this, "attr", other).unwrap();
            world.unroot(other).unwrap();
        };
        world.set_finalizer(handles[1], finalizer).unwrap();
        collect(&mut world);
        assert!(world.is_empty());
        let mut dead = dead(&mut world);
        dead.sort_unstable();
        assert_eq!(dead, ["a", "attr", "b", "c"]);
    });
}

#[test]
fn all_that_die_together_are_whole_while_one_is_finalized() {
    every_way(|mut world, collect| {
        let handles = ring(&mut world, &["a", "b", "c", "d"]);
        let seen = Arc::new(AtomicUsize::new(0));
        for &handle in &handles {
            let (all, seen) = (handles.clone(), Arc::clone(&seen));
            let finalizer = move |world: &mut World, this| {
                let mut at = this;
                for _ in 0..4 {
                    assert!(all.contains(&at) && !world[at].is_empty());
                    at = world.target(at, &"next").unwrap();
                }
                assert_eq!(at, this);
                seen.fetch_add(1, Ordering::Relaxed);
            };
            world.set_finalizer(handle, finalizer).unwrap();
        }
        assert_eq!(collect(&mut world), 4);
        assert_eq!(seen.load(Ordering::Relaxed), 4);
    });
}

#[test]
fn an_object_comes_back_once_only() {
    every_way(|mut world, collect| {
        let handle = ring(&mut world, &["lazarus"])[0];
        let count = Arc::new(AtomicUsize::new(0));
        let sum = Arc::clone(&count);
        let finalizer = move |world: &mut World, this| {
            sum.fetch_add(1, Ordering::Relaxed);
            save(world, this);
        };
        world.set_finalizer(handle, finalizer).unwrap();
        assert_eq!(collect(&mut world), 0);
        assert_eq!(count.load(Ordering::Relaxed), 1);
        let again = world.set_finalizer(handle, |_, _| ());
        assert_eq!(again, Err(FinalizerError::Finalized));
        world.unroot(handle).unwrap();
        assert_eq!(collect(&mut world), 1);
        assert_eq!(count.load(Ordering::Relaxed), 1);
        assert!(world.is_empty());
    });
}

#[test]
fn who_comes_back_brings_along_all_it_reaches() {
    collecting(|mut world, collect| {
        let lazarus = ring(&mut world, &["lazarus", "cargo"]);
        let far = world.insert_linked(lazarus[1], "has", "far").unwrap();
        world.set_finalizer(lazarus[0], save).unwrap();
        let names = Log::default();
        log(&mut world, &names, far);
        assert_eq!(collect(&mut world), 0);
        assert_eq!(world.target(lazarus[0], &"next"), Some(lazarus[1]));
        assert!(world.contains(far));
        assert!(dead(&mut world).is_empty());
        // It was garbage, so its finalizer has run although it lives; once is all there is.
        assert_eq!(*names.lock().unwrap(), ["far"]);
        assert_eq!(world.is_finalized(far), Some(true));
        world.unroot(lazarus[0]).unwrap();
        collect(&mut world);
        assert!(world.is_empty());
        assert_eq!(*names.lock().unwrap(), ["far"]);
    });
}

#[test]
fn who_comes_back_does_not_keep_the_other_garbage() {
    every_way(|mut world, collect| {
        const MANY: usize = 100;
        for _ in 0..MANY {
            ring(&mut world, &["plain"]);
        }
        assert_eq!(collect(&mut world), MANY);
        let phoenix = |world: &mut World| {
            let handle = ring(world, &["phoenix"])[0];
            world.set_finalizer(handle, save).unwrap();
            handle
        };
        let first = phoenix(&mut world);
        assert_eq!(collect(&mut world), 0);
        for _ in 0..MANY {
            ring(&mut world, &["plain"]);
        }
        let second = phoenix(&mut world);
        assert_eq!(collect(&mut world), MANY);
        let_go(&mut world, &[first, second]);
        assert_eq!(collect(&mut world), 2);
        assert!(world.is_empty());
    });
}

#[test]
fn what_hangs_on_a_saved_cycle_lives_and_what_hangs_over_it_dies_in_the_same_collection() {
    collecting(|mut world, collect| {
        let over = rooted_ring(&mut world, &["over", "more"]);
        let saved = rooted_ring(&mut world, &["saved", "kept"]);
        world.link(over[1], "has", saved[0]).unwrap();
        let under = ring(&mut world, &["under"])[0];
        world.link(saved[1], "has", under).unwrap();
        let names = Log::default();
        log(&mut world, &names, over[0]);
        world.set_finalizer(saved[1], save).unwrap();
        let_go(&mut world, &over);
        let_go(&mut world, &saved);
        assert_eq!(collect(&mut world), 2);
        assert_eq!(dead(&mut world), ["over", "more"]);
        assert_eq!(world.len(), 3);
        assert_eq!(*names.lock().unwrap(), ["over"]);
    });
}

#[test]
fn an_edge_from_a_new_cycle_saves_for_the_time_being() {
    // The new object is born in the collection, so this one takes it for live.
    for sliced in [false, true] {
        let mut world = world();
        let handle = ring(&mut world, &["s"])[0];
        let count = Arc::new(AtomicUsize::new(0));
        let sum = Arc::clone(&count);
        let finalizer = move |world: &mut World, this| {
            sum.fetch_add(1, Ordering::Relaxed);
            let list = world.insert("list");
            world.link(list, "item", this).unwrap();
            world.link(this, "x", list).unwrap();
            world.unroot(list).unwrap();
        };
        world.set_finalizer(handle, finalizer).unwrap();
        let collect = if sliced { super::sliced } else { super::whole };
        if sliced {
            // The young are collected first, and then the new object is as old as any.
            assert_eq!(collect(&mut world), 2);
        } else {
            assert_eq!(collect(&mut world), 0);
            assert_eq!(world.len(), 2);
            assert_eq!(collect(&mut world), 2);
        }
        assert!(world.is_empty());
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn who_was_saved_by_a_collection_is_promoted_with_the_survivors() {
    let mut world = world();
    let handle = ring(&mut world, &["a"])[0];
    world.set_finalizer(handle, save).unwrap();
    world.collect_generation(Generation::Young);
    assert_eq!(world.generation(handle), Some(Generation::Middle));
}

#[test]
fn a_collection_in_a_finalizer_does_nothing() {
    every_way(|mut world, collect| {
        let handles = ring(&mut world, &["a", "b"]);
        let ran = Arc::new(AtomicUsize::new(0));
        for &handle in &handles {
            let ran = Arc::clone(&ran);
            let finalizer = move |world: &mut World, _| {
                let other = ring(world, &["other"])[0];
                let before = world.stats().generations;
                for of in [Generation::Young, Generation::Middle, Generation::Old] {
                    let nested = world.collect_generation(of);
                    assert_eq!((nested.examined, nested.freed, nested.units), (0, 0, 0));
                }
                assert_eq!(world.collect_due(), None);
                assert_eq!(world.step(Budget::unlimited()).units, 0);
                assert_eq!(world.trace(Budget::unlimited()).traced, 0);
                assert_eq!(world.stats().generations, before);
                assert!(world.contains(other));
                ran.fetch_add(1, Ordering::Relaxed);
            };
            world.set_finalizer(handle, finalizer).unwrap();
        }
        assert!(collect(&mut world) >= 2);
        assert_eq!(ran.load(Ordering::Relaxed), 2);
        world.collect();
        assert!(world.is_empty());
    });
}

#[test]
fn insertions_in_a_finalizer_collect_nothing() {
    let config = super::config().auto(understory::Auto::Whole);
    let mut world = World::with_config(config.thresholds([10, 1, 1]));
    let handle = ring(&mut world, &["a"])[0];
    let finalizer = |world: &mut World, _| {
        for _ in 0..1_000 {
            ring(world, &["b"]);
        }
        assert_eq!(world.drain_deaths().len(), 0);
    };
    world.set_finalizer(handle, finalizer).unwrap();
    world.collect();
    assert_eq!(world.len(), 1_000);
    assert_eq!(
        world.counts()[0],
        999,
        "born in the collection, less its dead"
    );
    world.insert("c");
    assert_eq!(world.len(), 1);
}

#[test]
fn deep_garbage_needs_no_stack() {
    const DEEP: usize = 100_000;
    // In a cycle, behind a cycle, and by count; each with finalizers.
    for way in 0..4 {
        let mut world = world();
        let count = Arc::new(AtomicUsize::new(0));
        let first = world.insert("first");
        let mut last = first;
        for at in 0..DEEP {
            last = world.insert_linked(last, "next", "link").unwrap();
            if at % 10 == 0 {
                let sum = Arc::clone(&count);
                let finalizer = move |_: &mut World, _| {
                    sum.fetch_add(1, Ordering::Relaxed);
                };
                world.set_finalizer(last, finalizer).unwrap();
            }
        }
        match way {
            0 => world.link(last, "next", first).unwrap(),
            1 | 3 => world.link(first, "self", first).unwrap(),
            _ => {}
        }
        world.unroot(first).unwrap();
        match way {
            3 => drop(world.trace(Budget::unlimited())),
            _ => drop(world.collect()),
        }
        assert!(world.is_empty());
        assert_eq!(count.load(Ordering::Relaxed), DEEP / 10);
    }
}

#[test]
fn the_end_of_a_store_finalizes_nobody() {
    // CPython finalizes what is left when it ends.
    let names = Log::default();
    for way in 0..3 {
        let mut world = world();
        for name in ["a", "b"] {
            let handle = world.insert(name);
            log(&mut world, &names, handle);
        }
        match way {
            0 => world.clear(),
            1 => assert_eq!(world.drain().count(), 2),
            _ => drop(world),
        }
    }
    assert!(names.lock().unwrap().is_empty());
}

#[test]
fn a_finalizer_that_sets_finalizers_on_the_others_has_them_run_too() {
    collecting(|mut world, collect| {
        let names = Log::default();
        let handles = ring(&mut world, &["a", "b", "c"]);
        let log_of = Arc::clone(&names);
        let others = handles.clone();
        let finalizer = move |world: &mut World, this: Handle| {
            log_of.lock().unwrap().push(world[this]);
            for &other in others.iter().filter(|&&other| other != this) {
                log(world, &log_of, other);
            }
        };
        world.set_finalizer(handles[1], finalizer).unwrap();
        assert_eq!(collect(&mut world), 3);
        let names = names.lock().unwrap();
        assert_eq!((names[0], names.len()), ("b", 3));
    });
}
