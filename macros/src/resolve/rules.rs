//! What is wrong with roles that were asked for, or cannot be told apart. A rule reports and goes on.

use syn::{FnArg, Ident, Safety, Type};

use super::signature::concrete;
use crate::attr::actor::Args;
use crate::attr::table::{closest, list};
use crate::errors::Errors;
use crate::model::Function;
use crate::types;

/// `handler = ..` and `run = ..` name functions that are there.
pub(super) fn names_exist<'a>(functions: impl Iterator<Item = &'a Function>, args: &Args, errors: &Errors) {
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
pub(super) fn wrappable(function: &Function, errors: &Errors) -> bool {
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
            format!("a function that returns a future cannot be traced: write `async fn {}`", sig.ident),
        );
    } else {
        return true;
    }
    false
}

/// A handler takes its message by value.
pub(super) fn takes_no_message(function: &Function, errors: &Errors) {
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
            format!(
                "the handler `{ident}` has no parameter for a message: add one by value, `message: Message`"
            ),
        ),
    }
}

/// The message type is written out where it stands in an argument: `impl Into<Envelope<M>>`.
pub(super) fn message_type(function: &Function, ty: &Type, errors: &Errors) {
    if let Some(span) = types::elided_lifetime(ty) {
        errors.push(syn::Error::new(
            span,
            "the message type of a handler needs a named lifetime here: write `Message<'a>`",
        ));
    }
    if !concrete(function, ty) {
        errors.at(
            ty,
            "the message type of a handler cannot be the function's own generic parameter: move it to the `impl`, \
             or name the type",
        );
    }
}

/// Two candidates are one error, at the second, that names both.
pub(super) fn one_handler(names: &[&Ident], errors: &Errors) {
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
