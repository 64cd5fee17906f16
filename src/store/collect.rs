//! Collections: when, and of which generations.

use slotmap::Key;

use crate::config::{Auto, Generation};
use crate::gc::pace::Collected;
use crate::store::Store;

impl<T, E, K: Key> Store<T, E, K> {
    /// Collects all generations in this one call: cycles that can't be reached from a root die. First
    /// dropped `Root`s are taken note of, what is dead is swept and what is pending is reclaimed; if
    /// a scope is open, it is taken for a root instead. Within a finalizer this does nothing.
    ///
    /// When it returns no collection is running. One that [`step`](Self::step) or insertions have begun
    /// is broken off, as this one does its work and leaves no garbage behind; or finished, if it has
    /// begun to run finalizers, and then what it has found is counted here too.
    ///
    /// With the feature `rayon` several threads mark, if there is enough to examine: see
    /// `Config::parallel_from`.
    ///
    /// Complexity: O(objects + edges + arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
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
    /// It runs in this one call, like [`collect`](Self::collect). An old collection that steps or
    /// insertions work on goes on after one of a younger generation.
    ///
    /// What survives is promoted, an arena at a time and if it is full enough (see
    /// [`Config::promote_fill`](crate::Config::promote_fill)): after a collection of the young to the
    /// middle generation, after any other to the old one, even if the arena was young.
    ///
    /// Complexity: O(objects and edges of the arenas that are examined + arenas).
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
        if self.is_barred() {
            return Collected::nothing(generation);
        }
        self.sync_roots();
        self.finish_sweeps();
        let releases = self.scopes == 0;
        let mut quota = self.quota();
        if releases {
            self.run_release(u64::MAX, 0, &mut quota);
        }
        self.run_collection(generation, releases, &mut quota)
    }

    /// Asks for a collection that is not due: the next steps or insertions begin it and work on it,
    /// after the one that is running, if any; under [`Auto::Whole`](crate::Auto::Whole) an insertion runs
    /// it whole. While insertions don't collect, it waits. That is the way to unload, without a pause, a level whose
    /// objects own each other in circles. (Tracing gives up on garbage of that size, see
    /// [`Step::abandoned`](crate::Step#structfield.abandoned).) Of several requests the one for the
    /// oldest generation counts; it is also answered by a collection of that generation that begins by
    /// other means.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Auto, Budget, Config, Generation, Store};
    ///
    /// let mut store: Store<u32> = Store::with_config(Config::new().auto(Auto::Off));
    /// let level = store.insert(0);
    /// for number in 1..100_000 {
    ///     let object = store.insert_linked(level, (), number)?;
    ///     store.link(object, (), level)?;
    /// }
    /// store.unroot(level)?;
    /// store.request_collection(Generation::Old);
    /// let mut frames = 1;
    /// while !store.step(Budget::units(10_000)).is_idle() {
    ///     frames += 1;
    /// }
    /// assert!(store.is_empty() && frames > 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request_collection(&mut self, generation: Generation) {
        let generation = generation.min(Generation::Old);
        self.gc.request(&self.objects, generation);
    }

    /// Runs the collection that is due by [`thresholds`](crate::Config#structfield.thresholds), bytes or growth, if one is,
    /// in this one call, as an insertion does under [`Auto::Whole`](crate::Auto::Whole). With
    /// [`Auto::Off`](crate::Auto::Off) a game calls it when a pause does no harm; [`step`](Self::step)
    /// works on what is due in slices.
    ///
    /// A collection that could find nothing, since no reference count has fallen without reaching zero,
    /// counts but examines nothing. Collections that are running are treated as by
    /// [`collect_generation`](Self::collect_generation). Within a finalizer this does nothing.
    ///
    /// Unlike [`collect`](Self::collect) it takes no note of dropped `Root`s: what they hold lives on until
    /// `sync_roots` or a [`step`](Self::step) does.
    ///
    /// Complexity: O(1) if nothing is due, else like
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
        if self.is_barred() {
            return None;
        }
        let (generation, is_worthwhile) = self.gc.due(&self.objects)?;
        if is_worthwhile {
            let mut quota = self.quota();
            return Some(self.run_collection(generation, !self.defers(), &mut quota));
        }
        Some(self.gc.skip(&mut self.objects, generation))
    }

    /// Lets insertions collect again, in the way in which they did before [`disable`](Self::disable): the
    /// setting [`Config::auto`](crate::Config#structfield.auto) is that again. A store that was made with
    /// [`Auto::Off`](crate::Auto::Off) gets [`Auto::Assist`](crate::Auto::Assist).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// store.disable(); // the fight must not be disturbed
    /// store.enable();
    /// assert_eq!(store.config().auto, understory::Auto::Assist);
    /// ```
    pub fn enable(&mut self) {
        if self.config.auto == Auto::Off {
            self.set_auto(self.auto_before);
        }
    }

    /// Keeps insertions from collecting, unless they would pass a
    /// [limit](crate::Config#structfield.max_objects): the setting
    /// [`Config::auto`](crate::Config#structfield.auto) is [`Auto::Off`](crate::Auto::Off). A collection that they have begun stays where it is.
    /// [`step`](Self::step), [`collect_due`](Self::collect_due) and [`collect`](Self::collect) still collect.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// store.disable();
    /// assert_eq!(store.config().auto, understory::Auto::Off);
    /// ```
    pub fn disable(&mut self) {
        if self.config.auto != Auto::Off {
            self.auto_before = self.config.auto;
            self.set_auto(Auto::Off);
        }
    }

    fn set_auto(&mut self, auto: Auto) {
        self.config.auto = auto;
        self.gc.set_auto(auto);
    }

    /// Sets the counts at which collections start. With zero as the first one no collection is ever
    /// due, not even in [`step`](Self::step); one that is running goes on.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// store.set_thresholds([700, 10, 10]);
    /// assert_eq!(store.config().thresholds, [700, 10, 10]);
    /// ```
    pub fn set_thresholds(&mut self, thresholds: [u32; 3]) {
        self.gc.wake();
        self.config.thresholds = thresholds;
        self.gc.pace.set_thresholds(thresholds);
    }

    /// What is compared with the thresholds: insertions less deaths since the last collection began,
    /// never below zero; young collections; middle collections.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Generation, Store};
    ///
    /// let mut store: Store<u32> = (0..100).collect();
    /// assert_eq!(store.counts(), [100, 0, 0]);
    /// store.collect_generation(Generation::Young);
    /// assert_eq!(store.counts(), [0, 1, 0]);
    /// ```
    #[must_use]
    pub fn counts(&self) -> [u32; 3] {
        self.gc.pace.counts(self.objects.allocations)
    }
}
