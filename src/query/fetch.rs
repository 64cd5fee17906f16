use super::read::{Access, Cursor, Reader};
use super::{With, Without};
use crate::columns::{BorrowError, Columns, Component};
use crate::header::ARENA_WORDS;

/// What a query does with its columns: one of the [`Term`]s, or a tuple of them.
///
/// It is read arena by arena and block by block; `enter`, `block` and `open` are those of
/// [`Reader`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a query",
    note = "a query is `&C`, `&mut C`, `Option<&C>`, `Option<&mut C>`, `With<C>`, `Without<C>`, or a tuple of up to eight of these"
)]
pub trait Fetch {
    type Guards<'s>;
    type Readers<'q>;
    type Cursors<'q>: Default;
    type Item<'q>;

    fn borrow(columns: &Columns) -> Result<Self::Guards<'_>, BorrowError>;
    fn readers<'q>(guards: &'q mut Self::Guards<'_>) -> Self::Readers<'q>;
    /// How many blocks of the arena may have matches.
    fn enter(readers: &mut Self::Readers<'_>, arena: usize) -> usize;
    /// The objects of the block that match, alive or not.
    fn block(readers: &mut Self::Readers<'_>, skip: usize) -> u64;
    fn open<'q>(readers: &mut Self::Readers<'q>, wanted: u64) -> Self::Cursors<'q>;
    /// Whether the objects of `wanted` are exactly those that have a value, in every column.
    fn is_run(cursors: &Self::Cursors<'_>, wanted: u64) -> bool;
    fn take<'q>(cursors: &mut Self::Cursors<'q>, bit: u32) -> Self::Item<'q>;
    /// What `take` gives for the next wanted object, if `is_run`.
    fn next<'q>(cursors: &mut Self::Cursors<'q>) -> Self::Item<'q>;
}

/// One element of a query: a component that is read, or a condition.
pub trait Term: Fetch {
    /// The items of the terms before this one, and this one's unless it is a condition.
    type Appended<'q, Items: Append>: Append;

    fn append<Items: Append>(items: Items, item: Self::Item<'_>) -> Self::Appended<'_, Items>;
}

/// A tuple that an element can be added to.
pub trait Append {
    type With<T>: Append;
    fn with<T>(self, last: T) -> Self::With<T>;
}

impl Append for () {
    type With<T> = (T,);

    fn with<T>(self, first: T) -> (T,) {
        (first,)
    }
}

macro_rules! append {
    ($($item:ident)*) => {
        #[expect(non_snake_case, reason = "a variable has the name of its type")]
        impl<$($item),*> Append for ($($item,)*) {
            type With<T> = ($($item,)* T,);
            fn with<T>(self, last: T) -> Self::With<T> {
                let ($($item,)*) = self;
                ($($item,)* last,)
            }
        }
    };
}

append!(A);
append!(A B);
append!(A B C);
append!(A B C D);
append!(A B C D E);
append!(A B C D E F);
append!(A B C D E F G);

impl<A, B, C, D, E, F, G, H> Append for (A, B, C, D, E, F, G, H) {
    /// Never asked for: no query has a ninth term.
    type With<T> = Self;
    fn with<T>(self, _: T) -> Self {
        self
    }
}

/// What a set bit in a presence word promises.
const PROMISED: &str = "an object with the component's bit has the component";

impl<A: Access> Fetch for A {
    type Guards<'s> = A::Guard<'s>;
    type Readers<'q> = Reader<'q, A>;
    type Cursors<'q> = Cursor<'q, A>;
    type Item<'q> = A::Item<'q>;

    fn borrow(columns: &Columns) -> Result<Self::Guards<'_>, BorrowError> {
        A::borrow(columns)
    }

    fn readers<'q>(guards: &'q mut Self::Guards<'_>) -> Self::Readers<'q> {
        Reader::new(A::chunks(guards))
    }

    fn enter(reader: &mut Self::Readers<'_>, arena: usize) -> usize {
        reader.enter(arena)
    }

    #[inline]
    fn block(reader: &mut Self::Readers<'_>, skip: usize) -> u64 {
        reader.block(skip)
    }

    #[inline]
    fn open<'q>(reader: &mut Self::Readers<'q>, wanted: u64) -> Self::Cursors<'q> {
        reader.open(wanted)
    }

    #[inline]
    fn is_run(cursor: &Self::Cursors<'_>, _: u64) -> bool {
        cursor.has_no_other()
    }

    #[inline]
    fn take<'q>(cursor: &mut Self::Cursors<'q>, bit: u32) -> Self::Item<'q> {
        cursor.take(bit).expect(PROMISED)
    }

    #[inline]
    fn next<'q>(cursor: &mut Self::Cursors<'q>) -> Self::Item<'q> {
        cursor.next().expect(PROMISED)
    }
}

impl<A: Access> Term for A {
    type Appended<'q, Items: Append> = Items::With<A::Item<'q>>;

    #[inline]
    fn append<Items: Append>(items: Items, item: Self::Item<'_>) -> Self::Appended<'_, Items> {
        items.with(item)
    }
}

impl<A: Access> Fetch for Option<A> {
    type Guards<'s> = A::Guard<'s>;
    type Readers<'q> = Reader<'q, A>;
    type Cursors<'q> = Cursor<'q, A>;
    type Item<'q> = Option<A::Item<'q>>;

    fn borrow(columns: &Columns) -> Result<Self::Guards<'_>, BorrowError> {
        A::borrow(columns)
    }

    fn readers<'q>(guards: &'q mut Self::Guards<'_>) -> Self::Readers<'q> {
        Reader::new(A::chunks(guards))
    }

