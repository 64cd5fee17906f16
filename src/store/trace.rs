//! Garbage cycles, traced back from suspects.

use slotmap::Key;

use crate::config::Reclaim;
use crate::gc::backtrace::Sweep;
use crate::store::finalize::Falls;
use crate::store::settle::Quota;
use crate::store::{Budget, Step, Store};
use crate::units::Units;

impl<T, E, K: Key> Store<T, E, K> {
    /// Traces suspects back to roots, as far as the budget goes: garbage cycles die, at a cost in
    /// proportion to their size, and so does what is pending. What it answers is what a step would:
    /// [`traced`](Step#structfield.traced) says how much has died. A suspect for which its share of the
    /// budget does not suffice is left to the collector. [`step`](Self::step) does this too, unless
    /// [`Cycles::Manual`](crate::Cycles::Manual) leaves it to this call. It does nothing while a scope
    /// is open or a finalizer runs.
    ///
    /// What is found is swept in this call, beyond the budget if need be, and a search may take 240 units,
    /// however small the budget is.
    ///
    /// Complexity: O(garbage + its edges), and some tens of objects for each suspect that is alive and not
    /// far from a root: see [`Cycles`](crate::Cycles). Searches end with the budget, or those 240 units after
    /// it.
    ///
    /// # Examples
    /// ```
    /// use understory::{Budget, Store};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [egg, hen] = [store.insert("egg"), store.insert("hen")];
    /// store.link(egg, (), hen)?;
    /// store.link(hen, (), egg)?;
    /// store.unroot(egg)?;
    /// store.unroot(hen)?;
    /// assert_eq!(store.trace(Budget::units(100)).traced, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn trace(&mut self, budget: Budget) -> Step {
        self.settle();
        if self.is_busy() || self.is_barred() {
            return Step::default();
        }
        let mut quota = self.quota();
        let mut step = budget.spend(self.clock, |units| {
            let traced = self.run_trace(units, &mut quota);
            let goes_on = traced.units > 0 && traced.suspects > 0;
            (traced, goes_on && !quota.is_spent())
        });
        self.fill_in(&mut step);
        step
    }

    /// Traces, and reclaims what only the garbage owned, which may make suspects in turn. All that is
    /// found leaves the store, beyond the budget if need be.
    pub(super) fn run_trace(&mut self, units: u64, quota: &mut Quota) -> Step {
        let mut done = Step::default();
        let mut left = Units::new(units);
        // A proof lasts for one batch. The last one may have ended in a panic of the user's code.
        self.gc.backtracer.forget_proofs();
        loop {
            let before = left.spent();
            self.finish_traced();
            self.gc.backtracer.vain = 0;
            done.traced += self.trace_once((&mut left, units), Sweep::Whole, quota);
            self.finish_traced();
            let most = match self.config.reclaim {
                Reclaim::Immediate => u64::MAX,
                Reclaim::AtStep => left.left(),
            };
            let released = self.run_release(most, 0, quota);
            done.reclaimed += released.objects;
            left.add(released.units);
            if left.is_spent() || before == left.spent() || quota.is_spent() {
                break;
            }
        }
        self.gc.backtracer.forget_proofs();
        done.units = left.spent();
        done.suspects = self.objects.graph.suspects().len();
        done
    }

    /// Traces until garbage is found, which is then dead, and swept where that is simple; returns how
    /// much. A suspect for which its share of `full` units does not suffice is left to the collector.
    pub(super) fn trace_once(
        &mut self,
        (left, full): (&mut Units, u64),
        sweep: Sweep,
        quota: &mut Quota,
    ) -> usize {
        let before = self.gc.backtracer.total();
        if self.config.keep_garbage {
            return 0;
        }
        let has_pending = self.release.pending() > 0;
        for key in self
            .gc
            .backtracer
            .run(&mut self.objects, left, full, has_pending, sweep)
        {
            // One of them may have killed another.
            let index = self.objects.resolve(key);
            let Some(index) = index.filter(|&index| self.objects.deaths.finalizable.get(index))
            else {
                continue;
            };
            if !self.may_finalize_or_leaves(quota) {
                break;
            }
            self.finalize(index, Falls::Last, quota);
            if !quota.is_same {
                return 0;
            }
        }
        usize::try_from(self.gc.backtracer.total() - before).unwrap_or(usize::MAX)
    }

    /// Sweeps what tracing has found; then what only garbage owned waits with all else.
    pub(super) fn finish_traced(&mut self) {
        if !self.gc.backtracer.is_idle() {
            self.gc.backtracer.hurried = true;
            self.sweep_traced(&mut Units::unlimited());
        }
        self.release.adopt_orphans(&self.objects);
    }

    /// The same as far as the budget goes.
    pub(super) fn sweep_traced(&mut self, left: &mut Units) {
        self.guarded(|store| {
            let (objects, release) = (&mut store.objects, &mut store.release);
            store.gc.backtracer.sweep(objects, release, left);
        });
    }
}
