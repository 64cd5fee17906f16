//! Back-tracing: with an unlimited budget, what cannot be reached from a root is dead after every
//! call.

use std::collections::BTreeSet;

use understory::{Auto, Budget, Config, Cycles, Generation, Handle, Phase, Reclaim, Store};

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
    assert_eq!(
        (traced.traced, traced.reclaimed, traced.suspects),
        (4, 1, 0)
    );
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
    assert_eq!(world.trace(Budget::unlimited()).traced, 2);
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

/// What a collection in slices takes off the list of suspects is alive: whatever is let go of meanwhile is
/// suspected anew.
#[test]
fn no_garbage_escapes_a_collection_in_slices_and_tracing() {
    /// Links the dying to or from what lives, or the newest to it.
    fn save(world: &mut World, dying: Handle) {
        let handles: Vec<Handle> = world.handles().collect();
        let other = handles[handles.len() / 2];
        match handles.len() % 3 {
            0 => world.link(dying, 5, other).unwrap(),
            1 => world.link(other, 5, dying).unwrap(),
            _ => world.link(handles[handles.len() - 1], 5, dying).unwrap(),
        }
    }
    fn property(script: Vec<(u8, u16, u16)>, units: Vec<u8>) -> bool {
        let config = Config::new().auto(Auto::Off).cycles(Cycles::Manual);
        let reclaim = match script.len() % 2 {
            0 => Reclaim::Immediate,
            _ => Reclaim::AtStep,
        };
        let config = config.thresholds([0, 0, 0]).reclaim(reclaim);
        let mut world = World::with_config(config);
        let mut units = units.into_iter().cycle();
        for (op, a, b) in script {
            apply(&mut world, op, a, b);
            if b % 8 == 0 {
                world.request_collection(Generation::Old);
            }
            let mortal = world.handles().nth(usize::from(a) % 64);
            if let Some(mortal) = mortal.filter(|_| b % 32 == 1) {
                let _ = world.set_finalizer(mortal, save);
            }
            if let Some(units) = units.next() {
                world.step(Budget::units(u64::from(units % 16)));
            }
            world.check_invariants().unwrap();
        }
        loop {
            while world.step(Budget::units(3)).pending > 0 || world.phase() != Phase::Idle {}
            // What a finalizer has saved may be garbage in turn.
            if world.trace(Budget::unlimited()).traced == 0 {
                break;
            }
        }
        assert_prompt(&world);
        true
    }
    quickcheck(400).quickcheck(property as fn(_, _) -> bool);
}

/// An edge between objects of a garbage ring, while a collection makes objects white, makes the ring survive.
#[test]
fn garbage_that_a_collection_lets_float_is_suspected() {
    let config = Config::new().auto(Auto::Off).cycles(Cycles::Manual);
    let mut world = World::with_config(config);
    let first = world.insert(0);
    // A second arena, so that a step ends when one is white.
    world.extend(0..5_000);
    let second = world.insert(0);
    world.link(first, 0, second).unwrap();
    world.link(second, 0, first).unwrap();
    world.unroot(first).unwrap();
    world.unroot(second).unwrap();
    world.request_collection(Generation::Old);
    world.step(Budget::units(2));
    world.link(first, 1, second).unwrap();
    while world.phase() != Phase::Idle {
        world.step(Budget::units(100));
    }
    assert!(world.contains(first));
    assert_eq!(world.trace(Budget::unlimited()).traced, 2);
}

/// An object that is born in a ring of garbage is black to a collection, and an edge from it keeps the ring.
#[test]
fn garbage_that_its_newborn_holds_is_suspected() {
    let config = Config::new().auto(Auto::Off).cycles(Cycles::Manual);
    let mut world = World::with_config(config);
    let ring = world.insert(0);
    world.link(ring, 0, ring).unwrap();
    world.extend(0..2_000);
    world.unroot(ring).unwrap();
    world.request_collection(Generation::Old);
    while world.step(Budget::units(1)).left > 2_100 {}
    assert_eq!(world.phase(), Phase::Mark);
    let born = world.insert_linked(ring, 1, 0).unwrap();
    world.link(born, 2, ring).unwrap();
    while world.phase() != Phase::Idle {
        world.step(Budget::units(100));
    }
    assert!(world.contains(ring));
    assert_eq!(world.trace(Budget::unlimited()).traced, 2);
}

