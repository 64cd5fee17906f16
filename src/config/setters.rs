//! Settings, made one by one.

use super::{Auto, Config, Cycles, Reclaim};

impl Config {
    /// The default settings.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::Config;
    ///
    /// assert_eq!(Config::new(), Config::default());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// # Limits
impl Config {
    /// Sets [`max_objects`](Self#structfield.max_objects).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().max_objects(1));
    /// store.insert("scout");
    /// assert_eq!(store.try_insert("archer").unwrap_err().value, "archer");
    /// ```
    #[must_use]
    pub fn max_objects(mut self, objects: usize) -> Self {
        self.max_objects = objects;
        self
    }

    /// Sets [`max_bytes`](Self#structfield.max_bytes). If values own memory, tell the store how to weigh them:
    /// [`Store::measure_with`](crate::Store::measure_with).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let mut store: Store<u64> = Store::with_config(Config::new().max_bytes(16));
    /// store.extend([1, 2]); // 8 bytes each
    /// assert!(store.try_insert(3).is_err());
    /// ```
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }
}

/// # When objects die, and what is told of it
impl Config {
    /// Sets [`reclaim`](Self#structfield.reclaim). With [`Reclaim::AtStep`] call
    /// [`Store::step`](crate::Store::step): by itself nothing is reclaimed.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Reclaim, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().reclaim(Reclaim::AtStep));
    /// let spark = store.insert("spark");
    /// store.unroot(spark).unwrap();
    /// assert!(store.contains(spark)); // until the next step
    /// ```
    #[must_use]
    pub fn reclaim(mut self, reclaim: Reclaim) -> Self {
        self.reclaim = reclaim;
        self
    }

    /// Sets [`cycles`](Self#structfield.cycles).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Cycles, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().cycles(Cycles::Prompt));
    /// let hermit = store.insert("hermit");
    /// store.link(hermit, (), hermit).unwrap();
    /// store.unroot(hermit).unwrap();
    /// assert!(store.is_empty()); // within that call
    /// ```
    #[must_use]
    pub fn cycles(mut self, cycles: Cycles) -> Self {
        self.cycles = cycles;
        self
    }

    /// Sets [`trace_limit`](Self#structfield.trace_limit), which is for [`Cycles::Prompt`] alone.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Cycles};
    ///
    /// let config = Config::new().cycles(Cycles::Prompt).trace_limit(10_000);
    /// assert_eq!(config.trace_limit, 10_000);
    /// ```
    #[must_use]
    pub fn trace_limit(mut self, units: u64) -> Self {
        self.trace_limit = units;
        self
    }

    /// Sets [`record_deaths`](Self#structfield.record_deaths). Then call
    /// [`Store::drain_deaths`](crate::Store::drain_deaths) now and then.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().record_deaths(true));
    /// let knight = store.insert("knight");
    /// store.unroot(knight).unwrap();
    /// let death = store.drain_deaths().next().unwrap();
    /// assert_eq!((death.handle, death.value), (knight, "knight"));
    /// ```
    #[must_use]
    pub fn record_deaths(mut self, keep: bool) -> Self {
        self.record_deaths = keep;
        self
    }
}

/// # When collections run
impl Config {
    /// Sets [`auto`](Self#structfield.auto).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Auto, Config, Store};
    ///
    /// let store: Store<u32> = Store::with_config(Config::new().auto(Auto::Off));
    /// assert_eq!(store.config().auto, Auto::Off);
    /// ```
    #[must_use]
    pub fn auto(mut self, auto: Auto) -> Self {
        self.auto = auto;
        self
    }

