//! Questions, and answers as text.

use super::Result;
use super::progress::Progress;
use std::io::Write;
use understory::inspect::HeapSnapshot;

pub(super) fn census(heap: &HeapSnapshot, lines: usize, out: &mut impl Write) -> Result {
    write_lines(&heap.census().to_string(), lines, out)?;
    writeln!(
        out,
        "{} objects, {} bytes, {} edges, {} weak edges",
        heap.len(),
        heap.total_size(),
        heap.edge_count(),
        heap.weak_edge_count()
    )?;
    Ok(())
}

/// The first lines of an answer, and how many more there are.
fn write_lines(text: &str, most: usize, out: &mut impl Write) -> Result {
    // The head is no line.
    for line in text.lines().take(most + 1) {
        writeln!(out, "{line}")?;
    }
    let more = text.lines().count().saturating_sub(most + 1);
    if more > 0 {
        writeln!(out, "… and {more} more lines")?;
    }
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

pub(super) fn tree(heap: &HeapSnapshot, progress: &Progress, out: &mut impl Write) -> Result {
    let dominators = progress.during("find what dominates what", || heap.dominators());
    writeln!(out, "{dominators}")?;
    Ok(())
}

pub(super) fn cycles(
    heap: &HeapSnapshot,
    lines: usize,
    progress: &Progress,
    out: &mut impl Write,
) -> Result {
    let cycles = progress.during("find circles", || heap.cycles());
    write_lines(&cycles.to_string(), lines, out)
}

pub(super) fn suspects(
    heap: &HeapSnapshot,
    (earlier, percent): (&[HeapSnapshot], u8),
    progress: &Progress,
    out: &mut impl Write,
) -> Result {
    let earlier: Vec<&HeapSnapshot> = earlier.iter().collect();
    let suspects = progress.during("look for suspects", || heap.suspects(&earlier, percent));
    if suspects.list.is_empty() {
        writeln!(out, "nothing looks like a leak")?;
    } else {
        writeln!(out, "{suspects}")?;
    }
    Ok(())
}

pub(super) fn diff(
    [before, after]: [&HeapSnapshot; 2],
    lines: usize,
    out: &mut impl Write,
) -> Result {
    write_lines(&after.growth_since(before).to_string(), lines, out)
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
