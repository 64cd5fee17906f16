//! Walks and what is handed down along edges, beside recursive ones over a map of edges.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use understory::{Auto, Budget, Config, Cycles, Generation, Handle, Phase, Store, Walk};

use crate::cases::quickcheck;

type World = Store<u32, u8>;
/// Object, depth, and the edge that led there.
type Visited = Vec<(Handle, usize, Option<(Handle, u8)>)>;

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Pre,
    Post,
    Breadth,
}

struct Naive<'a> {
    world: &'a World,
    order: Order,
    is_backwards: bool,
    is_weak: bool,
    labels: &'a [u8],
    seen: BTreeSet<Handle>,
    visited: Visited,
}

impl Naive<'_> {
    fn below(&self, object: Handle) -> Vec<(Handle, u8)> {
        let edges = if self.is_weak {
            self.world.weak_edges()
        } else {
            self.world.edges()
        };
        let edges: Vec<(Handle, u8)> = if self.is_backwards {
            edges
                .in_edges(object)
                .map(|(other, &label)| (other, label))
                .collect()
        } else {
            edges
                .out_edges(object)
                .map(|(other, &label)| (other, label))
                .collect()
        };
        let is_followed = |label: &u8| self.labels.is_empty() || self.labels.contains(label);
        edges
            .into_iter()
            .filter(|(_, label)| is_followed(label))
            .collect()
    }

    fn visit(&mut self, object: Handle, depth: usize, edge: Option<(Handle, u8)>) {
        if !self.world.contains(object) || !self.seen.insert(object) {
            return;
        }
        if self.order == Order::Pre {
            self.visited.push((object, depth, edge));
        }
        // Each fourth object is one below which the walk does not go.
        if self.order == Order::Post || self.world[object] % 4 != 0 {
            for (other, label) in self.below(object) {
                self.visit(other, depth + 1, Some((object, label)));
            }
        }
        if self.order == Order::Post {
            self.visited.push((object, depth, edge));
        }
    }

    fn run(mut self, starts: &[Handle]) -> Visited {
        if self.order != Order::Breadth {
            for &start in starts {
                self.visit(start, 0, None);
            }
            return self.visited;
        }
        let mut queue: VecDeque<_> = starts.iter().map(|&start| (start, 0, None)).collect();
        while let Some((object, depth, edge)) = queue.pop_front() {
            if !self.world.contains(object) || !self.seen.insert(object) {
                continue;
            }
            self.visited.push((object, depth, edge));
            if self.world[object] % 4 != 0 {
                let below = self.below(object);
                queue.extend(
                    below
                        .iter()
                        .map(|&(other, label)| (other, depth + 1, Some((object, label)))),
                );
            }
        }
        self.visited
    }
}

fn build(objects: u8, edges: &[(u8, u8, u8)]) -> (World, Vec<Handle>) {
    let config = Config::new().auto(Auto::Off).cycles(Cycles::Manual);
    let mut world: World = Store::with_config(config);
    let handles: Vec<Handle> = (0..=u32::from(objects % 40))
        .map(|n| world.insert(n))
        .collect();
    for &(source, label, target) in edges {
        let any = |at: u8| handles[usize::from(at) % handles.len()];
        world.link(any(source), label % 3, any(target)).unwrap();
        if label % 2 == 0 {
            world
                .link_weak(any(target), label % 3, any(source))
                .unwrap();
        }
    }
    (world, handles)
}

#[test]
fn walks_are_those_of_a_recursive_function() {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "quickcheck hands values over"
    )]
    fn property(objects: u8, edges: Vec<(u8, u8, u8)>, starts: Vec<u8>, how: u8) -> bool {
        let (mut world, handles) = build(objects, &edges);
        if how > 200 {
            // Garbage that is dead and not swept: weak edges still lead there.
            for &handle in handles.iter().skip(1).step_by(2) {
                world.unroot(handle).unwrap();
            }
            world.request_collection(Generation::Old);
            while world.step(Budget::units(3)).phase == Phase::Mark {}
        }
        let starts = starts
            .iter()
            .map(|&at| handles[usize::from(at) % handles.len()]);
        let starts: Vec<Handle> = starts.collect();
        let labels: &[u8] = [&[][..], &[1], &[0, 2]][usize::from(how) % 3];
        let (is_backwards, is_weak) = (how / 3 % 2 == 1, how / 6 % 2 == 1);
        [Order::Pre, Order::Post, Order::Breadth]
            .into_iter()
            .all(|order| {
                let mut walk = match order {
                    Order::Pre => Walk::depth_first(),
                    Order::Post => Walk::post_order(),
                    Order::Breadth => Walk::breadth_first(),
                };
                for &label in labels {
                    walk = walk.along(label);
                }
                if is_backwards {
                    walk = walk.backwards();
                }
                // Twice, as a walk keeps its memory.
                (0..2).all(|_| {
                    let naive = Naive {
                        world: &world,
                        order,
                        is_backwards,
                        is_weak,
                        labels,
                        seen: BTreeSet::new(),
                        visited: Vec::new(),
                    };
                    let edges = if is_weak {
                        world.weak_edges()
                    } else {
                        world.edges()
                    };
                    let mut visits = walk.over(edges, starts.iter().copied());
                    let mut visited = Vec::new();
                    while let Some(visit) = visits.next() {
                        let edge = visit.edge.map(|(other, &label)| (other, label));
                        visited.push((visit.object, visit.depth, edge));
                        if world[visit.object] % 4 == 0 {
                            visits.skip_below();
                        }
                    }
                    visited == naive.run(&starts)
                })
            })
    }
    quickcheck(300).quickcheck(property as fn(_, _, _, _) -> bool);
}

