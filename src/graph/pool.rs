//! Lists of edges, each one contiguous block from a pool of size classes.
//!
//! A pool knows nothing of objects: a list holds entries, and the owner of the list keeps its head.

mod blocks;
mod bulk;
mod cells;
mod holes;
#[cfg(feature = "rollback")]
mod journal;
mod list;
mod nodes;

use alloc::vec::Vec;

use blocks::Blocks;
use cells::Cells;
pub(crate) use cells::{Columns, Entry, Pairs};
pub(crate) use holes::CloseUp;
use holes::headers;
#[cfg(feature = "rollback")]
pub(crate) use journal::{Outline, PoolChanges};
pub(crate) use list::List;
#[cfg(feature = "rayon")]
pub(crate) use nodes::Nodes;
pub(crate) use nodes::NodesOf;

/// The class of lists that have an allocation of their own.
const LONG: u32 = 31;
const CLASS_SHIFT: u32 = 27;
const LEN_MASK: u32 = (1 << CLASS_SHIFT) - 1;
/// The most entries of one list.
pub(crate) const MAX_LEN: usize = LEN_MASK as usize;

/// Entries in a block of each class. Class 0 has no block, and a long list grows in its own way: the 0
/// for these sends every change of length the slow way.
const CAPACITY: [u32; 32] = {
    let mut table = [0; 32];
    let capacities = [
        1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512,
    ];
    let mut class = 0;
    while class < capacities.len() {
        table[class + 1] = capacities[class];
        class += 1;
    }
    table
};
const LAST_CLASS: u32 = 18;
/// From this class on, of more than 16 entries, removals leave holes in lists that keep their order: to
/// move the entries of a shorter list up costs less.
const HOLED: u32 = 9;
/// The class to which a second entry moves the first one, where there are no labels.
const SECOND: u32 = 2;
/// Lists up to this length are moved in one go.
const FEW: usize = 4;
/// Lists up to this length are read in one move.
pub(crate) const SHORT: usize = 4;

/// How many nodes are compared with one before anything is decided, as branches on each could not be
/// predicted.
pub(crate) const WINDOW: usize = 8;

/// A bit for each of at most 32 nodes: whether it is the one looked for.
#[inline]
pub(crate) fn matches(nodes: &[u32], node: u32) -> u32 {
    nodes.iter().zip(0..).fold(0, |found, (&other, bit)| {
        found | u32::from(other == node) << bit
    })
}

/// The length at which a list of each class moves to a smaller block: a quarter of it. A small block
/// is kept until it is empty, since lists around one entry would move back and forth.
const SHRINK: [u32; 32] = {
    let mut table = [u32::MAX; 32];
    let mut class = 1;
    while class <= LAST_CLASS as usize {
        let capacity = CAPACITY[class];
        table[class] = if capacity > 8 { capacity / 4 } else { 0 };
        class += 1;
    }
    table
};

#[expect(
    clippy::cast_possible_truncation,
    reason = "lengths are at most MAX_LEN"
)]
fn narrow(len: usize) -> u32 {
    debug_assert!(len <= MAX_LEN, "a list is at most MAX_LEN long");
    len as u32
}

/// The smallest class that holds `len` entries.
fn class_for(len: usize) -> u32 {
    (1..=LAST_CLASS)
        .find(|&class| CAPACITY[class as usize] as usize >= len)
        .unwrap_or(LONG)
}

/// Lists of outgoing edges.
pub(crate) type Outgoing<E> = Pool<Columns<E>>;
/// Lists of incoming edges.
pub(crate) type Incoming = Pool<Pairs>;

/// The entries of many lists.
#[derive(Debug)]
pub(crate) struct Pool<C: Cells> {
    blocks: Blocks<C>,
    /// Zero-sized labels: as many as there are entries, and no memory.
    units: Vec<C::Label>,
}

