//! What there is, counted: by class, by generation, by label, by degree.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::config::Generation;
use crate::index::narrow;
use crate::inspect::snapshot::HeapSnapshot;
use crate::inspect::table::{number, write_table};

/// What there is in a heap, counted: what [`HeapSnapshot::census`] gives.
///
/// It is written out as a table of the classes.
///
/// # Examples
/// ```
/// use understory::Store;
/// use understory::inspect::Describe;
///
/// let mut store: Store<&str> = Store::new();
/// let squad = store.insert("squad");
/// for _ in 0..3 {
///     store.insert_linked(squad, (), "archer")?;
/// }
/// let heap = store.heap_snapshot(&Describe::new().class(|name: &&'static str| *name).size(|_| 100));
/// assert_eq!(heap.census().to_string(), "\
/// objects  size  class
///       3   300  archer
///       1   100  squad");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Census<'h> {
    heap: &'h HeapSnapshot,
    /// The classes that have objects, the largest first.
    pub classes: Vec<ClassCount>,
    /// The generations that have objects, from the youngest; none if the heap has no generations.
    pub generations: Vec<(Generation, Count)>,
    /// The labels that edges have, the most frequent first, and how many edges.
    pub labels: Vec<(u32, usize)>,
    /// The names that roots have, and how many roots, the most frequent first; `None` are those without a name.
    pub roots: Vec<(Option<u32>, u64)>,
    /// How many objects have how many edges.
    pub out_degrees: Histogram,
    /// How many objects are the targets of how many edges.
    pub in_degrees: Histogram,
    /// What waits to be reclaimed.
    pub pending: Count,
    /// What is dead and was not swept.
    pub condemned: Count,
}

/// How many objects, and how large they are together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Count {
    /// How many objects.
    pub objects: usize,
    /// Their size in bytes, without what they refer to.
    pub size: u64,
}

impl Count {
    pub(super) fn add(&mut self, size: u64) {
        self.objects += 1;
        self.size += size;
    }
}

/// The objects of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClassCount {
    /// The class, which [`HeapSnapshot::class_name`] gives the name of.
    pub class: u32,
    /// How many objects it has, and their size.
    pub count: Count,
}

/// How often each size of a number comes: 0, 1, 2 to 3, 4 to 7, and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<usize>,
}

impl Histogram {
    fn add(&mut self, number: u32) {
        let at = (u32::BITS - number.leading_zeros()) as usize;
        if self.counts.len() <= at {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += 1;
    }

    /// The least number of each size, and how many there are, up to the largest that there is.
    ///
    /// Complexity: O(1) for each.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let first = store.insert(1);
    /// for number in 0..3 {
    ///     store.insert_linked(first, (), number)?;
    /// }
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert!(heap.census().out_degrees.iter().eq([(0, 3), (1, 0), (2, 1)])); // one has 2 or 3
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u32, usize)> + use<'_> {
        let least = |at: usize| if at == 0 { 0 } else { 1 << (at - 1) };
        self.counts
            .iter()
            .enumerate()
            .map(move |(at, &count)| (least(at), count))
    }
}

impl HeapSnapshot {
    /// Counts what there is.
    ///
    /// Complexity: O(n + e + c log c) for n objects and e edges, and c classes and labels.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.census().classes[0].count.size, 24);
    /// ```
    #[must_use]
    pub fn census(&self) -> Census<'_> {
        let mut classes = vec![Count::default(); self.class_names.len()];
        let mut generations = [Count::default(); 4];
        let mut degrees = vec![0_u32; self.len()];
        let mut labels = vec![0_usize; self.label_names.len()];
        let mut census = Census {
            heap: self,
            classes: Vec::new(),
            generations: Vec::new(),
            labels: Vec::new(),
            roots: self.roots_by_name(),
            out_degrees: Histogram::default(),
            in_degrees: Histogram::default(),
            pending: Count::default(),
            condemned: Count::default(),
        };
        for object in self.objects() {
            let size = self.size(object);
            classes[self.class(object) as usize].add(size);
            if let Some(generation) = self.generation(object) {
                generations[generation as usize].add(size);
            }
            if self.is_pending(object) {
                census.pending.add(size);
            }
            if self.is_condemned(object) {
                census.condemned.add(size);
            }
            census.out_degrees.add(narrow(self.targets(object).len()));
            for edge in self.edges(object) {
                degrees[edge.target as usize] += 1;
                labels[edge.label as usize] += 1;
            }
        }
        for degree in degrees {
            census.in_degrees.add(degree);
        }
        let classes = (0..).zip(classes).filter(|(_, count)| count.objects > 0);
        census.classes = classes
            .map(|(class, count)| ClassCount { class, count })
            .collect();
        census.classes.sort_by(|a, b| {
            let order = b
                .count
                .size
                .cmp(&a.count.size)
                .then(b.count.objects.cmp(&a.count.objects));
            order.then_with(|| self.class_name(a.class).cmp(self.class_name(b.class)))
        });
        let all = [
            Generation::Young,
            Generation::Middle,
            Generation::Old,
            Generation::Permanent,
        ];
        let generations = all.into_iter().zip(generations);
        census.generations = generations.filter(|(_, count)| count.objects > 0).collect();
        census.labels = (0..).zip(labels).filter(|&(_, edges)| edges > 0).collect();
        census.labels.sort_by(|a, b| {
            let order = b.1.cmp(&a.1);
            order.then_with(|| self.label(a.0).cmp(self.label(b.0)))
        });
        census
    }

    fn roots_by_name(&self) -> Vec<(Option<u32>, u64)> {
        let mut names = BTreeMap::new();
        for root in &self.roots {
            *names.entry(root.name).or_insert(0) += u64::from(root.count);
        }
        let mut names: Vec<(Option<u32>, u64)> = names.into_iter().collect();
        names.sort_by_key(|&(name, count)| (core::cmp::Reverse(count), name));
        names
    }
}

impl fmt::Display for Census<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |class: &ClassCount| {
            let name = self.heap.class_name(class.class).to_string();
            [number(class.count.objects), number(class.count.size), name]
        };
        let rows: Vec<_> = self.classes.iter().map(row).collect();
        write_table(f, ["objects", "size", "class"], &rows)
    }
}

impl fmt::Debug for Census<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Census")
            .field("classes", &self.classes)
            .field("generations", &self.generations)
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}
