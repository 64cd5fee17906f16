use alloc::vec::Vec;

use quickcheck::quickcheck;

use super::*;
use crate::graph::pool::MAX_LEN;

/// The heads of a few objects.
#[derive(Default)]
struct Few([List; 8], [List; 8]);

impl Heads for Few {
    fn outgoing(&self, index: u32) -> &List {
        &self.0[index as usize]
    }

    fn incoming(&self, index: u32) -> &List {
        &self.1[index as usize]
    }

    fn outgoing_mut(&mut self, index: u32) -> &mut List {
        &mut self.0[index as usize]
    }

    fn incoming_mut(&mut self, index: u32) -> &mut List {
        &mut self.1[index as usize]
    }
}

/// Objects 1 to 5, whose lists get long, beside vectors.
struct Pair<E> {
    heads: Few,
    edges: Edges<E>,
    model: [Vec<(u32, E)>; 6],
}

impl<E: Clone + PartialEq + core::fmt::Debug> Pair<E> {
    fn new() -> Self {
        Self {
            heads: Few::default(),
            edges: Edges::default(),
            model: Default::default(),
        }
    }

    fn link(&mut self, source: u32, label: E, target: u32) {
        let linked = self
            .edges
            .link(&mut self.heads, source, label.clone(), target);
        assert!(linked.is_ok(), "fewer than {MAX_LEN}");
        self.model[source as usize].push((target, label));
    }

    /// Where the edge that has this rank stands.
    fn position(&self, source: u32, rank: usize) -> usize {
        let list = *self.heads.outgoing(source);
        let mut edges = (0..list.len()).filter(|&at| self.edges.is_edge(list, at));
        edges.nth(rank).expect("as many edges as in the model")
    }

    fn unlink(&mut self, source: u32, rank: usize) {
        let at = self.position(source, rank);
        let removed = self.edges.unlink(&mut self.heads, source, at);
        assert_eq!(removed, self.model[source as usize].remove(rank));
    }

    fn retarget(&mut self, source: u32, rank: usize, target: u32) {
        let at = self.position(source, rank);
        assert!(self.edges.make_target_room(&mut self.heads, target));
        let old = self.edges.retarget(&mut self.heads, source, at, target);
        let edge = &mut self.model[source as usize][rank];
        assert_eq!(core::mem::replace(&mut edge.0, target), old);
    }

    /// One edge goes to the place of another, or all are put in another order.
    fn order(&mut self, source: u32, (a, b): (usize, usize), is_one: bool) {
        let model = &mut self.model[source as usize];
        let (a, b) = (a % model.len(), b % model.len());
        let mut back = Vec::new();
        let before: Vec<u32> = model.iter().map(|edge| edge.0).collect();
        if is_one {
            let edge = model.remove(a);
            model.insert(b, edge);
            let (from, to) = (self.position(source, a), self.position(source, b));
            let (edges, heads) = (&mut self.edges, &mut self.heads);
            edges.rotate(heads, source, (from, to), |_, target| back.push(target));
            let passed = if a < b { &before[a..=a] } else { &before[b..a] };
            back.reverse();
            assert_eq!(back, passed, "who is further back");
        } else {
            let mut order: Vec<usize> = (0..before.len()).collect();
            order.rotate_left(a);
            order[b / 2..].reverse();
            let old = model.clone();
            *model = order.iter().map(|&rank| old[rank].clone()).collect();
            let positions = (0..order.len()).map(|rank| self.position(source, rank));
            let positions: Vec<usize> = positions.collect();
            let fallen = order.iter().enumerate().filter(|&(now, &rank)| now > rank);
            let mut passed: Vec<u32> = fallen.map(|(_, &rank)| before[rank]).collect();
            let (edges, heads) = (&mut self.edges, &mut self.heads);
            let each = |_: &mut Few, target| back.push(target);
            edges.permute(heads, source, &positions, &mut order, each);
            back.sort_unstable();
            passed.sort_unstable();
            assert_eq!(back, passed, "who is further back");
        }
    }

    /// All edges to an object go, or the last ones of those from it.
    fn detach(&mut self, index: u32, number: usize) {
        let mut labels = Vec::new();
        let (edges, heads) = (&mut self.edges, &mut self.heads);
        if number == 0 {
            edges.detach_incoming(heads, index, &mut labels, usize::MAX, |_, _| ());
            self.model
                .iter_mut()
                .for_each(|list| list.retain(|edge| edge.0 != index));
        } else {
            edges.detach_last(heads, index, &mut labels, number, |_| false, |_, _| ());
            let list = &mut self.model[index as usize];
            list.truncate(list.len().saturating_sub(number));
            // Only what dies is detached in pieces, and is not closed up.
            if heads.outgoing(index).may_have_holes() {
                while edges.close_up(heads, index, true) {}
            }
        }
    }

