//! What must hold of all columns together.

use super::Columns;
use super::any::AnyColumn;
use crate::bits::WORD;
use crate::index::{ARENA_WORDS, arena_of};
use crate::live::Live;

/// Something that does not hold, and a component type of which it does not.
pub(crate) type Fault = (&'static str, &'static str);

impl Columns {
    /// Something that should hold and does not.
    pub(crate) fn fault(&self, live: &Live<'_>) -> Option<Fault> {
        let columns = || self.columns();
        if let Some(column) = columns().find(|column| !column.is_sound()) {
            return Some(("a part has other components than it says", column.name()));
        }
        let arenas = columns().map(AnyColumn::arenas).max().unwrap_or(0);
        let mut owned = 0;
        for first in (0..).step_by(WORD).take(arenas * ARENA_WORDS) {
            owned += usize::from(self.owners_of(first) != 0);
            let fault = self.stray(first, live).or_else(|| self.unknown(first));
            if fault.is_some() {
                return fault;
            }
        }
        let is_counted = self.owned_blocks >= owned;
        (!is_counted).then_some(("blocks with owners are not counted", ""))
    }

    fn columns(&self) -> impl Iterator<Item = &(dyn AnyColumn + Send + Sync)> {
        let entries = self.entries.iter().map(|entry| &*entry.column);
        entries.chain(self.late.columns().map(|(_, column)| column))
    }

    fn owners_of(&self, first: u32) -> u64 {
        let block = first as usize / WORD;
        self.owners.get(block).copied().unwrap_or(0)
    }

    /// Whether any of 64 objects from an index on has a component, but does not exist.
    fn stray(&self, first: u32, live: &Live<'_>) -> Option<Fault> {
        let word = (first as usize >> WORD.ilog2()) % ARENA_WORDS;
        let occupied = live.arena(arena_of(first)).occupied(word);
        let stray = self.columns().find(|column| {
            let words = column.words(first);
            words.is_some_and(|[rest, apart]| (rest | apart) & !occupied != 0)
        });
        stray.map(|column| ("a component has no object", column.name()))
    }

    /// What owners and groups should know of these objects and do not, unless a view has changed columns.
    fn unknown(&self, first: u32) -> Option<Fault> {
        if self.is_viewed.load(core::sync::atomic::Ordering::Relaxed) {
            return None;
        }
        for (at, entry) in self.entries.iter().enumerate() {
            let [rest, apart] = entry.column.words(first)?;
            if rest | apart != 0 && self.owners_of(first) >> (at % WORD) & 1 == 0 {
                return Some(("a death would not ask for a component", entry.column.name()));
            }
            let mut all = match entry.group {
                Some(_) => u64::MAX,
                None => 0,
            };
            for &member in entry.group.map_or(&[][..], |group| &self.groups[group]) {
                let [rest, apart] = self.entries[member].column.words(first)?;
                all &= rest | apart;
            }
            if apart != all {
                return Some(("a group has other components apart", entry.column.name()));
            }
        }
        None
    }
}
