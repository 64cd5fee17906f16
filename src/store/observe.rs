//! Observers, which are told of collections.

use core::fmt;

use alloc::sync::Arc;
use alloc::vec::Vec;

use slotmap::Key;

use crate::gc::pace::Collected;
use crate::nesting::Call;
use crate::store::{Store, spans};

/// Which end of a collection an observer is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// It begins: nothing is examined yet.
    Start,
    /// It has ended. A collection that was broken off, since a larger one does its work, has examined
    /// nothing.
    Stop,
}

/// What an observer of collections is told; see [`Store::observe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observation {
    /// Whether the collection begins or has ended.
    pub moment: Moment,
    /// Its generation, and at its end what it did.
    pub collected: Collected,
}

/// Names an observer of a store's collections; see [`Store::observe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Observer(u64);

type Told = Arc<dyn Fn(&Observation) + Send + Sync>;

/// All observers of a store, in the order in which they came.
#[derive(Clone, Default)]
pub(super) struct Observers {
    list: Vec<(Observer, Told)>,
    next: u64,
}

impl Observers {
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there have been.
    #[cfg(feature = "serde")]
    pub(super) fn saved(&self) -> u64 {
        self.next
    }

    /// None, after so many.
    #[cfg(feature = "serde")]
    pub(super) fn restore(&mut self, next: u64) {
        self.next = next;
    }

    pub(super) fn shrink(&mut self) {
        self.list.shrink_to_fit();
    }

    /// Bytes allocated, without the closures.
    pub(super) fn memory(&self) -> usize {
        self.list.capacity() * size_of::<(Observer, Told)>()
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.list.iter().map(|(observer, _)| observer);
        f.debug_list().entries(names).finish()
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Calls `told` at the beginning and at the end of each collection, including those that steps and
    /// insertions run in slices. Observers are called in the order in which they were added, and a
    /// clone of the store has them too. Collections that are skipped because they could find nothing
    /// are not observed; nor is tracing.
    ///
    /// An observer has no access to the store, and while it runs, clones of the store do not collect on its
    /// thread. If it panics, the call that collects ends; what was
    /// begun goes on with the next step or collection.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// use std::sync::{Arc, atomic::{AtomicUsize, Ordering}};
    /// use understory::{Moment, Store};
    ///
    /// let freed = Arc::new(AtomicUsize::new(0));
    /// let sum = Arc::clone(&freed);
    /// let mut store: Store<&str> = Store::new();
    /// let observer = store.observe(move |seen| {
    ///     if seen.moment == Moment::Stop {
    ///         sum.fetch_add(seen.collected.freed, Ordering::Relaxed);
    ///     }
    /// });
    /// let narcissus = store.insert("narcissus");
    /// store.link(narcissus, (), narcissus)?;
    /// store.unroot(narcissus)?;
    /// store.collect();
    /// assert_eq!(freed.load(Ordering::Relaxed), 1);
    /// assert!(store.unobserve(observer));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn observe(&mut self, told: impl Fn(&Observation) + Send + Sync + 'static) -> Observer {
        let observer = Observer(self.observers.next);
        self.observers.next += 1;
        self.observers.list.push((observer, Arc::new(told)));
        observer
    }

    /// Removes an observer; returns whether there was such a one.
    ///
    /// Complexity: O(observers).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let observer = store.observe(|_| ());
    /// assert!(store.unobserve(observer) && !store.unobserve(observer));
    /// ```
    pub fn unobserve(&mut self, observer: Observer) -> bool {
        let list = &mut self.observers.list;
        let at = list.iter().position(|(other, _)| *other == observer);
        at.map(|at| list.remove(at)).is_some()
    }

    pub(super) fn tell(&mut self, moment: Moment, collected: &Collected) {
        let collected = *collected;
        let observation = Observation { moment, collected };
        if self.observers.is_empty() && !spans::ARE_THERE {
            return;
        }
        let was = self.unsettled;
        self.unsettled.interrupt();
        let call = Call::enter(Some(self.family));
        if moment == Moment::Stop {
            spans::tell_collected(&collected);
        }
        for (_, told) in &self.observers.list {
            told(&observation);
        }
        drop(call);
        self.unsettled = was;
    }
}
