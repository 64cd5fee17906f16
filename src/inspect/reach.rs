//! What can be reached from the roots, and what would go without an object.

use alloc::vec::Vec;

use crate::inspect::marks::Marks;
use crate::inspect::snapshot::HeapSnapshot;

/// Marks all that is reached from what is on the stack, which is marked already.
pub(super) fn mark(heap: &HeapSnapshot, marks: &mut Marks, stack: &mut Vec<u32>) {
    while let Some(object) = stack.pop() {
        for &target in heap.targets(object) {
            if !marks.set(target) {
                stack.push(target);
            }
        }
    }
}

/// What is reached from the roots, on ways on which `without` is not.
pub(super) fn reached(heap: &HeapSnapshot, without: Option<u32>) -> Marks {
    let mut marks = Marks::new(heap.len());
    if let Some(object) = without {
        marks.set(object);
    }
    let mut stack = Vec::new();
    for root in heap.roots() {
        if !marks.set(root.object) {
            stack.push(root.object);
        }
    }
    mark(heap, &mut marks, &mut stack);
    marks
}

impl HeapSnapshot {
    /// The objects that can be reached from roots, in order: all that an unhurried collection would keep, but for
    /// what is held by frozen objects and by what waits to be reclaimed.
    ///
    /// Complexity: O(n + e) for n objects and e edges.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    /// use understory::inspect::Describe;
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [egg, hen, fox] = ["egg", "hen", "fox"].map(|name| store.insert(name));
    /// store.link(egg, (), hen)?;
    /// store.link(hen, (), egg)?;
    /// store.unroot(egg)?;
    /// store.unroot(hen)?; // they own each other: only a collector can tell
    ///
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.reachable(), [heap.find(fox).unwrap()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn reachable(&self) -> Vec<u32> {
        reached(self, None).objects().collect()
    }

    /// The objects that would die with an object if it was destroyed, and it, in order: those that can be reached from
    /// roots through it alone. Of an object that can't be reached there are none. How large they are together is
    /// [`Dominators::retained_size`](super::Dominators::retained_size).
    ///
    /// It says nothing about what would happen if the program only dropped the roots of the object: see
    /// [`would_free_if_unrooted`](Self::would_free_if_unrooted).
    ///
    /// Complexity: O(n + e) for n objects and e edges.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    /// use understory::inspect::Describe;
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let screen = store.insert("screen");
    /// let menu = store.insert_linked(screen, (), "menu")?;
    /// let button = store.insert_linked(menu, (), "button")?;
    /// let font = store.insert_linked(button, (), "font")?;
    /// store.link(screen, (), font)?; // not the button's alone
    ///
    /// let heap = store.heap_snapshot(&Describe::new());
    /// let [menu, button] = [menu, button].map(|handle| heap.find(handle).unwrap());
    /// assert_eq!(heap.would_free(menu), [menu, button]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn would_free(&self, object: u32) -> Vec<u32> {
        let mut marks = reached(self, Some(object));
        if !self.is_reached(object, &marks) {
            return Vec::new();
        }
        let mut freed = alloc::vec![object];
        let mut read = 0;
        while let Some(&next) = freed.get(read) {
            read += 1;
            for &target in self.targets(next) {
                if !marks.set(target) {
                    freed.push(target);
                }
            }
        }
        freed.sort_unstable();
        freed
    }

    /// The objects that would die if all roots of an object were dropped: none, if it has other owners that live.
    ///
    /// Complexity: O(n + e) for n objects and e edges.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    /// use understory::inspect::Describe;
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let [screen, menu] = ["screen", "menu"].map(|name| store.insert(name));
    /// store.insert_linked(menu, (), "button")?;
    /// let describe = Describe::new();
    /// assert_eq!(store.heap_snapshot(&describe).would_free_if_unrooted(1), [1, 2]);
    /// store.link(screen, (), menu)?;
    /// assert_eq!(store.heap_snapshot(&describe).would_free_if_unrooted(1), []);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn would_free_if_unrooted(&self, object: u32) -> Vec<u32> {
        let others = reached(self, Some(object));
        let owners = others.objects().filter(|&owner| owner != object);
        let is_owned = owners
            .into_iter()
            .any(|owner| self.targets(owner).contains(&object));
        if is_owned || self.roots_of(object).is_empty() {
            return Vec::new();
        }
        self.would_free(object)
    }

    /// Whether an object is reached, if `others` has all that is reached without it, and it.
    fn is_reached(&self, object: u32, others: &Marks) -> bool {
        let is_owned = |owner: u32| owner != object && self.targets(owner).contains(&object);
        !self.roots_of(object).is_empty() || others.objects().any(is_owned)
    }
}
