//! Finds the attributes that distinguish the bad from the rest: the slow from the fast, or the failed from the
//! successful.
//!
//! [`compare`] is a pure function. It takes items with attributes, a weight, and whether they are bad. It returns the
//! values, alone and in pairs, that are more frequent among the bad than chance explains:
//!
//! ```
//! use traced_actor_viewer::compare::{Item, CompareOptions, compare};
//!
//! let items: Vec<Item<'_>> = (0..1000_u32)
//!     .map(|i| Item {
//!         is_bad: i % 20 == 7 || i % 97 == 0,
//!         weight: 1.0,
//!         attributes: vec![("channel", (i % 20).to_string().into())],
//!     })
//!     .collect();
//!
//! let report = compare(&items, &CompareOptions::default());
//! let first = &report.causes[0];
//! assert_eq!(first.to_string(), "channel=7: 82 % of the bad, 0 % of the rest (×86, at least ×31, 50 of 50)");
//! ```
//!
//! # The figures
//!
//! The *share of the bad* is the share of bad items with the value (its *support*). The *share of the rest* is that of
//! the other items. The *ratio* is the risk of an item with the value, divided by that of an item without it. Results
//! are ranked by the *lower bound* of the ratio, and only shown if that bound is above one.
//!
//! Items are weighted: an item that was kept with the probability p stands for 1/p items. The bound treats a group of
//! weighted items as the number of equal items with the same precision (Kish's effective sample size). It combines
//! Chernoff's bounds of the two risks on a logarithmic scale (Zou and Donner's MOVER). For many items this is `exp(ln
//! ratio − z · SE)` with the usual standard error, and it is valid for few items as well. The bound accounts for all
//! values and pairs that could be shown (Bonferroni). So [`CompareOptions::false_positives`] is the probability that any
//! result is shown if nothing is a cause.
//!
//! # Limits
//!
//! At most [`CompareOptions::most_attributes`] attributes are compared: those that most of the bad items, or most of the rest,
//! have. For each attribute, at most [`CompareOptions::most_values`] values are candidates. They are found among the bad items in
//! one pass (space-saving). A value that more than one in `most_values` of the bad items have is always among them. So with
//! the default support, no relevant value is missed. Candidates are then counted exactly.
//!
//! An attribute of numbers with more than eight values also has ranges, from a bound on and below a bound. The bounds are
//! quantiles of all items. Of the ranges of an attribute, the best one in each direction is shown. An attribute that some
//! items do not have may be the cause by being there, or by being missing.

mod bounds;
mod candidates;
mod comparison;
mod index;
mod item;
mod pairs;
mod ranges;
mod report;
mod single;
mod tally;
#[cfg(test)]
mod tests;

pub use self::comparison::compare;
pub use self::item::{CompareOptions, Item};
pub use self::report::{Cause, Group, Is, Report, Term};
