//! The components of one arena: by slot where most objects have one, in lists where few do.

use alloc::vec::Vec;
use core::mem;
use core::ops::Range;

#[cfg(feature = "check")]
use crate::bits::Ones;
use crate::bits::WORD;
#[cfg(test)]
use crate::index::ARENA_WORDS;
use crate::index::SLOTS;
use crate::index::narrow_slot;

/// How many components the blocks of a list have on average, at most.
const BLOCK: usize = 256;
/// Slots of the largest block: all of an arena.
const LARGEST: u32 = SLOTS.ilog2();

/// Components of one arena, in the order of the slots.
///
/// Safe code cannot leave a gap in a slice, so values are either without gaps, and move when one comes or
/// goes, or each of them is an `Option`.
pub struct Part<C> {
    /// The slots that have a component, a bit each. There are no words beyond the last that ever had one.
    words: Vec<u64>,
    /// How many that are.
    len: usize,
    /// Whether it is a list however many there are.
    stays_listed: bool,
    form: Form<C>,
}

/// How the components of an arena are stored.
pub(crate) enum Form<C> {
    /// By slot: where more than half of the slots have a component.
    ///
    /// An insertion or a removal moves nothing, and a walk that leads elsewhere finds a slot by its number.
    Direct(Vec<Option<C>>),
    /// Without gaps: where fewer do. A walk reads what it wants and nothing else.
    Listed(List<C>),
}

/// Components in blocks, each of so many slots that one has 256 components on average, at most. So none has more
/// than 1024: either there are few in all, or a block has few slots.
pub(crate) struct List<C> {
    /// Slot `n` is in block `n >> shift`.
    pub(crate) shift: u32,
    pub(crate) blocks: Vec<Block<C>>,
}

/// Slots in order, and the component of each.
pub struct Block<C> {
    pub(crate) slots: Vec<u16>,
    pub(crate) values: Vec<C>,
}

impl<C> Default for Block<C> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            values: Vec::new(),
        }
    }
}

impl<C> Default for Part<C> {
    fn default() -> Self {
        Self {
            words: Vec::new(),
            len: 0,
            stays_listed: false,
            form: Form::Listed(List::default()),
        }
    }
}

impl<C> Default for List<C> {
    fn default() -> Self {
        Self {
            shift: LARGEST,
            blocks: Vec::new(),
        }
    }
}

impl<C> Block<C> {
    /// Moves what stands behind another block's components behind this one's.
    fn append(&mut self, other: &mut Self) {
        self.slots.append(&mut other.slots);
        self.values.append(&mut other.values);
    }

    /// Takes off the components of a slot and all after it.
    fn split_off(&mut self, slot: usize) -> Self {
        let at = self
            .slots
            .partition_point(|&other| usize::from(other) < slot);
        Self {
            slots: self.slots.split_off(at),
            values: self.values.split_off(at),
        }
    }
}

impl<C> List<C> {
    fn find(&self, slot: usize) -> Option<(usize, usize)> {
        let block = slot >> self.shift;
        let at = self
            .blocks
            .get(block)?
            .slots
            .binary_search(&narrow_slot(slot));
        Some((block, at.ok()?))
    }

    fn get(&self, slot: usize) -> Option<&C> {
        let (block, at) = self.find(slot)?;
        self.blocks.get(block)?.values.get(at)
    }

    fn get_mut(&mut self, slot: usize) -> Option<&mut C> {
        let (block, at) = self.find(slot)?;
        self.blocks.get_mut(block)?.values.get_mut(at)
    }

    /// Adds the component of a slot that has none.
    fn insert(&mut self, slot: usize, value: C) {
        let block = slot >> self.shift;
        if self.blocks.len() <= block {
            // Most lists have few blocks; doubling would waste more than it saves.
            self.blocks.reserve_exact(block + 1 - self.blocks.len());
            self.blocks.resize_with(block + 1, Block::default);
        }
        let Block { slots, values } = &mut self.blocks[block];
        let slot = narrow_slot(slot);
        // Most come in order.
        let at = match slots.last() {
            Some(&last) if last > slot => slots.partition_point(|&other| other < slot),
            _ => slots.len(),
        };
        slots.insert(at, slot);
        values.insert(at, value);
    }

    fn remove(&mut self, slot: usize) -> Option<C> {
        let (block, at) = self.find(slot)?;
        let Block { slots, values } = &mut self.blocks[block];
        slots.remove(at);
        Some(values.remove(at))
    }

    /// Sees to it that its blocks are neither too long nor too short for so many components. Between the
    /// two there is a factor of four, so that it is not done again and again.
    fn fit(&mut self, len: usize) {
        let blocks = SLOTS >> self.shift;
        if len > blocks * BLOCK {
            self.split();
        } else if len < blocks * BLOCK / 4 && self.shift < LARGEST {
            self.merge();
        }
    }

