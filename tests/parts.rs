//! Parts of a world: copied, taken out, and moved in, against a naive model of what is to come of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use understory::{
    Auto, Budget, Config, CutEdge, Cycles, Extracted, Generation, Handle, InsertRefusal, Limit,
    Reclaim, Remap, Store, Subgraph, slotmap,
};

use crate::cases::quickcheck;

type World = Store<u32, u8>;
type Script = Vec<(u8, u8, u8)>;

const FILTER: u8 = 1;
const WITHOUT_SHARED: u8 = 2;
const CUT: u8 = 4;
const OWNED: u8 = 8;

/// All that can be seen of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    value: u32,
    roots: usize,
    edges: Vec<(Handle, u8)>,
    weak: Vec<(Handle, u8)>,
    number: Option<u16>,
    text: Option<String>,
    is_finalized: bool,
}

type Picture = BTreeMap<Handle, Seen>;

fn seen(store: &World) -> Picture {
    let object = |(handle, &value): (Handle, &u32)| {
        let number = store.component::<u16>(handle).map(|number| *number);
        let text = store.component::<String>(handle).map(|text| text.clone());
        let seen = Seen {
            value,
            roots: store.root_count(handle).unwrap(),
            edges: store.out_edges(handle).map(|(to, &by)| (to, by)).collect(),
            weak: store
                .weak_edges()
                .out_edges(handle)
                .map(|(to, &by)| (to, by))
                .collect(),
            number,
            text,
            is_finalized: store.is_finalized(handle).unwrap(),
        };
        (handle, seen)
    };
    store.iter().map(object).collect()
}

/// What the lists to the objects say, which must agree with the lists from them.
fn assert_sources(store: &World) {
    let mut strong: BTreeMap<Handle, Vec<Handle>> = BTreeMap::new();
    let mut weak: BTreeMap<Handle, Vec<Handle>> = BTreeMap::new();
    for (&source, object) in &seen(store) {
        for (target, _) in &object.edges {
            strong.entry(*target).or_default().push(source);
        }
        for (target, _) in &object.weak {
            weak.entry(*target).or_default().push(source);
        }
    }
    for (handle, _) in store {
        let sorted = |sources: Vec<Handle>| {
            let mut sources = sources;
            sources.sort_unstable();
            sources
        };
        let expected = |of: &BTreeMap<Handle, Vec<Handle>>| {
            sorted(of.get(&handle).cloned().unwrap_or_default())
        };
        assert_eq!(sorted(store.sources(handle).collect()), expected(&strong));
        assert_eq!(
            sorted(store.weak_edges().sources(handle).collect()),
            expected(&weak)
        );
    }
    store.check_invariants().unwrap();
}

/// A world with gaps, suspects, garbage, parallel and weak edges, components, and perhaps a collection that runs.
fn world(config: &Config, history: &[(u8, u8, u8)], units: u8) -> World {
    let mut store = World::with_config(config.clone());
    let mut handles: Vec<Handle> = Vec::new();
    for &(op, a, b) in history {
        let pick = |number: u8| {
            let at = usize::from(number) % handles.len().max(1);
            handles.get(at).copied()
        };
        match (op % 16, pick(a), pick(b)) {
            (0..4, ..) | (_, None, _) => handles.push(store.insert(op.into())),
            (4..6, Some(a), _) => handles.extend(store.insert_linked(a, b, op.into())),
            (6..9, Some(a), Some(b)) => drop(store.link(a, op, b)),
            (9, Some(a), Some(b)) => drop(store.link_weak(a, op, b)),
            (10, Some(a), _) => drop(store.insert_component(a, u16::from(b))),
            // By a view, which may be the first to know of the type.
            (11, Some(a), _) => drop(store.column_mut().insert(a, b.to_string())),
            (12, Some(a), _) => drop(store.root(a)),
            (13, Some(a), Some(b)) => drop((store.unroot(a), store.unroot(b))),
            (14, Some(a), Some(b)) => drop(store.unlink(a, b)),
            (_, Some(a), _) => drop(store.destroy(a)),
        }
    }
    store.request_collection(Generation::Old);
    store.step(Budget::units(units.into()));
    store
}

fn manual() -> Config {
    Config::new().auto(Auto::Off)
}

/// Some of the objects, perhaps one of them twice.
fn some(picture: &Picture, numbers: &[u8]) -> Vec<Handle> {
    let handles: Vec<Handle> = picture.keys().copied().collect();
    let numbers = numbers.iter().take(3).map(|&number| usize::from(number));
    let some = numbers.filter_map(|number| handles.get(number % handles.len().max(1)));
    some.copied().collect()
}

