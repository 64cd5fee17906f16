//! Edges, values and components, side by side.

use core::fmt;
use core::marker::PhantomData;

use slotmap::Key;

use crate::columns::{BorrowError, Columns, Component, ComponentRef};
use crate::graph::Kind;
use crate::live::Live;
use crate::query::{ColumnMut, ColumnRef, Query, QueryBorrow};
use crate::store::{Edges, Store, ValuesView};

/// A store in parts that are borrowed apart from each other: what [`Store::split_mut`] gives.
///
/// So a walk along edges can change values, and a loop over components can do both. What changes which objects there
/// are, or their edges, is not among them: it can be recorded as [`Commands`](crate::Commands) meanwhile.
///
/// ```
/// use understory::{Parts, Store};
///
/// #[derive(Clone)]
/// struct Burning(u32);
///
/// let mut store: Store<u32> = Store::new(); // how much wood there is
/// let house = store.insert(100);
/// let room = store.insert_linked(house, (), 40).unwrap();
/// store.insert_component(house, Burning(3)).unwrap();
///
/// let Parts { edges, mut values, columns } = store.split_mut();
/// for (house, burning) in columns.query::<&Burning>().iter_with_handles() {
///     values[house] -= burning.0;
///     for room in edges.targets(house) {
///         values[room] -= 1;
///     }
/// }
/// assert_eq!((store[house], store[room]), (97, 39));
/// ```
#[derive(Debug)]
pub struct Parts<'a, T, E, K> {
    /// All edges, to read.
    pub edges: Edges<'a, E, K>,
    /// The values of all objects, to change.
    pub values: ValuesView<'a, T, K>,
    /// The components of all objects, to read and to change, a type at a time.
    pub columns: ColumnsView<'a, K>,
}

impl<T, E, K: Key> Store<T, E, K> {
    /// The edges, to read, the values, to change, and the components, side by side, so that a walk along edges or
    /// over components can write.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let root = store.insert(1);
    /// store.insert_linked(root, (), 10)?;
    /// store.insert_linked(root, (), 20)?;
    ///
    /// let mut parts = store.split_mut();
    /// for child in parts.edges.targets(root) {
    ///     parts.values[child] += 1;
    /// }
    /// assert_eq!(store.values().copied().collect::<Vec<_>>(), [1, 11, 21]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn split_mut(&mut self) -> Parts<'_, T, E, K> {
        let len = self.len();
        let objects = &mut self.objects;
        let dead = (objects.doomed > 0).then_some(&objects.dead);
        let arenas = objects.heap.arenas_mut();
        let headers = objects.graph.headers();
        Parts {
            edges: Edges {
                headers,
                strong: objects.graph.edges(),
                weak: objects.graph.weak(),
                kind: Kind::Strong,
                dead,
                key: PhantomData,
            },
            columns: ColumnsView {
                columns: &objects.columns,
                live: Live::new(headers, arenas.len(), dead),
                key: PhantomData,
            },
            values: ValuesView {
                arenas,
                dead,
                len,
                key: PhantomData,
            },
        }
    }
}

/// The components of a store, apart from its edges and values: one of the [`Parts`].
///
/// It is `Copy`, and its methods are those of the store.
pub struct ColumnsView<'a, K> {
    columns: &'a Columns,
    live: Live<'a>,
    key: PhantomData<fn() -> K>,
}

impl<K> Clone for ColumnsView<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for ColumnsView<'_, K> {}

impl<'a, K: Key> ColumnsView<'a, K> {
    /// The objects that have certain components, and these components; see [`Store::query`].
    ///
    /// # Panics
    /// If a live borrow of components excludes this one, and if two terms of the query have the same type and one
    /// of them is mutable.
    ///
    /// Complexity: O(component types × terms).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let mill = store.insert("mill");
    /// store.insert_component(mill, 50_u32).unwrap();
    /// let mut parts = store.split_mut();
    /// for (handle, beams) in parts.columns.query::<&mut u32>().iter_with_handles() {
    ///     *beams -= 1;
    ///     parts.values[handle] = "burning mill";
    /// }
    /// assert_eq!(store[mill], "burning mill");
    /// ```
    #[must_use]
    #[track_caller]
    pub fn query<Q: Query>(self) -> QueryBorrow<'a, Q, K> {
        QueryBorrow::new(self.columns, self.live)
    }

    /// The same as [`query`](Self::query), unless a borrow is in the way.
    ///
    /// # Errors
    /// [`BorrowError`] if a live borrow of components excludes this one.
    ///
    /// Complexity: O(component types × terms).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let columns = store.split_mut().columns;
    /// let writing = columns.query::<&mut u32>();
    /// assert!(columns.try_query::<&u32>().is_ok()); // there is none so far
    /// # drop(writing);
    /// ```
    pub fn try_query<Q: Query>(self) -> Result<QueryBorrow<'a, Q, K>, BorrowError> {
        QueryBorrow::try_new(self.columns, self.live)
    }

    /// All components of one type, to read; see [`Store::column`].
    ///
    /// # Panics
    /// If the components of this type are borrowed mutably.
    ///
    /// Complexity: O(component types).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let mill = store.insert(50);
    /// store.insert_component(mill, 'm').unwrap();
    /// let mut parts = store.split_mut();
    /// let letters = parts.columns.column::<char>();
    /// for (handle, beams) in &mut parts.values {
    ///     *beams += u32::from(letters.contains(handle));
    /// }
    /// drop(letters);
    /// assert_eq!(store[mill], 51);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn column<C: Component>(self) -> ColumnRef<'a, C, K> {
        ColumnRef::new(self.columns, self.live)
    }

    /// All components of one type, to read, write and attach; see [`Store::column_mut`].
    ///
    /// # Panics
    /// If the components of this type are borrowed.
    ///
    /// Complexity: O(component types).
    ///
    /// # Examples
    /// ```
    /// #[derive(Clone)]
    /// struct Dry;
    ///
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let [hut, mill] = [store.insert(3), store.insert(50)];
    /// let mut parts = store.split_mut();
    /// let mut dry = parts.columns.column_mut::<Dry>();
    /// for (handle, beams) in &mut parts.values {
    ///     if *beams < 10 {
    ///         dry.insert(handle, Dry).unwrap();
    ///     }
    /// }
    /// drop(dry);
    /// assert!(store.has_component::<Dry>(hut) && !store.has_component::<Dry>(mill));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn column_mut<C: Component>(self) -> ColumnMut<'a, C, K> {
        ColumnMut::new(self.columns, self.live)
    }

    /// A component of an object, to read; see [`Store::component`].
    ///
    /// # Panics
    /// If the components of this type are borrowed mutably.
    ///
    /// Complexity: O(component types).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let mill = store.insert(50);
    /// store.insert_component(mill, 7_u8).unwrap();
    /// let mut parts = store.split_mut();
    /// for (handle, beams) in &mut parts.values {
    ///     if let Some(worms) = parts.columns.component::<u8>(handle) {
    ///         *beams -= u32::from(*worms);
    ///     }
    /// }
    /// assert_eq!(store[mill], 43);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn component<C: Component>(self, handle: K) -> Option<ComponentRef<'a, C>> {
        let index = self.live.resolve(handle.data())?;
        match self.columns.get(index) {
            Ok(component) => component,
            Err(error) => panic!("{error}"),
        }
    }
}

impl<K> fmt::Debug for ColumnsView<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ColumnsView").finish_non_exhaustive()
    }
}
