//! What a store looks like in a debugger and in the message of a failed test.

use alloc::vec::Vec;
use core::fmt;

use slotmap::Key;

use crate::store::Store;

/// The most objects, and the most edges of each, that are written out.
const MOST: usize = 64;

impl<T: fmt::Debug, E: fmt::Debug, K: Key> fmt::Debug for Store<T, E, K> {
    /// With `{:?}` what there is, in numbers; with `{:#?}` also the first 64 objects, each with its roots and its
    /// edges, of which weak ones are marked by `~>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_alternate = f.alternate();
        let mut shown = f.debug_struct("Store");
        shown
            .field("objects", &self.len())
            .field("edges", &self.edge_count())
            .field("weak_edges", &self.weak_edges().edge_count())
            .field("pending", &self.release.pending())
            .field("suspects", &self.objects.graph.suspects().len())
            .field("phase", &self.phase());
        if is_alternate {
            shown.field("graph", &Graph(self)).finish()
        } else {
            shown.finish_non_exhaustive()
        }
    }
}

/// The first objects of a store, and how many more there are.
struct Graph<'a, T, E, K: Key>(&'a Store<T, E, K>);

impl<T: fmt::Debug, E: fmt::Debug, K: Key> fmt::Debug for Graph<'_, T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(store) = *self;
        let mut lines = f.debug_list();
        for (handle, value) in store.iter().take(MOST) {
            lines.entry(&format_args!(
                "{handle:?}: {value:?}{:?}",
                Edges(store, handle)
            ));
        }
        let rest = store.len().saturating_sub(MOST);
        if rest > 0 {
            lines.entry(&format_args!("and {rest} more"));
        }
        lines.finish()
    }
}

/// The roots and the edges of an object.
struct Edges<'a, T, E, K: Key>(&'a Store<T, E, K>, K);

impl<T, E: fmt::Debug, K: Key> fmt::Debug for Edges<'_, T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(store, handle) = *self;
        if let Some(roots @ 1..) = store.root_count(handle) {
            write!(f, ", roots: {roots}")?;
        }
        let strong: Vec<_> = store.out_edges(handle).take(MOST).collect();
        let weak: Vec<_> = store.weak_edges().out_edges(handle).take(MOST).collect();
        let rest = store.out_degree(handle).unwrap_or(0) - strong.len();
        let edges = strong.into_iter().map(|edge| ("->", edge));
        for (arrow, (target, label)) in edges.chain(weak.into_iter().map(|edge| ("~>", edge))) {
            // `()` says nothing.
            if size_of::<E>() == 0 {
                write!(f, ", {arrow} {target:?}")?;
            } else {
                write!(f, ", {label:?} {arrow} {target:?}")?;
            }
        }
        if rest > 0 {
            write!(f, ", and {rest} edges more")?;
        }
        Ok(())
    }
}
