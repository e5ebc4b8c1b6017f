//! The rules for roles: a function that was named exists and can have the role, and no two functions could be the
//! handler.

use syn::{FnArg, Ident, Safety, Type};

use crate::attr::actor::Args;
use crate::attr::table::{closest, list};
use crate::errors::Errors;
use crate::model::{Function, Problem, Role};
use crate::types::{self, Returned};

/// Checks the rules for the functions of an item.
pub(super) fn of_all(functions: &[&Function], args: &Args, errors: &Errors) {
    names_exist(functions, args, errors);
    for function in functions {
        of_one(function, errors);
    }
}

fn of_one(function: &Function, errors: &Errors) {
    match &function.problem {
        Some(Problem::CannotLoop) => can_loop(function, errors),
        Some(Problem::CannotHandle) => can_handle(function, errors),
        Some(Problem::NoMessage) => takes_a_message(function, errors),
        Some(Problem::Rivals(names)) => one_handler(function, names, errors),
        None => {}
    }
    if let Role::Handler(mailbox) = &function.role {
        message_type(function, &mailbox.message, errors);
    }
}

/// Checks that `handler = ..` and `run = ..` name existing functions.
fn names_exist(functions: &[&Function], args: &Args, errors: &Errors) {
    let names: Vec<String> = functions.iter().map(|function| function.sig.ident.to_string()).collect();
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

/// Checks that a loop can be wrapped. A function that is not async and returns a future receives in a block within it.
fn can_loop(function: &Function, errors: &Errors) {
    let sig = &function.sig;
    if can_call(function, errors) && function.returned_future().is_some() {
        errors.at(
            &sig.output,
            format!("a receive loop that returns a future cannot be traced: write `async fn {}`", sig.ident),
        );
    }
}

/// Checks that a handler can be wrapped. It may return its future unboxed or boxed.
fn can_handle(function: &Function, errors: &Errors) {
    let sig = &function.sig;
    if can_call(function, errors) && function.returned_future() == Some(Returned::Inside) {
        errors.at(
            &sig.output,
            format!(
                "it is not seen when the future ends that the handler `{name}` returns: write `async fn {name}`, or return \
                 `impl Future<Output = ..>` or `Pin<Box<dyn Future<Output = ..>>>`",
                name = sig.ident,
            ),
        );
    }
}

/// Checks that the wrapper can call the function as its caller did.
fn can_call(function: &Function, errors: &Errors) -> bool {
    let sig = &function.sig;
    let before =
        |what: &str| format!("`{what}` functions cannot be traced: remove `{what}`, or trace the caller");
    if let Some(token) = &sig.constness {
        errors.at(token, before("const"));
    } else if let Safety::Unsafe(token) = &sig.safety {
        errors.at(token, before("unsafe"));
    } else if let Some(abi) = &sig.abi {
        errors.at(abi, before("extern"));
    } else {
        return true;
    }
    false
}

/// Checks that a handler takes its message by value.
fn takes_a_message(function: &Function, errors: &Errors) {
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

/// Checks the message type, which the wrapper repeats in an argument: `impl Into<Envelope<M>>`.
fn message_type(function: &Function, ty: &Type, errors: &Errors) {
    if let Some(span) = types::elided_lifetime(ty) {
        errors.push(syn::Error::new(
            span,
            "the message type of a handler needs a named lifetime here: write `Message<'a>`",
        ));
    }
    if !function.is_concrete(ty) {
        errors.at(
            ty,
            "the message type of a handler cannot be the function's own generic parameter: move it to the `impl`, \
             or name the type",
        );
    }
}

/// Reports two candidates as one error, at the second, which names both.
fn one_handler(second: &Function, names: &[Ident], errors: &Errors) {
    let Some(first) = names.first() else { return };
    errors.at(
        &second.sig.ident,
        format!(
            "{} could each be the handler: write `#[traced_actor(handler = {first})]`, or `#[traced(handler)]` on \
             the handler of each mailbox",
            list(names),
        ),
    );
}
