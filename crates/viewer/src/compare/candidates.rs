//! The values that may matter: the frequent ones among the bad, ranges of numbers, and whether there is a value at all.

use std::collections::HashMap;

use super::item::Item;
use super::ranges::{Numbers, Ranges};
use super::report::{Is, Term};
use super::tally::weight;

/// The maximum number of names that are counted before the most frequent ones are chosen.
const NAMES: usize = 1024;
/// The maximum length of a candidate, in bytes. Longer values are texts rather than one of a few values.
const VALUE_BYTES: usize = 256;

/// A test of an attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate<'a> {
    pub(super) name: &'a str,
    pub(super) test: Test<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Test<'a> {
    Equal(&'a str),
    AtLeast(f64),
    Below(f64),
    Present,
    Missing,
}

impl Candidate<'_> {
    pub(super) fn term(&self) -> Term {
        let (is, value) = match self.test {
            Test::Equal(value) => (Is::Equal, value.to_owned()),
            Test::AtLeast(bound) => (Is::AtLeast, bound.to_string()),
            Test::Below(bound) => (Is::Below, bound.to_string()),
            Test::Present => (Is::Present, String::new()),
            Test::Missing => (Is::Missing, String::new()),
        };
        Term { name: self.name.to_owned(), is, value }
    }
}

/// The weight of the bad items, and of the rest, that have a name.
#[derive(Debug, Default, Clone, Copy)]
struct Has {
    bad: f64,
    rest: f64,
    items: usize,
}

/// Returns the candidates, and the number of omitted attributes.
pub(super) fn candidates<'a>(
    items: &'a [Item<'_>],
    most_attributes: usize,
    most_values: usize,
) -> (Vec<Candidate<'a>>, usize) {
    let names = names(items);
    let omitted = names.len().saturating_sub(most_attributes);
    let names = &names[..most_attributes.min(names.len())];
    let mut values: HashMap<&str, (Frequent<'a>, Numbers)> = names
        .iter()
        .map(|(name, _)| (*name, (Frequent::new(most_values.max(1)), Numbers::default())))
        .collect();
    for item in items {
        for (name, value) in &item.attributes {
            let Some((frequent, numbers)) = values.get_mut(name) else { continue };
            numbers.add(value);
            if item.is_bad && value.len() <= VALUE_BYTES {
                frequent.add(value, weight(item));
            }
        }
    }
    let mut found = Vec::new();
    for &(name, has) in names {
        let Some((frequent, numbers)) = values.remove(name) else { continue };
        let Ranges { bounds, are_alone } = numbers.ranges();
        let mut of_name: Vec<&str> =
            if are_alone { Vec::new() } else { frequent.values.into_keys().collect() };
        of_name.sort_unstable();
        let mut add = |test| found.push(Candidate { name, test });
        for value in of_name {
            add(Test::Equal(value));
        }
        if has.items < items.len() {
            add(Test::Present);
            add(Test::Missing);
        }
        for bound in bounds {
            add(Test::AtLeast(bound));
            add(Test::Below(bound));
        }
    }
    (found, omitted)
}

/// Returns the names of attributes, those first that most of the bad, or most of the rest, have.
fn names<'a>(items: &'a [Item<'_>]) -> Vec<(&'a str, Has)> {
    let mut names: HashMap<&str, Has> = HashMap::new();
    let mut all = Has::default();
    let mut own = Vec::new();
    for item in items {
        let weight = weight(item);
        own.clear();
        own.extend(item.attributes.iter().map(|(name, _)| *name));
        own.sort_unstable();
        own.dedup();
        all.add(item.is_bad, weight);
        for name in &own {
            if names.len() < NAMES || names.contains_key(name) {
                names.entry(name).or_default().add(item.is_bad, weight);
            }
        }
    }
    let share = |has: &Has| (has.bad / all.bad).max(has.rest / all.rest);
    let mut names: Vec<(&str, Has)> = names.into_iter().collect();
    names.sort_by(|(one, has), (other, of_other)| {
        share(of_other).total_cmp(&share(has)).then(of_other.bad.total_cmp(&has.bad)).then(one.cmp(other))
    });
    names
}

impl Has {
    fn add(&mut self, is_bad: bool, weight: f64) {
        *(if is_bad { &mut self.bad } else { &mut self.rest }) += weight;
        self.items += 1;
    }
}

/// The space-saving counter of Metwally, Agrawal and El Abbadi (2005), with weights.
///
/// It contains each value that has more than a `most`-th of the whole weight.
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
