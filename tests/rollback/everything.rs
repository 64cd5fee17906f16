//! Every way to change a store is undone.

use oorandom::Rand32;
use serde::{Deserialize, Serialize};
use understory::{
    Budget, Config, Cycles, Handle, Parts, Reclaim, Registry, Snapshot, Store, Subgraph,
};

use crate::cases::cases;
use crate::saves::formats::Format;

type World = Store<String, String>;

#[derive(Clone, Serialize, Deserialize)]
struct Place(u32, u32);

#[derive(Clone, Serialize, Deserialize)]
struct Title(String);

#[derive(Clone, Serialize, Deserialize)]
struct Tag;

/// What comes only late, by a view.
#[derive(Clone, Serialize, Deserialize)]
struct Late(u8);

fn registry() -> Registry<String, String> {
    Registry::new()
        .component::<Place>("place")
        .component::<Title>("title")
        .component::<Tag>("tag")
        .component::<Late>("late")
        .finalizer("note", |world: &mut World, this| world[this].push('!'))
}

/// Calls made by dice on a world.
struct Script {
    world: World,
    dice: Rand32,
    known: Vec<Handle>,
}

/// How many kinds of calls there are.
const KINDS: u32 = 44;

impl Script {
    fn below(&mut self, end: u32) -> u32 {
        self.dice.rand_range(0..end)
    }

    fn pick(&mut self) -> Handle {
        let len = u32::try_from(self.known.len()).unwrap();
        match self.below(40) {
            0 => Handle::default(),
            // One that has many edges.
            1..=8 => self.known[0],
            _ => self.known[self.dice.rand_range(0..len) as usize],
        }
    }

    fn text(&mut self) -> String {
        let number = self.below(1_000);
        format!("{number:x}")
    }

    fn label(&mut self) -> String {
        ["a", "bb", "ccc"][self.below(3) as usize].to_string()
    }

    fn know(&mut self, handle: Handle) {
        if self.known.len() < 3_000 {
            self.known.push(handle);
        } else {
            let at = 1 + self.below(2_999) as usize;
            self.known[at] = handle;
        }
    }

    fn call(&mut self) {
        match self.below(KINDS) {
            0..=2 => self.insert(),
            3..=11 => self.change_values(),
            12..=20 => self.change_components(),
            21..=30 => self.change_edges(),
            31..=36 => self.change_lists(),
            kind => self.overturn(kind),
        }
    }

    fn insert(&mut self) {
        let (value, parent) = (self.text(), self.pick());
        let place = Place(self.below(9), 0);
        match self.below(6) {
            0 => {
                let handle = self.world.insert(value);
                self.know(handle);
            }
            1 | 2 => {
                let label = self.label();
                if let Ok(handle) = self.world.insert_linked(parent, label, value) {
                    self.know(handle);
                }
            }
            3 => {
                let handle = self.world.insert_bundle(value, (place, Tag));
                self.know(handle);
            }
            _ => {
                let many = (0..self.below(40))
                    .map(|n| (format!("{value}{n}"), (place.clone(), Title(value.clone()))));
                for handle in self.world.insert_batch(many) {
                    self.know(handle);
                }
            }
        }
    }

    fn change_values(&mut self) {
        let (one, two) = (self.pick(), self.pick());
        let (first, most) = (self.below(500) as usize, self.below(20) as usize);
        match self.below(16) {
            0 => self
                .world
                .values_mut()
                .skip(first)
                .take(most)
                .for_each(|value| value.push('v')),
            1 => {
                let some = self.world.iter_mut().skip(first).take(most);
                some.for_each(|(_, value)| value.push('i'));
            }
            2 => {
                let found = self.world.get_disjoint_mut([one, two]);
                if let Some([a, b]) = found {
                    std::mem::swap(a, b);
                }
            }
            3 => {
                let mut query = self.world.query_values_mut::<(&mut Place, &Tag)>();
                query.for_each(|(_, value, (place, _))| {
                    value.push('q');
                    place.0 += 1;
                });
            }
            4 => {
                let mut query = self.world.query_values_mut::<&Title>();
                for (_, value, title) in query.iter().take(most) {
                    value.push_str(&title.0);
                }
            }
            5 => {
                let Parts {
                    mut values,
                    columns,
                    ..
                } = self.world.split_mut();
                if let Some(value) = values.get_mut(one) {
                    value.push('p');
                }
                columns
                    .column_mut::<Place>()
                    .iter_mut()
                    .take(most)
                    .for_each(|(_, place)| place.1 += 1);
            }
            6 => {
                let label = self.label();
                self.world.propagate([one], &label, |parent, child| {
                    child.clear();
                    child.push_str(&parent[..parent.len().min(3)]);
                    child.push('>');
                });
            }
            _ => {
                if let Some(value) = self.world.get_mut(one) {
                    value.push('g');
                    value.truncate(12);
                }
            }
        }
    }

