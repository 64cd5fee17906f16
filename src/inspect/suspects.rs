//! What may be a leak: guesses, from one snapshot or from several.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::config::Generation;
use crate::inspect::dominators::Dominators;
use crate::inspect::growth::Pairs;
use crate::inspect::reach::reached;
use crate::inspect::snapshot::HeapSnapshot;
use crate::inspect::table::{number, share, some};

/// What may be a leak, and why one may think so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Suspect {
    /// One object retains a large part of the heap, and none of those that it is the dominator of retains as much.
    Retains {
        /// The object.
        object: u32,
        /// What it retains, in bytes.
        size: u64,
    },
    /// A class has had more objects in each snapshot than in the one before.
    Grows {
        /// The name of the class.
        class: String,
        /// How many objects it has had in each.
        objects: Vec<usize>,
    },
    /// Objects that are still there, while nearly all others of their class have died since the first snapshot; or,
    /// if there is one snapshot alone, that are old, while nearly all others are young.
    Outlived {
        /// The name of the class.
        class: String,
        /// The objects that are still there.
        objects: Vec<u32>,
        /// How many others there were.
        others: usize,
    },
    /// What can't be reached from roots, and has not been collected.
    Unreachable {
        /// How many objects.
        objects: usize,
        /// Their size in bytes.
        size: u64,
    },
}

/// What may be a leak: what [`HeapSnapshot::suspects`] gives. It is written out as a line for each.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Suspects<'h> {
    heap: &'h HeapSnapshot,
    /// The guesses, in the order of [`Suspect`].
    pub list: Vec<Suspect>,
}

/// The fewest snapshots over which growth is one.
const SERIES: usize = 3;
/// The fewest objects of a class that make a rule.
const PEERS: usize = 10;
/// Of so many peers one may be an exception.
const RARE: usize = 10;

impl HeapSnapshot {
    /// Guesses what may be a leak, from this snapshot and from `earlier` ones of the same heap, the oldest first:
    ///
    /// - objects that retain at least `percent` of what can be reached;
    /// - classes that only grow, over three snapshots or more;
    /// - objects that have outlived nearly all of their class;
    /// - what can't be reached and was not collected.
    ///
    /// Take snapshots when the program is in the same state: after each level, say. A cache looks like a leak, and
    /// whatever lives as long as the program retains a lot; [`why`](Self::why) tells more.
    ///
    /// Complexity: O(e log n + s (n log c)) for n objects of c classes, e edges and s snapshots.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    /// use understory::inspect::Describe;
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let describe = Describe::new().class(|name: &&'static str| *name).size(|_| 10);
    /// let [world, log] = [store.insert("world"), store.insert("log")];
    /// let mut snapshots = Vec::new();
    /// for level in 1..4 {
    ///     for _ in 0..level * 10 {
    ///         store.insert_linked(log, (), "line")?;
    ///     }
    ///     store.insert_linked(world, (), "tree")?;
    ///     snapshots.push(store.heap_snapshot(&describe));
    /// }
    /// let suspects = snapshots[2].suspects(&[&snapshots[0], &snapshots[1]], 50);
    /// assert_eq!(suspects.to_string(), "\
    /// log 2v1 retains 610 bytes, 93.8 % of what can be reached
    /// there are more and more of line: 10, 30, 60
    /// there are more and more of tree: 1, 2, 3");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn suspects(&self, earlier: &[&Self], percent: u8) -> Suspects<'_> {
        self.suspects_by(&self.dominators(), earlier, percent)
    }

