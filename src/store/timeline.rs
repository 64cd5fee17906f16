//! The record of a run, a moment at a time.

use core::time::Duration;

use slotmap::Key;

use crate::config::Generation;
use crate::inspect::Timeline;
use crate::store::Store;

impl Timeline {
    /// Records a moment: what there is in the store, who died since the last one, and how long the program stood still
    /// for it, which it measures itself.
    ///
    /// Complexity: O(arenas), and O(arenas × 64) while the dead are swept.
    ///
    /// # Examples
    /// ```
    /// use core::time::Duration;
    /// use understory::Store;
    /// use understory::inspect::Timeline;
    ///
    /// let mut store: Store<u32> = Store::new();
    /// let oak = store.insert(1);
    /// let mut timeline = Timeline::new("day");
    /// timeline.record(&store, Duration::ZERO);
    /// store.unroot(oak)?;
    /// timeline.record(&store, Duration::ZERO);
    /// let deaths: Vec<u64> = timeline.samples().iter().map(|sample| sample.deaths[0]).collect();
    /// assert_eq!(deaths, [0, 1]);
    /// # Ok::<(), understory::UnrootError>(())
    /// ```
    pub fn record<T, E, K: Key>(&mut self, store: &Store<T, E, K>, pause: Duration) {
        let live = [
            Generation::Young,
            Generation::Middle,
            Generation::Old,
            Generation::Permanent,
        ];
        let stats = store.stats();
        let deaths = [
            stats.reclaimed,
            stats.traced,
            stats.collected,
            stats.destroyed,
        ];
        self.push(
            live.map(|generation| store.generation_len(generation)),
            deaths,
            pause,
        );
    }
}
