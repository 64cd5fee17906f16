//! The arenas, split by generation: which one is open, what is promoted, what is reopened.

use alloc::vec::Vec;

use slotmap::KeyData;

use crate::config::Generation;
#[cfg(feature = "serde")]
use crate::form;
use crate::handle::index_of;
use crate::heap::arena::{Arena, CAPACITY, Usage};
use crate::index::{ARENA_BITS, arena_of};
#[cfg(feature = "rollback")]
use crate::journal::Journal;

#[cfg(feature = "rollback")]
mod journal;

#[cfg(feature = "rollback")]
pub(crate) use journal::{HeapChanges, OpenedArenas, Outline};

/// The most arenas: the last index is left to slotmap's null key.
const MAX_ARENAS: usize = (1 << (32 - ARENA_BITS)) - 1;

/// How full arenas must be, in objects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    /// From here on a survivor is promoted.
    promote: usize,
    /// Below this an older arena may be reopened.
    reopen: usize,
}

impl Marks {
    /// Marks given in percent of an arena's capacity.
    pub(crate) fn from_percent(promote: u8, reopen: u8) -> Self {
        Self {
            promote: (usize::from(promote) * CAPACITY).div_ceil(100),
            reopen: usize::from(reopen) * CAPACITY / 100,
        }
    }
}

/// Arenas that are looked at together in search of disused ones.
const LOOKS: usize = 4;

/// All objects.
#[derive(Clone, Debug)]
pub(crate) struct Heap<T> {
    arenas: Vec<Arena<T>>,
    /// The young arena that new objects go to.
    current: Option<u32>,
    /// Other young arenas with room, and older ones that may be reopened; the last comes first.
    /// An arena is listed once; what has become of it since is only looked at when its turn comes.
    young: Vec<u32>,
    sparse: Vec<u32>,
    /// Indices of arenas that were given back, in descending order.
    vacant: Vec<u32>,
    /// The arena that is looked at next by who looks for disused ones.
    looked_at: usize,
    marks: Marks,
    first_floor: u32,
    len: usize,
    /// Whether some arena may be permanent.
    has_permanent: bool,
    #[cfg(feature = "rollback")]
    journal: Journal<fn(&T) -> T>,
}

impl<T> Heap<T> {
    pub(crate) fn new(marks: Marks, first_version: u32) -> Self {
        Self {
            arenas: Vec::new(),
            current: None,
            young: Vec::new(),
            sparse: Vec::new(),
            vacant: Vec::new(),
            looked_at: 0,
            marks,
            first_floor: first_version.saturating_sub(1) & !1,
            len: 0,
            has_permanent: false,
            #[cfg(feature = "rollback")]
            journal: Journal::default(),
        }
    }

