//! What is printed at the end.

use std::time::Duration;

use super::colony::{Colony, FrameTime};
use super::world::{self, Thing};

/// Prints what is there, what died, and how long frames took.
pub(crate) fn print(colony: &Colony, times: &[FrameTime]) {
    let world = &colony.world;
    let [
        mut people,
        mut households,
        mut squads,
        mut quests,
        mut buffs,
    ] = [0_usize; 5];
    for thing in world.values() {
        match thing {
            Thing::Person { .. } => people += 1,
            Thing::Household { .. } => households += 1,
            Thing::Squad => squads += 1,
            Thing::Quest { .. } => quests += 1,
            Thing::Buff { .. } => buffs += 1,
            Thing::Settlement | Thing::Workshop { .. } => {}
        }
    }
    println!("alive, with garbage that is not collected yet");
    row("people", people);
    row("households", households);
    row("squads", squads);
    row("quests", quests);
    row("buffs", buffs);
    row("objects", world.len());
    row("edges", world.edge_count());
    row("weak edges", world.weak_edges().edge_count());
    row("people who have not left", colony.people());

    let stats = world.stats();
    println!("deaths");
    row("destroyed", stats.destroyed);
    row("by count", stats.reclaimed);
    row("in cycles, traced back", stats.traced);
    row("in cycles, collected", stats.collected);
    println!("collections");
    for (name, generation) in ["young", "middle", "old"].iter().zip(stats.generations) {
        row(name, generation.collections);
    }

    println!("time in the store, µs a frame (the game's own code between its calls included,");
    println!("the choice of what happens not)          median       p99       max");
    time("orders", times, |time| time.orders);
    time("deadlines, walk, meals", times, |time| time.systems);
    time("collector", times, |time| time.collector);
    time("all", times, |time| {
        time.orders + time.systems + time.collector
    });

    println!("memory of the store");
    row("KiB", world.memory() / 1024);
    println!("hash of the world          {:016x}", world::hash(world));
}

fn row(name: &str, number: impl std::fmt::Display) {
    println!("  {name:<24} {number:>10}");
}

fn time(name: &str, times: &[FrameTime], part: fn(&FrameTime) -> Duration) {
    let mut parts: Vec<Duration> = times.iter().map(part).collect();
    parts.sort_unstable();
    let Some(last) = parts.len().checked_sub(1) else {
        return;
    };
    let micros = |at: usize| parts[at].as_secs_f64() * 1e6;
    let [median, p99, max] = [last / 2, last * 99 / 100, last].map(micros);
    println!("  {name:<36} {median:>8.1}  {p99:>8.1}  {max:>8.1}");
}
