//! Counts pairs of values.

use super::candidates::Candidate;
use super::index::{Index, Places};
use super::item::Item;
use super::single::Single;
use super::tally::Tally;

/// The number of values that are combined into pairs: those with the highest ratio.
const MOST: usize = 48;

/// Counts the pairs of the first values, of different attributes, that occur together. Returns the places of both.
pub(super) fn count(items: &[Item<'_>], singles: &[Single<'_>]) -> Vec<(usize, usize, Tally)> {
    let values: Vec<Candidate<'_>> = singles.iter().take(MOST).map(|single| single.candidate).collect();
    let index = Index::of(&values);
    let mut tallies = vec![Tally::default(); values.len() * values.len()];
    let mut here = Places::default();
    for item in items {
        index.find(item, &mut here);
        for (i, one) in here.found.iter().enumerate() {
            for other in &here.found[i + 1..] {
                tallies[one * values.len() + other].add(item);
            }
        }
    }
    let mut pairs = Vec::new();
    for one in 0..values.len() {
        for other in one + 1..values.len() {
            if values[one].name != values[other].name {
                pairs.push((one, other, tallies[one * values.len() + other]));
            }
        }
    }
    pairs
}
