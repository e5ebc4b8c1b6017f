//! The rules for what cannot be traced, one function for each. A rule reports an error, and the check continues.
//!
//! Errors that rustc explains better are left to rustc.

pub(crate) mod actix;
mod indices;
pub(crate) mod kameo;
pub(crate) mod ractor;
mod roles;
mod wire;

use quote::ToTokens;
use syn::{FnArg, GenericParam, Ident};

use crate::attr::actor::Args;
use crate::attr::kind::KindOptions;
use crate::attr::table::{closest, list};
use crate::errors::Errors;
use crate::model::{Data, Function, Item, Member, Message, Module, NotALoop, Other, Role, What, field_names};
use crate::types;

/// Reports everything that is wrong with an item.
pub(crate) fn item(item: &Item, args: &Args, errors: &Errors) {
    if let Item::Actor(_) | Item::Function(_) | Item::Module(_) = item {
        roles::of_all(&functions(item), args, errors);
    }
    match item {
        Item::Message(of) => message(of, errors),
        Item::Actor(actor) => {
            actor.functions().for_each(|of| function(of, errors));
            if actor.members.iter().any(|member| matches!(member, Member::Unread(_))) {
                return;
            }
            does_something(
                actor.functions(),
                &actor.header.self_ty,
                "nothing to trace here: no receive loop (an `async fn` that calls `.recv()`) and no handler (a method \
                 such as `handle_message(&mut self, message: Message)`); name one with \
                 `#[traced_actor(run = ..)]` or `#[traced_actor(handler = ..)]`",
                errors,
            );
        }
        Item::Function(of) => {
            function(of, errors);
            if of.mark.is_none() {
                does_something(
                    std::iter::once(&**of),
                    &of.sig.ident,
                    "nothing to trace here: no receive loop (an `async fn` that calls `.recv()`) and no handler (a \
                     function that takes a message by value); say which with `#[traced(run)]` or `#[traced(handler)]`",
                    errors,
                );
            }
        }
        Item::Module(module) => {
            for item in &module.items {
                match item {
                    Item::Message(of) => message(of, errors),
                    Item::Actor(actor) => actor.functions().for_each(|of| function(of, errors)),
                    Item::Function(of) => function(of, errors),
                    Item::Module(_) | Item::Other(_) => {}
                }
            }
            module_does_something(module, errors);
        }
        Item::Other(other) => supported(other, errors),
    }
}

/// Checks that the item has one of the four kinds that the attribute supports.
fn supported(other: &Other, errors: &Errors) {
    match &other.what {
        // Methods of a trait are never changed, because their signature belongs to the trait.
        What::TraitImpl(path) => errors.at(
            path,
            "methods of a trait cannot be traced: annotate the function that runs the receive loop, \
             or call `.traced()` on its future",
        ),
        // There is nothing to read, because the file is loaded later.
        What::Declaration => errors.at(
            &other.keyword,
            "`#[traced_actor]` needs the module's contents: write them inline, `mod name { .. }`, or annotate the \
             enum and the `impl` block inside the file",
        ),
        What::Annotated => errors.at(&other.keyword, "this item is annotated twice: remove one `#[traced_actor]`"),
        What::Alias(_) | What::Use(_) | What::Unread | What::Rest => errors.at(
            &other.keyword,
            "`#[traced_actor]` goes on an enum or struct (the message), an `impl` block or a `fn` (the actor), \
             or an inline module (both)",
        ),
    }
}

/// Checks that no name begins with `__traced_`, the prefix of generated functions.
fn reserved_name(function: &Function, errors: &Errors) {
    let ident = &function.sig.ident;
    if ident.to_string().starts_with("__traced_") {
        errors.at(
            ident,
            "names that start with `__traced_` are reserved for code that `#[traced_actor]` generates",
        );
    }
}

