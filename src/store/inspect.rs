//! Questions to the graph: a copy that answers them.

use slotmap::Key;

use crate::inspect::{Describe, HeapSnapshot};
use crate::store::Store;

impl<T, E, K: Key> Store<T, E, K> {
    /// Copies which objects there are, how large they are and what they refer to, so that it can be asked why an
    /// object is alive and what takes the memory: see [`inspect`](crate::inspect). Values are not copied;
    /// `describe` says how their classes, sizes and the labels of edges are called.
    ///
    /// What waits to be reclaimed, and what is dead but not swept, is copied too, and marked.
    ///
    /// # Panics
    /// If there are 2³² edges or more.
    ///
    /// Complexity: O(objects + edges).
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    /// use understory::inspect::Describe;
    ///
    /// let mut store: Store<&str, &str> = Store::new();
    /// let squad = store.insert("squad");
    /// store.insert_linked(squad, "has", "archer")?;
    ///
    /// let describe = Describe::new().class(|name: &&'static str| *name);
    /// let heap = store.heap_snapshot(&describe);
    /// let answer = std::thread::spawn(move || heap.classes().collect::<Vec<_>>().join(", "));
    /// store.clear(); // meanwhile the program goes on
    /// assert_eq!(answer.join().unwrap(), "squad, archer");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn heap_snapshot(&self, describe: &Describe<T, E>) -> HeapSnapshot {
        crate::inspect::copy::copy(&self.objects, describe)
    }
}
