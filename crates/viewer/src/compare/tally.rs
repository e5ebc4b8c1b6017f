//! Weighted counts, and the figures derived from them.

use super::bounds::{ratio_bound, share_bounds};
use super::item::Item;

/// Some items of one group.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) items: u64,
    pub(super) weight: f64,
    squares: f64,
}

impl Sum {
    fn add(&mut self, weight: f64) {
        self.items += 1;
        self.weight += weight;
        self.squares += weight * weight;
    }

    /// Returns the number of equally weighted items with the same precision: Kish's effective sample size.
    pub(super) fn equal_items(&self) -> f64 {
        if self.items == 0 { 0.0 } else { self.weight * self.weight / self.squares.max(f64::MIN_POSITIVE) }
    }

    fn without(&self, part: &Self) -> Self {
        Self {
            items: self.items - part.items,
            weight: (self.weight - part.weight).max(0.0),
            squares: (self.squares - part.squares).max(0.0),
        }
    }
}

/// The items that have a value.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) bad: Sum,
    pub(super) rest: Sum,
}

impl Tally {
    pub(super) fn add(&mut self, item: &Item<'_>) {
        let sum = if item.is_bad { &mut self.bad } else { &mut self.rest };
        sum.add(weight(item));
    }

    fn without(&self, part: &Self) -> Self {
        Self { bad: self.bad.without(&part.bad), rest: self.rest.without(&part.rest) }
    }

    fn weight(&self) -> f64 {
        self.bad.weight + self.rest.weight
    }

    /// Returns the share of the bad items, and the effective number of items behind that estimate.
    ///
    /// The effective number is Kish's for all items, or Kish's for the bad items divided by their share, whichever is
    /// smaller. If a few heavy items make up the share, no number of light items beside them makes it certain.
    fn risk(&self) -> (f64, f64) {
        let weight = self.weight();
        if weight <= 0.0 {
            return (0.0, 0.0);
        }
        let share = self.bad.weight / weight;
        let squares = self.bad.squares + self.rest.squares;
        let all = weight * weight / squares.max(f64::MIN_POSITIVE);
        let of_bad = if share > 0.0 { self.bad.equal_items() / share } else { all };
        (share, all.min(of_bad))
    }
}

pub(super) fn weight(item: &Item<'_>) -> f64 {
    if item.weight > 0.0 && item.weight.is_finite() { item.weight } else { 1.0 }
}

/// All items.
#[derive(Debug)]
pub(super) struct Totals(Tally);

impl Totals {
    pub(super) fn of(items: &[Item<'_>]) -> Self {
        let mut all = Tally::default();
        for item in items {
            all.add(item);
        }
        Self(all)
    }

    pub(super) const fn all(&self) -> &Tally {
        &self.0
    }

    /// Returns the share of the bad that have the value.
    pub(super) fn support(&self, with: &Tally) -> f64 {
        with.bad.weight / self.0.bad.weight
    }

    pub(super) fn share_of_rest(&self, with: &Tally) -> f64 {
        with.rest.weight / self.0.rest.weight
    }

    /// Returns the risk with the value, and the risk without it. The latter is at least that of half an item.
    fn risks(&self, with: &Tally) -> [(f64, f64); 2] {
        let (without, items) = self.0.without(with).risk();
        let least = if items > 0.0 { 0.5 / (items + 1.0) } else { 1.0 };
        [with.risk(), (without.max(least), items)]
    }

    /// Returns the risk with the value, divided by the risk without it.
    pub(super) fn ratio(&self, with: &Tally) -> f64 {
        let [(one, _), (other, _)] = self.risks(with);
        one / other
    }

    pub(super) fn lower_bound(&self, with: &Tally, evidence: f64) -> f64 {
        let [(one, ones), (other, others)] = self.risks(with);
        ratio_bound(one, share_bounds(one, ones, evidence).0, other, share_bounds(other, others, evidence).1)
    }
}
