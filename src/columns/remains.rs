//! The components that an object has left behind, whatever their types.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::{Any, type_name};
use core::fmt;

use super::Component;

/// A component whose type is not known here.
pub(super) trait AnyComponent: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
    fn copy(&self) -> Box<dyn AnyComponent>;
    fn name(&self) -> &'static str;
}

impl<C: Component> AnyComponent for C {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn copy(&self) -> Box<dyn AnyComponent> {
        Box::new(self.clone_component())
    }

    fn name(&self) -> &'static str {
        type_name::<C>()
    }
}

/// The components that an object had, in the order in which the store first met their types; no more than one of
/// each type.
#[derive(Default)]
pub(crate) struct Remains(pub(super) Vec<Box<dyn AnyComponent>>);

impl Remains {
    pub(crate) fn get<C: Component>(&self) -> Option<&C> {
        let mut found = self.0.iter().map(|component| (**component).as_any());
        found.find_map(|any| any.downcast_ref())
    }

    pub(crate) fn take<C: Component>(&mut self) -> Option<C> {
        let mut found = self.0.iter().map(|component| (**component).as_any());
        let at = found.position(<dyn Any>::is::<C>)?;
        let component = AnyComponent::into_any(self.0.remove(at)).downcast().ok()?;
        Some(*component)
    }

    /// Bytes allocated, but for what the components own.
    pub(crate) fn memory(&self) -> usize {
        let boxed = self.0.iter().map(|component| size_of_val(&**component));
        boxed.sum::<usize>() + self.0.capacity() * size_of::<Box<dyn AnyComponent>>()
    }
}

impl Clone for Remains {
    fn clone(&self) -> Self {
        Self(
            self.0
                .iter()
                .map(|component| (**component).copy())
                .collect(),
        )
    }
}

impl fmt::Debug for Remains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|component| (**component).name());
        f.debug_list().entries(names).finish()
    }
}
