//! The weak collections: random scripts against a naive model, and a test for each rule.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use quickcheck::{Arbitrary, Gen};

use understory::{
    Auto, Config, Handle, Root, StaleHandle, Store, WeakMap, WeakSet, WeakValueMap, slotmap,
};

use crate::cases::quickcheck;

type Log = Rc<RefCell<Vec<u32>>>;

/// A value that notes when it is dropped. The log is shared once for each value that exists.
#[derive(Clone, Debug)]
struct Probe(u32, Log);

impl Drop for Probe {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

fn manual() -> Store<u32> {
    Store::with_config(Config::new().auto(Auto::Off))
}

fn stale<T, E>(refused: &Result<T, E>) -> bool {
    refused.is_err()
}

/// Runs what is to panic.
fn panics(work: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(work)).is_err()
}

// ---------------------------------------------------------------------------------------------
// Random scripts

#[derive(Clone, Copy, Debug)]
enum Op {
    /// An object that the program holds.
    Spawn,
    /// Two that own each other besides.
    SpawnPair,
    Unroot(u8),
    Destroy(u8),
    /// Of every so many objects one.
    DestroyMany(u8),
    Collect,
    Insert(u8, u32),
    GetMut(u8, u32),
    GetOrInsert(u8, u32),
    Remove(u8),
    Join(u8),
    Leave(u8),
    Name(u8, u8),
    Unname(u8),
    NameOrSpawn(u8),
    Retain(u32),
    ChangeAll,
    Prune,
    Clone,
    Shrink,
    Clear,
}

impl Arbitrary for Op {
    fn arbitrary(g: &mut Gen) -> Self {
        let (pick, value) = (u8::arbitrary(g), u32::arbitrary(g) % 1_000);
        match u32::arbitrary(g) % 64 {
            0..12 => Self::Spawn,
            12..16 => Self::SpawnPair,
            16..23 => Self::Unroot(pick),
            23 => Self::Destroy(pick),
            24 => Self::DestroyMany(pick % 4 + 2),
            25..27 => Self::Collect,
            27..36 => Self::Insert(pick, value),
            36 => Self::GetMut(pick, value),
            37..40 => Self::GetOrInsert(pick, value),
            40..45 => Self::Remove(pick),
            45..48 => Self::Join(pick),
            48..50 => Self::Leave(pick),
            50..56 => Self::Name(u8::arbitrary(g) % 24, pick),
            56 => Self::Unname(pick % 24),
            57..59 => Self::NameOrSpawn(pick % 24),
            59 => Self::Retain(value),
            60 => Self::ChangeAll,
            61 => Self::Prune,
            62 if pick % 2 == 0 => Self::Clone,
            62 => Self::Shrink,
            _ if pick % 8 == 0 => Self::Clear,
            _ => Self::Spawn,
        }
    }
}

/// What an object is to the model.
#[derive(Clone, Copy)]
struct Object {
    alive: bool,
    held: bool,
    partner: Option<usize>,
}

/// Entries by when they were inserted. Those of the dead are not removed, but filtered out.
type Naive<Q, V> = BTreeMap<u32, (Q, V)>;

struct World {
    store: Store<u32>,
    handles: Vec<Handle>,
    objects: Vec<Object>,
    now: u32,
    log: Log,
    /// The most entries of living objects that there were.
    most: usize,
    map: WeakMap<Probe>,
    set: WeakSet,
    names: WeakValueMap<String>,
    map_model: Naive<usize, u32>,
    set_model: Naive<usize, ()>,
    names_model: Naive<String, usize>,
}

fn name(of: u8) -> String {
    format!("name {of}")
}

impl World {
    fn new() -> Self {
        Self {
            store: manual(),
            handles: Vec::new(),
            objects: Vec::new(),
            now: 0,
            log: Log::default(),
            most: 0,
            map: WeakMap::new(),
            set: WeakSet::new(),
            names: WeakValueMap::new(),
            map_model: BTreeMap::new(),
            set_model: BTreeMap::new(),
            names_model: BTreeMap::new(),
        }
    }

    fn spawn(&mut self, partner: Option<usize>) -> Handle {
        let handle = self.store.insert(0);
        self.born(handle, partner);
        handle
    }

    fn born(&mut self, handle: Handle, partner: Option<usize>) {
        self.handles.push(handle);
        self.objects.push(Object {
            alive: true,
            held: true,
            partner,
        });
    }

    /// Any object there ever was, dead or alive, or the null handle.
    fn pick(&self, pick: u8) -> (Handle, Option<usize>) {
        let at = usize::from(pick) % (self.handles.len() + 1);
        match self.handles.get(at) {
            Some(&handle) => (handle, Some(at)),
            None => (Handle::default(), None),
        }
    }

    fn alive(&self, id: Option<usize>) -> Option<usize> {
        id.filter(|&id| self.objects[id].alive)
    }

    fn dies(&mut self, id: usize) {
        self.objects[id].alive = false;
        if let Some(partner) = self.objects[id].partner {
            if self.objects[partner].alive && !self.objects[partner].held {
                self.objects[partner].alive = false;
            }
        }
    }

    /// When an entry of a living object was inserted.
    fn place(&self, id: usize) -> Option<u32> {
        let mut entries = self.map_model.iter();
        let found = entries.find(|(_, entry)| entry.0 == id);
        found.map(|(&when, _)| when)
    }

    fn member(&self, id: usize) -> Option<u32> {
        let mut entries = self.set_model.iter();
        let found = entries.find(|(_, entry)| entry.0 == id);
        found.map(|(&when, _)| when)
    }

