//! Columns in as few bytes as they need: a copy takes as long as the memory that it fills.

use alloc::vec::Vec;

/// Numbers, a byte each as long as all are small: a heap has few classes and labels, and many objects and edges.
#[derive(Clone, Debug)]
pub(crate) enum Codes {
    Bytes(Vec<u8>),
    Words(Vec<u32>),
}

impl Default for Codes {
    fn default() -> Self {
        Self::Bytes(Vec::new())
    }
}

impl Codes {
    pub(crate) fn with_capacity(numbers: usize) -> Self {
        Self::Bytes(Vec::with_capacity(numbers))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Words(words) => words.len(),
        }
    }

    #[cfg(feature = "std")]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at a position, if there is one.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<u32> {
        match self {
            Self::Bytes(bytes) => bytes.get(at).copied().map(u32::from),
            Self::Words(words) => words.get(at).copied(),
        }
    }

    /// The number at a position that there is.
    #[inline]
    pub(crate) fn at(&self, at: usize) -> u32 {
        match self {
            Self::Bytes(bytes) => bytes[at].into(),
            Self::Words(words) => words[at],
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, number: u32) {
        match self {
            Self::Bytes(bytes) => match u8::try_from(number) {
                Ok(byte) => bytes.push(byte),
                Err(_) => self.widen(number),
            },
            Self::Words(words) => words.push(number),
        }
    }

    /// Adds the first number that does not fit in a byte.
    #[cold]
    fn widen(&mut self, number: u32) {
        let mut words: Vec<u32> = Vec::new();
        if let Self::Bytes(bytes) = self {
            // As many as were to come then may still be to come.
            words.reserve(bytes.capacity());
            words.extend(bytes.iter().map(|&byte| u32::from(byte)));
        }
        words.push(number);
        *self = Self::Words(words);
    }

    /// Adds numbers.
    #[inline]
    pub(crate) fn extend(&mut self, numbers: impl Iterator<Item = u32>) {
        numbers.for_each(|number| self.push(number));
    }

    /// Adds the same number up to a length.
    pub(crate) fn fill_to(&mut self, len: usize, number: u32) {
        match self {
            Self::Bytes(bytes) if number <= u8::MAX.into() => {
                bytes.resize(len, number.to_le_bytes()[0]);
            }
            Self::Words(words) => words.resize(len, number),
            Self::Bytes(_) => self.extend(core::iter::repeat_n(number, len - self.len())),
        }
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = u32> + use<'_> {
        (0..self.len()).map(|at| self.at(at))
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.capacity(),
            Self::Words(words) => words.capacity() * 4,
        }
    }
}

impl PartialEq for Codes {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Codes {}

/// Sizes, once if all are the same.
#[derive(Clone, Debug)]
pub(crate) enum Sizes {
    Same { size: u64, len: usize },
    Each(Vec<u64>),
}

impl Default for Sizes {
    fn default() -> Self {
        Self::Same { size: 0, len: 0 }
    }
}

impl Sizes {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Same { len, .. } => *len,
            Self::Each(sizes) => sizes.len(),
        }
    }

    /// The size at a position that there is.
    #[inline]
    pub(crate) fn at(&self, at: usize) -> u64 {
        match self {
            Self::Same { size, len } => {
                assert!(at < *len, "there is no object {at}");
                *size
            }
            Self::Each(sizes) => sizes[at],
        }
    }

    pub(crate) fn push(&mut self, size: u64) {
        self.extend(core::iter::once(size));
    }

    /// Adds so many objects of the same size.
    pub(crate) fn add_same(&mut self, size: u64, count: usize) {
        match self {
            Self::Same { size: old, len } if *old == size || *len == 0 => {
                (*old, *len) = (size, *len + count);
            }
            _ => self.extend(core::iter::repeat_n(size, count)),
        }
    }

    /// Adds sizes.
    pub(crate) fn extend(&mut self, sizes: impl IntoIterator<Item = u64>) {
        let mut sizes = sizes.into_iter();
        if let Self::Same { size, len } = self {
            for next in sizes.by_ref() {
                if *len > 0 && next != *size {
                    let mut each = alloc::vec![*size; *len];
                    each.push(next);
                    *self = Self::Each(each);
                    break;
                }
                (*size, *len) = (next, *len + 1);
            }
        }
        if let Self::Each(each) = self {
            each.extend(sizes);
        }
    }

    /// The sum, if it fits.
    pub(crate) fn sum(&self) -> Option<u64> {
        match self {
            Self::Same { size, len } => size.checked_mul(*len as u64),
            Self::Each(sizes) => sizes
                .iter()
                .try_fold(0, |sum: u64, &size| sum.checked_add(size)),
        }
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = u64> + use<'_> {
        (0..self.len()).map(|at| self.at(at))
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        match self {
            Self::Same { .. } => 0,
            Self::Each(sizes) => sizes.capacity() * size_of::<u64>(),
        }
    }
}

impl PartialEq for Sizes {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Sizes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_the_same_when_one_is_large() {
        let mut codes = Codes::with_capacity(4);
        codes.extend(0..300);
        codes.push(u32::MAX);
        assert!(codes.iter().eq((0..300).chain([u32::MAX])));
        assert_eq!(
            (codes.get(255), codes.at(256), codes.get(301)),
            (Some(255), 256, None)
        );

        let mut other = Codes::default();
        other.fill_to(2, 255);
        assert!(matches!(other, Codes::Bytes(_)));
        other.fill_to(4, 256);
        other.fill_to(5, 1);
        assert!(other.iter().eq([255, 255, 256, 256, 1]));
        assert_eq!(other.len(), 5);
    }

    #[test]
    fn sizes_stay_the_same_when_one_differs() {
        let mut sizes = Sizes::default();
        sizes.add_same(8, 3);
        sizes.push(8);
        assert!(matches!(sizes, Sizes::Same { size: 8, len: 4 }));
        assert_eq!((sizes.sum(), sizes.at(3)), (Some(32), 8));
        sizes.extend([8, 9, 8]);
        sizes.add_same(7, 2);
        assert!(sizes.iter().eq([8, 8, 8, 8, 8, 9, 8, 7, 7]));
        assert_eq!((sizes.sum(), sizes.len(), sizes.at(5)), (Some(71), 9, 9));
        sizes.push(u64::MAX);
        assert_eq!(sizes.sum(), None);
    }
}
