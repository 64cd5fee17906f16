//! Graphviz' format.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::mem;

use crate::inspect::HeapSnapshot;
use crate::inspect::export::names::NONE;
use crate::inspect::export::text::Text;

/// A part of a heap as a drawing for Graphviz: `dot -Tsvg`. Write it with `write!` or `to_string`.
///
/// It has the objects that are nearest to the roots, or to an object that was [asked for](Self::around), up to a number
/// of them; those of a class are in a box. What holds roots has a double border, weak edges are dashed.
///
/// # Examples
/// ```
/// use understory::inspect::HeapBuilder;
/// use understory::inspect::export::Dot;
///
/// let mut heap = HeapBuilder::new();
/// let [squad, archer] = [heap.object(1, "Squad", 16), heap.object(2, "Archer", 24)];
/// heap.root(squad, 1, None);
/// heap.edge(squad, "member", archer);
/// let dot = Dot::new(&heap.build()?).to_string();
/// assert!(dot.contains(r#"n0 -> n1 [label="member"]"#));
/// # Ok::<(), understory::inspect::HeapError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dot<'a> {
    heap: &'a HeapSnapshot,
    most: usize,
    around: Option<u32>,
}

impl<'a> Dot<'a> {
    /// Of the 200 objects that are nearest to the roots.
    ///
    /// Complexity: O(1); O(n + e) to write, for the edges of the objects that are written and n objects.
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::{HeapBuilder, export::Dot};
    ///
    /// let heap = HeapBuilder::new().build()?;
    /// assert!(Dot::new(&heap).to_string().starts_with("digraph"));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn new(heap: &'a HeapSnapshot) -> Self {
        Self {
            heap,
            most: 200,
            around: None,
        }
    }

    /// How many objects there are at most. Graphviz takes long for more than some hundreds.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::{HeapBuilder, export::Dot};
    ///
    /// let mut heap = HeapBuilder::new();
    /// for id in 0..10 {
    ///     let page = heap.object(id, "page", 1);
    ///     heap.root(page, 1, None);
    /// }
    /// let dot = Dot::new(&heap.build()?).most(3).to_string();
    /// assert!(dot.contains("3 of 10 objects"));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Writes what is nearest to an object, over edges in both directions, instead of what is nearest to the roots.
    ///
    /// Complexity: O(1); O(n + e) to write.
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::{HeapBuilder, export::Dot};
    ///
    /// let mut heap = HeapBuilder::new();
    /// let page = heap.object(7, "page", 1); // garbage, as nothing holds it
    /// let dot = Dot::new(&heap.build()?).around(page).to_string();
    /// assert!(dot.contains("#7"));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn around(mut self, object: u32) -> Self {
        self.around = Some(object);
        self
    }

    /// The objects that are written, the nearest first.
    fn chosen(&self) -> Vec<u32> {
        let heap = self.heap;
        let back = self.around.map(|_| Sources::of(heap));
        let mut seen = vec![false; heap.len()];
        let mut queue = VecDeque::new();
        let mut see = |queue: &mut VecDeque<u32>, object: u32| {
            if !mem::replace(&mut seen[object as usize], true) {
                queue.push_back(object);
            }
        };
        if let Some(object) = self.around {
            see(&mut queue, object);
        } else {
            let roots = heap.roots().iter();
            roots.for_each(|root| see(&mut queue, root.object));
        }
        let mut chosen = Vec::new();
        while chosen.len() < self.most
            && let Some(object) = queue.pop_front()
        {
            chosen.push(object);
            let sources = back.iter().flat_map(|back| back.of_object(object));
            for &next in heap.targets(object).iter().chain(sources) {
                see(&mut queue, next);
            }
        }
        chosen
    }
}

/// Edges by target.
struct Sources {
    starts: Vec<u32>,
    sources: Vec<u32>,
}

impl Sources {
    fn of(heap: &HeapSnapshot) -> Self {
        let mut starts = vec![0; heap.len() + 1];
        for object in heap.objects() {
            for &target in heap.targets(object) {
                starts[target as usize + 1] += 1;
            }
        }
        for at in 0..heap.len() {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut sources = vec![0; heap.edge_count()];
        for object in heap.objects() {
            for &target in heap.targets(object) {
                let next = &mut next[target as usize];
                sources[*next as usize] = object;
                *next += 1;
            }
        }
        Self { starts, sources }
    }

    fn of_object(&self, object: u32) -> &[u32] {
        let at = object as usize;
        &self.sources[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}

impl fmt::Display for Dot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heap = self.heap;
        let chosen = self.chosen();
        let mut places = vec![NONE; heap.len()];
        for &object in &chosen {
            places[object as usize] = object;
        }
        let mut text = Text::new(f);
        text.write_str(
            "digraph heap {\n  rankdir=LR; compound=true;\n  fontname=\"Helvetica\";\n",
        )?;
        text.write_str("  node [shape=box, style=\"rounded,filled\", fillcolor=\"#e6f1ea\", fontname=\"Helvetica\", fontsize=10];\n")?;
        text.write_str("  edge [color=\"#5d6a63\", fontname=\"Helvetica\", fontsize=9];\n")?;
        writeln!(
            text,
            "  label=\"{} of {} objects\";",
            chosen.len(),
            heap.len()
        )?;
        let mut by_class = chosen.clone();
        by_class.sort_by_key(|&object| heap.class(object));
        for class in by_class.chunk_by(|&a, &b| heap.class(a) == heap.class(b)) {
            let number = heap.class(class[0]);
            write!(
                text,
                "  subgraph cluster_{number} {{\n    color=\"#a9b3ac\"; label="
            )?;
            text.dot(heap.class_name(number))?;
            text.write_str(";\n")?;
            for &object in class {
                let (id, size) = (heap.ids()[object as usize], heap.size(object));
                let border = if heap.roots_of(object).is_empty() {
                    ""
                } else {
                    ", peripheries=2"
                };
                writeln!(text, "    n{object} [label=\"#{id}\\n{size} B\"{border}];")?;
            }
            text.write_str("  }\n")?;
        }
        for &object in &chosen {
            let weak = heap
                .weak_edges(object)
                .map(|edge| (edge, ", style=dashed, constraint=false"));
            for (edge, style) in heap.edges(object).map(|edge| (edge, "")).chain(weak) {
                if places[edge.target as usize] != NONE {
                    write!(text, "  n{object} -> n{} [label=", edge.target)?;
                    text.dot(heap.label(edge.label))?;
                    writeln!(text, "{style}];")?;
                }
            }
        }
        text.write_str("}\n")?;
        text.finish()
    }
}
