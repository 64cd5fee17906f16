//! Snapshots of a store, and going back to them.
//!
//! The states that snapshots were taken of are a tree with the store itself as its root: each of them knows which other
//! one leads towards the store, and in what it differs from that one. Going back to a state turns the edges of the
//! way around: what is exchanged on the way there leads back from there.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use slotmap::{Key, KeyData};

use crate::backlog::Backlogs;
use crate::config::{Auto, Config};
use crate::gc::schedule::Schedule;
#[cfg(feature = "std")]
use crate::handle::index_of;
use crate::inspect::named::NamedRoots;
use crate::objects::journal::{ObjectChanges, Opened, Outline};
use crate::objects::release::Release;
use crate::sparse::Sparse;
use crate::store::Store;
use crate::store::finalize::Finalizer;
use crate::store::settle::{Condemned, Unsettled};

/// A state of a store that it can go back to: what [`Store::snapshot`] gives.
///
/// It names a state and keeps it; the state itself is in the store. When the last copy of it is dropped, the store
/// forgets the state, with the next snapshot or step, or when it goes back.
///
/// # Examples
/// See [`Store::snapshot`].
#[derive(Clone)]
pub struct Snapshot {
    /// The same for all snapshots of a store.
    store: Arc<()>,
    number: u64,
    /// The store has one too, and counts how many there are.
    #[expect(dead_code, reason = "it is there to be counted")]
    alive: Arc<()>,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Snapshot").field(&self.number).finish()
    }
}

/// Why a snapshot was not taken, or a store did not go back to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotError {
    /// A [`scope`](Store::scope) of the store is open, or a finalizer of it runs. Do it when that has ended.
    Busy,
    /// The snapshot is one of another store. A clone of a store has none of its snapshots.
    OtherStore,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "a scope is open or a finalizer runs: wait until that has ended",
            Self::OtherStore => "the snapshot is one of another store",
        })
    }
}

impl core::error::Error for SnapshotError {}

/// What a snapshot copies: all that is not in a journal.
struct Copied<T, E, K: Key> {
    objects: Outline<T, E>,
    release: Release,
    gc: Schedule,
    config: Config,
    auto_before: Auto,
    finalizers: Sparse<Finalizer<T, E, K>>,
    unsettled: Unsettled,
    condemned: Condemned,
    backlogs: Backlogs,
    named: NamedRoots,
}

/// A state that the store can go back to.
struct State<T, E, K: Key> {
    number: u64,
    alive: Arc<()>,
    copied: Box<Copied<T, E, K>>,
    /// The state on the way to the store, and what this one has that is otherwise there. None if that is the store
    /// itself: then it is in the journals.
    way: Option<(u64, ObjectChanges<T, E>)>,
}

/// All states that the store can go back to, in the order of their numbers.
pub(super) struct Timeline<T, E, K: Key> {
    store: Option<Arc<()>>,
    states: Vec<State<T, E, K>>,
    next: u64,
    /// How often the store has gone back.
    pub(super) restored: u64,
}

impl<T, E, K: Key> Default for Timeline<T, E, K> {
    fn default() -> Self {
        Self {
            store: None,
            states: Vec::new(),
            next: 0,
            restored: 0,
        }
    }
}

impl<T, E, K: Key> Timeline<T, E, K> {
    fn position(&self, number: u64) -> Option<usize> {
        let found = self
            .states
            .binary_search_by_key(&number, |state| state.number);
        found.ok()
    }

    /// The state that nothing but the store is on the way from.
    fn nearest(&self) -> Option<usize> {
        self.states.iter().position(|state| state.way.is_none())
    }

    /// Whether a snapshot of any of the states is left.
    fn is_alive(&self) -> bool {
        let mut states = self.states.iter().rev();
        states.any(|state| Arc::strong_count(&state.alive) > 1)
    }

