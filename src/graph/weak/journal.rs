//! Weak edges as they were when the last snapshot was taken.

use alloc::boxed::Box;
use core::mem;

use super::{SparseHeads, Table, Weak};
use crate::graph::edges::{self, EdgeChanges, Edges};

/// What a snapshot copies of the weak edges.
#[derive(Clone, Debug)]
pub(crate) struct Outline<E> {
    table: Option<(SparseHeads, edges::Outline<E>)>,
}

/// What weak edges have in one state, and not in another.
#[expect(private_interfaces, reason = "nothing outside looks into it")]
pub(crate) enum WeakChanges<E> {
    /// One of the two has no table; that of the other, where this is the one.
    Table(Option<Box<Table<E>>>),
    Edges(EdgeChanges<E>),
}

impl<E> WeakChanges<E> {
    /// Bytes allocated, without what labels own.
    pub(crate) fn memory(&self) -> usize {
        match self {
            Self::Table(table) => table.as_deref().map_or(0, |table| table.edges.memory()),
            Self::Edges(changes) => changes.memory(),
        }
    }
}

impl<E> Weak<E> {
    /// Bytes of the logs.
    pub(crate) fn journal_memory(&self) -> usize {
        self.edges().map_or(0, Edges::journal_memory)
    }

    /// What a snapshot copies.
    pub(crate) fn outline(&self) -> Outline<E>
    where
        E: Clone,
    {
        let table = self.table.as_deref();
        Outline {
            table: table.map(|Table { heads, edges }| (heads.clone(), edges.outline())),
        }
    }

    /// Takes what has changed since this was called last, and begins to note it anew.
    pub(crate) fn take_changes(&mut self, copy: fn(&E) -> E) -> WeakChanges<E> {
        let is_there = self.table.is_some();
        let was_there = mem::replace(self.journal.start(|| is_there), is_there);
        let edges = self.table.as_deref_mut().map(|table| &mut table.edges);
        match edges.map(|edges| edges.take_changes(copy)) {
            Some(changes) if was_there => WeakChanges::Edges(changes),
            _ => WeakChanges::Table(None),
        }
    }

    /// Notes no changes any more.
    pub(crate) fn stop_journal(&mut self) {
        self.journal.stop();
        if let Some(table) = self.table.as_deref_mut() {
            table.edges.stop_journal();
        }
    }

    /// Exchanges what has changed for what was there. The logs are empty.
    pub(crate) fn exchange(&mut self, changes: &mut WeakChanges<E>) {
        match changes {
            WeakChanges::Table(table) => mem::swap(&mut self.table, table),
            WeakChanges::Edges(changes) => self.made().edges.exchange(changes),
        }
    }

    /// Takes over what a snapshot has copied, after the last exchange.
    pub(crate) fn assume(&mut self, outline: Outline<E>) {
        if let Some((heads, edges)) = outline.table {
            let table = self.made();
            table.heads = heads;
            table.edges.assume(edges);
        }
    }
}
