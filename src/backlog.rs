//! What piles up from step to step, and whether it grows.
//!
//! Only lengths are looked at, once a step, so an answer depends on nothing but the calls, and costs the same
//! however much has piled up.

#[cfg(feature = "serde")]
use crate::form;

/// Steps in a span: whatever comes and goes faster is not seen.
const SPAN: u32 = 64;
/// Spans in a row that must have risen, or held a rise.
const RISING: u32 = 3;
/// Spans without a rise after which a backlog stands instead of growing.
const PATIENCE: u32 = 16;
/// What is below this is no backlog.
const LEAST: usize = 1_024;
/// In each span one part in so many is forgotten of what was worked off.
const FADES: usize = 64;

/// Something that waits in a store, and may pile up: see [`Step::growing`](crate::Step::growing).
///
/// What dropped `Root`s have told is not among them, as each step takes note of all of it; nor is what is dead
/// but not swept, which comes before anything else is decided, nor garbage that floats:
/// [`Step::excess`](crate::Step#structfield.excess) tells of that.
///
/// # Examples
/// ```
/// use understory::{Backlog, Budget, Store};
///
/// let mut store: Store<u32> = Store::new();
/// let mut grown = Vec::new();
/// for frame in 0..1_000 {
///     for number in 0..10 {
///         let spark = store.insert(number);
///         store.watch(spark)?;
///         store.unroot(spark)?;
///     }
///     let step = store.step(Budget::units(1_000));
///     if !step.keeps_up() {
///         grown = step.growing().collect();
///         break; // `drain_notices` was forgotten
///     }
/// }
/// assert_eq!(grown, [Backlog::Notices]);
/// assert!(!Backlog::Notices.is_work()); // no budget would help
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Backlog {
    /// Pending objects, those whose finalizers were put off included:
    /// [`Step::pending`](crate::Step#structfield.pending).
    Pending,
    /// Suspects that wait to be traced, if steps trace any:
    /// [`Step::suspects`](crate::Step#structfield.suspects).
    Suspects,
    /// Notices that [`drain_notices`](crate::Store::drain_notices) has not taken:
    /// [`Step::notices`](crate::Step#structfield.notices).
    Notices,
    /// Values that [`drain_deaths`](crate::Store::drain_deaths) has not taken:
    /// [`Step::recorded`](crate::Step#structfield.recorded).
    Deaths,
    /// Garbage that [`drain_garbage`](crate::Store::drain_garbage) has not taken:
    /// [`Step::kept_garbage`](crate::Step#structfield.kept_garbage).
    Garbage,
}

impl Backlog {
    const ALL: [Self; 5] = [
        Self::Pending,
        Self::Suspects,
        Self::Notices,
        Self::Deaths,
        Self::Garbage,
    ];

    /// Whether steps work it off, so that larger budgets help. Anything else is for the program to drain.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::Backlog;
    ///
    /// assert!(Backlog::Pending.is_work() && !Backlog::Deaths.is_work());
    /// ```
    #[must_use]
    pub const fn is_work(self) -> bool {
        matches!(self, Self::Pending | Self::Suspects)
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Those backlogs that grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Growing(u8);

impl Growing {
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Backlog> {
        let grows = move |backlog: &Backlog| self.0 & backlog.bit() != 0;
        Backlog::ALL.into_iter().filter(grows)
    }
}

/// All backlogs of a store, as its steps have found them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backlogs {
    levels: [Level; Backlog::ALL.len()],
    /// Steps of this span.
    steps: u32,
}

impl Backlogs {
    /// Takes note of how much there is.
    #[inline]
    pub(crate) fn see(&mut self, backlog: Backlog, len: usize) {
        self.levels[backlog as usize].see(len);
    }

    /// The same after a step has exceeded its budget because some grow: that they are worked off then does not
    /// say that budgets would have sufficed.
    pub(crate) fn see_exceeded(&mut self, backlog: Backlog, len: usize) {
        let level = &mut self.levels[backlog as usize];
        let worked_off = level.worked_off;
        level.see(len);
        level.worked_off = worked_off;
    }

