//! Generates the enum without serde's derives, and the mirror of it that has them.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, ItemEnum, Meta};

use crate::attr::actor::Args;
use crate::attrs;
use crate::model::Message;
use crate::serde_enum::{self, Enum, Side};

/// Returns the name of the mirror.
pub(super) fn name() -> Ident {
    Ident::new("__TracedWire", Span::call_site())
}

// Input:  #[derive(Debug, Serialize, Deserialize)] enum Message { .. }
// Output: #[derive(Debug)] enum Message { .. }
pub(super) fn data(message: &Message, args: &Args) -> Option<TokenStream> {
    let of = Enum::of(message).filter(Enum::is_pinned)?;
    let root = &args.root;
    let mut item = of.item.clone();
    // serde's attributes stay, since other derives may read them. So some derive must accept them.
    let mut instead = says_something_to_serde(&item).then(|| quote!(#root::__private::SerdeAttributes));
    item.attrs.retain_mut(|attr| {
        let (of_serde, others): (Vec<_>, Vec<_>) =
            attrs::derives(attr).into_iter().partition(serde_enum::is_serde);
        if of_serde.is_empty() {
            return true;
        }
        let mut derives: Vec<_> = others.into_iter().map(ToTokens::into_token_stream).collect();
        derives.extend(instead.take());
        if let Meta::List(list) = &mut attr.meta {
            list.tokens = quote!(#(#derives),*);
        }
        !derives.is_empty()
    });
    Some(item.into_token_stream())
}

// Output: #[derive(Serialize, Deserialize)] #[serde(remote = "Message")] enum __TracedWire { .. }
pub(super) fn mirror(of: &Enum<'_>) -> TokenStream {
    let (ident, generics, derives) = (&of.item.ident, &of.item.generics, &of.derives);
    let (_, ty_generics, where_clause) = generics.split_for_impl();
    let this = quote!(#ident #ty_generics);
    let name = name();
    let (remote, attrs) = (ident.to_string(), kept(&of.item.attrs));
    // The mirror has the enum's name for serde, unless the user gave another.
    let plain = crate::types::plain(ident);
    let named = |side| of.attributes.text("rename", side).is_some();
    let rename = match (named(Side::Write), named(Side::Read)) {
        (false, false) => Some(quote!(, rename = #plain)),
        (true, false) => Some(quote!(, rename(deserialize = #plain))),
        (false, true) => Some(quote!(, rename(serialize = #plain))),
        (true, true) => None,
    };
    let variants = of.item.variants.iter().map(|variant| {
        let mut variant = variant.clone();
        variant.discriminant = None;
        variant.attrs = kept(&variant.attrs);
        for field in &mut variant.fields {
            field.attrs = kept(&field.attrs);
        }
        without_self(variant.into_token_stream(), &this)
    });
    quote! {
        #[derive(#(#derives),*)]
        #[serde(remote = #remote #rename)]
        #(#attrs)*
        enum #name #generics #where_clause {
            #(#variants,)*
        }
    }
}

/// Returns the attributes that serde reads, and those that decide whether an item exists.
fn kept(attrs: &[Attribute]) -> Vec<Attribute> {
    let kept = |attr: &&Attribute| {
        attr.path().is_ident("serde") || attr.path().is_ident("cfg") || serde_enum::hidden(attr).is_some()
    };
    attrs.iter().filter(kept).cloned().collect()
}

fn says_something_to_serde(item: &ItemEnum) -> bool {
    let fields = item.variants.iter().flat_map(|variant| variant.fields.iter().map(|field| &field.attrs));
    let variants = item.variants.iter().map(|variant| &variant.attrs);
    let mut attrs = variants.chain(fields).chain([&item.attrs]).flatten();
    attrs.any(|attr| attr.path().is_ident("serde") || serde_enum::hidden(attr).is_some())
}

/// Replaces `Self`, which must be the user's enum in the mirror, too.
fn without_self(tokens: TokenStream, this: &TokenStream) -> TokenStream {
    let replaced = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(ident) if ident == "Self" => this.clone(),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), without_self(group.stream(), this));
            inner.set_span(group.span());
            inner.into_token_stream()
        }
        token => token.into_token_stream(),
    });
    replaced.collect()
}
