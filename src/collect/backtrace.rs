//! Back-tracing: from a suspect, against the edges, to a root.
//!
//! Everything that can reach a dead object is dead. So when the search for a root ends without
//! one, all that it has visited is garbage, and the cost is in proportion to the garbage. A live
//! suspect ends at the first root. The search takes the object that is likely to be nearest to a
//! root first: each object keeps a hint of its distance, which `link` and `root` lower and the
//! search corrects.

use core::cmp::Reverse;

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use slotmap::KeyData;

use crate::bits::Bits;
use crate::collect::sweeper;
use crate::config::Generation;
use crate::header::{Headers, Heads};
use crate::objects::Objects;
use crate::pool::Entry;
use crate::release::Release;
use crate::units::Units;

/// Edges of one object that are looked at before another object has its turn: hubs are read in
/// pieces.
const PIECE: usize = 32;
const NONE: u32 = u32::MAX;

/// What is to be read next: the lowest hint first, and of equals the oldest, so that where nothing
/// is known the way found is a short one, and the hints on it are good ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    hint: Reverse<u8>,
    /// Place in `visited`.
    at: Reverse<u32>,
    /// First edge that was not looked at.
    cursor: u32,
}

#[derive(Clone, Copy, Debug)]
struct Visit {
    index: u32,
    /// Place in `visited` of the object whose edge led here.
    from: u32,
}

/// What a look at the sources of an object has found.
#[derive(Clone, Copy, Debug)]
struct Sight {
    /// First edge that was not looked at.
    end: usize,
    /// The lowest hint.
    nearest: u8,
    /// Distance from a root of the nearest object that is known to be live, if there is one.
    anchor: Option<u8>,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Live,
    Garbage,
    OutOfBudget,
}

