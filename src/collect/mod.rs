//! The tricolor collector: one machine of phases.
//!
//! Find roots and mark, an arena at a time → run the finalizers of what is white → where one has
//! run, check what it has saved → take the edges of the dead → take the dead. What is white when
//! nothing is grey and no finalizer is left dies at that instant, although it is swept later.

pub(crate) mod backtrace;
pub(crate) mod marker;
pub(crate) mod pace;
pub(crate) mod sweeper;

use alloc::vec::Vec;

use bumpalo::Bump;
use sync_wrapper::SyncWrapper;

use crate::config::Generation;
use crate::handle::index_of;
use crate::header::{ARENA_WORDS, arena_of};
use crate::objects::Objects;
use crate::release::Release;
use marker::{Marker, index_at};
use pace::Collected;

/// How far a piece of work has brought a collection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Progress {
    More,
    /// An object's finalizer is to be run.
    Finalize(u32),
    /// All finalizers have run: what fell to zero in them is to be reclaimed.
    Finalized,
    Done(Collected),
}

/// Where the machine stands: `at` is the next of the examined arenas, `word` a word of its bitmap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    Mark { at: usize },
    Finalize { at: usize, word: usize },
    Check,
    Detach { at: usize },
    Reclaim { at: usize, word: usize },
}

/// Memory that is used within one call alone, and reset then.
#[derive(Debug, Default)]
pub(crate) struct Scratch(SyncWrapper<Bump>);

impl Scratch {
    /// The memory, empty.
    pub(crate) fn get(&mut self) -> &mut Bump {
        let bump = self.0.get_mut();
        bump.reset();
        bump
    }
}

impl Clone for Scratch {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// A collection, running or not.
#[derive(Clone, Debug)]
pub(crate) struct Collector {
    phase: Phase,
    /// What the collection examines: fixed at its start.
    generation: Generation,
    arenas: Vec<usize>,
    /// Whether there are objects that it does not examine.
    partial: bool,
    examined: usize,
    freed: usize,
    /// Whether a finalizer has run.
    finalized: bool,
    /// Whether one has run since the last search for finalizers began: it may have set others.
    search_again: bool,
    marker: Marker,
    scratch: Scratch,
}

impl Default for Collector {
    fn default() -> Self {
        Self {
            phase: Phase::Idle,
            generation: Generation::Young,
            arenas: Vec::new(),
            partial: false,
            examined: 0,
            freed: 0,
            finalized: false,
            search_again: false,
            marker: Marker::default(),
            scratch: Scratch::default(),
        }
    }
}

impl Collector {
    /// Whether no collection was begun and not finished.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.phase == Phase::Idle
    }

    /// Whether what is white may still be saved.
    #[cfg(feature = "check")]
    pub(crate) fn is_marking(&self) -> bool {
        matches!(
            self.phase,
            Phase::Mark { .. } | Phase::Finalize { .. } | Phase::Check
        )
    }

    /// Begins a collection up to a generation: all of its objects are white.
    pub(crate) fn begin<T, E>(&mut self, objects: &mut Objects<T, E>, generation: Generation) {
        debug_assert!(self.is_idle(), "one collection at a time");
        self.generation = generation.min(Generation::Old);
        self.examined = 0;
        self.freed = 0;
        self.finalized = false;
        self.search_again = false;
        self.arenas.clear();
        for (number, arena) in objects.heap.arenas().iter().enumerate() {
            if arena.generation <= self.generation && arena.len() > 0 {
                self.arenas.push(number);
                self.examined += arena.len();
                let words = number * ARENA_WORDS..(number + 1) * ARENA_WORDS;
                objects.white.words_mut()[words.clone()]
                    .copy_from_slice(&objects.occupied.words()[words]);
            }
        }
        self.partial = self.examined < objects.heap.len();
        self.phase = Phase::Mark { at: 0 };
    }

