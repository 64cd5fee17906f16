//! How a heap differs from an earlier one.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt::{self, Write};

use super::classes::Classes;
use super::list;
use crate::inspect::export::text::Text;
use crate::inspect::{Dominators, HeapSnapshot};

/// What has become of the objects of a class.
struct Change {
    born: usize,
    gone: usize,
    size: i128,
    retained: i128,
}

/// Writes the differences, by the names of classes.
pub(super) fn write(
    (before, then): (&HeapSnapshot, &str),
    (dominators, classes, now): (&Dominators<'_>, &Classes, &str),
    text: &mut Text<'_, '_>,
) -> fmt::Result {
    let heap = dominators.heap();
    let mut changes: BTreeMap<String, Change> = BTreeMap::new();
    for class in heap.growth_since(before).classes {
        let change = Change {
            born: class.born,
            gone: class.died,
            size: i128::from(class.after.size) - i128::from(class.before.size),
            retained: 0,
        };
        changes.insert(class.class, change);
    }
    let classes_before = Classes::of(&before.dominators());
    for (name, class) in before.classes().zip(0..) {
        if let Some(change) = changes.get_mut(name) {
            change.retained -= i128::from(classes_before.retained[class]);
        }
    }
    for (name, class) in heap.classes().zip(0..) {
        if let Some(change) = changes.get_mut(name) {
            change.retained += i128::from(classes.retained[class]);
        }
    }
    text.write_str("{\"before\":")?;
    text.json(then)?;
    text.write_str(",\"after\":")?;
    text.json(now)?;
    text.write_str(",\"rows\":")?;
    list(text, &changes, |text, (name, change)| {
        text.write_str("{\"name\":")?;
        text.json(name)?;
        write!(
            text,
            ",\"born\":{},\"gone\":{},\"count\":{},\"size\":{},\"retained\":{}}}",
            change.born,
            change.gone,
            change.born as i128 - change.gone as i128,
            change.size,
            change.retained,
        )
    })?;
    text.write_str("}")
}
