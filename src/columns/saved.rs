//! The components of a type as they are saved: the objects that have one, and then the components. In formats for
//! people, each stands with its object.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use atomic_refcell::AtomicRef;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};

use super::{Column, Columns, Component, Filling};
use crate::form::{Exactly, Fault, Indices};
use crate::index::{arena_of, slot_of};

/// A component and its object, for people.
#[derive(Serialize, Deserialize)]
struct Entry<C> {
    object: u32,
    component: C,
}

/// The components of a column, in the order of the indices.
pub(super) struct All<'c, C>(pub(super) Option<AtomicRef<'c, Column<C>>>);

impl<C: Serialize> Serialize for All<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let column = self.0.as_deref();
        let objects = Indices(column.map(Column::indices).unwrap_or_default());
        if !serializer.is_human_readable() {
            let values = Values(column, objects.0.len());
            return (&objects, values).serialize(serializer);
        }
        let entry = |&object: &u32| {
            let component = column?.get(object)?;
            Some(Entry { object, component })
        };
        // Some formats ask beforehand how many there are.
        let entries: Vec<Entry<&C>> = objects.0.iter().filter_map(entry).collect();
        serializer.collect_seq(entries)
    }
}

/// The components alone, of which there are so many.
struct Values<'c, C>(Option<&'c Column<C>>, usize);

impl<C: Serialize> Serialize for Values<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut values = serializer.serialize_seq(Some(self.1))?;
        if let Some(column) = self.0 {
            column.try_each(|component| values.serialize_element(component))?;
        }
        values.end()
    }
}

/// Reads all components of a type, and the objects that have them, of which `check` says what is wrong with them.
pub(super) fn read<'de, C: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
    check: impl FnOnce(&[u32]) -> Result<(), Fault>,
) -> Result<(Vec<u32>, Vec<C>), D::Error> {
    if !from.is_human_readable() {
        return from.deserialize_tuple(2, Pair(check, PhantomData));
    }
    let entries: Vec<Entry<C>> = Vec::deserialize(from)?;
    let entries = entries.into_iter();
    let (objects, components): (Vec<u32>, Vec<C>) =
        entries.map(|entry| (entry.object, entry.component)).unzip();
    check(&objects).map_err(D::Error::custom)?;
    Ok((objects, components))
}

/// Reads the objects and then the components.
struct Pair<F, C>(F, PhantomData<C>);

impl<'de, C, F> Visitor<'de> for Pair<F, C>
where
    C: Deserialize<'de>,
    F: FnOnce(&[u32]) -> Result<(), Fault>,
{
    type Value = (Vec<u32>, Vec<C>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects and their components")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let missing = || A::Error::custom("there are no components");
        let Indices(objects) = from.next_element()?.ok_or_else(missing)?;
        (self.0)(&objects).map_err(A::Error::custom)?;
        let components = from.next_element_seed(Exactly::new(objects.len()))?;
        Ok((objects, components.ok_or_else(missing)?))
    }
}

impl Columns {
    /// Attaches components to these objects, which come in the order of their indices and have none of the type.
    pub(super) fn fill<C: Component>(&mut self, objects: &[u32], components: Vec<C>) {
        self.register::<C>();
        let mut components = components.into_iter();
        for run in objects.chunk_by(|&one, &next| arena_of(one) == arena_of(next)) {
            let run_of = arena_of(run[0]);
            if let Some(mut filling) = Filling::begin(self, run_of, run.len()) {
                for (&index, component) in run.iter().zip(&mut components) {
                    filling.write(slot_of(index), (component,));
                }
                continue;
            }
            for (&index, component) in run.iter().zip(&mut components) {
                self.insert(index, component);
            }
        }
    }
}
