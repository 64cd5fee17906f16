//! Lists that grow without bound, in pages: adding to one never moves what is in it.

use alloc::collections::VecDeque;
use alloc::vec::{self, Vec};
use core::iter::Flatten;
use core::slice;

/// Bytes of a page, or nearly so.
const BYTES: usize = 1 << 15;

/// How many entries a page has: a power of two.
const fn page<T>() -> usize {
    match size_of::<T>() {
        // All of them fit in one.
        0 => usize::MAX,
        size if size > BYTES / 4 => 4,
        size => 1 << (BYTES / size).ilog2(),
    }
}

/// By how many entries a page with `len` of them grows.
fn growth<T>(len: usize) -> usize {
    len.max(4).min(page::<T>() - len)
}

/// A list that grows and shrinks at its end.
///
/// - All pages of `full` have [`page`] entries, and `last` has at most so many.
/// - `last` is empty only if the list is.
#[derive(Clone, Debug)]
pub(crate) struct Pages<T> {
    full: Vec<Vec<T>>,
    last: Vec<T>,
    /// An empty page, so that a list whose length goes to and fro allocates nothing.
    spare: Vec<T>,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self {
            full: Vec::new(),
            last: Vec::new(),
            spare: Vec::new(),
        }
    }
}

impl<T> Pages<T> {
    /// A list with room for so many entries, as far as they fit in a page: others are allocated as they fill.
    pub(crate) fn with_capacity(entries: usize) -> Self {
        Self {
            last: Vec::with_capacity(entries.min(page::<T>())),
            ..Self::default()
        }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.full.len() * page::<T>() + self.last.len()
    }

    #[inline]
    pub(crate) fn push(&mut self, value: T) {
        // The test that `Vec::push` makes too, so that it costs nothing more.
        if self.last.len() == self.last.capacity() {
            self.make_room();
        }
        self.last.push(value);
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        let len = self.last.len();
        if len < page::<T>() {
            self.last.reserve_exact(growth::<T>(len));
            return;
        }
        let mut next = core::mem::take(&mut self.spare);
        next.reserve_exact(page::<T>());
        self.full.push(core::mem::replace(&mut self.last, next));
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<T> {
        let value = self.last.pop()?;
        if self.last.is_empty() && !self.full.is_empty() {
            self.turn_back();
        }
        Some(value)
    }

    /// Goes back to the page before the last one, which is empty.
    #[cold]
    #[inline(never)]
    fn turn_back(&mut self) {
        if let Some(page) = self.full.pop() {
            self.spare = core::mem::replace(&mut self.last, page);
        }
    }

    /// The entries at the end that are in one page.
    #[inline]
    pub(crate) fn top(&self) -> &[T] {
        &self.last
    }

    /// Drops all but the first `len` entries of the last page.
    #[inline]
    pub(crate) fn truncate_top(&mut self, len: usize) {
        self.last.truncate(len);
        if len == 0 && !self.full.is_empty() {
            self.turn_back();
        }
    }

    #[inline]
    pub(crate) fn extend_from_slice(&mut self, values: &[T])
    where
        T: Copy,
    {
        if values.len() <= self.last.capacity() - self.last.len() {
            self.last.extend_from_slice(values);
        } else {
            self.extend_slowly(values);
        }
    }

    #[cold]
    #[inline(never)]
    fn extend_slowly(&mut self, values: &[T])
    where
        T: Copy,
    {
        self.extend(values.iter().copied());
    }

    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        let (page, at) = (at / page::<T>(), at % page::<T>());
        match self.full.get(page) {
            Some(full) => full.get(at),
            None if page == self.full.len() => self.last.get(at),
            None => None,
        }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        let (page, at) = (at / page::<T>(), at % page::<T>());
        let is_last = page == self.full.len();
        match self.full.get_mut(page) {
            Some(full) => full.get_mut(at),
            None if is_last => self.last.get_mut(at),
            None => None,
        }
    }

