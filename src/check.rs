//! The numbered invariants, tested against a walk over everything.
//!
//! 1. Every edge joins two objects of the store; every out-entry has its in-entry and the reverse.
//! 2. An object is in the store if and only if its count is over zero, or it is pending.
//! 3. Every object is in one arena, its row and its bits agree with it, and an empty row is empty.
//! 4. While a collection marks, nothing black has an edge to anything white, and what is rooted in a
//!    scanned arena is not white; while none decides, nothing is white. What is dead and detached
//!    has no edges.
//! 5. Weak edges join objects of the store, and are in no count.
//! 6. Sums agree: objects, edges, roots, bytes.
//! 7. Without roots, and collected, the store equals an empty one but for versions.

use core::fmt;

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use slotmap::KeyData;

use crate::bits::Ones;
use crate::gc::Phase;
use crate::gc::machine::Collector;
use crate::graph::edges::Edges;
use crate::graph::pool::{Entry, List};
use crate::graph::rows::Heads;
use crate::index::{ARENA_WORDS, index_at};
use crate::objects::Objects;
use crate::objects::release::Release;

/// An invariant that does not hold: a bug of the library, never of its user. Please report it,
/// with the calls that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The number of the invariant in the list of `ARCHITECTURE.md`.
    pub invariant: u8,
    /// What was found.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "invariant {} does not hold: {}",
            self.invariant, self.found
        )
    }
}

impl core::error::Error for Violation {}

macro_rules! ensure {
    ($invariant:literal, $holds:expr, $($found:tt)+) => {
        if !$holds {
            return Err(Violation {
                invariant: $invariant,
                found: format!($($found)+),
            });
        }
    };
}

/// Tests the invariants 1 to 6.
pub(crate) fn check<T, E>(
    objects: &Objects<T, E>,
    release: &Release,
    collectors: [&Collector; 2],
) -> Result<(), Violation> {
    let mut walk = Walk {
        objects,
        queued: release.queued().collect(),
        live: 0,
        edges: 0,
        roots: 0,
        bytes: 0,
    };
    for word in 0..objects.graph.headers().words() {
        for bit in Ones(objects.graph.headers().occupied(word)) {
            walk.check_object(index_at(word, bit))?;
        }
    }
    walk.check_sums()?;
    check_arenas(objects)?;
    check_weak(objects)?;
    check_states(objects, collectors)
}

/// Tests those of the invariants that do not hold by themselves in a store that was made of a save: each edge was put
/// into both of its lists, and what is counted was counted then.
#[cfg(feature = "serde")]
pub(crate) fn check_loaded<T, E>(
    objects: &Objects<T, E>,
    release: &Release,
    collectors: [&Collector; 2],
) -> Result<(), Violation> {
    let queued = release.queued().collect();
    for word in 0..objects.graph.headers().words() {
        let dead = objects.dead.word(word);
        for bit in Ones(objects.graph.headers().occupied(word) & !dead) {
            check_held(objects, &queued, index_at(word, bit))?;
        }
    }
    check_states(objects, collectors)
}

/// Tests that something holds an object that lives, or that it waits for its turn.
fn check_held<T, E>(
    objects: &Objects<T, E>,
    queued: &BTreeSet<KeyData>,
    index: u32,
) -> Result<(), Violation> {
    let headers = objects.graph.headers();
    let (is_pending, is_held) = (headers.is_pending(index), headers.count(index) > 0);
    ensure!(
        2,
        is_pending || is_held,
        "{:?} has a count of zero and is not pending",
        headers.key(index)
    );
    ensure!(
        2,
        !is_pending || queued.contains(&headers.key(index)),
        "{:?} is pending and is in no queue",
        headers.key(index)
    );
    Ok(())
}

