//! Continues after code that cannot be read, and passes that code through unchanged.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;

use crate::attrs;

/// Returns the result of `parse`. After an error, the input stays at its position.
pub(super) fn attempt<T>(
    input: ParseStream<'_>,
    parse: fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    let ahead = input.fork();
    let parsed = parse(&ahead)?;
    input.advance_to(&ahead);
    Ok(parsed)
}

/// Returns the tokens up to the next readable item, or to the end.
pub(super) fn unread<T>(
    input: ParseStream<'_>,
    parse: fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    loop {
        input.parse::<TokenTree>()?.to_tokens(&mut tokens);
        if input.is_empty() || (starts_item(input) && parse(&input.fork()).is_ok()) {
            return Ok(attrs::without_helpers(tokens));
        }
    }
}

/// Returns whether the next token is one that members and items begin with.
fn starts_item(input: ParseStream<'_>) -> bool {
    const WORDS: [&str; 15] = [
        "pub", "fn", "async", "const", "unsafe", "extern", "type", "default", "struct", "enum", "impl",
        "mod", "use", "static", "trait",
    ];
    match input.fork().parse::<TokenTree>() {
        Ok(TokenTree::Ident(ident)) => WORDS.iter().any(|word| ident == word),
        Ok(TokenTree::Punct(punct)) => punct.as_char() == '#',
        _ => false,
    }
}

/// Returns the tokens that `end` has consumed since `start`, unchanged.
pub(super) fn between(start: ParseStream<'_>, end: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !start.is_empty() && start.cursor() != end.cursor() {
        start.parse::<TokenTree>()?.to_tokens(&mut tokens);
    }
    Ok(tokens)
}
