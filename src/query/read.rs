use alloc::boxed::Box;
use core::{mem, slice};

use atomic_refcell::{AtomicRef, AtomicRefMut};

use crate::bits::WORD;
use crate::columns::{Block, BorrowError, Column, Columns, Component, Form, Part};
use crate::header::ARENA_WORDS;

/// The slots of an arena, a bit each.
pub(super) type Slots = [u64; ARENA_WORDS];
/// How many slots are gone to at a time, at most: those of a block.
pub(super) const SPAN: usize = 1024;

/// How a column is read: shared (`&C`) or exclusively (`&mut C`).
pub trait Access {
    /// `None` where there is no such column.
    type Guard<'s>;
    /// Those of a group are apart.
    type Parts<'q>: Default;
    /// Values by slot.
    type Options<'q>: Default;
    type Blocks<'q>: Default;
    /// Values without gaps.
    type Values<'q>: Default;
    type Item<'q>;

    fn borrow(columns: &Columns) -> Result<Self::Guard<'_>, BorrowError>;
    fn get<'q>(guard: &'q mut Self::Guard<'_>, index: u32) -> Option<Self::Item<'q>>;
    fn parts<'q>(guard: &'q mut Self::Guard<'_>) -> Self::Parts<'q>;
    /// The part of the next arena, and that of the group.
    fn open<'q>(parts: &mut Self::Parts<'q>) -> [Option<Opened<'q, Self>>; 2];
    /// The slots and the values of a block, before which `skip` others are passed over.
    fn block<'q>(
        blocks: &mut Self::Blocks<'q>,
        skip: usize,
    ) -> Option<(&'q [u16], Self::Values<'q>)>;
    fn next<'q>(values: &mut Self::Values<'q>) -> Option<Self::Item<'q>>;
    fn nth<'q>(values: &mut Self::Values<'q>, skip: usize) -> Option<Self::Item<'q>>;
    /// Takes the first values off, and gives them.
    fn split<'q>(options: &mut Self::Options<'q>, len: usize) -> Self::Options<'q>;
    fn first<'q>(options: &mut Self::Options<'q>) -> Option<Self::Item<'q>>;
    /// Takes the first values off, and gives the one behind them.
    fn skip<'q>(options: &mut Self::Options<'q>, skip: usize) -> Option<Self::Item<'q>>;
}

/// The components of an arena.
pub struct Opened<'q, A: Access + ?Sized> {
    /// The slots that have one. Further words would be 0.
    pub(super) words: &'q [u64],
    pub(super) len: usize,
    pub(super) values: Values<'q, A>,
}

