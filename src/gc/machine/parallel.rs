//! Marking on several threads, where one call runs a collection.
//!
//! Arenas are taken one after the other, as on one thread: what the roots of one lead to is all black
//! before the next one is looked at. Threads share only the reading of what is grey. Which of
//! them reads an object, and when, makes no difference to what is black in the end, nor to how much
//! was read, as each object is made grey once.

use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rayon::Scope;

use super::Collector;
use crate::bits::{PARTS, split};
use crate::gc::marker::{BATCH, GATHER, read_lists};
use crate::gc::root_scan::{Held, Holder};
use crate::graph::pool::{List, Nodes, NodesOf};
use crate::graph::rows::{Headers, Heads};
use crate::index::ARENA_WORDS;
use crate::objects::Objects;
use crate::units::Units;

/// Grey objects that are handed over together, a *share*: at most, and at least.
const SHARE: usize = 1_024;
const LEAST: usize = 16;
/// How many shares the objects of the smallest heap make that threads mark together.
const SHARES: usize = 64;
/// How many shares must be grey before other threads are asked to help.
const ALONE: usize = 8;
/// How many shares must be grey before one of several threads hands over all but one.
const TOGETHER: usize = 2;
/// Targets of a long list that are handed over together, for each object of a share.
const TARGETS: usize = 16;
/// Machine words of the bitmap for an arena.
const ARENA_PARTS: usize = ARENA_WORDS * PARTS;

impl Collector {
    /// Marks all that can be reached, if there is no budget and enough to examine; says whether it
    /// did. It works on colours of its own, so that a panic leaves the collection where it was.
    pub(super) fn mark_in_parallel<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        left: &mut Units,
    ) -> bool {
        let from = objects.parallel_from;
        let colours = objects.graph.colours(self.which);
        let is_begun = !colours.is_read() || !self.marker.is_read();
        if is_begun || !left.is_unlimited() || self.examined < from || self.levels.is_wanted {
            return false;
        }
        let mut shades = colours.clone();
        let parts = shades.white.parts().iter();
        let white: Vec<_> = parts.map(|&part| AtomicUsize::new(part)).collect();
        let shared = Shared {
            headers: objects.graph.headers(),
            targets: objects.graph.edges().all_targets(),
            white: &white,
            share: share(from),
            found: AtomicUsize::new(0),
            read: AtomicUsize::new(0),
        };
        let mut reader = Reader::new(&shared);
        let outside = Holder::Outside(&self.is_examined);
        let outside = self.flags.partial.then_some(outside);
        let held = Held {
            headers: objects.graph.headers(),
            edges: objects.graph.edges(),
        };
        for &arena in &self.arenas {
            let first = arena as usize * ARENA_PARTS;
            let parts = first..first + ARENA_PARTS;
            let of_arena = &white[parts.clone()];
            load(&mut shades.white.parts_mut()[parts.clone()], of_arena);
            self.roots
                .shade_in(&held, &mut shades, (arena, 0), outside, left);
            for (part, current) in shades.white.parts()[parts].iter().zip(of_arena) {
                current.store(*part, Relaxed);
            }
            reader.grey.extend(shades.grey.drain());
            reader.read_all();
        }
        shades.count -= shared.found.into_inner();
        left.add(shared.read.into_inner() as u64);
        load(shades.white.parts_mut(), &white);
        *objects.graph.marking(self.which).colours = shades;
        true
    }
}

/// What the threads share. Only the bits and the counts in it change.
struct Shared<'a> {
    headers: &'a Headers,
    targets: Nodes<'a>,
    white: &'a [AtomicUsize],
    /// Grey objects that are handed over together.
    share: usize,
    /// Objects that became grey, and units that were spent on reading.
    found: AtomicUsize,
    read: AtomicUsize,
}

/// A reader of what is grey: a grey stack, and room for a batch.
struct Reader<'a> {
    shared: &'a Shared<'a>,
    grey: Vec<u32>,
    /// Lists that are to be handed over in pieces.
    long: Vec<List>,
    gathered: Vec<u32>,
    fresh: Vec<u32>,
    /// Whether no other thread changes the bits.
    is_alone: bool,
    found: usize,
    read: usize,
}

impl<'a> Reader<'a> {
    fn new(shared: &'a Shared<'a>) -> Self {
        Self {
            shared,
            grey: Vec::new(),
            long: Vec::new(),
            gathered: alloc::vec![0; GATHER],
            fresh: alloc::vec![0; GATHER],
            is_alone: false,
            found: 0,
            read: 0,
        }
    }

    /// Reads what is grey, and what it leads to: alone, unless that becomes too much.
    fn read_all(&mut self) {
        self.is_alone = true;
        let is_much = self.read();
        self.is_alone = false;
        if is_much {
            rayon::scope(|scope| self.read_in(scope));
        }
        self.add_up();
    }

    /// Reads until nothing is left, and hands over the surplus.
    fn read_in(&mut self, scope: &Scope<'a>) {
        while self.read() {
            self.hand_over(scope);
        }
        self.add_up();
    }

