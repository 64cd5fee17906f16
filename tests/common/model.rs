//! What a store has to do, done the naive way: counts are counted anew each time, a cascade of
//! deaths gives up one edge at a time, and what is garbage is found by a search from the roots.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Numbers objects in the order of their birth; never used twice.
pub(crate) type Id = u32;

/// An edge without its source: label and target.
pub(crate) type Edge = (u8, Id);

/// What the model knows of an object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object {
    pub(crate) data: u8,
    /// Roots that `insert` and `root` made.
    pub(crate) roots: usize,
    /// Roots that values of type `Root` hold.
    pub(crate) held: usize,
    /// Roots that such values held in the store of which this one is a clone.
    pub(crate) foreign: usize,
    pub(crate) out: Vec<Edge>,
    pub(crate) weak: Vec<Edge>,
    pub(crate) frozen: bool,
    pub(crate) health: Option<u32>,
    pub(crate) name: Option<u8>,
}

impl Object {
    pub(crate) fn all_roots(&self) -> usize {
        self.roots + self.held + self.foreign
    }
}

/// Why the model refuses a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Stale,
    NotLinked,
    NotRooted,
}

/// The objects of a store and who owns them.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) objects: BTreeMap<Id, Object>,
    /// Whose count has reached zero while reclaiming was deferred, in that order.
    pub(crate) pending: Vec<Id>,
    /// Those of them that wait for garbage, which owned them, to have left: the program's word is not awaited.
    pub(crate) orphans: BTreeSet<Id>,
    /// Whether the contract leaves the order of these open.
    pub(crate) unordered: bool,
    /// Who lost an owner to death while reclaiming was deferred: even where others own it, it may
    /// wait for the reclaimer to look at it, and is a root of a collection then.
    pub(crate) maybe: BTreeSet<Id>,
    /// Who has died since this was last looked at, in order.
    pub(crate) deaths: Vec<Id>,
    /// How many of these deaths have an order that the contract fixes, where not all have.
    pub(crate) certain: Option<usize>,
    /// How many scopes are open, and one more if reclaiming waits for a step.
    pub(crate) deferred: usize,
    /// Edges to an object from those who are dead and have not been swept.
    pub(crate) ghosts: BTreeMap<Id, usize>,
    /// Edges of the dying in the cascade that is under way, those of the innermost last.
    frames: Vec<VecDeque<Edge>>,
    born: Id,
}

fn first(edges: &[Edge], target: Id) -> Option<usize> {
    edges.iter().position(|&(_, to)| to == target)
}

impl Model {
    pub(crate) fn next_id(&mut self) -> Id {
        self.born += 1;
        self.born
    }

    pub(crate) fn born(&self) -> Id {
        self.born
    }

    pub(crate) fn insert(&mut self, id: Id, roots: usize) {
        self.objects.insert(
            id,
            Object {
                roots,
                ..Object::default()
            },
        );
    }

    pub(crate) fn alive(&self, id: Option<Id>) -> Result<Id, Fault> {
        id.filter(|id| self.objects.contains_key(id))
            .ok_or(Fault::Stale)
    }

    fn both(&self, source: Option<Id>, target: Option<Id>) -> Result<(Id, Id), Fault> {
        Ok((self.alive(source)?, self.alive(target)?))
    }

    pub(crate) fn object(&mut self, id: Id) -> &mut Object {
        self.objects.get_mut(&id).expect("the object is alive")
    }

