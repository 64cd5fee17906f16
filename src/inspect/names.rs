//! Names by number: of classes, labels and roots.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::hash::BuildHasher;

use hashbrown::HashTable;

use crate::index::narrow;
use crate::sparse::FixedState;

/// How many names are found by where they are in memory.
const RECENT: usize = 256;

/// Names, each once, in the order in which they first came.
pub(crate) struct Names {
    texts: Vec<Box<str>>,
    by_text: HashTable<u32>,
    /// Names of the program's own text, by their place: an address is read faster than what is there. Which number a
    /// name gets does not depend on it.
    recent: Vec<(usize, usize, u32)>,
}

impl Names {
    pub(crate) fn new() -> Self {
        Self {
            texts: Vec::new(),
            by_text: HashTable::new(),
            recent: vec![(0, 0, 0); RECENT],
        }
    }

    /// The number of a name.
    #[inline]
    pub(crate) fn number(&mut self, name: impl Into<Cow<'static, str>>) -> u32 {
        match name.into() {
            Cow::Borrowed(name) => self.number_of_static(name),
            Cow::Owned(name) => self.number_of(&name),
        }
    }

    /// The number of a name that stays where it is as long as the program runs.
    #[inline]
    fn number_of_static(&mut self, name: &'static str) -> u32 {
        let (place, len) = (name.as_ptr() as usize, name.len());
        let spread = (place ^ len << 16).wrapping_mul(0x9e37_79b1) >> 12;
        let at = spread % RECENT;
        let recent = self.recent[at];
        if (recent.0, recent.1) == (place, len) {
            return recent.2;
        }
        let number = self.number_of(name);
        self.recent[at] = (place, len, number);
        number
    }

    /// The number of any name.
    #[inline(never)]
    pub(crate) fn number_of(&mut self, name: &str) -> u32 {
        let hash = FixedState::default().hash_one(name);
        let texts = &self.texts;
        let found = self
            .by_text
            .find(hash, |&number| *texts[number as usize] == *name);
        if let Some(&number) = found {
            return number;
        }
        let number = narrow(self.texts.len());
        self.texts.push(name.into());
        let texts = &self.texts;
        let hash_of = |&number: &u32| FixedState::default().hash_one(&*texts[number as usize]);
        self.by_text.insert_unique(hash, number, hash_of);
        number
    }

    /// All names by number.
    pub(crate) fn finish(self) -> Vec<Box<str>> {
        self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn a_name_has_one_number_wherever_it_is_in_memory() {
        let mut names = Names::new();
        for round in 0..2 {
            for number in 0..1_000_u32 {
                let name = format!("name {number}");
                assert_eq!(names.number(name.clone()), number);
                if round == 0 {
                    assert_eq!(names.number_of(&name), number);
                }
            }
            let text = "name 17, name 170";
            assert_eq!(
                (names.number(&text[..7]), names.number(&text[9..])),
                (17, 170)
            );
        }
        assert_eq!(names.finish().len(), 1_000);
    }
}
