//! Queries: the objects that have certain components, and these components.

use core::any::type_name;
use core::fmt;
use core::marker::PhantomData;

#[cfg(feature = "rayon")]
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use slotmap::Key;

use crate::columns::{BorrowError, Columns};
use crate::live::Live;

mod access;
mod condition;
mod each;
mod fetch;
mod items;
mod iter;
mod piece;
mod read;
mod record;
#[cfg(test)]
mod tests;
mod values;
mod views;
mod walk;

use fetch::Fetch;
pub use iter::{HandleIter, QueryIter};
pub use values::{ValueIter, ValueIterMut, ValueQuery, ValueQueryMut};
pub use views::{ColumnMut, ColumnRef};
use walk::Walk;

/// What a query asks of each object.
///
/// | term | matches | item |
/// |---|---|---|
/// | `&C` | objects that have a `C` | `&C` |
/// | `&mut C` | objects that have a `C` | `&mut C` |
/// | `Option<&C>` | all objects | `Option<&C>` |
/// | `Option<&mut C>` | all objects | `Option<&mut C>` |
/// | [`With<C>`](With) | objects that have a `C` | none |
/// | [`Without<C>`](Without) | objects that have no `C` | none |
///
/// A query is one of these terms, or a tuple of one to eight of them. A tuple matches the objects
/// that all of its terms match, and its item is the tuple of their items; the conditions `With`
/// and `Without` leave no place in it. If one item alone is left, it is that item, without a tuple around it; if none
/// is, as in a query of conditions, it is `()`.
///
/// A term borrows all components of its type for as long as the query lives: `&mut` exclusively, any
/// other term shared. So a tuple cannot name one type in two terms if one of them is `&mut`.
///
/// The trait is sealed.
///
/// ```
/// use understory::{Store, Without};
///
/// #[derive(Clone)]
/// struct Health(u32);
/// #[derive(Clone)]
/// struct Armour(u32);
/// #[derive(Clone)]
/// struct Sheltered;
///
/// let mut store: Store<&str> = Store::new();
/// for (name, armour, sheltered) in
///     [("boar", None, false), ("knight", Some(3), false), ("king", Some(1), true)]
/// {
///     let being = store.insert(name);
///     store.insert_component(being, Health(10)).unwrap();
///     if let Some(armour) = armour {
///         store.insert_component(being, Armour(armour)).unwrap();
///     }
///     if sheltered {
///         store.insert_component(being, Sheltered).unwrap();
///     }
/// }
///
/// let mut hail = store.query::<(&mut Health, Option<&Armour>, Without<Sheltered>)>();
/// for (health, armour) in &mut hail {
///     health.0 -= 4 - armour.map_or(0, |armour| armour.0);
/// }
/// drop(hail);
///
/// let left: Vec<u32> = store.query::<&Health>().iter().map(|health| health.0).collect();
/// assert_eq!(left, [6, 9, 10]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a query",
    label = "not a query",
    note = "a query is `&C`, `&mut C`, `Option<&C>`, `Option<&mut C>`, `With<C>`, `Without<C>`, or a tuple of up to eight of these",
    note = "`C` is a component: any `Clone + Send + Sync + 'static` type, or one that implements `Component`"
)]
pub trait Query: Fetch {}

// What is said of the trait above is of more use than which private trait a type lacks.
#[diagnostic::do_not_recommend]
impl<F: Fetch> Query for F {}

/// The item of the query `Q`; see the table at [`Query`].
pub type QueryItem<'q, Q> = <Q as Fetch>::Item<'q>;

/// A condition of a query: the object has a `C`.
///
/// It borrows the components of the type shared, as `&C` does.
///
/// ```
/// use understory::{Store, With};
///
/// #[derive(Clone)]
/// struct Burning;
///
/// let mut store: Store<&str> = Store::new();
/// for name in ["hut", "barn"] {
///     let building = store.insert(name);
///     store.insert_component(building, 20_u32).unwrap();
/// }
/// let barn = store.handles().last().unwrap();
/// store.insert_component(barn, Burning).unwrap();
///
/// for beams in &mut store.query::<(&mut u32, With<Burning>)>() {
///     *beams -= 1;
/// }
/// assert_eq!(store.query::<&u32>().iter().copied().collect::<Vec<_>>(), [20, 19]);
/// ```
pub struct With<C>(PhantomData<fn() -> C>);

