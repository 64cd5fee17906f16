//! A real heap in the store: what lives after each group of roots is what a search finds.

use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use understory::{Auto, Config, Handle, Store};
use understory_heapsnapshot::{Edge, EdgeName, ErrorKind, Loaded, Node, Snapshot};

const FIXTURE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/node.heapsnapshot.gz"
);

/// The fixture as a JSON library sees it, read without the code that is tested.
struct Oracle {
    /// Of each node: kind, name, id, size.
    nodes: Vec<(String, String, u64, u64)>,
    /// Of each node its edges: kind, name or index, target.
    edges: Vec<Vec<(String, String, usize)>>,
    /// By node; the ones that stand for being a root are never alive.
    alive: Vec<bool>,
}

impl Oracle {
    fn read() -> Self {
        let mut text = String::new();
        GzDecoder::new(File::open(FIXTURE).unwrap())
            .read_to_string(&mut text)
            .unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        let meta = &file["snapshot"]["meta"];
        assert_eq!(meta["node_fields"].as_array().unwrap().len(), 7);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let rows = |section: &str| -> Vec<u64> {
            file[section]
                .as_array()
                .unwrap()
                .iter()
                .map(|number| number.as_u64().unwrap())
                .collect()
        };
        let at = |list: &Value, index: u64| text(&list[usize::try_from(index).unwrap()]);
        let (nodes, edges) = (rows("nodes"), rows("edges"));
        let mut next = edges.chunks(3);
        let mut oracle = Self {
            nodes: vec![],
            edges: vec![],
            alive: vec![],
        };
        for row in nodes.chunks(7) {
            let kind = at(&meta["node_types"][0], row[0]);
            oracle
                .nodes
                .push((kind, at(&file["strings"], row[1]), row[2], row[3]));
            let edges = (0..row[4]).map(|_| next.next().unwrap()).map(|row| {
                let kind = at(&meta["edge_types"][0], row[0]);
                let name = match kind.as_str() {
                    "element" | "hidden" => format!("[{}]", row[1]),
                    _ => at(&file["strings"], row[1]),
                };
                (kind, name, usize::try_from(row[2] / 7).unwrap())
            });
            oracle.edges.push(edges.collect());
        }
        oracle.alive = vec![true; oracle.nodes.len()];
        // Node's snapshots start with the root and "(GC roots)".
        assert_eq!(oracle.nodes[1].1, "(GC roots)");
        oracle.alive[..2].fill(false);
        oracle
    }

    /// The children of `(GC roots)`, then those of the root.
    fn groups(&self) -> Vec<usize> {
        let targets = |node: usize| self.edges[node].iter().map(|(_, _, target)| *target);
        targets(1)
            .chain(targets(0).filter(|node| *node != 1))
            .collect()
    }

    /// Counts roots and edges anew, and lets die what has none, over and over.
    fn release(&mut self, roots: &[usize]) {
        let mut counts = vec![0; self.nodes.len()];
        for root in roots {
            counts[*root] += 1;
        }
        for node in self.living() {
            for (_, _, target) in self.edges[node].iter().filter(|edge| edge.0 != "weak") {
                counts[*target] += 1;
            }
        }
        let mut dying: Vec<_> = self.living().filter(|node| counts[*node] == 0).collect();
        while let Some(node) = dying.pop() {
            self.alive[node] = false;
            for (_, _, target) in self.edges[node].iter().filter(|edge| edge.0 != "weak") {
                counts[*target] -= 1;
                if counts[*target] == 0 && self.alive[*target] {
                    dying.push(*target);
                }
            }
        }
    }

    /// Searches from the roots, and lets die what is not found.
    fn collect(&mut self, roots: &[usize]) {
        let mut found = vec![false; self.nodes.len()];
        let mut queue = roots.to_vec();
        while let Some(node) = queue.pop() {
            if !std::mem::replace(&mut found[node], true) {
                let strong = self.edges[node].iter().filter(|edge| edge.0 != "weak");
                queue.extend(strong.map(|edge| edge.2));
            }
        }
        self.alive = found;
    }

    fn living(&self) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(|node| self.alive[*node])
    }

    #[track_caller]
    fn compare(&self, store: &Store<Node, Edge>, loaded: &Loaded<Handle>, when: &str) {
        for (node, handle) in loaded.handles.iter().enumerate() {
            let alive = handle.is_some_and(|handle| store.contains(handle));
            assert_eq!(
                alive, self.alive[node],
                "{when}: node {node} {:?}",
                self.nodes[node]
            );
        }
        let between = |weak: bool| {
            let edges = self.living().flat_map(|node| &self.edges[node]);
            edges
                .filter(|edge| (edge.0 == "weak") == weak && self.alive[edge.2])
                .count()
        };
        assert_eq!(store.len(), self.living().count(), "{when}");
        assert_eq!(store.edge_count(), between(false), "{when}");
        assert_eq!(store.weak_edges().edge_count(), between(true), "{when}");
    }
}