    /// Makes it a copy of another heap, in the memory that there is: see [`Arena::copy_from`].
    pub(crate) fn copy_from(&mut self, source: &Self)
    where
        T: Clone,
    {
        let mut arenas = core::mem::take(&mut self.arenas);
        arenas.truncate(source.arenas.len());
        for (arena, other) in arenas.iter_mut().zip(&source.arenas) {
            arena.copy_from(other);
        }
        arenas.extend_from_slice(&source.arenas[arenas.len()..]);
        *self = Self {
            arenas,
            young: source.young.clone(),
            sparse: source.sparse.clone(),
            vacant: source.vacant.clone(),
            #[cfg(feature = "rollback")]
            journal: Journal::default(),
            ..*source
        };
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn arenas(&self) -> &[Arena<T>] {
        &self.arenas
    }

    pub(crate) fn arenas_mut(&mut self) -> &mut [Arena<T>] {
        &mut self.arenas
    }

    #[inline]
    pub(crate) fn get(&self, key: KeyData) -> Option<&T> {
        self.arenas.get(arena_of(index_of(key)))?.get(key)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: KeyData) -> Option<&mut T> {
        self.arenas.get_mut(arena_of(index_of(key)))?.get_mut(key)
    }

    /// The values of two objects, the second one to change; `None` if both are the same.
    #[inline]
    fn pair_mut(&mut self, a: KeyData, b: KeyData) -> Option<(&T, &mut T)> {
        let [first, second] = [a, b].map(|key| arena_of(index_of(key)));
        if first == second {
            let [a, b] = self.arenas.get_mut(first)?.get_disjoint_mut([a, b])?;
            return Some((a, b));
        }
        let (low, high) = self.arenas.split_at_mut_checked(first.max(second))?;
        if first < second {
            Some((low[first].get(a)?, high.first_mut()?.get_mut(b)?))
        } else {
            Some((high.first()?.get(a)?, low[second].get_mut(b)?))
        }
    }

    /// Calls `f` with the value of one object and with that of each of the others, to change, which are all
    /// different.
    #[inline]
    pub(crate) fn each_with(
        &mut self,
        one: KeyData,
        others: &[KeyData],
        f: &mut impl FnMut(&T, &mut T),
    ) {
        let arena = arena_of(index_of(one));
        let mut left = others;
        // What is borrowed together is looked up together: that costs less for each.
        while let [a, b, c, rest @ ..] = left {
            let is_near = [a, b, c].map(|&key| arena_of(index_of(key))) == [arena; 3];
            let arena = self.arenas.get_mut(arena).filter(|_| is_near);
            let found = arena.and_then(|arena| arena.get_disjoint_mut([one, *a, *b, *c]));
            if let Some([one, a, b, c]) = found {
                f(one, a);
                f(one, b);
                f(one, c);
                left = rest;
            } else {
                break;
            }
        }
        for &other in left {
            if let Some((one, other)) = self.pair_mut(one, other) {
                f(one, other);
            }
        }
    }

    /// The arena that the next object goes to, if one that exists has room.
    #[inline]
    pub(crate) fn open_arena(&mut self) -> Option<u32> {
        match self.current {
            Some(arena) if !self.arenas[arena as usize].is_full() => Some(arena),
            _ => self.find_open(),
        }
    }

    /// The next young arena with room, or an older one that is reopened.
    #[cold]
    fn find_open(&mut self) -> Option<u32> {
        self.current = None;
        while let Some(arena) = self.young.pop() {
            let candidate = &mut self.arenas[arena as usize];
            candidate.listed = false;
            if candidate.generation == Generation::Young && !candidate.is_full() {
                candidate.usage = Usage::Filled;
                self.current = Some(arena);
                return self.current;
            }
        }
        while let Some(arena) = self.sparse.pop() {
            let reopen = self.marks.reopen;
            let candidate = &mut self.arenas[arena as usize];
            candidate.listed = false;
            let older = matches!(candidate.generation, Generation::Middle | Generation::Old);
            if older && candidate.len() < reopen && !candidate.is_full() {
                candidate.generation = Generation::Young;
                candidate.usage = Usage::Filled;
                self.current = Some(arena);
                return self.current;
            }
        }
        None
    }

    /// Adds an arena for `capacity` objects, or for as many as it holds; `None` if there is no
    /// index left. The caller opens its columns.
    pub(crate) fn add_arena(&mut self, capacity: usize) -> Option<u32> {
        if let Some(arena) = self.vacant.pop() {
            let floor = self.arenas[arena as usize].floor();
            self.arenas[arena as usize].replace(Arena::new(capacity, floor));
            return Some(arena);
        }
        if self.arenas.len() == MAX_ARENAS {
            return None;
        }
        self.push_arena(Arena::new(capacity, self.first_floor));
        u32::try_from(self.arenas.len() - 1).ok()
    }

    fn push_arena(&mut self, arena: Arena<T>) {
        self.arenas.push(arena);
        #[cfg(feature = "rollback")]
        self.record_last();
    }

    /// For how many objects there are handles, at least: those of arenas that are not in use.
    pub(crate) fn handles_left(&self) -> usize {
        let arenas = MAX_ARENAS - self.arenas.len() + self.vacant.len();
        arenas.saturating_mul(CAPACITY)
    }

    /// Makes an arena with room the one that is filled next, or one of the next.
    pub(crate) fn offer(&mut self, arena: u32) {
        if self.current.is_none() {
            self.arenas[arena as usize].usage = Usage::Filled;
            self.current = Some(arena);
        } else {
            self.list(arena);
        }
    }

    /// Adds an object to an arena that has room.
    #[inline]
    pub(crate) fn insert(&mut self, arena: u32, make: impl FnOnce(KeyData) -> T) -> KeyData {
        let key = self.arenas[arena as usize].insert(arena << ARENA_BITS, make);
        self.len += 1;
        key
    }

    /// Adds an object to the arena that is being filled, if that has room; the value comes back otherwise.
    #[expect(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub(crate) fn insert_here(&mut self, value: T) -> Result<KeyData, T> {
        let Some(number) = self.current else {
            return Err(value);
        };
        let arena = &mut self.arenas[number as usize];
        if arena.is_full() {
            return Err(value);
        }
        self.len += 1;
        Ok(arena.insert(number << ARENA_BITS, |_| value))
    }

    /// Takes an object out.
    #[expect(clippy::inline_always, reason = "a call costs as much as what it does")]
    #[inline(always)]
    pub(crate) fn remove(&mut self, key: KeyData) -> Option<T> {
        let number = index_of(key) >> ARENA_BITS;
        let arena = self.arenas.get_mut(number as usize)?;
        let value = arena.remove(key)?;
        self.len -= 1;
        if !arena.listed && self.current != Some(number) {
            self.list(number);
        }
        Some(value)
    }

