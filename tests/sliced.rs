//! What the program does between two slices of a collection, at the moments that random scripts
//! hardly ever hit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use understory::{Auto, Budget, Config, Cycles, Generation, Handle, Phase, Reclaim, Store};

type World = Store<u32>;

/// Objects of an arena.
const ARENA: usize = 4_095;

fn config() -> Config {
    Config::new()
        .auto(Auto::Off)
        .cycles(Cycles::Manual)
        .thresholds([1, 1_000, 1_000])
        .growth(u32::MAX)
}

/// Three full arenas of objects with a root each.
fn full_arenas() -> (World, Vec<Handle>) {
    let mut world = World::with_config(config());
    let handles = (0..3 * ARENA).map(|_| world.insert(0)).collect();
    (world, handles)
}

/// Makes two objects a cycle that nothing owns.
fn abandon(world: &mut World, a: Handle, b: Handle) {
    world.link(a, (), b).unwrap();
    world.link(b, (), a).unwrap();
    world.unroot(a).unwrap();
    world.unroot(b).unwrap();
}

fn step_until(world: &mut World, phase: Phase) {
    let mut steps = 0;
    while world.phase() != phase {
        assert!(world.step(Budget::units(1)).units > 0, "it gets there");
        steps += 1;
        if steps % 512 == 0 {
            world.check_invariants().unwrap();
        }
    }
    world.check_invariants().unwrap();
}

#[test]
fn what_a_newborn_takes_over_while_colours_are_laid_lives() {
    let (mut world, handles) = full_arenas();
    let (owner, owned) = (handles[2 * ARENA], handles[2 * ARENA + 1]);
    world.link(owner, (), owned).unwrap();
    world.unroot(owned).unwrap();
    world.link(handles[0], (), handles[1]).unwrap();
    world.unlink(handles[0], handles[1]).unwrap();
    world.link(handles[1], (), handles[0]).unwrap();
    world.root(handles[1]).unwrap();
    world.unroot(handles[1]).unwrap(); // a suspect, so that a collection is worth while
    world.destroy(handles[5]);
    world.step(Budget::units(1));
    world.step(Budget::units(1)); // the first arena is white now, the last is not
    assert_eq!(world.phase(), Phase::Mark);
    let newborn = world.insert(1);
    assert_eq!(newborn.index() >> 12, 0, "in the first arena");
    world.link(newborn, (), owned).unwrap();
    world.unlink(owner, owned).unwrap();
    step_until(&mut world, Phase::Idle);
    assert!(world.contains(owned));
    assert!(world.stats().generations[0].collections == 1);
}

#[test]
fn what_is_saved_while_the_check_runs_lives() {
    let (mut world, handles) = full_arenas();
    let [a, b] = [handles[1], handles[2]];
    let [c, d] = [handles[2 * ARENA], handles[2 * ARENA + 1]];
    abandon(&mut world, a, b);
    abandon(&mut world, c, d);
    world.set_finalizer(c, |_, _| ()).unwrap();
    step_until(&mut world, Phase::Check);
    // The first arena is checked, the last one is not.
    for _ in 0..20 {
        world.step(Budget::units(1));
    }
    assert_eq!(world.phase(), Phase::Check);
    world.link(handles[0], (), a).unwrap();
    step_until(&mut world, Phase::Idle);
    assert!(world.contains(a) && world.contains(b));
    assert!(!world.contains(c) && !world.contains(d));
}

#[test]
fn a_finalizer_that_garbage_gets_late_runs() {
    for late in [Phase::Finalize, Phase::Check] {
        let (mut world, handles) = full_arenas();
        let [a, b] = [handles[1], handles[2]];
        let [c, d] = [handles[2 * ARENA], handles[2 * ARENA + 1]];
        abandon(&mut world, a, b);
        abandon(&mut world, c, d);
        let runs = Arc::new(AtomicUsize::new(0));
        let count = |runs: &Arc<AtomicUsize>| {
            let runs = Arc::clone(runs);
            move |_: &mut World, _| {
                runs.fetch_add(1, Ordering::Relaxed);
            }
        };
        world.set_finalizer(c, count(&runs)).unwrap();
        step_until(&mut world, late);
        world.step(Budget::units(1));
        world.set_finalizer(a, count(&runs)).unwrap();
        step_until(&mut world, Phase::Idle);
        assert_eq!(
            (runs.load(Ordering::Relaxed), world.contains(a)),
            (2, false)
        );
    }
}

