//! The game of the example `colony`, as a test: it ends the same way every time, and leaks nothing.

#[path = "../examples/colony/colony.rs"]
mod game;
#[path = "../examples/colony/dice.rs"]
mod dice;
#[path = "../examples/colony/world.rs"]
mod world;

use game::{Colony, Result};

fn after(frames: u32, size: u32, seed: u64) -> Result<Colony> {
    let mut colony = Colony::new(size, seed)?;
    for _ in 0..frames {
        let times = colony.play()?;
        // A clock that runs must not change what happens.
        let _ = times.orders + times.systems + times.collector;
    }
    Ok(colony)
}

#[test]
fn the_same_seed_gives_the_same_colony() -> Result {
    let [one, other, third] = [
        after(400, 300, 7)?,
        after(400, 300, 7)?,
        after(400, 300, 8)?,
    ];
    assert_eq!(world::hash(&one.world), world::hash(&other.world));
    assert_ne!(world::hash(&one.world), world::hash(&third.world));
    Ok(())
}

#[test]
fn a_clone_goes_the_same_way() -> Result {
    let mut colony = after(200, 300, 3)?;
    let copy = colony.world.clone();
    assert_eq!(world::hash(&colony.world), world::hash(&copy));
    let original = std::mem::replace(&mut colony.world, copy);
    for _ in 0..200 {
        colony.play()?;
    }
    assert_eq!(
        world::hash(&colony.world),
        world::hash(&after(400, 300, 3)?.world)
    );
    assert_ne!(world::hash(&colony.world), world::hash(&original));
    Ok(())
}

#[test]
fn the_population_stays_and_every_way_to_die_is_taken() -> Result {
    for size in [20, 100, 2_000] {
        let mut colony = after(500, size, 1)?;
        let (size, people) = (size as usize, colony.people());
        assert!(
            (size * 9 / 10..=size * 11 / 10 + 5).contains(&people),
            "{people} of {size} people"
        );
        let stats = colony.world.stats();
        assert!(stats.destroyed > 0 && stats.reclaimed > 0);
        assert!(stats.traced > 0, "cycles die in steps");

        let objects = colony.world.len();
        assert_eq!(colony.end()?, objects);
        assert!(colony.world.is_empty());
        assert_eq!(
            colony.world.edge_count() + colony.world.weak_edges().edge_count(),
            0
        );
    }
    Ok(())
}
