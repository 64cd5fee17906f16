//! A script of calls, made by dice, and the digest of all that they lead to.

use oorandom::Rand32;
use understory::slotmap::Key;
use understory::{Auto, Budget, Config, Cycles, Generation, Handle, Reclaim, Store};

/// Up to so many objects that the script knows of.
const MOST: usize = 20_000;

pub(crate) type World = Store<u64, u8>;

#[derive(Clone, Debug)]
pub(crate) struct Health(pub(crate) u32);

/// What the finalizers of the script do.
pub(crate) const FINALIZERS: [fn(&mut World, Handle); 5] = [
    |_, _| (),
    |world, this| world.root(this).unwrap(),
    |world, this| {
        let _ = world.unlink_targets(this);
    },
    |world, this| {
        let target = world.targets(this).next();
        target.map(|target| world.destroy(target));
    },
    |world, this| {
        let value = world[this];
        let heir = world.insert(value << 32);
        world.link(heir, 4, this).unwrap();
        world.link(this, 4, heir).unwrap();
        world.unroot(heir).unwrap();
    },
];

/// FNV-1a, over words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest(u64);

impl Digest {
    fn add(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn add_len(&mut self, len: usize) {
        self.add(len as u64);
    }

    fn handle(&mut self, handle: Handle) {
        self.add(handle.data().as_ffi());
    }
}

/// A script in progress. A clone goes on as this one does.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) world: World,
    dice: Rand32,
    known: Vec<Handle>,
    next: u64,
    /// Gives an object one of the finalizers.
    pub(crate) finalize: fn(&mut World, Handle, usize),
    pub(crate) digest: Digest,
}

/// All of a script but the world.
#[cfg(feature = "rollback")]
#[derive(Clone)]
pub(crate) struct Memo {
    dice: Rand32,
    known: Vec<Handle>,
    next: u64,
    digest: Digest,
}

#[cfg(feature = "rollback")]
impl Run {
    pub(crate) fn memo(&self) -> Memo {
        Memo {
            dice: self.dice,
            known: self.known.clone(),
            next: self.next,
            digest: self.digest,
        }
    }

    pub(crate) fn recall(&mut self, memo: &Memo) {
        self.dice = memo.dice;
        self.known.clone_from(&memo.known);
        self.next = memo.next;
        self.digest = memo.digest;
    }
}

