//! A collection that finds no garbage, beside a search through the same graph in flat arrays.

use fastrand::Rng;

use crate::common::{self, Graph};
use crate::measure::{Bar, Scale, Table, in_turn, time};
use crate::search::flat;

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    let objects = scale.size(1_000_000);
    let name = "collect with all alive, 10^6, 3 edges each";
    table.times(name.into(), Bar::Ratio(1.5), || {
        let graph = Graph::connected(&mut Rng::with_seed(1), objects, 3);
        let (mut store, _) = common::one_rooted(&graph);
        let mut flat = flat(&graph);
        let ours = |_| {
            let nanoseconds = time(objects, || store.collect());
            assert_eq!(store.len(), objects as usize);
            nanoseconds
        };
        let baseline = |_| {
            let mut reached = 0;
            let nanoseconds = time(objects, || reached = flat.search(0));
            assert_eq!(reached, objects);
            nanoseconds
        };
        in_turn(scale.rounds(11), ours, baseline)
    });
}
