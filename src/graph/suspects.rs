//! The objects that may have become cyclic garbage.

use crate::bits::{Bits, Ones, WORD};
#[cfg(feature = "serde")]
use crate::form;
use crate::graph::pool::List;
use crate::graph::rows::{Headers, Heads};
use crate::index::{ARENA_WORDS, arena_of, index_at};

/// Objects whose count fell, but not to zero, and that have edges: nothing else can have become
/// part of a garbage cycle.
///
/// They are taken in the order of the indices, round and round.
///
/// A collection of all objects also decides on those that were listed when it began: if one of them is alive at
/// its end, it is taken off the list. What the program lets go of meanwhile makes suspects in turn, of which
/// each is listed anew, and stays. So the two are apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Suspects {
    listed: Listing,
    /// Those of a collection that runs: listed when it began, and not again since. Of an object on the other
    /// list nothing is here.
    handed_over: Listing,
    /// The index from which the next one is looked for.
    cursor: u32,
    /// How often an object became a suspect, even one that was listed already.
    total: u64,
}

impl Suspects {
    /// How many suspects there are.
    pub(crate) fn len(&self) -> usize {
        self.listed.len + self.handed_over.len
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many of them no collection that runs decides on.
    pub(crate) fn undecided(&self) -> usize {
        self.listed.len
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
        if !self.listed.bits.get(index) {
            self.list(headers, index);
        }
    }

    /// Notes an object that a collection of all objects lets live, although nothing that is alive may lead to it:
    /// unless it was to decide on no suspect, which it would take for alive then.
    #[cold]
    pub(crate) fn add_floating(&mut self, headers: &mut Headers, index: u32) {
        if self.handed_over.len > 0 && !self.listed.bits.get(index) {
            self.total += 1;
            self.list(headers, index);
        }
    }

    #[inline(never)]
    fn list(&mut self, headers: &mut Headers, index: u32) {
        headers.suspect(index);
        self.handed_over.forget(index);
        self.listed.set(index);
    }

    /// Takes an object off the list, if it is on it.
    #[inline]
    pub(crate) fn forget(&mut self, index: u32) {
        if !self.listed.forget(index) {
            self.handed_over.forget(index);
        }
    }

    /// Takes all objects of an arena off the list.
    pub(crate) fn forget_arena(&mut self, arena: u32) {
        self.listed.forget_arena(arena);
        self.handed_over.forget_arena(arena);
    }

    /// Leaves all that are listed now to a collection of all objects that begins.
    pub(crate) fn hand_over(&mut self) {
        debug_assert_eq!(self.handed_over.len, 0, "one such collection at a time");
        core::mem::swap(&mut self.listed, &mut self.handed_over);
    }

    /// Takes all of an arena back that were left to a collection. `is_alive`: it has proven them to be alive.
    pub(crate) fn take_back(&mut self, arena: u32, is_alive: bool) {
        if !is_alive {
            self.listed.add_arena(&self.handed_over, arena);
        }
        self.handed_over.forget_arena(arena);
    }

    /// The next arena, from one on, in which any object was left to a collection.
    pub(crate) fn next_handed_over(&self, arena: u32) -> Option<u32> {
        let arena = self.handed_over.arenas.next(arena as usize)?;
        u32::try_from(arena).ok()
    }

    /// Takes the next suspect off the list; one that was left to a collection only if no other is there. Says
    /// whether it was one.
    ///
    /// A search does not wait for the collection, which may take long.
    pub(crate) fn pop(&mut self) -> Option<(u32, bool)> {
        let is_handed_over = self.listed.len == 0;
        let from = if is_handed_over {
            &mut self.handed_over
        } else {
            &mut self.listed
        };
        if from.len == 0 {
            return None;
        }
        let found = from.find_from(self.cursor).or_else(|| from.find_from(0));
        debug_assert!(found.is_some(), "{} are listed", from.len);
        let index = found?;
        from.forget(index);
        self.cursor = index.wrapping_add(1);
        Some((index, is_handed_over))
    }

    /// Makes a suspect that was popped the next one again.
    pub(crate) fn put_back(&mut self, headers: &mut Headers, (index, is_handed_over): (u32, bool)) {
        if is_handed_over {
            self.handed_over.set(index);
        } else {
            self.list(headers, index);
        }
        self.cursor = index;
    }

    /// Gives back the memory behind the first `arenas` arenas, where nothing is listed.
    pub(crate) fn shrink(&mut self, arenas: usize) {
        for listing in [&mut self.listed, &mut self.handed_over] {
            listing.bits.shrink(arenas * ARENA_WORDS);
            listing.words.shrink(arenas);
            listing.arenas.shrink(arenas.div_ceil(WORD));
        }
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let listings = [&self.listed, &self.handed_over];
        let bits = listings.map(|listing| [&listing.bits, &listing.words, &listing.arenas]);
        bits.iter().flatten().map(|bits| bits.memory()).sum()
    }
}

/// A bitmap of objects with two levels of summaries above it: they take no memory each, the dead are off it at
/// once, and the next one is found in a few steps.
#[derive(Clone, Debug, Default)]
struct Listing {
    bits: Bits,
    /// A bit for each word of `bits`, so a word for each arena: 0 where the word is.
    words: Bits,
    /// A bit for each word of `words`, so one for each arena: 0 where the word is.
    arenas: Bits,
    len: usize,
}

impl Listing {
    fn set(&mut self, index: u32) {
        let arena = arena_of(index);
        self.grow(arena);
        self.len += usize::from(!self.bits.set(index));
        self.words.set_at(index as usize / WORD);
        self.arenas.set_at(arena);
    }

