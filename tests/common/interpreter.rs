//! Runs a script on a store and on the model.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use understory::slotmap::{Key, KeyData};
use understory::{Budget, Collected, Destroyed, Generation, Handle, Phase, Reclaim, Root, Store};

use super::model::{Edge, Fault, Id, Model};
use super::op::{EdgePick, Op, Pick, Picked};
use super::{Log, Setup, Value};

pub(crate) type Subject = Store<Value, u8>;

/// A component of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Health(pub(crate) u32);

/// A component of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) u8);

const GENERATIONS: [Generation; 3] = [Generation::Young, Generation::Middle, Generation::Old];

/// What a call may kill, beside those that the model has killed.
#[derive(Debug)]
pub(crate) enum Rule {
    /// Nobody.
    Exact,
    /// All of `must`, some of `may`, and who has nobody left then.
    Collects {
        must: BTreeSet<Id>,
        may: BTreeSet<Id>,
    },
    /// Some of those that cannot be reached from a root, and who has nobody left then.
    Traces,
    /// Nobody but these, in any order.
    Empties(BTreeSet<Id>),
}

/// A store's handles, and what the model thinks of it.
pub(crate) struct World {
    pub(crate) model: Model,
    pub(crate) setup: Setup,
    pub(crate) handles: BTreeMap<Id, Handle>,
    pub(crate) ids: BTreeMap<Handle, Id>,
    pub(crate) log: Log,
    /// Those that have died, in order.
    pub(crate) deaths: Vec<Id>,
    /// Those that were destroyed, and whose deaths are on record.
    pub(crate) destroyed: BTreeSet<Id>,
    pub(crate) guards: Vec<(Id, Root<Handle>)>,
    /// Guards of stores that are gone.
    pub(crate) orphans: Vec<Root<Handle>>,
    /// Guards that were cloned or dropped, and the store does not know yet.
    pub(crate) cloned: Vec<Id>,
    pub(crate) dropped: Vec<Id>,
    generations: BTreeMap<Id, Generation>,
    /// Who has been frozen: what became garbage then is left to a collection.
    pub(crate) thawed: BTreeSet<Id>,
    pub(crate) scopes: usize,
    /// Who is dead and has not been swept, with the edges that it had.
    pub(crate) condemned: BTreeMap<Id, Vec<Edge>>,
    /// Whether the call may leave what only garbage owned to wait until that has left.
    pub(crate) orphans_wait: bool,
    /// Whether an earlier call has left a collection or the dead to be finished.
    pub(crate) interrupted: bool,
}

/// Runs a script from an empty store to an empty store; panics where store and model differ.
/// Returns the deaths in order, and the handles.
pub(crate) fn run(ops: &[Op], setup: &Setup) -> (Vec<Id>, Vec<Handle>) {
    let mut store = Subject::with_config(setup.config.clone());
    let mut world = World::new(setup);
    for op in ops {
        world.apply(&mut store, op);
    }
    world.finish(store)
}

impl World {
    fn new(setup: &Setup) -> Self {
        let mut model = Model::default();
        model.deferred = usize::from(setup.config.reclaim == Reclaim::AtStep);
        Self {
            model,
            setup: setup.clone(),
            handles: BTreeMap::new(),
            ids: BTreeMap::new(),
            log: Log::default(),
            deaths: Vec::new(),
            destroyed: BTreeSet::new(),
            guards: Vec::new(),
            orphans: Vec::new(),
            cloned: Vec::new(),
            dropped: Vec::new(),
            generations: BTreeMap::new(),
            thawed: BTreeSet::new(),
            scopes: 0,
            condemned: BTreeMap::new(),
            orphans_wait: false,
            interrupted: false,
        }
    }

