//! A colony of people, households, squads, jobs, quests and buffs that own each other in circles.
//!
//! ```text
//! cargo run --release --example colony -- --size 100000 --frames 500
//! cargo run --release --example colony -- --report report.html
//! ```
//!
//! `world.rs` says what there is, `colony.rs` is the game, and the place to see the library at
//! work; `dice.rs` chooses what happens, `report.rs` prints what came of it, and `page.rs` shows it
//! in a browser.

use std::path::PathBuf;

use clap::Parser;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

mod colony;
mod dice;
mod page;
mod report;
mod world;

use colony::{Colony, Result};
use page::Page;

/// Lets people be born, move, fight and die, in circles of ownership, and counts what is left.
#[derive(Debug, Parser)]
struct Options {
    /// Frames to play.
    #[arg(long, default_value_t = 3_000)]
    frames: u32,
    /// People in the colony, about.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    size: u32,
    /// What chance begins with: the same seed, the same colony.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// No progress bar. (It goes to a terminal alone in any case.)
    #[arg(long)]
    quiet: bool,
    /// Write a page about the run and what is there in the end, to look at in a browser
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

fn main() -> Result {
    let options = Options::parse();
    let Options {
        frames, size, seed, ..
    } = options;
    println!("a colony of {size} people, {frames} frames, seed {seed}");

    let mut colony = Colony::new(size, seed)?;
    let bar = progress_bar(&options)?;
    let mut times = Vec::with_capacity(frames as usize);
    let mut page = options.report.as_ref().map(|_| Page::new(frames));
    for _ in 0..frames {
        let time = colony.play()?;
        times.push(time);
        if let Some(page) = &mut page {
            page.look_at(&colony.world, time.collector);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    report::print(&colony, &times);
    if let (Some(page), Some(path)) = (&page, &options.report) {
        page.write(&colony.world, (size, seed), path)?;
        println!("{} shows it in a browser", path.display());
    }

    let objects = colony.end()?;
    assert!(colony.world.is_empty(), "{} leaked", colony.world.len());
    assert_eq!(colony.world.edge_count(), 0, "edges leaked");
    println!("the last root dropped: {objects} objects are gone, nothing leaked");
    Ok(())
}

fn progress_bar(options: &Options) -> Result<ProgressBar> {
    let target = if options.quiet {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let style = ProgressStyle::with_template("{bar:40} frame {pos} of {len}, {eta} left")?;
    Ok(ProgressBar::with_draw_target(Some(options.frames.into()), target).with_style(style))
}
