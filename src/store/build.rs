//! A whole graph in one call.

use alloc::vec::Vec;

use slotmap::Key;

use crate::error::{GraphRefusal, Limit, Rejected};
use crate::graph::plan::Plan;
use crate::handle::index_of;
use crate::objects::Objects;
use crate::store::Store;

/// Values and edges of a graph that was not inserted.
type RejectedGraph<T, E> = (Vec<T>, Vec<(usize, E, usize)>);

impl<T, E, K: Key> Store<T, E, K> {
    /// Adds objects together with the edges between them: a level, a saved game, whatever is known before it is
    /// built. Returns their handles, in the order of the values.
    ///
    /// An edge `(source, label, target)` names its ends by their positions among the values, and the edges of
    /// an object are in the order in which they are given. Each position in `roots` gets a root, and one more
    /// for each time that it is named; the other objects get none. So there is nothing to give up afterwards,
    /// and what the roots lead to is known to live: none of it is a suspect. If there is one object that owns
    /// all others, the roots are `[0]`, or wherever it stands.
    ///
    /// What the roots do not lead to is treated as it would be at the end of a [`scope`](Self::scope): an
    /// object without edges to it dies, and after it what it alone owned (under
    /// [`Reclaim::AtStep`](crate::Reclaim::AtStep) in the next step), and a cycle waits to be traced or
    /// collected.
    ///
    /// All else is as if each value had been inserted and each edge linked, in the order given, but for the
    /// time that it takes: each list is allocated once, in the size that it will have. A collection that is
    /// due does as much before as these insertions would have done, and none runs in between. To connect the
    /// new objects with others, [`link`](Self::link) them afterwards.
    ///
    /// # Errors
    /// [`Rejected`] with all values and edges, if an edge or a root is at a position at which there is
    /// no value, or if there is no room; then nothing was added.
    ///
    /// Complexity: O(objects + edges), besides at most
    /// [`Config::assist_limit`](crate::Config::assist_limit) units of work for each object if a collection
    /// runs or is due; at a limit, besides a collection. It takes memory in the same proportion while it runs.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    ///
    /// let mut store: Store<&str, &str> = Store::default();
    /// let rooms = ["hall", "tower", "cellar"];
    /// let doors = [(0, "up", 1), (0, "down", 2), (1, "down", 0), (2, "up", 0)];
    /// let handles = store.insert_graph(rooms, doors, [0])?;
    ///
    /// let [hall, tower, cellar] = handles[..] else { unreachable!() };
    /// assert_eq!(store[tower], "tower");
    /// assert_eq!(store.targets(hall).collect::<Vec<_>>(), [tower, cellar]);
    /// assert_eq!((store.root_count(hall), store.root_count(tower)), (Some(1), Some(0)));
    ///
    /// // There is no fourth room.
    /// let error = store.insert_graph(["shed"], [(0, "to", 3)], [0]).unwrap_err();
    /// assert_eq!(error.to_string(), "edge 0 names position 3 of 1 objects, counted from 0");
    /// let (values, edges) = error.into_value();
    /// assert_eq!((values, edges), (vec!["shed"], vec![(0, "to", 3)]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn insert_graph(
        &mut self,
        values: impl IntoIterator<Item = T>,
        edges: impl IntoIterator<Item = (usize, E, usize)>,
        roots: impl IntoIterator<Item = usize>,
    ) -> Result<Vec<K>, Rejected<RejectedGraph<T, E>, GraphRefusal>> {
        // The caller's code runs before anything changes.
        let values: Vec<T> = values.into_iter().collect();
        let (mut roots, weights) = (roots.into_iter(), self.weights_of(&values));
        let mut plan = match Plan::new(values.len(), edges.into_iter()) {
            Ok(plan) => plan,
            Err((reason, edges)) => {
                return Err(Rejected::new((values, edges), reason));
            }
        };
        let is_sound = plan.hold(&mut roots);
        match is_sound.and_then(|()| self.make_room_for_graph(&values, &weights, &plan)) {
            Ok(()) => Ok(self.build(&mut plan, (values, weights))),
            Err(reason) => Err(Rejected::new((values, plan.into_edges()), reason)),
        }
    }

    /// What so many values weigh in all, if each weighs what is said, or else all the same.
    pub(super) fn bytes_of(&self, objects: usize, weights: &[usize]) -> usize {
        if self.objects.is_measured() {
            let sum = |sum: usize, &weight: &usize| sum.saturating_add(weight);
            weights.iter().fold(0, sum)
        } else {
            objects.saturating_mul(size_of::<T>())
        }
    }

    /// What the values of objects weigh; nothing if all weigh the same.
    pub(super) fn weights_at(&self, indices: &[u32]) -> Vec<usize> {
        if !self.objects.is_measured() {
            return Vec::new();
        }
        let Objects { graph, heap, .. } = &self.objects;
        let values = indices
            .iter()
            .filter_map(|&index| heap.get(graph.headers().key(index)));
        values.map(|value| self.objects.weight_of(value)).collect()
    }

    /// What values weigh; nothing if all weigh the same.
    pub(super) fn weights_of(&self, values: &[T]) -> Vec<usize> {
        if !self.objects.is_measured() {
            return Vec::new();
        }
        let weight = |value| self.objects.weight_of(value);
        values.iter().map(weight).collect()
    }

    /// Makes room for a graph: collects, as far as insertions would.
    fn make_room_for_graph(
        &mut self,
        values: &[T],
        weights: &[usize],
        plan: &Plan<E>,
    ) -> Result<(), GraphRefusal> {
        let objects = values.len();
        let bytes = self.bytes_of(objects, weights);
        let room = self.make_room_for(objects, bytes);
        room.map_err(GraphRefusal::Full)?;
        // Finalizers may have run, so this is asked last.
        if objects > self.objects.heap.handles_left() {
            Err(GraphRefusal::Full(Limit::Handles))
        } else if !self
            .objects
            .graph
            .edges()
            .has_room_for(&plan.outgoing, &plan.incoming)
        {
            Err(GraphRefusal::TooManyEdges)
        } else {
            Ok(())
        }
    }

    /// Adds the graph, for which there is room, and lets go of what no root leads to.
    fn build(&mut self, plan: &mut Plan<E>, values: (Vec<T>, Vec<usize>)) -> Vec<K> {
        if plan.len() == 0 {
            return Vec::new();
        }
        plan.arrange();
        let keys = self.objects.build(plan, values);
        if !plan.is_all_reached() {
            for (position, &key) in keys.iter().enumerate() {
                if !plan.is_reached(position) {
                    self.release.fell(&mut self.objects, index_of(key), None);
                }
            }
            self.reclaim();
        }
        keys.into_iter().map(K::from).collect()
    }
}
