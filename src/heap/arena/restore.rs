//! An arena as it was saved: slotmap is brought into the state in which it hands out the same keys.
//!
//! Slotmap can be told the versions of its slots, through its `Deserialize`, but neither the order in which it uses
//! those that are free, nor which are used no more. So all slots are made free, at the version before the one that
//! they are to have, and are then gone through once, in the order in which slotmap uses them: objects get their
//! values, and through the others a value is passed that is taken out at once, by
//! [`detach`](slotmap::SlotMap::detach), which leaves them in no list. Those that are to be free are given back
//! afterwards, the last one first. The value that is passed through is one of the arena's own. Where there is none,
//! all but the versions waits for the first insertion.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use serde::de::value::{Error, UnitDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use slotmap::{DefaultKey, Key, KeyData, SlotMap};

use super::{Arena, CAPACITY, Held, outer_key};
use crate::form::{Fault, Free, demand};
use crate::handle::{index_of, key_of};
use crate::index::narrow_slot;

/// What is in a slot, with the version that slotmap is to know.
#[derive(Debug)]
pub(crate) enum Slot<T> {
    Object(u32, T),
    Free(u32),
    Retired,
}

impl<T> Slot<T> {
    /// The version that a free slot has before what is to be done with this one is done.
    fn version_before(&self) -> u32 {
        match self {
            Self::Object(version, _) => version - 1,
            Self::Free(version) => version - 2,
            Self::Retired => u32::MAX - 1,
        }
    }
}

/// What an arena without objects is still to be told.
#[derive(Clone, Debug)]
pub(crate) struct Unarranged {
    /// How many slots there are, beside the unused one.
    slots: u32,
    /// The key that slotmap is to hand out next.
    next: DefaultKey,
}

impl<T> Arena<T> {
    /// The free slots that were used before, in the order in which they are used next.
    pub(crate) fn free(&self) -> impl Iterator<Item = u16> {
        self.free.iter().rev().copied()
    }

    /// How many slots were used so far.
    pub(crate) fn slots_used(&self) -> usize {
        self.len() + self.free.len() + self.retired as usize
    }

    /// Notes that slotmap has used the next slot.
    #[inline]
    pub(super) fn note_taken(&mut self, key: DefaultKey) {
        let next = self.free.pop();
        debug_assert!(
            next.is_none_or(|slot| u32::from(slot) == index_of(key.data())),
            "slotmap uses first what became free last"
        );
    }

    /// Notes that slotmap has freed a slot.
    #[inline]
    pub(super) fn note_free(&mut self, key: DefaultKey) {
        self.free.push(narrow_slot(index_of(key.data()) as usize));
    }

    /// The same arena with these objects in its first slots, which were never used before; the arena has none so far.
    pub(crate) fn filled(mut self, values: Vec<T>) -> Self {
        for value in values {
            self.slots.insert(Held(value));
        }
        self
    }

    /// The same arena with these slots, the first of which is slot 1, and of which the free ones are used in an
    /// order; the arena has none so far.
    ///
    /// # Errors
    /// If they are too many.
    pub(crate) fn restore(mut self, slots: Vec<Slot<T>>, order: &[Free]) -> Result<Self, Fault> {
        self.arrange(slots, order)?;
        Ok(self)
    }

