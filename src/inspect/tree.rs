//! The tree of dominators for people: equal siblings are one line.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use crate::inspect::dominators::Dominators;
use crate::inspect::table::{number, share, write_table};

/// Objects of one class that have the same place in the tree of dominators: what [`Dominators::merged`] gives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Merged {
    /// Their class.
    pub class: u32,
    /// The objects.
    pub objects: Vec<u32>,
    /// Their size in bytes, without what they retain.
    pub size: u64,
    /// What they retain, in bytes.
    pub retained: u64,
}

impl Dominators<'_> {
    /// What a few objects are the dominators of: those of one class together, those
    /// that retain most first. Of each group the next level is got by asking for its objects.
    ///
    /// Complexity: O(k log k) for k such objects.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    /// use understory::inspect::Describe;
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let forest = store.insert("forest");
    /// for _ in 0..100 {
    ///     let tree = store.insert_linked(forest, (), "tree")?;
    ///     store.insert_linked(tree, (), "leaf")?;
    /// }
    /// let describe = Describe::new().class(|name: &&'static str| *name).size(|_| 10);
    /// let heap = store.heap_snapshot(&describe);
    /// let dominators = heap.dominators();
    /// let trees = &dominators.merged(dominators.top())[0];
    /// assert_eq!((trees.objects.len(), trees.size, trees.retained), (100, 1_000, 2_000));
    /// assert_eq!(dominators.to_string(), "\
    /// retained           objects  class
    ///    2,010  100.0 %        1  forest
    ///    2,000   99.5 %      100    tree
    ///    1,000   49.7 %      100      leaf");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn merged(&self, objects: &[u32]) -> Vec<Merged> {
        let below = objects.iter().flat_map(|&object| self.children(object));
        self.grouped(below.copied())
    }

    /// The [`top`](Self::top), those of one class together, as [`merged`](Self::merged) has them.
    ///
    /// Complexity: O(k log k) for k objects at the top.
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.dominators().merged_top()[0].retained, 24);
    /// ```
    #[must_use]
    pub fn merged_top(&self) -> Vec<Merged> {
        self.grouped(self.top().iter().copied())
    }

    fn grouped(&self, objects: impl Iterator<Item = u32>) -> Vec<Merged> {
        let mut groups: BTreeMap<u32, Merged> = BTreeMap::new();
        for object in objects {
            let class = self.heap().class(object);
            let group = groups.entry(class).or_insert_with(|| Merged {
                class,
                objects: Vec::new(),
                size: 0,
                retained: 0,
            });
            group.objects.push(object);
            group.size += self.heap().size(object);
            group.retained += self.retained_size(object);
        }
        let mut groups: Vec<Merged> = groups.into_values().collect();
        groups.sort_by_key(|group| (core::cmp::Reverse(group.retained), group.class));
        groups
    }
}

/// The most levels that are written out.
const LEVELS: usize = 6;

impl fmt::Display for Dominators<'_> {
    /// The tree as a table, with equal siblings together: what retains at least a hundredth, six levels deep.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let top = self.merged_top();
        let whole: u64 = top.iter().map(|group| group.retained).sum();
        let mut rows = Vec::new();
        let mut stack: Vec<(usize, Merged)> =
            top.into_iter().rev().map(|group| (0, group)).collect();
        while let Some((level, group)) = stack.pop() {
            if u128::from(group.retained) * 100 < u128::from(whole) {
                continue;
            }
            let name = self.heap().class_name(group.class);
            let width = 2 * level;
            let name = format!("{:width$}{name}", "");
            let objects = number(group.objects.len());
            rows.push([
                number(group.retained),
                share(group.retained, whole),
                objects,
                name,
            ]);
            if level + 1 < LEVELS {
                let below = self.merged(&group.objects).into_iter().rev();
                stack.extend(below.map(|group| (level + 1, group)));
            }
        }
        write_table(f, ["retained", "", "objects", "class"], &rows)
    }
}