#[test]
fn the_dead_are_passed_over_until_they_are_swept() {
    let (mut world, handles) = full_arenas();
    let [first, second, kept] = [handles[1], handles[2], handles[3]];
    let [a, b] = [handles[2 * ARENA], handles[2 * ARENA + 1]];
    abandon(&mut world, first, second);
    abandon(&mut world, a, b);
    world.link(a, (), kept).unwrap();
    world.link_weak(kept, (), b).unwrap();
    let watch = world.watch(a).unwrap();
    step_until(&mut world, Phase::Sweep);
    assert_eq!(world.len(), 3 * ARENA - 4);
    assert_eq!(world.iter().count(), 3 * ARENA - 4);
    assert!(!world.contains(a) && world.get(b).is_none());
    assert_eq!(
        (world.sources(kept).len(), world.in_edges(kept).count()),
        (0, 0)
    );
    assert_eq!(world.refcount(kept), Some(2), "the edge of the dead counts");
    assert_eq!(world.weak_edges().targets(kept).count(), 0);
    assert!(world.link(kept, (), a).is_err() && world.root(b).is_err());
    assert_eq!(world.drain_notices().count(), 0);
    step_until(&mut world, Phase::Idle);
    assert_eq!(world.refcount(kept), Some(1));
    assert_eq!(
        world.drain_notices().next().map(|notice| notice.watch),
        Some(watch)
    );
}

#[test]
fn the_young_are_collected_in_the_middle_of_an_old_collection() {
    let config = config()
        .thresholds([8, 1, 1])
        .promote_fill(0)
        .reopen_fill(0);
    let mut world = World::with_config(config);
    let handles: Vec<Handle> = (0..2 * ARENA).map(|_| world.insert(0)).collect();
    abandon(&mut world, handles[0], handles[1]);
    let mut both = false;
    for round in 0..20_000 {
        if round % 40 == 0 {
            let [a, b] = [world.insert(1), world.insert(1)];
            abandon(&mut world, a, b);
        }
        let before = world.stats().generations;
        world.step(Budget::units(3));
        let after = world.stats().generations;
        let ran = |at: usize| after[at].collections > before[at].collections;
        both |= ran(0) && world.phase() != Phase::Idle;
        if round % 512 == 0 {
            world.check_invariants().unwrap();
        }
    }
    assert!(both, "a young collection has ended while an old one ran");
    assert!(world.stats().generations[2].collections > 0);
    world.collect();
    assert_eq!(world.len(), 2 * ARENA - 2);
}

/// No call of a step exceeds its budget by more than the documentation says, whatever there is.
#[test]
fn no_step_exceeds_its_budget_by_more_than_600_units() {
    let config = config().reclaim(Reclaim::AtStep).cycles(Cycles::AtStep);
    let mut world = World::with_config(config);
    let hub = world.insert(0);
    let spokes: Vec<Handle> = (0..20_000)
        .map(|_| world.insert_linked(hub, (), 1).unwrap())
        .collect();
    for &spoke in &spokes {
        world.link(spoke, (), hub).unwrap();
    }
    let other = world.insert(0);
    for &spoke in &spokes {
        world.link(other, (), spoke).unwrap();
    }
    world.unroot(other).unwrap();
    world.unroot(hub).unwrap();
    for units in [1, 10, 100, 1_000].into_iter().cycle() {
        let step = world.step(Budget::units(units));
        assert!(step.units <= units + 600, "{} of {units}", step.units);
        if step.is_idle() {
            break;
        }
    }
    world.collect(); // what the small budgets did not suffice for
    assert!(world.is_empty());
}

#[test]
fn a_child_that_is_born_while_colours_are_laid_lives() {
    let mut world = World::with_config(config().thresholds([100, 1_000, 1_000]));
    let first = world.insert(0);
    for _ in 1..ARENA - 1 {
        world.insert(0);
    }
    world.link(first, (), first).unwrap();
    world.unroot(first).unwrap();
    world.step(Budget::units(1));
    world.step(Budget::units(1)); // the first arena is white now
    let parent = world.insert(1);
    let child = world.insert_linked(parent, (), 2).unwrap();
    assert_eq!((parent.index() >> 12, child.index() >> 12), (0, 1));
    step_until(&mut world, Phase::Idle);
    assert_eq!(world.get(child), Some(&2));
}

#[test]
fn what_is_rooted_before_a_finalizer_runs_lives() {
    for units in 1..200 {
        let mut world = World::with_config(config().thresholds([10, 1_000, 1_000]));
        let chain: Vec<Handle> = (0..50).map(|_| world.insert(0)).collect();
        for pair in chain.windows(2) {
            world.link(pair[0], (), pair[1]).unwrap();
        }
        if units % 2 == 0 {
            world.set_finalizer(chain[0], |_, _| ()).unwrap();
        }
        let [a, b] = [world.insert(1), world.insert(1)];
        abandon(&mut world, a, b);
        let mut saved = false;
        while world.step(Budget::units(units)).phase != Phase::Idle {
            if world.phase() == Phase::Finalize && !saved {
                world.root(a).unwrap();
                saved = true;
            }
            world.check_invariants().unwrap();
        }
        assert_eq!(
            world.contains(a) && world.contains(b),
            saved,
            "{units} units"
        );
    }
}

