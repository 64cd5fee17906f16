//! The bars: what the store must be, beside the best of others.

use serde::Serialize;

use crate::growth::Growth;
use crate::measure::{median, ratio};
use crate::peers::{self, Form, Kind, Variant};
use crate::run::{Outcome, Results};
use crate::workloads::{Case, Workload};

/// A limit, and what was measured against it.
#[derive(Debug, Serialize)]
pub(crate) struct Bar {
    pub(crate) name: String,
    /// Whom it is measured against.
    pub(crate) against: String,
    /// Ours over theirs.
    pub(crate) figure: f64,
    pub(crate) limit: f64,
}

impl Bar {
    pub(crate) fn is_met(&self) -> bool {
        self.figure <= self.limit
    }
}

const LARGE: u32 = 1_000_000;

/// What may be at most, over the best of those that count. Nothing, where it is less than this.
struct Rule {
    workload: Workload,
    /// Objects; any size if there is none.
    size: Option<u32>,
    limit: f64,
    counts: fn(&Variant) -> bool,
}

fn is_cycle_collecting_crate(variant: &Variant) -> bool {
    ["gc", "dumpster", "rust-cc", "bacon_rajan_cc"].contains(&variant.name)
}

fn is_peer(variant: &Variant) -> bool {
    !matches!(variant.kind, Kind::Ours | Kind::Limit)
}

fn is_inline(variant: &Variant, name: &str) -> bool {
    variant.name == name && variant.form == Form::Inline
}

fn is_petgraph(variant: &Variant) -> bool {
    variant.name == "petgraph"
}

fn rules() -> Vec<Rule> {
    let rule = |workload, size, limit, counts| Rule {
        workload,
        size,
        limit,
        counts,
    };
    vec![
        rule(Workload::Tree, None, 1.0, |variant| {
            is_inline(variant, "Rc")
        }),
        rule(
            Workload::TreeWithParents,
            None,
            1.0 / 1.5,
            is_cycle_collecting_crate,
        ),
        rule(Workload::Rings, None, 0.9, |variant| {
            is_inline(variant, "gc-arena")
        }),
        rule(Workload::List, None, 0.7, |variant| {
            is_inline(variant, "rust-cc")
        }),
        rule(Workload::List, None, 2.4, |variant| {
            is_inline(variant, "gc-arena")
        }),
        rule(Workload::Frame, None, 1.0 / 1.2, Variant::reclaims_cycles),
        rule(Workload::Frame, Some(LARGE), 1e-3, |variant| {
            variant.kind == Kind::Tracing && variant.reclaims_cycles()
        }),
        rule(
            Workload::FrameToRoot,
            Some(LARGE),
            1e-2,
            Variant::reclaims_cycles,
        ),
        rule(
            Workload::FrameTouched,
            Some(LARGE),
            1e-2,
            Variant::reclaims_cycles,
        ),
        rule(Workload::Collect, None, 0.5, |variant| {
            variant.name == "gc-arena"
        }),
        rule(Workload::Collect, None, 1.5, |variant| {
            variant.kind == Kind::Limit
        }),
        rule(Workload::Walk, None, 1.0, is_peer),
        rule(Workload::Memory, None, 1.0, is_petgraph),
        rule(Workload::Stress, None, 2.4, |variant| {
            is_inline(variant, "slotmap")
        }),
        rule(Workload::QueryAll, None, 1.6, is_peer),
        rule(Workload::QueryThird, None, 2.5, is_peer),
        rule(Workload::QueryTenth, None, 2.5, is_peer),
        rule(Workload::QueryRandom, None, 2.5, is_peer),
        rule(Workload::QueryHundredth, None, 2.5, is_peer),
        rule(Workload::QueryGroup, None, 1.0, is_peer),
        rule(Workload::Load, None, 1.0, is_petgraph),
        rule(Workload::LoadSingly, None, 2.0, is_petgraph),
    ]
}

/// The growth of a cost that is still in proportion to the objects.
const GROWTH_LIMIT: f64 = 1.1;

pub(crate) fn judge(results: &Results, growth: &[Growth]) -> Vec<Bar> {
    let mut bars = Vec::new();
    for rule in rules() {
        for &case in results.keys() {
            let is_meant = case.workload == rule.workload;
            if is_meant && rule.size.is_none_or(|size| size == case.size) {
                bars.extend(compare(results, case, &rule));
            }
        }
    }
    let ours = growth.iter().filter(|growth| growth.title == peers::OURS);
    bars.extend(ours.map(|ours| {
        let (floor, steps) = cache_steps(growth, ours.workload);
        Bar {
            name: format!("growth of {}", ours.workload.name()),
            against: format!(
                "the number of objects: {:.2}, less {steps:.2} of the cache's own steps ({floor} in flat arrays)",
                ours.exponent
            ),
            figure: ours.exponent - steps,
            limit: GROWTH_LIMIT,
        }
    }));
    bars
}

/// By how much an exponent is above 1 in flat arrays: what no larger heap is spared, as less of it fits into
/// the cache. It is that of the same workload, or of a search where flat arrays lack it.
fn cache_steps(growth: &[Growth], workload: Workload) -> (&'static str, f64) {
    let limits = peers::all().filter(|variant| variant.kind == Kind::Limit);
    let titles: Vec<String> = limits.map(Variant::title).collect();
    let floor = [workload, Workload::Collect]
        .into_iter()
        .find_map(|workload| {
            let is_floor =
                |growth: &&Growth| growth.workload == workload && titles.contains(&growth.title);
            growth.iter().find(is_floor)
        });
    floor.map_or(("none", 0.0), |floor| {
        (floor.workload.name(), (floor.exponent - 1.0).max(0.0))
    })
}

fn figures<'a>(results: &'a Results, case: Case, title: &str) -> Option<&'a [f64]> {
    match results.get(&case)?.get(title)? {
        Outcome::Figures(figures) if !figures.is_empty() => Some(figures),
        _ => None,
    }
}

fn compare(results: &Results, case: Case, rule: &Rule) -> Option<Bar> {
    let ours = figures(results, case, peers::OURS)?;
    let counting = peers::all().filter(|variant| (rule.counts)(variant));
    let theirs = counting.filter_map(|variant| {
        let title = variant.title();
        figures(results, case, &title).map(|figures| (title, figures))
    });
    let (against, best) = theirs.min_by(|(_, a), (_, b)| median(a).total_cmp(&median(b)))?;
    Some(Bar {
        name: case.to_string(),
        against,
        figure: ratio(ours, best),
        limit: rule.limit,
    })
}
