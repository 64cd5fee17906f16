//! A graph that is to be added at once, by positions in a list: whether it is sound, how long its lists
//! are, and how far from a root each object is.

use alloc::vec;
use alloc::vec::Vec;
use core::iter::repeat_n;

use crate::error::GraphRefusal;
use crate::graph::rows::MAX_ROOTS;
use crate::index::narrow;

/// An edge that is to be added: the positions of its ends, and its label between them.
pub(crate) type Planned<E> = (usize, E, usize);

/// The most edges.
const MOST: usize = u32::MAX as usize;
/// The level of what no root leads to.
const UNREACHED: u8 = 0;
/// The level from which on levels are not told apart.
const FAR: u8 = u8::MAX;

/// Objects that are looked at together in the search: what they lead to is found in memory at the same time.
const BATCH: usize = 64;

/// A graph that is to be added, and what is known of it.
///
/// When it is [arranged](Self::arrange), the edges of an object stand side by side, in the order in which they
/// were given, and those of the first object come first.
#[derive(Debug)]
pub(crate) struct Plan<E> {
    /// For each edge, the positions of its ends, and its label. There are no sources as long as the edges are
    /// arranged.
    sources: Vec<u32>,
    pub(crate) targets: Vec<u32>,
    pub(crate) labels: Vec<E>,
    /// For each edge, its place among those to its target, which are in the order in which they were given.
    pub(crate) places: Vec<u32>,
    /// Whether edges are arranged.
    is_sorted: bool,
    /// For each object, how many edges it has.
    pub(crate) outgoing: Vec<u32>,
    /// For each object, how many edges lead to it.
    pub(crate) incoming: Vec<u32>,
    /// For each object, how often the program will hold it.
    pub(crate) roots: Vec<u32>,
    /// Where the edges of each object begin, and where the last ones end; nothing before they are arranged.
    starts: Vec<u32>,
    /// For each object, one more than how many edges it is away from a root.
    levels: Vec<u8>,
    /// How many objects roots lead to.
    reached: usize,
}

impl<E> Plan<E> {
    /// A plan without edges, with room for `least`.
    fn empty(objects: usize, least: usize) -> Self {
        Self {
            sources: Vec::new(),
            targets: Vec::with_capacity(least),
            labels: Vec::with_capacity(least),
            places: Vec::with_capacity(least),
            is_sorted: true,
            outgoing: vec![0; objects],
            incoming: Vec::new(),
            roots: vec![0; objects],
            starts: Vec::new(),
            levels: Vec::new(),
            reached: 0,
        }
    }

    /// Reads edges between so many objects.
    ///
    /// # Errors
    /// All edges, and which of them is wrong.
    pub(crate) fn new(
        objects: usize,
        edges: impl Iterator<Item = Planned<E>>,
    ) -> Result<Self, (GraphRefusal, Vec<Planned<E>>)> {
        let mut edges = edges;
        let (least, _) = edges.size_hint();
        let mut plan = Self::empty(objects, least);
        let mut counts = Counts::new(objects);
        let mut last = 0;
        while let Some((source, label, target)) = edges.next() {
            let is_sound = source < objects && target < objects;
            if !is_sound || plan.labels.len() == MOST {
                let refusal = if is_sound {
                    GraphRefusal::TooManyEdges
                } else {
                    GraphRefusal::NoEnd {
                        at: plan.labels.len(),
                        position: if source < objects { target } else { source },
                        objects,
                    }
                };
                let mut all = plan.into_edges();
                all.push((source, label, target));
                all.extend(edges);
                return Err((refusal, all));
            }
            if source < last && plan.is_sorted {
                plan.sources = plan.implied_sources();
                plan.is_sorted = false;
            }
            if !plan.is_sorted {
                plan.sources.push(narrow(source));
            }
            plan.outgoing[source] += 1;
            plan.targets.push(narrow(target));
            plan.labels.push(label);
            plan.places.push(counts.add(target));
            // Most programs write the edges of one object after those of another.
            last = source;
        }
        plan.incoming = counts.into_sums();
        Ok(plan)
    }

    /// Notes a root for each of these positions.
    ///
    /// # Errors
    /// Which of them is wrong.
    pub(crate) fn hold(
        &mut self,
        positions: impl Iterator<Item = usize>,
    ) -> Result<(), GraphRefusal> {
        let objects = self.len();
        for (at, position) in positions.enumerate() {
            match self.roots.get_mut(position) {
                Some(roots) if *roots < MAX_ROOTS => *roots += 1,
                Some(_) => return Err(GraphRefusal::TooManyRoots(position)),
                None => {
                    return Err(GraphRefusal::NoRoot {
                        at,
                        position,
                        objects,
                    });
                }
            }
        }
        Ok(())
    }

