//! What the store is measured beside: a file a library.

mod rc;
mod rc_weak;
mod cc;
mod gc;
mod dumpster;
mod rust_cc;
mod gc_arena;
mod safe_gc;
mod slotmap;
mod petgraph;
mod hecs;
mod bevy;
mod csr;
pub(crate) mod python;
mod understory;

use crate::workloads::{Case, Digraph, Touch, Walked, Workload};

/// How a library is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As its own users would.
    Usual,
    /// With the edges of an object in an array in it.
    Inline,
    /// With back edges that own nothing.
    Weak,
    /// With collections of what is young alone.
    Young,
    /// With the relationships of an ECS.
    Relationships,
}

impl Form {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Usual => "",
            Self::Inline => "inline",
            Self::Weak => "weak back edges",
            Self::Young => "young only",
            Self::Relationships => "relationships",
        }
    }
}

/// What finds the garbage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The store.
    Ours,
    /// Nothing: cycles leak.
    Counting,
    /// Trial deletion from the objects whose count fell.
    CycleCollector,
    /// A walk over all that lives.
    Tracing,
    /// A limit that is no peer.
    Limit,
}

/// The edges that an object has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slots {
    Any,
    One,
    Two,
    Three,
}

/// A library in one form.
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) kind: Kind,
    /// Why it cannot do a workload, or is left out of it.
    pub(crate) lacks: fn(Workload) -> Option<&'static str>,
    make: fn(Slots) -> Box<dyn Peer>,
}

impl Variant {
    pub(crate) const fn new(
        name: &'static str,
        form: Form,
        kind: Kind,
        lacks: fn(Workload) -> Option<&'static str>,
        make: fn(Slots) -> Box<dyn Peer>,
    ) -> Self {
        Self {
            name,
            form,
            kind,
            lacks,
            make,
        }
    }

    /// A library as it is usually used, and in its best form.
    pub(crate) const fn both(
        name: &'static str,
        kind: Kind,
        lacks: fn(Workload) -> Option<&'static str>,
        make: fn(Slots) -> Box<dyn Peer>,
    ) -> [Self; 2] {
        [
            Self::new(name, Form::Usual, kind, lacks, make),
            Self::new(name, Form::Inline, kind, lacks, make),
        ]
    }

    /// Name and form.
    pub(crate) fn title(&self) -> String {
        match self.form {
            Form::Usual => self.name.into(),
            form => format!("{}, {}", self.name, form.name()),
        }
    }

    pub(crate) fn start(&self, case: Case) -> Box<dyn Peer> {
        let slots = match (self.form, case.workload.slots()) {
            (Form::Inline, 1) => Slots::One,
            (Form::Inline, 2) => Slots::Two,
            (Form::Inline, _) => Slots::Three,
            _ => Slots::Any,
        };
        (self.make)(slots)
    }

    /// With the edges of a random graph.
    pub(crate) fn start_with_any_edges(&self) -> Box<dyn Peer> {
        (self.make)(match self.form {
            Form::Inline => Slots::Three,
            _ => Slots::Any,
        })
    }

    /// Whether a frame can do a part of a collection.
    pub(crate) fn is_incremental(&self) -> bool {
        self.kind == Kind::Ours || self.name == "gc-arena"
    }

    /// Whether the program gets back what it let go of, cycles and all.
    pub(crate) fn reclaims_cycles(&self) -> bool {
        matches!(self.kind, Kind::CycleCollector | Kind::Tracing) && self.form != Form::Young
    }
}

/// The title of the store.
pub(crate) const OURS: &str = "understory";

/// Every variant, the store first.
pub(crate) fn all() -> impl Iterator<Item = &'static Variant> {
    let lists: [&[Variant]; 15] = [
        understory::VARIANTS,
        rc::VARIANTS,
        rc_weak::VARIANTS,
        gc::VARIANTS,
        dumpster::VARIANTS,
        rust_cc::VARIANTS,
        cc::VARIANTS,
        gc_arena::VARIANTS,
        safe_gc::VARIANTS,
        slotmap::VARIANTS,
        petgraph::VARIANTS,
        hecs::VARIANTS,
        bevy::VARIANTS,
        python::VARIANTS,
        csr::VARIANTS,
    ];
    lists.into_iter().flatten()
}

pub(crate) fn no_components(workload: Workload) -> Option<&'static str> {
    workload.is_query().then_some("no components")
}

/// A library with what the program holds in it. What a variant lacks is never called.
pub(crate) trait Peer {
    fn tree(&mut self, _depth: u32) {
        lacking()
    }

    fn tree_with_parents(&mut self, _depth: u32) {
        lacking()
    }

    fn rings(&mut self, _count: u32) {
        lacking()
    }

    fn list(&mut self, _len: u32) {
        lacking()
    }

    /// Builds a graph that is held by its first node alone.
    fn digraph(&mut self, _shape: &Digraph) {
        lacking()
    }

    /// The same, and leaves nothing to do after it; in one call, if the library has one.
    fn load(&mut self, shape: &Digraph, _is_whole: bool) {
        self.digraph(shape);
    }

    /// Gives back what the peer keeps beside the library, so that memory is the library's alone.
    fn forget(&mut self) {}

    /// The program holds nothing any more.
    fn let_go(&mut self) {
        lacking()
    }

    /// What the end of a frame does: after it nothing is left that is out of reach.
    fn reclaim(&mut self) {
        lacking()
    }

    /// A collection that looks at everything.
    fn collect(&mut self) {
        self.reclaim();
    }

    /// From here on the library collects when it is told to.
    fn manual(&mut self) {}

    /// The part of a collection that a frame has time for; whether there was anything to do.
    fn slice(&mut self) -> bool {
        self.reclaim();
        true
    }

    /// Makes rings that nothing holds.
    fn churn(&mut self, _to_root: bool) {
        lacking()
    }

    fn touch(&mut self, _touches: &[Touch]) {
        lacking()
    }

    fn walk(&mut self) -> Walked {
        lacking()
    }

    /// Makes objects, and shuffles what the program holds of them.
    fn fill(&mut self, _objects: u32) {
        lacking()
    }

    /// Reads all that the program holds.
    fn read(&mut self) -> u64 {
        lacking()
    }

    /// Builds a tree, lets go of it, and does what must be done now and then.
    fn temporary_tree(&mut self, _depth: u32, _top_down: bool) {
        lacking()
    }

    fn stress(&mut self, _operations: u32) {
        lacking()
    }

    /// Makes objects, each of which says whether it has the second component.
    fn components(&mut self, _objects: &[bool], _is_group: bool) {
        lacking()
    }

    /// Changes the first component by the second one.
    fn query(&mut self) {
        lacking()
    }
}

fn lacking() -> ! {
    unreachable!("variants are asked for what they have alone")
}
