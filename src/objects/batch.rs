//! Many objects with components.

use slotmap::KeyData;

use super::Objects;
use crate::columns::{Bundle, Filling};
use crate::handle::index_of;
use crate::index::slot_of;

impl<T, E> Objects<T, E> {
    /// Adds objects that the program holds once, and that are not measured, with their components: as many as the
    /// arena that is being filled has room for, as long as `is_quiet` says after so many insertions that none has
    /// anything else to do. Tells each key; what came out of the iterator and has no place is handed back.
    pub(crate) fn fill<B: Bundle>(
        &mut self,
        objects: &mut impl Iterator<Item = (T, B)>,
        is_quiet: impl Fn(u64) -> bool,
        mut told: impl FnMut(KeyData),
    ) -> Option<(T, B)> {
        let Self {
            heap,
            graph,
            columns,
            inserted,
            allocations,
            ..
        } = self;
        let arena = heap.open_arena()? as usize;
        let room = heap.arenas()[arena].room();
        let more = objects.size_hint().0.min(room);
        let mut filling = Filling::<B>::begin(columns, arena, more)?;
        for _ in 0..room {
            if !is_quiet(*inserted) {
                break;
            }
            let (value, bundle) = objects.next()?;
            match heap.insert_here(value) {
                Ok(key) => {
                    graph.born_rooted(key);
                    *inserted += 1;
                    *allocations += 1;
                    filling.write(slot_of(index_of(key)), bundle);
                    told(key);
                }
                Err(value) => return Some((value, bundle)),
            }
        }
        None
    }
}
