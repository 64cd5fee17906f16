//! Finalizers and watches: what is told of a death, and when.

use alloc::sync::Arc;

use core::fmt;

use slotmap::Key;

use crate::backlog::Backlog;
use crate::error::StaleHandle;
use crate::nesting::{Call, Within};
use crate::objects::deaths::Watch;
use crate::store::Store;
use crate::store::settle::Quota;

/// What runs before an object dies; see [`Store::set_finalizer`].
pub(super) type Finalizer<T, E, K> = Arc<dyn Finalize<T, E, K>>;

/// A closure that runs before an object dies, with its name if it has one.
pub(super) trait Finalize<T, E, K: Key>: Send + Sync {
    fn run(&self, store: &mut Store<T, E, K>, handle: K);

    /// The name under which it is saved.
    #[cfg(feature = "serde")]
    fn name(&self) -> Option<&'static str>;
}

/// A closure without a name.
struct Unnamed<F>(F);

impl<T, E, K, F> Finalize<T, E, K> for Unnamed<F>
where
    K: Key,
    F: Fn(&mut Store<T, E, K>, K) + Send + Sync,
{
    fn run(&self, store: &mut Store<T, E, K>, handle: K) {
        (self.0)(store, handle);
    }

    #[cfg(feature = "serde")]
    fn name(&self) -> Option<&'static str> {
        None
    }
}

/// A closure with a name.
#[cfg(feature = "serde")]
pub(super) struct Named<F>(pub(super) &'static str, pub(super) F);

#[cfg(feature = "serde")]
impl<T, E, K, F> Finalize<T, E, K> for Named<F>
where
    K: Key,
    F: Fn(&mut Store<T, E, K>, K) + Send + Sync,
{
    fn run(&self, store: &mut Store<T, E, K>, handle: K) {
        (self.1)(store, handle);
    }

    fn name(&self) -> Option<&'static str> {
        Some(self.0)
    }
}

/// Why an object got no finalizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FinalizerError {
    /// The handle names no object.
    Stale(StaleHandle),
    /// The object's finalizer has already run, which it does only once in an object's life. To be told when
    /// the object dies after all, [`watch`](Store::watch) it.
    Finalized,
}

impl From<StaleHandle> for FinalizerError {
    fn from(stale: StaleHandle) -> Self {
        Self::Stale(stale)
    }
}

impl fmt::Display for FinalizerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::Finalized => f.write_str("the object was finalized before"),
        }
    }
}

impl core::error::Error for FinalizerError {}

