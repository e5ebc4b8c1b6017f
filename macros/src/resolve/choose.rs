//! Selects one handler from several candidates, or reports the problem with their names.

use syn::{FnArg, Pat};

use super::candidate::Candidate;
use crate::body::{self, Token};
use crate::model::Problem;

/// The problems that were found, each with the position of its function.
pub(super) type Problems = Vec<(usize, Problem)>;

/// Returns the only candidate that is left after the unlikely ones are removed.
pub(super) fn only<'a>(
    mut candidates: Vec<Candidate<'a>>,
    handed: &[(usize, usize)],
    owners: &[&str],
    problems: &mut Problems,
) -> Option<Candidate<'a>> {
    // A loop hands the message to it.
    prefer(&mut candidates, |found, _| handed.iter().any(|(at, _)| *at == found.at));
    // Its type owns the receiver.
    prefer(&mut candidates, |found, _| {
        found.entry.owner.as_deref().is_some_and(|owner| owners.contains(&owner))
    });
    // It does not send the message on, as a handle would.
    prefer(&mut candidates, |found, _| !sends_on(found));
    // No other candidate calls it. Otherwise it would be a step of the handler.
    prefer(&mut candidates, |found, all| {
        let name = &found.entry.function.sig.ident;
        !all.iter().any(|other| other.at != found.at && other.entry.calls(&name.to_string()))
    });
    // It has a `self`. Without one it may be a constructor.
    prefer(&mut candidates, |found, _| found.entry.function.has_receiver());

    if let [_, second, ..] = candidates.as_slice() {
        let names = candidates.iter().map(|found| found.entry.function.sig.ident.clone());
        problems.push((second.at, Problem::Rivals(names.collect())));
        return None;
    }
    candidates.pop()
}

/// Keeps the candidates for which `good` holds, if there are any.
fn prefer<'a>(candidates: &mut Vec<Candidate<'a>>, good: impl Fn(&Candidate<'a>, &[Candidate<'a>]) -> bool) {
    let keep: Vec<bool> = candidates.iter().map(|found| good(found, candidates)).collect();
    if keep.contains(&true) {
        let mut keep = keep.into_iter();
        candidates.retain(|_| keep.next().unwrap_or(true));
    }
}

/// Methods that send a message on.
const SENDS: [&str; 12] = [
    "send",
    "try_send",
    "blocking_send",
    "send_timeout",
    "send_async",
    "force_send",
    "unbounded_send",
    "start_send",
    "feed",
    "cast",
    "try_cast",
    "reserve",
];

/// Returns whether a method with this name sends its argument.
pub(super) fn is_send(method: &str) -> bool {
    SENDS.contains(&method)
}

/// Returns whether the function sends the message on.
pub(super) fn sends_on(found: &Candidate<'_>) -> bool {
    let name =
        found.entry.function.sig.inputs.iter().nth(found.mailbox.input).and_then(|input| match input {
            FnArg::Typed(input) => match &*input.pat {
                Pat::Ident(pat) => Some(Token::Word(pat.ident.to_string())),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        });
    let mut sends = false;
    body::method_calls(&found.entry.body.tokens, &mut |method, arguments| {
        let message = name.as_ref().is_some_and(|name| body::any(arguments, &|token| token == name));
        sends |= is_send(method) && (message || method == "reserve");
    });
    sends
}
