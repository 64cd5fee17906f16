//! Components that a buffer will attach.

use core::any::Any;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use slotmap::Key;

use super::Operand;
use crate::columns::Component;
use crate::store::Store;

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
pub(in crate::store) struct Attachments(Vec<Box<dyn Queue>>);

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

    /// Queues a component for an object.
    pub(super) fn command<T, E, K: Key, C: Component>(
        &mut self,
        object: Operand<K>,
        component: C,
    ) -> ComponentCommand<T, E, K> {
        ComponentCommand {
            object,
            place: self.push(component),
            attach: |store, handle, attachments, place| {
                let component = attachments.next::<C>(place)?;
                let refused = store.insert_component(handle, component).err()?;
                Some(Box::new(refused.into_value()))
            },
            refused: None,
        }
    }

    /// The next component of the type that is queued at a place.
    fn next<C: Component>(&mut self, at: usize) -> Option<C> {
        let queue = self.0.get_mut(at)?.as_any_mut();
        queue.downcast_mut::<VecDeque<C>>()?.pop_front()
    }
}

/// As of a [`Command`](super::Command).
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
    pub(in crate::store) fn run(
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
    pub(in crate::store) fn refuse(mut self, attachments: &mut Attachments) -> Self {
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
