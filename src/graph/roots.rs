//! Root counts, and the values that hold a root for as long as they live.

#[cfg(feature = "serde")]
use crate::form;
use crate::graph::rows::{Headers, Row};
use crate::sparse::Sparse;

/// Which objects the program holds, and which of the counts are held by [`Root`]s.
///
/// The counts themselves are in the headers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots {
    /// How many of an object's roots are held by values of this process, and so are not for `unroot` to
    /// take.
    held: Sparse<u32>,
    /// How many of an object's roots were held, in the store that this one is a clone of, by
    /// values that know nothing of the clone.
    foreign: Sparse<u32>,
    /// How many values hold a root of an object for which its count had no room.
    above: Sparse<u32>,
    total: u64,
}

impl Roots {
    /// The sum of all root counts.
    #[cfg(feature = "check")]
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Notes the roots of a new object.
    #[inline]
    pub(crate) fn born(&mut self, roots: u32) {
        self.total += u64::from(roots);
    }

    /// Adds a root; false if the count is at its maximum.
    #[inline]
    pub(crate) fn add(&mut self, headers: &mut Headers, index: u32) -> bool {
        let is_added = headers.add_root(index);
        self.total += u64::from(is_added);
        is_added
    }

    /// Notes that the only root of an object is gone with it.
    #[inline]
    pub(crate) fn died(&mut self) {
        self.total -= 1;
    }

    /// Takes so many roots away, which must be there; returns the object's row as it is then.
    #[inline]
    pub(crate) fn subtract(&mut self, headers: &mut Headers, index: u32, number: u32) -> Row {
        self.total -= u64::from(number);
        headers.take_roots(index, number)
    }

    /// Whether all roots are free for `unroot` to take.
    #[inline]
    pub(crate) fn are_free(&self) -> bool {
        self.held.is_empty() & self.foreign.is_empty()
    }

    /// How many of an object's roots are free for `unroot` to take.
    #[inline]
    pub(crate) fn free(&self, headers: &Headers, index: u32) -> u32 {
        let roots = headers.node(index).roots();
        if self.are_free() {
            return roots;
        }
        roots - self.kept(index)
    }

    /// Forgets the roots of an object that has left its slot.
    #[cold]
    pub(crate) fn forget(&mut self, index: u32, roots: u32) {
        self.total -= u64::from(roots);
        self.held.remove(index);
        self.foreign.remove(index);
        self.above.remove(index);
    }

    /// Turns the roots that values hold into roots that nobody holds, in a clone.
    pub(crate) fn disown(&mut self) {
        self.above = Sparse::default();
        for (index, number) in self.held.take() {
            *self.foreign.or_default(index) += number;
        }
    }

    /// How many of an object's roots are for values to give up, of this store or of another.
    pub(crate) fn kept(&self, index: u32) -> u32 {
        let kept = |map: &Sparse<u32>| map.get(index).copied().unwrap_or(0);
        kept(&self.held) + kept(&self.foreign)
    }

    /// Notes that so many of an object's roots are held by values that know nothing of this store.
    pub(crate) fn keep_foreign(&mut self, index: u32, number: u32) {
        if number > 0 {
            *self.foreign.or_default(index) += number;
        }
    }

    /// The objects with roots that nobody holds, and how many, in order; they are taken off the
    /// list.
    pub(crate) fn take_foreign(&mut self) -> impl Iterator<Item = (u32, u32)> + use<> {
        self.foreign.take()
    }

    /// The objects of which values hold roots, and how many values do.
    #[cfg(all(feature = "rollback", feature = "std"))]
    pub(crate) fn held(&self) -> alloc::vec::Vec<(u32, u32)> {
        let number = |index| {
            let number = |map: &Sparse<u32>| map.get(index).copied().unwrap_or(0);
            (index, number(&self.held) + number(&self.above))
        };
        let mut indices: alloc::vec::Vec<u32> = self.held.indices().collect();
        indices.extend(self.above.indices());
        indices.sort_unstable();
        indices.dedup();
        indices.into_iter().map(number).collect()
    }

    /// Gives back what the maps don't need.
    pub(crate) fn shrink(&mut self) {
        for map in [&mut self.held, &mut self.foreign, &mut self.above] {
            map.shrink();
        }
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let maps = [&self.held, &self.foreign, &self.above];
        maps.iter().map(|map| map.memory()).sum()
    }

    /// Notes that a value holds one more root of an object.
    #[cfg(feature = "std")]
    pub(crate) fn hold(&mut self, index: u32) {
        *self.held.or_default(index) += 1;
    }

    /// Notes that a value holds one more root of an object whose count is at its maximum.
    #[cfg(feature = "std")]
    pub(crate) fn hold_above(&mut self, index: u32) {
        *self.above.or_default(index) += 1;
    }

    /// Notes that a value gave up its root; says whether it is to be taken off the count.
    #[cfg(feature = "std")]
    pub(crate) fn let_go(&mut self, index: u32) -> bool {
        !decrement(&mut self.above, index) && decrement(&mut self.held, index)
    }
}

