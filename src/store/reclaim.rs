//! Death of all, and by count.

use alloc::vec::Vec;

use slotmap::Key;

use crate::bits::Ones;
use crate::config::{Cycles, Reclaim};
use crate::graph::rows::Row;
use crate::objects::record::Dead;
use crate::objects::release::Released;
use crate::objects::{Cause, Objects};
use crate::store::Store;
use crate::store::finalize::{Falls, Finalizer};
use crate::store::settle::Quota;

impl<T, E, K: Key> Store<T, E, K> {
    /// Takes all objects out, in the order of their indices. Their edges, roots and components are
    /// gone when this returns; the handles stay stale for ever. Finalizers do not run; watches get
    /// notices.
    ///
    /// Complexity: O(objects + edges + arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<char> = "abc".chars().collect();
    /// let all: String = store.drain().map(|(_, value)| value).collect();
    /// assert_eq!(all, "abc");
    /// assert!(store.is_empty());
    /// ```
    pub fn drain(
        &mut self,
    ) -> impl ExactSizeIterator<Item = (K, T)> + DoubleEndedIterator + use<T, E, K> {
        self.settle();
        let mut values = Vec::with_capacity(self.len());
        let mut dead = Vec::new();
        let finalizers = self.take_all(|left, is_dead| {
            if is_dead {
                dead.push(left);
            } else {
                values.push((left.key.into(), left.value));
            }
        });
        self.guarded(|_| drop(finalizers));
        self.bury_all(dead);
        values.into_iter()
    }

    /// Takes all objects out and drops their values, or keeps them for
    /// [`drain_deaths`](Self::drain_deaths), in the order of their indices. Finalizers do not run;
    /// watches get notices.
    ///
    /// Complexity: O(objects + edges + arenas).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<char> = "abc".chars().collect();
    /// store.clear();
    /// assert!(store.is_empty());
    /// ```
    pub fn clear(&mut self) {
        self.settle();
        let mut all = Vec::new();
        let finalizers = if self.config.record_deaths || core::mem::needs_drop::<T>() {
            all.reserve(self.len());
            self.take_all(|left, _| all.push(left))
        } else {
            self.take_all(|_, _| ())
        };
        self.guarded(|_| drop(finalizers));
        self.bury_all(all);
    }

    /// Drops what has left the store, or records it, and what else there is to drop.
    fn bury_all(&mut self, all: Vec<Dead<T>>) {
        self.guarded(|store| {
            let rest: Vec<T> = all
                .into_iter()
                .filter_map(|dead| store.objects.record.add_dead(dead))
                .collect();
            drop(rest);
        });
        self.drop_rest();
    }

    /// Takes every object out of the store; no code of the user runs.
    /// `each` is told which were dead before and had not left.
    fn take_all(&mut self, mut each: impl FnMut(Dead<T>, bool)) -> Vec<Finalizer<T, E, K>> {
        let dismantled = self.release.dismantled();
        let mut finalizers = Vec::new();
        self.release.clear();
        self.condemned.clear();
        if !self.objects.record.keeps_components() {
            self.objects.columns.bury_all();
        }
        let words = self.objects.graph.headers().words();
        for word in 0..words {
            for bit in Ones(self.objects.graph.headers().occupied(word)) {
                let index = crate::index::index_at(word, bit);
                let objects = &mut self.objects;
                if objects.deaths.finalizable.get(index) {
                    finalizers.extend(self.finalizers.remove(index));
                }
                objects.graph.detach_weak(index, usize::MAX);
                objects.graph.forget_edges(index);
                let is_dead = !objects.is_live(index);
                let cause = match is_dead {
                    false => Cause::Destroyed,
                    true if dismantled == Some(index) => objects.record.cause(index),
                    true => Cause::Collected,
                };
                if let Some((key, value)) = objects.take_out(index) {
                    // What is handed to the caller is not recorded, and leaves no cause behind.
                    objects.record.note(index, Cause::Released);
                    each(objects.record.dead(key, value, cause), is_dead);
                }
            }
        }
        self.gc.backtracer.forget_garbage();
        self.objects.close_empty_arenas();
        finalizers
    }
}

