//! The rows of the objects: versions, root counts and the heads of their lists of edges.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use slotmap::KeyData;

use crate::bits::WORD;
use crate::graph::pool::List;
use crate::handle::{index_of, key_of, version_of};
use crate::index::{ARENA_WORDS, arena_of};
use crate::journal::Journal;

mod block;
mod bulk;
#[cfg(feature = "rollback")]
mod journal;
mod node;
#[cfg(feature = "serde")]
mod restore;
mod scan;

pub(crate) use block::Block;
use block::{Flags, bit};
#[cfg(feature = "rollback")]
use journal::RowLog;
#[cfg(feature = "rollback")]
pub(crate) use journal::{Outline, RowChanges};
pub(crate) use node::{MAX_ROOTS, Node, Row};
#[cfg(feature = "serde")]
pub(crate) use restore::Said;
pub(crate) use scan::Rows;

/// The lists of edges of every object, by index.
pub(crate) trait Heads {
    fn outgoing(&self, index: u32) -> &List;
    fn incoming(&self, index: u32) -> &List;
    fn outgoing_mut(&mut self, index: u32) -> &mut List;
    fn incoming_mut(&mut self, index: u32) -> &mut List;
    /// The list of outgoing edges, for a change of a back index.
    fn backs_mut(&mut self, index: u32) -> &mut List {
        self.outgoing_mut(index)
    }
}

/// One row for every slot that was ever used, in blocks of 64.
///
/// Objects that are as they were inserted, held by one root and without edges, have rows that are all
/// alike. The rows of a block are written when the first of its objects changes: a world whose objects
/// are not linked takes no memory for edges.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    /// None if no row is written.
    blocks: Vec<Option<Box<Block>>>,
    /// How many are written.
    written_blocks: usize,
    /// As many as blocks, written or not.
    flags: Vec<Flags>,
    /// For each arena, what a row that is not written would say.
    plain: Vec<Node>,
    journal: Journal<RowLog>,
}

/// There is none without the feature `rollback`.
#[cfg(not(feature = "rollback"))]
type RowLog = ();

impl Clone for Headers {
    fn clone(&self) -> Self {
        Self {
            blocks: self.blocks.clone(),
            written_blocks: self.written_blocks,
            flags: self.flags.clone(),
            plain: self.plain.clone(),
            journal: Journal::default(),
        }
    }

    /// Keeps the memory that there is.
    fn clone_from(&mut self, source: &Self) {
        self.blocks.clone_from(&source.blocks);
        self.written_blocks = source.written_blocks;
        self.flags.clone_from(&source.flags);
        self.plain.clone_from(&source.plain);
        self.journal = Journal::default();
    }
}

/// The list of an object whose row is not written.
pub(crate) static NO_EDGES: List = List::EMPTY;

impl Heads for Headers {
    #[inline]
    fn outgoing(&self, index: u32) -> &List {
        match self.block(index) {
            Some(block) => block.outgoing(index),
            None => &NO_EDGES,
        }
    }

    #[inline]
    fn incoming(&self, index: u32) -> &List {
        &self.node(index).incoming
    }

    #[inline]
    fn outgoing_mut(&mut self, index: u32) -> &mut List {
        self.block_mut(index).outgoing_mut(index)
    }

    #[inline]
    fn incoming_mut(&mut self, index: u32) -> &mut List {
        &mut self.node_mut(index).incoming
    }

    #[inline]
    fn backs_mut(&mut self, index: u32) -> &mut List {
        self.keep_row(index);
        self.written_block(index as usize / WORD)
            .outgoing_mut(index)
    }
}

/// The words of a bitmap over the global index that belong to an arena.
fn words_of(arena: usize) -> Range<usize> {
    arena * ARENA_WORDS..(arena + 1) * ARENA_WORDS
}

/// Writes the rows of a block, and counts it in `written`.
#[inline(never)]
#[cold]
fn write_rows(plain: &[Node], flags: &[Flags], word: usize, written: &mut usize) -> Box<Block> {
    *written += 1;
    Box::new(Block::new(plain[word / ARENA_WORDS], flags[word].occupied))
}

impl Headers {
    /// The block of an object, if its rows are written.
    #[inline]
    pub(crate) fn block(&self, index: u32) -> Option<&Block> {
        self.blocks.get(index as usize / WORD)?.as_deref()
    }

