//! Adjacency tables, outgoing and incoming: the only writer of edges.
//!
//! Each edge is an entry in the list of its source and one in the list of its target, and each of
//! the two knows the other's position. So an edge that has been found is removed in O(1), and it is
//! looked for in the shorter of the two lists (or in the out-list, if that has up to 16 entries).
//!
//! Out-lists keep their order. When an edge of a short one goes, those behind it move up without telling their
//! targets, each of which would be looked up for it: the position that a target knows is then too high, and
//! the edge is looked for from there [downwards](Edges::locate). Long lists are left with holes.

use core::ops::Range;

use crate::graph::pool::{CloseUp, Entry, Incoming, List, NodesOf, Outgoing, WINDOW, matches};
use crate::graph::rows::{Headers, Heads};
use crate::index::narrow;

mod bulk;
mod detach;
#[cfg(feature = "rollback")]
mod journal;
mod order;
#[cfg(feature = "serde")]
mod saved;

#[cfg(feature = "rollback")]
pub(crate) use journal::{EdgeChanges, Outline};
#[cfg(feature = "serde")]
pub(crate) use saved::{Group, Plan};

/// The edges of one kind, strong or weak.
#[derive(Debug)]
pub(crate) struct Edges<E> {
    outgoing: Outgoing<E>,
    incoming: Incoming,
    /// How many edges there are, if labels take memory: others are counted as there are edges.
    len: usize,
}

impl<E: Clone> Clone for Edges<E> {
    fn clone(&self) -> Self {
        Self {
            outgoing: self.outgoing.clone(),
            incoming: self.incoming.clone(),
            len: self.len,
        }
    }

    /// Keeps the memory that there is.
    fn clone_from(&mut self, source: &Self) {
        self.outgoing.clone_from(&source.outgoing);
        self.incoming.clone_from(&source.incoming);
        self.len = source.len;
    }
}

impl<E> Default for Edges<E> {
    fn default() -> Self {
        Self {
            outgoing: Outgoing::default(),
            incoming: Incoming::default(),
            len: 0,
        }
    }
}

