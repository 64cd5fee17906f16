//! Settings for the usual kinds of programs.

use super::{Auto, Config, Cycles, Reclaim};

/// # Profiles
///
/// Each is a place to start from: whatever it sets can be set otherwise afterwards.
impl Config {
    /// For a game or a simulation that calls [`step`](crate::Store::step) in each frame: all that can take long is
    /// left to that call, and none of it to others.
    ///
    /// Deaths wait for the step ([`Reclaim::AtStep`]), garbage cycles are traced in it, and insertions do not collect
    /// ([`Auto::Off`]). If a program forgets to step, nothing is freed. Look at
    /// [`Step::keeps_up`](crate::Step::keeps_up) now and then, or set [`catch_up`](Self#structfield.catch_up).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Budget, Config, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::game());
    /// let spark = store.insert("spark");
    /// store.unroot(spark)?; // nothing is freed here
    /// assert_eq!(store.step(Budget::units(1_000)).reclaimed, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn game() -> Self {
        Self::new().reclaim(Reclaim::AtStep).auto(Auto::Off)
    }

    /// For games in lockstep or with rollback: as [`game`](Self::game), and a step that falls behind goes on until
    /// it does not, so that no machine's memory grows for longer than another's patience.
    ///
    /// Give [`step`](crate::Store::step) a budget of units, and the same one on each machine: one of time ends at
    /// another place each time.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Budget, Config, Store};
    ///
    /// let mut here: Store<u32> = Store::with_config(Config::lockstep());
    /// let mut there: Store<u32> = Store::with_config(Config::lockstep());
    /// for world in [&mut here, &mut there] {
    ///     let unit = world.insert(7);
    ///     world.unroot(unit)?;
    ///     world.step(Budget::units(1_000));
    /// }
    /// assert_eq!(here.insert(8), there.insert(8));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn lockstep() -> Self {
        Self::game().catch_up(true)
    }

    /// For a program that runs from a beginning to an end, and of which only the total time counts: collections run
    /// whole and rarely, and garbage cycles are left to them.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let mut store: Store<u32> = Store::with_config(Config::batch());
    /// for number in 0..300_000 {
    ///     let node = store.insert(number);
    ///     store.link(node, (), node)?;
    ///     store.unroot(node)?;
    /// }
    /// // Without a call of ours.
    /// assert!(store.len() <= 100_001);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn batch() -> Self {
        Self::new()
            .cycles(Cycles::Manual)
            .auto(Auto::Whole)
            .thresholds([100_000, 10, 10])
            .growth(100)
    }

    /// For a program that runs for months, has no frames, and must neither pause nor grow: insertions work on
    /// collections, a little each ([`Auto::Assist`]), and a step that falls behind goes on until it does not. Call
    /// [`step`](crate::Store::step) when there is nothing else to do.
    ///
    /// If values own memory, as `String`s and `Vec`s do, tell the store how much, with
    /// [`measure_with`](crate::Store::measure_with), and set [`young_bytes`](Self::young_bytes).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let config = Config::server().young_bytes(16 << 20);
    /// let mut sessions: Store<String> = Store::with_config(config);
    /// sessions.measure_with(|session| size_of::<String>() + session.capacity());
    /// ```
    #[must_use]
    pub fn server() -> Self {
        Self::new().catch_up(true)
    }
}
