//! A sum of data that is the same on every machine.

use core::hash::Hasher;

/// Odd, with no pattern in its bits.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Sums data up to a number that is the same on every machine and target, in every version of this crate that has the
/// same first two numbers.
///
/// It is a [`Hasher`], so that what is `Hash` can be added with `value.hash(&mut digest)`. A single `usize` or `isize`
/// counts as 64 bits on every target. The standard library adds *slices* and `Vec`s of numbers by their bytes, though:
/// of `usize`, and on big-endian machines of any that have more than one byte, add the numbers one by one. Add floats by
/// their bits: `digest.write_u32(x.to_bits())`. It is no cryptographic hash: it tells accidents, and no attacks.
///
/// ```
/// use std::hash::{Hash, Hasher};
/// use understory::Digest;
///
/// let mut digest = Digest::default();
/// ("archer", 7_usize).hash(&mut digest);
/// digest.write_u32(0.5_f32.to_bits());
/// assert_eq!(digest.finish(), 0xfff1_5183_7561_1a66);
/// ```
#[derive(Clone, Debug)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(FACTOR)
    }
}

impl Digest {
    #[inline]
    fn add(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * u128::from(FACTOR);
        #[expect(clippy::cast_possible_truncation, reason = "its two halves")]
        let (low, high) = (product as u64, (product >> 64) as u64);
        // A product with zero would forget what came before.
        self.0 = (low ^ high).rotate_left(23).wrapping_add(FACTOR);
    }
}

impl Hasher for Digest {
    #[inline]
    fn finish(&self) -> u64 {
        let mut last = self.clone();
        last.add(FACTOR);
        last.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
        self.add(bytes.len() as u64);
    }

    #[inline]
    fn write_u8(&mut self, number: u8) {
        self.add(number.into());
    }

    #[inline]
    fn write_u16(&mut self, number: u16) {
        self.add(number.into());
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.add(number.into());
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.add(number);
    }

    #[inline]
    fn write_u128(&mut self, number: u128) {
        #[expect(clippy::cast_possible_truncation, reason = "its two halves")]
        let (low, high) = (number as u64, (number >> 64) as u64);
        self.add(low);
        self.add(high);
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.add(number as u64);
    }

    #[inline]
    fn write_isize(&mut self, number: isize) {
        self.write_i64(number as i64);
    }
}
