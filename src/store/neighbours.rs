//! Edges: what is linked to what.

use slotmap::Key;

use crate::graph::rows::Heads;
use crate::objects::Objects;
use crate::store::{InEdges, OutEdges, Sources, Store, Targets};

impl<T, E, K: Key> Store<T, E, K> {
    /// Whether there is an edge from one object to another.
    ///
    /// Complexity: O(min(out-degree, in-degree)).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [a, b] = [store.insert("a"), store.insert("b")];
    /// store.link(a, (), b)?;
    /// assert!(store.has_edge(a, b) && !store.has_edge(b, a));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn has_edge(&self, source: K, target: K) -> bool {
        self.edges().has_edge(source, target)
    }

    /// The objects that an object has edges to, in order, once for each edge. Empty if the handle
    /// names no object, like all the iterators here.
    ///
    /// Complexity: O(1), and O(out-degree) for all.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let tree = store.insert("tree");
    /// let nut = store.insert_linked(tree, (), "nut")?;
    /// assert_eq!(store.targets(tree).collect::<Vec<_>>(), [nut]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn targets(&self, handle: K) -> Targets<'_, K> {
        self.edges().targets(handle)
    }

    /// The objects that have edges to an object, once for each edge, in no particular order (but the
    /// same in every run). What is dead and not swept yet is passed over.
    ///
    /// Complexity: O(1), and O(in-degree) for all.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let tree = store.insert("tree");
    /// let nut = store.insert_linked(tree, (), "nut")?;
    /// assert_eq!(store.sources(nut).collect::<Vec<_>>(), [tree]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sources(&self, handle: K) -> Sources<'_, K> {
        self.edges().sources(handle)
    }

    /// Who owns an object, or owned it last: the way up that a [finalizer](Self::set_finalizer) may want.
    ///
    /// If there are edges to the object, it is the source of one of them, the first that
    /// [`sources`](Self::sources) gives. If nothing holds the object any more, so that it waits for its end,
    /// it is the source of the edge that went last, be it that the source died, let go or was
    /// [destroyed](Self::destroy); the handle is stale if the source has left the store. It is `None` if
    /// the program let go last (a root went after all edges) or still holds the object without
    /// edges to it, and if the handle names no object.
    ///
    /// Only of an object that has a finalizer, or had one that has run, is it noted who lets go; of others no
    /// more is known than who owns them.
    ///
    /// Complexity: O(1), and O(in-degree) while owners are dead but not swept.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let tree = store.insert("tree");
    /// let nest = store.insert_linked(tree, (), "nest")?;
    /// store.set_finalizer(nest, move |store, nest| {
    ///     assert_eq!(store.last_owner(nest), Some(tree));
    ///     assert!(!store.contains(tree) && store.sources(nest).len() == 0); // it was felled
    /// })?;
    /// store.unroot(tree)?;
    /// assert!(store.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn last_owner(&self, handle: K) -> Option<K> {
        let Objects { graph, deaths, .. } = &self.objects;
        let (headers, edges) = (graph.headers(), graph.edges());
        let index = self.objects.resolve(handle.data())?;
        let sources = edges.incoming(headers.incoming(index));
        let alive = sources
            .iter()
            .find(|source| self.objects.is_live(source.node));
        if let Some(source) = alive.or(sources.first()) {
            return Some(headers.key(source.node).into());
        }
        let is_lost = headers.is_unheld(index);
        let owner = deaths.last_owner(index).filter(|_| is_lost);
        owner.map(K::from)
    }

    /// The edges from an object, in order: target and label.
    ///
    /// Complexity: O(1), and O(out-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// let mut store: Store<&str, u32> = Store::default();
    /// let town = store.insert("town");
    /// let mill = store.insert_linked(town, 7, "mill")?;
    /// assert_eq!(store.out_edges(town).collect::<Vec<_>>(), [(mill, &7)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn out_edges(&self, handle: K) -> OutEdges<'_, E, K> {
        self.edges().out_edges(handle)
    }

    /// The edges to an object: source and label.
    ///
    /// Complexity: O(1), and O(in-degree) for all.
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// let mut store: Store<&str, u32> = Store::default();
    /// let town = store.insert("town");
    /// let mill = store.insert_linked(town, 7, "mill")?;
    /// assert_eq!(store.in_edges(mill).collect::<Vec<_>>(), [(town, &7)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn in_edges(&self, handle: K) -> InEdges<'_, E, K> {
        self.edges().in_edges(handle)
    }

    /// How many edges an object has, without weak ones.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert_eq!((store.out_degree(tree), store.out_degree(nut)), (Some(1), Some(0)));
    /// ```
    #[must_use]
    pub fn out_degree(&self, handle: K) -> Option<usize> {
        self.edges().out_degree(handle)
    }

    /// How many edges refer to an object, without weak ones. While dead objects are swept, those of
    /// their edges that are not removed yet still count.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert_eq!((store.in_degree(tree), store.in_degree(nut)), (Some(0), Some(1)));
    /// ```
    #[must_use]
    pub fn in_degree(&self, handle: K) -> Option<usize> {
        self.edges().in_degree(handle)
    }

    /// How many edges there are, without weak ones. While dead objects are swept, those of their edges
    /// that are not removed yet still count.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, (), "nut").unwrap();
    /// assert_eq!(store.edge_count(), 1);
    /// ```
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.objects.graph.edges().len()
    }
}

/// What compares labels.
impl<T, E: PartialEq, K: Key> Store<T, E, K> {
    /// The target of the first edge with a label: a field, read. [`set`](Self::set) writes it, and
    /// [`list`](Self::list) has all of the edges with the label.
    ///
    /// Complexity: O(out-degree).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, u32> = understory::Store::default();
    /// # let tree = store.insert("tree");
    /// # let nut = store.insert_linked(tree, 7, "nut").unwrap();
    /// assert_eq!((store.target(tree, &7), store.target(tree, &8)), (Some(nut), None));
    /// ```
    #[must_use]
    pub fn target(&self, source: K, label: &E) -> Option<K> {
        self.edges().target(source, label)
    }

    /// The object that has an edge with a label to this one, such as its parent. If there are several, it is
    /// the first that [`in_edges`](Self::in_edges) gives with this label, the same in every run.
    ///
    /// Complexity: O(in-degree).
    ///
    /// # Examples
    /// ```
    /// # use understory::Store;
    /// let mut store: Store<&str, &str> = Store::default();
    /// let [town, map] = ["town", "map"].map(|name| store.insert(name));
    /// let mill = store.insert_linked(town, "child", "mill")?;
    /// store.link(map, "shows", mill)?;
    /// assert_eq!(store.source(mill, &"child"), Some(town));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn source(&self, target: K, label: &E) -> Option<K> {
        self.edges().source(target, label)
    }
}
