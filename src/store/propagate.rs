//! Values that are handed down along edges.

use alloc::vec::Vec;

use slotmap::Key;

use crate::bits::Bits;
use crate::graph::Graph;
use crate::graph::rows::{Heads, Row};
use crate::handle::key_of;
use crate::heap::Heap;
use crate::objects::Objects;
use crate::store::Store;

impl<T, E: PartialEq, K: Key> Store<T, E, K> {
    /// Goes along the edges with a label from `starts` down, parents before children, and calls `f` with the
    /// values of the two ends of each edge: that of the parent, which is final, and that of the child, to change.
    ///
    /// So transforms get from the world to the leaves in one call. An object with several parents is told of
    /// each of them, and its children after that. An edge that closes a ring, back to an object on the way, is
    /// left out. The order is the same in every run, and nothing else is said of it.
    ///
    /// Complexity: O(starts + reached objects + all of their edges). Besides a stack it takes memory only for what
    /// has several in-edges and for what is below it, and a bit for each object of the store if there is any.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    ///
    /// struct Part { offset: f32, place: f32 }
    ///
    /// let part = |offset| Part { offset, place: offset };
    /// let mut store: Store<Part, &str> = Store::default();
    /// let tank = store.insert(part(10.0));
    /// let turret = store.insert_linked(tank, "child", part(1.5)).unwrap();
    /// let barrel = store.insert_linked(turret, "child", part(2.0)).unwrap();
    ///
    /// store.propagate([tank], &"child", |parent, child| child.place = parent.place + child.offset);
    /// assert_eq!(store[barrel].place, 13.5);
    /// ```
    pub fn propagate(
        &mut self,
        starts: impl IntoIterator<Item = K>,
        label: &E,
        mut f: impl FnMut(&T, &mut T),
    ) {
        let objects = &self.objects;
        let starts = starts.into_iter();
        let mut starts: Vec<u32> = starts
            .filter_map(|start| objects.resolve(start.data()))
            .collect();
        starts.sort_unstable();
        starts.dedup();
        let Objects { graph, heap, .. } = &mut self.objects;
        let mut late = Late::default();
        let mut only = 0;
        if let [start] = *starts {
            only = start;
        } else {
            // One may be below another.
            starts.retain(|&start| {
                let is_first = graph.headers().incoming(start).is_empty();
                if !is_first {
                    late.add(graph, start);
                }
                is_first
            });
        }
        starts.reverse();
        // What has one in-edge is reached once, and its parent is final then.
        let mut stack = starts;
        let mut family = Vec::new();
        while let Some(parent) = stack.pop() {
            children(graph, parent, label, |child| {
                let Row { node, outgoing } = graph.headers().row(child);
                if child == only {
                    // Back to the start.
                } else if node.incoming.len() == 1 && !late.holds(child) {
                    family.push(key_of(child, node.version));
                    if !outgoing.is_empty() {
                        stack.push(child);
                    }
                } else {
                    late.add(graph, child);
                    late.edges.push((parent, child));
                }
            });
            if !family.is_empty() {
                heap.each_with(graph.headers().key(parent), &family, &mut f);
                family.clear();
            }
        }
        let mut call = |heap: &mut Heap<T>, parent, child| {
            let [parent, child] = [parent, child].map(|index| graph.headers().key(index));
            heap.each_with(parent, &[child], &mut f);
        };
        if !late.roots.is_empty() {
            // Its own edges are done.
            late.open.set(only);
            late.seen.set(only);
            for (parent, child) in core::mem::take(&mut late.edges) {
                call(heap, parent, child);
            }
            late.sort(graph, label);
            for &(parent, child) in late.edges.iter().rev() {
                call(heap, parent, child);
            }
        }
    }
}

/// Calls `each` with the target of each edge with a label.
#[inline]
fn children<E: PartialEq>(graph: &Graph<E>, parent: u32, label: &E, mut each: impl FnMut(u32)) {
    let (list, edges) = (graph.headers().outgoing(parent), graph.edges());
    for (&child, at) in edges.targets(list).iter().zip(0..) {
        // A hole has no label.
        if child != 0 && edges.label(*list, at) == label {
            each(child);
        }
    }
}

/// What may have several parents, and what is below it.
#[derive(Default)]
struct Late {
    /// What the others are below of, each once.
    roots: Vec<u32>,
    listed: Bits,
    /// What is on the way from a root to the object that is looked at: an edge back to it closes a ring.
    open: Bits,
    /// What was looked at.
    seen: Bits,
    /// From parent to child.
    edges: Vec<(u32, u32)>,
}

impl Late {
    fn holds(&self, index: u32) -> bool {
        self.listed.get(index)
    }

    fn add<E>(&mut self, graph: &Graph<E>, index: u32) {
        let words = graph.headers().words();
        for bits in [&mut self.listed, &mut self.open, &mut self.seen] {
            bits.grow(words);
        }
        if !self.listed.set(index) {
            self.roots.push(index);
        }
    }

    /// Lists the edges of all of these objects, from the last one back to the first: each stands behind those that
    /// lead from its child, and before those that lead to its parent.
    fn sort<E: PartialEq>(&mut self, graph: &Graph<E>, label: &E) {
        let mut stack = Vec::new();
        let mut below = Vec::new();
        for root in core::mem::take(&mut self.roots) {
            stack.push((root, false));
            while let Some((index, is_done)) = stack.pop() {
                if is_done {
                    // What is still open has not got its own edges yet.
                    children(graph, index, label, |child| below.push(child));
                    let open = &self.open;
                    let edges = below.drain(..).rev().filter(|&child| !open.get(child));
                    self.edges.extend(edges.map(|child| (index, child)));
                    self.open.clear(index);
                } else if !self.seen.set(index) {
                    self.open.set(index);
                    stack.push((index, true));
                    children(graph, index, label, |child| stack.push((child, false)));
                }
            }
        }
    }
}
