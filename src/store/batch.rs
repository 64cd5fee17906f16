//! New objects with components, one or many.

use alloc::vec::Vec;
use core::fmt;

use slotmap::Key;

use crate::columns::Bundle;
use crate::error::{Limit, Rejected, StaleHandle};
use crate::store::Store;
use crate::store::insert::full_panic;

impl<T, E, K: Key> Store<T, E, K> {
    /// Adds an object with components, and with one root, the caller's.
    ///
    /// # Panics
    /// If the store is full; [`try_insert_bundle`](Self::try_insert_bundle) answers with an error instead.
    ///
    /// Complexity: O(component types × components), amortised, besides what [`insert`](Self::insert) and
    /// [`insert_component`](Self::insert_component) take.
    ///
    /// # Examples
    /// ```
    /// #[derive(Clone)]
    /// struct Position(f32, f32);
    /// #[derive(Clone)]
    /// struct Burning;
    ///
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let barn = store.insert_bundle("barn", (Position(1.0, 2.0), Burning));
    /// assert!(store.has_component::<Burning>(barn));
    /// assert_eq!(store.component::<Position>(barn).unwrap().1, 2.0);
    /// ```
    #[track_caller]
    pub fn insert_bundle<B: Bundle>(&mut self, value: T, bundle: B) -> K {
        match self.try_insert_bundle(value, bundle) {
            Ok(handle) => handle,
            Err(full) => full_panic(full.reason),
        }
    }

    /// Adds an object with components, and with one root, if there is room.
    ///
    /// # Errors
    /// [`Rejected`] with value and bundle, if a limit is reached and a collection has not helped, or could not be
    /// run.
    ///
    /// Complexity: O(component types × components), amortised, besides what [`try_insert`](Self::try_insert) and
    /// [`insert_component`](Self::insert_component) take.
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().max_objects(1));
    /// store.insert_bundle("barn", (50_u32, 'b'));
    /// let full = store.try_insert_bundle("mill", (70_u32, 'm')).unwrap_err();
    /// assert_eq!(full.value, ("mill", (70, 'm')));
    /// ```
    pub fn try_insert_bundle<B: Bundle>(
        &mut self,
        value: T,
        bundle: B,
    ) -> Result<K, Rejected<(T, B), Limit>> {
        match self.try_insert(value) {
            Ok(handle) => {
                let index = crate::handle::index_of(handle.data());
                bundle.attach(&mut self.objects.columns, index);
                Ok(handle)
            }
            Err(full) => Err(full.map(|value| (value, bundle))),
        }
    }

    /// Adds many objects with components, with one root each, and returns their handles in the same order.
    ///
    /// It is the fastest way to add objects with components.
    ///
    /// # Panics
    /// If the store is full; [`try_insert_batch`](Self::try_insert_batch) answers with an error instead.
    ///
    /// Complexity: as one [`insert_bundle`](Self::insert_bundle) for each object, but columns are looked up once for
    /// many objects.
    ///
    /// # Examples
    /// ```
    /// #[derive(Clone)]
    /// struct Position(u32);
    /// #[derive(Clone)]
    /// struct Velocity(u32);
    ///
    /// let mut store: understory::Store<()> = understory::Store::new();
    /// let agents = store.insert_batch((0..1_000).map(|number| ((), (Position(number), Velocity(1)))));
    /// store.query::<(&mut Position, &Velocity)>().for_each(|(position, velocity)| position.0 += velocity.0);
    /// assert_eq!(store.component::<Position>(agents[999]).unwrap().0, 1_000);
    /// ```
    #[track_caller]
    pub fn insert_batch<B: Bundle>(&mut self, objects: impl IntoIterator<Item = (T, B)>) -> Vec<K> {
        match self.try_insert_batch(objects) {
            Ok(handles) => handles,
            Err(error) => full_panic(error.limit),
        }
    }

    /// Adds many objects with components, with one root each, as long as there is room, and returns their handles in
    /// the same order.
    ///
    /// What comes after the object that found no room stays in the iterator: pass `&mut iterator` to go on with it.
    ///
    /// # Errors
    /// [`InsertBatchError`] with the value and the bundle that found no room, and the handles of those before it, if
    /// a limit is reached and a collection has not helped, or could not be run.
    ///
    /// Complexity: as [`insert_batch`](Self::insert_batch).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().max_objects(2));
    /// let mut trees = [("oak", (70_u32,)), ("ash", (50,)), ("elm", (30,)), ("fir", (20,))].into_iter();
    /// let error = store.try_insert_batch(&mut trees).unwrap_err();
    /// assert_eq!(error.inserted.len(), 2);
    /// assert_eq!((error.value, error.bundle), ("elm", (30,)));
    /// assert_eq!(trees.next(), Some(("fir", (20,))));
    /// ```
    pub fn try_insert_batch<B: Bundle>(
        &mut self,
        objects: impl IntoIterator<Item = (T, B)>,
    ) -> Result<Vec<K>, InsertBatchError<K, T, B>> {
        let mut objects = objects.into_iter().fuse();
        let mut inserted = Vec::with_capacity(objects.size_hint().0);
        loop {
            let mut left = None;
            if self.is_quiet() {
                let gc = &self.gc;
                let is_quiet = |inserted| gc.is_quiet(inserted);
                let told = |key| inserted.push(K::from(key));
                left = self.objects.fill(&mut objects, is_quiet, told);
            }
            let Some((value, bundle)) = left.or_else(|| objects.next()) else {
                return Ok(inserted);
            };
            match self.try_insert_bundle(value, bundle) {
                Ok(handle) => inserted.push(handle),
                Err(full) => {
                    let (value, bundle) = full.value;
                    return Err(InsertBatchError {
                        inserted,
                        value,
                        bundle,
                        limit: full.reason,
                    });
                }
            }
        }
    }

    /// Gives an object components, and drops those of the same types that it had.
    ///
    /// # Errors
    /// [`Rejected`] with the bundle, if the handle names no object.
    ///
    /// Complexity: as one [`insert_component`](Self::insert_component) for each of them.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let village = store.insert("village");
    /// let barn = store.insert_linked(village, (), "barn").unwrap();
    /// store.insert_components(barn, (50_u32, 'b'))?;
    /// assert_eq!(store.query::<(&u32, &char)>().get(barn), Some((&50, &'b')));
    /// # Ok::<(), understory::Rejected<(u32, char), understory::StaleHandle>>(())
    /// ```
    pub fn insert_components<B: Bundle>(
        &mut self,
        handle: K,
        bundle: B,
    ) -> Result<(), Rejected<B, StaleHandle>> {
        self.settle();
        match self.objects.resolve(handle.data()) {
            Some(index) => {
                bundle.attach(&mut self.objects.columns, index);
                Ok(())
            }
            None => Err(Rejected::new(bundle, StaleHandle::new(handle.data()))),
        }
    }
}

/// The store was full before all objects of [`Store::try_insert_batch`](crate::Store::try_insert_batch) were in it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InsertBatchError<K, T, B> {
    /// The handles of the objects that were inserted before.
    pub inserted: Vec<K>,
    /// The value that was not inserted.
    pub value: T,
    /// Its components.
    pub bundle: B,
    /// The limit that was reached.
    pub limit: Limit,
}

impl<K, T, B> fmt::Debug for InsertBatchError<K, T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertBatchError")
            .field("inserted", &self.inserted.len())
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl<K, T, B> fmt::Display for InsertBatchError<K, T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inserted = self.inserted.len();
        write!(f, "{}, after {inserted} insertions", self.limit)
    }
}

impl<K, T, B> core::error::Error for InsertBatchError<K, T, B> {}
