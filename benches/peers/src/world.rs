//! A graph together with what the program holds of it.

use fastrand::Rng;

use crate::graph::{self, CHUNK, Graph};
use crate::peers::Peer;
use crate::workloads::{Digraph, RING, RINGS, SAMPLE, Touch, Walked};

pub(crate) struct World<G: Graph> {
    graph: G,
    /// What the program holds.
    roots: Vec<G::Node>,
    /// What it only knows, to touch or to read it. Where nodes own, these are few.
    known: Vec<G::Node>,
}

impl<G: Graph + 'static> World<G> {
    pub(crate) fn boxed(graph: G) -> Box<dyn Peer> {
        Box::new(Self {
            graph,
            roots: Vec::new(),
            known: Vec::new(),
        })
    }
}

impl<G: Graph> Peer for World<G> {
    fn tree(&mut self, depth: u32) {
        self.roots.push(self.graph.tree(depth));
    }

    fn tree_with_parents(&mut self, depth: u32) {
        self.roots.push(self.graph.tree_with_parents(depth));
    }

    fn rings(&mut self, count: u32) {
        let ring = |_| self.graph.ring(RING);
        self.roots.extend((0..count).map(ring));
    }

    fn list(&mut self, len: u32) {
        self.roots.push(self.graph.list(len));
    }

    fn digraph(&mut self, shape: &Digraph) {
        let nodes = self.graph.digraph(shape);
        if G::PLAIN_NODES {
            self.known.clone_from(&nodes);
        } else {
            let sample = 0..SAMPLE.min(shape.nodes());
            let node = |at| nodes[shape.sampled(at) as usize].clone();
            self.known.extend(sample.map(node));
        }
        let mut nodes = nodes.into_iter();
        self.roots.extend(nodes.next());
        for node in nodes {
            self.graph.release(node);
        }
    }

    fn load(&mut self, shape: &Digraph, is_whole: bool) {
        self.roots.push(self.graph.load(shape, is_whole));
    }

    fn forget(&mut self) {
        self.known = Vec::new();
        self.roots.shrink_to_fit();
    }

    fn let_go(&mut self) {
        self.known.clear();
        for node in self.roots.drain(..) {
            self.graph.release(node);
        }
    }

    fn reclaim(&mut self) {
        self.graph.reclaim(&self.roots);
    }

    fn collect(&mut self) {
        self.graph.collect(&self.roots);
    }

    fn manual(&mut self) {
        self.graph.manual();
    }

    fn slice(&mut self) -> bool {
        self.graph.slice(&self.roots)
    }

    fn churn(&mut self, to_root: bool) {
        let root = to_root.then(|| &self.roots[0]);
        graph::churn(&mut self.graph, root, RINGS);
    }

    fn touch(&mut self, touches: &[Touch]) {
        for &touch in touches {
            self.graph.touch(&self.known, touch);
        }
    }

    fn walk(&mut self) -> Walked {
        self.graph.walk(&self.roots[0])
    }

    fn fill(&mut self, objects: u32) {
        let make = |number: u32| self.graph.make(number.into());
        self.roots.extend((0..objects).map(make));
        Rng::with_seed(1).shuffle(&mut self.roots);
    }

    fn read(&mut self) -> u64 {
        let number = |node| self.graph.number(node);
        self.roots.iter().map(number).fold(0, u64::wrapping_add)
    }

    fn temporary_tree(&mut self, depth: u32, top_down: bool) {
        let tree = if top_down {
            let top = self.graph.make(0);
            graph::grow(&mut self.graph, &top, depth, false);
            top
        } else {
            graph::bottom_up(&mut self.graph, depth)
        };
        self.graph.release(tree);
        self.graph.tick(&self.roots);
    }

    fn stress(&mut self, operations: u32) {
        let mut rng = Rng::with_seed(1);
        for _ in 0..operations / CHUNK {
            graph::stress(&mut self.graph, &mut self.roots, &mut rng);
            self.graph.tick(&self.roots);
        }
    }

    fn components(&mut self, objects: &[bool], is_group: bool) {
        self.graph.components(objects, is_group);
    }

    fn query(&mut self) {
        self.graph.query();
    }
}
