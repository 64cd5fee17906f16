//! How the entries of lists are stored.

use alloc::vec::Vec;
use core::ops::Range;

#[cfg(feature = "rollback")]
use super::journal::CellLog;
use crate::journal::Journal;

/// There is none without the feature `rollback`.
#[cfg(not(feature = "rollback"))]
pub(crate) type CellLog<L> = core::marker::PhantomData<L>;

/// An entry of a list, without its label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The object at the other end.
    pub(crate) node: u32,
    /// The back index: the position of the edge's other entry in that object's list.
    pub(crate) back: u32,
}

/// Memory for entries: a chunk of many blocks, or one long list.
pub(crate) trait Cells: Sized {
    /// What is stored beside an entry.
    type Label;
    /// Whether labels take memory. If not, a single entry is in the head of its list.
    const LABELLED: bool = size_of::<Self::Label>() != 0;
    /// Whether the entries of a list keep their order when one is removed.
    const ORDERED: bool;

    fn with_capacity(entries: usize) -> Self;
    fn len(&self) -> usize;
    fn capacity(&self) -> usize;
    /// Changes the length; new entries mean nothing.
    fn resize(&mut self, entries: usize);
    fn reserve_exact(&mut self, entries: usize);
    fn shrink_to(&mut self, entries: usize);
    fn get(&self, at: usize) -> Entry;
    fn set(&mut self, at: usize, entry: Entry);
    fn set_back(&mut self, at: usize, back: u32);
    fn node(&self, at: usize) -> u32;
    fn set_node(&mut self, at: usize, node: u32);
    /// Reads several entries from a position on.
    fn read(&self, at: usize, entries: &mut [Entry]);
    /// Writes several entries from a position on.
    fn write(&mut self, at: usize, entries: &[Entry]);
    /// A label for any entry, where all are alike and none is missed.
    fn any_label() -> Option<Self::Label> {
        None
    }
    /// Writes a label if there is none.
    fn put_label(&mut self, at: usize, label: Self::Label);
    /// Takes a label out; `None` if labels take no memory.
    fn take_label(&mut self, at: usize) -> Option<Self::Label>;
    fn label(&self, at: usize) -> Option<&Self::Label>;
    fn label_mut(&mut self, at: usize) -> Option<&mut Self::Label>;
    /// Moves an entry with its label over one whose label was taken.
    fn shift(&mut self, from: usize, to: usize);
    /// Moves the entries of a range, behind its first one, whose label was taken, one position down.
    fn close_gap(&mut self, range: Range<usize>);
    fn memory(&self) -> usize;
    fn journal(&mut self) -> &mut Journal<CellLog<Self::Label>>;
    #[cfg(feature = "rollback")]
    fn log(&self) -> Option<&CellLog<Self::Label>>;
    /// Exchanges an entry and its label for what they were, and notes nothing.
    #[cfg(feature = "rollback")]
    fn exchange(&mut self, at: usize, entry: &mut Entry, label: &mut Option<Self::Label>);

    /// Notes what an entry was, which is about to change, if a snapshot has to know. It may be beyond the end.
    #[expect(clippy::inline_always, reason = "it is asked before each change")]
    #[inline(always)]
    fn keep(&mut self, at: usize) {
        #[cfg(feature = "rollback")]
        if self.journal().is_on() {
            super::journal::keep(self, at);
        }
        #[cfg(not(feature = "rollback"))]
        let _ = (self.journal(), at);
    }

    /// The same for several.
    #[expect(clippy::inline_always, reason = "it is asked before each change")]
    #[inline(always)]
    fn keep_all(&mut self, range: Range<usize>) {
        #[cfg(feature = "rollback")]
        if self.journal().is_on() {
            super::journal::keep_all(self, range);
        }
        #[cfg(not(feature = "rollback"))]
        let _ = (self.journal(), range);
    }
}

/// Moves all but the first of a few values one position down.
#[inline]
fn close_gap<V: Copy>(values: &mut [V]) {
    // Not `copy_within`, a call of which costs more than most lists are long.
    for at in 1..values.len() {
        values[at - 1] = values[at];
    }
}

/// The entries of incoming edges: whatever reads one reads all of it.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    pub(super) entries: Vec<Entry>,
    journal: Journal<CellLog<()>>,
}

impl Clone for Pairs {
    fn clone(&self) -> Self {
        Self {
            entries: self.entries.clone(),
            journal: Journal::default(),
        }
    }

    /// Keeps the memory that there is.
    fn clone_from(&mut self, source: &Self) {
        self.entries.clone_from(&source.entries);
        self.journal = Journal::default();
    }
}

