//! Applying a buffer of commands.

use alloc::vec::Vec;

use slotmap::Key;

use crate::error::Rejected;
use crate::graph::Kind;
use crate::nesting::Call;
use crate::store::commands::ListCommand;
use crate::store::{Applied, Command, Commands, EdgeListMut, ListChange, Operand, Pending, Store};

impl<T, E, K: Key> Store<T, E, K> {
    /// Applies the commands of a buffer in order, each as if it were called here, and empties the
    /// buffer. A refused command adds and removes nothing (though a full store may have collected), comes
    /// back, and does not keep the others from being applied.
    ///
    /// If the user's code panics, the commands that follow are lost. A closure of a command may apply another
    /// buffer, up to [`MAX_NESTED`](crate::MAX_NESTED) deep: deeper than that all commands are refused.
    ///
    /// Complexity: O(the sum of what the commands cost).
    ///
    /// # Examples
    /// ```
    /// # let mut store: understory::Store<&str> = understory::Store::new();
    /// # let [a, b] = ["a", "b"].map(|name| store.insert(name));
    /// let mut commands = understory::Commands::new();
    /// commands.destroy(a);
    /// commands.link(a, (), b);
    /// let applied = store.apply(&mut commands);
    /// assert_eq!(applied.refused.len(), 1); // the source is dead
    /// ```
    pub fn apply(&mut self, commands: &mut Commands<T, E, K>) -> Applied<T, E, K> {
        self.settle();
        let mut applied = Applied {
            inserted: Vec::with_capacity(core::mem::take(&mut commands.pending)),
            refused: Vec::new(),
        };
        let admits = self.within.admits_command();
        // If the user's code panics, those that were not attached are lost with their commands.
        let mut attachments = core::mem::take(&mut commands.attachments);
        for (at, command) in commands.recorded.drain().enumerate() {
            let inserted = &mut applied.inserted;
            let refused = match command {
                Command::InsertComponent(command) => {
                    let handle = named(inserted, command.object);
                    let refused = if admits {
                        command.run(self, handle, &mut attachments)
                    } else {
                        Some(command.refuse(&mut attachments))
                    };
                    refused.map(Command::InsertComponent)
                }
                command if !admits => Some(command),
                command => self.apply_one(command, inserted),
            };
            if let Some(command) = refused {
                applied.refused.push((at, command));
            }
        }
        commands.attachments = attachments;
        applied
    }

    /// Applies one command; returns it if it is refused.
    fn apply_one(
        &mut self,
        command: Command<T, E, K>,
        inserted: &mut Vec<K>,
    ) -> Option<Command<T, E, K>> {
        match command {
            Command::Insert(value) => {
                let result = self
                    .try_insert(value)
                    .map_err(|full| Command::Insert(full.value));
                inserted.push(result.as_ref().copied().unwrap_or_default());
                result.err()
            }
            Command::InsertLinked(parent, label, value) => {
                let result = self.insert_linked(named(inserted, parent), label, value);
                let result = result.map_err(
                    |Rejected {
                         value: (value, label),
                         ..
                     }| Command::InsertLinked(parent, label, value),
                );
                inserted.push(result.as_ref().copied().unwrap_or_default());
                result.err()
            }
            Command::Link(source, label, target) => {
                let result = self.link(named(inserted, source), label, named(inserted, target));
                result
                    .err()
                    .map(|error| Command::Link(source, error.value, target))
            }
            Command::LinkWeak(source, label, target) => {
                let (from, to) = (named(inserted, source), named(inserted, target));
                let result = self.link_weak(from, label, to);
                result
                    .err()
                    .map(|error| Command::LinkWeak(source, error.value, target))
            }
            Command::UnlinkWeak(source, target) => {
                let result = self.unlink_weak(named(inserted, source), named(inserted, target));
                result.err().map(|_| Command::UnlinkWeak(source, target))
            }
            Command::List(command) => self.apply_to_list(command, inserted).map(Command::List),
            // The buffer has the component.
            Command::InsertComponent(command) => Some(Command::InsertComponent(command)),
            Command::RemoveComponent(object, remove) => {
                let is_done = remove(self, named(inserted, object));
                (!is_done).then_some(Command::RemoveComponent(object, remove))
            }
            Command::Unlink(source, target) => {
                let result = self.unlink(named(inserted, source), named(inserted, target));
                result.err().map(|_| Command::Unlink(source, target))
            }
            Command::Relink(from, to) => {
                let name = |ends: (Operand<K>, Operand<K>)| {
                    (named(inserted, ends.0), named(inserted, ends.1))
                };
                let result = self.relink(name(from), name(to));
                result.err().map(|_| Command::Relink(from, to))
            }
            Command::Root(object) => {
                let result = self.root(named(inserted, object));
                result.err().map(|_| Command::Root(object))
            }
            Command::Unroot(object) => {
                let result = self.unroot(named(inserted, object));
                result.err().map(|_| Command::Unroot(object))
            }
            Command::Destroy(object) => {
                let destroyed = self.destroy(named(inserted, object));
                destroyed.is_stale().then_some(Command::Destroy(object))
            }
            Command::Run(work) => {
                let open = Commanding::open(self);
                work(open.store);
                None
            }
            Command::RunOn(object, work) => {
                let handle = named(inserted, object);
                if !self.contains(handle) {
                    return Some(Command::RunOn(object, work));
                }
                let open = Commanding::open(self);
                work(open.store, handle);
                None
            }
        }
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Applies one change of a list; returns it if it is refused.
    fn apply_to_list(
        &mut self,
        command: ListCommand<T, E, K>,
        inserted: &[K],
    ) -> Option<ListCommand<T, E, K>> {
        let owner = named(inserted, command.owner);
        let name = |operand| Operand::Handle(named(inserted, operand));
        let change = match command.change {
            ListChange::Set(target) => ListChange::Set(name(target)),
            ListChange::Push(target) => ListChange::Push(name(target)),
            ListChange::Insert(at, target) => ListChange::Insert(at, name(target)),
            ListChange::Unlink(target) => ListChange::Unlink(name(target)),
            change => change,
        };
        if !self.contains(owner) {
            return Some(command);
        }
        let kind = if command.is_weak {
            Kind::Weak
        } else {
            Kind::Strong
        };
        let list = EdgeListMut::new(self, kind, owner, &command.label);
        let is_done = (command.run)(list, change);
        (!is_done).then_some(command)
    }
}

/// The handle that an operand stands for; null if its insertion was refused.
fn named<K: Key>(inserted: &[K], operand: Operand<K>) -> K {
    match operand {
        Operand::Handle(handle) => handle,
        Operand::Pending(Pending(at)) => inserted.get(at).copied().unwrap_or_default(),
    }
}

/// Counts the closures of commands that are running, even if one panics.
struct Commanding<'a, T, E, K: Key> {
    store: &'a mut Store<T, E, K>,
    _call: Call,
}

impl<'a, T, E, K: Key> Commanding<'a, T, E, K> {
    fn open(store: &'a mut Store<T, E, K>) -> Self {
        store.within = store.within.command();
        Self {
            store,
            _call: Call::enter(None),
        }
    }
}

impl<T, E, K: Key> Drop for Commanding<'_, T, E, K> {
    fn drop(&mut self) {
        self.store.within = self.store.within.after_command();
    }
}