/// The notice of a death; see [`Store::watch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice<K> {
    /// The watch that was set.
    pub watch: Watch,
    /// The handle of the object that is dead.
    pub handle: K,
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Gives an object a finalizer, which runs once, when the object is about to die, and gets the
    /// store and the object's handle. It takes the place of one that has not run yet.
    ///
    /// The object, its components, its edges and all that it owns are intact when it runs. Above it that depends
    /// on the death:
    ///
    /// | how it dies | its owners, the edges from them and the weak ones |
    /// |---|---|
    /// | in a garbage cycle, traced or collected | intact, as is all of the cycle |
    /// | by [`destroy`](Self::destroy) of the object itself | intact |
    /// | by [`retain`](Self::retain) | intact, but for owners that were rejected too and come before it |
    /// | by count, as its owner died, was destroyed or was rejected | an owner that died has left the store, and its weak edges with it |
    /// | by count, as it was let go | there is no edge to it; the owner lives |
    ///
    /// In all of these [`last_owner`](Self::last_owner) names an owner, unless it was a root that went last.
    ///
    /// A root or an edge that the finalizer gives to the object, or to anything that leads to the object,
    /// saves the object; when that dies again, the finalizer does not run again. All of a garbage cycle is
    /// finalized before any of it dies. An object that a running collection has not reached may get a
    /// finalizer too: it runs before the collection decides.
    ///
    /// Within a finalizer deaths by count wait until it has returned, and in a collection until the
    /// finalizers of all its garbage have. Collections and tracing do nothing, a step only takes note of
    /// dropped `Root`s, and insertions do not collect, not even at a limit. [`destroy`](Self::destroy) and
    /// [`retain`](Self::retain) run it and then kill the object whatever it did; [`clear`](Self::clear),
    /// [`drain`](Self::drain) and dropping the store do not run it. If it panics it counts as run, and the
    /// next call goes on with the death.
    ///
    /// # Finalizers that never end
    /// No call runs more finalizers than there were when it began, plus one, and a collection no more than
    /// there are objects: if finalizers keep making objects with finalizers and letting go of them, the rest
    /// waits for the next call. That is any call that changes objects, edges, roots, components, finalizers
    /// or watches, that applies commands, drains something, steps, traces or collects, or that opens a scope;
    /// it first takes up what was left, in the same number. Calls that read or write values and those for
    /// settings take up nothing.
    ///
    /// # Clones in a finalizer
    /// A finalizer may put another store in the place of its own, such as a clone of before. The call that
    /// ran it ends there: it runs no other finalizer and destroys nothing in the other store. What waits in
    /// that one is for its next call. The dead of the store that was replaced have gone with it.
    ///
    /// A clone is in no finalizer, but while one of a store runs, the clones of that store run none on the
    /// same thread, and do not collect: what waits in them is for their next call afterwards. (Without the
    /// standard library a store does not know what its clones do, and they run theirs.)
    ///
    /// # Errors
    /// [`FinalizerError`] if the handle names no object, or the object's finalizer has run.
    ///
    /// Complexity: O(1) amortised, and copies what one arena of objects has at worst.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let phoenix = store.insert("phoenix");
    /// store.set_finalizer(phoenix, |store, this| store.root(this).unwrap())?;
    ///
    /// store.unroot(phoenix)?;
    /// assert_eq!(store.is_finalized(phoenix), Some(true)); // it lives
    /// store.unroot(phoenix)?;
    /// assert!(!store.contains(phoenix));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_finalizer(
        &mut self,
        handle: K,
        finalizer: impl Fn(&mut Self, K) + Send + Sync + 'static,
    ) -> Result<(), FinalizerError> {
        self.give_finalizer(handle, Arc::new(Unnamed(finalizer)))
    }

    /// [`set_finalizer`](Self::set_finalizer) with a name, by which a [`Registry`](crate::Registry) knows what it does
    /// in a store that is loaded (feature `serde`).
    ///
    /// # Errors
    /// [`FinalizerError`] if the handle names no object, or the object's finalizer has run.
    ///
    /// Complexity: O(1) amortised, and copies what one arena of objects has at worst.
    ///
    /// # Examples
    /// ```
    /// use understory::{Handle, Registry, Store};
    ///
    /// fn rise(store: &mut Store<String>, this: Handle) {
    ///     store.root(this).unwrap();
    /// }
    ///
    /// let mut store = Store::<String>::new();
    /// let phoenix = store.insert("phoenix".to_string());
    /// store.set_named_finalizer(phoenix, "rise", rise)?;
    /// let registry = Registry::new().finalizer("rise", rise);
    /// assert!(registry.save(&store).is_ok());
    /// # Ok::<(), understory::FinalizerError>(())
    /// ```
    #[cfg(feature = "serde")]
    pub fn set_named_finalizer(
        &mut self,
        handle: K,
        name: &'static str,
        finalizer: impl Fn(&mut Self, K) + Send + Sync + 'static,
    ) -> Result<(), FinalizerError> {
        self.give_finalizer(handle, Arc::new(Named(name, finalizer)))
    }

    fn give_finalizer(
        &mut self,
        handle: K,
        finalizer: Finalizer<T, E, K>,
    ) -> Result<(), FinalizerError> {
        self.settle();
        let index = self.resolve(handle)?;
        if self.objects.deaths.finalized.get(index) {
            return Err(FinalizerError::Finalized);
        }
        self.objects.await_finalizer(index);
        if self.objects.graph.is_white(index) {
            self.gc.minor.note_finalizer();
            self.gc.major.note_finalizer();
        }
        self.finalizers.insert(index, finalizer);
        Ok(())
    }

    /// Whether an object's finalizer has run: if so, the object came back, or its death is still undecided
    /// (as within its own finalizer, or while a collection that has run it goes on in slices).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let phoenix = store.insert("phoenix");
    /// store.set_finalizer(phoenix, |store, this| store.root(this).unwrap()).unwrap();
    /// assert_eq!(store.is_finalized(phoenix), Some(false));
    /// store.unroot(phoenix).unwrap();
    /// assert_eq!(store.is_finalized(phoenix), Some(true));
    /// ```
    #[must_use]
    pub fn is_finalized(&self, handle: K) -> Option<bool> {
        let index = self.objects.resolve(handle.data())?;
        Some(self.objects.deaths.finalized.get(index))
    }

    /// Watches an object: when it has died, a [`Notice`] is queued for
    /// [`drain_notices`](Self::drain_notices). An object that its finalizer saved has not died. Of
    /// several watches on one object the newest comes first. Where the dead are swept in slices the
    /// notice comes when the object leaves its slot, which may be some steps after handles have stopped
    /// finding it.
    ///
    /// # Errors
    /// [`StaleHandle`] if the handle names no object.
    ///
    /// Complexity: O(1) amortised, and copies what one arena of objects has, or the object's watches, at worst.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let bridge = store.insert("bridge");
    /// let watch = store.watch(bridge)?;
    /// store.unroot(bridge)?;
    ///
    /// let notices: Vec<_> = store.drain_notices().collect();
    /// assert_eq!((notices[0].watch, notices[0].handle), (watch, bridge));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn watch(&mut self, handle: K) -> Result<Watch, StaleHandle> {
        self.settle();
        let index = self.resolve(handle)?;
        Ok(self.objects.watch(index))
    }

    /// Ends a watch, if its object is alive; returns whether there was one. For an object that is dead
    /// but not swept yet it does nothing: the notice still comes.
    ///
    /// Complexity: O(watches on the object).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let bridge = store.insert("bridge");
    /// let watch = store.watch(bridge)?;
    /// assert!(store.unwatch(bridge, watch));
    /// store.destroy(bridge);
    /// assert_eq!(store.drain_notices().len(), 0);
    /// # Ok::<(), understory::StaleHandle>(())
    /// ```
    pub fn unwatch(&mut self, handle: K, watch: Watch) -> bool {
        self.settle();
        let index = self.objects.resolve(handle.data());
        index.is_some_and(|index| self.objects.deaths.unwatch(index, watch))
    }

    /// The notices of deaths since the last call, in the order in which the dead have left their slots:
    /// in a death by count a parent before its children, in a garbage cycle in the order of the
    /// indices, and after that what only the cycle owned.
    ///
    /// Complexity: O(notices).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [bank, ford] = [store.insert("bank"), store.insert("ford")];
    /// for place in [ford, bank] {
    ///     store.watch(place)?;
    /// }
    /// store.destroy(bank);
    /// store.destroy(ford);
    /// let gone: Vec<_> = store.drain_notices().map(|notice| notice.handle).collect();
    /// assert_eq!(gone, [bank, ford]);
    /// # Ok::<(), understory::StaleHandle>(())
    /// ```
    pub fn drain_notices(&mut self) -> impl ExactSizeIterator<Item = Notice<K>> {
        self.settle();
        self.backlogs.see(Backlog::Notices, 0);
        self.objects.deaths.notices.drain().map(|(watch, key)| {
            let handle = key.into();
            Notice { watch, handle }
        })
    }

    /// Runs the finalizer of an object that is about to die, and, unless it runs within another one, destroys
    /// what it has deferred.
    pub(super) fn finalize(&mut self, index: u32, falls: Falls, quota: &mut Quota) {
        let height = self.condemned.stack.len();
        self.run_finalizer(index, falls, quota);
        let has_condemned = quota.is_same && self.condemned.next(height, true).is_some();
        if has_condemned && !self.is_finalizing() {
            self.run_condemned(height, quota);
        }
    }

    /// Runs the finalizer of an object. What falls to zero within it waits: in front of what already waits,
    /// where it is to die before the object does, or else behind that, so that what the finalizers of one
    /// collection let go of dies in their order.
    pub(super) fn run_finalizer(&mut self, index: u32, falls: Falls, quota: &mut Quota) {
        // It is marked as run first, so that a panic does not make it run again.
        self.objects.deaths.finish(index);
        let Some(finalizer) = self.finalizers.remove(index) else {
            return;
        };
        let handle = self.objects.graph.headers().key(index).into();
        self.gc.backtracer.forget_proofs();
        self.release.mark();
        quota.left = quota.left.saturating_sub(1);
        let open = Finalizing::open(self, falls, quota);
        finalizer.run(open.store, handle);
    }
}

