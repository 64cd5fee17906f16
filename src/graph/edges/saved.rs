//! The lists of edges as they are saved, and made again of what was.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::Edges;
use crate::form::{self, Fault, Gaps, Lists, Run, Source, demand};
use crate::graph::pool::Entry;
use crate::graph::rows::Heads;
use crate::index::narrow;

/// How many holes there may be besides what edges and objects account for.
const FREE_HOLES: usize = 1 << 20;
/// How many there may be for each edge and each object.
const HOLES_EACH: usize = 8;
/// The edge is not known to its target.
const UNKNOWN: u32 = u32::MAX;

impl<E> Edges<E> {
    /// The lists of an object, to be saved.
    pub(crate) fn saved(&self, heads: &impl Heads, index: u32, with_sources: bool) -> Lists<&E> {
        let outgoing = *heads.outgoing(index);
        let nodes = self.targets(&outgoing);
        let mut gaps = self.outgoing.gaps(outgoing);
        let mut edges = Vec::with_capacity(self.degree(outgoing));
        for (at, &to) in nodes.iter().enumerate() {
            if self.is_edge(outgoing, at) {
                let label = self.label(outgoing, at);
                edges.push(form::Edge { to, label });
            } else if let Some(gaps) = &mut gaps {
                note_hole(gaps, narrow(at));
            }
        }
        let incoming = *heads.incoming(index);
        let sources = if with_sources { incoming.len() } else { 0 };
        let source = |at: usize| {
            let from = self.incoming.entry(incoming, at).node;
            let at = self.place_of(*heads.outgoing(from), incoming, index, at);
            Source {
                from,
                at: narrow(at),
            }
        };
        Lists {
            object: index,
            edges,
            gaps,
            sources: (0..sources).map(source).collect(),
        }
    }

    /// Makes the lists of objects, which come in the order of their indices, in a table without edges. The edges
    /// of the dead to each other are known to their sources alone.
    pub(crate) fn restore(
        &mut self,
        heads: &mut impl Heads,
        lists: Vec<Lists<E>>,
        is_dead: impl Fn(u32) -> bool,
    ) -> Result<(), Fault> {
        let plan = Plan::new(&lists, is_dead)?;
        let incoming: Vec<u32> = lists.iter().map(|of| narrow(of.sources.len())).collect();
        demand!(
            self.has_room_for(&plan.lens(), &incoming),
            "there are too many edges"
        );
        for (of, range) in lists.into_iter().zip(plan.ranges()) {
            let entries: Vec<Entry> = range.map(|at| plan.entries[at]).collect();
            let sources = of.sources.iter().map(|source| Entry {
                node: source.from,
                back: source.at,
            });
            self.gain(of.edges.len());
            let mut labels = of.edges.into_iter().map(|edge| edge.label);
            let outgoing = match &of.gaps {
                Some(gaps) => self.outgoing.restore(&entries, &mut labels, gaps)?,
                None => self.outgoing.list(entries.into_iter(), &mut labels),
            };
            let sources: Vec<Entry> = sources.collect();
            let incoming = self.list_incoming(&sources);
            // A row that says nothing else need not be written.
            if !outgoing.is_empty() {
                *heads.outgoing_mut(of.object) = outgoing;
            }
            if !incoming.is_empty() {
                *heads.incoming_mut(of.object) = incoming;
            }
        }
        Ok(())
    }
}

/// Adds a hole behind those that are known.
fn note_hole(gaps: &mut Gaps, at: u32) {
    match gaps.runs.last_mut() {
        Some(run) if run.at + run.len == at => run.len += 1,
        _ => gaps.runs.push(Run { at, len: 1 }),
    }
}

/// All entries of lists of outgoing edges, holes included, one list behind the other.
struct Plan {
    objects: Vec<u32>,
    /// Where the list of each object ends.
    ends: Vec<usize>,
    entries: Vec<Entry>,
}

