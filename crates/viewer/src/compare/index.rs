//! The lookup of the candidates that an item has.

use std::collections::HashMap;

use super::candidates::{Candidate, Test};
use super::item::Item;
use super::ranges::number;

/// The indices of candidates, by name.
#[derive(Default)]
pub(super) struct Index<'a> {
    places: HashMap<&'a str, usize>,
    /// The indices for each name, at the place of the name.
    names: Vec<OfName<'a>>,
}

/// The indices of the candidates of one name.
#[derive(Default)]
struct OfName<'a> {
    values: HashMap<&'a str, usize>,
    at_least: Vec<(f64, usize)>,
    below: Vec<(f64, usize)>,
    present: Option<usize>,
    missing: Option<usize>,
}

/// The candidates that an item has, and the memory for finding them.
#[derive(Default)]
pub(super) struct Places {
    /// Their indices, each once, in ascending order.
    pub(super) found: Vec<usize>,
    /// One entry per name, by its place: `true` if the item has that name.
    has_name: Vec<bool>,
}

impl<'a> Index<'a> {
    pub(super) fn of(candidates: &[Candidate<'a>]) -> Self {
        let mut index = Self::default();
        let Self { places, names } = &mut index;
        for (at, candidate) in candidates.iter().enumerate() {
            let place = *places.entry(candidate.name).or_insert_with(|| {
                names.push(OfName::default());
                names.len() - 1
            });
            let of = &mut names[place];
            match candidate.test {
                Test::Equal(value) => {
                    of.values.insert(value, at);
                }
                Test::AtLeast(bound) => of.at_least.push((bound, at)),
                Test::Below(bound) => of.below.push((bound, at)),
                Test::Present => of.present = Some(at),
                Test::Missing => of.missing = Some(at),
            }
        }
        index
    }

    /// Finds the candidates that the item has.
    pub(super) fn find(&self, item: &Item<'_>, places: &mut Places) {
        let Places { found, has_name } = places;
        found.clear();
        has_name.clear();
        has_name.resize(self.names.len(), false);
        for (name, value) in &item.attributes {
            let Some(&place) = self.places.get(name) else { continue };
            has_name[place] = true;
            let of = &self.names[place];
            found.extend(of.values.get(&**value));
            found.extend(of.present);
            if !of.at_least.is_empty() || !of.below.is_empty() {
                let Some(number) = number(value) else { continue };
                found.extend(of.at_least.iter().filter(|(bound, _)| number >= *bound).map(|(_, at)| at));
                found.extend(of.below.iter().filter(|(bound, _)| number < *bound).map(|(_, at)| at));
            }
        }
        let absent = self.names.iter().zip(has_name.iter()).filter(|(_, has)| !**has);
        found.extend(absent.filter_map(|(of, _)| of.missing));
        found.sort_unstable();
        found.dedup();
    }
}
