//! What was measured, as Markdown, as JSON and as charts.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::bars::Bar;
use crate::chart;
use crate::growth::Growth;
use crate::machine::Machine;
use crate::measure::{median, spread};
use crate::peers;
use crate::run::{Outcome, Results};
use crate::workloads::Case;

/// Three digits that count.
pub(crate) fn number(figure: f64) -> String {
    let size = figure.abs();
    if size >= 100.0 {
        format!("{figure:.0}")
    } else if size >= 10.0 {
        format!("{figure:.1}")
    } else if size >= 0.1 || size == 0.0 {
        format!("{figure:.2}")
    } else {
        format!("{figure:.5}")
    }
}

/// What a reader must know to believe the figures.
const NOTES: &str = "\
- Payloads have 32 bytes. \"Inline\" (in brackets) is the best form: the edges of an object stand in \
an array in it, of as many as the shape needs, which a general graph cannot do.
- The random graph has three edges an object, one of them part of a ring through all objects, at a \
random place of the three; everyone gets the same one, held by one root.
- Each figure is of a process of its own, on one core, with a stack of 4 GiB, since several peers \
recur as deep as their lists are long. glibc keeps freed memory, for everyone.
- Except in W9 and W10, whatever collects by itself is told not to, and is called at the end of the \
run or of the frame.
- slotmap, petgraph, hecs and bevy_ecs are given a mark and sweep with a bitmap; in W9 and W10 it \
runs as soon as there is twice as much as it left.
- rust-cc is built without `finalization`, which traces garbage twice.
- What owns its target is touched by a clone that is made and dropped, in gc-arena by an edge that is \
written anew; handles move an edge.
- CPython's memory is `sys.getsizeof` of an object and its list. \"Young only\" leaves everything \
that was not born in the frame to a full collection, so that no bar compares with it.
";

/// A run of everything.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) rounds: usize,
    pub(crate) quick: bool,
    #[serde(serialize_with = "by_key")]
    pub(crate) results: Results,
    pub(crate) growth: Vec<Growth>,
    pub(crate) bars: Vec<Bar>,
}

fn by_key<S: serde::Serializer>(results: &Results, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(
        results
            .iter()
            .map(|(case, outcomes)| (case.key(), outcomes)),
    )
}

/// Where charts and figures go.
pub(crate) fn folder() -> PathBuf {
    let target = std::env::current_exe().ok().and_then(|program| {
        let profile = program.parent()?;
        profile.parent().map(Path::to_path_buf)
    });
    target.unwrap_or_default().join("peers")
}

pub(crate) fn save<T: Serialize>(
    name: &str,
    what: &T,
    markdown: &str,
) -> Result<(), Box<dyn Error>> {
    let folder = folder();
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("{name}.md")), markdown)?;
    let json = serde_json::to_string_pretty(what)?;
    fs::write(folder.join(format!("{name}.json")), json)?;
    Ok(())
}

pub(crate) fn bar_table(bars: &[Bar]) -> String {
    let mut text = String::from("| bar | against | ratio | at most | |\n|---|---|--:|--:|---|\n");
    for bar in bars {
        let verdict = if bar.is_met() { "met" } else { "**MISSED**" };
        let [figure, limit] = [bar.figure, bar.limit].map(number);
        let Bar { name, against, .. } = bar;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {name} | {against} | {figure} | {limit} | {verdict} |"
        );
    }
    let met = bars.iter().filter(|bar| bar.is_met()).count();
    let _ = writeln!(text, "\n{met} of {} bars met", bars.len());
    text
}

impl Report {
    pub(crate) fn markdown(&self) -> String {
        let mut text = self.machine.to_string();
        let note = if self.quick {
            " A trial run on little data: the figures mean nothing."
        } else {
            ""
        };
        let _ = writeln!(text, "\nMedians of {} processes each.{note}\n", self.rounds);
        text += NOTES;
        text.push('\n');
        text += &self.summary();
        for (case, outcomes) in &self.results {
            let _ = writeln!(text, "\n### {case}, {}\n", case.workload.unit());
            text += &table(*case, outcomes);
        }
        if !self.growth.is_empty() {
            text += &self.growth_table();
        }
        if !self.quick && !self.bars.is_empty() {
            let _ = writeln!(text, "\n## Bars\n\n{}", bar_table(&self.bars));
        }
        text
    }

