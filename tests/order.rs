//! The order of death is one, whatever way things die in and however small the budgets are: a table of
//! shapes, of which each dies in every way, against a model that gives up one edge at a time.

use std::collections::{BTreeMap, BTreeSet};

use understory::{Auto, Budget, Config, Cycles, Generation, Handle, Reclaim, Store};

type World = Store<&'static str>;

/// What is there before anything dies. An object is named once, in the order of the indices.
///
/// Those in front of the bar have a root; those of `dying` lose it, or die by the caller's word.
#[derive(Clone, Copy, Debug)]
struct Shape {
    name: &'static str,
    objects: &'static str,
    edges: &'static str,
    weak: &'static str,
    /// Who loses its root.
    dying: &'static str,
    frozen: &'static str,
    finalized: &'static str,
    /// Whether the dying form cycles, so that counts alone don't tell.
    is_ring: bool,
}

const PLAIN: Shape = Shape {
    name: "",
    objects: "",
    edges: "",
    weak: "",
    dying: "p",
    frozen: "",
    finalized: "",
    is_ring: false,
};

const SHAPES: &[Shape] = &[
    Shape {
        name: "a ring of one with leaves",
        objects: "p a b c",
        edges: "p>p p>a p>b p>c",
        is_ring: true,
        ..PLAIN
    },
    Shape {
        name: "leaves on both sides of the edge to itself",
        objects: "c b p a",
        edges: "p>a p>c p>p p>b",
        is_ring: true,
        ..PLAIN
    },
    Shape {
        name: "a ring of two with leaves each, and one that they share",
        objects: "p d s q a b c",
        edges: "p>b p>s p>q p>a q>s q>c q>p q>d",
        dying: "p q",
        is_ring: true,
        ..PLAIN
    },
    Shape {
        name: "a ring whose leaf is shared in the other order",
        objects: "s q a p b",
        edges: "p>q p>s p>a q>b q>s q>p",
        dying: "q p",
        is_ring: true,
        ..PLAIN
    },
    Shape {
        name: "parallel edges to one leaf",
        objects: "p a b c",
        edges: "p>p p>a p>b p>a p>c p>b",
        is_ring: true,
        ..PLAIN
    },
    Shape {
        name: "leaves with children, one of them shared, and one that another leaf owns",
        objects: "p a b d e f g h",
        edges: "p>a p>p p>b a>d a>e b>f b>d f>g p>h b>h",
        is_ring: true,
        ..PLAIN
    },
    Shape {
        name: "a leaf that is owned by its sibling too",
        objects: "p a b c d",
        edges: "p>p p>a p>b a>b a>c b>d",
        is_ring: true,
        ..PLAIN
    },
    Shape {
        name: "a hub",
        objects: "p a b c d e f g h i j k l m n o",
        edges: "p>o p>p p>n p>m p>l p>p p>k p>j p>i p>h p>g p>f p>e p>d p>c p>b p>a p>o p>c",
        is_ring: true,
        ..PLAIN
    },
    Shape {
        name: "two hubs in a ring, and what lives",
        objects: "p a b c d e f g h q i j k l m live",
        edges: "p>h p>a p>live p>q p>b p>c p>d p>e p>f q>m q>l q>live q>p q>a q>k q>j q>i q>g q>h",
        dying: "p q",
        is_ring: true,
        ..PLAIN
    },
    Shape {
        name: "weak edges between the leaves and from and to the ring",
        objects: "p a b c live",
        edges: "p>p p>c p>b p>a",
        weak: "a>b b>c c>p p>a p>live live>b",
        is_ring: true,
        ..PLAIN
    },
    Shape {
        name: "finalizers of leaves and of what they own",
        objects: "p a b c d e",
        edges: "p>p p>b p>a p>c a>d b>e",
        finalized: "a c e",
        is_ring: true,
        ..PLAIN
    },
    Shape {
        name: "a finalizer in the ring",
        objects: "p q a b",
        edges: "p>q q>p p>b q>a",
        dying: "p q",
        finalized: "q b",
        is_ring: true,
        ..PLAIN
    },
    Shape {
        name: "leaves that are frozen",
        objects: "p a b c d",
        edges: "p>p p>c p>a p>b b>d",
        frozen: "a b c d",
        is_ring: true,
        ..PLAIN
    },
    Shape {
        name: "a tree",
        objects: "p a b c d e f g",
        edges: "p>c p>a p>b c>f c>d a>e b>g p>g",
        ..PLAIN
    },
    Shape {
        name: "a parent and a child that own the same, before the child's other children",
        objects: "p a b c",
        edges: "p>a p>b a>b a>c",
        ..PLAIN
    },
];

