//! Finds receive loops.
//!
//! A function that receives a message and keeps it is a loop. A function that receives a message and returns it is a
//! helper. A function that calls a helper in view receives.

use std::collections::BTreeSet;

use syn::{Ident, Path};

use super::entry::Entry;
use super::kind::Kind;
use super::signature::takes_into_envelope;
use super::view::View;
use super::{behind, handler, name, signature, stash};
use crate::attr::actor::Args;
use crate::body::{self, Token};
use crate::dataflow::Handed;
use crate::model::{Function, Lost, MessageInput, NotALoop, Problem, Role, SpecialLoop};
use crate::receive::{Carry, Mailboxes, Received};
use crate::types;

/// The role of a function.
pub(super) struct Resolved {
    pub(super) role: Role,
    actor: Option<Ident>,
    seen: Option<NotALoop>,
    problem: Option<Problem>,
    special: SpecialLoop,
    /// The places where it stores a message without its context.
    stored: Vec<Lost>,
}

impl Resolved {
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.role, Role::Plain)
    }

    /// Returns whether two functions have the same role, with the same message.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (&self.role, &other.role) {
            (Role::Handler(a), Role::Handler(b)) => (a.input, a.form) == (b.input, b.form),
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }

    /// Turns it into a handler, or notes why it cannot be one.
    pub(super) fn make_handler(&mut self, function: &Function, of: Result<MessageInput, Problem>) {
        match of {
            Ok(mailbox) => {
                self.role = Role::Handler(Box::new(mailbox));
                self.actor = name::of_handler(function, &[]);
            }
            Err(problem) => self.problem = Some(problem),
        }
    }

    /// Stores the role beside the syntax.
    pub(super) fn note(self, function: &mut Function) {
        function.role = self.role;
        function.actor = self.actor;
        function.seen = self.seen;
        function.problem = self.problem;
        function.special = self.special;
        function.lost = self.stored;
    }
}

/// Returns the role of each function.
pub(super) fn find(mut entries: Vec<Entry<'_>>, view: &View, args: &Args) -> Vec<Resolved> {
    look_at_mailboxes(&mut entries, view);
    let kinds = kinds(&mut entries, args);
    let mut problems = Vec::new();
    let handlers = handler::find(&entries, &kinds, view, args, &mut problems);
    let wrong = entries.iter().enumerate().filter(|(_, entry)| entry.is_named_run(args) && !entry.can_loop());
    problems.extend(wrong.map(|(at, _)| (at, Problem::CannotLoop)));
    let foreign = view.foreign.as_ref();
    let of = |(at, entry): (usize, &Entry<'_>)| {
        let kind = kinds.get(at).copied().unwrap_or(Kind::None);
        let handler = handlers.iter().find(|found| found.at == at);
        let role = if let Some(found) = handler {
            Role::Handler(Box::new(found.mailbox.clone()))
        } else if matches!(entry.function.role, Role::AlreadyWrapped) || takes_into_envelope(entry.function) {
            Role::AlreadyWrapped
        } else if kind == Kind::Loop {
            Role::Loop
        } else {
            Role::Plain
        };
        let actor = match &role {
            // Otherwise it is the type of the impl.
            Role::Loop if entry.owner.is_some() => name::of_parameter(entry),
            Role::Loop => name::of_loop(entry, &entries, &view.actors),
            Role::Handler(_) if entry.owner.is_none() => name::of_handler(entry.function, &view.actors),
            _ => None,
        };
        let seen = matches!(role, Role::Plain).then(|| seen(entry, kind, foreign)).flatten();
        // By itself, or through a helper that it calls.
        let shares_mailbox = matches!(role, Role::Loop)
            && (entry.shares_mailbox()
                || entries.iter().zip(&kinds).any(|(other, kind)| {
                    *kind == Kind::Helper
                        && other.shares_mailbox()
                        && entry.calls(&other.function.sig.ident.to_string())
                }));
        let problem = problems.iter().find(|(of, _)| *of == at).map(|(_, problem)| problem.clone());
        let in_view = handlers.iter().filter_map(|found| entries.get(found.at)).map(|entry| entry.function);
        let in_view: Vec<&Function> = in_view.collect();
        let continues = matches!(role, Role::Loop) && behind::continues(entry, &entries, &in_view);
        Resolved {
            role,
            actor,
            seen,
            problem,
            special: SpecialLoop { shares_mailbox, continues },
            stored: Vec::new(),
        }
    };
    let mut found: Vec<Resolved> = entries.iter().enumerate().map(of).collect();
    if !args.may_lose {
        note_stored(&mut found, stash::find(&entries, &handlers));
    }
    found
}

/// Notes where messages are stored at the functions themselves. One without a wrapper cannot warn, so another one does.
fn note_stored(found: &mut [Resolved], stored: Vec<Vec<Lost>>) {
    let warns = |of: &Resolved| matches!(of.role, Role::Loop | Role::Handler(_));
    let first = found.iter().position(warns);
    for (at, lost) in stored.into_iter().enumerate() {
        let at = if found.get(at).is_some_and(warns) { Some(at) } else { first };
        if let Some(found) = at.and_then(|at| found.get_mut(at)) {
            found.stored.extend(lost);
        }
    }
}

