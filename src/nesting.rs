//! How deep the code that stores keep for later is nested, and of which stores.
//!
//! What bounds it is the stack, and a stack belongs to a thread. A store can't keep count alone: its own code
//! may put another store in its place. Without the standard library there are no threads to ask, and each
//! store knows only of itself.

use core::sync::atomic::{AtomicUsize, Ordering};

/// How deep code that stores keep for later (finalizers, observers, closures of commands) may be nested on a
/// thread, whatever stores it belongs to. What would nest deeper is put off or refused; see
/// [`Store::destroy`](crate::Store::destroy) and [`Store::apply`](crate::Store::apply).
pub const MAX_NESTED: usize = 16;

/// Tells a store and its clones from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Family(usize);

impl Family {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        // Numbers are only compared, so that it does not matter which store gets which.
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Which of its finalizers a store is in.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Within {
    /// The number of the call of the innermost one; zero outside of all.
    call: usize,
    /// How deep code is nested that this store keeps.
    depth: usize,
    /// How many finalizers may still run in the outermost call.
    pub(crate) left: u64,
}

impl Within {
    /// Inside a call of a finalizer, which another `left` may follow.
    pub(crate) fn finalizer(self, call: &Call, left: u64) -> Self {
        Self {
            call: call.number,
            depth: self.depth + 1,
            left,
        }
    }

    /// Inside a closure of a command.
    pub(crate) fn command(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }

    /// Behind a closure of a command. Where another store has come into the place of this one, it may be in
    /// none.
    pub(crate) fn after_command(self) -> Self {
        Self {
            depth: self.depth.saturating_sub(1),
            ..self
        }
    }

    /// Whether this is the inside of a call.
    pub(crate) fn is_inside(self, call: &Call) -> bool {
        self.call == call.number
    }

    /// Zero if no finalizer of the store is running; what can be said without a look at the thread.
    #[inline]
    pub(crate) fn number(self) -> usize {
        self.call
    }

    /// Whether a finalizer of the store is running. A store that a finalizer has moved elsewhere is in none
    /// once that finalizer has returned.
    #[inline]
    pub(crate) fn is_finalizer(self) -> bool {
        self.call != 0 && calls::is_running(self.call)
    }

    /// Whether code that the store keeps may be called: it does not nest too deep, nor does code of a clone
    /// of the store call it.
    pub(crate) fn admits(self, family: Family) -> bool {
        self.depth < MAX_NESTED && calls::admit(family, self.call)
    }

    /// Whether a closure of a command may be called.
    pub(crate) fn admits_command(self) -> bool {
        self.depth < MAX_NESTED && !calls::is_full()
    }
}

/// A call of code that a store keeps, which lasts until this is dropped.
#[derive(Debug)]
pub(crate) struct Call {
    number: usize,
}

impl Call {
    /// Enters a call. The family is that of a store whose clones must not call code of theirs meanwhile.
    pub(crate) fn enter(family: Option<Family>) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let mut number = 0;
        while number == 0 {
            number = NEXT.fetch_add(1, Ordering::Relaxed);
        }
        calls::push(number, family);
        Self { number }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        calls::pop();
    }
}

#[cfg(feature = "std")]
mod calls {
    use core::cell::RefCell;

    use super::{Family, MAX_NESTED};

    /// The calls that have not returned, the innermost last, with the family of the store.
    struct Calls {
        list: [(usize, Option<Family>); MAX_NESTED],
        len: usize,
    }

    impl Calls {
        fn running(&self) -> &[(usize, Option<Family>)] {
            &self.list[..self.len.min(MAX_NESTED)]
        }
    }

    std::thread_local! {
        // It needs no destructor, so it is there even while those of other variables run.
        static CALLS: RefCell<Calls> = const {
            RefCell::new(Calls { list: [(0, None); MAX_NESTED], len: 0 })
        };
    }

    pub(super) fn push(number: usize, family: Option<Family>) {
        CALLS.with_borrow_mut(|calls| {
            debug_assert!(calls.len < MAX_NESTED, "who calls it asks first");
            let len = calls.len;
            if let Some(call) = calls.list.get_mut(len) {
                *call = (number, family);
            }
            calls.len += 1;
        });
    }

    pub(super) fn pop() {
        CALLS.with_borrow_mut(|calls| calls.len -= 1);
    }

    pub(super) fn is_running(number: usize) -> bool {
        CALLS.with_borrow(|calls| calls.running().iter().any(|&(call, _)| call == number))
    }

    pub(super) fn is_full() -> bool {
        CALLS.with_borrow(|calls| calls.len >= MAX_NESTED)
    }

    /// Whether there is room for a call, and no call of another store of the family is the innermost one of
    /// the family.
    pub(super) fn admit(family: Family, number: usize) -> bool {
        CALLS.with_borrow(|calls| {
            let mut innermost_first = calls.running().iter().rev();
            let of_family = innermost_first.find(|&&(_, of)| of == Some(family));
            calls.len < MAX_NESTED && of_family.is_none_or(|&(call, _)| call == number)
        })
    }
}

#[cfg(not(feature = "std"))]
mod calls {
    use super::Family;

    pub(super) fn push(_: usize, _: Option<Family>) {}

    pub(super) fn pop() {}

    pub(super) fn is_running(_: usize) -> bool {
        true
    }

    pub(super) fn is_full() -> bool {
        false
    }

    pub(super) fn admit(_: Family, _: usize) -> bool {
        true
    }
}
