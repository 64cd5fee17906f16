//! How a heap differs from an earlier one.

use alloc::collections::BTreeMap;
use core::fmt::{self, Write};

use super::classes::Classes;
use super::list;
use crate::inspect::export::text::Text;
use crate::inspect::{Dominators, HeapSnapshot};

/// What has become of the objects of a class.
#[derive(Default)]
struct Change {
    born: u64,
    gone: u64,
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
    let mut changes: BTreeMap<&str, Change> = BTreeMap::new();
    for object in heap.objects() {
        if before.find_id(heap.ids()[object as usize]).is_none() {
            changes.entry(heap.class_of(object)).or_default().born += 1;
        }
    }
    for object in before.objects() {
        if heap.find_id(before.ids()[object as usize]).is_none() {
            changes.entry(before.class_of(object)).or_default().gone += 1;
        }
    }
    let classes_before = Classes::of(&before.dominators());
    for (name, class) in before.classes().zip(0..) {
        let change = changes.entry(name).or_default();
        change.size -= i128::from(classes_before.sizes[class]);
        change.retained -= i128::from(classes_before.retained[class]);
    }
    for (name, class) in heap.classes().zip(0..) {
        let change = changes.entry(name).or_default();
        change.size += i128::from(classes.sizes[class]);
        change.retained += i128::from(classes.retained[class]);
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
            i128::from(change.born) - i128::from(change.gone),
            change.size,
            change.retained,
        )
    })?;
    text.write_str("}")
}
