//! Graphs of pointers that own what they point to: all that is alike in the libraries that have them.

use std::collections::VecDeque;
use std::marker::PhantomData;

use crate::edges::Edges;
use crate::graph::Graph;
use crate::payload::Marked;
use crate::workloads::{Touch, Walked};

/// A pointer that owns an object, whose edges are such pointers.
pub(crate) trait Pointer: Clone {
    type Edges: Edges<Self>;
    fn new(payload: Marked, edges: Self::Edges) -> Self;
    fn payload(&self) -> &Marked;
    fn read<R>(&self, look: impl FnOnce(&Self::Edges) -> R) -> R;
    fn write<R>(&self, change: impl FnOnce(&mut Self::Edges) -> R) -> R;
}

/// What a library does about garbage.
pub(crate) trait Collector {
    fn reclaim();
    fn tick() {}
    /// From here on it collects when it is told to.
    fn manual() {}
}

pub(crate) struct Pointers<P, C> {
    walks: u64,
    library: PhantomData<(P, C)>,
}

impl<P, C> Default for Pointers<P, C> {
    fn default() -> Self {
        Self {
            walks: 0,
            library: PhantomData,
        }
    }
}

impl<P: Pointer, C: Collector> Graph for Pointers<P, C> {
    type Node = P;

    const PLAIN_NODES: bool = false;

    fn make(&mut self, number: u64) -> P {
        P::new(Marked::new(number), P::Edges::none())
    }

    fn make_parent(&mut self, number: u64, children: [P; 2]) -> P {
        P::new(Marked::new(number), P::Edges::two(children))
    }

    fn link(&mut self, from: &P, to: &P) {
        from.write(|edges| edges.push(to.clone()));
    }

    fn give(&mut self, from: &P, to: P) {
        from.write(|edges| edges.push(to));
    }

    fn cut(&mut self, from: &P, place: usize) {
        from.write(|edges| edges.swap_remove(place));
    }

    fn degree(&self, node: &P) -> usize {
        node.read(Edges::len)
    }

    fn target(&self, node: &P, place: usize) -> P {
        node.read(|edges| edges.get(place).clone())
    }

    fn number(&self, node: &P) -> u64 {
        node.payload().number()
    }

    fn walk(&mut self, root: &P) -> Walked {
        self.walks += 1;
        let mut walked = Walked::default();
        let mut queue = VecDeque::from([root.clone()]);
        root.payload().visit(self.walks);
        while let Some(node) = queue.pop_front() {
            walked.objects += 1;
            walked.sum += node.payload().number();
            node.read(|edges| {
                for target in edges.iter() {
                    walked.edges += 1;
                    if target.payload().visit(self.walks) {
                        queue.push_back(target.clone());
                    }
                }
            });
        }
        walked
    }

    fn reclaim(&mut self, _: &[P]) {
        C::reclaim();
    }

    fn tick(&mut self, _: &[P]) {
        C::tick();
    }

    fn manual(&mut self) {
        C::manual();
    }

    fn touch(&mut self, nodes: &[P], touch: Touch) {
        drop(nodes[touch.at].clone());
    }
}

/// The types of objects of a library, and how its pointers to them are used.
///
/// One type has its edges in a vector, the others have room for one, two or three.
macro_rules! objects {
    ($pointer:ident, $cell:ident, [$($derive:meta)?], [$($field:meta)?]) => {
        $crate::pointers::objects!(@ Many, Vec<$pointer<Many>>, $pointer, $cell, [$($derive)?], [$($field)?]);
        $crate::pointers::objects!(@ One, [Option<$pointer<One>>; 1], $pointer, $cell, [$($derive)?], [$($field)?]);
        $crate::pointers::objects!(@ Two, [Option<$pointer<Two>>; 2], $pointer, $cell, [$($derive)?], [$($field)?]);
        $crate::pointers::objects!(@ Three, [Option<$pointer<Three>>; 3], $pointer, $cell, [$($derive)?], [$($field)?]);
    };
    (@ $name:ident, $edges:ty, $pointer:ident, $cell:ident, [$($derive:meta)?], [$($field:meta)?]) => {
        $(#[$derive])?
        pub(crate) struct $name {
            $(#[$field])?
            payload: $crate::payload::Marked,
            edges: $cell<$edges>,
        }

        $crate::pointers::uses!($name, $edges, $pointer, $cell);
    };
}

/// How a library's pointers to a type of objects are used.
macro_rules! uses {
    ($name:ident, $edges:ty, $pointer:ident, $cell:ident) => {
        impl $crate::pointers::Pointer for $pointer<$name> {
            type Edges = $edges;

            fn new(payload: $crate::payload::Marked, edges: $edges) -> Self {
                $pointer::new($name {
                    payload,
                    edges: $cell::new(edges),
                })
            }

            fn payload(&self) -> &$crate::payload::Marked {
                &self.payload
            }

            fn read<R>(&self, look: impl FnOnce(&$edges) -> R) -> R {
                look(&self.edges.borrow())
            }

            fn write<R>(&self, change: impl FnOnce(&mut $edges) -> R) -> R {
                change(&mut self.edges.borrow_mut())
            }
        }
    };
}

/// A peer whose objects have room for as many edges, by the pointer that is used.
macro_rules! world {
    ($pointer:ident, $collector:ty, $slots:expr) => {{
        use $crate::{pointers::Pointers, world::World};
        match $slots {
            $crate::peers::Slots::Any => {
                World::<Pointers<$pointer<Many>, $collector>>::boxed(Pointers::default())
            }
            $crate::peers::Slots::One => {
                World::<Pointers<$pointer<One>, $collector>>::boxed(Pointers::default())
            }
            $crate::peers::Slots::Two => {
                World::<Pointers<$pointer<Two>, $collector>>::boxed(Pointers::default())
            }
            $crate::peers::Slots::Three => {
                World::<Pointers<$pointer<Three>, $collector>>::boxed(Pointers::default())
            }
        }
    }};
}

pub(crate) use {objects, uses, world};
