//! The tricolor marker: a bitmap of what is white, a stack of what is grey.
//!
//! An object of the examined arenas is *white* as long as it was not reached, *grey* when it was and
//! its edges were not read, *black* after that. Objects of other arenas are never white. It marks
//! in batches: the loads of a batch do not depend on each other, so their cache misses overlap.

use alloc::vec::Vec;

use bumpalo::Bump;

use crate::bits::{Ones, WORD};
use crate::edges::Edges;
use crate::header::{ARENA_WORDS, Headers, Heads};
use crate::pool::{Entry, List};

/// Grey objects that are read together.
const BATCH: usize = 256;
/// Targets that are looked at together.
const GATHER: usize = 2048;

/// The grey objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marker {
    grey: Vec<u32>,
}

impl Marker {
    /// Shades the objects of one arena that `is_root` names by words of bits.
    pub(crate) fn shade_roots(
        &mut self,
        headers: &Headers,
        white: &mut [u64],
        arena: usize,
        is_root: impl Fn(usize) -> u64,
    ) {
        for (word, white) in words_of(white, arena) {
            let found = *white & is_root(word);
            *white &= !found;
            for bit in Ones(found) {
                self.push(headers, index_at(word, bit));
            }
        }
    }

    /// Shades the white objects of one arena that something outside of the examined arenas refers
    /// to.
    pub(crate) fn shade_referenced<E>(
        &mut self,
        headers: &Headers,
        edges: &Edges<E>,
        white: &mut [u64],
        arena: usize,
        is_outside: impl Fn(u32) -> bool,
    ) {
        for (word, white) in words_of(white, arena) {
            for bit in Ones(*white) {
                let index = index_at(word, bit);
                let sources = edges.incoming(headers.incoming(index));
                if sources.iter().any(|source| is_outside(source.node)) {
                    *white &= !(1 << bit);
                    self.push(headers, index);
                }
            }
        }
    }

    /// Shades the white objects of one arena that something which is not white refers to.
    pub(crate) fn shade_saved<E>(
        &mut self,
        headers: &Headers,
        edges: &Edges<E>,
        white: &mut [u64],
        arena: usize,
    ) {
        for word in arena * ARENA_WORDS..(arena + 1) * ARENA_WORDS {
            for bit in Ones(white[word]) {
                let index = index_at(word, bit);
                let sources = edges.incoming(headers.incoming(index));
                let is_white = |source: &Entry| {
                    let node = source.node as usize;
                    white[node / WORD] >> (node % WORD) & 1 == 1
                };
                if !sources.iter().all(is_white) {
                    white[word] &= !(1 << bit);
                    self.push(headers, index);
                }
            }
        }
    }

    /// Notes that an object is grey; without edges it is black at once.
    #[inline]
    fn push(&mut self, headers: &Headers, index: u32) {
        if !headers.outgoing(index).is_empty() {
            self.grey.push(index);
        }
    }

    /// Reads the edges of everything grey, and of what they lead to.
    pub(crate) fn mark<E>(
        &mut self,
        headers: &Headers,
        edges: &Edges<E>,
        white: &mut [u64],
        scratch: &Bump,
    ) {
        let gathered = scratch.alloc_slice_fill_copy(GATHER, 0u32);
        let fresh = scratch.alloc_slice_fill_copy(GATHER, 0u32);
        let mut lists = [List::EMPTY; BATCH];
        while !self.grey.is_empty() {
            let first = self.grey.len().saturating_sub(BATCH);
            let batch = &mut lists[..self.grey.len() - first];
            for (list, &index) in batch.iter_mut().zip(&self.grey[first..]) {
                *list = *headers.outgoing(index);
            }
            self.grey.truncate(first);
            let mut len = 0;
            for list in batch.iter() {
                let mut targets = edges.targets(list);
                while targets.len() > GATHER - len {
                    let (now, later) = targets.split_at(GATHER - len);
                    gathered[len..].copy_from_slice(now);
                    self.shade(white, gathered, fresh);
                    (targets, len) = (later, 0);
                }
                for (to, &target) in gathered[len..].iter_mut().zip(targets) {
                    *to = target;
                }
                len += targets.len();
            }
            self.shade(white, &gathered[..len], fresh);
        }
    }

    /// Shades those targets that are white. It does not branch on what it finds, as that could not
    /// be foreseen.
    #[inline]
    fn shade(&mut self, white: &mut [u64], targets: &[u32], fresh: &mut [u32]) {
        let mut found = 0;
        for &target in targets {
            let word = &mut white[target as usize / WORD];
            let bit = target as usize % WORD;
            fresh[found] = target;
            found += (*word >> bit & 1) as usize;
            *word &= !(1 << bit);
        }
        self.grey.extend_from_slice(&fresh[..found]);
    }
}

/// The words of an arena in a bitmap, with their numbers.
fn words_of(bits: &mut [u64], arena: usize) -> impl Iterator<Item = (usize, &mut u64)> {
    let words = arena * ARENA_WORDS..(arena + 1) * ARENA_WORDS;
    words.clone().zip(&mut bits[words])
}

/// The index of a bit of a word.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "a word of a bitmap over 2^32 bits"
)]
pub(crate) fn index_at(word: usize, bit: u32) -> u32 {
    (word * WORD) as u32 + bit
}
