//! Saving and loading with serde (feature `serde`).

mod document;
mod world;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use slotmap::Key;

use crate::columns::registry::{Dropped, Kept, Kinds, Refused};
use crate::columns::{BorrowError, Component};
use crate::store::Store;
use crate::store::finalize::{Finalizer, Named};

pub use document::Saved;

/// What a save cannot know by itself: which types of components there are, and what finalizers do, each by a name
/// that is part of the save (feature `serde`).
///
/// A store without components and finalizers needs none: it is [`Serialize`] and [`Deserialize`] itself. What is
/// saved and how it is loaded is said at [`save`](Self::save) and [`load`](Self::load).
///
/// # Examples
/// ```
/// use serde::{Deserialize, Serialize};
/// use understory::{Registry, Store};
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// struct Position(i32, i32);
///
/// let registry = Registry::new().component::<Position>("position");
///
/// let mut store: Store<String> = Store::new();
/// let fox = store.insert("fox".to_string());
/// store.insert_component(fox, Position(3, 4)).unwrap();
/// let json = serde_json::to_string(&registry.save(&store)?)?;
///
/// let mut from = serde_json::Deserializer::from_str(&json);
/// let mut loaded: Store<String> = registry.load(&mut from)?;
/// assert_eq!(loaded[fox], "fox");
/// assert_eq!(*loaded.component::<Position>(fox).unwrap(), Position(3, 4));
/// // The copy goes on as the original would.
/// assert_eq!(loaded.insert("owl".to_string()), store.insert("owl".to_string()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Registry<T, E = (), K: Key = crate::Handle> {
    kinds: Kinds,
    finalizers: Vec<(&'static str, Finalizer<T, E, K>)>,
    skips_components: bool,
    skips_finalizers: bool,
}

impl<T, E, K: Key> Default for Registry<T, E, K> {
    fn default() -> Self {
        Self {
            kinds: Kinds::default(),
            finalizers: Vec::new(),
            skips_components: false,
            skips_finalizers: false,
        }
    }
}

impl<T, E, K: Key> fmt::Debug for Registry<T, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finalizers: Vec<&str> = self.finalizers.iter().map(|(name, _)| *name).collect();
        let components: Vec<_> = self.kinds.names().collect();
        f.debug_struct("Registry")
            .field("components", &components)
            .field("finalizers", &finalizers)
            .field("skips_components", &self.skips_components)
            .field("skips_finalizers", &self.skips_finalizers)
            .finish()
    }
}

impl<T, E, K: Key> Registry<T, E, K> {
    /// A registry that knows no components and no finalizers.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let registry = understory::Registry::<String>::new();
    /// let store = understory::Store::<String>::new();
    /// assert!(registry.save(&store).is_ok());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Components of a type are saved and loaded under this name, which must not change between versions of the
    /// program. The type may.
    ///
    /// # Panics
    /// If the name or the type is registered already.
    ///
    /// Complexity: O(registered types).
    ///
    /// # Examples
    /// ```
    /// let registry = understory::Registry::<u32>::new().component::<String>("name");
    /// let mut store = understory::Store::<u32>::new();
    /// let fox = store.insert(1);
    /// store.insert_component(fox, "Reynard".to_string()).unwrap();
    /// let ron = ron::to_string(&registry.save(&store)?)?;
    /// assert!(ron.contains(r#"components:{"name":[(object:1,component:"Reynard")]}"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn component<C>(self, name: &'static str) -> Self
    where
        C: Component + Serialize + DeserializeOwned,
    {
        self.add::<C>(name, Box::new(Kept::<C>(PhantomData)))
    }

