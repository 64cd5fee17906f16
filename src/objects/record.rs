//! The record of deaths: who has died, of what, and what was left.

use alloc::sync::Arc;
use core::fmt;

use slotmap::KeyData;

use crate::bits::Bits;
use crate::columns::Remains;
#[cfg(feature = "serde")]
use crate::form;
use crate::handle::index_of;
use crate::index::{ARENA_WORDS, arena_of};
use crate::paged::Pages;

/// What an object has died of; see [`Death::cause`](crate::Death::cause).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The program let go of it, or of what owned it: nothing held it any more.
    #[default]
    Released,
    /// It was part of a garbage cycle, or only such a cycle owned it.
    Collected,
    /// It was destroyed itself, by [`destroy`](crate::Store::destroy), [`retain`](crate::Store::retain),
    /// [`clear`](crate::Store::clear) or a command.
    Destroyed,
    /// What owned it last was destroyed, or died for that reason in turn.
    OwnerDestroyed,
}

impl Cause {
    /// The cause of the death of what dies since its owner has died of this one.
    fn inherited(self) -> Self {
        match self {
            Self::Destroyed | Self::OwnerDestroyed => Self::OwnerDestroyed,
            other => other,
        }
    }
}

/// Which deaths are recorded, by the value.
pub(crate) type Filter<T> = Arc<dyn Fn(&T) -> bool + Send + Sync>;

/// A death on record.
#[derive(Clone, Debug)]
pub(crate) struct Dead<T> {
    pub(crate) key: KeyData,
    pub(crate) value: T,
    pub(crate) cause: Cause,
    pub(crate) components: Remains,
}

/// Which deaths are recorded, and those that were.
pub(crate) struct Record<T> {
    is_on: bool,
    /// All are recorded if there is none.
    filter: Option<Filter<T>>,
    with_components: bool,
    pub(crate) deaths: Pages<Dead<T>>,
    /// What objects die of that are about to, in two bits each: all that is not known is released.
    causes: [Bits; 2],
    /// Of the object that leaves at the moment.
    components: Remains,
}

impl<T> Record<T> {
    pub(crate) fn new(is_on: bool) -> Self {
        Self {
            is_on,
            filter: None,
            with_components: false,
            deaths: Pages::default(),
            causes: [Bits::default(), Bits::default()],
            components: Remains::default(),
        }
    }

    /// Records all deaths from now on, or those of values for which the filter answers true.
    pub(crate) fn begin(&mut self, filter: Option<Filter<T>>, with_components: bool) {
        self.is_on = true;
        self.filter = filter;
        self.with_components = with_components;
    }

    /// Records nothing from now on.
    pub(crate) fn end(&mut self) {
        *self = Self {
            deaths: core::mem::take(&mut self.deaths),
            ..Self::new(false)
        };
    }

    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Whether all deaths are recorded, and no code of the user runs for that.
    #[inline]
    pub(crate) fn keeps_all(&self) -> bool {
        self.is_on && self.filter.is_none()
    }

    /// Whether the components of those on record are kept.
    #[inline]
    pub(crate) fn keeps_components(&self) -> bool {
        self.with_components
    }

    /// What an object that is about to die dies of.
    pub(crate) fn cause(&self, index: u32) -> Cause {
        match self.causes.each_ref().map(|bits| bits.get(index)) {
            [false, false] => Cause::Released,
            [true, false] => Cause::Collected,
            [false, true] => Cause::Destroyed,
            [true, true] => Cause::OwnerDestroyed,
        }
    }

    /// Notes what an object dies of, if it does.
    #[inline]
    pub(crate) fn note(&mut self, index: u32, cause: Cause) {
        if self.is_on {
            self.set_cause(index, cause);
        }
    }

    /// Notes that an object may have lost its last owner, which dies itself.
    #[inline]
    pub(crate) fn note_owner(&mut self, index: u32, owner: u32) {
        if self.is_on && index != owner {
            self.set_cause(index, self.cause(owner).inherited());
        }
    }

    fn set_cause(&mut self, index: u32, cause: Cause) {
        let set = match cause {
            Cause::Released => [false, false],
            Cause::Collected => [true, false],
            Cause::Destroyed => [false, true],
            Cause::OwnerDestroyed => [true, true],
        };
        for (bits, is_set) in self.causes.iter_mut().zip(set) {
            if is_set {
                bits.grow((arena_of(index) + 1) * ARENA_WORDS);
                bits.set(index);
            } else {
                bits.clear(index);
            }
        }
    }

    /// Keeps the components of an object that leaves for its record.
    pub(crate) fn hold(&mut self, components: Remains) {
        self.components = components;
    }

