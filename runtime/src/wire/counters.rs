//! Trace contexts that could not be read, counted. Nothing here is touched while all goes well.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::Malformed;

static MALFORMED: Mutex<BTreeMap<(&'static str, Malformed), u64>> = Mutex::new(BTreeMap::new());

/// Returns how many trace contexts could not be used, or not whole, by the form of their carrier and the reason. Their
/// messages were delivered.
pub fn malformed() -> BTreeMap<(&'static str, Malformed), u64> {
    MALFORMED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

#[cold]
pub(super) fn count_malformed(form: &'static str, reason: Malformed) {
    *MALFORMED.lock().unwrap_or_else(PoisonError::into_inner).entry((form, reason)).or_default() += 1;
}
