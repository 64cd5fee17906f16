//! A snapshot of any heap, put together object by object, and tested before anything is asked.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::config::Generation;
use crate::index::narrow;
use crate::inspect::columns::{Codes, Sizes};
use crate::inspect::names::Names;
use crate::inspect::snapshot::{CONDEMNED, HeapSnapshot, PENDING, RootEntry, Rows, rank};

/// Puts a [`HeapSnapshot`] together: of a heap that is not a store, or from a file.
///
/// Nothing is tested before [`build`](Self::build), so edges may come before the objects that they lead to.
///
/// # Examples
/// ```
/// use understory::inspect::HeapBuilder;
///
/// let mut heap = HeapBuilder::new();
/// let window = heap.object(1, "window", 100);
/// let button = heap.object(2, "button", 20);
/// heap.root(window, 1, Some("desktop"));
/// heap.edge(window, "ok", button);
/// let heap = heap.build()?;
/// assert_eq!((heap.len(), heap.total_size()), (2, 120));
/// # Ok::<(), understory::inspect::HeapError>(())
/// ```
pub struct HeapBuilder {
    ids: Vec<u64>,
    sizes: Sizes,
    classes: Codes,
    flags: Vec<u8>,
    class_names: Names,
    label_names: Names,
    root_names: Names,
    generations: Vec<(u32, Generation)>,
    marks: Vec<(u32, u8)>,
    roots: Vec<RootEntry>,
    strong: Vec<[u32; 3]>,
    weak: Vec<[u32; 3]>,
}

/// Why a [`HeapBuilder`] makes no snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeapError {
    /// An edge, a root or a mark is of an object that is not there.
    NoObject {
        /// The number that was given.
        object: u32,
    },
    /// Two objects have the same id.
    SameId {
        /// That id.
        id: u64,
    },
    /// There are 2³² objects or edges, or more.
    TooMany,
    /// All sizes together are 2⁶⁴ bytes, or more.
    TooLarge,
    /// The roots of an object are 2³², or more, or none were said to be there.
    RootCount {
        /// That object.
        object: u32,
    },
}

impl fmt::Display for HeapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoObject { object } => write!(f, "there is no object {object}"),
            Self::SameId { id } => write!(f, "two objects have the id {id}"),
            Self::TooMany => f.write_str("there are 2^32 objects or edges, or more"),
            Self::TooLarge => f.write_str("all sizes together are 2^64 bytes or more"),
            Self::RootCount { object } => write!(f, "object {object} can't have so many roots"),
        }
    }
}

impl core::error::Error for HeapError {}

impl HeapBuilder {
    /// A heap without objects.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// assert!(understory::inspect::HeapBuilder::new().build().unwrap().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self {
            ids: Vec::new(),
            sizes: Sizes::default(),
            classes: Codes::default(),
            flags: Vec::new(),
            class_names: Names::new(),
            label_names: Names::new(),
            root_names: Names::new(),
            generations: Vec::new(),
            marks: Vec::new(),
            roots: Vec::new(),
            strong: Vec::new(),
            weak: Vec::new(),
        }
    }

    /// Adds an object, and returns its number: the first is 0, and so on. The id is what later snapshots of the same
    /// heap know it by.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// let mut heap = understory::inspect::HeapBuilder::new();
    /// assert_eq!([heap.object(7, "page", 100), heap.object(9, "page", 80)], [0, 1]);
    /// ```
    pub fn object(&mut self, id: u64, class: &str, size: u64) -> u32 {
        let number = narrow(self.ids.len());
        self.ids.push(id);
        self.sizes.push(size);
        self.classes.push(self.class_names.number_of(class));
        self.flags.push(0);
        number
    }

    /// Says which generation an object is in. If none is said of any, the heap has none; an object of which nothing is
    /// said is young otherwise.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// use understory::Generation;
    /// use understory::inspect::HeapBuilder;
    ///
    /// let mut heap = HeapBuilder::new();
    /// let page = heap.object(1, "page", 100);
    /// heap.generation(page, Generation::Old);
    /// assert_eq!(heap.build()?.generation(page), Some(Generation::Old));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    pub fn generation(&mut self, object: u32, generation: Generation) {
        self.generations.push((object, generation));
    }

    /// Says that an object waits to be reclaimed.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// let mut heap = understory::inspect::HeapBuilder::new();
    /// let page = heap.object(1, "page", 100);
    /// heap.pending(page);
    /// assert!(heap.build()?.is_pending(page));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    pub fn pending(&mut self, object: u32) {
        self.marks.push((object, PENDING));
    }

    /// Says that an object is dead and was not swept.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// let mut heap = understory::inspect::HeapBuilder::new();
    /// let page = heap.object(1, "page", 100);
    /// heap.condemned(page);
    /// assert!(heap.build()?.is_condemned(page));
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    pub fn condemned(&mut self, object: u32) {
        self.marks.push((object, CONDEMNED));
    }

    /// Adds roots of an object, all of one name or without a name.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// let mut heap = understory::inspect::HeapBuilder::new();
    /// let page = heap.object(1, "page", 100);
    /// heap.root(page, 2, None);
    /// heap.root(page, 1, Some("window"));
    /// assert_eq!(heap.build()?.roots_of(page).len(), 2);
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    pub fn root(&mut self, object: u32, count: u32, name: Option<&str>) {
        let name = name.map(|name| self.root_names.number_of(name));
        self.roots.push(RootEntry::new(object, count, name));
    }

    /// Adds an edge by which an object owns another. Those of one source keep the order in which they come.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// let mut heap = understory::inspect::HeapBuilder::new();
    /// let [page, text] = [heap.object(1, "page", 100), heap.object(2, "text", 20)];
    /// heap.edge(page, "title", text);
    /// assert_eq!(heap.build()?.targets(page), [text]);
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    pub fn edge(&mut self, source: u32, label: &str, target: u32) {
        let label = self.label_names.number_of(label);
        self.strong.push([source, label, target]);
    }

    /// Adds a weak edge, which keeps nothing alive.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// let mut heap = understory::inspect::HeapBuilder::new();
    /// let [page, text] = [heap.object(1, "page", 100), heap.object(2, "text", 20)];
    /// heap.weak_edge(text, "shown on", page);
    /// assert_eq!(heap.build()?.weak_edge_count(), 1);
    /// # Ok::<(), understory::inspect::HeapError>(())
    /// ```
    pub fn weak_edge(&mut self, source: u32, label: &str, target: u32) {
        let label = self.label_names.number_of(label);
        self.weak.push([source, label, target]);
    }

    /// The snapshot.
    ///
    /// # Errors
    /// [`HeapError`] if what was said contradicts itself.
    ///
    /// Complexity: O(n log n + e) for n objects and e edges; O(n + e) if the ids come in the order of the handles of a
    /// store.
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::{HeapBuilder, HeapError};
    ///
    /// let mut heap = HeapBuilder::new();
    /// let page = heap.object(1, "page", 100);
    /// heap.edge(page, "title", 5);
    /// assert_eq!(heap.build(), Err(HeapError::NoObject { object: 5 }));
    /// ```
    pub fn build(mut self) -> Result<HeapSnapshot, HeapError> {
        let objects = self.ids.len();
        let most = u32::MAX as usize;
        if objects.max(self.strong.len()).max(self.weak.len()) >= most {
            return Err(HeapError::TooMany);
        }
        let total_size = self.sizes.sum().ok_or(HeapError::TooLarge)?;
        let generations = self.generations()?;
        for &(object, mark) in &self.marks {
            *self
                .flags
                .get_mut(object as usize)
                .ok_or(HeapError::NoObject { object })? |= mark;
        }
        Ok(HeapSnapshot {
            by_id: order(&self.ids)?,
            total_size,
            generations,
            roots: roots(self.roots, objects)?,
            strong: rows(&self.strong, objects)?,
            weak: rows(&self.weak, objects)?,
            ids: self.ids,
            sizes: self.sizes,
            classes: self.classes,
            class_names: self.class_names.finish(),
            flags: self.flags,
            root_names: self.root_names.finish(),
            label_names: self.label_names.finish(),
        })
    }

    fn generations(&self) -> Result<Vec<Generation>, HeapError> {
        if self.generations.is_empty() {
            return Ok(Vec::new());
        }
        let mut generations = vec![Generation::Young; self.ids.len()];
        for &(object, generation) in &self.generations {
            *generations
                .get_mut(object as usize)
                .ok_or(HeapError::NoObject { object })? = generation;
        }
        Ok(generations)
    }
}