    /// All entries, in order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + Clone {
        let pages: Flatten<slice::Iter<'_, Vec<T>>> = self.full.iter().flatten();
        pages.chain(&self.last)
    }

    /// All entries, in order, to change.
    pub(crate) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.full.iter_mut().flatten().chain(&mut self.last)
    }

    /// Drops all entries, in order.
    pub(crate) fn clear(&mut self) {
        drop(self.drain());
    }

    /// Drops all but the first `len` entries, the last one first.
    pub(crate) fn truncate(&mut self, len: usize) {
        while self.len() > len {
            self.pop();
        }
    }

    /// Takes all entries out, in order; those that are not asked for are dropped.
    pub(crate) fn drain(&mut self) -> Drain<'_, T> {
        let left = self.len();
        self.spare = Vec::new();
        Drain {
            left,
            full: core::mem::take(&mut self.full).into_iter(),
            page: Vec::new().into_iter(),
            last: self.last.drain(..),
        }
    }

    /// Moves the entries of another list behind those of this one: at once, if this one is empty.
    pub(crate) fn append(&mut self, other: &mut Self) {
        if self.is_empty() {
            core::mem::swap(self, other);
        } else {
            self.extend(other.drain());
        }
    }

    /// Gives back what the list has room for and does not hold.
    pub(crate) fn shrink(&mut self) {
        self.full.shrink_to_fit();
        self.last.shrink_to_fit();
        self.spare = Vec::new();
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let entries = self.full.len() * page::<T>() + self.last.capacity() + self.spare.capacity();
        self.full.capacity() * size_of::<Vec<T>>() + entries * size_of::<T>()
    }
}

impl<T> Extend<T> for Pages<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.push(value));
    }
}

/// The entries of a list that is emptied.
#[derive(Debug)]
pub(crate) struct Drain<'a, T> {
    left: usize,
    full: vec::IntoIter<Vec<T>>,
    page: vec::IntoIter<T>,
    last: vec::Drain<'a, T>,
}

impl<T> Iterator for Drain<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        loop {
            if let Some(value) = self.page.next() {
                return Some(value);
            }
            match self.full.next() {
                Some(page) => self.page = page.into_iter(),
                None => return self.last.next(),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for Drain<'_, T> {}

impl<T> Drop for Drain<'_, T> {
    fn drop(&mut self) {
        // In order: the fields alone would drop the page that was begun after the others.
        if core::mem::needs_drop::<T>() {
            self.for_each(drop);
        }
    }
}

/// A list that grows at its end, and from which either end is taken.
///
/// All pages of `full` have [`page`] entries, but for the first one, which is not empty; and `last` has at most
/// so many.
#[derive(Clone, Debug)]
pub(crate) struct Queue<T> {
    full: VecDeque<VecDeque<T>>,
    last: VecDeque<T>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            full: VecDeque::new(),
            last: VecDeque::new(),
        }
    }
}

impl<T> Queue<T> {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.any() == 0
    }

    /// Zero if there is nothing; to be asked with others in one test.
    #[inline]
    pub(crate) fn any(&self) -> usize {
        self.last.len() | self.full.len()
    }

    pub(crate) fn len(&self) -> usize {
        let first = self.full.front().map_or(0, VecDeque::len);
        first + self.full.len().saturating_sub(1) * page::<T>() + self.last.len()
    }

    #[inline]
    pub(crate) fn push_back(&mut self, value: T) {
        // The test that `VecDeque::push_back` makes too, so that it costs nothing more.
        if self.last.len() == self.last.capacity() {
            self.make_room();
        }
        self.last.push_back(value);
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        let len = self.last.len();
        if len < page::<T>() {
            self.last.reserve_exact(growth::<T>(len));
            return;
        }
        let next = VecDeque::with_capacity(page::<T>());
        self.full
            .push_back(core::mem::replace(&mut self.last, next));
    }

    #[inline]
    pub(crate) fn pop_front(&mut self) -> Option<T> {
        if self.full.is_empty() {
            self.last.pop_front()
        } else {
            self.pop_full()
        }
    }

    #[cold]
    #[inline(never)]
    fn pop_full(&mut self) -> Option<T> {
        let first = self.full.front_mut()?;
        let value = first.pop_front();
        if first.is_empty() {
            self.full.pop_front();
        }
        value
    }

    pub(crate) fn pop_back(&mut self) -> Option<T> {
        if self.last.is_empty() {
            self.last = self.full.pop_back()?;
        }
        self.last.pop_back()
    }

    /// All entries, in order.
    #[cfg(any(test, feature = "check"))]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.full.iter().flatten().chain(&self.last)
    }

    /// Forgets all entries.
    pub(crate) fn clear(&mut self) {
        self.full.clear();
        self.last.clear();
    }

    /// Gives back what the list has room for and does not hold.
    pub(crate) fn shrink(&mut self) {
        self.full.shrink_to_fit();
        self.last.shrink_to_fit();
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let full: usize = self.full.iter().map(VecDeque::capacity).sum();
        let pages = self.full.capacity() * size_of::<VecDeque<T>>();
        pages + (full + self.last.capacity()) * size_of::<T>()
    }
}

