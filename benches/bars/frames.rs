//! Frames that leave garbage cycles behind, which back-tracing ends: in a large heap beside a small
//! one, since it must be the garbage that a frame pays for and not the heap.

use std::time::Instant;

use fastrand::Rng;
use understory::slotmap::{Key, KeyData};
use understory::{Auto, Budget, Config, Handle, Store};

use crate::common::Graph;
use crate::measure::{Bar, Rounds, Scale, Table, Unit, in_turn, median, percentile, time};

const LARGE: u32 = 1_000_000;
const SMALL: u32 = 10_000;
/// Rings or subtrees that a frame makes, and as many that it cuts off.
const PIECES: usize = 100;
/// Objects of a ring or of a subtree.
const PIECE: usize = 8;
const FAN_OUT: usize = 8;
const FRAMES: usize = 20;
const READS: u32 = 100_000;
/// Changes that are traced one by one.
const SINGLES: usize = 1_000;

/// A store whose values each name the object to be read next, in one random ring.
struct Heap {
    store: Store<u64>,
    next: Handle,
}

impl Heap {
    fn new(capacity: u32) -> Self {
        let mut store = Store::with_config(Config::new().auto(Auto::Off));
        store.reserve(capacity as usize);
        let next = Handle::null();
        Self { store, next }
    }

    fn chain(&mut self, rng: &mut Rng, handles: &[Handle]) {
        let mut order = handles.to_vec();
        rng.shuffle(&mut order);
        self.next = order[0];
        let next = order.iter().skip(1).chain(&order[..1]);
        for (&handle, next) in order.iter().zip(next) {
            self.store[handle] = next.data().as_ffi();
        }
    }

    /// Nanoseconds of a read that waits for the one before.
    fn read(&mut self) -> f64 {
        time(READS, || {
            for _ in 0..READS {
                self.next = KeyData::from_ffi(self.store[self.next]).into();
            }
            self.next
        })
    }

    /// Ends the frame; returns the units of work.
    fn step(&mut self) -> u64 {
        let step = self.store.step(Budget::unlimited());
        assert_eq!((step.suspects, step.pending), (0, 0));
        step.units
    }
}

/// What frames are run in.
trait World {
    /// What a frame is to do, decided before the clock runs.
    type Plan;
    fn heap(&mut self) -> &mut Heap;
    fn plan(&mut self) -> Self::Plan;
    fn change(&mut self, plan: &mut Self::Plan);
    /// Takes note of what the frame has made.
    fn close(&mut self, plan: Self::Plan);
    /// A change that makes live suspects and no garbage.
    fn disturb(&mut self);
}

/// A frame of a round, by the medians.
#[derive(Clone, Copy)]
struct Sample {
    nanoseconds: f64,
    units: f64,
    /// Nanoseconds of a dependent read.
    read: f64,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a frame takes less than 2^52 units"
)]
fn run<W: World>(world: &mut W, frames: usize) -> Sample {
    let (mut times, mut units) = (Vec::new(), Vec::new());
    for _ in 0..frames {
        let mut plan = world.plan();
        let before = world.heap().store.len();
        let start = Instant::now();
        world.change(&mut plan);
        let step = world.heap().step();
        times.push(start.elapsed().as_secs_f64() * 1e9);
        units.push(step as f64);
        assert_eq!(
            world.heap().store.len(),
            before,
            "garbage outlives its frame"
        );
        world.close(plan);
    }
    Sample {
        nanoseconds: median(&times),
        units: median(&units),
        read: world.heap().read(),
    }
}

/// The units of single changes, each traced for itself.
#[expect(
    clippy::cast_precision_loss,
    reason = "a search takes less than 2^52 units"
)]
fn singles<W: World>(world: &mut W, changes: usize) -> Vec<f64> {
    let single = |_| {
        world.disturb();
        world.heap().step() as f64
    };
    (0..changes).map(single).collect()
}

/// What a kind of frame may cost in the large heap, over the small one.
struct Limits {
    time: Bar,
    units: Bar,
    reads: Bar,
}

