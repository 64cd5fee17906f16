//! Worlds to be collected, and all that can be seen of a collection.

use std::time::Duration;

use oorandom::Rand32;
use understory::{Auto, Collected, Config, Cycles, Generation, Handle, Stats, Store};

pub(crate) type World = Store<u64, u8>;

/// What a world is made of. Each is one of many shapes that are linked to each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) objects: u32,
    /// Random edges of an object.
    pub(crate) degree: u32,
    /// Of a hundred objects, those that keep their roots.
    pub(crate) rooted: u32,
    /// Objects with hundreds or thousands of edges.
    pub(crate) hubs: u32,
    /// How long chains and rings are.
    pub(crate) length: u32,
    /// Of a hundred objects, those that have a finalizer.
    pub(crate) finalized: u32,
    /// Whether the first part of the world is frozen.
    pub(crate) frozen: bool,
    pub(crate) keeps_garbage: bool,
}

/// What can be seen of a collection and of the store after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    collected: Vec<Collected>,
    stats: Vec<Stats>,
    dead: Vec<(Handle, u64)>,
    notices: Vec<Handle>,
    garbage: Vec<Handle>,
    alive: Vec<(Handle, u64)>,
    edges: Vec<(Handle, u8, Handle)>,
    generations: Vec<Vec<Handle>>,
    suspects: usize,
    /// The handles that come next.
    next: Vec<Handle>,
}

impl Plan {
    /// Builds the world and collects it, with all that can be seen on the way.
    pub(crate) fn run(&self, parallel_from: usize) -> Outcome {
        let config = Config::new()
            .auto(Auto::Off)
            .cycles(Cycles::Manual)
            .record_deaths(true)
            .keep_garbage(self.keeps_garbage)
            .promote_fill(30)
            .parallel_from(parallel_from);
        let mut world = World::with_config(config);
        let mut dice = Rand32::new(self.seed);
        let mut outcome = Outcome::default();
        let first = self.grow(&mut world, &mut dice);
        outcome.collect(&mut world, Generation::Young);
        if self.frozen {
            world.freeze();
        }
        let second = self.grow(&mut world, &mut dice);
        // Between the two, in both directions: each is partly reached from the other.
        for _ in 0..self.objects / 8 {
            let (old, new) = (pick(&first, &mut dice), pick(&second, &mut dice));
            let _ = world.link(old, 3, new);
            let _ = world.link(pick(&second, &mut dice), 3, pick(&first, &mut dice));
        }
        let unrooted = second.iter().chain(&first);
        for &handle in unrooted {
            if dice.rand_range(0..100) >= self.rooted {
                let _ = world.unroot(handle);
            }
        }
        outcome.collect(&mut world, Generation::Young);
        for _ in 0..self.objects / 16 {
            let handle = pick(&second, &mut dice);
            let target = world.targets(handle).next();
            if let Some(target) = target {
                world.unlink(handle, target).unwrap();
            }
            let _ = world.unroot(pick(&second, &mut dice));
        }
        world.shrink();
        outcome.collect(&mut world, Generation::Middle);
        outcome.collect(&mut world, Generation::Old);
        world.unfreeze();
        outcome.collect(&mut world, Generation::Old);
        outcome.look(&mut world);
        outcome
    }

    /// Adds objects, all of them rooted, and edges between them.
    fn grow(&self, world: &mut World, dice: &mut Rand32) -> Vec<Handle> {
        let of_it = self.objects.max(1);
        let handles: Vec<Handle> = (0..of_it).map(|at| world.insert(at.into())).collect();
        for &handle in &handles {
            for _ in 0..dice.rand_range(0..self.degree + 1) {
                world.link(handle, 0, pick(&handles, dice)).unwrap();
            }
            if dice.rand_range(0..100) < self.finalized {
                attend(world, dice, handle);
            }
            if dice.rand_range(0..50) == 0 {
                world.watch(handle).unwrap();
            }
        }
        for _ in 0..self.hubs {
            let hub = pick(&handles, dice);
            let back = dice.rand_range(0..2) == 0;
            for _ in 0..dice.rand_range(500..4_000) {
                let other = pick(&handles, dice);
                let (source, target) = if back { (other, hub) } else { (hub, other) };
                world.link(source, 1, target).unwrap();
            }
        }
        // Chains and rings go through neighbours here, and so within an arena.
        for run in handles.chunks(self.length.max(1) as usize) {
            for pair in run.windows(2) {
                world.link(pair[0], 2, pair[1]).unwrap();
            }
            if dice.rand_range(0..3) == 0 {
                world.link(run[run.len() - 1], 2, run[0]).unwrap();
            }
        }
        handles
    }
}