    /// Lists an arena in which a slot became free, if it may be filled again.
    #[inline(never)]
    fn list(&mut self, number: u32) {
        let arena = &mut self.arenas[number as usize];
        if arena.listed {
            return;
        }
        match arena.generation {
            Generation::Young => self.young.push(number),
            Generation::Middle | Generation::Old if arena.len() < self.marks.reopen => {
                self.sparse.push(number);
            }
            _ => return,
        }
        arena.listed = true;
    }

    /// Moves what survived a collection up to `examined` to the generation above `examined`, where it is
    /// full enough.
    pub(crate) fn promote(&mut self, examined: Generation) {
        for number in 0..self.arenas.len() {
            self.promote_arena(number, examined);
        }
    }

    /// The same for one arena.
    pub(crate) fn promote_arena(&mut self, number: usize, examined: Generation) {
        let to = match examined {
            Generation::Young => Generation::Middle,
            _ => Generation::Old,
        };
        let arena = &self.arenas[number];
        let full = arena.len() > 0 && arena.len() >= self.marks.promote;
        if arena.generation <= examined && full {
            self.relabel(number, to);
        }
    }

    /// Makes every arena with objects permanent.
    pub(crate) fn freeze(&mut self) {
        for number in 0..self.arenas.len() {
            if self.arenas[number].len() > 0 {
                self.freeze_arena(number);
            }
        }
    }

    /// Makes an arena permanent.
    pub(crate) fn freeze_arena(&mut self, number: usize) {
        self.has_permanent = true;
        self.relabel(number, Generation::Permanent);
    }

    /// Makes every permanent arena old.
    pub(crate) fn unfreeze(&mut self) {
        self.unfreeze_if(|_| true);
    }

    /// Makes the permanent arenas old for which `is_meant` answers true.
    pub(crate) fn unfreeze_if(&mut self, mut is_meant: impl FnMut(usize) -> bool) {
        self.has_permanent = false;
        for number in 0..self.arenas.len() {
            if self.arenas[number].generation == Generation::Permanent {
                if is_meant(number) {
                    self.relabel(number, Generation::Old);
                } else {
                    self.has_permanent = true;
                }
            }
        }
    }

    fn relabel(&mut self, number: usize, generation: Generation) {
        let arena = &mut self.arenas[number];
        let older = generation != Generation::Young;
        arena.generation = generation;
        let Ok(number) = u32::try_from(number) else {
            return;
        };
        if older && self.current == Some(number) {
            self.current = None;
        }
        self.list(number);
    }

    /// Whether some arena may be permanent.
    pub(crate) fn has_permanent(&self) -> bool {
        self.has_permanent
    }

    /// The generation of an object's arena.
    #[inline]
    pub(crate) fn generation(&self, index: u32) -> Generation {
        self.arenas[arena_of(index)].generation
    }

    /// How many objects are in arenas of a generation.
    pub(crate) fn generation_len(&self, generation: Generation) -> usize {
        let arenas = self
            .arenas
            .iter()
            .filter(|arena| arena.generation == generation);
        arenas.map(Arena::len).sum()
    }

    /// Whether an arena holds no object and still has memory, and is not the one that is filled.
    pub(crate) fn is_empty_arena(&self, number: usize) -> bool {
        let arena = &self.arenas[number];
        let is_current = self
            .current
            .is_some_and(|current| current as usize == number);
        arena.len() == 0 && arena.in_use && !is_current
    }

    /// Looks at a few arenas, the next ones each time, and returns one that was empty the last time too and
    /// was not filled in between: it is in use for nothing. What was made to be filled is not meant.
    pub(crate) fn find_disused(&mut self) -> Option<usize> {
        for _ in 0..self.arenas.len().min(LOOKS) {
            let number = self.looked_at % self.arenas.len();
            self.looked_at = number + 1;
            let is_empty = self.is_empty_arena(number);
            let usage = &mut self.arenas[number].usage;
            match *usage {
                Usage::Filled if is_empty => *usage = Usage::Disused,
                Usage::Disused if is_empty => return Some(number),
                Usage::Disused => *usage = Usage::Filled,
                _ => {}
            }
        }
        None
    }

    /// Fills no arena in particular from now on, so that the one that was being filled can be given back.
    pub(crate) fn leave_current(&mut self) {
        if let Some(current) = self.current.take() {
            self.list(current);
        }
    }

