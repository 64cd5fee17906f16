//! Objects as they are saved, and made again of what was.

mod placed;

use alloc::vec::Vec;

use serde::ser::{Serialize, Serializer};

use super::Objects;
use crate::config::Config;
use crate::form::{self, Fault, Free, Head, Rows, demand};
use crate::graph::Rest;
use crate::graph::colours::Which;
use crate::graph::edges::Group;
use crate::graph::rows::Said;
use crate::graph::seats::Seats;
use crate::handle::index_of;
use crate::heap::arena::{Held, Usage};
use crate::index::{ARENA_WORDS, base_of, narrow, narrow_slot, slot_of};
use crate::objects::deaths::Deaths;
use crate::objects::record::Record;
use placed::{Placed, Placement};

/// How many arenas may be in use besides those that slots account for: each takes some kilobytes.
const FREE_ARENAS: usize = 1 << 14;
/// How many slots account for an arena.
const SLOTS_EACH: usize = 64;

/// A world that was read.
pub(crate) type Loaded<T, E> = form::World<Placement<T, E>, E, T, alloc::string::String>;

/// The arenas of a store, of which one after the other is made a form of.
pub(crate) struct Arenas<'s, T, E>(pub(crate) &'s Objects<T, E>);

impl<T: Serialize, E: Serialize> Serialize for Arenas<'_, T, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let arenas = 0..self.0.heap.arenas().len();
        serializer.collect_seq(arenas.map(|number| self.0.saved_arena(number)))
    }
}

/// Bits of objects, by index.
struct Marks {
    pending: crate::bits::Bits,
    noted: crate::bits::Bits,
    suspected: crate::bits::Bits,
}

impl<T, E> Objects<T, E> {
    fn saved_arena(&self, number: usize) -> form::Arena<&T, &E> {
        let arena = &self.heap.arenas()[number];
        let base = base_of(number);
        let headers = self.graph.headers();
        let dead = (self.doomed > 0).then_some(&self.dead);
        let mut is_known = alloc::vec![false; arena.slots_used() + 1];
        let mut rows = Rows::default();
        let mut values = Vec::with_capacity(arena.len());
        let mut indices = Vec::with_capacity(arena.len());
        for (key, Held(value)) in arena.iter() {
            let index = index_of(arena.outer(base, key));
            is_known[slot_of(index)] = true;
            let node = headers.node(index);
            rows.slots.push(narrow(slot_of(index)));
            rows.versions.push(node.version);
            rows.roots.push(node.roots());
            rows.distances.push(node.distance().into());
            values.push(value);
            indices.push(index);
        }
        let free = |slot: u16| Free {
            slot,
            version: headers.node(base | u32::from(slot)).version,
        };
        let free: Vec<Free> = arena.free().map(free).collect();
        for free in &free {
            is_known[usize::from(free.slot)] = true;
        }
        let slots = is_known.iter().enumerate().skip(1);
        let retired = slots.filter(|(_, is_known)| !**is_known);
        let head = Head {
            generation: arena.generation,
            in_use: arena.in_use,
            usage: match arena.usage {
                Usage::Reserved => form::Usage::Reserved,
                Usage::Filled => form::Usage::Filled,
                Usage::Disused => form::Usage::Disused,
            },
            floor: arena.floor(),
            free,
            retired: retired.map(|(slot, _)| narrow_slot(slot)).collect(),
        };
        form::Arena {
            head,
            rows,
            values,
            lists: self.graph.saved_edges(&indices, dead),
        }
    }

    pub(crate) fn saved_marks(&self) -> form::Marks {
        let [noted, suspected] = self.graph.saved_notes();
        form::Marks {
            pending: self.graph.saved_pending(),
            noted,
            suspected,
            dead: form::indices(&self.dead),
        }
    }