    /// The sources of edges that were given side by side.
    fn implied_sources(&self) -> Vec<u32> {
        let degrees = (0..).zip(&self.outgoing);
        let sources = degrees.flat_map(|(source, &edges)| repeat_n(source, edges as usize));
        sources.collect()
    }

    /// The edges as they were given, if they were not arranged.
    pub(crate) fn into_edges(mut self) -> Vec<Planned<E>> {
        if self.is_sorted {
            self.sources = self.implied_sources();
        }
        let ends = self.sources.into_iter().zip(self.targets);
        let edges = ends.zip(self.labels);
        let edges =
            edges.map(|((source, target), label)| (source as usize, label, target as usize));
        edges.collect()
    }

    /// Puts the edges of each object side by side, and finds out how far from a root each object is.
    pub(crate) fn arrange(&mut self) {
        self.starts = starts(&self.outgoing);
        if !self.is_sorted {
            self.sort();
        }
        self.search();
    }

    fn sort(&mut self) {
        let mut next = self.starts.clone();
        let mut sorted: Vec<(u32, u32, Option<E>)> = Vec::new();
        sorted.resize_with(self.labels.len(), || (0, 0, None));
        let edges = self.targets.drain(..).zip(self.places.drain(..));
        let edges = edges.zip(self.labels.drain(..));
        for (&source, ((target, place), label)) in self.sources.iter().zip(edges) {
            let at = &mut next[source as usize];
            sorted[*at as usize] = (target, place, Some(label));
            *at += 1;
        }
        for (target, place, label) in sorted {
            self.targets.push(target);
            self.places.push(place);
            self.labels.extend(label);
        }
        self.is_sorted = true;
    }

    /// Finds out how far from a root each object is: breadth first, along the edges.
    fn search(&mut self) {
        let objects = self.len();
        self.levels = vec![UNREACHED; objects];
        // One place more, as what was reached before is written too, and then written over: whether an object
        // is new could not be predicted.
        let mut queue = vec![0; objects + 1];
        for (position, &roots) in self.roots.iter().enumerate() {
            if roots > 0 {
                self.levels[position] = 1;
                queue[self.reached] = narrow(position);
                self.reached += 1;
            }
        }
        let (mut at, mut level) = (0, 1_u8);
        while at < self.reached && self.reached < objects {
            let end = self.reached;
            level = level.saturating_add(1);
            while at < end {
                let mut lists = [(0, 0); BATCH];
                let batch = &queue[at..end.min(at + BATCH)];
                let lists = &mut lists[..batch.len()];
                for (list, &source) in lists.iter_mut().zip(batch) {
                    let source = source as usize;
                    *list = (self.starts[source], self.starts[source + 1]);
                }
                at += lists.len();
                for &mut (start, end) in lists {
                    for &target in &self.targets[start as usize..end as usize] {
                        let before = &mut self.levels[target as usize];
                        let is_new = *before == UNREACHED;
                        queue[self.reached] = target;
                        self.reached += usize::from(is_new);
                        *before = if is_new { level } else { *before };
                    }
                }
            }
        }
    }

    /// The targets of the edges of the object at a position, and their places there.
    #[inline]
    pub(crate) fn edges_of(&self, position: usize) -> (&[u32], &[u32]) {
        let edges = self.starts[position] as usize..self.starts[position + 1] as usize;
        (&self.targets[edges.clone()], &self.places[edges])
    }

    /// How many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.roots.len()
    }

    /// Whether roots lead to all objects.
    pub(crate) fn is_all_reached(&self) -> bool {
        self.reached == self.len()
    }

    /// Whether roots lead to the object at a position.
    pub(crate) fn is_reached(&self, position: usize) -> bool {
        self.levels[position] != UNREACHED
    }

    /// How far the object at a position is from a root: its root distance, for searches.
    #[inline]
    pub(crate) fn distance(&self, position: usize) -> u8 {
        match self.levels[position] {
            UNREACHED | FAR => u8::MAX,
            level => level - 1,
        }
    }
}

/// A plan to which sound edges are added one by one, those of the first object first.
pub(crate) struct InOrder<E> {
    plan: Plan<E>,
    counts: Counts,
}

impl<E> InOrder<E> {
    /// One between so many objects, of `least` edges or more.
    pub(crate) fn new(objects: usize, least: usize) -> Self {
        Self {
            plan: Plan::empty(objects, least),
            counts: Counts::new(objects),
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, source: usize, label: E, target: u32) {
        let plan = &mut self.plan;
        plan.outgoing[source] += 1;
        plan.targets.push(target);
        plan.labels.push(label);
        plan.places.push(self.counts.add(target as usize));
    }

    pub(crate) fn finish(self) -> Plan<E> {
        let mut plan = self.plan;
        plan.incoming = self.counts.into_sums();
        plan
    }
}

/// Counts of edges by target. Most are small, and then all of them stay in the cache.
struct Counts {
    /// The count of each, without what is in `more`.
    few: Vec<u8>,
    /// What some of them have above that, if any has.
    more: Vec<u32>,
}

impl Counts {
    fn new(objects: usize) -> Self {
        Self {
            few: vec![0; objects],
            more: Vec::new(),
        }
    }