/// Tests what collections, deaths and components have to do with the objects.
fn check_states<T, E>(
    objects: &Objects<T, E>,
    collectors: [&Collector; 2],
) -> Result<(), Violation> {
    for collector in collectors {
        check_colours(objects, collector)?;
    }
    check_dead(objects)?;
    let fault = objects.columns.fault(&objects.live());
    let (fault, component) = fault.unwrap_or_default();
    ensure!(
        3,
        fault.is_empty(),
        "{fault}: components of type {component}"
    );
    Ok(())
}

/// Sums over all objects.
struct Walk<'a, T, E> {
    objects: &'a Objects<T, E>,
    queued: BTreeSet<KeyData>,
    live: usize,
    edges: usize,
    roots: u64,
    bytes: usize,
}

impl<T, E> Walk<'_, T, E> {
    fn check_object(&mut self, index: u32) -> Result<(), Violation> {
        let Objects { graph, heap, .. } = self.objects;
        let (headers, edges) = (graph.headers(), graph.edges());
        let node = headers.node(index);
        let key = headers.key(index);
        ensure!(
            3,
            node.version % 2 == 1,
            "{key:?} is occupied by an even version"
        );
        ensure!(3, heap.get(key).is_some(), "{key:?} has no value");
        ensure!(
            3,
            headers.is_rooted(index) == (node.roots() > 0),
            "{key:?} has {} roots, and a bit that says otherwise",
            node.roots()
        );
        let outgoing = *headers.outgoing(index);
        let is_sound = |list: List| list.is_empty() || matches!(list.len(), 1..);
        ensure!(
            3,
            is_sound(outgoing) && is_sound(node.incoming),
            "{key:?} has a list without entries that is not empty"
        );
        ensure!(
            3,
            edges.is_sound(outgoing),
            "the holes of the edges of {key:?} are not as they should be"
        );
        for at in (0..outgoing.len()).filter(|&at| edges.is_edge(outgoing, at)) {
            let node = edges.outgoing(outgoing, at).node;
            ensure!(
                1,
                self.objects.graph.headers().is_occupied(node),
                "{key:?} has an edge to an empty slot"
            );
            if self.objects.is_live(node) {
                self.check_counterpart(index, at)?;
            }
            // A label that is missing panics here rather than at its user's.
            let _ = edges.label(outgoing, at);
        }
        // The dead are detached one after the other, without telling each other.
        let sources = edges.incoming(headers.incoming(index)).iter().enumerate();
        for (at, entry) in sources.filter(|_| self.objects.is_live(index)) {
            let source = entry.node;
            ensure!(
                1,
                self.objects.graph.headers().is_occupied(source),
                "{key:?} has an edge from an empty slot"
            );
            let outgoing = *headers.outgoing(source);
            let back = u32::try_from(at).unwrap_or(u32::MAX);
            let last = (entry.back as usize).min(outgoing.len().saturating_sub(1));
            let first = if outgoing.may_have_holes() { last } else { 0 };
            let mut backs = (first..=last).map(|at| edges.outgoing(outgoing, at));
            ensure!(
                1,
                backs.any(|out| (out.node, out.back) == (index, back)),
                "an edge from {source} to {key:?} is not known to its source"
            );
        }
        if self.objects.is_live(index) {
            self.live += 1;
            check_held(self.objects, &self.queued, index)?;
        }
        self.edges += edges.degree(outgoing);
        self.roots += u64::from(node.roots());
        self.bytes += self.objects.noted_weight(index);
        Ok(())
    }

    /// Whether the entry of an edge at a position of its source's list has its counterpart.
    fn check_counterpart(&self, source: u32, at: usize) -> Result<(), Violation> {
        let graph = &self.objects.graph;
        let (headers, edges) = (graph.headers(), graph.edges());
        let outgoing = *headers.outgoing(source);
        let Entry { node, back } = edges.outgoing(outgoing, at);
        let incoming = *headers.incoming(node);
        let there = edges.incoming(&incoming).get(back as usize);
        ensure!(
            1,
            there.is_some_and(|there| there.node == source),
            "an edge from {source} to {node} is not known to its target"
        );
        // The position that the target knows is exact in a long list, and not too low in a short one.
        let hint = there.map_or(0, |there| there.back as usize);
        ensure!(
            1,
            hint == at || hint > at && !outgoing.may_have_holes(),
            "an edge from {source} to {node} stands where its target does not look for it"
        );
        Ok(())
    }

    fn check_sums(&self) -> Result<(), Violation> {
        let graph = &self.objects.graph;
        let (edges, roots) = (graph.edges(), graph.roots());
        let len = self.objects.len();
        ensure!(
            6,
            self.live == len,
            "{} objects are counted as {len}",
            self.live
        );
        ensure!(
            6,
            self.edges == edges.len(),
            "{} edges are counted as {}",
            self.edges,
            edges.len()
        );
        let total = roots.total();
        ensure!(
            6,
            self.roots == total,
            "{} roots are counted as {total}",
            self.roots
        );
        let bytes = self.objects.bytes();
        ensure!(
            6,
            self.bytes == bytes,
            "{} bytes are counted as {bytes}",
            self.bytes
        );
        Ok(())
    }
}

