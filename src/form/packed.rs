//! Columns of numbers: a list in formats for people, and bytes in all others, as many for each number as the largest
//! needs. So they are read and written in one go, by loops that know no format.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

pub(crate) fn serialize<S: Serializer>(numbers: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        numbers.serialize(serializer)
    } else {
        serializer.serialize_bytes(&packed(numbers))
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<u32>, D::Error> {
    if deserializer.is_human_readable() {
        Vec::deserialize(deserializer)
    } else {
        deserializer.deserialize_bytes(Bytes)
    }
}

/// The same for numbers of which most are a little above the one before: the differences are packed.
pub(crate) mod rising {
    use super::{Deserializer, Serialize, Serializer, Vec};

    pub(crate) fn serialize<S: Serializer>(
        numbers: &[u32],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return numbers.serialize(serializer);
        }
        let mut last = 0;
        let step = |&number: &u32| number.wrapping_sub(core::mem::replace(&mut last, number));
        let steps: Vec<u32> = numbers.iter().map(step).collect();
        super::serialize(&steps, serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u32>, D::Error> {
        let is_plain = deserializer.is_human_readable();
        let mut numbers = super::deserialize(deserializer)?;
        if !is_plain {
            let mut last = 0_u32;
            for number in &mut numbers {
                last = last.wrapping_add(*number);
                *number = last;
            }
        }
        Ok(numbers)
    }
}

/// How many bytes each number has, and then these, the lowest first; nothing for no numbers.
fn packed(numbers: &[u32]) -> Vec<u8> {
    let all = numbers.iter().fold(0, |all, number| all | number);
    match 4 - all.leading_zeros() / 8 {
        _ if numbers.is_empty() => Vec::new(),
        0 | 1 => packed_in::<1>(numbers),
        2 => packed_in::<2>(numbers),
        3 => packed_in::<3>(numbers),
        _ => packed_in::<4>(numbers),
    }
}

fn packed_in<const WIDTH: usize>(numbers: &[u32]) -> Vec<u8> {
    let mut bytes = vec![0; 1 + numbers.len() * WIDTH];
    bytes[0] = WIDTH.to_le_bytes()[0];
    for (bytes, number) in bytes[1..].chunks_exact_mut(WIDTH).zip(numbers) {
        bytes.copy_from_slice(&number.to_le_bytes()[..WIDTH]);
    }
    bytes
}

fn unpacked(bytes: &[u8]) -> Option<Vec<u32>> {
    let Some((&width, numbers)) = bytes.split_first() else {
        return Some(Vec::new());
    };
    match width {
        1 => unpacked_in::<1>(numbers),
        2 => unpacked_in::<2>(numbers),
        3 => unpacked_in::<3>(numbers),
        4 => unpacked_in::<4>(numbers),
        _ => None,
    }
}

fn unpacked_in<const WIDTH: usize>(bytes: &[u8]) -> Option<Vec<u32>> {
    let numbers = bytes.chunks_exact(WIDTH);
    if !numbers.remainder().is_empty() {
        return None;
    }
    let number = |bytes: &[u8]| {
        let mut all = [0; 4];
        all[..WIDTH].copy_from_slice(bytes);
        u32::from_le_bytes(all)
    };
    Some(numbers.map(number).collect())
}

/// Reads packed numbers.
struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Vec<u32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("packed numbers")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u32>, E> {
        unpacked(bytes).ok_or_else(|| E::custom("numbers are not packed as they should be"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, from: A) -> Result<Vec<u32>, A::Error> {
        self.visit_bytes(&gathered(from)?)
    }
}

/// The bytes of a format in which they are a list of numbers.
pub(crate) fn gathered<'de, A: SeqAccess<'de>>(mut from: A) -> Result<Vec<u8>, A::Error> {
    let mut bytes = Vec::new();
    while let Some(byte) = from.next_element()? {
        bytes.push(byte);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_as_many_bytes_as_the_largest() {
        for (numbers, len) in [
            (&[][..], 0),
            (&[0], 2),
            (&[0, 255], 3),
            (&[0, 256, 3], 7),
            (&[1 << 23, 0], 7),
            (&[1 << 24], 5),
            (&[u32::MAX, 7], 9),
        ] {
            let bytes = packed(numbers);
            assert_eq!(bytes.len(), len, "{numbers:?}");
            assert_eq!(unpacked(&bytes).as_deref(), Some(numbers));
            let each = bytes.iter().copied();
            let list = serde::de::value::SeqDeserializer::<_, serde::de::value::Error>::new(each);
            assert_eq!(Bytes.visit_seq(list).as_deref(), Ok(numbers));
        }
    }

    #[test]
    fn bytes_that_are_no_numbers_are_refused() {
        for bytes in [&[0][..], &[5, 1, 2, 3, 4, 5], &[2, 1], &[4, 1, 2, 3]] {
            assert_eq!(unpacked(bytes), None, "{bytes:?}");
        }
    }
}