/// A condition of a query: the object has no `C`.
///
/// It borrows the components of the type shared, as `&C` does. For an example see [`Query`].
pub struct Without<C>(PhantomData<fn() -> C>);

/// The objects that a query matches, borrowed.
///
/// `Store::query` and `Store::try_query` make one. It holds a borrow of each column that the query
/// names until it is dropped, so queries that only read a component may live side by side, and one that
/// writes it lives alone. (A query that is leaked by [`core::mem::forget`] keeps its columns borrowed
/// for good.) Objects cannot be inserted or die while it lives.
///
/// Objects come in the order of their indices: the same calls give the same order everywhere.
/// In each arena, of 4,095 objects, the rarest component leads, so that what others have costs next to
/// nothing; where a condition or an `Option` takes part, or no component is rare, there is a step for each 64
/// objects besides.
///
/// **[`for_each`](Self::for_each) is the fastest way to read a query**: it lends each item until the closure returns,
/// in a loop of its own for each way in which components can be stored, while an iterator gives its items away and
/// has to ask at each of them which way it is. (`fold`, `sum` and the like ask once for many.) Components that are
/// often asked for together can be made
/// a [group](crate::Store::group): then they are read side by side.
///
/// ```
/// use understory::Store;
///
/// #[derive(Clone, Copy)]
/// struct Position(f32);
/// #[derive(Clone, Copy)]
/// struct Velocity(f32);
///
/// let mut store: Store<&str> = Store::new();
/// let rock = store.insert("rock");
/// let bird = store.insert("bird");
/// store.insert_component(rock, Position(1.0)).unwrap();
/// store.insert_component(bird, Position(2.0)).unwrap();
/// store.insert_component(bird, Velocity(0.5)).unwrap();
///
/// for (position, velocity) in &mut store.query::<(&mut Position, &Velocity)>() {
///     position.0 += velocity.0;
/// }
/// assert_eq!(store.component::<Position>(rock).unwrap().0, 1.0);
/// assert_eq!(store.component::<Position>(bird).unwrap().0, 2.5);
/// ```
pub struct QueryBorrow<'s, Q: Query, K> {
    guards: Q::Guards<'s>,
    live: Live<'s>,
    key: PhantomData<fn() -> K>,
}

impl<'s, Q: Query, K: Key> QueryBorrow<'s, Q, K> {
    /// # Errors
    /// If a column that the query names is borrowed in a way that excludes it.
    pub(crate) fn try_new(columns: &'s Columns, live: Live<'s>) -> Result<Self, BorrowError> {
        Ok(Self {
            guards: Q::borrow(columns)?,
            live,
            key: PhantomData,
        })
    }

    /// # Panics
    /// If a column that the query names is borrowed in a way that excludes it.
    #[track_caller]
    pub(crate) fn new(columns: &'s Columns, live: Live<'s>) -> Self {
        match Self::try_new(columns, live) {
            Ok(query) => query,
            Err(error) => panic!("{error}"),
        }
    }

