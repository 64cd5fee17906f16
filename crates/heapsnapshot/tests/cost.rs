//! What a heap snapshot costs is at most a multiple of its length, whatever it says. A crate of its own, as the
//! allocator counts for the whole process.

use cpu_time::ThreadTime;
use flate2::Compression;
use flate2::write::GzEncoder;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Mutex;
use std::time::Duration;
use understory::Store;
use understory_heapsnapshot::{Edge, Node, Snapshot};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations of all threads are counted together.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// How many bytes may be allocated to read a document, for each byte of it.
const READ: usize = 24;
/// How many may be allocated to load it into a store.
const LOAD: usize = 48;
/// How many may be allocated besides, for buffers and for the first rows.
const FIXED: usize = 1 << 18;

const HEAD: &str = r#"{"snapshot":{"meta":{"node_fields":["type","name","edge_count"],
"node_types":[["synthetic","object"]],"edge_fields":["type","name_or_index","to_node"],
"edge_types":[["element","property","weak"]]},"#;

/// A heap of nodes, by kind and name, and their edges, by kind, name or index, and target.
///
/// Its strings are an empty one, `(GC roots)` and `x`.
#[derive(Default)]
struct Heap {
    nodes: Vec<(u32, u32)>,
    edges: Vec<Vec<(u32, u64, usize)>>,
}

impl Heap {
    fn node(&mut self, kind: u32, name: u32) -> usize {
        self.nodes.push((kind, name));
        self.edges.push(vec![]);
        self.nodes.len() - 1
    }

    fn edge(&mut self, source: usize, target: usize) {
        self.edges[source].push((0, 0, target));
    }

    fn write(&self) -> String {
        let mut nodes = String::new();
        let mut edges = String::new();
        for ((kind, name), out) in self.nodes.iter().zip(&self.edges) {
            write!(nodes, "{kind},{name},{},", out.len()).unwrap();
            for (kind, name, target) in out {
                write!(edges, "{kind},{name},{},", target * 3).unwrap();
            }
        }
        let (node_count, edge_count) = (self.nodes.len(), self.edges.iter().flatten().count());
        format!(
            r#"{HEAD}"node_count":{node_count},"edge_count":{edge_count}}},"nodes":[{}],"edges":[{}],
            "strings":["","(GC roots)","x"]}}"#,
            nodes.trim_end_matches(','),
            edges.trim_end_matches(','),
        )
    }
}

/// The root, `(GC roots)` below it, and an object below that.
fn base() -> (Heap, [usize; 3]) {
    let mut heap = Heap::default();
    let nodes = [heap.node(0, 0), heap.node(0, 1), heap.node(1, 2)];
    heap.edge(nodes[0], nodes[1]);
    heap.edge(nodes[1], nodes[2]);
    (heap, nodes)
}

type Make = fn(usize) -> String;

