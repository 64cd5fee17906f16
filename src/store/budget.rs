//! How much a step may do.

use core::time::Duration;

use slotmap::Key;

use crate::clock::{Clock, Stopwatch};
use crate::store::{Step, Store};

/// Units that are spent before the clock is looked at again.
const SLICE: u64 = 2_000;

/// How much work a [`Store::step`](crate::Store::step) or a [`Store::trace`](crate::Store::trace)
/// may do. A unit is one object or edge that is looked at; what takes longer counts for several.
///
/// # Examples
/// ```
/// use understory::Budget;
///
/// assert_eq!(Budget::units(500).as_units(), Some(500));
/// assert_eq!(Budget::unlimited().as_units(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Units(u64),
    Time(Duration),
}

impl Budget {
    /// This many units. The same steps do the same on every machine. With 0 a step only takes note of
    /// dropped `Root`s.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// assert!(store.step(understory::Budget::units(500)).units <= 500);
    /// ```
    #[must_use]
    pub const fn units(units: u64) -> Self {
        Self(Kind::Units(units))
    }

    /// As much as can be done in this time; the clock is looked at every 2,000 units. How much is done
    /// differs from run to run, so this is not for a game in lockstep.
    ///
    /// A store without a clock, as in a browser, takes 2,000 units for any time but zero: see
    /// [`Store::set_clock`](crate::Store::set_clock).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use understory::{Budget, Store};
    ///
    /// let mut store: Store<u32> = (0..10_000).collect();
    /// let step = store.step(Budget::time(Duration::from_millis(1)));
    /// assert!(step.keeps_up());
    /// ```
    #[must_use]
    pub const fn time(time: Duration) -> Self {
        Self(Kind::Time(time))
    }

    /// As many units as there is work for.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// let step = store.step(understory::Budget::unlimited());
    /// assert_eq!((step.pending, step.suspects), (0, 0));
    /// ```
    #[must_use]
    pub const fn unlimited() -> Self {
        Self(Kind::Units(u64::MAX))
    }

    /// The units, if they are limited by number.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// assert_eq!(understory::Budget::units(7).as_units(), Some(7));
    /// ```
    #[must_use]
    pub const fn as_units(self) -> Option<u64> {
        match self.0 {
            Kind::Units(u64::MAX) | Kind::Time(_) => None,
            Kind::Units(units) => Some(units),
        }
    }

    /// Calls `work` with units to spend, again and again while time is left and there is more to do.
    pub(super) fn spend<R: Sum>(
        self,
        clock: Option<Clock>,
        mut work: impl FnMut(u64) -> (R, bool),
    ) -> R {
        match self.0 {
            Kind::Units(units) => work(units).0,
            Kind::Time(time) => {
                let stopwatch = Stopwatch::start(clock);
                let (mut sum, mut goes_on) = work(if time.is_zero() { 0 } else { SLICE });
                while goes_on && clock.is_some() && stopwatch.elapsed() < time {
                    let (more, has_more) = work(SLICE);
                    sum.add(&more);
                    goes_on = has_more;
                }
                sum
            }
        }
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Sets what tells the time, for [`Budget::time`] and
    /// [`GenerationStats::time`](crate::GenerationStats#structfield.time); nothing else asks for it.
    ///
    /// The clock says how much time has passed since any fixed moment. A store begins with that of the
    /// standard library, if there is one: without the feature `std`, and on `wasm32-unknown-unknown`, it
    /// begins without a clock. Then collections are said to take no time, and `Budget::time` stands for
    /// a fixed number of units. A clone has the clock of the original.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// In a browser the clock could be `performance.now()`. A game in lockstep might do without:
    /// ```
    /// use std::time::Duration;
    /// use understory::{Budget, Store};
    ///
    /// let mut store: Store<u32> = (0..10_000).collect();
    /// store.set_clock(None); // from now on all runs are alike
    /// store.collect();
    /// assert_eq!(store.stats().generations[2].time, Duration::ZERO);
    /// assert!(store.step(Budget::time(Duration::from_millis(1))).units <= 2_000);
    /// ```
    pub fn set_clock(&mut self, clock: Option<fn() -> Duration>) {
        self.clock = clock;
    }
}

/// What pieces of work add up to.
pub(super) trait Sum {
    fn add(&mut self, later: &Self);
}

impl Sum for Step {
    fn add(&mut self, later: &Self) {
        *self = Self {
            units: self.units.saturating_add(later.units),
            reclaimed: self.reclaimed + later.reclaimed,
            traced: self.traced + later.traced,
            collected: self.collected + later.collected,
            abandoned: self.abandoned + later.abandoned,
            ..*later
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;

    std::thread_local! {
        static NOW: Cell<u64> = const { Cell::new(0) };
    }

    /// A clock that goes on by a second whenever it is read.
    fn second_a_look() -> Duration {
        Duration::from_secs(NOW.replace(NOW.get() + 1))
    }

    /// A clock that goes back.
    fn backwards() -> Duration {
        Duration::from_secs(u64::MAX - NOW.replace(NOW.get() + 1))
    }

    /// A store whose next old collection has much to do, and this clock.
    fn busy_store(clock: Option<Clock>) -> Store<u32> {
        let mut store: Store<u32> = (0..30_000).collect();
        let first = store.handles().next().unwrap();
        store.link(first, (), first).unwrap();
        store.unroot(first).unwrap();
        store.root(first).unwrap();
        store.request_collection(crate::Generation::Old);
        store.set_clock(clock);
        store
    }

    #[test]
    fn a_time_is_measured_by_the_clock_that_was_set() {
        let mut store = busy_store(Some(second_a_look));
        let units = [1, 10].map(|seconds| {
            let step = store
                .clone()
                .step(Budget::time(Duration::from_secs(seconds)));
            step.units
        });
        assert!(units[0] <= 2 * SLICE && units[1] > units[0], "{units:?}");
        store.collect();
        let time = store.stats().generations[2].time;
        assert!(time >= Duration::from_secs(1), "{time:?}");
    }

    #[test]
    fn without_a_clock_a_time_is_a_fixed_number_of_units() {
        let mut store = busy_store(None);
        for time in [Duration::from_nanos(1), Duration::MAX] {
            let step = store.clone().step(Budget::time(time));
            assert_eq!(step, store.clone().step(Budget::units(SLICE)));
            assert!(step.units > SLICE / 2, "{step:?}");
        }
        assert_eq!(store.step(Budget::time(Duration::ZERO)).units, 0);
        store.collect();
        assert_eq!(store.stats().generations[2].time, Duration::ZERO);
    }

    #[test]
    fn a_clock_that_goes_back_measures_no_time() {
        let mut store = busy_store(Some(backwards));
        store.collect();
        assert_eq!(store.stats().generations[2].time, Duration::ZERO);
        assert!(store.step(Budget::time(Duration::from_secs(1))).keeps_up());
    }
}
