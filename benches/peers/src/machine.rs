//! What the figures were measured with.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::process::Command;

use serde::Serialize;

use crate::peers::{self, python};

/// The versions that were built in.
const LOCK: &str = include_str!("../../../Cargo.lock");

#[derive(Serialize)]
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    memory: String,
    system: String,
    compiler: String,
    versions: BTreeMap<String, String>,
}

fn line_of(path: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    let (_, value) = line.split_once(':')?;
    Some(value.trim().to_owned())
}

fn said_by(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned())
}

/// The version of a crate in the lock file.
fn locked(name: &str) -> Option<&'static str> {
    let at = LOCK.find(&format!("name = \"{name}\"\nversion = "))?;
    LOCK[at..].lines().nth(1)?.split('"').nth(1)
}

impl Machine {
    pub(crate) fn new() -> Self {
        let mut versions = BTreeMap::new();
        for variant in peers::all() {
            let version = match variant.name {
                python::NAME => python::version(),
                name => locked(name).map(str::to_owned),
            };
            versions.extend(version.map(|version| (variant.name.to_owned(), version)));
        }
        let unknown = || "unknown".to_owned();
        Self {
            processor: line_of("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            memory: line_of("/proc/meminfo", "MemTotal").unwrap_or_else(unknown),
            system: said_by("uname", "-sr").unwrap_or_else(unknown),
            compiler: said_by("rustc", "--version").unwrap_or_else(unknown),
            versions,
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            processor,
            cores,
            memory,
            system,
            compiler,
            versions,
        } = self;
        writeln!(
            f,
            "{processor}, {cores} cores, {memory}; {system}; {compiler}.\n"
        )?;
        let versions: Vec<_> = versions
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        writeln!(f, "{}.", versions.join(", "))
    }
}
