//! The format of V8's heap snapshots, which Chrome's tools read.

use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::iter;

use crate::index::narrow;
use crate::inspect::HeapSnapshot;
use crate::inspect::export::names::NONE;
use crate::inspect::export::text::Text;
use crate::inspect::reach;

/// A heap as a `.heapsnapshot` file: open it in the memory panel of Chrome's developer tools, or with what else reads
/// V8's heap snapshots, such as memlab. Write it with `write!` or `to_string`.
///
/// Each object is one of kind `object`; its class is its name. (The class `Object` is written as `class Object`, as
/// these tools make names up for what is called `Object`.) The root `(GC roots)` holds what has roots. Edges are
/// properties by the name of their label, or elements by their place if they have none.
///
/// What no root reaches is left out, unless [`include_garbage`](Self::include_garbage) is set. The tools compare
/// snapshots by the ids of objects, which have 32 bits: ids that fit are kept. Those of handles are made of the index
/// and as much of the version as there is room for, so objects of two snapshots may be taken for the same one if a
/// slot was reused 2¹¹ times in between (2⁷ times in a heap of more than a million objects). Sizes of 4 GiB or more
/// are written as 4 GiB − 1.
///
/// # Examples
/// ```
/// use understory::Store;
/// use understory::inspect::Describe;
/// use understory::inspect::export::DevTools;
///
/// let mut store: Store<&str> = Store::new();
/// let squad = store.insert("squad");
/// store.insert_linked(squad, (), "archer")?;
///
/// let heap = store.heap_snapshot(&Describe::new().class(|name: &&'static str| *name));
/// let file = DevTools::new(&heap).to_string(); // or write!(file, "{}", DevTools::new(&heap))
/// assert!(file.starts_with(r#"{"snapshot":{"#) && file.contains(r#""archer""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DevTools<'a> {
    heap: &'a HeapSnapshot,
    include_garbage: bool,
}

impl<'a> DevTools<'a> {
    /// Of all that a root reaches.
    ///
    /// Complexity: O(1); O(n log n + e) to write n objects and e edges, in at most 16 bytes an object.
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::HeapBuilder;
    /// use understory::inspect::export::DevTools;
    ///
    /// let heap = HeapBuilder::new().build()?;
    /// assert!(DevTools::new(&heap).to_string().ends_with("]}"));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn new(heap: &'a HeapSnapshot) -> Self {
        Self {
            heap,
            include_garbage: false,
        }
    }

    /// Whether to write what no root reaches, too. The tools show it without a distance from the root.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::HeapBuilder;
    /// use understory::inspect::export::DevTools;
    ///
    /// let mut heap = HeapBuilder::new();
    /// heap.object(1, "page", 100);
    /// let heap = heap.build()?;
    /// let all = DevTools::new(&heap).include_garbage(true);
    /// assert!(all.to_string().len() > DevTools::new(&heap).to_string().len());
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn include_garbage(mut self, include: bool) -> Self {
        self.include_garbage = include;
        self
    }
}

/// What the file says of its columns: as Node 20 writes it. No tool reads a version, all read these names.
const META: &str = concat!(
    r#"{"node_fields":["type","name","id","self_size","edge_count","trace_node_id","detachedness"],"#,
    r#""node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic","#,
    r#""concatenated string","sliced string","symbol","bigint","object shape"],"#,
    r#""string","number","number","number","number","number"],"#,
    r#""edge_fields":["type","name_or_index","to_node"],"#,
    r#""edge_types":[["context","element","property","internal","hidden","shortcut","weak"],"#,
    r#""string_or_number","node"],"#,
    r#""trace_function_info_fields":["function_id","name","script_name","script_id","line","column"],"#,
    r#""trace_node_fields":["id","function_info_index","count","size","children"],"#,
    r#""sample_fields":["timestamp_us","last_assigned_id"],"#,
    r#""location_fields":["object_index","script_id","line","column"]}"#,
);
const FIELDS: u64 = 7;
const OBJECT: u64 = 3;
const SYNTHETIC: u64 = 9;
const ELEMENT: u64 = 1;
const PROPERTY: u64 = 2;
const INTERNAL: u64 = 3;
const SHORTCUT: u64 = 5;
const WEAK: u64 = 6;