/// The objects in the order of their ids, unless they come in it.
pub(super) fn order(ids: &[u64]) -> Result<Vec<u32>, HeapError> {
    if ids.windows(2).all(|pair| rank(pair[0]) < rank(pair[1])) {
        return Ok(Vec::new());
    }
    let mut order: Vec<u32> = (0..narrow(ids.len())).collect();
    order.sort_unstable_by_key(|&object| rank(ids[object as usize]));
    for pair in order.windows(2) {
        let [one, other] = [pair[0], pair[1]].map(|object| ids[object as usize]);
        if one == other {
            return Err(HeapError::SameId { id: one });
        }
    }
    Ok(order)
}

/// Roots in the order of their objects, those of one name together.
fn roots(mut roots: Vec<RootEntry>, objects: usize) -> Result<Vec<RootEntry>, HeapError> {
    roots.sort_by_key(|root| (root.object, root.name));
    let mut merged: Vec<RootEntry> = Vec::with_capacity(roots.len());
    for root in roots {
        let object = root.object;
        if object as usize >= objects {
            return Err(HeapError::NoObject { object });
        }
        if root.count == 0 {
            return Err(HeapError::RootCount { object });
        }
        match merged.last_mut() {
            Some(last) if (last.object, last.name) == (object, root.name) => {
                let count = last.count.checked_add(root.count);
                last.count = count.ok_or(HeapError::RootCount { object })?;
            }
            _ => merged.push(root),
        }
    }
    Ok(merged)
}

/// Edges by source, in the order in which they come.
fn rows(edges: &[[u32; 3]], objects: usize) -> Result<Rows, HeapError> {
    if edges.is_empty() {
        return Ok(Rows::default());
    }
    let mut starts = vec![0_u32; objects + 1];
    for &[source, _, target] in edges {
        for object in [source, target] {
            if object as usize >= objects {
                return Err(HeapError::NoObject { object });
            }
        }
        starts[source as usize + 1] += 1;
    }
    for at in 0..objects {
        starts[at + 1] += starts[at];
    }
    let mut next = starts.clone();
    let [mut targets, mut labels] = [vec![0; edges.len()], vec![0; edges.len()]];
    for &[source, label, target] in edges {
        let next = &mut next[source as usize];
        targets[*next as usize] = target;
        labels[*next as usize] = label;
        *next += 1;
    }
    let mut codes = Codes::default();
    if labels.iter().any(|&label| label > 0) {
        codes.extend(labels.into_iter());
    }
    Ok(Rows {
        starts,
        targets,
        labels: codes,
    })
}

impl Default for HeapBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HeapBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapBuilder")
            .field("objects", &self.ids.len())
            .field("edges", &self.strong.len())
            .field("weak_edges", &self.weak.len())
            .finish_non_exhaustive()
    }
}
