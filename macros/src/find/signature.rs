//! What a signature says about who can be a handler, and of what.

use quote::ToTokens;
use syn::{FnArg, Safety, Type};

use super::Seen;
use crate::helper::Mark;
use crate::model::{Function, Mailbox, Role};
use crate::types;

/// The message of a handler that was named: of a known type, else the only input by value, else the
/// first that may be one.
pub(crate) fn message_input(function: &Function, mailboxes: &[Seen]) -> Option<Mailbox> {
    let by_value = || inputs(function).filter(|(_, ty)| !matches!(ty, Type::ImplTrait(_)));
    let known = by_value().find(|(_, ty)| mailboxes.iter().any(|mailbox| types::same(&mailbox.message, ty)));
    let possible = || by_value().find(|(_, ty)| types::may_be_message(ty));
    let single = || by_value().next().filter(|_| by_value().count() == 1);
    let (input, ty) = known.or_else(single).or_else(possible)?;
    Some(Mailbox { input, message: ty.clone() })
}

/// Inputs by value, with their position among all inputs.
pub(crate) fn inputs(function: &Function) -> impl Iterator<Item = (usize, &Type)> {
    function.sig.inputs.iter().enumerate().filter_map(|(at, input)| match input {
        FnArg::Typed(input) if !matches!(&*input.ty, Type::Reference(_)) => Some((at, &*input.ty)),
        _ => None,
    })
}

/// Whether a wrapper can call this function at all.
pub(crate) fn can_wrap(function: &Function) -> bool {
    let sig = &function.sig;
    sig.constness.is_none()
        && matches!(sig.safety, Safety::Default)
        && sig.abi.is_none()
        && sig.variadic.is_none()
        && !matches!(function.mark, Some(Mark::Skip))
        && !matches!(function.role, Role::Settled)
        && (sig.asyncness.is_some() || !types::is_future(&sig.output))
}

pub(super) fn can_handle(function: &Function) -> bool {
    can_wrap(function) && !function.is_marked_run() && !takes_envelope(function)
}

/// A message of the function's own generic type could not be inferred from an envelope.
pub(crate) fn concrete(function: &Function, ty: &Type) -> bool {
    let own: Vec<String> = function.sig.generics.type_params().map(|param| param.ident.to_string()).collect();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    !types::mentions(ty.to_token_stream(), &own)
}

pub(crate) fn takes_envelope(function: &Function) -> bool {
    inputs(function).any(|(_, ty)| types::is_envelope(ty))
}
