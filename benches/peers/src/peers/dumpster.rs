//! `dumpster`: counts, and looks for cycles from what was dropped.

use std::cell::RefCell;

use dumpster::Trace;
use dumpster::unsync::{Gc, collect, set_collect_condition};

use crate::payload::Marked;
use crate::peers::{Kind, Variant, no_components};
use crate::pointers::{Collector, uses, world};

// Written out: the derive macro does not go with types that are made by a macro.
#[derive(Trace)]
struct Many {
    payload: Marked,
    edges: RefCell<Vec<Gc<Many>>>,
}

#[derive(Trace)]
struct One {
    payload: Marked,
    edges: RefCell<[Option<Gc<One>>; 1]>,
}

#[derive(Trace)]
struct Two {
    payload: Marked,
    edges: RefCell<[Option<Gc<Two>>; 2]>,
}

#[derive(Trace)]
struct Three {
    payload: Marked,
    edges: RefCell<[Option<Gc<Three>>; 3]>,
}

uses!(Many, Vec<Gc<Many>>, Gc, RefCell);
uses!(One, [Option<Gc<One>>; 1], Gc, RefCell);
uses!(Two, [Option<Gc<Two>>; 2], Gc, RefCell);
uses!(Three, [Option<Gc<Three>>; 3], Gc, RefCell);

struct Thread;

impl Collector for Thread {
    fn reclaim() {
        collect();
    }

    fn manual() {
        set_collect_condition(|_| false);
    }
}

pub(crate) const VARIANTS: &[Variant] =
    &Variant::both("dumpster", Kind::CycleCollector, no_components, |slots| {
        world!(Gc, Thread, slots)
    });
