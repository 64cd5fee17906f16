//! The objects that are shown one by one, and the shortest paths to them.

use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt::{self, Write};

use super::{id, list, numbers};
use crate::inspect::export::names::NONE;
use crate::inspect::export::text::Text;
use crate::inspect::{Dominators, HeapSnapshot};

/// The most objects that are listed, and of one class.
const MOST: usize = 6_000;
const OF_CLASS: usize = 300;
/// The most objects that are there only since they lead to others.
const ON_PATHS: usize = 20_000;

/// In place of a holder: a root, nothing, and one that is not there since the path is long.
const ROOT: i64 = -1;
const NOTHING: i64 = -2;
const FAR: i64 = -3;

/// Objects, what holds them and how.
pub(super) struct Listed {
    /// In the order of their numbers.
    objects: Vec<u32>,
    /// Whether each is listed, and not only on a path.
    is_chosen: Vec<bool>,
    ways: Ways,
}

/// The shortest path to each object of a heap.
struct Ways {
    /// The object before it; [`NONE`] if it has a root, or can't be reached.
    holders: Vec<u32>,
    labels: Vec<u32>,
    /// How many owners each has: roots, and edges.
    owners: Vec<u32>,
}

impl Ways {
    fn of(heap: &HeapSnapshot) -> Self {
        let mut holders = vec![NONE; heap.len()];
        let mut labels = vec![0; heap.len()];
        let mut owners = vec![0_u32; heap.len()];
        let mut seen = vec![false; heap.len()];
        let mut queue: Vec<u32> = Vec::new();
        for root in heap.roots() {
            let object = root.object as usize;
            owners[object] = owners[object].saturating_add(root.count);
            if !core::mem::replace(&mut seen[object], true) {
                queue.push(root.object);
            }
        }
        let mut read = 0;
        while let Some(&object) = queue.get(read) {
            read += 1;
            for edge in heap.edges(object) {
                let target = edge.target as usize;
                if !core::mem::replace(&mut seen[target], true) {
                    holders[target] = object;
                    labels[target] = edge.label;
                    queue.push(edge.target);
                }
            }
        }
        for object in heap.objects() {
            for &target in heap.targets(object) {
                owners[target as usize] = owners[target as usize].saturating_add(1);
            }
        }
        Self {
            holders,
            labels,
            owners,
        }
    }
}

