//! The public face: it composes what stands above it and holds no algorithm.

mod apply;
mod batch;
mod breadth;
mod budget;
mod build;
#[cfg(feature = "check")]
mod check;
#[cfg(feature = "rollback")]
mod checksum;
mod collect;
mod commands;
mod deaths;
mod debug;
mod destroy;
mod finalize;
mod gc;
mod generation;
#[cfg(feature = "rollback")]
mod history;
mod components;
mod driver;
mod insert;
mod inspect;
mod iter;
mod link;
mod lists;
mod memory;
mod neighbours;
mod observe;
mod own;
#[cfg(feature = "rayon")]
mod parallel;
mod parts;
mod propagate;
mod read;
mod reclaim;
#[cfg(feature = "rollback")]
mod rollback;
#[cfg(feature = "serde")]
mod save;
mod settle;
mod spans;
mod stats;
mod timeline;
mod step;
mod subgraph;
mod trace;
mod values;
mod view;
mod walk;

use core::marker::PhantomData;
use core::panic::{RefUnwindSafe, UnwindSafe};

use slotmap::Key;

use crate::backlog::Backlogs;
use crate::clock::{self, Clock};
use crate::config::{Auto, Config, Reclaim};
use crate::error::StaleHandle;
use crate::gc::Scratch;
use crate::gc::schedule::Schedule;
#[cfg(feature = "std")]
use crate::graph::roots::Returned;
use crate::handle::Handle;
use crate::inspect::named::NamedRoots;
use crate::nesting::{Family, Within};
use crate::objects::Objects;
use crate::objects::release::Release;
use crate::sparse::Sparse;
use crate::store::finalize::Finalizer;
use crate::store::observe::Observers;
use crate::store::settle::{Condemned, Unsettled};

pub use batch::InsertBatchError;
pub use breadth::BreadthFirst;
pub use budget::Budget;
#[cfg(feature = "rollback")]
pub use checksum::{Checksum, Difference};
pub use commands::{
    Applied, Command, Commands, ComponentCommand, ListChange, ListCommand, ListCommands, Operand,
    Pending,
};
pub use deaths::{Death, Recording};
pub use destroy::Destroyed;
pub use finalize::{FinalizerError, Notice};
#[cfg(feature = "rollback")]
pub use history::History;
pub use iter::{Iter, IterMut};
pub use lists::{EdgeList, EdgeListMut, ListIter};
pub use observe::{Moment, Observation, Observer};
pub use parts::{ColumnsView, Parts};
#[cfg(feature = "rollback")]
use rollback::Timeline;
#[cfg(feature = "rollback")]
pub use rollback::{Snapshot, SnapshotError};
#[cfg(feature = "serde")]
pub use save::{Registry, SaveError, Saved};
pub use stats::Stats;
pub use step::Step;
pub use subgraph::{CutEdge, Extracted, Remap, Remapped, Remapper, Subgraph};
pub use values::ValuesView;
pub use view::{Edges, InEdges, OutEdges, Sources, Targets};
pub use walk::{Visit, Visits, Walk};

/// Stores objects of type `T`, with edges between them that carry labels of type `E`.
///
/// Objects are reached through handles of type `K`. An object lives as long as it can be reached
/// from a root over edges. [`insert`](Self::insert) gives it its first root, which belongs to the
/// caller; [`link`](Self::link) lets another object own it. When its last root and its last edge are
/// gone it is reclaimed within the call that took them, or later under
/// [`Reclaim::AtStep`](crate::Reclaim::AtStep) and in a [`scope`](Self::scope); cycles that nothing owns
/// any more die in [`step`](Self::step), in [`collect`](Self::collect), or in a collection that insertions
/// work on by themselves.
///
/// # Examples
/// ```
/// use understory::Store;
///
/// let mut store: Store<&str> = Store::new();
/// let squad = store.insert("squad");
/// let unit = store.insert_linked(squad, (), "unit")?; // owned by the squad
/// store.link(unit, (), squad)?; // and the squad by its unit: a cycle
///
/// assert_eq!(store.targets(squad).collect::<Vec<_>>(), [unit]);
/// store.unroot(squad)?; // the last root of both
/// assert_eq!(store.collect().freed, 2);
/// assert!(store.is_empty() && store.get(unit).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Store<T, E = (), K: Key = Handle> {
    objects: Objects<T, E>,
    release: Release,
    gc: Schedule,
    /// The settings in force.
    config: Config,
    /// What `enable` makes of [`Config::auto`] again.
    auto_before: Auto,
    finalizers: Sparse<Finalizer<T, E, K>>,
    /// What some roots are called: known to those who ask alone.
    named: NamedRoots,
    /// Which of its finalizers is running.
    within: Within,
    /// What the next call has to do first.
    unsettled: Unsettled,
    /// What is to be destroyed, and waits for finalizers.
    condemned: Condemned,
    /// The store and its clones.
    family: Family,
    /// What steps have found piled up.
    backlogs: Backlogs,
    observers: Observers,
    /// How many scopes are open.
    scopes: usize,
    scratch: Scratch,
    clock: Option<Clock>,
    #[cfg(feature = "std")]
    returned: Returned,
    #[cfg(feature = "rollback")]
    timeline: Timeline<T, E, K>,
    key: PhantomData<fn(K) -> K>,
}

