use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;

use super::Component;

/// Components of one type, by object index.
///
/// An object's component is in block `(index & 4095) / 64` of chunk `index >> 12`.
pub struct Column<C> {
    pub(crate) chunks: Vec<Chunk<C>>,
    /// Components of dead objects whose `Drop` has not run yet, in order of death.
    buried: VecDeque<C>,
}

/// Components of one arena; it has no block beyond the last that ever held one.
pub struct Chunk<C> {
    pub(crate) blocks: Vec<Block<C>>,
    /// Components in all blocks.
    len: usize,
}

/// Components of 64 objects of successive indices, without gaps.
///
/// `values.len()` is the number of bits set in `present`, and the value of bit `i` stands at the
/// number of bits set below `i`. A column that one object in ten has costs a tenth of a full one
/// and is read at a tenth of the cache misses, and a full block is a plain slice.
pub struct Block<C> {
    pub(crate) present: u64,
    pub(crate) values: Vec<C>,
}

/// Splits an index into chunk, block and bit.
pub(crate) const fn place(index: u32) -> (usize, usize, u32) {
    (
        (index >> 12) as usize,
        ((index >> 6) & 63) as usize,
        index & 63,
    )
}

impl<C> Default for Block<C> {
    fn default() -> Self {
        Self {
            present: 0,
            values: Vec::new(),
        }
    }
}

impl<C> Block<C> {
    /// Where the value of `bit` stands or would stand.
    fn rank(&self, bit: u32) -> usize {
        let below = (1 << bit) - 1;
        // Counting bits takes a dozen instructions where the target has none for it.
        if self.present & below == below {
            bit as usize
        } else {
            (self.present & below).count_ones() as usize
        }
    }

    fn has(&self, bit: u32) -> bool {
        self.present >> bit & 1 == 1
    }

    fn get(&self, bit: u32) -> Option<&C> {
        if self.has(bit) {
            self.values.get(self.rank(bit))
        } else {
            None
        }
    }

    fn get_mut(&mut self, bit: u32) -> Option<&mut C> {
        if self.has(bit) {
            let rank = self.rank(bit);
            self.values.get_mut(rank)
        } else {
            None
        }
    }

    fn insert(&mut self, bit: u32, value: C) -> Option<C> {
        if let Some(old) = self.get_mut(bit) {
            return Some(mem::replace(old, value));
        }
        let rank = self.rank(bit);
        self.values.insert(rank, value);
        self.present |= 1 << bit;
        None
    }

    fn remove(&mut self, bit: u32) -> Option<C> {
        if !self.has(bit) {
            return None;
        }
        let value = self.values.remove(self.rank(bit));
        self.present &= !(1 << bit);
        Some(value)
    }
}

impl<C> Default for Chunk<C> {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            len: 0,
        }
    }
}

impl<C> Chunk<C> {
    fn block_mut(&mut self, block: usize) -> &mut Block<C> {
        if self.blocks.len() <= block {
            let full = self
                .blocks
                .last()
                .is_some_and(|last| last.present >> 63 == 1);
            self.blocks.resize_with(block + 1, Block::default);
            // A neighbour that is full, or nearly, foretells that this one will be: one
            // allocation then, in place of five.
            if full && self.blocks[block - 1].values.len() > 32 {
                self.blocks[block].values.reserve_exact(64);
            }
        }
        &mut self.blocks[block]
    }
}

impl<C> Default for Column<C> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            buried: VecDeque::new(),
        }
    }
}

impl<C> Column<C> {
    pub(crate) fn get(&self, index: u32) -> Option<&C> {
        let (chunk, block, bit) = place(index);
        self.chunks.get(chunk)?.blocks.get(block)?.get(bit)
    }

    pub(crate) fn get_mut(&mut self, index: u32) -> Option<&mut C> {
        let (chunk, block, bit) = place(index);
        let chunk = self.chunks.get_mut(chunk)?;
        chunk.blocks.get_mut(block)?.get_mut(bit)
    }

