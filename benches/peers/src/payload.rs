//! What objects hold: 32 bytes.

use std::cell::Cell;

/// The payload of what is reached through a handle.
#[derive(Debug)]
pub(crate) struct Payload(pub(crate) [u64; 4]);

impl Payload {
    pub(crate) fn new(number: u64) -> Self {
        #[cfg(test)]
        census::born();
        Self([number, 0, 0, 0])
    }
}

/// The payload of what is reached through a pointer. A walk marks in it what it has seen, so that
/// the mark takes no room of its own.
#[derive(Debug, dumpster::Trace)]
pub(crate) struct Marked {
    words: [u64; 3],
    mark: Cell<u64>,
}

impl Marked {
    pub(crate) fn new(number: u64) -> Self {
        #[cfg(test)]
        census::born();
        Self {
            words: [number, 0, 0],
            mark: Cell::new(0),
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.words[0]
    }

    /// Whether this walk comes here for the first time.
    pub(crate) fn visit(&self, walk: u64) -> bool {
        self.mark.replace(walk) != walk
    }
}

const _: () = assert!(size_of::<Payload>() == 32 && size_of::<Marked>() == 32);

/// How many payloads there are, to see that what must die dies. The benches do without it: a type
/// that has something to drop is slower to drop.
#[cfg(test)]
pub(crate) mod census {
    use std::cell::Cell;

    thread_local!(static ALIVE: Cell<usize> = const { Cell::new(0) });

    pub(crate) fn born() {
        ALIVE.set(ALIVE.get() + 1);
    }

    pub(crate) fn alive() -> usize {
        ALIVE.get()
    }

    fn died() {
        // A thread that ends may drop its own statics first.
        let _ = ALIVE.try_with(|alive| alive.set(alive.get() - 1));
    }

    impl Drop for super::Payload {
        fn drop(&mut self) {
            died();
        }
    }

    impl Drop for super::Marked {
        fn drop(&mut self) {
            died();
        }
    }
}