impl Run {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            world: World::with_config(config.record_deaths(true)),
            dice: Rand32::new(7),
            known: Vec::new(),
            next: 0,
            finalize: |world, handle, which| {
                let _ = world.set_finalizer(handle, FINALIZERS[which]);
            },
            digest: Digest(0xcbf2_9ce4_8422_2325),
        }
    }

    fn below(&mut self, end: u32) -> u32 {
        self.dice.rand_range(0..end)
    }

    /// A place in the list of handles, some of which are stale.
    fn place(&mut self) -> Option<usize> {
        let end = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        (end > 0).then(|| self.below(end) as usize)
    }

    fn pick(&mut self) -> Handle {
        self.place().map_or(Handle::default(), |at| self.known[at])
    }

    fn value(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn know(&mut self, handle: Handle) {
        self.digest.handle(handle);
        if self.known.len() < MOST {
            self.known.push(handle);
        } else if let Some(at) = self.place() {
            // What is forgotten is let go of.
            let old = std::mem::replace(&mut self.known[at], handle);
            let _ = self.world.unroot(old);
        }
    }

    pub(crate) fn run(&mut self, operations: u32) {
        for _ in 0..operations {
            self.operate();
            self.listen();
        }
    }

    fn operate(&mut self) {
        match self.below(1_000) {
            0..=249 => {
                let value = self.value();
                let handle = self.world.insert(value);
                self.know(handle);
            }
            250..=349 => {
                let (parent, value) = (self.pick(), self.value());
                if let Ok(handle) = self.world.insert_linked(parent, 1, value) {
                    self.know(handle);
                }
            }
            350..=399 => self.ring(),
            400..=549 => {
                let (source, target) = (self.pick(), self.pick());
                let linked = self.world.link(source, 2, target).is_ok();
                self.digest.add(u64::from(linked));
            }
            550..=599 => self.change_edges(),
            600..=789 => {
                let handle = self.pick();
                let unrooted = self.world.unroot(handle).is_ok();
                self.digest.add(u64::from(unrooted));
            }
            790..=819 => {
                let handle = self.pick();
                let rooted = self.world.root(handle).is_ok();
                self.digest.add(u64::from(rooted));
            }
            820..=879 => self.attend(),
            880..=919 => {
                let health = Health(self.below(100));
                let handle = self.pick();
                let _ = self.world.insert_component(handle, health);
                let other = self.pick();
                let health = self.world.remove_component::<Health>(other);
                self.digest
                    .add(health.map_or(101, |health| health.0.into()));
            }
            920..=969 => self.work(),
            970..=974 => {
                let handle = self.pick();
                let value = self.world.destroy(handle);
                self.digest.add(value.value().unwrap_or(0));
            }
            975..=991 => self.scope(),
            992..=994 => self.hold(),
            _ => self.overturn(),
        }
    }

    /// Objects that hold each other, and from now on nothing holds them, but by chance.
    fn ring(&mut self) {
        let len = 1 + self.below(6) as usize;
        let handles: Vec<Handle> = (0..len)
            .map(|_| {
                let value = self.value();
                self.world.insert(value)
            })
            .collect();
        for (at, &handle) in handles.iter().enumerate() {
            // An insertion may collect, but all of them are rooted.
            self.world.link(handle, 6, handles[(at + 1) % len]).unwrap();
        }
        let (source, target) = (self.pick(), self.pick());
        let _ = self.world.link(handles[0], 7, target);
        if self.below(4) == 0 {
            let _ = self.world.link(source, 7, handles[0]);
        }
        if self.below(4) == 0 {
            self.know(handles[0]);
            self.attend();
        }
        for handle in handles {
            self.digest.handle(handle);
            let _ = self.world.unroot(handle);
        }
    }

    fn change_edges(&mut self) {
        let source = self.pick();
        let targets: Vec<Handle> = self.world.targets(source).take(3).collect();
        for &target in &targets {
            self.digest.handle(target);
        }
        let Some(&target) = targets.last() else {
            let target = self.pick();
            let _ = self.world.link_weak(source, 3, target);
            return;
        };
        match self.below(5) {
            0 | 1 => {
                let _ = self.world.unlink(source, target);
            }
            2 => {
                let other = self.pick();
                let _ = self.world.relink((source, target), (source, other));
            }
            3 => {
                let other = self.pick();
                let _ = self.world.relink((source, target), (other, target));
            }
            _ => {
                let other = self.pick();
                let _ = self.world.set(source, 2, other);
            }
        }
    }

    /// Sets a finalizer or a watch, mostly on something new.
    fn attend(&mut self) {
        let handle = match self.below(3) {
            0 => self.pick(),
            _ => self.known.last().copied().unwrap_or_default(),
        };
        match self.below(9) as usize {
            which @ 0..5 => (self.finalize)(&mut self.world, handle, which),
            _ => {
                let _ = self.world.watch(handle);
            }
        }
    }

    /// Steps, tracing, collections.
    fn work(&mut self) {
        match self.below(40) {
            0 => {
                let of = [Generation::Young, Generation::Middle][self.below(2) as usize];
                let collected = self.world.collect_generation(of);
                self.digest.add_len(collected.freed);
                self.digest.add_len(collected.examined);
            }
            1 => {
                let due = self.world.collect_due();
                self.digest
                    .add_len(due.map_or(0, |collected| collected.kept));
            }
            2 => {
                let units = self.below(300);
                let traced = self.world.trace(Budget::units(units.into()));
                self.digest.add(traced.units);
                self.digest.add_len(traced.traced);
            }
            _ => {
                let units = self.below(400);
                let step = self.world.step(Budget::units(units.into()));
                for word in [step.units, step.left] {
                    self.digest.add(word);
                }
                let counts = [step.reclaimed, step.traced, step.collected];
                for len in counts.into_iter().chain([step.pending, step.suspects]) {
                    self.digest.add_len(len);
                }
                self.digest.add(step.phase as u64);
                self.digest.add_len(step.excess);
            }
        }
    }

    /// Makes values that hold a root, and drops them.
    #[cfg(feature = "std")]
    fn hold(&mut self) {
        let handle = self.pick();
        if let Ok(root) = self.world.hold(handle) {
            let _clone = root.clone();
        }
        self.world.sync_roots();
    }

    #[cfg(not(feature = "std"))]
    fn hold(&mut self) {
        self.pick();
    }

    /// Lets go of much at once, and holds some of it again.
    pub(crate) fn scope(&mut self) {
        let [a, b, c] = [(); 3].map(|()| self.pick());
        let values = [(); 12].map(|()| self.value());
        let digest = &mut self.digest;
        self.world.scope(|world| {
            let _ = world.unroot(a);
            let _ = world.unlink_sources(b);
            let _ = world.link(c, 5, a);
            let many = values.map(|value| world.insert(value));
            for (at, &handle) in many.iter().enumerate() {
                digest.handle(handle);
                world
                    .link(handle, 5, many[(at + 1) % 3 + at / 3 * 3])
                    .unwrap();
            }
            for handle in many {
                world.unroot(handle).unwrap();
            }
        });
    }

    /// What happens now and then.
    fn overturn(&mut self) {
        match self.below(1_000) {
            0..=49 => self.world.freeze(),
            50..=149 => self.world.unfreeze(),
            150..=199 => self.world.shrink(),
            200..=249 => {
                let collected = self.world.collect();
                self.digest.add_len(collected.freed);
            }
            250 => self.world.clear(),
            251 => self.world.retain(|_, value| *value % 3 != 0),
            252 => {
                for (handle, value) in self.world.drain() {
                    self.digest.handle(handle);
                    self.digest.add(value);
                }
            }
            _ => {
                let digest = &mut self.digest;
                for (handle, health) in self.world.query::<&Health>().iter_with_handles() {
                    digest.handle(handle);
                    digest.add(health.0.into());
                }
            }
        }
    }

    /// Takes note of the dead.
    pub(crate) fn listen(&mut self) {
        for death in self.world.drain_deaths() {
            self.digest.handle(death.handle);
            self.digest.add(death.value);
        }
        for notice in self.world.drain_notices() {
            self.digest.handle(notice.handle);
        }
        self.digest.add_len(self.world.len());
    }

    /// The digest of all that has happened, and of all there is.
    pub(crate) fn result(&self) -> u64 {
        let mut digest = self.digest;
        for (handle, value) in &self.world {
            digest.handle(handle);
            digest.add(*value);
            for (target, label) in self.world.out_edges(handle) {
                digest.handle(target);
                digest.add((*label).into());
            }
            for source in self.world.sources(handle) {
                digest.handle(source);
            }
            for target in self.world.weak_edges().targets(handle) {
                digest.handle(target);
            }
            digest.add(self.world.generation(handle).map_or(9, |of| of as u64));
            digest.add_len(self.world.root_count(handle).unwrap_or(0));
        }
        let stats = self.world.stats();
        let totals = [stats.inserted, stats.reclaimed, stats.traced];
        for word in totals.into_iter().chain([stats.collected, stats.destroyed]) {
            digest.add(word);
        }
        for of in stats.generations {
            for word in [of.collections, of.examined, of.freed, of.kept, of.units] {
                digest.add(word);
            }
        }
        for count in self.world.counts() {
            digest.add(count.into());
        }
        digest.0
    }
}

pub(crate) fn configs() -> [(&'static str, Config); 5] {
    let few = || Config::new().thresholds([100, 2, 2]);
    [
        ("default", Config::new()),
        ("assisted", few()),
        ("prompt", few().cycles(Cycles::Prompt).trace_limit(20)),
        (
            "at steps",
            few()
                .reclaim(Reclaim::AtStep)
                .cycles(Cycles::Manual)
                .promote_fill(0),
        ),
        ("whole", few().auto(Auto::Whole).cycles(Cycles::Manual)),
    ]
}
