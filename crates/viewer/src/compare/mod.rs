//! The attributes that set the bad apart from the rest: the slow from the quick, the failed from those that did well.
//!
//! [`compare`] is a pure function. It takes items with attributes, a weight, and whether they are bad, and returns the values, alone and in
//! pairs, that are more frequent among the bad than chance explains:
//!
//! ```
//! use traced_actor_viewer::compare::{Item, Options, compare};
//!
//! let items: Vec<Item<'_>> = (0..1000_u32)
//!     .map(|i| Item {
//!         is_bad: i % 20 == 7 || i % 97 == 0,
//!         weight: 1.0,
//!         attributes: vec![("channel", (i % 20).to_string().into())],
//!     })
//!     .collect();
//!
//! let report = compare(&items, &Options::default());
//! let first = &report.causes[0];
//! assert_eq!(first.to_string(), "channel=7: 82 % of the bad, 0 % of the rest (×86, at least ×32, 50 of 50)");
//! ```
//!
//! # The figures
//!
//! *Share of the bad* is how many of the bad have the value (its *support*), *share of the rest* how many of the others have it. The *ratio*
//! is the risk of an item with the value, divided by that of an item without it. Its *lower bound* is what results are ranked by, and a
//! result is only shown if the bound is above one.
//!
//! Items are weighted: an item that was kept with probability p stands for 1/p items. The bound counts a group of weighted items as so many
//! equal ones as estimate as well (Kish's effective sample size). It joins Chernoff's bounds of the two risks on a logarithmic scale (Zou and
//! Donner's MOVER). For many items that is `exp(ln ratio − z · SE)` with the usual standard error, and it holds for few as well. It is so wide
//! that, over all values and pairs that could be shown, [`Options::false_positives`] is the chance that any of them is shown where nothing is
//! the cause (Bonferroni).
//!
//! # Bounds
//!
//! At most [`Options::most_attributes`] attributes take part, those that most of the bad have. Of each, at most [`Options::most_values`]
//! values are candidates, found among the bad in one pass (space-saving). A value that more than one in `most_values` of the bad have is always
//! among them, so with the default support none that counts is missed. Candidates are then counted exactly.

mod bounds;
mod candidates;
mod comparison;
mod item;
mod pairs;
mod report;
mod tally;
#[cfg(test)]
mod tests;

pub use self::comparison::compare;
pub use self::item::{Item, Options};
pub use self::report::{Cause, Group, Report, Term};