#[test]
fn a_collection_in_slices_clears_the_list_of_suspects() {
    let config = Config::new().auto(Auto::Off).cycles(Cycles::Manual);
    let mut world = World::with_config(config);
    let handles: Vec<Handle> = (0..1_000).map(|number| world.insert(number)).collect();
    for (at, &handle) in handles.iter().enumerate() {
        world.link(handle, 0, handles[(at + 1) % 1_000]).unwrap();
    }
    for &handle in &handles[1..] {
        world.unroot(handle).unwrap();
    }
    world.request_collection(Generation::Old);
    let step = world.step(Budget::units(100));
    assert_eq!((step.suspects, step.phase), (999, Phase::Mark));
    // In the middle of it one more edge comes and goes.
    world.link(handles[0], 1, handles[500]).unwrap();
    world.unlink(handles[0], handles[500]).unwrap();
    let step = world.step(Budget::unlimited());
    assert_eq!((step.suspects, step.phase), (1, Phase::Idle));
    // One that is broken off leaves the list as it was.
    world.request_collection(Generation::Old);
    world.step(Budget::units(100));
    world.collect_generation(Generation::Old);
    assert_eq!(world.step(Budget::units(1)).suspects, 0);
}

/// A ring through all objects and two random edges each, of which the first one alone is held in the end.
fn loaded_singly(config: Config, objects: u32) -> (World, Vec<Handle>) {
    let mut rng = oorandom::Rand32::new(1);
    let mut world = World::with_config(config);
    let handles: Vec<Handle> = (0..objects).map(|number| world.insert(number)).collect();
    for (at, &source) in handles.iter().enumerate() {
        let next = handles[(at + 1) % handles.len()];
        world.link(source, 0, next).unwrap();
        for _ in 0..2 {
            let any = handles[rng.rand_range(0..objects) as usize];
            world.link(source, 1, any).unwrap();
        }
    }
    for &handle in &handles[1..] {
        world.unroot(handle).unwrap();
    }
    (world, handles)
}

#[test]
fn many_suspects_cost_no_more_than_a_collection() {
    const OBJECTS: u32 = 100_000;
    const BUDGET: u64 = 2_000;
    for auto in [Auto::Off, Auto::Assist] {
        let (mut world, handles) = loaded_singly(Config::new().auto(auto), OBJECTS);
        let collection = {
            let mut copy = world.clone();
            copy.collect();
            copy.stats().generations[2].units
        };
        let mut units = 0;
        loop {
            let step = world.step(Budget::units(BUDGET));
            assert!(step.units <= BUDGET + 600, "{} units in a step", step.units);
            units += step.units;
            if step.is_idle() {
                assert_eq!(step.suspects, 0);
                break;
            }
        }
        assert!(
            units <= collection * 3 / 2,
            "{units} units, and {collection} for a collection"
        );
        // And what becomes a suspect from now on is near to what is known to be alive.
        let mut rng = oorandom::Rand32::new(2);
        let mut any = || handles[rng.rand_range(0..OBJECTS) as usize];
        let mut units = 0;
        for _ in 0..100 {
            let (source, target) = (any(), any());
            world.link(source, 2, target).unwrap();
            world.unlink(source, target).unwrap();
            units += world.step(Budget::unlimited()).units;
        }
        assert!(units < LOOK * 100 * 60, "{units} units for 100 suspects");
    }
}

/// Garbage among many suspects is found all the same, and whatever is let go of meanwhile.
#[test]
fn garbage_dies_among_many_suspects() {
    let (mut world, handles) = loaded_singly(Config::new().auto(Auto::Off), 20_000);
    let ring = |world: &mut World| {
        let ring = [1, 2, 3].map(|number| world.insert(number));
        for at in 0..3 {
            world.link(ring[at], 0, ring[(at + 1) % 3]).unwrap();
        }
        for handle in ring {
            world.unroot(handle).unwrap();
        }
    };
    for _ in 0..5_000 {
        ring(&mut world);
    }
    let mut rng = oorandom::Rand32::new(2);
    let mut any = || handles[rng.rand_range(0..20_000) as usize];
    let mut phases = BTreeSet::new();
    for _ in 0..200 {
        let step = world.step(Budget::units(1_000));
        phases.insert(format!("{:?}", step.phase));
        ring(&mut world);
        // An object moves from one owner to another, perhaps from one that was not read yet to one that was.
        let (owner, other, moved) = (any(), any(), any());
        world.link(owner, 7, moved).unwrap();
        world.step(Budget::units(100));
        world.relink((owner, moved), (other, moved)).unwrap();
        let hidden = world.insert_linked(other, 8, 0).unwrap();
        world.link(hidden, 0, moved).unwrap();
    }
    assert!(
        phases.contains("Mark") && phases.contains("Sweep"),
        "{phases:?}"
    );
    while !world.step(Budget::units(10_000)).is_idle() {}
    assert_prompt(&world);
    assert_eq!(world.len(), 20_000 + 200);
    world.unroot(handles[0]).unwrap();
    assert_eq!(world.step(Budget::unlimited()).traced, 20_200);
    assert!(world.is_empty());
}
