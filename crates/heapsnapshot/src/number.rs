//! A number of a file, which may be another than its column promises.

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use std::fmt;

/// What stands where a whole number should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// A whole number, however it is written: `24`, `24.0` and `2.4e1` are the same.
    Whole(u64),
    /// A whole number below zero.
    Negative(i64),
    /// A fraction, a number that takes more than 64 bits, or `null`, which JavaScript writes in place of
    /// numbers that JSON does not have.
    Other,
}

impl Number {
    pub(super) fn whole(self) -> Option<u64> {
        match self {
            Self::Whole(number) => Some(number),
            Self::Negative(_) | Self::Other => None,
        }
    }

    /// The number that was meant if it is an unsigned one: V8 writes those of 32 bits as signed ones in
    /// some places, so that 2³¹ is −2³¹ in the file.
    pub(super) fn unsigned(self) -> Option<u64> {
        match self {
            Self::Whole(number) => Some(number),
            Self::Negative(number) => match number.unsigned_abs() {
                below_zero @ ..=0x8000_0000 => Some((1 << 32) - below_zero),
                below_zero => Some(below_zero.wrapping_neg()),
            },
            Self::Other => None,
        }
    }

    /// The index that was meant. It is `None` for −1, with or without its sign: writers have it for a
    /// reference whose place they do not know.
    pub(super) fn index(self) -> Option<u64> {
        match self {
            Self::Whole(u64::MAX) | Self::Negative(..-0x8000_0000 | -1) => None,
            number => number.unsigned(),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Negative(number) => number.fmt(f),
            Self::Other => f.write_str("no whole number of 64 bits"),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    #[inline]
    fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
        Ok(Number::Whole(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
        Ok(u64::try_from(number).map_or(Number::Negative(number), Number::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
        // Beyond 24 digits, which are too many for 64 bits anyway, its text would be long.
        if number.fract() != 0.0 || number.abs() > 1e24 {
            return Ok(Number::Other);
        }
        let text = number.abs().to_string();
        Ok(if number.is_sign_negative() && number != 0.0 {
            let number = text.parse().ok().and_then(i64::checked_neg);
            number.map_or(Number::Other, Number::Negative)
        } else {
            text.parse().map_or(Number::Other, Number::Whole)
        })
    }

    fn visit_unit<E>(self) -> Result<Number, E> {
        Ok(Number::Other)
    }
}
