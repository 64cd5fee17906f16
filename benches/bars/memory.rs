//! Bytes beside the payloads, as the allocator is asked for them.

use fastrand::Rng;
use understory::Store;

use crate::ALLOCATOR;
use crate::common::{Graph, Payload};
use crate::measure::{Bar, Scale, Table};

const DEGREE: u32 = 3;

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    many::<u64>(scale, table);
    many::<[u64; 4]>(scale, table);
    let name = format!("memory, ten objects with {DEGREE} edges each");
    if !table.skips(&name) {
        table.bytes(name, Bar::Bytes(8_192.0), ten());
    }
}

/// Bytes that are allocated.
pub(crate) fn allocated() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

#[expect(clippy::cast_precision_loss, reason = "bytes are fewer than 2^52")]
fn since(before: usize) -> f64 {
    (allocated() - before) as f64
}

fn many<T: Payload>(scale: Scale, table: &mut Table) {
    let name = |what: &str| format!("memory, {what}, {}", T::NAME);
    let parts = ["an object as it was inserted", "an object", "an edge"];
    let names = parts.map(name);
    let sum = name("an object and its 3 edges");
    if names.iter().chain([&sum]).all(|name| table.skips(name)) {
        return;
    }
    let objects = scale.size(1_000_000);
    let graph = Graph::random(&mut Rng::with_seed(1), objects, DEGREE);
    let mut handles = Vec::with_capacity(objects as usize);
    let before = allocated();
    let mut store: Store<T> = Store::new();
    handles.extend((0..objects).map(|number| store.insert(T::of(number.into()))));
    let payloads = f64::from(objects) * f64::from(u32::try_from(size_of::<T>()).unwrap());
    let untouched = since(before) - payloads;
    // Every arena has its rows written now, as it has when the first of its objects is linked.
    for &handle in &handles {
        store.root(handle).expect("it is alive");
        store.unroot(handle).expect("it has two roots");
    }
    let objects_alone = since(before) - payloads;
    graph.link_in(&mut store, &handles);
    let all = since(before) - payloads;
    let edges = f64::from(objects * DEGREE);

    let [as_inserted, an_object, an_edge] = names;
    table.bytes(as_inserted, Bar::Beside, untouched / f64::from(objects));
    let per_object = objects_alone / f64::from(objects);
    table.bytes(an_object, Bar::Bytes(40.0), per_object);
    let per_edge = (all - objects_alone) / edges;
    table.bytes(an_edge, Bar::Bytes(20.0), per_edge);
    table.bytes(sum, Bar::Bytes(100.0), all / f64::from(objects));
}

/// A whole store, payloads and the value itself included.
fn ten() -> f64 {
    let graph = Graph::random(&mut Rng::with_seed(1), 10, DEGREE);
    let mut handles = Vec::with_capacity(10);
    let before = allocated();
    let mut store = Box::new(Store::<u64, ()>::new());
    handles.extend((0..10).map(|number| store.insert(number)));
    graph.link_in(&mut store, &handles);
    since(before)
}
