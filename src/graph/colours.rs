//! Colours: what a collection has not reached yet, and what it has reached but not read.
//!
//! An object that a collection examines is *white* until it is reached, *grey* until its edges were
//! read, and *black* after that. What is examined by no collection, and what was born since, is
//! black to it. Two collections may run at a time, one of the young in the middle of an old one, so
//! there are two sets of colours.

use core::ops::Range;

use crate::bits::{Bits, parted};
use crate::config::Generation;
#[cfg(feature = "serde")]
use crate::form;
use crate::graph::rows::Headers;
use crate::paged::Pages;

/// What a change of the graph has to tell a collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Barrier {
    /// Nothing: no collection runs, or it will look at everything that is white once more.
    #[default]
    Down,
    /// What gets held: it may be made white later, and must be grey then.
    Buffering,
    /// What gets held by anything that is not white becomes grey.
    Up,
}

/// The colours of one collection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Colours {
    /// 0 everywhere while no collection uses it.
    pub(crate) white: Bits,
    /// How many objects are white.
    pub(crate) count: usize,
    /// The grey objects. One that has died since is passed over: it has no edges, and what was
    /// born in its slot is read for nothing.
    pub(crate) grey: Pages<u32>,
    /// Objects that were held before all was coloured: to be made grey, if they are white.
    pub(crate) buffer: Pages<u32>,
    barrier: Barrier,
}

impl Colours {
    /// Whether nothing is left to be read.
    pub(crate) fn is_read(&self) -> bool {
        self.grey.is_empty() && self.buffer.is_empty()
    }

    /// Makes the objects of these words white; none of them is yet.
    pub(crate) fn whiten(&mut self, words: Range<usize>, headers: &Headers) {
        for (white, word) in self.white.words_mut()[words.clone()].iter_mut().zip(words) {
            let slots = headers.occupied(word);
            *white = parted(slots);
            self.count += slots.count_ones() as usize;
        }
    }

    /// Shades an object, if it is white.
    #[inline]
    pub(crate) fn shade(&mut self, index: u32) {
        if self.white.clear(index) {
            self.count -= 1;
            self.grey.push(index);
        }
    }

    /// Says whether the target is grey now, and was white, since an object holds it.
    fn hold(&mut self, source: Option<u32>, target: u32) -> bool {
        match self.barrier {
            Barrier::Down => {}
            Barrier::Buffering => self.buffer.push(target),
            // What a white object holds is reached with it.
            Barrier::Up if source.is_some_and(|source| self.white.get(source)) => {}
            Barrier::Up => {
                let was_white = self.white.get(target);
                self.shade(target);
                return was_white && source.is_some();
            }
        }
        false
    }

    /// Forgets an object that is not to be examined any further.
    #[inline]
    pub(crate) fn forget(&mut self, index: u32) {
        if self.count > 0 && self.white.clear(index) {
            self.count -= 1;
        }
    }

    /// Makes nothing white or grey any more.
    pub(crate) fn reset(&mut self) {
        if self.count > 0 {
            self.white.clear_all();
        }
        self.count = 0;
        self.grey.clear();
        self.buffer.clear();
        self.barrier = Barrier::Down;
    }

    /// Gives back what the stacks don't need, and what the bitmap has behind its first `words` words.
    fn shrink(&mut self, words: usize) {
        self.grey.shrink();
        self.buffer.shrink();
        self.white.shrink(words);
    }

    fn memory(&self) -> usize {
        self.white.memory() + self.grey.memory() + self.buffer.memory()
    }
}

/// Which of the two collections that may run at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Of the young or the middle generation.
    Minor,
    /// Of the old generation.
    Major,
}

impl Which {
    /// The one that collects a generation.
    pub(crate) fn of(generation: Generation) -> Self {
        match generation {
            Generation::Young | Generation::Middle => Self::Minor,
            Generation::Old | Generation::Permanent => Self::Major,
        }
    }
}

/// The colours of both collections, and the barrier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Palette {
    minor: Colours,
    major: Colours,
    /// Whether a collection is to be told of changes: asked at each change.
    is_up: bool,
    /// Whether anything may be white or grey: asked at each death.
    is_busy: bool,
}

