//! What the collector does next: which collection to begin and which to work on, when suspects are traced instead,
//! and what an insertion has to do for all of that.
//!
//! Two collections may run at a time: an old one, and in the middle of it one of the young or middle generation.
//! Whoever asks runs what is the user's code, finalizers and observers, in between.

use slotmap::KeyData;

use crate::config::{Auto, Config, Cycles, Generation};
#[cfg(feature = "serde")]
use crate::form;
use crate::gc::Phase;
use crate::gc::backtrace::Backtracer;
use crate::gc::machine::Collector;
use crate::gc::pace::{Collected, GENERATIONS, Load, Pace};
#[cfg(feature = "serde")]
use crate::graph::Graph;
use crate::graph::colours::Which;
use crate::objects::Objects;
use crate::paged::Pages;
use crate::units::Units;

/// Insertions for which units of work are done together: a batch costs less than its parts.
pub(crate) const TOGETHER: usize = 64;
/// Arenas that are looked at for one unit of work.
const ARENAS: usize = 8;
/// Fewer suspects are traced one by one in any case.
const MANY: usize = 1 << 12;

/// What is to be done for collections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// To work on one that runs.
    Work(Which),
    /// To begin one.
    Begin(Which, Generation),
    /// To count one that could find nothing.
    Skip(Generation),
}

/// The collections, the searches, and what decides between them.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    /// The collection of the young or middle generation, and of the old one.
    pub(crate) minor: Collector,
    pub(crate) major: Collector,
    pub(crate) backtracer: Backtracer,
    pub(crate) pace: Pace,
    /// How many objects collections have found to be garbage, which are dead.
    pub(crate) collected: u64,
    /// Garbage that was kept.
    pub(crate) garbage: Pages<KeyData>,
    /// Until there have been so many insertions, one has nothing else to do.
    quiet_until: u64,
    /// When there have been so many insertions, the next one works on a collection.
    assist_at: Option<u64>,
}

impl Schedule {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            minor: Collector::new(Which::Minor),
            major: Collector::new(Which::Major),
            backtracer: Backtracer::default(),
            pace: Pace::new(config),
            collected: 0,
            garbage: Pages::default(),
            quiet_until: 0,
            assist_at: None,
        }
    }

    pub(crate) fn collector(&self, which: Which) -> &Collector {
        match which {
            Which::Minor => &self.minor,
            Which::Major => &self.major,
        }
    }

    pub(crate) fn collector_mut(&mut self, which: Which) -> &mut Collector {
        match which {
            Which::Minor => &mut self.minor,
            Which::Major => &mut self.major,
        }
    }

    /// What a running collection does: the minor one, if two run.
    pub(crate) fn phase(&self) -> Phase {
        if self.minor.is_idle() {
            self.major.phase()
        } else {
            self.minor.phase()
        }
    }

    /// Whether a collection runs.
    pub(crate) fn is_collecting(&self) -> bool {
        !self.minor.is_idle() || !self.major.is_idle()
    }

    /// Gives back what the collections do not need.
    pub(crate) fn shrink(&mut self) {
        self.minor.shrink();
        self.major.shrink();
        self.backtracer.shrink();
        self.garbage.shrink();
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let collectors = self.minor.memory() + self.major.memory();
        collectors + self.backtracer.memory() + self.garbage.memory()
    }
}

#[cfg(feature = "serde")]
impl Schedule {
    pub(crate) fn saved<E>(&self, graph: &Graph<E>) -> form::Collections {
        form::Collections {
            minor: self.minor.saved(graph.colours(Which::Minor)),
            major: self.major.saved(graph.colours(Which::Major)),
            searches: self.backtracer.saved(),
            pace: self.pace.saved(),
            garbage: self.garbage.iter().copied().collect(),
            assist_at: self.assist_at,
        }
    }

    /// Makes the collections of a store with so many arenas, of which `used` have tables.
    pub(crate) fn restore(
        config: &Config,
        form: &form::Collections,
        counters: &form::Counters,
        (arenas, used): (usize, usize),
    ) -> Result<Self, form::Fault> {
        let traced = form::counter(counters.traced, "objects found by searches")?;
        let mut schedule = Self {
            minor: Collector::restore(Which::Minor, &form.minor, arenas, used)?,
            major: Collector::restore(Which::Major, &form.major, arenas, used)?,
            backtracer: Backtracer::restore(&form.searches, traced, used)?,
            pace: Pace::restore(config, &form.pace)?,
            collected: form::counter(counters.collected, "objects found by collections")?,
            assist_at: form.assist_at,
            ..Self::new(config)
        };
        schedule.garbage.extend(form.garbage.iter().copied());
        Ok(schedule)
    }

