//! The formats that stores are saved in.

use erased_serde::{Deserializer, Serialize};
use serde::de::DeserializeOwned;
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

// What is read and written is compiled once, and not for each format: that would take minutes.
impl Format {
    pub(crate) fn write(self, value: &impl serde::Serialize) -> Vec<u8> {
        self.write_erased(value)
    }

    fn write_erased(self, value: &dyn Serialize) -> Vec<u8> {
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
        let mut result = Err(String::new());
        self.with(bytes, &mut |from| {
            result = registry.load(from).map_err(|error| error.to_string());
        })?;
        result
    }

    /// Calls `read` with a deserializer of the bytes.
    fn with(
        self,
        bytes: &[u8],
        read: &mut dyn FnMut(&mut dyn Deserializer<'_>),
    ) -> Result<(), String> {
        match self {
            Self::Json => {
                let mut from = serde_json::Deserializer::from_slice(bytes);
                read(&mut <dyn Deserializer>::erase(&mut from));
            }
            Self::Ron => {
                let from = ron::Deserializer::from_bytes(bytes);
                let mut from = from.map_err(|error| error.to_string())?;
                read(&mut <dyn Deserializer>::erase(&mut from));
            }
            Self::Postcard => {
                let mut from = postcard::Deserializer::from_bytes(bytes);
                read(&mut <dyn Deserializer>::erase(&mut from));
            }
            Self::MessagePack | Self::NamedMessagePack => {
                let mut from = rmp_serde::Deserializer::new(bytes);
                read(&mut <dyn Deserializer>::erase(&mut from));
            }
        }
        Ok(())
    }
}
