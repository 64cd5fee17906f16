//! Rows as they were when the last snapshot was taken, and the flags of blocks: most changes of a row change none.

use alloc::vec::Vec;

use super::block::{Flags, bit};
use super::{Headers, List, Node, Row};
use crate::bits::{Ones, WORD};
use crate::index::{ARENA_WORDS, arena_of, index_at, narrow};
use crate::journal::{Log, Seen};

/// What has changed since.
#[derive(Debug)]
pub(crate) struct RowLog {
    seen: Seen,
    rows: Log<PastRow>,
    /// The same for the flags of blocks.
    seen_flags: Seen,
    flags: Log<PastFlags>,
    /// The objects in which the program can see what has changed: few of those to or from which an edge has.
    seen_objects: Seen,
    objects: Log<u32>,
}

/// A row as it is not in the table.
#[derive(Clone, Copy, Debug)]
struct PastRow {
    index: u32,
    row: Row,
}

/// The flags of a block as they are not in the table.
#[derive(Clone, Copy, Debug)]
struct PastFlags {
    word: u32,
    flags: Flags,
}

/// What rows there are in one state, and not in another.
pub(crate) struct RowChanges {
    rows: Log<PastRow>,
    flags: Log<PastFlags>,
    objects: Log<u32>,
}

impl RowLog {
    fn new() -> Self {
        Self {
            seen: Seen::default(),
            rows: Log::new(),
            seen_flags: Seen::default(),
            flags: Log::new(),
            seen_objects: Seen::default(),
            objects: Log::new(),
        }
    }
}

impl RowChanges {
    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        self.rows.memory() + self.flags.memory() + self.objects.memory()
    }

    /// The objects in which the program can see what differs, and maybe others.
    pub(crate) fn indices(&self) -> impl Iterator<Item = u32> {
        self.objects.iter().copied()
    }
}

/// What a row says whose block is not written, or that is beyond the table.
#[cold]
#[inline(never)]
fn unwritten(plain: &[Node], flags: Flags, index: u32) -> Row {
    let is_occupied = flags.occupied & bit(index) != 0;
    let node = is_occupied.then(|| plain[arena_of(index)]);
    Row {
        node: node.unwrap_or(Node::bare(0)),
        outgoing: List::EMPTY,
    }
}

/// What a snapshot copies of a table of rows.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    blocks: usize,
    plain: Vec<Node>,
}

impl Headers {
    /// Puts an object into the log, unless it is there.
    #[cold]
    #[inline(never)]
    pub(super) fn keep_slowly(&mut self, index: u32) {
        let is_new = |log: &mut RowLog| {
            let is_new = !log.seen_objects.note(index as usize);
            if is_new {
                log.objects.push(index);
            }
            is_new
        };
        if self.journal.log().is_some_and(is_new) {
            self.keep_row_slowly(index);
        }
    }

    /// Puts a row into the log, unless it is there. It may be beyond the table.
    #[cold]
    #[inline(never)]
    pub(super) fn keep_row_slowly(&mut self, index: u32) {
        let log = self.journal.read();
        if log.is_some_and(|log| !log.seen.has(index as usize)) {
            self.keep_new(index);
        }
    }

    /// Puts a row into the log that is not there.
    #[inline(never)]
    fn keep_new(&mut self, index: u32) {
        let Some(log) = self.journal.log() else {
            return;
        };
        log.seen.note(index as usize);
        let word = index as usize / WORD;
        let row = if let Some(Some(block)) = self.blocks.get(word) {
            block.row(index)
        } else {
            let flags = self.flags.get(word).copied();
            unwritten(&self.plain, flags.unwrap_or_default(), index)
        };
        log.rows.push(PastRow { index, row });
    }

    /// Puts a row and the flags of its block into the log, unless they are there.
    #[cold]
    #[inline(never)]
    pub(super) fn keep_with_flags_slowly(&mut self, index: u32) {
        self.keep_slowly(index);
        self.keep_flags_slowly(index as usize / WORD);
    }

