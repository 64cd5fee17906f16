//! The store beside other ways to keep a graph of objects.

#[path = "../../common/flat.rs"]
mod flat;
#[path = "../../common/median.rs"]
mod median;
mod payload;
mod edges;
mod components;
mod workloads;
mod measure;
mod graph;
mod handles;
mod world;
mod pointers;
mod peers;
mod child;
mod cli;
mod run;
mod growth;
mod bars;
mod chart;
mod machine;
mod report;
mod pauses;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command, Wanted};
use machine::Machine;
use report::Report;
use workloads::Case;

/// Does what the arguments of the program say. `allocated` tells how many bytes are, in a program
/// that counts them.
///
/// # Panics
/// Where the files of the report cannot be written.
#[must_use]
pub fn run(allocated: Option<fn() -> usize>) -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Child { peer, case, quick }) => {
            let variant = peers::all().nth(peer).expect("a peer has this number");
            let case = Case::parse(&case).expect("a case has this key");
            println!("{}", child::run(variant, case, quick, allocated));
            ExitCode::SUCCESS
        }
        Some(Command::PauseChild {
            peer,
            objects,
            quick,
        }) => {
            let variant = peers::all().nth(peer).expect("a peer has this number");
            pauses::child(variant, objects, quick);
            ExitCode::SUCCESS
        }
        Some(Command::Pauses { what, check }) => pauses::compare(&what, check),
        None => compare(&cli),
    }
}

/// The whole table.
fn compare(cli: &Cli) -> ExitCode {
    let quick = cli.what.quick;
    let wanted = Wanted::new(&cli.what.filter);
    let rounds = if quick { 1 } else { cli.rounds };
    let mut cases = Case::all(quick);
    cases.retain(|case| wanted.has_workload(&case.key()));
    let results = run::all(&cases, &wanted, rounds, quick, |_, _| true);
    let mut growth = Vec::new();
    if wanted.has_workload(cli::GROWTH) {
        growth = growth::measure(&wanted, rounds, quick);
    }
    let bars = bars::judge(&results, &growth);
    let is_missed = bars.iter().any(|bar| !bar.is_met());
    let report = Report {
        machine: Machine::new(),
        rounds,
        quick,
        results,
        growth,
        bars,
    };
    let markdown = report.markdown();
    println!("{markdown}");
    report::save("report", &report, &markdown).expect("the report can be written");
    report.draw().expect("the charts can be drawn");
    if cli.check && !quick && is_missed {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
