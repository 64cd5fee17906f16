//! Who holds an object: roots, scopes.

use core::ops::{Deref, DerefMut};

use slotmap::Key;

use crate::error::{RootError, UnrootError};
#[cfg(feature = "std")]
use crate::graph::roots::{News, Root};
use crate::graph::rows::Row;
use crate::store::Store;

impl<T, E, K: Key> Store<T, E, K> {
    /// Adds a root: the program holds the object once more.
    ///
    /// # Errors
    /// [`RootError`] if the handle names no object, or it has 2²² − 1 roots.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let key = store.insert("key");
    /// store.root(key)?;
    /// store.unroot(key)?;
    /// assert!(store.contains(key));
    /// store.unroot(key)?;
    /// assert!(!store.contains(key));
    /// assert!(store.root(key).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn root(&mut self, handle: K) -> Result<(), RootError> {
        self.settle();
        let index = self.resolve(handle)?;
        if self.objects.graph.add_root(index) {
            Ok(())
        } else {
            Err(RootError::TooManyRoots)
        }
    }

    /// Takes a root away. An object that nothing holds any more is reclaimed, in this call or later: see
    /// [`Reclaim`](crate::Reclaim) and [`scope`](Self::scope).
    ///
    /// # Errors
    /// [`UnrootError`] if the handle names no object, or one without a root other than those that
    /// values of type `Root` hold: [`sources`](Self::sources) says who else holds it.
    ///
    /// Complexity: O(1), and O(reclaimed objects + their edges) if the count reaches zero.
    ///
    /// # Examples
    /// ```
    /// use understory::{Store, UnrootError};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let chest = store.insert("chest");
    /// let coin = store.insert_linked(chest, (), "coin")?;
    /// assert!(matches!(store.unroot(coin), Err(UnrootError::NotRooted { .. })));
    /// store.unroot(chest)?;
    /// assert!(store.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn unroot(&mut self, handle: K) -> Result<(), UnrootError> {
        // Most of what is let go of at once is a leaf: one look-up for all of it.
        if self.is_plain() && self.drop_value(|objects| objects.discard_rooted(handle.data())) {
            self.release.count_death();
            return Ok(());
        }
        self.unroot_slowly(handle)
    }

    #[inline(never)]
    fn unroot_slowly(&mut self, handle: K) -> Result<(), UnrootError> {
        self.settle();
        let index = self.resolve(handle)?;
        if self.objects.graph.free_roots(index) == 0 {
            let handle = handle.data();
            return Err(UnrootError::NotRooted { handle });
        }
        if !self.named.is_empty() {
            let left = self.objects.graph.headers().node(index).roots() - 1;
            self.named.fit(handle.data(), left);
        }
        self.subtract(index, 1);
        Ok(())
    }

    fn subtract(&mut self, index: u32, roots: u32) {
        let row = self.objects.graph.take_roots(index, roots);
        self.fell_to(index, row, None);
    }

    /// How many roots an object has, including those of `Root` values, and of their clones once these
    /// are synchronised.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let key = store.insert("key");
    /// store.root(key)?;
    /// assert_eq!(store.root_count(key), Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn root_count(&self, handle: K) -> Option<usize> {
        let index = self.objects.resolve(handle.data())?;
        Some(self.objects.graph.headers().node(index).roots() as usize)
    }

    /// The reference count: roots and edges to the object. Weak edges and handles do not count.
    ///
    /// While dead objects are swept, those of their edges that are not removed yet still count,
    /// although [`sources`](Self::sources) passes them over.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [a, b] = [store.insert("a"), store.insert("b")];
    /// store.link(a, (), b)?;
    /// assert_eq!(store.refcount(b), Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn refcount(&self, handle: K) -> Option<usize> {
        self.edges().refcount(handle)
    }

    /// Runs `work` and reclaims nothing before it has ended: what is unlinked in it and linked again
    /// lives on. Scopes may be nested; the outermost counts. Insertions in it don't collect, not even
    /// at a limit. A clone may take the place of the store meanwhile, but a store that is moved out of
    /// its scope still has it open.
    ///
    /// Complexity: O(1) besides `work`, and then O(reclaimed objects + their edges).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [left, right] = [store.insert("left"), store.insert("right")];
    /// let ball = store.insert_linked(left, (), "ball")?;
    /// store.scope(|store| {
    ///     store.unlink(left, ball)?; // nothing owns it now
    ///     store.link(right, (), ball)?;
    ///     Ok::<(), Box<dyn std::error::Error>>(())
    /// })?;
    /// assert!(store.contains(ball));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn scope<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        self.settle();
        self.scopes += 1;
        let mut open = OpenScope(self);
        let result = work(&mut open);
        drop(open);
        self.reclaim();
        result
    }

    /// Drops the roots that values of type `Root` held in the store which this one is a clone of.
    ///
    /// Those values know nothing of the clone, which keeps what they hold until this call.
    ///
    /// Complexity: O(r log r) for r such objects, and then O(reclaimed objects + their edges).
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "std")] {
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let flag = store.insert("flag");
    /// let held = store.hold(flag).unwrap();
    /// store.unroot(flag).unwrap();
    ///
    /// let mut copy = store.clone();
    /// assert!(copy.contains(flag));
    /// copy.release_foreign_roots();
    /// assert!(!copy.contains(flag) && store.contains(flag));
    /// # }
    /// ```
    pub fn release_foreign_roots(&mut self) {
        self.settle();
        for (index, roots) in self.objects.graph.take_foreign_roots() {
            let _: Row = self.objects.graph.take_roots(index, roots);
            self.release.fell(&mut self.objects, index, None);
        }
        self.reclaim();
    }
}

