use slotmap::KeyData;

use super::Query;
use super::read::{SPAN, Slots};
use super::walk::{Led, Plan, Walk};
use crate::bits::{Ones, WORD};
use crate::graph::rows::Rows;
use crate::index::{ARENA_WORDS, SLOTS, narrow_slot};

/// A walk in pieces, each of which an iterator reads in one way.
pub(super) struct Pieces<'q, Q: Query> {
    walk: Walk<'q, Q>,
    /// Those of the arena.
    rows: Rows<'q>,
    /// How the arena is read, until it is at its end.
    plan: Option<Plan<'q, Q>>,
    /// The word of `matches` that comes next, if these are gone to.
    next_word: usize,
    /// The slots of the piece that was given last, unless it is a run.
    slots: [u16; SPAN],
}

/// What is read in one loop.
pub(super) struct Piece<'q, Q: Query> {
    pub(super) hot: Q::Hot<'q>,
    /// The places of the slots that are still to be gone to; for a run, these slots.
    pub(super) next: usize,
    pub(super) end: usize,
    /// The terms whose values come next at each of the slots, a bit each: [`BY_SLOT`] if none does;
    /// or [`RUN`] or [`MIXED`].
    pub(super) packed: u32,
    /// Whether that is [`RUN`].
    pub(super) is_run: bool,
}

/// All values are found by slot.
pub(super) const BY_SLOT: u32 = 0;
/// All values are found by slot, and the slots follow each other.
pub(super) const RUN: u32 = u32::MAX;
/// There are values in lists of other slots.
pub(super) const MIXED: u32 = u32::MAX - 1;

impl<Q: Query> Default for Piece<'_, Q> {
    fn default() -> Self {
        Self {
            hot: Q::Hot::default(),
            next: 0,
            end: 0,
            packed: BY_SLOT,
            is_run: false,
        }
    }
}

/// The first of these slots and the one behind the last, if they follow each other.
pub(super) fn run_of(slots: &Slots) -> Option<(usize, usize)> {
    let first = slots.iter().position(|&word| word != 0)?;
    let last = slots.iter().rposition(|&word| word != 0)?;
    let start = first * WORD + slots[first].trailing_zeros() as usize;
    let end = (last + 1) * WORD - slots[last].leading_zeros() as usize;
    let len: u32 = slots[first..=last]
        .iter()
        .map(|word| word.count_ones())
        .sum();
    (len as usize == end - start).then_some((start, end))
}

impl<'q, Q: Query> Pieces<'q, Q> {
    pub(super) fn new(walk: Walk<'q, Q>) -> Self {
        Self {
            walk,
            rows: Rows::default(),
            plan: None,
            next_word: 0,
            slots: [0; SPAN],
        }
    }

    /// What is to be read next. Never inlined, so that the loops around it stay small.
    #[inline(never)]
    pub(super) fn advance(&mut self) -> Option<Piece<'q, Q>> {
        loop {
            let piece = match self.plan.take() {
                Some(Plan::Led(led)) => self.next_block(led),
                Some(plan) => self.next_span(plan),
                None => None,
            };
            if piece.is_some() {
                return piece;
            }
            let plan = self.walk.enter()?;
            self.rows = self.walk.rows();
            if let (Plan::BySlot, Some(run)) = (&plan, run_of(&self.walk.matches)) {
                return Some(self.run(run));
            }
            self.plan = Some(plan);
            self.next_word = 0;
        }
    }

    /// The next block of the list that leads.
    fn next_block(&mut self, mut led: Led<'q, Q>) -> Option<Piece<'q, Q>> {
        let (hot, slots) = led.next_block()?;
        let packed = led.packed;
        self.plan = Some(Plan::Led(led));
        self.slots[..slots.len()].copy_from_slice(slots);
        Some(Piece {
            hot,
            next: 0,
            end: slots.len(),
            packed,
            is_run: false,
        })
    }

    fn run(&mut self, (next, end): (usize, usize)) -> Piece<'q, Q> {
        let mut hot = Q::by_slot(&mut self.walk.cursors, SLOTS);
        Q::seek(&mut hot, next);
        Piece {
            hot,
            next,
            end,
            packed: RUN,
            is_run: true,
        }
    }

    /// The next slots that match.
    fn next_span(&mut self, plan: Plan<'q, Q>) -> Option<Piece<'q, Q>> {
        let words = self.walk.matches.iter().skip(self.next_word);
        self.next_word += words.take_while(|&&slots| slots == 0).count();
        if self.next_word == ARENA_WORDS {
            return None;
        }
        let mut len = 0;
        while self.next_word < ARENA_WORDS && len + WORD <= SPAN {
            let first = self.next_word * WORD;
            for bit in Ones(self.walk.matches[self.next_word]) {
                self.slots[len % SPAN] = narrow_slot(first + bit as usize);
                len += 1;
            }
            self.next_word += 1;
        }
        let mut piece = Piece {
            end: len,
            packed: MIXED,
            ..Piece::default()
        };
        if matches!(plan, Plan::BySlot) {
            piece.hot = Q::by_slot(&mut self.walk.cursors, self.next_word * WORD);
            piece.packed = BY_SLOT;
        }
        self.plan = Some(plan);
        Some(piece)
    }

    /// The slot at a place of the piece.
    #[inline]
    pub(super) fn slot(&self, at: usize) -> usize {
        self.slots[at % SPAN].into()
    }

    /// The item of a slot, if there are values in lists of other slots.
    #[inline(never)]
    pub(super) fn take(&mut self, slot: usize) -> Option<Q::Item<'q>> {
        Q::take(&mut self.walk.cursors, slot)
    }

    /// The number of the arena.
    #[inline]
    pub(super) fn arena(&self) -> usize {
        self.walk.arena()
    }

    /// The handle of the object in a slot of the arena.
    #[inline]
    pub(super) fn key(&self, slot: usize) -> KeyData {
        let index = self.walk.index(slot) as u64;
        let version = self.rows.version(slot);
        KeyData::from_ffi(u64::from(version) << 32 | index)
    }

    /// How many objects match, if nothing was read yet.
    pub(super) fn count(&mut self) -> Option<usize> {
        self.walk.is_new().then(|| self.walk.count())
    }
}
