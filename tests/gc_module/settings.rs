//! Counts, thresholds, statistics, what is frozen, and when collections begin by themselves.

use understory::{Auto, Budget, Config, Cycles, Generation};

use super::{World, collecting, config, dead, let_go, ring, rooted_ring, world};

#[test]
fn counts_tell_insertions_and_collections() {
    let mut world = world();
    assert_eq!(world.counts(), [0, 0, 0]);
    let handles = [(); 3].map(|()| world.insert("x"));
    assert_eq!(world.counts(), [3, 0, 0]);
    world.unroot(handles[0]).unwrap();
    assert_eq!(world.counts(), [2, 0, 0]);
    world.collect();
    assert_eq!(world.counts(), [0, 0, 0]);
    // Deaths do not take the count below zero.
    world.unroot(handles[1]).unwrap();
    world.insert("y");
    assert_eq!(world.counts(), [1, 0, 0]);
}

#[test]
fn a_collection_counts_for_the_next_older_generation() {
    let mut world = world();
    world.collect_generation(Generation::Young);
    world.collect_generation(Generation::Young);
    assert_eq!(world.counts(), [0, 2, 0]);
    world.collect_generation(Generation::Middle);
    assert_eq!(world.counts(), [0, 0, 1]);
    world.collect_generation(Generation::Old);
    assert_eq!(world.counts(), [0, 0, 0]);
}

#[test]
fn thresholds_are_kept_as_they_are_given() {
    let mut world = world();
    for thresholds in [[700, 10, 10], [0, 0, 0], [u32::MAX; 3]] {
        world.set_thresholds(thresholds);
        assert_eq!(world.config().thresholds, thresholds);
    }
}

/// Inserts garbage until some of it has died; returns how many insertions that took.
fn insert_until_one_dies(world: &mut World, most: usize) -> Option<usize> {
    let before = world.deaths();
    (1..=most).find(|_| {
        ring(world, &["junk"]);
        world.deaths() > before
    })
}

#[test]
fn insertions_collect_over_the_threshold_and_not_where_that_is_disabled() {
    for auto in [Auto::Whole, Auto::Assist] {
        let config = config().auto(auto).thresholds([1_000, 0, 0]);
        let mut world = World::with_config(config.growth(u32::MAX));
        let first = insert_until_one_dies(&mut world, 10_000).unwrap();
        assert!(first > 1_000, "{auto:?}: after {first} insertions");
        world.collect();
        world.disable();
        assert_eq!(world.config().auto, Auto::Off);
        assert_eq!(insert_until_one_dies(&mut world, 10_000), None);
        assert_eq!(world.collect().freed, 10_000, "by word it does");
        world.enable();
        assert!(insert_until_one_dies(&mut world, 10_000).is_some());
        world.set_thresholds([0, 10, 10]);
        world.collect();
        assert_eq!(insert_until_one_dies(&mut world, 10_000), None);
        world.check_invariants().unwrap();
    }
}

#[test]
fn the_one_above_the_threshold_collects_first() {
    // CPython counts the new object before it decides, so it collects one object sooner.
    let config = config().auto(Auto::Whole).thresholds([50, 3, 2]);
    let mut world = World::with_config(config.growth(u32::MAX));
    assert_eq!(insert_until_one_dies(&mut world, 1_000), Some(52));
    assert_eq!(world.stats().generations[0].collections, 1);
}

