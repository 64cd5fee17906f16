use super::Query;
use super::fetch::Fetch;
use super::read::{Following, Lead, Slots};
use crate::graph::rows::Rows;
use crate::index::{ARENA_BITS, ARENA_WORDS};
use crate::live::Live;

/// Where an iteration is: it goes from arena to arena, in each of them in the order of the slots.
///
/// How an arena is read is chosen once. If the rarest component is in a list, that leads: the values of other
/// components are found by slot, or stand in lists of just the same slots. Otherwise it goes to the slots that all
/// terms match.
pub(super) struct Walk<'q, Q: Query> {
    readers: Q::Readers<'q>,
    live: Live<'q>,
    /// Whether there are objects that count as dead, but still have components.
    has_condemned: bool,
    arenas: usize,
    next_arena: usize,
    pub(super) cursors: Q::Cursors<'q>,
    /// The slots to go to, unless a list leads.
    pub(super) matches: Slots,
}

/// How an arena is read.
pub(super) enum Plan<'q, Q: Query> {
    /// A list leads.
    Led(Led<'q, Q>),
    /// All values are found by slot, at those of `matches`.
    BySlot,
    /// There are values in lists of other slots than `matches`.
    Mixed,
}

/// A list that leads, and how far it was read.
pub(super) struct Led<'q, Q: Query> {
    values: Q::Leading<'q>,
    /// The terms whose values are read in step with it, a bit each.
    pub(super) packed: u32,
    /// See [`Lead`].
    shift: u32,
    next_block: usize,
    /// How many of its slots are in blocks that are still to come.
    left: usize,
}

/// A list that is to lead, and how the terms follow it.
struct Way {
    following: Following,
    shift: u32,
    len: usize,
}

/// Values, and the slots at which they are read.
pub(super) type Block<'q, Q> = (<Q as Fetch>::Hot<'q>, &'q [u16]);

impl<'q, Q: Query> Walk<'q, Q> {
    pub(super) fn new(readers: Q::Readers<'q>, live: Live<'q>) -> Self {
        Self {
            readers,
            live,
            has_condemned: live.has_condemned(),
            arenas: live.arenas(),
            next_arena: 0,
            cursors: Q::Cursors::default(),
            matches: [0; ARENA_WORDS],
        }
    }

    /// A walk over each arena alone, of which this tells the components and the number.
    #[cfg(feature = "rayon")]
    pub(super) fn split(
        mut readers: Q::Readers<'q>,
        live: Live<'q>,
    ) -> alloc::vec::Vec<(usize, Q::Readers<'q>)> {
        let arenas = 0..live.arenas();
        arenas
            .map(|arena| (arena, Q::split_off(&mut readers, 1)))
            .collect()
    }

    /// A walk over one arena.
    #[cfg(feature = "rayon")]
    pub(super) fn within((arena, readers): (usize, Q::Readers<'q>), live: Live<'q>) -> Self {
        Self {
            next_arena: arena,
            arenas: arena + 1,
            ..Self::new(readers, live)
        }
    }

    /// Goes to the next arena in which something may match.
    #[expect(clippy::inline_always, reason = "a plan is large, to be handed over")]
    #[inline(always)]
    pub(super) fn enter(&mut self) -> Option<Plan<'q, Q>> {
        if !self.next_arena() {
            return None;
        }
        // Whatever has a component is there, so nothing else can match than what the rarest list has.
        if Q::IS_PLAIN && !self.has_condemned {
            let (_, lead) = Q::rarest(&self.cursors);
            if let Some(way) = lead.and_then(|lead| self.follow(&lead)) {
                return Some(Plan::Led(self.begin(&way)));
            }
        }
        self.find_matches();
        let lead = Q::exact(&self.cursors, &self.matches);
        if let Some(way) = lead.and_then(|lead| self.follow(&lead)) {
            return Some(Plan::Led(self.begin(&way)));
        }
        Some(if Q::is_direct(&self.cursors) {
            Plan::BySlot
        } else {
            Plan::Mixed
        })
    }

    #[inline]
    fn next_arena(&mut self) -> bool {
        while self.next_arena < self.arenas {
            self.next_arena += 1;
            Q::enter(&mut self.readers, &mut self.cursors);
            if Q::most(&self.cursors) > 0 {
                return true;
            }
        }
        false
    }

    #[expect(clippy::inline_always, reason = "see `enter`")]
    #[inline(always)]
    fn follow(&self, lead: &Lead<'_>) -> Option<Way> {
        Some(Way {
            following: Q::follow(&self.cursors, lead)?,
            shift: lead.shift,
            len: lead.len,
        })
    }

    #[inline]
    fn begin(&mut self, way: &Way) -> Led<'q, Q> {
        Led {
            values: Q::begin(&mut self.cursors, way.following.grouped),
            packed: way.following.packed,
            shift: way.shift,
            next_block: 0,
            left: way.len,
        }
    }

    fn find_matches(&mut self) {
        let live = self.live.arena(self.arena());
        for (word, slots) in self.matches.iter_mut().enumerate() {
            *slots = live.word(word);
        }
        Q::keep(&self.cursors, &mut self.matches);
    }

    /// The number of the arena.
    #[inline]
    pub(super) fn arena(&self) -> usize {
        self.next_arena - 1
    }

    /// The rows of the arena.
    pub(super) fn rows(&self) -> Rows<'q> {
        self.live.arena(self.arena()).rows
    }

    /// How many objects of the arena match, at most, if it is read like this.
    pub(super) fn most(&self, plan: &Plan<'q, Q>) -> usize {
        match plan {
            Plan::Led(led) => led.left,
            Plan::BySlot | Plan::Mixed => {
                let matches = self.matches.iter();
                matches.map(|slots| slots.count_ones() as usize).sum()
            }
        }
    }

    /// The index of a slot of the arena.
    #[inline]
    pub(super) fn index(&self, slot: usize) -> usize {
        self.arena() << ARENA_BITS | slot
    }

    /// Whether nothing was read yet.
    pub(super) fn is_new(&self) -> bool {
        self.next_arena == 0
    }

    /// How many objects match, in all arenas that are still to come.
    pub(super) fn count(&mut self) -> usize {
        let mut count = 0;
        while self.next_arena() {
            self.find_matches();
            let words = self.matches.iter();
            count += words
                .map(|slots| slots.count_ones() as usize)
                .sum::<usize>();
        }
        count
    }
}

impl<'q, Q: Query> Led<'q, Q> {
    /// The next block of the list that leads, which has no more than [`SPAN`](super::read::SPAN) slots.
    #[inline]
    pub(super) fn next_block(&mut self) -> Option<Block<'q, Q>> {
        while self.left > 0 {
            self.next_block += 1;
            let (hot, slots) = Q::block(&mut self.values, self.next_block << self.shift);
            let slots = slots?;
            self.left -= slots.len();
            if !slots.is_empty() {
                return Some((hot, slots));
            }
        }
        None
    }
}
