//! The fan-out of a message that says how many others it causes, but not of which kind.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

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
    /// The kind that is sent first: almost always the one that n are of.
    first: OnceLock<Kept>,
    others: Mutex<Vec<Kept>>,
}

/// A kind, and which of its messages are chosen behind the first.
type Kept = (&'static Kind, Selection);

impl Announced {
    /// `None` where nobody is to be sent to.
    pub(in crate::record) fn new(n: u64, k: u64) -> Option<Self> {
        (n > 0).then(|| Self { n, k, first: OnceLock::new(), others: Mutex::default() })
    }

    /// The probability with which the next message of this kind is chosen, if it is. `alone`: as [`Selection::next`].
    pub(super) fn next(&self, kind: &'static Kind, alone: bool) -> Option<f64> {
        match self.first.get() {
            Some((first, rest)) if std::ptr::eq(*first, kind) => chance(rest, alone),
            _ => self.next_of_others(kind, alone),
        }
    }

    fn next_of_others(&self, kind: &'static Kind, alone: bool) -> Option<f64> {
        let mut others = self.others();
        // The first as well, which another thread may have seen meanwhile.
        if let Some((_, rest)) =
            self.first.get().into_iter().chain(&*others).find(|(k, _)| std::ptr::eq(*k, kind))
        {
            return chance(rest, alone);
        }
        // A budget of one leaves nothing for the others; then the first is not certain either.
        let certain = self.k > 1;
        let rest = if certain { Selection::new(self.n - 1, self.k - 1) } else { Selection::new(self.n, 1) };
        let chance = if certain { Some(1.0) } else { chance(&rest, true) };
        if let Err(kept) = self.first.set((kind, rest)) {
            others.push(kept);
        }
        chance
    }

    /// Messages of the kind that was sent most, and how many of them were chosen.
    pub(super) fn counts(&self) -> (u64, u64) {
        let certain = u64::from(self.k > 1);
        self.first
            .get()
            .into_iter()
            .chain(&*self.others())
            .map(|(_, rest)| rest.counts())
            .map(|(sent, selected)| (sent + certain, selected + certain))
            .max()
            .unwrap_or_default()
    }

    fn others(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn chance(rest: &Selection, alone: bool) -> Option<f64> {
    rest.next(alone).then(|| rest.probability())
}
