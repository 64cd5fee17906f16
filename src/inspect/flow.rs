//! Ways that have nothing in common, and the least that has to be cut so that an object dies: a flow of units from the
//! object against the edges to the roots (Dinic 1970).

use alloc::vec::Vec;
use core::fmt;

use bitvec::order::Lsb0;
use bitvec::vec::BitVec;
use bumpalo::Bump;

use crate::index::narrow;
use crate::inspect::marks::Marks;
use crate::inspect::owners::{Owner, Owners};
use crate::inspect::path::{Path, edge_text};
use crate::inspect::snapshot::{HeapSnapshot, RootEntry};

/// What ways may not have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disjoint {
    /// Edges and roots.
    Edges,
    /// Objects, but for the one that they lead to.
    Objects,
}

/// The least that has to be cut so that an object dies: what [`Owners::cut`] answers.
///
/// It is written out as a line for each edge and each rooted object.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cut<'h> {
    heap: &'h HeapSnapshot,
    /// The object.
    pub object: u32,
    /// Roots to drop, all that the objects have.
    pub roots: Vec<RootEntry>,
    /// Edges to remove, as positions among all edges: [`HeapSnapshot::source`] and [`HeapSnapshot::edge`] say which
    /// they are.
    pub edges: Vec<u32>,
}

impl Cut<'_> {
    /// How many edges and roots these are.
    ///
    /// Complexity: O(roots).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.owners().cut(0).cost(), 1); // its root
    /// ```
    #[must_use]
    pub fn cost(&self) -> u64 {
        let roots: u64 = self.roots.iter().map(|root| u64::from(root.count)).sum();
        roots + self.edges.len() as u64
    }
}

impl<'h> Owners<'h> {
    /// Ways from roots to an object that have nothing in common, short ones first; as many as there are, but not more
    /// than `most`. If there are several, no one edge (or object) is to blame.
    ///
    /// Those that share no edges may share objects, and an object with several roots begins several.
    ///
    /// Complexity: O((n + e) `most`) for n objects and e edges; if `most` is large, O(e √e) for ways without common
    /// edges.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    /// use understory::inspect::{Describe, Disjoint};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [screen, bus] = [store.insert("screen"), store.insert("bus")];
    /// let menu = store.insert_linked(screen, (), "menu")?;
    /// store.link(bus, (), menu)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// let ways = heap.owners().disjoint(heap.find(menu).unwrap(), Disjoint::Objects, 10);
    /// assert_eq!(ways.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn disjoint(&self, object: u32, disjoint: Disjoint, most: usize) -> Vec<Path> {
        let bump = Bump::new();
        let mut flow = Flow::new(self, object, disjoint, &bump);
        flow.fill(most as u64);
        flow.ways()
    }

    /// The fewest edges and roots that have to go for an object to die, each root counted as often as it was added. If
    /// there are several such sets, it is the one nearest to the object. Of garbage there is nothing to cut.
    ///
    /// Complexity: O(e √e) for e edges at most; O((n + e) c) if c have to go.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    /// use understory::inspect::Describe;
    ///
    /// let mut store: Store<&str, &str> = Store::new();
    /// let world = store.insert("world");
    /// let cache = store.insert_linked(world, "cache", "cache")?;
    /// for name in ["oak", "elm", "fir"] {
    ///     let tree = store.insert_linked(world, "tree", name)?;
    ///     store.link(cache, name, tree)?;
    /// }
    /// let leaf = store.insert_linked(cache, "leaf", "leaf")?;
    /// let describe = Describe::new().class(|name: &&'static str| *name).label(|label: &&'static str| *label);
    /// let heap = store.heap_snapshot(&describe);
    /// let cut = heap.owners().cut(heap.find(leaf).unwrap());
    /// assert_eq!(cut.to_string(), "\
    /// leaf 6v1 dies if this is cut:
    ///     cache 2v1 → leaf: leaf 6v1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn cut(&self, object: u32) -> Cut<'h> {
        let bump = Bump::new();
        let mut flow = Flow::new(self, object, Disjoint::Edges, &bump);
        flow.fill(u64::MAX);
        flow.cut()
    }
}

