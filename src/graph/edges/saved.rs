//! The lists of edges as they are saved, and made again of what was.
//!
//! What is saved of an edge stands with its source, with its place among those to its target: so nothing is looked up
//! at the target's end when it is saved. When it is loaded, edges are read by their sources and written by their
//! targets, which are anywhere: so they are put into buckets of neighbouring targets first, each so small that what is
//! written for it stays in the cache.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::Edges;
use crate::bits::Bits;
use crate::form::{Ends, Fault, Gaps, GapsOf, Lists, Run, demand};
use crate::graph::plan::starts;
use crate::graph::pool::{Entry, List};
use crate::graph::rows::Heads;
use crate::graph::seats::Seats;
use crate::index::narrow;

/// How many holes there may be besides what edges and objects account for.
const FREE_HOLES: usize = 1 << 20;
/// How many there may be for each edge and each object.
const HOLES_EACH: usize = 8;
/// Lists that are read together to be saved.
const BATCH: usize = 64;

impl<E> Edges<E> {
    /// Adds the lists of objects to those that are saved. The edges to the dead have no place at these.
    pub(crate) fn save<'e>(
        &'e self,
        heads: &impl Heads,
        indices: &[u32],
        dead: Option<&Bits>,
        to: &mut Lists<&'e E>,
    ) {
        let heads: Vec<List> = indices
            .iter()
            .map(|&index| *heads.outgoing(index))
            .collect();
        let ends = &mut to.ends;
        for batch in heads.chunks(BATCH) {
            // Lists are anywhere. So what most of them consist of is read with nothing in between that depends on it.
            let mut first = [None; BATCH];
            for (first, &outgoing) in first.iter_mut().zip(batch) {
                *first = self.outgoing.first_ends(outgoing);
            }
            for (first, outgoing) in first.iter().zip(batch) {
                let len = outgoing.len();
                match first {
                    Some((nodes, backs)) if len <= nodes.len() => {
                        append(&mut ends.targets, &nodes[..len]);
                        append(&mut ends.places, &backs[..len]);
                    }
                    _ if outgoing.may_have_holes() => {
                        let degree = self.save_long(*outgoing, ends);
                        ends.degrees.push(degree);
                        continue;
                    }
                    _ => {
                        let (nodes, backs) = self.outgoing.ends(outgoing);
                        append(&mut ends.targets, nodes);
                        append(&mut ends.places, backs);
                    }
                }
                ends.degrees.push(narrow(len));
            }
        }
        if let Some(dead) = dead {
            let edges = ends.targets.iter().zip(&mut ends.places);
            for (_, place) in edges.filter(|(target, _)| dead.get(**target)) {
                *place = 0;
            }
        }
        to.labels.reserve(ends.targets.len());
        for &outgoing in &heads {
            let edges = (0..outgoing.len()).filter(|&at| self.is_edge(outgoing, at));
            to.labels.extend(edges.map(|at| self.label(outgoing, at)));
        }
    }

    /// Adds a list that may have holes; returns how many edges it has.
    fn save_long(&self, outgoing: List, ends: &mut Ends) -> u32 {
        let mut gaps = self.outgoing.gaps(outgoing).unwrap_or_default();
        let before = ends.targets.len();
        for at in 0..outgoing.len() {
            if self.is_edge(outgoing, at) {
                let Entry { node, back } = self.outgoing.entry(outgoing, at);
                ends.targets.push(node);
                ends.places.push(back);
            } else {
                note_hole(&mut gaps, narrow(at));
            }
        }
        let position = narrow(ends.degrees.len());
        ends.gaps.push(GapsOf { position, gaps });
        narrow(ends.targets.len() - before)
    }

    /// Makes the lists of objects in a table without edges.
    pub(crate) fn restore(
        &mut self,
        heads: &mut impl Heads,
        groups: Vec<Group<E>>,
        plan: &Plan<'_>,
    ) -> Result<(), Fault> {
        demand!(
            self.has_room_for(&plan.lens, &plan.counts),
            "there are too many edges"
        );
        let mut long = plan.long.iter();
        for Group { objects, lists } in groups {
            self.gain(lists.labels.len());
            let mut labels = lists.labels.into_iter();
            let mut gaps = lists.ends.gaps.iter().peekable();
            let (mut targets, mut places) = (&lists.ends.targets[..], &lists.ends.places[..]);
            for ((position, index), &degree) in (0..).zip(objects).zip(&lists.ends.degrees) {
                let nodes = take(&mut targets, degree);
                let backs = take(&mut places, degree);
                let mut labels = labels.by_ref().take(nodes.len());
                let outgoing = if let Some(of) = gaps.next_if(|of| of.position == position) {
                    let entries = long.next().map_or(&[][..], |entries| entries);
                    self.outgoing.restore(entries, &mut labels, &of.gaps)?
                } else {
                    let entries = nodes.iter().zip(backs);
                    let entry = |(&node, &back)| Entry { node, back };
                    self.outgoing.list(entries.map(entry), &mut labels)
                };
                // A row that says nothing else need not be written.
                if !outgoing.is_empty() {
                    *heads.outgoing_mut(index) = outgoing;
                }
            }
        }
        self.restore_incoming(heads, plan)
    }

    /// Makes the lists of the targets, a bucket after the other.
    fn restore_incoming(&mut self, heads: &mut impl Heads, plan: &Plan<'_>) -> Result<(), Fault> {
        let mut indices = plan.seats.indices();
        let mut sources = Vec::new();
        let buckets = plan.counts.chunks(BUCKET).zip(&plan.buckets);
        for (bucket, (counts, found)) in buckets.enumerate() {
            let starts = starts(counts);
            sources.clear();
            sources.resize(found.len(), Entry::default());
            for found in found {
                if !found.put(&starts, &mut sources) {
                    return Err(plan.no_place(bucket, found));
                }
            }
            let mut sources = &sources[..];
            for (&count, index) in counts.iter().zip(indices.by_ref()) {
                if count > 0 {
                    let (entries, others) = sources.split_at(count as usize);
                    sources = others;
                    *heads.incoming_mut(index) = self.list_incoming(entries);
                }
            }
        }
        Ok(())
    }
}

