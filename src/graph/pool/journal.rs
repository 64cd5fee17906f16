//! Lists as they were when the last snapshot was taken.
//!
//! What has changed of a chunk is kept entry by entry. One that another one has taken the place of is kept as a whole,
//! as it was.

use alloc::vec::Vec;
use core::mem;
use core::ops::Range;

use super::blocks::Blocks;
use super::cells::{Cells, Entry};
use super::{LAST_CLASS, Pool};
use crate::index::narrow;
use crate::journal::{Log, Seen};

/// The entries of a chunk that have changed.
pub(crate) struct CellLog<L> {
    seen: Seen,
    cells: Log<PastCell<L>>,
    /// How many entries the chunk had.
    len: usize,
    copy: fn(&L) -> L,
}

/// An entry as it is not in its chunk.
struct PastCell<L> {
    at: u32,
    entry: Entry,
    label: Option<L>,
}

/// The chunks that others have taken the place of.
pub(super) struct ChunkLog<C> {
    whole: Vec<(u32, C)>,
    /// How many chunks there were.
    chunks: usize,
}

/// What a snapshot copies of a pool.
#[derive(Clone, Debug)]
pub(crate) struct Outline<L> {
    current: Option<usize>,
    end: usize,
    free: [u32; LAST_CLASS as usize + 1],
    vacant: Vec<u32>,
    units: Vec<L>,
}

/// What is in a pool in one state, and not in another.
pub(crate) struct PoolChanges<C: Cells> {
    chunks_changed: Vec<ChunkChanges<C::Label>>,
    whole: Vec<(u32, C)>,
    /// How many chunks there are, and those that the other state does not have.
    chunks: usize,
    tail: Vec<C>,
}

/// What a chunk has in one state, and not in another, and how long it is.
struct ChunkChanges<L> {
    number: u32,
    cells: Log<PastCell<L>>,
    len: usize,
}

/// Puts an entry of a chunk into its log, unless it is there. It may be beyond the end.
#[cold]
#[inline(never)]
pub(super) fn keep<C: Cells>(chunk: &mut C, at: usize) {
    keep_one(chunk, at);
}

/// The same for several.
#[cold]
#[inline(never)]
pub(super) fn keep_all<C: Cells>(chunk: &mut C, range: Range<usize>) {
    for at in range {
        keep_one(chunk, at);
    }
}

#[expect(clippy::inline_always, reason = "it is the body of both")]
#[inline(always)]
fn keep_one<C: Cells>(chunk: &mut C, at: usize) {
    let Some(log) = chunk.log().filter(|log| !log.seen.has(at)) else {
        return;
    };
    let cell = PastCell {
        at: narrow(at),
        entry: if at < chunk.len() {
            chunk.get(at)
        } else {
            Entry::default()
        },
        // That may run code of the user, and comes before anything changes.
        label: chunk.label(at).map(log.copy),
    };
    if let Some(log) = chunk.journal().log() {
        log.seen.note(at);
        log.cells.push(cell);
    }
}

/// Exchanges entries of a chunk for those that they were, and its length.
fn exchange_cells<C: Cells>(chunk: &mut C, cells: &mut Log<PastCell<C::Label>>, len: &mut usize) {
    // Nothing of that goes into its log, which is empty.
    let journal = mem::take(chunk.journal());
    let now = chunk.len();
    if now < *len {
        chunk.resize(*len);
    }
    for batch in cells.batches_mut() {
        let fetched = batch.iter().fold(0, |all, past| {
            let at = past.at as usize;
            all | if at < chunk.len() { chunk.node(at) } else { 0 }
        });
        core::hint::black_box(fetched);
        for past in batch {
            // The chunk may have been longer in between.
            if (past.at as usize) < chunk.len() {
                chunk.exchange(past.at as usize, &mut past.entry, &mut past.label);
            }
        }
    }
    chunk.resize(*len);
    *len = now;
    *chunk.journal() = journal;
}

impl<C: Cells> PoolChanges<C> {
    /// Bytes allocated, without what labels own.
    pub(crate) fn memory(&self) -> usize {
        let cells = self.chunks_changed.iter();
        let cells = cells.map(|chunk| chunk.cells.memory()).sum::<usize>();
        let whole = self.whole.iter().map(|(_, chunk)| chunk);
        cells + whole.chain(&self.tail).map(C::memory).sum::<usize>()
    }
}