fn words(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split_whitespace()
}

fn pairs(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    words(text).map(|edge| edge.split_once('>').expect("an edge has two ends"))
}

/// What dies, the naive way.
struct Model {
    edges: BTreeMap<&'static str, Vec<&'static str>>,
    /// Objects that are there, and how often the program holds them.
    roots: BTreeMap<&'static str, usize>,
    deaths: Vec<&'static str>,
}

impl Model {
    fn new(shape: &Shape) -> Self {
        let mut edges: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (source, target) in pairs(shape.edges) {
            edges.entry(source).or_default().push(target);
        }
        let held = |name: &&str| *name == "live";
        Self {
            edges,
            roots: words(shape.objects)
                .map(|name| (name, usize::from(held(&name))))
                .collect(),
            deaths: Vec::new(),
        }
    }

    fn is_lost(&self, name: &'static str) -> bool {
        let owners = self.edges.values().flatten().filter(|&&to| to == name);
        self.roots.get(name) == Some(&0) && owners.count() == 0
    }

    /// It dies, and its edges go one at a time; what nobody has then dies before the next one goes.
    fn die(&mut self, name: &'static str) {
        self.roots.remove(name);
        self.deaths.push(name);
        self.give_up(name);
    }

    fn give_up(&mut self, name: &'static str) {
        while let Some(edges) = self.edges.get_mut(name).filter(|edges| !edges.is_empty()) {
            let target = edges.remove(0);
            if self.is_lost(target) {
                self.die(target);
            }
        }
    }

