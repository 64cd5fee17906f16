//! Where the edges of an object stand: in a vector, or in an array in the object.

/// The targets of an object, without gaps.
pub(crate) trait Edges<P> {
    fn none() -> Self;
    fn two(targets: [P; 2]) -> Self;
    fn push(&mut self, target: P);
    fn swap_remove(&mut self, place: usize);
    fn len(&self) -> usize;
    fn get(&self, place: usize) -> &P;
    fn iter<'a>(&'a self) -> impl Iterator<Item = &'a P>
    where
        P: 'a;
}

impl<P> Edges<P> for Vec<P> {
    fn none() -> Self {
        Self::new()
    }

    fn two(targets: [P; 2]) -> Self {
        Self::from(targets)
    }

    fn push(&mut self, target: P) {
        self.push(target);
    }

    fn swap_remove(&mut self, place: usize) {
        self.swap_remove(place);
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn get(&self, place: usize) -> &P {
        &self[place]
    }

    fn iter<'a>(&'a self) -> impl Iterator<Item = &'a P>
    where
        P: 'a,
    {
        self.as_slice().iter()
    }
}

impl<P, const N: usize> Edges<P> for [Option<P>; N] {
    fn none() -> Self {
        [const { None }; N]
    }

    fn two(targets: [P; 2]) -> Self {
        let mut targets = targets.into_iter();
        [(); N].map(|()| targets.next())
    }

    fn push(&mut self, target: P) {
        let free = self.as_mut_slice().iter_mut().find(|slot| slot.is_none());
        *free.expect("an array has room for the edges of its shape") = Some(target);
    }

    fn swap_remove(&mut self, place: usize) {
        let last = Edges::<P>::len(self) - 1;
        self.swap(place, last);
        self[last] = None;
    }

    fn len(&self) -> usize {
        self.as_slice().iter().flatten().count()
    }

    fn get(&self, place: usize) -> &P {
        self[place].as_ref().expect("there is an edge at the place")
    }

    fn iter<'a>(&'a self) -> impl Iterator<Item = &'a P>
    where
        P: 'a,
    {
        self.as_slice().iter().flatten()
    }
}
