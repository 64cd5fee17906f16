//! Whole graphs in one call: the same store as after single calls.

use std::collections::BTreeMap;
use std::fmt::Debug;

use understory::{
    Auto, Budget, Config, Cycles, Generation, GraphRefusal, Handle, Limit, Phase, Reclaim, Store,
};

use crate::cases::quickcheck;

/// Edges of a graph, by position, and the roots.
#[derive(Clone, Debug)]
struct Shape {
    objects: usize,
    edges: Vec<(usize, u8, usize)>,
    roots: Vec<usize>,
}

impl Shape {
    fn new(objects: u8, edges: Vec<(u8, u8, u8)>, roots: Vec<u8>) -> Self {
        let objects = usize::from(objects % 40) + 1;
        let at = |number: u8| usize::from(number) % objects;
        let edge = |(source, label, target)| (at(source), label, at(target));
        Self {
            objects,
            edges: edges.into_iter().map(edge).collect(),
            roots: roots.into_iter().map(at).collect(),
        }
    }
}

fn at_once<E>(store: &mut Store<u32, E>, shape: &Shape, label: fn(u8) -> E) -> Vec<Handle> {
    let values = (0..shape.objects).map(value);
    let edges = shape.edges.iter();
    let edges = edges.map(|&(source, number, target)| (source, label(number), target));
    let built = store.insert_graph(values, edges, shape.roots.iter().copied());
    built.unwrap()
}

fn value(position: usize) -> u32 {
    1_000 + u32::try_from(position).unwrap()
}

fn one_by_one<E: Debug>(
    store: &mut Store<u32, E>,
    shape: &Shape,
    label: fn(u8) -> E,
) -> Vec<Handle> {
    store.scope(|store| {
        let handles = (0..shape.objects).map(|position| store.insert(value(position)));
        let handles: Vec<Handle> = handles.collect();
        for &(source, number, target) in &shape.edges {
            let (source, target) = (handles[source], handles[target]);
            store.link(source, label(number), target).unwrap();
        }
        for &position in &shape.roots {
            store.root(handles[position]).unwrap();
        }
        for &handle in &handles {
            store.unroot(handle).unwrap();
        }
        handles
    })
}

/// All that can be seen of an object: value, roots, edges, sources.
type Seen<E> = (u32, usize, Vec<(Handle, E)>, Vec<Handle>);

/// All that can be seen of a store.
fn seen<E: Clone>(store: &Store<u32, E>) -> BTreeMap<Handle, Seen<E>> {
    let object = |(handle, &value): (Handle, &u32)| {
        let roots = store.root_count(handle).unwrap();
        let edges = store.out_edges(handle);
        let edges = edges.map(|(target, label)| (target, label.clone()));
        let sources = store.sources(handle);
        (handle, (value, roots, edges.collect(), sources.collect()))
    };
    store.iter().map(object).collect()
}

fn dead<E>(store: &mut Store<u32, E>) -> Vec<(Handle, u32)> {
    store
        .drain_deaths()
        .map(|death| (death.handle, death.value))
        .collect()
}

/// A world with gaps, suspects and garbage.
fn world<E: Debug>(config: Config, history: &[(u8, u8, u8)], label: fn(u8) -> E) -> Store<u32, E> {
    let mut store: Store<u32, E> = Store::with_config(config);
    let mut handles = Vec::new();
    for &(op, a, b) in history {
        let pick = |number: u8| {
            handles
                .get(usize::from(number) % handles.len().max(1))
                .copied()
        };
        match (op % 8, pick(a), pick(b)) {
            (0..3, ..) | (_, None, _) => handles.push(store.insert(op.into())),
            (3..6, Some(a), Some(b)) => drop(store.link(a, label(op), b)),
            (6, Some(a), _) => drop(store.unroot(a)),
            (_, Some(a), _) => drop(store.destroy(a)),
        }
    }
    store
}