/// Limits the number of conditions on parameters. Each one doubles the number of generated functions.
fn parameters(function: &Function, errors: &Errors) {
    if !matches!(function.role, Role::Loop | Role::Handler(_)) {
        return;
    }
    let generics = function.sig.generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(param) => &param.attrs,
        GenericParam::Type(param) => &param.attrs,
        GenericParam::Const(param) => &param.attrs,
    });
    let inputs = function.sig.inputs.iter().map(|input| match input {
        FnArg::Receiver(receiver) => &receiver.attrs,
        FnArg::Typed(input) => &input.attrs,
    });
    let conditions: Vec<_> =
        generics.chain(inputs).flat_map(|attrs| crate::attrs::conditions(attrs)).collect();
    let mut distinct: Vec<String> = Vec::new();
    for condition in conditions {
        let text = condition.to_string();
        if distinct.contains(&text) {
            continue;
        }
        distinct.push(text);
        if distinct.len() > 3 {
            errors.at(
                condition,
                "a traced function can have up to three different `#[cfg]` on its parameters: put some of them on two \
                 versions of the function",
            );
        }
    }
}

/// Checks that an annotation has an effect. Otherwise a trace would silently stay empty.
fn does_something<'a>(
    functions: impl Iterator<Item = &'a Function>,
    at: &dyn ToTokens,
    otherwise: &str,
    errors: &Errors,
) {
    let functions: Vec<&Function> = functions.collect();
    let idle = |function: &&Function| matches!(function.role, Role::Plain);
    if !errors.is_empty() || !functions.iter().all(idle) {
        return;
    }
    let mut seen = functions.into_iter().filter_map(|function| Some((function, function.seen.as_ref()?)));
    let Some((function, seen)) = seen.next() else {
        errors.at(at, otherwise);
        return;
    };
    let ident = &function.sig.ident;
    match seen {
        NotALoop::Block { span, traced: false } => errors.push(syn::Error::new(
            *span,
            "this receive loop runs in a separate block, not in the function around it: call `.traced()` on \
             the block, as in `tokio::spawn(async move { .. }.traced())` with `use traced_actor::TracedExt`, and \
             remove this `#[traced_actor]`; or move the loop to its own `async fn`",
        )),
        NotALoop::Block { span, traced: true } => errors.push(syn::Error::new(
            *span,
            "`.traced()` already traces this block, and there is nothing else to trace here: remove this \
             `#[traced_actor]`",
        )),
        NotALoop::Returned => errors.at(
            ident,
            format!(
                "`{ident}` returns what it receives, so its caller handles the message: write `#[traced_actor]` \
                 on the caller, or on an `impl` block that contains both; if this is the receive loop, write \
                 `#[traced(run)]`"
            ),
        ),
        NotALoop::Foreign(Some(path)) if path.segments.iter().any(|segment| segment.ident == "broadcast") => errors.at(
            path,
            "tokio's broadcast carries no trace: `#[traced_actor]` is for mailboxes that one actor receives from, such as \
             `traced_actor::sync::mpsc`; remove it here, or import the type `Receiver` of \
             `traced_actor_channels::tokio::sync::broadcast` and name it without `broadcast::`",
        ),
        NotALoop::Foreign(path) => {
            let message = "messages of this channel carry no trace: import `mpsc` from `traced_actor::sync`, not \
             from `tokio::sync`, in every file that names the channel, or write `use traced_actor::tokio;` there; to \
             keep the channel as it is, remove this `#[traced_actor]`";
            match path {
                Some(path) => errors.at(path, message),
                None => errors.at(ident, message),
            }
        }
        NotALoop::Rewritten => errors.at(
            ident,
            "another attribute has already rewritten this function: write `#[traced_actor]` above it; if that is \
             not possible, as with `#[async_trait]` on a whole `impl`, call `.traced()` on the future of the loop",
        ),
    }
}

/// Returns the functions of an item that may have a role.
fn functions(item: &Item) -> Vec<&Function> {
    match item {
        Item::Actor(actor) => actor.functions().collect(),
        Item::Function(function) => vec![function],
        Item::Module(module) => functions_of(module).collect(),
        Item::Message(_) | Item::Other(_) => Vec::new(),
    }
}