/// Ends the scope even if `work` panics; then the next call reclaims what waits.
struct OpenScope<'a, T, E, K: Key>(&'a mut Store<T, E, K>);

impl<T, E, K: Key> Drop for OpenScope<'_, T, E, K> {
    fn drop(&mut self) {
        // The store may be another one now, which is in no scope: a rollback is an assignment.
        self.0.scopes = self.0.scopes.saturating_sub(1);
        self.0.unsettled.leave();
    }
}

impl<T, E, K: Key> Deref for OpenScope<'_, T, E, K> {
    type Target = Store<T, E, K>;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl<T, E, K: Key> DerefMut for OpenScope<'_, T, E, K> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0
    }
}

/// Roots that values hold.
#[cfg(feature = "std")]
impl<T, E, K: Key> Store<T, E, K> {
    /// Adds a root that the returned [`Root`] holds for as long as it lives.
    ///
    /// # Errors
    /// [`RootError`] if the handle names no object, or it has 2²² − 1 roots.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let lamp = store.insert("lamp");
    /// let held = store.hold(lamp)?;
    /// store.unroot(lamp)?;
    /// assert!(store.contains(lamp));
    /// store.release(held).unwrap();
    /// assert!(!store.contains(lamp));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hold(&mut self, handle: K) -> Result<Root<K>, RootError> {
        self.root(handle)?;
        let index = crate::handle::index_of(handle.data());
        self.objects.graph.hold_root(index);
        Ok(self.returned.root(handle))
    }

    /// Takes back at once the root that a [`Root`] holds. Dropping the [`Root`] instead leaves that to
    /// the next [`step`](Self::step), [`collect`](Self::collect),
    /// [`collect_generation`](Self::collect_generation) or [`sync_roots`](Self::sync_roots).
    ///
    /// # Errors
    /// The [`Root`], if it belongs to another store.
    ///
    /// Complexity: O(1), and O(r log r) for r of the store's `Root`s that were cloned or dropped since
    /// the last synchronisation, and O(reclaimed objects + their edges).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let lamp = store.insert("lamp");
    /// let held = store.hold(lamp)?;
    /// store.unroot(lamp)?;
    /// store.release(held).unwrap();
    /// assert!(!store.contains(lamp));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn release(&mut self, root: Root<K>) -> Result<(), Root<K>> {
        if !self.returned.owns(&root) {
            return Err(root);
        }
        self.settle();
        // A clone of this very root may not have been counted yet.
        for key in self.returned.take_clones() {
            self.count_clone(key);
        }
        let mut root = root;
        root.disarm();
        self.let_go(root.handle().data());
        self.reclaim();
        Ok(())
    }

    /// Applies what has happened to values of type [`Root`] on any thread: clones add roots, drops
    /// take them away, in the order of the handles.
    ///
    /// Complexity: O(r log r) for r clones and drops, and O(reclaimed objects + their edges).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let lamp = store.insert("lamp");
    /// let held = store.hold(lamp)?;
    /// store.unroot(lamp)?;
    /// drop(held);
    /// assert!(store.contains(lamp)); // the store was not told yet
    /// store.sync_roots();
    /// assert!(!store.contains(lamp));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sync_roots(&mut self) {
        self.settle();
        for (key, news) in self.returned.take() {
            match news {
                News::Cloned => self.count_clone(key),
                News::Dropped => self.let_go(key),
            }
        }
        // Only now, so that a panic of the user's code loses none of the news.
        self.reclaim();
    }

    fn count_clone(&mut self, key: slotmap::KeyData) {
        // Where the object was destroyed there is nothing to count.
        if let Some(index) = self.objects.resolve(key) {
            self.objects.graph.add_held_root(index);
        }
    }

    fn let_go(&mut self, key: slotmap::KeyData) {
        if let Some(index) = self.objects.resolve(key) {
            if self.objects.graph.take_held_root(index) {
                self.release.fell(&mut self.objects, index, None);
            }
        }
    }
}

#[cfg(not(feature = "std"))]
impl<T, E, K: Key> Store<T, E, K> {
    /// Without threads and values that hold roots there is nothing to apply.
    #[expect(
        clippy::unused_self,
        reason = "the same call as with the standard library"
    )]
    pub(super) fn sync_roots(&mut self) {}
}
