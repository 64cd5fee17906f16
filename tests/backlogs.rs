//! Whatever piles up from step to step is reported while it grows, and only then.

use understory::{Auto, Backlog, Budget, Config, Cycles, Handle, Reclaim, Step, Store};

const OWNERS: usize = 150_000;

/// A program that puts something on one backlog in each frame.
#[derive(Clone)]
struct Program {
    backlog: Backlog,
    store: Store<u32>,
    /// Objects with a root and an edge each, and which of them was the last to be suspected.
    owners: Vec<Handle>,
    next: usize,
}

impl Program {
    fn new(backlog: Backlog) -> Self {
        let config = match backlog {
            Backlog::Pending => Config::new().reclaim(Reclaim::AtStep),
            Backlog::Deaths => Config::new().record_deaths(true),
            Backlog::Garbage => Config::new().keep_garbage(true),
            _ => Config::new(),
        };
        let mut store = Store::with_config(config.auto(Auto::Off));
        let mut owners = Vec::new();
        if backlog == Backlog::Suspects {
            for _ in 0..OWNERS {
                let owner = store.insert(0);
                store.insert_linked(owner, (), 0).unwrap();
                owners.push(owner);
            }
            store.collect();
        }
        Self {
            backlog,
            store,
            owners,
            next: 0,
        }
    }

    /// Puts so many more on the backlog.
    fn load(&mut self, many: usize) {
        let store = &mut self.store;
        for _ in 0..many {
            if self.backlog == Backlog::Suspects {
                // Not in the order in which suspects are taken.
                self.next = (self.next + 77_777) % OWNERS;
                let owner = self.owners[self.next];
                store.root(owner).unwrap();
                store.unroot(owner).unwrap();
                continue;
            }
            let spark = store.insert(0);
            if self.backlog == Backlog::Notices {
                store.watch(spark).unwrap();
            }
            if self.backlog == Backlog::Garbage {
                store.link(spark, (), spark).unwrap();
            }
            store.unroot(spark).unwrap();
        }
        if self.backlog == Backlog::Garbage {
            store.collect();
        }
    }

    /// A step that works off so many, if that is for steps to do.
    fn step(&mut self, many: u64) -> Step {
        // A death is 8 units. A suspect takes two looks of 12, and its root is seen with the first.
        let each = if self.backlog == Backlog::Pending {
            8
        } else {
            12
        };
        self.store.step(Budget::units(many * each))
    }

    /// Takes all of it off, if that is for the program to do.
    fn drain(&mut self) {
        match self.backlog {
            Backlog::Notices => drop(self.store.drain_notices()),
            Backlog::Deaths => drop(self.store.drain_deaths()),
            Backlog::Garbage => {
                for handle in self.store.drain_garbage() {
                    self.store.destroy(handle);
                }
            }
            _ => {}
        }
    }

    /// How much there is of the backlog.
    fn len(&self, step: &Step) -> usize {
        match self.backlog {
            Backlog::Pending => step.pending,
            Backlog::Suspects => step.suspects,
            Backlog::Notices => step.notices,
            Backlog::Deaths => step.recorded,
            Backlog::Garbage => step.kept_garbage,
            other => unreachable!("{other:?} has no script"),
        }
    }

    #[track_caller]
    fn grows(&self, step: &Step) {
        let growing: Vec<Backlog> = step.growing().collect();
        assert_eq!(growing, [self.backlog]);
        assert!(!step.keeps_up() && self.len(step) >= 1_024);
        assert_eq!(step.excess, 0, "nothing else is wrong");
    }
}

#[track_caller]
fn keeps_up(step: &Step) {
    let growing: Vec<Backlog> = step.growing().collect();
    assert!(step.keeps_up(), "{growing:?}: {step:?}");
}

const ALL: [Backlog; 5] = [
    Backlog::Pending,
    Backlog::Suspects,
    Backlog::Notices,
    Backlog::Deaths,
    Backlog::Garbage,
];

#[test]
fn whatever_grows_from_step_to_step_is_named_until_it_is_worked_off() {
    for backlog in ALL {
        let mut program = Program::new(backlog);
        let mut lengths = Vec::new();
        for frame in 0..600 {
            program.load(100);
            let step = program.step(50);
            lengths.push(program.len(&step));
            if frame >= 260 {
                program.grows(&step);
            }
        }
        assert!(lengths.is_sorted(), "{backlog:?}");
        // A clone knows what the original knows.
        let mut copy = program.clone();
        assert_eq!(copy.step(0), program.step(0));

        program.drain();
        let mut frames = 0;
        while !program.step(2_000).keeps_up() {
            frames += 1;
        }
        assert!(frames < 30, "{backlog:?}: {frames}");
    }
}

