//! A buffer of structural changes, for when the store is borrowed.

mod attach;
mod list;

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

use alloc::boxed::Box;
use alloc::vec::Vec;

use slotmap::Key;

use crate::columns::Component;
use crate::handle::Handle;
use crate::paged::Pages;
use crate::store::Store;
use attach::Attachments;
pub use attach::ComponentCommand;
pub use list::{ListChange, ListCommand, ListCommands};

/// An object that a command will insert, for later commands of the same buffer to name. In another
/// buffer it names another object, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pending(pub(super) usize);

/// An object that a command is about: one of the store, or one that the buffer will insert.
///
/// Commands take anything that converts into it: a handle, or a [`Pending`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand<K> {
    /// An object of the store.
    Handle(K),
    /// An object that an earlier command of the buffer inserts.
    Pending(Pending),
}

impl<K: Key> From<K> for Operand<K> {
    fn from(handle: K) -> Self {
        Self::Handle(handle)
    }
}

impl<K: Key> From<Pending> for Operand<K> {
    fn from(pending: Pending) -> Self {
        Self::Pending(pending)
    }
}

type Work<T, E, K> = Box<dyn FnOnce(&mut Store<T, E, K>) + Send + Sync>;
type WorkOn<T, E, K> = Box<dyn FnOnce(&mut Store<T, E, K>, K) + Send + Sync>;

/// A change that a buffer records. Refused changes come back in [`Applied::refused`].
#[non_exhaustive]
pub enum Command<T, E, K: Key> {
    /// [`Store::try_insert`].
    Insert(T),
    /// [`Store::insert_linked`].
    InsertLinked(Operand<K>, E, T),
    /// [`Store::link`].
    Link(Operand<K>, E, Operand<K>),
    /// [`Store::link_weak`].
    LinkWeak(Operand<K>, E, Operand<K>),
    /// [`Store::unlink_weak`].
    UnlinkWeak(Operand<K>, Operand<K>),
    /// A call of [`EdgeListMut`](crate::EdgeListMut).
    List(ListCommand<T, E, K>),
    /// [`Store::insert_component`].
    InsertComponent(ComponentCommand<T, E, K>),
    /// [`Store::remove_component`], of a type.
    RemoveComponent(Operand<K>, fn(&mut Store<T, E, K>, K) -> bool),
    /// [`Store::unlink`].
    Unlink(Operand<K>, Operand<K>),
    /// [`Store::relink`].
    Relink((Operand<K>, Operand<K>), (Operand<K>, Operand<K>)),
    /// [`Store::root`].
    Root(Operand<K>),
    /// [`Store::unroot`].
    Unroot(Operand<K>),
    /// [`Store::destroy`].
    Destroy(Operand<K>),
    /// Anything else; refused only if buffers are applied by closures of others, too
    /// [deep](Store::apply).
    Run(Work<T, E, K>),
    /// Anything else that is done to an object; refused if that is not alive.
    RunOn(Operand<K>, WorkOn<T, E, K>),
}

/// What is recorded can be run once, and not through a shared reference, so no panic leaves it half run.
impl<T: UnwindSafe, E: UnwindSafe, K: Key> UnwindSafe for Command<T, E, K> {}

impl<T: RefUnwindSafe, E: RefUnwindSafe, K: Key> RefUnwindSafe for Command<T, E, K> {}

