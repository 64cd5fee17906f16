//! An arena as it was when the last snapshot was taken.
//!
//! Values that have only changed are exchanged where they are. If objects have come or gone, slotmap is made anew
//! (see [`restore`](super::restore)), once for all states that are gone through.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::mem;

use slotmap::{DefaultKey, Key, KeyData, SlotMap};

use super::free::FreeSlots;
use super::{Arena, Held, Slot, Unarranged};
use crate::form::Free;
use crate::handle::{index_of, key_of, version_of};
use crate::index::{ARENA_WORDS, SLOTS, narrow_slot, slot_of};
use crate::journal::Log;

/// The values of an arena that have changed.
pub(crate) struct ArenaLog<T> {
    seen: [u64; ARENA_WORDS],
    values: Log<PastValue<T>>,
    /// How the slots were laid out, if objects have come or gone.
    layout: Option<Layout>,
    copy: fn(&T) -> T,
}

/// The value of a slot as it is not in its arena; none if it has no object.
struct PastValue<T> {
    slot: u16,
    /// That of the object's key, if there is a value.
    version: u32,
    value: Option<T>,
}

/// What there is of an arena beside its values.
#[derive(Debug, Default)]
pub(super) struct Layout {
    floor: u32,
    retired: u32,
    free: FreeSlots,
    unarranged: Option<Box<Unarranged>>,
}

/// What an arena has in one state, and not in another.
pub(crate) struct ArenaChanges<T> {
    values: Log<PastValue<T>>,
    layout: Option<Layout>,
}

impl<T> ArenaChanges<T> {
    /// Bytes allocated, without what values own.
    pub(crate) fn memory(&self) -> usize {
        let layout = self.layout.as_ref();
        self.values.memory() + layout.map_or(0, |layout| layout.free.memory())
    }

    /// The slots whose values differ.
    pub(crate) fn slots(&self) -> impl Iterator<Item = u16> {
        self.values.iter().map(|past| past.slot)
    }
}

/// The values of an arena by slot, while slotmap is to be made anew.
pub(crate) struct Opened<T> {
    values: Vec<Option<T>>,
}

impl<T> ArenaLog<T> {
    /// Whether a slot is in the log.
    #[inline]
    fn has(&self, slot: usize) -> bool {
        self.seen[slot / 64] >> (slot % 64) & 1 == 1
    }

    /// Puts one that is not into the log.
    #[inline]
    fn push(&mut self, slot: usize, version: u32, value: Option<T>) {
        self.seen[slot / 64] |= 1 << (slot % 64);
        let slot = narrow_slot(slot);
        self.values.push(PastValue {
            slot,
            version,
            value,
        });
    }
}

impl<T> Arena<T> {
    /// Puts the value of an object into the log, unless it is there.
    #[cold]
    #[inline(never)]
    pub(super) fn keep_slowly(&mut self, key: KeyData) {
        let slot = slot_of(index_of(key));
        let inner = self.inner(key);
        let Some(log) = self.journal.log().filter(|log| !log.has(slot)) else {
            return;
        };
        if let Some(Held(value)) = self.slots.get(inner) {
            let value = (log.copy)(value);
            log.push(slot, version_of(key), Some(value));
        }
    }

    /// Puts all values into the log.
    #[cold]
    #[inline(never)]
    pub(super) fn keep_all_slowly(&mut self) {
        let Some(log) = self.journal.log() else {
            return;
        };
        for (key, Held(value)) in &self.slots {
            let key = key.data();
            let slot = index_of(key) as usize;
            if !log.has(slot) {
                let value = (log.copy)(value);
                log.push(slot, version_of(key).wrapping_add(self.floor), Some(value));
            }
        }
    }

    /// Adds an object, and notes that its slot had none.
    #[cold]
    #[inline(never)]
    pub(super) fn insert_noted(&mut self, base: u32, make: impl FnOnce(KeyData) -> T) -> KeyData {
        let layout = self.past_layout();
        let key = self.insert_next(base, make);
        self.keep_vacant(index_of(key), layout);
        key
    }

    /// How the slots are laid out, if that is about to change for the first time.
    fn past_layout(&self) -> Option<Layout> {
        let log = self.journal.read()?;
        log.layout.is_none().then(|| Layout {
            floor: self.floor,
            retired: self.retired,
            free: self.free.clone(),
            unarranged: self.unarranged.clone(),
        })
    }

    /// Notes that a slot had no object; the layout is that of before it got one.
    fn keep_vacant(&mut self, index: u32, layout: Option<Layout>) {
        if let Some(log) = self.journal.log() {
            log.layout = mem::take(&mut log.layout).or(layout);
            let slot = slot_of(index);
            if !log.has(slot) {
                log.push(slot, 0, None);
            }
        }
    }

