//! What can be refused, and why. A value that was handed over comes back inside the error.

use core::fmt;

use slotmap::KeyData;

/// A value that was handed over and not taken: it comes back, with the reason.
///
/// This is the error of all calls that are given something, be it a value, a label, a component or a graph. `?` works
/// with it, whether or not what comes back is `Debug`; a function that only cares for the reason can say
/// `.map_err(Rejected::into_reason)?`.
///
/// ```
/// use understory::{Config, Limit, Store};
///
/// let mut store: Store<String> = Store::with_config(Config::new().max_objects(1));
/// store.insert("scout".to_string());
/// let rejected = store.try_insert("archer".to_string()).unwrap_err();
/// assert_eq!(rejected.reason, Limit::Objects);
/// assert_eq!(rejected.into_value(), "archer");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected<V, R> {
    /// What was handed over.
    pub value: V,
    /// Why it was not taken, and what to do about it.
    pub reason: R,
}

impl<V, R> Rejected<V, R> {
    #[inline]
    pub(crate) fn new(value: V, reason: R) -> Self {
        Self { value, reason }
    }

    /// What was handed over.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let nobody = understory::Handle::default();
    /// let rejected = store.insert_component(nobody, String::from("brass")).unwrap_err();
    /// assert_eq!(rejected.into_value(), "brass");
    /// ```
    pub fn into_value(self) -> V {
        self.value
    }

    /// The reason alone.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Handle, Rejected, StaleHandle, Store};
    ///
    /// fn paint(store: &mut Store<u32>, handle: Handle, colour: u8) -> Result<(), StaleHandle> {
    ///     store.insert_component(handle, colour).map_err(Rejected::into_reason)?;
    ///     Ok(())
    /// }
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let wall = store.insert(1);
    /// assert!(paint(&mut store, wall, 7).is_ok());
    /// assert!(paint(&mut store, Handle::default(), 7).is_err());
    /// ```
    pub fn into_reason(self) -> R {
        self.reason
    }

    /// Makes something else of the value.
    #[inline]
    pub(crate) fn map<W>(self, make: impl FnOnce(V) -> W) -> Rejected<W, R> {
        Rejected::new(make(self.value), self.reason)
    }
}

impl<V, R: fmt::Debug> fmt::Debug for Rejected<V, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl<V, R: fmt::Display> fmt::Display for Rejected<V, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl<V, R: fmt::Debug + fmt::Display> core::error::Error for Rejected<V, R> {}

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
        write!(
            f,
            "handle {:?} names no object of this store: the object has died, for want of a root or an edge, or the \
             handle is of another store",
            self.handle
        )
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
            Self::Objects => {
                "the store holds as many objects as `Config::max_objects` allows: let go of some, or raise it"
            }
            Self::Bytes => {
                "the objects weigh as many bytes as `Config::max_bytes` allows: let go of some, or raise it"
            }
            Self::Handles => {
                "the store has no handle left: let go of objects and collect, or use a second store"
            }
        })
    }
}

impl core::error::Error for Limit {}

/// Why an object was not added below another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InsertRefusal {
    /// The handle for the owner names no object.
    Stale(StaleHandle),
    /// The store is full: [`Limit`] has the way out.
    Full(Limit),
    /// The owner has 2²⁷ − 1 edges, or the pools hold 2³² entries. Put objects in between that
    /// have a part of the edges each; if it is the pools, [`Store::shrink`](crate::Store::shrink) may help.
    TooManyEdges,
}

impl fmt::Display for InsertRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::Full(limit) => limit.fmt(f),
            Self::TooManyEdges => f.write_str(TOO_MANY_EDGES),
        }
    }
}

impl core::error::Error for InsertRefusal {}

/// Why an edge was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkRefusal {
    /// A handle for an end of the edge names no object.
    Stale(StaleHandle),
    /// One of the two objects has 2²⁷ − 1 edges, or the pools hold 2³² entries. Put objects in between that
    /// have a part of the edges each; if it is the pools, [`Store::shrink`](crate::Store::shrink) may help.
    TooManyEdges,
}

