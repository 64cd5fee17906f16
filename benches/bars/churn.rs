//! Cyclic churn: rings come and go beside a world of steady size, and what memory it takes at most, for
//! each way of collecting.

use fastrand::Rng;
use understory::{Auto, Budget, Config, Cycles, Handle, Reclaim, Store};

use crate::measure::{Bar, Rounds, Scale, Table, Unit};
use crate::memory::allocated;

const LIVE: u32 = 100_000;
const OPERATIONS: u32 = 10_000_000;
/// Objects of a ring.
const RING: u32 = 8;
/// Rings that come and go in a frame.
const FRAME: usize = 100;
/// Units of work for a frame, where the program calls for steps: a ring takes about 250 to trace and to
/// sweep, and 150 to collect.
const UNITS: u64 = 60_000;

/// What the program does at the end of a frame.
type Frame = fn(&mut Store<u64>);

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    let no_frame: Frame = |_| ();
    let step: Frame = |store| {
        store.step(Budget::units(UNITS));
    };
    let collect_due: Frame = |store| {
        store.collect_due();
    };
    let manual = Config::new().cycles(Cycles::Manual);
    let modes: [(&str, Config, Frame); 7] = [
        ("prompt", Config::new().cycles(Cycles::Prompt), no_frame),
        ("assist", manual.clone(), no_frame),
        ("whole", manual.clone().auto(Auto::Whole), no_frame),
        ("due", manual.clone().auto(Auto::Off), collect_due),
        ("steps that trace", Config::new().auto(Auto::Off), step),
        ("steps that collect", manual.auto(Auto::Off), step),
        (
            "steps for all deaths",
            Config::new().auto(Auto::Off).reclaim(Reclaim::AtStep),
            step,
        ),
    ];
    for (mode, config, frame) in modes {
        let name = format!("churn, 10^5 live, {mode}, peak:live");
        table.compared(name, Unit::Bytes, Bar::Ratio(2.0), || {
            churn(scale, config, frame)
        });
    }
}

/// Operations on a store, and the most memory that it had after any frame.
struct Churn {
    store: Store<u64>,
    rng: Rng,
    rings: Vec<Handle>,
    operations: u32,
}

impl Churn {
    /// A ring of which the program holds one.
    fn make(&mut self) -> Handle {
        let first = self.store.insert(0);
        let mut last = first;
        for number in 1..RING.into() {
            last = self
                .store
                .insert_linked(last, (), number)
                .expect("it is alive");
        }
        self.store.link(last, (), first).expect("both are alive");
        self.operations += RING + 1;
        first
    }

    /// Lets go of a ring, and makes another.
    fn replace(&mut self) {
        let at = self.rng.usize(0..self.rings.len());
        let new = self.make();
        let old = std::mem::replace(&mut self.rings[at], new);
        self.store.unroot(old).expect("the ring is held");
        self.operations += 1;
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes are fewer than 2^52")]
fn churn(scale: Scale, config: Config, frame: Frame) -> Rounds {
    let live = scale.size(LIVE) / RING;
    let mut rings = Vec::with_capacity(live as usize);
    let before = allocated();
    let mut churn = Churn {
        store: Store::with_config(config),
        rng: Rng::with_seed(1),
        rings: Vec::new(),
        operations: 0,
    };
    for _ in 0..live {
        let ring = churn.make();
        rings.push(ring);
    }
    let size = allocated() - before;
    churn.rings = rings;
    let mut peak = size;
    while churn.operations < scale.size(OPERATIONS) {
        for _ in 0..FRAME {
            churn.replace();
            peak = peak.max(allocated() - before);
        }
        frame(&mut churn.store);
        peak = peak.max(allocated() - before);
    }
    Rounds::once(peak as f64, size as f64)
}