    /// Makes room for the objects of an arena.
    fn grow(&mut self, arena: usize) {
        self.bits.grow((arena + 1) * ARENA_WORDS);
        self.words.grow(arena + 1);
        self.arenas.grow(arena / WORD + 1);
    }

    /// Takes an object off the list; says whether it was on it.
    #[inline]
    fn forget(&mut self, index: u32) -> bool {
        let was = self.bits.clear(index);
        if was {
            self.len -= 1;
            if self.bits.word(index as usize / WORD) == 0 {
                self.forget_word(index as usize / WORD);
            }
        }
        was
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
    fn forget_arena(&mut self, arena: u32) {
        let words = arena as usize * ARENA_WORDS..(arena as usize + 1) * ARENA_WORDS;
        self.len -= self.bits.count_in(words.clone());
        self.bits.clear_words(words);
        self.words.clear_words(arena as usize..arena as usize + 1);
        self.arenas.clear_at(arena as usize);
    }

    /// Adds all objects of an arena that are on another list.
    fn add_arena(&mut self, other: &Self, arena: u32) {
        for word in arena as usize * ARENA_WORDS..(arena as usize + 1) * ARENA_WORDS {
            for bit in Ones(other.bits.word(word)) {
                self.set(index_at(word, bit));
            }
        }
    }

    /// The first object from an index on.
    fn find_from(&self, from: u32) -> Option<u32> {
        let at = from as usize;
        let index = self.bits.next_in_word(at).or_else(|| {
            let word = at / WORD + 1;
            let in_arena = (word % ARENA_WORDS != 0)
                .then(|| self.words.next_in_word(word))
                .flatten();
            let word = in_arena.or_else(|| {
                let arena = self.arenas.next(word.div_ceil(ARENA_WORDS))?;
                self.words.next_in_word(arena * ARENA_WORDS)
            })?;
            self.bits.next_in_word(word * WORD)
        })?;
        u32::try_from(index).ok()
    }
}

#[cfg(feature = "serde")]
impl Suspects {
    pub(crate) fn saved(&self) -> form::Suspects {
        form::Suspects {
            listed: form::indices(&self.listed.bits),
            handed_over: form::indices(&self.handed_over.bits),
            cursor: self.cursor,
            total: self.total,
        }
    }

    pub(crate) fn restore(
        headers: &mut Headers,
        form: &form::Suspects,
        arenas: usize,
    ) -> Result<Self, form::Fault> {
        let mut suspects = Self {
            cursor: form.cursor,
            total: form::counter(form.total, "suspects")?,
            ..Self::default()
        };
        let listed = form::bits(&form.listed, arenas, "suspects")?;
        form::bits(&form.handed_over, arenas, "suspects that are handed over")?;
        for &index in form.listed.iter().chain(&form.handed_over) {
            let is_there = headers.is_occupied(index);
            form::demand!(is_there, "suspects: there is no object {index}");
            headers.suspect(index);
        }
        for &index in &form.listed {
            suspects.listed.set(index);
        }
        for &index in &form.handed_over {
            form::demand!(
                !listed.get(index),
                "object {index} is on both lists of suspects"
            );
            suspects.handed_over.set(index);
        }
        Ok(suspects)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn all(suspects: &mut Suspects) -> Vec<u32> {
        core::iter::from_fn(|| suspects.pop().map(|(index, _)| index)).collect()
    }

    #[test]
    fn turns_come_in_the_order_of_the_indices_and_go_round() {
        let mut suspects = Suspects::default();
        let indices = [1, 63, 64, 4_095, 4_096, 70 * 4_096 + 5, 300 * 4_096 + 4_095];
        for index in indices.into_iter().rev() {
            suspects.listed.set(index);
            suspects.listed.set(index);
        }
        assert_eq!(suspects.len(), indices.len());
        assert_eq!(all(&mut suspects), indices);
        assert!(suspects.is_empty());

        suspects.listed.set(64);
        assert_eq!(suspects.pop(), Some((64, false)));
        for index in [64, 63, 65, 5_000] {
            suspects.listed.set(index);
        }
        suspects.forget(5_000);
        suspects.forget(5_000);
        assert_eq!(all(&mut suspects), [65, 63, 64]);
    }

    #[test]
    fn the_dead_and_whole_arenas_are_off_the_list() {
        let mut suspects = Suspects::default();
        for index in (1..20_000).step_by(7) {
            suspects.listed.set(index);
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

    #[test]
    fn what_is_listed_again_is_not_left_to_a_collection() {
        let mut suspects = Suspects::default();
        let mut headers = Headers::default();
        headers.open(0, 0);
        for index in [5, 70, 4_000] {
            headers.occupy(index, 1, 0);
            suspects.listed.set(index);
        }
        suspects.hand_over();
        assert_eq!((suspects.len(), suspects.undecided()), (3, 0));
        suspects.list(&mut headers, 70);
        assert_eq!((suspects.len(), suspects.undecided()), (3, 1));
        assert_eq!(suspects.next_handed_over(0), Some(0));
        let mut broken_off = suspects.clone();

        suspects.take_back(0, true);
        assert_eq!(suspects.next_handed_over(0), None);
        assert_eq!(all(&mut suspects), [70]);

        let popped = broken_off.pop().unwrap();
        assert_eq!(popped, (70, false));
        let popped = broken_off.pop().unwrap();
        assert_eq!(popped, (4_000, true));
        broken_off.put_back(&mut headers, popped);
        broken_off.take_back(0, false);
        assert_eq!(broken_off.undecided(), 2);
        assert_eq!(all(&mut broken_off), [4_000, 5]);
    }
}
