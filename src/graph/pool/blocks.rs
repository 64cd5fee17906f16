//! The blocks of all classes, in chunks.
//!
//! An address is the number of a chunk and a position in it. A long list has a chunk of its own,
//! and so its entries are found in the same way.

use alloc::vec::Vec;

use super::cells::Cells;
use super::holes::headers;
#[cfg(feature = "rollback")]
use super::journal::ChunkLog;
use super::{CAPACITY, LAST_CLASS, LONG};
use crate::journal::Journal;

const CHUNK_BITS: u32 = 14;
/// Entries of a chunk of blocks.
const CHUNK: usize = 1 << CHUNK_BITS;
const MASK: usize = CHUNK - 1;
const NONE: u32 = u32::MAX;
const MAX_CHUNKS: usize = (NONE >> CHUNK_BITS) as usize;

#[derive(Debug)]
pub(super) struct Blocks<C> {
    pub(super) chunks: Vec<C>,
    /// The chunk in which new blocks are made, and where in it the next one starts.
    pub(super) current: Option<usize>,
    pub(super) end: usize,
    /// First free block of each class; each names the next in its first node.
    pub(super) free: [u32; LAST_CLASS as usize + 1],
    /// Numbers of chunks that belonged to long lists.
    pub(super) vacant: Vec<u32>,
    pub(super) journal: Journal<ChunkLog<C>>,
}

/// There is none without the feature `rollback`.
#[cfg(not(feature = "rollback"))]
type ChunkLog<C> = core::marker::PhantomData<C>;

impl<C: Clone> Clone for Blocks<C> {
    fn clone(&self) -> Self {
        Self {
            chunks: self.chunks.clone(),
            current: self.current,
            end: self.end,
            free: self.free,
            vacant: self.vacant.clone(),
            journal: Journal::default(),
        }
    }

    /// Keeps the memory that there is.
    fn clone_from(&mut self, source: &Self) {
        self.chunks.clone_from(&source.chunks);
        self.current = source.current;
        self.end = source.end;
        self.free = source.free;
        self.vacant.clone_from(&source.vacant);
        self.journal = Journal::default();
    }
}

impl<C> Default for Blocks<C> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            current: None,
            end: 0,
            free: [NONE; LAST_CLASS as usize + 1],
            vacant: Vec::new(),
            journal: Journal::default(),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "has_room keeps addresses below 2^32"
)]
fn address(chunk: usize, base: usize) -> u32 {
    (chunk << CHUNK_BITS | base) as u32
}

/// The number of a chunk and the position in it that an address names.
#[inline]
pub(super) fn split(address: u32) -> (usize, usize) {
    (address as usize >> CHUNK_BITS, address as usize & MASK)
}

impl<C> Blocks<C> {
    /// All chunks, by number.
    #[cfg(feature = "rayon")]
    pub(super) fn chunks(&self) -> &[C] {
        &self.chunks
    }
}

impl<C: Cells> Blocks<C> {
    /// The chunk of a block, and where in it the block starts.
    #[inline]
    pub(super) fn at(&self, address: u32) -> (&C, usize) {
        let (chunk, base) = split(address);
        (&self.chunks[chunk], base)
    }

    #[inline]
    pub(super) fn at_mut(&mut self, address: u32) -> (&mut C, usize) {
        let (chunk, base) = split(address);
        (&mut self.chunks[chunk], base)
    }

