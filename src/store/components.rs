//! Components: values of other types beside an object's own.

use slotmap::Key;

use crate::columns::{BorrowError, Component, ComponentRef, Group, GroupError};
use crate::error::{Rejected, StaleHandle};
use crate::query::{ColumnMut, ColumnRef, Query, QueryBorrow, ValueQuery, ValueQueryMut};
use crate::store::Store;

impl<T, E, K: Key> Store<T, E, K> {
    /// Gives an object a component, and returns the one of this type that it had. A component dies with
    /// its object.
    ///
    /// # Errors
    /// [`Rejected`] with the component, if the handle names no object.
    ///
    /// Complexity: O(component types), amortised, besides components that move: at most 1,023, and seldom more
    /// than 256. None move if more than half of the objects have such a component.
    ///
    /// # Examples
    /// ```
    /// #[derive(Clone)]
    /// struct Position(f32, f32);
    ///
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let hare = store.insert("hare");
    /// store.insert_component(hare, Position(1.0, 2.0))?;
    /// assert_eq!(store.component::<Position>(hare).unwrap().1, 2.0);
    /// # Ok::<(), understory::Rejected<Position, understory::StaleHandle>>(())
    /// ```
    pub fn insert_component<C: Component>(
        &mut self,
        handle: K,
        component: C,
    ) -> Result<Option<C>, Rejected<C, StaleHandle>> {
        self.settle();
        match self.objects.resolve(handle.data()) {
            Some(index) => Ok(self.objects.columns.insert(index, component)),
            None => Err(Rejected::new(component, StaleHandle::new(handle.data()))),
        }
    }

    /// Takes a component off an object; `None` if it has none or the handle names no object.
    ///
    /// Complexity: O(component types), amortised, besides components that move, as in
    /// [`insert_component`](Self::insert_component).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let hare = store.insert("hare");
    /// store.insert_component(hare, 7_u8)?;
    /// assert_eq!(store.remove_component::<u8>(hare), Some(7));
    /// # Ok::<(), understory::Rejected<u8, understory::StaleHandle>>(())
    /// ```
    pub fn remove_component<C: Component>(&mut self, handle: K) -> Option<C> {
        self.settle();
        let index = self.objects.resolve(handle.data())?;
        self.objects.columns.remove(index)
    }

