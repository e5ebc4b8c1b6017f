//! The lookup of the candidates that an item has.

use std::collections::HashMap;

use super::candidates::{Candidate, Test};
use super::item::Item;
use super::ranges::number;

/// The indices of candidates, by name.
pub(super) struct Index<'a> {
    names: HashMap<&'a str, OfName<'a>>,
    /// The indices of the candidates for a missing name, by the number of the name.
    missing: Vec<Option<usize>>,
}

/// The indices of the candidates of one name.
#[derive(Default)]
struct OfName<'a> {
    number: usize,
    values: HashMap<&'a str, usize>,
    at_least: Vec<(f64, usize)>,
    below: Vec<(f64, usize)>,
    present: Option<usize>,
}

/// The candidates that an item has, and the memory for finding them.
#[derive(Default)]
pub(super) struct Places {
    /// Their indices, each once, in ascending order.
    pub(super) found: Vec<usize>,
    names: Vec<bool>,
}

impl<'a> Index<'a> {
    pub(super) fn of(candidates: &[Candidate<'a>]) -> Self {
        let mut index = Self { names: HashMap::new(), missing: Vec::new() };
        for (at, candidate) in candidates.iter().enumerate() {
            let number = index.names.len();
            let of =
                index.names.entry(candidate.name).or_insert_with(|| OfName { number, ..OfName::default() });
            if of.number == index.missing.len() {
                index.missing.push(None);
            }
            match candidate.test {
                Test::Equal(value) => {
                    of.values.insert(value, at);
                }
                Test::AtLeast(bound) => of.at_least.push((bound, at)),
                Test::Below(bound) => of.below.push((bound, at)),
                Test::Present => of.present = Some(at),
                Test::Missing => index.missing[of.number] = Some(at),
            }
        }
        index
    }

    /// Finds the candidates that the item has.
    pub(super) fn find(&self, item: &Item<'_>, places: &mut Places) {
        let Places { found, names } = places;
        found.clear();
        names.clear();
        names.resize(self.missing.len(), false);
        for (name, value) in &item.attributes {
            let Some(of) = self.names.get(name) else { continue };
            names[of.number] = true;
            found.extend(of.values.get(&**value));
            found.extend(of.present);
            if !of.at_least.is_empty() || !of.below.is_empty() {
                let Some(number) = number(value) else { continue };
                found.extend(of.at_least.iter().filter(|(bound, _)| number >= *bound).map(|(_, at)| at));
                found.extend(of.below.iter().filter(|(bound, _)| number < *bound).map(|(_, at)| at));
            }
        }
        found.extend(names.iter().zip(&self.missing).filter(|(has, _)| !**has).filter_map(|(_, at)| *at));
        found.sort_unstable();
        found.dedup();
    }
}
