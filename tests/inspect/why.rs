//! Ways to an object, beside naive searches and flows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use understory::inspect::{Describe, Disjoint, HeapBuilder, HeapSnapshot, Holder, Path};
use understory::{Handle, Reclaim, Store};

use super::{Edges, graph, reach, store_of};
use crate::cases::quickcheck;

/// How far each object is from a root.
fn distances(heap: &HeapSnapshot) -> BTreeMap<u32, usize> {
    let mut found = BTreeMap::new();
    let mut queue: VecDeque<(u32, usize)> =
        heap.roots().iter().map(|root| (root.object, 0)).collect();
    while let Some((object, distance)) = queue.pop_front() {
        if found.contains_key(&object) {
            continue;
        }
        found.insert(object, distance);
        let targets = heap.targets(object).iter();
        queue.extend(targets.map(|&target| (target, distance + 1)));
    }
    found
}

/// Whether the edges of a way join its objects.
fn is_joined(heap: &HeapSnapshot, path: &Path) -> bool {
    let ends = |&edge: &u32| (heap.source(edge as usize), heap.edge(edge as usize).target);
    let pairs = path.objects.windows(2).map(|pair| (pair[0], pair[1]));
    path.edges.iter().map(ends).eq(pairs)
}

fn is_rooted(heap: &HeapSnapshot, object: u32) -> bool {
    !heap.roots_of(object).is_empty()
}

#[test]
fn the_way_is_a_shortest_one() {
    fn property(objects: u8, edges: Edges, roots: Vec<u8>) -> bool {
        let heap = graph(objects, &edges, &roots);
        let (distances, owners) = (distances(&heap), heap.owners());
        for object in heap.objects() {
            let why = owners.why(object);
            let path = &why.path;
            assert!(is_joined(&heap, path));
            assert_eq!(path.objects.last(), Some(&object));
            let found = (why.holder == Holder::Root).then_some(path.edges.len());
            assert_eq!(found, distances.get(&object).copied());
            match why.holder {
                Holder::Root => assert!(is_rooted(&heap, path.objects[0])),
                Holder::Cycle => assert!(path.objects[1..].contains(&path.objects[0])),
                Holder::Nothing => assert_eq!(path.objects, [object]),
                holder => panic!("{holder:?}"),
            }
        }
        true
    }
    quickcheck(200).quickcheck(property as fn(_, _, _) -> _);
}

#[test]
fn owners_are_the_edges_the_other_way_round() {
    fn property(objects: u8, edges: Edges) -> bool {
        let heap = graph(objects, &edges, &[]);
        let owners = heap.owners();
        let mut forward: Vec<(u32, u32, u32)> = Vec::new();
        for object in heap.objects() {
            for (edge, &target) in heap.edge_range(object).zip(heap.targets(object)) {
                forward.push((target, object, u32::try_from(edge).unwrap()));
                assert_eq!(heap.source(edge), object);
            }
        }
        forward.sort_unstable();
        let backward = heap.objects().flat_map(|object| {
            owners
                .of(object)
                .map(move |owner| (object, owner.object, owner.edge))
        });
        backward.eq(forward)
    }
    quickcheck(100).quickcheck(property as fn(_, _) -> _);
}

