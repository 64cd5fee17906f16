//! Adding edges and removing them by their ends, beside petgraph.

use fastrand::Rng;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use understory::{Handle, Store};

use crate::common::{self, Graph};
use crate::measure::{Bar, Rounds, Scale, Table, in_turn, time};

/// One edge that is added, and one that is removed after it.
#[derive(Clone, Copy)]
struct Turn<N> {
    added: [N; 2],
    removed: [N; 2],
}

impl<N> Turn<N> {
    fn map<M>(self, name: impl Fn(N) -> M) -> Turn<M> {
        Turn {
            added: self.added.map(&name),
            removed: self.removed.map(&name),
        }
    }
}

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    let cases = [
        (4, 10_000, 200_000),
        (4, 100_000, 200_000),
        (1_000, 1_000, 20_000),
    ];
    for (degree, nodes, turns) in cases {
        let (nodes, turns) = (scale.size(nodes), scale.size(turns));
        let degree = if scale.smoke { 4 } else { degree };
        let name = |which: &str| format!("link, unlink {which}, degree {degree}, {nodes} objects");
        table.times(name("any"), Bar::Ratio(1.0), || {
            replace(scale, nodes, degree, turns, any_edge)
        });
        table.times(name("the same"), Bar::Beside, || {
            replace(scale, nodes, degree, turns, same_edge)
        });
    }
}

/// Adds an edge to the object that any edge starts from, and removes that edge.
fn any_edge(rng: &mut Rng, graph: &mut Graph) -> Turn<u32> {
    let at = rng.usize(0..graph.edges.len());
    let removed = graph.edges[at];
    let added = [removed[0], rng.u32(0..graph.nodes)];
    graph.edges[at] = added;
    Turn { added, removed }
}

/// Adds an edge, and removes it.
fn same_edge(rng: &mut Rng, graph: &mut Graph) -> Turn<u32> {
    let added = [rng.u32(0..graph.nodes), rng.u32(0..graph.nodes)];
    Turn {
        added,
        removed: added,
    }
}

fn replace(
    scale: Scale,
    nodes: u32,
    degree: u32,
    turns: u32,
    turn: fn(&mut Rng, &mut Graph) -> Turn<u32>,
) -> Rounds {
    let rounds = scale.rounds(7);
    let mut rng = Rng::with_seed(1);
    let mut graph = Graph::random(&mut rng, nodes, degree);

    let (mut store, handles) = common::filled::<u64>(nodes);
    graph.link_in(&mut store, &handles);
    let mut other = StableDiGraph::<u64, ()>::new();
    let names: Vec<NodeIndex> = (0..nodes).map(|node| other.add_node(node.into())).collect();
    for &[source, target] in &graph.edges {
        other.add_edge(names[source as usize], names[target as usize], ());
    }

    let mut plan = || {
        let turns: Vec<_> = (0..turns).map(|_| turn(&mut rng, &mut graph)).collect();
        let ours = turns
            .iter()
            .map(|turn| turn.map(|node| handles[node as usize]));
        let theirs = turns
            .iter()
            .map(|turn| turn.map(|node| names[node as usize]));
        (ours.collect::<Vec<_>>(), theirs.collect::<Vec<_>>())
    };
    let plans: Vec<_> = (0..=rounds).map(|_| plan()).collect();
    let measured = in_turn(
        rounds,
        |round| time(turns, || replace_in_store(&mut store, &plans[round].0)),
        |round| time(turns, || replace_in_graph(&mut other, &plans[round].1)),
    );
    assert_eq!(store.edge_count(), other.edge_count());
    measured
}

fn replace_in_store(store: &mut Store<u64>, turns: &[Turn<Handle>]) {
    for turn in turns {
        let [source, target] = turn.added;
        store.link(source, (), target).expect("both are alive");
        let [source, target] = turn.removed;
        store.unlink(source, target).expect("the edge is there");
    }
}

fn replace_in_graph(graph: &mut StableDiGraph<u64, ()>, turns: &[Turn<NodeIndex>]) {
    for turn in turns {
        let [source, target] = turn.added;
        graph.add_edge(source, target, ());
        let [source, target] = turn.removed;
        let edge = graph.find_edge(source, target).expect("the edge is there");
        graph.remove_edge(edge);
    }
}
