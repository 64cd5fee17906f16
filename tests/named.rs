//! Behaviour at the edges: sizes, panics, threads, limits, layouts.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashSet};
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use cpu_time::ThreadTime;
use understory::{
    Auto, Budget, Commands, Config, Generation, Handle, Limit, Parts, Phase, Reclaim, Root, Store,
    slotmap,
};

fn manual() -> Config {
    Config::new().auto(Auto::Off)
}

// Sizes.

#[test]
fn a_long_chain_dies_on_a_small_stack() {
    const LEN: usize = if cfg!(debug_assertions) {
        1_000_000
    } else {
        10_000_000
    };
    let build_and_drop = || {
        let mut store = Store::<u32>::with_config(manual());
        let first = store.insert(0);
        let mut last = first;
        for _ in 1..LEN {
            last = store.insert_linked(last, (), 0).unwrap();
        }
        assert_eq!(store.len(), LEN);
        store.unroot(first).unwrap();
        assert_eq!((store.len(), store.edge_count()), (0, 0));

        // The same chain with its ends joined goes by collection.
        let first = store.insert(0);
        let mut last = first;
        for _ in 1..LEN / 10 {
            last = store.insert_linked(last, (), 0).unwrap();
        }
        store.link(last, (), first).unwrap();
        store.unroot(first).unwrap();
        assert_eq!(store.collect().freed, LEN / 10);
    };
    thread::Builder::new()
        .stack_size(512 << 10)
        .spawn(build_and_drop)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn a_chain_that_lives_is_dropped_with_its_store_on_a_small_stack() {
    let build_and_drop = || {
        let mut store: Store<u32> = Store::new();
        let mut last = store.insert(0);
        for _ in 0..100_000 {
            last = store.insert_linked(last, (), 0).unwrap();
        }
        drop(store.clone());
    };
    thread::Builder::new()
        .stack_size(256 << 10)
        .spawn(build_and_drop)
        .unwrap()
        .join()
        .unwrap();
}

/// How long it takes to cut so many objects off a hub, one by one; outward if the hub owns them.
fn time_to_unlink(spokes: usize, outward: bool) -> Duration {
    let mut store = Store::<u32>::with_config(manual());
    let hub = store.insert(0);
    let rim: Vec<Handle> = (0..spokes).map(|_| store.insert(0)).collect();
    for &object in &rim {
        let (source, target) = if outward {
            (hub, object)
        } else {
            (object, hub)
        };
        store.link(source, (), target).unwrap();
    }
    let start = ThreadTime::now();
    for &object in &rim {
        let (source, target) = if outward {
            (hub, object)
        } else {
            (object, hub)
        };
        store.unlink(source, target).unwrap();
    }
    let time = start.elapsed();
    assert_eq!((store.len(), store.edge_count()), (spokes + 1, 0));
    time
}

/// Tests that so many edges and ten times as many take time in proportion: linear is 10 times, quadratic 100
/// times; the best of three tries, as others run too.
#[track_caller]
fn assert_linear(few: usize, time: impl Fn(usize) -> Duration) {
    let growth = |_| {
        let before = time(few).as_secs_f64();
        time(10 * few).as_secs_f64() / before
    };
    let best = (0..3).map(growth).fold(f64::INFINITY, f64::min);
    assert!(
        best < 40.0,
        "ten times the edges take {best} times the time"
    );
}

/// How long it takes to remove so many parallel edges, whose source has another edge, one by one.
fn time_to_unlink_parallel(edges: usize) -> Duration {
    let mut store = Store::<u32>::with_config(manual());
    let [source, target, other] = [0, 1, 2].map(|value| store.insert(value));
    for _ in 0..edges {
        store.link(source, (), target).unwrap();
    }
    store.link(source, (), other).unwrap();
    let start = ThreadTime::now();
    for _ in 0..edges {
        store.unlink(source, target).unwrap();
    }
    start.elapsed()
}

#[test]
fn parallel_edges_go_one_by_one_in_linear_time() {
    assert_linear(5_000, time_to_unlink_parallel);
}

#[test]
fn edges_of_a_hub_go_one_by_one_in_linear_time() {
    const SPOKES: usize = if cfg!(debug_assertions) {
        20_000
    } else {
        100_000
    };
    for outward in [false, true] {
        assert_linear(SPOKES, |spokes| time_to_unlink(spokes, outward));
    }
}

/// How long it takes steps to sweep a hub and so many spokes, which own each other.
fn time_to_sweep(spokes: usize) -> Duration {
    let mut store = Store::<u32>::with_config(manual());
    let hub = store.insert(0);
    for _ in 0..spokes {
        let spoke = store.insert_linked(hub, (), 0).unwrap();
        store.link(spoke, (), hub).unwrap();
    }
    store.unroot(hub).unwrap();
    store.request_collection(Generation::Old);
    let start = ThreadTime::now();
    while !store.is_empty() || store.phase() != Phase::Idle {
        store.step(Budget::units(500));
    }
    start.elapsed()
}

#[test]
fn a_garbage_hub_is_swept_in_steps_in_linear_time() {
    assert_linear(10_000, time_to_sweep);
}

#[test]
fn marking_a_hub_does_not_list_all_that_it_owns() {
    let mut store = Store::<u32>::with_config(manual());
    let hub = store.insert(0);
    for _ in 0..100_000 {
        store.insert_linked(hub, (), 0).unwrap();
    }
    let before = store.memory();
    assert_eq!(store.collect().kept, 100_001);
    // The bitmap takes a bit for each; a list took four bytes.
    assert!(store.memory() < before + 100_000);
}

#[test]
fn a_hub_with_a_million_edges_dies_and_is_collected() {
    const SPOKES: usize = if cfg!(debug_assertions) {
        100_000
    } else {
        1_000_000
    };
    let mut store = Store::<u32>::with_config(manual());
    let hub = store.insert(0);
    for _ in 0..SPOKES {
        let spoke = store.insert_linked(hub, (), 0).unwrap();
        store.link(spoke, (), hub).unwrap();
    }
    let copy = store.insert(1);
    store.link(copy, (), hub).unwrap();
    store.unroot(hub).unwrap();
    assert_eq!(store.collect().freed, 0);
    store.unroot(copy).unwrap();
    assert_eq!(
        (store.len(), store.collect().freed),
        (SPOKES + 1, SPOKES + 1)
    );
    store.check_invariants().unwrap();
}

#[test]
fn random_graphs_over_many_arenas_keep_what_is_reachable() {
    let mut random = Random(7);
    for round in 0..3 {
        let config = if round == 0 {
            manual()
        } else {
            Config::new().thresholds([500, 2, 2])
        };
        let mut store = Store::<usize>::with_config(config);
        let handles: Vec<Handle> = (0..20_000).map(|at| store.insert(at)).collect();
        let mut edges = vec![Vec::new(); handles.len()];
        for _ in 0..24_000 {
            let (source, target) = (random.below(handles.len()), random.below(handles.len()));
            store.link(handles[source], (), handles[target]).unwrap();
            edges[source].push(target);
        }
        if round == 2 {
            store.collect_generation(Generation::Young);
        }
        let mut grey: Vec<usize> = (0..handles.len()).filter(|at| at % 97 == 0).collect();
        for (at, &handle) in handles.iter().enumerate() {
            if at % 97 != 0 {
                store.unroot(handle).unwrap();
            }
        }
        store.collect();
        store.check_invariants().unwrap();
        let mut reached = HashSet::new();
        while let Some(at) = grey.pop() {
            if reached.insert(at) {
                grey.extend(&edges[at]);
            }
        }
        assert_eq!(store.values().copied().collect::<HashSet<_>>(), reached);
        assert!(
            handles
                .iter()
                .enumerate()
                .all(|(at, &of)| store.contains(of) == reached.contains(&at))
        );
    }
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

// Code of the user that panics.

/// Says that it was dropped, and panics if it is told to.
#[derive(Clone)]
struct Bomb {
    name: &'static str,
    armed: bool,
    dropped: Rc<RefCell<Vec<&'static str>>>,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        self.dropped.borrow_mut().push(self.name);
        assert!(!self.armed || thread::panicking(), "a bomb goes off");
    }
}

/// Makes bombs that share a log.
#[derive(Default)]
struct Bombs(Rc<RefCell<Vec<&'static str>>>);

impl Bombs {
    fn make(&self, name: &'static str, armed: bool) -> Bomb {
        Bomb {
            name,
            armed,
            dropped: Rc::clone(&self.0),
        }
    }

    fn dropped(&self) -> Vec<&'static str> {
        self.0.take()
    }
}

/// Runs what has to panic.
#[track_caller]
fn goes_off<R>(work: impl FnOnce() -> R) {
    assert!(
        panic::catch_unwind(AssertUnwindSafe(work)).is_err(),
        "it panics"
    );
}

#[test]
fn a_panic_in_a_cascade_leaves_the_rest_to_the_next_call() {
    let bombs = Bombs::default();
    let mut store = Store::<Bomb>::with_config(manual());
    let a = store.insert(bombs.make("a", false));
    let b = store.insert_linked(a, (), bombs.make("b", true)).unwrap();
    let c = store.insert_linked(b, (), bombs.make("c", false)).unwrap();
    store.insert_linked(c, (), bombs.make("d", true)).unwrap();
    store.insert_linked(a, (), bombs.make("e", false)).unwrap();
    let other = store.insert(bombs.make("other", false));

    goes_off(|| store.unroot(a));
    assert_eq!(bombs.dropped(), ["a", "b"]);
    store.check_invariants().unwrap();
    assert!(!store.contains(a) && !store.contains(b) && store.contains(other));

    goes_off(|| store.root(other));
    store.check_invariants().unwrap();
    store.root(other).unwrap();
    assert_eq!(bombs.dropped(), ["c", "d", "e"]);
    assert_eq!((store.len(), store.edge_count()), (1, 0));
    store.check_invariants().unwrap();
}

#[test]
fn a_panic_in_a_sweep_leaves_the_rest_to_the_next_call() {
    let bombs = Bombs::default();
    let mut store = Store::<Bomb>::with_config(manual());
    let names = ["a", "b", "c", "d", "e"];
    let ring: Vec<Handle> = names
        .iter()
        .map(|&name| store.insert(bombs.make(name, matches!(name, "b" | "d"))))
        .collect();
    let held = store.insert(bombs.make("held", false));
    for (at, &handle) in ring.iter().enumerate() {
        store.link(handle, (), ring[(at + 1) % ring.len()]).unwrap();
        store.link(handle, (), held).unwrap();
    }
    let other = store.insert(bombs.make("other", false));
    for &handle in &ring {
        store.unroot(handle).unwrap();
    }

    goes_off(|| store.collect());
    assert_eq!(bombs.dropped(), ["a", "b"]);
    store.check_invariants().unwrap();
    assert!(
        ring.iter().all(|&handle| !store.contains(handle)),
        "all died at one instant"
    );
    assert_eq!(
        (store.len(), store.iter().count(), store.refcount(held)),
        (2, 2, Some(1))
    );

    goes_off(|| store.insert(bombs.make("new", false)));
    store.check_invariants().unwrap();
    store.root(other).unwrap();
    assert_eq!(bombs.dropped(), ["c", "d", "new", "e"]);
    assert_eq!((store.len(), store.edge_count()), (2, 0));
    store.check_invariants().unwrap();
    assert_eq!(store.collect().freed, 0);
}

#[test]
fn a_panic_while_a_collection_frees_by_count_leaves_the_rest_to_the_next_call() {
    let bombs = Bombs::default();
    let mut store = Store::<Bomb>::with_config(manual().promote_fill(0).reopen_fill(0));
    let old = store.insert(bombs.make("old", true));
    store
        .insert_linked(old, (), bombs.make("older", false))
        .unwrap();
    store.collect();
    let young = store.insert(bombs.make("young", false));
    store.link(young, (), young).unwrap();
    store.link(young, (), old).unwrap();
    store.unroot(old).unwrap();
    store.unroot(young).unwrap();

    goes_off(|| store.collect_generation(Generation::Young));
    store.check_invariants().unwrap();
    store.insert(bombs.make("new", false));
    assert_eq!(bombs.dropped(), ["young", "old", "older"]);
    store.check_invariants().unwrap();
}

#[test]
fn a_panic_in_a_trace_leaves_the_rest_to_the_next_call() {
    let bombs = Bombs::default();
    let mut store = Store::<Bomb>::with_config(manual());
    let ring = ["a", "b", "c"].map(|name| store.insert(bombs.make(name, name == "a")));
    let held = store.insert_linked(ring[1], (), bombs.make("held", false));
    for (at, &handle) in ring.iter().enumerate() {
        store.link(handle, (), ring[(at + 1) % 3]).unwrap();
    }
    for handle in ring {
        store.unroot(handle).unwrap();
    }
    goes_off(|| store.trace(Budget::unlimited()));
    store.check_invariants().unwrap();
    assert!(ring.iter().all(|&handle| !store.contains(handle)));
    assert!(held.is_ok());
    store.insert(bombs.make("new", false));
    assert_eq!(bombs.dropped(), ["a", "b", "c", "held"]);
    assert_eq!((store.len(), store.edge_count()), (1, 0));
    store.check_invariants().unwrap();
}

#[test]
fn panics_in_closures_lose_nothing() {
    let bombs = Bombs::default();
    let mut store = Store::<Bomb>::with_config(manual());
    let a = store.insert(bombs.make("a", false));
    let b = store.insert_linked(a, (), bombs.make("b", false)).unwrap();
    goes_off(|| store.insert_with(|_| panic!("no value")));
    store.check_invariants().unwrap();
    goes_off(|| {
        store.retain(|_, bomb| {
            assert!(bomb.name == "a", "no answer");
            false
        });
    });
    store.check_invariants().unwrap();
    goes_off(|| {
        store.scope(|store| {
            store.unlink(a, b).unwrap();
            assert!(store.contains(b));
            panic!("no end");
        })
    });
    store.check_invariants().unwrap();
    let live = store.contains(a);
    store.insert(bombs.make("c", false));
    assert!(!store.contains(b), "the scope has ended");
    assert_eq!(store.contains(a), live);
    store.check_invariants().unwrap();
}

#[test]
fn a_panic_does_not_lose_the_roots_that_were_given_back() {
    let bombs = Bombs::default();
    let mut store = Store::<Bomb>::with_config(manual());
    let roots = ["a", "b", "c"].map(|name| {
        let handle = store.insert(bombs.make(name, name == "a"));
        let root = store.hold(handle).unwrap();
        store.unroot(handle).unwrap();
        root
    });
    drop(roots);
    goes_off(|| store.sync_roots());
    store.check_invariants().unwrap();
    store.sync_roots();
    assert_eq!(bombs.dropped(), ["a", "b", "c"]);
    assert!(store.is_empty());
}

#[test]
fn panics_when_labels_components_and_all_values_are_dropped_lose_nothing() {
    let bombs = Bombs::default();
    let mut store: Store<Bomb, Bomb> = Store::with_config(manual());
    let a = store.insert(bombs.make("a", false));
    let b = store.insert(bombs.make("b", false));
    store.link(a, bombs.make("edge", true), b).unwrap();
    store.link(a, bombs.make("other edge", false), b).unwrap();
    goes_off(|| store.destroy(b));
    store.check_invariants().unwrap();
    store.insert(bombs.make("c", false));
    let dropped: BTreeSet<_> = bombs.dropped().into_iter().collect();
    assert_eq!(dropped, BTreeSet::from(["b", "edge", "other edge"]));

    store.insert(bombs.make("d", true));
    goes_off(|| store.clear());
    store.check_invariants().unwrap();
    assert!(store.is_empty());
    let dropped: BTreeSet<_> = bombs.dropped().into_iter().collect();
    assert_eq!(dropped, BTreeSet::from(["a", "c", "d"]));
}

#[test]
fn a_panic_in_clone_leaves_the_original() {
    struct Sheep(Rc<Cell<u32>>);
    impl Clone for Sheep {
        fn clone(&self) -> Self {
            self.0.set(self.0.get() + 1);
            assert!(self.0.get() != 3, "the third is not cloned");
            Self(Rc::clone(&self.0))
        }
    }
    let cloned = Rc::new(Cell::new(0));
    let mut store: Store<Sheep> = Store::new();
    let flock: Vec<Handle> = (0..5)
        .map(|_| store.insert(Sheep(Rc::clone(&cloned))))
        .collect();
    goes_off(|| store.clone());
    store.check_invariants().unwrap();
    assert_eq!((store.len(), Rc::strong_count(&cloned)), (5, 6));
    let copy = store.clone();
    copy.check_invariants().unwrap();
    assert!(flock.iter().all(|&sheep| copy.contains(sheep)));
}

// Roots that are held by values.

#[test]
fn roots_are_dropped_on_other_threads() {
    let mut store = Store::<u32>::with_config(manual());
    let handles: Vec<Handle> = (0..64).map(|at| store.insert(at)).collect();
    let roots: Vec<Root<Handle>> = handles.iter().map(|&of| store.hold(of).unwrap()).collect();
    for &handle in &handles {
        store.unroot(handle).unwrap();
    }
    let droppers = roots.into_iter().rev().map(|root| {
        thread::spawn(move || {
            let twice = root.clone();
            drop((root, twice));
        })
    });
    droppers
        .collect::<Vec<_>>()
        .into_iter()
        .for_each(|dropper| dropper.join().unwrap());
    assert_eq!(store.len(), 64, "nothing happens before the store is asked");
    store.insert(64);
    assert_eq!(store.len(), 65);
    store.sync_roots();
    assert_eq!(store.values().copied().collect::<Vec<_>>(), [64]);
    store.check_invariants().unwrap();
}

#[test]
fn roots_that_are_given_back_die_in_the_order_of_handles() {
    let order = |reversed: bool| {
        let mut store = Store::<u32>::with_config(manual().record_deaths(true));
        let handles: Vec<Handle> = (0..8).map(|at| store.insert(at)).collect();
        let mut roots: Vec<_> = handles.iter().map(|&of| store.hold(of).unwrap()).collect();
        for &handle in &handles {
            store.unroot(handle).unwrap();
        }
        if reversed {
            roots.reverse();
        }
        roots.into_iter().for_each(drop);
        store.collect();
        store
            .drain_deaths()
            .map(|death| death.value)
            .collect::<Vec<_>>()
    };
    assert_eq!(order(false), (0..8).collect::<Vec<_>>());
    assert_eq!(order(false), order(true));
}

#[test]
fn a_root_is_harmless_after_its_store_and_its_object() {
    let mut store = Store::<u32>::with_config(manual());
    let (a, b) = (store.insert(1), store.insert(2));
    let (on_a, on_b) = (store.hold(a).unwrap(), store.hold(b).unwrap());
    store.destroy(a);
    drop(on_a.clone());
    let c = store.insert(3); // in the slot of `a`
    assert_eq!(c.index(), a.index());
    drop(on_a);
    store.sync_roots();
    assert_eq!(store.root_count(c), Some(1));
    drop(store);
    drop(on_b.clone());
    drop(on_b);
}

#[test]
fn a_clone_of_a_root_keeps_the_object_when_the_root_is_released() {
    let mut store = Store::<u32>::with_config(manual());
    let a = store.insert(1);
    let root = store.hold(a).unwrap();
    store.unroot(a).unwrap();
    assert!(store.unroot(a).is_err(), "the root belongs to the value");
    let clone = root.clone();
    store.release(root).unwrap();
    assert!(store.contains(a));
    store.release(clone).unwrap();
    assert!(!store.contains(a));
}

#[test]
fn a_clone_keeps_foreign_roots_until_it_releases_them() {
    let mut store = Store::<u32>::with_config(manual());
    let (a, b) = (store.insert(1), store.insert(2));
    let root = store.hold(a).unwrap();
    store.unroot(a).unwrap();
    let mut copy = store.clone();
    drop(root);
    store.sync_roots();
    copy.sync_roots();
    assert!(
        !store.contains(a) && copy.contains(a),
        "the value knows nothing of the clone"
    );
    assert!(
        copy.unroot(a).is_err(),
        "a foreign root goes with the others"
    );
    copy.check_invariants().unwrap();
    copy.release_foreign_roots();
    assert!(!copy.contains(a) && copy.contains(b));
    copy.check_invariants().unwrap();
}

#[test]
fn a_clone_that_is_made_in_a_scope_is_not_in_the_scope() {
    let mut store = Store::<u32>::with_config(manual());
    let (a, b) = (store.insert(1), store.insert(2));
    let mut copy = store.scope(|store| store.clone());
    copy.unroot(a).unwrap();
    assert!(!copy.contains(a), "the clone reclaims at once");
    let mut copy = store.scope(|store| {
        store.unroot(b).unwrap();
        store.clone()
    });
    assert!(!store.contains(b));
    copy.root(a).unwrap();
    assert!(!copy.contains(b), "the next call reclaims what waited");
}

// Kinds of values.

#[test]
fn values_without_a_size_are_stored() {
    let mut store = Store::<()>::with_config(manual());
    let a = store.insert(());
    let b = store.insert_linked(a, (), ()).unwrap();
    store.link(b, (), a).unwrap();
    assert_eq!((store.len(), store.values().count()), (2, 2));
    store.unroot(a).unwrap();
    assert_eq!(store.collect().freed, 2);
    store.check_invariants().unwrap();
}

#[test]
fn values_that_cannot_be_sent_or_cloned_are_stored() {
    struct Unique(Rc<Cell<u32>>);
    impl Drop for Unique {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let dropped = Rc::new(Cell::new(0));
    let mut store = Store::<Unique, Box<str>>::default();
    let a: Handle = store.insert(Unique(Rc::clone(&dropped)));
    let b = store
        .insert_linked(a, "owns".into(), Unique(Rc::clone(&dropped)))
        .unwrap();
    assert_eq!(&*store.unlink(a, b).unwrap(), "owns");
    assert_eq!(dropped.get(), 1);
    drop(store.destroy(a));
    assert_eq!(dropped.get(), 2);
    store.insert(Unique(Rc::clone(&dropped)));
    drop(store);
    assert_eq!(dropped.get(), 3);
}

#[test]
fn values_may_borrow() {
    let text = String::from("a b c");
    let store: Store<&str> = text.split(' ').collect();
    assert_eq!(store.values().copied().collect::<String>(), "abc");
}

#[test]
fn a_handle_type_of_ones_own_tells_stores_apart() {
    slotmap::new_key_type! { struct UnitId; }
    let mut units: Store<u32, (), UnitId> = Store::default();
    let unit = units.insert(1);
    let squad: UnitId = units.insert_linked(unit, (), 2).unwrap();
    assert_eq!(units.sources(squad).collect::<Vec<_>>(), [unit]);
    let mut health: slotmap::SecondaryMap<UnitId, u32> = slotmap::SecondaryMap::new();
    health.insert(squad, 7);
    assert_eq!(health.get(squad), Some(&7));
}

const fn is_send<T: Send>() {}
const fn is_sync<T: Sync>() {}
const fn is_clone<T: Clone>() {}
const fn is_copy<T: Copy>() {}

const _: () = {
    is_send::<Store<u32, String>>();
    is_sync::<Store<u32, String>>();
    is_clone::<Store<u32, String>>();
    // A value that is `Send` alone leaves the store `Send`.
    is_send::<Store<Cell<u32>>>();
    is_send::<Root<Handle>>();
    is_sync::<Root<Handle>>();
    is_clone::<Root<Handle>>();
    is_copy::<Handle>();
    is_send::<Config>();
    is_sync::<Config>();
    assert!(size_of::<Handle>() == 8 && size_of::<Option<Handle>>() == 8);
};

// Limits, handles and versions.

#[test]
fn a_handle_may_name_another_object_in_another_store_or_after_going_back() {
    let mut store: Store<&str> = Store::new();
    let saved = store.clone();
    let oak = store.insert("oak");
    let mut other: Store<&str> = Store::new();
    assert_eq!(other.get(oak), None);
    other.insert("elm");
    assert_eq!(other.get(oak), Some(&"elm"));

    store = saved;
    assert_eq!(store.get(oak), None);
    store.insert("ash");
    assert_eq!(store.get(oak), Some(&"ash"));
}

#[test]
fn a_full_store_gives_the_value_back() {
    let mut store = Store::<String>::with_config(manual().max_objects(2));
    let a = store.insert("a".into());
    store.insert_linked(a, (), "b".into()).unwrap();
    let full = store.try_insert("c".into()).unwrap_err();
    assert_eq!((full.value.as_str(), full.reason), ("c", Limit::Objects));
    let full = store.insert_linked(a, (), "d".into()).unwrap_err();
    assert_eq!(full.value.0, "d");
    goes_off(|| store.insert("e".into()));
    goes_off(|| store.insert_with(|_| unreachable!("there is no room")));
    assert_eq!(store.len(), 2);
    store.check_invariants().unwrap();
}

#[test]
fn a_full_store_collects_before_it_refuses() {
    for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
        let config = manual().max_objects(4).reclaim(reclaim);
        let mut store = Store::<u32>::with_config(config);
        let (a, b) = (store.insert(1), store.insert(2));
        store.link(a, (), b).unwrap();
        store.link(b, (), a).unwrap();
        store.unroot(a).unwrap();
        store.unroot(b).unwrap();
        let c = store.insert(3);
        store.insert(4);
        assert_eq!(store.len(), 4);
        assert!(store.try_insert(5).is_ok(), "the cycle makes room");
        assert_eq!(store.len(), 3);
        store.insert(6);
        assert!(store.try_insert(7).is_err());
        store.unroot(c).unwrap();
        assert!(
            store.try_insert(7).is_ok(),
            "what waited for a step makes room"
        );
    }
}

#[test]
fn a_full_store_does_not_collect_in_vain() {
    let mut store = Store::<u32>::with_config(manual().max_objects(3));
    let a = store.insert(1);
    let b = store.insert_linked(a, (), 2).unwrap();
    store.link(b, (), a).unwrap();
    let held = store.hold(a).unwrap();
    store.insert(3);
    let collections = |store: &Store<u32>| store.stats().generations[2].collections;
    for _ in 0..3 {
        assert!(store.try_insert(4).is_err());
    }
    assert_eq!(collections(&store), 0, "no count has fallen");
    store.unroot(a).unwrap();
    for _ in 0..3 {
        assert!(store.try_insert(4).is_err());
    }
    assert_eq!(collections(&store), 1);
    drop(held);
    assert!(store.try_insert(4).is_ok(), "a dropped root makes room");
    assert_eq!((collections(&store), store.len()), (2, 2));
}

#[test]
fn bytes_are_limited_too() {
    let mut store = Store::<Vec<u8>>::with_config(manual().max_bytes(100));
    store.measure_with(Vec::len);
    let a = store.insert(vec![0; 60]);
    let full = store.try_insert(vec![1; 41]).unwrap_err();
    assert_eq!((full.value.len(), full.reason), (41, Limit::Bytes));
    let b = store.insert(vec![2; 40]);
    store.unroot(a).unwrap();
    assert_eq!(store.bytes(), 40);
    store.link(b, (), b).unwrap();
    store.unroot(b).unwrap();
    assert!(store.try_insert(vec![3; 100]).is_ok(), "it collects first");
    store.check_invariants().unwrap();
}

#[test]
fn handles_count_slots_from_one_and_arenas_by_4096() {
    let mut store = Store::<usize>::with_config(manual());
    let handles: Vec<Handle> = (0..9000).map(|at| store.insert(at)).collect();
    let mut indices: Vec<u32> = handles.iter().map(|handle| handle.index()).collect();
    assert!(handles.iter().all(|handle| handle.version() == 1));
    indices.sort_unstable();
    let slots = |arena: u32| (1..=4095).map(move |slot| arena << 12 | slot);
    let expected: Vec<u32> = (0..3).flat_map(slots).take(9000).collect();
    assert_eq!(indices, expected);
    let last = handles[8999];
    assert_eq!(
        last.to_bits(),
        u64::from(last.version()) << 32 | u64::from(last.index())
    );
    assert_eq!(Handle::from_bits(last.to_bits()), Some(last));
    store.destroy(last);
    let next = store.insert(0);
    assert_eq!((next.index(), next.version()), (last.index(), 3));
    assert_eq!(store.get(last), None);
}

#[test]
fn a_slot_retires_at_the_end_of_its_versions() {
    let mut store = Store::<u32>::with_config(manual().first_version(u32::MAX - 4));
    let mut seen = HashSet::new();
    let mut reused = 0;
    for round in 0..50 {
        let handle = store.insert(round);
        assert!(seen.insert(handle), "no handle is given out twice");
        assert!(handle.version() >= u32::MAX - 4 && handle.version() % 2 == 1);
        reused += usize::from(handle.version() != u32::MAX - 4);
        store.check_invariants().unwrap();
        store.unroot(handle).unwrap();
        assert!(!store.contains(handle));
        if round % 10 == 9 {
            store.shrink();
        }
    }
    assert!(reused > 0, "slots are reused as long as there are versions");
    assert!(seen.iter().all(|&handle| store.get(handle).is_none()));
}

#[test]
fn arenas_that_were_given_back_do_not_repeat_handles() {
    let mut store = Store::<usize>::with_config(manual());
    let mut seen = HashSet::new();
    for round in 0..4 {
        let handles: Vec<Handle> = (0..10_000).map(|at| store.insert(at)).collect();
        assert!(
            handles.iter().all(|&handle| seen.insert(handle)),
            "round {round}"
        );
        match round % 4 {
            0 => store.clear(),
            1 => {
                for &handle in &handles {
                    store.unroot(handle).unwrap();
                }
            }
            2 => drop(store.drain()),
            _ => store.retain(|_, _| false),
        }
        store.shrink();
        assert!(store.is_empty() && seen.iter().all(|&handle| !store.contains(handle)));
        store.check_invariants().unwrap();
    }
}

// The rest.

#[test]
fn several_values_are_borrowed_at_once() {
    let mut store = Store::<usize>::with_config(manual());
    let handles: Vec<Handle> = (0..10_000).map(|at| store.insert(at)).collect();
    let far = [handles[0], handles[9_999], handles[5_000], handles[1]];
    let values = store.get_disjoint_mut(far).unwrap();
    assert_eq!(
        values.map(|value| std::mem::replace(value, 7)),
        [0, 9_999, 5_000, 1]
    );
    assert!(far.iter().all(|&handle| store[handle] == 7));

    let near: [Handle; 12] = std::array::from_fn(|at| handles[100 - 3 * at]);
    let values = store.get_disjoint_mut(near).unwrap();
    assert!(
        values
            .into_iter()
            .enumerate()
            .all(|(at, value)| *value == 100 - 3 * at)
    );

    let mixed: [Handle; 20] = std::array::from_fn(|at| handles[(at % 3) * 4_100 + 200 + at]);
    let values = store.get_disjoint_mut(mixed).unwrap();
    assert!(
        values
            .into_iter()
            .enumerate()
            .all(|(at, value)| *value == (at % 3) * 4_100 + 200 + at)
    );

    assert!(
        store
            .get_disjoint_mut([handles[3], handles[4], handles[3]])
            .is_none()
    );
    assert!(
        store
            .get_disjoint_mut([handles[3], handles[9_000], handles[3]])
            .is_none()
    );
    assert!(
        store
            .get_disjoint_mut([handles[3], Handle::default()])
            .is_none()
    );
    store.destroy(handles[4]);
    assert!(store.get_disjoint_mut([handles[3], handles[4]]).is_none());
    assert_eq!(store.get_disjoint_mut([]), Some([]));
}

#[test]
fn a_graph_is_walked_and_written_at_once() {
    let mut store = Store::<u32>::with_config(manual());
    let root = store.insert(1);
    for _ in 0..3 {
        let child = store.insert_linked(root, (), 10).unwrap();
        store.insert_linked(child, (), 100).unwrap();
    }
    let Parts {
        edges, mut values, ..
    } = store.split_mut();
    let mut grey = vec![root];
    while let Some(handle) = grey.pop() {
        *values.get_mut(handle).unwrap() += 1;
        grey.extend(edges.targets(handle));
    }
    let mut values: Vec<u32> = store.values().copied().collect();
    values.sort_unstable();
    assert_eq!(values, [2, 11, 11, 11, 101, 101, 101]);
}

#[test]
fn small_steps_reclaim_in_the_order_of_one_large_step() {
    let deaths = |units: u64| {
        let config = manual().reclaim(Reclaim::AtStep).record_deaths(true);
        let mut random = Random(11);
        let mut store = Store::<usize>::with_config(config);
        let handles: Vec<Handle> = (0..500).map(|at| store.insert(at)).collect();
        for _ in 0..900 {
            let target = 1 + random.below(499);
            store
                .link(handles[random.below(target)], (), handles[target])
                .unwrap();
        }
        for &handle in &handles {
            store.unroot(handle).unwrap();
        }
        let budget = if units == 0 {
            Budget::unlimited()
        } else {
            Budget::units(units)
        };
        for steps in 0.. {
            let before = store.len();
            store.step(budget);
            store.check_invariants().unwrap();
            assert!(units == 0 || before - store.len() <= usize::try_from(units).unwrap());
            assert!(steps < 5_000, "steps come to an end");
            if store.is_empty() {
                break;
            }
        }
        store
            .drain_deaths()
            .map(|death| death.value)
            .collect::<Vec<_>>()
    };
    let whole = deaths(0);
    assert_eq!(whole.len(), 500);
    for units in [1, 3, 40] {
        assert_eq!(deaths(units), whole, "{units} units at a time");
    }
}

#[test]
fn emptying_ends_although_nobody_reads_on() {
    let fresh = || (0..10).collect::<Store<u32>>();
    let mut store = fresh();
    assert_eq!(store.drain().next().map(|(_, value)| value), Some(0));
    assert!(store.is_empty());
    store.check_invariants().unwrap();

    let mut store = Store::<u32>::with_config(manual().record_deaths(true));
    store.extend(0..10);
    store
        .handles()
        .collect::<Vec<_>>()
        .into_iter()
        .for_each(|of| store.unroot(of).unwrap());
    assert_eq!(store.drain_deaths().len(), 10);
    assert_eq!(store.drain_deaths().count(), 0);

    let mut store = fresh();
    std::mem::forget(store.drain());
    store.check_invariants().unwrap();
    store.insert(1);
    assert!(store.len() <= 11);
}

#[test]
fn commands_run_in_order() {
    let mut store = Store::<&str, u8>::with_config(manual());
    let a = store.insert("a");
    let mut commands = Commands::new();
    let pending = commands.insert("b");
    commands.link(a, 1, pending);
    commands.link(pending, 2, a);
    commands.unroot(pending);
    commands.run(|store: &mut Store<&str, u8>| {
        assert_eq!(store.len(), 2);
        store.insert("c");
    });
    commands.unroot(a);
    assert_eq!(store.len(), 1, "nothing happens before");
    store.apply(&mut commands);
    assert_eq!((store.len(), store.edge_count()), (3, 2));
    assert_eq!(store.collect().freed, 2);
    store.apply(&mut commands);
    assert_eq!(
        store.values().copied().collect::<Vec<_>>(),
        ["c"],
        "a buffer is applied once"
    );
}

#[test]
fn a_store_that_is_switched_off_does_not_collect_by_itself() {
    let garbage_left = |enabled: bool| {
        let mut store = Store::<u32>::with_config(Config::new().thresholds([10, 10, 10]));
        if !enabled {
            store.disable();
        }
        for at in 0..1_000 {
            let handle = store.insert(at);
            store.link(handle, (), handle).unwrap();
            store.unroot(handle).unwrap();
        }
        store.len()
    };
    assert_eq!(garbage_left(false), 1_000);
    assert!(garbage_left(true) < 50);
}

#[test]
fn an_arena_that_is_given_back_twice_keeps_its_floor() {
    let mut store: Store<u32> = (0..10).collect();
    let old: Vec<_> = store.handles().collect();
    store.clear();
    store.shrink();
    store.reserve(10); // comes into use again, and is not used
    store.shrink();
    store.extend(0..10);
    for handle in old {
        assert!(!store.contains(handle) && store.get(handle).is_none());
    }
}

#[test]
fn objects_that_nothing_has_happened_to_are_like_all_others() {
    let mut store: Store<u32> = (0..10_000).collect();
    let handles: Vec<_> = store.handles().collect();
    let unused = understory::Handle::from_bits(1 << 32 | 9_999 << 12).unwrap();
    assert_eq!(store.root_count(unused), None);
    let beyond = understory::Handle::from_bits((1 << 32) + 4_000 + (2 << 12)).unwrap();
    assert!(!store.contains(beyond) && store.refcount(beyond).is_none());
    for &handle in &handles {
        assert_eq!(
            (store.refcount(handle), store.root_count(handle)),
            (Some(1), Some(1))
        );
        assert_eq!(
            (store.out_degree(handle), store.in_degree(handle)),
            (Some(0), Some(0))
        );
    }
    assert_eq!(store.collect().kept, 10_000);
    let before = store.memory();
    store.link(handles[5_000], (), handles[9_999]).unwrap();
    assert!(
        store.memory() > before,
        "the rows of two arenas are written"
    );
    assert_eq!(store.refcount(handles[9_999]), Some(2));
    store.check_invariants().unwrap();
    for &handle in &handles {
        store.unroot(handle).unwrap();
    }
    assert!(store.is_empty());
    store.check_emptied().unwrap();
}

#[test]
fn a_store_shows_what_there_is_in_numbers_and_as_a_graph_that_ends() {
    let mut store: Store<&str, &str> = Store::default();
    let squad = store.insert("squad");
    let archer = store.insert_linked(squad, "member", "archer").unwrap();
    store.link_weak(archer, "aims at", squad).unwrap();
    let short = format!("{store:?}");
    assert!(short.starts_with("Store { objects: 2, edges: 1, weak_edges: 1,"));
    assert!(!short.contains("archer"));
    let long = format!("{store:#?}");
    for line in [
        format!(r#"{squad:?}: "squad", roots: 1, "member" -> {archer:?},"#),
        format!(r#"{archer:?}: "archer", "aims at" ~> {squad:?},"#),
    ] {
        assert!(long.contains(&line), "{long}");
    }

    let mut store: Store<u32> = (0..1_000).collect();
    let hub = store.handles().next().unwrap();
    for target in store.handles().collect::<Vec<_>>() {
        store.link(hub, (), target).unwrap();
    }
    let long = format!("{store:#?}");
    assert!(long.contains("and 936 edges more") && long.contains("and 936 more"));
    assert!(long.lines().count() < 100);
}
