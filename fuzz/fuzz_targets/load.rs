//! Bytes that are read as a store: whatever is accepted holds together, and can be worked with.
//!
//! The first byte chooses the format, and whether the others are the save or say where one is changed.
#![no_main]

#[path = "../../tests/saves/formats.rs"]
mod formats;
#[path = "../../tests/saves/usage.rs"]
mod usage;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use understory::{Budget, Config, Handle, Registry, Store};

use formats::FORMATS;
use usage::use_it;

type World = Store<u64, u8>;

fn registry() -> Registry<u64, u8> {
    Registry::new()
        .component::<u32>("health")
        .finalizer("root", |world, this| {
            let _ = world.root(this);
        })
}

/// A store in which most things are in the middle of happening.
fn world() -> World {
    let config = Config::new()
        .thresholds([u32::MAX, 1, 1])
        .record_deaths(true);
    let mut world = World::with_config(config);
    let all: Vec<Handle> = (0..40).map(|number| world.insert(number)).collect();
    for (at, &handle) in all.iter().enumerate() {
        world.link(handle, 1, all[(at * 7 + 3) % 40]).unwrap();
        world.link_weak(handle, 2, all[at * 11 % 40]).unwrap();
        world.insert_component(handle, 5_u32).unwrap();
        world.watch(handle).unwrap();
    }
    for at in 0..30 {
        world.link(all[0], 3, all[at]).unwrap();
    }
    for handle in &all[5..] {
        world.unroot(*handle).unwrap();
    }
    let root = |world: &mut World, this| {
        let _ = world.root(this);
    };
    world.set_named_finalizer(all[9], "root", root).unwrap();
    world.destroy(all[30]);
    world.unlink_targets(all[0]).unwrap();
    world.step(Budget::units(60));
    world
}

static SAVES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let (registry, world) = (registry(), world());
    let saved = registry.save(&world).unwrap();
    FORMATS.iter().map(|format| format.write(&saved)).collect()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, bytes)) = bytes.split_first() else {
        return;
    };
    let at = usize::from(first) % FORMATS.len();
    let mut changed;
    let bytes = if first < 64 {
        bytes
    } else {
        changed = SAVES[at].clone();
        for change in bytes.chunks_exact(3) {
            let place = usize::from(change[0]) << 8 | usize::from(change[1]);
            let place = place % changed.len();
            changed[place] = change[2];
        }
        &changed
    };
    if let Ok(mut world) = FORMATS[at].read(&registry(), bytes) {
        use_it(&mut world);
    }
});