    /// Counts a step that has seen all of them.
    pub(crate) fn count_step(&mut self) {
        self.steps += 1;
        if self.steps == SPAN {
            self.steps = 0;
            self.levels.iter_mut().for_each(Level::end_span);
        }
    }

    /// Those that grow.
    pub(crate) fn growing(&self) -> Growing {
        let grows = |backlog: &Backlog| self.levels[*backlog as usize].grows;
        let growing = Backlog::ALL.into_iter().filter(grows);
        Growing(growing.fold(0, |bits, backlog| bits | backlog.bit()))
    }
}

/// How much there is of one backlog. Of each span the least counts: what is worked off between two peaks
/// does not grow, however high they are.
#[derive(Clone, Debug)]
struct Level {
    /// The least in this span so far.
    low: usize,
    /// The most that all of a span has had, since there was half as much.
    peak: usize,
    /// Spans in a row that have raised the peak, or held it after one that did.
    rising: u32,
    /// Spans since the peak rose.
    since: u32,
    /// The highest peak of which half was worked off, as far as that is remembered.
    worked_off: usize,
    grows: bool,
}

impl Default for Level {
    fn default() -> Self {
        Self {
            low: usize::MAX,
            peak: 0,
            rising: 0,
            since: 0,
            worked_off: 0,
            grows: false,
        }
    }
}

impl Level {
    #[inline]
    fn see(&mut self, len: usize) {
        self.low = self.low.min(len);
        if len <= self.peak / 2 {
            self.worked_off = self.worked_off.max(self.peak);
            self.peak = len;
            self.rising = 0;
            self.grows = false;
        }
    }

    /// It takes several spans to tell growth from a burst, which falls from the span on after the one in
    /// which it ended, even if it takes many to work it off.
    fn end_span(&mut self) {
        let low = core::mem::replace(&mut self.low, usize::MAX);
        self.since = self.since.saturating_add(1);
        if low < self.peak {
            self.rising = 0;
        } else if low > self.peak {
            self.rising += 1;
            self.since = 0;
            self.peak = low;
        } else if self.rising > 0 {
            self.rising += 1;
        }
        if self.rising >= RISING {
            self.rising = 0;
            // What comes and goes slowly is expected to come as high as it did.
            self.grows |= low >= LEAST.max(self.worked_off.saturating_mul(2));
        }
        self.grows &= self.since < PATIENCE;
        self.worked_off -= self.worked_off / FADES;
    }
}

#[cfg(feature = "serde")]
impl Backlogs {
    pub(crate) fn saved(&self) -> form::Backlogs {
        form::Backlogs {
            levels: self.levels.each_ref().map(|level| form::Level {
                low: (level.low != usize::MAX).then_some(level.low as u64),
                peak: level.peak as u64,
                rising: level.rising,
                since: level.since,
                worked_off: level.worked_off as u64,
                grows: level.grows,
            }),
            steps: self.steps,
        }
    }

    pub(crate) fn restore(form: &form::Backlogs) -> Result<Self, form::Fault> {
        form::demand!(
            form.steps < SPAN,
            "a span of {} steps is too long",
            form.steps
        );
        let mut backlogs = Self {
            steps: form.steps,
            ..Self::default()
        };
        for (level, form) in backlogs.levels.iter_mut().zip(&form.levels) {
            form::demand!(
                form.rising < RISING,
                "a backlog has risen {} times",
                form.rising
            );
            *level = Level {
                low: form.low.map_or(usize::MAX, form::narrow),
                peak: form::narrow(form.peak),
                rising: form.rising,
                since: form.since,
                worked_off: form::narrow(form.worked_off),
                grows: form.grows,
            };
        }
        Ok(backlogs)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    const MINUTE: usize = 3_600;
    const NEVER: [usize; 0] = [];

    /// In which steps a backlog of these lengths grows.
    fn growing(lengths: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut backlogs = Backlogs::default();
        let mut steps = Vec::new();
        for (step, length) in lengths.into_iter().enumerate() {
            for backlog in Backlog::ALL {
                let is_it = backlog == Backlog::Deaths;
                backlogs.see(backlog, if is_it { length } else { 0 });
            }
            backlogs.count_step();
            let growing: Vec<Backlog> = backlogs.growing().iter().collect();
            assert!(growing.is_empty() || growing == [Backlog::Deaths]);
            if !growing.is_empty() {
                steps.push(step);
            }
        }
        steps
    }

    /// A sequence that is the same in every run.
    fn noise(below: usize) -> impl FnMut() -> usize {
        let mut state = 1_u64;
        move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        }
    }