fn is_the_same<E: Clone + Debug + PartialEq>(
    config: &Config,
    (history, units): (&[(u8, u8, u8)], u8),
    shape: &Shape,
    label: fn(u8) -> E,
) {
    let mut single = world(config.clone(), history, label);
    single.request_collection(Generation::Old);
    single.step(Budget::units(u64::from(units)));
    let mut bulk = single.clone();
    let handles = one_by_one(&mut single, shape, label);
    assert_eq!(at_once(&mut bulk, shape, label), handles);
    let both = |single: &mut Store<u32, E>, bulk: &mut Store<u32, E>| {
        bulk.check_invariants().unwrap();
        assert_eq!(seen(bulk), seen(single));
        assert_eq!(bulk.edge_count(), single.edge_count());
    };
    both(&mut single, &mut bulk);
    assert_eq!(dead(&mut bulk), dead(&mut single));
    let more: Vec<Handle> = (0..5).map(|value| single.insert(value)).collect();
    assert_eq!(
        more,
        (0..5).map(|value| bulk.insert(value)).collect::<Vec<_>>()
    );
    for store in [&mut single, &mut bulk] {
        for (&handle, &other) in handles.iter().zip(&more) {
            // Whatever is dead by now is refused in both.
            let _ = store.link(other, label(1), handle);
            let _ = store.unlink_targets(handle);
        }
    }
    both(&mut single, &mut bulk);
    let [one, other] = [&mut single, &mut bulk].map(|store| {
        store.step(Budget::unlimited());
        store.collect();
        // More is suspected after single calls, so that garbage may be found in another order.
        dead(store).into_iter().collect::<BTreeMap<_, _>>()
    });
    assert_eq!(one, other);
    let [one, other] = [&single, &bulk].map(|store| {
        let mut all = seen(store);
        // No order is promised here; it depends on the order of deaths.
        for (.., sources) in all.values_mut() {
            sources.sort_unstable();
        }
        all
    });
    assert_eq!(one, other);
    bulk.check_invariants().unwrap();
    bulk.check_emptied().unwrap();
}

type Script = Vec<(u8, u8, u8)>;

/// Compares both ways for random histories, collections in progress and graphs, with these labels.
macro_rules! matches_single_calls {
    ($config:expr, $label:expr) => {{
        fn property(
            history: Script,
            units: u8,
            objects: u8,
            edges: Script,
            roots: Vec<u8>,
        ) -> bool {
            let shape = Shape::new(objects, edges, roots);
            is_the_same(&$config, (&history, units), &shape, $label);
            true
        }
        quickcheck(100).quickcheck(property as fn(_, _, _, _, _) -> bool);
    }};
}

fn manual() -> Config {
    Config::new().auto(Auto::Off).record_deaths(true)
}

#[test]
fn a_graph_without_labels_is_as_after_single_calls() {
    matches_single_calls!(manual(), |_| ());
}

#[test]
fn a_graph_with_labels_is_as_after_single_calls() {
    matches_single_calls!(manual(), |number| number);
}

#[test]
fn a_graph_with_labels_to_drop_is_as_after_single_calls() {
    matches_single_calls!(manual(), |number| number.to_string());
}

#[test]
fn a_graph_is_as_after_single_calls_where_versions_run_out() {
    matches_single_calls!(manual().first_version(u32::MAX - 4), |number| number);
}

#[test]
fn a_graph_is_as_after_single_calls_where_steps_reclaim() {
    matches_single_calls!(manual().reclaim(Reclaim::AtStep), |number| number);
}

#[test]
fn a_graph_is_as_after_single_calls_where_rings_die_at_once() {
    matches_single_calls!(manual().cycles(Cycles::Prompt), |number| number);
}

/// A world of more than one arena, with a hub whose lists have allocations of their own.
#[test]
fn a_large_graph_is_as_after_single_calls() {
    const OBJECTS: usize = 20_000;
    let mut rng = oorandom::Rand32::new(1);
    let mut any = || rng.rand_range(0..20_000) as usize;
    let mut edges: Vec<(usize, u8, usize)> = Vec::new();
    for at in 0..OBJECTS {
        edges.extend([
            (at, 1, any()),
            (at, 2, (at + 1) % OBJECTS),
            (7, 3, any()),
            (any(), 4, 9),
        ]);
    }
    let shape = Shape {
        objects: OBJECTS,
        edges,
        roots: vec![0, 5, 0],
    };
    is_the_same(&manual(), (&[], 0), &shape, |label| label);
    is_the_same(&manual(), (&[(0, 0, 0); 5_000], 0), &shape, |_| ());
}

