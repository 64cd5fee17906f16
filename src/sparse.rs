//! What few objects have: a small map for each arena in which any object has it.

#[cfg(not(feature = "rollback"))]
use alloc::boxed::Box;
#[cfg(feature = "rollback")]
use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use crate::index::arena_of;

/// Hashes with a seed that is the same in every run.
pub(crate) type FixedState = foldhash::fast::FixedState;

type Map<V> = HashMap<u32, V, FixedState>;

/// A map that copies of a table have together until one of them changes it: so a snapshot copies those that change,
/// and no others. What has no snapshots has its maps for itself.
#[cfg(feature = "rollback")]
type Shared<V> = Arc<Map<V>>;
#[cfg(not(feature = "rollback"))]
type Shared<V> = Box<Map<V>>;

/// A map, to change.
#[cfg(feature = "rollback")]
fn own<V: Clone>(map: &mut Shared<V>) -> &mut Map<V> {
    Arc::make_mut(map)
}

#[cfg(not(feature = "rollback"))]
fn own<V>(map: &mut Shared<V>) -> &mut Map<V> {
    map
}

/// A map, unless another table has it too.
#[cfg(feature = "rollback")]
fn into_own<V>(map: Shared<V>) -> Option<Map<V>> {
    Arc::into_inner(map)
}

#[cfg(not(feature = "rollback"))]
#[expect(
    clippy::boxed_local,
    clippy::unnecessary_wraps,
    reason = "the same call as for shared maps"
)]
fn into_own<V>(map: Shared<V>) -> Option<Map<V>> {
    Some(*map)
}

fn sorted<V>(map: Map<V>) -> Vec<(u32, V)> {
    let mut entries: Vec<(u32, V)> = map.into_iter().collect();
    entries.sort_unstable_by_key(|&(index, _)| index);
    entries
}

/// Values by index. A map of its own for each arena, so that one that grows moves no more entries than an
/// arena has slots, however many there are in all.
///
/// - No map is empty: one that becomes so is given back.
/// - `len` is the sum of their lengths.
///
/// What comes out of several entries comes in the order of the indices, as does what is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Sparse<V> {
    arenas: Vec<Option<Shared<V>>>,
    len: usize,
}

impl<V> Default for Sparse<V> {
    fn default() -> Self {
        Self {
            arenas: Vec::new(),
            len: 0,
        }
    }
}

impl<V> Sparse<V> {
    /// How many entries there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn map(&self, index: u32) -> Option<&Map<V>> {
        self.arenas.get(arena_of(index))?.as_deref()
    }

    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<&V> {
        self.map(index)?.get(&index)
    }

    /// The indices of all entries, in order.
    pub(crate) fn indices(&self) -> impl Iterator<Item = u32> {
        self.arenas.iter().flatten().flat_map(|map| {
            let mut indices: Vec<u32> = map.keys().copied().collect();
            indices.sort_unstable();
            indices
        })
    }

    /// All values, in no fixed order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.arenas.iter().flatten().flat_map(|map| map.values())
    }

    /// Bytes allocated, without what the values own.
    pub(crate) fn memory(&self) -> usize {
        let maps = self.arenas.iter().flatten();
        let maps: usize = maps
            .map(|map| size_of::<Map<V>>() + map.allocation_size())
            .sum();
        self.arenas.capacity() * size_of::<Option<Shared<V>>>() + maps
    }
}

impl<V: Clone> Sparse<V> {
    #[inline]
    pub(crate) fn get_mut(&mut self, index: u32) -> Option<&mut V> {
        let map = self.arenas.get_mut(arena_of(index))?.as_mut()?;
        if cfg!(feature = "rollback") && !map.contains_key(&index) {
            // Nothing is copied for what is not there.
            return None;
        }
        own(map).get_mut(&index)
    }

    /// Adds an entry; returns what it takes the place of.
    pub(crate) fn insert(&mut self, index: u32, value: V) -> Option<V> {
        let old = open(&mut self.arenas, index).insert(index, value);
        self.len += usize::from(old.is_none());
        old
    }

