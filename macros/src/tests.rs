//! Tests that run the macro in process, on plain token streams.

mod actor;
mod body;
mod errors;
mod grammar;
mod half_typed;
mod handlers;
mod lost;
mod random;
mod snapshots;
mod stash;
mod wire;

use crate::model::{Function, Item, Role};
use crate::types;

/// Returns the role of each function of an item, one a line; plain functions are left out.
fn roles(args: &str, item: &str) -> String {
    let crate::Read { item, checked, .. } =
        crate::read(args.parse().unwrap(), item.parse().unwrap()).unwrap();
    if let Err(error) = checked {
        return format!("error: {error}\n");
    }
    let mut roles = Vec::new();
    let mut note = |function: &Function, owner: &str| {
        let role = match &function.role {
            Role::Plain => return,
            Role::Loop => "loop".to_owned(),
            Role::Handler(mailbox) => format!("handles {}", types::text(&mailbox.message)),
            Role::AlreadyWrapped => "settled".to_owned(),
        };
        roles.push(format!("{owner}{}: {role}\n", function.sig.ident));
    };
    match &item {
        Item::Actor(actor) => actor.functions().for_each(|function| note(function, "")),
        Item::Function(function) => note(function, ""),
        Item::Module(module) => {
            for item in &module.items {
                match item {
                    Item::Actor(actor) => {
                        let owner = format!("{}::", actor.ident().unwrap());
                        actor.functions().for_each(|function| note(function, &owner));
                    }
                    Item::Function(function) => note(function, ""),
                    _ => {}
                }
            }
        }
        Item::Message(_) | Item::Other(_) => {}
    }
    roles.concat()
}

/// Each error: what it underlines, and what it says.
fn errors(args: &str, item: &str) -> Vec<(String, String)> {
    let crate::Read { checked, .. } = crate::read(args.parse().unwrap(), item.parse().unwrap()).unwrap();
    let found = checked.err().into_iter().flatten();
    found.map(|error| (error.span().source_text().unwrap_or_default(), error.to_string())).collect()
}

/// The places where an actor loses the trace of a message: the warning, and what it underlines.
fn lost(args: &str, item: &str) -> Vec<String> {
    let crate::Read { item, checked, .. } =
        crate::read(args.parse().unwrap(), item.parse().unwrap()).unwrap();
    checked.unwrap();
    let of = |function: &Function| {
        let text = |lost: &crate::model::Lost| {
            format!("{}: {}", lost.warning, lost.span.source_text().unwrap_or_default())
        };
        function.lost.iter().map(text).collect::<Vec<_>>()
    };
    match &item {
        Item::Actor(actor) => actor.functions().flat_map(of).collect(),
        Item::Function(function) => of(function),
        _ => Vec::new(),
    }
}
