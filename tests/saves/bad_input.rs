//! Whatever is read is an error that says where, or a store that holds together and can be worked with.

use std::panic::{AssertUnwindSafe, catch_unwind};

use oorandom::Rand32;
use serde_json::Value;
use understory::{Budget, Config, Handle, Registry, Store};

use super::formats::{FORMATS, Format};
use super::usage::use_it;
use crate::cases::cases;
use crate::determinism::script::configs;

type World = Store<u64, u8>;

/// Stores in which all kinds of things are in the middle of happening, each as JSON.
fn worlds() -> Vec<Value> {
    let registry = super::forever::registry();
    let mut worlds = Vec::new();
    for (_, config) in configs() {
        for length in [12, 40, 150, 400] {
            let mut run = super::forever::run(config.clone());
            run.run(length);
            run.scope();
            run.world.step(Budget::units(u64::from(length % 37)));
            worlds.push(serde_json::to_value(registry.save(&run.world).unwrap()).unwrap());
        }
        // Without anything, and with a collection that stands still in each of its phases.
        for units in 0..24 {
            let mut world = World::with_config(config.clone().thresholds([u32::MAX, 1, 1]));
            let all: Vec<Handle> = (0..30).map(|number| world.insert(number)).collect();
            for (at, &handle) in all.iter().enumerate() {
                world.link(handle, 1, all[(at * 7 + 3) % 30]).unwrap();
                world.link_weak(handle, 2, all[(at * 11) % 30]).unwrap();
            }
            for handle in &all[5..] {
                world.unroot(*handle).unwrap();
            }
            world.unlink_targets(all[0]).unwrap();
            world.collect_due();
            world.step(Budget::units(units * 5));
            worlds.push(serde_json::to_value(registry.save(&world).unwrap()).unwrap());
        }
    }
    worlds
}

/// The text of a save, whose fields come in their order.
fn text(value: &Value) -> String {
    let fields = [
        "format",
        "version",
        "world",
        "components",
        "groups",
        "remains",
    ];
    let field = |name: &&str| format!("{name:?}:{}", value[*name]);
    let fields: Vec<String> = fields.iter().map(field).collect();
    format!("{{{}}}", fields.join(","))
}

/// What differs, each with its path.
fn differences(one: &Value, other: &Value) -> String {
    if one == other {
        return String::new();
    }
    let each = |name: String, one: &Value, other: &Value| match differences(one, other) {
        none if none.is_empty() => none,
        some => format!("/{name}{some}"),
    };
    match (one, other) {
        (Value::Object(fields), Value::Object(others)) => {
            let fields = fields
                .iter()
                .map(|(name, of)| each(name.clone(), of, &others[name]));
            fields.collect()
        }
        (Value::Array(list), Value::Array(others)) if list.len() == others.len() => {
            let list = list.iter().zip(others).enumerate();
            list.map(|(at, (one, other))| each(at.to_string(), one, other))
                .collect()
        }
        _ => format!(": {one} is {other}; "),
    }
}

