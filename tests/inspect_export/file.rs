//! The format of our own: what is written is read again, and nothing else is.

use fastrand::Rng;
use understory::Store;
use understory::inspect::export::HeapFileError;
use understory::inspect::{Describe, HeapBuilder, HeapSnapshot};

use super::random_heap;

fn written(heap: &HeapSnapshot) -> Vec<u8> {
    let mut file = Vec::new();
    heap.write_to(&mut file).unwrap();
    file
}

fn what(file: &[u8]) -> (u64, &'static str) {
    match HeapSnapshot::read_from(file) {
        Err(HeapFileError::Format { offset, what }) => (offset, what),
        other => panic!("{other:?}"),
    }
}

/// A file of one block with these bytes, and a checksum that fits.
fn file_of(bytes: &[u8]) -> Vec<u8> {
    let mut sum = bytes.len() as u64;
    for part in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..part.len()].copy_from_slice(part);
        sum = (sum ^ u64::from_le_bytes(word))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29);
    }
    let len = u32::try_from(bytes.len()).unwrap();
    let mut file = b"understy\x01\0\0\0".to_vec();
    file.extend(len.to_le_bytes());
    file.extend(bytes);
    file.extend(sum.to_le_bytes());
    file.extend([0; 12]);
    file
}

#[test]
fn a_snapshot_is_read_as_it_was_written() {
    for (seed, objects) in [(1, 1), (2, 10), (3, 1_000), (4, 60_000)] {
        let heap = random_heap(seed, objects);
        assert!(HeapSnapshot::read_from(&written(&heap)[..]).unwrap() == heap);
    }
    let empty = HeapBuilder::new().build().unwrap();
    assert_eq!(
        HeapSnapshot::read_from(&written(&empty)[..]).unwrap(),
        empty
    );
}

#[test]
fn a_snapshot_of_a_store_is_read_as_it_was_written() {
    let mut store: Store<u64, u8> = (0..10_000).collect();
    let handles: Vec<_> = store.handles().collect();
    for pair in handles.windows(2) {
        store.link(pair[0], 1, pair[1]).unwrap();
        store.link_weak(pair[1], 2, pair[0]).unwrap();
    }
    for describe in [
        Describe::new(),
        Describe::new().label(|label: &u8| label.to_string()),
    ] {
        let heap = store.heap_snapshot(&describe);
        assert!(HeapSnapshot::read_from(&written(&heap)[..]).unwrap() == heap);
    }
}

#[test]
fn a_file_takes_a_few_bytes_an_object_and_an_edge() {
    let heap = random_heap(5, 50_000);
    let most = 8 * heap.len() + 4 * (heap.edge_count() + heap.weak_edge_count());
    assert!(written(&heap).len() < most);
}

#[test]
fn a_file_may_be_followed_by_another() {
    let [one, other] = [random_heap(6, 100), random_heap(7, 50)];
    let files = [written(&one), written(&other)].concat();
    let mut input = &files[..];
    assert!(HeapSnapshot::read_from(&mut input).unwrap() == one);
    assert!(HeapSnapshot::read_from(&mut input).unwrap() == other);
    assert!(input.is_empty());
}

#[test]
fn a_file_that_ends_early_is_refused_wherever_it_ends() {
    let file = written(&random_heap(8, 60));
    for end in 0..file.len() {
        let (offset, what) = what(&file[..end]);
        assert_eq!(what, "the file ends in the middle");
        assert!(offset <= end as u64);
    }
}

#[test]
fn any_byte_that_changes_is_noticed() {
    let file = written(&random_heap(9, 60));
    let mut rng = Rng::with_seed(9);
    for at in 0..file.len() {
        let mut file = file.clone();
        file[at] ^= rng.u8(1..);
        let (offset, _) = what(&file);
        assert!(offset > 0 || at < 8);
    }
}

