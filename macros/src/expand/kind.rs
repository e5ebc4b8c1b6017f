//! A variant or a struct as one kind of message, and the pattern that binds the fields that its options use.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Fields, Ident};

use crate::attr::kind::KindOptions;
use crate::model::{Data, Message, field_names};
use crate::types;

/// One kind of message, whether it is a variant or a whole struct.
pub(super) struct Kind<'a> {
    pub(super) attrs: &'a [Attribute],
    pub(super) ident: &'a Ident,
    pub(super) fields: &'a Fields,
    pub(super) options: &'a KindOptions,
    pub(super) is_variant: bool,
    /// Whether there are variants or fields that could not be read.
    pub(super) is_partial: bool,
}

pub(super) fn kinds(message: &Message) -> Vec<Kind<'_>> {
    match &message.data {
        Data::Enum(item) => item
            .variants
            .iter()
            .zip(&message.kinds)
            .map(|(variant, options)| Kind {
                attrs: &variant.attrs,
                ident: &variant.ident,
                fields: &variant.fields,
                options,
                is_variant: true,
                is_partial: message.unread.is_some(),
            })
            .collect(),
        Data::Struct(item) => message
            .kinds
            .iter()
            .map(|options| Kind {
                attrs: &[],
                ident: &item.ident,
                fields: &item.fields,
                options,
                is_variant: false,
                is_partial: message.unread.is_some(),
            })
            .collect(),
    }
}

impl Kind<'_> {
    /// Returns `Self::Post { text, .. }`, with the fields in `used`.
    pub(super) fn pattern(&self, used: &[Ident]) -> TokenStream {
        let path = if self.is_variant {
            let ident = self.ident;
            quote!(Self::#ident)
        } else {
            quote!(Self)
        };
        // This pattern fits every shape, since another attribute may still change the variant's.
        if self.is_variant && used.is_empty() {
            return quote!(#path { .. });
        }
        let rest = (used.len() < self.fields.len() || self.is_partial).then(|| quote!(..));
        match self.fields {
            Fields::Unit => path,
            Fields::Named(_) => quote!(#path { #(#used,)* #rest }),
            Fields::Unnamed(_) => {
                let names = field_names(self.fields);
                let last = names.iter().rposition(|name| used.iter().any(|used| used == name));
                let taken = last.map_or(0, |last| last + 1);
                let rest = (taken < names.len()).then(|| quote!(..));
                let places = names.iter().take(taken).map(|name| {
                    let used = used.iter().find(|used| *used == name);
                    used.map_or(quote!(_), |used| {
                        // At the place of use, but generated, so that no lint takes `_0` for a binding.
                        Ident::new(name, used.span().resolved_at(Span::call_site())).to_token_stream()
                    })
                });
                quote!(#path(#(#places,)* #rest))
            }
        }
    }

    /// Returns the fields that occur in `tokens`, as the identifiers of their first use.
    pub(super) fn used(&self, tokens: TokenStream) -> Vec<Ident> {
        let names = field_names(self.fields);
        let mut used = Vec::new();
        identifiers(tokens, &mut |ident| {
            if names.contains(&types::plain(&ident).value()) && !used.contains(&ident) {
                used.push(ident);
            }
        });
        used
    }
}

/// Visits identifiers that can be a local variable, also in macro calls.
///
/// Excludes names after a dot or in a path. Includes names that `format!` captures in strings.
fn identifiers(tokens: TokenStream, see: &mut impl FnMut(Ident)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let punct = |at: Option<usize>, wanted: char| matches!(at.and_then(|at| tokens.get(at)), Some(TokenTree::Punct(punct)) if punct.as_char() == wanted);
    for (at, token) in tokens.iter().enumerate() {
        let (before, earlier) = (at.checked_sub(1), at.checked_sub(2));
        match token {
            TokenTree::Ident(ident) => {
                let member = punct(before, '.') && !punct(earlier, '.');
                let in_path = punct(before, ':') && punct(earlier, ':');
                let label = punct(Some(at + 1), ':');
                if !member && !in_path && !label {
                    see(ident.clone());
                }
            }
            TokenTree::Group(group) => identifiers(group.stream(), see),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if !text.starts_with(['"', 'r']) {
                    continue;
                }
                for capture in text.replace("{{", "").split('{').skip(1) {
                    let end = capture.find(['}', ':']).unwrap_or_default();
                    let name = capture.get(..end).unwrap_or_default();
                    if let Ok(mut ident) = syn::parse_str::<Ident>(name) {
                        ident.set_span(literal.span());
                        see(ident);
                    }
                }
            }
            TokenTree::Punct(_) => {}
        }
    }
}
