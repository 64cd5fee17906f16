//! The shapes and sizes that every peer is measured on.

use std::fmt;

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::components::Moving;

/// Edges of an object in the random graph.
pub(crate) const DEGREE: usize = 3;
/// Objects of a ring.
pub(crate) const RING: u32 = 8;
/// Rings that a frame makes and cuts off.
pub(crate) const RINGS: u32 = 100;
/// Live objects that are touched in a frame.
pub(crate) const TOUCHES: usize = 100;
/// Objects that touches choose from: what owns its target keeps one pointer to each of them.
pub(crate) const SAMPLE: u32 = 1_000;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Workload {
    Tree,
    TreeWithParents,
    Rings,
    List,
    Frame,
    FrameToRoot,
    FrameTouched,
    Collect,
    Walk,
    Memory,
    Get,
    GcBench,
    Stress,
    QueryAll,
    QueryThird,
    QueryTenth,
    QueryRandom,
    QueryHundredth,
    QueryGroup,
    Load,
    LoadSingly,
}

impl Workload {
    pub(crate) const ALL: [Self; 21] = [
        Self::Tree,
        Self::TreeWithParents,
        Self::Rings,
        Self::List,
        Self::Frame,
        Self::FrameToRoot,
        Self::FrameTouched,
        Self::Collect,
        Self::Walk,
        Self::Memory,
        Self::Get,
        Self::GcBench,
        Self::Stress,
        Self::QueryAll,
        Self::QueryThird,
        Self::QueryTenth,
        Self::QueryRandom,
        Self::QueryHundredth,
        Self::QueryGroup,
        Self::Load,
        Self::LoadSingly,
    ];

    /// How it is called on the command line and in the tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tree => "W1",
            Self::TreeWithParents => "W1p",
            Self::Rings => "W2",
            Self::List => "W3",
            Self::Frame => "W4",
            Self::FrameToRoot => "W4b",
            Self::FrameTouched => "W4t",
            Self::Collect => "W5",
            Self::Walk => "W6",
            Self::Memory => "W7",
            Self::Get => "W8",
            Self::GcBench => "W9",
            Self::Stress => "W10",
            Self::QueryAll => "W11",
            Self::QueryThird => "W11t",
            Self::QueryTenth => "W11s",
            Self::QueryRandom => "W11r",
            Self::QueryHundredth => "W11h",
            Self::QueryGroup => "W11g",
            Self::Load => "W12",
            Self::LoadSingly => "W12s",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Tree => "binary tree, built and dropped",
            Self::TreeWithParents => "binary tree with parent edges, built and dropped",
            Self::Rings => "rings of 8, dropped at once",
            Self::List => "doubly linked list, built and dropped",
            Self::Frame => "frame of 100 rings, cut off and reclaimed",
            Self::FrameToRoot => "the same, each ring pointing at the live root",
            Self::FrameTouched => "the same, while 100 live objects are touched",
            Self::Collect => "full collection, all live, one object touched",
            Self::Walk => "breadth-first walk",
            Self::Memory => "memory, 3 edges, payload and all",
            Self::Get => "random get",
            Self::GcBench => "GCBench",
            Self::Stress => "create, link, drop root, drop edge",
            Self::QueryAll => "query over two components, all have both",
            Self::QueryThird => "query over two components, one in three has both",
            Self::QueryTenth => "query over two components, one in ten has both",
            Self::QueryRandom => "the same, one in ten at random",
            Self::QueryHundredth => "the same, one in a hundred at random",
            Self::QueryGroup => "the same, one in ten at random, declared to be a group",
            Self::Load => "a world loaded from arrays, one root, until no suspect is left",
            Self::LoadSingly => "the same, object by object and edge by edge",
        }
    }

    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Tree
            | Self::TreeWithParents
            | Self::Rings
            | Self::List
            | Self::Collect
            | Self::Load
            | Self::LoadSingly => "ns/object",
            Self::Frame | Self::FrameToRoot | Self::FrameTouched => "µs/frame",
            Self::Walk => "ns/edge",
            Self::Memory => "bytes/object",
            Self::Get => "ns/get",
            Self::GcBench => "ms",
            Self::Stress => "ns/operation",
            Self::QueryAll
            | Self::QueryThird
            | Self::QueryTenth
            | Self::QueryRandom
            | Self::QueryHundredth
            | Self::QueryGroup => "ns/item",
        }
    }

    /// Objects (or operations) in the full runs.
    fn sizes(self) -> &'static [u32] {
        match self {
            Self::Tree | Self::TreeWithParents => &[(1 << 19) - 1],
            Self::Rings => &[65_536 * RING],
            Self::List
            | Self::QueryAll
            | Self::QueryThird
            | Self::QueryTenth
            | Self::QueryRandom
            | Self::QueryHundredth
            | Self::QueryGroup => &[100_000],
            Self::Frame | Self::FrameToRoot | Self::FrameTouched => &[10_000, 100_000, 1_000_000],
            Self::Collect
            | Self::Walk
            | Self::Memory
            | Self::Get
            | Self::Stress
            | Self::Load
            | Self::LoadSingly => &[1_000_000],
            Self::GcBench => &[(1 << 17) - 1],
        }
    }

    /// A size for runs that only see whether everything works.
    fn small(self) -> u32 {
        match self {
            Self::Tree | Self::TreeWithParents | Self::GcBench => (1 << 9) - 1,
            Self::Rings => 64 * RING,
            _ => 1_000,
        }
    }

    /// The edges that an object has room for, where they are in an array.
    pub(crate) fn slots(self) -> usize {
        match self {
            Self::Rings => 1,
            Self::Tree | Self::List | Self::GcBench => 2,
            _ => 3,
        }
    }

    /// Whether cycles must die in it.
    pub(crate) fn is_about_cycles(self) -> bool {
        let is_without = matches!(
            self,
            Self::Tree | Self::Walk | Self::Memory | Self::Get | Self::GcBench
        );
        !is_without && !self.is_query() && !self.is_load()
    }

    pub(crate) fn is_load(self) -> bool {
        matches!(self, Self::Load | Self::LoadSingly)
    }

    pub(crate) fn is_query(self) -> bool {
        self.moving().is_some()
    }

    /// Which objects a query walks over.
    pub(crate) fn moving(self) -> Option<Moving> {
        let (one_in, is_random, is_group) = match self {
            Self::QueryAll => (1, false, false),
            Self::QueryThird => (3, false, false),
            Self::QueryTenth => (10, false, false),
            Self::QueryRandom => (10, true, false),
            Self::QueryHundredth => (100, true, false),
            Self::QueryGroup => (10, true, true),
            _ => return None,
        };
        Some(Moving {
            one_in,
            is_random,
            is_group,
        })
    }
}

