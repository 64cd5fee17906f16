//! Undo and redo.

use alloc::collections::VecDeque;
use alloc::string::String;
use core::fmt;

use slotmap::Key;

use crate::store::Store;
use crate::store::rollback::{Snapshot, SnapshotError};

/// Undo and redo for an editor, over snapshots of one store.
///
/// A [`checkpoint`](Self::checkpoint) is made before each change that the user should be able to undo, under the name
/// that a menu shows. Whatever happens to the store from there to the next checkpoint is one step: it is undone and done
/// again as a whole. How far back the user can go is limited by a number of steps, by bytes, or not at all.
///
/// What goes back, and what does not, is said at [`Store::restore`].
///
/// With the feature `rollback`.
///
/// # Examples
/// ```
/// use understory::{History, Store};
///
/// let mut scene: Store<(&str, i32)> = Store::new();
/// let mut history = History::new().max_steps(100);
/// let tower = scene.insert(("tower", 5));
///
/// history.checkpoint(&mut scene, "move tower")?;
/// scene[tower].1 = 8;
/// history.checkpoint(&mut scene, "delete tower")?;
/// scene.destroy(tower);
///
/// assert_eq!(history.undo(&mut scene)?, Some("delete tower"));
/// assert_eq!(scene[tower], ("tower", 8)); // the same handle
/// assert_eq!(history.undo(&mut scene)?, Some("move tower"));
/// assert_eq!(scene[tower], ("tower", 5));
/// assert_eq!(history.undo(&mut scene)?, None);
///
/// assert_eq!(history.redo(&mut scene)?, Some("move tower"));
/// assert_eq!(scene[tower], ("tower", 8));
/// # Ok::<(), understory::SnapshotError>(())
/// ```
#[derive(Clone)]
pub struct History {
    steps: VecDeque<Step>,
    /// How many steps are done: those from here on were undone.
    done: usize,
    max_steps: usize,
    max_bytes: usize,
}

#[derive(Clone)]
struct Step {
    name: String,
    before: Snapshot,
    /// What the step has made of it, while it is undone.
    after: Option<Snapshot>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            steps: VecDeque::new(),
            done: 0,
            max_steps: usize::MAX,
            max_bytes: usize::MAX,
        }
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |steps| VecDeque::range(&self.steps, steps).map(|step| step.name.as_str());
        f.debug_struct("History")
            .field("done", &names(0..self.done).collect::<VecDeque<_>>())
            .field(
                "undone",
                &names(self.done..self.steps.len()).collect::<VecDeque<_>>(),
            )
            .finish_non_exhaustive()
    }
}

