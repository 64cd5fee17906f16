//! What can be refused, and why. A value that was handed over comes back inside the error.

use core::fmt;

use alloc::vec::Vec;

use slotmap::KeyData;

/// The handle names no object of this store: its object is dead, the handle is null, or it belongs
/// to another store.
///
/// An object that must not die needs a root or an edge: see
/// [`Store::root`](crate::Store::root) and [`Store::link`](crate::Store::link).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StaleHandle {
    /// The handle that was given, as the data of which every handle type is made.
    pub handle: KeyData,
}

impl StaleHandle {
    pub(crate) fn new(handle: KeyData) -> Self {
        Self { handle }
    }
}

impl fmt::Display for StaleHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "handle {:?} names no object of this store", self.handle)
    }
}

impl core::error::Error for StaleHandle {}

/// Which limit an insertion ran into.
///
/// The way out is to let go of objects (and of values of type `Root`), or to take a larger limit when the
/// store is made. Within a [`scope`](crate::Store::scope) or a finalizer insertions do not collect, and what
/// dies by count waits, so leave it first; and under [`Reclaim::AtStep`](crate::Reclaim::AtStep) what was let
/// go of leaves in a step or a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// [`Config::max_objects`](crate::Config::max_objects).
    Objects,
    /// [`Config::max_bytes`](crate::Config::max_bytes).
    Bytes,
    /// All of the (2²⁰ − 1) × 4,095 slots are in use, or out of versions. No collection is run for this
    /// one: call [`Store::collect`](crate::Store::collect), or use a second store.
    Handles,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Objects => "the most objects that its configuration allows",
            Self::Bytes => "the most bytes that its configuration allows",
            Self::Handles => "all the objects that it has handles for",
        })
    }
}

/// The store is full; the value comes back.
///
/// At a limit of its settings the store has collected before, unless it was in a scope or a finalizer, or a
/// collection could have found nothing: no count had fallen, other than to zero, since the last one.
/// [`Limit`] has the way out.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreFull<T> {
    /// The value that was not inserted.
    pub value: T,
    /// The limit that was reached.
    pub limit: Limit,
}

impl<T> fmt::Debug for StoreFull<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreFull")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Display for StoreFull<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store holds {}", self.limit)
    }
}

impl<T> core::error::Error for StoreFull<T> {}

/// Why [`Store::insert_linked`](crate::Store::insert_linked) added nothing; label and value come
/// back.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct InsertLinkedError<T, E> {
    /// The value that was not inserted.
    pub value: T,
    /// The label of the edge that was not added.
    pub label: E,
    /// What was wrong.
    pub reason: Refusal,
}

/// Why an object or an edge was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A handle for an end of the edge names no object.
    Stale(StaleHandle),
    /// The store is full: [`Limit`] has the way out.
    Full(Limit),
    /// One of the two objects has 2²⁷ − 1 edges, or the pools hold 2³² entries. Put objects in between that
    /// have a part of the edges each; if it is the pools, [`Store::shrink`](crate::Store::shrink) may help.
    TooManyEdges,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::Full(limit) => write!(f, "the store holds {limit}"),
            Self::TooManyEdges => f.write_str("there is no room for one more edge"),
        }
    }
}

impl<T, E> fmt::Debug for InsertLinkedError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertLinkedError")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl<T, E> fmt::Display for InsertLinkedError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl<T, E> core::error::Error for InsertLinkedError<T, E> {}

impl core::error::Error for Refusal {}

/// Why [`Store::insert_graph`](crate::Store::insert_graph) added nothing; values and edges come back.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InsertGraphError<T, E> {
    /// The values that were not inserted.
    pub values: Vec<T>,
    /// The edges that were not added.
    pub edges: Vec<(usize, E, usize)>,
    /// What was wrong.
    pub reason: GraphRefusal,
}

