//! The objects that may have become cyclic garbage.

use crate::bits::{Bits, WORD};
use crate::graph::pool::List;
use crate::graph::rows::{Headers, Heads};
use crate::index::{ARENA_WORDS, arena_of};

/// Objects whose count fell, but not to zero, and that have edges: nothing else can have become
/// part of a garbage cycle.
///
/// They are a bitmap with two levels of summaries above it, so they take no memory each, the dead are off
/// it at once, and the next one is found in a few steps. They are taken in the order of the indices,
/// round and round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Suspects {
    listed: Bits,
    /// A bit for each word of `listed`, so a word for each arena: 0 where the word is.
    words: Bits,
    /// A bit for each word of `words`, so one for each arena: 0 where the word is.
    arenas: Bits,
    len: usize,
    /// The index from which the next one is looked for.
    cursor: u32,
    /// How often an object became a suspect, even one that was listed already.
    total: u64,
}

impl Suspects {
    /// How many suspects there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
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
    pub(crate) fn add(&mut self, headers: &mut Headers, index: u32) {
        let outgoing = *headers.outgoing(index);
        self.add_unless_leaf(headers, index, outgoing);
    }

    /// The same where it is known which edges the object has.
    #[inline]
    pub(crate) fn add_unless_leaf(&mut self, headers: &mut Headers, index: u32, outgoing: List) {
        if outgoing.is_empty() {
            return;
        }
        self.total += 1;
        if !self.listed.get(index) {
            self.list(headers, index);
        }
    }

    #[inline(never)]
    fn list(&mut self, headers: &mut Headers, index: u32) {
        headers.suspect(index);
        self.set(index);
    }

    fn set(&mut self, index: u32) {
        let word = index as usize / WORD;
        let arena = arena_of(index);
        self.listed.grow((arena + 1) * ARENA_WORDS);
        self.words.grow(arena + 1);
        self.arenas.grow(arena / WORD + 1);
        self.len += usize::from(!self.listed.set(index));
        self.words.set_at(word);
        self.arenas.set_at(arena);
    }

    /// Takes an object off the list, if it is on it.
    #[inline]
    pub(crate) fn forget(&mut self, index: u32) {
        if self.listed.clear(index) {
            self.len -= 1;
            if self.listed.word(index as usize / WORD) == 0 {
                self.forget_word(index as usize / WORD);
            }
        }
    }

    /// Notes that a word of the list is 0.
    fn forget_word(&mut self, word: usize) {
        self.words.clear_at(word);
        let arena = word / ARENA_WORDS;
        if self.words.word(arena) == 0 {
            self.arenas.clear_at(arena);
        }
    }

    /// Takes all objects of an arena off the list.
    pub(crate) fn forget_arena(&mut self, arena: u32) {
        let words = arena as usize * ARENA_WORDS..(arena as usize + 1) * ARENA_WORDS;
        self.len -= self.listed.count_in(words.clone());
        self.listed.clear_words(words);
        self.words.clear_words(arena as usize..arena as usize + 1);
        self.arenas.clear_at(arena as usize);
    }

    /// Takes the next suspect off the list.
    pub(crate) fn pop(&mut self) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        let found = self.find_from(self.cursor).or_else(|| self.find_from(0));
        debug_assert!(found.is_some(), "{} are listed", self.len);
        let index = found?;
        self.forget(index);
        self.cursor = index.wrapping_add(1);
        Some(index)
    }

    /// The first suspect from an index on.
    fn find_from(&self, from: u32) -> Option<u32> {
        let at = from as usize;
        let index = self.listed.next_in_word(at).or_else(|| {
            let word = at / WORD + 1;
            let in_arena = (word % ARENA_WORDS != 0)
                .then(|| self.words.next_in_word(word))
                .flatten();
            let word = in_arena.or_else(|| {
                let arena = self.arenas.next(word.div_ceil(ARENA_WORDS))?;
                self.words.next_in_word(arena * ARENA_WORDS)
            })?;
            self.listed.next_in_word(word * WORD)
        })?;
        u32::try_from(index).ok()
    }

    /// Makes a suspect that was popped the next one again.
    pub(crate) fn put_back(&mut self, headers: &mut Headers, index: u32) {
        self.list(headers, index);
        self.cursor = index;
    }

    /// Gives back the memory behind the first `arenas` arenas, where nothing is listed.
    pub(crate) fn shrink(&mut self, arenas: usize) {
        self.listed.shrink(arenas * ARENA_WORDS);
        self.words.shrink(arenas);
        self.arenas.shrink(arenas.div_ceil(WORD));
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let bits = [&self.listed, &self.words, &self.arenas];
        bits.iter().map(|bits| bits.memory()).sum()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn all(suspects: &mut Suspects) -> Vec<u32> {
        core::iter::from_fn(|| suspects.pop()).collect()
    }

    #[test]
    fn turns_come_in_the_order_of_the_indices_and_go_round() {
        let mut suspects = Suspects::default();
        let indices = [1, 63, 64, 4_095, 4_096, 70 * 4_096 + 5, 300 * 4_096 + 4_095];
        for index in indices.into_iter().rev() {
            suspects.set(index);
            suspects.set(index);
        }
        assert_eq!(suspects.len(), indices.len());
        assert_eq!(all(&mut suspects), indices);
        assert!(suspects.is_empty());

        suspects.set(64);
        assert_eq!(suspects.pop(), Some(64));
        for index in [64, 63, 65, 5_000] {
            suspects.set(index);
        }
        suspects.forget(5_000);
        suspects.forget(5_000);
        assert_eq!(all(&mut suspects), [65, 63, 64]);
    }

    #[test]
    fn the_dead_and_whole_arenas_are_off_the_list() {
        let mut suspects = Suspects::default();
        for index in (1..20_000).step_by(7) {
            suspects.set(index);
        }
        suspects.forget_arena(1);
        suspects.forget_arena(9);
        let left: Vec<u32> = (1..20_000)
            .step_by(7)
            .filter(|at| at / 4_096 != 1)
            .collect();
        assert_eq!(suspects.len(), left.len());
        assert_eq!(all(&mut suspects), left);
        suspects.shrink(0);
        assert_eq!(suspects.pop(), None);
    }
}