    /// They die together, and all of their edges go; then what nobody has any more dies, in the order in
    /// which it has lost the last of these edges.
    fn die_together(&mut self, names: &[&'static str]) {
        for name in names {
            self.roots.remove(name);
            self.deaths.push(name);
        }
        let mut lost = Vec::new();
        for name in names {
            while let Some(edges) = self.edges.get_mut(name).filter(|edges| !edges.is_empty()) {
                let target = edges.remove(0);
                if self.is_lost(target) {
                    lost.push(target);
                }
            }
        }
        for name in lost {
            self.die(name);
        }
    }

    /// What reaches `names` over edges, and so is garbage with them: what a search back finds.
    fn leading_to(&self, names: &[&'static str]) -> BTreeSet<&'static str> {
        let mut found: BTreeSet<_> = names.iter().copied().collect();
        loop {
            let leads = |to: &Vec<&str>| to.iter().any(|to| found.contains(to));
            let more: Vec<_> = self.edges.iter().filter(|(_, to)| leads(to)).collect();
            let before = found.len();
            found.extend(more.into_iter().map(|(&from, _)| from));
            if found.len() == before {
                return found;
            }
        }
    }

    /// What can be reached from `names`: what a collection finds.
    fn reached_from(&self, names: &[&'static str]) -> BTreeSet<&'static str> {
        let mut found: BTreeSet<_> = names.iter().copied().collect();
        let mut grey = names.to_vec();
        while let Some(name) = grey.pop() {
            for &target in self.edges.get(name).into_iter().flatten() {
                if self.roots[target] == 0 && found.insert(target) {
                    grey.push(target);
                }
            }
        }
        found
    }
}

/// A store of a shape.
struct Scene {
    world: World,
    handles: BTreeMap<&'static str, Handle>,
}

impl Scene {
    fn new(shape: &Shape, config: Config) -> Self {
        let mut world = World::with_config(config.auto(Auto::Off).record_deaths(true));
        let named = words(shape.objects).map(|name| (name, world.insert(name)));
        let handles: BTreeMap<_, _> = named.collect();
        for (source, target) in pairs(shape.edges) {
            world.link(handles[source], (), handles[target]).unwrap();
        }
        for (source, target) in pairs(shape.weak) {
            let [source, target] = [handles[source], handles[target]];
            world.link_weak(source, (), target).unwrap();
        }
        let mut scene = Self { world, handles };
        // Frozen are whole arenas: so the others are inserted anew in one that is not.
        if !shape.frozen.is_empty() {
            scene.freeze(shape);
        }
        for name in words(shape.finalized) {
            let handle = scene.handles[name];
            let touch = |store: &mut World, this| assert!(store.contains(this));
            scene.world.set_finalizer(handle, touch).unwrap();
        }
        // A watch takes an object off the quick ways.
        for name in words(shape.objects).step_by(3) {
            scene.world.watch(scene.handles[name]).unwrap();
        }
        for name in words(shape.objects) {
            let is_kept = name == "live" || words(shape.dying).any(|dying| dying == name);
            if !is_kept {
                scene.world.unroot(scene.handles[name]).unwrap();
            }
        }
        scene.world.step(Budget::unlimited());
        assert_eq!(scene.world.drain_deaths().len(), 0, "{}", shape.name);
        scene
    }

    fn freeze(&mut self, shape: &Shape) {
        let mut frozen = World::with_config(self.world.config().clone());
        let mut handles = BTreeMap::new();
        for name in words(shape.frozen) {
            handles.insert(name, frozen.insert(name));
        }
        frozen.freeze();
        for name in words(shape.objects) {
            handles.entry(name).or_insert_with(|| frozen.insert(name));
        }
        for (source, target) in pairs(shape.edges) {
            frozen.link(handles[source], (), handles[target]).unwrap();
        }
        (self.world, self.handles) = (frozen, handles);
    }

    fn dying(&self, shape: &Shape) -> Vec<Handle> {
        words(shape.dying).map(|name| self.handles[name]).collect()
    }

    fn unroot(&mut self, shape: &Shape) {
        for handle in self.dying(shape) {
            self.world.unroot(handle).unwrap();
        }
    }

    /// Steps until there is nothing left to do.
    fn step(&mut self, units: u64) {
        for steps in 0.. {
            let step = self.world.step(Budget::units(units));
            self.world.check_invariants().unwrap();
            if step.is_idle() {
                return;
            }
            assert!(steps < 10_000, "it comes to an end");
        }
    }

    #[track_caller]
    fn check(mut self, way: &str, shape: &Shape, expected: &[&str]) {
        self.world.check_invariants().unwrap();
        let dead: Vec<_> = self.world.drain_deaths().map(|death| death.value).collect();
        assert_eq!(dead, expected, "{}, by {way}", shape.name);
        self.world.check_emptied().unwrap();
    }
}

/// Budgets of a step: from the smallest to none.
const BUDGETS: [u64; 5] = [1, 2, 7, 60, u64::MAX];

fn config(reclaim: Reclaim, cycles: Cycles) -> Config {
    // Nothing but what is asked for: the thresholds are out of reach.
    let config = Config::new().thresholds([u32::MAX, 0, 0]);
    config.growth(u32::MAX).reclaim(reclaim).cycles(cycles)
}

/// The deaths of those that go by the caller's word one at a time, and of all that they owned.
fn one_by_one(shape: &Shape, dies: bool) -> Vec<&'static str> {
    let mut model = Model::new(shape);
    for name in words(shape.dying) {
        model.roots.insert(name, 1);
    }
    for name in words(shape.dying) {
        model.roots.insert(name, 0);
        if dies {
            for edges in model.edges.values_mut() {
                edges.retain(|&to| to != name);
            }
            model.die(name);
        } else if model.is_lost(name) {
            model.die(name);
        }
    }
    model.deaths
}

fn together(shape: &Shape, which: impl Fn(&Model) -> BTreeSet<&'static str>) -> Vec<&'static str> {
    let mut model = Model::new(shape);
    let which = which(&model);
    // In the order of the indices: those that are frozen were born first.
    let frozen = words(shape.frozen);
    let others = words(shape.objects).filter(|name| !words(shape.frozen).any(|its| its == *name));
    let born: Vec<_> = frozen.chain(others).collect();
    let names: Vec<_> = born
        .into_iter()
        .filter(|name| which.contains(name))
        .collect();
    model.die_together(&names);
    model.deaths
}

fn traced(shape: &Shape) -> Vec<&'static str> {
    let dying: Vec<_> = words(shape.dying).collect();
    together(shape, |model| model.leading_to(&dying))
}

fn collected(shape: &Shape) -> Vec<&'static str> {
    let dying: Vec<_> = words(shape.dying).collect();
    together(shape, |model| {
        let mut found = model.reached_from(&dying);
        found.retain(|name| !words(shape.frozen).any(|frozen| frozen == *name));
        found
    })
}

fn rings() -> impl Iterator<Item = &'static Shape> {
    SHAPES.iter().filter(|shape| shape.is_ring)
}

/// All shapes, and all rings without the edges that make them rings.
fn trees() -> impl Iterator<Item = Shape> {
    SHAPES.iter().map(|shape| {
        let edges = pairs(shape.edges)
            .filter(|(_, target)| !shape.is_ring || !words(shape.dying).any(|its| its == *target))
            .map(|(source, target)| format!("{source}>{target} "));
        Shape {
            edges: edges.collect::<String>().leak(),
            is_ring: false,
            ..*shape
        }
    })
}

#[test]
fn by_the_callers_word() {
    for shape in SHAPES.iter().copied().chain(trees()) {
        let expected = one_by_one(&shape, true);
        for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
            for units in BUDGETS {
                let mut scene = Scene::new(&shape, config(reclaim, Cycles::Manual));
                let mut dead = Vec::new();
                for handle in scene.dying(&shape) {
                    dead.extend(scene.world.destroy(handle).value());
                    // Now, and not with what the next one leaves.
                    scene.step(units);
                    dead.extend(scene.world.drain_deaths().map(|death| death.value));
                }
                assert_eq!(dead, expected, "{}, by destroy", shape.name);
                scene.check("destroy", &shape, &[]);
            }
        }
    }
}

#[test]
fn by_roots() {
    for shape in trees() {
        let expected = one_by_one(&shape, false);
        for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
            for units in BUDGETS {
                for scoped in [false, true] {
                    let mut scene = Scene::new(&shape, config(reclaim, Cycles::Manual));
                    if scoped {
                        let dying = scene.dying(&shape);
                        scene.world.scope(|world| {
                            for handle in dying {
                                world.unroot(handle).unwrap();
                            }
                        });
                    } else {
                        scene.unroot(&shape);
                    }
                    scene.step(units);
                    scene.check("unroot", &shape, &expected);
                }
            }
        }
    }
}

