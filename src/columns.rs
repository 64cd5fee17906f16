//! Components: values of any type beside an object's own, one column per type.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::{Any, TypeId, type_name};
use core::fmt;
use core::ops::Deref;

use atomic_refcell::{AtomicRef, AtomicRefCell, AtomicRefMut};

#[cfg(feature = "check")]
use crate::live::Live;

mod column;
#[cfg(test)]
mod tests;

pub(crate) use column::{Block, Chunk, Column, place};

/// A value that can be attached to an object, beside the object's own value.
///
/// Every `Clone + Send + Sync + 'static` type is a component. For a type that is not `Clone`, implement
/// the trait by hand to say what becomes of it when the store is cloned.
///
/// ```
/// use understory::{Component, Store};
///
/// struct Socket {
///     address: u32,
///     open: bool,
/// }
///
/// impl Component for Socket {
///     // A copy of the world does not share the connection.
///     fn clone_component(&self) -> Self {
///         Socket { address: self.address, open: false }
///     }
/// }
///
/// let mut store = Store::<&str>::new();
/// let player = store.insert("player");
/// store.insert_component(player, Socket { address: 7, open: true }).unwrap();
///
/// let copy = store.clone();
/// assert!(store.component::<Socket>(player).unwrap().open);
/// assert!(!copy.component::<Socket>(player).unwrap().open);
/// ```
pub trait Component: Send + Sync + Sized + 'static {
    /// The component that the same object in a cloned store gets.
    #[must_use]
    fn clone_component(&self) -> Self;
}

impl<C: Clone + Send + Sync + 'static> Component for C {
    fn clone_component(&self) -> Self {
        self.clone()
    }
}

/// A component could not be attached; it is handed back.
///
/// ```
/// use understory::{ComponentError, Store};
///
/// let mut store = Store::<&str>::new();
/// let lamp = store.insert("lamp");
/// store.destroy(lamp);
/// let error = store.insert_component(lamp, 60_u32).unwrap_err();
/// assert_eq!(error, ComponentError::Stale(60));
/// assert_eq!(error.into_component(), 60);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComponentError<C> {
    /// The handle's object is dead, or was never in this store.
    Stale(C),
}

impl<C> ComponentError<C> {
    /// The component that was not attached.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<&str>::new();
    /// let nobody = understory::Handle::default();
    /// let error = store.insert_component(nobody, String::from("brass")).unwrap_err();
    /// assert_eq!(error.into_component(), "brass");
    /// ```
    pub fn into_component(self) -> C {
        match self {
            Self::Stale(component) => component,
        }
    }
}

impl<C> fmt::Debug for ComponentError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(_) => f.debug_tuple("Stale").finish_non_exhaustive(),
        }
    }
}

impl<C> fmt::Display for ComponentError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(_) => f.write_str("the handle is stale"),
        }
    }
}

impl<C> core::error::Error for ComponentError<C> {}

/// The components of a type could not be borrowed, because a borrow of them is still alive.
///
/// Two borrows of the components of one type are in each other's way unless both are shared. Drop the
/// other one first: a query, a column or a [`ComponentRef`] borrows for as long as it lives. Or ask for both
/// types in one query.
///
/// ```
/// use understory::Store;
///
/// let mut store = Store::<&str>::new();
/// let lamp = store.insert("lamp");
/// store.insert_component(lamp, 60_u32).unwrap();
///
/// let reading = store.query::<&u32>();
/// let error = store.try_query::<&mut u32>().unwrap_err();
/// assert_eq!(error.component, "u32");
/// assert!(!error.mutably);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BorrowError {
    /// The name of the component type, as [`core::any::type_name`] gives it.
    pub component: &'static str,
    /// Whether the borrow that is in the way is a mutable one.
    pub mutably: bool,
}

impl fmt::Display for BorrowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.mutably {
            "already borrowed mutably"
        } else {
            "already borrowed shared, and cannot be borrowed mutably"
        };
        write!(f, "components of type `{}` are {how}", self.component)
    }
}

impl core::error::Error for BorrowError {}

/// A shared borrow of one component.
///
/// While it lives, no other borrow of the same component type may be mutable.
///
/// ```
/// use understory::Store;
///
/// let mut store = Store::<&str>::new();
/// let lamp = store.insert("lamp");
/// store.insert_component(lamp, String::from("brass")).unwrap();
///
/// let material = store.component::<String>(lamp).unwrap();
/// assert_eq!(material.len(), 5);
/// ```
pub struct ComponentRef<'a, C>(AtomicRef<'a, C>);

