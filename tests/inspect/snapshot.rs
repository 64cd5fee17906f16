//! What is copied of a store, and what a builder refuses.

use understory::inspect::{Describe, HeapBuilder, HeapError, HeapSnapshot};
use understory::{Auto, Budget, Config, Generation, Handle, Store};

use super::{Op, store_of};
use crate::cases::quickcheck;

fn describe() -> Describe<u32, u8> {
    Describe::new()
        .class(|value: &u32| format!("class {}", value % 5))
        .size(|value: &u32| *value as usize)
        .label(|label: &u8| label.to_string())
}

fn assert_is_copy(store: &Store<u32, u8>, heap: &HeapSnapshot) {
    let alive = heap.objects().filter(|&object| !heap.is_condemned(object));
    let handles: Vec<Handle> = alive.clone().map(|object| heap.handle(object)).collect();
    assert!(store.handles().eq(handles.iter().copied()));
    for object in alive {
        let handle: Handle = heap.handle(object);
        assert_eq!(heap.find(handle), Some(object));
        assert_eq!(heap.size(object), u64::from(store[handle]));
        assert_eq!(
            heap.class_of(object),
            format!("class {}", store[handle] % 5)
        );
        assert_eq!(heap.generation(object), store.generation(handle));
        let roots = heap.roots_of(object).iter().map(|root| root.count as usize);
        assert_eq!(Some(roots.sum()), store.root_count(handle));
        assert_eq!(heap.is_pending(object), store.refcount(handle) == Some(0));
        let named = |edge: understory::inspect::Edge| {
            (heap.handle(edge.target), heap.label(edge.label).to_string())
        };
        let strong = store.out_edges(handle);
        assert!(
            heap.edges(object)
                .map(named)
                .eq(strong.map(|(to, label)| (to, label.to_string())))
        );
        let weak = store.weak_edges().out_edges(handle);
        assert!(
            heap.weak_edges(object)
                .filter(|edge| !heap.is_condemned(edge.target))
                .map(named)
                .eq(weak.map(|(to, label)| (to, label.to_string())))
        );
        assert!(
            heap.edges(object)
                .map(|edge| edge.target)
                .eq(heap.targets(object).iter().copied())
        );
    }
    assert_eq!(heap.total_size(), heap.sizes().sum::<u64>());
}

#[test]
fn all_that_is_there_is_copied() {
    fn property(ops: Vec<Op>) -> bool {
        let mut store = store_of(&ops);
        assert_is_copy(&store, &store.heap_snapshot(&describe()));
        // In the middle of a sweep.
        store.request_collection(Generation::Old);
        for _ in 0..20 {
            store.step(Budget::units(3));
            assert_is_copy(&store, &store.heap_snapshot(&describe()));
        }
        true
    }
    quickcheck(100).quickcheck(property as fn(_) -> _);
}

#[test]
fn what_is_dead_and_not_swept_is_marked() {
    let mut store: Store<u32, u8> = Store::with_config(Config::new().auto(Auto::Off));
    let first = store.insert(1);
    let mut last = first;
    for number in 2..2_000 {
        last = store.insert_linked(last, 0, number).unwrap();
    }
    store.link(last, 0, first).unwrap();
    store.unroot(first).unwrap();
    store.request_collection(Generation::Old);
    let mut seen = 0;
    while !store.step(Budget::units(500)).is_idle() {
        let heap = store.heap_snapshot(&describe());
        let condemned = heap
            .objects()
            .filter(|&object| heap.is_condemned(object))
            .count();
        assert_eq!(heap.len() - condemned, store.len());
        seen += condemned;
    }
    assert!(seen > 0);
}

#[test]
fn arenas_with_gaps_are_copied() {
    let mut store: Store<u32, u8> = Store::new();
    let handles: Vec<Handle> = (0..20_000).map(|number| store.insert(number)).collect();
    for (at, pair) in handles.windows(2).enumerate() {
        if at % 3 != 0 {
            store.link(pair[0], 1, pair[1]).unwrap();
        }
    }
    for &handle in handles.iter().step_by(7).chain(&handles[5_000..12_000]) {
        store.destroy(handle);
    }
    assert_is_copy(&store, &store.heap_snapshot(&describe()));
}

