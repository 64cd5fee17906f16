//! The formats that stores are saved in.

use serde::de::DeserializeOwned;
use serde::{Deserializer, Serialize};
use understory::slotmap::Key;
use understory::{Registry, Store};

pub(crate) const FORMATS: [Format; 5] = [
    Format::Json,
    Format::Ron,
    Format::Postcard,
    Format::MessagePack,
    Format::NamedMessagePack,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Ron,
    Postcard,
    MessagePack,
    NamedMessagePack,
}

impl Format {
    pub(crate) fn write(self, value: &impl Serialize) -> Vec<u8> {
        match self {
            Self::Json => serde_json::to_vec_pretty(value).unwrap(),
            Self::Ron => {
                let pretty = ron::ser::PrettyConfig::default();
                ron::ser::to_string_pretty(value, pretty).unwrap().into()
            }
            Self::Postcard => postcard::to_allocvec(value).unwrap(),
            Self::MessagePack => rmp_serde::to_vec(value).unwrap(),
            Self::NamedMessagePack => rmp_serde::to_vec_named(value).unwrap(),
        }
    }

    pub(crate) fn read<T, E, K>(
        self,
        registry: &Registry<T, E, K>,
        bytes: &[u8],
    ) -> Result<Store<T, E, K>, String>
    where
        T: DeserializeOwned,
        E: DeserializeOwned,
        K: Key,
    {
        fn load<'de, T, E, K, D>(
            registry: &Registry<T, E, K>,
            from: D,
        ) -> Result<Store<T, E, K>, String>
        where
            T: DeserializeOwned,
            E: DeserializeOwned,
            K: Key,
            D: Deserializer<'de>,
        {
            registry.load(from).map_err(|error| error.to_string())
        }
        match self {
            Self::Json => load(registry, &mut serde_json::Deserializer::from_slice(bytes)),
            Self::Ron => {
                let from = ron::Deserializer::from_bytes(bytes);
                let mut from = from.map_err(|error| error.to_string())?;
                let store = registry.load(&mut from);
                store.map_err(|error| from.span_error(error).to_string())
            }
            Self::Postcard => load(registry, &mut postcard::Deserializer::from_bytes(bytes)),
            Self::MessagePack | Self::NamedMessagePack => {
                load(registry, &mut rmp_serde::Deserializer::new(bytes))
            }
        }
    }
}
