//! What may be a leak.

use core::fmt::{self, Write};

use super::list;
use super::listed::Listed;
use crate::inspect::export::text::Text;
use crate::inspect::suspects::{Suspect, Suspects};
use crate::inspect::{Dominators, HeapSnapshot};

/// The most suspects.
const MOST: usize = 200;
/// In place of a class or an object.
const NONE: i64 = -1;
const GARBAGE: i64 = -3;

/// The objects that are suspects themselves, which have to be listed.
pub(super) fn objects(suspects: &Suspects<'_>) -> impl Iterator<Item = u32> {
    shown(suspects).filter_map(object)
}

fn shown<'a>(suspects: &'a Suspects<'_>) -> impl Iterator<Item = &'a Suspect> {
    suspects.list.iter().take(MOST)
}

pub(super) fn write(
    suspects: &Suspects<'_>,
    (dominators, retained): (&Dominators<'_>, &[u64]),
    listed: &Listed,
    text: &mut Text<'_, '_>,
) -> fmt::Result {
    let heap = dominators.heap();
    let top = dominators.top().iter();
    let whole = top.map(|&object| dominators.retained_size(object)).sum();
    list(text, shown(suspects), |text, suspect| {
        let class = class(heap, suspect);
        let object = object(suspect).and_then(|object| listed.place(object));
        let size = match suspect {
            Suspect::Retains { size, .. } | Suspect::Unreachable { size, .. } => *size,
            Suspect::Outlived { objects, .. } => objects
                .iter()
                .map(|&object| dominators.retained_size(object))
                .sum(),
            Suspect::Grows { .. } => usize::try_from(class).map_or(0, |class| retained[class]),
        };
        write!(
            text,
            "{{\"class\":{class},\"object\":{},\"retained\":{size},\"why\":",
            object.unwrap_or(NONE)
        )?;
        text.json(&suspects.line(suspect, whole))?;
        text.write_str("}")
    })
}

/// The object that a suspect is, or the first of several.
fn object(suspect: &Suspect) -> Option<u32> {
    match suspect {
        Suspect::Retains { object, .. } => Some(*object),
        Suspect::Outlived { objects, .. } => objects.first().copied(),
        Suspect::Grows { .. } | Suspect::Unreachable { .. } => None,
    }
}

fn class(heap: &HeapSnapshot, suspect: &Suspect) -> i64 {
    match suspect {
        Suspect::Retains { object, .. } => heap.class(*object).into(),
        Suspect::Grows { class, .. } | Suspect::Outlived { class, .. } => {
            let mut classes = heap.classes().zip(0..);
            classes
                .find(|(name, _)| name == class)
                .map_or(NONE, |(_, number)| number)
        }
        Suspect::Unreachable { .. } => GARBAGE,
    }
}