/// A holder owns the dying, and lets go of them: in every way, with every budget.
#[test]
fn by_edges() {
    for shape in trees() {
        let shape = &shape;
        let expected = one_by_one(shape, false);
        let held = |reclaim| {
            let mut scene = Scene::new(shape, config(reclaim, Cycles::Manual));
            let holder = scene.world.insert("live");
            for handle in scene.dying(shape) {
                scene.world.link(holder, (), handle).unwrap();
            }
            scene.unroot(shape);
            (scene, holder)
        };
        for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
            for units in BUDGETS {
                let (mut scene, holder) = held(reclaim);
                scene.world.unlink_targets(holder).unwrap();
                scene.step(units);
                scene.check("unlink_targets", shape, &expected);

                let (mut scene, _) = held(reclaim);
                for handle in scene.dying(shape) {
                    scene.world.unlink_sources(handle).unwrap();
                }
                scene.step(units);
                scene.check("unlink_sources", shape, &expected);

                let (mut scene, holder) = held(reclaim);
                let dying = scene.dying(shape);
                scene.world.scope(|world| {
                    for handle in dying {
                        world.unlink(holder, handle).unwrap();
                    }
                });
                scene.step(units);
                scene.check("unlink in a scope", shape, &expected);

                let (mut scene, holder) = held(reclaim);
                let dying = scene.dying(shape);
                for handle in dying {
                    scene.world.unlink(holder, handle).unwrap();
                }
                scene.step(units);
                scene.check("unlink", shape, &expected);
            }
        }
    }
}