/// Death by count.
impl<T, E, K: Key> Store<T, E, K> {
    /// Reclaims what waits, unless that is deferred.
    #[inline(never)]
    pub(super) fn reclaim(&mut self) {
        self.reclaim_within(&mut self.quota());
    }

    /// The same as part of a call that may run so many finalizers.
    #[inline]
    pub(super) fn reclaim_within(&mut self, quota: &mut Quota) {
        if self.defers() {
            return;
        }
        if !self.release.is_empty() {
            self.run_release(u64::MAX, 0, quota);
        }
        if self.config.cycles == Cycles::Prompt
            && quota.is_same
            && !self.objects.graph.suspects().is_empty()
            && !self.is_barred()
        {
            self.run_trace(self.config.trace_limit, quota);
        }
    }

    /// Reclaims what waits, as far as the budget goes, finalizers and all; what only garbage owned, until
    /// `for_orphans` units are used up.
    #[inline]
    pub(super) fn run_release(
        &mut self,
        units: u64,
        for_orphans: u64,
        quota: &mut Quota,
    ) -> Released {
        let mut done = Released::default();
        self.gc.backtracer.forget_proofs();
        self.guarded(|store| {
            loop {
                let left = units.saturating_sub(done.units);
                let for_orphans = for_orphans.saturating_sub(done.units);
                let (released, finalize) = store.release.run(&mut store.objects, left, for_orphans);
                done.units += released.units;
                done.objects += released.objects;
                let Some(index) = finalize.filter(|_| store.may_finalize_or_leaves(quota)) else {
                    break;
                };
                store.finalize(index, Falls::First, quota);
                if !quota.is_same {
                    break;
                }
            }
        });
        done
    }

    /// Takes an object that is dead and was dismantled in part out of the store.
    pub(super) fn finish_dismantling(&mut self) {
        self.guarded(|store| store.release.finish_dismantling(&mut store.objects));
    }

    /// Queues an object whose count fell when another one, the `owner`, let go of it, and reclaims.
    #[inline]
    pub(super) fn fell(&mut self, index: u32, owner: u32) {
        let row = self.objects.graph.headers().row(index);
        self.fell_to(index, row, Some(owner));
    }

    /// The same where it is known what the object's row is, and the program may have let go of it.
    #[expect(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub(super) fn fell_to(&mut self, index: u32, row: Row, owner: Option<u32>) {
        if !row.node.is_unheld() {
            self.objects.graph.suspect(index, &row);
            if self.config.cycles == Cycles::Prompt {
                self.reclaim();
            }
        } else if row.is_bare() && self.is_plain() && !self.objects.may_have_components(index) {
            self.release.count_death();
            self.drop_value(|objects| objects.discard_bare(index, row.node));
        } else {
            self.queue(index, owner);
        }
    }

    /// Whether what nothing holds dies at once, and nothing is told of its death that its row does not ask for.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        // One test of all that may be in the way, which hardly ever is anything. Whether the finalizer that runs
        // is one of this store would be a look at the thread.
        let is_deferred = usize::from(self.config.reclaim != Reclaim::Immediate);
        let in_the_way = self.scopes | self.within.number() | self.unsettled.bits() | is_deferred;
        in_the_way | self.release.in_the_way() | self.objects.in_the_way() == 0
    }

    /// Takes an object out whose `Drop` may panic.
    #[inline]
    pub(super) fn drop_value<R>(&mut self, discard: impl FnOnce(&mut Objects<T, E>) -> R) -> R {
        if core::mem::needs_drop::<T>() {
            self.guarded(|store| discard(&mut store.objects))
        } else {
            discard(&mut self.objects)
        }
    }

    /// Queues an object that nothing holds any more, and reclaims.
    #[inline(never)]
    fn queue(&mut self, index: u32, owner: Option<u32>) {
        let owner = owner.map(|owner| self.objects.graph.headers().key(owner));
        self.release.fell(&mut self.objects, index, owner);
        self.reclaim();
    }
}
