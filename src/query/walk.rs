use slotmap::{Key, KeyData};

use super::Query;
use super::read::{Lead, SPAN, Slots};
use crate::bits::WORD;
use crate::header::{ARENA_BITS, ARENA_WORDS, Rows, SLOTS, narrow};
use crate::live::{Live, LiveArena};

/// Where an iteration is: it goes from arena to arena, in each of them in the order of the slots.
///
/// What it does is chosen once for each arena. If the rarest component is in a list, that leads: the values of
/// other components are found by slot, or stand in lists of just the same slots. Otherwise it goes to the slots
/// that all terms match, a span at a time.
pub(super) struct Walk<'q, Q: Query> {
    readers: Q::Readers<'q>,
    live: &'q dyn Live,
    next_arena: usize,
    rows: Rows<'q>,
    cursors: Q::Cursors<'q>,
    /// The list that leads through the arena, if one does.
    led: Option<Led>,
    /// The slots to go to otherwise, and the word of them that comes next.
    matches: Slots,
    next_word: usize,
    /// The slots of the piece that was given last, unless it is a run.
    slots: [u16; SPAN],
}

/// A list that leads.
struct Led {
    /// The terms whose values are read in step with it, a bit each.
    packed: u32,
    /// See [`Lead`].
    shift: u32,
    next_block: usize,
    /// How many of its slots are in blocks that are still to come.
    left: usize,
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
        }
    }
}

impl<'q, Q: Query> Walk<'q, Q> {
    pub(super) fn new(readers: Q::Readers<'q>, live: &'q dyn Live) -> Self {
        Self {
            readers,
            live,
            next_arena: 0,
            rows: Rows::default(),
            cursors: Q::Cursors::default(),
            led: None,
            matches: [0; ARENA_WORDS],
            next_word: ARENA_WORDS,
            slots: [0; SPAN],
        }
    }

    /// What is to be read next. Never inlined, so that the loops around it stay small.
    #[inline(never)]
    pub(super) fn advance(&mut self) -> Option<Piece<'q, Q>> {
        loop {
            let piece = match self.led {
                Some(_) => self.next_block(),
                None => self.next_span(),
            };
            if piece.is_some() {
                return piece;
            }
            let live = self.enter()?;
            self.led = self.choose(live);
            self.next_word = 0;
            if self.led.is_none() {
                if let Some(run) = self.run() {
                    return Some(run);
                }
            }
        }
    }

    /// Goes to the next arena in which something may match.
    fn enter(&mut self) -> Option<LiveArena<'q>> {
        while self.next_arena < self.live.arenas() {
            self.next_arena += 1;
            Q::enter(&mut self.readers, &mut self.cursors);
            if Q::most(&self.cursors) > 0 {
                let live = self.live.arena(self.next_arena - 1);
                self.rows = live.rows;
                return Some(live);
            }
        }
        None
    }

    /// The list that is to lead through the arena. If there is none, `matches` tells where to go.
    fn choose(&mut self, live: LiveArena<'_>) -> Option<Led> {
        // Whatever has a component is there, so nothing else can match than what the rarest list has.
        if Q::IS_PLAIN && live.condemned.is_empty() {
            if let Some(led) = self.follow(Q::rarest(&self.cursors).1) {
                return Some(led);
            }
        }
        self.find_matches(live);
        self.follow(Q::exact(&self.cursors, &self.matches))
    }

    fn follow(&mut self, lead: Option<Lead<'q>>) -> Option<Led> {
        let lead = lead?;
        Some(Led {
            packed: Q::follow(&mut self.cursors, &lead)?,
            shift: lead.shift,
            next_block: 0,
            left: lead.len,
        })
    }

    fn find_matches(&mut self, live: LiveArena<'_>) {
        for (word, slots) in self.matches.iter_mut().enumerate() {
            *slots = live.word(word);
        }
        Q::keep(&self.cursors, &mut self.matches);
    }

    /// The next block of the list that leads.
    fn next_block(&mut self) -> Option<Piece<'q, Q>> {
        let led = self.led.as_mut()?;
        while led.left > 0 {
            led.next_block += 1;
            let (hot, slots) = Q::block(&mut self.cursors, led.next_block << led.shift);
            let slots = slots?;
            led.left -= slots.len();
            if !slots.is_empty() {
                self.slots[..slots.len()].copy_from_slice(slots);
                return Some(Piece {
                    hot,
                    next: 0,
                    end: slots.len(),
                    packed: led.packed,
                });
            }
        }
        None
    }

    /// All of the arena, if its matches follow each other and no list has values.
    fn run(&mut self) -> Option<Piece<'q, Q>> {
        let first = self.matches.iter().position(|&slots| slots != 0)?;
        let last = self.matches.iter().rposition(|&slots| slots != 0)?;
        let next = first * WORD + self.matches[first].trailing_zeros() as usize;
        let end = (last + 1) * WORD - self.matches[last].leading_zeros() as usize;
        let len: u32 = self.matches.iter().map(|slots| slots.count_ones()).sum();
        if len as usize != end - next || !Q::is_direct(&self.cursors) {
            return None;
        }
        let mut hot = Q::by_slot(&mut self.cursors, SLOTS);
        Q::seek(&mut hot, next);
        self.next_word = ARENA_WORDS;
        Some(Piece {
            hot,
            next,
            end,
            packed: RUN,
        })
    }

    /// The next slots that match.
    fn next_span(&mut self) -> Option<Piece<'q, Q>> {
        let words = self.matches.iter().skip(self.next_word);
        self.next_word += words.take_while(|&&slots| slots == 0).count();
        if self.next_word == ARENA_WORDS {
            return None;
        }
        let mut len = 0;
        while self.next_word < ARENA_WORDS && len + WORD <= SPAN {
            let mut left = self.matches[self.next_word];
            while left != 0 {
                let slot = self.next_word * WORD + left.trailing_zeros() as usize;
                self.slots[len % SPAN] = narrow(slot);
                len += 1;
                left &= left - 1;
            }
            self.next_word += 1;
        }
        let mut piece = Piece {
            end: len,
            packed: MIXED,
            ..Piece::default()
        };
        if Q::is_direct(&self.cursors) {
            piece.hot = Q::by_slot(&mut self.cursors, self.next_word * WORD);
            piece.packed = BY_SLOT;
        }
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
        Q::take(&mut self.cursors, slot)
    }

    /// The handle of the object in a slot of the arena.
    #[inline]
    pub(super) fn key<K: Key>(&self, slot: usize) -> K {
        let index = (self.next_arena - 1) << ARENA_BITS | slot;
        let version = self.rows.version(slot);
        KeyData::from_ffi(u64::from(version) << 32 | index as u64).into()
    }

    /// Whether nothing was read yet.
    pub(super) fn is_new(&self) -> bool {
        self.next_arena == 0
    }

    /// How many objects match, in all arenas that are still to come.
    pub(super) fn count(&mut self) -> usize {
        let mut count = 0;
        while let Some(live) = self.enter() {
            self.find_matches(live);
            let words = self.matches.iter();
            count += words
                .map(|slots| slots.count_ones() as usize)
                .sum::<usize>();
        }
        count
    }
}
