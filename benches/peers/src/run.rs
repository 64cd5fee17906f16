//! Starts a process for each run, in turns, and gathers what they print.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::cli::Wanted;
use crate::peers::{self, Form, Kind, Variant, python};
use crate::workloads::{Case, Workload};

/// Freed memory is kept, so that no run depends on where one small block happens to lie; and all
/// threads share one heap, which alone has a top that can be kept.
const TUNABLES: &str = "glibc.malloc.arena_max=1:glibc.malloc.trim_threshold=17179869184:\
                        glibc.malloc.mmap_threshold=4294967296";
/// After this a run is given up.
const PATIENCE: Duration = Duration::from_mins(4);
/// The program that counts what is allocated.
const COUNTED: &str = "counted";

/// What came out of the runs of a variant on a case.
#[derive(Clone, Debug, Serialize)]
pub(crate) enum Outcome {
    /// A figure for each run.
    Figures(Vec<f64>),
    /// Why there are none.
    Lacking(String),
}

/// The outcomes by case and title of the variant.
pub(crate) type Results = BTreeMap<Case, BTreeMap<String, Outcome>>;

pub(crate) fn numbered() -> impl Iterator<Item = (usize, &'static Variant)> {
    peers::all().enumerate()
}

/// Runs an own process to its end, and returns what it prints.
pub(crate) fn start(program: &PathBuf, arguments: &[String]) -> Result<String, String> {
    let mut child = Command::new(program)
        .args(arguments)
        .env("GLIBC_TUNABLES", TUNABLES)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("does not start: {error}"))?;
    // A child that prints more than a pipe holds would wait for ever.
    let [output, error] = [
        read_on(child.stdout.take().expect("it was piped")),
        read_on(child.stderr.take().expect("it was piped")),
    ];
    let start = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(2)),
            _ => {
                // It may have ended by itself just now.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("gave up after {} s", PATIENCE.as_secs()));
            }
        }
    };
    let [output, error] = [output, error].map(|reader| reader.join().unwrap_or_default());
    if status.success() {
        return Ok(output.trim().to_owned());
    }
    let line = error.lines().rev().find(|line| !line.is_empty());
    Err(format!("fails: {status}, {}", line.unwrap_or("no message")))
}

/// Reads to the end, on a thread of its own.
fn read_on(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        // What cannot be read is not worth a second error.
        let _ = from.read_to_string(&mut text);
        text
    })
}

/// The programs of this package.
pub(crate) struct Programs {
    timed: PathBuf,
    counted: Option<PathBuf>,
    quick: bool,
}

impl Programs {
    pub(crate) fn new(quick: bool, needs_counted: bool) -> Self {
        let timed = std::env::current_exe().expect("a program knows its own path");
        let counted = needs_counted.then(|| build_counted(&timed)).flatten();
        Self {
            timed,
            counted,
            quick,
        }
    }

    fn figure(&self, peer: usize, case: Case) -> Result<f64, String> {
        let program = match case.workload {
            Workload::Memory => self.counted.as_ref().ok_or("cargo cannot be run")?,
            _ => &self.timed,
        };
        let mut arguments = vec!["child".into(), peer.to_string(), case.key()];
        arguments.extend(self.quick.then(|| "--quick".into()));
        let text = start(program, &arguments)?;
        text.parse().map_err(|_| format!("prints {text}"))
    }

    pub(crate) fn pauses(&self, peer: usize, objects: u32) -> Result<String, String> {
        let mut arguments = vec!["pause-child".into(), peer.to_string(), objects.to_string()];
        arguments.extend(self.quick.then(|| "--quick".into()));
        start(&self.timed, &arguments)
    }
}

/// Counting takes time at every allocation, so it is a program of its own; `cargo run` has built
/// this one alone.
fn build_counted(timed: &std::path::Path) -> Option<PathBuf> {
    let cargo = std::env::var_os("CARGO")?;
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "-p", "peers", "--bin", COUNTED]);
    build.args((!cfg!(debug_assertions)).then_some("--release"));
    build.current_dir(env!("CARGO_MANIFEST_DIR"));
    let is_built = build.status().is_ok_and(|status| status.success());
    is_built.then(|| timed.with_file_name(COUNTED))
}

/// Why a variant is not measured on a case.
fn reason(variant: &Variant, case: Case, has_python: bool) -> Option<&'static str> {
    if variant.name == python::NAME && !has_python {
        return Some("no python3");
    }
    let is_alike = variant.form == Form::Inline && case.workload == Workload::Get;
    if is_alike {
        return Some("edges play no part");
    }
    let is_compared = variant.kind == Kind::Ours || variant.name == "petgraph";
    if case.workload == Workload::LoadSingly && !is_compared {
        return Some("knows no other way: see W12");
    }
    (variant.lacks)(case.workload)
}

/// Runs all that is wanted. The variants take turns within a round, so that what changes on the
/// machine meanwhile hits all of them.
pub(crate) fn all(
    cases: &[Case],
    wanted: &Wanted,
    rounds: usize,
    quick: bool,
    only: fn(&Variant, Case) -> bool,
) -> Results {
    let needs_counted = cases.iter().any(|case| case.workload == Workload::Memory);
    let programs = Programs::new(quick, needs_counted);
    let has_python = python::version().is_some();
    let mut results = Results::new();
    for &case in cases {
        let mut outcomes = BTreeMap::new();
        let mut running = Vec::new();
        for (peer, variant) in numbered() {
            if !wanted.has_peer(&variant.title()) || !only(variant, case) {
                continue;
            }
            match reason(variant, case, has_python) {
                None => running.push((peer, variant)),
                Some(reason) if variant.kind != Kind::Limit => {
                    outcomes.insert(variant.title(), Outcome::Lacking(reason.into()));
                }
                Some(_) => {}
            }
        }
        // Bytes are the same in every run.
        let rounds = match case.workload {
            Workload::Memory => 1,
            _ => rounds,
        };
        for round in 1..=rounds {
            eprintln!("{case}: round {round} of {rounds}");
            for &(peer, variant) in &running {
                let figure = programs.figure(peer, case);
                record(&mut outcomes, variant.title(), figure);
            }
        }
        results.insert(case, outcomes);
    }
    results
}

/// One failure is enough to say that a variant fails.
fn record(outcomes: &mut BTreeMap<String, Outcome>, title: String, figure: Result<f64, String>) {
    let outcome = outcomes
        .entry(title)
        .or_insert_with(|| Outcome::Figures(Vec::new()));
    match (outcome, figure) {
        (Outcome::Figures(figures), Ok(figure)) => figures.push(figure),
        (Outcome::Lacking(_), _) => {}
        (outcome, Err(reason)) => *outcome = Outcome::Lacking(reason),
    }
}
