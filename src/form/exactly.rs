//! Lists of which it is known how long they are, so that nothing is read for ever that takes no bytes.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

/// How much memory is taken before anything is read, in elements.
pub(super) const CAUTIOUS: usize = 1 << 12;

/// Reads a list of so many elements.
pub(crate) struct Exactly<V> {
    len: usize,
    of: PhantomData<V>,
}

impl<V> Exactly<V> {
    pub(crate) fn new(len: usize) -> Self {
        let of = PhantomData;
        Self { len, of }
    }
}

impl<'de, V: Deserialize<'de>> DeserializeSeed<'de> for Exactly<V> {
    type Value = Vec<V>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<V>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, V: Deserialize<'de>> Visitor<'de> for Exactly<V> {
    type Value = Vec<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {}", self.len)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<V>, A::Error> {
        let mut all = Vec::with_capacity(self.len.min(CAUTIOUS));
        while let Some(one) = from.next_element()? {
            if all.len() == self.len {
                return Err(A::Error::invalid_length(all.len() + 1, &self));
            }
            all.push(one);
        }
        if all.len() < self.len {
            return Err(A::Error::invalid_length(all.len(), &self));
        }
        Ok(all)
    }
}
