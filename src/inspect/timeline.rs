//! What happened from moment to moment.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// How many samples there are before pairs of them become one.
const SAMPLES: usize = 1024;

/// A record of a run: how many objects there were, how many died and of what, and how long the program stood still.
///
/// It is recorded once a frame, or however often there is something to see, by [`record`](Self::record).
/// [`Page::timeline`](super::export::Page::timeline) draws it. It takes at most 80 KiB, however long the run is: when
/// there are 1,024 samples, each two become one, and from then on a sample is of twice as many moments.
///
/// # Examples
/// ```
/// use std::time::Instant;
/// use understory::{Budget, Store};
/// use understory::inspect::Timeline;
///
/// let mut store: Store<u32> = Store::new();
/// let mut timeline = Timeline::new("frame");
/// for frame in 0..3 {
///     store.insert(frame);
///     let start = Instant::now();
///     store.step(Budget::units(1_000));
///     timeline.record(&store, start.elapsed());
/// }
/// let live: Vec<usize> = timeline.samples().iter().map(|sample| sample.live.iter().sum()).collect();
/// assert_eq!(live, [1, 2, 3]);
/// ```
#[derive(Clone, Debug)]
pub struct Timeline {
    unit: String,
    samples: Vec<Sample>,
    /// How many moments a sample is of, and how many the last one is of so far.
    per_sample: u32,
    in_last: u32,
    /// All deaths up to the last moment.
    deaths: [u64; 4],
}

/// One point of a [`Timeline`]: of one moment, or of several in a long run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sample {
    /// How many objects were young, middle, old and permanent in the end.
    pub live: [usize; 4],
    /// How many objects died by count, were found by searches and by collections, and were destroyed.
    pub deaths: [u64; 4],
    /// The longest pause.
    pub longest: Duration,
    /// All pauses together.
    pub paused: Duration,
}

impl Timeline {
    /// A timeline without samples, and what a moment of it is called: a frame, a tick, a day.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// assert!(understory::inspect::Timeline::new("frame").samples().is_empty());
    /// ```
    #[must_use]
    pub fn new(unit: impl Into<String>) -> Self {
        Self {
            unit: unit.into(),
            samples: Vec::new(),
            per_sample: 1,
            in_last: 0,
            deaths: [0; 4],
        }
    }

    /// What a moment is called.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// assert_eq!(understory::inspect::Timeline::new("frame").unit(), "frame");
    /// ```
    #[must_use]
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// The samples so far, the earliest first.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use core::time::Duration;
    /// use understory::Store;
    /// use understory::inspect::Timeline;
    ///
    /// let store: Store<u32> = (0..3).collect();
    /// let mut timeline = Timeline::new("frame");
    /// timeline.record(&store, Duration::ZERO);
    /// assert_eq!(timeline.samples()[0].live, [3, 0, 0, 0]);
    /// ```
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// How many moments a sample is of; the last one may be of fewer.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use core::time::Duration;
    /// use understory::Store;
    /// use understory::inspect::Timeline;
    ///
    /// let store: Store<u32> = Store::new();
    /// let mut timeline = Timeline::new("frame");
    /// for _ in 0..3_000 {
    ///     timeline.record(&store, Duration::ZERO);
    /// }
    /// assert_eq!((timeline.per_sample(), timeline.samples().len()), (4, 750));
    /// ```
    #[must_use]
    pub fn per_sample(&self) -> u32 {
        self.per_sample
    }

    /// Adds a moment: what is alive, all deaths so far, and how long the program stood still.
    pub(crate) fn push(&mut self, live: [usize; 4], deaths: [u64; 4], pause: Duration) {
        let is_full = self.in_last == self.per_sample || self.samples.is_empty();
        if is_full && self.samples.len() == SAMPLES {
            self.halve();
        }
        if self.in_last == self.per_sample || self.samples.is_empty() {
            self.samples.push(Sample::default());
            self.in_last = 0;
        }
        self.in_last += 1;
        let Some(last) = self.samples.last_mut() else {
            return;
        };
        last.live = live;
        for (at, now) in deaths.into_iter().enumerate() {
            // Deaths are fewer than before if the store is another one now.
            last.deaths[at] += now.saturating_sub(self.deaths[at]);
        }
        last.longest = last.longest.max(pause);
        last.paused += pause;
        self.deaths = deaths;
    }

    /// Makes one sample of each two.
    fn halve(&mut self) {
        for at in 0..SAMPLES / 2 {
            let [first, second] = [self.samples[2 * at], self.samples[2 * at + 1]];
            let mut both = second;
            for (deaths, more) in both.deaths.iter_mut().zip(first.deaths) {
                *deaths += more;
            }
            both.longest = first.longest.max(second.longest);
            both.paused += first.paused;
            self.samples[at] = both;
        }
        self.samples.truncate(SAMPLES / 2);
        self.per_sample *= 2;
        self.in_last = self.per_sample;
    }

    /// How many moments there were.
    pub(crate) fn moments(&self) -> u64 {
        let whole = (self.samples.len() as u64).saturating_sub(1);
        whole * u64::from(self.per_sample) + u64::from(self.in_last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_when_samples_become_one() {
        let mut timeline = Timeline::new("frame");
        let (mut deaths, mut paused) = ([0; 4], Duration::ZERO);
        for moment in 1..=10_000_u64 {
            deaths = [moment, 2 * moment, 0, moment / 3];
            let pause = Duration::from_micros(moment * 7_919 % 1_000);
            paused += pause;
            timeline.push([1, 2, 3, 4], deaths, pause);
            assert!(timeline.samples.len() <= SAMPLES);
            assert_eq!(timeline.moments(), moment);
        }
        let sum = |of: &dyn Fn(&Sample) -> u64| -> u64 { timeline.samples().iter().map(of).sum() };
        for (cause, all) in deaths.into_iter().enumerate() {
            assert_eq!(sum(&|sample| sample.deaths[cause]), all);
        }
        let all: Duration = timeline.samples().iter().map(|sample| sample.paused).sum();
        assert_eq!(all, paused);
        for (sample, at) in timeline.samples().iter().zip(0_u64..) {
            let moments = 16 * at + 1..=16 * at + 16;
            let longest = moments.map(|moment| moment * 7_919 % 1_000).max();
            assert_eq!(sample.longest.as_micros(), u128::from(longest.unwrap_or(0)));
        }
        assert_eq!((timeline.per_sample(), timeline.samples().len()), (16, 625));
    }
}
