//! What a collection has allocated, and gives back.

use super::Collector;
use crate::gc::Scratch;

impl Collector {
    /// Gives back what is only used while it works, and what the lists don't need.
    pub(crate) fn shrink(&mut self) {
        self.arenas.shrink_to_fit();
        if self.is_idle() {
            self.is_examined.shrink(0);
        }
        self.garbage.shrink();
        self.marker.shrink();
        self.levels.shrink();
        self.scratch = Scratch::default();
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.arenas.capacity() * size_of::<u32>()
            + self.is_examined.memory()
            + self.garbage.memory()
            + self.marker.memory()
            + self.levels.memory()
            + self.scratch.memory()
    }
}