    /// Fills slotmap, which has no slots.
    pub(super) fn arrange(&mut self, mut slots: Vec<Slot<T>>, order: &[Free]) -> Result<(), Fault> {
        demand!(
            slots.len() <= CAPACITY,
            "{} slots are too many",
            slots.len()
        );
        self.slots = with_versions(slots.iter().map(Slot::version_before).collect())?;
        self.free = order.iter().rev().map(|free| free.slot).collect();
        let retired = slots.iter().filter(|slot| matches!(slot, Slot::Retired));
        self.retired = u32::try_from(retired.count()).unwrap_or(u32::MAX);
        let is_object = |slot: &Slot<T>| matches!(slot, Slot::Object(..));
        let Some(lender) = slots.iter().position(is_object) else {
            let used = u32::try_from(slots.len()).unwrap_or(u32::MAX);
            let next = match order.first() {
                Some(next) => key_of(next.slot.into(), (next.version - self.floor) | 1),
                None => key_of(used + 1, 1),
            };
            let next = next.into();
            self.unarranged = (used > 0).then(|| Box::new(Unarranged { slots: used, next }));
            return Ok(());
        };
        let Slot::Object(_, loan) = core::mem::replace(&mut slots[lender], Slot::Retired) else {
            unreachable!("it was found to be an object");
        };
        let values = slots.into_iter().map(|slot| match slot {
            Slot::Object(_, value) => Some(Held(value)),
            _ => None,
        });
        let (keys, loan) = arrange(&mut self.slots, &self.free, values.rev(), Held(loan));
        self.slots.reattach(keys[lender + 1], loan);
        Ok(())
    }

    /// Adds the first object to an arena that was loaded without any.
    #[cold]
    pub(super) fn insert_first(&mut self, base: u32, make: impl FnOnce(KeyData) -> T) -> KeyData {
        let Some(Unarranged { slots, next }) = self.unarranged.as_deref().cloned() else {
            unreachable!("it was asked");
        };
        let outer = outer_key(base, self.floor, next);
        let nothing = (0..slots).map(|_| None);
        // Nothing has changed if it panics.
        let value = Held(make(outer));
        let (_, value) = arrange(&mut self.slots, &self.free, nothing, value);
        self.unarranged = None;
        let inserted = self.slots.insert(value);
        debug_assert_eq!(inserted, next, "it was told its key before");
        self.note_taken(inserted);
        outer
    }
}

/// Gives slots that are all free, of which the last one is next, their values, the last one's first. A value on loan
/// is passed through those without one; those in `free` become free again, the last one to be used next. Returns
/// the keys by which it was passed through, by slot, and the value itself.
fn arrange<T>(
    slots: &mut SlotMap<DefaultKey, T>,
    free: &[u16],
    values: impl ExactSizeIterator<Item = Option<T>>,
    loan: T,
) -> (Vec<DefaultKey>, T) {
    let mut keys = vec![DefaultKey::null(); values.len() + 1];
    let mut loan = loan;
    for value in values {
        if let Some(value) = value {
            slots.insert(value);
        } else {
            let key = slots.insert(loan);
            keys[index_of(key.data()) as usize] = key;
            loan = taken(slots.detach(key));
        }
    }
    for &slot in free {
        let key = keys[usize::from(slot)];
        slots.reattach(key, loan);
        loan = taken(slots.remove(key));
    }
    (keys, loan)
}

fn taken<T>(value: Option<T>) -> T {
    match value {
        Some(value) => value,
        None => unreachable!("it was put there"),
    }
}

/// A slotmap whose slots are all free and have these versions, which are even. The last one is used next.
fn with_versions<T>(versions: Vec<u32>) -> Result<SlotMap<DefaultKey, Held<T>>, Fault> {
    // Slotmap leaves the first one unused.
    let versions = core::iter::once(0).chain(versions).map(Vacant);
    let slots = serde::de::value::SeqDeserializer::new(versions);
    let slots: Result<_, Error> = SlotMap::deserialize(slots);
    slots.map_err(|error| Fault(alloc::format!("slotmap: {error}")))
}

impl<'de, T> Deserialize<'de> for Held<T> {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        // All slots are vacant.
        Err(serde::de::Error::custom("a slot has no value"))
    }
}

/// A slot without a value, as slotmap reads it: its value and its version.
struct Vacant(u32);

impl IntoDeserializer<'_> for Vacant {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Vacant {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(VacantFields {
            read: 0,
            version: self.0,
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The fields of a vacant slot, of which so many were read.
struct VacantFields {
    read: u8,
    version: u32,
}

