//! What a store says that it has allocated, beside what an allocator has counted; and what is left when all
//! is gone and the store was shrunk. A crate of its own, as the allocator counts for the whole process.

use std::alloc::System;
use std::sync::{Mutex, MutexGuard, PoisonError};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use understory::{
    Auto, Budget, Commands, Config, Generation, Handle, Phase, Reclaim, Root, Store, WeakMap,
    WeakSet, WeakValueMap,
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The allocator counts for all threads, so only one test runs at a time.
static ALONE: Mutex<()> = Mutex::new(());

const OBJECTS: usize = 100_000;
/// What the test harness may allocate meanwhile, for the tests that begin and end.
const NOISE: usize = 16_384;
/// What an emptied and shrunk store of so many objects keeps: a word or two for each arena, and a few
/// fixed parts.
const KEPT: usize = 16_384;

fn allocated() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

fn config() -> Config {
    let config = Config::new().auto(Auto::Off);
    // The threads that mark have memory of their own.
    #[cfg(feature = "rayon")]
    let config = config.parallel_from(usize::MAX);
    config
}

/// A store, and what was allocated before it.
struct Counted<E: 'static = ()> {
    store: Store<u64, E>,
    before: usize,
    _alone: MutexGuard<'static, ()>,
}

impl<E> Counted<E> {
    fn new(config: Config) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let before = allocated();
        Self {
            store: Store::with_config(config),
            before,
            _alone: alone,
        }
    }

    /// So many objects.
    fn filled(config: Config) -> (Self, Vec<Handle>) {
        let mut counted = Self::new(config);
        let handles = (0..OBJECTS as u64).map(|value| counted.store.insert(value));
        let handles = handles.collect();
        (counted, handles)
    }

    /// Allocated bytes, without `own` ones of the test's.
    fn real(&self, own: usize) -> usize {
        // What the harness frees meanwhile may be more than an empty store takes.
        allocated().saturating_sub(self.before + own)
    }

    /// Tests what the store says.
    #[track_caller]
    fn agrees(&self, own: usize) {
        let (real, told) = (self.real(own), self.store.memory());
        let off = told.abs_diff(real);
        assert!(off <= real / 50 + NOISE, "{told} of {real} bytes");
    }

    /// Tests that no more than this is left after all has died.
    #[track_caller]
    fn gives_back(&mut self, own: usize) {
        assert!(self.store.is_empty());
        self.agrees(own);
        self.store.shrink();
        self.agrees(own);
        let left = self.real(own);
        assert!(left <= KEPT + NOISE, "{left} bytes are left");
    }
}

fn bytes_of<V>(values: &Vec<V>) -> usize {
    values.capacity() * size_of::<V>()
}

fn unroot_all<E>(store: &mut Store<u64, E>, handles: &[Handle]) {
    for &handle in handles {
        store.unroot(handle).unwrap();
    }
}

/// Rings of three.
fn close_rings(store: &mut Store<u64>, handles: &[Handle]) {
    for ring in handles.chunks_exact(3) {
        for (source, target) in [(0, 1), (1, 2), (2, 0)] {
            store.link(ring[source], (), ring[target]).unwrap();
        }
    }
}

#[test]
fn an_empty_store() {
    let counted = Counted::<()>::new(config());
    assert!(counted.store.memory() < 1_024);
    counted.agrees(0);
}

#[test]
fn finalizers_and_watches() {
    let (mut counted, handles) = Counted::<()>::filled(config());
    for (at, &handle) in handles.iter().enumerate() {
        counted.store.set_finalizer(handle, |_, _| ()).unwrap();
        for _ in 0..=at % 2 {
            counted.store.watch(handle).unwrap();
        }
    }
    let own = bytes_of(&handles);
    // A closure without captures is shared by means of two counts.
    counted.agrees(own + OBJECTS * 2 * size_of::<usize>());
    unroot_all(&mut counted.store, &handles);
    counted.agrees(own);
    assert_eq!(counted.store.drain_notices().len(), OBJECTS * 3 / 2);
    counted.gives_back(own);
}

#[test]
fn values_that_hold_roots() {
    let (mut counted, handles) = Counted::<()>::filled(config());
    let hold = |&handle: &Handle| counted.store.hold(handle).unwrap();
    let roots: Vec<Root<Handle>> = handles.iter().map(hold).collect();
    let own = bytes_of(&handles);
    unroot_all(&mut counted.store, &handles);
    counted.agrees(own + bytes_of(&roots));
    drop(roots);
    // The news of the drops wait.
    counted.agrees(own);
    counted.store.sync_roots();
    counted.gives_back(own);
}

