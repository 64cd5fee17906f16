//! A format of our own for snapshots: a stream of short numbers, in blocks with checksums.
//!
//! ```text
//! file     magic (8 bytes), version (4 bytes), blocks, a block of length 0
//! block    length (4 bytes, at most 65,536), that many bytes, their checksum (8 bytes)
//! ```
//!
//! Numbers are little-endian there. The bytes of all blocks, one after the other, are numbers of 7 bits a byte, the
//! lowest first, the eighth bit set but for the last byte; a difference is such a number, its sign in the lowest bit.
//!
//! ```text
//! objects, edges, weak edges, root entries, classes, labels, names of roots
//! what there is: 1 generations, 2 labels of edges, 4 of weak edges, 8 rows of edges, 16 of weak edges
//! names    of classes, labels, roots: length, bytes of UTF-8
//! object   index − that before it, version − that before it, size, class, mark [| generation << 2]
//! root     object − that before it, count, 0 or its name + 1
//! row      of each object: how many edges, and of each: target − object [, label]
//! ```

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use std::io::{self, Read, Write};

use hashbrown::HashSet;

use crate::index::narrow;
use crate::inspect::builder::order;
use crate::inspect::columns::{Codes, Sizes};
use crate::inspect::export::names::GENERATIONS;
use crate::inspect::snapshot::{CONDEMNED, HeapSnapshot, PENDING, RootEntry, Rows};
use crate::sparse::FixedState;

const MAGIC: [u8; 8] = *b"understy";
const VERSION: u32 = 1;
const BLOCK: usize = 64 * 1024;
/// The most that is allocated before the bytes for it are there.
const TRUSTED: usize = 4096;

const HAS_GENERATIONS: u64 = 1;
const LABELS: u64 = 2;
const WEAK_LABELS: u64 = 4;
const ROWS: u64 = 8;
const WEAK_ROWS: u64 = 16;

/// Why [`HeapSnapshot::read_from`] reads no snapshot.
#[derive(Debug)]
#[non_exhaustive]
pub enum HeapFileError {
    /// The reader failed.
    Read(io::Error),
    /// The bytes are no snapshot, or a damaged one.
    Format {
        /// How many bytes had been read when it was seen, up to the end of a block.
        offset: u64,
        /// What is wrong.
        what: &'static str,
    },
}

impl fmt::Display for HeapFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Format { offset, what } => write!(f, "{what} (at byte {offset})"),
        }
    }
}

impl core::error::Error for HeapFileError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Read(error) => Some(error),
            Self::Format { .. } => None,
        }
    }
}

