//! A collection as it is saved, and made again of what was.

use super::{Collector, Flags, Place, Step, Words};
use crate::bits::{Ones, WORD};
use crate::form::{self, Fault, demand};
use crate::gc::levels::Levels;
use crate::gc::marker::Marker;
use crate::gc::root_scan::Roots;
use crate::graph::colours::{Colours, Which};
use crate::graph::rows::Heads;
use crate::index::narrow;
use crate::index::{ARENA_WORDS, SLOTS, arena_of, index_at};
use crate::objects::Objects;

impl Collector {
    pub(crate) fn saved(&self, colours: &Colours) -> form::Collector {
        form::Collector {
            step: self.step.saved(),
            generation: self.generation,
            arenas: self.arenas.clone(),
            colours: colours.saved(),
            examined: self.examined as u64,
            freed: self.freed as u64,
            found: self.found as u64,
            spent: self.spent,
            partial: self.flags.partial,
            finalized: self.flags.finalized,
            search_again: self.flags.search_again,
            keeps: self.keeps,
            whole: self.whole,
            hurried: self.hurried,
            garbage: self.garbage.iter().copied().collect(),
            hub: self.roots.saved(),
            long: self.marker.saved(),
            levels: self.levels.saved(),
        }
    }

    /// Makes a collection of a store with so many arenas, of which `used` have tables.
    pub(crate) fn restore(
        which: Which,
        form: &form::Collector,
        arenas: usize,
        used: usize,
    ) -> Result<Self, Fault> {
        check_lists(form, arenas, used)?;
        let mut collector = Self {
            step: Step::restore(form.step, form.arenas.len(), arenas)?,
            generation: form.generation,
            arenas: form.arenas.clone(),
            examined: form::count(form.examined, "examined objects")?,
            freed: form::count(form.freed, "freed objects")?,
            found: form::count(form.found, "objects found dead")?,
            spent: form::counter(form.spent, "units of a collection")?,
            flags: Flags {
                partial: form.partial,
                finalized: form.finalized,
                search_again: form.search_again,
            },
            keeps: form.keeps,
            whole: form.whole,
            hurried: form.hurried,
            roots: Roots::restore(form.hub),
            marker: Marker::restore(&form.long),
            levels: Levels::restore(&form.levels),
            ..Self::new(which)
        };
        collector.garbage.extend(form.garbage.iter().copied());
        for &arena in &form.arenas {
            let words = arena as usize / WORD + 1;
            collector.is_examined.grow(words);
            collector.is_examined.set(arena);
        }
        Ok(collector)
    }

    /// Whether nothing is white that something else holds, as far as the collection will not ask again: what is white
    /// when nothing is left to be read dies.
    pub(crate) fn check_white<T, E>(&self, objects: &Objects<T, E>) -> Result<(), Fault> {
        let looked_at = match self.step {
            Step::Finalize(_) if !self.flags.finalized => self.arenas.len(),
            Step::Check(Words { at, .. }) => at,
            _ => return Ok(()),
        };
        let grey = self.grey(objects);
        let graph = &objects.graph;
        let white = &graph.colours(self.which).white;
        for &arena in &self.arenas[..looked_at] {
            let first = arena as usize * ARENA_WORDS;
            for word in first..first + ARENA_WORDS {
                let held = graph.headers().rooted_or_pending(word) & white.word(word);
                demand!(
                    held == 0,
                    "a white object of arena {arena} is held by the program"
                );
                for index in Ones(white.word(word)).map(|bit| index_at(word, bit)) {
                    let sources = graph.edges().incoming(graph.headers().incoming(index));
                    let is_lost = |source: u32| white.get(source) || grey.contains(&source);
                    let is_white = sources.iter().all(|source| is_lost(source.node));
                    demand!(
                        is_white,
                        "object {index} is white and has an owner that is not"
                    );
                }
            }
        }
        Ok(())
    }

    /// How many words of the bitmap of white objects it may look at.
    pub(crate) fn words(&self, headers: usize) -> usize {
        let last = self.arenas.last().map_or(0, |&last| last as usize + 1);
        let words = headers.max(last * ARENA_WORDS);
        if self.is_idle() { 0 } else { words }
    }

    /// Whether a dead object will still lose its edges to this collection.
    pub(crate) fn will_detach(&self, index: u32) -> bool {
        matches!(self.step, Step::Detach(place) if self.is_ahead(place, index))
    }

    /// Whether a dead object will leave the store by this collection.
    pub(crate) fn will_reclaim(&self, index: u32) -> bool {
        match self.step {
            Step::Detach(_) => self.is_ahead(Place::default(), index),
            Step::Reclaim(place) => self.is_ahead(place, index),
            _ => false,
        }
    }

    /// Whether an object is not before a place.
    fn is_ahead(&self, place: Place, index: u32) -> bool {
        let (at, slot) = place.parts();
        let arena = narrow(arena_of(index));
        let found = self.arenas.binary_search(&arena).ok();
        found.is_some_and(|found| (found, index as usize % SLOTS) >= (at, slot))
    }
}

