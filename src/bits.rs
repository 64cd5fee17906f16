//! Bitmaps over the global index: one bit a slot, 64 words an arena.

use bitvec::{order::Lsb0, vec::BitVec};

/// Bits in a word.
pub(crate) const WORD: usize = 64;

/// A bitmap that grows an arena at a time. A bit beyond its end reads as 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits {
    bits: BitVec<u64, Lsb0>,
}

#[inline]
fn split(index: u32) -> (usize, u64) {
    (index as usize / WORD, 1 << (index as usize % WORD))
}

impl Bits {
    /// Makes room for `words` words in all; new bits are 0.
    pub(crate) fn grow(&mut self, words: usize) {
        if self.bits.len() < words * WORD {
            self.bits.resize(words * WORD, false);
        }
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
        let word = &mut self.words_mut()[word];
        let was = *word & bit != 0;
        *word |= bit;
        was
    }

    /// Clears a bit; returns what it was.
    #[inline]
    pub(crate) fn clear(&mut self, index: u32) -> bool {
        let (word, bit) = split(index);
        self.words_mut().get_mut(word).is_some_and(|word| {
            let was = *word & bit != 0;
            *word &= !bit;
            was
        })
    }

    #[inline]
    pub(crate) fn word(&self, word: usize) -> u64 {
        self.words().get(word).copied().unwrap_or(0)
    }

    #[inline]
    pub(crate) fn words(&self) -> &[u64] {
        self.bits.as_raw_slice()
    }

    #[inline]
    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        self.bits.as_raw_mut_slice()
    }

    /// How many bits are 1.
    #[cfg(any(test, feature = "check"))]
    pub(crate) fn count(&self) -> usize {
        self.bits.count_ones()
    }

    /// Gives the memory behind the first `words` words back; no bit there is 1.
    pub(crate) fn shrink(&mut self, words: usize) {
        self.bits.truncate(words * WORD);
        self.bits.shrink_to_fit();
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
    use alloc::vec::Vec;

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
        bits.shrink(1);
        assert_eq!(
            (bits.count(), bits.words().len(), bits.get(64)),
            (1, 1, false)
        );
    }
}