    /// Halves the blocks.
    fn split(&mut self) {
        self.shift -= 1;
        let mut first = 0;
        let mut blocks = Vec::with_capacity(2 * self.blocks.len());
        for mut block in mem::take(&mut self.blocks) {
            let behind = block.split_off(first + (1 << self.shift));
            blocks.extend([block, behind]);
            first += 2 << self.shift;
        }
        self.blocks = blocks;
    }

    /// Makes one block of two.
    fn merge(&mut self) {
        self.shift += 1;
        for pair in self.blocks.chunks_mut(2) {
            if let [first, second] = pair {
                first.append(second);
            }
        }
        let mut at = 0;
        self.blocks.retain(|_| {
            at += 1;
            at % 2 == 1
        });
    }

    fn from_options(options: Vec<Option<C>>, len: usize) -> Self {
        let mut list = Self::default();
        while len > (SLOTS >> list.shift) * BLOCK {
            list.shift -= 1;
        }
        for (slot, value) in options.into_iter().enumerate() {
            if let Some(value) = value {
                list.insert(slot, value);
            }
        }
        list
    }

    fn into_options(self) -> Vec<Option<C>> {
        let last = self
            .blocks
            .iter()
            .rev()
            .find_map(|block| block.slots.last());
        let mut options = Vec::new();
        options.resize_with(last.map_or(0, |&last| usize::from(last) + 1), || None);
        for (slot, value) in self.into_entries() {
            options[usize::from(slot)] = Some(value);
        }
        options
    }

    fn into_entries(self) -> impl Iterator<Item = (u16, C)> {
        let blocks = self.blocks.into_iter();
        blocks.flat_map(|block| block.slots.into_iter().zip(block.values))
    }

    fn shrink(&mut self) {
        let used = self
            .blocks
            .iter()
            .rposition(|block| !block.slots.is_empty());
        self.blocks.truncate(used.map_or(0, |last| last + 1));
        self.blocks.shrink_to_fit();
        for block in &mut self.blocks {
            block.slots.shrink_to_fit();
            block.values.shrink_to_fit();
        }
    }

    fn memory_bytes(&self) -> usize {
        let block = |block: &Block<C>| {
            let slots = block.slots.capacity() * size_of::<u16>();
            slots.saturating_add(bytes(&block.values))
        };
        let blocks = self.blocks.iter().map(block);
        blocks.fold(bytes(&self.blocks), usize::saturating_add)
    }
}

/// Sets the bits of a range.
fn set_range(words: &mut [u64], range: Range<usize>) {
    let (start, end) = (range.start / WORD, range.end.div_ceil(WORD));
    for (word, first) in words[start..end]
        .iter_mut()
        .zip((start * WORD..).step_by(WORD))
    {
        let from = u64::MAX << range.start.saturating_sub(first);
        let to = u64::MAX >> (first + WORD).saturating_sub(range.end);
        *word |= from & to;
    }
}

/// Bytes of a vector. One of zero-sized values has capacity for `usize::MAX` of them.
fn bytes<V>(values: &Vec<V>) -> usize {
    values.capacity().saturating_mul(size_of::<V>())
}

impl<C> Part<C> {
    /// One that is a list however many components it has.
    pub(super) fn listed() -> Self {
        Self {
            stays_listed: true,
            ..Self::default()
        }
    }

    /// The components of 64 slots, a bit each.
    #[inline]
    pub(super) fn word(&self, word: usize) -> u64 {
        self.words.get(word).copied().unwrap_or(0)
    }

