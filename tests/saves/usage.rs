//! What is done with a store that was read from anywhere.

use understory::{Budget, Handle, Store};

/// Does a bit of everything with a store.
pub(crate) fn use_it(world: &mut Store<u64, u8>) {
    world.check_invariants().unwrap();
    let all: Vec<Handle> = world.handles().take(12).collect();
    for &handle in &all {
        let new = world.try_insert(9);
        if let Ok(new) = new {
            let _ = world.link(new, 3, handle);
            let _ = world.link(handle, 4, new);
            let _ = world.unroot(new);
        }
        let _ = world.root(handle);
        let _ = world.unlink_sources(handle);
    }
    for units in [1, 3, 10, 50, 200] {
        world.step(Budget::units(units));
        world.check_invariants().unwrap();
    }
    for &handle in &all {
        let _ = world.unlink_targets(handle);
        while world
            .unroot(handle)
            .is_ok_and(|()| world.root_count(handle) < Some(50))
        {}
    }
    let _ = world.trace(Budget::units(1_000));
    world.check_invariants().unwrap();
    world.release_foreign_roots();
    world.collect();
    world.check_invariants().unwrap();
    world.shrink();
    let mut copy = world.clone();
    copy.clear();
    world.drain_notices().for_each(drop);
    world.drain_deaths().for_each(drop);
    for number in 0..50 {
        let _ = world.try_insert(number);
    }
    world.check_invariants().unwrap();
}
