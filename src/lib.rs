//! Stores the object graph of a game or a simulation: objects that own each other through edges, that die by
//! themselves when nothing owns them any more, and whose cycles are collected.
//!
//! **Use it if** objects own each other in ways that change while the program runs, and cycles come about: units and
//! squads, quests and their givers, widgets and listeners. **Don't** if the objects are a tree (`Box` and `Vec` will
//! do), if all of them end together (an arena will do), or if your rules say when each of them ends (a slotmap or an
//! ECS will do).
//!
//! ```
//! use understory::Store;
//!
//! let mut store: Store<&str> = Store::new();
//! let squad = store.insert("squad"); // with one root: the program holds it
//! let archer = store.insert_linked(squad, (), "archer")?; // with one edge, and no root
//! store.link(archer, (), squad)?; // and back: a cycle
//!
//! store.unroot(squad)?; // the program lets go; they still own each other
//! assert_eq!(store.collect().freed, 2);
//! assert_eq!(store.get(archer), None); // a stale handle is an answer, not a crash
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it goes together
//!
//! A [`Store`] holds objects: values of one type, reached through 8-byte [handles](Handle) that are `Copy` and keep
//! nothing alive. Between the objects there are edges, each with a label. An edge owns its target; a *root* says that
//! the program itself holds an object. **An object lives as long as it can be reached from a root over edges.**
//!
//! - When its last root and its last edge are gone, it is *reclaimed* within the same call, and after it what it alone
//!   owned.
//! - Objects that own each other in a circle die in [`Store::step`], which a game calls once a frame. It traces
//!   *suspects*, which are objects whose count fell, but not to zero, back to a root.
//! - What that leaves dies in a collection. Steps and insertions work on it in *slices*, or it runs whole on request.
//!
//! # Which call do I choose?
//!
//! ## Objects
//!
//! | I want … | call |
//! |---|---|
//! | an object that I hold | [`insert`](Store::insert), later [`unroot`](Store::unroot) |
#![cfg_attr(
    feature = "std",
    doc = " | to hold an object in a value of my own, on any thread | [`hold`](Store::hold) |"
)]
//! | an object that another one holds | [`insert_linked`](Store::insert_linked) |
//! | an object that knows its own handle | [`insert_with`](Store::insert_with) |
//! | many objects and the edges between them, as when a level is loaded | [`insert_graph`](Store::insert_graph) |
//! | objects, and all that belongs to them, once more: a prefab | [`duplicate`](Store::duplicate) |
//! | a part of the world as a store of its own; another store's objects in this one | [`extract`](Store::extract), [`merge`](Store::merge) |
//! | an object to be gone, whoever holds it | [`destroy`](Store::destroy), [`retain`](Store::retain) |
//! | handles of two stores kept apart by the compiler | a key type of my own: `Store<T, E, K>` |
//!
//! ## Edges
//!
//! | I want … | call |
//! |---|---|
//! | an object to own another | [`link`](Store::link) |
//! | an object to know another without owning it | [`link_weak`](Store::link_weak) |
//! | to read weak edges | [`weak_edges`](Store::weak_edges) |
//! | to end that | [`unlink`](Store::unlink), [`unlink_weak`](Store::unlink_weak) |
//! | to move an object from one owner to another | [`relink`](Store::relink); for more than one edge [`scope`](Store::scope) |
//! | all owners of an object to let go of it, or an object to let go of all that it owns | [`unlink_sources`](Store::unlink_sources), [`unlink_targets`](Store::unlink_targets) |
//! | to know who holds an object | [`sources`](Store::sources), [`root_count`](Store::root_count), [`refcount`](Store::refcount) |
//!
//! ## Fields, lists and walks
//!
//! | I want … | call |
//! |---|---|
//! | a field: one edge with a label | [`set`](Store::set), [`target`](Store::target), [`unset`](Store::unset) |
//! | a list: all edges with a label | [`link`](Store::link), [`list`](Store::list), [`list_mut`](Store::list_mut) |
//! | the object that has an edge with a label to this one: its parent | [`source`](Store::source) |
//! | all that an object leads to | [`breadth_first`](Store::breadth_first) |
//! | to walk in another order, along some labels, or from an object to its ancestors | [`Walk`] |
//! | values handed down a tree, as transforms are | [`propagate`](Store::propagate) |
//!
//! ## Reading and writing
//!
//! | I want … | call |
//! |---|---|
//! | to write values and components while walking along edges | [`split_mut`](Store::split_mut) |
//! | to change edges while walking over the store | [`Commands`] |
//! | to change several values at once | [`get_disjoint_mut`](Store::get_disjoint_mut) |
//!
//! ## Data beside the values
//!
//! | I want … | call |
//! |---|---|
//! | data beside the value, of types that only some objects have | [`insert_component`](Store::insert_component), [`query`](Store::query) |
//! | objects with components, one or many | [`insert_bundle`](Store::insert_bundle), [`insert_batch`](Store::insert_batch) |
//! | a loop over values and components at once | [`query_values`](Store::query_values), [`query_values_mut`](Store::query_values_mut) |
//! | data by object outside of the store, gone with its object | [`WeakMap`] |
//! | a set of objects that owns none of them | [`WeakSet`] |
//! | objects by a name of my own, a cache | [`WeakValueMap`] |
//!
//! ## Other times and places
//!
//! | I want … | call |
//! |---|---|
//! | a world on disk, or sent to another machine | `Registry` (feature `serde`) |
//! | to go back to an earlier frame, and forward again | `Store::snapshot`, `Store::restore` (feature `rollback`) |
//! | undo and redo for an editor | `History` (feature `rollback`) |
//! | to know whether two machines have the same world, and what differs | `Checksum` (feature `rollback`) |
//!
//! ## Deaths
//!
//! | I want … | call |
//! |---|---|
//! | to know who has died and of what, and to do something with what is left: a kill feed, loot | [`record_deaths`](Store::record_deaths) and [`drain_deaths`](Store::drain_deaths) |
//! | to be told that an object has died | [`watch`](Store::watch) and [`drain_notices`](Store::drain_notices) |
//! | to act before an object dies, or to save it | [`set_finalizer`](Store::set_finalizer) |
//! | to know within it what the object has fallen off | [`last_owner`](Store::last_owner) |
//! | deaths at a moment of my choice | [`Reclaim::AtStep`] and [`step`](Store::step) |
//!
//! ## Garbage cycles
//!
//! | I want … | call |
//! |---|---|
//! | garbage cycles gone soon, at a bounded cost a frame | [`step`](Store::step), with [`Budget::units`], or one of time |
//! | garbage cycles gone within the call that cut them loose | [`Cycles::Prompt`], up to [`Config::trace_limit`]; or [`trace`](Store::trace) after it |
//! | collections in slices, without a call of mine | [`Auto::Assist`], which is the default |
//! | collections in slices, in each frame | [`Auto::Off`] and [`step`](Store::step) |
//! | collections in time where values own memory | [`Config::young_bytes`] and [`measure_with`](Store::measure_with) |
//! | all garbage gone now | [`collect`](Store::collect) |
//! | all garbage gone soon, in slices | [`request_collection`](Store::request_collection) and [`step`](Store::step) |
//! | a whole collection, but a cheaper one | [`collect_generation`](Store::collect_generation), [`collect_due`](Store::collect_due) |
//! | a loaded level left out of collections | [`freeze`](Store::freeze), or [`freeze_from`](Store::freeze_from) for one level of several |
//!
//! ## What is going on
//!
//! | I want … | call |
//! |---|---|
//! | to know whether steps keep up, and what piles up | [`Step::keeps_up`], [`Step::growing`]; [`Config::catch_up`] if they must |
//! | to know what the store has done, or is doing | [`stats`](Store::stats), [`phase`](Store::phase) |
//! | to be told of collections | [`observe`](Store::observe) |
//! | to know why an object is alive | [`why_alive`](Store::why_alive); for tests [`expect_dead`](Store::expect_dead), [`assert_no_leaks`](Store::assert_no_leaks) |
//! | to say what holds an object | [`root_named`](Store::root_named), [`insert_named`](Store::insert_named) |
//! | to know what takes the memory, what grows, what may leak | [`heap_snapshot`](Store::heap_snapshot) |
//! | to see which cycles the program leaves behind | [`Config::keep_garbage`] and [`drain_garbage`](Store::drain_garbage) |
//!
//! # What can be relied on
//!
//! - A stale or null handle gets `None`, an `Err` or an empty iterator; only indexing panics. It
//!   never names a later object: a slot that runs out of versions is not used again.
//! - A handle of another store gets the same answers, but it may name an object; and so may one that was
//!   made after a clone, once the program has gone back to that clone. With a handle type of your own the
//!   compiler tells stores apart.
//! - A parent dies before its children, the children in the order of its edges, depth first. Objects that
//!   die together (a garbage cycle, or what [`retain`](Store::retain) rejects) do so in the order of their
//!   indices, and then what only they owned dies, in the order in which it lost the last of their edges, again
//!   depth first. No budget changes the order. Nothing recurses, so a chain of any length dies. Finalizers
//!   that destroy other objects nest at most [`MAX_NESTED`] deep.
//! - A finalizer runs at most once in an object's life, and before any of the garbage that the object
//!   is part of has died. No one is told of a death that is not final.
//! - Garbage that is part of a cycle resolves like any object until it is traced or collected, and so
//!   does what is pending, until its turn comes. Until then a root or an edge saves it, even in
//!   the middle of a collection.
//! - All of a garbage cycle is dead at one instant. No look-up, walk, query or weak collection finds
//!   what is dead but not swept yet; its edges still count in [`refcount`](Store::refcount) and
//!   [`in_degree`](Store::in_degree).
//! - After [`collect`](Store::collect) no garbage is left, except what has a frozen owner or was let go
//!   of by finalizers; and no collection is running.
//! - What a dropped `Root` held is not garbage before [`step`](Store::step), [`collect`](Store::collect) or
//!   `Store::sync_roots` has taken note of the drop.
//! - A step keeps to its budget, except for a small constant, finalizers and `Drop`, and, under
//!   [`Reclaim::Immediate`], what an object owned that only garbage owned; unless [`Config::catch_up`] lets it go on.
//! - Whoever makes the same calls gets the same handles, the same deaths and the same order, on every machine. (Two
//!   steps with a budget of time are not the same call.)
//! - Code of yours that panics, in `Drop`, in a finalizer or in a closure, leaves the store whole.
//!   What was still to be reclaimed is reclaimed by the next call.
//!
//! # What it takes in memory
//!
//! Besides its value, an object takes less than 30 bytes: 4 for the version of its slot, 16 for
//! version, root count, root distance and the head of its in-list, 8 for the head of its out-list, and
//! eight bits. (The slot adds what it takes to align the version with the
//! value.) As long as nothing has been linked, unrooted or removed in its arena, it takes only its slot
//! and the bits. An edge is in two lists and takes 8 bytes in each, plus its label as an `Option` in
//! one of them, plus the slack of the lists. A list of one edge takes nothing, unless it has to keep a
//! label: the edge is in the list's head. Finalizers, watches and weak edges are in maps, and cost
//! memory only for the objects that have them. The first arena grows as it fills, so a store of ten
//! objects takes kilobytes; from then on a store grows by arenas of 4,095 objects and never copies what
//! it holds. What a list of edges leaves when it grows or goes is kept for lists of the same size class, so
//! edges take the sum of what each class has needed at its peak, until [`shrink`](Store::shrink).
//!
//! ```
//! let mut store: understory::Store<u64> = understory::Store::new();
//! let root = store.insert(0);
//! for value in 1..100_000 {
//!     store.insert_linked(root, (), value).unwrap();
//! }
//! // An object takes 8 bytes of value and at most 40 besides, an edge at most 20.
//! assert!(store.memory() < 100_000 * (8 + 40) + 99_999 * 20);
//! ```
//!
//! # Why not …
//!
//! **`Rc<RefCell<T>>`?** Each cycle leaks unless every back pointer is weak, and a forgotten one shows
//! up as memory that grows. A long chain overflows the stack when it dies. There is no asking who holds
//! an object, a graph of them can neither be cloned nor sent to a thread, and each access can fail at
//! run time. Here cycles are collected, nothing recurses, [`Store::sources`] tells who holds an object,
//! and the borrow checker sees one store.
//!
//! **A plain slotmap?** It gives you the same handles, and leaves it to you to know what to remove and
//! when. If that is clear from your rules (a bullet dies when it hits), a slotmap is all you need. Once
//! several owners share an object, you write reference counts beside it, and then look for what they
//! leak. This crate does that for you, over `slotmap`.
//!
//! **A tracing collector?** It frees nothing until it runs, and then looks at all that lives. Here
//! most objects die by count, in the call that let go of them and in an order that can be relied on,
//! tracing back costs in proportion to the garbage, and the collector takes the rest, in slices as
//! small as you like. When no count has fallen, other than to zero, since the last collection, there
//! can be no new cyclic garbage, and collections that are due are skipped.
//!
//! The price is that each access takes the store, and references between objects are edges of the
//! store, not fields of a struct.
//!
//! # Features
//!
//! - `std` (by default): the type `Root`, and `Store::hold`, which makes one. Without `std` the crate
//!   needs only `alloc`.
//! - `check`: `Store::check_invariants`, which tests the store against a walk over all of it.
//! - `rayon`: several threads mark when a collection of `Config::parallel_from` objects or more runs in
//!   one call, and all else stays the same; and `Store::par_iter`, `Store::par_values` and their like,
//!   which walk over all objects on several threads, as `par_for_each` of queries does over those that match.
//! - `tracing`: steps and whole collections are spans of the crate `tracing`, the ends of collections events, with
//!   what they did. They have the target `understory` and the level `DEBUG`.
//! - `rollback`: `Store::snapshot` and `Store::restore`, `History`, and `Checksum`. Without it a change of the store costs
//!   nothing for that, with it a test.
#![cfg_attr(not(feature = "std"), no_std)]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod nesting;
mod handle;
mod error;
mod config;
mod bits;
mod index;
mod journal;
#[cfg(feature = "rollback")]
mod digest;
#[cfg(feature = "serde")]
mod form;
mod paged;
mod units;
mod clock;
mod backlog;
mod sparse;
mod heap;
mod graph;
mod live;
mod columns;
mod query;
mod objects;
mod gc;
#[cfg(feature = "check")]
mod check;
pub mod inspect;
mod store;
mod collections;

