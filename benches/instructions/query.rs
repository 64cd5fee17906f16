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

impl Position {
    fn advance(&mut self, velocity: &Velocity) {
        for (at, by) in self.0.iter_mut().zip(velocity.0) {
            *at += by * 0.01;
        }
    }
}

/// Objects that all have a position, and of which one in so many has a velocity.
fn fill(store: &mut Store<()>, one_in: u32) {
    for number in 0..OBJECTS {
        let handle = store.insert(());
        let position = store.insert_component(handle, Position([0.0; 3]));
        assert!(position.is_ok(), "the object is alive");
        if number % one_in == 0 {
            let velocity = store.insert_component(handle, Velocity([1.0, 2.0, 3.0]));
            assert!(velocity.is_ok(), "the object is alive");
        }
    }
}

/// Moves all objects, in a `for` loop.
pub(crate) fn query() -> u64 {
    let mut store: Store<()> = Store::new();
    fill(&mut store, 1);
    counted(&mut || {
        for _ in 0..WALKS {
            for (position, velocity) in &mut store.query::<(&mut Position, &Velocity)>() {
                position.advance(velocity);
            }
            black_box(&store);
        }
    });
    (WALKS * OBJECTS).into()
}

/// Moves one object in ten.
pub(crate) fn query_tenth() -> u64 {
    moved(Store::new())
}

/// Moves one object in ten, where positions and velocities are a group.
pub(crate) fn query_group() -> u64 {
    let mut store = Store::new();
    let group = store.group::<(Position, Velocity)>();
    group.expect("there is no other group");
    moved(store)
}

fn moved(mut store: Store<()>) -> u64 {
    fill(&mut store, 10);
    counted(&mut || {
        for _ in 0..WALKS {
            let mut query = store.query::<(&mut Position, &Velocity)>();
            query.for_each(|(position, velocity)| position.advance(velocity));
            drop(query);
            black_box(&store);
        }
    });
    (WALKS * OBJECTS / 10).into()
}

/// Changes the values of one object in ten, as one of its components says.
pub(crate) fn query_values() -> u64 {
    let mut store: Store<u64> = Store::new();
    for number in 0..OBJECTS {
        let handle = store.insert(0);
        if number % 10 == 0 {
            let velocity = store.insert_component(handle, Velocity([1.0, 2.0, 3.0]));
            assert!(velocity.is_ok(), "the object is alive");
        }
    }
    counted(&mut || {
        for _ in 0..WALKS {
            let mut query = store.query_values_mut::<&Velocity>();
            query.for_each(|(_, value, velocity)| *value += u64::from(velocity.0[0] > 0.5));
            drop(query);
            black_box(&store);
        }
    });
    (WALKS * OBJECTS / 10).into()
}
