//! Holds what a store shows against the model.

use std::collections::{BTreeMap, BTreeSet};

use understory::{Death, Edges, Generation, Handle};

use super::Value;
use super::calls::index;
use super::interpreter::{Health, Name, Rule, Subject, World};
use super::model::{Edge, Id, Object};

const ALL: [Generation; 4] = [
    Generation::Young,
    Generation::Middle,
    Generation::Old,
    Generation::Permanent,
];

/// The edges to each object: label and source.
type InEdges = BTreeMap<Id, Vec<(Id, u8)>>;

fn incoming(edges: impl Iterator<Item = (Id, u8, Id)>) -> InEdges {
    let mut incoming = InEdges::new();
    for (source, label, target) in edges {
        incoming.entry(target).or_default().push((source, label));
    }
    for edges in incoming.values_mut() {
        edges.sort_unstable();
    }
    incoming
}

impl World {
    /// Compares the deaths of a call, and then everything.
    pub(crate) fn settle(&mut self, store: &mut Subject, rule: &Rule) {
        let mut dead = self.take_dead(store);
        dead.retain(|id| self.condemned.remove(id).is_none() && !self.destroyed.remove(id));
        dead.extend(self.condemn(store, &dead));
        self.deaths.extend(&dead);
        let set: BTreeSet<Id> = dead.iter().copied().collect();
        assert_eq!(set.len(), dead.len(), "nobody dies twice: {dead:?}");
        let counted = std::mem::take(&mut self.model.deaths);
        let certain = self.model.certain.take();
        let prompt = self.setup.prompt && self.scopes == 0;
        self.orphans_wait = matches!(rule, Rule::Traces | Rule::Collects { .. });
        match rule {
            Rule::Exact if !prompt => {
                let known = certain.unwrap_or(counted.len()).min(dead.len());
                assert_eq!(
                    dead[..known],
                    counted[..known],
                    "deaths in order; the model: {counted:?}"
                );
                assert_eq!(set, counted.iter().copied().collect(), "deaths");
            }
            Rule::Empties(expected) if !prompt => assert_eq!(set, *expected, "deaths"),
            Rule::Collects { must, may } if !prompt => {
                if certain.is_none() && !self.interrupted {
                    assert_eq!(dead[..counted.len()], counted, "deaths by count come first");
                }
                let collected = dead.iter().filter(|id| must.contains(id));
                let places: Vec<u32> = collected.map(|id| index(self.handles[id])).collect();
                assert!(
                    places.is_sorted() || self.interrupted,
                    "the collected die by index: {places:?}"
                );
                assert!(
                    set.is_superset(must),
                    "{set:?} died, of the garbage {must:?}"
                );
                self.match_collected(&set, &counted.into_iter().collect(), may);
            }
            _ => {
                let counted = match rule {
                    Rule::Empties(expected) => expected.clone(),
                    _ => counted.into_iter().collect(),
                };
                if prompt {
                    let objects = &self.model.objects;
                    let is_suspect = |id| {
                        let is_frozen = objects.get(&id).is_some_and(|object| object.frozen);
                        !is_frozen && !self.thawed.contains(&id)
                    };
                    let must = self.model.garbage(is_suspect, true);
                    assert!(
                        set.is_superset(&must),
                        "{set:?} died, of the garbage {must:?}"
                    );
                }
                let mut may = self.model.unreachable(&set);
                // A collection that runs when objects are frozen still takes what it finds of them.
                may.retain(|id| self.interrupted || !self.model.objects[id].frozen);
                self.match_collected(&set, &counted, &may);
            }
        }
        self.compare(store);
    }

    /// Who has died in this call and was not swept.
    fn condemn(&mut self, store: &Subject, swept: &[Id]) -> Vec<Id> {
        let is_gone = |id: &Id| !store.contains(self.handles[id]) && !swept.contains(id);
        let gone: Vec<Id> = self.alive().into_iter().filter(is_gone).collect();
        for id in &gone {
            let edges = self.model.objects[id].out.clone();
            self.condemned.insert(*id, edges);
        }
        gone
    }

