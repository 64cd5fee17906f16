//! Which object has become which.

use core::fmt;
use core::iter::FusedIterator;

use alloc::vec::Vec;

use slotmap::{Key, KeyData};

use super::places::Places;
use crate::columns::Component;
use crate::handle::index_of;
use crate::store::Store;

/// Which object has become which: for each old handle the new one.
///
/// [`Store::duplicate`], [`Store::extract`] and [`Store::merge`] return it. They have changed all edges; handles
/// that the program keeps elsewhere are changed with it: those in values by
/// [`remap_values`](Self::remap_values), those in components by [`remap_components`](Self::remap_components), and
/// all others by [`get`](Self::get).
///
/// # Examples
/// ```
/// use understory::{Handle, Store, Subgraph};
///
/// #[derive(Clone)]
/// struct Lamp {
///     switch: Option<Handle>,
/// }
///
/// let mut store: Store<Lamp> = Store::new();
/// let switch = store.insert(Lamp { switch: None });
/// let lamp = store.insert(Lamp { switch: Some(switch) });
/// store.link(lamp, (), switch)?;
///
/// let copies = store.duplicate(&Subgraph::of([lamp]))?;
/// copies.remap_values(&mut store, |lamp, map| {
///     lamp.switch = lamp.switch.map(|switch| map.or_keep(switch));
/// });
/// let copy = copies.get(lamp).unwrap();
/// assert_eq!(store[copy].switch, copies.get(switch));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Remap<K> {
    pairs: Vec<(K, K)>,
    places: Places,
}

impl<K: Key> Remap<K> {
    /// Handles in the order of the places of the old ones.
    pub(super) fn new(old: impl Iterator<Item = KeyData>, new: &[KeyData], places: Places) -> Self {
        let pairs = old.zip(new).map(|(old, &new)| (old.into(), new.into()));
        Self {
            pairs: pairs.collect(),
            places,
        }
    }

    /// The new handle of an object; `None` if the old one names no object of the part.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, Subgraph};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [oak, elm] = [store.insert("oak"), store.insert("elm")];
    /// let copies = store.duplicate(&Subgraph::of([oak]))?;
    /// assert_eq!(store[copies.get(oak).unwrap()], "oak");
    /// assert_eq!(copies.get(elm), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn get(&self, old: K) -> Option<K> {
        let place = self.places.get(index_of(old.data()))?;
        let &(key, new) = self.pairs.get(place as usize)?;
        (key == old).then_some(new)
    }

    /// How many objects have a new handle.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, Subgraph};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let oak = store.insert("oak");
    /// assert_eq!(store.duplicate(&Subgraph::of([oak, oak]))?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether no object has a new handle.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, Subgraph};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// assert!(store.duplicate(&Subgraph::of([]))?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The old and the new handle of each object, in the order of the old indices, which is that of
    /// [`Store::handles`].
    ///
    /// Complexity: O(1), and O(objects) for all.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, Subgraph};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let oak = store.insert("oak");
    /// let leaf = store.insert_linked(oak, (), "leaf")?;
    /// let copies = store.duplicate(&Subgraph::of([oak]))?;
    /// assert!(copies.iter().map(|(old, _)| old).eq([oak, leaf]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn iter(
        &self,
    ) -> impl ExactSizeIterator<Item = (K, K)> + DoubleEndedIterator + FusedIterator + Clone {
        self.pairs.iter().copied()
    }

    /// Calls `each` with the value of each object that has a new handle, in order, for it to change the handles in
    /// there. What `each` asks the [`Remapper`] is counted. `store` is the one that the new handles belong to; one
    /// that names no object any more is passed over.
    ///
    /// Call it once: handles that were changed are old ones no more. If the new handles are of the same store as
    /// the old ones, as after [`Store::duplicate`], a second call with the same `each` finds
    /// [`Remapped::inside`] to be zero.
    ///
    /// Complexity: O(objects), besides `each`.
    ///
    /// # Examples
    /// ```
    /// use understory::{Handle, Store, Subgraph};
    ///
    /// let mut store: Store<Vec<Handle>> = Store::new();
    /// let path = store.insert(Vec::new());
    /// let [near, far] = [(); 2].map(|()| store.insert_linked(path, (), Vec::new()).unwrap());
    /// let stray = store.insert(Vec::new());
    /// store[path] = vec![near, far, stray];
    ///
    /// let copies = store.duplicate(&Subgraph::of([path]))?;
    /// let found = copies.remap_values(&mut store, |handles, map| {
    ///     for handle in handles {
    ///         *handle = map.or_keep(*handle);
    ///     }
    /// });
    /// assert_eq!((found.inside, found.outside), (2, 1)); // the stray was not copied
    /// let copy = copies.get(path).unwrap();
    /// assert_eq!(store[copy], [copies.get(near).unwrap(), copies.get(far).unwrap(), stray]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remap_values<T, E>(
        &self,
        store: &mut Store<T, E, K>,
        mut each: impl FnMut(&mut T, &mut Remapper<'_, K>),
    ) -> Remapped {
        let mut mapper = Remapper::new(self);
        for &(_, new) in &self.pairs {
            if let Some(value) = store.get_mut(new) {
                each(value, &mut mapper);
            }
        }
        mapper.found
    }

    /// The same for the components of one type, which `each` names: of those objects that have one.
    ///
    /// Complexity: O(objects), besides `each`.
    ///
    /// # Examples
    /// ```
    /// use understory::{Handle, Store, Subgraph};
    ///
    /// #[derive(Clone)]
    /// struct Aim(Handle);
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let squad = store.insert("squad");
    /// let [archer, wolf] = ["archer", "wolf"].map(|name| store.insert_linked(squad, (), name).unwrap());
    /// store.insert_component(archer, Aim(wolf)).unwrap();
    ///
    /// let copies = store.duplicate(&Subgraph::of([squad]))?;
    /// copies.remap_components(&mut store, |aim: &mut Aim, map| aim.0 = map.or_null(aim.0));
    /// let copy = copies.get(archer).unwrap();
    /// assert_eq!(Some(store.component::<Aim>(copy).unwrap().0), copies.get(wolf));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remap_components<C: Component, T, E>(
        &self,
        store: &mut Store<T, E, K>,
        mut each: impl FnMut(&mut C, &mut Remapper<'_, K>),
    ) -> Remapped {
        let mut mapper = Remapper::new(self);
        let objects = &mut store.objects;
        let indices = self.pairs.iter();
        let indices = indices.filter_map(|&(_, new)| objects.resolve(new.data()));
        let indices: Vec<u32> = indices.collect();
        if let Some(column) = objects.columns.find_mut::<C>() {
            for index in indices {
                if let Some(component) = column.get_mut(index) {
                    each(component, &mut mapper);
                }
            }
        }
        mapper.found
    }
}

