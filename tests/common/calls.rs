//! The calls that are about more than one object: guards, clones, commands, components, emptying.

use std::collections::BTreeSet;

use understory::{Commands, Handle};

use super::Value;
use super::interpreter::{Health, Name, Rule, Subject, World, same};
use super::model::Id;
use super::op::{Kind, Op, Pick};

/// The place of a handle's object, by which deaths are ordered.
pub(crate) fn index(handle: Handle) -> u32 {
    handle.index()
}

impl World {
    pub(crate) fn hold(&mut self, store: &mut Subject, op: &Op) {
        match *op {
            Op::Hold(pick) => {
                let (handle, id) = self.pick(pick);
                let result = store.hold(handle);
                same(result.as_ref().map(drop), self.model.alive(id));
                if let (Ok(guard), Some(id)) = (result, id) {
                    assert_eq!(guard.handle(), handle);
                    self.model.object(id).held += 1;
                    self.guards.push((id, guard));
                }
            }
            Op::CloneRoot(at) if !self.guards.is_empty() => {
                let (id, guard) = self.guards[usize::from(at) % self.guards.len()].clone();
                self.guards.push((id, guard));
                self.cloned.push(id);
            }
            Op::DropRoot(at) if !self.guards.is_empty() => {
                let (id, guard) = self.guards.swap_remove(usize::from(at) % self.guards.len());
                drop(guard);
                self.dropped.push(id);
                self.orphans.pop();
            }
            Op::Release(at) if !self.guards.is_empty() => {
                let (id, guard) = self.guards.swap_remove(usize::from(at) % self.guards.len());
                store.release(guard).expect("the guard is the store's own");
                self.apply_clones();
                self.give_back(vec![id]);
            }
            Op::Release(_) => {
                if let Some(orphan) = self.orphans.pop() {
                    store
                        .release(orphan)
                        .expect_err("the guard is another store's");
                }
            }
            Op::SyncRoots => {
                store.sync_roots();
                self.apply_news();
            }
            Op::ReleaseForeign => {
                store.release_foreign_roots();
                let mut had = self.alive();
                had.retain(|&id| std::mem::take(&mut self.model.object(id).foreign) > 0);
                for id in self.by_index(had) {
                    self.model.fell(id);
                }
            }
            _ => {}
        }
    }

    fn by_index(&self, mut ids: Vec<Id>) -> Vec<Id> {
        ids.sort_by_key(|id| index(self.handles[id]));
        ids
    }

    fn apply_clones(&mut self) {
        for id in std::mem::take(&mut self.cloned) {
            if self.model.objects.contains_key(&id) {
                self.model.object(id).held += 1;
            }
        }
    }

    /// What guards have told the store since it last listened: clones, and drops by handle.
    pub(crate) fn apply_news(&mut self) {
        self.apply_clones();
        let dropped = std::mem::take(&mut self.dropped);
        self.give_back(dropped);
    }

    /// Takes roots away, and then looks in the order of the handles who has nobody left.
    fn give_back(&mut self, ids: Vec<Id>) {
        for id in &ids {
            if let Some(object) = self.model.objects.get_mut(id) {
                object.held -= 1;
            }
        }
        for id in self.by_index(ids) {
            self.model.fell(id);
        }
    }

    /// Goes on with the clone, or with the original.
    pub(crate) fn clone_store(&mut self, store: &mut Subject) {
        let clone = store.clone();
        let goes_on = self.scopes == 0 && self.model.born() % 2 == 0;
        let gone = if goes_on {
            std::mem::replace(store, clone)
        } else {
            clone
        };
        if goes_on {
            for object in self.model.objects.values_mut() {
                object.foreign += std::mem::take(&mut object.held);
            }
            self.orphans.extend(
                std::mem::take(&mut self.guards)
                    .into_iter()
                    .map(|(_, guard)| guard),
            );
            self.cloned.clear();
            self.dropped.clear();
        }
        drop(gone);
        let mut dropped = self.log.take();
        dropped.sort_unstable();
        let mut stored = self.alive();
        stored.extend(self.condemned.keys());
        stored.sort_unstable();
        assert_eq!(dropped, stored, "a store that is dropped drops its values");
    }

