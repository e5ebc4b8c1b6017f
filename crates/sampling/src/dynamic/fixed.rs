//! Rates that do not depend on how often a key occurs: dynsampler's `Static` and `OnlyOnce`.

use std::time::Duration;

use super::table::{KeyCounts, KeyRates, OwnedKey, Rule, Update};
use traced_actor::context::shortened;

/// Keeps a fixed share of each key: dynsampler's `Static`. Keys without a rate share one.
#[derive(Debug, Clone)]
pub struct Fixed {
    rates: KeyRates,
    others: u64,
}

impl Fixed {
    /// Creates a rule that keeps one in `others` for each key without its own rate.
    pub const fn new(others: u64) -> Self {
        Self { rates: KeyRates::new(), others }
    }

    /// Sets the rate of a key: one in `rate` is kept.
    #[must_use]
    pub fn key(mut self, key: impl Into<OwnedKey>, rate: u64) -> Self {
        let key = match key.into() {
            // In the form of the table's keys.
            OwnedKey::Str(text) => OwnedKey::Str(shortened(&text).into()),
            OwnedKey::Operation(actor, kind) => {
                OwnedKey::Operation(shortened(&actor).into(), shortened(&kind).into())
            }
            key => key,
        };
        self.rates.insert(key, rate);
        self
    }
}

impl Rule for Fixed {
    /// Returns an interval of one minute. Nothing is computed, but counts are discarded.
    fn interval(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn update(&mut self, _: KeyCounts) -> Update {
        Update::Stay
    }

    fn at_once(&self, key: &OwnedKey, _: bool) -> Option<u64> {
        Some(self.rates.get(key).copied().unwrap_or(self.others))
    }
}

/// Keeps the first event of each key in a window: dynsampler's `OnlyOnce`. It keeps one in 10⁹ of the others.
#[derive(Debug, Clone)]
pub struct OnlyOnce {
    window: Duration,
}

/// A rate that in effect keeps nothing.
const NONE: u64 = 1_000_000_000;

impl OnlyOnce {
    /// Creates a rule with windows of this length (dynsampler's default is 30 s).
    pub const fn new(window: Duration) -> Self {
        Self { window }
    }
}

impl Rule for OnlyOnce {
    fn interval(&self) -> Duration {
        self.window
    }

    fn update(&mut self, _: KeyCounts) -> Update {
        Update::Stay
    }

    fn at_once(&self, _: &OwnedKey, is_new: bool) -> Option<u64> {
        Some(if is_new { 1 } else { NONE })
    }
}
