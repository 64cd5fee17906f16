//! `slotmap`, with a mark and sweep over it.

use slotmap::{DefaultKey, Key, SlotMap};

use crate::edges::Edges;
use crate::graph::Graph;
use crate::handles::{Growth, Handles, Seen, mark, walk};
use crate::payload::Payload;
use crate::peers::{Kind, Slots, Variant, no_components};
use crate::workloads::{Touch, Walked};
use crate::world::World;

struct Object<E> {
    payload: Payload,
    edges: E,
}

type Map<E> = SlotMap<DefaultKey, Object<E>>;

struct Slotmap<E> {
    map: Map<E>,
    seen: Seen,
    growth: Growth,
}

impl<E: Edges<DefaultKey>> Handles for Map<E> {
    type Key = DefaultKey;

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the lower 32 bits are the index"
    )]
    fn index(key: DefaultKey) -> usize {
        key.data().as_ffi() as u32 as usize
    }

    fn each_target(&self, key: DefaultKey, each: impl FnMut(DefaultKey)) {
        self[key].edges.iter().copied().for_each(each);
    }

    fn number(&self, key: DefaultKey) -> u64 {
        self[key].payload.0[0]
    }
}

impl<E: Edges<DefaultKey>> Slotmap<E> {
    fn insert(&mut self, number: u64, edges: E) -> DefaultKey {
        let payload = Payload::new(number);
        self.map.insert(Object { payload, edges })
    }
}

impl<E: Edges<DefaultKey>> Graph for Slotmap<E> {
    type Node = DefaultKey;

    const PLAIN_NODES: bool = true;

    fn make(&mut self, number: u64) -> DefaultKey {
        self.insert(number, E::none())
    }

    fn make_parent(&mut self, number: u64, children: [DefaultKey; 2]) -> DefaultKey {
        self.insert(number, E::two(children))
    }

    fn link(&mut self, &from: &DefaultKey, &to: &DefaultKey) {
        self.map[from].edges.push(to);
    }

    fn cut(&mut self, &from: &DefaultKey, place: usize) {
        self.map[from].edges.swap_remove(place);
    }

    fn degree(&self, &node: &DefaultKey) -> usize {
        self.map[node].edges.len()
    }

    fn target(&self, &node: &DefaultKey, place: usize) -> DefaultKey {
        *self.map[node].edges.get(place)
    }

    fn number(&self, &node: &DefaultKey) -> u64 {
        self.map.get(node).map_or(0, |object| object.payload.0[0])
    }

    fn walk(&mut self, &root: &DefaultKey) -> Walked {
        walk(&self.map, root, &mut self.seen)
    }

    fn reclaim(&mut self, roots: &[DefaultKey]) {
        mark(&self.map, roots, &mut self.seen);
        let is_live = |key, _: &mut Object<E>| self.seen.contains(Map::<E>::index(key));
        self.map.retain(is_live);
        self.growth.collected(self.map.len());
    }

    fn tick(&mut self, roots: &[DefaultKey]) {
        if self.growth.is_due(self.map.len()) {
            self.reclaim(roots);
        }
    }

    fn touch(&mut self, nodes: &[DefaultKey], touch: Touch) {
        let [source, old, new] =
            [touch.source, touch.old, touch.new].map(|node| nodes[node as usize]);
        let edges = &mut self.map[source].edges;
        let place = edges.iter().position(|&target| target == old);
        edges.swap_remove(place.expect("the edge is there"));
        edges.push(new);
    }
}

fn make<E: Edges<DefaultKey> + 'static>() -> Box<dyn crate::peers::Peer> {
    World::boxed(Slotmap::<E> {
        map: SlotMap::new(),
        seen: Seen::default(),
        growth: Growth::default(),
    })
}

pub(crate) const VARIANTS: &[Variant] = &Variant::both(
    "slotmap",
    Kind::Tracing,
    no_components,
    |slots| match slots {
        Slots::Any => make::<Vec<DefaultKey>>(),
        Slots::One => make::<[Option<DefaultKey>; 1]>(),
        Slots::Two => make::<[Option<DefaultKey>; 2]>(),
        Slots::Three => make::<[Option<DefaultKey>; 3]>(),
    },
);
