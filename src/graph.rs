//! The graph: who is there, who holds whom, and what a collection and a search have to know of each change.
//!
//! It is the only writer of edges, roots and rows. So no change can forget the barrier, the estimate of how far an
//! object is from a root, or the suspect that it makes: whoever changes the graph calls a function of [`Graph`],
//! and all others only read it. What is to become of an object whose count has fallen is not decided here: a
//! function that lets go of one says so, and [`Release`](crate::objects::release::Release) queues it.

mod birth;
pub(crate) mod colours;
mod death;
pub(crate) mod edges;
#[cfg(feature = "rollback")]
mod journal;
mod leave;
mod link;
mod order;
pub(crate) mod plan;
pub(crate) mod pool;
mod root;
pub(crate) mod roots;
pub(crate) mod rows;
#[cfg(feature = "serde")]
mod saved;
#[cfg(feature = "serde")]
pub(crate) mod seats;
mod suspects;
mod view;
pub(crate) mod weak;

use alloc::vec::Vec;

use crate::graph::colours::Palette;
use crate::graph::edges::Edges;
use crate::graph::roots::Roots;
use crate::graph::rows::Headers;
use crate::graph::suspects::Suspects;
use crate::graph::weak::Weak;

pub(crate) use death::Falling;
#[cfg(feature = "rollback")]
pub(crate) use journal::{GraphChanges, Outline};
#[cfg(feature = "std")]
pub use roots::Root;
#[cfg(feature = "serde")]
pub(crate) use saved::Rest;
pub(crate) use view::Marking;

/// Which edges are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Those that own their targets.
    Strong,
    Weak,
}

/// The rows, edges and roots of all objects. Each function keeps these in step:
///
/// - `headers`: which objects are there, rooted, and queued for reclaim; an object's version is odd.
/// - `colours`: what the collections that run have reached; nothing is white between them.
/// - `suspects`: whose count fell, but not to zero.
/// - `labels`: those of edges that are gone, which are still to be dropped.
pub(crate) struct Graph<E> {
    headers: Headers,
    edges: Edges<E>,
    weak: Weak<E>,
    roots: Roots,
    colours: Palette,
    suspects: Suspects,
    labels: Vec<E>,
}

impl<E: Clone> Clone for Graph<E> {
    fn clone(&self) -> Self {
        Self {
            headers: self.headers.clone(),
            edges: self.edges.clone(),
            weak: self.weak.clone(),
            roots: self.roots.clone(),
            colours: self.colours.clone(),
            suspects: self.suspects.clone(),
            labels: self.labels.clone(),
        }
    }

    /// Keeps the memory that there is for rows and edges, which is most of it.
    fn clone_from(&mut self, source: &Self) {
        self.headers.clone_from(&source.headers);
        self.edges.clone_from(&source.edges);
        self.weak = source.weak.clone();
        self.roots = source.roots.clone();
        self.colours = source.colours.clone();
        self.suspects = source.suspects.clone();
        self.labels.clone_from(&source.labels);
    }
}

impl<E> Default for Graph<E> {
    fn default() -> Self {
        Self {
            headers: Headers::default(),
            edges: Edges::default(),
            weak: Weak::default(),
            roots: Roots::default(),
            colours: Palette::default(),
            suspects: Suspects::default(),
            labels: Vec::new(),
        }
    }
}