/// Adds a few numbers, for which a call that copies many would take longer than copying them.
#[inline]
fn append(to: &mut Vec<u32>, numbers: &[u32]) {
    to.reserve(numbers.len());
    to.extend(numbers.iter().copied());
}

/// Adds a hole behind those that are known.
fn note_hole(gaps: &mut Gaps, at: u32) {
    match gaps.runs.last_mut() {
        Some(run) if run.at + run.len == at => run.len += 1,
        _ => gaps.runs.push(Run { at, len: 1 }),
    }
}

/// The lists of edges of some objects, which come in the order of their indices.
#[derive(Debug)]
pub(crate) struct Group<E> {
    pub(crate) objects: Vec<u32>,
    pub(crate) lists: Lists<E>,
}

impl<E> Group<E> {
    /// The objects, each with the targets of its edges and their places there.
    fn lists(&self) -> impl Iterator<Item = (u32, &[u32], &[u32])> {
        let ends = &self.lists.ends;
        let (mut targets, mut places) = (&ends.targets[..], &ends.places[..]);
        let lists = self.objects.iter().zip(&ends.degrees);
        lists.map(move |(&index, &degree)| {
            (index, take(&mut targets, degree), take(&mut places, degree))
        })
    }
}

/// Takes the first elements of a list, or all that there are.
fn take<'l>(list: &mut &'l [u32], len: u32) -> &'l [u32] {
    let (first, others) = list.split_at(list.len().min(len as usize));
    *list = others;
    first
}

/// The lists of the targets, and whatever has to be known of all edges before the first list is made.
#[derive(Debug)]
pub(crate) struct Plan<'s> {
    seats: &'s Seats,
    /// How many entries the list of each object has, holes included.
    lens: Vec<u32>,
    /// How many edges lead to the object of each seat.
    counts: Vec<u32>,
    /// The edges, by neighbouring targets.
    buckets: Vec<Vec<Found>>,
    /// The entries of each list that may have holes.
    long: Vec<Vec<Entry>>,
}

