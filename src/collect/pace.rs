//! When to collect: counts and thresholds, as in `CPython`.

use crate::config::{Auto, Config, Generation};

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
    /// Objects that were garbage and are dead. What died by count in consequence is not among
    /// them.
    pub freed: usize,
    /// Objects that were examined and were not garbage.
    pub kept: usize,
}

/// What the collections up to one generation did, those of older generations not among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GenerationStats {
    /// How many there were.
    pub collections: u64,
    /// Objects that they examined.
    pub examined: u64,
    /// Objects that were garbage.
    pub freed: u64,
}

/// Counts of what has happened since the last collections.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    enabled: bool,
    thresholds: [u32; 3],
    /// Young collections since the last middle one, middle ones since the last old one.
    counts: [u32; 2],
    /// How many objects the last old collection kept.
    long_lived: usize,
    /// How many objects middle collections have kept since.
    long_lived_pending: usize,
    /// The suspicions that there were when the objects of each generation were last examined.
    examined_at: [u64; 3],
    stats: [GenerationStats; 3],
}

impl Pace {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            enabled: config.auto != Auto::Off,
            thresholds: config.thresholds,
            counts: [0; 2],
            long_lived: 0,
            long_lived_pending: 0,
            examined_at: [0; 3],
            stats: [GenerationStats::default(); 3],
        }
    }

    pub(crate) fn set_enabled(&mut self, enabled: bool) {
        self.enabled = enabled;
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled
    }

    pub(crate) fn thresholds(&self) -> [u32; 3] {
        self.thresholds
    }

    pub(crate) fn set_thresholds(&mut self, thresholds: [u32; 3]) {
        self.thresholds = thresholds;
    }

    pub(crate) fn counts(&self, allocations: u32) -> [u32; 3] {
        [allocations, self.counts[0], self.counts[1]]
    }

    pub(crate) fn reset_counts(&mut self) {
        self.counts = [0; 2];
    }

    /// Whether a collection is due, by the first count alone.
    #[inline]
    pub(crate) fn is_due(&self, allocations: u32) -> bool {
        self.enabled && allocations > self.thresholds[0] && self.thresholds[0] != 0
    }

    /// The oldest generation whose count is over its threshold.
    pub(crate) fn due_generation(&self, allocations: u32) -> Option<Generation> {
        if self.thresholds[0] == 0 {
            return None;
        }
        let counts = self.counts(allocations);
        let is_over = |&(at, _): &(usize, _)| {
            let waits = at == 2 && self.long_lived_pending < self.long_lived / 4;
            counts[at] > self.thresholds[at] && !waits
        };
        let over = GENERATIONS.into_iter().enumerate().rev().find(is_over);
        over.map(|(_, generation)| generation)
    }

    /// Whether a collection up to a generation could find anything: some count has fallen since
    /// the last one.
    pub(crate) fn is_worthwhile(&self, generation: Generation, suspicions: u64) -> bool {
        self.examined_at[position(generation)] != suspicions
    }

    /// Notes that a collection up to a generation begins.
    pub(crate) fn begin(&mut self, generation: Generation, suspicions: u64) {
        let at = position(generation);
        if let Some(next) = self.counts.get_mut(at) {
            *next = next.saturating_add(1);
        }
        self.counts[..at].fill(0);
        self.examined_at[..=at].fill(suspicions);
    }

    /// Notes what a collection did.
    pub(crate) fn end(&mut self, collected: &Collected) {
        let stats = &mut self.stats[position(collected.generation)];
        stats.collections += 1;
        stats.examined += collected.examined as u64;
        stats.freed += collected.freed as u64;
        match collected.generation {
            Generation::Young => {}
            Generation::Middle => self.long_lived_pending += collected.kept,
            Generation::Old | Generation::Permanent => {
                self.long_lived_pending = 0;
                self.long_lived = collected.kept;
            }
        }
    }

    /// What the collections of each generation did so far.
    pub(crate) fn stats(&self) -> [GenerationStats; 3] {
        self.stats
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
