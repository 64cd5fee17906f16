//! Count to zero: the queue, and the order of death.
//!
//! A parent dies before its children, the children in the order of its edges, depth first. All
//! edges of a dying object go at once, but each of its targets is queued, on a stack, where it
//! stood last in the list: so it dies after what stood before it, as if the edges had gone one at
//! a time.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use slotmap::KeyData;

use crate::bits::Bits;
use crate::header::{Headers, Heads};
use crate::objects::Objects;
use crate::suspects::Suspects;

/// What waits for reclaim.
#[derive(Clone, Debug, Default)]
pub(crate) struct Release {
    /// Objects that lost their last owner in a call, in the order in which they did.
    queue: VecDeque<KeyData>,
    /// What the dying referred to; the last is next. Not empty outside of [`run`](Self::run) where
    /// its budget ended, or the user's code panicked.
    stack: Vec<KeyData>,
    /// Where the queue ended when the finalizers that run began.
    marks: Vec<usize>,
    /// How many objects were reclaimed so far.
    total: u64,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Released {
    pub(crate) units: u64,
    pub(crate) objects: usize,
}

impl Release {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.stack.is_empty()
    }

    /// How many objects were reclaimed so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// How many entries are queued.
    pub(crate) fn len(&self) -> usize {
        self.queue.len() + self.stack.len()
    }

    /// Whether an object is queued.
    #[cfg(feature = "check")]
    pub(crate) fn holds(&self, key: KeyData) -> bool {
        self.queue.contains(&key) || self.stack.contains(&key)
    }

    /// Forgets everything, after the store was emptied.
    pub(crate) fn clear(&mut self) {
        self.queue.clear();
        self.stack.clear();
        self.marks.fill(0);
    }

    /// Looks at an object whose count fell: queues it and answers true, or notes
    /// that it is a suspect.
    #[inline]
    pub(crate) fn fell<T, E>(&mut self, objects: &mut Objects<T, E>, index: u32) -> bool {
        let Objects {
            headers,
            waiting,
            suspects,
            ..
        } = objects;
        self.note(headers, waiting, suspects, index)
    }

    /// The same, where the objects are borrowed in part.
    #[inline]
    pub(crate) fn note(
        &mut self,
        headers: &Headers,
        waiting: &mut Bits,
        suspects: &mut Suspects,
        index: u32,
    ) -> bool {
        if headers.is_unheld(index) {
            if !waiting.set(index) {
                self.queue.push_back(headers.key(index));
            }
            true
        } else {
            suspects.add(headers, index);
            false
        }
    }

    /// Reclaims what waits and is not held again, until `budget` units are used up, or an object
    /// has a finalizer to run first: then returns it, and it is next.
    #[inline]
    pub(crate) fn run<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        budget: u64,
    ) -> (Released, Option<u32>) {
        let mut released = Released::default();
        while released.units < budget {
            let Some(key) = self.stack.pop().or_else(|| self.queue.pop_front()) else {
                break;
            };
            released.units += 1;
            let Some(index) = objects.resolve(key) else {
                continue;
            };
            if objects.headers.is_unheld(index) {
                if objects.mortal.finalizable.get(index) {
                    self.stack.push(key);
                    return (released, Some(index));
                }
                objects.waiting.clear(index);
                released.units += objects.headers.outgoing(index).len() as u64;
                released.objects += 1;
                self.total += 1;
                self.kill(objects, index);
            } else {
                objects.waiting.clear(index);
                objects.suspects.add(&objects.headers, index);
            }
        }
        (released, None)
    }

    /// Remembers where the queue ends, before a finalizer runs.
    pub(crate) fn mark(&mut self) {
        self.marks.push(self.queue.len());
    }

    /// Puts what was queued since the last mark on the stack, to be reclaimed next and in order.
    pub(crate) fn hurry(&mut self) {
        if let Some(mark) = self.marks.pop() {
            let mark = mark.min(self.queue.len());
            self.stack.extend(self.queue.drain(mark..).rev());
        }
    }

    /// Puts what was pushed on the stack since it had `height` entries at the end of the queue.
    fn postpone(&mut self, height: usize) {
        self.queue.extend(self.stack.drain(height..).rev());
    }

    /// Ends the life of an object that nothing holds, and queues what it referred to.
    fn kill<T, E>(&mut self, objects: &mut Objects<T, E>, index: u32) {
        if let Some((key, value)) = self.remove(objects, index) {
            objects.bury(key, value);
        }
    }

    /// Takes an object that nothing holds out of the store, and queues what it referred to.
    pub(crate) fn remove<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        index: u32,
    ) -> Option<(KeyData, T)> {
        objects.weak.detach(index, &mut objects.labels);
        self.detach_targets(objects, index);
        // A finalizer of a collection may have let go of what that has found to be garbage.
        objects.white.clear(index);
        objects.take_out(index)
    }

    /// Takes an object out of the store whoever holds it, and queues what it referred to.
    pub(crate) fn cut_out<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        index: u32,
    ) -> Option<(KeyData, T)> {
        // A finalizer may destroy what a collection has not reached.
        objects.white.clear(index);
        objects.weak.detach(index, &mut objects.labels);
        // Outgoing edges first: an edge to itself must not change their order by its removal.
        self.unlink_targets(objects, index);
        let Objects {
            edges,
            headers,
            labels,
            ..
        } = objects;
        edges.detach_incoming(headers, index, labels, |_, _| ());
        objects.take_out(index)
    }

    /// Removes every edge of an object, and puts their targets on the stack.
    fn detach_targets<T, E>(&mut self, objects: &mut Objects<T, E>, index: u32) {
        let Objects {
            edges,
            headers,
            waiting,
            labels,
            ..
        } = objects;
        let stack = &mut self.stack;
        let skip = |_| false;
        edges.detach_outgoing(headers, index, labels, skip, |headers, target| {
            if !waiting.set(target) {
                stack.push(headers.key(target));
            }
        });
    }

    /// Removes every edge of an object, and queues their targets in order.
    pub(crate) fn unlink_targets<T, E>(&mut self, objects: &mut Objects<T, E>, index: u32) {
        let height = self.stack.len();
        self.detach_targets(objects, index);
        self.postpone(height);
    }
}
