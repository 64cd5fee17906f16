//! Counts, growth, circles and suspects, beside counts by hand.

use std::collections::{BTreeMap, BTreeSet};

use understory::inspect::{Describe, HeapBuilder, HeapSnapshot, Suspect};
use understory::{Auto, Config, Generation, Handle, Store};

use super::{Edges, Op, graph, store_of};
use crate::cases::quickcheck;

fn describe() -> Describe<u32, u8> {
    Describe::new()
        .class(|value: &u32| format!("class {}", value % 5))
        .size(|value: &u32| *value as usize)
        .label(|label: &u8| (label % 7).to_string())
}

#[test]
fn a_census_counts_all() {
    fn property(ops: Vec<Op>) -> bool {
        let store = store_of(&ops);
        let heap = store.heap_snapshot(&describe());
        let census = heap.census();
        let (mut classes, mut labels) = (BTreeMap::new(), BTreeMap::new());
        let (mut out, mut incoming) = (BTreeMap::new(), vec![0_u32; heap.len()]);
        let bucket = |number: u32| if number == 0 { 0 } else { 1 << number.ilog2() };
        for object in heap.objects() {
            let class: &mut (usize, u64) = classes.entry(heap.class_of(object)).or_default();
            *class = (class.0 + 1, class.1 + heap.size(object));
            for edge in heap.edges(object) {
                *labels.entry(heap.label(edge.label)).or_insert(0) += 1;
                incoming[edge.target as usize] += 1;
            }
            let degree = u32::try_from(heap.targets(object).len()).unwrap();
            *out.entry(bucket(degree)).or_insert(0) += 1;
        }
        let counted = census.classes.iter();
        let counted = counted.map(|class| {
            (
                heap.class_name(class.class),
                (class.count.objects, class.count.size),
            )
        });
        assert_eq!(counted.collect::<BTreeMap<_, _>>(), classes);
        let sizes = census.classes.iter().map(|class| class.count.size);
        assert!(sizes.is_sorted_by(|a, b| a >= b));
        let counted = census
            .labels
            .iter()
            .map(|&(label, edges)| (heap.label(label), edges));
        assert_eq!(counted.collect::<BTreeMap<_, _>>(), labels);
        assert!(census.labels.is_sorted_by(|a, b| a.1 >= b.1));
        let counted = census.out_degrees.iter().filter(|&(_, count)| count > 0);
        assert_eq!(counted.collect::<BTreeMap<_, _>>(), out);
        let mut into = BTreeMap::new();
        for degree in incoming {
            *into.entry(bucket(degree)).or_insert(0) += 1;
        }
        let counted = census.in_degrees.iter().filter(|&(_, count)| count > 0);
        assert_eq!(counted.collect::<BTreeMap<_, _>>(), into);
        let marked = |is: fn(&HeapSnapshot, u32) -> bool| {
            heap.objects().filter(|&object| is(&heap, object)).count()
        };
        assert_eq!(census.pending.objects, marked(HeapSnapshot::is_pending));
        assert_eq!(census.condemned.objects, marked(HeapSnapshot::is_condemned));
        let by_generation: usize = census
            .generations
            .iter()
            .map(|(_, count)| count.objects)
            .sum();
        by_generation == heap.len()
    }
    quickcheck(100).quickcheck(property as fn(_) -> _);
}