#[test]
fn by_letting_go_of_all() {
    for shape in SHAPES {
        // All that the dying own dies, and they don't: those that own each other are left as they are.
        let mut model = Model::new(shape);
        for name in words(shape.dying) {
            model.roots.insert(name, 1);
        }
        for name in words(shape.dying) {
            model.give_up(name);
        }
        let expected = model.deaths;
        for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
            for units in BUDGETS {
                let mut scene = Scene::new(shape, config(reclaim, Cycles::Manual));
                for handle in scene.dying(shape) {
                    scene.world.unlink_targets(handle).unwrap();
                    scene.step(units);
                }
                scene.check("unlink_targets", shape, &expected);
            }
        }
    }
}

#[test]
fn by_retain() {
    for shape in SHAPES {
        let expected = together(shape, |_| words(shape.dying).collect());
        for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
            for units in BUDGETS {
                for scoped in [false, true] {
                    let mut scene = Scene::new(shape, config(reclaim, Cycles::Manual));
                    let dying = scene.dying(shape);
                    let retain = |world: &mut World| {
                        world.retain(|handle, _| !dying.contains(&handle));
                    };
                    if scoped {
                        scene.world.scope(retain);
                    } else {
                        retain(&mut scene.world);
                    }
                    scene.step(units);
                    scene.check("retain", shape, &expected);
                }
            }
        }
    }
}

#[test]
fn by_tracing() {
    for shape in rings() {
        let expected = traced(shape);
        for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
            let mut scene = Scene::new(shape, config(reclaim, Cycles::Manual));
            scene.unroot(shape);
            for _ in 0..3 {
                scene.world.trace(Budget::unlimited());
            }
            scene.check("trace", shape, &expected);

            let mut scene = Scene::new(shape, config(reclaim, Cycles::Prompt));
            scene.unroot(shape);
            scene.step(u64::MAX);
            scene.check("Prompt", shape, &expected);

            for units in BUDGETS {
                let mut scene = Scene::new(shape, config(reclaim, Cycles::AtStep));
                scene.unroot(shape);
                scene.step(units);
                scene.check(&format!("{reclaim:?} steps of {units}"), shape, &expected);
            }
        }
    }
}

#[test]
fn by_collection() {
    for shape in rings() {
        let expected = collected(shape);
        for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
            for generation in [Generation::Young, Generation::Middle, Generation::Old] {
                for scoped in [false, true] {
                    let mut scene = Scene::new(shape, config(reclaim, Cycles::Manual));
                    scene.unroot(shape);
                    let collect = |world: &mut World| {
                        world.collect_generation(generation);
                    };
                    if scoped {
                        scene.world.scope(collect);
                    } else {
                        collect(&mut scene.world);
                    }
                    scene.step(u64::MAX);
                    scene.check("a whole collection", shape, &expected);
                }
                for units in BUDGETS {
                    let mut scene = Scene::new(shape, config(reclaim, Cycles::Manual));
                    scene.unroot(shape);
                    scene.world.request_collection(generation);
                    scene.step(units);
                    let way = format!("a collection, {reclaim:?}, in steps of {units}");
                    scene.check(&way, shape, &expected);
                }
            }
        }
    }
}

