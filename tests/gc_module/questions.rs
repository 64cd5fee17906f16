//! Who refers to whom, who is tracked, finalized, or in a generation.

use understory::{Budget, Generation, Handle, Phase};

use super::{World, dead, every_way, let_go, ring, rooted_ring, world};

#[test]
fn referents_are_given_once_an_edge_in_order() {
    let mut world = world();
    let [one, two, three] = ["1", "2", "3"].map(|name| world.insert(name));
    let list = world.insert("list");
    for item in [one, two, three] {
        world.link(list, "item", item).unwrap();
    }
    let tuple = world.insert("tuple");
    for item in [one, one, one] {
        world.link(tuple, "item", item).unwrap();
    }
    let weak = world.insert("weak");
    world.link_weak(weak, "sees", one).unwrap();
    let referents = |sources: &[Handle]| -> Vec<&str> {
        let targets = sources.iter().flat_map(|&source| world.targets(source));
        targets.map(|target| world[target]).collect()
    };
    assert_eq!(referents(&[list]), ["1", "2", "3"]);
    assert_eq!(referents(&[tuple, list]), ["1", "1", "1", "1", "2", "3"]);
    assert!(referents(&[one, weak]).is_empty());
    assert!(referents(&[]).is_empty());
}

#[test]
fn referrers_are_given_once_each() {
    let mut world = world();
    let [a, b, target] = ["a", "b", "target"].map(|name| world.insert(name));
    for source in [b, b, a, target] {
        world.link(source, "has", target).unwrap();
    }
    world.link(b, "has", a).unwrap();
    assert_eq!(world.referrers([target, a]), [a, b, target]);
    world.freeze();
    // CPython does not see those that are frozen.
    assert_eq!(world.referrers([target]), [a, b, target]);
}

#[test]
fn handles_that_name_nothing_are_answered() {
    every_way(|mut world, collect| {
        let handles = ring(&mut world, &["a", "b"]);
        let alive = world.insert("alive");
        collect(&mut world);
        let heir = world.insert("heir"); // in a slot of the dead
        for gone in [handles[0], handles[1], Handle::default()] {
            assert!(world.referrers([gone]).is_empty());
            assert_eq!(world.targets(gone).count(), 0);
            assert_eq!(world.may_be_cyclic(gone), None);
            assert_eq!(world.is_finalized(gone), None);
            assert_eq!(world.generation(gone), None);
            assert!(world.watch(gone).is_err());
            assert!(world.set_finalizer(gone, |_, _| ()).is_err());
            assert!(world.link(alive, "has", gone).is_err());
        }
        assert!(world.contains(heir) && !handles.contains(&heir));
    });
}

#[test]
fn only_what_has_edges_both_ways_is_tracked() {
    // CPython tracks by type: whoever may ever refer to something.
    let mut world = world();
    let [top, middle, leaf] = ["top", "middle", "leaf"].map(|name| world.insert(name));
    world.link(top, "has", middle).unwrap();
    assert_eq!(world.may_be_cyclic(middle), Some(false));
    world.link(middle, "has", leaf).unwrap();
    let tracked = |world: &World| [top, middle, leaf].map(|of| world.may_be_cyclic(of).unwrap());
    assert_eq!(tracked(&world), [false, true, false]);
    world.link_weak(leaf, "sees", top).unwrap();
    assert_eq!(tracked(&world), [false, true, false]);
    world.link(leaf, "has", leaf).unwrap();
    assert_eq!(tracked(&world), [false, true, true]);
    world.unlink(middle, leaf).unwrap();
    assert_eq!(tracked(&world), [false, false, true]);
}

#[test]
fn who_came_back_is_finalized() {
    every_way(|mut world, collect| {
        let handles = ring(&mut world, &["lazarus", "companion"]);
        world
            .set_finalizer(handles[0], |world, this| world.root(this).unwrap())
            .unwrap();
        assert_eq!(world.is_finalized(handles[0]), Some(false));
        assert_eq!(collect(&mut world), 0);
        assert_eq!(world.is_finalized(handles[0]), Some(true));
        assert_eq!(world.is_finalized(handles[1]), Some(false));
        // Whoever is in the slot later is not.
        world.destroy(handles[0]);
        let heir = world.insert("heir");
        assert_eq!(world.is_finalized(heir), Some(false));
    });
}

