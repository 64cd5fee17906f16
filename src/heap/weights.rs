//! What each object weighs.

use alloc::vec::Vec;

use crate::index::{arena_of, slot_of};

/// What values weigh: the size of their type, or what a function says. Its answers are kept, as a value
/// may change.
#[derive(Debug)]
pub(crate) struct Weights<T> {
    measure: Option<fn(&T) -> usize>,
    /// By arena and slot. Nothing where no function measures.
    column: Vec<Vec<usize>>,
    /// The sum of what is kept.
    total: usize,
}

impl<T> Clone for Weights<T> {
    fn clone(&self) -> Self {
        Self {
            column: self.column.clone(),
            ..*self
        }
    }
}

impl<T> Weights<T> {
    /// Values weigh what this function says. Nothing is weighed yet.
    pub(crate) fn new(measure: Option<fn(&T) -> usize>) -> Self {
        Self {
            measure,
            column: Vec::new(),
            total: 0,
        }
    }

    /// The function that weighs values, which may change what they weigh.
    #[inline]
    pub(crate) fn measure(&self) -> Option<fn(&T) -> usize> {
        self.measure
    }

    /// What a value weighs.
    pub(crate) fn of(&self, value: &T) -> usize {
        self.measure
            .map_or(size_of::<T>(), |measure| measure(value))
    }

    fn row(&mut self, index: u32) -> &mut usize {
        let (arena, slot) = (arena_of(index), slot_of(index));
        if self.column.len() <= arena {
            self.column.resize_with(arena + 1, Vec::new);
        }
        let column = &mut self.column[arena];
        if column.len() <= slot {
            column.resize(slot + 1, 0);
        }
        &mut column[slot]
    }

    /// Keeps what a function said.
    #[inline(never)]
    pub(crate) fn put(&mut self, index: u32, weight: usize) {
        let old = core::mem::replace(self.row(index), weight);
        self.total = self.total.saturating_add(weight).saturating_sub(old);
    }

    /// Forgets an object.
    #[inline]
    pub(crate) fn forget(&mut self, index: u32) {
        if self.measure.is_some() {
            self.put(index, 0);
        }
    }

    /// Gives back the column of an arena without objects.
    pub(crate) fn close(&mut self, arena: usize) {
        if let Some(column) = self.column.get_mut(arena) {
            *column = Vec::new();
        }
    }

    /// Gives back what the columns don't need, and those behind the first `arenas` arenas, where there is
    /// nothing.
    pub(crate) fn shrink(&mut self, arenas: usize) {
        self.column.truncate(arenas);
        self.column.shrink_to_fit();
        for column in &mut self.column {
            column.shrink_to_fit();
        }
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let weights: usize = self.column.iter().map(Vec::capacity).sum();
        self.column.capacity() * size_of::<Vec<usize>>() + weights * size_of::<usize>()
    }

    /// What all objects weigh, which are so many.
    #[inline]
    pub(crate) fn total(&self, objects: usize) -> usize {
        match self.measure {
            Some(_) => self.total,
            None => objects * size_of::<T>(),
        }
    }

    /// The weight that counts for an object.
    #[cfg(feature = "check")]
    pub(crate) fn noted(&self, index: u32) -> usize {
        if self.measure.is_none() {
            return size_of::<T>();
        }
        let column = self.column.get(arena_of(index));
        let weight = column.and_then(|column| column.get(slot_of(index)));
        weight.copied().unwrap_or(0)
    }
}