impl<'s> Plan<'s> {
    /// A plan for the edges of all objects, which are in their seats and `there`. Those of the `dead`, if there are
    /// any, to each other are known to their sources alone.
    pub(crate) fn new<E>(
        groups: &[Group<E>],
        seats: &'s Seats,
        is_there: impl Fn(u32) -> bool,
        dead: Option<&Bits>,
    ) -> Result<Self, Fault> {
        let mut plan = Self {
            seats,
            lens: Vec::new(),
            counts: Vec::new(),
            buckets: Vec::new(),
            long: Vec::new(),
        };
        plan.lay_out(groups)?;
        plan.measure(groups, dead)?;
        plan.sort(groups, dead)?;
        plan.count(is_there)?;
        Ok(plan)
    }

    /// Finds out how long the lists are, and where the holes are.
    fn lay_out<E>(&mut self, groups: &[Group<E>]) -> Result<(), Fault> {
        let paid = |group: &Group<E>| group.objects.len() + group.lists.labels.len();
        let paid: usize = groups.iter().map(paid).sum();
        let mut holes = FREE_HOLES.saturating_add(HOLES_EACH.saturating_mul(paid));
        for group in groups {
            let first = self.lens.len();
            self.lens.extend(&group.lists.ends.degrees);
            let mut gaps = group.lists.ends.gaps.iter().peekable();
            if gaps.peek().is_none() {
                continue;
            }
            for (position, (index, targets, places)) in (0..).zip(group.lists()) {
                if let Some(of) = gaps.next_if(|of| of.position == position) {
                    let entries = laid_out(index, (targets, places), &of.gaps, &mut holes)?;
                    self.lens[first + position as usize] = narrow(entries.len());
                    self.long.push(entries);
                }
            }
            let left = gaps.next().map(|of| of.position);
            demand!(
                left.is_none(),
                "the gaps of list {} are not in turn",
                left.unwrap_or(0)
            );
        }
        Ok(())
    }

    /// Makes buckets that are as large as they have to be.
    fn measure<E>(&mut self, groups: &[Group<E>], dead: Option<&Bits>) -> Result<(), Fault> {
        let mut lens = vec![0; self.seats.len().div_ceil(BUCKET)];
        for (index, targets, _) in groups.iter().flat_map(Group::lists) {
            for &to in targets {
                let Some(seat) = self.seats.of(to) else {
                    return Err(no_object(index, to));
                };
                if dead.is_none_or(|dead| !dead.get(to)) {
                    lens[seat / BUCKET] += 1;
                    continue;
                }
                demand!(
                    dead.is_some_and(|dead| dead.get(index)),
                    "object {index} lives and owns {to}, which is dead"
                );
            }
        }
        self.buckets = lens.into_iter().map(Vec::with_capacity).collect();
        Ok(())
    }

    /// Puts the edges into their buckets.
    fn sort<E>(&mut self, groups: &[Group<E>], dead: Option<&Bits>) -> Result<(), Fault> {
        let (seats, buckets) = (self.seats, &mut self.buckets);
        let mut add = |node: u32, back: u32, edge: Entry| {
            if dead.is_some_and(|dead| dead.get(edge.node)) {
                demand!(
                    edge.back == 0,
                    "object {} is dead and has an owner",
                    edge.node
                );
            } else if let Some(seat) = seats.of(edge.node) {
                let entry = Entry { node, back };
                buckets[seat / BUCKET].push(Found {
                    seat: narrow(seat % BUCKET),
                    place: edge.back,
                    entry,
                });
            }
            Ok(())
        };
        let mut long = self.long.iter();
        for group in groups {
            let mut gaps = group.lists.ends.gaps.iter().peekable();
            for (position, (index, targets, places)) in (0..).zip(group.lists()) {
                if gaps.next_if(|of| of.position == position).is_none() {
                    for (at, (&node, &back)) in (0..).zip(targets.iter().zip(places)) {
                        add(index, at, Entry { node, back })?;
                    }
                    continue;
                }
                let entries = long.next().into_iter().flatten();
                for (at, &entry) in (0..).zip(entries).filter(|(_, entry)| entry.node != 0) {
                    add(index, at, entry)?;
                }
            }
        }
        Ok(())
    }

