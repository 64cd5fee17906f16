//! Asks a heap: what takes the memory, why an object is alive, what has changed; and shows it as a page.
//!
//! ```text
//! cargo run --release --example inspect -- census FILE
//! cargo run --release --example inspect -- why FILE 1234
//! cargo run --release --example inspect -- report FILE --out report.html
//! ```
//!
//! A file is a heap snapshot of V8's, plain or gzip-packed, or one that `HeapSnapshot::write_to` has written.
//! `input.rs` reads them, `ask.rs` has the answers, `made_up.rs` a heap for those who have none.

use clap::{Parser, Subcommand, ValueEnum};
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use understory::inspect::HeapSnapshot;
use understory::inspect::export::{DevTools, Dot, EdgesCsv, GraphMl, NodesCsv, Page};

mod ask;
mod input;
mod made_up;
mod progress;

use input::{read, stem};
use progress::Progress;

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// Asks a heap: what takes the memory, why an object is alive, what has changed.
#[derive(Parser)]
#[command(arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// A heap snapshot: V8's, plain or gzip-packed, or understory's own. Without a command: its census
    file: Option<PathBuf>,
    /// No progress bars, which go to a terminal alone in any case
    #[arg(long, global = true)]
    quiet: bool,
    /// Say how much memory it took
    #[arg(long, global = true)]
    memory: bool,
}

#[derive(Subcommand)]
enum Command {
    /// What there is, by class
    Census {
        file: PathBuf,
        /// How many lines at most
        #[arg(long, short, default_value_t = 30)]
        lines: usize,
    },
    /// Why an object is alive: the shortest way to it from a root
    Why {
        file: PathBuf,
        /// The object's id, as V8's tools and the other commands show it (`12v3` for handles)
        id: String,
    },
    /// The objects that retain the most
    Retained {
        file: PathBuf,
        /// How many lines at most
        #[arg(long, short, default_value_t = 30)]
        lines: usize,
    },
    /// What holds what, as a tree: what would die with each object
    Tree { file: PathBuf },
    /// Objects that own each other in circles, and what to cut
    Cycles {
        file: PathBuf,
        /// How many lines at most
        #[arg(long, short, default_value_t = 30)]
        lines: usize,
    },
    /// What may be a leak
    Suspects {
        file: PathBuf,
        /// Earlier snapshots of the same heap, the oldest first
        earlier: Vec<PathBuf>,
        /// An object is one if it retains so many percent of the heap
        #[arg(long, default_value_t = 10)]
        percent: u8,
    },
    /// How two snapshots of a heap differ, by class
    Diff {
        before: PathBuf,
        after: PathBuf,
        /// How many lines at most
        #[arg(long, short, default_value_t = 30)]
        lines: usize,
    },
    /// Writes a page to look at in a browser
    Report {
        file: PathBuf,
        /// An earlier snapshot of the same heap, to show what has changed
        #[arg(long)]
        before: Option<PathBuf>,
        #[arg(long, short, default_value = "report.html")]
        out: PathBuf,
    },
    /// Writes the heap in another format
    Export {
        file: PathBuf,
        #[arg(long, short, value_enum)]
        format: Format,
        #[arg(long, short)]
        out: PathBuf,
        /// With what no root reaches, in the format of V8's tools too
        #[arg(long)]
        garbage: bool,
    },
    /// Writes a heap that is made up, in our own format
    MakeUp {
        #[arg(long, default_value_t = 100_000)]
        objects: u32,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[arg(long, short)]
        out: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// V8's, for Chrome's developer tools and memlab
    Heapsnapshot,
    /// Our own
    Heap,
    /// For Graphviz: what is near the roots
    Dot,
    Graphml,
    /// A table of the objects
    Nodes,
    /// A table of the edges
    Edges,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = run(&arguments, &mut io::stdout().lock());
    if arguments.memory {
        eprintln!("{}", progress::peak());
    }
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough: `inspect census FILE | head`.
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("inspect: {error}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn run(arguments: &Arguments, out: &mut impl Write) -> Result {
    let progress = &Progress::new(arguments.quiet);
    let Some(command) = &arguments.command else {
        let Some(file) = &arguments.file else {
            return Ok(());
        };
        return ask::census(&read(file, progress)?, 30, out);
    };
    match command {
        Command::Census { file, lines } => ask::census(&read(file, progress)?, *lines, out),
        Command::Why { file, id } => ask::why(&read(file, progress)?, id, out),
        Command::Retained { file, lines } => {
            ask::retained(&read(file, progress)?, *lines, progress, out)
        }
        Command::Tree { file } => ask::tree(&read(file, progress)?, progress, out),
        Command::Cycles { file, lines } => {
            ask::cycles(&read(file, progress)?, *lines, progress, out)
        }
        Command::Suspects {
            file,
            earlier,
            percent,
        } => {
            let heap = read(file, progress)?;
            let earlier: Vec<_> = earlier
                .iter()
                .map(|file| read(file, progress))
                .collect::<Result<_>>()?;
            ask::suspects(&heap, (&earlier, *percent), progress, out)
        }
        Command::Diff {
            before,
            after,
            lines,
        } => ask::diff(
            [&read(before, progress)?, &read(after, progress)?],
            *lines,
            out,
        ),
        Command::Report {
            file,
            before,
            out: page,
        } => report(file, before.as_deref(), page, progress, out),
        Command::Export {
            file,
            format,
            out,
            garbage,
        } => {
            let heap = read(file, progress)?;
            progress.during("write", || export(&heap, *format, *garbage, out))
        }
        Command::MakeUp { objects, seed, out } => {
            let heap = progress.during("make it up", || made_up::heap(*objects, *seed))?;
            progress.during("write", || Ok(heap.write_to(File::create(out)?)?))
        }
    }
}

fn report(
    file: &Path,
    before: Option<&Path>,
    page: &Path,
    progress: &Progress,
    out: &mut impl Write,
) -> Result {
    let heap = read(file, progress)?;
    let before = before
        .map(|path| Ok::<_, Box<dyn Error>>((read(path, progress)?, stem(path))))
        .transpose()?;
    let (title, subtitle) = (stem(file), format!("{}", file.display()));
    let mut html = Page::new(&heap).title(&title).subtitle(&subtitle);
    if let Some((before, then)) = &before {
        html = html.since(before, [then, &title]);
    }
    progress.during("write the page", || -> Result {
        let mut file = BufWriter::new(File::create(page)?);
        write!(file, "{html}")?;
        Ok(file.flush()?)
    })?;
    writeln!(
        out,
        "{} has {} KiB; open it in a browser",
        page.display(),
        fs::metadata(page)?.len() / 1024
    )?;
    Ok(())
}

fn export(heap: &HeapSnapshot, format: Format, garbage: bool, path: &Path) -> Result {
    let mut file = File::create(path)?;
    match format {
        Format::Heapsnapshot => write!(file, "{}", DevTools::new(heap).include_garbage(garbage))?,
        Format::Heap => heap.write_to(file)?,
        Format::Dot => write!(file, "{}", Dot::new(heap))?,
        Format::Graphml => write!(file, "{}", GraphMl::new(heap))?,
        Format::Nodes => write!(file, "{}", NodesCsv::new(heap))?,
        Format::Edges => write!(file, "{}", EdgesCsv::new(heap))?,
    }
    Ok(())
}
