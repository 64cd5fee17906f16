//! Snapshots of heaps as files: what other tools would read, and what is read back.

mod file;
mod formats;
mod page;

use fastrand::Rng;
use understory::Generation;
use understory::inspect::{HeapBuilder, HeapSnapshot};

/// A heap that is made up: names with all that formats have to escape, garbage, weak edges, parallel edges, roots with
/// and without names.
fn random_heap(seed: u64, objects: u32) -> HeapSnapshot {
    const CLASSES: [&str; 5] = [
        "Oak",
        "\"<Fir>\" & Söhne,\\n\n",
        "Object",
        "",
        "Elm\u{2028}\u{1}",
    ];
    const LABELS: [&str; 4] = ["holds", "", "<a \"b\"> & 'c', ü", "next"];
    let is_dead = |object: u32| object % 64 == 63;
    let mut rng = Rng::with_seed(seed);
    let mut heap = HeapBuilder::new();
    for index in 0..objects {
        let version = 2 * rng.u64(0..1 << 20) + 1;
        let object = heap.object(
            version << 32 | u64::from(index),
            rng.choice(CLASSES).unwrap(),
            rng.u64(0..200),
        );
        let generation = [Generation::Young, Generation::Old, Generation::Permanent];
        heap.generation(object, rng.choice(generation).unwrap());
    }
    for object in 0..objects {
        for _ in 0..rng.u32(0..4) {
            // Most edges lead to what is near, so that there is something to dominate.
            let near = (object + rng.u32(0..8)).min(objects - 1);
            let target = if rng.u8(..) < 200 {
                near
            } else {
                rng.u32(..objects)
            };
            let label = rng.choice(LABELS).unwrap();
            match rng.u8(0..8) {
                // Nothing alive leads to what is dead.
                _ if is_dead(target) && !is_dead(object) => {}
                0 => heap.weak_edge(object, label, target),
                _ => heap.edge(object, label, target),
            }
        }
        match rng.u8(..) {
            _ if is_dead(object) => heap.condemned(object),
            0..3 => heap.root(object, 1 + rng.u32(0..3), None),
            3..5 => heap.root(object, 1, Some("the \"player\"")),
            5 => heap.pending(object),
            _ => {}
        }
    }
    heap.build().unwrap()
}
