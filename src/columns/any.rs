//! A column whose component type is not known.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::{Any, type_name};

use atomic_refcell::{AtomicRef, AtomicRefCell, AtomicRefMut};

#[cfg(feature = "rollback")]
use super::column::AnyChanges;
use super::column::Burial;
use super::loose::AnyLoose;
use super::remains::AnyComponent;
use super::{BorrowError, Column, Component};

pub(super) type AnyBox = Box<dyn AnyColumn + Send + Sync>;

/// A column whose component type is not known here.
pub(super) trait AnyColumn {
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    fn has(&mut self, index: u32) -> bool;
    fn has_near(&mut self, index: u32) -> bool;
    fn next_news(&mut self) -> Option<u32>;
    fn indices(&mut self) -> Vec<u32>;
    fn begin_group(&mut self);
    fn regroup(&mut self, index: u32, is_apart: bool);
    fn bury(&mut self, index: u32) -> Burial;
    fn take_from(&mut self, index: u32) -> Option<Box<dyn AnyComponent>>;
    /// Copies of the components of some objects, by position.
    fn copy_of(&self, indices: &[u32]) -> Option<AnyLoose>;
    /// The components of some objects, which have none any more, by position.
    fn take_off(&mut self, indices: &[u32]) -> Option<AnyLoose>;
    /// True if something now waits for [`drop_buried`](Self::drop_buried).
    fn bury_all(&mut self) -> bool;
    fn drop_buried(&mut self);
    fn shrink(&mut self);
    fn copy(&self) -> AnyBox;
    /// All that it has, in a box of its own.
    fn take(&mut self) -> AnyBox;
    fn memory_bytes(&self) -> usize;
    /// What has changed since this was called last; changes are noted anew.
    #[cfg(feature = "rollback")]
    fn take_changes(&mut self) -> Option<Box<dyn AnyChanges>>;
    /// Begins to note changes, all components being new.
    #[cfg(feature = "rollback")]
    fn start_new(&mut self);
    #[cfg(feature = "rollback")]
    fn stop_journal(&mut self);
    #[cfg(feature = "rollback")]
    fn exchange(&mut self, changes: &mut dyn AnyChanges);
    #[cfg(feature = "rollback")]
    fn end_group(&mut self);
    #[cfg(feature = "check")]
    fn name(&self) -> &'static str;
    #[cfg(feature = "check")]
    fn arenas(&self) -> usize;
    /// The components of the 64 objects from an index on, a bit each: those that are not apart, and those that are.
    /// `None` if the column is borrowed mutably.
    #[cfg(feature = "check")]
    fn words(&self, first: u32) -> Option<[u64; 2]>;
    /// Whether there is no component.
    #[cfg(feature = "serde")]
    fn is_vacant(&self) -> bool;
    /// Whether each part has just the components that it says it has.
    #[cfg(feature = "check")]
    fn is_sound(&self) -> bool;
    #[cfg(test)]
    fn assert_consistent(&self);
    #[cfg(test)]
    fn is_apart(&mut self, index: u32) -> bool;
}

impl<C: Component> AnyColumn for AtomicRefCell<Column<C>> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn has(&mut self, index: u32) -> bool {
        self.get_mut().get(index).is_some()
    }

    fn has_near(&mut self, index: u32) -> bool {
        self.get_mut().word(index) != 0
    }

    fn next_news(&mut self) -> Option<u32> {
        self.get_mut().next_news()
    }

    fn indices(&mut self) -> Vec<u32> {
        self.get_mut().indices()
    }

    fn begin_group(&mut self) {
        self.get_mut().begin_group();
    }

    fn regroup(&mut self, index: u32, is_apart: bool) {
        self.get_mut().regroup(index, is_apart);
    }

    fn bury(&mut self, index: u32) -> Burial {
        self.get_mut().bury(index)
    }

    fn take_from(&mut self, index: u32) -> Option<Box<dyn AnyComponent>> {
        let component = self.get_mut().take(index)?;
        Some(Box::new(component))
    }

    fn copy_of(&self, indices: &[u32]) -> Option<AnyLoose> {
        match borrow(self) {
            Ok(column) => column.copy_of(indices).boxed(),
            Err(error) => panic!("{error}"),
        }
    }

    fn take_off(&mut self, indices: &[u32]) -> Option<AnyLoose> {
        self.get_mut().take_off(indices).boxed()
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

    fn take(&mut self) -> AnyBox {
        Box::new(AtomicRefCell::new(core::mem::take(self.get_mut())))
    }

    fn memory_bytes(&self) -> usize {
        match borrow(self) {
            // It has a box of its own.
            Ok(column) => size_of::<Self>() + column.memory_bytes(),
            Err(error) => panic!("{error}"),
        }
    }

    #[cfg(feature = "rollback")]
    fn take_changes(&mut self) -> Option<Box<dyn AnyChanges>> {
        self.get_mut().take_changes()
    }

    #[cfg(feature = "rollback")]
    fn start_new(&mut self) {
        self.get_mut().start_new();
    }

    #[cfg(feature = "rollback")]
    fn stop_journal(&mut self) {
        self.get_mut().journal.stop();
    }

    #[cfg(feature = "rollback")]
    fn exchange(&mut self, changes: &mut dyn AnyChanges) {
        self.get_mut().exchange(changes);
    }

    #[cfg(feature = "rollback")]
    fn end_group(&mut self) {
        self.get_mut().end_group();
    }

    #[cfg(feature = "check")]
    fn name(&self) -> &'static str {
        type_name::<C>()
    }

    #[cfg(feature = "check")]
    fn arenas(&self) -> usize {
        borrow(self).map_or(0, |column| column.parts.len().max(column.grouped.len()))
    }

    #[cfg(feature = "check")]
    fn words(&self, first: u32) -> Option<[u64; 2]> {
        Some(borrow(self).ok()?.words(first))
    }

    #[cfg(feature = "serde")]
    fn is_vacant(&self) -> bool {
        // One that is borrowed mutably may get some.
        borrow(self).is_ok_and(|column| column.indices().is_empty())
    }

    #[cfg(feature = "check")]
    fn is_sound(&self) -> bool {
        borrow(self).map_or(true, |column| column.is_sound())
    }

    #[cfg(test)]
    fn assert_consistent(&self) {
        self.borrow().assert_consistent();
    }

    #[cfg(test)]
    fn is_apart(&mut self, index: u32) -> bool {
        self.get_mut().is_apart(index)
    }
}

pub(super) fn borrow<C>(
    cell: &AtomicRefCell<Column<C>>,
) -> Result<AtomicRef<'_, Column<C>>, BorrowError> {
    cell.try_borrow().map_err(|_| BorrowError {
        component: type_name::<C>(),
        mutably: true,
    })
}

pub(super) fn borrow_mut<C>(
    cell: &AtomicRefCell<Column<C>>,
) -> Result<AtomicRefMut<'_, Column<C>>, BorrowError> {
    cell.try_borrow_mut().map_err(|_| BorrowError {
        component: type_name::<C>(),
        mutably: cell.try_borrow().is_err(),
    })
}