    /// Makes objects of all that was read of them; which of them have finalizers is known to the store.
    pub(crate) fn restore(
        config: &Config,
        form: Loaded<T, E>,
        finalizable: &[u32],
        words: impl Fn(Which, usize) -> usize,
    ) -> Result<Self, Fault> {
        let mut objects = Self::new(config);
        let used = arenas_used(&form.arenas.0)?;
        objects.dead = form::bits(&form.marks.dead, used, "dead")?;
        objects.dead.grow(used * ARENA_WORDS);
        objects.doomed = form.marks.dead.len();
        let marks = Marks {
            pending: form::bits(&form.marks.pending, used, "pending")?,
            noted: form::bits(&form.marks.noted, used, "noted")?,
            suspected: form::bits(&form.marks.suspected, used, "suspected")?,
        };
        let mut groups = Vec::new();
        let mut seats = Seats::new();
        let mut arenas = Vec::new();
        for (number, placed) in form.arenas.0.into_iter().enumerate() {
            seats.add(placed.slots_used());
            objects
                .graph
                .restore_arena(number, placed.head.floor, number < used);
            objects.restore_rows(number, &placed, &marks)?;
            let Placed {
                arena, rows, lists, ..
            } = placed;
            arenas.push(arena);
            let objects = rows.slots.iter().map(|&slot| base_of(number) | slot);
            let objects = objects.collect();
            groups.push(Group { objects, lists });
        }
        objects.heap = objects.heap.restore(arenas, &form.filling)?;
        let headers = objects.graph.headers();
        let is_there = |index: u32| headers.is_occupied(index);
        let listed = [
            &form.marks.pending,
            &form.marks.noted,
            &form.marks.suspected,
        ];
        for &index in listed.into_iter().chain([&form.marks.dead]).flatten() {
            demand!(is_there(index), "the marks: there is no object {index}");
        }
        let (deaths, noted) = Deaths::restore(&form.deaths, finalizable, is_there, used)?;
        objects.deaths = deaths;
        let all = headers.words().max(used * ARENA_WORDS);
        let rest = Rest {
            weak: form.weak,
            foreign_roots: &form.foreign_roots,
            suspects: &form.suspects,
            colours: [
                (
                    Which::Minor,
                    &form.collections.minor.colours,
                    words(Which::Minor, all),
                ),
                (
                    Which::Major,
                    &form.collections.major.colours,
                    words(Which::Major, all),
                ),
            ],
        };
        objects
            .graph
            .restore((groups, &seats), rest, &objects.dead, used)?;
        for index in noted {
            objects.graph.note(index);
        }
        objects.record = Record::restore(form.record, used)?;
        objects.inserted = form::counter(form.counters.inserted, "insertions")?;
        objects.allocations = form.counters.allocations;
        let len = objects.heap.len();
        demand!(
            objects.inserted >= len as u64 && objects.allocations as usize <= len,
            "of {len} objects {} were inserted, {} of them lately",
            objects.inserted,
            objects.allocations
        );
        Ok(objects)
    }

    /// Fills the rows of an arena.
    fn restore_rows(
        &mut self,
        number: usize,
        placed: &Placed<T, E>,
        marks: &Marks,
    ) -> Result<(), Fault> {
        let base = base_of(number);
        let Placed { head, rows, .. } = placed;
        for &Free { slot, version } in &head.free {
            self.graph.restore_empty(base | u32::from(slot), version);
        }
        let said = rows.versions.iter().zip(&rows.roots).zip(&rows.distances);
        for (&slot, ((&version, &roots), &distance)) in rows.slots.iter().zip(said) {
            let index = base | slot;
            let Ok(distance) = u8::try_from(distance) else {
                return Err(Fault(alloc::format!(
                    "object {index} is {distance} edges from a root"
                )));
            };
            let said = Said {
                version,
                roots,
                distance,
                is_noted: marks.noted.get(index),
                is_suspected: marks.suspected.get(index),
                is_pending: marks.pending.get(index),
            };
            self.graph.restore_object(index, &said)?;
        }
        Ok(())
    }
}

/// Behind the last arena in use. The others have no tables.
fn arenas_used<T, E>(arenas: &[Placed<T, E>]) -> Result<usize, Fault> {
    let mut paid = FREE_ARENAS;
    for (number, arena) in arenas.iter().enumerate() {
        let slots = arena.slots_used();
        demand!(
            arena.head.in_use || slots == 0,
            "arena {number} has objects, and is not in use"
        );
        paid += slots / SLOTS_EACH;
    }
    let used = arenas.iter().rposition(|arena| arena.head.in_use);
    let used = used.map_or(0, |last| last + 1);
    demand!(
        used <= paid,
        "{used} arenas are too many for so few objects"
    );
    Ok(used)
}