/// Whether the objects and arenas that a collection names can be looked up.
fn check_lists(form: &form::Collector, arenas: usize, used: usize) -> Result<(), Fault> {
    for pair in form.arenas.windows(2) {
        demand!(
            pair[0] < pair[1],
            "a collection examines arena {} before {}",
            pair[0],
            pair[1]
        );
    }
    if let Some(&last) = form.arenas.last() {
        let is_there = (last as usize) < arenas;
        demand!(
            is_there,
            "a collection examines arena {last}, which there is not"
        );
        let is_new = |at: u32| at > last;
        let is_sound = !matches!(form.step, form::Step::Whiten { at } if !is_new(at));
        demand!(is_sound, "a collection is to examine arena {last} twice");
    }
    if let form::Step::Idle = form.step {
        let form::Colours {
            white,
            grey,
            buffer,
            ..
        } = &form.colours;
        let is_idle = form.arenas.is_empty() && white.is_empty();
        let is_idle = is_idle && grey.is_empty() && buffer.is_empty();
        demand!(
            is_idle,
            "a collection that does not run has something to examine"
        );
    }
    for &index in &form.colours.white {
        let arena = narrow(arena_of(index));
        let is_examined = form.arenas.binary_search(&arena).is_ok();
        demand!(is_examined, "object {index} is white, and not examined");
    }
    let white = form.colours.white.len() as u64;
    let (examined, freed) = (form.examined, form.freed);
    demand!(
        freed <= examined && white <= examined,
        "of {examined} examined objects {white} are white, and {freed} dead"
    );
    let is_there = |index: u32, arenas: usize| {
        let is_there = arena_of(index) < arenas;
        demand!(
            is_there,
            "a collection is to read {index}, which is no slot"
        );
        Ok(())
    };
    let levels = form.levels.grey.iter().copied();
    let level = form.levels.long.map(|partial| partial.object);
    for index in levels.chain(level) {
        is_there(index, used)?;
    }
    // What is grey may have died, with all of its arena.
    let arenas = match form.step {
        form::Step::Check { .. } => used,
        _ => arenas,
    };
    let partial = form.long.iter().chain(&form.hub);
    let listed = form.colours.grey.iter().chain(&form.colours.buffer);
    let listed = listed.copied().chain(partial.map(|partial| partial.object));
    for index in listed {
        is_there(index, arenas)?;
    }
    Ok(())
}

impl Step {
    fn saved(self) -> form::Step {
        let words = |Words { at, word }| (narrow(at), narrow(word));
        let place = |place: Place| {
            let (at, slot) = place.parts();
            (narrow(at), narrow(slot))
        };
        match self {
            Self::Idle => form::Step::Idle,
            Self::Whiten(at) => form::Step::Whiten { at: narrow(at) },
            Self::Mark(at) => {
                let (at, word) = words(at);
                form::Step::Mark { at, word }
            }
            Self::Finalize(at) => {
                let (at, word) = words(at);
                form::Step::Finalize { at, word }
            }
            Self::Check(at) => {
                let (at, word) = words(at);
                form::Step::Check { at, word }
            }
            Self::Keep(at) => {
                let (at, slot) = place(at);
                form::Step::Keep { at, slot }
            }
            Self::Detach(at) => {
                let (at, slot) = place(at);
                form::Step::Detach { at, slot }
            }
            Self::Reclaim(at) => {
                let (at, slot) = place(at);
                form::Step::Reclaim { at, slot }
            }
            Self::Settle(at) => form::Step::Settle { at: narrow(at) },
        }
    }

    /// A step of a collection that examines so many of the arenas.
    fn restore(form: form::Step, examined: usize, arenas: usize) -> Result<Self, Fault> {
        let (at, most, inner, end) = match form {
            form::Step::Idle => (0, 0, 0, 0),
            form::Step::Whiten { at } => (at, arenas, 0, 0),
            form::Step::Mark { at, word }
            | form::Step::Finalize { at, word }
            | form::Step::Check { at, word } => (at, examined, word, ARENA_WORDS),
            form::Step::Keep { at, slot }
            | form::Step::Detach { at, slot }
            | form::Step::Reclaim { at, slot } => (at, examined, slot, SLOTS),
            form::Step::Settle { at } => (at, examined, 0, 0),
        };
        let (at, inner) = (at as usize, inner as usize);
        demand!(
            at <= most && inner <= end,
            "a collection stands at {inner} of arena {at}"
        );
        let words = Words { at, word: inner };
        let place = Place::new(at, inner);
        Ok(match form {
            form::Step::Idle => Self::Idle,
            form::Step::Whiten { .. } => Self::Whiten(at),
            form::Step::Mark { .. } => Self::Mark(words),
            form::Step::Finalize { .. } => Self::Finalize(words),
            form::Step::Check { .. } => Self::Check(words),
            form::Step::Keep { .. } => Self::Keep(place),
            form::Step::Detach { .. } => Self::Detach(place),
            form::Step::Reclaim { .. } => Self::Reclaim(place),
            form::Step::Settle { .. } => Self::Settle(at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_back_as_they_were() {
        let place = Place::new(2, 7);
        let words = Words { at: 1, word: 3 };
        let steps = [
            Step::Idle,
            Step::Whiten(4),
            Step::Mark(words),
            Step::Finalize(words),
            Step::Check(words),
            Step::Keep(place),
            Step::Detach(place),
            Step::Reclaim(place),
            Step::Settle(3),
        ];
        for step in steps {
            assert_eq!(Step::restore(step.saved(), 3, 4).unwrap(), step);
        }
        let wrong = [
            Step::Settle(4),
            Step::Whiten(5),
            Step::Keep(Place::new(4, 0)),
        ];
        for step in wrong {
            Step::restore(step.saved(), 3, 4).unwrap_err();
        }
    }
}