    /// Sets [`thresholds`](Self#structfield.thresholds). With 0 as the first,
    /// [`young_bytes`](Self#structfield.young_bytes), [`growth`](Self#structfield.growth) and
    /// [`behind_at`](Self#structfield.behind_at) have no effect.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let store: Store<u32> = Store::with_config(Config::new().thresholds([700, 10, 10]));
    /// assert_eq!(store.config().thresholds, [700, 10, 10]);
    /// ```
    #[must_use]
    pub fn thresholds(mut self, thresholds: [u32; 3]) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// Sets [`assist_limit`](Self#structfield.assist_limit), which is for [`Auto::Assist`].
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Auto, Config};
    ///
    /// let config = Config::new().auto(Auto::Assist).assist_limit(64);
    /// assert_eq!(config.assist_limit, 64);
    /// ```
    #[must_use]
    pub fn assist_limit(mut self, units: u64) -> Self {
        self.assist_limit = units;
        self
    }

    /// Sets [`young_bytes`](Self#structfield.young_bytes). If values own memory, it needs
    /// [`Store::measure_with`](crate::Store::measure_with) besides.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Auto, Config, Store};
    ///
    /// let config = Config::new().auto(Auto::Off).young_bytes(1_000);
    /// let mut store: Store<Vec<u8>> = Store::with_config(config);
    /// store.measure_with(|image| size_of::<Vec<u8>>() + image.capacity());
    /// store.insert(vec![0; 600]);
    /// assert!(store.collect_due().is_none());
    /// store.insert(vec![0; 600]);
    /// assert!(store.collect_due().is_some());
    /// ```
    #[must_use]
    pub fn young_bytes(mut self, bytes: usize) -> Self {
        self.young_bytes = bytes;
        self
    }

    /// Sets [`growth`](Self#structfield.growth). If values own memory, it sees that only after
    /// [`Store::measure_with`](crate::Store::measure_with).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Auto, Config, Generation, Store};
    ///
    /// let config = Config::new().auto(Auto::Off).thresholds([10, 10, 10]).growth(50);
    /// let mut store: Store<u32> = Store::with_config(config);
    /// store.extend(0..100);
    /// store.collect();
    /// store.extend(0..51);
    /// assert_eq!(store.collect_due().unwrap().generation, Generation::Old);
    /// ```
    #[must_use]
    pub fn growth(mut self, percent: u32) -> Self {
        self.growth = percent;
        self
    }

    /// Sets [`behind_at`](Self#structfield.behind_at).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::Config;
    ///
    /// let config = Config::new().behind_at(50);
    /// assert_eq!(config.behind_at, 50); // half as many again as the last old collection kept
    /// ```
    #[must_use]
    pub fn behind_at(mut self, percent: u32) -> Self {
        self.behind_at = percent;
        self
    }

    /// Sets [`catch_up`](Self#structfield.catch_up). It is [`Store::step`](crate::Store::step) that exceeds: without
    /// that call it has no effect.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::Config;
    ///
    /// let server = Config::new().catch_up(true); // memory is worse than a late answer
    /// assert!(server.catch_up);
    /// ```
    #[must_use]
    pub fn catch_up(mut self, catch_up: bool) -> Self {
        self.catch_up = catch_up;
        self
    }
}

/// # To look into
impl Config {
    /// Sets [`keep_garbage`](Self#structfield.keep_garbage). Then no suspects are traced.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().keep_garbage(true));
    /// let hermit = store.insert("hermit");
    /// store.link(hermit, (), hermit).unwrap();
    /// store.unroot(hermit).unwrap();
    /// store.collect();
    /// assert!(store.drain_garbage().eq([hermit]));
    /// ```
    #[must_use]
    pub fn keep_garbage(mut self, keep: bool) -> Self {
        self.keep_garbage = keep;
        self
    }
}

/// # To tune
impl Config {
    /// Sets [`parallel_from`](Self#structfield.parallel_from). Collections in slices don't look at it.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::Config;
    ///
    /// let config = Config::new().parallel_from(usize::MAX); // never
    /// assert_eq!(config.parallel_from, usize::MAX);
    /// ```
    #[cfg(feature = "rayon")]
    #[must_use]
    pub fn parallel_from(mut self, objects: usize) -> Self {
        self.parallel_from = objects;
        self
    }

    /// Sets [`promote_fill`](Self#structfield.promote_fill).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Generation, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().promote_fill(0));
    /// let castle = store.insert("castle");
    /// store.collect_generation(Generation::Young);
    /// assert_eq!(store.generation(castle), Some(Generation::Middle));
    /// ```
    #[must_use]
    pub fn promote_fill(mut self, percent: u8) -> Self {
        self.promote_fill = percent;
        self
    }

    /// Sets [`reopen_fill`](Self#structfield.reopen_fill).
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Generation, Store};
    ///
    /// let config = Config::new().promote_fill(0).reopen_fill(0);
    /// let mut store: Store<&str> = Store::with_config(config);
    /// let castle = store.insert("castle");
    /// store.collect();
    /// store.insert("spark"); // in an arena of its own
    /// assert_eq!(store.generation(castle), Some(Generation::Old));
    /// ```
    #[must_use]
    pub fn reopen_fill(mut self, percent: u8) -> Self {
        self.reopen_fill = percent;
        self
    }

    /// Sets [`first_version`](Self#structfield.first_version); with the feature `check` alone.
    ///
    /// Complexity: O(1).
    ///
    /// # Examples
    /// ```
    /// use understory::{Config, Store};
    ///
    /// let mut store: Store<&str> = Store::with_config(Config::new().first_version(7));
    /// assert_eq!(store.insert("oak").version(), 7);
    /// ```
    #[cfg(any(test, feature = "check"))]
    #[must_use]
    pub fn first_version(mut self, version: u32) -> Self {
        self.first_version = version;
        self
    }
}
