//! The record of deaths: what the program asks for, and what it is told.

use alloc::sync::Arc;
use core::fmt;

use slotmap::Key;

use crate::backlog::Backlog;
use crate::columns::{Component, Remains};
use crate::objects::Cause;
use crate::objects::record::Filter;
use crate::store::Store;

/// Which deaths a store records; see [`Store::record_deaths`].
///
/// ```
/// use understory::{Recording, Store};
///
/// let mut store: Store<u32> = Store::new();
/// store.record_deaths(Recording::of(|level| *level >= 10).with_components());
/// ```
pub struct Recording<T> {
    is_on: bool,
    filter: Option<Filter<T>>,
    with_components: bool,
}

impl<T> Recording<T> {
    /// All deaths.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Recording, Store};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// store.record_deaths(Recording::all());
    /// let knight = store.insert("knight");
    /// store.unroot(knight)?;
    /// assert_eq!(store.drain_deaths().next().unwrap().value, "knight");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn all() -> Self {
        Self {
            is_on: true,
            filter: None,
            with_components: false,
        }
    }

    /// The deaths of objects whose values pass a filter. It is asked once for each object that dies, when the object
    /// has left the store, and runs like the `Drop` of the value: it cannot use the store.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Recording, Store};
    ///
    /// enum Entity {
    ///     Unit { name: &'static str },
    ///     Bullet,
    /// }
    ///
    /// let mut store: Store<Entity> = Store::new();
    /// store.record_deaths(Recording::of(|entity| matches!(entity, Entity::Unit { .. })));
    /// let unit = store.insert(Entity::Unit { name: "archer" });
    /// let bullet = store.insert(Entity::Bullet);
    /// store.unroot(bullet)?;
    /// store.unroot(unit)?;
    /// assert_eq!(store.drain_deaths().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(filter: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        Self {
            filter: Some(Arc::new(filter)),
            ..Self::all()
        }
    }

    /// No deaths.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Recording, Store};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// store.record_deaths(Recording::all());
    /// store.record_deaths(Recording::none());
    /// let knight = store.insert("knight");
    /// store.unroot(knight)?;
    /// assert_eq!(store.drain_deaths().len(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn none() -> Self {
        Self {
            is_on: false,
            ..Self::all()
        }
    }

    /// Keeps the components of the dead too, for [`Death::component`]. Each component of each object that dies is
    /// moved into a box of its own, even if the filter rejects the object.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Recording, Store};
    ///
    /// struct Loot(u32);
    /// # impl Clone for Loot { fn clone(&self) -> Self { Self(self.0) } }
    ///
    /// let mut store: Store<&str> = Store::new();
    /// store.record_deaths(Recording::all().with_components());
    /// let dragon = store.insert("dragon");
    /// store.insert_component(dragon, Loot(900))?;
    /// store.destroy(dragon);
    /// let mut death = store.drain_deaths().next().unwrap();
    /// assert_eq!(death.take_component::<Loot>().unwrap().0, 900);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_components(mut self) -> Self {
        self.with_components = true;
        self
    }
}

impl<T> Clone for Recording<T> {
    fn clone(&self) -> Self {
        Self {
            is_on: self.is_on,
            filter: self.filter.clone(),
            with_components: self.with_components,
        }
    }
}

impl<T> fmt::Debug for Recording<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("is_on", &self.is_on)
            .field("is_filtered", &self.filter.is_some())
            .field("with_components", &self.with_components)
            .finish()
    }
}

/// An object that has died; see [`Store::record_deaths`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Death<T, K> {
    /// The handle that it had. It names no object any more.
    pub handle: K,
    /// Its value.
    pub value: T,
    /// What it died of.
    pub cause: Cause,
    components: Remains,
}

