//! Walks along the edges and against them, in any order.

use core::fmt;
use core::iter::FusedIterator;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use slotmap::Key;

use crate::bits::{PART, split};
use crate::store::Edges;

/// A way to go along edges from object to object: in which order, along which labels, in which direction.
/// [`over`](Self::over) goes it.
///
/// A walk visits each object once and does not recurse. It reads [`Edges`]: those of a store
/// ([`Store::edges`](crate::Store::edges)), its weak ones ([`Store::weak_edges`](crate::Store::weak_edges)), or
/// those beside values to change ([`Store::split_mut`](crate::Store::split_mut)). It keeps its memory, so that one
/// which is used again allocates nothing.
///
/// To visit all that can be reached, nearest first and with the values,
/// [`Store::breadth_first`](crate::Store::breadth_first) is faster. To hand values down a tree there is
/// [`Store::propagate`](crate::Store::propagate).
///
/// # Examples
/// ```
/// use understory::{Store, Walk};
///
/// let mut store: Store<&str, &str> = Store::default();
/// let body = store.insert("body");
/// let arm = store.insert_linked(body, "child", "arm")?;
/// store.insert_linked(arm, "child", "hand")?;
/// store.insert_linked(arm, "material", "steel")?;
/// store.insert_linked(body, "child", "head")?;
///
/// let mut walk = Walk::depth_first().along("child");
/// for visit in walk.over(store.edges(), [body]) {
///     println!("{:indent$}{}", "", store[visit.object], indent = 2 * visit.depth);
/// }
/// let names = |visit: understory::Visit<'_, &str, _>| store[visit.object];
/// assert!(walk.over(store.edges(), [body]).map(names).eq(["body", "arm", "hand", "head"]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Walk<E = ()> {
    order: Order,
    is_backwards: bool,
    /// The labels of the edges to go along, and what compares with them; all if there are none.
    labels: Vec<E>,
    follows: fn(&[E], &E) -> bool,
    seen: Seen,
    /// Depth first the way to the current object, breadth first those to be visited.
    frames: VecDeque<Frame>,
    /// Starts to come, the last one first.
    starts: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Depth,
    /// Depth first, but each object after what is below it.
    Post,
    Breadth,
}

/// An object on the way, and how the walk came to it.
#[derive(Clone, Copy, Debug)]
struct Frame {
    index: u32,
    depth: usize,
    /// Where it came from, and the position of the edge in that object's list.
    edge: Option<(u32, usize)>,
    /// The position of the edge that is looked at next.
    next: usize,
}

/// What was visited. It is cleared in time in proportion to that.
#[derive(Clone, Debug, Default)]
struct Seen {
    parts: Vec<usize>,
    touched: Vec<usize>,
}

impl Seen {
    fn clear(&mut self, objects: usize) {
        for part in self.touched.drain(..) {
            self.parts[part] = 0;
        }
        if self.parts.len() * PART < objects {
            self.parts.resize(objects.div_ceil(PART), 0);
        }
    }

    /// Notes an object; returns whether it was noted before.
    #[inline]
    fn set(&mut self, index: u32) -> bool {
        let (part, bit) = split(index);
        let bits = &mut self.parts[part];
        let was = *bits & bit != 0;
        if *bits == 0 {
            self.touched.push(part);
        }
        *bits |= bit;
        was
    }
}

impl<E> Walk<E> {
    fn new(order: Order) -> Self {
        Self {
            order,
            is_backwards: false,
            labels: Vec::new(),
            follows: |_, _| true,
            seen: Seen::default(),
            frames: VecDeque::new(),
            starts: Vec::new(),
        }
    }