/// How many ways there are, by augmenting one at a time in a matrix of capacities.
fn naive_flow(heap: &HeapSnapshot, target: u32, disjoint: Disjoint) -> u64 {
    let count = heap.len();
    // Two nodes for each object, in and out, and one for the program.
    let program = 2 * count;
    let mut room = vec![vec![0_u64; 2 * count + 1]; 2 * count + 1];
    for object in heap.objects() {
        let at = object as usize;
        let is_free = disjoint == Disjoint::Edges || object == target;
        room[2 * at][2 * at + 1] = if is_free { 1_000_000 } else { 1 };
        for &to in heap.targets(object) {
            if object != target {
                room[2 * at + 1][2 * to as usize] += 1;
            }
        }
        let roots = heap
            .roots_of(object)
            .iter()
            .map(|root| u64::from(root.count));
        let roots: u64 = roots.sum();
        room[program][2 * at] = match disjoint {
            Disjoint::Edges => roots,
            Disjoint::Objects => roots.min(1),
        };
    }
    let end = 2 * target as usize + 1;
    let mut flow = 0;
    loop {
        let mut from = vec![None; 2 * count + 1];
        let mut queue = VecDeque::from([program]);
        while let Some(node) = queue.pop_front() {
            for next in 0..=2 * count {
                if room[node][next] > 0 && from[next].is_none() && next != program {
                    from[next] = Some(node);
                    queue.push_back(next);
                }
            }
        }
        if from[end].is_none() {
            return flow;
        }
        let mut node = end;
        while node != program {
            let before = from[node].unwrap();
            room[before][node] -= 1;
            room[node][before] += 1;
            node = before;
        }
        flow += 1;
    }
}

#[test]
fn there_are_as_many_disjoint_ways_as_a_naive_flow_has_units() {
    fn property(objects: u8, edges: Edges, roots: Vec<u8>, most: u8) -> bool {
        let heap = graph(objects % 14, &edges, &roots);
        let owners = heap.owners();
        for object in heap.objects() {
            for disjoint in [Disjoint::Edges, Disjoint::Objects] {
                let ways = owners.disjoint(object, disjoint, usize::MAX);
                assert_eq!(ways.len() as u64, naive_flow(&heap, object, disjoint));
                let limited = owners.disjoint(object, disjoint, usize::from(most % 4));
                assert_eq!(limited.len(), ways.len().min(usize::from(most % 4)));
                let mut seen = BTreeSet::new();
                let mut starts = BTreeMap::new();
                for way in &ways {
                    assert!(is_joined(&heap, way));
                    assert_eq!(way.objects.last(), Some(&object));
                    *starts.entry(way.objects[0]).or_insert(0) += 1;
                    let others = &way.objects[..way.objects.len() - 1];
                    let is_new = match disjoint {
                        Disjoint::Edges => way.edges.iter().all(|&edge| seen.insert(edge)),
                        Disjoint::Objects => others.iter().all(|&other| seen.insert(other)),
                    };
                    assert!(is_new);
                    let once: BTreeSet<u32> = way.objects.iter().copied().collect();
                    assert_eq!(once.len(), way.objects.len());
                }
                assert!(
                    ways.windows(2)
                        .all(|pair| pair[0].edges.len() <= pair[1].edges.len())
                );
                for (start, count) in starts {
                    let roots: u32 = heap.roots_of(start).iter().map(|root| root.count).sum();
                    assert!(count <= roots);
                }
            }
        }
        true
    }
    quickcheck(60).quickcheck(property as fn(_, _, _, _) -> _);
}

#[test]
fn a_way_gives_up_all_of_itself_to_two_others() {
    // The shortest way, over 3, 2 and 1, keeps the two that share no objects from each other.
    let mut heap = HeapBuilder::new();
    for object in 0..10 {
        heap.object(object, "", 1);
    }
    let [one, other] = [[3, 6, 5, 4, 0], [9, 8, 7, 1, 0]];
    for way in [&[3, 2, 1][..], &one, &other] {
        for pair in way.windows(2) {
            heap.edge(pair[0], "", pair[1]);
        }
    }
    heap.root(3, 1, None);
    heap.root(9, 1, None);
    let heap = heap.build().unwrap();
    let ways = heap.owners().disjoint(0, Disjoint::Objects, 9);
    let ways: Vec<&[u32]> = ways.iter().map(|way| &way.objects[..]).collect();
    assert!(ways.len() == 2 && ways.contains(&&one[..]) && ways.contains(&&other[..]));
}