fn fixture() -> Snapshot {
    Snapshot::read(File::open(FIXTURE).unwrap()).unwrap()
}

/// Lets go of the groups in the order of `order`, with a comparison after every step.
fn replay(order: impl FnOnce(&mut Vec<(usize, Handle)>)) {
    let mut oracle = Oracle::read();
    let mut store: Store<Node, Edge> = Store::default();
    let loaded = fixture().load_into(&mut store).unwrap();
    assert_ne!(store.config().auto, Auto::Off);
    store.disable();
    let mut groups: Vec<_> = loaded
        .groups
        .iter()
        .map(|group| (group.node, group.handle))
        .collect();
    order(&mut groups);
    let nodes: Vec<_> = groups.iter().map(|group| group.0).collect();

    oracle.release(&nodes);
    oracle.compare(&store, &loaded, "when loaded");
    oracle.collect(&nodes);
    store.collect();
    oracle.compare(&store, &loaded, "at first");
    let (mut by_count, mut by_collection) = (0, 0);
    for (index, (node, handle)) in groups.into_iter().enumerate() {
        let name = &loaded
            .groups
            .iter()
            .find(|group| group.node == node)
            .unwrap()
            .name;
        let before = store.len();
        store.unroot(handle).unwrap();
        oracle.release(&nodes[index + 1..]);
        oracle.compare(&store, &loaded, &format!("after {name}, by count"));
        let between = store.len();
        store.collect();
        oracle.collect(&nodes[index + 1..]);
        oracle.compare(&store, &loaded, &format!("after {name}, by collection"));
        by_count += before - between;
        by_collection += between - store.len();
    }
    assert!(store.is_empty());
    assert_eq!(
        (store.edge_count(), store.weak_edges().edge_count()),
        (0, 0)
    );
    assert!(
        by_count > 0 && by_collection > 0,
        "{by_count} by count, {by_collection} collected"
    );
}

#[test]
fn what_lives_is_what_a_search_finds() {
    replay(|_| ());
}

#[test]
fn what_lives_is_what_a_search_finds_backwards() {
    replay(|groups| groups.reverse());
}

#[test]
fn rows_are_what_another_reader_finds() {
    let (snapshot, oracle) = (fixture(), Oracle::read());
    assert_eq!(snapshot.node_count(), oracle.nodes.len());
    assert_eq!(snapshot.root(), 0);
    for (index, (kind, name, id, size)) in oracle.nodes.iter().enumerate() {
        let node = snapshot.node(index).unwrap();
        assert_eq!(
            (node.kind.name(), node.name, node.id, node.self_size),
            (&**kind, &**name, Some(*id), Some(*size))
        );
        let edges: Vec<_> = snapshot
            .edges(index)
            .map(|edge| {
                (
                    edge.kind.name().to_owned(),
                    edge.name.to_string(),
                    edge.target,
                )
            })
            .collect();
        assert_eq!(edges, oracle.edges[index]);
    }
}

#[test]
fn objects_and_edges_keep_what_the_rows_say() {
    let snapshot = fixture();
    let mut store: Store<Node, Edge> = Store::default();
    let loaded = snapshot.load_into(&mut store).unwrap();
    for (index, handle) in loaded.handles.iter().enumerate() {
        let Some(handle) = *handle else { continue };
        let (row, value) = (snapshot.node(index).unwrap(), &store[handle]);
        assert_eq!((row.kind, row.name), (&value.kind, &*value.name));
        assert_eq!((row.id, row.self_size), (value.id, value.self_size));
        let rows = snapshot.edges(index).filter(|edge| !edge.kind.is_weak());
        assert_eq!(store.out_degree(handle), Some(rows.clone().count()));
        for (row, (target, label)) in rows.zip(store.out_edges(handle)) {
            assert_eq!(loaded.handles[row.target], Some(target));
            assert_eq!(row.kind, &label.kind);
            match (row.name, &label.name) {
                (EdgeName::Index(row), EdgeName::Index(label)) => assert_eq!(row, *label),
                (EdgeName::Text(row), EdgeName::Text(label)) => assert_eq!(row, &**label),
                (EdgeName::Unknown, EdgeName::Unknown) => {}
                (row, label) => panic!("{row} became {label}"),
            }
        }
    }
}

