//! Generates the code of kameo's `#[remote_message]` for `#[traced_actor(kameo)]`.
//!
//! Messages with and without a context share one entry in kameo's table.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Meta, Type};

use crate::attrs::cfg;
use crate::model::Actor;

/// Removes kameo's attribute, and returns its id, or an empty one if kameo generates the id.
pub(super) fn take(attrs: &mut Vec<Attribute>) -> Option<TokenStream> {
    let at = attrs
        .iter()
        .position(|attr| attr.path().segments.last().is_some_and(|last| last.ident == "remote_message"))?;
    match attrs.remove(at).meta {
        Meta::List(list) => Some(list.tokens),
        Meta::Path(_) | Meta::NameValue(_) => Some(TokenStream::new()),
    }
}

// Input:  #[remote_message("id")] impl Message<Join> for Guild { .. }
// Output: impl RemoteMessage<Join> for Guild { .. }  impl RemoteMessage<Enveloped<Join>> for Guild { .. }
//         #[distributed_slice(REMOTE_MESSAGES)] static ENTRY: Entry = entry::<Guild, Enveloped<Join>>();
pub(super) fn registration(of: &Actor, message: &Type, id: &TokenStream, adapter: &syn::Path) -> TokenStream {
    let private = quote!(#adapter::__private);
    let header = &of.header;
    let (self_ty, cfg) = (&header.self_ty, cfg(&header.attrs));
    let (impl_generics, _, where_clause) = header.generics.split_for_impl();
    let id = if id.is_empty() { default_id(of, message, &private) } else { id.clone() };
    let remote = quote!(#private::kameo::remote::RemoteMessage);
    let enveloped = quote!(#adapter::Enveloped<#message>);
    quote! {
        #cfg
        #[automatically_derived]
        impl #impl_generics #remote<#message> for #self_ty #where_clause {
            const REMOTE_ID: &'static str = #id;
        }

        #cfg
        #[automatically_derived]
        impl #impl_generics #remote<#enveloped> for #self_ty #where_clause {
            const REMOTE_ID: &'static str = <Self as #remote<#message>>::REMOTE_ID;
        }

        #cfg
        const _: () = {
            #[#private::remote::linkme::distributed_slice(#private::remote::REMOTE_MESSAGES)]
            #[linkme(crate = #private::remote::linkme)]
            static ENTRY: #private::remote::Entry = #private::remote::entry::<#self_ty, #enveloped>();
        };
    }
}

/// Returns the id that kameo's attribute generates, so that nodes with and without this crate know each other's
/// messages.
fn default_id(of: &Actor, message: &Type, private: &TokenStream) -> TokenStream {
    let text = |tokens: &dyn ToTokens| tokens.to_token_stream().to_string().replace(' ', "");
    let (message, actor, generics) = (text(message), text(&of.header.self_ty), text(&of.header.generics));
    quote! {
        #private::remote::const_str::format!(
            "{:x}",
            #private::remote::const_fnv1a_hash::fnv1a_hash_str_64(::core::concat!(
                ::core::env!("CARGO_PKG_NAME"),
                "::",
                ::core::env!("CARGO_PKG_VERSION_MAJOR"),
                "::",
                ::core::module_path!(),
                "::",
                #message,
                "::",
                #actor,
                #generics,
            ))
        )
    }
}
