//! A list of edges, to read.

use core::fmt;
use core::iter::FusedIterator;

use slotmap::Key;

use crate::store::{Edges, OutEdges};

/// The edges from an object that have one label, in order: what [`Store::list`](crate::Store::list) and [`Edges::list`] give, to
/// read.
///
/// It is `Copy`. The list of a handle that names no object is empty. Edges with other labels do not count: an
/// index says how many edges *with this label* come before.
pub struct EdgeList<'a, E, K> {
    edges: Edges<'a, E, K>,
    owner: K,
    label: &'a E,
}

impl<E, K: Copy> Clone for EdgeList<'_, E, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, K: Copy> Copy for EdgeList<'_, E, K> {}

impl<'a, E, K> EdgeList<'a, E, K> {
    pub(in crate::store) fn new(edges: Edges<'a, E, K>, owner: K, label: &'a E) -> Self {
        Self {
            edges,
            owner,
            label,
        }
    }
}

impl<'a, E: PartialEq, K: Key> EdgeList<'a, E, K> {
    /// The targets, in order.
    ///
    /// Complexity: O(out-degree) for all.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// let town = store.insert("town");
    /// let mill = store.insert_linked(town, "building", "mill")?;
    /// store.insert_linked(town, "person", "miller")?;
    /// assert!(store.list(town, &"building").iter().eq([mill]));
    /// for person in store.list(town, &"person") {
    ///     assert_eq!(store[person], "miller");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(self) -> ListIter<'a, E, K> {
        ListIter {
            edges: self.edges.out_edges(self.owner),
            label: self.label,
        }
    }

    /// The first target: a field, if there is one edge at most.
    ///
    /// Complexity: O(edges before it).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let town = store.insert("town");
    /// let mill = store.insert_linked(town, "building", "mill")?;
    /// assert_eq!(store.list(town, &"building").first(), Some(mill));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn first(self) -> Option<K> {
        self.iter().next()
    }

    /// The last target.
    ///
    /// Complexity: O(edges behind it).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let town = store.insert("town");
    /// store.insert_linked(town, "building", "mill")?;
    /// let inn = store.insert_linked(town, "building", "inn")?;
    /// assert_eq!(store.list(town, &"building").last(), Some(inn));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn last(self) -> Option<K> {
        self.iter().next_back()
    }

    /// The target at an index.
    ///
    /// Complexity: O(edges before it).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let town = store.insert("town");
    /// store.insert_linked(town, "building", "mill")?;
    /// let inn = store.insert_linked(town, "building", "inn")?;
    /// let buildings = store.list(town, &"building");
    /// assert_eq!((buildings.get(1), buildings.get(2)), (Some(inn), None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn get(self, at: usize) -> Option<K> {
        self.iter().nth(at)
    }

    /// How many edges there are.
    ///
    /// Complexity: O(out-degree).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let town = store.insert("town");
    /// store.insert_linked(town, "building", "mill")?;
    /// assert_eq!(store.list(town, &"building").len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn len(self) -> usize {
        self.iter().count()
    }

    /// Whether there is no edge.
    ///
    /// Complexity: O(out-degree).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let town = store.insert("town");
    /// assert!(store.list(town, &"building").is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.first().is_none()
    }

    /// The index of the first edge to a target.
    ///
    /// Complexity: O(edges before it).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let town = store.insert("town");
    /// store.insert_linked(town, "building", "mill")?;
    /// let inn = store.insert_linked(town, "building", "inn")?;
    /// assert_eq!(store.list(town, &"building").position(inn), Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn position(self, target: K) -> Option<usize> {
        self.iter().position(|other| other == target)
    }
}

impl<'a, E: PartialEq, K: Key> IntoIterator for EdgeList<'a, E, K> {
    type Item = K;
    type IntoIter = ListIter<'a, E, K>;

    fn into_iter(self) -> ListIter<'a, E, K> {
        self.iter()
    }
}

impl<E: PartialEq, K: Key> fmt::Debug for EdgeList<'_, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// The targets of a list, in order. What [`EdgeList::iter`] gives.
pub struct ListIter<'a, E, K> {
    edges: OutEdges<'a, E, K>,
    label: &'a E,
}

impl<E, K: Clone> Clone for ListIter<'_, E, K> {
    fn clone(&self) -> Self {
        Self {
            edges: self.edges.clone(),
            label: self.label,
        }
    }
}

impl<E: PartialEq, K: Key> Iterator for ListIter<'_, E, K> {
    type Item = K;

    #[inline]
    fn next(&mut self) -> Option<K> {
        let label = self.label;
        let edge = self.edges.find(|&(_, other)| other == label);
        edge.map(|(target, _)| target)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.edges.size_hint().1)
    }
}

impl<E: PartialEq, K: Key> DoubleEndedIterator for ListIter<'_, E, K> {
    #[inline]
    fn next_back(&mut self) -> Option<K> {
        let label = self.label;
        let edge = self.edges.rfind(|&(_, other)| other == label);
        edge.map(|(target, _)| target)
    }
}

impl<E: PartialEq, K: Key> FusedIterator for ListIter<'_, E, K> {}

impl<E, K> fmt::Debug for ListIter<'_, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListIter").finish_non_exhaustive()
    }
}
