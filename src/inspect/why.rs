//! Why an object is alive: the shortest way to it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use bumpalo::Bump;

use crate::config::Generation;
use crate::inspect::marks::Marks;
use crate::inspect::owners::{Owner, Owners};
use crate::inspect::path::{Path, edge_text, write_lines};
use crate::inspect::snapshot::HeapSnapshot;

/// What holds an object in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Holder {
    /// The program, by a root.
    Root,
    /// Something frozen, which is never examined and so taken for alive. It may be garbage:
    /// [`Store::unfreeze`](crate::Store::unfreeze), and a collection finds out.
    Frozen,
    /// Something that has lost its last owner and waits for its turn: for the end of a scope, for a step, or for the
    /// garbage that owned it to leave.
    Pending,
    /// A cycle that nothing else holds. It awaits a collection: it is garbage.
    Cycle,
    /// Nothing: it is dead, and will be swept.
    Condemned,
    /// Nothing that is alive. In a store only the dead lead to it, which are being swept; in another heap it may have
    /// no owner at all.
    Nothing,
}

impl Holder {
    /// Whether an object that is held by this is alive, and not garbage that was not found yet.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::Holder;
    ///
    /// assert!(Holder::Root.is_alive() && !Holder::Cycle.is_alive());
    /// ```
    #[must_use]
    pub fn is_alive(self) -> bool {
        matches!(self, Self::Root | Self::Frozen | Self::Pending)
    }

    /// What a way from it begins with.
    pub(crate) fn start(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Frozen => "frozen",
            Self::Pending => "pending",
            Self::Cycle => "cycle",
            Self::Condemned | Self::Nothing => "",
        }
    }

    /// What it means for an object to be held so.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Root => "is alive: a root leads to it",
            Self::Frozen => "is kept by something frozen, which no collection examines",
            Self::Pending => "is still there: what leads to it waits to be reclaimed",
            Self::Cycle => "is garbage: a cycle leads to it, and awaits a collection",
            Self::Condemned => "is dead, and was not swept yet",
            Self::Nothing => "is garbage: nothing alive leads to it",
        }
    }
}

/// Why an object is alive: what [`HeapSnapshot::why`] and [`Owners::why`] answer.
///
/// It is written out as a line for each object on the way.
///
/// # Examples
/// ```
/// use understory::Store;
/// use understory::inspect::{Describe, Holder};
///
/// let mut store: Store<&str, &str> = Store::new();
/// let bus = store.insert("bus");
/// let menu = store.insert("menu");
/// let listener = store.insert_linked(menu, "hears by", "listener")?;
/// store.link(bus, "calls", listener)?;
/// store.link(listener, "tells", menu)?;
/// store.unroot(menu)?; // closed; is it gone?
///
/// let describe = Describe::new().class(|name: &&'static str| *name).label(|label: &&'static str| *label);
/// let heap = store.heap_snapshot(&describe);
/// let why = heap.why(heap.find(menu).unwrap());
/// assert_eq!(why.holder, Holder::Root);
/// assert_eq!(why.to_string(), "\
/// menu 2v1 is alive: a root leads to it
///     root     bus 1v1
///     → calls  listener 3v1
///     → tells  menu 2v1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Why<'h> {
    heap: &'h HeapSnapshot,
    /// The object.
    pub object: u32,
    /// What holds it in the end.
    pub holder: Holder,
    /// A shortest way from there. Of a cycle it first goes round; of what nothing holds, it is the object alone.
    pub path: Path,
}

impl HeapSnapshot {
    /// Why an object is alive: the shortest way to it from a root. If there is none, what else keeps it: see
    /// [`Holder`]. Weak edges don't count.
    ///
    /// To ask about several objects make [`owners`](Self::owners) once. A store answers without a snapshot, with
    /// [`Store::why_alive`](crate::Store::why_alive).
    ///
    /// Complexity: O(n + e) for n objects and e edges.
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::{Describe, Holder};
    ///
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [egg, hen] = [store.insert("egg"), store.insert("hen")];
    /// store.link(egg, (), hen)?;
    /// store.link(hen, (), egg)?;
    /// store.unroot(egg)?;
    /// let describe = Describe::new();
    /// assert_eq!(store.heap_snapshot(&describe).why(0).holder, Holder::Root);
    /// store.unroot(hen)?;
    /// assert_eq!(store.heap_snapshot(&describe).why(0).holder, Holder::Cycle);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn why(&self, object: u32) -> Why<'_> {
        self.owners().why(object)
    }
}

