//! Walks along the edges.

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;

use alloc::vec::Vec;

use slotmap::{Key, KeyData};

use crate::bits::{Bits, PART};
use crate::graph::edges::Edges;
use crate::graph::pool::{List, NodesOf, SHORT};
use crate::graph::rows::{Headers, Row};
use crate::handle::key_of;
use crate::heap::Heap;
use crate::store::Store;

/// Objects that are read together, so that their loads wait for nothing but memory.
const BATCH: usize = 64;
/// Targets that are looked at together: of a batch, if all of its lists are short.
const GATHER: usize = BATCH * SHORT;

/// The objects that can be reached from given ones, breadth first. What [`Store::breadth_first`] gives.
pub struct BreadthFirst<'a, T, E, K> {
    heap: &'a Heap<T>,
    headers: &'a Headers,
    edges: &'a Edges<E>,
    /// What was reached. (Nothing dead is ever reached: nothing alive has an edge to it.)
    seen: Bits,
    /// Objects as far from the start as those being given, how many of them were read, and those one
    /// step farther.
    level: Vec<u32>,
    read: usize,
    farther: Vec<u32>,
    /// Keys and values of those read last, and how many of them were given.
    keys: [KeyData; BATCH],
    values: [Option<&'a T>; BATCH],
    filled: usize,
    given: usize,
    key: PhantomData<fn() -> K>,
}

impl<T, E, K: Key> Store<T, E, K> {
    /// The objects that can be reached over edges from `starts`, and these themselves, with their
    /// values: each once, the nearest first, and the targets of an object in order. A handle that names
    /// no object starts nothing. Weak edges are not followed.
    ///
    /// It reads ahead, many objects at a time, so in a large heap it is several times as fast as a
    /// queue of your own over [`targets`](Self::targets).
    ///
    /// Complexity: O(arenas + starts), and O(reached objects + their edges) for all. It takes a bit of
    /// memory for each object of the store, and 4 bytes for each object of two levels.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let town = store.insert("town");
    /// let mill = store.insert_linked(town, (), "mill")?;
    /// let inn = store.insert_linked(town, (), "inn")?;
    /// let miller = store.insert_linked(mill, (), "miller")?;
    /// store.link(miller, (), inn)?;
    /// let names = store.breadth_first([town]).map(|(_, &name)| name);
    /// assert!(names.eq(["town", "mill", "inn", "miller"]));
    /// assert!(store.breadth_first([miller]).eq([(miller, &"miller"), (inn, &"inn")]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn breadth_first(&self, starts: impl IntoIterator<Item = K>) -> BreadthFirst<'_, T, E, K> {
        let objects = &self.objects;
        let mut seen = Bits::default();
        seen.grow(objects.graph.headers().words());
        // No slot has this index, which stands for the holes of lists.
        seen.set(0);
        let starts = starts.into_iter();
        let found = starts.filter_map(|start| objects.resolve(start.data()));
        let level = found.filter(|&start| !seen.set(start)).collect();
        BreadthFirst {
            heap: &objects.heap,
            headers: objects.graph.headers(),
            edges: objects.graph.edges(),
            seen,
            level,
            read: 0,
            farther: Vec::new(),
            keys: [KeyData::default(); BATCH],
            values: [None; BATCH],
            filled: 0,
            given: 0,
            key: PhantomData,
        }
    }
}

impl<T, E, K> BreadthFirst<'_, T, E, K> {
    /// Reads the next objects of the level, or of the next level; false if none is left.
    fn read_on(&mut self) -> bool {
        if self.read == self.level.len() {
            core::mem::swap(&mut self.level, &mut self.farther);
            self.farther.clear();
            self.read = 0;
        }
        let end = self.level.len().min(self.read + BATCH);
        let batch = &self.level[self.read..end];
        self.read = end;
        let mut lists = [List::EMPTY; BATCH];
        let heads = lists.iter_mut().zip(&mut self.keys);
        for ((list, key), &index) in heads.zip(batch) {
            let Row { node, outgoing } = self.headers.row(index);
            (*list, *key) = (outgoing, key_of(index, node.version));
        }
        for (value, &key) in self.values.iter_mut().zip(&self.keys[..batch.len()]) {
            *value = self.heap.get(key);
        }
        self.filled = batch.len();
        self.given = 0;
        let (seen, farther) = (self.seen.parts_mut(), &mut self.farther);
        let (mut gathered, mut fresh) = ([0; GATHER], [0; GATHER]);
        let mut len = 0;
        // Apart, so that little comes between the loads of two lists.
        let mut short = [None; BATCH];
        for (short, list) in short.iter_mut().zip(&lists[..self.filled]) {
            if !list.has_no_block() && list.len() <= SHORT {
                *short = self.edges.lists().first_nodes(*list);
            }
        }
        for (short, list) in short.iter().zip(&lists[..self.filled]) {
            if let Some(targets) = short {
                // As many as fit in one move: what is behind the last one is written over.
                gathered[len..len + SHORT].copy_from_slice(*targets);
                len += list.len();
            } else if list.has_no_block() {
                gathered[len] = list.only().unwrap_or(0);
                len += list.len();
            } else {
                reach(seen, farther, &gathered[..len], &mut fresh);
                len = 0;
                for targets in self.edges.targets(list).chunks(GATHER) {
                    reach(seen, farther, targets, &mut fresh);
                }
            }
        }
        reach(seen, farther, &gathered[..len], &mut fresh);
        self.filled > 0
    }
}

/// Adds those targets that were not seen, at most `GATHER`. It does not branch on which, as the
/// branches could not be predicted.
#[inline]
fn reach(seen: &mut [usize], farther: &mut Vec<u32>, targets: &[u32], fresh: &mut [u32; GATHER]) {
    let mut found = 0;
    for &target in targets {
        let part = &mut seen[target as usize / PART];
        let bit = target as usize % PART;
        fresh[found] = target;
        found += usize::from(*part >> bit & 1 == 0);
        *part |= 1 << bit;
    }
    farther.extend_from_slice(&fresh[..found]);
}

impl<'a, T, E, K: Key> Iterator for BreadthFirst<'a, T, E, K> {
    type Item = (K, &'a T);

    #[inline]
    fn next(&mut self) -> Option<(K, &'a T)> {
        if self.given == self.filled && !self.read_on() {
            return None;
        }
        let (key, value) = (self.keys[self.given], self.values[self.given]);
        self.given += 1;
        Some((key.into(), value?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let known = self.filled - self.given + self.level.len() - self.read;
        (known + self.farther.len(), None)
    }
}

impl<T, E, K: Key> FusedIterator for BreadthFirst<'_, T, E, K> {}

impl<T, E, K> fmt::Debug for BreadthFirst<'_, T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreadthFirst")
            .field("level", &self.level.len())
            .field("farther", &self.farther.len())
            .finish_non_exhaustive()
    }
}
