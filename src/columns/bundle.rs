//! Components of several types that come together.

use super::{Columns, Component, Part};

/// Components that an object is given together: a tuple of one to eight of different types.
///
/// [`Store::insert_bundle`](crate::Store::insert_bundle), [`Store::insert_batch`](crate::Store::insert_batch) and
/// [`Store::insert_components`](crate::Store::insert_components) take one. If a type comes twice, the last one counts.
/// The trait is sealed.
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
/// let bird = store.insert_bundle("bird", (Position(1.0), Velocity(0.5)));
/// assert!(store.query::<(&Position, &Velocity)>().get(bird).is_some());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a bundle of components",
    label = "not a tuple of components",
    note = "a bundle is a tuple of one to eight components: `(A, B)`, or `(A,)` for a single one",
    note = "every `Clone + Send + Sync + 'static` type is a component"
)]
pub trait Bundle: Fill {}

pub trait Fill: Sized {
    /// Those of an arena, taken out of their columns.
    type Parts: Default;

    /// Where the columns are.
    fn places(columns: &mut Columns) -> [usize; 8];
    /// Attaches all of them to an object.
    fn attach(self, columns: &mut Columns, index: u32);
    fn take(columns: &mut Columns, places: &[usize; 8], arena: usize, more: usize) -> Self::Parts;
    fn write(self, parts: &mut Self::Parts, slot: usize);
    fn give_back(parts: Self::Parts, columns: &mut Columns, places: &[usize; 8], arena: usize);
}

/// The place of a type that a bundle does not have.
const NONE: usize = usize::MAX;

macro_rules! bundle {
    ($($component:ident $at:tt)*) => {
        impl<$($component: Component),*> Bundle for ($($component,)*) {}

        impl<$($component: Component),*> Fill for ($($component,)*) {
            type Parts = ($(Part<$component>,)*);

            fn places(columns: &mut Columns) -> [usize; 8] {
                let mut places = [NONE; 8];
                $(places[$at] = columns.register::<$component>();)*
                places
            }

            fn attach(self, columns: &mut Columns, index: u32) {
                // What is replaced is dropped when all are attached: its `Drop` may panic.
                let replaced = ($(columns.insert(index, self.$at),)*);
                drop(replaced);
            }

            fn take(
                columns: &mut Columns,
                places: &[usize; 8],
                arena: usize,
                more: usize,
            ) -> Self::Parts {
                ($(columns.column_mut::<$component>(places[$at]).take_part(arena, more),)*)
            }

            #[inline]
            fn write(self, parts: &mut Self::Parts, slot: usize) {
                $(parts.$at.add(slot, self.$at);)*
            }

            fn give_back(
                parts: Self::Parts,
                columns: &mut Columns,
                places: &[usize; 8],
                arena: usize,
            ) {
                $(columns.column_mut::<$component>(places[$at]).give_part(arena, parts.$at);)*
            }
        }
    };
}

bundle!(A 0);
bundle!(A 0 B 1);
bundle!(A 0 B 1 C 2);
bundle!(A 0 B 1 C 2 D 3);
bundle!(A 0 B 1 C 2 D 3 E 4);
bundle!(A 0 B 1 C 2 D 3 E 4 F 5);
bundle!(A 0 B 1 C 2 D 3 E 4 F 5 G 6);
bundle!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);

/// Writes the components of new objects of one arena straight to where they belong, and settles all else at its end,
/// even if that is a panic.
pub(crate) struct Filling<'c, B: Bundle> {
    columns: &'c mut Columns,
    places: [usize; 8],
    arena: usize,
    parts: B::Parts,
    /// The blocks of 64 slots that were written to, a bit each.
    blocks: u64,
}

impl<'c, B: Bundle> Filling<'c, B> {
    /// Begins to fill an arena, with room for `more` objects; `None` if their components have to be attached one by
    /// one.
    pub(crate) fn begin(columns: &'c mut Columns, arena: usize, more: usize) -> Option<Self> {
        let places = B::places(columns);
        columns.settle_all();
        let types = places.iter().take_while(|&&place| place != NONE).count();
        for (number, &place) in places[..types].iter().enumerate() {
            let comes_twice = places[..number].contains(&place);
            if comes_twice || columns.entries[place].group.is_some() {
                return None;
            }
        }
        let parts = B::take(columns, &places, arena, more);
        Some(Self {
            columns,
            places,
            arena,
            parts,
            blocks: 0,
        })
    }

    #[inline]
    pub(crate) fn write(&mut self, slot: usize, bundle: B) {
        self.blocks |= 1 << (slot / 64);
        bundle.write(&mut self.parts, slot);
    }
}

impl<B: Bundle> Drop for Filling<'_, B> {
    fn drop(&mut self) {
        let parts = core::mem::take(&mut self.parts);
        B::give_back(parts, self.columns, &self.places, self.arena);
        for &place in self.places.iter().take_while(|&&place| place != NONE) {
            self.columns.own(self.arena, self.blocks, place);
        }
    }
}
