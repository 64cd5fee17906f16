//! What a snapshot says of values and labels, none of which it keeps.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::fmt;

use crate::graph::edges::Edges;
use crate::graph::pool::List;
use crate::heap::arena::{Arena, Held};
use crate::inspect::columns::{Codes, Sizes};
use crate::inspect::names::Names;

/// Numbers of the classes of an arena's values.
type Classes<T> = dyn Fn(&Arena<T>, &mut Names, &mut Codes) + Send + Sync;
/// Sizes of an arena's values.
type SizesOf<T> = dyn Fn(&Arena<T>, &mut Sizes) + Send + Sync;
/// Numbers of the labels of a list.
type Labels<E> = dyn Fn(&Edges<E>, List, &mut Names, &mut Codes) + Send + Sync;

/// How the objects of a store are called, and how large they are: what
/// [`Store::heap_snapshot`](crate::Store::heap_snapshot) is given.
///
/// Without a word all objects are of one class, which is called like the type of the values; they are as large as
/// [`Store::measure_with`](crate::Store::measure_with) says, or as a value of this type; and labels have no names.
///
/// A name that is part of the program (`&'static str`) is faster than a `String`.
///
/// # Examples
/// ```
/// use understory::Store;
/// use understory::inspect::Describe;
///
/// enum Widget {
///     Menu { title: String },
///     Button,
/// }
///
/// let describe = Describe::new()
///     .class(|widget: &Widget| match widget {
///         Widget::Menu { .. } => "menu",
///         Widget::Button => "button",
///     })
///     .size(|widget: &Widget| match widget {
///         Widget::Menu { title } => size_of::<Widget>() + title.capacity(),
///         Widget::Button => size_of::<Widget>(),
///     })
///     .label(|row: &u32| format!("row {row}"));
///
/// let mut store: Store<Widget, u32> = Store::new();
/// let menu = store.insert(Widget::Menu { title: "File".into() });
/// store.insert_linked(menu, 1, Widget::Button)?;
/// let heap = store.heap_snapshot(&describe);
/// assert_eq!(heap.classes().collect::<Vec<_>>(), ["menu", "button"]);
/// assert_eq!(heap.edges(0).map(|edge| heap.label(edge.label)).collect::<Vec<_>>(), ["row 1"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Describe<T, E = ()> {
    pub(super) classes: Option<Box<Classes<T>>>,
    pub(super) sizes: Option<Box<SizesOf<T>>>,
    pub(super) labels: Option<Box<Labels<E>>>,
}

impl<T, E> Describe<T, E> {
    /// A description that says nothing yet.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::Describe;
    ///
    /// let store: understory::Store<u64> = (0..3).collect();
    /// let heap = store.heap_snapshot(&Describe::new());
    /// assert_eq!((heap.class_of(0), heap.total_size()), ("u64", 24));
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self {
            classes: None,
            sizes: None,
            labels: None,
        }
    }

    /// The same, with names for the classes of objects. It is called once for each object.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::Describe;
    ///
    /// let describe = Describe::new().class(|number: &u32| if number % 2 == 0 { "even" } else { "odd" });
    /// let store: understory::Store<u32> = (0..3).collect();
    /// assert!(store.heap_snapshot(&describe).classes().eq(["even", "odd"]));
    /// ```
    #[must_use]
    pub fn class<N: Into<Cow<'static, str>>>(
        self,
        name: impl Fn(&T) -> N + Send + Sync + 'static,
    ) -> Self {
        // An arena at a time: a call for each object would cost as much as all else that is copied of it.
        let classes = move |arena: &Arena<T>, names: &mut Names, numbers: &mut Codes| {
            numbers.extend(arena.values().map(|Held(value)| names.number(name(value))));
        };
        Self {
            classes: Some(Box::new(classes)),
            ..self
        }
    }

    /// The same, with the size of each object in bytes, together with what its value owns. It is called once for
    /// each object.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::Describe;
    ///
    /// let describe = Describe::new().size(|text: &String| text.len());
    /// let store: understory::Store<String> = ["oak", "fir"].map(String::from).into_iter().collect();
    /// assert_eq!(store.heap_snapshot(&describe).total_size(), 6);
    /// ```
    #[must_use]
    pub fn size(self, size: impl Fn(&T) -> usize + Send + Sync + 'static) -> Self {
        let sizes = move |arena: &Arena<T>, sizes: &mut Sizes| {
            sizes.extend(arena.values().map(|Held(value)| size(value) as u64));
        };
        Self {
            sizes: Some(Box::new(sizes)),
            ..self
        }
    }

    /// The same, with names for the labels of edges. It is called once for each edge.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::Describe;
    ///
    /// let mut store: understory::Store<u32, char> = understory::Store::default();
    /// let first = store.insert(1);
    /// store.insert_linked(first, 'b', 2)?;
    /// let describe = Describe::new().label(|label: &char| label.to_string());
    /// assert!(store.heap_snapshot(&describe).labels().eq(["b"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn label<N: Into<Cow<'static, str>>>(
        self,
        name: impl Fn(&E) -> N + Send + Sync + 'static,
    ) -> Self {
        let labels = move |edges: &Edges<E>, list: List, names: &mut Names, out: &mut Codes| {
            for at in 0..list.len() {
                if edges.is_edge(list, at) {
                    out.push(names.number(name(edges.label(list, at))));
                }
            }
        };
        Self {
            labels: Some(Box::new(labels)),
            ..self
        }
    }
}

impl<T, E> Default for Describe<T, E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, E> fmt::Debug for Describe<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Describe")
            .field("class", &self.classes.is_some())
            .field("size", &self.sizes.is_some())
            .field("label", &self.labels.is_some())
            .finish()
    }
}
