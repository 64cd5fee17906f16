//! Dead to reclaimed: first the edges of all the dead go, then the dead (both at once, where nothing can come
//! in between), then what is left of their arenas is promoted or given back.

use slotmap::KeyData;

use crate::bits::{Bits, Ones, WORD};
use crate::config::Generation;
use crate::gc::root_scan::WORDS;
use crate::graph::colours::Which;
use crate::graph::rows::{Heads, Row};
use crate::index::{ARENA_WORDS, SLOTS, index_at};
use crate::objects::Objects;
use crate::objects::record::Cause;
use crate::objects::release::{Release, WEAK_EDGE};
use crate::paged::Pages;
use crate::units::Units;

/// Units of work for forgetting the edges of an object, besides one for each edge to another of the dead.
const DETACH: usize = 2;
/// Units of work that an edge to something alive costs: its target's list is changed.
const LIVE_EDGE: usize = 6;
/// Units of work for taking an object out of its slot, and for doing so where the one before it was not
/// near, in addition: neighbours are in the same cache lines.
const RECLAIM: usize = 1;
const FAR: usize = 8;
/// Within so many slots.
const NEAR: u32 = 4;
/// Units of work for giving an arena back.
pub(crate) const CLOSE: usize = 580;

/// A slot of one of the arenas that are swept, from which to look on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Place of the arena among those that are swept.
    at: usize,
    slot: usize,
}

/// What a search for the next object of a bitmap has found.
enum Next {
    /// An object, and where it is.
    Found(Place, u32),
    /// Nothing so far: the budget is used up. Where to go on.
    Paused(Place),
    End,
}

/// Looks for the next object of a bitmap from a place on.
fn next(bits: &Bits, arenas: &[u32], from: Place, left: &mut Units) -> Next {
    let mut slot = from.slot;
    for (at, &arena) in arenas.iter().enumerate().skip(from.at) {
        if left.is_spent() {
            return Next::Paused(Place { at, slot });
        }
        let first = arena as usize * ARENA_WORDS;
        let mut mask = u64::MAX << (slot % WORD);
        for word in first + slot / WORD..first + ARENA_WORDS {
            let found = bits.word(word) & mask;
            if found != 0 {
                let index = index_at(word, found.trailing_zeros());
                let slot = index as usize % SLOTS;
                return Next::Found(Place { at, slot }, index);
            }
            mask = u64::MAX;
        }
        left.spend(ARENA_WORDS / WORDS);
        slot = 0;
    }
    Next::End
}

impl Place {
    #[cfg(feature = "serde")]
    pub(crate) fn new(at: usize, slot: usize) -> Self {
        Self { at, slot }
    }

    /// The place of the arena among those that are swept, and the slot.
    #[cfg(feature = "serde")]
    pub(crate) fn parts(self) -> (usize, usize) {
        (self.at, self.slot)
    }

    /// The place behind this one.
    fn after(self) -> Self {
        let slot = self.slot + 1;
        Self { slot, ..self }
    }
}

/// Roots the next white object, so that it stays as it is. Returns where to go on, `None` after the
/// last one.
pub(crate) fn keep_next<T, E>(
    objects: &mut Objects<T, E>,
    (which, garbage): (Which, &mut Pages<KeyData>),
    arenas: &[u32],
    from: Place,
    left: &mut Units,
) -> Option<Place> {
    let white = &objects.graph.colours(which).white;
    let (place, index) = match next(white, arenas, from, left) {
        Next::Found(place, index) => (place, index),
        Next::Paused(place) => return Some(place),
        Next::End => return None,
    };
    left.spend(1);
    if objects.graph.keep_white(which, index) {
        garbage.push(objects.graph.headers().key(index));
    }
    Some(place.after())
}

/// Removes the edges of the dead from a place on, as far as the budget goes. Returns where to go on,
/// `None` after the last one. Where neither a budget nor code of the user can come in between, the dead
/// leave the store too.
pub(crate) fn detach_from<T, E>(
    objects: &mut Objects<T, E>,
    release: &mut Release,
    arenas: &[u32],
    from: Place,
    left: &mut Units,
) -> Option<Place> {
    if from == Place::default() && left.is_unlimited() && objects.die_quietly() {
        sweep_all(objects, release, arenas, left);
        return None;
    }
    each_dead(objects, arenas, from, left, |objects, index, left| {
        detach(objects, release, index, left)
    })
}

/// Takes all of the dead, which die quietly, out of the store, one after the other, each with its edges.
fn sweep_all<T, E>(
    objects: &mut Objects<T, E>,
    release: &mut Release,
    arenas: &[u32],
    left: &mut Units,
) {
    // An object with an edge to one that is gone still finds that one dead.
    let mut dead = core::mem::take(&mut objects.dead);
    objects.doomed = 0;
    let mut last = 0;
    for &arena in arenas {
        let first = arena as usize * ARENA_WORDS;
        let mut units = ARENA_WORDS / WORDS;
        for word in first..first + ARENA_WORDS {
            let slots = dead.word(word);
            for bit in Ones(slots) {
                let index = index_at(word, bit);
                let Row { node, outgoing } = objects.graph.headers().row(index);
                let is_dead = |target| dead.get(target);
                units += reclaim_cost(is_near(last, index));
                last = index;
                if !node.is_noted() && objects.graph.edges().leads_only_to(outgoing, is_dead) {
                    units += DETACH + outgoing.len();
                    objects.discard_linked_row(index);
                } else {
                    detach_slowly(objects, &dead, release, index, left);
                    objects.record.note(index, Cause::Collected);
                    objects.discard(index);
                }
            }
            objects.graph.clear_flags(word, slots);
        }
        left.spend(units);
    }
    for &arena in arenas {
        let first = arena as usize * ARENA_WORDS;
        dead.clear_words(first..first + ARENA_WORDS);
    }
    objects.dead = dead;
}

