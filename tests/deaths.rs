//! The record of deaths: who is on it, and why they died.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use understory::{
    Auto, Budget, Cause, Commands, Config, Cycles, Destroyed, Handle, Reclaim, Recording, Store,
};

use crate::cases::quickcheck;

type World = Store<u32, u8>;

fn recording(config: Config) -> World {
    World::with_config(config.auto(Auto::Off).record_deaths(true))
}

/// Who has died, and of what.
fn died(world: &mut World) -> Vec<(u32, Cause)> {
    let deaths = world.drain_deaths();
    deaths.map(|death| (death.value, death.cause)).collect()
}

/// An owner, what it owns, and what that owns; `held` is rooted too.
fn family(world: &mut World, held: bool) -> [Handle; 3] {
    let parent = world.insert(1);
    let child = world.insert_linked(parent, 0, 2).unwrap();
    let grandchild = world.insert_linked(child, 0, 3).unwrap();
    if held {
        world.root(child).unwrap();
    }
    [parent, child, grandchild]
}

#[test]
fn each_way_to_die_has_its_cause() {
    use Cause::{Collected, Destroyed, OwnerDestroyed, Released};
    for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
        for units in [1, 3, 1_000] {
            let finish = |world: &mut World| {
                while !world.step(Budget::units(units)).is_idle() {}
                world.check_invariants().unwrap();
                died(world)
            };
            let fresh = || recording(Config::new().reclaim(reclaim));

            let mut world = fresh();
            let [parent, ..] = family(&mut world, false);
            world.unroot(parent).unwrap();
            assert_eq!(
                finish(&mut world),
                [(1, Released), (2, Released), (3, Released)]
            );

            let [parent, ..] = family(&mut world, false);
            world.destroy(parent);
            let all = [(1, Destroyed), (2, OwnerDestroyed), (3, OwnerDestroyed)];
            assert_eq!(finish(&mut world), all);

            // Who is held by the program besides dies of that later.
            let [parent, child, _] = family(&mut world, true);
            world.destroy(parent);
            assert_eq!(finish(&mut world), [(1, Destroyed)]);
            world.unroot(child).unwrap();
            assert_eq!(finish(&mut world), [(2, Released), (3, Released)]);

            // What only the ring owned goes with it.
            let [parent, child, _] = family(&mut world, false);
            world.link(child, 1, parent).unwrap();
            world.unroot(parent).unwrap();
            let mut deaths = finish(&mut world);
            deaths.sort_unstable();
            assert_eq!(deaths, [(1, Collected), (2, Collected), (3, Collected)]);

            let [_, child, _] = family(&mut world, false);
            world.retain(|handle, _| handle != child);
            assert_eq!(finish(&mut world), [(2, Destroyed), (3, OwnerDestroyed)]);
            world.clear();
            assert_eq!(died(&mut world), [(1, Destroyed)]);
        }
    }
}

#[test]
fn a_hub_that_dies_in_pieces_has_its_cause_and_passes_it_on() {
    for destroys in [false, true] {
        let mut world = recording(Config::new().reclaim(Reclaim::AtStep));
        let owner = world.insert(0);
        let hub = world.insert_linked(owner, 0, 1).unwrap();
        for _ in 0..500 {
            world.insert_linked(hub, 0, 2).unwrap();
        }
        if destroys {
            world.destroy(owner);
        } else {
            world.unroot(owner).unwrap();
        }
        while !world.step(Budget::units(7)).is_idle() {}
        let cause = if destroys {
            Cause::OwnerDestroyed
        } else {
            Cause::Released
        };
        let deaths = died(&mut world);
        assert_eq!(deaths.len(), 502);
        assert!(deaths[1..].iter().all(|death| death.1 == cause));
    }
}

#[test]
fn what_was_saved_dies_of_what_comes_later() {
    let mut world = recording(Config::new());
    let [parent, child, _] = family(&mut world, false);
    world.scope(|world| {
        world.destroy(parent);
        world.root(child).unwrap();
    });
    assert_eq!(died(&mut world), [(1, Cause::Destroyed)]);
    world.unlink_targets(child).unwrap();
    world.unroot(child).unwrap();
    assert_eq!(
        died(&mut world),
        [(3, Cause::Released), (2, Cause::Released)]
    );
}

#[test]
fn commands_record_too() {
    let mut world = recording(Config::new());
    let [parent, ..] = family(&mut world, false);
    let mut commands = Commands::new();
    commands.destroy(parent);
    world.apply(&mut commands);
    assert_eq!(died(&mut world).len(), 3);
}

