//! The game: what happens in a frame.

use std::error::Error;
use std::time::{Duration, Instant};

use understory::{Auto, Budget, Config, Handle, Parts};

use super::dice::{Dice, EDGE, Order, Roster};
use super::world::{Bond, Deadline, Position, Thing, Velocity, World};

/// Each call of the store has a small error type of its own; a game is content with any.
pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// A settlement and all that belongs to it.
#[derive(Debug)]
pub(crate) struct Colony {
    pub(crate) world: World,
    settlement: Handle,
    roster: Roster,
    dice: Dice,
    frame: u32,
    /// How many people there were at the end of the last frame.
    people: usize,
}

/// Objects and edges that may be looked at in a frame, to find garbage cycles.
const BUDGET: Budget = Budget::units(200_000);

/// How long the parts of a frame took that use the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameTime {
    pub(crate) orders: Duration,
    pub(crate) systems: Duration,
    pub(crate) collector: Duration,
}

impl Colony {
    /// A colony of `size` people.
    pub(crate) fn new(size: u32, seed: u64) -> Result<Self> {
        // The game chooses the moment for all that is not done at once: the end of a frame.
        let mut world = World::with_config(Config::new().auto(Auto::Off));
        // `insert` gives the one root that holds everything else.
        let settlement = world.insert(Thing::Settlement);
        let mut colony = Self {
            world,
            settlement,
            roster: Roster::default(),
            dice: Dice::new(seed, size),
            frame: 0,
            people: 0,
        };
        colony.settle(size)?;
        Ok(colony)
    }

    fn settle(&mut self, size: u32) -> Result {
        for _ in 0..=size / 50 {
            let wage = 1 + self.dice.below(3);
            let workshop = self.place(Thing::Workshop { wage })?;
            self.roster.workshops.push(workshop);
        }
        for _ in 0..=size / 8 {
            self.obey(&Order::Found)?;
        }
        for home in 0..(size as usize).saturating_sub(self.people()) {
            let households = &self.roster.households;
            self.give_birth(households[home % households.len()])?;
        }
        self.people = self.people();
        Ok(())
    }

    /// How many people there are, of those who have not left.
    pub(crate) fn people(&self) -> usize {
        self.world.query::<&Velocity>().count()
    }

    /// Plays a frame.
    pub(crate) fn play(&mut self) -> Result<FrameTime> {
        self.frame += 1;
        let orders = self.dice.orders(&self.roster, self.people);

        let start = Instant::now();
        for order in &orders {
            // Somebody may have died since the order was given. To ask is safe, at any time.
            if order.names().iter().all(|&name| self.is_here(name)) {
                self.obey(order)?;
            }
        }
        let obeyed = Instant::now();
        self.end_what_is_due()?;
        self.walk();
        self.dine();
        self.tidy()?;
        self.people = self.people();
        let moved = Instant::now();
        self.reclaim();
        Ok(FrameTime {
            orders: obeyed - start,
            systems: moved - obeyed,
            collector: moved.elapsed(),
        })
    }

    /// Whether somebody or something is alive, and in the colony.
    fn is_here(&self, name: Handle) -> bool {
        self.world.has_component::<Position>(name)
    }

    fn obey(&mut self, order: &Order) -> Result {
        match *order {
            Order::Found => {
                let household = self.place(Thing::Household { stock: 100 })?;
                self.roster.households.push(household);
                self.give_birth(household)?;
                self.give_birth(household)
            }
            Order::Muster(people) => {
                let squad = self.place(Thing::Squad)?;
                self.roster.squads.push(squad);
                let mut people = people.into_iter();
                people.try_for_each(|person| self.join(person, Bond::Squad, squad, Bond::Soldier))
            }
            Order::Birth([household]) => self.give_birth(household),
            Order::Marry([one, other]) => {
                let household = self.place(Thing::Household { stock: 10 })?;
                self.roster.households.push(household);
                self.join(one, Bond::Home, household, Bond::Member)?;
                self.join(other, Bond::Home, household, Bond::Member)
            }
            Order::Move([person, home]) => self.join(person, Bond::Home, home, Bond::Member),
            Order::Enlist([person, squad]) => self.join(person, Bond::Squad, squad, Bond::Soldier),
            Order::Work([person, shop]) => self.join(person, Bond::Job, shop, Bond::Worker),
            Order::Quest(people) => self.begin_quest(people),
            Order::Bless([caster, target]) => self.bless(caster, target),
            Order::Kill([person]) => {
                self.kill(person);
                Ok(())
            }
            Order::Die([person]) => self.let_go(person),
            Order::Disband([squad]) => self.let_go(squad),
            Order::Leave([group]) => self.leave(group),
        }
    }