/// What is loaded in the middle of a collection is not taken for garbage, whatever the collection does just
/// then.
#[test]
fn a_graph_survives_a_collection_that_is_under_way() {
    let ring = |len: usize| (0..len).map(move |at| (at, (), (at + 1) % len));
    let mut world: Store<u32> = Store::with_config(Config::new().auto(Auto::Off));
    // Slots are free in several arenas, of which some are white at first and others are not yet.
    let all: Vec<Handle> = (0..10_000).map(|value| world.insert(value)).collect();
    for &handle in all.iter().step_by(3) {
        world.link(handle, (), all[1]).unwrap();
        world.unroot(handle).unwrap();
    }
    world.request_collection(Generation::Old);
    let mut phases = Vec::new();
    loop {
        let step = world.step(Budget::units(5));
        if phases.last() != Some(&step.phase) {
            phases.push(step.phase);
        }
        let mut loaded = world.clone();
        let handles = loaded.insert_graph(0..6_000, ring(6_000), [3]).unwrap();
        loaded.check_invariants().unwrap();
        loaded.step(Budget::unlimited());
        loaded.check_invariants().unwrap();
        assert!(handles.iter().all(|&handle| loaded.contains(handle)));
        loaded.unroot(handles[3]).unwrap();
        loaded.collect();
        assert!(!handles.iter().any(|&handle| loaded.contains(handle)));
        if step.phase == Phase::Idle {
            break;
        }
        // On to where something else is done.
        world.step(Budget::units(200));
    }
    assert!(phases.contains(&Phase::Mark), "{phases:?}");
}

#[test]
fn what_roots_lead_to_is_no_suspect_and_its_way_to_a_root_is_known() {
    const OBJECTS: usize = 20_000;
    let mut rng = oorandom::Rand32::new(1);
    let mut any = || rng.rand_range(0..20_000) as usize;
    let mut edges = Vec::new();
    for at in 0..OBJECTS {
        edges.extend([
            (at, (), any()),
            (at, (), (at + 1) % OBJECTS),
            (at, (), any()),
        ]);
    }
    let mut world: Store<usize> = Store::new();
    let handles = world.insert_graph(0..OBJECTS, edges, [0]).unwrap();
    // Nothing is left to do.
    let step = world.step(Budget::unlimited());
    assert!(step.suspects == 0 && step.units < 100, "{step:?}");
    assert_eq!(world.stats().collected, 0);
    let mut units = 0;
    for _ in 0..100 {
        let (source, target) = (handles[any()], handles[any()]);
        world.link(source, (), target).unwrap();
        world.unlink(source, target).unwrap();
        units += world.step(Budget::unlimited()).units;
    }
    assert!(units < 12 * 100 * 60, "{units} units for 100 suspects");
}

#[test]
fn what_no_root_leads_to_is_let_go_of() {
    fn drained<'v>(world: &mut Store<&'v str>) -> Vec<&'v str> {
        world.drain_deaths().map(|death| death.value).collect()
    }

    let mut world: Store<&str> = Store::with_config(Config::new().record_deaths(true));
    let values = ["root", "lost", "child", "ring", "ring", "child of the ring"];
    let edges = [(1, (), 2), (1, (), 0), (3, (), 4), (4, (), 3), (4, (), 5)];
    let handles = world.insert_graph(values, edges, [0]).unwrap();
    assert_eq!(drained(&mut world), ["lost", "child"]);
    assert!(world.contains(handles[3]) && world.contains(handles[5]));
    assert_eq!(world.step(Budget::unlimited()).traced, 2);
    assert_eq!(drained(&mut world), ["ring", "ring", "child of the ring"]);
    assert_eq!(world.handles().collect::<Vec<_>>(), [handles[0]]);
}

#[test]
fn a_scope_keeps_what_no_root_leads_to() {
    let mut world: Store<&str> = Store::new();
    let owner = world.insert("owner");
    let kept = world.scope(|world| {
        let handles = world.insert_graph(["kept", "lost"], [], []).unwrap();
        world.link(owner, (), handles[0]).unwrap();
        handles
    });
    assert!(world.contains(kept[0]) && !world.contains(kept[1]));
}

// What is refused.

