//! What can be read of the edges, apart from the values.

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::ops::Range;

use slotmap::Key;

use crate::bits::Bits;
use crate::graph::Kind;
use crate::graph::edges::Edges as Table;
use crate::graph::pool::{Entry, List};
use crate::graph::rows::{Headers, Heads};
use crate::graph::weak::Weak;
use crate::handle::index_of;
use crate::store::lists::EdgeList;

/// The edges of a store, to read: what [`Store::edges`](crate::Store::edges) and
/// [`Store::split_mut`](crate::Store::split_mut) give. Or its weak edges: what [`weak`](Self::weak) and
/// [`Store::weak_edges`](crate::Store::weak_edges) give.
///
/// It is `Copy`. Every method answers a handle that names no object with `None`, `false` or an empty
/// iterator.
pub struct Edges<'a, E, K> {
    pub(super) headers: &'a Headers,
    pub(super) strong: &'a Table<E>,
    pub(super) weak: &'a Weak<E>,
    /// Which of the two are meant.
    pub(super) kind: Kind,
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
    pub(super) fn resolve(self, handle: K) -> Option<u32> {
        let index = self.headers.resolve(handle.data())?;
        (!self.dead.is_some_and(|dead| dead.get(index))).then_some(index)
    }

    /// Where the edges of the lists are.
    #[inline]
    pub(super) fn table(self) -> &'a Table<E> {
        match self.kind {
            Kind::Strong => self.strong,
            // Without any there is no table, and any other will do for lists without edges.
            Kind::Weak => self.weak.edges().unwrap_or(self.strong),
        }
    }

    /// The list of the edges from an object.
    #[inline]
    pub(super) fn outgoing(self, index: u32) -> &'a List {
        match self.kind {
            Kind::Strong => self.headers.outgoing(index),
            Kind::Weak => self.weak.outgoing(index),
        }
    }

    /// The list of the edges to an object.
    #[inline]
    pub(super) fn incoming(self, index: u32) -> &'a List {
        match self.kind {
            Kind::Strong => self.headers.incoming(index),
            Kind::Weak => self.weak.incoming(index),
        }
    }

    /// The targets to be passed over: what is alive has no strong edges to the dead.
    #[inline]
    fn dead_targets(self) -> Option<&'a Bits> {
        match self.kind {
            Kind::Strong => None,
            Kind::Weak => self.dead,
        }
    }

    /// The weak edges instead, to read in the same ways.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// let [owl, mouse] = ["owl", "mouse"].map(|name| store.insert(name));
    /// store.link_weak(owl, "watches", mouse)?;
    /// let weak = store.edges().weak();
    /// assert_eq!(weak.target(owl, &"watches"), Some(mouse));
    /// assert!(weak.in_edges(mouse).eq([(owl, &"watches")]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn weak(self) -> Self {
        Self {
            kind: Kind::Weak,
            ..self
        }
    }

    /// Whether a handle names an object.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
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
    /// Complexity: O(1), and O(out-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert!(store.edges().targets(tree).eq([nut]));
    /// ```
    pub fn targets(self, handle: K) -> Targets<'a, K> {
        let list = self
            .resolve(handle)
            .map_or(&List::EMPTY, |index| self.outgoing(index));
        let table = self.table();
        let first = table.first(*list);
        Targets {
            left: table.targets(list)[first..].iter(),
            holes: table.holes(*list) - first,
            headers: self.headers,
            dead: self.dead_targets(),
            key: PhantomData,
        }
    }

    /// The objects that have edges to an object, once for each edge, in no particular order (but the
    /// same in every run).
    ///
    /// Complexity: O(1), and O(in-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert!(store.edges().sources(nut).eq([tree]));
    /// ```
    pub fn sources(self, handle: K) -> Sources<'a, K> {
        let list = self
            .resolve(handle)
            .map_or(&List::EMPTY, |index| self.incoming(index));
        Sources {
            left: self.table().incoming(list).iter(),
            holes: 0,
            headers: self.headers,
            dead: self.dead,
            key: PhantomData,
        }
    }

    /// The edges from an object, in order: target and label.
    ///
    /// Complexity: O(1), and O(out-degree) for all.
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
            .map_or(&List::EMPTY, |index| self.outgoing(index));
        let table = self.table();
        let first = table.first(*list);
        OutEdges {
            edges: self,
            list,
            range: first..list.len(),
            holes: table.holes(*list) - first,
        }
    }

    /// The edges to an object: source and label.
    ///
    /// Complexity: O(1), and O(in-degree) for all.
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
            .map_or(&List::EMPTY, |index| self.incoming(index));
        InEdges {
            edges: self,
            target: index_of(handle.data()),
            list,
            range: 0..list.len(),
            holes: 0,
        }
    }

    /// How many edges an object has; of weak ones, also those to dead objects that are not swept yet.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert_eq!(store.edges().out_degree(tree), Some(1));
    /// ```
    #[must_use]
    pub fn out_degree(self, handle: K) -> Option<usize> {
        self.resolve(handle)
            .map(|index| self.table().degree(*self.outgoing(index)))
    }

    /// How many edges refer to an object, including those of dead objects that are not swept yet.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert_eq!(store.edges().in_degree(nut), Some(1));
    /// ```
    #[must_use]
    pub fn in_degree(self, handle: K) -> Option<usize> {
        self.resolve(handle).map(|index| self.incoming(index).len())
    }

    /// Whether there is an edge from one object to another.
    ///
    /// Complexity: O(min(out-degree, in-degree)).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert!(store.edges().has_edge(tree, nut));
    /// ```
    #[must_use]
    pub fn has_edge(self, source: K, target: K) -> bool {
        let ends = self.resolve(source).zip(self.resolve(target));
        ends.is_some_and(|(source, target)| {
            let at = match self.kind {
                Kind::Strong => self.strong.find(self.headers, source, target),
                Kind::Weak => self.weak.find(source, target),
            };
            at.is_some()
        })
    }

    /// The reference count: roots and strong edges to the object, including those of dead objects that are
    /// not swept yet.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert_eq!(store.edges().refcount(tree), Some(1)); // a root
    /// ```
    #[must_use]
    pub fn refcount(self, handle: K) -> Option<usize> {
        self.resolve(handle).map(|index| self.headers.count(index))
    }

    /// How many edges there are, including those of dead objects that are not swept yet.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert_eq!(store.edges().edge_count(), 1);
    /// ```
    #[must_use]
    pub fn edge_count(self) -> usize {
        match self.kind {
            Kind::Strong => self.strong.len(),
            Kind::Weak => self.weak.len(),
        }
    }
}

