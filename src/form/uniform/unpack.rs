//! Reading.

use alloc::string::String;
use alloc::vec::Vec;

use serde::de::value::Error;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IntoDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use super::{Word, is_shape};
use crate::form::exactly::CAUTIOUS;

/// The values of a shape, of which there are so many.
///
/// # Errors
/// If the shape is none, or the bytes are not those of so many values.
pub(crate) fn unpack<'de, V: Deserialize<'de>>(
    shape: &[Word<String>],
    bytes: &[u8],
    len: usize,
) -> Result<Vec<V>, Error> {
    if !is_shape(shape) {
        return Err(Error::custom("the shape of values is none"));
    }
    let mut values = Vec::with_capacity(len.min(CAUTIOUS));
    let mut from = Unpacker {
        shape,
        rest: shape,
        bytes,
    };
    for _ in 0..len {
        from.rest = from.shape;
        values.push(V::deserialize(&mut from)?);
        if !from.rest.is_empty() {
            return Err(Error::custom("a value is not of its shape"));
        }
    }
    if from.bytes.is_empty() {
        Ok(values)
    } else {
        Err(Error::custom("there are more bytes than those of values"))
    }
}

struct Unpacker<'u> {
    shape: &'u [Word<String>],
    /// What is to come of the shape of the value that is read.
    rest: &'u [Word<String>],
    bytes: &'u [u8],
}

impl<'u> Unpacker<'u> {
    #[inline]
    fn word(&mut self) -> Result<&'u Word<String>, Error> {
        match self.rest.split_first() {
            Some((word, rest)) => {
                self.rest = rest;
                Ok(word)
            }
            None => Err(Error::custom("a value has too few parts")),
        }
    }

    #[inline]
    fn raw<const LEN: usize>(&mut self) -> Result<[u8; LEN], Error> {
        match self.bytes.split_first_chunk() {
            Some((first, rest)) => {
                self.bytes = rest;
                Ok(*first)
            }
            None => Err(missing()),
        }
    }

    #[inline]
    fn short(&mut self) -> Result<u64, Error> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let [byte] = self.raw()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(missing())
    }

    /// The same for a number that has fewer bits.
    #[inline]
    fn small<N: TryFrom<u64>>(&mut self) -> Result<N, Error> {
        N::try_from(self.short()?).map_err(|_| missing())
    }

    #[inline]
    fn signed(&mut self) -> Result<i64, Error> {
        let number = self.short()?;
        let number = number >> 1 ^ (number & 1).wrapping_neg();
        Ok(i64::from_ne_bytes(number.to_ne_bytes()))
    }

    /// Hands out so many parts, whether they have names or not.
    #[inline]
    fn each<'de, V: Visitor<'de>>(&mut self, left: u32, visitor: V) -> Result<V::Value, Error> {
        let mut parts = Parts { from: self, left };
        let value = visitor.visit_seq(&mut parts)?;
        parts.end(value)
    }

    /// Passes over a value.
    fn skip(&mut self) -> Result<(), Error> {
        let mut left = 1_u64;
        while left > 0 {
            left -= 1;
            match self.word()? {
                Word::Unit => {}
                Word::Bool | Word::I8 | Word::U8 => drop(self.raw::<1>()?),
                Word::I16 | Word::U16 => drop(self.raw::<2>()?),
                Word::F32 => drop(self.raw::<4>()?),
                Word::F64 => drop(self.raw::<8>()?),
                Word::I32 | Word::I64 | Word::U32 | Word::U64 | Word::Char => {
                    self.short()?;
                }
                Word::Tuple(len) | Word::Struct(len) => left += u64::from(*len),
                Word::Field(_) => left += 1,
            }
        }
        Ok(())
    }
}

#[cold]
fn missing() -> Error {
    Error::custom("the bytes of a value are none")
}

impl<'de> Deserializer<'de> for &mut Unpacker<'_> {
    type Error = Error;

    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.word()? {
            Word::Unit => visitor.visit_unit(),
            Word::Bool => {
                let [byte] = self.raw()?;
                visitor.visit_bool(byte != 0)
            }
            Word::I8 => visitor.visit_i8(i8::from_le_bytes(self.raw()?)),
            Word::I16 => visitor.visit_i16(i16::from_le_bytes(self.raw()?)),
            Word::I32 => match i32::try_from(self.signed()?) {
                Ok(number) => visitor.visit_i32(number),
                Err(_) => Err(missing()),
            },
            Word::I64 => visitor.visit_i64(self.signed()?),
            Word::U8 => visitor.visit_u8(u8::from_le_bytes(self.raw()?)),
            Word::U16 => visitor.visit_u16(u16::from_le_bytes(self.raw()?)),
            Word::U32 => visitor.visit_u32(self.small()?),
            Word::U64 => visitor.visit_u64(self.short()?),
            Word::F32 => visitor.visit_f32(f32::from_le_bytes(self.raw()?)),
            Word::F64 => visitor.visit_f64(f64::from_le_bytes(self.raw()?)),
            Word::Char => match char::from_u32(self.small()?) {
                Some(letter) => visitor.visit_char(letter),
                None => Err(missing()),
            },
            Word::Tuple(len) => self.each(*len, visitor),
            Word::Struct(len) => {
                let left = *len;
                let mut parts = Parts { from: self, left };
                let value = visitor.visit_map(&mut parts)?;
                parts.end(value)
            }
            Word::Field(_) => Err(missing()),
        }
    }

    /// A struct may be read as a tuple.
    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        match self.rest.first() {
            Some(Word::Struct(len)) => {
                self.rest = &self.rest[1..];
                self.each(*len, visitor)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_tuple(0, visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// What had to be there, and need not be any more, is there.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Some(Word::Unit) = self.rest.first() {
            self.rest = &self.rest[1..];
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        map struct enum identifier
    }
}

/// The parts of a tuple, or the fields of a struct, that are still to be read.
struct Parts<'p, 'u> {
    from: &'p mut Unpacker<'u>,
    left: u32,
}

impl Parts<'_, '_> {
    #[inline]
    fn end<V>(self, value: V) -> Result<V, Error> {
        if self.left == 0 {
            Ok(value)
        } else {
            Err(Error::custom("a value has too many parts"))
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Parts<'_, '_> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        if let Some(Word::Field(_)) = self.from.rest.first() {
            self.from.word()?;
        }
        seed.deserialize(&mut *self.from).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left as usize)
    }
}

impl<'de> MapAccess<'de> for &mut Parts<'_, '_> {
    type Error = Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        match self.from.word()? {
            Word::Field(name) => {
                let name: serde::de::value::StrDeserializer<'_, Error> =
                    name.as_str().into_deserializer();
                seed.deserialize(name).map(Some)
            }
            _ => Err(missing()),
        }
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(&mut *self.from)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left as usize)
    }
}
