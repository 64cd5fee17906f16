//! A bit for each object of a snapshot.

use bitvec::order::Lsb0;
use bitvec::vec::BitVec;

use crate::bits::split;
use crate::index::narrow;

/// A set of objects, a bit for each: a walk over a million objects asks an eighth of a megabyte who was visited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    bits: BitVec<usize, Lsb0>,
}

impl Marks {
    /// No object of so many.
    pub(crate) fn new(objects: usize) -> Self {
        Self {
            bits: BitVec::repeat(false, objects),
        }
    }

    #[inline]
    pub(crate) fn has(&self, object: u32) -> bool {
        // Through the words: a look-up by bit pointer takes several times the instructions.
        let (word, bit) = split(object);
        self.bits.as_raw_slice()[word] & bit != 0
    }

    /// Adds an object; returns whether it was there.
    #[inline]
    pub(crate) fn set(&mut self, object: u32) -> bool {
        let (word, bit) = split(object);
        let word = &mut self.bits.as_raw_mut_slice()[word];
        let was = *word & bit != 0;
        *word |= bit;
        was
    }

    /// Takes an object out.
    pub(crate) fn clear(&mut self, object: u32) {
        self.bits.set(object as usize, false);
    }

    /// The objects that are in it, in order.
    pub(crate) fn objects(&self) -> impl Iterator<Item = u32> + use<'_> {
        self.bits.iter_ones().map(narrow)
    }
}
