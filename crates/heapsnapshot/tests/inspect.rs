//! Snapshots that understory's inspector is asked about, and that it writes for others.

use std::fs::File;
use understory::inspect::export::DevTools;
use understory::inspect::{HeapBuilder, HeapSnapshot};
use understory_heapsnapshot::Snapshot;

fn fixture(name: &str) -> HeapSnapshot {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let snapshot = Snapshot::read(File::open(path).unwrap()).unwrap();
    snapshot.heap_snapshot().unwrap()
}

fn again(heap: &HeapSnapshot, with_garbage: bool) -> HeapSnapshot {
    let file = DevTools::new(heap)
        .include_garbage(with_garbage)
        .to_string();
    let snapshot = Snapshot::read(file.as_bytes()).unwrap();
    snapshot.heap_snapshot().unwrap()
}

#[test]
fn heaps_of_node_are_the_same_when_written_and_read_again() {
    for name in ["node", "node-oldest", "node-newest"] {
        let heap = fixture(&format!("{name}.heapsnapshot.gz"));
        let again = again(&heap, true);
        assert_eq!(again.ids(), heap.ids());
        assert!(again.sizes().eq(heap.sizes()));
        assert_eq!(again.edge_count(), heap.edge_count());
        assert_eq!(again.weak_edge_count(), heap.weak_edge_count());
        let rooted = |heap: &HeapSnapshot| -> Vec<u32> {
            heap.roots().iter().map(|root| root.object).collect()
        };
        assert_eq!(rooted(&again), rooted(&heap));
        for object in heap.objects() {
            assert_eq!(again.targets(object), heap.targets(object));
            let of = |heap: &HeapSnapshot| -> Vec<String> {
                heap.edges(object)
                    .map(|edge| heap.label(edge.label).to_owned())
                    .collect()
            };
            assert_eq!(of(&again), of(&heap));
            let class = heap.class_of(object);
            assert!(again.class_of(object) == class || class.starts_with("Object"));
        }
    }
}

#[test]
fn what_has_no_root_is_not_written_unless_asked_for() {
    let mut heap = HeapBuilder::new();
    let [page, text, lost] =
        [(1, "page"), (2, "text"), (3, "lost")].map(|(id, class)| heap.object(id, class, 10));
    heap.root(page, 3, Some("window"));
    heap.edge(page, "title", text);
    heap.edge(lost, "title", text);
    heap.weak_edge(page, "lost", lost);
    let heap = heap.build().unwrap();

    let kept = again(&heap, false);
    assert_eq!(
        (kept.len(), kept.edge_count(), kept.weak_edge_count()),
        (2, 1, 0)
    );
    let root = kept.roots()[0];
    assert_eq!(
        (root.object, root.name.map(|name| kept.root_name(name))),
        (0, Some("window"))
    );
    let all = again(&heap, true);
    assert_eq!(
        (all.len(), all.edge_count(), all.weak_edge_count()),
        (3, 2, 1)
    );
}

#[test]
fn nodes_without_ids_of_their_own_are_numbered() {
    let file = |ids: [&str; 2]| {
        format!(
            r#"{{"snapshot": {{"meta": {{
            "node_fields": ["type", "name", "id", "self_size", "edge_count"],
            "node_types": [["synthetic", "closure"], "string", "number", "number", "number"],
            "edge_fields": ["type", "name_or_index", "to_node"],
            "edge_types": [["element", "property"], "string_or_number", "node"]}},
            "node_count": 3, "edge_count": 2}},
            "nodes": [0, 0, 1, 0, 1,  1, 1, {}, 24, 1,  1, 2, {}, 16, 0],
            "edges": [1, 3, 5,  0, 7, 10],
            "strings": ["", "Forest", "Tree", "the forest"]}}"#,
            ids[0], ids[1]
        )
    };
    for (ids, expected) in [
        (["9", "7"], [9, 7]),
        (["9", "9"], [1, 2]),
        (["9", "null"], [1, 2]),
    ] {
        let snapshot = Snapshot::read(file(ids).as_bytes()).unwrap();
        let heap = snapshot.heap_snapshot().unwrap();
        assert_eq!(heap.ids(), expected);
        assert_eq!(heap.class_of(0), "(closure)");
        assert_eq!(heap.label(heap.edge(0).label), "");
    }
}

#[test]
fn what_is_written_and_read_again_retains_the_same() {
    for name in ["node", "node-oldest", "node-newest"] {
        let heap = fixture(&format!("{name}.heapsnapshot.gz"));
        for with_garbage in [false, true] {
            let again = again(&heap, with_garbage);
            let [before, after] = [heap.dominators(), again.dominators()];
            assert!(with_garbage || again.len() == heap.reachable().len());
            for object in again.objects() {
                let id = again.ids()[object as usize];
                let same = heap.find_id(id).unwrap();
                assert_eq!(after.retained_size(object), before.retained_size(same));
                let id_of = |heap: &HeapSnapshot, object: Option<u32>| {
                    object.map(|object| heap.ids()[object as usize])
                };
                let dominator = id_of(&heap, before.dominator(same));
                assert_eq!(id_of(&again, after.dominator(object)), dominator);
            }
        }
    }
}
