//! Finds a failed send in a handler's reply. Method resolution selects the most specific rule.

use std::fmt::Display;

use traced_actor::record::Failure;

use crate::failure::{KameoError, counted, of_words};

/// The reply of a handler. Call `(&&Outcome(&reply)).send_failure()`.
#[derive(Debug)]
pub struct Outcome<'a, T>(pub &'a T);

impl<T> Clone for Outcome<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Outcome<'_, T> {}

/// A reply that is an error of kameo.
pub trait BySendError<'a> {
    /// Counts the failure and returns it.
    fn send_failure(self) -> Option<Failure<'a>>;
}

impl<'a, T, E: KameoError> BySendError<'a> for &&Outcome<'a, Result<T, E>> {
    fn send_failure(self) -> Option<Failure<'a>> {
        let failed = self.0.as_ref().err()?.send_failure()?;
        Some(Failure::new(counted(failed), None))
    }
}

/// A reply that is an error which may contain one of kameo's.
pub trait ByWords<'a> {
    /// Counts the failure and returns it.
    fn send_failure(self) -> Option<Failure<'a>>;
}

impl<'a, T, E: Display> ByWords<'a> for &Outcome<'a, Result<T, E>> {
    fn send_failure(self) -> Option<Failure<'a>> {
        let error = self.0.as_ref().err()?;
        if !is_erased(std::any::type_name::<E>()) {
            return None;
        }
        let failed = of_words(&error.to_string())?;
        Some(Failure::new(counted(failed), Some(error)))
    }
}

/// Returns whether a type holds errors of any type.
fn is_erased(name: &str) -> bool {
    name.starts_with("alloc::boxed::Box<dyn ") || name == "anyhow::Error" || name == "eyre::Report"
}

/// Any other reply.
pub trait ByNothing<'a> {
    /// Returns no failure.
    fn send_failure(self) -> Option<Failure<'a>>;
}

impl<'a, T> ByNothing<'a> for Outcome<'a, T> {
    fn send_failure(self) -> Option<Failure<'a>> {
        None
    }
}
