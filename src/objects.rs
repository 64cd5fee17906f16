//! All parts of an object, kept in step: its value, its columns, its bits.

mod build;

use alloc::vec::Vec;

use slotmap::KeyData;

use crate::arena::CAPACITY;
use crate::bits::{Bits, Ones};
use crate::colours::Palette;
use crate::columns::Columns;
use crate::config::Config;
use crate::edges::Edges;
use crate::generations::{Heap, Marks};
use crate::handle::{index_of, key_of, version_of};
use crate::header::{ARENA_WORDS, Headers, Node, Row};
use crate::live::{Live, LiveArena};
use crate::mortal::{Mortal, Watch};
use crate::paged::Pages;
use crate::roots::Roots;
use crate::suspects::Suspects;
use crate::weak::Weak;
use crate::weights::Weights;

/// The columns of all objects. Whatever changes one of them keeps its invariant:
///
/// - `headers`: which objects are there, rooted, and queued for reclaim; an object's version is odd.
/// - `colours`: what the collections that run have reached; nothing is white between them.
/// - `dead`: the object is dead, although it has not left its slot: no look-up finds it.
#[derive(Clone)]
pub(crate) struct Objects<T, E> {
    pub(crate) heap: Heap<T>,
    pub(crate) headers: Headers,
    pub(crate) edges: Edges<E>,
    pub(crate) weak: Weak<E>,
    pub(crate) roots: Roots,
    pub(crate) columns: Columns,
    pub(crate) colours: Palette,
    pub(crate) dead: Bits,
    /// How many objects are in `dead`.
    pub(crate) doomed: usize,
    pub(crate) suspects: Suspects,
    pub(crate) mortal: Mortal,
    /// How many objects were inserted so far.
    pub(crate) inserted: u64,
    /// Insertions less deaths since the last collection, never below zero.
    pub(crate) allocations: u32,
    /// Labels of removed edges that are still to be dropped.
    pub(crate) labels: Vec<E>,
    pub(crate) kept: Pages<(KeyData, T)>,
    keep_dead: bool,
    /// How many objects a whole collection must examine to mark on several threads.
    #[cfg(feature = "rayon")]
    pub(crate) parallel_from: usize,
    weights: Weights<T>,
}

impl<T, E> Objects<T, E> {
    pub(crate) fn new(config: &Config) -> Self {
        let marks = Marks::from_percent(config.promote_fill, config.reopen_fill);
        Self {
            heap: Heap::new(marks, config.first_version),
            headers: Headers::default(),
            edges: Edges::default(),
            weak: Weak::default(),
            roots: Roots::default(),
            columns: Columns::default(),
            colours: Palette::default(),
            dead: Bits::default(),
            doomed: 0,
            suspects: Suspects::default(),
            mortal: Mortal::default(),
            inserted: 0,
            allocations: 0,
            labels: Vec::new(),
            kept: Pages::default(),
            keep_dead: config.keep_dead,
            #[cfg(feature = "rayon")]
            parallel_from: config.parallel_from,
            weights: Weights::new(None),
        }
    }

