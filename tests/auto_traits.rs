//! Which types may be sent, shared, moved and taken through a `catch_unwind`: what does not compile here
//! has changed.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::rc::Rc;

use understory::inspect::HeapSnapshot;
use understory::{
    Applied, BorrowError, Budget, Collected, ColumnMut, ColumnRef, Command, Commands, ComponentRef,
    Config, GenerationStats, Handle, HandleIter, Iter, IterMut, Limit, Notice, Observation,
    Observer, OutEdges, Phase, QueryBorrow, QueryIter, Rejected, Root, Stats, Step, Store, Targets,
    ValuesView, Watch, WeakMap, WeakSet, WeakValueMap,
};

fn is_all<S: Send + Sync + UnwindSafe + RefUnwindSafe + Unpin>() {}
fn is_lent<S: Send + Sync + RefUnwindSafe + Unpin>() {}

/// Refuses to compile if a type has a trait: then either implementation would do.
macro_rules! lacks {
    ($($name:ty: $of:path),* $(,)?) => {$(
        const _: fn() = || {
            trait Either<Which> {
                fn one() {}
            }
            struct Has;
            impl<S: ?Sized> Either<()> for S {}
            impl<S: ?Sized + $of> Either<Has> for S {}
            let _ = <$name as Either<_>>::one;
        };
    )*};
}

/// labels, keys.
type World = Store<String, u8>;
type Local = Store<Rc<u8>>;
type LocalEdges = Store<u8, Rc<u8>>;
type Loose = Store<Cell<u8>>;

/// A query.
type Pair = (&'static mut String, Option<&'static u8>);

const _: fn() = || {
    // A panic leaves a store whole, and what it has of the user's code (components, finalizers,
    // observers) is `Sync`.
    is_all::<HeapSnapshot>();
    is_all::<World>();
    // These hold copies of what there was.
    is_all::<(Handle, Watch, Observer, Notice<Handle>)>();
    is_all::<(Config, Budget, Step, Collected, Stats, GenerationStats)>();
    is_all::<(Phase, Observation, BorrowError, Rejected<String, Limit>)>();
    // What is recorded runs once, in `apply`.
    is_all::<(Commands<String, u8>, Command<String, u8, Handle>)>();
    is_all::<Applied<String, u8, Handle>>();
    // It may be dropped on any thread, and a panic can't leave its queue half written.
    is_all::<Root<Handle>>();
    // Beside a store, whose panics don't concern them.
    is_all::<(WeakMap<String>, WeakSet, WeakValueMap<String>)>();
    // What walks over a store that is borrowed is as a shared reference to it.
    is_all::<Iter<'_, String, Handle>>();
    is_all::<(Targets<'_, Handle>, OutEdges<'_, u8, Handle>)>();
    // As a mutable reference: the values may be left half changed.
    is_lent::<(IterMut<'_, String, Handle>, ValuesView<'_, String, Handle>)>();
    // Whoever borrows components has nothing of the values and the labels, so that these may be anything.
    is_lent::<(ColumnRef<'_, u8, Handle>, ColumnMut<'_, u8, Handle>)>();
    is_lent::<(QueryBorrow<'_, Pair, Handle>, ComponentRef<'_, u8>)>();
    is_lent::<(QueryIter<'_, Pair>, HandleIter<'_, Pair, Handle>)>();
};

lacks! {
    // A store is sent and shared as far as its values and labels may be.
    Local: Send, Local: Sync, LocalEdges: Send, LocalEdges: Sync,
    Loose: Sync,
    Commands<Rc<u8>>: Send, WeakMap<Rc<u8>>: Send,
    Iter<'static, Cell<u8>, Handle>: Send,
    // A panic may leave a value half changed.
    Loose: RefUnwindSafe,
    Store<&'static mut u8>: UnwindSafe,
    IterMut<'static, String, Handle>: UnwindSafe,
}

#[test]
fn a_store_is_read_through_a_panic() {
    let mut store: World = ["oak".to_string()].into_iter().collect();
    let handle = store.handles().next().unwrap();
    let shared = &store;
    let caught = catch_unwind(move || assert!(shared[handle] == "ash", "not an ash"));
    assert!(caught.is_err());
    // What is changed meanwhile is for the caller to answer for.
    let caught = catch_unwind(AssertUnwindSafe(|| {
        store.scope(|store| {
            store.unroot(handle).unwrap();
            panic!("in a scope");
        });
    }));
    assert!(caught.is_err());
    store.collect();
    assert!(store.is_empty());
    store.check_invariants().unwrap();
}

#[test]
fn columns_are_read_and_written_on_several_threads() {
    let mut store = Local::new();
    let handles: Vec<Handle> = (0..200)
        .map(|number| store.insert(Rc::new(number)))
        .collect();
    for (number, &handle) in (0_u32..).zip(&handles) {
        store.insert_component(handle, number).unwrap();
        store.insert_component(handle, i64::from(number)).unwrap();
    }
    let numbers = store.column::<u32>();
    let mut wide = store.query::<&mut i64>();
    let (handles, numbers) = (&handles, &numbers);
    std::thread::scope(|scope| {
        scope.spawn(move || wide.for_each(|wide| *wide *= 2));
        scope.spawn(move || assert!(handles.iter().all(|&handle| numbers.contains(handle))));
        assert_eq!(numbers.get(handles[7]), Some(&7));
    });
    assert_eq!(store.query::<&i64>().iter().sum::<i64>(), 39_800);
}