/// A state that the search has not come to.
const UNSEEN: u32 = u32::MAX;

/// Units that flow from an object to roots. A unit that is at an object goes on against an edge to it without a flow,
/// or takes a unit back from an edge of it.
///
/// If ways may share objects, the state is the object's alone. Otherwise each has two: it *wants* an owner, or an edge
/// from it was taken; from there on it may want one, once.
struct Flow<'o, 'h, 'b> {
    owners: &'o Owners<'h>,
    target: u32,
    disjoint: Disjoint,
    /// Edges that have a flow.
    flows: BitVec<usize, Lsb0>,
    /// Objects of which an edge has, or had, a flow.
    carries: Marks,
    /// Objects that a unit has passed; if ways share no objects.
    passed: Marks,
    /// How many roots of each object have a flow.
    rooted: &'b mut [u32],
    /// How far each state is from the target, in the last search.
    levels: &'b mut [u32],
    /// The next arc of each state to look at.
    next: &'b mut [u32],
}

/// Where a unit can go next.
#[derive(Clone, Copy)]
struct Arc {
    to: u32,
    kind: ArcKind,
}

#[derive(Clone, Copy)]
enum ArcKind {
    /// Against an edge, to its source.
    Against(Owner),
    /// Along an edge of which it takes the unit back.
    Back(u32),
    /// Through an object that no unit has passed.
    Pass(u32),
    /// Takes back the unit that has passed an object.
    Unpass(u32),
}

/// What an arc is, at some position of a state.
enum At {
    Arc(Arc),
    /// It has no room.
    Full,
    /// There are no more.
    End,
}

impl<'o, 'h, 'b> Flow<'o, 'h, 'b> {
    fn new(owners: &'o Owners<'h>, target: u32, disjoint: Disjoint, bump: &'b Bump) -> Self {
        let objects = owners.heap.len();
        let states = objects * sides(disjoint) as usize;
        Self {
            owners,
            target,
            disjoint,
            flows: BitVec::repeat(false, owners.heap.edge_count()),
            carries: Marks::new(objects),
            passed: Marks::new(objects),
            rooted: bump.alloc_slice_fill_copy(objects, 0),
            levels: bump.alloc_slice_fill_copy(states, UNSEEN),
            next: bump.alloc_slice_fill_copy(states, 0),
        }
    }

    /// The state of an object that wants an owner.
    fn wants(&self, object: u32) -> u32 {
        object * sides(self.disjoint)
    }

    /// The state of an object of which an edge was taken.
    fn taken(&self, object: u32) -> u32 {
        (object + 1) * sides(self.disjoint) - 1
    }

    /// How many roots of an object have no flow.
    fn roots_left(&self, object: u32) -> u32 {
        let roots = self.owners.heap.roots_of(object).iter();
        let all = match self.disjoint {
            Disjoint::Edges => roots.fold(0, |sum: u32, root| sum.saturating_add(root.count)),
            Disjoint::Objects => u32::from(roots.len() > 0),
        };
        all - self.rooted[object as usize]
    }

