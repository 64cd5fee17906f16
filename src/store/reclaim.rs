//! Death: by the caller's word, by steps, by collection.

use core::fmt;

use alloc::vec::{self, Vec};

use slotmap::{Key, KeyData};

use crate::bits::Ones;
use crate::collect::Collected;
use crate::config::Generation;
use crate::store::{Drain, Store};

/// How much work a [`Store::step`] may do. A unit is one object or one edge that is looked at.
///
/// # Examples
/// ```
/// use understory::Budget;
///
/// assert_eq!(Budget::units(500).as_units(), Some(500));
/// assert_eq!(Budget::unlimited().as_units(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    units: Option<u64>,
}

impl Budget {
    /// This many units. With 0 a step does nothing but to take note of dropped roots.
    #[must_use]
    pub fn units(units: u64) -> Self {
        Self { units: Some(units) }
    }

    /// As many units as there is work.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { units: None }
    }

    /// The units, if they are limited.
    #[must_use]
    pub fn as_units(self) -> Option<u64> {
        self.units
    }
}

/// What a [`Store::step`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// Units of work.
    pub units: u64,
    /// Objects that were reclaimed by count.
    pub reclaimed: usize,
    /// Objects that still wait for reclaim.
    pub waiting: usize,
}

/// The dead whose values were kept. What [`Store::drain_dead`] gives.
pub struct DrainDead<'a, T, K> {
    dead: vec::Drain<'a, (KeyData, T)>,
    key: core::marker::PhantomData<fn() -> K>,
}

