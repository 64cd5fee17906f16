//! Objects on their way from one store to another.

use alloc::boxed::Box;
use alloc::vec::Vec;

use slotmap::{Key, KeyData};

use super::extract::CutEdge;
use super::pick::{Picked, position};
use crate::columns::Loose;
use crate::graph::plan::{Plan, Planned};
use crate::graph::rows::Heads;
use crate::handle::index_of;
use crate::objects::Cause;
use crate::store::Store;
use crate::store::finalize::Finalizer;

/// Objects with all that is theirs, by positions, and no store.
pub(super) struct Moving<T, E, K: Key> {
    pub(super) values: Vec<T>,
    /// What each weighs; nothing if all weigh the same.
    pub(super) weights: Vec<usize>,
    pub(super) edges: Plan<E>,
    pub(super) weak: Option<Plan<E>>,
    pub(super) components: Vec<Box<dyn Loose>>,
    /// Of some of them, in order.
    pub(super) finalizers: Vec<(u32, Finalizer<T, E, K>)>,
    /// Those whose finalizers have run.
    pub(super) finalized: Vec<u32>,
    /// How many roots values of type `Root` hold.
    pub(super) kept_roots: Vec<(u32, u32)>,
}

/// Weak edges, unless there are none.
pub(super) fn plan_weak<E>(objects: usize, edges: Vec<Planned<E>>) -> Option<Plan<E>> {
    if edges.is_empty() {
        return None;
    }
    Some(plan(objects, edges.into_iter()))
}

/// Edges between so many objects, fewer than there can be.
pub(super) fn plan<E>(objects: usize, edges: impl Iterator<Item = Planned<E>>) -> Plan<E> {
    match Plan::new(objects, edges) {
        Ok(plan) => plan,
        Err((refusal, _)) => unreachable!("the edges of a store: {refusal}"),
    }
}

/// How long the lists of objects will be.
#[derive(Default)]
pub(super) struct Degrees {
    pub(super) outgoing: Vec<u32>,
    pub(super) incoming: Vec<u32>,
    pub(super) sum: usize,
}

impl Degrees {
    pub(super) fn new(objects: usize) -> Self {
        Self {
            outgoing: alloc::vec![0; objects],
            incoming: alloc::vec![0; objects],
            sum: 0,
        }
    }

    pub(super) fn lists(&self) -> [&[u32]; 2] {
        [&self.outgoing, &self.incoming]
    }

