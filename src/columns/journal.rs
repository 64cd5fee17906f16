//! All components as they were when the last snapshot was taken.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use super::any::AnyBox;
use super::column::AnyChanges;
use super::{Columns, Entry};

/// What columns there were, and their groups.
#[derive(Default)]
pub(super) struct ColumnsLog {
    columns: usize,
    groups: Vec<Vec<usize>>,
}

/// What columns have in one state, and not in another.
pub(crate) struct ColumnsChanges {
    /// By the place of the column.
    columns: Vec<(usize, Box<dyn AnyChanges>)>,
    /// How many columns there are, and those that the other state does not have.
    len: usize,
    tail: Vec<Entry>,
    groups: Vec<Vec<usize>>,
}

impl ColumnsChanges {
    /// Bytes allocated, without what components own.
    pub(crate) fn memory(&self) -> usize {
        self.columns
            .iter()
            .map(|(_, changes)| changes.memory())
            .sum()
    }

    /// The objects whose components differ, some of them more than once.
    pub(crate) fn indices(&self) -> impl Iterator<Item = u32> {
        self.columns
            .iter()
            .flat_map(|(_, changes)| changes.indices())
    }
}

impl Columns {
    /// A column that is new, which is noted.
    pub(super) fn recorded(&mut self, mut column: AnyBox) -> AnyBox {
        if self.journal.is_on() {
            column.start_new();
        }
        column
    }

    /// Takes what has changed since this was called last, and begins to note it anew.
    pub(crate) fn take_changes(&mut self) -> ColumnsChanges {
        self.settle_all();
        let now = || ColumnsLog {
            columns: self.entries.len(),
            groups: self.groups.clone(),
        };
        let log = self.journal.start(now);
        let len = mem::replace(&mut log.columns, self.entries.len());
        let groups = mem::replace(&mut log.groups, self.groups.clone());
        let columns = self.entries.iter_mut().enumerate();
        let changes = columns.filter_map(|(at, entry)| Some((at, entry.column.take_changes()?)));
        ColumnsChanges {
            columns: changes.collect(),
            len,
            tail: Vec::new(),
            groups,
        }
    }

    /// Notes no changes any more.
    pub(crate) fn stop_journal(&mut self) {
        self.settle_all();
        self.journal.stop();
        for entry in &mut self.entries {
            entry.column.stop_journal();
        }
    }

    /// Exchanges what has changed for what was there. The logs are empty.
    pub(crate) fn exchange(&mut self, changes: &mut ColumnsChanges) {
        let columns = self.entries.len();
        self.entries.append(&mut changes.tail);
        let groups = mem::replace(&mut changes.groups, self.groups.clone());
        while !groups.starts_with(&self.groups) {
            self.dissolve_group();
        }
        for (at, changes) in &mut changes.columns {
            self.entries[*at].column.exchange(&mut **changes);
            self.settle(*at);
        }
        for members in groups.into_iter().skip(self.groups.len()) {
            self.form_group(members);
        }
        let len = mem::replace(&mut changes.len, columns);
        changes.tail = self.entries.split_off(len.min(self.entries.len()));
    }

    /// Keeps the components of the last group together no more.
    fn dissolve_group(&mut self) {
        for at in self.groups.pop().unwrap_or_default() {
            self.entries[at].group = None;
            self.entries[at].column.end_group();
        }
    }
}
