//! Weak edges: they count for nothing and vanish with either end.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::mem;

use crate::bits::Bits;
#[cfg(feature = "serde")]
use crate::form;
use crate::graph::edges::Edges;
#[cfg(feature = "serde")]
use crate::graph::edges::{self, Group};
use crate::graph::plan::{Plan, starts};
use crate::graph::pool::{Entry, List};
use crate::graph::rows::{Heads, NO_EDGES};
#[cfg(feature = "serde")]
use crate::graph::seats::Seats;
use crate::index::{ARENA_WORDS, arena_of};
use crate::journal::Journal;
use crate::sparse::Sparse;

#[cfg(feature = "rollback")]
mod journal;

#[cfg(feature = "rollback")]
pub(crate) use journal::{Outline, WeakChanges};

/// The heads of the few objects that have weak edges.
#[derive(Clone, Debug, Default)]
struct SparseHeads {
    lists: Sparse<Ends>,
    /// The object is in `lists`: asked of each object that dies.
    listed: Bits,
}

#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    outgoing: List,
    incoming: List,
}

impl Heads for SparseHeads {
    fn outgoing(&self, index: u32) -> &List {
        self.lists
            .get(index)
            .map_or(&NO_EDGES, |ends| &ends.outgoing)
    }

    fn incoming(&self, index: u32) -> &List {
        self.lists
            .get(index)
            .map_or(&NO_EDGES, |ends| &ends.incoming)
    }

    fn outgoing_mut(&mut self, index: u32) -> &mut List {
        &mut self.enter(index).outgoing
    }

    fn incoming_mut(&mut self, index: u32) -> &mut List {
        &mut self.enter(index).incoming
    }
}

impl SparseHeads {
    fn enter(&mut self, index: u32) -> &mut Ends {
        self.listed.grow((arena_of(index) + 1) * ARENA_WORDS);
        self.listed.set(index);
        self.lists.or_default(index)
    }

    fn prune(&mut self, index: u32) {
        if self.outgoing(index).is_empty() && self.incoming(index).is_empty() {
            self.lists.remove(index);
            self.listed.clear(index);
        }
    }
}

/// All weak edges of a store. Without any it takes a word.
#[derive(Clone, Debug)]
pub(crate) struct Weak<E> {
    table: Option<Box<Table<E>>>,
    /// Whether there was a table.
    journal: Journal<bool>,
}

#[derive(Clone, Debug)]
struct Table<E> {
    heads: SparseHeads,
    edges: Edges<E>,
}

impl<E> Default for Weak<E> {
    fn default() -> Self {
        Self {
            table: None,
            journal: Journal::default(),
        }
    }
}

impl<E> Weak<E> {
    /// How many weak edges there are.
    pub(crate) fn len(&self) -> usize {
        self.edges().map_or(0, Edges::len)
    }

    pub(crate) fn link(&mut self, source: u32, label: E, target: u32) -> Result<(), E> {
        let (heads, edges) = self.parts_mut();
        edges.link(heads, source, label, target)
    }

    /// The position of the first weak edge from one object to another.
    pub(crate) fn find(&self, source: u32, target: u32) -> Option<usize> {
        let Table { heads, edges } = self.table.as_deref()?;
        edges.find(heads, source, target)
    }

    /// The position of the first one that has a label. What is compared runs code of the user.
    pub(crate) fn find_labelled(&self, source: u32, label: &E, target: u32) -> Option<usize>
    where
        E: PartialEq,
    {
        let Table { heads, edges } = self.table.as_deref()?;
        edges.find_labelled(heads, source, label, target)
    }

    /// Removes the weak edge at a position of the source's list; returns its target and its label.
    pub(crate) fn unlink(&mut self, source: u32, at: usize) -> (u32, E) {
        let (heads, edges) = self.parts_mut();
        let (target, label) = edges.unlink(heads, source, at);
        heads.prune(source);
        heads.prune(target);
        (target, label)
    }

    /// Makes room for one more weak edge to an object; false if its list is at its maximum.
    pub(crate) fn make_target_room(&mut self, target: u32) -> bool {
        let (heads, edges) = self.parts_mut();
        edges.make_target_room(heads, target)
    }

    /// Points the weak edge at a position to another target, for which there is room; returns the old one.
    pub(crate) fn retarget(&mut self, source: u32, at: usize, target: u32) -> u32 {
        let (heads, edges) = self.parts_mut();
        let old = edges.retarget(heads, source, at, target);
        heads.prune(old);
        old
    }

