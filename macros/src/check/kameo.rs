//! The rules for `impl kameo::Actor for ..` and `impl kameo::message::Message<..> for ..`.

use quote::ToTokens;
use syn::{Ident, Path, PathSegment};

use crate::attr::actor::Args;
use crate::attr::kameo_messages::Messages;
use crate::errors::Errors;
use crate::model::{Actor, Function};
use crate::types;

/// The number of parameters, besides `self`, of each wrapped function.
const PARAMETERS: usize = 2;

/// Reports everything that is wrong with the impl.
pub(crate) fn trait_impl(of: &Actor, args: &Args, errors: &Errors) {
    let Some((path, _)) = &of.header.trait_ else { return };
    match path.segments.last() {
        Some(last) if last.ident == "Actor" => actor(of, errors),
        Some(last) if last.ident == "Message" => message(of, path, last, args, errors),
        _ => errors.at(
            path,
            "`#[traced_actor(kameo)]` goes on `impl kameo::Actor for ..` and on `impl kameo::message::Message<..> for ..`",
        ),
    }
}

fn actor(of: &Actor, errors: &Errors) {
    const HOOKS: [(&str, &str); 2] = [
        ("next", "next(&mut self, actor_ref: WeakActorRef<Self>, mailbox_rx: &mut MailboxReceiver<Self>)"),
        (
            "on_undelivered",
            "on_undelivered(&mut self, reason: ActorStopReason, undelivered: Vec<BoxMessage<Self>>)",
        ),
    ];
    for (name, signature) in HOOKS {
        if let Some(function) = of.functions().find(|function| function.sig.ident == name) {
            is_rewritable(function, signature, errors);
        }
    }
    if let Some(function) = of.functions().find(|function| function.sig.ident == "on_start") {
        has_parameters(function, "on_start(args: Self::Args, actor_ref: ActorRef<Self>)", errors);
    }
}

fn message(of: &Actor, path: &Path, last: &PathSegment, args: &Args, errors: &Errors) {
    if types::arguments(last).count() != 1 {
        errors.at(path, "this is not kameo's `Message<..>`");
        return;
    }
    has_no_options(path, args, errors);
    match of.functions().find(|function| function.sig.ident == "handle") {
        None => errors.at(path, "nothing to trace here: no `handle`"),
        Some(handle) => {
            is_rewritable(handle, "handle(&mut self, msg: M, ctx: &mut Context<Self, Self::Reply>)", errors);
        }
    }
}

/// Reports options on an impl with `#[messages]`.
pub(crate) fn messages(of: Option<&Messages>, args: &Args, errors: &Errors) {
    if let Some(of) = of {
        has_no_options(&of.item.self_ty, args, errors);
    }
}

fn has_no_options(at: impl ToTokens, args: &Args, errors: &Errors) {
    if args.has_options() {
        errors.at(
            at,
            "the options of an actor apply to all of its messages: write them on its `impl Actor for ..` or above its \
             `#[derive(Actor)]`; write those of one message on the message, in `#[traced(..)]`",
        );
    }
}

fn is_rewritable(function: &Function, signature: &str, errors: &Errors) {
    let ident: &Ident = &function.sig.ident;
    if function.sig.asyncness.is_none() && types::future_output(&function.sig.output).is_none() {
        errors.at(ident, format!("write this as `async fn {ident}`: `#[traced_actor]` wraps its future"));
    } else {
        has_parameters(function, signature, errors);
    }
}

fn has_parameters(function: &Function, signature: &str, errors: &Errors) {
    if function.parameters().count() != PARAMETERS {
        errors.at(&function.sig.ident, format!("this is not kameo's `{signature}`"));
    }
}
