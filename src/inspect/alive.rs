//! Why an object of a store is alive, without a copy: a search against the edges, in the store itself.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use bumpalo::Bump;
use slotmap::Key;

use crate::bits::Bits;
use crate::config::Generation;
use crate::graph::rows::Heads;
use crate::index::narrow;
use crate::inspect::named::NamedRoots;
use crate::inspect::path::{edge_text, write_lines};
use crate::inspect::why::Holder;
use crate::objects::Objects;

/// Why an object is alive: what [`Store::why_alive`](crate::Store::why_alive) answers.
///
/// If values and labels are `Debug` it can be written out, a line for each object on the way.
///
/// # Examples
/// ```
/// let mut store: understory::Store<&str, &str> = understory::Store::new();
/// let screen = store.insert("screen");
/// let menu = store.insert_linked(screen, "shows", "menu")?;
/// assert_eq!(store.why_alive(menu).unwrap().to_string(), "\
/// \"menu\" 2v1 is alive: a root leads to it
///     root       \"screen\" 1v1
///     → \"shows\"  \"menu\" 2v1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub struct WhyAlive<'s, T, E, K> {
    /// What holds it in the end.
    pub holder: Holder,
    /// The names of the roots that the first object on the way has, as [`Store::root_names`](crate::Store::root_names)
    /// gives them.
    pub root_names: Vec<String>,
    /// A shortest way from there to the object, which comes last. Of a cycle it first goes round.
    pub steps: Vec<WhyStep<'s, T, E, K>>,
}

/// An object on the way that a [`WhyAlive`] tells.
#[derive(Debug)]
#[non_exhaustive]
pub struct WhyStep<'s, T, E, K> {
    /// The object.
    pub object: K,
    /// Its value.
    pub value: &'s T,
    /// The label of the edge to it from the object before; `None` for the first.
    pub label: Option<&'s E>,
}

impl<T, E, K: Copy> Clone for WhyStep<'_, T, E, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, E, K: Copy> Copy for WhyStep<'_, T, E, K> {}

/// How the search came to an object, against an edge from it.
#[derive(Clone, Copy)]
struct Visit {
    index: u32,
    /// The visit that the edge leads to, and its position in that object's in-list.
    from: u32,
    at: u32,
}

/// What a search has found: from the holder to the object, each with the position in its in-list of the edge from the
/// one before.
struct Found {
    holder: Holder,
    way: Vec<(u32, u32)>,
}

/// Why an object is alive, which is in its slot and not dead.
pub(crate) fn why<'s, T, E, K: Key>(
    objects: &'s Objects<T, E>,
    named: &NamedRoots,
    index: u32,
) -> WhyAlive<'s, T, E, K> {
    let Found { holder, way } = search(objects, index);
    let (headers, edges) = (objects.graph.headers(), objects.graph.edges());
    let start = way.first().map_or(index, |&(index, _)| index);
    let roots = headers.node(start).roots();
    let root_names = named.of(headers.key(start), roots).collect();
    let mut before = None;
    let steps = way.into_iter().filter_map(|(index, at)| {
        let key = headers.key(index);
        let label = before.replace(index).map(|source| {
            let (outgoing, incoming) = (*headers.outgoing(source), *headers.incoming(index));
            let place = edges.place_of(outgoing, incoming, index, at as usize);
            edges.label(outgoing, place)
        });
        let value = objects.heap.get(key)?;
        let object = key.into();
        Some(WhyStep {
            object,
            value,
            label,
        })
    });
    WhyAlive {
        holder,
        root_names,
        steps: steps.collect(),
    }
}