impl Plan {
    fn new<E>(lists: &[Lists<E>], is_dead: impl Fn(u32) -> bool) -> Result<Self, Fault> {
        let mut plan = Self {
            objects: lists.iter().map(|of| of.object).collect(),
            ends: Vec::with_capacity(lists.len()),
            entries: Vec::new(),
        };
        let paid: usize = lists.iter().map(|of| of.edges.len() + 1).sum();
        let mut holes = FREE_HOLES.saturating_add(HOLES_EACH.saturating_mul(paid));
        for of in lists {
            plan.lay_out(of, &mut holes)?;
            plan.ends.push(plan.entries.len());
        }
        for of in lists {
            plan.join(of)?;
        }
        for (of, range) in lists.iter().zip(plan.ranges()) {
            let index = of.object;
            for entry in &mut plan.entries[range] {
                let to = entry.node;
                if to != 0 && is_dead(to) {
                    demand!(
                        is_dead(index),
                        "object {index} lives and owns {to}, which is dead"
                    );
                    demand!(
                        entry.back == UNKNOWN,
                        "object {to} is dead and has an owner"
                    );
                    entry.back = 0;
                }
                let is_known = to == 0 || entry.back != UNKNOWN;
                demand!(
                    is_known,
                    "object {to} does not know of its edge from {index}"
                );
            }
        }
        Ok(plan)
    }

    /// Adds the entries of a list, with as many `holes` as are left at most.
    fn lay_out<E>(&mut self, of: &Lists<E>, holes: &mut usize) -> Result<(), Fault> {
        let index = of.object;
        let start = self.entries.len();
        let mut edges = of.edges.iter();
        let mut add = |entries: &mut Vec<Entry>, most: usize| -> Result<(), Fault> {
            for edge in edges.by_ref().take(most) {
                let to = edge.to;
                let is_there = self.objects.binary_search(&to).is_ok();
                demand!(
                    is_there,
                    "object {index} has an edge to {to}, which is no object"
                );
                entries.push(Entry {
                    node: to,
                    back: UNKNOWN,
                });
            }
            Ok(())
        };
        for run in of.gaps.iter().flat_map(|gaps| &gaps.runs) {
            let so_far = self.entries.len() - start;
            let edges = (run.at as usize).checked_sub(so_far);
            let edges = edges.filter(|&edges| run.len > 0 && (edges > 0 || so_far == 0));
            let Some(edges) = edges else {
                demand!(false, "a gap of object {index} at {} is not sound", run.at);
                continue;
            };
            add(&mut self.entries, edges)?;
            let left = holes.checked_sub(run.len as usize);
            let is_behind = self.entries.len() - start == run.at as usize;
            demand!(is_behind, "object {index} has no edge before {}", run.at);
            demand!(left.is_some(), "the gaps of object {index} are too long");
            *holes = left.unwrap_or(0);
            let end = self.entries.len() + run.len as usize;
            self.entries.resize(end, Entry::default());
        }
        let before = self.entries.len();
        add(&mut self.entries, usize::MAX)?;
        let ends_in_edge = self.entries.len() > before || before == start;
        demand!(ends_in_edge, "the list of object {index} ends in a gap");
        Ok(())
    }

    /// Tells the sources of an object where it knows their edges.
    fn join<E>(&mut self, of: &Lists<E>) -> Result<(), Fault> {
        let index = of.object;
        for (&Source { from, at }, back) in of.sources.iter().zip(0..) {
            let place = self.objects.binary_search(&from).ok();
            let place = place.map(|place| self.range(place));
            let entry = place.and_then(|range| self.entries[range].get_mut(at as usize));
            match entry.filter(|entry| entry.node == index && entry.back == UNKNOWN) {
                Some(entry) => entry.back = back,
                None => demand!(false, "object {index} has no edge from {from} at {at}"),
            }
        }
        Ok(())
    }

    fn range(&self, place: usize) -> Range<usize> {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[place]
    }

    /// Where the entries of each list are.
    fn ranges(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let ends = self.ends.clone();
        let mut start = 0;
        ends.into_iter()
            .map(move |end| core::mem::replace(&mut start, end)..end)
    }

    /// How many entries each list has.
    fn lens(&self) -> Vec<u32> {
        let mut lens = vec![];
        lens.extend(self.ranges().map(|range| narrow(range.len())));
        lens
    }
}
