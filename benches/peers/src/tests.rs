//! Whether the peers do what is measured: what lives stays, and what must die dies.

use crate::child::on_large_stack;
use crate::payload::census;
use crate::peers::{self, Kind, Peer, Variant, python};
use crate::workloads::{Case, Digraph, RING, TOUCHES, Workload};

const SIZE: u32 = 2_000;
const DEPTH: u32 = 7;

/// Runs a check for each variant that offers the workload, each on a thread of its own, since the
/// libraries keep their state there.
fn each(workload: Workload, check: fn(&'static Variant, Box<dyn Peer>)) {
    let case = Case {
        workload,
        size: SIZE,
    };
    for variant in peers::all() {
        let is_own = variant.name == python::NAME || variant.kind == Kind::Limit;
        if !is_own && (variant.lacks)(workload).is_none() {
            on_large_stack(move || check(variant, variant.start(case)));
        }
    }
}

#[track_caller]
fn dies(variant: &Variant, mut peer: Box<dyn Peer>, objects: u32) {
    let title = variant.title();
    assert_eq!(census::alive(), objects as usize, "{title} builds");
    peer.reclaim();
    assert_eq!(census::alive(), objects as usize, "{title} keeps");
    peer.let_go();
    peer.reclaim();
    assert_eq!(census::alive(), 0, "{title} reclaims");
}

#[test]
fn trees_die() {
    each(Workload::Tree, |variant, mut peer| {
        peer.tree(DEPTH);
        dies(variant, peer, (2 << DEPTH) - 1);
    });
}

#[test]
fn trees_with_parents_die() {
    each(Workload::TreeWithParents, |variant, mut peer| {
        peer.tree_with_parents(DEPTH);
        dies(variant, peer, (2 << DEPTH) - 1);
    });
}

#[test]
fn rings_die() {
    each(Workload::Rings, |variant, mut peer| {
        peer.rings(100);
        dies(variant, peer, 100 * RING);
    });
}

#[test]
fn lists_die() {
    each(Workload::List, |variant, mut peer| {
        peer.list(SIZE);
        dies(variant, peer, SIZE);
    });
}

#[test]
fn frames_leave_what_lives() {
    each(Workload::FrameTouched, |variant, mut peer| {
        let mut shape = Digraph::new(SIZE);
        peer.manual();
        peer.digraph(&shape);
        for frame in 0..10 {
            peer.churn(frame % 2 == 0);
            peer.touch(&shape.touches(TOUCHES));
            peer.reclaim();
            assert_eq!(census::alive(), SIZE as usize, "{}", variant.title());
        }
        peer.collect();
        dies(variant, peer, SIZE);
    });
}

#[test]
fn slices_catch_up() {
    each(Workload::FrameTouched, |variant, mut peer| {
        let shape = Digraph::new(SIZE);
        peer.manual();
        peer.digraph(&shape);
        for _ in 0..100 {
            peer.churn(false);
            peer.slice();
        }
        // An increment may end before the garbage of the last frames.
        let alive = census::alive();
        assert!(alive < 4 * SIZE as usize, "{}: {alive}", variant.title());
    });
}

#[test]
fn walks_find_the_same() {
    each(Workload::Walk, |variant, mut peer| {
        peer.digraph(&Digraph::new(SIZE));
        for _ in 0..2 {
            let walked = peer.walk();
            let sum = u64::from(SIZE) * u64::from(SIZE - 1) / 2;
            assert_eq!(walked.objects, SIZE, "{}", variant.title());
            assert_eq!(walked.edges, 3 * SIZE, "{}", variant.title());
            assert_eq!(walked.sum, sum, "{}", variant.title());
        }
    });
}

#[test]
fn a_loaded_world_lives() {
    each(Workload::Load, |variant, mut peer| {
        for is_whole in [true, false] {
            let before = census::alive();
            peer.load(&Digraph::new(SIZE), is_whole);
            peer.reclaim();
            let loaded = census::alive() - before;
            assert_eq!(loaded, SIZE as usize, "{}", variant.title());
        }
    });
}

#[test]
fn reads_find_the_same() {
    each(Workload::Get, |variant, mut peer| {
        peer.fill(SIZE);
        let sum = u64::from(SIZE) * u64::from(SIZE - 1) / 2;
        assert_eq!(peer.read(), sum, "{}", variant.title());
    });
}

#[test]
fn temporary_trees_die() {
    each(Workload::GcBench, |variant, mut peer| {
        peer.tree(DEPTH);
        for tree in 0..10 {
            peer.temporary_tree(DEPTH, tree % 2 == 0);
        }
        peer.let_go();
        peer.reclaim();
        // What was in the middle of a cycle finishes it, and needs another one.
        peer.reclaim();
        assert_eq!(census::alive(), 0, "{}", variant.title());
    });
}

#[test]
fn stress_leaves_the_same() {
    const LIKELY: std::ops::Range<usize> = 2_400..2_700;
    static LEFT: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    each(Workload::Stress, |variant, mut peer| {
        peer.stress(20_000);
        peer.reclaim();
        peer.reclaim();
        let left = census::alive();
        // Some keep their edges in another order than `Vec::swap_remove`, so that other ones are cut.
        let is_alike = match variant.name {
            "petgraph" | "understory" => LIKELY.contains(&left),
            _ => left == *LEFT.get_or_init(|| left),
        };
        assert!(is_alike, "{}: {left}, not {LEFT:?}", variant.title());
        peer.let_go();
        peer.reclaim();
        peer.reclaim();
        assert_eq!(census::alive(), 0, "{}", variant.title());
    });
}

#[test]
fn queries_run() {
    each(Workload::QueryAll, |_, mut peer| {
        for is_group in [false, true] {
            peer.components(&[true, false, true], is_group);
            peer.query();
        }
    });
}

#[test]
fn digraph_can_be_reached_after_touches() {
    let mut shape = Digraph::new(SIZE);
    for touch in shape.touches(1_000) {
        let row = &mut shape.targets[touch.source as usize];
        let place = row.iter().position(|&target| target == touch.old);
        row[place.expect("the edge is there")] = touch.new;
    }
    let mut seen = vec![false; SIZE as usize];
    let mut stack = vec![0];
    while let Some(node) = stack.pop() {
        if !std::mem::replace(&mut seen[node as usize], true) {
            stack.extend(shape.targets[node as usize]);
        }
    }
    assert!(seen.iter().all(|&seen| seen));
}
