//! Bars while it takes long, and how much memory it took.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs;
use std::time::Duration;

/// Where progress is shown: on a terminal, if at all.
pub(super) struct Progress {
    quiet: bool,
}

impl Progress {
    pub(super) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    fn bar(&self, len: Option<u64>, template: &str) -> ProgressBar {
        let target = if self.quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::with_draw_target(len, target).with_style(style)
    }

    /// A bar for so many bytes.
    pub(super) fn bytes(&self, what: &str, len: u64) -> ProgressBar {
        let bar = self.bar(
            Some(len),
            "{bar:40} {msg}: {bytes} of {total_bytes}, {eta} left",
        );
        bar.with_message(what.to_owned())
    }

    /// Does what cannot say how far it is.
    pub(super) fn during<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        let bar = self
            .bar(None, "{spinner} {msg} ({elapsed})")
            .with_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        let done = work();
        bar.finish_and_clear();
        done
    }
}

/// The most memory that this process has had, where that can be told.
pub(super) fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<u64> = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok());
    match kib {
        Some(kib) => format!("at most {} MiB of memory", kib / 1024),
        None => "this system does not say how much memory it took".to_owned(),
    }
}
