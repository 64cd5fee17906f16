//! Components, queries and groups, beside a map.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use quickcheck::{Arbitrary, Gen};
use understory::{Auto, Budget, Config, Generation, Handle, Limit, Store, With, Without};

use crate::cases::quickcheck;

#[derive(Clone, Debug, PartialEq)]
struct Red(u16);
#[derive(Clone, Debug, PartialEq)]
struct Green(String);
#[derive(Clone, Debug, PartialEq)]
struct Blue;

#[derive(Clone, Debug)]
enum Op {
    /// So many objects, with components by the bits of this number.
    Born(u8, u8),
    /// So many that come together.
    Batch(u8, u8),
    /// The object at this place among all, alive or dead.
    Die(u16),
    Give(u16, u8, u16),
    Take(u16, u8),
    /// Views attach and take off, too.
    GiveByView(u16, u16),
    TakeByView(u16),
    /// One in so many dies.
    Cull(u8),
    Group(bool),
    Clone,
    Shrink,
}

impl Arbitrary for Op {
    fn arbitrary(g: &mut Gen) -> Self {
        let place = u16::arbitrary(g);
        match u8::arbitrary(g) % 40 {
            0 => Self::Shrink,
            1 => Self::Clone,
            2 => Self::Group(bool::arbitrary(g)),
            3 => Self::Cull(u8::arbitrary(g)),
            4..=9 => Self::Die(place),
            10..=15 => Self::Take(place, u8::arbitrary(g)),
            16..=18 => Self::TakeByView(place),
            19..=21 => Self::GiveByView(place, u16::arbitrary(g)),
            22..=30 => Self::Give(place, u8::arbitrary(g), u16::arbitrary(g)),
            31..=33 => Self::Batch(u8::arbitrary(g), u8::arbitrary(g)),
            _ => Self::Born(u8::arbitrary(g), u8::arbitrary(g)),
        }
    }
}

type Parts = (Option<Red>, Option<Green>, Option<Blue>);

#[derive(Default)]
struct World {
    /// The value of an object is what queries have added to it.
    store: Store<u64>,
    /// All that were ever born.
    handles: Vec<Handle>,
    /// By index, which is the order of queries.
    model: BTreeMap<u32, (Handle, Parts)>,
}

fn green(value: u16) -> Green {
    Green(value.to_string())
}

impl World {
    fn pick(&self, place: u16) -> Option<Handle> {
        let last = self.handles.len().checked_sub(1)?;
        Some(self.handles[usize::from(place).min(last)])
    }

    fn parts(&mut self, handle: Handle) -> Option<&mut Parts> {
        let entry = self.model.get_mut(&handle.index())?;
        (entry.0 == handle).then_some(&mut entry.1)
    }

    fn give(&mut self, handle: Handle, kind: u8, value: u16) {
        let mut ignored = Parts::default();
        let is_alive = self.store.contains(handle);
        let store = &mut self.store;
        match kind % 3 {
            0 => {
                let old = store.insert_component(handle, Red(value));
                assert_eq!(old.is_ok(), is_alive);
                let parts = self.parts(handle).unwrap_or(&mut ignored);
                assert_eq!(old.unwrap_or(None), parts.0.replace(Red(value)));
            }
            1 => {
                let old = store.insert_component(handle, green(value));
                let parts = self.parts(handle).unwrap_or(&mut ignored);
                assert_eq!(old.unwrap_or(None), parts.1.replace(green(value)));
            }
            _ => {
                let old = store.insert_component(handle, Blue);
                let parts = self.parts(handle).unwrap_or(&mut ignored);
                assert_eq!(old.unwrap_or(None), parts.2.replace(Blue));
            }
        }
    }

    fn take(&mut self, handle: Handle, kind: u8) {
        let mut ignored = Parts::default();
        let store = &mut self.store;
        match kind % 3 {
            0 => {
                let old = store.remove_component::<Red>(handle);
                assert_eq!(old, self.parts(handle).unwrap_or(&mut ignored).0.take());
            }
            1 => {
                let old = store.remove_component::<Green>(handle);
                assert_eq!(old, self.parts(handle).unwrap_or(&mut ignored).1.take());
            }
            _ => {
                let old = store.remove_component::<Blue>(handle);
                assert_eq!(old, self.parts(handle).unwrap_or(&mut ignored).2.take());
            }
        }
    }