/// Why a graph was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraphRefusal {
    /// An edge names a position at which there is no value.
    NoEnd {
        /// Which of the edges, counted from 0.
        at: usize,
        /// The position that it names.
        position: usize,
        /// How many values there are.
        objects: usize,
    },
    /// A root is for a position at which there is no value.
    NoRoot {
        /// Which of the roots, counted from 0.
        at: usize,
        /// The position that it names.
        position: usize,
        /// How many values there are.
        objects: usize,
    },
    /// The store is full: [`Limit`] has the way out.
    Full(Limit),
    /// One of the objects would have more than 2²⁷ − 1 edges, or the pools more than 2³² entries: see
    /// [`Refusal::TooManyEdges`].
    TooManyEdges,
    /// The object at this position would have more than 2²² − 1 roots.
    TooManyRoots(usize),
}

impl fmt::Display for GraphRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEnd {
                at,
                position,
                objects,
            } => write!(f, "edge {at} names object {position} of {objects}"),
            Self::NoRoot {
                at,
                position,
                objects,
            } => write!(f, "root {at} names object {position} of {objects}"),
            Self::Full(limit) => write!(f, "the store holds {limit}"),
            Self::TooManyEdges => f.write_str("there is no room for so many edges"),
            Self::TooManyRoots(position) => {
                write!(f, "object {position} has more roots than can be counted")
            }
        }
    }
}

impl<T, E> fmt::Debug for InsertGraphError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertGraphError")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl<T, E> fmt::Display for InsertGraphError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl<T, E> core::error::Error for InsertGraphError<T, E> {}

/// Why no edge was added; the label comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkError<E> {
    /// The label of the edge that was not added.
    pub label: E,
    /// What was wrong.
    pub reason: Refusal,
}

impl<E> fmt::Debug for LinkError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkError")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl<E> fmt::Display for LinkError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl<E> core::error::Error for LinkError<E> {}

/// Why no edge was removed or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnlinkError {
    /// A handle for an end of an edge names no object.
    Stale(StaleHandle),
    /// Both objects are there, but no such edge between them.
    NotLinked {
        /// The object that the edge should start from.
        source: KeyData,
        /// The object that the edge should lead to.
        target: KeyData,
    },
    /// The edge cannot be moved to these objects: see [`Refusal::TooManyEdges`].
    TooManyEdges,
}

impl UnlinkError {
    pub(crate) fn not_linked(source: KeyData, target: KeyData) -> Self {
        Self::NotLinked { source, target }
    }
}

impl From<StaleHandle> for UnlinkError {
    fn from(stale: StaleHandle) -> Self {
        Self::Stale(stale)
    }
}

impl fmt::Display for UnlinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::NotLinked { source, target } => {
                write!(f, "there is no such edge from {source:?} to {target:?}")
            }
            Self::TooManyEdges => f.write_str("there is no room for one more edge"),
        }
    }
}

impl core::error::Error for UnlinkError {}

/// Why the roots of an object were not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootError {
    /// The handle names no object.
    Stale(StaleHandle),
    /// The object has no root that could be taken away: the program no longer holds it, or only through
    /// values of type `Root`, which give up their roots themselves: drop these, or `release` them. What else
    /// keeps the object alive, [`Store::sources`](crate::Store::sources) says.
    NotRooted {
        /// The object.
        handle: KeyData,
    },
    /// The object has 2²² − 1 roots. Something gives back fewer than it takes; or let one object with a root
    /// own it for many holders.
    TooManyRoots,
}

impl From<StaleHandle> for RootError {
    fn from(stale: StaleHandle) -> Self {
        Self::Stale(stale)
    }
}

impl fmt::Display for RootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::NotRooted { handle } => write!(f, "{handle:?} has no root to take away"),
            Self::TooManyRoots => f.write_str("the object has the most roots that can be counted"),
        }
    }
}

impl core::error::Error for RootError {}

/// Why a weak collection kept nothing: the handle names no object, so the entry would be gone at once.
/// What was to be kept comes back; see [`WeakMap::insert`](crate::WeakMap::insert) and
/// [`WeakValueMap::insert`](crate::WeakValueMap::insert).
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WeakInsertError<V> {
    /// What was handed over with the handle: the value, or the name.
    pub value: V,
    /// The handle.
    pub reason: StaleHandle,
}

impl<V> fmt::Debug for WeakInsertError<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakInsertError")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl<V> fmt::Display for WeakInsertError<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl<V> core::error::Error for WeakInsertError<V> {}
