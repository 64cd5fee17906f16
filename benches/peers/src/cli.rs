//! The arguments.

use clap::{Args, Parser, Subcommand};

use crate::peers;
use crate::workloads::Workload;

/// Measures the store beside other ways to keep a graph of objects.
#[derive(Parser)]
#[command(name = "peers", args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) what: What,
    /// Processes for each peer and workload.
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// Fail where a bar is missed.
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Args)]
pub(crate) struct What {
    /// Workloads ("W4", or "W4@10000" for one size, or "growth") and parts of the names of peers;
    /// all of them if none is named.
    pub(crate) filter: Vec<String>,
    /// Run everything once and on little data, to see that it works.
    #[arg(long)]
    pub(crate) quick: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Measures the pauses of frames instead.
    Pauses {
        #[command(flatten)]
        what: What,
        /// Fail where a bar is missed.
        #[arg(long)]
        check: bool,
    },
    /// Measures one peer on one case, and prints the figure.
    #[command(hide = true)]
    Child {
        peer: usize,
        case: String,
        #[arg(long)]
        quick: bool,
    },
    /// Measures the pauses of one peer, and prints them.
    #[command(hide = true)]
    PauseChild {
        peer: usize,
        objects: u32,
        #[arg(long)]
        quick: bool,
    },
}

/// What the filter leaves.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    workloads: Vec<String>,
    peers: Vec<String>,
}

/// What is called by the name of no workload.
pub(crate) const GROWTH: &str = "growth";

impl Wanted {
    pub(crate) fn new(filter: &[String]) -> Self {
        let is_workload = |word: &&String| {
            let name = word.split('@').next().unwrap_or_default();
            let mut all = Workload::ALL.iter();
            all.any(|workload| workload.name() == name) || name == GROWTH
        };
        let (workloads, peers) = filter.iter().partition::<Vec<_>, _>(is_workload);
        let owned = |words: Vec<&String>| words.into_iter().cloned().collect();
        Self {
            workloads: owned(workloads),
            peers: owned(peers),
        }
    }

    /// A workload by its name, or a case by its key.
    pub(crate) fn has_workload(&self, key: &str) -> bool {
        let name = key.split('@').next().unwrap_or_default();
        let matches = |word: &String| word == name || word == key;
        self.workloads.is_empty() || self.workloads.iter().any(matches)
    }

    pub(crate) fn has_peer(&self, title: &str) -> bool {
        let (name, _) = title.split_once(", ").unwrap_or((title, ""));
        let is_name = |word: &str| peers::all().any(|variant| variant.name == word);
        // "gc" is a part of other names.
        let matches = |word: &String| {
            name == word || title == word || !is_name(word) && title.contains(word.as_str())
        };
        self.peers.is_empty() || self.peers.iter().any(matches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(words: &[&str]) -> Wanted {
        Wanted::new(&words.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn nothing_named_means_everything() {
        let wanted = wanted(&[]);
        assert!(wanted.has_workload("W4@10000") && wanted.has_peer("gc"));
    }

    #[test]
    fn workloads_and_peers_are_told_apart() {
        let wanted = wanted(&["W4", "gc-arena"]);
        assert!(wanted.has_workload("W4@10000") && !wanted.has_workload("W4b@10000"));
        assert!(wanted.has_peer("gc-arena, inline") && !wanted.has_peer("gc"));
    }

    #[test]
    fn name_of_a_peer_means_this_one_and_a_part_all_that_have_it() {
        assert!(!wanted(&["gc"]).has_peer("gc-arena") && wanted(&["gc"]).has_peer("gc, inline"));
        assert!(wanted(&["inline"]).has_peer("gc, inline"));
    }
}