#[test]
fn roots_of_a_clone() {
    let (mut counted, handles) = Counted::<()>::filled(config());
    let hold = |&handle: &Handle| counted.store.hold(handle).unwrap();
    let roots: Vec<Root<Handle>> = handles.iter().map(hold).collect();
    unroot_all(&mut counted.store, &handles);
    let clone = counted.store.clone();
    drop(core::mem::replace(&mut counted.store, clone));
    let own = bytes_of(&handles) + bytes_of(&roots);
    counted.store.release_foreign_roots();
    // Values that hold roots keep the queue of a store that is gone.
    counted.gives_back(own);
}

#[test]
fn weights() {
    let (mut counted, handles) = Counted::<()>::filled(config());
    let own = bytes_of(&handles);
    counted.store.measure_with(|_| 40);
    counted.agrees(own);
    unroot_all(&mut counted.store, &handles);
    counted.gives_back(own);
}

#[test]
fn a_hub_that_dies_by_count() {
    let mut counted = Counted::<()>::new(config());
    let hub = counted.store.insert(0);
    for value in 1..OBJECTS as u64 {
        counted.store.insert_linked(hub, (), value).unwrap();
    }
    counted.agrees(0);
    counted.store.unroot(hub).unwrap();
    counted.gives_back(0);
}

#[test]
fn what_a_scope_held_back() {
    let (mut counted, handles) = Counted::<()>::filled(config());
    let own = bytes_of(&handles);
    counted.store.scope(|store| unroot_all(store, &handles));
    counted.gives_back(own);
}

#[test]
fn rings_that_are_collected() {
    let (mut counted, handles) = Counted::<()>::filled(config());
    close_rings(&mut counted.store, &handles);
    let own = bytes_of(&handles);
    counted.store.collect();
    counted.agrees(own);
    unroot_all(&mut counted.store, &handles);
    counted.agrees(own);
    counted.store.collect();
    counted.gives_back(own);
}

#[test]
fn rings_that_are_traced() {
    let (mut counted, handles) = Counted::<()>::filled(config());
    close_rings(&mut counted.store, &handles);
    let own = bytes_of(&handles);
    unroot_all(&mut counted.store, &handles);
    while !counted.store.step(Budget::units(1_000_000)).is_idle() {
        counted.agrees(own);
    }
    counted.gives_back(own);
}

#[test]
fn a_collection_in_slices() {
    let (mut counted, handles) = Counted::<()>::filled(config());
    let store = &mut counted.store;
    for (&source, &target) in handles.iter().zip(&handles[1..]) {
        store.link(source, (), target).unwrap();
    }
    // All of it is one ring, which is too large to be traced.
    store.link(handles[OBJECTS - 1], (), handles[0]).unwrap();
    unroot_all(store, &handles);
    let own = bytes_of(&handles);
    store.request_collection(Generation::Old);
    while !counted.store.step(Budget::units(10_000)).is_idle() {
        counted.agrees(own);
        if counted.store.phase() == Phase::Sweep {
            counted.store.shrink();
            counted.agrees(own);
        }
    }
    counted.gives_back(own);
}

#[test]
fn garbage_that_is_kept() {
    let (mut counted, handles) = Counted::<()>::filled(config().keep_garbage(true));
    close_rings(&mut counted.store, &handles);
    let own = bytes_of(&handles);
    unroot_all(&mut counted.store, &handles);
    counted.store.collect();
    counted.agrees(own);
    drop(counted.store.drain_garbage());
    counted.store.clear();
    counted.gives_back(own);
}

#[test]
fn the_dead_that_are_kept() {
    let (mut counted, handles) = Counted::<()>::filled(config().record_deaths(true));
    let own = bytes_of(&handles);
    counted.store.retain(|_, value| *value % 2 == 0);
    counted.agrees(own);
    counted.store.clear();
    counted.agrees(own);
    drop(counted.store.drain_deaths());
    counted.gives_back(own);
}

#[test]
fn labels_weak_edges_and_components() {
    let (mut counted, handles) = Counted::<u16>::filled(config());
    let store = &mut counted.store;
    for (&source, &target) in handles.iter().zip(&handles[1..]) {
        store.link(source, 1, target).unwrap();
        store.link_weak(target, 2, source).unwrap();
    }
    for &handle in handles.iter().step_by(3) {
        store.insert_component(handle, 1.5_f64).unwrap();
    }
    let own = bytes_of(&handles);
    counted.agrees(own);
    unroot_all(&mut counted.store, &handles);
    counted.store.collect();
    counted.gives_back(own);
}