    /// Without roots, a collection leaves nothing; and every value was dropped once.
    fn finish(mut self, mut store: Subject) -> (Vec<Id>, Vec<Handle>) {
        for (id, _) in std::mem::take(&mut self.guards) {
            self.dropped.push(id);
        }
        self.apply(&mut store, &Op::SyncRoots);
        self.apply(&mut store, &Op::ReleaseForeign);
        self.apply(&mut store, &Op::Unfreeze);
        for id in self.alive() {
            while self
                .model
                .objects
                .get(&id)
                .is_some_and(|object| object.roots > 0)
            {
                self.observe(&store);
                assert_eq!(store.unroot(self.handles[&id]), Ok(()));
                self.model.unroot(Some(id)).expect("it was rooted");
                self.settle(&mut store, &Rule::Exact);
            }
        }
        self.apply(&mut store, &Op::Step(0));
        self.apply(&mut store, &Op::Collect);
        self.apply(&mut store, &Op::Step(0));
        assert!(
            store.is_empty(),
            "without roots and after a collection nothing is left"
        );
        assert_eq!(
            (store.edge_count(), store.weak_edges().edge_count()),
            (0, 0)
        );
        assert_eq!(
            Rc::strong_count(&self.log),
            1,
            "a value is neither alive nor dropped"
        );
        (self.deaths, self.handles.into_values().collect())
    }

    pub(crate) fn alive(&self) -> Vec<Id> {
        self.model.objects.keys().copied().collect()
    }

    // Operands.

    pub(crate) fn pick(&self, pick: Pick) -> (Handle, Option<Id>) {
        let among = |ids: &mut dyn Iterator<Item = Id>, at: usize| {
            let ids: Vec<Id> = ids.collect();
            ids.get(at % ids.len().max(1))
                .map_or(Handle::null(), |id| self.handles[id])
        };
        let objects = &self.model.objects;
        let handle = match pick.picked() {
            Picked::Alive(at) => among(&mut objects.keys().copied(), at),
            Picked::Dead(at) => {
                let dead = |id: &Id| !objects.contains_key(id);
                among(&mut self.handles.keys().copied().filter(dead), at)
            }
            Picked::Null => Handle::null(),
            Picked::Foreign(at) => foreign(at),
        };
        let id = self.ids.get(&handle).copied();
        (handle, id.filter(|id| objects.contains_key(id)))
    }

    pub(crate) fn pick_edge(&self, pick: EdgePick, weak: bool) -> [(Handle, Option<Id>); 2] {
        let edges: Vec<(Id, u8, Id)> = if weak {
            self.model.weak_edges().collect()
        } else {
            self.model.edges().collect()
        };
        match pick.number() {
            Some(number) if !edges.is_empty() => {
                let (source, _, target) = edges[number % edges.len()];
                [source, target].map(|id| (self.handles[&id], Some(id)))
            }
            _ => [self.pick(pick.0), self.pick(pick.1)],
        }
    }

    pub(crate) fn label_of(&self, pick: EdgePick, byte: u8) -> u8 {
        let edges: Vec<(Id, u8, Id)> = self.model.edges().collect();
        match pick.number() {
            Some(number) if !edges.is_empty() && byte < 192 => edges[number % edges.len()].1,
            _ => byte % 4,
        }
    }

    pub(crate) fn name(&mut self, id: Id, handle: Handle) {
        assert!(!handle.is_null(), "a new object has a handle");
        let old = self.ids.insert(handle, id);
        assert_eq!(old, None, "handle {handle} was given out before");
        self.handles.insert(id, handle);
    }

    // Execution.

    /// Notes in which generation every object is before a call.
    fn observe(&mut self, store: &Subject) {
        let generation = |(&id, handle): (&Id, &Handle)| Some((id, store.generation(*handle)?));
        self.generations = self.handles.iter().filter_map(generation).collect();
        self.interrupted = store.phase() != Phase::Idle || !self.condemned.is_empty();
    }

    pub(crate) fn apply(&mut self, store: &mut Subject, op: &Op) {
        self.observe(store);
        let rule = self.execute(store, op);
        self.settle(store, &rule);
        if self.setup.slice > 0 && self.scopes == 0 {
            self.observe(store);
            let rule = self.step(store, self.setup.slice);
            self.settle(store, &rule);
        }
    }

