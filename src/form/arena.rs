//! An arena: a column for each thing that is said of its objects. In formats for people, all that is said of an object
//! stands together.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::exactly::Exactly;
use super::lists::{Edge, Gaps, Lists, next};
use super::packed;
use crate::config::Generation;

#[derive(Debug)]
pub(crate) struct Arena<V, L> {
    pub(crate) head: Head,
    pub(crate) rows: Rows,
    /// One for each object, as in all that follows.
    pub(crate) values: Vec<V>,
    pub(crate) lists: Lists<L>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Usage {
    Reserved,
    Filled,
    Disused,
}

/// What is said of an arena and of its slots without objects.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) generation: Generation,
    pub(crate) in_use: bool,
    pub(crate) usage: Usage,
    pub(crate) floor: u32,
    /// In the order in which they are used next.
    pub(crate) free: Vec<Free>,
    pub(crate) retired: Vec<u16>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Free {
    pub(crate) slot: u16,
    /// An even one.
    pub(crate) version: u32,
}

/// The rows of the objects.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Rows {
    /// In order.
    #[serde(with = "packed::rising")]
    pub(crate) slots: Vec<u32>,
    #[serde(with = "packed")]
    pub(crate) versions: Vec<u32>,
    #[serde(with = "packed")]
    pub(crate) roots: Vec<u32>,
    #[serde(with = "packed")]
    pub(crate) distances: Vec<u32>,
}

impl Rows {
    /// Whether each column has as many numbers as there are objects.
    fn are_even(&self) -> bool {
        let columns = [&self.versions, &self.roots, &self.distances];
        columns.iter().all(|of| of.len() == self.slots.len())
    }
}

/// The same for people.
#[derive(Serialize, Deserialize)]
struct Readable<V, L> {
    generation: Generation,
    in_use: bool,
    usage: Usage,
    floor: u32,
    objects: Vec<Object<V, L>>,
    free: Vec<Free>,
    retired: Vec<u16>,
}

#[derive(Serialize, Deserialize)]
struct Object<V, L> {
    slot: u32,
    version: u32,
    roots: u32,
    distance: u32,
    value: V,
    edges: Vec<Edge<L>>,
    gaps: Option<Gaps>,
}

impl<V, L> Arena<V, L> {
    fn readable(&self) -> Readable<&V, &L> {
        let Rows {
            slots,
            versions,
            roots,
            distances,
        } = &self.rows;
        let rows = slots.iter().zip(versions).zip(roots).zip(distances);
        let rows = rows.zip(&self.values).zip(self.lists.rows());
        let objects = rows.map(|(row, (edges, gaps))| {
            let ((((&slot, &version), &roots), &distance), value) = row;
            Object {
                slot,
                version,
                roots,
                distance,
                value,
                edges,
                gaps,
            }
        });
        Readable {
            generation: self.head.generation,
            in_use: self.head.in_use,
            usage: self.head.usage,
            floor: self.head.floor,
            objects: objects.collect(),
            free: self.head.free.clone(),
            retired: self.head.retired.clone(),
        }
    }
}

impl<V, L> From<Readable<V, L>> for Arena<V, L> {
    fn from(readable: Readable<V, L>) -> Self {
        let mut arena = Self {
            head: Head {
                generation: readable.generation,
                in_use: readable.in_use,
                usage: readable.usage,
                floor: readable.floor,
                free: readable.free,
                retired: readable.retired,
            },
            rows: Rows::default(),
            values: Vec::new(),
            lists: Lists::default(),
        };
        for object in readable.objects {
            arena.rows.slots.push(object.slot);
            arena.rows.versions.push(object.version);
            arena.rows.roots.push(object.roots);
            arena.rows.distances.push(object.distance);
            arena.values.push(object.value);
            arena.lists.push(object.edges, object.gaps);
        }
        arena
    }
}

impl<V: Serialize, L: Serialize> Serialize for Arena<V, L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return self.readable().serialize(serializer);
        }
        let Lists { ends, labels } = &self.lists;
        (&self.head, &self.rows, &self.values, ends, labels).serialize(serializer)
    }
}

impl<'de, V: Deserialize<'de>, L: Deserialize<'de>> Deserialize<'de> for Arena<V, L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Readable::deserialize(deserializer).map(Self::from);
        }
        deserializer.deserialize_tuple(5, Columns(PhantomData))
    }
}

/// Reads the columns of an arena.
struct Columns<V, L>(PhantomData<(V, L)>);

impl<'de, V: Deserialize<'de>, L: Deserialize<'de>> Visitor<'de> for Columns<V, L> {
    type Value = Arena<V, L>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the columns of an arena")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Arena<V, L>, A::Error> {
        let head: Head = next(&mut from, PhantomData)?;
        let rows: Rows = next(&mut from, PhantomData)?;
        if !rows.are_even() {
            return Err(A::Error::custom("the columns of an arena differ in length"));
        }
        let values = next(&mut from, Exactly::new(rows.slots.len()))?;
        let lists = Lists::read(&mut from, rows.slots.len())?;
        Ok(Arena {
            head,
            rows,
            values,
            lists,
        })
    }
}
