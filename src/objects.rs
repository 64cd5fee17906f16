//! All parts of an object, kept in step: its value, its columns, its bits.

mod batch;
mod build;
pub(crate) mod deaths;
#[cfg(feature = "rollback")]
pub(crate) mod journal;
pub(crate) mod record;
pub(crate) mod release;
#[cfg(feature = "serde")]
mod saved;

use slotmap::KeyData;

use crate::bits::Bits;
use crate::columns::Columns;
use crate::config::{Config, Generation};
use crate::graph::Graph;
use crate::graph::rows::{Node, Row};
use crate::handle::{index_of, key_of};
use crate::heap::arena::{Arena, CAPACITY};
use crate::heap::weights::Weights;
use crate::heap::{Heap, Marks};
use crate::index::ARENA_WORDS;
use crate::live::Live;
use crate::objects::deaths::Deaths;
pub use crate::objects::deaths::Watch;
pub use crate::objects::record::Cause;
use crate::objects::record::Record;
#[cfg(feature = "serde")]
pub(crate) use crate::objects::saved::{Arenas, Loaded};

/// All that there is of objects: their values, the graph, components, and what is told of their deaths.
#[derive(Clone)]
pub(crate) struct Objects<T, E> {
    pub(crate) heap: Heap<T>,
    pub(crate) graph: Graph<E>,
    pub(crate) columns: Columns,
    /// The object is dead, although it has not left its slot: no look-up finds it.
    pub(crate) dead: Bits,
    /// How many objects are in `dead`.
    pub(crate) doomed: usize,
    pub(crate) deaths: Deaths,
    /// How many objects were inserted so far.
    pub(crate) inserted: u64,
    /// Insertions less deaths since the last collection, never below zero.
    pub(crate) allocations: u32,
    pub(crate) record: Record<T>,
    /// How many objects a whole collection must examine to mark on several threads.
    #[cfg(feature = "rayon")]
    pub(crate) parallel_from: usize,
    weights: Weights<T>,
}

impl<T, E> Objects<T, E> {
    pub(crate) fn new(config: &Config) -> Self {
        let marks = Marks::from_percent(config.promote_fill, config.reopen_fill);
        Self {
            heap: Heap::new(marks, config.version_to_begin_with()),
            graph: Graph::default(),
            columns: Columns::default(),
            dead: Bits::default(),
            doomed: 0,
            deaths: Deaths::default(),
            inserted: 0,
            allocations: 0,
            record: Record::new(config.record_deaths),
            #[cfg(feature = "rayon")]
            parallel_from: config.parallel_from,
            weights: Weights::new(None),
        }
    }

    /// Makes them copies of others, in the memory that there is: see [`Arena::copy_from`].
    pub(crate) fn copy_from(&mut self, source: &Self)
    where
        T: Clone,
        E: Clone,
    {
        self.heap.copy_from(&source.heap);
        self.graph.clone_from(&source.graph);
        self.columns = source.columns.clone();
        self.dead.clone_from(&source.dead);
        self.doomed = source.doomed;
        self.deaths = source.deaths.clone();
        self.inserted = source.inserted;
        self.allocations = source.allocations;
        self.record = source.record.clone();
        #[cfg(feature = "rayon")]
        {
            self.parallel_from = source.parallel_from;
        }
        self.weights = source.weights.clone();
    }

    /// How many objects a generation has, without the dead.
    pub(crate) fn generation_len(&self, generation: Generation) -> usize {
        let mut len = self.heap.generation_len(generation);
        if self.doomed > 0 {
            let arenas = self.heap.arenas().iter().enumerate();
            let of_it = arenas.filter(|(_, arena)| arena.generation == generation);
            let words = of_it.map(|(at, _)| at * ARENA_WORDS..(at + 1) * ARENA_WORDS);
            len -= words.map(|words| self.dead.count_in(words)).sum::<usize>();
        }
        len
    }

