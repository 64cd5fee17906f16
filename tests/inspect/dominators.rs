//! Dominators, what they retain, and what would go, beside searches without each object, and beside a store that drops
//! it.

use std::collections::BTreeSet;

use understory::inspect::{Describe, HeapBuilder, HeapSnapshot};
use understory::{Handle, Store};

use super::{Edges, Op, graph, reach, store_of};
use crate::cases::quickcheck;

/// What is reached from the roots without going through an object.
fn without(heap: &HeapSnapshot, object: u32) -> BTreeSet<u32> {
    reach(heap, |other| other != object)
}

#[test]
fn dominators_are_what_nothing_is_reached_without() {
    fn property(objects: u8, edges: Edges, roots: Vec<u8>) -> bool {
        let heap = graph(objects, &edges, &roots);
        let dominators = heap.dominators();
        let all = reach(&heap, |_| true);
        let lost = |object| &all - &without(&heap, object);
        let lost: Vec<BTreeSet<u32>> = heap.objects().map(lost).collect();
        let mut top = 0;
        for object in heap.objects() {
            assert_eq!(dominators.is_reachable(object), all.contains(&object));
            let retained: BTreeSet<u32> = dominators.retained(object).into_iter().collect();
            assert_eq!(retained, lost[object as usize]);
            assert_eq!(retained.len(), dominators.retained_count(object));
            let size: u64 = retained.iter().map(|&other| heap.size(other)).sum();
            assert_eq!(size, dominators.retained_size(object));
            let would_free: BTreeSet<u32> = heap.would_free(object).into_iter().collect();
            assert_eq!(would_free, retained);
            // The dominator is the one that the fewest others lie behind.
            let above = heap
                .objects()
                .filter(|&other| other != object && lost[other as usize].contains(&object));
            let nearest = above.min_by_key(|&other| lost[other as usize].len());
            assert_eq!(dominators.dominator(object), nearest);
            let is_top = all.contains(&object) && nearest.is_none();
            assert_eq!(dominators.top().contains(&object), is_top);
            top += usize::from(is_top);
            for &child in dominators.children(object) {
                assert_eq!(dominators.dominator(child), Some(object));
            }
        }
        top == dominators.top().len() && heap.reachable().into_iter().eq(all)
    }
    quickcheck(300).quickcheck(property as fn(_, _, _) -> _);
}

#[test]
fn what_would_go_goes() {
    fn property(ops: Vec<Op>) -> bool {
        let mut store = store_of(&ops);
        // What is garbage, or pending, is not in question.
        store.collect();
        let heap = store.heap_snapshot(&Describe::new());
        let left = |store: &mut Store<u32, u8>| {
            store.collect();
            let gone = |object: &u32| !store.contains(heap.handle(*object));
            heap.objects().filter(gone).collect::<Vec<u32>>()
        };
        for object in heap.objects() {
            let handle: Handle = heap.handle(object);
            let mut copy = store.clone();
            copy.destroy(handle);
            assert_eq!(left(&mut copy), heap.would_free(object));
            let mut copy = store.clone();
            while copy.unroot(handle).is_ok() {}
            assert_eq!(left(&mut copy), heap.would_free_if_unrooted(object));
        }
        true
    }
    quickcheck(60).quickcheck(property as fn(_) -> _);
}

#[test]
fn long_chains_and_hubs_need_no_stack() {
    let mut heap = HeapBuilder::new();
    let count: u32 = 300_000;
    for object in 0..count {
        heap.object(object.into(), "link", 1);
        if object > 0 {
            heap.edge(object - 1, "next", object);
            heap.edge(object, "first", 0);
            heap.edge(object, "back", object / 2);
        }
    }
    heap.root(0, 1, None);
    let heap = heap.build().unwrap();
    let dominators = heap.dominators();
    for object in 1..count {
        assert_eq!(dominators.dominator(object), Some(object - 1));
        assert_eq!(dominators.retained_size(object), u64::from(count - object));
    }
    assert_eq!(heap.would_free(1).len(), count as usize - 1);
}

#[test]
fn long_ways_up_the_tree_take_no_quadratic_time() {
    // A chain whose end leads to many, each of which something far up the chain leads to as well.
    let (chain, many) = (30_000_u32, 30_000_u32);
    let mut heap = HeapBuilder::new();
    for object in 0..chain + many {
        heap.object(object.into(), "", 1);
    }
    for object in 1..chain {
        heap.edge(object - 1, "next", object);
    }
    let second = |number: u32| number * 7_919 % 100;
    for number in 0..many {
        heap.edge(chain - 1, "last", chain + number);
        heap.edge(second(number), "early", chain + number);
    }
    heap.root(0, 1, None);
    let heap = heap.build().unwrap();
    let dominators = heap.dominators();
    for number in 0..many {
        assert_eq!(dominators.dominator(chain + number), Some(second(number)));
    }
}

#[test]
fn what_only_several_roots_share_has_no_dominator() {
    // Two trees, the second one reaches back into the first.
    let mut heap = HeapBuilder::new();
    let [one, other, below, shared] = [0, 1, 2, 3].map(|id| heap.object(id, "", 1));
    heap.root(one, 1, None);
    heap.root(other, 1, None);
    heap.edge(one, "", shared);
    heap.edge(other, "", below);
    heap.edge(below, "", shared);
    let heap = heap.build().unwrap();
    let dominators = heap.dominators();
    assert_eq!(dominators.dominator(shared), None);
    assert_eq!(dominators.top(), [one, shared, other]);
}
