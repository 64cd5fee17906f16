//! Deaths by count where only rows and edges are to be looked at: the loop in which most objects die.
//!
//! What one edge held dies without fail when that edge goes, since no code of the user runs before its turn: so
//! it is not noted as pending.

use alloc::vec::Vec;

use slotmap::KeyData;

use super::{DEATH, EDGE, Release, Released};
use crate::graph::pool::List;
use crate::handle::key_of;
use crate::objects::Objects;

/// What dies in the loop. When it is dropped, even as the `Drop` of a value panics, all is as if the objects had
/// died one by one.
struct Run<'a, T, E> {
    release: &'a mut Release,
    objects: &'a mut Objects<T, E>,
    /// What the dying referred to; the last is next. Bits say that an object of it is pending only where more
    /// than one edge led to it.
    stack: Vec<u32>,
    died: u32,
    /// How many edges the dead had.
    edges: usize,
    /// How many of those that waited did not die.
    looks: u64,
}

/// Why the loop ended.
enum End {
    /// Nothing is left on its stack.
    Empty,
    /// A table beside the rows may have the next object.
    Noted,
}

impl Release {
    /// Whether [`run_quickly`](Self::run_quickly) may be called.
    #[inline]
    pub(super) fn may_run_quickly<T, E>(&self, objects: &Objects<T, E>) -> bool {
        objects.die_plainly() && self.dismantled.is_none() && self.orphans.is_empty()
    }

    /// Reclaims what waits and is not held again, until nothing does, or a table may have the next object.
    #[inline(never)]
    pub(super) fn run_quickly<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        released: &mut Released,
    ) {
        let mut run = Run {
            stack: core::mem::take(&mut self.quick),
            release: self,
            objects,
            died: 0,
            edges: 0,
            looks: 0,
        };
        while let Some(key) = run.release.next() {
            if let Some(index) = run.objects.graph.headers().resolve(key) {
                run.stack.push(index);
                if matches!(run.all(), End::Noted) {
                    break;
                }
            } else {
                run.looks += 1;
            }
        }
        released.units += run.looks + u64::from(run.died) * (1 + DEATH) + run.edges as u64 * EDGE;
        released.objects += run.died as usize;
    }
}

impl<T, E> Run<'_, T, E> {
    /// Reclaims what is on the stack of the loop.
    #[inline]
    fn all(&mut self) -> End {
        while let Some(index) = self.stack.pop() {
            let row = self.objects.graph.headers().row(index);
            let key = key_of(index, row.node.version);
            if row.is_unmarked_and_unheld() && !self.objects.may_have_components(index) {
                if !row.outgoing.is_empty() {
                    self.let_go(key, row.outgoing);
                }
                self.end(index, key);
            } else if !row.node.is_unheld() {
                self.objects.graph.unqueue(index);
                self.objects.graph.falling().suspect(index);
                self.looks += 1;
            } else if row.node.is_noted() || self.objects.may_have_components(index) {
                self.stack.push(index);
                return End::Noted;
            } else {
                self.let_go(key, row.outgoing);
                self.objects.graph.clear_suspect(index);
                self.end(index, key);
            }
        }
        End::Empty
    }

    /// Takes an object out that has lost its edges and is no suspect.
    #[expect(clippy::inline_always, reason = "it is the body of a loop")]
    #[inline(always)]
    fn end(&mut self, index: u32, key: KeyData) {
        self.objects.graph.leave(index);
        self.died += 1;
        drop(self.objects.heap.remove(key));
    }

    /// Removes the edges of a dying object.
    // Not inlined: the loop around it has too few registers for both.
    #[inline(never)]
    fn let_go(&mut self, key: KeyData, outgoing: List) {
        let Objects { graph, deaths, .. } = &mut *self.objects;
        let stack = &mut self.stack;
        let len = outgoing.len();
        self.edges += len;
        graph.detach_dying((outgoing, len), |targets, target, node, was_only| {
            if node.is_noted() {
                deaths.let_go(target, Some(key));
            }
            // If it waits already it was shared, and is on the stack below.
            let waits = if was_only {
                targets.is_queued(target)
            } else {
                targets.queue(target)
            };
            if !waits {
                stack.push(target);
            }
        });
    }
}

impl<T, E> Drop for Run<'_, T, E> {
    fn drop(&mut self) {
        let objects = &mut *self.objects;
        objects.allocations = objects.allocations.saturating_sub(self.died);
        self.release.total += u64::from(self.died);
        for index in self.stack.drain(..) {
            objects.graph.falling().queue(index);
            self.release.stack.push(objects.graph.headers().key(index));
        }
        self.release.quick = core::mem::take(&mut self.stack);
    }
}