#[test]
fn a_description_says_as_much_as_is_asked() {
    let mut store: Store<u64, u8> = Store::new();
    let first = store.insert(1);
    let second = store.insert_linked(first, 9, 3).unwrap();
    store.link_weak(second, 9, first).unwrap();
    let heap = store.heap_snapshot(&Describe::new());
    assert_eq!((heap.class_of(1), heap.size(1)), ("u64", 8));
    assert!(heap.labels().eq([""]));
    assert!(
        heap.weak_edges(1)
            .map(|edge| heap.label(edge.label))
            .eq([""])
    );
    store.measure_with(|value| value.count_ones() as usize * 100);
    assert!(
        store
            .heap_snapshot(&Describe::default())
            .sizes()
            .eq([100, 200])
    );
}

#[test]
fn a_builder_makes_what_a_store_has() {
    fn property(ops: Vec<Op>) -> bool {
        let heap = store_of(&ops).heap_snapshot(&describe());
        let mut copy = HeapBuilder::new();
        // Edges first, and back to front but for those of one source.
        for object in heap.objects().rev() {
            for edge in heap.edges(object) {
                copy.edge(object, heap.label(edge.label), edge.target);
            }
            for edge in heap.weak_edges(object) {
                copy.weak_edge(object, heap.label(edge.label), edge.target);
            }
            for root in heap.roots_of(object) {
                copy.root(object, root.count, None);
            }
        }
        for object in heap.objects() {
            let class = heap.class_of(object);
            copy.object(heap.ids()[object as usize], class, heap.size(object));
            copy.generation(object, heap.generation(object).unwrap());
            if heap.is_pending(object) {
                copy.pending(object);
            }
            if heap.is_condemned(object) {
                copy.condemned(object);
            }
        }
        let copy = copy.build().unwrap();
        for object in heap.objects() {
            let edges = |of: &HeapSnapshot| {
                let named = |edge: understory::inspect::Edge| {
                    (edge.target, of.label(edge.label).to_string())
                };
                let strong: Vec<_> = of.edges(object).map(named).collect();
                let weak: Vec<_> = of.weak_edges(object).map(named).collect();
                (strong, weak)
            };
            assert_eq!(edges(&heap), edges(&copy));
            assert_eq!(heap.is_pending(object), copy.is_pending(object));
            assert_eq!(heap.is_condemned(object), copy.is_condemned(object));
        }
        assert_eq!(heap.roots(), copy.roots());
        heap.ids() == copy.ids() && heap.total_size() == copy.total_size()
    }
    quickcheck(50).quickcheck(property as fn(_) -> _);
}

#[test]
fn objects_are_found_by_ids_in_any_order() {
    let mut heap = HeapBuilder::new();
    let ids = [5, 3, 1 << 40, 2, u64::MAX, 0];
    let objects = ids.map(|id| heap.object(id, "page", 1));
    let heap = heap.build().unwrap();
    assert_eq!(ids.map(|id| heap.find_id(id)), objects.map(Some));
    assert_eq!(heap.find_id(4), None);
    assert_eq!(heap.generation(0), None);
}

#[test]
fn a_builder_refuses_what_contradicts_itself() {
    let check = |what: fn(&mut HeapBuilder), expected| {
        let mut heap = HeapBuilder::new();
        heap.object(7, "page", 10);
        heap.object(8, "page", u64::MAX - 20);
        what(&mut heap);
        assert_eq!(heap.build().map(|_| ()), expected);
    };
    let no_object = |object| Err(HeapError::NoObject { object });
    check(|_| (), Ok(()));
    check(|heap| heap.edge(0, "", 2), no_object(2));
    check(|heap| heap.edge(2, "", 0), no_object(2));
    check(|heap| heap.weak_edge(0, "", 9), no_object(9));
    check(|heap| heap.pending(2), no_object(2));
    check(|heap| heap.condemned(3), no_object(3));
    check(|heap| heap.generation(2, Generation::Old), no_object(2));
    check(|heap| heap.root(2, 1, None), no_object(2));
    let root_count = Err(HeapError::RootCount { object: 1 });
    check(|heap| heap.root(1, 0, None), root_count);
    check(
        |heap| {
            heap.root(1, 1, None);
            heap.root(1, u32::MAX, None);
        },
        root_count,
    );
    check(
        |heap| assert_eq!(heap.object(7, "text", 1), 2),
        Err(HeapError::SameId { id: 7 }),
    );
    check(
        |heap| assert_eq!(heap.object(9, "text", 11), 2),
        Err(HeapError::TooLarge),
    );
}
