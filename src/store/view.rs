//! What can be read of the edges, apart from the values.

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::ops::Range;

use slotmap::Key;

use crate::bits::Bits;
use crate::graph::edges::Edges as Table;
use crate::graph::pool::{Entry, List};
use crate::graph::rows::{Headers, Heads};
use crate::graph::weak::Weak;
use crate::handle::index_of;

/// The edges of a store, to read: what [`Store::edges`](crate::Store::edges) and
/// [`Store::split_mut`](crate::Store::split_mut) give.
///
/// It is `Copy`. Every method answers a handle that names no object with `None`, `false` or an empty
/// iterator.
pub struct Edges<'a, E, K> {
    pub(super) headers: &'a Headers,
    pub(super) table: &'a Table<E>,
    pub(super) weak: &'a Weak<E>,
    /// What is dead although it still has its slot.
    pub(super) dead: Option<&'a Bits>,
    pub(super) key: PhantomData<fn() -> K>,
}

impl<E, K> Clone for Edges<'_, E, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, K> Copy for Edges<'_, E, K> {}

impl<'a, E, K: Key> Edges<'a, E, K> {
    #[inline]
    fn resolve(self, handle: K) -> Option<u32> {
        let index = self.headers.resolve(handle.data())?;
        (!self.dead.is_some_and(|dead| dead.get(index))).then_some(index)
    }

    /// The targets of a list of a table, without its holes.
    #[inline]
    fn indices(
        self,
        table: &'a Table<E>,
        list: &'a List,
        dead: Option<&'a Bits>,
    ) -> Targets<'a, K> {
        let first = table.first(*list);
        Targets {
            left: table.targets(list)[first..].iter(),
            holes: table.holes(*list) - first,
            headers: self.headers,
            dead,
            key: PhantomData,
        }
    }

    fn entries(self, entries: &'a [Entry]) -> Sources<'a, K> {
        Sources {
            left: entries.iter(),
            holes: 0,
            headers: self.headers,
            dead: self.dead,
            key: PhantomData,
        }
    }

    /// Whether a handle names an object.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store = understory::Store::<&str>::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert!(store.edges().contains(nut));
    /// ```
    #[must_use]
    pub fn contains(self, handle: K) -> bool {
        self.resolve(handle).is_some()
    }

    /// The objects that an object has edges to, in order, once for each edge.
    ///
    /// Computes in O(1), and O(out-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # let mut store = understory::Store::<&str>::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert!(store.edges().targets(tree).eq([nut]));
    /// ```
    pub fn targets(self, handle: K) -> Targets<'a, K> {
        let list = self
            .resolve(handle)
            .map_or(&List::EMPTY, |index| self.headers.outgoing(index));
        // What is alive has no edges to the dead.
        self.indices(self.table, list, None)
    }

    /// The objects that have edges to an object, once for each edge, in no particular order (but the
    /// same in every run).
    ///
    /// Computes in O(1), and O(in-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # let mut store = understory::Store::<&str>::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert!(store.edges().sources(nut).eq([tree]));
    /// ```
    pub fn sources(self, handle: K) -> Sources<'a, K> {
        let list = self
            .resolve(handle)
            .map(|index| self.headers.incoming(index));
        self.entries(list.map_or(&[], |list| self.table.incoming(list)))
    }

    /// The edges from an object, in order: target and label.
    ///
    /// Computes in O(1), and O(out-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, u32> = understory::Store::default();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, 7, "nut").unwrap();
    /// assert!(store.edges().out_edges(tree).eq([(nut, &7)]));
    /// ```
    pub fn out_edges(self, handle: K) -> OutEdges<'a, E, K> {
        let list = self
            .resolve(handle)
            .map_or(&List::EMPTY, |index| self.headers.outgoing(index));
        let first = self.table.first(*list);
        OutEdges {
            edges: self,
            list,
            range: first..list.len(),
            holes: self.table.holes(*list) - first,
        }
    }

    /// The edges to an object: source and label.
    ///
    /// Computes in O(1), and O(in-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, u32> = understory::Store::default();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, 7, "nut").unwrap();
    /// assert!(store.edges().in_edges(nut).eq([(tree, &7)]));
    /// ```
    pub fn in_edges(self, handle: K) -> InEdges<'a, E, K> {
        let list = self
            .resolve(handle)
            .map_or(&List::EMPTY, |index| self.headers.incoming(index));
        InEdges {
            edges: self,
            target: index_of(handle.data()),
            list,
            range: 0..list.len(),
            holes: 0,
        }
    }

    /// The objects that an object has weak edges to, in order, once for each edge.
    ///
    /// Computes in O(1), and O(weak out-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # let mut store = understory::Store::<&str>::new();
    /// # let [owl, mouse] = ["owl", "mouse"].map(|name| store.insert(name));
    /// # store.link_weak(owl, (), mouse).unwrap();
    /// assert!(store.edges().weak_targets(owl).eq([mouse]));
    /// ```
    pub fn weak_targets(self, handle: K) -> Targets<'a, K> {
        let list = self
            .resolve(handle)
            .map_or(&List::EMPTY, |index| self.weak.outgoing(index));
        // Without any there is no table, and any other will do for a list without edges.
        let table = self.weak.edges().unwrap_or(self.table);
        self.indices(table, list, self.dead)
    }

    /// The objects that have weak edges to an object, once for each edge.
    ///
    /// Computes in O(1), and O(weak in-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # let mut store = understory::Store::<&str>::new();
    /// # let [owl, mouse] = ["owl", "mouse"].map(|name| store.insert(name));
    /// # store.link_weak(owl, (), mouse).unwrap();
    /// assert!(store.edges().weak_sources(mouse).eq([owl]));
    /// ```
    pub fn weak_sources(self, handle: K) -> Sources<'a, K> {
        let index = self.resolve(handle);
        self.entries(index.map_or(&[], |index| self.weak.sources(index)))
    }

    /// The weak edges from an object, in order: target and label.
    ///
    /// Computes in O(1), and O(weak out-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # let mut store = understory::Store::<&str>::new();
    /// # let [owl, mouse] = ["owl", "mouse"].map(|name| store.insert(name));
    /// # store.link_weak(owl, (), mouse).unwrap();
    /// assert!(store.edges().weak_out_edges(owl).eq([(mouse, &())]));
    /// ```
    pub fn weak_out_edges(self, handle: K) -> impl Iterator<Item = (K, &'a E)> + use<'a, E, K> {
        let index = self.resolve(handle);
        let (weak, headers, dead) = (self.weak, self.headers, self.dead);
        let targets = index.map_or(&[][..], |index| weak.targets(index));
        let edge = move |(at, &target): (usize, &u32)| {
            let is_dead = dead.is_some_and(|dead| dead.get(target));
            let label = index
                .filter(|_| target != 0 && !is_dead)
                .and_then(|index| weak.label(index, at));
            Some((headers.key(target).into(), label?))
        };
        targets.iter().enumerate().filter_map(edge)
    }

    /// How many edges an object has.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store = understory::Store::<&str>::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert_eq!(store.edges().out_degree(tree), Some(1));
    /// ```
    #[must_use]
    pub fn out_degree(self, handle: K) -> Option<usize> {
        self.resolve(handle)
            .map(|index| self.table.degree(*self.headers.outgoing(index)))
    }

    /// How many edges refer to an object, including those of dead objects that are not swept yet.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store = understory::Store::<&str>::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert_eq!(store.edges().in_degree(nut), Some(1));
    /// ```
    #[must_use]
    pub fn in_degree(self, handle: K) -> Option<usize> {
        self.resolve(handle)
            .map(|index| self.headers.incoming(index).len())
    }

    /// Whether there is an edge from one object to another.
    ///
    /// Computes in O(min(out-degree, in-degree)).
    ///
    /// # Examples
    /// ```
    /// # let mut store = understory::Store::<&str>::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert!(store.edges().has_edge(tree, nut));
    /// ```
    #[must_use]
    pub fn has_edge(self, source: K, target: K) -> bool {
        let ends = self.resolve(source).zip(self.resolve(target));
        ends.is_some_and(|(source, target)| self.table.find(self.headers, source, target).is_some())
    }

    /// The reference count: roots and edges to the object, including those of dead objects that are not
    /// swept yet.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store = understory::Store::<&str>::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert_eq!(store.edges().refcount(tree), Some(1)); // a root
    /// ```
    #[must_use]
    pub fn refcount(self, handle: K) -> Option<usize> {
        self.resolve(handle).map(|index| self.headers.count(index))
    }

    /// How many edges there are, without weak ones, including those of dead objects that are not swept
    /// yet.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store = understory::Store::<&str>::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert_eq!(store.edges().edge_count(), 1);
    /// ```
    #[must_use]
    pub fn edge_count(self) -> usize {
        self.table.len()
    }
}

