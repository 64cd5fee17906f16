//! A part once more.

use alloc::vec::Vec;

use slotmap::{Key, KeyData};

use super::moving::{Degrees, Moving, plan, plan_weak};
use super::pick::{Picked, Subgraph, position};
use super::remap::Remap;
use crate::error::InsertRefusal;
use crate::graph::plan::{InOrder, Plan, Planned};
use crate::graph::rows::Heads;
use crate::handle::{index_of, key_of};
use crate::store::Store;

/// Edges of objects some of whose edges lead out of the part, which are linked one by one to keep their order: the
/// place of the source, the label, and the target.
type Singles<E> = Vec<(u32, E, Target)>;

#[derive(Clone, Copy)]
enum Target {
    /// The place of one of the part.
    Inside(u32),
    /// The index of another.
    Outside(u32),
}

/// Copies that are not in the store yet.
struct Copies<T, E, K: Key> {
    /// The keys of the originals.
    old: Vec<KeyData>,
    moving: Moving<T, E, K>,
    strong: Singles<E>,
    weak: Singles<E>,
    /// The index of the owner of the starts, and the place of each with the label of the edge to it.
    owner: Option<(u32, Vec<(u32, E)>)>,
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Copies a part: a prefab, or what is copied and pasted. Returns which object has become which.
    ///
    /// Values, labels and components are cloned. An edge between two objects of the part becomes one between their
    /// copies; one that leads out of the part leads to the same object from the copy, unless the part is
    /// [cut](Subgraph::cut). Weak edges too. Edges to the part from outside are not copied. The edges of an object keep
    /// their order. A finalizer that has not run is the copy's too; watches are not copied.
    ///
    /// The copy of each start gets one root, whatever holds the original, or, with [`Subgraph::owned_by`], an edge from
    /// an owner instead; these come at the end of the owner's list, in the order of the starts. Nothing else
    /// gets a root: all other copies are reached from those of the starts. So there are no suspects.
    ///
    /// The new handles are given in the order of the part, as by so many insertions. Handles within values and
    /// components are those of the originals: see [`Remap::remap_values`].
    ///
    /// `Clone` runs before anything changes. A collection that is due does as much before as so many insertions
    /// would have done, and may take what is garbage from the part.
    ///
    /// # Errors
    /// [`InsertRefusal::Stale`] if a start or the owner names no object, [`InsertRefusal::Full`] or
    /// [`InsertRefusal::TooManyEdges`] if there is no room; then nothing was added.
    ///
    /// Complexity: O(arenas + part + its edges), besides at most
    /// [`Config::assist_limit`](crate::Config::assist_limit) units of work for each object if a collection runs or
    /// is due; at a limit, besides a collection.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, Subgraph};
    ///
    /// let mut store: Store<&str, &str> = Store::default();
    /// let house = store.insert("house");
    /// let door = store.insert_linked(house, "has", "door")?;
    /// store.link_weak(door, "opens to", house)?;
    ///
    /// let copies = store.duplicate(&Subgraph::of([house]))?;
    /// let [house, door] = [house, door].map(|old| copies.get(old).unwrap());
    /// assert!(store.targets(house).eq([door]));
    /// assert!(store.weak_edges().targets(door).eq([house]));
    /// store.unroot(house)?; // the copy, which nothing else holds
    /// assert_eq!(store.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn duplicate(&mut self, part: &Subgraph<'_, E, K>) -> Result<Remap<K>, InsertRefusal>
    where
        T: Clone,
        E: Clone,
    {
        self.settle();
        let mut picked = self.pick(part).map_err(InsertRefusal::Stale)?;
        let weights = self.weights_at(&picked.indices);
        if self.make_room_for_copies(&picked, &weights)? {
            // A collection or a finalizer may have changed the part.
            picked = self.pick(part).map_err(InsertRefusal::Stale)?;
        }
        self.objects.columns.settle_all();
        let mut copies = self.copy(&picked, part)?;
        self.has_room_for_copies(&picked, &copies)?;
        let old = core::mem::take(&mut copies.old);
        let new = self.settle_copies(copies);
        Ok(Remap::new(old.into_iter(), &new, picked.places))
    }

    /// Makes room for copies, which weigh what the originals do: collects, as far as insertions would. Says whether
    /// anything may have changed.
    fn make_room_for_copies(
        &mut self,
        picked: &Picked,
        weights: &[usize],
    ) -> Result<bool, InsertRefusal> {
        let objects = picked.indices.len();
        let bytes = self.bytes_of(objects, weights);
        let may_change =
            self.gc.wants_work(&self.objects) || self.limit_of(objects, bytes).is_some();
        if may_change {
            self.make_room_for(objects, bytes)
                .map_err(InsertRefusal::Full)?;
        }
        Ok(may_change)
    }

