//! The limit of marking and of reading: a graph and values that never change, in flat arrays.

use fastrand::Rng;

use crate::flat::Flat;
use crate::payload::Payload;
use crate::peers::{Form, Kind, Peer, Variant};
use crate::workloads::{DEGREE, Digraph, Touch, Walked, Workload};

/// The graph, and the values that are read.
#[derive(Default)]
struct Arrays {
    graph: Option<Flat>,
    values: Vec<Payload>,
    /// The values' places in the order in which they are read.
    order: Vec<u32>,
}

impl Arrays {
    fn graph(&mut self) -> &mut Flat {
        self.graph.as_mut().expect("it is told a graph first")
    }
}

impl Peer for Arrays {
    fn digraph(&mut self, shape: &Digraph) {
        let degree = u32::try_from(DEGREE).expect("objects have few edges");
        let offsets = (0..=shape.nodes()).map(|node| node * degree).collect();
        self.graph = Some(Flat::new(offsets, shape.targets.concat()));
    }

    fn touch(&mut self, _: &[Touch]) {}

    fn reclaim(&mut self) {}

    fn collect(&mut self) {
        let graph = self.graph();
        let reached = graph.search(0);
        assert_eq!(reached as usize, graph.offsets.len() - 1);
    }

    fn walk(&mut self) -> Walked {
        let graph = self.graph();
        let objects = graph.search(0);
        let edges = u32::try_from(graph.targets.len()).expect("edges are counted in 32 bits");
        Walked {
            objects,
            edges,
            sum: 0,
        }
    }

    fn fill(&mut self, objects: u32) {
        self.values = (0..objects)
            .map(|number| Payload::new(number.into()))
            .collect();
        self.order = (0..objects).collect();
        Rng::with_seed(1).shuffle(&mut self.order);
    }

    fn read(&mut self) -> u64 {
        let number = |&at: &u32| self.values[at as usize].0[0];
        self.order.iter().map(number).fold(0, u64::wrapping_add)
    }
}

fn lacks(workload: Workload) -> Option<&'static str> {
    let has = matches!(workload, Workload::Collect | Workload::Get);
    (!has).then_some("a limit for marking and reading, no peer")
}

pub(crate) const VARIANTS: &[Variant] = &[Variant::new(
    "flat arrays",
    Form::Usual,
    Kind::Limit,
    lacks,
    |_| Box::new(Arrays::default()),
)];
