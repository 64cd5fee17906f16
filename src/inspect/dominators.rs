//! Which object everything has to go through: dominators, and what they retain.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use bumpalo::Bump;

use crate::index::narrow;
use crate::inspect::snapshot::HeapSnapshot;

/// No object dominates it: there are ways from two roots, or it is one itself.
const TOP: u32 = u32::MAX;
/// It can't be reached from a root.
const UNREACHED: u32 = u32::MAX - 1;

/// Which object keeps which alive: what [`HeapSnapshot::dominators`] gives.
///
/// An object *dominates* another if each way to that one, from any root, leads through it: without it the other
/// would be dead. The nearest of these is the other's *dominator*, so that dominators make a tree, with the
/// [`top`](Self::top) being all that no single object dominates. What an object dominates, and it, is what it
/// *retains*: that much would be free if it died.
///
/// # Examples
/// ```
/// use understory::Store;
/// use understory::inspect::Describe;
///
/// let mut store: Store<&str> = Store::new();
/// let screen = store.insert("screen");
/// let [menu, bar] = ["menu", "bar"].map(|name| store.insert_linked(screen, (), name).unwrap());
/// let font = store.insert_linked(menu, (), "font")?;
/// let icon = store.insert_linked(menu, (), "icon")?;
/// store.link(bar, (), font)?;
///
/// let heap = store.heap_snapshot(&Describe::new().size(|_| 10));
/// let [screen, menu, font, icon] = [screen, menu, font, icon].map(|handle| heap.find(handle).unwrap());
/// let dominators = heap.dominators();
/// assert_eq!(dominators.dominator(icon), Some(menu));
/// assert_eq!(dominators.dominator(font), Some(screen)); // two hold it, the screen holds both
/// assert_eq!((heap.size(menu), dominators.retained_size(menu)), (10, 20));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Dominators<'h> {
    heap: &'h HeapSnapshot,
    /// By object; or [`TOP`], or [`UNREACHED`].
    parents: Vec<u32>,
    retained: Vec<u64>,
    retained_counts: Vec<u32>,
    /// Where the objects begin that each object is the dominator of; behind them, those of the top.
    starts: Vec<u32>,
    children: Vec<u32>,
}

impl HeapSnapshot {
    /// Computes which object keeps which alive, and how much each retains. Weak edges don't count.
    ///
    /// Complexity: O(e log n + n) for n objects and e edges, in about 80 bytes an object and 4 an edge.
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::Describe;
    ///
    /// let mut store: understory::Store<u64> = understory::Store::new();
    /// let mut last = store.insert(0);
    /// for number in 1..100 {
    ///     last = store.insert_linked(last, (), number)?;
    /// }
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.dominators().retained_size(0), 800);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn dominators(&self) -> Dominators<'_> {
        // All of it at once, and given back at once.
        let bump = Bump::with_capacity(self.len() * 60 + self.edge_count() * 4 + 4096);
        let mut search = Search::new(self, &bump);
        search.number();
        search.list_sources();
        let (order, dominators) = search.dominators();
        Dominators::of_tree(self, &order, dominators)
    }
}

/// The search of Lengauer and Tarjan (1979), with path compression. Objects that are reached are known by their number
/// in a walk depth first from the roots. 0 is the root of all roots, so that no number is that of an object.
struct Search<'h, 'b> {
    heap: &'h HeapSnapshot,
    bump: &'b Bump,
    /// The number of each object, and how many edges lead to it.
    objects: &'b mut [Visited],
    /// The object of each number.
    order: bumpalo::collections::Vec<'b, u32>,
    /// The number that each was reached from.
    parents: bumpalo::collections::Vec<'b, u32>,
    /// Where the sources of the edges to each number begin.
    starts: &'b mut [u32],
    /// Numbers.
    sources: &'b mut [u32],
}

#[derive(Clone, Copy, Default)]
struct Visited {
    number: u32,
    edges: u32,
}

impl<'h, 'b> Search<'h, 'b> {
    fn new(heap: &'h HeapSnapshot, bump: &'b Bump) -> Self {
        let room = heap.len() + 1;
        let [mut order, mut parents] =
            [(), ()].map(|()| bumpalo::collections::Vec::with_capacity_in(room, bump));
        order.push(TOP);
        parents.push(0);
        Self {
            heap,
            bump,
            objects: bump.alloc_slice_fill_default(heap.len()),
            order,
            parents,
            starts: &mut [],
            sources: &mut [],
        }
    }

    /// Gives the next number to an object.
    fn visit(&mut self, object: u32, parent: u32) -> u32 {
        let number = narrow(self.order.len());
        self.objects[object as usize].number = number;
        self.order.push(object);
        self.parents.push(parent);
        number
    }

