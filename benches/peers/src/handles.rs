//! Graphs of handles that own nothing, in which the program marks and sweeps for itself.

use std::collections::VecDeque;

use crate::workloads::Walked;

/// What can be looked at while a graph is walked.
pub(crate) trait Handles {
    type Key: Copy;
    /// A number of its own for each object, small ones first.
    fn index(key: Self::Key) -> usize;
    fn each_target(&self, key: Self::Key, each: impl FnMut(Self::Key));
    fn number(&self, key: Self::Key) -> u64;
}

/// A bit for each object.
#[derive(Default)]
pub(crate) struct Seen(Vec<u64>);

impl Seen {
    pub(crate) fn clear(&mut self) {
        self.0.fill(0);
    }

    pub(crate) fn contains(&self, index: usize) -> bool {
        self.0
            .get(index / 64)
            .is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Whether the bit was not set.
    fn insert(&mut self, index: usize) -> bool {
        let at = index / 64;
        if at >= self.0.len() {
            self.0.resize(at + 1, 0);
        }
        let bit = 1 << (index % 64);
        let fresh = self.0[at] & bit == 0;
        self.0[at] |= bit;
        fresh
    }
}

/// Sees what the roots lead to.
pub(crate) fn mark<H: Handles>(handles: &H, roots: &[H::Key], seen: &mut Seen) {
    seen.clear();
    let mut stack: Vec<_> = roots.to_vec();
    for &root in roots {
        seen.insert(H::index(root));
    }
    while let Some(key) = stack.pop() {
        handles.each_target(key, |target| {
            if seen.insert(H::index(target)) {
                stack.push(target);
            }
        });
    }
}

pub(crate) fn walk<H: Handles>(handles: &H, root: H::Key, seen: &mut Seen) -> Walked {
    seen.clear();
    seen.insert(H::index(root));
    let mut walked = Walked::default();
    let mut queue = VecDeque::from([root]);
    while let Some(key) = queue.pop_front() {
        walked.objects += 1;
        walked.sum += handles.number(key);
        handles.each_target(key, |target| {
            walked.edges += 1;
            if seen.insert(H::index(target)) {
                queue.push_back(target);
            }
        });
    }
    walked
}

/// When to collect, where nobody else decides it: as soon as there is twice as much as the last
/// collection left.
pub(crate) struct Growth {
    left: usize,
}

impl Default for Growth {
    fn default() -> Self {
        Self { left: 1_000 }
    }
}

impl Growth {
    pub(crate) fn is_due(&self, objects: usize) -> bool {
        objects > 2 * self.left
    }

    pub(crate) fn collected(&mut self, left: usize) {
        self.left = left.max(1_000);
    }
}