#[test]
fn what_an_edited_file_says_is_tested() {
    // Objects, edges, weak edges, roots; classes, labels, names of roots; parts: rows of edges.
    let head = [2, 1, 0, 1, 1, 1, 0, 8];
    let names = [1, b'c', 0]; // the class "c", the label ""
    let objects = [2, 2, 9, 0, 0, 2, 0, 9, 0, 0]; // index, version, size, class, mark
    let [root, rows] = [[0, 1, 0], [1, 2, 0]]; // object 0 has a root; an edge from it to the next
    let whole = [&head[..], &names, &objects, &root, &rows].concat();
    let heap = HeapSnapshot::read_from(&file_of(&whole)[..]).unwrap();
    assert_eq!((heap.len(), heap.targets(0)), (2, &[1][..]));

    let edited = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        what(&file_of(&bytes)).1
    };
    let [at_names, at_objects] = [8, 11];
    let [at_root, at_rows] = [21, 24];
    assert_eq!(edited(at_names + 1, 0xff), "a name is not UTF-8");
    assert_eq!(edited(at_objects + 3, 1), "an object is of no class");
    assert_eq!(edited(at_objects + 4, 16), "an object has unknown marks");
    assert_eq!(edited(at_objects + 4, 4), "an object has unknown marks");
    assert_eq!(edited(at_objects + 5, 0), "two objects have the same id");
    assert_eq!(
        edited(at_objects + 5, 5),
        "a difference leaves the numbers of 32 bits"
    );
    assert_eq!(edited(at_root, 2), "a root is of no object");
    assert_eq!(edited(at_root + 1, 0), "roots are not in order, or none");
    assert_eq!(edited(at_root + 2, 1), "a root has no such name");
    assert_eq!(edited(at_rows, 2), "there are more edges than were counted");
    let fewer = [&whole[..at_rows], &[0, 0]].concat();
    assert_eq!(
        what(&file_of(&fewer)).1,
        "there are fewer edges than were counted"
    );
    assert_eq!(edited(at_rows + 1, 4), "an edge leads to no object");
    assert_eq!(edited(7, 0), "there are edges, and no rows of them");
    assert_eq!(edited(7, 10), "the snapshot ends in the middle");
    assert_eq!(edited(0, 0x80), "the snapshot ends in the middle");
    let more = [&whole[..], &[0]].concat();
    assert_eq!(what(&file_of(&more)).1, "there is more than the snapshot");
    let unlabelled = [
        &[2, 1, 0, 1, 1, 0, 0, 8, 1, b'c'][..],
        &objects,
        &root,
        &rows,
    ]
    .concat();
    assert_eq!(
        what(&file_of(&unlabelled)).1,
        "there are edges, and no label for them"
    );
    let twice = [&[0, 0, 0, 0, 2, 0, 0, 0][..], &[1, b'c', 1, b'c']].concat();
    assert_eq!(what(&file_of(&twice)).1, "a name occurs twice");
}

#[test]
fn random_bytes_behind_good_checksums_never_panic() {
    let mut rng = Rng::with_seed(10);
    let file = written(&random_heap(11, 40));
    let bytes = &file[16..file.len() - 20];
    let mut accepted = 0;
    for _ in 0..20_000 {
        let mut bytes = bytes.to_vec();
        for _ in 0..rng.usize(1..4) {
            let at = rng.usize(..bytes.len());
            bytes[at] = rng.u8(..);
        }
        if let Ok(heap) = HeapSnapshot::read_from(&file_of(&bytes)[..]) {
            accepted += 1;
            // What was accepted can be asked, and written again.
            assert!(HeapSnapshot::read_from(&written(&heap)[..]).unwrap() == heap);
            assert!(
                heap.objects()
                    .all(|object| heap.edges(object).all(|edge| edge.target < 40))
            );
        }
    }
    assert!(accepted > 1_000, "{accepted}");
}

#[test]
fn counts_that_a_file_only_claims_take_no_memory() {
    // 2³² − 2 objects, edges, names: there is nothing behind it.
    let count = [0xfe, 0xff, 0xff, 0xff, 0x0f];
    let claims = [count.repeat(7), vec![31]].concat();
    assert_eq!(what(&file_of(&claims)).1, "the snapshot ends in the middle");
}