    pub(super) fn count(&mut self, source: usize, target: u32) {
        self.outgoing[source] += 1;
        self.incoming[target as usize] += 1;
        self.sum += 1;
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Takes objects out with all that is theirs. Edges between them and others are cut, and added to `cut`; what
    /// loses an owner by that is told when all have left. No code of the user runs.
    ///
    /// `weights` is what each weighs, where values are weighed.
    pub(super) fn lift(
        &mut self,
        picked: &Picked,
        weights: Vec<usize>,
        cut: &mut Vec<CutEdge<K, E>>,
    ) -> Moving<T, E, K> {
        let objects = picked.indices.len();
        if objects < self.len() || self.objects.doomed > 0 {
            self.cut_edges_to(picked, cut);
        }
        let weak = plan_weak(objects, self.lift_weak(picked, cut));
        let mut fallen = Vec::new();
        let mut edges = Vec::with_capacity(objects);
        for (at, &index) in picked.indices.iter().enumerate() {
            self.lift_edges((at, index), picked, &mut edges, |store, label, target| {
                let headers = store.objects.graph.headers();
                let (source, target) = (headers.key(index), headers.key(target));
                fallen.push((source, target));
                cut.push(CutEdge::new(source, label, target, false));
            });
        }
        let mut moving = Moving {
            values: Vec::with_capacity(objects),
            weights,
            edges: plan(objects, edges.into_iter()),
            weak,
            components: self.objects.columns.take_off(&picked.indices),
            finalizers: Vec::new(),
            finalized: Vec::new(),
            kept_roots: Vec::new(),
        };
        for (at, &index) in picked.indices.iter().enumerate() {
            self.lift_object((at, index), &mut moving);
        }
        self.gc.backtracer.forget_proofs();
        for (source, target) in fallen {
            if let Some(index) = self.objects.resolve(target) {
                self.release.fell(&mut self.objects, index, Some(source));
            }
        }
        moving
    }

    /// Takes off the edges from others to objects that leave.
    fn cut_edges_to(&mut self, picked: &Picked, cut: &mut Vec<CutEdge<K, E>>) {
        let mut sources = Vec::new();
        for &target in &picked.indices {
            let graph = &self.objects.graph;
            let incoming = graph.edges().incoming(graph.headers().incoming(target));
            let outside = incoming.iter().map(|entry| entry.node);
            sources.extend(outside.filter(|&source| !picked.places.has(source)));
            for source in sources.drain(..) {
                let label = self.objects.graph.take_edge_to(source, target);
                self.report((source, target), label, false, cut);
            }
        }
    }

    /// Takes off the weak edges of objects that leave, and returns those between them.
    fn lift_weak(&mut self, picked: &Picked, cut: &mut Vec<CutEdge<K, E>>) -> Vec<Planned<E>> {
        let mut between = Vec::new();
        if self.objects.graph.weak().len() == 0 {
            return between;
        }
        for (at, &index) in picked.indices.iter().enumerate() {
            let weak = self.objects.graph.weak();
            if weak.degree(index) == 0 {
                continue;
            }
            let targets = weak.targets(index).iter().copied();
            let targets: Vec<u32> = targets.filter(|&target| target != 0).collect();
            let sources = weak.sources(index).iter().map(|entry| entry.node);
            let sources = sources.filter(|&source| !picked.places.has(source));
            let sources: Vec<u32> = sources.collect();
            for target in targets {
                let label = self.objects.graph.take_weak_edge(index, target);
                match picked.places.get(target) {
                    Some(place) => {
                        between.extend(label.map(|label| (at, label, place as usize)));
                    }
                    None => self.report((index, target), label, true, cut),
                }
            }
            for source in sources {
                let label = self.objects.graph.take_weak_edge(source, index);
                self.report((source, index), label, true, cut);
            }
        }
        between
    }

    /// Notes an edge that was cut, unless one of its ends is dead.
    fn report(
        &mut self,
        (source, target): (u32, u32),
        label: Option<E>,
        is_weak: bool,
        cut: &mut Vec<CutEdge<K, E>>,
    ) {
        let Some(label) = label else {
            return;
        };
        let objects = &mut self.objects;
        if objects.is_live(source) && objects.is_live(target) {
            let [source, target] = [source, target].map(|index| objects.graph.headers().key(index));
            cut.push(CutEdge::new(source, label, target, is_weak));
        } else {
            objects.graph.bury_label(label);
        }
    }

    /// Takes off the edges of an object that leaves, and adds those to others that leave.
    fn lift_edges(
        &mut self,
        (at, index): (usize, u32),
        picked: &Picked,
        edges: &mut Vec<Planned<E>>,
        mut out: impl FnMut(&Self, E, u32),
    ) {
        let mut outside = Vec::new();
        let leaves = |target| picked.places.has(target);
        let graph = &mut self.objects.graph;
        graph.take_edges(index, leaves, |target, label| {
            match picked.places.get(target) {
                Some(place) => edges.push((at, label, place as usize)),
                None => outside.push((label, target)),
            }
        });
        for (label, target) in outside {
            out(self, label, target);
        }
    }

    /// Takes out an object without edges of its own, to which only others lead that leave too.
    fn lift_object(&mut self, (at, index): (usize, u32), moving: &mut Moving<T, E, K>) {
        let place = position(at);
        let graph = &mut self.objects.graph;
        let node = *graph.headers().node(index);
        moving.edges.roots[at] = node.roots();
        graph.forget_incoming(index);
        if node.roots() > 0 {
            let kept = graph.kept_roots(index);
            if kept > 0 {
                moving.kept_roots.push((place, kept));
            }
        }
        if node.is_noted() {
            let finalizer = self.finalizers.remove(index);
            let finalizer = finalizer.map(|finalizer| (place, finalizer));
            moving.finalizers.extend(finalizer);
            if self.objects.deaths.finalized.get(index) {
                moving.finalized.push(place);
            }
        }
        // It does not die, whatever it was about to die of.
        self.objects.record.note(index, Cause::Released);
        let taken = self.objects.take_out(index).map(|(_, value)| value);
        moving.values.extend(taken);
    }

    /// Adds objects, for which there is room, with all that is theirs. What no root leads to, of objects that
    /// `may_fall`, is looked at as if it had just been let go of. No code of the user runs.
    pub(super) fn settle_in(&mut self, moving: Moving<T, E, K>) -> Vec<KeyData> {
        let Moving {
            values,
            weights,
            mut edges,
            weak,
            components,
            finalizers,
            finalized,
            kept_roots,
        } = moving;
        if values.is_empty() {
            return Vec::new();
        }
        let keys = self.objects.build(&mut edges, (values, weights));
        let indices: Vec<u32> = keys.iter().map(|&key| index_of(key)).collect();
        let objects = &mut self.objects;
        if let Some(mut weak) = weak {
            weak.arrange();
            objects.graph.build_weak(&mut weak, &indices);
        }
        for loose in components {
            loose.attach(&mut objects.columns, &indices);
        }
        for place in finalized {
            let index = indices[place as usize];
            objects.graph.note(index);
            objects.deaths.finish(index);
        }
        for (place, roots) in kept_roots {
            let index = indices[place as usize];
            objects.graph.keep_foreign_roots(index, roots);
        }
        for (place, finalizer) in finalizers {
            let index = indices[place as usize];
            objects.await_finalizer(index);
            self.finalizers.insert(index, finalizer);
        }
        keys
    }
}
