//! Edges: to add, to remove and to follow them.

use std::hint::black_box;

use fastrand::Rng;
use understory::Handle;

use crate::callgrind::counted;
use crate::common::{self, Graph};

const NODES: u32 = 10_000;
const DEGREE: u32 = 4;
const TURNS: usize = 20_000;
const WALKS: u32 = 5;

/// An edge is added to an object, and any one of those that the object had is removed.
pub(crate) fn link_unlink() -> u64 {
    let mut rng = Rng::with_seed(1);
    let mut graph = Graph::random(&mut rng, NODES, DEGREE);
    let (mut store, handles) = common::filled::<u64>(NODES);
    graph.link_in(&mut store, &handles);
    store.collect();

    let mut turn = |_| {
        let at = rng.usize(0..graph.edges.len());
        let [source, old] = graph.edges[at];
        let new = rng.u32(0..NODES);
        graph.edges[at] = [source, new];
        [source, new, old].map(|node| handles[node as usize])
    };
    let mut plan = || (0..TURNS).map(&mut turn).collect();
    let [first, second]: [Vec<[Handle; 3]>; 2] = [plan(), plan()];
    let mut replace = |turns: &[[Handle; 3]]| {
        for &[source, new, old] in turns {
            store.link(source, (), new).expect("both are alive");
            store.unlink(source, old).expect("the edge is there");
        }
    };
    replace(&first);
    counted(&mut || replace(&second));
    TURNS as u64
}

/// The targets of all objects, an edge after the other.
pub(crate) fn targets() -> u64 {
    let graph = Graph::random(&mut Rng::with_seed(1), NODES, DEGREE);
    let (mut store, handles) = common::filled::<u64>(NODES);
    graph.link_in(&mut store, &handles);
    counted(&mut || {
        for _ in 0..WALKS {
            let targets = handles.iter().flat_map(|&handle| store.targets(handle));
            black_box(targets.map(Handle::to_bits).fold(0, u64::wrapping_add));
        }
    });
    (WALKS * NODES * DEGREE).into()
}
