//! Edges: adding, removing, moving.

use slotmap::{Key, KeyData};

use crate::error::{LinkRefusal, Rejected, RelinkError, StaleHandle, UnlinkError};
use crate::graph::Kind;
use crate::graph::rows::{Heads, Row};
use crate::store::Store;

impl<T, E, K: Key> Store<T, E, K> {
    /// Adds an edge at the end of the source's list: the source owns the target from now on.
    ///
    /// Parallel edges and edges from an object to itself are allowed.
    ///
    /// # Errors
    /// [`Rejected`] with the label, if an end is no object or there is no room.
    ///
    /// Complexity: O(1) amortised, and copies one list at worst.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    ///
    /// let mut store: Store<&str, &str> = Store::default();
    /// let owl = store.insert("owl");
    /// let tree = store.insert("tree");
    /// store.link(owl, "lives in", tree)?;
    /// store.unroot(tree)?; // the owl owns it now
    /// assert!(store.contains(tree));
    ///
    /// store.destroy(owl);
    /// assert_eq!(store.link(owl, "eats", tree).unwrap_err().value, "eats");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn link(&mut self, source: K, label: E, target: K) -> Result<(), Rejected<E, LinkRefusal>> {
        self.settle();
        let (from, to) = match self.ends(source, target) {
            Ok(ends) => ends,
            Err(stale) => return refuse(label, LinkRefusal::Stale(stale)),
        };
        let objects = &mut self.objects;
        match objects.graph.link(from, label, to) {
            Ok(()) => Ok(()),
            Err(label) => refuse(label, LinkRefusal::TooManyEdges),
        }
    }

    /// Adds a weak edge: the target is not owned, and the edge vanishes when either end dies.
    ///
    /// # Errors
    /// [`Rejected`] with the label, if an end is no object or there is no room.
    ///
    /// Complexity: O(1) amortised, and copies one list, or what one arena of objects has, at worst.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let archer = store.insert("archer");
    /// let target = store.insert("target");
    /// store.link_weak(archer, (), target)?;
    /// store.unroot(target)?;
    /// assert_eq!(store.weak_edges().targets(archer).len(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn link_weak(
        &mut self,
        source: K,
        label: E,
        target: K,
    ) -> Result<(), Rejected<E, LinkRefusal>> {
        self.settle();
        let (from, to) = match self.ends(source, target) {
            Ok(ends) => ends,
            Err(stale) => return refuse(label, LinkRefusal::Stale(stale)),
        };
        match self.objects.graph.link_weak(from, label, to) {
            Ok(()) => Ok(()),
            Err(label) => refuse(label, LinkRefusal::TooManyEdges),
        }
    }

    /// Removes an edge and returns its label: of parallel edges, the first in the source's list. The
    /// other edges keep their order. A target that nothing holds any more is reclaimed, in this call or
    /// later: see [`Reclaim`](crate::Reclaim) and [`scope`](Self::scope).
    ///
    /// # Errors
    /// [`UnlinkError::Stale`] if an end is no object, [`UnlinkError::NotLinked`] if there is
    /// no such edge.
    ///
    /// Complexity: O(min(out-degree, in-degree)) to find it, O(1) to remove it.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let deck = store.insert(0);
    /// let [a, b, c] = [1, 2, 3].map(|card| store.insert_linked(deck, (), card).unwrap());
    /// store.unlink(deck, a)?;
    /// assert!(!store.contains(a));
    /// assert_eq!(store.targets(deck).collect::<Vec<_>>(), [b, c]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn unlink(&mut self, source: K, target: K) -> Result<E, UnlinkError> {
        self.settle();
        let (from, Row { outgoing, .. }) = self.resolve_row(source)?;
        let (to, Row { node, .. }) = self.resolve_row(target)?;
        let graph = &mut self.objects.graph;
        let label = graph.unlink_between((from, outgoing), (to, node.incoming));
        let label = label.ok_or(UnlinkError::not_linked(source.data(), target.data()))?;
        self.fell(to, from);
        Ok(label)
    }

    /// Removes every edge to an object: all its owners let go of it. If it has no root it dies, as after
    /// [`unlink`](Self::unlink).
    /// Returns how many edges there were.
    ///
    /// # Errors
    /// [`StaleHandle`] if the handle names no object.
    ///
    /// Complexity: O(in-degree), and O(reclaimed objects + their edges).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [mine, forge] = [store.insert("mine"), store.insert("forge")];
    /// let smith = store.insert_linked(mine, (), "smith")?;
    /// store.link(forge, (), smith)?;
    /// assert_eq!(store.unlink_sources(smith)?, 2);
    /// assert!(!store.contains(smith));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unlink_sources(&mut self, target: K) -> Result<usize, StaleHandle> {
        self.settle();
        let index = self.resolve(target)?;
        let edges = self.sources(target).len();
        let graph = &mut self.objects.graph;
        let mut owner = None;
        graph.detach_incoming(index, |source| owner = Some(source));
        let owner = owner.map(|owner| graph.headers().key(owner));
        self.release.fell(&mut self.objects, index, owner);
        self.drop_rest();
        self.reclaim();
        Ok(edges)
    }

    /// Removes every edge from an object: it lets go of all that it owns. Returns how many edges
    /// there were.
    ///
    /// # Errors
    /// [`StaleHandle`] if the handle names no object.
    ///
    /// Complexity: O(out-degree), and O(reclaimed objects + their edges).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let sack = store.insert("sack");
    /// store.insert_linked(sack, (), "apple")?;
    /// assert_eq!(store.unlink_targets(sack)?, 1);
    /// assert_eq!(store.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unlink_targets(&mut self, source: K) -> Result<usize, StaleHandle> {
        self.settle();
        let index = self.resolve(source)?;
        let edges = self
            .objects
            .graph
            .edges()
            .degree(*self.objects.graph.headers().outgoing(index));
        self.unlink_last(Kind::Strong, index, usize::MAX);
        Ok(edges)
    }

    /// Removes the first weak edge from one object to another and returns its label. To name one of parallel
    /// edges by its label, use [`weak_list_mut`](Self::weak_list_mut).
    ///
    /// # Errors
    /// As in [`unlink`](Self::unlink).
    ///
    /// Complexity: O(min(weak out-degree, weak in-degree)).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [archer, wolf] = [store.insert("archer"), store.insert("wolf")];
    /// store.link_weak(archer, (), wolf)?;
    /// store.unlink_weak(archer, wolf)?; // the archer lowers the bow
    /// assert!(!store.weak_edges().has_edge(archer, wolf));
    /// assert!(store.unlink_weak(archer, wolf).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unlink_weak(&mut self, source: K, target: K) -> Result<E, UnlinkError> {
        self.settle();
        let (from, to) = self.ends(source, target)?;
        let at = self.objects.graph.weak().find(from, to);
        let at = at.ok_or(UnlinkError::not_linked(source.data(), target.data()))?;
        Ok(self.unlink_at(Kind::Weak, from, at))
    }

    /// Moves an edge (of parallel ones, the first in the source's list), with its label, to another source,
    /// another target, or both, in one step: nothing dies in between. If the source stays, so does the edge's place in its list; at another
    /// source the edge comes last. All other edges keep their order.
    ///
    /// # Errors
    /// [`UnlinkError`] if one of the four is no object, there is no edge `from`, or there is no room
    /// for an edge `to`.
    ///
    /// Complexity: O(min(out-degree, in-degree)) to find the edge, O(1) to move it.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [red, blue] = [store.insert("red"), store.insert("blue")];
    /// let unit = store.insert_linked(red, (), "unit")?;
    /// store.relink((red, unit), (blue, unit))?; // a unit changes squads
    /// assert_eq!(store.sources(unit).collect::<Vec<_>>(), [blue]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn relink(&mut self, from: (K, K), to: (K, K)) -> Result<(), RelinkError> {
        self.settle();
        let (new_source, new_target) = self.ends(to.0, to.1)?;
        let (source, at) = self.find(from.0, from.1)?;
        let graph = &mut self.objects.graph;
        if !graph.make_room_to_move(source, new_source, new_target) {
            return Err(RelinkError::TooManyEdges);
        }
        let old = if source == new_source {
            graph.retarget(source, at, new_target)
        } else {
            graph.move_edge((source, at), (new_source, new_target))
        };
        if old != new_target {
            let owner = graph.headers().key(source);
            self.release.fell(&mut self.objects, old, Some(owner));
        }
        self.reclaim();
        Ok(())
    }

    /// The label of the first edge from one object to another, to change.
    ///
    /// Complexity: O(min(out-degree, in-degree)).
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// let mut store: Store<&str, u32> = Store::default();
    /// let town = store.insert("town");
    /// let mill = store.insert_linked(town, 7, "mill")?;
    /// *store.label_mut(town, mill).unwrap() += 1;
    /// assert_eq!(store.target(town, &8), Some(mill));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn label_mut(&mut self, source: K, target: K) -> Option<&mut E> {
        let (from, at) = self.find(source, target).ok()?;
        Some(self.objects.graph.label_mut(from, at))
    }

    /// The label of the first weak edge from one object to another, to change.
    ///
    /// Complexity: O(min(weak out-degree, weak in-degree)).
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// let mut store: Store<&str, u32> = Store::default();
    /// let [guard, thief] = ["guard", "thief"].map(|name| store.insert(name));
    /// store.link_weak(guard, 1, thief)?;
    /// *store.weak_label_mut(guard, thief).unwrap() += 1; // suspicion grows
    /// assert_eq!(store.weak_edges().target(guard, &2), Some(thief));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn weak_label_mut(&mut self, source: K, target: K) -> Option<&mut E> {
        let (from, to) = self.ends(source, target).ok()?;
        let at = self.objects.graph.weak().find(from, to)?;
        Some(self.objects.graph.weak_label_mut(from, at))
    }

    /// The index of an object, and its row.
    #[inline]
    fn resolve_row(&self, handle: K) -> Result<(u32, Row), StaleHandle> {
        let key = handle.data();
        self.objects.resolve_row(key).ok_or(StaleHandle::new(key))
    }

    /// The indices of the two ends of an edge.
    #[inline]
    pub(super) fn ends(&self, source: K, target: K) -> Result<(u32, u32), StaleHandle> {
        Ok((self.resolve(source)?, self.resolve(target)?))
    }

    /// The index of the source, and the position in its list of the first edge to the target.
    #[inline]
    fn find(&self, source: K, target: K) -> Result<(u32, usize), UnlinkError> {
        let (from, to) = self.ends(source, target)?;
        let at = self
            .objects
            .graph
            .edges()
            .find(self.objects.graph.headers(), from, to);
        Ok((
            from,
            at.ok_or(UnlinkError::not_linked(source.data(), target.data()))?,
        ))
    }

    /// Removes the edge at a position of the source's list.
    pub(super) fn unlink_at(&mut self, kind: Kind, from: u32, at: usize) -> E {
        let graph = &mut self.objects.graph;
        match kind {
            Kind::Strong => {
                let (to, label) = graph.unlink_at(from, at);
                self.fell(to, from);
                label
            }
            Kind::Weak => graph.unlink_weak_at(from, at).1,
        }
    }

    /// Points the edge at a position of the source's list to another target; returns the old one, or `None`
    /// if there is no room.
    pub(super) fn retarget(&mut self, kind: Kind, from: u32, at: usize, to: u32) -> Option<K> {
        let graph = &mut self.objects.graph;
        let old = match kind {
            Kind::Strong if !graph.make_room_to_move(from, from, to) => return None,
            Kind::Strong => graph.retarget(from, at, to),
            Kind::Weak => graph.retarget_weak(from, at, to)?,
        };
        let key: KeyData = graph.headers().key(old);
        if kind == Kind::Strong && old != to {
            self.fell(old, from);
        }
        Some(key.into())
    }

    /// Removes the last `most` edges of an object.
    pub(super) fn unlink_last(&mut self, kind: Kind, source: u32, most: usize) {
        match kind {
            Kind::Strong => {
                self.release.unlink_targets(&mut self.objects, source, most);
            }
            Kind::Weak => self.objects.graph.unlink_last_weak(source, most),
        }
        self.drop_rest();
        self.reclaim();
    }
}