impl Cells for Pairs {
    type Label = ();
    const ORDERED: bool = false;

    fn with_capacity(entries: usize) -> Self {
        Self {
            entries: Vec::with_capacity(entries),
            journal: Journal::default(),
        }
    }

    fn len(&self) -> usize {
        self.entries.len()
    }

    fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    fn resize(&mut self, entries: usize) {
        self.keep_all(entries..self.len());
        self.entries.resize(entries, Entry::default());
    }

    fn reserve_exact(&mut self, entries: usize) {
        self.entries.reserve_exact(entries);
    }

    fn shrink_to(&mut self, entries: usize) {
        self.entries.shrink_to(entries);
    }

    #[inline]
    fn get(&self, at: usize) -> Entry {
        self.entries[at]
    }

    #[inline]
    fn set(&mut self, at: usize, entry: Entry) {
        self.keep(at);
        self.entries[at] = entry;
    }

    #[inline]
    fn set_back(&mut self, at: usize, back: u32) {
        self.keep(at);
        self.entries[at].back = back;
    }

    #[inline]
    fn node(&self, at: usize) -> u32 {
        self.entries[at].node
    }

    #[inline]
    fn set_node(&mut self, at: usize, node: u32) {
        self.keep(at);
        self.entries[at].node = node;
    }

    #[inline]
    fn read(&self, at: usize, entries: &mut [Entry]) {
        let from = &self.entries[at..at + entries.len()];
        for (to, &entry) in entries.iter_mut().zip(from) {
            *to = entry;
        }
    }

    #[inline]
    fn write(&mut self, at: usize, entries: &[Entry]) {
        self.keep_all(at..at + entries.len());
        let to = &mut self.entries[at..at + entries.len()];
        for (to, &entry) in to.iter_mut().zip(entries) {
            *to = entry;
        }
    }

    #[inline]
    fn any_label() -> Option<()> {
        Some(())
    }

    #[inline]
    fn put_label(&mut self, _: usize, (): ()) {}

    #[inline]
    fn take_label(&mut self, _: usize) -> Option<()> {
        None
    }

    fn label(&self, _: usize) -> Option<&()> {
        None
    }

    fn label_mut(&mut self, _: usize) -> Option<&mut ()> {
        None
    }

    #[inline]
    fn shift(&mut self, from: usize, to: usize) {
        self.keep(to);
        self.entries[to] = self.entries[from];
    }

    #[inline]
    fn close_gap(&mut self, range: Range<usize>) {
        self.keep_all(range.clone());
        close_gap(&mut self.entries[range]);
    }

    fn memory(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }

    #[inline]
    fn journal(&mut self) -> &mut Journal<CellLog<()>> {
        &mut self.journal
    }

    #[cfg(feature = "rollback")]
    fn log(&self) -> Option<&CellLog<()>> {
        self.journal.read()
    }

    #[cfg(feature = "rollback")]
    #[inline]
    fn exchange(&mut self, at: usize, entry: &mut Entry, _: &mut Option<()>) {
        core::mem::swap(&mut self.entries[at], entry);
    }
}

/// The entries of outgoing edges, in columns: a walk reads the nodes alone.
#[derive(Debug)]
pub(crate) struct Columns<E> {
    pub(super) nodes: Vec<u32>,
    pub(super) backs: Vec<u32>,
    labels: Vec<Option<E>>,
    journal: Journal<CellLog<E>>,
}

impl<E: Clone> Clone for Columns<E> {
    fn clone(&self) -> Self {
        Self {
            nodes: self.nodes.clone(),
            backs: self.backs.clone(),
            labels: self.labels.clone(),
            journal: Journal::default(),
        }
    }

    /// Keeps the memory that there is.
    fn clone_from(&mut self, source: &Self) {
        self.nodes.clone_from(&source.nodes);
        self.backs.clone_from(&source.backs);
        self.labels.clone_from(&source.labels);
        self.journal = Journal::default();
    }
}

impl<E> Columns<E> {
    /// Exchanges two entries, with their labels.
    pub(super) fn swap(&mut self, a: usize, b: usize) {
        self.keep(a);
        self.keep(b);
        self.nodes.swap(a, b);
        self.backs.swap(a, b);
        if Self::LABELLED {
            self.labels.swap(a, b);
        }
    }
}

impl<E> Cells for Columns<E> {
    type Label = E;
    const ORDERED: bool = true;

    fn with_capacity(entries: usize) -> Self {
        let labels = if Self::LABELLED { entries } else { 0 };
        Self {
            nodes: Vec::with_capacity(entries),
            backs: Vec::with_capacity(entries),
            labels: Vec::with_capacity(labels),
            journal: Journal::default(),
        }
    }