impl<C> Deref for ComponentRef<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C: fmt::Debug> fmt::Debug for ComponentRef<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<C: fmt::Display> fmt::Display for ComponentRef<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

type AnyBox = Box<dyn AnyColumn + Send + Sync>;

/// A column whose component type is not known here.
trait AnyColumn {
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    /// True if something now waits for [`drop_buried`](Self::drop_buried).
    fn bury(&mut self, index: u32) -> bool;
    /// True if something now waits for [`drop_buried`](Self::drop_buried).
    fn bury_all(&mut self) -> bool;
    fn drop_buried(&mut self);
    fn shrink(&mut self);
    fn copy(&self) -> AnyBox;
    fn memory_bytes(&self) -> usize;
    #[cfg(feature = "check")]
    fn stray(&self, live: &dyn Live) -> Option<&'static str>;
    #[cfg(test)]
    fn assert_consistent(&self);
}

impl<C: Component> AnyColumn for AtomicRefCell<Column<C>> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn bury(&mut self, index: u32) -> bool {
        self.get_mut().bury(index)
    }

    fn bury_all(&mut self) -> bool {
        self.get_mut().bury_all()
    }

    fn drop_buried(&mut self) {
        self.get_mut().drop_buried();
    }

    fn shrink(&mut self) {
        self.get_mut().shrink();
    }

    fn copy(&self) -> AnyBox {
        match borrow(self) {
            Ok(column) => Box::new(AtomicRefCell::new(column.copy())),
            Err(error) => panic!("{error}"),
        }
    }

    fn memory_bytes(&self) -> usize {
        match borrow(self) {
            // It has a box of its own.
            Ok(column) => size_of::<Self>() + column.memory_bytes(),
            Err(error) => panic!("{error}"),
        }
    }

    #[cfg(feature = "check")]
    fn stray(&self, live: &dyn Live) -> Option<&'static str> {
        let column = borrow(self).ok()?;
        let stray = |(arena, chunk): (usize, &Chunk<C>)| {
            let blocks = chunk.blocks.iter().enumerate();
            let words = live.arena(arena);
            blocks
                .filter(|(word, block)| block.present & !words.occupied(*word) != 0)
                .count()
                > 0
        };
        column
            .chunks
            .iter()
            .enumerate()
            .any(stray)
            .then(type_name::<C>)
    }

    #[cfg(test)]
    fn assert_consistent(&self) {
        self.borrow().assert_consistent();
    }
}

fn borrow<C>(cell: &AtomicRefCell<Column<C>>) -> Result<AtomicRef<'_, Column<C>>, BorrowError> {
    cell.try_borrow().map_err(|_| BorrowError {
        component: type_name::<C>(),
        mutably: true,
    })
}

fn borrow_mut<C>(
    cell: &AtomicRefCell<Column<C>>,
) -> Result<AtomicRefMut<'_, Column<C>>, BorrowError> {
    cell.try_borrow_mut().map_err(|_| BorrowError {
        component: type_name::<C>(),
        mutably: cell.try_borrow().is_err(),
    })
}

/// All components of a store: one column per type, in the order in which the types first came.
///
/// It knows indices, not handles: the caller resolves a handle first, and calls
/// [`bury`](Self::bury) when an object dies.
#[derive(Default)]
pub struct Columns {
    columns: Vec<(TypeId, AnyBox)>,
    /// Whether a column may have buried components.
    buried: bool,
}

impl Columns {
    /// True if no component of any type was ever inserted, so that deaths have nothing to bury.
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Attaches a component, and returns the one that it replaces.
    pub(crate) fn insert<C: Component>(&mut self, index: u32, component: C) -> Option<C> {
        self.register::<C>().insert(index, component)
    }

    pub(crate) fn remove<C: Component>(&mut self, index: u32) -> Option<C> {
        self.find_mut::<C>()?.remove(index)
    }

