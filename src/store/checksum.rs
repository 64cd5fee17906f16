//! Checksums of a store, and what differs between two.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::type_name;
use core::fmt;
use core::hash::{Hash, Hasher};

use slotmap::Key;

use crate::bits::{Ones, WORD};
use crate::columns::{Columns, Component};
use crate::digest::Digest;
use crate::graph::edges::Edges;
use crate::graph::pool::List;
use crate::graph::rows::Heads;
use crate::handle::index_of;
use crate::index::index_at;
use crate::store::Store;
use crate::store::rollback::{Snapshot, SnapshotError};

/// Adds the component of an object to a digest, or that it has none.
type Add = Box<dyn Fn(&Columns, u32, &mut Digest) + Send + Sync>;

/// Adds something of an object of a store to a digest.
type AddAll<'a, T, E, K> = dyn Fn(&Store<T, E, K>, &mut Digest) + 'a;

/// How the components of one type are summed.
struct Kind {
    name: &'static str,
    add: Add,
}

/// A checksum of all that can be seen of a store, for machines in lockstep to compare: kept up to date at a cost that
/// follows what has changed, and the same on every machine and target.
///
/// It covers each object's handle, value, the roots that are part of the world (not those that values of type
/// [`Root`](crate::Root) hold), its edges and weak edges with their labels in order, the components whose types are
/// [named](Self::component), and how many objects were inserted, have died, and in which generations the others are.
/// Whatever else decides on the future, such as how far a collection is, follows from the same calls.
///
/// It takes 8 bytes for each slot of the store. With the feature `rollback`.
///
/// # Examples
/// ```
/// use std::hash::Hasher;
/// use understory::{Checksum, Store};
///
/// #[derive(Clone)]
/// struct Position(f32, f32);
///
/// let mut world: Store<String> = Store::new();
/// let wolf = world.insert("wolf".to_string());
/// world.insert_component(wolf, Position(1.0, 2.0)).unwrap();
///
/// let mut checksum = Checksum::new().component::<Position>(|position, digest| {
///     digest.write_u32(position.0.to_bits());
///     digest.write_u32(position.1.to_bits());
/// });
/// let before = checksum.update(&mut world)?;
/// world.component_mut::<Position>(wolf).unwrap().0 += 1.0;
/// let after = checksum.update(&mut world)?; // looks at the wolf alone
/// assert_ne!(before, after);
/// world.component_mut::<Position>(wolf).unwrap().0 -= 1.0;
/// assert_eq!(checksum.update(&mut world)?, before);
/// # Ok::<(), understory::SnapshotError>(())
/// ```
pub struct Checksum<T, E = ()> {
    value: fn(&T, &mut Digest),
    label: fn(&E, &mut Digest),
    kinds: Vec<Kind>,
    /// Of each object, by index; zero if there is none.
    sums: Vec<u64>,
    total: u64,
    /// The state that they are of.
    last: Option<Snapshot>,
}

/// How an object differs between two stores; see [`Checksum::diff`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Difference {
    /// Only the first store has it.
    OnlyFirst,
    /// Only the second store has it.
    OnlySecond,
    /// The values differ.
    Value,
    /// The edges from it differ: their targets, labels or order.
    Edges,
    /// The same of weak edges.
    WeakEdges,
    /// The roots that are part of the world differ in number.
    Roots,
    /// The generations differ.
    Generation,
    /// The components of this type differ, or one object has none.
    Component(&'static str),
}

impl<T: Hash, E: Hash> Checksum<T, E> {
    /// A checksum over values and labels that are `Hash`. For others see [`with`](Self::with).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// See [`Checksum`].
    #[must_use]
    pub fn new() -> Self {
        Self::with(T::hash, E::hash)
    }
}

impl<T: Hash, E: Hash> Default for Checksum<T, E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, E> Checksum<T, E> {
    /// A checksum over values and labels that these functions add to a digest.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use std::hash::Hasher;
    /// use understory::{Checksum, Store};
    ///
    /// let mut heights: Store<f32> = [0.5, 1.5].into_iter().collect();
    /// let mut checksum = Checksum::with(
    ///     |height: &f32, digest| digest.write_u32(height.to_bits()),
    ///     |(), _| (),
    /// );
    /// let sum = checksum.update(&mut heights)?;
    /// assert_eq!(checksum.update(&mut heights)?, sum);
    /// # Ok::<(), understory::SnapshotError>(())
    /// ```
    #[must_use]
    pub fn with(value: fn(&T, &mut Digest), label: fn(&E, &mut Digest)) -> Self {
        Self {
            value,
            label,
            kinds: Vec::new(),
            sums: Vec::new(),
            total: 0,
            last: None,
        }
    }