/// Taking edges of the living away must leave the lists of the dead alone.
#[test]
fn who_the_dead_own_may_lose_its_owners_in_between() {
    for units in 1..60 {
        for destroys in [false, true] {
            let config = config().thresholds([1, 0, 0]);
            let mut world = World::with_config(config);
            let b = world.insert(0);
            let a = world.insert(0);
            let lone = world.insert(1);
            for _ in 0..2 {
                world.insert_linked(a, (), 2).unwrap();
            }
            world.link(a, (), lone).unwrap();
            abandon(&mut world, a, b);
            let mut done = false;
            while !world.step(Budget::units(units)).phase.eq(&Phase::Idle) {
                if world.phase() == Phase::Sweep && !done {
                    done = true;
                    if destroys {
                        assert_eq!(world.destroy(lone).value(), Some(1));
                    } else {
                        assert_eq!(world.unlink_sources(lone), Ok(0), "the dead do not count");
                    }
                    world.check_invariants().unwrap();
                }
            }
            world.check_invariants().unwrap();
            assert_eq!(world.len(), usize::from(!(done && destroys)));
        }
    }
}

#[test]
fn a_young_collection_does_not_break_off_a_middle_one() {
    let config = config()
        .thresholds([1, 0, 1_000])
        .promote_fill(0)
        .reopen_fill(0);
    let mut world = World::with_config(config);
    let [a, b] = [world.insert(0), world.insert(0)];
    world.link(a, (), b).unwrap();
    world.link(b, (), a).unwrap();
    world.collect_generation(Generation::Young); // they are middle now
    world.unroot(a).unwrap();
    world.unroot(b).unwrap();
    world.insert(1);
    world.insert(1);
    world.step(Budget::units(1));
    assert_eq!(world.phase(), Phase::Mark);
    world.collect_generation(Generation::Young);
    assert!(
        !world.contains(a),
        "the middle collection was finished first"
    );
}

#[test]
fn a_step_is_idle_when_a_further_one_would_do_nothing() {
    for cycles in [Cycles::AtStep, Cycles::Manual] {
        for units in 1..80 {
            let config = config().cycles(cycles).thresholds([3, 0, 0]);
            let mut world = World::with_config(config);
            let [a, b] = [world.insert(0), world.insert(0)];
            let leaf = world.insert_linked(a, (), 1).unwrap();
            world.link(leaf, (), b).unwrap();
            abandon(&mut world, a, b);
            let mut steps = 0;
            while !world.step(Budget::units(units)).is_idle() {
                steps += 1;
                assert!(steps < 10_000, "it ends");
            }
            assert_eq!(world.step(Budget::units(units)).units, 0, "{units} units");
        }
    }
}

/// Weak edges of the dead go in slices too, however many there are: of what dies by its count, of a ring that
/// a search finds, and of one that a collection does.
#[test]
fn weak_edges_of_the_dead_go_in_slices() {
    const EDGES: u32 = 500;
    let config = config().reclaim(Reclaim::AtStep).cycles(Cycles::AtStep);
    for way in 0..3 {
        let mut world = World::with_config(config.clone());
        let [hub, partner] = [world.insert(0), world.insert(0)];
        let others: Vec<Handle> = (0..EDGES).map(|number| world.insert(number)).collect();
        for &other in &others {
            world.link_weak(other, (), hub).unwrap();
            world.link_weak(hub, (), other).unwrap();
        }
        world.link_weak(hub, (), hub).unwrap();
        if way > 0 {
            world.link(hub, (), partner).unwrap();
            world.link(partner, (), hub).unwrap();
            world.unroot(partner).unwrap();
        }
        world.unroot(hub).unwrap();
        if way == 2 {
            world.request_collection(Generation::Young);
        }
        let mut spent = 0;
        loop {
            let step = world.step(Budget::units(500));
            assert!(step.units <= 500 + 600, "{} units", step.units);
            world.check_invariants().unwrap();
            spent += step.units;
            if !world.contains(hub) {
                assert_eq!(world.weak_edges().targets(others[0]).count(), 0);
                assert_eq!(world.weak_edges().sources(others[0]).count(), 0);
            }
            if step.is_idle() {
                break;
            }
        }
        assert!(!world.contains(hub), "way {way}");
        assert_eq!(world.weak_edges().edge_count(), 0);
        assert!(spent > u64::from(EDGES) * 10, "{spent} units in all");
    }
}