    /// Whether two collections take the dead out.
    pub(crate) fn are_both_sweeping(&self) -> bool {
        let is_sweeping = |collector: &Collector| collector.phase() == Phase::Sweep;
        is_sweeping(&self.minor) && is_sweeping(&self.major)
    }

    /// Whether a dead object will still lose its edges.
    pub(crate) fn will_detach(&self, index: u32) -> bool {
        // What searches have found is swept first, by whatever else it is reached.
        if self.backtracer.will_reclaim(index) {
            return self.backtracer.will_detach(index);
        }
        let mut collectors = [&self.minor, &self.major].into_iter();
        collectors.any(|collector| collector.will_detach(index))
    }

    /// Whether a dead object will leave the store.
    pub(crate) fn will_reclaim(&self, index: u32) -> bool {
        let collectors = [&self.minor, &self.major];
        collectors
            .iter()
            .any(|collector| collector.will_reclaim(index))
            || self.backtracer.will_reclaim(index)
    }
}

/// Collections.
impl Schedule {
    /// How much there is in the store.
    #[inline]
    pub(crate) fn load<T, E>(objects: &Objects<T, E>) -> Load {
        Load {
            allocations: objects.allocations,
            objects: objects.len(),
            edges: objects.graph.edges().len(),
            bytes: objects.bytes(),
            is_measured: objects.is_measured(),
            suspicions: objects.graph.suspects().total(),
        }
    }

    /// Roughly how many units are left of the collections that run.
    pub(crate) fn estimate_left<T, E>(&self, objects: &Objects<T, E>) -> u64 {
        let load = Self::load(objects);
        let left = |collector: &Collector| {
            if collector.is_idle() {
                return 0;
            }
            if collector.phase() == Phase::Sweep {
                return 10 * objects.doomed as u64 + 1;
            }
            let so_far = collector.collected();
            let examined = match so_far.generation {
                Generation::Old | Generation::Permanent => load.objects,
                // No more than arenas are looked at, as each step asks.
                _ if so_far.examined == 0 => objects.heap.generation_len(Generation::Young),
                _ => so_far.examined,
            };
            Pace::estimate(examined, &load).saturating_sub(so_far.units) + 1
        };
        left(&self.minor) + left(&self.major)
    }

    /// Asks for a collection, whether it is due or not: insertions and steps begin it next.
    pub(crate) fn request<T, E>(&mut self, objects: &Objects<T, E>, generation: Generation) {
        self.wake();
        self.pace.next = self.pace.next.max(Some(generation));
        self.assist_at = Some(objects.inserted);
    }

    /// What is to be done for collections, if anything; what it takes to see that is spent. A collection of the
    /// young is worked on before an old one, unless that sweeps, and comes before one begins.
    pub(crate) fn next<T, E>(&mut self, objects: &Objects<T, E>, left: &mut Units) -> Option<Due> {
        let major_runs = !self.major.is_idle();
        if self.major.phase() != Phase::Sweep {
            if !self.minor.is_idle() {
                return Some(Due::Work(Which::Minor));
            }
            if let Some(due) = self.next_to_begin(objects, major_runs) {
                left.spend(1);
                if let Due::Skip(_) = due {
                    left.spend(objects.heap.arenas().len() / ARENAS);
                }
                return Some(due);
            }
        }
        major_runs.then_some(Due::Work(Which::Major))
    }

    /// The collection that was asked for, or is due.
    fn next_to_begin<T, E>(&mut self, objects: &Objects<T, E>, major_runs: bool) -> Option<Due> {
        if let Some(generation) = self.pace.next {
            let which = Which::of(generation);
            if which == Which::Minor || !major_runs {
                return Some(Due::Begin(which, generation));
            }
        }
        let (generation, is_worthwhile) = self.due(objects)?;
        if !is_worthwhile {
            return Some(Due::Skip(generation));
        }
        let suspicions = objects.graph.suspects().total();
        if generation == Generation::Old && self.pace.is_worthwhile(Generation::Young, suspicions) {
            self.pace.next = Some(Generation::Old);
            return Some(Due::Begin(Which::Minor, Generation::Young));
        }
        Some(Due::Begin(Which::of(generation), generation))
    }

