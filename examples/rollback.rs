//! Rollback, as a game in lockstep does it: the world runs frame after frame and keeps the last of them; once in a
//! second what the other player did arrives eight frames late, so it goes back, and plays these frames again. A
//! world that knew everything in time ends with the same checksum.
//!
//! `cargo run --release --example rollback --features rollback`

use std::collections::VecDeque;
use std::error::Error;
use std::hash::Hasher;

use cpu_time::ThreadTime;
use oorandom::Rand32;
use understory::{Budget, Checksum, Config, Handle, Snapshot, Store};

const FRAMES: u32 = 600;
/// Frames of a second.
const SECOND: u32 = 60;
/// Frames that are kept.
const KEPT: u32 = 8;
/// What a frame may take.
const MILLISECONDS: f64 = 1_000.0 / 60.0;
const SQUADS: u32 = 200;
const UNITS: u8 = 40;

#[derive(Clone, Hash)]
enum Thing {
    Field,
    Squad,
    Unit { health: i32 },
}
use Thing::{Field, Squad, Unit};

/// A squad holds its units, and each of them its squad: once a squad has left the field, they are garbage.
#[derive(Clone, Copy, Hash, PartialEq)]
enum Link {
    Squads,
    Member,
    Of,
    Target,
}

#[derive(Clone)]
struct Position(f32, f32);

type World = Store<Thing, Link>;

/// All that frames need is in the store. The handle is that of an object that is always there.
struct Game {
    world: World,
    field: Handle,
}

/// What a player does in a frame: what the orders are follows from a number.
type Input = u64;

fn input(frame: u32, player: u32) -> Input {
    u64::from(frame + 1) << 8 | u64::from(player)
}

/// What is taken for granted until the input arrives.
const PREDICTED: Input = 0;

impl Game {
    fn new() -> Result<Self, Box<dyn Error>> {
        let mut world = World::with_config(Config::lockstep());
        let field = world.insert(Field);
        let mut game = Self { world, field };
        for _ in 0..SQUADS {
            game.recruit()?;
        }
        Ok(game)
    }

    fn recruit(&mut self) -> Result<(), Box<dyn Error>> {
        let world = &mut self.world;
        let squad = world.insert_linked(self.field, Link::Squads, Squad)?;
        for number in 0..UNITS {
            let unit = world.insert_linked(squad, Link::Member, Unit { health: 100 })?;
            world.link(unit, Link::Of, squad)?;
            let position = Position(number.into(), 0.0);
            world.insert_component(unit, position).ok();
        }
        Ok(())
    }

    fn any_unit(&self, dice: &mut Rand32) -> Option<Handle> {
        let mut any = |of, label| {
            let list = self.world.list(of, label);
            list.get(dice.rand_u32() as usize % list.len().max(1))
        };
        let squad = any(self.field, &Link::Squads)?;
        any(squad, &Link::Member)
    }

    fn play(&mut self, inputs: [Input; 2]) -> Result<(), Box<dyn Error>> {
        for input in inputs.into_iter().filter(|&input| input != PREDICTED) {
            let mut dice = Rand32::new(input);
            for _ in 0..40 {
                self.order(&mut dice)?;
            }
            if dice.rand_range(0..10) == 0 {
                self.replace_squad(&mut dice)?;
            }
        }
        self.world.step(Budget::units(5_000));
        Ok(())
    }

    /// A unit walks, aims at another one, and shoots.
    fn order(&mut self, dice: &mut Rand32) -> Result<(), Box<dyn Error>> {
        let (Some(unit), Some(target)) = (self.any_unit(dice), self.any_unit(dice)) else {
            return Ok(());
        };
        let world = &mut self.world;
        if let Some(position) = world.component_mut::<Position>(unit) {
            position.0 += dice.rand_float();
            position.1 += dice.rand_float();
        }
        world.set_weak(unit, Link::Target, target)?;
        let Unit { health } = &mut world[target] else {
            return Ok(());
        };
        *health -= 40;
        if *health <= 0 {
            if let Some(squad) = world.target(target, &Link::Of) {
                world.unlink(squad, target)?; // nothing else owns it: it dies here
            }
        }
        Ok(())
    }

    fn replace_squad(&mut self, dice: &mut Rand32) -> Result<(), Box<dyn Error>> {
        let squads = self.world.list(self.field, &Link::Squads).len();
        let at = dice.rand_u32() as usize % squads;
        self.world.list_mut(self.field, &Link::Squads).remove(at);
        self.recruit()
    }
}

/// A frame that the game can go back to.
struct Kept {
    before: Snapshot,
    inputs: [Input; 2],
}

/// Milliseconds of this thread that something takes.
fn milliseconds<R>(work: impl FnOnce() -> R) -> (f64, R) {
    let start = ThreadTime::now();
    let result = work();
    (start.elapsed().as_secs_f64() * 1e3, result)
}

/// Plays all frames, and returns what snapshots and going back took in each of them.
fn run(game: &mut Game, checksum: &mut Checksum<Thing, Link>) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut kept: VecDeque<Kept> = VecDeque::new();
    let mut costs = Vec::new();
    for frame in 0..FRAMES {
        // In the last frames of a second, the other player's input is late.
        let late = frame % SECOND >= SECOND - KEPT;
        let theirs = if late { PREDICTED } else { input(frame, 1) };
        let inputs = [input(frame, 0), theirs];
        if kept.len() == KEPT as usize {
            kept.pop_front();
        }
        let (mut cost, before) = milliseconds(|| game.world.snapshot());
        kept.push_back(Kept {
            before: before?,
            inputs,
        });
        game.play(inputs)?;

        if frame % SECOND == SECOND - 1 {
            let predicted = checksum.update(&mut game.world)?;
            let (restore, done) = milliseconds(|| game.world.restore(&kept[0].before));
            done?;
            cost += restore;
            let first = frame + 1 - KEPT;
            for (kept, frame) in kept.iter_mut().zip(first..) {
                kept.inputs[1] = input(frame, 1);
                let (snapshot, before) = milliseconds(|| game.world.snapshot());
                cost += snapshot;
                kept.before = before?;
                game.play(kept.inputs)?;
            }
            let sum = checksum.update(&mut game.world)?;
            println!("frame {frame:>3}: predicted {predicted:016x}, is {sum:016x}");
        }
        costs.push(cost);
    }
    Ok(costs)
}

fn main() -> Result<(), Box<dyn Error>> {
    let checksum = || {
        Checksum::new().component::<Position>(|position, digest| {
            digest.write_u32(position.0.to_bits());
            digest.write_u32(position.1.to_bits());
        })
    };
    let mut game = Game::new()?;
    println!("{} objects, {FRAMES} frames", game.world.len());
    let mut costs = run(&mut game, &mut checksum())?;

    let mut straight = Game::new()?;
    for frame in 0..FRAMES {
        straight.play([input(frame, 0), input(frame, 1)])?;
    }
    let [sum, expected] = [&mut game, &mut straight].map(|game| checksum().update(&mut game.world));
    println!("with rollbacks {:016x}, without {:016x}", sum?, expected?);
    assert_eq!(sum, expected);
    let differences = checksum().diff(&game.world, &straight.world);
    assert!(differences.is_empty(), "{differences:?}");

    costs.sort_by(f64::total_cmp);
    let [median, worst] = [costs[costs.len() / 2], costs[costs.len() - 1]];
    println!(
        "snapshots and going back, of a frame: {:.2} % (median), {:.2} % (worst)",
        median / MILLISECONDS * 100.0,
        worst / MILLISECONDS * 100.0
    );
    Ok(())
}
