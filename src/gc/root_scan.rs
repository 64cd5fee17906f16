//! What is grey to begin with: what the program holds, and what is held by anything that is not
//! examined.

use crate::bits::{Bits, Ones};
#[cfg(feature = "serde")]
use crate::form;
use crate::gc::marker::{GATHER, Partial};
use crate::graph::Marking;
use crate::graph::colours::{Colours, Which};
use crate::graph::edges::Edges;
use crate::graph::rows::{Headers, Heads};
use crate::index::narrow;
use crate::index::{ARENA_WORDS, arena_of, index_at};
use crate::objects::Objects;
use crate::units::Units;

/// Words of a bitmap that are looked through for one unit of work.
pub(crate) const WORDS: usize = 8;

/// Which objects' edges make their targets grey.
#[derive(Clone, Copy)]
pub(crate) enum Holder<'a> {
    /// Those of all that is in none of these arenas.
    Outside(&'a Bits),
    /// Those of all that is not white.
    NotWhite,
}

impl Holder<'_> {
    #[inline]
    fn is(self, colours: &Colours, source: u32) -> bool {
        match self {
            Self::Outside(examined) => !examined.get(narrow(arena_of(source))),
            Self::NotWhite => !colours.white.get(source),
        }
    }
}

/// What holds what: this is what the search reads.
pub(crate) struct Held<'a, E> {
    pub(crate) headers: &'a Headers,
    pub(crate) edges: &'a Edges<E>,
}

/// A search for what is grey to begin with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots {
    /// The white object whose sources are looked at, where they are many.
    hub: Option<Partial>,
}

impl Roots {
    pub(crate) fn reset(&mut self) {
        self.hub = None;
    }

    /// Shades what the program holds and what a `holder` holds, in an arena from a word on, as far as the
    /// budget goes. Returns the word to go on from.
    pub(crate) fn shade<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        which: Which,
        (arena, word): (u32, usize),
        holder: Option<Holder<'_>>,
        left: &mut Units,
    ) -> usize {
        let Marking {
            headers,
            edges,
            colours,
        } = objects.graph.marking(which);
        let held = Held { headers, edges };
        self.shade_in(&held, colours, (arena, word), holder, left)
    }

    /// The same in these colours.
    pub(crate) fn shade_in<E>(
        &mut self,
        held: &Held<'_, E>,
        colours: &mut Colours,
        (arena, word): (u32, usize),
        holder: Option<Holder<'_>>,
        left: &mut Units,
    ) -> usize {
        let Held { headers, edges } = *held;
        for at in word..ARENA_WORDS {
            if at % WORDS == 0 && self.hub.is_none() {
                if left.is_spent() {
                    return at;
                }
                left.spend(1);
            }
            let number = arena as usize * ARENA_WORDS + at;
            let held = headers.rooted_or_pending(number);
            left.spend(shade_held(headers, colours, number, held));
            if let Some(holder) = holder {
                if !self.shade_referenced(headers, edges, colours, number, left, holder) {
                    return at;
                }
            }
        }
        ARENA_WORDS
    }

    /// Shades the white objects of a word to which there is an edge from something that is `outside`.
    /// Returns false where the budget did not suffice: then it is called again.
    fn shade_referenced<E>(
        &mut self,
        headers: &Headers,
        edges: &Edges<E>,
        colours: &mut Colours,
        word: usize,
        left: &mut Units,
        holder: Holder<'_>,
    ) -> bool {
        let mut bits = Ones(colours.white.word(word));
        if let Some(hub) = self.hub.take() {
            // Those below it were looked at.
            let bit = hub.index.saturating_sub(index_at(word, 0));
            bits.0 &= u64::MAX.checked_shl(bit).unwrap_or(0);
            if colours.white.get(hub.index) {
                self.hub = Some(hub);
            }
        }
        for bit in bits {
            let index = index_at(word, bit);
            let sources = edges.incoming(headers.incoming(index));
            let cursor = narrow(sources.len());
            let mut hub = self.hub.take().unwrap_or(Partial { index, cursor });
            loop {
                if left.is_spent() {
                    self.hub = Some(hub);
                    return false;
                }
                let most = left.at_most(GATHER);
                let piece = hub.piece(sources, most);
                let found = piece
                    .iter()
                    .rposition(|source| holder.is(colours, source.node));
                left.spend(piece.len() - found.unwrap_or(0) + 1);
                if found.is_some() {
                    colours.shade(index);
                }
                if found.is_some() || hub.cursor == 0 {
                    break;
                }
            }
        }
        true
    }
}

#[cfg(feature = "serde")]
impl Roots {
    pub(crate) fn saved(&self) -> Option<form::Partial> {
        self.hub.map(Partial::saved)
    }

    pub(crate) fn restore(hub: Option<form::Partial>) -> Self {
        let hub = hub.map(Partial::restore);
        Self { hub }
    }
}

/// Shades the white objects of a word that `is_root` names by bits.
#[inline]
fn shade_held(headers: &Headers, colours: &mut Colours, word: usize, is_root: u64) -> usize {
    let found = colours.white.clear_in_word(word, is_root);
    let shaded = found.count_ones() as usize;
    colours.count -= shaded;
    for bit in Ones(found) {
        // Without edges it is black at once.
        let index = index_at(word, bit);
        if !headers.outgoing(index).is_empty() {
            colours.grey.push(index);
        }
    }
    shaded
}
