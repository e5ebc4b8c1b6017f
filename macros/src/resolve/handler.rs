//! Finds handlers.
//!
//! The rules are applied in this order, and the first rule that finds a handler ends the search:
//!
//! 1. named: `handler = ..` or `#[traced(handler)]`;
//! 2. the only function that takes a known message type by value, in an `Option` or an `Envelope`;
//! 3. the function that a receive loop in view hands its whole message to;
//! 4. with no loop in view, the only method with a usual name and one possible message;
//! 5. with no loop in view, the only method that can be a handler, or the only one whose parameter has a message-like
//!    name.
//!
//! An item without a handler is not an error, because the loop is enough.

use quote::ToTokens;
use syn::Type;

use super::candidate::{Candidate, mailbox};
use super::choose::{Problems, only, sends_on};
use super::entry::Entry;
use super::kind::Kind;
use super::signature::{
    can_be_called_with_message, can_handle, inputs, is_named, message_input, takes_into_envelope,
};
use super::view::View;
use crate::attr::actor::Args;
use crate::dataflow::Handed;
use crate::model::{Function, MessageInput, Problem};
use crate::types::{self, held};

/// The usual names of handlers.
///
/// Of 138 code bases, two have a misleading function with one of these names. So a name alone decides only if there is
/// no loop to ask.
const USUAL_NAMES: [&str; 24] = [
    "handle_message",
    "handle_command",
    "handle_cmd",
    "handle",
    "handle_actor_message",
    "handle_msg",
    "handle_request",
    "handle_action",
    "handle_rpc_msg",
    "handle_api_msg",
    "handle_inbox",
    "handle_inbox_message",
    "process_command",
    "process_cmd",
    "process_message",
    "process_msg",
    "process",
    "on_action",
    "on_message",
    "on_command",
    "on_cmd",
    "on_msg",
    "receive",
    "apply_control_message",
];

/// Returns the handlers, one for each mailbox.
pub(super) fn find<'a>(
    entries: &'a [Entry<'a>],
    kinds: &[Kind],
    view: &View,
    args: &Args,
    problems: &mut Problems,
) -> Vec<Candidate<'a>> {
    if entries.iter().any(|entry| is_named(entry.function, args)) {
        return by_name(entries, view, args, problems);
    }
    let handed = handed(entries, Entry::handed);
    let theirs = handed_by_others(entries, &handed);
    let is_ours = |at: usize| !theirs.contains(&at);
    if let Some(found) = by_type(entries, view, &handed, &is_ours, problems) {
        return found;
    }
    let loops = kinds.contains(&Kind::Loop) || entries.iter().any(|entry| entry.receiving_block().is_some());
    if loops && !handed.is_empty() || kinds.contains(&Kind::Loop) {
        return by_loop(entries, &handed, problems);
    }
    let found = by_usual_name(entries, &is_ours, problems);
    if found.is_empty() && problems.is_empty() && !loops {
        by_signature(entries, kinds, &is_ours)
    } else {
        found
    }
}

/// Returns the message of a function that the attribute stands on alone, if it can be a handler.
pub(super) fn alone(function: &Function, view: &View) -> Option<Result<MessageInput, Problem>> {
    let view_of_one = Entry::new(function, None, view);
    let mut entry = view_of_one;
    entry.mailboxes.known.clone_from(&entry.locals.known);
    entry.mailboxes.foreign.clone_from(&entry.locals.foreign);
    let bodies =
        std::iter::once(&entry.body.tokens).chain(entry.body.blocks.iter().map(|block| &block.tokens));
    let receives = bodies
        .into_iter()
        .any(|tokens| entry.mailboxes.is_receive(tokens) || entry.mailboxes.is_foreign_receive(tokens));
    // A function that gets a mailbox works on that mailbox, and so does a function that receives, unless its name says
    // otherwise.
    let owns_mailbox = !super::view::parameters(function, view).is_empty();
    if owns_mailbox || (receives && !is_usual(function)) {
        return None;
    }
    if !can_be_called_with_message(function) {
        return Some(Err(Problem::CannotHandle));
    }
    let (input, ty) = message_input(function, &view.mailboxes)?;
    let mailbox = mailbox(input, ty);
    (types::may_be_message(&mailbox.message) || view.message_is_said).then_some(Ok(mailbox))
}