    /// How many objects there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.heap.len() - self.doomed
    }

    /// The index of the object that a key names.
    #[inline]
    pub(crate) fn resolve(&self, key: KeyData) -> Option<u32> {
        let index = self.graph.headers().resolve(key)?;
        self.is_live(index).then_some(index)
    }

    /// The index and the row of the object that a key names.
    #[inline]
    pub(crate) fn resolve_row(&self, key: KeyData) -> Option<(u32, Row)> {
        let (index, row) = self.graph.headers().resolve_row(key)?;
        self.is_live(index).then_some((index, row))
    }

    /// Whether an object that still has its slot is alive, and not one of the dead that await the
    /// sweeper.
    #[inline]
    pub(crate) fn is_live(&self, index: u32) -> bool {
        self.doomed == 0 || !self.dead.get(index)
    }

    /// The instant at which an object dies that will leave its slot later.
    pub(crate) fn condemn(&mut self, index: u32) {
        let was = self.dead.set(index);
        self.doomed += usize::from(!was);
    }

    /// An arena with room; `None` if no handle is left.
    #[inline]
    pub(crate) fn room(&mut self) -> Option<u32> {
        match self.heap.open_arena() {
            Some(arena) => Some(arena),
            None => self.open_arena(),
        }
    }

    /// Adds the object that `make` builds for its key, held `roots` times by the program, to an
    /// arena with room. Nothing has changed when `make` runs.
    #[inline]
    pub(crate) fn insert(
        &mut self,
        arena: u32,
        roots: u32,
        make: impl FnOnce(KeyData) -> T,
    ) -> KeyData {
        let measure = self.weights.measure();
        let mut weight = None;
        let key = self.heap.insert(arena, |key| {
            let value = make(key);
            weight = measure.map(|measure| measure(&value));
            value
        });
        let index = index_of(key);
        if let Some(weight) = weight {
            self.weights.put(index, weight);
        }
        self.graph.born(key, roots);
        self.inserted += 1;
        // No more than there are objects.
        self.allocations += 1;
        key
    }

    /// Adds an object that the program holds once, and that is not measured, if the arena that is being filled has
    /// room.
    #[inline]
    pub(crate) fn insert_rooted(&mut self, value: T) -> Result<KeyData, T> {
        debug_assert!(
            !self.is_measured(),
            "an insertion that measures is not quiet"
        );
        let key = self.heap.insert_here(value)?;
        self.graph.born_rooted(key);
        self.inserted += 1;
        self.allocations += 1;
        Ok(key)
    }

    /// The same for one that an edge from a parent holds, if the parent's list has room too.
    #[inline]
    pub(crate) fn insert_below(
        &mut self,
        parent: KeyData,
        label: E,
        value: T,
    ) -> Result<KeyData, (E, T)> {
        debug_assert!(
            !self.is_measured(),
            "an insertion that measures is not quiet"
        );
        if !self.is_live(index_of(parent)) {
            return Err((label, value));
        }
        let Self { graph, heap, .. } = self;
        let mut value = Some(value);
        let place = || match value.take() {
            Some(taken) => heap.insert_here(taken),
            None => unreachable!("it is placed once"),
        };
        match graph.born_below(parent, label, place) {
            Ok(key) => {
                self.inserted += 1;
                self.allocations += 1;
                Ok(key)
            }
            Err((label, refused)) => match refused.or(value) {
                Some(value) => Err((label, value)),
                None => unreachable!("what was not placed is left"),
            },
        }
    }

    /// Adds an object that one edge holds, for which there is room in its source's list, to an arena with
    /// room.
    pub(crate) fn insert_linked(
        &mut self,
        arena: u32,
        source: u32,
        label: E,
        (value, weight): (T, usize),
    ) -> KeyData {
        let key = self.heap.insert(arena, |_| value);
        let index = index_of(key);
        if self.is_measured() {
            self.weights.put(index, weight);
        }
        self.graph.born_linked(key, source, label);
        self.inserted += 1;
        self.allocations += 1;
        key
    }

    /// Opens another arena. The first one grows as it fills, so that a small store is small; it has
    /// memory from the start, since one without memory was given back.
    #[cold]
    fn open_arena(&mut self) -> Option<u32> {
        let capacity = if self.heap.arenas().is_empty() {
            1
        } else {
            CAPACITY
        };
        self.add_arena(capacity)
    }

    fn add_arena(&mut self, capacity: usize) -> Option<u32> {
        let number = self.heap.add_arena(capacity)?;
        let floor = self.heap.arenas()[number as usize].floor();
        self.graph.open_arena(number as usize, floor);
        self.heap.offer(number);
        let words = (number as usize + 1) * ARENA_WORDS;
        self.dead.grow(words);
        Some(number)
    }

    /// Makes room for more objects, as far as there are handles.
    pub(crate) fn reserve(&mut self, objects: usize) {
        let mut missing = self.heap.reserve(objects);
        while missing > 0 {
            if self.add_arena(missing.min(CAPACITY)).is_none() {
                return;
            }
            missing = missing.saturating_sub(CAPACITY);
        }
    }

    /// Takes an object, to which no edge refers any more and whose own edges are gone, out of its slot.
    /// Its components and labels are kept for [`bury`](Self::bury). No code of the user runs.
    #[expect(
        clippy::inline_always,
        reason = "each death goes through `discard`, from which this is a call of its own otherwise"
    )]
    #[inline(always)]
    pub(crate) fn take_out(&mut self, index: u32) -> Option<(KeyData, T)> {
        if self.may_have_components(index) {
            if self.record.keeps_components() {
                self.record.hold(self.columns.take_all(index));
            }
            self.columns.bury(index);
        }
        let Row { node, .. } = self.graph.vacate(index);
        debug_assert!(node.incoming.is_empty(), "edges go first");
        self.take_value(index, node)
    }

    /// Takes the value of an object whose row was vacated, and forgets the object.
    #[expect(
        clippy::inline_always,
        reason = "most callers need no value to be moved"
    )]
    #[inline(always)]
    fn take_value(&mut self, index: u32, node: Node) -> Option<(KeyData, T)> {
        let key = key_of(index, node.version);
        let value = self.heap.remove(key)?;
        if node.is_noted() {
            self.deaths.died(key);
        }
        if self.doomed > 0 && self.dead.clear(index) {
            self.doomed -= 1;
        }
        self.weights.forget(index);
        self.allocations = self.allocations.saturating_sub(1);
        Some((key, value))
    }

    /// Takes an object out of its slot, and drops its value or records it.
    #[inline(never)]
    pub(crate) fn discard(&mut self, index: u32) {
        if let Some((key, value)) = self.take_out(index) {
            self.bury(key, value);
        }
    }

    /// Whether no code of the user runs when an object without a finalizer dies.
    pub(crate) fn die_quietly(&self) -> bool {
        let is_quiet = if self.record.is_on() {
            self.record.keeps_all()
        } else {
            !core::mem::needs_drop::<T>()
        };
        is_quiet && !core::mem::needs_drop::<E>() && self.columns.are_unused()
    }

    /// Whether nothing but rows, edges, components and what is noted in the row is to be looked at when an object
    /// dies.
    #[inline]
    pub(crate) fn die_plainly(&self) -> bool {
        self.in_the_way() == 0
    }

    /// Zero if objects [die plainly](Self::die_plainly); to be asked with others in one test.
    #[inline]
    pub(crate) fn in_the_way(&self) -> usize {
        let is_told = core::mem::needs_drop::<E>() | self.record.is_on() | self.graph.is_marked();
        usize::from(is_told | self.is_measured()) | self.doomed
    }

    /// Whether an object, or one of those near it, may have a component.
    #[inline]
    pub(crate) fn may_have_components(&self, index: u32) -> bool {
        self.columns.may_have(index)
    }

    /// Takes an object out of its slot that [dies plainly](Self::die_plainly), has no edges, and whose row says
    /// nothing else, and drops its value.
    #[inline]
    pub(crate) fn discard_bare(&mut self, index: u32, node: Node) {
        self.graph.leave(index);
        self.allocations = self.allocations.saturating_sub(1);
        drop(self.heap.remove(key_of(index, node.version)));
    }

    /// The same for the object that a key names, if one root is all that its row speaks of; says whether it did.
    #[inline]
    pub(crate) fn discard_rooted(&mut self, key: KeyData) -> bool {
        let has_left = !self.may_have_components(index_of(key)) && self.graph.leave_with_root(key);
        if has_left {
            self.allocations = self.allocations.saturating_sub(1);
            drop(self.heap.remove(key));
        }
        has_left
    }

    /// Takes objects out of their slots that [die quietly](Self::die_quietly), and whose edges all join them to
    /// each other: these are forgotten.
    pub(crate) fn discard_linked(&mut self, indices: &[u32]) {
        if !self.die_plainly() || core::mem::needs_drop::<T>() {
            for &index in indices {
                let row = self.graph.vacate_linked(index);
                self.drop_or_keep(index, row.node);
            }
            return;
        }
        for &index in indices {
            let Row { node, .. } = self.graph.leave_linked(index);
            drop(self.heap.remove(key_of(index, node.version)));
        }
        let died = u32::try_from(indices.len()).unwrap_or(u32::MAX);
        self.allocations = self.allocations.saturating_sub(died);
    }

    /// The same for one of them, whose bits the caller clears.
    #[expect(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub(crate) fn discard_linked_row(&mut self, index: u32) {
        let row = self.graph.vacate_linked_row(index);
        self.drop_or_keep(index, row.node);
    }

    /// Drops the value of an object of the garbage that dies quietly and has left the graph, or records it.
    #[expect(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    fn drop_or_keep(&mut self, index: u32, node: Node) {
        if let Some((key, value)) = self.take_value(index, node) {
            drop(self.record.add_for(key, value, Cause::Collected));
        }
    }

    /// Notes that an object has a finalizer to run.
    pub(crate) fn await_finalizer(&mut self, index: u32) {
        self.graph.note(index);
        self.deaths.await_finalizer(index);
    }

    /// Notes a watch on an object.
    pub(crate) fn watch(&mut self, index: u32) -> Watch {
        self.graph.note(index);
        self.deaths.watch(index)
    }

    /// Drops the value of a dead object, or records it, and drops what else it left. The store is whole
    /// again when the user's code runs.
    #[inline]
    pub(crate) fn bury(&mut self, key: KeyData, value: T) {
        drop(self.record.add(key, value));
        self.drop_rest();
    }

    /// Drops the components and the labels that the dead left.
    #[inline]
    pub(crate) fn drop_rest(&mut self) {
        if self.columns.has_buried() {
            self.columns.drop_buried();
        }
        if self.graph.has_labels() {
            self.graph.drop_labels();
        }
    }

    /// Gives back arenas without objects, except the one that is being filled.
    pub(crate) fn close_empty_arenas(&mut self) {
        for number in 0..self.heap.arenas().len() {
            self.close_if_empty(number);
        }
    }

    /// Gives an arena back that is in use for nothing, if it finds one; says whether it did.
    #[inline]
    pub(crate) fn close_disused(&mut self) -> bool {
        match self.heap.find_disused() {
            Some(number) => self.close_if_empty(number),
            None => false,
        }
    }

    /// Gives an arena back, if it has no object and is not the one that is being filled; says
    /// whether it did.
    pub(crate) fn close_if_empty(&mut self, number: usize) -> bool {
        let is_empty = self.heap.is_empty_arena(number);
        if is_empty {
            self.weights.close(number);
            let floor = self.graph.close_arena(number);
            self.heap.close_arena(number, floor);
        }
        is_empty
    }

    /// Gives back what memory can be given back without moving an object; not that of bitmaps, if a
    /// collection uses them.
    pub(crate) fn shrink(&mut self, keep_bits: bool) {
        self.heap.leave_current();
        self.close_empty_arenas();
        let used = self.heap.used();
        let bits = if keep_bits {
            usize::MAX
        } else {
            used * ARENA_WORDS
        };
        self.dead.shrink(bits);
        self.deaths.shrink(used);
        self.weights.shrink(used);
        self.heap.shrink();
        self.graph.shrink(used, bits);
        self.columns.shrink();
        self.record.shrink(self.heap.arenas().len());
    }

    /// Sets the function that weighs values, and weighs all of them.
    pub(crate) fn measure_with(&mut self, measure: fn(&T) -> usize) {
        let mut weights = Weights::new(Some(measure));
        for (arena, number) in self.heap.arenas().iter().zip(0u32..) {
            for (key, value) in arena.iter() {
                let key = arena.outer(number << crate::index::ARENA_BITS, key);
                weights.put(index_of(key), measure(&value.0));
            }
        }
        self.weights = weights;
    }

    /// Has values, of which there is none yet, weighed as in another store.
    pub(crate) fn measure_like(&mut self, other: &Self) {
        self.weights = Weights::new(other.weights.measure());
    }

    /// Weighs one value again; returns what it weighs.
    pub(crate) fn measure(&mut self, index: u32) -> Option<usize> {
        let weight = self
            .weights
            .of(self.heap.get(self.graph.headers().key(index))?);
        if self.is_measured() {
            self.weights.put(index, weight);
        }
        Some(weight)
    }

    /// What a value would add to [`bytes`](Self::bytes).
    pub(crate) fn weight_of(&self, value: &T) -> usize {
        self.weights.of(value)
    }

    /// Whether a function weighs the values, which may change what they weigh.
    pub(crate) fn is_measured(&self) -> bool {
        self.weights.measure().is_some()
    }

    /// What all objects weigh.
    #[inline]
    pub(crate) fn bytes(&self) -> usize {
        self.weights.total(self.heap.len())
    }

    /// The weight that was noted for an object.
    #[cfg(feature = "check")]
    pub(crate) fn noted_weight(&self, index: u32) -> usize {
        self.weights.noted(index)
    }

    /// Bytes allocated, without what values and components own.
    pub(crate) fn memory(&self) -> usize {
        self.heap.memory()
            + self.graph.memory()
            + self.deaths.memory()
            + self.weights.memory()
            + self.columns.memory_bytes()
            + self.dead.memory()
            + self.record.memory()
    }

    /// What queries know of the objects.
    pub(crate) fn live(&self) -> Live<'_> {
        let condemned = (self.doomed > 0).then_some(&self.dead);
        Live::new(self.graph.headers(), self.heap.arenas().len(), condemned)
    }

    /// The components, what queries know of the objects, and the values, to change.
    pub(crate) fn split_values(&mut self) -> (&Columns, Live<'_>, &mut [Arena<T>]) {
        let condemned = (self.doomed > 0).then_some(&self.dead);
        let arenas = self.heap.arenas_mut();
        let live = Live::new(self.graph.headers(), arenas.len(), condemned);
        (&self.columns, live, arenas)
    }
}