    /// Moves the weak edge at a position to another; those in between move by one.
    pub(crate) fn rotate(&mut self, source: u32, from: usize, to: usize) {
        let (heads, edges) = self.parts_mut();
        edges.rotate(heads, source, (from, to), |_, _| ());
    }

    /// Puts at each of these positions the weak edge that is at the one which `order` names.
    pub(crate) fn permute(&mut self, source: u32, positions: &[usize], order: &mut [usize]) {
        let (heads, edges) = self.parts_mut();
        edges.permute(heads, source, positions, order, |_, _| ());
    }

    /// Removes the last `most` weak edges of an object.
    pub(crate) fn detach_last(&mut self, source: u32, labels: &mut Vec<E>, most: usize) {
        let (heads, edges) = self.parts_mut();
        let skip = |_| false;
        edges.detach_last(heads, source, labels, most, skip, |heads, target| {
            heads.prune(target);
        });
        heads.prune(source);
    }

    /// The label of the weak edge at a position, to change.
    pub(crate) fn label_mut(&mut self, source: u32, at: usize) -> &mut E {
        let (heads, edges) = self.parts_mut();
        edges.label_mut(*heads.outgoing(source), at)
    }

    fn parts_mut(&mut self) -> (&mut SparseHeads, &mut Edges<E>) {
        let Table { heads, edges } = self.made();
        (heads, edges)
    }

    /// The table, which is made now if there was none.
    fn made(&mut self) -> &mut Table<E> {
        self.table.get_or_insert_with(|| {
            Box::new(Table {
                heads: SparseHeads::default(),
                edges: Edges::default(),
            })
        })
    }

    /// How many weak edges an object has, from it and to it.
    pub(crate) fn degree(&self, index: u32) -> usize {
        let degree = |Table { heads, edges }: &Table<E>| {
            let ends = heads.lists.get(index)?;
            Some(edges.degree(ends.outgoing) + ends.incoming.len())
        };
        self.table.as_deref().and_then(degree).unwrap_or(0)
    }

    /// Removes the last `most` weak edges to an object, and then of those from it, as far as there are any;
    /// returns how many it has removed.
    pub(crate) fn detach(&mut self, index: u32, labels: &mut Vec<E>, most: usize) -> usize {
        let table = self.table.as_deref_mut();
        let Some(Table { heads, edges }) = table.filter(|table| table.heads.listed.get(index))
        else {
            return 0;
        };
        let prune = |heads: &mut SparseHeads, other| heads.prune(other);
        let incoming = edges.detach_incoming(heads, index, labels, most, prune);
        let skip = |_| false;
        let outgoing = most - incoming;
        let outgoing = edges.detach_last(heads, index, labels, outgoing, skip, prune);
        heads.prune(index);
        incoming + outgoing
    }

    /// Whether there is room for lists of so many outgoing, and incoming, edges.
    pub(crate) fn has_room_for(&self, outgoing: &[u32], incoming: &[u32]) -> bool {
        match self.edges() {
            Some(edges) => edges.has_room_for(outgoing, incoming),
            None => Edges::<E>::default().has_room_for(outgoing, incoming),
        }
    }

    /// Adds the edges of a plan that is arranged, for which there is room, between objects that have none;
    /// `indices` are those of the objects.
    pub(crate) fn build(&mut self, plan: &mut Plan<E>, indices: &[u32]) {
        let mut labels = mem::take(&mut plan.labels).into_iter();
        let starts = starts(&plan.incoming);
        let mut sources = vec![Entry::default(); labels.len()];
        for (position, &node) in indices.iter().enumerate() {
            let (targets, places) = plan.edges_of(position);
            for (back, (&target, &place)) in (0..).zip(targets.iter().zip(places)) {
                sources[(starts[target as usize] + place) as usize] = Entry { node, back };
            }
        }
        let Table { heads, edges } = self.made();
        for (position, &index) in indices.iter().enumerate() {
            let (targets, places) = plan.edges_of(position);
            let sources = &sources[starts[position] as usize..starts[position + 1] as usize];
            if targets.is_empty() && sources.is_empty() {
                continue;
            }
            let entry = |(&target, &back): (&u32, &u32)| Entry {
                node: indices[target as usize],
                back,
            };
            *heads.enter(index) = Ends {
                incoming: edges.list_incoming(sources),
                outgoing: edges.list_outgoing(targets.iter().zip(places).map(entry), &mut labels),
            };
        }
    }