    /// The collection that is due by the counts, if one is, and whether it could find anything.
    pub(crate) fn due<T, E>(&self, objects: &Objects<T, E>) -> Option<(Generation, bool)> {
        let load = Self::load(objects);
        let generation = self.pace.due_generation(&load, !self.major.is_idle())?;
        Some((
            generation,
            self.pace.is_worthwhile(generation, load.suspicions),
        ))
    }

    /// Begins a collection for which the way is clear.
    pub(crate) fn begin<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        config: &Config,
        (which, generation): (Which, Generation),
    ) {
        self.count(objects, generation);
        let suspects = objects.graph.suspects().len();
        let measures = which == Which::Major && self.are_many(objects, config, suspects);
        let keeps = config.keep_garbage;
        self.collector_mut(which)
            .begin(objects, generation, keeps, measures);
    }

    /// Counts a collection that could find nothing, and promotes.
    pub(crate) fn skip<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        generation: Generation,
    ) -> Collected {
        self.count(objects, generation);
        let younger = GENERATIONS.iter().filter(|&&younger| younger <= generation);
        let collected = Collected {
            kept: younger.map(|&of| objects.generation_len(of)).sum(),
            ..Collected::nothing(generation)
        };
        objects.heap.promote(generation);
        self.count_end(objects, &collected);
        collected
    }

    fn count<T, E>(&mut self, objects: &mut Objects<T, E>, generation: Generation) {
        self.wake();
        self.pace.begin(generation, &Self::load(objects));
        objects.allocations = 0;
    }

    fn count_end<T, E>(&mut self, objects: &Objects<T, E>, collected: &Collected) {
        let permanent = objects.generation_len(Generation::Permanent);
        self.pace.end(collected, permanent, objects.bytes());
    }

    /// Notes what a collection did that has ended.
    pub(crate) fn end<T, E>(
        &mut self,
        objects: &Objects<T, E>,
        which: Which,
        collected: &Collected,
    ) {
        let mut found = core::mem::take(&mut self.collector_mut(which).garbage);
        self.garbage.append(&mut found);
        self.wake();
        self.count_end(objects, collected);
    }

    /// How many objects there are above what may float.
    pub(crate) fn excess<T, E>(&self, objects: &Objects<T, E>) -> usize {
        self.pace.excess(&Self::load(objects))
    }

    /// Whether anything is left for steps to do.
    pub(crate) fn has_work<T, E>(&self, objects: &Objects<T, E>, config: &Config) -> bool {
        !self.backtracer.is_idle()
            || traces_in_steps(config) && !objects.graph.suspects().is_empty()
            || self.is_collecting()
            || self.pace.next.is_some()
            || self
                .pace
                .due_generation(&Self::load(objects), false)
                .is_some()
    }

    /// Whether a collection could free anything: what insists at a limit does not search all each time.
    pub(crate) fn may_free<T, E>(&self, objects: &Objects<T, E>) -> bool {
        let suspicions = objects.graph.suspects().total();
        self.pace.is_worthwhile(Generation::Old, suspicions)
            || self.is_collecting()
            || !self.backtracer.is_idle()
    }
}

/// Suspects.
impl Schedule {
    /// Whether the next thing to be done is to trace a suspect: it comes before collections, unless these
    /// are behind, or suspects are many. `full`: the budget, of which half may be spent in vain.
    pub(crate) fn traces_next<T, E>(
        &self,
        objects: &Objects<T, E>,
        config: &Config,
        full: u64,
    ) -> bool {
        let suspects = objects.graph.suspects().len();
        if !traces_in_steps(config) || suspects == 0 || self.backtracer.vain > full / 2 {
            return false;
        }
        if self.are_many(objects, config, suspects) {
            return false;
        }
        let is_behind = self.excess(objects) > 0;
        !is_behind || !self.is_collecting() && self.due(objects).is_none()
    }

