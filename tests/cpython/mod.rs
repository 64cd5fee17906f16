//! Random programs, run on a store and on `CPython`'s own objects, and compared after each
//! operation: who died, who was finalized, who was told, what a collection returned, and of each
//! object alive its generation, reference count, edges and weak edges.
//!
//! One `python3` (or what `PYTHON` names) judges all programs; without it the test says so and
//! passes. `CPYTHON_SEED` sets the seed of the first. For the judge's side see `judge.py`.
//!
//! What differs on purpose is listed in [`Divergence`]; the programs are made so that these rules
//! hold on both sides:
//! - Who takes an edge away holds its source until that is done, as a program in Python does.
//! - A finalizer sees itself, its own targets, and objects that were rooted before the operation
//!   and still are: by the time a finalizer runs, `CPython` has cleared the weak references by
//!   which others would be found.
//! - Within a collection the order of finalizers is nobody's promise, so there none of them gives
//!   a root or an edge up (see [`Divergence::DeathsWaitForFinalizer`]), and no two add edges to the same
//!   object.
//! - Programs are too small for `CPython` to put deaths off for its stack's sake: it does so from
//!   50 levels on.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::{self, Write as _};
use std::io::{BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};

use oorandom::Rand32;
use understory::{Auto, Config, Cycles, Generation, Handle, Store, Watch};

use crate::cases::cases;

type Name = u32;
type World = Store<Name>;

/// Objects alive at a time; far below `CPython`'s 50 levels even if all of them form a chain.
const MOST_ALIVE: usize = 20;

/// Where the store differs from `CPython` on purpose. Each must be met in a run of some length, so
/// that none outlives its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Divergence {
    /// Watchers are told of deaths. `CPython` calls the callbacks of cyclic garbage before its
    /// finalizers, so it also calls those of objects that a finalizer then saves.
    WatchOutlivesRescue,
    /// Weak edges to what a finalizer saved stay. `CPython` clears weak references to cyclic
    /// garbage before its finalizers; from 3.15 on after them, and then as the store does.
    WeakEdgeOutlivesRescue,
    /// An object that its finalizer saved from a death by count stays in its generation, which is
    /// its arena's. `CPython` tracks it anew, in the youngest. Until the next full collection the
    /// two would examine different objects, so until then all collections are full.
    ComebackIsYoung,
    /// A finalizer's deaths by count wait until it has returned, in `CPython` they happen within
    /// it. Each finalizer here does that last of all, so the deaths come in the same order.
    ///
    /// In a collection they come when all finalizers have run, before it is decided what these have
    /// saved: a test of its own shows it.
    DeathsWaitForFinalizer,
}

/// What a finalizer does, beside that it is recorded.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Nothing,
    /// Roots its object.
    Root,
    /// Roots the first target of its object.
    RootChild,
    /// Links its object to one that is rooted.
    Keep(Name),
    /// Gives up a root of another, outside of collections.
    Drop(Name),
    /// Takes away the first edge of its object, outside of collections.
    Cut,
    /// The same, also within them; see [`Divergence::DeathsWaitForFinalizer`].
    CutAnyway,
}

#[derive(Clone, Copy, Debug)]
enum Op {
    New(Name),
    Child(Name, Name),
    Root(Name),
    Unroot(Name),
    Link(Name, Name),
    Unlink(Name, Name),
    /// Takes away all edges of an object.
    Clear(Name),
    /// Has the first edge of an object lead to another.
    Set(Name, Name),
    Weak(Name, Name),
    Unweak(Name, Name),
    Watch(Name, u32),
    Unwatch(Name, u32),
    Finalizer(Name, Deed),
    Collect(usize),
}

