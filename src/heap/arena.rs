//! One slotmap of objects.

#[cfg(feature = "serde")]
mod restore;

use slotmap::{DefaultKey, Key, KeyData, SlotMap};

use crate::config::Generation;
use crate::handle::{index_of, key_of, version_of};
use crate::index::ARENA_BITS;

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

/// Up to 4,095 objects, all in one generation, that stay where they are.
///
/// What a look-up reads of it is in one cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(crate) struct Arena<T> {
    slots: SlotMap<DefaultKey, T>,
    /// Even number that is added to slotmap's versions, so that a new slotmap in the place of one
    /// that was given back goes on above it.
    floor: u32,
    /// Slots whose version would wrap, and that are never used again.
    retired: u32,
    /// The free slots that were used before, the next one last: slotmap knows, and does not tell.
    #[cfg(feature = "serde")]
    free: alloc::vec::Vec<u16>,
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
}

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
            free: alloc::vec::Vec::new(),
            #[cfg(feature = "serde")]
            unarranged: None,
            generation: Generation::Young,
            in_use: true,
            listed: false,
            usage: Usage::Reserved,
        }
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
        self.slots.get(self.inner(key))
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: KeyData) -> Option<&mut T> {
        self.slots.get_mut(self.inner(key))
    }

    /// Several objects at once, none of them twice.
    pub(crate) fn get_disjoint_mut<const N: usize>(
        &mut self,
        keys: [KeyData; N],
    ) -> Option<[&mut T; N]> {
        let keys = keys.map(|key| self.inner(key));
        self.slots.get_disjoint_mut(keys)
    }

    /// Adds the object that `make` builds for its key. Nothing has changed when `make` runs.
    #[inline]
    pub(crate) fn insert(&mut self, base: u32, make: impl FnOnce(KeyData) -> T) -> KeyData {
        #[cfg(feature = "serde")]
        if self.unarranged.is_some() {
            return self.insert_first(base, make);
        }
        let floor = self.floor;
        let key = self
            .slots
            .insert_with_key(|key| make(outer_key(base, floor, key)));
        #[cfg(feature = "serde")]
        self.note_taken(key);
        outer_key(base, floor, key)
    }

    /// Takes an object out. A slot whose version would wrap is retired.
    #[inline]
    pub(crate) fn remove(&mut self, key: KeyData) -> Option<T> {
        let inner = self.inner(key);
        if version_of(key) == u32::MAX {
            let value = self.slots.detach(inner);
            self.retired += u32::from(value.is_some());
            return value;
        }
        let value = self.slots.remove(inner);
        #[cfg(feature = "serde")]
        if value.is_some() {
            self.note_free(inner);
        }
        value
    }

    pub(crate) fn iter(&self) -> slotmap::basic::Iter<'_, DefaultKey, T> {
        self.slots.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> slotmap::basic::IterMut<'_, DefaultKey, T> {
        self.slots.iter_mut()
    }

    pub(crate) fn values(&self) -> slotmap::basic::Values<'_, DefaultKey, T> {
        self.slots.values()
    }

    pub(crate) fn values_mut(&mut self) -> slotmap::basic::ValuesMut<'_, DefaultKey, T> {
        self.slots.values_mut()
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
        let slots = slots + self.free.capacity() * size_of::<u16>();
        slots
    }
}