    /// Covers the components of a type too, which this function adds to a digest. Types count in the order in which they
    /// are named.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// See [`Checksum`].
    #[must_use]
    pub fn component<C: Component>(mut self, add: fn(&C, &mut Digest)) -> Self {
        let add = move |columns: &Columns, index: u32, digest: &mut Digest| {
            let Ok(Some(component)) = columns.get::<C>(index) else {
                digest.write_u8(0);
                return;
            };
            digest.write_u8(1);
            add(&component, digest);
        };
        self.kinds.push(Kind {
            name: type_name::<C>(),
            add: Box::new(add),
        });
        // What was summed up did not cover it.
        self.last = None;
        self
    }

    /// The checksum of the store as it is now. It looks at what has changed since it was asked last, and at all objects
    /// the first time, or if it was asked of another store. In between it keeps a [`Snapshot`] of the store alive.
    ///
    /// # Errors
    /// [`SnapshotError::Busy`] in a scope or a finalizer.
    ///
    /// # Panics
    /// What a function of the caller panics with; the next call begins anew.
    ///
    /// Complexity: O(objects that have changed + their edges), and what a [`snapshot`](Store::snapshot) takes. The first
    /// time O(objects + edges).
    ///
    /// # Examples
    /// See [`Checksum`].
    pub fn update<K: Key>(&mut self, store: &mut Store<T, E, K>) -> Result<u64, SnapshotError>
    where
        T: Clone,
        E: Clone,
    {
        let now = store.snapshot()?;
        let last = self.last.take();
        if let Some(changed) = last.and_then(|last| store.changed_since(&last)) {
            for index in changed {
                self.sum_up(store, index);
            }
        } else {
            self.sums.clear();
            self.total = 0;
            for word in 0..store.objects.graph.headers().words() {
                for bit in Ones(store.objects.graph.headers().occupied(word)) {
                    self.sum_up(store, index_at(word, bit));
                }
            }
        }
        self.last = Some(now);
        let mut digest = Digest::default();
        digest.write_u64(self.total);
        digest.write_u64(store.objects.inserted);
        digest.write_u64(store.deaths());
        for arena in store.objects.heap.arenas() {
            digest.write_u8(arena.generation as u8);
        }
        Ok(digest.finish())
    }

    /// Sums an object up anew.
    fn sum_up<K: Key>(&mut self, store: &Store<T, E, K>, index: u32) {
        let at = index as usize;
        if self.sums.len() <= at {
            self.sums.resize(at + 1, 0);
        }
        let sum = self.sum_of(store, index).unwrap_or(0);
        let old = core::mem::replace(&mut self.sums[at], sum);
        self.total = self.total.wrapping_sub(old).wrapping_add(sum);
    }

    /// The sum of what is in a slot. The dead that await the sweeper count too: nothing tells which they are when they
    /// die, and they are the same everywhere.
    fn sum_of<K: Key>(&self, store: &Store<T, E, K>, index: u32) -> Option<u64> {
        let headers = store.objects.graph.headers();
        if headers.occupied(index as usize / WORD) >> (index as usize % WORD) & 1 == 0 {
            return None;
        }
        let mut digest = Digest::default();
        digest.write_u64(headers.key(index).as_ffi());
        self.add_value(store, index, &mut digest);
        digest.write_u32(store.world_roots(index));
        self.add_edges(store, index, &mut digest);
        self.add_weak_edges(store, index, &mut digest);
        for kind in &self.kinds {
            (kind.add)(&store.objects.columns, index, &mut digest);
        }
        Some(digest.finish())
    }

    fn add_value<K: Key>(&self, store: &Store<T, E, K>, index: u32, digest: &mut Digest) {
        let key = store.objects.graph.headers().key(index);
        if let Some(value) = store.objects.heap.get(key) {
            (self.value)(value, digest);
        }
    }