/// Applies rule 1.
fn by_name<'a>(
    entries: &'a [Entry<'a>],
    view: &View,
    args: &Args,
    problems: &mut Problems,
) -> Vec<Candidate<'a>> {
    let mut found = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if !is_named(entry.function, args) || takes_into_envelope(entry.function) {
            continue;
        }
        if !can_be_called_with_message(entry.function) {
            problems.push((at, Problem::CannotHandle));
            continue;
        }
        match message_input(entry.function, &view.mailboxes) {
            Some((input, ty)) => found.push(Candidate::new(entry, at, input, ty)),
            None => problems.push((at, Problem::NoMessage)),
        }
    }
    found
}

/// Applies rule 2 to each mailbox in view. Returns `None` if no function takes any of the messages.
fn by_type<'a>(
    entries: &'a [Entry<'a>],
    view: &View,
    handed: &[(usize, usize)],
    is_ours: &dyn Fn(usize) -> bool,
    problems: &mut Problems,
) -> Option<Vec<Candidate<'a>>> {
    let mut found: Option<Vec<Candidate<'a>>> = None;
    for (i, mailbox) in view.mailboxes.iter().enumerate() {
        let earlier = view.mailboxes.iter().take(i);
        if earlier.into_iter().any(|earlier| types::same(&earlier.message, &mailbox.message)) {
            continue;
        }
        let owners: Vec<_> = view
            .mailboxes
            .iter()
            .filter(|other| types::same(&other.message, &mailbox.message))
            .filter_map(|other| other.owner.as_deref())
            .collect();
        let takes =
            |ty: &Type| types::same(&mailbox.message, ty) || types::same(&mailbox.message, held(ty).0);
        let takers: Vec<_> = entries
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| {
                let (input, ty) = inputs(entry.function).find(|(_, ty)| takes(ty))?;
                let mut found = Candidate::new(entry, at, input, ty);
                // The message of a mailbox of `Option<M>` is that option.
                if types::same(&mailbox.message, ty) {
                    found.mailbox.message = ty.clone();
                    found.mailbox.form = types::Form::Plain;
                }
                let can = can_handle(entry.function) && entry.function.is_concrete(ty) && is_ours(at);
                (can && !is_given_a_mailbox(entry)).then_some(found)
            })
            .collect();
        if !takers.is_empty() {
            found.get_or_insert_default().extend(only(takers, handed, &owners, problems));
        }
    }
    found
}

/// Returns whether it runs a loop over a mailbox that is a parameter. Its other parameters are then not messages.
fn is_given_a_mailbox(entry: &Entry<'_>) -> bool {
    (entry.receives() || entry.receiving_block().is_some()) && !entry.locals.known.is_empty()
}

/// Applies rule 3. Handlers of different messages are the handlers of different mailboxes.
fn by_loop<'a>(
    entries: &'a [Entry<'a>],
    handed: &[(usize, usize)],
    problems: &mut Problems,
) -> Vec<Candidate<'a>> {
    let mut mailboxes: Vec<Vec<Candidate<'a>>> = Vec::new();
    for &(at, input) in handed {
        let Some(entry) = entries.get(at) else { continue };
        let Some((_, ty)) = inputs(entry.function).find(|(position, _)| *position == input) else { continue };
        if !can_handle(entry.function)
            || !entry.function.is_concrete(ty)
            || !types::may_be_message(held(ty).0)
        {
            continue;
        }
        let found = Candidate::new(entry, at, input, ty);
        let same = |other: &&mut Vec<Candidate<'a>>| {
            other.iter().any(|other| {
                other.entry.owner == entry.owner
                    && types::same(&other.mailbox.message, &found.mailbox.message)
            })
        };
        match mailboxes.iter_mut().find(same) {
            Some(mailbox) if mailbox.iter().any(|other| other.at == at) => {}
            Some(mailbox) => mailbox.push(found),
            None => mailboxes.push(vec![found]),
        }
    }
    mailboxes.into_iter().filter_map(|found| only(found, &[], &[], problems)).collect()
}

/// Applies rule 4.
fn by_usual_name<'a>(
    entries: &'a [Entry<'a>],
    is_ours: &dyn Fn(usize) -> bool,
    problems: &mut Problems,
) -> Vec<Candidate<'a>> {
    let mut owners: Vec<Vec<Candidate<'a>>> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if !is_usual(entry.function) || entry.owner.is_none() || !can_handle(entry.function) || !is_ours(at) {
            continue;
        }
        let Some(found) = possible(entry, at) else { continue };
        match owners.iter_mut().find(|other| other.iter().any(|other| other.entry.owner == entry.owner)) {
            Some(owner) => owner.push(found),
            None => owners.push(vec![found]),
        }
    }
    owners.into_iter().filter_map(|found| only(found, &[], &[], problems)).collect()
}

