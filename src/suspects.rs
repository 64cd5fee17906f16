//! The objects that may have become cyclic garbage.

use alloc::collections::VecDeque;

use slotmap::KeyData;

use crate::bits::Bits;
use crate::header::{Headers, Heads};

/// Up to this length the dead may stay in the queue.
const SHORT: usize = 64;

/// Objects whose count fell, but not to zero, and that have edges: nothing else can have become
/// part of a garbage cycle. Each is queued once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Suspects {
    queue: VecDeque<KeyData>,
    /// The object is queued, or was when it was last looked at.
    pub(crate) listed: Bits,
    /// How often an object became a suspect, queued already or not.
    total: u64,
    /// Length of the queue at which the dead are taken off it.
    limit: usize,
}

impl Suspects {
    /// How many suspects are queued.
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// How often an object became a suspect.
    #[inline]
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Notes that something may have become garbage without a suspect to name.
    pub(crate) fn note_unnamed(&mut self) {
        self.total += 1;
    }

    /// Notes an object whose count fell, unless it is a leaf.
    #[inline]
    pub(crate) fn add(&mut self, headers: &Headers, index: u32) {
        if self.listed.get(index) {
            self.total += 1;
        } else if !headers.outgoing(index).is_empty() {
            self.total += 1;
            self.list(headers, index);
        }
    }

    #[inline(never)]
    fn list(&mut self, headers: &Headers, index: u32) {
        if self.queue.len() >= self.limit {
            self.queue.retain(|&key| headers.resolve(key).is_some());
            self.limit = (self.queue.len() * 2).max(SHORT);
        }
        self.listed.set(index);
        self.queue.push_back(headers.key(index));
    }

    /// The suspect that waits longest; it may be dead.
    pub(crate) fn pop(&mut self) -> Option<KeyData> {
        self.queue.pop_front()
    }

    /// Makes a suspect that was popped the next one again.
    pub(crate) fn put_back(&mut self, headers: &Headers, index: u32) {
        self.listed.set(index);
        self.queue.push_front(headers.key(index));
    }

    /// Keeps those suspects that a collection has not decided on.
    pub(crate) fn retain(&mut self, mut is_undecided: impl FnMut(KeyData) -> bool) {
        let listed = &mut self.listed;
        self.queue.retain(|&key| {
            let keep = is_undecided(key);
            if !keep {
                listed.clear(crate::handle::index_of(key));
            }
            keep
        });
    }
}