/// What is reached when edges and roots are gone.
fn reach_after(heap: &HeapSnapshot, roots: &[u32], edges: &[u32]) -> BTreeSet<u32> {
    let mut rest = HeapBuilder::new();
    for object in heap.objects() {
        rest.object(object.into(), "", 0);
        if is_rooted(heap, object) && !roots.contains(&object) {
            rest.root(object, 1, None);
        }
        for (edge, &target) in heap.edge_range(object).zip(heap.targets(object)) {
            if !edges.iter().any(|&other| other as usize == edge) {
                rest.edge(object, "", target);
            }
        }
    }
    reach(&rest.build().unwrap(), |_| true)
}

#[test]
fn a_cut_kills_and_nothing_cheaper_does() {
    fn property(objects: u8, edges: Edges, roots: Vec<u8>) -> bool {
        let heap = graph(objects % 14, &edges, &roots);
        let owners = heap.owners();
        for object in heap.objects() {
            let cut = owners.cut(object);
            // By the theorem of Menger.
            assert_eq!(cut.cost(), naive_flow(&heap, object, Disjoint::Edges));
            let rooted: Vec<u32> = cut.roots.iter().map(|root| root.object).collect();
            assert!(!reach_after(&heap, &rooted, &cut.edges).contains(&object));
        }
        true
    }
    quickcheck(60).quickcheck(property as fn(_, _, _) -> _);
}

#[test]
fn many_ways_over_long_chains_are_found() {
    // A ladder of 20,000 rungs that crosses over again and again.
    let mut heap = HeapBuilder::new();
    let rungs = 20_000;
    for rung in 0..rungs {
        for side in 0..2 {
            let object = heap.object(u64::from(2 * rung + side), "rung", 1);
            if rung > 0 {
                heap.edge(object - 2, "up", object);
                heap.edge(2 * (rung - 1) + (1 - side), "across", object);
            }
        }
    }
    let top = heap.object(1 << 40, "top", 1);
    for object in [top - 1, top - 2] {
        heap.edge(object, "top", top);
    }
    for object in [0, 1] {
        heap.root(object, 3, None);
    }
    let heap = heap.build().unwrap();
    let owners = heap.owners();
    for disjoint in [Disjoint::Edges, Disjoint::Objects] {
        assert_eq!(owners.disjoint(top, disjoint, 9).len(), 2);
    }
    assert_eq!(owners.cut(top).cost(), 2);
    assert_eq!(owners.why(top).path.edges.len(), rungs as usize);
    let text = owners.why(top).to_string();
    assert!(
        text.contains("… 19961 more …") && text.lines().count() == 42,
        "{text}"
    );
}

#[test]
fn a_store_says_the_same_as_its_snapshot() {
    fn property(ops: Vec<(u8, u8, u8)>) -> bool {
        let mut store = store_of(&ops);
        for round in 0..3 {
            let heap = store.heap_snapshot(&Describe::new());
            let owners = heap.owners();
            for handle in store.handles() {
                let alive = store.why_alive(handle).unwrap();
                let why = owners.why(heap.find(handle).unwrap());
                // What both a cycle and the dead lead to is held by either.
                let is_sweeping = heap.objects().any(|object| heap.is_condemned(object));
                let is_garbage = |holder| matches!(holder, Holder::Cycle | Holder::Nothing);
                let is_either = is_sweeping && is_garbage(alive.holder) && is_garbage(why.holder);
                assert!(alive.holder == why.holder || is_either);
                assert!(is_joined(&heap, &why.path));
                let steps: Vec<Handle> = alive.steps.iter().map(|step| step.object).collect();
                assert_eq!(steps.last(), Some(&handle));
                if alive.holder.is_alive() {
                    assert_eq!(steps.len(), why.path.objects.len());
                }
                for pair in alive.steps.windows(2) {
                    let edge = (pair[1].object, pair[1].label.unwrap());
                    assert!(store.out_edges(pair[0].object).any(|other| other == edge));
                    assert_eq!(pair[1].value, &store[pair[1].object]);
                }
                let first = steps[0];
                match alive.holder {
                    Holder::Root => assert!(store.root_count(first) > Some(0)),
                    Holder::Pending => assert_eq!(store.refcount(first), Some(0)),
                    Holder::Frozen => assert_eq!(
                        store.generation(first),
                        Some(understory::Generation::Permanent)
                    ),
                    Holder::Cycle => assert!(steps[1..].contains(&first)),
                    Holder::Nothing => assert!(is_sweeping && steps == [handle]),
                    holder => panic!("{holder:?}"),
                }
            }
            match round {
                0 => store.freeze(),
                _ => drop(store.collect()),
            }
        }
        store
            .handles()
            .all(|handle| store.why_alive(handle).unwrap().holder.is_alive())
    }
    quickcheck(100).quickcheck(property as fn(_) -> _);
}