    pub(crate) fn insert(&mut self, index: u32, value: C) -> Option<C> {
        let (chunk, block, bit) = place(index);
        if self.chunks.len() <= chunk {
            self.chunks.resize_with(chunk + 1, Chunk::default);
        }
        let chunk = &mut self.chunks[chunk];
        let old = chunk.block_mut(block).insert(bit, value);
        chunk.len += usize::from(old.is_none());
        old
    }

    pub(crate) fn remove(&mut self, index: u32) -> Option<C> {
        let (chunk, block, bit) = place(index);
        let chunk = self.chunks.get_mut(chunk)?;
        let value = chunk.blocks.get_mut(block)?.remove(bit)?;
        chunk.len -= 1;
        if chunk.len == 0 {
            chunk.blocks = Vec::new();
        }
        Some(value)
    }

    /// Moves a dying object's component aside; true if it waits for its `Drop`.
    pub(super) fn bury(&mut self, index: u32) -> bool {
        match self.remove(index) {
            Some(value) if mem::needs_drop::<C>() => {
                self.buried.push_back(value);
                true
            }
            _ => false,
        }
    }

    /// Moves all components aside; true if any wait for their `Drop`.
    pub(super) fn bury_all(&mut self) -> bool {
        let chunks = mem::take(&mut self.chunks);
        if mem::needs_drop::<C>() {
            for block in chunks.into_iter().flat_map(|chunk| chunk.blocks) {
                self.buried.extend(block.values);
            }
        }
        !self.buried.is_empty()
    }

    /// Drops what was buried, in order; what is behind one whose `Drop` panics stays buried.
    pub(super) fn drop_buried(&mut self) {
        while let Some(value) = self.buried.pop_front() {
            drop(value);
        }
    }

    pub(super) fn shrink(&mut self) {
        for chunk in &mut self.chunks {
            let used = chunk.blocks.iter().rposition(|block| block.present != 0);
            chunk.blocks.truncate(used.map_or(0, |last| last + 1));
            chunk.blocks.shrink_to_fit();
            for block in &mut chunk.blocks {
                block.values.shrink_to_fit();
            }
        }
        let used = self.chunks.iter().rposition(|chunk| chunk.len != 0);
        self.chunks.truncate(used.map_or(0, |last| last + 1));
        self.chunks.shrink_to_fit();
        self.buried.shrink_to_fit();
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let chunks = self.chunks.capacity() * size_of::<Chunk<C>>();
        let buried = self.buried.capacity() * size_of::<C>();
        let blocks = |chunk: &Chunk<C>| chunk.blocks.capacity() * size_of::<Block<C>>();
        let values = |chunk: &Chunk<C>| {
            let values = chunk.blocks.iter().map(|block| block.values.capacity());
            // A vector of zero-sized values has capacity for usize::MAX of them.
            values
                .fold(0, usize::saturating_add)
                .saturating_mul(size_of::<C>())
        };
        let owned: usize = self
            .chunks
            .iter()
            .map(|chunk| blocks(chunk) + values(chunk))
            .sum();
        chunks + buried + owned
    }
}

impl<C: Component> Column<C> {
    /// A copy of the components of the living.
    pub(super) fn copy(&self) -> Self {
        let block = |block: &Block<C>| Block {
            present: block.present,
            values: block.values.iter().map(C::clone_component).collect(),
        };
        let chunk = |chunk: &Chunk<C>| Chunk {
            blocks: chunk.blocks.iter().map(block).collect(),
            len: chunk.len,
        };
        Self {
            chunks: self.chunks.iter().map(chunk).collect(),
            buried: VecDeque::new(),
        }
    }
}

#[cfg(test)]
impl<C> Column<C> {
    pub(super) fn assert_consistent(&self) {
        for chunk in &self.chunks {
            assert!(chunk.blocks.len() <= 64);
            let mut len = 0;
            for block in &chunk.blocks {
                assert_eq!(block.values.len(), block.present.count_ones() as usize);
                len += block.values.len();
            }
            assert_eq!(chunk.len, len);
        }
    }
}
