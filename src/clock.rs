//! What time it is, if anything can tell.

use core::time::Duration;

/// The time that has passed since some fixed moment.
pub(crate) type Clock = fn() -> Duration;

/// The standard library's clock. In a browser it would panic.
#[cfg(all(
    feature = "std",
    not(all(target_family = "wasm", target_os = "unknown"))
))]
pub(crate) const DEFAULT: Option<Clock> = Some(|| {
    use std::{sync::LazyLock, time::Instant};
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
});

#[cfg(not(all(
    feature = "std",
    not(all(target_family = "wasm", target_os = "unknown"))
)))]
pub(crate) const DEFAULT: Option<Clock> = None;

/// How long something takes.
pub(crate) struct Stopwatch {
    clock: Option<Clock>,
    start: Duration,
}

impl Stopwatch {
    pub(crate) fn start(clock: Option<Clock>) -> Self {
        let start = clock.map_or(Duration::ZERO, |now| now());
        Self { clock, start }
    }

    /// No time if there is no clock, or if it went back.
    pub(crate) fn elapsed(&self) -> Duration {
        let now = self.clock.map_or(Duration::ZERO, |now| now());
        now.saturating_sub(self.start)
    }
}