    /// Numbers all that the roots lead to, depth first, and counts the edges to each.
    fn number(&mut self) {
        let heap = self.heap;
        // The number of an object on the way, and the edges to come.
        let mut stack: Vec<(u32, core::slice::Iter<'_, u32>)> = Vec::new();
        for root in heap.roots() {
            if self.objects[root.object as usize].number > 0 {
                continue;
            }
            let number = self.visit(root.object, 0);
            stack.push((number, heap.targets(root.object).iter()));
            while let Some((number, targets)) = stack.last_mut() {
                let Some(&target) = targets.next() else {
                    stack.pop();
                    continue;
                };
                let number = *number;
                let visited = &mut self.objects[target as usize];
                visited.edges += 1;
                if visited.number == 0 {
                    let number = self.visit(target, number);
                    stack.push((number, heap.targets(target).iter()));
                }
            }
        }
    }

    /// Lists who has edges to each, in the order in which they are asked for.
    fn list_sources(&mut self) {
        let reached = self.order.len();
        let starts = self.bump.alloc_slice_fill_copy(reached + 1, 0_u32);
        let mut total = 0;
        for (number, &object) in self.order.iter().enumerate().skip(1) {
            starts[number] = total;
            let edges = &mut self.objects[object as usize].edges;
            total += *edges;
            // From here on: where the next one is to be put.
            *edges = starts[number];
        }
        starts[reached] = total;
        let sources = self.bump.alloc_slice_fill_copy(total as usize, 0_u32);
        for (number, &object) in (0..).zip(self.order.iter()).skip(1) {
            for &target in self.heap.targets(object) {
                let next = &mut self.objects[target as usize].edges;
                sources[*next as usize] = number;
                *next += 1;
            }
        }
        (self.starts, self.sources) = (starts, sources);
    }

    /// The number of the dominator of each number; 0 if it is the root of all roots.
    fn dominators(mut self) -> (bumpalo::collections::Vec<'b, u32>, &'b mut [u32]) {
        let reached = self.order.len();
        let mut forest = Forest::new(reached, self.bump);
        let dominators = self.bump.alloc_slice_fill_copy(reached, 0);
        // Those whose semidominator a number is, as a list: the first of each, and the one behind each.
        let first = self.bump.alloc_slice_fill_copy(reached, 0);
        let next = self.bump.alloc_slice_fill_copy(reached, 0);
        for root in self.heap.roots() {
            // The root of all roots owns it: there is no way around that, and nothing else to look at.
            let number = self.objects[root.object as usize].number as usize;
            forest.semis[number] = 0;
        }
        for number in (1..narrow(reached)).rev() {
            let at = number as usize;
            let mut semi = forest.semis[at];
            if semi > 0 {
                let sources = self.starts[at] as usize..self.starts[at + 1] as usize;
                for &source in &self.sources[sources] {
                    let least = if source <= number {
                        source
                    } else {
                        forest.least(source).semi
                    };
                    semi = semi.min(least);
                }
            }
            let parent = self.parents[at];
            forest.link(parent, number, semi);
            if semi > 0 {
                next[at] = core::mem::replace(&mut first[semi as usize], number);
            }
            let mut below = core::mem::take(&mut first[parent as usize]);
            while below > 0 {
                let least = forest.least(below);
                let is_lower = least.semi < forest.semis[below as usize];
                dominators[below as usize] = if is_lower { least.number } else { parent };
                below = next[below as usize];
            }
        }
        for number in 1..reached {
            let dominator = dominators[number];
            if dominator != forest.semis[number] {
                dominators[number] = dominators[dominator as usize];
            }
        }
        (
            core::mem::replace(&mut self.order, bumpalo::vec![in self.bump]),
            dominators,
        )
    }
}

/// The forest of Lengauer and Tarjan: numbers whose semidominators are known, each below its parent in the walk.
struct Forest<'b> {
    trees: &'b mut [Tree],
    /// Of each number the semidominator, or itself if it is not known yet.
    semis: &'b mut [u32],
    /// The way that is being shortened.
    way: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Tree {
    /// A number above it in its tree; [`TOP`] for the root of a tree.
    above: u32,
    /// Of it and what is between it and `above`, the one with the least semidominator.
    least: Least,
}

impl Tree {
    const ROOT: Self = Self {
        above: TOP,
        least: Least { number: 0, semi: 0 },
    };
}

#[derive(Clone, Copy)]
struct Least {
    number: u32,
    semi: u32,
}

impl<'b> Forest<'b> {
    fn new(numbers: usize, bump: &'b Bump) -> Self {
        Self {
            trees: bump.alloc_slice_fill_copy(numbers, Tree::ROOT),
            semis: bump.alloc_slice_fill_iter(0..narrow(numbers)),
            way: Vec::new(),
        }
    }

    /// Puts a number below its parent.
    fn link(&mut self, parent: u32, number: u32, semi: u32) {
        self.semis[number as usize] = semi;
        self.trees[number as usize] = Tree {
            above: parent,
            least: Least { number, semi },
        };
    }

