use core::mem;

use super::access::{Access, Values};
use crate::bits::WORD;
use crate::index::ARENA_WORDS;

/// The slots of an arena, a bit each.
pub(super) type Slots = [u64; ARENA_WORDS];
/// How many slots are gone to at a time, at most: those of a block.
pub(super) const SPAN: usize = 1024;

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

/// How the terms of a query follow what leads; a bit each.
#[derive(Clone, Copy, Default)]
pub struct Following {
    /// Those whose values at its slots come next, in a list of the same slots.
    pub(super) packed: u32,
    /// Those of which that is the list of a group.
    pub(super) grouped: u32,
}

impl Following {
    /// Both of one, and of the term at a place in a tuple.
    pub(super) fn with(self, other: Self, place: u32) -> Self {
        Self {
            packed: self.packed | other.packed << place,
            grouped: self.grouped | other.grouped << place,
        }
    }
}

/// The components of one arena, and how far they have been read: those of a group, and all others.
pub struct Cursor<'q, A: Access> {
    rest: Side<'q, A>,
    group: Side<'q, A>,
}

/// One of the two.
struct Side<'q, A: Access> {
    /// Until it is read.
    part: Option<A::Part<'q>>,
    reading: Option<Reading<'q, A>>,
}

/// How far a side has been read.
struct Reading<'q, A: Access> {
    words: &'q [u64],
    values: Values<'q, A>,
    /// The slot of the first value by slot that was not read yet.
    next_slot: usize,
    /// One more than the number of the block of a list that is being read; and its values, of which `passed`
    /// will be passed over, and those of `left` in this word.
    next_block: usize,
    block: A::Values<'q>,
    passed: usize,
    word: usize,
    left: u64,
}

impl<A: Access> Default for Cursor<'_, A> {
    fn default() -> Self {
        Self {
            rest: Side::default(),
            group: Side::default(),
        }
    }
}

impl<A: Access> Default for Side<'_, A> {
    fn default() -> Self {
        Self {
            part: None,
            reading: None,
        }
    }
}

impl<'q, A: Access> Side<'q, A> {
    #[inline]
    fn open(&mut self, part: Option<A::Part<'q>>) {
        self.part = part;
        self.reading = None;
    }

    #[inline]
    fn len(&self) -> usize {
        self.part.as_ref().map_or(0, |part| A::part(part).len())
    }

    #[inline]
    fn words(&self) -> &[u64] {
        self.part.as_ref().map_or(&[], |part| A::part(part).words())
    }

    #[inline]
    fn lead(&self) -> Option<Lead<'_>> {
        let part = A::part(self.part.as_ref()?);
        Some(Lead {
            words: part.words(),
            len: part.len(),
            shift: part.shift()?,
        })
    }

    #[inline]
    fn is_in_step(&self, lead: &Lead<'_>) -> bool {
        self.lead()
            .is_some_and(|own| own.shift == lead.shift && are_same(own.words, lead.words))
    }

    /// What is read of it; nothing if it has nothing.
    #[inline]
    fn reading(&mut self) -> Option<&mut Reading<'q, A>> {
        // Most arenas are read in one way, so nothing is got ready before it is needed.
        if let Some(part) = self.part.take() {
            self.reading = Some(Reading::new(part));
        }
        self.reading.as_mut()
    }

    /// The value of a slot, whatever its form; slots come in order.
    fn take(&mut self, slot: usize) -> Option<A::Item<'q>> {
        self.reading()?.take(slot)
    }
}

impl<'q, A: Access> Reading<'q, A> {
    fn new(part: A::Part<'q>) -> Self {
        let (words, values) = A::read(part);
        Self {
            words,
            values,
            next_slot: 0,
            next_block: 0,
            block: Default::default(),
            passed: 0,
            word: 0,
            left: 0,
        }
    }

    fn by_slot(&mut self, end: usize) -> Hot<'q, A> {
        let first = mem::replace(&mut self.next_slot, end);
        match &mut self.values {
            Values::Direct(options) => Hot::by_slot(A::split(options, end - first), first),
            Values::Listed { .. } => Hot::default(),
        }
    }

    /// See [`Side::take`].
    fn take(&mut self, slot: usize) -> Option<A::Item<'q>> {
        let (shift, blocks) = match &mut self.values {
            Values::Direct(options) => {
                let skip = slot - self.next_slot;
                self.next_slot = slot + 1;
                return A::skip(options, skip);
            }
            Values::Listed { shift, blocks } => (*shift, blocks),
        };
        let words = self.words;
        let (word, bit) = (slot / WORD, 1 << (slot % WORD));
        if words.get(word)? & bit == 0 {
            return None;
        }
        let block = slot >> shift;
        if block >= self.next_block {
            (_, self.block) = A::block(blocks, block - self.next_block)?;
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
        A::nth(&mut self.block, passed)
    }
}

