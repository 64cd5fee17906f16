//! Loads a V8 heap snapshot, lets go of its groups of roots one after the other, and tells what dies.
//!
//! ```text
//! cargo run --release --example replay -- FILE
//! ```
//!
//! A snapshot is what Chrome's memory panel saves, and what `v8.writeHeapSnapshot()` writes in
//! Node; gzip-packed files are read as they are.
//!
//! A collection looks at the whole heap, and some files have a group of roots for each string. With more
//! groups than there may be lines, neighbours that hold nothing but themselves are let go together, and
//! then as many other neighbours as it takes.

use clap::Parser;
use std::error::Error;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write};
use std::mem;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use understory::{Handle, Store};
use understory_heapsnapshot::{Edge, Loaded, Node, RootGroup, Snapshot};

const FIXTURE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/node.heapsnapshot.gz"
);

/// How wide the column of names is.
const WIDTH: usize = 28;

/// Lets go of a V8 heap's groups of roots one after the other, and tells what dies by count and what by
/// collection.
#[derive(Parser)]
struct Arguments {
    /// The heap snapshot, plain or gzip-packed; without it, that of a small script in Node
    file: Option<PathBuf>,
    /// Instead of a file, a heap that is made up: so many groups, of which each second is a string
    #[arg(long, value_name = "COUNT", conflicts_with = "file")]
    groups: Option<usize>,
    /// Let go of the last group first
    #[arg(long)]
    reverse: bool,
    /// The most lines, and collections: with more groups than that, each line is for several
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..))]
    lines: u16,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match replay(&arguments, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("replay: {error}");
            ExitCode::FAILURE
        }
    }
}

fn replay(arguments: &Arguments, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut store = Store::default();
    let (name, file) = open(arguments)?;
    let mut loaded = load(file, &mut store, out).map_err(|error| format!("{name}: {error}"))?;
    if arguments.reverse {
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
    let lines = lines(&store, &loaded.groups, arguments.lines.into());
    for line in &lines {
        let groups = &loaded.groups[line.clone()];
        let step = Step::measure(&mut store, |store| {
            for group in groups {
                store.unroot(group.handle).expect("a group holds its root");
            }
        });
        step.write(&title(groups), &store, out)?;
        total.add(&step);
    }
    total.write("all", &store, out)?;
    let (groups, time) = (
        loaded.groups.len(),
        total.count_time + total.collection_time,
    );
    let each = time / u32::try_from(groups.max(1))?;
    writeln!(
        out,
        "{groups} groups on {} lines, {each:.1?} for each group",
        lines.len()
    )?;

    let edges = store.edge_count() + store.weak_edges().edge_count();
    if !store.is_empty() || edges != 0 {
        return Err(format!(
            "{} objects and {edges} edges outlive the last root",
            store.len()
        )
        .into());
    }
    Ok(())
}

/// What is read, and what it is called.
fn open(arguments: &Arguments) -> Result<(String, Box<dyn Read>), Box<dyn Error>> {
    if let Some(groups) = arguments.groups {
        let file = Box::new(io::Cursor::new(made_up(groups)));
        return Ok((format!("{groups} groups"), file));
    }
    let path = arguments.file.clone().unwrap_or_else(|| {
        eprintln!("replay: no file given, so this is {FIXTURE}");
        PathBuf::from(FIXTURE)
    });
    let name = path.display().to_string();
    match File::open(&path) {
        Ok(file) => Ok((name, Box::new(file))),
        Err(error) => Err(format!("{name}: {error}").into()),
    }
}

/// A snapshot with groups that are by turns a string and an object, each of which is in a cycle with one
/// object that all share.
fn made_up(groups: usize) -> String {
    // The root has number 0, the shared object 1.
    let mut nodes = format!("0,0,1,0,{groups},1,1,3,16,{}", groups / 2);
    let (mut roots, mut shared, mut back) = (String::new(), String::new(), String::new());
    for group in 0..groups {
        let (at, id) = (5 * (group + 2), 2 * group + 5);
        let comma = if group == 0 { "" } else { "," };
        write!(roots, "{comma}0,{group},{at}").expect("a string takes all");
        if group % 2 == 0 {
            write!(nodes, ",2,2,{id},24,0").expect("a string takes all");
        } else {
            write!(nodes, ",1,3,{id},32,1").expect("a string takes all");
            write!(shared, ",0,{group},{at}").expect("a string takes all");
            back += ",0,0,5";
        }
    }
    let (node_count, edge_count) = (groups + 2, groups + 2 * (groups / 2));
    format!(
        r#"{{"snapshot": {{"meta": {{
        "node_fields": ["type", "name", "id", "self_size", "edge_count"],
        "node_types": [["synthetic", "object", "string"], "string", "number", "number", "number"],
        "edge_fields": ["type", "name_or_index", "to_node"],
        "edge_types": [["element"], "string_or_number", "node"]}},
        "node_count": {node_count}, "edge_count": {edge_count}}},
        "nodes": [{nodes}], "edges": [{roots}{shared}{back}],
        "strings": ["", "shared", "a string", "an object"]}}"#
    )
}

