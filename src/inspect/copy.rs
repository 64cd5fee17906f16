//! A snapshot of a store, copied an arena at a time.

use alloc::vec::Vec;

use slotmap::KeyData;

use crate::bits::{Ones, WORD};
use crate::config::Generation;
use crate::graph::edges::Edges;
use crate::graph::pool::List;
use crate::heap::arena::{Arena, Held};
use crate::index::{ARENA_WORDS, index_at, narrow};
use crate::inspect::columns::{Codes, Sizes};
use crate::inspect::describe::Describe;
use crate::inspect::named::NamedRoots;
use crate::inspect::names::Names;
use crate::inspect::snapshot::{CONDEMNED, HeapSnapshot, PENDING, RootEntry, Rows};
use crate::objects::Objects;

/// The number of each object in the snapshot, by index: for each word of indices which have an object, and how many
/// come before.
struct Numbers(Vec<(u64, u32)>);

impl Numbers {
    fn new<T, E>(objects: &Objects<T, E>) -> Self {
        let headers = objects.graph.headers();
        let mut before = 0;
        let word = |word| {
            let occupied = headers.occupied(word);
            let entry = (occupied, before);
            before += occupied.count_ones();
            entry
        };
        Self((0..headers.words()).map(word).collect())
    }

    #[inline]
    fn of(&self, index: u32) -> u32 {
        let (occupied, before) = self.0[index as usize / WORD];
        let bit = index % 64;
        // Most words are full, and few targets of processors count bits in one instruction by default.
        if occupied == u64::MAX {
            return before + bit;
        }
        before + (occupied & ((1 << bit) - 1)).count_ones()
    }
}

/// Copies all objects and edges of a store.
///
/// # Panics
/// If there are 2³² edges or more.
pub(crate) fn copy<T, E>(
    objects: &Objects<T, E>,
    named: &NamedRoots,
    describe: &Describe<T, E>,
) -> HeapSnapshot {
    let edges = objects.graph.edges();
    let most = edges.len().max(objects.graph.weak().len());
    assert!(
        most < u32::MAX as usize,
        "a snapshot has less than 2^32 edges"
    );
    let mut copy = Copy::new(objects, describe);
    for (number, arena) in objects.heap.arenas().iter().enumerate() {
        for word in number * ARENA_WORDS..(number + 1) * ARENA_WORDS {
            copy.word(word);
        }
        copy.values(arena);
    }
    let mut strong = copy.strong;
    if strong.targets.is_empty() {
        strong = Rows::default();
    } else {
        strong.starts.push(narrow(strong.targets.len()));
    }
    let weak = weak_rows(objects, describe, &copy.numbers, &mut copy.label_names);
    let mut root_names = Names::new();
    if !named.is_empty() {
        copy.roots = with_names(&copy.roots, &copy.ids, named, &mut root_names);
    }
    HeapSnapshot {
        by_id: Vec::new(),
        total_size: copy.sizes.sum().unwrap_or(u64::MAX),
        ids: copy.ids,
        sizes: copy.sizes,
        classes: copy.classes,
        class_names: copy.class_names.finish(),
        generations: copy.generations,
        flags: copy.flags,
        roots: copy.roots,
        root_names: root_names.finish(),
        strong,
        weak,
        label_names: copy.label_names.finish(),
    }
}

/// A snapshot that is being made.
struct Copy<'s, T, E> {
    objects: &'s Objects<T, E>,
    describe: &'s Describe<T, E>,
    numbers: Numbers,
    ids: Vec<u64>,
    sizes: Sizes,
    classes: Codes,
    class_names: Names,
    generations: Vec<Generation>,
    flags: Vec<u8>,
    roots: Vec<RootEntry>,
    strong: Rows,
    label_names: Names,
}

impl<'s, T, E> Copy<'s, T, E> {
    fn new(objects: &'s Objects<T, E>, describe: &'s Describe<T, E>) -> Self {
        let count = objects.heap.len();
        let edges = objects.graph.edges().len();
        let mut label_names = Names::new();
        if describe.labels.is_none() {
            label_names.number("");
        }
        Self {
            objects,
            describe,
            numbers: Numbers::new(objects),
            ids: Vec::with_capacity(count),
            sizes: Sizes::default(),
            classes: Codes::with_capacity(count),
            class_names: Names::new(),
            generations: Vec::with_capacity(count),
            flags: Vec::with_capacity(count),
            roots: Vec::new(),
            strong: Rows {
                starts: Vec::with_capacity(count + 1),
                targets: Vec::with_capacity(edges),
                labels: Codes::with_capacity(if describe.labels.is_some() { edges } else { 0 }),
            },
            label_names,
        }
    }