/// How a search came to an object, against an edge from it.
#[derive(Clone, Copy)]
struct Visit {
    object: u32,
    /// The edge, and the position of the visit that it leads to. The first visit has none.
    edge: u32,
    from: u32,
}

impl<'h> Owners<'h> {
    /// Why an object is alive: see [`HeapSnapshot::why`].
    ///
    /// Complexity: O(n / 64) for n objects, and O(objects that lead to it + edges to these).
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::{Describe, Holder};
    ///
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let first = store.insert(1);
    /// let second = store.insert_linked(first, (), 2)?;
    /// store.link(first, (), second)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// let owners = heap.owners();
    /// assert!(heap.objects().all(|object| owners.why(object).holder == Holder::Root));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn why(&self, object: u32) -> Why<'h> {
        let heap = self.heap;
        let why = |holder, path| Why {
            heap,
            object,
            holder,
            path,
        };
        let alone = Path {
            objects: alloc::vec![object],
            edges: Vec::new(),
        };
        if heap.is_condemned(object) {
            return why(Holder::Condemned, alone);
        }
        let bump = Bump::new();
        let mut visits = bumpalo::collections::Vec::new_in(&bump);
        let mut marks = Marks::new(heap.len());
        marks.set(object);
        visits.push(Visit {
            object,
            edge: 0,
            from: 0,
        });
        // The nearest that is held by anything other than a root.
        let (mut frozen, mut pending) = (None, None);
        let mut at = 0;
        while let Some(&visit) = visits.get(at) {
            if !heap.roots_of(visit.object).is_empty() {
                return why(Holder::Root, way(&visits, at));
            }
            if heap.is_condemned(visit.object) {
                at += 1;
                continue;
            }
            if heap.is_pending(visit.object) {
                pending = pending.or(Some(at));
            }
            if heap.generation(visit.object) == Some(Generation::Permanent) {
                frozen = frozen.or(Some(at));
            }
            for &Owner { object, edge } in self.entries_of(visit.object) {
                if !marks.set(object) {
                    let from = crate::index::narrow(at);
                    visits.push(Visit { object, edge, from });
                }
            }
            at += 1;
        }
        match (pending, frozen) {
            (Some(at), _) => why(Holder::Pending, way(&visits, at)),
            (_, Some(at)) => why(Holder::Frozen, way(&visits, at)),
            _ => match self.cycle(object) {
                Some(path) => why(Holder::Cycle, path),
                None => why(Holder::Nothing, alone),
            },
        }
    }

    /// Goes from an object to an owner, from there to an owner, and so on, until one comes again; the way from that one
    /// round to itself, and on to the object. `None` if one has no owner.
    fn cycle(&self, object: u32) -> Option<Path> {
        let mut marks = Marks::new(self.heap.len());
        let (mut objects, mut edges) = (alloc::vec![object], Vec::new());
        let mut last = object;
        while !marks.set(last) {
            let owner = self.entries_of(last).iter();
            // The dead don't count, and what lives on has no edge from them for long.
            let owner = owner
                .copied()
                .find(|owner| !self.heap.is_condemned(owner.object))?;
            last = owner.object;
            objects.push(last);
            edges.push(owner.edge);
        }
        objects.reverse();
        edges.reverse();
        Some(Path { objects, edges })
    }
}

/// The way from a visit to the first one.
fn way(visits: &[Visit], at: usize) -> Path {
    let mut path = Path::default();
    let mut at = at;
    loop {
        let visit = visits[at];
        path.objects.push(visit.object);
        if at == 0 {
            return path;
        }
        path.edges.push(visit.edge);
        at = visit.from as usize;
    }
}

impl Why<'_> {
    fn lines(&self) -> Vec<[String; 2]> {
        let how = |(at, label): (usize, Option<&str>)| match label {
            Some(label) => edge_text(label),
            None if at > 0 => String::new(),
            None if self.holder == Holder::Root => self.heap.roots_text(self.path.objects[0]),
            None => self.holder.start().to_string(),
        };
        let steps = self.path.steps(self.heap).enumerate();
        steps
            .map(|(at, (object, label))| [how((at, label)), self.heap.name(object)])
            .collect()
    }
}

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.heap.name(self.object);
        write!(f, "{name} {}", self.holder.meaning())?;
        match self.holder {
            Holder::Condemned | Holder::Nothing => Ok(()),
            _ => write_lines(f, &self.lines()),
        }
    }
}

impl fmt::Debug for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self}"))
    }
}