    /// Components that were saved under this name are read as values of a type, and dropped: for those that the
    /// program does not have any more, in formats that cannot skip what they don't know, like postcard.
    ///
    /// # Panics
    /// If the name is registered already.
    ///
    /// Complexity: O(registered types).
    ///
    /// # Examples
    /// ```
    /// use understory::{Registry, Store};
    ///
    /// let mut store = Store::<u32>::new();
    /// let fox = store.insert(1);
    /// store.insert_component(fox, 5_u8).unwrap();
    /// let before = Registry::new().component::<u8>("mana");
    /// let bytes = postcard::to_allocvec(&before.save(&store)?)?;
    ///
    /// let after = Registry::new().dropped_component::<u8>("mana");
    /// let loaded: Store<u32> = after.load(&mut postcard::Deserializer::from_bytes(&bytes))?;
    /// assert!(loaded.component::<u8>(fox).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn dropped_component<C: DeserializeOwned + 'static>(self, name: &'static str) -> Self {
        self.add::<C>(name, Box::new(Dropped::<C>(PhantomData)))
    }

    fn add<C>(mut self, name: &'static str, kind: Box<dyn crate::columns::registry::Kind>) -> Self {
        let is_new = self.kinds.add(name, kind);
        let of = core::any::type_name::<C>();
        assert!(
            is_new,
            "a component is registered twice: {name}, of type {of}"
        );
        self
    }

    /// What finalizers of this name do in a store that is loaded; [`Store::set_named_finalizer`] gives them their
    /// names. A finalizer of [`Store::set_finalizer`] has none, and cannot be saved.
    ///
    /// # Panics
    /// If the name is registered already.
    ///
    /// Complexity: O(registered finalizers).
    ///
    /// # Examples
    /// ```
    /// use understory::{Handle, Registry, Store};
    ///
    /// fn rise(store: &mut Store<String>, this: Handle) {
    ///     store.root(this).unwrap();
    /// }
    ///
    /// let registry = Registry::new().finalizer("rise", rise);
    /// let mut store = Store::<String>::new();
    /// let phoenix = store.insert("phoenix".to_string());
    /// store.set_named_finalizer(phoenix, "rise", rise)?;
    /// let json = serde_json::to_string(&registry.save(&store)?)?;
    ///
    /// let mut loaded = registry.load(&mut serde_json::Deserializer::from_str(&json))?;
    /// loaded.unroot(phoenix)?;
    /// assert!(loaded.contains(phoenix));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn finalizer(
        mut self,
        name: &'static str,
        finalizer: impl Fn(&mut Store<T, E, K>, K) + Send + Sync + 'static,
    ) -> Self {
        let is_new = self.named(name).is_none();
        assert!(is_new, "a finalizer is registered twice: {name}");
        let finalizer: Finalizer<T, E, K> = Arc::new(Named(name, finalizer));
        self.finalizers.push((name, finalizer));
        self
    }

    fn named(&self, name: &str) -> Option<&Finalizer<T, E, K>> {
        let found = self.finalizers.iter().find(|(other, _)| *other == name)?;
        Some(&found.1)
    }

    /// Components of types that are not registered are left out when a store is saved, and what was saved under names
    /// that are not registered is left out when it is loaded. Both are errors otherwise.
    ///
    /// (To skip what is not known, a format must tell where it ends. JSON, RON and `MessagePack` do; for others see
    /// [`dropped_component`](Self::dropped_component).)
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Registry, SaveError, Store};
    ///
    /// let mut store = Store::<u32>::new();
    /// let fox = store.insert(1);
    /// store.insert_component(fox, std::time::Instant::now()).unwrap();
    /// let refused = Registry::new().save(&store).unwrap_err();
    /// assert!(matches!(refused, SaveError::UnknownComponent { .. }));
    /// assert!(Registry::new().skip_unknown_components().save(&store).is_ok());
    /// ```
    #[must_use]
    pub fn skip_unknown_components(mut self) -> Self {
        self.skips_components = true;
        self
    }

    /// Finalizers that have no name, or one that is not registered, are left out when a store is saved or loaded: their
    /// objects die without. Both are errors otherwise.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Registry, SaveError, Store};
    ///
    /// let mut store = Store::<u32>::new();
    /// let fox = store.insert(1);
    /// store.set_finalizer(fox, |_, _| ())?;
    /// let refused = Registry::new().save(&store).unwrap_err();
    /// assert!(matches!(refused, SaveError::UnknownFinalizer { .. }));
    /// assert!(Registry::new().skip_unknown_finalizers().save(&store).is_ok());
    /// # Ok::<(), understory::FinalizerError>(())
    /// ```
    #[must_use]
    pub fn skip_unknown_finalizers(mut self) -> Self {
        self.skips_finalizers = true;
        self
    }

    /// A store as it is now, to be serialized in any format.
    ///
    /// All that decides on what will happen is saved: the same calls on the loaded copy give the same handles, deaths,
    /// notices and order as on the original, for ever. That includes values, edges in their order, weak edges, roots,
    /// components, watches, notices and deaths on record, settings, statistics, which slots are used next, what is
    /// pending, suspects, and collections in the middle of their work. In formats for people, everything has a name,
    /// and objects come in the order of their indices: what has not changed is the same text.
    ///
    /// What belongs to the process is not saved:
    ///
    /// - **`Root` values.** As in a clone, the roots that they hold stay until
    ///   [`release_foreign_roots`](Store::release_foreign_roots). What dropped ones have told, and the store has not
    ///   taken note of, it has to be told with that too.
    /// - **Observers.** The copy has none.
    /// - **The clock.** The copy has the one that a new store has.
    /// - **The function of [`measure_with`](Store::measure_with).** In the copy a value weighs the size of its type until
    ///   that is called again, which weighs all of them anew.
    /// - **The filter of [`record_deaths`](Store::record_deaths).** The copy records all deaths, with their components
    ///   if the original did that, until it is told otherwise.
    /// - **Finalizers**, unless they have a [name](Self::finalizer).
    /// - Labels and components of the dead that wait for their `Drop`.
    /// - The room that was [reserved](Store::reserve) within arenas: the copy takes memory as it needs it.
    ///
    /// A copy that is saved in a scope or a finalizer is in none: its next call reclaims what that kept waiting.
    ///
    /// # Errors
    /// [`SaveError`] if there is something that is not registered, or components are borrowed mutably.
    ///
    /// Complexity: O(slots + edges), with memory for what is known of one arena at a time beside the format's own.
    ///
    /// # Examples
    /// ```
    /// use understory::{Registry, Store};
    ///
    /// let mut store = Store::<String>::new();
    /// let nest = store.insert("nest".to_string());
    /// let egg = store.insert_linked(nest, (), "egg".to_string())?;
    /// let bytes = postcard::to_allocvec(&Registry::new().save(&store)?)?;
    ///
    /// let loaded: Store<String> = postcard::from_bytes(&bytes)?;
    /// assert!(loaded.targets(nest).eq([egg]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save<'s>(&'s self, store: &'s Store<T, E, K>) -> Result<Saved<'s, T, E, K>, SaveError> {
        Saved::new(self, store)
    }

    /// Makes a store of one that was [saved](Self::save), in the same format. The deserializer need not be at its end
    /// afterwards; whether it is to be is for the caller to ask it.
    ///
    /// Saves may come from anywhere: whatever they claim, the answer is an error or a store that holds together, and
    /// memory is taken in proportion to what was read. (An arena that is in use and empty takes some kilobytes, as it
    /// does in the store that was saved, and there may be some thousands of these.) Values, labels and components are
    /// read by their own `Deserialize`, which must see to that itself.
    ///
    /// # Errors
    /// What the format says, or what is wrong with the save, and where.
    ///
    /// Complexity: O(n log n) for n objects and edges.
    ///
    /// # Examples
    /// ```
    /// use understory::{Registry, Store};
    ///
    /// let mut from = serde_json::Deserializer::from_str(r#"{"format":"understory","version":999}"#);
    /// let error = Registry::<String>::new().load(&mut from).unwrap_err();
    /// assert!(error.to_string().contains("version 999"));
    /// ```
    pub fn load<'de, D>(&self, deserializer: D) -> Result<Store<T, E, K>, D::Error>
    where
        T: Deserialize<'de>,
        E: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        document::load(self, deserializer)
    }
}

