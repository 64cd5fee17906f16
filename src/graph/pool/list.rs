//! The head of a list.

use super::cells::Entry;
use super::{CAPACITY, CLASS_SHIFT, HOLED, LEN_MASK, narrow};

/// The head of a list: 8 bytes, kept by whoever owns the list.
///
/// The place of `head` holds the class in its upper 5 bits. In class 0 the list is empty (the node
/// is 0, which is no slot's index), or `head` is its one entry. Otherwise the node is the address
/// of the block and the lower bits of the place are the length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    pub(super) head: Entry,
}

impl List {
    /// The list without entries.
    pub(crate) const EMPTY: Self = Self {
        head: Entry { node: 0, back: 0 },
    };

    pub(super) fn with_block(class: u32, address: u32, len: usize) -> Self {
        let back = class << CLASS_SHIFT | narrow(len);
        let node = address;
        Self {
            head: Entry { node, back },
        }
    }

    #[inline]
    pub(super) fn class(self) -> u32 {
        self.head.back >> CLASS_SHIFT
    }

    /// A list of one entry, without labels.
    #[inline]
    pub(crate) fn of_one(head: Entry) -> Self {
        Self { head }
    }

    /// Whether there is room for one more entry in the block.
    #[inline]
    pub(crate) fn has_room(self) -> bool {
        self.block_len() < CAPACITY[self.class() as usize]
    }

    /// Whether the list, of outgoing edges, may have holes: whether its block has a header.
    #[inline]
    pub(crate) fn may_have_holes(self) -> bool {
        self.class() >= HOLED
    }

    /// The address of the block.
    #[inline]
    pub(super) fn block(self) -> u32 {
        self.head.node
    }

    /// The length of a list that has a block.
    #[inline]
    pub(super) fn block_len(self) -> u32 {
        self.head.back & LEN_MASK
    }

    /// Empties a list without labels that holds one entry and has no block; says whether it did.
    #[inline]
    pub(crate) fn take_only(&mut self) -> bool {
        let has_no_block = self.has_no_block();
        if has_no_block {
            *self = Self::EMPTY;
        }
        has_no_block
    }

    /// The node of the only entry of a list without labels, if that is in the head.
    #[inline]
    pub(crate) fn only(self) -> Option<u32> {
        (self.has_no_block() && self.head.node != 0).then_some(self.head.node)
    }

    /// Whether the list has at most one entry, in its head.
    #[inline]
    pub(crate) fn has_no_block(self) -> bool {
        self.class() == 0
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.head.node | self.head.back == 0
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        if self.class() == 0 {
            usize::from(self.head.node != 0)
        } else {
            self.block_len() as usize
        }
    }
}