/// Sets the mailboxes that each function can reach.
fn look_at_mailboxes(entries: &mut [Entry<'_>], view: &View) {
    let mut fields = view.fields.clone();
    for entry in &*entries {
        fields.extend(&entry.filled_fields());
    }
    for entry in &mut *entries {
        let mut reached = fields.clone();
        reached.known.retain(|name| !entry.locals.foreign.contains(name));
        reached.extend(&entry.locals);
        entry.mailboxes =
            Mailboxes { known: reached.known, foreign: reached.foreign, ..Mailboxes::default() };
    }
    // If something certainly receives, values of other streams are not messages.
    let certain = entries.iter().any(|entry| entry.receives() || entry.receiving_block().is_some());
    if !certain {
        for entry in &mut *entries {
            entry.mailboxes.streams = true;
        }
    }
    // Only a mailbox yields by value the type that a function in view takes.
    let iterators: Vec<bool> = entries.iter().map(|entry| iterates(entry, entries)).collect();
    for (entry, iterates) in entries.iter_mut().zip(iterators) {
        entry.mailboxes.iterators = iterates;
    }
}

fn iterates(entry: &Entry<'_>, entries: &[Entry<'_>]) -> bool {
    let mailboxes = Mailboxes { iterators: true, ..entry.mailboxes.clone() };
    let handed = crate::dataflow::Flow::of(&entry.body.tokens, &mailboxes).handed();
    handed.iter().any(|call| {
        entries.iter().any(|to| {
            let shift = usize::from(call.method && to.function.has_receiver());
            to.function.sig.ident == call.name
                && signature::inputs(to.function).any(|(input, ty)| {
                    input == call.argument + shift && types::may_be_message(types::held(ty).0)
                })
        })
    })
}

/// Finds helpers until no further function calls one, and then finds the loops.
fn kinds(entries: &mut [Entry<'_>], args: &Args) -> Vec<Kind> {
    let mut kinds = vec![Kind::None; entries.len()];
    for _ in 0..=entries.len() {
        let before = kinds.clone();
        kinds = entries.iter().map(|entry| kind(entry, entries, args)).collect();
        let helpers: Vec<(String, Received)> = entries
            .iter()
            .zip(&kinds)
            .filter(|(_, kind)| **kind == Kind::Helper)
            .map(|(entry, _)| (entry.function.sig.ident.to_string(), given(entry)))
            .collect();
        let helps = entries.iter().zip(&kinds).filter(|(_, kind)| **kind == Kind::Helper);
        let buffers: BTreeSet<String> = helps.flat_map(|(entry, _)| entry.fills_fields()).collect();
        for entry in &mut *entries {
            entry.mailboxes.buffers.clone_from(&buffers);
            let own = entry.function.sig.ident.to_string();
            entry.mailboxes.helpers = helpers.iter().filter(|(name, _)| *name != own).cloned().collect();
        }
        if kinds == before {
            break;
        }
    }
    let wrappers: BTreeSet<String> = entries.iter().flat_map(|entry| entry.flow().wrappers()).collect();
    for entry in entries {
        entry.mailboxes.wrappers.clone_from(&wrappers);
    }
    kinds
}

fn kind(entry: &Entry<'_>, entries: &[Entry<'_>], args: &Args) -> Kind {
    if entry.is_named_run(args) {
        return if entry.can_loop() { Kind::Loop } else { Kind::None };
    }
    if !entry.receives() {
        return Kind::None;
    }
    let name = entry.function.sig.ident.to_string();
    let is_called = || entries.iter().any(|other| !std::ptr::eq(other, entry) && other.calls(&name));
    let hands_on = || {
        let handed = entry.handed();
        let hands = |call: &&Handed| entries.iter().any(|to| to.function.sig.ident == call.name);
        handed.iter().filter(|call| !call.copied).any(|call| hands(&call))
    };
    let helps = match returned(entry) {
        Carry::Nothing => entry.fills_parameter() || is_called() && !entry.fills_fields().is_empty(),
        // The rest of the last message is not a message, but a value that a caller waits for may be one.
        Carry::Part | Carry::Copy => is_called() && !hands_on(),
        Carry::InTuple | Carry::Whole => is_called() || !hands_on(),
    };
    match helps {
        true => Kind::Helper,
        false if entry.can_loop() => Kind::Loop,
        false => Kind::None,
    }
}

/// Returns how much of a message a function returns.
fn returned(entry: &Entry<'_>) -> Carry {
    if types::can_return_message(&entry.function.sig.output) {
        entry.flow().returned()
    } else {
        Carry::Nothing
    }
}

/// Returns what a helper returns to its caller.
fn given(entry: &Entry<'_>) -> Received {
    match returned(entry) {
        Carry::Nothing => Received::Batch,
        carry => Received::Message(carry),
    }
}

/// Returns what an error can report about a function without a role.
fn seen(entry: &Entry<'_>, kind: Kind, foreign: Option<&Path>) -> Option<NotALoop> {
    if kind == Kind::Helper {
        return Some(NotALoop::Returned);
    }
    let blocks = || entry.body.blocks.iter().map(|block| &block.tokens);
    let in_block = entry.receiving_block();
    let everywhere = || std::iter::once(&entry.body.tokens).chain(blocks());
    if let Some(block) = in_block {
        let rewritten = |token: &Token| matches!(token, Token::Word(word) if word.starts_with("__tracing_") || word == "__ret" || word == "block_on");
        let of_async_trait =
            entry.function.sig.generics.lifetimes().any(|param| param.lifetime.ident == "async_trait");
        return Some(if everywhere().any(|tokens| body::any(tokens, &rewritten)) || of_async_trait {
            NotALoop::Rewritten
        } else {
            NotALoop::Block { span: block.span, traced: block.traced }
        });
    }
    let is_foreign = everywhere().any(|tokens| entry.mailboxes.is_foreign_receive(tokens));
    is_foreign.then(|| NotALoop::Foreign(foreign.cloned()))
}
