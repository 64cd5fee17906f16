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

/// What waits for reclaim.
#[derive(Clone, Debug, Default)]
pub(crate) struct Release {
    /// Objects that lost their last owner in a call, in the order in which they did.
    queue: VecDeque<KeyData>,
    /// What the dying referred to; the last is next. Not empty outside of [`run`](Self::run) where
    /// its budget ended, or the user's code panicked.
    stack: Vec<KeyData>,
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
    }

    /// Looks at an object whose count fell: queues it, or notes that it is a suspect.
    #[inline]
    pub(crate) fn fell<T, E>(&mut self, objects: &mut Objects<T, E>, index: u32) {
        let Objects {
            headers,
            waiting,
            suspicions,
            ..
        } = objects;
        self.note(headers, waiting, suspicions, index);
    }

    /// The same, where the objects are borrowed in part.
    #[inline]
    pub(crate) fn note(
        &mut self,
        headers: &Headers,
        waiting: &mut Bits,
        suspicions: &mut u64,
        index: u32,
    ) {
        if headers.is_unheld(index) {
            if !waiting.set(index) {
                self.queue.push_back(headers.key(index));
            }
        } else if !headers.outgoing(index).is_empty() {
            *suspicions += 1;
        }
    }

    /// Reclaims what waits and is not held again, until `budget` units are used up.
    #[inline]
    pub(crate) fn run<T, E>(&mut self, objects: &mut Objects<T, E>, budget: u64) -> Released {
        let mut released = Released::default();
        while released.units < budget {
            let Some(key) = self.stack.pop().or_else(|| self.queue.pop_front()) else {
                break;
            };
            released.units += 1;
            let Some(index) = objects.resolve(key) else {
                continue;
            };
            objects.waiting.clear(index);
            if objects.headers.is_unheld(index) {
                released.units += objects.headers.outgoing(index).len() as u64;
                released.objects += 1;
                self.kill(objects, index);
            } else if !objects.headers.outgoing(index).is_empty() {
                objects.suspicions += 1;
            }
        }
        released
    }

    /// Puts what the dead just referred to at the end of the queue.
    pub(crate) fn postpone(&mut self) {
        self.queue.extend(self.stack.drain(..).rev());
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
        let Objects {
            edges,
            weak,
            headers,
            waiting,
            labels,
            ..
        } = objects;
        weak.detach(index, labels);
        edges.detach_outgoing(
            headers,
            index,
            labels,
            |_| false,
            |headers, target| {
                if !waiting.set(target) {
                    self.stack.push(headers.key(target));
                }
            },
        );
        objects.take_out(index)
    }
}
