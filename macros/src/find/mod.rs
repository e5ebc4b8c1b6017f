//! Which functions are receive loops, and which one is the handler.
//!
//! Handlers are found in this order, and the first rule that finds one ends the search:
//!
//! 1. named: `handler = ..` or `#[traced(handler)]`;
//! 2. the only function that takes a known message type by value;
//! 3. the function that a receive loop in view hands its message to, whole;
//! 4. with no loop in view, the only method with a usual name and one possible message.
//!
//! No handler is no error: the loop is enough.

mod choose;
mod signature;

use quote::ToTokens;
use syn::Type;

use crate::args::Args;
use crate::errors::Errors;
use crate::flow::{self, Handed};
use crate::helper::Mark;
use crate::model::{Function, Mailbox, Role};
use crate::scan::{self, Token};
use crate::{check, types};
use choose::only;
use signature::{can_handle, inputs, takes_envelope};

pub(crate) use signature::{can_wrap, concrete, message_input};

/// What a handler is usually called. Two in 138 code bases have a decoy among these, so a name
/// alone decides only where no loop can be asked.
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

/// A function in view, and what its body does.
pub(crate) struct Entry<'a> {
    function: &'a Function,
    /// The type whose impl it stands in.
    owner: Option<String>,
    body: Vec<Token>,
}

/// A mailbox in view: its message type, and the struct that owns the receiver, if that is known.
pub(crate) struct Seen {
    pub(crate) message: Type,
    pub(crate) owner: Option<String>,
}

struct Found<'a> {
    entry: &'a Entry<'a>,
    at: usize,
    mailbox: Mailbox,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(function: &'a Function, owner: Option<String>) -> Self {
        Self { function, owner, body: scan::read(function.body.stream()) }
    }

    fn is_loop(&self, args: &Args) -> bool {
        let sig = &self.function.sig;
        if !can_wrap(self.function) {
            return false;
        }
        if self.function.is_marked_run() || args.run.as_ref() == Some(&sig.ident) {
            return true;
        }
        let calls = scan::calls(&self.body);
        let receives = calls.blocks || (sig.asyncness.is_some() && calls.receives);
        receives && !scan::hands_on(&self.body)
    }
}

impl Function {
    pub(crate) fn is_marked_run(&self) -> bool {
        matches!(self.mark, Some(Mark::Run))
    }

    fn is_named(&self, args: &Args) -> bool {
        matches!(self.mark, Some(Mark::Handler)) || args.handler.as_ref() == Some(&self.sig.ident)
    }
}

/// The role of each entry.
pub(crate) fn roles(entries: &[Entry<'_>], mailboxes: &[Seen], args: &Args, errors: &Errors) -> Vec<Role> {
    check::names_exist(entries.iter().map(|entry| entry.function), args, errors);
    for entry in entries {
        check::run_signature(entry.function, args, errors);
    }
    let handlers = handlers(entries, mailboxes, args, errors);
    entries
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            let handler = handlers.iter().find(|found| found.at == at);
            if let Some(found) = handler {
                check::message_type(entry.function, &found.mailbox.message, errors);
                Role::Handler(Box::new(found.mailbox.clone()))
            } else if matches!(entry.function.role, Role::Settled) || takes_envelope(entry.function) {
                Role::Settled
            } else if entry.is_loop(args) {
                Role::Loop
            } else {
                Role::Plain
            }
        })
        .collect()
}

fn handlers<'a>(
    entries: &'a [Entry<'a>],
    mailboxes: &[Seen],
    args: &Args,
    errors: &Errors,
) -> Vec<Found<'a>> {
    let named: Vec<_> = entries.iter().filter(|entry| entry.function.is_named(args)).collect();
    if !named.is_empty() {
        return by_name(entries, mailboxes, args, errors);
    }
    let handed = handed(entries, args);
    if let Some(found) = by_type(entries, mailboxes, &handed, errors) {
        return found;
    }
    if entries.iter().any(|entry| entry.is_loop(args)) {
        by_loop(entries, &handed, errors)
    } else {
        by_usual_name(entries, errors)
    }
}

/// Rule 1.
fn by_name<'a>(entries: &'a [Entry<'a>], mailboxes: &[Seen], args: &Args, errors: &Errors) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if !entry.function.is_named(args) || takes_envelope(entry.function) {
            continue;
        }
        if !check::handler_signature(entry.function, errors) {
            continue;
        }
        match message_input(entry.function, mailboxes) {
            Some(mailbox) => found.push(Found { entry, at, mailbox }),
            None => check::takes_no_message(entry.function, errors),
        }
    }
    found
}