    /// A component of an object, to read; `None` if it has none or the handle names no object.
    ///
    /// # Panics
    /// While a query or a [`column_mut`](Self::column_mut) borrows the components of this type
    /// mutably.
    ///
    /// Complexity: O(component types).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let hare = store.insert("hare");
    /// store.insert_component(hare, 7_u8).unwrap();
    /// assert_eq!(*store.component::<u8>(hare).unwrap(), 7);
    /// assert!(store.component::<char>(hare).is_none());
    /// ```
    #[must_use]
    #[track_caller]
    pub fn component<C: Component>(&self, handle: K) -> Option<ComponentRef<'_, C>> {
        let index = self.objects.resolve(handle.data())?;
        match self.objects.columns.get(index) {
            Ok(component) => component,
            Err(error) => panic!("{error}"),
        }
    }

    /// A component of an object, to change; `None` if it has none or the handle names no object.
    ///
    /// Complexity: O(component types).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let hare = store.insert("hare");
    /// store.insert_component(hare, 7_u8).unwrap();
    /// *store.component_mut::<u8>(hare).unwrap() += 1;
    /// assert_eq!(store.remove_component::<u8>(hare), Some(8));
    /// ```
    #[must_use]
    pub fn component_mut<C: Component>(&mut self, handle: K) -> Option<&mut C> {
        let index = self.objects.resolve(handle.data())?;
        self.objects.columns.get_mut(index)
    }

    /// Whether an object has a component of a type.
    ///
    /// # Panics
    /// While a query or a [`column_mut`](Self::column_mut) borrows the components of this type
    /// mutably.
    ///
    /// Complexity: O(component types).
    ///
    /// # Examples
    /// ```
    /// #[derive(Clone)]
    /// struct Burning;
    ///
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [hut, mill] = [store.insert("hut"), store.insert("mill")];
    /// store.insert_component(mill, Burning).unwrap();
    /// assert!(store.has_component::<Burning>(mill) && !store.has_component::<Burning>(hut));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn has_component<C: Component>(&self, handle: K) -> bool {
        let index = self.objects.resolve(handle.data());
        match index.map_or(Ok(false), |index| self.objects.columns.has::<C>(index)) {
            Ok(has) => has,
            Err(error) => panic!("{error}"),
        }
    }

    /// All components of one type, to read; there are none if no object ever had one.
    ///
    /// # Panics
    /// If a query or a [`column_mut`](Self::column_mut) borrows the components of this type mutably;
    /// [`try_column`](Self::try_column) answers with an error instead.
    ///
    /// Complexity: O(component types).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [hut, mill] = [store.insert("hut"), store.insert("mill")];
    /// assert!(store.column::<u32>().is_empty());
    /// store.insert_component(mill, 50_u32).unwrap();
    /// let beams = store.column::<u32>();
    /// assert_eq!((beams.get(hut), beams.get(mill)), (None, Some(&50)));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn column<C: Component>(&self) -> ColumnRef<'_, C, K> {
        ColumnRef::new(&self.objects.columns, self.objects.live())
    }

    /// The same as [`column`](Self::column), unless a borrow is in the way.
    ///
    /// # Errors
    /// [`BorrowError`] if a query or a [`column_mut`](Self::column_mut) borrows the components of this type mutably.
    ///
    /// Complexity: O(component types).
    ///
    /// # Examples
    /// ```
    /// let store: understory::Store<&str> = understory::Store::new();
    /// let writing = store.column_mut::<u32>();
    /// assert!(store.try_column::<u32>().is_err()); // not while it is written
    /// drop(writing);
    /// assert!(store.try_column::<u32>().is_ok());
    /// ```
    pub fn try_column<C: Component>(&self) -> Result<ColumnRef<'_, C, K>, BorrowError> {
        ColumnRef::try_new(&self.objects.columns, self.objects.live())
    }

    /// All components of one type, to read, write and attach.
    ///
    /// # Panics
    /// If a query or a [`column`](Self::column) borrows the components of this type;
    /// [`try_column_mut`](Self::try_column_mut) answers with an error instead.
    ///
    /// Complexity: O(component types).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [hut, mill] = [store.insert("hut"), store.insert("mill")];
    /// store.insert_component(mill, 50_u32).unwrap();
    /// let mut beams = store.column_mut::<u32>();
    /// beams.insert(hut, 30).unwrap();
    /// *beams.get_mut(mill).unwrap() -= 4;
    /// assert_eq!(beams.iter().map(|(_, beams)| *beams).sum::<u32>(), 76);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn column_mut<C: Component>(&self) -> ColumnMut<'_, C, K> {
        ColumnMut::new(&self.objects.columns, self.objects.live())
    }

    /// The same as [`column_mut`](Self::column_mut), unless a borrow is in the way.
    ///
    /// # Errors
    /// [`BorrowError`] if a query or a [`column`](Self::column) borrows the components of this type.
    ///
    /// Complexity: O(component types).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let mill = store.insert("mill");
    /// let mut beams = store.try_column_mut::<u32>()?;
    /// assert!(store.try_column_mut::<u32>().is_err());
    /// beams.insert(mill, 50).unwrap();
    /// # Ok::<(), understory::BorrowError>(())
    /// ```
    pub fn try_column_mut<C: Component>(&self) -> Result<ColumnMut<'_, C, K>, BorrowError> {
        ColumnMut::try_new(&self.objects.columns, self.objects.live())
    }

    /// The objects that have certain components, and these components; see [`Query`].
    ///
    /// # Panics
    /// If a live borrow of components excludes this one, or if two terms of the query have the
    /// same type and one of them is mutable; [`try_query`](Self::try_query) answers with an error
    /// instead.
    ///
    /// Complexity: O(component types × terms).
    ///
    /// # Examples
    /// ```
    /// #[derive(Clone)]
    /// struct Position(f32);
    /// #[derive(Clone)]
    /// struct Velocity(f32);
    ///
    /// let mut store: understory::Store<()> = understory::Store::new();
    /// for speed in [1.0, 2.0] {
    ///     let object = store.insert(());
    ///     store.insert_component(object, Position(0.0)).unwrap();
    ///     store.insert_component(object, Velocity(speed)).unwrap();
    /// }
    /// for (position, velocity) in &mut store.query::<(&mut Position, &Velocity)>() {
    ///     position.0 += velocity.0;
    /// }
    /// let sum: f32 = store.query::<&Position>().iter().map(|position| position.0).sum();
    /// assert_eq!(sum, 3.0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn query<Q: Query>(&self) -> QueryBorrow<'_, Q, K> {
        QueryBorrow::new(&self.objects.columns, self.objects.live())
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
    /// let mill = store.insert("mill");
    /// store.insert_component(mill, 50_u32).unwrap();
    /// let reading = store.column::<u32>();
    /// assert!(store.try_query::<&mut u32>().is_err()); // not while it is read
    /// drop(reading);
    /// assert!(store.try_query::<&mut u32>().is_ok());
    /// ```
    pub fn try_query<Q: Query>(&self) -> Result<QueryBorrow<'_, Q, K>, BorrowError> {
        QueryBorrow::try_new(&self.objects.columns, self.objects.live())
    }

    /// The objects that have certain components: handle, value and components of each; see [`ValueQuery`].
    ///
    /// # Panics
    /// If a live borrow of components excludes this one, as [`query`](Self::query) does.
    ///
    /// Complexity: O(component types × terms).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [hut, mill] = [store.insert("hut"), store.insert("mill")];
    /// store.insert_component(mill, 50_u32).unwrap();
    /// assert!(store.query_values::<&u32>().iter().eq([(mill, &"mill", &50)]));
    /// # let _ = hut;
    /// ```
    #[must_use]
    #[track_caller]
    pub fn query_values<Q: Query>(&self) -> ValueQuery<'_, Q, T, K> {
        let arenas = self.objects.heap.arenas();
        ValueQuery::new(&self.objects.columns, self.objects.live(), arenas)
    }

    /// The objects that have certain components: handle, value, to change, and components of each; see
    /// [`ValueQueryMut`].
    ///
    /// # Panics
    /// If two terms of the query have the same type and one of them is mutable.
    ///
    /// Complexity: O(component types × terms).
    ///
    /// # Examples
    /// ```
    /// #[derive(Clone)]
    /// struct Burning(u32);
    ///
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let [hut, mill] = [store.insert(40), store.insert(50)];
    /// store.insert_component(mill, Burning(3)).unwrap();
    /// for (_, beams, burning) in &mut store.query_values_mut::<&mut Burning>() {
    ///     *beams -= burning.0;
    ///     burning.0 += 1;
    /// }
    /// assert_eq!((store[hut], store[mill]), (40, 47));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn query_values_mut<Q: Query>(&mut self) -> ValueQueryMut<'_, Q, T, K> {
        let (columns, live, arenas) = self.objects.split_values();
        ValueQueryMut::new(columns, live, arenas)
    }

    /// Keeps the components of two or three types together if an object has all of them, so that a query
    /// that asks for all of these types reads them side by side, as if there were no other objects.
    ///
    /// That is all it does: each query has the same items in the same order as without. A component that comes to
    /// an object and completes the group, or goes and breaks it, has those of the other types moved. A query
    /// that asks for only some of the types has to look in two places for them. What is attached or taken off by
    /// a [`column_mut`](Self::column_mut) joins or leaves the group when the next object dies or the next
    /// component is attached or taken off by the store itself; until then queries over the arenas concerned take
    /// longer.
    ///
    /// A group is for good, and a type can be in one only. To declare it again does nothing.
    ///
    /// # Errors
    /// [`GroupError`] if a type is in another group, or comes twice.
    ///
    /// Complexity: O(objects), which have such components already.
    ///
    /// # Examples
    /// ```
    /// #[derive(Clone)]
    /// struct Position(f32);
    /// #[derive(Clone)]
    /// struct Velocity(f32);
    ///
    /// let mut store: understory::Store<()> = understory::Store::new();
    /// store.group::<(Position, Velocity)>()?;
    /// for number in 0..100_u8 {
    ///     let object = store.insert(());
    ///     store.insert_component(object, Position(0.0)).unwrap();
    ///     if number % 10 == 0 {
    ///         store.insert_component(object, Velocity(number.into())).unwrap();
    ///     }
    /// }
    /// for (position, velocity) in &mut store.query::<(&mut Position, &Velocity)>() {
    ///     position.0 += velocity.0;
    /// }
    /// let sum: f32 = store.query::<&Position>().iter().map(|position| position.0).sum();
    /// assert_eq!(sum, 450.0);
    /// # Ok::<(), understory::GroupError>(())
    /// ```
    pub fn group<G: Group>(&mut self) -> Result<(), GroupError> {
        self.objects.columns.group(G::TYPES)
    }
}
