//! A snapshot of a store, copied an arena at a time.

use alloc::vec::Vec;

use crate::bits::{Ones, WORD};
use crate::graph::Kind;
use crate::graph::edges::Edges;
use crate::graph::pool::List;
use crate::graph::rows::Heads;
use crate::heap::arena::Arena;
use crate::index::{ARENA_WORDS, index_at, narrow};
use crate::inspect::describe::Describe;
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
pub(crate) fn copy<T, E>(objects: &Objects<T, E>, describe: &Describe<T, E>) -> HeapSnapshot {
    let numbers = Numbers::new(objects);
    let count = objects.heap.len();
    let mut copy = Columns::new(count);
    for (number, arena) in objects.heap.arenas().iter().enumerate() {
        copy.arena(objects, describe, number, arena);
    }
    let mut labels = Names::new();
    if describe.labels.is_none() {
        labels.number("");
    }
    let mut rows = |kind| rows(objects, describe, kind, (&numbers, &mut labels));
    let (strong, weak) = (rows(Kind::Strong), rows(Kind::Weak));
    let sizes = copy.sizes;
    HeapSnapshot {
        by_id: Vec::new(),
        total_size: sizes.iter().fold(0, |sum, &size| sum.saturating_add(size)),
        ids: copy.ids,
        sizes,
        classes: copy.classes,
        class_names: copy.class_names.finish(),
        generations: copy.generations,
        flags: copy.flags,
        roots: copy.roots,
        root_names: Vec::new(),
        strong,
        weak,
        label_names: labels.finish(),
    }
}

/// What there is of each object but its edges.
struct Columns {
    ids: Vec<u64>,
    sizes: Vec<u64>,
    classes: Vec<u32>,
    class_names: Names,
    generations: Vec<crate::config::Generation>,
    flags: Vec<u8>,
    roots: Vec<RootEntry>,
}

impl Columns {
    fn new(count: usize) -> Self {
        Self {
            ids: Vec::with_capacity(count),
            sizes: Vec::with_capacity(count),
            classes: Vec::with_capacity(count),
            class_names: Names::new(),
            generations: Vec::with_capacity(count),
            flags: Vec::with_capacity(count),
            roots: Vec::new(),
        }
    }

    fn arena<T, E>(
        &mut self,
        objects: &Objects<T, E>,
        describe: &Describe<T, E>,
        number: usize,
        arena: &Arena<T>,
    ) {
        let headers = objects.graph.headers();
        for word in number * ARENA_WORDS..(number + 1) * ARENA_WORDS {
            let (held, dead) = (headers.rooted_or_pending(word), objects.dead.word(word));
            for bit in Ones(headers.occupied(word)) {
                let index = index_at(word, bit);
                let mut flags = 0;
                if (held | dead) >> bit & 1 == 1 {
                    let is_dead = dead >> bit & 1 == 1;
                    let roots = headers.node(index).roots();
                    if roots > 0 && !is_dead {
                        let object = narrow(self.ids.len());
                        self.roots.push(RootEntry::new(object, roots, None));
                    }
                    if is_dead {
                        flags = CONDEMNED;
                    } else if headers.is_pending(index) && headers.is_unheld(index) {
                        flags = PENDING;
                    }
                }
                self.ids.push(headers.key(index).as_ffi());
                self.flags.push(flags);
            }
        }
        debug_assert_eq!(self.ids.len(), self.generations.len() + arena.len());
        let count = self.ids.len();
        self.generations.resize(count, arena.generation);
        match &describe.classes {
            Some(classes) => classes(arena, &mut self.class_names, &mut self.classes),
            None if arena.len() > 0 => {
                let class = self.class_names.number(short_name::<T>());
                self.classes.resize(count, class);
            }
            None => {}
        }
        match &describe.sizes {
            Some(sizes) => sizes(arena, &mut self.sizes),
            None => self
                .sizes
                .extend(arena.values().map(|value| objects.weight_of(value) as u64)),
        }
    }
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

/// The edges of one kind.
fn rows<T, E>(
    objects: &Objects<T, E>,
    describe: &Describe<T, E>,
    kind: Kind,
    (numbers, names): (&Numbers, &mut Names),
) -> Rows {
    let (headers, weak) = (objects.graph.headers(), objects.graph.weak());
    let edges = match kind {
        Kind::Strong => objects.graph.edges(),
        Kind::Weak => match weak.edges() {
            Some(edges) => edges,
            None => return Rows::default(),
        },
    };
    let count = edges.len();
    assert!(
        count < u32::MAX as usize,
        "a snapshot has less than 2^32 edges"
    );
    if count == 0 {
        return Rows::default();
    }
    let mut copy = Rows {
        starts: Vec::with_capacity(objects.heap.len() + 1),
        targets: Vec::with_capacity(count),
        labels: match describe.labels {
            Some(_) => Vec::with_capacity(count),
            None => Vec::new(),
        },
    };
    for (word, &(occupied, _)) in numbers.0.iter().enumerate() {
        for bit in Ones(occupied) {
            let index = index_at(word, bit);
            let list = match kind {
                Kind::Strong => *headers.outgoing(index),
                Kind::Weak => *weak.outgoing(index),
            };
            copy.starts.push(narrow(copy.targets.len()));
            if !list.is_empty() {
                copy.list(edges, list, numbers);
                if let Some(labels) = &describe.labels {
                    labels(edges, list, names, &mut copy.labels);
                }
            }
        }
    }
    copy.starts.push(narrow(copy.targets.len()));
    copy
}

impl Rows {
    #[inline]
    fn list<E>(&mut self, edges: &Edges<E>, list: List, numbers: &Numbers) {
        for &target in edges.targets(&list) {
            // A hole leads nowhere.
            if target != 0 {
                self.targets.push(numbers.of(target));
            }
        }
    }
}
