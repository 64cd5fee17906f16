//! A buffer of structural changes, for when the store is borrowed.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

use core::any::Any;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use slotmap::Key;

use crate::columns::Component;
use crate::handle::Handle;
use crate::paged::Pages;
use crate::store::{EdgeListMut, Store};

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

/// A change of a list of edges: a call of [`EdgeListMut`](crate::EdgeListMut).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListChange<K> {
    /// [`set`](crate::EdgeListMut::set).
    Set(Operand<K>),
    /// [`push`](crate::EdgeListMut::push).
    Push(Operand<K>),
    /// [`insert`](crate::EdgeListMut::insert).
    Insert(usize, Operand<K>),
    /// [`unlink`](crate::EdgeListMut::unlink).
    Unlink(Operand<K>),
    /// [`remove`](crate::EdgeListMut::remove).
    Remove(usize),
    /// [`move_to`](crate::EdgeListMut::move_to).
    MoveTo(usize, usize),
    /// [`swap`](crate::EdgeListMut::swap).
    Swap(usize, usize),
    /// [`clear`](crate::EdgeListMut::clear).
    Clear,
}

/// Changes a list; false if that is refused. Labels are compared and cloned where the command was recorded.
pub(super) type ChangeList<T, E, K> = fn(EdgeListMut<'_, T, E, K>, ListChange<K>) -> bool;

/// Makes the change, whose operands are handles of the store.
fn change_list<T, E: PartialEq + Clone, K: Key>(
    mut list: EdgeListMut<'_, T, E, K>,
    change: ListChange<K>,
) -> bool {
    let named = |operand| match operand {
        Operand::Handle(handle) => handle,
        Operand::Pending(_) => K::null(),
    };
    match change {
        ListChange::Set(target) => list.set(named(target)).is_ok(),
        ListChange::Push(target) => list.push(named(target)).is_ok(),
        ListChange::Insert(at, target) => list.insert(at, named(target)).is_ok(),
        ListChange::Unlink(target) => list.unlink(named(target)).is_ok(),
        ListChange::Remove(at) => list.remove(at).is_some(),
        ListChange::MoveTo(from, to) => list.move_to(from, to),
        ListChange::Swap(a, b) => list.swap(a, b),
        ListChange::Clear => {
            list.clear();
            true
        }
    }
}

/// A change of a list of edges that a buffer records. Refused ones come back.
#[derive(Clone)]
#[non_exhaustive]
pub struct ListCommand<T, E, K: Key> {
    /// The source of the edges.
    pub owner: Operand<K>,
    /// Their label.
    pub label: E,
    /// Whether the edges are weak.
    pub is_weak: bool,
    /// What is to be done.
    pub change: ListChange<K>,
    pub(super) run: ChangeList<T, E, K>,
}

impl<T, E: fmt::Debug, K: Key> fmt::Debug for ListCommand<T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListCommand")
            .field("owner", &self.owner)
            .field("label", &self.label)
            .field("is_weak", &self.is_weak)
            .field("change", &self.change)
            .finish_non_exhaustive()
    }
}

/// A component that was refused.
type AnyComponent = Box<dyn Any + Send + Sync>;

