//! What it costs to look inside: a copy of the graph beside a clone of the store, dominators beside petgraph's, and why
//! an object is alive beside a collection of all that is.

use cpu_time::ThreadTime;
use fastrand::Rng;
use petgraph::algo::dominators::simple_fast;
use petgraph::graph::{DiGraph, NodeIndex};
use understory::inspect::{Describe, HeapSnapshot};
use understory::{Auto, Config, Handle, Store};

use crate::measure::{Bar, Rounds, Scale, Table, in_turn};

const OBJECTS: u32 = 1_000_000;

/// Nanoseconds that the thread works for one of `objects`.
fn time<R>(objects: u32, work: impl FnOnce() -> R) -> f64 {
    let start = ThreadTime::now();
    let result = std::hint::black_box(work());
    let elapsed = start.elapsed().as_secs_f64() * 1e9 / f64::from(objects);
    drop(result);
    elapsed
}

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    let bare = "inspect, copy of 10^6 and 3*10^6 edges / clone";
    let with_names = "inspect, the same with names by value and label";
    table.times(bare.into(), Bar::Ratio(0.5), || {
        copy(scale, &Describe::new())
    });
    table.times(with_names.into(), Bar::Beside, || copy(scale, &named()));
    for (name, shape) in [("random", Shape::Random), ("tree", Shape::Tree)] {
        let name = format!("inspect, dominators / petgraph, {name}");
        table.times(name, Bar::Ratio(0.25), || dominators(scale, shape));
    }
    for (name, shape) in [
        ("random", Shape::Random),
        ("tree", Shape::Tree),
        ("chain", Shape::Chain),
    ] {
        let name = format!("inspect, why_alive / collect, {name}");
        table.times(name, Bar::Ratio(1.0), || why_alive(scale, shape));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Three edges each, one of which makes a ring.
    Random,
    /// Eight children each, which know their parents, and a sibling somewhere.
    Tree,
    Chain,
}

/// The targets of each object.
fn targets(shape: Shape, object: u32, objects: u32, rng: &mut Rng) -> Vec<u32> {
    let mut targets = match shape {
        Shape::Random => vec![
            (object + 1) % objects,
            rng.u32(0..objects),
            rng.u32(0..objects),
        ],
        Shape::Tree => {
            let mut targets: Vec<u32> = (8 * object + 1..8 * object + 9)
                .filter(|&child| child < objects)
                .collect();
            targets.extend([
                object.saturating_sub(1) / 8,
                (object + rng.u32(1..8)) % objects,
            ]);
            targets
        }
        Shape::Chain => return Vec::from_iter((object + 1 < objects).then_some(object + 1)),
    };
    // No edge is the first of all objects, which would help those who walk memory in order.
    rng.shuffle(&mut targets);
    targets
}

/// A store with one root.
fn store(shape: Shape, objects: u32) -> (Store<u64, u8>, Vec<Handle>) {
    let mut rng = Rng::with_seed(1);
    let mut store: Store<u64, u8> = Store::with_config(Config::new().auto(Auto::Off));
    let handles: Vec<Handle> = (0..objects)
        .map(|object| store.insert(object.into()))
        .collect();
    for object in 0..objects {
        for (label, target) in (0..).zip(targets(shape, object, objects, &mut rng)) {
            let [from, to] = [object, target].map(|at| handles[at as usize]);
            store.link(from, label, to).expect("both are alive");
        }
    }
    for &handle in &handles[1..] {
        store.unroot(handle).expect("it has a root");
    }
    (store, handles)
}

fn named() -> Describe<u64, u8> {
    const CLASSES: [&str; 7] = ["unit", "squad", "quest", "item", "place", "sound", "light"];
    const LABELS: [&str; 3] = ["owns", "knows", "follows"];
    Describe::new()
        .class(|value: &u64| CLASSES[(*value % 7) as usize])
        .label(|label: &u8| LABELS[usize::from(*label) % 3])
}

fn copy(scale: Scale, describe: &Describe<u64, u8>) -> Rounds {
    let objects = scale.size(OBJECTS);
    let (store, _) = store(Shape::Random, objects);
    in_turn(
        scale.rounds(15),
        |_| time(objects, || store.heap_snapshot(describe)),
        |_| time(objects, || store.clone()),
    )
}

fn dominators(scale: Scale, shape: Shape) -> Rounds {
    let objects = scale.size(OBJECTS);
    let heap: HeapSnapshot = store(shape, objects).0.heap_snapshot(&Describe::new());
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(heap.len(), heap.edge_count());
    let nodes: Vec<NodeIndex> = heap.objects().map(|_| graph.add_node(())).collect();
    for object in heap.objects() {
        for &target in heap.targets(object) {
            graph.add_edge(nodes[object as usize], nodes[target as usize], ());
        }
    }
    let theirs = simple_fast(&graph, nodes[0]);
    let ours = heap.dominators();
    for object in heap.objects() {
        let dominator = theirs.immediate_dominator(nodes[object as usize]);
        let dominator =
            dominator.map(|node| u32::try_from(node.index()).expect("as many as objects"));
        assert_eq!(
            ours.dominator(object),
            dominator,
            "both have found the same"
        );
    }
    drop(ours);
    in_turn(
        scale.rounds(3),
        |_| time(objects, || heap.dominators()),
        |_| time(objects, || simple_fast(&graph, nodes[0])),
    )
}

/// Why the object is alive that is the furthest from the root, beside a collection that finds nothing.
fn why_alive(scale: Scale, shape: Shape) -> Rounds {
    let objects = scale.size(OBJECTS);
    let (mut store, handles) = store(shape, objects);
    store.collect();
    let mut last = handles[0];
    for (handle, _) in store.breadth_first([handles[0]]) {
        last = handle;
    }
    let copy = store.clone();
    in_turn(
        scale.rounds(9),
        |_| time(objects, || copy.why_alive(last)),
        |_| time(objects, || store.collect()),
    )
}