/// A workload of a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Case {
    pub(crate) workload: Workload,
    pub(crate) size: u32,
}

impl Case {
    pub(crate) fn all(quick: bool) -> Vec<Self> {
        let sizes = |workload: Workload| {
            let small = [workload.small()];
            let sizes = if quick { &small } else { workload.sizes() };
            let case = |&size| Self { workload, size };
            sizes.iter().map(case).collect::<Vec<_>>()
        };
        Workload::ALL.into_iter().flat_map(sizes).collect()
    }

    /// Under which the case is found in the results.
    pub(crate) fn key(self) -> String {
        format!("{}@{}", self.workload.name(), self.size)
    }

    pub(crate) fn parse(key: &str) -> Option<Self> {
        let (name, size) = key.split_once('@')?;
        let of_name = |workload: &Workload| workload.name() == name;
        let workload = Workload::ALL.into_iter().find(of_name)?;
        let size = size.parse().ok()?;
        Some(Self { workload, size })
    }

    /// The depth of a complete binary tree of this many objects.
    pub(crate) fn depth(self) -> u32 {
        (self.size + 1).ilog2() - 1
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workload, size } = self;
        write!(f, "{} {}, {size}", workload.name(), workload.title())
    }
}

/// What a walk has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Walked {
    pub(crate) objects: u32,
    pub(crate) edges: u32,
    /// Of the numbers of the objects, so that they are read.
    pub(crate) sum: u64,
}

/// An edge that is to lead from its source to another target, by the numbers of the nodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touch {
    /// Among the objects that were kept to be touched.
    pub(crate) at: usize,
    pub(crate) source: u32,
    pub(crate) old: u32,
    pub(crate) new: u32,
}

/// A graph in which every node has three edges: one is part of a ring through all nodes, two lead to
/// random ones.
///
/// The edge of the ring is at a random place of the three. Where it is always the first one,
/// depth-first collectors walk the memory in order and are several times as fast.
pub(crate) struct Digraph {
    pub(crate) targets: Vec<[u32; DEGREE]>,
    /// Of each object that touches choose from, the target of an edge that is not the ring's.
    spare: Vec<u32>,
    rng: Rng,
}

impl Digraph {
    pub(crate) fn new(nodes: u32) -> Self {
        let mut rng = Rng::with_seed(1);
        let mut ring: Vec<u32> = (0..nodes).collect();
        rng.shuffle(&mut ring);
        let mut next = vec![0; nodes as usize];
        for (at, &node) in ring.iter().enumerate() {
            next[node as usize] = ring[(at + 1) % ring.len()];
        }
        let mut ring_places = Vec::with_capacity(next.len());
        let row = |&next: &u32| {
            let mut row = [(); DEGREE].map(|()| rng.u32(0..nodes));
            let place = rng.usize(..DEGREE);
            row[place] = next;
            ring_places.push(place);
            row
        };
        let targets: Vec<_> = next.iter().map(row).collect();
        let mut graph = Self {
            targets,
            spare: Vec::new(),
            rng,
        };
        let spare = |at| {
            let node = graph.sampled(at) as usize;
            graph.targets[node][(ring_places[node] + 1) % DEGREE]
        };
        graph.spare = (0..SAMPLE.min(nodes)).map(spare).collect();
        graph
    }

    pub(crate) fn nodes(&self) -> u32 {
        u32::try_from(self.targets.len()).expect("nodes are counted in 32 bits")
    }

    /// The node that is kept to be touched at a place; they are spread over all nodes.
    pub(crate) fn sampled(&self, at: u32) -> u32 {
        at * (self.nodes() / SAMPLE.min(self.nodes()))
    }

    /// The touches of a frame. Every object can still be reached after them.
    pub(crate) fn touches(&mut self, count: usize) -> Vec<Touch> {
        let touch = |_| {
            let at = self.rng.usize(..self.spare.len());
            let new = self.rng.u32(..self.nodes());
            let old = std::mem::replace(&mut self.spare[at], new);
            let sampled = u32::try_from(at).expect("a sample is small");
            Touch {
                at,
                source: self.sampled(sampled),
                old,
                new,
            }
        };
        (0..count).map(touch).collect()
    }
}