    /// Kills many at once; they are compared as a set.
    pub(crate) fn empty(&mut self, store: &mut Subject, op: &Op) -> Rule {
        let before = self.alive();
        match *op {
            Op::Retain(byte) => {
                let keeps = |id: Id| (id.wrapping_mul(37) ^ Id::from(byte)) % 4 != 0;
                let mut asked = BTreeSet::new();
                store.retain(|handle, value| {
                    assert_eq!(handle, self.handles[&value.id]);
                    assert!(asked.insert(value.id), "each object is asked for once");
                    keeps(value.id)
                });
                for &id in before.iter().filter(|&&id| !keeps(id)) {
                    // It may have died with an object that owned it.
                    let _ = self.model.destroy(Some(id));
                }
                self.model.unordered = true;
            }
            Op::Drain => {
                for (handle, value) in store.drain() {
                    assert_eq!(handle, self.handles[&value.id]);
                }
                self.model.clear();
            }
            _ => {
                store.clear();
                self.model.clear();
            }
        }
        let after = &self.model.objects;
        Rule::Empties(
            before
                .into_iter()
                .filter(|id| !after.contains_key(id))
                .collect(),
        )
    }

    /// Buffers insertions and other commands, and applies them together.
    pub(crate) fn commands(&mut self, store: &mut Subject, inserted: u8, ops: &[Op]) -> Rule {
        let picks = ops.iter().map(|op| match *op {
            Op::Link(a, _, b) => [self.pick(a), self.pick(b)],
            Op::Unlink(edge) => self.pick_edge(edge, false),
            Op::Root(pick) | Op::Unroot(pick) | Op::Destroy(pick) => [self.pick(pick); 2],
            _ => unreachable!("an operation that commands do not have"),
        });
        // A new object's handle is known to the buffer alone, so these are picked first.
        let picks: Vec<_> = picks.collect();
        let mut commands = Commands::new();
        let mut chain = Vec::new();
        for at in 0..inserted {
            let id = self.model.next_id();
            let pending = commands.insert(Value::new(id, &self.log));
            self.model.insert(id, 1);
            if let Some(&(parent, owner)) = chain.last() {
                commands.link(parent, at, pending);
                self.model
                    .link(Some(owner), at, Some(id))
                    .expect("both are new");
                commands.unroot(pending);
                self.model.unroot(Some(id)).expect("it is new");
            }
            chain.push((pending, id));
        }
        // Where an insertion may collect, the model cannot tell whether it did so before the other
        // commands; and a handle that is not known yet may be the one that an insertion gives out.
        let collects = self.setup.automatic && !self.model.unreachable(&BTreeSet::new()).is_empty();
        let safe = |(_, ends): &(&Op, [(Handle, Option<Id>); 2])| {
            let is_known = |(handle, _): &(Handle, Option<Id>)| self.ids.contains_key(handle);
            inserted == 0 || !collects && ends.iter().all(is_known)
        };
        let mut picked: Vec<_> = ops.iter().zip(picks).filter(safe).collect();
        // In which order the edges are that a destroyed object leaves behind is open.
        picked.sort_by_key(|(op, _)| matches!(op, Op::Destroy(_)));
        if self.setup.prompt {
            // The second command would meet a graph that the model has not made up its mind about.
            picked.truncate(1);
        }
        let mut refused = Vec::new();
        for (op, [(a, from), (b, to)]) in picked {
            let at = commands.len();
            let result = match *op {
                Op::Link(_, label, _) => {
                    commands.link(a, label, b);
                    self.model.link(from, label, to)
                }
                Op::Unlink(_) => {
                    commands.unlink(a, b);
                    self.model.unlink(from, to, |_| true).map(drop)
                }
                Op::Root(_) => {
                    commands.root(a);
                    self.model.root(from)
                }
                Op::Unroot(_) => {
                    commands.unroot(a);
                    self.model.unroot(from)
                }
                _ => {
                    commands.destroy(a);
                    // Nobody takes the value, so it is among the deaths.
                    self.model.destroy_unseen(from)
                }
            };
            refused.extend(result.is_err().then_some(at));
        }
        let applied = store.apply(&mut commands);
        assert!(commands.is_empty(), "a buffer that was applied is empty");
        assert!(
            applied.refused.iter().map(|(at, _)| *at).eq(refused),
            "refused commands"
        );
        for (pending, id) in chain {
            let handle = applied.handle(pending).expect("there is room");
            self.name(id, handle);
        }
        if inserted > 0 {
            self.after_insert()
        } else {
            Rule::Exact
        }
    }

