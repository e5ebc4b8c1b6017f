//! Determines the role of each part of an item: receive loops, handlers, messages, and the names of actors.
//!
//! `view` finds the mailboxes in view, `roles` the receive loops and helpers, `handler` the handlers, and `name` the
//! actor that each function works for. `place` finds the place that a loop receives
//! from, `behind` what it does behind its handler, and `stash` the messages that are stored for later, also by a variable that
//! `borrow` finds. `tokio` determines what that name means if no `use` is in view.

mod behind;
mod borrow;
mod candidate;
mod choose;
mod entry;
mod handler;
mod kind;
mod lost;
mod name;
mod place;
mod roles;
mod signature;
mod stash;
mod tokio;
mod view;

use syn::Type;

use crate::attr::actor::Args;
use crate::model::{Actor, Assumed, Function, Item, Module, Role};
use crate::types;
use entry::Entry;
use lost::Imports;
use view::View;

/// Determines the role of each item.
pub(crate) fn item(item: &mut Item, args: &Args) {
    match item {
        Item::Message(message) => message.traced = true,
        Item::Actor(actor) => resolve_actor(actor, args),
        Item::Function(function) => resolve_function(function, args),
        Item::Module(module) => resolve_module(module, args),
        Item::Other(_) => {}
    }
}

fn resolve_actor(actor: &mut Actor, args: &Args) {
    let owner = actor.ident().cloned();
    let functions: Vec<&Function> = actor.functions().collect();
    let find = |tokio_is_ours| {
        let mut view = View::of_functions(actor.functions(), tokio_is_ours);
        view.use_message(args.msg.as_ref());
        let entries = functions.iter().map(|function| Entry::new(function, owner.as_ref(), &view)).collect();
        roles::find(entries, &view, args)
    };
    let (found, mut assumed) = tokio::resolve(&functions, find);
    for (function, found) in actor.functions_mut().zip(found) {
        found.note(function);
        note_lost(function, &Imports::default(), args);
        note_assumed(function, &mut assumed);
        if function.actor.is_none() {
            function.actor.clone_from(&owner);
        }
    }
}

/// Determines the role of an annotated function. It can only be the loop or the handler.
fn resolve_function(function: &mut Function, args: &Args) {
    function.alone = true;
    let of = &*function;
    let find = |tokio_is_ours| {
        let mut view = View::of_functions(std::iter::once(of), tokio_is_ours);
        view.use_message(args.msg.as_ref());
        let mut found = roles::find(vec![Entry::new(of, None, &view)], &view, args);
        let alone = found.first_mut().filter(|found| found.is_plain() && of.mark.is_none());
        if let Some(found) = alone
            && let Some(handler) = handler::alone(of, &view)
        {
            found.make_handler(of, handler);
        }
        found
    };
    let (found, mut assumed) = tokio::resolve(&[of], find);
    for found in found {
        found.note(function);
    }
    note_lost(function, &Imports::default(), args);
    note_assumed(function, &mut assumed);
}

/// Notes the assumption at the first function whose wrapper can check it.
fn note_assumed(function: &mut Function, assumed: &mut Option<Assumed>) {
    if matches!(function.role, Role::Loop | Role::Handler(_)) {
        function.assumed = assumed.take();
    }
}

/// Notes the calls that lose the trace of the message that the function handles.
fn note_lost(function: &mut Function, imports: &Imports, args: &Args) {
    if matches!(function.role, Role::Loop) {
        function.place = place::of(function);
    }
    if matches!(function.role, Role::Loop | Role::Handler(_)) && !args.may_lose && !function.may_lose {
        function.lost.extend(lost::calls(function.statements(), imports));
    }
}

fn resolve_module(module: &mut Module, args: &Args) {
    let mut view = View::of_module(module);
    view.use_message(args.msg.as_ref());
    let mut entries = Vec::new();
    for item in &module.items {
        match item {
            Item::Actor(actor) => {
                let owner = actor.ident();
                entries.extend(actor.functions().map(|function| Entry::new(function, owner, &view)));
            }
            Item::Function(function) => entries.push(Entry::new(function, None, &view)),
            _ => {}
        }
    }
    let mut found = roles::find(entries, &view, args).into_iter();
    let mut messages: Vec<Type> = view.mailboxes.iter().map(|mailbox| mailbox.message.clone()).collect();
    messages.extend(view::sent(module));
    let imports = Imports::of(module);
    let mut take = |function: &mut Function| {
        if let Some(found) = found.next() {
            found.note(function);
        }
        note_lost(function, &imports, args);
        if let Role::Handler(mailbox) = &function.role {
            messages.push(mailbox.message.clone());
        }
    };
    for item in &mut module.items {
        match item {
            Item::Actor(actor) => {
                let owner = actor.ident().cloned();
                for function in actor.functions_mut() {
                    take(function);
                    if function.actor.is_none() {
                        function.actor.clone_from(&owner);
                    }
                }
            }
            Item::Function(function) => take(function),
            _ => {}
        }
    }
    for item in &mut module.items {
        if let Item::Message(message) = item {
            let ident = message.data.ident();
            let named = |ty| types::last_segment(ty).is_some_and(|segment| segment.ident == *ident);
            message.traced |= messages.iter().any(named);
        }
    }
}