impl<E: PartialEq, K: Key> Edges<'_, E, K> {
    /// The target of the first edge with a label.
    ///
    /// Computes in O(out-degree).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, u32> = understory::Store::default();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, 7, "nut").unwrap();
    /// assert_eq!(store.edges().target(tree, &7), Some(nut));
    /// ```
    #[must_use]
    pub fn target(self, source: K, label: &E) -> Option<K> {
        self.out_edges(source)
            .find(|&(_, other)| other == label)
            .map(|(target, _)| target)
    }
}

impl<E, K> fmt::Debug for Edges<'_, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edges")
            .field("len", &self.table.len())
            .finish_non_exhaustive()
    }
}

macro_rules! ends {
    ($(#[$doc:meta])* $name:ident, $entry:ty, $index:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name<'a, K> {
            left: core::slice::Iter<'a, $entry>,
            /// How many of them are holes.
            holes: usize,
            headers: &'a Headers,
            /// Objects that are passed over.
            dead: Option<&'a Bits>,
            key: PhantomData<fn() -> K>,
        }

        impl<K> $name<'_, K> {
            /// Whether there is an edge, and to something alive; counts the holes that were met.
            #[inline]
            fn is_met(&mut self, index: u32) -> bool {
                if index == 0 {
                    self.holes -= 1;
                    return false;
                }
                self.is_alive(index)
            }

            #[inline]
            fn is_alive(&self, index: u32) -> bool {
                !self.dead.is_some_and(|dead| dead.get(index))
            }
        }

        impl<K: Key> Iterator for $name<'_, K> {
            type Item = K;

            #[inline]
            fn next(&mut self) -> Option<K> {
                loop {
                    let index = self.left.next().map($index)?;
                    if self.is_met(index) {
                        return Some(self.headers.key(index).into());
                    }
                }
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                let len = if self.dead.is_some() {
                    let alive = self.left.clone().map($index);
                    alive.filter(|&index| index != 0 && self.is_alive(index)).count()
                } else {
                    self.left.len() - self.holes
                };
                (len, Some(len))
            }
        }

        impl<K: Key> DoubleEndedIterator for $name<'_, K> {
            fn next_back(&mut self) -> Option<K> {
                loop {
                    let index = self.left.next_back().map($index)?;
                    if self.is_met(index) {
                        return Some(self.headers.key(index).into());
                    }
                }
            }
        }

        impl<K: Key> ExactSizeIterator for $name<'_, K> {}
        impl<K: Key> FusedIterator for $name<'_, K> {}
    };
}

