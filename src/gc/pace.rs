//! When to collect: counts and thresholds, as in `CPython`, and growth; and how fast.

use core::time::Duration;

use crate::config::{Auto, Config, Generation};
#[cfg(feature = "serde")]
use crate::form;

/// The generations that can be collected, youngest first.
pub(crate) const GENERATIONS: [Generation; 3] =
    [Generation::Young, Generation::Middle, Generation::Old];

/// What a collection did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collected {
    /// The oldest generation that was examined, with all younger ones.
    pub generation: Generation,
    /// Objects that were examined.
    pub examined: usize,
    /// Objects that were garbage and are dead, or are kept because of
    /// [`Config::keep_garbage`](crate::Config::keep_garbage). What died by count as a consequence is not
    /// among them.
    pub freed: usize,
    /// Objects that were examined and were not garbage.
    pub kept: usize,
    /// Units of work that it took.
    pub units: u64,
}

impl Collected {
    /// Nothing was examined.
    pub(crate) fn nothing(generation: Generation) -> Self {
        Self {
            generation,
            examined: 0,
            freed: 0,
            kept: 0,
            units: 0,
        }
    }
}

/// What the collections of one generation did, without those of older generations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GenerationStats {
    /// How many there were.
    pub collections: u64,
    /// Objects that they examined.
    pub examined: u64,
    /// Objects that were garbage.
    pub freed: u64,
    /// Objects that were not.
    pub kept: u64,
    /// Units of work that they took.
    pub units: u64,
    /// The time that they took, with finalizers; zero without a clock: see
    /// [`Store::set_clock`](crate::Store::set_clock). It is the only figure that differs from run to run.
    pub time: Duration,
}

/// The fewest units of work that an insertion does for a collection that runs.
const LEAST_RATE: u64 = 20;
/// Bytes that an object is at least taken to weigh where growth is measured in bytes.
const LEAST_WEIGHT: usize = 64;

/// How much there is in a store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Insertions less deaths since the last collection.
    pub(crate) allocations: u32,
    pub(crate) objects: usize,
    pub(crate) edges: usize,
    pub(crate) bytes: usize,
    /// Whether a function of the user's says how many bytes these are.
    pub(crate) is_measured: bool,
    /// How often an object became a suspect.
    pub(crate) suspicions: u64,
}

/// What has happened since the last collections.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    enabled: bool,
    thresholds: [u32; 3],
    young_bytes: usize,
    growth: u32,
    behind_at: u32,
    assist_limit: u64,
    /// Young collections since the last middle one, middle ones since the last old one.
    counts: [u32; 2],
    /// How many objects the last old collection kept.
    long_lived: usize,
    /// How many objects there were then, including permanent ones, and what all of them weighed.
    base: (usize, usize),
    /// How many objects middle collections have kept since then.
    long_lived_pending: usize,
    /// What the objects weighed when the last collection began.
    bytes_before: usize,
    /// Above how many objects, or bytes, an old collection is due.
    grown: (usize, usize),
    /// How many suspicions there had been when the objects of each generation were last examined.
    examined_at: [u64; 3],
    /// The collection that begins when the one that runs is done, whether it is due or not.
    pub(crate) next: Option<Generation>,
    stats: [GenerationStats; 3],
}

impl Pace {
    pub(crate) fn new(config: &Config) -> Self {
        let mut pace = Self {
            enabled: config.auto != Auto::Off,
            thresholds: config.thresholds,
            young_bytes: config.young_bytes,
            growth: config.growth,
            behind_at: config.behind_at,
            assist_limit: config.assist_limit,
            counts: [0; 2],
            long_lived: 0,
            base: (0, 0),
            long_lived_pending: 0,
            bytes_before: 0,
            grown: (0, 0),
            examined_at: [0; 3],
            next: None,
            stats: [GenerationStats::default(); 3],
        };
        pace.grown = pace.allowance(pace.growth, 1);
        pace
    }

    /// Sets whether insertions collect.
    pub(crate) fn set_enabled(&mut self, enabled: bool) {
        self.enabled = enabled;
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled
    }

    pub(crate) fn set_thresholds(&mut self, thresholds: [u32; 3]) {
        self.thresholds = thresholds;
        self.grown = self.allowance(self.growth, 1);
    }

    pub(crate) fn counts(&self, allocations: u32) -> [u32; 3] {
        [allocations, self.counts[0], self.counts[1]]
    }

