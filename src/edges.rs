//! Adjacency tables, outgoing and incoming: the only writer of edges.
//!
//! Each edge is an entry in the list of its source and one in the list of its target, and each of
//! the two knows the other's position. So an edge that has been found is removed in O(1), and it is
//! looked for in the shorter of the two lists (or in the out-list, if that has up to 16 entries).

use crate::header::{Headers, Heads};
use crate::pool::{Entry, Incoming, List, NodesOf, Outgoing};

mod detach;

/// The edges of one kind, strong or weak.
#[derive(Clone, Debug)]
pub(crate) struct Edges<E> {
    outgoing: Outgoing<E>,
    incoming: Incoming,
    len: usize,
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

#[expect(
    clippy::cast_possible_truncation,
    reason = "lists are shorter than 2^27"
)]
fn narrow(at: usize) -> u32 {
    at as u32
}

impl<E> Edges<E> {
    /// How many edges there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds an edge at the end of the source's list; returns the label where a list is full.
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
            place: narrow(heads.outgoing(source).len()),
        };
        let place = self.incoming.put(heads.incoming_mut(target), entry, ());
        let entry = Entry {
            node: target,
            place,
        };
        self.outgoing.put(heads.outgoing_mut(source), entry, label);
        self.len += 1;
        Ok(())
    }

    /// Adds a strong edge at the end of the source's list, and notes how near to a root it brings the
    /// target; returns the label where a list is full.
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
            place: narrow(incoming.len()),
        };
        let block = headers.block_mut(source);
        let near = block.node(source).hint().saturating_add(1);
        let outgoing = block.outgoing_mut(source);
        if !self.outgoing.make_room(outgoing) {
            return Err(label);
        }
        let place = self.outgoing.put(outgoing, entry, label);
        let entry = Entry {
            node: source,
            place,
        };
        let node = headers.node_mut(target);
        self.incoming.put(&mut node.incoming, entry, ());
        if near < node.hint() {
            node.set_hint(near);
        }
        self.len += 1;
        Ok(())
    }

    /// Makes room for one more edge of an object; false where its list is at its maximum.
    #[inline]
    pub(crate) fn make_source_room(&mut self, heads: &mut impl Heads, source: u32) -> bool {
        self.outgoing.make_room(heads.outgoing_mut(source))
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
            place: 0,
        };
        let place = self.outgoing.put(outgoing, entry, label);
        self.len += 1;
        List::of_one(Entry {
            node: source,
            place,
        })
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
            return position(self.outgoing.nodes(&outgoing), target);
        }
        if incoming.len() > SHORT {
            return self.find_in_long(lists, source, target);
        }
        self.find_among_sources(incoming, source)
    }

    /// The same, in the incoming list alone.
    #[inline]
    fn find_among_sources(&self, incoming: List, source: u32) -> Option<usize> {
        let entries = self.incoming.entries(&incoming).iter();
        let parallel = entries.filter(|entry| entry.node == source);
        parallel.map(|entry| entry.place as usize).min()
    }

    /// The same where both lists are long: of many parallel edges the first often stands at the beginning.
    #[inline(never)]
    #[cold]
    fn find_in_long(&self, lists: (List, List), source: u32, target: u32) -> Option<usize> {
        let (outgoing, incoming) = lists;
        let first = &self.outgoing.nodes(&outgoing)[..SHORT];
        position(first, target).or_else(|| self.find_among_sources(incoming, source))
    }

    /// Removes the first edge from one object to another; the last edge of the source's list takes
    /// its place.
    #[inline]
    pub(crate) fn unlink_between(
        &mut self,
        heads: &mut impl Heads,
        source: u32,
        target: u32,
    ) -> Option<E> {
        let (outgoing, incoming) = (*heads.outgoing(source), *heads.incoming(target));
        let at = self.find_in((outgoing, incoming), source, target)?;
        Some(self.unlink_in(heads, (source, outgoing, at), (target, incoming)))
    }

    /// Removes the edge at a position of the source's list; the last edge takes its place.
    #[inline]
    pub(crate) fn unlink(&mut self, heads: &mut impl Heads, source: u32, at: usize) -> (u32, E) {
        let outgoing = *heads.outgoing(source);
        let target = self.outgoing.entry(outgoing, at).node;
        let incoming = *heads.incoming(target);
        let label = self.unlink_in(heads, (source, outgoing, at), (target, incoming));
        (target, label)
    }

    #[inline]
    fn unlink_in(
        &mut self,
        heads: &mut impl Heads,
        (source, outgoing, at): (u32, List, usize),
        (target, incoming): (u32, List),
    ) -> E {
        let place = self.outgoing.entry(outgoing, at).place;
        // The counterparts of the last entries learn where these will be. Where the edge is the last one
        // itself, this writes what is there already: a branch could not be predicted. Both are read
        // before either is written, as one may be the counterpart of the other.
        let last_source = self.incoming.last(incoming);
        let last_target = self.outgoing.last(outgoing);
        if !incoming.has_no_block() {
            let list = heads.outgoing_mut(last_source.node);
            self.outgoing
                .set_place(list, last_source.place as usize, place);
        }
        if !outgoing.has_no_block() {
            let list = heads.incoming_mut(last_target.node);
            self.incoming
                .set_place(list, last_target.place as usize, narrow(at));
        }
        self.len -= 1;
        heads.join(source, target, |outgoing, incoming| {
            self.incoming.swap_remove(incoming, place as usize);
            self.outgoing.swap_remove(outgoing, at)
        })
    }

    /// Removes the edge at a position of the source's list; the edges behind it move up.
    pub(crate) fn unlink_ordered(
        &mut self,
        heads: &mut impl Heads,
        source: u32,
        at: usize,
    ) -> (u32, E) {
        let target = self.detach_target(heads, source, at);
        let label = self.outgoing.shift_remove(heads.outgoing_mut(source), at);
        for moved in at..heads.outgoing(source).len() {
            self.tell_target(heads, source, moved);
        }
        self.len -= 1;
        (target, label)
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
            place: narrow(at),
        };
        let incoming = heads.incoming_mut(target);
        let has_room = self.incoming.make_room(incoming);
        debug_assert!(has_room, "it was asked for");
        let place = self.incoming.put(incoming, entry, ());
        let entry = Entry {
            node: target,
            place,
        };
        self.outgoing
            .set_entry(heads.outgoing_mut(source), at, entry);
        old
    }

    /// Makes room for one more edge between two objects; false where one of the lists is at its maximum.
    pub(crate) fn make_room(&mut self, heads: &mut impl Heads, source: u32, target: u32) -> bool {
        // The list that has no labels first: a list with labels gets no block that it does not need.
        self.make_target_room(heads, target) && self.make_source_room(heads, source)
    }

    /// Makes room for one more edge to an object; false where its list is at its maximum.
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
    #[inline]
    fn detach_entry(&mut self, heads: &mut impl Heads, Entry { node, place }: Entry) {
        let incoming = heads.incoming_mut(node);
        if incoming.take_only() {
            return;
        }
        // The last entry takes its place, if it is not the last one itself.
        let last = self.incoming.last(*incoming);
        self.incoming.swap_remove(incoming, place as usize);
        let list = heads.outgoing_mut(last.node);
        self.outgoing.set_place(list, last.place as usize, place);
    }

    /// Takes an entry, whose counterpart is gone, out of its source's list.
    #[inline]
    fn drop_entry(&mut self, heads: &mut impl Heads, source: u32, at: usize) -> E {
        let list = *heads.outgoing(source);
        let last = self.outgoing.last(list);
        // A dead target may have forgotten its list before its source, which is dead too, is detached.
        let is_known = (last.place as usize) < heads.incoming(last.node).len();
        if at + 1 < list.len() && is_known {
            let list = heads.incoming_mut(last.node);
            self.incoming
                .set_place(list, last.place as usize, narrow(at));
        }
        self.len -= 1;
        self.outgoing.swap_remove(heads.outgoing_mut(source), at)
    }

    /// Writes the position of an edge in its source's list into its target's entry.
    fn tell_target(&mut self, heads: &mut impl Heads, source: u32, at: usize) {
        let Entry { node, place } = self.outgoing.entry(*heads.outgoing(source), at);
        let list = heads.incoming_mut(node);
        self.incoming.set_place(list, place as usize, narrow(at));
    }

    /// Whether all targets of a list are what `is` says.
    #[inline]
    pub(crate) fn leads_only_to(&self, outgoing: List, is: impl Fn(u32) -> bool) -> bool {
        match outgoing.only() {
            Some(target) => is(target),
            None => self
                .outgoing
                .nodes(&outgoing)
                .iter()
                .all(|&target| is(target)),
        }
    }

    /// The targets of a list, in order.
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
    pub(crate) fn all_targets(&self) -> crate::pool::Nodes<'_> {
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
    pub(crate) fn compact(&mut self, heads: &mut impl Heads, indices: impl Iterator<Item = u32>) {
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

/// How many nodes are compared with one before anything is decided, as branches on each could not be
/// predicted.
const PIECE: usize = 8;

#[inline]
fn position(nodes: &[u32], node: u32) -> Option<usize> {
    let pieces = nodes.chunks_exact(PIECE);
    let rest = pieces.remainder();
    for (piece, start) in pieces.zip((0..).step_by(PIECE)) {
        let found = matches(piece, node);
        if found != 0 {
            return Some(start + found.trailing_zeros() as usize);
        }
    }
    let found = matches(rest, node);
    (found != 0).then(|| nodes.len() - rest.len() + found.trailing_zeros() as usize)
}

/// A bit for each of at most 32 nodes: whether it is the one looked for.
#[inline]
fn matches(nodes: &[u32], node: u32) -> u32 {
    nodes.iter().zip(0..).fold(0, |found, (&other, bit)| {
        found | u32::from(other == node) << bit
    })
}