impl<T, E, K: Key> fmt::Debug for Command<T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insert(_) => f.write_str("Insert"),
            Self::InsertLinked(parent, ..) => f.debug_tuple("InsertLinked").field(parent).finish(),
            Self::Link(source, _, target) => {
                f.debug_tuple("Link").field(source).field(target).finish()
            }
            Self::LinkWeak(source, _, target) => f
                .debug_tuple("LinkWeak")
                .field(source)
                .field(target)
                .finish(),
            Self::UnlinkWeak(source, target) => f
                .debug_tuple("UnlinkWeak")
                .field(source)
                .field(target)
                .finish(),
            Self::List(list) => f
                .debug_tuple("List")
                .field(&list.owner)
                .field(&list.change)
                .finish(),
            Self::InsertComponent(component) => f
                .debug_tuple("InsertComponent")
                .field(&component.object)
                .finish(),
            Self::RemoveComponent(object, _) => {
                f.debug_tuple("RemoveComponent").field(object).finish()
            }
            Self::Unlink(source, target) => {
                f.debug_tuple("Unlink").field(source).field(target).finish()
            }
            Self::Relink(from, to) => f.debug_tuple("Relink").field(from).field(to).finish(),
            Self::Root(object) => f.debug_tuple("Root").field(object).finish(),
            Self::Unroot(object) => f.debug_tuple("Unroot").field(object).finish(),
            Self::Destroy(object) => f.debug_tuple("Destroy").field(object).finish(),
            Self::Run(_) => f.write_str("Run"),
            Self::RunOn(object, _) => f.debug_tuple("RunOn").field(object).finish(),
        }
    }
}

/// Records changes while a store is borrowed, by a query or a walk, for [`Store::apply`] to apply in
/// order afterwards.
///
/// A buffer that was applied is empty and keeps its memory, so it can serve every frame.
///
/// # Examples
/// ```
/// use understory::{Commands, Store};
///
/// let mut store: Store<u32> = Store::new();
/// let parents = [1, 2].map(|age| store.insert(age));
///
/// let mut commands = Commands::new();
/// for (handle, age) in &store {
///     let child = commands.insert_linked(handle, (), 0);
///     commands.link(child, (), handle); // it knows its parent
///     if *age == 2 {
///         commands.destroy(handle);
///     }
/// }
/// assert!(store.apply(&mut commands).refused.is_empty());
/// assert_eq!(store.len(), 2); // one parent, one child
/// assert_eq!(store.targets(parents[0]).len(), 1);
/// ```
pub struct Commands<T, E = (), K: Key = Handle> {
    pub(super) recorded: Pages<Command<T, E, K>>,
    pub(super) attachments: Attachments,
    /// How many of them insert an object.
    pub(super) pending: usize,
}

/// What became of the commands of a buffer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Applied<T, E, K: Key> {
    /// The handles of the objects that were inserted, indexed by [`Pending`]; null for refused ones.
    pub(super) inserted: Vec<K>,
    /// The commands that were refused, with their place in the buffer, in order. The usual reason is an
    /// object that another command destroyed first.
    pub refused: Vec<(usize, Command<T, E, K>)>,
}

impl<T, E, K: Key> Applied<T, E, K> {
    /// The handles of the objects that the buffer inserted, in order.
    ///
    /// Complexity: O(1), and O(inserted) for all.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let mut commands = understory::Commands::new();
    /// commands.insert("seed");
    /// commands.insert("stone");
    /// let applied = store.apply(&mut commands);
    /// assert!(applied.handles().map(|handle| store[handle]).eq(["seed", "stone"]));
    /// ```
    pub fn handles(&self) -> impl Iterator<Item = K> {
        self.inserted
            .iter()
            .copied()
            .filter(|handle| !handle.is_null())
    }

    /// The handle of an object that the buffer inserted; `None` if it was refused.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// let mut commands = understory::Commands::new();
    /// let pending = commands.insert("seed");
    /// let seed = store.apply(&mut commands).handle(pending).unwrap();
    /// assert_eq!(store[seed], "seed");
    /// ```
    #[must_use]
    pub fn handle(&self, pending: Pending) -> Option<K> {
        self.inserted
            .get(pending.0)
            .copied()
            .filter(|handle| !handle.is_null())
    }
}

impl<T, E, K: Key> Default for Commands<T, E, K> {
    fn default() -> Self {
        Self {
            recorded: Pages::default(),
            attachments: Attachments::default(),
            pending: 0,
        }
    }
}

impl<T, E, K: Key> fmt::Debug for Commands<T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.recorded.iter()).finish()
    }
}

