//! The page: what its data says, beside what the snapshot says.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;
use understory::inspect::export::Page;
use understory::inspect::{HeapBuilder, HeapSnapshot, Timeline};
use understory::{Budget, Store};

use super::random_heap;

/// The data of a page.
fn data(page: &Page<'_>) -> Value {
    let html = page.to_string();
    let start = "<script type=\"application/json\" id=\"data\">";
    let (_, data) = html.split_once(start).unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    serde_json::from_str(data).unwrap()
}

fn numbers(value: &Value) -> Vec<i64> {
    let numbers = value.as_array().unwrap().iter();
    numbers.map(|number| number.as_i64().unwrap()).collect()
}

fn sum(value: &Value) -> i64 {
    numbers(value).iter().sum()
}

fn total(heap: &HeapSnapshot) -> i64 {
    i64::try_from(heap.total_size()).unwrap()
}

#[test]
fn all_objects_count_whatever_is_listed() {
    for (seed, objects) in [(1, 1), (2, 50), (3, 20_000)] {
        let heap = random_heap(seed, objects);
        let data = data(&Page::new(&heap));
        assert_eq!(data["totals"]["objects"], objects);
        assert_eq!(sum(&data["classes"]["count"]), i64::from(objects));
        assert_eq!(sum(&data["classes"]["size"]), total(&heap));
        let reachable = i64::try_from(heap.reachable().len()).unwrap();
        assert_eq!(data["totals"]["garbage"], i64::from(objects) - reachable);
        let listed = &data["objects"]["listed"];
        assert!(sum(listed) <= 6_000 && sum(listed) > 0);
    }
}

#[test]
fn boxes_of_the_tree_are_as_large_as_what_is_in_them() {
    let heap = random_heap(4, 20_000);
    let tree = &data(&Page::new(&heap))["tree"];
    let [parent, retained, size] = ["parent", "retained", "size"].map(|key| numbers(&tree[key]));
    assert_eq!(retained[0], total(&heap));
    let mut within = size.clone();
    for at in 1..parent.len() {
        let parent = usize::try_from(parent[at]).unwrap();
        assert!(parent < at);
        within[parent] += retained[at];
    }
    // What is below a box that was not divided is not there.
    let divided: HashSet<i64> = parent[1..].iter().copied().collect();
    for at in divided {
        let at = usize::try_from(at).unwrap();
        assert_eq!(within[at], retained[at], "box {at}");
    }
}

#[test]
fn a_long_list_is_one_box() {
    let mut heap = HeapBuilder::new();
    let list = heap.object(0, "List", 10);
    heap.root(list, 1, None);
    let mut last = list;
    for id in 1..=100_000 {
        let next = heap.object(id, "Entry", 10);
        heap.edge(last, "next", next);
        last = next;
    }
    let heap = heap.build().unwrap();
    let data = data(&Page::new(&heap));
    assert_eq!(numbers(&data["tree"]["count"]), [1, 1, 1]);
    assert_eq!(numbers(&data["tree"]["nested"]), [0, 0, 99_999]);
    assert_eq!(
        numbers(&data["classes"]["retained"]),
        [1_000_010, 1_000_000]
    );
}

