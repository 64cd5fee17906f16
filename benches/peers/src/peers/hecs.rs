//! `hecs`: entities whose edges are a component, with a mark and sweep over them.

use std::hint::black_box;

use hecs::{Entity, View, World as Entities};

use crate::components::{Position, Velocity};
use crate::edges::Edges;
use crate::graph::Graph;
use crate::handles::{Growth, Handles, Seen, mark, walk};
use crate::payload::Payload;
use crate::peers::{Kind, Peer, Slots, Variant};
use crate::workloads::{Touch, Walked};
use crate::world::World;

/// The component of the edges.
struct Targets<E>(E);

trait List: Edges<Entity> + Send + Sync + 'static {}

impl<E: Edges<Entity> + Send + Sync + 'static> List for E {}

struct Hecs<E> {
    entities: Entities,
    seen: Seen,
    growth: Growth,
    edges: std::marker::PhantomData<E>,
}

impl<E: List> Handles for View<'_, (&Payload, &Targets<E>)> {
    type Key = Entity;

    fn index(key: Entity) -> usize {
        key.id() as usize
    }

    fn each_target(&self, key: Entity, each: impl FnMut(Entity)) {
        if let Some((_, targets)) = self.get(key) {
            targets.0.iter().copied().for_each(each);
        }
    }

    fn number(&self, key: Entity) -> u64 {
        self.get(key).map_or(0, |(payload, _)| payload.0[0])
    }
}

impl<E: List> Hecs<E> {
    fn edges_mut(&mut self, node: Entity) -> &mut E {
        let targets = self.entities.query_one_mut::<&mut Targets<E>>(node);
        &mut targets.expect("the entity is alive").0
    }

    fn read<R>(&self, node: Entity, look: impl FnOnce(&E) -> R) -> R {
        let targets = self.entities.get::<&Targets<E>>(node);
        look(&targets.expect("the entity is alive").0)
    }
}

impl<E: List> Graph for Hecs<E> {
    type Node = Entity;

    const PLAIN_NODES: bool = true;

    fn make(&mut self, number: u64) -> Entity {
        self.entities
            .spawn((Payload::new(number), Targets(E::none())))
    }

    fn make_parent(&mut self, number: u64, children: [Entity; 2]) -> Entity {
        self.entities
            .spawn((Payload::new(number), Targets(E::two(children))))
    }

    fn link(&mut self, &from: &Entity, &to: &Entity) {
        self.edges_mut(from).push(to);
    }

    fn cut(&mut self, &from: &Entity, place: usize) {
        self.edges_mut(from).swap_remove(place);
    }

    fn degree(&self, &node: &Entity) -> usize {
        self.read(node, Edges::len)
    }

    fn target(&self, &node: &Entity, place: usize) -> Entity {
        self.read(node, |edges| *edges.get(place))
    }

    fn number(&self, &node: &Entity) -> u64 {
        let payload = self.entities.get::<&Payload>(node);
        payload.map_or(0, |payload| payload.0[0])
    }

    fn walk(&mut self, &root: &Entity) -> Walked {
        let view = self.entities.view_mut::<(&Payload, &Targets<E>)>();
        walk(&view, root, &mut self.seen)
    }

    fn reclaim(&mut self, roots: &[Entity]) {
        let view = self.entities.view_mut::<(&Payload, &Targets<E>)>();
        mark(&view, roots, &mut self.seen);
        let is_dead = |entity: &Entity| !self.seen.contains(entity.id() as usize);
        let all = self.entities.query_mut::<Entity>();
        let dead: Vec<Entity> = all.into_iter().filter(is_dead).collect();
        for entity in dead {
            self.entities.despawn(entity).expect("it was found alive");
        }
        self.growth.collected(self.entities.len() as usize);
    }

    fn tick(&mut self, roots: &[Entity]) {
        if self.growth.is_due(self.entities.len() as usize) {
            self.reclaim(roots);
        }
    }

    fn touch(&mut self, nodes: &[Entity], touch: Touch) {
        let [source, old, new] =
            [touch.source, touch.old, touch.new].map(|node| nodes[node as usize]);
        let edges = self.edges_mut(source);
        let place = edges.iter().position(|&target| target == old);
        edges.swap_remove(place.expect("the edge is there"));
        edges.push(new);
    }

    fn components(&mut self, objects: &[bool], _: bool) {
        for &moves in objects {
            if moves {
                self.entities.spawn((Position::START, Velocity::ANY));
            } else {
                self.entities.spawn((Position::START,));
            }
        }
    }

    fn query(&mut self) {
        for (position, velocity) in self.entities.query_mut::<(&mut Position, &Velocity)>() {
            position.advance(velocity);
        }
        black_box(&self.entities);
    }
}

fn make<E: List>() -> Box<dyn Peer> {
    World::boxed(Hecs::<E> {
        entities: Entities::new(),
        seen: Seen::default(),
        growth: Growth::default(),
        edges: std::marker::PhantomData,
    })
}

pub(crate) const VARIANTS: &[Variant] = &Variant::both(
    "hecs",
    Kind::Tracing,
    |_| None,
    |slots| match slots {
        Slots::Any => make::<Vec<Entity>>(),
        Slots::One => make::<[Option<Entity>; 1]>(),
        Slots::Two => make::<[Option<Entity>; 2]>(),
        Slots::Three => make::<[Option<Entity>; 3]>(),
    },
);