impl<C: Cells> Blocks<C> {
    /// Bytes of the logs.
    fn journal_memory(&self) -> usize {
        let log = |chunk: &C| {
            chunk
                .log()
                .map_or(0, |log| log.seen.memory() + log.cells.memory())
        };
        self.chunks.iter().map(log).sum()
    }

    /// Keeps a chunk that another one has taken the place of, if a snapshot has to know.
    pub(super) fn keep_whole(&mut self, number: u32, mut old: C) {
        let Some(ChunkLog { whole, .. }) = self.journal.log() else {
            return;
        };
        // None is kept of a chunk that has come since the snapshot.
        let Some(log) = old.journal().log() else {
            return;
        };
        let (mut cells, mut len) = (log.cells.take(), log.len);
        old.journal().stop();
        exchange_cells(&mut old, &mut cells, &mut len);
        whole.push((number, old));
    }

    fn take_changes(&mut self, copy: fn(&C::Label) -> C::Label) -> PoolChanges<C> {
        let chunks = self.chunks.len();
        let new = || ChunkLog {
            whole: Vec::new(),
            chunks,
        };
        let log = self.journal.start(new);
        let whole = mem::take(&mut log.whole);
        let chunks = mem::replace(&mut log.chunks, chunks);
        let mut changed = Vec::new();
        for (chunk, number) in self.chunks.iter_mut().zip(0..) {
            let len = chunk.len();
            let new = || CellLog {
                seen: Seen::default(),
                cells: Log::new(),
                len,
                copy,
            };
            let log = chunk.journal().start(new);
            let cells = log.cells.take();
            if cells.is_empty() && log.len == len {
                continue;
            }
            for past in cells.iter() {
                log.seen.forget_near(past.at as usize);
            }
            changed.push(ChunkChanges {
                number,
                cells,
                len: mem::replace(&mut log.len, len),
            });
        }
        PoolChanges {
            chunks_changed: changed,
            whole,
            chunks,
            tail: Vec::new(),
        }
    }

    fn stop_journal(&mut self) {
        self.journal.stop();
        for chunk in &mut self.chunks {
            chunk.journal().stop();
        }
    }

    /// Exchanges what has changed.
    fn exchange(&mut self, changes: &mut PoolChanges<C>) {
        let chunks = self.chunks.len();
        if changes.chunks < chunks {
            changes.tail = self.chunks.split_off(changes.chunks);
        } else {
            self.chunks.append(&mut changes.tail);
        }
        changes.chunks = chunks;
        for (number, chunk) in &mut changes.whole {
            mem::swap(&mut self.chunks[*number as usize], chunk);
        }
        for ChunkChanges { number, cells, len } in &mut changes.chunks_changed {
            exchange_cells(&mut self.chunks[*number as usize], cells, len);
        }
    }
}

impl<C: Cells> Pool<C> {
    /// What a snapshot copies.
    pub(crate) fn outline(&self) -> Outline<C::Label>
    where
        C::Label: Clone,
    {
        Outline {
            current: self.blocks.current,
            end: self.blocks.end,
            free: self.blocks.free,
            vacant: self.blocks.vacant.clone(),
            units: self.units.clone(),
        }
    }

    /// Takes what has changed since this was called last, and begins to note it anew.
    pub(crate) fn take_changes(&mut self, copy: fn(&C::Label) -> C::Label) -> PoolChanges<C> {
        self.blocks.take_changes(copy)
    }

    /// Bytes of the logs.
    pub(crate) fn journal_memory(&self) -> usize {
        self.blocks.journal_memory()
    }

    /// Notes no changes any more.
    pub(crate) fn stop_journal(&mut self) {
        self.blocks.stop_journal();
    }

    /// Exchanges what has changed for what was there. The logs are empty.
    pub(crate) fn exchange(&mut self, changes: &mut PoolChanges<C>) {
        self.blocks.exchange(changes);
    }

    /// Takes over what a snapshot has copied, after the last exchange.
    pub(crate) fn assume(&mut self, outline: Outline<C::Label>) {
        self.blocks.current = outline.current;
        self.blocks.end = outline.end;
        self.blocks.free = outline.free;
        self.blocks.vacant = outline.vacant;
        self.units = outline.units;
    }
}
