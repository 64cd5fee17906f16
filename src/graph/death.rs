//! Edges that go with the dying, and the ends of their rows.

use slotmap::KeyData;

use super::Graph;
use crate::graph::colours::Palette;
use crate::graph::pool::List;
use crate::graph::rows::{Headers, Node, Row};
use crate::graph::suspects::Suspects;

/// The objects whose counts fall while edges are removed. Each is either [queued](Self::queue) for reclaim, or
/// [suspected](Self::suspect) of being garbage.
pub(crate) struct Falling<'g> {
    headers: &'g mut Headers,
    colours: &'g mut Palette,
    suspects: &'g mut Suspects,
}

impl Falling<'_> {
    #[inline]
    pub(crate) fn key(&self, index: u32) -> KeyData {
        self.headers.key(index)
    }

    /// Whether a table beside the rows may have an object.
    #[inline]
    pub(crate) fn is_noted(&self, index: u32) -> bool {
        self.headers.node(index).is_noted()
    }

    /// Whether nothing holds an object.
    #[inline]
    pub(crate) fn is_unheld(&self, index: u32) -> bool {
        self.headers.is_unheld(index)
    }

    /// Notes that an object is queued for reclaim; returns whether it was not.
    #[inline]
    pub(crate) fn queue(&mut self, index: u32) -> bool {
        let is_new = !self.headers.set_pending(index);
        if is_new {
            self.colours.hold(None, index);
        }
        is_new
    }

    /// Notes an object that something holds still, unless it is a leaf.
    #[inline]
    pub(crate) fn suspect(&mut self, index: u32) {
        self.suspects.add(self.headers, index);
    }
}

/// The targets of what dies plainly, while no collection runs.
pub(crate) struct Targets<'g> {
    headers: &'g mut Headers,
}

impl Targets<'_> {
    /// Whether an object is queued for reclaim.
    #[inline]
    pub(crate) fn is_queued(&self, index: u32) -> bool {
        self.headers.is_pending(index)
    }

    /// Notes that an object is queued for reclaim; returns whether it was.
    #[inline]
    pub(crate) fn queue(&mut self, index: u32) -> bool {
        self.headers.set_pending(index)
    }
}