impl<E> Edges<E> {
    /// How many edges there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        if Outgoing::<E>::IS_LABELLED {
            self.len
        } else {
            self.outgoing.units()
        }
    }

    /// Notes that there are so many edges more.
    #[inline]
    fn gain(&mut self, edges: usize) {
        if Outgoing::<E>::IS_LABELLED {
            self.len += edges;
        }
    }

    /// Notes that so many edges have gone, with their labels.
    #[inline]
    fn lose(&mut self, edges: usize) {
        if Outgoing::<E>::IS_LABELLED {
            self.len -= edges;
        }
    }

    /// Adds an edge at the end of the source's list; returns the label if a list is full.
    #[inline]
    pub(crate) fn link(
        &mut self,
        heads: &mut impl Heads,
        source: u32,
        label: E,
        target: u32,
    ) -> Result<(), E> {
        if !self.make_room(heads, source, target) {
            return Err(label);
        }
        let entry = Entry {
            node: source,
            back: narrow(heads.outgoing(source).len()),
        };
        let back = self.incoming.put(heads.incoming_mut(target), entry, ());
        let entry = Entry { node: target, back };
        self.outgoing.put(heads.outgoing_mut(source), entry, label);
        self.gain(1);
        Ok(())
    }

    /// Adds a strong edge at the end of the source's list, and notes how near to a root it brings the
    /// target; returns the label if a list is full.
    #[inline]
    pub(crate) fn own(
        &mut self,
        headers: &mut Headers,
        source: u32,
        label: E,
        target: u32,
    ) -> Result<(), E> {
        // The list that has no labels first: a list with labels gets no block that it does not need.
        let incoming = headers.incoming_mut(target);
        if !self.incoming.make_room(incoming) {
            return Err(label);
        }
        let entry = Entry {
            node: target,
            back: narrow(incoming.len()),
        };
        let block = headers.block_mut(source);
        let near = block.node(source).distance().saturating_add(1);
        let outgoing = block.outgoing_mut(source);
        let back = if Outgoing::<E>::has_room(*outgoing) {
            self.outgoing.put(outgoing, entry, label)
        } else if self.grow(headers, source) {
            self.outgoing
                .put(headers.outgoing_mut(source), entry, label)
        } else {
            return Err(label);
        };
        let entry = Entry { node: source, back };
        let node = headers.node_mut(target);
        self.incoming.put(&mut node.incoming, entry, ());
        if near < node.distance() {
            node.set_distance(near);
        }
        self.gain(1);
        Ok(())
    }

    /// Whether there is room for one more edge in a list of outgoing ones.
    #[inline]
    pub(crate) fn has_room(outgoing: List) -> bool {
        Outgoing::<E>::has_room(outgoing)
    }

    /// Makes room for one more edge of an object; false if its list is at its maximum.
    #[inline]
    pub(crate) fn make_source_room(&mut self, heads: &mut impl Heads, source: u32) -> bool {
        Self::has_room(*heads.outgoing(source)) || self.grow(heads, source)
    }

    /// Makes room in a full list of outgoing edges.
    #[inline(never)]
    fn grow(&mut self, heads: &mut impl Heads, source: u32) -> bool {
        let list = heads.outgoing_mut(source);
        let was_short = !list.may_have_holes();
        let has_room = self.outgoing.make_room(list);
        let list = *list;
        if was_short && list.may_have_holes() {
            // From here on targets know exactly where their edges are.
            for at in 0..list.len() {
                let entry = self.outgoing.entry(list, at);
                self.tell_target(heads, entry, narrow(at));
            }
        }
        has_room
    }

    /// Adds an edge, for which room was made, to a new object; returns the only entry of that object's
    /// list.
    #[inline]
    pub(crate) fn link_new(
        &mut self,
        outgoing: &mut List,
        source: u32,
        label: E,
        target: u32,
    ) -> List {
        let entry = Entry {
            node: target,
            back: 0,
        };
        let back = self.outgoing.put(outgoing, entry, label);
        self.gain(1);
        List::of_one(Entry { node: source, back })
    }

    /// Position in the source's list of the first edge from one object to another.
    #[inline]
    pub(crate) fn find(&self, heads: &impl Heads, source: u32, target: u32) -> Option<usize> {
        let lists = (*heads.outgoing(source), *heads.incoming(target));
        self.find_in(lists, source, target)
    }

    /// The same, in the outgoing list of one and the incoming list of the other.
    #[inline]
    fn find_in(&self, lists: (List, List), source: u32, target: u32) -> Option<usize> {
        let (outgoing, incoming) = lists;
        if outgoing.len() <= incoming.len().max(SHORT) {
            return self.position_in(outgoing, usize::MAX, target);
        }
        if incoming.len() > SHORT {
            return self.find_in_long(lists, source, target);
        }
        self.find_among_sources(lists, source, target)
    }

    /// The same, in the incoming list alone.
    #[inline]
    fn find_among_sources(&self, lists: (List, List), source: u32, target: u32) -> Option<usize> {
        let (outgoing, incoming) = lists;
        let entries = self.incoming.entries(&incoming).iter().zip(0..);
        let parallel = entries.filter(|(entry, _)| entry.node == source);
        let backs = parallel.map(|(entry, back)| {
            let node = target;
            self.locate(outgoing, entry.back, Entry { node, back })
        });
        backs.min()
    }

    /// Position of a target among the first `most` entries of a list, behind the holes that it begins with.
    #[inline]
    fn position_in(&self, outgoing: List, most: usize, target: u32) -> Option<usize> {
        let first = self.first(outgoing);
        let nodes = &self.outgoing.nodes(&outgoing)[first..];
        let found = position(&nodes[..nodes.len().min(most)], target);
        found.map(|at| first + at)
    }

    /// Where the edge at a position of a target's list stands in its source's list.
    #[inline]
    pub(crate) fn place_of(&self, outgoing: List, incoming: List, target: u32, at: usize) -> usize {
        let hint = self.incoming.entry(incoming, at).back;
        let (node, back) = (target, narrow(at));
        self.locate(outgoing, hint, Entry { node, back })
    }

    /// Where an entry stands in a list of outgoing ones, which is known to be at `hint` or, in a short list,
    /// before it.
    #[inline]
    fn locate(&self, outgoing: List, hint: u32, entry: Entry) -> usize {
        let hint = hint as usize;
        if outgoing.may_have_holes() {
            debug_assert!(
                self.outgoing.entry(outgoing, hint) == entry,
                "long lists tell"
            );
            return hint;
        }
        if outgoing.has_no_block() {
            debug_assert!(
                self.outgoing.entry(outgoing, 0) == entry,
                "both ends know the edge"
            );
            return 0;
        }
        let from = hint.min(outgoing.len() - 1);
        let at = self.outgoing.position_from(outgoing, from, entry);
        debug_assert!(
            self.outgoing.entry(outgoing, at) == entry,
            "both ends know the edge"
        );
        at
    }

    /// The same where both lists are long: of many parallel edges the first often stands at the beginning.
    #[inline(never)]
    #[cold]
    fn find_in_long(&self, lists: (List, List), source: u32, target: u32) -> Option<usize> {
        self.position_in(lists.0, SHORT, target)
            .or_else(|| self.find_among_sources(lists, source, target))
    }

    /// Position in the source's list of the first edge from one object to another that has a label. What is
    /// compared runs code of the user.
    pub(crate) fn find_labelled(
        &self,
        heads: &impl Heads,
        source: u32,
        label: &E,
        target: u32,
    ) -> Option<usize>
    where
        E: PartialEq,
    {
        let (outgoing, incoming) = (*heads.outgoing(source), *heads.incoming(target));
        let nodes = self.outgoing.nodes(&outgoing);
        let is_it = |at: usize| self.outgoing.label(outgoing, at) == label;
        let from_source = |range: Range<usize>| {
            let start = range.start;
            let ends = nodes[range].iter().enumerate();
            let ends = ends.map(|(at, &node)| (start + at, node));
            ends.filter(|&(at, node)| node == target && is_it(at))
                .map(|(at, _)| at)
                .next()
        };
        let is_short = outgoing.len() <= incoming.len().max(SHORT);
        let first = self.first(outgoing);
        let most = if is_short { usize::MAX } else { SHORT };
        let found = from_source(first..nodes.len().min(first.saturating_add(most)));
        if found.is_some() || is_short {
            return found;
        }
        let mut best = None;
        let sources = self.incoming.entries(&incoming).iter().zip(0..);
        for (entry, back) in sources.filter(|(entry, _)| entry.node == source) {
            let node = target;
            let at = self.locate(outgoing, entry.back, Entry { node, back });
            if best.is_none_or(|best| at < best) && is_it(at) {
                best = Some(at);
            }
        }
        best
    }

    /// Position in a list of the first edge with a label.
    pub(crate) fn find_label(&self, outgoing: List, label: &E) -> Option<usize>
    where
        E: PartialEq,
    {
        let edges = self.first(outgoing)..outgoing.len();
        let mut edges = edges.filter(|&at| self.is_edge(outgoing, at));
        edges.find(|&at| self.outgoing.label(outgoing, at) == label)
    }

    /// Removes the first edge from one object to another, whose rows are these; the others keep their order.
    #[inline]
    pub(crate) fn unlink_between(
        &mut self,
        headers: &mut Headers,
        (source, outgoing): (u32, List),
        (target, incoming): (u32, List),
    ) -> Option<E> {
        if outgoing.only() == Some(target) {
            // The only edge is in the row, and needs no search.
            self.detach_known(headers, self.outgoing.entry(outgoing, 0), incoming);
            *headers.outgoing_mut(source) = List::EMPTY;
            self.lose(1);
            return Some(self.outgoing.claim_unit());
        }
        if outgoing.has_no_block() {
            return None;
        }
        if outgoing.may_have_holes() {
            let at = self.find_in((outgoing, incoming), source, target)?;
            let entry = self.outgoing.entry(outgoing, at);
            self.detach_entry(headers, entry);
            return Some(self.drop_entry(headers, source, at));
        }
        let (at, entry) = self.outgoing.find_short(outgoing, target)?;
        self.detach_known(headers, entry, incoming);
        self.lose(1);
        Some(self.outgoing.shift_remove(headers.outgoing_mut(source), at))
    }

    /// Removes the edge at a position of the source's list; the others keep their order.
    #[inline]
    pub(crate) fn unlink(&mut self, heads: &mut impl Heads, source: u32, at: usize) -> (u32, E) {
        let target = self.detach_target(heads, source, at);
        (target, self.drop_entry(heads, source, at))
    }

    /// Points the edge at a position of the source's list to another target; returns the old one.
    pub(crate) fn retarget(
        &mut self,
        heads: &mut impl Heads,
        source: u32,
        at: usize,
        target: u32,
    ) -> u32 {
        let old = self.detach_target(heads, source, at);
        let entry = Entry {
            node: source,
            back: narrow(at),
        };
        let incoming = heads.incoming_mut(target);
        let has_room = self.incoming.make_room(incoming);
        debug_assert!(has_room, "it was asked for");
        let back = self.incoming.put(incoming, entry, ());
        let entry = Entry { node: target, back };
        self.outgoing
            .set_entry(heads.outgoing_mut(source), at, entry);
        old
    }

    /// Makes room for one more edge between two objects; false if one of the lists is at its maximum.
    pub(crate) fn make_room(&mut self, heads: &mut impl Heads, source: u32, target: u32) -> bool {
        // The list that has no labels first: a list with labels gets no block that it does not need.
        self.make_target_room(heads, target) && self.make_source_room(heads, source)
    }

    /// Makes room for one more edge to an object; false if its list is at its maximum.
    pub(crate) fn make_target_room(&mut self, heads: &mut impl Heads, target: u32) -> bool {
        self.incoming.make_room(heads.incoming_mut(target))
    }

    /// Takes the entry of an edge out of its target's list.
    #[inline]
    fn detach_target(&mut self, heads: &mut impl Heads, source: u32, at: usize) -> u32 {
        let entry = self.outgoing.entry(*heads.outgoing(source), at);
        self.detach_entry(heads, entry);
        entry.node
    }

    /// Takes the counterpart of an outgoing entry out of its target's list.
    #[expect(clippy::inline_always, reason = "most lists have one entry")]
    #[inline(always)]
    fn detach_entry(&mut self, heads: &mut impl Heads, entry: Entry) {
        if !heads.incoming_mut(entry.node).take_only() {
            self.detach_one_of(heads, entry);
        }
    }

    /// The same where it is known which list that is.
    #[inline]
    fn detach_known(&mut self, heads: &mut impl Heads, entry: Entry, incoming: List) {
        if incoming.has_no_block() {
            *heads.incoming_mut(entry.node) = List::EMPTY;
        } else {
            self.detach_one_of(heads, entry);
        }
    }

    /// The same where the list has a block.
    #[inline(never)]
    fn detach_one_of(&mut self, heads: &mut impl Heads, Entry { node, back }: Entry) {
        let incoming = heads.incoming_mut(node);
        if let Some((moved, from)) = self.incoming.take(incoming, back as usize) {
            let list = heads.backs_mut(moved.node);
            let at = self.locate(*list, moved.back, Entry { node, back: from });
            self.outgoing.set_back(list, at, back);
        }
    }

    /// Takes an entry, whose counterpart is gone, out of its source's list; the others keep their order.
    #[inline]
    fn drop_entry(&mut self, heads: &mut impl Heads, source: u32, at: usize) -> E {
        let list = *heads.outgoing(source);
        self.lose(1);
        if list.may_have_holes() {
            return self.drop_long(heads, source, at);
        }
        self.outgoing.shift_remove(heads.outgoing_mut(source), at)
    }

    /// The same in a list that may have holes.
    #[inline(never)]
    fn drop_long(&mut self, heads: &mut impl Heads, source: u32, at: usize) -> E {
        let label = self.outgoing.make_hole(heads.outgoing_mut(source), at);
        for _ in 0..CLOSE_UP {
            if !self.close_up(heads, source, false) {
                break;
            }
        }
        let list = *heads.outgoing(source);
        if self.outgoing.degree(list) <= SHORT {
            while self.close_up(heads, source, true) {}
        }
        self.outgoing.fit(heads.outgoing_mut(source));
        label
    }

    /// Goes on with closing up a list that may have holes; says whether there was anything to do.
    fn close_up(&mut self, heads: &mut impl Heads, source: u32, all: bool) -> bool {
        let step = self.outgoing.close_up(heads.outgoing_mut(source), all);
        if let CloseUp::Moved(entry, at) = step {
            self.tell_target(heads, entry, at);
        }
        step != CloseUp::Done
    }

    /// Writes where an outgoing entry stands now into its counterpart.
    #[inline]
    fn tell_target(&mut self, heads: &mut impl Heads, entry: Entry, at: u32) {
        let list = heads.incoming_mut(entry.node);
        // A dead target may have forgotten its list before its source, which is dead too, is detached.
        if (entry.back as usize) < list.len() {
            self.incoming.set_back(list, entry.back as usize, at);
        }
    }

    /// Whether all targets of a list are what `is` says.
    #[inline]
    pub(crate) fn leads_only_to(&self, outgoing: List, is: impl Fn(u32) -> bool) -> bool {
        match outgoing.only() {
            Some(target) => is(target),
            // A hole leads nowhere.
            None => self
                .outgoing
                .nodes(&outgoing)
                .iter()
                .all(|&target| is(target) || target == 0),
        }
    }

    /// How many edges a list of outgoing ones has.
    #[inline]
    pub(crate) fn degree(&self, outgoing: List) -> usize {
        self.outgoing.degree(outgoing)
    }

    /// How many holes a list of outgoing edges has.
    #[inline]
    pub(crate) fn holes(&self, outgoing: List) -> usize {
        self.outgoing.holes(outgoing)
    }

    /// The position of the first edge of a list of outgoing ones.
    #[inline]
    pub(crate) fn first(&self, outgoing: List) -> usize {
        self.outgoing.first(outgoing)
    }

    /// Whether a list has an edge at a position, and not a hole.
    #[inline]
    pub(crate) fn is_edge(&self, outgoing: List, at: usize) -> bool {
        self.outgoing.is_edge(outgoing, at)
    }

    /// Whether the holes of a list are as they should be.
    #[cfg(feature = "check")]
    pub(crate) fn is_sound(&self, outgoing: List) -> bool {
        self.outgoing.is_sound(outgoing)
    }

    /// The targets of a list, in order; 0 for each of its holes.
    #[inline]
    pub(crate) fn targets<'a>(&'a self, outgoing: &'a List) -> &'a [u32] {
        self.outgoing.nodes(outgoing)
    }

    /// Where the targets of lists are found.
    #[inline]
    pub(crate) fn lists(&self) -> &impl NodesOf {
        &self.outgoing
    }

    /// The targets of all lists, for threads to share.
    #[cfg(feature = "rayon")]
    pub(crate) fn all_targets(&self) -> crate::graph::pool::Nodes<'_> {
        self.outgoing.all_nodes()
    }

    /// The edges of a list: their sources, and their positions in these sources' lists.
    #[inline]
    pub(crate) fn incoming<'a>(&'a self, incoming: &'a List) -> &'a [Entry] {
        self.incoming.entries(incoming)
    }

    /// The edge at a position: its target, and its position in the target's list.
    #[cfg(feature = "check")]
    pub(crate) fn outgoing(&self, outgoing: List, at: usize) -> Entry {
        self.outgoing.entry(outgoing, at)
    }

    /// The label of the edge at a position.
    #[inline]
    pub(crate) fn label(&self, outgoing: List, at: usize) -> &E {
        self.outgoing.label(outgoing, at)
    }

    /// The label of the edge at a position, to change.
    pub(crate) fn label_mut(&mut self, outgoing: List, at: usize) -> &mut E {
        self.outgoing.label_mut(outgoing, at)
    }

    /// Moves every list into fresh pools, so that the memory of removed edges is given back.
    /// `indices` names each object that may have edges.
    pub(crate) fn compact(
        &mut self,
        heads: &mut impl Heads,
        indices: impl Iterator<Item = u32> + Clone,
    ) {
        for index in indices.clone() {
            if heads.outgoing(index).may_have_holes() {
                while self.close_up(heads, index, true) {}
            }
        }
        if self.incoming.is_recorded() {
            // What a snapshot leads back to stays where it is.
            return;
        }
        let mut old = core::mem::take(self);
        self.len = old.len;
        for index in indices {
            self.outgoing
                .adopt(&mut old.outgoing, heads.outgoing_mut(index));
            self.incoming
                .adopt(&mut old.incoming, heads.incoming_mut(index));
        }
    }

    /// Entries of the pools that are not free.
    #[cfg(feature = "check")]
    pub(crate) fn blocks_in_use(&self) -> usize {
        self.outgoing.in_use() + self.incoming.in_use()
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.outgoing.memory() + self.incoming.memory()
    }
}

/// Up to this length a list of targets is searched, whatever the length of the other list: that costs
/// less than asking for it.
const SHORT: usize = 16;

/// How many steps of closing up a long list come with each removal. Once holes outnumber edges, a pass over the
/// list with so many adds few new ones.
const CLOSE_UP: usize = 4;

#[inline]
fn position(nodes: &[u32], node: u32) -> Option<usize> {
    let pieces = nodes.chunks_exact(WINDOW);
    let rest = pieces.remainder();
    for (piece, start) in pieces.zip((0..).step_by(WINDOW)) {
        let found = matches(piece, node);
        if found != 0 {
            return Some(start + found.trailing_zeros() as usize);
        }
    }
    let found = matches(rest, node);
    (found != 0).then(|| nodes.len() - rest.len() + found.trailing_zeros() as usize)
}

#[cfg(test)]
mod tests;