#[test]
fn rings_of_values_that_own_memory() {
    const OWNED: usize = 1 << 20;
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = allocated();
    for auto in [Auto::Assist, Auto::Whole, Auto::Off] {
        // The recipe of the guide.
        let config = Config::new().auto(auto).young_bytes(16 * OWNED);
        let mut store: Store<Vec<u8>> = Store::with_config(config);
        store.measure_with(|value| size_of::<Vec<u8>>() + value.capacity());
        let mut most = 0;
        for _ in 0..500 {
            let [a, b] = [(); 2].map(|()| store.insert(vec![0; OWNED]));
            store.link(a, (), b).unwrap();
            store.link(b, (), a).unwrap();
            store.unroot(a).unwrap();
            store.unroot(b).unwrap();
            if auto == Auto::Off {
                store.step(Budget::units(100));
            }
            most = most.max(allocated() - before);
        }
        assert!(most < 40 * OWNED, "{auto:?}: {most} bytes");
    }
}
/// How much a call may allocate at once: what an arena takes, or the tables of one, and not what grows with the
/// heap. A table of 200,000 entries in one piece takes megabytes when it doubles.
const AT_ONCE: usize = 1 << 19;

/// Makes a call for each item, none of which allocates much.
#[track_caller]
fn none_allocates_much<I>(what: &str, items: impl IntoIterator<Item = I>, mut call: impl FnMut(I)) {
    for (number, item) in items.into_iter().enumerate() {
        let before = ALLOCATOR.stats().bytes_allocated;
        call(item);
        let bytes = ALLOCATOR.stats().bytes_allocated - before;
        assert!(bytes <= AT_ONCE, "{what}, call {number}: {bytes} bytes");
    }
}

/// So many objects that tables in one piece would be large.
const MANY: usize = 250_000;

fn many(config: Config) -> (Counted, Vec<Handle>) {
    let mut counted = Counted::<()>::new(config);
    let mut handles = Vec::with_capacity(MANY);
    let insert = |value| handles.push(counted.store.insert(value));
    none_allocates_much("insert", 0..MANY as u64, insert);
    (counted, handles)
}

#[test]
fn no_call_allocates_what_grows_with_what_few_objects_have() {
    let (mut counted, handles) = many(config());
    let store = &mut counted.store;
    let mut roots = Vec::with_capacity(handles.len());
    none_allocates_much("hold", &handles, |&handle| {
        roots.push(store.hold(handle).unwrap());
    });
    none_allocates_much("Root::clone", &roots, |root| drop(root.clone()));
    none_allocates_much("Root::drop", roots, drop);
    store.sync_roots();
    none_allocates_much("set_finalizer", &handles, |&handle| {
        store.set_finalizer(handle, |_, _| ()).unwrap();
    });
    none_allocates_much("link_weak", handles.windows(2), |pair| {
        store.link_weak(pair[0], (), pair[1]).unwrap();
    });
    none_allocates_much("link", handles.windows(2), |pair| {
        store.link(pair[0], (), pair[1]).unwrap();
    });
    for _ in 0..2 {
        none_allocates_much("watch", &handles, |&handle| {
            store.watch(handle).unwrap();
        });
    }
    // The owner first, so that each call ends one life.
    none_allocates_much("unroot", &handles, |&handle| {
        store.unroot(handle).unwrap();
    });
    assert_eq!(store.drain_notices().len(), 2 * MANY);
}

#[test]
fn no_call_allocates_what_grows_with_the_dead() {
    for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
        let (mut counted, handles) = many(config().record_deaths(true).reclaim(reclaim));
        let store = &mut counted.store;
        none_allocates_much("unroot", handles, |handle| store.unroot(handle).unwrap());
        while !store.is_empty() {
            none_allocates_much("step", [1_000], |units| {
                store.step(Budget::units(units));
            });
        }
        assert_eq!(store.drain_deaths().len(), MANY);
    }
}

#[test]
fn no_call_allocates_what_grows_with_what_is_marked() {
    let (mut counted, handles) = many(config());
    let store = &mut counted.store;
    // A tree that is wide from the start, so that much is grey at a time.
    for (at, &child) in handles.iter().enumerate().skip(1) {
        store.link(handles[(at - 1) / 64], (), child).unwrap();
        store.link(child, (), handles[0]).unwrap();
        store.unroot(child).unwrap();
    }
    store.request_collection(Generation::Old);
    let mut is_idle = false;
    while !is_idle {
        none_allocates_much("step", [1_000], |units| {
            is_idle = store.step(Budget::units(units)).is_idle();
        });
    }
    store.unroot(handles[0]).unwrap();
    store.set_keep_garbage(true);
    store.request_collection(Generation::Old);
    is_idle = false;
    while !is_idle {
        none_allocates_much("step", [1_000], |units| {
            is_idle = store.step(Budget::units(units)).is_idle();
        });
    }
    assert_eq!(store.drain_garbage().len(), MANY);
}