    /// The items of the objects that match.
    ///
    /// Complexity: O(slots / 64 + matches) for all.
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// let mut store: Store<&str> = Store::new();
    /// for (name, price) in [("pear", 3_u32), ("plum", 5)] {
    ///     let fruit = store.insert(name);
    ///     store.insert_component(fruit, price).unwrap();
    /// }
    /// assert_eq!(store.query::<&u32>().iter().sum::<u32>(), 8);
    /// ```
    pub fn iter(&mut self) -> QueryIter<'_, Q> {
        QueryIter::new(record::readers::<Q>(&mut self.guards, self.live), self.live)
    }

    /// The items of the objects that match, with their handles.
    ///
    /// Complexity: O(slots / 64 + matches) for all.
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// let mut store: Store<&str> = Store::new();
    /// for (name, price) in [("pear", 3_u32), ("plum", 5)] {
    ///     let fruit = store.insert(name);
    ///     store.insert_component(fruit, price).unwrap();
    /// }
    /// let mut prices = store.query::<&u32>();
    /// let (dearest, _) = prices.iter_with_handles().max_by_key(|(_, price)| **price).unwrap();
    /// assert_eq!(store[dearest], "plum");
    /// ```
    pub fn iter_with_handles(&mut self) -> HandleIter<'_, Q, K> {
        HandleIter::new(record::readers::<Q>(&mut self.guards, self.live), self.live)
    }

    /// Calls `f` on the item of each object that matches.
    ///
    /// Complexity: O(slots / 64 + matches).
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// # let mut store: Store<&str> = Store::new();
    /// # let fruit = store.insert("pear");
    /// # store.insert_component(fruit, 3_u32).unwrap();
    /// store.query::<&mut u32>().for_each(|price| *price += 1);
    /// assert_eq!(*store.component::<u32>(fruit).unwrap(), 4);
    /// ```
    pub fn for_each(&mut self, f: impl FnMut(QueryItem<'_, Q>)) {
        each::for_each(
            Walk::new(record::readers::<Q>(&mut self.guards, self.live), self.live),
            f,
        );
    }

    /// Calls `f` on the item of each object that matches, on the threads of the `rayon` pool that this is called in:
    /// with the feature `rayon`.
    ///
    /// A thread takes an arena of up to 4,095 objects at a time, so it is worth it from some ten thousand objects on.
    /// What becomes of each item is the same as with [`for_each`](Self::for_each), if `f` looks at nothing else; only
    /// the order of the calls is not.
    ///
    /// Complexity: O(slots / 64 + matches).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<()> = understory::Store::new();
    /// let agents = store.insert_batch((0..10_000_u32).map(|number| ((), (number, 0.5_f32))));
    /// store.query::<(&mut u32, &f32)>().par_for_each(|(number, by)| *number += (2.0 * by) as u32);
    /// assert_eq!(*store.component::<u32>(agents[41]).unwrap(), 42);
    /// ```
    #[cfg(feature = "rayon")]
    pub fn par_for_each(&mut self, f: impl Fn(QueryItem<'_, Q>) + Send + Sync) {
        let live = self.live;
        let arenas = Walk::<Q>::split(record::readers::<Q>(&mut self.guards, live), live);
        arenas
            .into_par_iter()
            .for_each(|arena| each::for_each(Walk::<Q>::within(arena, live), &f));
    }

    /// The item of one object, or `None` if it does not match or its handle is stale.
    ///
    /// It takes `&mut self`, whatever the query is; [`ColumnRef::get`] does not.
    ///
    /// Complexity: O(terms).
    ///
    /// # Examples
    /// ```
    /// # use understory::{Store, Without};
    /// # let mut store: Store<&str> = Store::new();
    /// let pear = store.insert("pear");
    /// store.insert_component(pear, 3_u32).unwrap();
    /// store.insert_component(pear, 'p').unwrap();
    ///
    /// let mut labelled = store.query::<(&mut u32, &char)>();
    /// *labelled.get(pear).unwrap().0 += 1;
    /// assert_eq!(labelled.get(pear), Some((&mut 4, &'p')));
    /// # drop(labelled);
    /// assert_eq!(store.query::<(&u32, Without<char>)>().get(pear), None);
    /// ```
    pub fn get(&mut self, handle: K) -> Option<QueryItem<'_, Q>> {
        Q::get(&mut self.guards, self.live.resolve(handle.data())?)
    }

    /// How many objects match.
    ///
    /// Complexity: O(slots / 64).
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// # let mut store: Store<&str> = Store::new();
    /// # let fruit = store.insert("pear");
    /// # store.insert_component(fruit, 3_u32).unwrap();
    /// assert_eq!(store.query::<&u32>().count(), 1);
    /// assert_eq!(store.query::<(&u32, &char)>().count(), 0);
    /// ```
    pub fn count(&mut self) -> usize {
        self.iter().count()
    }
}

#[expect(
    clippy::into_iter_without_iter,
    reason = "`iter` takes `&mut self`, whatever the query"
)]
impl<'q, Q: Query, K: Key> IntoIterator for &'q mut QueryBorrow<'_, Q, K> {
    type Item = QueryItem<'q, Q>;
    type IntoIter = QueryIter<'q, Q>;

    fn into_iter(self) -> QueryIter<'q, Q> {
        self.iter()
    }
}

impl<Q: Query, K> fmt::Debug for QueryBorrow<'_, Q, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QueryBorrow<{}>", type_name::<Q>())
    }
}