pub use backlog::Backlog;
#[cfg(feature = "check")]
pub use check::Violation;
pub use collections::{WeakMap, WeakSet, WeakValueMap};
pub use columns::{BorrowError, Bundle, Component, ComponentRef, Group, GroupError};
pub use config::{Auto, Config, Cycles, Generation, Reclaim};
#[cfg(feature = "rollback")]
pub use digest::Digest;
pub use error::{
    GraphRefusal, InsertRefusal, Limit, LinkRefusal, Rejected, RelinkError, RootError, StaleHandle,
    UnlinkError, UnrootError,
};
pub use gc::Phase;
pub use gc::pace::{Collected, GenerationStats};
#[cfg(feature = "std")]
pub use graph::Root;
pub use handle::Handle;
pub use nesting::MAX_NESTED;
pub use objects::{Cause, Watch};
pub use query::{
    ColumnMut, ColumnRef, HandleIter, Query, QueryBorrow, QueryItem, QueryIter, ValueIter,
    ValueIterMut, ValueQuery, ValueQueryMut, With, Without,
};
pub use slotmap;
pub use store::{
    Applied, BreadthFirst, Budget, ColumnsView, Command, Commands, ComponentCommand, CutEdge,
    Death, Destroyed, EdgeList, EdgeListMut, Edges, Extracted, FinalizerError, InEdges,
    InsertBatchError, Iter, IterMut, ListChange, ListCommand, ListCommands, ListIter, Moment,
    Notice, Observation, Observer, Operand, OutEdges, Parts, Pending, Recording, Remap, Remapped,
    Remapper, Sources, Stats, Step, Store, Subgraph, Targets, ValuesView, Visit, Visits, Walk,
};
#[cfg(feature = "rollback")]
pub use store::{Checksum, Difference, History, Snapshot, SnapshotError};
#[cfg(feature = "serde")]
pub use store::{Registry, SaveError, Saved};

