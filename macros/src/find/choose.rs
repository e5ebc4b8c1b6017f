//! One handler out of several candidates, or the error that names them.

use super::{Entry, Found};
use crate::check;
use crate::errors::Errors;
use crate::scan::{self, Token};

/// The one candidate that is left when those are gone that something speaks against.
pub(super) fn only<'a>(
    mut candidates: Vec<Found<'a>>,
    handed: &[(usize, usize)],
    owners: &[&str],
    errors: &Errors,
) -> Option<Found<'a>> {
    // A loop hands the message to it.
    prefer(&mut candidates, |found, _| handed.iter().any(|(at, _)| *at == found.at));
    // Its type owns the receiver.
    prefer(&mut candidates, |found, _| {
        found.entry.owner.as_deref().is_some_and(|owner| owners.contains(&owner))
    });
    // It does not send the message on: that is what a handle does.
    prefer(&mut candidates, |found, _| !sends_on(found.entry));
    // No other candidate calls it: that would be a step of the handler.
    prefer(&mut candidates, |found, all| {
        let name = &found.entry.function.sig.ident;
        !all.iter().any(|other| other.at != found.at && calls(other.entry, &name.to_string()))
    });
    // It has a receiver: without one it may be a constructor.
    prefer(&mut candidates, |found, _| found.entry.function.has_receiver());

    if candidates.len() > 1 {
        let names: Vec<_> = candidates.iter().map(|found| &found.entry.function.sig.ident).collect();
        check::one_handler(&names, errors);
        return None;
    }
    candidates.pop()
}

/// Keeps those that `good` holds for, if there are any.
fn prefer<'a>(candidates: &mut Vec<Found<'a>>, good: impl Fn(&Found<'a>, &[Found<'a>]) -> bool) {
    let keep: Vec<bool> = candidates.iter().map(|found| good(found, candidates)).collect();
    if keep.contains(&true) {
        let mut keep = keep.into_iter();
        candidates.retain(|_| keep.next().unwrap_or(true));
    }
}

fn sends_on(entry: &Entry<'_>) -> bool {
    const SENDS: [&str; 10] = [
        "send",
        "try_send",
        "blocking_send",
        "send_timeout",
        "send_async",
        "force_send",
        "unbounded_send",
        "cast",
        "try_cast",
        "reserve",
    ];
    let mut sends = false;
    scan::method_calls(&entry.body, &mut |name, _| sends |= SENDS.contains(&name));
    sends
}

fn calls(entry: &Entry<'_>, name: &str) -> bool {
    scan::any(&entry.body, &|token| matches!(token, Token::Word(word) if word == name))
}