    /// The block of an object; its rows are written now, if they were not yet.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn block_mut(&mut self, index: u32) -> &mut Block {
        self.keep(index);
        self.written_block(index as usize / WORD)
    }

    /// Notes what an object was like, which is about to change in a way that the program can see, if a snapshot has to
    /// know.
    #[expect(clippy::inline_always, reason = "it is asked before each change")]
    #[inline(always)]
    pub(crate) fn keep(&mut self, index: u32) {
        #[cfg(feature = "rollback")]
        if self.journal.is_on() {
            self.keep_slowly(index);
        }
        #[cfg(not(feature = "rollback"))]
        let _ = (&self.journal, index);
    }

    /// The same for a row in which something is about to change that is not seen, such as a back index.
    #[expect(clippy::inline_always, reason = "it is asked before each change")]
    #[inline(always)]
    fn keep_row(&mut self, index: u32) {
        #[cfg(feature = "rollback")]
        if self.journal.is_on() {
            self.keep_row_slowly(index);
        }
        #[cfg(not(feature = "rollback"))]
        let _ = (&self.journal, index);
    }

    /// The same for the flags of a block.
    #[expect(clippy::inline_always, reason = "it is asked before each change")]
    #[inline(always)]
    fn keep_flags(&mut self, word: usize) {
        #[cfg(feature = "rollback")]
        if self.journal.is_on() {
            self.keep_flags_slowly(word);
        }
        #[cfg(not(feature = "rollback"))]
        let _ = (&self.journal, word);
    }

    /// Notes what an object was like, and the flags of its block.
    #[expect(clippy::inline_always, reason = "it is asked before each change")]
    #[inline(always)]
    fn keep_with_flags(&mut self, index: u32) {
        #[cfg(feature = "rollback")]
        if self.journal.is_on() {
            self.keep_with_flags_slowly(index);
        }
        #[cfg(not(feature = "rollback"))]
        let _ = (&self.journal, index);
    }

    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    fn written_block(&mut self, word: usize) -> &mut Block {
        let block = &mut self.blocks[word];
        if block.is_none() {
            *block = Some(write_rows(
                &self.plain,
                &self.flags,
                word,
                &mut self.written_blocks,
            ));
        }
        match block {
            Some(block) => block,
            None => unreachable!("it was written"),
        }
    }

    #[inline]
    pub(crate) fn node(&self, index: u32) -> &Node {
        match self.block(index) {
            Some(block) => block.node(index),
            None => &self.plain[arena_of(index)],
        }
    }

    /// The row of an object.
    #[inline]
    pub(crate) fn row(&self, index: u32) -> Row {
        match self.block(index) {
            Some(block) => block.row(index),
            None => Row {
                node: self.plain[arena_of(index)],
                outgoing: List::EMPTY,
            },
        }
    }

    #[inline]
    pub(crate) fn node_mut(&mut self, index: u32) -> &mut Node {
        self.keep_row(index);
        self.written_block(index as usize / WORD).node_mut(index)
    }

    /// Begins an arena without objects, whose versions start above `floor`.
    pub(crate) fn open(&mut self, arena: usize, floor: u32) {
        // The tables of a first arena grow as it is filled, so that a small store is small.
        let words = words_of(arena);
        self.extend_to(if arena == 0 { 1 } else { words.end });
        if self.plain.len() <= arena {
            self.plain.resize(arena + 1, Node::bare(0));
        }
        self.plain[arena] = Node::born(floor.wrapping_add(1), 1);
    }

    /// Sees to it that there are so many blocks, written or not.
    fn extend_to(&mut self, blocks: usize) {
        if self.blocks.len() < blocks {
            self.blocks.resize(blocks, None);
            self.flags.resize(blocks, Flags::default());
        }
    }

    /// Makes room for the rows of a new object.
    #[cold]
    #[inline(never)]
    fn extend_further(&mut self, word: usize) {
        let most = words_of(word / ARENA_WORDS).end;
        self.extend_to(most.min(2 * word));
    }

    /// Gives back the rows of an arena without objects; returns the floor for the versions that come
    /// next.
    pub(crate) fn close(&mut self, arena: usize) -> u32 {
        let mut floor = 0;
        let words = words_of(arena);
        let end = words.end.min(self.blocks.len());
        #[cfg(feature = "rollback")]
        if self.journal.is_on() {
            let written = |word: &usize| self.blocks[*word].is_some();
            let written: Vec<usize> = (words.start..end).filter(written).collect();
            for word in written {
                self.keep_block(word);
            }
        }
        for block in &mut self.blocks[words.start..end] {
            if let Some(block) = block.take() {
                floor = floor.max(block.last_version());
                self.written_blocks -= 1;
            }
        }
        floor
    }

    /// Fills the row of a new object that the program holds `roots` times.
    #[inline]
    pub(crate) fn occupy(&mut self, index: u32, version: u32, roots: u32) {
        if index as usize / WORD >= self.flags.len() {
            self.extend_further(index as usize / WORD);
        }
        self.keep_with_flags(index);
        match &mut self.blocks[index as usize / WORD] {
            Some(block) => *block.node_mut(index) = Node::born(version, roots),
            None if roots == 1 => {
                let plain = self.plain[arena_of(index)];
                debug_assert_eq!(version, plain.version, "the slot was never used");
            }
            None => self.write_newborn(index, Node::born(version, roots)),
        }
        let flags = &mut self.flags[index as usize / WORD];
        flags.occupied |= bit(index);
        if roots > 0 {
            flags.rooted |= bit(index);
        }
    }

    /// The same for an object that the program holds once.
    #[inline]
    pub(crate) fn occupy_rooted(&mut self, index: u32, version: u32) {
        let word = index as usize / WORD;
        if word >= self.flags.len() {
            self.extend_further(word);
        }
        self.keep_with_flags(index);
        match &mut self.blocks[word] {
            Some(block) => *block.node_mut(index) = Node::born(version, 1),
            None => debug_assert_eq!(
                version,
                self.plain[arena_of(index)].version,
                "the slot was never used"
            ),
        }
        let flags = &mut self.flags[word];
        flags.occupied |= bit(index);
        flags.rooted |= bit(index);
    }

    /// Fills the row of a new object that one edge holds.
    #[inline]
    pub(crate) fn occupy_linked(&mut self, index: u32, node: Node) {
        let word = index as usize / WORD;
        if word >= self.flags.len() {
            self.extend_further(word);
        }
        self.keep_with_flags(index);
        match &mut self.blocks[word] {
            Some(block) => *block.node_mut(index) = node,
            None => self.write_newborn(index, node),
        }
        self.flags[word].occupied |= bit(index);
    }

    #[cold]
    #[inline(never)]
    fn write_newborn(&mut self, index: u32, node: Node) {
        *self.written_block(index as usize / WORD).node_mut(index) = node;
    }

    /// The root distance of an object: an estimate of how far it is from a root.
    #[inline]
    pub(crate) fn distance(&self, index: u32) -> u8 {
        self.node(index).distance()
    }

    #[inline]
    pub(crate) fn set_distance(&mut self, index: u32, distance: u8) {
        self.node_mut(index).set_distance(distance);
    }

    /// Notes that an object is a suspect.
    pub(crate) fn suspect(&mut self, index: u32) {
        self.node_mut(index).suspect();
    }

    /// Notes that a table beside the rows has an object.
    pub(crate) fn note(&mut self, index: u32) {
        self.block_mut(index).node_mut(index).note();
    }

    /// Notes that an object is as near to a root as an edge makes it.
    #[inline]
    pub(crate) fn approach(&mut self, source: u32, target: u32) {
        // No edge brings an object nearer than one step.
        if self.distance(target) > 1 {
            let near = self.distance(source).saturating_add(1);
            if near < self.distance(target) {
                self.set_distance(target, near);
            }
        }
    }

    /// Adds a root; false if the count is at its maximum.
    #[inline]
    pub(crate) fn add_root(&mut self, index: u32) -> bool {
        self.keep_with_flags(index);
        let word = index as usize / WORD;
        let is_added = self.written_block(word).node_mut(index).add_root();
        self.flags[word].rooted |= bit(index);
        is_added
    }

    /// Takes so many roots away, which must be there; returns the row as it is then.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn take_roots(&mut self, index: u32, number: u32) -> Row {
        self.keep_with_flags(index);
        let word = index as usize / WORD;
        let block = self.written_block(word);
        let left = block.node_mut(index).take_roots(number);
        let row = block.row(index);
        if left == 0 {
            self.flags[word].rooted &= !bit(index);
        }
        row
    }

    /// Notes that an object is queued for reclaim; returns whether it was.
    #[inline]
    pub(crate) fn set_pending(&mut self, index: u32) -> bool {
        self.keep_flags(index as usize / WORD);
        let pending = &mut self.flags[index as usize / WORD].pending;
        let was = *pending & bit(index) != 0;
        *pending |= bit(index);
        was
    }

    /// Notes that an object is not queued for reclaim any more.
    #[inline]
    pub(crate) fn clear_pending(&mut self, index: u32) {
        self.keep_flags(index as usize / WORD);
        self.flags[index as usize / WORD].pending &= !bit(index);
    }

    /// Whether an object is queued for reclaim, or was when it was last looked at.
    #[inline]
    pub(crate) fn is_pending(&self, index: u32) -> bool {
        self.flags[index as usize / WORD].pending & bit(index) != 0
    }

    /// Ends the version of the row of an object, which no edge needs any more; returns what it was.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn vacate(&mut self, index: u32) -> Row {
        self.keep_with_flags(index);
        let word = index as usize / WORD;
        let row = self.written_block(word).vacate(index);
        let flags = &mut self.flags[word];
        let others = !bit(index);
        flags.occupied &= others;
        flags.pending &= others;
        if row.node.roots() > 0 {
            flags.rooted &= others;
        }
        row
    }

    /// The same for an object without roots whose row has been read.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn leave(&mut self, index: u32) {
        self.keep_with_flags(index);
        let word = index as usize / WORD;
        self.written_block(word).row_mut(index).vacate();
        let flags = &mut self.flags[word];
        let others = !bit(index);
        flags.occupied &= others;
        flags.pending &= others;
    }

    /// The same for an object that has one root and no edges, if it has nothing else; says whether it did.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn leave_with_root(&mut self, key: KeyData) -> bool {
        let index = index_of(key);
        let word = index as usize / WORD;
        if self.journal.is_on() {
            self.keep_current(key);
        }
        let Some(Some(block)) = self.blocks.get_mut(word) else {
            return false;
        };
        let row = block.row_mut(index);
        if row.node.version != version_of(key) || !row.has_one_root_only() {
            return false;
        }
        row.vacate();
        let flags = &mut self.flags[word];
        let others = !bit(index);
        flags.occupied &= others;
        flags.rooted &= others;
        flags.pending &= others;
        true
    }

    /// The same without the flags, which [`clear_flags`](Self::clear_flags) clears for many.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn vacate_row(&mut self, index: u32) -> Row {
        self.block_mut(index).vacate(index)
    }

    /// Clears all flags of these slots of a block.
    pub(crate) fn clear_flags(&mut self, word: usize, slots: u64) {
        self.keep_flags(word);
        if let Some(flags) = self.flags.get_mut(word) {
            flags.occupied &= !slots;
            flags.rooted &= !slots;
            flags.pending &= !slots;
        }
    }

    /// The key of the object at an index.
    #[inline]
    pub(crate) fn key(&self, index: u32) -> KeyData {
        key_of(index, self.node(index).version)
    }

    /// The index of the object that a key names, unless it is dead.
    #[inline]
    pub(crate) fn resolve(&self, key: KeyData) -> Option<u32> {
        let index = index_of(key);
        match self.blocks.get(index as usize / WORD)? {
            // A key has an odd version, and among rows only those of objects have one.
            Some(block) => (block.node(index).version == version_of(key)).then_some(index),
            None => self.resolve_plain(key),
        }
    }

    /// The index and the row of the object that a key names, unless it is dead.
    #[inline]
    pub(crate) fn resolve_row(&self, key: KeyData) -> Option<(u32, Row)> {
        let index = index_of(key);
        match self.blocks.get(index as usize / WORD)? {
            Some(block) => {
                let is_current = block.node(index).version == version_of(key);
                is_current.then(|| (index, block.row(index)))
            }
            None => self
                .resolve_plain(key)
                .map(|index| (index, self.row(index))),
        }
    }

    /// Keeps the row of the object that a key names, and its flags, unless it is dead.
    #[cold]
    #[inline(never)]
    fn keep_current(&mut self, key: KeyData) {
        if let Some(index) = self.resolve(key) {
            self.keep_with_flags(index);
        }
    }

    /// The row of the object that a key names, unless it is dead or its row is not written.
    #[inline]
    pub(crate) fn row_mut(&mut self, key: KeyData) -> Option<&mut Row> {
        let index = index_of(key);
        if self.journal.is_on() {
            self.keep_current(key);
        }
        let block = self.blocks.get_mut(index as usize / WORD)?.as_deref_mut()?;
        let row = block.row_mut(index);
        (row.node.version == version_of(key)).then_some(row)
    }

    #[inline(never)]
    fn resolve_plain(&self, key: KeyData) -> Option<u32> {
        let index = index_of(key);
        let is_there = self.flags[index as usize / WORD].occupied & bit(index) != 0;
        let is_current = self.plain[arena_of(index)].version == version_of(key);
        (is_there && is_current).then_some(index)
    }

    /// The reference count: roots and strong edges.
    #[inline]
    pub(crate) fn count(&self, index: u32) -> usize {
        let node = self.node(index);
        node.roots() as usize + node.incoming.len()
    }

    /// Whether nothing holds an object.
    #[inline]
    pub(crate) fn is_unheld(&self, index: u32) -> bool {
        self.node(index).is_unheld()
    }

    /// How many words bitmaps over all slots have.
    #[inline]
    pub(crate) fn words(&self) -> usize {
        self.blocks.len().next_multiple_of(ARENA_WORDS)
    }

    /// The slots of a block that have an object.
    #[inline]
    pub(crate) fn occupied(&self, word: usize) -> u64 {
        self.flags.get(word).map_or(0, |flags| flags.occupied)
    }

    /// The slots of a block that have an object, if its rows are written.
    pub(crate) fn written(&self, word: usize) -> u64 {
        match self.blocks.get(word) {
            Some(Some(_)) => self.occupied(word),
            _ => 0,
        }
    }

    /// The slots of a block whose objects the program holds.
    #[cfg(feature = "check")]
    pub(crate) fn rooted(&self, word: usize) -> u64 {
        self.flags.get(word).map_or(0, |flags| flags.rooted)
    }

    /// The slots of a block whose objects the program holds, or that are queued for reclaim.
    #[inline]
    pub(crate) fn rooted_or_pending(&self, word: usize) -> u64 {
        self.flags
            .get(word)
            .map_or(0, |flags| flags.rooted | flags.pending)
    }

    /// Whether the flags of a block agree with its rows, if these are not written.
    #[cfg(feature = "check")]
    pub(crate) fn is_plain_or_written(&self, word: usize) -> bool {
        let is_plain = |flags: &Flags| flags.occupied == flags.rooted && flags.pending == 0;
        matches!(self.blocks.get(word), Some(Some(_))) || self.flags.get(word).is_none_or(is_plain)
    }

    /// Whether as many blocks are written as were counted.
    #[cfg(feature = "check")]
    pub(crate) fn is_counted(&self) -> bool {
        self.blocks.iter().flatten().count() == self.written_blocks
    }

    /// Whether there is an object at an index.
    #[cfg(feature = "check")]
    pub(crate) fn is_occupied(&self, index: u32) -> bool {
        self.occupied(index as usize / WORD) & bit(index) != 0
    }

    /// Gives back the memory behind the first `arenas` arenas, if there is nothing.
    pub(crate) fn shrink(&mut self, arenas: usize) {
        self.blocks.truncate(arenas * ARENA_WORDS);
        self.blocks.shrink_to_fit();
        self.flags.truncate(arenas * ARENA_WORDS);
        self.flags.shrink_to_fit();
        self.plain.shrink_to_fit();
    }

    /// Whether the bit of an object says that the program holds it.
    #[cfg(feature = "check")]
    pub(crate) fn is_rooted(&self, index: u32) -> bool {
        self.rooted(index as usize / WORD) & bit(index) != 0
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.written_blocks * size_of::<Block>()
            + self.blocks.capacity() * size_of::<Option<Box<Block>>>()
            + self.flags.capacity() * size_of::<Flags>()
            + self.plain.capacity() * size_of::<Node>()
    }
}