    fn named(&self, name: &str) -> Option<(u32, usize)> {
        let mut entries = self.names_model.iter();
        let found = entries.find(|(_, (of, id))| of == name && self.objects[*id].alive);
        found.map(|(&when, entry)| (when, entry.1))
    }

    /// The values of entries of the dead, in the order of insertion.
    fn left(&self) -> Vec<u32> {
        let dead = self
            .map_model
            .values()
            .filter(|entry| !self.objects[entry.0].alive);
        dead.map(|entry| entry.1).collect()
    }

    fn apply(&mut self, op: Op) {
        self.now += 1;
        let now = self.now;
        match op {
            Op::Spawn => {
                self.spawn(None);
            }
            Op::SpawnPair => {
                let id = self.handles.len();
                let [one, other] = [self.spawn(Some(id + 1)), self.spawn(Some(id))];
                self.store.link(one, (), other).unwrap();
                self.store.link(other, (), one).unwrap();
            }
            Op::Unroot(pick) => {
                let (handle, id) = self.pick(pick);
                if self.store.unroot(handle).is_ok() {
                    let id = self.alive(id).expect("the store holds the living alone");
                    self.objects[id].held = false;
                    let partner = self.objects[id].partner;
                    if self.alive(partner).is_none() {
                        self.dies(id);
                    }
                }
            }
            Op::Destroy(pick) => {
                let (handle, id) = self.pick(pick);
                let gone = self.store.destroy(handle).value().is_some();
                assert_eq!(gone, self.alive(id).is_some());
                if let Some(id) = self.alive(id) {
                    self.dies(id);
                }
            }
            Op::DestroyMany(every) => {
                for id in (0..self.handles.len()).step_by(usize::from(every)) {
                    if self.store.destroy(self.handles[id]).value().is_some() {
                        self.dies(id);
                    }
                }
            }
            Op::Collect => {
                self.store.collect();
                for id in 0..self.objects.len() {
                    let held = |id: usize| self.objects[id].held && self.objects[id].alive;
                    if !held(id) && !self.objects[id].partner.is_some_and(held) {
                        self.objects[id].alive = false;
                    }
                }
            }
            Op::Retain(_) | Op::ChangeAll | Op::Prune | Op::Clone | Op::Shrink | Op::Clear => {
                self.apply_to_all(op);
            }
            Op::Name(..) | Op::Unname(_) | Op::NameOrSpawn(_) => self.apply_to_name(op, now),
            _ => self.apply_to_one(op, now),
        }
    }

    fn apply_to_one(&mut self, op: Op, now: u32) {
        match op {
            Op::Insert(pick, value) => {
                let (handle, id) = self.pick(pick);
                let probe = Probe(value, self.log.clone());
                let result = self.map.insert(&self.store, handle, probe);
                let Some(id) = self.alive(id) else {
                    assert_eq!(result.unwrap_err().value.0, value);
                    return;
                };
                let when = self.place(id).unwrap_or(now);
                let before = self.map_model.insert(when, (id, value));
                let before = before.map(|entry| entry.1);
                assert_eq!(result.unwrap().map(|probe| probe.0), before);
                self.most_values_are_of_the_living();
            }
            Op::GetMut(pick, value) => {
                let (handle, id) = self.pick(pick);
                let when = self.alive(id).and_then(|id| self.place(id));
                let found = self.map.get_mut(&self.store, handle);
                assert_eq!(found.is_some(), when.is_some());
                if let (Some(probe), Some(when)) = (found, when) {
                    probe.0 = value;
                    self.map_model.get_mut(&when).unwrap().1 = value;
                }
            }
            Op::GetOrInsert(pick, value) => {
                let (handle, id) = self.pick(pick);
                let log = self.log.clone();
                let result = self
                    .map
                    .get_or_insert_with(&self.store, handle, || Probe(value, log));
                let found = result.map(|probe| probe.0);
                let Some(id) = self.alive(id) else {
                    assert!(stale(&found));
                    return;
                };
                let when = self.place(id).unwrap_or(now);
                let entry = self.map_model.entry(when).or_insert((id, value));
                assert_eq!(found, Ok(entry.1));
                self.most_values_are_of_the_living();
            }
            Op::Remove(pick) => {
                let (handle, id) = self.pick(pick);
                let removed = self.map.remove(&self.store, handle).map(|probe| probe.0);
                let when = self.alive(id).and_then(|id| self.place(id));
                let expected = when.and_then(|when| self.map_model.remove(&when));
                assert_eq!(removed, expected.map(|entry| entry.1));
                // What the dead have left is gone for good.
                let when = id.and_then(|id| self.place(id));
                when.map(|when| self.map_model.remove(&when));
            }
            Op::Join(pick) => {
                let (handle, id) = self.pick(pick);
                let result = self.set.insert(&self.store, handle);
                let Some(id) = self.alive(id) else {
                    assert!(stale(&result));
                    return;
                };
                assert_eq!(result, Ok(self.member(id).is_none()));
                let when = self.member(id).unwrap_or(now);
                self.set_model.insert(when, (id, ()));
            }
            Op::Leave(pick) => {
                let (handle, id) = self.pick(pick);
                let when = self.alive(id).and_then(|id| self.member(id));
                assert_eq!(self.set.remove(&self.store, handle), when.is_some());
                when.map(|when| self.set_model.remove(&when));
            }
            _ => unreachable!("{op:?} is about others"),
        }
    }

