//! The graph as it was when the last snapshot was taken.

use super::Graph;
use crate::graph::colours::Palette;
use crate::graph::edges::{self, EdgeChanges};
use crate::graph::roots::Roots;
use crate::graph::rows::{self, RowChanges};
use crate::graph::suspects::Suspects;
use crate::graph::weak::{self, WeakChanges};

/// What a snapshot copies of a graph.
#[derive(Clone)]
pub(crate) struct Outline<E> {
    rows: rows::Outline,
    edges: edges::Outline<E>,
    weak: weak::Outline<E>,
    roots: Roots,
    colours: Palette,
    suspects: Suspects,
}

/// What a graph has in one state, and not in another.
pub(crate) struct GraphChanges<E> {
    rows: RowChanges,
    edges: EdgeChanges<E>,
    weak: WeakChanges<E>,
}

impl<E> GraphChanges<E> {
    /// Bytes allocated, without what labels own.
    pub(crate) fn memory(&self) -> usize {
        self.rows.memory() + self.edges.memory() + self.weak.memory()
    }

    /// The objects that differ.
    pub(crate) fn indices(&self) -> impl Iterator<Item = u32> {
        self.rows.indices()
    }
}

impl<E: Clone> Graph<E> {
    /// What a snapshot copies; no label is still to be dropped.
    pub(crate) fn outline(&self) -> Outline<E> {
        debug_assert!(self.labels.is_empty(), "labels are dropped first");
        Outline {
            rows: self.headers.outline(),
            edges: self.edges.outline(),
            weak: self.weak.outline(),
            roots: self.roots.clone(),
            colours: self.colours.clone(),
            suspects: self.suspects.clone(),
        }
    }

    /// Takes what has changed since this was called last, and begins to note it anew.
    pub(crate) fn take_changes(&mut self) -> GraphChanges<E> {
        GraphChanges {
            rows: self.headers.take_changes(),
            edges: self.edges.take_changes(E::clone),
            weak: self.weak.take_changes(E::clone),
        }
    }
}

impl<E> Graph<E> {
    /// Bytes of the logs.
    pub(crate) fn journal_memory(&self) -> usize {
        self.headers.journal_memory() + self.edges.journal_memory() + self.weak.journal_memory()
    }

    /// Notes no changes any more.
    pub(crate) fn stop_journal(&mut self) {
        self.headers.stop_journal();
        self.edges.stop_journal();
        self.weak.stop_journal();
    }

    /// Exchanges what has changed for what was there. The logs are empty.
    pub(crate) fn exchange(&mut self, changes: &mut GraphChanges<E>) {
        self.headers.exchange(&mut changes.rows);
        self.edges.exchange(&mut changes.edges);
        self.weak.exchange(&mut changes.weak);
    }

    /// Takes over what a snapshot has copied, after the last exchange. Returns the roots that the store had instead.
    pub(crate) fn assume(&mut self, outline: Outline<E>) -> Roots {
        self.headers.assume(outline.rows);
        self.edges.assume(outline.edges);
        self.weak.assume(outline.weak);
        self.colours = outline.colours;
        self.suspects = outline.suspects;
        core::mem::replace(&mut self.roots, outline.roots)
    }
}
