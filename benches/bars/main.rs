//! The bars: what the store must be as fast, and as small, as.
//!
//! Each line of the table compares two sides that took turns within one run, so that the ratio is
//! worth something on a machine where the times are not. A figure is the median of several rounds;
//! the spread is the least and the greatest ratio of a round.
//!
//! `cargo bench --bench bars -- memory` measures the lines with this word in their names alone,
//! `-- --check` fails where a bar is missed, and `-- --test` runs everything once, on little data.

mod agents;
mod churn;
mod collect;
#[path = "../common/mod.rs"]
mod common;
mod edges;
mod fill;
#[path = "../common/flat.rs"]
mod flat;
mod frames;
mod inspect;
mod lists;
mod measure;
#[path = "../common/median.rs"]
mod median;
mod memory;
mod objects;
#[cfg(feature = "rayon")]
mod parallel;
mod parts;
mod query;
#[cfg(feature = "rollback")]
mod rollback;
mod search;
mod slices;
mod tables;
mod walks;

use std::alloc::System;
use std::process::ExitCode;

use measure::{Scale, Table};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = arguments
        .iter()
        .position(|argument| argument == fill::CHILD)
    {
        fill::run_child(&arguments[at + 1..]);
        return ExitCode::SUCCESS;
    }
    let has = |flag| arguments.iter().any(|argument| argument == flag);
    // Cargo says `--bench`, except where it tests the benches.
    let smoke = !has("--bench") || has("--test") || has("--quick");
    let scale = Scale { smoke };
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));

    let mut table = Table::new(filter.cloned());
    memory::measure(scale, &mut table);
    objects::measure(scale, &mut table);
    fill::measure(scale, &mut table);
    edges::measure(scale, &mut table);
    lists::measure(scale, &mut table);
    walks::measure(scale, &mut table);
    query::measure(scale, &mut table);
    agents::measure(scale, &mut table);
    collect::measure(scale, &mut table);
    #[cfg(feature = "rayon")]
    {
        agents::measure_threads(scale, &mut table);
        parallel::measure(scale, &mut table);
    }
    frames::measure(scale, &mut table);
    slices::measure(scale, &mut table);
    churn::measure(scale, &mut table);
    tables::measure(scale, &mut table);
    parts::measure(scale, &mut table);
    inspect::measure(scale, &mut table);
    #[cfg(feature = "rollback")]
    rollback::measure(scale, &mut table);

    println!("\n{table}");
    if smoke {
        println!("(a trial run on little data: the figures mean nothing)");
    }
    if has("--check") && !smoke && table.missed() > 0 {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
