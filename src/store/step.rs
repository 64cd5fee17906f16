//! Steps: all that waits, as far as a budget goes.

use slotmap::Key;

use crate::backlog::{Backlog, Growing};
use crate::config::Reclaim;
use crate::gc::Phase;
use crate::gc::backtrace::Sweep;
use crate::gc::schedule::traces_in_steps;
use crate::gc::sweeper::CLOSE;
use crate::store::budget::Sum;
use crate::store::settle::Quota;
use crate::store::spans::Span;
use crate::store::{Budget, Store};
use crate::units::Units;

/// What a [`Store::step`] did, and what is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// Units of work, up to the budget; what was done beyond it is not counted.
    pub units: u64,
    /// Objects that were reclaimed by count.
    pub reclaimed: usize,
    /// Objects in garbage cycles that tracing has found. They are counted when they die, although later
    /// steps may sweep them.
    pub traced: usize,
    /// The same, found by collections.
    pub collected: usize,
    /// Objects that are still pending.
    pub pending: usize,
    /// Suspects that still wait to be traced, or for a collection to decide on them.
    pub suspects: usize,
    /// Objects that are dead but not swept yet. They take memory, and come before anything else is decided.
    pub unswept: usize,
    /// Notices that wait for [`drain_notices`](Store::drain_notices).
    pub notices: usize,
    /// Values of the dead that wait for [`drain_deaths`](Store::drain_deaths).
    pub recorded: usize,
    /// Garbage that waits for [`drain_garbage`](Store::drain_garbage).
    pub kept_garbage: usize,
    /// Suspects for which their share of a budget did not suffice: so large a part of the graph leads to
    /// them, or they are so far from a root, that they are left to the collector. If they are garbage which
    /// should not stay until a collection is due, ask for one:
    /// [`request_collection`](Store::request_collection).
    pub abandoned: usize,
    /// What the running collection does next; the one of the young, if two run.
    pub phase: Phase,
    /// About how many units are left of the collections that run.
    pub left: u64,
    /// How many objects there are above what [`Config::behind_at`](crate::Config::behind_at) allows.
    /// If steps leave it above 0, give them larger budgets, or let them
    /// [`catch_up`](crate::Config::catch_up) these.
    pub excess: usize,
    pub(super) growing: Growing,
    /// Whether a further step would find anything to do.
    pub(super) has_more: bool,
}

impl Step {
    /// Whether nothing piles up: no more objects float than is allowed ([`excess`](Self#structfield.excess)),
    /// and no backlog [grows](Self::growing).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Budget, Store};
    ///
    /// let mut store: Store<u32> = (0..1_000).collect();
    /// assert!(store.step(Budget::units(10)).keeps_up());
    /// ```
    #[must_use]
    pub fn keeps_up(&self) -> bool {
        self.excess == 0 && self.growing.is_empty()
    }

