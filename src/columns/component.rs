//! What a component is, and what says no to one.

use core::fmt;
use core::ops::Deref;

use atomic_refcell::AtomicRef;

/// A value that can be attached to an object, beside the object's own value.
///
/// Every `Clone + Send + Sync + 'static` type is a component. For a type that is not `Clone`, implement
/// the trait by hand to say what becomes of it when the store is cloned.
///
/// ```
/// use understory::{Component, Store};
///
/// struct Socket {
///     address: u32,
///     open: bool,
/// }
///
/// impl Component for Socket {
///     // A copy of the world does not share the connection.
///     fn clone_component(&self) -> Self {
///         Socket { address: self.address, open: false }
///     }
/// }
///
/// let mut store: Store<&str> = Store::new();
/// let player = store.insert("player");
/// store.insert_component(player, Socket { address: 7, open: true }).unwrap();
///
/// let copy = store.clone();
/// assert!(store.component::<Socket>(player).unwrap().open);
/// assert!(!copy.component::<Socket>(player).unwrap().open);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a component",
    label = "not a component",
    note = "every `Clone + Send + Sync + 'static` type is a component; for a type that is not `Clone`, implement `Component`"
)]
pub trait Component: Send + Sync + Sized + 'static {
    /// The component that the same object in a cloned store gets.
    #[must_use]
    fn clone_component(&self) -> Self;
}

impl<C: Clone + Send + Sync + 'static> Component for C {
    fn clone_component(&self) -> Self {
        self.clone()
    }
}

/// The components of a type could not be borrowed, because a borrow of them is still alive.
///
/// Two borrows of the components of one type are in each other's way unless both are shared. Drop the
/// other one first: a query, a column or a [`ComponentRef`] borrows for as long as it lives. Or ask for both
/// types in one query.
///
/// ```
/// use understory::Store;
///
/// let mut store: Store<&str> = Store::new();
/// let lamp = store.insert("lamp");
/// store.insert_component(lamp, 60_u32).unwrap();
///
/// let reading = store.query::<&u32>();
/// let error = store.try_query::<&mut u32>().unwrap_err();
/// assert_eq!(error.component, "u32");
/// assert!(!error.mutably);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BorrowError {
    /// The name of the component type, as [`core::any::type_name`] gives it.
    pub component: &'static str,
    /// Whether the borrow that is in the way is a mutable one.
    pub mutably: bool,
}

impl fmt::Display for BorrowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.mutably {
            "already borrowed mutably"
        } else {
            "already borrowed shared, and cannot be borrowed mutably"
        };
        write!(f, "components of type `{}` are {how}", self.component)
    }
}

impl core::error::Error for BorrowError {}

/// A shared borrow of one component.
///
/// While it lives, no other borrow of the same component type may be mutable.
///
/// ```
/// use understory::Store;
///
/// let mut store: Store<&str> = Store::new();
/// let lamp = store.insert("lamp");
/// store.insert_component(lamp, String::from("brass")).unwrap();
///
/// let material = store.component::<String>(lamp).unwrap();
/// assert_eq!(material.len(), 5);
/// ```
pub struct ComponentRef<'a, C>(pub(super) AtomicRef<'a, C>);

impl<C> Deref for ComponentRef<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C: fmt::Debug> fmt::Debug for ComponentRef<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<C: fmt::Display> fmt::Display for ComponentRef<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