/// Which of the settings of a part are chosen, a bit each.
#[derive(Clone, Copy, Debug)]
struct Choice(u8);

impl Choice {
    fn has(self, setting: u8) -> bool {
        self.0 & setting != 0
    }

    fn part(self, starts: &[Handle]) -> Subgraph<'static, u8, Handle> {
        let mut part = Subgraph::of(starts.iter().copied());
        if self.has(FILTER) {
            part = part.follow(|_, label, _| Self::is_followed(*label));
        }
        if self.has(WITHOUT_SHARED) {
            part = part.without_shared();
        }
        if self.has(CUT) {
            part = part.cut();
        }
        part
    }

    fn is_followed(label: u8) -> bool {
        label % 3 != 0
    }
}

/// The objects of a part in order, found by brute force.
fn part_of(picture: &Picture, starts: &[Handle], choice: Choice) -> Vec<Handle> {
    let mut found: Vec<Handle> = Vec::new();
    let mut queue: VecDeque<Handle> = starts.iter().copied().collect();
    while let Some(handle) = queue.pop_front() {
        if !found.contains(&handle) {
            found.push(handle);
            let edges = picture[&handle].edges.iter();
            let followed = edges.filter(|edge| !choice.has(FILTER) || Choice::is_followed(edge.1));
            queue.extend(followed.map(|edge| edge.0));
        }
    }
    if choice.has(WITHOUT_SHARED) {
        let is_shared = |handle: &Handle, part: &[Handle]| {
            let others = picture.iter().filter(|(other, _)| !part.contains(other));
            let mut edges = others.flat_map(|(_, object)| &object.edges);
            picture[handle].roots > 0 || edges.any(|edge| edge.0 == *handle)
        };
        while let Some(at) = found
            .iter()
            .position(|handle| !starts.contains(handle) && is_shared(handle, &found))
        {
            found.remove(at);
        }
    }
    let index = |handle: &Handle| picture.keys().position(|other| other == handle);
    found.sort_by_key(index);
    found
}

/// An object as it is to be where handles are others.
fn translated(seen: &Seen, map: impl Fn(Handle) -> Option<Handle>) -> Seen {
    let edges = |edges: &[(Handle, u8)]| {
        let edges = edges.iter();
        edges.filter_map(|&(to, by)| Some((map(to)?, by))).collect()
    };
    Seen {
        edges: edges(&seen.edges),
        weak: edges(&seen.weak),
        ..seen.clone()
    }
}

fn assert_map(map: &Remap<Handle>, old: &[Handle]) {
    assert_eq!(map.len(), old.len());
    assert_eq!(map.is_empty(), old.is_empty());
    assert!(map.iter().map(|pair| pair.0).eq(old.iter().copied()));
    assert!(map.iter().all(|(old, new)| map.get(old) == Some(new)));
    assert_eq!(map.get(Handle::default()), None);
    let new: BTreeSet<Handle> = map.iter().map(|pair| pair.1).collect();
    assert_eq!(new.len(), old.len(), "no two have the same");
}

fn is_duplicated(config: &Config, history: &Script, units: u8, numbers: &[u8], bits: u8) {
    let mut store = world(config, history, units);
    let before = seen(&store);
    let starts = some(&before, numbers);
    let choice = Choice(bits);
    let expected = part_of(&before, &starts, choice);
    let mut part = choice.part(&starts);
    let owner = before.keys().copied().last().filter(|_| choice.has(OWNED));
    if let Some(owner) = owner {
        part = part.owned_by(owner, 200);
    }
    let mut by_hand = store.clone();
    let map = store.duplicate(&part).unwrap();
    assert_map(&map, &expected);
    // Where so many insertions would have put them.
    let inserted: Vec<Handle> = expected.iter().map(|_| by_hand.insert(0)).collect();
    assert!(map.iter().map(|pair| pair.1).eq(inserted));

    let mut after = seen(&store);
    for &old in &expected {
        let new = map.get(old).unwrap();
        let to = |target| {
            map.get(target)
                .or(Some(target).filter(|_| !choice.has(CUT)))
        };
        let mut copy = translated(&before[&old], to);
        copy.roots = usize::from(starts.contains(&old) && owner.is_none());
        // The copy has not died yet.
        copy.is_finalized = false;
        assert_eq!(after.remove(&new).unwrap(), copy, "{old:?} as {new:?}");
    }
    let mut originals = before.clone();
    if let Some(owner) = owner {
        let mut edges = Vec::new();
        for start in starts {
            let edge = (map.get(start).unwrap(), 200);
            if !edges.contains(&edge) {
                edges.push(edge);
            }
        }
        originals.get_mut(&owner).unwrap().edges.extend(edges);
    }
    assert_eq!(after, originals);
    assert_sources(&store);
    let linked = |picture: &Picture| picture.values().map(|one| one.edges.len()).sum::<usize>();
    let copied = linked(&seen(&store)) - linked(&before);
    assert_eq!(store.edge_count(), by_hand.edge_count() + copied);

    // When they are let go of, the copies die and nothing else does, as far as it would not have died anyway.
    for (_, new) in map.iter() {
        while store.root_count(new).is_some_and(|roots| roots > 0) {
            store.unroot(new).unwrap();
        }
        if let Some(owner) = owner.filter(|&owner| store.has_edge(owner, new)) {
            store.unlink(owner, new).unwrap();
        }
    }
    let mut untouched = world(config, history, units);
    for store in [&mut store, &mut untouched] {
        store.collect();
    }
    assert_eq!(seen(&store), seen(&untouched));
    store.check_invariants().unwrap();
    store.check_emptied().unwrap();
}