/// Rule 2, for each mailbox in view. `None` if nobody takes any of the messages.
fn by_type<'a>(
    entries: &'a [Entry<'a>],
    mailboxes: &[Seen],
    handed: &[(usize, usize)],
    errors: &Errors,
) -> Option<Vec<Found<'a>>> {
    let mut found: Option<Vec<Found<'a>>> = None;
    for (i, mailbox) in mailboxes.iter().enumerate() {
        let earlier = mailboxes.iter().take(i);
        if earlier.into_iter().any(|earlier| types::same(&earlier.message, &mailbox.message)) {
            continue;
        }
        let owners: Vec<_> = mailboxes
            .iter()
            .filter(|other| types::same(&other.message, &mailbox.message))
            .filter_map(|other| other.owner.as_deref())
            .collect();
        let takers: Vec<_> = entries
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| {
                let (input, ty) = inputs(entry.function).find(|(_, ty)| types::same(&mailbox.message, ty))?;
                (can_handle(entry.function) && concrete(entry.function, ty)).then(|| Found {
                    entry,
                    at,
                    mailbox: Mailbox { input, message: ty.clone() },
                })
            })
            .collect();
        if !takers.is_empty() {
            found.get_or_insert_default().extend(only(takers, handed, &owners, errors));
        }
    }
    found
}

/// Rule 3. Handlers of different messages are the handlers of different mailboxes.
fn by_loop<'a>(entries: &'a [Entry<'a>], handed: &[(usize, usize)], errors: &Errors) -> Vec<Found<'a>> {
    let mut mailboxes: Vec<Vec<Found<'a>>> = Vec::new();
    for &(at, input) in handed {
        let Some(entry) = entries.get(at) else { continue };
        let Some((_, ty)) = inputs(entry.function).find(|(position, _)| *position == input) else { continue };
        if !can_handle(entry.function) || !concrete(entry.function, ty) || !types::may_be_message(ty) {
            continue;
        }
        let found = Found { entry, at, mailbox: Mailbox { input, message: ty.clone() } };
        let same = |other: &&mut Vec<Found<'a>>| {
            other
                .iter()
                .any(|other| other.entry.owner == entry.owner && types::same(&other.mailbox.message, ty))
        };
        match mailboxes.iter_mut().find(same) {
            Some(mailbox) if mailbox.iter().any(|other| other.at == at) => {}
            Some(mailbox) => mailbox.push(found),
            None => mailboxes.push(vec![found]),
        }
    }
    mailboxes.into_iter().filter_map(|found| only(found, &[], &[], errors)).collect()
}

/// Rule 4.
fn by_usual_name<'a>(entries: &'a [Entry<'a>], errors: &Errors) -> Vec<Found<'a>> {
    let mut owners: Vec<Vec<Found<'a>>> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let usual = USUAL_NAMES.iter().any(|name| entry.function.sig.ident == name);
        if !usual || entry.owner.is_none() || !can_handle(entry.function) {
            continue;
        }
        let mut possible = inputs(entry.function).filter(|(_, ty)| types::may_be_message(ty));
        let (Some((input, ty)), None) = (possible.next(), possible.next()) else { continue };
        if !concrete(entry.function, ty) {
            continue;
        }
        let found = Found { entry, at, mailbox: Mailbox { input, message: ty.clone() } };
        match owners.iter_mut().find(|other| other.iter().any(|other| other.entry.owner == entry.owner)) {
            Some(owner) => owner.push(found),
            None => owners.push(vec![found]),
        }
    }
    owners.into_iter().filter_map(|found| only(found, &[], &[], errors)).collect()
}

/// The functions that loops hand their message to: position of the entry, and of the input.
fn handed(entries: &[Entry<'_>], args: &Args) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for from in entries.iter().filter(|entry| entry.is_loop(args)) {
        for call in flow::handed(&from.body) {
            let targets = || entries.iter().enumerate().filter(|(_, to)| reaches(&call, from, to));
            // `run_guild(mut guild: Guild)` calls the guild's method of that name.
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

/// Whether a parameter's type mentions this one.
fn names(entry: &Entry<'_>, owner: &str) -> bool {
    types::mentions(entry.function.sig.inputs.to_token_stream(), &[owner])
}

/// Whether the call can mean this function, as far as names tell.
fn reaches(call: &Handed, from: &Entry<'_>, to: &Entry<'_>) -> bool {
    let owner = if call.on_self {
        from.owner == to.owner
    } else if call.method {
        // `peer.handle(message)` inside the peer's own method is another object's business.
        to.function.has_receiver() && (from.owner != to.owner || !from.function.has_receiver())
    } else {
        !to.function.has_receiver()
    };
    owner && to.function.sig.ident == call.name
}
