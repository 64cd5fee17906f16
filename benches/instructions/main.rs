//! The instructions that the operations of a store take: a guard against their growth.
//!
//! On a busy machine, times tell a slowdown of a twentieth from noise only after many rounds. The
//! instructions of one program are the same in each run, so one run will do. They say nothing of
//! caches and branches; for these there are the bars.
//!
//! `cargo bench --bench instructions` runs each operation under callgrind, in a process of its own,
//! and compares the counts with `counts.txt`; it fails where one has grown by more than 5 %. With
//! `-- --save` it writes that file instead, and without `--bench` it tests that everything runs.

mod callgrind;
mod collect;
#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "some of it is for other benches")]
mod common;
mod counts;
mod edges;
mod objects;
mod query;

use std::process::ExitCode;

use counts::{Build, Counts};

/// An operation that is counted.
struct Operation {
    name: &'static str,
    /// Prepares it, has it [counted](callgrind::counted), and returns how often it was done.
    run: fn() -> u64,
}

const OPERATIONS: [Operation; 15] = [
    operation(UNTYPED, objects::insert_unroot),
    operation(TYPED, objects::insert_unroot_typed),
    operation("insert-linked-unlink", objects::insert_linked_unlink),
    operation("get", objects::get),
    operation("tree-death", objects::tree_death),
    operation("link-unlink", edges::link_unlink),
    operation("targets", edges::targets),
    operation("ring", collect::ring),
    operation("collect-alive", collect::alive),
    operation("collect-garbage", collect::garbage),
    operation("step", collect::step),
    operation("query", query::query),
    operation("query-tenth", query::query_tenth),
    operation("query-group", query::query_group),
    operation("query-values", query::query_values),
];

/// An object that has no component costs the same, to a tenth, whether others have some.
const UNTYPED: &str = "insert-unroot";
const TYPED: &str = "insert-unroot-typed";
const TYPED_LIMIT: f64 = 1.1;

const fn operation(name: &'static str, run: fn() -> u64) -> Operation {
    Operation { name, run }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        [callgrind::CHILD, name] => run_child(name),
        // Cargo says `--bench`, except where it tests the benches.
        _ if !arguments.contains(&"--bench") => {
            for operation in &OPERATIONS {
                (operation.run)();
            }
            Ok(())
        }
        _ if arguments.contains(&"--save") => count_all().and_then(|counts| counts.save()),
        _ => count_all().and_then(|counts| compare(&counts)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one operation, and prints how often.
fn run_child(name: &str) -> Result<(), String> {
    let operation = OPERATIONS
        .iter()
        .find(|operation| operation.name == name)
        .ok_or_else(|| format!("there is no operation {name}"))?;
    println!("{}", (operation.run)());
    Ok(())
}

fn count_all() -> Result<Counts, String> {
    let mut counts = Counts::new(Build::current()?);
    for Operation { name, .. } in &OPERATIONS {
        counts.add(name, callgrind::instructions(name)?);
    }
    Ok(counts)
}

fn compare(counts: &Counts) -> Result<(), String> {
    let saved = Counts::saved()?;
    let comparison = counts.compare(&saved);
    println!("{comparison}");
    if let (Some(typed), Some(untyped)) = (counts.get(TYPED), counts.get(UNTYPED)) {
        let times = typed / untyped;
        println!("{TYPED} is {times:.2} times {UNTYPED}, and may be {TYPED_LIMIT}");
        if times > TYPED_LIMIT {
            return Err(format!("{TYPED} is too much"));
        }
    }
    if comparison.fails() {
        return Err(format!(
            "the profiles are {}/callgrind.*; where it is meant to be so, run {}",
            callgrind::OUTPUT,
            counts::SAVE,
        ));
    }
    Ok(())
}