fn rows<W: World>(
    scale: Scale,
    table: &mut Table,
    name: &str,
    limits: &Limits,
    make: impl Fn(u32) -> W,
) {
    let row = |what: &str| format!("{name}: {what}");
    let titles = ["time", "time in reads", "units"].map(row);
    let spans = ["units of a change", "the same, 99th percentile"].map(row);
    if titles.iter().chain(&spans).all(|title| table.skips(title)) {
        return;
    }
    let [mut large, mut small] = [LARGE, SMALL].map(|objects| make(scale.size(objects)));
    let frames = if scale.smoke { 2 } else { FRAMES };
    let rounds = scale.rounds(11);
    let samples = in_turn(
        rounds,
        |_| run(&mut large, frames),
        |_| run(&mut small, frames),
    );
    let [time, reads, units] = titles;
    table.compared(time, Unit::Nanoseconds, limits.time, || {
        samples.map(|sample| sample.nanoseconds)
    });
    table.compared(reads, Unit::Reads, limits.reads, || {
        samples.map(|sample| sample.nanoseconds / sample.read)
    });
    table.compared(units, Unit::Units, limits.units, || {
        samples.map(|sample| sample.units)
    });
    if limits.units.is_beside() {
        return; // there are no live suspects
    }
    let changes = if scale.smoke { 10 } else { SINGLES };
    let changes: Rounds<Vec<f64>> = in_turn(
        1,
        |_| singles(&mut large, changes),
        |_| singles(&mut small, changes),
    );
    let [middle, last] = spans;
    table.compared(middle, Unit::Units, Bar::Beside, || {
        changes.map(|units| median(units))
    });
    table.compared(last, Unit::Units, Bar::Beside, || {
        changes.map(|units| percentile(units, 99))
    });
}

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    let limits = Limits {
        time: Bar::Ratio(1.3),
        units: Bar::Beside,
        reads: Bar::Beside,
    };
    rows(scale, table, "frame, 100 rings", &limits, |objects| {
        Rings::new(objects, 0)
    });
    let limits = Limits {
        time: Bar::Beside,
        units: Bar::Ratio(2.0),
        reads: Bar::Ratio(2.0),
    };
    rows(scale, table, "frame, 100 edges move", &limits, |objects| {
        Rings::new(objects, PIECES)
    });
    rows(scale, table, "frame, scene graph", &limits, Scene::new);
}

/// An edge that leads from its source to another target.
#[derive(Clone, Copy)]
struct Move {
    source: Handle,
    old: Handle,
    new: Handle,
}

/// Rings come and go beside a random graph that hangs on one root.
struct Rings {
    rng: Rng,
    heap: Heap,
    handles: Vec<Handle>,
    /// Those that are not of the ring that connects the graph.
    edges: Vec<[u32; 2]>,
    moves: usize,
}

impl Rings {
    fn new(objects: u32, moves: usize) -> Self {
        let mut rng = Rng::with_seed(1);
        let graph = Graph::connected(&mut rng, objects, 3);
        let mut heap = Heap::new(objects);
        let handles: Vec<_> = (0..objects).map(|_| heap.store.insert(0)).collect();
        graph.link_in(&mut heap.store, &handles);
        for &handle in &handles[1..] {
            heap.store.unroot(handle).expect("it was inserted so");
        }
        heap.chain(&mut rng, &handles);
        heap.step();
        assert_eq!(heap.store.len(), objects as usize);
        Self {
            rng,
            heap,
            handles,
            edges: graph.spare,
            moves,
        }
    }

    fn plan_move(&mut self) -> Move {
        let edge = self.rng.usize(0..self.edges.len());
        let [source, old] = self.edges[edge];
        let new = self.rng.u32(0..narrow(self.handles.len()));
        self.edges[edge][1] = new;
        let [source, old, new] = [source, old, new].map(|node| self.handles[node as usize]);
        Move { source, old, new }
    }

    fn move_edge(store: &mut Store<u64>, edge: Move) {
        let Move { source, old, new } = edge;
        store.unlink(source, old).expect("the edge is there");
        store.link(source, (), new).expect("both are alive");
    }
}

impl World for Rings {
    type Plan = Vec<Move>;

    fn heap(&mut self) -> &mut Heap {
        &mut self.heap
    }

    fn plan(&mut self) -> Vec<Move> {
        (0..self.moves).map(|_| self.plan_move()).collect()
    }

    fn change(&mut self, plan: &mut Vec<Move>) {
        let store = &mut self.heap.store;
        for _ in 0..PIECES {
            let ring = [(); PIECE].map(|()| store.insert(0));
            for (at, &source) in ring.iter().enumerate() {
                let target = ring[(at + 1) % PIECE];
                store.link(source, (), target).expect("both are alive");
            }
            for handle in ring {
                store.unroot(handle).expect("it was inserted so");
            }
        }
        for &edge in plan.iter() {
            Self::move_edge(store, edge);
        }
    }