ends!(
    /// The objects that an object has edges to. What [`Edges::targets`] gives.
    Targets, u32, |&index| index
);
ends!(
    /// The objects that have edges to an object. What [`Edges::sources`] gives.
    Sources, Entry, |entry| entry.node
);

/// The edges from an object: target and label. What [`Edges::out_edges`] gives.
#[derive(Clone, Debug)]
pub struct OutEdges<'a, E, K> {
    edges: Edges<'a, E, K>,
    list: &'a List,
    range: Range<usize>,
    /// How many positions of the range are holes.
    holes: usize,
}

impl<'a, E, K: Key> OutEdges<'a, E, K> {
    #[inline]
    fn at(&self, at: usize) -> (K, &'a E) {
        let target = self.edges.table.targets(self.list)[at];
        let label = self.edges.table.label(*self.list, at);
        (self.edges.headers.key(target).into(), label)
    }

    #[inline]
    fn is_hole(&self, at: usize) -> bool {
        !self.edges.table.is_edge(*self.list, at)
    }

    /// What is alive has no edges to the dead.
    #[inline]
    #[expect(clippy::unused_self, reason = "the same call as for incoming edges")]
    fn is_alive(&self, _: usize) -> bool {
        true
    }
}

/// The edges to an object: source and label. What [`Edges::in_edges`] gives.
#[derive(Clone, Debug)]
pub struct InEdges<'a, E, K> {
    edges: Edges<'a, E, K>,
    target: u32,
    list: &'a List,
    range: Range<usize>,
    /// There are none.
    holes: usize,
}

impl<'a, E, K: Key> InEdges<'a, E, K> {
    #[inline]
    fn at(&self, at: usize) -> (K, &'a E) {
        let Edges { table, headers, .. } = self.edges;
        let source = table.incoming(self.list)[at].node;
        let outgoing = *headers.outgoing(source);
        let at = table.place_of(outgoing, *self.list, self.target, at);
        (headers.key(source).into(), table.label(outgoing, at))
    }

    #[inline]
    #[expect(clippy::unused_self, reason = "the same call as for outgoing edges")]
    fn is_hole(&self, _: usize) -> bool {
        false
    }

    #[inline]
    fn is_alive(&self, at: usize) -> bool {
        let source = |dead: &Bits| dead.get(self.edges.table.incoming(self.list)[at].node);
        !self.edges.dead.is_some_and(source)
    }
}

macro_rules! edge_iterator {
    ($name:ident) => {
        impl<E, K: Key> $name<'_, E, K> {
            /// Whether there is an edge, and to something alive; counts the holes that were met.
            #[inline]
            fn is_met(&mut self, at: usize) -> bool {
                if self.holes > 0 && self.is_hole(at) {
                    self.holes -= 1;
                    return false;
                }
                self.is_alive(at)
            }
        }

        impl<'a, E, K: Key> Iterator for $name<'a, E, K> {
            type Item = (K, &'a E);

            #[inline]
            fn next(&mut self) -> Option<Self::Item> {
                loop {
                    let at = self.range.next()?;
                    if self.is_met(at) {
                        return Some(self.at(at));
                    }
                }
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                let len = if self.edges.dead.is_some() {
                    let edges = self.range.clone().filter(|&at| !self.is_hole(at));
                    edges.filter(|&at| self.is_alive(at)).count()
                } else {
                    self.range.len() - self.holes
                };
                (len, Some(len))
            }
        }

        impl<E, K: Key> DoubleEndedIterator for $name<'_, E, K> {
            fn next_back(&mut self) -> Option<Self::Item> {
                loop {
                    let at = self.range.next_back()?;
                    if self.is_met(at) {
                        return Some(self.at(at));
                    }
                }
            }
        }

        impl<E, K: Key> ExactSizeIterator for $name<'_, E, K> {}
        impl<E, K: Key> FusedIterator for $name<'_, E, K> {}
    };
}

edge_iterator!(OutEdges);
edge_iterator!(InEdges);