impl History {
    /// A history without steps and limits.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// let history = understory::History::new();
    /// assert_eq!(history.undo_names().next(), None);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps at most so many steps: with the checkpoint of one more, the oldest one can't be undone any more. The last
    /// checkpoint is kept in any case.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{History, Store};
    ///
    /// let mut text: Store<String> = Store::new();
    /// let mut history = History::new().max_steps(2);
    /// for key in ["a", "b", "c"] {
    ///     history.checkpoint(&mut text, format!("type {key}"))?;
    ///     text.insert(key.to_string());
    /// }
    /// assert!(history.undo_names().eq(["type c", "type b"]));
    /// # Ok::<(), understory::SnapshotError>(())
    /// ```
    #[must_use]
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.max_steps = steps;
        self
    }

    /// Keeps [`Store::snapshot_memory`] within so many bytes: with a checkpoint that finds it above, the oldest steps
    /// can't be undone any more. The last checkpoint is kept in any case.
    ///
    /// What other snapshots of the store take counts with it.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{History, Store};
    ///
    /// let mut image: Store<[u8; 1_024]> = (0..1_000).map(|_| [0; 1_024]).collect();
    /// let mut history = History::new().max_bytes(5 << 20);
    /// for colour in 1..=20 {
    ///     history.checkpoint(&mut image, format!("fill with {colour}"))?;
    ///     image.values_mut().for_each(|tile| tile.fill(colour));
    /// }
    /// assert!((2..20).contains(&history.undo_names().count()));
    /// # Ok::<(), understory::SnapshotError>(())
    /// ```
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Begins a step under this name: call it before the change. What was undone can't be done again from now on.
    ///
    /// # Errors
    /// [`SnapshotError::Busy`] in a scope or a finalizer; nothing has changed then.
    ///
    /// Complexity: as of [`Store::snapshot`], and O(steps) for each step that it gives up.
    ///
    /// # Examples
    /// ```
    /// use understory::{History, Store};
    ///
    /// let mut scene: Store<&str> = Store::new();
    /// let mut history = History::new();
    /// history.checkpoint(&mut scene, "add tree")?;
    /// let tree = scene.insert("tree");
    /// history.undo(&mut scene)?;
    /// history.checkpoint(&mut scene, "add rock")?;
    /// let rock = scene.insert("rock");
    /// assert_eq!(history.redo(&mut scene)?, None); // the tree is given up
    /// assert!(history.undo_names().eq(["add rock"]));
    /// # Ok::<(), understory::SnapshotError>(())
    /// ```
    pub fn checkpoint<T: Clone, E: Clone, K: Key>(
        &mut self,
        store: &mut Store<T, E, K>,
        name: impl Into<String>,
    ) -> Result<(), SnapshotError> {
        let before = store.snapshot()?;
        self.steps.truncate(self.done);
        self.steps.push_back(Step {
            name: name.into(),
            before,
            after: None,
        });
        while self.steps.len() > self.max_steps.max(1) {
            self.steps.pop_front();
        }
        store.forget_states();
        while self.steps.len() > 1 && store.snapshot_memory() > self.max_bytes {
            self.steps.pop_front();
            store.forget_states();
        }
        self.done = self.steps.len();
        Ok(())
    }

    /// Takes the last step back and returns its name, or `None` if there is none left. Whatever has changed since its
    /// checkpoint, or since the last undo, belongs to it.
    ///
    /// # Errors
    /// [`SnapshotError::Busy`] in a scope or a finalizer, and [`SnapshotError::OtherStore`]; nothing has changed then.
    ///
    /// Complexity: as of [`Store::snapshot`] and [`Store::restore`].
    ///
    /// # Examples
    /// ```
    /// use understory::{History, Store};
    ///
    /// let mut scene: Store<&str> = Store::new();
    /// let tree = scene.insert("tree");
    /// let mut history = History::new();
    /// history.checkpoint(&mut scene, "fell tree")?;
    /// scene.destroy(tree);
    /// if let Some(name) = history.undo(&mut scene)? {
    ///     println!("undone: {name}");
    /// }
    /// assert_eq!(scene[tree], "tree");
    /// # Ok::<(), understory::SnapshotError>(())
    /// ```
    pub fn undo<T: Clone, E: Clone, K: Key>(
        &mut self,
        store: &mut Store<T, E, K>,
    ) -> Result<Option<&str>, SnapshotError> {
        let Some(last) = self.done.checked_sub(1) else {
            return Ok(None);
        };
        let step = &mut self.steps[last];
        let after = store.snapshot()?;
        store.restore(&step.before)?;
        step.after = Some(after);
        self.done = last;
        Ok(Some(&step.name))
    }

    /// Does again what was undone last and returns its name, or `None` if nothing is to be done again. What has
    /// changed since then without a checkpoint is lost.
    ///
    /// # Errors
    /// [`SnapshotError::Busy`] in a scope or a finalizer, and [`SnapshotError::OtherStore`]; nothing has changed then.
    ///
    /// Complexity: as of [`Store::restore`].
    ///
    /// # Examples
    /// ```
    /// use understory::{History, Store};
    ///
    /// let mut scene: Store<&str> = Store::new();
    /// let mut history = History::new();
    /// history.checkpoint(&mut scene, "add tree")?;
    /// let tree = scene.insert("tree");
    /// history.undo(&mut scene)?;
    /// assert!(!scene.contains(tree));
    /// assert_eq!(history.redo(&mut scene)?, Some("add tree"));
    /// assert_eq!(scene[tree], "tree"); // the same handle
    /// # Ok::<(), understory::SnapshotError>(())
    /// ```
    pub fn redo<T: Clone, E: Clone, K: Key>(
        &mut self,
        store: &mut Store<T, E, K>,
    ) -> Result<Option<&str>, SnapshotError> {
        let Some(step) = self.steps.get_mut(self.done) else {
            return Ok(None);
        };
        if let Some(after) = &step.after {
            store.restore(after)?;
        }
        step.after = None;
        self.done += 1;
        Ok(Some(&step.name))
    }

    /// The names of the steps that can be undone, the next one first.
    ///
    /// Complexity: O(1) a step.
    ///
    /// # Examples
    /// ```
    /// use understory::{History, Store};
    ///
    /// let mut scene: Store<&str> = Store::new();
    /// let mut history = History::new();
    /// history.checkpoint(&mut scene, "add tree")?;
    /// scene.insert("tree");
    /// history.checkpoint(&mut scene, "add rock")?;
    /// scene.insert("rock");
    /// assert!(history.undo_names().eq(["add rock", "add tree"]));
    /// # Ok::<(), understory::SnapshotError>(())
    /// ```
    #[must_use]
    pub fn undo_names(&self) -> impl ExactSizeIterator<Item = &str> {
        let done = self.steps.range(..self.done);
        done.rev().map(|step| step.name.as_str())
    }

    /// The names of the steps that can be done again, the next one first.
    ///
    /// Complexity: O(1) a step.
    ///
    /// # Examples
    /// ```
    /// use understory::{History, Store};
    ///
    /// let mut scene: Store<&str> = Store::new();
    /// let mut history = History::new();
    /// history.checkpoint(&mut scene, "add tree")?;
    /// scene.insert("tree");
    /// history.undo(&mut scene)?;
    /// assert!(history.redo_names().eq(["add tree"]));
    /// # Ok::<(), understory::SnapshotError>(())
    /// ```
    #[must_use]
    pub fn redo_names(&self) -> impl ExactSizeIterator<Item = &str> {
        let undone = self.steps.range(self.done..);
        undone.map(|step| step.name.as_str())
    }

    /// Forgets all steps, as when another file is opened. The limits stay.
    ///
    /// Complexity: O(steps).
    ///
    /// # Examples
    /// ```
    /// use understory::{History, Store};
    ///
    /// let mut scene: Store<&str> = Store::new();
    /// let mut history = History::new();
    /// history.checkpoint(&mut scene, "add tree")?;
    /// scene.insert("tree");
    /// history.clear();
    /// assert_eq!(history.undo(&mut scene)?, None);
    /// # Ok::<(), understory::SnapshotError>(())
    /// ```
    pub fn clear(&mut self) {
        self.steps.clear();
        self.done = 0;
    }
}