/// Components of one type that a buffer will attach, in order.
trait Queue: Any + Send + Sync {
    fn take_next(&mut self) -> Option<AnyComponent>;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<C: Component> Queue for VecDeque<C> {
    fn take_next(&mut self) -> Option<AnyComponent> {
        Some(Box::new(self.pop_front()?))
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// Components that a buffer will attach, a queue for each type: so none of them is boxed.
#[derive(Default)]
pub(super) struct Attachments(Vec<Box<dyn Queue>>);

impl Attachments {
    /// Queues a component; returns the place of its type.
    fn push<C: Component>(&mut self, component: C) -> usize {
        for (at, queue) in self.0.iter_mut().enumerate() {
            if let Some(queue) = queue.as_any_mut().downcast_mut::<VecDeque<C>>() {
                queue.push_back(component);
                return at;
            }
        }
        self.0.push(Box::new(VecDeque::from([component])));
        self.0.len() - 1
    }

    /// The next component of the type that is queued at a place.
    fn next<C: Component>(&mut self, at: usize) -> Option<C> {
        let queue = self.0.get_mut(at)?.as_any_mut();
        queue.downcast_mut::<VecDeque<C>>()?.pop_front()
    }
}

/// As of a [`Command`].
impl UnwindSafe for Attachments {}

impl RefUnwindSafe for Attachments {}

/// Takes the next component of a type out of its queue and attaches it; it comes back if it is refused.
type AttachNext<T, E, K> =
    fn(&mut Store<T, E, K>, K, &mut Attachments, usize) -> Option<AnyComponent>;

/// A component that a buffer will attach, or that was refused.
#[non_exhaustive]
pub struct ComponentCommand<T, E, K: Key> {
    /// The object.
    pub object: Operand<K>,
    /// Where components of the type are queued.
    place: usize,
    attach: AttachNext<T, E, K>,
    refused: Option<AnyComponent>,
}

impl<T, E, K: Key> ComponentCommand<T, E, K> {
    /// The component that was refused, if it is of this type.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Command, Commands, Handle, Store};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let mut commands = Commands::new();
    /// commands.insert_component(Handle::default(), "brass".to_string());
    /// let refused = store.apply(&mut commands).refused.pop();
    /// let Some((0, Command::InsertComponent(command))) = refused else {
    ///     panic!("there is no such object");
    /// };
    /// assert_eq!(command.into_component::<String>(), Some("brass".to_string()));
    /// ```
    #[must_use]
    pub fn into_component<C: Component>(self) -> Option<C> {
        let component = self.refused?.downcast::<C>().ok()?;
        Some(*component)
    }

    /// Attaches the component, unless that is refused.
    pub(super) fn run(
        mut self,
        store: &mut Store<T, E, K>,
        handle: K,
        attachments: &mut Attachments,
    ) -> Option<Self> {
        let refused = (self.attach)(store, handle, attachments, self.place)?;
        self.refused = Some(refused);
        Some(self)
    }

    /// Takes the component out of its queue, to be handed back.
    pub(super) fn refuse(mut self, attachments: &mut Attachments) -> Self {
        let queue = attachments.0.get_mut(self.place);
        self.refused = queue.and_then(|queue| queue.take_next());
        self
    }
}

impl<T, E, K: Key> fmt::Debug for ComponentCommand<T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComponentCommand")
            .field("object", &self.object)
            .finish_non_exhaustive()
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
        let attach: AttachNext<T, E, K> = |store, handle, attachments, place| {
            let component = attachments.next::<C>(place)?;
            let refused = store.insert_component(handle, component).err()?;
            Some(Box::new(refused.into_value()))
        };
        self.recorded
            .push(Command::InsertComponent(ComponentCommand {
                object: object.into(),
                place: self.attachments.push(component),
                attach,
                refused: None,
            }));
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

/// What compares labels, and clones them.
impl<T, E: PartialEq + Clone, K: Key> Commands<T, E, K> {
    /// Records [`Store::set`]: points the edge with a label to a target.
    ///
    /// Complexity: O(1) amortised.
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let [rider, roan] = ["rider", "roan"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::default();
    /// commands.set(rider, "mount", roan);
    /// store.apply(&mut commands);
    /// assert_eq!(store.target(rider, &"mount"), Some(roan));
    /// ```
    pub fn set(&mut self, source: impl Into<Operand<K>>, label: E, target: impl Into<Operand<K>>) {
        self.list_mut(source, label).set(target);
    }

    /// Records changes of the edges from an object that have a label, as calls of the list that
    /// [`Store::list_mut`] gives.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let [hand, ace] = ["hand", "ace"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::default();
    /// let king = commands.insert("king");
    /// let mut cards = commands.list_mut(hand, "card");
    /// cards.push(ace);
    /// cards.insert(0, king);
    /// let king = store.apply(&mut commands).handle(king).unwrap();
    /// assert!(store.list(hand, &"card").iter().eq([king, ace]));
    /// ```
    pub fn list_mut(
        &mut self,
        owner: impl Into<Operand<K>>,
        label: E,
    ) -> ListCommands<'_, T, E, K> {
        self.list_of(owner.into(), label, false)
    }

    /// The same for weak edges, as calls of the list that [`Store::weak_list_mut`] gives.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str, &str> = understory::Store::default();
    /// # let [archer, wolf] = ["archer", "wolf"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::default();
    /// commands.weak_list_mut(archer, "aims at").set(wolf);
    /// store.apply(&mut commands);
    /// assert_eq!(store.weak_edges().target(archer, &"aims at"), Some(wolf));
    /// ```
    pub fn weak_list_mut(
        &mut self,
        owner: impl Into<Operand<K>>,
        label: E,
    ) -> ListCommands<'_, T, E, K> {
        self.list_of(owner.into(), label, true)
    }

    fn list_of(&mut self, owner: Operand<K>, label: E, is_weak: bool) -> ListCommands<'_, T, E, K> {
        ListCommands {
            commands: &mut self.recorded,
            owner,
            label,
            is_weak,
        }
    }
}

/// Records changes of a list of edges: what [`Commands::list_mut`] and [`Commands::weak_list_mut`] give. Each
/// stands for the call of [`EdgeListMut`](crate::EdgeListMut) with its name, and is refused if that does
/// nothing.
pub struct ListCommands<'a, T, E, K: Key> {
    commands: &'a mut Pages<Command<T, E, K>>,
    owner: Operand<K>,
    label: E,
    is_weak: bool,
}

macro_rules! list_changes {
    ($($(#[$doc:meta])* $name:ident($($operand:ident: $type:ty),*) => $change:expr;)*) => {
        impl<T, E: PartialEq + Clone, K: Key> ListCommands<'_, T, E, K> {
            $(
                $(#[$doc])*
                ///
                /// Complexity: O(1) amortised.
                pub fn $name(&mut self, $($operand: $type),*) -> &mut Self {
                    self.record($change)
                }
            )*

            fn record(&mut self, change: ListChange<K>) -> &mut Self {
                self.commands.push(Command::List(ListCommand {
                    owner: self.owner,
                    label: self.label.clone(),
                    is_weak: self.is_weak,
                    change,
                    run: change_list,
                }));
                self
            }
        }
    };
}

list_changes! {
    /// Points the first edge to a target, or adds one if there is none.
    set(target: impl Into<Operand<K>>) => ListChange::Set(target.into());
    /// Adds an edge at the end.
    push(target: impl Into<Operand<K>>) => ListChange::Push(target.into());
    /// Adds an edge at an index.
    insert(at: usize, target: impl Into<Operand<K>>) => ListChange::Insert(at, target.into());
    /// Removes the first edge to a target.
    unlink(target: impl Into<Operand<K>>) => ListChange::Unlink(target.into());
    /// Removes the edge at an index.
    remove(at: usize) => ListChange::Remove(at);
    /// Moves the edge at an index to another one.
    move_to(from: usize, to: usize) => ListChange::MoveTo(from, to);
    /// Exchanges the edges at two indices.
    swap(a: usize, b: usize) => ListChange::Swap(a, b);
    /// Removes all edges of the list.
    clear() => ListChange::Clear;
}

impl<T, E, K: Key> fmt::Debug for ListCommands<'_, T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListCommands")
            .field("owner", &self.owner)
            .field("is_weak", &self.is_weak)
            .finish_non_exhaustive()
    }
}
