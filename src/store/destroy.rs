//! Death by the caller's word.

use alloc::vec::Vec;

use slotmap::{Key, KeyData};

use crate::store::Store;
use crate::store::finalize::Falls;
use crate::store::settle::Quota;

/// What became of an object that was to be destroyed; see [`Store::destroy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destroyed<T> {
    /// It is dead. This is its value.
    Now(T),
    /// It is dead, and its value is [on record](Store::record_deaths).
    Recorded,
    /// It dies as soon as the outermost finalizer that is running has returned, or else in the next call that
    /// changes the store. Until then it is intact, and nothing saves it. Its value is dropped, or goes
    /// [on record](Store::record_deaths).
    Later,
    /// The handle names no object, or named none any more when the object's finalizer had run.
    Stale,
}

impl<T> Destroyed<T> {
    /// The value, if the object is dead and its death was not recorded.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let fern = store.insert("fern");
    /// assert_eq!(store.destroy(fern).value(), Some("fern"));
    /// assert_eq!(store.destroy(fern).value(), None);
    /// ```
    #[must_use]
    pub fn value(self) -> Option<T> {
        match self {
            Self::Now(value) => Some(value),
            Self::Recorded | Self::Later | Self::Stale => None,
        }
    }

    /// Whether the handle named no object.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let fern = store.insert("fern");
    /// assert!(!store.destroy(fern).is_stale());
    /// assert!(store.destroy(fern).is_stale());
    /// ```
    #[must_use]
    pub fn is_stale(&self) -> bool {
        matches!(self, Self::Stale)
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Kills an object, whoever holds it, and returns its value, unless that goes [on record](Self::record_deaths): every root of it and every edge to it
    /// vanishes. What it alone owned dies by count.
    ///
    /// Its finalizer runs first, if it has not yet, and saves nothing. The object dies at once even
    /// within a [`scope`](Self::scope) or a finalizer; what it alone owned waits.
    ///
    /// Finalizers that destroy objects with finalizers nest, up to [`MAX_NESTED`](crate::MAX_NESTED) deep.
    /// Deeper than that, and after as many finalizers as a call may run (see
    /// [`set_finalizer`](Self::set_finalizer)), the answer is [`Destroyed::Later`]: the object's finalizer
    /// and its death wait for the outermost finalizer to return. So however many objects destroy each
    /// other, the stack does not overflow.
    ///
    /// Complexity: O(in-degree + reclaimed objects + their edges).
    ///
    /// # Examples
    /// ```
    /// use understory::{Destroyed, Store};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let party = store.insert("party");
    /// let bard = store.insert_linked(party, (), "bard")?;
    /// let lute = store.insert_linked(bard, (), "lute")?;
    /// assert_eq!(store.destroy(bard), Destroyed::Now("bard"));
    /// assert!(!store.contains(lute));
    /// assert_eq!(store.out_degree(party), Some(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn destroy(&mut self, handle: K) -> Destroyed<T> {
        self.settle();
        let Some(index) = self.objects.resolve(handle.data()) else {
            return Destroyed::Stale;
        };
        if self.objects.deaths.finalizable.get(index) {
            if let Err(unchanged) = self.finalize_condemned(handle.data(), index) {
                return unchanged;
            }
        }
        // If its finalizer has destroyed it already, there is still what that has left.
        let destroyed = match self.cut_out(handle.data(), false) {
            Some(value) => self.hand_out(handle.data(), value),
            None => Destroyed::Stale,
        };
        self.drop_rest();
        self.reclaim();
        destroyed
    }

    /// Records the death of an object that was destroyed, or hands out its value.
    fn hand_out(&mut self, key: KeyData, value: T) -> Destroyed<T> {
        let value = self.guarded(|store| store.objects.record.add(key, value));
        value.map_or(Destroyed::Recorded, Destroyed::Now)
    }

    /// Runs the finalizer of an object that is to be destroyed, if it may run now; if the object is not to be
    /// destroyed now, returns why.
    #[cold]
    #[inline(never)]
    fn finalize_condemned(&mut self, key: KeyData, index: u32) -> Result<(), Destroyed<T>> {
        let mut quota = self.quota();
        if !self.may_finalize_or_leaves(&quota) {
            self.condemned.deferred.push_back(key);
            return Err(Destroyed::Later);
        }
        // If the finalizer panics, the next call goes on with the death.
        let height = self.condemned.stack.len();
        self.condemned.stack.push(key);
        self.finalize(index, Falls::Last, &mut quota);
        if !quota.is_same {
            return Err(Destroyed::Stale);
        }
        // Of what a panic within has left, if the finalizer caught it.
        let interrupted = self.condemned.stack.drain(height..).skip(1);
        self.condemned.deferred.extend(interrupted);
        Ok(())
    }

    /// Destroys every object for which `keep` answers `false`, in the order of the indices. What these
    /// alone owned dies after all of them, in the order in which it lost the last of their edges. `keep` is
    /// asked about all objects first.
    ///
    /// The finalizer of each runs right before it leaves, and saves nothing. It sees the objects before its
    /// own gone (their values are dropped, or in [`drain_deaths`](Self::drain_deaths)), and those after it
    /// intact. If the user's code panics, the next call destroys the rest.
    ///
    /// Within a finalizer some may have to wait for the outermost one to return, as in
    /// [`destroy`](Self::destroy); these are still in the store when this returns.
    ///
    /// Complexity: O(objects + edges of the dead + arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = (1..=6).collect();
    /// store.retain(|_, value| *value % 2 == 0);
    /// assert_eq!(store.values().copied().collect::<Vec<_>>(), [2, 4, 6]);
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(K, &mut T) -> bool) {
        self.settle();
        let rejected: Vec<KeyData> = self
            .iter_mut()
            .filter_map(|(handle, value)| (!keep(handle, value)).then(|| handle.data()))
            .collect();
        let mut quota = self.quota();
        let height = self.condemned.stack.len();
        self.condemned.stack.extend(rejected.into_iter().rev());
        self.run_condemned(height, &mut quota);
        if quota.is_same {
            self.reclaim_within(&mut quota);
        }
    }

    /// Destroys what is condemned above a height of the stack, and, if no finalizer is running, what such
    /// have deferred. Within a finalizer it defers what must wait.
    pub(super) fn run_condemned(&mut self, height: usize, quota: &mut Quota) {
        let is_outermost = !self.is_finalizing();
        while let Some(key) = self.condemned.next(height, is_outermost) {
            let index = self.objects.resolve(key);
            let due = index.filter(|&index| self.objects.deaths.finalizable.get(index));
            match due {
                Some(index) if self.may_finalize(quota) => {
                    // It stays where it is: its turn comes again when the finalizer has run.
                    self.run_finalizer(index, Falls::Last, quota);
                    if !quota.is_same {
                        return;
                    }
                }
                Some(_) if is_outermost => {
                    self.unsettled.leave();
                    return;
                }
                Some(_) => {
                    self.condemned.pop(height);
                    self.condemned.deferred.push_back(key);
                    self.unsettled.leave();
                }
                None => {
                    self.condemned.pop(height);
                    self.guarded(|store| {
                        if let Some(value) = store.cut_out(key, true) {
                            store.objects.bury(key, value);
                        }
                    });
                }
            }
        }
    }

    /// Takes an object out of the store, whatever holds it; what it alone owned is queued. No code of
    /// the user runs.
    fn cut_out(&mut self, key: KeyData, with_others: bool) -> Option<T> {
        let index = self.objects.resolve(key)?;
        let cut = self.release.cut_out(&mut self.objects, index, with_others);
        cut.map(|(_, value)| value)
    }
}
