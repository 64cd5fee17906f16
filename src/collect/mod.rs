//! The tricolor collector, and tracing back.

pub(crate) mod backtrace;
pub(crate) mod frontier;
pub(crate) mod machine;
pub(crate) mod marker;
pub(crate) mod pace;
pub(crate) mod roots;
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
