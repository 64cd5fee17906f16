//! What queries know of the objects.

use slotmap::KeyData;

use crate::bits::{Bits, Word, join};
use crate::graph::rows::{Headers, Rows};
use crate::index::ARENA_WORDS;

/// Which objects are alive, and what their handles are: all that components need to know about them, and nothing of
/// their values. So whoever borrows components may cross threads even if the values may not.
#[derive(Clone, Copy)]
pub(crate) struct Live<'s> {
    headers: &'s Headers,
    arenas: usize,
    /// Objects that count as dead already, if there are any.
    condemned: Option<&'s Bits>,
}

impl<'s> Live<'s> {
    pub(crate) fn new(headers: &'s Headers, arenas: usize, condemned: Option<&'s Bits>) -> Self {
        Self {
            headers,
            arenas,
            condemned,
        }
    }

    /// Number of arenas; every live index is below `arenas() << 12`.
    pub(crate) fn arenas(&self) -> usize {
        self.arenas
    }

    /// Whether any objects count as dead already.
    pub(crate) fn has_condemned(&self) -> bool {
        self.condemned.is_some()
    }

    /// The objects of an arena.
    pub(crate) fn arena(&self, arena: usize) -> LiveArena<'s> {
        let words = arena * ARENA_WORDS..(arena + 1) * ARENA_WORDS;
        let condemned = self.condemned.and_then(|dead| dead.words().get(words));
        LiveArena {
            rows: self.headers.rows(arena),
            condemned: condemned.unwrap_or_default(),
        }
    }

    /// The index of a live object, `None` for a stale or null handle.
    pub(crate) fn resolve(&self, key: KeyData) -> Option<u32> {
        let index = self.headers.resolve(key)?;
        let is_dead = self.condemned.is_some_and(|dead| dead.get(index));
        (!is_dead).then_some(index)
    }
}

/// The objects of one arena, by slot.
#[derive(Clone, Copy, Default)]
pub(crate) struct LiveArena<'s> {
    /// Which objects there are, and with which versions.
    pub(crate) rows: Rows<'s>,
    /// Objects that count as dead already: bit `i` of word `w` is slot `64 * w + i`. Empty if there are
    /// none.
    pub(crate) condemned: &'s [Word],
}

impl LiveArena<'_> {
    /// The objects of a word, including those that count as dead already.
    #[cfg(feature = "check")]
    pub(crate) fn occupied(&self, word: usize) -> u64 {
        self.rows.occupied(word)
    }

    #[inline]
    pub(crate) fn word(&self, word: usize) -> u64 {
        self.rows.occupied(word) & !join(self.condemned.get(word).copied().unwrap_or_default())
    }
}