    /// Every edge of the living, by source and in order.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (Id, u8, Id)> {
        let of = |(&source, object): (&Id, &Object)| {
            let edges = object.out.clone().into_iter();
            edges.map(move |(label, target)| (source, label, target))
        };
        self.objects.iter().flat_map(of)
    }

    pub(crate) fn weak_edges(&self) -> impl Iterator<Item = (Id, u8, Id)> {
        let of = |(&source, object): (&Id, &Object)| {
            let edges = object.weak.clone().into_iter();
            edges.map(move |(label, target)| (source, label, target))
        };
        self.objects.iter().flat_map(of)
    }

    /// In-edges of an object, those of the dying that still count included.
    pub(crate) fn in_degree(&self, id: Id) -> usize {
        let to_it =
            |edges: &mut dyn Iterator<Item = &Edge>| edges.filter(|edge| edge.1 == id).count();
        let living: usize = self
            .objects
            .values()
            .map(|object| to_it(&mut object.out.iter()))
            .sum();
        let dying: usize = self
            .frames
            .iter()
            .map(|frame| to_it(&mut frame.iter()))
            .sum();
        living + dying + self.ghosts.get(&id).copied().unwrap_or(0)
    }

    pub(crate) fn count(&self, id: Id) -> usize {
        self.objects[&id].all_roots() + self.in_degree(id)
    }

    // Changes of the graph.

    pub(crate) fn link(
        &mut self,
        source: Option<Id>,
        label: u8,
        target: Option<Id>,
    ) -> Result<(), Fault> {
        let (source, target) = self.both(source, target)?;
        self.object(source).out.push((label, target));
        Ok(())
    }

    pub(crate) fn link_weak(
        &mut self,
        source: Option<Id>,
        label: u8,
        target: Option<Id>,
    ) -> Result<(), Fault> {
        let (source, target) = self.both(source, target)?;
        self.object(source).weak.push((label, target));
        Ok(())
    }

    pub(crate) fn root(&mut self, id: Option<Id>) -> Result<(), Fault> {
        let id = self.alive(id)?;
        self.object(id).roots += 1;
        Ok(())
    }

    pub(crate) fn unroot(&mut self, id: Option<Id>) -> Result<(), Fault> {
        let id = self.alive(id)?;
        let roots = &mut self.object(id).roots;
        *roots = roots.checked_sub(1).ok_or(Fault::NotRooted)?;
        self.fell(id);
        Ok(())
    }

    /// Removes the first edge that `is` holds for; the others keep their order.
    pub(crate) fn unlink(
        &mut self,
        source: Option<Id>,
        target: Option<Id>,
        is: impl Fn(u8) -> bool,
    ) -> Result<u8, Fault> {
        let (source, target) = self.both(source, target)?;
        let out = &mut self.object(source).out;
        let found = out
            .iter()
            .position(|&(label, to)| to == target && is(label));
        let at = found.ok_or(Fault::NotLinked)?;
        let (label, _) = out.remove(at);
        self.fell(target);
        Ok(label)
    }

    pub(crate) fn unlink_weak(
        &mut self,
        source: Option<Id>,
        target: Option<Id>,
    ) -> Result<u8, Fault> {
        let (source, target) = self.both(source, target)?;
        let weak = &mut self.object(source).weak;
        let at = first(weak, target).ok_or(Fault::NotLinked)?;
        Ok(weak.remove(at).0)
    }

    pub(crate) fn relink(
        &mut self,
        (source, target): (Option<Id>, Option<Id>),
        (new_source, new_target): (Option<Id>, Option<Id>),
    ) -> Result<(), Fault> {
        let (source, target) = self.both(source, target)?;
        let (new_source, new_target) = self.both(new_source, new_target)?;
        let at = first(&self.object(source).out, target).ok_or(Fault::NotLinked)?;
        let out = &mut self.object(source).out;
        if source == new_source {
            out[at].1 = new_target;
        } else {
            let (label, _) = out.remove(at);
            self.object(new_source).out.push((label, new_target));
        }
        self.fell(target);
        Ok(())
    }

    pub(crate) fn set(
        &mut self,
        source: Option<Id>,
        label: u8,
        target: Option<Id>,
    ) -> Result<Option<Id>, Fault> {
        let (source, target) = self.both(source, target)?;
        let out = &mut self.object(source).out;
        let Some(edge) = out.iter_mut().find(|edge| edge.0 == label) else {
            out.push((label, target));
            return Ok(None);
        };
        let old = std::mem::replace(&mut edge.1, target);
        self.fell(old);
        Ok(Some(old))
    }

    /// Kills an object, whoever holds it; it is not among the deaths.
    pub(crate) fn destroy(&mut self, id: Option<Id>) -> Result<Id, Fault> {
        let id = self.alive(id)?;
        let edges = self.bury(id);
        let last = self.deaths.pop();
        assert_eq!(last, Some(id), "the object that was buried last");
        self.certain = self.certain.map(|certain| certain.min(self.deaths.len()));
        self.give_up(edges);
        Ok(id)
    }

    /// The same, where nobody takes the value: it is among the deaths, its place is open.
    pub(crate) fn destroy_unseen(&mut self, id: Option<Id>) -> Result<(), Fault> {
        let id = self.alive(id)?;
        let certain = self.certain.unwrap_or(self.deaths.len());
        let edges = self.bury(id);
        self.certain = Some(certain);
        self.give_up(edges);
        Ok(())
    }

    /// Kills everything at once.
    pub(crate) fn clear(&mut self) {
        self.objects.clear();
        self.pending.clear();
        self.orphans.clear();
        self.maybe.clear();
        self.ghosts.clear();
    }

    // Deaths by count.

    /// Looks whether an object that lost a root or an in-edge has to die.
    pub(crate) fn fell(&mut self, id: Id) {
        if !self.objects.contains_key(&id) || self.count(id) > 0 {
            return;
        }
        if self.deferred == 0 {
            let edges = self.bury(id);
            self.give_up(edges);
        } else {
            self.wait(id);
        }
    }

    /// Puts an object at the end of those that wait for reclaim.
    fn wait(&mut self, id: Id) {
        // Whether an object that was saved and falls again keeps its place is open.
        let is_known = self.pending.contains(&id);
        self.orphans.remove(&id);
        self.unordered |= is_known || self.maybe.contains(&id);
        if !is_known {
            self.pending.push(id);
        }
    }

    /// Reclaims whoever waits for it and still has nobody.
    pub(crate) fn flush(&mut self) {
        let deferred = std::mem::take(&mut self.deferred);
        if std::mem::take(&mut self.unordered) {
            self.certain = Some(0);
        }
        while let Some(at) = self
            .pending
            .iter()
            .position(|id| !self.orphans.contains(id))
        {
            let id = self.pending.remove(at);
            self.fell(id);
        }
        self.maybe.clear();
        self.deferred = deferred;
    }

    /// Takes an object out, with every edge to it; returns the edges it has itself.
    fn bury(&mut self, id: Id) -> VecDeque<Edge> {
        let object = self.objects.remove(&id).expect("an object dies once");
        if self.pending.contains(&id) || self.maybe.contains(&id) {
            // It waits, and lost its last owner before its turn: whether it dies now is open.
            self.certain.get_or_insert(self.deaths.len());
        }
        self.deaths.push(id);
        self.pending.retain(|&other| other != id);
        self.orphans.remove(&id);
        if self.deferred > 0 {
            self.maybe.extend(object.out.iter().map(|edge| edge.1));
        }
        self.ghosts.remove(&id);
        for other in self.objects.values_mut() {
            other.out.retain(|edge| edge.1 != id);
            other.weak.retain(|edge| edge.1 != id);
        }
        object.out.into()
    }

    /// Gives up edges of an object that stays, which has lost them all at once.
    pub(crate) fn let_go(&mut self, edges: VecDeque<Edge>) {
        if self.deferred > 0 {
            self.maybe.extend(edges.iter().map(|edge| edge.1));
        }
        self.give_up(edges);
    }

    /// Gives up the edges of the dead, one at a time; who has nobody then dies before the next.
    fn give_up(&mut self, edges: VecDeque<Edge>) {
        self.frames.push(edges);
        while let Some(frame) = self.frames.last_mut() {
            let Some((_, target)) = frame.pop_front() else {
                self.frames.pop();
                continue;
            };
            if !self.objects.contains_key(&target) || self.count(target) > 0 {
                continue;
            }
            if self.deferred == 0 {
                let edges = self.bury(target);
                self.frames.push(edges);
            } else {
                self.wait(target);
            }
        }
    }

    // Deaths by collection.

    /// Everything that these and what they refer to, over the objects that `within` holds for.
    fn reach(&self, from: impl Iterator<Item = Id>, within: impl Fn(Id) -> bool) -> BTreeSet<Id> {
        let mut reached = BTreeSet::new();
        let mut grey: Vec<Id> = from.collect();
        while let Some(id) = grey.pop() {
            if within(id) && reached.insert(id) {
                grey.extend(self.objects[&id].out.iter().map(|edge| edge.1));
            }
        }
        reached
    }

    /// Who can be reached neither from a root nor from a frozen object that has not died.
    pub(crate) fn unreachable(&self, dead: &BTreeSet<Id>) -> BTreeSet<Id> {
        let holds = |id: &Id| {
            let object = &self.objects[id];
            object.all_roots() > 0 || object.frozen && !dead.contains(id)
        };
        let reached = self.reach(self.objects.keys().copied().filter(holds), |_| true);
        self.objects
            .keys()
            .copied()
            .filter(|id| !reached.contains(id))
            .collect()
    }

    /// Who is garbage to a collection of the objects that `examined` holds for: who must be, or
    /// who may be.
    pub(crate) fn garbage(&self, examined: impl Fn(Id) -> bool, must: bool) -> BTreeSet<Id> {
        let alive = |id: &Id| self.objects.contains_key(id);
        let pending = self
            .pending
            .iter()
            .chain(&self.maybe)
            .copied()
            .filter(alive);
        let mut grey: BTreeSet<Id> = pending.filter(|&id| must || self.count(id) == 0).collect();
        for (&id, object) in &self.objects {
            if object.all_roots() > 0 {
                grey.insert(id);
            }
            if !examined(id) {
                grey.extend(object.out.iter().map(|edge| edge.1));
            }
        }
        let reached = self.reach(grey.into_iter(), &examined);
        self.objects
            .keys()
            .copied()
            .filter(|&id| examined(id) && !reached.contains(&id))
            .collect()
    }

    /// Takes out those that the store has collected, and then those of `dead` that have nobody
    /// left; returns who of `dead` is still owned.
    pub(crate) fn remove(&mut self, collected: &BTreeSet<Id>, dead: &BTreeSet<Id>) -> BTreeSet<Id> {
        for &id in collected {
            self.bury(id);
        }
        let mut left = dead.clone();
        while let Some(id) = left.iter().copied().find(|&id| self.count(id) == 0) {
            left.remove(&id);
            self.bury(id);
        }
        self.deaths.clear();
        self.certain = None;
        left
    }

    /// Writes down who has nobody after a part of those that wait was reclaimed. Those that were
    /// saved may keep their place, or lose it.
    pub(crate) fn find_pending(&mut self) {
        let new: Vec<Id> = self
            .objects
            .keys()
            .copied()
            .filter(|&id| self.is_lost(id))
            .collect();
        if self.deferred == 0 {
            self.orphans.extend(&new);
        }
        self.pending.extend(new);
        self.unordered = !self.pending.is_empty();
    }

    /// Whether nobody has the object, and it does not wait for reclaim either.
    pub(crate) fn is_lost(&self, id: Id) -> bool {
        !self.pending.contains(&id) && self.count(id) == 0
    }
}
