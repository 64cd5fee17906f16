//! Objects as they are saved, and made again of what was.

use alloc::vec::Vec;

use serde::ser::{Serialize, Serializer};

use super::Objects;
use crate::config::Config;
use crate::form::{self, Fault, Free, Head, Lists, Rows, demand};
use crate::graph::Rest;
use crate::graph::colours::Which;
use crate::graph::edges::Group;
use crate::graph::rows::Said;
use crate::graph::seats::Seats;
use crate::handle::index_of;
use crate::heap::arena::{Arena, CAPACITY, Held, Slot, Usage};
use crate::index::{ARENA_WORDS, SLOTS, base_of, narrow, narrow_slot, slot_of};
use crate::objects::deaths::Deaths;
use crate::objects::record::Record;

/// How many arenas may be in use besides those that slots account for: each takes some kilobytes.
const FREE_ARENAS: usize = 1 << 14;
/// How many slots account for an arena.
const SLOTS_EACH: usize = 64;

/// A world that was read.
pub(crate) type Loaded<T, E> = form::World<Vec<form::Arena<T, E>>, E, T, alloc::string::String>;

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
        let mut lists = Lists::default();
        for (key, Held(value)) in arena.iter() {
            let index = index_of(arena.outer(base, key));
            is_known[slot_of(index)] = true;
            let node = headers.node(index);
            rows.slots.push(narrow(slot_of(index)));
            rows.versions.push(node.version);
            rows.roots.push(node.roots());
            rows.distances.push(node.distance().into());
            values.push(value);
            self.graph.save_edges(index, dead, &mut lists);
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
            lists,
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
        let used = arenas_used(&form.arenas)?;
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
        for (number, arena) in form.arenas.into_iter().enumerate() {
            let floor = arena.head.floor;
            demand!(
                floor % 2 == 0,
                "the versions of arena {number} start at {floor}"
            );
            objects.graph.restore_arena(number, floor, number < used);
            seats.add(slots_of(&arena));
            let (arena, group) = objects.restore_arena(number, arena, &marks)?;
            arenas.push(arena);
            groups.push(group);
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

    /// An arena, whose rows are filled, and the edges of its objects.
    fn restore_arena(
        &mut self,
        number: usize,
        form: form::Arena<T, E>,
        marks: &Marks,
    ) -> Result<(Arena<T>, Group<E>), Fault> {
        let form::Arena {
            head,
            rows,
            values,
            lists,
        } = form;
        let base = base_of(number);
        self.restore_rows(number, &head, &rows, marks)?;
        let is_plain = head.free.is_empty()
            && head.retired.is_empty()
            && (1..).zip(&rows.slots).all(|(at, &slot)| slot == at)
            && rows
                .versions
                .iter()
                .all(|&version| version == head.floor + 1);
        let mut arena = if is_plain {
            Arena::new(values.len(), head.floor).filled(values)
        } else {
            let slots = restored_slots(number, &head, &rows, values)?;
            Arena::new(0, head.floor).restore(slots, &head.free)?
        };
        arena.generation = head.generation;
        arena.in_use = head.in_use;
        arena.usage = match head.usage {
            form::Usage::Reserved => Usage::Reserved,
            form::Usage::Filled => Usage::Filled,
            form::Usage::Disused => Usage::Disused,
        };
        let objects = rows.slots.iter().map(|&slot| base | slot).collect();
        Ok((arena, Group { objects, lists }))
    }

    fn restore_rows(
        &mut self,
        number: usize,
        head: &Head,
        rows: &Rows,
        marks: &Marks,
    ) -> Result<(), Fault> {
        let (base, floor) = (base_of(number), head.floor);
        for &Free { slot, version } in &head.free {
            let inner = version.checked_sub(floor);
            let is_sound = inner.is_some_and(|inner| inner >= 2 && inner % 2 == 0);
            demand!(
                is_sound && usize::from(slot) < SLOTS,
                "slot {slot} of arena {number} is free, in version {version}"
            );
            self.graph.restore_empty(base | u32::from(slot), version);
        }
        let mut last = 0;
        let said = rows.versions.iter().zip(&rows.roots).zip(&rows.distances);
        for (&slot, ((&version, &roots), &distance)) in rows.slots.iter().zip(said) {
            demand!(
                slot > last && (slot as usize) < SLOTS,
                "arena {number}: object {slot} comes after {last}"
            );
            last = slot;
            let inner = version.checked_sub(floor);
            demand!(
                inner.is_some_and(|inner| inner % 2 == 1),
                "object {slot} of arena {number} has version {version}"
            );
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

/// What is in each slot of an arena, of which the rows were found to be sound.
fn restored_slots<T>(
    number: usize,
    head: &Head,
    rows: &Rows,
    values: Vec<T>,
) -> Result<Vec<Slot<T>>, Fault> {
    let used = rows.slots.len() + head.free.len() + head.retired.len();
    demand!(used <= CAPACITY, "arena {number} has {used} slots");
    let mut slots: Vec<Option<Slot<T>>> = Vec::new();
    slots.resize_with(used, || None);
    let mut fill = |slot: usize, content: Slot<T>| {
        let place = slot.checked_sub(1);
        let place = place
            .and_then(|at| slots.get_mut(at))
            .filter(|at| at.is_none());
        demand!(
            place.is_some(),
            "slot {slot} of arena {number} comes twice, or not in turn"
        );
        if let Some(place) = place {
            *place = Some(content);
        }
        Ok(())
    };
    for &slot in &head.retired {
        fill(slot.into(), Slot::Retired)?;
    }
    for &Free { slot, version } in &head.free {
        fill(slot.into(), Slot::Free(version - head.floor))?;
    }
    let objects = rows.slots.iter().zip(&rows.versions).zip(values);
    for ((&slot, version), value) in objects {
        fill(slot as usize, Slot::Object(version - head.floor, value))?;
    }
    // Each was filled once, and there are as many as there are slots.
    Ok(slots.into_iter().flatten().collect())
}

/// How many slots of an arena were used.
fn slots_of<V, L>(arena: &form::Arena<V, L>) -> usize {
    arena.rows.slots.len() + arena.head.free.len() + arena.head.retired.len()
}

/// Behind the last arena in use. The others have no tables.
fn arenas_used<V, L>(arenas: &[form::Arena<V, L>]) -> Result<usize, Fault> {
    let mut paid = FREE_ARENAS;
    for (number, arena) in arenas.iter().enumerate() {
        let slots = slots_of(arena);
        demand!(
            arena.head.in_use || slots == 0,
            "arena {number} has objects, and is not in use"
        );
        demand!(slots < SLOTS, "arena {number} has {slots} slots");
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
