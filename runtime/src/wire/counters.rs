//! Counts trace contexts that could not be read.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::Malformed;

static MALFORMED: Mutex<BTreeMap<(&'static str, Malformed), u64>> = Mutex::new(BTreeMap::new());

/// Returns the number of malformed trace contexts, by the name of the carrier and the reason.
///
/// These contexts were not used, or only in part. Their messages were delivered.
pub fn malformed() -> BTreeMap<(&'static str, Malformed), u64> {
    MALFORMED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

#[cold]
pub(super) fn count_malformed(form: &'static str, reason: Malformed) {
    *MALFORMED.lock().unwrap_or_else(PoisonError::into_inner).entry((form, reason)).or_default() += 1;
}
