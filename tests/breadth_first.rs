//! Walks along the edges, beside a queue over `targets`.

use std::collections::{BTreeSet, VecDeque};

use understory::{Auto, Budget, Config, Cycles, Generation, Handle, Store};

use crate::cases::quickcheck;

fn naive(store: &Store<u32>, starts: &[Handle]) -> Vec<Handle> {
    let mut seen = BTreeSet::new();
    let mut order = Vec::new();
    let mut queue: VecDeque<Handle> = starts.iter().copied().collect();
    while let Some(handle) = queue.pop_front() {
        if store.contains(handle) && seen.insert(handle) {
            order.push(handle);
            queue.extend(store.targets(handle));
        }
    }
    order
}

fn build(objects: u8, edges: &[(u8, u8)]) -> (Store<u32>, Vec<Handle>) {
    let config = Config::new().auto(Auto::Off).cycles(Cycles::Manual);
    let mut store = Store::with_config(config);
    let handles: Vec<Handle> = (0..=objects.into()).map(|n| store.insert(n)).collect();
    for &(source, target) in edges {
        let any = |at: u8| handles[usize::from(at) % handles.len()];
        store.link(any(source), (), any(target)).unwrap();
    }
    (store, handles)
}

#[test]
fn it_gives_what_a_queue_gives() {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "quickcheck hands values over"
    )]
    fn property(objects: u8, edges: Vec<(u8, u8)>, starts: Vec<u8>, dead: u8) -> bool {
        let (mut store, handles) = build(objects, &edges);
        store.destroy(handles[usize::from(dead) % handles.len()]);
        let starts = starts
            .iter()
            .map(|&at| handles[usize::from(at) % handles.len()]);
        let starts: Vec<Handle> = starts.collect();
        let walk = store.breadth_first(starts.iter().copied());
        let walk = walk.map(|(handle, value)| (handle, *value));
        walk.eq(naive(&store, &starts)
            .into_iter()
            .map(|handle| (handle, store[handle])))
    }
    quickcheck(100).quickcheck(property as fn(_, _, _, _) -> bool);
}

#[test]
fn hubs_and_long_ways_are_walked_in_order() {
    let mut store: Store<u32> = Store::new();
    let first = store.insert(0);
    let mut last = first;
    for number in 1..5_000 {
        last = store.insert_linked(last, (), number).unwrap();
        if number % 7 == 0 {
            store.link(first, (), last).unwrap();
            store.link(last, (), first).unwrap();
        }
    }
    for number in 0..2_000 {
        store.insert_linked(last, (), number).unwrap();
    }
    let starts = [last, first, last];
    let mut walk = store.breadth_first(starts);
    let mut left = walk.size_hint().0;
    let mut found = Vec::new();
    while let Some((handle, _)) = walk.next() {
        found.push(handle);
        assert!(walk.size_hint().0 + 1 >= left);
        left = walk.size_hint().0;
    }
    assert_eq!(walk.next(), None);
    assert_eq!(found, naive(&store, &starts));
    assert_eq!(found.len(), store.len());
}

#[test]
fn the_dead_that_are_not_swept_are_passed_over() {
    let (mut store, handles) = build(200, &[]);
    let world = handles[0];
    for &handle in &handles[1..] {
        store.link(handle, (), world).unwrap();
        store.link(handle, (), handles[1]).unwrap();
        store.link(handles[1], (), handle).unwrap();
        store.unroot(handle).unwrap();
    }
    store.request_collection(Generation::Old);
    while store.len() > 1 {
        store.step(Budget::units(1));
    }
    store.step(Budget::units(5));
    assert!(!store.step(Budget::units(1)).is_idle(), "not all is swept");
    assert!(store.breadth_first([world]).eq([(world, &0)]));
    assert!(
        store
            .breadth_first(handles.iter().copied())
            .eq([(world, &0)])
    );
}
