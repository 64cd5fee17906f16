//! Lists of edges, each one contiguous block from a pool of size classes.
//!
//! A pool knows nothing of objects: a list holds entries of a *node* (the object at the other end),
//! a *place* (where the counterpart of the entry stands in the other object's list) and, in a pool
//! with labels, a label. Nodes and places stand in columns of their own, since a walk reads the
//! nodes alone.

use alloc::vec::Vec;

/// Entries in a block of each class; class 0 has no block.
const CAPACITY: [u32; 19] = [
    0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512,
];
const LAST_CLASS: u32 = 18;
/// The class of lists that have an allocation of their own.
const LONG: u32 = 31;
const CLASS_SHIFT: u32 = 27;
const LEN_MASK: u32 = (1 << CLASS_SHIFT) - 1;
/// The most entries of one list.
pub(crate) const MAX_LEN: usize = LEN_MASK as usize;

const CHUNK_BITS: u32 = 14;
const CHUNK: usize = 1 << CHUNK_BITS;
const NONE: u32 = u32::MAX;

/// The head of a list: 8 bytes, kept by whoever owns the list.
///
/// `word` holds the class in its upper 5 bits. In class 0 the list is empty (`first` is 0, which is
/// no slot's index), or has one entry that stands in the head itself: `first` is its node, `word`
/// its place. Otherwise `first` is the address of the block and the lower bits of `word` the length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    first: u32,
    word: u32,
}

impl List {
    /// The list without entries.
    pub(crate) const EMPTY: Self = Self { first: 0, word: 0 };

    #[inline]
    fn class(self) -> u32 {
        self.word >> CLASS_SHIFT
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.first | self.word == 0
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        if self.class() == 0 {
            usize::from(self.first != 0)
        } else {
            (self.word & LEN_MASK) as usize
        }
    }

    fn set_len(&mut self, len: usize) {
        self.word = self.class() << CLASS_SHIFT | narrow(len);
    }
}

/// An entry without its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) node: u32,
    pub(crate) place: u32,
}

/// The columns that blocks stand in: a chunk of many blocks, or one long list.
#[derive(Clone, Debug)]
struct Chunk<E> {
    nodes: Vec<u32>,
    places: Vec<u32>,
    labels: Vec<Option<E>>,
}

/// Blocks of all classes, and the lists that are too long for a block.
#[derive(Clone, Debug)]
pub(crate) struct Pool<E> {
    chunks: Vec<Chunk<E>>,
    /// First free block of each class; each names the next in its first node.
    free: [u32; LAST_CLASS as usize + 1],
    long: Vec<Chunk<E>>,
    free_long: Vec<u32>,
    /// Labels without a size: as many as there are entries, and no memory.
    units: Vec<E>,
}

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
    match CAPACITY[1..]
        .iter()
        .position(|&capacity| capacity as usize >= len)
    {
        Some(class) => narrow(class) + 1,
        None => LONG,
    }
}

impl<E> Default for Pool<E> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            free: [NONE; LAST_CLASS as usize + 1],
            long: Vec::new(),
            free_long: Vec::new(),
            units: Vec::new(),
        }
    }
}

impl<E> Chunk<E> {
    fn with_capacity(capacity: usize) -> Self {
        let labels = if Pool::<E>::LABELLED { capacity } else { 0 };
        Self {
            nodes: Vec::with_capacity(capacity),
            places: Vec::with_capacity(capacity),
            labels: Vec::with_capacity(labels),
        }
    }

    fn resize(&mut self, len: usize) {
        self.nodes.resize(len, 0);
        self.places.resize(len, 0);
        if Pool::<E>::LABELLED {
            self.labels.resize_with(len, || None);
        }
    }

    #[inline]
    fn write(&mut self, at: usize, entry: Entry, label: Option<E>) {
        self.nodes[at] = entry.node;
        self.places[at] = entry.place;
        if Pool::<E>::LABELLED {
            self.labels[at] = label;
        }
    }

    #[inline]
    fn entry(&self, at: usize) -> Entry {
        Entry {
            node: self.nodes[at],
            place: self.places[at],
        }
    }

    fn take_label(&mut self, at: usize) -> Option<E> {
        if Pool::<E>::LABELLED {
            self.labels[at].take()
        } else {
            None
        }
    }

    /// Fills the entry at one position with that of another, whose label goes along.
    #[inline]
    fn copy(&mut self, from: usize, to: usize) {
        self.nodes[to] = self.nodes[from];
        self.places[to] = self.places[from];
        if Pool::<E>::LABELLED {
            self.labels[to] = self.labels[from].take();
        }
    }

