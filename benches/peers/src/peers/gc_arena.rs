//! `gc-arena`: pointers that are copied freely, in an arena that marks and sweeps in increments.

use std::collections::VecDeque;

use fastrand::Rng;
use gc_arena::arena::CollectionPhase;
use gc_arena::barrier::field;
use gc_arena::{Arena, Collect, Gc, Mutation, RefLock, Rootable};

use crate::edges::Edges;
use crate::graph::{self, CHUNK, Graph};
use crate::payload::Marked;
use crate::peers::{Kind, Peer, Slots, Variant, no_components};
use crate::workloads::{Digraph, RING, RINGS, SAMPLE, Touch, Walked};

/// Where objects have their edges.
trait Form: Sized + 'static {
    type Edges<'gc>: Edges<Pointer<'gc, Self>> + Collect<'gc>;
}

type Pointer<'gc, F> = Gc<'gc, Object<'gc, F>>;

#[derive(Collect)]
#[collect(no_drop, bound = "")]
struct Object<'gc, F: Form> {
    #[collect(require_static)]
    payload: Marked,
    edges: RefLock<F::Edges<'gc>>,
}

struct Any;
struct Few<const N: usize>;

impl Form for Any {
    type Edges<'gc> = Vec<Pointer<'gc, Self>>;
}

impl<const N: usize> Form for Few<N> {
    type Edges<'gc> = [Option<Pointer<'gc, Self>>; N];
}

/// What the program holds and what it knows. Both are roots.
#[derive(Collect)]
#[collect(no_drop, bound = "")]
struct Roots<'gc, F: Form> {
    held: Vec<Pointer<'gc, F>>,
    known: Vec<Pointer<'gc, F>>,
}

/// The graph, as long as the arena lets it be changed.
struct Inside<'gc> {
    mutation: &'gc Mutation<'gc>,
    walks: u64,
}

impl<'gc> Inside<'gc> {
    fn new(mutation: &'gc Mutation<'gc>) -> Self {
        Self { mutation, walks: 0 }
    }

    fn insert<F: Form>(&self, number: u64, edges: F::Edges<'gc>) -> Pointer<'gc, F> {
        let payload = Marked::new(number);
        let edges = RefLock::new(edges);
        Gc::new(self.mutation, Object { payload, edges })
    }

    fn change<F: Form>(&self, node: Pointer<'gc, F>, change: impl FnOnce(&mut F::Edges<'gc>)) {
        let object = Gc::write(self.mutation, node);
        change(&mut field!(object, Object, edges).unlock().borrow_mut());
    }
}

struct Within<'gc, F>(Inside<'gc>, std::marker::PhantomData<F>);

impl<'gc, F> Within<'gc, F> {
    fn new(mutation: &'gc Mutation<'gc>) -> Self {
        Self(Inside::new(mutation), std::marker::PhantomData)
    }
}

impl<'gc, F: Form> Graph for Within<'gc, F> {
    type Node = Pointer<'gc, F>;

    const PLAIN_NODES: bool = false;

    fn make(&mut self, number: u64) -> Self::Node {
        self.0.insert(number, F::Edges::none())
    }

    fn make_parent(&mut self, number: u64, children: [Self::Node; 2]) -> Self::Node {
        self.0.insert(number, F::Edges::two(children))
    }

    fn link(&mut self, &from: &Self::Node, &to: &Self::Node) {
        self.0.change(from, |edges| edges.push(to));
    }

    fn cut(&mut self, &from: &Self::Node, place: usize) {
        self.0.change(from, |edges| edges.swap_remove(place));
    }

    fn degree(&self, node: &Self::Node) -> usize {
        node.edges.borrow().len()
    }

    fn target(&self, node: &Self::Node, place: usize) -> Self::Node {
        *node.edges.borrow().get(place)
    }

    fn number(&self, node: &Self::Node) -> u64 {
        node.payload.number()
    }

    fn walk(&mut self, &root: &Self::Node) -> Walked {
        let mut walked = Walked::default();
        let mut queue = VecDeque::from([root]);
        root.payload.visit(self.0.walks);
        while let Some(node) = queue.pop_front() {
            walked.objects += 1;
            walked.sum += node.payload.number();
            for &target in node.edges.borrow().iter() {
                walked.edges += 1;
                if target.payload.visit(self.0.walks) {
                    queue.push_back(target);
                }
            }
        }
        walked
    }

    /// Collections are the arena's, which is closed to this code while the graph changes.
    fn reclaim(&mut self, _: &[Self::Node]) {}

    /// An edge is written anew.
    fn touch(&mut self, nodes: &[Self::Node], touch: Touch) {
        let source = nodes[touch.at];
        let target = self.target(&source, 0);
        self.cut(&source, 0);
        self.link(&source, &target);
    }
}

