//! The order in which free slots are used again.

use alloc::vec::Vec;
use core::ops::Deref;

/// The free slots of an arena, the next one to be used last: slotmap knows them, and does not tell.
///
/// It is a vector that is never shorter than its memory, so that to add a slot is to write it, and the rest is not in
/// the way of those who free slots.
#[derive(Clone, Debug, Default)]
pub(super) struct FreeSlots {
    /// What is beyond `len` means nothing.
    slots: Vec<u16>,
    len: usize,
}

impl FreeSlots {
    #[inline]
    pub(super) fn push(&mut self, slot: u16) {
        match self.slots.get_mut(self.len) {
            Some(place) => {
                *place = slot;
                self.len += 1;
            }
            None => self.push_further(slot),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_further(&mut self, slot: u16) {
        self.slots.push(slot);
        self.len = self.slots.len();
        self.slots.resize(self.slots.capacity(), 0);
    }

    /// Takes the next one out, if there is one.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<u16> {
        let len = self.len.checked_sub(1)?;
        self.len = len;
        self.slots.get(len).copied()
    }

    /// Bytes allocated.
    pub(super) fn memory(&self) -> usize {
        self.slots.capacity() * size_of::<u16>()
    }
}

impl Deref for FreeSlots {
    type Target = [u16];

    fn deref(&self) -> &[u16] {
        &self.slots[..self.len]
    }
}

impl FromIterator<u16> for FreeSlots {
    fn from_iter<I: IntoIterator<Item = u16>>(slots: I) -> Self {
        let slots: Vec<u16> = slots.into_iter().collect();
        let len = slots.len();
        Self { slots, len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_come_back_last_first() {
        let mut free = FreeSlots::default();
        let mut model = Vec::new();
        for (pushes, pops) in [(0, 1), (5, 2), (100, 40), (3, 200), (1, 0)] {
            for slot in 0..pushes {
                free.push(slot);
                model.push(slot);
            }
            for _ in 0..pops {
                assert_eq!(free.pop(), model.pop());
            }
            assert_eq!(*free, *model);
            assert_eq!(*free.iter().copied().collect::<FreeSlots>(), *model);
        }
    }
}
