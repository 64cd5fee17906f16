//! What becomes of all that is beside the objects, and what is refused.

use std::rc::Rc;

use understory::{Budget, Root, SnapshotError, Store, WeakMap};

#[test]
fn values_hold_what_they_hold_now() {
    let mut world: Store<&str> = Store::new();
    let [kept, dropped, later] = ["kept", "dropped", "later"].map(|name| world.insert(name));
    let [first, second] = [kept, dropped].map(|handle| world.hold(handle).unwrap());
    for handle in [kept, dropped] {
        world.unroot(handle).unwrap();
    }
    let before = world.snapshot().unwrap();
    let third = world.hold(later).unwrap();
    let new = world.insert("new");
    let fourth = world.hold(new).unwrap();
    drop(second);
    world.unroot(later).unwrap();

    world.restore(&before).unwrap();
    // Its root was let go of, and that is not undone.
    assert!(!world.contains(dropped));
    assert!(world.contains(kept) && !first.is_empty());
    // `later` has the root that the world gave it then, and that of a value that was made since.
    assert_eq!(world.root_count(later), Some(2));
    assert!(!third.is_empty());
    assert!(!world.contains(new) && fourth.is_empty());
    world.check_invariants().unwrap();

    drop(first);
    world.sync_roots();
    assert!(!world.contains(kept));
    drop(third);
    world.unroot(later).unwrap();
    world.sync_roots();
    assert!(world.is_empty());
}

#[test]
fn an_empty_root_lets_go_of_nothing_that_comes_after_it() {
    let mut world: Store<&str> = Store::new();
    let before = world.snapshot().unwrap();
    let old = world.insert("old");
    let root = world.hold(old).unwrap();
    let clone = root.clone();
    world.restore(&before).unwrap();
    assert!(root.is_empty() && clone.is_empty() && root.clone().is_empty());

    // The same handle again, and another value that holds it.
    let new = world.insert("new");
    assert_eq!(new, old);
    let held = world.hold(new).unwrap();
    world.unroot(new).unwrap();
    drop((root, clone));
    world.sync_roots();
    assert!(world.contains(new) && !held.is_empty());
    drop(held);
    world.sync_roots();
    assert!(world.is_empty());
}

#[test]
fn a_root_in_a_value_is_empty_where_the_value_comes_back() {
    #[derive(Clone)]
    struct Unit(Option<Rc<str>>, Option<Root>);

    let mut world: Store<Unit> = Store::new();
    let target = world.insert(Unit(None, None));
    let root = world.hold(target).unwrap();
    let unit = world.insert(Unit(Some("name".into()), Some(root)));
    world.unroot(target).unwrap();
    let before = world.snapshot().unwrap();
    world[unit].0 = None;
    world.step(Budget::units(100));
    // The copy in the journal counts for nothing.
    assert_eq!(world.root_count(target), Some(1));

    world.restore(&before).unwrap();
    assert_eq!(world[unit].0.as_deref(), Some("name"));
    assert!(world[unit].1.as_ref().unwrap().is_empty());
    drop(before);
    for _ in 0..3 {
        world.step(Budget::units(100));
    }
    assert!(!world.contains(target), "nothing holds it any more");
    world.check_invariants().unwrap();
}

#[test]
fn notices_and_weak_collections_are_those_of_the_state() {
    let mut world: Store<&str> = Store::new();
    let wolf = world.insert("wolf");
    world.watch(wolf).unwrap();
    let mut notes: WeakMap<&str> = WeakMap::new();
    notes.insert(&world, wolf, "grey").unwrap();
    let before = world.snapshot().unwrap();
    let bear = world.insert("bear");
    notes.insert(&world, bear, "brown").unwrap();
    world.unroot(wolf).unwrap();
    assert_eq!(world.drain_notices().count(), 1);

    world.restore(&before).unwrap();
    assert_eq!(world.drain_notices().count(), 0);
    assert_eq!(notes.iter(&world).count(), 1, "of the wolf");
    assert_eq!(notes.len(&world), 1);
    world.unroot(wolf).unwrap();
    assert_eq!(world.drain_notices().count(), 1);
    assert_eq!(notes.len(&world), 0);
}

#[test]
fn a_snapshot_of_another_store_or_in_a_scope_is_refused() {
    let mut world: Store<u32> = Store::new();
    let mut other = world.clone();
    let there = other.snapshot().unwrap();
    assert_eq!(world.restore(&there), Err(SnapshotError::OtherStore));
    let here = world.snapshot().unwrap();
    assert_eq!(world.restore(&there), Err(SnapshotError::OtherStore));
    assert_eq!(world.clone().restore(&here), Err(SnapshotError::OtherStore));
    world.scope(|world| {
        assert!(matches!(world.snapshot(), Err(SnapshotError::Busy)));
        assert_eq!(world.restore(&here), Err(SnapshotError::Busy));
    });
    let object = world.insert(1);
    world
        .set_finalizer(object, |world, _| assert!(world.snapshot().is_err()))
        .unwrap();
    world.unroot(object).unwrap();
    world.restore(&here).unwrap();
}

#[test]
fn values_are_dropped_once_whatever_is_undone() {
    let counted = Rc::new(());
    let mut world: Store<Rc<()>> = Store::new();
    let many: Vec<_> = (0..500).map(|_| world.insert(counted.clone())).collect();
    let mut states = Vec::new();
    for round in 0..20 {
        states.push(world.snapshot().unwrap());
        for &handle in many.iter().skip(round * 10).take(15) {
            let _ = world.unroot(handle);
        }
        for _ in 0..12 {
            world.insert(counted.clone());
        }
        if round % 5 == 4 {
            world.restore(&states[round / 2]).unwrap();
        }
    }
    drop(states);
    world.step(Budget::units(0));
    assert_eq!(world.snapshot_memory(), 0);
    assert_eq!(Rc::strong_count(&counted), 1 + world.len());
}

#[test]
fn a_query_notes_the_values_that_match_and_no_others() {
    #[derive(Clone)]
    struct Tag;

    let mut world: Store<[u64; 32]> = (0..4_000).map(|_| [0; 32]).collect();
    let handles: Vec<_> = world.handles().collect();
    for &handle in handles.iter().step_by(4) {
        world.insert_component(handle, Tag).unwrap();
    }
    let before = world.snapshot().unwrap();
    let nothing = world.snapshot_memory();
    world
        .query_values_mut::<&Tag>()
        .for_each(|(_, value, _)| value[0] += 1);
    for (_, value, _) in &mut world.query_values_mut::<&Tag>() {
        value[0] += 1;
    }
    let noted = world.snapshot_memory() - nothing;
    let values = size_of::<[u64; 32]>();
    assert!((1_000 * values..3_000 * values).contains(&noted), "{noted}");
    world.restore(&before).unwrap();
    assert!(world.values().all(|value| value[0] == 0));
}

#[test]
fn a_step_that_changes_little_takes_little_memory() {
    type Page = [u64; 128];
    let mut world: Store<Page> = (0..40_000).map(|_| [0; 128]).collect();
    let handles: Vec<_> = world.handles().collect();
    let mut steps = vec![world.snapshot().unwrap()];
    let nothing = world.snapshot_memory();
    for number in 0..100 {
        // Each time in another arena.
        world[handles[number * 4_101 % handles.len()]][0] += 1;
        steps.push(world.snapshot().unwrap());
    }
    let step = (world.snapshot_memory() - nothing) / 100;
    assert!(step < 2 * size_of::<Page>(), "{step} bytes");
}