impl<C: Cells<Label: Clone> + Clone> Clone for Pool<C> {
    fn clone(&self) -> Self {
        Self {
            blocks: self.blocks.clone(),
            units: self.units.clone(),
        }
    }

    /// Keeps the memory that there is.
    fn clone_from(&mut self, source: &Self) {
        self.blocks.clone_from(&source.blocks);
        self.units.clone_from(&source.units);
    }
}

impl<C: Cells> Default for Pool<C> {
    fn default() -> Self {
        Self {
            blocks: Blocks::default(),
            units: Vec::new(),
        }
    }
}

impl Incoming {
    /// The entries of a list, in order.
    #[inline]
    pub(crate) fn entries<'a>(&'a self, list: &'a List) -> &'a [Entry] {
        if list.class() == 0 {
            return &core::slice::from_ref(&list.head)[..list.len()];
        }
        let (cells, base) = self.blocks.at(list.block());
        &cells.entries[base..base + list.len()]
    }

    /// Removes an entry of a list that has a block; the last one takes its place, and is returned with the
    /// position that it had, unless it is the one that was removed.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn take(&mut self, list: &mut List, at: usize) -> Option<(Entry, u32)> {
        let end = list.block_len() - 1;
        let (cells, base) = self.blocks.at_mut(list.block());
        cells.keep(base + at);
        let entries = &mut cells.entries[base..=base + end as usize];
        let last = entries[end as usize];
        entries[at] = last;
        self.shorten(list);
        (at != end as usize).then_some((last, end))
    }
}

impl<E> Outgoing<E> {
    /// The first entry with a node, and its position, in a list that has a block and no holes.
    #[inline]
    pub(crate) fn find_short(&self, list: List, node: u32) -> Option<(usize, Entry)> {
        let len = list.block_len() as usize;
        let (cells, base) = self.blocks.at(list.block());
        let mut start = 0;
        while start < len {
            // Whole windows are compared, even behind the end of the list, so that nothing branches on what
            // could not be predicted.
            let found = match cells.nodes[base + start..].first_chunk::<WINDOW>() {
                Some(window) => matches(window, node),
                None => matches(&cells.nodes[base + start..base + len], node),
            };
            let at = start + found.trailing_zeros() as usize;
            if at < len && found != 0 {
                let back = cells.backs[base + at];
                return Some((at, Entry { node, back }));
            }
            start += WINDOW;
        }
        None
    }

    /// Exchanges two entries of a list that has a block, with their labels.
    pub(crate) fn swap(&mut self, list: List, a: usize, b: usize) {
        let (cells, base) = self.blocks.at_mut(list.block());
        cells.swap(base + a, base + b);
    }

    /// The position of an entry in a list that has a block, at a position or before it; 0 if there is none.
    #[inline]
    pub(crate) fn position_from(&self, list: List, from: usize, entry: Entry) -> usize {
        let (cells, base) = self.blocks.at(list.block());
        let range = base..=base + from;
        let nodes = cells.nodes[range.clone()].iter();
        let mut entries = nodes.zip(&cells.backs[range]);
        entries
            .rposition(|(&node, &back)| node == entry.node && back == entry.back)
            .unwrap_or(0)
    }
}

impl<C: Cells> Pool<C> {
    /// Whether labels take memory.
    pub(crate) const IS_LABELLED: bool = C::LABELLED;

    /// How many labels there are, if these take no memory.
    #[inline]
    pub(crate) fn units(&self) -> usize {
        self.units.len()
    }

    /// The entry at a position.
    #[inline]
    pub(crate) fn entry(&self, list: List, at: usize) -> Entry {
        if list.class() == 0 {
            debug_assert!(at < list.len(), "the head has one entry at most");
            return list.head;
        }
        let (cells, base) = self.blocks.at(list.block());
        cells.get(base + at)
    }

