//! Garbage in cycles: traced, collected, collected in slices.

use fastrand::Rng;
use understory::{Auto, Budget, Config, Cycles, Handle, Store};

use crate::callgrind::counted;
use crate::common::{self, Graph};

/// Objects beside which rings come and go.
const BESIDE: u32 = 10_000;
const RINGS: usize = 2_000;
/// Objects of a ring.
const RING: u64 = 8;
/// Objects of a collection.
const OBJECTS: u32 = 100_000;
const DEGREE: u32 = 3;
/// Units of a slice.
const SLICE: u64 = 10_000;

fn graph(objects: u32) -> Graph {
    Graph::connected(&mut Rng::with_seed(1), objects, DEGREE)
}

/// A ring grows at an object, is cut off, and is traced.
pub(crate) fn ring() -> u64 {
    let (mut store, handles) = common::one_rooted(&graph(BESIDE));
    let mut rng = Rng::with_seed(2);
    assert!(store.step(Budget::unlimited()).is_idle());
    let parents: Vec<Handle> = (0..RINGS)
        .map(|_| handles[rng.usize(0..handles.len())])
        .collect();
    let mut work = || {
        for &parent in &parents {
            cut_off_ring(&mut store, parent);
            store.step(Budget::unlimited());
        }
    };
    work();
    counted(&mut work);
    assert_eq!(store.len(), handles.len());
    RINGS as u64
}

fn cut_off_ring(store: &mut Store<u64>, parent: Handle) {
    let mut grow = |from, number| {
        store
            .insert_linked(from, (), number)
            .expect("what it grows from is alive")
    };
    let first = grow(parent, 0);
    let last = (1..RING).fold(first, grow);
    store.link(last, (), first).expect("both are alive");
    store.unlink(parent, first).expect("the edge is there");
}

/// A collection that finds no garbage.
pub(crate) fn alive() -> u64 {
    let (mut store, _) = common::one_rooted(&graph(OBJECTS));
    store.collect();
    counted(&mut || {
        assert_eq!(store.collect().kept, OBJECTS as usize);
    });
    OBJECTS.into()
}

/// A collection that finds nothing else.
pub(crate) fn garbage() -> u64 {
    let (mut store, handles) = common::one_rooted(&graph(OBJECTS));
    store.collect();
    store.unroot(handles[0]).expect("it was left its root");
    counted(&mut || {
        assert_eq!(store.collect().freed, OBJECTS as usize);
    });
    OBJECTS.into()
}

/// Collections in slices, one of the young and one of all; returns the units.
pub(crate) fn step() -> u64 {
    let config = Config::new().auto(Auto::Off).cycles(Cycles::Manual);
    let mut store = Store::<u64>::with_config(config);
    let handles: Vec<Handle> = (0..OBJECTS)
        .map(|number| store.insert(number.into()))
        .collect();
    graph(OBJECTS).link_in(&mut store, &handles);
    for &handle in &handles[1..] {
        store
            .unroot(handle)
            .expect("it has the root of its insertion");
    }
    let mut units = 0;
    counted(&mut || {
        loop {
            let step = store.step(Budget::units(SLICE));
            units += step.units;
            if step.is_idle() {
                break;
            }
        }
    });
    assert_eq!(store.len(), handles.len());
    units
}
