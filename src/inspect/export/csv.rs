//! Tables: of objects, and of edges.

use core::fmt::{self, Write};

use crate::inspect::HeapSnapshot;
use crate::inspect::export::names::generation_name;
use crate::inspect::export::text::Text;

/// The objects of a heap as CSV, with a line for each, in their order. Write it with `write!` or `to_string`.
///
/// The columns are `node` (the number in the snapshot), `id`, `class`, `size`, `generation` (empty if there are none),
/// `roots`, `reachable`, `dominator` (a `node`, or empty) and `retained`.
///
/// # Examples
/// ```
/// use understory::inspect::HeapBuilder;
/// use understory::inspect::export::NodesCsv;
///
/// let mut heap = HeapBuilder::new();
/// let squad = heap.object(7, "Squad", 16);
/// heap.root(squad, 1, None);
/// let csv = NodesCsv::new(&heap.build()?).to_string();
/// let lines: Vec<&str> = csv.lines().collect();
/// assert_eq!(lines[0], "node,id,class,size,generation,roots,reachable,dominator,retained");
/// assert_eq!(lines[1], "0,7,Squad,16,,1,true,,16");
/// # Ok::<(), understory::inspect::HeapError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct NodesCsv<'a> {
    heap: &'a HeapSnapshot,
}

/// The edges of a heap as CSV, with a line for each: those of an object in their order, then its weak ones. Write it
/// with `write!` or `to_string`.
///
/// The columns are `source` and `target` (numbers of the snapshot, as in `node` of [`NodesCsv`]), `label` and `weak`.
///
/// # Examples
/// ```
/// use understory::inspect::HeapBuilder;
/// use understory::inspect::export::EdgesCsv;
///
/// let mut heap = HeapBuilder::new();
/// let [squad, archer] = [heap.object(1, "Squad", 16), heap.object(2, "Archer", 24)];
/// heap.edge(squad, "member", archer);
/// let csv = EdgesCsv::new(&heap.build()?).to_string();
/// assert_eq!(csv, "source,label,target,weak\n0,member,1,false\n");
/// # Ok::<(), understory::inspect::HeapError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EdgesCsv<'a> {
    heap: &'a HeapSnapshot,
}

impl<'a> NodesCsv<'a> {
    /// Of all objects.
    ///
    /// Complexity: O(1); O(e log n + n) to write n objects and e edges.
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::{HeapBuilder, export::NodesCsv};
    ///
    /// let heap = HeapBuilder::new().build()?;
    /// assert_eq!(NodesCsv::new(&heap).to_string().lines().count(), 1);
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn new(heap: &'a HeapSnapshot) -> Self {
        Self { heap }
    }
}

impl<'a> EdgesCsv<'a> {
    /// Of all edges.
    ///
    /// Complexity: O(1); O(n + e) to write n objects and e edges.
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::{HeapBuilder, export::EdgesCsv};
    ///
    /// let heap = HeapBuilder::new().build()?;
    /// assert_eq!(EdgesCsv::new(&heap).to_string().lines().count(), 1);
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn new(heap: &'a HeapSnapshot) -> Self {
        Self { heap }
    }
}

impl fmt::Display for NodesCsv<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heap = self.heap;
        let dominators = heap.dominators();
        let mut text = Text::new(f);
        text.write_str("node,id,class,size,generation,roots,reachable,dominator,retained\n")?;
        for object in heap.objects() {
            text.number(object.into())?;
            text.write_str(",")?;
            text.number(heap.ids()[object as usize])?;
            text.write_str(",")?;
            text.csv(heap.class_of(object))?;
            text.write_str(",")?;
            text.number(heap.size(object))?;
            text.write_str(",")?;
            text.write_str(heap.generation(object).map_or("", generation_name))?;
            text.write_str(",")?;
            let roots = heap.roots_of(object).iter();
            text.number(roots.map(|root| u64::from(root.count)).sum())?;
            write!(text, ",{},", dominators.is_reachable(object))?;
            if let Some(dominator) = dominators.dominator(object) {
                text.number(dominator.into())?;
            }
            text.write_str(",")?;
            text.number(dominators.retained_size(object))?;
            text.write_str("\n")?;
        }
        text.finish()
    }
}

impl fmt::Display for EdgesCsv<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heap = self.heap;
        let mut text = Text::new(f);
        text.write_str("source,label,target,weak\n")?;
        for object in heap.objects() {
            let weak = heap.weak_edges(object).map(|edge| (edge, ",true\n"));
            for (edge, is_weak) in heap
                .edges(object)
                .map(|edge| (edge, ",false\n"))
                .chain(weak)
            {
                text.number(object.into())?;
                text.write_str(",")?;
                text.csv(heap.label(edge.label))?;
                text.write_str(",")?;
                text.number(edge.target.into())?;
                text.write_str(is_weak)?;
            }
        }
        text.finish()
    }
}