    /// The entry of an index, which is added if there is none.
    pub(crate) fn or_default(&mut self, index: u32) -> &mut V
    where
        V: Default,
    {
        match open(&mut self.arenas, index).entry(index) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                self.len += 1;
                entry.insert(V::default())
            }
        }
    }

    pub(crate) fn remove(&mut self, index: u32) -> Option<V> {
        let arena = self.arenas.get_mut(arena_of(index))?;
        let map = arena.as_mut()?;
        if cfg!(feature = "rollback") && !map.contains_key(&index) {
            return None;
        }
        let map = own(map);
        let value = map.remove(&index)?;
        if map.is_empty() {
            *arena = None;
        }
        self.len -= 1;
        Some(value)
    }

    /// Takes all entries out, in the order of the indices.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = (u32, V)> + use<V> {
        self.len = 0;
        let arenas = core::mem::take(&mut self.arenas);
        let maps = arenas.into_iter().flatten();
        maps.flat_map(|mut map| sorted(core::mem::take(own(&mut map))))
    }

    /// All values, in no fixed order, to change.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        let maps = self.arenas.iter_mut().flatten();
        maps.flat_map(|map| own(map).values_mut())
    }

    /// Gives back what the maps don't need.
    pub(crate) fn shrink(&mut self) {
        let used = self.arenas.iter().rposition(Option::is_some);
        self.arenas.truncate(used.map_or(0, |last| last + 1));
        self.arenas.shrink_to_fit();
        for map in self.arenas.iter_mut().flatten() {
            own(map).shrink_to_fit();
        }
    }
}

/// The map of an index to which an entry is about to be added.
fn open<V: Clone>(arenas: &mut Vec<Option<Shared<V>>>, index: u32) -> &mut Map<V> {
    let arena = arena_of(index);
    if arenas.len() <= arena {
        arenas.resize_with(arena + 1, || None);
    }
    own(arenas[arena].get_or_insert_default())
}

impl<V> Drop for Sparse<V> {
    fn drop(&mut self) {
        if core::mem::needs_drop::<V>() {
            let maps = core::mem::take(&mut self.arenas).into_iter().flatten();
            maps.filter_map(into_own).flat_map(sorted).for_each(drop);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::rc::Rc;
    use core::cell::RefCell;

    use quickcheck::QuickCheck;

    use super::*;

    /// Indices of three arenas, among them the first and the last slots.
    fn index((arena, slot): (u8, u16)) -> u32 {
        u32::from(arena % 3) * 4_096 + [0, 4_095, u32::from(slot % 40)][usize::from(slot % 3)]
    }

    #[test]
    fn entries_agree_with_those_of_an_ordered_map() {
        fn run(script: Vec<(u8, (u8, u16))>) -> bool {
            let (mut sparse, mut model) = (Sparse::default(), BTreeMap::new());
            for (number, (what, at)) in (0u32..).zip(script) {
                let at = index(at);
                match what % 4 {
                    0 => assert_eq!(sparse.insert(at, number), model.insert(at, number)),
                    1 => {
                        *sparse.or_default(at) += number;
                        *model.entry(at).or_default() += number;
                    }
                    2 => assert_eq!(sparse.remove(at), model.remove(&at)),
                    _ => assert_eq!(sparse.get_mut(at), model.get_mut(&at)),
                }
                assert_eq!(sparse.get(at), model.get(&at));
                assert_eq!(
                    (sparse.len(), sparse.is_empty()),
                    (model.len(), model.is_empty())
                );
            }
            sparse.shrink();
            assert!(sparse.indices().eq(model.keys().copied()));
            assert!(sparse.clone().take().eq(model.clone()));
            sparse.take().eq(model) && sparse.is_empty() && sparse.memory() == 0
        }
        QuickCheck::new().quickcheck(run as fn(Vec<(u8, (u8, u16))>) -> bool);
    }

    #[test]
    fn a_map_without_entries_is_given_back() {
        let mut sparse = Sparse::default();
        for index in 0..4_096 {
            sparse.insert(index, index);
        }
        sparse.insert(9_000, 1);
        let all = sparse.memory();
        for index in 0..4_096 {
            assert_eq!(sparse.remove(index), Some(index));
            assert_eq!(sparse.remove(index), None);
        }
        assert!(sparse.memory() < all / 100);
        sparse.remove(9_000);
        sparse.shrink();
        assert_eq!(sparse.memory(), 0);
    }

    #[test]
    fn what_is_dropped_with_it_is_dropped_in_the_order_of_the_indices() {
        #[derive(Clone)]
        struct Noisy(u32, Rc<RefCell<Vec<u32>>>);

        impl Drop for Noisy {
            fn drop(&mut self) {
                self.1.borrow_mut().push(self.0);
            }
        }

        let told = Rc::default();
        let mut sparse = Sparse::default();
        for index in (0..9_000).rev().step_by(7) {
            sparse.insert(index, Noisy(index, Rc::clone(&told)));
        }
        drop(sparse);
        let told = told.borrow();
        assert!(told.len() > 1_000 && told.is_sorted());
    }
}
