//! The tricolor collector, and tracing back.

pub(crate) mod backtrace;
pub(crate) mod trace_queue;
pub(crate) mod machine;
pub(crate) mod marker;
pub(crate) mod levels;
pub(crate) mod pace;
pub(crate) mod root_scan;
pub(crate) mod schedule;
pub(crate) mod sweeper;

use bumpalo::Bump;
use sync_wrapper::SyncWrapper;

use pace::Collected;

/// How far a piece of work has brought a collection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Progress {
    /// The budget is used up.
    Paused,
    /// An object's finalizer is to be run.
    Finalize(u32),
    /// All finalizers have run: what fell to zero in them is to be reclaimed.
    Finalized,
    Done(Collected),
}

/// What a collection is doing: see [`Store::phase`](crate::Store::phase).
///
/// `Ord` goes from the first to the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// No collection runs.
    #[default]
    Idle,
    /// What can be reached from a root is marked.
    Mark,
    /// The finalizers of garbage run.
    Finalize,
    /// What the finalizers have saved is marked. At the end the rest of the garbage is dead.
    Check,
    /// The dead leave the store. No look-up finds them, but edges from them still count.
    Sweep,
}

/// Memory that is used only within one call, and then reset.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    bump: SyncWrapper<Bump>,
    /// What it has allocated: a shared borrow of it can't be asked.
    memory: usize,
}

impl Scratch {
    /// Does something with the memory, which is empty.
    #[inline]
    pub(crate) fn with<R>(&mut self, work: impl FnOnce(&Bump) -> R) -> R {
        let bump = self.bump.get_mut();
        bump.reset();
        let result = work(bump);
        self.memory = bump.allocated_bytes_including_metadata();
        result
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }
}

impl Clone for Scratch {
    fn clone(&self) -> Self {
        Self::default()
    }
}