impl<T, E> Store<T, E> {
    /// A store without objects, with the default settings and handles of type [`Handle`]. For other handles use
    /// [`Store::default`], for other settings [`with_config`](Self::with_config).
    ///
    /// It takes no memory for objects yet. Say which type the values and the labels have in the type of the
    /// variable, as for a `HashMap`; `Store<T>` has the label `()`.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    ///
    /// let mut trees: Store<&str> = Store::new();
    /// trees.insert("oak");
    ///
    /// let mut quests: Store<String, &str> = Store::new();
    /// let (hunt, bear) = (quests.insert("hunt".into()), quests.insert("bear".into()));
    /// quests.link(hunt, "prey", bear)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A store as of [`new`](Self::new) with room for `objects` objects. Without it the first arena grows to 4,095 objects by
    /// copying them, as a `Vec` does; from then on a store grows by whole arenas and copies nothing, so this
    /// saves little.
    ///
    /// Complexity: O(`objects` / 4,095).
    ///
    /// # Examples
    /// ```
    /// let store: understory::Store<u32> = understory::Store::with_capacity(10_000);
    /// assert!(store.capacity() >= 10_000);
    /// ```
    #[must_use]
    pub fn with_capacity(objects: usize) -> Self {
        let mut store = Self::new();
        store.reserve(objects);
        store
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// A store without objects and with these settings.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store, slotmap};
    ///
    /// slotmap::new_key_type! { struct UnitId; }
    ///
    /// let mut units: Store<String, &str, UnitId> = Store::with_config(Config::new().max_objects(1));
    /// let unit: UnitId = units.insert("scout".to_string());
    /// let full = units.try_insert("archer".to_string()).unwrap_err();
    /// assert_eq!(full.value, "archer");
    /// # assert_eq!(units[unit], "scout");
    /// ```
    #[must_use]
    pub fn with_config(config: Config) -> Self {
        Self {
            objects: Objects::new(&config),
            release: Release::default(),
            gc: Schedule::new(&config),
            auto_before: match config.auto {
                Auto::Off => Auto::Assist,
                auto => auto,
            },
            config,
            finalizers: Sparse::default(),
            named: NamedRoots::default(),
            within: Within::default(),
            unsettled: Unsettled::default(),
            condemned: Condemned::default(),
            family: Family::new(),
            backlogs: Backlogs::default(),
            observers: Observers::default(),
            scopes: 0,
            scratch: Scratch::default(),
            clock: clock::DEFAULT,
            #[cfg(feature = "std")]
            returned: Returned::default(),
            #[cfg(feature = "rollback")]
            timeline: Timeline::default(),
            key: PhantomData,
        }
    }

    /// The settings in force: those that the store was made with, as [`set_thresholds`](Self::set_thresholds),
    /// [`set_keep_garbage`](Self::set_keep_garbage), [`enable`](Self::enable) and [`disable`](Self::disable)
    /// have changed them since. Those that no method of the store changes stay as they are. A store that is
    /// made with a clone of them is set up in the same way.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let mut store: Store<u32> = Store::with_config(Config::new().record_deaths(true));
    /// store.set_thresholds([700, 10, 10]);
    /// assert_eq!(*store.config(), Config::new().record_deaths(true).thresholds([700, 10, 10]));
    /// ```
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How many objects there are, without those that are dead but not swept yet.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let store: understory::Store<char> = "abc".chars().collect();
    /// assert_eq!(store.len(), 3);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is no object.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let fern = store.insert("fern");
    /// assert!(!store.is_empty());
    /// store.destroy(fern);
    /// assert!(store.is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The index of an object.
    #[inline]
    fn resolve(&self, handle: K) -> Result<u32, StaleHandle> {
        let key = handle.data();
        self.objects.resolve(key).ok_or(StaleHandle::new(key))
    }

    /// Whether deaths by count wait: for the end of a scope, or for a step.
    #[inline]
    fn defers(&self) -> bool {
        self.is_busy() || self.config.reclaim == Reclaim::AtStep
    }
}

/// A panic leaves a store whole. What it has of the user's code, such as finalizers and components, is
/// `Sync`: whatever that changes through a shared reference is a lock or an atomic.
impl<T: UnwindSafe, E: UnwindSafe, K: Key> UnwindSafe for Store<T, E, K> {}

impl<T: RefUnwindSafe, E: RefUnwindSafe, K: Key> RefUnwindSafe for Store<T, E, K> {}

impl<T, E, K: Key> Default for Store<T, E, K> {
    /// A store without objects and with the default settings.
    fn default() -> Self {
        Self::with_config(Config::default())
    }
}

impl<T: Clone, E: Clone, K: Key> Clone for Store<T, E, K> {
    /// A copy in which every handle names the copy of its object, and in which the same calls
    /// give the same handles, deaths and order as in the original.
    ///
    /// Collections that run go on in the copy where they were, and observers are told of those of both
    /// stores.
    ///
    /// Values of type `Root` belong to the original; the copy keeps the roots that they hold until
    /// [`release_foreign_roots`](Self::release_foreign_roots). A copy that is made in a scope is in
    /// none: its next call reclaims what the scope kept waiting.
    ///
    /// # Panics
    /// While components are borrowed mutably.
    ///
    /// Complexity: O(slots + edges). An arena that is in use has 4,095 slots, full or empty; [`step`](Self::step)
    /// gives back those that stay empty, and [`shrink`](Self::shrink) all that are.
    fn clone(&self) -> Self {
        let mut objects = self.objects.clone();
        objects.graph.disown_roots();
        self.copy_around(objects)
    }

