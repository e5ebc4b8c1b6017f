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

use syn::{Ident, Type};

use crate::attr::actor::Args;
use crate::model::{Actor, Assumed, Function, Item, Lost, Module, Role};
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
        note_assumed(function, &mut assumed);
        if function.actor.is_none() {
            function.actor.clone_from(&owner);
        }
    }
    let functions: Vec<_> = actor.functions().map(|function| (owner.as_ref(), function)).collect();
    let lost = find_lost(&functions, &Imports::default(), args);
    note_lost(actor.functions_mut(), lost);
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
    let lost = find_lost(&[(None, function)], &Imports::default(), args);
    note_lost(std::iter::once(&mut *function), lost);
    note_assumed(function, &mut assumed);
}

/// Notes the assumption at the first function whose wrapper can check it.
fn note_assumed(function: &mut Function, assumed: &mut Option<Assumed>) {
    if matches!(function.role, Role::Loop | Role::Handler(_)) {
        function.assumed = assumed.take();
    }
}

/// Returns the calls that lose the trace of the message that each function handles.
fn find_lost(functions: &[(Option<&Ident>, &Function)], imports: &Imports, args: &Args) -> Vec<Vec<Lost>> {
    if args.may_lose { Vec::new() } else { lost::find(functions, imports) }
}

/// Notes these calls, and the place that each loop receives from.
fn note_lost<'a>(functions: impl Iterator<Item = &'a mut Function>, lost: Vec<Vec<Lost>>) {
    let mut lost = lost.into_iter();
    for function in functions {
        if matches!(function.role, Role::Loop) {
            function.place = place::of(function);
        }
        function.lost.extend(lost.next().into_iter().flatten());
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
    let mut take = |function: &mut Function| {
        if let Some(found) = found.next() {
            found.note(function);
        }
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
    let functions: Vec<_> = module.items.iter().flat_map(functions).collect();
    let lost = find_lost(&functions, &Imports::of(module), args);
    note_lost(module.items.iter_mut().flat_map(functions_mut), lost);
    for item in &mut module.items {
        if let Item::Message(message) = item {
            let ident = message.data.ident();
            let named = |ty| types::last_segment(ty).is_some_and(|segment| segment.ident == *ident);
            message.traced |= messages.iter().any(named);
        }
    }
}

/// Returns the functions of an item in a module, with the type of their impl.
fn functions(item: &Item) -> Vec<(Option<&Ident>, &Function)> {
    match item {
        Item::Actor(actor) => actor.functions().map(|function| (actor.ident(), function)).collect(),
        Item::Function(function) => vec![(None, function)],
        _ => Vec::new(),
    }
}

fn functions_mut(item: &mut Item) -> Vec<&mut Function> {
    match item {
        Item::Actor(actor) => actor.functions_mut().collect(),
        Item::Function(function) => vec![function],
        _ => Vec::new(),
    }
}