impl fmt::Display for Op {
    /// As the judge reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Op::New(name) => write!(f, "new {name}"),
            Op::Child(parent, name) => write!(f, "child {parent} {name}"),
            Op::Root(name) => write!(f, "root {name}"),
            Op::Unroot(name) => write!(f, "unroot {name}"),
            Op::Link(source, target) => write!(f, "link {source} {target}"),
            Op::Unlink(source, target) => write!(f, "unlink {source} {target}"),
            Op::Clear(name) => write!(f, "clear {name}"),
            Op::Set(source, target) => write!(f, "set {source} {target}"),
            Op::Weak(source, target) => write!(f, "weak {source} {target}"),
            Op::Unweak(source, target) => write!(f, "unweak {source} {target}"),
            Op::Watch(name, watch) => write!(f, "watch {name} {watch}"),
            Op::Unwatch(name, watch) => write!(f, "unwatch {name} {watch}"),
            Op::Finalizer(name, deed) => {
                let (deed, other) = match deed {
                    Deed::Nothing => ("nothing", name),
                    Deed::Root => ("root", name),
                    Deed::RootChild => ("child", name),
                    Deed::Keep(other) => ("keep", other),
                    Deed::Drop(other) => ("drop", other),
                    Deed::Cut => ("cut", name),
                    Deed::CutAnyway => ("cut-anyway", name),
                };
                write!(f, "finalizer {name} {deed} {other}")
            }
            Op::Collect(generation) => write!(f, "collect {generation}"),
        }
    }
}

fn program(ops: &[Op]) -> String {
    let ops: Vec<String> = ops.iter().map(Op::to_string).collect();
    ops.join(";")
}

/// What the finalizers share with the driver.
#[derive(Default)]
struct Book {
    handles: BTreeMap<Name, Handle>,
    /// Roots that the program holds, without the one that the driver holds meanwhile.
    roots: BTreeMap<Name, usize>,
    /// Who was rooted before the operation.
    steady: BTreeSet<Name>,
    /// Who was finalized in this operation, with how many had died before.
    finalized: Vec<(Name, usize)>,
    /// Who was saved by a finalizer in this operation.
    saved: Vec<Name>,
    collecting: bool,
    /// How many were alive before the operation.
    before: usize,
    /// Whether what a finalizer did will kill somebody.
    dropped: bool,
}

type SharedBook = Arc<Mutex<Book>>;

fn open(book: &SharedBook) -> MutexGuard<'_, Book> {
    book.lock().expect("no finalizer panics")
}

/// What an operation returned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Returned {
    #[default]
    Nothing,
    /// A collection: how many it freed.
    Freed(usize),
}

impl fmt::Display for Returned {
    /// As the judge writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("-"),
            Self::Freed(freed) => write!(f, "{freed}"),
        }
    }
}

/// What an operation did to the store.
#[derive(Debug, Default)]
struct Seen {
    returned: Returned,
    finalized: Vec<(Name, usize)>,
    died: Vec<Name>,
    notices: Vec<u32>,
    /// Who may have come back from cyclic garbage.
    rescued: BTreeSet<Name>,
    rows: Vec<String>,
    watched: BTreeMap<u32, Name>,
}

/// A store and what the driver knows of it.
struct Run {
    world: World,
    book: SharedBook,
    watches: BTreeMap<u32, (Name, Watch)>,
    /// See [`Divergence::ComebackIsYoung`].
    young_again: BTreeSet<Name>,
    met: BTreeSet<Divergence>,
}

impl Run {
    fn new() -> Self {
        let config = Config::new()
            .promote_fill(0)
            .reopen_fill(0)
            .auto(Auto::Off)
            .cycles(Cycles::Manual)
            .record_deaths(true);
        Self {
            world: World::with_config(config),
            book: SharedBook::default(),
            watches: BTreeMap::new(),
            young_again: BTreeSet::new(),
            met: BTreeSet::new(),
        }
    }

    fn handle(&self, name: Name) -> Option<Handle> {
        let handle = *open(&self.book).handles.get(&name)?;
        self.world.contains(handle).then_some(handle)
    }

    fn alive(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.world.values().copied().collect();
        names.sort_unstable();
        names
    }

    fn roots(&self, name: Name) -> usize {
        open(&self.book).roots.get(&name).copied().unwrap_or(0)
    }

    fn admit(&mut self, name: Name, handle: Handle, roots: usize) {
        let mut book = open(&self.book);
        book.handles.insert(name, handle);
        book.roots.insert(name, roots);
    }

