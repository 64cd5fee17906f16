//! Objects as they were when the last snapshot was taken.

use super::Objects;
use crate::bits::Bits;
use crate::columns::ColumnsChanges;
use crate::graph::roots::Roots;
use crate::graph::{self, GraphChanges};
use crate::heap::weights::Weights;
use crate::heap::{self, HeapChanges, OpenedArenas};
use crate::journal::copying;
use crate::objects::deaths::Deaths;
use crate::objects::record::Record;

/// What a snapshot copies of the objects: what does not grow with them, or takes few bits for each.
#[derive(Clone)]
pub(crate) struct Outline<T, E> {
    heap: heap::Outline,
    graph: graph::Outline<E>,
    dead: Bits,
    doomed: usize,
    deaths: Deaths,
    inserted: u64,
    allocations: u32,
    record: Record<T>,
    weights: Weights<T>,
}

/// What objects have in one state, and not in another.
pub(crate) struct ObjectChanges<T, E> {
    heap: HeapChanges<T>,
    graph: GraphChanges<E>,
    columns: ColumnsChanges,
}

/// Arenas whose slotmaps are to be made anew.
pub(crate) type Opened<T> = OpenedArenas<T>;

impl<T, E> ObjectChanges<T, E> {
    /// Bytes allocated, without what values, labels and components own.
    pub(crate) fn memory(&self) -> usize {
        self.heap.memory() + self.graph.memory() + self.columns.memory()
    }

    /// The objects that differ, some of them more than once.
    pub(crate) fn indices(&self) -> impl Iterator<Item = u32> {
        let rows = self.graph.indices();
        rows.chain(self.heap.indices())
            .chain(self.columns.indices())
    }
}

/// A copy of a value for a snapshot.
fn copy<T: Clone>(value: &T) -> T {
    copying(|| value.clone())
}

impl<T: Clone, E: Clone> Objects<T, E> {
    /// What a snapshot copies; nothing is still to be dropped.
    pub(crate) fn outline(&self) -> Outline<T, E> {
        copying(|| Outline {
            heap: self.heap.outline(),
            graph: self.graph.outline(),
            dead: self.dead.clone(),
            doomed: self.doomed,
            deaths: self.deaths.clone(),
            inserted: self.inserted,
            allocations: self.allocations,
            record: self.record.clone(),
            weights: self.weights.clone(),
        })
    }

    /// Takes what has changed since this was called last, and begins to note it anew.
    pub(crate) fn take_changes(&mut self) -> ObjectChanges<T, E> {
        ObjectChanges {
            heap: self.heap.take_changes(copy),
            graph: self.graph.take_changes(),
            columns: self.columns.take_changes(),
        }
    }
}

impl<T, E> Objects<T, E> {
    /// Bytes of the logs, without those of components.
    pub(crate) fn journal_memory(&self) -> usize {
        self.heap.journal_memory() + self.graph.journal_memory()
    }

    /// Notes no changes any more.
    pub(crate) fn stop_journal(&mut self) {
        self.heap.stop_journal();
        self.graph.stop_journal();
        self.columns.stop_journal();
    }

    /// Exchanges what has changed for what was there. The logs are empty.
    pub(crate) fn exchange(&mut self, opened: &mut Opened<T>, changes: &mut ObjectChanges<T, E>) {
        self.graph.exchange(&mut changes.graph);
        self.heap.exchange(opened, &mut changes.heap);
        self.columns.exchange(&mut changes.columns);
    }

    /// Takes over what a snapshot has copied, after the last exchange. Returns the roots that there were instead, and
    /// the record of deaths, whose values are to be dropped.
    pub(crate) fn assume(
        &mut self,
        opened: Opened<T>,
        outline: Outline<T, E>,
    ) -> (Roots, Record<T>) {
        let roots = self.graph.assume(outline.graph);
        let headers = self.graph.headers();
        let version = |index| headers.node(index).version;
        self.heap.assume(opened, outline.heap, version);
        self.dead = outline.dead;
        self.doomed = outline.doomed;
        self.deaths = outline.deaths;
        self.inserted = outline.inserted;
        self.allocations = outline.allocations;
        self.weights = outline.weights;
        let record = core::mem::replace(&mut self.record, outline.record);
        (roots, record)
    }
}