    /// The node of the entry at a position of a list that is not empty.
    #[inline]
    pub(crate) fn node(&self, list: List, at: usize) -> u32 {
        if list.class() == 0 {
            return list.head.node;
        }
        let (cells, base) = self.blocks.at(list.block());
        cells.node(base + at)
    }

    /// The label at a position.
    ///
    /// # Panics
    /// Where the list has no such position.
    #[inline]
    pub(crate) fn label(&self, list: List, at: usize) -> &C::Label {
        if !C::LABELLED {
            return &self.units[0];
        }
        let (cells, base) = self.blocks.at(list.block());
        cells.label(base + at).expect("an entry has a label")
    }

    /// The label at a position, to change.
    ///
    /// # Panics
    /// Where the list has no such position.
    pub(crate) fn label_mut(&mut self, list: List, at: usize) -> &mut C::Label {
        if !C::LABELLED {
            return &mut self.units[0];
        }
        let (cells, base) = self.blocks.at_mut(list.block());
        cells.label_mut(base + at).expect("an entry has a label")
    }

    /// Changes the place of an entry, after its counterpart has moved.
    #[inline]
    pub(crate) fn set_back(&mut self, list: &mut List, at: usize, back: u32) {
        if list.class() == 0 {
            list.head.back = back;
        } else {
            let (cells, base) = self.blocks.at_mut(list.block());
            cells.set_back(base + at, back);
        }
    }

    /// Changes the node and the place of an entry; its label stays.
    pub(crate) fn set_entry(&mut self, list: &mut List, at: usize, entry: Entry) {
        if list.class() == 0 {
            *list = List { head: entry };
        } else {
            let (cells, base) = self.blocks.at_mut(list.block());
            cells.set(base + at, entry);
        }
    }

    /// Makes room for one more entry, which [`put`](Self::put) is to add; false if a list is at its
    /// maximum.
    #[inline]
    pub(crate) fn make_room(&mut self, list: &mut List) -> bool {
        Self::has_room(*list)
            || !C::LABELLED && list.class() == 0 && self.make_pair(list)
            || self.grow(list)
    }

    /// Whether there is room for one more entry: without a label, the first is in the head.
    #[inline]
    pub(crate) fn has_room(list: List) -> bool {
        !C::LABELLED && list.is_empty() || list.has_room()
    }

    /// Moves the entry in the head of a list to a free block with room for another one, if there is one:
    /// most lists that grow have one entry.
    #[inline(never)]
    fn make_pair(&mut self, list: &mut List) -> bool {
        let Some(first) = self.blocks.reuse(SECOND) else {
            return false;
        };
        let (cells, base) = self.blocks.at_mut(first);
        cells.set(base, list.head);
        *list = List::with_block(SECOND, first, 1);
        true
    }

    /// Makes room in a list that has no block, a full one, or an allocation of its own.
    #[inline(never)]
    fn grow(&mut self, list: &mut List) -> bool {
        let len = list.len();
        let has_room = len < MAX_LEN && self.blocks.has_room();
        if has_room {
            if list.class() == LONG {
                self.blocks.extend(list.block(), len);
            } else {
                self.move_to(list, class_for(len + 1));
            }
        }
        has_room
    }