    fn add_up(&mut self) {
        self.shared
            .found
            .fetch_add(core::mem::take(&mut self.found), Relaxed);
        self.shared
            .read
            .fetch_add(core::mem::take(&mut self.read), Relaxed);
    }

    /// Reads until nothing is left; returns true before that if there is enough for another thread.
    fn read(&mut self) -> bool {
        let mut lists = [List::EMPTY; BATCH];
        loop {
            let shares = if self.is_alone { ALONE } else { TOGETHER };
            if self.grey.len() >= shares * self.shared.share || !self.long.is_empty() {
                return true;
            }
            if self.grey.is_empty() {
                return false;
            }
            self.read_batch(&mut lists);
        }
    }

    /// Leaves long lists, and all that is grey except for one share, to threads that have nothing to do.
    fn hand_over(&mut self, scope: &Scope<'a>) {
        let shared = self.shared;
        let piece = shared.piece();
        for list in self.long.drain(..) {
            for start in (0..list.len()).step_by(piece) {
                let piece = start..list.len().min(start + piece);
                scope.spawn(move |scope| {
                    let mut reader = Reader::new(shared);
                    reader.read_piece(list, piece);
                    reader.read_in(scope);
                });
            }
        }
        let surplus = self.grey.len().saturating_sub(shared.share);
        for grey in self.grey[..surplus].chunks(shared.share) {
            let grey = grey.to_vec();
            scope.spawn(move |scope| {
                let mut reader = Reader::new(shared);
                reader.grey = grey;
                reader.read_in(scope);
            });
        }
        self.grey.drain(..surplus);
    }

    fn read_piece(&mut self, list: List, piece: Range<usize>) {
        self.read += piece.len();
        for targets in self.shared.targets.nodes(&list)[piece].chunks(GATHER) {
            self.shade(targets);
        }
    }

    /// Reads the edges of the objects on top of the stack. The loads of a batch do not depend on each
    /// other, so their cache misses overlap.
    fn read_batch(&mut self, lists: &mut [List; BATCH]) {
        let shared = self.shared;
        let first = self.grey.len().saturating_sub(BATCH);
        let batch = &mut lists[..self.grey.len() - first];
        for (list, &index) in batch.iter_mut().zip(&self.grey[first..]) {
            *list = *shared.headers.outgoing(index);
        }
        self.grey.truncate(first);
        let piece = shared.piece();
        if batch.iter().any(|list| list.len() > piece) {
            for list in batch.iter_mut().filter(|list| list.len() > piece) {
                self.long.push(core::mem::replace(list, List::EMPTY));
            }
        }
        let mut gathered = core::mem::take(&mut self.gathered);
        let lists = &shared.targets;
        let read = read_lists(batch, lists, &mut gathered, |targets| self.shade(targets));
        self.read += batch.len() + read;
        self.gathered = gathered;
    }

    /// Makes those targets grey that are white.
    fn shade(&mut self, targets: &[u32]) {
        let (white, fresh) = (self.shared.white, &mut self.fresh[..]);
        let found = if self.is_alone {
            shade_alone(white, targets, fresh)
        } else {
            shade_among_others(white, targets, fresh)
        };
        self.grey.extend_from_slice(&fresh[..found]);
        self.found += found;
    }
}

impl Shared<'_> {
    /// Targets of a long list that are handed over together.
    fn piece(&self) -> usize {
        TARGETS * self.share
    }
}

fn load(parts: &mut [usize], from: &[AtomicUsize]) {
    for (part, current) in parts.iter_mut().zip(from) {
        *part = current.load(Relaxed);
    }
}

/// How many grey objects are handed over together: fewer in small heaps, and more than there can be where
/// no other thread could take them.
fn share(parallel_from: usize) -> usize {
    if rayon::current_num_threads() == 1 {
        return usize::MAX / TARGETS;
    }
    (parallel_from / SHARES).clamp(LEAST, SHARE)
}

/// Makes white targets grey and puts them first; returns how many they are. It does not branch on
/// what it finds.
#[inline]
fn shade_alone(white: &[AtomicUsize], targets: &[u32], fresh: &mut [u32]) -> usize {
    let mut found = 0;
    for &target in targets {
        let (part, bit) = split(target);
        let before = white[part].load(Relaxed);
        white[part].store(before & !bit, Relaxed);
        fresh[found] = target;
        found += usize::from(before & bit != 0);
    }
    found
}

/// The same while other threads do it too. What is white is looked for first, since reading costs less
/// than exchanging; of several threads that have found one object, one makes it grey.
#[inline]
fn shade_among_others(white: &[AtomicUsize], targets: &[u32], fresh: &mut [u32]) -> usize {
    let mut candidates = 0;
    for &target in targets {
        let (part, bit) = split(target);
        fresh[candidates] = target;
        candidates += usize::from(white[part].load(Relaxed) & bit != 0);
    }
    let mut found = 0;
    for at in 0..candidates {
        let target = fresh[at];
        let (part, bit) = split(target);
        let before = white[part].fetch_and(!bit, Relaxed);
        fresh[found] = target;
        found += usize::from(before & bit != 0);
    }
    found
}