    /// Looks how many edges of the dead are left, which the model cannot know.
    fn haunt(&mut self, store: &Subject) {
        self.model.ghosts.clear();
        for id in self.alive() {
            let count = store.refcount(self.handles[&id]).expect("it is alive");
            let edges = self.condemned.values().flatten();
            let most = edges.filter(|edge| edge.1 == id).count();
            let ghosts = count.saturating_sub(self.model.count(id));
            assert!(
                ghosts <= most,
                "{id} has {ghosts} edges from the dead, of {most}"
            );
            if ghosts > 0 {
                self.model.ghosts.insert(id, ghosts);
            }
        }
    }

    fn take_dead(&mut self, store: &mut Subject) -> Vec<Id> {
        let known = |death: Death<Value, Handle>| {
            let Death { handle, value, .. } = death;
            let named = self.handles.get(&value.id);
            assert!(
                named.is_none_or(|&named| named == handle),
                "a value with its handle"
            );
            value.silence()
        };
        let mut dead: Vec<Id> = store.drain_deaths().map(known).collect();
        assert!(
            dead.is_empty() || self.setup.config.record_deaths,
            "the dead are kept if asked for"
        );
        dead.append(&mut self.log.borrow_mut());
        dead
    }

    fn match_collected(&mut self, dead: &BTreeSet<Id>, counted: &BTreeSet<Id>, may: &BTreeSet<Id>) {
        assert!(
            dead.is_superset(counted),
            "{dead:?} died, by count {counted:?} had to"
        );
        // What the dead of before still held has lost that when it died.
        self.model.ghosts.retain(|id, _| !dead.contains(id));
        let more: BTreeSet<Id> = dead.difference(counted).copied().collect();
        let collected = more.intersection(may).copied().collect();
        let by_count = more.difference(may).copied().collect();
        let left = self.model.remove(&collected, &by_count);
        assert_eq!(
            left,
            BTreeSet::new(),
            "who died is owned, or outside of the collection"
        );
        self.find_pending();
    }

    fn find_pending(&mut self) {
        let mut alive = self.model.objects.keys();
        if (self.model.deferred > 0 || self.orphans_wait) && alive.any(|&id| self.model.is_lost(id))
        {
            self.model.find_pending();
        }
    }

    /// Takes over what a guard's clones add, which the store may count at once or later.
    fn adopt_clones(&mut self, store: &Subject) {
        for id in self.cloned.clone() {
            let Some(object) = self.model.objects.get_mut(&id) else {
                continue;
            };
            if store.root_count(self.handles[&id]) > Some(object.all_roots()) {
                object.held += 1;
                let at = self.cloned.iter().position(|&other| other == id);
                self.cloned.remove(at.expect("it is on the list"));
            }
        }
    }

    fn compare(&mut self, store: &mut Subject) {
        if let Err(violation) = store.check_invariants() {
            panic!("in configuration {:?}: {violation}", self.setup.name);
        }
        self.adopt_clones(store);
        self.compare_alive(store);
        if !self.condemned.is_empty() || !self.model.ghosts.is_empty() {
            self.haunt(store);
            self.find_pending();
        }
        let (strong, weak) = (
            incoming(self.model.edges()),
            incoming(self.model.weak_edges()),
        );
        for id in self.alive() {
            self.compare_object(store, id, strong.get(&id).map_or(&[], |edges| &edges[..]));
            self.compare_weak(store, id, weak.get(&id).map_or(&[], |edges| &edges[..]));
        }
        let sum = |incoming: &InEdges| incoming.values().map(Vec::len).sum::<usize>();
        // The edges of the dead are counted until they are swept.
        let (edges, weak_edges) = (store.edge_count(), store.weak_edges().edge_count());
        assert!(edges >= sum(&strong) && weak_edges >= sum(&weak), "edges");
        if self.condemned.is_empty() {
            assert_eq!((edges, weak_edges), (sum(&strong), sum(&weak)), "edges");
        }
        self.compare_query(store);
        let dead = self
            .handles
            .iter()
            .filter(|(id, _)| !self.model.objects.contains_key(id));
        dead.rev()
            .take(6)
            .for_each(|(_, &handle)| compare_dead(store, handle));
        compare_dead(store, Handle::default());
    }