    fn enter(reader: &mut Self::Readers<'_>, arena: usize) -> usize {
        reader.enter(arena);
        ARENA_WORDS
    }

    #[inline]
    fn block(reader: &mut Self::Readers<'_>, skip: usize) -> u64 {
        reader.block(skip);
        u64::MAX
    }

    #[inline]
    fn open<'q>(reader: &mut Self::Readers<'q>, wanted: u64) -> Self::Cursors<'q> {
        reader.open(wanted)
    }

    #[inline]
    fn is_run(cursor: &Self::Cursors<'_>, wanted: u64) -> bool {
        cursor.is_run(wanted)
    }

    #[inline]
    fn take<'q>(cursor: &mut Self::Cursors<'q>, bit: u32) -> Self::Item<'q> {
        cursor.take_if_present(bit)
    }

    #[inline]
    fn next<'q>(cursor: &mut Self::Cursors<'q>) -> Self::Item<'q> {
        cursor.next()
    }
}

impl<A: Access> Term for Option<A> {
    type Appended<'q, Items: Append> = Items::With<Option<A::Item<'q>>>;

    #[inline]
    fn append<Items: Append>(items: Items, item: Self::Item<'_>) -> Self::Appended<'_, Items> {
        items.with(item)
    }
}

macro_rules! condition {
    ($condition:ident, $enter:expr, $block:expr) => {
        impl<C: Component> Fetch for $condition<C> {
            type Guards<'s> = <&'s C as Access>::Guard<'s>;
            type Readers<'q> = Reader<'q, &'q C>;
            type Cursors<'q> = ();
            type Item<'q> = ();

            fn borrow(columns: &Columns) -> Result<Self::Guards<'_>, BorrowError> {
                columns.borrow()
            }

            fn readers<'q>(guards: &'q mut Self::Guards<'_>) -> Self::Readers<'q> {
                Reader::new(<&C as Access>::chunks(guards))
            }

            fn enter(reader: &mut Self::Readers<'_>, arena: usize) -> usize {
                $enter(reader.enter(arena))
            }

            #[inline]
            fn block(reader: &mut Self::Readers<'_>, skip: usize) -> u64 {
                $block(reader.block(skip))
            }

            #[inline]
            fn open<'q>(_: &mut Self::Readers<'q>, _: u64) -> Self::Cursors<'q> {}

            #[inline]
            fn is_run(_: &Self::Cursors<'_>, _: u64) -> bool {
                true
            }

            #[inline]
            fn take<'q>(_: &mut Self::Cursors<'q>, _: u32) -> Self::Item<'q> {}

            #[inline]
            fn next<'q>(_: &mut Self::Cursors<'q>) -> Self::Item<'q> {}
        }

        impl<C: Component> Term for $condition<C> {
            type Appended<'q, Items: Append> = Items;

            #[inline]
            fn append<Items: Append>(items: Items, _: Self::Item<'_>) -> Self::Appended<'_, Items> {
                items
            }
        }
    };
}

condition!(With, core::convert::identity, core::convert::identity);
condition!(Without, |_| ARENA_WORDS, core::ops::Not::not);

/// The items of tuple `$done` and then of the terms that follow.
macro_rules! appended {
    ($lifetime:lifetime, $done:ty;) => { $done };
    ($lifetime:lifetime, $done:ty; $term:ident $($rest:ident)*) => {
        appended!($lifetime, <$term as Term>::Appended<$lifetime, $done>; $($rest)*)
    };
}

macro_rules! tuple {
    ($($term:ident)*) => {
        #[expect(non_snake_case, reason = "a variable has the name of its type")]
        impl<$($term: Term),*> Fetch for ($($term,)*) {
            type Guards<'s> = ($($term::Guards<'s>,)*);
            type Readers<'q> = ($($term::Readers<'q>,)*);
            type Cursors<'q> = ($($term::Cursors<'q>,)*);
            type Item<'q> = appended!('q, (); $($term)*);

            fn borrow(columns: &Columns) -> Result<Self::Guards<'_>, BorrowError> {
                Ok(($($term::borrow(columns)?,)*))
            }

            fn readers<'q>(guards: &'q mut Self::Guards<'_>) -> Self::Readers<'q> {
                let ($($term,)*) = guards;
                ($($term::readers($term),)*)
            }

            fn enter(readers: &mut Self::Readers<'_>, arena: usize) -> usize {
                let ($($term,)*) = readers;
                let mut blocks = ARENA_WORDS;
                $(blocks = blocks.min($term::enter($term, arena));)*
                blocks
            }

            #[inline]
            fn block(readers: &mut Self::Readers<'_>, skip: usize) -> u64 {
                let ($($term,)*) = readers;
                let mut matches = u64::MAX;
                $(matches &= $term::block($term, skip);)*
                matches
            }

            #[inline]
            fn open<'q>(readers: &mut Self::Readers<'q>, wanted: u64) -> Self::Cursors<'q> {
                let ($($term,)*) = readers;
                ($($term::open($term, wanted),)*)
            }

            #[inline]
            fn is_run(cursors: &Self::Cursors<'_>, wanted: u64) -> bool {
                let ($($term,)*) = cursors;
                $($term::is_run($term, wanted))&&*
            }

            #[inline]
            fn take<'q>(cursors: &mut Self::Cursors<'q>, bit: u32) -> Self::Item<'q> {
                let ($($term,)*) = cursors;
                let items = ();
                $(let items = $term::append(items, $term::take($term, bit));)*
                items
            }

            #[inline]
            fn next<'q>(cursors: &mut Self::Cursors<'q>) -> Self::Item<'q> {
                let ($($term,)*) = cursors;
                let items = ();
                $(let items = $term::append(items, $term::next($term));)*
                items
            }
        }
    };
}

tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);