    fn die(&mut self, handle: Handle) {
        let is_alive = self.store.contains(handle);
        self.store.destroy(handle);
        if is_alive {
            self.model.remove(&handle.index());
        }
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Born(objects, kinds) => {
                for number in 0..objects {
                    let handle = self.store.insert(0);
                    self.handles.push(handle);
                    let entry = (handle, Parts::default());
                    self.model.insert(handle.index(), entry);
                    for kind in (0..3).filter(|kind| kinds >> kind & 1 == 1) {
                        // Some have all of them, some have few.
                        let one_in = [1, 2, 5, 30][usize::from(kinds >> (3 + kind)) % 4];
                        if number % one_in == 0 {
                            self.give(handle, kind, number.into());
                        }
                    }
                }
            }
            Op::Batch(objects, kinds) => self.born_together(objects, kinds),
            Op::Die(place) => self.pick(place).into_iter().for_each(|dead| self.die(dead)),
            Op::Cull(one_in) => {
                let one_in = usize::from(one_in % 7 + 2);
                let dead: Vec<_> = self.model.values().map(|entry| entry.0).collect();
                dead.into_iter()
                    .step_by(one_in)
                    .for_each(|dead| self.die(dead));
            }
            Op::Give(place, kind, value) => {
                if let Some(handle) = self.pick(place) {
                    self.give(handle, kind, value);
                }
            }
            Op::Take(place, kind) => {
                if let Some(handle) = self.pick(place) {
                    self.take(handle, kind);
                }
            }
            Op::GiveByView(place, value) => {
                let handle = self.pick(place);
                let handle = handle.filter(|&handle| self.store.contains(handle));
                let Some(handle) = handle else {
                    return;
                };
                let mut reds = self.store.column_mut::<Red>();
                let old = reds.insert(handle, Red(value)).unwrap();
                drop(reds);
                assert_eq!(old, self.parts(handle).unwrap().0.replace(Red(value)));
            }
            Op::TakeByView(place) => {
                let Some(handle) = self.pick(place) else {
                    return;
                };
                let mut reds = self.store.column_mut::<Red>();
                let old = reds.remove(handle);
                drop(reds);
                assert_eq!(old, self.parts(handle).and_then(|parts| parts.0.take()));
            }
            Op::Group(all) => {
                // Only the first one counts.
                let _ = if all {
                    self.store.group::<(Blue, Red, Green)>()
                } else {
                    self.store.group::<(Red, Green)>()
                };
            }
            Op::Clone => self.store = self.store.clone(),
            Op::Shrink => self.store.shrink(),
        }
    }

    /// Queries of many kinds, each in all the ways in which it can be read.
    fn compare(&self) {
        let store = &self.store;
        let all = || self.model.values().map(|(handle, parts)| (*handle, parts));

        let mut reds = store.query::<&Red>();
        let expected = all().filter_map(|(_, parts)| parts.0.as_ref());
        assert!(reds.iter().eq(expected.clone()));
        assert_eq!(reds.count(), expected.count());

        let mut both = store.query::<(&Red, &Green)>();
        let expected: Vec<_> = all()
            .filter_map(|(handle, (red, green, _))| {
                Some((handle, (red.as_ref()?, green.as_ref()?)))
            })
            .collect();
        assert!(both.iter_with_handles().eq(expected.iter().copied()));
        let mut found = Vec::new();
        both.iter_with_handles().for_each(|item| found.push(item));
        assert_eq!(found, expected);
        let mut found = Vec::new();
        both.for_each(|(red, green)| found.push((red.clone(), green.clone())));
        let items = expected
            .iter()
            .map(|&(_, (red, green))| (red.clone(), green.clone()));
        assert!(found.into_iter().eq(items));
        drop((reds, both));

        let expected = all().filter_map(|(_, (red, green, blue))| {
            Some((green.as_ref(), red.as_ref().filter(|_| blue.is_some())?))
        });
        let mut found = Vec::new();
        store
            .query::<(Option<&Green>, With<Blue>, &Red)>()
            .for_each(|item| found.push((item.0.cloned(), item.1.clone())));
        let expected = expected.map(|(green, red)| (green.cloned(), red.clone()));
        assert!(found.into_iter().eq(expected));

        let expected = all().filter_map(|(handle, (red, green, blue))| {
            (green.is_none() && blue.is_none()).then_some((handle, red.as_ref()))
        });
        let mut few = store.query::<(Option<&Red>, Without<Green>, Without<Blue>)>();
        assert!(few.iter_with_handles().eq(expected));
        drop(few);

        let expected = all().filter_map(|(_, parts)| match parts {
            (Some(_), Some(_), Some(_)) => Some((&parts.0, &parts.1)),
            _ => None,
        });
        let mut three = store.query::<(&mut Red, &mut Green, &Blue)>();
        let found = three
            .iter()
            .map(|(red, green, _)| (red.clone(), green.clone()));
        let expected = expected.map(|(red, green)| (red.clone().unwrap(), green.clone().unwrap()));
        assert!(found.eq(expected));
    }
}