    /// Whether there is room for copies.
    fn has_room_for_copies(
        &self,
        picked: &Picked,
        copies: &Copies<T, E, K>,
    ) -> Result<(), InsertRefusal> {
        let objects = picked.indices.len();
        let Copies {
            moving,
            strong,
            weak,
            owner,
            ..
        } = copies;
        let bytes = self.bytes_of(objects, &moving.weights);
        if let Some(limit) = self.limit_of(objects, bytes) {
            return Err(InsertRefusal::Full(limit));
        }
        let graph = &self.objects.graph;
        let plan = &moving.edges;
        if strong.is_empty() && weak.is_empty() && owner.is_none() && moving.weak.is_none() {
            let lists = [&plan.outgoing[..], &plan.incoming];
            return self.has_room_for(objects, lists, [&[], &[]]);
        }
        let mut strong_degrees = Degrees {
            outgoing: plan.outgoing.clone(),
            incoming: plan.incoming.clone(),
            sum: plan.labels.len(),
        };
        strong_degrees.add_singles(strong, |index| graph.headers().incoming(index).len());
        if let Some((owner, edges)) = owner {
            let list = graph.headers().outgoing(*owner).len();
            strong_degrees.add_grown(list, edges.len());
        }
        let mut weak_degrees = Degrees::default();
        if let Some(plan) = &moving.weak {
            weak_degrees.outgoing.clone_from(&plan.outgoing);
            weak_degrees.incoming.clone_from(&plan.incoming);
            weak_degrees.sum = plan.labels.len();
        }
        weak_degrees.add_singles(weak, |index| graph.weak().sources(index).len());
        self.has_room_for(objects, strong_degrees.lists(), weak_degrees.lists())
    }

    /// Copies the objects of a part. Nothing has changed when code of the user runs.
    fn copy(
        &self,
        picked: &Picked,
        part: &Subgraph<'_, E, K>,
    ) -> Result<Copies<T, E, K>, InsertRefusal>
    where
        T: Clone,
        E: Clone,
    {
        let Picked {
            indices, starts, ..
        } = picked;
        let objects = &self.objects;
        let headers = objects.graph.headers();
        let owner = match &part.owner {
            Some((owner, label)) => {
                let owner = self.resolve(*owner).map_err(InsertRefusal::Stale)?;
                let edges = starts.iter().map(|&start| (start, label.clone()));
                Some((owner, edges.collect()))
            }
            None => None,
        };
        let (mut old, mut noted) = (Vec::with_capacity(indices.len()), Vec::new());
        for (at, &index) in indices.iter().enumerate() {
            let node = headers.node(index);
            old.push(key_of(index, node.version));
            if node.is_noted() {
                noted.push(at);
            }
        }
        let mut values = Vec::with_capacity(indices.len());
        values.extend(old.iter().filter_map(|&key| objects.heap.get(key).cloned()));
        let (mut edges, strong) = if part.has_border() {
            let (edges, singles) = self.copy_edges(picked, part);
            (plan(indices.len(), edges.into_iter()), singles)
        } else {
            (self.copy_edges_within(picked), Vec::new())
        };
        let (weak_edges, weak) = self.copy_weak(picked, part);
        for &start in starts {
            edges.roots[start as usize] = 1;
        }
        edges.arrange();
        if owner.is_some() {
            // What is known of the ways from the starts stays.
            edges.roots.fill(0);
        }
        let mut finalizers = Vec::new();
        for at in noted {
            let finalizer = self.finalizers.get(indices[at]).cloned();
            finalizers.extend(finalizer.map(|finalizer| (position(at), finalizer)));
        }
        let moving = Moving {
            weights: self.weights_of(&values),
            values,
            edges,
            weak: plan_weak(indices.len(), weak_edges),
            components: objects.columns.copy_of(indices),
            finalizers,
            finalized: Vec::new(),
            kept_roots: Vec::new(),
        };
        Ok(Copies {
            old,
            moving,
            strong,
            weak,
            owner,
        })
    }

    /// Copies the strong edges of a part that none leads out of.
    fn copy_edges_within(&self, picked: &Picked) -> Plan<E>
    where
        E: Clone,
    {
        let graph = &self.objects.graph;
        let objects = picked.indices.len();
        // An edge leads to each object, but for the starts.
        let mut edges = InOrder::new(objects, objects - picked.starts.len());
        for (at, &index) in picked.indices.iter().enumerate() {
            let list = graph.headers().outgoing(index);
            for (edge, &target) in graph.edges().targets(list).iter().enumerate() {
                if let Some(place) = picked.places.get(target) {
                    edges.add(at, graph.edges().label(*list, edge).clone(), place);
                }
            }
        }
        edges.finish()
    }

    /// Copies the strong edges of a part.
    fn copy_edges(
        &self,
        picked: &Picked,
        part: &Subgraph<'_, E, K>,
    ) -> (Vec<Planned<E>>, Singles<E>)
    where
        E: Clone,
    {
        let graph = &self.objects.graph;
        let mut copied = Copied::new(picked, part);
        for (at, &index) in picked.indices.iter().enumerate() {
            let list = graph.headers().outgoing(index);
            let label = |at| graph.edges().label(*list, at);
            copied.add(at, graph.edges().targets(list), label, |_| true);
        }
        (copied.edges, copied.singles)
    }

