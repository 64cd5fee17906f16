//! Lists that are made for as many entries as they will get.

use super::{CAPACITY, Cells, Entry, LAST_CLASS, List, MAX_LEN, Pool, class_for};

/// The most entries of a list in a block.
const LONGEST_BLOCK: usize = CAPACITY[LAST_CLASS as usize] as usize;
/// The classes of short lists, which are most of them.
const SHORT: [u8; 17] = {
    let mut table = [1; 17];
    let (mut len, mut class) = (2, 1);
    while len < table.len() {
        if (CAPACITY[class as usize] as usize) < len {
            class += 1;
        }
        table[len] = class;
        len += 1;
    }
    table
};

impl<C: Cells> Pool<C> {
    /// Empties a list, and hands each of its nodes out with the label, in order. Returns how many edges it had.
    pub(crate) fn take_all(
        &mut self,
        list: &mut List,
        mut each: impl FnMut(u32, C::Label),
    ) -> usize {
        let old = core::mem::replace(list, List::EMPTY);
        if old.is_empty() {
            return 0;
        }
        let mut edges = 0;
        for at in self.first(old)..old.len() {
            if self.is_edge(old, at) {
                let node = self.node(old, at);
                let label = self.take_label(old, at);
                let label = self.claim(label);
                edges += 1;
                each(node, label);
            }
        }
        self.blocks.deallocate(old.class(), old.block());
        edges
    }

    /// Whether there is room for lists of these lengths.
    pub(crate) fn has_room_for(&self, lens: &[u32]) -> bool {
        // In passes so simple that several lengths are read at a time.
        let entries: usize = lens.iter().map(|&len| len as usize).sum();
        let longest = lens.iter().fold(0, |most, &len| len.max(most)) as usize;
        let long = if longest > LONGEST_BLOCK {
            let is_long = |&&len: &&u32| len as usize > LONGEST_BLOCK;
            lens.iter().filter(is_long).count()
        } else {
            0
        };
        // A block has room for less than twice as many as it was made for, with its header.
        longest <= MAX_LEN && self.blocks.has_room_for(entries.saturating_mul(2), long)
    }

    /// A list of these entries, for which there is room, each with the next of the labels.
    #[inline]
    pub(crate) fn list(
        &mut self,
        entries: impl ExactSizeIterator<Item = Entry>,
        labels: &mut impl Iterator<Item = C::Label>,
    ) -> List {
        let len = entries.len();
        let mut list = List::EMPTY;
        if len > 1 || C::LABELLED && len == 1 {
            let class = SHORT
                .get(len)
                .map_or_else(|| class_for(len), |&class| class.into());
            let first = self.blocks.allocate(class, len);
            self.blocks.move_header(List::EMPTY, class, first);
            list = List::with_block(class, first, len);
        }
        if !C::LABELLED {
            for label in labels.take(len) {
                self.keep(label);
            }
            if list.has_no_block() {
                return entries.last().map_or(List::EMPTY, List::of_one);
            }
            let (cells, base) = self.blocks.at_mut(list.block());
            for (at, entry) in (base..).zip(entries) {
                cells.set(at, entry);
            }
        } else if len > 0 {
            let (cells, base) = self.blocks.at_mut(list.block());
            for (at, (entry, label)) in (base..).zip(entries.zip(labels)) {
                cells.set(at, entry);
                cells.put_label(at, label);
            }
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::super::{Incoming, Outgoing};
    use super::*;

    #[test]
    fn a_list_is_made_in_one_go() {
        let mut pool = Outgoing::<u8>::default();
        let mut unlabelled = Incoming::default();
        for len in [0, 1, 2, 5, 16, 17, 512, 513, 5_000] {
            let backs = 0..u32::try_from(len).unwrap();
            let entries = backs.map(|back| Entry { node: 7, back });
            let list = pool.list(entries.clone(), &mut core::iter::repeat(1));
            assert!(pool.is_sound(list));
            assert_eq!(pool.degree(list), len);
            assert!((0..len).all(|at| *pool.label(list, at) == 1));
            assert!(
                (0..len)
                    .zip(entries.clone())
                    .all(|(at, entry)| pool.entry(list, at) == entry)
            );

            let list = unlabelled.list(entries.clone(), &mut core::iter::repeat(()));
            assert!(entries.eq(unlabelled.entries(&list).iter().copied()));
        }
    }

    #[test]
    fn classes_of_short_lists_are_those_of_all() {
        for (len, &class) in SHORT.iter().enumerate() {
            assert_eq!(u32::from(class), class_for(len), "for {len} entries");
        }
        for len in 1..1_000 {
            let size = match CAPACITY[class_for(len) as usize] as usize {
                0 => len,
                capacity => capacity + 1,
            };
            assert!(len == 1 || size <= 2 * len, "{size} for {len} entries");
        }
    }

    #[test]
    fn lists_that_are_too_long_or_too_many_have_no_room() {
        let has_room = |lens: &[u32]| Incoming::default().has_room_for(lens);
        let most = u32::try_from(MAX_LEN).unwrap();
        assert!(has_room(&[1, 2, 512, 513, most]));
        assert!(!has_room(&[most + 1]));
        assert!(!has_room(&vec![513; 1 << 18]));
        assert!(!has_room(&vec![512; 1 << 22]));
        assert!(has_room(&vec![512; 1 << 21]));
    }
}
