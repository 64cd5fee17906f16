//! What is not in a save has a defined outcome, and what the registry does not know is an error or is left out.

use serde::{Deserialize, Serialize};
use understory::{Cause, Config, Handle, Moment, Recording, Registry, SaveError, Store, slotmap};

use super::formats::{FORMATS, Format};

type World = Store<u64, u8>;

fn json(registry: &Registry<u64, u8>, world: &World) -> World {
    let saved = Format::Json.write(&registry.save(world).unwrap());
    Format::Json.read(registry, &saved).unwrap()
}

#[test]
fn roots_that_values_hold_become_foreign() {
    let mut world = World::default();
    let lamp = world.insert(1);
    let held = world.hold(lamp).unwrap();
    world.unroot(lamp).unwrap();
    let mut copy = json(&Registry::new(), &world);
    drop(held);
    copy.sync_roots();
    assert!(copy.unroot(lamp).is_err() && copy.contains(lamp));
    copy.release_foreign_roots();
    assert!(!copy.contains(lamp));
    world.sync_roots();
    assert!(!world.contains(lamp));
}

#[test]
fn a_copy_that_is_saved_in_a_scope_is_in_none() {
    let mut world = World::default();
    let lamp = world.insert(1);
    let mut copy = world.scope(|world| {
        world.unroot(lamp).unwrap();
        json(&Registry::new(), world)
    });
    assert!(!world.contains(lamp) && copy.contains(lamp));
    copy.insert(2);
    assert!(!copy.contains(lamp));
}

#[test]
fn observers_filters_and_weights_stay_behind() {
    let mut world = World::default();
    let old = world.observe(|seen| assert_eq!(seen.moment, Moment::Start));
    world.record_deaths(Recording::of(|value| *value > 5));
    world.measure_with(|value| usize::try_from(*value).unwrap());
    let small = world.insert(1);
    let mut copy = json(&Registry::new(), &world);
    copy.link(small, 1, small).unwrap();
    copy.unroot(small).unwrap();
    copy.collect();
    let new = copy.observe(|_| ());
    assert!(new != old && !copy.unobserve(old));
    let deaths: Vec<_> = copy
        .drain_deaths()
        .map(|death| (death.value, death.cause))
        .collect();
    assert_eq!(deaths, [(1, Cause::Collected)]);
    copy.insert(7);
    assert_eq!((world.bytes(), copy.bytes()), (1, 8));
    copy.measure_with(|value| usize::try_from(*value).unwrap());
    assert_eq!(copy.bytes(), 7);
}

#[test]
fn the_dead_on_record_keep_their_components() {
    let registry = || {
        Registry::new()
            .component::<String>("name")
            .component::<u32>("health")
    };
    for format in FORMATS {
        let mut world = World::with_config(Config::new().thresholds([u32::MAX, 1, 1]));
        world.group::<(u32, String)>().unwrap();
        world.record_deaths(Recording::all().with_components());
        let [fox, owl] = [1, 2].map(|value| world.insert(value));
        world.insert_component(fox, "Reynard".to_string()).unwrap();
        world.insert_component(fox, 5_u32).unwrap();
        world.insert_component(owl, 9_u32).unwrap();
        world.unroot(fox).unwrap();
        let saved = format.write(&registry().save(&world).unwrap());
        let mut copy = format.read(&registry(), &saved).unwrap();
        let mut deaths = copy.drain_deaths();
        let fox = deaths.next().unwrap();
        assert_eq!(
            fox.component::<String>().map(String::as_str),
            Some("Reynard")
        );
        assert_eq!(fox.component::<u32>(), Some(&5));
        drop(deaths);
        assert_eq!(copy.component::<u32>(owl).as_deref(), Some(&9));

        let refused = Registry::new()
            .component::<u32>("health")
            .save(&world)
            .unwrap_err();
        let component = "alloc::string::String";
        assert_eq!(refused, SaveError::UnknownComponent { component });
    }
}

/// A component of each kind: of one shape, and of several.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Place {
    x: f32,
    y: i32,
    seen: (bool, u8),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Mood {
    Calm,
    Angry { since: u32 },
}

#[test]
fn components_of_any_shape_are_kept() {
    type Mark = Option<u32>;
    let registry = || {
        Registry::new()
            .component::<Place>("place")
            .component::<Mood>("mood")
            .component::<Mark>("mark")
            .component::<Handle>("goal")
            .component::<()>("tag")
            .component::<u64>("none has one")
    };
    let mut world = World::default();
    world.group::<(Place, Mood)>().unwrap();
    let all: Vec<Handle> = (0..9_000).map(|value| world.insert(value)).collect();
    for (at, &handle) in (0_u16..).zip(&all) {
        let (x, y) = (f32::from(at) / 3.0, -i32::from(at));
        let seen = (at % 2 == 0, 7);
        world
            .insert_component(handle, Place { x, y, seen })
            .unwrap();
        if at % 3 == 0 {
            let since = at.into();
            let mood = if at % 2 == 0 {
                Mood::Calm
            } else {
                Mood::Angry { since }
            };
            world.insert_component(handle, mood).unwrap();
            world.insert_component::<Mark>(handle, None).unwrap();
        }
        if at % 500 == 0 {
            world.insert_component::<Mark>(handle, Some(7)).unwrap();
            world.insert_component(handle, all[0]).unwrap();
            world.insert_component(handle, ()).unwrap();
        }
    }
    let components = |world: &World, of: Handle| {
        (
            world.component::<Place>(of).map(|of| of.clone()),
            world.component::<Mood>(of).map(|of| of.clone()),
            world.component::<Mark>(of).map(|of| *of),
            world.component::<Handle>(of).map(|of| *of),
            world.component::<()>(of).is_some(),
        )
    };
    for format in FORMATS {
        let saved = format.write(&registry().save(&world).unwrap());
        let copy = format.read(&registry(), &saved).unwrap();
        copy.check_invariants().unwrap();
        for &handle in &all {
            assert_eq!(
                components(&copy, handle),
                components(&world, handle),
                "{format:?}"
            );
        }
    }
}

