//! The items of a comparison, and its options.

use std::borrow::Cow;

/// An item with attributes that is either bad or not: a trace, or a span.
#[derive(Debug, Clone, PartialEq)]
pub struct Item<'a> {
    /// Whether it belongs to the group to explain.
    pub is_bad: bool,
    /// The number of items that it stands for: 1, or the inverse of the probability with which it was kept.
    ///
    /// A number that is not positive counts as 1.
    pub weight: f64,
    /// The attributes. A name may occur several times; a value of a name counts once.
    pub attributes: Vec<(&'a str, Cow<'a, str>)>,
}

/// The options of a comparison.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CompareOptions {
    /// The maximum number of attributes that are compared. Default: 32.
    pub most_attributes: usize,
    /// The maximum number of values of an attribute that are candidates. Default: 64.
    pub most_values: usize,
    /// The maximum number of results. Default: 20.
    pub most_causes: usize,
    /// The minimum share of the bad items with the value. Default: 0.05.
    pub support: f64,
    /// The minimum number of bad items with the value. Default: 5.
    ///
    /// For weighted items, this is the effective number of items.
    pub least: u32,
    /// The minimum ratio of a result. Default: 1.5.
    pub ratio: f64,
    /// The probability of any result if nothing is a cause. Default: 0.01.
    pub false_positives: f64,
    /// Whether pairs of values are compared as well. Default: yes.
    pub pairs: bool,
}

impl Default for CompareOptions {
    fn default() -> Self {
        Self {
            most_attributes: 32,
            most_values: 64,
            most_causes: 20,
            support: 0.05,
            least: 5,
            ratio: 1.5,
            false_positives: 0.01,
            pairs: true,
        }
    }
}
