//! A walk over the objects that have two components.

use std::hint::black_box;

use understory::Store;

use crate::callgrind::counted;

const OBJECTS: u32 = 10_000;
const WALKS: u32 = 10;

#[derive(Clone)]
struct Position([f32; 3]);

#[derive(Clone)]
struct Velocity([f32; 3]);

/// Moves all objects.
pub(crate) fn query() -> u64 {
    let mut store = Store::<()>::new();
    for _ in 0..OBJECTS {
        let handle = store.insert(());
        let position = store.insert_component(handle, Position([0.0; 3]));
        let velocity = store.insert_component(handle, Velocity([1.0, 2.0, 3.0]));
        assert!(position.is_ok() && velocity.is_ok(), "the object is alive");
    }
    counted(&mut || {
        for _ in 0..WALKS {
            for (position, velocity) in &mut store.query::<(&mut Position, &Velocity)>() {
                for (at, by) in position.0.iter_mut().zip(velocity.0) {
                    *at += by * 0.01;
                }
            }
            black_box(&store);
        }
    });
    (WALKS * OBJECTS).into()
}