type Objects<F> = Arena<Rootable![Roots<'_, F>]>;

struct World<F: Form> {
    arena: Objects<F>,
    walks: u64,
}

impl<F: Form> World<F> {
    fn boxed() -> Box<dyn Peer> {
        let arena = Arena::new(|_| Roots {
            held: Vec::new(),
            known: Vec::new(),
        });
        Box::new(Self { arena, walks: 0 })
    }

    fn hold(&mut self, build: impl for<'gc> FnOnce(&mut Within<'gc, F>) -> Pointer<'gc, F>) {
        self.arena.mutate_root(|mutation, roots| {
            let node = build(&mut Within::new(mutation));
            roots.held.push(node);
        });
    }
}

impl<F: Form> Peer for World<F> {
    fn tree(&mut self, depth: u32) {
        self.hold(|graph| graph.tree(depth));
    }

    fn tree_with_parents(&mut self, depth: u32) {
        self.hold(|graph| graph.tree_with_parents(depth));
    }

    fn rings(&mut self, count: u32) {
        self.arena.mutate_root(|mutation, roots| {
            let mut graph = Within::new(mutation);
            let ring = |_| graph.ring(RING);
            roots.held.extend((0..count).map(ring));
        });
    }

    fn list(&mut self, len: u32) {
        self.hold(|graph| graph.list(len));
    }

    fn digraph(&mut self, shape: &Digraph) {
        self.arena.mutate_root(|mutation, roots| {
            let nodes = Within::new(mutation).digraph(shape);
            let sample = 0..SAMPLE.min(shape.nodes());
            let node = |at| nodes[shape.sampled(at) as usize];
            roots.known.extend(sample.map(node));
            roots.held.push(nodes[0]);
        });
    }

    fn forget(&mut self) {
        self.arena.mutate_root(|_, roots| roots.known = Vec::new());
    }

    fn let_go(&mut self) {
        self.arena.mutate_root(|_, roots| {
            roots.known.clear();
            roots.held.clear();
        });
    }

    fn reclaim(&mut self) {
        self.arena.finish_cycle();
    }

    fn slice(&mut self) -> bool {
        // It sleeps until the arena has grown by half.
        let was_asleep = self.arena.collection_phase() == CollectionPhase::Sleeping;
        self.arena.collect_debt();
        !was_asleep || self.arena.collection_phase() != CollectionPhase::Sleeping
    }

    fn churn(&mut self, to_root: bool) {
        self.arena.mutate_root(|mutation, roots| {
            let root = to_root.then(|| &roots.held[0]);
            graph::churn(&mut Within::new(mutation), root, RINGS);
        });
    }

    fn touch(&mut self, touches: &[Touch]) {
        self.arena.mutate(|mutation, roots| {
            let mut graph = Within::new(mutation);
            for &touch in touches {
                graph.touch(&roots.known, touch);
            }
        });
    }

    fn walk(&mut self) -> Walked {
        self.walks += 1;
        self.arena.mutate(|mutation, roots| {
            let mut graph = Within::new(mutation);
            graph.0.walks = self.walks;
            graph.walk(&roots.held[0])
        })
    }

    fn fill(&mut self, objects: u32) {
        self.arena.mutate_root(|mutation, roots| {
            let mut graph = Within::new(mutation);
            let make = |number: u32| graph.make(number.into());
            roots.held.extend((0..objects).map(make));
            Rng::with_seed(1).shuffle(&mut roots.held);
        });
    }

    fn read(&mut self) -> u64 {
        self.arena.mutate(|mutation, roots| {
            let graph = Within::<F>::new(mutation);
            let number = |node| graph.number(node);
            roots.held.iter().map(number).fold(0, u64::wrapping_add)
        })
    }

    fn temporary_tree(&mut self, depth: u32, top_down: bool) {
        self.arena.mutate(|mutation, _| {
            let mut graph = Within::<F>::new(mutation);
            if top_down {
                let top = graph.make(0);
                graph::grow(&mut graph, &top, depth, false);
            } else {
                graph::bottom_up(&mut graph, depth);
            }
        });
        self.arena.collect_debt();
    }

    fn stress(&mut self, operations: u32) {
        let mut rng = Rng::with_seed(1);
        for _ in 0..operations / CHUNK {
            self.arena.mutate_root(|mutation, roots| {
                graph::stress(&mut Within::new(mutation), &mut roots.held, &mut rng);
            });
            self.arena.collect_debt();
        }
    }
}

pub(crate) const VARIANTS: &[Variant] = &Variant::both(
    "gc-arena",
    Kind::Tracing,
    no_components,
    |slots| match slots {
        Slots::Any => World::<Any>::boxed(),
        Slots::One => World::<Few<1>>::boxed(),
        Slots::Two => World::<Few<2>>::boxed(),
        Slots::Three => World::<Few<3>>::boxed(),
    },
);
