//! Generates `impl Actor`, which spawns, adapters and the wire use, if the handler's signature allows it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, ReceiverKind};

use crate::attr::actor::Args;
use crate::attrs::cfg;
use crate::model::{Actor, Function, Role};
use crate::types::{self, Form};

// Output: impl Actor<Message> for Guild { .. async fn receive(&mut self, message: Envelope<Message>) { .. } }
pub(super) fn implementation(actor: &Actor, handler: &Function, args: &Args) -> TokenStream {
    let root = &args.root;
    let sig = &handler.sig;
    let span = at(handler);
    let mut method = sig.ident.clone();
    method.set_span(span);
    let call = quote_spanned!(span=> self.#method(message));
    let is_unit = types::is_unit(&sig.output);
    // The span has already seen the result. A `()` needs no `let`.
    let run = match types::returned_future(&sig.output) {
        _ if sig.asyncness.is_some() && is_unit => quote_spanned!(span=> #call.await;),
        _ if sig.asyncness.is_some() => quote_spanned!(span=> let _ = #call.await;),
        Some(_) => quote_spanned!(span=> let _ = #call.await;),
        None if is_unit => quote_spanned!(span=> #call;),
        // It may be a boxed future, under any name.
        None => quote_spanned! {span=>
            use #root::__private::traits::*;
            #root::__private::Output(#call).done().await;
        },
    };
    let message = message(handler);
    let receive = quote_spanned! {span=>
        async fn receive(&mut self, message: #root::Envelope<#message>) {
            #run
        }
    };
    block(actor, handler, args, &args.options(actor.ident()), &receive)
}

// Output: impl Actor<Message> for Guild { .. async fn receive(..) { ::traced_actor::__private::stub() } }
pub(crate) fn stub(actor: &Actor, handler: &Function, args: &Args) -> TokenStream {
    let root = &args.root;
    let message = message(handler);
    let receive = quote! {
        async fn receive(&mut self, _: #root::Envelope<#message>) {
            #root::__private::stub()
        }
    };
    block(actor, handler, args, &quote!(#root::Options::new()), &receive)
}

// Output: const __TWO_IMPLS_HANDLE_MESSAGE__WRITE_TRACED_ACTOR_LOCAL_ON_ONE: () = ();
//
// rustc's error about two `impl Actor` of one message mentions nothing that the user has written. The error about two
// of these constants says what to write.
pub(super) fn only_one(handler: &Function) -> TokenStream {
    let cfg = cfg(&handler.attrs);
    let message = message(handler).to_string();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: Vec<&str> = message.split(|c| !word(c)).filter(|part| !part.is_empty()).collect();
    let message = words.join("_").to_ascii_uppercase();
    let name = format!("__TWO_IMPLS_HANDLE_{message}__WRITE_TRACED_ACTOR_LOCAL_ON_ONE");
    let span = at(handler);
    let name = Ident::new(&name, span);
    quote_spanned! {span=>
        #cfg
        const #name: () = ();
    }
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
    let mut generics = actor.header.generics.clone();
    // An actor moves to a task. For a generic actor, this is a bound rather than a requirement.
    let params: Vec<_> = generics.type_params().map(|param| param.ident.clone()).collect();
    for param in params {
        let bound = syn::parse_quote!(#param: ::core::marker::Send + 'static);
        generics.make_where_clause().predicates.push(bound);
    }
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let self_ty = &actor.header.self_ty;
    let message = message(handler);
    quote_spanned! {at(handler)=>
        #(#cfgs)*
        #[automatically_derived]
        impl #impl_generics #root::Actor<#message> for #self_ty #where_clause {
            const OPTIONS: #root::Options = #options;
            #receive
        }
    }
}

/// Returns the span for errors about generated code, such as one about a future that is not `Send`.
///
/// They point to the user's handler and not to the attribute.
fn at(handler: &Function) -> Span {
    handler.sig.ident.span().resolved_at(Span::call_site())
}

fn message(handler: &Function) -> TokenStream {
    match &handler.role {
        Role::Handler(mailbox) => mailbox.message.to_token_stream(),
        _ => TokenStream::new(),
    }
}

/// Returns the handlers that `receive` can call, one for each message type.
pub(crate) fn handlers<'a>(actor: &'a Actor, args: &Args) -> Vec<&'a Function> {
    // An actor outlives the function that spawned it.
    if args.local || types::borrows(&actor.header.self_ty) {
        return Vec::new();
    }
    let mut found: Vec<&Function> = Vec::new();
    for function in actor.functions().filter(|function| is_receive(function)) {
        let ty = message(function).to_string();
        if found.iter().all(|other| message(other).to_string() != ty) {
            found.push(function);
        }
    }
    found
}

/// Returns whether `receive` can call the function: a handler that takes `self` by reference, and only the message.
fn is_receive(function: &Function) -> bool {
    let sig = &function.sig;
    let by_reference =
        sig.receiver().is_some_and(|receiver| matches!(receiver.kind, ReceiverKind::Reference(_, None, _)));
    let plain = matches!(&function.role, Role::Handler(mailbox) if mailbox.form != Form::Option);
    plain
        && by_reference
        && sig.inputs.len() == 2
        && sig.generics.params.is_empty()
        && sig.generics.where_clause.is_none()
        && !types::borrows(message(function))
        && !types::is_never(&sig.output)
}