impl<K: fmt::Debug> fmt::Debug for Remap<K> {
    /// Each old handle with the new one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.pairs.iter().map(|(old, new)| (old, new));
        f.debug_map().entries(pairs).finish()
    }
}

/// What [`Remap::remap_values`] and [`Remap::remap_components`] have found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remapped {
    /// How many handles that were asked for have a new one.
    pub inside: usize,
    /// How many have none, as they name no object of the part; without null handles.
    pub outside: usize,
}

/// Gives the new handles for old ones, and counts how many it was asked for. [`Remap::remap_values`] hands it out.
#[derive(Debug)]
pub struct Remapper<'a, K> {
    map: &'a Remap<K>,
    found: Remapped,
}

impl<'a, K: Key> Remapper<'a, K> {
    fn new(map: &'a Remap<K>) -> Self {
        Self {
            map,
            found: Remapped::default(),
        }
    }

    /// The new handle; `None` if the old one names no object of the part.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Handle, Store, Subgraph};
    ///
    /// let mut store: Store<Vec<Handle>> = Store::new();
    /// let [list, stray] = [store.insert(Vec::new()), store.insert(Vec::new())];
    /// store[list] = vec![list, stray];
    /// let copies = store.duplicate(&Subgraph::of([list]))?;
    /// // Only what was copied too stays in the list.
    /// copies.remap_values(&mut store, |list, map| *list = list.iter().filter_map(|&one| map.get(one)).collect());
    /// assert_eq!(store[copies.get(list).unwrap()].len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get(&mut self, old: K) -> Option<K> {
        let new = self.map.get(old);
        if new.is_some() {
            self.found.inside += 1;
        } else if !old.is_null() {
            self.found.outside += 1;
        }
        new
    }

    /// The new handle, or else the old one: as after [`Store::duplicate`], if both are of the same store.
    ///
    /// Complexity: O(1). See [`Remap`] for an example.
    #[must_use]
    pub fn or_keep(&mut self, old: K) -> K {
        self.get(old).unwrap_or(old)
    }

    /// The new handle, or else a null one: as after [`Store::extract`] and [`Store::merge`], if the old handle
    /// would be one of another store.
    ///
    /// Complexity: O(1). See [`Remap::remap_components`] for an example.
    #[must_use]
    pub fn or_null(&mut self, old: K) -> K {
        self.get(old).unwrap_or_else(K::null)
    }
}