/// Where what falls to zero within a finalizer waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Falls {
    First,
    Last,
}

/// Ends the time in which deaths wait, even if a finalizer panics.
struct Finalizing<'a, T, E, K: Key> {
    store: &'a mut Store<T, E, K>,
    falls: Falls,
    /// What the store was in before.
    outer: Within,
    call: Call,
    quota: &'a mut Quota,
}

impl<'a, T, E, K: Key> Finalizing<'a, T, E, K> {
    fn open(store: &'a mut Store<T, E, K>, falls: Falls, quota: &'a mut Quota) -> Self {
        let call = Call::enter(Some(store.family));
        let outer = store.within;
        store.within = outer.finalizer(&call, quota.left);
        Self {
            store,
            falls,
            outer,
            call,
            quota,
        }
    }
}

impl<T, E, K: Key> Drop for Finalizing<'_, T, E, K> {
    fn drop(&mut self) {
        let store = &mut *self.store;
        if store.within.is_inside(&self.call) {
            store.unsettled.interrupt();
            self.quota.left = store.within.left;
            store.within = self.outer;
            store.within.left = self.quota.left;
            store.release.end_mark(self.falls == Falls::First);
        } else {
            // The finalizer has put another store in the place of its own. What the call had to do was about
            // that one, and what waits in the other one is for the next call.
            store.unsettled.leave();
            self.quota.is_same = false;
        }
    }
}
