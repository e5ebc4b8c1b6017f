//! The bounds that serde's derive puts on an enum's parameters.
//!
//! The impls that forward to the derived ones must have the same bounds.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Field, Ident, Lifetime, Path, Token, Type, WherePredicate};

use super::{Attributes, Enum, Side};
use crate::types;

/// Returns the predicates for one side. `serde` is the path of its traits.
pub(crate) fn predicates(of: &Enum<'_>, side: Side, serde: &TokenStream) -> Vec<TokenStream> {
    let fields: Vec<_> = of
        .variants
        .iter()
        .flat_map(|variant| variant.item.fields.iter().map(|field| (&variant.attributes, field)))
        .map(|(variant, field)| (variant, Attributes::of(&field.attrs), field))
        .collect();
    let variants = of.variants.iter().map(|variant| &variant.attributes);
    let mut predicates: Vec<TokenStream> = variants.flat_map(|variant| said(variant, side)).collect();
    predicates.extend(fields.iter().flat_map(|(_, field, _)| said(field, side)));
    if of.attributes.has("bound") {
        predicates.extend(said(&of.attributes, side));
        return predicates;
    }

    let params: Vec<&Ident> = of.item.generics.type_params().map(|param| &param.ident).collect();
    let mut bound = |field: &Field, by: &TokenStream| {
        for ty in used(field, &params) {
            let predicate = quote!(#ty: #by);
            if !predicates.iter().any(|known| known.to_string() == predicate.to_string()) {
                predicates.push(predicate);
            }
        }
    };
    let by_trait = match side {
        Side::Write => quote!(#serde::Serialize),
        Side::Read => quote!(#serde::Deserialize<'de>),
    };
    let derived = |attributes: &Attributes| {
        !attributes.skips(side) && !attributes.is_custom(side) && attributes.text("bound", side).is_none()
    };
    for (variant, attributes, field) in &fields {
        if derived(variant) && derived(attributes) {
            bound(field, &by_trait);
        }
        if side == Side::Read && takes_default(attributes) {
            bound(field, &quote!(::core::default::Default));
        }
    }
    predicates
}

/// Returns the bounds of `#[serde(bound = "..")]`.
fn said(attributes: &Attributes, side: Side) -> Vec<TokenStream> {
    let parse = Punctuated::<WherePredicate, Token![,]>::parse_terminated;
    let texts = attributes.texts("bound", side).into_iter();
    let predicates = texts.filter_map(|text| text.parse_with(parse).ok()).flatten();
    predicates.map(ToTokens::into_token_stream).collect()
}

fn takes_default(field: &Attributes) -> bool {
    field.has_bare("default") || (field.skips(Side::Read) && !field.has("default"))
}

/// Returns the parameters that a field's type mentions outside of `PhantomData`.
///
/// If the type is an associated type of a parameter, the type itself is returned.
fn used(field: &Field, params: &[&Ident]) -> Vec<TokenStream> {
    let mut found = Vec::new();
    if let Some(Path { segments, leading_colon: None }) = types::path(&field.ty)
        && segments.len() > 1
        && segments.first().is_some_and(|first| params.contains(&&first.ident))
    {
        found.push(field.ty.to_token_stream());
    }
    mentioned(field.ty.to_token_stream(), params, &mut found);
    found
}

fn mentioned(tokens: TokenStream, params: &[&Ident], found: &mut Vec<TokenStream>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let punct = |at: Option<usize>, wanted: char| matches!(at.and_then(|at| tokens.get(at)), Some(TokenTree::Punct(punct)) if punct.as_char() == wanted);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Ident(ident) if ident == "PhantomData" => {
                // Up to the closing bracket. The `>` of `->` does not close one.
                let mut depth = 0;
                at += 1;
                while at < tokens.len() {
                    if punct(Some(at), '<') {
                        depth += 1;
                    } else if punct(Some(at), '>') && !punct(at.checked_sub(1), '-') {
                        depth -= 1;
                    }
                    if depth <= 0 {
                        break;
                    }
                    at += 1;
                }
            }
            // The enclosing type has all of them.
            TokenTree::Ident(ident) if ident == "Self" => {
                found.extend(params.iter().map(ToTokens::to_token_stream));
            }
            TokenTree::Ident(ident) if params.contains(&ident) => {
                let in_path = punct(at.checked_sub(1), ':') && punct(at.checked_sub(2), ':');
                let leads_path = punct(Some(at + 1), ':') && punct(Some(at + 2), ':');
                if !in_path && !leads_path {
                    found.push(ident.to_token_stream());
                }
            }
            TokenTree::Group(group) => mentioned(group.stream(), params, found),
            _ => {}
        }
        at += 1;
    }
}

/// Returns the lifetimes that the input must outlive: those of `&str` and `&[u8]`, and those in `#[serde(borrow)]`.
pub(crate) fn borrowed(of: &Enum<'_>) -> Vec<Lifetime> {
    let mut found: Vec<Lifetime> = Vec::new();
    for variant in &of.variants {
        for field in &variant.item.fields {
            let attributes = Attributes::of(&field.attrs);
            if attributes.skips(Side::Read) {
                continue;
            }
            let lifetimes = if let Some(said) = attributes.text("borrow", Side::Read) {
                let parser = Punctuated::<Lifetime, Token![+]>::parse_terminated;
                parser.parse_str(&said.value()).into_iter().flatten().collect()
            } else if attributes.has("borrow") || variant.attributes.has("borrow") || is_borrowed(&field.ty) {
                lifetimes(&field.ty)
            } else {
                Vec::new()
            };
            for lifetime in lifetimes {
                if !found.contains(&lifetime) {
                    found.push(lifetime);
                }
            }
        }
    }
    found
}

/// Returns whether serde borrows the type by default: `&str`, `&[u8]`, and an `Option` of one.
fn is_borrowed(ty: &Type) -> bool {
    let is = |ty: &Type, name: &str| types::path(ty).is_some_and(|path| path.is_ident(name));
    match ty {
        Type::Group(ty) => is_borrowed(&ty.elem),
        Type::Reference(reference) => match &*reference.elem {
            Type::Slice(slice) => is(&slice.elem, "u8"),
            elem => is(elem, "str"),
        },
        _ => types::last_segment(ty).is_some_and(|last| {
            last.ident == "Option"
                && matches!(types::arguments(last).next(), Some(inner @ Type::Reference(_)) if is_borrowed(inner))
        }),
    }
}

fn lifetimes(ty: &Type) -> Vec<Lifetime> {
    let mut found = Vec::new();
    types::find(ty.to_token_stream(), &mut |token, next| {
        if let (TokenTree::Punct(punct), Some(TokenTree::Ident(name))) = (token, next)
            && punct.as_char() == '\''
        {
            found.push(Lifetime { apostrophe: punct.span(), ident: name.clone() });
        }
        None::<()>
    });
    found
}
