//! Settings at the ends of their ranges.

use std::time::Duration;

use oorandom::Rand32;
use understory::{Auto, Budget, Config, Cycles, Generation, Handle, Reclaim};

use crate::cases::cases;

use super::{Tally, World, check, finish, finish_counted, let_go, ring};

struct Dice(Rand32);

impl Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0.rand_range(0..end)
    }

    fn of<C: Copy>(&mut self, all: &[C]) -> C {
        all[self.0.rand_range(0..u32::try_from(all.len()).unwrap()) as usize]
    }
}

fn settings(dice: &mut Dice) -> Config {
    const COUNTS: [u32; 5] = [0, 1, 7, u32::MAX - 1, u32::MAX];
    const PERCENT: [u32; 5] = [0, 1, 50, u32::MAX - 1, u32::MAX];
    const UNITS: [u64; 5] = [0, 1, 40, u64::MAX - 1, u64::MAX];
    const FILL: [u8; 5] = [0, 50, 100, 101, 255];
    Config::new()
        .reclaim(dice.of(&[Reclaim::Immediate, Reclaim::AtStep]))
        .cycles(dice.of(&[Cycles::Prompt, Cycles::AtStep, Cycles::Manual]))
        .auto(dice.of(&[Auto::Assist, Auto::Whole, Auto::Off]))
        .thresholds([dice.of(&COUNTS), dice.of(&COUNTS), dice.of(&COUNTS)])
        .growth(dice.of(&PERCENT))
        .behind_at(dice.of(&PERCENT))
        .trace_limit(dice.of(&UNITS))
        .assist_limit(dice.of(&UNITS))
        .young_bytes(dice.of(&[0, 1, 1_000, usize::MAX]))
        .promote_fill(dice.of(&FILL))
        .reopen_fill(dice.of(&FILL))
        .catch_up(dice.of(&[false, true]))
        .keep_garbage(dice.below(8) == 0)
        .first_version(dice.of(&[0, 1, 2, u32::MAX - 2, u32::MAX]))
}

fn operate(world: &mut World, dice: &mut Dice, handles: &mut Vec<Handle>, tally: &Tally) {
    const BUDGETS: [Budget; 7] = [
        Budget::units(0),
        Budget::units(1),
        Budget::units(9),
        Budget::units(u64::MAX),
        Budget::unlimited(),
        Budget::time(Duration::ZERO),
        Budget::time(Duration::from_millis(1)),
    ];
    let [a, b] = [(); 2].map(|()| match handles.len() {
        0 => Handle::default(),
        len => handles[dice.below(u32::try_from(len).unwrap()) as usize],
    });
    match dice.below(16) {
        0..=4 => handles.push(world.insert(tally.item())),
        5..=8 => {
            let _ = world.link(a, (), b);
        }
        9 => {
            let _ = world.unlink(a, b);
        }
        10 | 11 => {
            let _ = world.unroot(a);
        }
        12 => {
            let _ = world.set_finalizer(a, |world, this| {
                world.root(this).unwrap();
                world.unroot(this).unwrap();
            });
        }
        13 => {
            let _ = world.step(dice.of(&BUDGETS));
        }
        14 => {
            let _ = world.trace(dice.of(&BUDGETS));
        }
        _ => match dice.below(8) {
            0 => {
                let _ = world.collect_due();
            }
            1 => {
                let _ = world.collect_generation(Generation::Young);
            }
            2 => world.set_thresholds([dice.below(3), dice.below(3), 0]),
            3 => world.set_keep_garbage(dice.below(4) == 0),
            4 => world.freeze(),
            5 => world.unfreeze(),
            _ => {
                let _ = world.destroy(a);
            }
        },
    }
}

#[test]
fn any_settings_make_a_store_that_works() {
    for seed in 0..u64::from(cases(300)) {
        let mut dice = Dice(Rand32::new(seed));
        let config = settings(&mut dice);
        let tally = Tally::default();
        let mut world = World::with_config(config);
        let mut handles = Vec::new();
        for at in 0..400 {
            operate(&mut world, &mut dice, &mut handles, &tally);
            if at % 16 == 0 {
                check(&world);
            }
        }
        world.set_keep_garbage(false);
        let kept: Vec<Handle> = world.drain_garbage().collect();
        for handle in kept {
            let _ = world.unroot(handle);
        }
        finish_counted(&mut world, &tally);
        world.check_emptied().unwrap();
    }
}

