//! Slots, arenas and lists are used in the same order as before.

use understory::{Auto, Budget, Config, Handle, Registry, Store};

use super::formats::{FORMATS, Format};

type World = Store<u64>;

fn copy(world: &World, format: Format) -> World {
    let registry = Registry::new();
    let saved = format.write(&registry.save(world).unwrap());
    let copy = format.read(&registry, &saved).unwrap();
    copy.check_invariants().unwrap();
    copy
}

/// The same insertions give the same handles.
fn insert_same(world: &mut World, copy: &mut World, number: u64) {
    for value in 0..number {
        assert_eq!(world.insert(value), copy.insert(value), "insertion {value}");
    }
}

fn config() -> Config {
    Config::new().auto(Auto::Off)
}

#[test]
fn arenas_are_filled_in_the_same_order() {
    let mut world = World::with_config(config().promote_fill(0).reopen_fill(90));
    let all: Vec<Handle> = (0..40_000).map(|value| world.insert(value)).collect();
    world.collect();
    // Old arenas that have room, in an order that is not that of their numbers.
    for arena in [3, 7, 1, 8, 5] {
        for at in (0..1_000).rev() {
            world.destroy(all[arena * 4_095 + at * 3]);
        }
    }
    // And young ones that were made to be filled.
    world.reserve(20_000);
    let mut copy = copy(&world, Format::Postcard);
    insert_same(&mut world, &mut copy, 24_000);
    assert_eq!(copy.stats(), world.stats());
}

#[test]
fn arenas_that_were_given_back_go_on_above_their_versions() {
    let mut world = World::with_config(config());
    for _ in 0..3 {
        world.extend(0..13_000);
        world.clear();
        world.shrink();
    }
    let mut copy = copy(&world, Format::Ron);
    insert_same(&mut world, &mut copy, 13_000);
}

#[test]
fn a_store_without_objects_remembers_its_slots() {
    for format in FORMATS {
        let mut world = World::with_config(config());
        let mut all: Vec<Handle> = (0..9_000).map(|value| world.insert(value)).collect();
        all.rotate_left(5_000);
        for handle in all
            .into_iter()
            .rev()
            .step_by(2)
            .chain(world.handles().collect::<Vec<_>>())
        {
            world.destroy(handle);
        }
        assert!(world.is_empty());
        // Saved again before anything has come.
        let mut copy = copy(&copy(&world, format), format);
        insert_same(&mut world, &mut copy, 10_000);
    }
}

#[test]
fn slots_that_ran_out_of_versions_stay_out_of_use() {
    for first in [u32::MAX - 4, u32::MAX - 2, u32::MAX] {
        let mut world = World::with_config(config().first_version(first));
        for round in 0..4 {
            let all: Vec<Handle> = (0..300).map(|value| world.insert(value)).collect();
            for &handle in all.iter().skip(round).step_by(2) {
                world.destroy(handle);
            }
        }
        for format in FORMATS {
            let (mut world, mut copy) = (world.clone(), copy(&world, format));
            insert_same(&mut world, &mut copy, 500);
            world.clear();
            copy.clear();
            insert_same(&mut world, &mut copy, 5_000);
        }
    }
}

#[test]
fn holes_of_long_lists_count_as_they_did() {
    for edges in [20, 40, 600, 3_000] {
        let mut world = World::with_config(config());
        let hub = world.insert(0);
        let all: Vec<Handle> = (1..=edges).map(|value| world.insert(value)).collect();
        for &target in &all {
            world.link(hub, (), target).unwrap();
            world.unroot(target).unwrap();
        }
        for (format, at) in FORMATS.into_iter().zip(1..) {
            for &target in all.iter().skip(at).step_by(6) {
                world.unlink(hub, target).unwrap();
            }
            let (mut world, mut copy) = (world.clone(), copy(&world, format));
            for world in [&mut world, &mut copy] {
                world.link(hub, (), hub).unwrap();
                world.unroot(hub).unwrap();
            }
            while !world.is_empty() {
                let steps = [&mut world, &mut copy].map(|world| world.step(Budget::units(40)));
                assert_eq!(
                    format!("{:?}", steps[0]),
                    format!("{:?}", steps[1]),
                    "{edges} edges"
                );
                copy.check_invariants().unwrap();
            }
        }
    }
}

#[test]
fn edges_of_many_objects_keep_their_order_at_both_ends() {
    let mut dice = oorandom::Rand32::new(7);
    let mut world: Store<u64, u32> = Store::with_config(config());
    let all: Vec<Handle> = (0..20_000).map(|value| world.insert(value)).collect();
    let mut any = || all[dice.rand_range(0..20_000) as usize];
    for label in 0..30_000 {
        let _ = world.link(any(), label, any());
        let _ = world.link_weak(any(), label, any());
        if label % 100 == 0 {
            // Hubs at either end.
            let _ = world.link(all[5_000], label, any());
            let _ = world.link(any(), label, all[15_000]);
        }
        if label % 7 == 0 {
            let _ = world.unlink_targets(any());
            let _ = world.unlink_sources(any());
            world.destroy(any());
        }
    }
    let edges = |world: &Store<u64, u32>| -> Vec<String> {
        let of = |at: Handle| {
            let strong = (world.out_edges(at), world.sources(at));
            let weak = (
                world.weak_edges().out_edges(at),
                world.weak_edges().sources(at),
            );
            let strong = (strong.0.collect::<Vec<_>>(), strong.1.collect::<Vec<_>>());
            format!(
                "{strong:?} {:?} {:?}",
                weak.0.collect::<Vec<_>>(),
                weak.1.collect::<Vec<_>>()
            )
        };
        world.handles().map(of).collect()
    };
    let registry = Registry::new();
    for format in [Format::Json, Format::Postcard, Format::NamedMessagePack] {
        let saved = format.write(&registry.save(&world).unwrap());
        let copy = format.read(&registry, &saved).unwrap();
        copy.check_invariants().unwrap();
        assert!(edges(&copy) == edges(&world), "{format:?}");
    }
}
