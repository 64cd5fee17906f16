//! Whatever happens between a snapshot and going back to it, all is as it was.

use oorandom::Rand32;
use understory::{Registry, Snapshot};

use crate::cases::cases;
use crate::determinism::script::{Memo, Run, World, configs};
use crate::saves::forever::{registry, run};
use crate::saves::formats::Format;

/// A state that the world can go back to, and what it was.
struct Kept {
    snapshot: Snapshot,
    memo: Memo,
    saved: Vec<u8>,
    /// A copy of all of it, which has no snapshots.
    twin: Run,
}

fn saved(registry: &Registry<u64, u8>, world: &World) -> Vec<u8> {
    Format::Postcard.write(&registry.save(world).unwrap())
}

/// What differs, in words.
fn assert_same(registry: &Registry<u64, u8>, world: &World, kept: &Kept, what: &str) {
    if saved(registry, world) == kept.saved {
        return;
    }
    let now = Format::Json.write(&registry.save(world).unwrap());
    let then = Format::Json.write(&registry.save(&kept.twin.world).unwrap());
    let [now, then] = [now, then].map(|json| String::from_utf8(json).unwrap());
    let lines = now.lines().zip(then.lines()).enumerate();
    let differing = lines.filter(|(_, (now, then))| now != then).take(12);
    panic!("{what}: {:#?}", differing.collect::<Vec<_>>());
}

fn pick(dice: &mut Rand32, kept: &[Kept]) -> usize {
    dice.rand_range(0..u32::try_from(kept.len()).unwrap()) as usize
}

#[test]
fn the_world_goes_back_to_any_state_again_and_again() {
    let registry = registry();
    let mut dice = Rand32::new(11);
    for (name, config) in configs() {
        let mut run = run(config);
        run.run(cases(2_000));
        let mut kept: Vec<Kept> = Vec::new();
        for at in 0..cases(400) {
            match dice.rand_range(0..10) {
                0..=2 if kept.len() < 8 => {
                    run.world.drain_notices().for_each(drop);
                    kept.push(Kept {
                        snapshot: run.world.snapshot().unwrap(),
                        memo: run.memo(),
                        saved: saved(&registry, &run.world),
                        twin: run.clone(),
                    });
                }
                3..=5 if !kept.is_empty() => {
                    let to = pick(&mut dice, &kept);
                    let kept = &kept[to];
                    run.world.restore(&kept.snapshot).unwrap();
                    run.recall(&kept.memo);
                    let what = format!("{name}, round {at}, to {to}");
                    run.world
                        .check_invariants()
                        .unwrap_or_else(|error| panic!("{what}: {error}"));
                    assert_same(&registry, &run.world, kept, &what);
                    let mut twin = kept.twin.clone();
                    run.run(60);
                    twin.run(60);
                    run.world
                        .check_invariants()
                        .unwrap_or_else(|error| panic!("{what}: {error}"));
                    assert_eq!(run.result(), twin.result(), "{what}");
                }
                6 if !kept.is_empty() => {
                    let at = pick(&mut dice, &kept);
                    kept.swap_remove(at);
                }
                _ => {
                    let operations = [1, 7, 40, 400][dice.rand_range(0..4) as usize];
                    run.run(operations);
                    if operations == 40 {
                        run.scope();
                        run.listen();
                    }
                }
            }
        }
    }
}

/// Postcard has no words for what is wrong with a save.
fn why_refused(registry: &Registry<u64, u8>, world: &World) -> String {
    let json = Format::Json.write(&registry.save(world).unwrap());
    Format::Json.read(registry, &json).err().unwrap_or_default()
}

#[test]
fn whatever_comes_in_between_a_long_script_ends_as_it_would() {
    let registry = registry();
    let (_, config) = configs().into_iter().next().unwrap();
    let mut plain = run(config);
    let mut disturbed = plain.clone();
    let operations = cases(100_000);
    plain.run(operations);
    let mut dice = Rand32::new(23);
    let mut left = operations;
    let mut used = World::default();
    while left > 0 {
        let next = dice.rand_range(1..2_000).min(left);
        disturbed.run(next);
        left -= next;
        match dice.rand_range(0..5) {
            0 => {
                // Into a store that was used.
                used.clone_from(&disturbed.world);
                std::mem::swap(&mut used, &mut disturbed.world);
            }
            1 => disturbed.world = disturbed.world.clone(),
            2 => {
                let saved = saved(&registry, &disturbed.world);
                let loaded = Format::Postcard.read(&registry, &saved);
                disturbed.world = loaded
                    .unwrap_or_else(|_| panic!("{}", why_refused(&registry, &disturbed.world)));
            }
            _ => {
                let before = disturbed.world.snapshot().unwrap();
                let memo = disturbed.memo();
                disturbed.run(dice.rand_range(0..300));
                disturbed.world.restore(&before).unwrap();
                disturbed.recall(&memo);
            }
        }
    }
    assert_eq!(disturbed.result(), plain.result());
}
