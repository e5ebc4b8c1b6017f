//! Compares items to find what distinguishes the bad ones.

use std::collections::HashMap;

use super::bounds::evidence;
use super::candidates::{Candidate, candidates};
use super::index::{Index, Places};
use super::item::{CompareOptions, Item};
use super::pairs;
use super::report::{Cause, Group, Report, Term};
use super::single::{Single, drop_repetitions};
use super::tally::{Tally, Totals};

/// Compares the bad items with the rest.
///
/// Iterates over the items four times, and once more for pairs. Keeps a few counts for each candidate.
pub fn compare(items: &[Item<'_>], options: &CompareOptions) -> Report {
    let totals = Totals::of(items);
    let mut report = Report {
        bad: Group::of(&totals.all().bad),
        rest: Group::of(&totals.all().rest),
        least: options.least,
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
    let parts = if options.pairs { 2.0 } else { 1.0 };
    let enough = |tests| evidence(options.false_positives / parts, tests);
    let (for_single, for_pair) = (enough(tested), enough(tested_pairs));
    let frequent = found.into_iter().zip(tallies).filter(|(_, tally)| is_frequent(tally));
    let mut singles: Vec<Single<'_>> = frequent
        .map(|(candidate, tally)| Single { candidate, tally, bound: totals.lower_bound(&tally, for_single) })
        .collect();
    singles.sort_by(|one, other| totals.ratio(&other.tally).total_cmp(&totals.ratio(&one.tally)));
    drop_repetitions(&mut singles);

    let shows = |tally: &Tally, bound: f64| bound > 1.0 && totals.ratio(tally) >= options.ratio;
    for Single { candidate, tally, bound } in &singles {
        if shows(tally, *bound) {
            report.causes.push(Cause::new(vec![candidate.term()], &totals, tally, *bound));
        }
    }
    if options.pairs {
        for (one, other, tally) in pairs::count(items, &singles) {
            if !is_frequent(&tally) {
                continue;
            }
            let (one, other) = (&singles[one], &singles[other]);
            let bound = totals.lower_bound(&tally, for_pair);
            // A pair that says no more than one of its parts is omitted.
            if bound > one.bound.max(other.bound) && shows(&tally, bound) {
                let terms = vec![one.candidate.term(), other.candidate.term()];
                report.causes.push(Cause::new(terms, &totals, &tally, bound));
            }
        }
    }
    report.causes.sort_by(|one, other| {
        let support = other.share_of_bad.total_cmp(&one.share_of_bad);
        other.at_least.total_cmp(&one.at_least).then(support).then_with(|| one.terms.cmp(&other.terms))
    });
    drop_repeated_pairs(&mut report.causes);
    report.causes.truncate(options.most_causes);
    report
}

/// Drops pairs that have the items of a cause before them, and a term of it: they say the same in other words.
fn drop_repeated_pairs(causes: &mut Vec<Cause>) {
    let mut terms_of: HashMap<(u64, u64), Vec<Term>> = HashMap::new();
    causes.retain(|cause| {
        let terms = terms_of.entry((cause.bad, cause.items)).or_default();
        let is_repeated = cause.terms.len() > 1 && cause.terms.iter().any(|term| terms.contains(term));
        terms.extend(cause.terms.iter().cloned());
        !is_repeated
    });
}

/// Counts each candidate.
fn count(items: &[Item<'_>], candidates: &[Candidate<'_>]) -> Vec<Tally> {
    let index = Index::of(candidates);
    let mut tallies = vec![Tally::default(); candidates.len()];
    let mut present = Places::default();
    for item in items {
        index.find(item, &mut present);
        for at in &present.found {
            tallies[*at].add(item);
        }
    }
    tallies
}
