//! Frames of a game, at 60 a second, and how long they wait for the garbage.
//!
//! The time line is made up: a frame starts when it is due or when the one before has ended, and
//! what lies between them is not waited for. So a minute of a game takes seconds.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::bars::Bar;
use crate::chart;
use crate::child::on_large_stack;
use crate::cli::{Wanted, What};
use crate::machine::Machine;
use crate::measure::time;
use crate::peers::{Form, Kind, OURS, Peer, Variant, python};
use crate::report::{self, bar_table, folder, number};
use crate::run::{Programs, numbered};
use crate::workloads::{Digraph, TOUCHES};

/// Milliseconds of a frame.
const FRAME: f64 = 1e3 / 60.0;
const FRAMES: usize = 3_000;
/// Of measured frames.
const PATIENCE: Duration = Duration::from_secs(20);
/// Nanoseconds of the longest pause that is told from a longer one.
const LONGEST: u64 = 600_000_000_000;
/// What collects everything at once does so once a second.
pub(crate) const WHOLE_EVERY: usize = 60;
/// Milliseconds of the windows in which the utilization is looked for.
const WINDOWS: [f64; 4] = [1.0, 2.0, 5.0, FRAME];

/// A frame, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Frame {
    /// The program's own part.
    program: f64,
    pause: f64,
    /// Whether there was anything to collect, or to look for.
    worked: bool,
}

/// Measures one variant, and prints its frames.
pub(crate) fn child(variant: &'static Variant, objects: u32, quick: bool) {
    let frames = on_large_stack(move || {
        let frames = if quick { 70 } else { FRAMES };
        if variant.name == python::NAME {
            let frame = |[program, pause]: [f64; 2]| Frame {
                program,
                pause,
                worked: pause > 0.0,
            };
            let pauses = python::pauses(objects, frames, PATIENCE);
            return pauses.into_iter().map(frame).collect();
        }
        measure(variant, objects, frames)
    });
    println!("{}", serde_json::to_string(&frames).expect("numbers"));
}

fn measure(variant: &'static Variant, objects: u32, frames: usize) -> Vec<Frame> {
    let mut peer = variant.start_with_any_edges();
    let mut shape = Digraph::new(objects);
    peer.manual();
    peer.digraph(&shape);
    peer.reclaim();
    let start = Instant::now();
    let mut frame = |number| {
        let touches = shape.touches(TOUCHES);
        let program = time(1, || {
            peer.churn(false);
            peer.touch(&touches);
        });
        let mut worked = false;
        let pause = time(1, || worked = collect(variant, peer.as_mut(), number));
        Frame {
            program: program / 1e6,
            pause: pause / 1e6,
            worked,
        }
    };
    let mut measured = Vec::new();
    for number in 1..=frames {
        measured.push(frame(number));
        if start.elapsed() > PATIENCE {
            break;
        }
    }
    // A single frame may take longer than the patience; the process is about to end.
    std::mem::forget(peer);
    measured
}

fn collect(variant: &Variant, peer: &mut dyn Peer, frame: usize) -> bool {
    let is_whole = variant.kind == Kind::Tracing && !variant.is_incremental();
    if is_whole && !frame.is_multiple_of(WHOLE_EVERY) {
        return false;
    }
    peer.slice()
}

/// What came out for a variant at a size.
#[derive(Serialize)]
struct Pauses {
    title: String,
    objects: u32,
    frames: usize,
    /// Of the slices that had work, in milliseconds: median, 99 %, 99.9 %, the longest.
    percentiles: [f64; 4],
    slices: usize,
    /// The least share of a window that the program had, by windows.
    utilization: [f64; 4],
}

