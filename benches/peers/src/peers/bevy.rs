//! `bevy_ecs`: entities whose edges are a component, with a mark and sweep over them; and trees of
//! its relationships, which it despawns whole.

use std::hint::black_box;

use bevy_ecs::component::Component;
use bevy_ecs::entity::Entity;
use bevy_ecs::hierarchy::ChildOf;
use bevy_ecs::query::{QueryState, With};
use bevy_ecs::system::Query;
use bevy_ecs::world::World as Entities;

use crate::components::{Position, Velocity};
use crate::edges::Edges;
use crate::graph::Graph;
use crate::handles::{Growth, Handles, Seen, mark, walk};
use crate::payload::Payload;
use crate::peers::{Form, Kind, Peer, Slots, Variant};
use crate::workloads::{Touch, Walked, Workload};
use crate::world::World;

#[derive(Component)]
struct Value(Payload);

/// The component of the edges.
#[derive(Component)]
struct Targets<E: List>(E);

#[derive(Component)]
struct At(Position);

#[derive(Component)]
struct Speed(Velocity);

trait List: Edges<Entity> + Send + Sync + 'static {}

impl<E: Edges<Entity> + Send + Sync + 'static> List for E {}

type Look<E> = (&'static Value, &'static Targets<E>);

struct Bevy<E: List> {
    entities: Entities,
    look: QueryState<Look<E>>,
    /// The library keeps entities of its own.
    ours: QueryState<Entity, With<Value>>,
    moved: QueryState<(&'static mut At, &'static Speed)>,
    seen: Seen,
    growth: Growth,
}

impl<E: List> Handles for Query<'_, '_, Look<E>> {
    type Key = Entity;

    fn index(key: Entity) -> usize {
        key.index_u32() as usize
    }

    fn each_target(&self, key: Entity, each: impl FnMut(Entity)) {
        if let Ok((_, targets)) = self.get(key) {
            targets.0.iter().copied().for_each(each);
        }
    }

    fn number(&self, key: Entity) -> u64 {
        self.get(key).map_or(0, |(value, _)| value.0.0[0])
    }
}

impl<E: List> Bevy<E> {
    fn new() -> Self {
        let mut entities = Entities::new();
        Self {
            look: entities.query(),
            ours: entities.query_filtered(),
            moved: entities.query(),
            entities,
            seen: Seen::default(),
            growth: Growth::default(),
        }
    }

    fn count(&self) -> usize {
        self.entities.entities().count_spawned() as usize
    }

    fn edges(&self, node: Entity) -> &E {
        let targets = self.entities.get::<Targets<E>>(node);
        &targets.expect("the entity is alive").0
    }

    fn change<R>(&mut self, node: Entity, change: impl FnOnce(&mut E) -> R) -> R {
        let targets = self.entities.get_mut::<Targets<E>>(node);
        change(&mut targets.expect("the entity is alive").0)
    }
}

impl<E: List> Graph for Bevy<E> {
    type Node = Entity;

    const PLAIN_NODES: bool = true;

    fn make(&mut self, number: u64) -> Entity {
        let value = Value(Payload::new(number));
        self.entities.spawn((value, Targets(E::none()))).id()
    }

    fn make_parent(&mut self, number: u64, children: [Entity; 2]) -> Entity {
        let value = Value(Payload::new(number));
        self.entities.spawn((value, Targets(E::two(children)))).id()
    }

    fn link(&mut self, &from: &Entity, &to: &Entity) {
        self.change(from, |edges| edges.push(to));
    }

    fn cut(&mut self, &from: &Entity, place: usize) {
        self.change(from, |edges| edges.swap_remove(place));
    }

    fn degree(&self, &node: &Entity) -> usize {
        self.edges(node).len()
    }

    fn target(&self, &node: &Entity, place: usize) -> Entity {
        *self.edges(node).get(place)
    }

    fn number(&self, &node: &Entity) -> u64 {
        let value = self.entities.get::<Value>(node);
        value.map_or(0, |value| value.0.0[0])
    }