    fn memory(&self) -> usize {
        4 * (self.nodes.capacity() + self.places.capacity())
            + size_of::<Option<E>>() * self.labels.capacity()
    }
}

impl<E> Pool<E> {
    /// Whether labels take memory; if not, one entry stands in the head of its list.
    const LABELLED: bool = size_of::<E>() != 0;

    /// The chunk of a list with a block, and where in it the list starts.
    #[inline]
    fn block(&self, list: List) -> (&Chunk<E>, usize) {
        if list.class() == LONG {
            (&self.long[list.first as usize], 0)
        } else {
            let base = list.first as usize & (CHUNK - 1);
            (&self.chunks[list.first as usize >> CHUNK_BITS], base)
        }
    }

    #[inline]
    fn block_mut(&mut self, list: List) -> (&mut Chunk<E>, usize) {
        if list.class() == LONG {
            (&mut self.long[list.first as usize], 0)
        } else {
            let base = list.first as usize & (CHUNK - 1);
            (&mut self.chunks[list.first as usize >> CHUNK_BITS], base)
        }
    }

    /// The nodes of a list, in order.
    #[inline]
    pub(crate) fn nodes<'a>(&'a self, list: &'a List) -> &'a [u32] {
        if list.class() == 0 {
            return &core::slice::from_ref(&list.first)[..usize::from(list.first != 0)];
        }
        let (chunk, base) = self.block(*list);
        &chunk.nodes[base..base + list.len()]
    }

    /// The places of a list, in order.
    #[inline]
    pub(crate) fn places<'a>(&'a self, list: &'a List) -> &'a [u32] {
        if list.class() == 0 {
            return &core::slice::from_ref(&list.word)[..usize::from(list.first != 0)];
        }
        let (chunk, base) = self.block(*list);
        &chunk.places[base..base + list.len()]
    }

    /// The entry at a position.
    #[inline]
    pub(crate) fn entry(&self, list: List, at: usize) -> Entry {
        if list.class() == 0 {
            debug_assert!(at < list.len(), "the head has one entry at most");
            return Entry {
                node: list.first,
                place: list.word,
            };
        }
        let (chunk, base) = self.block(list);
        chunk.entry(base + at)
    }

    /// The last entry of a list that has one.
    #[inline]
    pub(crate) fn last(&self, list: List) -> Entry {
        self.entry(list, list.len() - 1)
    }

    /// The label at a position.
    ///
    /// # Panics
    /// Where the list has no such position.
    #[inline]
    pub(crate) fn label(&self, list: List, at: usize) -> &E {
        if !Self::LABELLED {
            return &self.units[0];
        }
        let (chunk, base) = self.block(list);
        chunk.labels[base + at]
            .as_ref()
            .expect("an entry has a label")
    }

    /// The label at a position, to change.
    ///
    /// # Panics
    /// Where the list has no such position.
    pub(crate) fn label_mut(&mut self, list: List, at: usize) -> &mut E {
        if !Self::LABELLED {
            return &mut self.units[0];
        }
        let (chunk, base) = self.block_mut(list);
        chunk.labels[base + at]
            .as_mut()
            .expect("an entry has a label")
    }

    /// Changes the place of an entry, after its counterpart has moved.
    #[inline]
    pub(crate) fn set_place(&mut self, list: &mut List, at: usize, place: u32) {
        if list.class() == 0 {
            list.word = place;
        } else {
            let (chunk, base) = self.block_mut(*list);
            chunk.places[base + at] = place;
        }
    }

    /// Changes the node and the place of an entry; its label stays.
    pub(crate) fn set_entry(&mut self, list: &mut List, at: usize, entry: Entry) {
        if list.class() == 0 {
            list.first = entry.node;
            list.word = entry.place;
        } else {
            let (chunk, base) = self.block_mut(*list);
            chunk.nodes[base + at] = entry.node;
            chunk.places[base + at] = entry.place;
        }
    }

    /// Whether a list can take one more entry.
    pub(crate) fn has_room(&self, list: List) -> bool {
        list.len() < MAX_LEN && self.chunks.len() < (NONE >> CHUNK_BITS) as usize
    }

