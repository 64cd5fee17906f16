//! An index of places by hash that never grows all at once.

use alloc::vec::Vec;

use hashbrown::HashTable;

/// Places that a shard has on average before one is split.
const FULL: usize = 512;

/// Places by hash, in shards (linear hashing): whenever the shards have become too full on average, the next
/// one in turn is split in two, by one more bit of the hashes. So an addition moves the places of one shard at
/// most, however many there are.
///
/// With n shards, of which 2^k ≤ n < 2^(k+1), a place is in the shard that the lower k + 1 bits of its hash
/// name, if there is such a one, and otherwise in the one that the lower k bits name.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    shards: Vec<HashTable<usize>>,
    len: usize,
}

impl Index {
    /// An index in which so many places can be put without one that is slow.
    pub(super) fn with_capacity(places: usize) -> Self {
        if places == 0 {
            return Self::default();
        }
        let shards = places.div_ceil(FULL).next_power_of_two();
        let of_each = match shards {
            1 => places,
            // Not all get the same number of places.
            _ => places.div_ceil(shards) * 5 / 4,
        };
        let shards = (0..shards).map(|_| HashTable::with_capacity(of_each));
        Self {
            shards: shards.collect(),
            len: 0,
        }
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The shard of a hash, of so many.
    #[inline]
    fn shard_of(hash: u64, shards: usize) -> usize {
        // The tables use the lowest bits and the highest.
        let bits = (hash >> 32) as usize;
        let names = shards.next_power_of_two();
        let at = bits & (names - 1);
        if at < shards { at } else { at - names / 2 }
    }

    #[inline]
    fn shard(&self, hash: u64) -> Option<&HashTable<usize>> {
        self.shards.get(Self::shard_of(hash, self.shards.len()))
    }

    fn shard_mut(&mut self, hash: u64) -> Option<&mut HashTable<usize>> {
        let at = Self::shard_of(hash, self.shards.len());
        self.shards.get_mut(at)
    }

    /// The place with this hash of which `is_it` says yes.
    #[inline]
    pub(super) fn find(&self, hash: u64, is_it: impl FnMut(&usize) -> bool) -> Option<usize> {
        self.shard(hash)?.find(hash, is_it).copied()
    }

    /// Adds a place, which is not there yet. `hash_of` says the hash of each place that is.
    pub(super) fn insert(&mut self, hash: u64, place: usize, hash_of: impl Fn(&usize) -> u64) {
        if self.len >= self.shards.len() * FULL {
            self.split(&hash_of);
        }
        if let Some(shard) = self.shard_mut(hash) {
            shard.insert_unique(hash, place, hash_of);
            self.len += 1;
        }
    }

    /// Adds a shard, to which half of the places of another one move.
    fn split(&mut self, hash_of: &impl Fn(&usize) -> u64) {
        let shards = self.shards.len() + 1;
        let mut new = HashTable::new();
        if let Some(from) = self
            .shards
            .get_mut((shards - 1) - shards.next_power_of_two() / 2)
        {
            new.reserve(from.len() / 2, hash_of);
            let moved =
                from.extract_if(|place| Self::shard_of(hash_of(place), shards) == shards - 1);
            for place in moved {
                new.insert_unique(hash_of(&place), place, hash_of);
            }
        }
        self.shards.push(new);
    }

    /// Puts a place where another one was, whose entry has this hash.
    pub(super) fn replace(&mut self, hash: u64, from: usize, to: usize) {
        let shard = self.shard_mut(hash);
        if let Some(place) = shard.and_then(|shard| shard.find_mut(hash, |&place| place == from)) {
            *place = to;
        }
    }

    /// Takes a place out, whose entry has this hash.
    pub(super) fn remove(&mut self, hash: u64, place: usize) {
        let Some(shard) = self.shard_mut(hash) else {
            return;
        };
        if let Ok(found) = shard.find_entry(hash, |&other| other == place) {
            found.remove();
            self.len -= 1;
        }
    }

    /// Takes all places out.
    pub(super) fn clear(&mut self) {
        self.shards.iter_mut().for_each(HashTable::clear);
        self.len = 0;
    }

    /// Gives back what the index has room for and does not hold.
    pub(super) fn shrink(&mut self, hash_of: impl Fn(&usize) -> u64) {
        let old = core::mem::take(self);
        for place in old.shards.into_iter().flatten() {
            self.insert(hash_of(&place), place, &hash_of);
        }
        self.shards.shrink_to_fit();
        for shard in &mut self.shards {
            shard.shrink_to_fit(&hash_of);
        }
    }

    /// Bytes allocated.
    pub(super) fn memory(&self) -> usize {
        let shards: usize = self.shards.iter().map(HashTable::allocation_size).sum();
        self.shards.capacity() * size_of::<HashTable<usize>>() + shards
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as the index calls it")]
    fn hash_of(place: &usize) -> u64 {
        (*place as u64 / 2).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn is_there(index: &Index, place: usize) -> bool {
        let found = index.find(hash_of(&place), |&other| other == place);
        found.is_some_and(|found| found == place)
    }

    #[test]
    fn places_are_found_however_many_shards_there_are() {
        let mut index = Index::default();
        assert!(!is_there(&index, 0));
        for place in 0..20_000 {
            index.insert(hash_of(&place), place, hash_of);
            assert!(is_there(&index, place) && is_there(&index, place / 2));
            let shards = (place + 1).div_ceil(FULL);
            assert_eq!((index.len(), index.shards.len()), (place + 1, shards));
        }
        assert!((0..20_000).all(|place| is_there(&index, place)));
        let most = index.shards.iter().map(HashTable::len).max();
        assert!(most.is_some_and(|most| most < 3 * FULL));

        for place in (0..20_000).filter(|place| place % 100 > 0) {
            index.remove(hash_of(&place), place);
            index.remove(hash_of(&place), place);
        }
        let before = index.memory();
        index.shrink(hash_of);
        assert!((0..20_000).all(|place| is_there(&index, place) == (place % 100 == 0)));
        assert!(index.len() == 200 && index.memory() < before / 20);
        index.replace(hash_of(&100), 100, 101);
        assert!(is_there(&index, 101) && !is_there(&index, 100));
        index.clear();
        index.shrink(hash_of);
        assert!(index.is_empty() && index.memory() == 0);
    }

    #[test]
    fn there_is_room_for_what_was_asked_for() {
        for places in [0, 1, 500, 5_000, 20_000] {
            let mut index = Index::with_capacity(places);
            let before = index.memory();
            for place in 0..places {
                index.insert(hash_of(&(place * 2)), place, |place| hash_of(&(place * 2)));
            }
            assert_eq!(index.memory(), before, "for {places} places");
        }
    }
}
