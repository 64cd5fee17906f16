//! Edges between objects that are there.

use super::Graph;
use crate::graph::colours::Palette;
use crate::graph::pool::List;
use crate::graph::rows::{Headers, Heads, Row};
use crate::graph::suspects::Suspects;

impl<E> Graph<E> {
    /// Adds an edge at the end of the source's list; returns the label if a list is full.
    #[inline]
    pub(crate) fn link(&mut self, source: u32, label: E, target: u32) -> Result<(), E> {
        self.edges.own(&mut self.headers, source, label, target)?;
        self.hold(source, target);
        Ok(())
    }

    /// Removes the first edge from one object to another, whose lists are these. The count of the target has
    /// [fallen](super::Falling).
    #[must_use = "what nothing holds any more is to be queued, and all else to be suspected"]
    #[inline]
    pub(crate) fn unlink_between(&mut self, source: (u32, List), target: (u32, List)) -> Option<E> {
        self.edges.unlink_between(&mut self.headers, source, target)
    }

    /// Removes the edge at a position of the source's list; returns its target, whose count has
    /// [fallen](super::Falling), and its label.
    #[must_use = "what nothing holds any more is to be queued, and all else to be suspected"]
    #[inline]
    pub(crate) fn unlink_at(&mut self, source: u32, at: usize) -> (u32, E) {
        self.edges.unlink(&mut self.headers, source, at)
    }

    /// Whether there is room for an edge to move, once it is made.
    pub(crate) fn make_room_to_move(
        &mut self,
        source: u32,
        new_source: u32,
        new_target: u32,
    ) -> bool {
        if source == new_source {
            self.edges.make_target_room(&mut self.headers, new_target)
        } else {
            self.edges
                .make_room(&mut self.headers, new_source, new_target)
        }
    }

    /// Points the edge at a position of the source's list to another target, for which there is room; returns
    /// the old one, whose count has [fallen](super::Falling) if it is another.
    #[must_use = "what nothing holds any more is to be queued, and all else to be suspected"]
    pub(crate) fn retarget(&mut self, source: u32, at: usize, target: u32) -> u32 {
        self.headers.keep(source);
        let old = self.edges.retarget(&mut self.headers, source, at, target);
        self.headers.approach(source, target);
        self.hold(source, target);
        old
    }

    /// Makes the edge at a position of a list one of another source, for which there is room; returns the old
    /// target, whose count has [fallen](super::Falling) if it is another.
    #[must_use = "what nothing holds any more is to be queued, and all else to be suspected"]
    pub(crate) fn move_edge(
        &mut self,
        (source, at): (u32, usize),
        (new_source, new_target): (u32, u32),
    ) -> u32 {
        let (old, label) = self.unlink_at(source, at);
        let linked = self.link(new_source, label, new_target);
        debug_assert!(linked.is_ok(), "there was room for the edge");
        // Another source: the target may have lost its path to a root although its count is unchanged.
        self.suspects.add(&mut self.headers, new_target);
        old
    }

    /// The label of the edge at a position, to change.
    pub(crate) fn label_mut(&mut self, source: u32, at: usize) -> &mut E {
        self.headers.keep(source);
        let list = *self.headers.outgoing(source);
        self.edges.label_mut(list, at)
    }

    /// Adds a weak edge; returns the label if a list is full.
    pub(crate) fn link_weak(&mut self, source: u32, label: E, target: u32) -> Result<(), E> {
        self.headers.note(source);
        self.headers.note(target);
        self.weak.link(source, label, target)
    }

    /// Removes the weak edge at a position of the source's list; returns its target and its label.
    pub(crate) fn unlink_weak_at(&mut self, source: u32, at: usize) -> (u32, E) {
        self.headers.keep(source);
        self.weak.unlink(source, at)
    }

    /// Points the weak edge at a position of the source's list to another target; returns the old one, or
    /// `None` if there is no room.
    pub(crate) fn retarget_weak(&mut self, source: u32, at: usize, target: u32) -> Option<u32> {
        self.headers.note(target);
        self.headers.keep(source);
        let has_room = self.weak.make_target_room(target);
        has_room.then(|| self.weak.retarget(source, at, target))
    }

    /// Removes the last `most` weak edges of an object; their labels are still to be dropped.
    pub(crate) fn unlink_last_weak(&mut self, source: u32, most: usize) {
        self.headers.keep(source);
        self.weak.detach_last(source, &mut self.labels, most);
    }

    /// The label of the weak edge at a position, to change.
    pub(crate) fn weak_label_mut(&mut self, source: u32, at: usize) -> &mut E {
        self.headers.keep(source);
        self.weak.label_mut(source, at)
    }

    /// Notes that a table beside the rows has an object.
    pub(crate) fn note(&mut self, index: u32) {
        self.headers.note(index);
    }

    /// Looks at an object whose count fell and that something holds still: it is a suspect unless it is a leaf.
    #[inline]
    pub(crate) fn suspect(&mut self, index: u32, row: &Row) {
        self.suspects
            .add_unless_leaf(&mut self.headers, index, row.outgoing);
    }

    /// Tells the collections that run of a new edge.
    #[inline]
    fn hold(&mut self, source: u32, target: u32) {
        let Self {
            headers,
            colours,
            suspects,
            ..
        } = self;
        hold(headers, (colours, suspects), source, target);
    }
}

/// Tells the collections that run that an object holds another one, which it did not hold before, or at a place of
/// its list that is read already.
#[inline]
pub(super) fn hold(
    headers: &mut Headers,
    (colours, suspects): (&mut Palette, &mut Suspects),
    source: u32,
    target: u32,
) {
    if colours.hold(Some(source), target) {
        // The source may be garbage: born since, or reached before it was let go of.
        suspects.add_floating(headers, target);
    }
}