#[cfg(feature = "serde")]
impl Roots {
    /// The roots that nobody would hold in a copy, by object.
    pub(crate) fn saved(&self) -> alloc::vec::Vec<form::Number> {
        let mut copy = self.clone();
        copy.disown();
        let foreign = copy.foreign.take();
        foreign
            .map(|(object, number)| form::Number { object, number })
            .collect()
    }

    pub(crate) fn restore(
        headers: &Headers,
        total: u64,
        foreign: &[form::Number],
    ) -> Result<Self, form::Fault> {
        let mut roots = Self {
            total,
            ..Self::default()
        };
        for &form::Number { object, number } in foreign {
            let is_held =
                headers.is_occupied(object) && (1..=headers.node(object).roots()).contains(&number);
            form::demand!(
                is_held,
                "object {object} does not have {number} foreign roots"
            );
            let old = roots.foreign.insert(object, number);
            form::demand!(old.is_none(), "foreign roots: object {object} comes twice");
        }
        Ok(roots)
    }
}

/// Takes one off a number that is kept while it is over zero; false if there is none.
#[cfg(feature = "std")]
fn decrement(numbers: &mut Sparse<u32>, index: u32) -> bool {
    let Some(number) = numbers.get_mut(index) else {
        return false;
    };
    *number -= 1;
    if *number == 0 {
        numbers.remove(index);
    }
    true
}

#[cfg(feature = "std")]
pub use raii::Root;
#[cfg(feature = "std")]
pub(crate) use raii::{News, Returned};

#[cfg(feature = "std")]
mod raii {
    use std::sync::{Arc, Mutex, PoisonError, Weak};
    use std::vec::Vec;

    use core::fmt;
    use hashbrown::HashMap;
    use slotmap::{Key, KeyData};

    use crate::handle::{Handle, index_of};
    use crate::journal;
    use crate::paged::Pages;
    use crate::sparse::FixedState;

