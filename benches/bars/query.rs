//! A walk over the objects that have two components, beside hecs.

use std::hint::black_box;

use hecs::World;
use understory::Store;

use crate::measure::{Bar, Rounds, Scale, Table, in_turn, time};

#[derive(Clone)]
struct Position([f32; 3]);

#[derive(Clone)]
struct Velocity([f32; 3]);

impl Position {
    const START: Self = Self([0.0; 3]);
}

impl Velocity {
    const ANY: Self = Self([1.0, 2.0, 3.0]);
}

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
    table.times(
        "query, one in ten, beside a loop over such blocks".into(),
        Bar::Beside,
        || by_hand(scale, objects, 10),
    );
}

/// Moves the objects that have a velocity: one in `every`.
fn query(scale: Scale, objects: u32, every: u32) -> Rounds {
    let mut store = filled(objects, every);
    let mut world = World::new();
    for number in 0..objects {
        if number % every == 0 {
            world.spawn((Position::START, Velocity::ANY));
        } else {
            world.spawn((Position::START,));
        }
    }
    let moved = objects.div_ceil(every);
    let baseline = |_| {
        time(moved, || {
            for (position, velocity) in world.query_mut::<(&mut Position, &Velocity)>() {
                advance(position, velocity);
            }
            black_box(&world);
        })
    };
    in_turn(scale.rounds(101), |_| of_store(&mut store, moved), baseline)
}

/// What the layout of columns allows: values of 64 objects together, without gaps, and a bit for each object
/// that has one.
fn by_hand(scale: Scale, objects: u32, every: u32) -> Rounds {
    let mut store = filled(objects, every);
    let mut blocks: Vec<(Vec<Position>, u64, Vec<Velocity>)> = Vec::new();
    for number in 0..objects {
        if number % 64 == 0 {
            blocks.push(Default::default());
        }
        let (positions, present, velocities) = blocks.last_mut().expect("it was pushed");
        positions.push(Position::START);
        if number % every == 0 {
            velocities.push(Velocity::ANY);
            *present |= 1 << (number % 64);
        }
    }
    let moved = objects.div_ceil(every);
    let baseline = |_| {
        time(moved, || {
            for (positions, present, velocities) in &mut blocks {
                let mut left = *present;
                for velocity in velocities {
                    advance(&mut positions[left.trailing_zeros() as usize], velocity);
                    left &= left - 1;
                }
            }
            black_box(&blocks);
        })
    };
    in_turn(scale.rounds(101), |_| of_store(&mut store, moved), baseline)
}

fn filled(objects: u32, every: u32) -> Store<()> {
    let mut store = Store::new();
    for number in 0..objects {
        let handle = store.insert(());
        let added = store.insert_component(handle, Position::START);
        added.expect("the object is alive");
        if number % every == 0 {
            let added = store.insert_component(handle, Velocity::ANY);
            added.expect("the object is alive");
        }
    }
    store
}

fn of_store(store: &mut Store<()>, moved: u32) -> f64 {
    time(moved, || {
        for (position, velocity) in &mut store.query::<(&mut Position, &Velocity)>() {
            advance(position, velocity);
        }
        black_box(&store);
    })
}

#[inline]
fn advance(position: &mut Position, velocity: &Velocity) {
    for (at, by) in position.0.iter_mut().zip(velocity.0) {
        *at += by * 0.01;
    }
}