    /// A walk that visits an object before what is below it, and that before the next target, in the order of
    /// the edges.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::{Store, Walk};
    /// let mut store: Store<u32> = Store::new();
    /// let first = store.insert(1);
    /// let second = store.insert_linked(first, (), 2)?;
    /// store.insert_linked(second, (), 3)?;
    /// store.insert_linked(first, (), 4)?;
    /// let mut walk = Walk::depth_first();
    /// assert!(walk.over(store.edges(), [first]).map(|visit| store[visit.object]).eq([1, 2, 3, 4]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn depth_first() -> Self {
        Self::new(Order::Depth)
    }

    /// A walk that visits an object after all that is below it: children before parents.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::{Store, Walk};
    /// let mut store: Store<u32> = Store::new();
    /// let first = store.insert(1);
    /// let second = store.insert_linked(first, (), 2)?;
    /// store.insert_linked(second, (), 3)?;
    /// store.insert_linked(first, (), 4)?;
    /// let mut walk = Walk::post_order();
    /// assert!(walk.over(store.edges(), [first]).map(|visit| store[visit.object]).eq([3, 2, 4, 1]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn post_order() -> Self {
        Self::new(Order::Post)
    }

    /// A walk that visits what is nearest to the starts first.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::{Store, Walk};
    /// let mut store: Store<u32> = Store::new();
    /// let first = store.insert(1);
    /// let second = store.insert_linked(first, (), 2)?;
    /// store.insert_linked(second, (), 3)?;
    /// store.insert_linked(first, (), 4)?;
    /// let mut walk = Walk::breadth_first();
    /// let depths = walk.over(store.edges(), [first]).map(|visit| (store[visit.object], visit.depth));
    /// assert!(depths.eq([(1, 0), (2, 1), (4, 1), (3, 2)]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn breadth_first() -> Self {
        Self::new(Order::Breadth)
    }

    /// The same walk against the edges, from target to source: from an object to whoever owns it, to who owns
    /// these, and so on.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::{Store, Walk};
    /// let mut store: Store<&str, &str> = Store::default();
    /// let body = store.insert("body");
    /// let arm = store.insert_linked(body, "child", "arm")?;
    /// let hand = store.insert_linked(arm, "child", "hand")?;
    /// let mut ancestors = Walk::breadth_first().along("child").backwards();
    /// let names = ancestors.over(store.edges(), [hand]).skip(1).map(|visit| store[visit.object]);
    /// assert!(names.eq(["arm", "body"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn backwards(mut self) -> Self {
        self.is_backwards = true;
        self
    }

    /// The same walk along edges with this label alone. Several calls allow several labels.
    ///
    /// Complexity: O(1); each edge that is looked at is compared with each of the labels.
    ///
    /// # Examples
    /// ```
    /// # use understory::{Store, Walk};
    /// let mut store: Store<&str, char> = Store::default();
    /// let town = store.insert("town");
    /// for (label, name) in [('a', "mill"), ('b', "inn"), ('c', "well")] {
    ///     store.insert_linked(town, label, name)?;
    /// }
    /// let mut walk = Walk::depth_first().along('a').along('c');
    /// assert_eq!(walk.over(store.edges(), [town]).count(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn along(mut self, label: E) -> Self
    where
        E: PartialEq,
    {
        self.labels.push(label);
        self.follows = |labels, label| labels.contains(label);
        self
    }

    /// Goes the way from `starts`, in their order. A handle that names no object starts nothing.
    ///
    /// Complexity: O(starts + visited objects + all of their edges) for all; the first time also O(objects / 64)
    /// to make room. It takes a bit for each object of the store.
    ///
    /// # Examples
    /// ```
    /// # use understory::{Store, Walk};
    /// let mut store: Store<u32> = Store::new();
    /// let root = store.insert(1);
    /// store.insert_linked(root, (), 2)?;
    ///
    /// let mut walk = Walk::depth_first();
    /// for _frame in 0..3 {
    ///     // It writes to the values as it goes.
    ///     let mut parts = store.split_mut();
    ///     for visit in walk.over(parts.edges, [root]) {
    ///         parts.values[visit.object] += visit.depth as u32;
    ///     }
    /// }
    /// assert!(store.values().eq(&[1, 5]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn over<'w, 'a, K: Key>(
        &'w mut self,
        edges: Edges<'a, E, K>,
        starts: impl IntoIterator<Item = K>,
    ) -> Visits<'w, 'a, E, K> {
        self.frames.clear();
        self.starts.clear();
        let starts = starts.into_iter().filter_map(|start| edges.resolve(start));
        self.starts.extend(starts);
        self.starts.reverse();
        self.seen.clear(edges.headers.words() * crate::bits::WORD);
        if self.order == Order::Breadth {
            while let Some(index) = self.starts.pop() {
                if !self.seen.set(index) {
                    self.frames.push_back(Frame::start(index));
                }
            }
        }
        Visits {
            walk: self,
            edges,
            current: None,
        }
    }
}