    /// The slots that have a component, a bit each; further words would be 0.
    #[inline]
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// How many slots the blocks of its list have, see [`List`]; `None` if values are found by slot.
    #[inline]
    pub(crate) fn shift(&self) -> Option<u32> {
        match &self.form {
            Form::Direct(_) => None,
            Form::Listed(list) => Some(list.shift),
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn split(&self) -> (&[u64], &Form<C>) {
        (&self.words, &self.form)
    }

    /// Apart, so that a walk that may write the components still sees which slots have one.
    #[inline]
    pub(crate) fn split_mut(&mut self) -> (&[u64], &mut Form<C>) {
        (&self.words, &mut self.form)
    }

    pub(super) fn get(&self, slot: usize) -> Option<&C> {
        match &self.form {
            Form::Direct(values) => values.get(slot)?.as_ref(),
            Form::Listed(list) => list.get(slot),
        }
    }

    /// Hands out the component of each of these slots that has one, with what stands beside the slot.
    pub(super) fn read(
        &self,
        slots: impl Iterator<Item = (u32, usize)>,
        mut each: impl FnMut(u32, &C),
    ) {
        match &self.form {
            Form::Direct(values) => {
                for (at, slot) in slots {
                    if let Some(Some(component)) = values.get(slot) {
                        each(at, component);
                    }
                }
            }
            Form::Listed(list) => {
                let has = |slot| self.word(slot / WORD) >> (slot % WORD) & 1 == 1;
                for (at, slot) in slots.filter(|&(_, slot)| has(slot)) {
                    if let Some(component) = list.get(slot) {
                        each(at, component);
                    }
                }
            }
        }
    }

    /// Hands out all components, in the order of the slots, until there is an error.
    #[cfg(feature = "serde")]
    pub(super) fn try_each<X>(&self, each: impl FnMut(&C) -> Result<(), X>) -> Result<(), X> {
        match &self.form {
            Form::Direct(values) => values.iter().flatten().try_for_each(each),
            Form::Listed(list) => {
                let mut values = list.blocks.iter().flat_map(|block| &block.values);
                values.try_for_each(each)
            }
        }
    }

    pub(super) fn get_mut(&mut self, slot: usize) -> Option<&mut C> {
        match &mut self.form {
            Form::Direct(values) => values.get_mut(slot)?.as_mut(),
            Form::Listed(list) => list.get_mut(slot),
        }
    }

    pub(super) fn insert(&mut self, slot: usize, value: C) -> Option<C> {
        if let Some(old) = self.get_mut(slot) {
            return Some(mem::replace(old, value));
        }
        if self.words.len() <= slot / WORD {
            self.words.resize(slot / WORD + 1, 0);
        }
        self.words[slot / WORD] |= 1 << (slot % WORD);
        self.len += 1;
        // Before the values are stretched to a slot far away.
        self.fit();
        match &mut self.form {
            Form::Direct(values) => {
                if values.len() <= slot {
                    values.resize_with(slot + 1, || None);
                }
                values[slot] = Some(value);
            }
            Form::Listed(list) => list.insert(slot, value),
        }
        None
    }

    /// Makes room for components of so many objects that are about to be born.
    pub(super) fn reserve(&mut self, more: usize) {
        if self.len == 0 && more > WORD {
            // Most slots will have one.
            self.form = Form::Direct(Vec::new());
        }
        if let Form::Direct(values) = &mut self.form {
            // The first slot of an arena is not used.
            let more = more + usize::from(values.is_empty());
            values.reserve_exact(more.min(SLOTS - values.len()));
        }
    }

    /// Adds the next `len` components to slots that follow each other, none of which has one.
    pub(super) fn add_all(
        &mut self,
        first: usize,
        len: usize,
        values: &mut impl Iterator<Item = C>,
    ) {
        let end = first + len;
        let words = self.words.len().max(end.div_ceil(WORD));
        for slot in first..end {
            let more = end - slot;
            match &mut self.form {
                Form::Direct(direct)
                    if direct.len() <= slot && (self.len + more) * 8 >= words * WORD =>
                {
                    direct.resize_with(slot, || None);
                    direct.extend(values.by_ref().take(more).map(Some));
                    self.words.resize(words, 0);
                    set_range(&mut self.words, slot..end);
                    self.len += more;
                    return;
                }
                _ => {}
            }
            if let Some(value) = values.next() {
                self.add(slot, value);
            }
        }
    }

    /// Adds the component of a slot that has none.
    #[inline]
    pub(super) fn add(&mut self, slot: usize, value: C) {
        // New objects come slot by slot, unless they come to slots that were used before.
        if let (Form::Direct(values), Some(word)) =
            (&mut self.form, self.words.get_mut(slot / WORD))
        {
            if values.len() == slot {
                *word |= 1 << (slot % WORD);
                self.len += 1;
                values.push(Some(value));
                return;
            }
        }
        let old = self.insert(slot, value);
        debug_assert!(old.is_none(), "the object is new");
    }

    pub(super) fn remove(&mut self, slot: usize) -> Option<C> {
        let value = match &mut self.form {
            Form::Direct(values) => values.get_mut(slot)?.take(),
            Form::Listed(list) => list.remove(slot),
        }?;
        self.words[slot / WORD] &= !(1 << (slot % WORD));
        self.len -= 1;
        self.fit();
        Some(value)
    }

    /// Takes the form that suits how many components there are. A list becomes direct when half of the slots
    /// have a component, and a list again when fewer than an eighth do: so it is done once for many changes.
    fn fit(&mut self) {
        let slots = self.words.len() * WORD;
        match &mut self.form {
            Form::Direct(values) if self.len * 8 < slots => {
                let values = mem::take(values);
                self.form = Form::Listed(List::from_options(values, self.len));
            }
            Form::Direct(_) => {}
            Form::Listed(list) if self.len * 2 > slots && !self.stays_listed => {
                self.form = Form::Direct(mem::take(list).into_options());
            }
            Form::Listed(list) => list.fit(self.len),
        }
    }

    /// All components, in the order of the slots.
    pub(super) fn into_entries(self) -> Vec<(u16, C)> {
        match self.form {
            Form::Direct(values) => {
                let values = values.into_iter().enumerate();
                let entry = |(slot, value): (usize, Option<C>)| Some((narrow_slot(slot), value?));
                values.filter_map(entry).collect()
            }
            Form::Listed(list) => list.into_entries().collect(),
        }
    }

    /// A copy, whose components `copy` makes.
    pub(super) fn copy(&self, copy: impl Fn(&C) -> C) -> Self {
        let block = |block: &Block<C>| Block {
            slots: block.slots.clone(),
            values: block.values.iter().map(&copy).collect(),
        };
        let form = match &self.form {
            Form::Direct(values) => {
                let value = |value: &Option<C>| value.as_ref().map(&copy);
                Form::Direct(values.iter().map(value).collect())
            }
            Form::Listed(list) => Form::Listed(List {
                shift: list.shift,
                blocks: list.blocks.iter().map(block).collect(),
            }),
        };
        Self {
            words: self.words.clone(),
            len: self.len,
            stays_listed: self.stays_listed,
            form,
        }
    }

    pub(super) fn shrink(&mut self) {
        let used = self.words.iter().rposition(|&word| word != 0);
        self.words.truncate(used.map_or(0, |last| last + 1));
        self.words.shrink_to_fit();
        let is_half_empty = self.len * 2 <= self.words.len() * WORD;
        match &mut self.form {
            Form::Direct(values) if is_half_empty => {
                let mut list = List::from_options(mem::take(values), self.len);
                list.shrink();
                self.form = Form::Listed(list);
            }
            Form::Direct(values) => {
                let used = values.iter().rposition(Option::is_some);
                values.truncate(used.map_or(0, |last| last + 1));
                values.shrink_to_fit();
            }
            Form::Listed(list) => list.shrink(),
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let values = match &self.form {
            Form::Direct(values) => bytes(values),
            Form::Listed(list) => list.memory_bytes(),
        };
        bytes(&self.words).saturating_add(values)
    }

    /// Whether it has a component at each slot that its bits name, no others, and says how many.
    #[cfg(feature = "check")]
    pub(super) fn is_sound(&self) -> bool {
        let bits = self.words.iter().zip((0..).step_by(WORD));
        let mut slots =
            bits.flat_map(|(&bits, first)| Ones(bits).map(move |bit| first + bit as usize));
        let named = self
            .words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum();
        let stored = match &self.form {
            Form::Direct(values) => values.iter().flatten().count(),
            Form::Listed(list) => list.blocks.iter().map(|block| block.values.len()).sum(),
        };
        (self.len, self.len) == (named, stored) && slots.all(|slot| self.get(slot).is_some())
    }

    #[cfg(test)]
    pub(super) fn assert_consistent(&self) {
        assert!(self.len > 0 && self.words.len() <= ARENA_WORDS);
        let mut words = alloc::vec![0; self.words.len()];
        let mut mark = |slot: usize| words[slot / WORD] |= 1 << (slot % WORD);
        let slots = self.words.len() * WORD;
        match &self.form {
            Form::Direct(values) => {
                assert!(values.len() <= slots && self.len * 8 >= slots);
                let values = values.iter().enumerate();
                let has = values.filter(|(_, value)| value.is_some());
                has.for_each(|(slot, _)| mark(slot));
            }
            Form::Listed(list) => {
                assert!(self.len * 2 <= slots || self.stays_listed);
                assert!(self.len <= (SLOTS >> list.shift) * BLOCK);
                assert!(list.blocks.len() <= SLOTS >> list.shift);
                for (at, block) in list.blocks.iter().enumerate() {
                    assert_eq!(block.slots.len(), block.values.len());
                    assert!(block.slots.len() <= 1024);
                    assert!(block.slots.is_sorted_by(|one, next| one < next));
                    for &slot in &block.slots {
                        assert_eq!(usize::from(slot) >> list.shift, at);
                        mark(slot.into());
                    }
                }
            }
        }
        assert_eq!(words, self.words);
        let len: u32 = words.iter().map(|word| word.count_ones()).sum();
        assert_eq!(len as usize, self.len);
    }
}
