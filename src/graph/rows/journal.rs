//! Rows as they were when the last snapshot was taken.

use alloc::vec::Vec;

use super::{Headers, List, Node, Row, bit};
use crate::bits::{Ones, WORD};
use crate::index::{arena_of, index_at};
use crate::journal::{AHEAD, Seen};

/// The rows that have changed since.
#[derive(Debug, Default)]
pub(crate) struct RowLog {
    seen: Seen,
    rows: Vec<PastRow>,
}

/// A row and its flags, as they are not in the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PastRow {
    pub(crate) index: u32,
    row: Row,
    occupied: bool,
    rooted: bool,
    pending: bool,
}

/// What a snapshot copies of a table of rows.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    blocks: usize,
    plain: Vec<Node>,
}

impl Headers {
    /// Puts a row into the log, unless it is there. It may be beyond the table.
    #[cold]
    #[inline(never)]
    pub(super) fn keep_slowly(&mut self, index: u32) {
        let is_new = |log: &mut RowLog| !log.seen.note(index as usize);
        if self.journal.log().is_some_and(is_new) {
            let row = self.past_row(index);
            if let Some(log) = self.journal.log() {
                log.rows.push(row);
            }
        }
    }

    /// The same for all rows of a block.
    pub(super) fn keep_block(&mut self, word: usize) {
        Ones(u64::MAX).for_each(|bit| self.keep(index_at(word, bit)));
    }

    fn past_row(&self, index: u32) -> PastRow {
        let flags = self.flags.get(index as usize / WORD).copied();
        let flags = flags.unwrap_or_default();
        let has = |bits: u64| bits & bit(index) != 0;
        let row = match self.block(index) {
            Some(block) => block.row(index),
            None if has(flags.occupied) => self.row(index),
            None => Row {
                node: Node::bare(0),
                outgoing: List::EMPTY,
            },
        };
        PastRow {
            index,
            row,
            occupied: has(flags.occupied),
            rooted: has(flags.rooted),
            pending: has(flags.pending),
        }
    }

    fn put_row(&mut self, past: &PastRow) {
        let PastRow { index, row, .. } = *past;
        let word = index as usize / WORD;
        if word >= self.flags.len() {
            self.extend_to(word + 1);
        }
        // A row that was never used is as good unwritten.
        if row.node.version != 0 || self.blocks[word].is_some() {
            // What it says comes when all is exchanged; until then all rows that count are written one by one.
            if self.plain.len() <= arena_of(index) {
                self.plain.resize(arena_of(index) + 1, Node::bare(0));
            }
            *self.written_block(word).row_mut(index) = row;
        }
        let flags = &mut self.flags[word];
        let put = |bits: &mut u64, is_set: bool| {
            *bits = *bits & !bit(index) | if is_set { bit(index) } else { 0 };
        };
        put(&mut flags.occupied, past.occupied);
        put(&mut flags.rooted, past.rooted);
        put(&mut flags.pending, past.pending);
    }

    /// What a snapshot copies.
    pub(crate) fn outline(&self) -> Outline {
        Outline {
            blocks: self.blocks.len(),
            plain: self.plain.clone(),
        }
    }

    /// Takes what has changed since this was called last, and begins to note it anew.
    pub(crate) fn take_changes(&mut self) -> Vec<PastRow> {
        let log = self.journal.start(RowLog::default);
        for past in &log.rows {
            log.seen.forget_near(past.index as usize);
        }
        // As many may change again.
        let next = Vec::with_capacity(log.rows.len());
        core::mem::replace(&mut log.rows, next)
    }

    /// Notes no changes any more.
    pub(crate) fn stop_journal(&mut self) {
        self.journal.stop();
    }

    /// Exchanges rows for those that they were.
    pub(crate) fn exchange(&mut self, rows: &mut [PastRow]) {
        for batch in rows.chunks_mut(AHEAD) {
            // All at once, so that none waits for another one to be fetched.
            let fetched = batch.iter().fold(0, |all, past| {
                let block = self.block(past.index);
                all | block.map_or(0, |block| block.node(past.index).version)
            });
            core::hint::black_box(fetched);
            for past in batch {
                let now = self.past_row(past.index);
                self.put_row(past);
                *past = now;
            }
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
            log.seen.memory() + log.rows.capacity() * size_of::<PastRow>()
        })
    }
}
