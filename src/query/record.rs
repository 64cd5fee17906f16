//! What a query may change, noted before it does, if a snapshot has to know.

#[cfg(feature = "rollback")]
use alloc::vec::Vec;

use super::Query;
#[cfg(feature = "rollback")]
use super::read::Slots;
#[cfg(feature = "rollback")]
use super::walk::{Plan, Walk};
#[cfg(feature = "rollback")]
use crate::bits::{Ones, WORD};
#[cfg(feature = "rollback")]
use crate::handle::key_of;
use crate::heap::arena::Arena;
#[cfg(feature = "rollback")]
use crate::index::{ARENA_WORDS, base_of, narrow_slot};
use crate::live::Live;

/// What a walk reads; what it may change is noted first.
pub(super) fn readers<'q, Q: Query>(
    guards: &'q mut Q::Guards<'_>,
    live: Live<'_>,
) -> Q::Readers<'q> {
    #[cfg(feature = "rollback")]
    if Q::is_recorded(guards) {
        record::<Q>(guards, live);
    }
    #[cfg(not(feature = "rollback"))]
    let _ = live;
    Q::readers(guards)
}

/// Notes the values of all objects that match, and maybe of some that do not.
pub(super) fn values<Q: Query, T>(
    guards: &mut Q::Guards<'_>,
    live: Live<'_>,
    arenas: &mut [Arena<T>],
) {
    #[cfg(feature = "rollback")]
    if arenas.first().is_some_and(Arena::is_recorded) {
        for (number, slots) in find::<Q>(Q::readers(guards), live) {
            let rows = live.arena(number).rows;
            for (word, &bits) in slots.iter().enumerate() {
                for bit in Ones(bits) {
                    let slot = word * WORD + bit as usize;
                    let index = base_of(number) | u32::from(narrow_slot(slot));
                    arenas[number].keep(key_of(index, rows.version(slot)));
                }
            }
        }
    }
    #[cfg(not(feature = "rollback"))]
    let _ = (guards, live, arenas);
}

/// The same where no value can be changed.
pub(super) fn nothing<Q: Query, T>(_: &mut Q::Guards<'_>, _: Live<'_>, _: &[Arena<T>]) {}

/// Notes the components of all objects that match, and maybe of some that do not.
#[cfg(feature = "rollback")]
#[cold]
#[inline(never)]
fn record<Q: Query>(guards: &mut Q::Guards<'_>, live: Live<'_>) {
    for (arena, slots) in find::<Q>(Q::readers(guards), live) {
        Q::record(guards, arena, &slots);
    }
}

/// The slots to which a walk would go, by arena.
#[cfg(feature = "rollback")]
fn find<'q, Q: Query>(readers: Q::Readers<'q>, live: Live<'q>) -> Vec<(usize, Slots)> {
    let mut found = Vec::new();
    let mut walk = Walk::<Q>::new(readers, live);
    while let Some(plan) = walk.enter() {
        let slots = match plan {
            Plan::Led(mut led) => {
                let mut all = [0; ARENA_WORDS];
                while let Some((_, slots)) = led.next_block() {
                    for &slot in slots {
                        let slot = usize::from(slot);
                        all[slot / WORD] |= 1 << (slot % WORD);
                    }
                }
                all
            }
            Plan::BySlot | Plan::Mixed => walk.matches,
        };
        found.push((walk.arena(), slots));
    }
    found
}
