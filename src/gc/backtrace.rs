//! Back-tracing: from a suspect, against the edges, to a root.
//!
//! Everything that can reach a dead object is dead. So when the search for a root ends without
//! one, all that it has visited is garbage, and the cost is in proportion to the garbage. The search from
//! a live suspect ends at the first root. It first takes the object that is likely to be nearest to a
//! root: each object has a root distance, an estimate, which `link` and `root` lower and the search corrects.

mod garbage;

use alloc::vec::Vec;

use slotmap::KeyData;

use crate::bits::Bits;
use crate::config::Generation;
#[cfg(feature = "serde")]
use crate::form;
use crate::gc::trace_queue::{ENOUGH, NONE, TraceQueue, Visit};
use crate::graph::pool::Entry;
use crate::graph::rows::{Heads, Node};
use crate::index::narrow;
use crate::objects::Objects;
use crate::units::Units;

/// Edges of one object that are looked at before another object has its turn: hubs are read in
/// pieces.
const PIECE: usize = 32;
/// Units of work for a look at a source: it waits for memory, whereas marking reads in batches.
const LOOK: usize = 12;
/// Units of work that a search may take, however small the budget is: so that small rings die in the
/// smallest of steps too.
const LEAST: u64 = 20 * LOOK as u64;
/// The root distance of what is farther from a root than it can say.
const FAR: u8 = u8::MAX;
/// A search that finds nothing nearer any more may take one unit more in so many of the budget: it is likely
/// to end in vain.
const SHARE_OF_FAR: u64 = 16;
/// Up to this many objects, sorting takes less time than bitmaps do.
const FEW: usize = 32;
/// What a look at the sources of an object has found.
#[derive(Clone, Copy, Debug)]
struct Sight {
    /// First edge that was not looked at.
    end: usize,
    /// The lowest root distance.
    nearest: u8,
    /// Distance from a root of the nearest object that is known to be live, if there is one.
    anchor: Option<u8>,
}

/// How far garbage is swept in the call that finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sweep {
    /// As far as the budget goes.
    InBudget,
    /// All of it, whatever the budget is.
    Whole,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Live,
    Garbage,
    OutOfBudget,
}

/// Searches that found no garbage, the last of which count most.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fruitless {
    units: u64,
    number: u64,
}

impl Fruitless {
    fn add(&mut self, units: u64) {
        self.units = self.units.saturating_add(units);
        self.number += 1;
        if self.number > 2 * REMEMBERED {
            self.units /= 2;
            self.number /= 2;
        }
    }

    /// About how many units as many searches will take, if none of them finds garbage.
    pub(crate) fn cost(&self, searches: usize) -> u64 {
        let searches = searches as u64;
        let each = match self.number {
            REMEMBERED.. => self.units / self.number,
            _ => 0,
        };
        searches.saturating_mul(each.max(LOOK as u64))
    }
}

/// How many searches are remembered, at least, before it is judged what they cost.
const REMEMBERED: u64 = 1_024;

/// The memory of searches, and the garbage that was found and is not reclaimed yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backtracer {
    trace_queue: TraceQueue,
    seen: Bits,
    /// Units that a search may take from where all is far from a root.
    for_far: u64,
    /// Whether anything is pending, dead or permanent, so that each object that is met has
    /// to be asked.
    has_others: bool,
    /// What searches of this batch have found to be live.
    proven: Bits,
    proven_list: Vec<u32>,
    garbage: Vec<u32>,
    /// How many of these have lost their edges, and how many have left the store.
    detached: usize,
    reclaimed: usize,
    /// Whether one call sweeps all of it: if the user's code panics, the next call does.
    pub(crate) hurried: bool,
    /// How much garbage was found so far.
    total: u64,
    /// The searches that found no garbage.
    pub(crate) fruitless: Fruitless,
    /// How many suspects were left to the collector so far.
    pub(crate) abandoned: u64,
    /// Units that searches of this step have spent without an answer.
    pub(crate) vain: u64,
}