/// Which groups are let go together: neighbours of each other, on at most `most` lines.
fn lines(
    store: &Store<Node, Edge>,
    groups: &[RootGroup<Handle>],
    most: usize,
) -> Vec<Range<usize>> {
    // What refers to nothing leaves no cycle behind.
    let is_leaf = |group: &RootGroup<Handle>| store.out_degree(group.handle) == Some(0);
    let too_many = groups.len() > most;
    let mut start = 0;
    let runs: Vec<_> = groups
        .chunk_by(|a, b| too_many && is_leaf(a) && is_leaf(b))
        .map(|run| {
            let end = start + run.len();
            mem::replace(&mut start, end)..end
        })
        .collect();
    let together = runs.len().div_ceil(most).max(1);
    runs.chunks(together)
        .map(|runs| runs[0].start..runs[runs.len() - 1].end)
        .collect()
}

fn title(groups: &[RootGroup<Handle>]) -> String {
    let more = match groups.len() {
        1 => String::new(),
        len => format!(" and {} more", len - 1),
    };
    let name = groups[0].name.chars();
    name.take(WIDTH - more.len()).chain(more.chars()).collect()
}

/// Reads the file and fills the store; the tables are dropped before anything is measured.
fn load<W: Write>(
    file: impl Read,
    store: &mut Store<Node, Edge>,
    out: &mut W,
) -> Result<Loaded<Handle>, Box<dyn Error>> {
    let start = Instant::now();
    let snapshot = Snapshot::read(file)?;
    let (nodes, edges) = (snapshot.node_count(), snapshot.edge_count());
    writeln!(
        out,
        "read    {nodes} nodes, {edges} edges in {:.1?}",
        start.elapsed()
    )?;

    let start = Instant::now();
    let loaded = snapshot.load_into(store)?;
    let time = start.elapsed();
    let (objects, edges, weak) = (
        store.len(),
        store.edge_count(),
        store.weak_edges().edge_count(),
    );
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
            "{:<WIDTH$} {:>9} {:>10} {:>13} {:>10} {:>12} {:>10}",
            "let go of", "by count", "in", "by collection", "in", "objects left", "edges left",
        )
    }

    fn write(&self, name: &str, store: &Store<Node, Edge>, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "{name:<WIDTH$} {:>9} {:>10} {:>13} {:>10} {:>12} {:>10}",
            self.by_count,
            format!("{:.1?}", self.count_time),
            self.by_collection,
            format!("{:.1?}", self.collection_time),
            store.len(),
            store.edge_count() + store.weak_edges().edge_count(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{lines, made_up};
    use understory::Store;
    use understory_heapsnapshot::{RootGroup, Snapshot};

    /// The lines for the groups of a made-up heap that `keep` keeps.
    fn lines_of(groups: usize, most: usize, keep: fn(usize) -> bool) -> Vec<usize> {
        let mut store = Store::default();
        let snapshot = Snapshot::read(made_up(groups).as_bytes()).unwrap();
        let loaded = snapshot.load_into(&mut store).unwrap();
        let groups: Vec<RootGroup<_>> = loaded
            .groups
            .into_iter()
            .enumerate()
            .filter(|(at, _)| keep(*at))
            .map(|(_, group)| group)
            .collect();
        let lines = lines(&store, &groups, most);
        let mut next = 0;
        for line in &lines {
            assert_eq!(line.start, next);
            next = line.end;
        }
        assert_eq!(next, groups.len());
        lines.into_iter().map(|line| line.len()).collect()
    }

    #[test]
    fn groups_that_fit_have_a_line_each() {
        assert_eq!(lines_of(8, 8, |_| true), [1; 8]);
        assert_eq!(lines_of(8, 8, |at| at % 2 == 0), [1; 4]);
        assert!(lines_of(0, 1, |_| true).is_empty());
    }

    #[test]
    fn neighbours_without_edges_are_together_first() {
        assert_eq!(lines_of(8, 3, |at| at % 2 == 0), [4]);
        assert_eq!(lines_of(12, 3, |at| at == 3 || at % 2 == 0), [2, 1, 4]);
    }

    #[test]
    fn groups_that_are_too_many_share_lines() {
        assert_eq!(lines_of(1000, 3, |_| true), [334, 334, 332]);
        assert_eq!(lines_of(9, 8, |_| true), [2, 2, 2, 2, 1]);
    }
}
