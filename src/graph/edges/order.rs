//! The order of a list of outgoing edges. Edges change places; holes stay where they are.

use super::Edges;
use crate::graph::rows::Heads;
use crate::index::narrow;

impl<E> Edges<E> {
    /// Moves the edge at a position of a list to the position of another edge; those in between move by one,
    /// and all keep their order. Calls `each` with the target of each edge that is further back than it was.
    ///
    /// Complexity: O(entries in between).
    pub(crate) fn rotate<H: Heads>(
        &mut self,
        heads: &mut H,
        source: u32,
        (from, to): (usize, usize),
        mut each: impl FnMut(&mut H, u32),
    ) {
        let list = *heads.outgoing(source);
        let mut at = from;
        while at != to {
            let mut next = if from < to { at + 1 } else { at - 1 };
            while !self.is_edge(list, next) {
                next = if from < to { next + 1 } else { next - 1 };
            }
            self.outgoing.swap(list, at, next);
            // Of an edge that moves up in a short list, the position that its target knows may be too high.
            if from > to || list.may_have_holes() {
                let entry = self.outgoing.entry(list, at);
                self.tell_target(heads, entry, narrow(at));
                if from > to {
                    each(heads, entry.node);
                }
            }
            at = next;
        }
        let entry = self.outgoing.entry(list, to);
        self.tell_target(heads, entry, narrow(to));
        if from < to {
            each(heads, entry.node);
        }
    }

    /// Puts at each of the positions, which are those of edges, the edge that is at the one of them which
    /// `order` names: a permutation, which is used up. Calls `each` with the target of each edge that is
    /// further back than it was.
    ///
    /// Complexity: O(positions).
    pub(crate) fn permute<H: Heads>(
        &mut self,
        heads: &mut H,
        source: u32,
        positions: &[usize],
        order: &mut [usize],
        mut each: impl FnMut(&mut H, u32),
    ) {
        let list = *heads.outgoing(source);
        for first in 0..order.len() {
            let mut rank = first;
            // One cycle: each of its positions gets its edge, until the first one has come round.
            loop {
                let from = core::mem::replace(&mut order[rank], rank);
                if from == rank {
                    break;
                }
                let is_last = from == first;
                if !is_last {
                    self.outgoing.swap(list, positions[rank], positions[from]);
                }
                let entry = self.outgoing.entry(list, positions[rank]);
                self.tell_target(heads, entry, narrow(positions[rank]));
                if from < rank {
                    each(heads, entry.node);
                }
                if is_last {
                    break;
                }
                rank = from;
            }
        }
    }
}
