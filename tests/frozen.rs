//! Parts of a world that are frozen and thawed alone.

use understory::{Auto, Config, Generation, Handle, Store};

type World = Store<u32>;

fn world() -> World {
    World::with_config(Config::new().auto(Auto::Off))
}

/// A level of so many objects below one, some of which own each other in circles.
fn level(world: &mut World, objects: u32) -> Handle {
    let level = world.insert(0);
    for number in 1..objects {
        let object = world.insert_linked(level, (), number).unwrap();
        if number % 3 == 0 {
            world.link(object, (), level).unwrap();
        }
    }
    level
}

#[test]
fn a_part_is_frozen_as_far_as_it_has_arenas_of_its_own() {
    let mut world = world();
    let hero = world.insert(7);
    let first = level(&mut world, 20_000);
    let second = level(&mut world, 20_000);
    let frozen = world.freeze_from([first]);
    // All but what is in the arenas at both ends.
    assert!((20_000 - 2 * 4_095..20_000).contains(&frozen), "{frozen}");
    assert_eq!(world.frozen_count(), frozen);
    for handle in [hero, first, second] {
        assert_ne!(world.generation(handle), Some(Generation::Permanent));
    }
    assert_eq!(world.freeze_from([first]), 0, "once is enough");
    assert_eq!(world.collect().examined, world.len() - frozen);
    world.check_invariants().unwrap();

    // The other one is thawed alone, and what is frozen twice over is not.
    assert!(world.freeze_from([second]) > 0);
    assert_eq!(world.unfreeze_from([first]), frozen);
    assert!(world.frozen_count() > 0);
    assert_eq!(world.unfreeze_from([hero, first]), 0);
    world.unfreeze();
    assert_eq!(world.frozen_count(), 0);
    world.check_invariants().unwrap();
}

#[test]
fn what_became_garbage_while_it_was_frozen_is_found_when_it_is_thawed() {
    let mut world = world();
    let level = level(&mut world, 10_000);
    let frozen = world.freeze_from([level]);
    assert_eq!(frozen, 10_000, "there is nothing else");
    world.unroot(level).unwrap();
    assert_eq!(world.collect().freed, 0);
    assert_eq!(world.unfreeze_from([level]), frozen);
    assert_eq!(world.collect().freed, 10_000);
    assert!(world.is_empty());
    world.check_emptied().unwrap();
}

#[test]
fn newcomers_are_not_frozen_and_strangers_keep_an_arena_from_it() {
    let mut world = world();
    let level = level(&mut world, 3_000);
    let stranger = world.insert(1);
    assert_eq!(world.freeze_from([level]), 0);
    world.unroot(stranger).unwrap();
    assert_eq!(world.freeze_from([level]), 3_000);
    let newcomer = world.insert_linked(level, (), 1).unwrap();
    assert_eq!(world.generation(newcomer), Some(Generation::Young));
    assert_eq!(world.unfreeze_from([Handle::default(), stranger]), 0);
    world.check_invariants().unwrap();
}