#[test]
fn a_copy_is_the_part_once_more() {
    #[expect(clippy::needless_pass_by_value, reason = "quickcheck hands it over")]
    fn property(history: Script, units: u8, numbers: Vec<u8>, bits: u8) -> bool {
        is_duplicated(&manual(), &history, units, &numbers, bits);
        true
    }
    quickcheck(300).quickcheck(property as fn(_, _, _, _) -> bool);
}

#[test]
fn a_copy_is_the_part_once_more_where_versions_run_out() {
    #[expect(clippy::needless_pass_by_value, reason = "quickcheck hands it over")]
    fn property(history: Script, units: u8, numbers: Vec<u8>, bits: u8) -> bool {
        let config = manual().first_version(u32::MAX - 4);
        is_duplicated(&config, &history, units, &numbers, bits);
        true
    }
    quickcheck(50).quickcheck(property as fn(_, _, _, _) -> bool);
}

/// The edges that are to be cut, in no order.
fn border(before: &Picture, part: &[Handle]) -> Vec<(Handle, u8, Handle, bool)> {
    let mut border = Vec::new();
    for (&source, object) in before {
        for (edges, is_weak) in [(&object.edges, false), (&object.weak, true)] {
            let out = edges.iter();
            let out = out.filter(|edge| part.contains(&source) != part.contains(&edge.0));
            border.extend(out.map(|&(target, label)| (source, label, target, is_weak)));
        }
    }
    border.sort_unstable();
    border
}

fn flat(cut: &[CutEdge<Handle, u8>]) -> Vec<(Handle, u8, Handle, bool)> {
    let cut = cut.iter();
    cut.map(|edge| (edge.source, edge.label, edge.target, edge.is_weak))
        .collect()
}

fn is_extracted(config: &Config, history: &Script, units: u8, numbers: &[u8], bits: u8) {
    let mut store = world(config, history, units);
    let before = seen(&store);
    let starts = some(&before, numbers);
    let choice = Choice(bits);
    let expected = part_of(&before, &starts, choice);
    let mut by_hand = store.clone();
    let extracted = store.extract(&choice.part(&starts)).unwrap();
    let Extracted {
        store: mut part,
        map,
        cut,
        ..
    } = extracted;
    assert_map(&map, &expected);
    let mut cut = flat(&cut);
    cut.sort_unstable();
    assert_eq!(cut, border(&before, &expected));

    let mut inside = Picture::new();
    for &old in &expected {
        let mut object = translated(&before[&old], |target| map.get(target));
        object.roots = object.roots.max(usize::from(starts.contains(&old)));
        inside.insert(map.get(old).unwrap(), object);
    }
    assert_eq!(seen(&part), inside);
    assert_sources(&part);
    assert_eq!(part.step(Budget::units(0)).suspects, 0);
    part.collect();
    assert_eq!(seen(&part), inside, "all of it is reached");
    part.check_emptied().unwrap();

    // What stays dies as if the part had been destroyed.
    by_hand.scope(|store| {
        for &handle in &expected {
            store.destroy(handle);
        }
    });
    assert_sources(&store);
    assert_eq!(seen(&store), seen(&by_hand));
    for store in [&mut store, &mut by_hand] {
        store.step(Budget::unlimited());
    }
    assert_eq!(seen(&store), seen(&by_hand), "suspects are traced");
    store.collect();
    by_hand.collect();
    assert_eq!(seen(&store), seen(&by_hand));
    assert_eq!(store.deaths(), by_hand.deaths());
    store.check_emptied().unwrap();
}

