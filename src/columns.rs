//! Components: values of any type beside an object's own, one column per type.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::TypeId;
use core::mem;
use core::sync::atomic::{AtomicBool, Ordering};

use atomic_refcell::{AtomicRef, AtomicRefCell, AtomicRefMut};

use crate::bits::{Ones, WORD};
use crate::index::ARENA_WORDS;
#[cfg(feature = "rollback")]
use crate::journal::Journal;

mod any;
mod bundle;
#[cfg(feature = "check")]
mod check;
mod column;
mod component;
mod group;
#[cfg(feature = "rollback")]
mod journal;
mod late;
mod loose;
mod part;
#[cfg(feature = "serde")]
pub(crate) mod registry;
mod remains;
#[cfg(feature = "serde")]
mod saved;
#[cfg(test)]
mod tests;

use any::{AnyBox, borrow, borrow_mut};
pub use bundle::Bundle;
pub(crate) use bundle::Filling;
pub(crate) use column::Column;
pub use component::{BorrowError, Component, ComponentRef};
use group::Grouped;
#[cfg(test)]
pub(crate) use group::Sealed;
pub use group::{Group, GroupError};
#[cfg(feature = "rollback")]
pub(crate) use journal::ColumnsChanges;
#[cfg(feature = "rollback")]
use journal::ColumnsLog;
use late::Late;
pub(crate) use loose::Loose;
pub(crate) use part::{Block, Form, Part};
pub(crate) use remains::Remains;

/// All components of a store: one column per type, in the order in which the types first came.
///
/// It knows indices, not handles: the caller resolves a handle first, and calls
/// [`bury`](Self::bury) when an object dies.
#[derive(Default)]
pub struct Columns {
    entries: Vec<Entry>,
    /// For each block of 64 indices, a bit for each column that may have a component there, those of columns 64
    /// apart being the same. So a death asks few columns or none.
    owners: Vec<u64>,
    /// How many of these blocks have any.
    owned_blocks: usize,
    /// The columns whose components stand apart where an object has all of them.
    groups: Vec<Vec<usize>>,
    /// Columns of further types, which views have made.
    late: Late,
    /// Whether components may have come and gone by a view, of which columns have [noted](Column::next_news) what
    /// `owners` and `groups` do not know; and whether `late` may have any.
    is_viewed: AtomicBool,
    /// Whether a column may have buried components.
    buried: bool,
    #[cfg(feature = "rollback")]
    journal: Journal<ColumnsLog>,
}

struct Entry {
    id: TypeId,
    column: AnyBox,
    /// Which of the groups it is in.
    group: Option<usize>,
}

impl Columns {
    /// True if no object has a component, so that deaths have nothing to bury. (It may be false for a while after the
    /// last one was taken off.)
    #[inline]
    pub(crate) fn are_unused(&self) -> bool {
        self.owned_blocks == 0 && !self.is_viewed.load(Ordering::Relaxed)
    }

    /// Attaches a component, and returns the one that it replaces.
    pub(crate) fn insert<C: Component>(&mut self, index: u32, component: C) -> Option<C> {
        let at = self.register::<C>();
        let old = self.column_mut(at).insert(index, component);
        if old.is_none() {
            self.settle(at);
        }
        old
    }