impl World {
    /// Many objects with components at once.
    fn born_together(&mut self, objects: u8, kinds: u8) {
        let value = u16::from(objects) % 64;
        let numbers = 0..u32::from(objects) * 3;
        let handles = match kinds % 3 {
            0 => self
                .store
                .insert_batch(numbers.map(|_| (0, (Red(value), green(value), Blue)))),
            1 => self
                .store
                .insert_batch(numbers.map(|_| (0, (Red(value), Blue)))),
            _ => numbers
                .map(|_| self.store.insert_bundle(0, (Red(value), green(value))))
                .collect(),
        };
        let has_green = kinds % 3 != 1;
        let parts = || {
            let green = has_green.then(|| green(value));
            (Some(Red(value)), green, (kinds % 3 != 2).then_some(Blue))
        };
        for handle in handles {
            self.handles.push(handle);
            self.model.insert(handle.index(), (handle, parts()));
        }
    }

    /// Queries with values: each object that matches is met once, with its own value.
    fn compare_values(&mut self) {
        let index = |handle: Handle| u64::from(handle.index());
        for (handle, value) in &mut self.store {
            *value = index(handle);
        }
        for (handle, value, red) in &mut self.store.query_values_mut::<&Red>() {
            assert_eq!(*value, index(handle));
            *value += 1 << 40 | u64::from(red.0) << 32;
        }
        let mut both = self.store.query_values_mut::<(&mut Green, With<Blue>)>();
        both.for_each(|(handle, value, green)| {
            assert_eq!(*value % (1 << 32), index(handle));
            *value += 1 << 60;
            assert!(!green.0.is_empty());
        });
        drop(both);
        let mut few = self.store.query_values_mut::<Without<Red>>();
        few.for_each(|(_, value, ())| *value += 1 << 61);
        drop(few);
        for (handle, (red, green, blue)) in self.model.values() {
            let red_part = red.as_ref().map(|red| 1 << 40 | u64::from(red.0) << 32);
            let both = u64::from(green.is_some() && blue.is_some()) << 60;
            let few = u64::from(red.is_none()) << 61;
            let expected = index(*handle) + red_part.unwrap_or(0) + both + few;
            assert_eq!(self.store[*handle], expected);
            let mut query = self.store.query_values::<&Red>();
            let found = query.get(*handle).map(|(value, red)| (*value, red.clone()));
            assert_eq!(found, red.clone().map(|red| (expected, red)));
        }
        let expected = self.model.values().filter_map(|(handle, (red, green, _))| {
            Some((*handle, self.store[*handle], red.clone()?, green.clone()))
        });
        let expected: Vec<_> = expected.collect();
        let mut shared = self.store.query_values::<(&Red, Option<&Green>)>();
        let mut found = Vec::new();
        for (handle, value, (red, green)) in &mut shared {
            found.push((handle, *value, red.clone(), green.cloned()));
        }
        assert_eq!(found, expected);
        assert_eq!(shared.count(), expected.len());
        found.clear();
        shared.for_each(|(handle, value, (red, green))| {
            found.push((handle, *value, red.clone(), green.cloned()));
        });
        assert_eq!(found, expected);
    }
}

