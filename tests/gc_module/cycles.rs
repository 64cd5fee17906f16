//! What is garbage, and what is not.

use understory::Budget;

use super::{Log, collecting, dead, every_way, let_go, log, ring, rooted_ring};

#[test]
fn an_object_that_holds_itself_is_garbage_without_a_root() {
    every_way(|mut world, collect| {
        let list = world.insert("list");
        world.link(list, "item", list).unwrap();
        assert_eq!(collect(&mut world), 0);
        world.unroot(list).unwrap();
        assert!(world.contains(list));
        assert_eq!(collect(&mut world), 1);
        assert!(world.is_empty());
    });
}

#[test]
fn parallel_edges_to_itself_change_nothing() {
    every_way(|mut world, collect| {
        let dict = world.insert("dict");
        for key in ["1", "2", "3"] {
            world.link(dict, key, dict).unwrap();
        }
        world.unroot(dict).unwrap();
        world.list_mut(dict, &"2").unlink(dict).unwrap();
        assert_eq!((world.refcount(dict), collect(&mut world)), (Some(2), 1));
        assert!(world.is_empty());
    });
}

#[test]
fn two_that_hold_each_other_die_together() {
    every_way(|mut world, collect| {
        ring(&mut world, &["list", "tuple"]);
        assert_eq!(collect(&mut world), 2);
        assert_eq!(dead(&mut world), ["list", "tuple"]);
    });
}

#[test]
fn a_kind_outlives_its_definition_as_long_as_one_of_its_kind_lives() {
    every_way(|mut world, collect| {
        let base = rooted_ring(&mut world, &["base", "its methods"]);
        let kind = rooted_ring(&mut world, &["kind", "its methods"]);
        world.link(kind[0], "inherits", base[0]).unwrap();
        world.link(base[0], "knows", kind[0]).unwrap();
        let instance = world.insert("instance");
        world.link(instance, "is a", kind[0]).unwrap();
        world.link(instance, "self", instance).unwrap();
        let_go(&mut world, &base);
        let_go(&mut world, &kind);
        assert_eq!(collect(&mut world), 0);
        assert_eq!(world.len(), 5);
        world.unroot(instance).unwrap();
        assert_eq!(collect(&mut world), 5);
        assert!(world.is_empty());
    });
}

#[test]
fn an_object_that_holds_what_holds_it_is_garbage() {
    every_way(|mut world, collect| {
        let this = world.insert("instance");
        let method = world.insert_linked(this, "bound", "method").unwrap();
        world.link(method, "self", this).unwrap();
        world.unroot(this).unwrap();
        assert_eq!(collect(&mut world), 2);
        assert_eq!(dead(&mut world), ["instance", "method"]);
    });
}

#[test]
fn what_garbage_alone_owned_dies_by_count_and_is_not_counted_as_garbage() {
    collecting(|mut world, collect| {
        let leaf = world.insert("leaf");
        collect(&mut world);
        world.freeze();
        let list = ring(&mut world, &["list"])[0];
        world.link(list, "owns", leaf).unwrap();
        world.unroot(leaf).unwrap();
        assert_eq!(collect(&mut world), 1);
        // In slices it dies when the edge has gone, which is before the garbage leaves its slot.
        let mut dead = dead(&mut world);
        dead.sort_unstable();
        assert_eq!(dead, ["leaf", "list"]);
    });
}

#[test]
fn a_finalizer_makes_nothing_uncollectable() {
    // CPython keeps cycles that have finalizers of the old kind in `gc.garbage`.
    every_way(|mut world, collect| {
        let names = Log::default();
        let handles = ring(&mut world, &["a", "b"]);
        for &handle in &handles {
            log(&mut world, &names, handle);
        }
        let other = ring(&mut world, &["c"])[0];
        world.link(handles[0], "other", other).unwrap();
        assert_eq!(collect(&mut world), 3);
        assert_eq!(*names.lock().unwrap(), ["a", "b"]);
        assert_eq!(dead(&mut world), ["a", "b", "c"]);
        assert_eq!(world.drain_garbage().len(), 0);
    });
}

