//! What searches have found: all that was visited is garbage, which dies and leaves the store.

use super::{Backtracer, FEW, Sweep};
use crate::bits::{Ones, WORD};
use crate::gc::sweeper;
use crate::gc::trace_queue::ENOUGH;
use crate::graph::rows::Row;
use crate::index::index_at;
use crate::objects::Objects;
use crate::objects::release::Release;
use crate::units::Units;

impl Backtracer {
    /// The instant at which all that was visited dies.
    pub(super) fn condemn<T, E>(&mut self, objects: &mut Objects<T, E>) {
        for &index in &self.garbage {
            objects.condemn(index);
        }
    }

    /// Takes all garbage out of the store, if the budget suffices for that, no table has any of it, none
    /// of it refers to anything else, and no code of the user runs. Says whether it did.
    #[inline(never)]
    pub(super) fn sweep_at_once<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        left: &mut Units,
        sweep: Sweep,
    ) -> bool {
        if !objects.die_quietly() {
            self.forget_seen();
            return false;
        }
        let mut units = 0;
        let mut last = None;
        let is_closed = self.garbage.iter().all(|&index| {
            let Row { node, outgoing } = objects.graph.headers().row(index);
            units += sweeper::cost(last.replace(index), index, outgoing.len());
            let edges = objects.graph.edges();
            !node.is_noted() && edges.leads_only_to(outgoing, |target| self.seen.get(target))
        });
        self.forget_seen();
        let is_whole = sweep == Sweep::Whole;
        let is_ready = is_closed && (is_whole || units as u64 <= left.left());
        if is_ready {
            left.spend(if is_whole { 0 } else { units });
            objects.discard_linked(&self.garbage);
            self.forget_garbage();
        }
        is_ready
    }

    /// Makes all that the search has visited garbage, in the order of the indices.
    pub(super) fn take_visited(&mut self) {
        debug_assert!(self.is_idle(), "garbage is swept before more is found");
        let visited = self.trace_queue.visited();
        let words = visited.iter().map(|visit| visit.index as usize / WORD);
        let (low, high) = words.fold((usize::MAX, 0), |(low, high), word| {
            (low.min(word), high.max(word))
        });
        self.total += visited.len() as u64;
        self.garbage.reserve(visited.len());
        if visited.len() < FEW || high - low > visited.len() {
            self.garbage.extend(visited.iter().map(|visit| visit.index));
            self.garbage.sort_unstable();
            return;
        }
        // Where the garbage is close together the bitmap has sorted it.
        for word in low..=high {
            let bits = Ones(self.seen.word(word));
            self.garbage.extend(bits.map(|bit| index_at(word, bit)));
        }
    }

    /// Takes the garbage out of the store, in the order of the indices, as far as the budget goes:
    /// first the edges of all of it, then the objects. If code of the user panics, the next call goes on
    /// behind it.
    pub(crate) fn sweep<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        release: &mut Release,
        left: &mut Units,
    ) {
        while let Some(&index) = self.garbage.get(self.detached) {
            if left.is_spent() {
                return;
            }
            // What was emptied in between is gone.
            let is_there = objects.dead.get(index);
            if !is_there || sweeper::detach(objects, release, index, left) {
                self.detached += 1;
            }
        }
        let mut last = match self.reclaimed {
            0 => None,
            next => Some(self.garbage[next - 1]),
        };
        while let Some(&index) = self.garbage.get(self.reclaimed) {
            if left.is_spent() {
                return;
            }
            let is_near = last.is_some_and(|last| sweeper::is_near(last, index));
            last = Some(index);
            self.reclaimed += 1;
            if objects.dead.get(index) {
                sweeper::reclaim(objects, index, is_near, left);
            }
        }
        self.forget_garbage();
    }

    /// Forgets garbage that is gone.
    pub(crate) fn forget_garbage(&mut self) {
        self.garbage.clear();
        if self.garbage.capacity() > ENOUGH {
            self.garbage.shrink_to(ENOUGH);
        }
        self.detached = 0;
        self.reclaimed = 0;
        self.hurried = false;
    }
}
