//! Compares items to find what distinguishes the bad ones.

use super::bounds::evidence;
use super::candidates::{self, Candidate, candidates};
use super::item::{Item, Options};
use super::pairs;
use super::report::{Cause, Group, Report};
use super::tally::{Tally, Totals};

/// Compares the bad items with the rest.
///
/// Iterates over the items four times, and keeps a few counts for each candidate.
pub fn compare(items: &[Item<'_>], options: &Options) -> Report {
    let totals = Totals::of(items);
    let mut report = Report {
        bad: Group::of(&totals.all().bad),
        rest: Group::of(&totals.all().rest),
        tested: 0,
        omitted: 0,
        causes: Vec::new(),
    };
    if report.bad.items == 0 || report.rest.items == 0 {
        return report;
    }
    let (found, omitted) = candidates(items, options.most_attributes, options.most_values);
    report.omitted = omitted;
    // The number of tests includes everything that could be shown, and not only what is frequent among the bad, since
    // being frequent there is no accident.
    let tested = found.len();
    let tested_pairs = if options.pairs { tested * tested.saturating_sub(1) / 2 } else { 0 };
    report.tested = tested + tested_pairs;
    let tallies = count(items, &found);
    let is_frequent = |tally: &Tally| {
        // Rounding must not remove an item.
        let is_enough = tally.bad.equal_items() >= f64::from(options.least) - 1e-6;
        is_enough && totals.support(tally) >= options.support
    };
    let mut singles: Vec<(Candidate<'_>, Tally)> =
        found.into_iter().zip(tallies).filter(|(_, tally)| is_frequent(tally)).collect();
    let parts = if options.pairs { 2.0 } else { 1.0 };
    let enough = |tests| evidence(options.false_positives / parts, tests);
    let (for_single, for_pair) = (enough(tested), enough(tested_pairs));

    singles.sort_by(|(_, one), (_, other)| totals.ratio(other).total_cmp(&totals.ratio(one)));
    let bounds: Vec<f64> = singles.iter().map(|(_, tally)| totals.lower_bound(tally, for_single)).collect();
    let shows = |tally: &Tally, bound: f64| bound > 1.0 && totals.ratio(tally) >= options.ratio;
    for ((candidate, tally), bound) in singles.iter().zip(&bounds) {
        if shows(tally, *bound) {
            report.causes.push(Cause::new(vec![candidate.term()], &totals, tally, *bound));
        }
    }
    if options.pairs {
        for (one, other, tally) in pairs::count(items, &singles) {
            if !is_frequent(&tally) {
                continue;
            }
            let bound = totals.lower_bound(&tally, for_pair);
            // A pair that says no more than one of its parts is omitted.
            if bound > bounds[one].max(bounds[other]) && shows(&tally, bound) {
                let terms = vec![singles[one].0.term(), singles[other].0.term()];
                report.causes.push(Cause::new(terms, &totals, &tally, bound));
            }
        }
    }
    report.causes.sort_by(|one, other| {
        let support = other.share_of_bad.total_cmp(&one.share_of_bad);
        other.at_least.total_cmp(&one.at_least).then(support).then_with(|| one.terms.cmp(&other.terms))
    });
    report.causes.truncate(options.most_causes);
    report
}

/// Counts each candidate.
fn count(items: &[Item<'_>], candidates: &[Candidate<'_>]) -> Vec<Tally> {
    let index = candidates::index(candidates);
    let mut tallies = vec![Tally::default(); candidates.len()];
    let mut present = Vec::new();
    for item in items {
        candidates::present(item, &index, &mut present);
        for at in &present {
            tallies[*at].add(item);
        }
    }
    tallies
}
