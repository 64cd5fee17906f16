//! Loads a V8 heap snapshot, lets go of its groups of roots one by one, and tells what dies.
//!
//! ```text
//! cargo run --release --example replay -- FILE
//! ```
//!
//! A snapshot is what Chrome's memory panel saves, and what `v8.writeHeapSnapshot()` writes in
//! Node; gzip-packed files are read as they are.

use clap::Parser;
use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use understory::Store;
use understory::interop::heapsnapshot::{Edge, Loaded, Node, Snapshot};

const FIXTURE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/node.heapsnapshot.gz"
);

/// Lets go of a V8 heap's groups of roots one by one, and tells what dies by count and what by
/// collection.
#[derive(Parser)]
struct Arguments {
    /// The heap snapshot, plain or gzip-packed; without it, that of a small script in Node
    file: Option<PathBuf>,
    /// Let go of the last group first
    #[arg(long)]
    reverse: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let file = arguments.file.unwrap_or_else(|| {
        eprintln!("replay: no file given, so this is {FIXTURE}");
        PathBuf::from(FIXTURE)
    });
    match replay(&file, arguments.reverse, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("replay: {}: {error}", file.display());
            ExitCode::FAILURE
        }
    }
}

fn replay(file: &Path, reverse: bool, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut store = Store::default();
    let mut loaded = load(file, &mut store, out)?;
    if reverse {
        loaded.groups.reverse();
    }
    // From here on only what this program asks for is collected.
    store.disable();

    writeln!(out)?;
    Step::write_head(out)?;
    let mut total = Step::default();
    let step = Step::measure(&mut store, |_| ());
    step.write("held by no group", &store, out)?;
    total.add(&step);
    for group in &loaded.groups {
        let step = Step::measure(&mut store, |store| {
            store.unroot(group.handle).expect("a group holds its root");
        });
        step.write(&group.name, &store, out)?;
        total.add(&step);
    }
    total.write("all", &store, out)?;

    let edges = store.edge_count() + store.weak_edge_count();
    if !store.is_empty() || edges != 0 {
        return Err(format!(
            "{} objects and {edges} edges outlive the last root",
            store.len()
        )
        .into());
    }
    Ok(())
}

/// Reads the file and fills the store; the tables are dropped before anything is measured.
fn load<W: Write>(
    file: &Path,
    store: &mut Store<Node, Edge>,
    out: &mut W,
) -> Result<Loaded<understory::Handle>, Box<dyn Error>> {
    let start = Instant::now();
    let snapshot = Snapshot::read(File::open(file)?)?;
    let (nodes, edges) = (snapshot.node_count(), snapshot.edge_count());
    writeln!(
        out,
        "read    {nodes} nodes, {edges} edges in {:.1?}",
        start.elapsed()
    )?;

    let start = Instant::now();
    let loaded = snapshot.load_into(store)?;
    let time = start.elapsed();
    let (objects, edges, weak) = (store.len(), store.edge_count(), store.weak_edge_count());
    writeln!(
        out,
        "loaded  {objects} objects, {edges} edges, {weak} weak edges in {time:.1?}"
    )?;
    let loose = loaded
        .handles
        .iter()
        .flatten()
        .filter(|handle| !store.contains(**handle))
        .count();
    writeln!(out, "        {loose} objects were dead on arrival")?;
    Ok(loaded)
}

/// What one change has freed, and in what time.
#[derive(Default)]
struct Step {
    by_count: usize,
    count_time: Duration,
    by_collection: usize,
    collection_time: Duration,
}

impl Step {
    fn measure(store: &mut Store<Node, Edge>, change: impl FnOnce(&mut Store<Node, Edge>)) -> Self {
        let before = store.len();
        let start = Instant::now();
        change(store);
        let count_time = start.elapsed();
        let between = store.len();
        let start = Instant::now();
        store.collect();
        Self {
            by_count: before - between,
            count_time,
            by_collection: between - store.len(),
            collection_time: start.elapsed(),
        }
    }

    fn add(&mut self, other: &Self) {
        self.by_count += other.by_count;
        self.count_time += other.count_time;
        self.by_collection += other.by_collection;
        self.collection_time += other.collection_time;
    }

    fn write_head(out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "{:<28} {:>9} {:>10} {:>13} {:>10} {:>12} {:>10}",
            "let go of", "by count", "in", "by collection", "in", "objects left", "edges left",
        )
    }

    fn write(&self, name: &str, store: &Store<Node, Edge>, out: &mut impl Write) -> io::Result<()> {
        let name: String = name.chars().take(28).collect();
        writeln!(
            out,
            "{name:<28} {:>9} {:>10} {:>13} {:>10} {:>12} {:>10}",
            self.by_count,
            format!("{:.1?}", self.count_time),
            self.by_collection,
            format!("{:.1?}", self.collection_time),
            store.len(),
            store.edge_count() + store.weak_edge_count(),
        )
    }
}