    /// Whether there are so many suspects that to trace all of them, one by one, is likely to cost more than a
    /// collection of all objects, which decides on them together.
    fn are_many<T, E>(&self, objects: &Objects<T, E>, config: &Config, suspects: usize) -> bool {
        suspects >= MANY
            && traces_in_steps(config)
            && self.backtracer.fruitless.cost(suspects)
                > Pace::estimate(objects.len(), &Self::load(objects))
    }

    /// Asks for a collection to decide on suspects, if there are many on which none decides that runs.
    pub(crate) fn request_for_suspects<T, E>(&mut self, objects: &Objects<T, E>, config: &Config) {
        let suspects = objects.graph.suspects().undecided();
        let is_free = self.major.is_idle() && self.pace.next.is_none();
        if is_free && self.are_many(objects, config, suspects) {
            self.pace.next = Some(Generation::Old);
        }
    }
}

/// Whether steps trace suspects.
pub(crate) fn traces_in_steps(config: &Config) -> bool {
    config.cycles != Cycles::Manual && !config.keep_garbage
}

/// Insertions.
impl Schedule {
    /// Makes the next insertion ask what it has to do besides: something has changed that decides on it.
    #[inline]
    pub(crate) fn wake(&mut self) {
        self.quiet_until = 0;
    }

    /// Whether an insertion has nothing else to do.
    #[inline]
    pub(crate) fn is_quiet(&self, inserted: u64) -> bool {
        inserted < self.quiet_until
    }

    /// Notes for how many insertions, of objects that nothing measures, none has anything else to do. Deaths
    /// prolong this.
    pub(crate) fn rest<T, E>(&mut self, objects: &Objects<T, E>, config: &Config) {
        let weight = size_of::<T>();
        let load = Self::load(objects);
        let next = match self.assist_at.filter(|_| self.pace.is_enabled()) {
            Some(at) => at.saturating_sub(objects.inserted),
            None => self.pace.quiet_for(&load, weight),
        };
        let most_objects = config.max_objects.saturating_sub(load.objects);
        let most_bytes = config.max_bytes.saturating_sub(load.bytes) / weight.max(1);
        let quiet_for = next.min(most_objects.min(most_bytes) as u64);
        self.quiet_until = objects.inserted.saturating_add(quiet_for);
    }

    /// Whether insertions collect, and collections are due, or it is time to work on those that run.
    #[inline]
    pub(crate) fn wants_work<T, E>(&self, objects: &Objects<T, E>) -> bool {
        if !self.pace.is_enabled() {
            return false;
        }
        match self.assist_at {
            Some(at) => objects.inserted >= at,
            None => self.pace.is_due(&Self::load(objects)),
        }
    }

    /// How many units of work an insertion is to do now, if it is its turn.
    pub(crate) fn units_for_insertion<T, E>(&mut self, objects: &Objects<T, E>) -> Option<u64> {
        let at = *self.assist_at.get_or_insert(objects.inserted);
        if objects.inserted < at {
            return None;
        }
        let left = self.estimate_left(objects);
        let rate = self.pace.rate(&Self::load(objects), left);
        Some(rate.saturating_mul(TOGETHER as u64))
    }

    /// Puts the turn off until so many more objects have been inserted.
    pub(crate) fn assist_after<T, E>(&mut self, objects: &Objects<T, E>, insertions: usize) {
        self.assist_at = Some(objects.inserted + insertions as u64);
    }

    /// Makes it the turn of the next insertion, if insertions work on collections.
    pub(crate) fn assist_at_once<T, E>(&mut self, objects: &Objects<T, E>) {
        if self.assist_at.is_some() {
            self.assist_at = Some(objects.inserted);
        }
    }

    /// Lets insertions work on nothing until a collection is due.
    pub(crate) fn assist_no_more(&mut self) {
        self.assist_at = None;
    }

    /// Whether no collection runs, was asked for, or is due.
    pub(crate) fn is_done<T, E>(&self, objects: &Objects<T, E>) -> bool {
        !self.is_collecting() && self.pace.next.is_none() && !self.pace.is_due(&Self::load(objects))
    }

    /// Sets whether insertions collect.
    pub(crate) fn set_auto(&mut self, auto: Auto) {
        self.wake();
        self.pace.set_enabled(auto != Auto::Off);
    }
}