impl From<io::Error> for HeapFileError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl HeapSnapshot {
    /// Writes the snapshot in a compact format of its own, which [`read_from`](Self::read_from) reads. It takes a few
    /// bytes for each object and each edge, and is written in pieces of 64 KiB.
    ///
    /// # Errors
    /// If the writer fails.
    ///
    /// Complexity: O(n + e) for n objects and e edges.
    ///
    /// # Examples
    /// ```
    /// use understory::Store;
    /// use understory::inspect::{Describe, HeapSnapshot};
    ///
    /// let store: Store<u64> = (0..1_000).collect();
    /// let heap = store.heap_snapshot(&Describe::new());
    /// let mut file = Vec::new();
    /// heap.write_to(&mut file)?;
    /// assert_eq!(HeapSnapshot::read_from(&file[..])?, heap);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_to(&self, mut out: impl Write) -> io::Result<()> {
        out.write_all(&MAGIC)?;
        out.write_all(&VERSION.to_le_bytes())?;
        let mut blocks = Blocks {
            out,
            block: Vec::with_capacity(BLOCK + 16),
        };
        self.write_blocks(&mut blocks)?;
        blocks.finish()
    }

    fn write_blocks(&self, out: &mut Blocks<impl Write>) -> io::Result<()> {
        let names = [&self.class_names, &self.label_names, &self.root_names];
        for count in [
            self.len(),
            self.edge_count(),
            self.weak_edge_count(),
            self.roots.len(),
        ] {
            out.number(count as u64)?;
        }
        for names in names {
            out.number(names.len() as u64)?;
        }
        let parts = [
            (HAS_GENERATIONS, self.generations.is_empty()),
            (LABELS, self.strong.labels.is_empty()),
            (WEAK_LABELS, self.weak.labels.is_empty()),
            (ROWS, self.strong.starts.is_empty()),
            (WEAK_ROWS, self.weak.starts.is_empty()),
        ];
        let there = parts.iter().filter(|(_, is_empty)| !is_empty);
        out.number(there.map(|(part, _)| part).sum())?;
        for name in names.into_iter().flatten() {
            out.number(name.len() as u64)?;
            out.bytes(name.as_bytes())?;
        }
        self.write_objects(out)?;
        let mut before = 0;
        for root in &self.roots {
            out.number((root.object - before).into())?;
            before = root.object;
            out.number(root.count.into())?;
            out.number(root.name.map_or(0, |name| u64::from(name) + 1))?;
        }
        for rows in [&self.strong, &self.weak] {
            write_rows(rows, out)?;
        }
        Ok(())
    }

    fn write_objects(&self, out: &mut Blocks<impl Write>) -> io::Result<()> {
        let mut before = 0;
        for object in self.objects() {
            let at = object as usize;
            let id = self.ids[at];
            out.difference(low(id), low(before))?;
            out.difference(high(id), high(before))?;
            before = id;
            out.number(self.sizes.at(at))?;
            out.number(self.classes.at(at).into())?;
            let generation = self.generations.get(at);
            let generation = generation.map_or(0, |&generation| generation as u64);
            out.number(u64::from(self.flags[at]) | generation << 2)?;
        }
        Ok(())
    }

    /// Reads what [`write_to`](Self::write_to) has written. Whatever the bytes are, it does not
    /// panic, and takes memory in proportion to how many there are. What comes after the snapshot is not read.
    ///
    /// # Errors
    /// [`HeapFileError`] if the reader fails, or the bytes are no snapshot.
    ///
    /// Complexity: O(bytes + n log n) for n objects; O(bytes) if their ids come in the order of the handles of a store.
    ///
    /// # Examples
    /// ```
    /// use understory::inspect::{HeapSnapshot, export::HeapFileError};
    ///
    /// let error = HeapSnapshot::read_from(&b"{\"snapshot\":{}}"[..]).unwrap_err();
    /// assert!(matches!(error, HeapFileError::Format { offset: 8, .. }));
    /// ```
    pub fn read_from(input: impl Read) -> Result<Self, HeapFileError> {
        let mut bytes = Bytes {
            input,
            block: Vec::new(),
            at: 0,
            offset: 0,
        };
        if bytes.exact()? != MAGIC {
            return Err(bytes.wrong("this is no file of a heap snapshot"));
        }
        if bytes.exact()? != VERSION.to_le_bytes() {
            return Err(bytes.wrong("the version of this file is not known"));
        }
        let heap = Self::read_blocks(&mut bytes)?;
        bytes.end()?;
        Ok(heap)
    }

    fn read_blocks(input: &mut Bytes<impl Read>) -> Result<Self, HeapFileError> {
        let [objects, edges, weak_edges, roots] = input.counts()?;
        let [classes, labels, root_names] = input.counts()?;
        let there = input.number()?;
        let has = |part| there & part != 0;
        let class_names = input.names(classes)?;
        let label_names = input.names(labels)?;
        let root_names = input.names(root_names)?;
        let mut heap = Self {
            class_names,
            root_names,
            label_names,
            ..input.objects(objects, (classes, has(HAS_GENERATIONS)))?
        };
        heap.by_id = order(&heap.ids).map_err(|_| input.wrong("two objects have the same id"))?;
        heap.roots = input.roots(roots, (objects, heap.root_names.len()))?;
        let bounds = |has_labels: bool| (objects, has_labels.then_some(labels));
        heap.strong = input.rows((edges, has(ROWS)), bounds(has(LABELS)))?;
        heap.weak = input.rows((weak_edges, has(WEAK_ROWS)), bounds(has(WEAK_LABELS)))?;
        let unlabelled = !heap.strong.targets.is_empty() && !has(LABELS)
            || !heap.weak.targets.is_empty() && !has(WEAK_LABELS);
        if unlabelled && labels == 0 {
            return Err(input.wrong("there are edges, and no label for them"));
        }
        Ok(heap)
    }
}

fn write_rows(rows: &Rows, out: &mut Blocks<impl Write>) -> io::Result<()> {
    for (object, bounds) in rows.starts.windows(2).enumerate() {
        out.number((bounds[1] - bounds[0]).into())?;
        for at in bounds[0] as usize..bounds[1] as usize {
            out.difference(rows.targets[at], narrow(object))?;
            if let Some(label) = rows.labels.get(at) {
                out.number(label.into())?;
            }
        }
    }
    Ok(())
}

/// The index that a handle has.
fn low(id: u64) -> u32 {
    u32::try_from(id & u64::from(u32::MAX)).unwrap_or(0)
}

/// The version that a handle has.
fn high(id: u64) -> u32 {
    low(id >> 32)
}

/// A number by which any other byte, or order of bytes, is told.
fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = bytes.len() as u64;
    for part in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..part.len()].copy_from_slice(part);
        // Each step can be undone, so two blocks that differ in one word have different sums.
        sum = (sum ^ u64::from_le_bytes(word))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29);
    }
    sum
}