/// A store that was large and is small gives its memory back step by step, but not what was reserved, nor what
/// is filled and emptied again and again.
#[test]
fn steps_give_back_what_is_in_use_for_nothing() {
    let small = World::with_config(config()).memory();
    let mut world = World::with_config(config());
    let handles: Vec<Handle> = (0..20 * ARENA).map(|_| world.insert(0)).collect();
    for &handle in &handles[10..] {
        world.unroot(handle).unwrap();
    }
    let large = world.memory();
    for _ in 0..1_000 {
        world.step(Budget::units(700));
    }
    world.check_invariants().unwrap();
    let left = world.memory() - small;
    assert!(left < large / 5, "{left} of {large} bytes");
    assert!(handles[..10].iter().all(|&handle| world.contains(handle)));

    world.reserve(10 * ARENA);
    let reserved = world.capacity();
    for _ in 0..1_000 {
        world.step(Budget::units(700));
    }
    assert_eq!(world.capacity(), reserved);

    for frame in 0..50 {
        let wave: Vec<Handle> = (0..20 * ARENA).map(|_| world.insert(0)).collect();
        for handle in wave {
            world.unroot(handle).unwrap();
        }
        let before = world.memory();
        world.step(Budget::units(100_000));
        assert!(frame < 2 || world.memory() == before, "frame {frame}");
    }

    // What the waves have left is enough for it.
    world.reserve(10 * ARENA);
    let reserved = world.capacity();
    for _ in 0..1_000 {
        world.step(Budget::units(700));
    }
    assert!(
        world.capacity() >= 10 * ARENA,
        "{} of {reserved}",
        world.capacity()
    );
    world.check_invariants().unwrap();
}

/// A collection of everything gives back arenas that were empty before.
#[test]
fn a_whole_collection_gives_empty_arenas_back() {
    let (mut world, handles) = full_arenas();
    for handle in handles {
        world.unroot(handle).unwrap();
    }
    let large = world.memory();
    world.collect();
    assert!(world.memory() < large / 2, "{} of {large}", world.memory());
}

/// Lists that lose their edges in pieces are whole after each piece, whatever is called then.
fn garbage_loses_its_edges_in_pieces<E: Default + Clone + 'static>(degree: u32) {
    for pieces in [1, 4] {
        let mut world = Store::<u32, E>::with_config(config());
        let hub = world.insert(0);
        world.link(hub, E::default(), hub).unwrap();
        let targets: Vec<Handle> = (0..degree).map(|at| world.insert(at)).collect();
        for &target in targets.iter().chain(&targets) {
            world.link(hub, E::default(), target).unwrap();
        }
        world.unroot(hub).unwrap();
        let mut left = targets;
        for at in 0.. {
            let step = world.step(Budget::units(9 * pieces));
            if at % 3 == 0 {
                left.pop().map(|target| world.destroy(target));
            }
            match at % 4 {
                2 => world.shrink(),
                3 => {
                    let copy = world.clone();
                    world = copy;
                }
                _ => (),
            }
            world.check_invariants().unwrap();
            if step.is_idle() {
                break;
            }
        }
        assert_eq!((world.len(), world.edge_count()), (left.len(), 0));
        for target in left {
            world.unroot(target).unwrap();
        }
        world.check_emptied().unwrap();
    }
}

#[test]
fn lists_of_garbage_are_whole_between_two_steps() {
    for degree in [1, 3, 8, 9, 20, 100] {
        garbage_loses_its_edges_in_pieces::<()>(degree);
        garbage_loses_its_edges_in_pieces::<u8>(degree);
        garbage_loses_its_edges_in_pieces::<String>(degree);
    }
}

/// An object dies whose edges run parallel, of which some are gone, in each way in which one may die.
#[test]
fn parallel_edges_go_with_their_source() {
    fn check<E: Default + Clone + 'static>(edges: usize, gone: usize, dies: usize) {
        let mut world = Store::<u32, E>::with_config(config());
        let [parent, child, other] = [0, 1, 2].map(|value| world.insert(value));
        for at in 0..edges {
            world.link(parent, E::default(), child).unwrap();
            if at % 3 == 0 {
                world.link(other, E::default(), child).unwrap();
            }
        }
        for _ in 0..gone {
            world.unlink(parent, child).unwrap();
        }
        match dies {
            0 => world.unroot(parent).unwrap(),
            1 => drop(world.destroy(parent)),
            2 => drop(world.unlink_targets(parent).unwrap()),
            3 => world.retain(|_, &mut value| value != 0),
            _ => {
                world.link(parent, E::default(), parent).unwrap();
                world.unroot(parent).unwrap();
                world.collect();
            }
        }
        world.check_invariants().unwrap();
        assert_eq!(world.refcount(child), Some(1 + edges.div_ceil(3)));
        world.check_emptied().unwrap();
    }
    for (edges, gone) in [(4, 1), (6, 2), (6, 4), (16, 9), (40, 30)] {
        for dies in 0..5 {
            check::<()>(edges, gone, dies);
            check::<u8>(edges, gone, dies);
            check::<String>(edges, gone, dies);
        }
    }
}
