use core::fmt;
use core::marker::PhantomData;

use atomic_refcell::{AtomicRef, AtomicRefMut};
use slotmap::Key;

use super::HandleIter;
use crate::columns::{BorrowError, Column, Columns, Component};
use crate::error::{Rejected, StaleHandle};
use crate::live::Live;

/// All components of one type, to read.
///
/// `Store::column` makes one. It finds the column once, so that a look-up by handle is a plain read;
/// while it lives, no other borrow of the components of this type may be mutable.
///
/// ```
/// use understory::Store;
///
/// let mut store: Store<&str> = Store::new();
/// let (pear, plum) = (store.insert("pear"), store.insert("plum"));
/// store.insert_component(plum, 5_u32).unwrap();
///
/// let prices = store.column::<u32>();
/// assert_eq!(prices.get(plum), Some(&5));
/// assert_eq!(prices.get(pear), None);
/// assert_eq!(prices.len(), 1);
/// ```
pub struct ColumnRef<'a, C, K> {
    /// `None` if no such component was ever inserted.
    column: Option<AtomicRef<'a, Column<C>>>,
    live: Live<'a>,
    key: PhantomData<fn() -> K>,
}

/// All components of one type, to read, write and attach.
///
/// `Store::column_mut` makes one. While it lives, there can be no other borrow of the components of
/// this type.
///
/// ```
/// use understory::Store;
///
/// let mut store: Store<&str> = Store::new();
/// let (pear, plum) = (store.insert("pear"), store.insert("plum"));
/// store.insert_component(plum, 5_u32).unwrap();
///
/// let mut prices = store.column_mut::<u32>();
/// assert_eq!(prices.insert(pear, 3), Ok(None));
/// *prices.get_mut(plum).unwrap() += 1;
/// assert_eq!(prices.iter().map(|(_, price)| *price).collect::<Vec<_>>(), [3, 6]);
/// ```
pub struct ColumnMut<'a, C, K> {
    column: AtomicRefMut<'a, Column<C>>,
    live: Live<'a>,
    key: PhantomData<fn() -> K>,
}

macro_rules! shared_methods {
    ($view:ident, $borrow:ident) => {
        impl<'a, C: Component, K: Key> $view<'a, C, K> {
            /// # Errors
            /// If the column is borrowed in a way that excludes this.
            pub(crate) fn try_new(
                columns: &'a Columns,
                live: Live<'a>,
            ) -> Result<Self, BorrowError> {
                Ok(Self {
                    column: columns.$borrow()?,
                    live,
                    key: PhantomData,
                })
            }

            /// # Panics
            /// If the column is borrowed in a way that excludes this.
            #[track_caller]
            pub(crate) fn new(columns: &'a Columns, live: Live<'a>) -> Self {
                match Self::try_new(columns, live) {
                    Ok(view) => view,
                    Err(error) => panic!("{error}"),
                }
            }

            /// The component of an object, or `None` if it has none or its handle is stale.
            ///
            /// Complexity: O(1), or in O(log 1024) if few objects have such a component.
            ///
            /// # Examples
            /// ```
            /// let mut store: understory::Store<&str> = understory::Store::new();
            /// let [pear, plum] = [store.insert("pear"), store.insert("plum")];
            /// store.insert_component(plum, 5_u32).unwrap();
            /// let prices = store.column::<u32>();
            /// assert_eq!((prices.get(pear), prices.get(plum)), (None, Some(&5)));
            /// ```
            pub fn get(&self, handle: K) -> Option<&C> {
                self.column()?.get(self.live.resolve(handle.data())?)
            }

            /// Whether an object has such a component; `false` if its handle is stale.
            ///
            /// Complexity: O(1), or in O(log 1024) if few objects have such a component.
            ///
            /// # Examples
            /// ```
            /// let mut store: understory::Store<&str> = understory::Store::new();
            /// let [pear, plum] = [store.insert("pear"), store.insert("plum")];
            /// store.insert_component(plum, 5_u32).unwrap();
            /// let prices = store.column::<u32>();
            /// assert!(prices.contains(plum) && !prices.contains(pear));
            /// ```
            pub fn contains(&self, handle: K) -> bool {
                self.get(handle).is_some()
            }

            /// How many objects have such a component.
            ///
            /// Complexity: O(objects / 64).
            ///
            /// # Examples
            /// ```
            /// let mut store: understory::Store<&str> = understory::Store::new();
            /// let plum = store.insert("plum");
            /// store.insert_component(plum, 5_u32).unwrap();
            /// let prices = store.column::<u32>();
            /// assert_eq!(prices.len(), 1);
            /// ```
            pub fn len(&self) -> usize {
                self.iter().count()
            }

            /// Whether no object has such a component.
            ///
            /// Complexity: O(objects / 64).
            ///
            /// # Examples
            /// ```
            /// let mut store: understory::Store<&str> = understory::Store::new();
            /// let plum = store.insert("plum");
            /// store.insert_component(plum, 5_u32).unwrap();
            /// let prices = store.column::<u32>();
            /// assert!(!prices.is_empty());
            /// ```
            pub fn is_empty(&self) -> bool {
                self.iter().next().is_none()
            }

            /// The components with their objects' handles, in the order of the indices.
            ///
            /// Complexity: O(objects / 64 + components) for all.
            ///
            /// # Examples
            /// ```
            /// let mut store: understory::Store<&str> = understory::Store::new();
            /// let plum = store.insert("plum");
            /// store.insert_component(plum, 5_u32).unwrap();
            /// let prices = store.column::<u32>();
            /// assert!(prices.iter().eq([(plum, &5)]));
            /// ```
            pub fn iter(&self) -> HandleIter<'_, &C, K> {
                let parts = self
                    .column()
                    .map(|column| (column.parts.iter(), column.grouped.iter()));
                HandleIter::new(parts.unwrap_or_default(), self.live)
            }
        }

        impl<'q, C: Component, K: Key> IntoIterator for &'q $view<'_, C, K> {
            type Item = (K, &'q C);
            type IntoIter = HandleIter<'q, &'q C, K>;

            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }

        impl<C: Component + fmt::Debug, K: Key> fmt::Debug for $view<'_, C, K> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_map().entries(self).finish()
            }
        }
    };
}

