//! What a store may hold, when it reclaims, and when it collects.

mod profiles;
mod setters;

/// How much collecting the objects of an arena have survived.
///
/// A collection examines a generation together with the younger ones. `Ord` goes from the youngest to
/// the oldest.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// Where new objects go.
    #[default]
    Young,
    /// Survived a young collection.
    Middle,
    /// Survived a middle or an old collection, be it from the young generation.
    Old,
    /// Frozen: never examined, and so taken for a root of what it refers to.
    Permanent,
}

/// When an object whose reference count has reached zero is reclaimed.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reclaim {
    /// Within the call that took the last root or edge.
    #[default]
    Immediate,
    /// In [`Store::step`](crate::Store::step), as far as its budget goes; or in a call of
    /// [`collect`](crate::Store::collect), [`collect_generation`](crate::Store::collect_generation) or
    /// [`trace`](crate::Store::trace), or at a limit. A program that makes none of these calls reclaims nothing:
    /// collections that insertions work on don't. Until then the object resolves, and a root or an edge saves
    /// it.
    AtStep,
}

/// What happens when a threshold is passed by an insertion. Steps work on collections whatever this says.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auto {
    /// A collection begins, and this insertion and later ones each do a bounded number of units of it:
    /// enough that it ends before too much garbage floats, and at most [`Config::assist_limit`].
    /// [`Store::step`](crate::Store::step) works on it too.
    #[default]
    Assist,
    /// The insertion first runs the whole collection, as `CPython` does. (One that a step has begun is
    /// worked on as under `Assist`.)
    Whole,
    /// Nothing: it is for the program to call [`Store::step`](crate::Store::step), which begins what is
    /// due and works on it, [`Store::collect`](crate::Store::collect) or
    /// [`Store::collect_due`](crate::Store::collect_due). (An insertion that would pass a limit still
    /// collects before it is refused: see [`Config::max_objects`](Config#structfield.max_objects).)
    Off,
}

/// When suspects are traced back to a root, so that garbage cycles die soon.
///
/// A suspect is an object whose reference count fell, but not to zero: only such an object can have
/// become part of a garbage cycle. Tracing it costs in proportion to the garbage it is part of, or, if it
/// is alive, about as many looks as it is edges away from a root: some tens of objects in most worlds. What
/// is not traced is left to collections.
///
/// If there are so many suspects that to trace them is likely to cost more than a collection, as after a level was
/// inserted, linked and unrooted object by object, steps trace none of them: they begin a collection of all
/// objects, which decides on all suspects together.
///
/// What tells a search where roots are ends at 255 edges. Farther out a search is given a sixteenth of the
/// budget, each time the suspect's count falls, and then leaves it to a collection. With an unlimited budget
/// it costs as much as the distance in a chain, and elsewhere as much as surrounds the suspect. The ways
/// out: root something that is nearer to it; make edges back weak, so that it is no suspect; or take
/// [`Manual`](Self::Manual) and leave it to collections.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cycles {
    /// Within the call that made the suspect, as far as [`Config::trace_limit`] goes; under
    /// [`Reclaim::AtStep`] in the next step, like every death.
    Prompt,
    /// In [`Store::step`](crate::Store::step), as far as its budget goes; or in
    /// [`Store::trace`](crate::Store::trace). In a program that calls neither it is left to collections.
    #[default]
    AtStep,
    /// In [`Store::trace`](crate::Store::trace) alone; without that call it is left to collections.
    Manual,
}

