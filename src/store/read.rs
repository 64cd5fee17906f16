//! Values: look-ups and walks.

use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::ops::{Index, IndexMut};

use slotmap::{Key, KeyData};

use crate::bits::Bits;
use crate::graph::Kind;
use crate::handle::index_of;
use crate::heap::arena::Arena;
use crate::index::{arena_of, slot_of};
use crate::store::iter::{Handles, Values, ValuesMut};
use crate::store::{Edges, Iter, IterMut, Store};

impl<T, E, K: Key> Store<T, E, K> {
    /// The dead that have not left their slots, if there are any.
    #[inline]
    pub(super) fn dead_bits(&self) -> Option<&Bits> {
        (self.objects.doomed > 0).then_some(&self.objects.dead)
    }

    /// Whether a handle names an object.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let fern = store.insert("fern");
    /// assert!(store.contains(fern));
    /// assert!(!store.contains(understory::Handle::default())); // null
    /// ```
    #[must_use]
    #[inline]
    pub fn contains(&self, handle: K) -> bool {
        self.objects.resolve(handle.data()).is_some()
    }

    /// The value of an object; `None` if the handle names none.
    ///
    /// Complexity: O(1): the arena, then the slot.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let fern = store.insert("fern");
    /// assert_eq!(store.get(fern), Some(&"fern"));
    /// store.unroot(fern)?;
    /// assert_eq!(store.get(fern), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn get(&self, handle: K) -> Option<&T> {
        let value = self.objects.heap.get(handle.data())?;
        self.objects
            .is_live(index_of(handle.data()))
            .then_some(value)
    }

    /// The value of an object, to change; `None` if the handle names none.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let coins = store.insert(5);
    /// if let Some(value) = store.get_mut(coins) {
    ///     *value += 1;
    /// }
    /// assert_eq!(store[coins], 6);
    /// ```
    #[must_use]
    #[inline]
    pub fn get_mut(&mut self, handle: K) -> Option<&mut T> {
        if !self.objects.is_live(index_of(handle.data())) {
            return None;
        }
        self.objects.heap.get_mut(handle.data())
    }

    /// The values of several objects at once, to change; `None` if a handle names no object or
    /// two name the same.
    ///
    /// Complexity: O(N log N), and in O(4,095) more for each arena that has more than eight of the
    /// objects.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let [a, b] = [store.insert(1), store.insert(2)];
    /// if let Some([x, y]) = store.get_disjoint_mut([a, b]) {
    ///     core::mem::swap(x, y);
    /// }
    /// assert_eq!((store[a], store[b]), (2, 1));
    /// assert!(store.get_disjoint_mut([a, a]).is_none());
    /// ```
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "all handles were resolved")]
    pub fn get_disjoint_mut<const N: usize>(&mut self, handles: [K; N]) -> Option<[&mut T; N]> {
        let keys = handles.map(|handle| handle.data());
        if !keys.iter().all(|&key| self.objects.resolve(key).is_some()) {
            return None;
        }
        let mut order: [usize; N] = core::array::from_fn(|at| at);
        order.sort_unstable_by_key(|&at| index_of(keys[at]));
        if order.windows(2).any(|pair| keys[pair[0]] == keys[pair[1]]) {
            return None;
        }
        let mut found: [Option<&mut T>; N] = core::array::from_fn(|_| None);
        let mut arenas = self.objects.heap.arenas_mut();
        let mut passed = 0;
        for group in
            order.chunk_by(|&a, &b| arena_of(index_of(keys[a])) == arena_of(index_of(keys[b])))
        {
            let number = arena_of(index_of(keys[group[0]]));
            let (arena, rest) =
                core::mem::take(&mut arenas)[number - passed..].split_first_mut()?;
            (arenas, passed) = (rest, number + 1);
            find_in_arena(arena, group, &keys, &mut found);
        }
        Some(found.map(|value| value.expect("an object has a value")))
    }

    /// All objects, in the order of their indices.
    ///
    /// Complexity: O(arenas × 4,095) for all.
    ///
    /// # Examples
    /// ```
    /// let store: understory::Store<u32> = [1, 2, 3].into_iter().collect();
    /// assert_eq!(store.iter().map(|(_, value)| value).sum::<u32>(), 6);
    /// ```
    pub fn iter(&self) -> Iter<'_, T, K> {
        Iter::new(self.objects.heap.arenas(), self.dead_bits(), self.len())
    }

    /// All objects, to change, in the order of their indices.
    ///
    /// Complexity: O(arenas × 4,095) for all.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = [1, 2, 3].into_iter().collect();
    /// for (_, value) in store.iter_mut() {
    ///     *value *= 10;
    /// }
    /// assert!(store.values().eq(&[10, 20, 30]));
    /// ```
    pub fn iter_mut(&mut self) -> IterMut<'_, T, K> {
        let len = self.len();
        let dead = (self.objects.doomed > 0).then_some(&self.objects.dead);
        IterMut::new(self.objects.heap.arenas_mut(), dead, len)
    }

    /// The handles of all objects, in the order of their indices.
    ///
    /// Complexity: O(arenas × 4,095) for all.
    ///
    /// # Examples
    /// ```
    /// let store: understory::Store<u32> = [1, 2, 3].into_iter().collect();
    /// let last = store.handles().last().unwrap();
    /// assert_eq!(store[last], 3);
    /// ```
    pub fn handles(&self) -> impl ExactSizeIterator<Item = K> + FusedIterator {
        Handles(self.iter())
    }

    /// The values of all objects, in the order of their indices.
    ///
    /// Complexity: O(arenas × 4,095) for all.
    ///
    /// # Examples
    /// ```
    /// let store: understory::Store<u32> = [1, 2, 3].into_iter().collect();
    /// assert_eq!(store.values().sum::<u32>(), 6);
    /// ```
    pub fn values(&self) -> impl ExactSizeIterator<Item = &T> + FusedIterator {
        if self.objects.doomed > 0 {
            return Values::new([].iter(), self.iter());
        }
        let none = Iter::new(&[], None, 0);
        Values::new(self.objects.heap.arenas().iter(), none)
    }

    /// The values of all objects, to change, in the order of their indices.
    ///
    /// Complexity: O(arenas × 4,095) for all.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = [1, 2, 3].into_iter().collect();
    /// store.values_mut().for_each(|value| *value += 1);
    /// assert!(store.values().eq(&[2, 3, 4]));
    /// ```
    pub fn values_mut(&mut self) -> impl ExactSizeIterator<Item = &mut T> + FusedIterator {
        if self.objects.doomed > 0 {
            return ValuesMut::new([].iter_mut(), self.iter_mut());
        }
        let none = IterMut::new(&mut [], None, 0);
        ValuesMut::new(self.objects.heap.arenas_mut().iter_mut(), none)
    }

    /// The edges alone, to read.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let tree = store.insert("tree");
    /// let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// let edges = store.edges(); // `Copy`, and knows nothing of the values
    /// assert!(edges.has_edge(tree, nut) && edges.sources(nut).eq([tree]));
    /// ```
    #[must_use]
    #[inline]
    pub fn edges(&self) -> Edges<'_, E, K> {
        Edges {
            headers: self.objects.graph.headers(),
            strong: self.objects.graph.edges(),
            weak: self.objects.graph.weak(),
            kind: Kind::Strong,
            dead: self.dead_bits(),
            key: PhantomData,
        }
    }

    /// The weak edges, to read in all the ways in which [`edges`](Self::edges) are read.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// let [owl, mouse] = ["owl", "mouse"].map(|name| store.insert(name));
    /// store.link_weak(owl, "watches", mouse)?;
    /// assert!(store.weak_edges().targets(owl).eq([mouse]));
    /// assert_eq!(store.weak_edges().target(owl, &"watches"), Some(mouse));
    /// assert_eq!(store.weak_edges().source(mouse, &"watches"), Some(owl));
    /// assert_eq!((store.edge_count(), store.weak_edges().edge_count()), (0, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn weak_edges(&self) -> Edges<'_, E, K> {
        self.edges().weak()
    }
}

