//! What a peer must be able to do, and what the workloads build out of it.

use fastrand::Rng;

use crate::workloads::{Digraph, RING, Touch, Walked};

/// Operations of the stress mix between two ticks.
pub(crate) const CHUNK: u32 = 1_000;
/// How many objects the program holds in the stress mix.
const HELD: usize = 10_000;
/// Edges that an object has at most in the stress mix.
const DEGREE: usize = 3;

/// A graph of objects, as one library lets it be written.
///
/// Nodes are what the program keeps to reach an object: a pointer that owns it, or a handle.
pub(crate) trait Graph {
    type Node: Clone;

    /// Whether a node owns nothing, so that all of them can be kept without keeping objects alive.
    const PLAIN_NODES: bool;

    /// An object that the program holds.
    ///
    /// A clone of its node is dropped where it is not needed; the node itself is released.
    fn make(&mut self, number: u64) -> Self::Node;

    fn link(&mut self, from: &Self::Node, to: &Self::Node);

    /// Removes an edge, and puts the last one in the gap.
    fn cut(&mut self, from: &Self::Node, place: usize);

    fn degree(&self, node: &Self::Node) -> usize;

    fn target(&self, node: &Self::Node, place: usize) -> Self::Node;

    fn number(&self, node: &Self::Node) -> u64;

    /// Breadth first, and reads every object once.
    fn walk(&mut self, root: &Self::Node) -> Walked;

    /// After this nothing is left that the roots do not reach, as far as the library can tell.
    fn reclaim(&mut self, roots: &[Self::Node]);

    /// A collection that looks at everything.
    fn collect(&mut self, roots: &[Self::Node]) {
        self.reclaim(roots);
    }

    /// What the program calls now and then so that garbage does not pile up. Nothing where the
    /// library looks after that.
    fn tick(&mut self, _roots: &[Self::Node]) {}

    /// From here on it collects when it is told to.
    fn manual(&mut self) {}

    /// What a frame does about garbage where pauses matter; whether there was anything to do.
    fn slice(&mut self, roots: &[Self::Node]) -> bool {
        self.reclaim(roots);
        true
    }

    /// The program holds the object no more.
    fn release(&mut self, node: Self::Node) {
        drop(node);
    }

    /// Links, and releases the target.
    fn give(&mut self, from: &Self::Node, to: Self::Node) {
        self.link(from, &to);
        self.release(to);
    }

    /// An object with two children, which the program no longer holds.
    fn make_parent(&mut self, number: u64, children: [Self::Node; 2]) -> Self::Node {
        let parent = self.make(number);
        for child in children {
            self.give(&parent, child);
        }
        parent
    }

    /// A binary tree, in the order that suits the library.
    fn tree(&mut self, depth: u32) -> Self::Node {
        bottom_up(self, depth)
    }

    /// A binary tree in which children also refer to their parents.
    fn tree_with_parents(&mut self, depth: u32) -> Self::Node {
        let top = self.make(0);
        grow(self, &top, depth, true);
        top
    }

    fn ring(&mut self, len: u32) -> Self::Node {
        let tail = self.make(0);
        let mut head = tail.clone();
        for number in 1..len {
            let before = self.make(number.into());
            self.give(&before, head);
            head = before;
        }
        self.link(&tail, &head);
        head
    }

    /// A doubly linked list, by its first object.
    fn list(&mut self, len: u32) -> Self::Node {
        let first = self.make(0);
        let mut last: Option<Self::Node> = None;
        for number in 1..len {
            let next = self.make(number.into());
            let before = last.as_ref().unwrap_or(&first);
            self.link(before, &next);
            self.link(&next, before);
            if let Some(before) = last.replace(next) {
                self.release(before);
            }
        }
        if let Some(last) = last {
            self.release(last);
        }
        first
    }

    /// All nodes, each held by the program.
    fn digraph(&mut self, shape: &Digraph) -> Vec<Self::Node> {
        let nodes: Vec<_> = (0..shape.nodes()).map(|at| self.make(at.into())).collect();
        for (node, targets) in nodes.iter().zip(&shape.targets) {
            for &target in targets {
                self.link(node, &nodes[target as usize]);
            }
        }
        nodes
    }

    /// The first node of the same graph, which alone is held; nothing is left to do after it.
    fn load(&mut self, shape: &Digraph, _is_whole: bool) -> Self::Node {
        let mut nodes = self.digraph(shape).into_iter();
        let first = nodes.next().expect("a world has an object");
        nodes.for_each(|node| self.release(node));
        first
    }

    /// Makes objects, each of which says whether it has the second component.
    fn components(&mut self, _objects: &[bool], _is_group: bool) {
        unreachable!("variants without components are not asked for them")
    }

    /// Changes the first component by the second one.
    fn query(&mut self) {
        unreachable!("variants without components are not asked for them")
    }

    /// Removes an edge and adds another one; what owns its target is copied and dropped instead.
    fn touch(&mut self, nodes: &[Self::Node], touch: Touch);
}

pub(crate) fn bottom_up<G: Graph + ?Sized>(graph: &mut G, depth: u32) -> G::Node {
    if depth == 0 {
        return graph.make(0);
    }
    let children = [bottom_up(graph, depth - 1), bottom_up(graph, depth - 1)];
    graph.make_parent(depth.into(), children)
}

/// Adds children down to a depth.
pub(crate) fn grow<G: Graph + ?Sized>(graph: &mut G, parent: &G::Node, depth: u32, back: bool) {
    if depth == 0 {
        return;
    }
    for _ in 0..2 {
        let child = graph.make(depth.into());
        graph.link(parent, &child);
        if back {
            graph.link(&child, parent);
        }
        grow(graph, &child, depth - 1, back);
        graph.release(child);
    }
}

/// Rings that nothing holds any more once they are made.
pub(crate) fn churn<G: Graph>(graph: &mut G, root: Option<&G::Node>, rings: u32) {
    for _ in 0..rings {
        let ring = graph.ring(RING);
        if let Some(root) = root {
            graph.link(&ring, root);
        }
        graph.release(ring);
    }
}

/// A thousand operations of the stress mix.
pub(crate) fn stress<G: Graph>(graph: &mut G, held: &mut Vec<G::Node>, rng: &mut Rng) {
    for _ in 0..CHUNK {
        let kind = rng.u32(0..10);
        if held.len() < 2 || kind < 3 {
            if held.len() == HELD {
                let node = held.swap_remove(rng.usize(..HELD));
                graph.release(node);
            }
            held.push(graph.make(kind.into()));
            continue;
        }
        let at = rng.usize(..held.len());
        let other = rng.usize(..held.len());
        let place = rng.usize(..DEGREE);
        let degree = graph.degree(&held[at]);
        match kind {
            3..6 => {
                if degree == DEGREE {
                    graph.cut(&held[at], place);
                }
                graph.link(&held[at], &held[other]);
            }
            6..8 => {
                let node = held.swap_remove(at);
                graph.release(node);
            }
            _ if degree > 0 => graph.cut(&held[at], place % degree),
            _ => {}
        }
    }
}
