//! A whole graph of new objects at once.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use slotmap::KeyData;

use super::Objects;
use crate::graph::plan::{Plan, starts};
use crate::graph::pool::Entry;
use crate::graph::rows::Row;
use crate::handle::{index_of, version_of};
use crate::heap::arena::CAPACITY;

/// Up to so many objects, all that is written for their edges stays in the cache. Tests see both ways.
const FEW: usize = if cfg!(any(test, feature = "check")) {
    1 << 12
} else {
    1 << 17
};
/// The least objects of a bucket.
const LEAST: usize = 1 << 12;
/// How many buckets there are at most, or nearly so.
const BUCKETS: usize = 256;

impl<T, E> Objects<T, E> {
    /// Adds objects, for which there is room, with all of their edges and roots, as planned. They go where
    /// they would have gone one by one. What no root leads to is not looked at any further.
    pub(crate) fn build(
        &mut self,
        plan: &mut Plan<E>,
        (values, weights): (Vec<T>, Vec<usize>),
    ) -> Vec<KeyData> {
        let keys = self.place_all(values);
        for (&key, weight) in keys.iter().zip(weights) {
            self.weights.put(index_of(key), weight);
        }
        let indices = Indices::new(&keys);
        let mut labels = core::mem::take(&mut plan.labels).into_iter();
        if keys.len() <= FEW {
            let incoming = incoming(plan, &indices);
            self.fill_rows(plan, 0..keys.len(), &incoming, &indices, &mut labels);
            return keys;
        }
        let buckets = Buckets::new(plan, &indices);
        let mut first = 0;
        for found in buckets.found {
            let end = keys.len().min(first + buckets.size);
            let starts = starts(&plan.incoming[first..end]);
            let mut incoming = vec![Entry::default(); found.len()];
            for Found { target, at, entry } in found {
                incoming[(starts[target as usize - first] + at) as usize] = entry;
            }
            self.fill_rows(plan, first..end, &incoming, &indices, &mut labels);
            first = end;
        }
        keys
    }

    /// Adds the values.
    fn place_all(&mut self, values: Vec<T>) -> Vec<KeyData> {
        self.inserted += values.len() as u64;
        // No more than there are objects.
        self.allocations += u32::try_from(values.len()).unwrap_or(u32::MAX);
        if self.heap.arenas().is_empty() {
            // It need not grow as it fills.
            self.add_arena(values.len().min(CAPACITY));
        }
        let place = |value| match self.heap.insert_here(value) {
            Ok(key) => key,
            Err(value) => {
                let arena = self.room().expect("it was asked whether there is room");
                self.heap.insert(arena, |_| value)
            }
        };
        values.into_iter().map(place).collect()
    }

    /// Makes the lists of some objects, and their rows. `incoming` has the entries of the edges to them, by target;
    /// the labels are those of the edges from them, and then of others.
    fn fill_rows(
        &mut self,
        plan: &Plan<E>,
        positions: Range<usize>,
        incoming: &[Entry],
        indices: &Indices<'_>,
        labels: &mut impl Iterator<Item = E>,
    ) {
        let mut incoming = incoming;
        for position in positions {
            let (edges, rest) = incoming.split_at(plan.incoming[position] as usize);
            incoming = rest;
            let list = self.graph.list_incoming(edges);
            let (targets, backs) = plan.edges_of(position);
            let entries = targets.iter().zip(backs).map(|(&target, &back)| Entry {
                node: indices.of(target),
                back,
            });
            let lists = (list, self.graph.list_outgoing(entries, labels));
            let key = indices.keys[position];
            let (index, roots) = (index_of(key), plan.roots[position]);
            let row = Row::built(version_of(key), (roots, plan.distance(position)), lists);
            self.graph.born_built(index, row);
        }
    }
}

/// The entries of all edges at their targets, by target.
fn incoming<E>(plan: &Plan<E>, indices: &Indices<'_>) -> Vec<Entry> {
    let starts = starts(&plan.incoming);
    let mut incoming = vec![Entry::default(); plan.targets.len()];
    for (position, &key) in indices.keys.iter().enumerate() {
        let node = index_of(key);
        let (targets, places) = plan.edges_of(position);
        for (back, (&target, &at)) in (0..).zip(targets.iter().zip(places)) {
            incoming[(starts[target as usize] + at) as usize] = Entry { node, back };
        }
    }
    incoming
}

/// The indices of new objects, by position.
///
/// Most stand one after the other. So those of a piece are told by the first of them, and what is read for any
/// target stays in the cache.
struct Indices<'a> {
    keys: &'a [KeyData],
    /// The first index of each piece, if those of the others follow it; otherwise 0, which is no slot's.
    firsts: Vec<u32>,
}

/// The logarithm of how many indices there are in a piece.
const PIECE: u32 = 6;

impl<'a> Indices<'a> {
    fn new(keys: &'a [KeyData]) -> Self {
        let first = |piece: &[KeyData]| {
            let first = index_of(piece[0]);
            let follow = (first..)
                .zip(piece)
                .all(|(index, &key)| index_of(key) == index);
            if follow { first } else { 0 }
        };
        let firsts = keys.chunks(1 << PIECE).map(first).collect();
        Self { keys, firsts }
    }

    #[inline]
    fn of(&self, position: u32) -> u32 {
        match self.firsts[(position >> PIECE) as usize] {
            0 => index_of(self.keys[position as usize]),
            first => first + position % (1 << PIECE),
        }
    }
}

/// The edges of a plan, by neighbouring targets.
///
/// An edge is read by its source and written by its target, which is anywhere. So edges are put into buckets
/// first: few enough to write into all of them at a time, and each so small that what is written for it stays
/// in the cache.
struct Buckets {
    found: Vec<Vec<Found>>,
    /// To how many targets the edges of each of them lead.
    size: usize,
}

/// An edge that was read: the position of its target, its place there, and what is to be written there.
#[derive(Clone, Copy, Debug)]
struct Found {
    target: u32,
    at: u32,
    entry: Entry,
}

impl Buckets {
    fn new<E>(plan: &Plan<E>, indices: &Indices<'_>) -> Self {
        let size = (plan.len() / BUCKETS).next_power_of_two().max(LEAST);
        let bits = size.ilog2();
        let edges = |degrees: &[u32]| degrees.iter().map(|&degree| degree as usize).sum();
        let buckets = plan.incoming.chunks(size).map(edges);
        let mut found: Vec<Vec<Found>> = buckets.map(Vec::with_capacity).collect();
        for (position, &key) in indices.keys.iter().enumerate() {
            let node = index_of(key);
            let (targets, backs) = plan.edges_of(position);
            for (back, (&target, &at)) in (0..).zip(targets.iter().zip(backs)) {
                let entry = Entry { node, back };
                found[target as usize >> bits].push(Found { target, at, entry });
            }
        }
        Self { found, size }
    }
}