impl<'a, E: PartialEq, K: Key> Edges<'a, E, K> {
    /// The target of the first edge with a label: a field, read.
    ///
    /// Complexity: O(out-degree).
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

    /// The object that has an edge with a label to this one, such as its parent. If there are several, it is
    /// the first that [`in_edges`](Self::in_edges) gives with this label, the same in every run.
    ///
    /// Complexity: O(in-degree).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, "bears", "nut").unwrap();
    /// assert_eq!(store.edges().source(nut, &"bears"), Some(tree));
    /// ```
    #[must_use]
    pub fn source(self, target: K, label: &E) -> Option<K> {
        self.in_edges(target)
            .find(|&(_, other)| other == label)
            .map(|(source, _)| source)
    }

    /// The edges from an object that have a label, as a list.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, "bears", "nut").unwrap();
    /// assert_eq!(store.edges().list(tree, &"bears").first(), Some(nut));
    /// ```
    pub fn list(self, owner: K, label: &'a E) -> EdgeList<'a, E, K> {
        EdgeList::new(self, owner, label)
    }
}

impl<E, K> fmt::Debug for Edges<'_, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edges")
            .field("kind", &self.kind)
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
#[derive(Debug)]
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
        let table = self.edges.table();
        let target = table.targets(self.list)[at];
        let label = table.label(*self.list, at);
        (self.edges.headers.key(target).into(), label)
    }

    #[inline]
    fn is_hole(&self, at: usize) -> bool {
        !self.edges.table().is_edge(*self.list, at)
    }

    /// What has to be asked whether the other end is alive.
    #[inline]
    fn dead(&self) -> Option<&'a Bits> {
        self.edges.dead_targets()
    }

    #[inline]
    fn is_alive(&self, at: usize) -> bool {
        let target = |dead: &Bits| dead.get(self.edges.table().targets(self.list)[at]);
        !self.dead().is_some_and(target)
    }
}

/// The edges to an object: source and label. What [`Edges::in_edges`] gives.
#[derive(Debug)]
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
        let table = self.edges.table();
        let source = table.incoming(self.list)[at].node;
        let outgoing = *self.edges.outgoing(source);
        let at = table.place_of(outgoing, *self.list, self.target, at);
        let label = table.label(outgoing, at);
        (self.edges.headers.key(source).into(), label)
    }

    #[inline]
    #[expect(clippy::unused_self, reason = "the same call as for outgoing edges")]
    fn is_hole(&self, _: usize) -> bool {
        false
    }

    #[inline]
    fn dead(&self) -> Option<&'a Bits> {
        self.edges.dead
    }

    #[inline]
    fn is_alive(&self, at: usize) -> bool {
        let source = |dead: &Bits| dead.get(self.edges.table().incoming(self.list)[at].node);
        !self.dead().is_some_and(source)
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

        impl<E, K> Clone for $name<'_, E, K> {
            fn clone(&self) -> Self {
                Self {
                    range: self.range.clone(),
                    ..*self
                }
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
                let len = if self.dead().is_some() {
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
