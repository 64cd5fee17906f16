//! Objects as they are saved, and made again of what was.

use alloc::vec::Vec;

use serde::ser::{Serialize, Serializer};

use super::Objects;
use crate::config::Config;
use crate::form::{self, Fault, Free, Lists, demand};
use crate::graph::Rest;
use crate::graph::colours::Which;
use crate::graph::rows::{Node, Said};
use crate::handle::index_of;
use crate::heap::arena::{Arena, CAPACITY, Held, Slot, Usage};
use crate::index::{ARENA_WORDS, SLOTS, base_of, narrow_slot, slot_of};
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
        let mut is_known = alloc::vec![false; arena.slots_used() + 1];
        let mut objects = Vec::with_capacity(arena.len());
        for (key, Held(value)) in arena.iter() {
            let index = index_of(arena.outer(base, key));
            is_known[slot_of(index)] = true;
            let node = headers.node(index);
            let Lists {
                edges,
                gaps,
                sources,
                ..
            } = self.graph.saved_lists(index, self.is_live(index));
            objects.push(form::Object {
                slot: narrow_slot(slot_of(index)),
                version: node.version,
                roots: node.roots(),
                distance: node.distance(),
                value,
                edges,
                gaps,
                sources,
            });
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
        form::Arena {
            generation: arena.generation,
            in_use: arena.in_use,
            usage: match arena.usage {
                Usage::Reserved => form::Usage::Reserved,
                Usage::Filled => form::Usage::Filled,
                Usage::Disused => form::Usage::Disused,
            },
            floor: arena.floor(),
            objects,
            free,
            retired: retired.map(|(slot, _)| narrow_slot(slot)).collect(),
        }
    }

    pub(crate) fn saved_marks(&self) -> form::Marks {
        form::Marks {
            pending: self.graph.saved_pending(),
            noted: self.graph.saved_marks(Node::is_noted),
            suspected: self.graph.saved_marks(Node::is_suspected),
            dead: form::indices(&self.dead),
        }
    }

    /// Makes objects of all that was read of them; which of them have finalizers is known to the store.
    pub(crate) fn restore<'de>(
        config: &Config,
        form: Loaded<T, E>,
        finalizable: &[u32],
        words: impl Fn(Which, usize) -> usize,
    ) -> Result<Self, Fault>
    where
        T: serde::Deserialize<'de>,
    {
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
        let mut lists = Vec::new();
        let mut arenas = Vec::new();
        for (number, arena) in form.arenas.into_iter().enumerate() {
            let floor = arena.floor;
            demand!(
                floor % 2 == 0,
                "the versions of arena {number} start at {floor}"
            );
            objects.graph.restore_arena(number, floor, number < used);
            arenas.push(objects.restore_arena(number, arena, &marks, &mut lists)?);
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
        objects.graph.restore(lists, rest, &objects.dead, used)?;
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

    fn restore_arena<'de>(
        &mut self,
        number: usize,
        form: form::Arena<T, E>,
        marks: &Marks,
        lists: &mut Vec<Lists<E>>,
    ) -> Result<Arena<T>, Fault>
    where
        T: serde::Deserialize<'de>,
    {
        let base = base_of(number);
        let (floor, len) = (form.floor, form.objects.len());
        let used = len + form.free.len() + form.retired.len();
        demand!(used <= CAPACITY, "arena {number} has {used} slots");
        let mut slots: Vec<Option<Slot<T>>> = Vec::new();
        slots.resize_with(used, || None);
        let mut fill = |slot: u16, content: Slot<T>| {
            let place = usize::from(slot).checked_sub(1);
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
        for &slot in &form.retired {
            fill(slot, Slot::Retired)?;
        }
        for &Free { slot, version } in &form.free {
            let inner = version
                .checked_sub(floor)
                .filter(|inner| *inner >= 2 && inner % 2 == 0);
            demand!(
                inner.is_some(),
                "slot {slot} of arena {number} is free, in version {version}"
            );
            fill(slot, Slot::Free(inner.unwrap_or(2)))?;
            self.graph.restore_empty(base | u32::from(slot), version);
        }
        let mut last = 0;
        for object in form.objects {
            let (slot, version) = (object.slot, object.version);
            demand!(
                slot > last,
                "arena {number}: object {slot} comes after {last}"
            );
            last = slot;
            let inner = version.checked_sub(floor).filter(|inner| inner % 2 == 1);
            demand!(
                inner.is_some(),
                "object {slot} of arena {number} has version {version}"
            );
            fill(slot, Slot::Object(inner.unwrap_or(1), object.value))?;
            let index = base | u32::from(slot);
            let said = Said {
                version,
                roots: object.roots,
                distance: object.distance,
                is_noted: marks.noted.get(index),
                is_suspected: marks.suspected.get(index),
                is_pending: marks.pending.get(index),
            };
            self.graph.restore_object(index, &said)?;
            lists.push(Lists {
                object: index,
                edges: object.edges,
                gaps: object.gaps,
                sources: object.sources,
            });
        }
        // Each was filled once, and there are as many as there are slots.
        let slots: Vec<Slot<T>> = slots.into_iter().flatten().collect();
        let mut arena = Arena::new(0, floor).restore(slots, &form.free)?;
        arena.generation = form.generation;
        arena.in_use = form.in_use;
        arena.usage = match form.usage {
            form::Usage::Reserved => Usage::Reserved,
            form::Usage::Filled => Usage::Filled,
            form::Usage::Disused => Usage::Disused,
        };
        Ok(arena)
    }
}

/// Behind the last arena in use. The others have no tables.
fn arenas_used<V, L>(arenas: &[form::Arena<V, L>]) -> Result<usize, Fault> {
    let mut paid = FREE_ARENAS;
    for (number, arena) in arenas.iter().enumerate() {
        let slots = arena.objects.len() + arena.free.len() + arena.retired.len();
        demand!(
            arena.in_use || slots == 0,
            "arena {number} has objects, and is not in use"
        );
        demand!(slots < SLOTS, "arena {number} has {slots} slots");
        paid += slots / SLOTS_EACH;
    }
    let used = arenas.iter().rposition(|arena| arena.in_use);
    let used = used.map_or(0, |last| last + 1);
    demand!(
        used <= paid,
        "{used} arenas are too many for so few objects"
    );
    Ok(used)
}
