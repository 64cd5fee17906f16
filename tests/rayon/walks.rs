//! Walks on several threads give what walks on one do.

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::sync::atomic::{AtomicUsize, Ordering};

use understory::{Auto, Budget, Config, Cycles, Handle, Phase, Store, With, Without};

/// Several arenas with gaps in them.
fn world() -> (Store<u64>, Vec<Handle>) {
    let config = Config::new()
        .auto(Auto::Off)
        .cycles(Cycles::Manual)
        .thresholds([1, 1_000, 1_000]);
    let mut world = Store::with_config(config);
    let mut handles: Vec<Handle> = (0..30_000).map(|value| world.insert(value)).collect();
    handles.retain(|&handle| {
        let dies = world[handle] % 7 == 3;
        if dies {
            world.unroot(handle).unwrap();
        }
        !dies
    });
    (world, handles)
}

fn assert_same(world: &mut Store<u64>) {
    let expected: Vec<(Handle, u64)> = world.iter().map(|(of, &value)| (of, value)).collect();
    let found: Vec<_> = world.par_iter().map(|(of, &value)| (of, value)).collect();
    assert_eq!(found, expected);
    let found: Vec<_> = (&*world).into_par_iter().map(|(of, _)| of).collect();
    assert!(found.into_iter().eq(world.handles()));
    let found: Vec<u64> = world.par_values().copied().collect();
    assert!(found.iter().eq(world.values()));

    world.par_iter_mut().for_each(|(_, value)| *value += 1);
    world.par_values_mut().for_each(|value| *value += 1);
    world.into_par_iter().for_each(|(_, value)| *value += 1);
    let changed = expected.into_iter().map(|(of, value)| (of, value + 3));
    assert!(changed.eq(world.iter().map(|(of, &value)| (of, value))));
}

#[test]
fn queries_do_on_threads_what_they_do_on_one() {
    let (mut world, handles) = world();
    for (number, &handle) in (0_u32..).zip(&handles) {
        world
            .insert_components(handle, (u64::from(number), number))
            .unwrap();
        if number % 40 == 0 || (9_000..12_000).contains(&number) {
            world.insert_component(handle, 'x').unwrap();
        }
    }
    let mut other = world.clone();
    for threads in [1, 2, 7] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            world
                .query::<(&mut u64, &u32)>()
                .par_for_each(|(a, &b)| *a = a.wrapping_mul(3) ^ u64::from(b));
            world
                .query::<(&mut u32, With<char>)>()
                .par_for_each(|b| *b += 5);
            world
                .query_values_mut::<&char>()
                .par_for_each(|(handle, value, _)| {
                    *value += u64::from(handle.index());
                });
            world
                .query_values_mut::<&mut u64>()
                .par_for_each(|(_, value, a)| *a ^= *value);
            let met = AtomicUsize::new(0);
            world.query_values::<Without<char>>().par_for_each(|_| {
                met.fetch_add(1, Ordering::Relaxed);
            });
            world.query::<Without<char>>().par_for_each(|()| {
                met.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(met.into_inner(), 2 * world.query::<Without<char>>().count());
        });
        other
            .query::<(&mut u64, &u32)>()
            .for_each(|(a, &b)| *a = a.wrapping_mul(3) ^ u64::from(b));
        other
            .query::<(&mut u32, With<char>)>()
            .for_each(|b| *b += 5);
        for (handle, value, _) in &mut other.query_values_mut::<&char>() {
            *value += u64::from(handle.index());
        }
        for (_, value, a) in &mut other.query_values_mut::<&mut u64>() {
            *a ^= *value;
        }
        let state = |world: &Store<u64>| -> Vec<(Handle, u64, u64, u32)> {
            let mut query = world.query_values::<(&u64, &u32)>();
            query
                .iter()
                .map(|(handle, value, (a, b))| (handle, *value, *a, *b))
                .collect()
        };
        assert_eq!(state(&world), state(&other));
        assert_eq!(state(&world).len(), handles.len());
    }
}

#[test]
fn walks_on_threads_give_what_walks_on_one_do() {
    assert_same(&mut Store::new());
    assert_same(&mut (0..3).collect());
    assert_same(&mut world().0);
}

#[test]
fn walks_on_threads_pass_over_what_is_dead_and_not_swept() {
    let (mut world, handles) = world();
    for pair in handles.chunks_exact(2).step_by(3) {
        world.link(pair[0], (), pair[1]).unwrap();
        world.link(pair[1], (), pair[0]).unwrap();
        world.unroot(pair[0]).unwrap();
        world.unroot(pair[1]).unwrap();
    }
    let before = world.len();
    while world.phase() != Phase::Sweep {
        world.step(Budget::units(50));
    }
    for _ in 0..40 {
        world.step(Budget::units(50));
        assert_eq!(world.phase(), Phase::Sweep);
        assert_same(&mut world);
    }
    assert!(world.len() < before);
    assert_eq!(world.par_iter().count(), world.len());
    for (handle, _) in world.par_iter().collect::<Vec<_>>() {
        assert!(world.contains(handle));
    }
}