    fn apply_to_name(&mut self, op: Op, now: u32) {
        match op {
            Op::Name(of, pick) => {
                let (handle, id) = self.pick(pick);
                let result = self.names.insert(&self.store, name(of), handle);
                let Some(id) = self.alive(id) else {
                    assert_eq!(result.unwrap_err().value, name(of));
                    return;
                };
                let before = self.named(&name(of));
                assert_eq!(result, Ok(before.map(|(_, id)| self.handles[id])));
                let when = before.map_or(now, |(when, _)| when);
                self.names_model.insert(when, (name(of), id));
            }
            Op::Unname(of) => {
                let before = self.named(&name(of));
                let removed = self.names.remove(&self.store, name(of).as_str());
                assert_eq!(removed, before.map(|(_, id)| self.handles[id]));
                before.map(|(when, _)| self.names_model.remove(&when));
            }
            Op::NameOrSpawn(of) => {
                let before = self.named(&name(of));
                let mut made = None;
                let result =
                    self.names
                        .get_or_insert_with(&mut self.store, name(of), |store, _| {
                            *made.insert(store.insert(0))
                        });
                let expected = before.map(|(_, id)| self.handles[id]).or(made);
                assert_eq!(result.ok(), expected);
                if let Some(handle) = made {
                    assert_eq!(before, None);
                    self.names_model.insert(now, (name(of), self.handles.len()));
                    self.born(handle, None);
                }
            }
            _ => unreachable!("{op:?} is about others"),
        }
    }

    fn apply_to_all(&mut self, op: Op) {
        match op {
            Op::Retain(least) => {
                self.map.retain(&self.store, |_, probe| probe.0 >= least);
                self.map_model.retain(|_, entry| entry.1 >= least);
                self.set
                    .retain(&self.store, |handle| handle.index() % 3 > 0);
                let handles = &self.handles;
                self.set_model
                    .retain(|_, entry| handles[entry.0].index() % 3 > 0);
                self.names.retain(&self.store, |name, _| name.len() > 6);
                self.names_model.retain(|_, entry| entry.0.len() > 6);
            }
            Op::ChangeAll => {
                for (handle, probe) in self.map.iter_mut(&self.store) {
                    assert!(self.store.contains(handle));
                    probe.0 += 1;
                }
                self.map
                    .values_mut(&self.store)
                    .for_each(|probe| probe.0 += 1);
                self.map_model
                    .values_mut()
                    .filter(|entry| self.objects[entry.0].alive)
                    .for_each(|entry| entry.1 += 2);
            }
            Op::Prune => {
                // Some of what the dead left may be gone already, but never out of order.
                self.log.borrow_mut().clear();
                let pruned = self.map.prune(&self.store);
                let dropped = self.log.borrow().clone();
                assert_eq!(dropped.len(), pruned);
                let left = self.left();
                let mut left = left.iter();
                assert!(dropped.iter().all(|value| left.any(|other| other == value)));
                self.set.prune(&self.store);
                self.names.prune(&self.store);
                self.only_the_living_are_left();
            }
            Op::Clone => {
                self.map = self.map.clone();
                self.set = self.set.clone();
                self.names = self.names.clone();
                // Both of a time, as when a game is rolled back.
                self.store = self.store.clone();
            }
            Op::Shrink => {
                self.map.shrink(&self.store);
                self.set.shrink(&self.store);
                self.names.shrink(&self.store);
                self.only_the_living_are_left();
            }
            Op::Clear => {
                self.map.clear();
                self.set.clear();
                self.names.clear();
                self.map_model.clear();
                self.set_model.clear();
                self.names_model.clear();
                assert_eq!(self.values(), 0);
            }
            _ => unreachable!("{op:?} is about others"),
        }
    }

    /// How many values exist, of living and dead objects.
    fn values(&self) -> usize {
        Rc::strong_count(&self.log) - 1
    }

    fn most_values_are_of_the_living(&mut self) {
        self.most = self.most.max(self.map.len(&self.store));
        assert!(self.values() <= self.most * 3 / 2 + 1);
    }

    fn only_the_living_are_left(&mut self) {
        assert_eq!(self.values(), self.map.len(&self.store));
        let objects = &self.objects;
        self.map_model.retain(|_, entry| objects[entry.0].alive);
        let members = format!("{:?}", self.set).matches('v').count();
        assert_eq!(members, self.set.len(&self.store));
        let names = format!("{:?}", self.names).matches("name").count();
        assert_eq!(names, self.names.len(&self.store));
    }