impl Pauses {
    fn new(title: String, objects: u32, frames: &[Frame]) -> Self {
        let mut histogram =
            Histogram::<u64>::new_with_bounds(1, LONGEST, 3).expect("three digits are allowed");
        let slices = frames.iter().filter(|frame| frame.worked);
        for slice in slices.clone() {
            let nanoseconds = Duration::from_secs_f64(slice.pause / 1e3).as_nanos();
            histogram.saturating_record(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        }
        let milliseconds = |nanoseconds| Duration::from_nanos(nanoseconds).as_secs_f64() * 1e3;
        let percentile = |share| milliseconds(histogram.value_at_quantile(share));
        let pauses = place(frames);
        Self {
            title,
            objects,
            frames: frames.len(),
            percentiles: [0.5, 0.99, 0.999, 1.0].map(percentile),
            slices: slices.count(),
            utilization: WINDOWS.map(|window| utilization(&pauses, window)),
        }
    }
}

/// Starts and ends of the pauses, in milliseconds.
fn place(frames: &[Frame]) -> Vec<[f64; 2]> {
    let mut end = 0.0_f64;
    let mut due = 0.0;
    let place = |frame: &Frame| {
        let start = end.max(due) + frame.program;
        end = start + frame.pause;
        due += FRAME;
        [start, end]
    };
    frames.iter().map(place).collect()
}

/// The least share of any window of a length that is not spent in pauses. The worst window begins
/// with a pause or ends with one.
fn utilization(pauses: &[[f64; 2]], window: f64) -> f64 {
    let spent = |from: f64| {
        let to = from + window;
        let first = pauses.partition_point(|pause| pause[1] <= from);
        let within = pauses[first..].iter().take_while(|pause| pause[0] < to);
        let overlap = within.map(|[start, end]| end.min(to) - start.max(from));
        overlap.sum::<f64>()
    };
    let starts = pauses
        .iter()
        .flat_map(|&[start, end]| [start, end - window]);
    let most = starts.map(spent).fold(0.0, f64::max);
    (1.0 - most / window).max(0.0)
}

/// Those that can collect, in their best form.
fn takes_part(variant: &Variant) -> bool {
    let is_best = variant.form == Form::Inline
        || variant.form == Form::Usual && [OURS, "petgraph", python::NAME].contains(&variant.name);
    let collects = matches!(
        variant.kind,
        Kind::Ours | Kind::CycleCollector | Kind::Tracing
    );
    is_best && collects
}

pub(crate) fn compare(what: &What, check: bool) -> ExitCode {
    let wanted = Wanted::new(&what.filter);
    let programs = Programs::new(what.quick, false);
    let sizes: &[u32] = if what.quick {
        &[1_000]
    } else {
        &[1_000_000, 10_000_000]
    };
    let mut all = Vec::new();
    let mut failed = String::new();
    for &objects in sizes {
        for (peer, variant) in numbered() {
            let title = variant.title();
            if !takes_part(variant) || !wanted.has_peer(&title) {
                continue;
            }
            eprintln!("pauses, {objects}: {title}");
            let text = programs.pauses(peer, objects);
            match text.map(|text| serde_json::from_str::<Vec<Frame>>(&text)) {
                Ok(Ok(frames)) if frames.iter().any(|frame| frame.worked) => {
                    all.push(Pauses::new(title, objects, &frames));
                }
                Ok(Ok(frames)) => {
                    let reason = format!("{} frames without a collection", frames.len());
                    note(&mut failed, &title, objects, &reason);
                }
                Ok(Err(error)) => note(&mut failed, &title, objects, &error.to_string()),
                Err(reason) => note(&mut failed, &title, objects, &reason),
            }
        }
    }
    let bars = judge(&all);
    let mut markdown = format!("{}\n{}{failed}", Machine::new(), table(&all));
    if !what.quick && !bars.is_empty() {
        markdown.push('\n');
        markdown += &bar_table(&bars);
    }
    println!("{markdown}");
    report::save("pauses", &(&all, &bars), &markdown).expect("the report can be written");
    draw(&all).expect("the charts can be drawn");
    if check && !what.quick && bars.iter().any(|bar| !bar.is_met()) {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn note(failed: &mut String, title: &str, objects: u32, reason: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(failed, "| {title} | {objects} | n/a: {reason} |");
}

fn judge(all: &[Pauses]) -> Vec<Bar> {
    let mut bars = Vec::new();
    for pauses in all.iter().filter(|pauses| pauses.title == OURS) {
        let objects = pauses.objects;
        let [median, _, late, _] = pauses.percentiles;
        if objects >= 10_000_000 {
            bars.push(Bar {
                name: format!("99.9 % of the slices at {objects}"),
                against: "their median".into(),
                figure: late / median,
                limit: 3.0,
            });
        }
        bars.push(Bar {
            name: format!("share of pauses in 16.7 ms at {objects}"),
            against: "16.7 ms".into(),
            figure: 1.0 - pauses.utilization[3],
            limit: 0.1,
        });
    }
    bars
}

fn table(all: &[Pauses]) -> String {
    let mut text = String::from(
        "Frames at 60 Hz of 100 rings and 100 touches, in milliseconds; and the least share that \
         the program had of any window.\n\n\
         | | live | frames | slices with work | median | 99 % | 99.9 % | longest \
         | 1 ms | 2 ms | 5 ms | 16.7 ms |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for pauses in all {
        let Pauses {
            title,
            objects,
            frames,
            slices,
            ..
        } = pauses;
        let percentiles = pauses.percentiles.map(number).join(" | ");
        let shares = pauses.utilization.map(|share| format!("{share:.3}"));
        let shares = shares.join(" | ");
        let _ = writeln!(
            text,
            "| {title} | {objects} | {frames} | {slices} | {percentiles} | {shares} |"
        );
    }
    text
}

fn draw(all: &[Pauses]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder())?;
    let mut sizes: Vec<u32> = all.iter().map(|pauses| pauses.objects).collect();
    sizes.dedup();
    for objects in sizes {
        let of_size = || all.iter().filter(move |pauses| pauses.objects == objects);
        let bar = |pauses: &Pauses| chart::Bar {
            label: pauses.title.clone(),
            figure: pauses.percentiles[2],
            spread: [pauses.percentiles[0], pauses.percentiles[3]],
            is_ours: pauses.title == OURS,
        };
        let path = folder().join(format!("pauses-{objects}.svg"));
        let title = format!("Pauses beside {objects} live: 99.9 %, median to longest, ms");
        chart::bars(&path, &title, of_size().map(bar).collect())?;
        let line = |pauses: &Pauses| chart::Line {
            label: pauses.title.clone(),
            points: WINDOWS.into_iter().zip(pauses.utilization).collect(),
        };
        let path = folder().join(format!("utilization-{objects}.svg"));
        let title = format!("Least utilization beside {objects} live");
        let lines: Vec<_> = of_size().map(line).collect();
        chart::lines(&path, &title, ["window, ms", "share"], &lines)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn window_that_holds_a_pause_is_found() {
        let pauses = [[10.0, 11.0], [30.0, 30.5]];
        assert!(close(utilization(&pauses, 1.0), 0.0));
        assert!(close(utilization(&pauses, 5.0), 0.8));
        assert!(close(utilization(&pauses, 25.0), 1.0 - 1.5 / 25.0));
    }

    #[test]
    fn late_frames_wait_for_each_other() {
        let frame = Frame {
            program: 1.0,
            pause: 20.0,
            worked: true,
        };
        assert_eq!(place(&[frame; 2]), [[1.0, 21.0], [22.0, 42.0]]);
    }
}
