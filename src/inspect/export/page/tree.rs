//! The tree of what dominates what, in which siblings of a class are one box.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt::{self, Write};

use super::numbers;
use crate::inspect::export::text::Text;
use crate::inspect::{Dominators, HeapSnapshot};

/// The most boxes.
const MOST: usize = 3_000;
/// The most boxes with the same parent.
const SIBLINGS: usize = 60;
/// What is smaller than this part of everything has no box of its own.
const SMALLEST: u64 = 5_000;

/// In place of a class: all there is, what has no box of its own, and what no root reaches.
const EVERYTHING: i64 = -1;
const SMALLER: i64 = -2;
const GARBAGE: i64 = -3;

/// Boxes, each behind its parent.
pub(super) struct Tree {
    boxes: Vec<Box>,
    /// How many boxes have been put together as smaller ones.
    pub(super) merged: usize,
    /// How many objects are garbage, and their size.
    pub(super) garbage: (u64, u64),
}

/// Objects of a class that have the same box above them.
#[derive(Default)]
struct Box {
    class: i64,
    parent: u32,
    /// How many there are, without those that an object of the same class is the dominator of.
    count: u64,
    /// How many of those there are. They are part of this box: so a long list is one.
    nested: u64,
    /// The size of all of them.
    size: u64,
    retained: u64,
    /// The objects that are counted, as long as their children have no boxes.
    members: Vec<u32>,
}

impl Tree {
    pub(super) fn of(dominators: &Dominators<'_>) -> Self {
        let heap = dominators.heap();
        let mut garbage = (0, 0);
        for object in heap
            .objects()
            .filter(|&object| !dominators.is_reachable(object))
        {
            garbage = (garbage.0 + 1, garbage.1 + heap.size(object));
        }
        let all = Box {
            class: EVERYTHING,
            count: 1,
            retained: heap.total_size(),
            ..Box::default()
        };
        let mut tree = Self {
            boxes: alloc::vec![all],
            merged: 0,
            garbage,
        };
        let mut waiting = BinaryHeap::new();
        let top = dominators.top().to_vec();
        tree.divide(dominators, 0, top, &mut waiting);
        if garbage.0 > 0 {
            tree.boxes.push(Box {
                class: GARBAGE,
                count: garbage.0,
                size: garbage.1,
                retained: garbage.1,
                ..Box::default()
            });
        }
        // The largest first, so that what is left without boxes is small. Of equal ones the first.
        while tree.boxes.len() < MOST
            && let Some((_, Reverse(parent))) = waiting.pop()
        {
            let children = tree.unfold(dominators, parent);
            tree.divide(dominators, parent, children, &mut waiting);
        }
        tree
    }

    /// Takes the members of a box, and those of the class that they are dominators of, and returns what else they are
    /// dominators of.
    fn unfold(&mut self, dominators: &Dominators<'_>, parent: usize) -> Vec<u32> {
        let heap = dominators.heap();
        let this = &mut self.boxes[parent];
        let mut members = core::mem::take(&mut this.members);
        let mut children = Vec::new();
        while let Some(object) = members.pop() {
            for &child in dominators.children(object) {
                if i64::from(heap.class(child)) == this.class {
                    this.nested += 1;
                    this.size += heap.size(child);
                    members.push(child);
                } else {
                    children.push(child);
                }
            }
        }
        children
    }

    /// Makes boxes of objects, all of which have the same box above them.
    fn divide(
        &mut self,
        dominators: &Dominators<'_>,
        parent: usize,
        mut objects: Vec<u32>,
        waiting: &mut BinaryHeap<(u64, Reverse<usize>)>,
    ) {
        let heap = dominators.heap();
        objects.sort_unstable_by_key(|&object| (heap.class(object), object));
        let number = crate::index::narrow(parent);
        let classes = objects.chunk_by(|&one, &other| heap.class(one) == heap.class(other));
        let mut boxes: Vec<Box> = classes
            .map(|members| Box::of(dominators, number, members))
            .collect();
        boxes.sort_by_key(|one| Reverse(one.retained));
        let least = heap.total_size() / SMALLEST;
        let shown = boxes
            .iter()
            .take(SIBLINGS)
            .take_while(|one| one.retained >= least)
            .count();
        let rest = boxes.split_off(shown);
        for one in boxes {
            waiting.push((one.retained, Reverse(self.boxes.len())));
            self.boxes.push(one);
        }
        if !rest.is_empty() {
            self.merged += rest.len();
            let mut smaller = Box {
                class: SMALLER,
                parent: number,
                ..Box::default()
            };
            for one in &rest {
                smaller.count += one.count;
                smaller.size += one.size;
                smaller.retained += one.retained;
            }
            self.boxes.push(smaller);
        }
    }

    pub(super) fn write(&self, text: &mut Text<'_, '_>) -> fmt::Result {
        let boxes = || self.boxes.iter();
        numbers(text, "{\"class\":", boxes().map(|one| one.class))?;
        numbers(text, ",\"parent\":", boxes().map(|one| one.parent))?;
        numbers(text, ",\"count\":", boxes().map(|one| one.count))?;
        numbers(text, ",\"nested\":", boxes().map(|one| one.nested))?;
        numbers(text, ",\"size\":", boxes().map(|one| one.size))?;
        numbers(text, ",\"retained\":", boxes().map(|one| one.retained))?;
        text.write_str("}")
    }
}

impl Box {
    fn of(dominators: &Dominators<'_>, parent: u32, members: &[u32]) -> Self {
        let heap: &HeapSnapshot = dominators.heap();
        let sum = |of: &dyn Fn(u32) -> u64| members.iter().map(|&object| of(object)).sum();
        Self {
            class: members
                .first()
                .map_or(EVERYTHING, |&object| heap.class(object).into()),
            parent,
            count: members.len() as u64,
            nested: 0,
            size: sum(&|object| heap.size(object)),
            retained: sum(&|object| dominators.retained_size(object)),
            members: members.to_vec(),
        }
    }
}
