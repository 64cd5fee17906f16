//! The components that a query walks over.

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