/// See [`Form`].
pub(super) enum Values<'q, A: Access + ?Sized> {
    Direct(A::Options<'q>),
    Listed { shift: u32, blocks: A::Blocks<'q> },
}

macro_rules! access {
    (
        $guard:ident, $borrow:ident, $get:ident, $as_deref:ident, $as_ref:ident, $slice:ident, $iter:ident,
        $split:ident, $split_at:ident, $split_first:ident $(, $mut:tt)?
    ) => {
        impl<C: Component> Access for &$($mut)? C {
            type Guard<'s> = Option<$guard<'s, Column<C>>>;
            type Parts<'q> = (
                slice::$slice<'q, Option<Box<Part<C>>>>,
                slice::$slice<'q, Option<Box<Part<C>>>>,
            );
            type Options<'q> = &'q $($mut)? [Option<C>];
            type Blocks<'q> = slice::$slice<'q, Block<C>>;
            type Values<'q> = slice::$slice<'q, C>;
            type Item<'q> = &'q $($mut)? C;

            fn borrow(columns: &Columns) -> Result<Self::Guard<'_>, BorrowError> {
                columns.$borrow()
            }

            fn get<'q>(guard: &'q mut Self::Guard<'_>, index: u32) -> Option<Self::Item<'q>> {
                guard.$as_deref()?.$get(index)
            }

            fn parts<'q>(guard: &'q mut Self::Guard<'_>) -> Self::Parts<'q> {
                match guard.$as_deref() {
                    Some(column) => (column.parts.$iter(), column.grouped.$iter()),
                    None => Default::default(),
                }
            }

            fn open<'q>((parts, grouped): &mut Self::Parts<'q>) -> [Option<Opened<'q, Self>>; 2] {
                [parts, grouped].map(|parts| {
                    let part = parts.next()?.$as_deref()?;
                    let len = part.len();
                    let (words, form) = part.$split();
                    let values = match form {
                        Form::Direct(values) => Values::Direct(&$($mut)? values[..]),
                        Form::Listed(list) => Values::Listed {
                            shift: list.shift,
                            blocks: list.blocks.$iter(),
                        },
                    };
                    Some(Opened { words, len, values })
                })
            }

            #[inline]
            fn block<'q>(
                blocks: &mut Self::Blocks<'q>,
                skip: usize,
            ) -> Option<(&'q [u16], Self::Values<'q>)> {
                let Block { slots, values } = blocks.nth(skip)?;
                Some((slots, values.$iter()))
            }

            #[inline]
            fn next<'q>(values: &mut Self::Values<'q>) -> Option<Self::Item<'q>> {
                values.next()
            }

            #[inline]
            fn nth<'q>(values: &mut Self::Values<'q>, skip: usize) -> Option<Self::Item<'q>> {
                values.nth(skip)
            }

            #[inline]
            fn split<'q>(options: &mut Self::Options<'q>, len: usize) -> Self::Options<'q> {
                let len = len.min(options.len());
                let (taken, rest) = mem::take(options).$split_at(len);
                *options = rest;
                taken
            }

            #[inline]
            fn first<'q>(options: &mut Self::Options<'q>) -> Option<Self::Item<'q>> {
                let (first, rest) = mem::take(options).$split_first()?;
                *options = rest;
                first.$as_ref()
            }

            #[inline]
            fn skip<'q>(options: &mut Self::Options<'q>, skip: usize) -> Option<Self::Item<'q>> {
                // A branch, where `nth` has a conditional move: so the next item need not wait for it.
                let all = mem::take(options);
                if skip >= all.len() {
                    return None;
                }
                let (first, rest) = all.$split_at(skip).1.$split_first()?;
                *options = rest;
                first.$as_ref()
            }
        }
    };
}

access!(
    AtomicRef,
    borrow,
    get,
    as_deref,
    as_ref,
    Iter,
    iter,
    split,
    split_at,
    split_first
);
access!(
    AtomicRefMut,
    borrow_mut,
    get_mut,
    as_deref_mut,
    as_mut,
    IterMut,
    iter_mut,
    split_mut,
    split_at_mut,
    split_first_mut,
    mut
);

/// What leads through an arena: a list without gaps. All other values are looked for at its slots, or stand
/// in lists of the same slots and blocks.
#[derive(Clone, Copy)]
pub struct Lead<'q> {
    pub(super) words: &'q [u64],
    pub(super) len: usize,
    pub(super) shift: u32,
}

/// Whether two bitmaps have the same bits. The shorter one has no further bits.
fn are_same(one: &[u64], other: &[u64]) -> bool {
    if core::ptr::eq(one, other) {
        return true;
    }
    let common = one.len().min(other.len());
    let (one, further) = one.split_at(common);
    let (other, others) = other.split_at(common);
    one == other && further.iter().chain(others).all(|&word| word == 0)
}

/// The components of one arena, and how far they have been read: those of a group, and all others.
pub struct Cursor<'q, A: Access> {
    rest: Side<'q, A>,
    group: Side<'q, A>,
    /// Whether it is the group that is read in step with what leads, if this is.
    is_group: bool,
}

/// One of the two, and how far it has been read.
struct Side<'q, A: Access> {
    opened: Option<Opened<'q, A>>,
    /// The slot of the first value by slot that was not read yet.
    next_slot: usize,
    /// One more than the number of the block of a list that is being read; and its values, of which `passed`
    /// will be passed over, and those of `left` in this word.
    next_block: usize,
    values: A::Values<'q>,
    passed: usize,
    word: usize,
    left: u64,
}