    pub(crate) fn remove<C: Component>(&mut self, index: u32) -> Option<C> {
        let at = self.find_position::<C>()?;
        let component = self.column_mut(at).remove(index)?;
        self.settle(at);
        Some(component)
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

    /// The place of the column of a type, made if there is none.
    pub(crate) fn register<C: Component>(&mut self) -> usize {
        self.find_position::<C>().unwrap_or_else(|| {
            let column = Box::new(AtomicRefCell::new(Column::<C>::default()));
            self.push(TypeId::of::<C>(), column);
            self.entries.len() - 1
        })
    }

    fn push(&mut self, id: TypeId, column: AnyBox) {
        #[cfg(feature = "rollback")]
        let column = self.recorded(column);
        self.entries.push(Entry {
            id,
            column,
            group: None,
        });
    }

    /// Has the columns that views have made join the others.
    fn adopt(&mut self) {
        for (id, column) in self.late.take() {
            self.push(id, column);
        }
    }

    /// The place of the column of a type, whoever made it.
    fn find_position<C: Component>(&mut self) -> Option<usize> {
        let position = self.position::<C>();
        if position.is_some() || !*self.is_viewed.get_mut() {
            return position;
        }
        self.adopt();
        self.position::<C>()
    }

    fn position<C: Component>(&self) -> Option<usize> {
        let id = TypeId::of::<C>();
        self.entries.iter().position(|entry| entry.id == id)
    }

    fn column_mut<C: Component>(&mut self, at: usize) -> &mut Column<C> {
        let column = self.entries[at].column.as_any_mut();
        let column = column.downcast_mut::<AtomicRefCell<Column<C>>>();
        column.expect("a column is found by its type").get_mut()
    }

    /// Looks at what has come to a column and gone from it.
    fn settle(&mut self, at: usize) {
        while let Some(index) = self.entries[at].column.next_news() {
            if self.entries[at].column.has_near(index) {
                self.own_block(index as usize / WORD, at);
            }
            if let Some(group) = self.entries[at].group {
                self.regroup(group, index);
            }
        }
    }

    /// Notes that a column has components in a block of 64.
    fn own_block(&mut self, block: usize, at: usize) {
        if self.owners.len() <= block {
            self.owners.resize(block + 1, 0);
        }
        self.owned_blocks += usize::from(self.owners[block] == 0);
        self.owners[block] |= 1 << (at % WORD);
    }

    /// The same for blocks of an arena, a bit each.
    fn own(&mut self, arena: usize, blocks: u64, at: usize) {
        for block in Ones(blocks) {
            self.own_block(arena * ARENA_WORDS + block as usize, at);
        }
    }

    /// Looks at what has come and gone by views.
    pub(crate) fn settle_all(&mut self) {
        if mem::take(self.is_viewed.get_mut()) {
            self.adopt();
            for at in 0..self.entries.len() {
                self.settle(at);
            }
        }
    }

    /// Puts the components of an object apart, if it has all of a group, or back.
    fn regroup(&mut self, group: usize, index: u32) {
        let Self {
            entries, groups, ..
        } = self;
        let members = &groups[group];
        let has_all = members.iter().all(|&at| entries[at].column.has(index));
        for &at in members {
            entries[at].column.regroup(index, has_all);
        }
    }

    /// Keeps the components of some types together from now on.
    ///
    /// # Errors
    /// If a type comes twice, or is in another group.
    pub(crate) fn group(&mut self, types: &[Grouped]) -> Result<(), GroupError> {
        let mut members: Vec<usize> = Vec::new();
        for grouped in types {
            let at = (grouped.register)(self);
            if members.contains(&at) {
                return Err(GroupError {
                    component: (grouped.name)(),
                });
            }
            members.push(at);
        }
        members.sort_unstable();
        if self.groups.contains(&members) {
            return Ok(());
        }
        for grouped in types {
            let at = (grouped.register)(self);
            if self.entries[at].group.is_some() {
                return Err(GroupError {
                    component: (grouped.name)(),
                });
            }
        }
        self.settle_all();
        self.form_group(members);
        Ok(())
    }

    /// Keeps the components of some columns together from now on, which are in no group.
    fn form_group(&mut self, members: Vec<usize>) {
        for &at in &members {
            self.entries[at].group = Some(self.groups.len());
            self.entries[at].column.begin_group();
        }
        let first = members.first().copied();
        self.groups.push(members);
        if let Some(first) = first {
            for index in self.entries[first].column.indices() {
                self.regroup(self.groups.len() - 1, index);
            }
        }
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

    /// The column of a type, made if there is none, for a view, by which components can come and go.
    ///
    /// # Errors
    /// If the column is borrowed.
    pub(crate) fn borrow_view<C: Component>(
        &self,
    ) -> Result<AtomicRefMut<'_, Column<C>>, BorrowError> {
        self.is_viewed.store(true, Ordering::Relaxed);
        borrow_mut(self.find::<C>().unwrap_or_else(|| self.late.find_or_add()))
    }

    /// Whether an object or one of those near it may have a component.
    #[inline]
    pub(crate) fn may_have(&self, index: u32) -> bool {
        let owners = self.owners.get(index as usize / WORD);
        owners.is_some_and(|&owners| owners != 0) || self.is_viewed.load(Ordering::Relaxed)
    }

    /// Moves all components of a dying object aside. Runs no user code.
    pub(crate) fn bury(&mut self, index: u32) {
        self.settle_all();
        let block = index as usize / WORD;
        let owners = self.owners.get(block).copied().unwrap_or(0);
        for bit in Ones(owners) {
            let mut leaves = false;
            for entry in self.entries.iter_mut().skip(bit as usize).step_by(WORD) {
                let burial = entry.column.bury(index);
                self.buried |= burial.waits;
                leaves |= burial.leaves;
            }
            if !leaves {
                self.owners[block] &= !(1 << bit);
                self.owned_blocks -= usize::from(self.owners[block] == 0);
            }
        }
    }

    /// Takes all components off a dying object. Runs no user code.
    pub(crate) fn take_all(&mut self, index: u32) -> Remains {
        self.settle_all();
        let owners = self.owners.get(index as usize / WORD).copied().unwrap_or(0);
        let mut remains = Remains::default();
        if owners != 0 {
            let mut taken = self
                .entries
                .iter_mut()
                .map(|entry| entry.column.take_from(index));
            remains.0.extend(taken.by_ref().flatten());
        }
        remains
    }

    /// Moves the components of all objects aside. Runs no user code.
    pub(crate) fn bury_all(&mut self) {
        self.adopt();
        for entry in &mut self.entries {
            self.buried |= entry.column.bury_all();
        }
        self.owners.clear();
        self.owned_blocks = 0;
    }

    /// Whether components of the dead wait for their `Drop`.
    #[inline]
    pub(crate) fn has_buried(&self) -> bool {
        self.buried
    }

    /// Drops what was buried: by type in order of registration, then in order of burial.
    ///
    /// If a `Drop` panics, what has not been dropped yet stays buried for the next call.
    pub(crate) fn drop_buried(&mut self) {
        if self.buried {
            for entry in &mut self.entries {
                entry.column.drop_buried();
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
        self.settle_all();
        for entry in &mut self.entries {
            entry.column.shrink();
        }
        // Components that were taken off are still in there.
        for (owners, first) in self.owners.iter_mut().zip((0..).step_by(WORD)) {
            for bit in Ones(*owners) {
                let mut columns = self.entries.iter_mut().skip(bit as usize).step_by(WORD);
                if !columns.any(|entry| entry.column.has_near(first)) {
                    *owners &= !(1 << bit);
                }
            }
        }
        let owned = self.owners.iter().filter(|&&owners| owners != 0);
        self.owned_blocks = owned.count();
        let used = self.owners.iter().rposition(|&owners| owners != 0);
        self.owners.truncate(used.map_or(0, |last| last + 1));
        self.owners.shrink_to_fit();
    }

    /// Bytes of the columns, including unused capacity, excluding heap memory that components own.
    ///
    /// # Panics
    /// If a column is borrowed mutably.
    pub(crate) fn memory_bytes(&self) -> usize {
        let table = self.entries.capacity() * size_of::<Entry>();
        let owners = self.owners.capacity() * size_of::<u64>();
        let members = self.groups.iter().map(Vec::capacity).sum::<usize>();
        let groups =
            self.groups.capacity() * size_of::<Vec<usize>>() + members * size_of::<usize>();
        let columns = self.entries.iter().map(|entry| entry.column.memory_bytes());
        let late = self.late.columns();
        let columns = columns.chain(late.map(|(_, column)| column.memory_bytes()));
        table + owners + groups + columns.sum::<usize>()
    }

    fn find<C: Component>(&self) -> Option<&AtomicRefCell<Column<C>>> {
        match self.position::<C>() {
            Some(at) => self.entries[at].column.as_any().downcast_ref(),
            None => self.late.find(),
        }
    }

    /// The column of a type, if any such component was ever attached.
    pub(crate) fn find_mut<C: Component>(&mut self) -> Option<&mut Column<C>> {
        let at = self.find_position::<C>()?;
        Some(self.column_mut(at))
    }

    #[cfg(test)]
    pub(crate) fn assert_consistent(&self) {
        for entry in &self.entries {
            entry.column.assert_consistent();
        }
    }

    /// Everything that owners and groups must know, they know.
    #[cfg(test)]
    pub(crate) fn assert_settled(&mut self) {
        self.settle_all();
        let owned = self.owners.iter().filter(|&&owners| owners != 0);
        assert_eq!(owned.count(), self.owned_blocks);
        for (at, entry) in self.entries.iter_mut().enumerate() {
            for index in entry.column.indices() {
                let owners = self.owners[index as usize / WORD];
                assert!(owners >> (at % WORD) & 1 == 1, "a death asks the column");
            }
        }
        for (group, members) in self.groups.iter().enumerate() {
            for &at in members {
                assert_eq!(self.entries[at].group, Some(group));
                for index in self.entries[at].column.indices() {
                    let has_all = members.iter().all(|&at| self.entries[at].column.has(index));
                    assert_eq!(self.entries[at].column.is_apart(index), has_all);
                }
            }
        }
    }
}

impl Clone for Columns {
    /// Copies the components of the living through [`Component::clone_component`].
    ///
    /// # Panics
    /// If a column is borrowed mutably.
    fn clone(&self) -> Self {
        let copy = |entry: &Entry| Entry {
            id: entry.id,
            column: entry.column.copy(),
            group: entry.group,
        };
        let late = self.late.columns().map(|(id, column)| Entry {
            id,
            column: column.copy(),
            group: None,
        });
        Self {
            entries: self.entries.iter().map(copy).chain(late).collect(),
            owners: self.owners.clone(),
            owned_blocks: self.owned_blocks,
            groups: self.groups.clone(),
            late: Late::default(),
            is_viewed: AtomicBool::new(self.is_viewed.load(Ordering::Relaxed)),
            buried: false,
            #[cfg(feature = "rollback")]
            journal: Journal::default(),
        }
    }
}
