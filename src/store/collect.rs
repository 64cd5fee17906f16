//! Garbage cycles: traced back, or collected.

use slotmap::Key;

use crate::collect::Progress;
use crate::collect::pace::{Collected, GENERATIONS, GenerationStats};
use crate::config::{Generation, Reclaim};
use crate::store::{Budget, Store};

/// What tracing suspects back did: see [`Store::trace`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traced {
    /// Units of work.
    pub units: u64,
    /// Objects in garbage cycles, and what could reach them, that are dead.
    pub freed: usize,
    /// Objects that these alone owned, and that are dead by count.
    pub reclaimed: usize,
    /// Suspects that still wait.
    pub suspects: usize,
}

/// What a store has done since it was made: see [`Store::stats`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Objects that were inserted.
    pub inserted: u64,
    /// Objects whose count reached zero and that were reclaimed.
    pub reclaimed: u64,
    /// Objects in garbage cycles that tracing has found.
    pub traced: u64,
    /// Objects in garbage cycles that collections have found.
    pub collected: u64,
    /// Objects that [`destroy`](Store::destroy), [`retain`](Store::retain), [`drain`](Store::drain)
    /// and [`clear`](Store::clear) took out.
    pub destroyed: u64,
    /// The collections of the young, the middle and the old generation.
    pub generations: [GenerationStats; 3],
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Traces suspects back to roots, as far as the budget goes: garbage cycles die, at a cost in
    /// proportion to them, and what waits for reclaim with them. A suspect that the budget does not
    /// suffice for is left to the collector. [`step`](Self::step) does this too, unless
    /// [`Cycles::Manual`](crate::Cycles::Manual) leaves it to this call. It does nothing while a
    /// scope is open or a finalizer runs.
    ///
    /// Computes in O(garbage + its edges), and some tens of objects for each suspect that is
    /// alive; never more than the budget and the objects that die.
    ///
    /// # Examples
    /// ```
    /// use understory::{Budget, Store};
    ///
    /// let mut store = Store::<&str>::new();
    /// let [egg, hen] = [store.insert("egg"), store.insert("hen")];
    /// store.link(egg, (), hen)?;
    /// store.link(hen, (), egg)?;
    /// store.unroot(egg)?;
    /// store.unroot(hen)?;
    /// assert_eq!(store.trace(Budget::units(100)).freed, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn trace(&mut self, budget: Budget) -> Traced {
        self.settle();
        if self.is_busy() {
            return Traced::default();
        }
        self.run_trace(budget.as_units().unwrap_or(u64::MAX))
    }

    /// Traces, and reclaims what the garbage alone owned, which may make suspects in turn.
    pub(super) fn run_trace(&mut self, units: u64) -> Traced {
        let mut done = Traced::default();
        loop {
            let left = units.saturating_sub(done.units);
            self.unsettled = true;
            let (traced, finalize) =
                self.backtracer
                    .run(&mut self.objects, &mut self.release, left);
            self.unsettled = false;
            for key in finalize {
                // One of them may have killed another.
                self.finalize_if_due(key);
            }
            done.units += traced.units;
            done.freed += traced.objects;
            let left = match self.config.reclaim {
                Reclaim::Immediate => u64::MAX,
                Reclaim::AtStep => units.saturating_sub(done.units),
            };
            let released = self.run_release(left);
            done.units += released.units;
            done.reclaimed += released.objects;
            if done.units >= units || traced.units + released.units == 0 {
                done.suspects = self.objects.suspects.len();
                return done;
            }
        }
    }

    /// Collects all generations: cycles that can't be reached from a root die. What waits for
    /// reclaim is reclaimed first, unless a scope is open; then it is taken for a root. Within a
    /// finalizer this does nothing.
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
        if self.finalizing > 0 {
            return Collected {
                generation,
                examined: 0,
                freed: 0,
                kept: 0,
            };
        }
        self.sync_roots();
        if self.scopes == 0 {
            self.run_release(u64::MAX);
        }
        self.run_collection(generation)
    }

    /// Whether a scope is open or a finalizer runs, so that nothing may die.
    pub(super) fn is_busy(&self) -> bool {
        self.scopes > 0 || self.finalizing > 0
    }

    /// Runs the collection that is due by [`thresholds`](Self::thresholds), if one is: what an
    /// insertion does first by default. With [`Auto::Off`](crate::Auto::Off) a game calls it at the
    /// end of a frame.
    ///
    /// A collection that could find nothing, since no reference count has fallen without reaching
    /// zero, is counted and examines nothing.
    ///
    /// Computes in O(1) where nothing is due, else like
    /// [`collect_generation`](Self::collect_generation).
    ///
    /// # Examples
    /// ```
    /// use understory::{Auto, Config, Store};
    ///
    /// let config = Config::new().auto(Auto::Off).thresholds([100, 10, 10]);
    /// let mut store: Store<u32> = Store::with_config(config);
    /// assert!(store.collect_due().is_none());
    /// store.extend(0..=100);
    /// assert!(store.collect_due().is_some());
    /// ```
    pub fn collect_due(&mut self) -> Option<Collected> {
        self.settle();
        if self.finalizing > 0 {
            return None;
        }
        let generation = self.pace.due_generation(self.objects.allocations)?;
        if self
            .pace
            .is_worthwhile(generation, self.objects.suspects.total())
        {
            return Some(self.run_collection(generation));
        }
        self.pace.begin(generation, self.objects.suspects.total());
        self.objects.allocations = 0;
        let up_to = GENERATIONS.iter().filter(|&&younger| younger <= generation);
        let kept = up_to
            .map(|&generation| self.generation_len(generation))
            .sum();
        self.objects.heap.promote(generation);
        let collected = Collected {
            generation,
            examined: 0,
            freed: 0,
            kept,
        };
        self.pace.end(&collected);
        Some(collected)
    }

    fn run_collection(&mut self, generation: Generation) -> Collected {
        self.pace.begin(generation, self.objects.suspects.total());
        self.objects.allocations = 0;
        self.collector.begin(&mut self.objects, generation);
        let collected = self.finish_collection();
        self.reclaim();
        collected
    }

    /// Reclaims what fell to zero in the finalizers of a collection, before that decides what they
    /// have saved.
    fn reclaim_fallen(&mut self) {
        if !self.defers() {
            self.run_release(u64::MAX);
            self.unsettled = true;
        }
    }

    /// Runs a collection that was begun to its end, finalizers and all.
    pub(super) fn finish_collection(&mut self) -> Collected {
        self.unsettled = true;
        loop {
            match self.collector.advance(&mut self.objects, &mut self.release) {
                Progress::More => {}
                Progress::Finalize(index) => self.finalize(index),
                Progress::Finalized => self.reclaim_fallen(),
                Progress::Done(collected) => {
                    self.unsettled = false;
                    self.pace.end(&collected);
                    return collected;
                }
            }
        }
    }

    /// What the store has done so far.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<&str>::new();
    /// let parent = store.insert("parent");
    /// store.insert_linked(parent, (), "child")?;
    /// store.unroot(parent)?;
    /// let stats = store.stats();
    /// assert_eq!((stats.inserted, stats.reclaimed, stats.destroyed), (2, 2, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        let generations = self.pace.stats();
        let collected = generations.iter().map(|generation| generation.freed).sum();
        let reclaimed = self.release.total();
        let traced = self.backtracer.total();
        Stats {
            inserted: self.objects.inserted,
            reclaimed,
            traced,
            collected,
            destroyed: self.deaths().saturating_sub(reclaimed + traced + collected),
            generations,
        }
    }

    /// How many objects have died so far, however they died. What keeps data beside the store asks
    /// this to see that none has died since it last looked.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<&str>::new();
    /// let [oak, elm] = [store.insert("oak"), store.insert("elm")];
    /// store.unroot(oak)?;
    /// store.destroy(elm);
    /// assert_eq!(store.deaths(), 2);
    /// # Ok::<(), understory::RootError>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn deaths(&self) -> u64 {
        self.objects.inserted - self.len() as u64
    }

    /// Lets insertions collect again.
    ///
    /// Computes in O(1).
    pub fn enable(&mut self) {
        self.pace.set_enabled(true);
    }

    /// Keeps insertions from collecting, unless they would pass a limit.
    /// [`collect`](Self::collect) still does.
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
        self.objects.suspects.note_unnamed();
    }

    /// How many objects are permanent.
    ///
    /// Computes in O(arenas).
    #[must_use]
    pub fn frozen_count(&self) -> usize {
        self.generation_len(Generation::Permanent)
    }
}
