//! What the benches are run on: payloads, random graphs, stores that are made of them.

use fastrand::Rng;
use understory::{Config, Handle, Store};

/// What objects hold.
pub(crate) trait Payload: Copy + 'static {
    /// How the payload is called in the name of a bench.
    const NAME: &'static str;
    fn of(number: u64) -> Self;
    fn number(&self) -> u64;
}

impl Payload for u64 {
    const NAME: &'static str = "8 bytes";

    fn of(number: u64) -> Self {
        number
    }

    fn number(&self) -> u64 {
        *self
    }
}

impl Payload for [u64; 4] {
    const NAME: &'static str = "32 bytes";

    fn of(number: u64) -> Self {
        [number; 4]
    }

    fn number(&self) -> u64 {
        self[0]
    }
}

/// A directed graph as the list of its edges, in the order in which they are to be added.
pub(crate) struct Graph {
    pub(crate) nodes: u32,
    pub(crate) edges: Vec<[u32; 2]>,
    /// Those without which every node can still be reached from node 0, in a graph that is
    /// connected at all.
    pub(crate) spare: Vec<[u32; 2]>,
}

impl Graph {
    /// A graph in which every node has `degree` edges to random nodes, in random order.
    pub(crate) fn random(rng: &mut Rng, nodes: u32, degree: u32) -> Self {
        let sources = (0..nodes).flat_map(|node| (0..degree).map(move |_| node));
        let mut edges: Vec<_> = sources.map(|source| [source, rng.u32(0..nodes)]).collect();
        rng.shuffle(&mut edges);
        Self {
            nodes,
            edges,
            spare: Vec::new(),
        }
    }

    /// The same, but every node can be reached from node 0: one of the edges of each is part of a
    /// ring through all nodes.
    pub(crate) fn connected(rng: &mut Rng, nodes: u32, degree: u32) -> Self {
        let mut graph = Self::random(rng, nodes, degree - 1);
        graph.spare.clone_from(&graph.edges);
        let mut ring: Vec<u32> = (0..nodes).collect();
        rng.shuffle(&mut ring);
        let next = ring.iter().skip(1).chain(&ring[..1]);
        graph.edges.extend(
            ring.iter()
                .zip(next)
                .map(|(&source, &target)| [source, target]),
        );
        rng.shuffle(&mut graph.edges);
        graph
    }

    /// Adds the edges to a store, between objects that stand for the nodes.
    pub(crate) fn link_in<T>(&self, store: &mut Store<T>, handles: &[Handle]) {
        for &[source, target] in &self.edges {
            let (source, target) = (handles[source as usize], handles[target as usize]);
            store
                .link(source, (), target)
                .expect("both objects are alive");
        }
    }
}

/// A store of numbered objects with a root each, and their handles in order.
pub(crate) fn filled<T: Payload>(objects: u32) -> (Store<T>, Vec<Handle>) {
    fill(Store::new(), objects)
}

fn fill<T: Payload>(mut store: Store<T>, objects: u32) -> (Store<T>, Vec<Handle>) {
    let handles = (0..objects)
        .map(|number| store.insert(T::of(number.into())))
        .collect();
    (store, handles)
}

/// A store that holds a connected graph by the root of its first object alone, and that one thread
/// collects.
pub(crate) fn one_rooted(graph: &Graph) -> (Store<u64>, Vec<Handle>) {
    let config = Config::new();
    #[cfg(feature = "rayon")]
    let config = config.parallel_from(usize::MAX);
    one_rooted_with(config, graph)
}

/// The same with these settings.
pub(crate) fn one_rooted_with(config: Config, graph: &Graph) -> (Store<u64>, Vec<Handle>) {
    let (mut store, handles) = fill(Store::with_config(config), graph.nodes);
    graph.link_in(&mut store, &handles);
    for &handle in &handles[1..] {
        store
            .unroot(handle)
            .expect("each object has the root of its insertion");
    }
    (store, handles)
}
