//! The limit of marking and of reading: a graph that never changes, in flat arrays.

use fastrand::Rng;

use crate::payload::Payload;
use crate::peers::{Form, Kind, Peer, Variant};
use crate::workloads::{DEGREE, Digraph, Touch, Walked, Workload};

/// Nodes that are taken off the stack together: their loads do not wait for each other.
const BATCH: usize = 256;

/// Compressed sparse rows: the targets of node `n` are `targets[offsets[n]..offsets[n + 1]]`.
#[derive(Default)]
struct Flat {
    offsets: Vec<u32>,
    targets: Vec<u32>,
    seen: Vec<u64>,
    stack: Vec<u32>,
    gathered: Vec<u32>,
    fresh: Vec<u32>,
    values: Vec<Payload>,
    /// The values' places in the order in which they are read.
    order: Vec<u32>,
}

impl Flat {
    fn new(shape: &Digraph) -> Self {
        let degree = u32::try_from(DEGREE).expect("objects have few edges");
        let room = BATCH * DEGREE;
        Self {
            offsets: (0..=shape.nodes()).map(|node| node * degree).collect(),
            targets: shape.targets.concat(),
            seen: vec![0; shape.targets.len().div_ceil(64)],
            stack: Vec::new(),
            gathered: vec![0; room],
            fresh: vec![0; room],
            ..Self::default()
        }
    }

    /// Counts what can be reached from the first node.
    fn search(&mut self) -> u32 {
        self.seen.fill(0);
        self.seen[0] |= 1;
        self.stack.push(0);
        let mut reached = 0;
        let mut rows = [(0, 0); BATCH];
        while !self.stack.is_empty() {
            let from = self.stack.len().saturating_sub(BATCH);
            let batch = &mut rows[..self.stack.len() - from];
            for (row, &node) in batch.iter_mut().zip(&self.stack[from..]) {
                let node = node as usize;
                *row = (self.offsets[node] as usize, self.offsets[node + 1] as usize);
                reached += 1;
            }
            self.stack.truncate(from);
            // A look at the beginning of each row, so that these loads wait for nothing but memory.
            let mut touched = 0;
            for &mut (start, _) in &mut *batch {
                touched ^= self.targets.get(start).copied().unwrap_or(0);
            }
            std::hint::black_box(touched);
            let mut len = 0;
            for &mut (start, end) in batch {
                let row = &self.targets[start..end];
                self.gathered[len..len + row.len()].copy_from_slice(row);
                len += row.len();
            }
            self.push_unseen(len);
        }
        reached
    }

    /// Puts those gathered targets that were not seen on the stack, without a branch on which.
    fn push_unseen(&mut self, len: usize) {
        let mut found = 0;
        for &target in &self.gathered[..len] {
            let word = &mut self.seen[target as usize / 64];
            let bit = target % 64;
            self.fresh[found] = target;
            found += usize::from(*word >> bit & 1 == 0);
            *word |= 1 << bit;
        }
        self.stack.extend_from_slice(&self.fresh[..found]);
    }
}

impl Peer for Flat {
    fn digraph(&mut self, shape: &Digraph) {
        *self = Self::new(shape);
    }

    fn touch(&mut self, _: &[Touch]) {}

    fn reclaim(&mut self) {}

    fn collect(&mut self) {
        let reached = self.search();
        assert_eq!(reached as usize, self.offsets.len() - 1);
    }

    fn walk(&mut self) -> Walked {
        let objects = self.search();
        let edges = u32::try_from(self.targets.len()).expect("edges are counted in 32 bits");
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
    |_| Box::new(Flat::default()),
)];
