//! A page for people: all that a heap is made of, in one file that needs nothing else.

mod classes;
mod diff;
mod listed;
mod run;
mod suspicion;
mod tree;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use crate::inspect::export::names::{GENERATIONS, generation_name, short_id};
use crate::inspect::export::text::Text;
use crate::inspect::{HeapSnapshot, Timeline};

use classes::Classes;
use listed::Listed;
use tree::Tree;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What retains so many percent of the heap is a suspect.
const LARGE: u8 = 10;

/// A heap as a page of HTML: what holds how much, class by class, and why each object is alive. Write it with `write!`
/// or `to_string`, and open the file in a browser: it has all that it needs in it, and loads nothing.
///
/// It shows what retains how much as a tree in which objects of a class that have the same owner are one box, tables of
/// the classes and of their objects, and for each listed object the shortest path from a root as a drawing. It says what may be a leak,
/// as [`HeapSnapshot::suspects`] does. If there are any, it also shows a [timeline](Self::timeline) of the run, and how the heap differs from an
/// [earlier one](Self::since).
///
/// However large the heap is, the page is not: all objects count in the figures of their classes, but only those that
/// retain the most are listed one by one, and small boxes of the tree are put together. The page says so.
///
/// # Examples
/// ```
/// use understory::Store;
/// use understory::inspect::Describe;
/// use understory::inspect::export::Page;
///
/// let mut store: Store<&str> = Store::new();
/// let squad = store.insert("Squad");
/// store.insert_linked(squad, (), "Archer")?;
///
/// let heap = store.heap_snapshot(&Describe::new().class(|name: &&'static str| *name));
/// let html = Page::new(&heap).title("After the battle").to_string();
/// assert!(html.starts_with("<!DOCTYPE html>") && html.contains("Archer"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Page<'a> {
    heap: &'a HeapSnapshot,
    title: &'a str,
    subtitle: &'a str,
    before: Option<(&'a HeapSnapshot, &'a str)>,
    now: &'a str,
    timeline: Option<&'a Timeline>,
}

impl<'a> Page<'a> {
    /// A page about a heap.
    ///
    /// Complexity: O(1); O(n log n + e log n) to write a page about n objects and e edges, in about 120 bytes an object
    /// and 4 an edge.
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::{HeapBuilder, export::Page};
    ///
    /// let heap = HeapBuilder::new().build()?;
    /// assert!(Page::new(&heap).to_string().ends_with("</html>\n"));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn new(heap: &'a HeapSnapshot) -> Self {
        Self {
            heap,
            title: "A heap",
            subtitle: "",
            before: None,
            now: "now",
            timeline: None,
        }
    }

    /// What the page is called.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::{HeapBuilder, export::Page};
    ///
    /// let heap = HeapBuilder::new().build()?;
    /// let html = Page::new(&heap).title("Level <3>").to_string();
    /// assert!(html.contains("<title>Level &lt;3&gt;</title>"));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn title(mut self, title: &'a str) -> Self {
        self.title = title;
        self
    }

    /// A line below the title: what ran, and with which settings.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::{HeapBuilder, export::Page};
    ///
    /// let heap = HeapBuilder::new().build()?;
    /// assert!(Page::new(&heap).subtitle("seed 17").to_string().contains("seed 17"));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    #[must_use]
    pub fn subtitle(mut self, subtitle: &'a str) -> Self {
        self.subtitle = subtitle;
        self
    }

    /// Shows how the heap differs from an earlier snapshot of it, by class. The names say when each was taken.
    ///
    /// Complexity: O(1); writing takes O(n log n + e log n) for the earlier heap, too.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    /// use understory::inspect::{Describe, export::Page};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let describe = Describe::new();
    /// let before = store.heap_snapshot(&describe);
    /// store.insert("squad");
    /// let heap = store.heap_snapshot(&describe);
    /// let html = Page::new(&heap).since(&before, ["dawn", "noon"]).to_string();
    /// assert!(html.contains(r#""before":"dawn","after":"noon""#));
    /// ```
    #[must_use]
    pub fn since(mut self, before: &'a HeapSnapshot, [then, now]: [&'a str; 2]) -> Self {
        self.before = Some((before, then));
        self.now = now;
        self
    }

    /// Shows what happened from moment to moment.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use core::time::Duration;
    /// use understory::{Budget, Store};
    /// use understory::inspect::{Describe, Timeline, export::Page};
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let mut timeline = Timeline::new("frame");
    /// for frame in 0..100 {
    ///     store.insert(frame);
    ///     store.step(Budget::units(100));
    ///     timeline.record(&store, Duration::from_micros(20)); // how long the step took
    /// }
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert!(Page::new(&heap).timeline(&timeline).to_string().contains(r#""unit":"frame""#));
    /// ```
    #[must_use]
    pub fn timeline(mut self, timeline: &'a Timeline) -> Self {
        self.timeline = Some(timeline);
        self
    }
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Text::new(f);
        let mut rest = PAGE;
        while let Some((before, after)) = rest.split_once('@') {
            text.write_str(before)?;
            let (name, after) = after.split_once('@').unwrap_or((after, ""));
            rest = after;
            match name {
                "TITLE" => text.xml(self.title)?,
                "STYLE" => text.write_str(STYLE)?,
                "SCRIPT" => text.write_str(SCRIPT)?,
                _ => self.data(&mut text)?,
            }
        }
        text.write_str(rest)?;
        text.finish()
    }
}