/// Heaps of some `n` nodes or edges, each with much of what a loop might go over too often.
const HEAPS: [(&str, Make); 14] = [
    ("many edges to and from one `(GC roots)`", |n| {
        let (mut heap, [root, roots, object]) = base();
        for _ in 0..n {
            heap.edge(root, roots);
            heap.edge(roots, object);
        }
        heap.write()
    }),
    ("many nodes `(GC roots)`", |n| {
        let (mut heap, [root, _, object]) = base();
        for _ in 0..n {
            let roots = heap.node(0, 1);
            heap.edge(root, roots);
            heap.edge(roots, object);
        }
        heap.write()
    }),
    ("many nodes `(GC roots)` below one another", |n| {
        let (mut heap, [root, first, _]) = base();
        for _ in 0..n {
            let roots = heap.node(0, 1);
            heap.edge(root, roots);
            heap.edge(roots, first);
            heap.edge(first, roots);
        }
        heap.write()
    }),
    ("many edges from the root to itself", |n| {
        let (mut heap, [root, ..]) = base();
        for _ in 0..n {
            heap.edge(root, root);
        }
        heap.write()
    }),
    ("many groups", |n| {
        let (mut heap, [root, roots, object]) = base();
        for source in [root, roots].repeat(n / 2) {
            let group = heap.node(1, 2);
            heap.edge(source, group);
            heap.edge(group, object);
        }
        heap.write()
    }),
    ("many roots of one group", |n| {
        let (mut heap, [root, roots, object]) = base();
        for _ in 0..n {
            heap.edge(root, object);
            heap.edge(roots, object);
        }
        heap.write()
    }),
    ("many edges between two nodes", |n| {
        let (mut heap, [.., object]) = base();
        let other = heap.node(1, 2);
        for _ in 0..n {
            heap.edge(object, other);
            heap.edge(other, object);
        }
        heap.write()
    }),
    ("many weak edges to one node", |n| {
        let (mut heap, [.., object]) = base();
        for _ in 0..n {
            let other = heap.node(1, 2);
            heap.edge(object, other);
            heap.edges[other].push((2, 2, object));
        }
        heap.write()
    }),
    ("a chain", |n| {
        let (mut heap, [.., mut last]) = base();
        for _ in 0..n {
            let next = heap.node(1, 2);
            heap.edge(last, next);
            last = next;
        }
        heap.write()
    }),
    ("a loose chain, from its end", |n| {
        let (mut heap, _) = base();
        let mut last = heap.node(1, 2);
        for _ in 0..n {
            let next = heap.node(1, 2);
            heap.edge(next, last);
            last = next;
        }
        heap.write()
    }),
    ("many loose rings", |n| {
        let (mut heap, [.., object]) = base();
        for _ in 0..n / 2 {
            let ring = [heap.node(1, 2), heap.node(1, 2)];
            heap.edge(ring[0], ring[1]);
            heap.edge(ring[1], ring[0]);
            heap.edge(ring[0], object);
        }
        heap.write()
    }),
    ("many loose nodes", |n| {
        let (mut heap, _) = base();
        for _ in 0..n {
            heap.node(1, 0);
        }
        heap.write()
    }),
    ("many indices of more than 32 bits", |n| {
        let (mut heap, [.., object]) = base();
        for index in 0..n as u64 {
            heap.edges[object].push((0, u64::MAX - index, object));
        }
        heap.write()
    }),
    ("many kinds without a name", |n| {
        let (mut heap, [_, roots, _]) = base();
        for kind in 0..u32::try_from(n).unwrap() {
            let node = heap.node(kind, 2);
            heap.edges[roots].push((kind, 2, node));
        }
        heap.write()
    }),
];

/// Documents of much that stands around a small heap.
const DOCUMENTS: [(&str, Make); 10] = [
    ("many strings", |n| {
        changed("\"strings\":[", &"\"\",".repeat(n), Side::After)
    }),
    ("many strings that are no text", |n| {
        changed("\"strings\":[", &r#""\ud800","#.repeat(n), Side::After)
    }),
    ("a long string that is no text", |n| {
        let text = format!("\"{}\",", r"\udfff".repeat(n));
        changed("\"strings\":[", &text, Side::After)
    }),
    ("many fields of nodes", |n| {
        // Too many: the rows are short.
        changed("\"edge_count\"]", &"\"\",".repeat(n), Side::Before)
    }),
    ("many lists of kinds", |n| {
        changed("[[\"element\"", &"[],".repeat(n), Side::Inside)
    }),
    ("many kinds", |n| {
        changed("\"synthetic\",", &"\"\",".repeat(n), Side::After)
    }),
    ("deep values that are not read", |n| {
        let deep = format!("\"x\":{}{},", "[".repeat(n), "]".repeat(n));
        changed("\"nodes\"", &deep, Side::Before)
    }),
    ("long numbers", |n| {
        let digits = "1".repeat(n);
        let long = format!("[0.{digits},{digits}.{digits},-{digits}e-{digits}],");
        changed("\"nodes\"", &format!("\"x\":{long}"), Side::Before)
    }),
    ("many sections that are not read", |n| {
        changed("\"nodes\"", &"\"x\":0,".repeat(n), Side::Before)
    }),
    ("counts of what does not follow", |_| {
        base().0.write().replace(
            "\"node_count\":3,\"edge_count\":2",
            "\"node_count\":4294967294,\"edge_count\":4294967294",
        )
    }),
];

#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
    /// Behind the first character.
    Inside,
}

