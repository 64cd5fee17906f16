//! The longest single call of each kind that makes a table grow: no call may copy what grows with the heap.
//!
//! It is the time of the thread, and of several rounds the one whose longest call was shortest: tables grow at
//! the same call in each round, and what the machine does beside them doesn't come back there.

use cpu_time::ThreadTime;
use fastrand::Rng;
use understory::{
    Auto, Budget, Commands, Config, Generation, Handle, Reclaim, Root, Store, WeakMap, WeakSet,
    WeakValueMap,
};

use crate::common::Graph;
use crate::measure::{Bar, Rounds, Scale, Table};

/// Nanoseconds of a call.
const BAR: f64 = 1e6;
/// Units of a step.
const BUDGET: u64 = 1_000;

/// What makes something grow: it is told how many objects there are, and times the calls.
type Kind = fn(u32, &mut Longest);

const KINDS: [(&str, Kind); 17] = [
    ("insert", insert),
    ("link", link),
    ("link_weak", link_weak),
    ("set_finalizer", set_finalizer),
    ("watch", watch),
    ("watch one object", watch_one),
    ("notices of deaths", notices),
    ("values of the dead", kept),
    ("pending deaths", pending),
    ("suspects", suspects),
    ("hold", hold),
    ("dropped roots", dropped),
    ("step of 1,000 units", steps),
    ("record a command", commands),
    ("WeakMap::insert", weak_map),
    ("WeakSet::insert", weak_set),
    ("WeakValueMap::insert", weak_values),
];

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    for (size, objects) in [("10^6", 1_000_000), ("4*10^6", 4_000_000)] {
        for (what, kind) in KINDS {
            table.times(format!("tables, {what}, {size}"), Bar::Ratio(1.0), || {
                let round = |_| {
                    let mut longest = Longest::default();
                    kind(scale.size(objects), &mut longest);
                    longest.nanoseconds
                };
                let shortest = (0..scale.rounds(3)).map(round).fold(f64::MAX, f64::min);
                Rounds::once(shortest, BAR)
            });
        }
    }
}

/// The longest call.
#[derive(Default)]
struct Longest {
    nanoseconds: f64,
}

impl Longest {
    /// Makes a call for each item. What it returns is dropped outside of the time.
    fn each<I, R>(&mut self, items: impl IntoIterator<Item = I>, mut call: impl FnMut(I) -> R) {
        for item in items {
            let start = ThreadTime::now();
            let result = call(item);
            let time = start.elapsed().as_secs_f64() * 1e9;
            drop(result);
            self.nanoseconds = self.nanoseconds.max(time);
        }
    }
}

fn config() -> Config {
    Config::new().auto(Auto::Off)
}

/// A store of so many objects.
fn filled(config: Config, objects: u32) -> (Store<u64>, Vec<Handle>) {
    let mut store = Store::with_config(config);
    let handles = (0..objects.into()).map(|number| store.insert(number));
    let handles = handles.collect();
    (store, handles)
}

fn insert(objects: u32, longest: &mut Longest) {
    let mut store: Store<u64> = Store::with_config(config());
    longest.each(0..objects.into(), |number| store.insert(number));
}

/// Each object and the one behind it.
fn pairs(handles: &[Handle]) -> impl Iterator<Item = (Handle, Handle)> + '_ {
    handles.iter().copied().zip(handles[1..].iter().copied())
}

fn link(objects: u32, longest: &mut Longest) {
    let (mut store, handles) = filled(config(), objects);
    longest.each(pairs(&handles), |(source, target)| {
        store.link(source, (), target)
    });
}

fn link_weak(objects: u32, longest: &mut Longest) {
    let (mut store, handles) = filled(config(), objects);
    longest.each(pairs(&handles), |(source, target)| {
        store.link_weak(source, (), target)
    });
}

fn set_finalizer(objects: u32, longest: &mut Longest) {
    let (mut store, handles) = filled(config(), objects);
    longest.each(handles, |handle| store.set_finalizer(handle, |_, _| ()));
}

fn watch(objects: u32, longest: &mut Longest) {
    let (mut store, handles) = filled(config(), objects);
    longest.each(handles, |handle| store.watch(handle));
}

fn watch_one(watches: u32, longest: &mut Longest) {
    let (mut store, handles) = filled(config(), 1);
    longest.each(0..watches, |_| store.watch(handles[0]));
}

fn notices(objects: u32, longest: &mut Longest) {
    let (mut store, handles) = filled(config(), objects);
    for &handle in &handles {
        store.watch(handle).expect("it is alive");
    }
    longest.each(handles, |handle| store.unroot(handle));
}

fn kept(objects: u32, longest: &mut Longest) {
    let (mut store, handles) = filled(config().record_deaths(true), objects);
    longest.each(handles, |handle| store.unroot(handle));
}

fn pending(objects: u32, longest: &mut Longest) {
    let (mut store, handles) = filled(config().reclaim(Reclaim::AtStep), objects);
    longest.each(handles, |handle| store.unroot(handle));
    while !store.is_empty() {
        longest.each([BUDGET], |units| store.step(Budget::units(units)));
    }
}

fn suspects(objects: u32, longest: &mut Longest) {
    let (mut store, handles) = filled(config(), objects);
    for (source, target) in pairs(&handles) {
        store.link(source, (), target).expect("both are alive");
    }
    longest.each(handles, |handle| store.unroot(handle));
}

fn hold(objects: u32, longest: &mut Longest) {
    let (mut store, handles) = filled(config(), objects);
    let mut roots = Vec::with_capacity(handles.len());
    longest.each(handles, |handle| roots.extend(store.hold(handle)));
}

fn dropped(objects: u32, longest: &mut Longest) {
    let (mut store, handles) = filled(config(), objects);
    let roots = handles.iter().filter_map(|&handle| store.hold(handle).ok());
    let roots: Vec<Root<Handle>> = roots.collect();
    longest.each(roots, drop);
}

/// Collects a heap of which all is alive, in steps.
fn steps(objects: u32, longest: &mut Longest) {
    let graph = Graph::connected(&mut Rng::with_seed(1), objects, 3);
    let (mut store, handles) = filled(config(), objects);
    graph.link_in(&mut store, &handles);
    drop(graph);
    for &handle in &handles[1..] {
        store.unroot(handle).expect("it has a root");
    }
    store.request_collection(Generation::Old);
    loop {
        let mut is_idle = false;
        longest.each([BUDGET], |units| {
            is_idle = store.step(Budget::units(units)).is_idle();
        });
        if is_idle {
            break;
        }
    }
    assert_eq!(store.len(), objects as usize);
}

fn commands(objects: u32, longest: &mut Longest) {
    let mut commands: Commands<u64> = Commands::new();
    longest.each(0..objects.into(), |number| commands.insert(number));
}

fn weak_map(objects: u32, longest: &mut Longest) {
    let (store, handles) = filled(config(), objects);
    let mut map = WeakMap::new();
    longest.each(handles, |handle| map.insert(&store, handle, 1u64));
}

fn weak_set(objects: u32, longest: &mut Longest) {
    let (store, handles) = filled(config(), objects);
    let mut set = WeakSet::new();
    longest.each(handles, |handle| set.insert(&store, handle));
}

fn weak_values(objects: u32, longest: &mut Longest) {
    let (store, handles) = filled(config(), objects);
    let mut map = WeakValueMap::new();
    longest.each((0u64..).zip(handles), |(name, handle)| {
        map.insert(&store, name, handle)
    });
}