    pub(crate) fn reset_counts(&mut self) {
        self.counts = [0; 2];
    }

    /// Whether a collection may be due, by the counts that change with each insertion.
    #[inline]
    pub(crate) fn is_due(&self, load: &Load) -> bool {
        self.thresholds[0] != 0
            && (load.allocations > self.thresholds[0]
                || load.bytes > self.bytes_before.saturating_add(self.young_bytes)
                || self.has_grown(load))
    }

    /// At least how many objects of a weight, which nothing measures, may be inserted before a
    /// collection may be due, if nothing but insertions and deaths happens.
    pub(crate) fn quiet_for(&self, load: &Load, weight: usize) -> u64 {
        if !self.enabled || self.thresholds[0] == 0 {
            return u64::MAX;
        }
        let by_count = self.thresholds[0].saturating_sub(load.allocations);
        let by_growth = self.grown.0.saturating_sub(load.objects);
        let most = self.bytes_before.saturating_add(self.young_bytes);
        let by_bytes = most.saturating_sub(load.bytes) / weight.max(1);
        by_growth.min(by_bytes).min(by_count as usize) as u64
    }

    /// Whether the store has grown so much that an old collection is due.
    #[inline]
    fn has_grown(&self, load: &Load) -> bool {
        // The size of a type differs from target to target, and says no more than the number of
        // objects.
        load.objects > self.grown.0 || load.is_measured && load.bytes > self.grown.1
    }

    /// How many objects, and bytes, there are when the store has grown by so many percent since the last
    /// old collection, and by at least `least` times the first threshold.
    fn allowance(&self, percent: u32, least: usize) -> (usize, usize) {
        if percent == u32::MAX {
            return (usize::MAX, usize::MAX);
        }
        let least = (self.thresholds[0] as usize).saturating_mul(least);
        let grown = |kept: usize, least: usize| {
            let (kept_of, percent) = (kept as u64, u64::from(percent));
            let more = (kept_of / 100).saturating_mul(percent);
            let more = more.saturating_add(kept_of % 100 * percent / 100);
            let more = usize::try_from(more).unwrap_or(usize::MAX);
            kept.saturating_add(more.max(least))
        };
        let bytes = least.saturating_mul(LEAST_WEIGHT);
        (grown(self.base.0, least), grown(self.base.1, bytes))
    }

    /// How many objects there are above what `behind_at` allows.
    pub(crate) fn excess(&self, load: &Load) -> usize {
        if self.thresholds[0] == 0 || !self.is_worthwhile(Generation::Old, load.suspicions) {
            return 0;
        }
        let (objects, _) = self.allowance(self.behind_at, 3);
        load.objects.saturating_sub(objects)
    }

    /// The oldest generation that is due. While an old collection runs no other old one is due.
    pub(crate) fn due_generation(&self, load: &Load, old_runs: bool) -> Option<Generation> {
        if !self.is_due(load) {
            return None;
        }
        let counts = self.counts(load.allocations);
        let is_over = |&(at, _): &(usize, _)| {
            let waits = at == 2 && (old_runs || self.long_lived_pending < self.long_lived / 4);
            counts[at] > self.thresholds[at] && !waits
        };
        if !old_runs && self.has_grown(load) {
            return Some(Generation::Old);
        }
        let over = GENERATIONS.into_iter().enumerate().rev().find(is_over);
        let by_bytes = load.bytes > self.bytes_before.saturating_add(self.young_bytes);
        over.map(|(_, generation)| generation)
            .or(by_bytes.then_some(Generation::Young))
    }

    /// Whether a collection up to a generation could find anything: some count has fallen since
    /// the last one.
    pub(crate) fn is_worthwhile(&self, generation: Generation, suspicions: u64) -> bool {
        self.examined_at[position(generation)] != suspicions
    }

    /// Notes that a collection up to a generation begins.
    pub(crate) fn begin(&mut self, generation: Generation, load: &Load) {
        let at = position(generation);
        if let Some(next) = self.counts.get_mut(at) {
            *next = next.saturating_add(1);
        }
        self.counts[..at].fill(0);
        self.examined_at[..=at].fill(load.suspicions);
        self.bytes_before = load.bytes;
        if self.next.is_some_and(|next| next <= generation) {
            self.next = None;
        }
    }