impl<E: Clone> Clone for Walk<E> {
    /// The same way; the memory of the walk is not copied.
    fn clone(&self) -> Self {
        Self {
            is_backwards: self.is_backwards,
            labels: self.labels.clone(),
            follows: self.follows,
            ..Self::new(self.order)
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for Walk<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walk")
            .field("order", &self.order)
            .field("is_backwards", &self.is_backwards)
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}

impl Frame {
    fn start(index: u32) -> Self {
        Self {
            index,
            depth: 0,
            edge: None,
            next: 0,
        }
    }
}

/// An object that a walk has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Visit<'a, E, K> {
    /// The object.
    pub object: K,
    /// How many edges the walk has gone along to it from a start; breadth first there is no shorter way.
    pub depth: usize,
    /// The object that the walk came from, and the label of the edge; `None` for a start. If the walk goes
    /// backwards, the object is the target of that edge.
    pub edge: Option<(K, &'a E)>,
}

/// The objects that a walk visits. What [`Walk::over`] gives.
pub struct Visits<'w, 'a, E, K> {
    walk: &'w mut Walk<E>,
    edges: Edges<'a, E, K>,
    /// What was visited last, if the walk is to go on below it.
    current: Option<Frame>,
}

impl<E, K: Key> Visits<'_, '_, E, K> {
    /// Leaves out what is below the object that was visited last, unless there is another way to it. In post-order
    /// that has been visited before, and nothing changes.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # use understory::{Store, Walk};
    /// let mut store: Store<&str> = Store::new();
    /// let scene = store.insert("scene");
    /// let hidden = store.insert_linked(scene, (), "hidden")?;
    /// store.insert_linked(hidden, (), "never drawn")?;
    /// store.insert_linked(scene, (), "drawn")?;
    ///
    /// let (mut walk, mut drawn) = (Walk::depth_first(), Vec::new());
    /// let mut visits = walk.over(store.edges(), [scene]);
    /// while let Some(visit) = visits.next() {
    ///     match store[visit.object] {
    ///         "hidden" => visits.skip_below(),
    ///         name => drawn.push(name),
    ///     }
    /// }
    /// assert_eq!(drawn, ["scene", "drawn"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn skip_below(&mut self) {
        if self.current.take().is_some() && self.walk.order == Order::Depth {
            self.walk.frames.pop_back();
        }
    }

    /// The next object that an edge of `frame` leads to and that was not visited.
    #[inline]
    fn next_below(&mut self, frame: &mut Frame) -> Option<Frame> {
        let Walk {
            is_backwards,
            labels,
            follows,
            seen,
            ..
        } = &mut *self.walk;
        let (edges, table, index) = (self.edges, self.edges.table(), frame.index);
        let list = if *is_backwards {
            edges.incoming(index)
        } else {
            edges.outgoing(index)
        };
        while frame.next < list.len() {
            let at = frame.next;
            frame.next += 1;
            let other = if *is_backwards {
                table.incoming(list)[at].node
            } else {
                table.targets(list)[at]
            };
            // A hole, or dead and not swept.
            if other == 0 || edges.dead.is_some_and(|dead| dead.get(other)) {
                continue;
            }
            let is_followed = labels.is_empty() || {
                let (source, place) = place(edges, *is_backwards, (index, at));
                follows(labels, table.label(*edges.outgoing(source), place))
            };
            if is_followed && !seen.set(other) {
                return Some(Frame {
                    index: other,
                    depth: frame.depth + 1,
                    edge: Some((index, at)),
                    next: 0,
                });
            }
        }
        None
    }

    fn next_in_depth(&mut self) -> Option<Frame> {
        let is_late = self.walk.order == Order::Post;
        loop {
            let below = if let Some(mut frame) = self.walk.frames.pop_back() {
                match self.next_below(&mut frame) {
                    Some(below) => {
                        self.walk.frames.push_back(frame);
                        below
                    }
                    None if is_late => return Some(frame),
                    None => continue,
                }
            } else {
                let start = self.walk.starts.pop()?;
                if self.walk.seen.set(start) {
                    continue;
                }
                Frame::start(start)
            };
            self.walk.frames.push_back(below);
            if !is_late {
                return Some(below);
            }
        }
    }

    fn next_in_breadth(&mut self) -> Option<Frame> {
        if let Some(mut current) = self.current.take() {
            while let Some(below) = self.next_below(&mut current) {
                self.walk.frames.push_back(below);
            }
        }
        self.walk.frames.pop_front()
    }
}

/// The source of an edge that the list of an object has, and its position in the source's list.
#[inline]
fn place<E, K: Key>(
    edges: Edges<'_, E, K>,
    is_backwards: bool,
    (index, at): (u32, usize),
) -> (u32, usize) {
    if !is_backwards {
        return (index, at);
    }
    let (table, incoming) = (edges.table(), edges.incoming(index));
    let source = table.incoming(incoming)[at].node;
    let outgoing = *edges.outgoing(source);
    (source, table.place_of(outgoing, *incoming, index, at))
}

impl<'a, E, K: Key> Iterator for Visits<'_, 'a, E, K> {
    type Item = Visit<'a, E, K>;

    fn next(&mut self) -> Option<Self::Item> {
        let frame = match self.walk.order {
            Order::Breadth => self.next_in_breadth(),
            Order::Depth | Order::Post => self.next_in_depth(),
        }?;
        self.current = (self.walk.order != Order::Post).then_some(frame);
        let (edges, is_backwards) = (self.edges, self.walk.is_backwards);
        let edge = frame.edge.map(|(index, at)| {
            let (source, place) = place(edges, is_backwards, (index, at));
            let label = edges.table().label(*edges.outgoing(source), place);
            (edges.headers.key(index).into(), label)
        });
        Some(Visit {
            object: edges.headers.key(frame.index).into(),
            depth: frame.depth,
            edge,
        })
    }
}

impl<E, K: Key> FusedIterator for Visits<'_, '_, E, K> {}

impl<E, K> fmt::Debug for Visits<'_, '_, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visits")
            .field("frames", &self.walk.frames.len())
            .finish_non_exhaustive()
    }
}
