//! The saved form of a store: plain data, from which serde's derives make the format. What it means is known to
//! those who write and read it: each part of a store makes a form of itself, and is made of one again.
//!
//! The order of the fields is part of the format, and so are their names, those of the structs and of the variants.
//! Whatever changes here needs another [`VERSION`].

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use slotmap::KeyData;

mod arena;
mod exactly;
mod lists;
mod packed;
mod uniform;

pub(crate) use arena::{Arena, Free, Head, Rows, Usage};
pub(crate) use exactly::Exactly;
pub(crate) use lists::{Ends, Gaps, GapsOf, Indices, Lists, Run, Weak};
pub(crate) use packed::gathered;
pub(crate) use uniform::{Packer, Word, unpack};

use crate::bits::{Bits, Ones, WORD};
use crate::config::{Auto, Cycles, Generation, Reclaim};
use crate::index::{ARENA_WORDS, index_at};

/// What a save begins with.
pub(crate) const FORMAT: &str = "understory";
/// The version of the format.
pub(crate) const VERSION: u32 = 2;

/// What is wrong with a saved form, and where.
#[derive(Debug)]
pub(crate) struct Fault(pub(crate) String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Leaves a function with a [`Fault`] unless something holds.
macro_rules! demand {
    ($holds:expr, $($found:tt)+) => {
        if !$holds {
            return Err($crate::form::Fault(alloc::format!($($found)+)));
        }
    };
}
pub(crate) use demand;

/// All of a store but for its components. Saved and loaded forms differ in what holds the arenas (`A`), the labels
/// (`L`), the values (`V`) and the names of finalizers (`N`).
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct World<A, L, V, N> {
    pub(crate) settings: Settings,
    pub(crate) counters: Counters,
    pub(crate) arenas: A,
    pub(crate) filling: Filling,
    pub(crate) weak: Weak<L>,
    pub(crate) marks: Marks,
    pub(crate) foreign_roots: Vec<Number>,
    pub(crate) suspects: Suspects,
    pub(crate) deaths: Deaths<N>,
    pub(crate) record: Record<V>,
    pub(crate) pending: Pending,
    pub(crate) collections: Collections,
    pub(crate) backlogs: Backlogs,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) max_objects: u64,
    pub(crate) max_bytes: u64,
    pub(crate) reclaim: Reclaim,
    pub(crate) cycles: Cycles,
    pub(crate) trace_limit: u64,
    pub(crate) record_deaths: bool,
    pub(crate) auto: Auto,
    pub(crate) auto_before: Auto,
    pub(crate) assist_limit: u64,
    pub(crate) thresholds: [u32; 3],
    pub(crate) young_bytes: u64,
    pub(crate) growth: u32,
    pub(crate) behind_at: u32,
    pub(crate) catch_up: bool,
    pub(crate) keep_garbage: bool,
    pub(crate) parallel_from: u64,
    pub(crate) promote_fill: u8,
    pub(crate) reopen_fill: u8,
    pub(crate) first_version: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Counters {
    pub(crate) inserted: u64,
    pub(crate) allocations: u32,
    pub(crate) reclaimed: u64,
    pub(crate) collected: u64,
    pub(crate) traced: u64,
    pub(crate) observers: u64,
}

/// Which arena is filled next.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Filling {
    pub(crate) current: Option<u32>,
    pub(crate) young: Vec<u32>,
    pub(crate) sparse: Vec<u32>,
    pub(crate) vacant: Vec<u32>,
    pub(crate) looked_at: u32,
    pub(crate) has_permanent: bool,
}

