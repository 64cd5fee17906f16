//! The file of counts, and what has changed since it was written.

use std::env;
use std::fmt;
use std::process::Command;

/// The command that writes the file.
pub(crate) const SAVE: &str = "`cargo bench --bench instructions -- --save`";

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/benches/instructions/counts.txt"
);
/// How much larger than the other, in percent, a count may be.
const TOLERANCE: f64 = 5.0;

/// What decides on instructions beside the source.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Build {
    /// The first line of `rustc -vV`.
    compiler: String,
    /// The line of it that names the target.
    host: String,
}

impl Build {
    pub(crate) fn current() -> Result<Self, String> {
        let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(compiler)
            .arg("-vV")
            .output()
            .map_err(|error| format!("rustc cannot be run: {error}"))?;
        Self::from_lines(&String::from_utf8_lossy(&output.stdout))
            .ok_or_else(|| "rustc does not say what it is".into())
    }

    fn from_lines(text: &str) -> Option<Self> {
        let line = |start| text.lines().find(|line| line.starts_with(start));
        Some(Self {
            compiler: line("rustc ")?.into(),
            host: line("host: ")?.into(),
        })
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.compiler, self.host)
    }
}

/// Instructions of each operation.
pub(crate) struct Counts {
    build: Build,
    entries: Vec<(String, f64)>,
}

impl Counts {
    pub(crate) fn new(build: Build) -> Self {
        let entries = Vec::new();
        Self { build, entries }
    }

    pub(crate) fn add(&mut self, name: &str, count: f64) {
        self.entries.push((name.into(), count));
    }

    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        let entry = self.entries.iter().find(|(other, _)| other == name);
        entry.map(|&(_, count)| count)
    }

    /// Reads the file.
    pub(crate) fn saved() -> Result<Self, String> {
        let text =
            std::fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}; {SAVE}"))?;
        let build = Build::from_lines(&text)
            .ok_or_else(|| format!("{FILE} does not name its compiler; {SAVE}"))?;
        // Other lines have no number after their first word.
        let entry = |line: &str| {
            let (name, count) = line.split_once(' ')?;
            Some((name.into(), count.trim().parse().ok()?))
        };
        let entries = text.lines().filter_map(entry).collect();
        Ok(Self { build, entries })
    }

    /// Writes the file.
    pub(crate) fn save(&self) -> Result<(), String> {
        println!("{self}");
        std::fs::write(FILE, format!("{self}\n")).map_err(|error| format!("{FILE}: {error}"))
    }

    pub(crate) fn compare(&self, saved: &Self) -> Comparison {
        let is_gone = |(name, _): &&(String, f64)| self.get(name).is_none();
        let gone = saved.entries.iter().filter(is_gone);
        let rows = self.entries.iter().map(|(name, new)| Row {
            name: name.clone(),
            old: saved.get(name),
            new: Some(*new),
        });
        let gone = gone.map(|(name, old)| Row {
            name: name.clone(),
            old: Some(*old),
            new: None,
        });
        Comparison {
            rows: rows.chain(gone).collect(),
            builds: [saved.build.clone(), self.build.clone()],
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Build { compiler, host } = &self.build;
        write!(
            f,
            "# Instructions of one operation, written by {SAVE}.\n{compiler}\n{host}"
        )?;
        for (name, count) in &self.entries {
            write!(f, "\n{name:<22} {count:>10.2}")?;
        }
        Ok(())
    }
}

/// What is to be said of an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Same,
    Grown,
    Shrunk,
    New,
    Gone,
}

struct Row {
    name: String,
    old: Option<f64>,
    new: Option<f64>,
}

impl Row {
    fn verdict(&self) -> Verdict {
        let exceeds = |more, less| more > less * (1.0 + TOLERANCE / 100.0);
        match (self.old, self.new) {
            (None, _) => Verdict::New,
            (_, None) => Verdict::Gone,
            (Some(old), Some(new)) if exceeds(new, old) => Verdict::Grown,
            (Some(old), Some(new)) if exceeds(old, new) => Verdict::Shrunk,
            _ => Verdict::Same,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |count: Option<f64>| count.map_or("-".into(), |count| format!("{count:.2}"));
        let (old, new) = (show(self.old), show(self.new));
        let change = match (self.old, self.new) {
            (Some(old), Some(new)) => format!("{:+.1} %", (new / old - 1.0) * 100.0),
            _ => String::new(),
        };
        let verdict = match self.verdict() {
            Verdict::Same => "",
            Verdict::Grown => "GROWN",
            Verdict::Shrunk => "shrunk: refresh the counts",
            Verdict::New => "NOT IN THE FILE",
            Verdict::Gone => "NOT COUNTED ANY MORE",
        };
        let name = &self.name;
        write!(f, "{name:<22} {old:>10} {new:>10} {change:>9} {verdict}")
    }
}

/// The counts of the file beside those of now.
pub(crate) struct Comparison {
    rows: Vec<Row>,
    /// What the file is of, and what this is.
    builds: [Build; 2],
}

impl Comparison {
    /// Whether an operation has grown, or the file has not the same operations.
    pub(crate) fn fails(&self) -> bool {
        let passes = |row: &Row| matches!(row.verdict(), Verdict::Same | Verdict::Shrunk);
        !self.rows.iter().all(passes)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [old, new, change] = ["old", "new", "change"];
        write!(f, "{:<22} {old:>10} {new:>10} {change:>9}", "instructions")?;
        for row in &self.rows {
            write!(f, "\n{}", row.to_string().trim_end())?;
        }
        let [saved, current] = &self.builds;
        if saved != current {
            write!(
                f,
                "\nthe counts are of different compilers, which may be all there is to it:\n\
                 old: {saved}\nnew: {current}"
            )?;
        }
        Ok(())
    }
}
