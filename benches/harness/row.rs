//! A row: the contestants, the kind of comparison, and the promise.

use crate::figures::Figures;
use crate::median;
use crate::stats::quantile;

/// A line of the table.
pub struct Row {
    /// The name of the measurement.
    pub name: &'static str,
    /// The contestant with the promise.
    pub subject: &'static str,
    /// The contestant that it is compared with; the subject itself if there is no comparison.
    pub baseline: &'static str,
    /// The kind of comparison.
    pub measure: Measure,
    /// The promise, in the measure's unit. A row without one is for information.
    pub budget: Option<f64>,
}

/// The kinds of comparison between the subject and the baseline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// Subject − baseline in ns; at most the budget.
    AddedNs,
    /// The subject alone in ns; at most the budget.
    Ns,
    /// The subject in ns, less a third contestant, which is the loop around it; at most the budget.
    NetNs(&'static str),
    /// Subject ÷ baseline; at most the budget.
    Ratio,
    /// Baseline ÷ subject; at least the budget.
    TimesCheaper,
    /// The added cost of the baseline over a third contestant, divided by that of the subject; at least the budget.
    TimesCheaperInAdded(&'static str),
    /// The subject alone in allocations per repetition; at most the budget.
    Allocations,
    /// Subject − baseline in allocations per repetition; at most the budget.
    AddedAllocations,
    /// Subject − baseline of two numbers of bytes; at most the budget.
    AddedBytes,
    /// The subject's number; at most the budget.
    Count,
}

/// The result of a row.
pub(crate) struct Outcome {
    pub(crate) subject: f64,
    pub(crate) baseline: f64,
    pub(crate) value: f64,
    /// A quarter of all processes is below the first value, and a quarter above the second.
    pub(crate) quartiles: (f64, f64),
}

impl Row {
    /// Creates a row.
    #[must_use]
    pub const fn new(
        name: &'static str,
        subject: &'static str,
        baseline: &'static str,
        measure: Measure,
        budget: Option<f64>,
    ) -> Self {
        Self { name, subject, baseline, measure, budget }
    }

    pub(crate) fn outcome(&self, processes: &[Figures]) -> Outcome {
        let Self { subject, baseline, measure, .. } = *self;
        let over = |of: &dyn Fn(&Figures) -> f64| processes.iter().map(of).collect::<Vec<_>>();
        let alone = |name: &'static str| match measure {
            Measure::Allocations | Measure::AddedAllocations => {
                median(&over(&|figures| figures.allocations(name)))
            }
            _ => median(&over(&|figures| figures.median(name))),
        };
        let added =
            |to: &'static str, of: &'static str| over(&|figures| figures.paired(of, to, |of, to| of - to));
        let values = match measure {
            Measure::AddedNs | Measure::AddedBytes => added(baseline, subject),
            Measure::Ns | Measure::Count => over(&|figures| figures.median(subject)),
            Measure::NetNs(floor) => added(floor, subject),
            Measure::Ratio => over(&|figures| figures.paired(subject, baseline, |s, b| s / b)),
            Measure::TimesCheaper => over(&|figures| figures.paired(subject, baseline, |s, b| b / s)),
            Measure::TimesCheaperInAdded(floor) => {
                // Computed from the medians: the added cost may be zero in a single process.
                let mine = median(&added(floor, subject)).max(0.0);
                added(floor, baseline).iter().map(|theirs| theirs / mine).collect()
            }
            Measure::Allocations => over(&|figures| figures.allocations(subject)),
            Measure::AddedAllocations => {
                over(&|figures| figures.allocations(subject) - figures.allocations(baseline))
            }
        };
        Outcome {
            subject: alone(subject),
            baseline: alone(baseline),
            value: median(&values),
            quartiles: (quantile(&values, 0.25), quantile(&values, 0.75)),
        }
    }

    /// Returns `true` if the promise is kept; `None` without a promise.
    pub(crate) fn is_met(&self, value: f64) -> Option<bool> {
        let budget = self.budget?;
        // tokio's channel allocates a block for 32 messages now and then, at different times in each contestant.
        let once = if self.measure.unit() == "allocations" { 0.005 } else { 0.0 };
        Some(if self.measure.is_at_least() { value >= budget } else { value <= budget + once })
    }
}

impl Measure {
    pub(crate) fn is_at_least(self) -> bool {
        matches!(self, Self::TimesCheaper | Self::TimesCheaperInAdded(_))
    }

    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::AddedNs | Self::Ns | Self::NetNs(_) => "ns",
            Self::Ratio | Self::TimesCheaper | Self::TimesCheaperInAdded(_) => "×",
            Self::Allocations | Self::AddedAllocations => "allocations",
            Self::AddedBytes => "bytes",
            Self::Count => "",
        }
    }

    pub(crate) fn is_difference(self) -> bool {
        matches!(self, Self::AddedNs | Self::AddedAllocations | Self::AddedBytes)
    }

    /// Returns `true` if subject and baseline are counts and not times.
    pub(crate) fn is_count(self) -> bool {
        matches!(self, Self::Allocations | Self::AddedAllocations | Self::AddedBytes | Self::Count)
    }
}
