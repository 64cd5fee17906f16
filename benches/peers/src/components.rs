//! The components that a query walks over, and which objects have them.

use fastrand::Rng;

#[derive(Clone)]
pub(crate) struct Position(pub(crate) [f32; 3]);

#[derive(Clone)]
pub(crate) struct Velocity(pub(crate) [f32; 3]);

impl Position {
    pub(crate) const START: Self = Self([0.0; 3]);

    #[inline]
    pub(crate) fn advance(&mut self, velocity: &Velocity) {
        for (at, by) in self.0.iter_mut().zip(velocity.0) {
            *at += by * 0.01;
        }
    }
}

impl Velocity {
    pub(crate) const ANY: Self = Self([1.0, 2.0, 3.0]);
}

/// Which objects have a velocity; all have a position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moving {
    /// One in so many.
    pub(crate) one_in: u32,
    pub(crate) is_random: bool,
    /// Whether the two components are declared to be asked for together, where that can be said.
    pub(crate) is_group: bool,
}

impl Moving {
    /// For each of the objects, whether it has one.
    pub(crate) fn objects(self, objects: u32) -> Vec<bool> {
        let mut rng = Rng::with_seed(1);
        let mut has = |number: u32| {
            let draw = if self.is_random { rng.u32(..) } else { number };
            draw % self.one_in == 0
        };
        (0..objects).map(&mut has).collect()
    }
}
