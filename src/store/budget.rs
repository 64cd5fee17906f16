//! How much a step may do.

#[cfg(feature = "std")]
use std::time::{Duration, Instant};

use crate::store::{Step, Traced};

/// Units that are spent before the clock is looked at again.
#[cfg(feature = "std")]
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
    #[cfg(feature = "std")]
    Time(Duration),
}

impl Budget {
    /// This many units. The same steps do the same on every machine. With 0 a step only takes note of
    /// dropped `Root`s.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<&str>::new();
    /// assert!(store.step(understory::Budget::units(500)).units <= 500);
    /// ```
    #[must_use]
    pub const fn units(units: u64) -> Self {
        Self(Kind::Units(units))
    }

    /// As much as can be done in this time; the clock is looked at every 2,000 units. How much is done
    /// differs from run to run, so this is not for a game in lockstep.
    ///
    /// Computes in O(1).
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
    #[cfg(feature = "std")]
    #[must_use]
    pub const fn time(time: Duration) -> Self {
        Self(Kind::Time(time))
    }

    /// As many units as there is work for.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store = understory::Store::<&str>::new();
    /// let step = store.step(understory::Budget::unlimited());
    /// assert_eq!((step.waiting, step.suspects), (0, 0));
    /// ```
    #[must_use]
    pub const fn unlimited() -> Self {
        Self(Kind::Units(u64::MAX))
    }

    /// The units, if they are limited by number.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// assert_eq!(understory::Budget::units(7).as_units(), Some(7));
    /// ```
    #[must_use]
    pub const fn as_units(self) -> Option<u64> {
        match self.0 {
            Kind::Units(u64::MAX) => None,
            Kind::Units(units) => Some(units),
            #[cfg(feature = "std")]
            Kind::Time(_) => None,
        }
    }

    /// Calls `work` with units to spend, again and again while time is left and there is more to do.
    pub(super) fn spend<R: Sum>(self, mut work: impl FnMut(u64) -> (R, bool)) -> R {
        match self.0 {
            Kind::Units(units) => work(units).0,
            #[cfg(feature = "std")]
            Kind::Time(time) => {
                let start = Instant::now();
                let (mut sum, mut goes_on) = work(if time.is_zero() { 0 } else { SLICE });
                while goes_on && start.elapsed() < time {
                    let (more, has_more) = work(SLICE);
                    sum.add(&more);
                    goes_on = has_more;
                }
                sum
            }
        }
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

impl Sum for Traced {
    fn add(&mut self, later: &Self) {
        *self = Self {
            units: self.units.saturating_add(later.units),
            freed: self.freed + later.freed,
            reclaimed: self.reclaimed + later.reclaimed,
            suspects: later.suspects,
        };
    }
}
