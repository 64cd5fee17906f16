//! Components: values of other types beside an object's own.

use slotmap::Key;

use crate::columns::{BorrowError, Component, ComponentError, ComponentRef};
use crate::query::{ColumnMut, ColumnRef, Query, QueryBorrow};
use crate::store::Store;

impl<T, E, K: Key> Store<T, E, K> {
    /// Gives an object a component, and returns the one of this type that it had. A component dies with
    /// its object.
    ///
    /// # Errors
    /// [`ComponentError`] with the component, where the handle names no object.
    ///
    /// Computes in O(component types), besides at most 63 components that move.
    ///
    /// # Examples
    /// ```
    /// #[derive(Clone)]
    /// struct Position(f32, f32);
    ///
    /// let mut store = understory::Store::<&str>::new();
    /// let hare = store.insert("hare");
    /// store.insert_component(hare, Position(1.0, 2.0))?;
    /// assert_eq!(store.component::<Position>(hare).unwrap().1, 2.0);
    /// # Ok::<(), understory::ComponentError<Position>>(())
    /// ```
    pub fn insert_component<C: Component>(
        &mut self,
        handle: K,
        component: C,
    ) -> Result<Option<C>, ComponentError<C>> {
        self.settle();
        match self.objects.resolve(handle.data()) {
            Some(index) => Ok(self.objects.columns.insert(index, component)),
            None => Err(ComponentError::Stale(component)),
        }
    }

    /// Takes a component off an object; `None` where it has none or the handle names no object.
    ///
    /// Computes in O(component types), besides at most 63 components that move.
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<&str>::new();
    /// let hare = store.insert("hare");
    /// store.insert_component(hare, 7_u8)?;
    /// assert_eq!(store.remove_component::<u8>(hare), Some(7));
    /// # Ok::<(), understory::ComponentError<u8>>(())
    /// ```
    pub fn remove_component<C: Component>(&mut self, handle: K) -> Option<C> {
        self.settle();
        let index = self.objects.resolve(handle.data())?;
        self.objects.columns.remove(index)
    }

    /// A component of an object, to read; `None` where it has none or the handle names no object.
    ///
    /// # Panics
    /// While a query or a [`column_mut`](Self::column_mut) borrows the components of this type
    /// mutably.
    ///
    /// Computes in O(component types).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<&str>::new();
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

    /// A component of an object, to change; `None` where it has none or the handle names no object.
    ///
    /// Computes in O(component types).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<&str>::new();
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
    /// Computes in O(component types).
    ///
    /// # Examples
    /// ```
    /// #[derive(Clone)]
    /// struct Burning;
    ///
    /// let mut store = understory::Store::<&str>::new();
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

    /// All components of one type, to read; `None` where no object ever had one.
    ///
    /// # Panics
    /// While a query or a [`column_mut`](Self::column_mut) borrows the components of this type
    /// mutably.
    ///
    /// Computes in O(component types).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<&str>::new();
    /// let [hut, mill] = [store.insert("hut"), store.insert("mill")];
    /// store.insert_component(mill, 50_u32).unwrap();
    /// let beams = store.column::<u32>().unwrap();
    /// assert_eq!((beams.get(hut), beams.get(mill)), (None, Some(&50)));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn column<C: Component>(&self) -> Option<ColumnRef<'_, C, K>> {
        ColumnRef::new(&self.objects.columns, &self.objects)
    }

    /// All components of one type, to read, write and attach; `None` where no object ever had one.
    ///
    /// # Panics
    /// While a query or a [`column`](Self::column) borrows the components of this type.
    ///
    /// Computes in O(component types).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<&str>::new();
    /// let [hut, mill] = [store.insert("hut"), store.insert("mill")];
    /// store.insert_component(mill, 50_u32).unwrap();
    /// let mut beams = store.column_mut::<u32>().unwrap();
    /// beams.insert(hut, 30).unwrap();
    /// *beams.get_mut(mill).unwrap() -= 4;
    /// assert_eq!(beams.iter().map(|(_, beams)| *beams).sum::<u32>(), 76);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn column_mut<C: Component>(&self) -> Option<ColumnMut<'_, C, K>> {
        ColumnMut::new(&self.objects.columns, &self.objects)
    }

    /// The objects that have certain components, and these components; see [`Query`].
    ///
    /// # Panics
    /// Where a live borrow of components excludes this one, and where two terms of the query have the
    /// same type and one of them is mutable; [`try_query`](Self::try_query) answers with an error
    /// instead.
    ///
    /// Computes in O(component types × terms).
    ///
    /// # Examples
    /// ```
    /// #[derive(Clone)]
    /// struct Position(f32);
    /// #[derive(Clone)]
    /// struct Velocity(f32);
    ///
    /// let mut store = understory::Store::<()>::new();
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
        QueryBorrow::new(&self.objects.columns, &self.objects)
    }

    /// The same as [`query`](Self::query), unless a borrow is in the way.
    ///
    /// # Errors
    /// [`BorrowError`] where a live borrow of components excludes this one.
    ///
    /// Computes in O(component types × terms).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<&str>::new();
    /// let mill = store.insert("mill");
    /// store.insert_component(mill, 50_u32).unwrap();
    /// let reading = store.column::<u32>();
    /// assert!(store.try_query::<&mut u32>().is_err()); // not while it is read
    /// drop(reading);
    /// assert!(store.try_query::<&mut u32>().is_ok());
    /// ```
    pub fn try_query<Q: Query>(&self) -> Result<QueryBorrow<'_, Q, K>, BorrowError> {
        QueryBorrow::try_new(&self.objects.columns, &self.objects)
    }
}
