//! Values of one shape, in bytes that no format sees: what few calls write and read at once.
//!
//! Components go through a format by trait objects, each number of each of them, which takes many times as long as
//! the number itself. Most have a shape that is the same for all values of their type: so that is written once, by
//! the names that it has, and then the numbers. What is read knows the shape, as in formats that tell it: fields may
//! have come or gone since, or have other types. Values that differ in shape are left to the format.

mod pack;
mod unpack;

use serde::{Deserialize, Serialize};

pub(crate) use pack::Packer;
pub(crate) use unpack::unpack;

/// The largest shape, in words.
const LARGEST: usize = 256;
/// How deep it may be.
const DEEPEST: usize = 32;

/// A word of a shape: what a value consists of comes behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Word<N> {
    Unit,
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    Char,
    /// So many values.
    Tuple(u32),
    /// So many fields.
    Struct(u32),
    /// The name of a field, whose value comes next.
    Field(N),
}

/// Whether these are the words of one value.
fn is_shape<N>(words: &[Word<N>]) -> bool {
    // How many parts are to come, of each value around the next one; and whether these have names.
    let mut open = alloc::vec![(1_u32, false)];
    let mut has_name = false;
    for word in words {
        let Some((left, are_named)) = open.last_mut() else {
            return false;
        };
        if matches!(word, Word::Field(_)) {
            if !*are_named || has_name {
                return false;
            }
            has_name = true;
            continue;
        }
        if *are_named != has_name {
            return false;
        }
        has_name = false;
        *left -= 1;
        match *word {
            Word::Tuple(len) => open.push((len, false)),
            Word::Struct(len) => open.push((len, true)),
            _ => {}
        }
        if open.len() > DEEPEST {
            return false;
        }
        while open.last().is_some_and(|&(left, _)| left == 0) {
            open.pop();
        }
    }
    open.is_empty() && words.len() <= LARGEST
}

#[cfg(test)]
mod tests;