    fn compare_alive(&self, store: &mut Subject) {
        let objects = &self.model.objects;
        let expected: BTreeMap<Id, u8> = objects
            .iter()
            .map(|(&id, object)| (id, object.data))
            .collect();
        assert_eq!(
            (store.len(), store.is_empty()),
            (objects.len(), objects.is_empty()),
            "len"
        );
        let read = |(handle, value): (Handle, &Value)| {
            assert_eq!(
                self.ids.get(&handle),
                Some(&value.id),
                "a handle with its value"
            );
            (value.id, value.data)
        };
        assert_eq!(
            store.iter().map(read).collect::<BTreeMap<_, _>>(),
            expected,
            "who is alive"
        );
        assert_eq!(
            (store.iter().count(), store.handles().count()),
            (objects.len(), objects.len())
        );
        let values = store.values().map(|value| (value.id, value.data));
        assert_eq!(values.collect::<BTreeMap<_, _>>(), expected);
        let values = store.values_mut().map(|value| (value.id, value.data));
        assert_eq!(values.collect::<BTreeMap<_, _>>(), expected);
        let lens = ALL.map(|generation| store.generation_len(generation));
        assert_eq!(
            lens.iter().sum::<usize>(),
            objects.len(),
            "generations {lens:?}"
        );
        let frozen = objects.values().filter(|object| object.frozen).count();
        assert_eq!((store.frozen_count(), lens[3]), (frozen, frozen), "frozen");
    }

    fn compare_object(&self, store: &Subject, id: Id, sources: &[(Id, u8)]) {
        let handle = self.handles[&id];
        let object = &self.model.objects[&id];
        assert!(store.contains(handle), "object {id} is alive");
        assert_eq!(
            store.get(handle).map(|value| (value.id, value.data)),
            Some((id, object.data))
        );
        assert_eq!(
            store.root_count(handle),
            Some(object.all_roots()),
            "roots of {id}"
        );
        let ghosts = self.model.ghosts.get(&id).copied().unwrap_or(0);
        let count = object.all_roots() + sources.len() + ghosts;
        assert_eq!(store.refcount(handle), Some(count), "count of {id}");
        let waits = self.model.pending.contains(&id);
        assert!(
            count > 0 || waits,
            "object {id} has nobody, and does not wait for reclaim"
        );
        assert_eq!(
            store.generation(handle) == Some(Generation::Permanent),
            object.frozen
        );

        let edges = store
            .out_edges(handle)
            .map(|(target, &label)| (label, self.ids[&target]));
        let edges: Vec<_> = edges.collect();
        let expected = &object.out;
        assert_eq!(edges, *expected, "edges of {id}, in order");
        assert_eq!(store.out_degree(handle), Some(edges.len()));
        assert_eq!(store.out_edges(handle).len(), edges.len());
        let targets: Vec<Id> = store
            .targets(handle)
            .map(|target| self.ids[&target])
            .collect();
        assert_eq!(targets, edges.iter().map(|edge| edge.1).collect::<Vec<_>>());
        let back: Vec<Id> = store
            .targets(handle)
            .rev()
            .map(|target| self.ids[&target])
            .collect();
        assert!(
            back.iter().eq(targets.iter().rev()),
            "targets from both ends"
        );
        self.compare_lists(store.edges(), id, &edges);
        self.compare_incoming(store.edges(), id, sources);
        for (&other, &named) in self.handles.iter().take(24) {
            let linked = sources.iter().any(|edge| edge.0 == other);
            assert_eq!(
                store.has_edge(named, handle),
                linked,
                "edge from {other} to {id}"
            );
        }
        let ghosts = self.model.ghosts.get(&id).copied().unwrap_or(0);
        assert_eq!(store.in_degree(handle), Some(sources.len() + ghosts));
    }

    /// The edges with each label.
    fn compare_lists(&self, store: Edges<'_, u8, Handle>, id: Id, edges: &[Edge]) {
        let handle = self.handles[&id];
        for label in 0..4 {
            let expected = edges.iter().filter(|edge| edge.0 == label);
            let expected: Vec<Handle> = expected.map(|edge| self.handles[&edge.1]).collect();
            let list = store.list(handle, &label);
            assert!(
                list.iter().eq(expected.iter().copied()),
                "list {label} of {id}"
            );
            assert!(list.iter().rev().eq(expected.iter().rev().copied()));
            assert_eq!(store.target(handle, &label), expected.first().copied());
            assert_eq!(list.last(), expected.last().copied());
            assert_eq!(list.get(1), expected.get(1).copied());
            assert_eq!(
                (list.len(), list.is_empty()),
                (expected.len(), expected.is_empty())
            );
            for target in expected.iter().take(3) {
                let first = expected.iter().position(|other| other == target);
                assert_eq!(list.position(*target), first);
            }
        }
    }

