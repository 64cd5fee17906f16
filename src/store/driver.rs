//! What drives the collections: one of the young or middle generation, and an old one, in the middle of
//! which the other may run.

use slotmap::Key;

use crate::clock::Stopwatch;
use crate::config::{Auto, Generation};
use crate::gc::pace::Collected;
use crate::gc::schedule::{Due, TOGETHER};
use crate::gc::{Phase, Progress};
use crate::graph::colours::Which;
use crate::store::Store;
use crate::store::finalize::Falls;
use crate::store::observe::Moment;
use crate::store::settle::Quota;
use crate::store::spans::Span;
use crate::units::Units;

impl<T, E, K: Key> Store<T, E, K> {
    /// What a running collection does: one of the young, if two run.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Budget, Phase, Store};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// assert_eq!(store.phase(), Phase::Idle);
    /// ```
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.gc.phase()
    }

    /// Begins a collection for which the way is clear.
    fn begin(&mut self, which: Which, generation: Generation) {
        let begins = (which, generation);
        self.gc.begin(&mut self.objects, &self.config, begins);
        self.tell(Moment::Start, &Collected::nothing(generation));
    }

    /// Works on a collection, as far as the budget goes; if it has ended, returns what it did.
    fn advance(&mut self, which: Which, left: &mut Units, quota: &mut Quota) -> Option<Collected> {
        if self.is_blocked(which, quota) {
            return None;
        }
        let stopwatch = Stopwatch::start(self.clock);
        let collector = self.gc.collector_mut(which);
        let generation = collector.generation();
        self.unsettled.interrupt();
        let progress = collector.advance(&mut self.objects, &mut self.release, left);
        let (found, is_hurried) = (collector.found(), collector.hurried);
        self.gc.collected += found as u64;
        if !is_hurried {
            self.unsettled.resume();
        }
        let done = match progress {
            Progress::Paused => None,
            // The next call finds it again.
            Progress::Finalize(_) if self.is_blocked(which, quota) => None,
            Progress::Finalize(index) => {
                self.finalize(index, Falls::Last, quota);
                None
            }
            Progress::Finalized => {
                if self.gc.collector(which).hurried {
                    // The collection itself goes on, whatever these do.
                    let mut own = self.quota();
                    self.reclaim_fallen(left, &mut own);
                    quota.is_same &= own.is_same;
                } else {
                    self.reclaim_fallen(left, quota);
                }
                None
            }
            Progress::Done(collected) => Some(collected),
        };
        if let Some(collected) = &done {
            self.gc.end(&self.objects, which, collected);
            if left.is_unlimited() {
                // Before an observer is told, which may panic.
                self.release.adopt_orphans(&self.objects);
            }
        }
        // The clock may be the user's code; all else has been noted by now.
        self.gc.pace.took(generation, stopwatch.elapsed());
        if let Some(collected) = &done {
            self.tell(Moment::Stop, collected);
        }
        done
    }

    /// Whether a collection needs finalizers to run, and none may. There may be none for it: if so, the next
    /// call finds that out.
    fn is_blocked(&mut self, which: Which, quota: &Quota) -> bool {
        self.gc.collector(which).phase() == Phase::Finalize
            && !self.finalizers.is_empty()
            && !self.may_finalize_or_leaves(quota)
    }

    /// Reclaims what fell to zero in the finalizers of a collection, before it is decided what they have
    /// saved, or as the dead lost their edges. Deaths that do not wait for steps don't wait for a budget
    /// either, but each of those that only garbage owned has its turn within it.
    fn reclaim_fallen(&mut self, left: &mut Units, quota: &mut Quota) {
        if !self.defers() && self.release.is_due(&self.objects) {
            let released = self.run_release(u64::MAX, left.left(), quota);
            left.add(released.units);
        }
    }

    /// Runs a collection that was begun to its end, finalizers and all; `None` if one of them has put
    /// another store in the place of this one, in which the next call goes on.
    pub(super) fn finish(&mut self, which: Which) -> Option<Collected> {
        self.gc.collector_mut(which).hurried = true;
        // No object is finalized twice, and none is examined that is born from now on.
        let mut quota = Quota::of(self.objects.len() as u64 + 1);
        while !self.is_blocked(which, &quota) && !self.gc.collector(which).is_idle() {
            let left = &mut Units::unlimited();
            if let Some(collected) = self.advance(which, left, &mut quota) {
                return Some(collected);
            }
            if !quota.is_same {
                break;
            }
        }
        self.unsettled.leave();
        None
    }

    /// Goes on with collections that a panic in the user's code has interrupted, where one call was to
    /// run them to their end; says whether they have ended.
    pub(super) fn finish_interrupted(&mut self) -> bool {
        if self.gc.backtracer.hurried {
            self.finish_traced();
        }
        for which in [Which::Minor, Which::Major] {
            if self.gc.collector(which).hurried && !self.gc.collector(which).is_idle() {
                // What another one has found since is dead, and leaves the store first.
                self.finish_sweeps();
                let is_idle = self.gc.collector(which).is_idle();
                if !is_idle && self.finish(which).is_none() {
                    return false;
                }
            }
        }
        true
    }

    /// Runs a collection from its beginning to its end. One that runs already and has only marked is
    /// broken off, if this one examines at least as much, so that nothing floats; otherwise it is
    /// finished first, and what it has found counts in what is returned.
    ///
    /// `releases`: what is pending by then is reclaimed before this one begins.
    pub(super) fn run_collection(
        &mut self,
        generation: Generation,
        releases: bool,
        quota: &mut Quota,
    ) -> Collected {
        let which = Which::of(generation);
        let nothing = Collected::nothing(generation);
        if !quota.is_same {
            return nothing;
        }
        let span = Span::collection(generation);
        let Some(before) = self.clear_way(which, generation) else {
            return nothing;
        };
        if releases {
            // What only earlier garbage owned must not be taken for a root.
            self.run_release(u64::MAX, 0, quota);
            if !quota.is_same {
                return nothing;
            }
        }
        self.begin(which, generation);
        self.gc.collector_mut(which).whole = true;
        let Some(mut collected) = self.finish(which) else {
            return nothing;
        };
        collected.examined += before;
        collected.freed += before;
        self.reclaim_within(quota);
        span.end_collection(&collected);
        collected
    }

    /// Takes everything that is dead out of the store.
    pub(super) fn finish_sweeps(&mut self) {
        if self.release.is_dismantling() {
            self.finish_dismantling();
        }
        self.finish_traced();
        for which in [Which::Major, Which::Minor] {
            if self.gc.collector(which).phase() == Phase::Sweep {
                self.finish(which);
            }
        }
        self.release.adopt_orphans(&self.objects);
    }

    /// Makes sure that a collection can begin and go on to its end; `None` if another store is here now.
    fn clear_way(&mut self, which: Which, generation: Generation) -> Option<usize> {
        self.finish_sweeps();
        let mut freed = 0;
        let runs = [(Which::Minor, true), (Which::Major, which == Which::Major)];
        for (which, is_in_the_way) in runs {
            let covers = self.gc.collector(which).generation() <= generation;
            match self.gc.collector(which).phase() {
                _ if !is_in_the_way => {}
                Phase::Idle => {}
                Phase::Mark if covers => self.abandon(which),
                _ => freed += self.finish(which)?.freed,
            }
        }
        Some(freed)
    }

    fn abandon(&mut self, which: Which) {
        let generation = self.gc.collector(which).generation();
        self.gc.collector_mut(which).abandon(&mut self.objects);
        self.tell(Moment::Stop, &Collected::nothing(generation));
    }

    /// Works on the collections that run or are due, as far as the budget goes and until the program's
    /// code has run or something waits. Returns how much garbage was found.
    pub(super) fn collect_on(&mut self, left: &mut Units, quota: &mut Quota) -> usize {
        let before = self.gc.collected;
        match self.gc.next(&self.objects, left) {
            Some(Due::Work(which)) => {
                self.advance(which, left, quota);
            }
            // The next call works on it.
            Some(Due::Begin(which, generation)) => self.begin(which, generation),
            Some(Due::Skip(generation)) => {
                self.gc.skip(&mut self.objects, generation);
            }
            None => {}
        }
        usize::try_from(self.gc.collected.saturating_sub(before)).unwrap_or(usize::MAX)
    }

    /// What an insertion does for the collections that are due or run.
    #[inline(never)]
    pub(super) fn assist(&mut self) {
        if self.config.auto == Auto::Whole && !self.gc.is_collecting() {
            self.assist_wholly();
            return;
        }
        if let Some(units) = self.gc.units_for_insertion(&self.objects) {
            self.assist_with(&mut Units::new(units));
            self.gc.assist_after(&self.objects, TOGETHER);
        }
        let is_released = self.defers() || !self.release.has_orphans();
        if is_released && self.gc.is_done(&self.objects) {
            self.gc.assist_no_more();
        }
    }

    /// Runs the collection that was asked for or is due, in one call.
    fn assist_wholly(&mut self) {
        // Before it runs: a finalizer may ask for another one, for the next insertion.
        self.gc.assist_no_more();
        match self.gc.pace.next {
            Some(generation) => {
                let mut quota = self.quota();
                self.run_collection(generation, !self.defers(), &mut quota);
            }
            None => {
                self.collect_due();
            }
        }
    }

    fn assist_with(&mut self, left: &mut Units) {
        let mut quota = self.quota();
        while !left.is_spent() && !quota.is_spent() && !self.is_busy() {
            let before = left.spent();
            if self.release.is_dismantling() {
                self.finish_dismantling();
            }
            if self.gc.backtracer.is_idle() {
                self.collect_on(left, &mut quota);
            } else {
                self.sweep_traced(left);
            }
            self.reclaim_fallen(left, &mut quota);
            if before == left.spent() {
                break;
            }
        }
        if self.objects.graph.has_labels() {
            self.drop_rest();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn store_with_garbage(auto: Auto) -> Store<u32> {
        let mut store = Store::<u32>::with_config(Config::new().auto(auto));
        let narcissus = store.insert(0);
        store.link(narcissus, (), narcissus).unwrap();
        store.unroot(narcissus).unwrap();
        store
    }

    /// Whether the next insertion has nothing else to do.
    fn is_quiet(store: &Store<u32>) -> bool {
        store.gc.is_quiet(store.objects.inserted)
    }

    #[test]
    fn an_insertion_runs_the_whole_collection_that_was_asked_for() {
        for generation in [Generation::Young, Generation::Old] {
            let mut store = store_with_garbage(Auto::Whole);
            store.request_collection(generation);
            assert!(store.gc.pace.next.is_some() && !is_quiet(&store));
            store.insert(1);
            assert_eq!((store.len(), store.phase()), (1, Phase::Idle));
            assert_eq!(store.stats().collected, 1);
            assert!(store.gc.pace.next.is_none() && is_quiet(&store));
        }
    }

    #[test]
    fn insertions_are_quiet_after_a_request_that_was_answered_otherwise() {
        let mut store = store_with_garbage(Auto::Whole);
        store.request_collection(Generation::Old);
        store.collect();
        store.insert(1);
        assert!(is_quiet(&store));
        let collections = |store: &Store<u32>| store.stats().generations[2].collections;
        store.insert(2);
        assert_eq!(collections(&store), 1);
    }

    #[test]
    fn a_finalizer_asks_for_the_next_collection() {
        let mut store = store_with_garbage(Auto::Whole);
        let handle = store.handles().next().unwrap();
        let ask = |store: &mut Store<u32>, _| store.request_collection(Generation::Old);
        store.set_finalizer(handle, ask).unwrap();
        store.request_collection(Generation::Young);
        store.insert(1);
        assert!(store.gc.pace.next.is_some() && !is_quiet(&store));
        store.insert(2);
        assert!(store.gc.pace.next.is_none() && is_quiet(&store));
    }

    #[test]
    fn a_request_waits_until_insertions_may_collect() {
        for auto in [Auto::Whole, Auto::Assist] {
            let mut store = store_with_garbage(auto);
            store.request_collection(Generation::Old);
            store.disable();
            store.insert(1);
            assert!(store.gc.pace.next.is_some() && is_quiet(&store));
            store.enable();
            store.insert(2);
            assert!(store.gc.pace.next.is_none());

            let mut store = store_with_garbage(auto);
            store.disable();
            store.request_collection(Generation::Old);
            store.insert(1);
            assert!(store.gc.pace.next.is_some() && is_quiet(&store));
            store.enable();
            store.insert(2);
            assert!(store.gc.pace.next.is_none());
        }
    }

    /// How many collections of each generation so many insertions lead to, with roots and without.
    fn collections_with<T: Default>(insertions: u32) -> [u64; 3] {
        let mut store = Store::<T>::with_config(Config::new().thresholds([500, 2, 2]));
        for number in 0..insertions {
            let handle = store.insert(T::default());
            if number % 3 == 0 {
                store.link(handle, (), handle).unwrap();
                store.unroot(handle).unwrap();
            }
        }
        store
            .stats()
            .generations
            .map(|generation| generation.collections)
    }

    #[test]
    fn the_size_of_a_type_does_not_say_when_to_collect() {
        let small = collections_with::<u8>(20_000);
        assert!(small.iter().all(|&collections| collections > 0));
        assert_eq!(collections_with::<[u64; 32]>(20_000), small);
    }
}