/// The settings of a store, taken by [`Store::with_config`](crate::Store::with_config).
///
/// Some depend on others, and say so:
///
/// - [`max_bytes`](Self#structfield.max_bytes), [`young_bytes`](Self#structfield.young_bytes) and the bytes of
///   [`growth`](Self#structfield.growth) know what values own only after
///   [`Store::measure_with`](crate::Store::measure_with).
/// - With 0 as the first of the [`thresholds`](Self#structfield.thresholds) nothing is due by other settings
///   either.
/// - [`catch_up`](Self#structfield.catch_up) and [`Reclaim::AtStep`] are for programs that call
///   [`Store::step`](crate::Store::step).
/// - [`assist_limit`](Self#structfield.assist_limit) is for [`Auto::Assist`],
///   [`trace_limit`](Self#structfield.trace_limit) for [`Cycles::Prompt`].
/// - With [`keep_garbage`](Self#structfield.keep_garbage) no suspect is traced, whatever
///   [`cycles`](Self#structfield.cycles) says.
///
/// # Examples
/// ```
/// use understory::{Config, Reclaim, Store};
///
/// let config = Config::new().max_objects(1_000).reclaim(Reclaim::AtStep);
/// let store = Store::<&str>::with_config(config);
/// assert_eq!(store.config().max_objects, 1_000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The most objects at a time. An insertion that would pass it first takes note of dropped `Root`s and
    /// collects, and is refused if that does not help. It does neither within a scope or a finalizer, and
    /// does not collect where nothing could be found: where no count has fallen, other than to zero, since
    /// the last collection. By default there is no limit but the (2²⁰ − 1) × 4,095 slots that handles can
    /// name. With [`keep_garbage`](Self#structfield.keep_garbage) a collection makes no room.
    pub max_objects: usize,
    /// The most bytes of objects at a time, as [`Store::bytes`](crate::Store::bytes) counts them: the size
    /// of `T` each, without what values own, unless
    /// [`Store::measure_with`](crate::Store::measure_with) says how to weigh them. What
    /// [`record_deaths`](Self#structfield.record_deaths) keeps does not count. What an insertion does that would pass
    /// the limit is said at [`max_objects`](Self#structfield.max_objects). If types have another size on
    /// another target, as pointers have, other insertions are refused there.
    /// No limit by default.
    pub max_bytes: usize,
    /// When objects without an owner are reclaimed; within the call that let go of them by default.
    /// [`Reclaim::AtStep`] needs a program that calls [`Store::step`](crate::Store::step).
    pub reclaim: Reclaim,
    /// When suspects are traced back; in steps by default. With
    /// [`keep_garbage`](Self#structfield.keep_garbage) none are; and under [`Reclaim::AtStep`]
    /// [`Cycles::Prompt`] means the same as [`Cycles::AtStep`].
    pub cycles: Cycles,
    /// The most units of work that one call spends on tracing under [`Cycles::Prompt`]; each edge that
    /// is looked at counts for 12. A suspect for which its share of them (or 240 units, if that is more) does
    /// not suffice is left to the collector. Otherwise, and under [`Reclaim::AtStep`], it has no effect: steps
    /// trace within their budgets.
    /// 120,000 by default.
    pub trace_limit: u64,
    /// Whether the values of the dead are kept for
    /// [`Store::drain_deaths`](crate::Store::drain_deaths) instead of dropped; not by default. They pile up until
    /// that is called, and no limit counts them; [`Step::growing`](crate::Step::growing) tells.
    pub record_deaths: bool,
    /// What happens when an insertion passes a threshold; [`Auto::Assist`] by default.
    /// [`Store::disable`](crate::Store::disable) sets it to [`Auto::Off`], [`Store::enable`](crate::Store::enable)
    /// sets it back.
    pub auto: Auto,
    /// The most units of work that an insertion does under [`Auto::Assist`], on average: they are done
    /// for 64 insertions at a time. 256 by default; a unit is one object or edge that is looked at. Under
    /// [`Auto::Whole`] it only bounds the work on collections that steps have begun.
    pub assist_limit: u64,
    /// When a collection of the young, the middle and the old generation is due.
    ///
    /// The first number limits insertions less deaths since the last collection began: the growth of a
    /// growing world, and in a world of steady size roughly the cyclic garbage that has piled up. The
    /// second limits young collections since the last middle one, the third middle collections since
    /// the last old one. A collection is due when its count is *over* its threshold; the oldest one
    /// that is due begins, and if that is an old one, one of the young comes first. Besides, an old one
    /// is not due until the objects that have survived middle collections since the last old one are a
    /// quarter of those that survived that one; nor while an old one is running.
    ///
    /// With zero as the first number nothing is ever due, not even by [`growth`](Self#structfield.growth) or
    /// [`young_bytes`](Self#structfield.young_bytes), and nothing counts as
    /// [`behind_at`](Self#structfield.behind_at). (8,192, 10, 10) by default;
    /// [`Store::set_thresholds`](crate::Store::set_thresholds) changes them.
    pub thresholds: [u32; 3],
    /// A young collection is also due when the weight of the objects, as
    /// [`Store::bytes`](crate::Store::bytes) counts it, has grown by more than this many bytes since
    /// the last collection began. By default no number of bytes is enough.
    ///
    /// If values own memory, as `String`s and `Vec`s do, this needs
    /// [`Store::measure_with`](crate::Store::measure_with): without it each value weighs the size of `T`, be
    /// it a `Vec` of a megabyte. It has no effect with 0 as the first of the
    /// [`thresholds`](Self#structfield.thresholds); and under [`Auto::Off`], or after
    /// [`Store::disable`](crate::Store::disable), only
    /// [`Store::step`](crate::Store::step) and [`Store::collect_due`](crate::Store::collect_due) run what is due.
    pub young_bytes: usize,
    /// An old collection is also due when there are this many percent more objects than the last one
    /// kept, and at least the first threshold more; or bytes of objects (and 64 times as many more), if
    /// [`Store::measure_with`](crate::Store::measure_with) says how many those are. 50 by default;
    /// `u32::MAX` leaves it to the counts.
    /// It has no effect with 0 as the first of the [`thresholds`](Self#structfield.thresholds).
    pub growth: u32,
    /// How many percent more objects than the last old collection kept (and at least three times the
    /// first threshold more) there may be before collections are said to be behind: see
    /// [`Step::excess`](crate::Step#structfield.excess). Under [`Auto::Assist`] insertions work the faster the
    /// less is left of it. 90 by default; `u32::MAX` sets no cap, and neither does a first threshold of 0.
    /// Objects are counted, not bytes.
    pub behind_at: u32,
    /// Whether a step that finds itself behind goes on, beyond its budget, until it is not: while more objects
    /// [float](Self#structfield.behind_at) than may, or a backlog that
    /// [steps work off](crate::Backlog::is_work) [grows](crate::Step::growing). Not by default: the step says
    /// so and leaves it to the program. Insertions don't look at it.
    pub catch_up: bool,
    /// Whether collections keep the garbage that they find, and root it, instead of reclaiming it:
    /// see [`Store::drain_garbage`](crate::Store::drain_garbage). Not by default. Meanwhile no suspects are
    /// traced, whatever [`cycles`](Self#structfield.cycles) says, and collections make no room at a limit.
    /// [`Store::set_keep_garbage`](crate::Store::set_keep_garbage) changes it.
    pub keep_garbage: bool,
    /// With the feature `rayon`: how many objects a collection that runs in one call must examine to
    /// mark on all threads of the `rayon` pool that it is called in, or of the global one. Nothing but
    /// the time differs. 262,144 by default: in smaller heaps little or nothing is gained. `usize::MAX`
    /// means never. It has no effect on collections in slices, those of steps and of [`Auto::Assist`].
    ///
    /// A thread of the pool that waits for the others may meanwhile work on other tasks of the pool. If
    /// one of these takes a lock that is held around the collection, it waits for ever; and if the
    /// global pool cannot be started, the collection panics before it marks.
    #[cfg(feature = "rayon")]
    pub parallel_from: usize,
    /// How full, in percent, an arena must be to be promoted by a collection that it survives: to the
    /// generation above the one that was collected, so a young arena may go straight to the old. An
    /// emptier one stays open for new objects. 75 by default. With 0 here and in `reopen_fill` every
    /// survivor is promoted, as in `CPython`.
    pub promote_fill: u8,
    /// How full, in percent, an older arena may at most be to be reopened for new objects. 65 by
    /// default. With `promote_fill` or more, an arena that was just promoted may be young again with the next
    /// insertion.
    pub reopen_fill: u8,
    /// The version that the first object of a slot gets: 1 by default; an even number is made odd. Only
    /// a test of what happens near the last version needs another one, so it is there with the feature `check` alone.
    #[cfg(any(test, feature = "check"))]
    pub first_version: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_objects: usize::MAX,
            max_bytes: usize::MAX,
            reclaim: Reclaim::Immediate,
            cycles: Cycles::AtStep,
            trace_limit: 120_000,
            record_deaths: false,
            auto: Auto::Assist,
            assist_limit: 256,
            thresholds: [8_192, 10, 10],
            young_bytes: usize::MAX,
            growth: 50,
            behind_at: 90,
            catch_up: false,
            keep_garbage: false,
            #[cfg(feature = "rayon")]
            parallel_from: 262_144,
            promote_fill: 75,
            reopen_fill: 65,
            #[cfg(any(test, feature = "check"))]
            first_version: 1,
        }
    }
}

impl Config {
    #[cfg(any(test, feature = "check"))]
    pub(crate) fn version_to_begin_with(&self) -> u32 {
        self.first_version
    }

    #[cfg(not(any(test, feature = "check")))]
    #[expect(clippy::unused_self, reason = "it is a setting where tests run")]
    pub(crate) fn version_to_begin_with(&self) -> u32 {
        1
    }
}
