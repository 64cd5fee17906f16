//! Which objects a part consists of.

use core::fmt;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use slotmap::Key;

use super::places::Places;
use crate::error::StaleHandle;
use crate::graph::pool::List;
use crate::graph::rows::Heads;
use crate::store::Store;

/// Objects that are read together, so that their loads wait for nothing but memory.
const BATCH: usize = 64;

/// Whether to follow an edge: its source, its label, its target.
type Follow<'a, E, K> = Box<dyn Fn(K, &E, K) -> bool + 'a>;

/// A part of a store: some objects, and what they lead to.
///
/// It only describes the part. [`Store::duplicate`] and [`Store::extract`] find out which objects that is when they
/// are called, so one `Subgraph` can be used again and again.
///
/// To the part belong the *starts*, and all that can be reached from them over edges. [`follow`](Self::follow) and
/// [`without_shared`](Self::without_shared) limit it. Weak edges are not followed; they belong to the part if both
/// of their ends do. The order of a part is that of the indices of its objects, which is that of
/// [`Store::handles`].
///
/// # Examples
/// ```
/// use understory::{Store, Subgraph};
///
/// let mut store: Store<&str, &str> = Store::default();
/// let bronze = store.insert("bronze");
/// let statue = store.insert("statue");
/// store.link(statue, "made of", bronze)?;
/// store.insert_linked(statue, "has", "plinth")?;
///
/// let whole = store.duplicate(&Subgraph::of([statue]))?;
/// assert_eq!(whole.len(), 3); // the bronze too
/// let own = store.duplicate(&Subgraph::of([statue]).without_shared())?;
/// assert_eq!(own.len(), 2); // the program holds the bronze
/// let copy = own.get(statue).unwrap();
/// assert_eq!(store.target(copy, &"made of"), Some(bronze));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Subgraph<'a, E, K> {
    starts: Vec<K>,
    follow: Option<Follow<'a, E, K>>,
    is_without_shared: bool,
    pub(super) is_cut: bool,
    pub(super) owner: Option<(K, E)>,
}

impl<'a, E, K: Key> Subgraph<'a, E, K> {
    /// These objects, and all that they lead to. One that is named twice counts once.
    ///
    /// Complexity: O(starts).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, Subgraph};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let cart = store.insert("cart");
    /// store.insert_linked(cart, (), "wheel")?;
    /// assert_eq!(store.duplicate(&Subgraph::of([cart]))?.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(starts: impl IntoIterator<Item = K>) -> Self {
        Self {
            starts: starts.into_iter().collect(),
            follow: None,
            is_without_shared: false,
            is_cut: false,
            owner: None,
        }
    }

    /// Follows only the edges for which `follow` answers `true`, given the source, the label and the target.
    ///
    /// It says which objects are in the part, not which edges: an edge that is not followed belongs to the part
    /// if its target does for another reason. It is not asked about each edge, as it is enough to reach an object
    /// once.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, Subgraph};
    ///
    /// let mut store: Store<&str, &str> = Store::default();
    /// let archer = store.insert("archer");
    /// store.insert_linked(archer, "has", "bow")?;
    /// let wolf = store.insert_linked(archer, "aims at", "wolf")?;
    ///
    /// let part = Subgraph::of([archer]).follow(|_, label, _| *label != "aims at");
    /// let copies = store.duplicate(&part)?;
    /// assert_eq!((copies.len(), copies.get(wolf)), (2, None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn follow(self, follow: impl Fn(K, &E, K) -> bool + 'a) -> Self {
        Self {
            follow: Some(Box::new(follow)),
            ..self
        }
    }

    /// Leaves out what something else holds too: of what the starts lead to, the part has only what would die
    /// with them if they were destroyed. What is left out has a root, or an object outside of the part leads to it.
    /// The starts are in the part, whoever holds them.
    ///
    /// So a copy shares with the original what the original shares with others, and what is extracted takes nothing
    /// along that others own.
    ///
    /// Complexity: O(1). Whoever uses the part then also reads the in-edges of its objects.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, Subgraph};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [north, south] = [store.insert("north"), store.insert("south")];
    /// let gate = store.insert_linked(north, (), "gate")?;
    /// store.link(south, (), gate)?; // both own the gate
    /// let well = store.insert_linked(north, (), "well")?;
    ///
    /// let cut = store.extract(&Subgraph::of([north]).without_shared())?;
    /// assert!(store.contains(gate) && !store.contains(well));
    /// assert_eq!(cut.store.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn without_shared(self) -> Self {
        Self {
            is_without_shared: true,
            ..self
        }
    }

    /// Has [`Store::duplicate`] leave out the edges, strong and weak, that lead out of the part. Otherwise the
    /// copies have edges to the same objects as the originals. ([`Store::extract`] has to cut them in any case.)
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, Subgraph};
    ///
    /// let mut store: Store<&str, &str> = Store::default();
    /// let archer = store.insert("archer");
    /// store.insert_linked(archer, "aims at", "wolf")?;
    /// let part = || Subgraph::of([archer]).follow(|_, label, _| *label != "aims at");
    ///
    /// let copies = store.duplicate(&part())?;
    /// assert_eq!(store.out_degree(copies.get(archer).unwrap()), Some(1)); // aims at the same wolf
    /// let copies = store.duplicate(&part().cut())?;
    /// assert_eq!(store.out_degree(copies.get(archer).unwrap()), Some(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn cut(self) -> Self {
        Self {
            is_cut: true,
            ..self
        }
    }

    /// Has [`Store::duplicate`] give the copy of each start to an owner, by an edge with this label, instead of a
    /// root. ([`Store::extract`] takes no notice.)
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, Subgraph};
    ///
    /// let mut store: Store<&str, &str> = Store::default();
    /// let [camp, tent] = [store.insert("camp"), store.insert("tent")];
    /// let copies = store.duplicate(&Subgraph::of([tent]).owned_by(camp, "has"))?;
    /// let copy = copies.get(tent).unwrap();
    /// assert_eq!(store.target(camp, &"has"), Some(copy));
    /// assert_eq!(store.root_count(copy), Some(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn owned_by(self, owner: K, label: E) -> Self {
        Self {
            owner: Some((owner, label)),
            ..self
        }
    }

    /// Whether edges may lead out of it.
    pub(super) fn has_border(&self) -> bool {
        self.follow.is_some() || self.is_without_shared
    }
}