    fn change_components(&mut self) {
        let (one, text, number) = (self.pick(), self.text(), self.below(1_000));
        match self.below(16) {
            0 | 1 => drop(self.world.insert_component(one, Place(number, 0))),
            2 => drop(self.world.insert_component(one, Title(text))),
            3 => drop(self.world.insert_component(one, Tag)),
            4 => drop(self.world.remove_component::<Place>(one)),
            5 => drop(self.world.remove_component::<Title>(one)),
            6 => drop(self.world.remove_component::<Tag>(one)),
            7 => drop(self.world.insert_components(one, (Place(number, 1), Tag))),
            8 => {
                if let Some(title) = self.world.component_mut::<Title>(one) {
                    title.0.push('c');
                    title.0.truncate(9);
                }
            }
            9 => self
                .world
                .query::<(&mut Place, Option<&mut Title>)>()
                .iter()
                .for_each(|(place, title)| {
                    place.0 = place.0.wrapping_mul(3);
                    if let Some(title) = title {
                        title.0.truncate(5);
                    }
                }),
            10 => self
                .world
                .query::<(&Tag, &mut Title)>()
                .for_each(|(_, title)| title.0.push('f')),
            11 => {
                let mut query = self.world.query::<&mut Place>();
                if let Some(place) = query.get(one) {
                    place.1 = number;
                }
            }
            12 => {
                let mut places = self.world.column_mut::<Place>();
                if number % 2 == 0 {
                    drop(places.insert(one, Place(number, 2)));
                } else {
                    let _ = places.remove(one);
                }
            }
            13 if number < 30 => drop(self.world.column_mut::<Late>().insert(one, Late(1))),
            14 if number < 20 => self.world.group::<(Place, Tag)>().unwrap(),
            _ => drop(
                self.world
                    .component_mut::<Place>(one)
                    .map(|place| place.0 += number),
            ),
        }
    }

    fn change_edges(&mut self) {
        let (one, two, label) = (self.pick(), self.pick(), self.label());
        let third = self.pick();
        match self.below(15) {
            0..=3 => drop(self.world.link(one, label, two)),
            4 => drop(self.world.link_weak(one, label, two)),
            5 => {
                let target = self.world.targets(one).next();
                drop(target.map(|target| self.world.unlink(one, target)));
            }
            6 => drop(self.world.unroot(one)),
            7 => drop(self.world.root(one)),
            8 => {
                let source = self.world.sources(one).next();
                let _ = source.map(|source| self.world.relink((source, one), (two, third)));
            }
            9 => drop(self.world.set(one, label, two)),
            10 => drop(self.world.set_weak(one, label, two)),
            11 => {
                let source = self.world.sources(one).next();
                if let Some(label) = source.and_then(|source| self.world.label_mut(source, one)) {
                    label.push('m');
                    label.truncate(4);
                }
            }
            12 => {
                let weak: Vec<Handle> = self.world.weak_edges().targets(one).take(2).collect();
                if let [first, ..] = weak[..] {
                    match self.world.weak_label_mut(one, first) {
                        Some(label) if label.len() < 5 => label.push('w'),
                        _ => drop(self.world.unlink_weak(one, first)),
                    }
                }
            }
            13 => {
                // Rings that nothing holds.
                let ring = [
                    self.world.insert(String::new()),
                    self.world.insert("r".into()),
                ];
                self.world.link(ring[0], label.clone(), ring[1]).unwrap();
                self.world.link(ring[1], label, ring[0]).unwrap();
                for handle in ring {
                    self.world.unroot(handle).unwrap();
                }
            }
            _ => {
                let _ = self
                    .world
                    .set_named_finalizer(one, "note", |world: &mut World, this| {
                        world[this].push('!');
                    });
                let _ = self.world.watch(two);
            }
        }
    }

    fn change_lists(&mut self) {
        let (one, label, at) = (self.pick(), self.label(), self.below(30) as usize);
        let two = self.pick();
        let kind = self.below(20);
        let mut list = if kind % 3 == 0 {
            self.world.weak_list_mut(one, &label)
        } else {
            self.world.list_mut(one, &label)
        };
        match kind {
            0 | 1 => drop(list.insert(at.min(list.read().len()), two)),
            2..=4 => drop(list.push(two)),
            5 => drop(list.remove(at)),
            6 => drop(list.replace(at, two)),
            7 | 8 => drop(list.move_to(at, at / 3)),
            9 | 10 => drop(list.move_to(at / 4, at)),
            11 => drop(list.swap(at, at / 2)),
            12 | 13 => list.sort_by_key(|_, value| value.len()),
            14 if at < 5 => drop(list.clear()),
            15 if at < 5 => drop(self.world.unlink_targets(one)),
            16 if at < 5 => drop(self.world.unlink_sources(one)),
            _ => {
                let source = self.pick();
                drop(self.world.link(self.known[0], label.clone(), two));
                drop(self.world.link(source, label, self.known[0]));
            }
        }
    }

