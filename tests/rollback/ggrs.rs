//! What ggrs says: it goes back eight frames in each frame, plays them again, and compares the checksums.

use std::hash::Hasher;

use ::ggrs::{
    Config as GgrsConfig, GgrsError, GgrsRequest, InputStatus, PredictRepeatLast, SessionBuilder,
};
use understory::{Budget, Checksum, Config, Handle, Recording, Snapshot, Store};

use crate::cases::cases;

/// Objects of the world, which are there or wait to be collected.
const OBJECTS: usize = 10_000;
const SQUADS: usize = 100;
/// Frames that are played again in each frame.
const DISTANCE: usize = 8;
const PLAYERS: u8 = 2;

/// All that there is is in the store: the dice too.
#[derive(Clone, Hash)]
enum Thing {
    Field { dice: u64, fallen: u64 },
    Squad { banner: u32 },
    Unit { health: u32 },
    Buff { strength: u32 },
}
use Thing::{Buff, Field, Squad, Unit};

/// A squad holds its units and each of them the squad; a unit holds its buffs, and a buff the unit that cast it.
#[derive(Clone, Copy, Hash, PartialEq)]
enum Link {
    Squads,
    Member,
    Of,
    Buffed,
    By,
    Target,
}

/// What few units have, and queries go over.
#[derive(Clone)]
struct Poison {
    left: u8,
}

struct Game {
    world: Store<Thing, Link>,
    field: Handle,
    checksum: Checksum<Thing, Link>,
    /// A count beside the store, which does not go back, and that the units should not know of.
    frames: Option<u32>,
}

impl Game {
    fn new() -> Self {
        let mut world: Store<Thing, Link> = Store::with_config(Config::lockstep());
        world.record_deaths(Recording::all());
        let field = world.insert(Field { dice: 7, fallen: 0 });
        let mut game = Self {
            world,
            field,
            checksum: checksum(),
            frames: None,
        };
        for _ in 0..SQUADS {
            game.form_squad();
        }
        game.fill();
        game
    }

    fn below(&mut self, end: u32) -> u32 {
        let Field { dice, .. } = &mut self.world[self.field] else {
            unreachable!("the field stays what it is");
        };
        *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        u32::try_from(*dice >> 33).unwrap() % end
    }

    fn any(&mut self, of: Handle, label: Link) -> Option<Handle> {
        let len = u32::try_from(self.world.list(of, &label).len()).unwrap();
        let at = self.below(len.max(1)) as usize;
        self.world.list(of, &label).get(at)
    }

    fn any_unit(&mut self) -> Option<Handle> {
        let squad = self.any(self.field, Link::Squads)?;
        self.any(squad, Link::Member)
    }

    fn form_squad(&mut self) {
        let banner = self.below(7);
        let squad = self
            .world
            .insert_linked(self.field, Link::Squads, Squad { banner });
        squad.unwrap();
    }

    fn recruit(&mut self) {
        let Some(squad) = self.any(self.field, Link::Squads) else {
            return;
        };
        let unit = Unit { health: 100 };
        let unit = self.world.insert_linked(squad, Link::Member, unit).unwrap();
        self.world.link(unit, Link::Of, squad).unwrap();
        if self.below(8) == 0 {
            let poison = Poison { left: 50 };
            self.world.insert_component(unit, poison).unwrap();
        }
        if let Some(target) = self.any_unit() {
            self.world.set_weak(unit, Link::Target, target).unwrap();
        }
    }

    fn cast(&mut self) {
        let (Some(by), Some(on)) = (self.any_unit(), self.any_unit()) else {
            return;
        };
        let buff = Buff {
            strength: 1 + self.below(9),
        };
        let buff = self.world.insert_linked(on, Link::Buffed, buff).unwrap();
        self.world.link(buff, Link::By, by).unwrap();
    }

    /// A unit strikes its target; who falls leaves the squad, and may go on in rings of buffs.
    fn strike(&mut self, damage: u32) {
        let Some(unit) = self.any_unit() else {
            return;
        };
        let Some(target) = self.world.weak_edges().target(unit, &Link::Target) else {
            if let Some(target) = self.any_unit() {
                self.world.set_weak(unit, Link::Target, target).unwrap();
            }
            return;
        };
        let buffs = self.world.edges().list(unit, &Link::Buffed).iter();
        let strengths = buffs.map(|buff| match self.world[buff] {
            Buff { strength } => strength,
            _ => 0,
        });
        let damage = damage + strengths.sum::<u32>();
        let Unit { health } = &mut self.world[target] else {
            unreachable!("units are what is aimed at");
        };
        *health = health.saturating_sub(damage);
        if *health == 0 {
            self.fall(target);
        }
    }

    fn fall(&mut self, unit: Handle) {
        if let Some(squad) = self.world.target(unit, &Link::Of) {
            // A buff that it has cast may hold it, even one of its own: then it is in a ring.
            self.world.unlink(squad, unit).unwrap();
            if self.world.contains(unit) {
                self.world.unlink(unit, squad).unwrap();
            }
        }
    }

