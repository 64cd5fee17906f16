/// A tuple that an element can be added to.
pub trait Append {
    type With<T>: Append;
    /// The tuple, or the element that is alone in it.
    type Item;
    fn with<T>(self, last: T) -> Self::With<T>;
    fn finish(self) -> Self::Item;
}

impl Append for () {
    type With<T> = (T,);
    type Item = Self;

    fn with<T>(self, first: T) -> (T,) {
        (first,)
    }

    fn finish(self) {}
}

impl<A> Append for (A,) {
    type With<T> = (A, T);
    type Item = A;

    #[inline]
    fn with<T>(self, last: T) -> (A, T) {
        (self.0, last)
    }

    #[inline]
    fn finish(self) -> A {
        self.0
    }
}

macro_rules! append {
    ($($item:ident)*) => {
        #[expect(non_snake_case, reason = "a variable has the name of its type")]
        impl<$($item),*> Append for ($($item,)*) {
            type With<T> = ($($item,)* T,);
            type Item = Self;

            #[inline]
            fn with<T>(self, last: T) -> Self::With<T> {
                let ($($item,)*) = self;
                ($($item,)* last,)
            }

            #[inline]
            fn finish(self) -> Self {
                self
            }
        }
    };
}

append!(A B);
append!(A B C);
append!(A B C D);
append!(A B C D E);
append!(A B C D E F);
append!(A B C D E F G);

impl<A, B, C, D, E, F, G, H> Append for (A, B, C, D, E, F, G, H) {
    /// Never asked for: no query has a ninth term.
    type With<T> = Self;
    type Item = Self;

    fn with<T>(self, _: T) -> Self {
        self
    }

    #[inline]
    fn finish(self) -> Self {
        self
    }
}
