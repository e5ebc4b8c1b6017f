//! Determines from a signature whether a function can be a handler, and its message.

use syn::{FnArg, Safety, Type};

use super::view::Mailbox;
use crate::attr::actor::Args;
use crate::attr::method::MethodAttr;
use crate::body::{self, Body, Token};
use crate::model::{Function, Role};
use crate::types::{self, Form, Returned, held};

impl Function {
    /// Returns whether the function has `#[traced(run)]`.
    pub(super) fn is_marked_run(&self) -> bool {
        matches!(self.mark, Some(MethodAttr::Run))
    }
}

/// Returns whether an option or an attribute names the function as the handler.
pub(super) fn is_named(function: &Function, args: &Args) -> bool {
    matches!(function.mark, Some(MethodAttr::Handler)) || args.handler.as_ref() == Some(&function.sig.ident)
}

/// Returns the message of a handler that was named.
///
/// It is the input of a known message type, or else the only input by value, or else the first that may be a message.
pub(super) fn message_input<'a>(function: &'a Function, mailboxes: &[Mailbox]) -> Option<(usize, &'a Type)> {
    let by_value = || inputs(function).filter(|(_, ty)| !matches!(ty, Type::ImplTrait(_)));
    let same = |mailbox: &Mailbox, ty: &Type| {
        types::same(&mailbox.message, ty) || types::same(&mailbox.message, held(ty).0)
    };
    let known = by_value().find(|(_, ty)| mailboxes.iter().any(|mailbox| same(mailbox, ty)));
    let possible = || by_value().find(|(_, ty)| types::may_be_message(held(ty).0));
    let single = || by_value().next().filter(|_| by_value().count() == 1);
    known.or_else(single).or_else(possible)
}

/// Returns the inputs by value, with their positions among all inputs.
pub(super) fn inputs(function: &Function) -> impl Iterator<Item = (usize, &Type)> {
    function.sig.inputs.iter().enumerate().filter_map(|(at, input)| match input {
        FnArg::Typed(input) if !matches!(&*input.ty, Type::Reference(_)) => Some((at, &*input.ty)),
        _ => None,
    })
}

/// Returns whether it is neither `const`, `unsafe` nor `extern`.
fn is_plain(function: &Function) -> bool {
    let sig = &function.sig;
    sig.constness.is_none() && matches!(sig.safety, Safety::Default) && sig.abi.is_none()
}

/// Returns whether a wrapper can call this function at all.
fn can_call(function: &Function) -> bool {
    is_plain(function)
        && function.sig.variadic.is_none()
        && !matches!(function.mark, Some(MethodAttr::Skip))
        && !matches!(function.role, Role::AlreadyWrapped)
}

/// Returns whether a wrapper can run this function as a receive loop.
pub(super) fn can_loop(function: &Function) -> bool {
    can_call(function) && function.returned_future().is_none()
}

/// Returns whether a wrapper can call this function as the handler that it was named as.
pub(super) fn can_be_called_with_message(function: &Function) -> bool {
    is_plain(function) && function.returned_future() != Some(Returned::Inside)
}

/// Returns whether it can be a handler that was not named.
pub(super) fn can_handle(function: &Function) -> bool {
    can_call(function)
        && function.returned_future() != Some(Returned::Inside)
        && !function.is_marked_run()
        && !takes_into_envelope(function)
        && !opens_its_envelope(function)
}

/// Returns whether it takes an envelope and opens it as the wrapper would.
fn opens_its_envelope(function: &Function) -> bool {
    const PARTS: [&str; 4] = ["open", "open_with", "into_parts", "state"];
    inputs(function).any(|(_, ty)| held(ty).1 == Form::Envelope) && {
        let body = Body::read(function.statements());
        let parts = |token: &Token| matches!(token, Token::Word(word) if PARTS.contains(&word.as_str()));
        body::any(&body.tokens, &parts) || body.blocks.iter().any(|block| body::any(&block.tokens, &parts))
    }
}

/// Returns whether it is already written for envelopes.
pub(super) fn takes_into_envelope(function: &Function) -> bool {
    inputs(function).any(|(_, ty)| types::is_into_envelope(ty)) || opens_its_envelope(function)
}