/// Gives an object a finalizer.
fn attend(world: &mut World, dice: &mut Rand32, handle: Handle) {
    let finalizer: fn(&mut World, Handle) = match dice.rand_range(0..5) {
        0 => |world, this| world.root(this).unwrap(),
        1 => |world, this| {
            let _ = world.unlink_targets(this);
        },
        2 => |world, this| {
            let heir = world.insert(u64::MAX);
            world.link(heir, 4, this).unwrap();
            world.link(this, 4, heir).unwrap();
            world.unroot(heir).unwrap();
        },
        _ => |_, _| (),
    };
    world.set_finalizer(handle, finalizer).unwrap();
}

fn pick(handles: &[Handle], dice: &mut Rand32) -> Handle {
    let end = u32::try_from(handles.len()).unwrap();
    handles[dice.rand_range(0..end) as usize]
}

impl Outcome {
    fn collect(&mut self, world: &mut World, generation: Generation) {
        let collected = world.collect_generation(generation);
        self.collected.push(collected);
        // The one figure that differs from run to run.
        let mut stats = world.stats();
        for of_one in &mut stats.generations {
            of_one.time = Duration::ZERO;
        }
        self.stats.push(stats);
        let deaths = world.drain_deaths();
        self.dead
            .extend(deaths.map(|death| (death.handle, death.value)));
        let notices = world.drain_notices();
        self.notices.extend(notices.map(|notice| notice.handle));
        self.garbage.extend(world.drain_garbage());
        world.check_invariants().unwrap();
    }

    fn look(&mut self, world: &mut World) {
        let alive = world.iter().map(|(handle, &value)| (handle, value));
        self.alive = alive.collect();
        for (handle, _) in &*world {
            let edges = world.out_edges(handle);
            let edges = edges.map(|(target, &label)| (handle, label, target));
            self.edges.extend(edges);
        }
        let generations = [
            Generation::Young,
            Generation::Middle,
            Generation::Old,
            Generation::Permanent,
        ];
        self.generations = generations.map(|of| world.handles_in(of).collect()).into();
        self.suspects = world.trace(understory::Budget::units(0)).suspects;
        self.next = (0..9_000).map(|value| world.insert(value)).collect();
    }

    /// How many objects were garbage.
    pub(crate) fn freed(&self) -> usize {
        self.collected.iter().map(|collected| collected.freed).sum()
    }

    /// Fails where something differs, and names it without the rest.
    pub(crate) fn assert_is(&self, other: &Self, of: &str) {
        assert_eq!(self.collected, other.collected, "{of}: what was collected");
        assert_eq!(self.stats, other.stats, "{of}: statistics");
        assert_same(&self.dead, &other.dead, of, "deaths");
        assert_same(&self.notices, &other.notices, of, "notices");
        assert_same(&self.garbage, &other.garbage, of, "garbage");
        assert_same(&self.alive, &other.alive, of, "objects");
        assert_same(&self.edges, &other.edges, of, "edges");
        assert!(self == other, "{of}: generations, suspects or new handles");
    }
}

fn assert_same<T: std::fmt::Debug + PartialEq>(found: &[T], expected: &[T], of: &str, what: &str) {
    let at = found.iter().zip(expected).position(|(a, b)| a != b);
    if let Some(at) = at {
        panic!(
            "{of}: {what} differ at {at}: {:?}, not {:?}",
            found[at], expected[at]
        );
    }
    assert_eq!(found.len(), expected.len(), "{of}: number of {what}");
}
