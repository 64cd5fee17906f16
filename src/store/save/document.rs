//! A save from the first word to the last: a header, all that has a fixed form, and what the registry knows.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use erased_serde::{Deserializer as AnyDeserializer, Error as AnyError};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use slotmap::Key;

use super::{Registry, SaveError, unknown};
use crate::columns::registry::{self, Erased, Kind, Refused};
use crate::columns::{Columns, Remains};
use crate::form::{FORMAT, Fault, VERSION, demand};
use crate::objects::Loaded;
use crate::store::Store;
use crate::store::save::world::SavedWorld;

/// A store that is ready to be serialized. What [`Registry::save`] gives.
///
/// # Examples
/// ```
/// use understory::{Registry, Store};
///
/// let store: Store<char> = "abc".chars().collect();
/// let registry = Registry::new();
/// let saved = registry.save(&store)?;
/// let (json, ron) = (serde_json::to_string_pretty(&saved)?, ron::to_string(&saved)?);
/// assert!(json.starts_with("{\n  \"format\": \"understory\",\n  \"version\": 2,"));
/// assert!(ron.starts_with("(format:\"understory\",version:2,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "it is to be serialized"]
pub struct Saved<'s, T, E, K: Key> {
    world: SavedWorld<'s, T, E>,
    components: registry::Saved<'s>,
    groups: Vec<Vec<&'static str>>,
    registry: &'s Registry<T, E, K>,
    store: &'s Store<T, E, K>,
}

impl<T, E, K: Key> fmt::Debug for Saved<'_, T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Saved")
            .field("objects", &self.store.len())
            .finish_non_exhaustive()
    }
}

impl<'s, T, E, K: Key> Saved<'s, T, E, K> {
    pub(super) fn new(
        registry: &'s Registry<T, E, K>,
        store: &'s Store<T, E, K>,
    ) -> Result<Self, SaveError> {
        let columns = &store.objects.columns;
        let components = columns.saved(&registry.kinds, registry.skips_components)?;
        let mut deaths = store.objects.record.deaths.iter();
        let unknown = |remains| registry.kinds.unknown_remain(remains);
        let unknown = deaths.find_map(|dead| unknown(&dead.components));
        if let Some(component) = unknown.filter(|_| !registry.skips_components) {
            return Err(Refused::Unknown(component).into());
        }
        Ok(Self {
            world: store.saved_world(registry)?,
            components,
            groups: columns.saved_groups(&registry.kinds),
            registry,
            store,
        })
    }
}

impl<T: Serialize, E: Serialize, K: Key> Serialize for Saved<'_, T, E, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("Understory", FIELDS.len())?;
        document.serialize_field("format", FORMAT)?;
        document.serialize_field("version", &VERSION)?;
        document.serialize_field("world", &self.world)?;
        document.serialize_field("components", &Named(&self.components))?;
        document.serialize_field("groups", &self.groups)?;
        document.serialize_field("remains", &RemainsOf(self))?;
        document.end()
    }
}

/// A map, in the order of its entries.
struct Named<'m, V>(&'m [(&'static str, V)]);

impl<V: Serialize> Serialize for Named<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// The components of the dead on record, if these are kept.
struct RemainsOf<'d, 's, T, E, K: Key>(&'d Saved<'s, T, E, K>);

impl<T, E, K: Key> Serialize for RemainsOf<'_, '_, T, E, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Saved {
            registry, store, ..
        } = self.0;
        let deaths = &store.objects.record.deaths;
        let each = deaths
            .iter()
            .map(|dead| registry.kinds.remains(&dead.components));
        let all: Vec<_> = each.collect();
        // Most records have none.
        let len = all.iter().rposition(|remains| !remains.is_empty());
        serializer.collect_seq(
            all[..len.map_or(0, |last| last + 1)]
                .iter()
                .map(|of| Named(of)),
        )
    }
}

/// The fields of a save, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Format,
    Version,
    World,
    Components,
    Groups,
    Remains,
}

const FIELDS: &[&str] = &[
    "format",
    "version",
    "world",
    "components",
    "groups",
    "remains",
];

/// Reads one field after the other.
trait Fields<'de> {
    type Error: Error;

    fn next<S: DeserializeSeed<'de>>(
        &mut self,
        field: Field,
        seed: S,
    ) -> Result<S::Value, Self::Error>;
}

struct InSequence<A>(A);

impl<'de, A: SeqAccess<'de>> Fields<'de> for InSequence<A> {
    type Error = A::Error;

    fn next<S: DeserializeSeed<'de>>(
        &mut self,
        field: Field,
        seed: S,
    ) -> Result<S::Value, A::Error> {
        let value = self.0.next_element_seed(seed)?;
        value.ok_or_else(|| Error::missing_field(FIELDS[field as usize]))
    }
}

struct ByName<A>(A);

impl<'de, A: MapAccess<'de>> Fields<'de> for ByName<A> {
    type Error = A::Error;

    fn next<S: DeserializeSeed<'de>>(
        &mut self,
        field: Field,
        seed: S,
    ) -> Result<S::Value, A::Error> {
        let name = FIELDS[field as usize];
        match self.0.next_key::<Field>()? {
            Some(found) if found == field => self.0.next_value_seed(seed),
            Some(found) => {
                let found = FIELDS[found as usize];
                Err(Error::custom(format_args!(
                    "`{found}` comes before `{name}`"
                )))
            }
            None => Err(Error::missing_field(name)),
        }
    }
}