    fn compare(&self) {
        let store = &self.store;
        let dead = self.objects.iter().filter(|object| !object.alive).count();
        assert_eq!(store.deaths(), dead as u64);

        let alive = |id: usize| self.objects[id].alive.then(|| self.handles[id]);
        let expected: Vec<(Handle, u32)> = self
            .map_model
            .values()
            .filter_map(|&(id, value)| Some((alive(id)?, value)))
            .collect();
        let entries = self
            .map
            .iter(store)
            .map(|(handle, probe)| (handle, probe.0));
        assert_eq!(entries.collect::<Vec<_>>(), expected);
        let backwards = self.map.iter(store).rev();
        assert!(
            backwards
                .map(|entry| entry.0)
                .eq(expected.iter().rev().map(|entry| entry.0))
        );
        assert!(
            self.map
                .keys(store)
                .eq(expected.iter().map(|entry| entry.0))
        );
        assert!(
            self.map
                .values(store)
                .map(|probe| probe.0)
                .eq(expected.iter().map(|e| e.1))
        );
        assert_eq!(self.map.len(store), expected.len());
        assert_eq!(self.map.is_empty(store), expected.is_empty());

        let members: Vec<Handle> = self
            .set_model
            .values()
            .filter_map(|&(id, ())| alive(id))
            .collect();
        assert_eq!(self.set.iter(store).collect::<Vec<_>>(), members);
        assert_eq!(self.set.len(store), members.len());
        assert_eq!(self.set.is_empty(store), members.is_empty());

        let by_handle: BTreeMap<_, _> = expected.into_iter().collect();
        let members: BTreeSet<_> = members.into_iter().collect();
        for &handle in &self.handles {
            let value = self.map.get(store, handle).map(|probe| probe.0);
            assert_eq!(value, by_handle.get(&handle).copied());
            assert_eq!(self.map.contains_key(store, handle), value.is_some());
            assert_eq!(self.set.contains(store, handle), members.contains(&handle));
        }

        let expected: Vec<(&String, Handle)> = self
            .names_model
            .values()
            .filter_map(|(name, id)| Some((name, alive(*id)?)))
            .collect();
        assert_eq!(self.names.iter(store).collect::<Vec<_>>(), expected);
        assert!(
            self.names
                .keys(store)
                .eq(expected.iter().map(|entry| entry.0))
        );
        assert!(
            self.names
                .values(store)
                .eq(expected.iter().map(|entry| entry.1))
        );
        assert_eq!(self.names.len(store), expected.len());
        assert_eq!(self.names.is_empty(store), expected.is_empty());
        for of in 0..24 {
            let found = self.named(&name(of)).and_then(|(_, id)| alive(id));
            assert_eq!(self.names.get(store, name(of).as_str()), found);
            assert_eq!(self.names.contains_key(store, &name(of)), found.is_some());
        }
    }
}

#[test]
fn scripts_match_a_naive_model() {
    fn same(ops: Vec<Op>) -> bool {
        let mut world = World::new();
        for op in ops {
            world.apply(op);
            world.compare();
        }
        world.store.check_invariants().is_ok()
    }
    quickcheck(300)
        .rng(Gen::new(300))
        .quickcheck(same as fn(Vec<Op>) -> bool);
}

// ---------------------------------------------------------------------------------------------
// Who dies, and what is seen of it

#[test]
fn an_entry_goes_with_its_object_however_that_dies() {
    let mut store = manual();
    let by_count = store.insert(0);
    let child = store.insert_linked(by_count, (), 1).unwrap();
    let [destroyed, rejected, collected, cleared] = [2, 3, 4, 5].map(|value| store.insert(value));
    store.link(collected, (), collected).unwrap();
    store.unroot(collected).unwrap();
    let all = [by_count, child, destroyed, rejected, collected, cleared];

    let (mut map, mut set, mut names) = (WeakMap::new(), WeakSet::new(), WeakValueMap::new());
    for (at, handle) in all.into_iter().enumerate() {
        map.insert(&store, handle, at).unwrap();
        set.insert(&store, handle).unwrap();
        names.insert(&store, at, handle).unwrap();
    }
    let check = |store: &Store<u32>, left: &[Handle]| {
        assert!(map.keys(store).eq(left.iter().copied()));
        assert!(set.iter(store).eq(left.iter().copied()));
        assert!(names.values(store).eq(left.iter().copied()));
        let lens = [map.len(store), set.len(store), names.len(store)];
        assert_eq!(lens, [left.len(); 3]);
        for (at, &handle) in all.iter().enumerate() {
            let there = left.contains(&handle);
            assert_eq!(map.get(store, handle), there.then_some(&at));
            assert_eq!(set.contains(store, handle), there);
            assert_eq!(names.get(store, &at), there.then_some(handle));
        }
    };
    check(&store, &all);
    store.unroot(by_count).unwrap();
    check(&store, &all[2..]);
    store.destroy(destroyed);
    check(&store, &all[3..]);
    store.retain(|_, value| *value != 3);
    check(&store, &all[4..]); // a cycle is there until it is collected
    store.collect();
    check(&store, &all[5..]);
    store.clear();
    check(&store, &[]);
}

#[test]
fn what_a_finalizer_saves_keeps_its_entry() {
    let mut store = manual();
    let phoenix = store.insert(0);
    let revive = |store: &mut Store<u32>, this| store.root(this).unwrap();
    store.set_finalizer(phoenix, revive).unwrap();
    let mut map = WeakMap::new();
    map.insert(&store, phoenix, "burnt").unwrap();

    store.unroot(phoenix).unwrap();
    assert_eq!(map.get(&store, phoenix), Some(&"burnt"));
    store.unroot(phoenix).unwrap();
    assert_eq!(map.get(&store, phoenix), None);
}

#[test]
fn a_finalizer_sees_the_entries_of_garbage_that_is_not_dead_yet() {
    type Shared = std::sync::Arc<std::sync::Mutex<(WeakMap<u32>, Vec<usize>)>>;
    let shared = Shared::default();
    let mut store = manual();
    let ring = [store.insert(0), store.insert(1)];
    for (source, target) in [(0, 1), (1, 0)] {
        let (map, handle) = (std::sync::Arc::clone(&shared), ring[source]);
        store.link(handle, (), ring[target]).unwrap();
        shared.lock().unwrap().0.insert(&store, handle, 1).unwrap();
        let look = move |store: &mut Store<u32>, _| {
            let (map, lens) = &mut *map.lock().unwrap();
            lens.push(map.len(store));
        };
        store.set_finalizer(handle, look).unwrap();
    }
    for handle in ring {
        store.unroot(handle).unwrap();
    }
    store.collect();
    let (map, lens) = &*shared.lock().unwrap();
    assert_eq!((lens.as_slice(), map.len(&store)), (&[2, 2][..], 0));
}

