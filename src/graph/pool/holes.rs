//! Holes: what a removal leaves in a long list of outgoing edges, so that the others keep their order and
//! none of them moves.
//!
//! A hole is an entry whose node is 0, which is no slot's index. Holes side by side are a *run*, whose first
//! and last entry have its length as their place: a walk passes over a run at once, and a removal finds out
//! in O(1) which runs it joins. A list never ends in a hole.
//!
//! Once there are more holes than edges, each removal *closes up* the list by a few entries: a gap is carried
//! to the end, past one entry after the other. So there is no pause in which a long list is moved as a whole.
//!
//! In front of the entries of a block for long lists there is one entry more, the [`Header`].

#[cfg(feature = "serde")]
use alloc::vec::Vec;

#[cfg(any(test, feature = "check"))]
use super::NodesOf;
use super::blocks::Blocks;
#[cfg(feature = "serde")]
use super::{CAPACITY, LAST_CLASS, LONG, SHORT};
use super::{Cells, Columns, Entry, HOLED, List, Outgoing, Pool};
#[cfg(feature = "serde")]
use crate::form::{Fault, Gaps, demand};

/// The node of a hole.
pub(super) const HOLE: u32 = 0;
/// How many times as many entries as it has a list that is loaded may have room for.
#[cfg(feature = "serde")]
const MOST_ROOM: usize = 64;
/// How many entries are looked at for the next gap in one step of closing up.
const LOOK: usize = 8;

/// What is kept of the holes of a list, as an entry in front of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The list is closed up before this position, or [`IDLE`](Self::IDLE).
    cursor: u32,
    /// How many holes there are.
    holes: u32,
}

impl Header {
    /// The cursor of a list that is not being closed up.
    const IDLE: u32 = u32::MAX;

    /// The header of a list without holes.
    pub(super) const NO_HOLES: Entry = Entry {
        node: Self::IDLE,
        back: 0,
    };

    fn read<E>(cells: &Columns<E>, base: usize) -> Self {
        let Entry { node, back } = cells.get(base - 1);
        Self {
            cursor: node,
            holes: back,
        }
    }

    fn write<E>(self, cells: &mut Columns<E>, base: usize) {
        let (node, back) = (self.cursor, self.holes);
        cells.set(base - 1, Entry { node, back });
    }
}

/// How many entries of a block of a class are its header.
#[inline]
pub(super) const fn headers<C: Cells>(class: u32) -> usize {
    (C::ORDERED && class >= HOLED) as usize
}

/// What a step of closing up did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseUp {
    /// There is nothing to do.
    Done,
    /// Entries were passed that stay.
    Passed,
    /// This entry has moved to the position.
    Moved(Entry, u32),
}

/// How many holes end in front of a position.
#[inline]
fn run_before<E>(cells: &Columns<E>, base: usize, at: usize) -> usize {
    if at > 0 && cells.node(base + at - 1) == HOLE {
        cells.get(base + at - 1).back as usize
    } else {
        0
    }
}

/// How many holes begin at a position.
#[inline]
fn run_at<C: Cells>(cells: &C, base: usize, at: usize) -> usize {
    match cells.get(base + at) {
        Entry { node: HOLE, back } => back as usize,
        _ => 0,
    }
}

/// Writes the length of a run into its first and its last entry.
fn set_run<E>(cells: &mut Columns<E>, base: usize, start: usize, end: usize) {
    let entry = Entry {
        node: HOLE,
        back: super::narrow(end - start),
    };
    cells.set(base + start, entry);
    cells.set(base + end - 1, entry);
}

impl<E> Outgoing<E> {
    /// How many edges a list has.
    #[inline]
    pub(crate) fn degree(&self, list: List) -> usize {
        list.len() - self.holes(list)
    }