    fn compare_incoming(&self, store: Edges<'_, u8, Handle>, id: Id, sources: &[(Id, u8)]) {
        let handle = self.handles[&id];
        let edges = store
            .in_edges(handle)
            .map(|(source, &label)| (self.ids[&source], label));
        assert_eq!(sorted(&edges.collect::<Vec<_>>()), sources, "edges to {id}");
        let nodes = store.sources(handle).map(|source| self.ids[&source]);
        let expected: Vec<Id> = sources.iter().map(|edge| edge.0).collect();
        assert_eq!(
            sorted(&nodes.collect::<Vec<_>>()),
            expected,
            "sources of {id}"
        );
        assert_eq!(store.sources(handle).len(), sources.len());
        for label in 0..4 {
            let mut edges = store.in_edges(handle).filter(|edge| *edge.1 == label);
            let first = edges.next().map(|edge| edge.0);
            assert_eq!(
                store.source(handle, &label),
                first,
                "the source {label} of {id}"
            );
        }
    }

    fn compare_weak(&self, store: &Subject, id: Id, sources: &[(Id, u8)]) {
        let handle = self.handles[&id];
        let weak = store.weak_edges();
        let edges = weak.out_edges(handle);
        assert_eq!(edges.len(), edges.clone().count());
        let edges: Vec<Edge> = edges
            .map(|(target, &label)| (label, self.ids[&target]))
            .collect();
        let object: &Object = &self.model.objects[&id];
        assert_eq!(edges, object.weak, "weak edges of {id}, in order");
        let targets = weak.targets(handle).map(|target| self.ids[&target]);
        assert!(
            targets.eq(edges.iter().map(|edge| edge.1)),
            "weak targets of {id}"
        );
        self.compare_lists(weak, id, &edges);
        self.compare_incoming(weak, id, sources);
        for (&other, &named) in self.handles.iter().take(8) {
            let linked = sources.iter().any(|edge| edge.0 == other);
            assert_eq!(weak.has_edge(named, handle), linked, "{other} to {id}");
        }

        assert_eq!(
            store.component::<Health>(handle).map(|health| health.0),
            object.health
        );
        assert_eq!(
            store.component::<Name>(handle).map(|name| name.0),
            object.name
        );
    }

    fn compare_query(&self, store: &Subject) {
        let mut query = store.query::<(&Health, Option<&Name>)>();
        let row = |(handle, (health, name)): (Handle, (&Health, Option<&Name>))| {
            (self.ids[&handle], (health.0, name.map(|name| name.0)))
        };
        let rows: BTreeMap<Id, _> = query.iter_with_handles().map(row).collect();
        let expected = self
            .model
            .objects
            .iter()
            .filter_map(|(&id, object)| Some((id, (object.health?, object.name))));
        assert_eq!(
            rows,
            expected.collect(),
            "who has health, and a name or not"
        );
    }
}

/// A stale handle gets nothing.
fn compare_dead(store: &mut Subject, handle: Handle) {
    assert!(
        !store.contains(handle) && store.get(handle).is_none(),
        "{handle} is dead"
    );
    assert!(store.get_mut(handle).is_none() && store.generation(handle).is_none());
    assert_eq!(
        (store.refcount(handle), store.root_count(handle)),
        (None, None)
    );
    assert_eq!(
        (store.out_degree(handle), store.in_degree(handle)),
        (None, None)
    );
    assert_eq!(store.targets(handle).len() + store.sources(handle).len(), 0);
    assert_eq!(
        store.out_edges(handle).len() + store.in_edges(handle).len(),
        0
    );
    assert_eq!(
        store.weak_edges().targets(handle).count() + store.weak_edges().sources(handle).count(),
        0
    );
    assert!(store.target(handle, &0).is_none() && !store.has_edge(handle, handle));
    assert!(store.component::<Health>(handle).is_none());
    assert!(store.component_mut::<Name>(handle).is_none());
}

fn sorted<A: Ord + Clone>(values: &[A]) -> Vec<A> {
    let mut values = values.to_vec();
    values.sort_unstable();
    values
}
