//! One script under many schedules: when garbage is looked for must not change what lives.
//!
//! Objects are named by birth, and a script touches only what can be reached from a root. So
//! whatever the store reclaims meanwhile, and when, the same objects are alive in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use understory::{Auto, Budget, Config, Cycles, Generation, Handle, Reclaim, Store};

type World = Store<(Name, u8), u8>;
type Name = u32;
type Finalized = Arc<Mutex<BTreeSet<Name>>>;

/// Parallel edges that make a list long: it is read in pieces.
const BURST: usize = 700;
/// The label of such edges.
const THREAD: u8 = 255;

/// A change of the graph. Operands name objects, and edges, modulo what can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Insert,
    Child(u8, u8),
    Link(u8, u8, u8),
    Unlink(u8, u8),
    Relink(u8, u8, u8, u8),
    Root(u8),
    Unroot(u8),
    Write(u8, u8),
    Destroy(u8),
    Finalizer(u8),
    Burst(u8, u8),
    EndBurst(u8),
    /// A mark: one schedule collects here.
    Mark(u8),
    Freeze,
    Unfreeze,
    Clone,
    Shrink,
}

impl Change {
    /// The changes that the bytes spell, four or five bytes each.
    pub(crate) fn script(bytes: &[u8]) -> Vec<Self> {
        bytes.chunks(5).map(Self::decode).collect()
    }

    fn decode(bytes: &[u8]) -> Self {
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        let (a, b, c, d) = (byte(1), byte(2), byte(3), byte(4));
        match byte(0) {
            0..=24 => Self::Insert,
            25..=69 => Self::Child(a, b % 4),
            70..=109 => Self::Link(a, b % 4, c),
            110..=133 => Self::Unlink(a, b),
            134..=177 => Self::Relink(a, b, c, d),
            178..=187 => Self::Root(a),
            188..=224 => Self::Unroot(a),
            225..=228 => Self::Write(a, b),
            229..=230 => Self::Destroy(a),
            231..=236 => Self::Finalizer(a),
            237..=239 => Self::Burst(a, b),
            240..=241 => Self::EndBurst(a),
            242..=247 => Self::Mark(a % 4),
            248 => Self::Freeze,
            249..=250 => Self::Unfreeze,
            251..=253 => Self::Clone,
            254..=255 => Self::Shrink,
        }
    }
}

/// When a store looks for garbage.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    config: Config,
    /// Units of the steps that follow the changes, in turn; none where it is 0.
    budgets: Vec<u8>,
    /// Whether it collects at the marks.
    marks: bool,
}

impl Schedule {
    /// It collects at the marks, and does nothing else.
    pub(crate) fn at_marks() -> Self {
        Self {
            config: Config::new().auto(Auto::Off).cycles(Cycles::Manual),
            budgets: Vec::new(),
            marks: true,
        }
    }

    /// The schedule that the bytes spell.
    pub(crate) fn decode(bytes: &[u8]) -> Self {
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        let pick = |at: usize| usize::from(byte(at));
        let config = Config::new()
            .auto([Auto::Off, Auto::Assist, Auto::Whole][pick(0) % 3])
            .cycles([Cycles::Manual, Cycles::AtStep, Cycles::Prompt][pick(1) % 3])
            .reclaim([Reclaim::Immediate, Reclaim::AtStep][pick(2) % 2])
            .thresholds([
                1 + u32::from(byte(3) % 16),
                u32::from(byte(4) % 4),
                u32::from(byte(5) % 4),
            ])
            .growth([0, 10, 50, u32::MAX][pick(6) % 4])
            .behind_at([0, 90, u32::MAX][pick(7) % 3])
            .catch_up(byte(7) > 200)
            .promote_fill([0, 75][pick(8) % 2])
            .reopen_fill([0, 50][pick(8) / 2 % 2])
            .trace_limit([1, 20, 10_000][pick(9) % 3]);
        let units = |&byte: &u8| match byte {
            0..=31 => 0,
            32..=207 => 1 + byte % 6,
            byte => byte,
        };
        let budgets = bytes.iter().skip(11).map(units).collect();
        Self {
            config,
            budgets,
            marks: byte(10) % 2 == 0,
        }
    }
}

/// Objects by birth: value, roots and edges, in no order.
type Objects = BTreeMap<Name, (u8, usize, Vec<(u8, Name)>)>;