    /// The one with the least semidominator on the way from a number to the root of its tree, without that root.
    fn least(&mut self, number: u32) -> Least {
        let mut at = number;
        let mut tree = self.trees[at as usize];
        loop {
            let above = self.trees[tree.above as usize];
            if above.above == TOP {
                break;
            }
            self.way.push(at);
            (at, tree) = (tree.above, above);
        }
        // From above, so that each finds what is above it shortened already.
        while let Some(below) = self.way.pop() {
            let upper = self.trees[at as usize];
            let tree = &mut self.trees[below as usize];
            tree.above = upper.above;
            if upper.least.semi < tree.least.semi {
                tree.least = upper.least;
            }
            at = below;
        }
        self.trees[number as usize].least
    }
}

impl<'h> Dominators<'h> {
    /// Fills the columns: `order` has the object of each number, `tree` the number that dominates it.
    fn of_tree(heap: &'h HeapSnapshot, order: &[u32], tree: &[u32]) -> Self {
        let count = heap.len();
        let mut parents = vec![UNREACHED; count];
        let mut starts = vec![0_u32; count + 2];
        let mut sums: Vec<(u64, u32)> = vec![(0, 0); order.len()];
        for number in (1..order.len()).rev() {
            let object = order[number] as usize;
            let (size, objects) = sums[number];
            sums[number] = (size + heap.sizes[object], objects + 1);
            let (size, objects) = sums[number];
            // A dominator has a lower number, so all that it retains has come before it.
            let above = &mut sums[tree[number] as usize];
            *above = (above.0 + size, above.1 + objects);
            let dominator = order[tree[number] as usize];
            parents[object] = dominator;
            starts[(dominator as usize).min(count) + 1] += 1;
        }
        for at in 0..=count {
            starts[at + 1] += starts[at];
        }
        let mut retained = vec![0; count];
        let mut retained_counts = vec![0; count];
        let mut children = vec![0; order.len() - 1];
        let mut next = starts.clone();
        for (number, &object) in order.iter().enumerate().skip(1) {
            (retained[object as usize], retained_counts[object as usize]) = sums[number];
            let next = &mut next[(parents[object as usize] as usize).min(count)];
            children[*next as usize] = object;
            *next += 1;
        }
        Self {
            heap,
            parents,
            retained,
            retained_counts,
            starts,
            children,
        }
    }

    /// The heap that was asked.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.dominators().heap().len(), 3);
    /// ```
    #[must_use]
    pub fn heap(&self) -> &'h HeapSnapshot {
        self.heap
    }

    /// The object that an object would die with: the nearest that all ways to it lead through. `None` if there is
    /// none, since it is rooted or is reached from several roots, and if it can't be reached.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u32> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.insert_linked(first, (), 2)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// let dominators = heap.dominators();
    /// assert_eq!((dominators.dominator(0), dominators.dominator(1)), (None, Some(0)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn dominator(&self, object: u32) -> Option<u32> {
        let dominator = self.parents[object as usize];
        (dominator < UNREACHED).then_some(dominator)
    }

    /// Whether an object can be reached from a root.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let store: understory::Store<u64> = (0..3).collect();
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert!(heap.dominators().is_reachable(0));
    /// ```
    #[must_use]
    pub fn is_reachable(&self, object: u32) -> bool {
        self.parents[object as usize] != UNREACHED
    }

    /// The size of all that would die with an object, and of it; 0 if it can't be reached.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u64> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.insert_linked(first, (), 2)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.dominators().retained_size(0), 16);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn retained_size(&self, object: u32) -> u64 {
        self.retained[object as usize]
    }

    /// How many objects would die with an object, and it; 0 if it can't be reached.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u64> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.insert_linked(first, (), 2)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.dominators().retained_count(0), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn retained_count(&self, object: u32) -> usize {
        self.retained_counts[object as usize] as usize
    }

    /// The objects that an object is the dominator of.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u64> = understory::Store::new();
    /// let first = store.insert(1);
    /// store.insert_linked(first, (), 2)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.dominators().children(0), [1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn children(&self, object: u32) -> &[u32] {
        self.children_at(object as usize)
    }

    /// The objects that can be reached and have no dominator: those with roots, and what several of these share.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [ann, ben] = [store.insert("ann"), store.insert("ben")];
    /// let house = store.insert_linked(ann, (), "house")?;
    /// store.link(ben, (), house)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.dominators().top().len(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn top(&self) -> &[u32] {
        self.children_at(self.heap.len())
    }

    fn children_at(&self, at: usize) -> &[u32] {
        &self.children[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// All that an object retains, and it first: each before what it is the dominator of.
    ///
    /// Complexity: O(retained objects).
    ///
    /// # Examples
    /// ```
    /// # use understory::inspect::Describe;
    /// let mut store: understory::Store<u64> = understory::Store::new();
    /// let first = store.insert(1);
    /// let second = store.insert_linked(first, (), 2)?;
    /// store.insert_linked(second, (), 3)?;
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!(heap.dominators().retained(0), [0, 1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn retained(&self, object: u32) -> Vec<u32> {
        if !self.is_reachable(object) {
            return Vec::new();
        }
        let mut retained = Vec::with_capacity(self.retained_count(object));
        retained.push(object);
        let mut read = 0;
        while let Some(&next) = retained.get(read) {
            retained.extend_from_slice(self.children(next));
            read += 1;
        }
        retained
    }
}

impl fmt::Debug for Dominators<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dominators")
            .field("reachable", &self.children.len())
            .field("top", &self.top().len())
            .finish_non_exhaustive()
    }
}