    /// Notes what a collection did, how many objects are permanent, and what all objects weigh now.
    pub(crate) fn end(&mut self, collected: &Collected, permanent: usize, bytes: usize) {
        let stats = &mut self.stats[position(collected.generation)];
        stats.collections += 1;
        stats.examined += collected.examined as u64;
        stats.freed += collected.freed as u64;
        stats.kept += collected.kept as u64;
        stats.units = stats.units.saturating_add(collected.units);
        self.bytes_before = self.bytes_before.min(bytes);
        match collected.generation {
            Generation::Young => {}
            Generation::Middle => {
                self.long_lived_pending = self.long_lived_pending.saturating_add(collected.kept);
            }
            Generation::Old | Generation::Permanent => {
                self.long_lived_pending = 0;
                self.long_lived = collected.kept;
                self.base = (collected.kept + permanent, bytes);
                self.grown = self.allowance(self.growth, 1);
            }
        }
    }

    /// Notes how long a piece of a collection took.
    pub(crate) fn took(&mut self, generation: Generation, time: Duration) {
        let total = &mut self.stats[position(generation)].time;
        *total = total.saturating_add(time);
    }

    /// What the collections of each generation did so far.
    pub(crate) fn stats(&self) -> [GenerationStats; 3] {
        self.stats
    }

    /// How many units of work a collection of so many objects will take, at a guess.
    pub(crate) fn estimate(examined: usize, load: &Load) -> u64 {
        let degree = load.edges / load.objects.max(1);
        (examined as u64).saturating_mul(degree as u64 + 2)
    }

    /// How many units of work an insertion does while collections run: enough that a young one ends
    /// before as many objects are born again, and the old one before it has used up what may float; never
    /// more than the limit.
    pub(crate) fn rate(&self, load: &Load, old_left: u64) -> u64 {
        let degree = (load.edges / load.objects.max(1)) as u64;
        let young = LEAST_RATE + 4 * degree;
        let (floating, _) = self.allowance(self.behind_at, 3);
        let room = floating.saturating_sub(load.objects).max(1) as u64;
        let old = (old_left.saturating_mul(2) / room).min(self.assist_limit);
        (young + old).min(self.assist_limit)
    }
}

#[cfg(feature = "serde")]
impl Pace {
    pub(crate) fn saved(&self) -> form::Pace {
        form::Pace {
            counts: self.counts,
            long_lived: self.long_lived as u64,
            base_objects: self.base.0 as u64,
            base_bytes: self.base.1 as u64,
            long_lived_pending: self.long_lived_pending as u64,
            bytes_before: self.bytes_before as u64,
            examined_at: self.examined_at,
            next: self.next,
            generations: self.stats.map(|stats| form::GenerationStats {
                collections: stats.collections,
                examined: stats.examined,
                freed: stats.freed,
                kept: stats.kept,
                units: stats.units,
                seconds: stats.time.as_secs(),
                nanoseconds: stats.time.subsec_nanos(),
            }),
        }
    }

    pub(crate) fn restore(config: &Config, form: &form::Pace) -> Result<Self, form::Fault> {
        let mut pace = Self {
            counts: form.counts,
            long_lived: form::narrow(form.long_lived),
            base: (
                form::count(form.base_objects, "objects before")?,
                form::narrow(form.base_bytes),
            ),
            long_lived_pending: form::narrow(form.long_lived_pending),
            bytes_before: form::narrow(form.bytes_before),
            examined_at: form.examined_at,
            next: form.next,
            ..Self::new(config)
        };
        pace.grown = pace.allowance(pace.growth, 1);
        for (stats, form) in pace.stats.iter_mut().zip(&form.generations) {
            let of = "statistics of collections";
            form::demand!(form.nanoseconds < 1_000_000_000, "{of}: more than a second");
            *stats = GenerationStats {
                collections: form::counter(form.collections, of)?,
                examined: form::counter(form.examined, of)?,
                freed: form::counter(form.freed, of)?,
                kept: form::counter(form.kept, of)?,
                units: form.units,
                time: Duration::new(form.seconds, form.nanoseconds),
            };
        }
        Ok(pace)
    }
}

/// Place of a generation in the counts; permanent objects are not collected.
fn position(generation: Generation) -> usize {
    match generation {
        Generation::Young => 0,
        Generation::Middle => 1,
        Generation::Old | Generation::Permanent => 2,
    }
}
