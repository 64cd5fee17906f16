//! Walks that users write, and values that are handed down a tree, beside a slotmap whose values hold their
//! targets in a `Vec`.

use std::collections::VecDeque;

use fastrand::Rng;
use slotmap::{DefaultKey, SecondaryMap, SlotMap};
use understory::{Handle, Store};

use cpu_time::ThreadTime;

use crate::measure::{Bar, Rounds, Scale, Table, in_turn};

const TREE: u32 = 100_000;
const GRAPH: u32 = 1_000_000;

/// Nanoseconds that the thread works for one of `nodes`.
fn time<R>(nodes: u32, work: impl FnOnce() -> R) -> f64 {
    let start = ThreadTime::now();
    std::hint::black_box(work());
    start.elapsed().as_secs_f64() * 1e9 / f64::from(nodes)
}

/// Where something is in its parent, and where in the world.
#[derive(Clone, Copy, Default)]
struct Place {
    offset: [u32; 3],
    world: [u32; 3],
}

impl Place {
    fn of(number: u32) -> Self {
        Self {
            offset: [number, number + 1, number + 2],
            world: [0; 3],
        }
    }

    fn follow(&mut self, parent: &[u32; 3]) {
        for (at, place) in self.world.iter_mut().enumerate() {
            *place = parent[at].wrapping_add(self.offset[at]);
        }
    }
}

/// A value that owns others, as a program without a store would write it.
struct Node<T> {
    value: T,
    targets: Vec<DefaultKey>,
}

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    for (branches, shuffled) in [(4, false), (4, true), (32, false)] {
        let order = if shuffled { "at random" } else { "in order" };
        let name = format!("propagate, tree of 10^5, {branches} children each, born {order}");
        table.times(name, Bar::Ratio(1.0), || {
            propagate(scale, branches, shuffled)
        });
    }
    for (nodes, name) in [(100_000, "10^5"), (GRAPH, "10^6")] {
        let name = format!("user walk, breadth first with a queue, {name} objects of degree 3");
        table.times(name, Bar::Ratio(1.0), || user_walk(scale, nodes));
    }
}

/// The parent of each node but the first, in the order of birth.
fn parents(nodes: u32, branches: u32, shuffled: bool) -> Vec<u32> {
    let mut rng = Rng::with_seed(1);
    let parent = |node: u32| {
        if shuffled {
            rng.u32(node.saturating_sub(nodes / branches)..node)
        } else {
            (node - 1) / branches
        }
    };
    (1..nodes).map(parent).collect()
}

fn propagate(scale: Scale, branches: u32, shuffled: bool) -> Rounds {
    let nodes = scale.size(TREE);
    let parents = parents(nodes, branches, shuffled);
    let mut store: Store<Place> = Store::new();
    let mut handles = vec![store.insert(Place::of(0))];
    let mut map = SlotMap::new();
    let node = |number| Node {
        value: Place::of(number),
        targets: Vec::new(),
    };
    let mut keys = vec![map.insert(node(0))];
    for (number, &parent) in (1..).zip(&parents) {
        let linked = store.insert_linked(handles[parent as usize], (), Place::of(number));
        handles.push(linked.expect("the parent is alive"));
        let key = map.insert(node(number));
        map[keys[parent as usize]].targets.push(key);
        keys.push(key);
    }
    let (root, top) = (handles[0], keys[0]);
    let mut stack = Vec::new();
    let measured = in_turn(
        scale.rounds(31),
        |_| {
            time(nodes, || {
                store.propagate([root], &(), |parent, child| child.follow(&parent.world));
            })
        },
        |_| time(nodes, || hand_down(&mut map, top, &mut stack)),
    );
    let same = handles
        .iter()
        .zip(&keys)
        .all(|(&handle, &key)| store[handle].world == map[key].value.world);
    assert!(same, "both have been handed the same");
    measured
}

fn hand_down(
    map: &mut SlotMap<DefaultKey, Node<Place>>,
    top: DefaultKey,
    stack: &mut Vec<DefaultKey>,
) {
    stack.push(top);
    while let Some(key) = stack.pop() {
        let world = map[key].value.world;
        // What is read and what is written are in one map: the list is taken out meanwhile.
        let targets = std::mem::take(&mut map[key].targets);
        for &target in &targets {
            map[target].value.follow(&world);
        }
        stack.extend_from_slice(&targets);
        map[key].targets = targets;
    }
}

fn user_walk(scale: Scale, nodes: u32) -> Rounds {
    let nodes = scale.size(nodes);
    let mut rng = Rng::with_seed(1);
    let mut store: Store<u64> = Store::new();
    let handles: Vec<Handle> = (0..nodes).map(|node| store.insert(node.into())).collect();
    let mut map = SlotMap::new();
    let node = |number: u32| Node {
        value: u64::from(number),
        targets: Vec::new(),
    };
    let keys: Vec<DefaultKey> = (0..nodes).map(|number| map.insert(node(number))).collect();
    for source in 0..nodes {
        // One of them makes sure that all are reached.
        for target in [(source + 1) % nodes, rng.u32(0..nodes), rng.u32(0..nodes)] {
            let [from, to] = [source, target].map(|at| handles[at as usize]);
            store.link(from, (), to).expect("both are alive");
            map[keys[source as usize]]
                .targets
                .push(keys[target as usize]);
        }
    }
    let sum = u64::from(nodes) * u64::from(nodes - 1) / 2;
    in_turn(
        scale.rounds(9),
        |_| time(nodes, || assert_eq!(walk_store(&store, handles[0]), sum)),
        |_| time(nodes, || assert_eq!(walk_map(&map, keys[0]), sum)),
    )
}

fn walk_store(store: &Store<u64>, start: Handle) -> u64 {
    let mut seen = SecondaryMap::with_capacity(store.len());
    let mut queue = VecDeque::from([start]);
    seen.insert(start, ());
    let mut sum = 0;
    while let Some(handle) = queue.pop_front() {
        sum += store.get(handle).expect("it is alive");
        for target in store.targets(handle) {
            if seen.insert(target, ()).is_none() {
                queue.push_back(target);
            }
        }
    }
    sum
}

fn walk_map(map: &SlotMap<DefaultKey, Node<u64>>, start: DefaultKey) -> u64 {
    let mut seen = SecondaryMap::with_capacity(map.len());
    let mut queue = VecDeque::from([start]);
    seen.insert(start, ());
    let mut sum = 0;
    while let Some(key) = queue.pop_front() {
        let node = map.get(key).expect("it is there");
        sum += node.value;
        for &target in &node.targets {
            if seen.insert(target, ()).is_none() {
                queue.push_back(target);
            }
        }
    }
    sum
}
