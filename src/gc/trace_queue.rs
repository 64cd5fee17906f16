//! What a search against the edges has visited, and which of it is to be read next.

use alloc::vec::Vec;

use crate::index::narrow;

/// No place in `visited`.
pub(crate) const NONE: u32 = u32::MAX;
/// How many root distances there are.
const DISTANCES: usize = 256;
/// How many visits memory is kept for.
pub(crate) const ENOUGH: usize = 1 << 14;
/// Words of a bitmap over the root distances.
const WORDS: usize = DISTANCES / 64;

/// An object that was visited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(crate) index: u32,
    /// Place in `visited` of the object whose edge led here.
    pub(crate) from: u32,
    /// First edge that was not looked at.
    pub(crate) cursor: u32,
    /// Place in `visited` of the next one in the queue.
    next: u32,
}

/// Queues of visited objects, one for each root distance. The lowest comes first, and among equals the oldest
/// visit: so if nothing is known, a short way is found, and the distances on it are good.
#[derive(Clone, Debug, Default)]
pub(crate) struct TraceQueue {
    visited: Vec<Visit>,
    /// The ends of the queues: nothing before the first search, so that a small store is small.
    first: Vec<u32>,
    last: Vec<u32>,
    /// A bit for each root distance: whether its queue has an entry.
    filled: [u64; WORDS],
    /// What was visited last, if it is in no queue yet: often it is read next.
    newest: Option<(u8, u32)>,
}

impl TraceQueue {
    /// What was visited, the oldest first.
    #[inline]
    pub(crate) fn visited(&self) -> &[Visit] {
        &self.visited
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.visited.clear();
        self.filled = [0; WORDS];
        self.newest = None;
        self.first.resize(DISTANCES, NONE);
        self.last.resize(DISTANCES, NONE);
    }

    /// Gives back memory that a large search took and smaller ones don't need.
    pub(crate) fn shrink(&mut self) {
        if self.visited.capacity() > ENOUGH {
            self.visited.clear();
            self.filled = [0; WORDS];
            self.newest = None;
            self.visited.shrink_to(ENOUGH);
        }
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let ends = self.first.capacity() + self.last.capacity();
        self.visited.capacity() * size_of::<Visit>() + ends * size_of::<u32>()
    }

    /// Whether nothing waits to be read.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.newest.is_none() && self.filled == [0; WORDS]
    }

    /// Notes an object that `from` has led to and that is read at once; returns its place.
    #[inline]
    pub(crate) fn pass(&mut self, index: u32, from: u32) -> u32 {
        let at = narrow(self.visited.len());
        self.visited.push(Visit {
            index,
            from,
            cursor: 0,
            next: NONE,
        });
        at
    }

    /// Adds an object that `from` has led to.
    #[inline]
    pub(crate) fn push(&mut self, distance: u8, index: u32, from: u32) {
        let at = self.pass(index, from);
        if let Some((distance, at)) = self.newest.replace((distance, at)) {
            self.enqueue(distance, at);
        }
    }

    /// Adds what was visited to its queue.
    fn enqueue(&mut self, distance: u8, at: u32) {
        let distance = distance as usize;
        let word = &mut self.filled[distance / 64];
        if *word >> (distance % 64) & 1 == 0 {
            *word |= 1 << (distance % 64);
            self.first[distance] = at;
        } else {
            self.visited[self.last[distance] as usize].next = at;
        }
        self.last[distance] = at;
    }

    /// Puts an object that was taken out back to the front of its queue: its edges are to be looked at
    /// from `cursor` on.
    pub(crate) fn put_back(&mut self, distance: u8, at: u32, cursor: u32) {
        let distance = distance as usize;
        let word = &mut self.filled[distance / 64];
        let is_empty = *word >> (distance % 64) & 1 == 0;
        *word |= 1 << (distance % 64);
        let visit = &mut self.visited[at as usize];
        visit.cursor = cursor;
        visit.next = if is_empty { NONE } else { self.first[distance] };
        self.first[distance] = at;
        if is_empty {
            self.last[distance] = at;
        }
    }

    /// Takes out what is to be read next; returns its root distance and its place in `visited`.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<(u8, u32)> {
        match self.newest.take() {
            Some((distance, at)) if self.is_lowest(distance) => Some((distance, at)),
            Some((distance, at)) => {
                self.enqueue(distance, at);
                self.pop_queued()
            }
            None => self.pop_queued(),
        }
    }

    /// The lowest root distance with which something is queued.
    #[inline]
    fn lowest(&self) -> Option<usize> {
        let word = self.filled.iter().position(|&word| word != 0)?;
        Some(word * 64 + self.filled[word].trailing_zeros() as usize)
    }

    /// Whether no queue has anything that would come before something new.
    #[inline]
    fn is_lowest(&self, distance: u8) -> bool {
        self.lowest()
            .is_none_or(|lowest| usize::from(distance) < lowest)
    }

    fn pop_queued(&mut self) -> Option<(u8, u32)> {
        let distance = self.lowest()?;
        let at = self.first[distance];
        let next = self.visited[at as usize].next;
        if next == NONE {
            self.filled[distance / 64] &= !(1 << (distance % 64));
        }
        self.first[distance] = next;
        Some((u8::try_from(distance).ok()?, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_distance_comes_first_and_of_equals_the_oldest() {
        let mut trace_queue = TraceQueue::default();
        trace_queue.clear();
        for (distance, index) in [(255, 10), (3, 11), (70, 12), (3, 13), (255, 14)] {
            trace_queue.push(distance, index, NONE);
        }
        assert_eq!(trace_queue.pop(), Some((3, 1)));
        trace_queue.put_back(3, 1, 32);
        assert_eq!(trace_queue.visited()[1].cursor, 32);
        let order: Vec<_> = core::iter::from_fn(|| trace_queue.pop()).collect();
        assert_eq!(order, [(3, 1), (3, 3), (70, 2), (255, 0), (255, 4)]);
        trace_queue.put_back(70, 2, 1);
        trace_queue.push(70, 15, 2);
        assert_eq!(trace_queue.pop(), Some((70, 2)));
        assert_eq!(trace_queue.pop(), Some((70, 5)));
        assert_eq!(trace_queue.pop(), None);
        trace_queue.clear();
        assert!(trace_queue.visited().is_empty());
    }
}
