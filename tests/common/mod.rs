//! Scripts of operations, run on a store and on a naive model that are compared after each.

pub(crate) mod calls;
pub(crate) mod compare;
pub(crate) mod edges;
pub(crate) mod interpreter;
pub(crate) mod lists;
pub(crate) mod model;
pub(crate) mod op;

use std::cell::RefCell;
use std::mem;
use std::rc::Rc;

use understory::{Auto, Config, Cycles, Reclaim};

use model::Id;

/// Where values say that they were dropped.
pub(crate) type Log = Rc<RefCell<Vec<Id>>>;

/// What the objects of the tests are.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) id: Id,
    pub(crate) data: u8,
    log: Option<Log>,
}

impl Value {
    pub(crate) fn new(id: Id, log: &Log) -> Self {
        Self {
            id,
            data: 0,
            log: Some(Rc::clone(log)),
        }
    }

    /// Drops the value without a word.
    pub(crate) fn silence(mut self) -> Id {
        self.log = None;
        self.id
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        if let Some(log) = mem::take(&mut self.log) {
            log.borrow_mut().push(self.id);
        }
    }
}

/// A store to run scripts on.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) name: &'static str,
    pub(crate) config: Config,
    /// Whether insertions may start collections.
    pub(crate) automatic: bool,
    /// Whether a cycle dies within the call that makes it garbage.
    pub(crate) prompt: bool,
    /// Units of a step that follows each operation; none where it is 0.
    pub(crate) slice: u8,
}

/// The configurations that scripts are run with.
pub(crate) fn setups() -> Vec<Setup> {
    let manual = || Config::new().auto(Auto::Off);
    let tiny = Config::new().thresholds([3, 2, 2]);
    let setup = |name, config: Config| {
        let automatic = config.auto != Auto::Off;
        let prompt = config.cycles == Cycles::Prompt;
        Setup {
            name,
            config,
            automatic,
            prompt,
            slice: 0,
        }
    };
    let sliced = |name, slice, config: Config| Setup {
        slice,
        ..setup(name, config.auto(Auto::Off).thresholds([3, 2, 2]))
    };
    vec![
        setup("default", Config::new()),
        setup("manual", manual().promote_fill(0).reopen_fill(0)),
        setup(
            "kept dead",
            manual().promote_fill(0).reopen_fill(60).record_deaths(true),
        ),
        setup(
            "at step",
            manual()
                .reclaim(Reclaim::AtStep)
                .promote_fill(0)
                .reopen_fill(0),
        ),
        setup(
            "at step, automatic",
            tiny.clone().reclaim(Reclaim::AtStep).record_deaths(true),
        ),
        setup("automatic", tiny.clone()),
        setup("automatic, promoting", tiny.promote_fill(0).reopen_fill(0)),
        setup("last versions", manual().first_version(u32::MAX - 4)),
        setup(
            "prompt",
            manual()
                .cycles(Cycles::Prompt)
                .promote_fill(0)
                .reopen_fill(0),
        ),
        setup(
            "untraced",
            manual()
                .cycles(Cycles::Manual)
                .promote_fill(0)
                .reopen_fill(0),
        ),
        sliced(
            "sliced",
            1,
            Config::new()
                .cycles(Cycles::Manual)
                .promote_fill(0)
                .reopen_fill(0),
        ),
        sliced(
            "sliced, at step",
            3,
            Config::new()
                .cycles(Cycles::Manual)
                .reclaim(Reclaim::AtStep)
                .promote_fill(0)
                .reopen_fill(60),
        ),
        sliced("sliced, traced", 5, Config::new().record_deaths(true)),
        sliced(
            "sliced, large",
            40,
            Config::new().cycles(Cycles::Manual).promote_fill(0),
        ),
    ]
}