#[test]
fn growth_is_what_has_come_and_gone() {
    fn property(ops: Vec<Op>, dead: Vec<u8>, born: Vec<u8>) -> bool {
        let mut store = store_of(&ops);
        let before = store.heap_snapshot(&describe());
        let handles: Vec<Handle> = store.handles().collect();
        for at in dead {
            if let Some(&handle) = handles.get(usize::from(at) % handles.len().max(1)) {
                store.destroy(handle);
            }
        }
        if let Some(last) = store.handles().last() {
            store[last] += 100;
        }
        store.extend(born.iter().map(|&value| value.into()));
        let after = store.heap_snapshot(&describe());
        let growth = after.growth_since(&before);
        let ids = |heap: &HeapSnapshot| heap.ids().iter().copied().collect::<BTreeSet<u64>>();
        let pick = |heap: &HeapSnapshot, objects: &[u32]| {
            objects
                .iter()
                .map(|&object| heap.ids()[object as usize])
                .collect::<BTreeSet<u64>>()
        };
        assert_eq!(pick(&after, &growth.born), &ids(&after) - &ids(&before));
        assert_eq!(pick(&before, &growth.died), &ids(&before) - &ids(&after));
        for &(old, new) in &growth.grown {
            assert_eq!(before.ids()[old as usize], after.ids()[new as usize]);
            assert!(before.size(old) < after.size(new));
        }
        let kept = after.objects().filter(|&object| {
            let old = before.find_id(after.ids()[object as usize]);
            old.is_some_and(|old| before.size(old) < after.size(object))
        });
        assert_eq!(kept.count(), growth.grown.len());
        let sum = |of: fn(&understory::inspect::ClassGrowth) -> usize| {
            growth.classes.iter().map(of).sum::<usize>()
        };
        assert_eq!(sum(|class| class.born), growth.born.len());
        assert_eq!(sum(|class| class.died), growth.died.len());
        assert_eq!(sum(|class| class.before.objects), before.len());
        sum(|class| class.after.objects) == after.len()
    }
    quickcheck(100).quickcheck(property as fn(_, _, _) -> _);
}

#[test]
fn growth_of_ids_in_any_order_is_told() {
    let build = |ids: &[u64]| {
        let mut heap = HeapBuilder::new();
        for &id in ids {
            heap.object(id, "page", id);
        }
        heap.build().unwrap()
    };
    let (before, after) = (build(&[7, 3, 5]), build(&[11, 9, 3, 7]));
    let growth = after.growth_since(&before);
    assert_eq!((growth.born, growth.died), (vec![1, 0], vec![2]));
}

/// What an object leads to, over at least one edge.
fn leads_to(heap: &HeapSnapshot, start: u32, without: &[u32]) -> BTreeSet<u32> {
    let mut reached = BTreeSet::new();
    let mut stack = vec![start];
    while let Some(object) = stack.pop() {
        for (edge, &target) in heap.edge_range(object).zip(heap.targets(object)) {
            let is_cut = without.iter().any(|&other| other as usize == edge);
            if !is_cut && reached.insert(target) {
                stack.push(target);
            }
        }
    }
    reached
}

#[test]
fn circles_are_what_leads_to_itself() {
    fn property(objects: u8, edges: Edges, roots: Vec<u8>) -> bool {
        // Few edges, so that there are several circles.
        let most = edges.len().min(usize::from(objects % 40));
        let heap = graph(objects, &edges[..most].to_vec(), &roots);
        let below: Vec<BTreeSet<u32>> = heap
            .objects()
            .map(|object| leads_to(&heap, object, &[]))
            .collect();
        let cycles = heap.cycles();
        let mut cut = Vec::new();
        let mut seen = BTreeSet::new();
        for group in &cycles.groups {
            let first = group.objects[0];
            let same = heap.objects().filter(|&other| {
                below[first as usize].contains(&other) && below[other as usize].contains(&first)
            });
            assert!(group.objects.iter().copied().eq(same));
            assert!(group.objects.iter().all(|&object| seen.insert(object)));
            assert_eq!(
                group.size,
                group
                    .objects
                    .iter()
                    .map(|&object| heap.size(object))
                    .sum::<u64>()
            );
            let is_reached = super::reach(&heap, |_| true).contains(&first);
            assert_eq!(group.is_reachable, is_reached);
            for &edge in &group.cut {
                let ends = [heap.source(edge as usize), heap.edge(edge as usize).target];
                assert!(ends.iter().all(|end| group.objects.contains(end)));
                cut.push(edge);
            }
        }
        let own: BTreeSet<u32> = heap
            .objects()
            .filter(|&object| below[object as usize].contains(&object))
            .collect();
        assert_eq!(seen, own);
        heap.objects()
            .all(|object| !leads_to(&heap, object, &cut).contains(&object))
    }
    quickcheck(200).quickcheck(property as fn(_, _, _) -> _);
}

