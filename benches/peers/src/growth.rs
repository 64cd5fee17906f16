//! How costs grow with the number of objects.

use serde::Serialize;

use crate::cli::Wanted;
use crate::measure::{exponent, median};
use crate::peers::{self, Form, Kind, Variant};
use crate::run::{self, Outcome};
use crate::workloads::{Case, Workload};

/// A cost at several sizes.
#[derive(Debug, Serialize)]
pub(crate) struct Growth {
    pub(crate) workload: Workload,
    pub(crate) title: String,
    /// Objects, and the cost of each.
    pub(crate) points: Vec<(u32, f64)>,
    /// Of the whole cost: 1 where it is in proportion.
    pub(crate) exponent: f64,
}

const SIZES: [u32; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
/// Complete trees of about as many objects.
const TREES: [u32; 5] = [
    (1 << 10) - 1,
    (1 << 13) - 1,
    (1 << 17) - 1,
    (1 << 20) - 1,
    (1 << 23) - 1,
];

/// The store, those that are among the fastest of their kind, and the limit.
fn takes_part(variant: &Variant, case: Case) -> bool {
    let form = match case.workload {
        Workload::Get => Form::Usual,
        _ => Form::Inline,
    };
    let is_fast = ["Rc", "gc-arena", "slotmap"].contains(&variant.name);
    matches!(variant.kind, Kind::Ours | Kind::Limit) || is_fast && variant.form == form
}

pub(crate) fn measure(wanted: &Wanted, rounds: usize, quick: bool) -> Vec<Growth> {
    let workloads = [
        (Workload::Tree, TREES),
        (Workload::Collect, SIZES),
        (Workload::Walk, SIZES),
        (Workload::Get, SIZES),
    ];
    let mut growth = Vec::new();
    for (workload, sizes) in workloads {
        let sizes = if quick { &sizes[..2] } else { &sizes[..] };
        let case = |&size| Case { workload, size };
        let cases: Vec<_> = sizes.iter().map(case).collect();
        let results = run::all(&cases, wanted, rounds, quick, takes_part);
        for variant in peers::all() {
            let title = variant.title();
            let point = |case: &Case| match results.get(case)?.get(&title)? {
                Outcome::Figures(figures) if !figures.is_empty() => {
                    Some((case.size, median(figures)))
                }
                _ => None,
            };
            let points: Vec<_> = cases.iter().filter_map(point).collect();
            if points.len() >= 2 {
                growth.push(Growth::new(workload, title, points));
            }
        }
    }
    growth
}

impl Growth {
    fn new(workload: Workload, title: String, points: Vec<(u32, f64)>) -> Self {
        let whole = |&(size, cost): &(u32, f64)| (f64::from(size), f64::from(size) * cost);
        let exponent = exponent(&points.iter().map(whole).collect::<Vec<_>>());
        Self {
            workload,
            title,
            points,
            exponent,
        }
    }
}