    /// A squad leaves the field with all of its units: they hold each other. Some squads take back the buffs that they
    /// have cast on others, which would hold them all.
    fn disband(&mut self) {
        let Some(squad) = self.any(self.field, Link::Squads) else {
            return;
        };
        self.world.unlink(self.field, squad).unwrap();
        if self.below(2) == 0 {
            let units: Vec<Handle> = self.world.list(squad, &Link::Member).iter().collect();
            for unit in units {
                while let Some(buff) = self.world.source(unit, &Link::By) {
                    self.world.unlink(buff, unit).unwrap();
                }
            }
        }
        self.form_squad();
    }

    /// The oldest buff of a unit ends, and with it whom it alone held.
    fn expire(&mut self) {
        if let Some(unit) = self.any_unit() {
            self.world.list_mut(unit, &Link::Buffed).remove(0);
        }
    }

    /// Recruits and casts until there is as much as there should be.
    fn fill(&mut self) {
        while self.world.len() < OBJECTS {
            for _ in 0..4 {
                self.recruit();
            }
            self.cast();
        }
    }

    fn suffer(&mut self) {
        let mut query = self.world.query_values_mut::<&mut Poison>();
        for (_, thing, poison) in &mut query {
            if let (Unit { health }, true) = (thing, poison.left > 0) {
                poison.left -= 1;
                *health = health.saturating_sub(1).max(1);
            }
        }
    }

    fn play(&mut self, inputs: &[u8]) {
        for &input in inputs {
            for _ in 0..input % 16 {
                self.strike(60);
            }
            if input & 64 != 0 {
                self.cast();
            }
            for _ in 0..10 {
                self.expire();
            }
            if input > 200 {
                self.disband();
            }
        }
        if let Some(frames) = &mut self.frames {
            *frames += 1;
            let frames = *frames;
            if frames % 100 == 0 {
                self.strike(frames);
            }
        }
        // A walk that may change all values is one that has changed them all: not in each frame.
        if self.below(16) == 0 {
            self.suffer();
        }
        self.fill();
        self.world.step(Budget::units(2_000));
        let died = self.world.drain_deaths().len() as u64;
        let Field { fallen, .. } = &mut self.world[self.field] else {
            unreachable!("the field stays what it is");
        };
        *fallen += died;
    }

    fn checksum(&mut self) -> u64 {
        self.checksum.update(&mut self.world).unwrap()
    }
}

fn checksum() -> Checksum<Thing, Link> {
    Checksum::new().component::<Poison>(|poison, digest| digest.write_u8(poison.left))
}

struct Session;

impl GgrsConfig for Session {
    type Input = u8;
    type InputPredictor = PredictRepeatLast;
    type State = Snapshot;
    type Address = u8;
}

/// What a player does in a frame.
fn input(frame: u32, player: u8) -> u8 {
    let number = (frame * 2 + u32::from(player)).wrapping_mul(0x9e37_79b9);
    number.to_be_bytes()[0]
}

/// Plays so many frames, each of which ggrs plays nine times.
fn play(game: &mut Game, frames: u32) -> Result<(), GgrsError> {
    let mut session = SessionBuilder::<Session>::new()
        .with_num_players(PLAYERS.into())?
        .with_max_prediction_window(DISTANCE + 1)
        .with_check_distance(DISTANCE)
        .start_synctest_session()?;
    for frame in 0..frames {
        for player in 0..PLAYERS {
            session.add_local_input(player.into(), input(frame, player))?;
        }
        for request in session.advance_frame()? {
            match request {
                GgrsRequest::SaveGameState { cell, frame } => {
                    let snapshot = game.world.snapshot().unwrap();
                    cell.save(frame, Some(snapshot), Some(game.checksum().into()));
                }
                GgrsRequest::LoadGameState { cell, .. } => {
                    let snapshot = cell.load().unwrap();
                    game.world.restore(&snapshot).unwrap();
                }
                GgrsRequest::AdvanceFrame { inputs } => {
                    let inputs = inputs.iter().map(|&(input, _): &(u8, InputStatus)| input);
                    game.play(&inputs.collect::<Vec<_>>());
                }
            }
        }
    }
    Ok(())
}

#[test]
fn a_session_of_ggrs_finds_all_frames_the_same_when_they_are_played_again() {
    // Ten thousand as CI has it.
    let frames = cases(if cfg!(debug_assertions) { 100 } else { 1_000 });
    let mut game = Game::new();
    let mut straight = Game::new();
    play(&mut game, frames).unwrap();
    for frame in 0..frames {
        straight.play(&[0, 1].map(|player| input(frame, player)));
    }
    assert_eq!(checksum().diff(&game.world, &straight.world), []);
    assert_eq!(game.checksum(), straight.checksum());
    // What was kept up to date is what a look at all objects finds.
    assert_eq!(game.checksum(), checksum().update(&mut game.world).unwrap());
    game.world.check_invariants().unwrap();
    // There is something to go back to: objects have died, and rings were collected.
    let stats = straight.world.stats();
    assert!(
        stats.reclaimed > 100 && stats.traced + stats.collected > 10,
        "{stats:?}"
    );
}

#[test]
fn a_session_of_ggrs_finds_what_depends_on_something_that_does_not_go_back() {
    let mut game = Game::new();
    game.frames = Some(0);
    let error = play(&mut game, 300).unwrap_err();
    assert!(
        matches!(error, GgrsError::MismatchedChecksum { .. }),
        "{error}"
    );
}