impl<T, E, K: Key> Commands<T, E, K> {
    /// A buffer without commands.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// assert!(understory::Commands::<u32>::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many commands are recorded.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut commands = understory::Commands::<u32>::new();
    /// commands.insert(1);
    /// assert_eq!(commands.len(), 1);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.recorded.len()
    }

    /// Whether no command is recorded.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let mut commands = understory::Commands::new();
    /// commands.insert("seed");
    /// assert!(!commands.is_empty());
    /// store.apply(&mut commands);
    /// assert!(commands.is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.recorded.is_empty()
    }

    fn pend(&mut self, command: Command<T, E, K>) -> Pending {
        self.recorded.push(command);
        self.pending += 1;
        Pending(self.pending - 1)
    }

    /// Records [`Store::try_insert`]: an object with one root.
    ///
    /// Complexity: O(1) amortised, like all recording.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let [a, b] = ["a", "b"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::new();
    /// let c = commands.insert("c");
    /// commands.link(a, (), c);
    /// store.apply(&mut commands);
    /// assert_eq!((store.len(), store.out_degree(a)), (3, Some(1)));
    /// ```
    pub fn insert(&mut self, value: T) -> Pending {
        self.pend(Command::Insert(value))
    }

    /// Records [`Store::insert_linked`]: an object that only its parent owns.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let [a, b] = ["a", "b"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::new();
    /// commands.insert_linked(a, (), "child");
    /// store.apply(&mut commands);
    /// assert_eq!(store.out_degree(a), Some(1));
    /// ```
    pub fn insert_linked(&mut self, parent: impl Into<Operand<K>>, label: E, value: T) -> Pending {
        self.pend(Command::InsertLinked(parent.into(), label, value))
    }

    /// Records [`Store::link`].
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let [a, b] = ["a", "b"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::new();
    /// commands.link(a, (), b);
    /// store.apply(&mut commands);
    /// assert!(store.has_edge(a, b));
    /// ```
    pub fn link(&mut self, source: impl Into<Operand<K>>, label: E, target: impl Into<Operand<K>>) {
        self.recorded
            .push(Command::Link(source.into(), label, target.into()));
    }

    /// Records [`Store::link_weak`].
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let [a, b] = ["a", "b"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::new();
    /// commands.link_weak(a, (), b);
    /// store.apply(&mut commands);
    /// assert!(store.weak_edges().targets(a).eq([b]));
    /// ```
    pub fn link_weak(
        &mut self,
        source: impl Into<Operand<K>>,
        label: E,
        target: impl Into<Operand<K>>,
    ) {
        self.recorded
            .push(Command::LinkWeak(source.into(), label, target.into()));
    }

    /// Records [`Store::unlink_weak`].
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let [a, b] = ["a", "b"].map(|name| store.insert(name));
    /// store.link_weak(a, (), b).unwrap();
    /// let mut commands = understory::Commands::new();
    /// commands.unlink_weak(a, b);
    /// store.apply(&mut commands);
    /// assert!(!store.weak_edges().has_edge(a, b));
    /// ```
    pub fn unlink_weak(&mut self, source: impl Into<Operand<K>>, target: impl Into<Operand<K>>) {
        self.recorded
            .push(Command::UnlinkWeak(source.into(), target.into()));
    }

    /// Records [`Store::insert_component`]. Components are kept with others of their type, and none is boxed.
    ///
    /// Complexity: O(component types of the buffer), amortised.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let mut commands = understory::Commands::new();
    /// let buff = commands.insert("haste");
    /// commands.insert_component(buff, 30_u32); // frames to go
    /// let buff = store.apply(&mut commands).handle(buff).unwrap();
    /// assert_eq!(*store.component::<u32>(buff).unwrap(), 30);
    /// ```
    pub fn insert_component<C: Component>(&mut self, object: impl Into<Operand<K>>, component: C) {
        let command = self.attachments.command(object.into(), component);
        self.recorded.push(Command::InsertComponent(command));
    }

    /// Records [`Store::remove_component`]; the component is dropped. It is refused if there is none.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let haste = store.insert("haste");
    /// store.insert_component(haste, 30_u32)?;
    /// let mut commands = understory::Commands::new();
    /// commands.remove_component::<u32>(haste);
    /// store.apply(&mut commands);
    /// assert!(store.component::<u32>(haste).is_none());
    /// # Ok::<(), understory::Rejected<u32, understory::StaleHandle>>(())
    /// ```
    pub fn remove_component<C: Component>(&mut self, object: impl Into<Operand<K>>) {
        let remove =
            |store: &mut Store<T, E, K>, handle| store.remove_component::<C>(handle).is_some();
        self.recorded
            .push(Command::RemoveComponent(object.into(), remove));
    }

    /// Records [`Store::unlink`].
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let [a, b] = ["a", "b"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::new();
    /// commands.link(a, (), b);
    /// commands.unlink(a, b);
    /// store.apply(&mut commands);
    /// assert!(!store.has_edge(a, b));
    /// ```
    pub fn unlink(&mut self, source: impl Into<Operand<K>>, target: impl Into<Operand<K>>) {
        self.recorded
            .push(Command::Unlink(source.into(), target.into()));
    }

    /// Records [`Store::relink`].
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let [a, b] = ["a", "b"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::new();
    /// commands.link(a, (), b);
    /// commands.relink((a, b), (b, a));
    /// store.apply(&mut commands);
    /// assert!(store.has_edge(b, a));
    /// ```
    pub fn relink(
        &mut self,
        from: (impl Into<Operand<K>>, impl Into<Operand<K>>),
        to: (impl Into<Operand<K>>, impl Into<Operand<K>>),
    ) {
        let from = (from.0.into(), from.1.into());
        self.recorded
            .push(Command::Relink(from, (to.0.into(), to.1.into())));
    }

    /// Records [`Store::root`].
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let [a, b] = ["a", "b"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::new();
    /// commands.root(a);
    /// store.apply(&mut commands);
    /// assert_eq!(store.root_count(a), Some(2));
    /// ```
    pub fn root(&mut self, object: impl Into<Operand<K>>) {
        self.recorded.push(Command::Root(object.into()));
    }

    /// Records [`Store::unroot`].
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let [a, b] = ["a", "b"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::new();
    /// commands.unroot(a);
    /// store.apply(&mut commands);
    /// assert!(!store.contains(a));
    /// ```
    pub fn unroot(&mut self, object: impl Into<Operand<K>>) {
        self.recorded.push(Command::Unroot(object.into()));
    }

    /// Records [`Store::destroy`]; the value is dropped.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let [a, b] = ["a", "b"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::new();
    /// commands.destroy(a);
    /// store.apply(&mut commands);
    /// assert!(!store.contains(a));
    /// ```
    pub fn destroy(&mut self, object: impl Into<Operand<K>>) {
        self.recorded.push(Command::Destroy(object.into()));
    }

    /// Records any other change.
    ///
    /// Complexity: O(1) amortised. The closure is boxed.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let [a, b] = ["a", "b"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::new();
    /// commands.run(move |store| store[b] = "c");
    /// store.apply(&mut commands);
    /// assert_eq!(store[b], "c");
    /// ```
    pub fn run(&mut self, work: impl FnOnce(&mut Store<T, E, K>) + Send + Sync + 'static) {
        self.recorded.push(Command::Run(Box::new(work)));
    }

    /// Records any other change to an object (which the buffer itself may insert): a watch, a finalizer. It is refused if the object is no longer alive.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// use understory::{Commands, Store};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let mut commands = Commands::new();
    /// let buff = commands.insert("haste");
    /// commands.run_on(buff, |store, buff| {
    ///     store.watch(buff).unwrap();
    /// });
    /// let buff = store.apply(&mut commands).handle(buff).unwrap();
    /// store.unroot(buff).unwrap();
    /// assert_eq!(store.drain_notices().len(), 1);
    /// ```
    pub fn run_on(
        &mut self,
        object: impl Into<Operand<K>>,
        work: impl FnOnce(&mut Store<T, E, K>, K) + Send + Sync + 'static,
    ) {
        self.recorded
            .push(Command::RunOn(object.into(), Box::new(work)));
    }
}
