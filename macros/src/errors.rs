//! Collects errors. Every rule reports here, and all errors are shown at once.

use std::cell::{Cell, RefCell};
use std::fmt::Display;

use quote::ToTokens;

/// The errors found so far. Rules take it as `&Errors`, so that no rule can stop the others.
#[derive(Default)]
pub(crate) struct Errors {
    found: RefCell<Option<syn::Error>>,
    finished: Cell<bool>,
}

impl Errors {
    /// Reports `message`, underlining `tokens` from the first to the last.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&self, error: syn::Error) {
        match &mut *self.found.borrow_mut() {
            Some(found) => found.combine(error),
            none => *none = Some(error),
        }
    }

    /// Returns the value, or reports the error.
    pub(crate) fn take<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Returns whether no error was found so far. Rules that another error may break call this first.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.borrow().is_none()
    }

    pub(crate) fn finish(&self) -> syn::Result<()> {
        self.finished.set(true);
        self.found.borrow_mut().take().map_or(Ok(()), Err)
    }
}

impl Drop for Errors {
    // A collector that is dropped unread would swallow errors. This is silent in release builds, because a user's build
    // must never panic over a mistake of ours.
    fn drop(&mut self) {
        debug_assert!(
            self.finished.get() || std::thread::panicking(),
            "errors were collected and never reported"
        );
    }
}
