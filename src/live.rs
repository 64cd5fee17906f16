//! What queries know of the objects.

use slotmap::KeyData;

use crate::bits::{Word, join};
use crate::graph::rows::Rows;

/// Which objects are alive, and what their handles are: all that components need to know about them.
///
/// Indices are `arena << 12 | slot`; slot 0 of an arena is never alive.
pub(crate) trait Live {
    /// Number of arenas; every live index is below `arenas() << 12`.
    fn arenas(&self) -> usize;

    /// Whether any objects count as dead already.
    fn has_condemned(&self) -> bool;

    /// Called once for each arena that is iterated over.
    fn arena(&self, arena: usize) -> LiveArena<'_>;

    /// The index of a live object, `None` for a stale or null handle.
    fn resolve(&self, key: KeyData) -> Option<u32>;
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
