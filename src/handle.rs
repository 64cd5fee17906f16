//! Handles: an index and a version, plain values that own nothing.

use core::fmt;

use slotmap::{Key, KeyData, new_key_type};

new_key_type! {
    /// Names an object of a [`Store`](crate::Store).
    ///
    /// A handle is 8 bytes, `Copy`, and keeps nothing alive. It consists of the *index* of a slot and
    /// of the slot's *version*, which goes up with each reuse. Once its object is dead it names
    /// nothing, for ever: no later object of the store gets the same handle. (An object of another store may
    /// have it, and so may one of this store after it went back to a clone that is older than the handle.)
    /// `Option<Handle>` is 8 bytes too, and [`Handle::default`] is the null handle, which never names an object.
    ///
    /// It is a [`slotmap::Key`], so it is also a key of [`slotmap::SecondaryMap`] and
    /// [`slotmap::SparseSecondaryMap`]. To keep the handles of two stores apart at compile time, make a
    /// handle type of your own with [`slotmap::new_key_type!`].
    ///
    /// # Examples
    /// ```
    /// use understory::{Handle, Store};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let oak = store.insert("oak");
    /// assert_eq!(oak.to_string(), "1v1");
    /// assert_eq!(Handle::from_bits(oak.to_bits()), Some(oak));
    ///
    /// store.destroy(oak);
    /// let elm = store.insert("elm"); // the same slot, a later version
    /// assert_eq!((elm.index(), elm.version()), (1, 3));
    /// assert_eq!(store.get(oak), None);
    /// ```
    pub struct Handle;
}

impl Handle {
    /// The slot that this handle names: its arena in the upper 20 bits, its place in that arena in the
    /// lower 12.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let [oak, elm] = [store.insert("oak"), store.insert("elm")];
    /// let mut heights = [0; 8]; // a table of your own, by index
    /// heights[oak.index() as usize] = 30;
    /// assert_eq!(heights[elm.index() as usize], 0);
    /// ```
    #[must_use]
    pub fn index(self) -> u32 {
        index_of(self.data())
    }

    /// Which of the objects of the slot this handle names: odd, and two more for each reuse.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let oak = store.insert("oak");
    /// store.destroy(oak);
    /// let elm = store.insert("elm"); // in the same slot
    /// assert_eq!((oak.version(), elm.version()), (1, 3));
    /// ```
    #[must_use]
    pub fn version(self) -> u32 {
        version_of(self.data())
    }

    /// The handle as a number: the version in the upper 32 bits, the index in the lower 32. The
    /// layout is the same on every machine and stays as it is.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let mut store: understory::Store<&str> = understory::Store::new();
    /// let oak = store.insert("oak");
    /// assert_eq!(oak.to_bits(), 1 << 32 | 1); // for a saved game, or the network
    /// ```
    #[must_use]
    pub fn to_bits(self) -> u64 {
        self.data().as_ffi()
    }

    /// The handle that [`to_bits`](Self::to_bits) turned into a number, or `None` if no handle has
    /// these bits (an even version).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Handle, Store};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// let oak = store.insert("oak");
    /// assert_eq!(Handle::from_bits(oak.to_bits()), Some(oak));
    /// assert_eq!(Handle::from_bits(2 << 32 | 1), None);
    /// ```
    #[must_use]
    pub fn from_bits(bits: u64) -> Option<Self> {
        let data = KeyData::from_ffi(bits);
        (data.as_ffi() == bits).then_some(Self(data))
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.data(), f)
    }
}

const _: () = assert!(size_of::<Handle>() == 8 && size_of::<Option<Handle>>() == 8);

/// The slot that a key names.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the lower 32 bits are the index"
)]
pub(crate) fn index_of(key: KeyData) -> u32 {
    key.as_ffi() as u32
}

/// The version that a key names.
#[inline]
pub(crate) fn version_of(key: KeyData) -> u32 {
    (key.as_ffi() >> 32) as u32
}

/// The key of a slot and a version.
#[inline]
pub(crate) fn key_of(index: u32, version: u32) -> KeyData {
    KeyData::from_ffi(u64::from(version) << 32 | u64::from(index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn bit_layout_is_pinned() {
        let handle = Handle(key_of(0x0001_2003, 7));
        assert_eq!(handle.to_bits(), 0x0000_0007_0001_2003);
        assert_eq!((handle.index(), handle.version()), (0x0001_2003, 7));
        assert_eq!(handle.to_string(), "73731v7");
        assert_eq!(Handle::from_bits(0x0000_0006_0001_2003), None);
        assert_eq!(Handle::null().to_string(), "null");
        assert_eq!(
            Handle::from_bits(Handle::null().to_bits()),
            Some(Handle::null())
        );
    }
}
