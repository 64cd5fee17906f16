//! What threads add to a collection that finds no garbage, beside what they add to a search through
//! the same graph in flat arrays: `cargo bench --bench bars --features rayon -- parallel`.
//!
//! Both figures are parts of the time that one thread takes. The bar is 0.9 of the other's speed-up.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use fastrand::Rng;
use rayon::Scope;
use understory::Config;

use crate::common::{self, Graph};
use crate::flat::{BATCH, Flat, room};
use crate::measure::{Bar, Scale, Table, Unit, in_turn, time};
use crate::search;

/// Nodes that are handed over together.
const SHARE: usize = 1_024;

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    let objects = scale.size(10_000_000);
    let name = "mark in parallel, 10^7";
    table.compared(name.into(), Unit::Parts, Bar::Ratio(1.11), || {
        let graph = Graph::connected(&mut Rng::with_seed(1), objects, 3);
        let (mut alone, _) = common::one_rooted(&graph);
        let (mut shared, _) = common::one_rooted_with(Config::new(), &graph);
        let mut flat = search::flat(&graph);
        let words = 0..objects.div_ceil(64);
        let mut seen: Vec<_> = words.map(|_| AtomicU64::new(0)).collect();
        let ours = |_| {
            let on_one = time(objects, || alone.collect());
            let on_all = time(objects, || shared.collect());
            assert_eq!([alone.len(), shared.len()], [objects as usize; 2]);
            on_all / on_one
        };
        let baseline = |_| {
            let mut reached = [0; 2];
            let on_one = time(objects, || reached[0] = flat.search(0));
            let on_all = time(objects, || {
                reached[1] = search_in_parallel(&flat, &mut seen, 0);
            });
            assert_eq!(reached, [objects; 2]);
            on_all / on_one
        };
        in_turn(scale.rounds(7), ours, baseline)
    });
}

/// Counts the nodes that can be reached from one, on all threads.
fn search_in_parallel(flat: &Flat, seen: &mut [AtomicU64], first: u32) -> u32 {
    for word in &mut *seen {
        *word.get_mut() = 0;
    }
    *seen[first as usize / 64].get_mut() |= 1 << (first % 64);
    let shared = Shared {
        flat,
        seen,
        reached: AtomicU32::new(0),
    };
    rayon::scope(|scope| shared.read(scope, vec![first]));
    shared.reached.into_inner()
}

struct Shared<'a> {
    flat: &'a Flat,
    seen: &'a [AtomicU64],
    reached: AtomicU32,
}

impl<'a> Shared<'a> {
    /// Searches from these nodes, and hands over what is too much for one thread.
    fn read(&'a self, scope: &Scope<'a>, mut stack: Vec<u32>) {
        let mut rows = [(0, 0); BATCH];
        let room = room(&self.flat.offsets);
        let (mut gathered, mut fresh) = (vec![0; room], vec![0; room]);
        let mut reached = 0;
        while !stack.is_empty() {
            if stack.len() >= 2 * SHARE {
                let surplus = stack.len() - SHARE;
                for nodes in stack[..surplus].chunks(SHARE) {
                    let nodes = nodes.to_vec();
                    scope.spawn(move |scope| self.read(scope, nodes));
                }
                stack.drain(..surplus);
            }
            let from = stack.len().saturating_sub(BATCH);
            let batch = &mut rows[..stack.len() - from];
            for (row, &node) in batch.iter_mut().zip(&stack[from..]) {
                let node = node as usize;
                *row = (
                    self.flat.offsets[node] as usize,
                    self.flat.offsets[node + 1] as usize,
                );
                reached += 1;
            }
            stack.truncate(from);
            let mut len = 0;
            for &mut (start, end) in batch {
                let row = &self.flat.targets[start..end];
                for (to, &target) in gathered[len..].iter_mut().zip(row) {
                    *to = target;
                }
                len += row.len();
            }
            let found = self.see(&gathered[..len], &mut fresh);
            stack.extend_from_slice(&fresh[..found]);
        }
        self.reached.fetch_add(reached, Relaxed);
    }

    /// Puts those targets that were not seen first, and says how many they are.
    fn see(&self, targets: &[u32], fresh: &mut [u32]) -> usize {
        let mut candidates = 0;
        for &target in targets {
            let word = self.seen[target as usize / 64].load(Relaxed);
            fresh[candidates] = target;
            candidates += usize::from(word >> (target % 64) & 1 == 0);
        }
        let mut found = 0;
        for at in 0..candidates {
            let target = fresh[at];
            let bit = 1 << (target % 64);
            let before = self.seen[target as usize / 64].fetch_or(bit, Relaxed);
            fresh[found] = target;
            found += usize::from(before & bit == 0);
        }
        found
    }
}
