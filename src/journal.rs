//! What tables were like before they were changed, kept while a snapshot is alive.
//!
//! Each table that a snapshot must not copy has a [`Journal`] of its own: before a part of it changes for the first
//! time since the last snapshot, the part goes into the log. Going back exchanges what is in the log for what is in
//! the table, so that the log leads forward again afterwards.

#[cfg(feature = "rollback")]
use alloc::boxed::Box;
#[cfg(feature = "rollback")]
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
#[cfg(feature = "rollback")]
use core::mem;

/// The log of a table, if one is kept. Without the feature `rollback` none ever is: it takes no memory, and asking
/// for it no time.
pub(crate) struct Journal<L> {
    #[cfg(feature = "rollback")]
    log: Option<Box<L>>,
    none: PhantomData<L>,
}

impl<L> Journal<L> {
    /// Whether a log is kept.
    #[expect(clippy::inline_always, reason = "it is asked before each change")]
    #[cfg_attr(
        not(feature = "rollback"),
        expect(clippy::unused_self, reason = "none is")
    )]
    #[inline(always)]
    pub(crate) fn is_on(&self) -> bool {
        #[cfg(feature = "rollback")]
        return self.log.is_some();
        #[cfg(not(feature = "rollback"))]
        false
    }
}

#[cfg(feature = "rollback")]
impl<L> Journal<L> {
    #[inline]
    pub(crate) fn log(&mut self) -> Option<&mut L> {
        self.log.as_deref_mut()
    }

    /// The log, which is kept from now on.
    pub(crate) fn start(&mut self, new: impl FnOnce() -> L) -> &mut L {
        self.log.get_or_insert_with(|| Box::new(new()))
    }

    /// Keeps none any more.
    pub(crate) fn stop(&mut self) {
        self.log = None;
    }

    /// The log, to read.
    pub(crate) fn read(&self) -> Option<&L> {
        self.log.as_deref()
    }
}

impl<L> Default for Journal<L> {
    fn default() -> Self {
        Self {
            #[cfg(feature = "rollback")]
            log: None,
            none: PhantomData,
        }
    }
}

impl<L> Clone for Journal<L> {
    /// A copy of a table has no snapshots.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<L> fmt::Debug for Journal<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Journal").field(&self.is_on()).finish()
    }
}

/// How many parts of a table are fetched at a time before they are exchanged, so that none waits for another one.
#[cfg(feature = "rollback")]
const AHEAD: usize = 64;

/// Parts as they were, in the order in which they have changed. They are not moved when there are more: there are many
/// logs, which all grow after a snapshot.
#[cfg(feature = "rollback")]
#[derive(Debug)]
pub(crate) struct Log<P> {
    full: Vec<Vec<P>>,
    last: Vec<P>,
}

#[cfg(feature = "rollback")]
impl<P> Log<P> {
    /// The room of a first piece: some parts, if they are small.
    const FIRST: usize = {
        let few = 512 / (size_of::<P>() + 1);
        if few < 2 { 2 } else { few }
    };