    /// The arc at a position of a state.
    fn arc(&self, state: u32, at: u32) -> At {
        let heap = self.owners.heap;
        let (object, is_split) = (
            state / sides(self.disjoint),
            self.disjoint == Disjoint::Objects,
        );
        let at = at as usize;
        let when = |has_room: bool, to, kind| {
            if has_room {
                At::Arc(Arc { to, kind })
            } else {
                At::Full
            }
        };
        let along = |at: usize| {
            let edges = heap.edge_range(object);
            if !self.carries.has(object) || at >= edges.len() {
                return At::End;
            }
            let edge = edges.start + at;
            let target = heap.edge(edge).target;
            when(
                self.flows[edge],
                self.wants(target),
                ArcKind::Back(narrow(edge)),
            )
        };
        if is_split && state == self.taken(object) {
            let pass = ArcKind::Pass(object);
            return match at {
                0 => when(!self.passed.has(object), self.wants(object), pass),
                _ => along(at - 1),
            };
        }
        let entries = self.owners.entries_of(object);
        if let Some(&owner) = entries.get(at) {
            let has_room = !self.flows[owner.edge as usize] && owner.object != self.target;
            return when(has_room, self.taken(owner.object), ArcKind::Against(owner));
        }
        if !is_split {
            return along(at - entries.len());
        }
        match at - entries.len() {
            0 => when(
                self.passed.has(object),
                self.taken(object),
                ArcKind::Unpass(object),
            ),
            _ => At::End,
        }
    }

    /// Lets units flow, as long as there is a way for one, and not more than `most`. If it ends for want of a way, the
    /// levels tell what a unit could still come to.
    fn fill(&mut self, most: u64) {
        let direct = self.roots_left(self.target);
        let direct = u32::try_from(most.min(direct.into())).unwrap_or(u32::MAX);
        self.rooted[self.target as usize] += direct;
        let mut left = most - u64::from(direct);
        while left > 0 && self.search() {
            self.next.fill(0);
            while left > 0 && self.send() {
                left -= 1;
            }
        }
    }

    /// Finds how far each state is from the target, up to the first with a root; says whether there is one.
    fn search(&mut self) -> bool {
        self.levels.fill(UNSEEN);
        let start = self.wants(self.target);
        self.levels[start as usize] = 0;
        let mut queue = alloc::vec![start];
        let (mut read, mut last) = (0, UNSEEN);
        while let Some(&state) = queue.get(read) {
            read += 1;
            let level = self.levels[state as usize];
            if level >= last {
                break;
            }
            if self.is_end(state) {
                last = level + 1;
            }
            for at in 0.. {
                match self.arc(state, at) {
                    At::End => break,
                    At::Full => {}
                    At::Arc(arc) => {
                        let seen = &mut self.levels[arc.to as usize];
                        if *seen == UNSEEN {
                            *seen = level + 1;
                            queue.push(arc.to);
                        }
                    }
                }
            }
        }
        last != UNSEEN
    }

    /// Whether a unit at a state can leave by a root.
    fn is_end(&self, state: u32) -> bool {
        let object = state / sides(self.disjoint);
        state == self.wants(object) && self.roots_left(object) > 0
    }

    /// Sends a unit over levels that grow by one, and says whether it has arrived.
    fn send(&mut self) -> bool {
        let mut way: Vec<Arc> = Vec::new();
        let mut state = self.wants(self.target);
        loop {
            if self.is_end(state) {
                self.rooted[(state / sides(self.disjoint)) as usize] += 1;
                for arc in way {
                    self.apply(arc.kind);
                }
                return true;
            }
            let level = self.levels[state as usize];
            let at = self.next[state as usize];
            match self.arc(state, at) {
                At::Arc(arc) if self.levels[arc.to as usize] == level.saturating_add(1) => {
                    way.push(arc);
                    state = arc.to;
                }
                At::Arc(_) | At::Full => self.next[state as usize] += 1,
                At::End => {
                    // Nothing leads on from here in this search.
                    self.levels[state as usize] = UNSEEN;
                    if way.pop().is_none() {
                        return false;
                    }
                    let start = self.wants(self.target);
                    state = way.last().map_or(start, |arc| arc.to);
                    self.next[state as usize] += 1;
                }
            }
        }
    }

    fn apply(&mut self, kind: ArcKind) {
        match kind {
            ArcKind::Against(Owner { object, edge }) => {
                self.flows.set(edge as usize, true);
                self.carries.set(object);
            }
            ArcKind::Back(edge) => self.flows.set(edge as usize, false),
            ArcKind::Pass(object) => drop(self.passed.set(object)),
            ArcKind::Unpass(object) => self.passed.clear(object),
        }
    }