    /// Takes out the states that no snapshot names, and that are on the way from no other one; not the nearest one,
    /// unless there is no other.
    fn prune(&mut self) -> Vec<State<T, E, K>> {
        if !self.is_alive() {
            return core::mem::take(&mut self.states);
        }
        let mut pruned = Vec::new();
        // Asked in each step, and then there is hardly ever one.
        let is_over = |state: &State<T, E, K>| Arc::strong_count(&state.alive) == 1;
        if !self.states.iter().any(is_over) {
            return pruned;
        }
        loop {
            let ways = self.states.iter().filter_map(|state| state.way.as_ref());
            let mut needed: Vec<u64> = ways.map(|(to, _)| *to).collect();
            needed.sort_unstable();
            let is_needed = |state: &State<T, E, K>| {
                Arc::strong_count(&state.alive) > 1
                    || state.way.is_none()
                    || needed.binary_search(&state.number).is_ok()
            };
            let (kept, others) = core::mem::take(&mut self.states)
                .into_iter()
                .partition(is_needed);
            self.states = kept;
            let others: Vec<State<T, E, K>> = others;
            if others.is_empty() {
                return pruned;
            }
            pruned.extend(others);
        }
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Forgets states that no snapshot names any more.
    pub(super) fn forget_states(&mut self) {
        if self.timeline.states.is_empty() {
            return;
        }
        let pruned = self.timeline.prune();
        if self.timeline.states.is_empty() {
            self.objects.stop_journal();
        }
        self.drop_past(pruned);
    }

    /// Drops what is in no state any more. It does nothing else that is left to do, so that a store which takes
    /// snapshots goes on as one that does not.
    fn drop_past(&mut self, past: impl Sized) {
        let unsettled = self.unsettled;
        self.guarded(|_| drop(past));
        self.unsettled = unsettled;
    }

    /// Bytes that snapshots take: the states that the store can go back to, and what has changed since. What values,
    /// labels and components own is not counted, nor are the few bits for each object that each snapshot copies.
    ///
    /// Complexity: O(snapshots × arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = (0..1_000).collect();
    /// let before = store.snapshot()?;
    /// store.values_mut().for_each(|value| *value += 1);
    /// assert!(store.snapshot_memory() > 1_000 * size_of::<u32>());
    ///
    /// drop(before);
    /// store.step(understory::Budget::units(0)); // forgets the state
    /// assert_eq!(store.snapshot_memory(), 0);
    /// # Ok::<(), understory::SnapshotError>(())
    /// ```
    #[must_use]
    pub fn snapshot_memory(&self) -> usize {
        if self.timeline.states.is_empty() {
            return 0;
        }
        let ways = self
            .timeline
            .states
            .iter()
            .filter_map(|state| state.way.as_ref());
        let changes = ways.map(|(_, changes)| changes.memory()).sum::<usize>();
        changes + self.objects.journal_memory()
    }
}

impl<T: Clone, E: Clone, K: Key> Store<T, E, K> {
    /// Notes the state of the store, for [`restore`](Self::restore) to bring it back.
    ///
    /// A snapshot is cheap: it copies none of the objects. While one is alive, the store notes what each value, edge and
    /// component was before it is changed for the first time since the last snapshot; nothing is noted while none is.
    /// Any number of snapshots may be kept, a ring of the last frames or the steps of an editor, and they are dropped in
    /// any order. Taking one changes nothing: a store that takes snapshots gives the same handles, deaths and
    /// notices as one that does not.
    ///
    /// The state is all that a [clone](Self#impl-Clone-for-Store<T,+E,+K>) has, with a collection that is in progress,
    /// notices and recorded deaths that were not drained, watches, finalizers and settings. Observers, the clock and
    /// values of type [`Root`](crate::Root) are not part of it. What is noted are copies, made by `Clone` or
    /// [`Component::clone_component`](crate::Component::clone_component), which must not panic.
    ///
    /// With the feature `rollback`.
    ///
    /// # Errors
    /// [`SnapshotError::Busy`] in a scope or a finalizer.
    ///
    /// Complexity: O(changes since the last snapshot + arenas), and a copy of what collections, searches and deaths
    /// have to do next: a few bits for each slot, and what was not drained. While a snapshot is alive, a change costs
    /// O(1) more for each value, component, row and entry of a list that changes for the first time; a mutable walk
    /// copies all that it goes to.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let castle = store.insert("castle");
    /// let before = store.snapshot()?;
    ///
    /// let dragon = store.insert("dragon");
    /// store[castle] = "ruin";
    /// store.link(dragon, (), castle).unwrap();
    ///
    /// store.restore(&before)?;
    /// assert_eq!(store[castle], "castle");
    /// assert!(!store.contains(dragon));
    /// // The same calls give the same handles.
    /// assert_eq!(store.insert("dragon"), dragon);
    /// # Ok::<(), understory::SnapshotError>(())
    /// ```
    pub fn snapshot(&mut self) -> Result<Snapshot, SnapshotError> {
        self.make_ready()?;
        self.forget_states();
        let changes = self.objects.take_changes();
        let number = self.timeline.next;
        self.timeline.next += 1;
        if let Some(at) = self.timeline.nearest() {
            self.timeline.states[at].way = Some((number, changes));
        }
        let alive = Arc::new(());
        let copied = Box::new(self.copied());
        self.timeline.states.push(State {
            number,
            alive: alive.clone(),
            copied,
            way: None,
        });
        Ok(Snapshot {
            store: self.timeline.store.get_or_insert_default().clone(),
            number,
            alive,
        })
    }