    /// Takes an entry out of a list that may have holes, and leaves one, unless it is the last entry.
    pub(crate) fn make_hole(&mut self, list: &mut List, at: usize) -> E {
        let len = list.len();
        let (cells, base) = self.blocks.at_mut(list.block());
        let label = cells.take_label(base + at);
        let mut header = Header::read(cells, base);
        if at + 1 == len {
            // No list ends in a hole.
            let run = super::narrow(run_before(cells, base, at));
            header.holes -= run;
            list.head.back -= 1 + run;
            if header.cursor >= list.block_len() {
                header.cursor = Header::IDLE;
            }
        } else {
            let start = at - run_before(cells, base, at);
            let end = at + 1 + run_at(cells, base, at + 1);
            cells.set_node(base + at, HOLE);
            set_run(cells, base, start, end);
            header.holes += 1;
            // The gap that is carried has become longer at its beginning.
            if (start..end).contains(&(header.cursor as usize)) {
                header.cursor = super::narrow(start);
            }
        }
        header.write(cells, base);
        self.claim(label)
    }

    /// Removes the last entry.
    #[inline]
    pub(crate) fn pop(&mut self, list: &mut List) -> E {
        let last = list.len() - 1;
        if !list.may_have_holes() {
            return self.shift_remove(list, last);
        }
        let label = self.make_hole(list, last);
        self.fit(list);
        label
    }

    /// Goes on with closing up a list, if it has more holes than edges, or if all of them are to go.
    pub(crate) fn close_up(&mut self, list: &mut List, all: bool) -> CloseUp {
        let len = list.len();
        let (cells, base) = self.blocks.at_mut(list.block());
        let mut header = Header::read(cells, base);
        if header.cursor == Header::IDLE {
            let holes = header.holes as usize;
            if holes == 0 || !all && holes * 2 <= len {
                return CloseUp::Done;
            }
            header.cursor = 0;
        }
        let at = header.cursor as usize;
        let run = run_at(cells, base, at);
        let step = if run == 0 {
            let ahead = (at..len).take(LOOK).skip(1);
            let next = ahead.take_while(|&next| cells.node(base + next) != HOLE);
            let passed = next.last().unwrap_or(at) + 1;
            header.cursor = super::narrow(passed);
            if passed == len {
                header.cursor = Header::IDLE;
            }
            CloseUp::Passed
        } else {
            let from = at + run;
            cells.shift(base + from, base + at);
            cells.set_node(base + from, HOLE);
            let moved = cells.get(base + at);
            let end = if from + 1 == len {
                len
            } else {
                from + 1 + run_at(cells, base, from + 1)
            };
            if end == len {
                // The gap has come to the end, and is one no more.
                header.holes -= super::narrow(run);
                header.cursor = Header::IDLE;
                list.head.back -= super::narrow(run);
            } else {
                set_run(cells, base, at + 1, end);
                header.cursor = super::narrow(at + 1);
            }
            CloseUp::Moved(moved, super::narrow(at))
        };
        header.write(cells, base);
        step
    }

    /// Whether holes are counted and marked as they should be.
    #[cfg(any(test, feature = "check"))]
    pub(crate) fn is_sound(&self, list: List) -> bool {
        if !list.may_have_holes() {
            return list.has_no_block() || self.nodes(&list).iter().all(|&node| node != HOLE);
        }
        let (cells, base) = self.blocks.at(list.block());
        let header = Header::read(cells, base);
        let (mut at, mut holes) = (0, 0);
        let mut is_cursor_sound = header.cursor == Header::IDLE;
        while at < list.len() {
            is_cursor_sound |= header.cursor as usize == at;
            let run = run_at(cells, base, at);
            let is_run = run == 0 || run == run_before(cells, base, at + run);
            if !is_run || run > 0 && at + run >= list.len() {
                return false;
            }
            holes += run;
            at += run.max(1);
        }
        is_cursor_sound && holes == header.holes as usize
    }
}

#[cfg(feature = "serde")]
impl<E> Outgoing<E> {
    /// Copies of the first nodes and places of a list that has a block without a header, and of whatever is behind
    /// them, if its chunk has as much.
    #[inline]
    pub(crate) fn first_ends(&self, list: List) -> Option<([u32; SHORT], [u32; SHORT])> {
        if list.has_no_block() || list.may_have_holes() {
            return None;
        }
        let (cells, base) = self.blocks.at(list.block());
        let nodes = cells.nodes.get(base..)?.first_chunk()?;
        let backs = cells.backs.get(base..)?.first_chunk()?;
        Some((*nodes, *backs))
    }