/// Finds the values of one arena's objects: all of them exist and are different, and `group` names them
/// in the order of their slots.
fn find_in_arena<'a, T>(
    arena: &'a mut Arena<T>,
    group: &[usize],
    keys: &[KeyData],
    found: &mut [Option<&'a mut T>],
) {
    macro_rules! exactly {
        ($($number:literal)*) => {
            match group.len() {
                $($number => {
                    let keys: [KeyData; $number] = core::array::from_fn(|at| keys[group[at]]);
                    let values = arena.get_disjoint_mut(keys).into_iter().flatten();
                    for (&at, value) in group.iter().zip(values) {
                        found[at] = Some(value);
                    }
                })*
                // Slotmap takes only an array, so larger numbers are picked out of a walk over the
                // arena.
                _ => {
                    let mut wanted = group.iter().copied().peekable();
                    for (slot, value) in arena.iter_mut() {
                        let slot = index_of(slot.data());
                        let is_it = |&at: &usize| slot_of(index_of(keys[at])) == slot as usize;
                        if let Some(at) = wanted.next_if(is_it) {
                            found[at] = Some(&mut value.0);
                        }
                    }
                }
            }
        };
    }
    exactly!(1 2 3 4 5 6 7 8);
}

impl<T, E, K: Key> Index<K> for Store<T, E, K> {
    type Output = T;

    /// The value of an object.
    ///
    /// # Panics
    /// If the handle names no object; [`get`](Store::get) answers `None` instead.
    #[track_caller]
    fn index(&self, handle: K) -> &T {
        match self.get(handle) {
            Some(value) => value,
            None => stale_panic(handle.data()),
        }
    }
}

impl<T, E, K: Key> IndexMut<K> for Store<T, E, K> {
    /// The value of an object, to change.
    ///
    /// # Panics
    /// If the handle names no object; [`get_mut`](Store::get_mut) answers `None` instead.
    #[track_caller]
    fn index_mut(&mut self, handle: K) -> &mut T {
        match self.get_mut(handle) {
            Some(value) => value,
            None => stale_panic(handle.data()),
        }
    }
}

#[cold]
#[track_caller]
pub(super) fn stale_panic(key: KeyData) -> ! {
    panic!("handle {key:?} names no object of this store")
}