    /// Counts the edges to each object.
    fn count(&mut self, is_there: impl Fn(u32) -> bool) -> Result<(), Fault> {
        self.counts = vec![0; self.seats.len()];
        for (counts, found) in self.counts.chunks_mut(BUCKET).zip(&self.buckets) {
            for found in found {
                counts[found.seat as usize] += 1;
            }
        }
        let counts = self.seats.indices().zip(&self.counts);
        for (seat, (to, &count)) in counts.enumerate() {
            if count > 0 && !is_there(to) {
                let mut found = self.buckets[seat / BUCKET].iter();
                let found = found.find(|found| found.seat as usize == seat % BUCKET);
                return Err(no_object(found.map_or(0, |found| found.entry.node), to));
            }
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn no_place(&self, bucket: usize, found: &Found) -> Fault {
        let seat = bucket * BUCKET + found.seat as usize;
        let target = self.seats.indices().nth(seat).unwrap_or(0);
        let Found { place, entry, .. } = found;
        Fault(format!(
            "the edge of object {} to {target} is not the only one in place {place} there, or that is too high",
            entry.node
        ))
    }
}

/// How many seats a bucket is for: few enough for what is written to stay in the cache, and so many that there are few
/// buckets to write into at a time. In debug builds, tests see several.
const BUCKET: usize = if cfg!(debug_assertions) {
    1 << 10
} else {
    1 << 15
};

/// An edge that was read: the seat of its target in its bucket, its place there, and what is to be written there.
#[derive(Clone, Copy, Debug)]
struct Found {
    seat: u32,
    place: u32,
    entry: Entry,
}

impl Found {
    /// Puts an edge where its target is to have it; false if that is taken, or there is no such place.
    #[inline]
    fn put(&self, starts: &[u32], sources: &mut [Entry]) -> bool {
        let (seat, place) = (self.seat as usize, self.place as usize);
        let sources = &mut sources[starts[seat] as usize..starts[seat + 1] as usize];
        let free = sources.get_mut(place).filter(|source| source.node == 0);
        let is_free = free.is_some();
        if let Some(source) = free {
            *source = self.entry;
        }
        is_free
    }
}

#[cold]
#[inline(never)]
fn no_object(index: u32, to: u32) -> Fault {
    Fault(format!(
        "object {index} has an edge to {to}, which is no object"
    ))
}

/// The entries of a list with gaps, of which there may be as many `holes` as are left.
fn laid_out(
    index: u32,
    (targets, places): (&[u32], &[u32]),
    gaps: &Gaps,
    holes: &mut usize,
) -> Result<Vec<Entry>, Fault> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut edges = targets.iter().zip(places);
    let edge = |(&node, &back)| Entry { node, back };
    for run in &gaps.runs {
        let so_far = entries.len();
        let before = (run.at as usize).checked_sub(so_far);
        let before = before.filter(|&edges| run.len > 0 && (edges > 0 || so_far == 0));
        let Some(before) = before else {
            demand!(false, "a gap of object {index} at {} is not sound", run.at);
            continue;
        };
        entries.extend(edges.by_ref().take(before).map(edge));
        let left = holes.checked_sub(run.len as usize);
        let is_behind = entries.len() == run.at as usize;
        demand!(is_behind, "object {index} has no edge before {}", run.at);
        demand!(left.is_some(), "the gaps of object {index} are too long");
        *holes = left.unwrap_or(0);
        entries.resize(entries.len() + run.len as usize, Entry::default());
    }
    let before = entries.len();
    entries.extend(edges.map(edge));
    let ends_in_edge = entries.len() > before || before == 0;
    demand!(ends_in_edge, "the list of object {index} ends in a gap");
    Ok(entries)
}