impl<'de> SeqAccess<'de> for VacantFields {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        self.read += 1;
        match self.read {
            1 => seed.deserialize(UnitDeserializer::new()).map(Some),
            2 => seed.deserialize(self.version.into_deserializer()).map(Some),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An arena in which things have happened, and the same made of what can be asked of it.
    fn pair(dice: &mut oorandom::Rand32, steps: u32) -> (Arena<u32>, Arena<u32>) {
        let floor = dice.rand_range(0..3) * 2 * (u32::MAX / 8);
        let mut arena = Arena::new(0, floor);
        let mut keys: Vec<KeyData> = Vec::new();
        let mut versions = alloc::collections::BTreeMap::new();
        for number in 0..steps {
            if dice.rand_range(0..5) < 3 {
                let key = arena.insert(0, |_| number);
                keys.push(key);
                versions.insert(index_of(key), crate::handle::version_of(key));
            } else if !keys.is_empty() {
                let at = dice.rand_range(0..u32::try_from(keys.len()).unwrap());
                arena.remove(keys.swap_remove(at as usize)).unwrap();
            }
        }
        let order: Vec<Free> = arena
            .free()
            .map(|slot| Free {
                slot,
                version: versions[&slot.into()] + 1,
            })
            .collect();
        let used = u32::try_from(arena.slots_used()).unwrap();
        let slots = (1..=used).map(|index| {
            let key = key_of(index, versions[&index]);
            match arena.get(key) {
                Some(&value) => Slot::Object(versions[&index] - floor, value),
                None => Slot::Free(versions[&index] + 1 - floor),
            }
        });
        let copy = Arena::new(0, floor).restore(slots.collect(), &order);
        (arena, copy.unwrap())
    }

    #[test]
    fn a_restored_arena_uses_the_same_slots() {
        let mut dice = oorandom::Rand32::new(3);
        for round in 0..400 {
            let (mut arena, mut copy) = pair(&mut dice, round);
            let all = |arena: &Arena<u32>| -> Vec<_> {
                arena.iter().map(|(key, held)| (key, held.0)).collect()
            };
            assert_eq!(all(&copy), all(&arena));
            for number in 0..round {
                let key = arena.insert(0, |_| number);
                assert_eq!(copy.insert(0, |_| number), key);
                if number % 3 == 0 {
                    assert_eq!(arena.remove(key), copy.remove(key));
                }
            }
        }
    }

    #[test]
    fn an_arena_without_objects_does_so_too() {
        for len in 1..40 {
            let mut arena = Arena::new(0, 0);
            let keys: Vec<KeyData> = (0..len).map(|number| arena.insert(0, |_| number)).collect();
            let start = keys.len() * 7 / 3 % keys.len();
            for &key in keys.iter().cycle().skip(start).take(keys.len()) {
                arena.remove(key).unwrap();
            }
            let slots = keys.iter().map(|_| Slot::Free(2)).collect();
            let order: Vec<Free> = arena.free().map(|slot| Free { slot, version: 2 }).collect();
            let copy = Arena::new(0, 0).restore(slots, &order).unwrap();
            // A copy of one that waits for its first value waits too.
            for mut copy in [copy.clone(), copy] {
                let mut arena = arena.clone();
                for number in 0..2 * len {
                    let key = arena.insert(0, |_| number);
                    assert_eq!(
                        copy.insert(0, |told| {
                            assert_eq!(told, key);
                            number
                        }),
                        key
                    );
                }
            }
        }
    }

    #[test]
    fn a_retired_slot_is_never_used_again() {
        let slots = vec![Slot::Retired, Slot::Object(3, 7), Slot::Retired];
        let mut arena = Arena::new(0, 0).restore(slots, &[]).unwrap();
        assert_eq!(arena.room(), CAPACITY - 3);
        assert_eq!(arena.get(key_of(1, u32::MAX)), None);
        assert_eq!(arena.insert(0, |_| 8), key_of(4, 1));
        assert_eq!(arena.get(key_of(2, 3)), Some(&7));
    }
}