impl From<StaleHandle> for LinkRefusal {
    fn from(stale: StaleHandle) -> Self {
        Self::Stale(stale)
    }
}

impl fmt::Display for LinkRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::TooManyEdges => f.write_str(TOO_MANY_EDGES),
        }
    }
}

impl core::error::Error for LinkRefusal {}

const TOO_MANY_EDGES: &str = "an object cannot have one more edge: put objects in between that have a part of its edges each";

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
    /// [`LinkRefusal::TooManyEdges`].
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
            } => write!(
                f,
                "edge {at} names position {position} of {objects} objects, counted from 0"
            ),
            Self::NoRoot {
                at,
                position,
                objects,
            } => write!(
                f,
                "root {at} names position {position} of {objects} objects, counted from 0"
            ),
            Self::Full(limit) => limit.fmt(f),
            Self::TooManyEdges => f.write_str(TOO_MANY_EDGES),
            Self::TooManyRoots(position) => {
                write!(
                    f,
                    "object {position} has more roots than can be counted: root what owns it"
                )
            }
        }
    }
}

impl core::error::Error for GraphRefusal {}

/// Why no edge was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnlinkError {
    /// A handle for an end of the edge names no object.
    Stale(StaleHandle),
    /// Both objects are there, but no such edge between them.
    NotLinked {
        /// The object that the edge should start from.
        source: KeyData,
        /// The object that the edge should lead to.
        target: KeyData,
    },
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
        }
    }
}

impl core::error::Error for UnlinkError {}

/// Why no edge was moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RelinkError {
    /// A handle for an end of an edge names no object.
    Stale(StaleHandle),
    /// There is no edge to move.
    NotLinked {
        /// The object that it should start from.
        source: KeyData,
        /// The object that it should lead to.
        target: KeyData,
    },
    /// The edge cannot be moved to these objects: see [`LinkRefusal::TooManyEdges`].
    TooManyEdges,
}

impl From<StaleHandle> for RelinkError {
    fn from(stale: StaleHandle) -> Self {
        Self::Stale(stale)
    }
}

impl From<UnlinkError> for RelinkError {
    fn from(error: UnlinkError) -> Self {
        match error {
            UnlinkError::Stale(stale) => Self::Stale(stale),
            UnlinkError::NotLinked { source, target } => Self::NotLinked { source, target },
        }
    }
}

impl fmt::Display for RelinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Stale(stale) => stale.fmt(f),
            Self::NotLinked { source, target } => UnlinkError::not_linked(source, target).fmt(f),
            Self::TooManyEdges => f.write_str(TOO_MANY_EDGES),
        }
    }
}

impl core::error::Error for RelinkError {}

/// Why an object got no root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootError {
    /// The handle names no object.
    Stale(StaleHandle),
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
            Self::TooManyRoots => f.write_str(
                "the object has as many roots as can be counted: something roots more often than it unroots",
            ),
        }
    }
}

impl core::error::Error for RootError {}

/// Why an object lost no root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnrootError {
    /// The handle names no object.
    Stale(StaleHandle),
    /// The object has no root that could be taken away: the program no longer holds it, or only through
    /// values of type `Root`, which give up their roots themselves: drop these, or `release` them. What else
    /// keeps the object alive, [`Store::sources`](crate::Store::sources) says.
    NotRooted {
        /// The object.
        handle: KeyData,
    },
}

impl From<StaleHandle> for UnrootError {
    fn from(stale: StaleHandle) -> Self {
        Self::Stale(stale)
    }
}

impl fmt::Display for UnrootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::NotRooted { handle } => write!(
                f,
                "{handle:?} has no root to take away, but for what values of type `Root` hold"
            ),
        }
    }
}

impl core::error::Error for UnrootError {}
