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
    for (share, every, bar) in [
        ("all", 1, 1.6),
        ("one in three", 3, 2.5),
        ("one in ten", 10, 2.5),
        ("one in a hundred", 100, 2.5),
    ] {
        let name = format!("query, two components, 10^5, {share}");
        table.times(name, Bar::Ratio(bar), || query(scale, objects, every, each));
        let name = format!("query in a for loop, 10^5, {share}");
        table.times(name, Bar::Beside, || query(scale, objects, every, by_loop));
        let name = format!("query over a group, 10^5, {share}");
        table.times(name, Bar::Beside, || group(scale, objects, every));
    }
}

/// Moves the objects that have a velocity: one in `every`.
fn query(scale: Scale, objects: u32, every: u32, ours: fn(&mut Store<()>)) -> Rounds {
    beside(
        scale,
        objects,
        every,
        &mut filled(Store::new(), objects, every),
        ours,
    )
}

/// The same where both components are kept together.
fn group(scale: Scale, objects: u32, every: u32) -> Rounds {
    let mut store = Store::new();
    let group = store.group::<(Position, Velocity)>();
    group.expect("there is no other group");
    beside(
        scale,
        objects,
        every,
        &mut filled(store, objects, every),
        each,
    )
}

fn beside(
    scale: Scale,
    objects: u32,
    every: u32,
    store: &mut Store<()>,
    ours: fn(&mut Store<()>),
) -> Rounds {
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
    let ours = |_| {
        time(moved, || {
            ours(store);
            black_box(&store);
        })
    };
    in_turn(scale.rounds(101), ours, baseline)
}

fn filled(mut store: Store<()>, objects: u32, every: u32) -> Store<()> {
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

fn each(store: &mut Store<()>) {
    let mut query = store.query::<(&mut Position, &Velocity)>();
    query.for_each(|(position, velocity)| advance(position, velocity));
}

fn by_loop(store: &mut Store<()>) {
    for (position, velocity) in &mut store.query::<(&mut Position, &Velocity)>() {
        advance(position, velocity);
    }
}

#[inline]
fn advance(position: &mut Position, velocity: &Velocity) {
    for (at, by) in position.0.iter_mut().zip(velocity.0) {
        *at += by * 0.01;
    }
}
