//! Count to zero: the queue, and the order of death.
//!
//! A parent dies before its children, the children in the order of its edges, depth first. All
//! edges of a dying object go at once, but each of its targets is queued, on a stack, where it
//! stood last in the list: so it dies after what stood before it, as if the edges had gone one at
//! a time.
//!
//! What only garbage owned falls by count too, as the garbage loses its edges: in the order of the garbage
//! and of its edges. Its turn comes when all of the garbage has left the store.

mod quick;

use alloc::vec::Vec;

use slotmap::KeyData;

use crate::bits::Bits;
#[cfg(feature = "serde")]
use crate::form;
use crate::graph::Falling;
use crate::graph::pool::List;
use crate::graph::rows::{Heads, Row};
use crate::handle::{index_of, key_of};
use crate::index::{ARENA_WORDS, arena_of};
use crate::objects::Objects;
use crate::objects::deaths::Deaths;
use crate::objects::record::Cause;
use crate::paged::{Pages, Queue};

/// Units of work that a death costs, besides those for the object's edges.
const DEATH: u64 = 8;
/// Units of work that an edge of a dying object costs: its target's list is changed.
const EDGE: u64 = 6;
/// Units of work that a weak edge from or to a dying object costs: the lists of both ends are looked up in a
/// table.
pub(crate) const WEAK_EDGE: u64 = 16;

/// What is pending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Release {
    /// Objects that lost their last owner in a call, in that order.
    queue: Queue<KeyData>,
    /// What the dying referred to; the last is next. Outside [`run`](Self::run) it is not empty only
    /// where the budget ended, or the user's code panicked.
    stack: Pages<KeyData>,
    /// The stack of the loop in which most objects die, empty outside of it.
    quick: Vec<u32>,
    /// What only garbage owned, in the order in which it fell. It waits for the garbage to leave the store,
    /// however many slices that takes: a parent dies before its children.
    orphans: Queue<KeyData>,
    /// The object is among these, and has not fallen anew since: if it is saved, and then falls by the
    /// program's word, it does not wait for garbage.
    orphaned: Bits,
    /// A dead object whose edges did not fit in the last budget. The targets of the edges removed so far
    /// are on the stack.
    dismantled: Option<u32>,
    /// Where the queue ended when the running finalizers began.
    marks: Vec<usize>,
    /// How many objects were reclaimed so far.
    total: u64,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Released {
    pub(crate) units: u64,
    pub(crate) objects: usize,
}