#[test]
fn each_listed_object_has_the_path_that_holds_it() {
    let heap = random_heap(5, 5_000);
    let data = data(&Page::new(&heap));
    let objects = &data["objects"];
    let [holders, dominators] = ["holder", "dominator"].map(|key| numbers(&objects[key]));
    let ids: Vec<&str> = objects["id"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    let number = |at: usize| {
        let (index, version) = ids[at].split_once('v').unwrap();
        heap.find_id(version.parse::<u64>().unwrap() << 32 | index.parse::<u64>().unwrap())
            .unwrap()
    };
    let (all, owners) = (heap.dominators(), heap.owners());
    for at in 0..ids.len() {
        let object = number(at);
        let why = owners.why(object);
        let mut steps = 1;
        let mut on_path = vec![object];
        let mut holder = holders[at];
        while let Ok(place) = usize::try_from(holder) {
            assert!(
                heap.targets(number(place))
                    .contains(on_path.last().unwrap())
            );
            on_path.push(number(place));
            steps += 1;
            holder = holders[place];
        }
        match holder {
            -1 => assert_eq!(steps, why.path.objects.len(), "it is not the shortest path"),
            -2 => assert!(!all.is_reachable(object)),
            other => panic!("{other}"),
        }
        match (all.dominator(object), usize::try_from(dominators[at])) {
            (Some(dominator), Ok(place)) => {
                assert_eq!(number(place), dominator);
                assert!(on_path.contains(&dominator), "a dominator is on all paths");
            }
            (None, Err(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn changes_are_told_by_class() {
    let heap = |ids: &[u64]| {
        let mut heap = HeapBuilder::new();
        for &id in ids {
            let class = if id < 10 { "Oak" } else { "Elm" };
            let tree = heap.object(id, class, 5);
            heap.root(tree, 1, None);
        }
        heap.build().unwrap()
    };
    let [before, after] = [heap(&[1, 2, 3]), heap(&[2, 3, 4, 11, 12])];
    let data = data(&Page::new(&after).since(&before, ["then", "now"]));
    let expected = serde_json::json!([
        { "name": "Elm", "born": 2, "gone": 0, "count": 2, "size": 10, "retained": 10 },
        { "name": "Oak", "born": 1, "gone": 1, "count": 0, "size": 0, "retained": 0 },
    ]);
    assert_eq!(data["diff"]["rows"], expected);
}

#[test]
fn suspects_are_told_and_listed() {
    let mut heap = HeapBuilder::new();
    let log = heap.object(0, "Log", 10);
    heap.root(log, 1, None);
    for id in 1..=1_000 {
        let line = heap.object(id, "Line", 10);
        heap.edge(log, "line", line);
    }
    for id in 1_001..1_011 {
        heap.object(id, "Lost", 1);
    }
    let heap = heap.build().unwrap();
    let data = data(&Page::new(&heap));
    let suspects = data["suspects"].as_array().unwrap();
    assert_eq!(suspects.len(), 2);
    let log = usize::try_from(suspects[0]["object"].as_u64().unwrap()).unwrap();
    assert_eq!(data["objects"]["id"][log], "@0");
    assert_eq!(suspects[0]["retained"], 10_010);
    assert!(
        suspects[0]["why"]
            .as_str()
            .unwrap()
            .starts_with("Log @0 retains")
    );
    assert_eq!(
        (&suspects[1]["class"], &suspects[1]["retained"]),
        (&(-3).into(), &10.into())
    );
}

#[test]
fn the_timeline_is_that_of_the_store() {
    let mut store: Store<u32> = Store::new();
    let mut timeline = Timeline::new("frame");
    for frame in 0..2_000 {
        let tree = store.insert(frame);
        if frame % 2 == 0 {
            store.unroot(tree).unwrap();
        }
        if frame == 1_500 {
            store.freeze();
        }
        store.step(Budget::units(100));
        timeline.record(&store, Duration::from_micros(u64::from(frame)));
    }
    let heap = HeapBuilder::new().build().unwrap();
    let data = &data(&Page::new(&heap).timeline(&timeline))["timeline"];
    assert_eq!(data["per_sample"], 2);
    assert_eq!(numbers(&data["frame"])[999], 2_000);
    let live = data["live"].as_array().unwrap();
    let last: Vec<i64> = live
        .iter()
        .map(|one| numbers(&one["values"])[999])
        .collect();
    assert_eq!(last.iter().sum::<i64>(), 1_000);
    assert!(last[3] >= 749, "{last:?}");
    let deaths = data["deaths"].as_array().unwrap();
    assert_eq!(sum(&deaths[0]["values"]), 1_000);
    assert_eq!(data["longest"][999], 1_999.0);
    assert_eq!(data["mean"], 999.5);
}

#[test]
fn names_cannot_leave_the_data() {
    let mut heap = HeapBuilder::new();
    let evil = "</script><script>alert('@TITLE@')</script>";
    let object = heap.object(1, evil, 1);
    heap.root(object, 1, Some(evil));
    heap.edge(object, evil, object);
    let heap = heap.build().unwrap();
    let html = Page::new(&heap).title(evil).subtitle(evil).to_string();
    assert_eq!(html.matches("<script").count(), 2);
    assert_eq!(html.matches("</script>").count(), 2);
    assert!(html.contains("&lt;/script&gt;"));
    assert_eq!(
        data(&Page::new(&heap).title(evil))["classes"]["name"][0],
        evil
    );
}

#[test]
fn a_page_is_small_however_large_the_heap() {
    let html = Page::new(&random_heap(6, 200_000)).to_string();
    assert!(html.len() < 2_000_000, "{}", html.len());
    for outside in ["http://", "https://", "src=", "@import", "fetch("] {
        let html = html.replace("http://www.w3.org/2000/svg", "");
        assert!(!html.contains(outside), "{outside}");
    }
}
