//! Agents with four components: how they come into a store, beside hecs; and what a query over their values takes,
//! beside a walk over these alone.

use std::hint::black_box;

use hecs::World;
use understory::{Store, With};

use crate::measure::{Bar, Rounds, Scale, Table, in_turn, time};

#[derive(Clone)]
#[cfg_attr(
    not(feature = "rayon"),
    expect(dead_code, reason = "it is there to be moved")
)]
struct Position([f32; 3]);

#[derive(Clone)]
#[cfg_attr(
    not(feature = "rayon"),
    expect(dead_code, reason = "it is there to be moved")
)]
struct Velocity([f32; 3]);

#[derive(Clone)]
#[expect(dead_code, reason = "it is there to be moved")]
struct Health(u32);

#[derive(Clone)]
#[expect(dead_code, reason = "it is there to be moved")]
struct Mood(u64);

type Agent = (Position, Velocity, Health, Mood);

fn agent(number: u32) -> Agent {
    let velocity = Velocity([1.0, 2.0, 3.0]);
    (Position([0.0; 3]), velocity, Health(number), Mood(0))
}

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    let agents = scale.size(200_000);
    let name = "agents, insertion with four components, 2·10^5";
    table.times(name.into(), Bar::Ratio(1.5), || insertion(scale, agents));
    let name = "agents one by one, 2·10^5";
    table.times(name.into(), Bar::Beside, || one_by_one(scale, agents));
    for (share, every, bar) in [
        ("all", 1, Bar::Ratio(1.2)),
        ("one in ten", 10, Bar::Ratio(1.0)),
        ("one in a hundred", 100, Bar::Ratio(1.0)),
    ] {
        let name = format!("agents, values in a query, {share}");
        table.times(name, bar, || values(scale, agents, every, each));
        let name = format!("agents, values in a for loop, {share}");
        table.times(name, Bar::Beside, || values(scale, agents, every, by_loop));
    }
}

/// What threads make of a walk, beside hecs, which has no parallel one: its time on one thread divided by their number,
/// as if it lost nothing by them.
#[cfg(feature = "rayon")]
pub(crate) fn measure_threads(scale: Scale, table: &mut Table) {
    let agents = scale.size(200_000);
    table.times(
        "agents, moved on threads, 2·10^5".into(),
        Bar::Beside,
        || {
            let mut store: Store<()> = Store::new();
            store.insert_batch((0..agents).map(|number| ((), agent(number))));
            let mut world = World::new();
            world.spawn_batch((0..agents).map(agent)).for_each(drop);
            let threads = u32::try_from(rayon::current_num_threads()).unwrap_or(1);
            let ours = |_| {
                time(agents, || {
                    let mut query = store.query::<(&mut Position, &Velocity)>();
                    query.par_for_each(|(position, velocity)| position.advance(velocity));
                })
            };
            let baseline = |_| {
                let alone = time(agents, || {
                    for (position, velocity) in world.query_mut::<(&mut Position, &Velocity)>() {
                        position.advance(velocity);
                    }
                    black_box(&world);
                });
                alone / f64::from(threads)
            };
            in_turn(scale.rounds(101), ours, baseline)
        },
    );
}

#[cfg(feature = "rayon")]
impl Position {
    fn advance(&mut self, velocity: &Velocity) {
        for (at, by) in self.0.iter_mut().zip(velocity.0) {
            *at += by * 0.01;
        }
    }
}

fn insertion(scale: Scale, agents: u32) -> Rounds {
    let ours = |_| {
        time(agents, || {
            let mut store: Store<()> = Store::new();
            let handles = store.insert_batch((0..agents).map(|number| ((), agent(number))));
            (store, handles)
        })
    };
    in_turn(scale.rounds(21), ours, |_| spawned(agents))
}

fn one_by_one(scale: Scale, agents: u32) -> Rounds {
    let ours = |_| {
        time(agents, || {
            let mut store: Store<()> = Store::new();
            let insert = |number| store.insert_bundle((), agent(number));
            let handles: Vec<_> = (0..agents).map(insert).collect();
            (store, handles)
        })
    };
    let baseline = |_| {
        time(agents, || {
            let mut world = World::new();
            let handles: Vec<_> = (0..agents)
                .map(|number| world.spawn(agent(number)))
                .collect();
            (world, handles)
        })
    };
    in_turn(scale.rounds(21), ours, baseline)
}

fn spawned(agents: u32) -> f64 {
    time(agents, || {
        let mut world = World::new();
        let handles: Vec<_> = world.spawn_batch((0..agents).map(agent)).collect();
        (world, handles)
    })
}

/// Changes the values of the objects that have a component, one in `every`, beside a walk that changes all values.
/// Both figures are the time for all objects.
fn values(scale: Scale, objects: u32, every: u32, ours: fn(&mut Store<u64>)) -> Rounds {
    let mut stores = [Store::<u64, ()>::new(), Store::new()];
    for store in &mut stores {
        for number in 0..objects {
            let object = store.insert(number.into());
            if number % every == 0 {
                let added = store.insert_component(object, Health(1));
                added.expect("the object is alive");
            }
        }
    }
    let [store, other] = &mut stores;
    let ours = |_| {
        time(objects, || {
            ours(store);
            black_box(&store);
        })
    };
    let baseline = |_| {
        time(objects, || {
            for (_, value) in other.iter_mut() {
                *value += 1;
            }
            black_box(&other);
        })
    };
    in_turn(scale.rounds(101), ours, baseline)
}

fn each(store: &mut Store<u64>) {
    let mut query = store.query_values_mut::<With<Health>>();
    query.for_each(|(_, value, ())| *value += 1);
}

fn by_loop(store: &mut Store<u64>) {
    for (_, value, ()) in &mut store.query_values_mut::<With<Health>>() {
        *value += 1;
    }
}
