//! What a query may change, noted before it does, if a snapshot has to know.

#[cfg(feature = "rollback")]
use alloc::vec::Vec;

use super::Query;
#[cfg(feature = "rollback")]
use super::read::Slots;
#[cfg(feature = "rollback")]
use super::walk::{Plan, Walk};
#[cfg(feature = "rollback")]
use crate::bits::WORD;
#[cfg(feature = "rollback")]
use crate::index::ARENA_WORDS;
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