#[test]
fn a_later_object_of_the_same_slot_has_no_entry() {
    let mut store = manual();
    let first = store.insert(0);
    let (mut map, mut set) = (WeakMap::new(), WeakSet::new());
    map.insert(&store, first, "first").unwrap();
    set.insert(&store, first).unwrap();
    store.destroy(first);
    let second = store.insert(1);
    assert_eq!(second.index(), first.index());
    assert!(!map.contains_key(&store, second) && !set.contains(&store, second));
    map.insert(&store, second, "second").unwrap();
    assert_eq!(map.get(&store, first), None);
    assert_eq!(map.get(&store, second), Some(&"second"));
}

#[test]
fn a_stale_or_null_handle_gives_the_value_back() {
    let mut store = manual();
    let dead = store.insert(0);
    store.destroy(dead);
    for handle in [dead, Handle::default()] {
        let mut map = WeakMap::new();
        let refused = map.insert(&store, handle, "value".to_string()).unwrap_err();
        assert_eq!(refused.value, "value");
        assert_eq!(refused.to_string(), refused.reason.to_string());
        assert_eq!(refused.reason.handle, slotmap::Key::data(&handle));
        let _: &dyn std::error::Error = &refused;
        let made = map.get_or_insert_with(&store, handle, || unreachable!("it is refused"));
        assert!(stale(&made));

        let mut names = WeakValueMap::new();
        let refused = names.insert(&store, "name", handle).unwrap_err();
        assert_eq!(refused.value, "name");
        let refused = names.get_or_insert_with(&mut store, "name", |_, _| handle);
        assert_eq!(refused.unwrap_err().value, "name");
        let refused: Result<bool, StaleHandle> = WeakSet::new().insert(&store, handle);
        assert!(stale(&refused));
        assert!(map.is_empty(&store) && names.is_empty(&store));
    }
}

#[test]
fn the_death_of_a_replaced_object_leaves_the_name_alone() {
    let mut store = manual();
    let [old, new] = [store.insert(0), store.insert(1)];
    let mut names = WeakValueMap::new();
    names.insert(&store, "king", old).unwrap();
    assert_eq!(names.insert(&store, "king", new).unwrap(), Some(old));
    store.destroy(old);
    assert_eq!(names.prune(&store), 0);
    assert_eq!(names.get(&store, "king"), Some(new));
}

#[test]
fn the_name_of_a_dead_object_is_free() {
    let mut store = manual();
    let [a, b, c] = [0, 1, 2].map(|value| store.insert(value));
    let mut names = WeakValueMap::new();
    for (name, handle) in [("a", a), ("b", b), ("c", c)] {
        names.insert(&store, name, handle).unwrap();
    }
    store.destroy(a);
    assert_eq!(names.insert(&store, "a", c).unwrap(), None); // not the dead one
    let entries: Vec<_> = names.iter(&store).collect();
    assert_eq!(entries, [(&"b", b), (&"c", c), (&"a", c)]); // and it is new
    store.destroy(b);
    assert_eq!(names.remove(&store, "b"), None);
    let loaded = names.get_or_insert_with(&mut store, "b", |store, _| store.insert(3));
    assert_eq!(names.get(&store, "b"), loaded.ok());
}

#[test]
fn a_name_leads_to_the_object_that_got_it_last() {
    let mut store = manual();
    let mut names = WeakValueMap::new();
    for name in 0..100 {
        let handle = store.insert(name);
        names.insert(&store, name, handle).unwrap();
    }
    store.clear();
    // From the last one on, which no sweep has come to.
    for name in (0..100).rev() {
        let handle = store.insert(name);
        names.insert(&store, name, handle).unwrap();
        assert_eq!(names.get(&store, &name), Some(handle));
    }
    assert_eq!(names.len(&store), 100);
}

#[test]
fn a_cached_object_is_made_once() {
    let mut store = manual();
    let mut cache = WeakValueMap::new();
    let mut load = |store: &mut Store<u32>| {
        let made = |store: &mut Store<u32>, name: &u32| store.insert(*name);
        cache.get_or_insert_with(store, 7, made).unwrap()
    };
    let first = load(&mut store);
    assert_eq!(load(&mut store), first);
    assert_eq!(store.refcount(first), Some(1));
    store.unroot(first).unwrap();
    assert_ne!(load(&mut store), first);
}

// ---------------------------------------------------------------------------------------------
// Order

#[test]
fn entries_stay_in_the_order_of_insertion() {
    let mut store = manual();
    let handles: Vec<Handle> = (0..1_000).map(|value| store.insert(value)).collect();
    let mut map = WeakMap::new();
    let mut order: Vec<Handle> = (0..1_000).map(|at| handles[at * 387 % 1_000]).collect();
    for &handle in &order {
        map.insert(&store, handle, 0).unwrap();
    }
    assert!(map.keys(&store).eq(order.iter().copied()));
    for &handle in &order {
        map.insert(&store, handle, 1).unwrap(); // keeps its place
    }
    for &handle in &handles[..700] {
        if handle.index() % 2 == 0 {
            map.remove(&store, handle);
        } else {
            store.destroy(handle);
        }
    }
    order.retain(|handle| !handles[..700].contains(handle));
    assert!(map.keys(&store).eq(order.iter().copied()));
    map.prune(&store);
    assert_eq!(map.len(&store), order.len());
    assert!(map.keys(&store).eq(order.iter().copied()));
    map.shrink(&store);
    assert!(map.keys(&store).eq(order.iter().copied()));
}