#[test]
fn the_filter_says_who_is_on_record_and_none_ends_it() {
    let mut world = World::default();
    world.record_deaths(Recording::of(|number| number % 2 == 1));
    assert!(world.config().record_deaths);
    let [parent, ..] = family(&mut world, false);
    let ring = world.insert(4);
    world.link(ring, 0, ring).unwrap();
    world.unroot(ring).unwrap();
    world.collect();
    world.unroot(parent).unwrap();
    let even = world.insert(6);
    assert_eq!(world.destroy(even), Destroyed::Now(6));
    let odd = world.insert(7);
    assert_eq!(world.destroy(odd), Destroyed::Recorded);
    let dead: Vec<u32> = died(&mut world).into_iter().map(|death| death.0).collect();
    assert_eq!(dead, [1, 3, 7]);

    let odd = world.insert(9);
    world.unroot(odd).unwrap();
    world.record_deaths(Recording::none());
    assert!(!world.config().record_deaths);
    let odd = world.insert(11);
    assert_eq!(world.destroy(odd), Destroyed::Now(11));
    assert_eq!(died(&mut world), [(9, Cause::Released)]);
}

#[test]
fn components_are_on_record_if_asked_for() {
    for with in [false, true] {
        for way in 0..4 {
            let mut world = World::default();
            let recording = Recording::of(|number| *number < 2);
            world.record_deaths(if with {
                recording.with_components()
            } else {
                recording
            });
            let object = world.insert(1);
            let other = world.insert(2);
            for handle in [object, other] {
                world.insert_component(handle, "name").unwrap();
                world.insert_component(handle, vec![1, 2]).unwrap();
            }
            world.insert_component(object, 1.5).unwrap();
            match way {
                0 => world.unroot(object).unwrap(),
                1 => {
                    world.destroy(object);
                }
                2 => {
                    world.link(object, 0, object).unwrap();
                    world.unroot(object).unwrap();
                    world.collect();
                }
                _ => world.clear(),
            }
            world.clear();
            world.check_invariants().unwrap();
            let copy = world.clone();
            for mut world in [copy, world] {
                let mut deaths: Vec<_> = world.drain_deaths().collect();
                assert_eq!(deaths.len(), 1, "way {way}");
                let death = &mut deaths[0];
                assert_eq!(death.handle, object);
                assert_eq!(death.component::<f64>(), with.then_some(&1.5));
                assert_eq!(death.take_component(), with.then(|| vec![1, 2]));
                assert_eq!(death.take_component::<Vec<i32>>(), None);
                assert_eq!(death.component::<&str>(), with.then_some(&"name"));
                assert_eq!(death.component::<u8>(), None);
            }
        }
    }
}

#[test]
fn a_filter_that_panics_loses_one_value_and_nothing_else() {
    let mut world = World::default();
    world.record_deaths(Recording::of(|number| match number {
        2 => resume_unwind(Box::new("on purpose")),
        _ => true,
    }));
    let [parent, ..] = family(&mut world, false);
    let release = AssertUnwindSafe(|| world.unroot(parent).unwrap());
    assert!(catch_unwind(release).is_err());
    world.check_invariants().unwrap();
    let next = world.insert(4);
    world.destroy(next);
    assert_eq!(world.len(), 0);
    let dead: Vec<u32> = died(&mut world).into_iter().map(|death| death.0).collect();
    assert_eq!(dead, [1, 3, 4]);
}

/// What dies in a call dies of what the call does; nothing that dies is missing.
#[test]
fn the_causes_are_those_of_the_calls() {
    fn property(script: Vec<(u8, u16, u16)>) -> bool {
        let config = Config::new().cycles(Cycles::Manual).thresholds([0, 0, 0]);
        let mut world = recording(config);
        world.record_deaths(Recording::of(|_| true));
        for (number, (op, a, b)) in (0u32..).zip(script) {
            let before = world.len();
            let handles: Vec<Handle> = world.handles().collect();
            let pick = |at: u16| handles.get(usize::from(at) % handles.len().max(1)).copied();
            let (Some(a), Some(b)) = (pick(a), pick(b)) else {
                world.insert(number);
                continue;
            };
            match op % 12 {
                0..=2 => {
                    world.insert(number);
                }
                3 | 4 => {
                    world.insert_linked(a, op, number).unwrap();
                }
                5..=7 => world.link(a, op, b).unwrap(),
                8 => {
                    let _ = world.unroot(a);
                }
                9 => drop(world.unlink(a, b)),
                10 => {
                    world.destroy(a);
                }
                _ => {
                    world.collect();
                }
            }
            let (first, others) = match op % 12 {
                10 => (Cause::Destroyed, Cause::OwnerDestroyed),
                11 => (Cause::Collected, Cause::Collected),
                _ => (Cause::Released, Cause::Released),
            };
            world.check_invariants().unwrap();
            let deaths = died(&mut world);
            let born = usize::from(op % 12 < 5);
            assert_eq!(before + born - world.len(), deaths.len());
            let expected = core::iter::once(first).chain(core::iter::repeat(others));
            for (&(_, cause), expected) in deaths.iter().zip(expected) {
                assert_eq!(cause, expected, "of call {op}");
            }
        }
        true
    }
    quickcheck(300).quickcheck(property as fn(_) -> bool);
}
