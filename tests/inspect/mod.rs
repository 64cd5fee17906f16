//! Snapshots of heaps and what they answer, beside naive searches.
#![expect(
    clippy::needless_pass_by_value,
    reason = "quickcheck hands values over"
)]

use std::collections::BTreeSet;

use understory::inspect::{HeapBuilder, HeapSnapshot};
use understory::{Auto, Budget, Config, Cycles, Handle, Reclaim, Store};

mod counts;
mod dominators;
mod named;
mod snapshot;
mod why;

/// Pairs of objects, taken modulo how many there are.
type Edges = Vec<(u8, u8)>;

/// A heap with at least one object. The labels are the last digits of the edges' numbers.
fn graph(objects: u8, edges: &Edges, roots: &[u8]) -> HeapSnapshot {
    let objects = u32::from(objects % 40) + 1;
    let mut heap = HeapBuilder::new();
    for object in 0..objects {
        heap.object(
            (1 << 32) + u64::from(object),
            &(object % 3).to_string(),
            1 << object,
        );
    }
    for (at, &(source, target)) in edges.iter().enumerate() {
        let label = (at % 10).to_string();
        heap.edge(
            u32::from(source) % objects,
            &label,
            u32::from(target) % objects,
        );
    }
    for &root in roots.iter().take(3) {
        heap.root(u32::from(root) % objects, 1, None);
    }
    heap.build().unwrap()
}

/// What is reached from roots over objects that are let through.
fn reach(heap: &HeapSnapshot, lets: impl Fn(u32) -> bool) -> BTreeSet<u32> {
    let mut reached = BTreeSet::new();
    let mut stack: Vec<u32> = heap.roots().iter().map(|root| root.object).collect();
    while let Some(object) = stack.pop() {
        if lets(object) && reached.insert(object) {
            stack.extend(heap.targets(object));
        }
    }
    reached
}

/// What is done to a store, and to which objects.
type Op = (u8, u8, u8);

/// A store that has gone through something.
fn store_of(ops: &[Op]) -> Store<u32, u8> {
    let config = Config::new()
        .auto(Auto::Off)
        .cycles(Cycles::Manual)
        .reclaim(Reclaim::AtStep)
        .thresholds([5, 2, 2]);
    let mut store: Store<u32, u8> = Store::with_config(config);
    for &(op, a, b) in ops {
        let handles: Vec<Handle> = store.handles().collect();
        if handles.is_empty() || op % 4 == 0 {
            store.insert(u32::from(a));
            continue;
        }
        let [one, other] = [a, b].map(|at| handles[usize::from(at) % handles.len()]);
        match op % 16 {
            1 | 2 | 3 | 5 => drop(store.link(one, b, other)),
            6 => drop(store.link_weak(one, b, other)),
            7 | 9 | 10 => drop(store.unroot(one)),
            11 => drop(store.unlink(one, other)),
            13 => drop(store.root(one)),
            14 => drop(store.step(Budget::units(30))),
            _ => drop(store.destroy(one)),
        }
    }
    store
}