    /// The nodes and the places of a list, in order.
    #[inline]
    pub(crate) fn ends<'a>(&'a self, list: &'a List) -> (&'a [u32], &'a [u32]) {
        let len = list.len();
        if list.has_no_block() {
            let [node, back] = [&list.head.node, &list.head.back].map(core::slice::from_ref);
            return (&node[..len], &back[..len]);
        }
        let (cells, base) = self.blocks.at(list.block());
        let range = base..base + len;
        (&cells.nodes[range.clone()], &cells.backs[range])
    }

    /// What removals have left in a list, without the holes themselves; `None` if it is too short to have any.
    pub(crate) fn gaps(&self, list: List) -> Option<Gaps> {
        if !list.may_have_holes() {
            return None;
        }
        let (cells, base) = self.blocks.at(list.block());
        let Header { cursor, .. } = Header::read(cells, base);
        Some(Gaps {
            room: CAPACITY[list.class() as usize],
            cursor: (cursor != Header::IDLE).then_some(cursor),
            runs: Vec::new(),
        })
    }

    /// A list of these entries, for which there is room, with a label for each that is no hole, and with what
    /// removals have left in it.
    pub(crate) fn restore(
        &mut self,
        entries: &[Entry],
        labels: &mut impl Iterator<Item = E>,
        gaps: &Gaps,
    ) -> Result<List, Fault> {
        let len = entries.len();
        let class = (HOLED..=LAST_CLASS).find(|&class| CAPACITY[class as usize] == gaps.room);
        let class = class.unwrap_or(LONG);
        let capacity = CAPACITY[class as usize] as usize;
        let fits = len > 0 && (class == LONG && gaps.room == 0 || len <= capacity);
        demand!(fits, "a list of {len} has room for {}", gaps.room);
        // What has much more room than it needs was saved so by nobody.
        let class = if capacity > MOST_ROOM * len {
            HOLED
        } else {
            class
        };
        let first = self.blocks.allocate(class, len);
        let (cells, base) = self.blocks.at_mut(first);
        let mut holes = 0;
        for (at, &entry) in entries.iter().enumerate() {
            cells.set(base + at, entry);
            if entry.node == HOLE {
                holes += 1;
            } else if Columns::<E>::LABELLED {
                if let Some(label) = labels.next() {
                    cells.put_label(base + at, label);
                }
            }
        }
        for run in &gaps.runs {
            let (at, len) = (run.at as usize, run.len as usize);
            set_run(cells, base, at, at + len);
        }
        let cursor = gaps.cursor.unwrap_or(Header::IDLE);
        Header { cursor, holes }.write(cells, base);
        if !Columns::<E>::LABELLED {
            labels.for_each(|label| self.keep(label));
        }
        let list = List::with_block(class, first, len);
        demand!(self.is_sound(list), "the gaps of a list are not sound");
        Ok(list)
    }
}

impl<C: Cells> Pool<C> {
    /// The position of the first edge of a list: what is before it is a run of holes.
    #[inline]
    pub(crate) fn first(&self, list: List) -> usize {
        if headers::<C>(list.class()) == 0 {
            return 0;
        }
        let (cells, base) = self.blocks.at(list.block());
        run_at(cells, base, 0)
    }
}

impl<C: Cells> Blocks<C> {
    /// Gives the block that a list moves to the header of the one that it leaves, as far as they have one.
    pub(super) fn move_header(&mut self, old: List, class: u32, first: u32) {
        if headers::<C>(class) == 0 {
            return;
        }
        let header = if old.may_have_holes() {
            let (cells, base) = self.at(old.block());
            cells.get(base - 1)
        } else {
            Header::NO_HOLES
        };
        let (cells, base) = self.at_mut(first);
        cells.set(base - 1, header);
    }
}