impl<E> Graph<E> {
    /// All objects, as those whose counts may have fallen.
    #[inline]
    pub(crate) fn falling(&mut self) -> Falling<'_> {
        Falling {
            headers: &mut self.headers,
            colours: &mut self.colours,
            suspects: &mut self.suspects,
        }
    }

    /// Notes that an object is not queued for reclaim any more.
    #[inline]
    pub(crate) fn unqueue(&mut self, index: u32) {
        self.headers.clear_pending(index);
    }

    /// Removes the last `most` edges of an object that stays or dies later, last to first; `each` is called with
    /// the target of each, after that has lost it. Returns how many there were.
    #[inline]
    pub(crate) fn detach_last(
        &mut self,
        source: u32,
        most: usize,
        mut each: impl FnMut(&mut Falling<'_>, u32),
    ) -> usize {
        let Self {
            headers,
            edges,
            colours,
            suspects,
            labels,
            ..
        } = self;
        let skip = |_| false;
        edges.detach_last(headers, source, labels, most, skip, |headers, target| {
            each(
                &mut Falling {
                    headers,
                    colours,
                    suspects,
                },
                target,
            );
        })
    }

    /// Removes the first `most` edges of an object, first to last. Targets for which `skip` answers true are not
    /// told. Returns how many positions of the list it has looked at.
    #[inline]
    pub(crate) fn detach_first(
        &mut self,
        source: u32,
        most: usize,
        skip: impl FnMut(u32) -> bool,
        mut each: impl FnMut(&mut Falling<'_>, u32),
    ) -> usize {
        let Self {
            headers,
            edges,
            colours,
            suspects,
            labels,
            ..
        } = self;
        edges.detach_first(headers, source, labels, most, skip, |headers, target| {
            each(
                &mut Falling {
                    headers,
                    colours,
                    suspects,
                },
                target,
            );
        })
    }

    /// Removes all edges of an object that leaves now, last to first; `each` is told the target's version too.
    /// The list is left for [`vacate`](Self::vacate) to forget.
    #[inline]
    pub(crate) fn detach_all(
        &mut self,
        outgoing: List,
        mut each: impl FnMut(&mut Falling<'_>, u32, u32),
    ) {
        let Self {
            headers,
            edges,
            colours,
            suspects,
            labels,
            ..
        } = self;
        edges.detach_all(headers, outgoing, labels, |headers, target, version| {
            each(
                &mut Falling {
                    headers,
                    colours,
                    suspects,
                },
                target,
                version,
            );
        });
    }

    /// The same for an object that dies plainly, while no collection runs; `each` is told the target's node, as it
    /// was, and whether the edge was the only one to it.
    #[expect(clippy::inline_always, reason = "it is the body of a loop")]
    #[inline(always)]
    pub(crate) fn detach_dying(
        &mut self,
        (outgoing, len): (List, usize),
        mut each: impl FnMut(&mut Targets<'_>, u32, &Node, bool),
    ) {
        debug_assert!(!self.colours.is_busy(), "no collection is told");
        let Self { headers, edges, .. } = self;
        edges.detach_dying(
            headers,
            (outgoing, len),
            |headers, target, node, was_only| {
                each(&mut Targets { headers }, target, node, was_only);
            },
        );
    }

    /// Removes all edges to an object, and calls `each` with the source of each. Returns how many there were.
    pub(crate) fn detach_incoming(&mut self, target: u32, mut each: impl FnMut(u32)) -> usize {
        let Self {
            headers,
            edges,
            labels,
            ..
        } = self;
        let all = usize::MAX;
        edges.detach_incoming(headers, target, labels, all, |_, source| each(source))
    }

    /// Removes the last `most` weak edges of an object, as far as there are any; returns how many.
    #[inline]
    pub(crate) fn detach_weak(&mut self, index: u32, most: usize) -> usize {
        if self.headers.node(index).is_noted() {
            if self.weak.is_recorded() {
                // These lose an edge.
                for source in self.weak.sources(index) {
                    self.headers.keep(source.node);
                }
            }
            self.weak.detach(index, &mut self.labels, most)
        } else {
            0
        }
    }

    /// Forgets the edges to an object, whose sources all die with it.
    pub(crate) fn forget_incoming(&mut self, index: u32) {
        self.edges.forget_incoming(&mut self.headers, index);
    }

    /// Forgets both lists of an object, where all others die too.
    pub(crate) fn forget_edges(&mut self, index: u32) {
        let Self {
            headers,
            edges,
            labels,
            ..
        } = self;
        edges.forget_outgoing(headers, index, labels);
        edges.forget_incoming(headers, index);
    }

    /// Forgets both lists of one of the `dead` that no table has and that has at most so many edges, if all of
    /// these lead to others of the dead. Returns how many edges there were.
    #[inline]
    pub(crate) fn forget_if_closed(
        &mut self,
        index: u32,
        most: u64,
        is_dead: impl Fn(u32) -> bool,
    ) -> Option<usize> {
        let block = self.headers.block_mut(index);
        let row = block.row(index);
        let targets = row.outgoing.len();
        // First whether it fits: of a hub that does not, each slice would look at all edges.
        let is_small = !row.node.is_noted() && targets as u64 <= most;
        let is_closed = is_small && self.edges.leads_only_to(row.outgoing, is_dead);
        if is_closed {
            block.empty_lists(index);
            self.edges.forget(row, &mut self.labels);
        }
        is_closed.then_some(targets)
    }

    /// Ends the row of an object, to which no edge leads any more and whose own edges are gone, and all that is
    /// known of it beside that. Returns the row as it was.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn vacate(&mut self, index: u32) -> Row {
        let row = self.headers.vacate(index);
        self.forget(index, &row.node);
        row
    }

    /// The same for one whose edges all join it to others that leave with it: they are forgotten.
    pub(crate) fn vacate_linked(&mut self, index: u32) -> Row {
        let row = self.vacate(index);
        self.edges.forget(row, &mut self.labels);
        row
    }

    /// The same, where its bits are left for [`clear_flags`](Self::clear_flags).
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn vacate_linked_row(&mut self, index: u32) -> Row {
        let row = self.headers.vacate_row(index);
        self.edges.forget(row, &mut self.labels);
        self.forget(index, &row.node);
        row
    }

    /// The same where no collection runs, bits and all.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn leave_linked(&mut self, index: u32) -> Row {
        let row = self.headers.vacate(index);
        self.edges.forget(row, &mut self.labels);
        if row.node.is_suspected() {
            self.suspects.forget(index);
        }
        row
    }

    /// The same for an object without edges and roots that is no suspect, while no collection runs.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn leave(&mut self, index: u32) {
        self.headers.leave(index);
    }

    /// Forgets what is known of an object beside its row.
    #[inline]
    fn forget(&mut self, index: u32, node: &Node) {
        self.colours.forget(index);
        if node.has_more() {
            self.forget_more(index, node);
        }
    }

    #[inline(never)]
    fn forget_more(&mut self, index: u32, node: &Node) {
        if node.is_suspected() {
            self.suspects.forget(index);
        }
        if node.roots() > 0 {
            self.roots.forget(index, node.roots());
        }
    }

    /// Takes an object off the list of suspects.
    pub(crate) fn clear_suspect(&mut self, index: u32) {
        self.suspects.forget(index);
    }

    /// Clears all bits of these slots of a block, whose rows were vacated.
    pub(crate) fn clear_flags(&mut self, word: usize, slots: u64) {
        self.headers.clear_flags(word, slots);
    }

    /// Whether labels of removed edges wait for their `Drop`.
    #[inline]
    pub(crate) fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    /// Drops the labels of removed edges.
    pub(crate) fn drop_labels(&mut self) {
        self.labels.clear();
    }

    /// The labels that wait for their `Drop`.
    #[cfg(feature = "check")]
    pub(crate) fn labels(&self) -> &[E] {
        &self.labels
    }
}
