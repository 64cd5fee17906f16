//! The store itself.

use std::hint::black_box;
use std::time::Duration;

use understory::{Auto, Budget, Config, Handle, Store};

use crate::components::{Position, Velocity};
use crate::graph::Graph;
use crate::payload::Payload;
use crate::peers::{Form, Kind, OURS, Variant};
use crate::workloads::{Digraph, Touch, Walked};
use crate::world::World;

/// What a frame may spend on garbage where pauses matter.
const SLICE: Duration = Duration::from_millis(1);
const ALIVE: &str = "the workloads use handles of the living";

struct Objects {
    store: Store<Payload>,
}

/// An object that its parent alone owns.
fn below(store: &mut Store<Payload>, parent: Handle, number: u64) -> Handle {
    let inserted = store.insert_linked(parent, (), Payload::new(number));
    inserted.expect(ALIVE)
}

impl Objects {
    /// Each object is inserted after its parent, in the order in which a walk meets them.
    fn grow(&mut self, depth: u32, back: bool) -> Handle {
        let top = self.store.insert(Payload::new(0));
        let mut stack = vec![(top, depth); 2 * usize::from(depth > 0)];
        while let Some((parent, depth)) = stack.pop() {
            let child = below(&mut self.store, parent, depth.into());
            if back {
                self.link(&child, &parent);
            }
            if depth > 1 {
                stack.extend([(child, depth - 1); 2]);
            }
        }
        top
    }

    fn step_for_a_slice(&mut self) -> bool {
        self.store.step(Budget::time(SLICE)).units > 0
    }
}

impl Graph for Objects {
    type Node = Handle;

    const PLAIN_NODES: bool = true;

    fn make(&mut self, number: u64) -> Handle {
        self.store.insert(Payload::new(number))
    }

    fn link(&mut self, &from: &Handle, &to: &Handle) {
        self.store.link(from, (), to).expect(ALIVE);
    }

    fn cut(&mut self, &from: &Handle, place: usize) {
        let target = self.target(&from, place);
        self.store.unlink(from, target).expect(ALIVE);
    }

    fn degree(&self, &node: &Handle) -> usize {
        self.store.out_degree(node).expect(ALIVE)
    }

    fn target(&self, &node: &Handle, place: usize) -> Handle {
        self.store.targets(node).nth(place).expect(ALIVE)
    }

    fn number(&self, &node: &Handle) -> u64 {
        self.store.get(node).map_or(0, |payload| payload.0[0])
    }

    fn walk(&mut self, &root: &Handle) -> Walked {
        let mut walked = Walked::default();
        for (handle, payload) in self.store.breadth_first([root]) {
            walked.objects += 1;
            walked.sum += payload.0[0];
            let degree = self.store.out_degree(handle).expect(ALIVE);
            walked.edges += u32::try_from(degree).expect("walks have fewer edges than 2^32");
        }
        walked
    }

    fn reclaim(&mut self, _: &[Handle]) {
        self.store.step(Budget::unlimited());
    }

    fn collect(&mut self, _: &[Handle]) {
        self.store.collect();
    }

    fn tick(&mut self, roots: &[Handle]) {
        self.reclaim(roots);
    }

    fn slice(&mut self, _: &[Handle]) -> bool {
        self.step_for_a_slice()
    }

    fn release(&mut self, node: Handle) {
        self.store.unroot(node).expect(ALIVE);
    }

    fn tree(&mut self, depth: u32) -> Handle {
        self.grow(depth, false)
    }

    fn tree_with_parents(&mut self, depth: u32) -> Handle {
        self.grow(depth, true)
    }

    fn ring(&mut self, len: u32) -> Handle {
        let first = self.store.insert(Payload::new(0));
        let next = |last, number: u32| below(&mut self.store, last, number.into());
        let last = (1..len).fold(first, next);
        self.link(&last, &first);
        first
    }

    fn list(&mut self, len: u32) -> Handle {
        let first = self.store.insert(Payload::new(0));
        let mut last = first;
        for number in 1..len {
            let next = below(&mut self.store, last, number.into());
            self.link(&next, &last);
            last = next;
        }
        first
    }

    fn load(&mut self, shape: &Digraph, is_whole: bool) -> Handle {
        let nodes = if is_whole {
            let values = (0..shape.nodes()).map(|node| Payload::new(node.into()));
            let edges = shape.targets.iter().enumerate();
            let edges = edges
                .flat_map(|(source, targets)| targets.map(|target| (source, (), target as usize)));
            self.store.insert_graph(values, edges, [0]).expect(ALIVE)
        } else {
            let nodes = self.digraph(shape);
            for &node in &nodes[1..] {
                self.release(node);
            }
            nodes
        };
        while !self.store.step(Budget::unlimited()).is_idle() {}
        nodes[0]
    }

    fn touch(&mut self, nodes: &[Handle], touch: Touch) {
        let [source, old, new] =
            [touch.source, touch.old, touch.new].map(|node| nodes[node as usize]);
        self.store.unlink(source, old).expect(ALIVE);
        self.store.link(source, (), new).expect(ALIVE);
    }

    fn components(&mut self, objects: &[bool], is_group: bool) {
        if is_group {
            let group = self.store.group::<(Position, Velocity)>();
            group.expect("there is no other group");
        }
        for (number, &moves) in (0..).zip(objects) {
            let handle = self.make(number);
            let added = self.store.insert_component(handle, Position::START);
            added.expect(ALIVE);
            if moves {
                let added = self.store.insert_component(handle, Velocity::ANY);
                added.expect(ALIVE);
            }
        }
    }

    fn query(&mut self) {
        let mut query = self.store.query::<(&mut Position, &Velocity)>();
        query.for_each(|(position, velocity)| position.advance(velocity));
        drop(query);
        black_box(&self.store);
    }
}

pub(crate) const VARIANTS: &[Variant] = &[Variant::new(
    OURS,
    Form::Usual,
    Kind::Ours,
    |_| None,
    |_| {
        World::boxed(Objects {
            store: Store::with_config(Config::new().auto(Auto::Off)),
        })
    },
)];