#[test]
fn a_graph_that_is_not_sound_changes_nothing_and_comes_back() {
    let mut world: Store<String, String> = Store::default();
    world.insert("before".into());
    let before = (format!("{world:#?}"), world.memory());
    let values = || ["a", "b"].map(String::from);
    let edges = [(1, "one", 0), (0, "two", 2), (7, "three", 0)];
    let edges = || edges.map(|(source, label, target)| (source, label.to_string(), target));
    let error = world.insert_graph(values(), edges(), [0]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "edge 1 names position 2 of 2 objects, counted from 0"
    );
    assert_eq!(
        (&error.value.0[..], &error.value.1[..]),
        (&values()[..], &edges()[..])
    );

    let error = world
        .insert_graph(values(), edges().into_iter().rev(), [0])
        .unwrap_err();
    let no_end = GraphRefusal::NoEnd {
        at: 0,
        position: 7,
        objects: 2,
    };
    assert_eq!(error.reason, no_end);
    assert!(error.value.1.into_iter().eq(edges().into_iter().rev()));

    let sound = || edges().into_iter().take(1);
    let error = world
        .insert_graph(values(), sound(), [1, 0, 2])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "root 2 names position 2 of 2 objects, counted from 0"
    );
    assert_eq!(error.value.1, sound().collect::<Vec<_>>());
    let error = world
        .insert_graph(values(), sound(), vec![1; 1 << 22])
        .unwrap_err();
    assert_eq!(error.reason, GraphRefusal::TooManyRoots(1));
    assert_eq!(error.value.0, values());
    assert_eq!((format!("{world:#?}"), world.memory()), before);
    world.check_invariants().unwrap();

    let handles = world
        .insert_graph(values(), sound(), vec![1; (1 << 22) - 1])
        .unwrap();
    assert_eq!(world.root_count(handles[1]), Some((1 << 22) - 1));
}

#[test]
fn a_graph_of_nothing_is_nothing() {
    let mut world: Store<u32> = Store::new();
    let before = world.memory();
    assert_eq!(world.insert_graph([], [], []).unwrap(), []);
    assert_eq!(world.memory(), before);
    assert!(world.insert_graph([], [], [0]).is_err());
    assert!(world.insert_graph([], [(0, (), 0)], []).is_err());
    world.check_invariants().unwrap();
}

#[test]
fn a_graph_is_added_whole_or_not_at_all_at_a_limit() {
    let config = Config::new().auto(Auto::Off).max_objects(10);
    let mut world: Store<u32> = Store::with_config(config);
    let ring = || (0..6).map(|at| (at, (), (at + 1) % 6));
    let first = world.insert_graph(0..6, ring(), [0]).unwrap();
    let full = world.insert_graph(0..6, ring(), [0]).unwrap_err();
    assert_eq!(full.reason, GraphRefusal::Full(Limit::Objects));
    assert_eq!(
        (full.value.0.len(), full.value.1.len(), world.len()),
        (6, 6, 6)
    );
    // It collects before it is refused.
    world.unroot(first[0]).unwrap();
    world.insert_graph(0..6, ring(), [0]).unwrap();
    assert_eq!(world.len(), 6);
    world.insert_graph(0..4, [], 0..4).unwrap();
    assert!(world.insert_graph([0], [], [0]).is_err());
    world.check_invariants().unwrap();
}

#[test]
fn values_are_weighed_where_a_function_weighs_them() {
    let config = Config::new().auto(Auto::Off).max_bytes(100);
    let mut world: Store<String> = Store::with_config(config);
    world.measure_with(String::len);
    let words = |len: usize| vec!["x".repeat(len); 4];
    let handles = world
        .insert_graph(words(20), [(0, (), 1)], [0, 2, 3])
        .unwrap();
    assert_eq!(world.bytes(), 80);
    let full = world.insert_graph(words(6), [], 0..4).unwrap_err();
    assert_eq!(full.reason, GraphRefusal::Full(Limit::Bytes));
    world.insert_graph(words(5), [], 0..4).unwrap();
    world.unroot(handles[0]).unwrap();
    assert_eq!(world.bytes(), 60);
    world.check_invariants().unwrap();
}

/// Loading again and again does as much for collections as single insertions would.
#[test]
fn garbage_does_not_pile_up_while_graphs_are_loaded() {
    for auto in [Auto::Assist, Auto::Whole] {
        let mut world: Store<u32> = Store::with_config(Config::new().auto(auto));
        let mut most = 0;
        for _ in 0..300 {
            let ring = (0..1_000).map(|at| (at, (), (at + 1) % 1_000));
            let handles = world.insert_graph(0..1_000, ring, [0]).unwrap();
            world.unroot(handles[0]).unwrap();
            most = most.max(world.len());
        }
        assert!(most < 40_000, "{most} objects at a time under {auto:?}");
    }
}
