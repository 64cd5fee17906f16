//! The geometry of indices: which arena and slot one names, and where its bit is.

use crate::bits::WORD;

/// Bits of an index that name the slot within its arena.
pub(crate) const ARENA_BITS: u32 = 12;
/// Positions of an arena; the first is never used.
pub(crate) const SLOTS: usize = 1 << ARENA_BITS;
/// Words of a bitmap that belong to one arena.
pub(crate) const ARENA_WORDS: usize = SLOTS / WORD;

/// The arena that an index is in.
#[inline]
pub(crate) fn arena_of(index: u32) -> usize {
    (index >> ARENA_BITS) as usize
}

/// The index of an arena's first slot.
#[expect(
    clippy::cast_possible_truncation,
    reason = "there are less than 2^20 arenas"
)]
pub(crate) fn base_of(arena: usize) -> u32 {
    (arena as u32) << ARENA_BITS
}

/// A number of objects, or of entries of a list, or a position among them, in few bits.
#[expect(
    clippy::cast_possible_truncation,
    reason = "there are fewer than 2^32 objects, and lists are shorter than 2^27"
)]
#[inline]
pub(crate) fn narrow(number: usize) -> u32 {
    number as u32
}

/// A slot in few bits.
#[expect(clippy::cast_possible_truncation, reason = "an arena has 4096 slots")]
#[inline]
pub(crate) fn narrow_slot(slot: usize) -> u16 {
    slot as u16
}

/// The slot of an index within its arena.
#[inline]
pub(crate) fn slot_of(index: u32) -> usize {
    index as usize & (SLOTS - 1)
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
