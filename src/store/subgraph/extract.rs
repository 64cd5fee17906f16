//! A part as a store of its own.

use core::fmt;

use alloc::vec::Vec;

use slotmap::{Key, KeyData};

use super::pick::Subgraph;
use super::remap::Remap;
use crate::error::StaleHandle;
use crate::store::Store;

/// An edge that was cut, as one of its ends left the store and the other stayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CutEdge<K, E> {
    /// The handle that the source had in the old store.
    pub source: K,
    /// The label.
    pub label: E,
    /// The handle that the target had in the old store.
    pub target: K,
    /// Whether it was a weak edge.
    pub is_weak: bool,
}

impl<K: Key, E> CutEdge<K, E> {
    pub(super) fn new(source: KeyData, label: E, target: KeyData, is_weak: bool) -> Self {
        Self {
            source: source.into(),
            label,
            target: target.into(),
            is_weak,
        }
    }
}

/// A part that was taken out of a store: what [`Store::extract`] returns.
#[non_exhaustive]
pub struct Extracted<T, E, K: Key> {
    /// The part, as a store of its own.
    pub store: Store<T, E, K>,
    /// Which handle of the old store has become which of the new one.
    pub map: Remap<K>,
    /// The edges between the part and what stayed.
    pub cut: Vec<CutEdge<K, E>>,
}

impl<T, E, K: Key> fmt::Debug for Extracted<T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extracted")
            .field("objects", &self.store.len())
            .field("cut", &self.cut.len())
            .finish_non_exhaustive()
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Takes a part out, as a store of its own: a level that is streamed out, what is cut to a clipboard. Nothing is
    /// cloned.
    ///
    /// All objects of the part leave this store, whoever holds them; with [`Subgraph::without_shared`] only those that
    /// nothing else holds, and the starts. With them go their values, components, finalizers that have not run, and
    /// roots, and the edges between them, strong and weak, which keep their order. In the new store a start that
    /// has no root gets one, so that all of the part lives there. The new handles are given in the order of the part,
    /// and [`Extracted::map`] tells them.
    ///
    /// Edges between the part and what stays, strong and weak, are cut, and reported in [`Extracted::cut`]: first
    /// the strong ones to objects of the part, then weak ones, then the strong ones from objects of the part; each
    /// in the order of the part, and those from one object in the order of its list. To restore them after
    /// [`merge`](Self::merge), translate the ends by both maps. What stays and has lost its last owner dies, as after
    /// [`unlink`](Self::unlink), and what has lost another is a suspect.
    ///
    /// In this store the handles of the part name nothing any more, its watches get notices, and whatever keeps
    /// data by handle, such as a [`WeakMap`](crate::WeakMap), takes the objects for dead. Roots that values of type
    /// `Root` hold are kept in the new store until [`release_foreign_roots`](Self::release_foreign_roots), as in a
    /// clone; the values themselves hold nothing any more.
    ///
    /// The new store has the settings of this one, the function of [`measure_with`](Self::measure_with) and the
    /// clock, but no observers; all of it is young. Handles within values and components are as they were: see
    /// [`Remap::remap_values`].
    ///
    /// # Errors
    /// [`StaleHandle`] if a start names no object; then nothing has changed.
    ///
    /// Complexity: O(arenas + part + its edges), and O(reclaimed objects + their edges). An edge from an object
    /// that stays costs O(min(out-degree, in-degree)) of its ends.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, Subgraph};
    ///
    /// let mut world: Store<&str, &str> = Store::default();
    /// let town = world.insert("town");
    /// let mill = world.insert_linked(town, "has", "mill")?;
    /// let miller = world.insert_linked(mill, "has", "miller")?;
    /// world.link_weak(miller, "lives in", town)?;
    ///
    /// let part = world.extract(&Subgraph::of([mill]))?;
    /// assert_eq!((world.len(), part.store.len()), (1, 2));
    /// assert_eq!(part.store[part.map.get(miller).unwrap()], "miller");
    /// let cut: Vec<_> = part.cut.iter().map(|edge| (edge.label, edge.is_weak)).collect();
    /// assert_eq!(cut, [("has", false), ("lives in", true)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn extract(
        &mut self,
        part: &Subgraph<'_, E, K>,
    ) -> Result<Extracted<T, E, K>, StaleHandle> {
        self.settle();
        let picked = self.pick(part)?;
        let weights = self.weights_at(&picked.indices);
        let headers = self.objects.graph.headers();
        let old: Vec<KeyData> = picked.indices.iter().map(|&at| headers.key(at)).collect();
        let mut store = Self::with_config(self.config.clone());
        store.objects.measure_like(&self.objects);
        store.clock = self.clock;
        let mut cut = Vec::new();
        let mut moving = self.lift(&picked, weights, &mut cut);
        for &start in &picked.starts {
            let roots = &mut moving.edges.roots[start as usize];
            *roots = (*roots).max(1);
        }
        moving.edges.arrange();
        let new = store.settle_in(moving);
        let map = Remap::new(old.into_iter(), &new, picked.places);
        self.drop_rest();
        self.reclaim();
        Ok(Extracted { store, map, cut })
    }
}