#[test]
fn no_call_allocates_what_grows_with_a_collection_beside_a_store() {
    let (mut counted, handles) = many(config());
    let store = &mut counted.store;
    let (mut map, mut set, mut names) = (WeakMap::new(), WeakSet::new(), WeakValueMap::new());
    let mut commands = Commands::<u64>::new();
    none_allocates_much("insertions", (0u64..).zip(&handles), |(name, &handle)| {
        map.insert(store, handle, name).unwrap();
        set.insert(store, handle).unwrap();
        names.insert(store, name, handle).unwrap();
        commands.insert(name);
    });
    for &handle in &handles {
        store.destroy(handle);
    }
    let newest = store.insert(0);
    none_allocates_much("insertions", 0..MANY as u64, |name| {
        map.insert(store, newest, name).unwrap();
        map.remove(store, newest);
        names.insert(store, MANY as u64 + name % 9, newest).unwrap();
    });
    assert_eq!((map.len(store), names.len(store)), (0, 9));
}

/// Bytes that are allocated while something is loaded, given back or not.
#[cfg(feature = "serde")]
fn taken_by_loading(json: &str) -> (usize, Result<Store<u64>, String>) {
    let before = ALLOCATOR.stats().bytes_allocated;
    let store = serde_json::from_str(json).map_err(|error| error.to_string());
    (ALLOCATOR.stats().bytes_allocated - before, store)
}

#[test]
#[cfg(feature = "serde")]
fn lengths_that_a_save_claims_take_no_memory() {
    let mut counted = Counted::<()>::new(config());
    for number in 0..50 {
        let handle = counted.store.insert(number);
        counted.store.watch(handle).unwrap();
        counted.store.link(handle, (), handle).unwrap();
        counted.store.link_weak(handle, (), handle).unwrap();
    }
    let saved = postcard::to_allocvec(&counted.store).unwrap();
    // 2^31 and 2^63, as numbers of any length are written.
    for claim in [
        &[255, 255, 255, 255, 7][..],
        &[255, 255, 255, 255, 255, 255, 255, 255, 127],
    ] {
        for at in 0..saved.len() {
            let lie = [&saved[..at], claim, &saved[at + 1..]].concat();
            let before = ALLOCATOR.stats().bytes_allocated;
            let _ = postcard::from_bytes::<Store<u64>>(&lie);
            let taken = ALLOCATOR.stats().bytes_allocated - before;
            assert!(taken < 8 << 20, "byte {at}: {taken} bytes");
        }
    }
}

#[test]
#[cfg(feature = "serde")]
fn a_save_takes_memory_in_proportion_to_its_size() {
    let counted = Counted::<()>::new(config());
    let json = serde_json::to_string(&counted.store).unwrap();
    let arena = |in_use: bool| {
        format!(
            r#"{{"generation":"Young","in_use":{in_use},"usage":"Filled","floor":0,"objects":[],"free":[],"retired":[]}}"#
        )
    };
    let with = |arenas: Vec<String>| {
        let arenas = format!(r#""arenas":[{}]"#, arenas.join(","));
        json.replacen(r#""arenas":[]"#, &arenas, 1)
    };
    // Too many that are in use for nothing, and as many that are not.
    let many = with(vec![arena(true); 100_000]);
    let (taken, store) = taken_by_loading(&many);
    assert!(store.unwrap_err().contains("too many for so few objects"));
    assert!(taken < 10 * many.len(), "{taken} for {}", many.len());
    let vacant = with(vec![arena(false); 100_000]);
    let (taken, store) = taken_by_loading(&vacant);
    assert!(
        store.is_ok() && taken < 20 * vacant.len(),
        "{taken} for {}",
        vacant.len()
    );

    let mut full: Store<u64> = Store::with_config(config());
    for number in 0..OBJECTS as u64 {
        let handle = full.insert(number);
        full.link(handle, (), handle).unwrap();
    }
    let full = serde_json::to_string(&full).unwrap();
    let (taken, store) = taken_by_loading(&full);
    assert!(
        store.is_ok() && taken < 10 * full.len(),
        "{taken} for {}",
        full.len()
    );
}