impl Release {
    /// Whether nothing is to be reclaimed at once. Orphans of garbage may be left.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.in_the_way() == 0
    }

    /// Zero if nothing is to be reclaimed at once; to be asked with others in one test.
    #[inline]
    pub(crate) fn in_the_way(&self) -> usize {
        self.queue.any() | self.stack.top().len() | usize::from(self.dismantled.is_some())
    }

    /// Whether there is anything that only garbage owned and that has not had its turn.
    #[inline]
    pub(crate) fn has_orphans(&self) -> bool {
        !self.orphans.is_empty()
    }

    /// Whether the turn of anything has come: orphans have theirs when all of the garbage has left.
    #[inline]
    pub(crate) fn is_due<T, E>(&self, objects: &Objects<T, E>) -> bool {
        !self.is_empty() || self.has_orphans() && objects.doomed == 0
    }

    /// How many objects were reclaimed so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Whether there is an object that is dead but has not left its slot.
    pub(crate) fn is_dismantling(&self) -> bool {
        self.dismantled.is_some()
    }

    /// How many entries are queued.
    pub(crate) fn pending(&self) -> usize {
        let queued = self.queue.len() + self.stack.len() + self.orphans.len();
        queued + usize::from(self.dismantled.is_some())
    }

    /// All that is queued, some of which may have died since.
    #[cfg(feature = "check")]
    pub(crate) fn queued(&self) -> impl Iterator<Item = KeyData> {
        let pending = self.queue.iter().chain(self.stack.iter());
        pending.chain(self.orphans.iter()).copied()
    }

    /// Forgets everything, after the store was emptied.
    pub(crate) fn clear(&mut self) {
        self.queue.clear();
        self.stack.clear();
        self.orphans.clear();
        self.orphaned = Bits::default();
        self.dismantled = None;
        self.marks.fill(0);
    }

    /// Gives back what the queue and the stack don't need.
    pub(crate) fn shrink(&mut self) {
        self.queue.shrink();
        self.stack.shrink();
        self.orphans.shrink();
        if self.orphans.is_empty() {
            self.orphaned = Bits::default();
        }
        self.quick.shrink_to_fit();
        self.marks.shrink_to_fit();
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let pending = self.queue.memory() + self.stack.memory() + self.orphans.memory();
        let places = self.marks.capacity() * size_of::<usize>();
        pending + self.quick.capacity() * 4 + self.orphaned.memory() + places
    }

    /// Looks at an object whose count fell, as the `owner` let go of it, or the program: queues it, or notes
    /// that it is a suspect.
    #[inline]
    pub(crate) fn fell<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        index: u32,
        owner: Option<KeyData>,
    ) {
        let Objects {
            graph,
            deaths,
            record,
            ..
        } = objects;
        record.note(index, Cause::Released);
        let falling = &mut graph.falling();
        self.note(falling, index);
        tell(falling, deaths, index, owner);
    }

    /// The same, where the objects are borrowed in part.
    #[inline]
    fn note(&mut self, falling: &mut Falling<'_>, index: u32) {
        if falling.is_unheld(index) {
            if falling.queue(index) || self.has_orphans() && self.orphaned.clear(index) {
                self.queue.push_back(falling.key(index));
            }
        } else {
            falling.suspect(index);
        }
    }

    /// The same for what has lost an owner that is garbage, and has not left the store.
    fn note_orphan(&mut self, falling: &mut Falling<'_>, index: u32) {
        if !falling.is_unheld(index) {
            falling.suspect(index);
        } else if falling.queue(index) {
            self.orphans.push_back(falling.key(index));
            self.orphaned.grow((arena_of(index) + 1) * ARENA_WORDS);
            self.orphaned.set(index);
        }
    }

    /// Reclaims what waits and is not held again, until `budget` units are used up, or an object has a
    /// finalizer to run first: then returns that object, which is next. The turn of what only garbage owned
    /// comes last, and only until `for_orphans` units are used up.
    #[inline]
    pub(crate) fn run<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        budget: u64,
        for_orphans: u64,
    ) -> (Released, Option<u32>) {
        let mut released = Released::default();
        if let Some(index) = self.dismantled {
            self.dismantle(objects, index, budget, &mut released);
        }
        // Where one object was no matter for the quick loop, the next is likely to be none either.
        let mut is_quick = budget == u64::MAX;
        while released.units < budget {
            if is_quick && self.may_run_quickly(objects) {
                self.run_quickly(objects, &mut released);
            }
            let next = self.next();
            let may_adopt = released.units < for_orphans && objects.doomed == 0;
            let Some(key) = next.or_else(|| self.next_orphan(may_adopt)) else {
                break;
            };
            released.units += 1;
            let Some((index, Row { node, outgoing })) = objects.resolve_row(key) else {
                continue;
            };
            if !node.is_unheld() {
                objects.graph.unqueue(index);
                objects.graph.falling().suspect(index);
                objects.record.note(index, Cause::Released);
                continue;
            }
            if node.is_noted() && objects.deaths.finalizable.get(index) {
                self.stack.push(key);
                return (released, Some(index));
            }
            is_quick =
                budget == u64::MAX && !node.is_noted() && !objects.may_have_components(index);
            released.objects += 1;
            self.total += 1;
            let edges = EDGE * outgoing.len() as u64;
            if edges <= budget - released.units
                && (!node.is_noted() || detach_weak(objects, index, budget - edges, &mut released))
            {
                released.units += DEATH + edges;
                if objects.deaths.asks_for_owners() {
                    tell_all(objects, outgoing, key);
                }
                self.detach_all(objects, index, outgoing);
                objects.discard(index);
            } else {
                objects.graph.unqueue(index);
                objects.condemn(index);
                self.dismantle(objects, index, budget, &mut released);
            }
        }
        (released, None)
    }

    /// Takes the next of what waits, but for orphans of garbage.
    #[inline]
    fn next(&mut self) -> Option<KeyData> {
        self.stack.pop().or_else(|| self.queue.pop_front())
    }

    /// Counts an object that has died without waiting.
    #[inline]
    pub(crate) fn count_death(&mut self) {
        self.total += 1;
    }

    /// Takes the dead object out of the store.
    pub(crate) fn finish_dismantling<T, E>(&mut self, objects: &mut Objects<T, E>) {
        if let Some(index) = self.dismantled {
            self.dismantle(objects, index, u64::MAX, &mut Released::default());
        }
    }

    /// Goes on with an object that has more edges than the budget sufficed for. It is dead, and what
    /// it referred to waits until it has left the store.
    #[inline(never)]
    fn dismantle<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        index: u32,
        budget: u64,
        released: &mut Released,
    ) {
        self.dismantled = Some(index);
        let most = fitting(budget, released, WEAK_EDGE);
        released.units += WEAK_EDGE * objects.graph.detach_weak(index, most) as u64;
        let most = fitting(budget, released, EDGE);
        released.units += EDGE * self.detach_targets(objects, index, most) as u64;
        let is_left = objects.graph.headers().node(index).is_noted()
            && objects.graph.weak().degree(index) > 0;
        if objects.graph.headers().outgoing(index).is_empty() && !is_left {
            self.dismantled = None;
            released.units += DEATH;
            objects.discard(index);
        } else {
            objects.drop_rest();
        }
    }

    /// The object that is dead and has lost a part of its edges.
    pub(crate) fn dismantled(&self) -> Option<u32> {
        self.dismantled
    }

    /// Remembers where the queue ends, before a finalizer runs.
    pub(crate) fn mark(&mut self) {
        self.marks.push(self.queue.len());
    }

    /// Forgets the last mark. If `hurries`, what was queued since is put on the stack, to be reclaimed
    /// next and in order.
    pub(crate) fn end_mark(&mut self, hurries: bool) {
        if let Some(mark) = self.marks.pop().filter(|_| hurries) {
            while self.queue.len() > mark {
                self.stack.extend(self.queue.pop_back());
            }
        }
    }

    /// Queues what only garbage owned with all else that waits, if all of the garbage has left the store:
    /// in a call that sweeps to the end no budget keeps it.
    pub(crate) fn adopt_orphans<T, E>(&mut self, objects: &Objects<T, E>) {
        while let Some(key) = self.next_orphan(objects.doomed == 0) {
            self.queue.push_back(key);
        }
    }

    /// Takes the next of what only garbage owned, if its turn has come.
    fn next_orphan(&mut self, is_due: bool) -> Option<KeyData> {
        if !is_due {
            return None;
        }
        let key = self.orphans.pop_front()?;
        self.orphaned.clear(index_of(key));
        Some(key)
    }

    /// Takes an object out of the store, whatever holds it, and queues what it referred to; if it goes
    /// `with_others`, what none of them holds any more.
    pub(crate) fn cut_out<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        index: u32,
        with_others: bool,
    ) -> Option<(KeyData, T)> {
        objects.record.note(index, Cause::Destroyed);
        objects.graph.detach_weak(index, usize::MAX);
        // Outgoing edges first: an edge to itself must not change their order by its removal.
        if with_others {
            self.let_go(objects, index);
        } else {
            self.unlink_targets(objects, index, usize::MAX);
        }
        objects.graph.detach_incoming(index, |_| ());
        objects.take_out(index)
    }

    /// Removes the last `most` edges of an object, and puts their targets on the stack. Returns how
    /// many there were.
    fn detach_targets<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        index: u32,
        most: usize,
    ) -> usize {
        let Objects {
            graph,
            deaths,
            record,
            ..
        } = objects;
        let owner = Some(graph.headers().key(index));
        let (stack, orphaned) = (&mut self.stack, &mut self.orphaned);
        graph.detach_last(index, most, |falling, target| {
            tell(falling, deaths, target, owner);
            record.note_owner(target, index);
            if falling.queue(target) || orphaned.clear(target) {
                stack.push(falling.key(target));
            }
        })
    }

    /// Removes all edges of an object that leaves the store now, and puts their targets on the stack.
    #[inline]
    fn detach_all<T, E>(&mut self, objects: &mut Objects<T, E>, index: u32, outgoing: List) {
        let (stack, orphaned) = (&mut self.stack, &mut self.orphaned);
        let record = &mut objects.record;
        objects
            .graph
            .detach_all(outgoing, |falling, target, version| {
                record.note_owner(target, index);
                if falling.queue(target) || orphaned.clear(target) {
                    stack.push(key_of(target, version));
                }
            });
    }

    /// Moves what was pushed on the stack since it had `height` entries to the end of the queue.
    fn postpone(&mut self, height: usize) {
        while self.stack.len() > height {
            if let Some(key) = self.stack.pop() {
                self.queue.push_back(key);
            }
        }
    }

    /// Removes the last `most` edges of an object, and queues their targets in order.
    pub(crate) fn unlink_targets<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        index: u32,
        most: usize,
    ) {
        let height = self.stack.len();
        self.detach_targets(objects, index, most);
        self.postpone(height);
    }

    /// Removes every edge of an object that is taken out with others, and queues those of the targets that
    /// nothing holds any more, in order.
    fn let_go<T, E>(&mut self, objects: &mut Objects<T, E>, index: u32) {
        let Objects {
            graph,
            deaths,
            record,
            ..
        } = objects;
        let owner = Some(graph.headers().key(index));
        graph.detach_first(
            index,
            usize::MAX,
            |_| false,
            |falling, target| {
                record.note_owner(target, index);
                self.note(falling, target);
                tell(falling, deaths, target, owner);
            },
        );
    }

    /// Removes edges of an object of the garbage, first to last and no more than `most`; those to others of
    /// the `dead` are not told to these. Returns how many it has looked at, and how many of them lead to
    /// something alive. What of that nothing holds any more waits for the garbage to leave.
    pub(crate) fn detach_garbage<T, E>(
        &mut self,
        objects: &mut Objects<T, E>,
        dead: &Bits,
        index: u32,
        most: usize,
    ) -> (usize, usize) {
        let Objects {
            graph,
            deaths,
            record,
            ..
        } = objects;
        let owner = Some(graph.headers().key(index));
        let mut alive = 0;
        let skip = |target| dead.get(target);
        let read = graph.detach_first(index, most, skip, |falling, target| {
            alive += 1;
            record.note(target, Cause::Collected);
            self.note_orphan(falling, target);
            tell(falling, deaths, target, owner);
        });
        (read, alive)
    }
}

