//! The edges of several objects: a column for each thing that is said of an edge. In formats for people, the edges of
//! an object stand with it, each with all that is said of it.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{DeserializeSeed, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::exactly::Exactly;
use super::packed;

#[derive(Debug)]
pub(crate) struct Lists<L> {
    pub(crate) ends: Ends,
    /// One for each edge.
    pub(crate) labels: Vec<L>,
}

impl<L> Default for Lists<L> {
    fn default() -> Self {
        Self {
            ends: Ends::default(),
            labels: Vec::new(),
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ends {
    /// How many edges each object has.
    #[serde(with = "packed")]
    pub(crate) degrees: Vec<u32>,
    /// The target of each edge: those of the first object come first.
    #[serde(with = "packed")]
    pub(crate) targets: Vec<u32>,
    /// The place of each edge among those to its target; 0 if that is dead.
    #[serde(with = "packed")]
    pub(crate) places: Vec<u32>,
    pub(crate) gaps: Vec<GapsOf>,
}

/// The gaps in the list of the object at a position.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GapsOf {
    pub(crate) position: u32,
    pub(crate) gaps: Gaps,
}

/// What removals have left in a long list. It counts in units of work, and positions are counted with it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Gaps {
    /// For how many entries the list has room; 0 if it grows alone.
    pub(crate) room: u32,
    /// From where the list is being closed up.
    pub(crate) cursor: Option<u32>,
    pub(crate) runs: Vec<Run>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) at: u32,
    pub(crate) len: u32,
}

/// An edge, for people.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Edge<L> {
    to: u32,
    place: u32,
    label: L,
}

impl<L> Lists<L> {
    /// Adds the list of one more object.
    pub(super) fn push(&mut self, edges: Vec<Edge<L>>, gaps: Option<Gaps>) {
        let Ends {
            degrees,
            targets,
            places,
            gaps: all,
        } = &mut self.ends;
        let position = crate::index::narrow(degrees.len());
        all.extend(gaps.map(|gaps| GapsOf { position, gaps }));
        degrees.push(crate::index::narrow(edges.len()));
        for Edge { to, place, label } in edges {
            targets.push(to);
            places.push(place);
            self.labels.push(label);
        }
    }

    /// The lists of all objects, for people.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Vec<Edge<&L>>, Option<Gaps>)> {
        let Ends {
            degrees,
            targets,
            places,
            gaps,
        } = &self.ends;
        let mut ends = targets.iter().zip(places).zip(&self.labels);
        let mut gaps = gaps.iter().peekable();
        (0..).zip(degrees).map(move |(position, &degree)| {
            let edges = ends.by_ref().take(degree as usize);
            let edge = |((&to, &place), label)| Edge { to, place, label };
            let gaps = gaps.next_if(|of| of.position == position);
            (edges.map(edge).collect(), gaps.map(|of| of.gaps.clone()))
        })
    }
}

/// Indices in order.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Indices(#[serde(with = "packed::rising")] pub(crate) Vec<u32>);

/// The weak edges of the objects that have any.
#[derive(Debug)]
pub(crate) struct Weak<L> {
    pub(crate) objects: Indices,
    pub(crate) lists: Lists<L>,
}

impl<L> Default for Weak<L> {
    fn default() -> Self {
        Self {
            objects: Indices::default(),
            lists: Lists::default(),
        }
    }
}

/// The weak edges of an object, for people.
#[derive(Serialize, Deserialize)]
struct WeakRow<L> {
    object: u32,
    edges: Vec<Edge<L>>,
    gaps: Option<Gaps>,
}

impl<L: Serialize> Serialize for Weak<L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { objects, lists } = self;
        if !serializer.is_human_readable() {
            return (objects, &lists.ends, &lists.labels).serialize(serializer);
        }
        let rows = objects.0.iter().zip(lists.rows());
        let row = |(&object, (edges, gaps))| WeakRow {
            object,
            edges,
            gaps,
        };
        let rows: Vec<_> = rows.map(row).collect();
        rows.serialize(serializer)
    }
}

impl<'de, L: Deserialize<'de>> Deserialize<'de> for Weak<L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return deserializer.deserialize_tuple(3, Columns(PhantomData));
        }
        let mut weak = Self::default();
        for WeakRow {
            object,
            edges,
            gaps,
        } in Vec::deserialize(deserializer)?
        {
            weak.objects.0.push(object);
            weak.lists.push(edges, gaps);
        }
        Ok(weak)
    }
}

/// Reads the columns of weak edges.
struct Columns<L>(PhantomData<L>);

impl<'de, L: Deserialize<'de>> Visitor<'de> for Columns<L> {
    type Value = Weak<L>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the columns of weak edges")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Weak<L>, A::Error> {
        let objects: Indices = next(&mut from, PhantomData)?;
        let lists = Lists::read(&mut from, objects.0.len())?;
        Ok(Weak { objects, lists })
    }
}

/// Reads one part of several.
pub(super) fn next<'de, S: DeserializeSeed<'de>, A: SeqAccess<'de>>(
    from: &mut A,
    seed: S,
) -> Result<S::Value, A::Error> {
    let part = from.next_element_seed(seed)?;
    part.ok_or_else(|| A::Error::custom("a part is missing"))
}

impl<'de, L: Deserialize<'de>> Lists<L> {
    /// Reads the lists of so many objects.
    pub(super) fn read<A: SeqAccess<'de>>(from: &mut A, objects: usize) -> Result<Self, A::Error> {
        let ends: Ends = next(from, PhantomData)?;
        let edges: u64 = ends.degrees.iter().map(|&degree| u64::from(degree)).sum();
        let lens = [ends.targets.len(), ends.places.len()];
        let is_even = lens.iter().all(|&len| len as u64 == edges);
        if ends.degrees.len() != objects || !is_even {
            return Err(A::Error::custom("the columns of edges differ in length"));
        }
        let labels = next(from, Exactly::new(ends.targets.len()))?;
        Ok(Self { ends, labels })
    }
}