#[test]
fn queries_agree_with_a_map_whatever_comes_and_goes() {
    #[expect(clippy::needless_pass_by_value, reason = "quickcheck hands it over")]
    fn run(ops: Vec<Op>) {
        let mut world = World::default();
        for (step, op) in ops.iter().enumerate() {
            world.apply(op);
            if step % 5 == 0 {
                world.compare();
                world.compare_values();
            }
        }
        world.compare();
        world.compare_values();
        for (handle, parts) in world.model.values() {
            assert_eq!(
                world.store.component::<Red>(*handle).as_deref(),
                parts.0.as_ref()
            );
            assert_eq!(
                world.store.component::<Green>(*handle).as_deref(),
                parts.1.as_ref()
            );
            assert_eq!(
                world.store.has_component::<Blue>(*handle),
                parts.2.is_some()
            );
        }
        world.store.check_invariants().unwrap();
    }
    quickcheck(60).quickcheck(run as fn(Vec<Op>));
}

#[test]
fn a_group_changes_neither_items_nor_their_order() {
    let mut plain: Store<()> = Store::new();
    let mut grouped: Store<()> = Store::new();
    grouped.group::<(Red, Blue)>().unwrap();
    for number in 0..9000_u16 {
        for store in [&mut plain, &mut grouped] {
            let object = store.insert(());
            store.insert_component(object, Red(number)).unwrap();
            if number % 7 == 3 || number > 8000 {
                let added = store.insert_component(object, Blue);
                assert!(added.is_ok());
            }
        }
    }
    let reds = |store: &Store<()>| -> Vec<Red> { store.query::<&Red>().iter().cloned().collect() };
    assert_eq!(reds(&plain), reds(&grouped));
    let both = |store: &Store<()>| -> Vec<Red> {
        let mut query = store.query::<(&Red, &Blue)>();
        query.iter().map(|(red, _)| red.clone()).collect()
    };
    assert_eq!(both(&plain), both(&grouped));
}

/// A component that shares a count of how many of it there are.
struct Tally(Arc<AtomicUsize>);