    #[test]
    fn whatever_grows_steadily_is_seen_and_stays_so() {
        for (per_step, within) in [(1, 1_300), (77, 260), (100_000, 260)] {
            let steps = growing((1..=MINUTE).map(|step| step * per_step));
            assert!(steps[0] < within, "{per_step} a step: {}", steps[0]);
            assert_eq!(steps.len(), MINUTE - steps[0], "{per_step} a step");
        }
        let hours = growing((0..2_000_000).map(|step| step / 900));
        assert!(hours[0] < 1_100_000 && hours.len() > 2_000_000 - 1_100_000);
        let mut uneven = noise(500);
        let steps = growing((0..MINUTE).map(|step| step * 10 + uneven()));
        assert!(steps[0] < 500 && steps.len() == MINUTE - steps[0]);
        let periodic = growing((0..MINUTE).map(|step| step * 3 + (step % 100) * 50));
        assert!(periodic.len() > MINUTE / 2);
    }

    #[test]
    fn bursts_that_are_worked_off_do_not_grow() {
        for (size, per_step) in [(10_000, 100), (1_000_000, 300), (1_000_000, 1_000_000)] {
            let burst = (0..MINUTE).map(|step| size - (step * per_step).min(size));
            assert_eq!(growing(burst), NEVER, "{size}, {per_step} a step");
        }
        // It takes a few steps to come, others come before it has gone, and some on top of what stands.
        let slope = (0..64).map(|step| step * 1_000);
        let back = (0..5_000).map(|step| 64_000 - step * 12);
        for quiet in 0..64 {
            let quiet = core::iter::repeat_n(0, quiet);
            assert_eq!(
                growing(quiet.chain(slope.clone()).chain(back.clone())),
                NEVER
            );
        }
        let standing = core::iter::repeat_n(900, 10_000);
        let burst = (0..5_000).map(|step| 900 + 10_000 - step * 2);
        assert_eq!(growing(standing.chain(burst)), NEVER);
        let nine = core::iter::repeat_n(slope.chain(back), 9).flatten();
        assert_eq!(growing(nine), NEVER);
    }

    #[test]
    fn what_comes_and_goes_does_not_grow() {
        let steps = 20 * MINUTE;
        for below in [2_000, 1_000_000] {
            let mut any = noise(below);
            let from_zero = growing((0..steps).map(|_| any()));
            // That it stands, and has only just begun, takes a while to tell.
            let above = growing((0..steps).map(|_| below + any()));
            let above = above.iter().filter(|&&step| step > MINUTE);
            assert!(from_zero.len() < steps / 1_000 && above.count() < steps / 1_000);
        }
        // Drained every second, and every ten seconds: of these the first may be taken for growth.
        assert_eq!(growing((0..steps).map(|step| step % 60 * 1_000)), NEVER);
        let slow = growing((0..steps).map(|step| step % 600 * 1_000));
        assert!(slow.iter().all(|&step| step < 600));
    }

    #[test]
    fn it_ends_when_it_is_worked_off_or_stands() {
        let up = (0..1_000).map(|step| step * 100);
        let back = (0..1_000).map(|step| 100_000 - step * 100);
        let steps = growing(up.clone().chain(back));
        assert!(steps.last().is_some_and(|&last| last < 1_600));

        let stands = core::iter::repeat_n(100_000, 20_000);
        let steps = growing(up.chain(stands));
        assert!(steps.last().is_some_and(|&last| last < 1_000 + 18 * 64));
    }

    #[test]
    fn what_was_worked_off_is_forgotten_in_time() {
        let burst = (0..1_000).map(|step| 1_000_000 - step * 1_000);
        let steps = growing(burst.chain((0..40_000).map(|step| step * 10)));
        assert!(steps[0] < 15_000, "{}", steps[0]);
    }
}
