//! petgraph's `StableDiGraph`, with a mark and sweep over it.

use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;

use crate::graph::Graph;
use crate::handles::{Growth, Handles, Seen, mark, walk};
use crate::payload::Payload;
use crate::peers::{Form, Kind, Variant, no_components};
use crate::workloads::{Touch, Walked};
use crate::world::World;

type Nodes = StableDiGraph<Payload, ()>;

#[derive(Default)]
struct Petgraph {
    nodes: Nodes,
    seen: Seen,
    growth: Growth,
}

impl Handles for Nodes {
    type Key = NodeIndex;

    fn index(key: NodeIndex) -> usize {
        key.index()
    }

    fn each_target(&self, key: NodeIndex, each: impl FnMut(NodeIndex)) {
        self.neighbors(key).for_each(each);
    }

    fn number(&self, key: NodeIndex) -> u64 {
        self[key].0[0]
    }
}

impl Graph for Petgraph {
    type Node = NodeIndex;

    const PLAIN_NODES: bool = true;

    fn make(&mut self, number: u64) -> NodeIndex {
        self.nodes.add_node(Payload::new(number))
    }

    fn link(&mut self, &from: &NodeIndex, &to: &NodeIndex) {
        self.nodes.add_edge(from, to, ());
    }

    fn cut(&mut self, &from: &NodeIndex, place: usize) {
        let edge = self.nodes.edges(from).nth(place);
        let edge = edge.expect("there is an edge at the place").id();
        self.nodes.remove_edge(edge);
    }

    fn degree(&self, &node: &NodeIndex) -> usize {
        self.nodes.neighbors(node).count()
    }

    fn target(&self, &node: &NodeIndex, place: usize) -> NodeIndex {
        let target = self.nodes.neighbors(node).nth(place);
        target.expect("there is an edge at the place")
    }

    fn number(&self, &node: &NodeIndex) -> u64 {
        self.nodes
            .node_weight(node)
            .map_or(0, |payload| payload.0[0])
    }

    fn walk(&mut self, &root: &NodeIndex) -> Walked {
        walk(&self.nodes, root, &mut self.seen)
    }

    fn reclaim(&mut self, roots: &[NodeIndex]) {
        mark(&self.nodes, roots, &mut self.seen);
        self.nodes
            .retain_nodes(|_, node| self.seen.contains(node.index()));
        self.growth.collected(self.nodes.node_count());
    }

    fn tick(&mut self, roots: &[NodeIndex]) {
        if self.growth.is_due(self.nodes.node_count()) {
            self.reclaim(roots);
        }
    }

    fn touch(&mut self, nodes: &[NodeIndex], touch: Touch) {
        let [source, old, new] =
            [touch.source, touch.old, touch.new].map(|node| nodes[node as usize]);
        let edge = self.nodes.find_edge(source, old);
        self.nodes.remove_edge(edge.expect("the edge is there"));
        self.nodes.add_edge(source, new, ());
    }
}

pub(crate) const VARIANTS: &[Variant] = &[Variant::new(
    "petgraph",
    Form::Usual,
    Kind::Tracing,
    no_components,
    |_| World::boxed(Petgraph::default()),
)];