#[test]
fn components_of_numbers_may_gain_and_lose_fields_in_any_format() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct NewPlace {
        #[serde(default)]
        z: u8,
        x: f64,
    }
    for format in FORMATS {
        let mut world = World::default();
        let [fox, owl] = [1, 2].map(|value| world.insert(value));
        for (handle, x) in [(fox, 0.5), (owl, 1.5)] {
            let place = Place {
                x,
                ..Place::default()
            };
            world.insert_component(handle, place).unwrap();
        }
        let saved = format.write(
            &Registry::new()
                .component::<Place>("place")
                .save(&world)
                .unwrap(),
        );
        let copy = format.read(&Registry::new().component::<NewPlace>("place"), &saved);
        let copy: World = copy.unwrap();
        let place = |of| copy.component::<NewPlace>(of).map(|place| place.clone());
        assert_eq!(place(fox), Some(NewPlace { z: 0, x: 0.5 }));
        assert_eq!(place(owl), Some(NewPlace { z: 0, x: 1.5 }));
        let dropped = Registry::new().dropped_component::<NewPlace>("place");
        let copy: World = format.read(&dropped, &saved).unwrap();
        assert!(copy.component::<NewPlace>(fox).is_none());
    }
}

#[test]
fn what_is_not_known_is_refused_or_left_out() {
    let known = || {
        Registry::new()
            .component::<u32>("health")
            .finalizer("nothing", |_, _| ())
    };
    let mut world = World::default();
    let fox = world.insert(1);
    world.insert_component(fox, 5_u32).unwrap();
    let saved = |world: &World| Format::Json.write(&known().save(world).unwrap());
    let unknown = Registry::<u64, u8>::new;
    let error = Format::Json.read(&unknown(), &saved(&world)).unwrap_err();
    assert!(error.contains("the component `health` is not registered"));
    let copy = Format::Json.read(&unknown().skip_unknown_components(), &saved(&world));
    assert!(copy.unwrap().component::<u32>(fox).is_none());

    world
        .set_named_finalizer(fox, "nothing", |_, _| ())
        .unwrap();
    let unknown = || Registry::<u64, u8>::new().component::<u32>("health");
    let error = Format::Json.read(&unknown(), &saved(&world)).unwrap_err();
    assert!(error.contains("the finalizer `nothing` is not registered"));
    let copy = Format::Json.read(&unknown().skip_unknown_finalizers(), &saved(&world));
    assert_eq!(copy.unwrap().is_finalized(fox), Some(false));
    let (index, name) = (fox.index(), Some("nothing"));
    let refused = unknown().save(&world).unwrap_err();
    assert_eq!(refused, SaveError::UnknownFinalizer { index, name });

    let borrowed = world.column_mut::<u32>();
    assert!(matches!(known().save(&world), Err(SaveError::Borrowed(_))));
    drop(borrowed);
}

slotmap::new_key_type! { struct UnitId; }

#[test]
fn handles_keep_their_meaning_wherever_they_are() {
    let mut world: Store<Option<UnitId>, Handle, UnitId> = Store::default();
    let oak = world.insert(None);
    let ivy = world.insert(Some(oak));
    world.link(ivy, Handle::default(), oak).unwrap();
    let watch = world.watch(oak).unwrap();
    for format in FORMATS {
        let saved = format.write(&world);
        let copy = format.read(&Registry::new(), &saved);
        let mut copy: Store<Option<UnitId>, Handle, UnitId> = copy.unwrap();
        assert_eq!(copy[ivy], Some(oak));
        copy.destroy(oak);
        assert_eq!(
            copy.drain_notices().next().map(|notice| notice.watch),
            Some(watch)
        );
    }
}

#[test]
fn what_was_drained_leaves_no_cause_of_death_behind() {
    let mut world = World::with_config(Config::new().record_deaths(true));
    let [owner, owned] = [1, 2].map(|value| world.insert(value));
    world.link(owner, 0, owned).unwrap();
    world.destroy(owner);
    // It has a root, and would have died of its owner's death.
    assert!(world.contains(owned));
    assert_eq!(world.drain().len(), 1);
    drop(world.drain_deaths());
    world.shrink();
    assert!(json(&Registry::new(), &world).is_empty());
}

#[test]
fn finalizers_that_have_run_cost_a_copy_no_less_than_the_original() {
    let mut world = World::default();
    world.set_clock(None);
    let last_word = world.insert(0);
    world.set_finalizer(last_word, |_, _| ()).unwrap();
    world.unroot(last_word).unwrap();
    let ring = [1, 2].map(|value| world.insert(value));
    world.link(ring[0], 0, ring[1]).unwrap();
    world.link(ring[1], 0, ring[0]).unwrap();
    for handle in ring {
        world.unroot(handle).unwrap();
    }
    let mut copy = json(&Registry::new(), &world);
    let collected = [&mut world, &mut copy].map(|world| {
        let collected = world.collect();
        (collected, world.stats().generations.map(|of| of.units))
    });
    assert_eq!(collected[0], collected[1]);
}
