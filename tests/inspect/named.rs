//! Roots with names.

use understory::inspect::Describe;
use understory::{Handle, Store, UnrootError};

type Shop = Store<&'static str>;

fn names(store: &Shop, handle: Handle) -> Vec<String> {
    let names = store.root_names(handle);
    names
        .map(|name| name.split(" (").next().unwrap().to_string())
        .collect()
}

#[test]
fn roots_keep_their_names() {
    let mut store = Shop::new();
    let lamp = store.insert_named("lamp", "window");
    store.root(lamp).unwrap();
    store.root_named(lamp, String::from("shelf")).unwrap();
    store.root_named(lamp, "window").unwrap();
    assert_eq!(names(&store, lamp), ["window", "shelf", "window"]);
    let place = store.root_names(lamp).next().unwrap();
    assert!(
        place.starts_with("window (") && place.contains("named.rs:"),
        "{place}"
    );

    // One without a name goes first.
    store.unroot(lamp).unwrap();
    assert_eq!(names(&store, lamp), ["window", "shelf", "window"]);
    store.unroot_named(lamp, "shelf").unwrap();
    assert_eq!(names(&store, lamp), ["window", "window"]);
    let error = store.unroot_named(lamp, "shelf");
    assert!(matches!(error, Err(UnrootError::NotRooted { .. })));
    assert_eq!(store.root_count(lamp), Some(2));

    store.unroot(lamp).unwrap();
    store.root(lamp).unwrap(); // no name comes back
    assert_eq!(names(&store, lamp), ["window"]);
    store.unroot_named(lamp, "window").unwrap();
    assert_eq!(
        (names(&store, lamp).len(), store.root_count(lamp)),
        (0, Some(1))
    );
    store.unroot(lamp).unwrap();
    assert!(store.root_names(lamp).next().is_none() && store.root_named(lamp, "x").is_err());
    assert!(store.unroot_named(lamp, "x").is_err());
}

#[test]
fn names_are_of_one_object_alone() {
    let mut store = Shop::new();
    let lamp = store.insert_named("lamp", "window");
    store.destroy(lamp);
    let vase = store.insert("vase");
    assert_eq!((vase.index(), names(&store, vase).len()), (lamp.index(), 0));
    store.root_named(vase, "table").unwrap();
    assert_eq!(names(&store, vase), ["table"]);
    let copy = store.clone();
    assert_eq!(names(&copy, vase), ["table"]);
}

#[test]
fn names_of_the_dead_take_no_memory_for_long() {
    let fill = |insert: fn(&mut Shop) -> Handle| {
        let mut store = Shop::new();
        let kept = insert(&mut store);
        for _ in 0..10_000 {
            let passing = insert(&mut store);
            store.unroot(passing).unwrap();
            // In its slot, so that the next one has another.
            store.insert("in between");
        }
        (names(&store, kept), store.memory())
    };
    let (kept, with_names) = fill(|store| store.insert_named("passing", "a moment"));
    let (_, without) = fill(|store| store.insert("passing"));
    assert_eq!(kept, ["a moment"]);
    assert!(with_names < without + 50_000, "{with_names}, {without}");
}

#[test]
fn snapshots_tell_roots_by_name() {
    let mut store = Shop::new();
    let lamp = store.insert("lamp");
    let shade = store.insert_linked(lamp, (), "shade").unwrap();
    for _ in 0..2 {
        store.root_named(lamp, "window").unwrap();
    }
    let heap = store.heap_snapshot(&Describe::new());
    let lamp = heap.find(lamp).unwrap();
    let entries = heap.roots_of(lamp).iter();
    let entries: Vec<_> = entries
        .map(|root| (root.name.map(|name| heap.root_name(name)), root.count))
        .collect();
    assert_eq!(entries[0], (None, 1));
    assert!(entries[1].0.unwrap().starts_with("window (") && entries[1].1 == 2);
    assert_eq!(heap.census().roots, [(Some(0), 2), (None, 1)]);
    let text = heap.why(heap.find(shade).unwrap()).to_string();
    assert!(
        text.contains("root, root window (") && text.contains(") × 2"),
        "{text}"
    );
}
