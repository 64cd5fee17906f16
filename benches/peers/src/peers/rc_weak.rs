//! `Rc` with `Weak` back edges, for the shapes in which somebody knows which edges these are.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use crate::payload::Marked;
use crate::peers::{Form, Kind, Peer, Slots, Variant};
use crate::workloads::Workload;

/// A node of a tree, or of a list, where `forth` has one edge at most.
struct Node {
    _payload: Marked,
    back: RefCell<Weak<Node>>,
    forth: RefCell<[Option<Rc<Node>>; 2]>,
}

impl Node {
    fn new(number: u64, back: Weak<Self>) -> Rc<Self> {
        Rc::new(Self {
            _payload: Marked::new(number),
            back: RefCell::new(back),
            forth: RefCell::new([None, None]),
        })
    }

    fn grow(self: &Rc<Self>, depth: u32) {
        if depth == 0 {
            return;
        }
        for slot in self.forth.borrow_mut().iter_mut() {
            let child = Self::new(depth.into(), Rc::downgrade(self));
            child.grow(depth - 1);
            *slot = Some(child);
        }
    }
}

#[derive(Default)]
struct Held(Option<Rc<Node>>);

impl Peer for Held {
    fn tree_with_parents(&mut self, depth: u32) {
        let top = Node::new(0, Weak::new());
        top.grow(depth);
        self.0 = Some(top);
    }

    fn list(&mut self, len: u32) {
        let first = Node::new(0, Weak::new());
        let mut last = Rc::clone(&first);
        for number in 1..len {
            let next = Node::new(number.into(), Rc::downgrade(&last));
            last.forth.borrow_mut()[0] = Some(Rc::clone(&next));
            last = next;
        }
        self.0 = Some(first);
    }

    fn let_go(&mut self) {
        let first = self.0.take();
        if let Some(first) = &first {
            debug_assert!(first.back.borrow().upgrade().is_none());
        }
    }

    fn reclaim(&mut self) {}
}

fn lacks(workload: Workload) -> Option<&'static str> {
    match workload {
        Workload::TreeWithParents | Workload::List => None,
        _ => Some("no back edges, or nobody knows which they are"),
    }
}

fn make(_: Slots) -> Box<dyn Peer> {
    Box::new(Held::default())
}

pub(crate) const VARIANTS: &[Variant] =
    &[Variant::new("Rc", Form::Weak, Kind::Counting, lacks, make)];
