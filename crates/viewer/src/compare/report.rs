//! The result of a comparison, as data and as text.

use std::fmt;

use serde::Serialize;

use super::tally::{Sum, Tally, Totals};

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The bad items.
    pub bad: Group,
    /// The other items.
    pub rest: Group,
    /// The number of values and pairs that were tested.
    pub tested: usize,
    /// The number of attributes that were omitted because there were too many.
    pub omitted: usize,
    /// The values and pairs that distinguish the bad items, the strongest first.
    pub causes: Vec<Cause>,
}

/// A number of items.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Group {
    /// The number of items.
    pub items: u64,
    /// The number of items that they stand for.
    pub weight: f64,
}

/// A value, or a pair of values, that distinguishes the bad items.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Cause {
    /// The value, or both values.
    pub terms: Vec<Term>,
    /// The share of the bad items that have it.
    pub share_of_bad: f64,
    /// The share of the other items that have it.
    pub share_of_rest: f64,
    /// The risk with it, divided by the risk without it.
    pub ratio: f64,
    /// The lower bound of the ratio.
    pub at_least: f64,
    /// The number of bad items that have it.
    pub bad: u64,
    /// The number of items that have it.
    pub items: u64,
}

/// An attribute and its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Term {
    /// The name of the attribute.
    pub name: String,
    /// The value.
    pub value: String,
}

impl Group {
    pub(super) const fn of(sum: &Sum) -> Self {
        Self { items: sum.items, weight: sum.weight }
    }
}

impl Cause {
    pub(super) fn new(mut terms: Vec<Term>, totals: &Totals, tally: &Tally, at_least: f64) -> Self {
        terms.sort();
        Self {
            terms,
            share_of_bad: totals.support(tally),
            share_of_rest: totals.share_of_rest(tally),
            ratio: totals.ratio(tally),
            at_least,
            bad: tally.bad.items,
            items: tally.bad.items + tally.rest.items,
        }
    }
}

/// A ratio, formatted with a useful number of digits.
struct Times(f64);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 10.0 { write!(f, "×{:.1}", self.0) } else { write!(f, "×{:.0}", self.0) }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, term) in self.terms.iter().enumerate() {
            let and = if i == 0 { "" } else { " and " };
            write!(f, "{and}{}={}", term.name.escape_debug(), term.value.escape_debug())?;
        }
        write!(
            f,
            ": {:.0} % of the bad, {:.0} % of the rest ({}, at least {}, {} of {})",
            self.share_of_bad * 100.0,
            self.share_of_rest * 100.0,
            Times(self.ratio),
            Times(self.at_least),
            self.bad,
            self.items,
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} bad, {} others", self.bad.items, self.rest.items)?;
        for cause in &self.causes {
            writeln!(f, "{cause}")?;
        }
        if self.causes.is_empty() {
            writeln!(f, "nothing sets them apart ({} values and pairs looked at)", self.tested)?;
        }
        Ok(())
    }
}