    /// Copies the weak edges of a part.
    fn copy_weak(&self, picked: &Picked, part: &Subgraph<'_, E, K>) -> (Vec<Planned<E>>, Singles<E>)
    where
        E: Clone,
    {
        let mut copied = Copied::new(picked, part);
        // Weak edges may lead out of any part.
        copied.has_border = true;
        let weak = self.objects.graph.weak();
        let Some(edges) = weak.edges() else {
            return (copied.edges, copied.singles);
        };
        for (at, &index) in picked.indices.iter().enumerate() {
            let list = weak.outgoing(index);
            let label = |at| edges.label(*list, at);
            copied.add(at, weak.targets(index), label, |target| {
                self.objects.is_live(target)
            });
        }
        (copied.edges, copied.singles)
    }

    /// Adds copies, for which there is room. No code of the user runs.
    fn settle_copies(&mut self, copies: Copies<T, E, K>) -> Vec<KeyData> {
        let Copies {
            moving,
            strong,
            weak,
            owner,
            ..
        } = copies;
        let keys = self.settle_in(moving);
        let graph = &mut self.objects.graph;
        let index_at = |place: u32| index_of(keys[place as usize]);
        let ends = |source, target| match target {
            Target::Inside(place) => (index_at(source), index_at(place)),
            Target::Outside(index) => (index_at(source), index),
        };
        if let Some((owner, edges)) = owner {
            for (start, label) in edges {
                let linked = graph.link(owner, label, index_at(start));
                debug_assert!(linked.is_ok(), "there was room for the edge");
            }
        }
        for (source, label, target) in strong {
            let (source, target) = ends(source, target);
            let linked = graph.link(source, label, target);
            debug_assert!(linked.is_ok(), "there was room for the edge");
        }
        for (source, label, target) in weak {
            let (source, target) = ends(source, target);
            let linked = graph.link_weak(source, label, target);
            debug_assert!(linked.is_ok(), "there was room for the edge");
        }
        keys
    }
}

/// Edges that are copied.
struct Copied<'a, E> {
    picked: &'a Picked,
    has_border: bool,
    is_cut: bool,
    edges: Vec<Planned<E>>,
    singles: Singles<E>,
}

impl<'a, E: Clone> Copied<'a, E> {
    fn new<K: Key>(picked: &'a Picked, part: &Subgraph<'_, E, K>) -> Self {
        Self {
            picked,
            has_border: part.has_border(),
            is_cut: part.is_cut,
            edges: Vec::new(),
            singles: Vec::new(),
        }
    }

    /// Adds the edges of the object at a position, to targets that are alive.
    fn add<'e>(
        &mut self,
        at: usize,
        targets: &[u32],
        label: impl Fn(usize) -> &'e E,
        is_live: impl Fn(u32) -> bool,
    ) where
        E: 'e,
    {
        let places = &self.picked.places;
        let leads_out = |&target: &u32| target != 0 && is_live(target) && !places.has(target);
        let is_mixed = self.has_border && !self.is_cut && targets.iter().any(leads_out);
        for (edge, &target) in targets.iter().enumerate() {
            match places.get(target) {
                Some(place) if is_mixed => {
                    let target = Target::Inside(place);
                    self.singles
                        .push((position(at), label(edge).clone(), target));
                }
                Some(place) => {
                    self.edges.push((at, label(edge).clone(), place as usize));
                }
                None if is_mixed && leads_out(&target) => {
                    let target = Target::Outside(target);
                    self.singles
                        .push((position(at), label(edge).clone(), target));
                }
                None => {}
            }
        }
    }
}

/// A list that grows leaves its smaller blocks behind: as many entries as it has had in all of them, at most.
const GROWN: usize = 4;

impl Degrees {
    /// Adds a list that grows by single edges.
    fn add_grown(&mut self, len: usize, more: usize) {
        self.sum += more;
        let len = u32::try_from(len + more).unwrap_or(u32::MAX);
        self.outgoing.extend([len; GROWN]);
    }

    /// Adds edges that are linked one by one. `len_of` says how long the list of an object of the store is.
    fn add_singles<E>(&mut self, singles: &Singles<E>, len_of: impl Fn(u32) -> usize) {
        let ends = singles.iter().map(|(source, _, target)| (*source, *target));
        let mut sources: Vec<u32> = ends.clone().map(|(source, _)| source).collect();
        let mut inside = Vec::new();
        let mut outside = Vec::new();
        for (_, target) in ends {
            match target {
                Target::Inside(place) => inside.push(place),
                Target::Outside(index) => outside.push(index),
            }
        }
        self.sum += singles.len();
        let planned = self.incoming.clone();
        for ends in [&mut sources, &mut inside, &mut outside] {
            ends.sort_unstable();
        }
        for run in sources.chunk_by(|one, next| one == next) {
            self.outgoing.extend([narrow(run.len()); GROWN]);
        }
        for run in inside.chunk_by(|one, next| one == next) {
            let before = planned.get(run[0] as usize).copied().unwrap_or(0);
            let len = narrow(before as usize + run.len());
            self.incoming.extend([len; GROWN]);
        }
        for run in outside.chunk_by(|one, next| one == next) {
            let len = narrow(len_of(run[0]) + run.len());
            self.incoming.extend([len; GROWN]);
        }
    }
}

fn narrow(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
