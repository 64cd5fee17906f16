//! All of another store, moved in.

use alloc::boxed::Box;
use alloc::vec::Vec;

use slotmap::{Key, KeyData};

use super::moving::Degrees;
use super::pick::Picked;
use super::remap::Remap;
use crate::bits::Ones;
use crate::error::{InsertRefusal, Limit, Rejected};
use crate::graph::rows::Heads;
use crate::handle::index_of;
use crate::index::index_at;
use crate::store::Store;

impl<T, E, K: Key> Store<T, E, K> {
    /// Moves all objects of another store in: a level that was loaded on another thread, what is pasted from a
    /// clipboard. Nothing is cloned. Returns which of the other store's handles has become which of this one's.
    ///
    /// With the objects come their values, components, finalizers, roots, and edges, strong and weak, which keep
    /// their order. The new handles are given in the order of the old indices. Garbage cycles of the other store
    /// come too, and are suspects; what waits for its death there, under
    /// [`Reclaim::AtStep`](crate::Reclaim::AtStep), dies as the settings of this store say. Of a collection that
    /// ran in the other store nothing is left: what it has found to be dead stays behind.
    ///
    /// To have an object of this store own what came in, [`link`](Self::link) it to the objects concerned and then
    /// [`unroot`](Self::unroot) these; the map has their handles.
    ///
    /// What is not of an object does not come along: settings, observers, notices that were not drained, deaths on
    /// record, garbage that was kept, and groups of components. Watches end without notice. All that comes in
    /// is young, even if it was frozen. Drops of values of type `Root` are applied first, as by
    /// `Store::sync_roots`. Roots that other such values hold are kept until
    /// [`release_foreign_roots`](Self::release_foreign_roots), as in a clone; the values themselves hold nothing any
    /// more. Handles within values and components are as they were: see [`Remap::remap_values`].
    ///
    /// A collection of this store that is due does as much before as so many insertions would have done.
    ///
    /// # Errors
    /// [`Rejected`] with the other store, if this one has no room for all of it; then nothing was moved.
    ///
    /// Complexity: O(slots + objects + edges) of the other store, besides at most
    /// [`Config::assist_limit`](crate::Config::assist_limit) units of work for each object if a collection runs or
    /// is due; at a limit, besides a collection.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    ///
    /// let mut level: Store<&str> = Store::new();
    /// let cave = level.insert("cave");
    /// let bear = level.insert_linked(cave, (), "bear")?;
    ///
    /// let mut world: Store<&str> = Store::new();
    /// let forest = world.insert("forest");
    /// let map = world.merge(level)?;
    /// let cave = map.get(cave).unwrap();
    /// world.link(forest, (), cave)?;
    /// world.unroot(cave)?;
    /// assert_eq!(world[map.get(bear).unwrap()], "bear");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn merge(&mut self, other: Self) -> Result<Remap<K>, Rejected<Box<Self>, InsertRefusal>> {
        let mut other = other;
        other.sync_roots();
        other.settle();
        self.settle();
        let picked = Picked::all(other.live_indices());
        let weights = self.weights_of_all(&other, &picked.indices);
        if let Err(reason) = self.make_room_for_store(&other, &picked, &weights) {
            let store = Box::new(other);
            return Err(Rejected::new(store, reason));
        }
        let headers = other.objects.graph.headers();
        let old: Vec<KeyData> = picked.indices.iter().map(|&at| headers.key(at)).collect();
        let mut moving = other.lift(&picked, weights, &mut Vec::new());
        moving.edges.arrange();
        let unreached = (0..moving.edges.len()).filter(|&at| !moving.edges.is_reached(at));
        let unreached: Vec<usize> = unreached.collect();
        let new = self.settle_in(moving);
        for at in unreached {
            self.release
                .fell(&mut self.objects, index_of(new[at]), None);
        }
        let map = Remap::new(old.into_iter(), &new, picked.places);
        self.guarded(|_| drop(other));
        self.reclaim();
        Ok(map)
    }

    /// The indices of all objects, in order.
    fn live_indices(&self) -> impl Iterator<Item = u32> {
        let objects = &self.objects;
        let words = 0..objects.graph.headers().words();
        let indices = words.flat_map(|word| {
            Ones(objects.graph.headers().occupied(word)).map(move |bit| index_at(word, bit))
        });
        indices.filter(|&index| objects.is_live(index))
    }

    /// What values of another store would weigh in this one; nothing if all weigh the same.
    fn weights_of_all(&self, other: &Self, indices: &[u32]) -> Vec<usize> {
        if !self.objects.is_measured() {
            return Vec::new();
        }
        let (headers, heap) = (other.objects.graph.headers(), &other.objects.heap);
        let values = indices.iter().filter_map(|&at| heap.get(headers.key(at)));
        values.map(|value| self.objects.weight_of(value)).collect()
    }

    /// Makes room for all objects of another store: collects, as far as insertions would.
    fn make_room_for_store(
        &mut self,
        other: &Self,
        picked: &Picked,
        weights: &[usize],
    ) -> Result<(), InsertRefusal> {
        let objects = picked.indices.len();
        let bytes = self.bytes_of(objects, weights);
        self.make_room_for(objects, bytes)
            .map_err(InsertRefusal::Full)?;
        let graph = &other.objects.graph;
        let (mut strong, mut weak) = (Degrees::new(objects), Degrees::new(objects));
        for (at, &index) in picked.indices.iter().enumerate() {
            let targets = graph.edges().targets(graph.headers().outgoing(index));
            let places = targets.iter().filter_map(|&at| picked.places.get(at));
            places.for_each(|place| strong.count(at, place));
            let targets = graph.weak().targets(index).iter();
            let places = targets.filter_map(|&at| picked.places.get(at));
            places.for_each(|place| weak.count(at, place));
        }
        if strong.sum.max(weak.sum) > u32::MAX as usize {
            return Err(InsertRefusal::TooManyEdges);
        }
        self.has_room_for(objects, strong.lists(), weak.lists())
    }

    /// Whether there are handles for so many objects, and room for lists of these lengths, outgoing and incoming.
    pub(super) fn has_room_for(
        &self,
        objects: usize,
        strong: [&[u32]; 2],
        weak: [&[u32]; 2],
    ) -> Result<(), InsertRefusal> {
        let graph = &self.objects.graph;
        if objects > self.objects.heap.handles_left() {
            Err(InsertRefusal::Full(Limit::Handles))
        } else if !graph.edges().has_room_for(strong[0], strong[1])
            || !graph.weak().has_room_for(weak[0], weak[1])
        {
            Err(InsertRefusal::TooManyEdges)
        } else {
            Ok(())
        }
    }
}