impl Listed {
    /// Those that retain the most, and some that have to be there.
    pub(super) fn of(dominators: &Dominators<'_>, also: impl Iterator<Item = u32>) -> Self {
        let heap = dominators.heap();
        let ways = Ways::of(heap);
        let mut is_there = vec![false; heap.len()];
        let mut listed = largest(dominators);
        listed.extend(also);
        listed.retain(|&object| !core::mem::replace(&mut is_there[object as usize], true));
        let mut objects = listed.clone();
        let mut left = ON_PATHS;
        for &object in &listed {
            let mut at = ways.holders[object as usize];
            while at != NONE && left > 0 && !core::mem::replace(&mut is_there[at as usize], true) {
                objects.push(at);
                left -= 1;
                at = ways.holders[at as usize];
            }
        }
        objects.sort_unstable();
        let mut is_chosen = vec![false; objects.len()];
        for object in listed {
            if let Ok(at) = objects.binary_search(&object) {
                is_chosen[at] = true;
            }
        }
        Self {
            objects,
            is_chosen,
            ways,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.is_chosen
            .iter()
            .filter(|is_chosen| **is_chosen)
            .count()
    }

    pub(super) fn place(&self, object: u32) -> Option<i64> {
        let at = self.objects.binary_search(&object).ok()?;
        i64::try_from(at).ok()
    }

    fn holder(&self, dominators: &Dominators<'_>, object: u32) -> i64 {
        match self.ways.holders[object as usize] {
            NONE if dominators.is_reachable(object) => ROOT,
            NONE => NOTHING,
            holder => self.place(holder).unwrap_or(FAR),
        }
    }

    pub(super) fn write(
        &self,
        dominators: &Dominators<'_>,
        text: &mut Text<'_, '_>,
    ) -> fmt::Result {
        let heap = dominators.heap();
        let objects = || self.objects.iter().copied();
        text.write_str("{\"id\":")?;
        list(text, objects(), |text, object| id(text, heap, object))?;
        numbers(
            text,
            ",\"class\":",
            objects().map(|object| heap.class(object)),
        )?;
        numbers(
            text,
            ",\"size\":",
            objects().map(|object| heap.size(object)),
        )?;
        numbers(
            text,
            ",\"retained\":",
            objects().map(|object| dominators.retained_size(object)),
        )?;
        let generation = |object| {
            heap.generation(object)
                .map_or(-1, |generation| generation as i64)
        };
        numbers(text, ",\"generation\":", objects().map(generation))?;
        numbers(
            text,
            ",\"owners\":",
            objects().map(|object| self.ways.owners[object as usize]),
        )?;
        numbers(text, ",\"listed\":", self.is_chosen.iter().copied())?;
        numbers(
            text,
            ",\"holder\":",
            objects().map(|object| self.holder(dominators, object)),
        )?;
        numbers(
            text,
            ",\"label\":",
            objects().map(|object| self.ways.labels[object as usize]),
        )?;
        let dominator = |object| {
            // The nearest that is there: all of them are, unless the path was too long.
            let mut at = dominators.dominator(object);
            for _ in 0..64 {
                match at {
                    Some(above) if self.place(above).is_none() => at = dominators.dominator(above),
                    _ => break,
                }
            }
            at.and_then(|above| self.place(above)).unwrap_or(ROOT)
        };
        numbers(text, ",\"dominator\":", objects().map(dominator))?;
        text.write_str(",\"root\":")?;
        list(text, objects(), |text, object| roots(text, heap, object))?;
        text.write_str("}")
    }
}

/// What is said of the roots of an object: their names, or how many there are.
fn roots(text: &mut Text<'_, '_>, heap: &HeapSnapshot, object: u32) -> fmt::Result {
    let roots = heap.roots_of(object);
    let mut named = roots.iter().filter_map(|root| root.name);
    if let Some(name) = named.next() {
        return text.json(heap.root_name(name));
    }
    let count: u64 = roots.iter().map(|root| u64::from(root.count)).sum();
    match count {
        0 => text.write_str("\"\""),
        1 => text.write_str("\"the program holds it\""),
        count => write!(text, "\"the program holds it {count} times\""),
    }
}

/// The objects that retain the most, of each class.
fn largest(dominators: &Dominators<'_>) -> Vec<u32> {
    let heap = dominators.heap();
    let key = |object: u32| {
        (
            Reverse(dominators.retained_size(object)),
            Reverse(heap.size(object)),
            object,
        )
    };
    // A bounded list for each class, cut back when it is twice as long.
    let mut of_class: Vec<Vec<u32>> = vec![Vec::new(); heap.classes().len()];
    let cut = |objects: &mut Vec<u32>| {
        objects.sort_unstable_by_key(|&object| key(object));
        objects.truncate(OF_CLASS);
    };
    for object in heap.objects() {
        let objects = &mut of_class[heap.class(object) as usize];
        objects.push(object);
        if objects.len() == 2 * OF_CLASS {
            cut(objects);
        }
    }
    of_class.iter_mut().for_each(cut);
    // The first of each class, then the second of each, as far as there is room.
    let rank = |place: usize| {
        of_class
            .iter()
            .filter_map(move |objects| objects.get(place).copied())
    };
    let mut listed: Vec<u32> = (0..OF_CLASS).flat_map(rank).take(MOST).collect();
    listed.sort_unstable_by_key(|&object| key(object));
    listed
}