impl Backtracer {
    /// Whether no garbage is left that was found and not swept.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.garbage.is_empty()
    }

    /// How much garbage was found so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Decides on suspects until none is left, `left` units are used up, or there is garbage. Where
    /// objects of the garbage have finalizers to run first, it ends and returns these; otherwise the
    /// garbage is dead, and to be swept, unless it has left the store already.
    ///
    /// A suspect for which a budget of half of `full` or more did not suffice is left to the collector;
    /// after a smaller one it waits on. So is one, after less, that is far from all roots that are known of.
    /// It ends when half of `full` was spent in vain, so that something is left for collections.
    pub(crate) fn run<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        left: &mut Units,
        full: u64,
        has_pending: bool,
        sweep: Sweep,
    ) -> Vec<KeyData> {
        let words = objects.graph.headers().words();
        self.has_others = has_pending || objects.doomed > 0 || objects.heap.has_permanent();
        self.for_far = (full / SHARE_OF_FAR).max(LEAST);
        self.seen.grow(words);
        self.proven.grow(words);
        while !left.is_spent() && self.vain <= full / 2 {
            let Some(popped) = objects.graph.pop_suspect() else {
                break;
            };
            let (suspect, _) = popped;
            let had = left.left();
            let mut own = Units::new(had.max(LEAST));
            own.spend(LOOK);
            let verdict = self.search(objects, suspect, &mut own);
            left.add(own.spent());
            if verdict != Verdict::Garbage {
                self.forget_seen();
                self.fruitless.add(own.spent());
            }
            match verdict {
                Verdict::Live => {}
                Verdict::OutOfBudget => {
                    self.vain = self.vain.saturating_add(own.spent());
                    let is_far = own.budget() < had;
                    if had < full / 2 && !is_far {
                        objects.graph.put_suspect_back(popped);
                        left.add(left.left());
                    } else {
                        self.abandoned += 1;
                    }
                }
                Verdict::Garbage => {
                    let finalize = self.to_finalize(objects);
                    if finalize.is_empty() {
                        self.take_visited();
                        if !self.sweep_at_once(objects, left, sweep) {
                            self.condemn(objects);
                        }
                    } else {
                        self.forget_seen();
                        // They may save the suspect: when they have run it is traced again, first of all.
                        objects.graph.put_suspect_back(popped);
                        self.forget_proofs();
                    }
                    return finalize;
                }
            }
        }
        Vec::new()
    }

    /// The objects that were visited and have finalizers to run, in order.
    fn to_finalize<T, E>(&self, objects: &Objects<T, E>) -> Vec<KeyData> {
        let finalizable = &objects.deaths.finalizable;
        if !objects.deaths.has_finalizers() {
            return Vec::new();
        }
        let indices = self.trace_queue.visited().iter().map(|visit| visit.index);
        let mut finalize: Vec<u32> = indices.filter(|&at| finalizable.get(at)).collect();
        finalize.sort_unstable();
        let keys = finalize.into_iter();
        keys.map(|index| objects.graph.headers().key(index))
            .collect()
    }

    /// Forgets what was found to be live: a proof lasts for one batch.
    pub(crate) fn forget_proofs(&mut self) {
        for index in self.proven_list.drain(..) {
            self.proven.clear(index);
        }
        if self.proven_list.capacity() > ENOUGH {
            self.proven_list.shrink_to(ENOUGH);
        }
        self.trace_queue.shrink();
    }

    /// Gives back all that only searches use, between two of them, and what the garbage does not need.
    pub(crate) fn shrink(&mut self) {
        self.forget_proofs();
        debug_assert!(self.seen.next(0).is_none(), "a search has forgotten it");
        self.trace_queue = TraceQueue::default();
        self.seen = Bits::default();
        self.proven = Bits::default();
        self.proven_list = Vec::new();
        self.garbage.shrink_to_fit();
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let lists = self.proven_list.capacity() + self.garbage.capacity();
        self.trace_queue.memory()
            + self.seen.memory()
            + self.proven.memory()
            + lists * size_of::<u32>()
    }

    /// Searches for a root from which a suspect can be reached.
    #[inline(never)]
    fn search<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        suspect: u32,
        left: &mut Units,
    ) -> Verdict {
        self.trace_queue.clear();
        if self.is_anchor(objects, objects.graph.headers().node(suspect), suspect) {
            return Verdict::Live;
        }
        self.visit(suspect, objects.graph.headers().distance(suspect), NONE);
        self.search_on(objects, left)
    }

    /// Forgets what a search has seen.
    fn forget_seen(&mut self) {
        for visit in self.trace_queue.visited() {
            self.seen.clear(visit.index);
        }
    }

    fn search_on<T, E>(&mut self, objects: &mut Objects<T, E>, left: &mut Units) -> Verdict {
        while let Some((own, at)) = self.trace_queue.pop() {
            if own == FAR {
                left.limit_to(self.for_far);
            }
            let Visit { index, cursor, .. } = self.trace_queue.visited()[at as usize];
            if let Some(source) = objects.graph.headers().incoming(index).only() {
                match self.follow(objects, (index, at), source, left) {
                    Some(verdict) => return verdict,
                    None => continue,
                }
            }
            let sources = objects
                .graph
                .edges()
                .incoming(objects.graph.headers().incoming(index));
            let (first, len) = (cursor as usize, sources.len());
            let most = usize::try_from(left.left()).unwrap_or(usize::MAX) / LOOK;
            let end = len.min(first + PIECE.min(most));
            if end == first && len > first {
                return Verdict::OutOfBudget;
            }
            let sight = self.look(objects, &sources[..end], (first, at), own);
            left.spend(LOOK * (sight.end - first));
            let is_whole = sight.end == len;
            if first == 0 && (is_whole || sight.nearest < own) {
                let distance = sight.nearest.saturating_add(1);
                objects.graph.set_distance(index, distance);
            }
            if let Some(distance) = sight.anchor {
                self.prove(objects, distance, at);
                return Verdict::Live;
            }
            if !is_whole {
                self.trace_queue.put_back(own, at, narrow(sight.end));
            }
        }
        Verdict::Garbage
    }

    /// Looks at the only source of an object, and goes on as long as nothing else waits to be read and
    /// the next object has only one source too. Returns a verdict where one is reached.
    #[inline(never)]
    fn follow<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        (index, at): (u32, u32),
        source: u32,
        left: &mut Units,
    ) -> Option<Verdict> {
        let (mut index, mut at, mut source) = (index, at, source);
        let is_only = self.trace_queue.is_empty();
        loop {
            if left.left() < LOOK as u64 {
                return Some(Verdict::OutOfBudget);
            }
            left.spend(LOOK);
            let node = *objects.graph.headers().node(source);
            let distance = node.distance();
            objects
                .graph
                .set_distance(index, distance.saturating_add(1));
            if self.is_anchor(objects, &node, source) {
                let is_proven = self.proven.get(source);
                self.prove(objects, if is_proven { distance } else { 0 }, at);
                return Some(Verdict::Live);
            }
            if self.seen.set(source) {
                return None;
            }
            match node.incoming.only() {
                Some(next) if is_only => {
                    if distance == FAR {
                        left.limit_to(self.for_far);
                    }
                    at = self.trace_queue.pass(source, at);
                    (index, source) = (source, next);
                }
                _ => {
                    self.trace_queue.push(distance, source, at);
                    return None;
                }
            }
        }
    }

    /// Looks at the sources of an object, from the `first` one to the last, or to one that is nearer to a
    /// root than the object was thought to be: then the rest wait until that one has led nowhere.
    #[inline]
    fn look<T, E>(
        &mut self,
        objects: &Objects<T, E>,
        sources: &[Entry],
        (first, at): (usize, u32),
        own: u8,
    ) -> Sight {
        let mut sight = Sight {
            end: first,
            nearest: u8::MAX,
            anchor: None,
        };
        for &Entry { node: source, .. } in &sources[first..] {
            sight.end += 1;
            let node = objects.graph.headers().node(source);
            let mut distance = node.distance();
            sight.nearest = sight.nearest.min(distance);
            if self.is_anchor(objects, node, source) {
                if !self.proven.get(source) {
                    distance = 0;
                }
                sight.anchor = Some(sight.anchor.map_or(distance, |best| best.min(distance)));
            } else if sight.anchor.is_none() && !self.seen.get(source) {
                self.visit(source, distance, at);
            } else {
                continue;
            }
            // Where nothing is known, the nearest of all sources is worth more than the first.
            if distance < own && own < u8::MAX {
                break;
            }
        }
        sight
    }

    #[inline]
    fn visit(&mut self, index: u32, distance: u8, from: u32) {
        self.seen.set(index);
        self.trace_queue.push(distance, index, from);
    }

    /// Whether an object is known to be live: it is held by the program, it is not decided on by
    /// this search, or an earlier search of the batch has found it to be live.
    #[inline]
    fn is_anchor<T, E>(&self, objects: &Objects<T, E>, node: &Node, index: u32) -> bool {
        node.roots() > 0
            || !self.proven_list.is_empty() && self.proven.get(index)
            || self.has_others && is_other_anchor(objects, index)
    }

    /// Notes that the way to the suspect from an anchor, which is that far from a root, is live, and how
    /// long it is.
    fn prove<T, E>(&mut self, objects: &mut Objects<T, E>, anchor: u8, at: u32) {
        let mut distance = anchor;
        let mut at = at;
        while let Some(visit) = self.trace_queue.visited().get(at as usize) {
            distance = distance.saturating_add(1);
            objects.graph.set_distance(visit.index, distance);
            self.proven.set(visit.index);
            self.proven_list.push(visit.index);
            at = visit.from;
        }
    }
}

