//! A walk over the objects that have two components, beside hecs.

use std::hint::black_box;

use hecs::World;
use understory::Store;

use crate::measure::{Bar, Rounds, Scale, Table, in_turn, time};

#[derive(Clone)]
struct Position([f32; 3]);

#[derive(Clone)]
struct Velocity([f32; 3]);

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    let objects = scale.size(100_000);
    table.times(
        "query, two components, 10^5, all".into(),
        Bar::Ratio(2.0),
        || query(scale, objects, 1),
    );
    table.times(
        "query, two components, 10^5, one in ten".into(),
        Bar::Ratio(2.0),
        || query(scale, objects, 10),
    );
}

/// Moves the objects that have a velocity: one in `every`.
fn query(scale: Scale, objects: u32, every: u32) -> Rounds {
    let mut store = Store::<()>::new();
    let mut world = World::new();
    for number in 0..objects {
        let position = Position([0.0; 3]);
        let velocity = Velocity([1.0, 2.0, 3.0]);
        let handle = store.insert(());
        store
            .insert_component(handle, position.clone())
            .expect("the object is alive");
        if number % every == 0 {
            store
                .insert_component(handle, velocity.clone())
                .expect("the object is alive");
            world.spawn((position, velocity));
        } else {
            world.spawn((position,));
        }
    }
    let moved = objects.div_ceil(every);
    let ours = |_| {
        time(moved, || {
            for (position, velocity) in &mut store.query::<(&mut Position, &Velocity)>() {
                advance(position, velocity);
            }
            black_box(&store);
        })
    };
    let baseline = |_| {
        time(moved, || {
            for (position, velocity) in world.query_mut::<(&mut Position, &Velocity)>() {
                advance(position, velocity);
            }
            black_box(&world);
        })
    };
    in_turn(scale.rounds(101), ours, baseline)
}

#[inline]
fn advance(position: &mut Position, velocity: &Velocity) {
    for (at, by) in position.0.iter_mut().zip(velocity.0) {
        *at += by * 0.01;
    }
}
