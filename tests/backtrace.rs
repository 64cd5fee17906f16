//! Back-tracing: with an unlimited budget, what cannot be reached from a root is dead after every
//! call.

use std::collections::BTreeSet;

use understory::{Auto, Budget, Config, Cycles, Handle, Store};

use crate::cases::quickcheck;

type World = Store<u32, u8>;

/// What can be reached from a root, by plain search.
fn reachable(world: &World) -> BTreeSet<Handle> {
    let is_rooted = |handle: &Handle| world.root_count(*handle) > Some(0);
    let mut found: BTreeSet<Handle> = world.handles().filter(is_rooted).collect();
    let mut todo: Vec<Handle> = found.iter().copied().collect();
    while let Some(handle) = todo.pop() {
        todo.extend(world.targets(handle).filter(|&target| found.insert(target)));
    }
    found
}

fn assert_prompt(world: &World) {
    let alive: BTreeSet<Handle> = world.handles().collect();
    assert_eq!(alive, reachable(world));
    world.check_invariants().unwrap();
}

/// Units of work that a look at an edge takes.
const LOOK: u64 = 12;

/// One operation on objects that `a` and `b` choose among the living.
fn apply(world: &mut World, op: u8, a: u16, b: u16) {
    let handles: Vec<Handle> = world.handles().collect();
    let pick = |number: u16| {
        handles
            .get(usize::from(number) % handles.len().max(1))
            .copied()
    };
    let (Some(a), Some(b)) = (pick(a), pick(b)) else {
        world.insert(0);
        return;
    };
    let some_edge = || world.targets(a).nth(usize::from(op) / 16 % 3);
    match op % 16 {
        0 | 1 => drop(world.insert(1)),
        2..=4 => drop(world.insert_linked(a, op, 2).unwrap()),
        5..=7 => world.link(a, op % 4, b).unwrap(),
        8 | 9 => {
            if let Some(target) = some_edge() {
                world.unlink(a, target).unwrap();
            }
        }
        10..=12 => drop(world.unroot(a)),
        13 => world.root(b).unwrap(),
        14 => {
            if let Some(target) = some_edge() {
                world.relink((a, target), (b, target)).unwrap();
            }
        }
        _ => drop(world.set(a, op % 4, b).unwrap()),
    }
}

fn run(script: &[(u8, u16, u16)], cycles: Cycles) -> bool {
    let config = Config::new()
        .auto(Auto::Off)
        .cycles(cycles)
        .trace_limit(u64::MAX);
    let mut world = World::with_config(config);
    for &(op, a, b) in script {
        apply(&mut world, op, a, b);
        if cycles == Cycles::Manual {
            world.trace(Budget::unlimited());
        }
        assert_prompt(&world);
    }
    world.check_emptied().unwrap();
    true
}

#[test]
fn garbage_dies_in_the_call_that_made_it() {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "quickcheck hands values over"
    )]
    fn property(script: Vec<(u8, u16, u16)>) -> bool {
        run(&script, Cycles::Prompt)
    }
    quickcheck(100).quickcheck(property as fn(_) -> bool);
}

#[test]
fn garbage_dies_when_tracing_is_asked_for() {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "quickcheck hands values over"
    )]
    fn property(script: Vec<(u8, u16, u16)>) -> bool {
        run(&script, Cycles::Manual)
    }
    quickcheck(100).quickcheck(property as fn(_) -> bool);
}

#[test]
fn a_small_budget_kills_nothing_that_lives() {
    fn property(script: Vec<(u8, u16, u16)>, units: u8) -> bool {
        let mut world = World::with_config(Config::new().auto(Auto::Off));
        for (op, a, b) in script {
            apply(&mut world, op, a, b);
            let before = reachable(&world);
            world.step(Budget::units(u64::from(units % 8)));
            assert!(before.iter().all(|&handle| world.contains(handle)));
            world.check_invariants().unwrap();
        }
        world.collect();
        assert_prompt(&world);
        true
    }
    quickcheck(100).quickcheck(property as fn(_, _) -> bool);
}

#[test]
fn a_hub_is_read_in_pieces_and_found_to_live() {
    let mut world = World::default();
    let root = world.insert(0);
    let hub = world.insert_linked(root, 0, 0).unwrap();
    let first = world.insert_linked(hub, 0, 0).unwrap();
    for _ in 0..10_000 {
        let spoke = world.insert_linked(hub, 0, 1).unwrap();
        world.link(spoke, 1, hub).unwrap();
    }
    world.unlink(first, hub).unwrap_err();
    let spoke = world.targets(hub).next_back().unwrap();
    world.unlink(spoke, hub).unwrap();
    let step = world.step(Budget::unlimited());
    assert_eq!((step.traced, step.suspects), (0, 0));
    assert!(
        step.units < LOOK * 20,
        "{} units for a hub next to a root",
        step.units
    );
}

#[test]
fn a_ring_costs_what_it_is() {
    let mut world = World::default();
    let root = world.insert(0);
    for _ in 0..100_000 {
        world.insert_linked(root, 0, 0).unwrap();
    }
    let first = world.insert(1);
    let mut last = first;
    for _ in 0..7 {
        last = world.insert_linked(last, 0, 1).unwrap();
    }
    world.link(last, 0, first).unwrap();
    world.unroot(first).unwrap();
    let step = world.step(Budget::unlimited());
    assert_eq!(step.traced, 8);
    assert!(
        step.units <= LOOK * 24,
        "{} units for a ring of 8",
        step.units
    );
}

