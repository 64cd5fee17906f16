//! Writing.

use alloc::vec::Vec;
use core::fmt::Error;

use serde::ser::Serializer;
use serde::ser::{Impossible, Serialize, SerializeStruct, SerializeTuple, SerializeTupleStruct};

use super::{Word, is_shape};

/// Values of one shape, so far.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    shape: Vec<Word<&'static str>>,
    /// Where in the shape the value is that is written.
    at: usize,
    /// Whether a value was written, and so the shape is known.
    is_known: bool,
    bytes: Vec<u8>,
}

impl Packer {
    /// Adds a value.
    ///
    /// # Errors
    /// If it has another shape than those before it, or one that not all values of its type have.
    pub(crate) fn add(&mut self, value: &impl Serialize) -> Result<(), Error> {
        self.at = 0;
        value.serialize(&mut *self)?;
        if !self.is_known && !is_shape(&self.shape) {
            return Err(Error);
        }
        self.is_known = true;
        if self.at == self.shape.len() {
            Ok(())
        } else {
            Err(Error)
        }
    }

    /// The shape, and the bytes of all values; there is no shape if there are none.
    pub(crate) fn finish(self) -> (Vec<Word<&'static str>>, Vec<u8>) {
        (self.shape, self.bytes)
    }

    #[inline]
    fn note(&mut self, word: Word<&'static str>) -> Result<(), Error> {
        let is_right = match self.shape.get(self.at) {
            Some(other) => *other == word,
            None if self.is_known => false,
            None => {
                self.shape.push(word);
                true
            }
        };
        self.at += 1;
        if is_right { Ok(()) } else { Err(Error) }
    }

    #[inline]
    fn raw(&mut self, word: Word<&'static str>, bytes: &[u8]) -> Result<(), Error> {
        self.note(word)?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Seven bits in each byte, the lowest first; the eighth says whether more follow.
    #[inline]
    fn short(&mut self, word: Word<&'static str>, number: u64) -> Result<(), Error> {
        self.note(word)?;
        let mut rest = number;
        while rest > 0x7f {
            self.bytes.push(rest.to_le_bytes()[0] | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest.to_le_bytes()[0]);
        Ok(())
    }

    fn of(
        &mut self,
        word: impl FnOnce(u32) -> Word<&'static str>,
        len: usize,
    ) -> Result<(), Error> {
        let len = u32::try_from(len).map_err(|_| Error)?;
        self.note(word(len))
    }
}

/// Small numbers of either sign become small ones.
#[inline]
fn folded(number: i64) -> u64 {
    u64::from_ne_bytes((number << 1 ^ number >> 63).to_ne_bytes())
}

type Never = Impossible<(), Error>;

impl Serializer for &mut Packer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Never;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Self;
    type SerializeStructVariant = Never;

    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.raw(Word::Bool, &[value.into()])
    }

    #[inline]
    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.raw(Word::I8, &value.to_le_bytes())
    }

    #[inline]
    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.raw(Word::I16, &value.to_le_bytes())
    }

    #[inline]
    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.short(Word::I32, folded(value.into()))
    }

    #[inline]
    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.short(Word::I64, folded(value))
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.raw(Word::U8, &[value])
    }

    #[inline]
    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.raw(Word::U16, &value.to_le_bytes())
    }

    #[inline]
    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.short(Word::U32, value.into())
    }

    #[inline]
    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.short(Word::U64, value)
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.raw(Word::F32, &value.to_le_bytes())
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.raw(Word::F64, &value.to_le_bytes())
    }

    #[inline]
    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.short(Word::Char, u32::from(value).into())
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.note(Word::Unit)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.note(Word::Unit)
    }

    #[inline]
    fn serialize_newtype_struct<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &V,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Self, Error> {
        self.of(Word::Tuple, len)?;
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Self, Error> {
        self.serialize_tuple(len)
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Self, Error> {
        self.of(Word::Struct, len)?;
        Ok(self)
    }

    fn serialize_str(self, _: &str) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_none(self) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_some<V: Serialize + ?Sized>(self, _: &V) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_newtype_variant<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &V,
    ) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Never, Error> {
        Err(Error)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, Error> {
        Err(Error)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Never, Error> {
        Err(Error)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, Error> {
        Err(Error)
    }
}

impl SerializeTuple for &mut Packer {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_element<V: Serialize + ?Sized>(&mut self, value: &V) -> Result<(), Error> {
        value.serialize(&mut **self)
    }

    #[inline]
    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

impl SerializeTupleStruct for &mut Packer {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_field<V: Serialize + ?Sized>(&mut self, value: &V) -> Result<(), Error> {
        value.serialize(&mut **self)
    }

    #[inline]
    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

impl SerializeStruct for &mut Packer {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_field<V: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &V,
    ) -> Result<(), Error> {
        self.note(Word::Field(name))?;
        value.serialize(&mut **self)
    }

    #[inline]
    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}