impl Page<'_> {
    fn data(&self, text: &mut Text<'_, '_>) -> fmt::Result {
        let heap = self.heap;
        let dominators = heap.dominators();
        let classes = Classes::of(&dominators);
        let tree = Tree::of(&dominators);
        let earlier: Vec<&HeapSnapshot> = self.before.iter().map(|(heap, _)| *heap).collect();
        let suspects = heap.suspects_by(&dominators, &earlier, LARGE);
        let listed = Listed::of(&dominators, suspicion::objects(&suspects));
        text.write_str("{\"title\":")?;
        text.json(self.title)?;
        text.write_str(",\"subtitle\":")?;
        text.json(self.subtitle)?;
        write!(
            text,
            r#","totals":{{"objects":{},"bytes":{},"edges":{},"weak":{},"roots":{},"garbage":{},"garbage_bytes":{}}}"#,
            heap.len(),
            heap.total_size(),
            heap.edge_count(),
            heap.weak_edge_count(),
            rooted(heap),
            tree.garbage.0,
            tree.garbage.1,
        )?;
        text.write_str(",\n\"generations\":")?;
        list(text, GENERATIONS, |text, generation| {
            text.json(generation_name(generation))
        })?;
        text.write_str(",\n\"classes\":")?;
        classes.write(heap, text)?;
        text.write_str(",\n\"tree\":")?;
        tree.write(text)?;
        text.write_str(",\n\"objects\":")?;
        listed.write(&dominators, text)?;
        text.write_str(",\n\"labels\":")?;
        strings(text, heap.labels())?;
        text.write_str(",\n\"suspects\":")?;
        suspicion::write(&suspects, (&dominators, &classes.retained), &listed, text)?;
        if let Some((before, then)) = self.before {
            text.write_str(",\n\"diff\":")?;
            diff::write((before, then), (&dominators, &classes, self.now), text)?;
        }
        if let Some(timeline) = self.timeline {
            text.write_str(",\n\"timeline\":")?;
            run::write(timeline, text)?;
        }
        text.write_str(",\n\"notes\":")?;
        list(text, self.notes(&tree, &listed), |text, note| {
            text.json(&note)
        })?;
        text.write_str("}")
    }

    /// What was left out.
    fn notes(&self, tree: &Tree, listed: &Listed) -> Vec<String> {
        let mut notes = Vec::new();
        let [all, some] = [self.heap.len(), listed.len()];
        if some < all {
            notes.push(format!(
                "Of {all} objects the {some} that retain the most, of each class, and what leads to them are listed one by one. All count in the figures of their classes and in the tree."
            ));
        }
        if tree.merged > 0 {
            notes.push(format!(
                "In the tree {} boxes that are too small to be seen are put together as “smaller ones”.",
                tree.merged
            ));
        }
        notes.push(
            "Sizes are of values, without what edges and the store itself take. An object retains what would die with it."
                .into(),
        );
        notes.push(
            concat!(
                "Written by understory ",
                env!("CARGO_PKG_VERSION"),
                "; this file loads nothing."
            )
            .into(),
        );
        notes
    }
}

/// How many objects have roots.
fn rooted(heap: &HeapSnapshot) -> usize {
    heap.roots()
        .chunk_by(|one, other| one.object == other.object)
        .count()
}

/// An array of JSON.
fn list<T>(
    text: &mut Text<'_, '_>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Text<'_, '_>, T) -> fmt::Result,
) -> fmt::Result {
    text.write_str("[")?;
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            text.write_str(",")?;
        }
        write(text, item)?;
    }
    text.write_str("]")
}

/// An array of JSON of strings.
fn strings<'a>(text: &mut Text<'_, '_>, all: impl Iterator<Item = &'a str>) -> fmt::Result {
    list(text, all, |text, one: &str| text.json(one))
}

/// A key of JSON, and an array of numbers.
fn numbers<T: Into<i128>>(
    text: &mut Text<'_, '_>,
    key: &str,
    numbers: impl IntoIterator<Item = T>,
) -> fmt::Result {
    text.write_str(key)?;
    list(text, numbers, |text, number| {
        let number = number.into();
        match u64::try_from(number) {
            Ok(number) => text.number(number),
            Err(_) => write!(text, "{number}"),
        }
    })
}

/// How an object is called apart from its class, as a string of JSON.
fn id(text: &mut Text<'_, '_>, heap: &HeapSnapshot, object: u32) -> fmt::Result {
    text.json(&short_id(heap.ids()[object as usize]))
}
