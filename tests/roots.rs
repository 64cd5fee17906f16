//! The end of a root count.

use std::time::Duration;

use cpu_time::ThreadTime;
use understory::{Root, RootError, Store};

const MOST: usize = (1 << 22) - 1;

#[test]
fn an_object_has_so_many_roots_and_no_more() {
    let mut store: Store<u32> = Store::new();
    let object = store.insert(0);
    for _ in 1..MOST {
        store.root(object).unwrap();
    }
    assert_eq!(store.root_count(object), Some(MOST));
    assert_eq!(store.root(object), Err(RootError::TooManyRoots));
    assert!(matches!(store.hold(object), Err(RootError::TooManyRoots)));
    assert_eq!(store.refcount(object), Some(MOST));

    // Clones of a `Root` cannot be refused. Those that the count has no room for are known of all the same.
    store.unroot(object).unwrap();
    let held = store.hold(object).unwrap();
    let clones = vec![held.clone(), held.clone(), held.clone()];
    store.sync_roots();
    assert_eq!(store.root_count(object), Some(MOST));
    for _ in 1..MOST {
        store.unroot(object).unwrap();
    }
    assert!(store.unroot(object).is_err(), "the rest is held by values");
    store.check_invariants().unwrap();
    drop(held);
    store.sync_roots();
    assert!(store.contains(object), "three clones hold it");
    let mut copy = store.clone();
    copy.release_foreign_roots();
    assert!(!copy.contains(object));
    drop(clones);
    store.sync_roots();
    assert!(!store.contains(object));
    store.check_emptied().unwrap();
}

/// How long a thousand roots take to be given back while so many drops wait.
fn time_to_release(pending: usize) -> Duration {
    let mut store: Store<u32> = Store::new();
    let lamp = store.insert(0);
    let mut hold = |number| -> Vec<Root<_>> {
        let roots = (0..number).map(|_| store.hold(lamp).unwrap());
        roots.collect()
    };
    let (dropped, released) = (hold(pending), hold(1_000));
    drop(dropped);
    let start = ThreadTime::now();
    for root in released {
        store.release(root).unwrap();
    }
    let time = start.elapsed();
    store.sync_roots();
    assert_eq!(store.root_count(lamp), Some(1));
    time
}

#[test]
fn drops_that_wait_do_not_make_a_release_slow() {
    let growth = |_| time_to_release(100_000).as_secs_f64() / time_to_release(100).as_secs_f64();
    let best = (0..3).map(growth).fold(f64::INFINITY, f64::min);
    assert!(best < 10.0, "{best} times the time");
}