    /// Applies an operation if it means anything here; returns it as the judge is to apply it.
    fn apply(&mut self, op: Op) -> Option<(Op, Seen)> {
        {
            let mut book = open(&self.book);
            let roots = book.roots.iter().filter(|&(_, &roots)| roots > 0);
            book.steady = roots.map(|(&name, _)| name).collect();
            book.before = self.world.len();
            book.finalized.clear();
            book.saved.clear();
            book.collecting = matches!(op, Op::Collect(_));
        }
        let op = match op {
            Op::Collect(_) if !self.young_again.is_empty() => Op::Collect(2),
            op => op,
        };
        let returned = self.change(op)?;
        Some((op, self.look(op, returned)))
    }

    /// Applies an operation if it means anything here.
    fn change(&mut self, op: Op) -> Option<Returned> {
        match op {
            Op::New(name) => {
                let handle = self.world.insert(name);
                self.admit(name, handle, 1);
            }
            Op::Child(parent, name) => {
                let parent = self.handle(parent)?;
                let handle = self.world.insert_linked(parent, (), name).unwrap();
                self.admit(name, handle, 0);
            }
            Op::Root(name) => {
                let handle = self.handle(name)?;
                self.world.root(handle).unwrap();
                *open(&self.book).roots.entry(name).or_default() += 1;
            }
            Op::Unroot(name) => {
                let handle = self.handle(name)?;
                let held = self.roots(name).checked_sub(1)?;
                open(&self.book).roots.insert(name, held);
                self.world.unroot(handle).unwrap();
            }
            Op::Link(source, target) => {
                let ends = (self.handle(source)?, self.handle(target)?);
                self.world.link(ends.0, (), ends.1).unwrap();
            }
            Op::Unlink(source, target) => {
                let (source, target) = (self.handle(source)?, self.handle(target)?);
                if !self.world.has_edge(source, target) {
                    return None;
                }
                self.world.root(source).unwrap();
                self.world.unlink(source, target).unwrap();
                self.world.unroot(source).unwrap();
            }
            Op::Clear(name) => {
                let handle = self.handle(name)?;
                self.world.root(handle).unwrap();
                self.world.unlink_targets(handle).unwrap();
                self.world.unroot(handle).unwrap();
            }
            Op::Set(source, target) => {
                let (source, target) = (self.handle(source)?, self.handle(target)?);
                self.world.root(source).unwrap();
                self.world.root(target).unwrap();
                self.world.set(source, (), target).unwrap();
                self.world.unroot(target).unwrap();
                self.world.unroot(source).unwrap();
            }
            Op::Weak(source, target) => {
                let ends = (self.handle(source)?, self.handle(target)?);
                self.world.link_weak(ends.0, (), ends.1).unwrap();
            }
            Op::Unweak(source, target) => {
                let ends = (self.handle(source)?, self.handle(target)?);
                self.world.unlink_weak(ends.0, ends.1).ok()?;
            }
            Op::Watch(name, number) => {
                let watch = self.world.watch(self.handle(name)?).unwrap();
                self.watches.insert(number, (name, watch));
            }
            Op::Unwatch(name, number) => {
                let handle = self.handle(name)?;
                let (_, watch) = self.watches.remove(&number)?;
                assert!(self.world.unwatch(handle, watch));
            }
            Op::Finalizer(name, deed) => {
                let handle = self.handle(name)?;
                let finalizer = finalizer(Arc::clone(&self.book), deed);
                // One that has run is refused, as `CPython` would not run it.
                self.world.set_finalizer(handle, finalizer).ok()?;
            }
            Op::Collect(number) => {
                let generation = [Generation::Young, Generation::Middle, Generation::Old][number];
                let collected = self.world.collect_generation(generation);
                if number == 2 {
                    self.young_again.clear();
                }
                return Some(Returned::Freed(collected.freed));
            }
        }
        Some(Returned::Nothing)
    }