#[test]
fn a_part_that_is_taken_out_is_whole_and_what_stays_lives_on() {
    #[expect(clippy::needless_pass_by_value, reason = "quickcheck hands it over")]
    fn property(history: Script, units: u8, numbers: Vec<u8>, bits: u8) -> bool {
        is_extracted(&manual(), &history, units, &numbers, bits);
        true
    }
    quickcheck(300).quickcheck(property as fn(_, _, _, _) -> bool);
}

#[test]
fn what_is_not_shared_is_what_would_die_with_the_starts() {
    #[expect(clippy::needless_pass_by_value, reason = "quickcheck hands it over")]
    fn property(history: Script, numbers: Vec<u8>) -> bool {
        let mut store = world(&manual(), &history, 0);
        store.collect();
        let starts = some(&seen(&store), &numbers);
        let mut by_hand = store.clone();
        for &start in &starts {
            by_hand.destroy(start);
        }
        by_hand.collect();
        let part = Subgraph::of(starts).without_shared();
        let extracted = store.extract(&part).unwrap();
        let stays: Vec<Handle> = store.handles().collect();
        assert!(by_hand.handles().eq(stays), "{:?}", extracted.map);
        true
    }
    quickcheck(300).quickcheck(property as fn(_, _) -> bool);
}

fn is_merged(config: &Config, ours: &Script, theirs: &Script, units: (u8, u8)) {
    let mut store = world(config, ours, units.0);
    let other = world(config, theirs, units.1);
    let (mut before, theirs) = (seen(&store), seen(&other));
    let (mut left, mut right) = (store.clone(), other.clone());
    let all: Vec<Handle> = other.handles().collect();
    let mut by_hand = store.clone();
    let map = store.scope(|store| store.merge(other).unwrap());
    let same_scope: Vec<Handle> = all.iter().map(|_| by_hand.insert(0)).collect();
    assert_map(&map, &all);
    assert!(map.iter().map(|pair| pair.1).eq(same_scope));
    // What has no owner there, as only the dead owned it, has died here at once.
    for (&old, object) in &theirs {
        let object = translated(object, |target| map.get(target));
        let new = map.get(old).unwrap();
        if store.contains(new) {
            before.insert(new, object);
        }
    }
    let weak_to_dead = |picture: &mut Picture| {
        let handles: BTreeSet<Handle> = picture.keys().copied().collect();
        for object in picture.values_mut() {
            object.weak.retain(|edge| handles.contains(&edge.0));
        }
    };
    weak_to_dead(&mut before);
    assert_eq!(seen(&store), before);
    assert_sources(&store);
    for store in [&mut left, &mut right, &mut store] {
        store.collect();
    }
    let mut expected = seen(&left);
    for (old, object) in seen(&right) {
        let object = translated(&object, |target| map.get(target));
        expected.insert(map.get(old).unwrap(), object);
    }
    assert_eq!(seen(&store), expected, "garbage is garbage still");
    store.check_invariants().unwrap();
    store.check_emptied().unwrap();
}

#[test]
fn a_store_that_is_moved_in_is_all_there() {
    #[expect(clippy::needless_pass_by_value, reason = "quickcheck hands it over")]
    fn property(ours: Script, theirs: Script, units: (u8, u8)) -> bool {
        is_merged(&manual(), &ours, &theirs, units);
        true
    }
    quickcheck(300).quickcheck(property as fn(_, _, _) -> bool);
}

#[test]
fn garbage_that_is_moved_in_is_traced() {
    let mut other = World::with_config(manual());
    let a = other.insert(1);
    let b = other.insert_linked(a, 0, 2).unwrap();
    other.link(b, 0, a).unwrap();
    other.unroot(a).unwrap();
    let mut store = World::with_config(manual());
    store.merge(other).unwrap();
    assert_eq!((store.len(), store.step(Budget::units(0)).suspects), (2, 2));
    store.step(Budget::unlimited());
    assert!(store.is_empty());

    let mut other = World::with_config(manual());
    let a = other.insert(1);
    other.link(a, 0, a).unwrap();
    other.unroot(a).unwrap();
    let mut prompt = World::with_config(manual().cycles(Cycles::Prompt));
    prompt.merge(other).unwrap();
    assert!(prompt.is_empty());
}

