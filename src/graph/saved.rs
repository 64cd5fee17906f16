//! The graph as it is saved, and made again of what was.

use alloc::vec::Vec;

use super::Graph;
use crate::bits::Bits;
use crate::form::{self, Fault, Lists, demand};
use crate::graph::colours::Which;
use crate::graph::edges::{Group, Plan};
use crate::graph::roots::Roots;
use crate::graph::rows::{Heads, Said};
use crate::graph::seats::Seats;
use crate::graph::suspects::Suspects;
use crate::graph::weak::Weak;

/// What there is of a graph besides the rows and edges of its objects.
pub(crate) struct Rest<'f, E> {
    pub(crate) weak: form::Weak<E>,
    pub(crate) foreign_roots: &'f [form::Number],
    pub(crate) suspects: &'f form::Suspects,
    /// With how many words each of the bitmaps has at least.
    pub(crate) colours: [(Which, &'f form::Colours, usize); 2],
}

impl<E> Graph<E> {
    /// The strong edges of objects.
    pub(crate) fn saved_edges(&self, indices: &[u32], dead: Option<&Bits>) -> Lists<&E> {
        let mut lists = Lists::default();
        self.edges.save(&self.headers, indices, dead, &mut lists);
        lists
    }

    /// How many edges an object has.
    pub(crate) fn degree(&self, index: u32) -> usize {
        self.edges.degree(*self.headers.outgoing(index))
    }

    pub(crate) fn saved_roots(&self) -> Vec<form::Number> {
        self.roots.saved()
    }

    /// The objects that tables beside the rows may have, and those that are suspects or were.
    pub(crate) fn saved_notes(&self) -> [Vec<u32>; 2] {
        let [mut noted, mut suspected] = [Vec::new(), Vec::new()];
        for index in self.indices() {
            let node = self.headers.node(index);
            if node.is_noted() {
                noted.push(index);
            }
            if node.is_suspected() {
                suspected.push(index);
            }
        }
        [noted, suspected]
    }

    pub(crate) fn saved_pending(&self) -> Vec<u32> {
        let indices = self.indices();
        indices
            .filter(|&index| self.headers.is_pending(index))
            .collect()
    }

    fn indices(&self) -> impl Iterator<Item = u32> {
        let words = 0..self.headers.words();
        let bits = |word| crate::bits::Ones(self.headers.occupied(word));
        words.flat_map(move |word| bits(word).map(move |bit| crate::index::index_at(word, bit)))
    }

    /// Begins an arena, whose versions start above `floor`; `has_tables` if it is used.
    pub(crate) fn restore_arena(&mut self, arena: usize, floor: u32, has_tables: bool) {
        if has_tables {
            self.headers.open(arena, floor);
        } else {
            self.headers.open_without_rows(arena, floor);
        }
    }

    pub(crate) fn restore_object(&mut self, index: u32, said: &Said) -> Result<(), Fault> {
        self.headers.restore_object(index, said)
    }

    pub(crate) fn restore_empty(&mut self, index: u32, version: u32) {
        self.headers.restore_empty(index, version);
    }

    /// Makes the edges of all objects, whose rows are there, and all else.
    pub(crate) fn restore(
        &mut self,
        (groups, seats): (Vec<Group<E>>, &Seats),
        rest: Rest<'_, E>,
        dead: &Bits,
        arenas: usize,
    ) -> Result<(), Fault> {
        let headers = &mut self.headers;
        let dead = (dead.count() > 0).then_some(dead);
        let plan = Plan::new(&groups, seats, |index| headers.is_occupied(index), dead)?;
        self.edges.restore(headers, groups, &plan)?;
        self.weak = Weak::restore(rest.weak, seats, |index| headers.is_occupied(index))?;
        let roots = headers.total_roots();
        self.roots = Roots::restore(headers, roots, rest.foreign_roots)?;
        self.suspects = Suspects::restore(headers, rest.suspects, arenas)?;
        for (which, colours, words) in rest.colours {
            self.colours
                .restore(which, headers, colours, (arenas, words))?;
        }
        for index in self.weak.indices() {
            headers.note(index);
        }
        demand!(
            headers.words() <= arenas * crate::index::ARENA_WORDS,
            "there are rows for no arena"
        );
        Ok(())
    }
}
