//! Which attributes of the user's go where. Helper attributes never reach rustc.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Ident, Meta};

/// `#[traced(..)]`, the helper.
pub(crate) fn is_helper(attr: &Attribute) -> bool {
    attr.path().is_ident("traced")
}

/// `#[traced_actor(..)]` itself, under any path.
pub(crate) fn is_own(attr: &Attribute) -> bool {
    last(attr).is_some_and(|name| name == "traced_actor")
}

/// Takes the helper attributes out.
pub(crate) fn take_helpers(attrs: &mut Vec<Attribute>) -> Vec<Attribute> {
    let (helpers, kept) = std::mem::take(attrs).into_iter().partition(is_helper);
    *attrs = kept;
    helpers
}

/// The subset that decides whether an item exists: copied to everything generated for it.
pub(crate) fn cfg(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
}

/// A function's attributes, parted between the wrapper that keeps its name and the function that
/// keeps its body.
pub(crate) struct Parted {
    pub(crate) outer: Vec<TokenStream>,
    pub(crate) inner: Vec<TokenStream>,
}

/// What callers see goes outside; what acts on the body goes inside, and with it all that is
/// unknown, because an unknown attribute was written with the body in view.
pub(crate) fn part(attrs: &[Attribute], name: &Ident) -> Parted {
    let mut parted = Parted { outer: Vec::new(), inner: Vec::new() };
    for attr in attrs {
        let path = last(attr).map(ToString::to_string).unwrap_or_default();
        let tokens = attr.to_token_stream();
        match path.as_str() {
            "doc" | "must_use" | "deprecated" | "main" | "test" => parted.outer.push(tokens),
            // A lint about the signature fires on both.
            "cfg" | "allow" | "track_caller" => {
                parted.outer.push(tokens.clone());
                parted.inner.push(tokens);
            }
            // An expectation is fulfilled once; the wrapper must merely be silent.
            "expect" => {
                if let Meta::List(list) = &attr.meta {
                    let lints = &list.tokens;
                    parted.outer.push(quote!(#[allow(#lints)]));
                }
                parted.inner.push(tokens);
            }
            "instrument" => parted.inner.push(named_span(attr, name)),
            _ => parted.inner.push(tokens),
        }
    }
    parted
}

/// `tracing` names a span after the function, and the function is about to be renamed.
//
// Input:  #[instrument(skip_all)]
// Output: #[instrument(name = "run", skip_all)]
fn named_span(attr: &Attribute, name: &Ident) -> TokenStream {
    let name = crate::types::plain(name);
    let path = attr.path();
    match &attr.meta {
        Meta::Path(_) => quote!(#[#path(name = #name)]),
        Meta::List(list) if !names_span(&list.tokens) => {
            let tokens = &list.tokens;
            quote!(#[#path(name = #name, #tokens)])
        }
        _ => attr.to_token_stream(),
    }
}

/// Whether the arguments hold `name = ".."`, or start with a literal, which means the same.
fn names_span(tokens: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let literal = matches!(tokens.first(), Some(TokenTree::Literal(_)));
    literal
        || tokens.windows(2).any(|pair| {
            matches!(pair, [TokenTree::Ident(key), TokenTree::Punct(eq)]
                if key == "name" && eq.as_char() == '=')
        })
}

/// `#[cfg_attr(.., traced(..))]`: by the time that it means something, the macro has run.
pub(crate) fn hides_helper(attr: &Attribute) -> Option<Ident> {
    let Meta::List(list) = &attr.meta else { return None };
    if !list.path.is_ident("cfg_attr") {
        return None;
    }
    list.tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "traced" => Some(ident),
        _ => None,
    })
}

fn last(attr: &Attribute) -> Option<&Ident> {
    attr.path().segments.last().map(|segment| &segment.ident)
}