#[test]
fn what_keeps_garbage_is_named() {
    let mut store: Store<&str, &str> =
        Store::with_config(understory::Config::new().reclaim(Reclaim::AtStep));
    let [level, egg] = ["level", "egg"].map(|name| store.insert(name));
    let hen = store.insert_linked(egg, "lays", "hen").unwrap();
    let chick = store.insert_linked(hen, "has", "chick").unwrap();
    store.link(hen, "is laid by", egg).unwrap();
    let text = |store: &Store<&str, &str>, handle| store.why_alive(handle).unwrap().to_string();

    store.unroot(egg).unwrap();
    assert_eq!(
        text(&store, chick),
        "\"chick\" 4v1 is garbage: a cycle leads to it, and awaits a collection\
         \n    cycle           \"hen\" 3v1\
         \n    → \"is laid by\"  \"egg\" 2v1\
         \n    → \"lays\"        \"hen\" 3v1\
         \n    → \"has\"         \"chick\" 4v1"
    );
    store.freeze();
    assert!(text(&store, chick).contains("kept by something frozen"));
    store.unfreeze();
    store.unlink(hen, egg).unwrap();
    assert!(text(&store, chick).contains("waits to be reclaimed\n    pending"));
    store.collect();
    assert!(store.why_alive(chick).is_none());
    store.expect_dead(chick);
    store.unroot(level).unwrap();
    store.assert_no_leaks();
}

#[test]
fn labels_without_a_name_are_left_out() {
    let mut store: Store<u32> = Store::new();
    let first = store.insert(1);
    let second = store.insert_linked(first, (), 2).unwrap();
    let expected = "2 2v1 is alive: a root leads to it\n    root  1 1v1\n    →     2 2v1";
    assert_eq!(store.why_alive(second).unwrap().to_string(), expected);
    let heap = store.heap_snapshot(&Describe::new());
    let expected = "u32 2v1 is alive: a root leads to it\n    root  u32 1v1\n    →     u32 2v1";
    assert_eq!(heap.why(1).to_string(), expected);
    let why = store.why_alive(second).unwrap();
    let values: Vec<u32> = why.steps.iter().map(|step| *step.value).collect();
    assert_eq!(values, [1, 2]);
}

#[test]
#[should_panic(
    expected = "\"menu\" 2v1 is alive: a root leads to it\n    root       \"screen\" 1v1\n    → \"shows\"  \"menu\" 2v1"
)]
fn what_should_be_dead_says_why_it_is_not() {
    let mut store: Store<&str, &str> = Store::new();
    let screen = store.insert("screen");
    let menu = store.insert_linked(screen, "shows", "menu").unwrap();
    store.expect_dead(menu);
}

#[test]
#[should_panic(
    expected = "2 objects are left; \"screen\" 1v1 is alive: a root leads to it\n    root  \"screen\" 1v1"
)]
fn what_is_left_in_the_end_says_why() {
    let mut store: Store<&str, &str> = Store::new();
    let screen = store.insert("screen");
    store.insert_linked(screen, "shows", "menu").unwrap();
    store.assert_no_leaks();
}
