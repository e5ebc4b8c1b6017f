//! The fan-out of a message that says how many others it causes, but not of which kind.

use std::sync::{Mutex, PoisonError};

use crate::sampling::{Kind, Selection};

/// A fan-out that the message announced (`#[traced(fanout = …)]`): n messages of one kind will follow, and
/// perhaps others.
///
/// Which kind the n are of is not known. So the first message of every kind is kept for certain, with weight
/// 1, and the others share what is left of the budget: a kind that is sent once is kept, a kind that is sent n
/// times keeps k, and in both cases the weights add up to the number sent.
pub(in crate::record) struct Announced {
    n: u64,
    k: u64,
    kinds: Mutex<Vec<(&'static Kind, Selection)>>,
}

impl Announced {
    /// `None` where nobody is to be sent to.
    pub(in crate::record) fn new(n: u64, k: u64) -> Option<Self> {
        (n > 0).then(|| Self { n, k, kinds: Mutex::default() })
    }

    /// The probability with which the next message of this kind is chosen, if it is.
    pub(super) fn next(&self, kind: &'static Kind) -> Option<f64> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, rest)) = kinds.iter().find(|(known, _)| std::ptr::eq(*known, kind)) {
            return rest.next().then(|| rest.probability());
        }
        // A budget of one leaves nothing for the others; then the first is not certain either.
        let certain = self.k > 1;
        let rest = if certain { Selection::new(self.n - 1, self.k - 1) } else { Selection::new(self.n, 1) };
        let chance = if certain { Some(1.0) } else { rest.next().then(|| rest.probability()) };
        kinds.push((kind, rest));
        chance
    }

    /// Messages of the kind that was sent most, and how many of them were chosen.
    pub(super) fn counts(&self) -> (u64, u64) {
        let kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let certain = u64::from(self.k > 1);
        kinds
            .iter()
            .map(|(_, rest)| rest.counts())
            .map(|(sent, selected)| (sent + certain, selected + certain))
            .max()
            .unwrap_or_default()
    }
}
