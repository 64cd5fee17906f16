//! Who is told of collections.

use std::sync::{Arc, Mutex};

use understory::{Auto, Budget, Generation, Moment, Observation, Phase};

use super::{World, collecting, config, let_go, ring, rooted_ring, world};

type Seen = Arc<Mutex<Vec<(u8, Observation)>>>;

fn observe(world: &mut World, name: u8, seen: &Seen) -> understory::Observer {
    let seen = Arc::clone(seen);
    world.observe(move |told| seen.lock().unwrap().push((name, *told)))
}

fn moments(seen: &Seen) -> Vec<(u8, Moment, Generation)> {
    let mut seen = seen.lock().unwrap();
    let all = seen.drain(..);
    all.map(|(name, told)| (name, told.moment, told.collected.generation))
        .collect()
}

#[test]
fn all_are_told_of_the_start_and_of_the_end_in_order() {
    let (mut world, seen) = (world(), Seen::default());
    let first = observe(&mut world, 1, &seen);
    observe(&mut world, 2, &seen);
    for of in [Generation::Young, Generation::Middle, Generation::Old] {
        world.collect_generation(of);
        let wanted = [
            (1, Moment::Start, of),
            (2, Moment::Start, of),
            (1, Moment::Stop, of),
            (2, Moment::Stop, of),
        ];
        assert_eq!(moments(&seen), wanted);
    }
    assert!(world.unobserve(first));
    world.collect();
    assert_eq!(moments(&seen).len(), 2);
}

#[test]
fn they_are_told_what_was_found() {
    collecting(|mut world, collect| {
        let seen = Seen::default();
        rooted_ring(&mut world, &["alive"]);
        ring(&mut world, &["a", "b"]);
        let saved = ring(&mut world, &["saved"])[0];
        let saver = |world: &mut World, this| world.root(this).unwrap();
        world.set_finalizer(saved, saver).unwrap();
        observe(&mut world, 1, &seen);
        assert_eq!(collect(&mut world), 2);
        let seen = seen.lock().unwrap();
        let mut freed = 0;
        for (_, told) in seen.iter() {
            let did = told.collected;
            if told.moment == Moment::Start {
                assert_eq!((did.examined, did.freed, did.units), (0, 0, 0));
            } else {
                assert_eq!(did.examined, did.freed + did.kept);
                assert!(did.units > 0);
                freed += did.freed;
            }
        }
        assert_eq!(freed, 2);
        assert_eq!(seen.last().unwrap().1.moment, Moment::Stop);
    });
}

#[test]
fn garbage_that_is_kept_counts_as_found() {
    collecting(|mut world, collect| {
        let seen = Seen::default();
        let handles = ring(&mut world, &["a", "b", "c", "d"]);
        world.set_keep_garbage(true);
        observe(&mut world, 1, &seen);
        collect(&mut world);
        let freed = |seen: &Seen| -> usize {
            let mut seen = seen.lock().unwrap();
            seen.drain(..).map(|(_, told)| told.collected.freed).sum()
        };
        assert_eq!(freed(&seen), 4);
        // Whoever breaks its cycles lets go of it by count.
        assert_eq!(world.drain_garbage().len(), 4);
        world.set_keep_garbage(false);
        world.unlink(handles[3], handles[0]).unwrap();
        let_go(&mut world, &handles);
        assert!(world.is_empty());
        collect(&mut world);
        assert_eq!(freed(&seen), 0);
    });
}

#[test]
fn a_collection_in_slices_is_told_of_once() {
    let (mut world, seen) = (world(), Seen::default());
    observe(&mut world, 1, &seen);
    ring(&mut world, &["a", "b"]);
    let mut steps = 0;
    while world.stats().generations[2].collections == 0 {
        world.step(Budget::units(1));
        steps += 1;
    }
    assert!(steps > 10);
    // The young are collected before the old.
    let wanted = [
        (1, Moment::Start, Generation::Young),
        (1, Moment::Stop, Generation::Young),
        (1, Moment::Start, Generation::Old),
        (1, Moment::Stop, Generation::Old),
    ];
    assert_eq!(moments(&seen), wanted);
}

#[test]
fn a_collection_that_is_broken_off_stops_without_having_examined_anything() {
    let (mut world, seen) = (world(), Seen::default());
    ring(&mut world, &["a", "b"]);
    while world.phase() != Phase::Mark {
        world.step(Budget::units(1));
    }
    observe(&mut world, 1, &seen);
    world.collect();
    let seen = seen.lock().unwrap();
    let (_, first) = seen[0];
    assert_eq!((first.moment, first.collected.examined), (Moment::Stop, 0));
    assert_eq!(seen[1].1.moment, Moment::Start);
    assert_eq!(seen.last().unwrap().1.collected.freed, 2);
}

#[test]
fn what_could_find_nothing_is_not_told_of() {
    let config = config().auto(Auto::Whole).thresholds([10, 1, 1]);
    let (mut world, seen) = (World::with_config(config), Seen::default());
    observe(&mut world, 1, &seen);
    for _ in 0..1_000 {
        world.insert("leaf");
    }
    assert!(moments(&seen).is_empty());
    let stats = world.stats();
    assert!(stats.generations.iter().any(|of| of.collections > 0));
    // Tracing is not either.
    ring(&mut world, &["a"]);
    world.trace(Budget::unlimited());
    assert!(moments(&seen).is_empty());
}

#[test]
fn a_clone_is_told_of_too() {
    let (mut world, seen) = (world(), Seen::default());
    let observer = observe(&mut world, 1, &seen);
    let mut copy = world.clone();
    assert!(world.unobserve(observer));
    world.collect();
    assert!(moments(&seen).is_empty());
    copy.collect();
    assert_eq!(moments(&seen).len(), 2);
    assert!(copy.unobserve(observer));
}
