//! Who dies without code of the user being run dies in fewer steps. It shows nowhere: the same calls give
//! the same handles, the same deaths in the same order, and take the same units.

use std::cell::RefCell;
use std::rc::Rc;

use understory::{Auto, Budget, Config, Generation, Handle, Store};

use crate::cases::quickcheck;

type Log = Rc<RefCell<Vec<u32>>>;

/// A value whose death is noted by its `Drop`.
struct Loud(u32, Log);

impl Drop for Loud {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

fn config() -> Config {
    Config::new().auto(Auto::Off).promote_fill(0)
}

/// One store whose values die quietly, one in which they don't, and their handles.
struct Twins {
    quiet: Store<u32>,
    loud: Store<Loud>,
    log: Log,
    handles: Vec<Handle>,
}

impl Twins {
    fn new() -> Self {
        Self {
            quiet: Store::with_config(config().record_deaths(true)),
            loud: Store::with_config(config()),
            log: Log::default(),
            handles: Vec::new(),
        }
    }

    fn insert(&mut self, parent: Option<Handle>) {
        let number = u32::try_from(self.handles.len()).unwrap();
        let value = Loud(number, Rc::clone(&self.log));
        let [quiet, loud] = match parent.filter(|&parent| self.quiet.contains(parent)) {
            None => [self.quiet.insert(number), self.loud.insert(value)],
            Some(parent) => [
                self.quiet.insert_linked(parent, (), number).unwrap(),
                self.loud.insert_linked(parent, (), value).unwrap(),
            ],
        };
        assert_eq!(quiet, loud);
        self.handles.push(quiet);
    }

    fn apply(&mut self, (op, a, b): (u8, u16, u16)) {
        let Some(last) = self.handles.len().checked_sub(1) else {
            return self.insert(None);
        };
        let [a, b] = [a, b].map(|at| self.handles[last - usize::from(at) % (last + 1).min(12)]);
        let budget = || match op {
            0..128 => Budget::unlimited(),
            _ => Budget::units(u64::from(op % 64)),
        };
        match op % 16 {
            0 => self.insert(None),
            1..=3 => self.insert(Some(a)),
            4..=7 => {
                let linked = [
                    self.quiet.link(a, (), b).is_ok(),
                    self.loud.link(a, (), b).is_ok(),
                ];
                assert_eq!(linked[0], linked[1]);
            }
            8 => drop((self.quiet.unlink(a, b), self.loud.unlink(a, b))),
            9..=11 => drop((self.quiet.unroot(a), self.loud.unroot(a))),
            12 => drop((
                self.quiet.link_weak(a, (), b),
                self.loud.link_weak(a, (), b),
            )),
            13 => {
                let mut traced = [self.quiet.trace(budget()), self.loud.trace(budget())];
                traced[0].recorded = 0;
                assert_eq!(traced[0], traced[1]);
            }
            14 => {
                let mut steps = [self.quiet.step(budget()), self.loud.step(budget())];
                // Values are kept for a look at them on one side alone.
                steps[0].recorded = 0;
                assert_eq!(format!("{:?}", steps[0]), format!("{:?}", steps[1]));
            }
            _ => {
                let generation = [Generation::Young, Generation::Old][usize::from(op > 99)];
                let collected = [
                    self.quiet.collect_generation(generation),
                    self.loud.collect_generation(generation),
                ];
                assert_eq!(collected[0].units, collected[1].units);
                assert_eq!(collected[0].freed, collected[1].freed);
            }
        }
        self.compare();
    }

    fn compare(&mut self) {
        let deaths: Vec<u32> = self.quiet.drain_deaths().map(|death| death.value).collect();
        assert_eq!(deaths, self.log.take());
        assert_eq!(self.quiet.deaths(), self.loud.deaths());
        self.quiet.check_invariants().unwrap();
        self.loud.check_invariants().unwrap();
    }
}

#[test]
fn quiet_deaths_differ_in_nothing() {
    fn property(script: Vec<(u8, u16, u16)>) -> bool {
        let mut twins = Twins::new();
        for op in script {
            twins.apply(op);
        }
        twins.quiet.check_emptied().unwrap();
        twins.loud.check_emptied().unwrap();
        true
    }
    quickcheck(100).quickcheck(property as fn(_) -> bool);
}

/// Edges from one arena to another, both ways, among the dead and from them to the living.
#[test]
fn garbage_of_several_arenas_dies_quietly() {
    for keeps in [false, true] {
        let mut twins = Twins::new();
        twins.insert(None);
        for at in 0..10_000 {
            twins.insert(twins.handles.last().copied().filter(|_| at > 0));
        }
        let [kept, ring @ ..] = &*twins.handles else {
            unreachable!("there are 10,001");
        };
        for (at, &handle) in ring.iter().enumerate() {
            for store in [&mut twins.quiet as &mut dyn Links, &mut twins.loud] {
                store.link(handle, ring[(at + 5_000) % ring.len()]);
                if keeps && at % 3 == 0 {
                    store.link(handle, *kept);
                }
            }
        }
        twins.quiet.unroot(ring[0]).unwrap();
        twins.loud.unroot(ring[0]).unwrap();
        let collected = [twins.quiet.collect(), twins.loud.collect()];
        assert_eq!((collected[0].freed, twins.quiet.len()), (10_000, 1));
        assert_eq!(collected[0].units, collected[1].units);
        assert_eq!(twins.quiet.in_degree(*kept), Some(0));
        twins.compare();
        twins.quiet.check_emptied().unwrap();
    }
}

trait Links {
    fn link(&mut self, source: Handle, target: Handle);
}

impl<T> Links for Store<T> {
    fn link(&mut self, source: Handle, target: Handle) {
        Store::link(self, source, (), target).unwrap();
    }
}