#[cfg(feature = "serde")]
impl Backtracer {
    pub(crate) fn saved(&self) -> form::Searches {
        form::Searches {
            garbage: self.garbage.clone(),
            detached: narrow(self.detached),
            reclaimed: narrow(self.reclaimed),
            hurried: self.hurried,
            fruitless_units: self.fruitless.units,
            fruitless: self.fruitless.number,
            abandoned: self.abandoned,
            vain: self.vain,
        }
    }

    /// Makes the searches of a store, of whose arenas so many have tables.
    pub(crate) fn restore(
        form: &form::Searches,
        total: u64,
        arenas: usize,
    ) -> Result<Self, form::Fault> {
        form::bits(&form.garbage, arenas, "garbage that searches have found")?;
        let (detached, reclaimed) = (form.detached as usize, form.reclaimed as usize);
        let len = form.garbage.len();
        let is_sound = detached <= len && (reclaimed == 0 || detached == len && reclaimed <= len);
        form::demand!(
            is_sound,
            "of {len} objects {detached} are detached, and {reclaimed} gone"
        );
        let remembered = form.fruitless <= 2 * REMEMBERED;
        form::demand!(remembered, "{} searches are remembered", form.fruitless);
        Ok(Self {
            garbage: form.garbage.clone(),
            detached,
            reclaimed,
            hurried: form.hurried,
            total,
            fruitless: Fruitless {
                units: form.fruitless_units,
                number: form.fruitless,
            },
            abandoned: form::counter(form.abandoned, "abandoned searches")?,
            vain: form.vain,
            ..Self::default()
        })
    }