    fn close(&mut self, _: Vec<Move>) {}

    fn disturb(&mut self) {
        let edge = self.plan_move();
        Self::move_edge(&mut self.heap.store, edge);
    }
}

/// A subtree, by its uppermost object.
#[derive(Clone, Copy)]
struct Subtree {
    top: Handle,
    parent: Handle,
}

/// A tree in which every object refers to its parent too; half of the objects are in subtrees of
/// their own that come, go and move.
struct Scene {
    rng: Rng,
    heap: Heap,
    /// The half that stays.
    tree: Vec<Handle>,
    subtrees: Vec<Subtree>,
}

struct ScenePlan {
    /// Places of the subtrees that are cut off, each with the parent of the one that replaces it.
    cut: Vec<(usize, Subtree, Handle)>,
    moved: Vec<(Subtree, Handle)>,
    made: Vec<Handle>,
}

fn insert_below(store: &mut Store<u64>, parent: Handle) -> Handle {
    let child = store.insert_linked(parent, (), 0).expect("it is alive");
    store.link(child, (), parent).expect("both are alive");
    child
}

fn insert_subtree(store: &mut Store<u64>, parent: Handle) -> Handle {
    let top = insert_below(store, parent);
    for _ in 1..PIECE {
        insert_below(store, top);
    }
    top
}

fn move_subtree(store: &mut Store<u64>, subtree: Subtree, to: Handle) {
    let Subtree { top, parent } = subtree;
    store.relink((parent, top), (to, top)).expect("it is there");
    store.relink((top, parent), (top, to)).expect("it is there");
}

impl Scene {
    fn new(objects: u32) -> Self {
        let mut rng = Rng::with_seed(1);
        let mut heap = Heap::new(objects);
        let mut tree = vec![heap.store.insert(0)];
        for node in 1..objects as usize / 2 {
            let parent = tree[(node - 1) / FAN_OUT];
            tree.push(insert_below(&mut heap.store, parent));
        }
        let subtree = |_| {
            let parent = tree[rng.usize(0..tree.len())];
            let top = insert_subtree(&mut heap.store, parent);
            Subtree { top, parent }
        };
        let subtrees = (0..objects as usize / 2 / PIECE).map(subtree).collect();
        heap.chain(&mut rng, &tree);
        heap.step();
        Self {
            rng,
            heap,
            tree,
            subtrees,
        }
    }

    fn any_parent(&mut self) -> Handle {
        self.tree[self.rng.usize(0..self.tree.len())]
    }
}

impl World for Scene {
    type Plan = ScenePlan;

    fn heap(&mut self) -> &mut Heap {
        &mut self.heap
    }

    fn plan(&mut self) -> ScenePlan {
        let count = PIECES.min(self.subtrees.len() / 2);
        let mut places = self.rng.choose_multiple(0..self.subtrees.len(), 2 * count);
        self.rng.shuffle(&mut places);
        let (cut, moved) = places.split_at(count);
        let replace = |&at: &usize| (at, self.subtrees[at], self.any_parent());
        let cut = cut.iter().map(replace).collect();
        let relocate = |&at: &usize| {
            let (subtree, to) = (self.subtrees[at], self.any_parent());
            self.subtrees[at].parent = to;
            (subtree, to)
        };
        let moved = moved.iter().map(relocate).collect();
        let made = Vec::with_capacity(count);
        ScenePlan { cut, moved, made }
    }

    fn change(&mut self, plan: &mut ScenePlan) {
        let store = &mut self.heap.store;
        for &(_, Subtree { top, parent }, to) in &plan.cut {
            store.unlink(parent, top).expect("it is there");
            plan.made.push(insert_subtree(store, to));
        }
        for &(subtree, to) in &plan.moved {
            move_subtree(store, subtree, to);
        }
    }

    fn close(&mut self, plan: ScenePlan) {
        for (&(at, _, parent), top) in plan.cut.iter().zip(plan.made) {
            self.subtrees[at] = Subtree { top, parent };
        }
    }

    fn disturb(&mut self) {
        let at = self.rng.usize(0..self.subtrees.len());
        let to = self.any_parent();
        move_subtree(&mut self.heap.store, self.subtrees[at], to);
        self.subtrees[at].parent = to;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "graphs are below 2^32 nodes large"
)]
fn narrow(len: usize) -> u32 {
    len as u32
}
