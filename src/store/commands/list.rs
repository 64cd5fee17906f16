//! Changes of lists of edges that a buffer records.

use core::fmt;

use slotmap::Key;

use super::{Command, Commands, Operand};
use crate::paged::Pages;
use crate::store::EdgeListMut;

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
pub(in crate::store) type ChangeList<T, E, K> = fn(EdgeListMut<'_, T, E, K>, ListChange<K>) -> bool;

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
    pub(in crate::store) run: ChangeList<T, E, K>,
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

/// What compares labels, and clones them.
impl<T, E: PartialEq + Clone, K: Key> Commands<T, E, K> {
    /// Records [`Store::set`](crate::Store::set): points the edge with a label to a target.
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
    /// [`Store::list_mut`](crate::Store::list_mut) gives.
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

    /// The same for weak edges, as calls of the list that [`Store::weak_list_mut`](crate::Store::weak_list_mut) gives.
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