#[cfg(feature = "serde")]
impl Release {
    /// What is destroyed by the caller's word is known to the store, and what the next call does first.
    pub(crate) fn saved(&self, condemned: [Vec<KeyData>; 2], unsettled: u8) -> form::Pending {
        let [condemned, deferred] = condemned;
        form::Pending {
            queue: self.queue.iter().copied().collect(),
            stack: self.stack.iter().copied().collect(),
            orphans: self.orphans.iter().copied().collect(),
            orphaned: form::indices(&self.orphaned),
            dismantled: self.dismantled,
            condemned,
            deferred,
            unsettled,
        }
    }

    pub(crate) fn restore(
        form: &form::Pending,
        total: u64,
        arenas: usize,
    ) -> Result<Self, form::Fault> {
        let mut release = Self {
            orphaned: form::bits(&form.orphaned, arenas, "orphans")?,
            dismantled: form.dismantled,
            total: form::counter(total, "reclaimed objects")?,
            ..Self::default()
        };
        for &key in &form.queue {
            release.queue.push_back(key);
        }
        for &key in &form.orphans {
            release.orphans.push_back(key);
        }
        release.stack.extend(form.stack.iter().copied());
        Ok(release)
    }
}

/// Notes who lets go of an object that may have a finalizer: one object, or the program.
#[inline]
fn tell(falling: &Falling<'_>, deaths: &mut Deaths, index: u32, owner: Option<KeyData>) {
    if falling.is_noted(index) {
        deaths.let_go(index, owner);
    }
}

/// The same for all that a dying object owns.
#[inline(never)]
fn tell_all<T, E>(objects: &mut Objects<T, E>, outgoing: List, owner: KeyData) {
    for &target in objects.graph.edges().targets(&outgoing) {
        if objects.graph.headers().node(target).is_noted() {
            objects.deaths.let_go(target, Some(owner));
        }
    }
}

/// How many edges of a cost a budget still suffices for.
fn fitting(budget: u64, released: &Released, cost: u64) -> usize {
    let left = budget.saturating_sub(released.units).div_ceil(cost);
    usize::try_from(left).unwrap_or(usize::MAX)
}

/// Removes the weak edges of an object, if the budget suffices for all; says whether it did.
#[inline(never)]
fn detach_weak<T, E>(
    objects: &mut Objects<T, E>,
    index: u32,
    budget: u64,
    released: &mut Released,
) -> bool {
    let cost = WEAK_EDGE * objects.graph.weak().degree(index) as u64;
    let fits = cost <= budget.saturating_sub(released.units);
    if fits {
        released.units += cost;
        objects.graph.detach_weak(index, usize::MAX);
    }
    fits
}