#[cfg(test)]
mod tests {
    use alloc::rc::Rc;
    use core::cell::RefCell;

    use quickcheck::QuickCheck;

    use super::*;

    /// Of which a page has four.
    type Wide = [u64; 1_024];

    fn wide(number: u64) -> Wide {
        [number; 1_024]
    }

    #[test]
    fn a_page_is_a_power_of_two_of_entries() {
        assert_eq!((page::<Wide>(), page::<[u8; 100_000]>()), (4, 4));
        assert_eq!((page::<u32>(), page::<[u8; 12]>()), (8_192, 2_048));
        assert_eq!(page::<()>(), usize::MAX);
    }

    #[test]
    fn pages_agree_with_a_vector() {
        fn run(script: Vec<u8>) -> bool {
            let (mut pages, mut model) = (Pages::default(), Vec::new());
            for (number, what) in (0..).zip(script) {
                match what % 16 {
                    0..8 => {
                        pages.push(wide(number));
                        model.push(wide(number));
                    }
                    8..12 => assert_eq!(pages.pop(), model.pop()),
                    12 => {
                        let all = [1, 2, 3].map(|more| wide(number * more));
                        pages.extend_from_slice(&all);
                        model.extend_from_slice(&all);
                    }
                    13 => {
                        let most = model.len() * usize::from(what / 16) / 16;
                        pages.truncate(most);
                        model.truncate(most);
                    }
                    14 => {
                        let kept = pages.top().len() / 2;
                        model.truncate(model.len() - (pages.top().len() - kept));
                        pages.truncate_top(kept);
                    }
                    _ => pages.shrink(),
                }
                assert_eq!(
                    (pages.len(), pages.is_empty()),
                    (model.len(), model.is_empty())
                );
                assert!(pages.iter().eq(&model) && pages.iter().rev().eq(model.iter().rev()));
                let beyond = model.len() + 9;
                assert!((0..beyond).all(|at| pages.get(at) == model.get(at)));
                assert!((0..beyond).all(|at| pages.get_mut(at) == model.get_mut(at)));
                assert!(model.ends_with(pages.top()));
            }
            assert!(pages.clone().iter_mut().eq(model.iter_mut()));
            let mut other = Pages::default();
            other.push(wide(7));
            other.append(&mut pages.clone());
            assert!(other.iter().skip(1).eq(&model));
            let drained = pages.drain();
            assert_eq!(drained.len(), model.len());
            drained.eq(model) && pages.is_empty()
        }
        QuickCheck::new().quickcheck(run as fn(Vec<u8>) -> bool);
    }

    #[test]
    fn a_queue_agrees_with_one_in_one_piece() {
        fn run(script: Vec<u8>) -> bool {
            let (mut queue, mut model) = (Queue::default(), VecDeque::new());
            for (number, what) in (0..).zip(script) {
                match what % 16 {
                    0..9 => {
                        queue.push_back(wide(number));
                        model.push_back(wide(number));
                    }
                    9..12 => assert_eq!(queue.pop_front(), model.pop_front()),
                    12..15 => assert_eq!(queue.pop_back(), model.pop_back()),
                    _ => {
                        queue.shrink();
                        queue = queue.clone();
                    }
                }
                assert_eq!(
                    (queue.len(), queue.is_empty()),
                    (model.len(), model.is_empty())
                );
                assert!(queue.iter().eq(&model));
            }
            queue.clear();
            queue.is_empty() && queue.iter().next().is_none()
        }
        QuickCheck::new().quickcheck(run as fn(Vec<u8>) -> bool);
    }

    #[test]
    fn what_is_left_of_a_drained_list_is_dropped_in_order() {
        #[derive(Clone)]
        struct Noisy(
            usize,
            Rc<RefCell<Vec<usize>>>,
            #[expect(dead_code)] [u64; 2_000],
        );

        impl Drop for Noisy {
            fn drop(&mut self) {
                self.1.borrow_mut().push(self.0);
            }
        }

        let told: Rc<RefCell<Vec<usize>>> = Rc::default();
        let mut pages = Pages::default();
        pages.extend((0..14).map(|number| Noisy(number, Rc::clone(&told), [0; 2_000])));
        let mut drained = pages.drain();
        drop(drained.next());
        drop(drained);
        assert!(pages.is_empty());
        assert_eq!(*told.borrow(), (0..14).collect::<Vec<_>>());
    }
}
