//! Short lists of counts and rates for the tests of the rules.

use super::table::{KeyCounts, Update};

pub(super) fn counts(list: &[(&str, f64)]) -> KeyCounts {
    list.iter().map(|(key, count)| ((*key).into(), *count)).collect()
}

pub(super) fn expected(list: &[(&str, u64)]) -> Update {
    Update::Rates(list.iter().map(|(key, rate)| ((*key).into(), *rate)).collect())
}
