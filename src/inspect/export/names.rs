//! How files call what they write.

use alloc::format;
use alloc::string::String;

use crate::config::Generation;

/// In place of an object's number: there is none.
pub(super) const NONE: u32 = u32::MAX;

/// All generations, in the order of their numbers.
pub(super) const GENERATIONS: [Generation; 4] = [
    Generation::Young,
    Generation::Middle,
    Generation::Old,
    Generation::Permanent,
];

/// What a generation is called.
pub(super) fn generation_name(generation: Generation) -> &'static str {
    match generation {
        Generation::Young => "young",
        Generation::Middle => "middle",
        Generation::Old => "old",
        Generation::Permanent => "permanent",
    }
}

/// An id as handles are displayed, or as a number.
pub(super) fn short_id(id: u64) -> String {
    let (index, version) = (id & u64::from(u32::MAX), id >> 32);
    // The version of what is in a slot is odd.
    if version % 2 == 1 {
        format!("{index}v{version}")
    } else {
        format!("@{id}")
    }
}