impl<A: Access> Default for Cursor<'_, A> {
    fn default() -> Self {
        Self {
            rest: Side::default(),
            group: Side::default(),
            is_group: false,
        }
    }
}

impl<A: Access> Default for Side<'_, A> {
    fn default() -> Self {
        Self {
            opened: None,
            next_slot: 0,
            next_block: 0,
            values: Default::default(),
            passed: 0,
            word: 0,
            left: 0,
        }
    }
}

impl<'q, A: Access> Side<'q, A> {
    fn open(&mut self, opened: Option<Opened<'q, A>>) {
        self.opened = opened;
        self.next_slot = 0;
        self.next_block = 0;
    }

    fn len(&self) -> usize {
        self.opened.as_ref().map_or(0, |opened| opened.len)
    }

    fn words(&self) -> &'q [u64] {
        self.opened.as_ref().map_or(&[], |opened| opened.words)
    }

    fn has(&self, slot: usize) -> bool {
        let word = self.words().get(slot / WORD);
        word.is_some_and(|word| word >> (slot % WORD) & 1 == 1)
    }

    fn lead(&self) -> Option<Lead<'q>> {
        match &self.opened {
            Some(Opened {
                words,
                len,
                values: Values::Listed { shift, .. },
            }) => Some(Lead {
                words,
                len: *len,
                shift: *shift,
            }),
            _ => None,
        }
    }

    fn is_in_step(&self, lead: &Lead<'_>) -> bool {
        self.lead()
            .is_some_and(|own| own.shift == lead.shift && are_same(own.words, lead.words))
    }

    fn by_slot(&mut self, end: usize) -> Hot<'q, A> {
        match &mut self.opened {
            Some(Opened {
                values: Values::Direct(options),
                ..
            }) => {
                let next_slot = self.next_slot;
                self.next_slot = end;
                Hot {
                    options: A::split(options, end - next_slot),
                    next_slot,
                    ..Hot::default()
                }
            }
            _ => Hot::default(),
        }
    }

    /// The value of a slot, whatever its form; slots come in order.
    fn take(&mut self, slot: usize) -> Option<A::Item<'q>> {
        let Opened { words, values, .. } = self.opened.as_mut()?;
        let (shift, blocks) = match values {
            Values::Direct(options) => {
                let skip = slot - self.next_slot;
                self.next_slot = slot + 1;
                return A::skip(options, skip);
            }
            Values::Listed { shift, blocks } => (*shift, blocks),
        };
        let (word, bit) = (slot / WORD, 1 << (slot % WORD));
        if words.get(word)? & bit == 0 {
            return None;
        }
        let block = slot >> shift;
        if block >= self.next_block {
            (_, self.values) = A::block(blocks, block - self.next_block)?;
            self.next_block = block + 1;
            self.passed = 0;
            self.word = (block << shift) / WORD;
            self.left = words[self.word];
        }
        while self.word < word {
            self.passed += self.left.count_ones() as usize;
            self.word += 1;
            self.left = words[self.word];
        }
        let passed = self.passed + (self.left & (bit - 1)).count_ones() as usize;
        self.left &= !(bit | (bit - 1));
        self.passed = 0;
        A::nth(&mut self.values, passed)
    }
}