impl<T, K: Key> Iterator for DrainDead<'_, T, K> {
    type Item = (K, T);

    fn next(&mut self) -> Option<(K, T)> {
        self.dead.next().map(|(key, value)| (key.into(), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.dead.size_hint()
    }
}

impl<T, K: Key> ExactSizeIterator for DrainDead<'_, T, K> {}

impl<T, K> fmt::Debug for DrainDead<'_, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DrainDead")
            .field("left", &self.dead.len())
            .finish_non_exhaustive()
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Kills an object whoever holds it, and returns its value: every root of it and every edge to
    /// it vanishes. What it alone owned dies by count. `None` where the handle names no object.
    ///
    /// Computes in O(in-degree + reclaimed objects + their edges).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<&str>::new();
    /// let party = store.insert("party");
    /// let bard = store.insert_linked(party, (), "bard")?;
    /// let lute = store.insert_linked(bard, (), "lute")?;
    /// assert_eq!(store.destroy(bard), Some("bard"));
    /// assert!(!store.contains(lute));
    /// assert_eq!(store.out_degree(party), Some(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn destroy(&mut self, handle: K) -> Option<T> {
        self.settle();
        let value = self.cut_out(handle)?;
        self.objects.drop_rest();
        self.reclaim();
        Some(value)
    }

    /// Destroys every object for which `keep` answers `false`, in the order of the indices. What
    /// these alone owned dies too; `keep` is asked of all objects first.
    ///
    /// Computes in O(objects + edges of the dead).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = (1..=6).collect();
    /// store.retain(|_, value| *value % 2 == 0);
    /// assert_eq!(store.values().copied().collect::<Vec<_>>(), [2, 4, 6]);
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(K, &mut T) -> bool) {
        self.settle();
        let mut scratch = core::mem::take(&mut self.scratch);
        let bump = scratch.get();
        let mut doomed = bumpalo::collections::Vec::new_in(bump);
        for (handle, value) in self.iter_mut() {
            if !keep(handle, value) {
                doomed.push(handle);
            }
        }
        let cut_out = |&handle: &K| Some((handle, self.cut_out(handle)?));
        let values: Vec<(K, T)> = doomed.iter().filter_map(cut_out).collect();
        drop(doomed);
        self.scratch = scratch;
        for (handle, value) in values {
            self.objects.bury(handle.data(), value);
        }
        self.objects.drop_rest();
        self.reclaim();
    }

    /// Takes an object out of the store whoever holds it; what it alone owned is queued. No code of
    /// the user runs.
    fn cut_out(&mut self, handle: K) -> Option<T> {
        let index = self.objects.resolve(handle.data())?;
        let objects = &mut self.objects;
        objects.roots.forget(&mut objects.headers, index);
        let labels = &mut objects.labels;
        objects
            .edges
            .detach_incoming(&mut objects.headers, index, labels, |_, _| ());
        let removed = self.release.remove(&mut self.objects, index);
        self.release.postpone();
        removed.map(|(_, value)| value)
    }

    /// Takes all objects out, in the order of their indices. Their edges, roots and components are
    /// gone when this returns; the handles stay stale for ever.
    ///
    /// Computes in O(objects + edges).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<char> = "abc".chars().collect();
    /// let all: String = store.drain().map(|(_, value)| value).collect();
    /// assert_eq!(all, "abc");
    /// assert!(store.is_empty());
    /// ```
    pub fn drain(&mut self) -> Drain<T, K> {
        self.settle();
        let mut values = Vec::with_capacity(self.len());
        self.take_all(|key, value| values.push((key.into(), value)));
        self.objects.drop_rest();
        Drain(values.into_iter())
    }

    /// Destroys all objects, in the order of their indices.
    ///
    /// Computes in O(objects + edges).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<char> = "abc".chars().collect();
    /// store.clear();
    /// assert!(store.is_empty());
    /// ```
    pub fn clear(&mut self) {
        self.settle();
        let mut values = Vec::new();
        if self.config.keep_dead || core::mem::needs_drop::<T>() {
            values.reserve(self.len());
            self.take_all(|key, value| values.push((key, value)));
        } else {
            self.take_all(|_, _| ());
        }
        if self.config.keep_dead {
            self.objects.dead.append(&mut values);
        }
        drop(values);
        self.objects.drop_rest();
    }

    /// Takes every object out of the store; no code of the user runs.
    fn take_all(&mut self, mut each: impl FnMut(KeyData, T)) {
        self.release.clear();
        self.objects.columns.bury_all();
        let words = self.objects.occupied.words().len();
        for word in 0..words {
            for bit in Ones(self.objects.occupied.word(word)) {
                let index = crate::collect::marker::index_at(word, bit);
                let objects = &mut self.objects;
                objects.weak.detach(index, &mut objects.labels);
                objects
                    .edges
                    .forget_outgoing(&mut objects.headers, index, &mut objects.labels);
                objects.edges.forget_incoming(&mut objects.headers, index);
                if let Some((key, value)) = objects.take_out(index) {
                    each(key, value);
                }
            }
        }
        self.objects.close_empty_arenas();
    }

    /// Does what waits, as far as the budget goes: takes note of dropped `Root`s, and reclaims
    /// objects that nothing holds, which [`Reclaim::AtStep`](crate::Reclaim::AtStep) leaves to this
    /// call. An object is reclaimed whole, so the last one may exceed the budget by its edges.
    ///
    /// Computes in O(budget + edges of one object).
    ///
    /// # Examples
    /// ```
    /// use understory::{Budget, Config, Reclaim, Store};
    ///
    /// let config = Config::new().reclaim(Reclaim::AtStep);
    /// let mut store: Store<u32> = Store::with_config(config);
    /// let handle = store.insert(1);
    /// store.unroot(handle)?;
    /// assert!(store.contains(handle)); // until its turn comes, and a root would save it
    /// assert_eq!(store.step(Budget::units(100)).reclaimed, 1);
    /// assert!(!store.contains(handle));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn step(&mut self, budget: Budget) -> Step {
        self.settle();
        self.sync_roots();
        let units = if self.scopes > 0 {
            0
        } else {
            budget.units.unwrap_or(u64::MAX)
        };
        let released = self.release.run(&mut self.objects, units);
        Step {
            units: released.units,
            reclaimed: released.objects,
            waiting: self.release.len(),
        }
    }

    /// The values of the dead, in the order of their deaths, where
    /// [`Config::keep_dead`](crate::Config::keep_dead) keeps them. Those of
    /// [`destroy`](Self::destroy) and [`drain`](Self::drain) were returned.
    ///
    /// Computes in O(dead).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().keep_dead(true));
    /// let parent = store.insert("parent");
    /// store.insert_linked(parent, (), "child")?;
    /// store.unroot(parent)?;
    /// assert_eq!(store.drain_dead().map(|dead| dead.1).collect::<Vec<_>>(), ["parent", "child"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drain_dead(&mut self) -> DrainDead<'_, T, K> {
        DrainDead {
            dead: self.objects.dead.drain(..),
            key: core::marker::PhantomData,
        }
    }

    /// Collects all generations: cycles that can't be reached from a root die. What waits for
    /// reclaim is reclaimed first, unless a scope is open.
    ///
    /// Computes in O(objects + edges).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<&str>::new();
    /// let [egg, hen] = [store.insert("egg"), store.insert("hen")];
    /// store.link(egg, (), hen)?;
    /// store.link(hen, (), egg)?;
    /// store.unroot(egg)?;
    /// store.unroot(hen)?;
    /// assert_eq!(store.len(), 2); // they own each other
    /// let collected = store.collect();
    /// assert_eq!((collected.examined, collected.freed, store.len()), (2, 2, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn collect(&mut self) -> Collected {
        self.collect_generation(Generation::Old)
    }

    /// Collects a generation and all younger ones. What older objects refer to lives, whether they
    /// are garbage or not. Permanent objects are never examined, so [`Generation::Permanent`]
    /// means the same as [`Generation::Old`].
    ///
    /// What survives goes to the next generation, an arena at a time: see
    /// [`Config::promote_fill`](crate::Config::promote_fill).
    ///
    /// Computes in O(objects and edges of the arenas that are examined + arenas).
    ///
    /// # Examples
    /// ```
    /// use understory::{Generation, Store};
    ///
    /// let mut store: Store<u32> = (0..100).collect();
    /// let collected = store.collect_generation(Generation::Young);
    /// assert_eq!((collected.examined, collected.kept), (100, 100));
    /// ```
    pub fn collect_generation(&mut self, generation: Generation) -> Collected {
        self.settle();
        self.sync_roots();
        if self.scopes == 0 {
            self.release.run(&mut self.objects, u64::MAX);
        }
        self.run_collection(generation)
    }

    /// Runs the collection that is due, unless it could find nothing.
    #[cold]
    pub(super) fn collect_due(&mut self) {
        let Some(generation) = self.pace.due_generation(self.objects.allocations) else {
            return;
        };
        if self.pace.is_worthwhile(generation, self.objects.suspicions) {
            self.run_collection(generation);
            return;
        }
        self.pace.begin(generation, self.objects.suspicions);
        self.objects.allocations = 0;
        let up_to = |younger: &&Generation| **younger <= generation;
        let kept = crate::collect::pace::GENERATIONS.iter().filter(up_to);
        let kept = kept
            .map(|&generation| self.generation_len(generation))
            .sum();
        self.objects.heap.promote(generation);
        self.pace.end(generation, kept);
    }

    fn run_collection(&mut self, generation: Generation) -> Collected {
        self.pace.begin(generation, self.objects.suspicions);
        self.objects.allocations = 0;
        self.collector.begin(&mut self.objects, generation);
        let collected = self.collector.finish(&mut self.objects, &mut self.release);
        self.pace.end(generation, collected.kept);
        self.reclaim();
        collected
    }

    /// Lets insertions collect again.
    ///
    /// Computes in O(1).
    pub fn enable(&mut self) {
        self.pace.set_enabled(true);
    }

    /// Keeps insertions from collecting. [`collect`](Self::collect) still does.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<u32>::new();
    /// store.disable();
    /// assert!(!store.is_enabled());
    /// ```
    pub fn disable(&mut self) {
        self.pace.set_enabled(false);
    }

    /// Whether insertions collect.
    ///
    /// Computes in O(1).
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.pace.is_enabled()
    }

    /// The counts at which collections start; see
    /// [`Config::thresholds`](crate::Config::thresholds).
    ///
    /// Computes in O(1).
    #[must_use]
    pub fn thresholds(&self) -> [u32; 3] {
        self.pace.thresholds()
    }

    /// Sets the counts at which collections start. Zero as the first one turns automatic
    /// collection off.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<u32>::new();
    /// store.set_thresholds([700, 10, 10]);
    /// assert_eq!(store.thresholds(), [700, 10, 10]);
    /// ```
    pub fn set_thresholds(&mut self, thresholds: [u32; 3]) {
        self.pace.set_thresholds(thresholds);
    }

    /// What stands against the thresholds: insertions less deaths, young collections, middle
    /// collections.
    ///
    /// Computes in O(1).
    #[must_use]
    pub fn counts(&self) -> [u32; 3] {
        self.pace.counts(self.objects.allocations)
    }

    /// Makes all objects permanent: collections don't examine them any more, and take them for
    /// roots of what they refer to. By count they still die. Useful after a level was loaded.
    ///
    /// Computes in O(arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = (0..1_000).collect();
    /// store.freeze();
    /// assert_eq!((store.frozen_count(), store.collect().examined), (1_000, 0));
    /// store.unfreeze();
    /// assert_eq!(store.collect().examined, 1_000);
    /// ```
    pub fn freeze(&mut self) {
        self.settle();
        self.objects.heap.freeze();
        self.objects.allocations = 0;
        self.pace.reset_counts();
    }

    /// Makes permanent objects old, so that collections examine them again.
    ///
    /// Computes in O(arenas).
    pub fn unfreeze(&mut self) {
        self.settle();
        self.objects.heap.unfreeze();
        // What became garbage while it was frozen can be found now.
        self.objects.suspicions += 1;
    }

    /// How many objects are permanent.
    ///
    /// Computes in O(arenas).
    #[must_use]
    pub fn frozen_count(&self) -> usize {
        self.generation_len(Generation::Permanent)
    }
}