/// A registry is also the seed of a store, so that one can be read as a part of something else.
impl<'de, T, E, K> DeserializeSeed<'de> for &Registry<T, E, K>
where
    T: Deserialize<'de>,
    E: Deserialize<'de>,
    K: Key,
{
    type Value = Store<T, E, K>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.load(deserializer)
    }
}

/// As [`Registry::save`] does for a store that has no components and no finalizers: with any it is an error.
impl<T: Serialize, E: Serialize, K: Key> Serialize for Store<T, E, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let registry = Registry::new();
        let saved = registry.save(self).map_err(serde::ser::Error::custom)?;
        saved.serialize(serializer)
    }
}

/// As [`Registry::load`] does for a store that has no components and no finalizers: with any it is an error.
impl<'de, T, E, K> Deserialize<'de> for Store<T, E, K>
where
    T: Deserialize<'de>,
    E: Deserialize<'de>,
    K: Key,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Registry::new().load(deserializer)
    }
}

/// Why a store cannot be saved; see [`Registry::save`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SaveError {
    /// There are components, living or on record, of a type that is not registered.
    UnknownComponent {
        /// The name of the type, as [`core::any::type_name`] gives it.
        component: &'static str,
    },
    /// An object has a finalizer without a name, or of a name that is not registered.
    UnknownFinalizer {
        /// The index of the object's handle.
        index: u32,
        /// The name, if it has one.
        name: Option<&'static str>,
    },
    /// Components are borrowed mutably.
    Borrowed(BorrowError),
}

impl From<Refused> for SaveError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown(component) => Self::UnknownComponent { component },
            Refused::Borrowed(error) => Self::Borrowed(error),
        }
    }
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownComponent { component } => {
                write!(f, "components of type `{component}` are not registered")
            }
            Self::UnknownFinalizer { index, name: None } => {
                write!(f, "the finalizer of object {index} has no name")
            }
            Self::UnknownFinalizer {
                index,
                name: Some(name),
            } => write!(
                f,
                "the finalizer `{name}` of object {index} is not registered"
            ),
            Self::Borrowed(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SaveError {}

/// What a name in a save stands for is not registered.
fn unknown(what: &str, name: &str) -> String {
    alloc::format!("the {what} `{name}` is not registered")
}