    /// Appends an entry, for which room was made; returns its position.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn put(&mut self, list: &mut List, entry: Entry, label: C::Label) -> u32 {
        if !C::LABELLED {
            self.keep(label);
            if list.class() == 0 {
                *list = List::of_one(entry);
                return 0;
            }
            let len = list.block_len();
            let (cells, base) = self.blocks.at_mut(list.block());
            cells.set(base + len as usize, entry);
            list.head.back += 1;
            return len;
        }
        let len = list.block_len();
        let (cells, base) = self.blocks.at_mut(list.block());
        cells.set(base + len as usize, entry);
        cells.put_label(base + len as usize, label);
        list.head.back += 1;
        len
    }

    /// Appends an entry, if the list is not at its maximum.
    fn push(&mut self, list: &mut List, entry: Entry, label: C::Label) {
        if self.make_room(list) {
            self.put(list, entry, label);
        }
    }

    /// Moves a list to a block of another class, or into its head.
    fn move_to(&mut self, list: &mut List, class: u32) {
        let old = *list;
        let len = old.len();
        if class == 0 {
            *list = if len == 0 {
                List::EMPTY
            } else {
                List {
                    head: self.entry(old, 0),
                }
            };
        } else {
            let first = self.blocks.allocate(class, len);
            self.blocks.move_header(old, class, first);
            let few = &mut [Entry::default(); FEW];
            let apart = match few.get_mut(..len) {
                Some(entries) if !C::LABELLED && old.class() != 0 => {
                    let (cells, base) = self.blocks.at(old.block());
                    cells.read(base, entries);
                    let (cells, base) = self.blocks.at_mut(first);
                    cells.write(base, entries);
                    0
                }
                _ => len,
            };
            for at in 0..apart {
                let entry = self.entry(old, at);
                let label = self.take_label(old, at);
                let (cells, base) = self.blocks.at_mut(first);
                cells.set(base + at, entry);
                if let Some(label) = label {
                    cells.put_label(base + at, label);
                }
            }
            *list = List::with_block(class, first, len);
        }
        self.blocks.deallocate(old.class(), old.block());
    }

    /// Takes a label out of its entry; `None` if labels are zero-sized.
    #[inline]
    fn take_label(&mut self, list: List, at: usize) -> Option<C::Label> {
        if !C::LABELLED {
            return None;
        }
        let (cells, base) = self.blocks.at_mut(list.block());
        cells.take_label(base + at)
    }

    /// The label that was taken out of its entry, or one of the zero-sized ones.
    #[inline]
    fn claim(&mut self, label: Option<C::Label>) -> C::Label {
        let unit = || {
            if C::LABELLED {
                None
            } else {
                C::any_label().or_else(|| self.units.pop())
            }
        };
        label.or_else(unit).expect("an entry has a label")
    }

    /// A zero-sized label of an edge that has gone.
    #[inline]
    pub(crate) fn claim_unit(&mut self) -> C::Label {
        self.claim(None)
    }

    /// Keeps a zero-sized label.
    #[inline]
    fn keep(&mut self, label: C::Label) {
        if C::any_label().is_none() {
            self.units.push(label);
        }
    }

    /// Removes an entry; the last one takes its place.
    #[inline]
    pub(crate) fn swap_remove(&mut self, list: &mut List, at: usize) -> C::Label {
        if list.class() == 0 {
            *list = List::EMPTY;
            return self.claim(None);
        }
        let end = (list.block_len()) as usize - 1;
        let (cells, base) = self.blocks.at_mut(list.block());
        let label = cells.take_label(base + at);
        cells.shift(base + end, base + at);
        self.shorten(list);
        self.claim(label)
    }

    /// Removes an entry of a list without holes; those behind it move up by one.
    #[inline]
    pub(crate) fn shift_remove(&mut self, list: &mut List, at: usize) -> C::Label {
        if list.class() == 0 {
            *list = List::EMPTY;
            return self.claim(None);
        }
        let end = list.block_len() as usize - 1;
        let (cells, base) = self.blocks.at_mut(list.block());
        let label = cells.take_label(base + at);
        cells.close_gap(base + at..base + end + 1);
        self.shorten(list);
        self.claim(label)
    }

    /// Takes the last entry, which was moved away, off a list that has a block.
    #[inline]
    fn shorten(&mut self, list: &mut List) {
        list.head.back -= 1;
        self.fit(list);
    }

    /// Gives back what is too large for a list that has a block.
    #[inline]
    pub(crate) fn fit(&mut self, list: &mut List) {
        if list.block_len() <= SHRINK[list.class() as usize] {
            self.shrink(list);
        }
    }

    #[inline(never)]
    fn shrink(&mut self, list: &mut List) {
        let len = (list.block_len()) as usize;
        let is_large = list.class() != LONG || self.blocks.trim(list.block(), len);
        let class = if len == 0 || len == 1 && !C::LABELLED {
            0
        } else if list.class() == LONG {
            class_for(len)
        } else {
            class_for(len * 2)
        };
        // A short list has nowhere to note its holes: it moves when it is closed up.
        let has_place = headers::<C>(class) > 0 || self.holes(*list) == 0;
        if is_large && class < list.class() && has_place {
            self.move_to(list, class);
        }
    }

    /// How many holes a list has.
    #[inline]
    pub(crate) fn holes(&self, list: List) -> usize {
        if headers::<C>(list.class()) == 0 {
            return 0;
        }
        let (cells, base) = self.blocks.at(list.block());
        cells.get(base - 1).back as usize
    }

    /// Whether there is an edge at a position, and no hole.
    #[inline]
    pub(crate) fn is_edge(&self, list: List, at: usize) -> bool {
        headers::<C>(list.class()) == 0 || self.entry(list, at).node != holes::HOLE
    }

    /// Empties a list; its labels are added to `labels`, in order. Returns how many edges it had.
    #[inline]
    pub(crate) fn clear(&mut self, list: &mut List, labels: &mut Vec<C::Label>) -> usize {
        let edges = self.free(*list, labels);
        *list = List::EMPTY;
        edges
    }

    /// Frees what a list takes, whose head is then forgotten. Returns how many edges it had.
    #[inline]
    pub(crate) fn free(&mut self, list: List, labels: &mut Vec<C::Label>) -> usize {
        // Also long lists without holes, for one test.
        let is_slow = C::LABELLED || core::mem::needs_drop::<C::Label>() || list.may_have_holes();
        if is_slow {
            return if list.is_empty() {
                0
            } else {
                self.free_slowly(list, labels)
            };
        }
        let edges = list.len();
        if C::any_label().is_none() {
            self.units.truncate(self.units.len() - edges);
        }
        if !list.has_no_block() {
            self.blocks.put_back(list.class(), list.block());
        }
        edges
    }

    #[inline(never)]
    fn free_slowly(&mut self, list: List, labels: &mut Vec<C::Label>) -> usize {
        let edges = list.len() - self.holes(list);
        // Behind the holes that a list begins with, which may be most of it.
        let first = self.first(list);
        if core::mem::needs_drop::<C::Label>() {
            for at in first..list.len() {
                if self.is_edge(list, at) {
                    let label = self.take_label(list, at);
                    let label = self.claim(label);
                    labels.push(label);
                }
            }
        } else if C::LABELLED {
            for at in first..list.len() {
                self.take_label(list, at);
            }
        } else if C::any_label().is_none() {
            self.units.truncate(self.units.len() - edges);
        }
        self.blocks.deallocate(list.class(), list.block());
        edges
    }

    /// Moves a list without holes out of another pool, to the end of this one, in the smallest block that
    /// fits.
    pub(crate) fn adopt(&mut self, from: &mut Self, list: &mut List) {
        let mut new = List::EMPTY;
        for at in 0..list.len() {
            let entry = from.entry(*list, at);
            let label = from.take_label(*list, at);
            let label = from.claim(label);
            self.push(&mut new, entry, label);
        }
        from.blocks.deallocate(list.class(), list.block());
        *list = new;
    }

    /// Whether changes are noted for a snapshot.
    pub(crate) fn is_recorded(&self) -> bool {
        self.blocks.journal.is_on()
    }

    /// Entries of blocks that are not free, and of long lists.
    #[cfg(any(test, feature = "check"))]
    pub(crate) fn in_use(&self) -> usize {
        self.blocks.in_use() + self.units.len()
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.blocks.memory()
    }
}

#[cfg(test)]
mod tests;
