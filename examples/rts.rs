//! Two squads that fight: who owns whom, who aims at whom, and a kill feed from the record of deaths.
//!
//! `cargo run --release --example rts`

use std::error::Error;

use fastrand::Rng;
use understory::{Budget, Cause, Config, Handle, Parts, Recording, Store};

/// What edges mean.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Link {
    /// From the battle to its squads, from a squad to its units, from a unit to what it carries.
    Has,
    /// From a unit to its squad, which it owns too: a disbanded squad is there as long as it has units.
    Follows,
    /// From a unit to its enemy. A weak edge: it keeps nobody alive, and is gone when the enemy is.
    AimsAt,
}
use Link::{AimsAt, Follows, Has};

enum Entity {
    Battle,
    Squad { name: &'static str },
    Unit { name: String, health: u32 },
    Banner { of: &'static str },
}
use Entity::{Banner, Battle, Squad, Unit};

type World = Store<Entity, Link>;
type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    // Deaths and collections wait for `step`, so no other call takes long.
    let mut world: World = Store::with_config(Config::game());
    world.record_deaths(Recording::all());
    let mut dice = Rng::with_seed(7);

    let battle = world.insert(Battle); // the only root: all else is owned by an object
    let red = muster(&mut world, battle, "red")?;
    let blue = muster(&mut world, battle, "blue")?;

    for frame in 1..=8 {
        aim(&mut world, &mut dice, red, blue)?;
        aim(&mut world, &mut dice, blue, red)?;
        shoot(&mut world, &mut dice);
        bury(&mut world);
        if frame == 8 {
            // Blue gives up. The squad and its units still own each other, but nothing else owns them.
            world.unlink(battle, blue)?;
        }
        world.step(Budget::units(2_000)); // all that is due, as far as the budget goes
        report(&mut world, frame);
    }
    assert!(!world.contains(blue));
    println!("red wins with {} units", world.list(red, &Has).len());
    Ok(())
}

/// A squad and its units, which know each other. The first one carries the banner.
fn muster(world: &mut World, battle: Handle, name: &'static str) -> Outcome<Handle> {
    let squad = world.insert_linked(battle, Has, Squad { name })?;
    for number in 1..=4 {
        let (name, health) = (format!("{name} {number}"), 10);
        let unit = world.insert_linked(squad, Has, Unit { name, health })?;
        world.link(unit, Follows, squad)?;
    }
    let first = world.target(squad, &Has).ok_or("the squad is empty")?;
    world.insert_linked(first, Has, Banner { of: name })?;
    Ok(squad)
}

/// Who has no enemy picks one. There is nothing to clear when an enemy dies: the edge is gone then.
fn aim(world: &mut World, dice: &mut Rng, squad: Handle, enemies: Handle) -> Outcome<()> {
    let enemies: Vec<Handle> = world.list(enemies, &Has).iter().collect();
    let units: Vec<Handle> = world.list(squad, &Has).iter().collect();
    for unit in units {
        let is_idle = world.weak_edges().target(unit, &AimsAt).is_none();
        if let (true, Some(&enemy)) = (is_idle, dice.choice(&enemies)) {
            world.set_weak(unit, AimsAt, enemy)?;
        }
    }
    Ok(())
}

/// Each unit hurts the one that it aims at: edges to read, and values to write, side by side.
fn shoot(world: &mut World, dice: &mut Rng) {
    let units: Vec<Handle> = world.handles().collect();
    let Parts {
        edges, mut values, ..
    } = world.split_mut();
    for unit in units {
        let enemy = edges.weak().target(unit, &AimsAt);
        if let Some(Unit { health, .. }) = enemy.and_then(|enemy| values.get_mut(enemy)) {
            *health = health.saturating_sub(dice.u32(0..4));
        }
    }
}

/// The rules say who dies: a unit without health, whoever owns it.
fn bury(world: &mut World) {
    let is_slain = |entity: &Entity| matches!(entity, Unit { health: 0, .. });
    let slain = world.iter().filter(|(_, entity)| is_slain(entity));
    let slain: Vec<Handle> = slain.map(|(handle, _)| handle).collect();
    for unit in slain {
        world.destroy(unit); // and what it alone owned follows
    }
}

/// The kill feed: who has died since the last frame, and of what.
fn report(world: &mut World, frame: u32) {
    for death in world.drain_deaths() {
        match (death.value, death.cause) {
            (Unit { name, .. }, Cause::Destroyed) => println!("{frame}: {name} was slain"),
            (Unit { name, .. }, _) => println!("{frame}: {name} went home"),
            (Banner { of }, Cause::OwnerDestroyed) => println!("{frame}: {of} lost its banner"),
            (Banner { of }, _) => println!("{frame}: the banner of {of} was furled"),
            (Squad { name }, _) => println!("{frame}: the squad {name} is no more"),
            (Battle, _) => {}
        }
    }
}
