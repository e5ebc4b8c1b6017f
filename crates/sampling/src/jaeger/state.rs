//! The strategy in force: its shares and limits, and the unused part of the limits when the next strategy arrives.

use std::collections::HashMap;

use super::strategy::Strategy;
use crate::limit::Owed;
use crate::table::Table;
use traced_actor::context::Timestamp;
use traced_actor::sampling::RateLimit;
use traced_actor::sampling::Ratio;

/// The maximum number of operations with their own sampler, as in Jaeger's clients.
///
/// Others have the default probability, and no lower bound.
pub(super) const MAX_OPERATIONS: usize = 2000;

pub(super) enum State {
    Probabilistic(Ratio),
    RateLimiting { bucket: RateLimit, owed: Owed },
    Operations { default: Ratio, lower_bound: f64, operations: Table<PerOperation> },
}

pub(super) struct PerOperation {
    pub(super) ratio: Ratio,
    pub(super) lower_bound: RateLimit,
}

impl State {
    /// Creates the state of a strategy, and carries over the unused limits of the previous state.
    pub(super) fn of(strategy: &Strategy, old: Option<&Self>, now: Timestamp) -> Self {
        match strategy {
            Strategy::Probabilistic(share) => Self::Probabilistic(Ratio::new(*share)),
            Strategy::RateLimiting(rate) => {
                let (bucket, owed) = match old {
                    Some(Self::RateLimiting { bucket, owed }) => {
                        (RateLimit::per_second(*rate).as_full_as(bucket, now), owed.hand_over())
                    }
                    _ => (RateLimit::per_second(*rate), Owed::default()),
                };
                Self::RateLimiting { bucket, owed }
            }
            Strategy::Operations(new) => {
                let default = Ratio::new(new.default_probability);
                let operations = Table::new(MAX_OPERATIONS);
                let known = match old {
                    Some(Self::Operations { operations, .. }) => Some(operations.all()),
                    _ => None,
                };
                let known = || known.iter().flat_map(|known| known.values());
                let before: HashMap<&str, _> = known().map(|entry| (&*entry.name, entry)).collect();
                let bucket = |name: &str| match before.get(name) {
                    Some(entry) => {
                        RateLimit::per_second(new.lower_bound).as_full_as(&entry.value.lower_bound, now)
                    }
                    None => RateLimit::per_second(new.lower_bound),
                };
                for (name, share) in &new.operations {
                    let ratio = Ratio::new(*share);
                    operations.add(name, |name| PerOperation { ratio, lower_bound: bucket(name) });
                }
                for entry in known() {
                    let lower_bound =
                        || RateLimit::per_second(new.lower_bound).as_full_as(&entry.value.lower_bound, now);
                    operations
                        .add(&entry.name, |_| PerOperation { ratio: default, lower_bound: lower_bound() });
                }
                Self::Operations { default, lower_bound: new.lower_bound, operations }
            }
        }
    }
}