    /// Puts up something that the settlement owns.
    fn place(&mut self, thing: Thing) -> Result<Handle> {
        let place = self
            .world
            .insert_linked(self.settlement, Bond::Has, thing)?;
        self.world.insert_component(place, self.dice.position())?;
        Ok(place)
    }

    fn give_birth(&mut self, household: Handle) -> Result {
        let parents: Vec<Handle> = self.world.targets(household).take(2).collect();
        let person = Thing::Person {
            born: self.frame,
            food: 10,
        };
        // The household owns its member, and the member its household: a cycle from the first day.
        let child = self.world.insert_linked(household, Bond::Member, person)?;
        self.world.link(child, Bond::Home, household)?;
        for parent in parents {
            self.world.link(parent, Bond::Child, child)?;
            self.world.link_weak(child, Bond::Parent, parent)?;
        }
        self.world.insert_component(child, self.dice.position())?;
        self.world.insert_component(child, self.dice.velocity())?;
        self.roster.people.push(child);
        Ok(())
    }

    /// Makes a person part of a group, instead of the group of this kind that it was part of.
    fn join(&mut self, person: Handle, bond: Bond, group: Handle, back: Bond) -> Result {
        // `set` knows the group before; `relink` moves its edge, and the person is owned throughout.
        match self.world.set(person, bond, group)? {
            Some(before) => self.world.relink((before, person), (group, person))?,
            None => self.world.link(group, back, person)?,
        }
        Ok(())
    }

    fn begin_quest(&mut self, people: [Handle; 3]) -> Result {
        let reward = self.dice.below(20);
        let quest = self.place(Thing::Quest { reward })?;
        for person in people {
            self.world.link(quest, Bond::Participant, person)?;
            self.world.link(person, Bond::Quest, quest)?;
        }
        let end = self.frame + 50 + self.dice.below(100);
        self.world.insert_component(quest, Deadline(end))?;
        Ok(())
    }

    fn bless(&mut self, caster: Handle, target: Handle) -> Result {
        let strength = self.dice.below(5);
        let buff = Thing::Buff { strength };
        let buff = self.world.insert_linked(target, Bond::Buff, buff)?;
        // Weak: a buff does not keep its caster alive, and forgets a dead one by itself.
        self.world.link_weak(buff, Bond::Caster, caster)?;
        let end = self.frame + 20 + self.dice.below(60);
        self.world.insert_component(buff, Deadline(end))?;
        Ok(())
    }

    /// Sudden death: every edge to the person is gone at once, whoever holds it. The buffs, which
    /// nobody else owns, die with their bearer.
    fn kill(&mut self, person: Handle) {
        self.world.destroy(person);
    }

    /// A death in bed, or the end of a squad: everyone lets go, and the last one to do so ends it.
    fn let_go(&mut self, of: Handle) -> Result {
        self.world.unlink_sources(of)?;
        Ok(())
    }