#[test]
fn a_first_threshold_of_zero_begins_nothing() {
    for auto in [Auto::Assist, Auto::Whole] {
        let config = Config::new().auto(auto).cycles(Cycles::Manual);
        let config = config.thresholds([0, 0, 0]).growth(0).young_bytes(0);
        let (mut world, tally) = (World::with_config(config), Tally::default());
        for _ in 0..500 {
            let handles = ring(&mut world, &tally, 1);
            let_go(&mut world, &handles);
            assert_eq!(world.step(Budget::unlimited()).units, 0);
        }
        assert!(world.collect_due().is_none());
        assert_eq!(world.len(), 500);
        finish_counted(&mut world, &tally);
        assert!(world.is_empty());
    }
}

#[test]
fn the_largest_thresholds_begin_nothing() {
    for auto in [Auto::Assist, Auto::Whole] {
        let config = Config::new().auto(auto).cycles(Cycles::Manual);
        let (mut world, tally) = (
            World::with_config(config.thresholds([u32::MAX; 3])),
            Tally::default(),
        );
        for _ in 0..500 {
            let handles = ring(&mut world, &tally, 1);
            let_go(&mut world, &handles);
        }
        assert!(world.collect_due().is_none());
        assert_eq!(world.len(), 500);
        finish_counted(&mut world, &tally);
    }
}

#[test]
fn thresholds_of_zero_behind_the_first_collect_the_oldest() {
    let config = Config::new().auto(Auto::Whole).thresholds([1, 0, 0]);
    let (mut world, tally) = (World::with_config(config), Tally::default());
    for _ in 0..500 {
        let handles = ring(&mut world, &tally, 1);
        let_go(&mut world, &handles);
        assert!(world.len() <= 3);
    }
    let collections = world.stats().generations.map(|of| of.collections);
    assert!(collections[2] > 0, "{collections:?}");
    finish_counted(&mut world, &tally);
}

#[test]
fn an_assist_limit_of_zero_leaves_all_work_to_steps() {
    let config = Config::new().cycles(Cycles::Manual).thresholds([10, 1, 1]);
    let (mut world, tally) = (World::with_config(config.assist_limit(0)), Tally::default());
    for _ in 0..1_000 {
        let handles = ring(&mut world, &tally, 1);
        let_go(&mut world, &handles);
        check(&world);
    }
    assert_eq!(world.len(), 1_000);
    while !world.is_empty() {
        assert!(world.step(Budget::units(50)).units > 0);
        check(&world);
    }
    finish_counted(&mut world, &tally);
}

#[test]
fn the_largest_assist_limit_does_no_more_than_there_is() {
    let config = Config::new().cycles(Cycles::Manual).thresholds([10, 1, 1]);
    let config = config.assist_limit(u64::MAX).behind_at(0).growth(0);
    let (mut world, tally) = (World::with_config(config), Tally::default());
    for _ in 0..1_000 {
        let handles = ring(&mut world, &tally, 2);
        let_go(&mut world, &handles);
    }
    assert!(world.len() < 300, "{} objects float", world.len());
    finish_counted(&mut world, &tally);
}

#[test]
fn fills_over_a_hundred_promote_nothing_and_reopen_everything() {
    let config = Config::new().promote_fill(255).reopen_fill(255);
    let (mut world, tally) = (World::with_config(config), Tally::default());
    let handles = ring(&mut world, &tally, 5_000);
    for _ in 0..5 {
        world.collect();
        check(&world);
    }
    assert_eq!(world.generation_len(Generation::Young), 5_000);
    let_go(&mut world, &handles[..2_500]);
    let more = ring(&mut world, &tally, 5_000);
    world.freeze();
    world.unfreeze();
    let_go(&mut world, &more);
    finish(&mut world);
    assert_eq!(world.len(), 5_000);
    let_go(&mut world, &handles[2_500..]);
    finish_counted(&mut world, &tally);
    assert!(world.is_empty());
}

#[test]
fn a_step_that_may_exceed_its_budget_ends_where_nothing_floats_but_the_living() {
    let config = Config::new().auto(Auto::Off).thresholds([1, 0, 0]);
    let config = config.behind_at(0).growth(u32::MAX).catch_up(true);
    let (mut world, tally) = (World::with_config(config), Tally::default());
    let alive = ring(&mut world, &tally, 100);
    for _ in 0..100 {
        let handles = ring(&mut world, &tally, 1);
        let_go(&mut world, &handles);
        world.step(Budget::units(0));
        check(&world);
    }
    world.step(Budget::units(1));
    finish_counted(&mut world, &tally);
    assert_eq!(world.len(), alive.len());
}