/// Returns the functions of a module. Nested modules are not read.
fn functions_of(module: &Module) -> impl Iterator<Item = &Function> {
    let item = |item| if matches!(item, &Item::Module(_)) { Vec::new() } else { functions(item) };
    module.items.iter().flat_map(item)
}

/// Checks that the annotation of a module has an effect. A message type is enough.
fn module_does_something(module: &Module, errors: &Errors) {
    let found = module.items.iter().any(|item| match item {
        Item::Message(message) => message.traced,
        Item::Other(other) => matches!(other.what, What::Annotated | What::Unread),
        Item::Actor(_) | Item::Function(_) | Item::Module(_) => false,
    });
    if found {
        return;
    }
    does_something(
        functions_of(module),
        &module.ident,
        "nothing to trace in this module: no message type, no receive loop (an `async fn` that calls `.recv()`) and no \
         handler; name them with `#[traced_actor(msg = .., handler = ..)]`",
        errors,
    );
}

/// Checks that a skipped kind has no other options, since it has no span.
fn skip_stands_alone(kind: &KindOptions, errors: &Errors) {
    if kind.skip.is_none() {
        return;
    }
    for key in
        kind.keys.iter().filter(|key| !["skip", "name", "index", "since"].iter().any(|said| *key == said))
    {
        errors.at(key, format!("a skipped message has no span: remove `{key}`, or `skip`"));
    }
}

/// Checks that a message that takes its kind from a field has no options for kinds.
fn kind_stands_alone(kind: &KindOptions, errors: &Errors) {
    if kind.kind.is_none() {
        return;
    }
    let of_a_kind = ["skip", "name", "sample", "link", "fanout_policy"];
    for key in kind.keys.iter().filter(|key| of_a_kind.iter().any(|said| *key == said)) {
        errors.at(
            key,
            format!("`kind` takes this from the field: remove `{key}`, or write it on the field's own type"),
        );
    }
}

/// Checks that a shorthand names a field of the message. Anything else is an expression, which rustc checks.
fn shorthands_exist(kind: &KindOptions, of: &Ident, fields: &syn::Fields, errors: &Errors) {
    let names = field_names(fields);
    for shorthand in kind.fields.iter().filter_map(|field| field.shorthand.as_ref()) {
        let text = types::plain(shorthand).value();
        if names.contains(&text) {
            continue;
        }
        let hint = match closest(&text, names.iter().map(String::as_str)) {
            Some(name) => format!("; did you mean `{name}`?"),
            None if names.is_empty() => {
                ", it has none; to record another value, write `name = expression`".to_owned()
            }
            None => format!(" (it has {}); to record another value, write `name = expression`", list(&names)),
        };
        errors.at(shorthand, format!("no field `{text}` in `{of}`{hint}"));
    }
}

/// Checks a message.
fn message(message: &Message, errors: &Errors) {
    kinds(message, errors);
    if message.traced {
        wire::message(message, errors);
    }
}

/// Checks each kind of message.
fn kinds(message: &Message, errors: &Errors) {
    let check = |kind: &KindOptions, ident: &Ident, fields: &syn::Fields| {
        skip_stands_alone(kind, errors);
        kind_stands_alone(kind, errors);
        // It may be a field that could not be read.
        if message.unread.is_none() {
            shorthands_exist(kind, ident, fields, errors);
        }
    };
    match &message.data {
        Data::Enum(item) => {
            for (variant, kind) in item.variants.iter().zip(&message.kinds) {
                check(kind, &variant.ident, &variant.fields);
            }
        }
        Data::Struct(item) => {
            for kind in &message.kinds {
                check(kind, &item.ident, &item.fields);
            }
        }
    }
}

/// Checks each function, once its role is known.
fn function(function: &Function, errors: &Errors) {
    reserved_name(function, errors);
    parameters(function, errors);
}