fn check_arenas<T, E>(objects: &Objects<T, E>) -> Result<(), Violation> {
    ensure!(
        6,
        objects.graph.headers().is_counted(),
        "the blocks that are written are miscounted"
    );
    for (number, arena) in objects.heap.arenas().iter().enumerate() {
        let words = number * ARENA_WORDS..(number + 1) * ARENA_WORDS;
        let bits: u32 = words
            .clone()
            .map(|word| objects.graph.headers().occupied(word).count_ones())
            .sum();
        ensure!(
            3,
            bits as usize == arena.len(),
            "arena {number} has {} objects, not {bits}",
            arena.len()
        );
        let headers = objects.graph.headers();
        ensure!(
            3,
            words.clone().all(|word| headers.is_plain_or_written(word)),
            "an object of arena {number} was changed, and its row is not written"
        );
        for index in words.flat_map(|word| (0..64).map(move |bit| index_at(word, bit))) {
            if headers.is_occupied(index) || headers.block(index).is_none() {
                continue;
            }
            let empty = headers.outgoing(index).is_empty()
                && headers.is_unheld(index)
                && !headers.is_rooted(index)
                && !headers.is_pending(index);
            ensure!(
                3,
                empty,
                "the empty slot {index} is held, queued or has edges"
            );
            ensure!(
                3,
                headers.node(index).version % 2 == 0,
                "the empty slot {index} has an odd version"
            );
        }
    }
    Ok(())
}

fn check_colours<T, E>(objects: &Objects<T, E>, collector: &Collector) -> Result<(), Violation> {
    let colours = objects.graph.colours(collector.which());
    let white = colours.white.count();
    ensure!(
        4,
        white == colours.count,
        "{white} white objects are counted as {}",
        colours.count
    );
    let decides = !matches!(collector.phase(), Phase::Idle | Phase::Sweep);
    ensure!(
        4,
        decides || collector.is_keeping() || white == 0,
        "{white} objects are white and nothing is marked"
    );
    let Some(scanned) = collector.scanned() else {
        return Ok(());
    };
    for &arena in scanned {
        let first = arena as usize * ARENA_WORDS;
        for word in first..first + ARENA_WORDS {
            let rooted = objects.graph.headers().rooted(word) & colours.white.word(word);
            ensure!(4, rooted == 0, "a rooted object of arena {arena} is white");
        }
    }
    let grey = collector.grey(objects);
    let buffered: BTreeSet<u32> = colours.buffer.iter().copied().collect();
    for word in 0..objects.graph.headers().words() {
        for bit in Ones(objects.graph.headers().occupied(word)) {
            let index = index_at(word, bit);
            let is_read = collector.examines(index) && !grey.contains(&index);
            if !is_read || colours.white.get(index) {
                continue;
            }
            let targets = objects
                .graph
                .edges()
                .targets(objects.graph.headers().outgoing(index));
            let white = targets
                .iter()
                .find(|&&target| colours.white.get(target) && !buffered.contains(&target));
            ensure!(
                4,
                white.is_none(),
                "the black object {index} has an edge to a white one, {white:?}"
            );
        }
    }
    Ok(())
}

