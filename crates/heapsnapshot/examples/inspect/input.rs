//! Files in.

use super::Result;
use super::progress::Progress;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use understory::inspect::HeapSnapshot;
use understory_heapsnapshot::Snapshot;

/// How the files of understory's own format begin.
const MAGIC: &[u8] = b"understy";

/// Reads a heap snapshot; its first bytes show which format it has.
pub(super) fn read(path: &Path, progress: &Progress) -> Result<HeapSnapshot> {
    let name = path.display();
    let file = File::open(path).map_err(|error| format!("{name}: {error}"))?;
    let bar = progress.bytes("read", file.metadata().map_or(0, |data| data.len()));
    let mut file = BufReader::new(file);
    let is_ours = file.fill_buf().is_ok_and(|start| start.starts_with(MAGIC));
    let file = bar.wrap_read(file);
    let heap = if is_ours {
        HeapSnapshot::read_from(file).map_err(|error| format!("{name}: {error}"))?
    } else {
        foreign(file).map_err(|error| format!("{name}: {error}"))?
    };
    bar.finish_and_clear();
    Ok(heap)
}

fn foreign(file: impl Read) -> Result<HeapSnapshot> {
    let snapshot = Snapshot::read(file)?;
    Ok(snapshot.heap_snapshot()?)
}

/// The name of a file without what follows the dot.
pub(super) fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match name.split_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => name.into_owned(),
    }
}