/// What compares labels.
impl<T, E: PartialEq, K: Key> Store<T, E, K> {
    /// Points the edge with a label to a target, in one step: the first edge with this label, or a new
    /// one if there is none. Returns the target that was replaced. [`unset`](Self::unset) takes the edge away;
    /// for several edges with one label use [`list_mut`](Self::list_mut).
    ///
    /// # Errors
    /// [`Rejected`] with the label, if an end is no object or there is no room.
    ///
    /// Complexity: O(out-degree).
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// let mut store: Store<&str, &str> = Store::default();
    /// let [rider, roan, grey] = ["rider", "roan", "grey"].map(|n| store.insert(n));
    /// assert_eq!(store.set(rider, "mount", roan)?, None);
    /// assert_eq!(store.set(rider, "mount", grey)?, Some(roan));
    /// assert_eq!(store.out_degree(rider), Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set(
        &mut self,
        source: K,
        label: E,
        target: K,
    ) -> Result<Option<K>, Rejected<E, LinkRefusal>> {
        self.set_of(Kind::Strong, source, label, target)
    }

    /// Points the weak edge with a label to a target, in one step: the first one with this label, or a new one
    /// if there is none. Returns the target that was replaced.
    ///
    /// # Errors
    /// [`Rejected`] with the label, if an end is no object or there is no room.
    ///
    /// Complexity: O(weak out-degree).
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// let mut store: Store<&str, &str> = Store::default();
    /// let [archer, wolf, boar] = ["archer", "wolf", "boar"].map(|name| store.insert(name));
    /// store.set_weak(archer, "aims at", wolf)?;
    /// assert_eq!(store.set_weak(archer, "aims at", boar)?, Some(wolf));
    /// assert_eq!(store.weak_edges().target(archer, &"aims at"), Some(boar));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_weak(
        &mut self,
        source: K,
        label: E,
        target: K,
    ) -> Result<Option<K>, Rejected<E, LinkRefusal>> {
        self.set_of(Kind::Weak, source, label, target)
    }

    fn set_of(
        &mut self,
        kind: Kind,
        source: K,
        label: E,
        target: K,
    ) -> Result<Option<K>, Rejected<E, LinkRefusal>> {
        self.settle();
        let (from, to) = match self.ends(source, target) {
            Ok(ends) => ends,
            Err(stale) => return refuse(label, LinkRefusal::Stale(stale)),
        };
        let found = match kind {
            Kind::Strong => {
                let graph = &self.objects.graph;
                let list = *graph.headers().outgoing(from);
                graph.edges().find_label(list, &label)
            }
            // It may lead to what is dead, which is passed over.
            Kind::Weak => self
                .weak_list_mut(source, &label)
                .spot(0)
                .map(|spot| spot.1),
        };
        let Some(at) = found else {
            let added = match kind {
                Kind::Strong => self.link(source, label, target),
                Kind::Weak => self.link_weak(source, label, target),
            };
            return added.map(|()| None);
        };
        match self.retarget(kind, from, at, to) {
            Some(old) => Ok(Some(old)),
            None => refuse(label, LinkRefusal::TooManyEdges),
        }
    }

    /// Takes the edge with a label away: the first one, if there are several. Returns its target, which may
    /// have died of that, or `None` if there is no such edge. [`set`](Self::set) makes one.
    ///
    /// Complexity: O(out-degree).
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// let mut store: Store<&str, &str> = Store::default();
    /// let [rider, roan] = ["rider", "roan"].map(|name| store.insert(name));
    /// store.set(rider, "mount", roan)?;
    /// assert_eq!(store.unset(rider, &"mount"), Some(roan));
    /// assert_eq!(store.target(rider, &"mount"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unset(&mut self, source: K, label: &E) -> Option<K> {
        self.list_mut(source, label).remove(0)
    }

    /// The same for weak edges.
    ///
    /// Complexity: O(weak out-degree).
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// let mut store: Store<&str, &str> = Store::default();
    /// let [archer, wolf] = ["archer", "wolf"].map(|name| store.insert(name));
    /// store.set_weak(archer, "aims at", wolf)?;
    /// assert_eq!(store.unset_weak(archer, &"aims at"), Some(wolf));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unset_weak(&mut self, source: K, label: &E) -> Option<K> {
        self.weak_list_mut(source, label).remove(0)
    }
}

fn refuse<R, E>(label: E, reason: LinkRefusal) -> Result<R, Rejected<E, LinkRefusal>> {
    Err(Rejected::new(label, reason))
}
