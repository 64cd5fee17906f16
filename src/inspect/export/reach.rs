//! What roots reach.

use alloc::vec;
use alloc::vec::Vec;
use core::mem;

use crate::config::Generation;
use crate::inspect::HeapSnapshot;

/// In place of an object's number: there is none.
pub(super) const NONE: u32 = u32::MAX;

/// A set of objects.
pub(super) struct Reached(Vec<bool>);

impl Reached {
    pub(super) fn has(&self, object: u32) -> bool {
        self.0[object as usize]
    }
}

/// What a root reaches over strong edges.
pub(super) fn reached(heap: &HeapSnapshot) -> Reached {
    let mut reached = vec![false; heap.len()];
    let mut stack: Vec<u32> = Vec::new();
    let mut reach = |stack: &mut Vec<u32>, object: u32| {
        if !mem::replace(&mut reached[object as usize], true) {
            stack.push(object);
        }
    };
    for root in heap.roots() {
        reach(&mut stack, root.object);
        while let Some(object) = stack.pop() {
            for &target in heap.targets(object) {
                reach(&mut stack, target);
            }
        }
    }
    Reached(reached)
}

/// What a generation is called in files.
pub(super) fn generation_name(generation: Generation) -> &'static str {
    match generation {
        Generation::Young => "young",
        Generation::Middle => "middle",
        Generation::Old => "old",
        Generation::Permanent => "permanent",
    }
}
