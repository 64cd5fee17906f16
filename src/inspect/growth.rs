//! What has changed between two snapshots of one heap.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use crate::index::narrow;
use crate::inspect::census::Count;
use crate::inspect::snapshot::{HeapSnapshot, rank};
use crate::inspect::table::{difference, number, write_table};

/// What has come, gone and grown from one snapshot of a heap to a later one: what [`HeapSnapshot::growth_since`] gives.
///
/// Objects are the same if they have the same id, as handles of one store do. It is written out as a table of the
/// classes, those that have grown most first.
///
/// # Examples
/// ```
/// use understory::Store;
/// use understory::inspect::Describe;
///
/// let mut store: Store<&str> = Store::new();
/// let fox = store.insert("fox");
/// store.extend(["hen"; 2]);
/// let describe = Describe::new().class(|name: &&'static str| *name).size(|_| 10);
/// let before = store.heap_snapshot(&describe);
///
/// store.unroot(fox)?;
/// store.extend(["egg"; 3]);
/// let after = store.heap_snapshot(&describe);
/// assert_eq!(after.growth_since(&before).to_string(), "\
/// born  died  objects  size  class
///    3     0        3   +30  egg
///    0     0        2     0  hen
///    0     1        0   -10  fox");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Growth {
    /// By class, those that have grown most first.
    pub classes: Vec<ClassGrowth>,
    /// Objects that the later snapshot has and the earlier one has not, by their numbers there.
    pub born: Vec<u32>,
    /// Objects that the earlier snapshot has and the later one has not, by their numbers there.
    pub died: Vec<u32>,
    /// Objects that are larger in the later snapshot: their numbers in the earlier one and in the later one.
    pub grown: Vec<(u32, u32)>,
}

/// What has changed of a class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClassGrowth {
    /// Its name.
    pub class: String,
    /// Objects that have come.
    pub born: usize,
    /// Objects that have gone.
    pub died: usize,
    /// What there was.
    pub before: Count,
    /// What there is.
    pub after: Count,
}

impl HeapSnapshot {
    /// What has come, gone and grown since an earlier snapshot of the same heap.
    ///
    /// Complexity: O(n + m + c log c) for n and m objects in the snapshots, of c classes.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let first = store.insert(1);
    /// let before = store.heap_snapshot(&Describe::new());
    /// store.unroot(first).unwrap();
    /// store.insert(2);
    /// let after = store.heap_snapshot(&Describe::new());
    /// let growth = after.growth_since(&before);
    /// assert_eq!((growth.born, growth.died), (vec![0], vec![0]));
    /// ```
    #[must_use]
    pub fn growth_since(&self, earlier: &Self) -> Growth {
        let (mut born, mut died, mut grown) = (Vec::new(), Vec::new(), Vec::new());
        for pair in Pairs::new(earlier, self) {
            match pair {
                (Some(before), Some(after)) if self.size(after) > earlier.size(before) => {
                    grown.push((before, after));
                }
                (Some(before), None) => died.push(before),
                (None, Some(after)) => born.push(after),
                _ => {}
            }
        }
        let mut classes: BTreeMap<&str, ClassGrowth> = BTreeMap::new();
        for (class, count) in tally(earlier, earlier.objects()) {
            classes.entry(class).or_default().before = count;
        }
        for (class, count) in tally(self, self.objects()) {
            classes.entry(class).or_default().after = count;
        }
        for (class, count) in tally(self, born.iter().copied()) {
            classes.entry(class).or_default().born = count.objects;
        }
        for (class, count) in tally(earlier, died.iter().copied()) {
            classes.entry(class).or_default().died = count.objects;
        }
        let named = |(name, growth): (&str, ClassGrowth)| ClassGrowth {
            class: name.to_string(),
            ..growth
        };
        let mut classes: Vec<ClassGrowth> = classes.into_iter().map(named).collect();
        classes.sort_by_key(|class| {
            let size = i128::from(class.before.size) - i128::from(class.after.size);
            let objects = class.before.objects as i128 - class.after.objects as i128;
            (size, objects)
        });
        Growth {
            classes,
            born,
            died,
            grown,
        }
    }

    /// The object at a place in the order of ids.
    fn by_rank(&self, place: usize) -> Option<u32> {
        if self.by_id.is_empty() {
            return (place < self.len()).then(|| narrow(place));
        }
        self.by_id.get(place).copied()
    }
}

/// The classes of some objects, and how many objects there are of each.
fn tally(
    heap: &HeapSnapshot,
    objects: impl Iterator<Item = u32>,
) -> impl Iterator<Item = (&str, Count)> {
    let mut counts = alloc::vec![Count::default(); heap.class_names.len()];
    for object in objects {
        counts[heap.class(object) as usize].add(heap.size(object));
    }
    let counts = heap.classes().zip(counts);
    counts.filter(|(_, count)| count.objects > 0)
}

/// The objects of two snapshots side by side, in the order of their ids: those with the same id together.
pub(super) struct Pairs<'h> {
    heaps: [&'h HeapSnapshot; 2],
    places: [usize; 2],
}

impl<'h> Pairs<'h> {
    pub(super) fn new(earlier: &'h HeapSnapshot, later: &'h HeapSnapshot) -> Self {
        Self {
            heaps: [earlier, later],
            places: [0; 2],
        }
    }
}

impl Iterator for Pairs<'_> {
    type Item = (Option<u32>, Option<u32>);

    fn next(&mut self) -> Option<Self::Item> {
        let next = |at: usize| {
            let object = self.heaps[at].by_rank(self.places[at])?;
            Some((rank(self.heaps[at].ids[object as usize]), object))
        };
        let order = match (next(0), next(1)) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((before, _)), Some((after, _))) => before.cmp(&after),
        };
        let before = next(0).filter(|_| order.is_le()).map(|(_, object)| object);
        let after = next(1).filter(|_| order.is_ge()).map(|(_, object)| object);
        self.places[0] += usize::from(before.is_some());
        self.places[1] += usize::from(after.is_some());
        Some((before, after))
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |class: &ClassGrowth| {
            let size = difference(class.after.size, class.before.size);
            let [born, died, objects] = [class.born, class.died, class.after.objects].map(number);
            [born, died, objects, size, class.class.clone()]
        };
        let rows: Vec<_> = self.classes.iter().map(row).collect();
        write_table(f, ["born", "died", "objects", "size", "class"], &rows)
    }
}