    fn compare(&self) {
        let mut sum = 0;
        for (source, model) in (0..).zip(&self.model) {
            let list = *self.heads.outgoing(source);
            assert!(self.edges.outgoing.is_sound(list));
            let at = (0..list.len()).filter(|&at| self.edges.is_edge(list, at));
            let at: Vec<usize> = at.collect();
            assert!(at.len() == model.len() && self.edges.degree(list) == at.len());
            assert_eq!(at.first().copied().unwrap_or(0), self.edges.first(list));
            for (&at, (target, label)) in at.iter().zip(model) {
                let entry = self.edges.outgoing.entry(list, at);
                assert_eq!((entry.node, self.edges.label(list, at)), (*target, label));
                let back = self.edges.incoming(self.heads.incoming(*target))[entry.back as usize];
                assert_eq!(back.node, source);
                assert_eq!(self.edges.locate(list, back.back, entry), at);
            }
            // No more than a pass of closing up adds.
            assert!(
                list.len() <= 3 * at.len() + 40,
                "{} of {}",
                list.len(),
                at.len()
            );
            sum += at.len();
        }
        assert_eq!(self.edges.len(), sum);
    }
}

fn agree<E: Clone + PartialEq + core::fmt::Debug>(
    script: &[(u8, u16)],
    label: impl Fn(u32) -> E,
) -> bool {
    let mut pair = Pair::new();
    for (step, &(op, number)) in (0..).zip(script) {
        let number = usize::from(number);
        let (source, target) = (1 + u32::from(op) % 3, 1 + u32::from(op / 3) % 5);
        let len = pair.model[source as usize].len();
        match op >> 5 {
            2 if len > 0 => {
                for round in 0..3 {
                    pair.order(source, (number / 7, number + round * 5), number % 3 > 0);
                    pair.compare();
                }
            }
            0..=2 => {
                for _ in 0..number % 60 {
                    pair.link(source, label(step), target);
                }
            }
            // From the front, from the back, from everywhere.
            3..=5 if len > 0 => {
                for round in 0..number % 90 {
                    let len = pair.model[source as usize].len();
                    if len == 0 {
                        break;
                    }
                    let rank = match op >> 5 {
                        3 => 0,
                        4 => len - 1,
                        _ => (number + round * 7919) % len,
                    };
                    pair.unlink(source, rank);
                }
            }
            6 if len > 0 => pair.retarget(source, number % len, target),
            7 if number % 8 == 0 => pair.edges.compact(&mut pair.heads, 1..6),
            7 => pair.detach(source, number % 4 * 20),
            _ => {}
        }
        pair.compare();
    }
    (1..6).for_each(|index| pair.detach(index, 0));
    pair.compare();
    pair.edges.outgoing.in_use() + pair.edges.incoming.in_use() == 0
}

quickcheck! {
    fn edges_keep_their_order_whatever_is_removed(script: Vec<(u8, u16)>) -> bool {
        agree(&script, |_| ())
            && agree(&script, |n| n)
            && agree(&script, |n| alloc::format!("{n}"))
    }
}

/// Where the first of parallel edges are gone, those that are left look for their place among those that die.
#[test]
fn parallel_edges_of_the_dying_are_not_taken_for_each_other() {
    for script in [
        [(0, 6), (96, 2), (225, 1)],
        [(20, 6), (179, 2), (224, 1)],
        [(0, 16), (96, 9), (225, 2)],
    ] {
        assert!(agree(&script, |_| ()) && agree(&script, |n| n));
    }
}

/// Calls that wait for what has run are taken from the front: the list must not creep through memory.
#[test]
fn a_queue_stays_as_long_as_what_it_holds() {
    let mut pair = Pair::new();
    for number in 0..1_000 {
        pair.link(1, number, 2);
    }
    for number in 0..20_000 {
        pair.unlink(1, 0);
        pair.link(1, number, 3 + number % 2);
    }
    pair.compare();
}

#[test]
fn a_list_that_loses_all_but_a_few_gives_its_memory_back() {
    let mut pair = Pair::new();
    for _ in 0..5_000 {
        pair.link(1, (), 2);
    }
    let full = pair.edges.memory();
    for round in 0..4_995 {
        pair.unlink(1, (round * 31) % (5_000 - round));
    }
    pair.compare();
    assert!(!pair.heads.outgoing(1).may_have_holes());
    assert!(pair.edges.outgoing.memory() < full / 8);
}