#[test]
fn what_waits_for_its_death_dies_where_it_is_moved_to() {
    let mut other = World::with_config(manual().reclaim(Reclaim::AtStep));
    let a = other.insert(1);
    other.insert_linked(a, 0, 2).unwrap();
    let kept = other.insert(3);
    other.unroot(a).unwrap();
    assert_eq!(other.len(), 3);
    let mut store = World::with_config(manual());
    let map = store.merge(other).unwrap();
    assert!(store.handles().eq(map.get(kept)));
    store.check_invariants().unwrap();
}

#[test]
fn what_the_part_alone_held_dies_or_is_suspected() {
    let mut store = World::with_config(manual());
    let part = store.insert(1);
    let alone = store.insert_linked(part, 0, 2).unwrap();
    let [a, b] = [3, 4].map(|value| store.insert_linked(part, 0, value).unwrap());
    store.link(a, 0, b).unwrap();
    store.link(b, 0, a).unwrap();
    let cut = store
        .extract(&Subgraph::of([part]).follow(|_, _, _| false))
        .unwrap();
    assert_eq!((cut.store.len(), cut.cut.len()), (1, 3));
    assert!(!store.contains(alone) && store.contains(a));
    assert_eq!(store.step(Budget::units(0)).suspects, 2);
    store.step(Budget::unlimited());
    assert!(store.is_empty());
}

#[test]
fn cut_edges_come_in_the_order_that_is_promised() {
    let mut store = World::with_config(manual());
    let [outer, start] = [store.insert(1), store.insert(2)];
    let child = store.insert_linked(start, 1, 3).unwrap();
    store.link(child, 6, outer).unwrap();
    store.link(start, 7, outer).unwrap();
    store.link(start, 8, outer).unwrap();
    store.link(outer, 4, child).unwrap();
    store.link(outer, 5, start).unwrap();
    store.link_weak(outer, 9, child).unwrap();
    store.link_weak(start, 10, outer).unwrap();
    let part = Subgraph::of([start]).follow(|_, label, _| *label == 1);
    let extracted = store.extract(&part).unwrap();
    let labels: Vec<u8> = extracted.cut.iter().map(|edge| edge.label).collect();
    assert_eq!(labels, [5, 4, 10, 9, 7, 8, 6]);
}

/// A world of one tree of three, with a component each.
fn tree(store: &mut World) -> [Handle; 3] {
    let a = store.insert(1);
    let b = store.insert_linked(a, 0, 2).unwrap();
    let c = store.insert_linked(b, 0, 3).unwrap();
    for handle in [a, b, c] {
        store.insert_component(handle, 7_u16).unwrap();
    }
    [a, b, c]
}

#[test]
fn a_store_comes_back_from_one_without_room_for_it() {
    let mut other = World::with_config(manual());
    tree(&mut other);
    let [a, ..] = tree(&mut other);
    let before = seen(&other);
    for config in [manual().max_objects(8), manual().max_bytes(4 * 8)] {
        let mut store = World::with_config(config);
        let map = store.merge(other.clone()).unwrap();
        let error = store.merge(other.clone()).unwrap_err();
        assert!(matches!(
            error.reason,
            InsertRefusal::Full(Limit::Objects | Limit::Bytes)
        ));
        assert_eq!((seen(&error.value), store.len()), (before.clone(), 6));
        error.value.check_invariants().unwrap();
        let copy = map.get(a).unwrap();
        let refused = store.duplicate(&Subgraph::of([copy])).unwrap_err();
        assert_eq!(refused, error.reason);
        assert_eq!(store.len(), 6);
        store.check_invariants().unwrap();
        store.unroot(copy).unwrap();
        assert!(
            store
                .duplicate(&Subgraph::of(map.iter().map(|pair| pair.1).take(1)))
                .is_ok()
        );
    }
}

#[test]
fn garbage_makes_room_for_a_copy_and_may_be_part_of_it() {
    let mut store = World::with_config(manual().max_objects(6));
    let [a, b, _] = tree(&mut store);
    let [x, ..] = tree(&mut store);
    store.link(x, 0, x).unwrap();
    store.unroot(x).unwrap();
    assert_eq!(store.duplicate(&Subgraph::of([a])).unwrap().len(), 3);
    assert!(!store.contains(x));

    let mut store = World::with_config(manual().max_objects(6));
    let [x, ..] = tree(&mut store);
    store.link(x, 0, x).unwrap();
    store.unroot(x).unwrap();
    for _ in 0..3 {
        store.insert(0);
    }
    let stale = store.duplicate(&Subgraph::of([x])).unwrap_err();
    assert!(
        matches!(stale, InsertRefusal::Stale(_)),
        "it was collected: {stale}"
    );
    assert!(!store.contains(b));
    store.check_invariants().unwrap();
}