    /// Appends an entry; returns its position.
    #[inline]
    pub(crate) fn push(&mut self, list: &mut List, entry: Entry, label: E) -> u32 {
        let len = list.len();
        if !Self::LABELLED && len == 0 {
            *list = List {
                first: entry.node,
                word: entry.place,
            };
            self.units.push(label);
            return 0;
        }
        if list.class() == LONG {
            self.grow_long(*list);
        } else if list.class() == 0 || len == CAPACITY[list.class() as usize] as usize {
            self.move_to(list, class_for(len + 1));
        }
        list.set_len(len + 1);
        if Self::LABELLED {
            let (chunk, base) = self.block_mut(*list);
            chunk.write(base + len, entry, Some(label));
        } else {
            self.units.push(label);
            let (chunk, base) = self.block_mut(*list);
            chunk.write(base + len, entry, None);
        }
        narrow(len)
    }

    /// Makes room for one more entry in a long list, an eighth at a time.
    fn grow_long(&mut self, list: List) {
        let long = &mut self.long[list.first as usize];
        let len = long.nodes.len();
        if len == long.nodes.capacity() {
            let more = len / 8 + 1;
            long.nodes.reserve_exact(more);
            long.places.reserve_exact(more);
            if Self::LABELLED {
                long.labels.reserve_exact(more);
            }
        }
        long.resize(len + 1);
    }

    /// Moves a list to a block of another class.
    #[cold]
    fn move_to(&mut self, list: &mut List, class: u32) {
        let old = *list;
        let len = old.len();
        let new = List {
            first: self.allocate(class, len),
            word: class << CLASS_SHIFT | narrow(len),
        };
        for at in 0..len {
            let (entry, label) = self.take(old, at);
            let (chunk, base) = self.block_mut(new);
            chunk.write(base + at, entry, label);
        }
        self.deallocate(old);
        *list = new;
    }

    #[inline]
    fn take(&mut self, list: List, at: usize) -> (Entry, Option<E>) {
        let entry = self.entry(list, at);
        if !Self::LABELLED {
            return (entry, None);
        }
        let (chunk, base) = self.block_mut(list);
        (entry, chunk.take_label(base + at))
    }

    /// A block of a class: the address of a free one, or of a new one at the end.
    fn allocate(&mut self, class: u32, len: usize) -> u32 {
        if class == LONG {
            return self.allocate_long(len);
        }
        let head = self.free[class as usize];
        if head != NONE {
            let chunk = &self.chunks[head as usize >> CHUNK_BITS];
            self.free[class as usize] = chunk.nodes[head as usize & (CHUNK - 1)];
            return head;
        }
        let capacity = CAPACITY[class as usize] as usize;
        if self
            .chunks
            .last()
            .is_none_or(|chunk| chunk.nodes.len() + capacity > CHUNK)
        {
            self.add_chunk();
        }
        let last = self.chunks.len() - 1;
        let chunk = &mut self.chunks[last];
        let base = chunk.nodes.len();
        chunk.resize(base + capacity);
        narrow_address(last << CHUNK_BITS | base)
    }

    /// Adds a chunk; the rest of the last one becomes free blocks.
    #[cold]
    fn add_chunk(&mut self) {
        if let Some(last) = self.chunks.len().checked_sub(1) {
            let mut class = LAST_CLASS;
            while class > 0 {
                let capacity = CAPACITY[class as usize] as usize;
                let base = self.chunks[last].nodes.len();
                if base + capacity <= CHUNK {
                    self.chunks[last].resize(base + capacity);
                    self.set_free(class, narrow_address(last << CHUNK_BITS | base));
                } else {
                    class -= 1;
                }
            }
        }
        // The first chunk grows as it fills, so that a small store is small.
        let capacity = if self.chunks.is_empty() { 0 } else { CHUNK };
        self.chunks.push(Chunk::with_capacity(capacity));
    }

    fn allocate_long(&mut self, len: usize) -> u32 {
        let mut chunk = Chunk::with_capacity(len + len / 8 + 1);
        chunk.resize(len + 1);
        if let Some(free) = self.free_long.pop() {
            self.long[free as usize] = chunk;
            return free;
        }
        self.long.push(chunk);
        narrow_address(self.long.len() - 1)
    }

    fn set_free(&mut self, class: u32, address: u32) {
        let chunk = &mut self.chunks[address as usize >> CHUNK_BITS];
        chunk.nodes[address as usize & (CHUNK - 1)] = self.free[class as usize];
        self.free[class as usize] = address;
    }

    fn deallocate(&mut self, list: List) {
        match list.class() {
            0 => {}
            LONG => {
                self.long[list.first as usize] = Chunk::with_capacity(0);
                self.free_long.push(list.first);
            }
            class => self.set_free(class, list.first),
        }
    }

