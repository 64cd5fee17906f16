//! One machine of phases.
//!
//! Make what is examined white → find roots and mark, an arena at a time → run the finalizers of
//! what is still white → where one has run, check what it has saved → take the edges of the dead →
//! take the dead → promote the arenas. What is white when nothing is grey and no finalizer is left
//! dies at that instant, although it is swept later.
//!
//! Each phase stops where the budget ends and goes on from there. Between two pieces of work the
//! program may do to the graph what it likes: the barrier tells the machine.

mod memory;
#[cfg(feature = "rayon")]
mod parallel;
#[cfg(feature = "serde")]
mod saved;

#[cfg(feature = "check")]
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use slotmap::KeyData;

use crate::bits::{Bits, WORD};
use crate::config::Generation;
use crate::gc::levels::Levels;
use crate::gc::marker::Marker;
use crate::gc::pace::Collected;
use crate::gc::root_scan::{Holder, Roots, WORDS};
use crate::gc::sweeper::{self, Place};
use crate::gc::{Phase, Progress, Scratch};
use crate::graph::Marking;
use crate::graph::colours::{Barrier, Colours, Which};
use crate::index::{ARENA_WORDS, index_at};
use crate::objects::Objects;
use crate::objects::release::Release;
use crate::paged::Pages;
use crate::units::Units;

/// Units of work for making the objects of an arena white.
const WHITEN: usize = 8;
/// Units of work that a finalizer counts for.
const FINALIZE: usize = 16;

/// Where the machine stands: a place among the examined arenas, and in the next of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Idle,
    /// The arenas below this one were made white, if they are examined.
    Whiten(usize),
    Mark(Words),
    Finalize(Words),
    Check(Words),
    /// Garbage is rooted, as it is to be kept.
    Keep(Place),
    Detach(Place),
    Reclaim(Place),
    Settle(usize),
}

/// A word of the bitmap of one of the examined arenas, from which to look on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Words {
    at: usize,
    word: usize,
}

impl Words {
    fn of_arena(at: usize) -> Self {
        Self { at, word: 0 }
    }
}

/// What a collection has to remember.
#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    /// There are objects that it does not examine.
    partial: bool,
    /// A finalizer has run.
    finalized: bool,
    /// A white object was given a finalizer since the last search for them began.
    search_again: bool,
}

/// A collection, running or not.
#[derive(Clone, Debug)]
pub(crate) struct Collector {
    which: Which,
    step: Step,
    /// What the collection examines: fixed before it marks.
    generation: Generation,
    arenas: Vec<u32>,
    /// A bit for each of `arenas`.
    is_examined: Bits,
    examined: usize,
    freed: usize,
    /// Garbage that is dead and that the caller was not told of.
    found: usize,
    /// Units that it has taken so far.
    spent: u64,
    flags: Flags,
    /// Whether garbage is kept instead of reclaimed.
    keeps: bool,
    /// Whether one call runs it from its beginning to its end.
    pub(crate) whole: bool,
    /// Whether one call runs it to its end: if the user's code panics, the next call does.
    pub(crate) hurried: bool,
    /// Garbage that was kept.
    pub(crate) garbage: Pages<KeyData>,
    roots: Roots,
    marker: Marker,
    levels: Levels,
    scratch: Scratch,
}

impl Collector {
    pub(crate) fn new(which: Which) -> Self {
        Self {
            which,
            step: Step::Idle,
            generation: Generation::Young,
            arenas: Vec::new(),
            is_examined: Bits::default(),
            examined: 0,
            freed: 0,
            found: 0,
            spent: 0,
            flags: Flags::default(),
            keeps: false,
            whole: false,
            hurried: false,
            garbage: Pages::default(),
            roots: Roots::default(),
            marker: Marker::default(),
            levels: Levels::default(),
            scratch: Scratch::default(),
        }
    }