// Integration tests use it too.
#[cfg(test)]
#[path = "../tests/cases.rs"]
mod cases;

// The snippets of the README and of the book are tests of this crate.
#[cfg(all(doctest, feature = "std"))]
mod book {
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../book/src/start.md")]
    mod start {}
    #[doc = include_str!("../book/src/thinking.md")]
    mod thinking {}
    #[doc = include_str!("../book/src/lists.md")]
    mod lists {}
    #[doc = include_str!("../book/src/choosing.md")]
    mod choosing {}
    #[doc = include_str!("../book/src/components.md")]
    mod components {}
    #[doc = include_str!("../book/src/deaths.md")]
    mod deaths {}
    #[doc = include_str!("../book/src/frame-loop.md")]
    mod frame_loop {}
    #[doc = include_str!("../book/src/parts.md")]
    mod parts {}
    #[doc = include_str!("../book/src/threads.md")]
    mod threads {}
    #[doc = include_str!("../book/src/leaks.md")]
    mod leaks {}
    #[cfg(feature = "serde")]
    #[doc = include_str!("../book/src/saving.md")]
    mod saving {}
    #[cfg(feature = "rollback")]
    #[doc = include_str!("../book/src/rollback.md")]
    mod rollback {}
    #[cfg(feature = "rollback")]
    #[doc = include_str!("../book/src/undo.md")]
    mod undo {}
    #[cfg(feature = "std")]
    #[doc = include_str!("../book/src/inspect-tool.md")]
    mod inspect_tool {}
    #[doc = include_str!("../book/src/how-it-works.md")]
    mod how_it_works {}
    #[doc = include_str!("../book/src/from-python.md")]
    mod from_python {}
    #[doc = include_str!("../book/src/terms.md")]
    mod terms {}
}