fn check_dead<T, E>(objects: &Objects<T, E>) -> Result<(), Violation> {
    let dead = objects.dead.count();
    ensure!(
        4,
        dead == objects.doomed,
        "{dead} of {} are dead",
        objects.doomed
    );
    for word in 0..objects.dead.words().len() {
        for bit in Ones(objects.dead.word(word)) {
            let index = index_at(word, bit);
            let sources = objects
                .graph
                .edges()
                .incoming(objects.graph.headers().incoming(index));
            let lives = sources.iter().any(|source| objects.is_live(source.node));
            ensure!(4, !lives, "the dead object {index} has a live owner");
        }
    }
    Ok(())
}

fn check_weak<T, E>(objects: &Objects<T, E>) -> Result<(), Violation> {
    let weak = objects.graph.weak();
    let (mut outgoing, mut incoming) = (0, 0);
    for index in weak.indices() {
        let there = objects.graph.headers().is_occupied(index);
        ensure!(5, there, "the empty slot {index} has weak edges");
        let is_sound = weak
            .edges()
            .is_some_and(|edges| edges.is_sound(*weak.outgoing(index)));
        ensure!(
            5,
            is_sound,
            "the holes of the weak edges of {index} are not as they should be"
        );
        let outgoing_list = *weak.outgoing(index);
        let is_known = |edges: &Edges<E>, at: usize| {
            let Entry { node, back } = edges.outgoing(outgoing_list, at);
            let there = weak.sources(node).get(back as usize);
            there.is_some_and(|there| {
                let hint = there.back as usize;
                let is_near = hint > at && !outgoing_list.may_have_holes();
                there.node == index && (hint == at || is_near)
            })
        };
        if let Some(edges) = weak.edges() {
            let places = (0..outgoing_list.len()).filter(|&at| edges.is_edge(outgoing_list, at));
            for at in places {
                let place = format_args!("the weak edge of {index} at {at}");
                ensure!(
                    5,
                    is_known(edges, at),
                    "{place} is not where its target looks"
                );
            }
        }
        let degree = |edges: &Edges<E>| edges.degree(*weak.outgoing(index));
        outgoing += weak.edges().map_or(0, degree);
        incoming += weak.sources(index).len();
    }
    let len = weak.len();
    ensure!(
        5,
        outgoing == len && incoming == len,
        "{outgoing} weak edges are counted as {len}"
    );
    Ok(())
}

/// Tests invariant 7 on a store that should have nothing left.
pub(crate) fn check_empty<T, E>(
    objects: &Objects<T, E>,
    release: &Release,
) -> Result<(), Violation> {
    let (len, edges, weak) = (
        objects.len(),
        objects.graph.edges().len(),
        objects.graph.weak().len(),
    );
    ensure!(7, len == 0, "{len} objects are left");
    ensure!(
        7,
        edges == 0 && weak == 0,
        "{edges} edges and {weak} weak edges are left"
    );
    ensure!(
        7,
        objects.graph.roots().total() == 0,
        "{} roots are left",
        objects.graph.roots().total()
    );
    ensure!(
        7,
        objects.bytes() == 0,
        "{} bytes are left",
        objects.bytes()
    );
    ensure!(
        7,
        release.pending() == 0,
        "{} entries are queued",
        release.pending()
    );
    ensure!(
        7,
        objects.graph.labels().is_empty(),
        "{} labels are left",
        objects.graph.labels().len()
    );
    let blocks = objects.graph.edges().blocks_in_use() + objects.graph.weak().blocks_in_use();
    ensure!(7, blocks == 0, "{blocks} entries of the pools are in use");
    Ok(())
}