    fn execute(&mut self, store: &mut Subject, op: &Op) -> Rule {
        match *op {
            Op::Insert | Op::InsertWith | Op::InsertLinked(..) => return self.insert(store, op),
            Op::InsertBatch(objects, value) => return self.insert_batch(store, objects, value),
            Op::Root(pick) => {
                let (handle, id) = self.pick(pick);
                same(store.root(handle), self.model.root(id));
            }
            Op::Unroot(pick) => {
                let (handle, id) = self.pick(pick);
                same(store.unroot(handle), self.model.unroot(id));
            }
            Op::Link(..) | Op::LinkWeak(..) | Op::Set(..) => self.link(store, op),
            Op::List(..) => self.change_list(store, op),
            Op::Unlink(..) | Op::UnlinkLabel(..) | Op::UnlinkWeak(..) | Op::Relink(..) => {
                self.unlink(store, op);
            }
            Op::Destroy(pick) => {
                let (handle, id) = self.pick(pick);
                let expected = self.model.destroy(id).ok();
                match store.destroy(handle) {
                    // It is on record, too, which is looked at next.
                    Destroyed::Recorded => {
                        let id = expected.expect("it was alive");
                        self.destroyed.insert(id);
                        self.deaths.push(id);
                    }
                    destroyed => {
                        let value = destroyed.value().map(Value::silence);
                        assert_eq!(value, expected, "destroy returns the value");
                        self.deaths.extend(value);
                    }
                }
            }
            Op::Scope(ref ops) => self.scope(store, ops),
            Op::Collect => return self.collect(store, Generation::Old, Store::collect),
            Op::CollectGeneration(at) => {
                let generation = GENERATIONS[usize::from(at)];
                let collect = |store: &mut Subject| store.collect_generation(generation);
                return self.collect(store, generation, collect);
            }
            Op::Step(units) => return self.step(store, units),
            Op::Trace(units) => {
                store.trace(budget(units));
                return if self.scopes > 0 {
                    Rule::Exact
                } else {
                    Rule::Traces
                };
            }
            Op::Freeze | Op::Unfreeze => {
                let freeze = *op == Op::Freeze;
                if freeze {
                    store.freeze();
                } else {
                    store.unfreeze();
                }
                self.model
                    .objects
                    .values_mut()
                    .for_each(|object| object.frozen = freeze);
                self.thawed.extend(self.model.objects.keys());
            }
            Op::Hold(..)
            | Op::CloneRoot(..)
            | Op::DropRoot(..)
            | Op::Release(..)
            | Op::SyncRoots
            | Op::ReleaseForeign => self.hold(store, op),
            Op::CloneStore => self.clone_store(store),
            Op::Retain(..) | Op::Drain | Op::Clear => return self.empty(store, op),
            Op::Shrink => store.shrink(),
            Op::InsertComponent(pick, kind, value) => {
                self.insert_component(store, pick, kind, value);
            }
            Op::RemoveComponent(pick, kind) => self.remove_component(store, pick, kind),
            Op::Write(pick, data) => {
                let (handle, id) = self.pick(pick);
                assert_eq!(store.get_mut(handle).is_some(), id.is_some());
                if let (Some(value), Some(id)) = (store.get_mut(handle), id) {
                    value.data = data;
                    self.model.object(id).data = data;
                }
            }
            Op::Commands(inserted, ref ops) => return self.commands(store, inserted, ops),
        }
        Rule::Exact
    }

    fn insert(&mut self, store: &mut Subject, op: &Op) -> Rule {
        let id = self.model.next_id();
        let value = Value::new(id, &self.log);
        let handle = match *op {
            Op::InsertLinked(pick, label) => {
                let (parent, parent_id) = self.pick(pick);
                match (store.insert_linked(parent, label, value), parent_id) {
                    (Ok(handle), Some(parent)) => {
                        self.model.insert(id, 0);
                        self.model
                            .link(Some(parent), label, Some(id))
                            .expect("both are alive");
                        handle
                    }
                    (Err(error), parent) => {
                        let (value, returned) = error.into_value();
                        assert_eq!((returned, value.silence()), (label, id));
                        // The insertion may have collected its parent first, or who alone owned it, though
                        // it was frozen.
                        let all = self.model.objects.keys().copied().collect();
                        let garbage =
                            |id| self.setup.automatic && self.model.unreachable(&all).contains(&id);
                        assert!(parent.is_none_or(garbage), "the parent {parent:?} is alive");
                        return self.after_insert();
                    }
                    (Ok(_), None) => panic!("a child of a dead parent"),
                }
            }
            Op::InsertWith => {
                self.model.insert(id, 1);
                let mut told = None;
                let handle = store.insert_with(|handle| {
                    told = Some(handle);
                    value
                });
                assert_eq!(told, Some(handle), "the closure is told the handle");
                handle
            }
            _ => {
                self.model.insert(id, 1);
                store.insert(value)
            }
        };
        self.name(id, handle);
        self.after_insert()
    }

