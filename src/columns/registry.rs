//! Component types by name, for whoever saves and loads components without knowing their types.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::any::{TypeId, type_name};
use core::marker::PhantomData;

use erased_serde::{Deserializer as AnyDeserializer, Error as AnyError, Serialize as AnySerialize};
use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error};

use super::group::Grouped;
use super::{BorrowError, Columns, Component, Remains, saved};
use crate::form::demand;

/// A type of components.
pub(crate) trait Kind: Send + Sync {
    /// `None` if components of the type are only read to be dropped.
    fn id(&self) -> Option<TypeId>;
    fn type_name(&self) -> &'static str;
    /// All components, to be saved.
    fn column<'c>(&self, columns: &'c Columns) -> Result<Box<dyn AnySerialize + 'c>, BorrowError>;
    /// Loads all components, of objects that are `there`.
    fn load(
        &self,
        from: &mut dyn AnyDeserializer<'_>,
        columns: &mut Columns,
        is_there: &dyn Fn(u32) -> bool,
    ) -> Result<(), AnyError>;
    /// The component that a dead object has left, to be saved.
    fn remain<'r>(&self, remains: &'r Remains) -> Option<&'r dyn AnySerialize>;
    fn load_remain(
        &self,
        from: &mut dyn AnyDeserializer<'_>,
        remains: &mut Remains,
    ) -> Result<(), AnyError>;
    fn grouped(&self) -> Option<Grouped>;
}

/// Components that are kept.
pub(crate) struct Kept<C>(pub(crate) PhantomData<fn(C) -> C>);

impl<C: Component + Serialize + DeserializeOwned> Kind for Kept<C> {
    fn id(&self) -> Option<TypeId> {
        Some(TypeId::of::<C>())
    }

    fn type_name(&self) -> &'static str {
        type_name::<C>()
    }

    fn column<'c>(&self, columns: &'c Columns) -> Result<Box<dyn AnySerialize + 'c>, BorrowError> {
        let column = columns.borrow::<C>()?;
        Ok(Box::new(saved::All(column)))
    }

    fn load(
        &self,
        from: &mut dyn AnyDeserializer<'_>,
        columns: &mut Columns,
        is_there: &dyn Fn(u32) -> bool,
    ) -> Result<(), AnyError> {
        let (objects, components) = saved::read::<C, _>(from, |objects| {
            let mut last = 0;
            for &object in objects {
                demand!(object > last, "{object} comes after {last}");
                demand!(is_there(object), "there is no object {object}");
                last = object;
            }
            Ok(())
        })?;
        columns.fill(&objects, components);
        Ok(())
    }

    fn remain<'r>(&self, remains: &'r Remains) -> Option<&'r dyn AnySerialize> {
        let component = remains.get::<C>()?;
        Some(component)
    }

    fn load_remain(
        &self,
        from: &mut dyn AnyDeserializer<'_>,
        remains: &mut Remains,
    ) -> Result<(), AnyError> {
        let component: C = erased_serde::deserialize(from)?;
        remains.0.push(Box::new(component));
        Ok(())
    }

    fn grouped(&self) -> Option<Grouped> {
        Some(Grouped::of::<C>())
    }
}

/// Components that are read to be dropped.
pub(crate) struct Dropped<C>(pub(crate) PhantomData<fn(C) -> C>);

impl<C: DeserializeOwned> Kind for Dropped<C> {
    fn id(&self) -> Option<TypeId> {
        None
    }

    fn type_name(&self) -> &'static str {
        type_name::<C>()
    }

    fn column<'c>(&self, _: &'c Columns) -> Result<Box<dyn AnySerialize + 'c>, BorrowError> {
        Ok(Box::new(()))
    }

    fn load(
        &self,
        from: &mut dyn AnyDeserializer<'_>,
        _: &mut Columns,
        _: &dyn Fn(u32) -> bool,
    ) -> Result<(), AnyError> {
        saved::read::<C, _>(from, |_| Ok(())).map(drop)
    }

    fn remain<'r>(&self, _: &'r Remains) -> Option<&'r dyn AnySerialize> {
        None
    }

    fn load_remain(
        &self,
        from: &mut dyn AnyDeserializer<'_>,
        _: &mut Remains,
    ) -> Result<(), AnyError> {
        erased_serde::deserialize::<C>(from).map(drop)
    }

    fn grouped(&self) -> Option<Grouped> {
        None
    }
}

