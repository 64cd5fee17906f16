//! The tricolor marker: a bitmap of what is white, a stack of what is grey.
//!
//! An object of the examined arenas is *white* until it is reached, *grey* until its edges have been
//! read, *black* after that. Objects of other arenas are never white. It marks in batches: the loads of a
//! batch do not depend on each other, so their cache misses overlap.

use alloc::vec::Vec;

use bumpalo::Bump;

use crate::bits::PART;
#[cfg(feature = "serde")]
use crate::form;
use crate::graph::colours::Colours;
use crate::graph::edges::Edges;
use crate::graph::pool::{List, NodesOf, SHORT};
use crate::graph::rows::{Headers, Heads};
use crate::index::narrow;
use crate::units::Units;

/// Grey objects that are read together.
pub(crate) const BATCH: usize = 256;
/// Targets that are looked at together.
pub(crate) const GATHER: usize = 2048;
/// Short lists that are read together.
const SHORTS: usize = 64;
/// A longer list is read in pieces, and not with a batch.
pub(crate) const LONG: usize = 512;
/// A list that was read in part. It is read from its end to its beginning, so that the removal of
/// an entry moves only what was read to where nothing was read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Partial {
    pub(crate) index: u32,
    /// The entries below this one are still to be read.
    pub(crate) cursor: u32,
}

impl Partial {
    /// The next piece of the list, of at most `most` entries.
    pub(crate) fn piece<'a, N>(&mut self, list: &'a [N], most: usize) -> &'a [N] {
        // The list may have shrunk.
        let end = list.len().min(self.cursor as usize);
        let start = end.saturating_sub(most);
        self.cursor = narrow(start);
        &list[start..end]
    }
}

#[cfg(feature = "serde")]
impl Partial {
    pub(crate) fn saved(self) -> form::Partial {
        form::Partial {
            object: self.index,
            cursor: self.cursor,
        }
    }

    pub(crate) fn restore(form: form::Partial) -> Self {
        Self {
            index: form.object,
            cursor: form.cursor,
        }
    }
}

/// What reading needs besides the grey stack.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marker {
    /// Grey objects with long lists.
    long: Vec<Partial>,
}

impl Marker {
    /// Whether no grey object was read in part.
    pub(crate) fn is_read(&self) -> bool {
        self.long.is_empty()
    }

    pub(crate) fn reset(&mut self) {
        self.long.clear();
    }

    /// Gives back what the list of long lists does not need.
    pub(crate) fn shrink(&mut self) {
        self.long.shrink_to_fit();
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.long.capacity() * size_of::<Partial>()
    }

    /// The objects that are grey and read in part.
    #[cfg(feature = "check")]
    pub(crate) fn reading(&self) -> impl Iterator<Item = u32> {
        self.long.iter().map(|partial| partial.index)
    }

    /// Reads the edges of what is grey, and of what these lead to, as far as the budget goes.
    pub(crate) fn mark<E>(
        &mut self,
        headers: &Headers,
        edges: &Edges<E>,
        colours: &mut Colours,
        scratch: &Bump,
        left: &mut Units,
    ) {
        if colours.grey.is_empty() && self.long.is_empty() {
            return;
        }
        let room = left.at_most(GATHER).max(LONG);
        let gathered = scratch.alloc_slice_fill_copy(room, 0u32);
        let fresh = scratch.alloc_slice_fill_copy(room, 0u32);
        let mut lists = [List::EMPTY; BATCH];
        while !left.is_spent() {
            // What a piece has led to goes first: a hub does not make all that it refers to grey at a time.
            let is_next = colours.grey.len() < BATCH;
            if let Some(partial) = self.long.last_mut().filter(|_| is_next) {
                let most = left.at_most(room);
                let targets = edges.targets(headers.outgoing(partial.index));
                let piece = partial.piece(targets, most);
                left.spend(piece.len().max(1));
                if partial.cursor == 0 {
                    self.long.pop();
                }
                shade(colours, piece, fresh);
            } else if !self.mark_batch(
                headers,
                edges,
                colours,
                &mut lists,
                (&mut *gathered, &mut *fresh),
                left,
            ) {
                return;
            }
        }
    }

