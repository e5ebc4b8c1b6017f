//! Generates the code for `#[traced_actor(actix)]`: descriptions of actors and messages, and ways to start an actor.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Type;

use crate::attr::actor::{Args, STARTS};
use crate::attrs::cfg;
use crate::expand::trait_impl::whole;
use crate::model::{Actor, Function, Member, Message};
use crate::types;

// ----- the message -----

// Input:  #[derive(Message)] #[rtype(result = "Result<u64, Error>")] struct Join(u64);
// Output: impl TracedMessage for Join { fn failure(result: &Self::Result) -> Option<Failure<'_>> { .. } }
pub(crate) fn message(message: &Message, args: &Args) -> Option<TokenStream> {
    let (adapter, root) = (args.actix.as_ref()?, &args.root);
    let data = &message.data;
    let cfg = cfg(data.attrs());
    let (impl_generics, ty_generics, where_clause) = data.generics().split_for_impl();
    let ident = data.ident();
    let predicates = where_clause.map(|clause| clause.predicates.iter());
    let predicates = predicates.into_iter().flatten();
    // Its own impl may have bounds that the type does not have.
    let is_message =
        (!data.generics().params.is_empty()).then(|| quote!(Self: #adapter::__private::actix::Message));
    Some(quote! {
        #cfg
        #[allow(deprecated)]
        const _: () = {
            #[allow(unused_imports)]
            use #adapter::__private::FailureByActix as _;
            #[allow(unused_imports)]
            use #root::__private::traits::*;

            #[automatically_derived]
            impl #impl_generics #adapter::TracedMessage for #ident #ty_generics
            where
                #(#predicates,)*
                #is_message
            {
                fn failure(
                    result: &<Self as #adapter::__private::actix::Message>::Result,
                ) -> ::core::option::Option<#root::record::Failure<'_>> {
                    (&&&&#root::__private::Outcome(result)).failure()
                }
            }
        };
    })
}

// ----- the actor -----

// Input:  impl Actor for Guild { type Context = Context<Self>; }
// Output: the same, impl TracedActor for Guild { .. }, and impl Guild { pub fn start(self) -> Addr<Self> { .. } .. }
pub(crate) fn actor(actor: &Actor, item: &TokenStream, args: &Args) -> TokenStream {
    let Some(adapter) = &args.actix else { return item.clone() };
    let header = &actor.header;
    let cfg = cfg(&header.attrs);
    let self_ty = &header.self_ty;
    let (impl_generics, _, where_clause) = header.generics.split_for_impl();
    let (root, options) = (&args.root, args.options(actor.ident()));
    let naming = if args.by_type { quote!(ByType) } else { quote!(ByAttribute) };
    let own: Vec<&Function> = actor.functions().filter(|function| is_start(function)).collect();
    let starts = (!has_threads(actor)).then(|| starts(actor, adapter, args, &own));
    let item = if own.is_empty() { item.clone() } else { without_starts(actor) };
    quote! {
        #item

        #cfg
        #[automatically_derived]
        impl #impl_generics #adapter::TracedActor for #self_ty #where_clause {
            const OPTIONS: #root::Options = #options;
            type Naming = #adapter::__private::#naming;
        }

        #starts
    }
}

/// Returns whether it is a function of actix's trait that starts an actor.
///
/// These are for actix's own context. One that the user has written moves to an inherent impl.
fn is_start(function: &Function) -> bool {
    STARTS.iter().any(|start| function.sig.ident == start)
}

fn without_starts(actor: &Actor) -> TokenStream {
    let members = actor.members.iter().filter_map(|member| match member {
        Member::Function(function) => (!is_start(function)).then(|| function.to_token_stream()),
        Member::Other(tokens) | Member::Unread(tokens) => Some(tokens.clone()),
    });
    whole(actor, &members.collect())
}

/// Returns the inherent methods that replace those of actix's trait, which are for actix's own context.
///
/// Inherent methods take precedence, so calls need no change.
//
// The lifetime in a bound keeps the compiler from checking it if nobody calls the method.
fn starts(actor: &Actor, adapter: &syn::Path, args: &Args, own: &[&Function]) -> TokenStream {
    let header = &actor.header;
    let cfg = cfg(&header.attrs);
    let self_ty = &header.self_ty;
    let (impl_generics, _, where_clause) = header.generics.split_for_impl();
    let private = quote!(#adapter::__private);
    let addr = quote!(#private::actix::Addr<Self>);
    let is_traced = quote!(for<'never> Self: #private::actix::Actor<Context = #adapter::Context<Self>>);
    let methods = [
        (
            "start",
            quote! {
                /// Starts the actor, as `actix::Actor::start` does.
                #[doc(hidden)]
                pub fn start(self) -> #addr
                where
                    #is_traced,
                {
                    #private::start(self)
                }
            },
        ),
        (
            "start_default",
            quote! {
                /// Starts the default of the actor, as `actix::Actor::start_default` does.
                #[doc(hidden)]
                pub fn start_default() -> #addr
                where
                    #is_traced,
                    for<'never> Self: ::core::default::Default,
                {
                    #private::start(<Self as ::core::default::Default>::default())
                }
            },
        ),
        (
            "create",
            quote! {
                /// Starts an actor that is created with its context, as `actix::Actor::create` does.
                #[doc(hidden)]
                pub fn create<TracedCreate>(create: TracedCreate) -> #addr
                where
                    #is_traced,
                    TracedCreate: ::core::ops::FnOnce(&mut #adapter::Context<Self>) -> Self,
                {
                    #private::create(create)
                }
            },
        ),
        (
            "start_in_arbiter",
            quote! {
                /// Starts an actor in another arbiter, as `actix::Actor::start_in_arbiter` does.
                #[doc(hidden)]
                pub fn start_in_arbiter<TracedCreate>(
                    arbiter: &#private::actix::ArbiterHandle,
                    create: TracedCreate,
                ) -> #addr
                where
                    #is_traced,
                    TracedCreate: ::core::ops::FnOnce(&mut #adapter::Context<Self>) -> Self
                        + ::core::marker::Send
                        + 'static,
                {
                    #private::start_in_arbiter(arbiter, create)
                }
            },
        ),
    ];
    let own =
        own.iter().map(|function| Function { vis: syn::parse_quote!(pub), ..Function::clone(function) });
    let own: Vec<Function> = own.collect();
    let is_own = |name: &str| {
        args.own.iter().any(|own| own == name) || own.iter().any(|function| function.sig.ident == name)
    };
    let methods = methods.into_iter().filter(|(name, _)| !is_own(name)).map(|(_, method)| method);
    quote! {
        #cfg
        #[allow(dead_code, clippy::all, clippy::pedantic, clippy::restriction, clippy::nursery)]
        impl #impl_generics #self_ty #where_clause {
            #(#methods)*
            #(#own)*
        }
    }
}

/// Returns whether the actor runs on threads of a `SyncArbiter`, which starts it.
fn has_threads(actor: &Actor) -> bool {
    actor.members.iter().any(|member| match member {
        Member::Other(tokens) => syn::parse2::<syn::ImplItemType>(tokens.clone())
            .is_ok_and(|item| item.ident == "Context" && is_sync(&item.ty)),
        Member::Function(_) | Member::Unread(_) => false,
    })
}

fn is_sync(context: &Type) -> bool {
    types::last_segment(context).is_some_and(|last| last.ident == "SyncContext")
}