    /// All medians; those of the best form in brackets.
    fn summary(&self) -> String {
        let mut titles: Vec<&str> = Vec::new();
        for variant in peers::all() {
            if !titles.contains(&variant.name) {
                titles.push(variant.name);
            }
        }
        let mut text = format!("| | {} |\n|---|", titles.join(" | "));
        text += &"--:|".repeat(titles.len());
        for (case, outcomes) in &self.results {
            let _ = write!(text, "\n| {case}, {} |", case.workload.unit());
            for name in &titles {
                let of_name = |variant: &&peers::Variant| variant.name == *name;
                let cells = peers::all().filter(of_name).filter_map(|variant| {
                    match outcomes.get(&variant.title())? {
                        Outcome::Figures(figures) => Some((variant.form, number(median(figures)))),
                        Outcome::Lacking(_) => None,
                    }
                });
                let _ = write!(text, " {} |", cell(cells));
            }
        }
        text + "\n"
    }

    fn growth_table(&self) -> String {
        let mut text = String::from(
            "\n## Growth\n\nCosts by the number of objects, and the exponent of the whole cost: \
             1 is in proportion.\n\n| workload | peer | sizes and costs | exponent |\n\
             |---|---|---|--:|\n",
        );
        for growth in &self.growth {
            let point = |&(size, cost): &(u32, f64)| format!("{size}: {}", number(cost));
            let points: Vec<_> = growth.points.iter().map(point).collect();
            let workload = growth.workload;
            let _ = writeln!(
                text,
                "| {} {}, {} | {} | {} | {:.3} |",
                workload.name(),
                workload.title(),
                workload.unit(),
                growth.title,
                points.join(", "),
                growth.exponent,
            );
        }
        text
    }

    pub(crate) fn draw(&self) -> Result<(), Box<dyn Error>> {
        fs::create_dir_all(folder())?;
        for (case, outcomes) in &self.results {
            let bar = |(title, outcome): (&String, &Outcome)| match outcome {
                Outcome::Figures(figures) => Some(chart::Bar {
                    label: title.clone(),
                    figure: median(figures),
                    spread: spread(figures),
                    is_ours: title == peers::OURS,
                }),
                Outcome::Lacking(_) => None,
            };
            let bars: Vec<_> = outcomes.iter().filter_map(bar).collect();
            if bars.is_empty() {
                continue;
            }
            let name = case.key().replace('@', "-");
            let path = folder().join(format!("{name}.svg"));
            chart::bars(&path, &format!("{case}, {}", case.workload.unit()), bars)?;
        }
        self.draw_growth()
    }

    fn draw_growth(&self) -> Result<(), Box<dyn Error>> {
        let mut workloads: Vec<_> = self.growth.iter().map(|growth| growth.workload).collect();
        workloads.dedup();
        for workload in workloads {
            let of_it = self
                .growth
                .iter()
                .filter(|growth| growth.workload == workload);
            let line = |growth: &Growth| chart::Line {
                label: format!("{}, exponent {:.2}", growth.title, growth.exponent),
                points: growth
                    .points
                    .iter()
                    .map(|&(size, cost)| (f64::from(size), cost))
                    .collect(),
            };
            let lines: Vec<_> = of_it.map(line).collect();
            let path = folder().join(format!("growth-{}.svg", workload.name()));
            let title = format!("Growth: {}", workload.title());
            chart::lines(&path, &title, ["objects", workload.unit()], &lines)?;
        }
        Ok(())
    }
}

fn cell(cells: impl Iterator<Item = (peers::Form, String)>) -> String {
    let show = |(form, figure): (peers::Form, String)| match form {
        peers::Form::Usual => figure,
        peers::Form::Inline => format!("({figure})"),
        form => format!("{figure} {}", form.name()),
    };
    let cells: Vec<_> = cells.map(show).collect();
    if cells.is_empty() {
        return "n/a".into();
    }
    cells.join(" ")
}

/// All variants of a case, the best first, and after them those that have no figure.
fn table(case: Case, outcomes: &std::collections::BTreeMap<String, Outcome>) -> String {
    let ours = match outcomes.get(peers::OURS) {
        Some(Outcome::Figures(figures)) => Some(median(figures)),
        _ => None,
    };
    let mut rows = Vec::new();
    let mut lacking = String::new();
    for (title, outcome) in outcomes {
        match outcome {
            Outcome::Figures(figures) => rows.push((title, median(figures), spread(figures))),
            Outcome::Lacking(reason) => {
                let _ = writeln!(lacking, "| {title} | n/a: {reason} | | |");
            }
        }
    }
    rows.sort_by(|a, b| a.1.total_cmp(&b.1));
    let unit = case.workload.unit();
    let mut text = format!("| | {unit} | least to greatest | of ours |\n|---|--:|--:|--:|\n");
    for (title, figure, [least, greatest]) in rows {
        let times = ours.map_or(String::new(), |ours| format!("{} ×", number(figure / ours)));
        let [figure, least, greatest] = [figure, least, greatest].map(number);
        let _ = writeln!(
            text,
            "| {title} | {figure} | {least} to {greatest} | {times} |"
        );
    }
    text + &lacking
}