shared_methods!(ColumnRef, borrow);
shared_methods!(ColumnMut, borrow_view);

impl<C, K> ColumnRef<'_, C, K> {
    fn column(&self) -> Option<&Column<C>> {
        self.column.as_deref()
    }
}

impl<C, K> ColumnMut<'_, C, K> {
    #[expect(clippy::unnecessary_wraps, reason = "as for one to read")]
    fn column(&self) -> Option<&Column<C>> {
        Some(&self.column)
    }
}

impl<C: Component, K: Key> ColumnMut<'_, C, K> {
    /// The component of an object, or `None` if it has none or its handle is stale.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let plum = store.insert("plum");
    /// store.insert_component(plum, 5_u32).unwrap();
    /// let mut prices = store.column_mut::<u32>();
    /// *prices.get_mut(plum).unwrap() += 1;
    /// assert_eq!(prices.get(plum), Some(&6));
    /// ```
    pub fn get_mut(&mut self, handle: K) -> Option<&mut C> {
        self.column.get_mut(self.live.resolve(handle.data())?)
    }

    /// Attaches a component to an object, and returns the one that it replaces.
    ///
    /// # Errors
    /// If the handle is stale; the component is in the error.
    ///
    /// Complexity: O(1), amortised, besides components that move: at most 1,023, and seldom more than 256.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [pear, plum] = [store.insert("pear"), store.insert("plum")];
    /// store.insert_component(plum, 5_u32).unwrap();
    /// let mut prices = store.column_mut::<u32>();
    /// assert_eq!(prices.insert(pear, 3), Ok(None));
    /// assert_eq!(prices.insert(plum, 6), Ok(Some(5)));
    /// ```
    pub fn insert(
        &mut self,
        handle: K,
        component: C,
    ) -> Result<Option<C>, Rejected<C, StaleHandle>> {
        match self.live.resolve(handle.data()) {
            Some(index) => Ok(self.column.insert(index, component)),
            None => Err(Rejected::new(component, StaleHandle::new(handle.data()))),
        }
    }

    /// Takes the component off an object; `None` if it has none or its handle is stale.
    ///
    /// Complexity: O(1), amortised, besides components that move: at most 1,023, and seldom more than 256.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let plum = store.insert("plum");
    /// store.insert_component(plum, 5_u32).unwrap();
    /// let mut prices = store.column_mut::<u32>();
    /// assert_eq!((prices.remove(plum), prices.remove(plum)), (Some(5), None));
    /// ```
    pub fn remove(&mut self, handle: K) -> Option<C> {
        self.column.remove(self.live.resolve(handle.data())?)
    }

    /// The components with their objects' handles, in the order of the indices.
    ///
    /// Complexity: O(objects / 64 + components) for all.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// for price in [3_u32, 5] {
    ///     let fruit = store.insert("fruit");
    ///     store.insert_component(fruit, price).unwrap();
    /// }
    /// let mut prices = store.column_mut::<u32>();
    /// prices.iter_mut().for_each(|(_, price)| *price *= 2);
    /// assert!(prices.iter().map(|(_, price)| *price).eq([6, 10]));
    /// ```
    pub fn iter_mut(&mut self) -> HandleIter<'_, &mut C, K> {
        let column = &mut *self.column;
        #[cfg(feature = "rollback")]
        column.keep_all();
        let parts = (column.parts.iter_mut(), column.grouped.iter_mut());
        HandleIter::new(parts, self.live)
    }
}

impl<'q, C: Component, K: Key> IntoIterator for &'q mut ColumnMut<'_, C, K> {
    type Item = (K, &'q mut C);
    type IntoIter = HandleIter<'q, &'q mut C, K>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}