/// Bytes on their way out, in blocks.
struct Blocks<W> {
    out: W,
    block: Vec<u8>,
}

impl<W: Write> Blocks<W> {
    #[inline]
    fn number(&mut self, mut number: u64) -> io::Result<()> {
        while number >= 0x80 {
            self.block.push(low_byte(number) | 0x80);
            number >>= 7;
        }
        self.block.push(low_byte(number));
        if self.block.len() < BLOCK - 10 {
            return Ok(());
        }
        self.flush()
    }

    /// How much more `number` is than `before`.
    #[inline]
    fn difference(&mut self, number: u32, before: u32) -> io::Result<()> {
        let by = number.abs_diff(before);
        self.number(u64::from(by) << 1 | u64::from(number < before))
    }

    fn bytes(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while self.block.len() + bytes.len() > BLOCK {
            let (now, later) = bytes.split_at(BLOCK - self.block.len());
            self.block.extend_from_slice(now);
            bytes = later;
            self.flush()?;
        }
        self.block.extend_from_slice(bytes);
        if self.block.len() < BLOCK - 10 {
            return Ok(());
        }
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out
            .write_all(&narrow(self.block.len()).to_le_bytes())?;
        self.out.write_all(&self.block)?;
        self.out.write_all(&checksum(&self.block).to_le_bytes())?;
        self.block.clear();
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        if !self.block.is_empty() {
            self.flush()?;
        }
        self.flush()?;
        self.out.flush()
    }
}

fn low_byte(number: u64) -> u8 {
    u8::try_from(number & 0x7f).unwrap_or(0)
}

fn are_distinct(names: &[Box<str>]) -> bool {
    let mut seen = HashSet::with_hasher(FixedState::default());
    names.iter().all(|name| seen.insert(&**name))
}

/// Bytes on their way in: the blocks, taken apart and tested.
struct Bytes<R> {
    input: R,
    block: Vec<u8>,
    at: usize,
    offset: u64,
}

impl<R: Read> Bytes<R> {
    fn wrong(&self, what: &'static str) -> HeapFileError {
        HeapFileError::Format {
            offset: self.offset,
            what,
        }
    }

    /// As many bytes as are needed, or an error that says where they end.
    fn exact<const N: usize>(&mut self) -> Result<[u8; N], HeapFileError> {
        let mut bytes = [0; N];
        let read = self.input.read_exact(&mut bytes);
        self.read(read, N)?;
        Ok(bytes)
    }