/// Applies rule 5, where the loop is a free function without the attribute.
fn by_signature<'a>(
    entries: &'a [Entry<'a>],
    kinds: &[Kind],
    is_ours: &dyn Fn(usize) -> bool,
) -> Vec<Candidate<'a>> {
    let helps = |at: usize| kinds.get(at) == Some(&Kind::Helper);
    let mut candidates: Vec<Candidate<'a>> = entries
        .iter()
        .enumerate()
        .filter(|(at, entry)| {
            entry.owner.is_some()
                && entry.function.has_receiver()
                && can_handle(entry.function)
                && is_ours(*at)
                && !helps(*at)
        })
        .filter_map(|(at, entry)| possible(entry, at))
        .filter(|found| !sends_on(found))
        .collect();
    if candidates.len() > 1 {
        candidates.retain(|found| types::is_called_message(&found.mailbox.message));
    }
    if candidates.len() == 1 { candidates } else { Vec::new() }
}

/// Returns the function's only parameter that may be a message.
fn possible<'a>(entry: &'a Entry<'a>, at: usize) -> Option<Candidate<'a>> {
    let mut possible = inputs(entry.function).filter(|(_, ty)| types::may_be_message(held(ty).0));
    let (input, ty) = possible.next()?;
    (possible.next().is_none() && entry.function.is_concrete(ty))
        .then(|| Candidate::new(entry, at, input, ty))
}

fn is_usual(function: &Function) -> bool {
    USUAL_NAMES.iter().any(|name| function.sig.ident == name)
}

/// Returns the functions that get messages, or parts of them, only from receivers that are plainly not ours.
fn handed_by_others(entries: &[Entry<'_>], ours: &[(usize, usize)]) -> Vec<usize> {
    let whole = handed(entries, Entry::handed_by_others).into_iter().map(|(at, _)| at);
    let is_step = |to: &Entry<'_>| {
        let name = to.function.sig.ident.to_string();
        entries.iter().any(|from| from.receives_from_others_only() && from.calls(&name))
    };
    let steps = entries.iter().enumerate().filter(|(_, to)| is_step(to)).map(|(at, _)| at);
    whole.chain(steps).filter(|at| ours.iter().all(|(ours, _)| ours != at)).collect()
}

/// Returns the functions that loops hand their message to, as the position of the entry and of the input.
fn handed<'a>(entries: &[Entry<'a>], calls: fn(&Entry<'a>) -> Vec<Handed>) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for from in entries {
        let calls = calls(from);
        // If the message itself is handed to one function, other functions get copies and are not the handler.
        let reached = |call: &Handed| entries.iter().any(|to| reaches(call, from, to));
        let whole = calls.iter().any(|call| !call.copied && reached(call));
        for call in calls.iter().filter(|call| !(whole && call.copied)) {
            let targets = || entries.iter().enumerate().filter(|(_, to)| reaches(call, from, to));
            // `run_guild(mut guild: Guild)` calls the method of that name of `Guild`.
            let served =
                targets().find(|(_, to)| to.owner.as_deref().is_some_and(|owner| names(from, owner)));
            if let Some((at, to)) = served.or_else(|| targets().next()) {
                let shift = usize::from(call.method && to.function.has_receiver());
                found.push((at, call.argument + shift));
            }
        }
    }
    found
}

/// Returns whether a parameter's type mentions this type.
fn names(entry: &Entry<'_>, owner: &str) -> bool {
    types::mentions(entry.function.sig.inputs.to_token_stream(), &[owner])
}

/// Returns whether the call can refer to this function, judging by names.
pub(super) fn reaches(call: &Handed, from: &Entry<'_>, to: &Entry<'_>) -> bool {
    let owner = if call.on_self() || call.on.as_deref().is_some_and(|on| from.is_itself(on)) {
        from.owner == to.owner
    } else if call.method {
        // `peer.handle(message)` inside the peer's own method concerns another object.
        to.function.has_receiver() && (from.owner != to.owner || !from.function.has_receiver())
    } else {
        !to.function.has_receiver()
    };
    owner && to.function.sig.ident == call.name
}
