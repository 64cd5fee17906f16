//! What snapshots cost, beside clones and beside a frame, and saves beside plain lists:
//! `cargo bench --bench bars --features rollback -- rollback`.

use std::collections::VecDeque;
use std::hash::Hasher;
use std::hint::black_box;

use cpu_time::ThreadTime;
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use understory::{Auto, Budget, Checksum, Config, Handle, Registry, Snapshot, Store};

use crate::common::Graph;
use crate::measure::{Bar, Rounds, Scale, Table, Unit, in_turn, median};

/// Edges of an object.
const DEGREE: u32 = 3;
/// Neighbours that change together.
const RUN: usize = 100;
/// Frames that are kept, and gone back.
const KEPT: usize = 8;
/// Frames of a second, in which the program goes back once.
const SECOND: usize = 60;
/// Nanoseconds of a frame.
const FRAME: f64 = 1e9 / 60.0;

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    let [random, runs] = ["at random", "in runs"].map(|how| format!("rollback: 1 % changes {how}"));
    changed(scale, table, &random, 1, 1.0 / 15.0);
    changed(scale, table, &runs, RUN, 1.0 / 30.0);
    checksums(scale, table);
    copies(scale, table);
    frames(scale, table);
    saves(scale, table);
}

/// Nanoseconds of this thread.
fn thread_time<R>(work: impl FnOnce() -> R) -> f64 {
    let start = ThreadTime::now();
    black_box(work());
    start.elapsed().as_secs_f64() * 1e9
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Position([f32; 3]);

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Health(u32);

/// A value that changes, and an edge that leads to another target.
#[derive(Clone, Copy)]
struct Change {
    object: usize,
    new_target: u32,
    before: (Handle, Handle),
    after: (Handle, Handle),
}

/// A connected graph, which hangs on the root of its first object.
struct World {
    store: Store<[u64; 4]>,
    handles: Vec<Handle>,
    /// The target of an edge of each object, without which all can be reached.
    targets: Vec<u32>,
    graph: Graph,
}

impl World {
    fn new(objects: u32) -> Self {
        let graph = Graph::connected(&mut Rng::with_seed(1), objects, DEGREE);
        let mut store = Store::with_config(Config::new().auto(Auto::Off));
        let handles: Vec<_> = (0..objects).map(|_| store.insert([0; 4])).collect();
        graph.link_in(&mut store, &handles);
        for &handle in &handles {
            store.insert_component(handle, Position([0.0; 3])).ok();
            store.insert_component(handle, Health(100)).ok();
        }
        for &handle in &handles[1..] {
            store.unroot(handle).expect("it was inserted so");
        }
        store.step(Budget::unlimited());
        let mut targets = vec![0; objects as usize];
        for &[source, target] in &graph.spare {
            targets[source as usize] = target;
        }
        Self {
            store,
            handles,
            targets,
            graph,
        }
    }

    /// Changes of so many different objects, in runs of so many.
    fn plan(&self, rng: &mut Rng, changes: usize, run: usize) -> Vec<Change> {
        let runs = self.handles.len() / run;
        let runs = rng.choose_multiple(0..runs, changes.div_ceil(run));
        let objects = runs.into_iter().flat_map(|at| at * run..(at + 1) * run);
        let change = |object: usize| {
            let new_target = rng.u32(0..self.graph.nodes);
            let source = self.handles[object];
            let [old, new] =
                [self.targets[object], new_target].map(|target| self.handles[target as usize]);
            Change {
                object,
                new_target,
                before: (source, old),
                after: (source, new),
            }
        };
        objects.map(change).collect()
    }

    /// Takes note of changes that stay.
    fn keep(&mut self, changes: &[Change]) {
        for change in changes {
            self.targets[change.object] = change.new_target;
        }
    }
}

fn apply(store: &mut Store<[u64; 4]>, changes: &[Change]) {
    for &Change { before, after, .. } in changes {
        store[before.0][0] += 1;
        store.relink(before, after).expect("the edge is there");
    }
}

fn take_back(store: &mut Store<[u64; 4]>, changes: &[Change]) {
    for &Change { before, after, .. } in changes.iter().rev() {
        store.relink(after, before).expect("the edge is there");
    }
}

/// What going back costs, in nanoseconds.
#[derive(Clone, Copy)]
struct Cost {
    snapshot: f64,
    /// What changes take longer than in a store without snapshots.
    writes: f64,
    restore: f64,
    /// What a clone takes.
    clone: f64,
}

/// A snapshot, changes and going back, over a clone.
fn changed(scale: Scale, table: &mut Table, name: &str, run: usize, limit: f64) {
    let rows = [
        (name.to_owned(), Bar::Ratio(limit)),
        (format!("{name}: snapshot"), Bar::Beside),
        (format!("{name}: extra of writes"), Bar::Beside),
        (format!("{name}: restore"), Bar::Beside),
    ];
    if rows.iter().all(|(row, _)| table.skips(row)) {
        return;
    }
    let costs = costs(scale, run);
    let parts: [fn(&Cost) -> f64; 4] = [
        |cost| cost.snapshot + cost.writes + cost.restore,
        |cost| cost.snapshot,
        |cost| cost.writes,
        |cost| cost.restore,
    ];
    for ((row, bar), part) in rows.into_iter().zip(parts) {
        let ours = costs.iter().map(part).collect();
        let clones = costs.iter().map(|cost| cost.clone).collect();
        table.compared(row, Unit::Nanoseconds, bar, || Rounds::of(ours, clones));
    }
}

fn costs(scale: Scale, run: usize) -> Vec<Cost> {
    let objects = scale.size(1_000_000);
    let mut world = World::new(objects);
    // Clones are kept and never dropped, so that each has memory that nothing had before.
    let mut clones = Vec::new();
    let mut rng = Rng::with_seed(2);
    let round = |_| {
        let mut plan = || world.plan(&mut rng, objects as usize / 100, run);
        let [earlier, changes, later] = [plan(), plan(), plan()];
        let store = &mut world.store;
        // The same with no snapshot alive, before and after, and each time after a clone, so that caches are alike.
        let plain = |store: &mut Store<_>, changes: &[Change], clones: &mut Vec<_>| {
            clones.push(store.clone());
            let plain = thread_time(|| apply(store, changes));
            take_back(store, changes);
            store.step(Budget::unlimited());
            plain
        };
        let before = plain(store, &earlier, &mut clones);
        let mut snapshot = None;
        let cost = Cost {
            clone: thread_time(|| clones.push(store.clone())),
            snapshot: thread_time(|| snapshot = store.snapshot().ok()),
            writes: thread_time(|| apply(store, &changes)),
            restore: thread_time(|| {
                let snapshot = snapshot.as_ref().expect("nothing runs");
                store.restore(snapshot).expect("it is its own");
            }),
        };
        drop(snapshot);
        store.step(Budget::unlimited());
        let plain = f64::midpoint(before, plain(store, &later, &mut clones));
        Cost {
            writes: cost.writes - plain,
            ..cost
        }
    };
    // A first round warms up.
    let costs = (0..=scale.rounds(5)).map(round).skip(1).collect();
    std::mem::forget(clones);
    costs
}

/// A frame's changes, and what they take in a store without snapshots.
struct Played {
    before: Snapshot,
    changes: Vec<Change>,
    plain: f64,
}

/// What a frame takes longer than one without snapshots, in nanoseconds.
#[derive(Clone, Copy)]
struct Frame {
    /// Snapshot, writes and going back.
    own: f64,
    /// With the frames that are played once more after going back.
    all: f64,
}

/// Frames of a program that keeps the last of them and goes back once in a second, as shares of a frame: the median of
/// three runs for each frame.
fn frames(scale: Scale, table: &mut Table) {
    let rows = [
        ("median", 2, false, Bar::Ratio(0.05)),
        ("99.9 %", 1_000, false, Bar::Ratio(0.10)),
        ("99.9 % with the replay", 1_000, true, Bar::Beside),
    ];
    let name = |which| format!("rollback: 60 Hz, 10^5, {which}");
    let rows = rows.map(|(which, of, all, bar)| (name(which), of, all, bar));
    if rows.iter().all(|(row, ..)| table.skips(row)) {
        return;
    }
    let number = if scale.smoke {
        2 * SECOND
    } else {
        100 * SECOND
    };
    // Each run plays the same frames: what only one of them has to wait for is the machine's.
    let runs: Vec<Vec<Frame>> = (0..scale.rounds(3)).map(|_| play(scale, number)).collect();
    for (row, of, all, bar) in rows {
        let cost = |frame: &Frame| if all { frame.all } else { frame.own };
        let of_runs = |at: usize| -> Vec<f64> { runs.iter().map(|run| cost(&run[at])).collect() };
        let mut costs: Vec<f64> = (0..number).map(|at| median(&of_runs(at))).collect();
        costs.sort_by(f64::total_cmp);
        // All but one of so many take no longer.
        let cost = costs[costs.len() - 1 - costs.len() / of];
        table.compared(row, Unit::Nanoseconds, bar, || Rounds::once(cost, FRAME));
    }
}

/// Runs so many frames in which two of a hundred objects change.
fn play(scale: Scale, frames: usize) -> Vec<Frame> {
    let objects = scale.size(100_000);
    let mut world = World::new(objects);
    let mut other = world.store.clone();
    let mut rng = Rng::with_seed(2);
    let mut kept: VecDeque<Played> = VecDeque::new();
    let end = |store: &mut Store<_>, changes: &[Change]| {
        apply(store, changes);
        store.step(Budget::units(10_000));
    };
    let frame = |number: usize| {
        let changes = world.plan(&mut rng, objects as usize / 50, 1);
        let plain = thread_time(|| end(&mut other, &changes));
        world.keep(&changes);
        let store = &mut world.store;
        let mut before = None;
        let mut own = thread_time(|| {
            before = store.snapshot().ok();
            if kept.len() == KEPT {
                kept.pop_front();
            }
        });
        own += thread_time(|| end(store, &changes)) - plain;
        kept.push_back(Played {
            before: before.expect("nothing runs"),
            changes,
            plain,
        });
        let mut again = 0.0;
        if number % SECOND == SECOND - 1 {
            own += thread_time(|| store.restore(&kept[0].before).expect("it is its own"));
            for played in &mut kept {
                again += thread_time(|| played.before = store.snapshot().expect("nothing runs"));
                again += thread_time(|| end(store, &played.changes)) - played.plain;
            }
        }
        let all = own + again;
        Frame { own, all }
    };
    // In the first second, journals get their memory.
    (0..SECOND + frames).map(frame).skip(SECOND).collect()
}

/// A checksum that is kept up to date, beside one of all objects.
fn checksums(scale: Scale, table: &mut Table) {
    let name = "rollback: checksum after 1 % changed, over all";
    table.compared(name.into(), Unit::Nanoseconds, Bar::Ratio(0.05), || {
        let objects = scale.size(1_000_000);
        let mut world = World::new(objects);
        let checksum = || {
            Checksum::new()
                .component::<Position>(|position, digest| {
                    for part in position.0 {
                        digest.write_u32(part.to_bits());
                    }
                })
                .component::<Health>(|health, digest| digest.write_u32(health.0))
        };
        let mut kept = checksum();
        kept.update(&mut world.store).expect("nothing runs");
        let mut rng = Rng::with_seed(2);
        let mut round = |_| {
            let changes = world.plan(&mut rng, objects as usize / 100, 1);
            apply(&mut world.store, &changes);
            world.keep(&changes);
            let store = &mut world.store;
            let mut sums = [Ok(0); 2];
            let ours = thread_time(|| sums[0] = kept.update(store));
            let all = thread_time(|| sums[1] = checksum().update(store));
            assert_eq!(sums[0], sums[1]);
            (ours, all)
        };
        // A first round warms up.
        let rounds = (0..=scale.rounds(7)).map(&mut round).skip(1);
        let (ours, all) = rounds.unzip();
        Rounds::of(ours, all)
    });
}

/// Copying a world into the memory of another one, beside copying as many bytes.
fn copies(scale: Scale, table: &mut Table) {
    let name = "rollback: clone_from, over copying as many bytes";
    table.compared(name.into(), Unit::Nanoseconds, Bar::Ratio(2.0), || {
        let World { store, .. } = World::new(scale.size(1_000_000));
        let mut copy = store.clone();
        let bytes = vec![1_u8; store.memory()];
        let mut others = bytes.clone();
        in_turn(
            scale.rounds(7),
            |_| thread_time(|| copy.clone_from(&store)),
            |_| thread_time(|| others.copy_from_slice(black_box(&bytes))),
        )
    });
}

/// What a world has, in plain lists.
#[derive(Serialize, Deserialize)]
struct Lists {
    values: Vec<[u64; 4]>,
    edges: Vec<[u32; 2]>,
    positions: Vec<Position>,
    healths: Vec<Health>,
}

/// Saving and loading beside the same of plain lists.
fn saves(scale: Scale, table: &mut Table) {
    let [save, load] = ["save", "load"].map(|what| format!("rollback: {what} with postcard, 10^6"));
    if table.skips(&save) && table.skips(&load) {
        return;
    }
    let objects = scale.size(1_000_000);
    let world = World::new(objects);
    let registry = Registry::new()
        .component::<Position>("position")
        .component::<Health>("health");
    let lists = Lists {
        values: world.store.values().copied().collect(),
        edges: world.graph.edges.clone(),
        positions: vec![Position([0.0; 3]); objects as usize],
        healths: vec![Health(100); objects as usize],
    };
    let write = || postcard::to_allocvec(&registry.save(&world.store).expect("all has names"));
    let write_lists = || postcard::to_allocvec(&lists);
    let rounds = scale.rounds(7);
    table.compared(save, Unit::Nanoseconds, Bar::Ratio(2.0), || {
        in_turn(rounds, |_| thread_time(write), |_| thread_time(write_lists))
    });
    let saved = write().expect("memory is enough");
    let saved_lists = write_lists().expect("memory is enough");
    let read = || {
        let mut from = postcard::Deserializer::from_bytes(&saved);
        registry.load(&mut from).expect("it was saved so")
    };
    let read_lists = || postcard::from_bytes::<Lists>(&saved_lists).expect("it was saved so");
    table.compared(load, Unit::Nanoseconds, Bar::Ratio(2.0), || {
        let ours = |_| {
            let mut loaded = None;
            thread_time(|| loaded = Some(read()))
        };
        let baseline = |_| {
            let mut loaded = None;
            thread_time(|| loaded = Some(read_lists()))
        };
        in_turn(rounds, ours, baseline)
    });
}