    /// The ways of all units, from the roots to the target.
    fn ways(mut self) -> Vec<Path> {
        self.next.fill(0);
        // From here on: where each object stands on the way that is followed.
        self.levels.fill(UNSEEN);
        let mut ways = Vec::new();
        while let Some(way) = self.take_way() {
            ways.push(way);
        }
        ways.sort_by_key(|way| way.edges.len());
        ways
    }

    /// Takes one unit out of the flow, and returns its way, without detours that lead back to it.
    fn take_way(&mut self) -> Option<Path> {
        let (mut objects, mut edges) = (alloc::vec![self.target], Vec::new());
        let mut last = self.target;
        while self.rooted[last as usize] == 0 {
            self.put(last, narrow(objects.len() - 1));
            // `next` says how many entries had no flow, or had given it.
            let state = self.wants(last) as usize;
            let from = self.next[state] as usize;
            let mut entries = self.owners.entries_of(last)[from..].iter();
            let at = entries.position(|owner| self.flows[owner.edge as usize])?;
            let Owner { object, edge } = self.owners.entries_of(last)[from + at];
            self.next[state] = narrow(from + at + 1);
            self.flows.set(edge as usize, false);
            let place = self.levels[self.wants(object) as usize];
            if place == UNSEEN {
                objects.push(object);
                edges.push(edge);
            } else {
                edges.truncate(place as usize);
                for detour in objects.drain(place as usize + 1..) {
                    self.put(detour, UNSEEN);
                }
            }
            last = object;
        }
        self.rooted[last as usize] -= 1;
        for &object in &objects {
            self.put(object, UNSEEN);
        }
        objects.reverse();
        edges.reverse();
        Some(Path { objects, edges })
    }

    /// Notes where an object stands on a way.
    fn put(&mut self, object: u32, place: u32) {
        let state = self.wants(object) as usize;
        self.levels[state] = place;
    }

    /// What separates the states that a unit could still come to from the others.
    fn cut(self) -> Cut<'h> {
        let heap = self.owners.heap;
        let is_inside = |object: u32| self.levels[object as usize] != UNSEEN;
        let (mut roots, mut edges) = (Vec::new(), Vec::new());
        for object in heap.objects().filter(|&object| is_inside(object)) {
            roots.extend_from_slice(heap.roots_of(object));
            let cut = self.owners.entries_of(object).iter();
            let cut =
                cut.filter(|owner| self.flows[owner.edge as usize] && !is_inside(owner.object));
            edges.extend(cut.map(|owner| owner.edge));
        }
        edges.sort_unstable();
        Cut {
            heap,
            object: self.target,
            roots,
            edges,
        }
    }
}

/// How many states an object has.
fn sides(disjoint: Disjoint) -> u32 {
    match disjoint {
        Disjoint::Edges => 1,
        Disjoint::Objects => 2,
    }
}

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.heap.name(self.object);
        match self.cost() {
            0 => return write!(f, "{name} is garbage: there is nothing to cut"),
            1 => write!(f, "{name} dies if this is cut:")?,
            cost => write!(f, "{name} dies if these {cost} are cut:")?,
        }
        let mut rooted: Vec<u32> = self.roots.iter().map(|root| root.object).collect();
        rooted.dedup();
        for object in rooted {
            let (roots, name) = (self.heap.roots_text(object), self.heap.name(object));
            write!(f, "\n    {roots} of {name}")?;
        }
        for &edge in &self.edges {
            let edge = edge as usize;
            let (source, link) = (self.heap.source(edge), self.heap.edge(edge));
            let label = self.heap.label(link.label);
            let colon = if label.is_empty() { "" } else { ":" };
            let [source, target] = [source, link.target].map(|object| self.heap.name(object));
            write!(f, "\n    {source} {}{colon} {target}", edge_text(label))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
