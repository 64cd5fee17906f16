//! A set of objects, and where each stands in it.

use alloc::vec;
use alloc::vec::Vec;

use crate::bits::{Ones, WORD};
use crate::index::{ARENA_BITS, ARENA_WORDS, arena_of, narrow, slot_of};

/// For each block of 64 slots of an arena the number of its page; 0 if it has none.
type Table = [u32; ARENA_WORDS];

/// Those of 64 objects that are in the set, a bit each.
#[derive(Clone, Copy, Default)]
struct Page {
    bits: u64,
    /// How many objects of the set come before these.
    before: u32,
}

/// A set of objects, by index, and the position of each in the order of the indices.
///
/// It takes memory for objects that are near to one of the set, and a word for each arena up to the last of these. So
/// a small part of a large store costs little, nothing is hashed, and what is asked of neighbours is near too.
#[derive(Clone)]
pub(super) struct Places {
    /// The number of the table of each arena; 0 for the one without pages.
    arenas: Vec<u32>,
    tables: Vec<Table>,
    pages: Vec<Page>,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            arenas: Vec::new(),
            tables: vec![[0; ARENA_WORDS]],
            pages: vec![Page::default()],
        }
    }
}

impl Places {
    #[inline]
    fn page(&self, index: u32) -> Page {
        let table = self.arenas.get(arena_of(index)).copied().unwrap_or(0);
        let page = self.tables[table as usize][slot_of(index) / WORD];
        self.pages[page as usize]
    }

    /// The position of an object of the set, once it is [in order](Self::arrange).
    #[inline]
    pub(super) fn get(&self, index: u32) -> Option<u32> {
        let Page { bits, before } = self.page(index);
        let bit = index as usize % WORD;
        let below = bits & ((1 << bit) - 1);
        (bits >> bit & 1 == 1).then_some(before + below.count_ones())
    }

    #[inline]
    pub(super) fn has(&self, index: u32) -> bool {
        self.page(index).bits >> (index as usize % WORD) & 1 == 1
    }

    /// Adds an object; says whether it was not in the set.
    #[inline]
    pub(super) fn insert(&mut self, index: u32) -> bool {
        let table = self.arenas.get(arena_of(index)).copied().unwrap_or(0);
        let mut page = self.tables[table as usize][slot_of(index) / WORD];
        if page == 0 {
            page = self.open(index);
        }
        let bits = &mut self.pages[page as usize].bits;
        let bit = 1 << (index as usize % WORD);
        let is_new = *bits & bit == 0;
        *bits |= bit;
        is_new
    }

    /// Makes the page of an object.
    #[cold]
    #[inline(never)]
    fn open(&mut self, index: u32) -> u32 {
        let arena = arena_of(index);
        if self.arenas.len() <= arena {
            self.arenas.resize(arena + 1, 0);
        }
        if self.arenas[arena] == 0 {
            self.arenas[arena] = narrow(self.tables.len());
            self.tables.push([0; ARENA_WORDS]);
        }
        let page = narrow(self.pages.len());
        self.pages.push(Page::default());
        self.tables[self.arenas[arena] as usize][slot_of(index) / WORD] = page;
        page
    }

    /// Puts the set in order, and returns the indices of all of it.
    pub(super) fn arrange(&mut self) -> Vec<u32> {
        let mut pages = Vec::with_capacity(self.pages.len());
        pages.push(Page::default());
        let ones = self
            .pages
            .iter()
            .map(|page| page.bits.count_ones() as usize);
        let mut indices: Vec<u32> = Vec::with_capacity(ones.sum());
        for (&table, arena) in self.arenas.iter().zip(0u32..) {
            if table == 0 {
                continue;
            }
            let table = &mut self.tables[table as usize];
            for (page, first) in table.iter_mut().zip((arena << ARENA_BITS..).step_by(WORD)) {
                let bits = self.pages[*page as usize].bits;
                if bits == 0 {
                    *page = 0;
                    continue;
                }
                *page = narrow(pages.len());
                let before = narrow(indices.len());
                pages.push(Page { bits, before });
                indices.extend(Ones(bits).map(|bit| first + bit));
            }
        }
        self.pages = pages;
        indices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_stand_in_the_order_of_their_indices() {
        let mut places = Places::default();
        let mut indices = [5 << 12 | 7, 1, 64, 63, 4_095, 1 << 20, 4_097];
        for index in indices {
            assert!(!places.has(index));
            assert!(places.insert(index));
            assert!(!places.insert(index) && places.has(index));
        }
        indices.sort_unstable();
        assert_eq!(places.arrange(), indices);
        for (position, index) in (0..).zip(indices) {
            assert_eq!(places.get(index), Some(position));
            assert_eq!(places.get(index + 1).is_some(), index == 63);
        }
        assert_eq!((places.get(0), places.get(u32::MAX)), (None, None));
        // Again, with another one.
        assert!(places.insert(2));
        assert_eq!(places.arrange().len(), 8);
        assert_eq!((places.get(2), places.get(1 << 20)), (Some(1), Some(7)));
        assert!(places.pages.len() <= 1 + 8);
    }
}