#[test]
fn a_stale_start_is_refused() {
    let mut store = World::with_config(manual());
    let [a, b, _] = tree(&mut store);
    let gone = store.insert(9);
    store.unroot(gone).unwrap();
    for stale in [gone, Handle::default()] {
        let refused = store.duplicate(&Subgraph::of([a, stale])).unwrap_err();
        assert!(matches!(refused, InsertRefusal::Stale(_)));
        assert!(store.extract(&Subgraph::of([b, stale])).is_err());
        let refused = store
            .duplicate(&Subgraph::of([a]).owned_by(stale, 0))
            .unwrap_err();
        assert!(matches!(refused, InsertRefusal::Stale(_)));
    }
    assert_eq!(store.len(), 3);
    assert!(store.duplicate(&Subgraph::of([])).unwrap().is_empty());
    assert!(store.extract(&Subgraph::of([])).unwrap().store.is_empty());
    assert!(store.merge(World::default()).unwrap().is_empty());
    store.check_invariants().unwrap();
}

/// Panics when it is cloned, if it is told to.
#[derive(Debug)]
struct Fragile(Arc<AtomicBool>);

impl Clone for Fragile {
    fn clone(&self) -> Self {
        assert!(!self.0.load(Ordering::Relaxed), "no copies of this one");
        Self(Arc::clone(&self.0))
    }
}

#[test]
fn a_clone_that_panics_changes_nothing() {
    let flags: [Arc<AtomicBool>; 4] = Default::default();
    let fragile = |at: usize| Fragile(Arc::clone(&flags[at]));
    let mut store: Store<Fragile, Fragile> = Store::default();
    let a = store.insert(fragile(0));
    let b = store.insert_linked(a, fragile(1), fragile(0)).unwrap();
    store.link_weak(b, fragile(1), a).unwrap();
    store.insert_component(b, fragile(2)).unwrap();
    let part = Subgraph::of([a]).owned_by(b, fragile(3));
    for flag in &flags {
        flag.store(true, Ordering::Relaxed);
        let copied = catch_unwind(AssertUnwindSafe(|| store.duplicate(&part)));
        assert!(copied.is_err());
        flag.store(false, Ordering::Relaxed);
        assert_eq!((store.len(), store.edge_count()), (2, 1));
        store.check_invariants().unwrap();
    }
    assert_eq!(store.duplicate(&part).unwrap().len(), 2);
    store.check_invariants().unwrap();
}

#[test]
fn labels_that_are_dropped_are_dropped_once() {
    struct Counted(Arc<AtomicUsize>);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    let dropped = Arc::default();
    let label = || Counted(Arc::clone(&dropped));
    let mut store: Store<Counted, Counted> = Store::default();
    let hub = store.insert(label());
    // Enough for a list that has holes.
    let leaves: Vec<Handle> = (0..600)
        .map(|_| store.insert_linked(hub, label(), label()).unwrap())
        .collect();
    for &leaf in &leaves[100..200] {
        store.unlink(hub, leaf).unwrap();
    }
    assert_eq!(dropped.load(Ordering::Relaxed), 200);
    let owner = store.insert(label());
    store.link(owner, label(), hub).unwrap();
    store.link_weak(owner, label(), hub).unwrap();
    store.link_weak(hub, label(), leaves[0]).unwrap();
    let extracted = store.extract(&Subgraph::of([hub])).unwrap();
    assert_eq!(dropped.load(Ordering::Relaxed), 200);
    assert_eq!((extracted.store.len(), extracted.cut.len()), (501, 2));
    store.check_invariants().unwrap();
    extracted.store.check_invariants().unwrap();
    store.merge(extracted.store).unwrap();
    assert_eq!(dropped.load(Ordering::Relaxed), 200);
    drop(extracted.cut);
    assert_eq!(dropped.load(Ordering::Relaxed), 202);
    store.check_invariants().unwrap();
    drop(store);
    // 602 objects, 601 edges, 2 weak ones.
    assert_eq!(dropped.load(Ordering::Relaxed), 1_205);
}