    /// The same in the memory that this store has, as far as values and labels need no `Drop`: a copy into a store of
    /// the same shape allocates little. What this store has is gone, without a word to finalizers and observers, as if
    /// another store had been assigned to it; so are its snapshots.
    ///
    /// # Panics
    /// As [`clone`](Self::clone) does. But if `Clone` of a value that needs no `Drop` panics, the process is aborted.
    ///
    /// Complexity: O(slots + edges) of both.
    ///
    /// # Examples
    /// ```
    /// let mut world: understory::Store<u32> = (0..10_000).collect();
    /// let mut backup = world.clone();
    /// world.values_mut().for_each(|value| *value += 1);
    /// backup.clone_from(&world);
    /// assert!(backup.values().eq(world.values()));
    /// ```
    fn clone_from(&mut self, source: &Self) {
        // A value that can't be copied would leave slotmap in pieces. What needs no `Drop` is hardly ever such a one.
        let is_plain = !core::mem::needs_drop::<T>() && !core::mem::needs_drop::<E>();
        if !is_plain || self.is_busy() {
            *self = source.clone();
            return;
        }
        let mut objects = core::mem::replace(&mut self.objects, Objects::new(&self.config));
        objects.copy_from(&source.objects);
        objects.graph.disown_roots();
        *self = source.copy_around(objects);
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// A copy of all but the objects, around copies of these.
    fn copy_around(&self, objects: Objects<T, E>) -> Self {
        Self {
            objects,
            release: self.release.clone(),
            gc: self.gc.clone(),
            config: self.config.clone(),
            auto_before: self.auto_before,
            finalizers: self.finalizers.clone(),
            named: self.named.clone(),
            // No finalizer of the copy is running.
            within: Within::default(),
            // What a scope or a finalizer held back, or a panic left, is for the copy's next call.
            // Otherwise it has no more to do than the original has.
            unsettled: self.unsettled_copy(),
            condemned: self.condemned.clone(),
            family: self.family,
            backlogs: self.backlogs.clone(),
            observers: self.observers.clone(),
            scopes: 0,
            scratch: Scratch::default(),
            clock: self.clock,
            #[cfg(feature = "std")]
            returned: Returned::default(),
            #[cfg(feature = "rollback")]
            timeline: Timeline::default(),
            key: PhantomData,
        }
    }
}