/// Nodes that are no objects: the root, and `(GC roots)`.
const SYNTHETIC_NODES: u64 = 2;
/// Strings before the names of classes.
const STRINGS: [&str; 4] = ["<dummy>", "", "(GC roots)", "root"];

/// What is written, and by which numbers.
struct Plan<'a> {
    heap: &'a HeapSnapshot,
    /// The place of each object among those that are written, or [`NONE`].
    places: Vec<u32>,
    count: u32,
}

impl fmt::Display for DevTools<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = Plan::new(self.heap, self.include_garbage);
        let mut text = Text::new(f);
        plan.head(&mut text)?;
        plan.nodes(&mut text)?;
        plan.edges(&mut text)?;
        // Readers wait for each section that the columns are named of.
        text.write_str(
            r#","trace_function_infos":[],"trace_tree":[],"samples":[],"locations":[],"#,
        )?;
        plan.strings(&mut text)?;
        text.write_str("}")?;
        text.finish()
    }
}

impl<'a> Plan<'a> {
    fn new(heap: &'a HeapSnapshot, include_garbage: bool) -> Self {
        let reached = reach::reached(heap, None);
        let mut places = Vec::with_capacity(heap.len());
        let mut count = 0;
        for object in heap.objects() {
            let is_written = include_garbage || reached.has(object);
            places.push(if is_written { count } else { NONE });
            count += u32::from(is_written);
        }
        Self {
            heap,
            places,
            count,
        }
    }

    /// The objects that are written.
    fn objects(&self) -> impl Iterator<Item = u32> + '_ {
        self.heap
            .objects()
            .filter(|&object| self.is_written(object))
    }

    fn is_written(&self, object: u32) -> bool {
        self.places[object as usize] != NONE
    }

    /// The objects that something outside holds, and the string that says what.
    fn roots(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let names = STRINGS.len() + self.heap.classes().len() + self.heap.labels().len();
        self.heap.roots().iter().map(move |root| match root.name {
            Some(name) => (root.object, names as u64 + u64::from(name)),
            None => (root.object, 3),
        })
    }

    fn class(&self, object: u32) -> u64 {
        STRINGS.len() as u64 + u64::from(self.heap.class(object))
    }

    fn label(&self, label: u32) -> u64 {
        (STRINGS.len() + self.heap.classes().len()) as u64 + u64::from(label)
    }

    fn out_edges(&self, object: u32) -> u64 {
        let weak = self.heap.weak_edges(object);
        let weak = weak.filter(|edge| self.is_written(edge.target)).count();
        (self.heap.targets(object).len() + weak) as u64
    }

    fn head(&self, text: &mut Text<'_, '_>) -> fmt::Result {
        let roots = self.roots().count() as u64;
        let own: u64 = self.objects().map(|object| self.out_edges(object)).sum();
        write!(
            text,
            r#"{{"snapshot":{{"meta":{META},"node_count":{},"edge_count":{},"trace_function_count":0}},"#,
            u64::from(self.count) + SYNTHETIC_NODES,
            own + 1 + 2 * roots,
        )
    }

    fn nodes(&self, text: &mut Text<'_, '_>) -> fmt::Result {
        let ids = Ids::of(self);
        let roots = self.roots().count() as u64;
        let [root_id, roots_id] = ids.free(self.heap);
        write!(
            text,
            "\"nodes\":[{SYNTHETIC},1,{root_id},0,{},0,0\n,{SYNTHETIC},2,{roots_id},0,{roots},0,0",
            roots + 1,
        )?;
        for (place, object) in self.objects().enumerate() {
            text.write_str("\n,")?;
            let size = self.heap.size(object).min(u32::MAX.into());
            let id = ids.id(narrow(place), self.heap.ids()[object as usize]);
            let row = [
                OBJECT,
                self.class(object),
                id,
                size,
                self.out_edges(object),
                0,
                0,
            ];
            numbers(text, row)?;
        }
        text.write_str("],")
    }

    fn edges(&self, text: &mut Text<'_, '_>) -> fmt::Result {
        let node =
            |object: u32| (u64::from(self.places[object as usize]) + SYNTHETIC_NODES) * FIELDS;
        write!(text, "\"edges\":[{ELEMENT},1,{FIELDS}")?;
        // A shortcut makes DevTools take an object for one of the page, and an edge of `(GC roots)` makes memlab do so.
        // Only then does garbage that refers to it not take part in what dominates it.
        for kind in [SHORTCUT, INTERNAL] {
            for (object, name) in self.roots() {
                text.write_str("\n,")?;
                numbers(text, [kind, name, node(object)])?;
            }
        }
        let unnamed: Vec<bool> = self.heap.labels().map(str::is_empty).collect();
        for object in self.objects() {
            for (place, edge) in self.heap.edges(object).enumerate() {
                text.write_str("\n,")?;
                let is_unnamed = unnamed.get(edge.label as usize).copied().unwrap_or(true);
                let row = if is_unnamed {
                    [ELEMENT, place as u64, node(edge.target)]
                } else {
                    [PROPERTY, self.label(edge.label), node(edge.target)]
                };
                numbers(text, row)?;
            }
            for edge in self.heap.weak_edges(object) {
                if self.is_written(edge.target) {
                    text.write_str("\n,")?;
                    numbers(text, [WEAK, self.label(edge.label), node(edge.target)])?;
                }
            }
        }
        text.write_str("]")
    }

    fn strings(&self, text: &mut Text<'_, '_>) -> fmt::Result {
        text.write_str("\"strings\":[")?;
        let mut comma = iter::once("").chain(iter::repeat(",\n"));
        let mut string = |text: &mut Text<'_, '_>, string: &str| {
            text.write_str(comma.next().unwrap_or_default())?;
            text.json(string)
        };
        for fixed in STRINGS {
            string(text, fixed)?;
        }
        for class in self.heap.classes() {
            // DevTools makes up a name for an `Object`; memlab takes the heap for another engine's at `Object(`.
            if class == "Object" || class.starts_with("Object(") {
                string(text, &alloc::format!("class {class}"))?;
            } else {
                string(text, class)?;
            }
        }
        for name in self
            .heap
            .labels()
            .chain(self.heap.root_names.iter().map(|name| &**name))
        {
            string(text, name)?;
        }
        text.write_str("]")
    }
}