    /// Removes an entry; the last one takes its place. Returns the entry that moved, if any.
    #[inline]
    pub(crate) fn swap_remove(&mut self, list: &mut List, at: usize) -> (Option<Entry>, E) {
        if list.class() == 0 {
            *list = List::EMPTY;
            return (None, self.claim(None));
        }
        let end = list.len() - 1;
        let (chunk, base) = self.block_mut(*list);
        let label = chunk.take_label(base + at);
        chunk.copy(base + end, base + at);
        let moved = (at != end).then(|| chunk.entry(base + at));
        self.shorten(list);
        (moved, self.claim(label))
    }

    /// Removes an entry; those behind it move up by one.
    pub(crate) fn shift_remove(&mut self, list: &mut List, at: usize) -> E {
        if list.class() == 0 {
            *list = List::EMPTY;
            return self.claim(None);
        }
        let end = list.len() - 1;
        let (chunk, base) = self.block_mut(*list);
        let label = chunk.take_label(base + at);
        for to in base + at..base + end {
            chunk.copy(to + 1, to);
        }
        self.shorten(list);
        self.claim(label)
    }

    /// The label that was taken out of its entry, or one of those without a size.
    #[inline]
    fn claim(&mut self, label: Option<E>) -> E {
        let label = if Self::LABELLED {
            label
        } else {
            self.units.pop()
        };
        label.expect("an entry has a label")
    }

    /// Takes the last entry, which was moved away, off a list with a block, and gives back what is
    /// too large.
    #[inline]
    fn shorten(&mut self, list: &mut List) {
        let class = list.class();
        let len = list.len() - 1;
        list.set_len(len);
        if class == LONG {
            self.shorten_long(list);
        } else if len == 0 {
            self.deallocate(*list);
            *list = List::EMPTY;
        } else if len <= CAPACITY[class as usize] as usize / 4 {
            self.move_to(list, class_for(len * 2));
        }
    }

    #[cold]
    fn shorten_long(&mut self, list: &mut List) {
        let len = list.len();
        let long = &mut self.long[list.first as usize];
        long.resize(len);
        if len <= CAPACITY[LAST_CLASS as usize] as usize / 2 {
            self.move_to(list, class_for(len));
        } else if len < long.nodes.capacity() / 4 {
            long.nodes.shrink_to(len * 2);
            long.places.shrink_to(len * 2);
            long.labels.shrink_to(len * 2);
        }
    }

    /// Empties a list; its labels are added to `labels`, in order.
    pub(crate) fn clear(&mut self, list: &mut List, labels: &mut Vec<E>) {
        if core::mem::needs_drop::<E>() {
            for at in 0..list.len() {
                let (_, label) = self.take(*list, at);
                let label = self.claim(label);
                labels.push(label);
            }
        } else if Self::LABELLED {
            if list.class() != LONG && list.class() != 0 {
                let len = list.len();
                let (chunk, base) = self.block_mut(*list);
                chunk.labels[base..base + len].fill_with(|| None);
            }
        } else {
            self.units.truncate(self.units.len() - list.len());
        }
        self.deallocate(*list);
        *list = List::EMPTY;
    }

    /// Moves a list out of another pool, to the end of this one, in the smallest block that fits.
    pub(crate) fn adopt(&mut self, from: &mut Self, list: &mut List) {
        let mut new = List::EMPTY;
        for at in 0..list.len() {
            let (entry, label) = from.take(*list, at);
            let label = from.claim(label);
            self.push(&mut new, entry, label);
        }
        from.deallocate(*list);
        *list = new;
    }

    /// Entries of blocks that are not free, and of long lists.
    #[cfg(any(test, feature = "check"))]
    pub(crate) fn in_use(&self) -> usize {
        let mut used: usize = self.chunks.iter().map(|chunk| chunk.nodes.len()).sum();
        for (&free, capacity) in self.free.iter().zip(CAPACITY) {
            let mut free = free;
            while free != NONE {
                used -= capacity as usize;
                free = self.chunks[free as usize >> CHUNK_BITS].nodes[free as usize & (CHUNK - 1)];
            }
        }
        used + self.long.iter().map(|long| long.nodes.len()).sum::<usize>() + self.units.len()
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let blocks = self.chunks.iter().chain(&self.long);
        blocks.map(Chunk::memory).sum::<usize>()
            + size_of::<Chunk<E>>() * (self.chunks.capacity() + self.long.capacity())
            + 4 * self.free_long.capacity()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "has_room keeps addresses below 2^32"
)]
fn narrow_address(address: usize) -> u32 {
    address as u32
}

#[cfg(test)]
mod tests;