impl Tally {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Clone for Tally {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Objects that hold each other, and of which every third has a component.
fn whoever_dies(is_ring: bool, by_view: bool, kill: fn(&mut Store<u64>, Handle)) {
    let count = Arc::new(AtomicUsize::new(0));
    let mut store: Store<u64> = Store::new();
    let keeper = store.insert(0);
    store.insert_component(keeper, Tally::new(&count)).unwrap();
    let top = store.insert(0);
    let mut all = vec![top];
    for number in 1..1000 {
        let parent = all[all.len() / 3];
        all.push(store.insert_linked(parent, (), number).unwrap());
    }
    if is_ring {
        store.link(*all.last().unwrap(), (), top).unwrap();
    }
    for &each in all.iter().step_by(3) {
        let tally = Tally::new(&count);
        if by_view {
            let mut column = store.column_mut::<Tally>();
            assert!(column.insert(each, tally).is_ok());
        } else {
            store.insert_component(each, tally).unwrap();
        }
    }
    assert_eq!(count.load(Ordering::Relaxed), 335);
    kill(&mut store, top);
    assert_eq!((store.len(), count.load(Ordering::Relaxed)), (1, 1));
    #[cfg(feature = "check")]
    store.check_invariants().unwrap();
    for number in 0..1000 {
        let newborn = store.insert(number);
        assert!(!store.has_component::<Tally>(newborn), "it has its own");
    }
}

#[test]
fn whoever_dies_takes_its_components_along() {
    for by_view in [false, true] {
        whoever_dies(false, by_view, |store, top| store.unroot(top).unwrap());
        whoever_dies(false, by_view, |store, top| {
            store.destroy(top);
        });
        whoever_dies(true, by_view, |store, top| {
            store.unroot(top).unwrap();
            store.collect();
        });
        whoever_dies(false, by_view, |store, top| {
            let holder = store.insert(1);
            store.link(holder, (), top).unwrap();
            store.unroot(top).unwrap();
            store.unlink(holder, top).unwrap();
            store.unroot(holder).unwrap();
        });
    }
}

/// A leaf that dies by a call of its own, beside others whose types it lacks.
#[test]
fn a_leaf_takes_its_components_along() {
    let count = Arc::new(AtomicUsize::new(0));
    let mut store: Store<u64> = Store::new();
    let keeper = store.insert(0);
    store.insert_component(keeper, 1_u8).unwrap();
    for number in 0..100 {
        let rooted = store.insert(number);
        let linked = store.insert_linked(keeper, (), number).unwrap();
        store.insert_component(rooted, Tally::new(&count)).unwrap();
        let mut column = store.column_mut::<Tally>();
        assert!(column.insert(linked, Tally::new(&count)).is_ok());
        drop(column);
        store.unroot(rooted).unwrap();
        store.unlink(keeper, linked).unwrap();
        assert_eq!((store.len(), count.load(Ordering::Relaxed)), (1, 0));
    }
    #[cfg(feature = "check")]
    store.check_invariants().unwrap();
}

#[test]
fn values_are_queried_without_the_dead_that_are_not_swept() {
    let mut store: Store<u32> = Store::with_config(Config::new().auto(Auto::Off));
    for number in 0..9_000 {
        let object = store.insert(number);
        store.insert_component(object, Red(1)).unwrap();
        // One in three is a cycle of its own, and garbage.
        if number % 3 == 0 {
            store.link(object, (), object).unwrap();
            store.unroot(object).unwrap();
        }
    }
    store.request_collection(Generation::Old);
    while store.len() == 9_000 {
        store.step(Budget::units(500));
    }
    let unswept = store.step(Budget::units(1)).unswept;
    assert!(unswept > 0, "some are dead and still there");
    let alive: Vec<u32> = store.values().copied().collect();
    let mut met = Vec::new();
    let mut query = store.query_values_mut::<&Red>();
    query.for_each(|(_, value, _)| met.push(*value));
    let in_loop: Vec<u32> = query.iter().map(|(_, value, _)| *value).collect();
    assert!(met.len() < 9_000);
    assert_eq!(met, alive);
    assert_eq!(met, in_loop);
}

#[test]
fn values_are_queried_where_few_objects_match() {
    let mut store: Store<u32> = Store::new();
    let objects: Vec<Handle> = (0..20_000).map(|number| store.insert(number)).collect();
    // Slots that were used before, in arenas with other versions.
    for &object in objects.iter().step_by(5) {
        store.destroy(object);
    }
    let again: Vec<Handle> = (20_000..24_000)
        .map(|number| store.insert(number))
        .collect();
    for &object in again
        .iter()
        .step_by(40)
        .chain(objects.iter().skip(1).step_by(100))
    {
        store.insert_component(object, Red(7)).unwrap();
    }
    let marked: Vec<(Handle, u32)> = store
        .query::<&Red>()
        .iter_with_handles()
        .map(|(handle, _)| (handle, store[handle]))
        .collect();
    assert_eq!(marked.len(), 300);
    let mut met = Vec::new();
    let mut query = store.query_values_mut::<&Red>();
    query.for_each(|(handle, value, _)| met.push((handle, *value)));
    assert_eq!(met, marked);
    assert!(
        query
            .iter()
            .map(|(handle, value, _)| (handle, *value))
            .eq(marked)
    );
}

#[test]
fn edges_values_and_components_are_borrowed_side_by_side() {
    let mut store: Store<u32> = Store::new();
    let house = store.insert(100);
    let room = store.insert_linked(house, (), 40).unwrap();
    store.insert_component(house, Red(3)).unwrap();
    let understory::Parts {
        edges,
        mut values,
        columns,
    } = store.split_mut();
    let mut blues = columns.column_mut::<Blue>();
    for (house, red) in columns.query::<&mut Red>().iter_with_handles() {
        values[house] -= u32::from(red.0);
        red.0 += 1;
        for room in edges.targets(house) {
            values[room] -= 1;
            blues.insert(room, Blue).unwrap();
        }
    }
    drop(blues);
    assert!(columns.try_query::<(&Blue, &mut Blue)>().is_err());
    assert_eq!(columns.component::<Red>(house).as_deref(), Some(&Red(4)));
    assert!(columns.column::<Blue>().contains(room));
    assert_eq!((store[house], store[room]), (97, 39));
}

/// Components of a type that the store first learns of by a view.
#[test]
fn a_column_that_nobody_has_used_is_empty_and_can_be_written() {
    let mut store: Store<u32> = Store::new();
    let [one, two] = [store.insert(1), store.insert(2)];
    assert!(store.column::<Red>().is_empty());
    assert_eq!(store.column::<Red>().get(one), None);
    let (count, mut blues) = (Arc::default(), store.column_mut::<Blue>());
    assert!(blues.is_empty() && !blues.contains(one));
    let mut tallies = store.column_mut::<Tally>();
    assert!(tallies.insert(one, Tally::new(&count)).is_ok());
    assert!(tallies.insert(two, Tally::new(&count)).is_ok());
    assert!(store.try_column::<Tally>().is_err() && store.try_column_mut::<Blue>().is_err());
    blues.insert(two, Blue).unwrap();
    drop((blues, tallies));

    assert_eq!(store.column::<Tally>().len(), 2);
    assert!(store.query::<(&Tally, With<Blue>)>().count() == 1);
    let copy = store.clone();
    assert_eq!(count.load(Ordering::Relaxed), 4);
    assert!(copy.has_component::<Blue>(two));
    copy.check_invariants().unwrap();
    drop(copy);
    // A death takes them, and so does the end of the store.
    store.destroy(two);
    assert_eq!(count.load(Ordering::Relaxed), 1);
    assert!(store.column::<Blue>().is_empty());
    store.column_mut::<Green>().insert(one, green(7)).unwrap();
    assert_eq!(store.remove_component::<Green>(one), Some(green(7)));
    store.check_invariants().unwrap();
    store.column_mut::<Red>().insert(one, Red(7)).unwrap();
    store.clear();
    assert_eq!(count.load(Ordering::Relaxed), 0);
    assert!(store.column::<Red>().is_empty());
    store.check_invariants().unwrap();
}

#[test]
fn a_full_store_hands_the_value_and_the_bundle_back() {
    let count = Arc::default();
    let mut store: Store<String> = Store::with_config(Config::new().max_objects(100));
    let mut agents = (0..150).map(|number: u16| {
        let bundle = (Red(number), Tally::new(&count));
        (number.to_string(), bundle)
    });
    let error = store.try_insert_batch(&mut agents).unwrap_err();
    assert_eq!((error.inserted.len(), error.limit), (100, Limit::Objects));
    assert_eq!((&*error.value, error.bundle.0), ("100", Red(100)));
    assert_eq!(agents.next().unwrap().0, "101", "the rest is still there");
    for (number, &handle) in (0..).zip(&error.inserted) {
        assert_eq!(store[handle], number.to_string());
        assert_eq!(store.component(handle).as_deref(), Some(&Red(number)));
        assert!(store.has_component::<Tally>(handle));
    }
    let (value, bundle) = agents.next().unwrap();
    let full = store.try_insert_bundle(value, bundle).unwrap_err();
    assert_eq!(full.value.0, "102");
    assert!(
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.insert_batch([("more".to_string(), (Blue,))])
        }))
        .is_err()
    );
    drop((agents, error.bundle.1, full));
    assert_eq!(count.load(Ordering::Relaxed), 100);
    store.check_invariants().unwrap();
}