/// A small heap with more text beside a part of it.
fn changed(part: &str, more: &str, side: Side) -> String {
    let text = base().0.write();
    let start = text.find(part).unwrap();
    let at = start
        + match side {
            Side::Before => 0,
            Side::After => part.len(),
            Side::Inside => 1,
        };
    format!("{}{more}{}", &text[..at], &text[at..])
}

/// Bytes allocated by `work`; what had only to grow counts as what it grew by.
fn allocated<R>(work: impl FnOnce() -> R) -> (usize, R) {
    let region = Region::new(ALLOCATOR);
    let outcome = work();
    (region.change().bytes_allocated, outcome)
}

#[track_caller]
fn at_most(limit: usize, bytes: usize, document: &str, what: &str) {
    let len = document.len();
    assert!(
        bytes <= limit * len + FIXED,
        "{what}: {bytes} bytes for {len}, {} for each",
        bytes / len
    );
}

#[test]
fn memory_is_at_most_a_multiple_of_the_document() {
    let _one = ONE_AT_A_TIME.lock().unwrap();
    for (what, make) in HEAPS.into_iter().chain(DOCUMENTS) {
        let document = make(100_000);
        let (bytes, snapshot) = allocated(|| Snapshot::read(document.as_bytes()));
        at_most(READ, bytes, &document, &format!("{what}, read"));
        let Ok(snapshot) = snapshot else { continue };
        let (bytes, ()) = allocated(|| drop(snapshot.root_groups()));
        at_most(READ, bytes, &document, &format!("{what}, root groups"));
        let (bytes, ()) = allocated(|| load(&snapshot));
        at_most(LOAD, bytes, &document, &format!("{what}, load"));
    }
}

fn load(snapshot: &Snapshot) {
    let mut store: Store<Node, Edge> = Store::default();
    let loaded = snapshot.load_into(&mut store).unwrap();
    store.disable();
    for group in loaded.groups {
        store.unroot(group.handle).unwrap();
    }
    store.collect();
    assert!(store.is_empty());
}

/// The least time of the thread that `work` has taken.
fn time(mut work: impl FnMut()) -> Duration {
    // Of several, as pages that are touched for the first time count too.
    let times = (0..6).map(|_| {
        let start = ThreadTime::now();
        work();
        start.elapsed()
    });
    times.min().unwrap()
}

/// Fails if a document of twice the length takes three times as long, twice over.
#[track_caller]
fn grows_with_its_length(what: &str, make: Make, work: impl Fn(&str)) {
    let mut n = 2_000;
    let mut times = vec![];
    let mut bad = 0;
    while bad < 2 && n <= 32_000 {
        let document = make(n);
        times.push(time(|| work(&document)));
        if let [.., before, after] = times[..] {
            // Below that, other things than the length count.
            if after > Duration::from_millis(2) && after > 3 * before {
                bad += 1;
            } else {
                bad = 0;
            }
        }
        n *= 2;
    }
    assert!(bad < 2, "{what}: at doublings {times:?}");
}

#[test]
fn time_grows_with_the_document() {
    let _one = ONE_AT_A_TIME.lock().unwrap();
    for (what, make) in HEAPS.into_iter().chain(DOCUMENTS) {
        grows_with_its_length(what, make, |document| {
            if let Ok(snapshot) = Snapshot::read(document.as_bytes()) {
                assert!(snapshot.root_groups().len() <= snapshot.edge_count());
                load(&snapshot);
            }
        });
    }
}

#[test]
fn many_packed_parts_take_time_by_their_number() {
    let _one = ONE_AT_A_TIME.lock().unwrap();
    let mut empty = GzEncoder::new(vec![], Compression::fast());
    empty.flush().unwrap();
    let empty = empty.finish().unwrap();
    let mut last = GzEncoder::new(vec![], Compression::fast());
    last.write_all(base().0.write().as_bytes()).unwrap();
    let last = last.finish().unwrap();
    let mut times = vec![];
    for n in [4_000, 8_000, 16_000] {
        let packed = [empty.repeat(n), last.clone()].concat();
        let (bytes, ()) = allocated(|| drop(Snapshot::read(packed.as_slice()).unwrap()));
        assert!(bytes <= READ * packed.len() + FIXED, "{bytes}");
        times.push(time(|| drop(Snapshot::read(packed.as_slice()).unwrap())));
    }
    assert!(times[2] < 6 * times[0], "{times:?}");
}