    /// The backlogs that grow. If steps [work them off](Backlog::is_work), give these larger budgets, or let
    /// them [`catch_up`](crate::Config::catch_up) their budgets; the others are for the program to drain.
    ///
    /// Steps are counted in spans of 64, and of each span the least counts that a backlog had at the end of a
    /// step, or when it was drained. A backlog grows when this least has risen and has not fallen in the two
    /// spans after that, if it is at least 1,024 by then, and at least twice what was worked off before: that is
    /// the highest level from which it has fallen to half, less a 64th for each span since. It no longer grows
    /// when it has fallen to half, or has not risen in 16 spans.
    ///
    /// So a burst that is worked off raises no alarm, however long that takes, unless it goes on rising for
    /// more than a span. Steady growth is reported after 192 to 256 steps, or a few spans after there are
    /// 1,024.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Backlog, Budget, Config, Reclaim, Store};
    ///
    /// let config = Config::new().reclaim(Reclaim::AtStep);
    /// let mut store: Store<u32> = Store::with_config(config);
    /// let mut budget = 500; // too little: 63 deaths a step
    /// for frame in 0..1_000 {
    ///     for number in 0..100 {
    ///         let spark = store.insert(number);
    ///         store.unroot(spark)?;
    ///     }
    ///     let step = store.step(Budget::units(budget));
    ///     if step.growing().any(Backlog::is_work) {
    ///         assert!(step.growing().eq([Backlog::Pending]) && step.pending > 1_024);
    ///         budget = 1_500;
    ///     }
    /// }
    /// assert!(store.step(Budget::units(budget)).keeps_up());
    /// # assert_eq!((budget, store.len()), (1_500, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn growing(&self) -> impl Iterator<Item = Backlog> + use<> {
        self.growing.iter()
    }

    /// Whether further work would help.
    fn is_behind(&self) -> bool {
        self.excess > 0 || self.growing().any(Backlog::is_work)
    }

    /// Whether nothing is left for a further step to do: nothing waits or is to be swept, and no
    /// collection runs or is due. (Suspects that [`Cycles::Manual`](crate::Cycles::Manual) leaves to
    /// [`trace`](Store::trace), or [`Config::keep_garbage`](crate::Config::keep_garbage) to
    /// collections, do not count.)
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Budget, Store};
    ///
    /// let mut store: Store<u32> = (0..1_000).collect();
    /// assert!(store.step(Budget::unlimited()).is_idle());
    /// ```
    #[must_use]
    pub fn is_idle(&self) -> bool {
        !self.has_more
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Does what waits, as far as the budget goes, in this order: takes note of dropped `Root`s;
    /// reclaims objects that nothing holds, which [`Reclaim::AtStep`](crate::Reclaim::AtStep) leaves to
    /// this call; traces suspects, unless that is left to [`trace`](Self::trace); works on the young
    /// collection, if one runs or is due by [`thresholds`](crate::Config#structfield.thresholds), then on the old one.
    /// Collections that are [behind](Step#structfield.excess) come before suspects. So does a collection of all
    /// objects, which is begun for them, if there are so many that it costs less than to trace them. What is dead is
    /// swept before anything else is decided.
    ///
    /// Everything is done in pieces: a large collection, the death of a hub or of a whole level
    /// takes as many steps as it needs. A step exceeds its budget by at most 600 units, besides what
    /// the program's finalizers and `Drop` do; but under
    /// [`Reclaim::Immediate`](crate::Reclaim::Immediate) an object that only garbage owned dies at once with
    /// all that it owns itself. The order of deaths does not depend on the budget. Within a scope or a finalizer a step takes note of dropped
    /// `Root`s and does nothing else.
    ///
    /// If steps do not keep up, or the program leaves something to pile up, the step says so: see
    /// [`Step::keeps_up`].
    ///
    /// If budget is left and no collection runs, arenas are given back that were empty for a number of
    /// steps. What was [reserved](Self::reserve) stays.
    ///
    /// Complexity: O(budget + r log r) for r dropped `Root`s.
    ///
    /// # Examples
    /// ```
    /// use understory::{Budget, Config, Reclaim, Store};
    ///
    /// let config = Config::new().reclaim(Reclaim::AtStep);
    /// let mut store: Store<u32> = Store::with_config(config);
    /// let handle = store.insert(1);
    /// store.unroot(handle)?;
    /// assert!(store.contains(handle)); // until its turn comes; a root would save it
    /// assert_eq!(store.step(Budget::units(100)).reclaimed, 1);
    /// assert!(!store.contains(handle));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn step(&mut self, budget: Budget) -> Step {
        let span = Span::step();
        self.settle();
        #[cfg(feature = "rollback")]
        self.forget_states();
        self.sync_roots();
        let mut quota = self.quota();
        let mut step = budget.spend(self.clock, |units| {
            let step = self.step_once(units, &mut quota);
            (step, step.units > 0 && !quota.is_spent())
        });
        for (backlog, len) in self.backlogs_of(&step) {
            self.backlogs.see(backlog, len);
        }
        self.backlogs.count_step();
        step.growing = self.backlogs.growing();
        while self.config.catch_up && step.is_behind() && !quota.is_spent() {
            let more = self.step_once(u64::MAX, &mut quota);
            if more.units == 0 {
                break;
            }
            step.add(&more);
            for (backlog, len) in self.backlogs_of(&step) {
                self.backlogs.see_exceeded(backlog, len);
            }
            step.growing = self.backlogs.growing();
        }
        span.end_step(&step);
        step
    }

    /// What a step has left.
    fn backlogs_of(&self, step: &Step) -> [(Backlog, usize); 5] {
        // What steps do not trace is left to the program, and no work of theirs.
        let suspects = if traces_in_steps(&self.config) {
            step.suspects
        } else {
            0
        };
        [
            (Backlog::Pending, step.pending),
            (Backlog::Suspects, suspects),
            (Backlog::Notices, step.notices),
            (Backlog::Deaths, step.recorded),
            (Backlog::Garbage, step.kept_garbage),
        ]
    }

    fn step_once(&mut self, units: u64, quota: &mut Quota) -> Step {
        let mut step = Step::default();
        let mut left = Units::new(units);
        self.gc.backtracer.forget_proofs();
        self.gc.backtracer.vain = 0;
        let abandoned = self.gc.backtracer.abandoned;
        let is_barred = self.is_barred();
        while !left.is_spent() && !is_barred && !self.is_busy() && !quota.is_spent() {
            let before = left.spent();
            self.step_on((&mut left, units), &mut step, quota);
            if before == left.spent() {
                break;
            }
        }
        if !self.defers() && !self.release.is_empty() {
            // What has fallen by the program's word does not wait for steps.
            self.release_for(&mut left, &mut step, quota);
        }
        if self.objects.graph.has_labels() {
            self.drop_rest();
        }
        if !left.is_spent()
            && !self.is_busy()
            && !self.gc.is_collecting()
            && self.objects.close_disused()
        {
            left.spend(CLOSE);
        }
        // Now and not in the next step, which may be a small one.
        self.gc.backtracer.forget_proofs();
        step.units = left.spent();
        let abandoned = self.gc.backtracer.abandoned.saturating_sub(abandoned);
        step.abandoned = usize::try_from(abandoned).unwrap_or(usize::MAX);
        self.fill_in(&mut step);
        step
    }

    /// Says what is left to be done.
    pub(super) fn fill_in(&self, step: &mut Step) {
        step.pending = self.release.pending();
        step.suspects = self.objects.graph.suspects().len();
        step.unswept = self.objects.doomed;
        step.notices = self.objects.deaths.notices.len();
        step.recorded = self.objects.record.deaths.len();
        step.kept_garbage = self.gc.garbage.len();
        step.phase = self.phase();
        step.left = self.gc.estimate_left(&self.objects);
        step.excess = self.gc.excess(&self.objects);
        step.has_more = step.pending > 0 || self.gc.has_work(&self.objects, &self.config);
    }

    fn release_for(&mut self, left: &mut Units, step: &mut Step, quota: &mut Quota) {
        let most = match self.config.reclaim {
            Reclaim::Immediate => u64::MAX,
            Reclaim::AtStep => left.left(),
        };
        let released = self.run_release(most, left.left(), quota);
        left.add(released.units);
        step.reclaimed += released.objects;
    }

    /// Does the next thing that is to be done.
    fn step_on(&mut self, (left, full): (&mut Units, u64), step: &mut Step, quota: &mut Quota) {
        if self.release.is_due(&self.objects) {
            self.release_for(left, step, quota);
        } else if !self.gc.backtracer.is_idle() {
            self.sweep_traced(left);
        } else if self.gc.traces_next(&self.objects, &self.config, full) {
            step.traced += self.trace_once((left, full), Sweep::InBudget, quota);
        } else {
            self.gc.request_for_suspects(&self.objects, &self.config);
            step.collected += self.collect_on(left, quota);
        }
    }
}
