//! The edges of objects that die, or that let go of all: all of the edges, or as many as a budget allows.

use alloc::vec::Vec;
use core::ops::Range;

use super::Edges;
use crate::graph::pool::{Entry, List, NodesOf};
use crate::graph::rows::{Headers, Heads, Node, Row};

impl<E> Edges<E> {
    /// Removes every outgoing edge, last to first, and calls `each` with its target after the
    /// target has lost it. Targets for which `skip` answers true keep their entry.
    #[inline]
    pub(crate) fn detach_outgoing<H: Heads>(
        &mut self,
        heads: &mut H,
        source: u32,
        labels: &mut Vec<E>,
        mut skip: impl FnMut(u32) -> bool,
        mut each: impl FnMut(&mut H, u32),
    ) {
        let list = *heads.outgoing(source);
        let len = list.len();
        for at in (0..len).rev() {
            let entry = self.outgoing.entry(list, at);
            if entry.node != 0 && !skip(entry.node) {
                if !heads.incoming_mut(entry.node).take_only() {
                    self.detach_stale(heads, (list, at), entry);
                }
                each(heads, entry.node);
            }
        }
        if !list.is_empty() {
            let edges = self.outgoing.clear(heads.outgoing_mut(source), labels);
            self.lose(edges);
        }
    }

    /// Removes the first `most` edges of an object, first to last, or all if there are fewer; calls `each` with
    /// the target of each after that has lost it, so that a target which falls to zero does so at its last
    /// place in the list. Targets for which `skip` answers true keep their entry.
    ///
    /// Returns how many positions of the list it has looked at.
    pub(crate) fn detach_first<H: Heads>(
        &mut self,
        heads: &mut H,
        source: u32,
        labels: &mut Vec<E>,
        most: usize,
        mut skip: impl FnMut(u32) -> bool,
        mut each: impl FnMut(&mut H, u32),
    ) -> usize {
        let list = *heads.outgoing(source);
        let first = self.first(list);
        let end = list.len().min(first.saturating_add(most));
        for at in first..end {
            let entry = self.outgoing.entry(list, at);
            if entry.node != 0 && !skip(entry.node) {
                self.detach_entry(heads, entry);
                each(heads, entry.node);
            }
        }
        if end < list.len() {
            self.drop_first(heads, source, labels, first..end);
        } else if !list.is_empty() {
            self.forget_outgoing(heads, source, labels);
        }
        end - first
    }

    /// Removes every edge of an object that leaves with its edges, first to last, and hands each target out with
    /// the label. Targets for which `skip` answers true keep their entry.
    pub(crate) fn take_outgoing(
        &mut self,
        heads: &mut impl Heads,
        source: u32,
        mut skip: impl FnMut(u32) -> bool,
        each: impl FnMut(u32, E),
    ) {
        let list = *heads.outgoing(source);
        for at in self.first(list)..list.len() {
            let entry = self.outgoing.entry(list, at);
            if entry.node != 0 && !skip(entry.node) {
                self.detach_entry(heads, entry);
            }
        }
        // Nothing is as yet handed out, so that no list is half taken.
        let edges = self.outgoing.take_all(heads.outgoing_mut(source), each);
        self.lose(edges);
    }

    /// Takes the first entries, whose counterparts are gone, out of the list of an object, which has more.
    fn drop_first(
        &mut self,
        heads: &mut impl Heads,
        source: u32,
        labels: &mut Vec<E>,
        range: Range<usize>,
    ) {
        let may_have_holes = heads.outgoing(source).may_have_holes();
        for at in range {
            let list = heads.outgoing_mut(source);
            let label = if !may_have_holes {
                self.outgoing.shift_remove(list, 0)
            } else if self.outgoing.is_edge(*list, at) {
                self.outgoing.make_hole(list, at)
            } else {
                continue;
            };
            self.lose(1);
            if core::mem::needs_drop::<E>() {
                labels.push(label);
            }
        }
    }

    /// Removes every edge of an object that leaves the store now, whose list is `outgoing`, last to
    /// first. Calls `each` with its target, and the target's version, after the target has lost it. The
    /// list itself is left for the caller to forget.
    #[inline]
    pub(crate) fn detach_all(
        &mut self,
        headers: &mut Headers,
        outgoing: List,
        labels: &mut Vec<E>,
        mut each: impl FnMut(&mut Headers, u32, u32),
    ) {
        let may_have_holes = outgoing.may_have_holes();
        for at in (0..outgoing.len()).rev() {
            let entry = self.outgoing.entry(outgoing, at);
            if may_have_holes && entry.node == 0 {
                continue;
            }
            let node = headers.node_mut(entry.node);
            let version = node.version;
            if !node.incoming.take_only() {
                self.detach_stale(headers, (outgoing, at), entry);
            }
            each(headers, entry.node, version);
        }
        let edges = self.outgoing.free(outgoing, labels);
        self.lose(edges);
    }