pub(super) fn load<'de, T, E, K, D>(
    registry: &Registry<T, E, K>,
    deserializer: D,
) -> Result<Store<T, E, K>, D::Error>
where
    T: Deserialize<'de>,
    E: Deserialize<'de>,
    K: Key,
    D: Deserializer<'de>,
{
    deserializer.deserialize_struct("Understory", FIELDS, Loading(registry))
}

struct Loading<'r, T, E, K: Key>(&'r Registry<T, E, K>);

impl<'de, T, E, K> Visitor<'de> for Loading<'_, T, E, K>
where
    T: Deserialize<'de>,
    E: Deserialize<'de>,
    K: Key,
{
    type Value = Store<T, E, K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a store that was saved")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        self.read(&mut InSequence(access))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        let mut fields = ByName(access);
        let store = self.read(&mut fields)?;
        match fields.0.next_key::<Field>()? {
            None => Ok(store),
            Some(twice) => Err(Error::duplicate_field(FIELDS[twice as usize])),
        }
    }
}

impl<T, E, K: Key> Loading<'_, T, E, K> {
    fn read<'de, F: Fields<'de>>(&self, fields: &mut F) -> Result<Store<T, E, K>, F::Error>
    where
        T: Deserialize<'de>,
        E: Deserialize<'de>,
    {
        let registry = self.0;
        let format: String = fields.next(Field::Format, PhantomData)?;
        let version: u32 = fields.next(Field::Version, PhantomData)?;
        check_header(&format, version).map_err(Error::custom)?;
        let world: Loaded<T, E> = fields.next(Field::World, PhantomData)?;
        let mut store = Store::restore_world(registry, world).map_err(Error::custom)?;

        let objects = &mut store.objects;
        let headers = objects.graph.headers();
        let is_there = |index: u32| headers.is_occupied(index);
        let mut columns = Columns::default();
        let load = |kind: &dyn Kind, from: &mut dyn AnyDeserializer<'de>| {
            kind.load(from, &mut columns, &is_there)
        };
        fields.next(Field::Components, ByNames(registry, load))?;
        let groups: Vec<Vec<String>> = fields.next(Field::Groups, PhantomData)?;
        for names in groups {
            let grouped = columns.restore_group(&registry.kinds, &names);
            grouped.map_err(Error::custom)?;
        }
        objects.columns = columns;
        let remains: Vec<Remains> = fields.next(Field::Remains, RemainsFrom(registry))?;
        let deaths = &mut objects.record.deaths;
        if remains.len() > deaths.len() {
            return Err(Error::custom(
                "there are more remains than deaths on record",
            ));
        }
        for (dead, remains) in deaths.iter_mut().zip(remains) {
            dead.components = remains;
        }
        store.check_loaded().map_err(Error::custom)?;
        Ok(store)
    }
}

fn check_header(format: &str, version: u32) -> Result<(), Fault> {
    demand!(
        format == FORMAT,
        "this is no save of a store: its format is not `{FORMAT}`"
    );
    demand!(
        version == VERSION,
        "this is a save of version {version}; version {VERSION} can be loaded"
    );
    Ok(())
}

/// A map of what components there are, each of which is read by what knows its type.
struct ByNames<'r, T, E, K: Key, F>(&'r Registry<T, E, K>, F);

impl<'de, T, E, K, F> DeserializeSeed<'de> for ByNames<'_, T, E, K, F>
where
    K: Key,
    F: FnMut(&dyn Kind, &mut dyn AnyDeserializer<'de>) -> Result<(), AnyError>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T, E, K, F> Visitor<'de> for ByNames<'_, T, E, K, F>
where
    K: Key,
    F: FnMut(&dyn Kind, &mut dyn AnyDeserializer<'de>) -> Result<(), AnyError>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of components by their names")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut read: Vec<String> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if read.contains(&name) {
                return Err(Error::custom(format_args!(
                    "the component `{name}` comes twice"
                )));
            }
            match self.0.kinds.by_name(&name) {
                Some(kind) => {
                    let load = |from: &mut dyn AnyDeserializer<'de>| (self.1)(kind, from);
                    map.next_value_seed(Erased(load))?;
                    read.push(name);
                }
                None if self.0.skips_components => {
                    map.next_value::<IgnoredAny>()?;
                }
                None => return Err(Error::custom(unknown("component", &name))),
            }
        }
        Ok(())
    }
}

/// The components of the dead on record.
struct RemainsFrom<'r, T, E, K: Key>(&'r Registry<T, E, K>);

impl<'de, T, E, K: Key> DeserializeSeed<'de> for RemainsFrom<'_, T, E, K> {
    type Value = Vec<Remains>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Remains>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T, E, K: Key> Visitor<'de> for RemainsFrom<'_, T, E, K> {
    type Value = Vec<Remains>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of what components the dead have left")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<Remains>, A::Error> {
        let mut all = Vec::new();
        loop {
            let mut remains = Remains::default();
            let load = |kind: &dyn Kind, from: &mut dyn AnyDeserializer<'de>| {
                kind.load_remain(from, &mut remains)
            };
            if from.next_element_seed(ByNames(self.0, load))?.is_none() {
                return Ok(all);
            }
            all.push(remains);
        }
    }
}
