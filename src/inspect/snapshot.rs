//! The snapshot: columns by object, and edges in rows.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use slotmap::{Key, KeyData};

use crate::config::Generation;
use crate::inspect::columns::{Codes, Sizes};

/// Bit of an object that waits to be reclaimed.
pub(super) const PENDING: u8 = 1;
/// Bit of an object that is dead and was not swept.
pub(super) const CONDEMNED: u8 = 2;

/// An owned, immutable copy of a heap: which objects there are, how large they are, and what they refer to, but no
/// values. [`Store::heap_snapshot`](crate::Store::heap_snapshot) makes one of a store, a
/// [`HeapBuilder`](super::HeapBuilder) one of whatever else has objects and edges.
///
/// Its objects are numbered from 0, in the order in which the store has them, and the numbers are those of this
/// snapshot alone: [`find`](Self::find) and [`handle`](Self::handle) turn handles into numbers and back. What is said
/// by number panics if there is no such object, as a slice does.
///
/// It takes 15 bytes an object, 8 more if sizes differ, 12 a root, and 5 an edge, besides the names; 3 more for each number of
/// a class or a label, if there are more than 256 of them. It may be asked on
/// another thread, while the program goes on.
///
/// # Examples
/// ```
/// use understory::Store;
/// use understory::inspect::Describe;
///
/// let mut store: Store<&str> = Store::new();
/// let squad = store.insert("squad");
/// let archer = store.insert_linked(squad, (), "archer")?;
/// let heap = store.heap_snapshot(&Describe::new());
/// store.clear(); // the snapshot has its own copy
///
/// assert_eq!((heap.len(), heap.edge_count()), (2, 1));
/// let squad = heap.find(squad).unwrap();
/// assert_eq!(heap.targets(squad), [heap.find(archer).unwrap()]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct HeapSnapshot {
    pub(super) ids: Vec<u64>,
    /// The objects by id, if they do not come in the order of [`rank`].
    pub(super) by_id: Vec<u32>,
    pub(super) sizes: Sizes,
    pub(super) total_size: u64,
    pub(super) classes: Codes,
    pub(super) class_names: Vec<Box<str>>,
    /// Empty if nothing is known of them.
    pub(super) generations: Vec<Generation>,
    pub(super) flags: Vec<u8>,
    /// In the order of the objects.
    pub(super) roots: Vec<RootEntry>,
    pub(super) root_names: Vec<Box<str>>,
    pub(super) strong: Rows,
    pub(super) weak: Rows,
    pub(super) label_names: Vec<Box<str>>,
}

/// Edges by source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    /// Where the edges of each object begin, and then how many there are. Empty if there are none.
    pub(super) starts: Vec<u32>,
    pub(super) targets: Vec<u32>,
    /// Empty if all have the first label.
    pub(super) labels: Codes,
}

impl Rows {
    #[inline]
    fn range(&self, object: u32) -> Range<usize> {
        match self.starts.get(object as usize..object as usize + 2) {
            Some(bounds) => bounds[0] as usize..bounds[1] as usize,
            None => 0..0,
        }
    }

    fn edges(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = Edge> + use<'_> {
        let first = range.start;
        self.targets[range]
            .iter()
            .enumerate()
            .map(move |(at, &target)| Edge {
                target,
                label: self.labels.get(first + at).unwrap_or(0),
            })
    }
}

/// An edge of a [`HeapSnapshot`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Edge {
    /// The object that it leads to.
    pub target: u32,
    /// The number of its label, which [`HeapSnapshot::label`] gives the name of.
    pub label: u32,
}

/// Roots of an object, all with the same name or without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct RootEntry {
    /// The object that is rooted.
    pub object: u32,
    /// How many of its roots these are; at least 1.
    pub count: u32,
    /// The number of the name that they were given, which [`HeapSnapshot::root_name`] tells.
    pub name: Option<u32>,
}

impl RootEntry {
    pub(super) fn new(object: u32, count: u32, name: Option<u32>) -> Self {
        Self {
            object,
            count,
            name,
        }
    }
}