    /// Whether no collection was begun and not finished.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.step == Step::Idle
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.step {
            Step::Idle => Phase::Idle,
            Step::Whiten(_) | Step::Mark(_) => Phase::Mark,
            Step::Finalize(_) => Phase::Finalize,
            Step::Check(_) => Phase::Check,
            Step::Keep(_) | Step::Detach(_) | Step::Reclaim(_) | Step::Settle(_) => Phase::Sweep,
        }
    }

    /// The oldest generation that is examined.
    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }

    /// How much garbage has died since this was last called.
    pub(crate) fn found(&mut self) -> usize {
        core::mem::take(&mut self.found)
    }

    /// Notes that a white object was given a finalizer.
    pub(crate) fn note_finalizer(&mut self) {
        self.flags.search_again = true;
    }

    /// Begins to collect a generation and all younger ones. Nothing waits to be swept.
    pub(crate) fn begin<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        generation: Generation,
        keeps: bool,
        measures: bool,
    ) {
        debug_assert!(self.is_idle(), "one collection of a kind at a time");
        self.generation = generation.min(Generation::Old);
        self.examined = 0;
        self.freed = 0;
        self.spent = 0;
        self.flags = Flags::default();
        self.levels.is_wanted = measures;
        self.keeps = keeps;
        if self.generation == Generation::Old {
            objects.graph.hand_suspects_over();
        }
        self.arenas.clear();
        let words = objects.graph.headers().words();
        objects.graph.marking(self.which).colours.white.grow(words);
        objects.graph.set_barrier(self.which, Barrier::Buffering);
        self.step = Step::Whiten(0);
    }

    /// Breaks off a collection that has not decided on anything.
    pub(crate) fn abandon<T, E>(&mut self, objects: &mut Objects<T, E>) {
        debug_assert_eq!(self.phase(), Phase::Mark, "nothing is decided");
        objects.graph.reset_colours(self.which);
        self.roots.reset();
        self.marker.reset();
        self.levels.reset();
        self.forget_suspects(objects, false);
        self.forget_arenas();
        self.whole = false;
        self.hurried = false;
        self.step = Step::Idle;
    }

    /// Takes back the suspects that were left to the collection, as far as it has not decided on them.
    fn forget_suspects<T, E>(&self, objects: &mut Objects<T, E>, are_alive: bool) {
        if self.generation == Generation::Old {
            while let Some(arena) = objects.graph.suspects().next_handed_over(0) {
                objects.graph.take_suspects_back(arena, are_alive);
            }
        }
    }

    fn forget_arenas(&mut self) {
        for arena in self.arenas.drain(..) {
            self.is_examined.clear(arena);
        }
    }

    /// Works on, as far as the budget goes or until there is something for the caller to do. If code of
    /// the user panics, the next call goes on behind it.
    pub(crate) fn advance<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        release: &mut Release,
        left: &mut Units,
    ) -> Progress {
        let before = left.spent();
        let progress = self.work(objects, release, left);
        self.spent = self.spent.saturating_add(left.spent() - before);
        match progress {
            Progress::Done(collected) => Progress::Done(Collected {
                units: self.spent,
                ..collected
            }),
            other => other,
        }
    }

    fn work<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        release: &mut Release,
        left: &mut Units,
    ) -> Progress {
        while !left.is_spent() {
            debug_assert!(
                self.phase() == Phase::Sweep || objects.doomed == 0,
                "what is dead leaves the store before anything else is decided"
            );
            match self.step {
                Step::Idle => return Progress::Done(self.collected()),
                Step::Whiten(next) => self.whiten(objects, next, left),
                Step::Mark(Words { at, word }) => self.mark(objects, at, word, left),
                Step::Finalize(Words { at, word }) => {
                    if let Some(progress) = self.find_finalizer(objects, at, word, left) {
                        return progress;
                    }
                }
                Step::Check(Words { at, word }) => self.check(objects, at, word, left),
                Step::Keep(from) => {
                    let kept = (self.which, &mut self.garbage);
                    let next = sweeper::keep_next(objects, kept, &self.arenas, from, left);
                    self.step = next.map_or(Step::Settle(0), Step::Keep);
                }
                Step::Detach(from) => {
                    let next = sweeper::detach_from(objects, release, &self.arenas, from, left);
                    self.step = next.map_or(Step::Reclaim(Place::default()), Step::Detach);
                }
                Step::Reclaim(from) => {
                    let next = sweeper::reclaim_from(objects, &self.arenas, from, left);
                    self.step = next.map_or(Step::Settle(0), Step::Reclaim);
                }
                Step::Settle(at) => {
                    let Some(&arena) = self.arenas.get(at) else {
                        left.spend(1);
                        return Progress::Done(self.end(objects));
                    };
                    self.step = Step::Settle(at + 1);
                    if self.generation == Generation::Old {
                        // Whatever has been let go of since it began is listed anew.
                        objects.graph.take_suspects_back(arena, true);
                    }
                    sweeper::settle(objects, arena, self.generation, self.freed > 0, left);
                }
            }
        }
        Progress::Paused
    }

    /// Makes the objects of an arena white, if that is to be examined.
    fn whiten<T, E>(&mut self, objects: &mut Objects<T, E>, next: usize, left: &mut Units) {
        let Some(arena) = objects.heap.arenas().get(next) else {
            objects.graph.set_barrier(self.which, Barrier::Up);
            self.step = Step::Mark(Words::default());
            return;
        };
        self.step = Step::Whiten(next + 1);
        let (generation, len, in_use) = (arena.generation, arena.len(), arena.in_use);
        let Ok(number) = u32::try_from(next) else {
            return;
        };
        left.spend(1);
        if generation > self.generation || !in_use {
            self.flags.partial |= len > 0;
            return;
        }
        self.arenas.push(number);
        self.is_examined.grow(next / WORD + 1);
        self.is_examined.set(number);
        if len == 0 {
            return;
        }
        left.spend(WHITEN);
        self.examined += len;
        let words = next * ARENA_WORDS..(next + 1) * ARENA_WORDS;
        let Marking {
            headers, colours, ..
        } = objects.graph.marking(self.which);
        colours.whiten(words, headers);
    }

    /// Shades the roots in a piece of an arena, or marks what is grey.
    fn mark<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        at: usize,
        word: usize,
        left: &mut Units,
    ) {
        #[cfg(feature = "rayon")]
        if (at, word) == (0, 0) && self.mark_in_parallel(objects, left) {
            self.step = Step::Finalize(Words::default());
            return;
        }
        if !objects.graph.shade_buffered(self.which, left) {
            return;
        }
        // Level by level, what is a root anywhere is found first.
        if !self.levels.is_wanted && !self.read_grey(objects, left) {
            return;
        }
        let Some(&arena) = self.arenas.get(at) else {
            if !self.levels.is_wanted || self.read_levels(objects, left) {
                self.step = Step::Finalize(Words::default());
            }
            return;
        };
        let outside = Holder::Outside(&self.is_examined);
        let outside = self.flags.partial.then_some(outside);
        let from = (arena, word);
        let next = self.roots.shade(objects, self.which, from, outside, left);
        self.step = match next {
            ARENA_WORDS => Step::Mark(Words::of_arena(at + 1)),
            word => Step::Mark(Words { at, word }),
        };
    }

    /// Marks what is grey, level by level, as far as the budget goes; says whether nothing is left.
    fn read_levels<T, E>(&mut self, objects: &mut Objects<T, E>, left: &mut Units) -> bool {
        let (levels, scratch, which) = (&mut self.levels, &mut self.scratch, self.which);
        scratch.with(|scratch| levels.mark(&mut objects.graph, which, scratch, left));
        objects.graph.colours(which).is_read() && levels.is_read()
    }

    /// Marks what is grey, as far as the budget goes; says whether nothing is left.
    fn read_grey<T, E>(&mut self, objects: &mut Objects<T, E>, left: &mut Units) -> bool {
        let Marking {
            headers,
            edges,
            colours,
        } = objects.graph.marking(self.which);
        let (marker, scratch) = (&mut self.marker, &mut self.scratch);
        scratch.with(|scratch| marker.mark(headers, edges, colours, scratch, left));
        colours.is_read() && self.marker.is_read()
    }

    /// Finds the next white object that has a finalizer to run. After the last one, if any has run, what
    /// they have saved is checked.
    fn find_finalizer<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        at: usize,
        word: usize,
        left: &mut Units,
    ) -> Option<Progress> {
        if !self.flags.finalized && !self.read_grey(objects, left) {
            return None;
        }
        let finalizable = &objects.deaths.finalizable;
        let Colours { white, count, .. } = objects.graph.colours(self.which);
        let is_vain = *count == 0 || !objects.deaths.has_finalizers();
        if let Some(&arena) = self.arenas.get(at).filter(|_| !is_vain) {
            for word in word..ARENA_WORDS {
                let number = arena as usize * ARENA_WORDS + word;
                let found = white.word(number) & finalizable.word(number);
                if found != 0 {
                    left.spend(FINALIZE);
                    // What is saved from now on is found by the check.
                    objects.graph.set_barrier(self.which, Barrier::Down);
                    self.step = Step::Finalize(Words { at, word });
                    self.flags.finalized = true;
                    return Some(Progress::Finalize(index_at(number, found.trailing_zeros())));
                }
            }
            left.spend(ARENA_WORDS / WORDS);
            self.step = Step::Finalize(Words::of_arena(at + 1));
            return None;
        }
        if core::mem::take(&mut self.flags.search_again) {
            self.step = Step::Finalize(Words::default());
        } else if self.flags.finalized {
            left.spend(1);
            self.step = Step::Check(Words::default());
            return Some(Progress::Finalized);
        } else {
            objects.graph.set_barrier(self.which, Barrier::Down);
            self.condemn(objects);
        }
        None
    }

    /// Shades what is now held by anything that is not white, or by the program: finalizers may have
    /// saved it, and all that it leads to.
    fn check<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        at: usize,
        word: usize,
        left: &mut Units,
    ) {
        if (at, word) == (0, 0) {
            // Not before: what died by count after the finalizers has saved nothing.
            objects.graph.set_barrier(self.which, Barrier::Up);
        }
        if !self.read_grey(objects, left) {
            return;
        }
        let Some(&arena) = self.arenas.get(at) else {
            objects.graph.set_barrier(self.which, Barrier::Down);
            if core::mem::take(&mut self.flags.search_again) {
                self.step = Step::Finalize(Words::default());
            } else {
                self.condemn(objects);
            }
            return;
        };
        let holder = Some(Holder::NotWhite);
        let from = (arena, word);
        let next = self.roots.shade(objects, self.which, from, holder, left);
        if self.which == Which::Major {
            objects.graph.suspect_saved();
        }
        self.step = match next {
            ARENA_WORDS => Step::Check(Words::of_arena(at + 1)),
            word => Step::Check(Words { at, word }),
        };
    }

    /// The instant at which everything white dies, or is found to be garbage to keep.
    fn condemn<T, E>(&mut self, objects: &mut Objects<T, E>) {
        debug_assert_eq!(objects.doomed, 0, "who was dead before has left the store");
        self.freed = objects.graph.colours(self.which).count;
        if self.freed == 0 {
            self.step = Step::Settle(0);
        } else if self.keeps {
            self.step = Step::Keep(Place::default());
        } else {
            // Nothing is dead, so the bitmap of the dead is as empty as the white one has to be.
            objects.graph.swap_white(self.which, &mut objects.dead);
            objects.doomed = self.freed;
            self.found = self.freed;
            self.step = Step::Detach(Place::default());
        }
    }

    /// Ends the collection.
    fn end<T, E>(&mut self, objects: &mut Objects<T, E>) -> Collected {
        self.step = Step::Idle;
        objects.graph.reset_colours(self.which);
        // What was examined and is alive is proven to be. But a finalizer, or the program in the
        // meantime, may have let go of what was proven before.
        self.hurried = false;
        // Those of frozen objects, which are taken for alive.
        self.forget_suspects(objects, true);
        if core::mem::take(&mut self.whole) && !self.flags.finalized {
            for &arena in &self.arenas {
                objects.graph.clear_suspects_of(arena);
            }
        }
        self.forget_arenas();
        self.collected()
    }

    /// What the collection has done so far.
    pub(crate) fn collected(&self) -> Collected {
        Collected {
            generation: self.generation,
            examined: self.examined,
            freed: self.freed,
            kept: self.examined - self.freed,
            units: self.spent,
        }
    }
}

/// What the check of the invariants asks.
#[cfg(feature = "check")]
impl Collector {
    /// The arenas whose roots are shaded and stay so, while it marks.
    pub(crate) fn scanned(&self) -> Option<&[u32]> {
        match self.step {
            Step::Mark(Words { at, .. }) => Some(&self.arenas[..at]),
            _ => None,
        }
    }

    pub(crate) fn which(&self) -> Which {
        self.which
    }

    /// Whether an object is in one of its arenas.
    pub(crate) fn examines(&self, index: u32) -> bool {
        self.is_examined.get(index >> crate::index::ARENA_BITS)
    }

    /// All that was reached and is not read to its end. Some of it may have died since.
    pub(crate) fn grey<T, E>(&self, objects: &Objects<T, E>) -> BTreeSet<u32> {
        let grey = objects.graph.colours(self.which).grey.iter().copied();
        grey.chain(self.marker.reading())
            .chain(self.levels.reading())
            .collect()
    }

    /// Whether garbage is being rooted.
    pub(crate) fn is_keeping(&self) -> bool {
        matches!(self.step, Step::Keep(_))
    }
}