    /// Gives an empty arena back; versions start above `floor` when it comes into use again.
    pub(crate) fn close_arena(&mut self, number: usize, floor: u32) {
        let Ok(index) = u32::try_from(number) else {
            return;
        };
        if self.arenas[number].listed {
            self.young.retain(|&other| other != index);
            self.sparse.retain(|&other| other != index);
        }
        if self.current == Some(index) {
            self.current = None;
        }
        let worn = self.arenas[number].has_retired();
        // An arena that was not used since it was last given back has no versions to look at.
        let floor = floor.max(self.arenas[number].floor());
        self.arenas[number].replace(Arena::new(0, floor));
        self.arenas[number].in_use = false;
        // The index of an arena with slots that ran out of versions is not used again.
        if !worn {
            let at = self.vacant.partition_point(|&other| other > index);
            self.vacant.insert(at, index);
        }
    }

    /// Makes room for more objects in young arenas; returns how many they have no room for. It depends
    /// only on what is there, so that a clone does the same.
    pub(crate) fn reserve(&mut self, objects: usize) -> usize {
        let mut missing = objects;
        let is_open = |arena: &&mut Arena<T>| {
            arena.in_use && arena.generation == Generation::Young && !arena.is_full()
        };
        for arena in self.arenas.iter_mut().filter(is_open) {
            let room = arena.room().min(missing);
            arena.reserve(room);
            arena.usage = Usage::Reserved;
            missing -= room;
        }
        missing
    }

    /// The arenas up to the last one that is in use.
    pub(crate) fn used(&self) -> usize {
        let last = self.arenas.iter().rposition(|arena| arena.in_use);
        last.map_or(0, |last| last + 1)
    }

    /// Gives back what the tables of arenas don't need.
    pub(crate) fn shrink(&mut self) {
        self.arenas.shrink_to_fit();
        for list in [&mut self.young, &mut self.sparse, &mut self.vacant] {
            list.shrink_to_fit();
        }
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let lists = [&self.young, &self.sparse, &self.vacant];
        let lists: usize = lists.iter().map(|list| list.capacity()).sum();
        let slots: usize = self.arenas.iter().map(Arena::memory).sum();
        slots + self.arenas.capacity() * size_of::<Arena<T>>() + lists * size_of::<u32>()
    }

    /// Room for objects that needs no new memory.
    pub(crate) fn capacity(&self) -> usize {
        self.arenas.iter().map(Arena::capacity).sum()
    }
}

#[cfg(feature = "serde")]
impl<T> Heap<T> {
    pub(crate) fn saved(&self) -> form::Filling {
        form::Filling {
            current: self.current,
            young: self.young.clone(),
            sparse: self.sparse.clone(),
            vacant: self.vacant.clone(),
            looked_at: u32::try_from(self.looked_at).unwrap_or(u32::MAX),
            has_permanent: self.has_permanent,
        }
    }

    /// Makes a heap of these arenas, in an empty one with the same settings.
    pub(crate) fn restore(
        mut self,
        mut arenas: Vec<Arena<T>>,
        form: &form::Filling,
    ) -> Result<Self, form::Fault> {
        let count = arenas.len();
        form::demand!(count <= MAX_ARENAS, "{count} arenas are too many");
        for &number in form.young.iter().chain(&form.sparse) {
            let arena = arenas.get_mut(number as usize);
            match arena.filter(|arena| arena.in_use && !arena.listed) {
                Some(arena) => arena.listed = true,
                None => form::demand!(false, "arena {number} cannot be filled next"),
            }
        }
        if let Some(number) = form.current {
            let arena = arenas.get(number as usize);
            let is_fit = arena.is_some_and(|arena| {
                arena.in_use && !arena.listed && arena.generation == Generation::Young
            });
            form::demand!(is_fit, "arena {number} cannot be the one that is filled");
        }
        for &number in &form.vacant {
            let is_vacant = arenas
                .get(number as usize)
                .is_some_and(|arena| !arena.in_use);
            form::demand!(is_vacant, "arena {number} is not vacant");
        }
        let falls = form.vacant.windows(2).all(|pair| pair[0] > pair[1]);
        form::demand!(falls, "the vacant arenas are not in descending order");
        self.looked_at = form.looked_at as usize;
        form::demand!(
            self.looked_at <= count,
            "there is no arena {}",
            self.looked_at
        );
        let is_permanent = |arena: &Arena<T>| arena.generation == Generation::Permanent;
        self.has_permanent = form.has_permanent || arenas.iter().any(is_permanent);
        self.len = arenas.iter().map(Arena::len).sum();
        self.current = form.current;
        self.young.clone_from(&form.young);
        self.sparse.clone_from(&form.sparse);
        self.vacant.clone_from(&form.vacant);
        self.arenas = arenas;
        Ok(self)
    }
}
