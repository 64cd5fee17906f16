//! What others read of the graph, and what collections and searches note in it.

use alloc::vec::Vec;

use super::Graph;
use crate::bits::{Bits, Ones};
use crate::graph::colours::{Barrier, Colours, Which};
use crate::graph::edges::Edges;
#[cfg(feature = "check")]
use crate::graph::roots::Roots;
use crate::graph::rows::Headers;
use crate::graph::suspects::Suspects;
use crate::graph::weak::Weak;
use crate::units::Units;

/// What a collection marks, and the graph that it marks it in.
pub(crate) struct Marking<'g, E> {
    pub(crate) headers: &'g Headers,
    pub(crate) edges: &'g Edges<E>,
    pub(crate) colours: &'g mut Colours,
}

impl<E> Graph<E> {
    #[inline]
    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }

    #[inline]
    pub(crate) fn edges(&self) -> &Edges<E> {
        &self.edges
    }

    #[inline]
    pub(crate) fn weak(&self) -> &Weak<E> {
        &self.weak
    }

    #[cfg(feature = "check")]
    pub(crate) fn roots(&self) -> &Roots {
        &self.roots
    }

    #[inline]
    pub(crate) fn suspects(&self) -> &Suspects {
        &self.suspects
    }

    #[inline]
    pub(crate) fn colours(&self, which: Which) -> &Colours {
        self.colours.get(which)
    }

    /// Whether an object is white to either collection.
    pub(crate) fn is_white(&self, index: u32) -> bool {
        self.colours.is_white(index)
    }

    /// Whether a collection runs that has to know who dies.
    #[inline]
    pub(crate) fn is_marked(&self) -> bool {
        self.colours.is_busy()
    }

    /// The colours of a collection, for it to change, beside what it reads.
    #[inline]
    pub(crate) fn marking(&mut self, which: Which) -> Marking<'_, E> {
        Marking {
            headers: &self.headers,
            edges: &self.edges,
            colours: self.colours.of(which),
        }
    }

    /// Sets what changes of the graph have to tell a collection.
    pub(crate) fn set_barrier(&mut self, which: Which, barrier: Barrier) {
        self.colours.set_barrier(which, barrier);
    }

    /// Shades what was held before all was coloured, as far as the budget goes; says whether nothing is left.
    ///
    /// What holds such an object may be garbage itself, and it survives all the same, with all that it leads to: so it
    /// is listed, for the collection that decides on suspects.
    pub(crate) fn shade_buffered(&mut self, which: Which, left: &mut Units) -> bool {
        let colours = self.colours.of(which);
        while !left.is_spent() {
            let Some(index) = colours.buffer.pop() else {
                return true;
            };
            left.spend(1);
            let was_white = colours.white.get(index);
            colours.shade(index);
            if was_white && which == Which::Major {
                self.suspects.add_floating(&mut self.headers, index);
            }
        }
        colours.buffer.is_empty()
    }

    /// Lists what is grey to the old collection, and was white until it was asked who holds it: what does may be
    /// garbage itself.
    pub(crate) fn suspect_saved(&mut self) {
        let Self {
            headers,
            colours,
            suspects,
            ..
        } = self;
        for &index in colours.of(Which::Major).grey.iter() {
            suspects.add_floating(headers, index);
        }
    }

    /// Forgets the colours of a collection that has ended.
    pub(crate) fn reset_colours(&mut self, which: Which) {
        self.colours.of(which).reset();
        self.colours.set_barrier(which, Barrier::Down);
    }

    /// Roots a white object, so that it stays as it is; false if it has as many roots as can be.
    pub(crate) fn keep_white(&mut self, which: Which, index: u32) -> bool {
        self.colours.of(which).forget(index);
        self.add_root(index)
    }

    /// Takes all that is white as the bitmap of the dead, in exchange for an empty one.
    pub(crate) fn swap_white(&mut self, which: Which, dead: &mut Bits) {
        let colours = self.colours.of(which);
        core::mem::swap(&mut colours.white, dead);
        colours.count = 0;
        self.colours.set_barrier(which, Barrier::Down);
    }

    /// Sets the estimate of how far an object is from a root.
    #[inline]
    pub(crate) fn set_distance(&mut self, index: u32, distance: u8) {
        self.headers.set_distance(index, distance);
    }

    /// Takes the next suspect off the list: see [`Suspects::pop`].
    pub(crate) fn pop_suspect(&mut self) -> Option<(u32, bool)> {
        self.suspects.pop()
    }

    /// Makes a suspect that was popped the next one again.
    pub(crate) fn put_suspect_back(&mut self, popped: (u32, bool)) {
        self.suspects.put_back(&mut self.headers, popped);
    }

    /// Leaves all suspects to a collection of all objects that begins.
    pub(crate) fn hand_suspects_over(&mut self) {
        self.suspects.hand_over();
    }

    /// Takes the suspects of an arena back that were left to a collection: see [`Suspects::take_back`].
    pub(crate) fn take_suspects_back(&mut self, arena: u32, is_alive: bool) {
        self.suspects.take_back(arena, is_alive);
    }

    /// Takes all objects of an arena off the list of suspects.
    pub(crate) fn clear_suspects_of(&mut self, arena: u32) {
        self.suspects.forget_arena(arena);
    }

    /// Notes that something may have become garbage without a suspect to name.
    pub(crate) fn suspect_unnamed(&mut self) {
        self.suspects.note_unnamed();
    }

    /// Gives back what memory can be given back, behind the first `arenas` arenas, if there is nothing; of
    /// bitmaps that collections use, behind `words` words.
    pub(crate) fn shrink(&mut self, arenas: usize, words: usize) {
        self.colours.shrink(words);
        self.suspects.shrink(arenas);
        self.roots.shrink();
        self.headers.shrink(arenas);
        let words = 0..self.headers.words();
        let words: Vec<u64> = words.map(|word| self.headers.written(word)).collect();
        let bits = |(&word, at): (&u64, u32)| Ones(word).map(move |bit| at * 64 + bit);
        let indices = words.iter().zip(0..).flat_map(bits);
        self.edges.compact(&mut self.headers, indices);
        self.weak.shrink(arenas);
        self.labels.shrink_to_fit();
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.headers.memory()
            + self.edges.memory()
            + self.weak.memory()
            + self.roots.memory()
            + self.suspects.memory()
            + self.colours.memory()
            + self.labels.capacity() * size_of::<E>()
    }
}