    /// Reads the edges of the objects on top of the stack; false if it is empty.
    #[inline]
    fn mark_batch<E>(
        &mut self,
        headers: &Headers,
        edges: &Edges<E>,
        colours: &mut Colours,
        lists: &mut [List; BATCH],
        (gathered, fresh): (&mut [u32], &mut [u32]),
        left: &mut Units,
    ) -> bool {
        let grey = colours.grey.top();
        let most = left.at_most(BATCH);
        let first = grey.len().saturating_sub(most);
        if first == grey.len() {
            return false;
        }
        let mut batch = &mut lists[..grey.len() - first];
        for (list, &index) in batch.iter_mut().zip(&grey[first..]) {
            *list = *headers.outgoing(index);
        }
        // Apart, so that the loads of the heads wait for nothing.
        let some_long = batch.iter().any(|list| list.len() > LONG);
        let mut first = first;
        if left.left() < (BATCH * (LONG + 1)) as u64 {
            let skipped = batch.len() - affordable(batch, left.left());
            first += skipped;
            batch = &mut batch[skipped..];
        }
        if some_long {
            self.set_long_aside(batch, &grey[first..]);
        }
        colours.grey.truncate_top(first);
        let read = read_lists(batch, edges.lists(), gathered, |targets| {
            shade(colours, targets, fresh);
        });
        left.spend(batch.len() + read);
        true
    }

    /// Sets long lists aside, to be read in pieces.
    #[cold]
    fn set_long_aside(&mut self, batch: &mut [List], grey: &[u32]) {
        for (list, &index) in batch.iter_mut().zip(grey) {
            if list.len() > LONG {
                let cursor = narrow(list.len());
                self.long.push(Partial { index, cursor });
                *list = List::EMPTY;
            }
        }
    }
}

#[cfg(feature = "serde")]
impl Marker {
    pub(crate) fn saved(&self) -> Vec<form::Partial> {
        self.long.iter().map(|partial| partial.saved()).collect()
    }

    pub(crate) fn restore(form: &[form::Partial]) -> Self {
        let long = form.iter().copied().map(Partial::restore).collect();
        Self { long }
    }
}

/// For how many of the last lists a budget suffices: at least one.
pub(crate) fn affordable(batch: &[List], left: u64) -> usize {
    let mut cost = 0;
    let fits = |list: &&List| {
        cost += 1 + if list.len() > LONG {
            0
        } else {
            list.len() as u64
        };
        cost <= left
    };
    batch.iter().rev().take_while(fits).count().max(1)
}

/// Hands all targets of a batch of lists to `shade`, as many at once as were gathered. Returns how many.
#[expect(clippy::inline_always, reason = "each caller has a loop of its own")]
#[inline(always)]
pub(crate) fn read_lists(
    batch: &[List],
    lists: &impl NodesOf,
    gathered: &mut [u32],
    mut shade: impl FnMut(&[u32]),
) -> usize {
    let mut short: [(&[u32; SHORT], usize); BATCH] = [(&[0; SHORT], 0); BATCH];
    let (mut read, mut ready, mut len) = (0, 0, 0);
    for list in batch {
        let targets = list.len();
        read += targets;
        if list.has_no_block() {
            gathered[len] = list.only().unwrap_or(0);
            len += targets;
        } else if let Some(first) = lists.first_nodes(*list).filter(|_| targets <= SHORT) {
            short[ready] = (first, targets);
            ready += 1;
        } else {
            lists
                .nodes(list)
                .chunks(gathered.len())
                .for_each(&mut shade);
        }
    }
    // Apart, so that little comes between the loads of two lists.
    for piece in short[..ready].chunks(SHORTS) {
        if gathered.len() - len < SHORTS * SHORT {
            shade(&gathered[..len]);
            len = 0;
        }
        for &(targets, number) in piece {
            // As many as fit in one move: what is behind the last one will be overwritten.
            gathered[len..len + SHORT].copy_from_slice(targets);
            len += number;
        }
    }
    shade(&gathered[..len]);
    read
}

/// Shades those targets that are white. It does not branch on what it finds, as that could not be
/// predicted.
#[expect(
    clippy::inline_always,
    reason = "a call costs as much as a short batch"
)]
#[inline(always)]
pub(crate) fn shade(colours: &mut Colours, targets: &[u32], fresh: &mut [u32]) {
    let white = colours.white.parts_mut();
    let mut found = 0;
    for &target in targets {
        let part = &mut white[target as usize / PART];
        let bit = target as usize % PART;
        fresh[found] = target;
        found += *part >> bit & 1;
        *part &= !(1 << bit);
    }
    colours.count -= found;
    colours.grey.extend_from_slice(&fresh[..found]);
}