/// The types of components that are known, by name.
#[derive(Default)]
pub(crate) struct Kinds(Vec<(&'static str, Box<dyn Kind>)>);

impl Kinds {
    /// Adds a type; false if it is there already, or its name is.
    pub(crate) fn add(&mut self, name: &'static str, kind: Box<dyn Kind>) -> bool {
        let id = kind.id();
        let is_same = |(other, kind): &(&str, Box<dyn Kind>)| {
            *other == name || id.is_some() && kind.id() == id
        };
        let is_new = !self.0.iter().any(is_same);
        if is_new {
            self.0.push((name, kind));
        }
        is_new
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<&dyn Kind> {
        let found = self.0.iter().find(|(other, _)| *other == name)?;
        Some(&*found.1)
    }

    fn by_id(&self, id: TypeId) -> Option<(&'static str, &dyn Kind)> {
        let found = self.0.iter().find(|(_, kind)| kind.id() == Some(id))?;
        Some((found.0, &*found.1))
    }

    /// The names and the types, in the order in which they came.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.0.iter().map(|(name, kind)| (*name, kind.type_name()))
    }

    /// The components that a dead object has left, to be saved, each by its name.
    pub(crate) fn remains<'r>(
        &self,
        remains: &'r Remains,
    ) -> Vec<(&'static str, &'r dyn AnySerialize)> {
        // In the order in which the store met them, which is that of the death.
        let known = remains.0.iter().filter_map(|component| {
            let (name, kind) = self.by_id((**component).as_any().type_id())?;
            Some((name, kind.remain(remains)?))
        });
        known.collect()
    }

    /// The type of a component that a dead object has left, and that is not known.
    pub(crate) fn unknown_remain(&self, remains: &Remains) -> Option<&'static str> {
        let mut components = remains.0.iter().map(|component| &**component);
        let unknown =
            components.find(|component| self.by_id(component.as_any().type_id()).is_none());
        unknown.map(super::remains::AnyComponent::name)
    }
}

/// Columns to be saved, each by its name.
pub(crate) type Saved<'c> = Vec<(&'static str, Box<dyn AnySerialize + 'c>)>;

/// Why components cannot be saved.
pub(crate) enum Refused {
    Unknown(&'static str),
    Borrowed(BorrowError),
}

impl Columns {
    /// All columns of known types, in the order in which the types first came. What has components of other types is
    /// refused, unless these are skipped.
    pub(crate) fn saved(&self, kinds: &Kinds, skips: bool) -> Result<Saved<'_>, Refused> {
        let entries = self.entries.iter();
        let entries = entries.map(|entry| (entry.id, &*entry.column, entry.group.is_some()));
        let late = self.late.columns().map(|(id, column)| (id, column, false));
        let mut saved = Vec::new();
        for (id, column, is_grouped) in entries.chain(late) {
            match kinds.by_id(id) {
                Some((name, kind)) => {
                    saved.push((name, kind.column(self).map_err(Refused::Borrowed)?));
                }
                None if skips || !is_grouped && column.is_vacant() => {}
                None => return Err(Refused::Unknown(column.name())),
            }
        }
        Ok(saved)
    }

    /// The groups of known types, by their names.
    pub(crate) fn saved_groups(&self, kinds: &Kinds) -> Vec<Vec<&'static str>> {
        let name = |&at: &usize| Some(kinds.by_id(self.entries[at].id)?.0);
        let names = |members: &Vec<usize>| members.iter().map(name).collect();
        self.groups.iter().filter_map(names).collect()
    }

    /// Keeps the components of some types together; those of a type that is not known are in no group.
    pub(crate) fn restore_group(&mut self, kinds: &Kinds, names: &[String]) -> Result<(), String> {
        let kinds: Option<Vec<&dyn Kind>> = names.iter().map(|name| kinds.by_name(name)).collect();
        let types = kinds.iter().flatten().map(|kind| kind.grouped());
        let types: Option<Vec<Grouped>> = types.collect();
        match types.filter(|types| types.len() == names.len() && !types.is_empty()) {
            Some(types) => self
                .group(&types)
                .map_err(|error| alloc::format!("{error}")),
            None => Ok(()),
        }
    }
}

/// Hands whatever is to be read over to a function that knows no format.
pub(crate) struct Erased<F>(pub(crate) F);

impl<'de, F> DeserializeSeed<'de> for Erased<F>
where
    F: FnOnce(&mut dyn AnyDeserializer<'de>) -> Result<(), AnyError>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let mut erased = <dyn AnyDeserializer<'_>>::erase(deserializer);
        (self.0)(&mut erased).map_err(D::Error::custom)
    }
}