#[test]
fn values_of_the_dead_are_dropped_in_the_order_of_insertion() {
    let mut store = manual();
    let log = Log::default();
    let handles: Vec<Handle> = (0..100).map(|value| store.insert(value)).collect();
    let mut map = WeakMap::new();
    for &handle in handles.iter().rev() {
        let value = store[handle];
        map.insert(&store, handle, Probe(value, log.clone()))
            .unwrap();
    }
    for &handle in &handles[10..] {
        store.destroy(handle);
    }
    assert_eq!(log.borrow().len(), 0); // nobody has told the map
    assert_eq!(map.prune(&store), 90);
    assert!(log.borrow_mut().drain(..).eq((10..100).rev()));
    map.clear();
    assert!(log.borrow_mut().drain(..).eq((0..10).rev()));
}

// ---------------------------------------------------------------------------------------------
// When entries go

#[test]
fn each_insertion_looks_at_six_entries() {
    let mut store = manual();
    let log = Log::default();
    let handles: Vec<Handle> = (0..1_000).map(|value| store.insert(value)).collect();
    let mut map = WeakMap::new();
    for &handle in &handles {
        let value = store[handle];
        let probe = Probe(value, log.clone());
        map.insert(&store, handle, probe).unwrap();
    }
    store.retain(|_, value| *value >= 600);
    for &handle in &handles {
        let _ = map.get_mut(&store, handle); // which drops nothing
    }
    for insertions in 1..=100 {
        let handle = store.insert(1_000);
        map.insert(&store, handle, Probe(0, log.clone())).unwrap();
        assert_eq!(log.borrow().len(), 6 * insertions);
    }
    assert!(log.borrow().iter().copied().eq(0..600));
    assert_eq!(map.prune(&store), 0);
}

#[test]
fn each_removal_looks_at_six_entries() {
    let mut store = manual();
    let log = Log::default();
    let handles: Vec<Handle> = (0..1_000).map(|value| store.insert(value)).collect();
    let mut map = WeakMap::new();
    for &handle in &handles {
        map.insert(&store, handle, Probe(0, log.clone())).unwrap();
    }
    store.retain(|_, value| *value >= 600);
    for removals in 1..=100 {
        assert!(map.remove(&store, Handle::default()).is_none());
        assert_eq!(log.borrow().len(), 6 * removals);
    }
}

#[test]
fn removing_a_dead_objects_entry_drops_its_value() {
    let mut store = manual();
    let log = Log::default();
    let handles: Vec<Handle> = (0..10).map(|value| store.insert(value)).collect();
    let mut map = WeakMap::new();
    for &handle in &handles {
        map.insert(&store, handle, Probe(1, log.clone())).unwrap();
    }
    store.destroy(handles[9]); // which is not looked at in passing
    assert!(map.remove(&store, handles[9]).is_none());
    assert_eq!(log.borrow().len(), 1);
}

#[test]
fn memory_is_bounded_by_the_living() {
    let mut store = manual();
    let (mut map, mut set, mut names) = (WeakMap::new(), WeakSet::new(), WeakValueMap::new());
    let mut alive = std::collections::VecDeque::new();
    let mut most = 0;
    for round in 0..50_000_u32 {
        let handle = store.insert(round);
        map.insert(&store, handle, round).unwrap();
        set.insert(&store, handle).unwrap();
        names.insert(&store, round, handle).unwrap();
        alive.push_back(handle);
        if alive.len() > 100 {
            store.destroy(alive.pop_front().unwrap());
        }
        most = most.max(map.memory() + set.memory() + names.memory());
    }
    assert_eq!(map.len(&store), 100);
    // Places for 150 entries are reserved as 256, and as 512 in the index, which has room for four shards.
    let bound = 256 * (12 + 8 + 24) + 3 * (512 * 9 + 64 + 4 * 32);
    assert!(most < bound, "{most} bytes");
}

#[test]
fn places_of_removed_entries_are_given_up() {
    let mut store = manual();
    let handles: Vec<Handle> = (0..1_000).map(|value| store.insert(value)).collect();
    let mut all = WeakMap::with_capacity(1_000);
    for &handle in &handles {
        all.insert(&store, handle, [0_u64; 32]).unwrap();
    }
    // A clone takes as much as there are places.
    let fits = |map: &WeakMap<[u64; 32]>, entries: usize| {
        map.clone().memory() < (2 * entries + 8) * 33 * 8 + 4_096 * 9
    };
    let last_first: Vec<Handle> = handles.iter().rev().copied().collect();
    let mixed: Vec<Handle> = (0..1_000).map(|at| handles[at * 387 % 1_000]).collect();
    for order in [&handles, &last_first, &mixed] {
        let mut map = all.clone();
        for (left, &handle) in (0..1_000).rev().zip(order) {
            map.remove(&store, handle);
            assert!(fits(&map, left));
        }
    }
    store.retain(|_, value| *value % 100 == 0);
    all.prune(&store);
    assert!(fits(&all, 10));
}

#[test]
fn memory_is_given_back() {
    let mut store = manual();
    let mut names = WeakValueMap::new();
    for value in 0..1_000 {
        let handle = store.insert(value);
        names.insert(&store, value, handle).unwrap();
    }
    let full = names.memory();
    store.retain(|_, value| *value % 100 == 0);
    names.shrink(&store);
    assert!(names.memory() < full / 20);
    let names: Vec<u32> = names.keys(&store).copied().collect();
    assert!(names.into_iter().eq((0..1_000).step_by(100)));
}

