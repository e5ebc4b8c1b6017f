//! Generates the serde impls of an enum with pinned numbers.
//!
//! serde's two derives move to a mirror of the enum. The runtime translates numbers and reads older shapes.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{GenericParam, Generics, Lifetime, LifetimeParam};

use super::serde_remote;
use crate::attr::actor::Args;
use crate::attr::legacy::Legacy;
use crate::attrs::cfg;
use crate::model::Message;
use crate::serde_enum::{self, Enum, Side};

// Output: const _: () = { enum __TracedWire { .. }  impl Serialize for Message { .. } .. };
pub(super) fn implementation(message: &Message, args: &Args) -> Option<TokenStream> {
    let of = Enum::of(message).filter(Enum::is_pinned)?;
    let cfg = cfg(&of.item.attrs);
    let mirror = serde_remote::mirror(&of);
    let versions = table(&of, args);
    let write = of.derives(Side::Write).then(|| write(&of, args));
    let read = of.derives(Side::Read).then(|| read(&of, args));
    Some(quote! {
        #cfg
        const _: () = {
            #mirror
            #versions
            #write
            #read
        };
    })
}

// Output: impl Versions for Message { const CURRENT: &'static [CurrentVariant] = &[CurrentVariant::at(5).since(1), ..]; .. }
fn table(of: &Enum<'_>, args: &Args) -> TokenStream {
    let Args { root, .. } = args;
    let (ident, name) = (&of.item.ident, of.name());
    let (impl_generics, ty_generics, where_clause) = of.item.generics.split_for_impl();
    let names = of.variants.iter().map(|variant| {
        let (cfg, name) = (cfg(&variant.item.attrs), &variant.read);
        quote!(#cfg #name)
    });
    let today = of.variants.iter().map(|variant| {
        let cfg = cfg(&variant.item.attrs);
        let Some(index) = &variant.options.index else {
            return quote!(#cfg #root::wire::versions::CurrentVariant::SKIPPED);
        };
        let since = variant.options.since.as_ref().map(|since| quote!(.since(#since)));
        let never_read = (!variant.is_on(Side::Read)).then(|| quote!(.never_read()));
        quote!(#cfg #root::wire::versions::CurrentVariant::at(#index) #since #never_read)
    });
    let retired = of.legacy.iter().map(|legacy| {
        let shape = legacy.text();
        let index = legacy.index.as_ref().map(|index| quote!(.at(#index)));
        let name = legacy.name.as_ref().map(|name| quote!(.named(#name)));
        let since = legacy.since.as_ref().map(|since| quote!(.since(#since)));
        let until = legacy.until.as_ref().map(|until| quote!(.until(#until)));
        quote!(#root::wire::versions::RetiredVariant::new(#shape) #index #name #since #until)
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics #root::wire::versions::Versions for #ident #ty_generics #where_clause {
            const NAME: &'static str = #name;
            const NAMES: &'static [&'static str] = &[#(#names),*];
            const CURRENT: &'static [#root::wire::versions::CurrentVariant] = &[#(#today),*];
            const RETIRED: &'static [#root::wire::versions::RetiredVariant] = &[#(#retired),*];
        }
    }
}

// Output: impl Serialize for Message { .. }  impl Downgrade for Message { .. }
fn write(of: &Enum<'_>, args: &Args) -> TokenStream {
    let Args { root, .. } = args;
    let serde = quote!(#root::__private::serde);
    let (ident, mirror) = (&of.item.ident, serde_remote::name());
    let generics = bounded(of, Side::Write, &serde);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, ty_generics, _) = of.item.generics.split_for_impl();
    // A path in the user's code may have the name of a parameter.
    let [retired, older] = ["retired", "older"].map(|name| Ident::new(name, Span::mixed_site()));
    let arms = arms(of, |Legacy { shape, downgrade, .. }| {
        let downgrade = downgrade.as_ref()?;
        let older = here(&older, downgrade);
        Some(quote_spanned!(at(downgrade)=> #older.write::<#shape>(#downgrade(self))))
    });
    let downgrade = arms.map(|arms| {
        quote! {
            fn downgrade<__S: #serde::Serializer>(
                &self,
                #retired: usize,
                #older: #root::wire::versions::Older<__S>,
            ) -> #root::wire::versions::Written<__S> {
                match #retired {
                    #arms
                    _ => #older.leave(),
                }
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics #serde::Serialize for #ident #ty_generics #where_clause {
            fn serialize<__S: #serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                #root::wire::versions::serialize(self, serializer)
            }
        }
        #[automatically_derived]
        impl #impl_generics #root::wire::versions::Downgrade for #ident #ty_generics #where_clause {
            fn serialize_current<__S: #serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                #mirror::serialize(self, serializer)
            }
            #downgrade
        }
    }
}

// Output: impl<'de> Deserialize<'de> for Message { .. }  impl<'de> Upgrade<'de> for Message { .. }
fn read(of: &Enum<'_>, args: &Args) -> TokenStream {
    let Args { root, .. } = args;
    let serde = quote!(#root::__private::serde);
    let (ident, mirror) = (&of.item.ident, serde_remote::name());
    let mut generics = bounded(of, Side::Read, &serde);
    let mut de = LifetimeParam::new(Lifetime::new("'de", Span::call_site()));
    de.bounds.extend(serde_enum::borrowed(of));
    generics.params.insert(0, GenericParam::Lifetime(de));
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, ty_generics, _) = of.item.generics.split_for_impl();
    let [retired, content] = ["retired", "content"].map(|name| Ident::new(name, Span::mixed_site()));
    let arms = arms(of, |Legacy { shape, upgrade, .. }| {
        let by_from = || quote_spanned!(at(shape)=> <Self as ::core::convert::From<#shape>>::from);
        let upgrade = upgrade.as_ref().map_or_else(by_from, ToTokens::to_token_stream);
        let content = here(&content, shape);
        Some(quote_spanned!(at(shape)=> #content.read::<#shape, _, _>(#upgrade)))
    });
    let upgrade = arms.map(|arms| {
        quote! {
            fn upgrade<__A: #serde::de::VariantAccess<'de>>(
                #retired: usize,
                #content: #root::wire::versions::Content<__A>,
            ) -> ::core::result::Result<Self, __A::Error> {
                match #retired {
                    #arms
                    _ => #content.none(),
                }
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics #serde::Deserialize<'de> for #ident #ty_generics #where_clause {
            fn deserialize<__D: #serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                #root::wire::versions::deserialize(deserializer)
            }
        }
        #[automatically_derived]
        impl #impl_generics #root::wire::versions::Upgrade<'de> for #ident #ty_generics #where_clause {
            fn deserialize_current<__D: #serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                #mirror::deserialize(deserializer)
            }
            #upgrade
        }
    }
}

/// Returns the span for generated code whose errors concern these tokens.
fn at(tokens: impl ToTokens) -> Span {
    let first = tokens.into_token_stream().into_iter().next();
    first.map_or_else(Span::call_site, |first| first.span().resolved_at(Span::call_site()))
}

/// Returns the same identifier with the location of these tokens.
fn here(ident: &Ident, tokens: impl ToTokens) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(ident.span().located_at(at(tokens)));
    ident
}

/// Returns an arm for each retired shape that has one, by its position in the table.
fn arms(of: &Enum<'_>, say: impl Fn(&Legacy) -> Option<TokenStream>) -> Option<TokenStream> {
    let said = of.legacy.iter().enumerate().filter_map(|(place, legacy)| Some((place, say(legacy)?)));
    let arms = said.map(|(place, said)| {
        let place = Literal::usize_unsuffixed(place);
        quote!(#place => #said,)
    });
    let arms: TokenStream = arms.collect();
    (!arms.is_empty()).then_some(arms)
}

/// Returns the enum's parameters with the bounds of serde's derive.
fn bounded(of: &Enum<'_>, side: Side, serde: &TokenStream) -> Generics {
    let mut generics = of.item.generics.clone();
    let predicates = serde_enum::predicates(of, side, serde);
    if !predicates.is_empty() {
        let clause = generics.make_where_clause();
        clause.predicates.extend(
            predicates.into_iter().filter_map(|predicate| syn::parse2::<syn::WherePredicate>(predicate).ok()),
        );
    }
    generics
}
