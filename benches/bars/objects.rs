//! Reading objects: at random and in order, beside one flat slotmap.

use std::hint::black_box;

use fastrand::Rng;
use slotmap::{DefaultKey, Key, KeyData, SlotMap};
use understory::{Handle, Store};

use crate::common::{self, Payload};
use crate::measure::{Bar, Rounds, Scale, Table, in_turn, time};

const READS: u32 = 1 << 20;

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    for power in 4..=7 {
        let objects = scale.size(10_u32.pow(power));
        get::<u64>(scale, table, power, objects);
        get::<[u64; 4]>(scale, table, power, objects);
    }
    let objects = scale.size(1_000_000);
    iterate::<u64>(scale, table, objects);
    iterate::<[u64; 4]>(scale, table, objects);
}

/// The same objects on both sides, and the keys of each in the order of insertion.
struct Pair<T> {
    store: Store<T>,
    handles: Vec<Handle>,
    map: SlotMap<DefaultKey, T>,
    keys: Vec<DefaultKey>,
}

fn pair<T: Payload>(objects: u32) -> Pair<T> {
    let (store, handles) = common::filled(objects);
    let mut map = SlotMap::new();
    let keys = (0..objects)
        .map(|number| map.insert(T::of(number.into())))
        .collect();
    Pair {
        store,
        handles,
        map,
        keys,
    }
}

fn get<T: Payload>(scale: Scale, table: &mut Table, power: u32, objects: u32) {
    let name = |how: &str| format!("get at random, {how}, 10^{power}, {}", T::NAME);
    let [free, chained] = [name("independent"), name("dependent")];
    if table.skips(&free) && table.skips(&chained) {
        return;
    }
    let mut pair = pair::<T>(objects);
    let mut rng = Rng::with_seed(1);
    let reads = scale.size(READS.max(objects / 4));
    table.times(free, Bar::Ratio(1.3), || {
        independent(scale, &pair, &mut rng, reads)
    });
    table.times(chained, Bar::Beside, || {
        dependent(scale, &mut pair, &mut rng, scale.size(READS))
    });
}

/// Reads that do not wait for each other.
fn independent<T: Payload>(scale: Scale, pair: &Pair<T>, rng: &mut Rng, reads: u32) -> Rounds {
    let picks: Vec<usize> = (0..reads).map(|_| rng.usize(0..pair.keys.len())).collect();
    let handles: Vec<Handle> = picks.iter().map(|&at| pair.handles[at]).collect();
    let keys: Vec<DefaultKey> = picks.iter().map(|&at| pair.keys[at]).collect();
    let ours = |_| {
        time(reads, || {
            let value = |&handle| pair.store.get(handle).map_or(0, T::number);
            handles.iter().map(value).fold(0, u64::wrapping_add)
        })
    };
    let baseline = |_| {
        time(reads, || {
            let value = |&key| pair.map.get(key).map_or(0, T::number);
            keys.iter().map(value).fold(0, u64::wrapping_add)
        })
    };
    in_turn(scale.rounds(9), ours, baseline)
}

/// Reads that each need what the one before found: every object names the next of a random ring.
fn dependent<T: Payload>(scale: Scale, pair: &mut Pair<T>, rng: &mut Rng, reads: u32) -> Rounds {
    let mut ring: Vec<usize> = (0..pair.keys.len()).collect();
    rng.shuffle(&mut ring);
    for (&at, &next) in ring.iter().zip(ring.iter().skip(1).chain(&ring[..1])) {
        pair.store[pair.handles[at]] = T::of(pair.handles[next].to_bits());
        pair.map[pair.keys[at]] = T::of(pair.keys[next].data().as_ffi());
    }
    let Pair {
        store,
        handles,
        map,
        keys,
    } = pair;
    let mut handle = handles[0];
    let mut key = keys[0];
    let ours = |_| {
        time(reads, || {
            for _ in 0..reads {
                let next = store.get(handle).map_or(0, T::number);
                handle = KeyData::from_ffi(next).into();
            }
            handle
        })
    };
    let baseline = |_| {
        time(reads, || {
            for _ in 0..reads {
                let next = map.get(key).map_or(0, T::number);
                key = KeyData::from_ffi(next).into();
            }
            key
        })
    };
    in_turn(scale.rounds(7), ours, baseline)
}

fn iterate<T: Payload>(scale: Scale, table: &mut Table, objects: u32) {
    let name = format!("iterate over values, 10^6, {}", T::NAME);
    table.times(name, Bar::Ratio(1.25), || {
        let Pair { store, map, .. } = pair::<T>(objects);
        let ours = |_| {
            time(objects, || {
                let mut sum = 0_u64;
                for value in black_box(&store).values() {
                    sum = sum.wrapping_add(value.number());
                }
                sum
            })
        };
        let baseline = |_| {
            time(objects, || {
                let mut sum = 0_u64;
                for value in black_box(&map).values() {
                    sum = sum.wrapping_add(value.number());
                }
                sum
            })
        };
        in_turn(scale.rounds(31), ours, baseline)
    });
}
