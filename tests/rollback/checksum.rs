//! A checksum that was kept up to date is that of all there is, whatever has happened.

use std::collections::BTreeMap;
use std::hash::Hasher;

use oorandom::Rand32;
use understory::{Checksum, Difference, Digest, Store};

use crate::cases::cases;
use crate::determinism::script::{Health, Run, configs};

fn checksum() -> Checksum<u64, u8> {
    Checksum::new().component::<Health>(|health, digest| digest.write_u32(health.0))
}

#[test]
fn what_was_kept_up_to_date_is_what_is_summed_anew() {
    let mut dice = Rand32::new(3);
    for (name, config) in configs() {
        let mut run = Run::new(config);
        run.run(cases(1_000));
        let mut kept = checksum();
        let mut states = Vec::new();
        let mut sums = BTreeMap::new();
        for round in 0..cases(150) {
            run.run([1, 10, 100][dice.rand_range(0..3) as usize]);
            if dice.rand_range(0..6) == 0 {
                states.push((run.world.snapshot().unwrap(), run.memo(), round));
            }
            let sum = kept.update(&mut run.world).unwrap();
            let anew = checksum().update(&mut run.world).unwrap();
            assert_eq!(sum, anew, "{name}, round {round}");
            if let Some((_, _, taken)) = states.last() {
                sums.entry(*taken).or_insert(sum);
            }
            if states.len() > 3 && dice.rand_range(0..3) == 0 {
                let at = dice.rand_range(0..4) as usize;
                let (snapshot, memo, taken) = &states[states.len() - 4 + at];
                run.world.restore(snapshot).unwrap();
                run.recall(memo);
                if sums.contains_key(taken) {
                    assert_eq!(
                        kept.update(&mut run.world).unwrap(),
                        sums[taken],
                        "{name}, back to round {taken}"
                    );
                }
                states.truncate(states.len() - 3 + at);
            }
        }
    }
}

#[test]
fn a_checksum_is_the_same_on_every_target() {
    let mut run = Run::new(understory::Config::new());
    run.run(2_000);
    assert_eq!(checksum().update(&mut run.world).unwrap(), SUM);
}

/// Of the script's first 2,000 operations.
const SUM: u64 = 11_375_432_691_339_718_191;

type Change = fn(&mut Store<u64, u8>, understory::Handle, understory::Handle);

#[test]
fn each_part_of_an_object_counts() {
    let mut world: Store<u64, u8> = Store::new();
    let [a, b] = [1, 2].map(|value| world.insert(value));
    world.link(a, 7, b).unwrap();
    world.link_weak(a, 8, b).unwrap();
    world.insert_component(a, Health(3)).unwrap();
    let changes: [(Change, Difference); 6] = [
        (|world, a, _| world[a] = 9, Difference::Value),
        (
            |world, a, b| *world.label_mut(a, b).unwrap() = 9,
            Difference::Edges,
        ),
        (
            |world, a, b| *world.weak_label_mut(a, b).unwrap() = 9,
            Difference::WeakEdges,
        ),
        (|world, a, _| world.root(a).unwrap(), Difference::Roots),
        (
            |world, a, _| world.component_mut::<Health>(a).unwrap().0 = 9,
            Difference::Component(std::any::type_name::<Health>()),
        ),
        (
            |world, a, b| world.unlink(a, b).map(drop).unwrap(),
            Difference::Edges,
        ),
    ];
    let mut sums = vec![checksum().update(&mut world.clone()).unwrap()];
    for (change, what) in changes {
        let mut other = world.clone();
        change(&mut other, a, b);
        assert_eq!(checksum().diff(&world, &other), [(a, what)]);
        sums.push(checksum().update(&mut other).unwrap());
    }
    let mut other = world.clone();
    let c = other.insert(5);
    assert_eq!(
        checksum().diff(&world, &other),
        [(c, Difference::OnlySecond)]
    );
    assert_eq!(
        checksum().diff(&other, &world),
        [(c, Difference::OnlyFirst)]
    );
    sums.push(checksum().update(&mut other).unwrap());
    sums.sort_unstable();
    sums.dedup();
    assert_eq!(sums.len(), 8);
}

#[test]
fn a_digest_tells_order_and_ends_of_what_is_added() {
    let digest = |parts: &[&[u8]]| {
        let mut digest = Digest::default();
        for part in parts {
            digest.write(part);
        }
        digest.finish()
    };
    let all = [
        digest(&[]),
        digest(&[b""]),
        digest(&[b"a", b"b"]),
        digest(&[b"b", b"a"]),
        digest(&[b"ab"]),
        digest(&[b"ab\0"]),
        digest(&[b"abcdefgh", b"i"]),
        digest(&[b"abcdefghi"]),
    ];
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), all.len());
}
