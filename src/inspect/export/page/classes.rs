//! What each class is made of.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use super::{numbers, strings};
use crate::inspect::export::text::Text;
use crate::inspect::{Dominators, HeapSnapshot};

/// Figures of the classes, by their numbers.
pub(super) struct Classes {
    pub(super) counts: Vec<u64>,
    pub(super) sizes: Vec<u64>,
    /// What would die with all objects of the class, each byte counted once.
    pub(super) retained: Vec<u64>,
}

impl Classes {
    pub(super) fn of(dominators: &Dominators<'_>) -> Self {
        let heap = dominators.heap();
        let classes = heap.classes().len();
        let mut figures = Self {
            counts: vec![0; classes],
            sizes: vec![0; classes],
            retained: vec![0; classes],
        };
        for object in heap.objects() {
            let class = heap.class(object) as usize;
            figures.counts[class] += 1;
            figures.sizes[class] += heap.size(object);
        }
        // Down the tree and up again. What is below an object of the same class has been counted with that one.
        let mut above = vec![0_u32; classes];
        let mut stack: Vec<(u32, bool)> = dominators
            .top()
            .iter()
            .map(|&object| (object, true))
            .collect();
        while let Some((object, goes_down)) = stack.pop() {
            let class = heap.class(object) as usize;
            if !goes_down {
                above[class] -= 1;
                continue;
            }
            if above[class] == 0 {
                figures.retained[class] += dominators.retained_size(object);
            }
            let children = dominators.children(object);
            if !children.is_empty() {
                above[class] += 1;
                stack.push((object, false));
                stack.extend(children.iter().map(|&child| (child, true)));
            }
        }
        figures
    }

    pub(super) fn write(&self, heap: &HeapSnapshot, text: &mut Text<'_, '_>) -> fmt::Result {
        text.write_str("{\"name\":")?;
        strings(text, heap.classes())?;
        numbers(text, ",\"count\":", self.counts.iter().copied())?;
        numbers(text, ",\"size\":", self.sizes.iter().copied())?;
        numbers(text, ",\"retained\":", self.retained.iter().copied())?;
        text.write_str("}")
    }
}