fn numbers<const N: usize>(text: &mut Text<'_, '_>, row: [u64; N]) -> fmt::Result {
    for (at, number) in row.into_iter().enumerate() {
        if at > 0 {
            text.write_str(",")?;
        }
        text.number(number)?;
    }
    Ok(())
}

/// How ids of 64 bits become ids of 32.
enum Ids {
    /// They fit.
    Same,
    /// They are handles, of which the index has so many bits.
    Packed(u32),
    /// They are neither: objects are numbered as they come.
    Places,
}

impl Ids {
    fn of(plan: &Plan<'_>) -> Self {
        let ids = || {
            plan.objects()
                .map(|object| plan.heap.ids()[object as usize])
        };
        if ids().all(|id| id <= u32::MAX.into()) {
            return Self::Same;
        }
        let most = ids().map(index).max().unwrap_or(0) + SYNTHETIC_NODES;
        // The same number of bits for snapshots of about the same size, so that ids can be compared.
        let bits = (u64::BITS - most.leading_zeros())
            .max(20)
            .next_multiple_of(4);
        if bits > 31 {
            return Self::Places;
        }
        let packed = Self::Packed(bits);
        let mut all: Vec<u64> = ids().map(|id| packed.id(0, id)).collect();
        all.sort_unstable();
        if all.windows(2).any(|pair| pair[0] == pair[1]) {
            return Self::Places;
        }
        packed
    }

    /// The id of an object. Odd ones are of objects, even ones of what V8 knows of its host.
    fn id(&self, place: u32, id: u64) -> u64 {
        match self {
            Self::Same => id,
            Self::Packed(bits) => {
                // Of an occupied slot the version is odd.
                let version = (id >> 33) & ((1 << (31 - bits)) - 1);
                2 * (version << bits | (index(id) + SYNTHETIC_NODES)) + 1
            }
            Self::Places => 2 * (u64::from(place) + SYNTHETIC_NODES) + 1,
        }
    }

    /// Ids for the nodes that are no objects.
    fn free(&self, heap: &HeapSnapshot) -> [u64; 2] {
        let mut free = (0..).map(|at| 2 * at + 1).filter(|&id| match self {
            Self::Same => heap.find_id(id).is_none(),
            Self::Packed(_) | Self::Places => true,
        });
        [free.next().unwrap_or(1), free.next().unwrap_or(3)]
    }
}

fn index(id: u64) -> u64 {
    id & u64::from(u32::MAX)
}