    /// Removes every edge of an object that dies plainly, last to first. Calls `each` with its target, after that
    /// has lost it, and whether it was the only edge to it. The list itself is left for the caller to forget.
    #[expect(clippy::inline_always, reason = "it is the body of a loop")]
    #[inline(always)]
    pub(crate) fn detach_dying(
        &mut self,
        headers: &mut Headers,
        (outgoing, len): (List, usize),
        mut each: impl FnMut(&mut Headers, u32, &Node, bool),
    ) {
        for at in (0..len).rev() {
            let target = self.outgoing.node(outgoing, at);
            if outgoing.may_have_holes() && target == 0 {
                continue;
            }
            let row = headers.node_mut(target);
            let node = *row;
            let was_only = row.incoming.take_only();
            if !was_only {
                let entry = self.outgoing.entry(outgoing, at);
                self.detach_stale(headers, (outgoing, at), entry);
            }
            each(headers, target, &node, was_only);
        }
        let edges = self.outgoing.free(outgoing, &mut Vec::new());
        self.lose(edges);
    }

    /// Takes the counterpart of an outgoing entry, which stays where it is for now, out of a list that has a block.
    #[inline(never)]
    fn detach_stale(&mut self, heads: &mut impl Heads, (list, at): (List, usize), entry: Entry) {
        // So that no search takes it for a parallel edge that gets its place.
        let mut list = list;
        self.outgoing.set_back(&mut list, at, u32::MAX);
        self.detach_one_of(heads, entry);
    }

    /// The same for the last `most` edges of an object that stays; returns how many were removed.
    pub(crate) fn detach_last<H: Heads>(
        &mut self,
        heads: &mut H,
        source: u32,
        labels: &mut Vec<E>,
        most: usize,
        mut skip: impl FnMut(u32) -> bool,
        mut each: impl FnMut(&mut H, u32),
    ) -> usize {
        let len = heads.outgoing(source).len();
        if len <= most {
            self.detach_outgoing(heads, source, labels, skip, each);
            return len;
        }
        let mut removed = 0;
        while removed < most && !heads.outgoing(source).is_empty() {
            // No list ends in a hole.
            let at = heads.outgoing(source).len() - 1;
            let target = self.outgoing.nodes(heads.outgoing(source))[at];
            if !skip(target) {
                self.detach_target(heads, source, at);
                each(heads, target);
            }
            let label = self.outgoing.pop(heads.outgoing_mut(source));
            self.lose(1);
            removed += 1;
            if core::mem::needs_drop::<E>() {
                labels.push(label);
            }
        }
        removed
    }

    /// Removes the last `most` incoming edges, or all if there are fewer, and calls `each` with the source of
    /// each. Returns how many they were.
    pub(crate) fn detach_incoming<H: Heads>(
        &mut self,
        heads: &mut H,
        target: u32,
        labels: &mut Vec<E>,
        most: usize,
        mut each: impl FnMut(&mut H, u32),
    ) -> usize {
        let most = most.min(heads.incoming(target).len());
        for _ in 0..most {
            let last = heads.incoming(target).len() - 1;
            let Entry {
                node: source,
                back: hint,
            } = self.incoming.entry(*heads.incoming(target), last);
            self.incoming.swap_remove(heads.incoming_mut(target), last);
            let (node, back) = (target, super::narrow(last));
            let at = self.locate(*heads.outgoing(source), hint, Entry { node, back });
            labels.push(self.drop_entry(heads, source, at));
            each(heads, source);
        }
        most
    }

    /// Forgets the entries in the lists of an object whose sources and targets all die with it. Its row
    /// has forgotten the lists.
    #[expect(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub(crate) fn forget(&mut self, row: Row, labels: &mut Vec<E>) {
        let Row { node, outgoing } = row;
        let edges = self.outgoing.free(outgoing, labels);
        self.lose(edges);
        self.incoming.free(node.incoming, &mut Vec::new());
    }

    /// Forgets the incoming entries of an object whose sources all die with it.
    pub(crate) fn forget_incoming(&mut self, heads: &mut impl Heads, target: u32) {
        self.incoming
            .clear(heads.incoming_mut(target), &mut Vec::new());
    }

    /// Forgets the outgoing entries of an object whose targets all die with it.
    pub(crate) fn forget_outgoing(
        &mut self,
        heads: &mut impl Heads,
        source: u32,
        labels: &mut Vec<E>,
    ) {
        let edges = self.outgoing.clear(heads.outgoing_mut(source), labels);
        self.lose(edges);
    }
}
