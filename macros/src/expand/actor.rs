//! `impl Actor`: what spawns, adapters and the wire run, where the handler's signature allows it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, ReceiverKind, ReturnType, Visibility};

use super::cfg;
use crate::args::Args;
use crate::model::{Actor, Function, Item, Module, Role};
use crate::types;

// Output: impl Actor for Guild { .. async fn receive(&mut self, message: Envelope<Message>) .. }
pub(super) fn implementation(actor: &Actor, handler: &Function, args: &Args) -> TokenStream {
    let root = &args.root;
    let sig = &handler.sig;
    // A future that is not `Send` is then an error at the user's handler, not at the attribute.
    let span = sig.ident.span().resolved_at(Span::call_site());
    let mut method = sig.ident.clone();
    method.set_span(span);
    let dot_await = sig.asyncness.map(|_| quote_spanned!(span=> .await));
    // A unit is written as clippy wants it: not as a type, and behind a semicolon.
    let semicolon = types::is_unit(&sig.output).then(|| quote_spanned!(span=> ;));
    let (message, arrow) = (message(handler), arrow(handler));
    let receive = quote_spanned! {span=>
        async fn receive(&mut self, message: #root::Envelope<#message>) #arrow {
            self.#method(message)#dot_await #semicolon
        }
    };
    block(actor, handler, args, &args.options(actor.ident()), &receive)
}

// Output: impl Actor for Guild { .. async fn receive(..) -> .. { ::traced_actor::__private::stub() } }
pub(crate) fn stub(actor: &Actor, handler: &Function, args: &Args) -> TokenStream {
    let root = &args.root;
    let (message, arrow) = (message(handler), arrow(handler));
    let receive = quote! {
        async fn receive(&mut self, _: #root::Envelope<#message>) #arrow {
            #root::__private::stub()
        }
    };
    block(actor, handler, args, &quote!(#root::Options::new()), &receive)
}

fn block(
    actor: &Actor,
    handler: &Function,
    args: &Args,
    options: &TokenStream,
    receive: &TokenStream,
) -> TokenStream {
    let root = &args.root;
    let cfgs = [cfg(&actor.header.attrs), cfg(&handler.attrs)];
    let (impl_generics, _, where_clause) = actor.header.generics.split_for_impl();
    let self_ty = &actor.header.self_ty;
    let (message, output) = (message(handler), output(handler));
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #impl_generics #root::Actor for #self_ty #where_clause {
            const OPTIONS: #root::Options = #options;
            type Message = #message;
            type Output = #output;
            #receive
        }
    }
}

fn message(handler: &Function) -> TokenStream {
    match &handler.role {
        Role::Handler(mailbox) => mailbox.message.to_token_stream(),
        _ => TokenStream::new(),
    }
}

fn output(handler: &Function) -> TokenStream {
    match &handler.sig.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) => ty.to_token_stream(),
    }
}

fn arrow(handler: &Function) -> Option<&ReturnType> {
    let output = &handler.sig.output;
    (!types::is_unit(output)).then_some(output)
}

/// The handler that can be an actor's only one.
pub(crate) fn handler<'a>(actor: &'a Actor, args: &Args) -> Option<&'a Function> {
    let mut handlers = handlers(actor);
    let handler = handlers.next()?;
    (handlers.next().is_none() && !args.local && is_receive(handler)).then_some(handler)
}

/// The same inside a module, where more is in view.
pub(crate) fn handler_in<'a>(actor: &'a Actor, module: &Module, args: &Args) -> Option<&'a Function> {
    let handler = handler(actor, args)?;
    let name = actor.ident()?;
    let all = module.items.iter().filter_map(|item| match item {
        Item::Actor(other) if other.ident() == Some(name) => Some(handlers(other).count()),
        _ => None,
    });
    // A second impl block of the type may hold the handler of a second mailbox.
    if all.sum::<usize>() > 1 {
        return None;
    }
    // A message that is less visible than its actor cannot be the actor's associated type (E0446).
    let actor = visibility(module, name);
    let Role::Handler(mailbox) = &handler.role else { return None };
    let message =
        types::last_segment(&mailbox.message).and_then(|segment| visibility(module, &segment.ident));
    match (actor, message) {
        (Some(actor), Some(message)) if actor > message => None,
        _ => Some(handler),
    }
}

fn handlers(actor: &Actor) -> impl Iterator<Item = &Function> {
    actor.functions().filter(|function| matches!(function.role, Role::Handler(_)))
}

/// Whether `receive` can call the handler: on a reference, with the message alone, and with a
/// result that does not borrow.
fn is_receive(handler: &Function) -> bool {
    let sig = &handler.sig;
    let by_reference =
        sig.receiver().is_some_and(|receiver| matches!(receiver.kind, ReceiverKind::Reference(_, None, _)));
    by_reference
        && sig.inputs.len() == 2
        && sig.generics.params.is_empty()
        && sig.generics.where_clause.is_none()
        && !types::borrows(&sig.output)
        && !types::is_never(&sig.output)
        && !types::mentions(sig.output.to_token_stream(), &["impl"])
}

/// How far an item of the module is seen: `pub`, `pub(..)`, or here alone.
fn visibility(module: &Module, name: &Ident) -> Option<u8> {
    module.items.iter().find_map(|item| match item {
        Item::Message(message) if message.data.ident() == name => Some(match message.data.vis() {
            Visibility::Public(_) => 2,
            Visibility::Restricted(_) => 1,
            Visibility::Inherited => 0,
        }),
        _ => None,
    })
}
