use super::piece::{BY_SLOT, run_of};
use super::read::Slots;
use super::walk::{Plan, Walk};
use super::{Query, QueryItem};
use crate::bits::{Ones, WORD};
use crate::index::SLOTS;

/// Calls `f` on each item of a walk.
///
/// An item is lent until `f` returns, where an iterator has to give it away. So values are found by their places,
/// and no step of a loop waits for the one before; and which values are read in step is constant in each loop.
pub(super) fn for_each<Q: Query>(mut walk: Walk<'_, Q>, mut f: impl FnMut(QueryItem<'_, Q>)) {
    while let Some(plan) = walk.enter() {
        each_in(&mut walk, plan, &mut |_, item| f(item));
    }
}

/// Calls `f` on the slot and the item of each object of an arena that matches.
#[expect(clippy::inline_always, reason = "a plan is large, to be handed over")]
#[inline(always)]
pub(super) fn each_in<'q, Q: Query>(
    walk: &mut Walk<'q, Q>,
    plan: Plan<'q, Q>,
    f: &mut impl FnMut(usize, QueryItem<'_, Q>),
) {
    match plan {
        Plan::Led(mut led) => {
            while let Some((hot, slots)) = led.next_block() {
                match led.packed {
                    0b01 => led_by::<Q>(hot, 0b01, slots, f),
                    0b10 => led_by::<Q>(hot, 0b10, slots, f),
                    0b11 => led_by::<Q>(hot, 0b11, slots, f),
                    packed => led_by::<Q>(hot, packed, slots, f),
                }
            }
        }
        Plan::BySlot => by_slot(walk, f),
        Plan::Mixed => {
            let Walk {
                cursors, matches, ..
            } = walk;
            each_of(matches, |slot| {
                if let Some(item) = Q::take(cursors, slot) {
                    f(slot, item);
                }
            });
        }
    }
}

#[expect(clippy::inline_always, reason = "it is repeated to be specialised")]
#[expect(clippy::needless_range_loop, reason = "see below")]
#[inline(always)]
fn led_by<Q: Query>(
    mut hot: Q::Hot<'_>,
    packed: u32,
    slots: &[u16],
    f: &mut impl FnMut(usize, QueryItem<'_, Q>),
) {
    Q::trim(&mut hot, packed, slots.len());
    // By places, of which the compiler knows that each has a value.
    for place in 0..slots.len() {
        let slot = slots[place].into();
        if let Some(item) = Q::at(&mut hot, packed, place, slot) {
            f(slot, item);
        }
    }
}

#[inline]
fn by_slot<Q: Query>(walk: &mut Walk<'_, Q>, f: &mut impl FnMut(usize, QueryItem<'_, Q>)) {
    let mut hot = Q::by_slot(&mut walk.cursors, SLOTS);
    let each = |slot| {
        if let Some(item) = Q::at(&mut hot, BY_SLOT, 0, slot) {
            f(slot, item);
        }
    };
    match run_of(&walk.matches) {
        Some((start, end)) => (start..end).for_each(each),
        None => each_of(&walk.matches, each),
    }
}

#[inline]
fn each_of(slots: &Slots, mut f: impl FnMut(usize)) {
    for (word, &bits) in slots.iter().enumerate() {
        for bit in Ones(bits) {
            f(word * WORD + bit as usize);
        }
    }
}