/// What garbage owned in an older generation dies by count, after all of the garbage.
#[test]
fn what_the_young_owned_among_the_old() {
    for units in BUDGETS {
        for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
            let config = config(reclaim, Cycles::Manual).auto(Auto::Off);
            let config = config.promote_fill(0).reopen_fill(0);
            let mut world = World::with_config(config.record_deaths(true));
            let old = ["a", "b", "c", "d"].map(|name| world.insert(name));
            world.link(old[0], (), old[3]).unwrap();
            world.collect();
            let [p, q] = ["p", "q"].map(|name| world.insert(name));
            world.link(q, (), p).unwrap();
            world.link(q, (), old[1]).unwrap();
            for target in [old[2], q, old[1], old[0]] {
                world.link(p, (), target).unwrap();
            }
            for handle in old.into_iter().chain([q, p]) {
                world.unroot(handle).unwrap();
            }
            world.request_collection(Generation::Young);
            while !world.step(Budget::units(units)).is_idle() {
                world.check_invariants().unwrap();
            }
            let dead: Vec<_> = world.drain_deaths().map(|death| death.value).collect();
            assert_eq!(dead, ["p", "q", "c", "a", "d", "b"], "steps of {units}");
        }
    }
}

#[test]
fn what_falls_while_garbage_is_swept_takes_nothing_of_it_along() {
    for shape in rings() {
        let expected = traced(shape);
        for reclaim in [Reclaim::Immediate, Reclaim::AtStep] {
            for units in [1, 7, 20, 40] {
                let mut scene = Scene::new(shape, config(reclaim, Cycles::AtStep));
                let others: Vec<_> = (0..40).map(|_| scene.world.insert("other")).collect();
                scene.unroot(shape);
                for other in others {
                    scene.world.step(Budget::units(units));
                    scene.world.unroot(other).unwrap();
                    let waits = reclaim == Reclaim::AtStep;
                    assert_eq!(scene.world.contains(other), waits, "{}", shape.name);
                    scene.world.check_invariants().unwrap();
                }
                scene.step(u64::MAX);
                let dead = scene.world.drain_deaths().map(|death| death.value);
                let dead: Vec<_> = dead.filter(|name| *name != "other").collect();
                assert_eq!(dead, expected, "{}, in steps of {units}", shape.name);
            }
        }
    }
}

/// Under `Reclaim::Immediate` the program's word does not wait for garbage, whoever has owned the object.
#[test]
fn who_is_saved_from_garbage_and_let_go_of_dies_at_once() {
    type Act = fn(&mut World, Handle);
    let ways: &[(&str, Act)] = &[
        ("unroot", |world, orphan| {
            world.root(orphan).unwrap();
            world.unroot(orphan).unwrap();
        }),
        ("unlink", |world, orphan| {
            let owner = world.insert("owner");
            world.link(owner, (), orphan).unwrap();
            world.unlink(owner, orphan).unwrap();
        }),
        ("a death", |world, orphan| {
            let owner = world.insert("owner");
            world.link(owner, (), orphan).unwrap();
            world.unroot(owner).unwrap();
        }),
        ("destroy", |world, orphan| {
            let owner = world.insert("owner");
            world.link(owner, (), orphan).unwrap();
            assert!(!world.destroy(owner).is_stale());
        }),
        ("a scope", |world, orphan| {
            world.scope(|world| {
                world.root(orphan).unwrap();
                world.unroot(orphan).unwrap();
            });
        }),
    ];
    let shape = Shape {
        objects: "p a b c d",
        edges: "p>p p>a p>b a>d p>c",
        is_ring: true,
        ..PLAIN
    };
    for &(way, act) in ways {
        let mut scene = Scene::new(&shape, config(Reclaim::Immediate, Cycles::AtStep));
        let orphans = ["a", "d", "b", "c"].map(|name| scene.handles[name]);
        scene.unroot(&shape);
        while scene.world.refcount(orphans[0]) != Some(0) {
            scene.world.step(Budget::units(1));
        }
        act(&mut scene.world, orphans[0]);
        scene.world.check_invariants().unwrap();
        let lives = orphans.map(|handle| scene.world.contains(handle));
        assert_eq!(lives, [false, false, true, true], "{way}");
        scene.step(1);
        let dead = scene.world.drain_deaths().map(|death| death.value);
        let dead: Vec<_> = dead.filter(|name| *name != "owner").collect();
        assert_eq!(dead.last_chunk(), Some(&["b", "c"]), "{way}: {dead:?}");
    }
}
