//! Units of work: what a budget is counted in.

/// What a call may spend, and what it has spent. It may exceed the budget by what cannot be divided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Units {
    budget: u64,
    spent: u64,
}

impl Units {
    pub(crate) fn new(budget: u64) -> Self {
        Self { budget, spent: 0 }
    }

    /// As many units as there is work for.
    pub(crate) fn unlimited() -> Self {
        Self::new(u64::MAX)
    }

    pub(crate) fn spent(&self) -> u64 {
        self.spent
    }

    /// Whether there is no budget to end it.
    pub(crate) fn is_unlimited(&self) -> bool {
        self.budget == u64::MAX
    }

    /// Allows no more than so many units from now on, if more were allowed.
    pub(crate) fn limit_to(&mut self, units: u64) {
        self.budget = self.budget.min(self.spent.saturating_add(units));
    }

    /// What may be spent in all.
    pub(crate) fn budget(&self) -> u64 {
        self.budget
    }

    #[inline]
    pub(crate) fn left(&self) -> u64 {
        self.budget.saturating_sub(self.spent)
    }

    /// Whether nothing is left.
    #[inline]
    pub(crate) fn is_spent(&self) -> bool {
        self.spent >= self.budget
    }

    /// How many things that cost a unit each may be done; at most as many as asked for.
    #[inline]
    pub(crate) fn at_most(&self, limit: usize) -> usize {
        usize::try_from(self.left()).unwrap_or(limit).min(limit)
    }

    #[inline]
    pub(crate) fn spend(&mut self, units: usize) {
        self.spent += units as u64;
    }

    /// Takes note of what was spent elsewhere.
    pub(crate) fn add(&mut self, units: u64) {
        self.spent = self.spent.saturating_add(units);
    }
}
