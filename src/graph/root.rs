//! What the program holds.

use slotmap::KeyData;

use super::Graph;
#[cfg(all(feature = "rollback", feature = "std"))]
use crate::graph::roots::News;
use crate::graph::rows::Row;

impl<E> Graph<E> {
    /// Adds a root; false if the count is at its maximum.
    #[inline]
    pub(crate) fn add_root(&mut self, index: u32) -> bool {
        let is_added = self.roots.add(&mut self.headers, index);
        if is_added {
            self.colours.hold(None, index);
        }
        is_added
    }

    /// Takes so many roots away, which must be there; returns the row as it is then, of an object whose count has
    /// [fallen](super::Falling).
    #[must_use = "what nothing holds any more is to be queued, and all else to be suspected"]
    #[inline]
    pub(crate) fn take_roots(&mut self, index: u32, number: u32) -> Row {
        self.roots.subtract(&mut self.headers, index, number)
    }

    /// How many of an object's roots are free for `unroot` to take.
    #[inline]
    pub(crate) fn free_roots(&self, index: u32) -> u32 {
        self.roots.free(&self.headers, index)
    }

    /// Ends the row of the object that a key names, if one root is all that it speaks of; says whether it did.
    #[expect(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub(crate) fn leave_with_root(&mut self, key: KeyData) -> bool {
        let has_left = self.roots.are_free() && self.headers.leave_with_root(key);
        if has_left {
            self.roots.died();
        }
        has_left
    }

    /// Makes all of the roots that values hold into roots that nobody holds, in a clone.
    pub(crate) fn disown_roots(&mut self) {
        self.roots.disown();
    }

    /// The objects with roots that nobody holds, and how many; they are taken off the list.
    pub(crate) fn take_foreign_roots(&mut self) -> impl Iterator<Item = (u32, u32)> + use<E> {
        self.roots.take_foreign()
    }

    /// Notes that a value holds the root that was added last to an object.
    #[cfg(feature = "std")]
    pub(crate) fn hold_root(&mut self, index: u32) {
        self.roots.hold(index);
    }

    /// Adds a root that a value holds.
    #[cfg(feature = "std")]
    pub(crate) fn add_held_root(&mut self, index: u32) {
        if self.add_root(index) {
            self.roots.hold(index);
        } else {
            self.roots.hold_above(index);
        }
    }

    /// Counts the values that hold roots of an object, and not the roots, before the store goes back to a snapshot.
    #[cfg(all(feature = "rollback", feature = "std"))]
    pub(crate) fn count_held(&mut self, index: u32, news: News) {
        match news {
            News::Cloned => self.roots.hold(index),
            News::Dropped => {
                self.roots.let_go(index);
            }
        }
    }

    /// The objects of which values hold roots, in order, and how many values do.
    #[cfg(all(feature = "rollback", feature = "std"))]
    pub(crate) fn held_roots(&self) -> alloc::vec::Vec<(u32, u32)> {
        self.roots.held()
    }

    /// Takes away the root that a value held; says whether the count has [fallen](super::Falling) by that.
    #[must_use = "what nothing holds any more is to be queued, and all else to be suspected"]
    #[cfg(feature = "std")]
    pub(crate) fn take_held_root(&mut self, index: u32) -> bool {
        let falls = self.roots.let_go(index);
        if falls {
            self.roots.subtract(&mut self.headers, index, 1);
        }
        falls
    }

    /// Takes all roots of an object away, for a check of what is left without them.
    #[cfg(feature = "check")]
    pub(crate) fn forget_roots(&mut self, index: u32) {
        let roots = self.headers.node(index).roots();
        self.headers.take_roots(index, roots);
        self.roots.forget(index, roots);
    }
}
