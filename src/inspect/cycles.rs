//! Objects that own each other in circles: strongly connected components, and what to cut so that there are none.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::index::narrow;
use crate::inspect::marks::Marks;
use crate::inspect::path::edge_text;
use crate::inspect::reach::reached;
use crate::inspect::snapshot::HeapSnapshot;
use crate::inspect::table::{number, some, write_table};

/// Objects that own each other in circles: what [`HeapSnapshot::cycles`] gives.
///
/// No count of theirs can reach zero while they do, so once nothing else owns them only a trace or a collection can
/// tell. It is written out as a table, the largest first, with edges that could be weak.
///
/// # Examples
/// ```
/// use understory::Store;
/// use understory::inspect::Describe;
///
/// let mut store: Store<&str, &str> = Store::new();
/// let menu = store.insert("menu");
/// for _ in 0..2 {
///     let item = store.insert_linked(menu, "has", "item")?;
///     store.link(item, "is in", menu)?;
/// }
/// let describe = Describe::new()
///     .class(|name: &&'static str| *name)
///     .label(|label: &&'static str| *label)
///     .size(|_| 10);
/// let heap = store.heap_snapshot(&describe);
/// let cycles = heap.cycles();
/// assert_eq!(cycles.groups[0].objects.len(), 3);
/// assert_eq!(cycles.to_string(), "\
/// objects  size         objects, and what to cut
///       3    30  alive  menu 1v1, item 2v1, item 3v1; item → is in: menu × 2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Cycles<'h> {
    heap: &'h HeapSnapshot,
    /// The circles, the largest first. No two have an object in common.
    pub groups: Vec<Cycle>,
}

/// Objects each of which leads to each of the others, or one that owns itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cycle {
    /// The objects, in order.
    pub objects: Vec<u32>,
    /// Their size in bytes, without what else they refer to.
    pub size: u64,
    /// Whether they can be reached from a root. If not, they are garbage that awaits a collection, unless something
    /// frozen or pending leads to them.
    pub is_reachable: bool,
    /// Edges without which no circle is left, as positions among all edges. Those that lead back to an object on a way
    /// from the roots, so as a rule from parts to their whole: what could be weak. There may be a smaller set.
    pub cut: Vec<u32>,
}

impl HeapSnapshot {
    /// Finds what owns itself in circles.
    ///
    /// Complexity: O(n + e + c log c) for n objects, e edges and c circles.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let first = store.insert(1);
    /// let second = store.insert_linked(first, (), 2)?;
    /// store.insert_linked(second, (), 3)?;
    /// assert!(store.heap_snapshot(&Describe::new()).cycles().groups.is_empty());
    /// store.link(second, (), first)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.cycles().groups[0].objects, [0, 1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn cycles(&self) -> Cycles<'_> {
        let mut search = Search::new(self);
        let roots = self.roots().iter().map(|root| root.object);
        for object in roots.chain(self.objects()) {
            search.walk(object);
        }
        let reachable = reached(self, None);
        let mut groups = search.groups;
        for group in &mut groups {
            group.objects.sort_unstable();
            group.size = group.objects.iter().map(|&object| self.size(object)).sum();
            group.is_reachable = reachable.has(group.objects[0]);
        }
        // Each edge that leads back lies within one of them.
        for edge in search.back {
            let group = search.groups_of[self.edge(edge as usize).target as usize];
            groups[group as usize].cut.push(edge);
        }
        for group in &mut groups {
            group.cut.sort_unstable();
        }
        groups.sort_by_key(|group| {
            let size = core::cmp::Reverse((group.objects.len(), group.size));
            (size, group.objects[0])
        });
        Cycles { heap: self, groups }
    }
}

/// Not visited, or in no group.
const NONE: u32 = u32::MAX;

/// The search of Tarjan (1972), without recursion.
struct Search<'h> {
    heap: &'h HeapSnapshot,
    /// The number of each object in the walk, and the least number that it leads back to; `NONE` once its component is
    /// known.
    numbers: Vec<u32>,
    least: Vec<u32>,
    count: u32,
    /// What the walk goes through now: objects, and the positions of the edges that are next.
    way: Vec<(u32, u32)>,
    on_way: Marks,
    /// Visited objects whose component is not known yet.
    open: Vec<u32>,
    groups: Vec<Cycle>,
    groups_of: Vec<u32>,
    /// Edges to objects that the walk was going through.
    back: Vec<u32>,
}

