//! An attribute that changes the shape of what it stands on, as `enum_dispatch` does.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// Gives a field to a unit struct, or to each unit variant of an enum: `#[grow((u8))]` or `#[grow({ weight: u8 })]`.
#[proc_macro_attribute]
pub fn grow(field: TokenStream, item: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    match tokens.pop() {
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
            tokens.push(Group::new(Delimiter::Brace, grown(body.stream(), &field)).into());
        }
        Some(end) => {
            tokens.extend(field);
            tokens.push(end);
        }
        None => {}
    }
    tokens.into_iter().collect()
}

/// Puts the field behind each variant that has none. An attribute ends with a group, so that a name is that of a variant.
fn grown(variants: TokenStream, field: &TokenStream) -> TokenStream {
    let mut grown: Vec<TokenTree> = Vec::new();
    for token in variants {
        let ends = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',');
        if ends && matches!(grown.last(), Some(TokenTree::Ident(_))) {
            grown.extend(field.clone());
        }
        grown.push(token);
    }
    if matches!(grown.last(), Some(TokenTree::Ident(_))) {
        grown.extend(field.clone());
    }
    grown.into_iter().collect()
}
