//! Which object everything has to go through: dominators, and what they retain.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use bumpalo::Bump;

use crate::index::narrow;
use crate::inspect::marks::Marks;
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
    /// Complexity: O(e log n + n) for n objects and e edges, in about 60 bytes an object and 4 an edge.
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
        let bump = Bump::with_capacity(self.len() * 36 + self.edge_count() * 4 + 4096);
        let mut search = Search::new(self, &bump);
        search.number();
        search.list_sources();
        let dominators = search.dominators();
        Dominators::of_tree(self, &search.order, dominators)
    }
}

/// The search of Lengauer and Tarjan (1979) with path compression, in the form of Georgiadis and Tarjan: semidominators
/// first, and then the nearest common ancestors in the tree that is being made.
///
/// Objects that are reached are known by their number in a walk depth first from the roots. 0 is the root of all
/// roots, so it is the number of no object.
struct Search<'h, 'b> {
    heap: &'h HeapSnapshot,
    bump: &'b Bump,
    reached: Marks,
    /// The number of each object that is reached.
    numbers: &'b mut [u32],
    /// The object of each number.
    order: bumpalo::collections::Vec<'b, u32>,
    /// The number that each was reached from.
    parents: bumpalo::collections::Vec<'b, u32>,
    /// Where the sources of the edges to each number begin.
    starts: &'b mut [u32],
    /// Numbers.
    sources: &'b mut [u32],
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
            reached: Marks::new(heap.len()),
            numbers: bump.alloc_slice_fill_copy(heap.len(), 0),
            order,
            parents,
            starts: &mut [],
            sources: &mut [],
        }
    }

    /// Gives the next number to an object.
    fn visit(&mut self, object: u32, parent: u32) -> u32 {
        let number = narrow(self.order.len());
        self.numbers[object as usize] = number;
        self.order.push(object);
        self.parents.push(parent);
        number
    }

    /// Numbers all that the roots lead to, depth first. Whether an object was reached is asked of a bitmap: it stays in
    /// the cache.
    fn number(&mut self) {
        let heap = self.heap;
        // The number of an object on the way, and the edges to come.
        let mut stack: Vec<(u32, core::slice::Iter<'_, u32>)> = Vec::new();
        for root in heap.roots() {
            if self.reached.set(root.object) {
                continue;
            }
            let number = self.visit(root.object, 0);
            stack.push((number, heap.targets(root.object).iter()));
            while let Some((number, targets)) = stack.last_mut() {
                let number = *number;
                match targets.find(|&&target| !self.reached.set(target)) {
                    Some(&target) => {
                        let number = self.visit(target, number);
                        stack.push((number, heap.targets(target).iter()));
                    }
                    None => drop(stack.pop()),
                }
            }
        }
    }

    /// Lists who has edges to each, in the order in which they are asked for. The heap is read from one end to the
    /// other, so that no look-up waits for another.
    fn list_sources(&mut self) {
        let heap = self.heap;
        let next = self.bump.alloc_slice_fill_copy(heap.len(), 0_u32);
        for object in self.reached.objects() {
            for &target in heap.targets(object) {
                next[target as usize] += 1;
            }
        }
        let starts = self.bump.alloc_slice_fill_copy(self.order.len() + 1, 0_u32);
        let mut total = 0;
        for (number, &object) in self.order.iter().enumerate().skip(1) {
            starts[number] = total;
            let next = &mut next[object as usize];
            total += core::mem::replace(next, total);
        }
        starts[self.order.len()] = total;
        let sources = self.bump.alloc_slice_fill_copy(total as usize, 0_u32);
        for object in self.reached.objects() {
            let number = self.numbers[object as usize];
            for &target in heap.targets(object) {
                let next = &mut next[target as usize];
                sources[*next as usize] = number;
                *next += 1;
            }
        }
        (self.starts, self.sources) = (starts, sources);
    }

    /// The number of the dominator of each number; 0 if it is the root of all roots.
    fn dominators(&mut self) -> &'b mut [u32] {
        let reached = self.order.len();
        let mut forest = Forest::new(reached, self.bump);
        for root in self.heap.roots() {
            // The root of all roots owns it: there is no way around that, and nothing else to look at.
            let number = self.numbers[root.object as usize];
            forest.semis[number as usize] = 0;
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
                        forest.least(source)
                    };
                    semi = semi.min(least);
                }
            }
            forest.semis[at] = semi;
            let above = self.parents[at];
            forest.trees[at] = Tree { above, semi };
        }
        let dominators = self.bump.alloc_slice_fill_copy(reached, 0);
        let mut climb = Climb::default();
        for number in 1..reached {
            let (parent, semi) = (self.parents[number], forest.semis[number]);
            dominators[number] = climb.to(&dominators[..number], parent, semi);
        }
        dominators
    }
}

/// Numbers whose semidominators are known, each below its parent in the walk.
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
    /// The least semidominator of it and of what is between it and `above`.
    semi: u32,
}

impl<'b> Forest<'b> {
    fn new(numbers: usize, bump: &'b Bump) -> Self {
        let root = Tree {
            above: TOP,
            semi: 0,
        };
        Self {
            trees: bump.alloc_slice_fill_copy(numbers, root),
            semis: bump.alloc_slice_fill_iter(0..narrow(numbers)),
            way: Vec::new(),
        }
    }

    /// The least semidominator on the way from a number to the root of its tree, without that root.
    fn least(&mut self, number: u32) -> u32 {
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
            let lower = &mut self.trees[below as usize];
            lower.above = tree.above;
            lower.semi = lower.semi.min(tree.semi);
            tree = *lower;
        }
        tree.semi
    }
}

/// How many steps up for each number are taken one at a time, on average.
const STEPS: usize = 8;

/// Ways up the tree of dominators. They are short as a rule; if they are not, there are jumps, so that no way takes
/// more than O(log n) steps (Myers 1983).
#[derive(Default)]
struct Climb {
    steps: usize,
    /// Of each number how far it is from the top, and a number above it to jump to. Empty as long as ways are short.
    jumps: Vec<(u32, u32)>,
}

impl Climb {
    /// The first number from one up that is not above `most`, in the tree of all numbers up to it.
    fn to(&mut self, dominators: &[u32], from: u32, most: u32) -> u32 {
        let mut at = from;
        if self.steps <= STEPS * dominators.len() {
            while at > most {
                at = dominators[at as usize];
                self.steps += 1;
            }
            return at;
        }
        for &above in &dominators[self.jumps.len()..] {
            let jump = match self.jumps.get(above as usize) {
                None => (0, 0),
                Some(&(depth, jump)) => {
                    let (far, further) = self.jumps[jump as usize];
                    let furthest = self.jumps[further as usize].0;
                    let is_even = depth - far == far - furthest;
                    (depth + 1, if is_even { further } else { above })
                }
            };
            self.jumps.push(jump);
        }
        while at > most {
            let (_, jump) = self.jumps[at as usize];
            at = if jump >= most {
                jump
            } else {
                dominators[at as usize]
            };
        }
        at
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
            sums[number] = (size + heap.sizes.at(object), objects + 1);
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
