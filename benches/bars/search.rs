//! The flat arrays of a graph.

use crate::common::Graph;
use crate::flat::Flat;

pub(crate) fn flat(graph: &Graph) -> Flat {
    let mut edges = graph.edges.clone();
    edges.sort_by_key(|&[source, _]| source);
    let mut offsets = vec![0; graph.nodes as usize + 1];
    for &[source, _] in &edges {
        offsets[source as usize + 1] += 1;
    }
    for node in 1..offsets.len() {
        offsets[node] += offsets[node - 1];
    }
    Flat::new(offsets, edges.iter().map(|&[_, target]| target).collect())
}
