//! The formats of others, read with parsers that are not ours where there are any.

use std::collections::HashSet;

use serde_json::Value;
use understory::Store;
use understory::inspect::export::{DevTools, Dot, EdgesCsv, GraphMl, NodesCsv};
use understory::inspect::{Describe, HeapBuilder, HeapSnapshot};

use super::random_heap;

fn numbers(value: &Value) -> Vec<u64> {
    let numbers = value.as_array().unwrap().iter();
    numbers.map(|number| number.as_u64().unwrap()).collect()
}

/// A `.heapsnapshot` of which the counts are right, the targets nodes and the names strings.
fn devtools(
    heap: &HeapSnapshot,
    with_garbage: bool,
) -> (Vec<[u64; 7]>, Vec<[u64; 3]>, Vec<String>) {
    let text = DevTools::new(heap)
        .include_garbage(with_garbage)
        .to_string();
    // Readers look for these, without a space, and for the strings as the last section.
    for key in [
        r#"{"snapshot":{"#,
        r#""nodes":["#,
        r#""edges":["#,
        r#""locations":["#,
    ] {
        assert!(text.contains(key), "{key}");
    }
    assert!(text.rfind(r#""strings":"#).unwrap() > text.rfind(r#""locations":"#).unwrap());
    let file: Value = serde_json::from_str(&text).unwrap();
    let rows = |section: &str, wide: usize| {
        let numbers = numbers(&file[section]);
        assert_eq!(numbers.len() % wide, 0);
        numbers
            .chunks(wide)
            .map(<[u64]>::to_vec)
            .collect::<Vec<_>>()
    };
    let nodes: Vec<[u64; 7]> = rows("nodes", 7)
        .into_iter()
        .map(|row| row.try_into().unwrap())
        .collect();
    let edges: Vec<[u64; 3]> = rows("edges", 3)
        .into_iter()
        .map(|row| row.try_into().unwrap())
        .collect();
    let strings: Vec<String> = serde_json::from_value(file["strings"].clone()).unwrap();
    assert_eq!(file["snapshot"]["node_count"], nodes.len());
    assert_eq!(file["snapshot"]["edge_count"], edges.len());
    assert_eq!(
        nodes.iter().map(|node| node[4]).sum::<u64>(),
        edges.len() as u64
    );
    for [_, name, id, ..] in &nodes {
        assert!(*name < strings.len() as u64 && *id < 1 << 32);
    }
    for &[kind, name, target] in &edges {
        assert!(target % 7 == 0 && target / 7 < nodes.len() as u64);
        assert!(kind == 1 || name < strings.len() as u64);
    }
    let ids: HashSet<u64> = nodes.iter().map(|node| node[2]).collect();
    assert_eq!(ids.len(), nodes.len(), "an id is there twice");
    (nodes, edges, strings)
}

#[test]
fn a_heapsnapshot_has_what_roots_reach_or_all() {
    for (seed, objects) in [(1, 1), (2, 30), (3, 5_000)] {
        let heap = random_heap(seed, objects);
        let (all, edges, strings) = devtools(&heap, true);
        assert_eq!(all.len(), heap.len() + 2);
        let own = heap.edge_count() + heap.weak_edge_count();
        assert_eq!(edges.len(), own + 1 + 2 * heap.roots().len());
        for (object, node) in heap.objects().zip(&all[2..]) {
            assert_eq!(node[3], heap.size(object));
            let class = heap.class_of(object);
            let class = if class == "Object" {
                "class Object"
            } else {
                class
            };
            assert_eq!(strings[usize::try_from(node[1]).unwrap()], class);
        }
        let (reached, _, _) = devtools(&heap, false);
        assert!(reached.len() <= all.len());
        assert!(
            objects < 100 || reached.len() < all.len(),
            "nothing was garbage"
        );
    }
}

#[test]
fn the_ids_of_a_heapsnapshot_are_those_of_the_snapshot_if_they_fit() {
    let mut heap = HeapBuilder::new();
    for id in [3, 1, 8, 0xffff_ffff] {
        heap.object(id, "page", 1);
    }
    let (nodes, _, _) = devtools(&heap.build().unwrap(), true);
    let ids: Vec<u64> = nodes.iter().map(|node| node[2]).collect();
    assert_eq!(ids, [5, 7, 3, 1, 8, 0xffff_ffff]);
}

#[test]
fn objects_keep_their_ids_from_one_heapsnapshot_to_the_next() {
    let ids = |store: &Store<u32>| -> Vec<u64> {
        let heap = store.heap_snapshot(&Describe::new());
        let (nodes, _, _) = devtools(&heap, true);
        nodes[2..].iter().map(|node| node[2]).collect()
    };
    let mut store: Store<u32> = (0..1_000).collect();
    let before = ids(&store);
    let handles: Vec<_> = store.handles().collect();
    store.unroot(handles[10]).unwrap();
    store.unroot(handles[20]).unwrap();
    store.insert(1); // in a slot that was used before
    let after = ids(&store);
    let [before, after] = [before, after].map(|ids| ids.into_iter().collect::<HashSet<u64>>());
    assert_eq!(before.difference(&after).count(), 2);
    assert_eq!(after.difference(&before).count(), 1);
    assert!(
        after.iter().all(|id| id % 2 == 1),
        "even ids are of the host"
    );
}

#[test]
fn a_heapsnapshot_of_any_ids_has_each_once() {
    let mut heap = HeapBuilder::new();
    for id in 0..100 {
        heap.object(id << 50 | 7, "page", 1 << 33);
    }
    let (nodes, _, _) = devtools(&heap.build().unwrap(), true);
    assert!(
        nodes[2..].iter().all(|node| node[3] == 0xffff_ffff),
        "sizes have 32 bits"
    );
}

#[test]
fn dot_has_the_nearest_objects_and_the_edges_between_them() {
    let heap = random_heap(4, 2_000);
    let dot = Dot::new(&heap).most(50).to_string();
    let nodes = dot.lines().filter(|line| line.starts_with("    n")).count();
    assert_eq!(nodes, 50);
    assert!(dot.contains("50 of 2000 objects"));
    let around = heap
        .objects()
        .find(|&object| heap.targets(object).len() == 2)
        .unwrap();
    let dot = Dot::new(&heap).around(around).most(10).to_string();
    assert!(dot.contains(&format!("    n{around} [")));
    assert_eq!(
        dot.lines().filter(|line| line.starts_with("    n")).count(),
        10
    );
    for (from, to) in dot
        .lines()
        .filter_map(|line| line.trim().split_once(" -> "))
    {
        let to = to.split_once(' ').unwrap().0;
        for node in [from, to] {
            assert!(dot.contains(&format!("    {node} [")), "{node}");
        }
    }
}

#[test]
fn graphml_has_all_objects_and_edges() {
    let heap = random_heap(5, 500);
    let xml = GraphMl::new(&heap).to_string();
    assert_eq!(xml.matches("<node ").count(), heap.len());
    assert_eq!(
        xml.matches("<edge ").count(),
        heap.edge_count() + heap.weak_edge_count()
    );
    assert!(xml.contains("&quot;&lt;Fir&gt;&quot; &amp; Söhne"));
    // Every tag that opens closes.
    for tag in ["node", "edge", "data", "graph", "graphml"] {
        let opened = xml.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, xml.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

/// The fields of each line, as RFC 4180 has them.
fn rows(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut chars = csv.chars().peekable();
    let mut is_quoted = false;
    while let Some(char) = chars.next() {
        match char {
            '"' if is_quoted && chars.peek() == Some(&'"') => field.push(chars.next().unwrap()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut field)),
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            char => field.push(char),
        }
    }
    assert!(!is_quoted && row.is_empty() && field.is_empty());
    rows
}

#[test]
fn csv_has_a_line_for_each_object_and_each_edge() {
    let heap = random_heap(6, 500);
    let nodes = rows(&NodesCsv::new(&heap).to_string());
    assert_eq!(nodes.len(), heap.len() + 1);
    for (object, row) in heap.objects().zip(&nodes[1..]) {
        assert_eq!(row[0], object.to_string());
        assert_eq!(row[1], heap.ids()[object as usize].to_string());
        assert_eq!(row[2], heap.class_of(object));
        assert_eq!(row[3], heap.size(object).to_string());
    }
    let edges = rows(&EdgesCsv::new(&heap).to_string());
    assert_eq!(edges.len(), heap.edge_count() + heap.weak_edge_count() + 1);
    assert!(edges.iter().all(|row| row.len() == 4));
    let first = heap
        .objects()
        .find_map(|object| heap.edges(object).next())
        .unwrap();
    assert_eq!(
        (&*edges[1][1], &edges[1][2]),
        (heap.label(first.label), &first.target.to_string())
    );
}
