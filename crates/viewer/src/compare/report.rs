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
    /// The number of bad items that a result needs: [`CompareOptions::least`](super::CompareOptions::least).
    pub least: u32,
    /// The number of values and pairs that were looked at.
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

/// An attribute, and what its value is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Term {
    /// The name of the attribute.
    pub name: String,
    /// The comparison of the attribute with the value.
    pub is: Is,
    /// The value, or the bound of a range. Empty if it is only about whether there is one.
    pub value: String,
}

/// A comparison of an attribute with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Is {
    /// The attribute is this value.
    Equal,
    /// The attribute is a number, this one or a greater one.
    AtLeast,
    /// The attribute is a number less than this one.
    Below,
    /// The attribute is there.
    Present,
    /// The attribute is missing.
    Missing,
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value) = (self.name.escape_debug(), self.value.escape_debug());
        match self.is {
            Is::Equal => write!(f, "{name}={value}"),
            Is::AtLeast => write!(f, "{name}>={value}"),
            Is::Below => write!(f, "{name}<{value}"),
            Is::Present => write!(f, "{name} is set"),
            Is::Missing => write!(f, "{name} is not set"),
        }
    }
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
            write!(f, "{and}{term}")?;
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

impl Report {
    /// Returns why there are no causes. `None` if there are some.
    pub fn note(&self) -> Option<String> {
        let (bad, rest) = (self.bad.items, self.rest.items);
        if !self.causes.is_empty() {
            return None;
        }
        Some(if bad == 0 {
            "there is nothing to explain: none is bad".to_owned()
        } else if rest == 0 {
            "there is nothing to compare with: all are bad".to_owned()
        } else if bad < u64::from(self.least) {
            format!("there are too few to compare: {bad} bad, and at least {} are needed", self.least)
        } else {
            format!("nothing sets them apart ({} values and pairs looked at)", self.tested)
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} bad, {} others", self.bad.items, self.rest.items)?;
        for cause in &self.causes {
            writeln!(f, "{cause}")?;
        }
        self.note().map_or(Ok(()), |note| writeln!(f, "{note}"))
    }
}
