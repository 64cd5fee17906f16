//! One slotmap of objects.

#[cfg(feature = "serde")]
mod free;
#[cfg(feature = "rollback")]
mod journal;
#[cfg(feature = "serde")]
mod restore;

use slotmap::{DefaultKey, Key, KeyData, SlotMap};

use crate::config::Generation;
use crate::handle::{index_of, key_of, version_of};
use crate::index::ARENA_BITS;
use crate::journal::Journal;

#[cfg(feature = "serde")]
use free::FreeSlots;
#[cfg(feature = "rollback")]
use journal::ArenaLog;
#[cfg(feature = "rollback")]
pub(crate) use journal::{ArenaChanges, Opened};
#[cfg(feature = "serde")]
pub(crate) use restore::{Slot, Unarranged};

/// The most objects of an arena: slotmap leaves the first of its slots unused.
pub(crate) const CAPACITY: usize = (1 << ARENA_BITS) - 1;

/// The store's key for slotmap's own, in the arena that starts at `base`.
#[inline]
pub(crate) fn outer_key(base: u32, floor: u32, key: DefaultKey) -> KeyData {
    let key = key.data();
    key_of(base | index_of(key), version_of(key).wrapping_add(floor))
}

/// A value in its slot. It is of a type of its own so that slotmap's `Deserialize` sets no terms for the values: it is
/// what makes slots with the versions that they are to have, and it reads no values.
#[derive(Clone, Debug)]
#[repr(transparent)]
pub(crate) struct Held<T>(pub(crate) T);

/// Up to 4,095 objects, all in one generation, that stay where they are.
///
/// What a look-up reads of it is in one cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(crate) struct Arena<T> {
    slots: SlotMap<DefaultKey, Held<T>>,
    /// Even number that is added to slotmap's versions, so that a new slotmap in the place of one
    /// that was given back goes on above it.
    floor: u32,
    /// Slots whose version would wrap, and that are never used again.
    retired: u32,
    /// The free slots that were used before.
    #[cfg(feature = "serde")]
    free: FreeSlots,
    /// The free slots of an arena that was loaded without objects: they are to be put in order with the first
    /// value that comes.
    #[cfg(feature = "serde")]
    unarranged: Option<alloc::boxed::Box<Unarranged>>,
    /// Which collections of the arena's objects there were.
    pub(crate) generation: Generation,
    /// Whether the arena was opened and not given back since.
    pub(crate) in_use: bool,
    /// Whether the arena is in the list of those that await reuse.
    pub(crate) listed: bool,
    pub(crate) usage: Usage,
    journal: Journal<ArenaLog<T>>,
}

/// There is none without the feature `rollback`.
#[cfg(not(feature = "rollback"))]
type ArenaLog<T> = core::marker::PhantomData<T>;

/// Whether an arena was filled, and is missed if it is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    /// It was made to be filled, and that has not begun.
    Reserved,
    Filled,
    /// It was empty when it was last looked at, and was not filled since.
    Disused,
}

impl<T> Arena<T> {
    /// An arena without objects, whose versions start above `floor`.
    pub(crate) fn new(capacity: usize, floor: u32) -> Self {
        let slots = if capacity == 0 {
            SlotMap::new()
        } else {
            SlotMap::with_capacity(capacity)
        };
        Self {
            slots,
            floor,
            retired: 0,
            #[cfg(feature = "serde")]
            free: FreeSlots::default(),
            #[cfg(feature = "serde")]
            unarranged: None,
            generation: Generation::Young,
            in_use: true,
            listed: false,
            usage: Usage::Reserved,
            journal: Journal::default(),
        }
    }

    /// Another arena in the place of this one, which has no objects.
    #[cfg(not(feature = "rollback"))]
    pub(crate) fn replace(&mut self, other: Self) {
        *self = other;
    }

    /// Makes it a copy of another arena, in the memory that there is. If the copy of a value panics, slotmap aborts.
    pub(crate) fn copy_from(&mut self, source: &Self)
    where
        T: Clone,
    {
        let mut slots = core::mem::take(&mut self.slots);
        slots.clone_from(&source.slots);
        *self = Self {
            slots,
            floor: source.floor,
            retired: source.retired,
            #[cfg(feature = "serde")]
            free: source.free.clone(),
            #[cfg(feature = "serde")]
            unarranged: source.unarranged.clone(),
            generation: source.generation,
            in_use: source.in_use,
            listed: source.listed,
            usage: source.usage,
            journal: Journal::default(),
        };
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many objects can be added. (What memory it has does not matter: that of a clone differs.)
    pub(crate) fn room(&self) -> usize {
        CAPACITY - self.slots.len() - self.retired as usize
    }

    /// Whether no object can be added.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.slots.len() + self.retired as usize >= CAPACITY
    }

    /// Whether a slot ran out of versions.
    pub(crate) fn has_retired(&self) -> bool {
        self.retired > 0
    }

    /// Room for objects that needs no new memory.
    pub(crate) fn capacity(&self) -> usize {
        self.slots
            .capacity()
            .saturating_sub(self.retired as usize)
            .min(CAPACITY)
    }

    /// Makes room for more objects.
    pub(crate) fn reserve(&mut self, objects: usize) {
        self.slots.reserve(objects.min(CAPACITY - self.slots.len()));
    }

