//! The same calls on a loaded copy give the same handles, deaths, notices and order.

use oorandom::Rand32;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use understory::Registry;

use super::formats::{FORMATS, Format};
use crate::cases::cases;
use crate::determinism::script::{FINALIZERS, Health, Run, World, configs};

const NAMES: [&str; 5] = ["nothing", "root", "unlink", "destroy", "breed"];

impl Serialize for Health {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Health {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer).map(Self)
    }
}

pub(crate) fn registry() -> Registry<u64, u8> {
    let named = NAMES.into_iter().zip(FINALIZERS);
    let registry = named.fold(Registry::new(), |registry, (name, finalizer)| {
        registry.finalizer(name, finalizer)
    });
    registry.component::<Health>("health")
}

pub(crate) fn run(config: understory::Config) -> Run {
    let mut run = Run::new(config);
    run.finalize = |world, handle, which| {
        let _ = world.set_named_finalizer(handle, NAMES[which], FINALIZERS[which]);
    };
    run
}

fn copy(registry: &Registry<u64, u8>, world: &World, format: Format) -> World {
    let saved = format.write(&registry.save(world).unwrap());
    let copy = format.read(registry, &saved).unwrap();
    copy.check_invariants().unwrap();
    // What a copy saves is the same.
    assert!(
        saved == format.write(&registry.save(&copy).unwrap()),
        "{format:?}"
    );
    copy
}

#[test]
fn a_loaded_copy_goes_on_as_the_original_does() {
    let registry = registry();
    let mut dice = Rand32::new(5);
    for (name, config) in configs() {
        let mut run = run(config);
        // It is saved and loaded again and again.
        let mut saved = run.clone();
        run.run(cases(400));
        saved.run(cases(400));
        for at in 0..cases(120) {
            let format = FORMATS[dice.rand_range(0..5) as usize];
            saved.world = copy(&registry, &saved.world, format);
            let mut fresh = run.clone();
            fresh.world = copy(&registry, &run.world, format);
            let operations = [1, 7, 40][dice.rand_range(0..3) as usize];
            for run in [&mut run, &mut saved, &mut fresh] {
                run.run(operations);
                if at % 2 == 0 {
                    run.scope();
                    run.listen();
                }
            }
            assert_eq!(
                fresh.result(),
                run.result(),
                "{name}, copy {at}, {format:?}"
            );
            assert_eq!(saved.result(), run.result(), "{name}, copies up to {at}");
        }
    }
}

#[test]
fn a_large_copy_goes_on_as_the_original_does() {
    let registry = registry();
    for ((name, config), format) in configs().into_iter().zip(FORMATS) {
        let mut run = run(config);
        run.run(cases(30_000));
        for part in 0..3 {
            let mut fresh = run.clone();
            fresh.world = copy(&registry, &run.world, format);
            fresh.run(cases(6_000));
            run.run(cases(6_000));
            assert_eq!(
                fresh.result(),
                run.result(),
                "{name}, part {part}, {format:?}"
            );
        }
    }
}
