//! The rows of an arena, for whatever reads them all.

use alloc::boxed::Box;

use slotmap::KeyData;

use super::block::Flags;
use super::{Block, Headers, Node, words_of};
use crate::bits::{Ones, WORD};
use crate::graph::pool::List;
use crate::handle::key_of;
use crate::index::{ARENA_WORDS, index_at};

/// The rows of an arena.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rows<'s> {
    pub(super) blocks: &'s [Option<Box<Block>>],
    pub(super) flags: &'s [Flags],
    /// What each row that is not written would say.
    pub(super) plain: Option<&'s Node>,
}

impl Rows<'_> {
    /// The slots of a block that have an object.
    #[inline]
    pub(crate) fn occupied(&self, block: usize) -> u64 {
        self.flags.get(block).map_or(0, |flags| flags.occupied)
    }

    /// The version in the row of a slot that has an object.
    #[inline]
    pub(crate) fn version(&self, slot: usize) -> u32 {
        match (self.blocks.get(slot / WORD), self.plain) {
            (Some(Some(block)), _) => block.version_at(slot),
            (_, Some(plain)) => plain.version,
            _ => 0,
        }
    }
}

impl Headers {
    /// The rows of an arena.
    pub(crate) fn rows(&self, arena: usize) -> Rows<'_> {
        Rows {
            blocks: of_arena(&self.blocks, arena),
            flags: of_arena(&self.flags, arena),
            plain: self.plain.get(arena),
        }
    }

    /// The objects of a word, in order: their keys, and the lists of the edges from them.
    pub(crate) fn objects(&self, word: usize) -> impl Iterator<Item = (KeyData, List)> + use<'_> {
        let block = self.blocks.get(word).and_then(Option::as_deref);
        let plain = self.plain.get(word / ARENA_WORDS);
        let plain = plain.map_or(0, |node| node.version);
        Ones(self.occupied(word)).map(move |bit| {
            let index = index_at(word, bit);
            let (version, list) = match block {
                Some(block) => (block.node(index).version, *block.outgoing(index)),
                None => (plain, List::EMPTY),
            };
            (key_of(index, version), list)
        })
    }
}

/// The part of a table by blocks that belongs to an arena. The table may end in it, or before it if it was
/// given back.
fn of_arena<T>(table: &[T], arena: usize) -> &[T] {
    let words = words_of(arena);
    table
        .get(words.start..words.end.min(table.len()))
        .unwrap_or(&[])
}