/// What is alive in the end, and who was finalized.
pub(crate) type Outcome = (Objects, BTreeSet<Name>);

/// Who can be reached, done the naive way.
#[derive(Default)]
struct Model {
    objects: Objects,
    handles: BTreeMap<Name, Handle>,
    finalizers: BTreeSet<Name>,
    born: Name,
    frozen: bool,
}

impl Model {
    /// Forgets whom no root leads to.
    fn prune(&mut self) {
        let rooted = self.objects.iter().filter(|(_, object)| object.1 > 0);
        let mut grey: Vec<Name> = rooted.map(|(&name, _)| name).collect();
        let mut reached = BTreeSet::new();
        while let Some(name) = grey.pop() {
            if reached.insert(name) {
                let edges = self.objects[&name].2.iter().map(|edge| edge.1);
                grey.extend(edges.filter(|to| !reached.contains(to)));
            }
        }
        self.objects.retain(|name, _| reached.contains(name));
    }

    fn pick(&self, at: u8) -> Option<Name> {
        let len = self.objects.len().max(1);
        self.objects.keys().nth(usize::from(at) % len).copied()
    }

    /// The `at`th edge of an object, if no other leads to the same target.
    fn pick_edge(&self, source: Name, at: u8) -> Option<(u8, Name)> {
        let edges = &self.objects[&source].2;
        let edge = *edges.get(usize::from(at) % edges.len().max(1))?;
        let parallel = edges.iter().filter(|other| other.1 == edge.1).count();
        (parallel == 1).then_some(edge)
    }

    fn edges(&mut self, name: Name) -> &mut Vec<(u8, Name)> {
        &mut self.objects.get_mut(&name).expect("it is reachable").2
    }

    fn remove_edge(&mut self, source: Name, edge: (u8, Name)) {
        let edges = self.edges(source);
        let at = edges.iter().position(|&other| other == edge);
        edges.remove(at.expect("the edge is there"));
    }
}

/// Runs a script; panics where anything dies that can be reached.
pub(crate) fn run(script: &[Change], schedule: &Schedule) -> Outcome {
    let mut store = World::with_config(schedule.config.clone());
    let mut model = Model::default();
    let finalized = Finalized::default();
    for (at, &change) in script.iter().enumerate() {
        apply(&mut store, &mut model, &finalized, schedule, change);
        model.prune();
        let budgets = &schedule.budgets;
        if let Some(&units) = budgets.get(at % budgets.len().max(1)) {
            if units > 0 {
                store.step(Budget::units(units.into()));
            }
        }
        store.check_invariants().unwrap();
        for (&name, &(value, ..)) in &model.objects {
            let found = store.get(model.handles[&name]);
            assert_eq!(found, Some(&(name, value)), "{name} can be reached");
        }
    }
    store.unfreeze();
    store.collect();
    assert_eq!(store.len(), model.objects.len(), "what is garbage is gone");
    let outcome = read(&store);
    assert_eq!(outcome, model.objects);
    let finalized = finalized.lock().expect("no finalizer panics").clone();
    let mut expected = model.finalizers;
    expected.retain(|name| !outcome.contains_key(name));
    assert_eq!(finalized, expected, "who was finalized");
    (outcome, finalized)
}

fn read(store: &World) -> Objects {
    let object = |(handle, &(name, value)): (Handle, &(Name, u8))| {
        let edges = store.out_edges(handle);
        let mut edges: Vec<_> = edges.map(|(to, &label)| (label, store[to].0)).collect();
        edges.sort_unstable();
        let roots = store.root_count(handle).expect("it is alive");
        (name, (value, roots, edges))
    };
    store.iter().map(object).collect()
}

fn apply(
    store: &mut World,
    model: &mut Model,
    finalized: &Finalized,
    schedule: &Schedule,
    change: Change,
) {
    match change {
        Change::Insert => {
            model.born += 1;
            let name = model.born;
            model.handles.insert(name, store.insert((name, 0)));
            model.objects.insert(name, (0, 1, Vec::new()));
            return;
        }
        Change::Mark(at) if schedule.marks => {
            let generations = [Generation::Young, Generation::Middle, Generation::Old];
            store.collect_generation(generations[usize::from(at).min(2)]);
            return;
        }
        Change::Freeze | Change::Unfreeze => {
            model.frozen = change == Change::Freeze;
            if model.frozen {
                store.freeze();
            } else {
                store.unfreeze();
            }
            return;
        }
        Change::Clone => {
            *store = store.clone();
            return;
        }
        Change::Shrink => {
            store.shrink();
            return;
        }
        _ => {}
    }
    change_one(store, model, finalized, change);
    for object in model.objects.values_mut() {
        object.2.sort_unstable();
    }
}