    /// The same, if what dominates what is known.
    pub(super) fn suspects_by(
        &self,
        dominators: &Dominators<'_>,
        earlier: &[&Self],
        percent: u8,
    ) -> Suspects<'_> {
        let mut list = large(dominators, percent);
        list.extend(self.growing(earlier));
        match earlier.first() {
            Some(first) => list.extend(self.outliving(first)),
            None => list.extend(self.older()),
        }
        list.extend(self.unreachable());
        Suspects { heap: self, list }
    }

    fn growing(&self, earlier: &[&Self]) -> Vec<Suspect> {
        if earlier.len() + 1 < SERIES {
            return Vec::new();
        }
        let heaps = earlier.iter().copied().chain([self]);
        let counts: Vec<BTreeMap<&str, usize>> = heaps.map(HeapSnapshot::class_counts).collect();
        let series = |class: &str| -> Vec<usize> {
            let count = |counts: &BTreeMap<&str, usize>| counts.get(class).copied().unwrap_or(0);
            counts.iter().map(count).collect()
        };
        let mut found = Vec::new();
        for &class in counts.last().into_iter().flat_map(BTreeMap::keys) {
            let objects = series(class);
            if objects.windows(2).all(|pair| pair[0] < pair[1]) {
                found.push((class.to_string(), objects));
            }
        }
        found.sort_by_key(|(_, objects)| {
            core::cmp::Reverse(objects[objects.len() - 1] - objects[0])
        });
        let suspect = |(class, objects)| Suspect::Grows { class, objects };
        found.into_iter().map(suspect).collect()
    }

    fn class_counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = alloc::vec![0; self.class_names.len()];
        for object in self.objects() {
            counts[self.class(object) as usize] += 1;
        }
        self.classes()
            .zip(counts)
            .filter(|&(_, count)| count > 0)
            .collect()
    }

    /// What has outlived most of its class since an earlier snapshot.
    fn outliving(&self, first: &Self) -> Vec<Suspect> {
        let mut left: BTreeMap<u32, (Vec<u32>, usize)> = BTreeMap::new();
        for (before, after) in Pairs::new(first, self) {
            let Some(before) = before else { continue };
            let (objects, died) = left.entry(first.class(before)).or_default();
            match after {
                Some(after) => objects.push(after),
                None => *died += 1,
            }
        }
        let named = left
            .into_iter()
            .map(|(class, (objects, died))| (first.class_name(class).to_string(), objects, died));
        named.filter_map(outlived).collect()
    }

    /// What is old, where most of its class is young.
    fn older(&self) -> Vec<Suspect> {
        let mut classes = alloc::vec![(Vec::new(), 0); self.class_names.len()];
        for object in self.objects() {
            let (old, young) = &mut classes[self.class(object) as usize];
            match self.generation(object) {
                Some(Generation::Old) => old.push(object),
                Some(Generation::Young) => *young += 1,
                _ => {}
            }
        }
        let named = self.classes().zip(classes);
        let named = named.map(|(name, (old, young))| (name.to_string(), old, young));
        named.filter_map(outlived).collect()
    }

    fn unreachable(&self) -> Option<Suspect> {
        let reached = reached(self, None);
        let is_left = |&object: &u32| {
            let is_frozen = self.generation(object) == Some(Generation::Permanent);
            !reached.has(object)
                && !self.is_condemned(object)
                && !self.is_pending(object)
                && !is_frozen
        };
        let (mut objects, mut size) = (0, 0);
        for object in self.objects().filter(is_left) {
            objects += 1;
            size += self.size(object);
        }
        (objects > 0).then_some(Suspect::Unreachable { objects, size })
    }
}

fn large(dominators: &Dominators<'_>, percent: u8) -> Vec<Suspect> {
    let top = dominators.top().iter();
    let whole: u64 = top.map(|&object| dominators.retained_size(object)).sum();
    let limit = u128::from(whole) * u128::from(percent);
    let is_large = |object: u32| {
        let size = dominators.retained_size(object);
        size > 0 && u128::from(size) * 100 >= limit
    };
    let mut found: Vec<(u64, u32)> = Vec::new();
    let mut stack: Vec<u32> = dominators
        .top()
        .iter()
        .copied()
        .filter(|&object| is_large(object))
        .collect();
    while let Some(object) = stack.pop() {
        let before = stack.len();
        let children = dominators.children(object).iter().copied();
        stack.extend(children.filter(|&child| is_large(child)));
        if stack.len() == before {
            found.push((dominators.retained_size(object), object));
        }
    }
    found.sort_by_key(|&(size, object)| (core::cmp::Reverse(size), object));
    let suspect = |(size, object)| Suspect::Retains { object, size };
    found.into_iter().map(suspect).collect()
}

/// The few of a class that are left, if most others are not.
fn outlived((class, objects, others): (String, Vec<u32>, usize)) -> Option<Suspect> {
    let are_few = !objects.is_empty() && others >= PEERS && objects.len() * RARE <= others;
    are_few.then_some(Suspect::Outlived {
        class,
        objects,
        others,
    })
}

impl Suspects<'_> {
    pub(super) fn line(&self, suspect: &Suspect, whole: u64) -> String {
        match suspect {
            Suspect::Retains { object, size } => {
                let (name, part) = (self.heap.name(*object), share(*size, whole));
                format!(
                    "{name} retains {} bytes, {part} of what can be reached",
                    number(*size)
                )
            }
            Suspect::Grows { class, objects } => {
                let counts: Vec<String> = objects.iter().copied().map(number).collect();
                format!("there are more and more of {class}: {}", counts.join(", "))
            }
            Suspect::Outlived {
                class,
                objects,
                others,
            } => {
                let names = some(objects.iter().map(|&object| self.heap.name(object)));
                format!("{names}: older than {} others of {class}", number(*others))
            }
            Suspect::Unreachable { objects, size } => {
                let (objects, size) = (number(*objects), number(*size));
                format!("{objects} objects of {size} bytes can't be reached and are not collected")
            }
        }
    }
}

impl fmt::Display for Suspects<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self
            .heap
            .reachable()
            .iter()
            .map(|&object| self.heap.size(object))
            .sum();
        for (at, suspect) in self.list.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{}", self.line(suspect, whole))?;
        }
        Ok(())
    }
}
