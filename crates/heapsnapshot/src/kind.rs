//! The kinds of nodes and edges, by the names that a snapshot gives them.

use std::fmt;
use std::sync::Arc;

macro_rules! kinds {
    ($(#[$doc:meta])* $enum:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $enum {
            $($(#[$variant_doc])* $variant,)+
            /// A kind that this crate does not know, under the name that it has in the file.
            Other(Arc<str>),
            /// A kind that has no name in the file.
            Unknown,
        }

        impl $enum {
            /// The names in V8's order.
            const NAMES: &[&str] = &[$($name),+];

            fn from_name(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)+
                    _ => Self::Other(name.into()),
                }
            }

            /// The kinds by their numbers in a file that gives them these names; the last one is for all
            /// numbers that are left.
            ///
            /// Some releases of V8 write kinds that their header does not list yet. Their list is the
            /// start of today's, which says what is meant.
            pub(super) fn table(names: &[String]) -> Vec<Self> {
                let unlisted = match names {
                    [] => &[],
                    _ if names.iter().zip(Self::NAMES).all(|(name, v8)| name == v8) => {
                        Self::NAMES.get(names.len()..).unwrap_or_default()
                    }
                    _ => &[],
                };
                let names = names.iter().map(String::as_str).chain(unlisted.iter().copied());
                names.map(Self::from_name).chain([Self::Unknown]).collect()
            }

            /// The name that snapshots use; `(unknown)` if the file has none.
            ///
            /// Complexity: O(1).
            ///
            /// # Examples
            /// ```
            /// use understory_heapsnapshot::{EdgeKind, NodeKind};
            ///
            /// assert_eq!(NodeKind::BigInt.name(), "bigint");
            /// assert_eq!(EdgeKind::Property.name(), "property");
            /// ```
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Other(name) => name,
                    Self::Unknown => "(unknown)",
                }
            }
        }

        impl fmt::Display for $enum {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

kinds! {
    /// What a node is.
    NodeKind {
        /// Something of the engine's own that scripts never see.
        Hidden = "hidden",
        /// The storage of an array or of an object's properties.
        Array = "array",
        /// A string that is stored whole.
        String = "string",
        /// An object; its name is its constructor's.
        Object = "object",
        /// Compiled code and what belongs to it.
        Code = "code",
        /// A function with what it has captured.
        Closure = "closure",
        /// A regular expression.
        RegExp = "regexp",
        /// A number that does not fit in a pointer.
        Number = "number",
        /// Memory of the embedder, outside the engine's heap.
        Native = "native",
        /// No object at all, such as a group of roots.
        Synthetic = "synthetic",
        /// A string that consists of two others put together.
        ConcatenatedString = "concatenated string",
        /// A string that is a part of another.
        SlicedString = "sliced string",
        /// A symbol.
        Symbol = "symbol",
        /// An integer of any size.
        BigInt = "bigint",
        /// The layout that objects share.
        ObjectShape = "object shape",
        /// An object of a `WebAssembly` module.
        WasmObject = "wasm object",
    }
}

kinds! {
    /// How one node refers to another.
    EdgeKind {
        /// A variable that a closure captured.
        Context = "context",
        /// An element of an array; it has an index for a name.
        Element = "element",
        /// A property of an object.
        Property = "property",
        /// A field of the engine's own.
        Internal = "internal",
        /// A field of the engine's own that has an index for a name.
        Hidden = "hidden",
        /// A second way to a node that is held elsewhere too.
        Shortcut = "shortcut",
        /// A reference that keeps nothing alive.
        Weak = "weak",
    }
}

impl EdgeKind {
    /// Whether edges of this kind are numbered instead of named. Those of an unknown kind are, as nothing
    /// says that their number stands for a name.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory_heapsnapshot::EdgeKind;
    ///
    /// assert!(EdgeKind::Element.is_indexed() && !EdgeKind::Property.is_indexed());
    /// ```
    #[must_use]
    pub fn is_indexed(&self) -> bool {
        matches!(self, Self::Element | Self::Hidden | Self::Unknown)
    }

    /// Whether edges of this kind keep nothing alive.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory_heapsnapshot::EdgeKind;
    ///
    /// assert!(EdgeKind::Weak.is_weak() && !EdgeKind::Property.is_weak());
    /// ```
    #[must_use]
    pub fn is_weak(&self) -> bool {
        matches!(self, Self::Weak)
    }
}

/// What an edge is called: a property's name, or an element's index.
///
/// `S` is the text: borrowed from the snapshot in [`EdgeRow`](super::EdgeRow), shared in
/// [`Edge`](super::Edge).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeName<S> {
    /// The index in an array, or the number of a hidden field.
    Index(u64),
    /// A name from the table of strings.
    Text(S),
    /// No name, and an index that is none: writers have −1 or 2⁶⁴ − 1 for a place that they do not know.
    Unknown,
}

impl<S> EdgeName<S> {
    pub(super) fn map<T>(self, text: impl FnOnce(S) -> T) -> EdgeName<T> {
        match self {
            Self::Index(index) => EdgeName::Index(index),
            Self::Text(name) => EdgeName::Text(text(name)),
            Self::Unknown => EdgeName::Unknown,
        }
    }
}

impl<S: fmt::Display> fmt::Display for EdgeName<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Text(text) => text.fmt(f),
            Self::Unknown => f.write_str("[?]"),
        }
    }
}
