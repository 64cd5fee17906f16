//! Edges and roots of objects that move from one store to another.

use super::Graph;
use crate::graph::plan::Plan;
use crate::graph::rows::Heads;

impl<E> Graph<E> {
    /// Removes all edges of an object that leaves, first to last, and hands each out: its target, and its label.
    /// Targets for which `leaves` answers true leave too, and are not told; the counts of the others have
    /// [fallen](super::Falling).
    pub(crate) fn take_edges(
        &mut self,
        source: u32,
        leaves: impl FnMut(u32) -> bool,
        each: impl FnMut(u32, E),
    ) {
        self.edges
            .take_outgoing(&mut self.headers, source, leaves, each);
    }

    /// Removes the first edge from an object to one that leaves.
    pub(crate) fn take_edge_to(&mut self, source: u32, target: u32) -> Option<E> {
        let lists = (
            *self.headers.outgoing(source),
            *self.headers.incoming(target),
        );
        let (from, to) = ((source, lists.0), (target, lists.1));
        self.edges.unlink_between(&mut self.headers, from, to)
    }

    /// Removes the first weak edge from one object to another.
    pub(crate) fn take_weak_edge(&mut self, source: u32, target: u32) -> Option<E> {
        let at = self.weak.find(source, target)?;
        Some(self.weak.unlink(source, at).1)
    }

    /// Keeps the label of an edge that is gone, until labels are dropped.
    pub(crate) fn bury_label(&mut self, label: E) {
        self.labels.push(label);
    }

    /// How many of an object's roots are for values of type `Root` to give up.
    pub(crate) fn kept_roots(&self, index: u32) -> u32 {
        self.roots.kept(index)
    }

    /// Notes that so many of an object's roots are held by values that know nothing of this store.
    pub(crate) fn keep_foreign_roots(&mut self, index: u32, number: u32) {
        self.roots.keep_foreign(index, number);
    }

    /// Adds weak edges between new objects, as planned.
    pub(crate) fn build_weak(&mut self, plan: &mut Plan<E>, indices: &[u32]) {
        for (position, &index) in indices.iter().enumerate() {
            if plan.outgoing[position] > 0 || plan.incoming[position] > 0 {
                self.headers.note(index);
            }
        }
        self.weak.build(plan, indices);
    }
}
