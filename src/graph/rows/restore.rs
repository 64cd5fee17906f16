//! Rows made again of what was saved.

use super::{Headers, MAX_ROOTS, Node, bit};
use crate::bits::{Ones, WORD};
use crate::form::{Fault, demand};
use crate::index::{arena_of, index_at};

/// What the row of an object says, but for its edges.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub(crate) version: u32,
    pub(crate) roots: u32,
    pub(crate) distance: u8,
    pub(crate) is_noted: bool,
    pub(crate) is_suspected: bool,
    pub(crate) is_pending: bool,
}

impl Headers {
    /// Fills the row of an object, which has no edges yet.
    pub(crate) fn restore_object(&mut self, index: u32, said: &Said) -> Result<(), Fault> {
        let most = said.roots <= MAX_ROOTS;
        demand!(most, "object {index} has too many roots: {}", said.roots);
        let word = index as usize / WORD;
        if word >= self.flags.len() {
            self.extend_further(word);
        }
        let mut node = Node::born(said.version, said.roots);
        node.set_distance(said.distance);
        if said.is_noted {
            node.note();
        }
        if said.is_suspected {
            node.suspect();
        }
        let is_plain = said.roots == 1 && said.distance == 0 && !node.is_noted();
        let plain = self.plain[arena_of(index)].version;
        if !is_plain || said.is_suspected || said.is_pending || said.version != plain {
            *self.node_mut(index) = node;
        }
        if let Some(block) = &mut self.blocks[word] {
            *block.node_mut(index) = node;
        }
        let flags = &mut self.flags[word];
        flags.occupied |= bit(index);
        if said.roots > 0 {
            flags.rooted |= bit(index);
        }
        if said.is_pending {
            flags.pending |= bit(index);
        }
        Ok(())
    }

    /// Notes the floor of an arena that is not in use.
    pub(crate) fn open_without_rows(&mut self, arena: usize, floor: u32) {
        if self.plain.len() <= arena {
            self.plain.resize(arena + 1, Node::bare(0));
        }
        self.plain[arena] = Node::born(floor.wrapping_add(1), 1);
    }

    /// The sum of all root counts.
    pub(crate) fn total_roots(&self) -> u64 {
        let words = 0..self.flags.len();
        let rooted = words
            .flat_map(|word| Ones(self.flags[word].rooted).map(move |bit| index_at(word, bit)));
        rooted
            .map(|index| u64::from(self.node(index).roots()))
            .sum()
    }

    /// Notes the version of a slot that was used and is empty.
    pub(crate) fn restore_empty(&mut self, index: u32, version: u32) {
        let word = index as usize / WORD;
        if word >= self.flags.len() {
            self.extend_further(word);
        }
        *self.node_mut(index) = Node::bare(version);
    }
}
