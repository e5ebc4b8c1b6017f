//! The rules of what cannot be traced, one function each. A rule reports and goes on.
//!
//! What rustc says better is left to rustc.

mod pins;
mod wire;

use syn::{FnArg, Ident, Safety, Type};

use crate::args::Args;
use crate::errors::Errors;
use crate::helper::KindOptions;
use crate::model::{Actor, Data, Function, Message, Module, Other, Role, What};
use crate::options::{closest, list};
use crate::{find, types};

/// The attribute goes on four kinds of item.
pub(crate) fn supported(other: &Other, errors: &Errors) {
    match &other.what {
        // Methods of a trait are never rewritten: their signature belongs to the trait.
        What::TraitImpl(path) => errors.at(
            path,
            "methods of a trait are never rewritten: annotate the function that runs the receive loop, \
             or call `.traced()` on its future",
        ),
        // There is nothing to see: the file is loaded later.
        What::Declaration => errors.at(
            &other.keyword,
            "`#[traced_actor]` needs the module's contents: write them inline, `mod name { .. }`, or annotate the \
             enum and the `impl` block inside the file",
        ),
        What::Annotated => errors.at(&other.keyword, "this item is annotated twice: remove one `#[traced_actor]`"),
        What::Alias(_) | What::Rest => errors.at(
            &other.keyword,
            "`#[traced_actor]` goes on an enum or struct (the message), an `impl` block or a `fn` (the actor), \
             or an inline module (both)",
        ),
    }
}

/// A sampler is one way to start a trace, `never` and `always` are others.
pub(crate) fn one_start(start: Option<&Ident>, sampler: Option<&syn::Path>, errors: &Errors) {
    if let (Some(start), Some(_)) = (start, sampler)
        && start != "sampler"
    {
        errors.at(start, format!("`start = {start}` leaves nothing to the `sampler`: remove one of the two"));
    }
}

/// `__traced_` is where generated functions live.
pub(crate) fn reserved_name(function: &Function, errors: &Errors) {
    let ident = &function.sig.ident;
    if ident.to_string().starts_with("__traced_") {
        errors
            .at(ident, "names that start with `__traced_` are reserved for what `#[traced_actor]` generates");
    }
}

/// `handler = ..` and `run = ..` name functions that are there.
pub(crate) fn names_exist<'a>(functions: impl Iterator<Item = &'a Function>, args: &Args, errors: &Errors) {
    let names: Vec<String> = functions.map(|function| function.sig.ident.to_string()).collect();
    for wanted in [&args.handler, &args.run].into_iter().flatten() {
        if names.iter().any(|name| wanted == name) {
            continue;
        }
        let hint = match closest(&wanted.to_string(), names.iter().map(String::as_str)) {
            Some(name) => format!("; did you mean `{name}`?"),
            None if names.is_empty() => String::new(),
            None => format!(" (found: {})", list(&names)),
        };
        errors.at(wanted, format!("no function `{wanted}` here{hint}"));
    }
}

/// A function is only wrapped if the wrapper can call it as its caller did.
fn wrappable(function: &Function, errors: &Errors) -> bool {
    let sig = &function.sig;
    let before =
        |what: &str| format!("`{what}` functions cannot be traced: remove `{what}`, or trace the caller");
    if let Some(token) = &sig.constness {
        errors.at(token, before("const"));
    } else if let Safety::Unsafe(token) = &sig.safety {
        errors.at(token, before("unsafe"));
    } else if let Some(abi) = &sig.abi {
        errors.at(abi, before("extern"));
    } else if sig.asyncness.is_none() && types::is_future(&sig.output) {
        errors.at(
            &sig.output,
            format!("a future that is returned cannot be followed from here: write `async fn {}`", sig.ident),
        );
    } else {
        return true;
    }
    false
}

/// A receive loop that was named must be one that a scope can be put around.
pub(crate) fn run_signature(function: &Function, args: &Args, errors: &Errors) {
    if function.is_marked_run() || args.run.as_ref() == Some(&function.sig.ident) {
        wrappable(function, errors);
    }
}

/// A handler that was named must be one that can take an envelope instead.
pub(crate) fn handler_signature(function: &Function, errors: &Errors) -> bool {
    wrappable(function, errors)
}

/// A handler takes its message by value.
pub(crate) fn takes_no_message(function: &Function, errors: &Errors) {
    let ident = &function.sig.ident;
    let wrong = function.sig.inputs.iter().find_map(|input| match input {
        FnArg::Typed(input) => Some(&*input.ty),
        FnArg::Receiver(_) => None,
    });
    match wrong {
        Some(ty @ Type::Reference(_)) => errors
            .at(ty, format!("the handler `{ident}` takes its message by value: write the type without `&`")),
        _ => errors.at(
            ident,
            format!("the handler `{ident}` takes no message: give it one by value, `message: Message`"),
        ),
    }
}

/// The message type is written out where it stands in an argument: `impl Into<Envelope<M>>`.
pub(crate) fn message_type(function: &Function, ty: &Type, errors: &Errors) {
    if let Some(span) = types::elided_lifetime(ty) {
        errors.push(syn::Error::new(
            span,
            "the message type of a handler needs a named lifetime here: write `Message<'a>`",
        ));
    }
    if !find::concrete(function, ty) {
        errors.at(
            ty,
            "the message type of a handler cannot be the function's own generic parameter: move it to the `impl`, \
             or name the type",
        );
    }
}

