//! One run: a process that measures one variant on one case.

use std::thread;
use std::time::{Duration, Instant};

use crate::measure::{median, time};
use crate::peers::{Peer, Variant, python};
use crate::workloads::{Case, Digraph, RING, TOUCHES, Walked, Workload};

/// Several peers recur as deep as their lists are long.
const STACK: usize = 4 << 30;

/// How often, and how long at most, something is repeated.
#[derive(Clone, Copy)]
struct Limits {
    times: usize,
    time: Duration,
}

impl Limits {
    fn new(case: Case, quick: bool) -> Self {
        let times = match case.workload {
            _ if quick => 1,
            // What takes microseconds is told by many.
            _ if case.size < 100_000 => 51,
            Workload::Frame | Workload::FrameToRoot | Workload::FrameTouched => 15,
            workload if workload.is_query() => 51,
            Workload::GcBench | Workload::Stress => 3,
            _ => 5,
        };
        Self {
            times,
            time: Duration::from_secs(1),
        }
    }

    /// The figures of the repetitions. A first one warms up, unless it takes all the time.
    fn repeat(self, mut figure: impl FnMut() -> f64) -> Vec<f64> {
        let start = Instant::now();
        let first = figure();
        let mut figures = Vec::new();
        while figures.len() < self.times && start.elapsed() < self.time {
            figures.push(figure());
        }
        if figures.is_empty() {
            figures.push(first);
        }
        figures
    }
}

/// Measures on a thread with a large stack, on one core.
pub(crate) fn run(
    variant: &'static Variant,
    case: Case,
    quick: bool,
    allocated: Option<fn() -> usize>,
) -> f64 {
    on_large_stack(move || {
        let limits = Limits::new(case, quick);
        if variant.name == python::NAME {
            return median(&python::run(variant, case, limits.times, limits.time));
        }
        if case.workload.is_load() {
            return median(&loads(variant, case, limits));
        }
        let mut peer = variant.start(case);
        median(&figures(peer.as_mut(), case, limits, allocated))
    })
}

pub(crate) fn on_large_stack<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    // All children run on the same core, so that none finds another one's cache or clock.
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    if let Some(&core) = cores.last() {
        core_affinity::set_for_current(core);
    }
    let thread = thread::Builder::new().stack_size(STACK).spawn(work);
    let thread = thread.expect("there is room for a large stack");
    thread.join().expect("a run does not panic")
}

fn figures(
    peer: &mut dyn Peer,
    case: Case,
    limits: Limits,
    allocated: Option<fn() -> usize>,
) -> Vec<f64> {
    let size = case.size;
    // Where the end of the run or of the frame is the time to collect, an automatic collection
    // before it only looks at what lives.
    if !matches!(case.workload, Workload::GcBench | Workload::Stress) {
        peer.manual();
    }
    match case.workload {
        Workload::Tree => limits.repeat(|| life(peer, size, |peer| peer.tree(case.depth()))),
        Workload::TreeWithParents => {
            limits.repeat(|| life(peer, size, |peer| peer.tree_with_parents(case.depth())))
        }
        Workload::Rings => limits.repeat(|| life(peer, size, |peer| peer.rings(size / RING))),
        Workload::List => limits.repeat(|| life(peer, size, |peer| peer.list(size))),
        Workload::Frame => frames(peer, case, limits, false, 0),
        Workload::FrameToRoot => frames(peer, case, limits, true, 0),
        Workload::FrameTouched => frames(peer, case, limits, false, TOUCHES),
        Workload::Collect => collections(peer, size, limits),
        Workload::Walk => walks(peer, size, limits),
        Workload::Memory => vec![memory(peer, size, allocated)],
        Workload::Get => {
            peer.fill(size);
            limits.repeat(|| time(size, || peer.read()))
        }
        Workload::GcBench => limits.repeat(|| gc_bench(peer, case.depth())),
        Workload::Stress => limits.repeat(|| {
            let figure = time(size, || peer.stress(size));
            peer.let_go();
            peer.reclaim();
            figure
        }),
        Workload::QueryAll
        | Workload::QueryThird
        | Workload::QueryTenth
        | Workload::QueryRandom
        | Workload::QueryHundredth
        | Workload::QueryGroup => queries(peer, case, limits),
        Workload::Load | Workload::LoadSingly => {
            unreachable!("each repetition has a peer of its own")
        }
    }
}