    /// Counts one more; returns how many there were.
    #[inline]
    fn add(&mut self, at: usize) -> u32 {
        let few = &mut self.few[at];
        let before = u32::from(*few);
        *few = few.wrapping_add(1);
        if before == u32::from(u8::MAX) || !self.more.is_empty() {
            return self.add_to_many(at, before);
        }
        before
    }

    #[inline(never)]
    fn add_to_many(&mut self, at: usize, few: u32) -> u32 {
        self.more.resize(self.few.len(), 0);
        let more = &mut self.more[at];
        let before = *more + few;
        if few == u32::from(u8::MAX) {
            *more += 1 + few;
        }
        before
    }

    fn into_sums(self) -> Vec<u32> {
        let few = self.few.into_iter().map(u32::from);
        if self.more.is_empty() {
            return few.collect();
        }
        few.zip(self.more).map(|(few, more)| few + more).collect()
    }
}

/// Where each of several lists begins that stand one after the other, and where the last one ends.
pub(crate) fn starts(lens: &[u32]) -> Vec<u32> {
    let mut starts = vec![0; lens.len() + 1];
    let mut end = 0;
    for (start, &len) in starts[1..].iter_mut().zip(lens) {
        end += len;
        *start = end;
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(objects: usize, edges: &[(usize, usize)], roots: &[usize]) -> Plan<()> {
        let edges = edges.iter().map(|&(from, to)| (from, (), to));
        let mut plan = Plan::new(objects, edges).unwrap();
        plan.hold(roots.iter().copied()).unwrap();
        plan.arrange();
        plan
    }

    #[test]
    fn distances_are_the_shortest_ways_whatever_the_order_of_the_edges() {
        let mut edges = [(0, 1), (0, 4), (1, 2), (2, 3), (4, 3), (3, 0), (5, 5)];
        for _ in 0..2 {
            let plan = plan(6, &edges, &[0]);
            let distances: Vec<u8> = (0..6).map(|position| plan.distance(position)).collect();
            assert_eq!(distances, [0, 1, 2, 2, 1, 255]);
            assert!(!plan.is_all_reached() && !plan.is_reached(5) && plan.is_reached(3));
            assert_eq!(plan.outgoing, [2, 1, 1, 1, 1, 1]);
            assert_eq!(plan.incoming, [1, 1, 1, 2, 1, 1]);
            edges.reverse();
        }
    }

    #[test]
    fn edges_and_labels_keep_the_order_in_which_they_were_given() {
        let edges = [
            (2, 'a', 0),
            (0, 'b', 1),
            (2, 'c', 0),
            (1, 'd', 0),
            (0, 'e', 0),
        ];
        let mut plan = Plan::new(3, edges.into_iter()).unwrap();
        plan.arrange();
        assert_eq!(plan.targets, [1, 0, 0, 0, 0]);
        assert_eq!(plan.places, [0, 3, 2, 0, 1]);
        assert_eq!(plan.labels, ['b', 'e', 'd', 'a', 'c']);
    }

    #[test]
    fn edges_are_given_back() {
        let edges = [(2, 'a', 0), (0, 'b', 3), (2, 'c', 9), (1, 'd', 0)];
        for (objects, at, position) in [(3, 1, 3), (2, 0, 2), (4, 2, 9)] {
            let (refusal, back) = Plan::new(objects, edges.into_iter()).unwrap_err();
            let no_end = GraphRefusal::NoEnd {
                at,
                position,
                objects,
            };
            assert_eq!((refusal, back), (no_end, edges.into()));
        }
        let plan = Plan::new(10, edges.into_iter()).unwrap();
        assert_eq!(plan.into_edges(), edges);
    }

    #[test]
    fn counts_may_be_large() {
        let mut counts = Counts::new(3);
        for number in 0..1_000 {
            assert_eq!(counts.add(1), number);
            if number % 300 == 7 {
                assert_eq!(counts.add(2), number / 300);
            }
        }
        assert_eq!(counts.into_sums(), [0, 1_000, 4]);
    }

    #[test]
    fn a_long_chain_is_reached_to_its_end() {
        let chain: Vec<_> = (0..999).map(|at| (at, at + 1)).collect();
        let plan = plan(1_000, &chain, &[0]);
        assert!(plan.is_all_reached());
        let distances = [0, 1, 253, 254, 255, 999].map(|position| plan.distance(position));
        assert_eq!(distances, [0, 1, 253, 255, 255, 255]);
    }
}