    /// A household emigrates, or a squad is lost in the woods: all others let go of its members. It
    /// owns them and they own it, so nothing dies by count: this is work for `step`.
    fn leave(&mut self, group: Handle) -> Result {
        let members: Vec<Handle> = self.world.targets(group).collect();
        for &member in &members {
            let owners: Vec<Handle> = self.world.sources(member).collect();
            for owner in owners {
                if owner != group && !members.contains(&owner) {
                    self.world.unlink(owner, member)?;
                }
            }
            // Until the frame's end their handles still resolve. Off the map, nobody deals with them.
            self.world.remove_component::<Position>(member);
            self.world.remove_component::<Velocity>(member);
        }
        self.world.remove_component::<Position>(group);
        self.world.unlink(self.settlement, group)?;
        Ok(())
    }

    /// Ends buffs and quests whose time is up.
    fn end_what_is_due(&mut self) -> Result {
        let now = self.frame;
        let mut deadlines = self.world.query::<&Deadline>();
        let due: Vec<Handle> = deadlines
            .iter_with_handles()
            .filter(|(_, deadline)| deadline.0 <= now)
            .map(|(handle, _)| handle)
            .collect();
        drop(deadlines);
        for handle in due {
            if let Thing::Quest { .. } = self.world[handle] {
                // Its participants own it, too, so that it takes more than the settlement's edge.
                self.world.destroy(handle);
            } else if let Some(bearer) = self.world.sources(handle).next() {
                // A buff has one owner, and ends with that edge.
                self.world.unlink(bearer, handle)?;
            }
        }
        Ok(())
    }

    /// Moves all that can move.
    fn walk(&mut self) {
        for (at, by) in &mut self.world.query::<(&mut Position, &mut Velocity)>() {
            at.x += by.x;
            at.y += by.y;
            if at.x.abs() > EDGE {
                by.x = by.x.abs().copysign(-at.x);
            }
            if at.y.abs() > EDGE {
                by.y = by.y.abs().copysign(-at.y);
            }
        }
    }

    /// A tenth of the households sit down to a meal: a walk along edges that writes values.
    fn dine(&mut self) {
        let Parts {
            edges,
            values: mut things,
            ..
        } = self.world.split_mut();
        let turn = self.frame as usize % 10;
        for &household in self.roster.households.iter().skip(turn).step_by(10) {
            let mut meal = 0;
            for member in edges.targets(household) {
                meal += match edges
                    .target(member, &Bond::Job)
                    .and_then(|job| things.get(job))
                {
                    Some(Thing::Workshop { wage }) => *wage,
                    _ => 1,
                };
            }
            if let Some(Thing::Household { stock }) = things.get_mut(household) {
                *stock += meal;
                meal = *stock / 2;
                *stock -= meal;
            }
            for member in edges.targets(household) {
                if let Some(Thing::Person { food, .. }) = things.get_mut(member) {
                    *food = food.saturating_sub(2) + meal.min(3);
                    meal -= meal.min(3);
                }
            }
        }
    }

    /// Brings the lists up to date, and gives up homes and camps where nobody is left.
    fn tidy(&mut self) -> Result {
        if self.frame % 8 != 0 {
            return Ok(());
        }
        let groups = self.roster.households.iter().chain(&self.roster.squads);
        let is_empty = |&&group: &&Handle| self.world.out_degree(group) == Some(0);
        let empty: Vec<Handle> = groups.filter(is_empty).copied().collect();
        for group in empty {
            self.let_go(group)?;
        }
        let world = &self.world;
        let is_here = |name: &Handle| world.has_component::<Position>(*name);
        self.roster.people.retain(is_here);
        self.roster.households.retain(is_here);
        self.roster.squads.retain(is_here);
        Ok(())
    }

    /// Ends garbage cycles: a few objects are looked at for each, however large the colony is. What
    /// the budget does not suffice for is left to a collection, once one is due.
    fn reclaim(&mut self) {
        self.world.step(BUDGET);
        self.world.collect_due();
    }

    /// Gives up the root that holds everything, and collects. Returns how many objects there were.
    pub(crate) fn end(&mut self) -> Result<usize> {
        let objects = self.world.len();
        self.world.unroot(self.settlement)?;
        self.world.collect();
        Ok(objects)
    }
}