    fn overturn(&mut self, kind: u32) {
        let (one, two) = (self.pick(), self.pick());
        let dice = self.below(60);
        match (kind, dice) {
            (37, 0..=9) => drop(self.world.destroy(one)),
            (37, 10..=13) => {
                let number = self.below(7) as usize;
                self.world.retain(|_, value| value.len() % 7 != number);
            }
            (37, 14) => self.world.clear(),
            (37, 15) => self.world.drain().for_each(drop),
            (38, 0..=3) => drop(self.world.freeze_from([one])),
            (38, 4) => self.world.freeze(),
            (38, 5..=9) => self.world.unfreeze(),
            (38, 10) => self.world.shrink(),
            (38, 11) => self.world.reserve(300),
            (39, 0..=5) => drop(self.world.collect()),
            (39, 6..=20) => drop(self.world.drain_deaths().count()),
            (39, 21..=30) => drop(self.world.drain_notices().count()),
            (40, 0..=9) => {
                if let Ok(map) = self.world.duplicate(&Subgraph::of([one]).cut()) {
                    for (_, new) in map.iter().collect::<Vec<_>>() {
                        self.know(new);
                    }
                }
            }
            (40, 10..=19) => {
                // A scope that lets much go at once.
                self.world.scope(|world| {
                    let _ = world.unroot(one);
                    let _ = world.unlink_targets(two);
                });
            }
            (40, 20) => self.world.set_thresholds([50, 2, 2]),
            (40, 21) => self.world.measure_with(String::len),
            (40, 22..=25) => drop(self.world.measure(one)),
            (41, _) => {
                let mut commands = understory::Commands::new();
                commands.insert(String::from("command"));
                commands.unroot(one);
                let _ = self.world.apply(&mut commands);
            }
            _ => {
                let units = self.below(300).into();
                self.world.step(Budget::units(units));
            }
        }
    }
}

struct Kept {
    snapshot: Snapshot,
    dice: Rand32,
    known: Vec<Handle>,
    saved: Vec<u8>,
    twin: World,
}

fn save(registry: &Registry<String, String>, world: &World, format: Format) -> Vec<u8> {
    format.write(&registry.save(world).unwrap())
}

fn assert_same(registry: &Registry<String, String>, world: &World, twin: &World, what: &str) {
    let [now, then] = [world, twin].map(|world| save(registry, world, Format::Json));
    if now != then {
        let [now, then] = [now, then].map(|json| String::from_utf8(json).unwrap());
        let lines = now.lines().zip(then.lines()).enumerate();
        let differing = lines.filter(|(_, (now, then))| now != then).take(12);
        panic!("{what}: {:#?}", differing.collect::<Vec<_>>());
    }
}

fn run(seed: u64, config: Config) {
    let registry = registry();
    let mut world = World::with_config(config.record_deaths(true));
    // How long collections take is saved too.
    world.set_clock(None);
    let hub = world.insert("hub".into());
    let mut script = Script {
        world,
        dice: Rand32::new(seed),
        known: vec![hub],
    };
    let mut kept: Vec<Kept> = Vec::new();
    let mut plan = Rand32::new(seed ^ 0xABCD);
    for round in 0..60 {
        for _ in 0..[1, 3, 20, 150][plan.rand_range(0..4) as usize] {
            script.call();
        }
        match plan.rand_range(0..8) {
            0..=2 => kept.push(Kept {
                snapshot: script.world.snapshot().unwrap(),
                dice: script.dice,
                known: script.known.clone(),
                saved: save(&registry, &script.world, Format::Postcard),
                twin: script.world.clone(),
            }),
            3..=5 if !kept.is_empty() => {
                let at = plan.rand_range(0..u32::try_from(kept.len()).unwrap()) as usize;
                let kept = &kept[at];
                let what = format!("seed {seed}, round {round}");
                script.world.restore(&kept.snapshot).unwrap();
                script
                    .world
                    .check_invariants()
                    .unwrap_or_else(|error| panic!("{what}: {error}"));
                let saved = save(&registry, &script.world, Format::Postcard);
                if saved != kept.saved {
                    assert_same(&registry, &script.world, &kept.twin, &what);
                    panic!("{what}: what is saved differs");
                }
                script.dice = kept.dice;
                script.known.clone_from(&kept.known);
                // A twin that never had a snapshot goes on beside it.
                let mut twin = Script {
                    world: kept.twin.clone(),
                    dice: kept.dice,
                    known: kept.known.clone(),
                };
                for _ in 0..60 {
                    script.call();
                    twin.call();
                }
                script
                    .world
                    .check_invariants()
                    .unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_same(&registry, &script.world, &twin.world, &what);
            }
            6 if kept.len() > 4 => {
                kept.remove(0);
            }
            _ => {}
        }
    }
}

#[test]
fn every_change_is_undone() {
    let few = || Config::new().thresholds([100, 2, 2]);
    let configs = [
        Config::new(),
        few(),
        few().cycles(Cycles::Prompt).trace_limit(20),
        few()
            .reclaim(Reclaim::AtStep)
            .promote_fill(0)
            .reopen_fill(60),
        Config::new().first_version(u32::MAX - 8),
    ];
    for (seed, config) in (0..cases(30).into()).zip(configs.iter().cycle()) {
        run(seed, config.clone());
    }
}
