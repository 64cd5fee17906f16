//! Components without objects: taken off some, or copied, for others.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Columns, Component};
use crate::bits::WORD;
use crate::index::{arena_of, slot_of};

/// Components of one type, by positions in a list of objects.
pub(super) struct Pieces<C> {
    pub(super) positions: Vec<u32>,
    pub(super) values: Vec<C>,
}

/// The same where the type is not known.
pub(crate) trait Loose {
    /// Gives the components to the objects with these indices, which have none of the type.
    fn attach(self: Box<Self>, columns: &mut Columns, indices: &[u32]);
}

pub(super) type AnyLoose = Box<dyn Loose>;

impl<C: Component> Loose for Pieces<C> {
    fn attach(self: Box<Self>, columns: &mut Columns, indices: &[u32]) {
        let at = columns.register::<C>();
        columns.settle_all();
        let some: Vec<u32>;
        let indices = if self.positions.len() == indices.len() {
            indices
        } else {
            let positions = self.positions.iter();
            some = positions.map(|&at| indices[at as usize]).collect();
            &some
        };
        let mut values = self.values.into_iter();
        if columns.entries[at].group.is_some() {
            let column = columns.column_mut::<C>(at);
            for (&index, value) in indices.iter().zip(values) {
                column.insert(index, value);
            }
            columns.settle(at);
            return;
        }
        for run in indices.chunk_by(|&one, &next| arena_of(one) == arena_of(next)) {
            let number = arena_of(run[0]);
            let mut part = columns.column_mut::<C>(at).take_part(number, run.len());
            let mut blocks = 0_u64;
            // Most objects that are born together have neighbouring slots.
            for run in run.chunk_by(|one, next| one + 1 == *next) {
                let slot = slot_of(run[0]);
                part.add_all(slot, run.len(), &mut values);
                for block in slot / WORD..(slot + run.len()).div_ceil(WORD) {
                    blocks |= 1 << block;
                }
            }
            columns.column_mut::<C>(at).give_part(number, part);
            columns.own(number, blocks, at);
        }
    }
}

impl<C: Component> Pieces<C> {
    /// `None` if there are none.
    pub(super) fn boxed(self) -> Option<AnyLoose> {
        if self.values.is_empty() {
            return None;
        }
        Some(Box::new(self))
    }
}

impl Columns {
    /// Copies of all components of some objects, in the order in which the types first came.
    /// What views have made is to be [settled](Self::settle_all) first.
    pub(crate) fn copy_of(&self, indices: &[u32]) -> Vec<AnyLoose> {
        let columns = self.entries.iter();
        columns
            .filter_map(|entry| entry.column.copy_of(indices))
            .collect()
    }

    /// Takes all components off some objects, in the order in which the types first came. No code of the user
    /// runs.
    pub(crate) fn take_off(&mut self, indices: &[u32]) -> Vec<AnyLoose> {
        self.settle_all();
        let columns = self.entries.iter_mut();
        columns
            .filter_map(|entry| entry.column.take_off(indices))
            .collect()
    }
}
