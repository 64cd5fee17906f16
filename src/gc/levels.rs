//! Marking level by level, from the roots outwards: it proves what is alive, as any marking does, and tells each
//! object how far from a root it is, as searches have to know.
//!
//! It takes more memory than marking what was found last, and meets objects in an order that is worse for the
//! cache. So it is what a collection does for many suspects alone.

use bumpalo::Bump;

#[cfg(feature = "serde")]
use crate::form;
use crate::gc::marker::{BATCH, GATHER, LONG, Partial, affordable, read_lists, shade};
use crate::graph::colours::{Colours, Which};
use crate::graph::pool::List;
use crate::graph::rows::Heads;
use crate::graph::{Graph, Marking};
use crate::index::narrow;
use crate::paged::Pages;
use crate::units::Units;

/// Grey objects of the level that is being read. Those of the next one are where all grey objects are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Levels {
    /// Whether the collection marks level by level.
    pub(crate) is_wanted: bool,
    grey: Pages<u32>,
    /// An object of the level with a long list, of which a part was read.
    long: Option<Partial>,
    /// How many edges the objects of the level are away from a root.
    depth: u8,
}

impl Levels {
    /// Whether nothing is left of the level.
    pub(crate) fn is_read(&self) -> bool {
        self.grey.is_empty() && self.long.is_none()
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Gives back what the list does not need.
    pub(crate) fn shrink(&mut self) {
        self.grey.shrink();
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.grey.memory()
    }

    /// The objects that are grey and of this level.
    #[cfg(feature = "check")]
    pub(crate) fn reading(&self) -> impl Iterator<Item = u32> {
        let long = self.long.iter().map(|partial| partial.index);
        self.grey.iter().copied().chain(long)
    }

    /// Reads the edges of what is grey, and of what these lead to, as far as the budget goes. All roots are grey
    /// when it is called first.
    pub(crate) fn mark<E>(
        &mut self,
        graph: &mut Graph<E>,
        which: Which,
        scratch: &Bump,
        left: &mut Units,
    ) {
        let room = left.at_most(GATHER).max(LONG);
        let gathered = scratch.alloc_slice_fill_copy(room, 0u32);
        let fresh = scratch.alloc_slice_fill_copy(room, 0u32);
        while !left.is_spent() {
            if let Some(mut partial) = self.long.take() {
                let marking = graph.marking(which);
                let list = marking.headers.outgoing(partial.index);
                let piece = partial.piece(marking.edges.targets(list), left.at_most(room));
                left.spend(piece.len().max(1));
                shade(marking.colours, piece, fresh);
                self.long = (partial.cursor > 0).then_some(partial);
            } else if !self.grey.is_empty() {
                self.read_batch(graph, which, (&mut *gathered, &mut *fresh), left);
            } else if !self.go_on(graph.marking(which).colours) {
                self.reset();
                return;
            }
        }
    }

    /// Goes on to the next level; says whether there is one.
    fn go_on(&mut self, colours: &mut Colours) -> bool {
        core::mem::swap(&mut self.grey, &mut colours.grey);
        self.depth = self.depth.saturating_add(1);
        !self.grey.is_empty()
    }

    /// Reads the edges of a few objects of the level.
    fn read_batch<E>(
        &mut self,
        graph: &mut Graph<E>,
        which: Which,
        (gathered, fresh): (&mut [u32], &mut [u32]),
        left: &mut Units,
    ) {
        let mut lists = [List::EMPTY; BATCH];
        let grey = self.grey.top();
        let mut first = grey.len().saturating_sub(left.at_most(BATCH).max(1));
        let mut batch = &mut lists[..grey.len() - first];
        for (list, &index) in batch.iter_mut().zip(&grey[first..]) {
            *list = *graph.headers().outgoing(index);
        }
        // One long list at a time, and it is the last of its batch to be read.
        let long = batch.iter().rposition(|list| list.len() > LONG);
        let skipped = long.unwrap_or(0);
        (first, batch) = (first + skipped, &mut batch[skipped..]);
        let skipped = batch.len() - affordable(batch, left.left());
        (first, batch) = (first + skipped, &mut batch[skipped..]);
        let distance = match self.depth {
            u8::MAX => u8::MAX,
            depth => depth - 1,
        };
        for (list, &index) in batch.iter_mut().zip(&grey[first..]) {
            if list.len() > LONG {
                let cursor = narrow(list.len());
                self.long = Some(Partial { index, cursor });
                *list = List::EMPTY;
            }
            let node = graph.headers().node(index);
            if node.roots() == 0 && node.distance() != distance {
                graph.set_distance(index, distance);
            }
        }
        let Marking { edges, colours, .. } = graph.marking(which);
        let read = read_lists(batch, edges.lists(), gathered, |targets| {
            shade(colours, targets, fresh);
        });
        left.spend(batch.len() + read);
        self.grey.truncate_top(first);
    }
}

#[cfg(feature = "serde")]
impl Levels {
    pub(crate) fn saved(&self) -> form::Levels {
        form::Levels {
            is_wanted: self.is_wanted,
            grey: self.grey.iter().copied().collect(),
            long: self.long.map(Partial::saved),
            depth: self.depth,
        }
    }

    pub(crate) fn restore(form: &form::Levels) -> Self {
        let mut levels = Self {
            is_wanted: form.is_wanted,
            long: form.long.map(Partial::restore),
            depth: form.depth,
            ..Self::default()
        };
        levels.grey.extend(form.grey.iter().copied());
        levels
    }
}