    /// Copies the objects of a word, and the edges from them.
    fn word(&mut self, word: usize) {
        let objects = self.objects;
        let headers = objects.graph.headers();
        let first = self.ids.len();
        // Rows are read once: they take as much memory as all that is written.
        for (key, list) in headers.objects(word) {
            self.ids.push(key.as_ffi());
            self.strong.starts.push(narrow(self.strong.targets.len()));
            if !list.is_empty() {
                let edges = objects.graph.edges();
                self.strong.list(edges, list, &self.numbers);
                if let Some(labels) = &self.describe.labels {
                    labels(edges, list, &mut self.label_names, &mut self.strong.labels);
                }
            }
        }
        self.flags.resize(self.ids.len(), 0);
        self.mark(word, first);
    }

    /// Notes what is to be said of few of the objects of a word, of which the first has this number.
    fn mark(&mut self, word: usize, first: usize) {
        let headers = self.objects.graph.headers();
        let occupied = headers.occupied(word);
        let dead = self.objects.dead.word(word);
        for bit in Ones(occupied & (headers.rooted_or_pending(word) | dead)) {
            let before = occupied & ((1 << bit) - 1);
            let at = first + before.count_ones() as usize;
            let index = index_at(word, bit);
            if dead >> bit & 1 == 1 {
                self.flags[at] = CONDEMNED;
                continue;
            }
            let roots = headers.node(index).roots();
            if roots > 0 {
                self.roots.push(RootEntry::new(narrow(at), roots, None));
            } else if headers.is_unheld(index) {
                self.flags[at] = PENDING;
            }
        }
    }

    /// Copies what is said of the values of an arena.
    fn values(&mut self, arena: &Arena<T>) {
        let count = self.ids.len();
        debug_assert_eq!(count, self.generations.len() + arena.len());
        self.generations.resize(count, arena.generation);
        match &self.describe.classes {
            Some(classes) => classes(arena, &mut self.class_names, &mut self.classes),
            None if arena.len() > 0 => {
                let class = self.class_names.number(short_name::<T>());
                self.classes.fill_to(count, class);
            }
            None => {}
        }
        match &self.describe.sizes {
            Some(sizes) => sizes(arena, &mut self.sizes),
            None if self.objects.is_measured() => {
                let size = |Held(value): &Held<T>| self.objects.weight_of(value) as u64;
                self.sizes.extend(arena.values().map(size));
            }
            None => self.sizes.add_same(size_of::<T>() as u64, arena.len()),
        }
    }
}

/// Roots apart by their names: first those without one.
fn with_names(
    roots: &[RootEntry],
    ids: &[u64],
    named: &NamedRoots,
    names: &mut Names,
) -> Vec<RootEntry> {
    let mut apart = Vec::with_capacity(roots.len());
    for root in roots {
        let key = KeyData::from_ffi(ids[root.object as usize]);
        let of_it = named.of(key, root.count).map(|name| names.number_of(&name));
        let mut numbers: Vec<u32> = of_it.collect();
        numbers.sort_unstable();
        let unnamed = root.count - narrow(numbers.len());
        if unnamed > 0 {
            apart.push(RootEntry::new(root.object, unnamed, None));
        }
        for same in numbers.chunk_by(|a, b| a == b) {
            let count = narrow(same.len());
            apart.push(RootEntry::new(root.object, count, Some(same[0])));
        }
    }
    apart
}

/// The name of a type without the modules that it is in.
fn short_name<T>() -> &'static str {
    let name = core::any::type_name::<T>();
    if !name.starts_with(char::is_alphabetic) {
        return name;
    }
    let path = name.split('<').next().unwrap_or(name);
    let start = path.rfind("::").map_or(0, |at| at + 2);
    &name[start..]
}

/// The weak edges.
fn weak_rows<T, E>(
    objects: &Objects<T, E>,
    describe: &Describe<T, E>,
    numbers: &Numbers,
    names: &mut Names,
) -> Rows {
    let weak = objects.graph.weak();
    let Some(edges) = weak.edges().filter(|edges| edges.len() > 0) else {
        return Rows::default();
    };
    let mut rows = Rows::default();
    for (word, &(occupied, _)) in numbers.0.iter().enumerate() {
        for bit in Ones(occupied) {
            let list = *weak.outgoing(index_at(word, bit));
            rows.starts.push(narrow(rows.targets.len()));
            if !list.is_empty() {
                rows.list(edges, list, numbers);
                if let Some(labels) = &describe.labels {
                    labels(edges, list, names, &mut rows.labels);
                }
            }
        }
    }
    rows.starts.push(narrow(rows.targets.len()));
    rows
}

impl Rows {
    #[inline]
    fn list<E>(&mut self, edges: &Edges<E>, list: List, numbers: &Numbers) {
        let targets = edges.targets(&list).iter();
        if list.may_have_holes() {
            let targets = targets.filter(|&&target| target != 0);
            self.targets
                .extend(targets.map(|&target| numbers.of(target)));
        } else {
            self.targets
                .extend(targets.map(|&target| numbers.of(target)));
        }
    }
}
