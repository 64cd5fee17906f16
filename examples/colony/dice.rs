//! Who does what in a frame: chance, which looks at no object.

use oorandom::Rand32;
use understory::Handle;

use super::world::{Position, Velocity};

/// How far the colony reaches from its middle.
pub(crate) const EDGE: f32 = 100.0;

/// Something that is to happen, and to whom. Who is named may be dead when it is to happen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// Settlers found a household.
    Found,
    /// People found a squad.
    Muster([Handle; 3]),
    /// A household has a child.
    Birth([Handle; 1]),
    /// Two people found a household of their own.
    Marry([Handle; 2]),
    /// A person moves to a household.
    Move([Handle; 2]),
    /// A person joins a squad.
    Enlist([Handle; 2]),
    /// A person takes a job in a workshop.
    Work([Handle; 2]),
    /// People set out on a quest.
    Quest([Handle; 3]),
    /// A person casts a buff on another.
    Bless([Handle; 2]),
    /// A person dies by violence.
    Kill([Handle; 1]),
    /// A person dies in bed.
    Die([Handle; 1]),
    /// A squad is disbanded.
    Disband([Handle; 1]),
    /// A household or a squad leaves, and does not come back.
    Leave([Handle; 1]),
}

impl Order {
    /// Everyone whom it names.
    pub(crate) fn names(&self) -> &[Handle] {
        match self {
            Self::Found => &[],
            Self::Birth(one)
            | Self::Kill(one)
            | Self::Die(one)
            | Self::Disband(one)
            | Self::Leave(one) => one,
            Self::Marry(two)
            | Self::Move(two)
            | Self::Enlist(two)
            | Self::Work(two)
            | Self::Bless(two) => two,
            Self::Muster(three) | Self::Quest(three) => three,
        }
    }
}

/// Lists to choose from. A handle is a plain value that keeps nothing alive, so they may lag behind
/// the store: a handle in them is of use, or it is stale, but never of a later object.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    pub(crate) people: Vec<Handle>,
    pub(crate) households: Vec<Handle>,
    pub(crate) squads: Vec<Handle>,
    pub(crate) workshops: Vec<Handle>,
}

/// The colony's luck, the same for the same seed.
#[derive(Debug)]
pub(crate) struct Dice {
    random: Rand32,
    size: u32,
}

impl Dice {
    /// Dice for a colony of about `size` people.
    pub(crate) fn new(seed: u64, size: u32) -> Self {
        Self {
            random: Rand32::new(seed),
            size,
        }
    }

    /// What is to happen in a frame that begins with this many people.
    pub(crate) fn orders(&mut self, roster: &Roster, people: usize) -> Vec<Order> {
        let mut orders = Vec::new();
        let size = self.size as usize;
        if roster.households.len() <= size / 8 {
            orders.push(Order::Found);
        }
        // As many births as people are missing, but not all at once.
        for _ in 0..size.saturating_sub(people).min(1 + size / 50) {
            orders.extend(
                self.pick(&roster.households)
                    .map(|home| Order::Birth([home])),
            );
        }
        // Chances a person and frame.
        self.some(&mut orders, 0.02, |dice| {
            Some(Order::Bless([dice.person(roster)?, dice.person(roster)?]))
        });
        self.some(&mut orders, 0.002, |dice| {
            Some(Order::Quest([
                dice.person(roster)?,
                dice.person(roster)?,
                dice.person(roster)?,
            ]))
        });
        self.some(&mut orders, 0.005, |dice| {
            let home = dice.pick(&roster.households)?;
            Some(Order::Move([dice.person(roster)?, home]))
        });
        self.some(&mut orders, 0.01, |dice| {
            let squad = dice.pick(&roster.squads)?;
            Some(Order::Enlist([dice.person(roster)?, squad]))
        });
        self.some(&mut orders, 0.01, |dice| {
            let workshop = dice.pick(&roster.workshops)?;
            Some(Order::Work([dice.person(roster)?, workshop]))
        });
        if roster.households.len() < size / 4 {
            self.some(&mut orders, 0.002, |dice| {
                Some(Order::Marry([dice.person(roster)?, dice.person(roster)?]))
            });
        }
        if roster.squads.len() <= size / 20 {
            self.some(&mut orders, 0.002, |dice| {
                Some(Order::Muster([
                    dice.person(roster)?,
                    dice.person(roster)?,
                    dice.person(roster)?,
                ]))
            });
        }
        self.some(&mut orders, 0.0001, |dice| {
            Some(Order::Disband([dice.pick(&roster.squads)?]))
        });
        self.some(&mut orders, 0.001, |dice| {
            Some(Order::Kill([dice.person(roster)?]))
        });
        self.some(&mut orders, 0.001, |dice| {
            Some(Order::Die([dice.person(roster)?]))
        });
        self.some(&mut orders, 0.0002, |dice| {
            Some(Order::Leave([dice.pick(&roster.households)?]))
        });
        self.some(&mut orders, 0.0001, |dice| {
            Some(Order::Leave([dice.pick(&roster.squads)?]))
        });
        orders
    }

    /// A number from 0 up to, but without, `end`.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.random.rand_range(0..end)
    }

    /// Somewhere in the colony.
    pub(crate) fn position(&mut self) -> Position {
        Position {
            x: self.around(EDGE),
            y: self.around(EDGE),
        }
    }

    /// Somebody's pace.
    pub(crate) fn velocity(&mut self) -> Velocity {
        Velocity {
            x: self.around(1.0),
            y: self.around(1.0),
        }
    }

    fn around(&mut self, radius: f32) -> f32 {
        (2.0 * self.random.rand_float() - 1.0) * radius
    }

    fn person(&mut self, roster: &Roster) -> Option<Handle> {
        self.pick(&roster.people)
    }

    fn pick(&mut self, from: &[Handle]) -> Option<Handle> {
        let len = u32::try_from(from.len()).ok()?;
        (len > 0).then(|| from[self.below(len) as usize])
    }

    /// Adds orders of one kind: on average `chance` for each person of the colony.
    fn some(
        &mut self,
        orders: &mut Vec<Order>,
        chance: f64,
        mut order: impl FnMut(&mut Self) -> Option<Order>,
    ) {
        let mut left = chance * f64::from(self.size);
        while left > 0.0 {
            if left >= 1.0 || f64::from(self.random.rand_float()) < left {
                orders.extend(order(self));
            }
            left -= 1.0;
        }
    }
}