    fn add_edges<K: Key>(&self, store: &Store<T, E, K>, index: u32, digest: &mut Digest) {
        let graph = &store.objects.graph;
        self.add_list(graph.edges(), *graph.headers().outgoing(index), digest);
    }

    fn add_weak_edges<K: Key>(&self, store: &Store<T, E, K>, index: u32, digest: &mut Digest) {
        let weak = store.objects.graph.weak();
        if let Some(edges) = weak.edges() {
            self.add_list(edges, *weak.outgoing(index), digest);
        }
    }

    fn add_list(&self, edges: &Edges<E>, list: List, digest: &mut Digest) {
        let mut number = 0;
        for (at, &target) in edges.targets(&list).iter().enumerate() {
            if edges.is_edge(list, at) {
                digest.write_u32(target);
                (self.label)(edges.label(list, at), digest);
                number += 1;
            }
        }
        // None is as good as no list.
        if number > 0 {
            digest.write_u32(number);
        }
    }

    /// What differs between two stores, object by object in the order of the handles, as far as the checksum covers it:
    /// for the day on which the checksums of two machines do. Load what the other one has
    /// [saved](crate::Registry::save), and compare.
    ///
    /// Complexity: O(objects + edges) of both.
    ///
    /// # Examples
    /// ```
    /// use understory::{Checksum, Difference, Store};
    ///
    /// let mut mine: Store<&str> = Store::new();
    /// let (wolf, bear) = (mine.insert("wolf"), mine.insert("bear"));
    /// let mut theirs = mine.clone();
    /// mine[wolf] = "dead wolf";
    /// theirs.link(wolf, (), bear)?;
    ///
    /// let differences = Checksum::new().diff(&mine, &theirs);
    /// assert_eq!(differences, [(wolf, Difference::Value), (wolf, Difference::Edges)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn diff<K: Key>(
        &self,
        first: &Store<T, E, K>,
        second: &Store<T, E, K>,
    ) -> Vec<(K, Difference)> {
        let mut differences = Vec::new();
        let mut there = second.handles().peekable();
        let order = |handle: K| {
            let key = handle.data();
            (index_of(key), key.as_ffi())
        };
        for handle in first.handles() {
            while let Some(other) = there.next_if(|&other| order(other) < order(handle)) {
                differences.push((other, Difference::OnlySecond));
            }
            if there.next_if_eq(&handle).is_some() {
                self.diff_object(first, second, handle, &mut differences);
            } else {
                differences.push((handle, Difference::OnlyFirst));
            }
        }
        differences.extend(there.map(|other| (other, Difference::OnlySecond)));
        differences
    }

    fn diff_object<K: Key>(
        &self,
        first: &Store<T, E, K>,
        second: &Store<T, E, K>,
        handle: K,
        differences: &mut Vec<(K, Difference)>,
    ) {
        let index = index_of(handle.data());
        let mut compare = |what, add: &AddAll<'_, T, E, K>| {
            let [one, other] = [first, second].map(|store| {
                let mut digest = Digest::default();
                add(store, &mut digest);
                digest.finish()
            });
            if one != other {
                differences.push((handle, what));
            }
        };
        compare(Difference::Value, &|store, digest| {
            self.add_value(store, index, digest);
        });
        compare(Difference::Edges, &|store, digest| {
            self.add_edges(store, index, digest);
        });
        compare(Difference::WeakEdges, &|store, digest| {
            self.add_weak_edges(store, index, digest);
        });
        compare(Difference::Roots, &|store, digest| {
            digest.write_u32(store.world_roots(index));
        });
        compare(Difference::Generation, &|store, digest| {
            digest.write_u8(store.objects.heap.generation(index) as u8);
        });
        for kind in &self.kinds {
            compare(Difference::Component(kind.name), &|store, digest| {
                (kind.add)(&store.objects.columns, index, digest);
            });
        }
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// How many roots of an object are part of the world.
    fn world_roots(&self, index: u32) -> u32 {
        let roots = self.objects.graph.headers().node(index).roots();
        roots - self.objects.graph.kept_roots(index)
    }
}

impl<T, E> fmt::Debug for Checksum<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.kinds.iter().map(|kind| kind.name);
        f.debug_struct("Checksum")
            .field("components", &names.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
