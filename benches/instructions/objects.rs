//! Objects: their birth, access to them, their death.

use std::hint::black_box;

use fastrand::Rng;
use understory::{Auto, Config, Handle, Store};

use crate::callgrind::counted;
use crate::common::{self, Payload};

const LIVE: u32 = 10_000;
const TURNS: u32 = 20_000;
const READS: usize = 100_000;
const TREES: usize = 8;
/// Objects of a tree.
const TREE: usize = 1 << 12;

/// A store in which no collection is due.
fn settled() -> (Store<u64>, Vec<Handle>) {
    let (mut store, handles) = common::filled(LIVE);
    store.collect();
    (store, handles)
}

/// A leaf that a root holds is born and dies.
pub(crate) fn insert_unroot() -> u64 {
    let (mut store, _) = settled();
    come_and_go(&mut store)
}

fn come_and_go(store: &mut Store<u64>) -> u64 {
    let mut work = || {
        for number in 0..TURNS {
            let leaf = store.insert(number.into());
            store
                .unroot(leaf)
                .expect("it has the root of its insertion");
        }
    };
    work();
    counted(&mut work);
    TURNS.into()
}

#[derive(Clone)]
struct Typed<const TYPE: u8>;

macro_rules! give {
    ($store:ident, $handle:ident, $($kind:literal)*) => {
        $(
            let given = $store.insert_component($handle, Typed::<$kind>);
            assert!(given.is_ok(), "the object is alive");
        )*
    };
}

/// The same in a store that has components of 64 types, none of which the leaf has.
pub(crate) fn insert_unroot_typed() -> u64 {
    let (mut store, handles) = settled();
    let owner = handles[0];
    give!(store, owner, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    give!(store, owner, 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
    give!(store, owner, 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47);
    give!(store, owner, 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63);
    come_and_go(&mut store)
}

/// A leaf that a parent holds is born and dies.
pub(crate) fn insert_linked_unlink() -> u64 {
    let (mut store, handles) = settled();
    let mut work = || {
        for (number, &parent) in (0..TURNS).zip(handles.iter().cycle()) {
            let leaf = store
                .insert_linked(parent, (), number.into())
                .expect("the parent is alive");
            store.unlink(parent, leaf).expect("the edge is there");
        }
    };
    work();
    counted(&mut work);
    TURNS.into()
}

/// Values of random objects.
pub(crate) fn get() -> u64 {
    let (store, handles) = settled();
    let mut rng = Rng::with_seed(1);
    let picks: Vec<Handle> = (0..READS)
        .map(|_| handles[rng.usize(0..handles.len())])
        .collect();
    counted(&mut || {
        let value = |&handle| store.get(handle).map_or(0, Payload::number);
        black_box(picks.iter().map(value).fold(0, u64::wrapping_add));
    });
    READS as u64
}

/// Binary trees die from their roots down.
pub(crate) fn tree_death() -> u64 {
    let mut store = Store::with_config(Config::new().auto(Auto::Off));
    for handle in trees(&mut store) {
        store
            .unroot(handle)
            .expect("it has the root of its insertion");
    }
    let tops = trees(&mut store);
    assert_eq!(store.len(), TREES * TREE);
    counted(&mut || {
        for &top in &tops {
            store.unroot(top).expect("it has the root of its insertion");
        }
    });
    assert!(store.is_empty());
    (TREES * TREE) as u64
}

fn trees(store: &mut Store<u64>) -> [Handle; TREES] {
    [(); TREES].map(|()| {
        let mut tree = vec![store.insert(0)];
        for at in 1..TREE {
            let child = store.insert_linked(tree[(at - 1) / 2], (), 0);
            tree.push(child.expect("the parent is alive"));
        }
        tree[0]
    })
}