    /// Puts the value of an object that is about to leave into the log.
    #[cold]
    #[inline(never)]
    pub(super) fn keep_leaving(&mut self, key: KeyData) {
        self.keep_slowly(key);
        self.keep_layout();
    }

    fn keep_layout(&mut self) {
        let layout = self.past_layout();
        if let Some(log) = self.journal.log() {
            log.layout = mem::take(&mut log.layout).or(layout);
        }
    }

    /// Another arena in the place of this one, which has no objects.
    pub(crate) fn replace(&mut self, other: Self) {
        self.keep_layout();
        let journal = mem::take(&mut self.journal);
        *self = Self { journal, ..other };
    }

    /// Takes what has changed since this was called last, if anything has, and begins to note it anew.
    pub(crate) fn take_changes(&mut self, copy: fn(&T) -> T) -> Option<ArenaChanges<T>> {
        let log = self.journal.start(|| ArenaLog {
            seen: [0; ARENA_WORDS],
            values: Log::new(),
            layout: None,
            copy,
        });
        let values = log.values.take();
        if values.is_empty() && log.layout.is_none() {
            return None;
        }
        log.seen = [0; ARENA_WORDS];
        Some(ArenaChanges {
            values,
            layout: log.layout.take(),
        })
    }

    /// Bytes of the log.
    pub(crate) fn journal_memory(&self) -> usize {
        self.journal.read().map_or(0, |log| {
            let layout = log.layout.as_ref();
            let free = layout.map_or(0, |layout| layout.free.memory());
            size_of::<ArenaLog<T>>() + log.values.memory() + free
        })
    }

    /// Notes no changes any more.
    pub(crate) fn stop_journal(&mut self) {
        self.journal.stop();
    }

    /// Exchanges what has changed for what was there. The logs are empty.
    pub(crate) fn exchange(
        &mut self,
        opened: &mut Option<Opened<T>>,
        changes: &mut ArenaChanges<T>,
    ) {
        if let Some(layout) = &mut changes.layout {
            opened.get_or_insert_with(|| self.open());
            mem::swap(&mut self.floor, &mut layout.floor);
            mem::swap(&mut self.retired, &mut layout.retired);
            mem::swap(&mut self.free, &mut layout.free);
            mem::swap(&mut self.unarranged, &mut layout.unarranged);
        }
        if let Some(Opened { values }) = opened {
            for past in changes.values.batches_mut().flatten() {
                mem::swap(&mut values[usize::from(past.slot)], &mut past.value);
            }
            return;
        }
        for batch in changes.values.batches_mut() {
            let floor = self.floor;
            let key = |past: &PastValue<T>| -> DefaultKey {
                key_of(past.slot.into(), past.version.wrapping_sub(floor)).into()
            };
            let fetched = batch
                .iter()
                .filter(|past| self.slots.contains_key(key(past)));
            core::hint::black_box(fetched.count());
            for past in batch {
                let now = self.slots.get_mut(key(past));
                if let (Some(Held(now)), Some(value)) = (now, &mut past.value) {
                    mem::swap(now, value);
                }
            }
        }
    }

    /// Takes all values out, for slotmap to be made anew.
    fn open(&mut self) -> Opened<T> {
        let mut values = Vec::new();
        values.resize_with(SLOTS, || None);
        for (key, Held(value)) in mem::take(&mut self.slots) {
            values[index_of(key.data()) as usize] = Some(value);
        }
        Opened { values }
    }

    /// Makes slotmap anew, after the last exchange; `version` is that of the row of a slot.
    pub(crate) fn close(&mut self, opened: Opened<T>, version: impl Fn(u16) -> u32) {
        let Opened { mut values } = opened;
        let objects = values.iter().flatten().count();
        let used = objects + self.free.len() + self.retired as usize;
        let mut is_free = vec![false; SLOTS];
        for &slot in &*self.free {
            is_free[usize::from(slot)] = true;
        }
        let floor = self.floor;
        let slots = (1..=used).map(|slot| {
            let inner = version(narrow_slot(slot)).wrapping_sub(floor);
            match values[slot].take() {
                Some(value) => Slot::Object(inner, value),
                None if is_free[slot] => Slot::Free(inner),
                None => Slot::Retired,
            }
        });
        let slots: Vec<Slot<T>> = slots.collect();
        let free = self.free.iter().rev();
        let order: Vec<Free> = free
            .map(|&slot| Free {
                slot,
                version: version(slot),
            })
            .collect();
        let Self { retired, .. } = *self;
        let unarranged = self.unarranged.take();
        self.slots = SlotMap::new();
        if let Err(fault) = self.arrange(slots, &order) {
            unreachable!("an arena was once as it is to be: {fault:?}");
        }
        debug_assert_eq!(self.retired, retired, "all that is not free is retired");
        if objects == 0 {
            debug_assert!(unarranged.is_none() || self.unarranged.is_some());
        }
    }
}