fn generations(world: &World, handle: Handle) -> [bool; 4] {
    [
        Generation::Young,
        Generation::Middle,
        Generation::Old,
        Generation::Permanent,
    ]
    .map(|of| world.handles_in(of).any(|other| other == handle))
}

#[test]
fn survivors_go_up_a_generation_and_stay_in_the_old_one() {
    let mut world = world();
    let list = rooted_ring(&mut world, &["list"])[0];
    assert_eq!(generations(&world, list), [true, false, false, false]);
    world.collect_generation(Generation::Young);
    assert_eq!(generations(&world, list), [false, true, false, false]);
    world.collect_generation(Generation::Young);
    assert_eq!(generations(&world, list), [false, true, false, false]);
    world.collect_generation(Generation::Middle);
    assert_eq!(generations(&world, list), [false, false, true, false]);
    world.collect_generation(Generation::Old);
    assert_eq!(generations(&world, list), [false, false, true, false]);
    world.freeze();
    assert_eq!(generations(&world, list), [false, false, false, true]);
}

#[test]
fn every_object_is_in_one_generation() {
    let mut world = world();
    for generation in [Generation::Old, Generation::Middle, Generation::Young] {
        rooted_ring(&mut world, &["a", "b", "c"]);
        world.collect_generation(generation);
    }
    rooted_ring(&mut world, &["d"]);
    let of = [
        Generation::Young,
        Generation::Middle,
        Generation::Old,
        Generation::Permanent,
    ];
    let all: usize = of.iter().map(|&of| world.handles_in(of).count()).sum();
    assert_eq!(all, world.len());
    for of in of {
        assert_eq!(world.handles_in(of).count(), world.generation_len(of));
    }
}

#[test]
fn a_collection_of_the_permanent_is_one_of_the_old() {
    // CPython refuses generations that it does not collect.
    let mut world = world();
    rooted_ring(&mut world, &["a"]);
    let collected = world.collect_generation(Generation::Permanent);
    assert_eq!(collected.examined, 1);
    assert_eq!(world.stats().generations[2].collections, 1);
}

#[test]
fn a_young_collection_leaves_alone_what_old_garbage_holds() {
    let mut world = world();
    let old = rooted_ring(&mut world, &["old"])[0];
    world.collect();
    let young = ring(&mut world, &["young"])[0];
    world.link(old, "has", young).unwrap();
    world.unroot(old).unwrap();
    for generation in [Generation::Young, Generation::Middle] {
        assert_eq!(world.collect_generation(generation).freed, 0);
    }
    assert_eq!(world.collect().freed, 2);
    assert_eq!(dead(&mut world), ["old", "young"]);
}

#[test]
fn the_dead_that_were_not_swept_are_in_no_answer() {
    let mut world = world();
    let alive = world.insert("alive");
    let handles = rooted_ring(&mut world, &["a", "b", "c"]);
    world.link(handles[0], "has", alive).unwrap();
    let_go(&mut world, &handles);
    while world.phase() != Phase::Sweep {
        assert_eq!(world.len(), 4);
        assert!(world.contains(handles[1]));
        world.step(Budget::units(1));
    }
    let mut seen = 0;
    while world.phase() == Phase::Sweep {
        assert_eq!(world.len(), 1);
        assert_eq!(world.handles().collect::<Vec<_>>(), [alive]);
        assert_eq!(world.values().collect::<Vec<_>>(), [&"alive"]);
        let young: Vec<_> = world.handles_in(Generation::Young).collect();
        let middle: Vec<_> = world.handles_in(Generation::Middle).collect();
        assert_eq!([young, middle].concat(), [alive]);
        assert!(handles.iter().all(|&of| world.may_be_cyclic(of).is_none()));
        assert!(world.referrers([alive]).is_empty());
        world.check_invariants().unwrap();
        world.step(Budget::units(1));
        seen += 1;
    }
    assert!(seen > 3, "it was swept in pieces");
    assert_eq!(dead(&mut world), ["a", "b", "c"]);
}