    pub(crate) const fn new() -> Self {
        Self {
            full: Vec::new(),
            last: Vec::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.full.is_empty() && self.last.is_empty()
    }

    fn len(&self) -> usize {
        self.full.iter().map(Vec::len).sum::<usize>() + self.last.len()
    }

    #[inline]
    pub(crate) fn push(&mut self, part: P) {
        if self.last.len() == self.last.capacity() {
            self.make_room();
        }
        self.last.push(part);
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        let room = (2 * self.last.len()).clamp(Self::FIRST, LONGEST);
        let full = mem::replace(&mut self.last, Vec::with_capacity(room));
        if !full.is_empty() {
            self.full.push(full);
        }
    }

    /// Takes all that there is; as much may come again. What is taken may be kept for long, and has no more room than
    /// it needs.
    pub(crate) fn take(&mut self) -> Self {
        let next = Self {
            full: Vec::new(),
            last: Vec::with_capacity(self.len().min(LONGEST)),
        };
        let mut taken = mem::replace(self, next);
        if taken.last.len() <= taken.last.capacity() / 2 {
            taken.last.shrink_to_fit();
        }
        taken
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &P> {
        self.full.iter().flatten().chain(&self.last)
    }

    /// All parts, as many at a time as are fetched together.
    pub(crate) fn batches_mut(&mut self) -> impl Iterator<Item = &mut [P]> {
        let all = self.full.iter_mut().chain([&mut self.last]);
        all.flat_map(|parts| parts.chunks_mut(AHEAD))
    }

    /// Bytes allocated, without what parts own.
    pub(crate) fn memory(&self) -> usize {
        let full = self.full.iter().map(Vec::capacity).sum::<usize>();
        (full + self.last.capacity()) * size_of::<P>() + self.full.capacity() * size_of::<Vec<P>>()
    }
}

/// The most parts of a piece of a log.
#[cfg(feature = "rollback")]
const LONGEST: usize = 1 << 14;

/// Runs what copies values for a snapshot: a `Root` in such a copy holds nothing.
#[cfg(feature = "rollback")]
pub(crate) fn copying<R>(copy: impl FnOnce() -> R) -> R {
    #[cfg(feature = "std")]
    let _copying = copies::Copying::begin();
    copy()
}

/// Whether a value is being copied for a snapshot.
#[cfg(feature = "std")]
pub(crate) fn is_copying() -> bool {
    #[cfg(feature = "rollback")]
    return copies::is_copying();
    #[cfg(not(feature = "rollback"))]
    false
}

#[cfg(all(feature = "rollback", feature = "std"))]
mod copies {
    use core::cell::Cell;

    std::thread_local! {
        static IS_COPYING: Cell<bool> = const { Cell::new(false) };
    }

    pub(super) fn is_copying() -> bool {
        IS_COPYING.get()
    }

    /// A copy is made until this is dropped.
    pub(super) struct Copying {
        was: bool,
    }

    impl Copying {
        pub(super) fn begin() -> Self {
            Self {
                was: IS_COPYING.replace(true),
            }
        }
    }

    impl Drop for Copying {
        fn drop(&mut self) {
            IS_COPYING.set(self.was);
        }
    }
}

/// Which parts of a table are in its log, a bit each.
#[cfg(feature = "rollback")]
#[derive(Debug, Default)]
pub(crate) struct Seen(Vec<u64>);

#[cfg(feature = "rollback")]
impl Seen {
    /// Notes a part; says whether it was noted before.
    #[inline]
    pub(crate) fn note(&mut self, at: usize) -> bool {
        let Some(word) = self.0.get_mut(at / 64) else {
            self.note_further(at);
            return false;
        };
        let was = *word >> (at % 64) & 1 == 1;
        *word |= 1 << (at % 64);
        was
    }

    /// Makes room for a part, and notes it.
    #[cold]
    #[inline(never)]
    fn note_further(&mut self, at: usize) {
        let words = (at / 64 + 1).next_power_of_two();
        self.0.resize(words, 0);
        self.0[at / 64] |= 1 << (at % 64);
    }

    /// Whether a part is noted.
    #[inline]
    pub(crate) fn has(&self, at: usize) -> bool {
        let word = self.0.get(at / 64);
        word.is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Forgets a part, and maybe its neighbours, when all are to be forgotten.
    #[inline]
    pub(crate) fn forget_near(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word = 0;
        }
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.0.capacity() * size_of::<u64>()
    }
}

#[cfg(all(test, feature = "rollback"))]
mod tests {
    use super::*;

    #[test]
    fn a_log_gives_back_in_order_what_it_was_given() {
        let mut log = Log::new();
        for parts in [0, 1, 31, 32, 33, 1_000, 3 * LONGEST, 5] {
            (0..parts).for_each(|part| log.push(part));
            let mut taken = log.take();
            assert!(log.is_empty());
            assert!(log.last.capacity() >= parts.min(LONGEST));
            assert!(taken.iter().copied().eq(0..parts));
            assert!(taken.memory() <= 2 * size_of::<usize>() * parts + 1_024);
            let batches = taken
                .batches_mut()
                .inspect(|batch| assert!(batch.len() <= AHEAD));
            assert!(batches.flatten().map(|part| *part).eq(0..parts));
        }
    }

    #[test]
    fn what_is_noted_stays_so_until_it_is_forgotten() {
        let mut seen = Seen::default();
        for at in [0, 63, 64, 5_000, 1] {
            assert!(!seen.has(at));
            assert!(!seen.note(at));
            assert!(seen.note(at) && seen.has(at));
        }
        seen.forget_near(64);
        assert_eq!([63, 64, 5_000].map(|at| seen.has(at)), [true, false, true]);
    }
}
