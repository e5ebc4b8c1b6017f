//! The values that may explain the bad items: the frequent ones among them.

use std::collections::HashMap;

use super::item::Item;
use super::report::Term;
use super::tally::weight;

/// The maximum number of names that are counted before the most frequent ones are chosen.
const NAMES: usize = 1024;
/// The maximum length of a candidate, in bytes. Longer values are texts rather than one of a few values.
const VALUE_BYTES: usize = 256;

/// A value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

impl Candidate<'_> {
    pub(super) fn term(&self) -> Term {
        Term { name: self.name.to_owned(), value: self.value.to_owned() }
    }
}

/// The indices of candidates, by name and value.
pub(super) type Index<'a> = HashMap<&'a str, HashMap<&'a str, usize>>;

pub(super) fn index<'a>(candidates: &[Candidate<'a>]) -> Index<'a> {
    let mut index = Index::new();
    for (at, candidate) in candidates.iter().enumerate() {
        index.entry(candidate.name).or_default().insert(candidate.value, at);
    }
    index
}

/// Sets `present` to the indices of the candidates that the item has, each once, in ascending order.
pub(super) fn present(item: &Item<'_>, index: &Index<'_>, present: &mut Vec<usize>) {
    present.clear();
    let places = item.attributes.iter().filter_map(|(name, value)| index.get(name)?.get(&**value).copied());
    present.extend(places);
    present.sort_unstable();
    present.dedup();
}

/// Returns the candidates, and the number of omitted attributes.
pub(super) fn candidates<'a>(
    items: &'a [Item<'_>],
    most_attributes: usize,
    most_values: usize,
) -> (Vec<Candidate<'a>>, usize) {
    let bad = || items.iter().filter(|item| item.is_bad);
    let mut names: HashMap<&str, f64> = HashMap::new();
    for item in bad() {
        let mut last = None;
        for (name, _) in &item.attributes {
            // Several values of one name mostly follow one another.
            if last.replace(*name) != Some(*name) && (names.len() < NAMES || names.contains_key(name)) {
                *names.entry(name).or_default() += weight(item);
            }
        }
    }
    let mut names: Vec<(&str, f64)> = names.into_iter().collect();
    names.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(other.0)));
    let omitted = names.len().saturating_sub(most_attributes);
    names.truncate(most_attributes);

    let mut values: HashMap<&str, Frequent<'a>> =
        names.iter().map(|(name, _)| (*name, Frequent::new(most_values.max(1)))).collect();
    for item in bad() {
        for (name, value) in &item.attributes {
            if value.len() <= VALUE_BYTES
                && let Some(frequent) = values.get_mut(name)
            {
                frequent.add(value, weight(item));
            }
        }
    }
    let mut found = Vec::new();
    for (name, _) in names {
        let mut of_name: Vec<&str> = values
            .remove(name)
            .into_iter()
            .flat_map(|frequent| frequent.values)
            .map(|(value, _)| value)
            .collect();
        of_name.sort_unstable();
        found.extend(of_name.into_iter().map(|value| Candidate { name, value }));
    }
    (found, omitted)
}

/// The space-saving counter of Metwally, Agrawal and El Abbadi (2005), with weights.
///
/// It contains each value with more than 1/`most` of the total.
struct Frequent<'a> {
    most: usize,
    values: HashMap<&'a str, f64>,
}

impl<'a> Frequent<'a> {
    fn new(most: usize) -> Self {
        Self { most, values: HashMap::new() }
    }

    fn add(&mut self, value: &'a str, weight: f64) {
        if let Some(count) = self.values.get_mut(value) {
            *count += weight;
            return;
        }
        let mut before = 0.0;
        if self.values.len() >= self.most {
            let least =
                self.values.iter().min_by(|one, other| one.1.total_cmp(other.1).then(one.0.cmp(other.0)));
            if let Some((least, count)) = least.map(|(value, count)| (*value, *count)) {
                self.values.remove(least);
                before = count;
            }
        }
        self.values.insert(value, before + weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequent_value_survives_any_number_of_rare_ones() {
        let rare: Vec<String> = (0..10_000).map(|i| format!("id {i}")).collect();
        let mut frequent = Frequent::new(8);
        for (i, rare) in rare.iter().enumerate() {
            frequent.add(rare, 1.0);
            if i % 6 == 0 {
                frequent.add("often", 1.0); // one in seven is more than one in eight
            }
        }
        assert!(frequent.values.contains_key("often"));
        assert_eq!(frequent.values.len(), 8);
    }
}
