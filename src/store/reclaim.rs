//! Death: by the caller's word, and by count.

use core::fmt;

use alloc::vec::{self, Vec};

use slotmap::{Key, KeyData};

use crate::backlog::Backlog;
use crate::bits::Ones;
use crate::config::Cycles;
use crate::header::Row;
use crate::release::Released;
use crate::store::finalize::{Falls, Finalizer};
use crate::store::{Drain, Store};

/// The dead whose values were kept. What [`Store::drain_dead`] gives.
pub struct DrainDead<'a, T, K> {
    dead: vec::Drain<'a, (KeyData, T)>,
    key: core::marker::PhantomData<fn() -> K>,
}

impl<T, K: Key> Iterator for DrainDead<'_, T, K> {
    type Item = (K, T);

    fn next(&mut self) -> Option<(K, T)> {
        self.dead.next().map(|(key, value)| (key.into(), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.dead.size_hint()
    }
}

impl<T, K: Key> ExactSizeIterator for DrainDead<'_, T, K> {}

impl<T, K> fmt::Debug for DrainDead<'_, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DrainDead")
            .field("left", &self.dead.len())
            .finish_non_exhaustive()
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Kills an object, whoever holds it, and returns its value: every root of it and every edge to it
    /// vanishes. What it alone owned dies by count. `None` where the handle names no object.
    ///
    /// Its finalizer runs first, if it has not yet, and saves nothing. The object dies at once even
    /// within a [`scope`](Self::scope); what it alone owned waits.
    ///
    /// Computes in O(in-degree + reclaimed objects + their edges).
    ///
    /// # Examples
    /// ```
    /// let mut store = understory::Store::<&str>::new();
    /// let party = store.insert("party");
    /// let bard = store.insert_linked(party, (), "bard")?;
    /// let lute = store.insert_linked(bard, (), "lute")?;
    /// assert_eq!(store.destroy(bard), Some("bard"));
    /// assert!(!store.contains(lute));
    /// assert_eq!(store.out_degree(party), Some(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn destroy(&mut self, handle: K) -> Option<T> {
        self.settle();
        self.finalize_if_due(handle.data());
        let value = self.cut_out(handle, false);
        self.drop_rest();
        self.reclaim();
        value
    }

    /// Destroys every object for which `keep` answers `false`, in the order of the indices. What these
    /// alone owned dies after them, in the order in which it lost the last of their edges; `keep` is asked
    /// about all objects first. The finalizer of each runs before
    /// it leaves, and saves nothing.
    ///
    /// Computes in O(objects + edges of the dead + arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<u32> = (1..=6).collect();
    /// store.retain(|_, value| *value % 2 == 0);
    /// assert_eq!(store.values().copied().collect::<Vec<_>>(), [2, 4, 6]);
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(K, &mut T) -> bool) {
        self.settle();
        let mut scratch = core::mem::take(&mut self.scratch);
        let values: Vec<(K, T)> = scratch.with(|bump| {
            let mut doomed = bumpalo::collections::Vec::new_in(bump);
            for (handle, value) in self.iter_mut() {
                if !keep(handle, value) {
                    doomed.push(handle);
                }
            }
            let cut_out = |&handle: &K| {
                self.finalize_if_due(handle.data());
                Some((handle, self.cut_out(handle, true)?))
            };
            doomed.iter().filter_map(cut_out).collect()
        });
        self.scratch = scratch;
        self.unsettled = true;
        for (handle, value) in values {
            self.objects.bury(handle.data(), value);
        }
        self.drop_rest();
        self.reclaim();
    }

    /// Runs the finalizer of an object that is about to die, if it is alive and has not run.
    pub(super) fn finalize_if_due(&mut self, key: KeyData) {
        if let Some(index) = self.objects.resolve(key) {
            if self.objects.mortal.finalizable.get(index) {
                self.finalize(index, Falls::Last);
            }
        }
    }

    /// Takes an object out of the store, whatever holds it; what it alone owned is queued. No code of
    /// the user runs.
    fn cut_out(&mut self, handle: K, with_others: bool) -> Option<T> {
        let index = self.objects.resolve(handle.data())?;
        let cut = self.release.cut_out(&mut self.objects, index, with_others);
        cut.map(|(_, value)| value)
    }

    /// Takes all objects out, in the order of their indices. Their edges, roots and components are
    /// gone when this returns; the handles stay stale for ever. Finalizers do not run; watches get
    /// notices.
    ///
    /// Computes in O(objects + edges + arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<char> = "abc".chars().collect();
    /// let all: String = store.drain().map(|(_, value)| value).collect();
    /// assert_eq!(all, "abc");
    /// assert!(store.is_empty());
    /// ```
    pub fn drain(&mut self) -> Drain<T, K> {
        self.settle();
        let mut values = Vec::with_capacity(self.len());
        let mut dead = Vec::new();
        let finalizers = self.take_all(|key, value, is_dead| {
            if is_dead {
                dead.push((key, value));
            } else {
                values.push((key.into(), value));
            }
        });
        if self.config.keep_dead {
            self.objects.kept.append(&mut dead);
        }
        self.unsettled = true;
        drop(dead);
        drop(finalizers);
        self.drop_rest();
        Drain(values.into_iter())
    }

    /// Takes all objects out and drops their values, or keeps them for
    /// [`drain_dead`](Self::drain_dead), in the order of their indices. Finalizers do not run;
    /// watches get notices.
    ///
    /// Computes in O(objects + edges + arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<char> = "abc".chars().collect();
    /// store.clear();
    /// assert!(store.is_empty());
    /// ```
    pub fn clear(&mut self) {
        self.settle();
        let mut values = Vec::new();
        let finalizers = if self.config.keep_dead || core::mem::needs_drop::<T>() {
            values.reserve(self.len());
            self.take_all(|key, value, _| values.push((key, value)))
        } else {
            self.take_all(|_, _, _| ())
        };
        if self.config.keep_dead {
            self.objects.kept.append(&mut values);
        }
        self.unsettled = true;
        drop(finalizers);
        drop(values);
        self.drop_rest();
    }

    /// Takes every object out of the store; no code of the user runs.
    /// `each` is told which were dead before and had not left.
    fn take_all(&mut self, mut each: impl FnMut(KeyData, T, bool)) -> Vec<Finalizer<T, E, K>> {
        let mut finalizers = Vec::new();
        self.release.clear();
        self.objects.columns.bury_all();
        let words = self.objects.headers.words();
        for word in 0..words {
            for bit in Ones(self.objects.headers.occupied(word)) {
                let index = crate::collect::marker::index_at(word, bit);
                let objects = &mut self.objects;
                if objects.mortal.finalizable.get(index) {
                    finalizers.extend(self.finalizers.remove(index));
                }
                objects.detach_weak(index, usize::MAX);
                objects
                    .edges
                    .forget_outgoing(&mut objects.headers, index, &mut objects.labels);
                objects.edges.forget_incoming(&mut objects.headers, index);
                let is_dead = !objects.is_live(index);
                if let Some((key, value)) = objects.take_out(index) {
                    each(key, value, is_dead);
                }
            }
        }
        self.backtracer.forget_garbage();
        self.objects.close_empty_arenas();
        finalizers
    }

    /// The values of the dead, in the order in which they have left their slots, where
    /// [`Config::keep_dead`](crate::Config::keep_dead) keeps them. What is dead but not swept yet is
    /// not among them. Nor is what [`destroy`](Self::destroy) and [`drain`](Self::drain) have returned.
    ///
    /// Computes in O(dead).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().keep_dead(true));
    /// let parent = store.insert("parent");
    /// store.insert_linked(parent, (), "child")?;
    /// store.unroot(parent)?;
    /// assert_eq!(store.drain_dead().map(|dead| dead.1).collect::<Vec<_>>(), ["parent", "child"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drain_dead(&mut self) -> DrainDead<'_, T, K> {
        self.backlogs.see(Backlog::Dead, 0);
        DrainDead {
            dead: self.objects.kept.drain(..),
            key: core::marker::PhantomData,
        }
    }
}

