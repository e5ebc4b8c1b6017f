//! From syntax to decisions: takes the helper attributes out, then says what each item is.

use syn::{FnArg, Type};

use crate::args::{Args, Target};
use crate::errors::Errors;
use crate::find::{self, Entry, Seen};
use crate::helper::{KindOptions, Mark};
use crate::legacy::Legacy;
use crate::model::{Actor, Data, Function, Item, Message, Module, Role, What};
use crate::{attrs, check, types};

pub(crate) fn target(item: &Item) -> Option<Target> {
    match item {
        Item::Message(_) => Some(Target::Data),
        Item::Actor(_) => Some(Target::Impl),
        Item::Function(_) => Some(Target::Function),
        Item::Module(_) => Some(Target::Module),
        Item::Other(_) => None,
    }
}

/// Reads and removes every helper attribute. Nothing may come before this: a helper that is left
/// behind by a failed check would be an error of its own.
pub(crate) fn helpers(item: &mut Item, errors: &Errors) {
    match item {
        Item::Message(message) => message_helpers(message, errors),
        Item::Actor(actor) => {
            let own = attrs::take_helpers(&mut actor.header.attrs);
            check::no_helper(&own, "an `impl` block takes its options in `#[traced_actor(..)]`", errors);
            actor.functions_mut().for_each(|function| function_helpers(function, errors));
        }
        Item::Function(function) => function_helpers(function, errors),
        Item::Module(module) => {
            let own = attrs::take_helpers(&mut module.attrs);
            check::no_helper(&own, "a module takes its options in `#[traced_actor(..)]`", errors);
            module.items.iter_mut().for_each(|item| helpers(item, errors));
        }
        Item::Other(_) => {}
    }
}

fn message_helpers(message: &mut Message, errors: &Errors) {
    const ON_FIELD: &str = "a field is recorded by its name in `fields(..)` on the variant or struct";
    match &mut message.data {
        Data::Enum(item) => {
            check::no_hidden_helper(&mut item.attrs, errors);
            let own = attrs::take_helpers(&mut item.attrs);
            message.traced |= !own.is_empty();
            message.legacy = Legacy::parse_all(&own, errors);
            for (variant, kind) in item.variants.iter_mut().zip(&mut message.kinds) {
                check::no_hidden_helper(&mut variant.attrs, errors);
                *kind = KindOptions::of_variant(&attrs::take_helpers(&mut variant.attrs), errors);
                message.traced |= kind.present;
                for field in &mut variant.fields {
                    check::no_helper(&attrs::take_helpers(&mut field.attrs), ON_FIELD, errors);
                }
            }
        }
        Data::Struct(item) => {
            check::no_hidden_helper(&mut item.attrs, errors);
            for kind in &mut message.kinds {
                *kind = KindOptions::of_struct(&attrs::take_helpers(&mut item.attrs), errors);
                message.traced |= kind.present;
            }
            for field in &mut item.fields {
                check::no_helper(&attrs::take_helpers(&mut field.attrs), ON_FIELD, errors);
            }
        }
    }
}

fn function_helpers(function: &mut Function, errors: &Errors) {
    check::no_hidden_helper(&mut function.attrs, errors);
    let own = attrs::take_helpers(&mut function.attrs);
    function.mark = Mark::parse(&own, errors);
    if function.attrs.iter().any(attrs::is_own) {
        function.role = Role::Settled;
    }
}

/// Says what each item is, by the rules of `find`.
pub(crate) fn decide(item: &mut Item, args: &Args, errors: &Errors) {
    match item {
        Item::Message(message) => {
            message.traced = true;
            check::message(message, errors);
        }
        Item::Actor(actor) => decide_actor(actor, args, errors),
        Item::Function(function) => decide_function(function, args, errors),
        Item::Module(module) => decide_module(module, args, errors),
        Item::Other(other) => check::supported(other, errors),
    }
}

fn decide_actor(actor: &mut Actor, args: &Args, errors: &Errors) {
    let owner = owner(actor);
    let entries: Vec<Entry<'_>> =
        actor.functions().map(|function| Entry::new(function, owner.clone())).collect();
    let mailboxes = match &args.msg {
        Some(message) => vec![Seen { message: message.clone(), owner: None }],
        None => actor.functions().flat_map(received_by).collect(),
    };
    let roles = find::roles(&entries, &mailboxes, args, errors);
    for (function, role) in actor.functions_mut().zip(roles) {
        function.role = role;
        check::function(function, errors);
    }
    check::actor_does_something(actor, errors);
}

/// On a function of its own there is nothing to choose from: it is the loop or the handler.
fn decide_function(function: &mut Function, args: &Args, errors: &Errors) {
    let mailboxes: Vec<Seen> =
        args.msg.iter().map(|message| Seen { message: message.clone(), owner: None }).collect();
    let roles = find::roles(&[Entry::new(function, None)], &mailboxes, args, errors);
    function.role = roles.into_iter().next().unwrap_or(Role::Plain);
    if matches!((&function.role, &function.mark), (Role::Plain, None))
        && check::handler_signature(function, errors)
        && let Some(mailbox) = find::message_input(function, &mailboxes)
        && (types::may_be_message(&mailbox.message) || !mailboxes.is_empty())
    {
        check::message_type(function, &mailbox.message, errors);
        function.role = Role::Handler(Box::new(mailbox));
    }
    check::function(function, errors);
    if function.mark.is_none() {
        check::function_does_something(function, errors);
    }
}