impl<'q, A: Access> Cursor<'q, A> {
    pub(super) fn open(&mut self, [rest, group]: [Option<A::Part<'q>>; 2]) {
        self.rest.open(rest);
        self.group.open(group);
    }

    #[inline]
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
    #[inline]
    pub(super) fn lead(&self) -> Option<Lead<'_>> {
        match (self.rest.len(), self.group.len()) {
            (_, 0) => self.rest.lead(),
            (0, _) => self.group.lead(),
            _ => None,
        }
    }

    /// The list of exactly these slots.
    pub(super) fn exact(&self, slots: &Slots) -> Option<Lead<'_>> {
        let leads = [self.group.lead(), self.rest.lead()];
        let mut leads = leads.into_iter().flatten();
        leads.find(|lead| are_same(lead.words, slots))
    }

    /// Whether all that it has can be found by slot.
    #[inline]
    pub(super) fn is_direct(&self) -> bool {
        self.group.len() == 0 && self.rest.lead().is_none()
    }

    /// How it follows what leads; `None` if its values can be found neither in step nor by slot.
    #[inline]
    pub(super) fn follow(&self, lead: &Lead<'_>) -> Option<Following> {
        let is_grouped = self.group.is_in_step(lead);
        let is_packed = is_grouped || self.rest.is_in_step(lead);
        (is_packed || self.is_direct()).then_some(Following {
            packed: is_packed.into(),
            grouped: is_grouped.into(),
        })
    }

    /// What is read along with what leads.
    #[inline]
    pub(super) fn begin(&mut self, is_grouped: bool) -> Leading<'q, A> {
        let side = if is_grouped {
            &mut self.group
        } else {
            &mut self.rest
        };
        let values = match side.part.take() {
            Some(part) => A::read(part).1,
            None => Values::default(),
        };
        Leading {
            values,
            next_slot: 0,
        }
    }

    /// What a loop over slots before `end` needs, if all values can be found by slot.
    pub(super) fn by_slot(&mut self, end: usize) -> Hot<'q, A> {
        match self.rest.reading() {
            Some(reading) => reading.by_slot(end),
            None => Hot::default(),
        }
    }

    /// The value of a slot, whatever its form; slots come in order.
    pub(super) fn take(&mut self, slot: usize) -> Option<A::Item<'q>> {
        self.group.take(slot).or_else(|| self.rest.take(slot))
    }
}

/// The values of an arena through which a list leads.
pub struct Leading<'q, A: Access> {
    values: Values<'q, A>,
    /// The slot of the first value by slot that was not read yet.
    next_slot: usize,
}

impl<'q, A: Access> Leading<'q, A> {
    /// What a loop over the slots before `end` needs; and the slots of the next block, if these are a list in
    /// step with what leads.
    #[inline]
    pub(super) fn block(&mut self, end: usize) -> (Hot<'q, A>, Option<&'q [u16]>) {
        let next_slot = mem::replace(&mut self.next_slot, end);
        match &mut self.values {
            Values::Direct(options) => {
                let options = A::split(options, end - next_slot);
                (Hot::by_slot(options, next_slot), None)
            }
            Values::Listed { blocks, .. } => match A::block(blocks, 0) {
                Some((slots, values)) => (Hot::listed(values), Some(slots)),
                None => (Hot::default(), None),
            },
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
    #[inline]
    fn by_slot(options: A::Options<'q>, next_slot: usize) -> Self {
        Self {
            options,
            next_slot,
            ..Self::default()
        }
    }

    #[inline]
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

    /// Says how many values there are, if they are packed: so the compiler knows that each slot has one.
    #[inline]
    pub(super) fn trim(&mut self, is_packed: bool, len: usize) {
        if is_packed {
            A::trim(&mut self.values, len);
        }
    }

    /// The value of a slot: that at a place among the values, if it is packed.
    #[inline]
    pub(super) fn at(&mut self, is_packed: bool, place: usize, slot: usize) -> Option<A::Item<'_>> {
        if is_packed {
            A::value_at(&mut self.values, place)
        } else {
            A::option_at(&mut self.options, slot - self.next_slot)
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
