//! Agents with four components each, that move, get hungry, eat and die: `cargo run --release --example agents`.
//!
//! What a system goes through by itself, or only some agents have, is a component. The figures are the same on every
//! machine, but for the time.

use std::time::Instant;

use understory::{Budget, Handle, Store, With, Without};

const AGENTS: u32 = 200_000;
const FRAMES: u32 = 60;
/// The world is a square, and goes on at the other side where it ends.
const SIZE: u32 = 1_000;

struct Agent {
    born: u32,
    meals: u32,
}

#[derive(Clone, Copy)]
struct Position([u32; 2]);
#[derive(Clone, Copy)]
struct Velocity([u32; 2]);
#[derive(Clone, Copy)]
struct Food(u32);
#[derive(Clone, Copy)]
struct Age(u32);
/// Few have it, and for a frame alone.
#[derive(Clone, Copy)]
struct Resting;

fn main() {
    let start = Instant::now();
    let mut world: Store<Agent> = Store::new();
    world.insert_batch((0..AGENTS).map(|number| agent(0, number)));

    let mut deaths = 0;
    for frame in 1..=FRAMES {
        travel(&world);
        eat(&mut world, frame);
        deaths += grow_old(&mut world);
        world.insert_batch((0..AGENTS / 400).map(|number| agent(frame, number)));
        world.step(Budget::units(10_000));
    }

    let meals: u64 = world.values().map(|agent| u64::from(agent.meals)).sum();
    let young = world.values().filter(|agent| agent.born > 0).count();
    let resting = world.query::<With<Resting>>().count();
    let at = |Position([x, y]): &Position| u64::from(x + y);
    let sum: u64 = world.query::<&Position>().iter().map(at).sum();
    println!(
        "{} agents, {young} of them born on the way, {deaths} died",
        world.len()
    );
    println!("{meals} meals, {resting} are resting");
    println!("the sum of all places is {sum}");
    println!("{FRAMES} frames in {:.0?}", start.elapsed());
}

/// The value of an agent, and its components.
fn agent(born: u32, number: u32) -> (Agent, (Position, Velocity, Food, Age)) {
    let at = |step: u32| number.wrapping_mul(step) % SIZE;
    let components = (
        Position([at(7), at(13)]),
        Velocity([at(17), at(29)]),
        Food(number % 20),
        Age(number % 90),
    );
    (Agent { born, meals: 0 }, components)
}

/// Components alone: `for_each` is the fastest way through them. Those that rest stay where they are.
fn travel(world: &Store<Agent>) {
    let mut moving = world.query::<(&mut Position, &Velocity, Without<Resting>)>();
    moving.for_each(|(Position(place), Velocity(by))| {
        *place = [(place[0] + by[0]) % SIZE, (place[1] + by[1]) % SIZE];
    });
}

/// Handle, value and components in one loop. Who has eaten rests for a while: components come and go by a column.
fn eat(world: &mut Store<Agent>, frame: u32) {
    let mut fed = Vec::new();
    for (handle, agent, food) in &mut world.query_values_mut::<&mut Food>() {
        if food.0 == 0 {
            agent.meals += 1;
            food.0 = 20 + frame % 3;
            fed.push(handle);
        } else {
            food.0 -= 1;
        }
    }
    let mut resting = world.column_mut::<Resting>();
    let rested: Vec<Handle> = resting.iter().map(|(handle, _)| handle).collect();
    for handle in rested {
        resting.remove(handle);
    }
    for handle in fed {
        resting.insert(handle, Resting).expect("it has just eaten");
    }
}

/// Deaths change the store, so they wait until the loop is over.
fn grow_old(world: &mut Store<Agent>) -> usize {
    let mut dead = Vec::new();
    for (handle, age) in world.query::<&mut Age>().iter_with_handles() {
        age.0 += 1;
        if age.0 > 100 {
            dead.push(handle);
        }
    }
    for &agent in &dead {
        world.unroot(agent).expect("it is met once");
    }
    dead.len()
}