fn decide_module(module: &mut Module, args: &Args, errors: &Errors) {
    let mailboxes = match &args.msg {
        Some(message) => vec![Seen { message: message.clone(), owner: None }],
        None => mailboxes(module),
    };
    let mut entries = Vec::new();
    for item in &module.items {
        match item {
            Item::Actor(actor) => {
                let owner = owner(actor);
                entries.extend(actor.functions().map(|function| Entry::new(function, owner.clone())));
            }
            Item::Function(function) => entries.push(Entry::new(function, None)),
            _ => {}
        }
    }
    let mut roles = find::roles(&entries, &mailboxes, args, errors).into_iter();
    let mut messages: Vec<Type> = mailboxes.into_iter().map(|mailbox| mailbox.message).collect();
    messages.extend(sent_in(module));
    for item in &mut module.items {
        let functions: Vec<&mut Function> = match item {
            Item::Actor(actor) => actor.functions_mut().collect(),
            Item::Function(function) => vec![function],
            _ => Vec::new(),
        };
        for function in functions {
            function.role = roles.next().unwrap_or(Role::Plain);
            check::function(function, errors);
            if let Role::Handler(mailbox) = &function.role {
                messages.push(mailbox.message.clone());
            }
        }
    }
    for item in &mut module.items {
        if let Item::Message(message) = item {
            let ident = message.data.ident();
            let named = |ty| types::last_segment(ty).is_some_and(|segment| segment.ident == *ident);
            message.traced |= messages.iter().any(named);
            check::message(message, errors);
        }
    }
    check::module_does_something(module, errors);
}

/// The mailboxes that a module shows: receivers in structs, in functions and behind aliases, and
/// what `#[traced]` calls a message.
fn mailboxes(module: &Module) -> Vec<Seen> {
    let mut seen = Vec::new();
    let aliases = aliases(module);
    for item in &module.items {
        match item {
            Item::Message(message) => {
                let owner = message.data.ident();
                if let Data::Struct(item) = &message.data {
                    for field in &item.fields {
                        let types = types::received(&field.ty).into_iter().chain(behind(&field.ty, &aliases));
                        seen.extend(types.map(|message| Seen { message, owner: Some(owner.to_string()) }));
                    }
                }
                if message.traced {
                    seen.push(Seen { message: syn::parse_quote!(#owner), owner: None });
                }
            }
            Item::Actor(actor) => seen.extend(actor.functions().flat_map(received_by)),
            Item::Function(function) => seen.extend(received_by(function)),
            Item::Module(_) | Item::Other(_) => {}
        }
    }
    seen.extend(aliases.into_iter().map(|(_, message)| Seen { message, owner: None }));
    seen
}

/// `type Inbox = mpsc::Receiver<M>`: the name and `M`.
fn aliases(module: &Module) -> Vec<(String, Type)> {
    let mut aliases = Vec::new();
    for item in &module.items {
        if let Item::Other(other) = item
            && let What::Alias(alias) = &other.what
        {
            let received = types::received(&alias.ty).into_iter();
            aliases.extend(received.map(|message| (alias.ident.to_string(), message)));
        }
    }
    aliases
}

fn behind(ty: &Type, aliases: &[(String, Type)]) -> Vec<Type> {
    let named = |name: &String| types::last_segment(ty).is_some_and(|segment| segment.ident == name);
    aliases.iter().filter(|(name, _)| named(name)).map(|(_, message)| message.clone()).collect()
}

fn received_by(function: &Function) -> Vec<Seen> {
    inputs(function).flat_map(types::received).map(|message| Seen { message, owner: None }).collect()
}

/// What is sent from inside the module is a message too, though nobody here receives it.
fn sent_in(module: &Module) -> Vec<Type> {
    let mut sent = Vec::new();
    for item in &module.items {
        match item {
            Item::Message(Message { data: Data::Struct(item), .. }) => {
                sent.extend(item.fields.iter().flat_map(|field| types::sent(&field.ty)));
            }
            Item::Actor(actor) => sent.extend(actor.functions().flat_map(inputs).flat_map(types::sent)),
            Item::Function(function) => sent.extend(inputs(function).flat_map(types::sent)),
            Item::Other(other) => {
                if let What::Alias(alias) = &other.what {
                    sent.extend(types::sent(&alias.ty));
                }
            }
            _ => {}
        }
    }
    sent
}

fn inputs(function: &Function) -> impl Iterator<Item = &Type> {
    function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(input) => Some(&*input.ty),
        FnArg::Receiver(_) => None,
    })
}

fn owner(actor: &Actor) -> Option<String> {
    actor.ident().map(ToString::to_string)
}