impl<E: fmt::Debug, K: fmt::Debug> fmt::Debug for Subgraph<'_, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subgraph")
            .field("starts", &self.starts)
            .field("without_shared", &self.is_without_shared)
            .field("cut", &self.is_cut)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

/// The objects of a part.
#[derive(Default)]
pub(super) struct Picked {
    /// Their indices, in order.
    pub(super) indices: Vec<u32>,
    /// Where each of them is among `indices`.
    pub(super) places: Places,
    /// The places of the starts, in the order in which they were given, and each once.
    pub(super) starts: Vec<u32>,
}

impl Picked {
    /// All of a set; the starts have these indices.
    fn new(places: Places, starts: &[u32]) -> Self {
        let mut places = places;
        let indices = places.arrange();
        let starts = starts.iter().filter_map(|&start| places.get(start));
        Self {
            starts: starts.collect(),
            indices,
            places,
        }
    }

    /// All of these, none of which is a start.
    pub(super) fn all(indices: impl Iterator<Item = u32>) -> Self {
        let mut places = Places::default();
        for index in indices {
            places.insert(index);
        }
        Self::new(places, &[])
    }
}

/// A position in few bits.
#[expect(
    clippy::cast_possible_truncation,
    reason = "there are fewer than 2^32 objects"
)]
#[inline]
pub(super) fn position(at: usize) -> u32 {
    at as u32
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Finds the objects of a part.
    pub(super) fn pick(&self, part: &Subgraph<'_, E, K>) -> Result<Picked, StaleHandle> {
        let (headers, edges) = (self.objects.graph.headers(), self.objects.graph.edges());
        let mut places = Places::default();
        let mut found = Vec::new();
        for &start in &part.starts {
            let start = self.resolve(start)?;
            if places.insert(start) {
                found.push(start);
            }
        }
        let starts = found.clone();
        // The order in which they are found does not show. Nothing alive has an edge to anything dead.
        match &part.follow {
            None => self.find_all(found, &mut places),
            Some(follow) => {
                while let Some(source) = found.pop() {
                    let list = headers.outgoing(source);
                    for (at, &target) in edges.targets(list).iter().enumerate() {
                        if target == 0 || places.has(target) {
                            continue;
                        }
                        let (from, to) = (headers.key(source).into(), headers.key(target).into());
                        if follow(from, edges.label(*list, at), to) {
                            places.insert(target);
                            found.push(target);
                        }
                    }
                }
            }
        }
        let picked = Picked::new(places, &starts);
        Ok(if part.is_without_shared {
            self.leave_out_shared(picked)
        } else {
            picked
        })
    }

    /// Adds all that those which were found lead to.
    fn find_all(&self, found: Vec<u32>, places: &mut Places) {
        let (headers, edges) = (self.objects.graph.headers(), self.objects.graph.edges());
        let mut found = found;
        let mut lists = [List::EMPTY; BATCH];
        while !found.is_empty() {
            let first = found.len().saturating_sub(BATCH);
            let len = found.len() - first;
            for (list, source) in lists.iter_mut().zip(found.drain(first..)) {
                *list = *headers.outgoing(source);
            }
            for list in &lists[..len] {
                for &target in edges.targets(list) {
                    if target != 0 && places.insert(target) {
                        found.push(target);
                    }
                }
            }
        }
    }

    /// Leaves out what is reached from outside without passing a start.
    fn leave_out_shared(&self, picked: Picked) -> Picked {
        let (headers, edges) = (self.objects.graph.headers(), self.objects.graph.edges());
        let Picked {
            indices,
            places,
            starts,
        } = &picked;
        let mut is_start = vec![false; indices.len()];
        for &start in starts {
            is_start[start as usize] = true;
        }
        let is_outside = |source| !places.has(source) && self.objects.is_live(source);
        let is_held = |index| {
            let node = headers.node(index);
            let mut sources = edges.incoming(&node.incoming).iter();
            node.roots() > 0 || sources.any(|entry| is_outside(entry.node))
        };
        let mut stays = vec![false; indices.len()];
        let mut unread = Vec::new();
        for (at, &index) in indices.iter().enumerate() {
            if !is_start[at] && is_held(index) {
                stays[at] = true;
                unread.push(index);
            }
        }
        if unread.is_empty() {
            return picked;
        }
        while let Some(index) = unread.pop() {
            for &target in edges.targets(headers.outgoing(index)) {
                if let Some(at) = places.get(target).map(|at| at as usize) {
                    if !is_start[at] && !stays[at] {
                        stays[at] = true;
                        unread.push(target);
                    }
                }
            }
        }
        let mut left = Places::default();
        let leaving = indices.iter().zip(&stays).filter(|&(_, stays)| !stays);
        leaving.for_each(|(&index, _)| {
            left.insert(index);
        });
        let starts: Vec<u32> = starts.iter().map(|&at| indices[at as usize]).collect();
        Picked::new(left, &starts)
    }
}
