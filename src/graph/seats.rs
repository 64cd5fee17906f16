//! A number for each slot that was used: one arena's stand behind those of another, so that tables by these are no
//! longer than there are slots.

use alloc::vec;
use alloc::vec::Vec;

use crate::index::{arena_of, base_of, narrow, slot_of};

/// The numbers of all slots that were used.
#[derive(Debug)]
pub(crate) struct Seats {
    /// The number of the first slot of each arena, and how many there are in all.
    starts: Vec<usize>,
}

impl Seats {
    /// None so far.
    pub(crate) fn new() -> Self {
        Self { starts: vec![0] }
    }

    /// Adds an arena of which so many slots were used, the unused first one aside.
    pub(crate) fn add(&mut self, slots: usize) {
        self.starts.push(self.len() + slots);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    /// The number of a slot, if it was used.
    #[inline]
    pub(crate) fn of(&self, index: u32) -> Option<usize> {
        let arena = arena_of(index);
        let &[start, end] = self.starts.get(arena..)?.first_chunk()?;
        let seat = start + slot_of(index).checked_sub(1)?;
        (seat < end).then_some(seat)
    }

    /// The index of each slot, in order.
    pub(crate) fn indices(&self) -> impl Iterator<Item = u32> {
        let arenas = self.starts.windows(2).enumerate();
        arenas.flat_map(|(arena, ends)| {
            let slots = 1..=narrow(ends[1] - ends[0]);
            slots.map(move |slot| base_of(arena) | slot)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_slot_that_was_used_has_a_seat() {
        let mut seats = Seats::new();
        for slots in [2, 0, 4_095, 1] {
            seats.add(slots);
        }
        let indices: Vec<u32> = seats.indices().collect();
        assert_eq!(indices.len(), seats.len());
        for (seat, &index) in indices.iter().enumerate() {
            assert_eq!(seats.of(index), Some(seat));
        }
        for index in [
            0,
            3,
            1 << 12,
            1 << 12 | 1,
            2 << 12,
            3 << 12,
            3 << 12 | 2,
            4 << 12 | 1,
            u32::MAX,
        ] {
            assert_eq!(seats.of(index), None, "{index}");
        }
    }
}