    /// Forgets what is still to be swept and is not dead: nothing else may leave the store in this way.
    pub(crate) fn keep_only(&mut self, dead: &Bits) {
        let (detached, reclaimed) = (self.detached, self.reclaimed);
        let (mut at, mut detached_left) = (0, 0);
        self.garbage.retain(|&index| {
            let is_kept = at < reclaimed || dead.get(index);
            detached_left += usize::from(is_kept && at < detached);
            at += 1;
            is_kept
        });
        self.detached = detached_left;
    }

    /// Whether a dead object will still lose its edges to the sweep of what searches have found.
    pub(crate) fn will_detach(&self, index: u32) -> bool {
        self.garbage[self.detached..].binary_search(&index).is_ok()
    }

    /// Whether a dead object will leave the store by that.
    pub(crate) fn will_reclaim(&self, index: u32) -> bool {
        self.garbage[self.reclaimed..].binary_search(&index).is_ok()
    }
}

/// Whether an object is as good as a root, other than because the program holds it.
#[inline(never)]
fn is_other_anchor<T, E>(objects: &Objects<T, E>, index: u32) -> bool {
    objects.graph.headers().is_pending(index)
        // Its edges are about to go, and with each of them its target becomes a suspect.
        || !objects.is_live(index)
        || objects.heap.generation(index) == Generation::Permanent
}