    /// Slotmap's own key for a key of the store.
    #[inline]
    fn inner(&self, key: KeyData) -> DefaultKey {
        let slot = index_of(key) & ((1 << ARENA_BITS) - 1);
        key_of(slot, version_of(key).wrapping_sub(self.floor)).into()
    }

    /// The store's key for slotmap's own, in the arena that starts at `base`.
    #[inline]
    pub(crate) fn outer(&self, base: u32, key: DefaultKey) -> KeyData {
        outer_key(base, self.floor, key)
    }

    #[inline]
    pub(crate) fn get(&self, key: KeyData) -> Option<&T> {
        let held = self.slots.get(self.inner(key))?;
        Some(&held.0)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: KeyData) -> Option<&mut T> {
        self.keep(key);
        self.get_noted(key)
    }

    /// The same for whoever has [noted](Self::keep) what is to change.
    #[inline]
    pub(crate) fn get_noted(&mut self, key: KeyData) -> Option<&mut T> {
        let held = self.slots.get_mut(self.inner(key))?;
        Some(&mut held.0)
    }

    /// Several objects at once, none of them twice.
    pub(crate) fn get_disjoint_mut<const N: usize>(
        &mut self,
        keys: [KeyData; N],
    ) -> Option<[&mut T; N]> {
        if self.journal.is_on() {
            for key in keys {
                self.keep(key);
            }
        }
        let keys = keys.map(|key| self.inner(key));
        let held = self.slots.get_disjoint_mut(keys)?;
        Some(held.map(|held| &mut held.0))
    }

    /// Adds the object that `make` builds for its key. Nothing has changed when `make` runs.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn insert(&mut self, base: u32, make: impl FnOnce(KeyData) -> T) -> KeyData {
        #[cfg(feature = "rollback")]
        if self.journal.is_on() {
            return self.insert_noted(base, make);
        }
        self.insert_next(base, make)
    }

    #[expect(clippy::inline_always, reason = "it is the body of `insert`")]
    #[inline(always)]
    fn insert_next(&mut self, base: u32, make: impl FnOnce(KeyData) -> T) -> KeyData {
        #[cfg(feature = "serde")]
        if self.unarranged.is_some() {
            return self.insert_first(base, make);
        }
        let floor = self.floor;
        let key = self
            .slots
            .insert_with_key(|key| Held(make(outer_key(base, floor, key))));
        #[cfg(feature = "serde")]
        self.note_taken(key);
        outer_key(base, floor, key)
    }

    /// Takes an object out. A slot whose version would wrap is retired.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn remove(&mut self, key: KeyData) -> Option<T> {
        let inner = self.inner(key);
        #[cfg(feature = "rollback")]
        if self.journal.is_on() {
            self.keep_leaving(key);
        }
        if version_of(key) == u32::MAX {
            return self.retire(inner);
        }
        let value = self.slots.remove(inner)?;
        #[cfg(feature = "serde")]
        self.note_free(inner);
        Some(value.0)
    }

    #[cold]
    #[inline(never)]
    fn retire(&mut self, key: DefaultKey) -> Option<T> {
        let value = self.slots.detach(key)?;
        self.retired += 1;
        Some(value.0)
    }

    pub(crate) fn iter(&self) -> slotmap::basic::Iter<'_, DefaultKey, Held<T>> {
        self.slots.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> slotmap::basic::IterMut<'_, DefaultKey, Held<T>> {
        self.keep_all();
        self.slots.iter_mut()
    }

    /// The same for whoever has [noted](Self::keep) what is to change.
    pub(crate) fn iter_noted(&mut self) -> slotmap::basic::IterMut<'_, DefaultKey, Held<T>> {
        self.slots.iter_mut()
    }

    /// Whether changes are noted for a snapshot.
    #[cfg(feature = "rollback")]
    pub(crate) fn is_recorded(&self) -> bool {
        self.journal.is_on()
    }

    pub(crate) fn values(&self) -> slotmap::basic::Values<'_, DefaultKey, Held<T>> {
        self.slots.values()
    }

    pub(crate) fn values_mut(&mut self) -> slotmap::basic::ValuesMut<'_, DefaultKey, Held<T>> {
        self.keep_all();
        self.slots.values_mut()
    }

    /// Notes what a value was, which is about to change, if a snapshot has to know.
    #[expect(clippy::inline_always, reason = "it is asked before each change")]
    #[inline(always)]
    pub(crate) fn keep(&mut self, key: KeyData) {
        #[cfg(feature = "rollback")]
        if self.journal.is_on() {
            self.keep_slowly(key);
        }
        #[cfg(not(feature = "rollback"))]
        let _ = (&self.journal, key);
    }

    /// The same for all of them.
    #[inline]
    fn keep_all(&mut self) {
        #[cfg(feature = "rollback")]
        if self.journal.is_on() {
            self.keep_all_slowly();
        }
        #[cfg(not(feature = "rollback"))]
        let _ = &self.journal;
    }

    /// What is added to slotmap's versions.
    pub(crate) fn floor(&self) -> u32 {
        self.floor
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        // A slot is the value or the next free slot, and a version, aligned like the value.
        let align = align_of::<T>().max(4);
        let slot = (size_of::<T>().max(4) + 4).next_multiple_of(align);
        // The unused one is there even if there is no room for objects.
        let slots = (self.slots.capacity() + 1) * slot;
        #[cfg(feature = "serde")]
        let slots = slots + self.free.memory();
        slots
    }
}