#[test]
fn pruning_where_nothing_has_died_does_nothing() {
    let mut store = manual();
    let handle = store.insert(0);
    let mut map = WeakMap::new();
    map.insert(&store, handle, 0).unwrap();
    assert_eq!(map.prune(&store), 0);
    let other = store.insert(1);
    store.destroy(other); // one that is not in the map
    assert_eq!((map.len(&store), map.prune(&store)), (1, 0));
}

// ---------------------------------------------------------------------------------------------
// Values that hold

#[test]
fn a_value_that_holds_its_own_key_keeps_it_alive() {
    let mut store = manual();
    let key = store.insert(0);
    let mut map: WeakMap<Root<Handle>> = WeakMap::new();
    let root = store.hold(key).unwrap();
    map.insert(&store, key, root).unwrap();
    store.unroot(key).unwrap();
    store.collect();
    assert_eq!(map.len(&store), 1);
    map.clear(); // only that helps
    store.sync_roots();
    assert!(!store.contains(key));

    // The way that does not leak: the value is an object, and the key owns it.
    let key = store.insert(0);
    let value = store.insert_linked(key, (), 1).unwrap();
    store.link(value, (), key).unwrap();
    let mut map = WeakMap::new();
    map.insert(&store, key, value).unwrap();
    store.unroot(key).unwrap();
    store.collect();
    assert!(map.is_empty(&store) && store.is_empty());
}

#[test]
fn a_root_of_another_object_is_given_up_with_the_entry() {
    let mut store = manual();
    let [key, other] = [store.insert(0), store.insert(1)];
    let root = store.hold(other).unwrap();
    store.unroot(other).unwrap();
    let mut map = WeakMap::new();
    map.insert(&store, key, root).unwrap();
    store.destroy(key);
    store.sync_roots();
    assert!(store.contains(other));
    map.prune(&store);
    store.sync_roots();
    assert!(!store.contains(other));
}

// ---------------------------------------------------------------------------------------------
// Other stores

#[test]
fn another_store_does_no_harm() {
    let (mut store, mut other) = (manual(), manual());
    let (mut map, mut set, mut names) = (WeakMap::new(), WeakSet::new(), WeakValueMap::new());
    let handles: Vec<Handle> = (0..10_000).map(|value| store.insert(value)).collect();
    for &handle in &handles {
        map.insert(&store, handle, 0).unwrap();
        set.insert(&store, handle).unwrap();
        names.insert(&store, handle, handle).unwrap();
    }
    store.destroy(handles[0]);
    other.extend(0..10);
    // Only what names something there is seen there.
    assert_eq!(
        [map.keys(&other).count(), set.iter(&other).count()],
        [10, 10]
    );
    assert_eq!(map.get(&other, handles[9_999]), None);
    assert!(stale(&map.insert(&other, handles[9_999], 1)));
    names.prune(&other);
    for &at in &handles[..3] {
        let _ = (map.remove(&other, at), set.remove(&other, at));
        let _ = (map.get_mut(&store, at), names.remove(&store, &at));
    }
    map.shrink(&other);
    set.prune(&store);
    let _ = (map.len(&store), set.len(&other), names.len(&other));
    let handle = store.insert(1);
    map.insert(&store, handle, 2).unwrap();
    assert_eq!(map.get(&store, handle), Some(&2));
}

#[test]
fn a_map_that_is_brought_back_with_its_store_has_its_entries_again() {
    let mut store = manual();
    let [one, other] = [store.insert(0), store.insert(1)];
    let mut map = WeakMap::new();
    map.insert(&store, one, 0).unwrap();
    map.insert(&store, other, 1).unwrap();
    let saved = (store.clone(), map.clone());

    store.destroy(one);
    map.prune(&store);
    (store, map) = saved;
    assert_eq!(map.len(&store), 2);
    store.destroy(other);
    assert_eq!(map.keys(&store).collect::<Vec<_>>(), [one]);
    assert_eq!((map.len(&store), map.prune(&store)), (1, 1));
}

// ---------------------------------------------------------------------------------------------
// Panics in user code

/// Panics once when it is dropped, if it is told to.
struct Bomb(Rc<Cell<bool>>, Log, u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.2);
        assert!(!self.0.replace(false), "a bomb goes off");
    }
}

/// A store with ten objects, and a map with a bomb for each.
fn bombs() -> (Store<u32>, Vec<Handle>, WeakMap<Bomb>, Log) {
    let mut store = manual();
    let log = Log::default();
    let handles: Vec<Handle> = (0..10).map(|value| store.insert(value)).collect();
    let mut map = WeakMap::new();
    for (at, &handle) in (0..).zip(&handles) {
        let armed = Rc::new(Cell::new(at == 2));
        map.insert(&store, handle, Bomb(armed, log.clone(), at))
            .unwrap();
    }
    (store, handles, map, log)
}

