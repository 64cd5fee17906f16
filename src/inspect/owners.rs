//! Who owns an object: the edges of a snapshot, by target.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::index::narrow;
use crate::inspect::snapshot::HeapSnapshot;

/// The edges of a [`HeapSnapshot`] by target: what [`HeapSnapshot::owners`] gives. It is made once, and asked who owns
/// an object, [why](Self::why) it is alive, and what would have to be cut for it to die.
///
/// # Examples
/// ```
/// use understory::Store;
/// use understory::inspect::Describe;
///
/// let mut store: Store<&str> = Store::new();
/// let [ann, ben, house] = ["ann", "ben", "house"].map(|name| store.insert(name));
/// store.link(ann, (), house)?;
/// store.link(ben, (), house)?;
///
/// let heap = store.heap_snapshot(&Describe::new().class(|name: &&'static str| *name));
/// let owners = heap.owners();
/// let names = owners.of(heap.find(house).unwrap()).map(|owner| heap.class_of(owner.object));
/// assert!(names.eq(["ann", "ben"]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Owners<'h> {
    pub(super) heap: &'h HeapSnapshot,
    starts: Vec<u32>,
    /// By target: the source, and the position of the edge among all edges.
    entries: Vec<Owner>,
}

/// An edge to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Owner {
    /// The object that has the edge.
    pub object: u32,
    /// The position of the edge among all edges: [`HeapSnapshot::edge`] has its label.
    pub edge: u32,
}

impl HeapSnapshot {
    /// Lists the edges to each object.
    ///
    /// Complexity: O(n + e) for n objects and e edges.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.insert_linked(first, (), 2)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.owners().of(1).len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn owners(&self) -> Owners<'_> {
        let mut starts = vec![0_u32; self.len() + 2];
        // A place further than it belongs: filling moves each start to where the next one belongs.
        for &target in &self.strong.targets {
            starts[target as usize + 2] += 1;
        }
        for at in 2..starts.len() {
            starts[at] += starts[at - 1];
        }
        let none = Owner { object: 0, edge: 0 };
        let mut entries = vec![none; self.edge_count()];
        for object in self.objects() {
            let edges = self.edge_range(object);
            for (edge, &target) in (narrow(edges.start)..).zip(self.targets(object)) {
                let next = &mut starts[target as usize + 1];
                entries[*next as usize] = Owner { object, edge };
                *next += 1;
            }
        }
        starts.pop();
        Owners {
            heap: self,
            starts,
            entries,
        }
    }

    /// The source of the edge at a position among all edges.
    ///
    /// Complexity: O(log n) for n objects.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.insert_linked(first, (), 2)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!((heap.source(0), heap.edge(0).target), (0, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn source(&self, edge: usize) -> u32 {
        let starts = &self.strong.starts;
        narrow(
            starts
                .partition_point(|&start| start as usize <= edge)
                .saturating_sub(1),
        )
    }
}

impl<'h> Owners<'h> {
    /// The edges to an object, in the order of their sources.
    ///
    /// Complexity: O(1), and O(in-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32, &str> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.insert_linked(first, "next", 2)?;
    /// let heap = store.heap_snapshot(&Describe::new().label(|label: &&'static str| *label));
    /// let owner = heap.owners().of(1).next().unwrap();
    /// assert_eq!(heap.label(heap.edge(owner.edge as usize).label), "next");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(&self, object: u32) -> impl ExactSizeIterator<Item = Owner> + use<'_> {
        self.entries_of(object).iter().copied()
    }

    #[inline]
    pub(super) fn entries_of(&self, object: u32) -> &[Owner] {
        let at = object as usize;
        &self.entries[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// The heap that was asked.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.owners().heap().len(), 3);
    /// ```
    #[must_use]
    pub fn heap(&self) -> &'h HeapSnapshot {
        self.heap
    }
}

impl fmt::Debug for Owners<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owners")
            .field("edges", &self.entries.len())
            .finish_non_exhaustive()
    }
}
