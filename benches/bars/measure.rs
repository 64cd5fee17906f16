//! Rounds in which two sides take turns, and the table of what came out of them.

use std::fmt;
use std::hint::black_box;
use std::time::Instant;

pub(crate) use crate::median::median;

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    /// Everything once and small, to see that it runs.
    pub(crate) smoke: bool,
}

impl Scale {
    /// A size, or a small one.
    pub(crate) fn size(self, full: u32) -> u32 {
        if self.smoke { full.min(1_000) } else { full }
    }

    /// A number of rounds, or one.
    pub(crate) fn rounds(self, full: usize) -> usize {
        if self.smoke { 1 } else { full }
    }
}

/// Nanoseconds that one of `operations` operations takes.
pub(crate) fn time<R>(operations: u32, work: impl FnOnce() -> R) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64() * 1e9 / f64::from(operations)
}

/// What was measured in each round.
pub(crate) struct Rounds<R = f64> {
    ours: Vec<R>,
    baseline: Vec<R>,
}

impl<R> Rounds<R> {
    /// What was measured in one round alone.
    pub(crate) fn once(ours: R, baseline: R) -> Self {
        Self {
            ours: vec![ours],
            baseline: vec![baseline],
        }
    }

    /// What was measured of both sides in the same rounds.
    #[cfg(feature = "rollback")]
    pub(crate) fn of(ours: Vec<R>, baseline: Vec<R>) -> Self {
        Self { ours, baseline }
    }

    /// One figure of each measurement.
    pub(crate) fn map(&self, figure: impl Fn(&R) -> f64) -> Rounds {
        Rounds {
            ours: self.ours.iter().map(&figure).collect(),
            baseline: self.baseline.iter().map(&figure).collect(),
        }
    }
}

/// Runs both sides in turn, so that each finds the caches as the other left them. Each is told the
/// round, and answers with what it measured, such as the nanoseconds of an operation. A first
/// round, 0, warms up.
pub(crate) fn in_turn<R>(
    rounds: usize,
    mut ours: impl FnMut(usize) -> R,
    mut baseline: impl FnMut(usize) -> R,
) -> Rounds<R> {
    ours(0);
    baseline(0);
    let turns = (1..=rounds).map(|round| (ours(round), baseline(round)));
    let (ours, baseline) = turns.unzip();
    Rounds { ours, baseline }
}

/// The value that so many of a hundred do not exceed.
pub(crate) fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() * percent).div_ceil(100).saturating_sub(1)]
}

/// What is at most allowed.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    /// Our figure over the baseline's.
    Ratio(f64),
    /// Bytes.
    Bytes(f64),
    /// Nothing: it is shown beside a bar.
    Beside,
}

impl Bar {
    pub(crate) fn is_beside(self) -> bool {
        matches!(self, Self::Beside)
    }
}

/// What figures are given in.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Nanoseconds,
    /// Dependent reads of the same heap, that take as long.
    Reads,
    /// Units of work, as a store counts them.
    Units,
    Bytes,
    /// Parts of the time that one thread takes.
    #[cfg(feature = "rayon")]
    Parts,
}

enum Figures {
    Compared {
        unit: Unit,
        ours: f64,
        baseline: f64,
        ratio: f64,
        spread: [f64; 2],
    },
    Bytes(f64),
}

struct Row {
    name: String,
    figures: Figures,
    bar: Bar,
}

impl Row {
    /// Whether the bar is met, if there is one.
    fn is_met(&self) -> Option<bool> {
        match (&self.figures, self.bar) {
            (Figures::Compared { ratio, .. }, Bar::Ratio(limit)) => Some(*ratio <= limit),
            (Figures::Bytes(bytes), Bar::Bytes(limit)) => Some(*bytes <= limit),
            _ => None,
        }
    }
}

/// All bars.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    /// Part of the names of the rows that are wanted.
    filter: Option<String>,
}

impl Table {
    pub(crate) fn new(filter: Option<String>) -> Self {
        Self {
            rows: Vec::new(),
            filter,
        }
    }