#[test]
fn a_panic_in_drop_leaves_the_rest_to_be_pruned() {
    let (mut store, handles, mut map, log) = bombs();
    for &handle in &handles[..8] {
        store.destroy(handle);
    }
    assert!(panics(|| {
        map.prune(&store);
    }));
    assert_eq!(*log.borrow(), [0, 1, 2]);
    assert_eq!(map.len(&store), 2);
    assert_eq!(map.prune(&store), 5);
    assert_eq!(*log.borrow(), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert!(map.keys(&store).eq(handles[8..].iter().copied()));
}

#[test]
fn a_panic_in_drop_within_an_insertion_leaves_the_map_whole() {
    let (mut store, handles, mut map, log) = bombs();
    for &handle in &handles[..8] {
        store.destroy(handle);
    }
    let fresh = store.insert(10);
    let calm = |at| Bomb(Rc::default(), log.clone(), at);
    assert!(panics(|| {
        let _ = map.insert(&store, fresh, calm(10));
    }));
    assert_eq!(*log.borrow(), [0, 1, 2, 10]);
    assert!(map.keys(&store).eq(handles[8..].iter().copied()));
    assert!(map.insert(&store, fresh, calm(11)).unwrap().is_none());
    assert_eq!(*log.borrow(), [0, 1, 2, 10, 3, 4, 5, 6, 7]);
    assert_eq!(map.len(&store), 3);
}

#[test]
fn a_panic_in_drop_leaves_a_map_that_is_cleared_empty() {
    let (store, handles, mut map, log) = bombs();
    assert!(panics(|| map.clear()));
    assert!(map.is_empty(&store));
    assert_eq!(log.borrow().len(), 10);
    let calm = Bomb(Rc::default(), log, 11);
    map.insert(&store, handles[2], calm).unwrap();
    assert_eq!(map.len(&store), 1);
}

#[test]
fn a_panic_in_keep_leaves_what_it_was_not_asked_about() {
    let (store, handles, mut map, _) = bombs();
    assert!(panics(|| {
        map.retain(&store, |handle, _| {
            assert!(handle != handles[5], "asked too much");
            handle != handles[1]
        });
    }));
    assert_eq!(map.len(&store), 9);
    assert!(!map.contains_key(&store, handles[1]));
    map.retain(&store, |_, bomb| bomb.0.take() || bomb.2 > 5);
    assert_eq!(map.len(&store), 5);
}

#[test]
fn a_panic_in_make_inserts_nothing() {
    let mut store = manual();
    let handle = store.insert(0);
    let mut map = WeakMap::<u32>::new();
    assert!(panics(|| {
        let _ = map.get_or_insert_with(&store, handle, || panic!("no value"));
    }));
    assert!(map.is_empty(&store));
    assert_eq!(map.get_or_insert_with(&store, handle, || 1), Ok(&mut 1));

    let mut names = WeakValueMap::new();
    assert!(panics(|| {
        let _ = names.get_or_insert_with(&mut store, "name", |_, _| panic!("no object"));
    }));
    assert!(names.is_empty(&store));
    names.insert(&store, "name", handle).unwrap();
}

/// Hashes to one place, and panics when it is compared or hashed, if it is told to.
struct Moody(u32, Rc<Cell<[bool; 2]>>);

impl Hash for Moody {
    fn hash<H: Hasher>(&self, state: &mut H) {
        assert!(!self.1.get()[0], "a bad mood to hash");
        0.hash(state);
    }
}

impl PartialEq for Moody {
    fn eq(&self, other: &Self) -> bool {
        assert!(!self.1.get()[1], "a bad mood to compare");
        self.0 == other.0
    }
}

impl Eq for Moody {}

#[test]
fn a_panic_in_hash_or_eq_changes_nothing() {
    let mut store = manual();
    let handles: Vec<Handle> = (0..10).map(|value| store.insert(value)).collect();
    let mood = Rc::new(Cell::new([false; 2]));
    let moody = |value| Moody(value, mood.clone());
    let mut names = WeakValueMap::new();
    for (value, &handle) in (0..).zip(&handles[..9]) {
        names.insert(&store, moody(value), handle).unwrap();
    }
    store.destroy(handles[4]);
    for bad in [[true, false], [false, true]] {
        mood.set(bad);
        for value in [3, 4, 9] {
            assert!(panics(|| {
                let _ = names.insert(&store, moody(value), handles[9]);
            }));
            assert!(panics(|| {
                let _ = names.remove(&store, &moody(value));
            }));
        }
        // What is kept is neither hashed nor compared again.
        assert_eq!(names.len(&store), 8);
    }
    names.shrink(&store);
    mood.set([false; 2]);
    for (value, &handle) in (0..).zip(&handles) {
        let there = value != 4 && value != 9;
        assert_eq!(names.get(&store, &moody(value)), there.then_some(handle));
    }
}

// ---------------------------------------------------------------------------------------------
// As plain values

#[test]
fn a_clone_is_independent() {
    let mut store = manual();
    let handle = store.insert(0);
    let mut map = WeakMap::new();
    map.insert(&store, handle, 1).unwrap();
    let mut copy = map.clone();
    copy.insert(&store, handle, 2).unwrap();
    assert_eq!(
        (map.get(&store, handle), copy.get(&store, handle)),
        (Some(&1), Some(&2))
    );
}

#[test]
fn handles_of_ones_own_type_are_keys_too() {
    slotmap::new_key_type! { struct UnitId; }
    let mut units: Store<&str, (), UnitId> = Store::default();
    let scout = units.insert("scout");
    let mut set: WeakSet<UnitId> = WeakSet::default();
    let mut map: WeakMap<u8, UnitId> = WeakMap::default();
    let mut names: WeakValueMap<&str, UnitId> = WeakValueMap::default();
    assert!(set.insert(&units, scout).unwrap());
    map.insert(&units, scout, 3).unwrap();
    names.insert(&units, "scout", scout).unwrap();
    let debug = format!("{set:?} {map:?} {names:?}");
    assert_eq!(debug.matches("1v1").count(), 3, "{debug}");
}

/// They may be sent and shared as far as their values and names may.
const _: fn() = || {
    fn is_all<C: Send + Sync + Clone + Default + std::fmt::Debug>() {}
    is_all::<WeakMap<u32>>();
    is_all::<WeakSet>();
    is_all::<WeakValueMap<String>>();
};
