//! `GraphML`, an XML for graphs.

use core::fmt::{self, Write};

use crate::inspect::HeapSnapshot;
use crate::inspect::export::names::generation_name;
use crate::inspect::export::text::Text;
use crate::inspect::reach;

/// A heap as `GraphML`, which yEd, Gephi and `networkx` read. Write it with `write!` or `to_string`.
///
/// Nodes are named by the numbers of the objects in the snapshot, and have `id`, `class`, `size`, `roots` and
/// `reachable`, and a `generation` if there are any; edges have `label` and `weak`.
///
/// # Examples
/// ```
/// use understory::inspect::HeapBuilder;
/// use understory::inspect::export::GraphMl;
///
/// let mut heap = HeapBuilder::new();
/// let [squad, archer] = [heap.object(1, "Squad", 16), heap.object(2, "Archer", 24)];
/// heap.edge(squad, "member", archer);
/// let xml = GraphMl::new(&heap.build()?).to_string();
/// assert!(xml.contains(r#"<edge source="n0" target="n1">"#));
/// # Ok::<(), understory::inspect::HeapError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GraphMl<'a> {
    heap: &'a HeapSnapshot,
}

impl<'a> GraphMl<'a> {
    /// Of all objects.
    ///
    /// Complexity: O(1); O(n + e) to write n objects and e edges.
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::{HeapBuilder, export::GraphMl};
    ///
    /// let heap = HeapBuilder::new().build()?;
    /// assert!(GraphMl::new(&heap).to_string().ends_with("</graphml>\n"));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn new(heap: &'a HeapSnapshot) -> Self {
        Self { heap }
    }
}

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="id" for="node" attr.name="id" attr.type="string"/>
<key id="class" for="node" attr.name="class" attr.type="string"/>
<key id="size" for="node" attr.name="size" attr.type="long"/>
<key id="roots" for="node" attr.name="roots" attr.type="long"/>
<key id="reachable" for="node" attr.name="reachable" attr.type="boolean"/>
<key id="generation" for="node" attr.name="generation" attr.type="string"/>
<key id="label" for="edge" attr.name="label" attr.type="string"/>
<key id="weak" for="edge" attr.name="weak" attr.type="boolean"/>
<graph id="heap" edgedefault="directed">
"#;

impl fmt::Display for GraphMl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heap = self.heap;
        let reached = reach::reached(heap, None);
        let mut text = Text::new(f);
        text.write_str(HEAD)?;
        for object in heap.objects() {
            let roots = heap
                .roots_of(object)
                .iter()
                .map(|root| u64::from(root.count));
            write!(
                text,
                "<node id=\"n{object}\"><data key=\"id\">{}",
                heap.ids()[object as usize]
            )?;
            text.write_str("</data><data key=\"class\">")?;
            text.xml(heap.class_of(object))?;
            write!(
                text,
                "</data><data key=\"size\">{}</data><data key=\"roots\">{}</data><data key=\"reachable\">{}</data>",
                heap.size(object),
                roots.sum::<u64>(),
                reached.has(object),
            )?;
            if let Some(generation) = heap.generation(object) {
                write!(
                    text,
                    "<data key=\"generation\">{}</data>",
                    generation_name(generation)
                )?;
            }
            text.write_str("</node>\n")?;
        }
        for object in heap.objects() {
            let weak = heap.weak_edges(object).map(|edge| (edge, true));
            for (edge, is_weak) in heap.edges(object).map(|edge| (edge, false)).chain(weak) {
                write!(
                    text,
                    "<edge source=\"n{object}\" target=\"n{}\"><data key=\"label\">",
                    edge.target
                )?;
                text.xml(heap.label(edge.label))?;
                writeln!(text, "</data><data key=\"weak\">{is_weak}</data></edge>")?;
            }
        }
        text.write_str("</graph>\n</graphml>\n")?;
        text.finish()
    }
}