    /// What the operation has done.
    fn look(&mut self, op: Op, returned: Returned) -> Seen {
        if let Err(violation) = self.world.check_invariants() {
            panic!("after {op}: {violation:?}");
        }
        let mut seen = Seen {
            returned,
            died: self.world.drain_deaths().map(|death| death.value).collect(),
            ..Seen::default()
        };
        let numbers: BTreeMap<Watch, u32> = self
            .watches
            .iter()
            .map(|(&number, &(_, watch))| (watch, number))
            .collect();
        let notices = self.world.drain_notices();
        seen.notices = notices.map(|notice| numbers[&notice.watch]).collect();
        seen.watched = self
            .watches
            .iter()
            .map(|(&number, &(name, _))| (number, name))
            .collect();
        let saved = {
            let mut book = open(&self.book);
            seen.finalized.clone_from(&book.finalized);
            for name in &seen.died {
                book.roots.insert(*name, 0);
            }
            if std::mem::take(&mut book.dropped) {
                self.met.insert(Divergence::DeathsWaitForFinalizer);
            }
            book.saved.clone()
        };
        let collecting = returned != Returned::Nothing;
        for &(name, dead) in &seen.finalized {
            // In a collection deaths by count come after the garbage is dead, and only then.
            let by_count = !collecting || dead > 0;
            if let Some(handle) = self.handle(name).filter(|_| by_count) {
                if self.world.generation(handle) != Some(Generation::Young) {
                    self.young_again.insert(name);
                    self.met.insert(Divergence::ComebackIsYoung);
                }
            }
        }
        self.young_again.retain(|name| !seen.died.contains(name));
        if collecting {
            seen.rescued = self.led_to(&saved);
        }
        seen.rows = self.alive().iter().map(|&name| self.row(name)).collect();
        seen
    }

    /// These objects, if they are alive, and all that they lead to.
    fn led_to(&self, names: &[Name]) -> BTreeSet<Name> {
        let mut stack: Vec<Handle> = names.iter().filter_map(|&name| self.handle(name)).collect();
        let mut found = BTreeSet::new();
        while let Some(handle) = stack.pop() {
            if found.insert(self.world[handle]) {
                stack.extend(self.world.targets(handle));
            }
        }
        found
    }

    /// One object as the judge writes it.
    fn row(&self, name: Name) -> String {
        let handle = self.handle(name).expect("it is alive");
        let world = &self.world;
        let generation = match world.generation(handle) {
            _ if self.young_again.contains(&name) => 0,
            Some(Generation::Young) => 0,
            Some(Generation::Middle) => 1,
            _ => 2,
        };
        let targets: Vec<Name> = world.targets(handle).map(|other| world[other]).collect();
        let mut weak: Vec<Name> = world
            .weak_edges()
            .targets(handle)
            .map(|other| world[other])
            .collect();
        weak.sort_unstable();
        assert_eq!(world.root_count(handle), Some(self.roots(name)));
        format!(
            "{name}:{generation}:{}:{}:{}:{}",
            u8::from(world.is_finalized(handle).unwrap()),
            world.refcount(handle).unwrap(),
            joined(&targets),
            joined(&weak)
        )
    }
}

fn joined(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(Name::to_string).collect();
    names.join(",")
}

fn finalizer(book: SharedBook, deed: Deed) -> impl Fn(&mut World, Handle) + Send + Sync {
    move |world, this| {
        let mut book = open(&book);
        let name = world[this];
        let dead = book.before - world.len();
        book.finalized.push((name, dead));
        let rooted = |book: &Book, name| book.steady.contains(&name) && book.roots[&name] > 0;
        match deed {
            Deed::Root => {
                world.root(this).unwrap();
                *book.roots.entry(name).or_default() += 1;
                book.saved.push(name);
            }
            Deed::RootChild => {
                if let Some(child) = world.targets(this).next() {
                    world.root(child).unwrap();
                    *book.roots.entry(world[child]).or_default() += 1;
                    book.saved.push(world[child]);
                }
            }
            Deed::Keep(other) if rooted(&book, other) => {
                world.link(book.handles[&other], (), this).unwrap();
                book.saved.push(name);
            }
            Deed::Drop(other) if !book.collecting && rooted(&book, other) => {
                *book.roots.entry(other).or_default() -= 1;
                let other = book.handles[&other];
                world.unroot(other).unwrap();
                assert!(world.contains(other), "its death waits");
                book.dropped |= world.refcount(other) == Some(0);
            }
            Deed::Cut if book.collecting => {}
            Deed::Cut | Deed::CutAnyway => {
                if let Some(child) = world.targets(this).next() {
                    world.unlink(this, child).unwrap();
                    assert!(world.contains(child), "its death waits");
                    book.dropped |= world.refcount(child) == Some(0);
                }
            }
            Deed::Nothing | Deed::Keep(_) | Deed::Drop(_) => {}
        }
    }
}

