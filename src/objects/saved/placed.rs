//! The arenas of a save. Their values are put into slots as they are read, so that they are not in memory twice.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use crate::form::{self, Fault, Free, Head, Lists, Rows, demand};
use crate::heap::arena::{Arena, CAPACITY, Slot, Usage};
use crate::index::SLOTS;

/// An arena with its values, and what was read of it besides.
#[derive(Debug)]
pub(crate) struct Placed<T, E> {
    pub(super) arena: Arena<T>,
    pub(super) head: Head,
    pub(super) rows: Rows,
    pub(super) lists: Lists<E>,
}

/// All arenas.
#[derive(Debug)]
pub(crate) struct Placement<T, E>(pub(super) Vec<Placed<T, E>>);

impl<T, E> Placement<T, E> {
    /// How many arenas there are, and how many up to the last one in use.
    pub(crate) fn lens(&self) -> (usize, usize) {
        let used = self.0.iter().rposition(|placed| placed.head.in_use);
        (self.0.len(), used.map_or(0, |last| last + 1))
    }
}

impl<'de, T: Deserialize<'de>, E: Deserialize<'de>> Deserialize<'de> for Placement<T, E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Each(PhantomData))
    }
}

/// Reads one arena after the other.
struct Each<T, E>(PhantomData<(T, E)>);

impl<'de, T: Deserialize<'de>, E: Deserialize<'de>> Visitor<'de> for Each<T, E> {
    type Value = Placement<T, E>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of arenas")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(form) = from.next_element()? {
            let placed = Placed::new(all.len(), form).map_err(A::Error::custom)?;
            all.push(placed);
        }
        Ok(Placement(all))
    }
}

impl<T, E> Placed<T, E> {
    /// Puts the values into their slots.
    fn new(number: usize, form: form::Arena<T, E>) -> Result<Self, Fault> {
        let form::Arena {
            head,
            rows,
            values,
            lists,
        } = form;
        check_slots(number, &head, &rows)?;
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
            let slots = slots(number, &head, &rows, values)?;
            Arena::new(0, head.floor).restore(slots, &head.free)?
        };
        arena.generation = head.generation;
        arena.in_use = head.in_use;
        arena.usage = match head.usage {
            form::Usage::Reserved => Usage::Reserved,
            form::Usage::Filled => Usage::Filled,
            form::Usage::Disused => Usage::Disused,
        };
        Ok(Self {
            arena,
            head,
            rows,
            lists,
        })
    }

    /// How many slots were used.
    pub(super) fn slots_used(&self) -> usize {
        slots_used(&self.head, &self.rows)
    }
}

fn slots_used(head: &Head, rows: &Rows) -> usize {
    rows.slots.len() + head.free.len() + head.retired.len()
}

/// Whether the slots of objects are in order, and versions are those of what there is.
fn check_slots(number: usize, head: &Head, rows: &Rows) -> Result<(), Fault> {
    let floor = head.floor;
    demand!(
        floor % 2 == 0,
        "the versions of arena {number} start at {floor}"
    );
    let used = slots_used(head, rows);
    demand!(used <= CAPACITY, "arena {number} has {used} slots");
    for &Free { slot, version } in &head.free {
        let inner = version.checked_sub(floor);
        let is_sound = inner.is_some_and(|inner| inner >= 2 && inner % 2 == 0);
        demand!(
            is_sound && usize::from(slot) < SLOTS,
            "slot {slot} of arena {number} is free, in version {version}"
        );
    }
    let mut last = 0;
    for (&slot, &version) in rows.slots.iter().zip(&rows.versions) {
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
    }
    Ok(())
}

/// What is in each slot of an arena.
fn slots<T>(
    number: usize,
    head: &Head,
    rows: &Rows,
    values: Vec<T>,
) -> Result<Vec<Slot<T>>, Fault> {
    let mut slots: Vec<Option<Slot<T>>> = Vec::new();
    slots.resize_with(slots_used(head, rows), || None);
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