/// Changes something somewhere.
fn mutate(value: &mut Value, dice: &mut Rand32) {
    let mut below = |end: usize| dice.rand_range(0..u32::try_from(end.max(1)).unwrap()) as usize;
    match value {
        Value::Array(list) if !list.is_empty() && below(4) > 0 => {
            let at = below(list.len());
            mutate(&mut list[at], dice);
        }
        Value::Array(list) => {
            let (one, other) = (below(list.len()), below(list.len()));
            match below(4) {
                0 if !list.is_empty() => drop(list.remove(one)),
                1 if !list.is_empty() => list.push(list[one].clone()),
                2 if !list.is_empty() => list.swap(one, other),
                _ => list.push(Value::from(one)),
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            let at = below(fields.len());
            let field = fields.values_mut().nth(at).unwrap();
            mutate(field, dice);
        }
        Value::Number(number) => {
            let old = number.as_u64().unwrap_or(0);
            let near = [
                old.wrapping_add(1),
                old.wrapping_sub(1),
                old.wrapping_add(2),
            ];
            let far = [
                0,
                1,
                2,
                7,
                4_095,
                4_096,
                u64::from(u32::MAX),
                u64::MAX,
                1 << 31,
            ];
            let choices: Vec<u64> = near.into_iter().chain(near).chain(far).collect();
            *value = Value::from(choices[below(choices.len())]);
        }
        Value::Bool(bit) => *bit = !*bit,
        Value::String(_) => {
            let words = [
                "Idle",
                "Down",
                "Up",
                "Young",
                "Old",
                "Permanent",
                "root",
                "",
            ];
            *value = Value::from(words[below(words.len())]);
        }
        _ => {
            let choices = [
                Value::Null,
                Value::from(3),
                serde_json::json!({"object": 3, "cursor": 1}),
            ];
            *value = choices[below(3)].clone();
        }
    }
}

#[test]
fn whatever_is_changed_is_refused_or_holds_together() {
    let registry = super::forever::registry();
    let mut dice = Rand32::new(11);
    let (mut accepted, mut refused) = (0, 0);
    let worlds = worlds();
    for at in 0..cases(6_000) {
        let mut value = worlds[at as usize % worlds.len()].clone();
        for _ in 0..=dice.rand_range(0..3) {
            mutate(&mut value, &mut dice);
        }
        match Format::Json.read(&registry, text(&value).as_bytes()) {
            Ok(mut world) => {
                accepted += 1;
                let used = catch_unwind(AssertUnwindSafe(|| use_it(&mut world)));
                let original = &worlds[at as usize % worlds.len()];
                assert!(used.is_ok(), "changed: {}", differences(original, &value));
            }
            Err(error) => {
                refused += 1;
                assert!(!error.is_empty());
            }
        }
    }
    assert!(
        accepted > 100 && refused > 100,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn bytes_that_are_changed_or_missing_are_refused_or_hold_together() {
    let registry = super::forever::registry();
    let mut dice = Rand32::new(12);
    let mut run = super::forever::run(Config::new().thresholds([100, 2, 2]));
    run.run(300);
    for format in FORMATS {
        let saved = format.write(&registry.save(&run.world).unwrap());
        for _ in 0..cases(400) {
            let mut bytes = saved.clone();
            for _ in 0..=dice.rand_range(0..4) {
                let at = dice.rand_range(0..u32::try_from(bytes.len()).unwrap()) as usize;
                bytes[at] = [dice.rand_u32().to_le_bytes()[0], 0, 255, bytes[at] ^ 1]
                    [dice.rand_range(0..4) as usize];
            }
            if dice.rand_range(0..3) == 0 {
                bytes.truncate(dice.rand_range(0..u32::try_from(bytes.len()).unwrap()) as usize);
            }
            if let Ok(mut world) = format.read(&registry, &bytes) {
                use_it(&mut world);
            }
        }
    }
}

/// What the error says of a store that was changed.
fn refusal(path: &str, to: Value) -> String {
    let mut world = World::default();
    let [a, b, c] = [1, 2, 3].map(|value| world.insert(value));
    world.link(a, 1, b).unwrap();
    world.link(b, 2, c).unwrap();
    world.link_weak(c, 3, a).unwrap();
    let d = world.insert(4);
    world.destroy(d);
    world.watch(a).unwrap();
    let mut value = serde_json::to_value(&world).unwrap();
    *value.pointer_mut(path).unwrap() = to;
    let error = Format::Json.read(&Registry::<u64, u8>::new(), text(&value).as_bytes());
    error.unwrap_err()
}

#[test]
fn errors_say_where() {
    let cases = [
        ("/format", Value::from("overstory"), "no save of a store"),
        ("/version", Value::from(7), "version 7"),
        (
            "/world/arenas/0/objects/0/edges/0/to",
            Value::from(9),
            "object 1 has an edge to 9",
        ),
        (
            "/world/arenas/0/objects/0/edges/0/place",
            Value::from(1),
            "the edge of object 1 to 2 is not the only one in place 1",
        ),
        (
            "/world/arenas/0/objects/1/edges",
            serde_json::json!([{"to": 2, "place": 0, "label": 5}]),
            "the edge of object 2 to 2 is not the only one in place 0",
        ),
        (
            "/world/arenas/0/objects/1/distance",
            Value::from(256),
            "object 2 is 256 edges from a root",
        ),
        (
            "/world/arenas/0/objects/1/slot",
            Value::from(1),
            "object 1 comes after 1",
        ),
        (
            "/world/arenas/0/objects/1/version",
            Value::from(2),
            "object 2 of arena 0 has version 2",
        ),
        (
            "/world/arenas/0/free/0/slot",
            Value::from(3),
            "slot 3 of arena 0 comes twice",
        ),
        (
            "/world/arenas/0/free/0/version",
            Value::from(3),
            "slot 4 of arena 0 is free, in version 3",
        ),
        (
            "/world/arenas/0/in_use",
            Value::from(false),
            "arena 0 has objects",
        ),
        (
            "/world/filling/young",
            serde_json::json!([0, 0]),
            "arena 0 cannot be filled next",
        ),
        (
            "/world/marks/pending",
            serde_json::json!([2]),
            "is pending and is in no queue",
        ),
        ("/world/marks/dead", serde_json::json!([3]), "dead"),
        (
            "/world/suspects/listed",
            serde_json::json!([4]),
            "there is no object 4",
        ),
        (
            "/world/weak/0/edges/0/to",
            Value::from(4),
            "object 3 has an edge to 4, which is no object",
        ),
        (
            "/world/weak/0/edges",
            serde_json::json!([]),
            "object 3 has none",
        ),
        (
            "/world/deaths/watches/0/watches",
            serde_json::json!([0, 0]),
            "the watches on object 1",
        ),
        (
            "/world/counters/inserted",
            Value::from(2),
            "2 were inserted",
        ),
        (
            "/world/collections/minor/colours/white",
            serde_json::json!([1]),
            "does not run",
        ),
        (
            "/components",
            serde_json::json!({"mana": []}),
            "the component `mana` is not registered",
        ),
    ];
    for (path, to, says) in cases {
        let error = refusal(path, to);
        assert!(error.contains(says), "{path}: {error}");
    }
}

#[test]
fn an_object_that_nothing_holds_is_refused() {
    let mut world = World::default();
    world.insert(1);
    let mut value = serde_json::to_value(&world).unwrap();
    *value
        .pointer_mut("/world/arenas/0/objects/0/roots")
        .unwrap() = Value::from(0);
    let error = Format::Json.read(&Registry::<u64, u8>::new(), text(&value).as_bytes());
    assert!(error.unwrap_err().contains("count of zero"));
}