    /// Brings back the state of which a snapshot was taken: the same objects with the same handles, values, edges and
    /// components, and whatever is done next leads to what it would have led to then.
    ///
    /// All other snapshots stay, those of later states too: the store can go back and forth between them. The
    /// state that it leaves is lost, unless there is a snapshot of it.
    ///
    /// - A **handle** from what was undone names nothing, until the same calls give the same handle again.
    /// - **Notices** and recorded deaths are those of then: what was drained since comes again, if it was there
    ///   then, or when it happens again.
    /// - A **[`Root`](crate::Root)** belongs to the process and does not go back: values of that type that exist now
    ///   hold what they hold, and what they have let go of since then is let go of. One whose object is not there is
    ///   [empty](crate::Root::is_empty), for good. Roots that [`root`](Self::root) has added and
    ///   [`unroot`](Self::unroot) has taken away are part of the state.
    /// - A `Root` **in a value or a component** is not copied with it: where the value comes back, its `Root` is empty. Use
    ///   an edge, which is part of the state.
    /// - Entries of **weak collections** whose objects are not there are skipped, as if these had died.
    /// - **Finalizers** do not run for what is undone, and no death is told of.
    ///
    /// # Errors
    /// [`SnapshotError::Busy`] in a scope or a finalizer, and [`SnapshotError::OtherStore`].
    ///
    /// Complexity: O(changes between the two states + arenas), and O(4,095) for each arena in which objects have come
    /// or gone in between, and a copy as of [`snapshot`](Self::snapshot).
    ///
    /// # Examples
    /// ```
    /// use understory::{Budget, Store};
    ///
    /// let mut world: Store<u32> = Store::new();
    /// let hero = world.insert(100);
    /// // The last eight frames.
    /// let mut frames = std::collections::VecDeque::new();
    /// for _ in 0..20 {
    ///     frames.push_back(world.snapshot()?);
    ///     if frames.len() > 8 {
    ///         frames.pop_front();
    ///     }
    ///     world[hero] -= 1;
    ///     world.step(Budget::units(1_000));
    /// }
    /// world.restore(&frames[0])?;
    /// assert_eq!(world[hero], 88);
    /// world.restore(&frames[7])?;
    /// assert_eq!(world[hero], 81);
    /// # Ok::<(), understory::SnapshotError>(())
    /// ```
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        let store = self.timeline.store.as_ref();
        if !store.is_some_and(|store| Arc::ptr_eq(store, &snapshot.store)) {
            return Err(SnapshotError::OtherStore);
        }
        self.make_ready()?;
        let Some(target) = self.timeline.position(snapshot.number) else {
            unreachable!("a state of which there is a snapshot is kept");
        };
        let held = self.held_by_values();
        let mut undone = self.objects.take_changes();
        let opened = self.go_back(target, &mut undone);
        let old = self.assume(target, opened);
        // From here on all is as it was. What is done now is a change of it.
        self.objects.take_changes();
        self.timeline.restored += 1;
        self.drop_past((undone, old));
        self.forget_states();
        self.hold_as_now(held);
        Ok(())
    }

    /// The indices at which anything differs between a state and the store, of which a snapshot was just taken. `None`
    /// if it is a state of another store.
    pub(super) fn changed_since(&self, snapshot: &Snapshot) -> Option<Vec<u32>> {
        let store = self.timeline.store.as_ref();
        if !store.is_some_and(|store| Arc::ptr_eq(store, &snapshot.store)) {
            return None;
        }
        let mut changed = Vec::new();
        let mut at = self.timeline.position(snapshot.number)?;
        while let Some((to, changes)) = &self.timeline.states[at].way {
            changed.extend(changes.indices());
            at = self.timeline.position(*to)?;
        }
        changed.sort_unstable();
        changed.dedup();
        Some(changed)
    }

    /// Makes sure that nothing runs, and nothing waits to be dropped. Whatever else is left to the next call stays
    /// so, and is part of the state.
    fn make_ready(&mut self) -> Result<(), SnapshotError> {
        if self.is_busy() {
            return Err(SnapshotError::Busy);
        }
        let unsettled = self.unsettled;
        self.drop_rest();
        self.unsettled = unsettled;
        self.objects.columns.settle_all();
        Ok(())
    }

    fn copied(&self) -> Copied<T, E, K> {
        Copied {
            objects: self.objects.outline(),
            release: self.release.clone(),
            gc: self.gc.clone(),
            config: self.config.clone(),
            auto_before: self.auto_before,
            finalizers: self.finalizers.clone(),
            unsettled: self.unsettled,
            condemned: self.condemned.clone(),
            backlogs: self.backlogs.clone(),
            named: self.named.clone(),
        }
    }