    pub(crate) fn after_insert(&self) -> Rule {
        // In a scope insertions don't collect.
        if self.setup.automatic && self.scopes == 0 {
            Rule::Traces
        } else {
            Rule::Exact
        }
    }

    fn scope(&mut self, store: &mut Subject, ops: &[Op]) {
        self.model.deferred += 1;
        self.scopes += 1;
        let result = store.scope(|store| {
            for op in ops {
                self.apply(store, op);
            }
            ops.len()
        });
        assert_eq!(
            result,
            ops.len(),
            "a scope returns what its closure returns"
        );
        self.model.deferred -= 1;
        self.scopes -= 1;
        if self.model.deferred == 0 {
            self.model.flush();
        }
    }

    fn collect(
        &mut self,
        store: &mut Subject,
        generation: Generation,
        collect: impl FnOnce(&mut Subject) -> Collected,
    ) -> Rule {
        self.apply_news();
        self.model.orphans.clear();
        if self.scopes == 0 {
            self.model.flush();
        }
        let examined = |id| {
            self.generations
                .get(&id)
                .is_some_and(|&of| of <= generation)
        };
        let mut must = self.model.garbage(examined, true);
        let mut may = self.model.garbage(examined, false);
        if self.interrupted {
            // What was found before the call is finished first, whatever the call examines.
            may.extend(self.model.unreachable(&BTreeSet::new()));
            if self.scopes > 0 || generation < Generation::Old {
                // What that lets go of waits for the end of the scope, with all that it leads to;
                // and what it keeps is older then.
                must.clear();
            }
        }
        let collected = collect(store);
        assert_eq!(collected.generation, generation);
        assert_eq!(collected.examined, collected.kept + collected.freed);
        // What is traced as the guards' news arrive is dead before the collection begins.
        if !self.setup.prompt && !self.interrupted {
            let freed = must.len()..=may.len();
            assert!(
                freed.contains(&collected.freed),
                "{freed:?} are garbage: {collected:?}"
            );
            let examined = self.alive().into_iter().filter(|&id| examined(id)).count();
            assert_eq!(collected.examined, examined, "what was examined is counted");
        }
        Rule::Collects { must, may }
    }

    fn step(&mut self, store: &mut Subject, units: u8) -> Rule {
        self.apply_news();
        if units == 0 && self.scopes == 0 {
            self.model.orphans.clear();
            self.model.flush();
        }
        store.step(budget(units));
        if self.scopes > 0 {
            Rule::Exact
        } else {
            Rule::Traces
        }
    }
}

fn budget(units: u8) -> Budget {
    if units == 0 {
        Budget::unlimited()
    } else {
        Budget::units(units.into())
    }
}

/// A handle that is far from what a small store has, or near to it.
fn foreign(at: usize) -> Handle {
    let index = [
        0,
        1,
        2,
        3,
        4095,
        4096,
        4097,
        1 << 24,
        u32::MAX - 1,
        u32::MAX,
    ][at % 10];
    let version = [1_u32, 3, u32::MAX][at % 3];
    Handle::from(KeyData::from_ffi(
        u64::from(version) << 32 | u64::from(index),
    ))
}

/// Both sides agree on whether a call is refused.
pub(crate) fn same<R: std::fmt::Debug, E: std::fmt::Debug, S: std::fmt::Debug>(
    result: Result<R, E>,
    expected: Result<S, Fault>,
) {
    let (result, expected) = match (result, expected) {
        (Ok(_), Ok(_)) => return,
        (Err(error), Err(fault)) => (format!("{error:?}"), format!("{fault:?}")),
        (result, expected) => panic!("{result:?}, but the model says {expected:?}"),
    };
    assert!(
        result.contains(&expected),
        "refused as {result}, but the model says {expected}"
    );
}