    /// Puts the flags of a block into the log, unless they are there. They may be beyond the table.
    #[cold]
    #[inline(never)]
    pub(super) fn keep_flags_slowly(&mut self, word: usize) {
        let Some(log) = self.journal.log() else {
            return;
        };
        if !log.seen_flags.note(word) {
            let past = PastFlags {
                word: narrow(word),
                flags: self.flags.get(word).copied().unwrap_or_default(),
            };
            log.flags.push(past);
        }
    }

    /// The same for all rows of a block.
    pub(super) fn keep_block(&mut self, word: usize) {
        Ones(u64::MAX).for_each(|bit| self.keep_row(index_at(word, bit)));
    }

    /// What a snapshot copies.
    pub(crate) fn outline(&self) -> Outline {
        Outline {
            blocks: self.blocks.len(),
            plain: self.plain.clone(),
        }
    }

    /// Takes what has changed since this was called last, and begins to note it anew.
    pub(crate) fn take_changes(&mut self) -> RowChanges {
        let log = self.journal.start(RowLog::new);
        for past in log.rows.iter() {
            log.seen.forget_near(past.index as usize);
        }
        for past in log.flags.iter() {
            log.seen_flags.forget_near(past.word as usize);
        }
        for &index in log.objects.iter() {
            log.seen_objects.forget_near(index as usize);
        }
        RowChanges {
            rows: log.rows.take(),
            flags: log.flags.take(),
            objects: log.objects.take(),
        }
    }

    /// Notes no changes any more.
    pub(crate) fn stop_journal(&mut self) {
        self.journal.stop();
    }

    /// Exchanges rows for those that they were, and then flags.
    pub(crate) fn exchange(&mut self, RowChanges { rows, flags, .. }: &mut RowChanges) {
        self.make_room_for(rows, flags);
        for batch in rows.batches_mut() {
            let fetched = batch.iter().fold(0, |all, past| {
                let block = self.block(past.index);
                all | block.map_or(0, |block| block.node(past.index).version)
            });
            core::hint::black_box(fetched);
            for past in batch {
                self.exchange_row(past);
            }
        }
        for PastFlags { word, flags } in flags.batches_mut().flatten() {
            core::mem::swap(&mut self.flags[*word as usize], flags);
        }
    }

    fn make_room_for(&mut self, rows: &Log<PastRow>, flags: &Log<PastFlags>) {
        let rows = rows.iter().map(|past| past.index as usize / WORD + 1);
        let rows = rows.max().unwrap_or(0);
        let arenas = rows.div_ceil(ARENA_WORDS);
        if self.plain.len() < arenas {
            // What it says comes when all is exchanged; until then all rows that count are written one by one.
            self.plain.resize(arenas, Node::bare(0));
        }
        let flags = flags.iter().map(|past| past.word as usize + 1);
        self.extend_to(flags.max().unwrap_or(0).max(rows));
    }

    #[inline]
    fn exchange_row(&mut self, past: &mut PastRow) {
        let index = past.index;
        let word = index as usize / WORD;
        if let Some(block) = &mut self.blocks[word] {
            core::mem::swap(block.row_mut(index), &mut past.row);
        } else {
            let now = unwritten(&self.plain, self.flags[word], index);
            // A row that was never used is as good unwritten.
            if past.row.node.version != 0 {
                *self.written_block(word).row_mut(index) = past.row;
            }
            past.row = now;
        }
    }

    /// Takes over what a snapshot has copied, after the last exchange.
    pub(crate) fn assume(&mut self, outline: Outline) {
        self.extend_to(outline.blocks);
        for block in self.blocks.drain(outline.blocks..) {
            self.written_blocks -= usize::from(block.is_some());
        }
        self.flags.truncate(outline.blocks);
        self.plain = outline.plain;
    }

    /// Bytes of the log.
    pub(crate) fn journal_memory(&self) -> usize {
        self.journal.read().map_or(0, |log| {
            let seen = [&log.seen, &log.seen_flags, &log.seen_objects];
            let seen = seen.into_iter().map(Seen::memory).sum::<usize>();
            seen + log.rows.memory() + log.flags.memory() + log.objects.memory()
        })
    }
}