#[test]
fn a_panic_of_an_iterator_leaves_what_came_before_with_its_components() {
    let mut store: Store<u16> = Store::new();
    store.insert(0);
    let numbers = (0..5_000).map(|number: u16| {
        assert!(number < 4_500, "no more");
        (number, (Red(number), Blue))
    });
    let caught =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.insert_batch(numbers)));
    assert!(caught.is_err());
    assert_eq!(
        (store.len(), store.query::<(&Red, With<Blue>)>().count()),
        (4_501, 4_500)
    );
    for (_, value, red) in &mut store.query_values::<&Red>() {
        assert_eq!(*value, red.0);
    }
    store.check_invariants().unwrap();
    // Their deaths take them.
    store.retain(|_, value| *value % 2 == 0);
    assert_eq!(store.column::<Blue>().len(), 2_250);
    store.check_invariants().unwrap();
}

#[test]
fn the_last_of_two_components_of_a_type_counts() {
    let mut store: Store<()> = Store::new();
    let agents = store.insert_batch((0..100).map(|number| ((), (Red(number), Red(number + 1)))));
    assert_eq!(store.component(agents[99]).as_deref(), Some(&Red(100)));
    store
        .insert_components(agents[0], (Red(7), Blue, Red(9)))
        .unwrap();
    assert_eq!(
        store.query::<(&Red, &Blue)>().get(agents[0]),
        Some((&Red(9), &Blue))
    );
    store.destroy(agents[0]);
    assert!(store.insert_components(agents[0], (Blue,)).is_err());
    store.check_invariants().unwrap();
}