    /// What is left of the object that has left at last.
    pub(crate) fn dead(&mut self, key: KeyData, value: T, cause: Cause) -> Dead<T> {
        let components = core::mem::take(&mut self.components);
        Dead {
            key,
            value,
            cause,
            components,
        }
    }

    /// Records the death of the object that has left at last, if it is to be; otherwise gives the value back. If the
    /// filter panics, the value goes with it.
    #[inline]
    pub(crate) fn add(&mut self, key: KeyData, value: T) -> Option<T> {
        if !self.is_on {
            return Some(value);
        }
        let cause = self.cause(index_of(key));
        let dead = self.dead(key, value, cause);
        self.add_dead(dead)
    }

    /// The same for one whose cause of death is known.
    #[inline]
    pub(crate) fn add_for(&mut self, key: KeyData, value: T, cause: Cause) -> Option<T> {
        if !self.is_on {
            return Some(value);
        }
        let dead = self.dead(key, value, cause);
        self.add_dead(dead)
    }

    /// The same where it is known what is left of it.
    pub(crate) fn add_dead(&mut self, dead: Dead<T>) -> Option<T> {
        self.set_cause(index_of(dead.key), Cause::Released);
        let passes = |filter: &Filter<T>| filter(&dead.value);
        if !self.is_on || !self.filter.as_ref().is_none_or(passes) {
            return Some(dead.value);
        }
        self.deaths.push(dead);
        None
    }

    /// Gives back what the record doesn't need, and the memory behind the first `arenas` arenas.
    pub(crate) fn shrink(&mut self, arenas: usize) {
        self.deaths.shrink();
        for bits in &mut self.causes {
            bits.shrink(arenas * ARENA_WORDS);
        }
    }

    /// Bytes allocated, but for what values and components own.
    pub(crate) fn memory(&self) -> usize {
        let bits: usize = self.causes.iter().map(Bits::memory).sum();
        let components = self.deaths.iter().map(|dead| dead.components.memory());
        bits + self.deaths.memory() + components.sum::<usize>()
    }
}

impl<T: Clone> Clone for Record<T> {
    fn clone(&self) -> Self {
        Self {
            is_on: self.is_on,
            filter: self.filter.clone(),
            with_components: self.with_components,
            deaths: self.deaths.clone(),
            causes: self.causes.clone(),
            components: Remains::default(),
        }
    }
}

impl<T> fmt::Debug for Record<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("deaths", &self.deaths.len())
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "serde")]
impl<T> Record<T> {
    pub(crate) fn saved(&self) -> form::Record<&T> {
        let [first, second] = &self.causes;
        let mut dying: alloc::vec::Vec<u32> = form::indices(first);
        dying.extend(form::indices(second));
        dying.sort_unstable();
        dying.dedup();
        let dying = dying.into_iter().map(|object| form::Dying {
            object,
            cause: self.cause(object).saved(),
        });
        form::Record {
            is_on: self.is_on,
            with_components: self.with_components,
            causes: dying.collect(),
            deaths: self.deaths.iter().map(Dead::saved).collect(),
        }
    }

    /// Makes a record without a filter, in which the components of the dead are still missing.
    pub(crate) fn restore(form: form::Record<T>, arenas: usize) -> Result<Self, form::Fault> {
        let mut record = Self {
            with_components: form.with_components,
            ..Self::new(form.is_on)
        };
        let dying: alloc::vec::Vec<u32> = form.causes.iter().map(|of| of.object).collect();
        form::bits(&dying, arenas, "causes of death")?;
        for form::Dying { object, cause } in form.causes {
            record.set_cause(object, Cause::restore(cause));
        }
        let dead = form.deaths.into_iter().map(|death| Dead {
            key: death.object,
            value: death.value,
            cause: Cause::restore(death.cause),
            components: Remains::default(),
        });
        record.deaths.extend(dead);
        Ok(record)
    }
}

#[cfg(feature = "serde")]
impl<T> Dead<T> {
    fn saved(&self) -> form::Death<&T> {
        form::Death {
            object: self.key,
            value: &self.value,
            cause: self.cause.saved(),
        }
    }
}

#[cfg(feature = "serde")]
impl Cause {
    fn saved(self) -> form::Cause {
        match self {
            Self::Released => form::Cause::Released,
            Self::Collected => form::Cause::Collected,
            Self::Destroyed => form::Cause::Destroyed,
            Self::OwnerDestroyed => form::Cause::OwnerDestroyed,
        }
    }

    fn restore(form: form::Cause) -> Self {
        match form {
            form::Cause::Released => Self::Released,
            form::Cause::Collected => Self::Collected,
            form::Cause::Destroyed => Self::Destroyed,
            form::Cause::OwnerDestroyed => Self::OwnerDestroyed,
        }
    }
}