    /// Measures what a row of times shows, if it is wanted.
    pub(crate) fn times(&mut self, name: String, bar: Bar, measure: impl FnOnce() -> Rounds) {
        self.compared(name, Unit::Nanoseconds, bar, measure);
    }

    /// Measures what a row shows, if it is wanted. The ratio is the median of the rounds' ratios.
    pub(crate) fn compared(
        &mut self,
        name: String,
        unit: Unit,
        bar: Bar,
        measure: impl FnOnce() -> Rounds,
    ) {
        if self.skips(&name) {
            return;
        }
        let Rounds { ours, baseline } = measure();
        let mut ratios: Vec<f64> = ours.iter().zip(&baseline).map(|(a, b)| a / b).collect();
        ratios.sort_by(f64::total_cmp);
        let figures = Figures::Compared {
            unit,
            ours: median(&ours),
            baseline: median(&baseline),
            ratio: median(&ratios),
            spread: [ratios[0], ratios[ratios.len() - 1]],
        };
        self.add(name, figures, bar);
    }

    /// Adds a row of bytes.
    pub(crate) fn bytes(&mut self, name: String, bar: Bar, bytes: f64) {
        if !self.skips(&name) {
            self.add(name, Figures::Bytes(bytes), bar);
        }
    }

    /// Whether a row is not wanted, so that what it needs can be left out.
    pub(crate) fn skips(&self, name: &str) -> bool {
        let filter = self.filter.as_deref();
        filter.is_some_and(|part| !name.contains(part))
    }

    fn add(&mut self, name: String, figures: Figures, bar: Bar) {
        eprintln!("measured: {name}");
        self.rows.push(Row { name, figures, bar });
    }

    /// How many bars are missed.
    pub(crate) fn missed(&self) -> usize {
        let missed = |row: &&Row| row.is_met() == Some(false);
        self.rows.iter().filter(missed).count()
    }
}

fn nanoseconds(time: f64) -> String {
    if time < 1e4 {
        format!("{time:.2} ns")
    } else {
        format!("{:.2} ms", time / 1e6)
    }
}

fn ratio_text(ratio: f64) -> String {
    if ratio.abs() < 0.095 {
        format!("{ratio:.3}")
    } else {
        format!("{ratio:.2}")
    }
}

impl Unit {
    fn show(self, figure: f64) -> String {
        match self {
            Self::Nanoseconds => nanoseconds(figure),
            Self::Reads => format!("{figure:.0} reads"),
            Self::Units => format!("{figure:.0} units"),
            Self::Bytes => format!("{:.1} MB", figure / 1e6),
            #[cfg(feature = "rayon")]
            Self::Parts => format!("{figure:.3}"),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [ours, baseline, ratio, spread] = match &self.figures {
            Figures::Compared {
                unit,
                ours,
                baseline,
                ratio,
                spread: [low, high],
            } => [
                unit.show(*ours),
                unit.show(*baseline),
                ratio_text(*ratio),
                format!("{} to {}", ratio_text(*low), ratio_text(*high)),
            ],
            Figures::Bytes(bytes) => [
                format!("{bytes:.1} B"),
                String::new(),
                String::new(),
                String::new(),
            ],
        };
        let bar = match self.bar {
            Bar::Ratio(limit) => format!("≤ {}", ratio_text(limit)),
            Bar::Bytes(limit) => format!("≤ {limit} B"),
            Bar::Beside => String::new(),
        };
        let met = match self.is_met() {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        let name = &self.name;
        write!(
            f,
            "{name:<49} {ours:>10} {baseline:>10} {ratio:>6} {spread:>15} {bar:>9} {met}"
        )
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<49} {:>10} {:>10} {:>6} {:>15} {:>9}",
            "bar", "ours", "baseline", "ratio", "spread", "at most"
        )?;
        for row in &self.rows {
            writeln!(f, "{}", row.to_string().trim_end())?;
        }
        let bars = self.rows.iter().filter_map(Row::is_met).count();
        write!(f, "{} of {bars} bars met", bars - self.missed())
    }
}
