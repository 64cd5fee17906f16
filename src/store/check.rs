//! What finds faults in this library.

use slotmap::Key;

use crate::nesting::Family;
use crate::store::Store;

impl<T, E, K: Key> Store<T, E, K> {
    /// Tests the invariants of the store against a walk over everything: with the feature `check`,
    /// for tests.
    ///
    /// # Errors
    /// The first [`Violation`](crate::Violation) that the walk meets.
    ///
    /// Complexity: O(objects + edges), and more if many objects are pending.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let squad = store.insert("squad");
    /// store.insert_linked(squad, (), "archer").unwrap();
    /// assert_eq!(store.check_invariants(), Ok(()));
    /// ```
    pub fn check_invariants(&self) -> Result<(), crate::Violation> {
        let collectors = [&self.gc.minor, &self.gc.major];
        crate::check::check(&self.objects, &self.release, collectors)
    }

    /// Drops all roots, collects, and tests that nothing at all is left.
    ///
    /// # Errors
    /// The [`Violation`](crate::Violation), if anything is left.
    ///
    /// Complexity: O(objects + edges).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let egg = store.insert("egg");
    /// let hen = store.insert_linked(egg, (), "hen").unwrap();
    /// store.link(hen, (), egg).unwrap();
    /// assert_eq!(store.check_emptied(), Ok(()));
    /// ```
    pub fn check_emptied(mut self) -> Result<(), crate::Violation> {
        self.scopes = 0;
        // It is nobody's clone: no finalizer that is running keeps it from collecting.
        self.family = Family::new();
        self.unfreeze();
        for word in 0..self.objects.graph.headers().words() {
            for bit in crate::bits::Ones(self.objects.graph.headers().occupied(word)) {
                let index = crate::index::index_at(word, bit);
                self.objects.graph.forget_roots(index);
                self.release.fell(&mut self.objects, index, None);
            }
        }
        self.collect();
        self.check_invariants()?;
        crate::check::check_empty(&self.objects, &self.release)
    }
}