/// The number by which ids are in order: the index of a handle first, as a store goes through its objects.
#[inline]
pub(super) fn rank(id: u64) -> u64 {
    id.rotate_left(32)
}

impl HeapSnapshot {
    /// How many objects there are, including those that are dead but not swept.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u32> = (0..3).collect();
    /// assert_eq!(store.heap_snapshot(&Describe::new()).len(), 3);
    /// ```
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no object.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u32> = understory::Store::new();
    /// assert!(store.heap_snapshot(&Describe::new()).is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The numbers of all objects.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u32> = (0..3).collect();
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.objects().map(|object| heap.size(object)).sum::<u64>(), heap.total_size());
    /// ```
    #[must_use]
    pub fn objects(&self) -> Range<u32> {
        0..crate::index::narrow(self.len())
    }

    /// The ids of all objects, by number: of objects of a store the handles, as
    /// [`Handle::to_bits`](crate::Handle::to_bits) gives them. No two are the same.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let handle = store.insert(7);
    /// assert_eq!(store.heap_snapshot(&Describe::new()).ids(), [handle.to_bits()]);
    /// ```
    #[must_use]
    pub fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// The number of the object with this id.
    ///
    /// Complexity: O(log n) for n objects.
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::HeapBuilder;
    ///
    /// let mut heap = HeapBuilder::new();
    /// let page = heap.object(99, "page", 100);
    /// let heap = heap.build()?;
    /// assert_eq!((heap.find_id(99), heap.find_id(98)), (Some(page), None));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn find_id(&self, id: u64) -> Option<u32> {
        let rank_of = |object: u32| rank(self.ids[object as usize]);
        if self.by_id.is_empty() {
            let found = self.ids.binary_search_by_key(&rank(id), |&id| rank(id));
            return found.ok().map(crate::index::narrow);
        }
        let found = self
            .by_id
            .binary_search_by_key(&rank(id), |&at| rank_of(at));
        found.ok().map(|at| self.by_id[at])
    }

    /// The number of the object that a handle names, if it was in the store when the snapshot was taken.
    ///
    /// Complexity: O(log n) for n objects.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let [first, second] = [store.insert(1), store.insert(2)];
    /// store.unroot(first).unwrap();
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!((heap.find(first), heap.find(second)), (None, Some(0)));
    /// ```
    #[must_use]
    pub fn find(&self, handle: impl Key) -> Option<u32> {
        self.find_id(handle.data().as_ffi())
    }

    /// The handle of an object.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Handle, Store};
    /// # use understory::inspect::Describe;
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let handle = store.insert(7);
    /// assert_eq!(store.heap_snapshot(&Describe::new()).handle::<Handle>(0), handle);
    /// ```
    #[must_use]
    pub fn handle<K: Key>(&self, object: u32) -> K {
        KeyData::from_ffi(self.ids[object as usize]).into()
    }

    /// The size of an object in bytes, without what it refers to.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// assert_eq!(store.heap_snapshot(&Describe::new()).size(0), 8);
    /// ```
    #[must_use]
    #[inline]
    pub fn size(&self, object: u32) -> u64 {
        self.sizes.at(object as usize)
    }

    /// The sizes of all objects, by number.
    ///
    /// Complexity: O(1), and O(n) for all of n objects.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// assert!(store.heap_snapshot(&Describe::new()).sizes().eq([8, 8, 8]));
    /// ```
    #[must_use]
    pub fn sizes(&self) -> impl ExactSizeIterator<Item = u64> + use<'_> {
        self.sizes.iter()
    }

    /// The size of all objects together.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// assert_eq!(store.heap_snapshot(&Describe::new()).total_size(), 24);
    /// ```
    #[must_use]
    pub fn total_size(&self) -> u64 {
        self.total_size
    }

    /// The number of the class of an object.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<&str> = ["oak", "fir", "oak"].into_iter().collect();
    /// let heap = store.heap_snapshot(&Describe::new().class(|name: &&'static str| *name));
    /// assert_eq!((heap.class(0), heap.class(1), heap.class(2)), (0, 1, 0));
    /// ```
    #[must_use]
    #[inline]
    pub fn class(&self, object: u32) -> u32 {
        self.classes.at(object as usize)
    }

    /// The name of a class.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<&str> = ["oak", "fir"].into_iter().collect();
    /// let heap = store.heap_snapshot(&Describe::new().class(|name: &&'static str| *name));
    /// assert_eq!(heap.class_name(heap.class(1)), "fir");
    /// ```
    #[must_use]
    pub fn class_name(&self, class: u32) -> &str {
        &self.class_names[class as usize]
    }

    /// The name of the class of an object.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// assert_eq!(store.heap_snapshot(&Describe::new()).class_of(0), "u64");
    /// ```
    #[must_use]
    pub fn class_of(&self, object: u32) -> &str {
        self.class_name(self.class(object))
    }

    /// The names of all classes, by number.
    ///
    /// Complexity: O(1), and O(classes) for all.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// assert!(store.heap_snapshot(&Describe::new()).classes().eq(["u64"]));
    /// ```
    #[must_use]
    pub fn classes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.class_names.iter().map(|name| &**name)
    }

    /// The generation of an object; `None` if the heap has none.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::Generation;
    /// # use understory::inspect::Describe;
    ///
    /// let store: understory::Store<u64> = (0..3).collect();
    /// assert_eq!(store.heap_snapshot(&Describe::new()).generation(0), Some(Generation::Young));
    /// ```
    #[must_use]
    pub fn generation(&self, object: u32) -> Option<Generation> {
        self.generations.get(object as usize).copied()
    }

    /// Whether an object waits to be reclaimed: at the end of a scope, or in a step. It and what it leads to can
    /// still be saved.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let ball = store.insert("ball");
    /// store.scope(|store| {
    ///     store.unroot(ball).unwrap();
    ///     assert!(store.heap_snapshot(&Describe::new()).is_pending(0));
    /// });
    /// ```
    #[must_use]
    pub fn is_pending(&self, object: u32) -> bool {
        self.flags[object as usize] & PENDING != 0
    }

    /// Whether an object is dead and was not swept yet: no handle names it any more.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// assert!(!store.heap_snapshot(&Describe::new()).is_condemned(0));
    /// ```
    #[must_use]
    pub fn is_condemned(&self, object: u32) -> bool {
        self.flags[object as usize] & CONDEMNED != 0
    }

    /// All roots, in the order of their objects. An object that was rooted under several names has several entries.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.root(first)?;
    /// store.insert_linked(first, (), 2)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.roots().iter().map(|root| (root.object, root.count)).collect::<Vec<_>>(), [(0, 2)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn roots(&self) -> &[RootEntry] {
        &self.roots
    }

    /// The roots of an object.
    ///
    /// Complexity: O(log r) for r roots of all objects.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.insert_linked(first, (), 2)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!((heap.roots_of(0).len(), heap.roots_of(1).len()), (1, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn roots_of(&self, object: u32) -> &[RootEntry] {
        let start = self.roots.partition_point(|root| root.object < object);
        let end = self.roots.partition_point(|root| root.object <= object);
        &self.roots[start..end]
    }

    /// A name that roots were given.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::HeapBuilder;
    ///
    /// let mut heap = HeapBuilder::new();
    /// let page = heap.object(1, "page", 100);
    /// heap.root(page, 1, Some("window"));
    /// let heap = heap.build()?;
    /// assert_eq!(heap.roots()[0].name.map(|name| heap.root_name(name)), Some("window"));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn root_name(&self, name: u32) -> &str {
        &self.root_names[name as usize]
    }

    /// How many edges there are, without weak ones.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// assert_eq!(store.heap_snapshot(&Describe::new()).edge_count(), 0);
    /// ```
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.strong.targets.len()
    }

    /// How many weak edges there are.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// assert_eq!(store.heap_snapshot(&Describe::new()).weak_edge_count(), 0);
    /// ```
    #[must_use]
    pub fn weak_edge_count(&self) -> usize {
        self.weak.targets.len()
    }

    /// The objects that an object has edges to, in order, once for each edge.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.insert_linked(first, (), 2)?;
    /// assert_eq!(store.heap_snapshot(&Describe::new()).targets(0), [1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn targets(&self, object: u32) -> &[u32] {
        &self.strong.targets[self.strong.range(object)]
    }

    /// The positions of an object's edges among all edges, in order of the objects: to keep something by edge.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let first = store.insert(1);
    /// let second = store.insert_linked(first, (), 2)?;
    /// store.link(second, (), first)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!((heap.edge_range(0), heap.edge_range(1)), (0..1, 1..2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn edge_range(&self, object: u32) -> Range<usize> {
        self.strong.range(object)
    }

    /// The edge at a position among all edges.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.insert_linked(first, (), 2)?;
    /// assert_eq!(store.heap_snapshot(&Describe::new()).edge(0).target, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn edge(&self, at: usize) -> Edge {
        Edge {
            target: self.strong.targets[at],
            label: self.strong.labels.get(at).unwrap_or(0),
        }
    }

    /// The edges of an object, in order.
    ///
    /// Complexity: O(1), and O(out-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32, &str> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.insert_linked(first, "next", 2)?;
    /// let heap = store.heap_snapshot(&Describe::new().label(|label: &&'static str| *label));
    /// assert!(heap.edges(0).map(|edge| (edge.target, heap.label(edge.label))).eq([(1, "next")]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn edges(&self, object: u32) -> impl ExactSizeIterator<Item = Edge> + use<'_> {
        self.strong.edges(self.strong.range(object))
    }

    /// The weak edges of an object, in order.
    ///
    /// Complexity: O(1), and O(weak edges of the object) for all.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [owl, mouse] = [store.insert("owl"), store.insert("mouse")];
    /// store.link_weak(owl, (), mouse)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert!(heap.weak_edges(0).map(|edge| edge.target).eq([1]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn weak_edges(&self, object: u32) -> impl ExactSizeIterator<Item = Edge> + use<'_> {
        self.weak.edges(self.weak.range(object))
    }

    /// The name of a label; empty if the snapshot was made without names.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.insert_linked(first, (), 2)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.label(heap.edge(0).label), "");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn label(&self, label: u32) -> &str {
        &self.label_names[label as usize]
    }

    /// The names of all labels, by number.
    ///
    /// Complexity: O(1), and O(labels) for all.
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::HeapBuilder;
    ///
    /// let mut heap = HeapBuilder::new();
    /// let [page, text] = [heap.object(1, "page", 100), heap.object(2, "text", 20)];
    /// heap.edge(page, "title", text);
    /// assert!(heap.build()?.labels().eq(["title"]));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn labels(&self) -> impl ExactSizeIterator<Item = &str> {
        self.label_names.iter().map(|name| &**name)
    }

    /// Bytes allocated.
    ///
    /// Complexity: O(names).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..1_000).collect();
    /// assert!(store.heap_snapshot(&Describe::new()).memory() < 40_000);
    /// ```
    #[must_use]
    pub fn memory(&self) -> usize {
        let names = [&self.class_names, &self.label_names, &self.root_names].into_iter();
        let names: usize = names
            .flatten()
            .map(|name| name.len() + size_of::<Box<str>>())
            .sum();
        let rows = [&self.strong, &self.weak].into_iter();
        let rows: usize = rows
            .map(|rows| {
                4 * (rows.starts.capacity() + rows.targets.capacity()) + rows.labels.memory()
            })
            .sum();
        let ids = 8 * self.ids.capacity() + 4 * self.by_id.capacity();
        let marks = self.generations.capacity() + self.flags.capacity();
        let roots = self.roots.capacity() * size_of::<RootEntry>();
        ids + self.sizes.memory() + self.classes.memory() + marks + roots + rows + names
    }
}

impl fmt::Debug for HeapSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapSnapshot")
            .field("objects", &self.len())
            .field("edges", &self.edge_count())
            .field("weak_edges", &self.weak_edge_count())
            .field("roots", &self.roots.len())
            .field("size", &self.total_size)
            .field("classes", &self.class_names.len())
            .finish_non_exhaustive()
    }
}