impl Palette {
    pub(crate) fn of(&mut self, which: Which) -> &mut Colours {
        match which {
            Which::Minor => &mut self.minor,
            Which::Major => &mut self.major,
        }
    }

    pub(crate) fn get(&self, which: Which) -> &Colours {
        match which {
            Which::Minor => &self.minor,
            Which::Major => &self.major,
        }
    }

    /// Sets what changes of the graph have to tell a collection.
    pub(crate) fn set_barrier(&mut self, which: Which, barrier: Barrier) {
        self.of(which).barrier = barrier;
        let is_up = |colours: &Colours| colours.barrier != Barrier::Down;
        self.is_up = is_up(&self.minor) || is_up(&self.major);
        // Nothing gets white before a barrier is up, and all of it is reset before the last one goes down.
        self.is_busy = self.is_up || self.minor.count + self.major.count > 0;
    }

    /// Whether a collection runs that has to know who dies.
    #[inline]
    pub(crate) fn is_busy(&self) -> bool {
        debug_assert!(
            self.is_busy || !self.is_up && self.minor.count + self.major.count == 0,
            "what is white was made so under a barrier"
        );
        self.is_busy
    }

    /// The barrier: an object gets an edge from `source`; there is none if it is rooted or becomes
    /// pending. It keeps what is black from holding what is white. Says whether the target is kept by that alone
    /// from the old collection.
    #[inline]
    pub(crate) fn hold(&mut self, source: Option<u32>, target: u32) -> bool {
        self.is_up && self.hold_slowly(source, target)
    }

    #[inline(never)]
    fn hold_slowly(&mut self, source: Option<u32>, target: u32) -> bool {
        self.minor.hold(source, target);
        self.major.hold(source, target)
    }

    /// Forgets an object that leaves its slot.
    #[inline]
    pub(crate) fn forget(&mut self, index: u32) {
        self.minor.forget(index);
        self.major.forget(index);
    }

    /// Whether an object is white to either collection.
    pub(crate) fn is_white(&self, index: u32) -> bool {
        self.minor.white.get(index) || self.major.white.get(index)
    }

    /// Makes room for `words` words of the bitmaps. These take nothing before the first collection.
    pub(crate) fn grow(&mut self, words: usize) {
        for colours in [&mut self.minor, &mut self.major] {
            if colours.barrier != Barrier::Down || !colours.white.words().is_empty() {
                colours.white.grow(words);
            }
        }
    }

    /// Gives back what the stacks don't need, and what the bitmaps have behind their first `words` words,
    /// where nothing is white.
    pub(crate) fn shrink(&mut self, words: usize) {
        self.minor.shrink(words);
        self.major.shrink(words);
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.minor.memory() + self.major.memory()
    }
}

#[cfg(feature = "serde")]
impl Colours {
    pub(crate) fn saved(&self) -> form::Colours {
        form::Colours {
            white: form::indices(&self.white),
            grey: self.grey.iter().copied().collect(),
            buffer: self.buffer.iter().copied().collect(),
            barrier: match self.barrier {
                Barrier::Down => form::Barrier::Down,
                Barrier::Buffering => form::Barrier::Buffering,
                Barrier::Up => form::Barrier::Up,
            },
        }
    }
}

#[cfg(feature = "serde")]
impl Palette {
    /// Makes the colours of a collection, over objects of so many arenas, in a bitmap of at least so many words.
    pub(crate) fn restore(
        &mut self,
        which: Which,
        headers: &Headers,
        form: &form::Colours,
        (arenas, words): (usize, usize),
    ) -> Result<(), form::Fault> {
        let mut white = form::bits(&form.white, arenas, "white")?;
        for &index in &form.white {
            form::demand!(
                headers.is_occupied(index),
                "white: there is no object {index}"
            );
        }
        let barrier = match form.barrier {
            form::Barrier::Down => Barrier::Down,
            form::Barrier::Buffering => Barrier::Buffering,
            form::Barrier::Up => Barrier::Up,
        };
        white.grow(words);
        let colours = self.of(which);
        colours.white = white;
        colours.count = form.white.len();
        colours.grey.extend(form.grey.iter().copied());
        colours.buffer.extend(form.buffer.iter().copied());
        self.set_barrier(which, barrier);
        Ok(())
    }
}
