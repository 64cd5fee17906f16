//! What the store has done so far.

use slotmap::Key;

use crate::gc::pace::GenerationStats;
use crate::store::Store;

/// What a store has done since it was made: see [`Store::stats`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Objects that were inserted.
    pub inserted: u64,
    /// Objects whose count reached zero and that were reclaimed.
    pub reclaimed: u64,
    /// Objects in garbage cycles that tracing has found. They are counted when they die, and may be
    /// swept later.
    pub traced: u64,
    /// The same, found by collections.
    pub collected: u64,
    /// Objects that [`destroy`](Store::destroy), [`retain`](Store::retain), [`drain`](Store::drain)
    /// and [`clear`](Store::clear) took out.
    pub destroyed: u64,
    /// The collections of the young, the middle and the old generation that have ended.
    pub generations: [GenerationStats; 3],
}

impl<T, E, K: Key> Store<T, E, K> {
    /// What the store has done so far.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let parent = store.insert("parent");
    /// store.insert_linked(parent, (), "child")?;
    /// store.unroot(parent)?;
    /// let stats = store.stats();
    /// assert_eq!((stats.inserted, stats.reclaimed, stats.destroyed), (2, 2, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        let reclaimed = self.release.total();
        let traced = self.gc.backtracer.total();
        let collected = self.gc.collected;
        Stats {
            inserted: self.objects.inserted,
            reclaimed,
            traced,
            collected,
            destroyed: self.deaths().saturating_sub(reclaimed + traced + collected),
            generations: self.gc.pace.stats(),
        }
    }

    /// How many objects have died so far, however they died. Whatever keeps data beside the store can
    /// ask this to see whether any has died since it last looked.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [oak, elm] = [store.insert("oak"), store.insert("elm")];
    /// store.unroot(oak)?;
    /// store.destroy(elm);
    /// assert_eq!(store.deaths(), 2);
    /// # Ok::<(), understory::UnrootError>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn deaths(&self) -> u64 {
        self.objects.inserted - self.len() as u64
    }

    /// Differs from what it was if objects may have died since, or been undone.
    #[inline]
    pub(crate) fn mortality(&self) -> (u64, u64) {
        #[cfg(feature = "rollback")]
        return (self.deaths(), self.timeline.restored);
        #[cfg(not(feature = "rollback"))]
        (self.deaths(), 0)
    }
}
