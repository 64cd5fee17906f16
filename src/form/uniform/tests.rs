use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Debug;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::*;

fn packed(values: &[impl Serialize]) -> Option<(Vec<Word<String>>, Vec<u8>)> {
    let mut packer = Packer::default();
    for value in values {
        packer.add(value).ok()?;
    }
    let (shape, bytes) = packer.finish();
    // The way that it takes through a format.
    let shape = serde_json::to_string(&shape).unwrap();
    Some((serde_json::from_str(&shape).unwrap(), bytes))
}

fn copy<V: DeserializeOwned>(values: &[impl Serialize]) -> Result<Vec<V>, String> {
    let (shape, bytes) = packed(values).ok_or("they differ")?;
    unpack(&shape, &bytes, values.len()).map_err(|error| error.to_string())
}

fn assert_kept<V: Serialize + DeserializeOwned + PartialEq + Debug>(values: &[V]) {
    assert_eq!(copy(values).as_deref(), Ok(values));
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Place {
    at: (i32, i64),
    near: [u16; 3],
    of: Unit,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Speed(f32, f64, u8, i8, bool, char);

#[test]
fn values_of_one_shape_are_kept() {
    let place = |far| Place {
        at: (i32::MIN + far, i64::MAX - i64::from(far)),
        near: [0, 1, u16::MAX],
        of: Unit,
    };
    assert_kept(&[place(0), place(1), place(i32::MAX)]);
    assert_kept(&[
        Speed(0.5, -0.5, 7, -7, true, 'ß'),
        Speed(f32::MIN, f64::MAX, 255, i8::MIN, false, '\u{10ffff}'),
    ]);
    assert_kept(&[0_u32, 127, 128, u32::MAX]);
    assert_kept(&[0_u64, u64::MAX, 1 << 63, 300]);
    assert_kept(&[i64::MIN, -1, 0, 1, i64::MAX]);
    assert_kept(&[i16::MIN, i16::MAX]);
    assert_kept(&[(), ()]);
    assert_kept(&[Unit]);
}

/// Most of these have one shape.
struct Most(u8);

impl Serialize for Most {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            2 => serializer.serialize_u16(7),
            other => serializer.serialize_u8(other),
        }
    }
}

#[test]
fn what_may_differ_in_shape_is_left_to_the_format() {
    assert_eq!(packed(&["fox"]), None);
    assert_eq!(packed(&[Some(1)]), None);
    assert_eq!(packed(&[vec![1]]), None);
    assert_eq!(packed(&[Ok::<u8, u8>(1)]), None);
    assert_eq!(packed(&[u128::MAX]), None);
    assert!(packed(&[[0_u8; 32]; 2]).is_some());
    // More than is worth it.
    assert_eq!(packed(&[[[0_u8; 32]; 32]; 2]), None);

    assert!(packed(&[Most(0), Most(1)]).is_some());
    assert!(packed(&[Most(0), Most(1), Most(2)]).is_none());
}

#[test]
fn a_type_may_change_as_in_formats_that_tell_the_shape() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Old {
        name: u32,
        lost: (u16, [f64; 2], i64),
        health: u32,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct New {
        health: u64,
        #[serde(default)]
        mana: u8,
        name: Option<u32>,
    }
    let old = |health| Old {
        name: 300,
        lost: (1, [2.0, 3.0], -4),
        health,
    };
    let new = |health| New {
        health,
        mana: 0,
        name: Some(300),
    };
    assert_eq!(copy(&[old(5), old(6)]), Ok(vec![new(5), new(6)]));
    assert_eq!(copy::<Option<u8>>(&[()]), Ok(vec![None]));
    assert_eq!(
        copy::<(u32, (u16, [f64; 2], i64), u32)>(&[old(5)]).unwrap()[0].2,
        5
    );
    assert_eq!(copy::<IgnoredAny>(&[old(5)]).map(|of| of.len()), Ok(1));
    let json: Vec<serde_json::Value> = copy(&[old(5)]).unwrap();
    assert_eq!(json, [serde_json::to_value(old(5)).unwrap()]);
}

#[test]
fn what_does_not_fit_is_refused() {
    assert!(copy::<[u8; 3]>(&[[1_u8, 2]]).is_err());
    assert!(copy::<[u8; 2]>(&[[1_u8, 2, 3]]).is_err());
    assert!(copy::<u8>(&[300_u32]).is_err());
    assert!(copy::<String>(&[1_u8]).is_err());
    let (shape, bytes) = packed(&[[1_u16, 2], [3, 4]]).unwrap();
    let read = |shape: &[Word<String>], bytes: &[u8], len| unpack::<[u16; 2]>(shape, bytes, len);
    assert!(read(&shape, &bytes, 2).is_ok());
    assert!(read(&shape, &bytes, 1).is_err() && read(&shape, &bytes, 3).is_err());
    assert!(read(&shape, &bytes[1..], 2).is_err());
    for at in 0..bytes.len() {
        assert!(read(&shape, &bytes[..at], 2).is_err());
    }
    // No number has so many bytes.
    assert!(unpack::<u64>(&[Word::U64], &[0xff; 11], 1).is_err());
    assert!(unpack::<u32>(&[Word::U32], &[0xff, 0xff, 0xff, 0xff, 0x7f], 1).is_err());
    assert!(unpack::<char>(&[Word::Char], &[0x80, 0xb0, 0x03], 1).is_err());
}

#[test]
fn what_is_no_shape_is_refused() {
    let field = || Word::Field("a".to_owned());
    let no_shapes = [
        vec![],
        vec![Word::U8, Word::U8],
        vec![Word::Tuple(2), Word::U8],
        vec![Word::Tuple(u32::MAX), Word::U8],
        vec![Word::Struct(1), Word::U8],
        vec![Word::Struct(1), field()],
        vec![Word::Struct(1), field(), field(), Word::U8],
        vec![Word::Tuple(1), field(), Word::U8],
        vec![field(), Word::U8],
        [vec![Word::Tuple(300)], vec![Word::Unit; 300]].concat(),
        [vec![Word::Tuple(1); 100], vec![Word::Unit]].concat(),
    ];
    for shape in no_shapes {
        assert!(!is_shape(&shape), "{shape:?}");
        assert!(unpack::<IgnoredAny>(&shape, &[0; 8], 1).is_err());
    }
    assert!(is_shape(&[Word::Struct(1), field(), Word::Tuple(0)]));
}