    /// What values of type [`Root`] have to tell their store.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub(crate) enum News {
        Cloned,
        Dropped,
    }

    /// Apart, as clones may be asked for alone while many drops wait.
    #[derive(Debug, Default)]
    struct Told {
        cloned: Pages<KeyData>,
        dropped: Pages<KeyData>,
        /// Objects that going back to a snapshot has undone, with the last era whose values hold nothing any more,
        /// and how many such values there are.
        void: HashMap<KeyData, (u32, u32), FixedState>,
        /// How often the store has gone back.
        era: u32,
    }

    impl Told {
        /// Whether a value that was made in an era holds nothing; if so, there is one more of them, or one less.
        fn count_void(&mut self, key: KeyData, era: u32, news: News) -> bool {
            let void = self.void.get_mut(&key);
            let Some((_, values)) = void.filter(|(last, _)| era <= *last) else {
                return false;
            };
            match news {
                News::Cloned => *values += 1,
                News::Dropped => *values -= 1,
            }
            if *values == 0 {
                self.void.remove(&key);
            }
            true
        }
    }

    type Queue = Mutex<Told>;

    /// The store's end of the queue.
    #[derive(Debug, Default)]
    pub(crate) struct Returned {
        queue: Arc<Queue>,
    }

    impl Returned {
        /// A value that holds a root which was counted for it.
        pub(crate) fn root<K: Key>(&self, handle: K) -> Root<K> {
            Root {
                handle,
                era: lock(&self.queue).era,
                queue: Arc::downgrade(&self.queue),
            }
        }

        /// Begins another era, in which these values, so many for each object, hold nothing.
        #[cfg(feature = "rollback")]
        pub(crate) fn begin_era(&self, undone: impl Iterator<Item = (KeyData, u32)>) {
            let mut told = lock(&self.queue);
            let era = told.era;
            for (key, number) in undone {
                let (last, values) = told.void.entry(key).or_default();
                *last = era;
                *values += number;
            }
            told.era += 1;
        }

        /// Whether a value belongs to this store.
        pub(crate) fn owns<K: Key>(&self, root: &Root<K>) -> bool {
            Weak::ptr_eq(&root.queue, &Arc::downgrade(&self.queue))
        }

        /// The news so far, in the order of the handles; an object's clones before its drops.
        pub(crate) fn take(&self) -> Vec<(KeyData, News)> {
            let mut told = lock(&self.queue);
            // Asked in each step, and then there are hardly ever any.
            if told.cloned.is_empty() && told.dropped.is_empty() {
                return Vec::new();
            }
            let mut told = Told {
                cloned: core::mem::take(&mut told.cloned),
                dropped: core::mem::take(&mut told.dropped),
                ..Told::default()
            };
            let cloned = told.cloned.drain().map(|key| (key, News::Cloned));
            let dropped = told.dropped.drain().map(|key| (key, News::Dropped));
            let mut news: Vec<_> = cloned.chain(dropped).collect();
            news.sort_unstable_by_key(|&(key, news)| (index_of(key), key.as_ffi(), news));
            news
        }

        /// Only the clones so far, in the order of the handles.
        pub(crate) fn take_clones(&self) -> Vec<KeyData> {
            let mut cloned = core::mem::take(&mut lock(&self.queue).cloned);
            let mut clones: Vec<KeyData> = cloned.drain().collect();
            clones.sort_unstable_by_key(|&key| (index_of(key), key.as_ffi()));
            clones
        }

        /// Gives back what the queue does not need.
        pub(crate) fn shrink(&self) {
            let mut told = lock(&self.queue);
            told.cloned.shrink();
            told.dropped.shrink();
        }

        /// Bytes allocated.
        pub(crate) fn memory(&self) -> usize {
            let told = lock(&self.queue);
            let news = told.cloned.memory() + told.dropped.memory();
            // An `Arc` has two counts beside what it holds.
            size_of::<(usize, usize, Queue)>() + news
        }
    }

    fn lock(queue: &Queue) -> std::sync::MutexGuard<'_, Told> {
        // A push that panicked has pushed nothing, so the list is whole.
        queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds one root of an object for as long as it lives.
    ///
    /// Made by [`Store::hold`](crate::Store::hold). A clone holds one more root. A `Root` may be sent
    /// to and dropped on any thread, even after its store: a drop puts the root into a queue, which
    /// [`Store::step`](crate::Store::step), [`Store::collect`](crate::Store::collect),
    /// [`Store::collect_generation`](crate::Store::collect_generation) and
    /// [`Store::sync_roots`](crate::Store::sync_roots) apply, in the order of the handles. So a run is
    /// deterministic if the drops happen before these calls. [`Store::release`](crate::Store::release)
    /// gives the root back at once instead.
    ///
    /// Until then the root counts, and its object lives. Insertions don't apply the queue, except where
    /// they reach a limit, and neither do [`Store::collect_due`](crate::Store::collect_due) and
    /// [`Store::trace`](crate::Store::trace): a program that calls nothing else must call
    /// [`Store::sync_roots`](crate::Store::sync_roots) now and then.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let lamp = store.insert("lamp");
    /// let held = store.hold(lamp)?;
    /// store.unroot(lamp)?; // the root of `insert`; `held` has another
    ///
    /// std::thread::spawn(move || drop(held)).join().unwrap();
    /// assert!(store.contains(lamp));
    /// store.sync_roots();
    /// assert!(!store.contains(lamp));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct Root<K: Key = Handle> {
        handle: K,
        /// How often the store had gone back when it was made.
        era: u32,
        queue: Weak<Queue>,
    }

    impl<K: Key> Root<K> {
        /// The object's handle.
        ///
        /// Complexity: O(1).
        ///
        /// # Examples
        /// ```
        /// let mut store: understory::Store<&str> = understory::Store::new();
        /// let lamp = store.insert("lamp");
        /// let held = store.hold(lamp)?;
        /// assert_eq!(store[held.handle()], "lamp");
        /// # Ok::<(), understory::RootError>(())
        /// ```
        #[must_use]
        pub fn handle(&self) -> K {
            self.handle
        }

        /// Whether it holds nothing: its store is gone or has taken the root back, or has gone back to a
        /// [snapshot](crate::Store::snapshot) of before there was the object. A copy that a snapshot has made of a
        /// `Root` in a value holds nothing either.
        ///
        /// It stays empty, even if the store goes forward again, or an object comes that has the same handle.
        ///
        /// Complexity: O(1).
        ///
        /// # Examples
        /// ```
        /// let mut store: understory::Store<&str> = understory::Store::new();
        /// let lamp = store.insert("lamp");
        /// let held = store.hold(lamp)?;
        /// assert!(!held.is_empty());
        /// drop(store);
        /// assert!(held.is_empty());
        /// # Ok::<(), understory::RootError>(())
        /// ```
        #[must_use]
        pub fn is_empty(&self) -> bool {
            let Some(queue) = self.queue.upgrade() else {
                return true;
            };
            let told = lock(&queue);
            let void = told.void.get(&self.handle.data());
            void.is_some_and(|&(last, _)| self.era <= last)
        }

        fn tell(&self, news: News) {
            if let Some(queue) = self.queue.upgrade() {
                let mut told = lock(&queue);
                if !told.void.is_empty() && told.count_void(self.handle.data(), self.era, news) {
                    return;
                }
                match news {
                    News::Cloned => told.cloned.push(self.handle.data()),
                    News::Dropped => told.dropped.push(self.handle.data()),
                }
            }
        }

        /// Cuts the value off from its store, which has taken the root back.
        pub(crate) fn disarm(&mut self) {
            self.queue = Weak::new();
        }
    }

    impl<K: Key> Clone for Root<K> {
        fn clone(&self) -> Self {
            let mut queue = Weak::new();
            if !journal::is_copying() {
                self.tell(News::Cloned);
                queue = self.queue.clone();
            }
            Self {
                handle: self.handle,
                era: self.era,
                queue,
            }
        }
    }

    impl<K: Key> Drop for Root<K> {
        fn drop(&mut self) {
            self.tell(News::Dropped);
        }
    }

    impl<K: Key> fmt::Debug for Root<K> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_tuple("Root").field(&self.handle).finish()
        }
    }
}
