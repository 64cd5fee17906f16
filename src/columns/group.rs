use core::any::type_name;
use core::fmt;

use super::{Columns, Component};

/// Component types that are often asked for together: a tuple of two or three.
///
/// [`Store::group`](crate::Store::group) has their components kept together. The trait is sealed.
///
/// ```
/// use understory::Store;
///
/// #[derive(Clone)]
/// struct Position(f32);
/// #[derive(Clone)]
/// struct Velocity(f32);
///
/// let mut store: Store<&str> = Store::new();
/// store.group::<(Position, Velocity)>()?;
/// let [rock, bird] = [store.insert("rock"), store.insert("bird")];
/// store.insert_component(rock, Position(0.0)).unwrap();
/// store.insert_component(bird, Position(1.0)).unwrap();
/// store.insert_component(bird, Velocity(0.5)).unwrap();
/// store.query::<(&mut Position, &Velocity)>().for_each(|(position, velocity)| position.0 += velocity.0);
/// assert_eq!(store.component::<Position>(bird).unwrap().0, 1.5);
/// # Ok::<(), understory::GroupError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a group of components",
    label = "not a tuple of two or three components",
    note = "a group is a tuple of two or three components: `(A, B)` or `(A, B, C)`",
    note = "every `Clone + Send + Sync + 'static` type is a component"
)]
pub trait Group: Sealed {}

pub trait Sealed {
    const TYPES: &'static [Grouped];
}

/// A type of a group.
pub struct Grouped {
    pub(super) name: fn() -> &'static str,
    pub(super) register: fn(&mut Columns) -> usize,
}

impl Grouped {
    #[cfg(feature = "serde")]
    pub(super) fn of<C: Component>() -> Self {
        Self {
            name: type_name::<C>,
            register: Columns::register::<C>,
        }
    }
}

macro_rules! group {
    ($($component:ident)*) => {
        impl<$($component: Component),*> Group for ($($component,)*) {}

        impl<$($component: Component),*> Sealed for ($($component,)*) {
            const TYPES: &'static [Grouped] = &[
                $(Grouped {
                    name: type_name::<$component>,
                    register: Columns::register::<$component>,
                },)*
            ];
        }
    };
}

group!(A B);
group!(A B C);

/// The components of some types could not be made a group.
///
/// ```
/// let mut store: understory::Store<&str> = understory::Store::new();
/// store.group::<(u8, u16)>()?;
/// let error = store.group::<(u16, u32)>().unwrap_err();
/// assert_eq!(error.component, "u16");
/// # Ok::<(), understory::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupError {
    /// The type that is in another group, or comes twice in this one, as [`core::any::type_name`] names it.
    pub component: &'static str,
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let component = self.component;
        write!(
            f,
            "components of type `{component}` can be in one group only, and once"
        )
    }
}

impl core::error::Error for GroupError {}