#[test]
fn finalizers_move_with_their_objects_and_run_once() {
    let ran = Arc::new(AtomicUsize::new(0));
    let mut store = World::with_config(manual());
    let [a, b, c] = tree(&mut store);
    for handle in [b, c] {
        let ran = Arc::clone(&ran);
        store
            .set_finalizer(handle, move |store, this| {
                ran.fetch_add(1, Ordering::Relaxed);
                if store[this] == 3 {
                    store.root(this).unwrap();
                }
            })
            .unwrap();
    }
    // The finalizer of `c` has run, and saved it.
    store.unlink(b, c).unwrap();
    store.link(b, 0, c).unwrap();
    assert_eq!(ran.load(Ordering::Relaxed), 1);

    let copies = store.duplicate(&Subgraph::of([a])).unwrap();
    let extracted = store.extract(&Subgraph::of([a])).unwrap();
    let mut part = extracted.store;
    let [b, c] = [b, c].map(|old| extracted.map.get(old).unwrap());
    assert_eq!(
        (part.is_finalized(b), part.is_finalized(c)),
        (Some(false), Some(true))
    );
    assert_eq!(ran.load(Ordering::Relaxed), 1);
    let start = extracted.map.get(a).unwrap();
    part.unroot(start).unwrap();
    part.unroot(c).unwrap();
    assert!(part.is_empty());
    assert_eq!(ran.load(Ordering::Relaxed), 2);

    // The copy of `c` has had none to copy; that of `b` has its own.
    store.unroot(copies.get(a).unwrap()).unwrap();
    assert!(store.is_empty());
    assert_eq!(ran.load(Ordering::Relaxed), 3);
}

#[test]
fn a_finalizer_that_was_moved_in_gets_its_new_store() {
    let mut other = World::with_config(manual());
    let [a, ..] = tree(&mut other);
    let finalizer = |store: &mut World, this| {
        let heir = store.insert(100);
        store.link(heir, 0, this).unwrap();
    };
    other.set_finalizer(a, finalizer).unwrap();
    let mut store = World::with_config(manual());
    store.insert(50);
    let map = store.merge(other).unwrap();
    let a = map.get(a).unwrap();
    store.unroot(a).unwrap();
    assert!(store.contains(a) && store.values().any(|&value| value == 100));
    store.check_invariants().unwrap();
}

#[test]
fn watches_tell_that_a_part_has_left() {
    let mut store = World::with_config(manual());
    let [a, b, c] = tree(&mut store);
    let watches = [c, a].map(|handle| store.watch(handle).unwrap());
    let copies = store.duplicate(&Subgraph::of([a])).unwrap();
    store.unroot(copies.get(a).unwrap()).unwrap();
    assert_eq!(store.drain_notices().len(), 0, "copies are not watched");
    let extracted = store.extract(&Subgraph::of([b])).unwrap();
    let told: Vec<_> = store.drain_notices().map(|notice| notice.watch).collect();
    assert_eq!(told, [watches[0]]);
    let mut part = extracted.store;
    let watch = part.watch(extracted.map.get(b).unwrap()).unwrap();
    store.merge(part).unwrap();
    assert_eq!(store.drain_notices().len(), 0);
    assert!(!store.unwatch(a, watch) || watch == watches[1]);
}

#[cfg(feature = "std")]
#[test]
fn roots_that_values_hold_are_kept_until_they_are_released() {
    let mut store = World::with_config(manual());
    let [a, b, _] = tree(&mut store);
    let held = store.hold(b).unwrap();
    let extracted = store.extract(&Subgraph::of([a])).unwrap();
    let mut part = extracted.store;
    let [start, b] = [a, b].map(|old| extracted.map.get(old).unwrap());
    assert_eq!(part.root_count(b), Some(1));
    drop(held);
    store.sync_roots();
    part.sync_roots();
    assert!(part.unroot(b).is_err(), "it is for a value to give up");
    part.unroot(start).unwrap();
    assert_eq!(part.len(), 2);

    let here = part.hold(b).unwrap();
    let dropped = part.hold(b).unwrap();
    drop(dropped);
    let mut other = World::with_config(manual());
    let map = other.merge(part).unwrap();
    let b = map.get(b).unwrap();
    assert_eq!(other.root_count(b), Some(2));
    assert!(other.release(here).is_err());
    other.check_invariants().unwrap();
    other.release_foreign_roots();
    assert!(other.is_empty());
}