/// Death by count.
impl<T, E, K: Key> Store<T, E, K> {
    /// Reclaims what waits, unless that is deferred.
    #[inline]
    pub(super) fn reclaim(&mut self) {
        if self.defers() {
            return;
        }
        if !self.release.is_empty() {
            self.run_release(u64::MAX, 0);
        }
        if self.config.cycles == Cycles::Prompt && !self.objects.suspects.is_empty() {
            self.run_trace(self.config.trace_limit);
        }
    }

    /// Reclaims what waits, as far as the budget goes, finalizers and all; what only garbage owned, until
    /// `for_orphans` units are used up.
    #[inline]
    pub(super) fn run_release(&mut self, units: u64, for_orphans: u64) -> Released {
        let mut done = Released::default();
        self.backtracer.forget_proofs();
        self.unsettled = true;
        let most = self.finalizers_allowed();
        loop {
            let left = units.saturating_sub(done.units);
            let for_orphans = for_orphans.saturating_sub(done.units);
            let (released, finalize) = self.release.run(&mut self.objects, left, for_orphans);
            done.units += released.units;
            done.objects += released.objects;
            match finalize {
                Some(index) if self.finalized < most => self.finalize(index, Falls::First),
                // Unsettled: the next call goes on.
                Some(_) => return done,
                None => break,
            }
        }
        self.unsettled = false;
        done
    }

    /// How many finalizers may have run when a call ends: those that have run, and those that are left.
    /// An object that is given one after this waits for the next call, so that finalizers which make
    /// more and more objects with finalizers keep no call busy for ever.
    pub(super) fn finalizers_allowed(&self) -> u64 {
        self.finalized + self.finalizers.len() as u64
    }

    /// Takes an object that is dead and was dismantled in part out of the store.
    pub(super) fn finish_dismantling(&mut self) {
        self.unsettled = true;
        self.release.finish_dismantling(&mut self.objects);
        self.unsettled = false;
    }

    /// Queues an object whose count fell, and reclaims.
    #[inline]
    pub(super) fn fell(&mut self, index: u32) {
        let row = self.objects.headers.row(index);
        self.fell_to(index, row);
    }

    /// The same where it is known what the object's row is.
    #[inline]
    pub(super) fn fell_to(&mut self, index: u32, row: Row) {
        if !row.node.is_unheld() {
            self.objects.suspects.add(&mut self.objects.headers, index);
            if self.config.cycles == Cycles::Prompt {
                self.reclaim();
            }
            return;
        }
        if !self.defers() {
            self.unsettled = true;
            let died = self.release.drop_leaf(&mut self.objects, index, row);
            self.unsettled = false;
            if died {
                return;
            }
        }
        self.release.fell(&mut self.objects, index);
        self.reclaim();
    }
}
