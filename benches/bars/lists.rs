//! Edges that go from long lists, which keep their order: whichever go, beside the case that costs least.

use fastrand::Rng;
use understory::{Auto, Config, Cycles, Handle, Store};

use crate::measure::{Bar, Rounds, Scale, Table, in_turn, time};

/// Edges of a list that is emptied from its front, or in which edges are looked for by their labels.
const LIST: u32 = 100_000;
/// Edges of a hub whose targets are destroyed.
const HUB: u32 = 1_000_000;
/// The most that a removal may take, over the least that one takes.
const LIMIT: Bar = Bar::Ratio(3.0);

type World = Store<u32, u32>;

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    let name = "lists, 10^5 edges unlinked, first in first out : last in first out";
    table.times(name.to_owned(), LIMIT, || {
        beside_last(scale, LIST, |world, hub, targets| {
            for &target in targets {
                world.unlink(hub, target).expect("the edge is there");
            }
        })
    });
    let name = "lists, 10^6 targets destroyed, at random : last in first out";
    table.times(name.to_owned(), LIMIT, || {
        beside_last(scale, HUB, |world, _, targets| {
            for &target in targets {
                world.destroy(target);
            }
        })
    });
    let name = "lists, an edge by its label among 10^5 : by its target";
    table.times(name.to_owned(), LIMIT, || by_label(scale));
}

/// A hub with so many edges to objects that the program holds too.
fn hub(edges: u32) -> (World, Handle, Vec<Handle>) {
    let config = Config::new().auto(Auto::Off).cycles(Cycles::Manual);
    let mut world = World::with_config(config);
    let hub = world.insert(0);
    let targets: Vec<Handle> = (0..edges).map(|number| world.insert(number)).collect();
    for (&target, label) in targets.iter().zip(0..) {
        world.link(hub, label, target).expect("both are alive");
    }
    (world, hub, targets)
}

/// All edges of a hub go, in the order of the list or at random if there are many, beside the last one first.
fn beside_last(scale: Scale, edges: u32, remove: impl Fn(&mut World, Handle, &[Handle])) -> Rounds {
    let edges = scale.size(edges);
    let run = |order: fn(&mut Vec<Handle>)| {
        let (mut world, hub, mut targets) = hub(edges);
        order(&mut targets);
        time(edges, || remove(&mut world, hub, &targets))
    };
    let order: fn(&mut Vec<Handle>) = if edges > LIST {
        |targets| Rng::with_seed(1).shuffle(targets)
    } else {
        |_| ()
    };
    in_turn(
        scale.rounds(5),
        |_| run(order),
        |_| run(|targets| targets.reverse()),
    )
}

/// An edge in the middle of the list, of which each target has one, is removed and added.
fn by_label(scale: Scale) -> Rounds {
    let edges = scale.size(LIST);
    let turns = scale.size(10_000);
    let run = |by_label: bool| {
        let (mut world, hub, targets) = hub(edges);
        let mut rng = Rng::with_seed(2);
        time(turns, || {
            for _ in 0..turns {
                let number = rng.u32(0..edges);
                let target = targets[number as usize];
                let label = if by_label {
                    world.list_mut(hub, &number).unlink(target).ok()
                } else {
                    world.unlink(hub, target).ok()
                };
                let label = label.expect("the edge is there");
                world.link(hub, label, target).expect("both are alive");
            }
        })
    };
    in_turn(scale.rounds(5), |_| run(true), |_| run(false))
}