#[test]
fn what_is_let_go_of_in_a_hierarchy_of_cycles_dies_from_the_top() {
    every_way(|mut world, collect| {
        let upper = rooted_ring(&mut world, &["a", "b"]);
        let lower = rooted_ring(&mut world, &["c", "d"]);
        world.link(upper[1], "lower", lower[0]).unwrap();
        let_go(&mut world, &lower);
        assert_eq!(collect(&mut world), 0);
        let_go(&mut world, &upper);
        assert_eq!(collect(&mut world), 4);
        assert_eq!(dead(&mut world), ["a", "b", "c", "d"]);
    });
}

#[test]
fn an_edge_that_goes_in_the_middle_of_a_cycle_takes_the_rest_by_count() {
    every_way(|mut world, collect| {
        let handles = ring(&mut world, &["a", "b", "c"]);
        world.unlink(handles[2], handles[0]).unwrap();
        assert_eq!(dead(&mut world), ["a", "b", "c"]);
        assert_eq!(collect(&mut world), 0);
    });
}

#[test]
fn garbage_that_is_kept_is_whole_and_the_callers() {
    collecting(|mut world, collect| {
        let names = Log::default();
        let handles = ring(&mut world, &["a", "b"]);
        for &handle in &handles {
            log(&mut world, &names, handle);
        }
        let (watcher, alive) = (world.insert("watcher"), world.insert("alive"));
        world.link_weak(watcher, "sees", handles[0]).unwrap();
        let watch = world.watch(handles[1]).unwrap();
        world.set_keep_garbage(true);
        assert_eq!(collect(&mut world), 2);
        assert_eq!(*names.lock().unwrap(), ["a", "b"]);
        assert!(dead(&mut world).is_empty());
        let garbage: Vec<_> = world.drain_garbage().collect();
        assert_eq!(garbage, handles);
        assert!(world.has_edge(garbage[0], garbage[1]));
        // CPython has cleared the weak references by then.
        assert_eq!(world.weak_edges().targets(watcher).len(), 1);
        assert_eq!(world.drain_notices().len(), 0);
        assert_eq!(world.root_count(garbage[0]), Some(1));

        world.set_keep_garbage(false);
        assert_eq!(collect(&mut world), 0, "it is rooted");
        let_go(&mut world, &garbage);
        assert_eq!(collect(&mut world), 2);
        assert_eq!(*names.lock().unwrap(), ["a", "b"], "not a second time");
        assert_eq!(world.drain_notices().next().map(|n| n.watch), Some(watch));
        assert_eq!(world.weak_edges().targets(watcher).len(), 0);
        assert!(world.contains(alive));
    });
}

#[test]
fn garbage_is_kept_although_steps_trace() {
    let mut world = super::World::with_config(super::config().cycles(understory::Cycles::AtStep));
    world.set_keep_garbage(true);
    ring(&mut world, &["a", "b"]);
    while world.phase() != understory::Phase::Idle || world.stats().generations[2].collections == 0
    {
        world.step(Budget::units(3));
        world.insert("filler");
        world.check_invariants().unwrap();
    }
    assert_eq!(world.drain_garbage().len(), 2);
    assert_eq!(world.stats().traced, 0);
}

#[test]
fn what_a_finalizer_has_saved_is_not_kept_as_garbage() {
    collecting(|mut world, collect| {
        let handles = ring(&mut world, &["a"]);
        world
            .set_finalizer(handles[0], |world, this| world.root(this).unwrap())
            .unwrap();
        world.set_keep_garbage(true);
        assert_eq!(collect(&mut world), 0);
        assert_eq!(world.drain_garbage().len(), 0);
        assert_eq!(world.root_count(handles[0]), Some(1));
    });
}