#[test]
fn long_chains_are_walked_without_recursion() {
    let mut world: World = Store::default();
    let first = world.insert(0);
    let mut last = first;
    for number in 1..100_000 {
        last = world.insert_linked(last, 0, number).unwrap();
    }
    let mut walk = Walk::post_order().along(0);
    assert_eq!(
        walk.over(world.edges(), [first]).next().unwrap().object,
        last
    );
    assert_eq!(
        walk.over(world.edges(), [first]).last().unwrap().object,
        first
    );
    let mut up = Walk::depth_first().backwards();
    assert_eq!(up.over(world.edges(), [last]).last().unwrap().depth, 99_999);
    world.propagate([first], &0, |parent, child| *child = parent + 2);
    assert_eq!(world[last], 199_998);
}

/// Each edge below the starts is called once, unless it closes a ring; and what a parent is told comes before
/// what it tells.
#[test]
fn parents_are_final_before_their_children_are_told() {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "quickcheck hands values over"
    )]
    fn property(objects: u8, edges: Vec<(u8, u8, u8)>, starts: Vec<u8>, acyclic: bool) -> bool {
        // From the lower number to the higher one there are no rings.
        let edges: Vec<(u8, u8, u8)> = edges
            .into_iter()
            .map(|(a, label, b)| {
                let [a, b] = [a, b].map(|at| at % (objects % 40 + 1));
                if acyclic {
                    (a.min(b), label, a.max(b))
                } else {
                    (a, label, b)
                }
            })
            .collect();
        let (mut world, handles) = build(objects, &edges);
        let starts: Vec<Handle> = starts
            .iter()
            .map(|&at| handles[usize::from(at) % handles.len()])
            .collect();
        let mut calls = Vec::new();
        let before: BTreeMap<u32, Handle> = handles.iter().map(|&h| (world[h], h)).collect();
        world.propagate(starts.iter().copied(), &1, |&parent, child| {
            calls.push((parent, *child));
        });
        let mut expected = Vec::new();
        let mut reach = Walk::breadth_first().along(1);
        for visit in reach.over(world.edges(), starts) {
            let targets = world.list(visit.object, &1);
            expected.extend(
                targets
                    .iter()
                    .map(|child| (world[visit.object], world[child])),
            );
        }
        assert!(before.len() == handles.len());
        let told_late = calls
            .iter()
            .enumerate()
            .any(|(at, &(_, child))| calls[..at].iter().any(|&(parent, _)| parent == child));
        let (mut sorted, mut all) = (calls.clone(), expected);
        sorted.sort_unstable();
        all.sort_unstable();
        if acyclic {
            all.retain(|&(parent, child)| parent != child);
            return !told_late && sorted == all;
        }
        // With rings: nothing twice, nothing that is not there, and everybody below is told.
        let told: BTreeSet<u32> = calls.iter().map(|call| call.1).collect();
        let mut left = all.clone();
        let is_part = sorted.iter().all(|call| {
            let at = left.iter().position(|other| other == call);
            at.map(|at| left.remove(at)).is_some()
        });
        let rest_is_known = left.iter().all(|&(parent, child)| {
            parent == child || told.contains(&parent) || calls.iter().any(|call| call.0 == child)
        });
        !told_late && is_part && rest_is_known
    }
    quickcheck(600).quickcheck(property as fn(_, _, _, _) -> bool);
}

#[test]
fn starts_may_stand_below_each_other() {
    let mut world: World = Store::default();
    let top = world.insert(1);
    let middle = world.insert_linked(top, 0, 10).unwrap();
    let low = world.insert_linked(middle, 0, 100).unwrap();
    for starts in [[middle, top, top], [top, low, middle], [low, middle, top]] {
        world[middle] = 10;
        world[low] = 100;
        world.propagate(starts, &0, |parent, child| *child += parent);
        assert_eq!((world[middle], world[low]), (11, 111));
    }
}

#[test]
fn rings_are_left_where_they_close() {
    let mut world: World = Store::default();
    let first = world.insert(1);
    let second = world.insert_linked(first, 0, 2).unwrap();
    world.link(second, 0, first).unwrap();
    world.link(second, 0, second).unwrap();
    world.propagate([first], &0, |parent, child| *child += parent);
    assert_eq!((world[first], world[second]), (1, 3));
    // The start has several in-edges, and is below something that has, too.
    let third = world.insert_linked(second, 0, 10).unwrap();
    world.link(first, 0, third).unwrap();
    world.link(third, 0, first).unwrap();
    let mut calls = Vec::new();
    world.propagate([first], &0, |&parent, child| calls.push((parent, *child)));
    assert_eq!(calls, [(1, 3), (1, 10), (3, 10)]);
}