impl<T, K: Key> Death<T, K> {
    /// The component of a type that it had, if components are [recorded](Recording::with_components).
    ///
    /// Complexity: O(components of the object).
    ///
    /// # Examples
    /// ```
    /// use understory::{Recording, Store};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// store.record_deaths(Recording::all().with_components());
    /// let mine = store.insert("mine");
    /// store.insert_component(mine, [3.0_f32, 4.0])?;
    /// store.unroot(mine)?;
    /// for death in store.drain_deaths() {
    ///     // Where it exploded.
    ///     assert_eq!(death.component::<[f32; 2]>(), Some(&[3.0, 4.0]));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn component<C: Component>(&self) -> Option<&C> {
        self.components.get()
    }

    /// Takes the component of a type out of the record.
    ///
    /// Complexity: O(components of the object).
    ///
    /// # Examples
    /// ```
    /// use understory::{Recording, Store};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// store.record_deaths(Recording::all().with_components());
    /// let chest = store.insert("chest");
    /// store.insert_component(chest, vec!["sword", "ring"])?;
    /// store.unroot(chest)?;
    /// let mut death = store.drain_deaths().next().unwrap();
    /// assert_eq!(death.take_component(), Some(vec!["sword", "ring"]));
    /// assert_eq!(death.component::<Vec<&str>>(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn take_component<C: Component>(&mut self) -> Option<C> {
        self.components.take()
    }
}

impl<T, E, K: Key> Store<T, E, K> {
    /// Sets which deaths are recorded from now on: who has died, of what, with its value, however it died. The
    /// record is for a kill feed, for loot and explosions, or for whatever else is to happen after a death: take it
    /// with [`drain_deaths`](Self::drain_deaths) once in a frame.
    ///
    /// Deaths that are on record already stay there. [`Config::record_deaths`](crate::Config::record_deaths) records
    /// all deaths from the start. While any are recorded, each death is looked at on its own, even of what
    /// the filter rejects, which takes longer. To be told of the deaths of a few objects only, [`watch`](Self::watch) them.
    ///
    /// A clone of the store goes on recording, with the same filter and a copy of what is on record.
    ///
    /// Complexity: O(1), and what the filter and values take to drop.
    ///
    /// # Examples
    /// ```
    /// use understory::{Cause, Recording, Store};
    ///
    /// let mut store: Store<&str> = Store::new();
    /// store.record_deaths(Recording::of(|name| *name != "arrow"));
    ///
    /// let ship = store.insert("ship");
    /// let sailor = store.insert_linked(ship, (), "sailor")?;
    /// let arrow = store.insert("arrow");
    /// store.unroot(arrow)?;
    /// store.destroy(ship);
    ///
    /// let feed: Vec<_> = store.drain_deaths().map(|death| (death.value, death.cause)).collect();
    /// assert_eq!(feed, [("ship", Cause::Destroyed), ("sailor", Cause::OwnerDestroyed)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn record_deaths(&mut self, recording: Recording<T>) {
        self.settle();
        let Recording {
            is_on,
            filter,
            with_components,
        } = recording;
        self.config.record_deaths = is_on;
        if is_on {
            self.objects.record.begin(filter, with_components);
        } else {
            self.objects.record.end();
        }
    }

    /// Takes the deaths that were [recorded](Self::record_deaths), in the order in which the objects have left their
    /// slots. What is dead but not swept yet is not among them, nor is what [`drain`](Self::drain) returns.
    ///
    /// They pile up until this is called; [`Step::growing`](crate::Step::growing) tells.
    ///
    /// Complexity: O(deaths).
    ///
    /// # Examples
    /// ```
    /// use understory::{Cause, Config, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().record_deaths(true));
    /// let parent = store.insert("parent");
    /// store.insert_linked(parent, (), "child")?;
    /// store.unroot(parent)?;
    /// for death in store.drain_deaths() {
    ///     println!("{} died: {:?}", death.value, death.cause);
    ///     assert_eq!(death.cause, Cause::Released);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drain_deaths(&mut self) -> impl ExactSizeIterator<Item = Death<T, K>> {
        self.settle();
        self.backlogs.see(Backlog::Deaths, 0);
        self.objects.record.deaths.drain().map(|dead| Death {
            handle: dead.key.into(),
            value: dead.value,
            cause: dead.cause,
            components: dead.components,
        })
    }
}
