//! The limit of marking: a graph that never changes, in flat arrays, searched in batches.

/// Nodes that are taken off the stack together, as many as the marker takes: their loads do not wait
/// for each other.
pub(crate) const BATCH: usize = 256;

/// Compressed sparse rows: the targets of node `n` are `targets[offsets[n]..offsets[n + 1]]`.
pub(crate) struct Flat {
    pub(crate) offsets: Vec<u32>,
    pub(crate) targets: Vec<u32>,
    seen: Vec<u64>,
    stack: Vec<u32>,
    gathered: Vec<u32>,
    fresh: Vec<u32>,
}

impl Flat {
    /// A graph of at least one node.
    pub(crate) fn new(offsets: Vec<u32>, targets: Vec<u32>) -> Self {
        let room = room(&offsets);
        Self {
            seen: vec![0; (offsets.len() - 1).div_ceil(64)],
            offsets,
            targets,
            stack: Vec::new(),
            gathered: vec![0; room],
            fresh: vec![0; room],
        }
    }

    /// Counts the nodes that can be reached from one.
    pub(crate) fn search(&mut self, first: u32) -> u32 {
        self.seen.fill(0);
        self.seen[first as usize / 64] |= 1 << (first % 64);
        self.stack.push(first);
        let mut reached = 0;
        let mut rows = [(0, 0); BATCH];
        while !self.stack.is_empty() {
            let from = self.stack.len().saturating_sub(BATCH);
            let batch = &mut rows[..self.stack.len() - from];
            for (row, &node) in batch.iter_mut().zip(&self.stack[from..]) {
                let node = node as usize;
                *row = (self.offsets[node] as usize, self.offsets[node + 1] as usize);
                reached += 1;
            }
            self.stack.truncate(from);
            // A look at the beginning of each row, so that these loads wait for nothing but memory.
            let mut touched = 0;
            for &mut (start, _) in &mut *batch {
                touched ^= self.targets.get(start).copied().unwrap_or(0);
            }
            std::hint::black_box(touched);
            let mut len = 0;
            for &mut (start, end) in batch {
                let row = &self.targets[start..end];
                for (to, &target) in self.gathered[len..].iter_mut().zip(row) {
                    *to = target;
                }
                len += row.len();
            }
            self.push_unseen(len);
        }
        reached
    }

    /// Puts those gathered targets that were not seen on the stack, without a branch on which.
    fn push_unseen(&mut self, len: usize) {
        let mut found = 0;
        for &target in &self.gathered[..len] {
            let word = &mut self.seen[target as usize / 64];
            let bit = target % 64;
            self.fresh[found] = target;
            found += usize::from(*word >> bit & 1 == 0);
            *word |= 1 << bit;
        }
        self.stack.extend_from_slice(&self.fresh[..found]);
    }
}

/// The most targets of a batch.
pub(crate) fn room(offsets: &[u32]) -> usize {
    let rows = offsets.windows(2).map(|row| (row[1] - row[0]) as usize);
    BATCH * rows.max().unwrap_or(0)
}