    /// How many objects there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.heap.len() - self.doomed
    }

    /// The index of the object that a key names.
    #[inline]
    pub(crate) fn resolve(&self, key: KeyData) -> Option<u32> {
        let index = self.headers.resolve(key)?;
        self.is_live(index).then_some(index)
    }

    /// The index and the row of the object that a key names.
    #[inline]
    pub(crate) fn resolve_row(&self, key: KeyData) -> Option<(u32, Row)> {
        let (index, row) = self.headers.resolve_row(key)?;
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

    /// The barrier: an object gets an edge from another one, or a root.
    #[inline]
    pub(crate) fn hold(&mut self, source: Option<u32>, target: u32) {
        self.colours.hold(source, target);
    }

    /// An arena with room; `None` where no handle is left.
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
        self.headers.occupy(index, version_of(key), roots);
        self.roots.born(roots);
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
        self.headers.occupy_rooted(index_of(key), version_of(key));
        self.roots.born(1);
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
        let source = index_of(parent);
        let is_live = self.is_live(source);
        let Objects {
            headers,
            edges,
            heap,
            colours,
            ..
        } = self;
        // The parent's row is looked up once, for all of it.
        let row = headers
            .row_mut(parent)
            .filter(|row| is_live && edges.has_room(&row.outgoing));
        let Some(row) = row else {
            return Err((label, value));
        };
        let key = match heap.insert_here(value) {
            Ok(key) => key,
            Err(value) => return Err((label, value)),
        };
        let index = index_of(key);
        let near = row.node.hint().saturating_add(1);
        let incoming = edges.link_new(&mut row.outgoing, source, label, index);
        let node = Node::born_linked(version_of(key), near, incoming);
        headers.occupy_linked(index, node);
        self.inserted += 1;
        self.allocations += 1;
        colours.hold(Some(source), index);
        Ok(key)
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
        let block = self.headers.block_mut(source);
        let near = block.node(source).hint().saturating_add(1);
        let outgoing = block.outgoing_mut(source);
        let incoming = self.edges.link_new(outgoing, source, label, index);
        let node = Node::born_linked(version_of(key), near, incoming);
        self.headers.occupy_linked(index, node);
        self.inserted += 1;
        self.allocations += 1;
        self.hold(Some(source), index);
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
        self.headers.open(number as usize, floor);
        self.heap.offer(number);
        let words = (number as usize + 1) * ARENA_WORDS;
        self.dead.grow(words);
        self.colours.grow(words);
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
            self.columns.bury(index);
        }
        let Row { node, .. } = self.headers.vacate(index);
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
        if node.has_more() {
            self.forget_more(key, node);
        }
        self.colours.forget(index);
        if self.doomed > 0 && self.dead.clear(index) {
            self.doomed -= 1;
        }
        self.weights.forget(index);
        self.allocations = self.allocations.saturating_sub(1);
        Some((key, value))
    }

    /// Forgets, for an object that has left its slot, what only few objects have.
    #[inline(never)]
    fn forget_more(&mut self, key: KeyData, node: Node) {
        let index = index_of(key);
        if node.is_suspected() {
            self.suspects.forget(index);
        }
        if node.roots() > 0 {
            self.roots.forget(index, node.roots());
        }
        if node.is_noted() {
            self.mortal.died(key);
        }
    }

    /// Takes an object out of its slot, and drops its value or keeps it.
    #[inline(never)]
    pub(crate) fn discard(&mut self, index: u32) {
        if let Some((key, value)) = self.take_out(index) {
            self.bury(key, value);
        }
    }

    /// Whether no code of the user runs when an object without a finalizer dies.
    pub(crate) fn die_quietly(&self) -> bool {
        let is_quiet = !core::mem::needs_drop::<T>() || self.keep_dead;
        is_quiet && !core::mem::needs_drop::<E>() && self.columns.is_empty()
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
        let is_told = core::mem::needs_drop::<E>() | self.keep_dead | self.colours.is_busy();
        usize::from(is_told | self.is_measured()) | self.doomed
    }

    /// Whether an object, or one of those near it, may have a component.
    #[inline]
    pub(crate) fn may_have_components(&mut self, index: u32) -> bool {
        !self.columns.is_empty() && self.columns.may_have(index)
    }

    /// Forgets an object that [dies plainly](Self::die_plainly) and whose row was vacated; returns its value. Who
    /// calls this counts the deaths.
    #[expect(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub(crate) fn forget_plainly(&mut self, key: KeyData, node: Node) -> Option<T> {
        let value = self.heap.remove(key);
        if node.has_more() {
            self.forget_more(key, node);
        }
        value
    }

    /// Takes an object out of its slot that [dies plainly](Self::die_plainly), has no edges, and whose row says
    /// nothing else, and drops its value.
    #[inline]
    pub(crate) fn discard_bare(&mut self, index: u32, node: Node) {
        self.headers.leave(index);
        self.allocations = self.allocations.saturating_sub(1);
        drop(self.heap.remove(key_of(index, node.version)));
    }

    /// The same for the object that a key names, if one root is all that its row speaks of; says whether it did.
    #[inline]
    pub(crate) fn discard_rooted(&mut self, key: KeyData) -> bool {
        let may_leave = self.roots.are_free() && !self.may_have_components(index_of(key));
        let has_left = may_leave && self.headers.leave_with_root(key);
        if has_left {
            self.roots.died();
            self.allocations = self.allocations.saturating_sub(1);
            drop(self.heap.remove(key));
        }
        has_left
    }

    /// Takes objects out of their slots that [die quietly](Self::die_quietly), and whose edges all join them to
    /// each other: these are forgotten.
    pub(crate) fn discard_linked(&mut self, indices: &[u32]) {
        if !self.die_plainly() || core::mem::needs_drop::<T>() {
            // Where anything has components, nothing dies quietly.
            for &index in indices {
                let row = self.headers.vacate(index);
                self.forget_linked(index, row);
            }
            return;
        }
        for &index in indices {
            let row = self.headers.vacate(index);
            self.edges.forget(row, &mut self.labels);
            self.forget_plainly(key_of(index, row.node.version), row.node);
        }
        let died = u32::try_from(indices.len()).unwrap_or(u32::MAX);
        self.allocations = self.allocations.saturating_sub(died);
    }

    /// The same for one whose row was vacated.
    #[expect(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub(crate) fn forget_linked(&mut self, index: u32, row: Row) {
        self.edges.forget(row, &mut self.labels);
        let taken = self.take_value(index, row.node);
        if let Some(dead) = taken.filter(|_| self.keep_dead) {
            self.kept.push(dead);
        }
    }

    /// Removes the last `most` weak edges of an object, as far as there are any; returns how many.
    #[inline]
    pub(crate) fn detach_weak(&mut self, index: u32, most: usize) -> usize {
        if self.headers.node(index).is_noted() {
            self.weak.detach(index, &mut self.labels, most)
        } else {
            0
        }
    }

    /// Adds a weak edge; returns the label where a list is full.
    pub(crate) fn link_weak(&mut self, source: u32, label: E, target: u32) -> Result<(), E> {
        self.headers.note(source);
        self.headers.note(target);
        self.weak.link(source, label, target)
    }

    /// Notes that an object has a finalizer to run.
    pub(crate) fn await_finalizer(&mut self, index: u32) {
        self.headers.note(index);
        self.mortal.await_finalizer(index);
    }

    /// Notes a watch on an object.
    pub(crate) fn watch(&mut self, index: u32) -> Watch {
        self.headers.note(index);
        self.mortal.watch(index)
    }

    /// Drops the value of a dead object, or keeps it, and drops what else it left. The store is whole
    /// again when the user's code runs.
    #[inline]
    pub(crate) fn bury(&mut self, key: KeyData, value: T) {
        if self.keep_dead {
            self.kept.push((key, value));
        } else {
            drop(value);
        }
        self.drop_rest();
    }

    /// Drops the components and the labels that the dead left.
    #[inline]
    pub(crate) fn drop_rest(&mut self) {
        if self.columns.has_buried() {
            self.columns.drop_buried();
        }
        if !self.labels.is_empty() {
            self.labels.clear();
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
            let floor = self.headers.close(number);
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
        self.colours.shrink(bits);
        self.suspects.shrink(used);
        self.mortal.shrink(used);
        self.weights.shrink(used);
        self.roots.shrink();
        self.heap.shrink();
        self.headers.shrink(used);
        let words = 0..self.headers.words();
        let words: Vec<u64> = words.map(|word| self.headers.written(word)).collect();
        let bits = |(&word, at): (&u64, u32)| Ones(word).map(move |bit| at * 64 + bit);
        self.edges
            .compact(&mut self.headers, words.iter().zip(0..).flat_map(bits));
        self.weak.shrink(used);
        self.columns.shrink();
        self.labels.shrink_to_fit();
        self.kept.shrink();
    }

    /// Sets the function that weighs values, and weighs all of them.
    pub(crate) fn measure_with(&mut self, measure: fn(&T) -> usize) {
        let mut weights = Weights::new(Some(measure));
        for (arena, number) in self.heap.arenas().iter().zip(0u32..) {
            for (key, value) in arena.iter() {
                let key = arena.outer(number << crate::header::ARENA_BITS, key);
                weights.put(index_of(key), measure(value));
            }
        }
        self.weights = weights;
    }

    /// Weighs one value again; returns what it weighs.
    pub(crate) fn measure(&mut self, index: u32) -> Option<usize> {
        let weight = self.weights.of(self.heap.get(self.headers.key(index))?);
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
            + self.headers.memory()
            + self.edges.memory()
            + self.weak.memory()
            + self.roots.memory()
            + self.mortal.memory()
            + self.weights.memory()
            + self.suspects.memory()
            + self.columns.memory_bytes()
            + self.colours.memory()
            + self.dead.memory()
            + self.labels.capacity() * size_of::<E>()
            + self.kept.memory()
    }
}

impl<T, E> Live for Objects<T, E> {
    fn arenas(&self) -> usize {
        self.heap.arenas().len()
    }

    fn has_condemned(&self) -> bool {
        self.doomed > 0
    }

    fn arena(&self, arena: usize) -> LiveArena<'_> {
        let words = arena * ARENA_WORDS..(arena + 1) * ARENA_WORDS;
        LiveArena {
            rows: self.headers.rows(arena),
            condemned: match self.dead.words().get(words) {
                Some(dead) if self.doomed > 0 => dead,
                _ => &[],
            },
        }
    }

    fn resolve(&self, key: KeyData) -> Option<u32> {
        Objects::resolve(self, key)
    }
}
