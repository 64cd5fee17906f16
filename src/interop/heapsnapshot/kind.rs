//! The kinds of nodes and edges, by the names that a snapshot gives them.

use alloc::sync::Arc;
use core::fmt;

macro_rules! kinds {
    ($(#[$doc:meta])* $enum:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $enum {
            $($(#[$variant_doc])* $variant,)+
            /// A kind that this crate does not know, under the name that it has in the file.
            Other(Arc<str>),
        }

        impl $enum {
            pub(super) fn from_name(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)+
                    _ => Self::Other(name.into()),
                }
            }

            /// The name that snapshots use.
            ///
            /// Computes in O(1).
            ///
            /// # Examples
            /// ```
            /// use understory::interop::heapsnapshot::{EdgeKind, NodeKind};
            ///
            /// assert_eq!(NodeKind::BigInt.name(), "bigint");
            /// assert_eq!(EdgeKind::Property.name(), "property");
            /// ```
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Other(name) => name,
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
    /// Whether edges of this kind are numbered instead of named.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::interop::heapsnapshot::EdgeKind;
    ///
    /// assert!(EdgeKind::Element.is_indexed() && !EdgeKind::Property.is_indexed());
    /// ```
    #[must_use]
    pub fn is_indexed(&self) -> bool {
        matches!(self, Self::Element | Self::Hidden)
    }

    /// Whether edges of this kind keep nothing alive.
    ///
    /// Computes in O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::interop::heapsnapshot::EdgeKind;
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
    Index(u32),
    /// A name from the table of strings.
    Text(S),
}

impl<S: fmt::Display> fmt::Display for EdgeName<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Text(text) => text.fmt(f),
        }
    }
}