#[test]
fn groups_are_the_children_of_the_root_and_of_gc_roots() {
    let (snapshot, oracle) = (fixture(), Oracle::read());
    let groups = snapshot.root_groups();
    assert_eq!(groups, oracle.groups());
    let names: HashSet<_> = groups
        .iter()
        .map(|group| snapshot.node(*group).unwrap().name)
        .collect();
    for name in [
        "(Strong roots)",
        "(Stack roots)",
        "(Global handles)",
        "C++ roots",
        "global",
    ] {
        assert!(names.contains(name), "{name}");
    }
    let mut store: Store<Node, Edge> = Store::default();
    let loaded = snapshot.load_into(&mut store).unwrap();
    assert_eq!(
        loaded
            .handles
            .iter()
            .filter(|handle| handle.is_none())
            .count(),
        2
    );
    let rooted: HashSet<_> = loaded.groups.iter().map(|group| group.handle).collect();
    assert_eq!(
        loaded
            .groups
            .iter()
            .map(|group| group.node)
            .collect::<Vec<_>>(),
        groups
    );
    for handle in loaded.handles.iter().flatten() {
        let roots = store.root_count(*handle);
        assert_eq!(roots.unwrap_or(0), usize::from(rooted.contains(handle)));
    }
}

#[test]
fn the_scene_of_the_fixture_is_there() {
    let snapshot = fixture();
    let mut store: Store<Node, Edge> = Store::default();
    let loaded = snapshot.load_into(&mut store).unwrap();
    let named = |name: &str| {
        let nodes = (0..snapshot.node_count()).filter(|node| {
            let node = snapshot.node(*node).unwrap();
            node.kind.name() == "object" && node.name == name
        });
        nodes
            .map(|node| loaded.handles[node].unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(named("SceneNode").len(), 127);
    let rings = named("Ring");
    assert_eq!(rings.len(), 3);
    for ring in rings {
        let next = store
            .out_edges(ring)
            .find(|(_, label)| label.name == EdgeName::Text("next".into()));
        assert!(next.is_some());
    }
    // Each observer's weak reference; other objects of that name refer to something else.
    let references = named("WeakRef");
    let targets = references
        .iter()
        .flat_map(|reference| store.weak_edges().targets(*reference));
    assert_eq!(
        targets
            .filter(|target| &*store[*target].name == "Ring")
            .count(),
        3
    );
}

#[test]
fn a_store_that_is_too_small_is_left_as_it_was() {
    let mut store: Store<Node, Edge> = Store::with_config(Config::new().max_objects(10_000));
    let error = fixture().load_into(&mut store).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert_eq!(
        error.to_string(),
        "the store refused an object of node 10002"
    );
    assert!(store.is_empty());
    assert_ne!(store.config().auto, Auto::Off);
}

#[test]
fn what_no_group_reaches_dies_on_arrival() {
    let file = br#"{"snapshot":{"meta":{
        "node_fields":["type","name","id","self_size","edge_count"],
        "node_types":[["synthetic","object"],"string","number","number","number"],
        "edge_fields":["type","name_or_index","to_node"],
        "edge_types":[["element","weak"],"string_or_number","node"]},
        "node_count":7,"edge_count":9},
        "nodes":[0,0,1,0,3, 0,1,3,0,2, 1,2,5,0,1, 1,3,7,0,1, 1,4,9,0,1, 1,5,11,0,1, 1,5,13,0,0],
        "edges":[0,1,5, 0,2,10, 1,0,15,  0,1,10, 0,2,0,  0,1,5,  0,1,30,  0,1,25,  0,1,20],
        "strings":["","(GC roots)","held","loose","cycle","other half"]}"#;
    let snapshot = Snapshot::read(file.as_slice()).unwrap();
    // Held twice over, but one group; an edge to a root of the file's is no edge.
    assert_eq!(snapshot.root_groups(), [2]);
    let mut store: Store<Node, Edge> = Store::default();
    let loaded = snapshot.load_into(&mut store).unwrap();
    let alive = |store: &Store<Node, Edge>| -> Vec<usize> {
        let handles = loaded.handles.iter().enumerate();
        handles
            .filter(|(_, at)| at.is_some_and(|at| store.contains(at)))
            .map(|(i, _)| i)
            .collect()
    };
    assert_eq!(alive(&store), [2, 4, 5]);
    assert_eq!(store.collect().freed, 2);
    assert_eq!(alive(&store), [2]);
    assert_eq!(store.out_degree(loaded.groups[0].handle), Some(0));
}