    /// # Errors
    /// If the column is borrowed mutably.
    pub(crate) fn get<C: Component>(
        &self,
        index: u32,
    ) -> Result<Option<ComponentRef<'_, C>>, BorrowError> {
        let found = self.borrow::<C>()?;
        let found = found.and_then(|column| AtomicRef::filter_map(column, |c| c.get(index)));
        Ok(found.map(ComponentRef))
    }

    pub(crate) fn get_mut<C: Component>(&mut self, index: u32) -> Option<&mut C> {
        self.find_mut::<C>()?.get_mut(index)
    }

    /// # Errors
    /// If the column is borrowed mutably.
    pub(crate) fn has<C: Component>(&self, index: u32) -> Result<bool, BorrowError> {
        Ok(self.get::<C>(index)?.is_some())
    }

    /// The column of a type, made if there is none.
    pub(crate) fn register<C: Component>(&mut self) -> &mut Column<C> {
        let id = TypeId::of::<C>();
        let known = self.columns.iter().position(|(other, _)| *other == id);
        let at = known.unwrap_or_else(|| {
            let column = AtomicRefCell::new(Column::<C>::default());
            self.columns.push((id, Box::new(column)));
            self.columns.len() - 1
        });
        let column = self.columns[at].1.as_any_mut();
        let column = column.downcast_mut::<AtomicRefCell<Column<C>>>();
        column.expect("a column is found by its type").get_mut()
    }

    /// The column of a type, or `None` if no such component was ever inserted.
    ///
    /// # Errors
    /// If it is borrowed mutably.
    pub(crate) fn borrow<C: Component>(
        &self,
    ) -> Result<Option<AtomicRef<'_, Column<C>>>, BorrowError> {
        self.find::<C>().map(borrow).transpose()
    }

    /// The column of a type, or `None` if no such component was ever inserted.
    ///
    /// # Errors
    /// If it is borrowed.
    pub(crate) fn borrow_mut<C: Component>(
        &self,
    ) -> Result<Option<AtomicRefMut<'_, Column<C>>>, BorrowError> {
        self.find::<C>().map(borrow_mut).transpose()
    }

    /// Moves all components of a dying object aside. Runs no user code.
    pub(crate) fn bury(&mut self, index: u32) {
        for (_, column) in &mut self.columns {
            self.buried |= column.bury(index);
        }
    }

    /// Moves the components of all objects aside. Runs no user code.
    pub(crate) fn bury_all(&mut self) {
        for (_, column) in &mut self.columns {
            self.buried |= column.bury_all();
        }
    }

    /// Drops what was buried: by type in order of registration, then in order of burial.
    ///
    /// If a `Drop` panics, what has not been dropped yet stays buried for the next call.
    pub(crate) fn drop_buried(&mut self) {
        if self.buried {
            for (_, column) in &mut self.columns {
                column.drop_buried();
            }
            self.buried = false;
        }
    }

    /// Takes all components off all objects and drops them; the columns stay.
    #[cfg(test)]
    pub(crate) fn clear(&mut self) {
        self.bury_all();
        self.drop_buried();
    }

    /// Gives back memory that no component uses.
    pub(crate) fn shrink(&mut self) {
        for (_, column) in &mut self.columns {
            column.shrink();
        }
    }

    /// Bytes of the columns, including unused capacity, excluding heap memory that components own.
    ///
    /// # Panics
    /// If a column is borrowed mutably.
    pub(crate) fn memory_bytes(&self) -> usize {
        let table = self.columns.capacity() * size_of::<(TypeId, AnyBox)>();
        let columns = self.columns.iter().map(|(_, column)| column.memory_bytes());
        table + columns.sum::<usize>()
    }

    fn find<C: Component>(&self) -> Option<&AtomicRefCell<Column<C>>> {
        let id = TypeId::of::<C>();
        let (_, column) = self.columns.iter().find(|(other, _)| *other == id)?;
        column.as_any().downcast_ref()
    }

    fn find_mut<C: Component>(&mut self) -> Option<&mut Column<C>> {
        let id = TypeId::of::<C>();
        let (_, column) = self.columns.iter_mut().find(|(other, _)| *other == id)?;
        let column = column.as_any_mut();
        Some(column.downcast_mut::<AtomicRefCell<Column<C>>>()?.get_mut())
    }

    /// The name of a component type that an object has which is not alive.
    #[cfg(feature = "check")]
    pub(crate) fn stray(&self, live: &dyn Live) -> Option<&'static str> {
        self.columns
            .iter()
            .find_map(|(_, column)| column.stray(live))
    }

    #[cfg(test)]
    pub(crate) fn assert_consistent(&self) {
        for (_, column) in &self.columns {
            column.assert_consistent();
        }
    }
}

impl Clone for Columns {
    /// Copies the components of the living through [`Component::clone_component`].
    ///
    /// # Panics
    /// If a column is borrowed mutably.
    fn clone(&self) -> Self {
        let columns = self.columns.iter().map(|(id, column)| (*id, column.copy()));
        Self {
            columns: columns.collect(),
            buried: false,
        }
    }
}