impl<'h> Search<'h> {
    fn new(heap: &'h HeapSnapshot) -> Self {
        let count = heap.len();
        Self {
            heap,
            numbers: vec![NONE; count],
            least: vec![NONE; count],
            count: 0,
            way: Vec::new(),
            on_way: Marks::new(count),
            open: Vec::new(),
            groups: Vec::new(),
            groups_of: vec![NONE; count],
            back: Vec::new(),
        }
    }

    fn enter(&mut self, object: u32) {
        let at = object as usize;
        (self.numbers[at], self.least[at]) = (self.count, self.count);
        self.count += 1;
        self.on_way.set(object);
        self.open.push(object);
        let first = narrow(self.heap.edge_range(object).start);
        self.way.push((object, first));
    }

    /// Visits all that an object leads to and that was not visited.
    fn walk(&mut self, object: u32) {
        if self.numbers[object as usize] != NONE {
            return;
        }
        self.enter(object);
        while let Some((object, edge)) = self.way.last_mut() {
            let (source, at) = (*object, *edge);
            if at as usize >= self.heap.edge_range(source).end {
                self.leave(source);
                continue;
            }
            *edge += 1;
            let target = self.heap.strong.targets[at as usize];
            if self.numbers[target as usize] == NONE {
                self.enter(target);
                continue;
            }
            if self.on_way.has(target) {
                self.back.push(at);
            }
            // Otherwise its component is known.
            if self.least[target as usize] != NONE {
                let least = &mut self.least[source as usize];
                *least = self.numbers[target as usize].min(*least);
            }
        }
    }

    /// Goes back from an object, and closes its component, if it is the first of it.
    fn leave(&mut self, object: u32) {
        self.way.pop();
        self.on_way.clear(object);
        let least = self.least[object as usize];
        if let Some(&(above, _)) = self.way.last() {
            let above = &mut self.least[above as usize];
            *above = least.min(*above);
        }
        if least != self.numbers[object as usize] {
            return;
        }
        let start = self.open.iter().rposition(|&other| other == object);
        let objects = self.open.split_off(start.unwrap_or(0));
        for &member in &objects {
            self.least[member as usize] = NONE;
        }
        if objects.len() == 1 && !self.heap.targets(object).contains(&object) {
            return;
        }
        for &member in &objects {
            self.groups_of[member as usize] = narrow(self.groups.len());
        }
        self.groups.push(Cycle {
            objects,
            size: 0,
            is_reachable: false,
            cut: Vec::new(),
        });
    }
}

impl Cycles<'_> {
    /// The edges of a cut, those between the same classes and with the same label together.
    fn cut_text(&self, cut: &[u32]) -> String {
        let heap = self.heap;
        let mut kinds: BTreeMap<[&str; 3], usize> = BTreeMap::new();
        for &edge in cut {
            let edge = edge as usize;
            let (source, link) = (heap.source(edge), heap.edge(edge));
            let kind = [source, link.target].map(|object| heap.class_of(object));
            *kinds
                .entry([kind[0], heap.label(link.label), kind[1]])
                .or_default() += 1;
        }
        some(kinds.into_iter().map(|([source, label, target], count)| {
            let times = if count == 1 {
                String::new()
            } else {
                format!(" × {}", number(count))
            };
            let colon = if label.is_empty() { "" } else { ":" };
            format!("{source} {}{colon} {target}{times}", edge_text(label))
        }))
    }
}

impl fmt::Display for Cycles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |group: &Cycle| {
            let state = if group.is_reachable {
                "alive"
            } else {
                "garbage"
            };
            let names = some(group.objects.iter().map(|&object| self.heap.name(object)));
            let text = format!("{names}; {}", self.cut_text(&group.cut));
            [
                number(group.objects.len()),
                number(group.size),
                state.into(),
                text,
            ]
        };
        let rows: Vec<_> = self.groups.iter().map(row).collect();
        write_table(
            f,
            ["objects", "size", "", "objects, and what to cut"],
            &rows,
        )
    }
}

impl fmt::Debug for Cycles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.groups).finish()
    }
}