    fn walk(&mut self, &root: &Entity) -> Walked {
        let view = self.look.query(&self.entities);
        walk(&view, root, &mut self.seen)
    }

    fn reclaim(&mut self, roots: &[Entity]) {
        mark(&self.look.query(&self.entities), roots, &mut self.seen);
        let is_dead = |entity: &Entity| !self.seen.contains(entity.index_u32() as usize);
        let dead: Vec<Entity> = self.ours.iter(&self.entities).filter(is_dead).collect();
        for entity in dead {
            self.entities.despawn(entity);
        }
        self.growth.collected(self.count());
    }

    fn tick(&mut self, roots: &[Entity]) {
        if self.growth.is_due(self.count()) {
            self.reclaim(roots);
        }
    }

    fn touch(&mut self, nodes: &[Entity], touch: Touch) {
        let [source, old, new] =
            [touch.source, touch.old, touch.new].map(|node| nodes[node as usize]);
        self.change(source, |edges| {
            let place = edges.iter().position(|&target| target == old);
            edges.swap_remove(place.expect("the edge is there"));
            edges.push(new);
        });
    }

    fn components(&mut self, objects: &[bool], _: bool) {
        for &moves in objects {
            let mut entity = self.entities.spawn(At(Position::START));
            if moves {
                entity.insert(Speed(Velocity::ANY));
            }
        }
    }

    fn query(&mut self) {
        for (mut at, speed) in self.moved.iter_mut(&mut self.entities) {
            at.0.advance(&speed.0);
        }
        black_box(&self.entities);
    }
}

/// A tree by `ChildOf`, in which parents know their children and children their parents.
#[derive(Default)]
struct Family {
    entities: Entities,
    top: Option<Entity>,
}

impl Family {
    fn grow(&mut self, parent: Entity, depth: u32) {
        if depth == 0 {
            return;
        }
        for _ in 0..2 {
            let value = Value(Payload::new(depth.into()));
            let child = self.entities.spawn((value, ChildOf(parent))).id();
            self.grow(child, depth - 1);
        }
    }
}

impl Peer for Family {
    fn tree(&mut self, depth: u32) {
        let top = self.entities.spawn(Value(Payload::new(0))).id();
        self.grow(top, depth);
        self.top = Some(top);
    }

    fn tree_with_parents(&mut self, depth: u32) {
        self.tree(depth);
    }

    fn let_go(&mut self) {
        if let Some(top) = self.top.take() {
            self.entities.despawn(top);
        }
    }

    fn reclaim(&mut self) {}
}

fn lacks_of_relationships(workload: Workload) -> Option<&'static str> {
    match workload {
        Workload::Tree | Workload::TreeWithParents => None,
        _ => Some("an entity has one target of a relationship, and despawning is by hand"),
    }
}

fn lacks_of_inline(workload: Workload) -> Option<&'static str> {
    workload.is_query().then_some("edges play no part")
}

fn make<E: List>() -> Box<dyn Peer> {
    World::boxed(Bevy::<E>::new())
}

fn make_for(slots: Slots) -> Box<dyn Peer> {
    match slots {
        Slots::Any => make::<Vec<Entity>>(),
        Slots::One => make::<[Option<Entity>; 1]>(),
        Slots::Two => make::<[Option<Entity>; 2]>(),
        Slots::Three => make::<[Option<Entity>; 3]>(),
    }
}

pub(crate) const VARIANTS: &[Variant] = &[
    Variant::new("bevy_ecs", Form::Usual, Kind::Tracing, |_| None, make_for),
    Variant::new(
        "bevy_ecs",
        Form::Inline,
        Kind::Tracing,
        lacks_of_inline,
        make_for,
    ),
    Variant::new(
        "bevy_ecs",
        Form::Relationships,
        Kind::Counting,
        lacks_of_relationships,
        |_| Box::new(Family::default()),
    ),
];
