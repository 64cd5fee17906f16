//! Lists: the edges of an object that have one label, in order.

mod read;

use core::fmt;

use alloc::vec::Vec;

use slotmap::{Key, KeyData};

use crate::error::{LinkRefusal, UnlinkError};
use crate::graph::Kind;
use crate::store::Store;
pub use read::{EdgeList, ListIter};

impl<T, E: PartialEq, K: Key> Store<T, E, K> {
    /// The edges from an object that have a label, as a list to read. [`weak_edges`](Self::weak_edges) has
    /// those of weak edges.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    ///
    /// let mut store: Store<&str, &str> = Store::default();
    /// let hand = store.insert("hand");
    /// let ace = store.insert_linked(hand, "card", "ace")?;
    /// let king = store.insert_linked(hand, "card", "king")?;
    /// let cards = store.list(hand, &"card");
    /// assert_eq!((cards.len(), cards.get(1), cards.position(ace)), (2, Some(king), Some(0)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn list<'a>(&'a self, owner: K, label: &'a E) -> EdgeList<'a, E, K> {
        self.edges().list(owner, label)
    }

    /// The edges from an object that have a label, as a list to change.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    ///
    /// let mut store: Store<&str, &str> = Store::default();
    /// let hand = store.insert("hand");
    /// let [ace, king, ten] = ["ace", "king", "ten"].map(|name| store.insert(name));
    /// let mut cards = store.list_mut(hand, &"card");
    /// cards.push(ace)?;
    /// cards.push(king)?;
    /// cards.insert(0, ten)?; // before the ace
    /// cards.move_to(2, 1); // the king before it, too
    /// assert!(cards.read().iter().eq([ten, king, ace]));
    /// cards.unlink(king)?;
    /// assert!(store.list(hand, &"card").iter().eq([ten, ace]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn list_mut<'a>(&'a mut self, owner: K, label: &'a E) -> EdgeListMut<'a, T, E, K> {
        EdgeListMut::new(self, Kind::Strong, owner, label)
    }

    /// The weak edges from an object that have a label, as a list to change, in the same ways.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// let mut store: Store<&str, &str> = Store::default();
    /// let [archer, wolf, boar] = ["archer", "wolf", "boar"].map(|name| store.insert(name));
    /// let mut targets = store.weak_list_mut(archer, &"aims at");
    /// targets.push(wolf)?;
    /// targets.insert(0, boar)?;
    /// store.destroy(boar); // a weak edge goes with its target
    /// assert!(store.weak_edges().list(archer, &"aims at").iter().eq([wolf]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn weak_list_mut<'a>(&'a mut self, owner: K, label: &'a E) -> EdgeListMut<'a, T, E, K> {
        EdgeListMut::new(self, Kind::Weak, owner, label)
    }
}

/// The edges from an object that have one label, in order, to change: what [`Store::list_mut`] and
/// [`Store::weak_list_mut`] give.
///
/// An index counts the edges with this label alone. Whatever is changed, all edges of the object that are not
/// moved keep their order, those with other labels too. No index is out of bounds: what is put behind the end
/// comes last, and there is nothing to be done where no edge is.
///
/// A call that takes away an edge may end its target's life, and run finalizers, which may do anything; even
/// to the owner of the list, which is empty then. Calls that add are refused if the owner or the target is no
/// object.
pub struct EdgeListMut<'a, T, E, K: Key> {
    store: &'a mut Store<T, E, K>,
    kind: Kind,
    owner: K,
    label: &'a E,
}

impl<'a, T, E, K: Key> EdgeListMut<'a, T, E, K> {
    pub(super) fn new(store: &'a mut Store<T, E, K>, kind: Kind, owner: K, label: &'a E) -> Self {
        Self {
            store,
            kind,
            owner,
            label,
        }
    }
}