impl<'q, A: Access> Cursor<'q, A> {
    pub(super) fn open(&mut self, [rest, group]: [Option<Opened<'q, A>>; 2]) {
        self.rest.open(rest);
        self.group.open(group);
    }

    pub(super) fn len(&self) -> usize {
        self.rest.len() + self.group.len()
    }

    fn word(&self, word: usize) -> u64 {
        let of = |side: &Side<'q, A>| side.words().get(word).copied().unwrap_or(0);
        of(&self.rest) | of(&self.group)
    }

    pub(super) fn keep_with(&self, matches: &mut Slots) {
        for (word, slots) in matches.iter_mut().enumerate() {
            *slots &= self.word(word);
        }
    }

    pub(super) fn keep_without(&self, matches: &mut Slots) {
        for (word, slots) in matches.iter_mut().enumerate() {
            *slots &= !self.word(word);
        }
    }

    /// The list of all that it has, if it is one.
    pub(super) fn lead(&self) -> Option<Lead<'q>> {
        match (self.rest.len(), self.group.len()) {
            (_, 0) => self.rest.lead(),
            (0, _) => self.group.lead(),
            _ => None,
        }
    }

    /// The list of exactly these slots.
    pub(super) fn exact(&self, slots: &Slots) -> Option<Lead<'q>> {
        let leads = [self.group.lead(), self.rest.lead()];
        let mut leads = leads.into_iter().flatten();
        leads.find(|lead| are_same(lead.words, slots))
    }

    /// Whether all that it has can be found by slot.
    pub(super) fn is_direct(&self) -> bool {
        self.group.len() == 0 && self.rest.lead().is_none()
    }

    /// Whether the values at the slots of what leads come next, in a list of the same slots; `None` if they can be
    /// found neither so nor by slot.
    pub(super) fn follow(&mut self, lead: &Lead<'_>) -> Option<bool> {
        self.is_group = self.group.is_in_step(lead);
        if self.is_group || self.rest.is_in_step(lead) {
            return Some(true);
        }
        self.is_direct().then_some(false)
    }

    /// What a loop over the slots before `end` needs; and the slots of the next block, if this is in step with
    /// what leads.
    pub(super) fn block(&mut self, end: usize) -> (Hot<'q, A>, Option<&'q [u16]>) {
        let side = if self.is_group {
            &mut self.group
        } else {
            &mut self.rest
        };
        match &mut side.opened {
            Some(Opened {
                values: Values::Listed { blocks, .. },
                ..
            }) => match A::block(blocks, 0) {
                Some((slots, values)) => (Hot::listed(values), Some(slots)),
                None => (Hot::default(), None),
            },
            _ => (self.by_slot(end), None),
        }
    }

    /// What a loop over slots before `end` needs, if all values can be found by slot.
    pub(super) fn by_slot(&mut self, end: usize) -> Hot<'q, A> {
        self.rest.by_slot(end)
    }

    /// The value of a slot, whatever its form; slots come in order.
    pub(super) fn take(&mut self, slot: usize) -> Option<A::Item<'q>> {
        if self.group.has(slot) {
            self.group.take(slot)
        } else {
            self.rest.take(slot)
        }
    }
}

/// All that a loop over a column changes or asks for.
pub struct Hot<'q, A: Access> {
    /// Values of a list.
    values: A::Values<'q>,
    /// Values by slot, and the slot of the first of them.
    options: A::Options<'q>,
    next_slot: usize,
}

impl<A: Access> Default for Hot<'_, A> {
    fn default() -> Self {
        Self {
            values: Default::default(),
            options: Default::default(),
            next_slot: 0,
        }
    }
}

impl<'q, A: Access> Hot<'q, A> {
    fn listed(values: A::Values<'q>) -> Self {
        Self {
            values,
            ..Self::default()
        }
    }

    /// The value of a slot, which is the next one if it is packed.
    #[inline]
    pub(super) fn led(&mut self, is_packed: bool, slot: usize) -> Option<A::Item<'q>> {
        if is_packed {
            A::next(&mut self.values)
        } else {
            let skip = slot - self.next_slot;
            self.next_slot = slot + 1;
            A::skip(&mut self.options, skip)
        }
    }

    pub(super) fn seek(&mut self, slot: usize) {
        A::split(&mut self.options, slot - self.next_slot);
        self.next_slot = slot;
    }

    #[inline]
    pub(super) fn next_option(&mut self) -> Option<A::Item<'q>> {
        A::first(&mut self.options)
    }
}