/// What is said of objects in a bit, by index.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Marks {
    #[serde(with = "packed::rising")]
    pub(crate) pending: Vec<u32>,
    #[serde(with = "packed::rising")]
    pub(crate) noted: Vec<u32>,
    #[serde(with = "packed::rising")]
    pub(crate) suspected: Vec<u32>,
    #[serde(with = "packed::rising")]
    pub(crate) dead: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Number {
    pub(crate) object: u32,
    pub(crate) number: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Suspects {
    #[serde(with = "packed::rising")]
    pub(crate) listed: Vec<u32>,
    #[serde(with = "packed::rising")]
    pub(crate) handed_over: Vec<u32>,
    pub(crate) cursor: u32,
    pub(crate) total: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Deaths<N> {
    pub(crate) finalizers: Vec<Named<N>>,
    #[serde(with = "packed::rising")]
    pub(crate) finalized: Vec<u32>,
    pub(crate) watches: Vec<Watches>,
    pub(crate) last_owners: Vec<Owned>,
    pub(crate) next_watch: u64,
    pub(crate) notices: Vec<Notice>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Named<N> {
    pub(crate) object: u32,
    pub(crate) name: N,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Watches {
    pub(crate) object: u32,
    /// The oldest first.
    pub(crate) watches: Vec<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Owned {
    pub(crate) object: u32,
    pub(crate) owner: KeyData,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) watch: u64,
    pub(crate) object: KeyData,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Cause {
    Released,
    Collected,
    Destroyed,
    OwnerDestroyed,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record<V> {
    pub(crate) is_on: bool,
    pub(crate) with_components: bool,
    pub(crate) causes: Vec<Dying>,
    pub(crate) deaths: Vec<Death<V>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Dying {
    pub(crate) object: u32,
    pub(crate) cause: Cause,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Death<V> {
    pub(crate) object: KeyData,
    pub(crate) value: V,
    pub(crate) cause: Cause,
}

/// What is about to die.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) queue: Vec<KeyData>,
    pub(crate) stack: Vec<KeyData>,
    pub(crate) orphans: Vec<KeyData>,
    #[serde(with = "packed::rising")]
    pub(crate) orphaned: Vec<u32>,
    pub(crate) dismantled: Option<u32>,
    pub(crate) condemned: Vec<KeyData>,
    pub(crate) deferred: Vec<KeyData>,
    /// What the next call does first.
    pub(crate) unsettled: u8,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Collections {
    pub(crate) minor: Collector,
    pub(crate) major: Collector,
    pub(crate) searches: Searches,
    pub(crate) pace: Pace,
    pub(crate) garbage: Vec<KeyData>,
    pub(crate) assist_at: Option<u64>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Step {
    Idle,
    Whiten { at: u32 },
    Mark { at: u32, word: u32 },
    Finalize { at: u32, word: u32 },
    Check { at: u32, word: u32 },
    Keep { at: u32, slot: u32 },
    Detach { at: u32, slot: u32 },
    Reclaim { at: u32, slot: u32 },
    Settle { at: u32 },
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Barrier {
    Down,
    Buffering,
    Up,
}

#[derive(Debug, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are those of a collection"
)]
pub(crate) struct Collector {
    pub(crate) step: Step,
    pub(crate) generation: Generation,
    pub(crate) arenas: Vec<u32>,
    pub(crate) colours: Colours,
    pub(crate) examined: u64,
    pub(crate) freed: u64,
    pub(crate) found: u64,
    pub(crate) spent: u64,
    pub(crate) partial: bool,
    pub(crate) finalized: bool,
    pub(crate) search_again: bool,
    pub(crate) keeps: bool,
    pub(crate) whole: bool,
    pub(crate) hurried: bool,
    pub(crate) garbage: Vec<KeyData>,
    pub(crate) hub: Option<Partial>,
    pub(crate) long: Vec<Partial>,
    pub(crate) levels: Levels,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Colours {
    #[serde(with = "packed::rising")]
    pub(crate) white: Vec<u32>,
    pub(crate) grey: Vec<u32>,
    pub(crate) buffer: Vec<u32>,
    pub(crate) barrier: Barrier,
}

/// A list that was read down to a position.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Partial {
    pub(crate) object: u32,
    pub(crate) cursor: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Levels {
    pub(crate) is_wanted: bool,
    pub(crate) grey: Vec<u32>,
    pub(crate) long: Option<Partial>,
    pub(crate) depth: u8,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Searches {
    pub(crate) garbage: Vec<u32>,
    pub(crate) detached: u32,
    pub(crate) reclaimed: u32,
    pub(crate) hurried: bool,
    pub(crate) fruitless_units: u64,
    pub(crate) fruitless: u64,
    pub(crate) abandoned: u64,
    pub(crate) vain: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pace {
    pub(crate) counts: [u32; 2],
    pub(crate) long_lived: u64,
    pub(crate) base_objects: u64,
    pub(crate) base_bytes: u64,
    pub(crate) long_lived_pending: u64,
    pub(crate) bytes_before: u64,
    pub(crate) examined_at: [u64; 3],
    pub(crate) next: Option<Generation>,
    pub(crate) generations: [GenerationStats; 3],
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GenerationStats {
    pub(crate) collections: u64,
    pub(crate) examined: u64,
    pub(crate) freed: u64,
    pub(crate) kept: u64,
    pub(crate) units: u64,
    pub(crate) seconds: u64,
    pub(crate) nanoseconds: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Backlogs {
    pub(crate) levels: [Level; 5],
    pub(crate) steps: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Level {
    pub(crate) low: Option<u64>,
    pub(crate) peak: u64,
    pub(crate) rising: u32,
    pub(crate) since: u32,
    pub(crate) worked_off: u64,
    pub(crate) grows: bool,
}

/// A number of the saving machine, of which the largest means that there is no limit.
pub(crate) fn widen(number: usize) -> u64 {
    match number {
        usize::MAX => u64::MAX,
        number => number as u64,
    }
}

/// The same for this machine.
pub(crate) fn narrow(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A count that goes on being counted for ever.
pub(crate) fn counter(number: u64, what: &str) -> Result<u64, Fault> {
    demand!(number <= u64::MAX / 2, "{what}: {number} is out of range");
    Ok(number)
}

/// The same for a count of what is in memory.
pub(crate) fn count(number: u64, what: &str) -> Result<usize, Fault> {
    let is_out = || Fault(format!("{what}: {number} is out of range"));
    let number = usize::try_from(number).map_err(|_| is_out())?;
    demand!(number <= usize::MAX / 4, "{what}: {number} is out of range");
    Ok(number)
}

/// The indices of all bits that are 1, in order.
pub(crate) fn indices(bits: &Bits) -> Vec<u32> {
    let words = 0..bits.words().len();
    let bits = words.flat_map(|word| Ones(bits.word(word)).map(move |bit| index_at(word, bit)));
    bits.collect()
}

/// A bitmap of indices that come in order and are in one of the first `arenas` arenas.
pub(crate) fn bits(indices: &[u32], arenas: usize, what: &str) -> Result<Bits, Fault> {
    let mut bits = Bits::default();
    let Some(&last) = indices.last() else {
        return Ok(bits);
    };
    for pair in indices.windows(2) {
        demand!(
            pair[0] < pair[1],
            "{what}: {} comes before {}",
            pair[0],
            pair[1]
        );
    }
    demand!(
        (last as usize) < arenas * ARENA_WORDS * WORD,
        "{what}: there is no slot {last}"
    );
    bits.grow((last as usize / WORD / ARENA_WORDS + 1) * ARENA_WORDS);
    for &index in indices {
        bits.set(index);
    }
    Ok(bits)
}