    /// The list of an object's weak edges.
    pub(crate) fn outgoing(&self, index: u32) -> &List {
        match &self.table {
            Some(table) => table.heads.outgoing(index),
            None => &NO_EDGES,
        }
    }

    /// The list of the weak edges to an object.
    pub(crate) fn incoming(&self, index: u32) -> &List {
        match &self.table {
            Some(table) => table.heads.incoming(index),
            None => &NO_EDGES,
        }
    }

    /// The targets of an object's weak edges, in order; 0 for each hole.
    pub(crate) fn targets(&self, index: u32) -> &[u32] {
        let targets = |edges| Edges::targets(edges, self.outgoing(index));
        self.edges().map_or(&[], targets)
    }

    /// Where the edges of the lists are, if there are any.
    pub(crate) fn edges(&self) -> Option<&Edges<E>> {
        self.table.as_deref().map(|table| &table.edges)
    }

    /// Whether changes are noted for a snapshot.
    #[inline]
    pub(crate) fn is_recorded(&self) -> bool {
        self.journal.is_on()
    }

    /// The sources of an object's weak edges.
    pub(crate) fn sources(&self, index: u32) -> &[Entry] {
        match &self.table {
            Some(table) => table.edges.incoming(table.heads.incoming(index)),
            None => &[],
        }
    }

    /// Gives the memory of removed edges back, and that behind the first `arenas` arenas, where there is
    /// nothing.
    pub(crate) fn shrink(&mut self, arenas: usize) {
        if self.len() == 0 && !self.journal.is_on() {
            self.table = None;
        }
        if let Some(Table { heads, edges }) = self.table.as_deref_mut() {
            let indices: Vec<u32> = heads.lists.indices().collect();
            edges.compact(heads, indices.into_iter());
            heads.lists.shrink();
            heads.listed.shrink(arenas * ARENA_WORDS);
        }
    }

    /// Entries of the pools that are not free.
    #[cfg(feature = "check")]
    pub(crate) fn blocks_in_use(&self) -> usize {
        self.edges().map_or(0, Edges::blocks_in_use)
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.table.as_deref().map_or(0, |Table { heads, edges }| {
            let heads = heads.lists.memory() + heads.listed.memory();
            size_of::<Table<E>>() + edges.memory() + heads
        })
    }

    /// Every object with weak edges.
    #[cfg(feature = "check")]
    pub(crate) fn indices(&self) -> impl Iterator<Item = u32> {
        let indices = |table: &Table<E>| table.heads.lists.indices().collect::<Vec<_>>();
        self.table
            .as_deref()
            .map(indices)
            .unwrap_or_default()
            .into_iter()
    }
}

#[cfg(feature = "serde")]
impl<E> Weak<E> {
    /// The weak edges of each object that has any, in the order of the indices.
    pub(crate) fn saved(&self) -> form::Weak<&E> {
        let mut saved = form::Weak::default();
        let Some(Table { heads, edges }) = self.table.as_deref() else {
            return saved;
        };
        let has_any = |&index: &u32| !heads.outgoing(index).is_empty();
        saved.objects.0 = heads.lists.indices().filter(has_any).collect();
        edges.save(heads, &saved.objects.0, None, &mut saved.lists);
        saved
    }

    /// Makes the weak edges of objects that are in their seats and `there`, in a table without any.
    pub(crate) fn restore(
        form: form::Weak<E>,
        seats: &Seats,
        is_there: impl Fn(u32) -> bool,
    ) -> Result<Self, form::Fault> {
        let mut weak = Self::default();
        let form::Weak { objects, lists } = form;
        let objects = objects.0;
        if objects.is_empty() {
            return Ok(weak);
        }
        for pair in objects.windows(2) {
            let (first, next) = (pair[0], pair[1]);
            form::demand!(first < next, "weak edges: {first} comes before {next}");
        }
        for (&object, &degree) in objects.iter().zip(&lists.ends.degrees) {
            form::demand!(is_there(object), "weak edges: there is no object {object}");
            form::demand!(degree > 0, "weak edges: object {object} has none");
        }
        let groups = alloc::vec![Group { objects, lists }];
        let plan = edges::Plan::new(&groups, seats, is_there, None)?;
        let (heads, edges) = weak.parts_mut();
        edges.restore(heads, groups, &plan)?;
        Ok(weak)
    }
}
