//! Ways through a heap, and how they are written out.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::inspect::snapshot::HeapSnapshot;

/// A way from whatever holds its first object, over edges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// The objects on it, in order; at least one.
    pub objects: Vec<u32>,
    /// The edges between them, as positions among all edges: one less than objects.
    pub edges: Vec<u32>,
}

impl Path {
    /// The object that it begins at.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.why(1).path.start(), Some(1));
    /// ```
    #[must_use]
    pub fn start(&self) -> Option<u32> {
        self.objects.first().copied()
    }

    /// The objects, each with the name of the edge that leads to it; without one for the first.
    ///
    /// Complexity: O(1), and O(length) for all.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32, &str> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.insert_linked(first, "next", 2)?;
    /// let heap = store.heap_snapshot(&Describe::new().label(|label: &&'static str| *label));
    /// let why = heap.why(1);
    /// assert!(why.path.steps(&heap).eq([(0, None), (1, Some("next"))]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn steps<'a>(
        &'a self,
        heap: &'a HeapSnapshot,
    ) -> impl Iterator<Item = (u32, Option<&'a str>)> {
        let label = |&edge: &u32| Some(heap.label(heap.edge(edge as usize).label));
        let labels = core::iter::once(None).chain(self.edges.iter().map(label));
        self.objects.iter().copied().zip(labels)
    }
}

impl HeapSnapshot {
    /// How an object is called in what is written out: its class, and its handle or id.
    ///
    /// Complexity: O(length).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// assert_eq!(store.heap_snapshot(&Describe::new()).name(0), "u64 1v1");
    /// ```
    #[must_use]
    pub fn name(&self, object: u32) -> String {
        let (class, id) = (self.class_of(object), self.ids[object as usize]);
        let version = id >> 32;
        if version % 2 == 1 {
            format!("{class} {}v{version}", id & u64::from(u32::MAX))
        } else {
            format!("{class} @{id}")
        }
    }

    /// How the roots of an object are called.
    pub(super) fn roots_text(&self, object: u32) -> String {
        let roots = self.roots_of(object);
        let one = |root: &super::RootEntry| {
            let times = match root.count {
                1 => String::new(),
                count => format!(" × {count}"),
            };
            match root.name {
                Some(name) => format!("root {}{times}", self.root_name(name)),
                None => format!("root{times}"),
            }
        };
        let all: Vec<String> = roots.iter().map(one).collect();
        all.join(", ")
    }
}

/// The most lines of a way that are written out.
const MOST: usize = 40;

/// Writes a way out, a line an object: how it is reached, and what it is. Of long ways the middle is left out.
pub(super) fn write_lines(f: &mut fmt::Formatter<'_>, lines: &[[String; 2]]) -> fmt::Result {
    let left_out = if lines.len() > MOST {
        MOST / 2..lines.len() - MOST / 2
    } else {
        0..0
    };
    let is_shown = |at: &usize| !left_out.contains(at);
    let shown = (0..lines.len()).filter(is_shown);
    let widest = shown
        .map(|at| lines[at][0].chars().count())
        .max()
        .unwrap_or(0);
    for (at, [how, what]) in lines.iter().enumerate() {
        if at == left_out.start && !left_out.is_empty() {
            write!(f, "\n    … {} more …", left_out.len())?;
        }
        if is_shown(&at) {
            write!(f, "\n    {how:<widest$}  {what}")?;
        }
    }
    Ok(())
}

/// How an edge is called, if it has a name.
pub(super) fn edge_text(label: &str) -> String {
    if label.is_empty() {
        "→".to_string()
    } else {
        format!("→ {label}")
    }
}