/// A wrapper passes every parameter on, and an argument cannot be `#[cfg]`ed.
pub(crate) fn parameters(function: &Function, errors: &Errors) {
    if !matches!(function.role, Role::Loop | Role::Handler(_)) {
        return;
    }
    for input in &function.sig.inputs {
        let attrs = match input {
            FnArg::Receiver(receiver) => &receiver.attrs,
            FnArg::Typed(input) => &input.attrs,
        };
        for attr in crate::attrs::cfg(attrs) {
            errors.at(
                attr,
                "a traced function cannot have `#[cfg]` on a parameter: put it on two versions of the function",
            );
        }
    }
}

/// Two candidates are one error, at the second, that names both.
pub(crate) fn one_handler(names: &[&Ident], errors: &Errors) {
    let [first, second, ..] = names else { return };
    errors.at(
        second,
        format!(
            "{} could each be the handler: write `#[traced_actor(handler = {first})]`, or `#[traced(handler)]` on \
             the handler of each mailbox",
            list(names),
        ),
    );
}

/// An annotation that does nothing would be a trace that silently stays empty.
pub(crate) fn actor_does_something(actor: &Actor, errors: &Errors) {
    let idle = |function: &Function| matches!(function.role, Role::Plain);
    if errors.is_empty() && actor.functions().all(idle) {
        errors.at(
            &actor.header.self_ty,
            "nothing to trace here: no receive loop (an `async fn` that calls `.recv()`) and no handler (a method \
             such as `handle_message(&mut self, message: Message)`); name one with \
             `#[traced_actor(run = ..)]` or `#[traced_actor(handler = ..)]`",
        );
    }
}

/// The same for a function.
pub(crate) fn function_does_something(function: &Function, errors: &Errors) {
    if errors.is_empty() && matches!(function.role, Role::Plain) {
        errors.at(
            &function.sig.ident,
            "nothing to trace here: no receive loop (an `async fn` that calls `.recv()`) and no handler (a function \
             that takes a message by value); say which with `#[traced(run)]` or `#[traced(handler)]`",
        );
    }
}

/// The same for a module.
pub(crate) fn module_does_something(module: &Module, errors: &Errors) {
    use crate::model::Item;
    let idle = |function: &Function| matches!(function.role, Role::Plain);
    let nothing = module.items.iter().all(|item| match item {
        Item::Message(message) => !message.traced,
        Item::Actor(actor) => actor.functions().all(idle),
        Item::Function(function) => idle(function),
        Item::Module(_) => true,
        Item::Other(other) => !matches!(other.what, What::Annotated),
    });
    if errors.is_empty() && nothing {
        errors.at(
            &module.ident,
            "nothing to trace in this module: no message type, no receive loop (an `async fn` that calls `.recv()`) \
             and no handler; name them with `#[traced_actor(msg = .., handler = ..)]`",
        );
    }
}

/// `#[traced]` on an item that takes no helper, and helpers that `cfg_attr` hides.
pub(crate) fn no_helper(helpers: &[syn::Attribute], instead: &str, errors: &Errors) {
    for helper in helpers {
        errors.at(helper.path(), format!("`#[traced]` does not go here: {instead}"));
    }
}

/// An attribute behind `cfg_attr` is seen by rustc alone.
pub(crate) fn no_hidden_helper(attrs: &mut Vec<syn::Attribute>, errors: &Errors) {
    for hidden in attrs.iter().filter_map(crate::attrs::hides_helper) {
        errors.at(
            hidden,
            "`#[traced]` inside `cfg_attr` comes too late to be seen: write it without, or two versions of the item",
        );
    }
    // rustc would not find the attribute either, and say so in its own words.
    attrs.retain(|attr| crate::attrs::hides_helper(attr).is_none());
}

/// A skipped kind has no span, so nothing can be said about one.
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

/// A shorthand names a field of the message; anything else is an expression and rustc's business.
fn shorthands_exist(kind: &KindOptions, of: &Ident, fields: &syn::Fields, errors: &Errors) {
    let names = crate::expand::field_names(fields);
    for shorthand in kind.fields.iter().filter_map(|field| field.shorthand.as_ref()) {
        let text = types::plain(shorthand).value();
        if names.contains(&text) {
            continue;
        }
        let hint = match closest(&text, names.iter().map(String::as_str)) {
            Some(name) => format!("; did you mean `{name}`?"),
            None if names.is_empty() => {
                ", it has none; a value of its own is written `name = expression`".to_owned()
            }
            None => format!(" (it has {}); a value of its own is written `name = expression`", list(&names)),
        };
        errors.at(shorthand, format!("no field `{text}` in `{of}`{hint}"));
    }
}

/// The rules for a message.
pub(crate) fn message(message: &Message, errors: &Errors) {
    kinds(message, errors);
    if message.traced {
        wire::message(message, errors);
    }
}

/// The rules for each kind of message.
fn kinds(message: &Message, errors: &Errors) {
    let check = |kind: &KindOptions, ident: &Ident, fields: &syn::Fields| {
        skip_stands_alone(kind, errors);
        shorthands_exist(kind, ident, fields, errors);
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

/// The rules for each function, once its role is known.
pub(crate) fn function(function: &Function, errors: &Errors) {
    reserved_name(function, errors);
    parameters(function, errors);
}
