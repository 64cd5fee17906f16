//! Edges by their place in the source's list, strong and weak ones alike.

use super::link::hold;
use super::{Graph, Kind};
use crate::graph::edges::Edges;
use crate::graph::pool::List;
use crate::graph::rows::Heads;

impl<E> Graph<E> {
    /// The list of an object's edges, and where it is; `None` if no object has edges of this kind.
    #[inline]
    pub(crate) fn list(&self, kind: Kind, source: u32) -> Option<(&Edges<E>, List)> {
        match kind {
            Kind::Strong => Some((&self.edges, *self.headers.outgoing(source))),
            Kind::Weak => Some((self.weak.edges()?, *self.weak.outgoing(source))),
        }
    }

    /// The position of the first edge from one object to another that has a label. What is compared runs code
    /// of the user.
    pub(crate) fn find_labelled(
        &self,
        kind: Kind,
        source: u32,
        label: &E,
        target: u32,
    ) -> Option<usize>
    where
        E: PartialEq,
    {
        match kind {
            Kind::Strong => self
                .edges
                .find_labelled(&self.headers, source, label, target),
            Kind::Weak => self.weak.find_labelled(source, label, target),
        }
    }

    /// Makes an edge the one that stands before another, or after it if it has stood before; the others keep
    /// their order. Both are given by position.
    pub(crate) fn rotate(&mut self, kind: Kind, source: u32, from: usize, to: usize) {
        let Self {
            headers,
            edges,
            weak,
            colours,
            suspects,
            ..
        } = self;
        headers.keep(source);
        match kind {
            // A long list is marked from its end in pieces: what moves back may get behind the piece that is
            // next, and would not be read.
            Kind::Strong => edges.rotate(headers, source, (from, to), |headers, target| {
                hold(headers, (colours, suspects), source, target);
            }),
            Kind::Weak => weak.rotate(source, from, to),
        }
    }

    /// Puts at each of these positions the edge that is at the one of them which `order` names.
    pub(crate) fn permute(
        &mut self,
        kind: Kind,
        source: u32,
        positions: &[usize],
        order: &mut [usize],
    ) {
        let Self {
            headers,
            edges,
            weak,
            colours,
            suspects,
            ..
        } = self;
        headers.keep(source);
        match kind {
            Kind::Strong => edges.permute(headers, source, positions, order, |headers, target| {
                hold(headers, (colours, suspects), source, target);
            }),
            Kind::Weak => weak.permute(source, positions, order),
        }
    }
}
