//! What can be read of the edges, apart from the values.

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::ops::Range;

use slotmap::Key;

use crate::arena::Arena;
use crate::bits::Bits;
use crate::edges::Edges as Table;
use crate::handle::index_of;
use crate::header::{Headers, Heads, arena_of};
use crate::pool::{Entry, List};
use crate::store::iter::IterMut;
use crate::weak::Weak;

/// The edges of a store, to read: what [`Store::edges`](crate::Store::edges) and
/// [`Store::split_mut`](crate::Store::split_mut) give.
///
/// It is `Copy`. Every method answers a handle that names no object with `None`, `false` or an
/// iterator without items.
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

    fn indices(self, indices: &'a [u32]) -> Targets<'a, K> {
        Targets {
            left: indices.iter(),
            headers: self.headers,
            key: PhantomData,
        }
    }

    fn entries(self, entries: &'a [Entry]) -> Sources<'a, K> {
        Sources {
            left: entries.iter(),
            headers: self.headers,
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

    /// The objects that an object has edges to, in order, once an edge.
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
            .map(|index| self.headers.outgoing(index));
        self.indices(list.map_or(&[], |list| self.table.targets(list)))
    }

    /// The objects that have edges to an object, once an edge, in no particular order (but the
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
    /// # let mut store = understory::Store::<&str, u32>::default();
    /// # let tree: understory::Handle = store.insert("tree");
    /// # let nut = store.insert_linked(tree, 7, "nut").unwrap();
    /// assert!(store.edges().out_edges(tree).eq([(nut, &7)]));
    /// ```
    pub fn out_edges(self, handle: K) -> OutEdges<'a, E, K> {
        let list = self
            .resolve(handle)
            .map_or(&List::EMPTY, |index| self.headers.outgoing(index));
        OutEdges {
            edges: self,
            list,
            range: 0..list.len(),
        }
    }

    /// The edges to an object: source and label.
    ///
    /// Computes in O(1), and O(in-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # let mut store = understory::Store::<&str, u32>::default();
    /// # let tree: understory::Handle = store.insert("tree");
    /// # let nut = store.insert_linked(tree, 7, "nut").unwrap();
    /// assert!(store.edges().in_edges(nut).eq([(tree, &7)]));
    /// ```
    pub fn in_edges(self, handle: K) -> InEdges<'a, E, K> {
        let list = self
            .resolve(handle)
            .map_or(&List::EMPTY, |index| self.headers.incoming(index));
        InEdges {
            edges: self,
            list,
            range: 0..list.len(),
        }
    }

    /// The objects that an object has weak edges to, in order, once an edge.
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
        let index = self.resolve(handle);
        self.indices(index.map_or(&[], |index| self.weak.targets(index)))
    }

    /// The objects that have weak edges to an object, once an edge.
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
        let weak = self.weak;
        let label = move |at| index.map(|index| weak.label(index, at));
        let targets = self.weak_targets(handle).enumerate();
        targets.filter_map(move |(at, target)| Some((target, label(at)?)))
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
            .map(|index| self.headers.outgoing(index).len())
    }

    /// How many edges refer to an object.
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

    /// The reference count: roots and edges to the object.
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

    /// How many edges there are, without weak ones.
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
    /// # let mut store = understory::Store::<&str, u32>::default();
    /// # let tree: understory::Handle = store.insert("tree");
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
            headers: &'a Headers,
            key: PhantomData<fn() -> K>,
        }

        impl<K: Key> Iterator for $name<'_, K> {
            type Item = K;

            #[inline]
            fn next(&mut self) -> Option<K> {
                self.left.next().map($index).map(|index| self.headers.key(index).into())
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.left.size_hint()
            }
        }

        impl<K: Key> DoubleEndedIterator for $name<'_, K> {
            fn next_back(&mut self) -> Option<K> {
                self.left.next_back().map($index).map(|index| self.headers.key(index).into())
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
}

impl<'a, E, K: Key> OutEdges<'a, E, K> {
    #[inline]
    fn at(&self, at: usize) -> (K, &'a E) {
        let target = self.edges.table.targets(self.list)[at];
        let label = self.edges.table.label(*self.list, at);
        (self.edges.headers.key(target).into(), label)
    }
}

/// The edges to an object: source and label. What [`Edges::in_edges`] gives.
#[derive(Clone, Debug)]
pub struct InEdges<'a, E, K> {
    edges: Edges<'a, E, K>,
    list: &'a List,
    range: Range<usize>,
}

impl<'a, E, K: Key> InEdges<'a, E, K> {
    #[inline]
    fn at(&self, at: usize) -> (K, &'a E) {
        let Edges { table, headers, .. } = self.edges;
        let Entry { node, place } = table.incoming(self.list)[at];
        let label = table.label(*headers.outgoing(node), place as usize);
        (headers.key(node).into(), label)
    }
}

macro_rules! edge_iterator {
    ($name:ident) => {
        impl<'a, E, K: Key> Iterator for $name<'a, E, K> {
            type Item = (K, &'a E);

            #[inline]
            fn next(&mut self) -> Option<Self::Item> {
                let at = self.range.next()?;
                Some(self.at(at))
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.range.size_hint()
            }
        }

        impl<E, K: Key> DoubleEndedIterator for $name<'_, E, K> {
            fn next_back(&mut self) -> Option<Self::Item> {
                let at = self.range.next_back()?;
                Some(self.at(at))
            }
        }

        impl<E, K: Key> ExactSizeIterator for $name<'_, E, K> {}
        impl<E, K: Key> FusedIterator for $name<'_, E, K> {}
    };
}

edge_iterator!(OutEdges);
edge_iterator!(InEdges);

/// The values of a store, to change, while its edges are borrowed apart from them: what
/// [`Store::split_mut`](crate::Store::split_mut) gives.
pub struct ValuesView<'a, T, K> {
    pub(super) arenas: &'a mut [Arena<T>],
    pub(super) dead: Option<&'a Bits>,
    pub(super) len: usize,
    pub(super) key: PhantomData<fn() -> K>,
}

impl<T, K: Key> ValuesView<'_, T, K> {
    fn is_dead(&self, handle: K) -> bool {
        self.dead
            .is_some_and(|dead| dead.get(index_of(handle.data())))
    }

    /// The value of an object.
    ///
    /// Computes in O(1).
    #[must_use]
    pub fn get(&self, handle: K) -> Option<&T> {
        let value = self
            .arenas
            .get(arena_of(index_of(handle.data())))?
            .get(handle.data());
        value.filter(|_| !self.is_dead(handle))
    }

    /// The value of an object, to change.
    ///
    /// Computes in O(1).
    #[must_use]
    pub fn get_mut(&mut self, handle: K) -> Option<&mut T> {
        if self.is_dead(handle) {
            return None;
        }
        self.arenas
            .get_mut(arena_of(index_of(handle.data())))?
            .get_mut(handle.data())
    }

    /// All objects, in the order of their indices.
    ///
    /// Computes in O(arenas × 4,095) for all.
    pub fn iter_mut(&mut self) -> IterMut<'_, T, K> {
        IterMut::new(self.arenas, self.dead, self.len)
    }
}

impl<T, K> fmt::Debug for ValuesView<'_, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValuesView")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

impl<'a, T, K: Key> IntoIterator for &'a mut ValuesView<'_, T, K> {
    type Item = (K, &'a mut T);
    type IntoIter = IterMut<'a, T, K>;

    fn into_iter(self) -> IterMut<'a, T, K> {
        self.iter_mut()
    }
}