impl<T, E: PartialEq, K: Key> EdgeListMut<'_, T, E, K> {
    /// The list, to read.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let [hand, ace] = ["hand", "ace"].map(|name| store.insert(name));
    /// let mut cards = store.list_mut(hand, &"card");
    /// cards.push(ace)?;
    /// let last = cards.read().len() - 1;
    /// assert_eq!(cards.remove(last), Some(ace));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(&self) -> EdgeList<'_, E, K> {
        let edges = self.store.edges();
        let edges = match self.kind {
            Kind::Strong => edges,
            Kind::Weak => edges.weak(),
        };
        edges.list(self.owner, self.label)
    }

    /// Removes the edge at an index, and returns its target, which may have died of that.
    ///
    /// Complexity: O(edges before it) to find it, O(1) amortised to remove it, and what the death costs.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let hand = store.insert("hand");
    /// store.insert_linked(hand, "card", "ace")?;
    /// let king = store.insert_linked(hand, "card", "king")?;
    /// assert_eq!(store.list_mut(hand, &"card").remove(1), Some(king));
    /// assert!(!store.contains(king)); // only the hand held it
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove(&mut self, at: usize) -> Option<K> {
        self.store.settle();
        let (from, at) = self.spot(at)?;
        let target = self.key_at(from, at);
        self.store.unlink_at(self.kind, from, at);
        Some(target)
    }

    /// Removes the first edge with this label to a target, and returns its label. Others, also parallel ones,
    /// stay, and keep their order.
    ///
    /// # Errors
    /// As in [`Store::unlink`].
    ///
    /// Complexity: O(min(out-degree, in-degree)) to find it, O(1) amortised to remove it.
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// let mut store: Store<&str, &str> = Store::default();
    /// let [cat, dog] = [store.insert("cat"), store.insert("dog")];
    /// store.link(cat, "fears", dog)?;
    /// store.link(cat, "chases", dog)?;
    /// store.list_mut(cat, &"chases").unlink(dog)?;
    /// assert_eq!(store.target(cat, &"fears"), Some(dog));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unlink(&mut self, target: K) -> Result<E, UnlinkError> {
        self.store.settle();
        let (from, to) = self.store.ends(self.owner, target)?;
        let graph = &self.store.objects.graph;
        let at = graph.find_labelled(self.kind, from, self.label, to);
        let at = at.ok_or(UnlinkError::not_linked(self.owner.data(), target.data()))?;
        Ok(self.store.unlink_at(self.kind, from, at))
    }

    /// Points the edge at an index to another target, in one step. Returns the target that was replaced, or
    /// `None` if there is no such edge.
    ///
    /// # Errors
    /// [`LinkRefusal`], if the target is no object or there is no room.
    ///
    /// Complexity: O(edges before it).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let [hand, king] = ["hand", "king"].map(|name| store.insert(name));
    /// let ace = store.insert_linked(hand, "card", "ace")?;
    /// assert_eq!(store.list_mut(hand, &"card").replace(0, king)?, Some(ace));
    /// assert!(store.has_edge(hand, king) && !store.contains(ace));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn replace(&mut self, at: usize, target: K) -> Result<Option<K>, LinkRefusal> {
        self.store.settle();
        let (_, to) = self.ends(target)?;
        match self.spot(at) {
            Some((from, at)) => {
                let old = self.store.retarget(self.kind, from, at, to);
                old.map(Some).ok_or(LinkRefusal::TooManyEdges)
            }
            None => Ok(None),
        }
    }

    /// Moves the edge at an index to another index (the last one, if that is too high); those in between move
    /// by one. Returns whether there is an edge at the first index.
    ///
    /// Complexity: O(edges before them) to find both, O(edges in between) to move.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let hand = store.insert("hand");
    /// let [ace, king, ten] =
    ///     ["ace", "king", "ten"].map(|name| store.insert_linked(hand, "card", name).unwrap());
    /// store.list_mut(hand, &"card").move_to(0, 2);
    /// assert!(store.list(hand, &"card").iter().eq([king, ten, ace]));
    /// ```
    pub fn move_to(&mut self, from: usize, to: usize) -> bool {
        self.store.settle();
        let Some((source, first)) = self.spot(from) else {
            return false;
        };
        let Some(last) = self.spot_or_last(to) else {
            return false;
        };
        let graph = &mut self.store.objects.graph;
        graph.rotate(self.kind, source, first, last);
        true
    }

    /// Exchanges the edges at two indices. Returns whether there are such edges.
    ///
    /// Complexity: O(edges before them) to find both, O(1) to exchange them.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let hand = store.insert("hand");
    /// let [ace, king, ten] =
    ///     ["ace", "king", "ten"].map(|name| store.insert_linked(hand, "card", name).unwrap());
    /// assert!(store.list_mut(hand, &"card").swap(0, 2));
    /// assert!(store.list(hand, &"card").iter().eq([ten, king, ace]));
    /// ```
    pub fn swap(&mut self, a: usize, b: usize) -> bool {
        self.store.settle();
        let (Some((source, a)), Some((_, b))) = (self.spot(a), self.spot(b)) else {
            return false;
        };
        if a != b {
            let graph = &mut self.store.objects.graph;
            graph.permute(self.kind, source, &[a, b], &mut [1, 0]);
        }
        true
    }

    /// Sorts the edges by a key of their targets, which is made once for each: handle and value. Edges with
    /// equal keys keep their order.
    ///
    /// Complexity: O(out-degree + n log n) for n edges.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let hand = store.insert("hand");
    /// let [ten, king, ace] =
    ///     ["ten", "king", "ace"].map(|name| store.insert_linked(hand, "card", name).unwrap());
    /// store.list_mut(hand, &"card").sort_by_key(|_, &name| name);
    /// assert!(store.list(hand, &"card").iter().eq([ace, king, ten]));
    /// ```
    pub fn sort_by_key<S: Ord>(&mut self, mut key: impl FnMut(K, &T) -> S) {
        // The user's code runs before anything changes.
        self.store.settle();
        let Ok(source) = self.store.resolve(self.owner) else {
            return;
        };
        let positions: Vec<usize> = self.spots(source).collect();
        let target = |&at: &usize| self.key_at(source, at);
        let keys = positions.iter().map(target).zip(0..);
        let mut keyed: Vec<(S, usize)> = keys
            .filter_map(|(target, rank)| Some((key(target, self.store.get(target)?), rank)))
            .collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        let mut order: Vec<usize> = keyed.iter().map(|&(_, rank)| rank).collect();
        if order.len() == positions.len() {
            let graph = &mut self.store.objects.graph;
            graph.permute(self.kind, source, &positions, &mut order);
        }
    }

    /// Removes all edges with this label; then their targets die, in order, as far as nothing else holds
    /// them. Returns how many edges there were.
    ///
    /// Complexity: O(out-degree), and O(reclaimed objects + their edges).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let hand = store.insert("hand");
    /// store.insert_linked(hand, "card", "ace")?;
    /// store.insert_linked(hand, "ring", "ruby")?;
    /// assert_eq!(store.list_mut(hand, &"card").clear(), 1);
    /// assert_eq!((store.len(), store.out_degree(hand)), (2, Some(1)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clear(&mut self) -> usize {
        self.store.settle();
        let Ok(source) = self.store.resolve(self.owner) else {
            return 0;
        };
        let mut listed = self.spots(source).peekable();
        // Those that go to the end, where edges are removed in one go; the others keep their order.
        let (mut kept, mut going) = (Vec::new(), Vec::new());
        let mut positions = Vec::new();
        for at in self.all_spots(source) {
            let rank = positions.len();
            positions.push(at);
            if listed.next_if_eq(&at).is_some() {
                going.push(rank);
            } else {
                kept.push(rank);
            }
        }
        drop(listed);
        let removed = going.len();
        if !kept.is_empty() && removed > 0 {
            kept.append(&mut going);
            let graph = &mut self.store.objects.graph;
            graph.permute(self.kind, source, &positions, &mut kept);
        }
        if removed > 0 {
            self.store.unlink_last(self.kind, source, removed);
        }
        removed
    }

    /// The index of the owner, and the place of the edge at an index among all of its edges.
    pub(super) fn spot(&self, at: usize) -> Option<(u32, usize)> {
        let source = self.store.resolve(self.owner).ok()?;
        Some((source, self.spots(source).nth(at)?))
    }

    /// The place of the edge at an index, or of the last one.
    fn spot_or_last(&self, at: usize) -> Option<usize> {
        let source = self.store.resolve(self.owner).ok()?;
        self.spots(source).take(at.saturating_add(1)).last()
    }

    /// The places of the edges with the label, in order. What is compared runs code of the user.
    fn spots(&self, source: u32) -> impl Iterator<Item = usize> {
        let dead = self.store.dead_bits();
        let list = self.store.objects.graph.list(self.kind, source);
        self.all_spots(source).filter(move |&at| {
            list.is_some_and(|(edges, list)| {
                let target = edges.targets(&list)[at];
                // Only weak edges lead to the dead.
                edges.label(list, at) == self.label && !dead.is_some_and(|dead| dead.get(target))
            })
        })
    }

    /// The places of all edges of the owner.
    fn all_spots(&self, source: u32) -> impl Iterator<Item = usize> {
        let list = self.store.objects.graph.list(self.kind, source);
        let all = list.map(|(edges, list)| {
            let places = edges.first(list)..list.len();
            places.filter(move |&at| edges.is_edge(list, at))
        });
        all.into_iter().flatten()
    }

    /// The target of the edge at a place.
    fn key_at(&self, source: u32, at: usize) -> K {
        let graph = &self.store.objects.graph;
        let target = graph
            .list(self.kind, source)
            .map_or(0, |(edges, list)| edges.targets(&list)[at]);
        let key: KeyData = graph.headers().key(target);
        key.into()
    }

    fn ends(&self, target: K) -> Result<(u32, u32), LinkRefusal> {
        self.store
            .ends(self.owner, target)
            .map_err(LinkRefusal::Stale)
    }
}

