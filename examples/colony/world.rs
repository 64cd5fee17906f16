//! What there is in the colony: objects, the bonds between them, and their components.

use understory::{Handle, Store};

/// One store holds everything. Its objects are `Thing`s, and its edges carry `Bond`s.
pub(crate) type World = Store<Thing, Bond>;

/// An object. Who belongs to whom is said by edges alone, so no value holds a handle.
#[derive(Clone, Debug)]
pub(crate) enum Thing {
    /// The only object with a root: what it can't reach over edges is gone.
    Settlement,
    Household {
        stock: u32,
    },
    Squad,
    Workshop {
        wage: u32,
    },
    Person {
        born: u32,
        food: u32,
    },
    Quest {
        reward: u32,
    },
    Buff {
        strength: u32,
    },
}

/// What an edge means, from its source to its target.
///
/// An edge owns its target: a household owns its members, and the members own their household. Such
/// a cycle is what reference counts alone would leak. `Parent` and `Caster` are for weak edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bond {
    /// settlement → household, squad, workshop, quest
    Has,
    /// household → person, and back
    Member,
    Home,
    /// squad → person, and back
    Soldier,
    Squad,
    /// workshop → person, and back
    Worker,
    Job,
    /// quest → person, and back
    Participant,
    Quest,
    /// person → child; and weakly back, so that nobody lives on for being remembered
    Child,
    Parent,
    /// person → buff; and weakly from the buff to its caster
    Buff,
    Caster,
}

/// Component: where something is. What has left the colony has none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// Component: how something moves. Houses don't.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Velocity {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// Component: the frame in which something ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(pub(crate) u32);

/// A number that is the same for equal worlds: values, edges and components in the order of the
/// handles, which depends on nothing but the calls that were made.
pub(crate) fn hash(world: &World) -> u64 {
    let mut hash = Fnv::new();
    for (handle, thing) in world {
        hash.add(handle.to_bits());
        hash.thing(thing);
        hash.edges(world.out_edges(handle));
        hash.edges(world.weak_edges().out_edges(handle));
        if let Some(at) = world.component::<Position>(handle) {
            hash.floats(at.x, at.y);
        }
        if let Some(by) = world.component::<Velocity>(handle) {
            hash.floats(by.x, by.y);
        }
        if let Some(deadline) = world.component::<Deadline>(handle) {
            hash.add(deadline.0.into());
        }
    }
    hash.0
}

/// FNV-1a over 64-bit words. The hashers of `std` promise no value that lasts.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn floats(&mut self, x: f32, y: f32) {
        self.add(u64::from(x.to_bits()) << 32 | u64::from(y.to_bits()));
    }

    fn edges<'a>(&mut self, edges: impl Iterator<Item = (Handle, &'a Bond)>) {
        for (target, &bond) in edges {
            self.add(target.to_bits());
            self.add(bond as u64);
        }
    }

    fn thing(&mut self, thing: &Thing) {
        let [kind, a, b] = match *thing {
            Thing::Settlement => [0, 0, 0],
            Thing::Household { stock } => [1, stock, 0],
            Thing::Squad => [2, 0, 0],
            Thing::Workshop { wage } => [3, wage, 0],
            Thing::Person { born, food } => [4, born, food],
            Thing::Quest { reward } => [5, reward, 0],
            Thing::Buff { strength } => [6, strength, 0],
        };
        self.add(kind.into());
        self.add(u64::from(a) << 32 | u64::from(b));
    }
}
