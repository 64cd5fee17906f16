//! Bitmaps over the global index: one bit per slot, 64 words per arena.

use core::ops::Range;

use alloc::vec::Vec;

use bitvec::order::Lsb0;
use bitvec::slice::BitSlice;

/// Bits in a word.
pub(crate) const WORD: usize = 64;

/// A bitmap that grows an arena at a time. A bit beyond its end reads as 0.
///
/// Single bits are read and written through the words, where a look-up costs least; ranges through
/// [`BitSlice`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

#[inline]
fn split(index: u32) -> (usize, u64) {
    (index as usize / WORD, 1 << (index as usize % WORD))
}

impl Bits {
    /// Makes room for `words` words in all; new bits are 0.
    pub(crate) fn grow(&mut self, words: usize) {
        if self.words.len() < words {
            self.words.resize(words, 0);
        }
    }

    /// The bits of a range of words.
    fn range(&self, words: Range<usize>) -> &BitSlice<u64, Lsb0> {
        BitSlice::from_slice(&self.words[words])
    }

    /// How many bits of a range of words are 1.
    pub(crate) fn count_in(&self, words: Range<usize>) -> usize {
        let end = self.words.len();
        self.range(words.start.min(end)..words.end.min(end))
            .count_ones()
    }

    #[inline]
    pub(crate) fn get(&self, index: u32) -> bool {
        let (word, bit) = split(index);
        self.word(word) & bit != 0
    }

    /// Sets a bit that [`grow`](Self::grow) made room for; returns what it was.
    #[inline]
    pub(crate) fn set(&mut self, index: u32) -> bool {
        let (word, bit) = split(index);
        let word = &mut self.words[word];
        let was = *word & bit != 0;
        *word |= bit;
        was
    }

    /// Clears a bit; returns what it was.
    #[inline]
    pub(crate) fn clear(&mut self, index: u32) -> bool {
        let (word, bit) = split(index);
        self.words.get_mut(word).is_some_and(|word| {
            let was = *word & bit != 0;
            *word &= !bit;
            was
        })
    }

    /// Sets the bit at a position, which may be beyond the index of any object.
    pub(crate) fn set_at(&mut self, at: usize) {
        self.words[at / WORD] |= 1 << (at % WORD);
    }

    /// Clears the bit at a position.
    pub(crate) fn clear_at(&mut self, at: usize) {
        if let Some(word) = self.words.get_mut(at / WORD) {
            *word &= !(1 << (at % WORD));
        }
    }

    /// Clears all bits of a word.
    pub(crate) fn clear_word(&mut self, word: usize) {
        if let Some(word) = self.words.get_mut(word) {
            *word = 0;
        }
    }

    /// The first position from a given one on, within the same word, at which a bit is 1.
    #[inline]
    pub(crate) fn next_in_word(&self, at: usize) -> Option<usize> {
        let rest = self.word(at / WORD) >> (at % WORD);
        (rest != 0).then(|| at + rest.trailing_zeros() as usize)
    }

    /// The first position from a given one on at which a bit is 1.
    pub(crate) fn next(&self, at: usize) -> Option<usize> {
        self.next_in_word(at).or_else(|| {
            let word = (at / WORD + 1..self.words.len()).find(|&word| self.words[word] != 0)?;
            Some(word * WORD + self.words[word].trailing_zeros() as usize)
        })
    }

    #[inline]
    pub(crate) fn word(&self, word: usize) -> u64 {
        self.words.get(word).copied().unwrap_or(0)
    }

    #[inline]
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    #[inline]
    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// How many bits are 1.
    #[cfg(any(test, feature = "check"))]
    pub(crate) fn count(&self) -> usize {
        self.count_in(0..self.words.len())
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }

    /// Gives the memory behind the first `words` words back; no bit there is 1.
    pub(crate) fn shrink(&mut self, words: usize) {
        debug_assert!(self.words.len() <= words || self.range(words..self.words.len()).not_any());
        self.words.truncate(words);
        self.words.shrink_to_fit();
    }
}

/// The bits of a word that are 1, lowest first.
pub(crate) struct Ones(pub(crate) u64);

impl Iterator for Ones {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn bits_are_kept_across_words() {
        let mut bits = Bits::default();
        assert!(!bits.get(200) && !bits.clear(200));
        bits.grow(64);
        for index in [0, 63, 64, 4095] {
            assert!(!bits.set(index));
            assert!(bits.set(index));
        }
        assert_eq!(bits.count(), 4);
        assert_eq!(Ones(bits.word(0)).collect::<Vec<_>>(), [0, 63]);
        assert!(bits.clear(63) && !bits.get(63) && bits.get(64));
        assert!(bits.clear(64) && bits.clear(4095));
        bits.shrink(1);
        assert_eq!(
            (bits.count(), bits.words().len(), bits.get(64)),
            (1, 1, false)
        );
    }
}