#[test]
fn what_garbage_alone_owned_dies_with_it() {
    let mut world = World::default();
    let [a, b] = [world.insert(1), world.insert(2)];
    world.link(a, 0, b).unwrap();
    world.link(b, 0, a).unwrap();
    let leaf = world.insert_linked(a, 0, 3).unwrap();
    let [c, d] = [4, 5].map(|value| world.insert_linked(b, 0, value).unwrap());
    world.link(c, 0, d).unwrap();
    world.link(d, 0, c).unwrap(); // a second cycle, that falls when the first is gone
    world.unroot(a).unwrap();
    world.unroot(b).unwrap();
    let traced = world.trace(Budget::unlimited());
    assert!(!world.contains(leaf) && world.is_empty());
    assert_eq!((traced.freed, traced.reclaimed, traced.suspects), (4, 1, 0));
}

/// A panic in the middle of a batch must not leave proofs behind that the next batch believes.
#[test]
fn a_proof_does_not_outlive_a_panic() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0, "a bomb");
        }
    }
    let mut world: Store<Bomb> = Store::with_config(Config::new().cycles(Cycles::Manual));
    let root = world.insert(Bomb(false));
    let ring = |world: &mut Store<Bomb>, bomb| {
        let [a, b] = [world.insert(Bomb(bomb)), world.insert(Bomb(false))];
        world.link(a, (), b).unwrap();
        world.link(b, (), a).unwrap();
        (a, b)
    };
    let (live, other) = ring(&mut world, false);
    world.link(root, (), live).unwrap();
    let (one, two) = ring(&mut world, true);
    for handle in [live, other, one, two] {
        world.unroot(handle).unwrap();
    }
    let trace = std::panic::AssertUnwindSafe(|| world.trace(Budget::unlimited()));
    std::panic::catch_unwind(trace).unwrap_err();
    world.unlink(root, live).unwrap();
    assert_eq!(world.trace(Budget::unlimited()).freed, 2);
    assert_eq!(world.len(), 1);
}

/// Children that refer to their parent must not be asked where it hangs, while its parent can be.
#[test]
fn a_live_subtree_costs_its_depth_and_not_its_children() {
    let mut world: Store<u32> = Store::new();
    let root = world.insert(0);
    let mut at = root;
    for _ in 0..4 {
        let child = world.insert_linked(at, (), 0).unwrap();
        for _ in 0..30 {
            let leaf = world.insert_linked(child, (), 0).unwrap();
            world.link(leaf, (), child).unwrap();
        }
        at = child;
    }
    world.link(root, (), at).unwrap();
    world.unlink(root, at).unwrap();
    // The shortcut was believed in until its end was read once.
    world.step(Budget::unlimited());
    world.link(at, (), at).unwrap();
    world.unlink(at, at).unwrap();
    let step = world.step(Budget::unlimited());
    assert_eq!((step.suspects, step.traced), (0, 0));
    assert!(step.units <= LOOK * 10, "{} units", step.units);
}

/// The first search, through objects that have all lost their roots at once, must not go deep: the
/// hints that it leaves behind would be useless.
#[test]
fn what_loses_its_roots_at_once_is_soon_traced_cheaply() {
    const OBJECTS: u32 = 20_000;
    let mut rng = oorandom::Rand32::new(1);
    let mut world: Store<u32> = Store::new();
    let handles: Vec<Handle> = (0..OBJECTS).map(|number| world.insert(number)).collect();
    let mut any = || handles[rng.rand_range(0..OBJECTS) as usize];
    for (at, &source) in handles.iter().enumerate() {
        world
            .link(source, (), handles[(at + 1) % handles.len()])
            .unwrap();
        world.link(source, (), any()).unwrap();
        world.link(source, (), any()).unwrap();
    }
    for &handle in &handles[1..] {
        world.unroot(handle).unwrap();
    }
    world.step(Budget::unlimited());
    let mut units = 0;
    for _ in 0..100 {
        let (source, target) = (any(), any());
        world.link(source, (), target).unwrap();
        world.unlink(source, target).unwrap();
        units += world.step(Budget::unlimited()).units;
    }
    assert!(units < LOOK * 100 * 60, "{units} units for 100 suspects");
}

/// Suspects far from any root, for which no search suffices, keep steps from neither small rings nor
/// collections.
#[test]
fn hopeless_suspects_leave_something_for_others() {
    const DEPTH: u32 = 10_000;
    const FRAMES: u32 = 600;
    let config = Config::new().auto(Auto::Off).cycles(Cycles::AtStep);
    let mut world = World::with_config(config.thresholds([2_000, 10, 10]));
    let mut chain = vec![world.insert(0)];
    for _ in 0..DEPTH {
        let deep = world.insert_linked(chain[chain.len() - 1], 0, 0).unwrap();
        chain.push(deep);
    }
    let root = chain[0];
    let deep = &chain[DEPTH as usize - 1_000..];
    let (mut abandoned, mut most) = (0, 0);
    for frame in 0..FRAMES {
        for number in 0..10 {
            // An edge comes and goes.
            let one = deep[((frame * 10 + number) * 7 % 999) as usize];
            world.link(root, 1, one).unwrap();
            world.unlink(root, one).unwrap();
            let [a, b] = [world.insert(1), world.insert(2)];
            world.link(a, 0, b).unwrap();
            world.link(b, 0, a).unwrap();
            world.unroot(a).unwrap();
            world.unroot(b).unwrap();
        }
        let step = world.step(Budget::units(20_000));
        abandoned += step.abandoned;
        let garbage = world.len() - chain.len();
        most = most.max(garbage);
    }
    // What searches leave, the next young collection takes.
    assert!(most < 3_000, "{most} objects were garbage at a time");
    assert!(abandoned > 0, "no search suffices for a deep one");
}
