//! Generates the code of kameo's `#[messages]` for `#[traced_actor(kameo)]`, with each impl in a span.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{GenericParam, Generics, parse_quote};

use crate::attr::actor::Args;
use crate::attr::kameo_messages::{Field, Messages, Method};
use crate::attrs::cfg;
use crate::expand::kameo;
use crate::{syntax, types};

// Input:  #[messages] impl Guild { #[message] fn join(&mut self, user: u64) -> usize { .. } }
// Output: impl Guild { fn join(&mut self, user: u64) -> usize { .. } }
//         struct Join { user: u64 }
//         impl Message<Join> for Guild { .. in a span }
pub(crate) fn messages(of: &Messages, args: &Args) -> TokenStream {
    let Some(adapter) = &args.kameo else { return TokenStream::new() };
    let item = &of.item;
    let messages = of.methods.iter().map(|method| {
        let generics = generics(method, &item.generics);
        let message = message(method, &generics);
        let handler = syntax::trait_impl(handler(method, of, &generics, adapter));
        let handler = handler.map(|handler| kameo::trait_impl(&handler, args));
        quote!(#message #handler)
    });
    // The same documentation as kameo's.
    quote! {
        #[allow(clippy::unused_self, clippy::needless_pass_by_value)]
        #item
        #(#messages)*
    }
}

/// Returns the message: a struct with the method's parameters.
fn message(method: &Method, generics: &Generics) -> TokenStream {
    let (attrs, visibility, name) = (&method.attrs, &method.item.vis, name(method));
    if method.fields.is_empty() {
        return quote!(#(#attrs)* #visibility struct #name #generics;);
    }
    let fields =
        method.fields.iter().map(|Field { attrs, name, ty }| quote!(#(#attrs)* #visibility #name: #ty));
    quote! {
        #(#attrs)*
        #visibility struct #name #generics {
            #(#fields,)*
        }
    }
}

/// Returns the impl that calls the method, in kameo's form.
fn handler(method: &Method, of: &Messages, generics: &Generics, adapter: &syn::Path) -> TokenStream {
    let (sig, self_ty, cfg) = (&method.item.sig, &of.item.self_ty, cfg(&method.item.attrs));
    let kameo = quote!(#adapter::__private::kameo);
    let (name, function) = (name(method), &sig.ident);
    let mut all = of.item.generics.clone();
    all.params.extend(sig.generics.params.clone());
    if let Some(clause) = &sig.generics.where_clause {
        all.make_where_clause().predicates.extend(clause.predicates.clone());
    }
    let (impl_generics, _, where_clause) = all.split_for_impl();
    let (_, ty_generics, _) = generics.split_for_impl();
    let reply = types::output(&sig.output);
    let mut arguments: Vec<TokenStream> =
        method.fields.iter().map(|Field { name, .. }| quote!(message.#name)).collect();
    let context = match &method.context {
        Some((context, at)) => {
            arguments.insert(*at, quote!(#context));
            context.clone()
        }
        None => format_ident!("_context"),
    };
    let message = if method.fields.is_empty() { quote!(_) } else { quote!(message) };
    let wait = sig.asyncness.is_some().then(|| quote!(.await));
    quote! {
        #cfg
        #[automatically_derived]
        impl #impl_generics #kameo::message::Message<#name #ty_generics> for #self_ty #where_clause {
            type Reply = #reply;

            async fn handle(
                &mut self,
                #message: #name #ty_generics,
                #context: &mut #kameo::message::Context<Self, Self::Reply>,
            ) -> Self::Reply {
                self.#function(#(#arguments),*) #wait
            }
        }
    }
}

/// Returns the generics of the message, without bounds: those of the impl that its fields mention, and the method's
/// own.
fn generics(method: &Method, of_impl: &Generics) -> Generics {
    let is_mentioned = |param: &&GenericParam| {
        let name = match param {
            GenericParam::Type(param) => param.ident.to_string(),
            GenericParam::Const(param) => param.ident.to_string(),
            GenericParam::Lifetime(param) => param.lifetime.ident.to_string(),
        };
        method.fields.iter().any(|Field { ty, .. }| types::mentions(quote!(#ty), &[&name]))
    };
    let own = method.item.sig.generics.params.iter();
    let params = of_impl.params.iter().filter(is_mentioned).chain(own).cloned().map(|mut param| {
        match &mut param {
            GenericParam::Type(param) => param.bounds.clear(),
            GenericParam::Lifetime(param) => param.bounds.clear(),
            GenericParam::Const(_) => {}
        }
        param
    });
    let params: syn::punctuated::Punctuated<GenericParam, syn::Token![,]> = params.collect();
    if params.is_empty() { Generics::default() } else { parse_quote!(<#params>) }
}

/// Returns the message's name: the method's, in camel case.
fn name(method: &Method) -> Ident {
    let written = method.item.sig.ident.to_string();
    let words = written.split(|letter: char| !letter.is_alphanumeric());
    let name: String = words
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters)
        })
        .collect();
    Ident::new(&name, method.item.sig.ident.span())
}
