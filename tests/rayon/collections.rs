//! Whole collections that several threads mark are the same as those that one marks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::LazyLock;

use rayon::{ThreadPool, ThreadPoolBuilder};
use understory::{Auto, Config, Cycles, Handle, Store};

use super::worlds::Plan;
use crate::cases::quickcheck;

const NEVER: usize = usize::MAX;

/// Pools of 1, 2 and 4 threads.
static POOLS: LazyLock<Vec<ThreadPool>> = LazyLock::new(|| {
    let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build();
    [1, 2, 4].map(|threads| pool(threads).unwrap()).into()
});

fn check(plan: &Plan) {
    let expected = plan.run(NEVER);
    for pool in POOLS.iter() {
        // The smaller the heap from which on threads help, the smaller what they share.
        for from in [0, 10_000] {
            let found = pool.install(|| plan.run(from));
            let threads = pool.current_num_threads();
            found.assert_is(&expected, &format!("{threads} threads, from {from}"));
        }
    }
}

#[test]
fn threads_collect_what_one_collects() {
    fn property(seed: u64, objects: u16, shape: (u8, u8, u8, u8, u8), flags: (bool, bool)) -> bool {
        let (degree, rooted, hubs, length, finalized) = shape;
        check(&Plan {
            seed,
            objects: u32::from(objects) % 6_000,
            degree: u32::from(degree) % 5,
            // Few of them, mostly: else all is reached from the first arena.
            rooted: u32::from(rooted) * u32::from(rooted) / 650,
            hubs: u32::from(hubs) % 4,
            length: u32::from(length).pow(2) / 8,
            finalized: u32::from(finalized) / 64,
            frozen: flags.0,
            keeps_garbage: flags.1,
        });
        true
    }
    quickcheck(10).quickcheck(property as fn(_, _, _, _) -> bool);
}

/// A world of many objects, most of which are grey at a time.
#[test]
fn threads_collect_what_one_collects_where_it_is_much() {
    let plan = Plan {
        seed: 1,
        objects: 40_000,
        degree: 3,
        rooted: 0,
        hubs: 8,
        length: 10,
        finalized: 1,
        frozen: false,
        keeps_garbage: false,
    };
    for rooted in [0, 1, 80] {
        check(&Plan { rooted, ..plan });
    }
    assert!(plan.run(0).freed() > 0);
}

fn manual(from: usize) -> Config {
    let config = Config::new().auto(Auto::Off).cycles(Cycles::Manual);
    config.parallel_from(from)
}

/// Nothing can be shared here, and nothing recurs.
#[test]
fn threads_mark_a_long_path() {
    const LENGTH: usize = if cfg!(debug_assertions) {
        100_000
    } else {
        1_000_000
    };
    for pool in POOLS.iter() {
        let mut world = Store::<usize>::with_config(manual(0));
        let first = world.insert(0);
        let mut last = first;
        for at in 1..LENGTH {
            last = world.insert_linked(last, (), at).unwrap();
        }
        world.link(last, (), first).unwrap();
        pool.install(|| {
            assert_eq!(world.collect().freed, 0);
            world.unroot(first).unwrap();
            assert_eq!(world.collect().freed, LENGTH);
        });
        assert!(world.is_empty());
    }
}

/// A list of many edges goes from thread to thread in pieces.
#[test]
fn threads_share_the_edges_of_a_hub() {
    const LENGTH: usize = 300_000;
    let run = |from| {
        let mut world = Store::<usize>::with_config(manual(from));
        let hub = world.insert(0);
        for at in 1..LENGTH {
            let spoke = world.insert_linked(hub, (), at).unwrap();
            world.link(spoke, (), hub).unwrap();
            // Twice, so that what several pieces lead to is found by one of them.
            world.link(hub, (), spoke).unwrap();
        }
        let alive = world.collect();
        world.unroot(hub).unwrap();
        (alive, world.collect(), world.len())
    };
    let expected = run(NEVER);
    assert_eq!((expected.0.kept, expected.1.freed), (LENGTH, LENGTH));
    for pool in POOLS.iter() {
        assert_eq!(pool.install(|| run(0)), expected);
        assert_eq!(pool.install(|| run(10_000)), expected);
    }
}

/// Threads see neither values nor labels, so these need not be fit for them.
#[test]
fn threads_mark_between_values_that_belong_to_one() {
    let label = Rc::new(());
    let mut world = Store::<Rc<()>, Rc<()>>::with_config(manual(0));
    let root = world.insert(Rc::clone(&label));
    let mut parents = vec![root];
    while world.len() < 20_000 {
        let parent = parents[world.len() / 4];
        let child = world.insert_linked(parent, Rc::clone(&label), Rc::clone(&label));
        parents.push(child.unwrap());
        world
            .link(parents[parents.len() - 1], Rc::clone(&label), root)
            .unwrap();
    }
    assert_eq!(world.collect().kept, 20_000);
    world.unroot(root).unwrap();
    assert_eq!(world.collect().freed, 20_000);
    assert_eq!(Rc::strong_count(&label), 1);
}

/// The panic of a finalizer, in a collection that threads have marked, leaves the rest to the next call.
#[test]
fn a_finalizer_that_panics_ends_nothing() {
    let run = |from| {
        let mut world = Store::<usize>::with_config(manual(from).record_deaths(true));
        let handles: Vec<Handle> = (0..9_000).map(|at| world.insert(at)).collect();
        for (at, &handle) in handles.iter().enumerate() {
            world.link(handle, (), handles[at * 7 % 9_000]).unwrap();
            world.link(handles[at * 11 % 9_000], (), handle).unwrap();
            if at % 1_000 == 5 {
                let finalizer = move |_: &mut Store<usize>, _| assert_ne!(at, 3_005, "it panics");
                world.set_finalizer(handle, finalizer).unwrap();
            }
        }
        for &handle in &handles[100..] {
            world.unroot(handle).unwrap();
        }
        for &handle in &handles[..100] {
            world.unroot(handle).unwrap();
        }
        let panicked = catch_unwind(AssertUnwindSafe(|| world.collect())).is_err();
        let next = world.insert(0);
        let deaths = world.drain_deaths();
        let dead: Vec<_> = deaths.map(|death| (death.handle, death.value)).collect();
        (panicked, world.len(), next, dead, world.collect())
    };
    let expected = run(NEVER);
    assert!(expected.0);
    for pool in POOLS.iter() {
        assert_eq!(pool.install(|| run(0)), expected);
    }
}