    /// Counts what was read.
    fn read(&mut self, read: io::Result<()>, len: usize) -> Result<(), HeapFileError> {
        match read {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(self.wrong("the file ends in the middle"));
            }
            other => other?,
        }
        self.offset += len as u64;
        Ok(())
    }

    /// Reads the next block, and returns how long it is.
    fn fill(&mut self) -> Result<usize, HeapFileError> {
        let len = u32::from_le_bytes(self.exact()?) as usize;
        if len > BLOCK {
            return Err(self.wrong("a block is too long"));
        }
        self.block.clear();
        self.block.resize(len, 0);
        self.at = 0;
        let read = self.input.read_exact(&mut self.block);
        self.read(read, len)?;
        if u64::from_le_bytes(self.exact()?) != checksum(&self.block) {
            return Err(self.wrong("a block is damaged"));
        }
        Ok(len)
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, HeapFileError> {
        if let Some(&byte) = self.block.get(self.at) {
            self.at += 1;
            return Ok(byte);
        }
        if self.fill()? == 0 {
            return Err(self.wrong("the snapshot ends in the middle"));
        }
        self.at = 1;
        Ok(self.block[0])
    }

    fn end(&mut self) -> Result<(), HeapFileError> {
        if self.at < self.block.len() || self.fill()? > 0 {
            return Err(self.wrong("there is more than the snapshot"));
        }
        Ok(())
    }

    #[inline]
    fn number(&mut self) -> Result<u64, HeapFileError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(self.wrong("a number is too long"))
    }

    /// A number below a bound.
    #[inline]
    fn below(&mut self, bound: u64, what: &'static str) -> Result<u32, HeapFileError> {
        let number = self.number()?;
        match u32::try_from(number) {
            Ok(small) if number < bound => Ok(small),
            _ => Err(self.wrong(what)),
        }
    }

    #[inline]
    fn difference(&mut self, before: u32) -> Result<u32, HeapFileError> {
        let number = self.number()?;
        let by = u32::try_from(number >> 1).ok();
        let sum = by.and_then(|by| match number & 1 {
            0 => before.checked_add(by),
            _ => before.checked_sub(by),
        });
        sum.ok_or_else(|| self.wrong("a difference leaves the numbers of 32 bits"))
    }

    /// How many there are of several things; fewer than 2³² − 1, as each is known by a number.
    fn counts<const N: usize>(&mut self) -> Result<[usize; N], HeapFileError> {
        let mut counts = [0; N];
        for count in &mut counts {
            *count = self.below(
                u32::MAX.into(),
                "there are too many objects, edges or names",
            )? as usize;
        }
        Ok(counts)
    }

    fn names(&mut self, count: usize) -> Result<Vec<Box<str>>, HeapFileError> {
        let mut names: Vec<Box<str>> = Vec::with_capacity(count.min(TRUSTED));
        for _ in 0..count {
            let len = self.number()?;
            let mut name = Vec::new();
            for _ in 0..len {
                name.push(self.byte()?);
            }
            let name = String::from_utf8(name).map_err(|_| self.wrong("a name is not UTF-8"))?;
            names.push(name.into());
        }
        if !are_distinct(&names) {
            return Err(self.wrong("a name occurs twice"));
        }
        Ok(names)
    }

    /// A snapshot that has nothing but the columns of its objects.
    fn objects(
        &mut self,
        count: usize,
        (classes, has_generations): (usize, bool),
    ) -> Result<HeapSnapshot, HeapFileError> {
        let trusted = count.min(TRUSTED);
        let mut heap = HeapSnapshot {
            ids: Vec::with_capacity(trusted),
            by_id: Vec::new(),
            sizes: Sizes::default(),
            total_size: 0,
            classes: Codes::with_capacity(trusted),
            class_names: Vec::new(),
            generations: Vec::new(),
            flags: Vec::with_capacity(trusted),
            roots: Vec::new(),
            root_names: Vec::new(),
            strong: Rows::default(),
            weak: Rows::default(),
            label_names: Vec::new(),
        };
        let (mut index, mut version) = (0, 0);
        for _ in 0..count {
            index = self.difference(index)?;
            version = self.difference(version)?;
            heap.ids.push(u64::from(version) << 32 | u64::from(index));
            let size = self.number()?;
            heap.sizes.push(size);
            heap.total_size = heap.total_size.saturating_add(size);
            let class = self.below(classes as u64, "an object is of no class")?;
            heap.classes.push(class);
            let marks = self.below(1 << 4, "an object has unknown marks")?;
            heap.flags.push(
                if marks & 1 == 0 { 0 } else { PENDING }
                    | if marks & 2 == 0 { 0 } else { CONDEMNED },
            );
            if has_generations {
                heap.generations.push(GENERATIONS[marks as usize >> 2]);
            } else if marks >> 2 != 0 {
                return Err(self.wrong("an object has unknown marks"));
            }
        }
        Ok(heap)
    }

    fn roots(
        &mut self,
        count: usize,
        (objects, names): (usize, usize),
    ) -> Result<Vec<RootEntry>, HeapFileError> {
        let mut roots: Vec<RootEntry> = Vec::with_capacity(count.min(TRUSTED));
        let mut before = 0;
        for _ in 0..count {
            let by = self.below(objects as u64, "a root is of no object")?;
            let object = before + by as usize;
            if object >= objects {
                return Err(self.wrong("a root is of no object"));
            }
            before = object;
            let count = self.below(1 << 32, "an object has too many roots")?;
            let name = self.below(names as u64 + 1, "a root has no such name")?;
            let root = RootEntry::new(narrow(object), count, name.checked_sub(1));
            let last = roots.last().map(|last| (last.object, last.name));
            if count == 0 || last.is_some_and(|last| last >= (root.object, root.name)) {
                return Err(self.wrong("roots are not in order, or none"));
            }
            roots.push(root);
        }
        Ok(roots)
    }

    fn rows(
        &mut self,
        (count, has_rows): (usize, bool),
        (objects, labels): (usize, Option<usize>),
    ) -> Result<Rows, HeapFileError> {
        let mut rows = Rows::default();
        if !has_rows {
            return match count {
                0 => Ok(rows),
                _ => Err(self.wrong("there are edges, and no rows of them")),
            };
        }
        rows.starts.push(0);
        for object in 0..objects {
            let degree = self.number()?;
            if degree > (count - rows.targets.len()) as u64 {
                return Err(self.wrong("there are more edges than were counted"));
            }
            for _ in 0..degree {
                let target = self.difference(narrow(object))?;
                if target as usize >= objects {
                    return Err(self.wrong("an edge leads to no object"));
                }
                rows.targets.push(target);
                if let Some(labels) = labels {
                    rows.labels
                        .push(self.below(labels as u64, "an edge has no such label")?);
                }
            }
            rows.starts.push(narrow(rows.targets.len()));
        }
        if rows.targets.len() < count {
            return Err(self.wrong("there are fewer edges than were counted"));
        }
        Ok(rows)
    }
}
