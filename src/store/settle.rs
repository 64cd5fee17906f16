//! What a call leaves behind, and how the next one takes it up.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use slotmap::{Key, KeyData};

use crate::store::Store;

/// Code of the user runs, or it has panicked in the middle of something.
const INTERRUPTED: u8 = 1;
/// Something waits that only a finalizer keeps waiting.
const LEFT: u8 = 2;

/// Whether the next call that changes something has to do something else first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unsettled(u8);

impl Unsettled {
    #[inline]
    pub(super) fn is_any(self) -> bool {
        self.0 != 0
    }

    /// Zero if there is nothing to do first.
    #[inline]
    pub(super) fn bits(self) -> usize {
        self.0.into()
    }

    /// Code of the user is about to run: until [`resume`](Self::resume), a panic is noted. See
    /// [`Store::guarded`].
    #[inline]
    pub(super) fn interrupt(&mut self) {
        self.0 |= INTERRUPTED;
    }

    #[inline]
    pub(super) fn resume(&mut self) {
        self.0 &= !INTERRUPTED;
    }

    #[cfg(feature = "serde")]
    pub(super) fn saved(self) -> u8 {
        self.0
    }

    #[cfg(feature = "serde")]
    pub(super) fn restore(&mut self, bits: u8) -> Result<(), crate::form::Fault> {
        let is_known = bits & !(INTERRUPTED | LEFT) == 0;
        crate::form::demand!(is_known, "a store is unsettled in an unknown way: {bits}");
        self.0 = bits;
        Ok(())
    }

    /// Notes that this call leaves something to the next one.
    pub(super) fn leave(&mut self) {
        self.0 |= LEFT;
    }
}

/// How many finalizers a call may still run. It is kept where the call runs, and not in the store, in whose
/// place a finalizer may put another one.
#[derive(Debug)]
pub(super) struct Quota {
    pub(super) left: u64,
    /// No finalizer has put another store in the place of the one that the call is about. If one has, the
    /// call has nothing more to do.
    pub(super) is_same: bool,
}

impl Quota {
    #[inline]
    pub(super) fn of(left: u64) -> Self {
        let is_same = true;
        Self { left, is_same }
    }

    /// Whether the call may run no other finalizer.
    #[inline]
    pub(super) fn is_spent(&self) -> bool {
        self.left == 0 || !self.is_same
    }
}

/// Objects to be destroyed, whatever holds them, that wait for the finalizers of others.
#[derive(Clone, Debug, Default)]
pub(super) struct Condemned {
    /// Those of the calls that are running; the last one is next.
    pub(super) stack: Vec<KeyData>,
    /// Those that the outermost call destroys.
    pub(super) deferred: VecDeque<KeyData>,
}

impl Condemned {
    /// What is next, of those above a height of the stack and perhaps of those that were deferred.
    pub(super) fn next(&self, height: usize, with_deferred: bool) -> Option<KeyData> {
        let deferred = || self.deferred.front().filter(|_| with_deferred);
        let stacked = self.stack.get(height..).and_then(<[_]>::last);
        stacked.or_else(deferred).copied()
    }

    /// Takes off what is next.
    pub(super) fn pop(&mut self, height: usize) {
        if self.stack.len() > height {
            self.stack.pop();
        } else {
            self.deferred.pop_front();
        }
    }

    /// Forgets everything, after the store was emptied.
    pub(super) fn clear(&mut self) {
        self.stack.clear();
        self.deferred.clear();
    }

    pub(super) fn shrink(&mut self) {
        self.stack.shrink_to_fit();
        self.deferred.shrink_to_fit();
    }

    /// Bytes allocated.
    pub(super) fn memory(&self) -> usize {
        (self.stack.capacity() + self.deferred.capacity()) * size_of::<KeyData>()
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Whether a finalizer of this store is running.
    #[inline]
    pub(super) fn is_finalizing(&self) -> bool {
        self.within.is_finalizer()
    }

    /// Whether a scope is open or a finalizer runs, so that nothing may die.
    #[inline]
    pub(super) fn is_busy(&self) -> bool {
        self.scopes > 0 || self.is_finalizing()
    }

    /// Whether no collection may be worked on: a finalizer of this store is running, or its finalizers and
    /// observers must not be called.
    pub(super) fn is_barred(&self) -> bool {
        let is_told = !self.finalizers.is_empty() || !self.observers.is_empty();
        self.is_finalizing() || is_told && !self.within.admits(self.family)
    }

    /// How many finalizers this call may run: those that are left, and one. An object that is given one
    /// after this waits for the next call, so that finalizers which make more and more objects with
    /// finalizers keep no call busy for ever. What a finalizer calls counts as part of the call that runs it.
    #[inline]
    pub(super) fn quota(&self) -> Quota {
        if self.is_finalizing() {
            Quota::of(self.within.left)
        } else {
            Quota::of(self.finalizers.len() as u64 + 1)
        }
    }

    /// Whether a finalizer may run now.
    pub(super) fn may_finalize(&self, quota: &Quota) -> bool {
        !quota.is_spent() && self.within.admits(self.family)
    }

    /// The same for one that is to run: if it may not, it is left to the next call.
    pub(super) fn may_finalize_or_leaves(&mut self, quota: &Quota) -> bool {
        let may = self.may_finalize(quota);
        if !may {
            self.unsettled.leave();
        }
        may
    }

    /// Does what may run code of the user. If that panics, the next call goes on with what was interrupted.
    #[inline]
    pub(super) fn guarded<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        self.unsettled.interrupt();
        let result = work(self);
        self.unsettled.resume();
        result
    }

    /// Goes on with what an earlier call has left. Each call that changes something begins with this.
    #[inline]
    pub(super) fn settle(&mut self) {
        if self.unsettled.is_any() {
            self.catch_up();
        }
    }

    #[cold]
    #[inline(never)]
    fn catch_up(&mut self) {
        if self.is_barred() {
            return;
        }
        self.unsettled = Unsettled::default();
        let mut quota = self.quota();
        self.drop_rest();
        if self.finish_interrupted() {
            self.run_condemned(0, &mut quota);
        }
        if quota.is_same {
            self.reclaim_within(&mut quota);
        }
    }

    /// Drops what the dead left.
    pub(super) fn drop_rest(&mut self) {
        self.guarded(|store| store.objects.drop_rest());
    }

    /// What a copy of the store has to do first.
    pub(super) fn unsettled_copy(&self) -> Unsettled {
        let mut unsettled = self.unsettled;
        if self.is_busy() {
            unsettled.leave();
        }
        unsettled
    }
}