    /// Does the next piece of work. Where code of the user panics, the next call goes on behind it.
    pub(crate) fn advance<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        release: &mut Release,
    ) -> Progress {
        match self.phase {
            Phase::Idle => return Progress::Done(self.collected()),
            Phase::Mark { at } => match self.arenas.get(at) {
                Some(&arena) => {
                    self.mark_from(objects, arena);
                    self.phase = Phase::Mark { at: at + 1 };
                }
                None => self.phase = Phase::Finalize { at: 0, word: 0 },
            },
            Phase::Finalize { at, word } => return self.find_finalizer(objects, at, word),
            Phase::Check => {
                self.check(objects);
                self.condemn(objects);
            }
            Phase::Detach { at } => match self.arenas.get(at) {
                Some(&arena) => {
                    sweeper::detach(objects, release, arena);
                    self.phase = Phase::Detach { at: at + 1 };
                }
                None => self.phase = Phase::Reclaim { at: 0, word: 0 },
            },
            Phase::Reclaim { at, word } => match self.arenas.get(at) {
                Some(&arena) if word < ARENA_WORDS => {
                    if !sweeper::reclaim_one(objects, arena * ARENA_WORDS + word) {
                        self.phase = Phase::Reclaim { at, word: word + 1 };
                    }
                }
                Some(_) => {
                    self.phase = Phase::Reclaim {
                        at: at + 1,
                        word: 0,
                    }
                }
                None => return Progress::Done(self.end(objects)),
            },
        }
        Progress::More
    }

    /// Finds the next white object that has a finalizer to run; after the last one checks what the
    /// finalizers have saved.
    fn find_finalizer<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        at: usize,
        word: usize,
    ) -> Progress {
        let finalizable = &objects.mortal.finalizable;
        for place in at..self.arenas.len() {
            let first = if place == at { word } else { 0 };
            for word in first..ARENA_WORDS {
                let number = self.arenas[place] * ARENA_WORDS + word;
                let found = objects.white.word(number) & finalizable.word(number);
                if found != 0 {
                    self.phase = Phase::Finalize { at: place, word };
                    self.finalized = true;
                    self.search_again = true;
                    return Progress::Finalize(index_at(number, found.trailing_zeros()));
                }
            }
        }
        if self.search_again {
            self.search_again = false;
            self.phase = Phase::Finalize { at: 0, word: 0 };
        } else if self.finalized {
            self.phase = Phase::Check;
            return Progress::Finalized;
        } else {
            self.condemn(objects);
        }
        Progress::More
    }

    /// Shades what is held by anything that is not white, or by the program, since finalizers have
    /// run: they may have saved it, and all that it leads to.
    fn check<T, E>(&mut self, objects: &mut Objects<T, E>) {
        let Objects {
            headers,
            edges,
            roots,
            white,
            waiting,
            ..
        } = objects;
        let (rooted, waiting) = (roots.rooted.words(), waiting.words());
        let white = white.words_mut();
        for &arena in &self.arenas {
            let marker = &mut self.marker;
            marker.shade_roots(headers, white, arena, |word| rooted[word] | waiting[word]);
            marker.shade_saved(headers, edges, white, arena);
        }
        self.marker.mark(headers, edges, white, self.scratch.get());
    }

    /// Shades the roots of one arena and marks all that they lead to.
    fn mark_from<T, E>(&mut self, objects: &mut Objects<T, E>, arena: usize) {
        let Objects {
            heap,
            headers,
            edges,
            roots,
            white,
            waiting,
            ..
        } = objects;
        let (rooted, waiting) = (roots.rooted.words(), waiting.words());
        let white = white.words_mut();
        self.marker
            .shade_roots(headers, white, arena, |word| rooted[word] | waiting[word]);
        let arenas = heap.arenas();
        if self.partial {
            let generation = self.generation;
            let is_outside = |source| arenas[arena_of(source)].generation > generation;
            self.marker
                .shade_referenced(headers, edges, white, arena, is_outside);
        }
        self.marker.mark(headers, edges, white, self.scratch.get());
    }

    /// The instant at which everything white dies.
    fn condemn<T, E>(&mut self, objects: &mut Objects<T, E>) {
        let words = |&arena: &usize| arena * ARENA_WORDS..(arena + 1) * ARENA_WORDS;
        let counts = self
            .arenas
            .iter()
            .map(|arena| objects.white.count_in(words(arena)));
        self.freed = counts.sum();
        objects.doomed = self.freed;
        objects.dying = self.freed > 0;
        self.phase = if objects.dying {
            Phase::Detach { at: 0 }
        } else {
            let at = self.arenas.len();
            Phase::Reclaim { at, word: 0 }
        };
    }

    /// Ends the collection: what survived is promoted.
    fn end<T, E>(&mut self, objects: &mut Objects<T, E>) -> Collected {
        objects.dying = false;
        self.phase = Phase::Idle;
        // What is alive is proven to be, but for what was not examined. A finalizer may have let go
        // of what was proven before.
        if !self.finalized {
            let (heap, generation) = (&objects.heap, self.generation);
            objects
                .suspects
                .retain(|key| heap.generation(index_of(key)) > generation);
        }
        objects.heap.promote(self.generation);
        if self.freed > 0 {
            objects.close_empty_arenas();
        }
        self.collected()
    }

    fn collected(&self) -> Collected {
        Collected {
            generation: self.generation,
            examined: self.examined,
            freed: self.freed,
            kept: self.examined - self.freed,
        }
    }
}
