//! The components of a type as they are saved: the objects that have one, and then the components. In formats for
//! people, each stands with its object.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use atomic_refcell::AtomicRef;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{SerializeSeq, SerializeTuple};
use serde::{Deserialize, Serialize, Serializer};

use super::{Column, Columns, Component, Filling};
use crate::form::{Exactly, Fault, Indices, Packer, Word, gathered, unpack};
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
            return Parts { objects, column }.serialize(serializer);
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

/// The same in three parts: the objects, the shape of the components, and these; or no shape, if they have none in
/// common, and the components as the format has them.
struct Parts<'c, C> {
    objects: Indices,
    column: Option<&'c Column<C>>,
}

impl<C: Serialize> Parts<'_, C> {
    /// All components in bytes, if they have one shape.
    fn packed(&self) -> Option<Packer> {
        let mut packer = Packer::default();
        let packed = self.column?.try_each(|component| packer.add(component));
        packed.ok().filter(|()| !self.objects.0.is_empty())?;
        Some(packer)
    }
}

impl<C: Serialize> Serialize for Parts<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (shape, bytes) = self.packed().unwrap_or_default().finish();
        let mut parts = serializer.serialize_tuple(PARTS)?;
        parts.serialize_element(&self.objects)?;
        parts.serialize_element(&shape)?;
        if shape.is_empty() {
            parts.serialize_element(&Values(self))?;
        } else {
            parts.serialize_element(&Bytes(&bytes))?;
        }
        parts.end()
    }
}

/// How many parts a column is saved in.
const PARTS: usize = 3;

struct Bytes<'b>(&'b [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// The components as the format has them.
struct Values<'v, 'c, C>(&'v Parts<'c, C>);

impl<C: Serialize> Serialize for Values<'_, '_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Parts { objects, column } = self.0;
        let mut values = serializer.serialize_seq(Some(objects.0.len()))?;
        if let Some(column) = column {
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
        return from.deserialize_tuple(PARTS, Columned(check, PhantomData));
    }
    let entries: Vec<Entry<C>> = Vec::deserialize(from)?;
    let entries = entries.into_iter();
    let (objects, components): (Vec<u32>, Vec<C>) =
        entries.map(|entry| (entry.object, entry.component)).unzip();
    check(&objects).map_err(D::Error::custom)?;
    Ok((objects, components))
}

/// Reads the objects and then the components.
struct Columned<F, C>(F, PhantomData<C>);

impl<'de, C, F> Visitor<'de> for Columned<F, C>
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
        let shape: Vec<Word<String>> = from.next_element()?.ok_or_else(missing)?;
        let len = objects.len();
        let components = if shape.is_empty() {
            from.next_element_seed(Exactly::new(len))
        } else {
            let of = PhantomData;
            from.next_element_seed(Unpacking { shape, len, of })
        };
        Ok((objects, components?.ok_or_else(missing)?))
    }
}

/// Reads so many components of a shape.
struct Unpacking<C> {
    shape: Vec<Word<String>>,
    len: usize,
    of: PhantomData<C>,
}

impl<'de, C: Deserialize<'de>> DeserializeSeed<'de> for Unpacking<C> {
    type Value = Vec<C>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<C>, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<'de, C: Deserialize<'de>> Visitor<'de> for Unpacking<C> {
    type Value = Vec<C>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("packed components")
    }

    fn visit_bytes<X: Error>(self, bytes: &[u8]) -> Result<Vec<C>, X> {
        unpack(&self.shape, bytes, self.len).map_err(X::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, from: A) -> Result<Vec<C>, A::Error> {
        self.visit_bytes(&gathered(from)?)
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