/// What needs an object that can be reached.
fn change_one(store: &mut World, model: &mut Model, finalized: &Finalized, change: Change) {
    let (Change::Child(a, _)
    | Change::Link(a, ..)
    | Change::Unlink(a, _)
    | Change::Relink(a, ..)
    | Change::Root(a)
    | Change::Unroot(a)
    | Change::Write(a, _)
    | Change::Destroy(a)
    | Change::Finalizer(a)
    | Change::Burst(a, _)
    | Change::EndBurst(a)) = change
    else {
        return;
    };
    let Some(name) = model.pick(a) else {
        return;
    };
    let handle = model.handles[&name];
    match change {
        Change::Child(_, label) => {
            model.born += 1;
            let child = model.born;
            let new = store.insert_linked(handle, label, (child, 0)).unwrap();
            model.handles.insert(child, new);
            model.objects.insert(child, (0, 0, Vec::new()));
            model.edges(name).push((label, child));
        }
        Change::Root(_) => {
            store.root(handle).unwrap();
            model.objects.get_mut(&name).unwrap().1 += 1;
        }
        Change::Unroot(_) => {
            let roots = &mut model.objects.get_mut(&name).unwrap().1;
            assert_eq!(store.unroot(handle).is_ok(), *roots > 0);
            *roots = roots.saturating_sub(1);
        }
        Change::Write(_, value) => {
            store[handle].1 = value;
            model.objects.get_mut(&name).unwrap().0 = value;
        }
        Change::Destroy(_) => {
            assert!(store.destroy(handle).value().is_some());
            model.objects.remove(&name);
            for object in model.objects.values_mut() {
                object.2.retain(|edge| edge.1 != name);
            }
        }
        Change::Finalizer(_) => {
            let finalized = Arc::clone(finalized);
            let note = move |store: &mut World, this: Handle| {
                let name = store[this].0;
                assert!(finalized.lock().unwrap().insert(name), "it runs once");
            };
            store.set_finalizer(handle, note).unwrap();
            model.finalizers.insert(name);
        }
        _ => change_edge(store, model, name, change),
    }
}

fn change_edge(store: &mut World, model: &mut Model, source: Name, change: Change) {
    let handle = model.handles[&source];
    match change {
        Change::Link(_, label, to) => {
            let to = model.pick(to).expect("one is reachable");
            store.link(handle, label, model.handles[&to]).unwrap();
            model.edges(source).push((label, to));
        }
        Change::Unlink(_, at) => {
            if let Some((label, to)) = model.pick_edge(source, at) {
                let old = store.list_mut(handle, &label).unlink(model.handles[&to]);
                assert_eq!(old, Ok(label));
                model.remove_edge(source, (label, to));
            }
        }
        Change::Relink(_, at, new_source, new_target) => {
            let edge = model.pick_edge(source, at);
            let new = model.pick(new_source).zip(model.pick(new_target));
            let (Some((label, to)), Some((new_source, new_target))) = (edge, new) else {
                return;
            };
            let ends = |a: Name, b: Name| (model.handles[&a], model.handles[&b]);
            let (old, new) = (ends(source, to), ends(new_source, new_target));
            store.relink(old, new).unwrap();
            model.remove_edge(source, (label, to));
            model.edges(new_source).push((label, new_target));
        }
        Change::Burst(_, to) => {
            let to = model.pick(to).expect("one is reachable");
            for _ in 0..BURST {
                store.link(handle, THREAD, model.handles[&to]).unwrap();
                model.edges(source).push((THREAD, to));
            }
        }
        Change::EndBurst(_) => {
            let threads = model.edges(source).iter().filter(|edge| edge.0 == THREAD);
            let Some(&(_, to)) = threads.clone().next() else {
                return;
            };
            let count = threads.filter(|edge| edge.1 == to).count();
            // Not all, so that the list is a long one that shrinks while it is read.
            for _ in 0..=count / 2 {
                store
                    .list_mut(handle, &THREAD)
                    .unlink(model.handles[&to])
                    .unwrap();
                model.remove_edge(source, (THREAD, to));
            }
        }
        _ => {}
    }
}