/// Units of work for taking an object out of its slot.
#[inline]
fn reclaim_cost(is_near: bool) -> usize {
    if is_near { RECLAIM } else { RECLAIM + FAR }
}

/// Takes the dead out of the store from a place on, as far as the budget goes. Returns where to go on,
/// `None` after the last one. If a `Drop` panics the next call finds the one behind it, even from the
/// same place.
pub(crate) fn reclaim_from<T, E>(
    objects: &mut Objects<T, E>,
    arenas: &[u32],
    from: Place,
    left: &mut Units,
) -> Option<Place> {
    let mut last = 0;
    each_dead(objects, arenas, from, left, |objects, index, left| {
        let near = is_near(last, index);
        last = index;
        reclaim(objects, index, near, left);
        true
    })
}

/// Does something to each of the dead, until the budget is used up or one of them is not finished.
#[inline]
fn each_dead<T, E>(
    objects: &mut Objects<T, E>,
    arenas: &[u32],
    from: Place,
    left: &mut Units,
    mut each: impl FnMut(&mut Objects<T, E>, u32, &mut Units) -> bool,
) -> Option<Place> {
    let mut slot = from.slot;
    for (at, &arena) in arenas.iter().enumerate().skip(from.at) {
        if left.is_spent() {
            return Some(Place { at, slot });
        }
        let first = arena as usize * ARENA_WORDS;
        let mut mask = u64::MAX << (slot % WORD);
        for word in first + slot / WORD..first + ARENA_WORDS {
            for bit in Ones(objects.dead.word(word) & mask) {
                let index = index_at(word, bit);
                if left.is_spent() || !each(objects, index, left) {
                    let slot = index as usize % SLOTS;
                    return Some(Place { at, slot });
                }
            }
            mask = u64::MAX;
        }
        left.spend(ARENA_WORDS / WORDS);
        slot = 0;
    }
    None
}

/// Promotes an arena of which something has survived, or gives it back where nothing has, if anything was
/// freed or everything was examined.
pub(crate) fn settle<T, E>(
    objects: &mut Objects<T, E>,
    arena: u32,
    examined: Generation,
    has_freed: bool,
    left: &mut Units,
) {
    let arena = arena as usize;
    left.spend(1);
    objects.heap.promote_arena(arena, examined);
    if (has_freed || examined >= Generation::Old) && objects.close_if_empty(arena) {
        left.spend(CLOSE);
    }
}

/// Removes the edges of a dead object, as far as the budget goes; false if some are left. What only
/// they referred to, and is not itself dead, is queued.
#[inline]
pub(crate) fn detach<T, E>(
    objects: &mut Objects<T, E>,
    release: &mut Release,
    index: u32,
    left: &mut Units,
) -> bool {
    let Objects { graph, dead, .. } = &mut *objects;
    let most = left.left().checked_sub(DETACH as u64);
    let targets = most.and_then(|most| graph.forget_if_closed(index, most, |at| dead.get(at)));
    if let Some(targets) = targets {
        left.spend(DETACH + targets);
        return true;
    }
    let dead = core::mem::take(&mut objects.dead);
    let is_done = detach_slowly(objects, &dead, release, index, left);
    objects.dead = dead;
    is_done
}

#[inline(never)]
fn detach_slowly<T, E>(
    objects: &mut Objects<T, E>,
    dead: &Bits,
    release: &mut Release,
    index: u32,
    left: &mut Units,
) -> bool {
    if objects.graph.headers().node(index).is_noted() {
        let most = left.left().div_ceil(WEAK_EDGE).max(1);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        left.add(WEAK_EDGE * objects.graph.detach_weak(index, most) as u64);
        if objects.graph.weak().degree(index) > 0 {
            return false;
        }
    }
    // Whatever refers to a dead object is dead too, and is swept in the same pass.
    objects.graph.forget_incoming(index);
    let most = left.left().div_ceil(LIVE_EDGE as u64).max(1);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let (read, alive) = release.detach_garbage(objects, dead, index, most);
    left.spend(DETACH + read + alive * (LIVE_EDGE - 1));
    objects.graph.headers().outgoing(index).is_empty()
}

/// Whether one of the dead stands close behind another.
#[inline]
pub(crate) fn is_near(last: u32, index: u32) -> bool {
    index - last < NEAR
}

/// Units of work for forgetting the edges of an object that comes after the `last` one, and for taking it
/// out.
#[inline]
pub(crate) fn cost(last: Option<u32>, index: u32, targets: usize) -> usize {
    let is_near = last.is_some_and(|last| is_near(last, index));
    DETACH + targets + reclaim_cost(is_near)
}

/// Takes one of the dead out of the store, and drops its value.
#[inline]
pub(crate) fn reclaim<T, E>(
    objects: &mut Objects<T, E>,
    index: u32,
    is_near: bool,
    left: &mut Units,
) {
    left.spend(reclaim_cost(is_near));
    objects.record.note(index, Cause::Collected);
    objects.discard(index);
}