#[test]
fn a_part_is_extracted_in_a_scope_and_in_a_finalizer() {
    let mut store = World::with_config(manual());
    let [a, b, c] = tree(&mut store);
    let part = store.scope(|store| {
        store.unlink(a, b).unwrap();
        assert_eq!(store.refcount(b), Some(0));
        store.extract(&Subgraph::of([b])).unwrap()
    });
    assert_eq!((store.len(), part.store.len()), (1, 2));
    store.check_invariants().unwrap();
    let taken = Arc::new(std::sync::Mutex::new(None));
    let place = Arc::clone(&taken);
    let map = store.merge(part.store).unwrap();
    let c = part.map.get(c).and_then(|c| map.get(c)).unwrap();
    let finalizer = move |store: &mut World, this| {
        *place.lock().unwrap() = Some(store.extract(&Subgraph::of([this])).unwrap());
    };
    store.set_finalizer(c, finalizer).unwrap();
    store.destroy(c);
    let taken = taken.lock().unwrap().take().unwrap();
    assert!(taken.store.values().eq(&[3]) && !store.contains(c));
    store.check_invariants().unwrap();
}

#[test]
fn weights_go_with_the_values() {
    let mut store: Store<Vec<u8>> = Store::new();
    store.measure_with(Vec::len);
    let a = store.insert(vec![0; 100]);
    let b = store.insert_linked(a, (), vec![0; 10]).unwrap();
    store.duplicate(&Subgraph::of([a])).unwrap();
    assert_eq!(store.bytes(), 220);
    let mut part = store.extract(&Subgraph::of([b])).unwrap();
    assert_eq!((store.bytes(), part.store.bytes()), (210, 10));
    part.store.insert(vec![0; 5]);
    assert_eq!(part.store.bytes(), 15);
    store.merge(part.store).unwrap();
    assert_eq!(store.bytes(), 225);
    store.check_invariants().unwrap();
}

#[test]
fn groups_of_components_are_kept_where_they_come_to() {
    let mut store = World::with_config(manual());
    store.group::<(u16, String)>().unwrap();
    let [a, b, _] = tree(&mut store);
    store.insert_component(b, "grouped".to_string()).unwrap();
    let mut other = World::with_config(manual());
    let [_, x, _] = tree(&mut other);
    other.insert_component(x, "merged".to_string()).unwrap();
    store.duplicate(&Subgraph::of([a])).unwrap();
    store.check_invariants().unwrap();
    store.merge(other).unwrap();
    store.check_invariants().unwrap();
    let mut query = store.query::<(&u16, &String)>();
    let texts: Vec<&str> = query.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["grouped", "grouped", "merged"]);
    drop(query);
    let part = store.extract(&Subgraph::of([a])).unwrap();
    store.check_invariants().unwrap();
    part.store.check_invariants().unwrap();
    assert_eq!(store.query::<&String>().iter().count(), 2);
    assert_eq!(part.store.query::<&u16>().iter().count(), 3);
}

#[test]
fn handles_in_values_are_found_or_counted() {
    slotmap::new_key_type! { struct Id; }

    let mut store: Store<Vec<Id>, (), Id> = Store::default();
    let outside = store.insert(Vec::new());
    let a = store.insert(Vec::new());
    let b = store.insert_linked(a, (), vec![a]).unwrap();
    store[a] = vec![a, b, outside, Id::default()];
    store.insert_component(b, a).unwrap();
    let copies = store.duplicate(&Subgraph::of([a])).unwrap();
    let keep = |handles: &mut Vec<Id>, map: &mut understory::Remapper<'_, Id>| {
        for handle in handles {
            *handle = map.or_keep(*handle);
        }
    };
    let found = copies.remap_values(&mut store, keep);
    assert_eq!((found.inside, found.outside), (3, 1));
    let [x, y] = [a, b].map(|old| copies.get(old).unwrap());
    assert_eq!(store[x], [x, y, outside, Id::default()]);
    assert_eq!(store[a], [a, b, outside, Id::default()]);
    let again = copies.remap_values(&mut store, keep);
    assert_eq!((again.inside, again.outside), (0, 4));
    let found = copies.remap_components(&mut store, |id: &mut Id, map| *id = map.or_null(*id));
    assert_eq!((found.inside, found.outside), (1, 0));
    assert_eq!(*store.component::<Id>(y).unwrap(), x);
    let none = copies.remap_components(&mut store, |_: &mut u64, _| unreachable!());
    assert_eq!(none, understory::Remapped::default());

    // What is gone meanwhile is passed over.
    store.destroy(y);
    let mut values = 0;
    copies.remap_values(&mut store, |_, _| values += 1);
    assert_eq!(values, 1);
}
