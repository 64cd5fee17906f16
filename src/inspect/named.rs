//! Roots with names: what the program calls that which holds an object.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::panic::Location;

use slotmap::KeyData;

use crate::handle::{index_of, version_of};
use crate::sparse::Sparse;

/// The names of roots, of the objects that have any. Nothing tells it of deaths: what names a dead object is taken out
/// when there are twice as many as after the last time.
///
/// Names never outnumber the roots of an object for those who read: a root that is dropped without saying which takes
/// the name with it that came last.
#[derive(Clone, Debug, Default)]
pub(crate) struct NamedRoots {
    objects: Sparse<Named>,
    purged: usize,
}

/// The names of an object's roots.
#[derive(Clone, Debug, Default)]
struct Named {
    version: u32,
    /// In the order in which they came.
    names: Vec<Name>,
}

/// The name of a root, and where in the program it was given.
#[derive(Clone, Debug)]
struct Name {
    text: Box<str>,
    place: &'static Location<'static>,
}

/// The fewest objects that are looked through for dead ones.
const FEW: usize = 64;

impl NamedRoots {
    pub(crate) fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Names one more of an object's roots, which are so many with it.
    pub(crate) fn add(
        &mut self,
        key: KeyData,
        text: Cow<'_, str>,
        place: &'static Location<'static>,
        roots: u32,
        is_alive: impl Fn(u32, u32) -> bool,
    ) {
        self.fit(key, roots - 1);
        if self.objects.len() >= (2 * self.purged).max(FEW) {
            self.purge(is_alive);
        }
        let named = self.objects.or_default(index_of(key));
        if named.version != version_of(key) {
            named.version = version_of(key);
            named.names.clear();
        }
        let text = text.into_owned().into_boxed_str();
        named.names.push(Name { text, place });
    }

    fn purge(&mut self, is_alive: impl Fn(u32, u32) -> bool) {
        let indices: Vec<u32> = self.objects.indices().collect();
        for index in indices {
            let version = self.objects.get(index).map(|named| named.version);
            if !version.is_some_and(|version| is_alive(index, version)) {
                self.objects.remove(index);
            }
        }
        self.purged = self.objects.len();
    }

    /// The names of an object's roots, which are so many.
    fn names(&self, key: KeyData, roots: u32) -> &[Name] {
        let named = self.objects.get(index_of(key));
        let names = named.filter(|named| named.version == version_of(key));
        let names = names.map_or(&[][..], |named| &named.names);
        &names[..names.len().min(roots as usize)]
    }

    /// Takes the name off one of an object's roots, which are so many; the last one of that name. Says whether there
    /// was one.
    pub(crate) fn remove(&mut self, key: KeyData, text: &str, roots: u32) -> bool {
        let names = self.names(key, roots).iter();
        let Some(at) = names.rev().position(|name| *name.text == *text) else {
            return false;
        };
        let at = self.names(key, roots).len() - 1 - at;
        if let Some(named) = self.objects.get_mut(index_of(key)) {
            named.names.remove(at);
        }
        true
    }

    /// Forgets names that are too many for the roots of an object.
    pub(crate) fn fit(&mut self, key: KeyData, roots: u32) {
        let names = self.names(key, roots).len();
        if let Some(named) = self.objects.get_mut(index_of(key)) {
            if named.version == version_of(key) {
                named.names.truncate(names);
            }
        }
        if names == 0 {
            self.objects.remove(index_of(key));
        }
    }

    /// The names of an object's roots, which are so many, with the places in the program: those without a name are
    /// left out.
    pub(crate) fn of(&self, key: KeyData, roots: u32) -> impl Iterator<Item = String> + use<'_> {
        let names = self.names(key, roots).iter();
        names.map(|Name { text, place }| format!("{text} ({}:{})", place.file(), place.line()))
    }

    /// Bytes allocated.
    pub(crate) fn memory(&self) -> usize {
        let names = self.objects.values().map(|named| {
            let texts: usize = named.names.iter().map(|name| name.text.len()).sum();
            texts + named.names.capacity() * size_of::<Name>()
        });
        self.objects.memory() + names.sum::<usize>()
    }
}