    // Components.

    pub(crate) fn insert_component(
        &mut self,
        store: &mut Subject,
        pick: Pick,
        kind: Kind,
        value: u8,
    ) {
        let (handle, id) = self.pick(pick);
        let object = id.and_then(|id| self.model.objects.get_mut(&id));
        match kind {
            Kind::Health => {
                let result = store.insert_component(handle, Health(value.into()));
                let Some(object) = object else {
                    let error = result.expect_err("the object is dead");
                    assert_eq!(
                        error.into_value(),
                        Health(value.into()),
                        "the component comes back"
                    );
                    return;
                };
                let old = object.health.replace(value.into());
                assert_eq!(result.expect("the object is alive"), old.map(Health));
            }
            Kind::Name => {
                let result = store.insert_component(handle, Name(value));
                let Some(object) = object else {
                    let error = result.expect_err("the object is dead");
                    assert_eq!(error.into_value(), Name(value), "the component comes back");
                    return;
                };
                let old = object.name.replace(value);
                assert_eq!(result.expect("the object is alive"), old.map(Name));
            }
        }
    }

    /// Inserts so many objects with components: by one call for one, and by one call for several.
    pub(crate) fn insert_batch(&mut self, store: &mut Subject, objects: u8, number: u8) -> Rule {
        let (health, name) = (|| Health(number.into()), || Name(number));
        let mut ids = Vec::new();
        let values: Vec<Value> = (0..objects)
            .map(|_| {
                let id = self.model.next_id();
                self.model.insert(id, 1);
                let object = self.model.objects.get_mut(&id).expect("it is new");
                object.health = Some(number.into());
                object.name = (number % 2 == 0).then_some(number);
                ids.push(id);
                Value::new(id, &self.log)
            })
            .collect();
        let has_name = number % 2 == 0;
        let values = values.into_iter();
        let handles = match (objects, has_name) {
            (1, true) => values
                .map(|value| store.insert_bundle(value, (health(), name())))
                .collect(),
            (1, false) => values
                .map(|value| store.insert_bundle(value, (health(),)))
                .collect(),
            (_, true) => store.insert_batch(values.map(|value| (value, (health(), name())))),
            (_, false) => store.insert_batch(values.map(|value| (value, (health(),)))),
        };
        assert_eq!(handles.len(), ids.len());
        for (id, handle) in ids.into_iter().zip(handles) {
            self.name(id, handle);
        }
        self.after_insert()
    }

    pub(crate) fn remove_component(&mut self, store: &mut Subject, pick: Pick, kind: Kind) {
        let (handle, id) = self.pick(pick);
        let object = id.and_then(|id| self.model.objects.get_mut(&id));
        match kind {
            Kind::Health => {
                let old = object.and_then(|object| object.health.take());
                assert_eq!(store.remove_component::<Health>(handle), old.map(Health));
            }
            Kind::Name => {
                let old = object.and_then(|object| object.name.take());
                assert_eq!(store.remove_component::<Name>(handle), old.map(Name));
            }
        }
    }
}