#[test]
fn a_steady_load_keeps_up() {
    for backlog in ALL {
        let mut program = Program::new(backlog);
        for _ in 0..1_000 {
            program.load(200);
            let step = program.step(250);
            keeps_up(&step);
            program.drain();
        }
    }
}

#[test]
fn what_is_drained_now_and_then_keeps_up() {
    for backlog in ALL {
        let mut program = Program::new(backlog);
        for frame in 0..1_000 {
            program.load(200);
            // Steps work off as much in the end.
            let step = program.step(if frame % 50 == 49 { 20_000 } else { 0 });
            keeps_up(&step);
            if frame % 50 == 49 {
                program.drain();
            }
        }
    }
}

#[test]
fn a_burst_that_is_worked_off_keeps_up() {
    for backlog in [Backlog::Pending, Backlog::Suspects] {
        let mut program = Program::new(backlog);
        for frame in 0..600 {
            program.load(if frame % 300 == 100 { 20_000 } else { 100 });
            let step = program.step(250);
            keeps_up(&step);
        }
    }
    for backlog in [Backlog::Notices, Backlog::Deaths, Backlog::Garbage] {
        let mut program = Program::new(backlog);
        program.load(20_000);
        for _ in 0..60 {
            program.load(100);
            let step = program.step(0);
            keeps_up(&step);
        }
        program.drain();
        for _ in 0..600 {
            let step = program.step(0);
            keeps_up(&step);
        }
    }
}

#[test]
fn deaths_that_wait_are_worked_off_where_steps_may_exceed_their_budgets() {
    let config = Config::new().reclaim(Reclaim::AtStep).auto(Auto::Off);
    let mut store: Store<u32> = Store::with_config(config.catch_up(true));
    let mut most = 0;
    for _ in 0..1_200 {
        for _ in 0..300 {
            let spark = store.insert(0);
            store.unroot(spark).unwrap();
        }
        let step = store.step(Budget::units(2_000));
        assert!(step.keeps_up());
        most = most.max(step.pending);
    }
    // Without `catch_up` more than 60,000 wait in the end.
    assert!((1_024..20_000).contains(&most), "{most}");
}

#[test]
fn finalizers_that_put_off_others_pile_up() {
    fn breed(store: &mut Store<u32>, _: Handle) {
        let child = store.insert(0);
        store.set_finalizer(child, breed).unwrap();
        store.unroot(child).unwrap();
    }
    let config = Config::new().reclaim(Reclaim::AtStep).auto(Auto::Off);
    let mut store: Store<u32> = Store::with_config(config);
    let mut step = Step::default();
    for _ in 0..300 {
        for _ in 0..8 {
            breed(&mut store, Handle::default());
        }
        step = store.step(Budget::unlimited());
    }
    assert!(step.growing().eq([Backlog::Pending]));
}

#[test]
fn suspects_that_steps_do_not_trace_are_no_backlog_of_theirs() {
    let manual = Config::new().cycles(Cycles::Manual);
    for config in [manual, Config::new().keep_garbage(true)] {
        let mut program = Program::new(Backlog::Suspects);
        program.store = Store::with_config(config.auto(Auto::Off));
        for owner in &mut program.owners {
            *owner = program.store.insert(0);
            program.store.insert_linked(*owner, (), 0).unwrap();
        }
        program.store.collect();
        for _ in 0..400 {
            program.load(100);
            let step = program.step(50);
            keeps_up(&step);
            assert!(step.suspects > 0);
        }
    }
}

#[test]
fn the_dead_that_are_not_swept_are_counted() {
    let mut store: Store<u32> = Store::with_config(Config::new().auto(Auto::Off));
    let hub = store.insert(0);
    for number in 0..10_000 {
        let child = store.insert_linked(hub, (), number).unwrap();
        store.link(child, (), hub).unwrap();
    }
    store.unroot(hub).unwrap();
    store.request_collection(understory::Generation::Old);
    let mut unswept = Vec::new();
    loop {
        let step = store.step(Budget::units(5_000));
        if step.is_idle() {
            break;
        }
        unswept.push(step.unswept);
    }
    assert_eq!(unswept.iter().max(), Some(&10_001));
    let sweep: Vec<usize> = unswept.into_iter().skip_while(|&left| left == 0).collect();
    assert!(sweep.len() > 5 && sweep.iter().rev().is_sorted());
}