    fn len(&self) -> usize {
        self.nodes.len()
    }

    fn capacity(&self) -> usize {
        self.nodes.capacity()
    }

    fn resize(&mut self, entries: usize) {
        self.keep_all(entries..self.len());
        self.nodes.resize(entries, 0);
        self.backs.resize(entries, 0);
        if Self::LABELLED {
            self.labels.resize_with(entries, || None);
        }
    }

    fn reserve_exact(&mut self, entries: usize) {
        self.nodes.reserve_exact(entries);
        self.backs.reserve_exact(entries);
        if Self::LABELLED {
            self.labels.reserve_exact(entries);
        }
    }

    fn shrink_to(&mut self, entries: usize) {
        self.nodes.shrink_to(entries);
        self.backs.shrink_to(entries);
        self.labels.shrink_to(entries);
    }

    #[inline]
    fn get(&self, at: usize) -> Entry {
        Entry {
            node: self.nodes[at],
            back: self.backs[at],
        }
    }

    #[inline]
    fn set(&mut self, at: usize, entry: Entry) {
        self.keep(at);
        self.nodes[at] = entry.node;
        self.backs[at] = entry.back;
    }

    #[inline]
    fn set_back(&mut self, at: usize, back: u32) {
        self.keep(at);
        self.backs[at] = back;
    }

    #[inline]
    fn node(&self, at: usize) -> u32 {
        self.nodes[at]
    }

    #[inline]
    fn set_node(&mut self, at: usize, node: u32) {
        self.keep(at);
        self.nodes[at] = node;
    }

    #[inline]
    fn read(&self, at: usize, entries: &mut [Entry]) {
        let end = at + entries.len();
        let from = self.nodes[at..end].iter().zip(&self.backs[at..end]);
        for (to, (&node, &back)) in entries.iter_mut().zip(from) {
            *to = Entry { node, back };
        }
    }

    #[inline]
    fn write(&mut self, at: usize, entries: &[Entry]) {
        self.keep_all(at..at + entries.len());
        let end = at + entries.len();
        let to = self.nodes[at..end].iter_mut().zip(&mut self.backs[at..end]);
        for ((node, back), entry) in to.zip(entries) {
            (*node, *back) = (entry.node, entry.back);
        }
    }

    #[inline]
    fn put_label(&mut self, at: usize, label: E) {
        if Self::LABELLED {
            self.keep(at);
            self.labels[at] = Some(label);
        }
    }

    #[inline]
    fn take_label(&mut self, at: usize) -> Option<E> {
        if Self::LABELLED {
            self.keep(at);
            self.labels[at].take()
        } else {
            None
        }
    }

    #[inline]
    fn label(&self, at: usize) -> Option<&E> {
        self.labels.get(at)?.as_ref()
    }

    fn label_mut(&mut self, at: usize) -> Option<&mut E> {
        self.keep(at);
        self.labels.get_mut(at)?.as_mut()
    }

    #[inline]
    fn close_gap(&mut self, range: Range<usize>) {
        self.keep_all(range.clone());
        close_gap(&mut self.nodes[range.clone()]);
        close_gap(&mut self.backs[range.clone()]);
        if Self::LABELLED {
            for at in range.skip(1) {
                self.labels.swap(at - 1, at);
            }
        }
    }

    #[inline]
    fn shift(&mut self, from: usize, to: usize) {
        self.keep(to);
        if Self::LABELLED {
            self.keep(from);
        }
        self.nodes[to] = self.nodes[from];
        self.backs[to] = self.backs[from];
        if Self::LABELLED && from != to {
            self.labels[to] = self.labels[from].take();
        }
    }

    fn memory(&self) -> usize {
        4 * (self.nodes.capacity() + self.backs.capacity())
            + self.labels.capacity() * size_of::<Option<E>>()
    }

    #[inline]
    fn journal(&mut self) -> &mut Journal<CellLog<E>> {
        &mut self.journal
    }

    #[cfg(feature = "rollback")]
    fn log(&self) -> Option<&CellLog<E>> {
        self.journal.read()
    }

    #[cfg(feature = "rollback")]
    #[inline]
    fn exchange(&mut self, at: usize, entry: &mut Entry, label: &mut Option<E>) {
        core::mem::swap(&mut self.nodes[at], &mut entry.node);
        core::mem::swap(&mut self.backs[at], &mut entry.back);
        if Self::LABELLED {
            core::mem::swap(&mut self.labels[at], label);
        }
    }
}