    /// Whether one more chunk has an address.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.chunks.len() < MAX_CHUNKS
    }

    /// Whether there are addresses for blocks of so many entries in all, and for so many long lists.
    pub(super) fn has_room_for(&self, entries: usize, long: usize) -> bool {
        // At the end of a chunk there may be less left than the largest block takes.
        let usable = CHUNK - Self::size(LAST_CLASS);
        let chunks = entries.div_ceil(usable).saturating_add(long);
        chunks <= MAX_CHUNKS - self.chunks.len()
    }

    /// The address of a block of a class, a free one or a new one, for a list of `len` entries.
    pub(super) fn allocate(&mut self, class: u32, len: usize) -> u32 {
        if class == LONG {
            return self.allocate_long(len);
        }
        self.reuse(class).unwrap_or_else(|| self.make_block(class))
    }

    /// The address of a free block of a class, if there is one.
    #[inline]
    pub(super) fn reuse(&mut self, class: u32) -> Option<u32> {
        let head = self.free[class as usize];
        if head == NONE {
            return None;
        }
        let (cells, base) = self.at(head);
        self.free[class as usize] = cells.node(base);
        Some(head)
    }

    /// Frees a block.
    #[inline]
    pub(super) fn put_back(&mut self, class: u32, address: u32) {
        let next = self.free[class as usize];
        let (cells, base) = self.at_mut(address);
        cells.set_node(base, next);
        self.free[class as usize] = address;
    }

    /// Entries of a block of a class, with its header.
    fn size(class: u32) -> usize {
        CAPACITY[class as usize] as usize + headers::<C>(class)
    }

    /// The address of a new block.
    fn make_block(&mut self, class: u32) -> u32 {
        let size = Self::size(class);
        let current = match self.current {
            Some(current) if self.end + size <= CHUNK => current,
            _ => self.add_chunk(),
        };
        let base = self.end + headers::<C>(class);
        self.end += size;
        let cells = &mut self.chunks[current];
        if cells.len() < self.end {
            // Twice as much each time, so that a small store is small.
            cells.resize((2 * self.end).clamp(16, CHUNK));
        }
        address(current, base)
    }

    /// Adds a chunk; the rest of the current one becomes free blocks.
    #[cold]
    fn add_chunk(&mut self) -> usize {
        if let Some(full) = self.current {
            let mut class = LAST_CLASS;
            while class > 0 {
                let end = self.end + Self::size(class);
                if end <= CHUNK {
                    let base = self.end + headers::<C>(class);
                    self.chunks[full].resize(CHUNK);
                    self.end = end;
                    self.deallocate(class, address(full, base));
                } else {
                    class -= 1;
                }
            }
        }
        let mut cells = C::with_capacity(0);
        // The first chunk grows as it fills.
        if self.current.is_some() {
            cells.resize(CHUNK);
        }
        self.chunks.push(cells);
        self.end = 0;
        let current = self.chunks.len() - 1;
        self.current = Some(current);
        current
    }

    fn allocate_long(&mut self, len: usize) -> u32 {
        let base = headers::<C>(LONG);
        let mut cells = C::with_capacity(base + len + len / 8 + 1);
        cells.resize(base + len + 1);
        if let Some(vacant) = self.vacant.pop() {
            self.replace(vacant, cells);
            return address(vacant as usize, base);
        }
        self.chunks.push(cells);
        address(self.chunks.len() - 1, base)
    }

    /// Puts a chunk in the place of another one.
    fn replace(&mut self, number: u32, cells: C) {
        let old = core::mem::replace(&mut self.chunks[number as usize], cells);
        #[cfg(feature = "rollback")]
        self.keep_whole(number, old);
        #[cfg(not(feature = "rollback"))]
        drop(old);
    }

    /// Makes room for one more entry in a long list of `len` entries, an eighth at a time.
    pub(super) fn extend(&mut self, long: u32, len: usize) {
        let (cells, base) = self.at_mut(long);
        let len = base + len;
        if cells.len() > len {
            return;
        }
        if len == cells.capacity() {
            cells.reserve_exact(len / 8 + 1);
        }
        cells.resize(len + 1);
    }

    /// Shortens a long list; true if a block would be enough.
    pub(super) fn trim(&mut self, long: u32, len: usize) -> bool {
        let (cells, base) = self.at_mut(long);
        cells.resize(base + len);
        if len < cells.capacity() / 4 {
            cells.shrink_to(base + len * 2);
        }
        len <= CAPACITY[LAST_CLASS as usize] as usize / 2
    }

    /// Frees a block, or the allocation of a long list.
    pub(super) fn deallocate(&mut self, class: u32, address: u32) {
        if class == LONG {
            let number = address >> CHUNK_BITS;
            self.replace(number, C::with_capacity(0));
            self.vacant.push(number);
        } else if class != 0 {
            self.put_back(class, address);
        }
    }

    /// Entries of blocks that are not free, and of long lists.
    #[cfg(any(test, feature = "check"))]
    pub(super) fn in_use(&self) -> usize {
        let mut used: usize = self.chunks.iter().map(C::len).sum();
        if let Some(current) = self.current {
            used -= self.chunks[current].len() - self.end;
        }
        for (&free, class) in self.free.iter().zip(0..) {
            let mut free = free;
            while free != NONE {
                used -= Self::size(class);
                let (cells, base) = self.at(free);
                free = cells.node(base);
            }
        }
        used
    }

    /// Bytes allocated.
    pub(super) fn memory(&self) -> usize {
        self.chunks.iter().map(C::memory).sum::<usize>()
            + self.chunks.capacity() * size_of::<C>()
            + self.vacant.capacity() * 4
    }
}