/// What adds an edge clones the label.
impl<T, E: PartialEq + Clone, K: Key> EdgeListMut<'_, T, E, K> {
    /// Adds an edge at the end.
    ///
    /// # Errors
    /// [`LinkRefusal`], if the owner or the target is no object, or there is no room.
    ///
    /// Complexity: O(1) amortised; at worst one list is copied.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let [hand, ace] = ["hand", "ace"].map(|name| store.insert(name));
    /// let mut cards = store.list_mut(hand, &"card");
    /// cards.push(ace)?;
    /// cards.push(ace)?; // parallel edges are allowed
    /// assert!(cards.read().iter().eq([ace, ace]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn push(&mut self, target: K) -> Result<(), LinkRefusal> {
        // The user's code runs before anything changes.
        let label = self.label.clone();
        let added = match self.kind {
            Kind::Strong => self.store.link(self.owner, label, target),
            Kind::Weak => self.store.link_weak(self.owner, label, target),
        };
        added.map_err(|error| error.reason)
    }

    /// Adds an edge at an index: before the edge that is there now, or at the end if there is none. To add one
    /// before a certain edge, ask for its [`position`](EdgeList::position).
    ///
    /// # Errors
    /// As in [`push`](Self::push).
    ///
    /// Complexity: O(edges before it) to find the place, O(edges behind it) to make room for it.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let [hand, ace, king] = ["hand", "ace", "king"].map(|name| store.insert(name));
    /// let mut cards = store.list_mut(hand, &"card");
    /// cards.push(ace)?;
    /// let before = cards.read().position(ace).unwrap();
    /// cards.insert(before, king)?;
    /// assert!(cards.read().iter().eq([king, ace]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn insert(&mut self, at: usize, target: K) -> Result<(), LinkRefusal> {
        self.store.settle();
        let spot = self.spot(at);
        self.push(target)?;
        if let Some((source, to)) = spot {
            let graph = &mut self.store.objects.graph;
            let len = graph
                .list(self.kind, source)
                .map_or(0, |(_, list)| list.len());
            graph.rotate(self.kind, source, len - 1, to);
        }
        Ok(())
    }

    /// Points the first edge to a target, or adds one if the list is empty: writes a field. Returns the target
    /// that was replaced. Any other edges with this label stay.
    ///
    /// # Errors
    /// As in [`push`](Self::push).
    ///
    /// Complexity: O(out-degree).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let [archer, wolf, boar] = ["archer", "wolf", "boar"].map(|name| store.insert(name));
    /// let mut target = store.weak_list_mut(archer, &"aims at");
    /// assert_eq!(target.set(wolf)?, None);
    /// assert_eq!(target.set(boar)?, Some(wolf));
    /// assert!(target.read().iter().eq([boar]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set(&mut self, target: K) -> Result<Option<K>, LinkRefusal> {
        match self.replace(0, target)? {
            None => self.push(target).map(|()| None),
            old => Ok(old),
        }
    }
}

impl<T, E: PartialEq, K: Key> fmt::Debug for EdgeListMut<'_, T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read().fmt(f)
    }
}