/// Makes a program that means something, by running it on a store.
fn generate(seed: u64) -> Vec<Op> {
    let mut random = Rand32::new(seed);
    let mut run = Run::new();
    let (mut ops, mut keepers) = (Vec::new(), BTreeSet::new());
    let (mut name, mut watch) = (0, 0);
    let most = 4 + random.rand_range(0..u32::try_from(MOST_ALIVE - 3).unwrap()) as usize;
    let len = random.rand_range(8..70);
    for _ in 0..len {
        let alive = run.alive();
        let mut any = |names: &[Name]| match names {
            [] => None,
            names => {
                Some(names[random.rand_range(0..u32::try_from(names.len()).unwrap()) as usize])
            }
        };
        let (one, other) = (any(&alive), any(&alive));
        let rooted: Vec<Name> = alive
            .iter()
            .copied()
            .filter(|&name| run.roots(name) > 0)
            .collect();
        let held = any(&rooted);
        let target = one.and_then(|name| {
            let handle = run.handle(name)?;
            let names: Vec<Name> = run.world.targets(handle).map(|to| run.world[to]).collect();
            any(&names)
        });
        let weak = one.and_then(|name| {
            let names = run.world.weak_edges().targets(run.handle(name)?);
            any(&names.map(|to| run.world[to]).collect::<Vec<_>>())
        });
        let watches: Vec<u32> = run.watches.keys().copied().collect();
        let watched = any(&watches);
        let op = match random.rand_range(0..100) {
            0..16 if alive.len() < most => Some(Op::New(name)),
            16..26 if alive.len() < most => one.map(|parent| Op::Child(parent, name)),
            0..44 => one.zip(other).map(|(from, to)| Op::Link(from, to)),
            44..52 => one.zip(target).map(|(from, to)| Op::Unlink(from, to)),
            52..54 => one.map(Op::Root),
            54 => one.map(Op::Clear),
            55..57 => one.zip(other).map(|(from, to)| Op::Set(from, to)),
            57..72 => held.map(Op::Unroot),
            72..77 => one.zip(other).map(|(from, to)| Op::Weak(from, to)),
            77 => one.zip(weak).map(|(from, to)| Op::Unweak(from, to)),
            78..82 => one.map(|name| Op::Watch(name, watch)),
            82 => watched.map(|number| Op::Unwatch(run.watches[&number].0, number)),
            83..92 => one.map(|name| {
                let deed = match (random.rand_range(0..7), held) {
                    (0, _) => Deed::Nothing,
                    (1, _) => Deed::RootChild,
                    (5, _) => Deed::Cut,
                    (2 | 3, Some(keeper)) if keepers.insert(keeper) => Deed::Keep(keeper),
                    (4, Some(other)) => Deed::Drop(other),
                    _ => Deed::Root,
                };
                Op::Finalizer(name, deed)
            }),
            number => Some(Op::Collect([0, 0, 0, 1, 1, 2, 2, 2][number as usize - 92])),
        };
        let Some(op) = op else { continue };
        if run.apply(op).is_some() {
            ops.push(op);
            name += u32::from(matches!(op, Op::New(_) | Op::Child(..)));
            watch += u32::from(matches!(op, Op::Watch(..)));
        }
    }
    ops
}

/// The interpreter.
struct Judge {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    version: String,
}