/// The memory of searches, and the garbage that was found and is not reclaimed yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backtracer {
    visited: Vec<Visit>,
    frontier: BinaryHeap<Step>,
    seen: Bits,
    /// What searches of this batch have found to be live.
    proven: Bits,
    proven_list: Vec<u32>,
    garbage: Vec<u32>,
    /// How many of these have lost their edges, and how many have left the store.
    detached: usize,
    reclaimed: usize,
    /// Whether one call sweeps all of it: where the user's code panics, the next one does.
    pub(crate) hurried: bool,
    /// How much garbage was found so far.
    total: u64,
    /// How many suspects were left to the collector so far.
    pub(crate) abandoned: u64,
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
    /// objects of it have finalizers to run first it ends, and returns them; otherwise it is dead,
    /// and to be swept.
    ///
    /// A suspect that a budget of half of `full` or more did not suffice for is left to the
    /// collector; for a smaller one it waits on.
    pub(crate) fn run<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        left: &mut Units,
        full: u64,
    ) -> Vec<KeyData> {
        let words = objects.occupied.words().len();
        self.seen.grow(words);
        self.proven.grow(words);
        while !left.is_spent() {
            let Some(suspect) = objects.suspects.pop() else {
                break;
            };
            let had = left.left();
            left.spend(1);
            match self.search(objects, suspect, left) {
                Verdict::Live => {}
                Verdict::OutOfBudget => {
                    if had < full / 2 {
                        objects.suspects.put_back(&mut objects.headers, suspect);
                    } else {
                        self.abandoned += 1;
                    }
                    left.add(left.left());
                }
                Verdict::Garbage => {
                    let finalize = self.to_finalize(objects);
                    if finalize.is_empty() {
                        self.condemn(objects);
                    } else {
                        // They may save it: it is traced again, and first, when they have run.
                        objects.suspects.put_back(&mut objects.headers, suspect);
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
        let finalizable = &objects.mortal.finalizable;
        let indices = self.visited.iter().map(|visit| visit.index);
        let mut finalize: Vec<u32> = indices.filter(|&at| finalizable.get(at)).collect();
        finalize.sort_unstable();
        let keys = finalize.into_iter();
        keys.map(|index| objects.headers.key(index)).collect()
    }

    /// Forgets what was found to be live: a proof lasts for one batch.
    pub(crate) fn forget_proofs(&mut self) {
        for index in self.proven_list.drain(..) {
            self.proven.clear(index);
        }
    }

    /// Searches for a root that a suspect can be reached from.
    fn search<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        suspect: u32,
        left: &mut Units,
    ) -> Verdict {
        self.visited.clear();
        self.frontier.clear();
        if self.is_anchor(objects, suspect) {
            return Verdict::Live;
        }
        self.visit(&objects.headers, suspect, NONE);
        let verdict = self.search_on(objects, left);
        for visit in &self.visited {
            self.seen.clear(visit.index);
        }
        verdict
    }

    fn search_on<T, E>(&mut self, objects: &mut Objects<T, E>, left: &mut Units) -> Verdict {
        while let Some(step) = self.frontier.pop() {
            let index = self.visited[step.at.0 as usize].index;
            let len = objects.headers.incoming(index).len();
            let first = step.cursor as usize;
            let end = len.min(first + PIECE);
            if left.left() < (end - first) as u64 {
                return Verdict::OutOfBudget;
            }
            let sight = self.look(objects, index, step, end);
            left.spend(sight.end - first);
            let is_whole = sight.end == len;
            if first == 0 && (is_whole || sight.nearest < step.hint.0) {
                let hint = sight.nearest.saturating_add(1);
                objects.headers.set_hint(index, hint);
            }
            if let Some(hint) = sight.anchor {
                self.prove(objects, hint, step.at.0);
                return Verdict::Live;
            }
            if !is_whole {
                let cursor = narrow(sight.end);
                self.frontier.push(Step { cursor, ..step });
            }
        }
        Verdict::Garbage
    }

    /// Looks at the sources of an object up to the `end`th, or to one that is nearer to a root than
    /// the object was thought to be: the others wait until that one has led nowhere.
    fn look<T, E>(&mut self, objects: &Objects<T, E>, index: u32, step: Step, end: usize) -> Sight {
        let own = step.hint.0;
        let sources = objects.edges.incoming(objects.headers.incoming(index));
        let mut sight = Sight {
            end: step.cursor as usize,
            nearest: u8::MAX,
            anchor: None,
        };
        for &Entry { node: source, .. } in &sources[sight.end..end] {
            sight.end += 1;
            let mut hint = objects.headers.hint(source);
            sight.nearest = sight.nearest.min(hint);
            if self.is_anchor(objects, source) {
                if !self.proven.get(source) {
                    hint = 0;
                }
                sight.anchor = Some(sight.anchor.map_or(hint, |best| best.min(hint)));
            } else if sight.anchor.is_none() && !self.seen.get(source) {
                self.visit(&objects.headers, source, step.at.0);
            } else {
                continue;
            }
            // Where nothing is known, the nearest of all sources is worth more than the first.
            if hint < own && own < u8::MAX {
                break;
            }
        }
        sight
    }

    fn visit(&mut self, headers: &Headers, index: u32, from: u32) {
        self.seen.set(index);
        self.frontier.push(Step {
            hint: Reverse(headers.hint(index)),
            at: Reverse(narrow(self.visited.len())),
            cursor: 0,
        });
        self.visited.push(Visit { index, from });
    }

    /// Whether an object is known to be live: it is held by the program, it is not decided on by
    /// this search, or an earlier search of the batch has found it to be live.
    #[inline]
    fn is_anchor<T, E>(&self, objects: &Objects<T, E>, index: u32) -> bool {
        objects.roots.rooted.get(index)
            || self.proven.get(index)
            || objects.waiting.get(index)
            // Its edges are on their way out, and what they lead to becomes a suspect with it.
            || !objects.is_live(index)
            || objects.heap.generation(index) == Generation::Permanent
    }

    /// Notes that the way from an anchor, so far from a root, to the suspect is live, and how long
    /// it is.
    fn prove<T, E>(&mut self, objects: &mut Objects<T, E>, anchor: u8, at: u32) {
        let mut hint = anchor;
        let mut at = at;
        while let Some(visit) = self.visited.get(at as usize) {
            hint = hint.saturating_add(1);
            objects.headers.set_hint(visit.index, hint);
            self.proven.set(visit.index);
            self.proven_list.push(visit.index);
            at = visit.from;
        }
    }

    /// The instant at which all that was visited dies.
    fn condemn<T, E>(&mut self, objects: &mut Objects<T, E>) {
        debug_assert!(self.is_idle(), "garbage is swept before more is found");
        self.garbage
            .extend(self.visited.iter().map(|visit| visit.index));
        self.garbage.sort_unstable();
        for &index in &self.garbage {
            objects.condemn(index);
        }
        self.total += self.garbage.len() as u64;
    }

    /// Takes the garbage out of the store, in the order of the indices, as far as the budget goes:
    /// first the edges of all of it, then the objects. Where code of the user panics, the next call
    /// goes on behind it.
    pub(crate) fn sweep<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        release: &mut Release,
        left: &mut Units,
    ) {
        while let Some(&index) = self.garbage.get(self.detached) {
            if left.is_spent() {
                return;
            }
            // What was emptied in between is gone.
            let is_there = objects.dead.get(index);
            if !is_there || sweeper::detach(objects, release, index, left) {
                self.detached += 1;
            }
        }
        while let Some(&index) = self.garbage.get(self.reclaimed) {
            if left.is_spent() {
                return;
            }
            self.reclaimed += 1;
            if objects.dead.get(index) {
                sweeper::reclaim(objects, index, left);
            }
        }
        self.forget_garbage();
    }

    /// Forgets garbage that is gone.
    pub(crate) fn forget_garbage(&mut self) {
        self.garbage.clear();
        self.detached = 0;
        self.reclaimed = 0;
        self.hurried = false;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "lists and searches are below 2^32 long"
)]
fn narrow(len: usize) -> u32 {
    len as u32
}