#[test]
fn rings_are_cut_once_and_long_ones_need_no_stack() {
    let mut heap = HeapBuilder::new();
    let count = 200_000;
    for object in 0..count {
        heap.object(object.into(), "link", 1);
        heap.edge(object, "next", (object + 1) % count);
    }
    heap.root(17, 1, None);
    let heap = heap.build().unwrap();
    let cycles = heap.cycles();
    assert_eq!(cycles.groups.len(), 1);
    let group = &cycles.groups[0];
    assert_eq!(
        (group.objects.len(), group.is_reachable),
        (count as usize, true)
    );
    assert_eq!(group.cut, [16]); // back to the root
}

#[test]
fn suspects_are_named() {
    let config = Config::new().auto(Auto::Off).reopen_fill(0);
    let mut store: Store<&str> = Store::with_config(config);
    let describe = Describe::new()
        .class(|name: &&'static str| *name)
        .size(|_| 10);
    let [world, cache] = [store.insert("world"), store.insert("cache")];
    let passing: Vec<Handle> = (0..20)
        .map(|_| store.insert_linked(world, (), "passing").unwrap())
        .collect();
    let mut heaps = vec![store.heap_snapshot(&describe)];
    for &handle in &passing[1..] {
        store.unlink(world, handle).unwrap();
    }
    for _ in 0..2 {
        for _ in 0..30 {
            store.insert_linked(cache, (), "entry").unwrap();
        }
        let egg = store.insert("egg");
        store.link(egg, (), egg).unwrap();
        store.unroot(egg).unwrap();
        heaps.push(store.heap_snapshot(&describe));
    }
    let suspects = heaps[2].suspects(&[&heaps[0], &heaps[1]], 60);
    let passed = heaps[2].find(passing[0]).unwrap();
    let expected = [
        Suspect::Retains {
            object: heaps[2].find(cache).unwrap(),
            size: 610,
        },
        Suspect::Grows {
            class: "entry".into(),
            objects: vec![0, 30, 60],
        },
        Suspect::Grows {
            class: "egg".into(),
            objects: vec![0, 1, 2],
        },
        Suspect::Outlived {
            class: "passing".into(),
            objects: vec![passed],
            others: 19,
        },
        Suspect::Unreachable {
            objects: 2,
            size: 20,
        },
    ];
    assert_eq!(suspects.list, expected);
    assert!(
        suspects
            .to_string()
            .contains("\npassing 3v1: older than 19 others of passing\n")
    );
    assert_eq!(heaps[2].suspects(&[&heaps[1]], 99).list[0], expected[4]);

    // From one snapshot alone.
    store.collect();
    store.freeze();
    store.unfreeze();
    assert_eq!(store.generation(cache), Some(Generation::Old));
    for _ in 0..40 {
        store.insert("cache");
    }
    let heap = store.heap_snapshot(&describe);
    let object = heap.find(cache).unwrap();
    let old = Suspect::Outlived {
        class: "cache".into(),
        objects: vec![object],
        others: 40,
    };
    assert_eq!(heap.suspects(&[], 100).list, [old]);
}

#[test]
fn nothing_is_suspect_of_a_heap_without_objects() {
    let heap = HeapBuilder::new().build().unwrap();
    assert!(heap.suspects(&[&heap, &heap], 0).list.is_empty());
    assert_eq!(heap.census().to_string(), "objects  size  class");
    assert_eq!(heap.growth_since(&heap).classes, []);
    assert!(heap.dominators().merged_top().is_empty());
}
