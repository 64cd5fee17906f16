//! `safe-gc`: marks and sweeps, without unsafe code.

use std::collections::VecDeque;

use safe_gc::{Collector, Gc, Heap, Root, Trace};

use crate::edges::Edges;
use crate::graph::Graph;
use crate::payload::Marked;
use crate::peers::{Kind, Peer, Slots, Variant, no_components};
use crate::workloads::{Touch, Walked};
use crate::world::World;

/// Where objects have their edges.
trait Form: Sized + 'static {
    type Edges: Edges<Gc<Object<Self>>>;
}

struct Object<F: Form> {
    payload: Marked,
    edges: F::Edges,
}

struct Any;
struct Few<const N: usize>;

impl Form for Any {
    type Edges = Vec<Gc<Object<Self>>>;
}

impl<const N: usize> Form for Few<N> {
    type Edges = [Option<Gc<Object<Self>>>; N];
}

impl<F: Form> Trace for Object<F> {
    fn trace(&self, collector: &mut Collector) {
        for &target in self.edges.iter() {
            collector.edge(target);
        }
    }
}

struct SafeGc<F> {
    heap: Heap,
    walks: u64,
    form: std::marker::PhantomData<F>,
}

impl<F: Form> Graph for SafeGc<F> {
    type Node = Root<Object<F>>;

    const PLAIN_NODES: bool = false;

    fn make(&mut self, number: u64) -> Self::Node {
        self.heap.alloc(Object {
            payload: Marked::new(number),
            edges: F::Edges::none(),
        })
    }

    fn make_parent(&mut self, number: u64, children: [Self::Node; 2]) -> Self::Node {
        self.heap.alloc(Object {
            payload: Marked::new(number),
            edges: F::Edges::two(children.map(|child| child.unrooted())),
        })
    }

    fn link(&mut self, from: &Self::Node, to: &Self::Node) {
        self.heap[from].edges.push(to.unrooted());
    }

    fn cut(&mut self, from: &Self::Node, place: usize) {
        self.heap[from].edges.swap_remove(place);
    }

    fn degree(&self, node: &Self::Node) -> usize {
        self.heap[node].edges.len()
    }

    fn target(&self, node: &Self::Node, place: usize) -> Self::Node {
        self.heap.root(*self.heap[node].edges.get(place))
    }

    fn number(&self, node: &Self::Node) -> u64 {
        self.heap[node].payload.number()
    }

    fn walk(&mut self, root: &Self::Node) -> Walked {
        self.walks += 1;
        let mut walked = Walked::default();
        let mut queue = VecDeque::from([root.unrooted()]);
        self.heap[root].payload.visit(self.walks);
        while let Some(node) = queue.pop_front() {
            let object = &self.heap[node];
            walked.objects += 1;
            walked.sum += object.payload.number();
            for &target in object.edges.iter() {
                walked.edges += 1;
                if self.heap[target].payload.visit(self.walks) {
                    queue.push_back(target);
                }
            }
        }
        walked
    }

    fn reclaim(&mut self, _: &[Self::Node]) {
        self.heap.gc();
    }

    fn touch(&mut self, nodes: &[Self::Node], touch: Touch) {
        drop(nodes[touch.at].clone());
    }
}

fn make<F: Form>() -> Box<dyn Peer> {
    World::boxed(SafeGc::<F> {
        heap: Heap::new(),
        walks: 0,
        form: std::marker::PhantomData,
    })
}

pub(crate) const VARIANTS: &[Variant] = &Variant::both(
    "safe-gc",
    Kind::Tracing,
    no_components,
    |slots| match slots {
        Slots::Any => make::<Any>(),
        Slots::One => make::<Few<1>>(),
        Slots::Two => make::<Few<2>>(),
        Slots::Three => make::<Few<3>>(),
    },
);
