//! Candidates that are frequent enough, with their counts.

use super::candidates::{Candidate, Test};
use super::ranges::number;
use super::tally::Tally;

/// A candidate with its counts, and the lower bound of its ratio.
#[derive(Debug, Clone, Copy)]
pub(super) struct Single<'a> {
    pub(super) candidate: Candidate<'a>,
    pub(super) tally: Tally,
    pub(super) bound: f64,
}

/// Keeps the best of the candidates that say the same about an attribute.
///
/// Those are a value and a range that contains it, or ranges in one direction.
pub(super) fn drop_repetitions(singles: &mut Vec<Single<'_>>) {
    let all = singles.clone();
    let mut place = 0..all.len();
    singles.retain(|one| {
        let own = place.next();
        let simple = |of: &Single<'_>| simplicity(of.candidate.test);
        !all.iter().enumerate().any(|(at, other)| {
            let are_related = Some(at) != own
                && other.candidate.name == one.candidate.name
                && say_the_same(one.candidate.test, other.candidate.test);
            let is_before = (simple(other), Some(at)) < (simple(one), own);
            are_related && (other.bound > one.bound || (is_before && other.bound >= one.bound))
        })
    });
}

/// Returns how simple a test is, the simplest first.
const fn simplicity(test: Test<'_>) -> u8 {
    match test {
        Test::Equal(_) => 0,
        Test::Present | Test::Missing => 1,
        Test::AtLeast(_) | Test::Below(_) => 2,
    }
}

/// Returns whether one test is part of the other.
fn say_the_same(one: Test<'_>, other: Test<'_>) -> bool {
    let contains = |one: Test<'_>, other: Test<'_>| match (one, other) {
        (Test::Present, Test::Equal(_) | Test::AtLeast(_) | Test::Below(_))
        | (Test::AtLeast(_), Test::AtLeast(_))
        | (Test::Below(_), Test::Below(_)) => true,
        (Test::AtLeast(bound), Test::Equal(value)) => number(value).is_some_and(|number| number >= bound),
        (Test::Below(bound), Test::Equal(value)) => number(value).is_some_and(|number| number < bound),
        _ => false,
    };
    contains(one, other) || contains(other, one)
}
