//! Questions, and answers as text.

use super::Result;
use super::progress::Progress;
use std::io::Write;
use understory::inspect::HeapSnapshot;

pub(super) fn census(heap: &HeapSnapshot, lines: usize, out: &mut impl Write) -> Result {
    let mut classes: Vec<(u64, u64, &str)> = heap.classes().map(|name| (0, 0, name)).collect();
    for object in heap.objects() {
        let class = &mut classes[heap.class(object) as usize];
        class.0 += heap.size(object);
        class.1 += 1;
    }
    classes.sort_by_key(|&(size, ..)| std::cmp::Reverse(size));
    writeln!(out, "{:>14} {:>12}  class", "own size", "objects")?;
    for (size, objects, name) in classes.iter().take(lines) {
        writeln!(out, "{size:>14} {objects:>12}  {name}")?;
    }
    writeln!(out, "{:>14} {:>12}  all", heap.total_size(), heap.len())?;
    Ok(())
}

pub(super) fn why(heap: &HeapSnapshot, id: &str, out: &mut impl Write) -> Result {
    let object = find(heap, id)?;
    writeln!(out, "{}", heap.why(object))?;
    Ok(())
}

pub(super) fn retained(
    heap: &HeapSnapshot,
    lines: usize,
    progress: &Progress,
    out: &mut impl Write,
) -> Result {
    let dominators = progress.during("find what dominates what", || heap.dominators());
    let mut objects: Vec<u32> = heap.objects().collect();
    objects.sort_by_key(|&object| std::cmp::Reverse(dominators.retained_size(object)));
    writeln!(
        out,
        "{:>14} {:>12} {:>12}  object",
        "retained", "objects", "own size"
    )?;
    for &object in objects.iter().take(lines) {
        writeln!(
            out,
            "{:>14} {:>12} {:>12}  {} {}",
            dominators.retained_size(object),
            dominators.retained_count(object),
            heap.size(object),
            heap.class_of(object),
            name(heap, object),
        )?;
    }
    Ok(())
}

/// The object that is called so: `12v3`, as handles are displayed, or an id, with or without an `@`.
fn find(heap: &HeapSnapshot, id: &str) -> Result<u32> {
    let text = id.trim_start_matches(['@', '#']);
    let number = match text.split_once('v') {
        Some((index, version)) => version.parse::<u64>()? << 32 | index.parse::<u64>()?,
        None => text.parse()?,
    };
    heap.find_id(number)
        .ok_or_else(|| format!("there is no object {id}").into())
}

fn name(heap: &HeapSnapshot, object: u32) -> String {
    let id = heap.ids()[object as usize];
    match id >> 32 {
        version if version % 2 == 1 => format!("{}v{version}", id & u64::from(u32::MAX)),
        _ => format!("@{id}"),
    }
}