/// Builds something, and drops it.
fn life(peer: &mut dyn Peer, objects: u32, build: impl FnOnce(&mut dyn Peer)) -> f64 {
    time(objects, || {
        build(peer);
        peer.let_go();
        peer.reclaim();
    })
}

/// Loads a world into a peer that holds nothing yet, and has not grown.
fn loads(variant: &Variant, case: Case, limits: Limits) -> Vec<f64> {
    let shape = Digraph::new(case.size);
    let is_whole = case.workload == Workload::Load;
    limits.repeat(|| {
        let mut peer = variant.start(case);
        peer.manual();
        time(case.size, || peer.load(&shape, is_whole))
    })
}

fn frames(
    peer: &mut dyn Peer,
    case: Case,
    limits: Limits,
    to_root: bool,
    touches: usize,
) -> Vec<f64> {
    let mut shape = Digraph::new(case.size);
    peer.digraph(&shape);
    peer.reclaim();
    let frame = || {
        let touches = shape.touches(touches);
        let nanoseconds = time(1, || {
            peer.churn(to_root);
            peer.touch(&touches);
            peer.reclaim();
        });
        nanoseconds / 1e3
    };
    limits.repeat(frame)
}

fn collections(peer: &mut dyn Peer, objects: u32, limits: Limits) -> Vec<f64> {
    let mut shape = Digraph::new(objects);
    peer.digraph(&shape);
    peer.reclaim();
    limits.repeat(|| {
        peer.touch(&shape.touches(1));
        time(objects, || peer.collect())
    })
}

fn walks(peer: &mut dyn Peer, objects: u32, limits: Limits) -> Vec<f64> {
    let shape = Digraph::new(objects);
    peer.digraph(&shape);
    peer.reclaim();
    drop(shape);
    let edges = objects * 3;
    limits.repeat(|| {
        let mut walked = Walked::default();
        let nanoseconds = time(edges, || walked = peer.walk());
        assert_eq!((walked.objects, walked.edges), (objects, edges));
        nanoseconds
    })
}

#[expect(clippy::cast_precision_loss, reason = "bytes are fewer than 2^52")]
fn memory(peer: &mut dyn Peer, objects: u32, allocated: Option<fn() -> usize>) -> f64 {
    let allocated = allocated.expect("memory is measured by the program that counts");
    let shape = Digraph::new(objects);
    let before = allocated();
    peer.digraph(&shape);
    peer.forget();
    peer.reclaim();
    let bytes = allocated() - before;
    bytes as f64 / f64::from(objects)
}

/// Boehm's `GCBench`, in a size of choice: short-lived trees of many sizes beside one that stays.
fn gc_bench(peer: &mut dyn Peer, depth: u32) -> f64 {
    let nanoseconds = time(1, || {
        peer.temporary_tree(depth + 1, false);
        peer.tree(depth);
        for small in (4..=depth).step_by(2) {
            let trees = (2_u32 << (depth + 1)) / ((2 << small) - 1);
            for tree in 0..2 * trees {
                peer.temporary_tree(small, tree % 2 == 0);
            }
        }
        peer.let_go();
        peer.reclaim();
    });
    nanoseconds / 1e6
}

fn queries(peer: &mut dyn Peer, case: Case, limits: Limits) -> Vec<f64> {
    let moving = case.workload.moving().expect("it is a query");
    let objects = moving.objects(case.size);
    peer.components(&objects, moving.is_group);
    let items = objects.iter().map(|&moves| u32::from(moves)).sum();
    limits.repeat(|| time(items, || peer.query()))
}