#[test]
fn the_middle_generation_has_its_turn_after_as_many_young_ones_as_are_set() {
    let config = config().auto(Auto::Whole).thresholds([50, 3, 1_000]);
    let mut world = World::with_config(config.growth(u32::MAX));
    let (mut turns, mut before) = (Vec::new(), 0);
    while turns.len() < 10 {
        ring(&mut world, &["junk"]);
        let collections = world.stats().generations.map(|of| of.collections);
        let sum: u64 = collections.iter().sum();
        if sum > before {
            before = sum;
            turns.push(u8::from(world.counts()[1] == 0));
        }
    }
    assert_eq!(turns, [0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    assert_eq!(world.counts()[2], 2);
}

#[test]
fn an_old_collection_waits_until_a_quarter_is_new() {
    // What is long-lived stays, so CPython's rule spares it.
    let config = config().auto(Auto::Whole).thresholds([10, 0, 0]);
    let mut world = World::with_config(config.growth(u32::MAX));
    world.disable();
    for _ in 0..1_000 {
        rooted_ring(&mut world, &["long-lived"]);
    }
    world.collect();
    world.enable();
    let olds = |world: &World| world.stats().generations[2].collections;
    let mut kept = 0;
    while olds(&world) == 1 {
        rooted_ring(&mut world, &["new"]);
        ring(&mut world, &["junk"]);
        kept += 1;
        assert!(kept < 1_000);
    }
    assert!(kept >= 250, "after {kept}");
}

#[test]
fn statistics_are_those_of_the_generation_that_was_asked_for() {
    let mut world = world();
    let collections = |world: &World| world.stats().generations.map(|of| of.collections);
    assert_eq!(collections(&world), [0, 0, 0]);
    world.collect_generation(Generation::Young);
    assert_eq!(collections(&world), [1, 0, 0]);
    world.collect_generation(Generation::Old);
    assert_eq!(collections(&world), [1, 0, 1]);
    ring(&mut world, &["a", "b"]);
    rooted_ring(&mut world, &["c"]);
    let before = world.stats();
    let collected = world.collect_generation(Generation::Middle);
    let stats = world.stats();
    assert_eq!(stats.generations[0], before.generations[0]);
    assert_eq!(stats.generations[2], before.generations[2]);
    let middle = stats.generations[1];
    assert_eq!((middle.examined, middle.freed, middle.kept), (3, 2, 1));
    assert_eq!((collected.examined, collected.freed), (3, 2));
    assert_eq!(middle.units, collected.units);
    assert_eq!(stats.collected, 2);
}

#[test]
fn every_object_is_accounted_for() {
    collecting(|mut world, collect| {
        let handles = rooted_ring(&mut world, &["a", "b"]);
        ring(&mut world, &["c", "d", "e"]);
        let leaf = world.insert("leaf");
        world.destroy(handles[0]);
        world.unroot(leaf).unwrap();
        let before = world.stats();
        collect(&mut world);
        let stats = world.stats();
        let died = stats.reclaimed + stats.traced + stats.collected + stats.destroyed;
        assert_eq!(stats.inserted, died + world.len() as u64);
        assert_eq!(stats.collected - before.collected, 3);
        assert_eq!(stats.reclaimed, 1);
    });
}

#[test]
fn what_is_frozen_is_left_out_and_holds_what_it_refers_to() {
    collecting(|mut world, collect| {
        let frozen = ring(&mut world, &["frozen"])[0];
        world.freeze();
        assert_eq!(world.frozen_count(), 1);
        assert_eq!(world.counts(), [0, 0, 0]);
        let young = ring(&mut world, &["young"])[0];
        world.link(frozen, "has", young).unwrap();
        assert_eq!(collect(&mut world), 0);
        world.unfreeze();
        assert_eq!(world.frozen_count(), 0);
        assert_eq!(world.generation(frozen), Some(Generation::Old));
        assert_eq!(collect(&mut world), 2);
        assert_eq!(dead(&mut world), ["frozen", "young"]);
    });
}

#[test]
fn the_frozen_still_die_by_count() {
    let mut world = world();
    let leaf = world.insert("leaf");
    let cycle = rooted_ring(&mut world, &["a", "b"]);
    world.freeze();
    world.unroot(leaf).unwrap();
    world.unlink(cycle[0], cycle[1]).unwrap();
    let_go(&mut world, &[cycle[1]]);
    assert_eq!(dead(&mut world), ["leaf", "b"]);
}

#[test]
fn a_limit_collects_before_it_refuses() {
    let mut world = World::with_config(config().max_objects(3));
    world.disable();
    ring(&mut world, &["a", "b", "c"]);
    let last = world.insert("d");
    assert_eq!(dead(&mut world), ["a", "b", "c"]);
    ring(&mut world, &["e", "f"]);
    world.root(last).unwrap();
    assert!(world.try_insert("g").is_ok());
    world.insert("h");
    assert_eq!(world.try_insert("i").unwrap_err().value, "i");
    world.check_invariants().unwrap();
}

#[test]
fn steps_alone_keep_up_with_a_world_that_makes_garbage() {
    let config = Config::new().auto(Auto::Off).cycles(Cycles::Manual);
    let mut world = World::with_config(config.thresholds([100, 10, 10]));
    let mut most = 0;
    for _ in 0..5_000 {
        ring(&mut world, &["a", "b"]);
        world.step(Budget::units(60));
        most = most.max(world.len());
    }
    assert!(most < 1_000, "{most} objects at a time");
    world.check_invariants().unwrap();
}