    /// Goes from state to state, from the nearest one to the target, which is the nearest one then.
    fn go_back(&mut self, target: usize, undone: &mut ObjectChanges<T, E>) -> Opened<T> {
        let mut opened = Opened::default();
        self.objects.exchange(&mut opened, undone);
        let timeline = &mut self.timeline;
        let mut way = Vec::new();
        let mut at = Some(target);
        while let Some(here) = at {
            way.push(here);
            let to = timeline.states[here].way.as_ref().map(|(to, _)| *to);
            at = to.and_then(|to| timeline.position(to));
        }
        // The last one is the nearest.
        while let Some(from) = way.pop() {
            let Some(&to) = way.last() else {
                break;
            };
            let Some((_, mut changes)) = timeline.states[to].way.take() else {
                unreachable!("only the nearest state has no way to go");
            };
            self.objects.exchange(&mut opened, &mut changes);
            let number = timeline.states[to].number;
            timeline.states[from].way = Some((number, changes));
        }
        opened
    }

    /// Takes over what a snapshot has copied; returns what was there instead and is to be dropped.
    fn assume(&mut self, target: usize, opened: Opened<T>) -> impl Sized + use<T, E, K> {
        let Copied {
            objects,
            release,
            gc,
            config,
            auto_before,
            finalizers,
            unsettled,
            condemned,
            backlogs,
            named,
        } = &*self.timeline.states[target].copied;
        let outline = crate::journal::copying(|| objects.clone());
        let record = self.objects.assume(opened, outline);
        self.release.clone_from(release);
        self.gc.clone_from(gc);
        self.config.clone_from(config);
        self.auto_before = *auto_before;
        self.unsettled = *unsettled;
        self.condemned.clone_from(condemned);
        self.backlogs.clone_from(backlogs);
        self.named.clone_from(named);
        let finalizers = core::mem::replace(&mut self.finalizers, finalizers.clone());
        (record, finalizers)
    }
}

/// The roots that values of this process hold: they are not part of the world, and do not go back with it.
#[cfg(feature = "std")]
impl<T, E, K: Key> Store<T, E, K> {
    /// The objects of which values hold roots now, and how many do.
    fn held_by_values(&mut self) -> Vec<(KeyData, u32)> {
        for (key, news) in self.returned.take() {
            if let Some(index) = self.objects.resolve(key) {
                self.objects.graph.count_held(index, news);
            }
        }
        let headers = self.objects.graph.headers();
        let held = self.objects.graph.held_roots().into_iter();
        held.map(|(index, number)| (headers.key(index), number))
            .collect()
    }

    /// Sees to it that values hold what they did before the store went back, as far as it is there.
    fn hold_as_now(&mut self, held: Vec<(KeyData, u32)>) {
        let is_there = |&(key, _): &(KeyData, u32)| self.objects.resolve(key).is_some();
        let (there, undone): (Vec<_>, Vec<_>) = held.into_iter().partition(is_there);
        self.returned.begin_era(undone.into_iter());
        let then = self.objects.graph.held_roots();
        let mut now = there.into_iter().peekable();
        let mut gone = Vec::new();
        for (index, number) in then {
            while let Some((key, more)) = now.next_if(|(key, _)| index_of(*key) < index) {
                self.hold_more(index_of(key), more);
            }
            let kept = now.next_if(|(key, _)| index_of(*key) == index);
            let kept = kept.map_or(0, |(_, number)| number);
            self.hold_more(index, kept.saturating_sub(number));
            gone.push((index, number.saturating_sub(kept)));
        }
        for (key, more) in now {
            self.hold_more(index_of(key), more);
        }
        // The dead have nothing to let go of.
        gone.retain(|&(index, number)| number > 0 && self.objects.is_live(index));
        for &(index, number) in &gone {
            for _ in 0..number {
                if self.objects.graph.take_held_root(index) {
                    self.release.fell(&mut self.objects, index, None);
                }
            }
        }
        if !gone.is_empty() {
            self.reclaim();
        }
    }

    fn hold_more(&mut self, index: u32, number: u32) {
        for _ in 0..number {
            self.objects.graph.add_held_root(index);
        }
    }
}

#[cfg(not(feature = "std"))]
impl<T, E, K: Key> Store<T, E, K> {
    #[expect(
        clippy::unused_self,
        reason = "the same call as with the standard library"
    )]
    fn held_by_values(&mut self) -> Vec<(KeyData, u32)> {
        Vec::new()
    }

    #[expect(
        clippy::unused_self,
        reason = "the same call as with the standard library"
    )]
    fn hold_as_now(&mut self, _: Vec<(KeyData, u32)>) {}
}
