//! Bitmaps over the global index: one bit per slot, 64 words per arena.

use core::ops::Range;

use alloc::vec::Vec;

use bitvec::order::Lsb0;
use bitvec::slice::BitSlice;

/// Bits in a word.
pub(crate) const WORD: usize = 64;
/// Bits in a machine word.
pub(crate) const PART: usize = usize::BITS as usize;
/// Machine words in a word.
pub(crate) const PARTS: usize = WORD / PART;

/// A word, in machine words: no target lets `bitvec` slice anything wider.
pub(crate) type Word = [usize; PARTS];

/// The bits of a word.
#[inline]
pub(crate) fn join(word: Word) -> u64 {
    let parts = word.into_iter().zip((0..).step_by(PART));
    parts.fold(0, |bits, (part, at)| bits | (part as u64) << at)
}

/// A word of these bits.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "each part takes its bits")]
pub(crate) fn parted(bits: u64) -> Word {
    core::array::from_fn(|at| (bits >> (at * PART)) as usize)
}

/// The machine word of an index, and its bit there.
#[inline]
pub(crate) fn split(index: u32) -> (usize, usize) {
    (index as usize / PART, 1 << (index as usize % PART))
}

/// A bitmap that grows an arena at a time. A bit beyond its end reads as 0.
///
/// Single bits are read and written through the machine words, where a look-up costs least; ranges
/// through [`BitSlice`].
#[derive(Debug, Default)]
pub(crate) struct Bits {
    words: Vec<Word>,
}

impl Clone for Bits {
    fn clone(&self) -> Self {
        Self {
            words: self.words.clone(),
        }
    }

    /// Keeps the memory that there is.
    fn clone_from(&mut self, source: &Self) {
        self.words.clone_from(&source.words);
    }
}

impl Bits {
    /// Makes room for `words` words in all; new bits are 0.
    pub(crate) fn grow(&mut self, words: usize) {
        if self.words.len() < words {
            self.words.resize(words, [0; PARTS]);
        }
    }

    /// The bits of a range of words.
    fn range(&self, words: Range<usize>) -> &BitSlice<usize, Lsb0> {
        BitSlice::from_slice(self.words[words].as_flattened())
    }

    /// How many bits of a range of words are 1.
    pub(crate) fn count_in(&self, words: Range<usize>) -> usize {
        let end = self.words.len();
        self.range(words.start.min(end)..words.end.min(end))
            .count_ones()
    }

    #[inline]
    pub(crate) fn get(&self, index: u32) -> bool {
        let (part, bit) = split(index);
        self.parts().get(part).is_some_and(|part| part & bit != 0)
    }

    /// Sets a bit that [`grow`](Self::grow) made room for; returns what it was.
    #[inline]
    pub(crate) fn set(&mut self, index: u32) -> bool {
        let (part, bit) = split(index);
        let part = &mut self.parts_mut()[part];
        let was = *part & bit != 0;
        *part |= bit;
        was
    }

    /// Clears a bit; returns what it was.
    #[inline]
    pub(crate) fn clear(&mut self, index: u32) -> bool {
        let (part, bit) = split(index);
        self.parts_mut().get_mut(part).is_some_and(|part| {
            let was = *part & bit != 0;
            *part &= !bit;
            was
        })
    }

    /// Sets the bit at a position, which may be beyond the index of any object.
    pub(crate) fn set_at(&mut self, at: usize) {
        self.parts_mut()[at / PART] |= 1 << (at % PART);
    }

    /// Clears the bit at a position.
    pub(crate) fn clear_at(&mut self, at: usize) {
        if let Some(part) = self.parts_mut().get_mut(at / PART) {
            *part &= !(1 << (at % PART));
        }
    }

    /// Clears all bits of a range of words, if there is room for them.
    pub(crate) fn clear_words(&mut self, words: Range<usize>) {
        if let Some(words) = self.words.get_mut(words) {
            words.fill([0; PARTS]);
        }
    }

    /// Clears those bits of a word that are 1 in `mask`; returns which of them were 1.
    #[inline]
    pub(crate) fn clear_in_word(&mut self, word: usize, mask: u64) -> u64 {
        let word = &mut self.words[word];
        let was = join(*word);
        *word = parted(was & !mask);
        was & mask
    }

    /// Makes all bits 0.
    pub(crate) fn clear_all(&mut self) {
        self.words.fill([0; PARTS]);
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
            let mut later = at / WORD + 1..self.words.len();
            let word = later.find(|&word| self.words[word] != [0; PARTS])?;
            self.next_in_word(word * WORD)
        })
    }

    #[inline]
    pub(crate) fn word(&self, word: usize) -> u64 {
        join(self.words.get(word).copied().unwrap_or_default())
    }

    #[inline]
    pub(crate) fn words(&self) -> &[Word] {
        &self.words
    }

    #[inline]
    pub(crate) fn words_mut(&mut self) -> &mut [Word] {
        &mut self.words
    }

    /// All bits, in machine words.
    #[inline]
    pub(crate) fn parts(&self) -> &[usize] {
        self.words.as_flattened()
    }

    #[inline]
    pub(crate) fn parts_mut(&mut self) -> &mut [usize] {
        self.words.as_flattened_mut()
    }

    /// How many bits are 1.
    #[cfg(any(test, feature = "check"))]
    pub(crate) fn count(&self) -> usize {
        self.count_in(0..self.words.len())
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.words.capacity() * size_of::<Word>()
    }

    /// Gives the memory behind the first `words` words back; no bit there is 1.
    pub(crate) fn shrink(&mut self, words: usize) {
        debug_assert!(self.words.len() <= words || self.range(words..self.words.len()).not_any());
        self.words.truncate(words);
        self.words.shrink_to_fit();
    }
}

/// The bits of a word that are 1, lowest first.
#[derive(Clone)]
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
        let word = 1 << 63 | 1 << 32 | 1 << 31;
        bits.words_mut()[2] = parted(word);
        assert_eq!((bits.word(2), bits.next(5)), (word, Some(2 * 64 + 31)));
        assert!(bits.get(160) && bits.get(191) && !bits.get(161));
        assert_eq!(bits.clear_in_word(2, 3 << 31), 3 << 31);
        assert_eq!(Ones(bits.word(2)).collect::<Vec<_>>(), [63]);
        assert_eq!((bits.count_in(1..4), bits.count_in(64..65)), (1, 0));
        bits.clear_words(1..4);
        bits.clear_words(64..65);
        bits.set(0);
        bits.shrink(1);
        assert_eq!(
            (bits.count(), bits.words().len(), bits.get(64)),
            (1, 1, false)
        );
    }
}
