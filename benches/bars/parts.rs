//! Parts of a world: copied, taken out, moved in, beside a clone of as much.

use fastrand::Rng;
use understory::{Config, Handle, Store, Subgraph};

use crate::measure::{Bar, Rounds, Scale, Table, in_turn, time};

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    let objects = scale.size(100_000);
    let name = "parts: duplicate a tree with two components, 10^5, over a clone";
    table.times(name.into(), Bar::Beside, || duplicated(scale, objects));
    let name = "parts: extract and merge a tree with two components, 10^5, over a clone";
    table.times(name.into(), Bar::Beside, || moved(scale, objects));
    let name = "parts: duplicate ten among 10^6, over inserting and linking them";
    table.times(name.into(), Bar::Beside, || {
        duplicated_small(scale, scale.size(1_000_000))
    });
}

#[derive(Clone, Copy)]
#[expect(dead_code, reason = "it is only copied")]
struct Position([f32; 3]);

#[derive(Clone, Copy)]
#[expect(dead_code, reason = "it is only copied")]
struct Health(u32);

/// A tree in which each object has a random parent among those before it.
fn tree(objects: u32) -> (Store<u64, u32>, Handle) {
    let mut rng = Rng::with_seed(1);
    let mut store: Store<u64, u32> = Store::with_config(Config::new());
    let top = store.insert(0);
    let mut handles = vec![top];
    for number in 1..objects {
        let parent = handles[rng.usize(0..handles.len())];
        let child = store.insert_linked(parent, number, number.into());
        handles.push(child.expect("there is room"));
    }
    for &handle in &handles {
        store.insert_component(handle, Position([0.0; 3])).ok();
        store.insert_component(handle, Health(7)).ok();
    }
    (store, top)
}

fn clones(
    scale: Scale,
    objects: u32,
    mut ours: impl FnMut(Store<u64, u32>, Handle) -> f64,
) -> Rounds {
    let (store, top) = tree(objects);
    let ours = |_| ours(store.clone(), top);
    let baseline = |_| {
        let mut copy = None;
        time(objects, || {
            copy = Some(store.clone());
        })
    };
    in_turn(scale.rounds(31), ours, baseline)
}

fn duplicated(scale: Scale, objects: u32) -> Rounds {
    clones(scale, objects, |store, top| {
        let mut store = store;
        let mut map = None;
        time(objects, || {
            map = Some(store.duplicate(&Subgraph::of([top])));
        })
    })
}

fn moved(scale: Scale, objects: u32) -> Rounds {
    clones(scale, objects, |store, top| {
        let mut store = store;
        let mut map = None;
        time(objects, || {
            let part = store.extract(&Subgraph::of([top])).expect("it is there");
            map = Some(store.merge(part.store));
        })
    })
}

fn duplicated_small(scale: Scale, objects: u32) -> Rounds {
    let (mut store, top) = tree(objects);
    let prefab = store.insert(0);
    for number in 1..10 {
        store
            .insert_linked(prefab, number, number.into())
            .expect("there is room");
    }
    let mut other = store.clone();
    let times = scale.size(1_000);
    let ours = |_| {
        let part = Subgraph::of([prefab]).owned_by(top, 0);
        time(times * 10, || {
            for _ in 0..times {
                store.duplicate(&part).expect("there is room");
            }
        })
    };
    let baseline = |_| {
        time(times * 10, || {
            for _ in 0..times {
                let copy = other.insert_linked(top, 0, 0).expect("there is room");
                for number in 1..10 {
                    other
                        .insert_linked(copy, number, number.into())
                        .expect("there is room");
                }
            }
        })
    };
    in_turn(scale.rounds(31), ours, baseline)
}