/// Searches from an object against the edges, breadth first, up to the first root.
fn search<T, E>(objects: &Objects<T, E>, index: u32) -> Found {
    let (headers, edges) = (objects.graph.headers(), objects.graph.edges());
    let bump = Bump::new();
    let mut visits = bumpalo::collections::Vec::new_in(&bump);
    let mut seen = Bits::default();
    seen.grow(headers.words());
    seen.set(index);
    visits.push(Visit {
        index,
        from: 0,
        at: 0,
    });
    let is_held = |index: u32| {
        let word = headers.rooted_or_pending(index as usize / crate::bits::WORD);
        word >> (index % 64) & 1 == 1
    };
    let is_rooted = |index: u32| is_held(index) && headers.node(index).roots() > 0;
    if is_rooted(index) {
        return Found {
            holder: Holder::Root,
            way: way(&visits, 0),
        };
    }
    let has_permanent = objects.heap.has_permanent();
    let (mut pending, mut frozen) = (None, None);
    let mut read = 0;
    while let Some(&visit) = visits.get(read) {
        if is_held(visit.index) && headers.is_unheld(visit.index) {
            pending = pending.or(Some(read));
        }
        if has_permanent && objects.heap.generation(visit.index) == Generation::Permanent {
            frozen = frozen.or(Some(read));
        }
        let incoming = headers.incoming(visit.index);
        for (entry, at) in edges.incoming(incoming).iter().zip(0..) {
            let index = entry.node;
            if seen.get(index) || !objects.is_live(index) {
                continue;
            }
            seen.set(index);
            let from = narrow(read);
            visits.push(Visit { index, from, at });
            if is_rooted(index) {
                return Found {
                    holder: Holder::Root,
                    way: way(&visits, visits.len() - 1),
                };
            }
        }
        read += 1;
    }
    match (pending, frozen) {
        (Some(at), _) => Found {
            holder: Holder::Pending,
            way: way(&visits, at),
        },
        (_, Some(at)) => Found {
            holder: Holder::Frozen,
            way: way(&visits, at),
        },
        _ => round(objects, index),
    }
}

/// The way from a visit to the first one.
fn way(visits: &[Visit], last: usize) -> Vec<(u32, u32)> {
    let mut way = Vec::new();
    // The edge to an object is known to the visit before.
    let (mut at, mut edge) = (last, 0);
    loop {
        let visit = visits[at];
        way.push((visit.index, edge));
        if at == 0 {
            return way;
        }
        (at, edge) = (visit.from as usize, visit.at);
    }
}

/// Goes from garbage to an owner, from there to an owner, and so on, until one comes again.
fn round<T, E>(objects: &Objects<T, E>, index: u32) -> Found {
    let (headers, edges) = (objects.graph.headers(), objects.graph.edges());
    let mut seen = Bits::default();
    seen.grow(headers.words());
    let mut way = alloc::vec![(index, 0)];
    let mut last = index;
    while !seen.set(last) {
        let mut owners = edges.incoming(headers.incoming(last)).iter().zip(0..);
        let Some((owner, at)) = owners.find(|(owner, _)| objects.is_live(owner.node)) else {
            return Found {
                holder: Holder::Nothing,
                way: alloc::vec![(index, 0)],
            };
        };
        if let Some(entry) = way.last_mut() {
            entry.1 = at;
        }
        last = owner.node;
        way.push((last, 0));
    }
    way.reverse();
    Found {
        holder: Holder::Cycle,
        way,
    }
}

/// The most characters of a value or a label that are written out.
const MOST: usize = 60;

/// How a value or a label is called, if `Debug` says anything.
fn text(value: &impl fmt::Debug) -> String {
    let text = format!("{value:?}");
    if text == "()" {
        return String::new();
    }
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl<T: fmt::Debug, E: fmt::Debug, K: Key> WhyAlive<'_, T, E, K> {
    fn lines(&self) -> Vec<[String; 2]> {
        let steps = self.steps.iter().enumerate();
        let line = |(at, step): (usize, &WhyStep<'_, T, E, K>)| {
            let how = match step.label {
                Some(label) => edge_text(&text(label)),
                None if at > 0 => String::new(),
                None if self.root_names.is_empty() => self.holder.start().to_string(),
                None => format!("root {}", self.root_names.join(", ")),
            };
            [how, step.name()]
        };
        steps.map(line).collect()
    }
}

impl<T: fmt::Debug, E, K: Key> WhyStep<'_, T, E, K> {
    fn name(&self) -> String {
        format!("{} {:?}", text(self.value), self.object.data())
    }
}

impl<T: fmt::Debug, E: fmt::Debug, K: Key> fmt::Display for WhyAlive<'_, T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(object) = self.steps.last() else {
            return f.write_str(self.holder.meaning());
        };
        write!(f, "{} {}", object.name(), self.holder.meaning())?;
        match self.holder {
            Holder::Condemned | Holder::Nothing => Ok(()),
            _ => write_lines(f, &self.lines()),
        }
    }
}

impl<T: fmt::Debug, E: fmt::Debug, K: Key> fmt::Debug for WhyAlive<'_, T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