impl Judge {
    /// Starts it, or tells why there is none.
    fn start() -> Result<Self, String> {
        let python = env::var("PYTHON").unwrap_or_else(|_| "python3".into());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cpython/judge.py");
        let mut child = Command::new(&python)
            .args(["-I", "-S", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{python} does not start: {error}"))?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let mut judge = Self {
            child,
            input,
            output,
            version: String::new(),
        };
        let line = judge.line();
        match line.split_once(' ') {
            Some(("ready", version)) => version.clone_into(&mut judge.version),
            Some(("unfit", reason)) => return Err(reason.into()),
            _ => panic!("the judge said {line:?}"),
        }
        Ok(judge)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.output.read_line(&mut line).expect("the judge answers");
        assert!(read > 0, "the judge has ended");
        line.trim_end_matches(['\r', '\n']).into()
    }

    /// The judge's answers to a program.
    fn run(&mut self, ops: &[Op]) -> Vec<String> {
        let input = self.input.as_mut().expect("it is open");
        writeln!(input, "{}", program(ops)).expect("the judge listens");
        input.flush().expect("the judge listens");
        let answers = ops.iter().map(|_| self.line()).collect();
        assert_eq!(self.line(), "0", "nodes left after {}", program(ops));
        answers
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        drop(self.input.take()); // the end of its input ends it
        let _ = self.child.wait();
    }
}

/// What is told of an operation, on either side; in a collection the order within each object's
/// watchers is told alone.
fn told(
    returned: &str,
    finalized: &[(Name, usize)],
    died: &[Name],
    notices: &[u32],
    watched: &BTreeMap<u32, Name>,
    collecting: bool,
) -> String {
    let (mut finalized, mut died, mut notices) =
        (finalized.to_vec(), died.to_vec(), notices.to_vec());
    if collecting {
        for (_, dead) in &mut finalized {
            *dead = 0;
        }
        finalized.sort_unstable();
        died.sort_unstable();
        notices.sort_by_key(|number| watched[number]);
    }
    format!("returned {returned}, finalized {finalized:?}, died {died:?}, told {notices:?}")
}

/// Compares what an operation did to the store with the judge's answer.
fn compare(seen: &Seen, answer: &str, met: &mut BTreeSet<Divergence>) -> Result<(), String> {
    let fields: Vec<&str> = answer.split('|').collect();
    let [returned, finalized, died, notices, early, cleared, rows] = fields[..] else {
        return Err(format!("the judge said {answer:?}"));
    };
    let pairs: Vec<(Name, usize)> = finalized
        .split(',')
        .filter_map(|pair| pair.split_once('@'))
        .map(|(name, dead)| (number(name), number(dead) as usize))
        .collect();
    let collecting = seen.returned != Returned::Nothing;
    let ours = told(
        &seen.returned.to_string(),
        &seen.finalized,
        &seen.died,
        &seen.notices,
        &seen.watched,
        collecting,
    );
    let theirs = told(
        returned,
        &pairs,
        &numbers(died),
        &numbers(notices),
        &seen.watched,
        collecting,
    );
    same(&ours, &theirs)?;
    for watch in numbers(early) {
        if !seen.rescued.contains(&seen.watched[&watch]) {
            return Err(format!(
                "watch {watch} was told, of no object that came back"
            ));
        }
        met.insert(Divergence::WatchOutlivesRescue);
    }
    for name in numbers(cleared) {
        if !seen.rescued.contains(&name) {
            return Err(format!("{name} lost a weak edge, and did not come back"));
        }
        met.insert(Divergence::WeakEdgeOutlivesRescue);
    }
    same(&seen.rows.join(" "), rows)
}

fn same(ours: &str, theirs: &str) -> Result<(), String> {
    if ours == theirs {
        Ok(())
    } else {
        Err(format!("the store: {ours}\n  CPython:   {theirs}"))
    }
}

fn number(text: &str) -> u32 {
    text.parse().expect("the judge writes numbers")
}

fn numbers(text: &str) -> Vec<u32> {
    let numbers = text.split(',').filter(|number| !number.is_empty());
    numbers.map(number).collect()
}

/// Runs a program on both sides.
fn check(judge: &mut Judge, ops: &[Op]) -> Result<BTreeSet<Divergence>, String> {
    let store = AssertUnwindSafe(|| {
        let mut run = Run::new();
        let did: Vec<(Op, Seen)> = ops.iter().filter_map(|&op| run.apply(op)).collect();
        (did, run.met)
    });
    let Ok((did, mut met)) = catch_unwind(store) else {
        return Err("the store panics".into());
    };
    if did.is_empty() {
        return Ok(met);
    }
    let (sent, seen): (Vec<Op>, Vec<Seen>) = did.into_iter().unzip();
    let answers = judge.run(&sent);
    for ((op, seen), answer) in sent.iter().zip(&seen).zip(&answers) {
        compare(seen, answer, &mut met).map_err(|what| format!("{op}:\n  {what}"))?;
    }
    Ok(met)
}

/// Leaves out operations, one at a time, as long as the program fails.
fn shrink(judge: &mut Judge, mut ops: Vec<Op>) -> Vec<Op> {
    loop {
        let before = ops.len();
        for at in (0..before).rev() {
            let mut fewer = ops.clone();
            fewer.remove(at);
            if check(judge, &fewer).is_err() {
                ops = fewer;
            }
        }
        if ops.len() == before {
            return ops;
        }
    }
}

#[test]
fn programs_do_to_a_store_what_they_do_to_cpython() {
    let mut judge = match Judge::start() {
        Ok(judge) => judge,
        Err(reason) => {
            println!("not judged: {reason}");
            return;
        }
    };
    let programs = u64::from(cases(1_000));
    let first = env::var("CPYTHON_SEED").map_or(1, |seed| seed.parse().expect("a number"));
    let mut met: BTreeMap<Divergence, u64> = BTreeMap::new();
    for seed in first..first + programs {
        let ops = generate(seed);
        match check(&mut judge, &ops) {
            Ok(found) => {
                for divergence in found {
                    *met.entry(divergence).or_default() += 1;
                }
            }
            Err(what) => {
                let least = shrink(&mut judge, ops.clone());
                let mut report = format!("seed {seed}: after {what}\n{}\n", program(&ops));
                if let Err(what) = check(&mut judge, &least) {
                    let _ = write!(report, "least: after {what}\n{}", program(&least));
                }
                panic!("{report}");
            }
        }
    }
    println!(
        "CPython {}: {programs} programs, met {met:?}",
        judge.version
    );
    let mut version = judge.version.split('.').map_while(|part| part.parse().ok());
    let clears_late = (version.next(), version.next()) >= (Some(3), Some(15_u32));
    let mut all = vec![
        Divergence::WatchOutlivesRescue,
        Divergence::ComebackIsYoung,
        Divergence::DeathsWaitForFinalizer,
    ];
    if !clears_late {
        all.push(Divergence::WeakEdgeOutlivesRescue);
    }
    let missed = all.iter().find(|divergence| !met.contains_key(divergence));
    assert_eq!(missed, None, "it is not met any more");
}

/// See [`Divergence::DeathsWaitForFinalizer`].
#[test]
fn what_falls_in_a_finalizer_is_gone_before_the_collection_decides() {
    let mut judge = match Judge::start() {
        Ok(judge) => judge,
        Err(reason) => {
            println!("not judged: {reason}");
            return;
        }
    };
    let ops = [
        Op::New(0),
        Op::Child(0, 1), // falls
        Op::Child(0, 2),
        Op::Link(1, 0),
        Op::Link(2, 0),
        Op::Finalizer(0, Deed::CutAnyway),
        Op::Unroot(0),
        Op::Collect(2),
        Op::Collect(2),
    ];
    let mut run = Run::new();
    let seen = ops.map(|op| run.apply(op).expect("it means something").1);
    let died: Vec<_> = seen[7..]
        .iter()
        .map(|seen| (seen.returned, &seen.died[..]))
        .collect();
    let at_once: [(Returned, &[Name]); 2] =
        [(Returned::Freed(2), &[1, 0, 2]), (Returned::Freed(0), &[])];
    assert_eq!(died, at_once);
    let answers = judge.run(&ops);
    let [returned, _, died, ..] = answers[7].split('|').collect::<Vec<_>>()[..] else {
        panic!("the judge said {:?}", answers[7]);
    };
    let mut died = numbers(died);
    died.sort_unstable();
    assert_eq!((returned, &died[..]), ("2", &[0, 1, 2][..]));
}
